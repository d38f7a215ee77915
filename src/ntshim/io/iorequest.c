/* SPDX-License-Identifier: MIT */
/* iorequest.c - issuing, pending, completing and cancelling requests: see iorequest.h. */
#include "iop.h"
#include "base/alloc.h"
#include <stdatomic.h>

/* Guards FileLink and ThreadLink of all pending requests, and File->Closed. */
static struct lk IopRequestLock = LK_INIT(REQUEST);

static BOOLEAN Waits(const IOP_REQUEST *Request)
{
	return Request->Wait || IopIsSynchronous(Request->File);
}

static VOID PutRequest(PIOP_REQUEST Pended)
{
	if (!refs_put(&Pended->Refs))
		return;
	if (Pended->Event)
		ObDereferenceObject(Pended->Event);
	ObDereferenceObject(&Pended->Thread->Object);
	IopDereferenceFile(Pended->File);
	mem_free(Pended);
}

/* ---- APCs (nt.md RW5) ---- */

typedef struct _IOP_APC {
	KAPC Apc;
	PIO_APC_ROUTINE Routine;
	PVOID Context;
	PIO_STATUS_BLOCK Iosb;
} IOP_APC, *PIOP_APC;

static VOID FreeApc(PKAPC Apc)
{
	mem_free(container_of(Apc, IOP_APC, Apc));
}

static VOID RunApc(PVOID NormalContext, PVOID Unused1, PVOID Unused2)
{
	IOP_APC Apc = *(PIOP_APC)NormalContext;

	mem_free(NormalContext);
	Apc.Routine(Apc.Context, Apc.Iosb, 0);
}

static BOOLEAN MakeApc(PIOP_REQUEST Request)
{
	PIOP_APC Apc = mem_alloc(sizeof(*Apc));

	if (!Apc)
		return FALSE;
	KeInitializeApc(&Apc->Apc, &Request->Thread->Tcb, NULL, FreeApc, RunApc, Apc);
	Apc->Routine = Request->Apc;
	Apc->Context = Request->ApcContext;
	Apc->Iosb = Request->Iosb;
	Request->ApcBlock = Apc;
	return TRUE;
}

/* A thread that has ended hears nothing. */
static VOID QueueApc(PIOP_REQUEST Request)
{
	PIOP_APC Apc = Request->ApcBlock;

	Request->ApcBlock = NULL;
	if (!KeInsertQueueApc(&Apc->Apc, NULL, NULL))
		mem_free(Apc);
}

/* ---- */

/* So that a request that has succeeded cannot fail to say so. */
static BOOLEAN MakePacket(PIOP_REQUEST Request)
{
	if (!Request->ApcContext || Request->Apc || Request->Packet || Waits(Request))
		return TRUE;
	Request->Packet = IopAllocatePacket();
	return Request->Packet != NULL;
}

/* ---- the end of a request ---- */

