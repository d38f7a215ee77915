/* SPDX-License-Identifier: MIT */
/*
 * mount_ops.c - mount(2), umount2(2), pivot_root(2): who may, and what the flags mean. The order of errors
 * is Linux's: the path, then the right, then what the mount says.
 */
#include "lxrun/nsfs.h"
#include "base/alloc.h"
#include "mount_impl.h"

#define PROPAGATION (LX_MS_SHARED | LX_MS_PRIVATE | LX_MS_SLAVE | LX_MS_UNBINDABLE)

bool mount_may(struct task *t)
{
	return cred_capable(t->cred, LX_CAP_SYS_ADMIN);
}

/* Flags of the mount out of those of the call; relatime unless told otherwise. */
static uint32_t mount_flags(uint32_t flags)
{
	uint32_t mnt = flags & (MNT_FLAGS & ~MNT_RELATIME);

	if (!(flags & LX_MS_NOATIME) && !(flags & LX_MS_STRICTATIME))
		mnt |= MNT_RELATIME;
	return mnt;
}

/* ---- mount_lock is held in what follows up to the next line like this ---- */

bool mount_in_my_ns(const struct mount *m, struct task *t)
{
	return m->ns && m->ns == t->fs->ns;
}

int mount_check_place(struct task *t, const struct path *at, bool is_dir)
{
	if (!mount_in_my_ns(at->mnt, t))
		return -LX_EINVAL;
	if (at->dentry->unlinked)
		return -LX_ENOENT;
	return is_dir == inode_is_dir(at->dentry->inode) ? 0 : -LX_ENOTDIR;
}

static bool has_unbindable(const struct mount *top)
{
	const struct mount *m;

	list_for_each(m, &top->ns->mounts, link)
		if (m->unbindable && mount_is_below(m, top))
			return true;
	return false;
}

int mount_copy_for_bind(struct task *t, const struct path *from, const struct path *at, bool rec,
			struct list *tree)
{
	const struct ns *ns = nsfs_ns(from->dentry->inode);
	int err;

	if (!(ns ? nsfs_may_bind(t, ns, at) : mount_in_my_ns(from->mnt, t)) ||
	    from->mnt->unbindable)
		return -LX_EINVAL;
	err = prop_copy_tree(from->mnt, from->dentry, rec, false, CLONE_AS_IS, tree);
	prop_forget_copies(from->mnt);
	return err;
}

static int check_move(struct task *t, const struct path *from, const struct path *at)
{
	struct mount *m = from->mnt;
	bool detached = m->ns && m->ns->anonymous && m == m->ns->root; /* lies nowhere yet */

	if (!(detached || (mount_in_my_ns(m, t) && m->at.mnt)) || !mount_is_root(from))
		return -LX_EINVAL;
	if (inode_is_dir(from->dentry->inode) != inode_is_dir(at->dentry->inode))
		return -LX_EINVAL;
	if (!detached && m->at.mnt->group) /* those that heard of it being here cannot follow */
		return -LX_EINVAL;
	if (at->mnt->group && has_unbindable(m))
		return -LX_EINVAL;
	return mount_is_below(at->mnt, m) ? -LX_ELOOP : 0;
}

/* Puts m's tree back where it was in ns: its place is still free, and its own name space has room. */
static void put_back(struct list *tree, struct mount_ns *ns, const struct path *at)
{
	if (at->mnt)
		mount_place(list_first(tree, struct mount, link), at);
	mount_join(tree, ns);
}

/* ---- mount_lock is not held ---- */

/* *at moves to the top of what is mounted there by now: held for the attach that follows. */
void mount_lock_place(struct path *at)
{
	mount_follow_down(at);
	lk_acquire(&mount_lock);
}

static int walk_source(struct task *t, const char *source, struct path *from)
{
	if (!source || !*source)
		return -LX_EINVAL;
	return vfs_walk(t, LX_AT_FDCWD, source, WALK_FOLLOW, from);
}

