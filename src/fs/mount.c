/* SPDX-License-Identifier: MIT */
/*
 * mount.c - the mount table. A mount shows a tree at a dentry of another mount; that dentry is pinned in
 * the name cache so that a walk always comes across it. It is found again by what it names, not by
 * its address: when the host changed something underneath, one directory may have two dentries.
 */
#include "mount_impl.h"
#include "base/alloc.h"
#include "fsnotify.h"

struct lk mount_lock = LK_INIT(MOUNT);
static int next_id = 20;
static struct mount_ns *first_ns; /* constant while the instance runs */

void path_get(const struct path *p)
{
	if (p->mnt)
		refs_get(&p->mnt->refs);
	if (p->dentry)
		dentry_get(p->dentry);
}

void path_put(struct path *p)
{
	struct path old = *p;

	*p = (struct path){ NULL, NULL };
	dentry_put(old.dentry);
	mount_put(old.mnt);
}

/* ---- one mount ---- */

struct mount *mount_alloc(struct super *sb, struct dentry *root, const char *source, uint32_t flags)
{
	struct mount *m = mem_alloc(sizeof(*m));

	if (!m)
		return NULL;
	m->source = mem_strdup(source ? source : sb->type->name);
	if (!m->source) {
		mem_free(m);
		return NULL;
	}
	refs_init(&m->refs);
	list_init(&m->link);
	list_init(&m->peers);
	list_init(&m->slaves);
	list_init(&m->slave_link);
	m->flags = flags;
	m->root = dentry_get(root);
	m->sb = sb;
	m->id = __atomic_fetch_add(&next_id, 1, __ATOMIC_RELAXED);
	refs_get(&sb->refs);
	sb->nr_mounts++;
	dcache_pin(root, false);
	return m;
}

void mount_put(struct mount *m)
{
	struct super *sb;
	bool last;

	if (!m || !refs_put(&m->refs))
		return;
	sb = m->sb;
	dcache_unpin(m->root, false);
	dentry_put(m->root);
	lk_acquire(&mount_lock);
	last = --sb->nr_mounts == 0;
	lk_release(&mount_lock);
	if (last) {
		fsnotify_unmount(sb);
		dcache_purge(sb);
		dentry_put(sb->root_dentry);
		sb->root_dentry = NULL;
	}
	super_put(sb);
	path_put(&m->at);
	mem_free(m->source);
	mem_free(m);
}

struct mount *mount_first(struct super *sb, const char *source, uint32_t flags)
{
	struct mount *m = NULL;

	if (!sb->root_dentry)
		sb->root_dentry = dentry_root(sb->root);
	if (sb->root_dentry)
		m = mount_alloc(sb, sb->root_dentry, source, flags);
	if (!m) {
		dentry_put(sb->root_dentry);
		sb->root_dentry = NULL;
	}
	super_put(sb);
	return m;
}

/* ---- places; mount_lock is held ---- */

static uint64_t hint_bit(const struct inode *inode)
{
	return 1ull << (inode->ino * 0x9e3779b97f4a7c15ull >> 58);
}

void mount_place(struct mount *m, const struct path *at)
{
	struct inode *inode = at->dentry->inode;

	m->at = *at;
	path_get(&m->at);
	dcache_pin(at->dentry, true);
	inode->sb->mounted_on |= hint_bit(inode);
}

void mount_unplace(struct mount *m, struct path *old)
{
	*old = m->at;
	m->at = (struct path){ NULL, NULL };
	if (old->dentry)
		dcache_unpin(old->dentry, true);
}

struct mount *mount_find(const struct path *p)
{
	struct mount *m, *found = NULL;

	if (!p->mnt->ns)
		return NULL;
	list_for_each(m, &p->mnt->ns->mounts, link)
		if (m->at.mnt == p->mnt && dentry_same(m->at.dentry, p->dentry))
			found = m; /* the latest covers the others */
	return found;
}

bool mount_is_below(const struct mount *m, const struct mount *top)
{
	for (; m && m != top; m = m->at.mnt)
		;
	return m != NULL;
}

void mount_take_tree(struct mount *m, struct list *tree)
{
	struct mount_ns *ns = m->ns;
	struct mount *x, *tmp;

	list_for_each_safe(x, tmp, &ns->mounts, link) {
		if (!mount_is_below(x, m))
			continue;
		list_del(&x->link);
		list_add_tail(tree, &x->link);
		ns->nr_mounts--;
	}
	list_for_each(x, tree, link)
		x->ns = NULL;
}

void mount_join(struct list *tree, struct mount_ns *ns)
{
	struct mount *m, *tmp;

	list_for_each_safe(m, tmp, tree, link) {
		list_del(&m->link);
		list_add_tail(&ns->mounts, &m->link);
		m->ns = ns;
		ns->nr_mounts++;
	}
}

