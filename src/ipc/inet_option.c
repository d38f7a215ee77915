/* SPDX-License-Identifier: MIT */
/*
 * inet_option.c - options of AF_INET and AF_INET6 sockets: one table, from Linux's to Winsock's. What
 * lxcore itself has to do with (time limits, who may) stays here; the values of the others pass as they
 * are, but where a row says how they differ.
 */
#include "inet.h"
#include "lxrun/syscall.h"
#include <string.h>

enum kind {
	PLAIN,  /* the value as it is */
	LINGER, /* struct linger, WS_LINGER */
	ERROR,  /* NTSTATUS, errno; read only */
	FORCE,  /* as PLAIN, for CAP_NET_ADMIN; write only */
	RAW,    /* as PLAIN; setting: for CAP_NET_RAW */
};

static const struct inet_option {
	int level, option;
	uint32_t ws_level, ws_option;
	enum kind kind;
} options[] = {
#define SOCKET(lx, ws, kind)                                         \
	{                                                            \
		LX_SOL_SOCKET, LX_##lx, WS_SOL_SOCKET, WS_##ws, kind \
	}
#define IP(lx, ws)                                                    \
	{                                                             \
		LX_IPPROTO_IP, LX_##lx, WS_IPPROTO_IP, WS_##ws, PLAIN \
	}
#define IP6(lx, ws)                                                       \
	{                                                                 \
		LX_IPPROTO_IPV6, LX_##lx, WS_IPPROTO_IPV6, WS_##ws, PLAIN \
	}
#define TCP(lx, ws)                                                     \
	{                                                               \
		LX_IPPROTO_TCP, LX_##lx, WS_IPPROTO_TCP, WS_##ws, PLAIN \
	}
#define UDP(lx, ws)                                                     \
	{                                                               \
		LX_IPPROTO_UDP, LX_##lx, WS_IPPROTO_UDP, WS_##ws, PLAIN \
	}
	SOCKET(SO_DEBUG, SO_DEBUG, PLAIN),
	SOCKET(SO_REUSEADDR, SO_REUSEADDR, PLAIN),
	SOCKET(SO_TYPE, SO_TYPE, PLAIN),
	SOCKET(SO_ERROR, SO_ERROR, ERROR),
	SOCKET(SO_DONTROUTE, SO_DONTROUTE, PLAIN),
	SOCKET(SO_BROADCAST, SO_BROADCAST, PLAIN),
	SOCKET(SO_SNDBUF, SO_SNDBUF, PLAIN),
	SOCKET(SO_RCVBUF, SO_RCVBUF, PLAIN),
	SOCKET(SO_SNDBUFFORCE, SO_SNDBUF, FORCE),
	SOCKET(SO_RCVBUFFORCE, SO_RCVBUF, FORCE),
	SOCKET(SO_KEEPALIVE, SO_KEEPALIVE, PLAIN),
	SOCKET(SO_OOBINLINE, SO_OOBINLINE, PLAIN),
	SOCKET(SO_PRIORITY, SO_LXRUN_PRIORITY, PLAIN),
	SOCKET(SO_LINGER, SO_LINGER, LINGER),
	SOCKET(SO_REUSEPORT, SO_LXRUN_REUSEPORT, PLAIN),
	SOCKET(SO_RCVLOWAT, SO_RCVLOWAT, PLAIN),
	SOCKET(SO_BINDTODEVICE, SO_LXRUN_BINDTODEVICE, RAW),
	SOCKET(SO_TIMESTAMP, SO_LXRUN_TIMESTAMP, PLAIN),
	SOCKET(SO_TIMESTAMPNS, SO_LXRUN_TIMESTAMPNS, PLAIN),
	SOCKET(SO_ACCEPTCONN, SO_ACCEPTCONN, PLAIN),
	SOCKET(SO_PROTOCOL, SO_LXRUN_PROTOCOL, PLAIN),
	SOCKET(SO_INCOMING_CPU, SO_LXRUN_INCOMING_CPU, PLAIN),
	IP(IP_TOS, IP_TOS),
	IP(IP_TTL, IP_TTL),
	IP(IP_HDRINCL, IP_HDRINCL),
	IP(IP_OPTIONS, IP_OPTIONS),
	IP(IP_PKTINFO, IP_PKTINFO),
	IP(IP_MTU_DISCOVER, IP_MTU_DISCOVER),
	IP(IP_RECVERR, IP_RECVERR),
	IP(IP_RECVTTL, IP_RECEIVE_TTL),
	IP(IP_RECVTOS, IP_RECVTOS),
	IP(IP_MTU, IP_MTU),
	IP(IP_FREEBIND, IP_LXRUN_FREEBIND),
	IP(IP_BIND_ADDRESS_NO_PORT, IP_LXRUN_BIND_NO_PORT),
	IP(IP_MULTICAST_IF, IP_MULTICAST_IF),
	IP(IP_MULTICAST_TTL, IP_MULTICAST_TTL),
	IP(IP_MULTICAST_LOOP, IP_MULTICAST_LOOP),
	IP(IP_ADD_MEMBERSHIP, IP_ADD_MEMBERSHIP),
	IP(IP_DROP_MEMBERSHIP, IP_DROP_MEMBERSHIP),
	IP(IP_MULTICAST_ALL, IP_LXRUN_MULTICAST_ALL),
	IP6(IPV6_CHECKSUM, IPV6_CHECKSUM),
	IP6(IPV6_UNICAST_HOPS, IPV6_UNICAST_HOPS),
	IP6(IPV6_MULTICAST_IF, IPV6_MULTICAST_IF),
	IP6(IPV6_MULTICAST_HOPS, IPV6_MULTICAST_HOPS),
	IP6(IPV6_MULTICAST_LOOP, IPV6_MULTICAST_LOOP),
	IP6(IPV6_ADD_MEMBERSHIP, IPV6_ADD_MEMBERSHIP),
	IP6(IPV6_DROP_MEMBERSHIP, IPV6_DROP_MEMBERSHIP),
	IP6(IPV6_MTU_DISCOVER, IPV6_MTU_DISCOVER),
	IP6(IPV6_MTU, IPV6_MTU),
	IP6(IPV6_RECVERR, IPV6_RECVERR),
	IP6(IPV6_V6ONLY, IPV6_V6ONLY),
	IP6(IPV6_RECVPKTINFO, IPV6_PKTINFO),
	IP6(IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT),
	IP6(IPV6_DONTFRAG, IPV6_DONTFRAG),
	IP6(IPV6_RECVTCLASS, IPV6_RECVTCLASS),
	IP6(IPV6_TCLASS, IPV6_TCLASS),
	TCP(TCP_NODELAY, TCP_NODELAY),
	TCP(TCP_MAXSEG, TCP_MAXSEG),
	TCP(TCP_CORK, TCP_LXRUN_CORK),
	TCP(TCP_KEEPIDLE, TCP_KEEPIDLE),
	TCP(TCP_KEEPINTVL, TCP_KEEPINTVL),
	TCP(TCP_KEEPCNT, TCP_KEEPCNT),
	TCP(TCP_SYNCNT, TCP_LXRUN_SYNCNT),
	TCP(TCP_LINGER2, TCP_LXRUN_LINGER2),
	TCP(TCP_DEFER_ACCEPT, TCP_LXRUN_DEFER_ACCEPT),
	TCP(TCP_WINDOW_CLAMP, TCP_LXRUN_WINDOW_CLAMP),
	TCP(TCP_INFO, TCP_LXRUN_INFO),
	TCP(TCP_QUICKACK, TCP_LXRUN_QUICKACK),
	TCP(TCP_CONGESTION, TCP_CONGESTION_ALGORITHM),
	TCP(TCP_USER_TIMEOUT, TCP_LXRUN_USER_TIMEOUT),
	TCP(TCP_FASTOPEN, TCP_FASTOPEN),
	TCP(TCP_NOTSENT_LOWAT, TCP_LXRUN_NOTSENT_LOWAT),
	TCP(TCP_FASTOPEN_CONNECT, TCP_LXRUN_FASTOPEN_CONNECT),
	UDP(UDP_CORK, UDP_LXRUN_CORK),
	UDP(UDP_SEGMENT, UDP_SEND_MSG_SIZE),
	UDP(UDP_GRO, UDP_RECV_MAX_COALESCED_SIZE),
};

