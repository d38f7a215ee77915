/* SPDX-License-Identifier: MIT */
/*
 * mqueue_fs.c - the file system mqueue: one directory of queues for each IPC name space. The name space keeps a
 * mount of it that lies nowhere, in which mq_open(2) and mq_unlink(2) find their names; mount(2) mounts the same.
 * The root's lock guards the directory.
 */
#include "mqueue.h"
#include "../fsnotify.h"
#include "../mount_impl.h"
#include "lxrun/ipc.h"
#include "lxrun/process.h"
#include <stdio.h>
#include <string.h>

#define MQUEUE_MAGIC 0x19800202
#define DIRENT_SIZE  20u
#define FIRST_COOKIE 2 /* behind "." and ".." */

struct mqueue_super {
	_Atomic uint32_t queues; /* with a name or open */
	/* the root's lock guards: */
	struct ipc_ns *ns; /* borrows; NULL: it has ended */
	struct list names; /* struct mqueue, each with a reference to its inode */
	uint64_t nr_names, next_ino;
	int64_t next_cookie;
	struct lx_timespec atime, mtime, ctime;
};

static const struct inode_ops queue_iop;

static struct mqueue_super *super_of(const struct inode *inode)
{
	return inode->sb->priv;
}

/* ---- the directory; its lock is held up to the next line like this ---- */

static struct mqueue *find(struct inode *dir, const char *name)
{
	struct mqueue *q;

	list_for_each(q, &super_of(dir)->names, link)
		if (!strcmp(q->name, name))
			return q;
	return NULL;
}

static void touch(struct mqueue_super *s)
{
	s->atime = s->mtime = s->ctime = vfs_now();
}

/* ---- the lock is not held ---- */

static int lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct mqueue *q;

	lk_acquire(&dir->lock);
	q = find(dir, name);
	if (q)
		*out = inode_get(q->inode);
	lk_release(&dir->lock);
	return q ? 0 : -LX_ENOENT;
}

/* Counts one more queue, and says how large t may make it without asking, and at most. */
static int admit(struct inode *dir, struct task *t, struct lx_mq_attr *by_default,
		 struct lx_mq_attr *most)
{
	struct mqueue_super *s = super_of(dir);
	bool may = cred_capable(t->cred, LX_CAP_SYS_RESOURCE);
	int64_t count, size;
	int err = 0;

	lk_acquire(&dir->lock);
	if (!s->ns) {
		err = -LX_EACCES;
	} else if (s->queues >= ipc_ns_limit(s->ns, IPC_MQ_QUEUES_MAX) && !may) {
		err = -LX_ENOSPC;
	} else {
		count = (int64_t)ipc_ns_limit(s->ns, IPC_MQ_MSG_MAX);
		size = (int64_t)ipc_ns_limit(s->ns, IPC_MQ_MSGSIZE_MAX);
		by_default->mq_maxmsg = (int64_t)ipc_ns_limit(s->ns, IPC_MQ_MSG_DEFAULT);
		by_default->mq_msgsize = (int64_t)ipc_ns_limit(s->ns, IPC_MQ_MSGSIZE_DEFAULT);
		if (by_default->mq_maxmsg > count)
			by_default->mq_maxmsg = count;
		if (by_default->mq_msgsize > size)
			by_default->mq_msgsize = size;
		most->mq_maxmsg = may ? LX_MQ_HARD_MSGMAX : count;
		most->mq_msgsize = may ? LX_MQ_HARD_MSGSIZEMAX : size;
		s->queues++;
	}
	lk_release(&dir->lock);
	return err;
}

/* Enters inode, whose reference is the directory's then. */
static int enter(struct inode *dir, struct inode *inode)
{
	struct mqueue_super *s = super_of(dir);
	struct mqueue *q = mqueue_of(inode);
	int err = 0;

	lk_acquire(&dir->lock);
	if (find(dir, q->name)) {
		err = -LX_EEXIST;
	} else {
		inode->ino = s->next_ino++;
		q->inode = inode_get(inode);
		q->cookie = s->next_cookie++;
		list_add_tail(&s->names, &q->link);
		s->nr_names++;
		touch(s);
	}
	lk_release(&dir->lock);
	return err;
}

