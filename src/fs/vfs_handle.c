/* SPDX-License-Identifier: MIT */
/*
 * vfs_handle.c - files by handle. On VolFs NT goes from the number to the object; TmpFs and the pseudo file
 * systems have numbers to compare (AT_HANDLE_FID), not to open. NT searches the volume for a number, so the
 * objects of the last handles that were given out are kept.
 */
#include "lxrun/handle.h"
#include "vfs_impl.h"

extern const struct fs_type volfs_type;

static bool can_open(const struct inode *inode)
{
	return inode->sb->type == &volfs_type;
}

#define KEPT 64u
static struct lk kept_lock = LK_INIT(DCACHE);
static struct inode *kept[KEPT]; /* references, one to the super of each as well */
static uint32_t nr_kept;

static void let_go(struct inode *inode)
{
	struct super *sb = inode ? inode->sb : NULL;

	inode_put(inode);
	if (sb)
		super_put(sb);
}

static void keep(struct inode *inode)
{
	struct inode *old;

	refs_get(&inode->sb->refs);
	inode_get(inode);
	lk_acquire(&kept_lock);
	old = kept[nr_kept % KEPT];
	kept[nr_kept++ % KEPT] = inode;
	lk_release(&kept_lock);
	let_go(old);
}

/* Returns a reference, or NULL. */
static struct inode *find_kept(const struct super *sb, uint64_t ino)
{
	struct inode *found = NULL;

	lk_acquire(&kept_lock);
	for (uint32_t i = 0; i < KEPT && !found; i++)
		if (kept[i] && kept[i]->sb == sb && kept[i]->ino == ino)
			found = inode_get(kept[i]);
	lk_release(&kept_lock);
	return found;
}

static uint32_t born_of(const struct kstat *st)
{
	return st->has_btime ? (uint32_t)(st->btime.tv_sec * 1000003 + st->btime.tv_nsec) : 0;
}

int vfs_name_to_handle(struct task *t, int dfd, const char *path, uint32_t walk, bool fid,
		       struct vfs_handle *out, int *mount_id)
{
	struct target tg;
	struct kstat st;
	int err = target_find(t, dfd, path, walk, &tg);

	if (err)
		return err;
	if (!tg.inode || !tg.path.mnt || (!fid && !can_open(tg.inode)))
		err = -LX_EOPNOTSUPP;
	if (!err)
		err = tg.inode->iop->getattr(tg.inode, &st);
	if (!err) {
		*out = (struct vfs_handle){ .ino = st.ino, .dev = st.dev, .born = born_of(&st) };
		*mount_id = tg.path.mnt->id;
		if (!fid && !tg.file) /* an open file's inode may have it open for data */
			keep(tg.inode);
	}
	target_put(&tg);
	return err;
}

/* Returns references in *p: the object of h, somewhere below the root of near's file system. */
static int find(const struct path *near, const struct vfs_handle *h, struct path *p)
{
	struct super *sb = near->mnt->sb;
	struct inode *inode;
	struct kstat st;
	int err = can_open(near->dentry->inode) ? 0 : -LX_ESTALE;

	if (!err)
		err = near->dentry->inode->iop->getattr(near->dentry->inode, &st);
	if (!err && st.dev != h->dev)
		err = -LX_ESTALE;
	if (err)
		return err;
	inode = find_kept(sb, h->ino);
	if (!inode)
		err = volfs_by_number(near->dentry->inode, h->ino, &inode);
	if (err)
		return err;
	err = inode->iop->getattr(inode, &st);
	if (!err && (st.dev != h->dev || st.ino != h->ino || !st.nlink || born_of(&st) != h->born))
		err = -LX_ESTALE;
	if (err) {
		inode_put(inode);
		return err;
	}
	p->dentry = dentry_alloc(sb->root_dentry, "#handle", 7, inode);
	if (!p->dentry)
		return -LX_ENOMEM;
	p->mnt = near->mnt;
	refs_get(&p->mnt->refs);
	return 0;
}

int64_t vfs_open_handle(struct task *t, int mount_fd, const struct vfs_handle *h, uint32_t flags)
{
	TRACE_SCOPE(TR_VFS);
	struct target tg;
	struct path p;
	struct file *f;
	int err;

	err = target_find(t, mount_fd, NULL, 0, &tg);
	if (err)
		return err;
	if (!cred_capable(t->cred, LX_CAP_DAC_READ_SEARCH))
		err = -LX_EPERM;
	else
		err = h && tg.path.mnt && tg.inode ? find(&tg.path, h, &p) : -LX_ESTALE;
	target_put(&tg);
	if (err)
		return err;
	err = vfs_open_path(t, &p, flags, &f);
	path_put(&p);
	TRACE(TR_VFS, "open_by_handle(%llu) = %d", (unsigned long long)h->ino, err);
	return err ? err : fd_install(t, f, 0, flags & LX_O_CLOEXEC);
}