static const struct inet_option *find(int level, int option)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].level == level && options[i].option == option)
			return &options[i];
	return NULL;
}

/*
 * One that nobody knows is counted; a level that this kind of socket has not is nobody's fault, nor are options of
 * AF_UNIX.
 */
static int unknown(struct task *t, bool get, int level, int option)
{
	if (level == LX_SOL_SOCKET && (option == LX_SO_PASSCRED || option == LX_SO_PASSSEC))
		return -LX_EOPNOTSUPP;
	if (level != LX_SOL_SOCKET && level != LX_IPPROTO_IP && level != LX_IPPROTO_IPV6 &&
	    level != LX_IPPROTO_TCP && level != LX_IPPROTO_UDP)
		return get ? -LX_EOPNOTSUPP : -LX_ENOPROTOOPT;
	return (int)unsupported(t, get ? "getsockopt" : "setsockopt", "option",
				(uint64_t)level << 32 | (uint32_t)option, -LX_ENOPROTOOPT);
}

/* ---- set ---- */

static NTSTATUS put(struct inet_sock *s, const struct inet_option *o, const void *value,
		    uint32_t len)
{
	AFD_TL_IO_CONTROL_INFO in = {
		.Type = TlSetSockOptIoControlType,
		.Level = o->ws_level,
		.IoControlCode = o->ws_option,
		.EndpointIoctl = TRUE,
		.InputBuffer = (PVOID)value,
		.InputBufferLength = len,
	};

	return inet_control(s, IOCTL_AFD_TRANSPORT_IOCTL, &in, sizeof(in), NULL, 0, NULL);
}

