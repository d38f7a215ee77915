/* SPDX-License-Identifier: MIT */
/*
 * ioport.c - I/O completion ports (nt.md IO1..IO4).
 *
 * A queue of packets and, when it is empty, a stack of waiters. A packet goes straight to the waiter
 * that came last, whose caches are the warmest; so a port under load takes one short lock per packet
 * and wakes nobody in vain. The object is signalled, for waits that take nothing, while packets are
 * queued.
 *
 * A thread that has taken a packet works for the port until it takes one of another, or ends. At most
 * Threads of them run at a time (IO6): while that many do, packets stay queued. One that sleeps in any wait of
 * the dispatcher does not run, and lets another have the next packet; when it goes on there may be
 * more than Threads for a while, as on NT. QueueLock guards who works for which port.
 */
#include "iop.h"
#include "base/alloc.h"
#include "../host/host_text.h"
#include <stdatomic.h>

struct _IO_COMPLETION {
	OBJECT Object;
	KEVENT Event;
	ULONG Threads;       /* constant */
	struct list Workers; /* KTHREAD.QueueEntry; QueueLock */
	struct lk Lock;      /* LR_PORT; guards: */
	struct list Packets, Waiters;
	ULONG Depth, Running;
};

static struct lk QueueLock = LK_INIT(REQUEST);

/* On the stack of who waits. */
typedef struct _PORT_WAITER {
	struct list Link;
	PIOP_PACKET Packet; /* set by who took the waiter out of the stack */
	PKTHREAD Thread;
	KEVENT Event;
} PORT_WAITER;

/* A packet that is there before it is needed, so that posting it cannot fail. */
typedef struct _IO_RESERVE {
	OBJECT Object;
	_Atomic BOOLEAN Busy;
	IOP_PACKET Packet;
} IO_RESERVE, *PIO_RESERVE;

static PIO_COMPLETION AsPort(POBJECT Object)
{
	return (PIO_COMPLETION)Object; /* checked against IoCompletionType */
}

static VOID DeletePort(POBJECT Object)
{
	PIO_COMPLETION Port = AsPort(Object);

	lk_acquire(&QueueLock);
	while (!list_empty(&Port->Workers)) {
		PKTHREAD Thread = list_first(&Port->Workers, KTHREAD, QueueEntry);

		list_del(&Thread->QueueEntry);
		__atomic_store_n(&Thread->Queue, NULL, __ATOMIC_RELEASE);
	}
	lk_release(&QueueLock);
	while (!list_empty(&Port->Packets)) {
		PIOP_PACKET Packet = list_first(&Port->Packets, IOP_PACKET, Link);

		list_del(&Packet->Link);
		Packet->Free(Packet);
	}
}

const OB_TYPE IoCompletionType = {
	.Name = "IoCompletion",
	.Size = sizeof(IO_COMPLETION),
	.ValidAccess = IO_COMPLETION_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE,
		.GenericWrite = STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = IO_COMPLETION_ALL_ACCESS,
	},
	.Delete = DeletePort,
	.DispatcherOffset = offsetof(IO_COMPLETION, Event),
};

const OB_TYPE IoReserveType = {
	.Name = "IoCompletionReserve",
	.Size = sizeof(IO_RESERVE),
	.ValidAccess = STANDARD_RIGHTS_REQUIRED | 0x3,
	.Mapping = { STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | 2, STANDARD_RIGHTS_EXECUTE,
		     STANDARD_RIGHTS_REQUIRED | 0x3 },
};

/* ---- packets ---- */

static VOID FreePacket(PIOP_PACKET Packet)
{
	mem_free(Packet);
}

PIOP_PACKET IopAllocatePacket(VOID)
{
	PIOP_PACKET Packet = mem_alloc(sizeof(*Packet));

	if (Packet)
		Packet->Free = FreePacket;
	return Packet;
}

