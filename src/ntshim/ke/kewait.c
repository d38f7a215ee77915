/* SPDX-License-Identifier: MIT */
/*
 * kewait.c - waiting: the heart of the dispatcher.
 *
 * A wait first looks whether it is satisfied already; then no host call is made. Otherwise it puts a
 * wait block on each object (on its own stack) and sleeps on its thread's futex word. Who ends the
 * wait does all the work under the lock: takes what the wait takes from the objects, removes the
 * blocks, stores the status, sets the word. The sleeper therefore needs the lock again only when its
 * time is up, to find out who was first.
 *
 * Order of checks, as NT's: a signalled object wins over an alert, an alert over a queued APC, both over
 * a zero timeout.
 */
#include "kep.h"

struct lk KiDispatcherLock = LK_INIT(DISPATCHER);
VOID (*_Atomic KiBeforeBlock)(void);
VOID (*KiQueueThread)(PKTHREAD Thread, KQUEUE_CHANGE Change);

#define LATE_WAKES 16 /* words woken once the lock is free; what is more is woken before */

void KiLock(KI_WAKES *Wakes)
{
	Wakes->First = NULL;
	lk_acquire(&KiDispatcherLock);
}

/*
 * A thread goes on as soon as its word is set, lock or not: objects on its stack, the thread itself may be
 * gone then. So words are set when nothing else is left to do, and afterwards woken, never read.
 */
void KiUnlock(KI_WAKES *Wakes)
{
	_Atomic ULONG *Words[LATE_WAKES], *Word;
	ULONG Count = 0;

	for (PKTHREAD Thread = Wakes->First, Next; Thread; Thread = Next) {
		Next = Thread->WakeNext;
		Word = &Thread->WaitWord;
		*Word = 1;
		if (Count < LATE_WAKES)
			Words[Count++] = Word;
		else
			host_futex_wake(Word, 1);
	}
	lk_release(&KiDispatcherLock);
	for (ULONG i = 0; i < Count; i++)
		host_futex_wake(Words[i], 1);
}

VOID KiInitializeHeader(PDISPATCHER_HEADER Header, KOBJECT_KIND Kind, LONG SignalState)
{
	Header->Kind = (UCHAR)Kind;
	Header->SignalState = SignalState;
	list_init(&Header->WaitListHead);
}

/* ---- satisfying waits; the lock is held ---- */

static BOOLEAN IsSignalled(PDISPATCHER_HEADER Object, PKTHREAD Thread)
{
	if (Object->SignalState > 0)
		return TRUE;
	return Object->Kind == MutantObject &&
	       container_of(Object, KMUTANT, Header)->OwnerThread == Thread;
}

/* Thread takes what a satisfied wait takes. Returns TRUE if a mutant was found abandoned. */
static BOOLEAN Acquire(PDISPATCHER_HEADER Object, PKTHREAD Thread)
{
	PKMUTANT Mutant;
	BOOLEAN Abandoned;

	switch (Object->Kind) {
	case EventSynchronizationObject:
	case TimerSynchronizationObject:
		Object->SignalState = 0;
		return FALSE;
	case SemaphoreObject:
		Object->SignalState--;
		return FALSE;
	case MutantObject:
		Mutant = container_of(Object, KMUTANT, Header);
		Abandoned = Mutant->Abandoned;
		Mutant->Abandoned = FALSE;
		if (Object->SignalState-- == 1) {
			Mutant->OwnerThread = Thread;
			list_add(&Thread->MutantListHead, &Mutant->MutantListEntry);
		}
		return Abandoned;
	default:
		return FALSE;
	}
}

static VOID RemoveBlocks(PKTHREAD Thread)
{
	for (ULONG i = 0; i < Thread->WaitCount; i++)
		list_del(&Thread->WaitBlocks[i].Entry);
	Thread->WaitBlocks = NULL;
	Thread->WaitCount = 0;
}

VOID KiUnwaitThread(PKTHREAD Thread, NTSTATUS Status, KI_WAKES *Wakes)
{
	RemoveBlocks(Thread);
	Thread->WaitStatus = Status;
	Thread->WakeNext = Wakes->First;
	Wakes->First = Thread;
}

static BOOLEAN AllSignalled(const KWAIT_BLOCK *Blocks, ULONG Count, PKTHREAD Thread)
{
	for (ULONG i = 0; i < Count; i++)
		if (!IsSignalled(Blocks[i].Object, Thread))
			return FALSE;
	return TRUE;
}

