/* SPDX-License-Identifier: MIT */
/*
 * dcache.c - the cache of names.
 *
 * A dentry is (parent dentry, name) -> inode. A hashed dentry is reachable by lookup and the cache holds
 * a reference to it; an unhashed one lives as long as somebody uses it (an open file, a working
 * directory). On VolFs each cached directory or link costs a host descriptor, so the cache is
 * bounded: the oldest entry that nobody uses goes first.
 *
 * Truth: before each walk dcache_validate() asks the super's journal. When its number has moved, some
 * cached name may be a lie: the entries of the directories it names are dropped, or all of that super if
 * it cannot name them; only mount points and what is above them stay, because a mount hangs on its dentry.
 * What is below a dropped entry can no longer be reached, and ages. An entry is added only if the journal has not
 * been seen to move since before its lookup, so that no old answer outlives the drop. What lxcore
 * itself renames or removes is corrected precisely, because TmpFs has no other truth than the chain
 * of dentries.
 *
 * Lock: dcache_lock (LR_DCACHE) guards hash, age list, and parent, name, flags of every dentry.
 * References are dropped after it is released, because the last one closes an NT handle.
 */
#include "base/alloc.h"
#include "vfs_impl.h"
#include <string.h>

#define HASH_BITS    10
#define HASH_SIZE    (1u << HASH_BITS)
#define MAX_DENTRIES 2048u /* or a quarter of the descriptors there are, if that is less */

static struct lk dcache_lock = LK_INIT(DCACHE);
static struct list hash[HASH_SIZE];
static struct list lru = LIST_INIT(lru); /* oldest first */
static uint32_t nr_hashed;

static struct list *bucket(const struct dentry *parent, const char *name, size_t len)
{
	uint64_t h = (uint64_t)(uintptr_t)parent * 0x9e3779b97f4a7c15ull;
	struct list *b;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 0x100000001b3ull;
	b = &hash[(h ^ h >> 29) & (HASH_SIZE - 1)];
	if (!b->next)
		list_init(b);
	return b;
}

bool dentry_perm_known(const struct dentry *d)
{
	uint64_t seen = d->perm_seen;

	return d->perm_valid ||
	       (seen && seen == __atomic_load_n(&d->inode->sb->journal_seen, __ATOMIC_ACQUIRE));
}

int dentry_perm_ask(struct dentry *d, struct kstat *st)
{
	struct super *sb = d->inode->sb;
	uint64_t seen = __atomic_load_n(&sb->journal_seen, __ATOMIC_ACQUIRE);
	int err = d->inode->iop->getattr(d->inode, st);

	if (err || !d->inode->told || !sb->ops->journal)
		return err;
	lk_acquire(&dcache_lock);
	if (sb->journal_seen == seen && !d->perm_valid && d->perm_seen != seen) {
		d->mode = st->mode;
		d->uid = st->uid;
		d->gid = st->gid;
		d->acl_none = 0;
		d->perm_seen = seen;
	}
	lk_release(&dcache_lock);
	return 0;
}

static void set_perm(struct dentry *d)
{
	d->mode = d->inode->mode;
	d->uid = d->inode->uid;
	d->gid = d->inode->gid;
	d->acl_none = 0;
	d->perm_valid = true;
}

struct dentry *dentry_alloc(struct dentry *parent, const char *name, size_t len,
			    struct inode *inode)
{
	struct dentry *d = mem_alloc(sizeof(*d) + len + 1);

	if (!d) {
		inode_put(inode);
		return NULL;
	}
	refs_init(&d->refs);
	d->inode = inode;
	d->parent = parent ? dentry_get(parent) : d;
	d->name = (char *)(d + 1);
	memcpy(d->name, name, len);
	list_init(&d->hash_link);
	list_init(&d->lru_link);
	return d;
}

struct dentry *dentry_root(struct inode *inode)
{
	struct dentry *d = dentry_alloc(NULL, "", 0, inode_get(inode));

	if (d && inode->sb->cache_all)
		set_perm(d);
	return d;
}

struct dentry *dentry_get(struct dentry *d)
{
	refs_get(&d->refs);
	return d;
}

/* The name of a renamed dentry no longer fits behind the struct. */
static void free_name(struct dentry *d)
{
	if (d->name != (char *)(d + 1))
		mem_free(d->name);
}

