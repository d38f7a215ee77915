/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c - hierarchies and groups, and which tasks are in them.
 *
 * A task has a place for each hierarchy; an empty one means the top group, so that mounting and unmounting
 * touch no task, and fork copies places without asking for memory. A hierarchy lives while it is mounted
 * or has groups besides the top one; mounting it again shows them again.
 */
#include "cgroup_impl.h"
#include "task_impl.h"
#include "base/alloc.h"
#include "base/text.h"
#include "lxrun/vfs.h"
#include <stdlib.h>
#include <string.h>

static struct hierarchy hierarchies[CGROUP_HIERARCHIES_MAX];
static struct list groups = LIST_INIT(groups);
static int64_t next_number = 1;
static int next_hierarchy = 1;
static _Atomic uint32_t nr_hierarchies;

static const struct {
	const char *name;
	uint32_t bit;
} subsystems[] = { { "devices", CGROUP_DEVICES } };
#define NR_SUBSYSTEMS (sizeof(subsystems) / sizeof(subsystems[0]))

/* ---- tasks_lock is held up to the next line like this ---- */

struct cgroup *cgroup_find(int64_t n)
{
	struct cgroup *g;

	list_for_each(g, &groups, link)
		if (g->number == n)
			return g;
	return NULL;
}

struct cgroup *cgroup_of(const struct task *t, const struct hierarchy *h)
{
	struct cgroup *g = t->cgroups[h - hierarchies].group;

	return g ? g : h->top;
}

struct hierarchy *hierarchy_with(uint32_t subsystem)
{
	for (int i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
		if (hierarchies[i].id && (hierarchies[i].subsystems & subsystem))
			return &hierarchies[i];
	return NULL;
}

struct cgroup *cgroup_next_below(struct cgroup *g, const struct cgroup *top)
{
	if (!list_empty(&g->children))
		return list_first(&g->children, struct cgroup, sibling);
	for (; g != top; g = g->parent)
		if (g->sibling.next != &g->parent->children)
			return container_of(g->sibling.next, struct cgroup, sibling);
	return NULL;
}

/* A group of h below parent (NULL: the top). NULL without memory. */
static struct cgroup *group_new(struct hierarchy *h, struct cgroup *parent, const char *name)
{
	struct cgroup *g = mem_alloc(sizeof(*g));

	if (!g)
		return NULL;
	g->in = h;
	g->parent = parent;
	list_init(&g->children);
	list_init(&g->sibling);
	list_init(&g->members);
	list_init(&g->rules);
	if (devices_inherit(g)) {
		mem_free(g);
		return NULL;
	}
	strcpy(g->name, name);
	g->born = vfs_now();
	g->mode = 0555;
	g->number = next_number++;
	list_add_tail(&groups, &g->link);
	if (parent) {
		memcpy(g->flags, parent->flags, sizeof(g->flags));
		list_add_tail(&parent->children, &g->sibling);
	}
	h->groups++;
	return g;
}

static void group_free(struct cgroup *g)
{
	list_del(&g->link);
	list_del(&g->sibling);
	devices_free(g);
	g->in->groups--;
	mem_free(g);
}

static struct cgroup *child_of(struct cgroup *g, const char *name)
{
	struct cgroup *c;

