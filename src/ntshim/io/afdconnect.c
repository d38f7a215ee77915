/* SPDX-License-Identifier: MIT */
/* afdconnect.c - addresses and connections of sockets (nt.md AF3..AF6, AF10, AF11). */
#include "afd.h"
#include <stdatomic.h>

/* An address at the end of a request's input, which begins with Fixed other bytes. */
static ULONG AddressIn(PIOP_REQUEST Request, ULONG Fixed, SOCKADDR_STORAGE *Address)
{
	ULONG Length = Request->Control.InputLength - Fixed;

	if (Length > sizeof(*Address))
		Length = sizeof(*Address);
	memset(Address, 0, sizeof(*Address));
	memcpy(Address, (const UCHAR *)Request->Control.Input + Fixed, Length);
	return Length;
}

static NTSTATUS AddressOut(PIOP_REQUEST Request, const SOCKADDR_STORAGE *Address, ULONG Length)
{
	if (Request->Control.OutputLength < Length)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(Request->Control.Output, Address, Length);
	Request->Information = Length;
	return STATUS_SUCCESS;
}

static NTSTATUS GetAddress(PIOP_REQUEST Request, BOOLEAN Peer)
{
	SOCKADDR_STORAGE Address;
	ULONG Length;
	NTSTATUS Status = host_socket_address(Request->File->Fd, Peer, &Address, &Length);

	return NT_SUCCESS(Status) ? AddressOut(Request, &Address, Length) : Status;
}

NTSTATUS AfdGetAddress(PIOP_REQUEST Request)
{
	return GetAddress(Request, FALSE);
}

NTSTATUS AfdGetRemoteAddress(PIOP_REQUEST Request)
{
	return GetAddress(Request, TRUE);
}

NTSTATUS AfdBind(PIOP_REQUEST Request)
{
	const ULONG Fixed = offsetof(AFD_BIND_INFO_TL, Address), On = 1;
	SOCKADDR_STORAGE Address;
	ULONG ShareAccess, Length = AddressIn(Request, Fixed, &Address);
	NTSTATUS Status = STATUS_SUCCESS;

	memcpy(&ShareAccess, Request->Control.Input, sizeof(ShareAccess));
	if (ShareAccess == AFD_REUSEADDRESS)
		Status = host_set_option(Request->File->Fd, WS_SOL_SOCKET, WS_SO_REUSEADDR, &On,
					 sizeof(On));
	if (NT_SUCCESS(Status))
		Status = host_bind(Request->File->Fd, &Address, Length);
	if (NT_SUCCESS(Status) && Request->Control.OutputLength)
		Status = GetAddress(Request, FALSE);
	return Status;
}

/* ---- connecting ---- */

NTSTATUS AfdTakeError(PFILE_OBJECT File)
{
	NTSTATUS Kept = atomic_exchange(&AfdEndpoint(File)->Error, STATUS_SUCCESS);

	return NT_SUCCESS(Kept) ? host_socket_error(File->Fd) : Kept;
}

NTSTATUS AfdKeepError(PFILE_OBJECT File)
{
	NTSTATUS Error = AfdTakeError(File);

	AfdEndpoint(File)->Error = Error;
	return Error;
}

/*
 * The host is asked again when it is over: it says once how it went, and takes the socket for connected only
 * then.
 */
static NTSTATUS TryConnect(PIOP_REQUEST Request, PAFD_OPERATION Operation)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Request->File);
	NTSTATUS Status;

	if (!NT_SUCCESS(Endpoint->Error))
		Status = AfdTakeError(Request->File);
	else
		Status = host_connect(Request->File->Fd, &Operation->Peer, Operation->PeerLength);
	if (Operation->Armed && Status == STATUS_CONNECTION_ACTIVE)
		Status = STATUS_SUCCESS;
	if (Operation->Armed && Status == STATUS_ADDRESS_ALREADY_ASSOCIATED)
		Status = STATUS_PENDING;
	Endpoint->State = Status == STATUS_PENDING || Status == STATUS_ADDRESS_ALREADY_ASSOCIATED
				  ? AfdConnecting
			  : NT_SUCCESS(Status) || Status == STATUS_CONNECTION_ACTIVE ? AfdConnected
										     : AfdOpen;
	return Status;
}

NTSTATUS AfdConnect(PIOP_REQUEST Request)
{
	const ULONG Fixed = offsetof(AFD_CONNECT_JOIN_INFO_TL, RemoteAddress);
	AFD_OPERATION Operation;

	Operation.Attempt = TryConnect;
	Operation.Direction = AFD_SENDING;
	Operation.Armed = FALSE;
	Operation.PeerLength = AddressIn(Request, Fixed, &Operation.Peer);
	if (Operation.Peer.ss_family == WS_AF_UNSPEC) {
		AfdEndpoint(Request->File)->State = AfdOpen;
		return host_unconnect(Request->File->Fd);
	}
	if (AfdEndpoint(Request->File)->Waiting[AFD_SENDING])
		return STATUS_ADDRESS_ALREADY_ASSOCIATED;
	return AfdRun(Request, &Operation, FALSE);
}