/* A queue with that name. attr NULL: as large as the name space says. */
static int make(struct inode *dir, struct task *t, const char *name, const struct create_attr *how,
		const struct lx_mq_attr *attr, struct inode **out)
{
	struct lx_mq_attr size, most;
	struct mqueue *q = NULL;
	struct inode *inode;
	int err = admit(dir, t, &size, &most);

	if (err)
		return err;
	if (attr)
		size = *attr;
	if (size.mq_maxmsg <= 0 || size.mq_msgsize <= 0 || size.mq_maxmsg > most.mq_maxmsg ||
	    size.mq_msgsize > most.mq_msgsize)
		err = -LX_EINVAL;
	if (!err)
		err = mqueue_new(t, name, size.mq_maxmsg, size.mq_msgsize, &q);
	if (err) {
		super_of(dir)->queues--;
		return err;
	}
	inode = inode_alloc(dir->sb, &queue_iop, &mqueue_fop, 0, how->mode);
	if (!inode) {
		mqueue_free(q);
		super_of(dir)->queues--;
		return -LX_ENOMEM;
	}
	inode->uid = how->uid;
	inode->gid = how->gid;
	inode->priv = q;
	err = enter(dir, inode);
	if (err)
		inode_put(inode);
	else
		*out = inode;
	return err;
}

static int create(struct inode *dir, const char *name, const struct create_attr *attr,
		  struct inode **out)
{
	struct task *t = task_current();

	return t ? make(dir, t, name, attr, NULL, out) : -LX_EACCES;
}

static int remove_name(struct inode *dir, const char *name)
{
	struct mqueue_super *s = super_of(dir);
	struct mqueue *q;

	lk_acquire(&dir->lock);
	q = find(dir, name);
	if (q) {
		list_del(&q->link);
		q->unlinked = true;
		s->nr_names--;
		touch(s);
	}
	lk_release(&dir->lock);
	if (!q)
		return -LX_ENOENT;
	lk_acquire(&q->inode->lock);
	q->ctime = vfs_now();
	lk_release(&q->inode->lock);
	inode_put(q->inode);
	return 0;
}

static int dir_getattr(struct inode *dir, struct kstat *st)
{
	struct mqueue_super *s = super_of(dir);

	lk_acquire(&dir->lock);
	kstat_fill(st, dir, s->mtime);
	st->atime = s->atime;
	st->ctime = s->ctime;
	st->size = DIRENT_SIZE * (2 + s->nr_names);
	st->nlink = 2;
	lk_release(&dir->lock);
	return 0;
}

static int queue_getattr(struct inode *inode, struct kstat *st)
{
	struct mqueue *q = mqueue_of(inode);

	lk_acquire(&inode->lock);
	kstat_fill(st, inode, q->mtime);
	st->atime = q->atime;
	st->ctime = q->ctime;
	st->size = q->size;
	st->nlink = !q->unlinked;
	lk_release(&inode->lock);
	return 0;
}

static void set_time(struct lx_timespec *to, bool set, const struct lx_timespec *wanted)
{
	if (set)
		*to = wanted->tv_nsec == LX_UTIME_NOW ? vfs_now() : *wanted;
}

static int setattr(struct inode *inode, const struct iattr *attr)
{
	struct mqueue_super *s = super_of(inode);
	struct mqueue *q = mqueue_of(inode); /* NULL: the directory */

	lk_acquire(&inode->lock);
	inode_take_attr(inode, attr);
	if (q && attr->valid & ATTR_SIZE)
		q->size = attr->size; /* which says nothing */
	set_time(q ? &q->atime : &s->atime, attr->valid & ATTR_ATIME, &attr->atime);
	set_time(q ? &q->mtime : &s->mtime, attr->valid & ATTR_MTIME, &attr->mtime);
	*(q ? &q->ctime : &s->ctime) = vfs_now();
	lk_release(&inode->lock);
	return 0;
}