void dentry_put(struct dentry *d)
{
	while (d && refs_put(&d->refs)) {
		struct dentry *parent = d->parent == d ? NULL : d->parent;

		inode_put(d->inode);
		free_name(d);
		mem_free(d);
		d = parent;
	}
}

/* ---- the cache; dcache_lock is held in what follows up to the next line like this ---- */

static void insert(struct dentry *d)
{
	list_add(bucket(d->parent, d->name, strlen(d->name)), &d->hash_link);
	list_add_tail(&lru, &d->lru_link);
	d->hashed = true;
	nr_hashed++;
}

/* Takes d out; the cache's reference goes to the list dead, linked by lru_link. */
static void remove(struct dentry *d, struct list *dead)
{
	list_del(&d->hash_link);
	list_del(&d->lru_link);
	d->hashed = d->perm_valid = false;
	nr_hashed--;
	list_add_tail(dead, &d->lru_link);
}

static struct dentry *find(struct dentry *parent, const char *name, size_t len)
{
	struct list *b = bucket(parent, name, len);
	struct dentry *d;

	list_for_each(d, b, hash_link)
		if (d->parent == parent && !strncmp(d->name, name, len) && !d->name[len])
			return d;
	return NULL;
}

static bool cacheable(const struct dentry *d)
{
	const struct super *sb = d->inode->sb;

	if (sb->cache_all)
		return true;
	return sb->ops->journal && (inode_is_dir(d->inode) || inode_is_link(d->inode));
}

/* The supervisor lives under the same descriptor limit as a guest. */
static uint32_t max_dentries(void)
{
	uint32_t some = pico.DescriptorLimit / 4;

	return some && some < MAX_DENTRIES ? some : MAX_DENTRIES;
}

/* Makes room for one entry. Only the cache's own reference is left on what may go. */
static void shrink(struct list *dead)
{
	struct dentry *d, *tmp;
	int looked = 0;

	if (nr_hashed < max_dentries())
		return;
	list_for_each_safe(d, tmp, &lru, lru_link) {
		if (d->refs.n == 1 && !d->pins) {
			remove(d, dead);
			return;
		}
		if (++looked == 64)
			return;
		list_del(&d->lru_link);
		list_add_tail(&lru, &d->lru_link);
	}
}

/* ---- dcache_lock is not held ---- */

static void put_dead(struct list *dead)
{
	struct dentry *d, *tmp;

	list_for_each_safe(d, tmp, dead, lru_link) {
		list_del(&d->lru_link);
		dentry_put(d);
	}
}

struct dentry *dcache_lookup(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d;

	lk_acquire(&dcache_lock);
	d = find(parent, name, len);
	if (d) {
		dentry_get(d);
		list_del(&d->lru_link);
		list_add_tail(&lru, &d->lru_link);
	}
	lk_release(&dcache_lock);
	return d;
}

struct dentry *dcache_add(struct dentry *d, uint64_t seen)
{
	struct list dead = LIST_INIT(dead);
	struct dentry *old;

	if (!cacheable(d))
		return d;
	lk_acquire(&dcache_lock);
	if (d->inode->sb->journal_seen != seen) {
		lk_release(&dcache_lock);
		return d;
	}
	old = find(d->parent, d->name, strlen(d->name));
	if (old && (old->pins || old->inode->ino == d->inode->ino)) {
		dentry_get(old);
	} else {
		if (old)
			remove(old, &dead);
		old = NULL;
		shrink(&dead);
		set_perm(d);
		insert(dentry_get(d));
	}
	lk_release(&dcache_lock);
	put_dead(&dead);
	if (!old)
		return d;
	dentry_put(d);
	return old;
}

void dcache_pin(struct dentry *d, bool mounted)
{
	struct list dead = LIST_INIT(dead);
	struct dentry *old;

	lk_acquire(&dcache_lock);
	d->mounted += mounted;
	for (struct dentry *p = d;; p = p->parent) {
		p->pins++;
		if (p->parent == p)
			break;
		if (p->hashed || p->unlinked)
			continue;
		/* A dentry that was dropped takes its place again, unless a mount holds another there. */
		old = find(p->parent, p->name, strlen(p->name));
		if (old && old->pins)
			continue;
		if (old)
			remove(old, &dead);
		insert(dentry_get(p));
	}
	lk_release(&dcache_lock);
	put_dead(&dead);
}

