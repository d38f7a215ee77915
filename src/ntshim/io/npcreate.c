/* SPDX-License-Identifier: MIT */
/* npcreate.c - names, instances and ends of pipes: made, connected, closed (nt.md NP1..NP4, NP10). */
#include "np.h"
#include "nt/rtl.h"
#include "base/alloc.h"

struct lk NpNameLock = LK_INIT(NPFS);
static struct list Pipes = LIST_INIT(Pipes);

/* One NtCreateNamedPipeFile on its way. */
typedef struct _NP_CREATE {
	IOP_OPEN Open;
	ULONG Type, ReadMode, CompletionMode, MaxInstances, InboundQuota, OutboundQuota;
	PLARGE_INTEGER Timeout;
} NP_CREATE, *PNP_CREATE;

/* NpNameLock held. */
static PNP_PIPE FindPipe(PCUNICODE_STRING Name)
{
	PNP_PIPE Pipe;

	list_for_each(Pipe, &Pipes, Link)
		if (RtlEqualUnicodeString(&Pipe->Name, Name, TRUE)) /* nt.md NP2 */
			return Pipe;
	return NULL;
}

static VOID FreePipe(PNP_PIPE Pipe)
{
	RtlFreeUnicodeString(&Pipe->Name);
	mem_free(Pipe);
}

static VOID PutInstance(PNP_INSTANCE Instance)
{
	PNP_PIPE Pipe = Instance->Pipe;
	BOOLEAN Last;

	if (!refs_put(&Instance->Refs))
		return;
	lk_acquire(&NpNameLock);
	list_del(&Instance->Link);
	Last = --Pipe->InstanceCount == 0;
	if (Last)
		list_del(&Pipe->Link);
	lk_release(&NpNameLock);
	if (Last)
		FreePipe(Pipe);
	SeReleaseClient(&Instance->Client);
	mem_free(Instance);
}

ULONG NpCountInstances(PNP_INSTANCE Instance)
{
	ULONG Count;

	lk_acquire(&NpNameLock);
	Count = Instance->Pipe->InstanceCount;
	lk_release(&NpNameLock);
	return Count;
}

NTSTATUS NpFindListening(PCUNICODE_STRING Name, PLARGE_INTEGER Timeout)
{
	NTSTATUS Status = STATUS_PIPE_NOT_AVAILABLE;
	PNP_INSTANCE Instance;
	PNP_PIPE Pipe = FindPipe(Name);

	if (!Pipe)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*Timeout = Pipe->Timeout;
	list_for_each(Instance, &Pipe->Instances, Link) {
		lk_acquire(&Instance->Lock);
		if (Instance->State == FILE_PIPE_LISTENING_STATE)
			Status = STATUS_SUCCESS;
		lk_release(&Instance->Lock);
	}
	return Status;
}

/* ---- the server's end ---- */

static BOOLEAN IsConfigOfShare(ULONG Share, ULONG *Config)
{
	static const struct {
		ULONG Share, Config;
	} Map[] = { { FILE_SHARE_READ, FILE_PIPE_OUTBOUND },
		    { FILE_SHARE_WRITE, FILE_PIPE_INBOUND },
		    { FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_PIPE_FULL_DUPLEX } };

	for (ULONG i = 0; i < sizeof(Map) / sizeof(Map[0]); i++)
		if (Map[i].Share == Share) {
			*Config = Map[i].Config;
			return TRUE;
		}
	return FALSE;
}

static NTSTATUS CheckCreate(const NP_CREATE *Create)
{
	ULONG Config;

	if (Create->Open.Disposition != FILE_CREATE && Create->Open.Disposition != FILE_OPEN &&
	    Create->Open.Disposition != FILE_OPEN_IF)
		return STATUS_INVALID_PARAMETER;
	if (!IsConfigOfShare(Create->Open.ShareAccess, &Config) || !Create->MaxInstances)
		return STATUS_INVALID_PARAMETER;
	if (Create->Type & ~(FILE_PIPE_MESSAGE_TYPE | FILE_PIPE_REJECT_REMOTE_CLIENTS) ||
	    Create->ReadMode > FILE_PIPE_MESSAGE_MODE ||
	    Create->CompletionMode > FILE_PIPE_COMPLETE_OPERATION)
		return STATUS_INVALID_PARAMETER;
	if (Create->ReadMode == FILE_PIPE_MESSAGE_MODE && !(Create->Type & FILE_PIPE_MESSAGE_TYPE))
		return STATUS_INVALID_PARAMETER;
	return Create->Timeout && Create->Timeout->QuadPart > 0 ? STATUS_INVALID_PARAMETER
								: STATUS_SUCCESS;
}

