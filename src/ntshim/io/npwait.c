/* SPDX-License-Identifier: MIT */
/* npwait.c - FSCTL_PIPE_WAIT: until an instance of a name listens. */
#include "np.h"
#include "nt/rtl.h"
#include "base/alloc.h"
#include <string.h>

/* One who waits. */
typedef struct _NP_WAITER {
	struct list Link; /* NpNameLock */
	PIOP_REQUEST Request;
	NTSTATUS Status;
	KTIMER Timer;
	UNICODE_STRING Name;
} NP_WAITER, *PNP_WAITER;

static struct list Waiters = LIST_INIT(Waiters); /* NpNameLock */

/* Taken out of Waiters by the caller. No locks held; on the timer thread the timer is not waited for. */
static VOID End(PNP_WAITER Waiter)
{
	PIOP_REQUEST Request = Waiter->Request;
	NTSTATUS Status = Waiter->Status;

	KeCancelTimer(&Waiter->Timer);
	RtlFreeUnicodeString(&Waiter->Name);
	mem_free(Waiter);
	IopComplete(Request, Status, 0);
}

/* The lock is held. Whoever makes Context NULL ends the waiter. */
static BOOLEAN Take(PNP_WAITER Waiter, NTSTATUS Status)
{
	if (!Waiter->Request->Context)
		return FALSE;
	Waiter->Request->Context = NULL;
	Waiter->Status = Status;
	list_del(&Waiter->Link);
	return TRUE;
}

VOID NpWakeWaiters(PCUNICODE_STRING Name)
{
	struct list Done = LIST_INIT(Done);
	PNP_WAITER Waiter, Next;

	lk_acquire(&NpNameLock);
	list_for_each_safe(Waiter, Next, &Waiters, Link)
		if (RtlEqualUnicodeString(&Waiter->Name, Name, TRUE) &&
		    Take(Waiter, STATUS_SUCCESS))
			list_add_tail(&Done, &Waiter->Link);
	lk_release(&NpNameLock);
	while (!list_empty(&Done)) {
		Waiter = list_first(&Done, NP_WAITER, Link);
		list_del(&Waiter->Link);
		End(Waiter);
	}
}

static VOID CancelWait(PIOP_REQUEST Pended)
{
	PNP_WAITER Waiter;
	BOOLEAN Taken;

	lk_acquire(&NpNameLock);
	Waiter = Pended->Context;
	Taken = Waiter && Take(Waiter, STATUS_CANCELLED);
	lk_release(&NpNameLock);
	if (Taken)
		End(Waiter);
}

/* On the timer thread. Context is alive: who frees it waits for us first. */
static VOID TimedOut(PVOID Context)
{
	PNP_WAITER Waiter = Context;
	BOOLEAN Taken;

	lk_acquire(&NpNameLock);
	Taken = !list_empty(&Waiter->Link) && Take(Waiter, STATUS_IO_TIMEOUT);
	lk_release(&NpNameLock);
	if (Taken)
		End(Waiter);
}

static NTSTATUS NewWaiter(PCUNICODE_STRING Name, PNP_WAITER *Out)
{
	PNP_WAITER Waiter = mem_alloc(sizeof(*Waiter));
	NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

	*Out = Waiter;
	if (!Waiter)
		return Status;
	list_init(&Waiter->Link);
	KeInitializeTimerEx(&Waiter->Timer, NotificationTimer);
	Status = RtlDuplicateUnicodeString(0, Name, &Waiter->Name);
	if (!NT_SUCCESS(Status))
		mem_free(Waiter);
	return Status;
}

static NTSTATUS CheckInput(const IOP_CONTROL *Control)
{
	const ULONG Fixed = offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name);
	const FILE_PIPE_WAIT_FOR_BUFFER *Input = Control->Input;

	if (Control->InputLength < Fixed)
		return STATUS_INVALID_PARAMETER;
	if (!Input->NameLength || Input->NameLength % sizeof(WCHAR) ||
	    Input->NameLength > UINT16_MAX - 1 || Input->NameLength > Control->InputLength - Fixed)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

NTSTATUS NpWait(PIOP_REQUEST Request)
{
	const FILE_PIPE_WAIT_FOR_BUFFER *Input = Request->Control.Input;
	UNICODE_STRING Name;
	LARGE_INTEGER Timeout;
	PNP_WAITER Waiter;
	NTSTATUS Status = CheckInput(&Request->Control);

	if (!NT_SUCCESS(Status))
		return Status;
	Name = (UNICODE_STRING){ (USHORT)Input->NameLength, (USHORT)Input->NameLength,
				 (PWSTR)Input->Name };
	Status = NewWaiter(&Name, &Waiter);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&NpNameLock);
	Status = NpFindListening(&Name, &Timeout);
	if (Status == STATUS_PIPE_NOT_AVAILABLE) {
		Waiter->Request = IopPend(Request, CancelWait);
		Status = Waiter->Request ? STATUS_PENDING : Request->Status;
	}
	if (Status == STATUS_PENDING) {
		Waiter->Request->Context = Waiter;
		list_add_tail(&Waiters, &Waiter->Link);
		if (Input->TimeoutSpecified)
			Timeout = Input->Timeout;
		if (Timeout.QuadPart != INT64_MIN) /* for ever */
			KeSetTimerEx(&Waiter->Timer, Timeout, 0, TimedOut, Waiter);
	}
	lk_release(&NpNameLock);
	if (Status != STATUS_PENDING) {
		RtlFreeUnicodeString(&Waiter->Name);
		mem_free(Waiter);
	}
	return Status;
}