static VOID FreeReservedPacket(PIOP_PACKET Packet)
{
	PIO_RESERVE Reserve = container_of(Packet, IO_RESERVE, Packet);

	Reserve->Busy = FALSE;
	ObDereferenceObject(&Reserve->Object);
}

/* ---- who may run; the port's lock is held ---- */

static VOID SetActive(PIO_COMPLETION Port, PKTHREAD Thread, BOOLEAN Active)
{
	if (Thread->QueueActive == Active)
		return;
	Thread->QueueActive = Active;
	Port->Running += Active ? 1 : (ULONG)-1;
}

/* The oldest packet; NULL: none. */
static PIOP_PACKET Take(PIO_COMPLETION Port)
{
	PIOP_PACKET Packet;

	if (!Port->Depth)
		return NULL;
	Packet = list_first(&Port->Packets, IOP_PACKET, Link);
	list_del(&Packet->Link);
	if (!--Port->Depth)
		KeResetEvent(&Port->Event);
	return Packet;
}

/* Gives packets to those who wait, as many as may run. */
static VOID Hand(PIO_COMPLETION Port)
{
	while (Port->Depth && Port->Running < Port->Threads && !list_empty(&Port->Waiters)) {
		PORT_WAITER *Waiter = list_first(&Port->Waiters, PORT_WAITER, Link);

		list_del(&Waiter->Link);
		Waiter->Packet = Take(Port);
		SetActive(Port, Waiter->Thread, TRUE);
		KeSetEvent(&Waiter->Event);
	}
}

VOID IopPost(PIO_COMPLETION Port, PIOP_PACKET Packet)
{
	lk_acquire(&Port->Lock);
	list_add_tail(&Port->Packets, &Packet->Link);
	if (!Port->Depth++ && (list_empty(&Port->Waiters) || Port->Running >= Port->Threads))
		KeSetEvent(&Port->Event);
	Hand(Port);
	lk_release(&Port->Lock);
}

/* QueueLock held. */
static VOID Leave(PKTHREAD Thread)
{
	PIO_COMPLETION Port = Thread->Queue;

	lk_acquire(&Port->Lock);
	SetActive(Port, Thread, FALSE);
	Hand(Port);
	lk_release(&Port->Lock);
	list_del(&Thread->QueueEntry);
	__atomic_store_n(&Thread->Queue, NULL, __ATOMIC_RELEASE);
}

/* The calling thread works for Port from now on; Thread->Queue is changed by itself only, or cleared. */
static VOID Join(PIO_COMPLETION Port, PKTHREAD Thread)
{
	if (__atomic_load_n(&Thread->Queue, __ATOMIC_ACQUIRE) == Port)
		return;
	lk_acquire(&QueueLock);
	if (Thread->Queue)
		Leave(Thread);
	Thread->QueueActive = FALSE; /* of a port that has gone */
	list_add_tail(&Port->Workers, &Thread->QueueEntry);
	__atomic_store_n(&Thread->Queue, Port, __ATOMIC_RELEASE);
	lk_release(&QueueLock);
}

static VOID ThreadChanges(PKTHREAD Thread, KQUEUE_CHANGE Change)
{
	PIO_COMPLETION Port;

	lk_acquire(&QueueLock);
	Port = Thread->Queue;
	if (Port && Change == KQueueEnds) {
		Leave(Thread);
	} else if (Port) {
		lk_acquire(&Port->Lock);
		SetActive(Port, Thread, Change == KQueueRuns);
		Hand(Port);
		lk_release(&Port->Lock);
	}
	lk_release(&QueueLock);
}

VOID IopInitPorts(VOID)
{
	KiQueueThread = ThreadChanges;
}

