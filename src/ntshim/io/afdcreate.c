/* SPDX-License-Identifier: MIT */
/* afdcreate.c - sockets opened and closed, and the driver's table (nt.md AF1, AF2). */
#include "afd.h"

static VOID InitEndpoint(PAFD_ENDPOINT Endpoint, const AFD_ENDPOINT *Like)
{
	Endpoint->Family = Like->Family;
	Endpoint->Type = Like->Type;
	Endpoint->Protocol = Like->Protocol;
	Endpoint->NonBlocking = Like->NonBlocking;
	lk_init(&Endpoint->Lock, LR_PIPES);
	for (ULONG i = 0; i < AFD_DIRECTIONS; i++)
		list_init(&Endpoint->Queues[i]);
	list_init(&Endpoint->Accepted);
}

NTSTATUS AfdNewFile(PDEVICE_OBJECT Device, host_fd Fd, const AFD_ENDPOINT *Like,
		    const IOP_OPEN *Open, PFILE_OBJECT *File)
{
	PAFD_ENDPOINT Endpoint = mem_alloc(sizeof(*Endpoint));
	NTSTATUS Status;

	if (!Endpoint) {
		host_closefd(Fd);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	InitEndpoint(Endpoint, Like);
	Status = IopNewFile(Device, Fd, HOST_S_IFSOCK, Open, File);
	if (NT_SUCCESS(Status))
		(*File)->DriverContext = Endpoint;
	else
		mem_free(Endpoint);
	return Status;
}

/* The one attribute that means something here; NULL: there is none. */
static NTSTATUS OpenPacket(const IOP_OPEN *Open, AFD_OPEN_PACKET *Packet, PBOOLEAN Found)
{
	const ULONG Least = offsetof(AFD_OPEN_PACKET, TransportDeviceName);
	const FILE_FULL_EA_INFORMATION *Ea;
	ULONG At = 0;
	NTSTATUS Status;

	*Found = FALSE;
	if (!Open->EaBuffer)
		return STATUS_SUCCESS;
	Status = IopNextEa(Open->EaBuffer, Open->EaLength, &At, &Ea);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Ea->EaNameLength != sizeof(AfdOpenPacket) - 1 ||
	    memcmp(Ea->EaName, AfdOpenPacket, sizeof(AfdOpenPacket)) != 0 ||
	    Ea->EaValueLength < Least)
		return STATUS_INVALID_PARAMETER;
	memset(Packet, 0, sizeof(*Packet));
	memcpy(Packet, Ea->EaName + sizeof(AfdOpenPacket), Least);
	*Found = TRUE;
	return Packet->TransportDeviceNameLength ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

static NTSTATUS Create(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
		       PFILE_OBJECT *File)
{
	AFD_ENDPOINT Like = { 0 };
	AFD_OPEN_PACKET Packet;
	BOOLEAN Socket;
	host_fd Fd;
	NTSTATUS Status = OpenPacket(Open, &Packet, &Socket);

	if (!NT_SUCCESS(Status))
		return Status;
	Open->Information = FILE_OPENED;
	if (!Socket)
		return IopNewFile(Device, HOST_NO_FD, HOST_S_IFCHR, Open, File);
	if (Packet.AddressFamily != WS_AF_INET && Packet.AddressFamily != WS_AF_INET6)
		return STATUS_INVALID_ADDRESS;
	Like.Family = (ULONG)Packet.AddressFamily;
	Like.Type = (ULONG)Packet.SocketType;
	Like.Protocol = (ULONG)Packet.Protocol;
	if (Like.Type < WS_SOCK_STREAM || Like.Type > WS_SOCK_RAW)
		return STATUS_PROTOCOL_NOT_SUPPORTED;
	Status = host_socket(Like.Family, Like.Type, Like.Protocol, &Fd);
	return NT_SUCCESS(Status) ? AfdNewFile(Device, Fd, &Like, Open, File) : Status;
}

static VOID Close(PFILE_OBJECT File)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(File);

	if (!Endpoint)
		return;
	while (!list_empty(&Endpoint->Accepted)) {
		PAFD_CONNECTION Connection = list_first(&Endpoint->Accepted, AFD_CONNECTION, Link);

		list_del(&Connection->Link);
		host_closefd(Connection->Fd);
		mem_free(Connection);
	}
	mem_free(Endpoint);
}