static int iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	struct inode *dir = f->inode;
	struct mqueue *q;

	for (; *pos < FIRST_COOKIE; ++*pos)
		if (sink->emit(sink, "..", *pos ? 2 : 1, dir->ino, LX_DT_DIR, *pos + 1))
			return 0;
	lk_acquire(&dir->lock);
	list_for_each(q, &super_of(dir)->names, link) {
		if (q->cookie < *pos)
			continue;
		if (sink->emit(sink, q->name, (uint32_t)strlen(q->name), q->inode->ino, LX_DT_REG,
			       q->cookie + 1))
			break;
		*pos = q->cookie + 1;
	}
	lk_release(&dir->lock);
	return 0;
}

static int64_t dir_llseek(struct file *f, int64_t off, int whence)
{
	return vfs_generic_llseek(f, off, whence, 0);
}

static const struct inode_ops dir_iop = { .lookup = lookup,
					  .create = create,
					  .unlink = remove_name,
					  .getattr = dir_getattr,
					  .setattr = setattr };
static const struct inode_ops queue_iop = { .getattr = queue_getattr, .setattr = setattr };
static const struct file_ops dir_fop = { .iterate = iterate, .llseek = dir_llseek };

/* ---- the super ---- */

static void evict(struct inode *inode)
{
	if (!inode->priv)
		return; /* the root */
	mqueue_free(inode->priv);
	super_of(inode)->queues--;
}

static void release(struct super *sb)
{
	struct mqueue_super *s = sb->priv;
	struct mqueue *q, *tmp;

	if (!s)
		return;
	list_for_each_safe(q, tmp, &s->names, link) {
		list_del(&q->link);
		inode_put(q->inode);
	}
	mem_free(s);
}

static int statfs(struct super *sb, struct inode *inode, struct lx_statfs *out)
{
	*out = (struct lx_statfs){ .f_type = MQUEUE_MAGIC,
				   .f_bsize = LX_PAGE_SIZE,
				   .f_frsize = LX_PAGE_SIZE,
				   .f_namelen = LX_NAME_MAX };
	return 0;
}

static int path_of(struct inode *inode, struct file *f, char *buf, size_t size)
{
	struct mqueue *q = mqueue_of(inode);
	int n = q ? snprintf(buf, size, "/%s%s", q->name, q->unlinked ? " (deleted)" : "")
		  : snprintf(buf, size, "/");

	return n < (int)size ? 0 : -LX_ENAMETOOLONG;
}

static const struct super_ops super_ops = {
	.release = release, .evict = evict, .statfs = statfs, .path_of = path_of
};

static struct super *new_super(struct ipc_ns *ns)
{
	struct super *sb = super_alloc(&mqueue_type, &super_ops, MQUEUE_MAGIC);
	struct mqueue_super *s = sb ? mem_alloc(sizeof(*s)) : NULL;

	if (s) {
		sb->priv = s;
		s->ns = ns;
		s->next_ino = 2;
		s->next_cookie = FIRST_COOKIE;
		list_init(&s->names);
		touch(s);
		sb->root = inode_alloc(sb, &dir_iop, &dir_fop, 1, LX_S_IFDIR | 01777);
	}
	if (sb && !sb->root) {
		super_put(sb);
		sb = NULL;
	}
	return sb;
}

/* The name space's own mount: a reference. */
static int ns_mount(struct ipc_ns *ns, struct mount **out)
{
	struct mount *fresh;
	struct super *sb;

	*out = ipc_ns_mqueue(ns, NULL);
	if (*out)
		return 0;
	sb = new_super(ns);
	fresh = sb ? mount_first(sb, NULL, 0) : NULL;
	if (!fresh)
		return -LX_ENOMEM;
	*out = ipc_ns_mqueue(ns, fresh);
	if (*out != fresh)
		mqueue_ns_gone(fresh); /* somebody else was faster */
	return 0;
}

void mqueue_ns_gone(struct mount *m)
{
	struct inode *dir;

	if (!m)
		return;
	dir = m->sb->root;
	lk_acquire(&dir->lock);
	super_of(dir)->ns = NULL;
	lk_release(&dir->lock);
	mount_put(m);
}

static int mount_mqueue(const struct fs_type *type, const char *source, const char *data,
			struct super **out)
{
	struct mount *m;
	int err = ns_mount(ipc_ns_of(task_current()), &m);