/* STATUS_SUCCESS: *Packet is the caller's. STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED. */
static NTSTATUS Remove(PIO_COMPLETION Port, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
		       PIOP_PACKET *Packet)
{
	PORT_WAITER Waiter = { .Packet = NULL, .Thread = KeGetCurrentThread() };
	NTSTATUS Status;

	Join(Port, Waiter.Thread);
	lk_acquire(&Port->Lock);
	SetActive(Port, Waiter.Thread, FALSE);
	*Packet = Port->Running < Port->Threads ? Take(Port) : NULL;
	if (*Packet) {
		SetActive(Port, Waiter.Thread, TRUE);
	} else {
		KeInitializeEvent(&Waiter.Event, NotificationEvent, FALSE);
		list_add(&Port->Waiters, &Waiter.Link);
	}
	lk_release(&Port->Lock);
	if (*Packet)
		return STATUS_SUCCESS;
	Status = KeWaitForSingleObject(&Waiter.Event, Alertable, Timeout);
	lk_acquire(&Port->Lock);
	list_del(&Waiter.Link);
	*Packet = Waiter.Packet; /* it may have come in the last moment */
	SetActive(Port, Waiter.Thread, TRUE);
	lk_release(&Port->Lock);
	return *Packet ? STATUS_SUCCESS : Status;
}

/* Takes it in and frees it. */
static VOID Unpack(PIOP_PACKET Packet, PVOID *Key, PVOID *Value, PIO_STATUS_BLOCK Iosb)
{
	*Key = Packet->Key;
	*Value = Packet->Value;
	*Iosb = Packet->Iosb;
	Packet->Free(Packet);
}

/* ---- files ---- */

VOID IopDereferencePort(PIO_COMPLETION Port)
{
	ObDereferenceObject(&Port->Object);
}

/* nt.md IO3. A file keeps its port for life. */
NTSTATUS IopSetCompletion(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_COMPLETION_INFORMATION *Set = Buffer;
	PIO_COMPLETION None = NULL;
	POBJECT Port;
	NTSTATUS Status;

	if (IopIsSynchronous(File))
		return STATUS_INVALID_PARAMETER;
	Status = ObReferenceObjectByHandle(Set->Port, IO_COMPLETION_MODIFY_STATE, &IoCompletionType,
					   &Port);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&File->Lock);
	if (File->Port == None) {
		File->CompletionKey = Set->Key;
		File->Port = AsPort(Port);
	} else {
		Status = STATUS_INVALID_PARAMETER;
	}
	lk_release(&File->Lock);
	if (!NT_SUCCESS(Status))
		ObDereferenceObject(Port);
	return Status;
}

NTSTATUS IopSetNotificationModes(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	ULONG Flags = ((const FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)Buffer)->Flags;

	if (Flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE |
		      FILE_SKIP_SET_USER_EVENT_ON_FAST_IO) ||
	    IopIsSynchronous(File))
		return STATUS_INVALID_PARAMETER;
	File->NotificationModes |= Flags; /* they cannot be taken back */
	return STATUS_SUCCESS;
}

/* ---- the calls ---- */

NTSTATUS NtCreateIoCompletion(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, ULONG NumberOfConcurrentThreads)
{
	NT_ENTRY(NtCreateIoCompletion, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	POBJECT Object;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status))
		Status = ObCreateObject(&IoCompletionType, &Object);
	if (NT_SUCCESS(Status)) {
		PIO_COMPLETION Port = AsPort(Object);

		KeInitializeEvent(&Port->Event, NotificationEvent, FALSE);
		Port->Threads = NumberOfConcurrentThreads ? NumberOfConcurrentThreads
							  : host_online_cpus();
		lk_init(&Port->Lock, LR_PORT);
		list_init(&Port->Packets);
		list_init(&Port->Waiters);
		list_init(&Port->Workers);
		Status = ObInsertObject(Object, ObjectAttributes, DesiredAccess, Handle);
	}
	TRACE(TR_NT, "NtCreateIoCompletion(%s) = %s", ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenIoCompletion(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			    POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenIoCompletion, .Attributes = ObjectAttributes, .Output = Handle);

	return ObOpenTraced("NtOpenIoCompletion", &IoCompletionType, Handle, DesiredAccess,
			    ObjectAttributes);
}

