/* SPDX-License-Identifier: MIT */
/*
 * vfs_open.c - open(2). The last component is opened in one step where the file system can
 * (atomic_open); otherwise it is looked up or created, judged, and opened. The order of errors is that
 * of Linux's do_open(): EEXIST, EISDIR, ENOTDIR, ELOOP, access, then what the object says.
 */
#include "fsnotify.h"
#include "lxrun/acl.h"
#include "lxrun/handle.h"
#include <string.h>

#define KEEP_FLAGS                                                                           \
	(LX_O_ACCMODE | LX_O_APPEND | LX_O_NONBLOCK | LX_O_SYNC | LX_O_ASYNC | LX_O_DIRECT | \
	 LX_O_LARGEFILE | LX_O_DIRECTORY | LX_O_NOFOLLOW | LX_O_NOATIME | LX_O_PATH)

struct open_req {
	struct walk w;
	uint32_t flags, mode;
	struct create_attr attr; /* but for the mode: inherit() */
	struct file *f;
	bool created;
};

static int check_flags(uint32_t *flags, uint32_t *mode)
{
	uint32_t fl = *flags;

	if (fl & LX_O_PATH)
		fl &= LX_O_PATH | LX_O_DIRECTORY | LX_O_NOFOLLOW | LX_O_CLOEXEC;
	if ((fl & LX_O_TMPFILE) == LX_O_TMPFILE) {
		if ((fl & LX_O_ACCMODE) == LX_O_RDONLY || (fl & LX_O_CREAT))
			return -LX_EINVAL;
	} else if (fl & LX_O_TMPFILE & ~LX_O_DIRECTORY) {
		return -LX_EINVAL;
	} else if (!(fl & LX_O_CREAT)) {
		*mode = 0;
	} else if (fl & LX_O_DIRECTORY) {
		return -LX_EINVAL;
	}
	*flags = fl;
	*mode &= 07777;
	return 0;
}

static void attr_of(struct task *t, struct create_attr *attr)
{
	*attr = (struct create_attr){
		.uid = t->cred->fsuid,
		.gid = t->cred->fsgid,
	};
}

/* The file is open: f gets its place in the tree. Consumes d. */
static void place(struct open_req *o, struct dentry *d)
{
	struct file *f = o->f;

	if (!f->writer)
		refs_get(&o->w.at.mnt->refs);
	f->path = (struct path){ o->w.at.mnt, d };
	if (!f->inode)
		f->inode = inode_get(d->inode);
}

/*
 * What the mount demands of a file that is about to be open for writing: that it stays writable as long.
 * place() would be too late: the object would have been opened, or truncated.
 */
static int claim_writer(struct open_req *o)
{
	struct file *f = o->f;
	int err;

	if (f->writer || !file_writable(f) || (f->flags & LX_O_PATH))
		return 0;
	err = mount_writer_get(o->w.at.mnt);
	if (err)
		return err;
	refs_get(&o->w.at.mnt->refs);
	f->path.mnt = o->w.at.mnt;
	f->writer = true;
	return 0;
}

/* O_NOATIME when the mount is that of files. */
static uint32_t noatime(const struct open_req *o)
{
	return o->w.at.mnt->flags & MNT_NOATIME ? LX_O_NOATIME : 0;
}

static void drop_writer(struct file *f)
{
	if (!f->writer)
		return;
	f->writer = false;
	mount_writer_put(f->path.mnt);
	path_put(&f->path);
}

static int open_object(struct open_req *o, struct inode *inode)
{
	struct file *f = o->f;
	struct kstat st;
	int err;

	f->inode = inode_get(inode);
	f->fop = inode->fop;
	if (o->flags & LX_O_PATH) {
		f->fop = NULL;
		return 0;
	}
	switch (inode->mode & LX_S_IFMT) {
	case LX_S_IFIFO:
	case LX_S_IFCHR:
	case LX_S_IFBLK:
	case LX_S_IFSOCK:
		if (inode->iop->open)
			break;
		err = inode->iop->getattr(inode, &st);
		return err ? err : special_open(inode, &st, o->flags, o->w.t, f);
	}
	return inode->iop->open ? inode->iop->open(inode, o->flags, o->w.t, f) : 0;
}

