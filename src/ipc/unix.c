/* SPDX-License-Identifier: MIT */
/* unix.c - AF_UNIX: lives, connections and ends of sockets. unix(7), Linux's net/unix as the oracle. */
#include "unix.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

#define BUFFER_DEFAULT 212992u /* net.core.wmem_default */

/* For /proc/net/unix: every socket there is. */
static struct lk all_lock = LK_INIT(DCACHE);
static struct list all = LIST_INIT(all);

struct unix_sock *unix_new(uint32_t type)
{
	struct unix_sock *s = mem_alloc(sizeof(*s));

	if (!s)
		return NULL;
	s->base.family = &unix_family;
	refs_init(&s->refs);
	lk_init(&s->lock, LR_INODE);
	s->type = type;
	list_init(&s->queue);
	list_init(&s->embryos);
	list_init(&s->name_link);
	list_init(&s->accept_link);
	s->sndbuf = s->rcvbuf = BUFFER_DEFAULT;
	s->rcvlowat = 1;
	s->creds = s->peer_creds = (struct lx_ucred){ 0, (uint32_t)-1, (uint32_t)-1 };
	waitq_init(&s->rq);
	waitq_init(&s->wq);
	waitq_init(&s->room);
	async_list_init(&s->async);
	lk_acquire(&all_lock);
	list_add_tail(&all, &s->all_link);
	lk_release(&all_lock);
	return s;
}

void unix_put(struct unix_sock *s)
{
	if (!s || !refs_put(&s->refs))
		return;
	lk_acquire(&all_lock);
	list_del(&s->all_link);
	lk_release(&all_lock);
	mem_free(s);
}

static void show_one(const struct unix_sock *s, struct text *tx)
{
	uint32_t n = s->addr.len > offsetof(struct lx_sockaddr, data)
			     ? s->addr.len - (uint32_t)offsetof(struct lx_sockaddr, data)
			     : 0;
	bool listens = s->state == SOCK_LISTENING;

	/* The kernel's address of it is nobody's business; states are those of linux/net.h. */
	text_printf(tx, "%016x: %08X %08X %08X %04X %02X %5" PRIu64, 0, s->refs.n, 0,
		    listens ? 0x10000u : 0, s->type, listens || s->state == SOCK_FREE ? 1 : 3,
		    s->base.ino);
	if (n) {
		text_str(tx, " ");
		for (uint32_t i = 0; i < n; i++)
			if (s->addr.sa.data[i] || !i || n - i > 1)
				text_put(tx, s->addr.sa.data[i] ? &s->addr.sa.data[i] : "@", 1);
	}
	text_str(tx, "\n");
}

void socket_show_unix(struct text *tx)
{
	struct unix_sock *s;

	lk_acquire(&all_lock);
	list_for_each(s, &all, all_link) {
		lk_acquire(&s->lock);
		show_one(s, tx);
		lk_release(&s->lock);
	}
	lk_release(&all_lock);
}

struct unix_sock *unix_peer(struct unix_sock *s)
{
	struct unix_sock *peer;

	lk_acquire(&s->lock);
	peer = s->peer;
	if (peer)
		refs_get(&peer->refs);
	lk_release(&s->lock);
	return peer;
}

void unix_creds(struct task *t, bool effective, struct lx_ucred *out)
{
	const struct cred *cr = t->cred;

	*out = (struct lx_ucred){ .pid = t->tg->pid,
				  .uid = effective ? cr->euid : cr->uid,
				  .gid = effective ? cr->egid : cr->gid };
}

void unix_wake_readers(struct unix_sock *s)
{
	waitq_wake(&s->rq);
	async_tell(&s->async, LX_POLL_IN, NULL);
}

static void wake_all(struct unix_sock *s)
{
	waitq_wake(&s->rq);
	waitq_wake(&s->wq);
	waitq_wake(&s->room);
}

uint64_t unix_deadline(struct unix_sock *s, int which)
{
	struct lx_timeval tv;

	lk_acquire(&s->lock);
	tv = s->timeo[which];
	lk_release(&s->lock);
	return sock_deadline(tv);
}

/* ---- connections ---- */

