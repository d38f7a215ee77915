/* SPDX-License-Identifier: MIT */
/*
 * vfs.h - the virtual file system: the contract between the VFS core (src/fs/vfs_*.c), its plugins
 * (volfs, tmpfs, procfs, devfs, pipes ...) and the system-call handlers.
 *
 * Shape: Linux's. A mount puts a super (one mounted file system) at a dentry. A dentry is a name in a
 * directory; an inode is what it names; a file is an open inode. Plugins fill ops tables; a missing op
 * has the meaning written beside it, implemented once in the core.
 *
 * Names are bytes, never "." or "..", 1..255 of them, no '/'. Errors are -LX_E*.
 * Ownership words: *returns a reference*, *borrows*, *consumes*.
 *
 * What is cached: dentries of directories and symbolic links only (dcache). A super with .journal has
 * its cached names checked against the journal value before each walk; when it moved, those in the
 * directories concerned are dropped, so that changes made by the host are seen. Attributes are never cached across calls except mode and
 * owner of cached directories (for permission checks), under the same journal.
 */
#ifndef LXRUN_VFS_H
#define LXRUN_VFS_H
#include "base/list.h"
#include "base/lock.h"
#include "base/refs.h"
#include "lx/errno.h"
#include "lx/fcntl.h"
#include "lx/mount.h"
#include "lx/stat.h"
#include "lxrun/guestmem.h"
#include "lxrun/mount.h"
#include "lxrun/signal.h"
#include "lxrun/wait.h"
#include "nt/nt.h"
#include <stdbool.h>

struct ns;
struct task;
struct tgroup;
struct cred;
struct super;
struct inode;
struct dentry;
struct file;
struct poll_table;
struct text;

/* Attributes as getattr gives them; the widest of stat and statx. */
struct kstat {
	uint64_t dev, ino, rdev, size, blocks; /* blocks of 512 */
	uint32_t mode, nlink, uid, gid, blksize;
	struct lx_timespec atime, mtime, ctime, btime;
	bool     has_btime;
	bool     mnt_root;                     /* of vfs_statat() alone: the root of its mount */
	uint32_t mnt_id;                       /* ... which has this number; 0: none */
};

/* What setattr changes. */
#define ATTR_MODE  0x01u
#define ATTR_UID   0x02u
#define ATTR_GID   0x04u
#define ATTR_SIZE  0x08u
#define ATTR_ATIME 0x10u /* to atime; tv_nsec LX_UTIME_NOW: now */
#define ATTR_MTIME 0x20u
struct iattr {
	uint32_t valid, mode, uid, gid;
	uint64_t size;
	struct lx_timespec atime, mtime;
};

/* Attributes of an object about to be created: owner and mode (umask applied, type bits set). */
struct create_attr {
	uint32_t mode, uid, gid;
	uint64_t rdev;
	bool dir_known;             /* the next are the directory's: else whoever needs them asks */
	uint32_t dir_mode, dir_uid, dir_gid;
	struct inode *target; /* borrowed; of a link, for supers with typed_links: what its text, which is relative,
	                       * leads to within the mount and through no other link. NULL: no such thing */
	const struct acl_pair *acl; /* borrowed: lists to keep with it (ACL_CORE); NULL: none. lxrun/acl.h */
};

struct fs_type {
	const char *name;
	uint32_t    flags;            /* FS_* */
	/* Whether option, one of data's, is known and makes sense: fsconfig(2). 0 or -LX_EINVAL. NULL: any is ignored. */
	int (*check)(const char *option);
	/* Returns a reference to a new super. source and data as mount(2) gives them (may be NULL). */
	int (*mount)(const struct fs_type *type, const char *source, const char *data, struct super **out);
};
#define FS_NODEV       0x1u /* "nodev" in /proc/filesystems */
#define FS_SINGLE      0x4u /* one super for all its mounts, as Linux has one sysfs */
#define FS_INTERNAL    0x8u /* mount(2) does not know it: the instance mounts it itself */
/* A name that is missing cannot be made: ENOENT before any question of rights (Linux's procfs). */
#define FS_FIXED_NAMES 0x2u
extern const struct fs_type *const fs_types[]; /* NULL-terminated; src/fs/fs_types.c */

/* A cached name that may be false: name in the directory, or (name "") whatever leads to inode. */
struct vfs_change {
	uint64_t inode;
	char     name[LX_NAME_MAX + 1];
};
#define VFS_CHANGES_MAX 64

