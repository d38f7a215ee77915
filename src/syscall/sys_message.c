/* SPDX-License-Identifier: MIT */
/* sys_message.c - messages of sockets: send*, recv*, and what travels beside the bytes (cmsg(3)). */
#include "sys_socket.h"
#include "base/alloc.h"
#include "lxrun/ns.h"
#include "lxrun/task.h"
#include <string.h>

#define CONTROL_MAX 20480u /* net.core.optmem_max: what a sender may attach */
#define MMSG_MAX    1024u

/* ---- control data in ---- */

static bool may_be(const struct task *t, const struct lx_ucred *c)
{
	const struct cred *cr = t->cred;

	return (c->pid == pid_seen(t, t->tg->pid) || cred_capable(cr, LX_CAP_SYS_ADMIN)) &&
	       (c->uid == cr->uid || c->uid == cr->euid || c->uid == cr->suid ||
		cred_capable(cr, LX_CAP_SETUID)) &&
	       (c->gid == cr->gid || c->gid == cr->egid || c->gid == cr->sgid ||
		cred_capable(cr, LX_CAP_SETGID));
}

/* Who is meant, by the instance's number from now on: the receiver may call it otherwise. */
static int name_process(struct task *t, struct lx_ucred *c)
{
	struct tgroup *tg;
	struct task *thread;

	c->pid = pid_meant(t, c->pid);
	tg = tgroup_find(c->pid);
	thread = tg ? NULL : task_find(c->pid);
	tgroup_put(tg);
	task_put(thread);
	return tg || thread ? 0 : -LX_ESRCH;
}

static int add_files(struct task *t, const int32_t *fds, uint32_t n, struct sock_control *c)
{
	struct file **files;

	if (c->nr_files + n > LX_SCM_MAX_FD)
		return -LX_EINVAL;
	files = mem_realloc(c->files, (c->nr_files + n) * sizeof(*files) + 1);
	if (!files)
		return -LX_ENOMEM;
	c->files = files;
	for (uint32_t i = 0; i < n; i++) {
		int err = fd_get_slot(t, fds[i], true, &files[c->nr_files], NULL);

		if (err)
			return err;
		c->nr_files++;
	}
	return 0;
}

/* What only the socket's family understands. */
static int add_other(const struct lx_cmsghdr *h, struct sock_control *c)
{
	uint32_t space = (uint32_t)LX_CMSG_ALIGN(h->len);
	uint8_t *list = mem_realloc(c->list, c->list_len + space);

	if (!list)
		return -LX_ENOMEM;
	memset(list + c->list_len, 0, space);
	memcpy(list + c->list_len, h, h->len);
	c->list = list;
	c->list_len += space;
	return 0;
}

static int add_one(struct task *t, const struct lx_cmsghdr *h, struct sock_control *c)
{
	const void *data = h + 1;
	uint64_t len = h->len - sizeof(*h);

	if (h->level != LX_SOL_SOCKET)
		return add_other(h, c);
	switch (h->type) {
	case LX_SCM_RIGHTS:
		return add_files(t, data, (uint32_t)(len / sizeof(int32_t)), c);
	case LX_SCM_CREDENTIALS:
		if (len != sizeof(c->creds))
			return -LX_EINVAL;
		memcpy(&c->creds, data, sizeof(c->creds));
		c->has_creds = true;
		return may_be(t, &c->creds) ? name_process(t, &c->creds) : -LX_EPERM;
	default:
		return -LX_EINVAL;
	}
}

static int control_in(struct task *t, const struct lx_msghdr *h, struct sock_control *c)
{
	uint64_t size = h->controllen, at = 0;
	char *buf;
	int err;

	if (!size)
		return 0;
	if (size > CONTROL_MAX)
		return -LX_ENOBUFS;
	buf = mem_alloc(size);
	if (!buf)
		return -LX_ENOMEM;
	err = guest_copyin(t, buf, GADDR(h->control), size);
	while (!err && size - at >= sizeof(struct lx_cmsghdr)) {
		const struct lx_cmsghdr *one = (const void *)(buf + at);

		if (one->len < sizeof(*one) || one->len > size - at)
			err = -LX_EINVAL;
		else
			err = add_one(t, one, c);
		if (!err && LX_CMSG_ALIGN(one->len) > size - at)
			break;
		if (!err)
			at += LX_CMSG_ALIGN(one->len);
	}
	mem_free(buf);
	return err;
}

