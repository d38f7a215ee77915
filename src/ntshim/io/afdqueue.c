/* SPDX-License-Identifier: MIT */
/* afdqueue.c - requests that wait for the host: see afd.h. */
#include "afd.h"

static NTSTATUS TryAgain(struct host_aio *Aio);
static void Ended(struct host_aio *Aio, NTSTATUS Status, ULONG Bytes);

static PAFD_OPERATION OperationOf(PIOP_REQUEST Pended)
{
	return Pended->Context;
}

/* Arms the first of the queue; those that cannot be go to Done. The endpoint's lock is held. */
static VOID ArmFirst(PAFD_ENDPOINT Endpoint, ULONG Direction, struct list *Done)
{
	struct list *Queue = &Endpoint->Queues[Direction];

	while (!list_empty(Queue)) {
		PIOP_REQUEST Pended = list_first(Queue, IOP_REQUEST, QueueLink);
		NTSTATUS Status;

		Pended->Aio = (struct host_aio){
			.op = HOST_AIO_POLL,
			.fd = Pended->File->Fd,
			.events = Direction == AFD_SENDING ? HOST_POLL_WRITE : HOST_POLL_READ,
			.attempt = TryAgain,
			.done = Ended,
		};
		OperationOf(Pended)->Armed = TRUE;
		Status = host_aio_submit(&Pended->Aio);
		if (NT_SUCCESS(Status))
			return;
		Endpoint->Waiting[Direction]--;
		IopCollect(Done, Pended, Status, 0);
	}
}

/* Ends what is collected. No locks held. */
static VOID CompleteAll(struct list *Done)
{
	PIOP_REQUEST Request, Next;

	list_for_each_safe(Request, Next, Done, QueueLink)
		mem_free(OperationOf(Request));
	IopCompleteAll(Done);
}

static NTSTATUS TryAgain(struct host_aio *Aio)
{
	PIOP_REQUEST Pended = container_of(Aio, IOP_REQUEST, Aio);

	return OperationOf(Pended)->Attempt(Pended, OperationOf(Pended));
}

static void Ended(struct host_aio *Aio, NTSTATUS Status, ULONG Bytes)
{
	PIOP_REQUEST Pended = container_of(Aio, IOP_REQUEST, Aio);
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Pended->File);
	ULONG Direction = OperationOf(Pended)->Direction;
	struct list Done = LIST_INIT(Done);

	lk_acquire(&Endpoint->Lock);
	Endpoint->Waiting[Direction]--;
	IopCollect(&Done, Pended, Status, Pended->Information);
	ArmFirst(Endpoint, Direction, &Done);
	lk_release(&Endpoint->Lock);
	CompleteAll(&Done);
}

static VOID CancelIt(PIOP_REQUEST Pended)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Pended->File);
	struct list Done = LIST_INIT(Done);
	BOOLEAN Armed = FALSE;

	lk_acquire(&Endpoint->Lock);
	if (!list_empty(&Pended->QueueLink)) { /* else it is ending */
		Armed = OperationOf(Pended)->Armed;
		if (!Armed) {
			Endpoint->Waiting[OperationOf(Pended)->Direction]--;
			IopCollect(&Done, Pended, STATUS_CANCELLED, 0);
		}
	}
	lk_release(&Endpoint->Lock);
	if (Armed)
		host_aio_cancel(&Pended->Aio);
	CompleteAll(&Done);
}

static NTSTATUS Wait(PIOP_REQUEST Request, const AFD_OPERATION *Operation)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Request->File);
	PAFD_OPERATION Copy = mem_alloc(sizeof(*Copy));
	struct list Done = LIST_INIT(Done);
	PIOP_REQUEST Pended;
	BOOLEAN First;

	if (!Copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	*Copy = *Operation;
	Copy->Armed = FALSE;
	Request->Context = Copy;
	Pended = IopPend(Request, CancelIt);
	if (!Pended) {
		mem_free(Copy);
		return Request->Status;
	}
	lk_acquire(&Endpoint->Lock);
	First = list_empty(&Endpoint->Queues[Copy->Direction]);
	list_add_tail(&Endpoint->Queues[Copy->Direction], &Pended->QueueLink);
	Endpoint->Waiting[Copy->Direction]++;
	if (First)
		ArmFirst(Endpoint, Operation->Direction, &Done);
	lk_release(&Endpoint->Lock);
	CompleteAll(&Done);
	return STATUS_PENDING;
}

NTSTATUS AfdRun(PIOP_REQUEST Request, PAFD_OPERATION Operation, BOOLEAN May)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Request->File);
	NTSTATUS Status = STATUS_PENDING;

	if (!Endpoint->Waiting[Operation->Direction])
		Status = Operation->Attempt(Request, Operation);
	if (Status != STATUS_PENDING)
		return Status;
	if (Endpoint->NonBlocking && !May)
		return STATUS_DEVICE_NOT_READY;
	return Wait(Request, Operation);
}
