/* SPDX-License-Identifier: MIT */
/*
 * afd.h - \Device\Afd, NT's socket provider: what msafd.dll says to afd.sys. Codes and layouts are those of
 * Windows Vista and later (phnt's ntafd.h; sockets without a transport device, "TLI": addresses are plain
 * SOCKADDRs); semantics: nt.md AF1..AF14. Winsock's numbers (winsock2.h, ws2ipdef.h) name families, options and levels.
 *
 * A socket is a file: NtCreateFile of \Device\Afd (any name below it) with the extended attribute
 * AfdOpenPacket, value AFD_OPEN_PACKET. Without the attribute the file is the driver's own and knows
 * IOCTL_AFD_POLL only. Families: WS_AF_INET, WS_AF_INET6 (else STATUS_INVALID_ADDRESS); type and protocol that
 * do not go together: STATUS_PROTOCOL_NOT_SUPPORTED; not allowed: STATUS_PRIVILEGE_NOT_HELD, STATUS_ACCESS_DENIED.
 *
 * Everything else is NtDeviceIoControlFile; each request completes at once or pends, is cancelled and told as
 * any request of NT is. A socket in non-blocking mode (AFD_NONBLOCKING_MODE) answers STATUS_DEVICE_NOT_READY
 * where it would pend, unless AFD_OVERLAPPED is given. Requests of one direction complete in order.
 * NtReadFile and NtWriteFile are RECEIVE and SEND without flags.
 */
#ifndef NT_AFD_H
#define NT_AFD_H
#include "nt/io.h"
#include <stddef.h>

#define AFD_DEVICE_NAME   u"\\Device\\Afd"
#define AFD_ENDPOINT_NAME u"\\Device\\Afd\\Endpoint"
#define AfdOpenPacket     "AfdOpenPacketXX"

/* ---- Winsock's addresses: winsock2.h ---- */
#define WS_AF_UNSPEC 0
#define WS_AF_INET   2
#define WS_AF_INET6  23
#define WS_SOCK_STREAM 1
#define WS_SOCK_DGRAM  2
#define WS_SOCK_RAW    3
typedef struct _SOCKADDR_IN { USHORT sin_family, sin_port; UCHAR sin_addr[4], sin_zero[8]; } SOCKADDR_IN;
typedef struct _SOCKADDR_IN6 { USHORT sin6_family, sin6_port; ULONG sin6_flowinfo; UCHAR sin6_addr[16]; ULONG sin6_scope_id; } SOCKADDR_IN6;
typedef struct _SOCKADDR { USHORT sa_family; UCHAR sa_data[14]; } SOCKADDR, *PSOCKADDR;
typedef struct _SOCKADDR_STORAGE { USHORT ss_family; UCHAR ss_data[126]; } SOCKADDR_STORAGE, *PSOCKADDR_STORAGE;
typedef struct _WSABUF { ULONG len; CHAR *buf; } WSABUF, *LPWSABUF;
_Static_assert(sizeof(SOCKADDR_IN) == 16 && sizeof(SOCKADDR_IN6) == 28 && sizeof(SOCKADDR) == 16 &&
	       sizeof(SOCKADDR_STORAGE) == 128 && sizeof(WSABUF) == 16 && offsetof(WSABUF, buf) == 8, "winsock2.h");

/* ---- opening ---- */
typedef struct _AFD_OPEN_PACKET {
	ULONG EndpointFlags; /* AFD_ENDPOINT_* */
	ULONG GroupID;
	LONG AddressFamily, SocketType, Protocol;
	ULONG TransportDeviceNameLength; /* 0: none; another: STATUS_NOT_SUPPORTED */
	WCHAR TransportDeviceName[1];
} AFD_OPEN_PACKET, *PAFD_OPEN_PACKET;
#define AFD_ENDPOINT_CONNECTIONLESS 0x01u
#define AFD_ENDPOINT_MESSAGEMODE    0x10u
#define AFD_ENDPOINT_RAW            0x20u
_Static_assert(offsetof(AFD_OPEN_PACKET, AddressFamily) == 8 && offsetof(AFD_OPEN_PACKET, TransportDeviceName) == 24, "AFD_OPEN_PACKET");

