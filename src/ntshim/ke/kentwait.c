/* SPDX-License-Identifier: MIT */
/* kentwait.c - waits on handles. nt.md SY5..SY9. */
#include "kep.h"

/* Returns a reference to what Handle names, if it can be waited on by this handle. */
static NTSTATUS ReferenceWaitable(HANDLE Handle, POBJECT *Object)
{
	ACCESS_MASK Granted;
	NTSTATUS Status = ObReferenceHandle(Handle, Object, &Granted);

	if (!NT_SUCCESS(Status))
		return Status;
	if (!(Granted & SYNCHRONIZE))
		Status = STATUS_ACCESS_DENIED;
	else if (!(*Object)->Type->DispatcherOffset)
		Status = STATUS_OBJECT_TYPE_MISMATCH;
	if (!NT_SUCCESS(Status))
		ObDereferenceObject(*Object);
	return Status;
}

NTSTATUS NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtWaitForSingleObject, .Handle = Handle);
	POBJECT Object;
	NTSTATUS Status = KiProbeTimeout(Timeout);

	if (NT_SUCCESS(Status))
		Status = ReferenceWaitable(Handle, &Object);
	if (NT_SUCCESS(Status)) {
		Status = KeWaitForSingleObject(KiBody(Object), Alertable, Timeout);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtWaitForSingleObject(%p) = %s", Handle, NtStatusName(Status));
	return KiLeaveWait(Status);
}

/* Returns a reference to what Handle names, if it can be signalled by this handle. */
static NTSTATUS ReferenceSignallable(HANDLE Handle, POBJECT *Object)
{
	static const struct {
		const OB_TYPE *Type;
		ACCESS_MASK Access;
	} Kinds[] = {
		{ &KeEventType, EVENT_MODIFY_STATE },
		{ &KeMutantType, 0 },
		{ &KeSemaphoreType, SEMAPHORE_MODIFY_STATE },
	};
	ACCESS_MASK Granted;
	NTSTATUS Status = ObReferenceHandle(Handle, Object, &Granted);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = STATUS_OBJECT_TYPE_MISMATCH;
	for (size_t i = 0; i < sizeof(Kinds) / sizeof(Kinds[0]); i++)
		if ((*Object)->Type == Kinds[i].Type)
			Status = Kinds[i].Access & ~Granted ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
	if (!NT_SUCCESS(Status))
		ObDereferenceObject(*Object);
	return Status;
}

NTSTATUS NtSignalAndWaitForSingleObject(HANDLE ObjectToSignal, HANDLE ObjectToWaitOn,
					BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtSignalAndWaitForSingleObject, .Handle = ObjectToSignal);
	POBJECT Signal, Object;
	NTSTATUS Status = KiProbeTimeout(Timeout);

	if (NT_SUCCESS(Status))
		Status = ReferenceSignallable(ObjectToSignal, &Signal);
	if (NT_SUCCESS(Status)) {
		Status = ReferenceWaitable(ObjectToWaitOn, &Object);
		if (NT_SUCCESS(Status)) {
			Status = KiSignalAndWait(KiBody(Signal), KiBody(Object), Alertable,
						 Timeout);
			ObDereferenceObject(Object);
		}
		ObDereferenceObject(Signal);
	}
	TRACE(TR_NT, "NtSignalAndWaitForSingleObject(%p, %p) = %s", ObjectToSignal, ObjectToWaitOn,
	      NtStatusName(Status));
	return KiLeaveWait(Status);
}

static BOOLEAN HasDuplicates(ULONG Count, PVOID const Bodies[])
{
	for (ULONG i = 1; i < Count; i++)
		for (ULONG j = 0; j < i; j++)
			if (Bodies[i] == Bodies[j])
				return TRUE;
	return FALSE;
}

static NTSTATUS WaitForMultiple(ULONG Count, const HANDLE *Handles, ULONG Type, BOOLEAN Alertable,
				PLARGE_INTEGER Timeout)
{
	POBJECT Objects[MAXIMUM_WAIT_OBJECTS];
	PVOID Bodies[MAXIMUM_WAIT_OBJECTS];
	NTSTATUS Status = STATUS_SUCCESS;
	ULONG Referenced;

	if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
		return STATUS_INVALID_PARAMETER_1;
	if (Type != WaitAll && Type != WaitAny)
		return STATUS_INVALID_PARAMETER_3;
	Status = KiProbeTimeout(Timeout);
	if (NT_SUCCESS(Status))
		Status = ProbeForRead(Handles, Count * sizeof(*Handles), sizeof(HANDLE));
	if (!NT_SUCCESS(Status))
		return Status;
	for (Referenced = 0; Referenced < Count; Referenced++) {
		Status = ReferenceWaitable(Handles[Referenced], &Objects[Referenced]);
		if (!NT_SUCCESS(Status))
			goto out;
		Bodies[Referenced] = KiBody(Objects[Referenced]);
	}
	if (Type == WaitAll && HasDuplicates(Count, Bodies))
		Status = STATUS_INVALID_PARAMETER_MIX;
	else
		Status = KeWaitForMultipleObjects(Count, Bodies, (WAIT_TYPE)Type, Alertable,
						  Timeout);
out:
	while (Referenced--)
		ObDereferenceObject(Objects[Referenced]);
	return Status;
}

NTSTATUS NtWaitForMultipleObjects(ULONG Count, const HANDLE *Handles, ULONG WaitType,
				  BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	NT_ENTRY(NtWaitForMultipleObjects);
	NTSTATUS Status = WaitForMultiple(Count, Handles, WaitType, Alertable, Timeout);

	TRACE(TR_NT, "NtWaitForMultipleObjects(%u, %s) = %s", (unsigned)Count,
	      WaitType == WaitAll ? "all" : "any", NtStatusName(Status));
	return KiLeaveWait(Status);
}

NTSTATUS NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
	NT_ENTRY(NtDelayExecution);
	NTSTATUS Status = ProbeForRead(Interval, sizeof(*Interval), sizeof(ULONG));

	if (NT_SUCCESS(Status))
		Status = KeDelayExecutionThread(Alertable, Interval);
	TRACE(TR_NT, "NtDelayExecution(%p) = %s", (const VOID *)Interval, NtStatusName(Status));
	return KiLeaveWait(Status);
}

NTSTATUS NtYieldExecution(void)
{
	NT_ENTRY(NtYieldExecution);
	host_yield();
	return STATUS_SUCCESS;
}