void dcache_unpin(struct dentry *d, bool mounted)
{
	lk_acquire(&dcache_lock);
	d->mounted -= mounted;
	for (struct dentry *p = d;; p = p->parent) {
		p->pins--;
		if (p->parent == p)
			break;
	}
	lk_release(&dcache_lock);
}

/* Whether two dentries of one name and one place name one object: dcache_lock is held. */
static bool same_name(const struct dentry *a, const struct dentry *b)
{
	return a->parent->inode->ino == b->parent->inode->ino && !strcmp(a->name, b->name);
}

bool dentry_same(struct dentry *a, struct dentry *b)
{
	struct inode *i = a->inode, *j = b->inode;
	struct kstat si, sj;
	bool same;

	if (a == b)
		return true;
	if (i->sb != j->sb || i->ino != j->ino || i->sb->cache_all)
		return false;
	if (!inode_is_dir(i)) { /* a file may have several names */
		lk_acquire(&dcache_lock);
		same = same_name(a, b);
		lk_release(&dcache_lock);
		if (!same)
			return false;
	}
	/* VolFs shows several file systems of the host, each with its own numbers. */
	return i == j || (!i->iop->getattr(i, &si) && !j->iop->getattr(j, &sj) && si.dev == sj.dev);
}

void dcache_drop(struct dentry *parent, const char *name, bool deleted)
{
	struct list dead = LIST_INIT(dead);
	struct dentry *d;

	lk_acquire(&dcache_lock);
	d = find(parent, name, strlen(name));
	if (d && !d->pins) {
		d->unlinked |= deleted;
		remove(d, &dead);
	}
	lk_release(&dcache_lock);
	put_dead(&dead);
}

/* Gives d a new place; the old parent's reference goes to *old_parent. */
static void move(struct dentry *d, struct dentry *newdir, const char *name,
		 struct dentry **old_parent)
{
	list_del(&d->hash_link);
	*old_parent = d->parent;
	d->parent = dentry_get(newdir);
	free_name(d);
	d->name = (char *)name;
	list_add(bucket(newdir, name, strlen(name)), &d->hash_link);
}

void dcache_rename(struct dentry *olddir, const char *oldname, struct dentry *newdir,
		   const char *newname, bool exchange)
{
	struct list dead = LIST_INIT(dead);
	struct dentry *d, *target, *parents[2] = { NULL, NULL };
	char *name = mem_strdup(newname), *back = exchange ? mem_strdup(oldname) : NULL;

	lk_acquire(&dcache_lock);
	d = find(olddir, oldname, strlen(oldname));
	target = find(newdir, newname, strlen(newname));
	if (target && target != d && !(exchange && back)) {
		target->unlinked |= !exchange;
		remove(target, &dead);
		target = NULL;
	}
	if (target && target != d) {
		move(target, olddir, back, &parents[0]);
		back = NULL;
	}
	if (d && name) {
		move(d, newdir, name, &parents[1]);
		name = NULL;
	} else if (d) {
		remove(d, &dead);
	}
	lk_release(&dcache_lock);
	put_dead(&dead);
	dentry_put(parents[0]);
	dentry_put(parents[1]);
	mem_free(name);
	mem_free(back);
}

void dcache_perm_changed(struct dentry *d)
{
	lk_acquire(&dcache_lock);
	d->perm_valid = false;
	d->perm_seen = 0;
	lk_release(&dcache_lock);
}

static bool concerned(const struct dentry *d, const struct vfs_change *list, int n)
{
	const struct dentry *up = d->parent;

	/* Below what has been dropped: nobody finds it any more. */
	if (!up->hashed && up->parent != up)
		return true;
	for (int i = 0; i < n; i++)
		if (*list[i].name
			    ? up->inode->ino == list[i].inode && !strcmp(d->name, list[i].name)
			    : d->inode->ino == list[i].inode)
			return true;
	return false;
}

/* One round through the cache: how many were dropped. list NULL: all. dcache_lock is held. */
static uint32_t drop_some(struct super *sb, bool pinned_too, const struct vfs_change *list, int n,
			  struct list *dead)
{
	uint32_t before = nr_hashed;
	struct dentry *d, *tmp;

	list_for_each_safe(d, tmp, &lru, lru_link) {
		if (d->inode->sb != sb || (list && !concerned(d, list, n)))
			continue;
		if (d->pins && !pinned_too)
			d->perm_valid = false;
		else
			remove(d, dead);
	}
	return before - nr_hashed;
}

