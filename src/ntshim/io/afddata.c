/* SPDX-License-Identifier: MIT */
/* afddata.c - what sockets carry (nt.md AF7..AF9). */
#include "afd.h"

/* Takes over the caller's buffers. */
static NTSTATUS Capture(PAFD_OPERATION Operation, const WSABUF *Buffers, ULONG Count,
			BOOLEAN Receive)
{
	NTSTATUS Status = ProbeForRead(Buffers, Count * sizeof(*Buffers), sizeof(ULONG));

	if (Count > AFD_BUFFERS_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (ULONG i = 0; NT_SUCCESS(Status) && i < Count; i++) {
		Operation->Buffers[i] = Buffers[i];
		Status = Receive ? ProbeForWrite(Buffers[i].buf, Buffers[i].len, 1)
				 : ProbeForRead(Buffers[i].buf, Buffers[i].len, 1);
	}
	Operation->Count = Count;
	return Status;
}

/* Bytes are moved: what is left of the buffers. FALSE: nothing. */
static BOOLEAN Advance(PAFD_OPERATION Operation, ULONG Bytes)
{
	ULONG Full = 0;

	Operation->Done += Bytes;
	while (Full < Operation->Count && Bytes >= Operation->Buffers[Full].len)
		Bytes -= Operation->Buffers[Full++].len;
	Operation->Count -= Full;
	memmove(Operation->Buffers, Operation->Buffers + Full,
		Operation->Count * sizeof(Operation->Buffers[0]));
	if (!Operation->Count)
		return FALSE;
	Operation->Buffers[0].buf += Bytes;
	Operation->Buffers[0].len -= Bytes;
	return TRUE;
}

static VOID InitTransfer(PAFD_OPERATION Operation, AFD_ATTEMPT *Attempt, ULONG Direction,
			 ULONG Flags)
{
	Operation->Attempt = Attempt;
	Operation->Direction = Direction;
	Operation->Armed = Operation->All = FALSE;
	Operation->Flags = Flags;
	Operation->Done = 0;
	Operation->Address = Operation->Control = NULL;
	Operation->AddressLength = Operation->ControlLength = Operation->MsgFlags = NULL;
	Operation->PeerLength = 0;
}

/* ---- receiving ---- */

/* What a message brought beside its bytes goes to the caller. */
static VOID GiveRest(PAFD_OPERATION Operation, const struct host_message *m)
{
	ULONG Room;

	if (Operation->AddressLength) {
		Room = *Operation->AddressLength;
		*Operation->AddressLength = m->addr_length;
		if (Operation->Address)
			memcpy(Operation->Address, &Operation->Peer,
			       m->addr_length < Room ? m->addr_length : Room);
	}
	if (Operation->ControlLength)
		*Operation->ControlLength = m->control ? m->control_length : 0;
	if (Operation->MsgFlags)
		*Operation->MsgFlags = m->flags;
}

static NTSTATUS TryReceive(PIOP_REQUEST Request, PAFD_OPERATION Operation)
{
	struct host_message m = {
		.addr = Operation->AddressLength ? &Operation->Peer : NULL,
		.buffers = Operation->Buffers,
		.count = Operation->Count,
		.control = Operation->Control,
		.control_length = Operation->ControlLength ? *Operation->ControlLength : 0,
		.flags = Operation->Flags,
	};
	ULONG Bytes;
	NTSTATUS Status = host_receive(Request->File->Fd, &m, &Bytes);

	if (Status == STATUS_PENDING)
		return Status;
	if (!NT_SUCCESS(Status) && !Operation->Done)
		return Status;
	if (NT_SUCCESS(Status))
		GiveRest(Operation, &m);
	if (Operation->All && NT_SUCCESS(Status) && Bytes && Advance(Operation, Bytes))
		return STATUS_PENDING; /* asks once more, and then waits */
	if (!Operation->All)
		Operation->Done = Bytes;
	Request->Information = Operation->Done;
	return m.flags & WS_MSG_TRUNC && !(Operation->Flags & TDI_LXRUN_TRUNCATE) &&
			       Status == STATUS_SUCCESS
		       ? STATUS_BUFFER_OVERFLOW
		       : STATUS_SUCCESS;
}

static NTSTATUS Receive(PIOP_REQUEST Request, const AFD_RECV_INFO *Info, PAFD_OPERATION Operation)
{
	NTSTATUS Status = Capture(Operation, Info->BufferArray, Info->BufferCount, TRUE);

	/* All of a stream, which only a socket that may wait can wait for. */
	Operation->All = Info->TdiFlags & TDI_RECEIVE_WAITALL &&
			 !(Info->TdiFlags & (TDI_RECEIVE_PEEK | TDI_LXRUN_TRUNCATE)) &&
			 AfdEndpoint(Request->File)->Type == WS_SOCK_STREAM &&
			 (!AfdEndpoint(Request->File)->NonBlocking ||
			  Info->AfdFlags & AFD_OVERLAPPED);
	if (!NT_SUCCESS(Status))
		return Status;
	return AfdRun(Request, Operation, (Info->AfdFlags & AFD_OVERLAPPED) != 0);
}

NTSTATUS AfdReceive(PIOP_REQUEST Request)
{
	AFD_RECV_INFO Info;
	AFD_OPERATION Operation;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	InitTransfer(&Operation, TryReceive, AFD_RECEIVING, Info.TdiFlags);
	return Receive(Request, &Info, &Operation);
}

static NTSTATUS ReceiveFrom(PIOP_REQUEST Request, const AFD_DATAGRAM_INFO *Info,
			    PAFD_OPERATION Operation)
{
	const AFD_RECV_INFO Plain = { Info->BufferArray, Info->BufferCount, Info->AfdFlags,
				      Info->TdiFlags };

	Operation->Address = Info->Address;
	Operation->AddressLength = Info->AddressLength;
	return Receive(Request, &Plain, Operation);
}

NTSTATUS AfdReceiveDatagram(PIOP_REQUEST Request)
{
	AFD_DATAGRAM_INFO Info;
	AFD_OPERATION Operation;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	InitTransfer(&Operation, TryReceive, AFD_RECEIVING, Info.TdiFlags);
	return ReceiveFrom(Request, &Info, &Operation);
}

NTSTATUS AfdReceiveMessage(PIOP_REQUEST Request)
{
	AFD_MESSAGE_INFO Info;
	AFD_OPERATION Operation;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	InitTransfer(&Operation, TryReceive, AFD_RECEIVING, Info.dgi.TdiFlags);
	Operation.Control = Info.ControlLength ? Info.ControlBuffer : NULL;
	Operation.ControlLength = Info.ControlLength;
	Operation.MsgFlags = Info.MsgFlags;
	return ReceiveFrom(Request, &Info.dgi, &Operation);
}

NTSTATUS AfdRead(PIOP_REQUEST Request)
{
	WSABUF Buffer = { Request->Length, Request->Buffer };
	const AFD_RECV_INFO Info = { &Buffer, 1, 0, 0 };
	AFD_OPERATION Operation;

	if (!AfdEndpoint(Request->File))
		return STATUS_INVALID_DEVICE_REQUEST;
	InitTransfer(&Operation, TryReceive, AFD_RECEIVING, 0);
	return Receive(Request, &Info, &Operation);
}

/* ---- sending ---- */

static NTSTATUS TrySend(PIOP_REQUEST Request, PAFD_OPERATION Operation)
{
	const struct host_message m = {
		.addr = Operation->PeerLength ? &Operation->Peer : NULL,
		.addr_length = Operation->PeerLength,
		.buffers = Operation->Buffers,
		.count = Operation->Count,
		.control = Operation->Control,
		.control_length = Operation->ControlLength ? *Operation->ControlLength : 0,
		.flags = Operation->Flags,
	};
	ULONG Bytes;
	NTSTATUS Status = host_send(Request->File->Fd, &m, &Bytes);

	if (Status == STATUS_PENDING)
		return Status;
	if (Status == STATUS_PIPE_BROKEN)
		Status = STATUS_PIPE_DISCONNECTED;
	if (!NT_SUCCESS(Status) && !Operation->Done)
		return Status;
	if (NT_SUCCESS(Status) && Advance(Operation, Bytes) && Operation->All)
		return STATUS_PENDING;
	Request->Information = Operation->Done;
	return STATUS_SUCCESS;
}

static NTSTATUS Send(PIOP_REQUEST Request, const AFD_RECV_INFO *Info, PAFD_OPERATION Operation)
{
	NTSTATUS Status = Capture(Operation, Info->BufferArray, Info->BufferCount, FALSE);

	Operation->All = !AfdEndpoint(Request->File)->NonBlocking ||
			 Info->AfdFlags & AFD_OVERLAPPED;
	if (!NT_SUCCESS(Status))
		return Status;
	return AfdRun(Request, Operation, (Info->AfdFlags & AFD_OVERLAPPED) != 0);
}

NTSTATUS AfdSend(PIOP_REQUEST Request)
{
	AFD_RECV_INFO Info;
	AFD_OPERATION Operation;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	InitTransfer(&Operation, TrySend, AFD_SENDING, Info.TdiFlags);
	return Send(Request, &Info, &Operation);
}

/* Where to: length 0, the remembered address. */
static NTSTATUS SetPeer(PAFD_OPERATION Operation, const VOID *Address, ULONG Length)
{
	NTSTATUS Status = ProbeForRead(Address, Length, 1);

	if (!NT_SUCCESS(Status) || !Length)
		return Status;
	if (Length > sizeof(Operation->Peer))
		return STATUS_INVALID_PARAMETER;
	memset(&Operation->Peer, 0, sizeof(Operation->Peer));
	memcpy(&Operation->Peer, Address, Length);
	Operation->PeerLength = Length;
	return STATUS_SUCCESS;
}

NTSTATUS AfdSendDatagram(PIOP_REQUEST Request)
{
	AFD_SEND_DATAGRAM_INFO Info;
	AFD_OPERATION Operation;
	AFD_RECV_INFO Plain;
	NTSTATUS Status;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	InitTransfer(&Operation, TrySend, AFD_SENDING, Info.TdiFlags);
	Status = SetPeer(&Operation, Info.TdiConnInfo.RemoteAddress,
			 (ULONG)Info.TdiConnInfo.RemoteAddressLength);
	Plain = (AFD_RECV_INFO){ Info.BufferArray, Info.BufferCount, Info.AfdFlags, Info.TdiFlags };
	return NT_SUCCESS(Status) ? Send(Request, &Plain, &Operation) : Status;
}

NTSTATUS AfdSendMessage(PIOP_REQUEST Request)
{
	AFD_MESSAGE_INFO Info;
	AFD_OPERATION Operation;
	AFD_RECV_INFO Plain;
	NTSTATUS Status = STATUS_SUCCESS;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	InitTransfer(&Operation, TrySend, AFD_SENDING, Info.dgi.TdiFlags);
	if (Info.dgi.Address && Info.dgi.AddressLength)
		Status = SetPeer(&Operation, Info.dgi.Address, *Info.dgi.AddressLength);
	Operation.Control = Info.ControlLength ? Info.ControlBuffer : NULL;
	Operation.ControlLength = Info.ControlLength;
	Plain = (AFD_RECV_INFO){ Info.dgi.BufferArray, Info.dgi.BufferCount, Info.dgi.AfdFlags,
				 Info.dgi.TdiFlags };
	return NT_SUCCESS(Status) ? Send(Request, &Plain, &Operation) : Status;
}

NTSTATUS AfdWrite(PIOP_REQUEST Request)
{
	WSABUF Buffer = { Request->Length, Request->Buffer };
	const AFD_RECV_INFO Info = { &Buffer, 1, 0, 0 };
	AFD_OPERATION Operation;

	if (!AfdEndpoint(Request->File))
		return STATUS_INVALID_DEVICE_REQUEST;
	InitTransfer(&Operation, TrySend, AFD_SENDING, 0);
	return Send(Request, &Info, &Operation);
}