/* ---- control data out ---- */

struct control_out {
	struct task *t;
	gaddr_t at;
	uint64_t left, used;
	bool cut;
};

static int put_control(struct control_out *o, int level, int type, const void *data, uint64_t len)
{
	struct {
		struct lx_cmsghdr h;
		char data[LX_SCM_MAX_FD * sizeof(int32_t)];
	} c = { .h = { sizeof(c.h) + len, level, type } };
	uint64_t space = LX_CMSG_ALIGN(c.h.len);
	int err;

	if (o->left < sizeof(c.h)) {
		o->cut = true;
		return 0;
	}
	if (c.h.len > o->left) {
		o->cut = true;
		c.h.len = o->left;
	}
	memcpy(c.data, data, c.h.len - sizeof(c.h));
	err = guest_copyout(o->t, o->at, &c, c.h.len);
	if (space > o->left)
		space = o->left;
	o->at = gaddr_add(o->at, space);
	o->left -= space;
	o->used += space;
	return err;
}

/* As many of the files as there is room for get descriptors. */
static int put_files(struct control_out *o, struct sock_control *c, bool cloexec)
{
	int32_t fds[LX_SCM_MAX_FD];
	uint64_t room = o->left < sizeof(struct lx_cmsghdr)
				? 0
				: (o->left - sizeof(struct lx_cmsghdr)) / sizeof(*fds);
	uint32_t n = 0;
	int err = 0;

	while (n < c->nr_files && n < room) {
		int fd = fd_install_plain(o->t, file_get(c->files[n]), cloexec);

		if (fd < 0)
			break;
		fds[n++] = fd;
	}
	if (n < c->nr_files)
		o->cut = true;
	if (n)
		err = put_control(o, LX_SOL_SOCKET, LX_SCM_RIGHTS, fds, n * sizeof(*fds));
	for (uint32_t i = 0; err && i < n; i++)
		fd_close(o->t, fds[i]);
	return err;
}

/* Entries of lxcore's making, each shorter than what put_control() has room for. */
static int put_others(struct control_out *o, const struct sock_control *c)
{
	struct lx_cmsghdr h;
	int err = 0;

	for (uint32_t at = 0; !err && c->list && at + sizeof(h) <= c->list_len;
	     at += (uint32_t)LX_CMSG_ALIGN(h.len)) {
		memcpy(&h, c->list + at, sizeof(h));
		err = put_control(o, h.level, h.type, c->list + at + sizeof(h), h.len - sizeof(h));
	}
	return err;
}

static int control_out(struct task *t, struct sock_msg *m, struct lx_msghdr *h)
{
	struct control_out o = { .t = t, .at = GADDR(h->control), .left = h->controllen };
	int err = 0;

	m->control.creds.pid = pid_seen(t, m->control.creds.pid);
	if (m->control.has_creds)
		err = put_control(&o, LX_SOL_SOCKET, LX_SCM_CREDENTIALS, &m->control.creds,
				  sizeof(m->control.creds));
	if (!err)
		err = put_others(&o, &m->control);
	if (!err && m->control.nr_files)
		err = put_files(&o, &m->control, m->flags & LX_MSG_CMSG_CLOEXEC);
	if (o.cut)
		m->flags |= LX_MSG_CTRUNC;
	h->controllen = o.used;
	return err;
}

/* ---- one message ---- */

