/* SPDX-License-Identifier: MIT */
/*
 * vfs_name.c - names made, removed and moved. Each verb checks in Linux's order: the last component's
 * kind, existence, read-only mount, rights in the directory, sticky bit; then the plugin does it in
 * one step and the name cache follows. tests/unit/vfs_native.c holds all of it against the kernel.
 */
#include "fsnotify.h"
#include "lxrun/acl.h"
#include <string.h>

/* ---- creation ---- */

/* Whether the last component of w exists: by name where that is cheaper. */
static int exists(struct walk *w)
{
	struct dentry *d = walk_cached(w);
	struct kstat st;
	int err = d ? 0 : walk_getattr_at(w, &st);

	if (err == 1)
		err = walk_child(w, &d);
	dentry_put(d);
	return err;
}

/*
 * The right to make w's last component. Where the store judges it also finds what exists already, in
 * the same order; so nothing is asked before.
 */
static int may_create(struct walk *w)
{
	struct inode *dir = w->at.dentry->inode;
	int err;

	if (!inode_is_dir(dir))
		return -LX_ENOTDIR;
	if (w->too_long)
		return -LX_ENAMETOOLONG;
	if (!vfs_want_write(&w->at) && vfs_store_judges(dir, w->cr))
		return 0;
	err = exists(w);
	if (err != -LX_ENOENT)
		return err ? err : -LX_EEXIST;
	if (dir->sb->type->flags & FS_FIXED_NAMES)
		return -LX_ENOENT;
	err = vfs_want_write(&w->at);
	return err ? err : vfs_dir_permission(&w->at, w->cr, LX_W_OK | LX_X_OK);
}

/* Walks to the directory in which something called w->last is to be made. */
static int create_begin(struct walk *w, struct task *t, int dfd, const char *path, bool is_dir)
{
	int err = walk_begin(w, t, dfd, path, 0);

	if (err)
		return err;
	if (w->type != LAST_NORM)
		return -LX_EEXIST;
	if (w->slash && !is_dir)
		return exists(w) == 0 ? -LX_EEXIST : -LX_ENOENT;
	return may_create(w);
}

/* In dir; acl_inherited_free() when that is made. */
static int new_attr(struct task *t, const struct path *dir, uint32_t type, uint32_t mode,
		    struct create_attr *attr)
{
	*attr = (struct create_attr){
		.mode = type | (mode & 07777),
		.uid = t->cred->fsuid,
		.gid = t->cred->fsgid,
	};
	return type == LX_S_IFLNK ? 0 : vfs_acl_inherit(dir, t->fs->umask, attr);
}

int vfs_mkdirat(struct task *t, int dfd, const char *path, uint32_t mode)
{
	TRACE_SCOPE(TR_VFS);
	const struct inode_ops *iop;
	struct create_attr attr;
	struct walk w;
	int err = create_begin(&w, t, dfd, path, true);

	if (!err) {
		iop = w.at.dentry->inode->iop;
		err = new_attr(t, &w.at, LX_S_IFDIR, mode & (0777 | LX_S_ISVTX), &attr);
		if (!err)
			err = iop->mkdir ? iop->mkdir(w.at.dentry->inode, w.last, &attr)
					 : -LX_EPERM;
		acl_inherited_free(&attr);
	}
	if (!err)
		fsnotify_name(w.at.dentry->inode, w.last, LX_IN_CREATE | LX_IN_ISDIR);
	walk_end(&w);
	TRACE(TR_VFS, "mkdir(%s, %#o) = %d", path, mode, err);
	return err;
}

static int mknod_type(struct task *t, uint32_t mode, uint32_t *type)
{
	*type = mode & LX_S_IFMT ? mode & LX_S_IFMT : LX_S_IFREG;
	switch (*type) {
	case LX_S_IFREG:
	case LX_S_IFIFO:
	case LX_S_IFSOCK:
		return 0;
	case LX_S_IFCHR:
	case LX_S_IFBLK:
		return cred_capable(t->cred, LX_CAP_MKNOD) ? 0 : -LX_EPERM;
	case LX_S_IFDIR:
		return -LX_EPERM;
	default:
		return -LX_EINVAL;
	}
}