static NTSTATUS NewPipe(const NP_CREATE *Create, PCUNICODE_STRING Name, PNP_PIPE *Out)
{
	PNP_PIPE Pipe = mem_alloc(sizeof(*Pipe));
	NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

	*Out = Pipe;
	if (!Pipe)
		return Status;
	list_init(&Pipe->Link);
	list_init(&Pipe->Instances);
	IsConfigOfShare(Create->Open.ShareAccess, &Pipe->Config);
	Pipe->Type = Create->Type & FILE_PIPE_MESSAGE_TYPE;
	Pipe->MaxInstances = Create->MaxInstances;
	Pipe->Timeout.QuadPart = Create->Timeout ? Create->Timeout->QuadPart
						 : -NT_TICKS_PER_SEC / 20;
	if (!Name->Length)
		return STATUS_SUCCESS;
	Status = RtlDuplicateUnicodeString(0, Name, &Pipe->Name);
	if (!NT_SUCCESS(Status))
		mem_free(Pipe);
	return Status;
}

static PNP_INSTANCE NewInstance(const NP_CREATE *Create)
{
	PNP_INSTANCE Instance = mem_alloc(sizeof(*Instance));

	if (!Instance)
		return NULL;
	refs_init(&Instance->Refs);
	lk_init(&Instance->Lock, LR_PIPES);
	list_init(&Instance->Link);
	list_init(&Instance->Listeners);
	Instance->State = FILE_PIPE_LISTENING_STATE;
	NpInitQueue(&Instance->Queues[FILE_PIPE_SERVER_END], Create->InboundQuota);
	NpInitQueue(&Instance->Queues[FILE_PIPE_CLIENT_END], Create->OutboundQuota);
	Instance->Ends[FILE_PIPE_SERVER_END].ReadMode = Create->ReadMode;
	Instance->Ends[FILE_PIPE_SERVER_END].CompletionMode = Create->CompletionMode;
	return Instance;
}

/* Whether Pipe may get one more instance, as Create has it (nt.md NP1). NpNameLock held. */
static NTSTATUS CheckInstance(const NP_CREATE *Create, const NP_PIPE *Pipe)
{
	ULONG Config = 0;

	IsConfigOfShare(Create->Open.ShareAccess, &Config);
	if (Create->Open.Disposition == FILE_CREATE || Config != Pipe->Config ||
	    (Create->Type & FILE_PIPE_MESSAGE_TYPE) != Pipe->Type)
		return STATUS_ACCESS_DENIED;
	return Pipe->InstanceCount < Pipe->MaxInstances ? STATUS_SUCCESS
							: STATUS_INSTANCE_NOT_AVAILABLE;
}

/* Puts Instance below its name, for which *New is there if it is not known yet; NULL if it was used. */
static NTSTATUS Insert(PNP_CREATE Create, PCUNICODE_STRING Name, PNP_INSTANCE Instance,
		       PNP_PIPE *New)
{
	PNP_PIPE Pipe;
	NTSTATUS Status = STATUS_SUCCESS;

	lk_acquire(&NpNameLock);
	Pipe = Name->Length ? FindPipe(Name) : NULL;
	if (Pipe)
		Status = CheckInstance(Create, Pipe);
	else if (Create->Open.Disposition == FILE_OPEN)
		Status = STATUS_OBJECT_NAME_NOT_FOUND;
	Create->Open.Information = Pipe ? FILE_OPENED : FILE_CREATED;
	if (NT_SUCCESS(Status)) {
		if (!Pipe) {
			Pipe = *New;
			*New = NULL;
			if (Name->Length)
				list_add_tail(&Pipes, &Pipe->Link);
		}
		Instance->Pipe = Pipe;
		list_add_tail(&Pipe->Instances, &Instance->Link);
		Pipe->InstanceCount++;
	}
	lk_release(&NpNameLock);
	return Status;
}