/* ---- controls ---- */
#define AFD_CODE(Request, Method) (0x12u << 12 | (Request) << 2 | (Method)) /* FILE_DEVICE_NETWORK; not CTL_CODE */
#define IOCTL_AFD_BIND               AFD_CODE(0, 3)
#define IOCTL_AFD_CONNECT            AFD_CODE(1, 3)
#define IOCTL_AFD_START_LISTEN       AFD_CODE(2, 3)
#define IOCTL_AFD_WAIT_FOR_LISTEN    AFD_CODE(3, 0)
#define IOCTL_AFD_ACCEPT             AFD_CODE(4, 0)
#define IOCTL_AFD_RECEIVE            AFD_CODE(5, 3)
#define IOCTL_AFD_RECEIVE_DATAGRAM   AFD_CODE(6, 3)
#define IOCTL_AFD_SEND               AFD_CODE(7, 3)
#define IOCTL_AFD_SEND_DATAGRAM      AFD_CODE(8, 3)
#define IOCTL_AFD_POLL               AFD_CODE(9, 0)
#define IOCTL_AFD_PARTIAL_DISCONNECT AFD_CODE(10, 3)
#define IOCTL_AFD_GET_ADDRESS        AFD_CODE(11, 3)
#define IOCTL_AFD_QUERY_RECEIVE_INFO AFD_CODE(12, 3)
#define IOCTL_AFD_SET_INFORMATION    AFD_CODE(14, 3)
#define IOCTL_AFD_GET_REMOTE_ADDRESS AFD_CODE(15, 3)
#define IOCTL_AFD_GET_INFORMATION    AFD_CODE(30, 3)
#define IOCTL_AFD_TRANSPORT_IOCTL    AFD_CODE(47, 3)
#define IOCTL_AFD_RECEIVE_MESSAGE    AFD_CODE(51, 3)
#define IOCTL_AFD_SEND_MESSAGE       AFD_CODE(52, 3)
_Static_assert(IOCTL_AFD_BIND == 0x12003 && IOCTL_AFD_WAIT_FOR_LISTEN == 0x1200C && IOCTL_AFD_POLL == 0x12024 &&
	       IOCTL_AFD_GET_INFORMATION == 0x1207B && IOCTL_AFD_TRANSPORT_IOCTL == 0x120BF, "ntafd.h");

/*
 * BIND: in: this with an address of any length that the family knows; out (optional): the address that was given. A
 * bound socket: STATUS_INVALID_PARAMETER. STATUS_ADDRESS_ALREADY_EXISTS, STATUS_INVALID_ADDRESS_COMPONENT
 * (not one of ours), STATUS_ACCESS_DENIED (a port that the host keeps for others).
 */
typedef struct _AFD_BIND_INFO_TL { ULONG ShareAccess; SOCKADDR Address; } AFD_BIND_INFO_TL, *PAFD_BIND_INFO_TL;
#define AFD_NORMALADDRUSE 0u
#define AFD_REUSEADDRESS  1u /* SO_REUSEADDR, set before the address is taken */
/*
 * CONNECT: in: this. Pends until connected or refused. Non-blocking: STATUS_DEVICE_NOT_READY, and it goes on;
 * another one meanwhile: STATUS_ADDRESS_ALREADY_ASSOCIATED. Connected: STATUS_CONNECTION_ACTIVE.
 * STATUS_CONNECTION_REFUSED, STATUS_IO_TIMEOUT, STATUS_NETWORK_UNREACHABLE, STATUS_HOST_UNREACHABLE. A
 * datagram socket only remembers the address.
 */
typedef struct _AFD_CONNECT_JOIN_INFO_TL { BOOLEAN SanActive; HANDLE RootEndpoint, ConnectEndpoint; SOCKADDR RemoteAddress; } AFD_CONNECT_JOIN_INFO_TL, *PAFD_CONNECT_JOIN_INFO_TL;
/* START_LISTEN: in: this. STATUS_INVALID_PARAMETER: connected; STATUS_NOT_SUPPORTED: no such type. */
typedef struct _AFD_LISTEN_INFO { BOOLEAN SanActive; ULONG MaximumConnectionQueue; BOOLEAN UseDelayedAcceptance; } AFD_LISTEN_INFO, *PAFD_LISTEN_INFO;
/*
 * WAIT_FOR_LISTEN: out: this with the peer's address; Information: its length. Pends until somebody connects.
 * The connection waits under its Sequence for ACCEPT (METHOD_BUFFERED), in: AFD_ACCEPT_INFO, which makes the
 * fresh socket AcceptHandle its end. STATUS_INVALID_PARAMETER: no such Sequence.
 */