	list_for_each(c, &g->children, sibling)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

void cgroup_place(struct task *t, struct cgroup *g)
{
	struct cgroup_member *m = &t->cgroups[g->in - hierarchies];

	if (m->group)
		list_del(&m->link);
	m->group = g->parent ? g : NULL;
	if (m->group)
		list_add_tail(&g->members, &m->link);
}

void cgroup_fork(struct task *parent, struct task *child)
{
	lk_assert_held(&tasks_lock);
	for (int i = 0; nr_hierarchies && i < CGROUP_HIERARCHIES_MAX; i++)
		if (parent->cgroups[i].group)
			cgroup_place(child, parent->cgroups[i].group);
}

void cgroup_exit(struct task *t)
{
	lk_assert_held(&tasks_lock);
	for (int i = 0; i < CGROUP_HIERARCHIES_MAX; i++) {
		if (!t->cgroups[i].group)
			continue;
		list_del(&t->cgroups[i].link);
		t->cgroups[i].group = NULL;
	}
}

/* ---- hierarchies ---- */

/* What o asks for, as Linux's cgroup1_root_to_use() looks for it: 0, and *h or NULL; -LX_EBUSY. */
static int find_hierarchy(const struct cgroup_options *o, struct hierarchy **h)
{
	*h = NULL;
	for (int i = 0; i < CGROUP_HIERARCHIES_MAX; i++) {
		struct hierarchy *x = &hierarchies[i];

		if (!x->id || (o->name[0] && strcmp(o->name, x->name) != 0))
			continue;
		if ((o->subsystems || o->none) && o->subsystems != x->subsystems) {
			if (o->name[0])
				return -LX_EBUSY;
			continue;
		}
		*h = x;
		return 0;
	}
	return 0;
}

static int new_hierarchy(const struct cgroup_options *o, struct hierarchy **out)
{
	struct hierarchy *h = hierarchies;

	if (!o->subsystems && !o->none)
		return -LX_EINVAL;
	if (o->subsystems && hierarchy_with(o->subsystems))
		return -LX_EBUSY;
	while (h < hierarchies + CGROUP_HIERARCHIES_MAX && h->id)
		h++;
	if (h == hierarchies + CGROUP_HIERARCHIES_MAX)
		return -LX_ENOSPC;
	*h = (struct hierarchy){ .subsystems = o->subsystems };
	h->top = group_new(h, NULL, "");
	if (!h->top)
		return -LX_ENOMEM;
	strcpy(h->name, o->name);
	strcpy(h->agent, o->release_agent);
	h->top->flags[CGROUP_CLONE] = o->clone_children;
	h->id = next_hierarchy++;
	nr_hierarchies++;
	*out = h;
	return 0;
}

int cgroup_mount(const struct cgroup_options *o, int64_t *top, struct super **sb)
{
	struct hierarchy *h;
	int err;

	lk_acquire(&tasks_lock);
	err = find_hierarchy(o, &h);
	if (!err && !h)
		err = new_hierarchy(o, &h);
	if (!err) {
		*top = h->top->number;
		*sb = h->sb && refs_get_live(&h->sb->refs) ? h->sb : NULL;
	}
	lk_release(&tasks_lock);
	return err;
}

bool cgroup_shown(int64_t top, struct super *sb)
{
	struct cgroup *g;
	bool ok;

	lk_acquire(&tasks_lock);
	g = cgroup_find(top);
	ok = g && !(g->in->sb && g->in->sb->refs.n);
	if (ok)
		g->in->sb = sb;
	lk_release(&tasks_lock);
	return ok;
}

void cgroup_unshown(int64_t top, const struct super *sb)
{
	struct hierarchy *h;
	struct cgroup *g;

	lk_acquire(&tasks_lock);
	g = cgroup_find(top);
	h = g && g->in->sb == sb ? g->in : NULL;
	if (h)
		h->sb = NULL;
	if (h && h->groups == 1) {
		group_free(h->top);
		*h = (struct hierarchy){ 0 };
		nr_hierarchies--;
	}
	lk_release(&tasks_lock);
}

/* Subsystems and name of h with commas between, and before the first as told. */
static void put_names(const struct hierarchy *h, bool comma, struct text *tx)
{
	const char *sep = comma ? "," : "";

	for (size_t i = 0; i < NR_SUBSYSTEMS; i++) {
		if (!(h->subsystems & subsystems[i].bit))
			continue;
		text_printf(tx, "%s%s", sep, subsystems[i].name);
		sep = ",";
	}
	if (h->name[0])
		text_printf(tx, "%sname=%s", sep, h->name);
}

void cgroup_show_options(int64_t top, struct text *tx)
{
	struct cgroup *g;

	lk_acquire(&tasks_lock);
	g = cgroup_find(top);
	if (g) {
		put_names(g->in, true, tx);
		if (g->in->agent[0])
			text_printf(tx, ",release_agent=%s", g->in->agent);
		if (g->flags[CGROUP_CLONE])
			text_str(tx, ",clone_children");
	}
	lk_release(&tasks_lock);
}

/* ---- groups ---- */

bool cgroup_stat(int64_t n, struct cgroup_stat *st)
{
	struct cgroup *g, *c;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g) {
		*st = (struct cgroup_stat){ g->mode, g->uid, g->gid, 0, g->born };
		list_for_each(c, &g->children, sibling)
			st->children++;
	}
	lk_release(&tasks_lock);
	return g != NULL;
}

bool cgroup_is_top(int64_t n)
{
	struct cgroup *g;
	bool top;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	top = g && !g->parent;
	lk_release(&tasks_lock);
	return top;
}

bool cgroup_has(int64_t n, uint32_t subsystem)
{
	struct cgroup *g;
	bool has;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	has = g && (g->in->subsystems & subsystem);
	lk_release(&tasks_lock);
	return has;
}

bool cgroup_child(int64_t n, const char *name, int64_t *child)
{
	struct cgroup *g, *c;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	c = g ? child_of(g, name) : NULL;
	*child = c ? c->number : 0;
	lk_release(&tasks_lock);
	return c != NULL;
}

/* Children are in the order of their numbers. */
int64_t cgroup_next_child(int64_t n, int64_t after, char name[LX_NAME_MAX + 1])
{
	struct cgroup *g, *c;
	int64_t found = 0;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g)
		list_for_each(c, &g->children, sibling)
			if (!found && c->number > after) {
				found = c->number;
				strcpy(name, c->name);
			}
	lk_release(&tasks_lock);
	return found;
}