static int do_bind(struct task *t, const char *source, struct path *at, bool rec)
{
	struct list tree = LIST_INIT(tree);
	struct path from;
	int err = walk_source(t, source, &from);

	if (err)
		return err;
	mount_lock_place(at);
	err = mount_copy_for_bind(t, &from, at, rec, &tree);
	if (!err)
		err = mount_check_place(t, at, inode_is_dir(from.dentry->inode));
	if (!err)
		err = prop_attach(&tree, at, &tree);
	lk_release(&mount_lock);
	mount_put_list(&tree);
	path_put(&from);
	return err;
}

int mount_move(struct task *t, const struct path *from, struct path *at)
{
	struct list tree = LIST_INIT(tree), dead = LIST_INIT(dead);
	struct path old = { NULL, NULL };
	struct mount_ns *ns;
	int err;

	mount_lock_place(at);
	err = check_move(t, from, at);
	if (!err)
		err = mount_check_place(t, at, inode_is_dir(from->dentry->inode));
	if (!err) {
		ns = from->mnt->ns;
		mount_take_tree(from->mnt, &tree);
		mount_unplace(from->mnt, &old);
		err = prop_attach(&tree, at, &dead);
		if (err)
			put_back(&tree, ns, &old);
	}
	lk_release(&mount_lock);
	mount_put_list(&dead);
	path_put(&old);
	return err;
}

static int do_move(struct task *t, const char *source, struct path *at)
{
	struct path from;
	int err = walk_source(t, source, &from);

	if (err)
		return err;
	err = mount_move(t, &from, at);
	path_put(&from);
	return err;
}

static int do_propagation(struct task *t, const struct path *at, uint32_t flags)
{
	uint32_t type = flags & PROPAGATION;
	struct mount *m;
	int err = 0;

	if ((flags & ~(LX_MS_REC | LX_MS_SILENT | PROPAGATION)) || type & (type - 1))
		return -LX_EINVAL;
	if (!mount_is_root(at))
		return -LX_EINVAL;
	lk_acquire(&mount_lock);
	if (!mount_in_my_ns(at->mnt, t))
		err = -LX_EINVAL;
	else if (!(flags & LX_MS_REC))
		prop_change(at->mnt, type);
	else
		list_for_each(m, &at->mnt->ns->mounts, link)
			if (mount_is_below(m, at->mnt))
				prop_change(m, type);
	lk_release(&mount_lock);
	return err;
}

bool mount_has_writers(const struct mount *m, bool whole_super)
{
	const struct mount *x;

	if (!whole_super)
		return m->writers != 0;
	list_for_each(x, &m->ns->mounts, link)
		if (x->sb == m->sb && x->writers)
			return true;
	return false;
}

/* mount_lock is not held. */
int mount_reconfigure(struct task *t, struct super *sb, bool read_only, const char *data)
{
	struct mount *m, *any = NULL;
	int err = 0;

	lk_acquire(&mount_lock);
	list_for_each(m, &t->fs->ns->mounts, link)
		if (m->sb == sb)
			any = m;
	if (read_only && any && mount_has_writers(any, true))
		err = -LX_EBUSY;
	lk_release(&mount_lock);
	if (!err && sb->ops->remount)
		err = sb->ops->remount(sb, data);
	if (!err)
		sb->read_only = read_only;
	return err;
}

static int do_remount(struct task *t, const struct path *at, uint32_t flags, const char *data)
{
	struct super *sb = at->mnt->sb;
	bool bind = flags & LX_MS_BIND;
	uint32_t was = at->mnt->flags;
	int err = 0;

	if (!mount_is_root(at))
		return -LX_EINVAL;
	lk_acquire(&mount_lock);
	if (!mount_in_my_ns(at->mnt, t))
		err = -LX_EINVAL;
	else if (bind && (flags & LX_MS_RDONLY) && mount_has_writers(at->mnt, false))
		err = -LX_EBUSY;
	lk_release(&mount_lock);
	if (!err && !bind)
		err = mount_reconfigure(t, sb, flags & LX_MS_RDONLY, data);
	if (err)
		return err;
	/* Without any atime flag the old ones stay, as in Linux. */
	if (!(flags & (LX_MS_NOATIME | LX_MS_NODIRATIME | LX_MS_RELATIME | LX_MS_STRICTATIME)))
		flags |= was & (MNT_NOATIME | MNT_NODIRATIME);
	at->mnt->flags = mount_flags(flags);
	return 0;
}

