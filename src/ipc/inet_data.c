/* SPDX-License-Identifier: MIT */
/*
 * inet_data.c - what AF_INET and AF_INET6 sockets carry. Bytes go through a buffer of ours, at most CHUNK at a
 * time for streams; a datagram goes in one piece. The endpoint never waits: the socket's queue does.
 */
#include "inet.h"
#include "base/alloc.h"
#include <string.h>

#define CHUNK        65536u
#define SMALL        4096u
#define PEEK_MAX     (1u << 20)
#define DATAGRAM_MAX 65535u /* what an IP packet can be long */

struct flag_pair {
	uint32_t lx;
	ULONG nt;
};
static const struct flag_pair send_flags[] = {
	{ LX_MSG_OOB, TDI_SEND_EXPEDITED },
	{ LX_MSG_MORE, TDI_SEND_PARTIAL },
	{ LX_MSG_DONTROUTE, TDI_LXRUN_DONTROUTE },
	{ LX_MSG_CONFIRM, TDI_LXRUN_CONFIRM },
};
static const struct flag_pair receive_flags[] = {
	{ LX_MSG_OOB, TDI_RECEIVE_EXPEDITED },
	{ LX_MSG_PEEK, TDI_RECEIVE_PEEK },
	{ LX_MSG_TRUNC, TDI_LXRUN_TRUNCATE },
	{ LX_MSG_ERRQUEUE, TDI_LXRUN_ERROR_QUEUE },
};
static const struct flag_pair message_flags[] = {
	{ LX_MSG_OOB, WS_MSG_OOB },
	{ LX_MSG_TRUNC, WS_MSG_TRUNC },
	{ LX_MSG_CTRUNC, WS_MSG_CTRUNC },
	{ LX_MSG_ERRQUEUE, WS_MSG_ERRQUEUE },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static ULONG flags_to_nt(const struct flag_pair *pairs, size_t n, uint32_t lx)
{
	ULONG nt = 0;

	for (size_t i = 0; i < n; i++)
		nt |= lx & pairs[i].lx ? pairs[i].nt : 0;
	return nt;
}

static uint32_t flags_to_lx(const struct flag_pair *pairs, size_t n, ULONG nt)
{
	uint32_t lx = 0;

	for (size_t i = 0; i < n; i++)
		lx |= nt & pairs[i].nt ? pairs[i].lx : 0;
	return lx;
}

/* One request: what it is about and what it needs in the endpoint's words. */
struct transfer {
	struct inet_sock *s;
	AFD_MESSAGE_INFO info;
	WSABUF buf;
	SOCKADDR_STORAGE addr;
	ULONG addr_len, control_len, flags;
	uint8_t control[INET_CONTROL_MAX];
	ULONG room; /* bytes of the buffer behind buf */
	ULONG_PTR moved;
	CHAR small[SMALL];
	CHAR *heap;
};

static int transfer_init(struct transfer *x, struct inet_sock *s, uint64_t size, ULONG flags)
{
	x->s = s;
	x->room = (ULONG)size;
	x->heap = size > SMALL ? mem_realloc(NULL, size) : NULL;
	x->buf = (WSABUF){ x->room, size > SMALL ? x->heap : x->small };
	x->addr_len = x->control_len = x->flags = 0;
	x->info = (AFD_MESSAGE_INFO){
		.dgi = { .BufferArray = &x->buf, .BufferCount = 1, .TdiFlags = flags },
	};
	return x->buf.buf ? 0 : -LX_ENOMEM;
}

static bool is_stream(const struct inet_sock *s)
{
	return s->type == LX_SOCK_STREAM;
}

/* ---- sending ---- */

static int64_t try_send(void *arg)
{
	struct transfer *x = arg;

	return nt_to_errno(inet_control(x->s, IOCTL_AFD_SEND_MESSAGE, &x->info, sizeof(x->info),
					NULL, 0, &x->moved));
}

/* Address and control data of m. */
static int describe(struct transfer *x, const struct sock_msg *m)
{
	int n;

	if (m->addr.len && !is_stream(x->s)) {
		if (m->addr.len < sizeof(m->addr.sa.family))
			return -LX_EINVAL;
		inet_addr_to_nt(&m->addr, &x->addr);
		x->addr_len = m->addr.len;
		x->info.dgi.Address = &x->addr;
		x->info.dgi.AddressLength = &x->addr_len;
	}
	if (!m->control.list_len)
		return 0;
	n = inet_control_to_nt(&m->control, x->control);
	if (n < 0)
		return n;
	x->control_len = (ULONG)n;
	x->info.ControlBuffer = x->control;
	x->info.ControlLength = &x->control_len;
	return 0;
}

/* The next piece of a stream: what is in the buffer goes, all of it if the socket may wait. */
static int send_piece(struct transfer *x, struct task *t, uint64_t deadline, bool nonblock,
		      uint64_t *total)
{
	int err = 0;

	do {
		err = inet_wait(x->s, t, deadline, nonblock, try_send, x);
		if (err)
			break;
		*total += x->moved;
		x->buf.buf += x->moved;
		x->buf.len -= (ULONG)x->moved;
		x->info.ControlLength = NULL; /* went with the first */
	} while (x->buf.len);
	return err;
}

static int64_t send_stream(struct transfer *x, struct task *t, struct sock_msg *m, bool nonblock)
{
	uint64_t deadline = inet_deadline(x->s, 1), total = 0;
	CHAR *start = x->buf.buf;
	ULONG flags = x->info.dgi.TdiFlags;
	int err;

	do {
		ULONG n = (ULONG)(m->it->left < x->room ? m->it->left : x->room);

		if (n && iter_read(m->it, start, n) != (int64_t)n) {
			err = -LX_EFAULT;
			break;
		}
		x->buf = (WSABUF){ n, start };
		x->info.dgi.TdiFlags = flags | (m->it->left ? TDI_SEND_PARTIAL : 0);
		err = send_piece(x, t, deadline, nonblock, &total);
	} while (!err && m->it->left);
	if (err == -LX_EPIPE && !total && !(m->flags & LX_MSG_NOSIGNAL))
		signal_epipe(t);
	return total ? (int64_t)total : err;
}

static int64_t send_datagram(struct transfer *x, struct task *t, struct sock_msg *m, bool nonblock)
{
	int err;

	if (x->room && iter_read(m->it, x->buf.buf, x->room) != (int64_t)x->room)
		return -LX_EFAULT;
	err = inet_wait(x->s, t, inet_deadline(x->s, 1), nonblock, try_send, x);
	return err ? err : (int64_t)x->moved;
}

int64_t inet_send(struct sock *sock, struct task *t, struct sock_msg *m, bool nonblock)
{
	struct inet_sock *s = inet_of(sock);
	uint64_t size = m->it->left;
	struct transfer x;
	int64_t n;

	if (!is_stream(s) && size > DATAGRAM_MAX)
		return -LX_EMSGSIZE;
	n = transfer_init(&x, s, size < CHUNK ? size : CHUNK,
			  flags_to_nt(send_flags, COUNT(send_flags), m->flags));
	if (!n)
		n = describe(&x, m);
	if (!n)
		n = is_stream(s) ? send_stream(&x, t, m, nonblock)
				 : send_datagram(&x, t, m, nonblock);
	mem_free(x.heap);
	return n;
}

/* ---- receiving ---- */

static int64_t try_receive(void *arg)
{
	struct transfer *x = arg;
	NTSTATUS status;

	x->addr_len = sizeof(x->addr);
	x->control_len = sizeof(x->control);
	status = inet_control(x->s, IOCTL_AFD_RECEIVE_MESSAGE, &x->info, sizeof(x->info), NULL, 0,
			      &x->moved);
	if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)
		return 0;
	x->addr_len = x->control_len = x->flags = 0;
	return nt_to_errno(status);
}