static int judge_access(struct open_req *o, struct inode *inode)
{
	struct kstat st;
	int err;

	if (inode_is_link(inode))
		return -LX_ELOOP;
	if (inode_is_dir(inode) && (vfs_open_mask(o->flags) & LX_W_OK))
		return -LX_EISDIR;
	if ((inode_is_dir(inode) || LX_S_ISREG(inode->mode)) && vfs_store_judges(inode, o->w.cr))
		return 0;
	err = vfs_permission(inode, o->w.cr, vfs_open_mask(o->flags));
	if (!err && (o->flags & LX_O_NOATIME)) {
		err = inode->iop->getattr(inode, &st);
		if (!err && !vfs_owner_or_capable(o->w.cr, st.uid))
			err = -LX_EPERM;
	}
	return err;
}

static int judge(struct open_req *o, struct inode *inode)
{
	int err;

	if ((o->flags & LX_O_CREAT) && (o->flags & LX_O_EXCL))
		return -LX_EEXIST;
	if ((o->flags & LX_O_CREAT) && inode_is_dir(inode))
		return -LX_EISDIR;
	if (((o->flags & LX_O_DIRECTORY) || o->w.slash) && !inode_is_dir(inode))
		return -LX_ENOTDIR;
	if (o->flags & LX_O_PATH)
		return 0;
	if (LX_S_ISBLK(inode->mode) || LX_S_ISCHR(inode->mode))
		if (o->w.at.mnt->flags & MNT_NODEV)
			return -LX_EACCES;
	if (LX_S_ISREG(inode->mode) && ((o->flags & LX_O_ACCMODE) || (o->flags & LX_O_TRUNC))) {
		err = vfs_want_write(&o->w.at);
		if (err)
			return err;
	}
	return judge_access(o, inode);
}

/* w->at is the object itself. */
static int open_here(struct open_req *o)
{
	struct dentry *d = o->w.at.dentry;
	int err = judge(o, d->inode);

	if (!err && LX_S_ISREG(d->inode->mode))
		err = claim_writer(o);
	if (!err)
		err = open_object(o, d->inode);
	if (!err && (o->flags & LX_O_TRUNC) && LX_S_ISREG(d->inode->mode) && o->f->fop->truncate &&
	    !o->f->direct)
		err = o->f->fop->truncate(o->f, 0);
	if (!err)
		place(o, dentry_get(d));
	return err;
}

/* A new file in o->w.at gets what that directory has to give. */
static int inherit(struct open_req *o)
{
	acl_inherited_free(&o->attr);
	o->attr.mode = LX_S_IFREG | o->mode;
	return vfs_acl_inherit(&o->w.at, o->w.t->fs->umask, &o->attr);
}

/* Creates the missing last component in a file system without atomic_open. */
static int create_here(struct open_req *o)
{
	struct dentry *dir = o->w.at.dentry, *d;
	struct inode *inode;
	int err = vfs_want_write(&o->w.at);

	if (dir->inode->sb->type->flags & FS_FIXED_NAMES)
		return -LX_ENOENT;
	if (!err)
		err = vfs_dir_permission(&o->w.at, o->w.cr, LX_W_OK | LX_X_OK);
	if (err)
		return err;
	if (!dir->inode->iop->create)
		return -LX_EACCES;
	err = inherit(o);
	if (!err)
		err = dir->inode->iop->create(dir->inode, o->w.last, &o->attr, &inode);
	if (err)
		return err;
	d = dentry_alloc(dir, o->w.last, strlen(o->w.last), inode);
	if (!d)
		return -LX_ENOMEM;
	d = dcache_add(d, dir->inode->sb->journal_seen);
	o->created = true;
	err = claim_writer(o);
	if (!err)
		err = open_object(o, d->inode);
	if (err)
		dentry_put(d);
	else
		place(o, d);
	return err;
}

/* On a read-only mount what is there decides: a FIFO may be written to, a missing name is ENOENT. */
static bool may_open_atomically(const struct open_req *o)
{
	if (!o->w.at.dentry->inode->iop->atomic_open || (o->flags & LX_O_PATH) || o->w.slash ||
	    o->w.too_long)
		return false;
	return !((vfs_open_mask(o->flags) & LX_W_OK) || (o->flags & LX_O_CREAT)) ||
	       !vfs_want_write(&o->w.at);
}

/* atomic_open made o->f->inode: it gets a dentry, never a cached one. */
static int place_new(struct open_req *o, const char *name)
{
	struct dentry *d = dentry_alloc(o->w.at.dentry, name, strlen(name), inode_get(o->f->inode));

	if (!d)
		return -LX_ENOMEM;
	place(o, d);
	return 0;
}

