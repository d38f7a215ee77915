/* SPDX-License-Identifier: MIT */
/*
 * host_socket.c - the host's calls on sockets. Every socket is non-blocking; a signal cannot come here,
 * and a transfer tells MSG_NOSIGNAL, so that the supervisor never hears of SIGPIPE.
 */
#include "host_socket.h"
#include "host_filep.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "host_doors.h" /* last */

#define socket(...) HOST_DOOR(-1, socket(__VA_ARGS__))

_Static_assert(sizeof(struct sockaddr_in) == sizeof(SOCKADDR_IN) &&
		       sizeof(struct sockaddr_in6) == sizeof(SOCKADDR_IN6) &&
		       sizeof(struct sockaddr_storage) == sizeof(SOCKADDR_STORAGE),
	       "the layouts are one: only the families' numbers differ");

static const struct {
	ULONG ws;
	int host;
} families[] = {
	{ WS_AF_UNSPEC, AF_UNSPEC },
	{ WS_AF_INET, AF_INET },
	{ WS_AF_INET6, AF_INET6 },
};

static int host_family(ULONG ws)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].ws == ws)
			return families[i].host;
	return AF_MAX; /* no address of ours: the host will say so */
}

static USHORT ws_family(int host)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].host == host)
			return (USHORT)families[i].ws;
	return WS_AF_UNSPEC;
}

static socklen_t address_in(const SOCKADDR_STORAGE *ws, ULONG length, struct sockaddr_storage *host)
{
	if (length > sizeof(*host))
		length = sizeof(*host);
	memset(host, 0, sizeof(*host));
	memcpy(host, ws, length);
	host->ss_family = (sa_family_t)host_family(ws->ss_family);
	return length;
}

static ULONG address_out(const struct sockaddr_storage *host, socklen_t length,
			 SOCKADDR_STORAGE *ws)
{
	if (length < sizeof(host->ss_family))
		return 0;
	if (length > sizeof(*host))
		length = sizeof(*host);
	memcpy(ws, host, length);
	ws->ss_family = ws_family(host->ss_family);
	return length;
}

static NTSTATUS status_of(const char *call, host_fd fd, long result)
{
	if (result < 0 && (errno == EAGAIN || errno == EINPROGRESS))
		return STATUS_PENDING;
	return host_finished(call, fd.v, "", result);
}

NTSTATUS host_socket(ULONG family, ULONG type, ULONG protocol, host_fd *fd)
{
	TRACE_SCOPE(TR_HOST);
	fd->v = socket(host_family(family), (int)type | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       (int)protocol);
	return host_finished("socket", fd->v, "", fd->v);
}

NTSTATUS host_bind(host_fd fd, const SOCKADDR_STORAGE *addr, ULONG length)
{
	struct sockaddr_storage host;
	socklen_t n = address_in(addr, length, &host);

	return host_done("bind", fd.v, "", bind(fd.v, (struct sockaddr *)&host, n));
}

NTSTATUS host_connect(host_fd fd, const SOCKADDR_STORAGE *addr, ULONG length)
{
	TRACE_SCOPE(TR_HOST);
	struct sockaddr_storage host;
	socklen_t n = address_in(addr, length, &host);

	return status_of("connect", fd, connect(fd.v, (struct sockaddr *)&host, n));
}

NTSTATUS host_unconnect(host_fd fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	return host_done("connect", fd.v, "", connect(fd.v, &none, sizeof(none)));
}

NTSTATUS host_socket_error(host_fd fd)
{
	socklen_t size = sizeof(int);
	int err = 0;
	NTSTATUS status = host_done("getsockopt", fd.v, "SO_ERROR",
				    getsockopt(fd.v, SOL_SOCKET, SO_ERROR, &err, &size));

	return NT_SUCCESS(status) ? host_status(err) : status;
}

NTSTATUS host_listen(host_fd fd, ULONG backlog)
{
	return host_done("listen", fd.v, "", listen(fd.v, (int)backlog));
}

NTSTATUS host_accept(host_fd fd, host_fd *fresh, SOCKADDR_STORAGE *peer, ULONG *length)
{
	TRACE_SCOPE(TR_HOST);
	struct sockaddr_storage host;
	socklen_t n = sizeof(host);

	fresh->v = HOST_DOOR(
		-1, accept4(fd.v, (struct sockaddr *)&host, &n, SOCK_CLOEXEC | SOCK_NONBLOCK));
	*length = fresh->v < 0 ? 0 : address_out(&host, n, peer);
	return status_of("accept4", fd, fresh->v);
}

NTSTATUS host_become(host_fd from, host_fd fd)
{
	NTSTATUS status = host_done("dup3", from.v, "", dup3(from.v, fd.v, O_CLOEXEC));

	host_closefd(from);
	return status;
}

NTSTATUS host_shutdown(host_fd fd, BOOLEAN receive, BOOLEAN send)
{
	int how = receive && send ? SHUT_RDWR : send ? SHUT_WR : SHUT_RD;

	return host_done("shutdown", fd.v, "", shutdown(fd.v, how));
}

