/* SPDX-License-Identifier: MIT */
/*
 * nsfs.c - name spaces as files (namespaces(7)): each inode is one and keeps it alive, in an open file as well as
 * where it is mounted by mount(2) with MS_BIND. They lie in a file system of their own that is mounted nowhere.
 *
 * A mount name space that holds itself would never go. So one is mounted only in those that are older, in a place
 * from where no change of mounts goes anywhere, and a copy of a name space leaves it out.
 */
#include "lxrun/nsfs.h"
#include "lx/ioctl.h"
#include "lxrun/anon.h"
#include "lxrun/guestmem.h"
#include "mount_impl.h"
#include "pseudo.h"

#define NSFS_MAGIC 0x6e736673u

static struct lk nsfs_lock = LK_INIT(INSTANCE); /* guards the making of: */
static struct mount *nsfs_mount;

static const struct inode_ops ns_iop;
static const struct file_ops ns_fop;

static void ns_evict(struct inode *inode)
{
	ns_put(inode->priv); /* NULL: the root's */
}

static const struct super_ops nsfs_ops = { .statfs = pseudo_statfs, .evict = ns_evict };
static const struct fs_type nsfs_type = { .name = "nsfs", .flags = FS_NODEV };

/* The one mount; NULL without memory. */
static struct mount *the_mount(void)
{
	struct super *sb;

	lk_acquire(&nsfs_lock);
	sb = nsfs_mount ? NULL : super_alloc(&nsfs_type, &nsfs_ops, NSFS_MAGIC);
	if (sb) {
		sb->root = inode_alloc(sb, &ns_iop, NULL, 1, LX_S_IFDIR | 0555);
		if (sb->root)
			nsfs_mount = mount_first(sb, "nsfs", 0);
		else
			super_put(sb);
	}
	lk_release(&nsfs_lock);
	return nsfs_mount;
}

/* Returns a reference, or NULL without memory. */
static struct inode *ns_inode(struct ns *ns)
{
	struct mount *m = the_mount();
	struct inode *inode = m ? inode_alloc(m->sb, &ns_iop, &ns_fop, ns->ino, LX_S_IFREG | 0444)
				: NULL;

	if (inode) {
		inode->priv = ns_get(ns);
		inode->born = vfs_now();
	}
	return inode;
}

struct ns *nsfs_ns(const struct inode *inode)
{
	return inode && inode->iop == &ns_iop ? inode->priv : NULL;
}

int nsfs_path(struct ns *ns, struct path *out)
{
	struct inode *inode = ns_inode(ns);
	struct dentry *d = inode ? dentry_root(inode) : NULL;

	inode_put(inode);
	if (!d)
		return -LX_ENOMEM;
	refs_get(&nsfs_mount->refs);
	*out = (struct path){ nsfs_mount, d };
	return 0;
}

bool nsfs_is_nowhere(const struct file *f)
{
	return f->fop == &ns_fop && (!f->path.mnt || f->path.mnt == nsfs_mount);
}

bool nsfs_may_bind(const struct task *t, const struct ns *ns, const struct path *at)
{
	if (ns->kind != NS_MNT)
		return true;
	return at && !at->mnt->group && ns->ino > t->fs->ns->ns.ino;
}

/* ---- files ---- */

static int ns_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct ns *ns = inode->priv;

	f->fop = &ns_fop;
	f->anon_name = ns->text;
	return 0;
}

static const struct inode_ops ns_iop = { .getattr = anon_getattr, .open = ns_open };

int64_t nsfs_open(struct task *t, struct ns *ns)
{
	struct file *f = anon_file(ns->text, &ns_fop, LX_O_RDONLY, NULL);

	if (f) {
		inode_put(f->inode);
		f->inode = ns_inode(ns);
	}
	ns_put(ns);
	if (f && f->inode)
		return fd_install(t, f, 0, true);
	if (f)
		file_put(f);
	return -LX_ENOMEM;
}

static int64_t open_parent(struct task *t, struct ns *ns)
{
	struct ns *parent;
	int err;

	if (ns->kind == NS_USER)
		return -LX_EPERM; /* the first has none that anybody could see */
	if (ns->kind != NS_PID)
		return -LX_EINVAL;
	err = pid_ns_parent(t, ns, &parent);
	return err ? err : nsfs_open(t, parent);
}

/* All belong to the first user name space, which has no owner that anybody could see. */
static int64_t ns_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct ns *ns = f->inode->priv;
	static const uint32_t root;

	switch (cmd) {
	case LX_NS_GET_USERNS:
		return ns->kind == NS_USER ? -LX_EPERM
					   : nsfs_open(t, task_ns(NULL, NS_USER, false));
	case LX_NS_GET_PARENT:
		return open_parent(t, ns);
	case LX_NS_GET_NSTYPE:
		return (int64_t)ns_flag(ns->kind);
	case LX_NS_GET_OWNER_UID:
		if (ns->kind != NS_USER)
			return -LX_EINVAL;
		return guest_copyout(t, GADDR(arg), &root, sizeof(root));
	default:
		return -LX_ENOIOCTLCMD;
	}
}

static const struct file_ops ns_fop = { .ioctl = ns_ioctl };

struct ns *nsfs_ns_of(const struct file *f)
{
	return f->fop == &ns_fop ? nsfs_ns(f->inode) : NULL;
}
