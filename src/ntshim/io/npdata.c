/* SPDX-License-Identifier: MIT */
/* npdata.c - the queues of a pipe instance: reading, writing, flushing (nt.md NP6, NP8). */
#include "np.h"
#include "base/alloc.h"
#include <string.h>

VOID NpInitQueue(PNP_QUEUE Queue, ULONG Quota)
{
	Queue->Quota = Quota;
	Queue->Used = 0;
	list_init(&Queue->Data);
	list_init(&Queue->Readers);
}

ULONG NpStateOf(PNP_INSTANCE Instance, const FILE_OBJECT *File)
{
	return Instance->Ends[NpEndOf(File)].File == File ? Instance->State
							  : FILE_PIPE_DISCONNECTED_STATE;
}

ULONG NpBytesIn(const NP_QUEUE *Queue)
{
	ULONG Bytes = 0;
	PNP_DATA Data;

	list_for_each(Data, &Queue->Data, Link)
		Bytes += Data->Length - Data->Done;
	return Bytes;
}

/* Whoever makes Context NULL owns the request. */
static VOID Collect(struct list *Done, PIOP_REQUEST Request, NTSTATUS Status, ULONG_PTR Information)
{
	Request->Context = NULL;
	IopCollect(Done, Request, Status, Information);
}

/* Takes Data out; its writer, if it still pends, has done. */
static VOID Remove(PNP_QUEUE Queue, PNP_DATA Data, NTSTATUS Status, struct list *Done)
{
	list_del(&Data->Link);
	if (!Data->Writer)
		Queue->Used -= Data->Length - Data->Done;
	else
		Collect(Done, Data->Writer, Status,
			NT_SUCCESS(Status) && !Data->Flush ? Data->Writer->Length : 0);
	mem_free(Data);
}

/* Flushes whose turn has come. */
static VOID PassFlushes(PNP_QUEUE Queue, struct list *Done)
{
	while (!list_empty(&Queue->Data)) {
		PNP_DATA Data = list_first(&Queue->Data, NP_DATA, Link);

		if (!Data->Flush)
			return;
		Remove(Queue, Data, STATUS_SUCCESS, Done);
	}
}

/* A copy of what is left of Data, as the queue's own, in its place. FALSE: no memory. */
static BOOLEAN Adopt(PNP_QUEUE Queue, PNP_DATA Data, struct list *Done)
{
	ULONG Left = Data->Length - Data->Done;
	PNP_DATA Own = mem_alloc(sizeof(*Own) + Left);

	if (!Own)
		return FALSE;
	memcpy(Own->Own, Data->Bytes + Data->Done, Left);
	Own->Bytes = Own->Own;
	Own->Length = Left;
	list_add_tail(&Data->Link, &Own->Link); /* before Data */
	Queue->Used += Left;
	Remove(Queue, Data, STATUS_SUCCESS, Done);
	return TRUE;
}

static ULONG Room(const NP_QUEUE *Queue)
{
	return Queue->Used < Queue->Quota ? Queue->Quota - Queue->Used : 0;
}

/* Writers that pend and whose data fits by now have done. In order: nobody overtakes. */
static VOID AdmitWriters(PNP_QUEUE Queue, struct list *Done)
{
	PNP_DATA Data, Next;

	list_for_each_safe(Data, Next, &Queue->Data, Link)
		if (Data->Writer && !Data->Flush &&
		    (Data->Length - Data->Done > Room(Queue) || !Adopt(Queue, Data, Done)))
			return;
}

VOID NpDrain(PNP_QUEUE Queue, NTSTATUS Status, struct list *Done)
{
	while (!list_empty(&Queue->Data))
		Remove(Queue, list_first(&Queue->Data, NP_DATA, Link), Status, Done);
	while (!list_empty(&Queue->Readers))
		Collect(Done, list_first(&Queue->Readers, IOP_REQUEST, QueueLink), Status, 0);
}

VOID NpDisownData(PNP_QUEUE Queue, struct list *Done)
{
	PNP_DATA Data, Next;

	list_for_each_safe(Data, Next, &Queue->Data, Link) {
		if (Data->Writer && !Data->Flush && Adopt(Queue, Data, Done))
			continue;
		if (Data->Writer)
			Remove(Queue, Data, STATUS_PIPE_BROKEN, Done);
	}
}