static int64_t send_msg(struct task *t, struct file *f, const struct lx_msghdr *h, uint32_t flags)
{
	struct sock_msg m = { .flags = flags };
	struct lx_iovec small[8], *heap = NULL;
	struct iter it;
	int64_t n = 0;

	m.it = &it;
	if (h->name)
		n = sock_addr_in(t, GADDR(h->name),
				 h->namelen > sizeof(m.addr.sa) ? sizeof(m.addr.sa) : h->namelen,
				 &m.addr);
	if (!n && (int32_t)h->namelen < 0)
		n = -LX_EINVAL;
	if (!n)
		n = h->iovlen > LX_IOV_MAX
			    ? -LX_EMSGSIZE
			    : iter_import(&it, t, GADDR(h->iov), h->iovlen, small, &heap);
	if (!n)
		n = control_in(t, h, &m.control);
	if (!n)
		n = socket_send(f, t, &m);
	sock_control_put(&m.control);
	mem_free(heap);
	return n;
}

/* Fills h's lengths and flags; the caller copies it out. */
static int64_t recv_msg(struct task *t, struct file *f, struct lx_msghdr *h, uint32_t flags)
{
	struct sock_msg m = { .flags = flags };
	struct lx_iovec small[8], *heap = NULL;
	struct iter it;
	int64_t n = 0;
	uint32_t room = h->namelen;
	int err = 0;

	m.it = &it;
	if ((int32_t)h->namelen < 0)
		n = -LX_EINVAL;
	else
		n = h->iovlen > LX_IOV_MAX
			    ? -LX_EMSGSIZE
			    : iter_import(&it, t, GADDR(h->iov), h->iovlen, small, &heap);
	if (!n)
		n = socket_recv(f, t, &m);
	if (n >= 0) {
		h->namelen = m.addr.len;
		if (h->name && room && m.addr.len)
			err = guest_copyout(t, GADDR(h->name), &m.addr.sa,
					    m.addr.len < room ? m.addr.len : room);
		if (!err)
			err = control_out(t, &m, h);
		h->flags = m.flags;
	}
	sock_control_put(&m.control);
	mem_free(heap);
	return err ? err : n;
}

/* The buffer of sendto and recvfrom: Linux looks where it lies before it looks at the descriptor. */
static int buffer(struct task *t, const struct sc_args *a, struct iter *it)
{
	uint64_t size = SC_U64(a, 2) < LX_RW_MAX ? SC_U64(a, 2) : LX_RW_MAX;

	if (SC_U64(a, 1) > LX_TASK_SIZE - size)
		return -LX_EFAULT;
	iter_guest(it, t, SC_GPTR(a, 1), size);
	return 0;
}

static int get_socket(struct task *t, int fd, struct file **f)
{
	int err = fd_get(t, fd, f);

	if (err || socket_is(*f))
		return err;
	file_put(*f);
	return -LX_ENOTSOCK;
}

int64_t sys_sendmsg(struct task *t, const struct sc_args *a)
{
	struct lx_msghdr h;
	struct file *f;
	int64_t n = get_socket(t, SC_I32(a, 0), &f);

	if (n)
		return n;
	n = guest_copyin(t, &h, SC_GPTR(a, 1), sizeof(h));
	if (!n)
		n = send_msg(t, f, &h, SC_U32(a, 2));
	file_put(f);
	return n;
}

int64_t sys_recvmsg(struct task *t, const struct sc_args *a)
{
	struct lx_msghdr h;
	struct file *f;
	int64_t n = get_socket(t, SC_I32(a, 0), &f);
	int err;

	if (n)
		return n;
	n = guest_copyin(t, &h, SC_GPTR(a, 1), sizeof(h));
	if (!n)
		n = recv_msg(t, f, &h, SC_U32(a, 2));
	file_put(f);
	if (n < 0)
		return n;
	err = guest_copyout(t, SC_GPTR(a, 1), &h, sizeof(h));
	return err ? err : n;
}

int64_t sys_sendto(struct task *t, const struct sc_args *a)
{
	struct sock_msg m = { .flags = SC_U32(a, 3) };
	struct iter it;
	struct file *f;
	int64_t n = buffer(t, a, &it);

	if (!n)
		n = get_socket(t, SC_I32(a, 0), &f);
	if (n)
		return n;
	m.it = &it;
	if (!gaddr_null(SC_GPTR(a, 4)))
		n = sock_addr_in(t, SC_GPTR(a, 4), SC_U32(a, 5), &m.addr);
	if (!n)
		n = socket_send(f, t, &m);
	sock_control_put(&m.control);
	file_put(f);
	return n;
}