/* Posts Packet to Handle's port, or frees it. */
static NTSTATUS Set(HANDLE Handle, PIOP_PACKET Packet, PVOID Key, PVOID Value, NTSTATUS IoStatus,
		    ULONG_PTR Information)
{
	POBJECT Port;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, IO_COMPLETION_MODIFY_STATE,
						    &IoCompletionType, &Port);

	if (!NT_SUCCESS(Status)) {
		Packet->Free(Packet);
		return Status;
	}
	Packet->Key = Key;
	Packet->Value = Value;
	Packet->Iosb.Status = IoStatus;
	Packet->Iosb.Information = Information;
	IopPost(AsPort(Port), Packet);
	ObDereferenceObject(Port);
	return STATUS_SUCCESS;
}

NTSTATUS NtSetIoCompletion(HANDLE Port, PVOID Key, PVOID Value, NTSTATUS IoStatus,
			   ULONG_PTR Information)
{
	NT_ENTRY(NtSetIoCompletion, .Handle = Port);
	PIOP_PACKET Packet = IopAllocatePacket();
	NTSTATUS Status = Packet ? Set(Port, Packet, Key, Value, IoStatus, Information)
				 : STATUS_INSUFFICIENT_RESOURCES;

	TRACE(TR_NT, "NtSetIoCompletion(%p, %p) = %s", Port, Key, NtStatusName(Status));
	return Status;
}

NTSTATUS NtSetIoCompletionEx(HANDLE Port, HANDLE ReserveHandle, PVOID Key, PVOID Value,
			     NTSTATUS IoStatus, ULONG_PTR Information)
{
	NT_ENTRY(NtSetIoCompletionEx, .Handle = Port);
	PIO_RESERVE Reserve;
	NTSTATUS Status = ObReferenceObjectByHandle(ReserveHandle, 2, &IoReserveType,
						    (POBJECT *)&Reserve);

	if (NT_SUCCESS(Status) &&
	    atomic_exchange_explicit(&Reserve->Busy, TRUE, memory_order_acq_rel)) {
		ObDereferenceObject(&Reserve->Object);
		Status = STATUS_INVALID_PARAMETER_2;
	} else if (NT_SUCCESS(Status)) {
		Reserve->Packet.Free = FreeReservedPacket; /* gives Busy and the reference back */
		Status = Set(Port, &Reserve->Packet, Key, Value, IoStatus, Information);
	}
	TRACE(TR_NT, "NtSetIoCompletionEx(%p, %p) = %s", Port, Key, NtStatusName(Status));
	return Status;
}

NTSTATUS NtAllocateReserveObject(PHANDLE Handle, POBJECT_ATTRIBUTES ObjectAttributes,
				 MEMORY_RESERVE_TYPE Type)
{
	NT_ENTRY(NtAllocateReserveObject, .Attributes = ObjectAttributes, .Output = Handle);
	POBJECT Object;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status) && Type != MemoryReserveIoCompletion)
		Status = Type == MemoryReserveUserApc ? STATUS_NOT_IMPLEMENTED
						      : STATUS_INVALID_PARAMETER;
	if (NT_SUCCESS(Status))
		Status = ObCreateObject(&IoReserveType, &Object);
	if (NT_SUCCESS(Status))
		Status = ObInsertObject(Object, ObjectAttributes, 0x3, Handle);
	TRACE(TR_NT, "NtAllocateReserveObject() = %s", NtStatusName(Status));
	return Status;
}

