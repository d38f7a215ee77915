/* SPDX-License-Identifier: MIT */
/*
 * afd.c - \Device\Afd: sockets (nt.md AF1 to AF14, IO5, G7).
 * ntshim only: Wine 8 opens sockets by a control of its own, not by AfdOpenPacket, and has its own for most others.
 */
#include "nttest.h"
#include "nt/afd.h"

#define LONG_TIME RELATIVE_MS(10000)
#define ASYNC     0u
#define SYNC      FILE_SYNCHRONOUS_IO_NONALERT

static HANDLE event;
static IO_STATUS_BLOCK iosb;

struct packet {
	FILE_FULL_EA_INFORMATION ea;
	UCHAR room[sizeof(AfdOpenPacket) + sizeof(AFD_OPEN_PACKET)];
};

static NTSTATUS open_with(HANDLE *h, struct packet *p, ULONG size, ULONG options)
{
	return NtCreateFile(h, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
			    OA(US(AFD_ENDPOINT_NAME), OBJ_CASE_INSENSITIVE, NULL), &iosb, NULL, 0,
			    FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN_IF, options, p, size);
}

static NTSTATUS make(HANDLE *h, LONG family, LONG type, LONG protocol, ULONG options)
{
	AFD_OPEN_PACKET open = { .AddressFamily = family,
				 .SocketType = type,
				 .Protocol = protocol };
	struct packet p = { .ea = { .EaNameLength = sizeof(AfdOpenPacket) - 1,
				    .EaValueLength = sizeof(open) } };

	memcpy(p.ea.EaName, AfdOpenPacket, sizeof(AfdOpenPacket));
	memcpy(p.ea.EaName + sizeof(AfdOpenPacket), &open, sizeof(open));
	return open_with(h, &p, sizeof(p), options);
}

static HANDLE tcp(ULONG options)
{
	HANDLE h = NULL;

	ST("AF1", make(&h, WS_AF_INET, WS_SOCK_STREAM, 6, options), SUCCESS);
	return h;
}

static HANDLE udp(ULONG options)
{
	HANDLE h = NULL;

	ST("AF1", make(&h, WS_AF_INET, WS_SOCK_DGRAM, 17, options), SUCCESS);
	return h;
}

static NTSTATUS control(HANDLE h, ULONG code, const void *in, ULONG in_len, void *out,
			ULONG out_len)
{
	iosb.Information = 77;
	return NtDeviceIoControlFile(h, event, NULL, NULL, &iosb, code, (PVOID)in, in_len, out,
				     out_len);
}

/* The same, to its end. */
static NTSTATUS finished(NTSTATUS status)
{
	if (status == STATUS_PENDING) {
		NtWaitForSingleObject(event, FALSE, LONG_TIME);
		status = iosb.Status;
	}
	return status;
}

static SOCKADDR_IN local(USHORT port)
{
	return (SOCKADDR_IN){ .sin_family = WS_AF_INET,
			      .sin_port = port,
			      .sin_addr = { 127, 0, 0, 1 } };
}

static NTSTATUS bind_to(HANDLE h, const SOCKADDR_IN *a, SOCKADDR_IN *got)
{
	struct {
		ULONG share;
		SOCKADDR_IN a;
	} in = { AFD_NORMALADDRUSE, *a };

	return control(h, IOCTL_AFD_BIND, &in, sizeof(in), got, got ? sizeof(*got) : 0);
}

static NTSTATUS connect_to(HANDLE h, const SOCKADDR_IN *a)
{
	AFD_CONNECT_JOIN_INFO_TL in = { 0 };

	memcpy(&in.RemoteAddress, a, sizeof(*a));
	return control(h, IOCTL_AFD_CONNECT, &in, sizeof(in), NULL, 0);
}

static NTSTATUS listen_on(HANDLE h)
{
	AFD_LISTEN_INFO in = { .MaximumConnectionQueue = 5 };

	return control(h, IOCTL_AFD_START_LISTEN, &in, sizeof(in), NULL, 0);
}