VOID NpCancel(PIOP_REQUEST Pended)
{
	PNP_INSTANCE Instance = NpInstance(Pended->File);
	struct list Done = LIST_INIT(Done);
	PNP_DATA Data, Next;

	lk_acquire(&Instance->Lock);
	if (Pended->Context) {
		PNP_QUEUE Queue = Pended->Context;

		Collect(&Done, Pended, STATUS_CANCELLED, 0);
		list_for_each_safe(Data, Next, &Queue->Data, Link)
			if (Data->Writer == Pended) {
				list_del(&Data->Link);
				mem_free(Data);
			}
		PassFlushes(Queue, &Done);
		AdmitWriters(Queue, &Done);
	}
	lk_release(&Instance->Lock);
	IopCompleteAll(&Done);
}

/* ---- reading ---- */

/* Takes what there is. Queue->Data is not empty. */
static NTSTATUS Take(PNP_QUEUE Queue, PIOP_REQUEST Request, BOOLEAN Message, struct list *Done)
{
	ULONG Moved = 0, n;
	PNP_DATA Data;

	while (!list_empty(&Queue->Data)) {
		Data = list_first(&Queue->Data, NP_DATA, Link);
		n = Data->Length - Data->Done;
		if (n > Request->Length - Moved)
			n = Request->Length - Moved;
		memcpy((char *)Request->Buffer + Moved, Data->Bytes + Data->Done, n);
		Moved += n;
		Data->Done += n;
		if (!Data->Writer)
			Queue->Used -= n;
		if (Data->Done < Data->Length) {
			Request->Information = Moved;
			return Message ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
		}
		Remove(Queue, Data, STATUS_SUCCESS, Done);
		PassFlushes(Queue, Done);
		if (Message)
			break;
	}
	Request->Information = Moved;
	return STATUS_SUCCESS;
}

NTSTATUS NpPendReader(PNP_QUEUE Queue, PIOP_REQUEST Request)
{
	PIOP_REQUEST Pended = IopPend(Request, NpCancel);

	if (!Pended)
		return Request->Status;
	Pended->Context = Queue;
	list_add_tail(&Queue->Readers, &Pended->QueueLink);
	return STATUS_PENDING;
}

static NTSTATUS CheckState(ULONG State)
{
	switch (State) {
	case FILE_PIPE_DISCONNECTED_STATE:
		return STATUS_PIPE_DISCONNECTED;
	case FILE_PIPE_LISTENING_STATE:
		return STATUS_PIPE_LISTENING;
	default:
		return STATUS_SUCCESS;
	}
}

/* The direction in which an end may only write. */
static ULONG ForbiddenToRead(ULONG End)
{
	return End == FILE_PIPE_SERVER_END ? FILE_PIPE_OUTBOUND : FILE_PIPE_INBOUND;
}

NTSTATUS NpRead(PIOP_REQUEST Request)
{
	PNP_INSTANCE Instance = NpInstance(Request->File);
	ULONG End = NpEndOf(Request->File), State;
	struct list Done = LIST_INIT(Done);
	PNP_QUEUE Queue;
	NTSTATUS Status;

	if (!Instance)
		return STATUS_INVALID_PARAMETER;
	if (Instance->Pipe->Config == ForbiddenToRead(End))
		return STATUS_INVALID_PARAMETER;
	Queue = &Instance->Queues[End];
	lk_acquire(&Instance->Lock);
	State = NpStateOf(Instance, Request->File);
	Status = CheckState(State);
	if (!NT_SUCCESS(Status)) {
		/* no data there */
	} else if (!list_empty(&Queue->Data)) {
		Status = Take(Queue, Request,
			      Instance->Ends[End].ReadMode == FILE_PIPE_MESSAGE_MODE, &Done);
		AdmitWriters(Queue, &Done);
	} else if (State == FILE_PIPE_CLOSING_STATE) {
		Status = STATUS_PIPE_BROKEN;
	} else if (Instance->Ends[End].CompletionMode == FILE_PIPE_COMPLETE_OPERATION) {
		Status = STATUS_PIPE_EMPTY;
	} else {
		Status = NpPendReader(Queue, Request);
	}
	lk_release(&Instance->Lock);
	IopCompleteAll(&Done);
	return Status;
}

/* ---- writing ---- */

/* Gives data to those who wait. Returns how much they took; *All: nothing is to be queued. */
static ULONG Feed(PNP_QUEUE Queue, const char *Bytes, ULONG Length, BOOLEAN MessageType,
		  BOOLEAN MessageMode, struct list *Done, BOOLEAN *All)
{
	ULONG Given = 0, n;

	*All = !MessageType && !Length;
	while (!*All && !list_empty(&Queue->Readers)) {
		PIOP_REQUEST Reader = list_first(&Queue->Readers, IOP_REQUEST, QueueLink);

		n = Length - Given < Reader->Length ? Length - Given : Reader->Length;
		memcpy(Reader->Buffer, Bytes + Given, n);
		Given += n;
		*All = Given == Length;
		Collect(Done, Reader,
			MessageMode && !*All ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, n);
	}
	return Given;
}