struct super_ops {
	void (*release)(struct super *sb);                          /* NULL: nothing to free */
	int  (*statfs)(struct super *sb, struct inode *inode, struct lx_statfs *out); /* NULL: type magic 0, zeroes */
	/* A number that moves when cached names may be stale. NULL: nobody else changes this file system. */
	uint64_t (*journal)(struct super *sb);
	/*
	 * What moved it from seen to *now: returns how many of list[VFS_CHANGES_MAX] it filled, -errno if
	 * nobody can tell. NULL: nobody can.
	 */
	int (*changes)(struct super *sb, uint64_t seen, uint64_t *now, struct vfs_change *list);
	/* Frees an inode's private part. NULL: nothing to free. */
	void (*evict)(struct inode *inode);
	/*
	 * Current path of inode below the super's root ("/a/b", "/" for the root), as the underlying
	 * store knows it, deleted files with " (deleted)". NULL: the dentry chain is the truth.
	 */
	int  (*path_of)(struct inode *inode, struct file *f, char *buf, size_t size);
	/* Its own options for /proc/mounts, each as ",name=value". NULL: none. */
	void (*show_options)(struct super *sb, struct text *tx);
	/* mount(2) with MS_REMOUNT: new options. NULL: whatever they are, nothing changes. */
	int  (*remount)(struct super *sb, const char *data);
};

struct super {
	struct refs refs;
	const struct fs_type *type;
	const struct super_ops *ops;
	uint64_t    dev;              /* st_dev; super_alloc() gives an anonymous one (0:n) */
	uint64_t    magic;            /* statfs f_type */
	struct inode *root;           /* holds a reference */
	struct dentry *root_dentry;   /* of all its mounts: mount.c */
	_Atomic uint32_t nr_mounts;   /* struct mounts of it, detached ones included */
	_Atomic uint64_t mounted_on;  /* bit per hash of an inode number that a mount may lie on */
	uint64_t    journal_seen;     /* LR_DCACHE */
	_Atomic bool read_only;
	/*
	 * Names change through lxcore only, and every rename passes the core: dentries of all objects are
	 * cached (TmpFs). A super with neither this nor .journal has none cached: lookup is asked each time.
	 */
	bool        cache_all;
	bool        typed_links;      /* a new link is told what it leads to: create_attr.target */
	bool        caseless;         /* two names may be one: a rename may change a name's case only */
	bool        host_stat;        /* the host's fstat(2) of a direct file says what getattr would */
	enum acl_keeper { ACL_NONE, ACL_CORE, ACL_STORE } acl; /* who minds POSIX ACLs: vfs_acl.c */
	void       *priv;
};

/*
 * Inode operations. dir is always a directory inode; the caller has checked permissions (vfs_permission)
 * and name rules; cr is the caller's credential. Required: getattr.
 */
struct inode_ops {
	/* Returns a reference in *out. -LX_ENOENT. NULL: -LX_ENOTDIR. */
	int (*lookup)(struct inode *dir, const char *name, struct inode **out);
	int (*getattr)(struct inode *inode, struct kstat *st);
	/* NULL: -LX_EPERM. */
	int (*setattr)(struct inode *inode, const struct iattr *attr);
	/*
	 * Attributes of dir/name without making an inode (a link is not followed). NULL: lookup + getattr.
	 * One host call on VolFs: the way of stat(2).
	 */
	int (*getattr_at)(struct inode *dir, const char *name, struct kstat *st);
	/*
	 * Opens or creates dir/name (LX_O_* flags; attr for creation) in one step and fills f: inode,
	 * fop, handle, direct, priv. *created tells. Returns 0; 1 when the name is a symbolic link (not
	 * followed, nothing opened); -errno. Trailing permission checks on the file are the plugin's
	 * here, by vfs_may_open(). NULL: lookup/create + file open.
	 */
	int (*atomic_open)(struct inode *dir, const char *name, uint32_t flags, const struct create_attr *attr, struct task *t, struct file *f, bool *created);
	/* Opens an inode in hand: fills f's handle, fop, direct, priv. NULL: f->fop = inode->fop. */
	int (*open)(struct inode *inode, uint32_t flags, struct task *t, struct file *f);
	/* The next NULL: -LX_EROFS for a read-only pseudo file system is not implied; the core says -LX_EPERM. */
	int (*create)(struct inode *dir, const char *name, const struct create_attr *attr, struct inode **out);
	/* O_TMPFILE without atomic_open: returns a reference to an inode without a name. NULL: -LX_EOPNOTSUPP. */
	int (*tmpfile)(struct inode *dir, const struct create_attr *attr, struct inode **out);
	int (*mkdir)(struct inode *dir, const char *name, const struct create_attr *attr);
	int (*mknod)(struct inode *dir, const char *name, const struct create_attr *attr); /* also plain files, fifos, sockets */
	int (*symlink)(struct inode *dir, const char *name, const char *target, const struct create_attr *attr);
	int (*link)(struct inode *inode, struct inode *dir, const char *name);
	int (*unlink)(struct inode *dir, const char *name);  /* -LX_EISDIR on a directory */
	int (*rmdir)(struct inode *dir, const char *name);   /* -LX_ENOTDIR, -LX_ENOTEMPTY */
	/* Same super. flags LX_RENAME_NOREPLACE | EXCHANGE; replaces a compatible target atomically. */
	int (*rename)(struct inode *olddir, const char *oldname, struct inode *newdir, const char *newname, uint32_t flags);
	/* Fills buf (no NUL needed), returns the length. NULL: -LX_EINVAL. */
	int64_t (*readlink)(struct inode *inode, struct task *t, char *buf, size_t size);
	/*
	 * Magic link (/proc/PID/exe, cwd, root, fd/N): jumps to *out (returns references) instead of
	 * walking the text. NULL: walk what readlink gives.
	 */
	int (*get_link)(struct inode *inode, struct task *t, struct path *out);
	/* NULL: mode bits, owner, group, capabilities (vfs_generic_permission on getattr). mask LX_R_OK.. */
	int (*permission)(struct inode *inode, const struct cred *cr, int mask);
	/* xattrs. size 0 asks for the length. NULL: -LX_EOPNOTSUPP. */
	int64_t (*getxattr)(struct inode *inode, const char *name, void *buf, size_t size);
	int     (*setxattr)(struct inode *inode, const char *name, const void *value, size_t size, int flags);
	int64_t (*listxattr)(struct inode *inode, char *buf, size_t size);
	int     (*removexattr)(struct inode *inode, const char *name);
	/* ACL_CORE: keeps the value of xattr name, checked (size 0: none), and these permission bits in one step. */
	int     (*set_acl)(struct inode *inode, const char *name, const void *value, size_t size, uint32_t mode);
};

