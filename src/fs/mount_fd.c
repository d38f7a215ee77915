/* SPDX-License-Identifier: MIT */
/*
 * mount_fd.c - mounts that descriptors hold: open_tree(2), move_mount(2), mount_setattr(2), and what fsmount(2)
 * gives. A tree that is not mounted yet is a name space of its own, without a name; the descriptor holds it, an O_PATH
 * file whose path is the tree's top, and it ends with the descriptor unless it was moved to a place.
 */
#include "base/alloc.h"
#include "lxrun/handle.h"
#include "mount_impl.h"

/* ---- descriptors ---- */

static void tree_release(struct file *f)
{
	mount_ns_put(f->priv);
}

static const struct file_ops tree_fop = { .release = tree_release };

/* An O_PATH file of ns's top. Consumes ns. */
static int tree_file(struct task *t, struct mount_ns *ns, struct file **f)
{
	struct path top = { ns->root, ns->root->root };
	int err = vfs_open_path(t, &top, LX_O_PATH, f);

	if (err) {
		mount_ns_put(ns);
		return err;
	}
	(*f)->fop = &tree_fop;
	(*f)->priv = ns;
	return 0;
}

int mount_file(struct task *t, struct super *sb, const char *source, uint32_t mnt_flags,
	       struct file **f)
{
	struct list tree = LIST_INIT(tree);
	struct mount *m = mount_first(sb, source, mnt_flags);
	struct mount_ns *ns;

	if (!m)
		return -LX_ENOMEM;
	lk_acquire(&mount_lock);
	list_add_tail(&tree, &m->link);
	ns = mount_ns_anonymous(&tree);
	lk_release(&mount_lock);
	mount_put_list(&tree);
	return ns ? tree_file(t, ns, f) : -LX_ENOMEM;
}

static int clone_tree(struct task *t, const struct path *from, bool rec, struct file **f)
{
	struct list tree = LIST_INIT(tree);
	struct mount_ns *ns = NULL;
	int err;

	lk_acquire(&mount_lock);
	err = mount_copy_for_bind(t, from, NULL, rec, &tree);
	if (!err)
		ns = mount_ns_anonymous(&tree);
	lk_release(&mount_lock);
	mount_put_list(&tree);
	if (!err && !ns)
		err = -LX_ENOMEM;
	return err ? err : tree_file(t, ns, f);
}

int64_t vfs_open_tree(struct task *t, int dfd, const char *path, uint32_t flags)
{
	TRACE_SCOPE(TR_VFS);
	struct path at;
	struct file *f;
	int err = vfs_walk(t, dfd, path, walk_flags((int)flags), &at);

	if (err)
		return err;
	err = flags & LX_OPEN_TREE_CLONE ? clone_tree(t, &at, flags & LX_AT_RECURSIVE, &f)
					 : vfs_open_path(t, &at, LX_O_PATH, &f);
	path_put(&at);
	TRACE(TR_VFS, "open_tree(%s, %#x) = %d", path, flags, err);
	return err ? err : fd_install_plain(t, f, flags & LX_OPEN_TREE_CLOEXEC);
}

/* ---- attributes ---- */

static uint32_t new_flags(const struct mount *m, const struct mount_attr *attr)
{
	return (m->flags & ~attr->clear) | attr->set;
}

/* Whether m may become what attr says. mount_lock is held. */
static bool held_writable(const struct mount *m, const struct mount_attr *attr)
{
	return (new_flags(m, attr) & MNT_RDONLY) && !(m->flags & MNT_RDONLY) && m->writers;
}

static void change(struct mount *m, const struct mount_attr *attr)
{
	m->flags = new_flags(m, attr);
	if (attr->propagation)
		prop_change(m, attr->propagation);
}

/* All or none. mount_lock is held. */
static int set_attributes(struct mount *top, bool rec, const struct mount_attr *attr)
{
	struct mount *m;

	list_for_each(m, &top->ns->mounts, link)
		if ((m == top || (rec && mount_is_below(m, top))) && held_writable(m, attr))
			return -LX_EBUSY;
	list_for_each(m, &top->ns->mounts, link)
		if (m == top || (rec && mount_is_below(m, top)))
			change(m, attr);
	return 0;
}

int vfs_mount_setattr(struct task *t, int dfd, const char *path, uint32_t atflags,
		      const struct mount_attr *attr)
{
	TRACE_SCOPE(TR_VFS);
	struct path at;
	struct mount_ns *ns;
	int err = vfs_walk(t, dfd, path, walk_flags((int)atflags), &at);

	if (err)
		return err;
	lk_acquire(&mount_lock);
	ns = at.mnt->ns;
	if (!mount_is_root(&at) || !ns || (ns != t->fs->ns && !ns->anonymous))
		err = -LX_EINVAL;
	else
		err = set_attributes(at.mnt, atflags & LX_AT_RECURSIVE, attr);
	lk_release(&mount_lock);
	path_put(&at);
	TRACE(TR_VFS, "mount_setattr(%s, +%#x -%#x) = %d", path, attr->set, attr->clear, err);
	return err;
}
