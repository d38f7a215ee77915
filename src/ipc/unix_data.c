/* SPDX-License-Identifier: MIT */
/*
 * unix_data.c - messages of AF_UNIX sockets. A stream is a queue of messages whose borders do not show,
 * but for what travels beside the bytes: descriptors end a read, other credentials do, too.
 */
#include "unix.h"
#include <string.h>

#define CHUNK     32768u /* of a stream: what one message holds at most */
#define QUEUE_MAX 512u   /* net.unix.max_dgram_qlen */
#define LEVEL_MAX 4u     /* sockets in messages of sockets in messages ... */
#define OVERHEAD  sizeof(struct unix_msg)

static _Atomic uint32_t in_flight; /* files in messages */

static int control_copy(const struct sock_control *from, struct sock_control *to)
{
	*to = *from;
	if (!from->nr_files)
		return 0;
	to->files = mem_alloc(from->nr_files * sizeof(*to->files));
	if (!to->files) {
		to->nr_files = 0;
		return -LX_ENOMEM;
	}
	for (uint32_t i = 0; i < from->nr_files; i++)
		to->files[i] = file_get(from->files[i]);
	return 0;
}

/* ---- messages ---- */

static struct unix_msg *msg_new(struct unix_sock *from, struct iter *it, uint32_t len, int *err)
{
	struct unix_msg *m = mem_alloc(sizeof(*m) + len);

	*err = -LX_ENOMEM;
	if (!m)
		return NULL;
	list_init(&m->link);
	m->len = len;
	if (len && iter_read(it, m->data, len) != (int64_t)len) {
		mem_free(m);
		*err = -LX_EFAULT;
		return NULL;
	}
	refs_get(&from->refs);
	m->from = from;
	from->charged += len + OVERHEAD;
	return m;
}

static void msg_free(struct unix_msg *m)
{
	m->from->charged -= m->len + OVERHEAD;
	waitq_wake(&m->from->wq);
	unix_put(m->from);
	in_flight -= m->control.nr_files;
	sock_control_put(&m->control);
	mem_free(m);
}

void unix_drop(struct list *msgs)
{
	while (!list_empty(msgs)) {
		struct unix_msg *m = list_first(msgs, struct unix_msg, link);

		list_del(&m->link);
		msg_free(m);
	}
}

/* The descriptors of c go with m. They are counted: a socket that is sent to itself never ends. */
static int msg_attach(struct unix_msg *m, struct task *t, struct unix_sock *to,
		      struct sock_control *c)
{
	uint64_t limit = t->tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur;
	uint32_t level = 0;

	for (uint32_t i = 0; i < c->nr_files; i++) {
		struct sock *s = sock_of(c->files[i]);

		if (s && s->family == &unix_family && unix_of(s)->level + 1 > level)
			level = unix_of(s)->level + 1;
	}
	if (level > LEVEL_MAX)
		return -LX_ETOOMANYREFS;
	if (in_flight + c->nr_files > limit && !cred_capable(t->cred, LX_CAP_SYS_RESOURCE) &&
	    !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_ETOOMANYREFS;
	if (level > to->level)
		to->level = level;
	in_flight += c->nr_files;
	m->control.files = c->files;
	m->control.nr_files = c->nr_files;
	c->files = NULL;
	c->nr_files = 0;
	return 0;
}

/* ---- sending ---- */

static int64_t has_room(void *arg)
{
	struct unix_sock *s = arg;

	if (s->shut & SHUT_SEND)
		return 0; /* told by who looks next */
	return s->charged < s->sndbuf ? 0 : -LX_EAGAIN;
}

struct delivery {
	struct unix_sock *s, *to;
	struct unix_msg *m;
};

/* Puts the message into the receiver's queue, which has it then. */
static int64_t deliver(void *arg)
{
	struct delivery *d = arg;
	struct unix_sock *to = d->to;
	int err = 0;

	lk_acquire(&to->lock);
	if (to->dead)
		err = -LX_ECONNREFUSED;
	else if (to->shut & SHUT_RECV)
		err = -LX_EPIPE;
	else if (to->type == LX_SOCK_DGRAM && to->peer && to->peer != d->s)
		err = -LX_EPERM;
	else if (to->type != LX_SOCK_STREAM && to != d->s && to->queued > QUEUE_MAX)
		err = -LX_EAGAIN;
	if (!err) {
		list_add_tail(&to->queue, &d->m->link);
		to->queued++;
		to->bytes += d->m->len;
	}
	lk_release(&to->lock);
	if (!err)
		unix_wake_readers(to);
	return err;
}

/* One message of len bytes from s to another socket. */
static int send_one(struct unix_sock *s, struct unix_sock *to, struct task *t, struct sock_msg *m,
		    uint32_t len, bool nonblock)
{
	uint64_t deadline = unix_deadline(s, 1);
	struct delivery d = { .s = s, .to = to };
	int err = sock_wait(t, &s->wq, deadline, nonblock, has_room, s);

	if (!err && s->shut & SHUT_SEND)
		err = -LX_EPIPE;
	if (err)
		return err;
	d.m = msg_new(s, m->it, len, &err);
	if (!d.m)
		return err;
	err = msg_attach(d.m, t, to, &m->control);
	d.m->control.has_creds = m->control.has_creds;
	d.m->control.creds = m->control.creds;
	if (!err)
		err = sock_wait(t, &to->room, deadline, nonblock, deliver, &d);
	if (err)
		msg_free(d.m);
	return err;
}

static int64_t send_stream(struct unix_sock *s, struct unix_sock *peer, struct task *t,
			   struct sock_msg *m, bool nonblock)
{
	int64_t total = 0;
	int err = s->shut & SHUT_SEND ? -LX_EPIPE : 0;

