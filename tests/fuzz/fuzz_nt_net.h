/* SPDX-License-Identifier: MIT */
/*
 * fuzz_nt_net.h - calls of fuzz_nt: sockets of \Device\Afd, streams and datagrams, on the loopback and with
 * each other only. A request that would wait is made of asynchronous handles alone.
 */
#ifndef FUZZ_NT_NET_H
#define FUZZ_NT_NET_H
#include "fuzz_nt_io.h"
#include "nt/afd.h"

typedef union {
	USHORT family;
	SOCKADDR_IN v4;
	SOCKADDR_IN6 v6;
} address_of;

static const address_of loopback[2] = {
	{ .v4 = { .sin_family = WS_AF_INET, .sin_addr = { 127, 0, 0, 1 } } },
	{ .v6 = { .sin6_family = WS_AF_INET6, .sin6_addr = { [15] = 1 } } },
};
static address_of bound[4]; /* where sockets of ours are */

static NTSTATUS ask(HANDLE h, ULONG code, void *from, ULONG size, void *to, ULONG room)
{
	IO_STATUS_BLOCK iosb = IOSB;
	NTSTATUS status = NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, code, from, size, to,
						room);

	settle(h, status, &iosb);
	return status == STATUS_PENDING ? iosb.Status : status;
}

/* Size: of the attribute; what it says reaches further then, or not. */
static HANDLE open_socket(struct in *in, const AFD_OPEN_PACKET *open, ULONG options, ULONG size)
{
	struct {
		FILE_FULL_EA_INFORMATION ea;
		UCHAR room[sizeof(AfdOpenPacket) + sizeof(AFD_OPEN_PACKET)];
	} p = { .ea = { .EaNameLength = sizeof(AfdOpenPacket) - 1,
			.EaValueLength = sizeof(AFD_OPEN_PACKET) } };
	static UNICODE_STRING name = RTL_CONSTANT_STRING(AFD_ENDPOINT_NAME);
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	HANDLE h = NULL;
	NTSTATUS status;

	memcpy(p.ea.EaName, AfdOpenPacket, sizeof(AfdOpenPacket));
	memcpy(p.ea.EaName + sizeof(AfdOpenPacket), open, sizeof(*open));
	InitializeObjectAttributes(&oa, &name, 0, NULL, NULL);
	status = NtCreateFile(&h, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &oa, &iosb, NULL, 0,
			      FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN_IF, options,
			      size ? &p : NULL, size < sizeof(p) ? size : sizeof(p));
	keep(in, status, h, options ? KIND_WAITER : KIND_SOCKET);
	return h;
}

static void make_socket(struct in *in)
{
	unsigned b = u8(in);
	AFD_OPEN_PACKET open = { .AddressFamily = b & 1 ? WS_AF_INET : WS_AF_INET6,
				 .SocketType = b & 6 ? WS_SOCK_STREAM : WS_SOCK_DGRAM,
				 .Protocol = b > 250 ? u8(in) : 0 };

	open_socket(in, &open, b & 24 ? 0 : FILE_SYNCHRONOUS_IO_NONALERT, b > 245 ? u8(in) : ~0u);
}

static void bind_socket(struct in *in, HANDLE h)
{
	unsigned b = u8(in);
	struct {
		ULONG share;
		address_of a;
	} from = { b & 4 ? AFD_REUSEADDRESS : AFD_NORMALADDRUSE, loopback[b & 1] };
	ULONG room = b & 0xF0 ? sizeof(address_of) : u8(in) & 31;
	address_of to = { 0 };

	if (ask(h, IOCTL_AFD_BIND, &from, b > 250 ? u8(in) % sizeof(from) : sizeof(from), &to,
		room) == STATUS_SUCCESS &&
	    room == sizeof(to))
		bound[b >> 2 & 3] = to;
}

/* Ours, and only ours; or one that nobody has. */
static address_of peer(struct in *in)
{
	unsigned b = u8(in);

	return b < 240 ? bound[b & 3] : loopback[b & 1];
}

static void connect_socket(struct in *in, HANDLE h, struct pending *p)
{
	struct {
		AFD_CONNECT_JOIN_INFO_TL head;
		UCHAR room[sizeof(address_of)];
	} from = { .head = { 0 } };
	address_of to = peer(in);
	ULONG size = offsetof(AFD_CONNECT_JOIN_INFO_TL, RemoteAddress) + sizeof(to);

	memcpy(&from.head.RemoteAddress, &to, sizeof(to));
	asked(p, NtDeviceIoControlFile(h, NULL, NULL, NULL, &p->iosb, IOCTL_AFD_CONNECT, &from,
				       u8(in) > 250 ? u8(in) % size : size, NULL, 0));
}