static int open_name(struct open_req *o, struct inode *dir, uint32_t flags)
{
	if (o->f->inode) {
		inode_put(o->f->inode);
		o->f->inode = NULL;
	}
	return dir->iop->atomic_open(dir, o->w.last, flags, &o->attr, o->w.t, o->f, &o->created);
}

/* Returns 0, 1 (a link), -errno. */
static int open_atomically(struct open_req *o)
{
	struct inode *dir = o->w.at.dentry->inode;
	int err = claim_writer(o);

	if (err)
		return err;
	o->f->nodev = o->w.at.mnt->flags & MNT_NODEV;
	if ((o->flags & LX_O_CREAT) && (err = inherit(o)))
		return err;
	err = open_name(o, dir, o->flags | noatime(o));
	if (err == -LX_EPERM && noatime(o))
		err = open_name(o, dir,
				o->flags); /* not ours to say: the owner's access times stay true */
	if (err || !LX_S_ISREG(o->f->inode->mode))
		drop_writer(o->f);
	return err ? err : place_new(o, o->w.last);
}

/* The last component is link d. */
static int open_link(struct open_req *o, struct dentry *d)
{
	if ((o->flags & LX_O_CREAT) && (o->flags & LX_O_EXCL))
		return -LX_EEXIST;
	if ((o->flags & LX_O_NOFOLLOW) && !o->w.slash)
		return o->flags & LX_O_DIRECTORY ? -LX_ENOTDIR : -LX_ELOOP;
	return walk_follow(&o->w, d);
}

/* O_PATH | O_NOFOLLOW opens the link itself. */
static bool wants_link(const struct open_req *o)
{
	return (o->flags & LX_O_PATH) && (o->flags & LX_O_NOFOLLOW) && !o->w.slash;
}

/* One round with a normal last component. 0: opened; 1: o->w has moved on; -errno. */
static int open_last(struct open_req *o)
{
	struct walk *w = &o->w;
	struct dentry *d = walk_cached(w);
	int err;

	if (!d && may_open_atomically(o)) {
		err = open_atomically(o);
		if (err <= 0)
			return err;
	}
	err = d ? 0 : walk_child(w, &d);
	if (err == -LX_ENOENT && (o->flags & LX_O_CREAT))
		return create_here(o);
	if (err)
		return err;
	if (!inode_is_link(d->inode) || wants_link(o)) {
		walk_enter(w, d);
		return 1;
	}
	err = open_link(o, d);
	dentry_put(d);
	return err ? err : 1;
}

static int open_walked(struct open_req *o)
{
	int err;

	while (o->w.type == LAST_NORM) {
		if (o->w.slash && (o->flags & LX_O_CREAT))
			return -LX_EISDIR;
		err = open_last(o);
		if (err != 1)
			return err;
	}
	err = walk_finish(&o->w);
	return err ? err : open_here(o);
}

static int make_tmpfile(struct open_req *o, struct inode *dir)
{
	struct inode *inode;
	int err = dir->iop->tmpfile(dir, &o->attr, &inode);

	if (err)
		return err;
	err = open_object(o, inode);
	inode_put(inode);
	return err;
}

/* O_TMPFILE: path names the directory. */
static int open_tmpfile(struct open_req *o)
{
	struct inode *dir;
	int err;

	o->w.flags |= WALK_DIRECTORY | (o->flags & LX_O_NOFOLLOW ? 0 : WALK_FOLLOW);
	err = walk_finish(&o->w);
	if (!err)
		err = vfs_want_write(&o->w.at);
	if (!err)
		err = vfs_dir_permission(&o->w.at, o->w.cr, LX_W_OK | LX_X_OK);
	if (err)
		return err;
	dir = o->w.at.dentry->inode;
	if (!dir->iop->atomic_open && !dir->iop->tmpfile)
		return -LX_EOPNOTSUPP;
	err = claim_writer(o);
	if (!err)
		err = inherit(o);
	if (!err && dir->iop->tmpfile)
		err = make_tmpfile(o, dir);
	else if (!err)
		err = dir->iop->atomic_open(dir, "", o->flags, &o->attr, o->w.t, o->f, &o->created);
	if (!err)
		err = place_new(o, "#tmpfile");
	if (!err) {
		o->f->path.dentry->unlinked = true;
		o->f->path.dentry->never_linked = o->flags & LX_O_EXCL;
	}
	return err;
}

