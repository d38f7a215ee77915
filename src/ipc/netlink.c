/* SPDX-License-Identifier: MIT */
/*
 * netlink.c - AF_NETLINK (netlink(7)): sockets that talk to the kernel, which is lxcore. NETLINK_ROUTE answers
 * questions (netlink_route.c); NETLINK_KOBJECT_UEVENT can be made and bound, and nothing ever comes.
 *
 * A request is answered while it is sent: the datagrams wait in the socket's queue. Lock: s->lock
 * (LR_INODE); answers are made without.
 */
#include "netlink.h"
#include "base/alloc.h"
#include "lx/ioctl.h"
#include <string.h>

#define SEND_MAX  65536u
#define QUEUE_MAX 4096u /* datagrams */
#define BUFFER    212992

struct netlink_sock {
	struct sock base;
	uint32_t type;
	int protocol;
	struct waitq wq;
	struct lk lock; /* guards: */
	struct list queue;
	uint32_t queued, portid, groups;
	uint32_t options;   /* a bit for each of SOL_NETLINK */
	int32_t buffers[2]; /* SO_RCVBUF, SO_SNDBUF */
	struct lx_timeval timeo[2];
};

static _Atomic uint32_t next_portid = 0xFFFFF000u; /* downwards, where pids do not come */

static struct netlink_sock *nl_of(struct sock *s)
{
	return container_of(s, struct netlink_sock, base);
}

static int create(struct task *t, uint32_t type, int protocol, struct sock **out)
{
	struct netlink_sock *s;

	if (type != LX_SOCK_RAW && type != LX_SOCK_DGRAM)
		return -LX_ESOCKTNOSUPPORT;
	if (protocol != LX_NETLINK_ROUTE && protocol != LX_NETLINK_KOBJECT_UEVENT)
		return -LX_EPROTONOSUPPORT;
	s = mem_alloc(sizeof(*s));
	if (!s)
		return -LX_ENOMEM;
	s->base.family = &netlink_family;
	s->type = type;
	s->protocol = protocol;
	s->buffers[0] = s->buffers[1] = BUFFER;
	waitq_init(&s->wq);
	lk_init(&s->lock, LR_INODE);
	list_init(&s->queue);
	*out = &s->base;
	return 0;
}

static void drop(struct list *packets)
{
	while (!list_empty(packets)) {
		struct nl_packet *p = list_first(packets, struct nl_packet, link);

		list_del(&p->link);
		mem_free(p);
	}
}

static void close_it(struct sock *sock)
{
	struct netlink_sock *s = nl_of(sock);

	drop(&s->queue);
	mem_free(s);
}

/* ---- names ---- */

static int address_in(const struct sock_addr *addr, struct lx_sockaddr_nl *nl)
{
	if (addr->len < sizeof(*nl) || addr->sa.family != LX_AF_NETLINK)
		return -LX_EINVAL;
	memcpy(nl, &addr->sa, sizeof(*nl));
	return 0;
}

static void address_out(uint32_t pid, uint32_t groups, struct sock_addr *addr)
{
	const struct lx_sockaddr_nl nl = { LX_AF_NETLINK, 0, pid, groups };

	memset(addr, 0, sizeof(*addr));
	memcpy(&addr->sa, &nl, sizeof(nl));
	addr->len = sizeof(nl);
}

/* A number of its own, unless it has one. */
static void autobind(struct netlink_sock *s)
{
	lk_acquire(&s->lock);
	if (!s->portid)
		s->portid = next_portid--;
	lk_release(&s->lock);
}

static int bind_it(struct sock *sock, struct task *t, const struct sock_addr *addr)
{
	struct netlink_sock *s = nl_of(sock);
	struct lx_sockaddr_nl nl;
	int err = address_in(addr, &nl);

	if (err)
		return err;
	lk_acquire(&s->lock);
	if (s->portid && nl.pid && nl.pid != s->portid) {
		err = -LX_EINVAL;
	} else {
		if (nl.pid)
			s->portid = nl.pid;
		s->groups = nl.groups;
	}
	lk_release(&s->lock);
	if (!err)
		autobind(s);
	return err;
}

/* Only the kernel can be talked to. */
static int connect_it(struct sock *sock, struct task *t, const struct sock_addr *addr,
		      bool nonblock)
{
	struct lx_sockaddr_nl nl;
	int err;

	if (addr->len < sizeof(addr->sa.family))
		return -LX_EINVAL;
	if (addr->sa.family == LX_AF_UNSPEC)
		return 0;
	err = address_in(addr, &nl);
	if (!err)
		autobind(nl_of(sock));
	return err || !nl.pid ? err : -LX_ECONNREFUSED;
}