/* A connection: by sequence, or with a handle of its own. */
static void accept_socket(struct in *in, HANDLE h, struct pending *p)
{
	AFD_ACCEPT_INFO accept = { .Sequence = u8(in) & 3,
				   .AcceptHandle = handle(in, KIND_SOCKET) };
	unsigned b = u8(in);

	if (b < 100) {
		p->brings = b < 80;
		asked(p, NtDeviceIoControlFile(h, NULL, NULL, NULL, &p->iosb,
					       IOCTL_AFD_LXRUN_ACCEPT, NULL, 0, p->data,
					       p->brings ? sizeof(AFD_LXRUN_ACCEPT_INFO) : b & 7));
		if (!p->used)
			p->brings = false;
		return;
	}
	if (b < 200) {
		asked(p,
		      NtDeviceIoControlFile(h, NULL, NULL, NULL, &p->iosb,
					    IOCTL_AFD_WAIT_FOR_LISTEN, NULL, 0, p->data, b & 63));
		return;
	}
	asked(p, STATUS_SUCCESS);
	ask(h, IOCTL_AFD_ACCEPT, &accept, sizeof(accept), NULL, 0);
}

/* What is moved lies in the request, which outlasts it; what says where need not. */
static void move_data(struct in *in, HANDLE h, struct pending *p)
{
	static const ULONG codes[] = { IOCTL_AFD_SEND,
				       IOCTL_AFD_SEND,
				       IOCTL_AFD_RECEIVE,
				       IOCTL_AFD_RECEIVE,
				       IOCTL_AFD_RECEIVE_DATAGRAM,
				       IOCTL_AFD_SEND_DATAGRAM,
				       IOCTL_AFD_RECEIVE_MESSAGE,
				       IOCTL_AFD_SEND_MESSAGE };
	static const ULONG flags[] = { 0,
				       0,
				       TDI_RECEIVE_PEEK,
				       TDI_RECEIVE_WAITALL,
				       TDI_SEND_EXPEDITED,
				       TDI_LXRUN_TRUNCATE,
				       ~0u };
	ULONG code = PICK(in, codes), first = u8(in) & 31;
	WSABUF bufs[2] = { { first, (CHAR *)p->data + 32 }, { u8(in) & 31, (CHAR *)p->data + 64 } };
	address_of to = peer(in);
	union {
		AFD_RECV_INFO plain;
		AFD_DATAGRAM_INFO from;
		AFD_SEND_DATAGRAM_INFO to;
		AFD_MESSAGE_INFO message;
	} info = { .plain = { bufs, u8(in) % 3, u8(in) & 3, PICK(in, flags) } };
	ULONG *sizes = (ULONG *)(p->data + 96); /* of address and control data, flags */

	sizes[0] = sizeof(to);
	sizes[1] = u8(in) & 31;
	if (code == IOCTL_AFD_SEND_DATAGRAM) {
		info.to.TdiRequest.SendDatagramInformation = &info.to.TdiConnInfo;
		info.to.TdiConnInfo.RemoteAddressLength = u8(in) & 3 ? sizeof(to)
								     : u8(in) % (sizeof(to) + 1);
		info.to.TdiConnInfo.RemoteAddress = &to;
	} else if (code != IOCTL_AFD_SEND && code != IOCTL_AFD_RECEIVE) {
		memcpy(p->data, &to, sizeof(to));
		info.from.Address = u8(in) & 3 ? p->data : NULL;
		info.from.AddressLength = &sizes[0];
		info.message.ControlBuffer = sizes[1] ? p->data + 120 : NULL;
		info.message.ControlLength = &sizes[1];
		info.message.MsgFlags = &sizes[2];
	}
	asked(p,
	      NtDeviceIoControlFile(h, NULL, NULL, NULL, &p->iosb, code, &info,
				    u8(in) > 250 ? u8(in) % sizeof(info) : sizeof(info), NULL, 0));
}

static void poll_sockets(struct in *in, HANDLE h, struct pending *p)
{
	AFD_POLL_INFO *info = (void *)p->data;
	unsigned count = u8(in) & 7;

	memset(info, 0, sizeof(p->data));
	info->Timeout.QuadPart = -(LONGLONG)(u8(in) * 10);
	info->NumberOfHandles = count < 7 ? count : u32(in);
	for (unsigned i = 0; i < count; i++)
		info->Handles[i] = (AFD_POLL_HANDLE_INFO){ handle(in, KIND_SOCKET),
							   u8(in) | u8(in) << 8, 0 };
	count = offsetof(AFD_POLL_INFO, Handles) + count * sizeof(info->Handles[0]);
	asked(p, NtDeviceIoControlFile(h, NULL, NULL, NULL, &p->iosb, IOCTL_AFD_POLL, p->data,
				       count, p->data, u8(in) > 240 ? u8(in) & 63 : count));
}