/* a->lock and b->lock are held or nobody else knows them yet. */
static void join(struct unix_sock *a, struct unix_sock *b)
{
	refs_get(&a->refs);
	refs_get(&b->refs);
	a->peer = b;
	b->peer = a;
	a->peer_creds = b->creds;
	b->peer_creds = a->creds;
	a->state = b->state = unix_has_connections(a) ? SOCK_CONNECTED : SOCK_FREE;
}

int unix_pair(struct task *t, struct unix_sock *a, struct unix_sock *b)
{
	unix_creds(t, true, &a->creds);
	b->creds = a->creds;
	join(a, b);
	return 0;
}

int unix_listen(struct unix_sock *s, struct task *t, uint32_t backlog)
{
	int err = 0;

	if (!unix_has_connections(s))
		return -LX_EOPNOTSUPP;
	lk_acquire(&s->lock);
	if (!s->addr.len || s->state == SOCK_CONNECTED) {
		err = -LX_EINVAL;
	} else {
		s->state = SOCK_LISTENING;
		s->backlog = backlog < LX_SOMAXCONN ? backlog : LX_SOMAXCONN;
		unix_creds(t, true, &s->creds);
	}
	lk_release(&s->lock);
	if (!err)
		waitq_wake(&s->room);
	return err;
}

struct attempt {
	struct unix_sock *s, *other, *fresh;
	struct lx_ucred creds;
};

/* One look at the listener: in both locks the two ends become one connection. */
static int64_t try_connect(void *arg)
{
	struct attempt *a = arg;
	struct unix_sock *s = a->s, *listener = a->other, *fresh = a->fresh;
	int err = 0;

	if (s == listener)
		return -LX_ECONNREFUSED;
	lk_acquire_pair(&s->lock, &listener->lock);
	if (s->state == SOCK_CONNECTED)
		err = -LX_EISCONN;
	else if (s->state == SOCK_LISTENING)
		err = -LX_EINVAL;
	else if (listener->state != SOCK_LISTENING || listener->dead || listener->shut & SHUT_RECV)
		err = -LX_ECONNREFUSED;
	else if (listener->nr_embryos > listener->backlog)
		err = -LX_EAGAIN;
	if (!err) {
		s->creds = a->creds;
		fresh->creds = listener->creds;
		fresh->addr = listener->addr;
		fresh->flags = listener->flags;
		join(s, fresh);
		list_add_tail(&listener->embryos, &fresh->accept_link);
		listener->nr_embryos++;
	}
	lk_release_pair(&s->lock, &listener->lock);
	return err;
}

static int connect_stream(struct unix_sock *s, struct task *t, const struct sock_addr *addr,
			  bool nonblock)
{
	struct attempt a = { .s = s };
	int err = unix_check_addr(addr);

	if (err)
		return err;
	unix_creds(t, true, &a.creds);
	if (unix_option(s, LX_SO_PASSCRED))
		unix_autobind(s);
	err = unix_find(t, addr, &a.other);
	if (err)
		return err;
	a.fresh = a.other->type == s->type ? unix_new(s->type) : NULL;
	if (a.other->type != s->type)
		err = -LX_EPROTOTYPE;
	else if (!a.fresh)
		err = -LX_ENOMEM;
	else
		err = sock_wait(t, &a.other->room, unix_deadline(s, 1), nonblock, try_connect, &a);
	if (!err)
		unix_wake_readers(a.other);
	else
		unix_put(a.fresh);
	unix_put(a.other);
	return err;
}

/* A datagram socket's connection is the address it sends to; AF_UNSPEC takes it away. */
static int connect_dgram(struct unix_sock *s, struct task *t, const struct sock_addr *addr)
{
	struct unix_sock *other = NULL, *old;
	int err = 0;

	if (addr->len < sizeof(addr->sa.family))
		return -LX_EINVAL;
	if (addr->sa.family != LX_AF_UNSPEC) {
		err = unix_check_addr(addr);
		if (!err)
			err = unix_find(t, addr, &other);
		if (!err && other->type != s->type)
			err = -LX_EPROTOTYPE;
		if (!err && unix_option(s, LX_SO_PASSCRED))
			unix_autobind(s);
	}
	if (!err && other && other != s) {
		lk_acquire(&other->lock);
		if (other->peer && other->peer != s)
			err = -LX_EPERM;
		lk_release(&other->lock);
	}
	if (err) {
		unix_put(other);
		return err;
	}
	lk_acquire(&s->lock);
	old = s->peer;
	s->peer = other;
	lk_release(&s->lock);
	unix_put(old);
	wake_all(s);
	return 0;
}

