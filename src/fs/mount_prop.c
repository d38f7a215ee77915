/* SPDX-License-Identifier: MIT */
/*
 * mount_prop.c - trees of mounts copied, and changes carried to where they propagate
 * (mount_namespaces(7), "SHARED SUBTREES").
 *
 * Peers are a ring: what is mounted below one is mounted below all. A slave hears from its master, and
 * tells it nothing; it may have peers and slaves of its own. Only a shared mount has slaves. Everything
 * here runs with mount_lock held.
 */
#include "base/alloc.h"
#include "mount_impl.h"
#include "lxrun/nsfs.h"

static int next_group = 1;
static uint32_t next_mark = 1;

/* ---- groups ---- */

static void make_shared(struct mount *m)
{
	if (!m->group)
		m->group = next_group++;
}

static void make_peer(struct mount *m, struct mount *of)
{
	m->group = of->group;
	list_add_tail(&of->peers, &m->peers);
}

static void make_slave_of(struct mount *m, struct mount *master)
{
	m->master = master;
	list_add_tail(&master->slaves, &m->slave_link);
}

/* A peer that can stand in for m, one that shows the same if there is one; NULL: m was the last. */
static struct mount *other_peer(struct mount *m)
{
	struct mount *p;

	if (list_empty(&m->peers))
		return NULL;
	list_for_each(p, &m->peers, peers)
		if (p->root == m->root)
			return p;
	return list_first(&m->peers, struct mount, peers);
}

/* m leaves its group; its slaves get heir for a master, or none. */
static void leave(struct mount *m, struct mount *heir)
{
	struct mount *s, *tmp;

	list_del(&m->peers);
	m->group = 0;
	list_for_each_safe(s, tmp, &m->slaves, slave_link) {
		list_del(&s->slave_link);
		s->master = NULL;
		if (heir)
			make_slave_of(s, heir);
	}
}

void prop_change(struct mount *m, uint32_t type)
{
	struct mount *heir;

	m->unbindable = type == LX_MS_UNBINDABLE;
	if (type == LX_MS_SHARED) {
		make_shared(m);
		return;
	}
	heir = other_peer(m);
	if (!heir)
		heir = m->master;
	leave(m, heir);
	list_del(&m->slave_link);
	m->master = NULL;
	if (type == LX_MS_SLAVE && heir)
		make_slave_of(m, heir);
}

/* ---- copies ---- */

static struct mount *clone(struct mount *m, struct dentry *root, enum clone_how how)
{
	struct mount *c = mount_alloc(m->sb, root, m->source, m->flags);

	if (!c)
		return NULL;
	switch (how) {
	case CLONE_AS_IS:
	case CLONE_PEER:
		c->unbindable = m->unbindable;
		if (m->group)
			make_peer(c, m);
		if (m->master)
			make_slave_of(c, m->master);
		break;
	case CLONE_SLAVE:
	case CLONE_SHARED_SLAVE:
		make_slave_of(c, m);
		if (how == CLONE_SHARED_SLAVE)
			make_shared(c);
		break;
	}
	m->copy = c;
	return c;
}

/* Whether x, which lies in a mount that was copied, belongs to the copy of top below root. */
static bool is_wanted(const struct mount *x, const struct mount *top, struct dentry *root, bool all)
{
	const struct ns *ns = nsfs_ns(x->root->inode);

	if (!x->at.mnt || !x->at.mnt->copy || (x->unbindable && !all))
		return false;
	if (all && ns && ns->kind == NS_MNT)
		return false; /* the copy may be younger */
	return x->at.mnt != top || dcache_is_above(root, x->at.dentry);
}

/* The mounts among which a tree's are to be found: its name space's, or the tree's own list. */
static struct list *siblings(struct mount *m, struct list *own)
{
	return m->ns ? &m->ns->mounts : own;
}

static int copy_from(struct mount *m, struct dentry *root, struct list *among, bool all,
		     enum clone_how how, struct list *tree)
{
	struct mount *x, *c = clone(m, root, how);
	struct path at;