static NTSTATUS set_nonblocking(HANDLE h)
{
	AFD_INFORMATION in = { AFD_NONBLOCKING_MODE, { .Boolean = TRUE } };

	return control(h, IOCTL_AFD_SET_INFORMATION, &in, sizeof(in), NULL, 0);
}

static NTSTATUS transfer(HANDLE h, ULONG code, void *data, ULONG size, ULONG flags, ULONG afd)
{
	/* Captured when the request is made: it may go before that ends. */
	WSABUF buf = { size, data };
	AFD_RECV_INFO in = { &buf, 1, afd, flags };

	return control(h, code, &in, sizeof(in), NULL, 0);
}

static HANDLE listener(SOCKADDR_IN *a, ULONG options)
{
	SOCKADDR_IN any = local(0);
	HANDLE h = tcp(options);

	ST("AF3", bind_to(h, &any, a), SUCCESS);
	EQ("AF3", iosb.Information, sizeof(*a));
	ST("AF5", listen_on(h), SUCCESS);
	return h;
}

/* Two ends of a connection, asynchronous. */
static void pair(HANDLE *a, HANDLE *b)
{
	UCHAR out[sizeof(AFD_LISTEN_RESPONSE_INFO_TL)];
	AFD_ACCEPT_INFO accept = { 0 };
	SOCKADDR_IN at;
	HANDLE l = listener(&at, SYNC);

	*a = tcp(ASYNC);
	*b = tcp(ASYNC);
	ST("AF4", finished(connect_to(*a, &at)), SUCCESS);
	ST("AF6", control(l, IOCTL_AFD_WAIT_FOR_LISTEN, NULL, 0, out, sizeof(out)), SUCCESS);
	EQ("AF6", iosb.Information, sizeof(out));
	memcpy(&accept.Sequence, out, sizeof(LONG));
	accept.AcceptHandle = *b;
	ST("AF6", control(l, IOCTL_AFD_ACCEPT, &accept, sizeof(accept), NULL, 0), SUCCESS);
	ST("AF6", control(l, IOCTL_AFD_ACCEPT, &accept, sizeof(accept), NULL, 0),
	   INVALID_PARAMETER);
	NtClose(l);
}

static void opening(void)
{
	struct packet p = { .ea = { .EaNameLength = 5 } };
	HANDLE h = NULL;

	ST("AF1", make(&h, 99, WS_SOCK_STREAM, 0, SYNC), INVALID_ADDRESS);
	ST("AF1", make(&h, WS_AF_INET, WS_SOCK_STREAM, 17, SYNC), PROTOCOL_NOT_SUPPORTED);
	ST("AF1", make(&h, WS_AF_INET, 77, 0, SYNC), PROTOCOL_NOT_SUPPORTED);
	ST("AF1", open_with(&h, &p, sizeof(p), SYNC), INVALID_PARAMETER);
	ST("AF1", open_with(&h, &p, 5, SYNC), EA_LIST_INCONSISTENT);
	ST("AF2", open_with(&h, NULL, 0, SYNC), SUCCESS);
	ST("AF2", control(h, IOCTL_AFD_BIND, "0123456789", 10, NULL, 0), INVALID_PARAMETER);
	ST("AF2", NtReadFile(h, NULL, NULL, NULL, &iosb, &p, 1, NULL, NULL),
	   INVALID_DEVICE_REQUEST);
	NtClose(h);
	h = tcp(SYNC);
	ST("AF2", control(h, 0x12FFF, NULL, 0, NULL, 0), INVALID_DEVICE_REQUEST);
	ST("AF2", control(h, IOCTL_AFD_BIND, &p, 3, NULL, 0), INVALID_PARAMETER);
	ST("AF2", control(h, IOCTL_AFD_GET_ADDRESS, NULL, 0, &p, 3), BUFFER_TOO_SMALL);
	NtClose(h);
}