static int name(struct sock *sock, bool peer, struct sock_addr *addr)
{
	struct netlink_sock *s = nl_of(sock);

	lk_acquire(&s->lock);
	address_out(peer ? 0 : s->portid, peer ? 0 : s->groups, addr);
	lk_release(&s->lock);
	return 0;
}

/* ---- answers ---- */

/* Room for size bytes of the message that is being built: in this datagram, or both in a new one. */
static uint8_t *room(struct nl_reply *r, uint32_t size)
{
	struct nl_packet *p = r->now;
	uint8_t *at;

	size = LX_NLMSG_ALIGN(size);
	if (p && p->len + size > NL_PACKET_MAX) {
		struct nl_packet *next = r->at ? mem_alloc(sizeof(*next)) : NULL;

		if (!next) { /* a message longer than a datagram, or no memory */
			r->no_memory = true;
			return NULL;
		}
		next->len = p->len - r->at;
		memcpy(next->data, p->data + r->at, next->len);
		p->len = r->at;
		r->at = 0;
		list_add_tail(r->out, &next->link);
		r->now = p = next;
	}
	if (!p) {
		p = mem_alloc(sizeof(*p));
		if (!p) {
			r->no_memory = true;
			return NULL;
		}
		list_init(&p->link);
		list_add_tail(r->out, &p->link);
		r->now = p;
	}
	at = p->data + p->len;
	memset(at, 0, size);
	p->len += size;
	return at;
}

void nl_begin(struct nl_reply *r, uint16_t type, uint16_t flags, const void *fixed, uint32_t size)
{
	const struct lx_nlmsghdr h = { 0, type, flags, r->seq, r->pid };
	uint8_t *at;

	r->at = r->now ? r->now->len : 0;
	at = room(r, sizeof(h) + size);
	if (!at)
		return;
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), fixed, size);
}

void nl_attr(struct nl_reply *r, uint16_t type, const void *value, uint32_t size)
{
	const struct lx_nlattr a = { (uint16_t)(sizeof(a) + size), type };
	uint8_t *at = r->no_memory ? NULL : room(r, sizeof(a) + size);

	if (!at)
		return;
	memcpy(at, &a, sizeof(a));
	memcpy(at + sizeof(a), value, size);
}

void nl_end(struct nl_reply *r)
{
	uint32_t len;

	if (r->no_memory)
		return;
	len = r->now->len - r->at;
	memcpy(r->now->data + r->at, &len, sizeof(len));
	r->at = r->now->len;
}

static void put_error(struct nl_reply *r, int err, const struct lx_nlmsghdr *h)
{
	struct {
		int32_t err;
		struct lx_nlmsghdr h;
	} fixed = { err, *h };

	nl_begin(r, LX_NLMSG_ERROR, 0, &fixed, sizeof(fixed));
	nl_end(r);
}

static void answer(struct netlink_sock *s, const struct lx_nlmsghdr *h, const uint8_t *body,
		   uint32_t size, struct list *out)
{
	struct nl_reply r = { .out = out, .seq = h->seq, .pid = s->portid };
	const int32_t zero = 0;
	int err = s->protocol == LX_NETLINK_ROUTE ? route_request(h, body, size, &r)
						  : -LX_ECONNREFUSED;

	if (err) {
		put_error(&r, err, h);
	} else if ((h->flags & LX_NLM_F_DUMP) == LX_NLM_F_DUMP) {
		nl_begin(&r, LX_NLMSG_DONE, LX_NLM_F_MULTI, &zero, sizeof(zero));
		nl_end(&r);
	} else if (h->flags & LX_NLM_F_ACK) {
		put_error(&r, 0, h);
	}
}

/* All requests of one datagram. */
static void answer_all(struct netlink_sock *s, const uint8_t *data, uint32_t len, struct list *out)
{
	struct lx_nlmsghdr h;

	for (uint32_t at = 0; at < len && len - at >= sizeof(h); at += LX_NLMSG_ALIGN(h.len)) {
		memcpy(&h, data + at, sizeof(h));
		if (h.len < sizeof(h) || h.len > len - at)
			return;
		if (h.flags & LX_NLM_F_REQUEST && h.type >= LX_NLMSG_MIN_TYPE)
			answer(s, &h, data + at + sizeof(h), h.len - (uint32_t)sizeof(h), out);
	}
}