NTSTATUS host_socket_address(host_fd fd, BOOLEAN peer, SOCKADDR_STORAGE *addr, ULONG *length)
{
	struct sockaddr_storage host;
	socklen_t n = sizeof(host);
	NTSTATUS status = peer ? host_done("getpeername", fd.v, "",
					   getpeername(fd.v, (struct sockaddr *)&host, &n))
			       : host_done("getsockname", fd.v, "",
					   getsockname(fd.v, (struct sockaddr *)&host, &n));

	*length = NT_SUCCESS(status) ? address_out(&host, n, addr) : 0;
	return status;
}

/* ---- data ---- */

static ULONG vector(const struct host_message *m, struct iovec iov[AFD_BUFFERS_MAX])
{
	for (ULONG i = 0; i < m->count; i++)
		iov[i] = (struct iovec){ m->buffers[i].buf, m->buffers[i].len };
	return m->count;
}

static int receive_flags(ULONG tdi)
{
	return MSG_DONTWAIT | (tdi & TDI_RECEIVE_EXPEDITED ? MSG_OOB : 0) |
	       (tdi & TDI_RECEIVE_PEEK ? MSG_PEEK : 0) |
	       (tdi & TDI_LXRUN_TRUNCATE ? MSG_TRUNC : 0) |
	       (tdi & TDI_LXRUN_ERROR_QUEUE ? MSG_ERRQUEUE : 0);
}

static ULONG ws_flags(int host)
{
	return (host & MSG_OOB ? WS_MSG_OOB : 0) | (host & MSG_TRUNC ? WS_MSG_TRUNC : 0) |
	       (host & MSG_CTRUNC ? WS_MSG_CTRUNC : 0) |
	       (host & MSG_ERRQUEUE ? WS_MSG_ERRQUEUE : 0);
}

NTSTATUS host_receive(host_fd fd, struct host_message *m, ULONG *bytes)
{
	TRACE_SCOPE(TR_HOST);
	_Alignas(struct cmsghdr) UCHAR control[HOST_CONTROL_MAX];
	struct iovec iov[AFD_BUFFERS_MAX];
	struct sockaddr_storage from;
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = vector(m, iov) };
	BOOLEAN cut = FALSE;
	ssize_t n;

	if (m->addr) {
		h.msg_name = &from;
		h.msg_namelen = sizeof(from);
	}
	if (m->control) {
		h.msg_control = control;
		h.msg_controllen = sizeof(control);
	}
	n = recvmsg(fd.v, &h, receive_flags(m->flags));
	*bytes = n < 0 ? 0 : (ULONG)n;
	if (n >= 0) {
		m->addr_length = m->addr ? address_out(&from, h.msg_namelen, m->addr) : 0;
		if (m->control)
			m->control_length = host_control_out(control, (ULONG)h.msg_controllen,
							     m->control, m->control_length, &cut);
		m->flags = ws_flags(h.msg_flags) | (cut ? WS_MSG_CTRUNC : 0);
	}
	return status_of("recvmsg", fd, n);
}

NTSTATUS host_send(host_fd fd, const struct host_message *m, ULONG *bytes)
{
	TRACE_SCOPE(TR_HOST);
	_Alignas(struct cmsghdr) UCHAR control[HOST_CONTROL_MAX];
	struct iovec iov[AFD_BUFFERS_MAX];
	struct sockaddr_storage to;
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = vector(m, iov) };
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	ssize_t n;

	*bytes = 0;
	if (m->addr) {
		h.msg_name = &to;
		h.msg_namelen = address_in(m->addr, m->addr_length, &to);
	}
	if (m->control && m->control_length) {
		h.msg_control = control;
		h.msg_controllen = host_control_in(m->control, m->control_length, control,
						   sizeof(control));
		if (!h.msg_controllen)
			return STATUS_INVALID_PARAMETER;
	}
	flags |= m->flags & TDI_SEND_EXPEDITED ? MSG_OOB : 0;
	flags |= m->flags & TDI_SEND_PARTIAL ? MSG_MORE : 0;
	flags |= m->flags & TDI_LXRUN_DONTROUTE ? MSG_DONTROUTE : 0;
	flags |= m->flags & TDI_LXRUN_CONFIRM ? MSG_CONFIRM : 0;
	n = sendmsg(fd.v, &h, flags);
	*bytes = n < 0 ? 0 : (ULONG)n;
	return status_of("sendmsg", fd, n);
}

NTSTATUS host_socket_bytes(host_fd fd, BOOLEAN sent, ULONG *bytes)
{
	int n = 0;
	NTSTATUS status = sent ? host_done("ioctl", fd.v, "SIOCOUTQ", ioctl(fd.v, SIOCOUTQ, &n))
			       : host_done("ioctl", fd.v, "SIOCINQ", ioctl(fd.v, SIOCINQ, &n));

	*bytes = n > 0 ? (ULONG)n : 0;
	return status;
}

NTSTATUS host_at_mark(host_fd fd, BOOLEAN *at)
{
	int n = 0;
	NTSTATUS status = host_done("ioctl", fd.v, "SIOCATMARK", ioctl(fd.v, SIOCATMARK, &n));

	*at = n != 0;
	return status;
}