static PNP_DATA Append(PNP_QUEUE Queue, const char *Bytes, ULONG Length, BOOLEAN Copy)
{
	PNP_DATA Data = mem_alloc(sizeof(*Data) + (Copy ? Length : 0));

	if (!Data)
		return NULL;
	Data->Bytes = Copy ? Data->Own : Bytes;
	Data->Length = Length;
	if (Copy) {
		memcpy(Data->Own, Bytes, Length);
		Queue->Used += Length;
	}
	list_add_tail(&Queue->Data, &Data->Link);
	return Data;
}

/* Leaves the rest in the writer's hands: it pends. */
static NTSTATUS PendWriter(PNP_QUEUE Queue, PIOP_REQUEST Request, ULONG Given, BOOLEAN Flush)
{
	ULONG Left = Flush ? 0 : Request->Length - Given;
	PNP_DATA Data = Append(Queue, (const char *)Request->Buffer + Given, Left, FALSE);

	if (!Data)
		return STATUS_INSUFFICIENT_RESOURCES;
	Data->Flush = Flush;
	Data->Writer = IopPend(Request, NpCancel);
	if (!Data->Writer) {
		list_del(&Data->Link);
		mem_free(Data);
		return Request->Status;
	}
	Data->Writer->Context = Queue;
	return STATUS_PENDING;
}

NTSTATUS NpPut(PNP_INSTANCE Instance, ULONG Reader, PIOP_REQUEST Request, BOOLEAN Force,
	       struct list *Done)
{
	PNP_QUEUE Queue = &Instance->Queues[Reader];
	PNP_END Writer = &Instance->Ends[!Reader];
	BOOLEAN Messages = Instance->Pipe->Type == FILE_PIPE_MESSAGE_TYPE, All;
	const char *Bytes = Force ? Request->Control.Input : Request->Buffer;
	ULONG Length = Force ? Request->Control.InputLength : Request->Length, Given, Left;

	Given = Feed(Queue, Bytes, Length, Messages,
		     Instance->Ends[Reader].ReadMode == FILE_PIPE_MESSAGE_MODE, Done, &All);
	Left = Length - Given;
	Request->Information = Length;
	if (All)
		return STATUS_SUCCESS;
	if (Left > Room(Queue) && !Force) {
		if (Writer->CompletionMode == FILE_PIPE_QUEUE_OPERATION)
			return PendWriter(Queue, Request, Given, FALSE);
		Left = Messages ? 0 : Room(Queue); /* a message goes whole or not at all */
		Request->Information = Given + Left;
		if (!Left)
			return STATUS_SUCCESS;
	}
	return Append(Queue, Bytes + Given, Left, TRUE) ? STATUS_SUCCESS
							: STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NpWrite(PIOP_REQUEST Request)
{
	PNP_INSTANCE Instance = NpInstance(Request->File);
	ULONG End = NpEndOf(Request->File), State;
	struct list Done = LIST_INIT(Done);
	NTSTATUS Status;

	if (!Instance || Instance->Pipe->Config == ForbiddenToRead(!End))
		return STATUS_INVALID_PARAMETER;
	lk_acquire(&Instance->Lock);
	State = NpStateOf(Instance, Request->File);
	Status = State == FILE_PIPE_CLOSING_STATE ? STATUS_PIPE_CLOSING : CheckState(State);
	if (NT_SUCCESS(Status))
		Status = NpPut(Instance, !End, Request, FALSE, &Done);
	lk_release(&Instance->Lock);
	IopCompleteAll(&Done);
	return Status;
}

/* Until the other end has read all that was written before. */
NTSTATUS NpFlush(PIOP_REQUEST Request)
{
	PNP_INSTANCE Instance = NpInstance(Request->File);
	ULONG End = NpEndOf(Request->File), State;
	NTSTATUS Status = STATUS_SUCCESS;
	PNP_QUEUE Queue;

	if (!Instance)
		return STATUS_INVALID_PARAMETER;
	Queue = &Instance->Queues[!End];
	lk_acquire(&Instance->Lock);
	State = NpStateOf(Instance, Request->File);
	Status = State == FILE_PIPE_CLOSING_STATE ? STATUS_PIPE_CLOSING : CheckState(State);
	if (NT_SUCCESS(Status) && !list_empty(&Queue->Data))
		Status = PendWriter(Queue, Request, 0, TRUE);
	lk_release(&Instance->Lock);
	return Status;
}