/* Tells status block, event and port what the request came to. */
static VOID Tell(PIOP_REQUEST Request, NTSTATUS Status, ULONG_PTR Information, BOOLEAN Pended)
{
	PFILE_OBJECT File = Request->File;
	PIOP_PACKET Packet = Request->Packet;
	PIO_COMPLETION Port = File->Port;
	ULONG Modes = File->NotificationModes;

	Request->Iosb->Information = Information;
	__atomic_store_n(&Request->Iosb->Status, Status, __ATOMIC_RELEASE);
	if (Request->Event)
		KeSetEvent(IopEvent(Request->Event));
	else if (!Waits(Request) && !(Modes & FILE_SKIP_SET_EVENT_ON_HANDLE))
		KeSetEvent(&File->Event);
	if (Request->ApcBlock)
		QueueApc(Request);
	if (!Packet || !Port || (!Pended && Modes & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
		return;
	Request->Packet = NULL;
	Packet->Key = File->CompletionKey;
	Packet->Value = Request->ApcContext;
	Packet->Iosb.Status = Status;
	Packet->Iosb.Information = Information;
	IopPost(Port, Packet);
}

/* What was made to tell and not used. */
static VOID FreeTellers(PIOP_REQUEST Request)
{
	if (Request->Packet)
		Request->Packet->Free(Request->Packet);
	mem_free(Request->ApcBlock);
}

static VOID TracePending(PIOP_REQUEST Pended)
{
	Pended->TraceId = trace_async_id();
	trace_async(TR_NT, (struct trace_async){ .id = Pended->TraceId, .begins = true },
		    "IoMarkIrpPending(%llu, %s)", (unsigned long long)Pended->TraceId,
		    Pended->Operation);
}

static VOID TraceCompleted(const IOP_REQUEST *Pended, NTSTATUS Status, ULONG_PTR Information)
{
	trace_async(TR_NT, (struct trace_async){ .id = Pended->TraceId, .ends = true },
		    "IoCompleteRequest(%llu, %s) = %s, Information: %llu",
		    (unsigned long long)Pended->TraceId, Pended->Operation, NtStatusName(Status),
		    (unsigned long long)Information);
}

VOID IopComplete(PIOP_REQUEST Pended, NTSTATUS Status, ULONG_PTR Information)
{
	TRACE_SCOPE(TR_NT);
	PIOP_REQUEST Issuer = Pended->Issuer;

	if (!Issuer)
		Tell(Pended, Status, Information, TRUE);
	FreeTellers(Pended);
	lk_acquire(&IopRequestLock);
	list_del(&Pended->FileLink);
	list_del(&Pended->ThreadLink);
	lk_release(&IopRequestLock);
	if (Issuer) {
		Issuer->Status = Status;
		Issuer->Information = Information;
		KeSetEvent(&Issuer->Done); /* and Issuer is gone */
	}
	if (trace_on(TR_NT) && Pended->TraceId)
		TraceCompleted(Pended, Status, Information);
	PutRequest(Pended);
}

VOID IopCompleteAll(struct list *Requests)
{
	while (!list_empty(Requests)) {
		PIOP_REQUEST Request = list_first(Requests, IOP_REQUEST, QueueLink);

		list_del(&Request->QueueLink);
		IopComplete(Request, Request->Status, Request->Information);
	}
}

/* ---- pending ---- */

PIOP_REQUEST IopPend(PIOP_REQUEST Request, IOP_CANCEL_ROUTINE *Cancel)
{
	PIOP_REQUEST New = MakePacket(Request) ? mem_alloc(sizeof(*New)) : NULL;
	BOOLEAN Closed;

	Request->Status = STATUS_INSUFFICIENT_RESOURCES;
	if (!New)
		return NULL;
	*New = *Request;
	New->Offset = NULL;
	New->Pended = NULL;
	New->Issuer = Waits(Request) ? Request : NULL;
	New->Cancel = Cancel;
	New->Refs.n = 2; /* the driver's and the issuer's */
	list_init(&New->QueueLink);
	if (trace_on(TR_NT))
		TracePending(New);
	if (New->Event)
		ObReferenceObject(New->Event);
	ObReferenceObject(&New->Thread->Object);
	ObReferenceObject(&New->File->Object);
	lk_acquire(&IopRequestLock);
	Closed = New->File->Closed;
	if (!Closed) {
		list_add_tail(&New->File->Requests, &New->FileLink);
		list_add_tail(&New->Thread->IrpList, &New->ThreadLink);
	}
	lk_release(&IopRequestLock);
	if (Closed) {
		Request->Status = STATUS_FILE_CLOSED;
		if (New->TraceId)
			TraceCompleted(New, STATUS_FILE_CLOSED, 0);
		New->Refs.n = 1;
		PutRequest(New);
		return NULL;
	}
	/* What tells goes with the copy, unless the issuer tells. */
	if (New->Issuer) {
		New->ApcBlock = NULL;
	} else {
		Request->Packet = NULL;
		Request->ApcBlock = NULL;
	}
	Request->Pended = New;
	return New;
}

static VOID Cancel(PIOP_REQUEST Pended)
{
	if (Pended->Cancel)
		Pended->Cancel(Pended);
}

/* A synchronous file: the call lasts as long as the request. An alert cancels it. */
static NTSTATUS WaitForIt(PIOP_REQUEST Request)
{
	BOOLEAN Alertable = (Request->File->Options & FILE_SYNCHRONOUS_IO_ALERT) != 0;

	NTSTATUS Status = KeWaitForSingleObject(&Request->Done, Alertable, NULL);

	if (Status != STATUS_SUCCESS) {
		Request->ApcPending = Status == STATUS_USER_APC;
		Cancel(Request->Pended);
		KeWaitForSingleObject(&Request->Done, FALSE, NULL);
	}
	/* Takes the dispatcher's lock: who has set the event has let go of it, and of this stack. */
	KeReadStateEvent(&Request->Done);
	return Request->Status;
}

/* ---- issuing ---- */

static NTSTATUS ReferenceEvent(PIOP_REQUEST Request, HANDLE Event)
{
	NTSTATUS Status = STATUS_SUCCESS;

	if (Event)
		Status = ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, &KeEventType,
						   &Request->Event);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Request->Event)
		KeResetEvent(IopEvent(Request->Event));
	if (!Waits(Request))
		KeResetEvent(&Request->File->Event);
	return STATUS_SUCCESS;
}

