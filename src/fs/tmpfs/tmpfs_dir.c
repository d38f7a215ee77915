/* SPDX-License-Identifier: MIT */
/*
 * tmpfs_dir.c - directories of TmpFs: a list in order of making, which gives getdents stable places
 * while entries come and go, and a hash by name once there are more than a few.
 * The super's lock guards all of it; inodes are put after it.
 */
#include "tmpfs.h"
#include <string.h>

#define HASH_FROM 16u

static uint32_t hash_of(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h;
}

/* ---- entries; the super's lock is held ---- */

static struct tmpfs_entry *find(struct tmpfs_node *dir, const char *name)
{
	uint32_t h = hash_of(name);
	struct tmpfs_entry *e;

	if (dir->buckets) {
		list_for_each(e, &dir->buckets[h & (dir->nr_buckets - 1)], hash_link)
			if (e->hash == h && !strcmp(e->name, name))
				return e;
		return NULL;
	}
	list_for_each(e, &dir->entries, link)
		if (e->hash == h && !strcmp(e->name, name))
			return e;
	return NULL;
}

/* A larger hash; without memory the old one serves on. */
static void rehash(struct tmpfs_node *dir)
{
	uint32_t n = dir->nr_buckets ? dir->nr_buckets * 4 : 64;
	struct list *buckets = mem_alloc(n * sizeof(*buckets));
	struct tmpfs_entry *e;

	if (!buckets)
		return;
	for (uint32_t i = 0; i < n; i++)
		list_init(&buckets[i]);
	list_for_each(e, &dir->entries, link) {
		list_del(&e->hash_link);
		list_add(&buckets[e->hash & (n - 1)], &e->hash_link);
	}
	mem_free(dir->buckets);
	dir->buckets = buckets;
	dir->nr_buckets = n;
}

static void touch(struct tmpfs_node *node)
{
	node->mtime = node->ctime = vfs_now();
}

static void add(struct inode *dir, struct tmpfs_entry *e)
{
	struct tmpfs_node *node = tmpfs_node_of(dir);

	e->cookie = node->next_cookie++;
	list_add_tail(&node->entries, &e->link);
	node->nr_entries++;
	if (node->nr_entries >= HASH_FROM && node->nr_entries >= node->nr_buckets * 2)
		rehash(node); /* puts e in, too */
	else if (node->buckets)
		list_add(&node->buckets[e->hash & (node->nr_buckets - 1)], &e->hash_link);
	if (LX_S_ISDIR(e->inode->mode)) {
		node->nlink++;
		tmpfs_node_of(e->inode)->parent = dir;
	}
	touch(node);
}

static void take_out(struct inode *dir, struct tmpfs_entry *e)
{
	struct tmpfs_node *node = tmpfs_node_of(dir);

	list_del(&e->link);
	list_del(&e->hash_link);
	node->nr_entries--;
	if (LX_S_ISDIR(e->inode->mode))
		node->nlink--;
	touch(node);
}

/* The entry's object has lost this name. */
static void drop_link(struct inode *inode)
{
	struct tmpfs_node *node = tmpfs_node_of(inode);

	node->ctime = vfs_now();
	if (LX_S_ISDIR(inode->mode)) {
		node->nlink = 0;
		node->parent = NULL;
	} else {
		node->nlink--;
	}
}

static bool is_removed(const struct inode *dir)
{
	return tmpfs_node_of(dir)->nlink == 0;
}

/* Whether inode is dir or above it. */
static bool is_above(const struct inode *inode, const struct inode *dir)
{
	for (;; dir = tmpfs_node_of(dir)->parent) {
		if (dir == inode)
			return true;
		if (!dir || tmpfs_node_of(dir)->parent == dir)
			return false;
	}
}

/* ---- the lock is not held ---- */

static struct tmpfs_entry *entry_new(const char *name, struct inode *inode)
{
	struct tmpfs_entry *e = mem_alloc(sizeof(*e) + strlen(name) + 1);

	if (!e)
		return NULL;
	list_init(&e->link);
	list_init(&e->hash_link);
	e->inode = inode;
	e->hash = hash_of(name);
	strcpy(e->name, name);
	return e;
}

static void entry_free(struct tmpfs_entry *e)
{
	if (!e)
		return;
	inode_put(e->inode);
	mem_free(e);
}