static NTSTATUS CreateInstance(PNP_CREATE Create, PDEVICE_OBJECT Device, PCUNICODE_STRING Name,
			       PFILE_OBJECT *File)
{
	PNP_INSTANCE Instance = NewInstance(Create);
	PNP_PIPE Pipe = NULL;
	NTSTATUS Status;

	if (!Instance)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = NewPipe(Create, Name, &Pipe);
	if (NT_SUCCESS(Status)) {
		Status = IopNewFile(Device, HOST_NO_FD, HOST_S_IFIFO, &Create->Open, File);
		if (NT_SUCCESS(Status)) {
			Instance->Ends[FILE_PIPE_SERVER_END].File = *File;
			Status = Insert(Create, Name, Instance, &Pipe);
			if (!NT_SUCCESS(Status))
				IopDereferenceFile(*File);
		}
		if (Pipe)
			FreePipe(Pipe);
	}
	if (!NT_SUCCESS(Status)) {
		mem_free(Instance);
		return Status;
	}
	(*File)->DriverTag = FILE_PIPE_SERVER_END;
	(*File)->DriverContext = Instance;
	if (Name->Length)
		NpWakeWaiters(Name);
	return STATUS_SUCCESS;
}

static NTSTATUS CreateRoutine(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
			      PIOP_NAME Name, POBJECT *Found)
{
	PNP_CREATE Create = container_of(Parse, NP_CREATE, Open.Parse);
	PFILE_OBJECT File;
	NTSTATUS Status;

	if (Device->Driver != &NpDriver)
		return STATUS_OBJECT_NAME_INVALID;
	if ((!Root && !Name->Raw.Length) || (Root && NpInstance(Root)))
		return STATUS_OBJECT_NAME_INVALID;
	Status = CreateInstance(Create, Device, &Name->Raw, &File);
	if (NT_SUCCESS(Status))
		*Found = &File->Object;
	return Status;
}

NTSTATUS NtCreateNamedPipeFile(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			       POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb,
			       ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
			       ULONG PipeType, ULONG ReadMode, ULONG CompletionMode,
			       ULONG MaxInstances, ULONG InboundQuota, ULONG OutboundQuota,
			       PLARGE_INTEGER DefaultTimeout)
{
	NT_ENTRY(NtCreateNamedPipeFile, .Attributes = ObjectAttributes, .Output = Handle);
	NP_CREATE Create = {
		.Open.Parse.Routine = CreateRoutine,
		.Open.Access = IopMapAccess(DesiredAccess),
		.Open.ShareAccess = ShareAccess,
		.Open.Disposition = CreateDisposition,
		.Open.Options = CreateOptions,
		.Type = PipeType,
		.ReadMode = ReadMode,
		.CompletionMode = CompletionMode,
		.MaxInstances = MaxInstances,
		.InboundQuota = InboundQuota,
		.OutboundQuota = OutboundQuota,
		.Timeout = DefaultTimeout,
	};
	NTSTATUS Status = IopProbeIosb(Iosb);

	if (NT_SUCCESS(Status))
		Status = ObProbeHandle(Handle);
	if (NT_SUCCESS(Status))
		Status = CheckCreate(&Create);
	if (NT_SUCCESS(Status))
		Status = ObOpenObjectByName(ObjectAttributes, &IoFileType, Create.Open.Access,
					    &Create.Open.Parse, Handle);
	if (NT_SUCCESS(Status)) {
		Iosb->Status = Status;
		Iosb->Information = Create.Open.Information;
	}
	if (trace_on(TR_NT))
		IopTraceOpen("NtCreateNamedPipeFile", ObjectAttributes, &Create.Open, Status);
	return Status;
}

/* ---- the client's end ---- */

/* nt.md NP3 */
static NTSTATUS CheckDirection(const NP_PIPE *Pipe, ACCESS_MASK Access)
{
	if ((Access & FILE_READ_DATA && Pipe->Config == FILE_PIPE_INBOUND) ||
	    (Access & FILE_WRITE_DATA && Pipe->Config == FILE_PIPE_OUTBOUND))
		return STATUS_ACCESS_DENIED;
	return STATUS_SUCCESS;
}

/* Makes File the client if Instance listens: takes *Client for the one before. NpNameLock held. */
static NTSTATUS Connect(PNP_INSTANCE Instance, PFILE_OBJECT File, SE_CLIENT *Client,
			struct list *Done)
{
	NTSTATUS Status = STATUS_PIPE_NOT_AVAILABLE;

	lk_acquire(&Instance->Lock);
	if (Instance->State == FILE_PIPE_LISTENING_STATE) {
		SE_CLIENT Before = Instance->Client;

		Instance->Client = *Client;
		*Client = Before;
		Instance->State = FILE_PIPE_CONNECTED_STATE;
		Instance->Ends[FILE_PIPE_CLIENT_END] = (NP_END){ .File = File };
		refs_get(&Instance->Refs);
		File->DriverTag = FILE_PIPE_CLIENT_END;
		File->DriverContext = Instance;
		while (!list_empty(&Instance->Listeners)) {
			PIOP_REQUEST Listener = list_first(&Instance->Listeners, IOP_REQUEST,
							   QueueLink);

			Listener->Context = NULL;
			IopCollect(Done, Listener, STATUS_SUCCESS, 0);
		}
		Status = STATUS_SUCCESS;
	}
	lk_release(&Instance->Lock);
	return Status;
}