static NTSTATUS Run(PIOP_REQUEST Request, DRIVER_DISPATCH *Routine)
{
	BOOLEAN Synchronous = Waits(Request);
	NTSTATUS Status;

	if (Synchronous)
		KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
	else if (Request->File->Port && !MakePacket(Request))
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = Routine(Request);
	if (Request->Pended) {
		if (Synchronous)
			Status = WaitForIt(Request);
		PutRequest(Request->Pended);
		if (Synchronous) /* it was issued, so a failure is told too */
			Tell(Request, Status, Request->Information, TRUE);
		else
			Status = STATUS_PENDING;
	} else if (!NT_ERROR(Status) || (Status == STATUS_END_OF_FILE && Synchronous)) {
		Tell(Request, Status, Request->Information, FALSE);
	}
	FreeTellers(Request);
	return Status;
}

NTSTATUS IopIssue(PIOP_REQUEST Request, DRIVER_DISPATCH *Routine, HANDLE Event)
{
	PFILE_OBJECT File = Request->File;
	NTSTATUS Status;

	if (!Routine)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (Request->Apc && File->Port) /* nt.md RW13 */
		return STATUS_INVALID_PARAMETER;
	Request->Thread = PsGetCurrentThread();
	Status = ReferenceEvent(Request, Event);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Request->Apc && !MakeApc(Request))
		Status = STATUS_INSUFFICIENT_RESOURCES;
	else
		Status = IopLockFile(File);
	if (Status == STATUS_SUCCESS) {
		Status = Run(Request, Routine);
		IopUnlockFile(File);
	}
	if (Request->Event)
		ObDereferenceObject(Request->Event);
	if (Request->ApcPending || Status == STATUS_USER_APC)
		KeDeliverUserApcs();
	return Status;
}

/*
 * The lock of a synchronous file: 0 free, 1 held, 2 held and waited for. Whoever comes late sleeps on
 * the event, which may be set for nobody; then it has come in vain and sleeps again. A file whose
 * position is not NT's business (FILE_LXRUN_KEEP_POSITION) needs none.
 */
static BOOLEAN IsLockable(const FILE_OBJECT *File)
{
	return IopIsSynchronous(File) && !(File->Options & FILE_LXRUN_KEEP_POSITION);
}