static void addresses(void)
{
	SOCKADDR_IN any = local(0), a, b,
		    elsewhere = { .sin_family = WS_AF_INET, .sin_addr = { 192, 0, 2, 1 } };
	HANDLE h = tcp(SYNC), other = tcp(SYNC);

	ST("AF3", bind_to(h, &elsewhere, NULL), INVALID_ADDRESS_COMPONENT);
	ST("AF3", bind_to(h, &any, &a), SUCCESS);
	ST("AF3", bind_to(h, &any, NULL), INVALID_PARAMETER);
	ST("AF3", bind_to(other, &a, NULL), ADDRESS_ALREADY_EXISTS);
	ST("AF10", control(h, IOCTL_AFD_GET_ADDRESS, NULL, 0, &b, sizeof(b)), SUCCESS);
	EQ("AF10", memcmp(&a, &b, sizeof(a)), 0);
	ST("AF10", control(h, IOCTL_AFD_GET_REMOTE_ADDRESS, NULL, 0, &b, sizeof(b)),
	   CONNECTION_INVALID);
	ST("AF4", connect_to(other, &a), CONNECTION_REFUSED);
	NtClose(h);
	NtClose(other);
}

static void connections(void)
{
	AFD_PARTIAL_DISCONNECT_INFO half = { .DisconnectMode = AFD_PARTIAL_DISCONNECT_SEND };
	AFD_LXRUN_ACCEPT_INFO fresh;
	SOCKADDR_IN at, peer;
	HANDLE l = listener(&at, SYNC), c = tcp(SYNC), lone = tcp(SYNC);
	char buf[8];

	ST("AF11", control(lone, IOCTL_AFD_PARTIAL_DISCONNECT, &half, sizeof(half), NULL, 0),
	   CONNECTION_INVALID);
	ST("AF4", connect_to(c, &at), SUCCESS);
	ST("AF4", connect_to(c, &at), CONNECTION_ACTIVE);
	ST("AF6", control(l, IOCTL_AFD_LXRUN_ACCEPT, NULL, 0, &fresh, sizeof(fresh)), SUCCESS);
	ST("AF10", control(c, IOCTL_AFD_GET_ADDRESS, NULL, 0, &peer, sizeof(peer)), SUCCESS);
	EQ("AF6", memcmp(&peer, &fresh.Address, sizeof(peer)), 0);
	ST("AF5", listen_on(c), INVALID_PARAMETER);
	ST("AF7", transfer(c, IOCTL_AFD_SEND, "hello", 5, 0, 0), SUCCESS);
	EQ("AF7", iosb.Information, 5);
	ST("AF7", transfer(fresh.Handle, IOCTL_AFD_RECEIVE, buf, 8, TDI_RECEIVE_PEEK, 0), SUCCESS);
	ST("AF7", NtReadFile(fresh.Handle, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), SUCCESS);
	EQ("AF7", iosb.Information, 5);
	ST("AF11", control(c, IOCTL_AFD_PARTIAL_DISCONNECT, &half, sizeof(half), NULL, 0), SUCCESS);
	ST("AF7", transfer(c, IOCTL_AFD_SEND, "x", 1, 0, 0), PIPE_DISCONNECTED);
	ST("AF7", transfer(fresh.Handle, IOCTL_AFD_RECEIVE, buf, 8, 0, 0), SUCCESS);
	EQ("AF7", iosb.Information, 0);
	half.DisconnectMode = AFD_ABORTIVE_DISCONNECT;
	ST("AF11",
	   control(fresh.Handle, IOCTL_AFD_PARTIAL_DISCONNECT, &half, sizeof(half), NULL, 0),
	   SUCCESS);
	ST("AF7", transfer(c, IOCTL_AFD_RECEIVE, buf, 8, 0, 0), CONNECTION_RESET);
	NtClose(fresh.Handle);
	NtClose(c);
	NtClose(l);
	NtClose(lone);
}

static void until_told(IO_STATUS_BLOCK *io)
{
	while (__atomic_load_n(&io->Status, __ATOMIC_ACQUIRE) == STATUS_PENDING)
		NtDelayExecution(FALSE, RELATIVE_MS(1));
}