/* The status of a satisfied wait, after taking what it takes. Key is WaitAny's. */
static NTSTATUS Satisfy(const KWAIT_BLOCK *Blocks, ULONG Count, WAIT_TYPE Type, ULONG Key,
			PKTHREAD Thread)
{
	BOOLEAN Abandoned = FALSE;

	if (Type == WaitAny)
		return (NTSTATUS)Key + (Acquire(Blocks[Key].Object, Thread)
						? STATUS_ABANDONED_WAIT_0
						: STATUS_WAIT_0);
	for (ULONG i = 0; i < Count; i++)
		Abandoned |= Acquire(Blocks[i].Object, Thread);
	return Abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0;
}

VOID KiWaitTest(PDISPATCHER_HEADER Object, KI_WAKES *Wakes)
{
	struct list *At = Object->WaitListHead.next;

	while (At != &Object->WaitListHead && Object->SignalState > 0) {
		const KWAIT_BLOCK *Block = container_of(At, KWAIT_BLOCK, Entry);
		PKTHREAD Thread = Block->Thread;

		if (Thread->WaitType == WaitAll &&
		    !AllSignalled(Thread->WaitBlocks, Thread->WaitCount, Thread)) {
			At = At->next;
			continue;
		}
		KiUnwaitThread(Thread,
			       Satisfy(Thread->WaitBlocks, Thread->WaitCount, Thread->WaitType,
				       Block->Key, Thread),
			       Wakes);
		/* From the start: the thread may have had more blocks here than that one. */
		At = Object->WaitListHead.next;
	}
}

/* ---- the waiting side ---- */

/* STATUS_PENDING: not satisfied yet. The lock is held. */
static NTSTATUS TryWait(const KWAIT_BLOCK *Blocks, ULONG Count, WAIT_TYPE Type, PKTHREAD Thread)
{
	if (Type == WaitAny) {
		for (ULONG i = 0; i < Count; i++)
			if (IsSignalled(Blocks[i].Object, Thread))
				return Satisfy(Blocks, Count, Type, i, Thread);
		return STATUS_PENDING;
	}
	return AllSignalled(Blocks, Count, Thread) ? Satisfy(Blocks, Count, Type, 0, Thread)
						   : STATUS_PENDING;
}

/* NT's timeout as the host's deadline. */
static struct host_deadline Deadline(const LARGE_INTEGER *Timeout)
{
	int64_t Units;

	if (!Timeout || Timeout->QuadPart == INT64_MIN)
		return (struct host_deadline){ HOST_FOREVER, false };
	if (Timeout->QuadPart < 0) {
		Units = -Timeout->QuadPart;
		if (Units >= (INT64_MAX / 100) / 2) /* some 1400 years */
			return (struct host_deadline){ HOST_FOREVER, false };
		return (struct host_deadline){ host_monotonic_ns() + Units * 100, false };
	}
	Units = Timeout->QuadPart - NT_TIME_UNIX_EPOCH;
	if (Units >= INT64_MAX / 100)
		return (struct host_deadline){ HOST_FOREVER, true };
	return (struct host_deadline){ Units > 0 ? Units * 100 : 0, true };
}

static BOOLEAN IsZero(const LARGE_INTEGER *Timeout)
{
	return Timeout && Timeout->QuadPart == 0;
}

static VOID TellQueue(PKTHREAD Thread, KQUEUE_CHANGE Change)
{
	if (__atomic_load_n(&Thread->Queue, __ATOMIC_ACQUIRE))
		KiQueueThread(Thread, Change);
}

/* Thread's blocks are queued: sleeps until the wait has ended. */
static NTSTATUS Sleep(PKTHREAD Thread, const LARGE_INTEGER *Timeout)
{
	struct host_deadline Until = Deadline(Timeout);
	VOID (*BeforeBlock)(void) = KiBeforeBlock;
	KI_WAKES Wakes;

	lk_assert_none();
	if (BeforeBlock)
		BeforeBlock();
	TellQueue(Thread, KQueueBlocks);
	while (Thread->WaitWord == 0) {
		if (host_futex_wait(&Thread->WaitWord, 0, &Until) == 0)
			continue;
		KiLock(&Wakes);
		if (Thread->WaitWord == 0) {
			RemoveBlocks(Thread);
			Thread->WaitStatus = STATUS_TIMEOUT;
			Thread->WaitWord = 1; /* it is us: nobody to wake */
		}
		KiUnlock(&Wakes);
	}
	TellQueue(Thread, KQueueRuns);
	return Thread->WaitStatus;
}