NTSTATUS IopLockFile(PFILE_OBJECT File)
{
	BOOLEAN Alertable = (File->Options & FILE_SYNCHRONOUS_IO_ALERT) != 0;
	uint32_t Free = 0;
	NTSTATUS Status;

	if (!IsLockable(File) || atomic_compare_exchange_strong(&File->Busy, &Free, 1))
		return STATUS_SUCCESS;
	while (atomic_exchange(&File->Busy, 2) != 0) {
		Status = KeWaitForSingleObject(&File->NotBusy, Alertable, NULL);
		if (Status != STATUS_SUCCESS)
			return Status;
	}
	return STATUS_SUCCESS;
}

VOID IopUnlockFile(PFILE_OBJECT File)
{
	if (IsLockable(File) && atomic_exchange(&File->Busy, 0) == 2)
		KeSetEvent(&File->NotBusy);
}

/* ---- cancelling ---- */

typedef struct _CANCEL_FILTER {
	PFILE_OBJECT File;     /* NULL: any */
	PETHREAD Thread;       /* NULL: any */
	PIO_STATUS_BLOCK Iosb; /* NULL: any */
	BOOLEAN Synchronous;   /* of synchronous files only */
} CANCEL_FILTER;

static BOOLEAN Matches(const IOP_REQUEST *Pended, const CANCEL_FILTER *Filter)
{
	return (!Filter->File || Pended->File == Filter->File) &&
	       (!Filter->Thread || Pended->Thread == Filter->Thread) &&
	       (!Filter->Iosb || Pended->Iosb == Filter->Iosb) &&
	       (!Filter->Synchronous || Pended->Issuer);
}

static struct list *ListOf(const CANCEL_FILTER *Filter)
{
	return Filter->File ? &Filter->File->Requests : &Filter->Thread->IrpList;
}

static PIOP_REQUEST RequestAt(const CANCEL_FILTER *Filter, struct list *At)
{
	return Filter->File ? container_of(At, IOP_REQUEST, FileLink)
			    : container_of(At, IOP_REQUEST, ThreadLink);
}

/* The oldest that matches and was not cancelled before, which it is to be now. Returns a reference. */
static PIOP_REQUEST FindToCancel(const CANCEL_FILTER *Filter)
{
	struct list *Head = ListOf(Filter), *At;
	PIOP_REQUEST Found = NULL;

	lk_acquire(&IopRequestLock);
	for (At = Head->next; At != Head && !Found; At = At->next) {
		PIOP_REQUEST Request = RequestAt(Filter, At);

		if (!Request->Cancelled && Matches(Request, Filter) &&
		    refs_get_live(&Request->Refs)) {
			Request->Cancelled = TRUE;
			Found = Request;
		}
	}
	lk_release(&IopRequestLock);
	return Found;
}

/* Returns how many there were. */
static ULONG CancelMatching(const CANCEL_FILTER *Filter)
{
	PIOP_REQUEST Request;
	ULONG Count = 0;

	for (; (Request = FindToCancel(Filter)); Count++) {
		Cancel(Request);
		PutRequest(Request);
	}
	return Count;
}

static BOOLEAN AnyLeft(const CANCEL_FILTER *Filter)
{
	struct list *Head = ListOf(Filter), *At;
	BOOLEAN Any = FALSE;

	lk_acquire(&IopRequestLock);
	for (At = Head->next; At != Head && !Any; At = At->next)
		Any = Matches(RequestAt(Filter, At), Filter);
	lk_release(&IopRequestLock);
	return Any;
}

/* What is in the host's hands ends a little later. */
static VOID WaitUntilGone(const CANCEL_FILTER *Filter)
{
	LARGE_INTEGER Pause = { .QuadPart = -NT_TICKS_PER_SEC / 5000 };

	while (AnyLeft(Filter))
		KeDelayExecutionThread(FALSE, &Pause);
}

