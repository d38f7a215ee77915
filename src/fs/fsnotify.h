/* SPDX-License-Identifier: MIT */
/*
 * fsnotify.h - what the verbs of the VFS tell watchers (inotify.c). Each call costs one load while nobody
 * watches anything. No lock may be held.
 *
 * A file that is watched, or lies in a directory that is, loses its shortcut: reads and writes through
 * the guest's own descriptor are then served by lxcore, which would not see them otherwise. So all
 * that guests do is told; of what the host does underneath see inotify_host.c.
 */
#ifndef FS_FSNOTIFY_H
#define FS_FSNOTIFY_H
#include "lx/inotify.h"
#include "vfs_impl.h"

/* What the functions below do once there are watches. */
void fsnotify_send_file(struct file *f, uint32_t mask);
void fsnotify_send_path(const struct path *p, uint32_t mask);
void fsnotify_send_inode(struct inode *inode, uint32_t mask);
void fsnotify_send_name(struct inode *dir, const char *name, uint32_t mask, uint32_t cookie);
/* The object with this number is watched by somebody else than inotify from now on; no more. */
void fsnotify_mark(uint64_t ino);
void fsnotify_unmark(void);
/* One more event, of F_NOTIFY alone: a name of the directory became another one. */
#define FSNOTIFY_RENAMED 0x100000u

/* ---- dnotify.c: events of the object with these attributes, LX_IN_* and FSNOTIFY_RENAMED ---- */
extern _Atomic uint32_t dnotify_count; /* marks there are */
void dnotify_hear(const struct kstat *st, uint32_t events);
/* Whether somebody wants to hear of them. */
bool dnotify_wants(const struct kstat *st, uint32_t events);

/* A pair of cookies' worth: a new number that ties IN_MOVED_FROM to IN_MOVED_TO. */
uint32_t fsnotify_cookie(void);
/* sb is going: its watches end. */
void fsnotify_unmount(struct super *sb);

/* Something happened to an open file: its directory's watchers hear the name. */
static inline void fsnotify_file(struct file *f, uint32_t mask)
{
	if (fsnotify_marks)
		fsnotify_send_file(f, mask);
}

/* ... to an object found by path. */
static inline void fsnotify_path(const struct path *p, uint32_t mask)
{
	if (fsnotify_marks && p->dentry)
		fsnotify_send_path(p, mask);
}

/* ... to an object itself. */
static inline void fsnotify_inode(struct inode *inode, uint32_t mask)
{
	if (fsnotify_marks && inode)
		fsnotify_send_inode(inode, mask);
}

/* ... to a name in a directory. mask includes LX_IN_ISDIR. */
static inline void fsnotify_name(struct inode *dir, const char *name, uint32_t mask)
{
	if (fsnotify_marks)
		fsnotify_send_name(dir, name, mask, 0);
}
#endif