/* Enters inode (consumed) as name. */
static int enter(struct inode *dir, const char *name, struct inode *inode)
{
	struct tmpfs_entry *e = entry_new(name, inode);
	int err = 0;

	if (!e) {
		inode_put(inode);
		return -LX_ENOMEM;
	}
	tmpfs_lock(dir);
	if (is_removed(dir))
		err = -LX_ENOENT;
	else if (find(tmpfs_node_of(dir), name))
		err = -LX_EEXIST;
	else
		add(dir, e);
	tmpfs_unlock(dir);
	if (err)
		entry_free(e);
	return err;
}

int tmpfs_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct tmpfs_entry *e;

	tmpfs_lock(dir);
	e = find(tmpfs_node_of(dir), name);
	if (e)
		*out = inode_get(e->inode);
	tmpfs_unlock(dir);
	return e ? 0 : -LX_ENOENT;
}

/* A set-group-id directory gives its group to what is made in it. */
static struct create_attr inherit(const struct inode *dir, const struct create_attr *attr)
{
	struct create_attr own = *attr;

	if (dir->mode & LX_S_ISGID) {
		own.gid = dir->gid;
		if (LX_S_ISDIR(own.mode))
			own.mode |= LX_S_ISGID;
	}
	return own;
}

/* Returns a reference to a new inode, with the lists it inherits. */
static int make(struct inode *dir, const struct create_attr *attr, struct inode **out)
{
	int err = tmpfs_inode(dir->sb, attr, out);

	if (err)
		return err;
	err = tmpfs_keep_acls(*out, attr);
	if (err)
		inode_put(*out);
	return err;
}

int tmpfs_create(struct inode *dir, const char *name, const struct create_attr *attr,
		 struct inode **out)
{
	struct create_attr own = inherit(dir, attr);
	struct inode *inode;
	int err = make(dir, &own, &inode);

	if (err)
		return err;
	inode_get(inode);
	err = enter(dir, name, inode);
	if (err)
		inode_put(inode);
	else
		*out = inode;
	return err;
}

int tmpfs_tmpfile(struct inode *dir, const struct create_attr *attr, struct inode **out)
{
	struct create_attr own = inherit(dir, attr);
	int err = make(dir, &own, out);

	if (!err) {
		tmpfs_node_of(*out)->nlink = 0;
		tmpfs_node_of(*out)->linkable = true;
	}
	return err;
}

int tmpfs_mknod(struct inode *dir, const char *name, const struct create_attr *attr)
{
	struct inode *inode;
	int err = tmpfs_create(dir, name, attr, &inode);

	if (!err)
		inode_put(inode);
	return err;
}

int tmpfs_symlink(struct inode *dir, const char *name, const char *target,
		  const struct create_attr *attr)
{
	struct create_attr own = inherit(dir, attr);
	struct inode *inode;
	int err = tmpfs_inode(dir->sb, &own, &inode);

	if (err)
		return err;
	tmpfs_node_of(inode)->target = mem_strdup(target);
	if (!tmpfs_node_of(inode)->target) {
		inode_put(inode);
		return -LX_ENOMEM;
	}
	return enter(dir, name, inode);
}

int tmpfs_link(struct inode *inode, struct inode *dir, const char *name)
{
	struct tmpfs_node *node = tmpfs_node_of(inode);
	int err;

	tmpfs_lock(dir);
	/* A file whose last name is gone gets no new one; one that never had a name may. */
	err = node->nlink || node->linkable ? 0 : -LX_ENOENT;
	if (!err)
		node->nlink++;
	tmpfs_unlock(dir);
	if (err)
		return err;
	err = enter(dir, name, inode_get(inode));
	tmpfs_lock(dir);
	if (err)
		node->nlink--;
	else {
		node->ctime = vfs_now();
		node->linkable = false;
	}
	tmpfs_unlock(dir);
	return err;
}

static int remove_entry(struct inode *dir, const char *name, bool is_dir)
{
	struct tmpfs_entry *e;
	int err = 0;

	tmpfs_lock(dir);
	e = find(tmpfs_node_of(dir), name);
	if (!e)
		err = -LX_ENOENT;
	else if (is_dir && !LX_S_ISDIR(e->inode->mode))
		err = -LX_ENOTDIR;
	else if (!is_dir && LX_S_ISDIR(e->inode->mode))
		err = -LX_EISDIR;
	else if (is_dir && tmpfs_node_of(e->inode)->nr_entries)
		err = -LX_ENOTEMPTY;
	if (!err) {
		take_out(dir, e);
		drop_link(e->inode);
	}
	tmpfs_unlock(dir);
	if (!err)
		entry_free(e);
	return err;
}

