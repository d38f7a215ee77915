/* SPDX-License-Identifier: MIT */
/*
 * mount.h - mounts, mount name spaces, propagation.
 *
 * A mount shows the tree below one dentry of a super at a place in another mount. Mounts belong to a
 * name space, which a task reaches through its fs_context; a mount without one is detached and lives
 * while somebody uses it. mount_lock (LR_MOUNT) guards places, lists and propagation; what a walk reads
 * of a mount in hand (sb, root, flags) is constant or atomic.
 */
#ifndef LXRUN_MOUNT_H
#define LXRUN_MOUNT_H
#include "base/list.h"
#include "base/refs.h"
#include "lxrun/ns.h"
#include <stdbool.h>
#include <stdint.h>

struct dentry;
struct fs_context;
struct fs_type;
struct mount;
struct super;
struct task;

struct path {
	struct mount  *mnt;
	struct dentry *dentry;
};
void path_get(const struct path *p);
void path_put(struct path *p);

/* Flags of one mount: the values of mount(2). */
#define MNT_RDONLY      0x1u
#define MNT_NOSUID      0x2u
#define MNT_NODEV       0x4u
#define MNT_NOEXEC      0x8u
#define MNT_NOSYMFOLLOW 0x100u
#define MNT_NOATIME     0x400u
#define MNT_NODIRATIME  0x800u
#define MNT_RELATIME    0x200000u
#define MNT_FLAGS                                                                              \
	(MNT_RDONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC | MNT_NOSYMFOLLOW | MNT_NOATIME | \
	 MNT_NODIRATIME | MNT_RELATIME)

#define MOUNTS_MAX 4096u /* of one name space, as fs.mount-max limits them: ENOSPC */

struct mount_ns {
	struct ns    ns;
	/* mount_lock guards: */
	struct list  mounts;          /* by mount.link; a mount comes after the one it lies in */
	uint32_t     nr_mounts;
	struct mount *root;           /* holds a reference */
	bool         anonymous;       /* constant: a tree that only a descriptor holds */
};

struct mount {
	struct refs    refs;
	struct super  *sb;            /* holds a reference; constant, as is what follows */
	struct dentry *root;          /* what is shown here */
	int            id;
	char          *source;
	_Atomic uint32_t flags;       /* MNT_* */
	_Atomic uint32_t writers;     /* files open for writing through it */
	/* mount_lock guards: */
	struct path    at;            /* where it lies: references; {NULL, NULL} at the top and when detached */
	struct mount_ns *ns;          /* borrows; NULL: not mounted (any more) */
	struct list    link;          /* in ns->mounts, or in the list of a tree being made */
	bool           expiring;      /* umount2(MNT_EXPIRE) asked once */
	/* propagation, src/fs/mount_prop.c: */
	int            group;         /* number of its peer group; 0: not shared */
	struct list    peers;         /* ring of the group's mounts */
	struct mount  *master;        /* borrows; changes there come here */
	struct list    slaves, slave_link;
	bool           unbindable;
	struct mount  *copy;          /* borrows: its clone while a tree is copied */
	uint32_t       mark;          /* visited by the propagation of this number */
};

/* A number that no other mount ever has, and no old one is: constant distance, since numbers are not used again. */
static inline uint64_t mount_unique_id(int id)
{
	return (1ull << 31) + (uint64_t)id;
}

/* ---- used by walks and texts (src/fs/mount.c) ---- */
/* Crosses into what is mounted on p; replaces p's references. */
void mount_follow_down(struct path *p);
/* From a mount's root to where it is mounted; false at the top. */
bool mount_follow_up(struct path *p);
/* Whether p is the root of its mount: by identity, not by which cached name led to it. */
bool mount_is_root(const struct path *p);
/* Whether m is in a name space. */
bool mount_attached(const struct mount *m);
/* What /proc shows of a mount at one moment. */
struct mount_view {
	struct path top;              /* references: the mount and its root */
	int parent_id, group, master; /* master: its group; 0: none */
	bool unbindable;
};
/* fn for each mount of ns in order of mounting, without a lock. Stops when fn returns non-zero. */
int mount_for_each(struct mount_ns *ns, int (*fn)(const struct mount_view *v, void *arg), void *arg);
/* A file opened for writing through m comes or goes; -LX_EROFS while m is or becomes read-only. */
int  mount_writer_get(struct mount *m);
void mount_writer_put(struct mount *m);

