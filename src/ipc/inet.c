/* SPDX-License-Identifier: MIT */
/* inet.c - AF_INET and AF_INET6: lives, addresses, connections, readiness. ip(7), tcp(7), udp(7), ipv6(7). */
#include "inet.h"
#include "base/alloc.h"
#include "lx/ioctl.h"
#include "lxrun/event.h"
#include <string.h>

#define EVENTS                                                                              \
	(IO_READY_READ | IO_READY_WRITE | IO_READY_HANGUP | IO_READY_ERROR | IO_READY_PRI | \
	 IO_READY_RDHUP)
#define PRIVILEGED_PORTS 1024u

/* ---- addresses ---- */

static const struct {
	uint16_t lx, nt;
} family_numbers[] = {
	{ LX_AF_UNSPEC, WS_AF_UNSPEC },
	{ LX_AF_INET, WS_AF_INET },
	{ LX_AF_INET6, WS_AF_INET6 },
};

void inet_addr_to_nt(const struct sock_addr *lx, SOCKADDR_STORAGE *nt)
{
	_Static_assert(sizeof(lx->sa) == sizeof(*nt), "one layout");
	memcpy(nt, &lx->sa, sizeof(*nt));
	nt->ss_family = UINT16_MAX; /* one that NT has not either */
	for (size_t i = 0; i < sizeof(family_numbers) / sizeof(*family_numbers); i++)
		if (family_numbers[i].lx == lx->sa.family)
			nt->ss_family = family_numbers[i].nt;
}

void inet_addr_to_lx(const SOCKADDR_STORAGE *nt, ULONG len, struct sock_addr *lx)
{
	memset(lx, 0, sizeof(*lx));
	if (len < sizeof(lx->sa.family) || len > sizeof(lx->sa))
		return;
	memcpy(&lx->sa, nt, len);
	for (size_t i = 0; i < sizeof(family_numbers) / sizeof(*family_numbers); i++)
		if (family_numbers[i].nt == nt->ss_family)
			lx->sa.family = family_numbers[i].lx;
	lx->len = len;
}

/* ---- the endpoint ---- */

NTSTATUS inet_control(struct inet_sock *s, ULONG code, const void *in, ULONG in_len, void *out,
		      ULONG out_len, ULONG_PTR *information)
{
	IO_STATUS_BLOCK iosb = { 0 };
	NTSTATUS status = NtDeviceIoControlFile(s->handle, NULL, NULL, NULL, &iosb, code, (PVOID)in,
						in_len, out, out_len);

	if (information)
		*information = iosb.Information;
	return status;
}

static void happened(PVOID context, ULONG ready)
{
	struct inet_sock *s = context;

	waitq_wake(&s->wq);
	if (ready & IO_READY_READ)
		async_tell(&s->async, LX_POLL_IN, NULL);
	if (ready & IO_READY_WRITE)
		async_tell(&s->async, LX_POLL_OUT, NULL);
}

int inet_watch(struct inet_sock *s)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (s->watched)
		return 0;
	lk_acquire(&s->lock);
	if (!s->watch)
		status = IoSubscribeReadiness(s->handle, EVENTS, happened, s, &s->watch);
	s->watched = s->watch != NULL;
	lk_release(&s->lock);
	return NT_SUCCESS(status) ? 0 : -LX_ENOMEM;
}

struct patience {
	struct inet_sock *s;
	int64_t (*attempt)(void *arg);
	void *arg;
	bool nonblock;
};

/* The subscription comes before the attempt that the sleep relies on. */
static int64_t attempt_watched(void *arg)
{
	struct patience *p = arg;
	int64_t err = p->attempt(p->arg);

	if (err != -LX_EAGAIN || p->nonblock || p->s->watched)
		return err;
	err = inet_watch(p->s);
	return err ? err : p->attempt(p->arg);
}

int inet_wait(struct inet_sock *s, struct task *t, uint64_t deadline, bool nonblock,
	      int64_t (*attempt)(void *arg), void *arg)
{
	struct patience p = { s, attempt, arg, nonblock };

	return sock_wait(t, &s->wq, deadline, nonblock, attempt_watched, &p);
}

uint64_t inet_deadline(struct inet_sock *s, int which)
{
	struct lx_timeval tv;

	lk_acquire(&s->lock);
	tv = s->timeo[which];
	lk_release(&s->lock);
	return sock_deadline(tv);
}

/* The socket's number is the host's, by which /proc/net/tcp and its kin name it. */
static void take_number(struct inet_sock *s)
{
	FILE_INTERNAL_INFORMATION info;
	IO_STATUS_BLOCK iosb;

	if (NT_SUCCESS(NtQueryInformationFile(s->handle, &iosb, &info, sizeof(info),
					      FileInternalInformation)))
		s->base.ino = (uint64_t)info.IndexNumber.QuadPart;
}