int tmpfs_unlink(struct inode *dir, const char *name)
{
	return remove_entry(dir, name, false);
}

int tmpfs_rmdir(struct inode *dir, const char *name)
{
	return remove_entry(dir, name, true);
}

/* ---- rename; the lock is held in the first two ---- */

static int check_rename(struct inode *olddir, struct tmpfs_entry *from, struct inode *newdir,
			struct tmpfs_entry *to, uint32_t flags)
{
	bool dir;

	if (!from || ((flags & LX_RENAME_EXCHANGE) && !to))
		return -LX_ENOENT;
	if (is_removed(newdir))
		return -LX_ENOENT;
	if (to && (flags & LX_RENAME_NOREPLACE))
		return -LX_EEXIST;
	dir = LX_S_ISDIR(from->inode->mode);
	if (dir && is_above(from->inode, newdir))
		return -LX_EINVAL;
	if (!to)
		return 0;
	if (flags & LX_RENAME_EXCHANGE)
		return LX_S_ISDIR(to->inode->mode) && is_above(to->inode, olddir) ? -LX_EINVAL : 0;
	if (LX_S_ISDIR(to->inode->mode) && is_above(to->inode, olddir))
		return -LX_ENOTEMPTY;
	if (dir != LX_S_ISDIR(to->inode->mode))
		return dir ? -LX_ENOTDIR : -LX_EISDIR;
	return dir && tmpfs_node_of(to->inode)->nr_entries ? -LX_ENOTEMPTY : 0;
}

static void exchange(struct inode *olddir, struct tmpfs_entry *from, struct inode *newdir,
		     struct tmpfs_entry *to)
{
	struct inode *inode = from->inode;

	take_out(olddir, from);
	take_out(newdir, to);
	from->inode = to->inode;
	to->inode = inode;
	add(olddir, from);
	add(newdir, to);
	tmpfs_node_of(from->inode)->ctime = tmpfs_node_of(to->inode)->ctime = vfs_now();
}

int tmpfs_rename(struct inode *olddir, const char *oldname, struct inode *newdir,
		 const char *newname, uint32_t flags)
{
	struct tmpfs_entry *e = entry_new(newname, NULL), *from, *to, *gone = NULL;
	int err;

	if (!e)
		return -LX_ENOMEM;
	tmpfs_lock(olddir);
	from = find(tmpfs_node_of(olddir), oldname);
	to = find(tmpfs_node_of(newdir), newname);
	err = check_rename(olddir, from, newdir, to, flags);
	if (err || (to && to->inode == from->inode))
		goto out;
	if (flags & LX_RENAME_EXCHANGE) {
		exchange(olddir, from, newdir, to);
		goto out;
	}
	if (to) {
		take_out(newdir, to);
		drop_link(to->inode);
		gone = to;
	}
	take_out(olddir, from);
	e->inode = from->inode;
	from->inode = NULL;
	tmpfs_node_of(e->inode)->ctime = vfs_now();
	add(newdir, e);
	e = from;
out:
	tmpfs_unlock(olddir);
	entry_free(gone);
	entry_free(e);
	return err;
}

/* ---- listing ---- */

static int emit_dots(struct inode *dir, struct dir_sink *sink, int64_t *pos)
{
	struct inode *parent;
	uint64_t up;

	if (*pos == 0) {
		if (sink->emit(sink, ".", 1, dir->ino, LX_DT_DIR, 1))
			return 1;
		*pos = 1;
	}
	if (*pos == 1) {
		tmpfs_lock(dir);
		parent = tmpfs_node_of(dir)->parent;
		up = parent ? parent->ino : dir->ino;
		tmpfs_unlock(dir);
		if (sink->emit(sink, "..", 2, up, LX_DT_DIR, 2))
			return 1;
		*pos = 2;
	}
	return 0;
}

int tmpfs_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	struct tmpfs_node *node = tmpfs_node_of(f->inode);
	struct tmpfs_entry *e;

	if (emit_dots(f->inode, sink, pos))
		return 0;
	tmpfs_lock(f->inode);
	list_for_each(e, &node->entries, link) {
		if (e->cookie < *pos)
			continue;
		if (sink->emit(sink, e->name, (uint32_t)strlen(e->name), e->inode->ino,
			       (uint8_t)((e->inode->mode & LX_S_IFMT) >> 12), e->cookie + 1))
			break;
		*pos = e->cookie + 1;
	}
	tmpfs_unlock(f->inode);
	return 0;
}