int vfs_mknodat(struct task *t, int dfd, const char *path, uint32_t mode, uint64_t dev)
{
	TRACE_SCOPE(TR_VFS);
	const struct inode_ops *iop;
	struct create_attr attr;
	struct walk w = { .links = 0 };
	uint32_t type;
	int err = mknod_type(t, mode, &type);

	if (err)
		return err;
	err = create_begin(&w, t, dfd, path, false);
	if (!err) {
		iop = w.at.dentry->inode->iop;
		err = new_attr(t, &w.at, type, mode, &attr);
		attr.rdev = dev;
		if (!err && !(type == LX_S_IFCHR && !dev)) /* which whiteouts are */
			err = cgroup_may_device(t, type, dev, CGROUP_MAY_MKNOD);
		if (!err)
			err = iop->mknod ? iop->mknod(w.at.dentry->inode, w.last, &attr)
					 : -LX_EPERM;
		acl_inherited_free(&attr);
	}
	if (!err)
		fsnotify_name(w.at.dentry->inode, w.last, LX_IN_CREATE);
	walk_end(&w);
	TRACE(TR_VFS, "mknod(%s, %#o) = %d", path, mode, err);
	return err;
}

/* What w's new link will lead to, if its file system wants to know; path_put() it. */
static struct path link_target(const struct walk *w, const char *target)
{
	struct path to = { NULL, NULL };

	if (w->at.dentry->inode->sb->typed_links && *target != '/' &&
	    walk_from_here(w, target, WALK_NO_XDEV | WALK_NO_LINKS, &to))
		to = (struct path){ NULL, NULL };
	return to;
}

int vfs_symlinkat(struct task *t, const char *target, int dfd, const char *path)
{
	TRACE_SCOPE(TR_VFS);
	const struct inode_ops *iop;
	struct create_attr attr;
	struct path to;
	struct walk w;
	int err;

	if (!*target)
		return -LX_ENOENT;
	err = create_begin(&w, t, dfd, path, false);
	if (!err) {
		iop = w.at.dentry->inode->iop;
		new_attr(t, &w.at, LX_S_IFLNK, 0777, &attr);
		to = link_target(&w, target);
		attr.target = to.dentry ? to.dentry->inode : NULL;
		err = iop->symlink ? iop->symlink(w.at.dentry->inode, w.last, target, &attr)
				   : -LX_EPERM;
		path_put(&to);
	}
	if (!err)
		fsnotify_name(w.at.dentry->inode, w.last, LX_IN_CREATE);
	walk_end(&w);
	TRACE(TR_VFS, "symlink(%s, %s) = %d", target, path, err);
	return err;
}

/*
 * fs.protected_hardlinks, as every distribution sets it: who does not own a file may link it only if he
 * could read and write it, and never a set-id program.
 */
static int may_link(const struct cred *cr, struct inode *inode)
{
	struct kstat st;
	int err;

	if (vfs_store_judges(inode, cr))
		return 0;
	err = inode->iop->getattr(inode, &st);
	if (err || vfs_owner_or_capable(cr, st.uid))
		return err;
	if (!LX_S_ISREG(st.mode) || (st.mode & LX_S_ISUID) ||
	    (st.mode & (LX_S_ISGID | 010)) == (LX_S_ISGID | 010))
		return -LX_EPERM;
	return vfs_permission(inode, cr, LX_R_OK | LX_W_OK) ? -LX_EPERM : 0;
}

