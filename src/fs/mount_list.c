/* SPDX-License-Identifier: MIT */
/*
 * mount_list.c - mounts by their numbers: statmount(2), listmount(2). What cannot be reached from the caller's root
 * is not listed, and told of to nobody but who administers.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "mount_impl.h"
#include <stdlib.h>
#include <string.h>

/* ---- one mount ---- */

struct finder {
	uint64_t id;
	struct mount_view *found;
};

static int find_one(const struct mount_view *v, void *arg)
{
	struct finder *s = arg;

	if (mount_unique_id(v->top.mnt->id) != s->id)
		return 0;
	*s->found = *v;
	path_get(&s->found->top);
	return 1;
}

/* Where v lies as t's root shows it, into buf. False: nowhere below. */
static bool place_text(const struct mount_view *v, const struct path *root, char *buf)
{
	bool outside;

	return vfs_path_text(&v->top, NULL, root, buf, LX_PATH_MAX, &outside) >= 0 && !outside;
}

static uint64_t attributes_of(const struct mount *m)
{
	static const struct {
		uint32_t mnt, attr;
	} map[] = {
		{ MNT_RDONLY, LX_MOUNT_ATTR_RDONLY },
		{ MNT_NOSUID, LX_MOUNT_ATTR_NOSUID },
		{ MNT_NODEV, LX_MOUNT_ATTR_NODEV },
		{ MNT_NOEXEC, LX_MOUNT_ATTR_NOEXEC },
		{ MNT_NODIRATIME, LX_MOUNT_ATTR_NODIRATIME },
		{ MNT_NOSYMFOLLOW, LX_MOUNT_ATTR_NOSYMFOLLOW },
	};
	uint64_t attr = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (m->flags & map[i].mnt)
			attr |= map[i].attr;
	if (m->flags & MNT_NOATIME)
		attr |= LX_MOUNT_ATTR_NOATIME;
	else if (!(m->flags & MNT_RELATIME))
		attr |= LX_MOUNT_ATTR_STRICTATIME;
	return attr;
}

static void basics(const struct mount_view *v, struct lx_statmount *sm)
{
	const struct mount *m = v->top.mnt;
	int parent = v->parent_id ? v->parent_id : m->id; /* a top is its own parent */

	if (sm->mask & LX_STATMOUNT_SB_BASIC) {
		sm->sb_dev_major = lx_major(m->sb->dev);
		sm->sb_dev_minor = lx_minor(m->sb->dev);
		sm->sb_magic = m->sb->magic;
		sm->sb_flags = m->sb->read_only ? LX_MS_RDONLY : 0;
	}
	if (sm->mask & LX_STATMOUNT_MNT_BASIC) {
		sm->mnt_id = mount_unique_id(m->id);
		sm->mnt_parent_id = mount_unique_id(parent);
		sm->mnt_id_old = (uint32_t)m->id;
		sm->mnt_parent_id_old = (uint32_t)parent;
		sm->mnt_attr = attributes_of(m);
		sm->mnt_propagation = (v->group ? LX_MS_SHARED : 0) |
				      (v->master ? LX_MS_SLAVE : 0) |
				      (v->unbindable ? LX_MS_UNBINDABLE : 0);
		if (!sm->mnt_propagation)
			sm->mnt_propagation = LX_MS_PRIVATE;
		sm->mnt_peer_group = (uint64_t)v->group;
		sm->mnt_master = (uint64_t)v->master;
	}
}

/* Adds s with its NUL; *at is where it begins. */
static void put_string(struct text *tx, uint32_t *at, const char *s)
{
	*at = (uint32_t)tx->len;
	text_put(tx, s, strlen(s) + 1);
}

static void put_options(struct text *tx, uint32_t *at, struct super *sb)
{
	struct text options = { 0 };

	if (sb->ops->show_options)
		sb->ops->show_options(sb, &options);
	put_string(tx, at, options.len ? options.data + 1 : "");
	text_free(&options);
}

static void strings(const struct mount_view *v, const char *place, struct lx_statmount *sm,
		    struct text *tx)
{
	const struct mount *m = v->top.mnt;
	char root[LX_PATH_MAX];

	text_put(tx, "", 1); /* offset 0: the empty string */
	if (sm->mask & LX_STATMOUNT_MNT_ROOT)
		put_string(tx, &sm->mnt_root, vfs_mount_root_text(&v->top, root) ? "/" : root);
	if (sm->mask & LX_STATMOUNT_MNT_POINT)
		put_string(tx, &sm->mnt_point, place);
	if (sm->mask & LX_STATMOUNT_FS_TYPE)
		put_string(tx, &sm->fs_type, m->sb->type->name);
	if (sm->mask & LX_STATMOUNT_SB_SOURCE)
		put_string(tx, &sm->sb_source, m->source);
	if (sm->mask & LX_STATMOUNT_MNT_OPTS)
		put_options(tx, &sm->mnt_opts, m->sb);
}