struct inode {
	struct refs   refs;
	struct super *sb;             /* borrows: a mounted super outlives its inodes */
	const struct inode_ops *iop;
	const struct file_ops  *fop;  /* for files opened from this inode */
	uint64_t      ino;
	uint32_t      mode;           /* type bits are constant; permission bits are a hint: see getattr */
	uint32_t      uid, gid;       /* hints as well: what a cached directory's permission check uses */
	struct lk     lock;           /* LR_INODE: the plugin's */
	HANDLE        handle;         /* NT handle of the object itself (VolFs), or NULL */
	bool          told;           /* the super's journal moves when mode, owner or lists of this directory change; constant */
	struct pipe  *fifo;           /* a FIFO's pipe while open: src/fs/pipe.c */
	struct lx_timespec born;      /* of anonymous inodes: all their times */
	void         *priv;           /* the plugin's */
};

/* Directory entries go to the caller through this. Returns 0, or non-zero when the buffer is full. */
struct dir_sink {
	int (*emit)(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype, int64_t next_off);
};

/*
 * File operations. Every op may block (task_sleep) but holds no lock then. f->pos is the core's: it
 * passes pos and stores the new one, under f->lock (LR_FILE) only for the update.
 */
struct file_ops {
	/*
	 * Bytes moved, 0 at end of file, -errno. *pos advances; pos NULL (direct files only): the host
	 * descriptor's own position. Pipes and kin ignore pos. NULL: -LX_EINVAL (directories: -LX_EISDIR).
	 */
	int64_t (*read)(struct file *f, struct task *t, struct iter *it, int64_t *pos);
	int64_t (*write)(struct file *f, struct task *t, struct iter *it, int64_t *pos);
	/* New position. NULL: -LX_ESPIPE. vfs_generic_llseek() serves files with a size. */
	int64_t (*llseek)(struct file *f, int64_t off, int whence);
	/* Emits entries from *pos on (0: beginning; the values are the plugin's own), "." and ".." included. NULL: -LX_ENOTDIR. */
	int (*iterate)(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos);
	/* LX_POLL* that hold now; adds itself to pt (may be NULL) for later. NULL: always readable and writable. */
	uint32_t (*poll)(struct file *f, struct poll_table *pt);
	/* -LX_ENOIOCTLCMD: not mine. NULL: that. */
	int64_t (*ioctl)(struct file *f, struct task *t, uint32_t cmd, uint64_t arg);
	int (*fsync)(struct file *f, bool data_only);        /* NULL: -LX_EINVAL */
	int (*truncate)(struct file *f, uint64_t size);      /* NULL: -LX_EINVAL */
	int (*fallocate)(struct file *f, int mode, int64_t off, int64_t len); /* NULL: -LX_EOPNOTSUPP */
	/* The last reference is going. NULL: nothing. The core closes f->handle. */
	void (*release)(struct file *f);
	/* A descriptor goes: close(2), exec or end of t; t NULL: nobody's doing. No op: nothing. */
	void (*flush)(struct file *f, struct task *t);
	/* fcntl(F_SETFL) changed O_NONBLOCK/O_APPEND. NULL: nothing beyond f->flags. */
	int (*set_flags)(struct file *f, uint32_t flags);
	/* Where O_ASYNC puts f: the list lives as long as f. No op, or NULL: the flag means nothing here. */
	struct async_list *(*async)(struct file *f);
	/* With async: whom it tells unless F_SETOWN said so, a process group; 0: the caller. NULL: nobody. */
	int (*async_group)(struct file *f);
	/* Extra lines of /proc/PID/fdinfo. NULL: none. */
	int (*show_fdinfo)(struct file *f, char *buf, size_t size);
	bool nowait;                  /* read and write heed iter.nowait; without: RWF_NOWAIT is -LX_EOPNOTSUPP */
};