	if (!c)
		return -LX_ENOMEM;
	list_add_tail(tree, &c->link);
	if (!among)
		return 0;
	list_for_each(x, among, link) {
		if (x == m || !is_wanted(x, m, root, all))
			continue;
		c = clone(x, x->root, how);
		if (!c)
			return -LX_ENOMEM;
		at = (struct path){ x->at.mnt->copy, x->at.dentry };
		mount_place(c, &at);
		list_add_tail(tree, &c->link);
	}
	return 0;
}

int prop_copy_tree(struct mount *m, struct dentry *root, bool rec, bool all, enum clone_how how,
		   struct list *tree)
{
	return copy_from(m, root, rec ? siblings(m, NULL) : NULL, all, how, tree);
}

static void forget_in(struct list *among)
{
	struct mount *x;

	list_for_each(x, among, link)
		x->copy = NULL;
}

void prop_forget_copies(struct mount *top)
{
	top->copy = NULL;
	if (top->ns)
		forget_in(&top->ns->mounts);
}

/* ---- where a change goes ---- */

/* A mount that hears of a change. */
struct target_mount {
	struct list link;
	struct mount *m;
	struct list tree;   /* what is mounted there; empty: the place is not to be seen in m */
	struct list *model; /* the tree to copy for those that hear from m */
};

/* New entry for m, which gets a copy of from's tree at dentry at, made as how says. NULL without memory. */
static struct target_mount *add_target(struct list *targets, struct mount *m,
				       struct target_mount *from, struct dentry *at,
				       enum clone_how how)
{
	struct target_mount *tg = mem_alloc(sizeof(*tg));
	struct mount *top;
	int err = 0;

	if (!tg)
		return NULL;
	m->mark = next_mark;
	tg->m = m;
	list_init(&tg->tree);
	list_add_tail(targets, &tg->link);
	tg->model = from ? from->model : NULL;
	if (tg->model && dcache_is_above(m->root, at)) {
		top = list_first(tg->model, struct mount, link);
		err = copy_from(top, top->root, tg->model, true, how, &tg->tree);
		forget_in(tg->model);
		tg->model = &tg->tree;
	}
	return err ? NULL : tg;
}

/*
 * Whether x is to hear: not yet if it is still being made, which a copy of a shared mount is that is mounted below its
 * own peer, nor while only a descriptor holds it.
 */
static bool is_deaf(const struct mount *x)
{
	return x->mark == next_mark || !x->ns || x->ns->anonymous;
}

/* Fills targets with m and all that hear from it; with a model each gets its copy. 0 or -LX_ENOMEM. */
static int reach(struct mount *m, struct list *model, struct dentry *at, struct list *targets)
{
	struct target_mount *tg;
	struct mount *x;

	next_mark++;
	tg = add_target(targets, m, NULL, at, CLONE_AS_IS);
	if (!tg)
		return -LX_ENOMEM;
	tg->model = model;
	list_for_each(tg, targets, link) {
		list_for_each(x, &tg->m->peers, peers)
			if (!is_deaf(x) && !add_target(targets, x, tg, at, CLONE_PEER))
				return -LX_ENOMEM;
		list_for_each(x, &tg->m->slaves, slave_link)
			if (!is_deaf(x) && !add_target(targets, x, tg, at,
						       x->group ? CLONE_SHARED_SLAVE : CLONE_SLAVE))
				return -LX_ENOMEM;
	}
	return 0;
}

/* Moves all of one list behind another. */
static void move_all(struct list *from, struct list *to)
{
	while (!list_empty(from)) {
		struct list *l = from->next;

		list_del(l);
		list_add_tail(to, l);
	}
}

/* Frees the entries; trees that are still there go to dead. */
static void free_targets(struct list *targets, struct list *dead)
{
	struct target_mount *tg, *tmp;

	list_for_each_safe(tg, tmp, targets, link) {
		move_all(&tg->tree, dead);
		mem_free(tg);
	}
}

/* ---- mounting ---- */

static bool has_room(const struct list *targets, uint32_t per_tree)
{
	const struct target_mount *tg;
	uint64_t n = 0;

	list_for_each(tg, targets, link)
		n += per_tree;
	list_for_each(tg, targets, link)
		if (tg->m->ns && tg->m->ns->nr_mounts + n > MOUNTS_MAX)
			return false;
	return true;
}