typedef struct _AFD_LISTEN_RESPONSE_INFO_TL { LONG Sequence; SOCKADDR RemoteAddress; } AFD_LISTEN_RESPONSE_INFO_TL, *PAFD_LISTEN_RESPONSE_INFO_TL;
typedef struct _AFD_ACCEPT_INFO { BOOLEAN SanActive; LONG Sequence; HANDLE AcceptHandle; } AFD_ACCEPT_INFO, *PAFD_ACCEPT_INFO;
/*
 * RECEIVE, SEND (AFD_SEND_INFO is the same): in: this. Information: bytes moved. A stream's receive pends until
 * there is a byte, with TDI_RECEIVE_WAITALL until the buffers are full; at the end of the stream 0 bytes. A send pends
 * until all bytes are taken; a non-blocking one is content with some. A message longer than the buffers: their fill
 * and STATUS_BUFFER_OVERFLOW. STATUS_CONNECTION_RESET, STATUS_CONNECTION_INVALID (not connected),
 * STATUS_PIPE_DISCONNECTED (a send after the end of sending). At most AFD_BUFFERS_MAX buffers:
 * STATUS_INSUFFICIENT_RESOURCES.
 */
typedef struct _AFD_RECV_INFO { LPWSABUF BufferArray; ULONG BufferCount, AfdFlags, TdiFlags; } AFD_RECV_INFO, *PAFD_RECV_INFO;
#define AFD_BUFFERS_MAX       64u
#define AFD_NO_FAST_IO        0x1u
#define AFD_OVERLAPPED        0x2u
#define TDI_RECEIVE_NORMAL    0x20u
#define TDI_RECEIVE_EXPEDITED 0x40u
#define TDI_RECEIVE_PEEK      0x80u
#define TDI_RECEIVE_WAITALL   0x4000u
#define TDI_SEND_EXPEDITED    0x20u
#define TDI_SEND_PARTIAL      0x40u /* more follows: not sent alone if that can be helped */
/* lxrun extensions, of receive: Information is the whole length of the message; of a stream: bytes are dropped, not copied. */
#define TDI_LXRUN_TRUNCATE    0x01000000u
#define TDI_LXRUN_ERROR_QUEUE 0x02000000u /* of IP_RECVERR; out: in MsgFlags */
#define TDI_LXRUN_DONTROUTE   0x04000000u
#define TDI_LXRUN_CONFIRM     0x08000000u
/* RECEIVE_DATAGRAM: in: this; *AddressLength in: room, out: length. */
typedef struct _AFD_DATAGRAM_INFO { LPWSABUF BufferArray; ULONG BufferCount, AfdFlags, TdiFlags; PVOID Address; PULONG AddressLength; } AFD_DATAGRAM_INFO, *PAFD_DATAGRAM_INFO;
/* SEND_DATAGRAM: in: this; where to is TdiConnInfo.RemoteAddress (0: the remembered address, else STATUS_INVALID_CONNECTION). */
typedef struct _TDI_CONNECTION_INFORMATION { LONG UserDataLength; PVOID UserData; LONG OptionsLength; PVOID Options; LONG RemoteAddressLength; PVOID RemoteAddress; } TDI_CONNECTION_INFORMATION;
typedef struct _TDI_REQUEST { PVOID Handle, RequestNotifyObject, RequestContext; LONG TdiStatus; } TDI_REQUEST;
typedef struct _TDI_REQUEST_SEND_DATAGRAM { TDI_REQUEST Request; TDI_CONNECTION_INFORMATION *SendDatagramInformation; } TDI_REQUEST_SEND_DATAGRAM;
typedef struct _AFD_SEND_DATAGRAM_INFO {
	LPWSABUF BufferArray;
	ULONG BufferCount, AfdFlags, TdiFlags;
	TDI_REQUEST_SEND_DATAGRAM TdiRequest;
	TDI_CONNECTION_INFORMATION TdiConnInfo;
} AFD_SEND_DATAGRAM_INFO, *PAFD_SEND_DATAGRAM_INFO;
_Static_assert(sizeof(AFD_RECV_INFO) == 24 && sizeof(AFD_DATAGRAM_INFO) == 40 && offsetof(AFD_SEND_DATAGRAM_INFO, TdiConnInfo) == 64 &&
	       sizeof(AFD_SEND_DATAGRAM_INFO) == 112, "ntafd.h");