static int64_t send_it(struct sock *sock, struct task *t, struct sock_msg *m, bool nonblock)
{
	struct list out = LIST_INIT(out);
	struct netlink_sock *s = nl_of(sock);
	uint32_t len = (uint32_t)m->it->left;
	struct lx_sockaddr_nl to = { 0 };
	uint8_t *data;
	int err = m->addr.len ? address_in(&m->addr, &to) : 0;

	if (m->flags & LX_MSG_OOB)
		return -LX_EOPNOTSUPP;
	if (err)
		return err;
	if (m->it->left > SEND_MAX)
		return -LX_EMSGSIZE;
	if (to.pid)
		return -LX_ECONNREFUSED;
	autobind(s);
	data = mem_alloc(len + 1);
	if (!data)
		return -LX_ENOMEM;
	err = len && iter_read(m->it, data, len) != (int64_t)len ? -LX_EFAULT : 0;
	if (!err)
		answer_all(s, data, len, &out);
	mem_free(data);
	lk_acquire(&s->lock);
	while (!list_empty(&out) && s->queued < QUEUE_MAX) {
		struct nl_packet *p = list_first(&out, struct nl_packet, link);

		list_del(&p->link);
		list_add_tail(&s->queue, &p->link);
		s->queued++;
	}
	lk_release(&s->lock);
	drop(&out);
	waitq_wake(&s->wq);
	return err ? err : (int64_t)len;
}

/* ---- what others of the kernel send ---- */

int netlink_reserve(struct file *f, struct nl_packet **out)
{
	struct sock *sock = sock_of(f);

	if (!sock)
		return -LX_ENOTSOCK;
	if (sock->family != &netlink_family)
		return -LX_EINVAL;
	*out = mem_alloc(sizeof(**out));
	return *out ? 0 : -LX_ENOMEM;
}

void netlink_deliver(struct file *f, struct nl_packet *p, const void *data, uint32_t len)
{
	struct netlink_sock *s = nl_of(sock_of(f));

	p->len = len;
	memcpy(p->data, data, len);
	lk_acquire(&s->lock);
	list_add_tail(&s->queue, &p->link);
	s->queued++;
	lk_release(&s->lock);
	waitq_wake(&s->wq);
}

/* ---- receiving ---- */

struct receipt {
	struct netlink_sock *s;
	struct nl_packet *p;
	bool peek;
};

static int64_t try_receive(void *arg)
{
	struct receipt *r = arg;
	struct netlink_sock *s = r->s;
	struct nl_packet *first;

	lk_acquire(&s->lock);
	first = list_empty(&s->queue) ? NULL : list_first(&s->queue, struct nl_packet, link);
	if (first && r->peek)
		memcpy(r->p, first, sizeof(*first)); /* others may take it meanwhile */
	if (first && !r->peek) {
		list_del(&first->link);
		s->queued--;
		r->p = first;
	}
	lk_release(&s->lock);
	return first ? 0 : -LX_EAGAIN;
}

static int64_t recv_it(struct sock *sock, struct task *t, struct sock_msg *m, bool nonblock)
{
	struct receipt r = { .s = nl_of(sock), .peek = m->flags & LX_MSG_PEEK };
	struct lx_timeval timeo;
	uint32_t len;
	int64_t n;

	if (m->flags & LX_MSG_OOB)
		return -LX_EOPNOTSUPP;
	if (r.peek) {
		r.p = mem_alloc(sizeof(*r.p));
		if (!r.p)
			return -LX_ENOMEM;
	}
	lk_acquire(&r.s->lock);
	timeo = r.s->timeo[0];
	lk_release(&r.s->lock);
	n = sock_wait(t, &r.s->wq, sock_deadline(timeo), nonblock, try_receive, &r);
	if (!n) {
		len = r.p->len < m->it->left ? r.p->len : (uint32_t)m->it->left;
		n = m->flags & LX_MSG_TRUNC ? r.p->len : len;
		if (len && iter_write(m->it, r.p->data, len) != (int64_t)len)
			n = -LX_EFAULT;
		m->flags = (m->flags & LX_MSG_CMSG_CLOEXEC) | (r.p->len > len ? LX_MSG_TRUNC : 0);
		address_out(0, 0, &m->addr);
	}
	mem_free(r.p);
	return n;
}

