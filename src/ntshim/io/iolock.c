/* SPDX-License-Identifier: MIT */
/*
 * iolock.c - byte-range locks (nt.md LK1..LK9): mandatory, by ranges that need not exist.
 *
 * An owner is a file object, a process and a key. The locks of one host inode and those who wait for
 * one are a node in a table of buckets, there only while it is needed; reads and writes look at the
 * bucket's count of nodes and nearly always need no more. Whoever waits is granted in order of
 * arrival, as far as nothing conflicts. A request that waits has its lock as Context; who clears that
 * completes it.
 */
#include "iop.h"
#include "base/alloc.h"
#include <stdatomic.h>

typedef struct _LOCK_NODE {
	struct list Link;
	ULONGLONG Device, Inode;
	struct list Locks, Waiters;
} LOCK_NODE, *PLOCK_NODE;

typedef struct _RANGE_LOCK {
	struct list Link;
	PFILE_OBJECT File; /* borrowed: locks go with its last handle */
	PEPROCESS Process; /* compared only */
	ULONG Key;
	ULONGLONG Offset, Length;
	BOOLEAN Exclusive;
	PIOP_REQUEST Waiter; /* NULL: granted */
} RANGE_LOCK, *PRANGE_LOCK;

#define BUCKETS 64
static struct {
	struct lk Lock; /* guards: */
	struct list Nodes;
	_Atomic ULONG Count; /* of Nodes; read without the lock */
} Table[BUCKETS];

_Atomic ULONG IoLockedFiles;

VOID IopInitLocks(VOID)
{
	for (ULONG i = 0; i < BUCKETS; i++) {
		lk_init(&Table[i].Lock, LR_IO);
		list_init(&Table[i].Nodes);
	}
}

static ULONG BucketOf(const FILE_OBJECT *File)
{
	return (ULONG)((File->Inode ^ File->Inode >> 7 ^ File->HostDevice) % BUCKETS);
}

/* The bucket's lock is held. */
static PLOCK_NODE FindNode(const FILE_OBJECT *File)
{
	PLOCK_NODE Node;

	list_for_each(Node, &Table[BucketOf(File)].Nodes, Link)
		if (Node->Inode == File->Inode && Node->Device == File->HostDevice)
			return Node;
	return NULL;
}

static PLOCK_NODE MakeNode(const FILE_OBJECT *File)
{
	ULONG b = BucketOf(File);
	PLOCK_NODE Node = mem_alloc(sizeof(*Node));

	if (!Node)
		return NULL;
	Node->Device = File->HostDevice;
	Node->Inode = File->Inode;
	list_init(&Node->Locks);
	list_init(&Node->Waiters);
	list_add_tail(&Table[b].Nodes, &Node->Link);
	Table[b].Count++;
	IoLockedFiles++;
	return Node;
}

static VOID DropNode(PLOCK_NODE Node, ULONG Bucket)
{
	if (!list_empty(&Node->Locks) || !list_empty(&Node->Waiters))
		return;
	list_del(&Node->Link);
	Table[Bucket].Count--;
	IoLockedFiles--;
	mem_free(Node);
}

/* ---- what conflicts ---- */

/* FSA 2.1.4.10: {0, 0} never does; another empty range does where it lies inside. */
static BOOLEAN Overlap(ULONGLONG Offset, ULONGLONG Length, const RANGE_LOCK *Lock)
{
	if ((!Offset && !Length) || (!Lock->Offset && !Lock->Length))
		return FALSE;
	return Offset <= Lock->Offset + Lock->Length - 1 && Offset + Length - 1 >= Lock->Offset;
}

static BOOLEAN SameOwner(const RANGE_LOCK *Lock, const FILE_OBJECT *File, PEPROCESS Process,
			 ULONG Key)
{
	return Lock->File == File && Lock->Process == Process && Lock->Key == Key;
}

/* LK1, LK2: an owner may share what it has for itself, not take it twice. */
static BOOLEAN IsRefused(const LOCK_NODE *Node, const RANGE_LOCK *New)
{
	const RANGE_LOCK *Old;

	list_for_each(Old, &Node->Locks, Link) {
		if (!Overlap(New->Offset, New->Length, Old))
			continue;
		if (New->Exclusive)
			return TRUE;
		if (Old->Exclusive && !SameOwner(Old, New->File, New->Process, New->Key))
			return TRUE;
	}
	return FALSE;
}