static struct inet_sock *new_sock(const struct sock_family *family, uint32_t type, int protocol)
{
	struct inet_sock *s = mem_alloc(sizeof(*s));

	if (!s)
		return NULL;
	s->base.family = family;
	s->type = type;
	s->protocol = protocol;
	s->rcvlowat = 1;
	waitq_init(&s->wq);
	async_list_init(&s->async);
	lk_init(&s->lock, LR_INODE);
	return s;
}

static void close_it(struct sock *sock)
{
	struct inet_sock *s = inet_of(sock);

	IoUnwatchReadiness(s->watch);
	NtClose(s->handle);
	mem_free(s);
}

/* ---- making ---- */

/* What goes together, as net/ipv4/af_inet.c has it. */
static int check_protocol(struct task *t, bool v6, uint32_t type, int *protocol)
{
	int icmp = v6 ? LX_IPPROTO_ICMPV6 : LX_IPPROTO_ICMP;

	if (*protocol < 0 || *protocol >= LX_IPPROTO_MAX)
		return -LX_EINVAL;
	switch (type) {
	case LX_SOCK_STREAM:
		if (*protocol && *protocol != LX_IPPROTO_TCP)
			return -LX_EPROTONOSUPPORT;
		*protocol = LX_IPPROTO_TCP;
		return 0;
	case LX_SOCK_DGRAM:
		if (*protocol && *protocol != LX_IPPROTO_UDP && *protocol != icmp)
			return -LX_EPROTONOSUPPORT;
		if (!*protocol)
			*protocol = LX_IPPROTO_UDP;
		return 0;
	case LX_SOCK_RAW:
		if (!*protocol)
			return -LX_EPROTONOSUPPORT;
		return cred_capable(t->cred, LX_CAP_NET_RAW) ? 0 : -LX_EPERM;
	default:
		return *protocol ? -LX_EPROTONOSUPPORT : -LX_ESOCKTNOSUPPORT;
	}
}

/* The extended attribute that makes a file of \Device\Afd a socket. */
struct open_attribute {
	FILE_FULL_EA_INFORMATION ea;
	UCHAR room[sizeof(AfdOpenPacket) + sizeof(AFD_OPEN_PACKET)];
};

static void describe(struct open_attribute *a, const AFD_OPEN_PACKET *packet)
{
	memset(a, 0, sizeof(*a));
	a->ea.EaNameLength = sizeof(AfdOpenPacket) - 1;
	a->ea.EaValueLength = sizeof(*packet);
	memcpy(a->ea.EaName, AfdOpenPacket, sizeof(AfdOpenPacket));
	memcpy(a->ea.EaName + sizeof(AfdOpenPacket), packet, sizeof(*packet));
}

static NTSTATUS open_endpoint(const AFD_OPEN_PACKET *packet, HANDLE *handle)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(AFD_ENDPOINT_NAME);
	struct open_attribute a;
	OBJECT_ATTRIBUTES attr;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;

	describe(&a, packet);
	InitializeObjectAttributes(&attr, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
	do
		status = NtCreateFile(
			handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &iosb, NULL, 0,
			FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN_IF,
			FILE_SYNCHRONOUS_IO_NONALERT | FILE_LXRUN_KEEP_POSITION, &a, sizeof(a));
	while (status == STATUS_TOO_MANY_OPENED_FILES && vfs_reclaim());
	return status;
}

static int create(const struct sock_family *family, struct task *t, uint32_t type, int protocol,
		  struct sock **out)
{
	bool v6 = family->family == LX_AF_INET6;
	AFD_INFORMATION mode = { .InformationType = AFD_NONBLOCKING_MODE,
				 .Information.Boolean = TRUE };
	AFD_OPEN_PACKET packet = { .AddressFamily = v6 ? WS_AF_INET6 : WS_AF_INET };
	int err = check_protocol(t, v6, type, &protocol);
	struct inet_sock *s;
	NTSTATUS status;

	if (err)
		return err;
	s = new_sock(family, type, protocol);
	if (!s)
		return -LX_ENOMEM;
	packet.SocketType = (LONG)type; /* the three have the same numbers */
	packet.Protocol = protocol;
	status = open_endpoint(&packet, &s->handle);
	if (NT_SUCCESS(status)) {
		status = inet_control(s, IOCTL_AFD_SET_INFORMATION, &mode, sizeof(mode), NULL, 0,
				      NULL);
		if (!NT_SUCCESS(status))
			NtClose(s->handle);
	}
	if (!NT_SUCCESS(status)) {
		mem_free(s);
		return nt_to_errno(status);
	}
	take_number(s);
	*out = &s->base;
	return 0;
}