static uint32_t poll_it(struct sock *sock, struct poll_table *pt)
{
	struct netlink_sock *s = nl_of(sock);
	uint32_t mask = LX_POLLOUT | LX_POLLWRNORM | LX_POLLWRBAND;

	poll_wait(pt, &s->wq);
	lk_acquire(&s->lock);
	if (!list_empty(&s->queue))
		mask |= LX_POLLIN | LX_POLLRDNORM;
	lk_release(&s->lock);
	return mask;
}

/* ---- options ---- */

static int set_socket(struct netlink_sock *s, int option, const void *value, uint32_t len)
{
	int32_t n;

	if (option == LX_SO_RCVTIMEO || option == LX_SO_SNDTIMEO)
		return sock_set_timeout(&s->timeo[option == LX_SO_SNDTIMEO], value, len);
	if (len < sizeof(n))
		return -LX_EINVAL;
	memcpy(&n, value, sizeof(n));
	switch (option) {
	case LX_SO_RCVBUF:
	case LX_SO_RCVBUFFORCE:
	case LX_SO_SNDBUF:
	case LX_SO_SNDBUFFORCE:
		n = n < 0 || n > BUFFER ? BUFFER : n;
		s->buffers[option == LX_SO_SNDBUF || option == LX_SO_SNDBUFFORCE] = n < 1152
											    ? 2304
											    : n * 2;
		return 0;
	case LX_SO_PASSCRED:
	case LX_SO_TIMESTAMP:
		return 0;
	default:
		return -LX_ENOPROTOOPT;
	}
}

static int set_option(struct sock *sock, struct task *t, int level, int option, const void *value,
		      uint32_t len)
{
	struct netlink_sock *s = nl_of(sock);
	int32_t n = 0;
	int err = 0;

	if (level != LX_SOL_SOCKET && level != LX_SOL_NETLINK)
		return -LX_ENOPROTOOPT;
	lk_acquire(&s->lock);
	if (level == LX_SOL_SOCKET) {
		err = set_socket(s, option, value, len);
	} else if (option < 1 || option > 12) {
		err = -LX_ENOPROTOOPT;
	} else if (len < sizeof(n)) {
		err = -LX_EINVAL;
	} else {
		memcpy(&n, value, sizeof(n));
		if (option != LX_NETLINK_ADD_MEMBERSHIP && option != LX_NETLINK_DROP_MEMBERSHIP)
			s->options = n ? s->options | 1u << option : s->options & ~(1u << option);
		else if (n >= 1 && n <= 32 && option == LX_NETLINK_ADD_MEMBERSHIP)
			s->groups |= 1u << (n - 1);
		else if (n >= 1 && n <= 32)
			s->groups &= ~(1u << (n - 1));
	}
	lk_release(&s->lock);
	return err;
}

static int number(struct netlink_sock *s, int level, int option, int32_t *n)
{
	if (level == LX_SOL_NETLINK) {
		if (option < 3 || option > 12)
			return -LX_ENOPROTOOPT;
		*n = s->options >> option & 1;
		return 0;
	}
	switch (level == LX_SOL_SOCKET ? option : -1) {
	case LX_SO_TYPE:
		*n = (int32_t)s->type;
		return 0;
	case LX_SO_DOMAIN:
		*n = LX_AF_NETLINK;
		return 0;
	case LX_SO_PROTOCOL:
		*n = s->protocol;
		return 0;
	case LX_SO_ERROR:
		*n = 0;
		return 0;
	case LX_SO_RCVBUF:
	case LX_SO_SNDBUF:
		*n = s->buffers[option == LX_SO_SNDBUF];
		return 0;
	default:
		return -LX_ENOPROTOOPT;
	}
}

static int get_option(struct sock *sock, struct task *t, int level, int option, void *value,
		      uint32_t *len)
{
	struct netlink_sock *s = nl_of(sock);
	int32_t n;
	int err;

	lk_acquire(&s->lock);
	err = number(s, level, option, &n);
	lk_release(&s->lock);
	if (!err)
		sock_give(&n, sizeof(n), value, len);
	return err;
}

const struct sock_family netlink_family = {
	.family = LX_AF_NETLINK,
	.create = create,
	.close = close_it,
	.bind = bind_it,
	.connect = connect_it,
	.name = name,
	.send = send_it,
	.recv = recv_it,
	.poll = poll_it,
	.set_option = set_option,
	.get_option = get_option,
};