static void pending(void)
{
	IO_STATUS_BLOCK first = { .Status = STATUS_PENDING }, second = { .Status = STATUS_PENDING };
	char a[4] = "", b[4] = "";
	WSABUF buf_a = { 2, (CHAR *)a }, buf_b = { 2, (CHAR *)b };
	AFD_RECV_INFO one = { &buf_a, 1, 0, 0 }, two = { &buf_b, 1, 0, TDI_RECEIVE_WAITALL };
	HANDLE x, y;

	pair(&x, &y);
	ST("AF7",
	   NtDeviceIoControlFile(x, NULL, NULL, NULL, &first, IOCTL_AFD_RECEIVE, &one, sizeof(one),
				 NULL, 0),
	   PENDING);
	ST("AF7",
	   NtDeviceIoControlFile(x, event, NULL, NULL, &second, IOCTL_AFD_RECEIVE, &two,
				 sizeof(two), NULL, 0),
	   PENDING);
	ST("AF7", finished(transfer(y, IOCTL_AFD_SEND, "1", 1, 0, 0)), SUCCESS);
	NtResetEvent(event, NULL);
	until_told(&first);
	EQ("AF8", a[0], '1');
	ST("AF8", finished(transfer(y, IOCTL_AFD_SEND, "23", 2, 0, 0)), SUCCESS);
	until_told(&second);
	EQ("AF8", second.Information, 2);
	EQ("AF8", memcmp(b, "23", 2), 0);
	ST("IO5", transfer(x, IOCTL_AFD_RECEIVE, a, 2, 0, 0), PENDING);
	ST("IO5", NtCancelIoFile(x, &second), SUCCESS);
	ST("IO5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", iosb.Status, CANCELLED);
	ST("IO5", transfer(x, IOCTL_AFD_RECEIVE, a, 2, 0, 0), PENDING);
	NtClose(x);
	ST("IO5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", iosb.Status, CANCELLED);
	NtClose(y);
}

static void big_send(void)
{
	static char block[4 << 20];
	IO_STATUS_BLOCK io = { 0 };
	WSABUF buf = { sizeof(block), (CHAR *)block };
	AFD_RECV_INFO in = { &buf, 1, 0, 0 };
	ULONG total = 0;
	HANDLE x, y;

	pair(&x, &y);
	ST("AF7",
	   NtDeviceIoControlFile(x, NULL, NULL, NULL, &io, IOCTL_AFD_SEND, &in, sizeof(in), NULL,
				 0),
	   PENDING);
	while (total < sizeof(block) &&
	       NT_SUCCESS(finished(transfer(y, IOCTL_AFD_RECEIVE, block, 65536, 0, 0))))
		total += (ULONG)iosb.Information;
	EQ("AF7", total, sizeof(block));
	ST("AF7", NtWaitForSingleObject(x, FALSE, LONG_TIME), SUCCESS);
	EQ("AF7", io.Information, sizeof(block));
	NtClose(x);
	NtClose(y);
}

static void nonblocking(void)
{
	SOCKADDR_IN at;
	HANDLE x, y, l = listener(&at, SYNC), c = tcp(SYNC);
	AFD_LXRUN_ACCEPT_INFO fresh;
	char buf[4];

	pair(&x, &y);
	ST("AF9", set_nonblocking(x), SUCCESS);
	ST("AF9", transfer(x, IOCTL_AFD_RECEIVE, buf, 4, 0, 0), DEVICE_NOT_READY);
	ST("AF9", transfer(x, IOCTL_AFD_RECEIVE, buf, 4, 0, AFD_OVERLAPPED), PENDING);
	NtCancelIoFile(x, &iosb);
	ST("AF9", set_nonblocking(l), SUCCESS);
	ST("AF9", control(l, IOCTL_AFD_LXRUN_ACCEPT, NULL, 0, &fresh, sizeof(fresh)),
	   DEVICE_NOT_READY);
	ST("AF9", set_nonblocking(c), SUCCESS);
	ST("AF9", connect_to(c, &at), DEVICE_NOT_READY);
	NtClose(x);
	NtClose(y);
	NtClose(l);
	NtClose(c);
}

