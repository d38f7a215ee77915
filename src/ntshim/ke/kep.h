/* SPDX-License-Identifier: MIT */
/*
 * kep.h - private to the dispatcher.
 *
 * One lock, KiDispatcherLock (LR_DISPATCHER), guards every DISPATCHER_HEADER, every wait block, the
 * owner lists of mutants, APC queues and the timer queue: WaitAll is atomic because of it. Whoever makes an
 * object signalled satisfies the waits it ends (KiWaitTest) and only collects their threads; KiUnlock()
 * lets them go.
 */
#ifndef KEP_H
#define KEP_H
#include "nt/ke.h"
#include "nt/ps.h"
#include "base/lock.h"
#include "base/trace.h"
#include "../host/host_sys.h"
#include <stdatomic.h>

typedef struct _KWAIT_BLOCK {
	struct list Entry; /* in Object->WaitListHead */
	PDISPATCHER_HEADER Object;
	PKTHREAD Thread;
	ULONG Key; /* index in the wait's array */
} KWAIT_BLOCK, *PKWAIT_BLOCK;

typedef struct _KMUTANT {
	DISPATCHER_HEADER Header; /* SignalState 1: free, 0: owned once, < 0: more often */
	struct list MutantListEntry;
	PKTHREAD OwnerThread;
	BOOLEAN Abandoned;
} KMUTANT, *PKMUTANT;

typedef struct _KSEMAPHORE {
	DISPATCHER_HEADER Header;
	LONG Limit;
} KSEMAPHORE, *PKSEMAPHORE;

/* Threads whose waits have ended under the lock; they go on when it is given back. */
typedef struct _KI_WAKES {
	PKTHREAD First;
} KI_WAKES;

extern struct lk KiDispatcherLock;
void KiLock(KI_WAKES *Wakes);
void KiUnlock(KI_WAKES *Wakes);

VOID KiInitializeHeader(PDISPATCHER_HEADER Header, KOBJECT_KIND Kind, LONG SignalState);
/* ---- the lock is held ---- */
/* Object has become signalled: ends the waits it satisfies. */
VOID KiWaitTest(PDISPATCHER_HEADER Object, KI_WAKES *Wakes);
/* Ends Thread's wait with Status. */
VOID KiUnwaitThread(PKTHREAD Thread, NTSTATUS Status, KI_WAKES *Wakes);
/* The mutant is nobody's any more. */
VOID KiFreeMutant(PKMUTANT Mutant, BOOLEAN Abandoned, KI_WAKES *Wakes);
/* STATUS_MUTANT_NOT_OWNED; STATUS_SEMAPHORE_LIMIT_EXCEEDED; nothing has changed then. */
VOID KiSetEvent(PKEVENT Event, KI_WAKES *Wakes);
NTSTATUS KiReleaseMutant(PKMUTANT Mutant, PKTHREAD Thread, KI_WAKES *Wakes);
NTSTATUS KiReleaseSemaphore(PKSEMAPHORE Semaphore, LONG Count, KI_WAKES *Wakes);
/* KeInsertQueueApc and KeRemoveQueueApc. */
BOOLEAN KiInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KI_WAKES *Wakes);
BOOLEAN KiRemoveQueueApc(PKAPC Apc);

/* ---- without it ---- */
/* Signals an event, mutant or semaphore and waits for Object, in one step. */
NTSTATUS KiSignalAndWait(PDISPATCHER_HEADER Signal, PVOID Object, BOOLEAN Alertable,
			 PLARGE_INTEGER Timeout);
/* Thread has ended: gives its APCs back to their owners. */
VOID KiRundownApcs(PKTHREAD Thread);
/* Status of a wait made for user mode: runs the APCs that ended it. */
static inline NTSTATUS KiLeaveWait(NTSTATUS Status)
{
	if (Status == STATUS_USER_APC)
		KeDeliverUserApcs();
	return Status;
}

/* ---- handle wrappers ---- */
/* The common part of NtCreate*: a new object with the dispatcher part at the type's offset. */
#define KiBody(Object) ((PVOID)((char *)(Object) + (Object)->Type->DispatcherOffset))
/* Returns a reference in *Object and its dispatcher part in *Body. */
NTSTATUS KiReferenceBody(HANDLE Handle, ACCESS_MASK Access, const OB_TYPE *Type, POBJECT *Object,
			 PVOID *Body);
/* Checks what an NtQuery* call that knows class 0 only was given. */
NTSTATUS KiCheckQuery(ULONG Class, PVOID Buffer, ULONG Length, ULONG Size, PULONG ReturnLength);
/* A timeout that a caller gave; NULL is one, too. */
static inline NTSTATUS KiProbeTimeout(const LARGE_INTEGER *Timeout)
{
	return Timeout ? ProbeForRead(Timeout, sizeof(*Timeout), sizeof(ULONG)) : STATUS_SUCCESS;
}
#endif
