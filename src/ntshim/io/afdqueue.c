/* SPDX-License-Identifier: MIT */
/* afdqueue.c - requests that wait for the host: see afd.h. */
#include "afd.h"

static NTSTATUS TryAgain(struct host_aio *Aio);
static void Ended(struct host_aio *Aio, NTSTATUS Status, ULONG Bytes);

/* NULL, under the endpoint's lock: the request has left its queue, and whoever took it out completes it. */
static PAFD_OPERATION OperationOf(PIOP_REQUEST Pended)
{
	return Pended->Context;
}

/* Takes it out of its queue. The endpoint's lock is held. */
static VOID Collect(PAFD_ENDPOINT Endpoint, struct list *Done, PIOP_REQUEST Pended, NTSTATUS Status,
		    ULONG_PTR Information)
{
	Endpoint->Waiting[OperationOf(Pended)->Direction]--;
	mem_free(OperationOf(Pended));
	Pended->Context = NULL;
	IopCollect(Done, Pended, Status, Information);
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
		Collect(Endpoint, Done, Pended, Status, 0);
	}
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
	Collect(Endpoint, &Done, Pended, Status, Pended->Information);
	ArmFirst(Endpoint, Direction, &Done);
	lk_release(&Endpoint->Lock);
	IopCompleteAll(&Done);
}

static VOID CancelIt(PIOP_REQUEST Pended)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Pended->File);
	struct list Done = LIST_INIT(Done);
	BOOLEAN Armed = FALSE;

	lk_acquire(&Endpoint->Lock);
	if (OperationOf(Pended)) { /* else it is ending */
		Armed = OperationOf(Pended)->Armed;
		if (!Armed)
			Collect(Endpoint, &Done, Pended, STATUS_CANCELLED, 0);
	}
	lk_release(&Endpoint->Lock);
	if (Armed)
		host_aio_cancel(&Pended->Aio);
	IopCompleteAll(&Done);
}

static NTSTATUS Wait(PIOP_REQUEST Request, const AFD_OPERATION *Operation)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Request->File);
	PAFD_OPERATION Copy = mem_alloc(sizeof(*Copy));
	struct list Done = LIST_INIT(Done);
	PIOP_REQUEST Pended;

	if (!Copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	*Copy = *Operation;
	Copy->Armed = FALSE;
	Request->Context = Copy;
	lk_acquire(&Endpoint->Lock);
	Pended = IopPend(Request, CancelIt);
	if (Pended) {
		BOOLEAN First = list_empty(&Endpoint->Queues[Copy->Direction]);

		list_add_tail(&Endpoint->Queues[Copy->Direction], &Pended->QueueLink);
		Endpoint->Waiting[Copy->Direction]++;
		if (First)
			ArmFirst(Endpoint, Operation->Direction, &Done);
	} else {
		mem_free(Copy);
	}
	lk_release(&Endpoint->Lock);
	IopCompleteAll(&Done);
	return Pended ? STATUS_PENDING : Request->Status;
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