int64_t sys_recvfrom(struct task *t, const struct sc_args *a)
{
	struct sock_msg m = { .flags = SC_U32(a, 3) };
	struct iter it;
	struct file *f;
	int64_t n = buffer(t, a, &it);
	int err = 0;

	if (!n)
		n = get_socket(t, SC_I32(a, 0), &f);
	if (n)
		return n;
	m.it = &it;
	n = socket_recv(f, t, &m);
	sock_control_put(&m.control);
	file_put(f);
	if (n >= 0 && !gaddr_null(SC_GPTR(a, 4)))
		err = sock_addr_out(t, SC_GPTR(a, 4), SC_GPTR(a, 5), &m.addr);
	return err ? err : n;
}

/* ---- many messages ---- */

int64_t sys_sendmmsg(struct task *t, const struct sc_args *a)
{
	uint32_t count = SC_U32(a, 2) < MMSG_MAX ? SC_U32(a, 2) : MMSG_MAX, done = 0;
	struct file *f;
	int64_t n = get_socket(t, SC_I32(a, 0), &f);

	if (n)
		return n;
	while (done < count) {
		gaddr_t at = gaddr_add(SC_GPTR(a, 1), done * sizeof(struct lx_mmsghdr));
		struct lx_msghdr h;

		n = guest_copyin(t, &h, at, sizeof(h));
		if (!n)
			n = send_msg(t, f, &h, SC_U32(a, 3));
		if (n >= 0) {
			uint32_t len = (uint32_t)n;

			n = guest_copyout(t, gaddr_add(at, offsetof(struct lx_mmsghdr, len)), &len,
					  sizeof(len));
		}
		if (n < 0)
			break;
		done++;
	}
	file_put(f);
	return done ? done : n;
}

/* One of recvmmsg's: the length goes behind the header. */
static int64_t recv_into(struct task *t, struct file *f, gaddr_t at, uint32_t flags)
{
	struct lx_mmsghdr mm;
	int64_t n = guest_copyin(t, &mm.hdr, at, sizeof(mm.hdr));

	if (!n)
		n = recv_msg(t, f, &mm.hdr, flags & ~LX_MSG_WAITFORONE);
	if (n < 0)
		return n;
	mm.len = (uint32_t)n;
	return guest_copyout(t, at, &mm, offsetof(struct lx_mmsghdr, pad));
}

static int deadline_in(struct task *t, gaddr_t at, uint64_t *deadline)
{
	struct lx_timespec ts;
	int err;

	*deadline = WAIT_FOREVER;
	if (gaddr_null(at))
		return 0;
	err = guest_copyin(t, &ts, at, sizeof(ts));
	if (err)
		return err;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= 1000000000)
		return -LX_EINVAL;
	if (ts.tv_sec < INT32_MAX)
		*deadline = KeQueryMonotonicNs() + (uint64_t)ts.tv_sec * 1000000000 +
			    (uint64_t)ts.tv_nsec;
	return 0;
}

/* As in Linux the time is looked at between messages only (recvmmsg(2), BUGS). */
int64_t sys_recvmmsg(struct task *t, const struct sc_args *a)
{
	uint32_t flags = SC_U32(a, 3), count = SC_U32(a, 2), done = 0;
	uint64_t deadline;
	struct file *f;
	int64_t n = deadline_in(t, SC_GPTR(a, 4), &deadline);

	if (!n)
		n = get_socket(t, SC_I32(a, 0), &f);
	if (n)
		return n;
	if (count > MMSG_MAX)
		count = MMSG_MAX;
	while (done < count) {
		n = recv_into(t, f, gaddr_add(SC_GPTR(a, 1), done * sizeof(struct lx_mmsghdr)),
			      flags);
		if (n < 0)
			break;
		done++;
		if (flags & LX_MSG_WAITFORONE)
			flags |= LX_MSG_DONTWAIT;
		if (deadline != WAIT_FOREVER && KeQueryMonotonicNs() >= deadline)
			break;
	}
	file_put(f);
	return done ? done : n;
}