/* What came beside the bytes. */
static int take_rest(struct transfer *x, struct sock_msg *m)
{
	m->flags = (m->flags & LX_MSG_CMSG_CLOEXEC) |
		   flags_to_lx(message_flags, COUNT(message_flags), x->flags);
	if (!is_stream(x->s))
		inet_addr_to_lx(&x->addr, x->addr_len, &m->addr);
	return x->control_len ? inet_control_to_lx(x->control, x->control_len, &m->control) : 0;
}

static int64_t receive_datagram(struct transfer *x, struct task *t, struct sock_msg *m,
				bool nonblock)
{
	int err = inet_wait(x->s, t, inet_deadline(x->s, 0), nonblock, try_receive, x);
	ULONG n;

	if (err)
		return err;
	n = x->moved < x->room ? (ULONG)x->moved
			       : x->room; /* MSG_TRUNC: the whole length is told */
	if (n && iter_write(m->it, x->buf.buf, n) != (int64_t)n)
		return -LX_EFAULT;
	err = take_rest(x, m);
	return err ? err : (int64_t)x->moved;
}

/* How many bytes a stream waits for. */
static uint64_t target_of(struct inet_sock *s, const struct sock_msg *m)
{
	uint64_t want = m->flags & LX_MSG_WAITALL ? m->it->left : s->rcvlowat;

	if (m->flags & (LX_MSG_OOB | LX_MSG_ERRQUEUE))
		return 1;
	if (want > m->it->left)
		want = m->it->left;
	return want ? want : 1;
}