const struct fs_type *mount_find_type(const char *name)
{
	for (const struct fs_type *const *type = fs_types; *type; type++)
		if (!strcmp((*type)->name, name))
			return (*type)->flags & FS_INTERNAL ? NULL : *type;
	return NULL;
}

static int do_new(struct task *t, const char *source, struct path *at, const char *name,
		  uint32_t flags, const char *data)
{
	const struct fs_type *type;
	int err;

	if (!name)
		return -LX_EINVAL;
	type = mount_find_type(name);
	if (!type)
		return -LX_ENODEV;
	mount_lock_place(at);
	err = mount_check_place(t, at, true);
	lk_release(&mount_lock);
	if (err)
		return err;
	return mount_fs(type, source, data, mount_flags(flags), at);
}

int vfs_mount(struct task *t, const char *source, const char *dir, const char *type, uint32_t flags,
	      const char *data)
{
	TRACE_SCOPE(TR_VFS);
	struct path at;
	int err;

	if ((flags & LX_MS_MGC_MSK) == LX_MS_MGC_VAL)
		flags &= ~LX_MS_MGC_MSK;
	err = vfs_walk(t, LX_AT_FDCWD, dir, WALK_FOLLOW, &at);
	if (err)
		return err;
	if (!mount_may(t))
		err = -LX_EPERM;
	else if (flags & LX_MS_REMOUNT)
		err = do_remount(t, &at, flags, data);
	else if (flags & LX_MS_BIND)
		err = do_bind(t, source, &at, flags & LX_MS_REC);
	else if (flags & PROPAGATION)
		err = do_propagation(t, &at, flags);
	else if (flags & LX_MS_MOVE)
		err = do_move(t, source, &at);
	else
		err = do_new(t, source, &at, type, flags, data);
	path_put(&at);
	TRACE(TR_VFS, "mount(%s, %s, %s, %#x) = %d", source ? source : "", dir, type ? type : "",
	      flags, err);
	return err;
}

/* ---- umount ---- */

/* mount_lock is held; the caller's path is one use of m, the name space's list another. */
static int check_umount(struct mount *m, uint32_t flags)
{
	bool busy;

	if (!m->at.mnt)
		return flags & LX_MNT_DETACH ? -LX_EINVAL : -LX_EBUSY;
	if (flags & LX_MNT_DETACH)
		return 0;
	busy = m->refs.n > 2 || prop_umount_busy(m);
	if (busy)
		return -LX_EBUSY;
	if ((flags & LX_MNT_EXPIRE) && !m->expiring) {
		m->expiring = true;
		return -LX_EAGAIN;
	}
	return 0;
}

int vfs_umount(struct task *t, const char *dir, uint32_t flags)
{
	TRACE_SCOPE(TR_VFS);
	struct list dead = LIST_INIT(dead);
	struct path at;
	int err;

	if (flags & ~(LX_MNT_FORCE | LX_MNT_DETACH | LX_MNT_EXPIRE | LX_UMOUNT_NOFOLLOW))
		return -LX_EINVAL;
	err = vfs_walk(t, LX_AT_FDCWD, dir, flags & LX_UMOUNT_NOFOLLOW ? 0 : WALK_FOLLOW, &at);
	if (err)
		return err;
	if (!mount_may(t))
		err = -LX_EPERM;
	else if (!mount_is_root(&at) ||
		 ((flags & LX_MNT_EXPIRE) && (flags & (LX_MNT_FORCE | LX_MNT_DETACH))))
		err = -LX_EINVAL;
	if (!err) {
		lk_acquire(&mount_lock);
		err = mount_in_my_ns(at.mnt, t) ? check_umount(at.mnt, flags) : -LX_EINVAL;
		if (!err)
			prop_umount(at.mnt, &dead);
		lk_release(&mount_lock);
	}
	mount_put_list(&dead);
	path_put(&at);
	TRACE(TR_VFS, "umount(%s, %#x) = %d", dir, flags, err);
	return err;
}

