/* SPDX-License-Identifier: MIT */
/*
 * kethread.c - whose context code runs in. A service thread is attached to a guest thread for the
 * length of a call; any other host thread of the supervisor gets a thread object in the initial
 * system process when it first needs one, which ends with the host thread.
 */
#include "kep.h"
#include "nt/io.h"

static _Thread_local PKTHREAD Attached, Own;

NTSTATUS KeInitSystem(void)
{
	return PsInitSystem();
}

VOID KeInitializeThread(PKTHREAD Thread)
{
	KiInitializeHeader(&Thread->Header, ThreadObject, 0);
	list_init(&Thread->MutantListHead);
	KeInitializeEvent(&Thread->AlertById, SynchronizationEvent, FALSE);
	list_init(&Thread->ApcListHead);
	list_init(&Thread->QueueEntry);
}

static void EndOwnThread(void *Arg)
{
	PETHREAD Thread = Arg;

	IoCancelThreadIo(Thread);
	Own = NULL;
	KeTerminateThreadObject(&Thread->Tcb);
	ObDereferenceObject(&Thread->Object);
}

static PKTHREAD MakeOwnThread(void)
{
	PETHREAD Thread;

	if (!NT_SUCCESS(PspAllocateThread(PsInitialSystemProcess, NULL, &Thread)))
		lxrun_panic("out of memory for a thread object");
	Thread->HostTid = host_gettid();
	if (host_thread_at_exit(EndOwnThread, Thread) < 0)
		lxrun_panic("out of memory for a thread object");
	Own = &Thread->Tcb;
	return Own;
}

PKTHREAD KeGetCurrentThread(void)
{
	if (__builtin_expect(Attached != NULL, 1))
		return Attached;
	return Own ? Own : MakeOwnThread();
}

PKTHREAD KeAttachThread(PKTHREAD Thread)
{
	PKTHREAD Previous = Attached;

	Attached = Thread;
	return Previous;
}

VOID KeTerminateThreadObject(PKTHREAD Thread)
{
	KI_WAKES Wakes;

	KiLock(&Wakes);
	while (!list_empty(&Thread->MutantListHead))
		KiFreeMutant(list_first(&Thread->MutantListHead, KMUTANT, MutantListEntry), TRUE,
			     &Wakes);
	Thread->Terminated = TRUE;
	Thread->Header.SignalState = 1;
	KiWaitTest(&Thread->Header, &Wakes);
	KiUnlock(&Wakes);
	if (__atomic_load_n(&Thread->Queue, __ATOMIC_ACQUIRE))
		KiQueueThread(Thread, KQueueEnds);
	KiRundownApcs(Thread);
}

VOID KeSignalProcessObject(PDISPATCHER_HEADER Header)
{
	KI_WAKES Wakes;

	KiLock(&Wakes);
	Header->SignalState = 1;
	KiWaitTest(Header, &Wakes);
	KiUnlock(&Wakes);
}

NTSTATUS NtAlertThread(HANDLE Handle)
{
	NT_ENTRY(NtAlertThread, .Handle = Handle);
	PETHREAD Thread;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, THREAD_ALERT, &PsThreadType,
						    (POBJECT *)&Thread);

	if (NT_SUCCESS(Status)) {
		KeAlertThread(&Thread->Tcb);
		ObDereferenceObject(&Thread->Object);
	}
	TRACE(TR_NT, "NtAlertThread(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

NTSTATUS NtTestAlert(void)
{
	NT_ENTRY(NtTestAlert);
	NTSTATUS Status = STATUS_SUCCESS;

	if (KeTestAlertThread(KeGetCurrentThread()))
		Status = STATUS_ALERTED;
	else
		KeDeliverUserApcs();

	TRACE(TR_NT, "NtTestAlert() = %s", NtStatusName(Status));
	return Status;
}

static NTSTATUS AlertById(HANDLE ThreadId)
{
	PETHREAD Thread;
	NTSTATUS Status = PsLookupThreadByThreadId(ThreadId, &Thread);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Thread->Process == PsGetCurrentProcess())
		KeSetEvent(&Thread->Tcb.AlertById);
	else
		Status = STATUS_ACCESS_DENIED;
	ObDereferenceObject(&Thread->Object);
	return Status;
}

NTSTATUS NtAlertThreadByThreadId(HANDLE ThreadId)
{
	NT_ENTRY(NtAlertThreadByThreadId);
	NTSTATUS Status = AlertById(ThreadId);

	TRACE(TR_NT, "NtAlertThreadByThreadId(%p) = %s", ThreadId, NtStatusName(Status));
	return Status;
}

NTSTATUS NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtWaitForAlertByThreadId);
	NTSTATUS Status = KiProbeTimeout(Timeout);

	if (NT_SUCCESS(Status))
		Status = KeWaitForSingleObject(&KeGetCurrentThread()->AlertById, FALSE, Timeout);
	if (Status == STATUS_SUCCESS)
		Status = STATUS_ALERTED;
	TRACE(TR_NT, "NtWaitForAlertByThreadId(%p) = %s", Address, NtStatusName(Status));
	return Status;
}
