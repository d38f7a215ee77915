/* SPDX-License-Identifier: MIT */
/* kesem.c - semaphores. nt.md SY3. */
#include "kep.h"
#include <string.h>

typedef struct _SEMAPHORE_OBJECT {
	OBJECT Object;
	KSEMAPHORE Semaphore;
} SEMAPHORE_OBJECT;

const OB_TYPE KeSemaphoreType = {
	.Name = "Semaphore",
	.Size = sizeof(SEMAPHORE_OBJECT),
	.ValidAccess = SEMAPHORE_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | SEMAPHORE_QUERY_STATE,
		.GenericWrite = STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = SEMAPHORE_ALL_ACCESS,
	},
	.DispatcherOffset = offsetof(SEMAPHORE_OBJECT, Semaphore),
};

static NTSTATUS CreateSemaphore(PHANDLE Handle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes, LONG Initial, LONG Maximum)
{
	SEMAPHORE_OBJECT *Semaphore;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Maximum <= 0 || Initial < 0 || Initial > Maximum)
		return STATUS_INVALID_PARAMETER;
	Status = ObCreateObject(&KeSemaphoreType, (POBJECT *)&Semaphore);
	if (!NT_SUCCESS(Status))
		return Status;
	KiInitializeHeader(&Semaphore->Semaphore.Header, SemaphoreObject, Initial);
	Semaphore->Semaphore.Limit = Maximum;
	return ObInsertObject(&Semaphore->Object, ObjectAttributes, DesiredAccess, Handle);
}

NTSTATUS NtCreateSemaphore(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			   POBJECT_ATTRIBUTES ObjectAttributes, LONG Initial, LONG Maximum)
{
	NT_ENTRY(NtCreateSemaphore, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateSemaphore(Handle, DesiredAccess, ObjectAttributes, Initial,
					  Maximum);

	TRACE(TR_NT, "NtCreateSemaphore(%s, %d of %d) = %s", ObTraceName(ObjectAttributes, Name),
	      (int)Initial, (int)Maximum, NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenSemaphore(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			 POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenSemaphore, .Attributes = ObjectAttributes, .Output = Handle);
	return ObOpenTraced("NtOpenSemaphore", &KeSemaphoreType, Handle, DesiredAccess,
			    ObjectAttributes);
}

NTSTATUS KiReleaseSemaphore(PKSEMAPHORE Semaphore, LONG Count, KI_WAKES *Wakes)
{
	if (Count > Semaphore->Limit - Semaphore->Header.SignalState)
		return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
	Semaphore->Header.SignalState += Count;
	KiWaitTest(&Semaphore->Header, Wakes);
	return STATUS_SUCCESS;
}

static NTSTATUS ReleaseSemaphore(PKSEMAPHORE Semaphore, LONG Count, PLONG PreviousCount)
{
	NTSTATUS Status;
	KI_WAKES Wakes;
	LONG Previous;

	KiLock(&Wakes);
	Previous = Semaphore->Header.SignalState;
	Status = KiReleaseSemaphore(Semaphore, Count, &Wakes);
	KiUnlock(&Wakes);
	if (NT_SUCCESS(Status) && PreviousCount)
		*PreviousCount = Previous;
	return Status;
}

NTSTATUS NtReleaseSemaphore(HANDLE Handle, LONG Count, PLONG PreviousCount)
{
	NT_ENTRY(NtReleaseSemaphore, .Handle = Handle);
	POBJECT Object;
	PVOID Semaphore;
	NTSTATUS Status = ProbeForWriteOptional(PreviousCount, sizeof(*PreviousCount));

	if (NT_SUCCESS(Status) && Count <= 0)
		Status = STATUS_INVALID_PARAMETER;
	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, SEMAPHORE_MODIFY_STATE, &KeSemaphoreType, &Object,
					 &Semaphore);
	if (NT_SUCCESS(Status)) {
		Status = ReleaseSemaphore(Semaphore, Count, PreviousCount);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtReleaseSemaphore(%p, %d) = %s", Handle, (int)Count, NtStatusName(Status));
	return Status;
}

NTSTATUS NtQuerySemaphore(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
			  PULONG ReturnLength)
{
	NT_ENTRY(NtQuerySemaphore, .Handle = Handle);
	SEMAPHORE_BASIC_INFORMATION Info;
	PKSEMAPHORE Semaphore;
	POBJECT Object;
	KI_WAKES Wakes;
	NTSTATUS Status = KiCheckQuery(Class, Buffer, Length, sizeof(Info), ReturnLength);

	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, SEMAPHORE_QUERY_STATE, &KeSemaphoreType, &Object,
					 (PVOID *)&Semaphore);
	if (NT_SUCCESS(Status)) {
		KiLock(&Wakes);
		Info.CurrentCount = (ULONG)Semaphore->Header.SignalState;
		Info.MaximumCount = (ULONG)Semaphore->Limit;
		KiUnlock(&Wakes);
		memcpy(Buffer, &Info, sizeof(Info));
		if (ReturnLength)
			*ReturnLength = sizeof(Info);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQuerySemaphore(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
