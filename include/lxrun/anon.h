/* SPDX-License-Identifier: MIT */
/*
 * anon.h - inodes without a name: pipes, eventfds and their kin, and host descriptors of stdio. They
 * live on one internal super, as Linux keeps pipefs and anon_inodefs, so that fstat and
 * /proc/PID/fd need no special case.
 */
#ifndef LXRUN_ANON_H
#define LXRUN_ANON_H
#include "lxrun/vfs.h"

/* Returns a reference to a new inode; ino 0: the next free number. NULL without memory. */
struct inode *anon_inode(const struct inode_ops *iop, const struct file_ops *fop, uint64_t ino,
			 uint32_t mode);
/*
 * Returns a reference to a file on the one inode that all "anon_inode:[x]" files share, as in Linux.
 * name is static text.
 */
struct file *anon_file(const char *name, const struct file_ops *fop, uint32_t flags, void *priv);
/* A path that names inode, for magic links. Returns references. 0 or -LX_ENOMEM. */
int anon_path(struct inode *inode, struct path *out);
bool anon_is(const struct inode *inode);
/* Text of an anonymous file for /proc/PID/fd: "pipe:[7]". Returns the length. */
int64_t anon_text(const struct file *f, char *buf, size_t size);
/* getattr of an inode that has nothing but its own fields. */
int anon_getattr(struct inode *inode, struct kstat *st);
/*
 * Repeats attempt(f->priv, value) while it says -LX_EAGAIN, asleep on q in between; nonblock
 * gets that answer. Returns what the last attempt said, or -LX_ERESTARTSYS.
 */
int anon_attempt(struct file *f, struct task *t, struct waitq *q, bool nonblock,
		 int (*attempt)(void *priv, uint64_t *value), uint64_t *value);
#endif