static const struct {
	ULONG Code;
	const char *Name;
	DRIVER_DISPATCH *Routine;
	ULONG InputLength, OutputLength; /* least lengths */
} Controls[] = {
	{ IOCTL_AFD_BIND, "AFD_BIND", AfdBind, offsetof(AFD_BIND_INFO_TL, Address.sa_data), 0 },
	{ IOCTL_AFD_CONNECT, "AFD_CONNECT", AfdConnect,
	  offsetof(AFD_CONNECT_JOIN_INFO_TL, RemoteAddress.sa_data), 0 },
	{ IOCTL_AFD_START_LISTEN, "AFD_START_LISTEN", AfdStartListen, sizeof(AFD_LISTEN_INFO), 0 },
	{ IOCTL_AFD_WAIT_FOR_LISTEN, "AFD_WAIT_FOR_LISTEN", AfdWaitForListen, 0,
	  sizeof(AFD_LISTEN_RESPONSE_INFO_TL) },
	{ IOCTL_AFD_ACCEPT, "AFD_ACCEPT", AfdAccept, sizeof(AFD_ACCEPT_INFO), 0 },
	{ IOCTL_AFD_LXRUN_ACCEPT, "AFD_LXRUN_ACCEPT", AfdLxrunAccept, 0,
	  sizeof(AFD_LXRUN_ACCEPT_INFO) },
	{ IOCTL_AFD_RECEIVE, "AFD_RECEIVE", AfdReceive, sizeof(AFD_RECV_INFO), 0 },
	{ IOCTL_AFD_RECEIVE_DATAGRAM, "AFD_RECEIVE_DATAGRAM", AfdReceiveDatagram,
	  sizeof(AFD_DATAGRAM_INFO), 0 },
	{ IOCTL_AFD_RECEIVE_MESSAGE, "AFD_RECEIVE_MESSAGE", AfdReceiveMessage,
	  sizeof(AFD_MESSAGE_INFO), 0 },
	{ IOCTL_AFD_SEND, "AFD_SEND", AfdSend, sizeof(AFD_RECV_INFO), 0 },
	{ IOCTL_AFD_SEND_DATAGRAM, "AFD_SEND_DATAGRAM", AfdSendDatagram,
	  sizeof(AFD_SEND_DATAGRAM_INFO), 0 },
	{ IOCTL_AFD_SEND_MESSAGE, "AFD_SEND_MESSAGE", AfdSendMessage, sizeof(AFD_MESSAGE_INFO), 0 },
	{ IOCTL_AFD_PARTIAL_DISCONNECT, "AFD_PARTIAL_DISCONNECT", AfdDisconnect,
	  sizeof(AFD_PARTIAL_DISCONNECT_INFO), 0 },
	{ IOCTL_AFD_GET_ADDRESS, "AFD_GET_ADDRESS", AfdGetAddress, 0, sizeof(SOCKADDR) },
	{ IOCTL_AFD_GET_REMOTE_ADDRESS, "AFD_GET_REMOTE_ADDRESS", AfdGetRemoteAddress, 0,
	  sizeof(SOCKADDR) },
	{ IOCTL_AFD_QUERY_RECEIVE_INFO, "AFD_QUERY_RECEIVE_INFO", AfdQueryReceiveInfo, 0,
	  sizeof(AFD_RECEIVE_INFORMATION) },
	{ IOCTL_AFD_SET_INFORMATION, "AFD_SET_INFORMATION", AfdSetInformation,
	  sizeof(AFD_INFORMATION), 0 },
	{ IOCTL_AFD_GET_INFORMATION, "AFD_GET_INFORMATION", AfdGetInformation,
	  sizeof(AFD_INFORMATION), sizeof(AFD_INFORMATION) },
	{ IOCTL_AFD_TRANSPORT_IOCTL, "AFD_TRANSPORT_IOCTL", AfdTransportIoctl,
	  sizeof(AFD_TL_IO_CONTROL_INFO), 0 },
};

static NTSTATUS Control(PIOP_REQUEST Request)
{
	const IOP_CONTROL *Asked = &Request->Control;

	if (Asked->Code == IOCTL_AFD_POLL)
		return AfdPoll(Request);
	for (ULONG i = 0; i < sizeof(Controls) / sizeof(Controls[0]); i++) {
		if (Controls[i].Code != Asked->Code)
			continue;
		if (!AfdEndpoint(Request->File) || Asked->InputLength < Controls[i].InputLength ||
		    (Controls[i].InputLength && !Asked->Input))
			return STATUS_INVALID_PARAMETER;
		if (Asked->OutputLength < Controls[i].OutputLength ||
		    (Controls[i].OutputLength && !Asked->Output))
			return STATUS_BUFFER_TOO_SMALL;
		return Controls[i].Routine(Request);
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

const DRIVER_OBJECT AfdDriver = {
	.Name = "Afd",
	.RawNames = TRUE,
	.Create = Create,
	.Close = Close,
	.Read = AfdRead,
	.Write = AfdWrite,
	.Control = Control,
};
