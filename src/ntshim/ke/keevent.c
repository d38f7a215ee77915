/* SPDX-License-Identifier: MIT */
/* keevent.c - events, and what the handle calls of all dispatcher objects share. nt.md SY1, SY4. */
#include "kep.h"
#include <string.h>

typedef struct _EVENT_OBJECT {
	OBJECT Object;
	KEVENT Event;
} EVENT_OBJECT;

const OB_TYPE KeEventType = {
	.Name = "Event",
	.Size = sizeof(EVENT_OBJECT),
	.ValidAccess = EVENT_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
		.GenericWrite = STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = EVENT_ALL_ACCESS,
	},
	.DispatcherOffset = offsetof(EVENT_OBJECT, Event),
};

NTSTATUS KiReferenceBody(HANDLE Handle, ACCESS_MASK Access, const OB_TYPE *Type, POBJECT *Object,
			 PVOID *Body)
{
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, Type, Object);

	*Body = NT_SUCCESS(Status) ? KiBody(*Object) : NULL;
	return Status;
}

NTSTATUS KiCheckQuery(ULONG Class, PVOID Buffer, ULONG Length, ULONG Size, PULONG ReturnLength)
{
	NTSTATUS Status;

	if (Class != 0)
		return STATUS_INVALID_INFO_CLASS;
	if (Length != Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = ProbeForWrite(Buffer, Length, sizeof(ULONG));
	return NT_SUCCESS(Status) ? ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength))
				  : Status;
}

/* ---- kernel side ---- */

VOID KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
	KOBJECT_KIND Kind = Type == NotificationEvent ? EventNotificationObject
						      : EventSynchronizationObject;

	KiInitializeHeader(&Event->Header, Kind, State ? 1 : 0);
}

VOID KiSetEvent(PKEVENT Event, KI_WAKES *Wakes)
{
	LONG Previous = Event->Header.SignalState;

	Event->Header.SignalState = 1;
	if (!Previous)
		KiWaitTest(&Event->Header, Wakes);
}

LONG KeSetEvent(PKEVENT Event)
{
	KI_WAKES Wakes;
	LONG Previous;

	KiLock(&Wakes);
	Previous = Event->Header.SignalState;
	KiSetEvent(Event, &Wakes);
	KiUnlock(&Wakes);
	return Previous;
}

LONG KeResetEvent(PKEVENT Event)
{
	KI_WAKES Wakes;
	LONG Previous;

	KiLock(&Wakes);
	Previous = Event->Header.SignalState;
	Event->Header.SignalState = 0;
	KiUnlock(&Wakes);
	return Previous;
}

VOID KeClearEvent(PKEVENT Event)
{
	KeResetEvent(Event);
}

LONG KeReadStateEvent(PKEVENT Event)
{
	KI_WAKES Wakes;
	LONG State;

	KiLock(&Wakes);
	State = Event->Header.SignalState;
	KiUnlock(&Wakes);
	return State;
}

/* Set and reset in one: only those who wait now are let through. */
static LONG PulseEvent(PKEVENT Event)
{
	KI_WAKES Wakes;
	LONG Previous;

	KiLock(&Wakes);
	Previous = Event->Header.SignalState;
	KiSetEvent(Event, &Wakes);
	Event->Header.SignalState = 0;
	KiUnlock(&Wakes);
	return Previous;
}

/* ---- handles ---- */

static NTSTATUS CreateEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			    POBJECT_ATTRIBUTES ObjectAttributes, ULONG EventType,
			    BOOLEAN InitialState)
{
	EVENT_OBJECT *Event;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (!NT_SUCCESS(Status))
		return Status;
	if (EventType != NotificationEvent && EventType != SynchronizationEvent)
		return STATUS_INVALID_PARAMETER;
	Status = ObCreateObject(&KeEventType, (POBJECT *)&Event);
	if (!NT_SUCCESS(Status))
		return Status;
	KeInitializeEvent(&Event->Event, (EVENT_TYPE)EventType, InitialState);
	return ObInsertObject(&Event->Object, ObjectAttributes, DesiredAccess, Handle);
}

NTSTATUS NtCreateEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess,
		       POBJECT_ATTRIBUTES ObjectAttributes, ULONG EventType, BOOLEAN InitialState)
{
	NT_ENTRY(NtCreateEvent, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateEvent(Handle, DesiredAccess, ObjectAttributes, EventType,
				      InitialState);

	TRACE(TR_NT, "NtCreateEvent(%s, type=%u, state=%u) = %s",
	      ObTraceName(ObjectAttributes, Name), (unsigned)EventType, InitialState,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenEvent, .Attributes = ObjectAttributes, .Output = Handle);
	return ObOpenTraced("NtOpenEvent", &KeEventType, Handle, DesiredAccess, ObjectAttributes);
}

/* The common part of the calls that change an event and may tell its state before. */
static NTSTATUS ChangeEvent(const char *Call, HANDLE Handle, LONG (*Change)(PKEVENT),
			    PLONG PreviousState)
{
	POBJECT Object;
	PVOID Event;
	NTSTATUS Status = ProbeForWriteOptional(PreviousState, sizeof(*PreviousState));

	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, EVENT_MODIFY_STATE, &KeEventType, &Object, &Event);
	if (NT_SUCCESS(Status)) {
		LONG Previous = Change(Event);

		if (PreviousState)
			*PreviousState = Previous;
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "%s(%p) = %s", Call, Handle, NtStatusName(Status));
	return Status;
}

NTSTATUS NtSetEvent(HANDLE Handle, PLONG PreviousState)
{
	NT_ENTRY(NtSetEvent, .Handle = Handle);
	return ChangeEvent("NtSetEvent", Handle, KeSetEvent, PreviousState);
}

NTSTATUS NtResetEvent(HANDLE Handle, PLONG PreviousState)
{
	NT_ENTRY(NtResetEvent, .Handle = Handle);
	return ChangeEvent("NtResetEvent", Handle, KeResetEvent, PreviousState);
}

NTSTATUS NtPulseEvent(HANDLE Handle, PLONG PreviousState)
{
	NT_ENTRY(NtPulseEvent, .Handle = Handle);
	return ChangeEvent("NtPulseEvent", Handle, PulseEvent, PreviousState);
}

NTSTATUS NtClearEvent(HANDLE Handle)
{
	NT_ENTRY(NtClearEvent, .Handle = Handle);
	return ChangeEvent("NtClearEvent", Handle, KeResetEvent, NULL);
}

NTSTATUS NtQueryEvent(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
	NT_ENTRY(NtQueryEvent, .Handle = Handle);
	EVENT_BASIC_INFORMATION Info;
	POBJECT Object;
	PKEVENT Event;
	NTSTATUS Status = KiCheckQuery(Class, Buffer, Length, sizeof(Info), ReturnLength);

	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, EVENT_QUERY_STATE, &KeEventType, &Object,
					 (PVOID *)&Event);
	if (NT_SUCCESS(Status)) {
		Info.EventType = Event->Header.Kind == EventNotificationObject
					 ? NotificationEvent
					 : SynchronizationEvent;
		Info.EventState = KeReadStateEvent(Event);
		memcpy(Buffer, &Info, sizeof(Info));
		if (ReturnLength)
			*ReturnLength = sizeof(Info);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQueryEvent(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
