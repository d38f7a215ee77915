/* SPDX-License-Identifier: MIT */
/*
 * mount_impl.h - what the files of the mount table share.
 *
 * A tree that is not mounted yet is a list of mounts (by link), the top first and each behind the one it
 * lies in; the list holds a reference to each. Everything here but mount_alloc() is called with
 * mount_lock held; mounts that lose their last use go to a list `dead`, put after it is released.
 */
#ifndef FS_MOUNT_IMPL_H
#define FS_MOUNT_IMPL_H
#include "vfs_impl.h"

extern struct lk mount_lock;

/* ---- mount.c ---- */
/* Returns a reference to an unplaced mount of root, a dentry of sb. NULL without memory. */
struct mount *mount_alloc(struct super *sb, struct dentry *root, const char *source,
			  uint32_t flags);
void mount_put(struct mount *m); /* mount_lock not held */
/* Lays m at `at`, whose references it takes for itself; the dentry is pinned. */
void mount_place(struct mount *m, const struct path *at);
/* Takes m off its place, whose references go to *old. */
void mount_unplace(struct mount *m, struct path *old);
/* What is mounted on p, topmost of those that lie directly there; borrows; NULL. */
struct mount *mount_find(const struct path *p);
/* Whether m is top or lies below it. */
bool mount_is_below(const struct mount *m, const struct mount *top);
/* Drops the mounts of a list, places and propagation included; mount_lock not held. */
void mount_put_list(struct list *dead);
/* Moves m and all below it from their name space to the list; they keep their places. */
void mount_take_tree(struct mount *m, struct list *tree);
/* Makes tree (placed at its top already) part of ns. */
void mount_join(struct list *tree, struct mount_ns *ns);
uint32_t mount_tree_size(const struct list *tree);

/*
 * A super's first mount makes the dentry that all of them begin at. Consumes sb; NULL without memory.
 * mount_lock not held.
 */
struct mount *mount_first(struct super *sb, const char *source, uint32_t flags);
/* Makes tree, which lies nowhere, a name space of its own. Returns a reference; NULL, and tree as it was. */
struct mount_ns *mount_ns_anonymous(struct list *tree);

/* ---- mount_ops.c; mount_lock is held in the first four ---- */
bool mount_in_my_ns(const struct mount *m, struct task *t);
/* What Linux asks of a place to mount a directory, or a file, on. */
int mount_check_place(struct task *t, const struct path *at, bool is_dir);
/* from's tree copied to the empty list: a bind mount to be, on at (NULL: nowhere yet). */
int mount_copy_for_bind(struct task *t, const struct path *from, const struct path *at, bool rec,
			struct list *tree);
/* Files open for writing hold a mount, or a whole super, writable. */
bool mount_has_writers(const struct mount *m, bool whole_super);
/* *at moves to the top of what is mounted there by now; mount_lock is held from here on. */
void mount_lock_place(struct path *at);

/* ---- mount_prop.c ---- */
enum clone_how {
	CLONE_AS_IS, /* as bind mounts and new name spaces do: a peer or fellow slave where the original is */
	CLONE_PEER,         /* a peer of the original, which is shared */
	CLONE_SLAVE,        /* its slave */
	CLONE_SHARED_SLAVE, /* its slave, and shared itself */
};
/*
 * Copies m as seen from root and, with rec, what lies below it there, into the empty list tree. all:
 * unbindable ones, too. m->copy ... of the originals are left for the caller, who clears them with
 * prop_forget_copies(). 0 or -LX_ENOMEM.
 */
int prop_copy_tree(struct mount *m, struct dentry *root, bool rec, bool all, enum clone_how how,
		   struct list *tree);
void prop_forget_copies(struct mount *top);
/*
 * Mounts tree at `at`, and its copies wherever changes of that mount propagate. 0, -LX_ENOMEM,
 * -LX_ENOSPC; then nothing is mounted, tree is as it was, and what was copied is in dead.
 */
int prop_attach(struct list *tree, const struct path *at, struct list *dead);
/* Whether umount of m would take a mount elsewhere that is in use. */
bool prop_umount_busy(struct mount *m);
/* Takes m and all below it out of the name spaces, here and where that propagates. */
void prop_umount(struct mount *m, struct list *dead);
/* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE. */
void prop_change(struct mount *m, uint32_t type);
#endif