VOID IopCancelFile(PFILE_OBJECT File)
{
	const CANCEL_FILTER Filter = { .File = File };
	BOOLEAN Any;

	lk_acquire(&IopRequestLock);
	File->Closed = TRUE;
	Any = !list_empty(&File->Requests);
	lk_release(&IopRequestLock);
	if (Any)
		CancelMatching(&Filter);
}

VOID IoCancelThreadIo(PETHREAD Thread)
{
	const CANCEL_FILTER Filter = { .Thread = Thread };

	if (CancelMatching(&Filter)) /* status blocks may be on the stack that is about to go */
		WaitUntilGone(&Filter);
}

static NTSTATUS CancelIo(HANDLE Handle, CANCEL_FILTER *Filter, PIO_STATUS_BLOCK Iosb,
			 ULONG *Cancelled)
{
	POBJECT Object;
	NTSTATUS Status = IopProbeIosb(Iosb);

	*Cancelled = 0;
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, 0, &IoFileType, &Object);
	if (!NT_SUCCESS(Status))
		return Status;
	Filter->File = IopFile(Object);
	*Cancelled = CancelMatching(Filter);
	if (*Cancelled && Filter->Thread)
		WaitUntilGone(Filter);
	ObDereferenceObject(Object);
	return STATUS_SUCCESS;
}

static VOID SetIosb(PIO_STATUS_BLOCK Iosb, NTSTATUS Status)
{
	Iosb->Status = Status;
	Iosb->Information = 0;
}

NTSTATUS NtCancelIoFile(HANDLE File, PIO_STATUS_BLOCK Iosb)
{
	NT_ENTRY(NtCancelIoFile, .Handle = File);
	CANCEL_FILTER Filter = { .Thread = PsGetCurrentThread() };
	ULONG Cancelled;
	NTSTATUS Status = CancelIo(File, &Filter, Iosb, &Cancelled);

	if (NT_SUCCESS(Status))
		SetIosb(Iosb, Status);
	TRACE(TR_NT, "NtCancelIoFile(%p) = %s, %u requests", File, NtStatusName(Status), Cancelled);
	return Status;
}

NTSTATUS NtCancelIoFileEx(HANDLE File, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK Iosb)
{
	NT_ENTRY(NtCancelIoFileEx, .Handle = File);
	CANCEL_FILTER Filter = { .Iosb = IoRequestToCancel };
	ULONG Cancelled;
	NTSTATUS Status = CancelIo(File, &Filter, Iosb, &Cancelled);

	if (NT_SUCCESS(Status) && !Cancelled)
		Status = STATUS_NOT_FOUND;
	if (NT_SUCCESS(Status) || Status == STATUS_NOT_FOUND)
		SetIosb(Iosb, Status);
	TRACE(TR_NT, "NtCancelIoFileEx(%p, %p) = %s, %u requests", File, IoRequestToCancel,
	      NtStatusName(Status), Cancelled);
	return Status;
}

NTSTATUS NtCancelSynchronousIoFile(HANDLE Handle, PIO_STATUS_BLOCK IoRequestToCancel,
				   PIO_STATUS_BLOCK Iosb)
{
	NT_ENTRY(NtCancelSynchronousIoFile, .Handle = Handle);
	CANCEL_FILTER Filter = { .Iosb = IoRequestToCancel, .Synchronous = TRUE };
	POBJECT Thread;
	NTSTATUS Status = IopProbeIosb(Iosb);

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, THREAD_TERMINATE, &PsThreadType,
						   &Thread);
	if (NT_SUCCESS(Status)) {
		Filter.Thread = (PETHREAD)Thread;
		Status = CancelMatching(&Filter) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
		SetIosb(Iosb, Status);
		ObDereferenceObject(Thread);
	}
	TRACE(TR_NT, "NtCancelSynchronousIoFile(%p, %p) = %s", Handle, IoRequestToCancel,
	      NtStatusName(Status));
	return Status;
}
