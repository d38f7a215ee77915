/* SPDX-License-Identifier: MIT */
/*
 * socket.c - sockets as files: creation, what read(2), poll(2) and ioctl(2) mean, and the verbs, each led
 * to the socket's family.
 */
#include "netif.h"
#include "base/alloc.h"
#include "lx/ioctl.h"
#include "lxrun/anon.h"
#include "nt/ke.h"
#include <string.h>

#define FILE_FLAGS (LX_SOCK_CLOEXEC | LX_SOCK_NONBLOCK)

static const struct sock_family *const families[] = { &unix_family, &inet_family, &inet6_family,
						      &netlink_family };

static const struct sock_family *family_of(int number)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i]->family == number)
			return families[i];
	return NULL;
}

/* ---- the file ---- */

static int64_t plain_message(struct file *f, struct task *t, struct iter *it, bool send)
{
	struct sock_msg m = { .it = it, .flags = it->nowait ? LX_MSG_DONTWAIT : 0 };
	int64_t n = send ? socket_send(f, t, &m) : socket_recv(f, t, &m);

	sock_control_put(&m.control);
	return n;
}

static int64_t socket_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return it->left ? plain_message(f, t, it, false) : 0;
}

static int64_t socket_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return plain_message(f, t, it, true);
}

static uint32_t socket_poll(struct file *f, struct poll_table *pt)
{
	struct sock *s = f->priv;

	return s->family->poll(s, pt);
}

static int64_t socket_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct sock *s = f->priv;
	int64_t n = s->family->ioctl ? s->family->ioctl(s, t, cmd, arg) : -LX_ENOIOCTLCMD;

	return n == -LX_ENOIOCTLCMD ? netif_ioctl(t, cmd, arg) : n;
}

static struct async_list *socket_async(struct file *f)
{
	struct sock *s = f->priv;

	return s->family->async ? s->family->async(s) : NULL;
}

static void socket_release(struct file *f)
{
	struct sock *s = f->priv;

	s->family->close(s);
}

static const struct file_ops socket_fop = {
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.release = socket_release,
	.nowait = true,
	.async = socket_async,
};

bool socket_is(const struct file *f)
{
	return f->fop == &socket_fop;
}

struct sock *sock_of(const struct file *f)
{
	return socket_is(f) ? f->priv : NULL;
}

/* ---- making ---- */

/* /proc/PID/fd/N of a socket cannot be opened. */
static int socket_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return -LX_ENXIO;
}

static const struct inode_ops socket_iop = { .getattr = anon_getattr, .open = socket_open };

/* A file that has s, which is consumed, also on failure. */
static struct file *socket_file(struct task *t, struct sock *s, uint32_t flags)
{
	struct inode *inode = anon_inode(&socket_iop, &socket_fop, s->ino, LX_S_IFSOCK | 0777);
	struct file *f = inode ? file_alloc(LX_O_RDWR | flags) : NULL;

	if (!f) {
		if (inode)
			inode_put(inode);
		s->family->close(s);
		return NULL;
	}
	s->ino = inode->ino;
	inode->uid = t->cred->fsuid;
	inode->gid = t->cred->fsgid;
	f->inode = inode;
	f->fop = &socket_fop;
	f->priv = s;
	return f;
}

static int check(int family, uint32_t type)
{
	if (type & ~(LX_SOCK_TYPE_MASK | FILE_FLAGS))
		return -LX_EINVAL;
	if (family < 0 || family >= LX_AF_MAX)
		return -LX_EAFNOSUPPORT;
	if ((type & LX_SOCK_TYPE_MASK) > 10)
		return -LX_EINVAL;
	return family_of(family) ? 0 : -LX_EAFNOSUPPORT;
}

int socket_create(struct task *t, int family, uint32_t type, int protocol, struct file **out)
{
	struct sock *s;
	int err = check(family, type);

	if (!err)
		err = family_of(family)->create(t, type & LX_SOCK_TYPE_MASK, protocol, &s);
	if (err)
		return err;
	*out = socket_file(t, s, type & LX_SOCK_NONBLOCK);
	return *out ? 0 : -LX_ENOMEM;
}

int socket_pair(struct task *t, int family, uint32_t type, int protocol, struct file *ends[2])
{
	struct sock *a;
	int err = socket_create(t, family, type, protocol, &ends[0]);

	if (err)
		return err;
	err = socket_create(t, family, type, protocol, &ends[1]);
	if (err) {
		file_put(ends[0]);
		return err;
	}
	a = ends[0]->priv;
	err = a->family->pair ? a->family->pair(t, a, ends[1]->priv) : -LX_EOPNOTSUPP;
	if (err) {
		file_put(ends[0]);
		file_put(ends[1]);
	}
	return err;
}

