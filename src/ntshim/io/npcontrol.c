/* SPDX-License-Identifier: MIT */
/* npcontrol.c - controls and information of pipes (nt.md NP5, NP7, NP9), and the driver's table. */
#include "np.h"
#include <string.h>

/* ---- NtFsControlFile ---- */

static NTSTATUS Listen(PNP_INSTANCE Instance, PIOP_REQUEST Request, struct list *Done)
{
	PIOP_REQUEST Pended;

	if (NpEndOf(Request->File) != FILE_PIPE_SERVER_END)
		return STATUS_ILLEGAL_FUNCTION;
	if (Instance->State == FILE_PIPE_CONNECTED_STATE)
		return STATUS_PIPE_CONNECTED;
	if (Instance->State == FILE_PIPE_CLOSING_STATE)
		return STATUS_PIPE_CLOSING;
	Instance->State = FILE_PIPE_LISTENING_STATE;
	if (Instance->Ends[FILE_PIPE_SERVER_END].CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
		return STATUS_PIPE_LISTENING;
	Pended = IopPend(Request, NpCancel);
	if (!Pended)
		return Request->Status;
	Pended->Context = &Instance->Queues[FILE_PIPE_SERVER_END];
	list_add_tail(&Instance->Listeners, &Pended->QueueLink);
	return STATUS_PENDING;
}

static NTSTATUS Disconnect(PNP_INSTANCE Instance, PIOP_REQUEST Request, struct list *Done)
{
	if (NpEndOf(Request->File) != FILE_PIPE_SERVER_END)
		return STATUS_ILLEGAL_FUNCTION;
	if (Instance->State == FILE_PIPE_DISCONNECTED_STATE)
		return STATUS_PIPE_DISCONNECTED;
	Instance->State = FILE_PIPE_DISCONNECTED_STATE;
	Instance->Ends[FILE_PIPE_CLIENT_END].File = NULL;
	for (ULONG End = 0; End < 2; End++)
		NpDrain(&Instance->Queues[End], STATUS_PIPE_DISCONNECTED, Done);
	while (!list_empty(&Instance->Listeners)) {
		PIOP_REQUEST Listener = list_first(&Instance->Listeners, IOP_REQUEST, QueueLink);

		Listener->Context = NULL;
		IopCollect(Done, Listener, STATUS_PIPE_DISCONNECTED, 0);
	}
	return STATUS_SUCCESS;
}

/* Copies from the queue without taking; returns how much. */
static ULONG Look(const NP_QUEUE *Queue, char *Out, ULONG Room, BOOLEAN Message)
{
	ULONG Copied = 0, n;
	PNP_DATA Data;

	list_for_each(Data, &Queue->Data, Link) {
		n = Data->Length - Data->Done;
		if (n > Room - Copied)
			n = Room - Copied;
		memcpy(Out + Copied, Data->Bytes + Data->Done, n);
		Copied += n;
		if (Message)
			break;
	}
	return Copied;
}

static NTSTATUS Peek(PNP_INSTANCE Instance, PIOP_REQUEST Request, struct list *Done)
{
	const ULONG Fixed = offsetof(FILE_PIPE_PEEK_BUFFER, Data);
	ULONG End = NpEndOf(Request->File), State = NpStateOf(Instance, Request->File), Whole;
	FILE_PIPE_PEEK_BUFFER *Out = Request->Control.Output;
	NP_QUEUE *Queue = &Instance->Queues[End];
	BOOLEAN Message = Instance->Pipe->Type == FILE_PIPE_MESSAGE_TYPE;
	ULONG Copied;
	PNP_DATA Data;

	if (Request->Control.OutputLength < Fixed)
		return STATUS_INVALID_PARAMETER;
	if (State == FILE_PIPE_CLOSING_STATE && list_empty(&Queue->Data))
		return STATUS_PIPE_BROKEN;
	if (State != FILE_PIPE_CONNECTED_STATE && State != FILE_PIPE_CLOSING_STATE)
		return STATUS_INVALID_PIPE_STATE;
	*Out = (FILE_PIPE_PEEK_BUFFER){ .NamedPipeState = State,
					.ReadDataAvailable = NpBytesIn(Queue) };
	Whole = Out->ReadDataAvailable;
	if (Message && !list_empty(&Queue->Data)) {
		Data = list_first(&Queue->Data, NP_DATA, Link);
		Whole = Out->MessageLength = Data->Length - Data->Done;
		list_for_each(Data, &Queue->Data, Link)
			Out->NumberOfMessages += !Data->Flush;
	}
	Copied = Look(Queue, (char *)Out->Data, Request->Control.OutputLength - Fixed, Message);
	Request->Information = Fixed + Copied;
	return Copied < Whole ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Writes a message, whatever the quota, and waits for the next one from the other end. */
static NTSTATUS Transceive(PNP_INSTANCE Instance, PIOP_REQUEST Request, struct list *Done)
{
	const IOP_CONTROL *Control = &Request->Control;
	ULONG End = NpEndOf(Request->File);
	NP_QUEUE *Queue = &Instance->Queues[End];
	NTSTATUS Status;

	if (NpStateOf(Instance, Request->File) != FILE_PIPE_CONNECTED_STATE ||
	    Instance->Pipe->Config != FILE_PIPE_FULL_DUPLEX)
		return STATUS_INVALID_PIPE_STATE;
	if (Instance->Ends[End].ReadMode != FILE_PIPE_MESSAGE_MODE)
		return STATUS_INVALID_READ_MODE;
	if (!list_empty(&Queue->Data))
		return STATUS_PIPE_BUSY;
	Request->Buffer = Control->Output;
	Request->Length = Control->OutputLength;
	Status = NpPut(Instance, !End, Request, TRUE, Done);
	return NT_SUCCESS(Status) ? NpPendReader(Queue, Request) : Status;
}

/* Without the instance's lock, which is below those of tokens. */
static NTSTATUS Impersonate(PNP_INSTANCE Instance, PIOP_REQUEST Request)
{
	SE_CLIENT Client = { 0 };
	NTSTATUS Status;

	if (NpEndOf(Request->File) != FILE_PIPE_SERVER_END)
		return STATUS_ILLEGAL_FUNCTION;
	lk_acquire(&Instance->Lock);
	if (Instance->State == FILE_PIPE_CONNECTED_STATE ||
	    Instance->State == FILE_PIPE_CLOSING_STATE)
		Client = Instance->Client;
	if (Client.Token)
		SeReferenceToken(Client.Token);
	lk_release(&Instance->Lock);
	Status = SeImpersonateClient(&Client, PsGetCurrentThread());
	SeReleaseClient(&Client);
	return Status;
}

static const struct {
	ULONG Code;
	ACCESS_MASK Access;
	NTSTATUS (*Routine)(PNP_INSTANCE Instance, PIOP_REQUEST Request, struct list *Done);
} Controls[] = {
	{ FSCTL_PIPE_LISTEN, 0, Listen },
	{ FSCTL_PIPE_DISCONNECT, 0, Disconnect },
	{ FSCTL_PIPE_PEEK, FILE_READ_DATA, Peek },
	{ FSCTL_PIPE_TRANSCEIVE, FILE_READ_DATA | FILE_WRITE_DATA, Transceive },
};

NTSTATUS NpFsControl(PIOP_REQUEST Request)
{
	const ULONG Count = sizeof(Controls) / sizeof(Controls[0]);
	PNP_INSTANCE Instance = NpInstance(Request->File);
	struct list Done = LIST_INIT(Done);
	NTSTATUS Status;
	ULONG i = 0;

	if (Request->Control.Code == FSCTL_PIPE_WAIT)
		return Instance ? STATUS_ILLEGAL_FUNCTION : NpWait(Request);
	if (Request->Control.Code == FSCTL_PIPE_IMPERSONATE && Instance)
		return Impersonate(Instance, Request);
	while (i < Count && Controls[i].Code != Request->Control.Code)
		i++;
	if (i == Count && Request->Control.Code != FSCTL_PIPE_IMPERSONATE)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!Instance)
		return STATUS_ILLEGAL_FUNCTION;
	if ((Request->Control.Granted & Controls[i].Access) != Controls[i].Access)
		return STATUS_ACCESS_DENIED;
	lk_acquire(&Instance->Lock);
	Status = Controls[i].Routine(Instance, Request, &Done);
	lk_release(&Instance->Lock);
	IopCompleteAll(&Done);
	/* Also one that pends, or was told in non-blocking mode: it listens now. */
	if (Request->Control.Code == FSCTL_PIPE_LISTEN && Instance->Pipe->Name.Length &&
	    (Status == STATUS_PENDING || Status == STATUS_PIPE_LISTENING))
		NpWakeWaiters(&Instance->Pipe->Name);
	return Status;
}

/* ---- information ---- */

static ULONG RoomIn(const NP_QUEUE *Queue)
{
	return Queue->Used < Queue->Quota ? Queue->Quota - Queue->Used : 0;
}

/* The instance's lock is held. */
static VOID FillLocal(PNP_INSTANCE Instance, PFILE_OBJECT File, ULONG Instances,
		      FILE_PIPE_LOCAL_INFORMATION *Local)
{
	const NP_QUEUE *Queues = Instance->Queues;
	ULONG End = NpEndOf(File);

	*Local = (FILE_PIPE_LOCAL_INFORMATION){
		.NamedPipeType = Instance->Pipe->Type,
		.NamedPipeConfiguration = Instance->Pipe->Config,
		.MaximumInstances = Instance->Pipe->MaxInstances,
		.CurrentInstances = Instances,
		.InboundQuota = Queues[FILE_PIPE_SERVER_END].Quota,
		.ReadDataAvailable = NpBytesIn(&Queues[End]),
		.OutboundQuota = Queues[FILE_PIPE_CLIENT_END].Quota,
		.WriteQuotaAvailable = RoomIn(&Queues[!End]),
		.NamedPipeState = NpStateOf(Instance, File),
		.NamedPipeEnd = End,
	};
}

NTSTATUS NpQueryInformation(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, ACCESS_MASK Access,
			    PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	PNP_INSTANCE Instance = NpInstance(File);
	ULONG Size = Class == FilePipeInformation        ? sizeof(FILE_PIPE_INFORMATION)
		     : Class == FilePipeLocalInformation ? sizeof(FILE_PIPE_LOCAL_INFORMATION)
							 : 0;
	ULONG Instances;

	if (!Size)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	if (!(Access & FILE_READ_ATTRIBUTES))
		return STATUS_ACCESS_DENIED;
	if (!Instance)
		return STATUS_INVALID_PARAMETER;
	Instances = NpCountInstances(Instance);
	lk_acquire(&Instance->Lock);
	if (Class == FilePipeInformation)
		*(FILE_PIPE_INFORMATION *)Buffer =
			(FILE_PIPE_INFORMATION){ Instance->Ends[NpEndOf(File)].ReadMode,
						 Instance->Ends[NpEndOf(File)].CompletionMode };
	else
		FillLocal(Instance, File, Instances, Buffer);
	lk_release(&Instance->Lock);
	*Information = Size;
	return STATUS_SUCCESS;
}

NTSTATUS NpSetInformation(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, ACCESS_MASK Access,
			  PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	const FILE_PIPE_INFORMATION *Set = Buffer;
	PNP_INSTANCE Instance = NpInstance(File);
	NTSTATUS Status = STATUS_SUCCESS;
	PNP_END End;

	if (Class != FilePipeInformation)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < sizeof(*Set))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (!(Access & FILE_WRITE_ATTRIBUTES))
		return STATUS_ACCESS_DENIED;
	if (!Instance || Set->ReadMode > FILE_PIPE_MESSAGE_MODE ||
	    Set->CompletionMode > FILE_PIPE_COMPLETE_OPERATION ||
	    (Set->ReadMode && Instance->Pipe->Type != FILE_PIPE_MESSAGE_TYPE))
		return STATUS_INVALID_PARAMETER;
	End = &Instance->Ends[NpEndOf(File)];
	lk_acquire(&Instance->Lock);
	if (End->File != File) {
		Status = STATUS_PIPE_DISCONNECTED;
	} else {
		End->ReadMode = Set->ReadMode;
		End->CompletionMode = Set->CompletionMode;
	}
	lk_release(&Instance->Lock);
	return Status;
}

const DRIVER_OBJECT NpDriver = {
	.Name = "NamedPipe",
	.RawNames = TRUE,
	.Create = NpCreate,
	.Cleanup = NpCleanup,
	.Close = NpClose,
	.Read = NpRead,
	.Write = NpWrite,
	.Flush = NpFlush,
	.FsControl = NpFsControl,
	.QueryInformation = NpQueryInformation,
	.SetInformation = NpSetInformation,
};