static void tell_opened(const struct open_req *o)
{
	char name[LX_NAME_MAX + 1];
	struct inode *dir;

	if ((o->flags & LX_O_TMPFILE) == LX_O_TMPFILE)
		return;
	dir = o->created ? dentry_place(o->f->path.dentry, name) : NULL;
	if (dir)
		fsnotify_name(dir, name, LX_IN_CREATE);
	fsnotify_file(o->f, LX_IN_OPEN);
	if (!dir && (o->flags & LX_O_TRUNC) && LX_S_ISREG(o->f->inode->mode))
		fsnotify_file(o->f, LX_IN_MODIFY); /* in this order since Linux 6.8 */
	inode_put(dir);
}

/* Reads and writes of a file that a write takes set-id bits or capabilities from do not pass lxcore by. */
static void mind_privs(const struct open_req *o, const struct cred *cr)
{
	struct file *f = o->f;

	f->privs = o->created ? LX_S_ISREG(f->inode->mode) && (o->mode & (LX_S_ISUID | LX_S_ISGID))
			      : vfs_has_privs(f->inode, f->inode->mode);
	f->served |= f->privs;
	if (f->privs && (o->flags & LX_O_TRUNC) && !o->created)
		vfs_remove_privs(f->inode, cr);
}

static int open_file(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode,
		     uint32_t walk, struct file **f)
{
	TRACE_SCOPE(TR_VFS);
	struct open_req o = { .flags = flags };
	bool begun = false;
	int err = check_flags(&o.flags, &mode);

	if (err)
		return err;
	o.mode = mode;
	attr_of(t, &o.attr);
	o.f = file_alloc((o.flags & KEEP_FLAGS) | (o.flags & LX_O_PATH ? 0 : LX_O_LARGEFILE));
	if (!o.f)
		return -LX_ENOMEM;
	if (lease_count)
		err = lease_break_path(t, dfd, path, o.flags);
	if (!err) {
		err = walk_begin(&o.w, t, dfd, path, walk);
		begun = true;
	}
	if (!err)
		err = (o.flags & LX_O_TMPFILE) == LX_O_TMPFILE ? open_tmpfile(&o) : open_walked(&o);
	if (begun)
		walk_end(&o.w);
	acl_inherited_free(&o.attr);
	o.f->created = o.created;
	if (!err && (o.flags & LX_O_ACCMODE) == LX_O_ACCMODE)
		o.f->direct = false; /* for ioctls only: the host would let the guest read */
	if (!err && file_writable(o.f))
		mind_privs(&o, t->cred);
	if (!err && fsnotify_marks)
		tell_opened(&o);
	TRACE(TR_VFS, "open(%s, %#x)%s = %d", path, flags, o.created ? " created" : "", err);
	if (err)
		file_put(o.f);
	else
		*f = o.f;
	return err;
}

int vfs_open_file(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode,
		  struct file **f)
{
	return open_file(t, dfd, path, flags, mode, 0, f);
}

int vfs_open_path(struct task *t, const struct path *p, uint32_t flags, struct file **f)
{
	struct open_req o = { .flags = flags, .w = { .t = t, .cr = t->cred, .at = *p } };
	uint32_t mode = 0;
	int err = (flags & LX_O_TMPFILE) == LX_O_TMPFILE ? -LX_EINVAL : 0;

	o.flags &= ~(uint32_t)(LX_O_CREAT | LX_O_EXCL | LX_O_NOFOLLOW);
	if (!err)
		err = check_flags(&o.flags, &mode);
	if (err)
		return err;
	o.w.type = LAST_DOT;
	o.f = file_alloc((o.flags & KEEP_FLAGS) | (o.flags & LX_O_PATH ? 0 : LX_O_LARGEFILE));
	if (!o.f)
		return -LX_ENOMEM;
	err = open_here(&o);
	if (!err && file_writable(o.f))
		mind_privs(&o, t->cred);
	if (err)
		file_put(o.f);
	else
		*f = o.f;
	return err;
}

int64_t vfs_openat2(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode,
		    uint32_t walk)
{
	struct file *f;
	int err = open_file(t, dfd, path, flags & ~VFS_O_EXEC, mode, walk, &f);

	return err ? err : fd_install(t, f, 0, flags & LX_O_CLOEXEC);
}

int64_t vfs_openat(struct task *t, int dfd, const char *path, uint32_t flags, uint32_t mode)
{
	return vfs_openat2(t, dfd, path, flags, mode, 0);
}