/*
 * RECEIVE_MESSAGE, SEND_MESSAGE: the same and what travels beside the bytes: a list of WSACMSGHDR, 8-byte
 * aligned, types and values as the options of the same name have them. *ControlLength in: room, out: length (0 if there is
 * none). *MsgFlags out: WS_MSG_*. Sending: Address, *AddressLength say where to (Address NULL: see above).
 */
typedef struct _AFD_MESSAGE_INFO { AFD_DATAGRAM_INFO dgi; PVOID ControlBuffer; PULONG ControlLength; PULONG MsgFlags; } AFD_MESSAGE_INFO, *PAFD_MESSAGE_INFO;
typedef struct _WSACMSGHDR { SIZE_T cmsg_len; LONG cmsg_level, cmsg_type; } WSACMSGHDR;
#define WS_MSG_OOB         0x0001u
#define WS_MSG_TRUNC       0x0100u
#define WS_MSG_CTRUNC      0x0200u
#define WS_MSG_ERRQUEUE    0x1000u
_Static_assert(sizeof(AFD_MESSAGE_INFO) == 64 && sizeof(WSACMSGHDR) == 16, "ntafd.h");

/*
 * POLL: in and out: this, with NumberOfHandles sockets; asks for PollEvents of each and pends until one has some or
 * Timeout (as NtWait's; all ones and no sign: for ever) is over: STATUS_TIMEOUT. Out: those that have, with what they
 * have and, for CONNECT_FAIL, why. Handles beyond AFD_POLL_MAX: STATUS_INVALID_PARAMETER.
 */
typedef struct _AFD_POLL_HANDLE_INFO { HANDLE Handle; ULONG PollEvents; NTSTATUS Status; } AFD_POLL_HANDLE_INFO, *PAFD_POLL_HANDLE_INFO;
typedef struct _AFD_POLL_INFO { LARGE_INTEGER Timeout; ULONG NumberOfHandles; BOOLEAN Unique; AFD_POLL_HANDLE_INFO Handles[1]; } AFD_POLL_INFO, *PAFD_POLL_INFO;
#define AFD_POLL_MAX               64u
#define AFD_POLL_RECEIVE           0x001u
#define AFD_POLL_RECEIVE_EXPEDITED 0x002u
#define AFD_POLL_SEND              0x004u
#define AFD_POLL_DISCONNECT        0x008u
#define AFD_POLL_ABORT             0x010u
#define AFD_POLL_LOCAL_CLOSE       0x020u
#define AFD_POLL_CONNECT           0x040u
#define AFD_POLL_ACCEPT            0x080u
#define AFD_POLL_CONNECT_FAIL      0x100u
_Static_assert(sizeof(AFD_POLL_HANDLE_INFO) == 16 && offsetof(AFD_POLL_INFO, Handles) == 16, "ntafd.h");

/* PARTIAL_DISCONNECT: in: this. Modes may be combined. Not connected: STATUS_CONNECTION_INVALID. Timeout: not used. */
typedef struct _AFD_PARTIAL_DISCONNECT_INFO { ULONG DisconnectMode; LARGE_INTEGER Timeout; } AFD_PARTIAL_DISCONNECT_INFO, *PAFD_PARTIAL_DISCONNECT_INFO;
#define AFD_PARTIAL_DISCONNECT_SEND    1u
#define AFD_PARTIAL_DISCONNECT_RECEIVE 2u
#define AFD_ABORTIVE_DISCONNECT        4u /* the peer sees a reset; the socket may connect again */
#define AFD_UNCONNECT_DATAGRAM         8u