static int create4(struct task *t, uint32_t type, int protocol, struct sock **out)
{
	return create(&inet_family, t, type, protocol, out);
}

static int create6(struct task *t, uint32_t type, int protocol, struct sock **out)
{
	return create(&inet6_family, t, type, protocol, out);
}

/* ---- names ---- */

/* A port that only some may take. */
static bool is_privileged(const struct inet_sock *s, const struct sock_addr *addr)
{
	const uint8_t *port = (const uint8_t *)addr->sa.data; /* in both families: big-endian */
	uint32_t number = (uint32_t)port[0] << 8 | port[1];

	return s->type != LX_SOCK_RAW && addr->len >= sizeof(struct lx_sockaddr_in) && number &&
	       number < PRIVILEGED_PORTS;
}

static int bind_it(struct sock *sock, struct task *t, const struct sock_addr *addr)
{
	struct inet_sock *s = inet_of(sock);
	struct {
		ULONG share;
		SOCKADDR_STORAGE address;
	} in = { .share = AFD_NORMALADDRUSE };
	_Static_assert(offsetof(AFD_BIND_INFO_TL, Address) == sizeof(in.share), "AFD_BIND_INFO_TL");

	if (addr->len < sizeof(addr->sa.family))
		return -LX_EINVAL;
	if (is_privileged(s, addr) && !cred_capable(t->cred, LX_CAP_NET_BIND_SERVICE))
		return -LX_EACCES;
	inet_addr_to_nt(addr, &in.address);
	return nt_to_errno(
		inet_control(s, IOCTL_AFD_BIND, &in, sizeof(in.share) + addr->len, NULL, 0, NULL));
}

static int name(struct sock *s, bool peer, struct sock_addr *addr)
{
	ULONG code = peer ? IOCTL_AFD_GET_REMOTE_ADDRESS : IOCTL_AFD_GET_ADDRESS;
	SOCKADDR_STORAGE nt;
	ULONG_PTR len;
	NTSTATUS status = inet_control(inet_of(s), code, NULL, 0, &nt, sizeof(nt), &len);

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	inet_addr_to_lx(&nt, (ULONG)len, addr);
	return 0;
}

/* ---- connections ---- */

struct connecting {
	struct inet_sock *s;
	struct {
		AFD_CONNECT_JOIN_INFO_TL head;
		UCHAR rest[sizeof(SOCKADDR_STORAGE) - sizeof(SOCKADDR)];
	} in;
	ULONG len;
	bool said; /* that it goes on */
};

/*
 * The endpoint is asked again when something has happened: who asks once it is connected is told so, once,
 * as in Linux; who asks before, that it goes on.
 */
static int64_t try_connect(void *arg)
{
	struct connecting *c = arg;
	NTSTATUS status = inet_control(c->s, IOCTL_AFD_CONNECT, &c->in, c->len, NULL, 0, NULL);

	if (status == STATUS_DEVICE_NOT_READY || status == STATUS_ADDRESS_ALREADY_ASSOCIATED) {
		c->said = status == STATUS_ADDRESS_ALREADY_ASSOCIATED;
		return -LX_EAGAIN;
	}
	return nt_to_errno(status);
}

static int connect_it(struct sock *sock, struct task *t, const struct sock_addr *addr,
		      bool nonblock)
{
	struct connecting c = { .s = inet_of(sock) };
	SOCKADDR_STORAGE nt;
	int err;

	if (addr->len < sizeof(addr->sa.family))
		return -LX_EINVAL;
	inet_addr_to_nt(addr, &nt);
	memcpy((UCHAR *)&c.in + offsetof(AFD_CONNECT_JOIN_INFO_TL, RemoteAddress), &nt, sizeof(nt));
	c.len = (ULONG)offsetof(AFD_CONNECT_JOIN_INFO_TL, RemoteAddress) + addr->len;
	err = inet_wait(c.s, t, inet_deadline(c.s, 1), nonblock, try_connect, &c);
	if (err == -LX_EAGAIN)
		return nonblock && c.said ? -LX_EALREADY : -LX_EINPROGRESS;
	return err;
}

static int listen_it(struct sock *s, struct task *t, uint32_t backlog)
{
	AFD_LISTEN_INFO in = { .MaximumConnectionQueue = backlog < LX_SOMAXCONN ? backlog
										: LX_SOMAXCONN };

	return nt_to_errno(
		inet_control(inet_of(s), IOCTL_AFD_START_LISTEN, &in, sizeof(in), NULL, 0, NULL));
}