/* Where a transfer begins, whatever way it was said. */
static NTSTATUS Begin(PFILE_OBJECT File, LONGLONG *At)
{
	struct host_stat St;
	NTSTATUS Status;

	if (*At >= 0)
		return STATUS_SUCCESS;
	if (*At == HOST_AT_POSITION)
		return host_lseek(File->Fd, 0, HOST_SEEK_CUR, At);
	Status = host_fstat(File->Fd, &St);
	*At = (LONGLONG)St.size;
	return Status;
}

NTSTATUS IopCheckLocks(PIOP_REQUEST Request, LONGLONG At, BOOLEAN Write)
{
	PFILE_OBJECT File = Request->File;
	ULONG b = BucketOf(File);
	NTSTATUS Status;
	PRANGE_LOCK Lock;
	PLOCK_NODE Node;

	if (!Table[b].Count || !Request->Length)
		return STATUS_SUCCESS;
	Status = Begin(File, &At);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&Table[b].Lock);
	Node = FindNode(File);
	if (Node)
		list_for_each(Lock, &Node->Locks, Link)
			if (Overlap((ULONGLONG)At, Request->Length, Lock) &&
			    (Lock->Exclusive
				     ? !SameOwner(Lock, File, PsGetCurrentProcess(), Request->Key)
				     : Write))
				Status = STATUS_FILE_LOCK_CONFLICT;
	lk_release(&Table[b].Lock);
	return Status;
}

BOOLEAN IopHasLocks(const FILE_OBJECT *File)
{
	ULONG b = BucketOf(File);
	BOOLEAN Has;

	if (!Table[b].Count)
		return FALSE;
	lk_acquire(&Table[b].Lock);
	Has = FindNode(File) != NULL;
	lk_release(&Table[b].Lock);
	return Has;
}

/* ---- granting ---- */

static VOID Collect(struct list *Done, PRANGE_LOCK Lock, NTSTATUS Status)
{
	Lock->Waiter->Context = NULL;
	IopCollect(Done, Lock->Waiter, Status, 0);
	Lock->Waiter = NULL;
}

/* Those who can have theirs by now. */
static VOID Grant(PLOCK_NODE Node, struct list *Done)
{
	PRANGE_LOCK Lock, Next;

	list_for_each_safe(Lock, Next, &Node->Waiters, Link) {
		if (IsRefused(Node, Lock))
			continue;
		list_del(&Lock->Link);
		list_add_tail(&Node->Locks, &Lock->Link);
		Collect(Done, Lock, STATUS_SUCCESS);
	}
}

static VOID CancelLock(PIOP_REQUEST Pended)
{
	ULONG b = BucketOf(Pended->File);
	struct list Done = LIST_INIT(Done);
	PRANGE_LOCK Lock;

	lk_acquire(&Table[b].Lock);
	Lock = Pended->Context;
	if (Lock) {
		PLOCK_NODE Node = FindNode(Pended->File);

		list_del(&Lock->Link);
		Collect(&Done, Lock, STATUS_CANCELLED);
		mem_free(Lock);
		DropNode(Node, b);
	}
	lk_release(&Table[b].Lock);
	IopCompleteAll(&Done);
}

/* Lock is granted, waits (STATUS_PENDING), or is the caller's again. The bucket's lock is held. */
static NTSTATUS Place(PIOP_REQUEST Request, PLOCK_NODE Node, PRANGE_LOCK Lock)
{
	if (!IsRefused(Node, Lock)) {
		list_add_tail(&Node->Locks, &Lock->Link);
		return STATUS_SUCCESS;
	}
	if (Request->Lock.FailImmediately)
		return STATUS_LOCK_NOT_GRANTED;
	Lock->Waiter = IopPend(Request, CancelLock);
	if (!Lock->Waiter)
		return Request->Status;
	Lock->Waiter->Context = Lock;
	list_add_tail(&Node->Waiters, &Lock->Link);
	return STATUS_PENDING;
}