static int set_linger(struct inet_sock *s, const struct inet_option *o, const void *value,
		      uint32_t len)
{
	struct lx_linger lx;
	WS_LINGER ws;

	if (len < sizeof(lx))
		return -LX_EINVAL;
	memcpy(&lx, value, sizeof(lx));
	ws.l_onoff = lx.l_onoff != 0;
	ws.l_linger = (USHORT)((uint32_t)lx.l_linger < UINT16_MAX ? lx.l_linger : UINT16_MAX);
	return nt_to_errno(put(s, o, &ws, sizeof(ws)));
}

static int may_set(struct task *t, const struct inet_option *o)
{
	switch (o->kind) {
	case ERROR:
		return -LX_ENOPROTOOPT;
	case FORCE:
		return cred_capable(t->cred, LX_CAP_NET_ADMIN) ? 0 : -LX_EPERM;
	case RAW:
		return cred_capable(t->cred, LX_CAP_NET_RAW) ? 0 : -LX_EPERM;
	default:
		return 0;
	}
}

/* Time limits are lxcore's: it is here that calls sleep. */
static int set_timeout(struct inet_sock *s, int option, const void *value, uint32_t len)
{
	int err;

	lk_acquire(&s->lock);
	err = sock_set_timeout(&s->timeo[option == LX_SO_SNDTIMEO], value, len);
	lk_release(&s->lock);
	return err;
}

static bool is_timeout(int level, int option)
{
	return level == LX_SOL_SOCKET && (option == LX_SO_RCVTIMEO || option == LX_SO_SNDTIMEO);
}