static NTSTATUS ConnectByName(PFILE_OBJECT File, PCUNICODE_STRING Name, ACCESS_MASK Access,
			      SE_CLIENT *Client, struct list *Done)
{
	PNP_INSTANCE Instance;
	PNP_PIPE Pipe;
	NTSTATUS Status;

	lk_acquire(&NpNameLock);
	Pipe = FindPipe(Name);
	Status = Pipe ? CheckDirection(Pipe, Access) : STATUS_OBJECT_NAME_NOT_FOUND;
	if (NT_SUCCESS(Status)) {
		Status = STATUS_PIPE_NOT_AVAILABLE;
		list_for_each(Instance, &Pipe->Instances, Link)
			if (Status == STATUS_PIPE_NOT_AVAILABLE)
				Status = Connect(Instance, File, Client, Done);
	}
	lk_release(&NpNameLock);
	return Status;
}

NTSTATUS NpCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
		  PFILE_OBJECT *File)
{
	PNP_INSTANCE Server = Root ? NpInstance(Root) : NULL;
	BOOLEAN Connects = Server || Name->Raw.Length;
	struct list Done = LIST_INIT(Done);
	SE_CLIENT Client = { 0 };
	NTSTATUS Status;

	if (Server && Name->Raw.Length)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (Open->Options & FILE_DIRECTORY_FILE && Connects)
		return STATUS_NOT_A_DIRECTORY;
	Open->Information = FILE_OPENED;
	Status = IopNewFile(Device, HOST_NO_FD, Connects ? HOST_S_IFIFO : HOST_S_IFDIR, Open, File);
	if (!NT_SUCCESS(Status) || !Connects)
		return Status;
	Status = SeCaptureClient(Open->Attributes, &Client);
	if (NT_SUCCESS(Status) && !Server)
		Status = ConnectByName(*File, &Name->Raw, Open->Access, &Client, &Done);
	else if (NT_SUCCESS(Status))
		Status = CheckDirection(Server->Pipe, Open->Access);
	if (NT_SUCCESS(Status) && Server)
		Status = Connect(Server, *File, &Client, &Done);
	SeReleaseClient(&Client);
	IopCompleteAll(&Done);
	if (!NT_SUCCESS(Status))
		IopDereferenceFile(*File);
	return Status;
}

/* ---- closing ---- */

/* The last handle of File has gone: the other end hears of it (nt.md NP6). */
VOID NpCleanup(PFILE_OBJECT File)
{
	PNP_INSTANCE Instance = NpInstance(File);
	struct list Done = LIST_INIT(Done);
	ULONG End = NpEndOf(File);

	if (!Instance)
		return;
	lk_acquire(&Instance->Lock);
	if (Instance->Ends[End].File == File) {
		Instance->Ends[End].File = NULL;
		NpDrain(&Instance->Queues[End], STATUS_PIPE_BROKEN, &Done);
		NpDisownData(&Instance->Queues[!End], &Done);
		if (!list_empty(&Instance->Queues[!End].Readers)) /* then there is no data */
			NpDrain(&Instance->Queues[!End], STATUS_PIPE_BROKEN, &Done);
		while (!list_empty(&Instance->Listeners)) {
			PIOP_REQUEST Listener = list_first(&Instance->Listeners, IOP_REQUEST,
							   QueueLink);

			Listener->Context = NULL;
			IopCollect(&Done, Listener, STATUS_PIPE_BROKEN, 0);
		}
		if (!Instance->Ends[!End].File)
			NpDrain(&Instance->Queues[!End], STATUS_PIPE_BROKEN, &Done);
		if (Instance->State != FILE_PIPE_DISCONNECTED_STATE)
			Instance->State = FILE_PIPE_CLOSING_STATE;
	}
	lk_release(&Instance->Lock);
	IopCompleteAll(&Done);
}

VOID NpClose(PFILE_OBJECT File)
{
	PNP_INSTANCE Instance = NpInstance(File);

	if (!Instance)
		return;
	NpCleanup(File); /* a file that never got a handle */
	PutInstance(Instance);
}