	if (err)
		return err;
	refs_get(&m->sb->refs);
	*out = m->sb;
	mount_put(m);
	return 0;
}

const struct fs_type mqueue_type = { .name = "mqueue", .flags = FS_NODEV, .mount = mount_mqueue };

/* ---- mq_open, mq_unlink ---- */

/* The directory that t's names are in: references. The name as one of it may be. */
static int begin(struct task *t, const char *name, struct path *dir)
{
	size_t len = strlen(name);
	struct mount *m;
	int err;

	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -LX_EACCES;
	if (len > LX_NAME_MAX)
		return -LX_ENAMETOOLONG;
	err = ns_mount(ipc_ns_of(t), &m);
	if (!err)
		*dir = (struct path){ m, dentry_get(m->root) };
	return err;
}

/* The queue that is there, or a new one. */
static int find_or_make(struct task *t, const struct path *dir, const char *name, uint32_t flags,
			uint32_t mode, const struct lx_mq_attr *attr, struct inode **out,
			bool *created)
{
	struct inode *root = dir->dentry->inode;
	struct create_attr how = { .mode = LX_S_IFREG | (mode & 07777 & ~t->fs->umask),
				   .uid = t->cred->fsuid,
				   .gid = t->cred->fsgid };
	int err = vfs_dir_permission(dir, t->cred, LX_X_OK);

	if (!err)
		err = lookup(root, name, out);
	if (!err) {
		if (flags & LX_O_CREAT && flags & LX_O_EXCL)
			err = -LX_EEXIST;
		else if ((flags & LX_O_ACCMODE) == LX_O_ACCMODE)
			err = -LX_EINVAL;
		else
			err = vfs_permission(*out, t->cred, vfs_open_mask(flags & LX_O_ACCMODE));
		if (err)
			inode_put(*out);
		return err;
	}
	if (err != -LX_ENOENT || !(flags & LX_O_CREAT))
		return err;
	err = vfs_want_write(dir);
	if (!err)
		err = vfs_dir_permission(dir, t->cred, LX_W_OK | LX_X_OK);
	if (!err)
		err = make(root, t, name, &how, attr, out);
	*created = !err;
	return err;
}

/* A file of the queue, whose reference is consumed. */
static struct file *open_queue(const struct path *dir, struct inode *inode, uint32_t flags)
{
	const char *name = mqueue_of(inode)->name;
	struct file *f = file_alloc(flags & (LX_O_ACCMODE | LX_O_NONBLOCK));
	struct dentry *d = f ? dentry_alloc(dir->dentry, name, strlen(name), inode_get(inode))
			     : NULL;

	if (!d) {
		inode_put(inode);
		file_put(f);
		return NULL;
	}
	f->inode = inode;
	f->fop = &mqueue_fop;
	refs_get(&dir->mnt->refs);
	f->path = (struct path){ dir->mnt, d };
	return f;
}

int64_t mqueue_open(struct task *t, const char *name, uint32_t flags, uint32_t mode,
		    const struct lx_mq_attr *attr)
{
	struct path dir = { NULL, NULL };
	bool created = false;
	struct inode *inode;
	struct file *f;
	int64_t res = begin(t, name, &dir);

	if (!res)
		res = find_or_make(t, &dir, name, flags, mode, attr, &inode, &created);
	if (!res) {
		f = open_queue(&dir, inode, flags);
		res = f ? fd_install_plain(t, file_get(f), true) : -LX_ENOMEM;
		if (res < 0 && created)
			remove_name(dir.dentry->inode, name);
		else if (created)
			fsnotify_name(dir.dentry->inode, name, LX_IN_CREATE);
		if (res >= 0)
			fsnotify_file(f, LX_IN_OPEN);
		file_put(f);
	}
	path_put(&dir);
	return res;
}

int mqueue_unlink(struct task *t, const char *name)
{
	struct path dir;
	int err = begin(t, name, &dir);

	if (err)
		return err;
	err = vfs_unlink_in(t, &dir, name);
	path_put(&dir);
	return err;
}