#define SUPPORTED                                                                 \
	(LX_STATMOUNT_SB_BASIC | LX_STATMOUNT_MNT_BASIC | LX_STATMOUNT_MNT_ROOT | \
	 LX_STATMOUNT_MNT_POINT | LX_STATMOUNT_FS_TYPE | LX_STATMOUNT_MNT_OPTS |  \
	 LX_STATMOUNT_SB_SOURCE | LX_STATMOUNT_SUPPORTED_MASK)

int vfs_statmount(struct task *t, uint64_t id, uint64_t mask, struct lx_statmount *sm,
		  struct text *tx)
{
	char place[LX_PATH_MAX];
	struct mount_view v;
	struct finder s = { id, &v };
	struct path root;
	bool reachable;
	int err = mount_for_each(t->fs->ns, find_one, &s);

	if (err != 1)
		return err ? err : -LX_ENOENT;
	fs_get_root(t->fs, &root);
	reachable = place_text(&v, &root, place);
	path_put(&root);
	err = reachable || mount_may(t) ? 0 : -LX_EPERM;
	if (!err) {
		*sm = (struct lx_statmount){ .mask = mask & SUPPORTED };
		if (!reachable)
			sm->mask &= ~(uint64_t)LX_STATMOUNT_MNT_POINT;
		if (sm->mask & LX_STATMOUNT_SUPPORTED_MASK)
			sm->supported_mask = SUPPORTED;
		basics(&v, sm);
		if (sm->mask & LX_STATMOUNT_STRINGS)
			strings(&v, place, sm, tx);
		err = tx->failed ? -LX_ENOMEM : 0;
	}
	path_put(&v.top);
	return err;
}

/* ---- many ---- */

struct listing {
	const struct path *root;
	struct listed {
		int id, parent;
		bool seen, below;
	} * all;
	uint32_t n, room;
	bool failed;
};

static int add_listed(const struct mount_view *v, void *arg)
{
	struct listing *l = arg;
	char place[LX_PATH_MAX];
	struct listed *p;

	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		p = mem_realloc(l->all, l->room * sizeof(*p));
		l->failed |= !p;
		if (!p)
			return 1;
		l->all = p;
	}
	l->all[l->n++] = (struct listed){ v->top.mnt->id, v->parent_id,
					  place_text(v, l->root, place), false };
	return 0;
}

static int by_id(const void *a, const void *b)
{
	int x = ((const struct listed *)a)->id, y = ((const struct listed *)b)->id;

	return (x > y) - (x < y);
}

static struct listed *of_id(const struct listing *l, int id)
{
	struct listed key = { .id = id };

	return l->n ? bsearch(&key, l->all, l->n, sizeof(key), by_id) : NULL;
}

/* Marks what lies below mount top, itself left out, and returns that; NULL: there is no such mount. */
static const struct listed *mark_below(struct listing *l, uint64_t top)
{
	const struct listed *found = NULL;

	for (uint32_t i = 0; i < l->n; i++) {
		struct listed *x = &l->all[i];

		if (mount_unique_id(x->id) == top) {
			found = x;
			continue;
		}
		for (uint32_t up = 0; x && up <= l->n && !l->all[i].below; up++) {
			l->all[i].below = mount_unique_id(x->parent) == top;
			x = of_id(l, x->parent);
		}
	}
	return found;
}

static int64_t pick(const struct listing *l, bool all, uint64_t last, bool reverse, uint64_t *ids,
		    uint64_t max)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < l->n && n < max; i++) {
		const struct listed *x = &l->all[reverse ? l->n - 1 - i : i];
		uint64_t id = mount_unique_id(x->id);

		if (!x->seen || !(all || x->below))
			continue;
		if (last && (reverse ? id >= last : id <= last))
			continue;
		ids[n++] = id;
	}
	return (int64_t)n;
}

/* 0, -LX_ENOENT, or -LX_EPERM: who does not administer is told of what can be reached only. */
static int64_t below(struct task *t, struct listing *l, uint64_t top)
{
	const struct listed *found = mark_below(l, top);

	if (!found)
		return -LX_ENOENT;
	return found->seen || mount_may(t) ? 0 : -LX_EPERM;
}

int64_t vfs_listmount(struct task *t, uint64_t top, uint64_t last, bool reverse, uint64_t *ids,
		      uint64_t max)
{
	struct listing l = { 0 };
	struct path root;
	int64_t n;

	fs_get_root(t->fs, &root);
	l.root = &root;
	n = mount_for_each(t->fs->ns, add_listed, &l);
	path_put(&root);
	if (n >= 0 && !l.failed && l.n)
		qsort(l.all, l.n, sizeof(*l.all), by_id);
	if (n < 0 || l.failed)
		n = -LX_ENOMEM;
	else
		n = top == LX_LSMT_ROOT ? 0 : below(t, &l, top);
	if (!n)
		n = pick(&l, top == LX_LSMT_ROOT, last, reverse, ids, max);
	mem_free(l.all);
	return n;
}