struct dentry {
	struct refs    refs;
	struct inode  *inode;         /* holds a reference; constant */
	/* LR_DCACHE guards (the atomic ones may be read without): */
	struct dentry *parent;        /* holds a reference; itself at a root */
	char          *name;
	struct list    hash_link;
	struct list    lru_link;      /* in the cache's age list while hashed */
	bool           hashed;
	_Atomic bool   unlinked;
	bool           never_linked;  /* of O_TMPFILE | O_EXCL: must not get a name */
	_Atomic uint32_t mounted;     /* mounts that lie on it */
	uint32_t       pins;          /* mounts on it or below: never dropped from the cache */
	/* permission data of a directory: true while perm_valid, or while the journal stands at perm_seen */
	_Atomic bool   perm_valid;    /* hashed: a change in the journal drops the dentry */
	_Atomic uint64_t perm_seen;   /* 0: never */
	uint32_t       mode, uid, gid;
	_Atomic uint8_t acl_none;     /* DENTRY_NO_*: known not to have such a list */
};
#define DENTRY_NO_ACL     0x1u
#define DENTRY_NO_DEFAULT 0x2u

/* Who hears of a file by signal; src/fs/owner.c. */
struct file_owner {
	struct io_owner io;           /* LR_FILE */
	int             fd;           /* si_fd: the descriptor that O_ASYNC or F_SETLEASE was asked for */
	struct file    *file;         /* borrows */
	struct list     link;         /* in an async_list, its lock */
};
struct async_list {
	struct lk   lock;
	struct list files;            /* struct file_owner */
	_Atomic bool some;
};

/* An open file: what descriptors share. */
struct file {
	struct refs   refs;
	struct path   path;           /* may be {NULL, NULL} for anonymous files (pipes) */
	struct inode *inode;          /* holds a reference; NULL for anonymous files */
	const struct file_ops *fop;
	struct lk     lock;           /* LR_FILE: pos, flags */
	uint32_t      flags;          /* LX_O_* without creation flags; O_NONBLOCK and O_APPEND may change */
	int64_t       pos;            /* unused when direct: the host descriptor has it */
	HANDLE        handle;         /* NT file object, or NULL; closed with f unless it is inode->handle */
	bool          direct;         /* handle's host descriptor may be installed in the guest */
	bool          writer;         /* counted in path.mnt->writers */
	uint32_t      watch_seen;     /* src/fs/inotify.c: the state of things that ... */
	bool          watched;        /* ... this was found in: reads and writes are to be told */
	bool          served;         /* direct, but reads and writes must not pass lxcore by */
	bool          privs;          /* has set-id bits or capabilities that a write takes away */
	bool          nodev;          /* its mount has no devices: special_open() refuses them */
	const char   *anon_name;      /* "pipe:[%lu]" kind: text for /proc/PID/fd when path is empty */
	uint64_t      anon_ino;
	void         *priv;
	struct list   epoll_items;    /* LR_FILE: src/fs/epoll.c */
	struct file_owner *owner;     /* own; NULL until somebody asks; then constant */
	bool          created;        /* this open made it: F_CREATED_QUERY */
};
/* Returns a reference to a file with the fields above empty. */
struct file *file_alloc(uint32_t flags);
struct file *file_get(struct file *f);
void         file_put(struct file *f);
static inline bool file_readable(const struct file *f)
{
	return !(f->flags & LX_O_PATH) && ((f->flags + 1) & 1); /* access mode 3: neither */
}
static inline bool file_writable(const struct file *f)
{
	return !(f->flags & LX_O_PATH) && ((f->flags + 1) & 2);
}

/* Whether this transfer must not wait. */
static inline bool file_nowait(const struct file *f, const struct iter *it)
{
	return (f->flags & LX_O_NONBLOCK) || it->nowait;
}

/* ---- descriptors (src/fs/fdtable.c) ---- */
struct fdtable;
struct fdtable *fdtable_new(void);                     /* returns a reference */
struct fdtable *fdtable_get(struct fdtable *ft);
struct fdtable *fdtable_copy(struct fdtable *ft);      /* fork: a reference to a copy; direct slots are copied by the host too */
void            fdtable_put(struct fdtable *ft);       /* last: closes all */
void            fdtable_leave(struct fdtable *ft, struct task *t); /* the same, t's doing */
bool            fdtable_shared(struct fdtable *ft);
uint32_t        fdtable_size(struct fdtable *ft);      /* no number from here on is in use */
void            task_set_files(struct task *t, struct fdtable *ft); /* consumes ft; the host's half is the caller's */
/* Closes close-on-exec descriptors of t (the host did the same with their slots). */
void fdtable_exec(struct fdtable *ft, struct task *t);
/* Returns a reference in *f. -LX_EBADF. */
int  fd_get(struct task *t, int fd, struct file **f);
/* As fd_get, and tells whether the guest has the direct descriptor at slot fd. O_PATH files: -LX_EBADF unless path_ok. */
int  fd_get_slot(struct task *t, int fd, bool path_ok, struct file **f, bool *slot);
/*
 * Installs f at the lowest free descriptor >= min. Consumes the caller's reference, also on failure.
 * Returns what the handler returns: the descriptor, or sc_install() for a direct file. -LX_EMFILE.
 */