/* ---- verbs ---- */

/* What a verb begins with: the socket of f and that its family has such a verb. */
#define VERB(f, s, verb)             \
	struct sock *s = sock_of(f); \
                                     \
	if (!s)                      \
		return -LX_ENOTSOCK; \
	if (!s->family->verb)        \
	return -LX_EOPNOTSUPP

int socket_bind(struct file *f, struct task *t, const struct sock_addr *addr)
{
	VERB(f, s, bind);
	return s->family->bind(s, t, addr);
}

int socket_connect(struct file *f, struct task *t, const struct sock_addr *addr)
{
	VERB(f, s, connect);
	return s->family->connect(s, t, addr, f->flags & LX_O_NONBLOCK);
}

int socket_listen(struct file *f, struct task *t, uint32_t backlog)
{
	VERB(f, s, listen);
	return s->family->listen(s, t, backlog);
}

int socket_accept(struct file *f, struct task *t, uint32_t flags, struct file **out,
		  struct sock_addr *peer)
{
	struct sock *fresh;
	int err;

	VERB(f, s, accept);
	if (flags & ~FILE_FLAGS)
		return -LX_EINVAL;
	err = s->family->accept(s, t, f->flags & LX_O_NONBLOCK, &fresh);
	if (err)
		return err;
	*out = socket_file(t, fresh, flags & LX_SOCK_NONBLOCK);
	if (!*out)
		return -LX_ENOMEM;
	if (socket_name(*out, true, peer)) /* its peer has gone meanwhile */
		peer->len = 0;
	return 0;
}

int socket_name(struct file *f, bool peer, struct sock_addr *addr)
{
	VERB(f, s, name);
	return s->family->name(s, peer, addr);
}

int socket_shutdown(struct file *f, int how)
{
	static const uint32_t bits[] = { SHUT_RECV, SHUT_SEND, SHUT_BOTH };

	VERB(f, s, shutdown);
	if (how < 0 || how > LX_SHUT_RDWR)
		return -LX_EINVAL;
	return s->family->shutdown(s, bits[how]);
}

static bool nonblock(const struct file *f, const struct sock_msg *m)
{
	return f->flags & LX_O_NONBLOCK || m->flags & LX_MSG_DONTWAIT;
}

int64_t socket_send(struct file *f, struct task *t, struct sock_msg *m)
{
	VERB(f, s, send);
	return s->family->send(s, t, m, nonblock(f, m));
}

int64_t socket_recv(struct file *f, struct task *t, struct sock_msg *m)
{
	VERB(f, s, recv);
	return s->family->recv(s, t, m, nonblock(f, m));
}

int socket_set_option(struct file *f, struct task *t, int level, int option, const void *value,
		      uint32_t len)
{
	VERB(f, s, set_option);
	return s->family->set_option(s, t, level, option, value, len);
}

int socket_get_option(struct file *f, struct task *t, int level, int option, void *value,
		      uint32_t *len)
{
	VERB(f, s, get_option);
	return s->family->get_option(s, t, level, option, value, len);
}

/* ---- for the families ---- */

void sock_control_put(struct sock_control *c)
{
	for (uint32_t i = 0; i < c->nr_files; i++)
		file_put(c->files[i]);
	mem_free(c->files);
	mem_free(c->list);
	*c = (struct sock_control){ 0 };
}

uint64_t sock_deadline(struct lx_timeval timeo)
{
	if (!timeo.tv_sec && !timeo.tv_usec)
		return WAIT_FOREVER;
	return KeQueryMonotonicNs() + (uint64_t)timeo.tv_sec * 1000000000 +
	       (uint64_t)timeo.tv_usec * 1000;
}

int sock_set_timeout(struct lx_timeval *timeo, const void *value, uint32_t len)
{
	struct lx_timeval tv;

	if (len < sizeof(tv))
		return -LX_EINVAL;
	memcpy(&tv, value, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -LX_EDOM;
	if (tv.tv_sec < 0) /* at once, in Linux as well */
		tv = (struct lx_timeval){ 0, 1 };
	if (tv.tv_sec > INT32_MAX)
		tv = (struct lx_timeval){ 0, 0 };
	*timeo = tv;
	return 0;
}

void sock_give(const void *from, uint32_t size, void *value, uint32_t *len)
{
	if (*len > size)
		*len = size;
	memcpy(value, from, *len);
}

int sock_wait(struct task *t, struct waitq *q, uint64_t deadline, bool nonblock,
	      int64_t (*attempt)(void *arg), void *arg)
{
	int err = (int)task_attempt(t, q, deadline, nonblock, attempt, arg);

	return err == -LX_ERESTARTSYS && deadline != WAIT_FOREVER ? -LX_EINTR : err;
}