NTSTATUS IopFileLock(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;
	ULONG b = BucketOf(File);
	PRANGE_LOCK Lock;
	PLOCK_NODE Node;
	NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

	if (File->Type != HOST_S_IFREG)
		return STATUS_INVALID_PARAMETER;
	if (Request->Lock.Length &&
	    Request->Lock.Offset + Request->Lock.Length - 1 < Request->Lock.Offset)
		return STATUS_INVALID_LOCK_RANGE;
	Lock = mem_alloc(sizeof(*Lock));
	if (!Lock)
		return Status;
	Lock->File = File;
	Lock->Process = PsGetCurrentProcess();
	Lock->Key = Request->Key;
	Lock->Offset = Request->Lock.Offset;
	Lock->Length = Request->Lock.Length;
	Lock->Exclusive = Request->Lock.Exclusive;
	lk_acquire(&Table[b].Lock);
	Node = FindNode(File);
	if (!Node)
		Node = MakeNode(File);
	if (Node) {
		Status = Place(Request, Node, Lock);
		if (!NT_SUCCESS(Status))
			DropNode(Node, b);
	}
	lk_release(&Table[b].Lock);
	if (!NT_SUCCESS(Status))
		mem_free(Lock);
	return Status;
}

/* LK6: exactly that one; of two the exclusive one. */
static PRANGE_LOCK FindLock(const LOCK_NODE *Node, const IOP_REQUEST *Request)
{
	PRANGE_LOCK Lock, Found = NULL;

	list_for_each(Lock, &Node->Locks, Link)
		if (Lock->Offset == Request->Lock.Offset && Lock->Length == Request->Lock.Length &&
		    SameOwner(Lock, Request->File, PsGetCurrentProcess(), Request->Key) &&
		    (!Found || (Lock->Exclusive && !Found->Exclusive)))
			Found = Lock;
	return Found;
}

NTSTATUS IopFileUnlock(PIOP_REQUEST Request)
{
	ULONG b = BucketOf(Request->File);
	struct list Done = LIST_INIT(Done);
	PRANGE_LOCK Lock = NULL;
	PLOCK_NODE Node;

	if (Request->File->Type != HOST_S_IFREG)
		return STATUS_INVALID_PARAMETER;
	lk_acquire(&Table[b].Lock);
	Node = FindNode(Request->File);
	if (Node)
		Lock = FindLock(Node, Request);
	if (Lock) {
		list_del(&Lock->Link);
		Grant(Node, &Done);
		DropNode(Node, b);
	}
	lk_release(&Table[b].Lock);
	IopCompleteAll(&Done);
	if (!Lock)
		return STATUS_RANGE_NOT_LOCKED;
	mem_free(Lock);
	return STATUS_SUCCESS;
}

/* Takes File's locks out of List into Out. */
static VOID TakeOut(struct list *List, const FILE_OBJECT *File, struct list *Out)
{
	PRANGE_LOCK Lock, Next;

	list_for_each_safe(Lock, Next, List, Link)
		if (Lock->File == File) {
			list_del(&Lock->Link);
			list_add_tail(Out, &Lock->Link);
		}
}

VOID IopUnlockAll(PFILE_OBJECT File)
{
	ULONG b = BucketOf(File);
	struct list Done = LIST_INIT(Done), Gone = LIST_INIT(Gone);
	PLOCK_NODE Node;

	if (!Table[b].Count)
		return;
	lk_acquire(&Table[b].Lock);
	Node = FindNode(File);
	if (Node) {
		TakeOut(&Node->Locks, File, &Gone);
		TakeOut(&Node->Waiters, File, &Gone);
		while (!list_empty(&Gone)) {
			PRANGE_LOCK Lock = list_first(&Gone, RANGE_LOCK, Link);

			list_del(&Lock->Link);
			if (Lock->Waiter)
				Collect(&Done, Lock, STATUS_RANGE_NOT_LOCKED);
			mem_free(Lock);
		}
		Grant(Node, &Done);
		DropNode(Node, b);
	}
	lk_release(&Table[b].Lock);
	IopCompleteAll(&Done);
}

/* ---- the calls ---- */

