/* SPDX-License-Identifier: MIT */
/* socket.c - sockets as files: creation, what read(2), poll(2) and ioctl(2) mean, and the verbs. */
#include "unix.h"
#include "lx/ioctl.h"
#include "lxrun/anon.h"
#include <string.h>

#define FILE_FLAGS (LX_SOCK_CLOEXEC | LX_SOCK_NONBLOCK)

static int64_t plain_message(struct file *f, struct task *t, struct iter *it,
			     int64_t (*fn)(struct unix_sock *, struct task *, struct sock_msg *,
					   bool))
{
	struct sock_msg m = { .it = it };
	int64_t n = fn(f->priv, t, &m, file_nowait(f, it));

	sock_control_put(&m.control);
	return n;
}

static int64_t socket_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return it->left ? plain_message(f, t, it, unix_recv) : 0;
}

static int64_t socket_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return plain_message(f, t, it, unix_send);
}

static uint32_t socket_poll(struct file *f, struct poll_table *pt)
{
	return unix_poll(f->priv, pt);
}

/* Bytes that a read would give. */
static int64_t readable(struct unix_sock *s)
{
	int64_t n;

	lk_acquire(&s->lock);
	if (s->state == SOCK_LISTENING)
		n = -LX_EINVAL;
	else if (s->type == LX_SOCK_STREAM || list_empty(&s->queue))
		n = (int64_t)s->bytes;
	else
		n = list_first(&s->queue, struct unix_msg, link)->len;
	lk_release(&s->lock);
	return n;
}

static int64_t socket_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct unix_sock *s = f->priv;
	int64_t n;
	int32_t value;

	if (cmd == LX_FIONREAD)
		n = readable(s);
	else if (cmd == LX_TIOCOUTQ)
		n = (int64_t)s->charged;
	else
		return -LX_ENOIOCTLCMD;
	if (n < 0)
		return n;
	value = (int32_t)n;
	return guest_copyout(t, GADDR(arg), &value, sizeof(value));
}

static void socket_release(struct file *f)
{
	unix_close(f->priv);
}

static const struct file_ops socket_fop = {
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.release = socket_release,
	.nowait = true,
};

bool socket_is(const struct file *f)
{
	return f->fop == &socket_fop;
}

/* ---- making ---- */

/* /proc/PID/fd/N of a socket cannot be opened. */
static int socket_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return -LX_ENXIO;
}

static const struct inode_ops socket_iop = { .getattr = anon_getattr, .open = socket_open };

/* A file that has s, which is consumed, also on failure. */
static struct file *socket_file(struct task *t, struct unix_sock *s, uint32_t flags)
{
	struct inode *inode = anon_inode(&socket_iop, &socket_fop, 0, LX_S_IFSOCK | 0777);
	struct file *f = inode ? file_alloc(LX_O_RDWR | flags) : NULL;

	if (!f) {
		if (inode)
			inode_put(inode);
		unix_close(s);
		return NULL;
	}
	inode->uid = t->cred->fsuid;
	inode->gid = t->cred->fsgid;
	f->inode = inode;
	f->fop = &socket_fop;
	f->priv = s;
	return f;
}

static int check(int family, uint32_t type, int protocol)
{
	if (type & ~(LX_SOCK_TYPE_MASK | FILE_FLAGS))
		return -LX_EINVAL;
	if (family < 0 || family >= LX_AF_MAX)
		return -LX_EAFNOSUPPORT;
	if ((type & LX_SOCK_TYPE_MASK) > 10)
		return -LX_EINVAL;
	if (family != LX_AF_UNIX)
		return -LX_EAFNOSUPPORT;
	if (protocol && protocol != LX_AF_UNIX)
		return -LX_EPROTONOSUPPORT;
	return 0;
}

/* A raw socket is a datagram socket here, as in Linux. -LX_ESOCKTNOSUPPORT. */
static int new_sock(uint32_t type, struct unix_sock **out)
{
	type &= LX_SOCK_TYPE_MASK;
	if (type == LX_SOCK_RAW)
		type = LX_SOCK_DGRAM;
	if (type != LX_SOCK_STREAM && type != LX_SOCK_DGRAM && type != LX_SOCK_SEQPACKET)
		return -LX_ESOCKTNOSUPPORT;
	*out = unix_new(type);
	return *out ? 0 : -LX_ENOMEM;
}