int unix_connect(struct unix_sock *s, struct task *t, const struct sock_addr *addr, bool nonblock)
{
	return unix_has_connections(s) ? connect_stream(s, t, addr, nonblock)
				       : connect_dgram(s, t, addr);
}

static int64_t try_accept(void *arg)
{
	struct attempt *a = arg;
	struct unix_sock *s = a->s;
	int err = -LX_EAGAIN;

	lk_acquire(&s->lock);
	if (s->state != SOCK_LISTENING || s->shut & SHUT_RECV) {
		err = -LX_EINVAL;
	} else if (!list_empty(&s->embryos)) {
		a->fresh = list_first(&s->embryos, struct unix_sock, accept_link);
		list_del(&a->fresh->accept_link);
		s->nr_embryos--;
		err = 0;
	}
	lk_release(&s->lock);
	return err;
}

int unix_accept(struct unix_sock *s, struct task *t, bool nonblock, struct unix_sock **out)
{
	struct attempt a = { .s = s };
	int err;

	if (!unix_has_connections(s))
		return -LX_EOPNOTSUPP;
	err = sock_wait(t, &s->rq, unix_deadline(s, 0), nonblock, try_accept, &a);
	if (err)
		return err;
	waitq_wake(&s->room);
	*out = a.fresh;
	return 0;
}

/* ---- ends ---- */

/* The peer of a connection hears that s will send (SHUT_SEND) or take (SHUT_RECV) no more. */
static void tell_peer(struct unix_sock *s, uint32_t how, int err)
{
	struct unix_sock *peer = unix_has_connections(s) ? unix_peer(s) : NULL;
	uint32_t theirs = (how & SHUT_SEND ? SHUT_RECV : 0) | (how & SHUT_RECV ? SHUT_SEND : 0);

	if (!peer)
		return;
	lk_acquire(&peer->lock);
	peer->shut |= theirs;
	if (err)
		peer->err = err;
	lk_release(&peer->lock);
	wake_all(peer);
	if (theirs & SHUT_RECV)
		async_tell(&peer->async, theirs == SHUT_BOTH ? LX_POLL_HUP : LX_POLL_IN, NULL);
	unix_put(peer);
}

void unix_shutdown(struct unix_sock *s, uint32_t how)
{
	lk_acquire(&s->lock);
	s->shut |= how;
	lk_release(&s->lock);
	wake_all(s);
	tell_peer(s, how, 0);
}

static void move_all(struct list *from, struct list *to)
{
	while (!list_empty(from)) {
		struct list *first = from->next;

		list_del(first);
		list_add_tail(to, first);
	}
}

/* As unix_close, but for what nobody will accept: its peer has been refused. */
static void end(struct unix_sock *s, bool embryo)
{
	struct list msgs = LIST_INIT(msgs), embryos = LIST_INIT(embryos);
	struct unix_sock *peer, *e, *next;
	bool unread;

	unix_unbind(s);
	lk_acquire(&s->lock);
	s->dead = true;
	s->shut = SHUT_BOTH;
	unread = s->queued > 0;
	s->queued = 0;
	s->bytes = 0;
	move_all(&s->queue, &msgs);
	move_all(&s->embryos, &embryos);
	s->nr_embryos = 0;
	lk_release(&s->lock);
	tell_peer(s, SHUT_BOTH, unread || embryo ? LX_ECONNRESET : 0);
	lk_acquire(&s->lock);
	peer = s->peer;
	s->peer = NULL;
	lk_release(&s->lock);
	wake_all(s);
	unix_put(peer);
	unix_drop(&msgs);
	list_for_each_safe(e, next, &embryos, accept_link) {
		list_del(&e->accept_link);
		end(e, true);
	}
	unix_put(s);
}

void unix_close(struct unix_sock *s)
{
	end(s, false);
}