static NTSTATUS Issue(HANDLE Handle, HANDLE Event, PIOP_REQUEST Request, BOOLEAN Unlock)
{
	const DRIVER_OBJECT *Driver;
	POBJECT Object;
	NTSTATUS Status = ObReferenceHandle(Handle, &Object, &Request->Control.Granted);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Object->Type != &IoFileType) {
		Status = STATUS_OBJECT_TYPE_MISMATCH;
	} else if (!(Request->Control.Granted & (FILE_READ_DATA | FILE_WRITE_DATA))) { /* LK9 */
		Status = STATUS_ACCESS_DENIED;
	} else {
		Request->File = IopFile(Object);
		Request->Operation = Unlock ? "UnlockFileSingle" : "LockFile";
		Driver = Request->File->Device->Driver;
		Status = IopIssue(Request, Unlock ? Driver->Unlock : Driver->Lock, Event);
	}
	ObDereferenceObject(Object);
	return Status;
}

/* The pointers of both calls. */
static NTSTATUS TakeRange(PIOP_REQUEST Request, PLARGE_INTEGER Offset, PLARGE_INTEGER Length)
{
	NTSTATUS Status = IopProbeGiven(Request->Iosb, Offset, sizeof(*Offset), sizeof(ULONG));

	if (NT_SUCCESS(Status))
		Status = ProbeForRead(Length, sizeof(*Length), sizeof(ULONG));
	if (NT_SUCCESS(Status)) {
		Request->Lock.Offset = (ULONGLONG)Offset->QuadPart;
		Request->Lock.Length = (ULONGLONG)Length->QuadPart;
	}
	return Status;
}

NTSTATUS NtLockFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
		    PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
		    ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock)
{
	NT_ENTRY(NtLockFile, .Handle = File, .Iosb = Iosb);
	IOP_REQUEST Request = { .Iosb = Iosb, .Apc = Apc, .ApcContext = ApcContext, .Key = Key };
	NTSTATUS Status = TakeRange(&Request, ByteOffset, Length);

	if (NT_SUCCESS(Status)) {
		Request.Lock.Exclusive = ExclusiveLock;
		Request.Lock.FailImmediately = FailImmediately;
		Status = Issue(File, Event, &Request, FALSE);
	}
	TRACE(TR_NT, "NtLockFile(%p, Offset: %llu, Length: %llu%s) = %s", File,
	      (unsigned long long)Request.Lock.Offset, (unsigned long long)Request.Lock.Length,
	      ExclusiveLock ? ", Exclusive" : "", NtStatusName(Status));
	return Status;
}

NTSTATUS NtUnlockFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER ByteOffset,
		      PLARGE_INTEGER Length, ULONG Key)
{
	NT_ENTRY(NtUnlockFile, .Handle = File, .Iosb = Iosb);
	IOP_REQUEST Request = { .Iosb = Iosb, .Key = Key, .Wait = TRUE };
	NTSTATUS Status = TakeRange(&Request, ByteOffset, Length);

	if (NT_SUCCESS(Status)) {
		Status = Issue(File, NULL, &Request, TRUE);
	}
	TRACE(TR_NT, "NtUnlockFile(%p) = %s", File, NtStatusName(Status));
	return Status;
}

/* ---- for whoever looks from outside ---- */

static VOID ViewList(const LOCK_NODE *Node, const struct list *Locks, PIO_LOCK_VIEW Rows,
		     ULONG Room, PULONG Count)
{
	const RANGE_LOCK *Lock;

	list_for_each(Lock, Locks, Link)
		if (*Count < Room)
			Rows[(*Count)++] = (IO_LOCK_VIEW){ .Kind = IoByteRangeLock,
							   .Exclusive = Lock->Exclusive,
							   .Waiting = Lock->Waiter != NULL,
							   .HostPid = -1,
							   .Key = Lock->Key,
							   .Device = Node->Device,
							   .Inode = Node->Inode,
							   .Offset = Lock->Offset,
							   .Length = Lock->Length };
}

ULONG IoQueryLocks(BOOLEAN HostLocks, PIO_LOCK_VIEW Rows, ULONG Room)
{
	const LOCK_NODE *Node;
	ULONG Count = 0;

	if (HostLocks)
		return IopQueryHostLocks(Rows, Room);
	for (ULONG b = 0; b < BUCKETS; b++) {
		lk_acquire(&Table[b].Lock);
		list_for_each(Node, &Table[b].Nodes, Link) {
			ViewList(Node, &Node->Locks, Rows, Room, &Count);
			ViewList(Node, &Node->Waiters, Rows, Room, &Count);
		}
		lk_release(&Table[b].Lock);
	}
	return Count;
}
