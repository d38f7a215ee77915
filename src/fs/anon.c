/* SPDX-License-Identifier: MIT */
/* anon.c - the internal file system of files without a name (anon.h). */
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "pipe.h"
#include "vfs_impl.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ANON_INODE_FS_MAGIC 0x09041934

static struct lk anon_lock = LK_INIT(INSTANCE); /* guards the making of: */
static struct super *anon_super;
static struct inode *shared_inode;
static struct mount anon_mount = { .refs = { 1 }, .link = LIST_INIT(anon_mount.link) };
static _Atomic uint64_t next_ino = 100;

static void anon_evict(struct inode *inode)
{
	if (inode->fifo)
		pipe_put(inode->fifo);
	if (inode->handle)
		mem_free(inode->priv); /* stdio: the name */
}

static int shared_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return -LX_ENXIO;
}

static const struct super_ops anon_super_ops = { .evict = anon_evict };
static const struct fs_type anon_type = { .name = "anon_inodefs", .flags = FS_NODEV };
static const struct inode_ops shared_iop = { .getattr = anon_getattr, .open = shared_open };

static bool anon_ready(void)
{
	lk_acquire(&anon_lock);
	if (!anon_super)
		anon_super = super_alloc(&anon_type, &anon_super_ops, ANON_INODE_FS_MAGIC);
	if (anon_super && !shared_inode)
		shared_inode = inode_alloc(anon_super, &shared_iop, NULL, 1, 0600);
	if (shared_inode && !shared_inode->born.tv_sec)
		shared_inode->born = vfs_now();
	anon_mount.sb = anon_super;
	lk_release(&anon_lock);
	return shared_inode != NULL;
}

int anon_getattr(struct inode *inode, struct kstat *st)
{
	kstat_fill(st, inode, inode->born);
	return 0;
}

struct inode *anon_inode(const struct inode_ops *iop, const struct file_ops *fop, uint64_t ino,
			 uint32_t mode)
{
	struct inode *inode;

	if (!anon_ready())
		return NULL;
	inode = inode_alloc(anon_super, iop, fop, ino ? ino : next_ino++, mode);
	if (inode)
		inode->born = vfs_now();
	return inode;
}

struct file *anon_file(const char *name, const struct file_ops *fop, uint32_t flags, void *priv)
{
	struct file *f = anon_ready() ? file_alloc(flags) : NULL;

	if (!f)
		return NULL;
	f->inode = inode_get(shared_inode);
	f->fop = fop;
	f->anon_name = name;
	f->priv = priv;
	return f;
}

int anon_path(struct inode *inode, struct path *out)
{
	struct dentry *d = dentry_root(inode);

	if (!d)
		return -LX_ENOMEM;
	refs_get(&anon_mount.refs);
	*out = (struct path){ &anon_mount, d };
	return 0;
}

bool anon_is(const struct inode *inode)
{
	return inode && anon_super && inode->sb == anon_super;
}

int64_t anon_text(const struct file *f, char *buf, size_t size)
{
	const struct inode *inode = f->inode;
	int n;

	if (inode && inode->fifo)
		n = snprintf(buf, size, "pipe:[%" PRIu64 "]", inode->ino);
	else if (inode && LX_S_ISSOCK(inode->mode))
		n = snprintf(buf, size, "socket:[%" PRIu64 "]", inode->ino);
	else if (inode && inode->handle)
		n = snprintf(buf, size, "%s", (const char *)inode->priv);
	else
		n = snprintf(buf, size, "%s", f->anon_name ? f->anon_name : "anon_inode:[unknown]");
	return n < (int)size ? n : (int)size - 1;
}

struct anon_call {
	int (*attempt)(void *priv, uint64_t *value);
	void *priv;
	uint64_t *value;
};

static int64_t try_anon(void *arg)
{
	struct anon_call *c = arg;

	return c->attempt(c->priv, c->value);
}

int anon_attempt(struct file *f, struct task *t, struct waitq *q, bool nonblock,
		 int (*attempt)(void *priv, uint64_t *value), uint64_t *value)
{
	struct anon_call c = { attempt, f->priv, value };

	return (int)task_attempt(t, q, WAIT_FOREVER, nonblock, try_anon, &c);
}
