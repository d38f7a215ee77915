/* SPDX-License-Identifier: MIT */
/* unix_family.c - AF_UNIX as one of the families of sock.h. */
#include "unix.h"
#include "lx/ioctl.h"

static int create(struct task *t, uint32_t type, int protocol, struct sock **out)
{
	struct unix_sock *s;

	if (protocol && protocol != LX_AF_UNIX)
		return -LX_EPROTONOSUPPORT;
	if (type == LX_SOCK_RAW) /* a datagram socket, as in Linux */
		type = LX_SOCK_DGRAM;
	if (type != LX_SOCK_STREAM && type != LX_SOCK_DGRAM && type != LX_SOCK_SEQPACKET)
		return -LX_ESOCKTNOSUPPORT;
	s = unix_new(type);
	if (!s)
		return -LX_ENOMEM;
	*out = &s->base;
	return 0;
}

static void close_it(struct sock *s)
{
	unix_close(unix_of(s));
}

static int pair(struct task *t, struct sock *a, struct sock *b)
{
	return unix_pair(t, unix_of(a), unix_of(b));
}

static int bind_it(struct sock *s, struct task *t, const struct sock_addr *addr)
{
	return unix_bind(unix_of(s), t, addr);
}

static int connect_it(struct sock *s, struct task *t, const struct sock_addr *addr, bool nonblock)
{
	return unix_connect(unix_of(s), t, addr, nonblock);
}

static int listen_it(struct sock *s, struct task *t, uint32_t backlog)
{
	return unix_listen(unix_of(s), t, backlog);
}

static int accept_it(struct sock *s, struct task *t, bool nonblock, struct sock **out)
{
	struct unix_sock *fresh;
	int err = unix_accept(unix_of(s), t, nonblock, &fresh);

	if (!err)
		*out = &fresh->base;
	return err;
}

static int name(struct sock *sock, bool peer, struct sock_addr *addr)
{
	struct unix_sock *s = unix_of(sock), *of = peer ? unix_peer(s) : s;

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

static int shutdown_it(struct sock *s, uint32_t how)
{
	unix_shutdown(unix_of(s), how);
	return 0;
}

static int64_t send_it(struct sock *s, struct task *t, struct sock_msg *m, bool nonblock)
{
	return unix_send(unix_of(s), t, m, nonblock);
}

static int64_t recv_it(struct sock *s, struct task *t, struct sock_msg *m, bool nonblock)
{
	return unix_recv(unix_of(s), t, m, nonblock);
}

static uint32_t poll_it(struct sock *s, struct poll_table *pt)
{
	return unix_poll(unix_of(s), pt);
}

static struct async_list *async_it(struct sock *s)
{
	return &unix_of(s)->async;
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

static int64_t ioctl_it(struct sock *sock, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct unix_sock *s = unix_of(sock);
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

static int set_option(struct sock *s, struct task *t, int level, int option, const void *value,
		      uint32_t len)
{
	return level == LX_SOL_SOCKET ? unix_set_option(unix_of(s), t, option, value, len)
				      : -LX_EOPNOTSUPP;
}

static int get_option(struct sock *s, struct task *t, int level, int option, void *value,
		      uint32_t *len)
{
	return level == LX_SOL_SOCKET ? unix_get_option(unix_of(s), option, value, len)
				      : -LX_EOPNOTSUPP;
}

const struct sock_family unix_family = {
	.family = LX_AF_UNIX,
	.create = create,
	.close = close_it,
	.pair = pair,
	.bind = bind_it,
	.connect = connect_it,
	.listen = listen_it,
	.accept = accept_it,
	.name = name,
	.shutdown = shutdown_it,
	.send = send_it,
	.recv = recv_it,
	.poll = poll_it,
	.ioctl = ioctl_it,
	.async = async_it,
	.set_option = set_option,
	.get_option = get_option,
};