static void datagrams(void)
{
	SOCKADDR_IN any = local(0), a, from;
	HANDLE s = udp(SYNC), c = udp(SYNC);
	char buf[8], control_data[64];
	WSABUF out = { 5, (CHAR *)"hello" }, in = { 3, (CHAR *)buf };
	AFD_SEND_DATAGRAM_INFO send = { .BufferArray = &out, .BufferCount = 1 };
	ULONG length = sizeof(from), control_length = sizeof(control_data), flags = 0, on = 1;
	AFD_MESSAGE_INFO recv = {
		{ &in, 1, 0, 0, &from, &length }, control_data, &control_length, &flags
	};
	AFD_TL_IO_CONTROL_INFO option = {
		TlSetSockOptIoControlType, WS_IPPROTO_IP, WS_IP_PKTINFO, TRUE, &on, sizeof(on)
	};
	WSACMSGHDR h;
	WS_IN_PKTINFO info;

	ST("AF3", bind_to(s, &any, &a), SUCCESS);
	ST("AF12", control(s, IOCTL_AFD_TRANSPORT_IOCTL, &option, sizeof(option), NULL, 0),
	   SUCCESS);
	ST("AF8", control(c, IOCTL_AFD_SEND_DATAGRAM, &send, sizeof(send), NULL, 0),
	   INVALID_CONNECTION);
	send.TdiConnInfo.RemoteAddress = &a;
	send.TdiConnInfo.RemoteAddressLength = sizeof(a);
	ST("AF8", control(c, IOCTL_AFD_SEND_DATAGRAM, &send, sizeof(send), NULL, 0), SUCCESS);
	EQ("AF8", iosb.Information, 5);
	ST("AF8", control(s, IOCTL_AFD_RECEIVE_MESSAGE, &recv, sizeof(recv), NULL, 0),
	   BUFFER_OVERFLOW);
	EQ("AF8", iosb.Information, 3);
	EQ("AF8", flags, WS_MSG_TRUNC);
	EQ("AF8", length, sizeof(from));
	EQ("AF8", from.sin_family, WS_AF_INET);
	memcpy(&h, control_data, sizeof(h));
	memcpy(&info, control_data + sizeof(h), sizeof(info));
	EQ("AF8", h.cmsg_type, WS_IP_PKTINFO);
	EQ("AF8", h.cmsg_len, sizeof(h) + sizeof(info));
	EQ("AF8", info.ipi_addr[0], 127);
	NtClose(s);
	NtClose(c);
}

static void options(void)
{
	HANDLE h = tcp(SYNC);
	WS_LINGER linger = { 1, 9 }, got = { 0 };
	AFD_TL_IO_CONTROL_INFO set = { TlSetSockOptIoControlType,
				       WS_SOL_SOCKET,
				       WS_SO_LINGER,
				       TRUE,
				       &linger,
				       sizeof(linger) };
	AFD_INFORMATION info = { AFD_RECEIVE_WINDOW_SIZE, { .Ulong = 0 } };
	NTSTATUS error = STATUS_PENDING;

	ST("AF12", control(h, IOCTL_AFD_TRANSPORT_IOCTL, &set, sizeof(set), NULL, 0), SUCCESS);
	set.Type = TlGetSockOptIoControlType;
	ST("AF12", control(h, IOCTL_AFD_TRANSPORT_IOCTL, &set, sizeof(set), &got, sizeof(got)),
	   SUCCESS);
	EQ("AF12", got.l_onoff, 1);
	EQ("AF12", got.l_linger, 9);
	EQ("AF12", iosb.Information, sizeof(got));
	set.IoControlCode = WS_SO_ERROR;
	ST("AF12", control(h, IOCTL_AFD_TRANSPORT_IOCTL, &set, sizeof(set), &error, sizeof(error)),
	   SUCCESS);
	ST("AF12", error, SUCCESS);
	set.IoControlCode = 0x7777;
	ST("AF12", control(h, IOCTL_AFD_TRANSPORT_IOCTL, &set, sizeof(set), &got, sizeof(got)),
	   NOT_SUPPORTED);
	ST("AF13", control(h, IOCTL_AFD_GET_INFORMATION, &info, sizeof(info), &info, sizeof(info)),
	   SUCCESS);
	EQ("AF13", info.Information.Ulong > 0, 1);
	info.InformationType = 99;
	ST("AF13", control(h, IOCTL_AFD_GET_INFORMATION, &info, sizeof(info), &info, sizeof(info)),
	   INVALID_PARAMETER);
	NtClose(h);
}

