/* SPDX-License-Identifier: MIT */
/*
 * keapc.c - user APCs. nt.md SY8.
 *
 * An APC stands in its thread's queue until the thread leaves an alertable wait. Who queues one ends
 * such a wait with STATUS_USER_APC; the waiting thread itself then takes one after the other out and
 * runs it without the lock. A routine may queue more, wait alertably itself, or free its own KAPC.
 */
#include "kep.h"
#include "base/alloc.h"

VOID KeInitializeApc(PKAPC Apc, PKTHREAD Thread, PKKERNEL_ROUTINE KernelRoutine,
		     PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine,
		     PVOID NormalContext)
{
	*Apc = (KAPC){
		.Thread = Thread,
		.KernelRoutine = KernelRoutine,
		.RundownRoutine = RundownRoutine,
		.NormalRoutine = NormalRoutine,
		.NormalContext = NormalContext,
	};
	list_init(&Apc->ApcListEntry);
}

BOOLEAN KiInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KI_WAKES *Wakes)
{
	PKTHREAD Thread = Apc->Thread;

	if (Apc->Inserted || Thread->Terminated)
		return FALSE;
	Apc->SystemArgument1 = SystemArgument1;
	Apc->SystemArgument2 = SystemArgument2;
	Apc->Inserted = TRUE;
	list_add_tail(&Thread->ApcListHead, &Apc->ApcListEntry);
	if (Thread->WaitBlocks && Thread->WaitAlertable)
		KiUnwaitThread(Thread, STATUS_USER_APC, Wakes);
	return TRUE;
}

BOOLEAN KiRemoveQueueApc(PKAPC Apc)
{
	BOOLEAN Was = Apc->Inserted;

	list_del(&Apc->ApcListEntry);
	Apc->Inserted = FALSE;
	return Was;
}

BOOLEAN KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2)
{
	BOOLEAN Inserted;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	Inserted = KiInsertQueueApc(Apc, SystemArgument1, SystemArgument2, &Wakes);
	KiUnlock(&Wakes);
	return Inserted;
}

BOOLEAN KeRemoveQueueApc(PKAPC Apc)
{
	BOOLEAN Removed;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	Removed = KiRemoveQueueApc(Apc);
	KiUnlock(&Wakes);
	return Removed;
}

/* The first APC of Thread's queue, taken out, with a copy of what it calls; NULL: none. */
static PKAPC TakeApc(PKTHREAD Thread, KAPC *Copy)
{
	PKAPC Apc = NULL;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	if (!list_empty(&Thread->ApcListHead)) {
		Apc = list_first(&Thread->ApcListHead, KAPC, ApcListEntry);
		KiRemoveQueueApc(Apc);
		*Copy = *Apc;
	}
	KiUnlock(&Wakes);
	return Apc;
}

VOID KeDeliverUserApcs(void)
{
	PKTHREAD Thread = KeGetCurrentThread();
	PKAPC Apc;
	KAPC Copy;

	lk_assert_none();
	while ((Apc = TakeApc(Thread, &Copy)) != NULL) {
		if (Copy.KernelRoutine)
			Copy.KernelRoutine(Apc, &Copy.NormalRoutine, &Copy.NormalContext,
					   &Copy.SystemArgument1, &Copy.SystemArgument2);
		if (Copy.NormalRoutine)
			Copy.NormalRoutine(Copy.NormalContext, Copy.SystemArgument1,
					   Copy.SystemArgument2);
	}
}

VOID KiRundownApcs(PKTHREAD Thread)
{
	PKAPC Apc;
	KAPC Copy;

	while ((Apc = TakeApc(Thread, &Copy)) != NULL)
		if (Copy.RundownRoutine)
			Copy.RundownRoutine(Apc);
}

/* ---- NtQueueApcThread ---- */

static VOID FreeApc(PKAPC Apc)
{
	mem_free(Apc);
}

static VOID FreeDelivered(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
			  PVOID *SystemArgument1, PVOID *SystemArgument2)
{
	mem_free(Apc);
}

static NTSTATUS QueueApc(HANDLE Handle, PKNORMAL_ROUTINE ApcRoutine, PVOID Context, PVOID Argument1,
			 PVOID Argument2)
{
	PETHREAD Thread;
	PKAPC Apc;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, THREAD_SET_CONTEXT, &PsThreadType,
						    (POBJECT *)&Thread);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = STATUS_NO_MEMORY;
	Apc = mem_alloc(sizeof(*Apc));
	if (Apc) {
		KeInitializeApc(Apc, &Thread->Tcb, FreeDelivered, FreeApc, ApcRoutine, Context);
		Status = STATUS_SUCCESS;
		if (!KeInsertQueueApc(Apc, Argument1, Argument2)) {
			mem_free(Apc);
			Status = STATUS_UNSUCCESSFUL;
		}
	}
	ObDereferenceObject(&Thread->Object);
	return Status;
}

NTSTATUS NtQueueApcThread(HANDLE Handle, PKNORMAL_ROUTINE ApcRoutine, PVOID Context,
			  PVOID Argument1, PVOID Argument2)
{
	NT_ENTRY(NtQueueApcThread, .Handle = Handle);
	NTSTATUS Status = QueueApc(Handle, ApcRoutine, Context, Argument1, Argument2);

	TRACE(TR_NT, "NtQueueApcThread(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