/* ---- pivot_root ---- */

/* mount_lock is held. */
static int check_pivot(struct task *t, const struct path *new, const struct path *old,
		       const struct path *root)
{
	if (!mount_in_my_ns(new->mnt, t) || !mount_in_my_ns(root->mnt, t) ||
	    !mount_in_my_ns(old->mnt, t))
		return -LX_EINVAL;
	if (new->dentry->unlinked || old->dentry->unlinked)
		return -LX_ENOENT;
	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -LX_EBUSY;
	if (!mount_is_root(root) || !mount_is_root(new) || !new->mnt->at.mnt)
		return -LX_EINVAL;
	if (new->mnt->at.mnt->group || (root->mnt->at.mnt && root->mnt->at.mnt->group))
		return -LX_EINVAL;
	if (!mount_is_below(new->mnt, root->mnt))
		return -LX_EINVAL;
	/* put_old at or below new_root: new_root is a mount's root, so by mounts alone. */
	return mount_is_below(old->mnt, new->mnt) ? 0 : -LX_EINVAL;
}

/* new takes root's place, root lies at old from now on. Places given up go to gone. mount_lock is held. */
static void exchange_roots(struct mount *new, struct mount *root, const struct path *old,
			   struct path gone[2])
{
	struct list first = LIST_INIT(first), rest = LIST_INIT(rest);
	struct mount_ns *ns = root->ns;

	mount_take_tree(new, &first);
	mount_unplace(new, &gone[0]);
	mount_take_tree(root, &rest);
	mount_unplace(root, &gone[1]);
	if (gone[1].mnt)
		mount_place(new, &gone[1]);
	mount_place(root, old);
	mount_join(&first, ns);
	mount_join(&rest, ns);
	if (ns->root == root) { /* its reference goes with it */
		refs_get(&new->refs);
		ns->root = new;
	}
}

struct moved_root {
	struct path from, to;
};

/* Who had the old root for root or working directory has the new one now. */
static void follow_root(struct fs_context *fs, const struct moved_root *mv)
{
	struct path *places[] = { &fs->root, &fs->cwd }, gone[2] = { { NULL, NULL } };

	lk_acquire(&fs->lock);
	for (int i = 0; i < 2; i++) {
		if (places[i]->mnt != mv->from.mnt || places[i]->dentry != mv->from.dentry)
			continue;
		gone[i] = *places[i];
		*places[i] = mv->to;
		path_get(places[i]);
	}
	lk_release(&fs->lock);
	path_put(&gone[0]);
	path_put(&gone[1]);
}

static int follow_in_group(struct tgroup *tg, void *arg)
{
	int tids[64], n = tgroup_tids(tg, tids, 64);
	struct fs_context *fs;
	struct task *t;

	for (int i = 0; i < n; i++) {
		t = task_find(tids[i]);
		if (!t)
			continue;
		lk_acquire(&t->lock);
		fs = t->fs ? fs_context_get(t->fs) : NULL;
		lk_release(&t->lock);
		if (fs)
			follow_root(fs, arg);
		fs_context_put(fs);
		task_put(t);
	}
	return 0;
}

int vfs_pivot_root(struct task *t, const struct path *new, const struct path *old)
{
	TRACE_SCOPE(TR_VFS);
	struct path root, gone[2] = { { NULL, NULL } };
	struct moved_root mv;
	struct mount *was = NULL;
	int err;

	if (!mount_may(t))
		return -LX_EPERM;
	fs_get_root(t->fs, &root);
	lk_acquire(&mount_lock);
	err = check_pivot(t, new, old, &root);
	if (!err) {
		was = root.mnt->ns->root == root.mnt ? root.mnt : NULL;
		exchange_roots(new->mnt, root.mnt, old, gone);
	}
	lk_release(&mount_lock);
	if (!err) {
		mv = (struct moved_root){ root, *new };
		tgroup_for_each(follow_in_group, &mv);
	}
	path_put(&gone[0]);
	path_put(&gone[1]);
	path_put(&root);
	mount_put(was);
	TRACE(TR_VFS, "pivot_root = %d", err);
	return err;
}