uint32_t mount_tree_size(const struct list *tree)
{
	uint32_t n = 0;

	for (const struct list *l = tree->next; l != tree; l = l->next)
		n++;
	return n;
}

/* ---- mount_lock is not held ---- */

void mount_put_list(struct list *dead)
{
	struct mount *m, *tmp;
	struct path at;

	list_for_each_safe(m, tmp, dead, link) {
		lk_acquire(&mount_lock);
		list_del(&m->link);
		prop_change(m, LX_MS_PRIVATE);
		mount_unplace(m, &at);
		lk_release(&mount_lock);
		path_put(&at);
		mount_put(m);
	}
}

void mount_follow_down(struct path *p)
{
	struct mount *m;

	while (p->dentry->inode->sb->mounted_on & hint_bit(p->dentry->inode)) {
		lk_acquire(&mount_lock);
		m = mount_find(p);
		if (m)
			refs_get(&m->refs);
		lk_release(&mount_lock);
		if (!m)
			return;
		path_put(p);
		p->mnt = m;
		p->dentry = dentry_get(m->root);
	}
}

bool mount_follow_up(struct path *p)
{
	struct path at;

	lk_acquire(&mount_lock);
	at = p->mnt->at;
	path_get(&at);
	lk_release(&mount_lock);
	if (!at.mnt)
		return false;
	path_put(p);
	*p = at;
	return true;
}

bool mount_is_root(const struct path *p)
{
	const struct dentry *root =
		p->mnt->root; /* NULL: files without a name, which have no directory */

	return root && (p->dentry == root || dentry_same(p->dentry, p->mnt->root));
}

bool mount_attached(const struct mount *m)
{
	bool attached;

	lk_acquire(&mount_lock);
	attached = m->ns != NULL;
	lk_release(&mount_lock);
	return attached;
}

int mount_writer_get(struct mount *m)
{
	m->writers++;
	if (!(m->flags & MNT_RDONLY) && !m->sb->read_only)
		return 0;
	m->writers--;
	return -LX_EROFS;
}

void mount_writer_put(struct mount *m)
{
	m->writers--;
}

static void view(const struct mount *m, struct mount_view *v)
{
	*v = (struct mount_view){
		.top = { (struct mount *)m, m->root },
		.parent_id = m->at.mnt ? m->at.mnt->id : 0,
		.group = m->group,
		.master = m->master ? m->master->group : 0,
		.unbindable = m->unbindable,
	};
	path_get(&v->top);
}

int mount_for_each(struct mount_ns *ns, int (*fn)(const struct mount_view *v, void *arg), void *arg)
{
	struct mount_view *v;
	struct mount *m;
	uint32_t n = 0;
	int ret = 0;

	lk_acquire(&mount_lock);
	v = mem_realloc(NULL, (ns->nr_mounts + 1) * sizeof(*v));
	if (v)
		list_for_each(m, &ns->mounts, link)
			view(m, &v[n++]);
	lk_release(&mount_lock);
	for (uint32_t i = 0; i < n; i++) {
		if (!ret)
			ret = fn(&v[i], arg);
		path_put(&v[i].top);
	}
	mem_free(v);
	return v ? ret : -LX_ENOMEM;
}

/* ---- name spaces ---- */

static struct mount_ns *ns_new(void)
{
	struct mount_ns *ns = mem_alloc(sizeof(*ns));

	if (ns)
		list_init(&ns->mounts);
	return ns;
}

struct mount_ns *mount_ns_get(struct mount_ns *ns)
{
	ns_get(&ns->ns);
	return ns;
}

void mount_ns_put(struct mount_ns *ns)
{
	if (ns)
		ns_put(&ns->ns);
}

static void mount_ns_free(struct ns *base)
{
	struct mount_ns *ns = container_of(base, struct mount_ns, ns);
	struct list dead = LIST_INIT(dead);
	struct mount *m;

	lk_acquire(&mount_lock);
	while (!list_empty(&ns->mounts)) { /* what lies in another goes before it */
		m = container_of(ns->mounts.prev, struct mount, link);
		list_del(&m->link);
		m->ns = NULL;
		list_add_tail(&dead, &m->link);
	}
	lk_release(&mount_lock);
	mount_put_list(&dead);
	mount_put(ns->root);
	mem_free(ns);
}

struct mount_ns *mount_ns_anonymous(struct list *tree)
{
	struct mount_ns *ns = ns_new();

	if (!ns)
		return NULL;
	ns_init(&ns->ns, NS_MNT, mount_ns_free);
	ns->anonymous = true;
	ns->root = list_first(tree, struct mount, link);
	refs_get(&ns->root->refs);
	mount_join(tree, ns);
	return ns;
}

struct mount_ns *mount_first_ns(void)
{
	return first_ns;
}

void mount_root(struct path *out)
{
	lk_acquire(&mount_lock);
	out->mnt = first_ns->root;
	out->dentry = first_ns->root->root;
	path_get(out);
	lk_release(&mount_lock);
}