static void drop(struct super *sb, bool pinned_too, uint64_t seen, const struct vfs_change *list,
		 int n)
{
	struct list dead = LIST_INIT(dead);

	lk_acquire(&dcache_lock);
	__atomic_store_n(&sb->journal_seen, seen, __ATOMIC_RELEASE);
	while (drop_some(sb, pinned_too, list, n, &dead) && list)
		continue; /* what is below them now */
	lk_release(&dcache_lock);
	put_dead(&dead);
}

void dcache_validate(struct super *sb)
{
	struct vfs_change *list;
	uint64_t now, seen;
	int n = -LX_ENOSYS;

	if (!sb->ops->journal)
		return;
	now = sb->ops->journal(sb);
	seen = __atomic_load_n(&sb->journal_seen, __ATOMIC_ACQUIRE);
	if (seen == now)
		return;
	TRACE_SCOPE(TR_VFS); /* a moment of its own, not the verb's time */
	list = sb->ops->changes ? mem_alloc(VFS_CHANGES_MAX * sizeof(*list)) : NULL;
	if (list)
		n = sb->ops->changes(sb, seen, &now, list);
	TRACE(TR_VFS, "dcache: %s changed underneath, %s dropped", sb->type->name,
	      n < 0 ? "all cached names" : "the names concerned");
	drop(sb, false, now, n < 0 ? NULL : list, n);
	mem_free(list);
}

/* An inner node goes in the round after its last child. */
bool vfs_reclaim(void)
{
	struct list dead = LIST_INIT(dead);
	struct dentry *d, *tmp;
	bool some = false, more;

	do {
		lk_acquire(&dcache_lock);
		list_for_each_safe(d, tmp, &lru, lru_link)
			if (d->refs.n == 1 && !d->pins && !d->inode->sb->cache_all)
				remove(d, &dead);
		more = !list_empty(&dead);
		lk_release(&dcache_lock);
		put_dead(&dead);
		some |= more;
	} while (more);
	return some;
}

void dcache_purge(struct super *sb)
{
	drop(sb, true, sb->journal_seen, NULL, 0);
}

uint32_t dcache_count(void)
{
	uint32_t n;

	lk_acquire(&dcache_lock);
	n = nr_hashed;
	lk_release(&dcache_lock);
	return n;
}

/* Whether d's place in the chain can be believed. */
static bool trusted(const struct dentry *d)
{
	return d->hashed || d->parent == d || !d->inode->sb->ops->path_of;
}

char *dcache_text(struct dentry *d, char *buf, size_t size, bool *stale)
{
	char *at = buf + size - 1;

	*stale = false;
	*at = '\0';
	lk_acquire(&dcache_lock);
	for (; d->parent != d; d = d->parent) {
		size_t len = strlen(d->name);

		*stale |= !trusted(d);
		if ((size_t)(at - buf) < len + 1) {
			at = NULL;
			break;
		}
		at -= len;
		memcpy(at, d->name, len);
		*--at = '/';
	}
	lk_release(&dcache_lock);
	if (at && !*at && at > buf)
		*--at = '/';
	return at;
}

struct dentry *dentry_parent(struct dentry *d, bool *stale)
{
	struct dentry *parent;

	lk_acquire(&dcache_lock);
	*stale = !trusted(d);
	parent = dentry_get(d->parent);
	lk_release(&dcache_lock);
	return parent;
}

bool dcache_is_above(struct dentry *d, struct dentry *dir)
{
	bool above = false;

	lk_acquire(&dcache_lock);
	for (;; dir = dir->parent) {
		above |= dir == d;
		if (above || dir->parent == dir)
			break;
	}
	lk_release(&dcache_lock);
	return above;
}

bool dcache_object_is_above(const struct kstat *st, struct dentry *dir)
{
	bool above = false;

	lk_acquire(&dcache_lock);
	for (;; dir = dir->parent) {
		above |= dir->inode->ino == st->ino && dir->inode->sb->dev == st->dev;
		if (above || dir->parent == dir)
			break;
	}
	lk_release(&dcache_lock);
	return above;
}

struct inode *dentry_place(struct dentry *d, char name[LX_NAME_MAX + 1])
{
	struct inode *dir = NULL;

	lk_acquire(&dcache_lock);
	if (d->parent != d) {
		dir = inode_get(d->parent->inode);
		strcpy(name, d->name);
	}
	lk_release(&dcache_lock);
	return dir;
}