/* Names, options, modes, ends: what is answered at once. */
static void describe_socket(struct in *in, HANDLE h)
{
	static const ULONG codes[] = { IOCTL_AFD_GET_ADDRESS,        IOCTL_AFD_GET_REMOTE_ADDRESS,
				       IOCTL_AFD_QUERY_RECEIVE_INFO, IOCTL_AFD_SET_INFORMATION,
				       IOCTL_AFD_GET_INFORMATION,    IOCTL_AFD_PARTIAL_DISCONNECT,
				       IOCTL_AFD_START_LISTEN,       IOCTL_AFD_START_LISTEN };
	ULONG code = PICK(in, codes), size = length(in), room = length(in), kind = u8(in) & 15;
	struct buffer from = buffer(in, size), to = buffer(in, room);
	AFD_LISTEN_INFO listen = { .MaximumConnectionQueue = kind };

	if (size >= sizeof(kind) && u8(in) < 200)
		memcpy(from.data, &kind, sizeof(kind));
	if (code == IOCTL_AFD_START_LISTEN)
		ask(h, code, &listen, sizeof(listen), NULL, 0);
	else
		ask(h, code, from.data, size, to.data, room);
	free(from.base);
	free(to.base);
}

static void option_of_socket(struct in *in, HANDLE h)
{
	static const struct {
		ULONG level, name;
	} options[] = {
#define WSO(name, level, value, host) { level, (ULONG)(value) },
#include "nt/sockopt.def"
#undef WSO
	};
	unsigned b = u8(in), o = u8(in) % LENGTH(options);
	ULONG size = b & 8 ? 4 : length(in), room = b & 16 ? 4 : length(in);
	struct buffer value = buffer(in, size), to = buffer(in, room);
	AFD_TL_IO_CONTROL_INFO info = { b & 3, options[o].level, options[o].name,
					TRUE,  value.data,       size };

	if (b > 250)
		info.IoControlCode = u32(in);
	ask(h, IOCTL_AFD_TRANSPORT_IOCTL, &info, sizeof(info), to.data, room);
	free(value.base);
	free(to.base);
}

/* Two sockets that know each other, and something in between. */
static void converse_over_net(struct in *in)
{
	unsigned which = u8(in), turns = u8(in) & 7;
	BOOLEAN stream = which & 1;
	AFD_OPEN_PACKET open = { .AddressFamily = WS_AF_INET,
				 .SocketType = stream ? WS_SOCK_STREAM : WS_SOCK_DGRAM };
	HANDLE ends[2] = { open_socket(in, &open, 0, ~0u), open_socket(in, &open, 0, ~0u) };
	struct {
		ULONG share;
		address_of a;
	} at = { AFD_NORMALADDRUSE, loopback[0] };
	struct {
		AFD_CONNECT_JOIN_INFO_TL head;
		UCHAR room[sizeof(address_of)];
	} to = { .head = { 0 } };
	AFD_LXRUN_ACCEPT_INFO got = { 0 };
	AFD_LISTEN_INFO listen = { .MaximumConnectionQueue = 2 };

	if (ask(ends[0], IOCTL_AFD_BIND, &at, sizeof(at), &at.a, sizeof(at.a)) != STATUS_SUCCESS ||
	    (stream && ask(ends[0], IOCTL_AFD_START_LISTEN, &listen, sizeof(listen), NULL, 0)))
		return;
	memcpy(&to.head.RemoteAddress, &at.a, sizeof(at.a));
	if (ask(ends[1], IOCTL_AFD_CONNECT, &to, sizeof(to), NULL, 0) == STATUS_SUCCESS && stream &&
	    ask(ends[0], IOCTL_AFD_LXRUN_ACCEPT, NULL, 0, &got, sizeof(got)) == STATUS_SUCCESS) {
		ends[0] = got.Handle;
		keep(in, STATUS_SUCCESS, got.Handle, KIND_SOCKET);
	}
	while (turns-- && kind_of(ends[0]) && kind_of(ends[1])) {
		struct pending *p = take_pending();

		if (p)
			move_data(in, ends[u8(in) & 1], p);
	}
}

static void op_socket(struct in *in)
{
	static void (*const requests[])(struct in * in, HANDLE h, struct pending * p) = {
		connect_socket, connect_socket, accept_socket, accept_socket,
		move_data,      move_data,      move_data,     poll_sockets,
	};
	unsigned b = u8(in);
	HANDLE h = handle(in, b & 15 ? KIND_SOCKET : KIND_WAITER);
	struct pending *p;

	if (b < 16)
		converse_over_net(in);
	else if (b < 60 || kind_of(h) < KIND_SOCKET) {
		make_socket(in);
	} else if (b < 90) {
		bind_socket(in, h);
	} else if (b < 120) {
		describe_socket(in, h);
	} else if (b < 140) {
		option_of_socket(in, h);
	} else {
		p = would_wait(h) ? NULL : take_pending();
		if (p)
			PICK(in, requests)(in, h, p);
	}
}
#endif