	while (!err && m->it->left) {
		uint32_t len = m->it->left < CHUNK ? (uint32_t)m->it->left : CHUNK;

		if (len > s->sndbuf / 2)
			len = s->sndbuf / 2;
		err = send_one(s, peer, t, m, len, nonblock);
		if (!err)
			total += len;
	}
	if (err == -LX_ECONNREFUSED)
		err = -LX_EPIPE;
	if (err == -LX_EPIPE && !total && !(m->flags & LX_MSG_NOSIGNAL))
		signal_epipe(t);
	return total ? total : err;
}

/* The receiver of a datagram: a reference. */
static int destination(struct unix_sock *s, struct task *t, const struct sock_msg *m,
		       struct unix_sock **to)
{
	int err;

	if (!m->addr.len || unix_has_connections(s)) {
		*to = unix_peer(s);
		return *to ? 0 : -LX_ENOTCONN;
	}
	err = unix_check_addr(&m->addr);
	if (!err)
		err = unix_find(t, &m->addr, to);
	if (!err && (*to)->type != s->type) {
		unix_put(*to);
		err = -LX_EPROTOTYPE;
	}
	return err;
}

/* The peer of a datagram socket is gone: it has none from now on. */
static void forget_peer(struct unix_sock *s, struct unix_sock *peer)
{
	bool mine;

	lk_acquire(&s->lock);
	mine = s->peer == peer;
	if (mine)
		s->peer = NULL;
	lk_release(&s->lock);
	if (mine)
		unix_put(peer);
}

static int64_t send_packet(struct unix_sock *s, struct unix_sock *to, struct task *t,
			   struct sock_msg *m, bool nonblock)
{
	int64_t len = (int64_t)m->it->left;
	int err;