int64_t fd_install(struct task *t, struct file *f, int min, bool cloexec);
/* As fd_install for a non-direct or slotless use (pipe2): never touches a guest slot; returns the descriptor. */
int  fd_install_plain(struct task *t, struct file *f, bool cloexec);
/* Both at once, as fd_install_plain, and their numbers to the guest's int[2]: 0, or -LX_E* and none is open. */
int  fd_install_pair(struct task *t, struct file *ends[2], bool cloexec, gaddr_t addr);
/* dup2/dup3: as fd_install at exactly fd, closing what is there. */
int64_t fd_install_at(struct task *t, struct file *f, int fd, bool cloexec);
/* F_DUPFD: fd's file once more at the lowest free descriptor >= min. -LX_EBADF, -LX_EINVAL, -LX_EMFILE. */
int64_t fd_dup(struct task *t, int fd, int64_t min, bool cloexec);
/* Handler of close(2): 0, SC_CONTINUE (direct, unshared: the host closes the slot), -LX_EBADF. */
int64_t fd_close(struct task *t, int fd);
int64_t fd_close_range(struct task *t, uint32_t first, uint32_t last, uint32_t flags);
int  fd_get_cloexec(struct task *t, int fd);           /* 0 or 1, -LX_EBADF */
int64_t fd_set_cloexec(struct task *t, int fd, bool on); /* 0, SC_CONTINUE, -LX_EBADF */
/* Whether the guest has a direct descriptor at slot fd: the host can execute the call. */
bool fd_is_slot(struct task *t, int fd);
/* Gives the guest the direct descriptor of f at fd if it has none there yet. 0, -LX_EBADF, -LX_EIO. */
int  fd_make_slot(struct task *t, int fd, struct file *f);
/* Closes fd in a table that may be another's; the file has no slot. */
void fdtable_close(struct fdtable *ft, int fd);
/* For /proc: next descriptor >= from in ft, with a reference in *f; -1 at the end. */
int  fdtable_next(struct fdtable *ft, int from, struct file **f, bool *cloexec);
/* Puts a file at fd in a table that no guest uses yet (stdio at start). Consumes f. */
void fdtable_preset(struct fdtable *ft, int fd, struct file *f, bool slot);

/* ---- cwd, root, umask (src/fs/fs_context.c) ---- */
struct fs_context {
	struct refs refs;
	struct lk   lock;             /* LR_FS */
	struct path root, cwd;
	uint32_t    umask;
	struct mount_ns *ns;          /* holds a reference; replaced by mount_ns_unshare() only */
};
struct fs_context *fs_context_new(const struct path *root, const struct path *cwd, uint32_t umask);
struct fs_context *fs_context_get(struct fs_context *fs);
struct fs_context *fs_context_copy(struct fs_context *fs);
void               fs_context_put(struct fs_context *fs);
/* A copy for one that shares old no more, with new_mounts in a name space of its own: a reference in *out. 0 or -LX_ENOMEM. */
int fs_context_unshare(struct fs_context *old, bool new_mounts, struct fs_context **out);
void task_set_fs(struct task *t, struct fs_context *fs); /* consumes fs */
void fs_get_root(struct fs_context *fs, struct path *out); /* each returns references */
void fs_get_cwd(struct fs_context *fs, struct path *out);