/* In a shared mount everything is shared. Marks what was not. */
static void share_tree(struct list *tree)
{
	struct mount *m;

	next_mark++;
	list_for_each(m, tree, link) {
		if (m->group)
			continue;
		make_shared(m);
		m->mark = next_mark;
	}
}

static void unshare_tree(struct list *tree, uint32_t mark)
{
	struct mount *m;

	list_for_each(m, tree, link)
		if (m->mark == mark)
			m->group = 0;
}

static void mount_at_target(struct target_mount *tg, struct dentry *at)
{
	struct path p = { tg->m, at };

	if (list_empty(&tg->tree) || !tg->m->ns)
		return;
	mount_place(list_first(&tg->tree, struct mount, link), &p);
	mount_join(&tg->tree, tg->m->ns);
}

int prop_attach(struct list *tree, const struct path *at, struct list *dead)
{
	struct list targets = LIST_INIT(targets);
	struct target_mount *tg;
	uint32_t mark = 0;
	int err;

	if (at->mnt->group) {
		share_tree(tree);
		mark = next_mark;
	}
	err = reach(at->mnt, tree, at->dentry, &targets);
	if (!err && !has_room(&targets, mount_tree_size(tree)))
		err = -LX_ENOSPC;
	if (err) {
		free_targets(&targets, dead);
		if (mark)
			unshare_tree(tree, mark);
		return err;
	}
	mount_place(list_first(tree, struct mount, link), at);
	mount_join(tree, at->mnt->ns);
	list_for_each(tg, &targets, link)
		mount_at_target(tg, at->dentry);
	free_targets(&targets, dead);
	return 0;
}

/* ---- unmounting ---- */

static bool has_children(const struct mount *m)
{
	const struct mount *x;

	list_for_each(x, &m->ns->mounts, link)
		if (x->at.mnt == m)
			return true;
	return false;
}

/* What lies where m does in a mount that hears from m's; NULL: nothing that an umount of m takes along. */
static struct mount *counterpart(const struct mount *m, struct target_mount *tg)
{
	struct path p = { tg->m, m->at.dentry };
	struct mount *c = tg->m == m->at.mnt ? NULL : mount_find(&p);

	return c && c != m && !has_children(c) ? c : NULL;
}

bool prop_umount_busy(struct mount *m)
{
	struct list targets = LIST_INIT(targets), none = LIST_INIT(none);
	struct target_mount *tg;
	struct mount *c;
	bool busy = false;

	if (!reach(m->at.mnt, NULL, m->at.dentry, &targets)) {
		list_for_each(tg, &targets, link) {
			c = counterpart(m, tg);
			busy |= c && c->refs.n > 1;
		}
	}
	free_targets(&targets, &none);
	return busy;
}

static void take(struct mount *m, struct list *dead)
{
	list_del(&m->link);
	m->ns->nr_mounts--;
	m->ns = NULL;
	prop_change(m, LX_MS_PRIVATE);
	list_add_tail(dead, &m->link);
}

static void umount_one(struct mount *m, struct list *dead)
{
	struct list targets = LIST_INIT(targets);
	struct target_mount *tg;
	struct mount *c;

	if (!reach(m->at.mnt, NULL, m->at.dentry, &targets)) {
		list_for_each(tg, &targets, link) {
			c = counterpart(m, tg);
			if (c)
				take(c, dead);
		}
	}
	free_targets(&targets, dead);
	take(m, dead);
}

/* What lies in another goes before it: the list is walked backwards, from its end after each. */
static struct mount *last_below(struct mount *m)
{
	struct list *head = &m->ns->mounts, *l;

	for (l = head->prev; l != head; l = l->prev)
		if (mount_is_below(container_of(l, struct mount, link), m))
			break;
	return container_of(l, struct mount, link);
}

void prop_umount(struct mount *m, struct list *dead)
{
	struct mount *x;

	do {
		x = last_below(m);
		umount_one(x, dead);
	} while (x != m);
}
