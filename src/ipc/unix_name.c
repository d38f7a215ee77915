/* SPDX-License-Identifier: MIT */
/*
 * unix_name.c - names of sockets: nodes of a file system, found by what they are (device and inode
 * number), and abstract names. A bound path is held, so that its inode number stays its own.
 */
#include "unix.h"
#include <stdio.h>
#include <string.h>

#define NAME_OFFSET offsetof(struct lx_sockaddr, data)

static struct lk names_lock = LK_INIT(DCACHE);
static struct list names = LIST_INIT(names); /* every bound socket, by name_link */
static uint32_t next_auto;                   /* names_lock */

static bool is_abstract(const struct sock_addr *a)
{
	return a->len > NAME_OFFSET && !a->sa.data[0];
}

int unix_check_addr(const struct sock_addr *addr)
{
	if (addr->len <= NAME_OFFSET || addr->len > NAME_OFFSET + LX_UNIX_PATH_MAX ||
	    addr->sa.family != LX_AF_UNIX)
		return -LX_EINVAL;
	return 0;
}

/* names_lock is held. */
static struct unix_sock *find_abstract(const struct sock_addr *a)
{
	struct unix_sock *s;

	list_for_each(s, &names, name_link)
		if (!s->path.dentry && s->addr.len == a->len &&
		    !memcmp(s->addr.sa.data, a->sa.data, a->len - NAME_OFFSET))
			return s;
	return NULL;
}

static struct unix_sock *find_node(uint64_t dev, uint64_t ino)
{
	struct unix_sock *s;

	list_for_each(s, &names, name_link)
		if (s->path.dentry && s->ino == ino && s->dev == dev)
			return s;
	return NULL;
}

/* A path is up to 108 bytes with or without a NUL. */
static void path_of(const struct sock_addr *addr, char path[LX_UNIX_PATH_MAX + 1])
{
	uint32_t n = addr->len - NAME_OFFSET;

	memcpy(path, addr->sa.data, n);
	path[n] = 0;
}

/* The node at addr: references in *out, what it is in *st. */
static int walk(struct task *t, const struct sock_addr *addr, struct path *out, struct kstat *st)
{
	char path[LX_UNIX_PATH_MAX + 1];
	int err;

	path_of(addr, path);
	err = vfs_walk(t, LX_AT_FDCWD, path, WALK_FOLLOW, out);
	if (err)
		return err;
	err = out->dentry->inode->iop->getattr(out->dentry->inode, st);
	if (err)
		path_put(out);
	return err;
}

int unix_find(struct task *t, const struct sock_addr *addr, struct unix_sock **out)
{
	struct path p = { 0 };
	struct kstat st = { 0 };
	int err = 0;

	if (!is_abstract(addr)) {
		err = walk(t, addr, &p, &st);
		if (err)
			return err;
		err = vfs_permission(p.dentry->inode, t->cred, LX_W_OK);
		if (!err && !LX_S_ISSOCK(st.mode))
			err = -LX_ECONNREFUSED;
	}
	if (!err) {
		lk_acquire(&names_lock);
		*out = p.dentry ? find_node(st.dev, st.ino) : find_abstract(addr);
		if (!*out || !refs_get_live(&(*out)->refs))
			err = -LX_ECONNREFUSED;
		lk_release(&names_lock);
	}
	if (p.dentry)
		path_put(&p);
	return err;
}

/* s takes the name, unless it has one. names_lock is held. */
static int take_name(struct unix_sock *s, const struct sock_addr *addr)
{
	if (!list_empty(&s->name_link))
		return -LX_EINVAL;
	lk_acquire(&s->lock);
	s->addr = *addr;
	lk_release(&s->lock);
	list_add_tail(&names, &s->name_link);
	return 0;
}

static int bind_abstract(struct unix_sock *s, const struct sock_addr *addr)
{
	int err;

	lk_acquire(&names_lock);
	err = find_abstract(addr) ? -LX_EADDRINUSE : take_name(s, addr);
	lk_release(&names_lock);
	return err;
}

int unix_autobind(struct unix_sock *s)
{
	struct sock_addr a = { .len = NAME_OFFSET + 6, .sa.family = LX_AF_UNIX };
	char number[6];
	int err;

	lk_acquire(&names_lock);
	if (!list_empty(&s->name_link)) {
		lk_release(&names_lock);
		return 0;
	}
	do {
		snprintf(number, sizeof(number), "%05x", next_auto++ & 0xfffff);
		memcpy(a.sa.data + 1, number, 5);
	} while (find_abstract(&a));
	err = take_name(s, &a);
	lk_release(&names_lock);
	return err;
}

static int bind_path(struct unix_sock *s, struct task *t, const struct sock_addr *addr)
{
	char path[LX_UNIX_PATH_MAX + 1];
	struct sock_addr a = *addr;
	struct kstat st;
	struct path p;
	int err;

	path_of(addr, path);
	err = vfs_mknodat(t, LX_AT_FDCWD, path, LX_S_IFSOCK | (0777 & ~t->fs->umask), 0);
	if (err)
		return err == -LX_EEXIST ? -LX_EADDRINUSE : err;
	a.len = NAME_OFFSET + (uint32_t)strlen(path) + 1;
	a.sa.data[a.len - NAME_OFFSET - 1] = 0;
	err = walk(t, addr, &p, &st);
	if (!err) {
		lk_acquire(&names_lock);
		err = take_name(s, &a);
		if (!err) {
			s->path = p;
			s->dev = st.dev;
			s->ino = st.ino;
		}
		lk_release(&names_lock);
		if (err)
			path_put(&p);
	}
	if (err)
		vfs_unlinkat(t, LX_AT_FDCWD, path, 0);
	return err;
}

int unix_bind(struct unix_sock *s, struct task *t, const struct sock_addr *addr)
{
	int err;

	if (addr->len == NAME_OFFSET && addr->sa.family == LX_AF_UNIX)
		return unix_autobind(s);
	err = unix_check_addr(addr);
	if (err)
		return err;
	return is_abstract(addr) ? bind_abstract(s, addr) : bind_path(s, t, addr);
}

void unix_unbind(struct unix_sock *s)
{
	struct path p;

	lk_acquire(&names_lock);
	list_del(&s->name_link);
	p = s->path;
	s->path = (struct path){ NULL, NULL };
	lk_release(&names_lock);
	if (p.dentry)
		path_put(&p);
}