/* One piece of a stream. *end: no more comes, or what came is not to be joined with more. */
static int receive_piece(struct transfer *x, struct sock_msg *m, uint64_t *total, bool *end)
{
	bool drop = m->flags & LX_MSG_TRUNC, once = m->flags & (LX_MSG_PEEK | LX_MSG_OOB);

	if (x->moved && !drop && iter_write(m->it, x->buf.buf, x->moved) != (int64_t)x->moved)
		return -LX_EFAULT;
	if (drop)
		iter_advance(m->it, x->moved);
	*total += x->moved;
	*end = !x->moved || once || !m->it->left;
	return 0;
}

static int64_t receive_stream(struct transfer *x, struct task *t, struct sock_msg *m, bool nonblock)
{
	uint64_t deadline = inet_deadline(x->s, 0), target = target_of(x->s, m), total = 0;
	bool end = false;
	int err = 0;

	while (!err && !end) {
		x->buf.len = (ULONG)(m->it->left < x->room ? m->it->left : x->room);
		/* What is there is taken; what is not is waited for only below the target. */
		err = inet_wait(x->s, t, deadline, nonblock || total >= target, try_receive, x);
		if (!err)
			err = receive_piece(x, m, &total, &end);
		/* Less than there was room for: all that there was. */
		if (!err && x->moved < x->buf.len && total >= target)
			end = true;
	}
	if (!total && err)
		return err;
	err = take_rest(x, m);
	return err ? err : (int64_t)total;
}

int64_t inet_recv(struct sock *sock, struct task *t, struct sock_msg *m, bool nonblock)
{
	struct inet_sock *s = inet_of(sock);
	uint64_t size = m->it->left, most = !is_stream(s)            ? DATAGRAM_MAX + 1
					    : m->flags & LX_MSG_PEEK ? PEEK_MAX
								     : CHUNK;
	struct transfer x;
	int64_t n;

	if (m->flags & LX_MSG_ERRQUEUE) /* errors are not waited for */
		nonblock = true;
	n = transfer_init(&x, s, size < most ? size : most,
			  flags_to_nt(receive_flags, COUNT(receive_flags), m->flags));
	if (!n) {
		x.info.dgi.Address = &x.addr;
		x.info.dgi.AddressLength = is_stream(s) ? NULL : &x.addr_len;
		x.info.ControlBuffer = x.control;
		x.info.ControlLength = &x.control_len;
		x.info.MsgFlags = &x.flags;
		n = is_stream(s) ? receive_stream(&x, t, m, nonblock)
				 : receive_datagram(&x, t, m, nonblock);
	}
	mem_free(x.heap);
	return n;
}