	if (m->it->left > s->sndbuf - 32)
		return -LX_EMSGSIZE;
	if (unix_option(s, LX_SO_PASSCRED) && !unix_has_connections(s))
		unix_autobind(s);
	err = s->shut & SHUT_SEND ? -LX_EPIPE : send_one(s, to, t, m, (uint32_t)len, nonblock);
	if (err == -LX_ECONNREFUSED) {
		if (unix_has_connections(s))
			err = -LX_EPIPE;
		else if (!m->addr.len)
			forget_peer(s, to);
	}
	return err ? err : len;
}

int64_t unix_send(struct unix_sock *s, struct task *t, struct sock_msg *m, bool nonblock)
{
	struct unix_sock *to;
	int64_t n;

	if (m->flags & LX_MSG_OOB)
		return -LX_EOPNOTSUPP;
	if (!m->control.has_creds) {
		unix_creds(t, false, &m->control.creds);
		m->control.has_creds = true;
	}
	if (s->type == LX_SOCK_STREAM && m->addr.len)
		return s->state == SOCK_CONNECTED ? -LX_EISCONN : -LX_EOPNOTSUPP;
	n = destination(s, t, m, &to);
	if (n)
		return n;
	n = s->type == LX_SOCK_STREAM ? send_stream(s, to, t, m, nonblock)
				      : send_packet(s, to, t, m, nonblock);
	unix_put(to);
	return n;
}

/* ---- receiving ---- */

struct receipt {
	struct unix_sock *s, *from; /* from: a reference */
	struct sock_msg *m;
	struct list done; /* messages that are read */
	int64_t total;
	uint64_t target;       /* bytes of a stream to wait for */
	struct lx_ucred creds; /* of the first message */
	bool passcred, any;
};

/* Nothing is there: why not. 1: the end. s->lock is held. */
static int why_empty(struct unix_sock *s)
{
	int err = s->err;

	if (err) {
		s->err = 0;
		return -err;
	}
	return s->shut & SHUT_RECV ? 1 : -LX_EAGAIN;
}

/* The first bytes of u are taken; s->lock is held. */
static void note_sender(struct receipt *r, struct unix_msg *u)
{
	if (r->any)
		return;
	r->any = true;
	r->creds = u->control.creds;
	r->from = u->from;
	refs_get(&u->from->refs);
}

/* What goes with u goes to the receiver. s->lock is held. */
static int take_control(struct receipt *r, struct unix_msg *u)
{
	struct sock_control *c = &r->m->control;

	if (r->m->flags & LX_MSG_PEEK)
		return control_copy(&u->control, c);
	*c = u->control;
	in_flight -= u->control.nr_files;
	u->control.files = NULL;
	u->control.nr_files = 0;
	return 0;
}

static void finish(struct receipt *r, struct unix_msg *u)
{
	struct unix_sock *s = r->s;

	list_del(&u->link);
	s->queued--;
	list_add_tail(&r->done, &u->link);
}

static int packet_out(struct receipt *r, struct unix_msg *u)
{
	struct sock_msg *m = r->m;
	uint32_t len = u->len < m->it->left ? u->len : (uint32_t)m->it->left;
	bool peek = m->flags & LX_MSG_PEEK;
	int err = len && iter_write(m->it, u->data, len) != (int64_t)len ? -LX_EFAULT : 0;

	note_sender(r, u);
	r->total = m->flags & LX_MSG_TRUNC ? u->len : len;
	if (!err)
		err = take_control(r, u);
	m->flags = (m->flags & LX_MSG_CMSG_CLOEXEC) | (u->len > len ? LX_MSG_TRUNC : 0);
	if (!peek) {
		r->s->bytes -= u->len;
		finish(r, u);
	}
	return err;
}

static int64_t try_packet(void *arg)
{
	struct receipt *r = arg;
	struct unix_sock *s = r->s;
	int err;

	lk_acquire(&s->lock);
	if (unix_has_connections(s) && s->state != SOCK_CONNECTED)
		err = -LX_ENOTCONN;
	else if (list_empty(&s->queue))
		err = why_empty(s);
	else
		err = packet_out(r, list_first(&s->queue, struct unix_msg, link));
	lk_release(&s->lock);
	return err;
}

static bool same_creds(const struct lx_ucred *a, const struct lx_ucred *b)
{
	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* Moves what is there. 1: the read ends here; 0: there may be more; -LX_E*. s->lock is held. */
static int stream_out(struct receipt *r)
{
	struct iter *it = r->m->it;
	bool peek = r->m->flags & LX_MSG_PEEK;
	uint64_t skip = peek ? (uint64_t)r->total : 0;
	struct unix_msg *u, *next;

	list_for_each_safe(u, next, &r->s->queue, link) {
		uint32_t len = u->len - u->off;
		int64_t n;

		if (skip && skip >= len) {
			skip -= len;
			continue;
		}
		if (!it->left ||
		    (r->any && r->passcred && !same_creds(&r->creds, &u->control.creds)))
			return 1;
		n = iter_write(it, u->data + u->off + skip, len - skip);
		if (n <= 0)
			return -LX_EFAULT;
		note_sender(r, u);
		r->total += n;
		skip = 0;
		if (!peek) {
			u->off += (uint32_t)n;
			r->s->bytes -= (uint64_t)n;
		}
		if (u->control.nr_files) {
			int err = take_control(r, u);

			if (!peek && u->off == u->len)
				finish(r, u);
			return err ? err : 1;
		}
		if (!peek && u->off == u->len)
			finish(r, u);
	}
	return 0;
}

static int64_t try_stream(void *arg)
{
	struct receipt *r = arg;
	struct unix_sock *s = r->s;
	int res;

	lk_acquire(&s->lock);
	if (s->state != SOCK_CONNECTED)
		res = -LX_EINVAL;
	else
		res = stream_out(r);
	if (!res && (uint64_t)r->total < r->target)
		res = r->total && s->err ? 1 : why_empty(s);
	lk_release(&s->lock);
	if (res == -LX_EFAULT && r->total)
		return 1;
	return res;
}

static void name_sender(struct receipt *r)
{
	struct unix_sock *from = r->from;

	r->m->addr.len = 0;
	if (!from)
		return;
	lk_acquire(&from->lock);
	r->m->addr = from->addr;
	lk_release(&from->lock);
	unix_put(from);
}

int64_t unix_recv(struct unix_sock *s, struct task *t, struct sock_msg *m, bool nonblock)
{
	struct receipt r = { .s = s,
			     .m = m,
			     .done = LIST_INIT(r.done),
			     .passcred = unix_option(s, LX_SO_PASSCRED) };
	uint64_t deadline = unix_deadline(s, 0);
	int err;

	if (m->flags & LX_MSG_OOB)
		return -LX_EOPNOTSUPP;
	r.target = m->flags & LX_MSG_WAITALL ? m->it->left : s->rcvlowat;
	if (r.target > m->it->left)
		r.target = m->it->left;
	if (!r.target)
		r.target = 1;
	if (s->type == LX_SOCK_STREAM) {
		err = sock_wait(t, &s->rq, deadline, nonblock, try_stream, &r);
		m->flags &= LX_MSG_CMSG_CLOEXEC;
	} else {
		err = sock_wait(t, &s->rq, deadline, nonblock, try_packet, &r);
	}
	m->control.creds = r.creds;
	m->control.has_creds = r.any && r.passcred;
	name_sender(&r);
	if (!list_empty(&r.done)) {
		unix_drop(&r.done);
		waitq_wake(&s->room);
	}
	if (err < 0 && !r.total) {
		sock_control_put(&m->control);
		return err;
	}
	return err == -LX_EFAULT && s->type != LX_SOCK_STREAM ? err : r.total;
}

/* ---- readiness ---- */

static bool has_embryos(const struct unix_sock *s)
{
	return s->state == SOCK_LISTENING && !list_empty(&s->embryos);
}

/* Whether a datagram for the peer would wait: looked at only while the end of the wait wakes s. */
static bool peer_full(struct unix_sock *s)
{
	struct unix_sock *peer = s->type == LX_SOCK_DGRAM && s->charged ? unix_peer(s) : NULL;
	bool full;

	if (!peer)
		return false;
	full = peer != s && peer->queued > QUEUE_MAX;
	unix_put(peer);
	return full;
}

uint32_t unix_poll(struct unix_sock *s, struct poll_table *pt)
{
	uint32_t mask = 0;
	bool room;

	poll_wait(pt, &s->rq);
	poll_wait(pt, &s->wq);
	room = s->charged * 4 <= s->sndbuf && !peer_full(s);
	lk_acquire(&s->lock);
	if (s->err)
		mask |= LX_POLLERR;
	if (s->shut == SHUT_BOTH)
		mask |= LX_POLLHUP;
	if (s->shut & SHUT_RECV)
		mask |= LX_POLLRDHUP | LX_POLLIN | LX_POLLRDNORM;
	if (!list_empty(&s->queue) || has_embryos(s))
		mask |= LX_POLLIN | LX_POLLRDNORM;
	if (unix_has_connections(s) && s->state == SOCK_FREE)
		mask |= LX_POLLHUP;
	if (room && s->state != SOCK_LISTENING)
		mask |= LX_POLLOUT | LX_POLLWRNORM | LX_POLLWRBAND;
	lk_release(&s->lock);
	return mask;
}