/* ---- names (src/fs/vfs_path.c, dcache.c) ---- */
#define WALK_FOLLOW    0x1u /* follow a link in the last component */
#define WALK_DIRECTORY 0x2u /* the result must be a directory (also implied by a trailing slash) */
#define WALK_EMPTY     0x4u /* "" means dfd itself (AT_EMPTY_PATH) */
#define WALK_NO_MAGIC  0x8u  /* the next five: openat2(2), RESOLVE_* */
#define WALK_NO_LINKS  0x10u
#define WALK_NO_XDEV   0x20u
#define WALK_BENEATH   0x40u
#define WALK_IN_ROOT   0x80u
#define WALK_RESOLVE   (WALK_NO_MAGIC | WALK_NO_LINKS | WALK_NO_XDEV | WALK_BENEATH | WALK_IN_ROOT)
/* Of a call that knows AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
uint32_t walk_flags(int atflags);
/* Resolves name relative to dfd as t sees it. Returns references in *out (dentry->inode is positive). */
int vfs_walk(struct task *t, int dfd, const char *name, uint32_t walk, struct path *out);
/* Resolves all but the last component. last: LX_NAME_MAX + 1 bytes; "." ".." and "/" stay as they are in *last, with *type. */
enum last_type { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
int vfs_walk_parent(struct task *t, int dfd, const char *name, struct path *parent, char last[LX_NAME_MAX + 1], enum last_type *type, bool *trailing_slash);
/* Text of p as seen from root, or from the top when it is not below root (*outside, which may be NULL); " (deleted)". Returns the length or -LX_ENAMETOOLONG. */
int64_t vfs_path_text(const struct path *p, struct file *f, const struct path *root, char *buf, size_t size, bool *outside);
/* Where the root of a mount lies in its super, into buf (LX_PATH_MAX): mountinfo's field. 0 or -errno. */
int vfs_mount_root_text(const struct path *top, char *buf);

/* getcwd(2) into buf: the length with the NUL. -LX_ERANGE, -LX_ENOENT (removed). */
int64_t vfs_getcwd(struct task *t, char *buf, size_t size);

/* ---- verbs used by handlers; all check permissions of t ---- */
int64_t vfs_openat(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode);
/* openat2(2): walk is WALK_RESOLVE bits. */
int64_t vfs_openat2(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode, uint32_t walk);
/*
 * Opens without a descriptor: for exec and the supervisor. Returns a reference in *f. flags may have
 * VFS_O_EXEC, which no open(2) has: what is opened to be executed is judged by x, not r.
 */
#define VFS_O_EXEC 0x40000000u
int vfs_open_file(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode, struct file **f);
int vfs_statat(struct task *t, int dfd, const char *path, int atflags, struct kstat *st);
int vfs_fstat(struct file *f, struct kstat *st);
int64_t vfs_read(struct file *f, struct task *t, struct iter *it, int64_t *pos);   /* pos NULL: f->pos */
int64_t vfs_write(struct file *f, struct task *t, struct iter *it, int64_t *pos);
/* As these, with LX_RWF_* (preadv2, pwritev2). */
int64_t vfs_read_flags(struct file *f, struct task *t, struct iter *it, int64_t *pos, uint32_t flags);
int64_t vfs_write_flags(struct file *f, struct task *t, struct iter *it, int64_t *pos, uint32_t flags);
int64_t vfs_llseek(struct file *f, int64_t off, int whence);
/* Reads a whole small range into a supervisor buffer (loader, #!): bytes read or -errno. */
int64_t vfs_pread(struct file *f, void *buf, size_t size, int64_t off);
int vfs_mkdirat(struct task *t, int dfd, const char *path, uint32_t mode);
int vfs_mknodat(struct task *t, int dfd, const char *path, uint32_t mode, uint64_t dev);
int vfs_unlinkat(struct task *t, int dfd, const char *path, int atflags);
int vfs_symlinkat(struct task *t, const char *target, int dfd, const char *path);
int vfs_linkat(struct task *t, int odfd, const char *opath, int ndfd, const char *npath, int atflags);
int vfs_renameat(struct task *t, int odfd, const char *opath, int ndfd, const char *npath, uint32_t flags);
int64_t vfs_readlinkat(struct task *t, int dfd, const char *path, char *buf, size_t size);
int vfs_chmodat(struct task *t, int dfd, const char *path, uint32_t mode, int atflags);
int vfs_chownat(struct task *t, int dfd, const char *path, uint32_t uid, uint32_t gid, int atflags);
int vfs_utimensat(struct task *t, int dfd, const char *path, const struct lx_timespec ts[2], int atflags); /* path NULL: dfd itself; ts NULL: now */
int vfs_truncate(struct task *t, const char *path, uint64_t size);
int vfs_accessat(struct task *t, int dfd, const char *path, int mode, int atflags);
int vfs_chdir(struct task *t, const char *path);
int vfs_fchdir(struct task *t, int fd);
int vfs_chroot(struct task *t, const char *path);
int vfs_setattr_file(struct task *t, struct file *f, struct iattr *attr); /* fchmod, fchown, ftruncate; rules of setattr applied */
int vfs_statfs_path(struct task *t, const char *path, struct lx_statfs *out);
int vfs_statfs_file(struct file *f, struct lx_statfs *out);
int vfs_statfs_dev(struct task *t, uint64_t dev, struct lx_statfs *out); /* of a mounted file system: -LX_EINVAL if none has dev */
/* Entries of an open directory from f->pos on; stores the new position. */
int vfs_iterate(struct file *f, struct task *t, struct dir_sink *sink);
int vfs_fsync(struct file *f, bool data_only);
int vfs_fallocate(struct task *t, struct file *f, int mode, int64_t off, int64_t len);
/* Advisory locks of files that are not direct: fcntl(2) F_GETLK and kin, flock(2). */
int vfs_lock_record(struct task *t, struct file *f, uint32_t cmd, struct lx_flock *fl);
int vfs_flock(struct task *t, struct file *f, uint32_t op);
/* Those locks and leases at one moment, for /proc/locks; who waits comes behind what is in his way. */
enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_BSD, LOCK_LEASE, LOCK_LEASE_BREAKING };
struct lock_view {
	enum lock_kind kind;
	bool waits;
	int type, pid;                /* LX_F_*; whose, 0: nobody's in particular */
	uint64_t dev, ino;
	int64_t start, end;           /* INT64_MAX: the end of the file */
};
struct lock_views {
	struct lock_view *v;          /* mem_free() it */
	uint32_t n, size;
	bool failed;                  /* no memory */
};
void vfs_locks(struct lock_views *out);
/*
 * Extended attributes. path NULL: of descriptor dfd. follow: a link in the last component. name is a
 * checked string of 1..255 bytes. get and list: length, size 0 asks for it.
 */