/* GET_ADDRESS, GET_REMOTE_ADDRESS: out: a SOCKADDR of the family; Information: its length. STATUS_BUFFER_TOO_SMALL, STATUS_CONNECTION_INVALID. */
/* QUERY_RECEIVE_INFO: out: this. ExpeditedBytesAvailable: 0 (the host tells no number). */
typedef struct _AFD_RECEIVE_INFORMATION { ULONG BytesAvailable, ExpeditedBytesAvailable; } AFD_RECEIVE_INFORMATION, *PAFD_RECEIVE_INFORMATION;

/* SET_INFORMATION in; GET_INFORMATION in and out. Others than these: STATUS_INVALID_PARAMETER. */
typedef struct _AFD_INFORMATION { ULONG InformationType; union { BOOLEAN Boolean; ULONG Ulong; LARGE_INTEGER LargeInteger; } Information; } AFD_INFORMATION, *PAFD_INFORMATION;
#define AFD_NONBLOCKING_MODE    2u /* set: Boolean */
#define AFD_SENDS_PENDING       4u /* get: Ulong: bytes that the peer has not acknowledged */
#define AFD_RECEIVE_WINDOW_SIZE 6u /* get, set: Ulong */
#define AFD_SEND_WINDOW_SIZE    7u /* get, set: Ulong */
_Static_assert(sizeof(AFD_INFORMATION) == 16, "ntafd.h");

/*
 * TRANSPORT_IOCTL: socket options. in: this; set: InputBuffer has the value; get: out: the value, Information: its
 * length. Level and IoControlCode as nt/sockopt.def has them: else STATUS_NOT_SUPPORTED. SO_ERROR's value is an
 * NTSTATUS, which is reset. A value that is too short: STATUS_INVALID_PARAMETER.
 */
typedef enum _TL_IO_CONTROL_TYPE { TlEndpointIoControlType, TlSetSockOptIoControlType, TlGetSockOptIoControlType, TlSocketIoControlType } TL_IO_CONTROL_TYPE;
typedef struct _AFD_TL_IO_CONTROL_INFO { TL_IO_CONTROL_TYPE Type; ULONG Level, IoControlCode; BOOLEAN EndpointIoctl; PVOID InputBuffer; SIZE_T InputBufferLength; } AFD_TL_IO_CONTROL_INFO, *PAFD_TL_IO_CONTROL_INFO;
_Static_assert(sizeof(AFD_TL_IO_CONTROL_INFO) == 32, "ntafd.h");
#define WS_SIOCATMARK   0x40047307u /* TlSocketIoControlType; out: ULONG: whether what is received next was sent as urgent */
#define WS_SOL_SOCKET   0xFFFFu
#define WS_IPPROTO_IP   0u
#define WS_IPPROTO_TCP  6u
#define WS_IPPROTO_UDP  17u
#define WS_IPPROTO_IPV6 41u
#define WS_LXRUN_BASE   0x4C580000u /* options that Winsock has no name for: this + a number of ours */
enum {
#define WSO(name, level, value, host) WS_##name = (value),
#include "nt/sockopt.def"
#undef WSO
};
typedef struct _WS_LINGER { USHORT l_onoff, l_linger; } WS_LINGER;                 /* SO_LINGER */
typedef struct _WS_IN_PKTINFO { UCHAR ipi_addr[4]; ULONG ipi_ifindex; } WS_IN_PKTINFO; /* control data of IP_PKTINFO */

/*
 * IOCTL_AFD_LXRUN_ACCEPT: WAIT_FOR_LISTEN and ACCEPT in one, with a fresh handle for the connection. out: this, as far as
 * the address reaches. The handle has the listener's access and create options and is in its blocking mode.
 */
#define IOCTL_AFD_LXRUN_ACCEPT AFD_CODE(960, 3)
typedef struct _AFD_LXRUN_ACCEPT_INFO { HANDLE Handle; ULONG AddressLength; SOCKADDR_STORAGE Address; } AFD_LXRUN_ACCEPT_INFO, *PAFD_LXRUN_ACCEPT_INFO;
#endif
