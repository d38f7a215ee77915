/* SPDX-License-Identifier: MIT */
/*
 * host_socket.h - sockets of the host's network, for \Device\Afd. No call waits: STATUS_PENDING says that it
 * would. Addresses, options and control data go in and come out as Winsock has them (nt/afd.h).
 */
#ifndef HOST_SOCKET_H
#define HOST_SOCKET_H
#include "host_file.h"
#include "nt/afd.h"

NTSTATUS host_socket(ULONG family, ULONG type, ULONG protocol, host_fd *fd);
NTSTATUS host_bind(host_fd fd, const SOCKADDR_STORAGE *addr, ULONG length);
/* STATUS_PENDING: it goes on; when the socket is writable, host_socket_error() says how it went. */
NTSTATUS host_connect(host_fd fd, const SOCKADDR_STORAGE *addr, ULONG length);
/* Back to no peer: of a datagram socket its address, of a stream with a reset. */
NTSTATUS host_unconnect(host_fd fd);
NTSTATUS host_socket_error(host_fd fd); /* and resets it */
NTSTATUS host_listen(host_fd fd, ULONG backlog);
NTSTATUS host_accept(host_fd fd, host_fd *fresh, SOCKADDR_STORAGE *peer, ULONG *length);
/* fd becomes what from is; from is closed, also on failure. */
NTSTATUS host_become(host_fd from, host_fd fd);
NTSTATUS host_shutdown(host_fd fd, BOOLEAN receive, BOOLEAN send);
NTSTATUS host_socket_address(host_fd fd, BOOLEAN peer, SOCKADDR_STORAGE *addr, ULONG *length);

/* One transfer: see AFD_MESSAGE_INFO. */
struct host_message {
	SOCKADDR_STORAGE *addr; /* NULL: none wanted, none given */
	ULONG addr_length;      /* in: of one given; out: of one received */
	const WSABUF *buffers;
	ULONG count; /* at most AFD_BUFFERS_MAX */
	UCHAR *control;
	ULONG control_length; /* in: room, or length; out: length */
	ULONG flags;          /* TDI_*, out (receive): WS_MSG_* */
};
/* *bytes: moved, or with TDI_LXRUN_TRUNCATE the whole length. */
NTSTATUS host_receive(host_fd fd, struct host_message *m, ULONG *bytes);
NTSTATUS host_send(host_fd fd, const struct host_message *m, ULONG *bytes);

/* Bytes that can be received, or (sent) that the peer has not acknowledged. */
NTSTATUS host_socket_bytes(host_fd fd, BOOLEAN sent, ULONG *bytes);
NTSTATUS host_at_mark(host_fd fd, BOOLEAN *at);

/* host_socket_option.c. STATUS_NOT_SUPPORTED: no such row in nt/sockopt.def. */
NTSTATUS host_set_option(host_fd fd, ULONG level, ULONG option, const void *value, ULONG length);
NTSTATUS host_get_option(host_fd fd, ULONG level, ULONG option, void *value, ULONG *length);
/* Control data as the host has it, and back; return the length, 0 if it does not fit or is none. */
ULONG host_control_in(const UCHAR *ws, ULONG length, UCHAR *host, ULONG room);
ULONG host_control_out(const UCHAR *host, ULONG length, UCHAR *ws, ULONG room, BOOLEAN *cut);
#define HOST_CONTROL_MAX 1024u
#endif