int64_t vfs_getxattr(struct task *t, int dfd, const char *path, bool follow, const char *name, void *buf, size_t size);
int     vfs_setxattr(struct task *t, int dfd, const char *path, bool follow, const char *name, const void *value, size_t size, int flags);
int64_t vfs_listxattr(struct task *t, int dfd, const char *path, bool follow, char *buf, size_t size);
int     vfs_removexattr(struct task *t, int dfd, const char *path, bool follow, const char *name);

/* ---- for plugins ---- */
/* Returns a reference to a super with an anonymous device number. */
struct super *super_alloc(const struct fs_type *type, const struct super_ops *ops, uint64_t magic);
void          super_put(struct super *sb);
/* Returns a reference to a new inode. */
struct inode *inode_alloc(struct super *sb, const struct inode_ops *iop, const struct file_ops *fop, uint64_t ino, uint32_t mode);
struct inode *inode_get(struct inode *i);
void          inode_put(struct inode *i);
/* Access of cr to something with this mode and owner: 0 or -LX_EACCES. mask LX_R_OK | W | X. */
int vfs_generic_permission(const struct cred *cr, uint32_t mode, uint32_t uid, uint32_t gid, int mask);
/* What is left when bits or lists refuse mask: capabilities. */
int vfs_override_permission(const struct cred *cr, uint32_t mode, int mask);
int vfs_permission(struct inode *inode, const struct cred *cr, int mask);
/*
 * Added to mask: the caller goes on to an operation on the object (a lookup in, a creation in, a chmod
 * of ...) that is checked again by whoever stores it. A permission op may then answer 1, "the store
 * will judge": VolFs does where the host would judge the same identity, which is exact with ACLs and
 * free. vfs_permission() gives 0 for it. Other plugins ignore the bit.
 */
#define VFS_MAY_ACT 0x100
/*
 * Whether t may let the host set attributes as chattr(1) does: 0, or -LX_ENOTTY where the host's file is not what guests
 * see. An identity that the host does not know needs CAP_LINUX_IMMUTABLE for all of them.
 */
int vfs_may_set_flags(struct task *t, struct file *f);
/* What open(2) demands of an existing object with these attributes: O_ACCMODE rights, EISDIR, O_NOATIME ... */
int vfs_may_open(struct task *t, struct inode *inode, const struct kstat *st, uint32_t flags);
/* The same for an atomic_open that has found inode by its name: also 1, a link, EISDIR of O_CREAT, ENOTDIR. */
int vfs_may_open_name(struct task *t, struct inode *inode, const struct kstat *st, uint32_t flags);
int64_t vfs_generic_llseek(struct file *f, int64_t off, int whence, uint64_t size);
/* Mode, owner and group of a memory inode as attr says, if it does; the caller holds what guards them. */
void inode_take_attr(struct inode *inode, const struct iattr *attr);
/* Fills *st for pseudo and memory inodes: dev, ino, mode, nlink 1, owner 0, times t. */
void kstat_fill(struct kstat *st, const struct inode *inode, struct lx_timespec t);
struct lx_timespec vfs_now(void);
/* What is left of mode when the object gets a new owner or group: no set-id program of the old one's. */
static inline uint32_t vfs_mode_after_chown(uint32_t mode)
{
	if (LX_S_ISDIR(mode))
		return mode;
	return mode & ~(LX_S_ISUID | (mode & LX_S_IXGRP ? LX_S_ISGID : 0));
}
/*
 * The host is out of descriptors: drops cached names that nobody uses, and the handles behind them.
 * False when there were none.
 */
bool vfs_reclaim(void);
/* Calls that act on a FIFO or device node opened through any file system: src/fs/special.c. */
int special_open(struct inode *inode, const struct kstat *st, uint32_t flags, struct task *t, struct file *f);

/* ---- the instance's tree (src/fs/vfs_init.c) ---- */
/* Brings up the instance's tree: / (VolFs on the volume), /proc, /dev, /dev/shm, /sys when there, a distribution's /run. */
int  vfs_init(const char *root_volume_nt_path);
/* Mounts drive letter ("c") on /mnt/<letter> as init does, if there is such a directory. 0 or -LX_E*. */
int  vfs_mount_drive(char letter);
void vfs_shutdown(void);

/* ---- poll ---- */
#define POLL_MAX_QUEUES 2
/* Collects the wait queues of a poll op. src/fs/poll.c */
struct poll_table {
	void (*queue)(struct poll_table *pt, struct waitq *q);
	/* For files whose readiness only the NT layer knows. */
	void (*watch)(struct poll_table *pt, HANDLE handle, uint32_t events);
};
static inline void poll_wait(struct poll_table *pt, struct waitq *q)
{
	if (pt)
		pt->queue(pt, q);
}
static inline void poll_watch(struct poll_table *pt, HANDLE handle, uint32_t events)
{
	if (pt)
		pt->watch(pt, handle, events);
}
/* LX_POLL* of f now. */
uint32_t vfs_poll(struct file *f, struct poll_table *pt);
/* Files whose poll goes to the NT layer (stdio pipes, console): IoQueryReadiness as LX_POLL* + poll_watch. */
uint32_t nt_poll(struct file *f, struct poll_table *pt);