/* ---- name spaces ---- */
struct mount_ns *mount_ns_get(struct mount_ns *ns);
void             mount_ns_put(struct mount_ns *ns); /* the last: everything in it is unmounted */
/* Gives fs, which nobody else uses, a copy of its name space: root and working directory move along. */
int mount_ns_unshare(struct fs_context *fs);
/* Root and working directory of fs become ns's root. */
void mount_ns_enter(struct fs_context *fs, struct mount_ns *ns);
/* The instance's first name space: borrows. */
struct mount_ns *mount_first_ns(void);
void mount_root(struct path *out); /* its root: returns references */

/* ---- verbs; all but the first check t's rights ---- */
/* Mounts type at path at of at's name space; NULL: begins the instance's first name space. */
int mount_fs(const struct fs_type *type, const char *source, const char *data, uint32_t flags, const struct path *at);
/* mount(2). source, type and data may be NULL. */
int vfs_mount(struct task *t, const char *source, const char *dir, const char *type, uint32_t flags, const char *data);
int vfs_umount(struct task *t, const char *dir, uint32_t flags); /* umount2(2) */

/* Trees that are not mounted yet, held by descriptors: src/fs/mount_fd.c. Each gives a descriptor, or -LX_E*. */
struct file;
/* open_tree(2), flags LX_OPEN_TREE_* and LX_AT_*. */
int64_t vfs_open_tree(struct task *t, int dfd, const char *path, uint32_t flags);
/* Whether t may mount at all. */
bool mount_may(struct task *t);
/* A file that holds a new mount of sb (consumed). */
int  mount_file(struct task *t, struct super *sb, const char *source, uint32_t mnt_flags, struct file **f);
/* move_mount(2): the mount, or the tree of a descriptor, that from is the root of goes to `to`, or on top of what is there. */
int  mount_move(struct task *t, const struct path *from, struct path *to);
/* mount_setattr(2): what attr_set and attr_clr say, already as MNT_* flags, and a propagation type (LX_MS_*) or 0. */
struct mount_attr { uint32_t set, clear, propagation; };
int  vfs_mount_setattr(struct task *t, int dfd, const char *path, uint32_t atflags, const struct mount_attr *attr);
/* A super made or looked up as mount(2) does: returns a reference. *old: it was there already. */
int  mount_get_super(const struct fs_type *type, const char *source, const char *data, bool *old, struct super **out);
/* NULL: mount(2) knows none of that name. */
const struct fs_type *mount_find_type(const char *name);
/* mount(2) with MS_REMOUNT on sb: new options, read-only or not. */
int  mount_reconfigure(struct task *t, struct super *sb, bool read_only, const char *data);

/* Mounts by numbers: src/fs/mount_list.c. Of mask what is known is filled in; strings, each with its NUL, into tx. */
struct lx_statmount;
struct text;
int  vfs_statmount(struct task *t, uint64_t id, uint64_t mask, struct lx_statmount *sm, struct text *tx);
/* Numbers behind last (0: from the beginning) of what lies below mount top (LX_LSMT_ROOT: of all): how many, or -LX_E*. */
int64_t vfs_listmount(struct task *t, uint64_t top, uint64_t last, bool reverse, uint64_t *ids, uint64_t max);

/* Configurations, descriptors "[fscontext]": src/fs/fs_config.c. */
int64_t vfs_fsopen(struct task *t, const char *type, bool cloexec);
int64_t vfs_fspick(struct task *t, int dfd, const char *path, uint32_t walk, bool cloexec);
/* value NULL: a flag. */
int  vfs_fsconfig_set(struct file *f, const char *key, const char *value);
int  vfs_fsconfig_create(struct task *t, struct file *f, bool exclusive);
int  vfs_fsconfig_reconfigure(struct task *t, struct file *f);
int64_t vfs_fsmount(struct task *t, struct file *f, uint32_t mnt_flags, bool cloexec);
bool vfs_is_fscontext(const struct file *f);
int vfs_pivot_root(struct task *t, const struct path *new_root, const struct path *put_old); /* two directories */
#endif