/* What NtSignalAndWaitForSingleObject does first. The lock is held. */
static NTSTATUS SignalObject(PDISPATCHER_HEADER Object, PKTHREAD Thread, KI_WAKES *Wakes)
{
	switch (Object->Kind) {
	case MutantObject:
		return KiReleaseMutant(container_of(Object, KMUTANT, Header), Thread, Wakes);
	case SemaphoreObject:
		return KiReleaseSemaphore(container_of(Object, KSEMAPHORE, Header), 1, Wakes);
	default:
		KiSetEvent(container_of(Object, KEVENT, Header), Wakes);
		return STATUS_SUCCESS;
	}
}

/* Signal: an object to signal before, under the same lock; NULL: none. */
static NTSTATUS Wait(PDISPATCHER_HEADER Signal, PKWAIT_BLOCK Blocks, ULONG Count, WAIT_TYPE Type,
		     BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	PKTHREAD Thread = KeGetCurrentThread();
	NTSTATUS Status;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	Status = Signal ? SignalObject(Signal, Thread, &Wakes) : STATUS_SUCCESS;
	if (!NT_SUCCESS(Status)) {
		KiUnlock(&Wakes);
		return Status;
	}
	Status = Count ? TryWait(Blocks, Count, Type, Thread) : STATUS_PENDING;
	if (Status == STATUS_PENDING && Alertable && Thread->Alerted) {
		Thread->Alerted = FALSE;
		Status = STATUS_ALERTED;
	}
	if (Status == STATUS_PENDING && Alertable && !list_empty(&Thread->ApcListHead))
		Status = STATUS_USER_APC;
	if (Status == STATUS_PENDING && IsZero(Timeout))
		Status = STATUS_TIMEOUT;
	if (Status != STATUS_PENDING) {
		KiUnlock(&Wakes);
		return Status;
	}
	for (ULONG i = 0; i < Count; i++) {
		Blocks[i].Thread = Thread;
		Blocks[i].Key = i;
		list_add_tail(&Blocks[i].Object->WaitListHead, &Blocks[i].Entry);
	}
	Thread->WaitBlocks = Blocks;
	Thread->WaitCount = Count;
	Thread->WaitType = (UCHAR)Type;
	Thread->WaitAlertable = Alertable;
	Thread->WaitWord = 0;
	KiUnlock(&Wakes);
	Status = Sleep(Thread, Timeout);
	return Status;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	KWAIT_BLOCK Block = { .Object = Object };

	return Wait(NULL, &Block, 1, WaitAny, Alertable, Timeout);
}

NTSTATUS KiSignalAndWait(PDISPATCHER_HEADER Signal, PVOID Object, BOOLEAN Alertable,
			 PLARGE_INTEGER Timeout)
{
	KWAIT_BLOCK Block = { .Object = Object };

	return Wait(Signal, &Block, 1, WaitAny, Alertable, Timeout);
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Objects[], WAIT_TYPE WaitType,
				  BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];

	if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
		return STATUS_INVALID_PARAMETER_1;
	for (ULONG i = 0; i < Count; i++)
		Blocks[i].Object = Objects[i];
	return Wait(NULL, Blocks, Count, WaitType, Alertable, Timeout);
}

NTSTATUS KeDelayExecutionThread(BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
	KWAIT_BLOCK None;
	NTSTATUS Status;

	if (IsZero(Interval))
		host_yield();
	Status = Wait(NULL, &None, 0, WaitAny, Alertable, Interval);
	return Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status;
}

/* ---- alerts ---- */

BOOLEAN KeAlertThread(PKTHREAD Thread)
{
	KI_WAKES Wakes;
	BOOLEAN Previous;

	KiLock(&Wakes);
	Previous = Thread->Alerted;
	if (Thread->WaitBlocks && Thread->WaitAlertable)
		KiUnwaitThread(Thread, STATUS_ALERTED, &Wakes);
	else
		Thread->Alerted = TRUE;
	KiUnlock(&Wakes);
	return Previous;
}

BOOLEAN KeTestAlertThread(PKTHREAD Thread)
{
	return Thread->Alerted && atomic_exchange(&Thread->Alerted, FALSE);
}