NTSTATUS NtRemoveIoCompletion(HANDLE Handle, PVOID *Key, PVOID *Value, PIO_STATUS_BLOCK Iosb,
			      PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtRemoveIoCompletion, .Handle = Handle);
	PIOP_PACKET Packet;
	POBJECT Port;
	NTSTATUS Status = IopProbeAnswer(Iosb, Key, sizeof(*Key), 1);

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Value, sizeof(*Value), 1);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, IO_COMPLETION_MODIFY_STATE,
						   &IoCompletionType, &Port);
	if (NT_SUCCESS(Status)) {
		Status = Remove(AsPort(Port), FALSE, Timeout, &Packet);
		ObDereferenceObject(Port);
		if (Status == STATUS_SUCCESS)
			Unpack(Packet, Key, Value, Iosb);
	}
	TRACE(TR_NT, "NtRemoveIoCompletion(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

/* The first packet may be waited for; as many more as there are come with it. */
static ULONG RemoveMore(PIO_COMPLETION Port, FILE_IO_COMPLETION_INFORMATION *Information,
			ULONG Count, PIOP_PACKET Packet)
{
	struct list Taken = LIST_INIT(Taken);
	ULONG n = 0;

	list_add_tail(&Taken, &Packet->Link);
	lk_acquire(&Port->Lock);
	while (++n < Count && (Packet = Take(Port)))
		list_add_tail(&Taken, &Packet->Link);
	lk_release(&Port->Lock);
	for (n = 0; !list_empty(&Taken); n++) {
		Packet = list_first(&Taken, IOP_PACKET, Link);
		list_del(&Packet->Link);
		Unpack(Packet, &Information[n].KeyContext, &Information[n].ApcContext,
		       &Information[n].IoStatusBlock);
	}
	return n;
}

NTSTATUS NtRemoveIoCompletionEx(HANDLE Handle, FILE_IO_COMPLETION_INFORMATION *Information,
				ULONG Count, PULONG Removed, PLARGE_INTEGER Timeout,
				BOOLEAN Alertable)
{
	NT_ENTRY(NtRemoveIoCompletionEx, .Handle = Handle);
	PIOP_PACKET Packet;
	POBJECT Port;
	NTSTATUS Status = Count ? ProbeForWrite(Removed, sizeof(*Removed), 1)
				: STATUS_INVALID_PARAMETER;

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Information, (SIZE_T)Count * sizeof(*Information), 1);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, IO_COMPLETION_MODIFY_STATE,
						   &IoCompletionType, &Port);
	if (NT_SUCCESS(Status)) {
		Status = Remove(AsPort(Port), Alertable, Timeout, &Packet);
		*Removed = Status == STATUS_SUCCESS
				   ? RemoveMore(AsPort(Port), Information, Count, Packet)
				   : 1; /* nt.md IO2: also when there was none */
		ObDereferenceObject(Port);
		if (Status == STATUS_USER_APC)
			KeDeliverUserApcs();
	}
	TRACE(TR_NT, "NtRemoveIoCompletionEx(%p, %u) = %s, %u", Handle, (unsigned)Count,
	      NtStatusName(Status), NT_SUCCESS(Status) ? (unsigned)*Removed : 0);
	return Status;
}

NTSTATUS NtQueryIoCompletion(HANDLE Handle, IO_COMPLETION_INFORMATION_CLASS Class, PVOID Buffer,
			     ULONG Length, PULONG ReturnLength)
{
	NT_ENTRY(NtQueryIoCompletion, .Handle = Handle);
	IO_COMPLETION_BASIC_INFORMATION *Basic = Buffer;
	POBJECT Port;
	NTSTATUS Status;

	if (Class != IoCompletionBasicInformation)
		Status = STATUS_INVALID_INFO_CLASS;
	else if (Length != sizeof(*Basic))
		Status = STATUS_INFO_LENGTH_MISMATCH;
	else
		Status = ProbeForWrite(Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status) && ReturnLength)
		Status = ProbeForWrite(ReturnLength, sizeof(*ReturnLength), 1);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, IO_COMPLETION_QUERY_STATE,
						   &IoCompletionType, &Port);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&AsPort(Port)->Lock);
		Basic->Depth = (LONG)AsPort(Port)->Depth;
		lk_release(&AsPort(Port)->Lock);
		if (ReturnLength)
			*ReturnLength = sizeof(*Basic);
		ObDereferenceObject(Port);
	}
	TRACE(TR_NT, "NtQueryIoCompletion(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