/* ---- NT statuses (src/fs/nt_status.c): the one place where Linux and NT error words meet ---- */
/* 0 for success, -LX_E* else; an unknown status is traced once and becomes -LX_EIO. */
int nt_to_errno(NTSTATUS status);
/* What the table says of the status with this name (len bytes); false: there is none. */
struct nt_meaning {
	uint32_t value;
	int err; /* 0: success */
	const char *why;
};
bool nt_status_meaning(const char *name, size_t len, struct nt_meaning *m);

/* Attributes of an open NT file, of a name below one, and the conversion. 0 or -LX_E*. */
int nt_fstat(HANDLE handle, struct kstat *st);

/* Whether f is a process's directory in /proc; then a reference to it in *out, NULL if it is gone. src/fs/procfs/proc_fs.c */
bool proc_dir_group(const struct file *f, struct tgroup **out);

/* ---- anonymous files ---- */
/* F_SETPIPE_SZ, F_GETPIPE_SZ; -LX_EBADF when f is no pipe. */
int64_t pipe_fcntl(struct file *f, uint32_t cmd, uint64_t arg);
/*
 * splice(2), tee(2): one end at least is a pipe. pos NULL: the file's own position. Each moves what is
 * there, and waits for the first byte unless LX_SPLICE_F_NONBLOCK.
 */
int64_t vfs_splice(struct task *t, struct file *in, int64_t *in_pos, struct file *out, int64_t *out_pos, uint64_t count, uint32_t flags);
int64_t vfs_tee(struct task *t, struct file *in, struct file *out, uint64_t count, uint32_t flags);
/* vmsplice(2): between memory and a pipe, in the direction that f is open for. */
int64_t vfs_vmsplice(struct task *t, struct file *f, struct iter *it, uint32_t flags);
int pipe_create(struct task *t, uint32_t flags, struct file *ends[2]); /* returns references: read end, write end */
int fifo_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f);
int eventfd_create(struct task *t, uint64_t init, uint32_t flags, struct file **f);
int timerfd_create_file(struct task *t, int clock, uint32_t flags, struct file **f);
int epoll_create_file(struct task *t, struct file **f);
/* The last reference to f is going and f->epoll_items is not empty: takes it out of every epoll set. */
void epoll_file_gone(struct file *f);
/* F_SETOWN, F_GETOWN, their _EX forms, F_SETSIG, F_GETSIG. */
int64_t file_owner_fcntl(struct task *t, struct file *f, uint32_t cmd, uint64_t arg);
/* The caller is told unless somebody else is already. 0 or -LX_ENOMEM. */
int  file_owner_default(struct task *t, struct file *f, int fd);
/* O_ASYNC of f, which has an async op. 0 or -LX_ENOMEM. */
int  file_set_async(struct task *t, struct file *f, int fd, bool on);
void file_owner_drop(struct file *f); /* f goes */
void async_list_init(struct async_list *l);
/* code LX_POLL_*, to the files that wants() says yes to (NULL: all). No lock is held. */
void async_tell(struct async_list *l, int code, bool (*wants)(const struct file *f));

/* Leases: src/fs/lease.c. type LX_F_RDLCK, WRLCK, UNLCK. */
extern _Atomic uint32_t lease_count; /* leases there are */
int  lease_set(struct task *t, struct file *f, int fd, int type);
void lease_list(struct lock_views *out);
int  lease_get(struct file *f);      /* what f has, or will have when it is broken */
void lease_forget(struct file *f);   /* f goes */
/* path is about to be opened with flags, or truncated (O_WRONLY): 0, -LX_EAGAIN (O_NONBLOCK), -LX_ERESTARTSYS. */
int  lease_break_path(struct task *t, int dfd, const char *path, uint32_t flags);

/* F_NOTIFY; src/fs/dnotify.c. arg: LX_DN_*. 0, -LX_ENOTDIR, -LX_ENOMEM, -LX_EINVAL (switched off). */
int  dnotify_set(struct task *t, struct file *f, int fd, uint32_t arg);
void dnotify_forget(const void *table, struct file *f); /* a descriptor of f goes from that table */

/* inotify(7); src/fs/inotify.c. */
int inotify_create(struct task *t, uint32_t flags, struct file **f);
int inotify_check(struct file *f, uint32_t mask); /* what inotify_add() refuses before it looks at the path */
int inotify_add(struct task *t, struct file *f, const char *path, uint32_t mask); /* the watch's number */
int inotify_remove(struct file *f, int wd);
/* Whether reads and writes of f are watched, so that lxcore must serve them. Called when there are watches. */
bool fsnotify_wants_data(struct file *f);
extern _Atomic uint32_t fsnotify_marks; /* watches there are */
int memfd_create_file(struct task *t, const char *name, uint32_t flags, struct file **f);
/* Wraps host stdio (NT handle, consumed). terminal: a console file object. */
struct file *stdio_file(HANDLE handle, int kind /* IO_HOST_KIND */, uint32_t flags);
#endif