static int link_into(struct walk *w, const struct path *old)
{
	struct inode *inode = old->dentry->inode;
	int err = 0;

	if (old->mnt != w->at.mnt)
		err = -LX_EXDEV;
	else if (old->dentry->never_linked)
		err = -LX_ENOENT;
	else if ((err = may_link(w->cr, inode)) == 0 && (inode_is_dir(inode) || !inode->iop->link))
		err = -LX_EPERM;
	if (err)
		return exists(w) == 0 ? -LX_EEXIST : err;
	return inode->iop->link(inode, w->at.dentry->inode, w->last);
}

int vfs_linkat(struct task *t, int odfd, const char *opath, int ndfd, const char *npath,
	       int atflags)
{
	TRACE_SCOPE(TR_VFS);
	uint32_t walk = (atflags & LX_AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) |
			(atflags & LX_AT_EMPTY_PATH ? WALK_EMPTY : 0);
	struct path old;
	struct walk w;
	int err;

	if (atflags & ~(LX_AT_SYMLINK_FOLLOW | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	if ((atflags & LX_AT_EMPTY_PATH) && !*opath &&
	    !cred_capable(t->cred, LX_CAP_DAC_READ_SEARCH))
		return -LX_ENOENT;
	err = vfs_walk(t, odfd, opath, walk, &old);
	if (err)
		return err;
	err = create_begin(&w, t, ndfd, npath, false);
	if (!err)
		err = link_into(&w, &old);
	if (!err) {
		fsnotify_inode(old.dentry->inode, LX_IN_ATTRIB);
		fsnotify_name(w.at.dentry->inode, w.last, LX_IN_CREATE);
	}
	walk_end(&w);
	path_put(&old);
	TRACE(TR_VFS, "link(%s, %s) = %d", opath, npath, err);
	return err;
}

/* ---- removal ---- */

/* Sticky directory: only the owner of the entry or of the directory may take it away. */
static int sticky(struct walk *w, struct inode *dir, const struct kstat *victim)
{
	struct kstat st;
	int err = dir->iop->getattr(dir, &st);

	if (err || !(st.mode & LX_S_ISVTX))
		return err;
	if (w->cr->fsuid == victim->uid || w->cr->fsuid == st.uid ||
	    cred_capable(w->cr, LX_CAP_FOWNER))
		return 0;
	return -LX_EPERM;
}

/* The right to remove w's last component, a directory or not; what the kinds forbid included. */
static int may_delete(struct walk *w, bool is_dir)
{
	struct inode *dir = w->at.dentry->inode;
	struct dentry *d = walk_cached(w);
	bool mounted = d && d->mounted != 0;
	struct kstat st;
	int err;

	if (w->too_long)
		return -LX_ENAMETOOLONG;
	if (!d && !vfs_want_write(&w->at) && vfs_store_judges(dir, w->cr))
		return 0;
	if (!d && (err = walk_child(w, &d)))
		return err;
	err = d->inode->iop->getattr(d->inode, &st);
	dentry_put(d);
	if (!err)
		err = vfs_want_write(&w->at);
	if (!err)
		err = vfs_dir_permission(&w->at, w->cr, LX_W_OK | LX_X_OK | VFS_MAY_ACT);
	if (!err && !vfs_store_judges(dir, w->cr))
		err = sticky(w, dir, &st);
	if (err)
		return err;
	if (is_dir && !LX_S_ISDIR(st.mode))
		return -LX_ENOTDIR;
	if (mounted)
		return -LX_EBUSY;
	return !is_dir && LX_S_ISDIR(st.mode) ? -LX_EISDIR : 0;
}

/* Attributes of w's last component, a link not followed; -errno when it is not there. */
static int look(struct walk *w, struct kstat *st)
{
	struct dentry *d = walk_cached(w);
	int err = d ? 0 : walk_getattr_at(w, st);

	if (!d && err <= 0)
		return err;
	if (!d && (err = walk_child(w, &d)))
		return err;
	err = d->inode->iop->getattr(d->inode, st);
	dentry_put(d);
	return err;
}

static int remove_dir(struct walk *w)
{
	struct inode *dir = w->at.dentry->inode;
	int err;

	switch (w->type) {
	case LAST_DOTDOT:
		return -LX_ENOTEMPTY;
	case LAST_DOT:
		return -LX_EINVAL;
	case LAST_ROOT:
		return -LX_EBUSY;
	case LAST_NORM:
		break;
	}
	err = may_delete(w, true);
	if (err)
		return err;
	return dir->iop->rmdir ? dir->iop->rmdir(dir, w->last) : -LX_EPERM;
}

static int remove_file(struct walk *w)
{
	struct inode *dir = w->at.dentry->inode;
	struct kstat st;
	int err;

	if (w->type != LAST_NORM)
		return -LX_EISDIR;
	if (w->slash) {
		err = look(w, &st);
		return err ? err : LX_S_ISDIR(st.mode) ? -LX_EISDIR : -LX_ENOTDIR;
	}
	err = may_delete(w, false);
	if (err)
		return err;
	return dir->iop->unlink ? dir->iop->unlink(dir, w->last) : -LX_EPERM;
}

/* What watchers must be told of an object that is about to lose a name. */
struct victim {
	struct inode *inode; /* reference; NULL: nobody watches anything, or there is none */
	struct kstat st;
};

static void victim_find(struct walk *w, struct victim *v)
{
	struct dentry *d;

	v->inode = NULL;
	if (!fsnotify_marks || w->type != LAST_NORM || walk_child(w, &d))
		return;
	if (!d->inode->iop->getattr(d->inode, &v->st))
		v->inode = inode_get(d->inode);
	dentry_put(d);
}

static uint32_t victim_dir_bit(const struct victim *v)
{
	return v->inode && inode_is_dir(v->inode) ? LX_IN_ISDIR : 0;
}

static void victim_gone(const struct victim *v)
{
	if (v->inode && (inode_is_dir(v->inode) || v->st.nlink <= 1))
		fsnotify_inode(v->inode, LX_IN_DELETE_SELF);
}

/* w's last component. */
static int remove_last(struct walk *w, bool is_dir)
{
	struct victim v;
	int err;

	victim_find(w, &v);
	err = is_dir ? remove_dir(w) : remove_file(w);
	if (!err)
		dcache_drop(w->at.dentry, w->last, true);
	if (!err && v.inode) {
		if (!inode_is_dir(v.inode))
			fsnotify_inode(v.inode, LX_IN_ATTRIB);
		fsnotify_name(w->at.dentry->inode, w->last, LX_IN_DELETE | victim_dir_bit(&v));
		victim_gone(&v);
	}
	inode_put(v.inode);
	return err;
}

int vfs_unlink_in(struct task *t, const struct path *dir, const char *name)
{
	struct walk w = { .t = t, .cr = t->cred, .at = *dir, .type = LAST_NORM };

	strcpy(w.last, name);
	return remove_last(&w, false);
}

int vfs_unlinkat(struct task *t, int dfd, const char *path, int atflags)
{
	TRACE_SCOPE(TR_VFS);
	struct walk w;
	int err = walk_begin(&w, t, dfd, path, 0);

	if (!err)
		err = remove_last(&w, atflags & LX_AT_REMOVEDIR);
	walk_end(&w);
	TRACE(TR_VFS, "%s(%s) = %d", atflags & LX_AT_REMOVEDIR ? "rmdir" : "unlink", path, err);
	return err;
}

/* ---- rename ---- */

/* Whether w's last component is a mount point. */
static bool is_mounted(struct walk *w)
{
	struct dentry *d = walk_cached(w);
	bool mounted = d && d->mounted != 0;

	dentry_put(d);
	return mounted;
}

/* What Linux refuses for what the two names are, before rights are looked at. 1: nothing is to be done. */
static int check_kinds(struct walk *from, struct walk *to, uint32_t flags, const struct kstat *old,
		       const struct kstat *new)
{
	bool exchange = flags & LX_RENAME_EXCHANGE;

	if (new && (flags & LX_RENAME_NOREPLACE))
		return -LX_EEXIST;
	if (!new &&exchange)
		return -LX_ENOENT;
	if (exchange && to->slash && !LX_S_ISDIR(new->mode))
		return -LX_ENOTDIR;
	if (!LX_S_ISDIR(old->mode) && (from->slash || (to->slash && !exchange)))
		return -LX_ENOTDIR;
	if (dcache_object_is_above(old, to->at.dentry))
		return -LX_EINVAL;
	if (new &&dcache_object_is_above(new, from->at.dentry))
		return exchange ? -LX_EINVAL : -LX_ENOTEMPTY;
	return new && old->ino == new->ino && old->dev == new->dev;
}

/* A directory that gets another parent is written to: its "..". */
static int may_reparent(struct walk *w, const struct kstat *st)
{
	struct dentry *d;
	int err;

	if (!LX_S_ISDIR(st->mode))
		return 0;
	if (!vfs_acl_matters(w->at.dentry->inode, w->cr, st->mode, st->uid))
		return vfs_generic_permission(w->cr, st->mode, st->uid, st->gid, LX_W_OK);
	err = walk_child(w, &d);
	if (err)
		return err;
	err = vfs_acl_permission(d->inode, w->cr, st, LX_W_OK);
	dentry_put(d);
	return err;
}

/* Everything that Linux refuses before the file system is asked. 1: nothing is to be done. */
static int check_rename(struct walk *from, struct walk *to, uint32_t flags)
{
	bool old_dir, replaces, exchange = flags & LX_RENAME_EXCHANGE;
	struct kstat old, new;
	int err = look(from, &old);

	if (err)
		return err;
	err = look(to, &new);
	if (err && err != -LX_ENOENT)
		return err;
	replaces = !err;
	err = check_kinds(from, to, flags, &old, replaces ? &new : NULL);
	if (err)
		return err;
	old_dir = LX_S_ISDIR(old.mode);
	err = may_delete(from, old_dir);
	if (!err && !replaces)
		err = may_create(to);
	else if (!err)
		err = may_delete(to, exchange ? LX_S_ISDIR(new.mode) : old_dir);
	if (!err && from->at.dentry->inode != to->at.dentry->inode) {
		err = may_reparent(from, &old);
		if (!err && exchange)
			err = may_reparent(to, &new);
	}
	if (!err && (is_mounted(from) || is_mounted(to)))
		err = -LX_EBUSY;
	return err;
}

/* moved went from one name to the other; what lay there is gone, or went the other way. */
static void tell_renamed(struct walk *from, struct walk *to, const struct victim *moved,
			 const struct victim *target, bool exchange)
{
	uint32_t cookie = fsnotify_cookie();

	if (!moved->inode)
		return;
	fsnotify_send_name(from->at.dentry->inode, from->last,
			   LX_IN_MOVED_FROM | victim_dir_bit(moved), cookie);
	fsnotify_send_name(to->at.dentry->inode, to->last, LX_IN_MOVED_TO | victim_dir_bit(moved),
			   cookie);
	if (dnotify_count && dentry_same(from->at.dentry, to->at.dentry))
		fsnotify_inode(to->at.dentry->inode, FSNOTIFY_RENAMED);
	if (target->inode && !exchange && !inode_is_dir(target->inode))
		fsnotify_inode(target->inode, LX_IN_ATTRIB);
	fsnotify_inode(moved->inode, LX_IN_MOVE_SELF);
	if (!exchange)
		victim_gone(target);
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool same_but_for_case(const char *a, const char *b)
{
	for (; *a && lower(*a) == lower(*b); a++, b++)
		;
	return !*a && !*b;
}

/* Whether the names are one but for the case of letters, where that makes no difference. */
static bool changes_case(const struct walk *from, const struct walk *to)
{
	const struct inode *dir = from->at.dentry->inode;

	return dir->sb->caseless && dir->ino == to->at.dentry->inode->ino &&
	       strcmp(from->last, to->last) && same_but_for_case(from->last, to->last);
}

static int rename_case(struct walk *from, struct walk *to)
{
	struct inode *dir = from->at.dentry->inode;
	struct kstat st;
	int err = look(from, &st);

	if (!err)
		err = may_delete(from, LX_S_ISDIR(st.mode));
	return err ? err : dir->iop->rename(dir, from->last, dir, to->last, LX_RENAME_NOREPLACE);
}

static int rename_walked(struct walk *from, struct walk *to, uint32_t flags)
{
	struct inode *olddir = from->at.dentry->inode, *newdir = to->at.dentry->inode;
	bool plain = !(flags || from->slash || to->slash || from->too_long || to->too_long);
	struct kstat st;
	int err;

	if (from->at.mnt != to->at.mnt)
		return -LX_EXDEV;
	if (from->type != LAST_NORM || to->type != LAST_NORM)
		return (flags & LX_RENAME_NOREPLACE) && from->type == LAST_NORM ? -LX_EEXIST
										: -LX_EBUSY;
	err = vfs_want_write(&from->at);
	if (err)
		return err;
	if (changes_case(from, to))
		return rename_case(from, to);
	if (!plain || !vfs_store_judges(olddir, from->cr) || is_mounted(from) || is_mounted(to))
		err = check_rename(from, to, flags);
	if (err)
		return err < 0 ? err : 0;
	if (!olddir->iop->rename)
		return -LX_EPERM;
	err = olddir->iop->rename(olddir, from->last, newdir, to->last, flags);
	/* To Linux the directory that something is in is not empty, before it is a directory. */
	if (err == -LX_EISDIR && !look(to, &st) && dcache_object_is_above(&st, from->at.dentry))
		err = -LX_ENOTEMPTY;
	if (!err)
		dcache_rename(from->at.dentry, from->last, to->at.dentry, to->last,
			      flags & LX_RENAME_EXCHANGE);
	return err;
}

static int rename_told(struct walk *from, struct walk *to, uint32_t flags)
{
	bool exchange = flags & LX_RENAME_EXCHANGE;
	struct victim moved, target;
	bool same;
	int err;

	victim_find(from, &moved);
	victim_find(to, &target);
	same = moved.inode && target.inode && moved.st.ino == target.st.ino &&
	       moved.st.dev == target.st.dev;
	err = rename_walked(from, to, flags);
	if (!err && moved.inode && !same) { /* between two links of one file nothing happens */
		tell_renamed(from, to, &moved, &target, exchange);
		if (exchange)
			tell_renamed(to, from, &target, &moved, true);
	}
	inode_put(moved.inode);
	inode_put(target.inode);
	return err;
}

int vfs_renameat(struct task *t, int odfd, const char *opath, int ndfd, const char *npath,
		 uint32_t flags)
{
	TRACE_SCOPE(TR_VFS);
	struct walk from, to;
	int err;

	if (flags & ~(LX_RENAME_NOREPLACE | LX_RENAME_EXCHANGE))
		return -LX_EINVAL;
	if ((flags & LX_RENAME_NOREPLACE) && (flags & LX_RENAME_EXCHANGE))
		return -LX_EINVAL;
	err = walk_begin(&from, t, odfd, opath, 0);
	if (!err) {
		err = walk_begin(&to, t, ndfd, npath, 0);
		if (!err)
			err = rename_told(&from, &to, flags);
		walk_end(&to);
	}
	walk_end(&from);
	TRACE(TR_VFS, "rename(%s, %s, %#x) = %d", opath, npath, flags, err);
	return err;
}
