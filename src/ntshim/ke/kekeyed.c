/* SPDX-License-Identifier: MIT */
/*
 * kekeyed.c - keyed events: a wait and a release of one key let each other go. nt.md SY11.
 *
 * Whoever comes first stands in one of two lists, with an event on its own stack; whoever comes second
 * takes the first match out and sets that event. Nothing is remembered when nobody stands there.
 */
#include "kep.h"

enum { WAITERS, RELEASERS };

typedef struct _KEYED_EVENT {
	OBJECT Object;
	struct list Standing[2]; /* of STANDING.Entry; the dispatcher lock */
} KEYED_EVENT;

typedef struct _STANDING {
	struct list Entry;
	PVOID Key;
	KEVENT Met;
} STANDING;

const OB_TYPE KeKeyedEventType = {
	.Name = "KeyedEvent",
	.Size = sizeof(KEYED_EVENT),
	.ValidAccess = KEYEDEVENT_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | KEYEDEVENT_WAIT,
		.GenericWrite = STANDARD_RIGHTS_WRITE | KEYEDEVENT_WAKE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE,
		.GenericAll = KEYEDEVENT_ALL_ACCESS,
	},
};

/* What a NULL handle means. Only its lists are used. */
static KEYED_EVENT Common = {
	.Standing = { LIST_INIT(Common.Standing[0]), LIST_INIT(Common.Standing[1]) },
};

static NTSTATUS CreateKeyedEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess,
				 POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags)
{
	KEYED_EVENT *Keyed;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Flags)
		return STATUS_INVALID_PARAMETER_4;
	Status = ObCreateObject(&KeKeyedEventType, (POBJECT *)&Keyed);
	if (!NT_SUCCESS(Status))
		return Status;
	list_init(&Keyed->Standing[WAITERS]);
	list_init(&Keyed->Standing[RELEASERS]);
	return ObInsertObject(&Keyed->Object, ObjectAttributes, DesiredAccess, Handle);
}

NTSTATUS NtCreateKeyedEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			    POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags)
{
	NT_ENTRY(NtCreateKeyedEvent, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateKeyedEvent(Handle, DesiredAccess, ObjectAttributes, Flags);

	TRACE(TR_NT, "NtCreateKeyedEvent(%s) = %s", ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenKeyedEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			  POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenKeyedEvent, .Attributes = ObjectAttributes, .Output = Handle);
	return ObOpenTraced("NtOpenKeyedEvent", &KeKeyedEventType, Handle, DesiredAccess,
			    ObjectAttributes);
}

/* Lets the one who has stood longest among Others for Key go. The lock is held. */
static BOOLEAN MeetOther(struct list *Others, PVOID Key, KI_WAKES *Wakes)
{
	STANDING *Other;

	list_for_each(Other, Others, Entry)
		if (Other->Key == Key) {
			list_del(&Other->Entry);
			KiSetEvent(&Other->Met, Wakes);
			return TRUE;
		}
	return FALSE;
}

/* Side: where the caller stands if nobody stands on the other one. */
static NTSTATUS Meet(KEYED_EVENT *Keyed, int Side, PVOID Key, BOOLEAN Alertable,
		     PLARGE_INTEGER Timeout)
{
	STANDING Self = { .Key = Key };
	BOOLEAN Met, Left;
	NTSTATUS Status;
	KI_WAKES Wakes;

	KeInitializeEvent(&Self.Met, NotificationEvent, FALSE);
	KiLock(&Wakes);
	Met = MeetOther(&Keyed->Standing[!Side], Key, &Wakes);
	if (!Met)
		list_add_tail(&Keyed->Standing[Side], &Self.Entry);
	KiUnlock(&Wakes);
	if (Met)
		return STATUS_SUCCESS;
	Status = KeWaitForSingleObject(&Self.Met, Alertable, Timeout);
	if (Status == STATUS_SUCCESS)
		return Status;
	KiLock(&Wakes);
	Left = !list_empty(&Self.Entry);
	list_del(&Self.Entry);
	KiUnlock(&Wakes);
	return Left ? Status : STATUS_SUCCESS; /* the other one came at the last moment */
}

static NTSTATUS MeetByHandle(const char *Call, HANDLE Handle, ACCESS_MASK Access, int Side,
			     PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	POBJECT Object = &Common.Object;
	NTSTATUS Status = STATUS_SUCCESS;

	if ((ULONG_PTR)Key & 1)
		Status = STATUS_INVALID_PARAMETER_1;
	else
		Status = KiProbeTimeout(Timeout);
	if (NT_SUCCESS(Status) && Handle)
		Status = ObReferenceObjectByHandle(Handle, Access, &KeKeyedEventType, &Object);
	if (NT_SUCCESS(Status)) {
		Status = Meet((KEYED_EVENT *)Object, Side, Key, Alertable, Timeout);
		if (Handle)
			ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "%s(%p, %p) = %s", Call, Handle, Key, NtStatusName(Status));
	return KiLeaveWait(Status);
}

NTSTATUS NtWaitForKeyedEvent(HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtWaitForKeyedEvent, .Handle = Handle);
	return MeetByHandle("NtWaitForKeyedEvent", Handle, KEYEDEVENT_WAIT, WAITERS, Key, Alertable,
			    Timeout);
}

NTSTATUS NtReleaseKeyedEvent(HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtReleaseKeyedEvent, .Handle = Handle);
	return MeetByHandle("NtReleaseKeyedEvent", Handle, KEYEDEVENT_WAKE, RELEASERS, Key,
			    Alertable, Timeout);
}