/* p moves to the copy of the mount it is in. *old: what is to be put. mount_lock is held. */
static void move_to_copy(struct path *p, struct path *old)
{
	*old = (struct path){ NULL, NULL };
	if (!p->mnt->copy)
		return;
	old->mnt = p->mnt;
	p->mnt = p->mnt->copy;
	refs_get(&p->mnt->refs);
}

int mount_ns_unshare(struct fs_context *fs)
{
	struct mount_ns *old = fs->ns, *ns = ns_new();
	struct list tree = LIST_INIT(tree);
	struct path was[2];
	int err;

	if (!ns)
		return -LX_ENOMEM;
	lk_acquire(&mount_lock);
	err = prop_copy_tree(old->root, old->root->root, true, true, CLONE_AS_IS, &tree);
	if (!err) {
		ns_init(&ns->ns, NS_MNT, mount_ns_free);
		ns->root = old->root->copy;
		refs_get(&ns->root->refs);
		mount_join(&tree, ns);
		lk_acquire(&fs->lock);
		move_to_copy(&fs->root, &was[0]);
		move_to_copy(&fs->cwd, &was[1]);
		fs->ns = ns;
		lk_release(&fs->lock);
	}
	prop_forget_copies(old->root);
	lk_release(&mount_lock);
	if (err) {
		mount_put_list(&tree);
		mem_free(ns);
		return err;
	}
	path_put(&was[0]);
	path_put(&was[1]);
	mount_ns_put(old);
	return 0;
}

/* The root as a walk from outside finds it: what is mounted over it counts. */
static void top_of(struct mount_ns *ns, struct path *out)
{
	lk_acquire(&mount_lock);
	*out = (struct path){ ns->root, ns->root->root };
	path_get(out);
	lk_release(&mount_lock);
	mount_follow_down(out);
}

void mount_ns_enter(struct fs_context *fs, struct mount_ns *ns)
{
	struct mount_ns *old;
	struct path top, was[2];

	top_of(ns, &top);
	lk_acquire(&fs->lock);
	old = fs->ns;
	was[0] = fs->root;
	was[1] = fs->cwd;
	fs->ns = mount_ns_get(ns);
	fs->root = fs->cwd = top;
	path_get(&top);
	lk_release(&fs->lock);
	path_put(&was[0]);
	path_put(&was[1]);
	mount_ns_put(old);
}

/* ---- a new super ---- */

/* Returns a reference to the mounted super of a type that has but one, or NULL. */
static struct super *find_single(const struct fs_type *type, struct mount_ns *ns)
{
	struct super *sb = NULL;
	struct mount *m;

	lk_acquire(&mount_lock);
	list_for_each(m, &ns->mounts, link)
		if (m->sb->type == type)
			sb = m->sb;
	if (sb)
		refs_get(&sb->refs);
	lk_release(&mount_lock);
	return sb;
}

int mount_get_super(const struct fs_type *type, const char *source, const char *data, bool *old,
		    struct super **out)
{
	*out = type->flags & FS_SINGLE && first_ns ? find_single(type, first_ns) : NULL;
	*old = *out != NULL;
	return *out ? 0 : type->mount(type, source, data, out);
}

/* Begins the first name space with m. Consumes m. */
static int begin_ns(struct mount *m)
{
	first_ns = ns_new();
	if (!first_ns) {
		mount_put(m);
		return -LX_ENOMEM;
	}
	first_ns->ns = (struct ns)NS_FIRST(NS_MNT, "mnt", 4026531841);
	first_ns->ns.free = mount_ns_free;
	refs_get(&m->refs);
	first_ns->root = m;
	list_add_tail(&first_ns->mounts, &m->link);
	first_ns->nr_mounts = 1;
	m->ns = first_ns;
	return 0;
}

int mount_fs(const struct fs_type *type, const char *source, const char *data, uint32_t flags,
	     const struct path *at)
{
	struct list tree = LIST_INIT(tree);
	struct super *sb;
	struct mount *m;
	bool old;
	int err = mount_get_super(type, source, data, &old, &sb);

	if (err)
		return err;
	m = mount_first(sb, source, flags);
	if (!m)
		return -LX_ENOMEM;
	TRACE(TR_VFS, "mount %s type=%s", m->source, type->name);
	if (!at)
		return begin_ns(m);
	lk_acquire(&mount_lock);
	list_add_tail(&tree, &m->link);
	if (!at->mnt->ns)
		err = -LX_EINVAL;
	else if (at->mnt->sb == sb && mount_is_root(at)) /* the same once more */
		err = -LX_EBUSY;
	else
		err = prop_attach(&tree, at, &tree);
	lk_release(&mount_lock);
	mount_put_list(&tree);
	return err;
}

void vfs_shutdown(void)
{
	struct mount_ns *ns = first_ns;

	first_ns = NULL;
	mount_ns_put(ns);
}