static NTSTATUS poll_one(HANDLE driver, HANDLE h, ULONG events, LONGLONG timeout,
			 AFD_POLL_INFO *info)
{
	*info = (AFD_POLL_INFO){ .Timeout.QuadPart = timeout,
				 .NumberOfHandles = 1,
				 .Handles = { { h, events, 0 } } };
	return control(driver, IOCTL_AFD_POLL, info, sizeof(*info), info, sizeof(*info));
}

static void polling(void)
{
	SOCKADDR_IN at;
	HANDLE driver = NULL, x, y, l = listener(&at, SYNC), c = tcp(SYNC);
	AFD_POLL_INFO info;

	pair(&x, &y);
	ST("AF2", open_with(&driver, NULL, 0, ASYNC), SUCCESS);
	ST("AF14", poll_one(driver, x, AFD_POLL_SEND | AFD_POLL_RECEIVE, 0, &info), SUCCESS);
	EQ("AF14", info.NumberOfHandles, 1);
	EQ("AF14", info.Handles[0].PollEvents, AFD_POLL_SEND);
	ST("AF14", poll_one(driver, x, AFD_POLL_RECEIVE, 0, &info), TIMEOUT);
	EQ("AF14", info.NumberOfHandles, 0);
	ST("AF14", poll_one(driver, c, AFD_POLL_SEND, 0, &info), TIMEOUT);
	ST("AF14", poll_one(driver, GARBAGE, AFD_POLL_SEND, 0, &info), INVALID_HANDLE);
	ST("AF14", finished(poll_one(driver, x, AFD_POLL_RECEIVE, -100000, &info)), TIMEOUT);
	ST("AF14", poll_one(driver, x, AFD_POLL_RECEIVE, INT64_MAX, &info), PENDING);
	NtWriteFile(y, NULL, NULL, NULL, &(IO_STATUS_BLOCK){ 0 }, "x", 1, NULL, NULL);
	ST("AF14", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("AF14", iosb.Status, SUCCESS);
	EQ("AF14", info.Handles[0].PollEvents, AFD_POLL_RECEIVE);
	EQ("AF14", info.Handles[0].Handle, x);
	ST("AF14", poll_one(driver, l, AFD_POLL_ACCEPT, INT64_MAX, &info), PENDING);
	ST("AF4", NtClose(y), SUCCESS);
	ST("IO5", NtCancelIoFile(driver, &(IO_STATUS_BLOCK){ 0 }), SUCCESS);
	ST("IO5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", iosb.Status, CANCELLED);
	ST("AF14",
	   poll_one(driver, x, AFD_POLL_DISCONNECT, INT64_MAX, &info) == STATUS_PENDING
		   ? NtWaitForSingleObject(event, FALSE, LONG_TIME)
		   : STATUS_SUCCESS,
	   SUCCESS);
	EQ("AF14", info.Handles[0].PollEvents, AFD_POLL_DISCONNECT);
	NtClose(l);
	ST("AF9", set_nonblocking(c), SUCCESS);
	ST("AF9", connect_to(c, &at), DEVICE_NOT_READY);
	ST("AF14",
	   finished(
		   poll_one(driver, c, AFD_POLL_CONNECT | AFD_POLL_CONNECT_FAIL, INT64_MAX, &info)),
	   SUCCESS);
	EQ("AF14", info.Handles[0].PollEvents, AFD_POLL_CONNECT_FAIL);
	ST("AF14", info.Handles[0].Status, CONNECTION_REFUSED);
	NtClose(x);
	NtClose(c);
	NtClose(driver);
}

int main(void)
{
	nt_start();
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	opening();
	addresses();
	connections();
	pending();
	big_send();
	nonblocking();
	datagrams();
	options();
	polling();
	NtClose(event);
	return nt_end("afd");
}