struct accepting {
	struct inet_sock *s;
	AFD_LXRUN_ACCEPT_INFO out;
};

static int64_t try_accept(void *arg)
{
	struct accepting *a = arg;
	NTSTATUS status;

	do
		status = inet_control(a->s, IOCTL_AFD_LXRUN_ACCEPT, NULL, 0, &a->out,
				      sizeof(a->out), NULL);
	while (status == STATUS_TOO_MANY_OPENED_FILES && vfs_reclaim());
	return nt_to_errno(status);
}

static int accept_it(struct sock *sock, struct task *t, bool nonblock, struct sock **out)
{
	struct inet_sock *s = inet_of(sock), *fresh = new_sock(sock->family, s->type, s->protocol);
	struct accepting a = { .s = s };
	int err = fresh ? inet_wait(s, t, inet_deadline(s, 0), nonblock, try_accept, &a)
			: -LX_ENOMEM;

	if (err) {
		mem_free(fresh);
		return err;
	}
	fresh->handle = a.out.Handle;
	take_number(fresh);
	fresh->rcvlowat = s->rcvlowat;
	lk_acquire(&s->lock);
	memcpy(fresh->timeo, s->timeo, sizeof(s->timeo));
	lk_release(&s->lock);
	*out = &fresh->base;
	return 0;
}

static int shutdown_it(struct sock *s, uint32_t how)
{
	AFD_PARTIAL_DISCONNECT_INFO in = {
		.DisconnectMode = (how & SHUT_SEND ? AFD_PARTIAL_DISCONNECT_SEND : 0) |
				  (how & SHUT_RECV ? AFD_PARTIAL_DISCONNECT_RECEIVE : 0),
	};
	NTSTATUS status = inet_control(inet_of(s), IOCTL_AFD_PARTIAL_DISCONNECT, &in, sizeof(in),
				       NULL, 0, NULL);

	waitq_wake(&inet_of(s)->wq);
	return nt_to_errno(status);
}

/* ---- readiness ---- */

static uint32_t poll_it(struct sock *sock, struct poll_table *pt)
{
	struct inet_sock *s = inet_of(sock);

	if (pt && inet_watch(s))
		return LX_POLLERR;
	poll_wait(pt, &s->wq);
	return nt_poll_handle(s->handle, NULL);
}

static struct async_list *async_it(struct sock *sock)
{
	struct inet_sock *s = inet_of(sock);

	inet_watch(
		s); /* without memory for it there is no signal, as for what comes to an inotify without any */
	return &s->async;
}

static int64_t ioctl_it(struct sock *sock, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct inet_sock *s = inet_of(sock);
	AFD_INFORMATION sent = { .InformationType = AFD_SENDS_PENDING };
	AFD_RECEIVE_INFORMATION received = { 0, 0 };
	AFD_TL_IO_CONTROL_INFO mark = { .Type = TlSocketIoControlType,
					.IoControlCode = WS_SIOCATMARK };
	ULONG n = 0;
	NTSTATUS status;

	switch (cmd) {
	case LX_FIONREAD:
		status = inet_control(s, IOCTL_AFD_QUERY_RECEIVE_INFO, NULL, 0, &received,
				      sizeof(received), NULL);
		n = received.BytesAvailable;
		break;
	case LX_TIOCOUTQ:
		status = inet_control(s, IOCTL_AFD_GET_INFORMATION, &sent, sizeof(sent), &sent,
				      sizeof(sent), NULL);
		n = sent.Information.Ulong;
		break;
	case LX_SIOCATMARK:
		status = inet_control(s, IOCTL_AFD_TRANSPORT_IOCTL, &mark, sizeof(mark), &n,
				      sizeof(n), NULL);
		break;
	default:
		return -LX_ENOIOCTLCMD;
	}
	return NT_SUCCESS(status) ? guest_copyout(t, GADDR(arg), &n, sizeof(n))
				  : nt_to_errno(status);
}

#define INET_FAMILY(number, make)                                                                \
	{                                                                                        \
		.family = number, .create = make, .close = close_it, .bind = bind_it,            \
		.connect = connect_it, .listen = listen_it, .accept = accept_it, .name = name,   \
		.shutdown = shutdown_it, .send = inet_send, .recv = inet_recv, .poll = poll_it,  \
		.ioctl = ioctl_it, .set_option = inet_set_option, .get_option = inet_get_option, \
		.async = async_it,                                                               \
	}
const struct sock_family inet_family = INET_FAMILY(LX_AF_INET, create4);
const struct sock_family inet6_family = INET_FAMILY(LX_AF_INET6, create6);