int inet_set_option(struct sock *sock, struct task *t, int level, int option, const void *value,
		    uint32_t len)
{
	struct inet_sock *s = inet_of(sock);
	const struct inet_option *o = find(level, option);
	int32_t n;
	int err;

	if (is_timeout(level, option))
		return set_timeout(s, option, value, len);
	if (level == LX_SOL_SOCKET && len < sizeof(int32_t) && option != LX_SO_BINDTODEVICE)
		return -LX_EINVAL;
	if (!o)
		return unknown(t, false, level, option);
	err = may_set(t, o);
	if (err)
		return err;
	if (o->kind == LINGER)
		return set_linger(s, o, value, len);
	err = nt_to_errno(put(s, o, value, len));
	if (!err && level == LX_SOL_SOCKET && option == LX_SO_RCVLOWAT) {
		memcpy(&n, value, sizeof(n));
		s->rcvlowat = n < 0 ? INT32_MAX : n ? (uint32_t)n : 1;
	}
	return err;
}

/* ---- get ---- */

static NTSTATUS ask(struct inet_sock *s, const struct inet_option *o, void *value, uint32_t *len)
{
	const AFD_TL_IO_CONTROL_INFO in = {
		.Type = TlGetSockOptIoControlType,
		.Level = o->ws_level,
		.IoControlCode = o->ws_option,
		.EndpointIoctl = TRUE,
	};
	ULONG_PTR n = 0;
	NTSTATUS status = inet_control(s, IOCTL_AFD_TRANSPORT_IOCTL, &in, sizeof(in), value, *len,
				       &n);

	*len = (uint32_t)n;
	return status;
}

static int get_error(struct inet_sock *s, const struct inet_option *o, void *value, uint32_t *len)
{
	NTSTATUS last = STATUS_SUCCESS;
	uint32_t size = sizeof(last);
	NTSTATUS status = ask(s, o, &last, &size);
	int32_t err = -nt_to_errno(last);

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	sock_give(&err, sizeof(err), value, len);
	return 0;
}

static int get_linger(struct inet_sock *s, const struct inet_option *o, void *value, uint32_t *len)
{
	WS_LINGER ws = { 0, 0 };
	uint32_t size = sizeof(ws);
	NTSTATUS status = ask(s, o, &ws, &size);
	struct lx_linger lx = { ws.l_onoff, ws.l_linger };

	sock_give(&lx, sizeof(lx), value, len);
	return nt_to_errno(status);
}

/* What lxcore knows itself. false: it does not. */
static bool own(struct inet_sock *s, int option, void *value, uint32_t *len)
{
	static const struct lx_ucred nobody = { 0, (uint32_t)-1, (uint32_t)-1 };
	struct lx_timeval tv;
	int32_t n;

	switch (option) {
	case LX_SO_RCVTIMEO:
	case LX_SO_SNDTIMEO:
		lk_acquire(&s->lock);
		tv = s->timeo[option == LX_SO_SNDTIMEO];
		lk_release(&s->lock);
		sock_give(&tv, sizeof(tv), value, len);
		return true;
	case LX_SO_PEERCRED:
		sock_give(&nobody, sizeof(nobody), value, len);
		return true;
	case LX_SO_DOMAIN:
		n = s->base.family->family;
		break;
	case LX_SO_SNDLOWAT:
		n = 1;
		break;
	default:
		return false;
	}
	sock_give(&n, sizeof(n), value, len);
	return true;
}

int inet_get_option(struct sock *sock, struct task *t, int level, int option, void *value,
		    uint32_t *len)
{
	struct inet_sock *s = inet_of(sock);
	const struct inet_option *o = find(level, option);

	if (level == LX_SOL_SOCKET && own(s, option, value, len))
		return 0;
	if (!o || o->kind == FORCE)
		return unknown(t, true, level, option);
	switch (o->kind) {
	case ERROR:
		return get_error(s, o, value, len);
	case LINGER:
		return get_linger(s, o, value, len);
	default:
		return nt_to_errno(ask(s, o, value, len));
	}
}