int socket_create(struct task *t, int family, uint32_t type, int protocol, struct file **out)
{
	struct unix_sock *s;
	int err = check(family, type, protocol);

	if (!err)
		err = new_sock(type, &s);
	if (err)
		return err;
	*out = socket_file(t, s, type & LX_SOCK_NONBLOCK);
	return *out ? 0 : -LX_ENOMEM;
}

int socket_pair(struct task *t, int family, uint32_t type, int protocol, struct file *ends[2])
{
	int err = socket_create(t, family, type, protocol, &ends[0]);

	if (err)
		return err;
	err = socket_create(t, family, type, protocol, &ends[1]);
	if (err) {
		file_put(ends[0]);
		return err;
	}
	return unix_pair(t, ends[0]->priv, ends[1]->priv);
}

/* ---- verbs ---- */

static int sock_of(struct file *f, struct unix_sock **s)
{
	*s = f->priv;
	return socket_is(f) ? 0 : -LX_ENOTSOCK;
}

int socket_bind(struct file *f, struct task *t, const struct sock_addr *addr)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	return err ? err : unix_bind(s, t, addr);
}

int socket_connect(struct file *f, struct task *t, const struct sock_addr *addr)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	return err ? err : unix_connect(s, t, addr, f->flags & LX_O_NONBLOCK);
}

int socket_listen(struct file *f, struct task *t, uint32_t backlog)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	return err ? err : unix_listen(s, t, backlog);
}

int socket_accept(struct file *f, struct task *t, uint32_t flags, struct file **out,
		  struct sock_addr *peer)
{
	struct unix_sock *s, *fresh;
	int err = sock_of(f, &s);

	if (!err && flags & ~FILE_FLAGS)
		err = -LX_EINVAL;
	if (!err)
		err = unix_accept(s, t, f->flags & LX_O_NONBLOCK, &fresh);
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
	struct unix_sock *s, *of;
	int err = sock_of(f, &s);

	if (err)
		return err;
	of = peer ? unix_peer(s) : s;
	if (!of)
		return -LX_ENOTCONN;
	lk_acquire(&of->lock);
	*addr = of->addr;
	lk_release(&of->lock);
	if (peer)
		unix_put(of);
	if (!addr->len) {
		addr->len = sizeof(addr->sa.family);
		addr->sa.family = LX_AF_UNIX;
	}
	return 0;
}

int socket_shutdown(struct file *f, int how)
{
	static const uint32_t bits[] = { SHUT_RECV, SHUT_SEND, SHUT_BOTH };
	struct unix_sock *s;
	int err = sock_of(f, &s);

	if (!err && (how < 0 || how > LX_SHUT_RDWR))
		err = -LX_EINVAL;
	if (!err)
		unix_shutdown(s, bits[how]);
	return err;
}

static bool nonblock(const struct file *f, const struct sock_msg *m)
{
	return f->flags & LX_O_NONBLOCK || m->flags & LX_MSG_DONTWAIT;
}

int64_t socket_send(struct file *f, struct task *t, struct sock_msg *m)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	return err ? err : unix_send(s, t, m, nonblock(f, m));
}

int64_t socket_recv(struct file *f, struct task *t, struct sock_msg *m)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	return err ? err : unix_recv(s, t, m, nonblock(f, m));
}

int socket_set_option(struct file *f, struct task *t, int level, int option, const void *value,
		      uint32_t len)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	if (!err && level != LX_SOL_SOCKET)
		err = -LX_EOPNOTSUPP;
	return err ? err : unix_set_option(s, t, option, value, len);
}

int socket_get_option(struct file *f, struct task *t, int level, int option, void *value,
		      uint32_t *len)
{
	struct unix_sock *s;
	int err = sock_of(f, &s);

	if (!err && level != LX_SOL_SOCKET)
		err = -LX_EOPNOTSUPP;
	return err ? err : unix_get_option(s, option, value, len);
}