NTSTATUS AfdDisconnect(PIOP_REQUEST Request)
{
	AFD_PARTIAL_DISCONNECT_INFO Info;
	BOOLEAN Receive, Send;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	if (Info.DisconnectMode & (AFD_ABORTIVE_DISCONNECT | AFD_UNCONNECT_DATAGRAM)) {
		AfdEndpoint(Request->File)->State = AfdOpen;
		return host_unconnect(Request->File->Fd);
	}
	Receive = (Info.DisconnectMode & AFD_PARTIAL_DISCONNECT_RECEIVE) != 0;
	Send = (Info.DisconnectMode & AFD_PARTIAL_DISCONNECT_SEND) != 0;
	if (!Receive && !Send)
		return STATUS_INVALID_PARAMETER;
	return host_shutdown(Request->File->Fd, Receive, Send);
}

/* ---- listening ---- */

NTSTATUS AfdStartListen(PIOP_REQUEST Request)
{
	AFD_LISTEN_INFO Info;
	NTSTATUS Status;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	Status = host_listen(Request->File->Fd, Info.MaximumConnectionQueue);
	if (NT_SUCCESS(Status))
		AfdEndpoint(Request->File)->State = AfdListening;
	return Status;
}

static VOID InitAccept(PAFD_OPERATION Operation, AFD_ATTEMPT *Attempt)
{
	Operation->Attempt = Attempt;
	Operation->Direction = AFD_RECEIVING;
	Operation->Armed = FALSE;
}

static NTSTATUS TryWaitForListen(PIOP_REQUEST Request, PAFD_OPERATION Operation)
{
	const ULONG Fixed = offsetof(AFD_LISTEN_RESPONSE_INFO_TL, RemoteAddress);
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Request->File);
	PAFD_CONNECTION Connection = mem_alloc(sizeof(*Connection));
	UCHAR *Out = Request->Control.Output;
	ULONG Length;
	NTSTATUS Status;

	if (!Connection)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = host_accept(Request->File->Fd, &Connection->Fd, &Operation->Peer, &Length);
	if (Status == STATUS_PENDING || !NT_SUCCESS(Status)) {
		mem_free(Connection);
		return Status;
	}
	lk_acquire(&Endpoint->Lock);
	Connection->Sequence = ++Endpoint->Sequence;
	list_add_tail(&Endpoint->Accepted, &Connection->Link);
	memcpy(Out, &Connection->Sequence, sizeof(Connection->Sequence));
	lk_release(&Endpoint->Lock);
	if (Length > Request->Control.OutputLength - Fixed)
		Length = Request->Control.OutputLength - Fixed;
	memcpy(Out + Fixed, &Operation->Peer, Length);
	Request->Information = Fixed + Length;
	return STATUS_SUCCESS;
}

NTSTATUS AfdWaitForListen(PIOP_REQUEST Request)
{
	AFD_OPERATION Operation;

	InitAccept(&Operation, TryWaitForListen);
	return AfdRun(Request, &Operation, FALSE);
}

/* The connection that waits under Sequence, which is then the caller's; NULL: there is none. */
static PAFD_CONNECTION TakeAccepted(PAFD_ENDPOINT Endpoint, LONG Sequence)
{
	PAFD_CONNECTION Connection, Found = NULL;

	lk_acquire(&Endpoint->Lock);
	list_for_each(Connection, &Endpoint->Accepted, Link)
		if (Connection->Sequence == Sequence)
			Found = Connection;
	if (Found)
		list_del(&Found->Link);
	lk_release(&Endpoint->Lock);
	return Found;
}

NTSTATUS AfdAccept(PIOP_REQUEST Request)
{
	PAFD_CONNECTION Connection;
	AFD_ACCEPT_INFO Info;
	PFILE_OBJECT Fresh;
	NTSTATUS Status;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	Status = IopReferenceFile(Info.AcceptHandle, 0, &Fresh);
	if (!NT_SUCCESS(Status))
		return Status;
	Connection = NULL;
	if (Fresh->Device != Request->File->Device || Fresh == Request->File ||
	    AfdEndpoint(Fresh)->State != AfdOpen)
		Status = STATUS_INVALID_PARAMETER;
	else
		Connection = TakeAccepted(AfdEndpoint(Request->File), Info.Sequence);
	if (Connection)
		Status = host_become(Connection->Fd, Fresh->Fd);
	else
		Status = STATUS_INVALID_PARAMETER;
	if (NT_SUCCESS(Status))
		AfdEndpoint(Fresh)->State = AfdConnected;
	mem_free(Connection);
	IopDereferenceFile(Fresh);
	return Status;
}

static NTSTATUS TryLxrunAccept(PIOP_REQUEST Request, PAFD_OPERATION Operation)
{
	PFILE_OBJECT File = Request->File, Fresh;
	const IOP_OPEN Open = { .Options = File->Options };
	AFD_LXRUN_ACCEPT_INFO *Out = Request->Control.Output;
	host_fd Fd;
	NTSTATUS Status = host_accept(File->Fd, &Fd, &Out->Address, &Out->AddressLength);

	if (Status == STATUS_PENDING || !NT_SUCCESS(Status))
		return Status;
	Status = AfdNewFile(File->Device, Fd, AfdEndpoint(File), &Open, &Fresh);
	if (NT_SUCCESS(Status)) {
		AfdEndpoint(Fresh)->State = AfdConnected;
		Status = ObInsertObject(&Fresh->Object, NULL, Request->Control.Granted,
					&Out->Handle);
	}
	Request->Information = sizeof(*Out);
	return Status;
}

NTSTATUS AfdLxrunAccept(PIOP_REQUEST Request)
{
	AFD_OPERATION Operation;

	InitAccept(&Operation, TryLxrunAccept);
	return AfdRun(Request, &Operation, FALSE);
}