bool cgroup_is_child(int64_t n, int64_t child)
{
	struct cgroup *c;
	bool is;

	lk_acquire(&tasks_lock);
	c = cgroup_find(child);
	is = c && c->parent && c->parent->number == n;
	lk_release(&tasks_lock);
	return is;
}

int cgroup_mkdir(int64_t n, const char *name, uint32_t mode, uint32_t uid, uint32_t gid)
{
	struct cgroup *g, *c;
	int err = 0;

	if (strchr(name, '\n')) /* /proc/PID/cgroup could not be read */
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (!g)
		err = -LX_ENODEV;
	else if (child_of(g, name))
		err = -LX_EEXIST;
	else if (!(c = group_new(g->in, g, name)))
		err = -LX_ENOMEM;
	else {
		c->mode = mode & 07777;
		c->uid = uid;
		c->gid = gid;
	}
	lk_release(&tasks_lock);
	return err;
}

int cgroup_rmdir(int64_t n, const char *name)
{
	struct cgroup *g, *c;
	int err = 0;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	c = g ? child_of(g, name) : NULL;
	if (!c)
		err = -LX_ENOENT;
	else if (!list_empty(&c->children) || !list_empty(&c->members))
		err = -LX_EBUSY;
	else
		group_free(c);
	lk_release(&tasks_lock);
	return err;
}

/* ---- /proc ---- */

/* "/a/b": from the top down. */
static void put_path(const struct cgroup *g, struct text *tx)
{
	if (g->parent && g->parent->parent)
		put_path(g->parent, tx);
	text_printf(tx, "/%s", g->name);
}

void cgroup_show_task(const struct task *t, struct text *tx)
{
	lk_acquire(&tasks_lock);
	for (int id = next_hierarchy - 1; nr_hierarchies && id > 0; id--) /* the newest first */
		for (struct hierarchy *h = hierarchies; h < hierarchies + CGROUP_HIERARCHIES_MAX;
		     h++) {
			if (h->id != id)
				continue;
			text_printf(tx, "%d:", h->id);
			put_names(h, false, tx);
			text_str(tx, ":");
			put_path(t ? cgroup_of(t, h) : h->top, tx);
			text_str(tx, "\n");
		}
	lk_release(&tasks_lock);
}

void cgroup_show_subsystems(struct text *tx)
{
	text_str(tx, "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
	lk_acquire(&tasks_lock);
	for (size_t i = 0; i < NR_SUBSYSTEMS; i++) {
		const struct hierarchy *h = hierarchy_with(subsystems[i].bit);

		text_printf(tx, "%s\t%d\t%u\t1\n", subsystems[i].name, h ? h->id : 0,
			    h ? h->groups : 1);
	}
	lk_release(&tasks_lock);
}
