/* SPDX-License-Identifier: MIT */
/* sys_socket.c - sockets made, named, connected and configured. Messages: sys_message.c. */
#include "sys_socket.h"
#include "lxrun/task.h"
#include <string.h>

#define OPTION_MAX 256u

int sock_addr_in(struct task *t, gaddr_t from, uint32_t len, struct sock_addr *a)
{
	if (len > sizeof(a->sa)) /* a negative length, too */
		return -LX_EINVAL;
	memset(a, 0, sizeof(*a));
	a->len = len;
	return len ? guest_copyin(t, &a->sa, from, len) : 0;
}

int sock_addr_out(struct task *t, gaddr_t to, gaddr_t lenp, const struct sock_addr *a)
{
	int32_t room;
	uint32_t n;
	int err = guest_copyin(t, &room, lenp, sizeof(room));

	if (err)
		return err;
	if (room < 0)
		return -LX_EINVAL;
	n = a->len < (uint32_t)room ? a->len : (uint32_t)room;
	if (n)
		err = guest_copyout(t, to, &a->sa, n);
	return err ? err : guest_copyout(t, lenp, &a->len, sizeof(a->len));
}

int64_t sys_socket(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err = socket_create(t, SC_I32(a, 0), SC_U32(a, 1), SC_I32(a, 2), &f);

	if (err == -LX_EAFNOSUPPORT)
		return unsupported(t, "socket", "family", SC_U32(a, 0), err);
	return err ? err : fd_install_plain(t, f, SC_U32(a, 1) & LX_SOCK_CLOEXEC);
}

int64_t sys_socketpair(struct task *t, const struct sc_args *a)
{
	struct file *ends[2];
	int32_t there[2];
	/* Linux has written the numbers before it looks at what is to be made. */
	int err = guest_copyin(t, there, SC_GPTR(a, 3), sizeof(there));

	if (!err)
		err = guest_copyout(t, SC_GPTR(a, 3), there, sizeof(there));
	if (!err)
		err = socket_pair(t, SC_I32(a, 0), SC_U32(a, 1), SC_I32(a, 2), ends);

	return err ? err : fd_install_pair(t, ends, SC_U32(a, 1) & LX_SOCK_CLOEXEC, SC_GPTR(a, 3));
}

typedef int addr_fn(struct file *f, struct task *t, const struct sock_addr *addr);

static int64_t with_address(struct task *t, const struct sc_args *a, addr_fn *fn)
{
	struct sock_addr addr;
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = socket_is(f) ? sock_addr_in(t, SC_GPTR(a, 1), SC_U32(a, 2), &addr) : -LX_ENOTSOCK;
	if (!err)
		err = fn(f, t, &addr);
	file_put(f);
	return err;
}

int64_t sys_bind(struct task *t, const struct sc_args *a)
{
	return with_address(t, a, socket_bind);
}

int64_t sys_connect(struct task *t, const struct sc_args *a)
{
	return with_address(t, a, socket_connect);
}

int64_t sys_listen(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = socket_listen(f, t, SC_U32(a, 1));
	file_put(f);
	return err;
}

static int64_t do_accept(struct task *t, const struct sc_args *a, uint32_t flags)
{
	struct sock_addr peer;
	struct file *f, *fresh;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = socket_accept(f, t, flags, &fresh, &peer);
	file_put(f);
	if (err)
		return err;
	if (!gaddr_null(SC_GPTR(a, 1)))
		err = sock_addr_out(t, SC_GPTR(a, 1), SC_GPTR(a, 2), &peer);
	if (err) {
		file_put(fresh);
		return err;
	}
	return fd_install_plain(t, fresh, flags & LX_SOCK_CLOEXEC);
}

int64_t sys_accept(struct task *t, const struct sc_args *a)
{
	return do_accept(t, a, 0);
}

int64_t sys_accept4(struct task *t, const struct sc_args *a)
{
	return do_accept(t, a, SC_U32(a, 3));
}

static int64_t name(struct task *t, const struct sc_args *a, bool peer)
{
	struct sock_addr addr;
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = socket_name(f, peer, &addr);
	file_put(f);
	return err ? err : sock_addr_out(t, SC_GPTR(a, 1), SC_GPTR(a, 2), &addr);
}

int64_t sys_getsockname(struct task *t, const struct sc_args *a)
{
	return name(t, a, false);
}

int64_t sys_getpeername(struct task *t, const struct sc_args *a)
{
	return name(t, a, true);
}

int64_t sys_shutdown(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = socket_shutdown(f, SC_I32(a, 1));
	file_put(f);
	return err;
}

int64_t sys_setsockopt(struct task *t, const struct sc_args *a)
{
	char value[OPTION_MAX];
	uint32_t len = SC_U32(a, 4);
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	if ((int32_t)len < 0)
		err = -LX_EINVAL;
	else if (!socket_is(f))
		err = -LX_ENOTSOCK;
	if (len > sizeof(value))
		len = sizeof(value);
	if (!err && len)
		err = guest_copyin(t, value, SC_GPTR(a, 3), len);
	if (!err)
		err = socket_set_option(f, t, SC_I32(a, 1), SC_I32(a, 2), value, len);
	file_put(f);
	return err;
}

int64_t sys_getsockopt(struct task *t, const struct sc_args *a)
{
	char value[OPTION_MAX];
	uint32_t len;
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = socket_is(f) ? guest_copyin(t, &len, SC_GPTR(a, 4), sizeof(len)) : -LX_ENOTSOCK;
	if (!err && (int32_t)len < 0)
		err = -LX_EINVAL;
	if (!err) {
		if (len > sizeof(value))
			len = sizeof(value);
		err = socket_get_option(f, t, SC_I32(a, 1), SC_I32(a, 2), value, &len);
	}
	file_put(f);
	if (!err && len)
		err = guest_copyout(t, SC_GPTR(a, 3), value, len);
	return err ? err : guest_copyout(t, SC_GPTR(a, 4), &len, sizeof(len));
}
