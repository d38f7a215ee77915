/* SPDX-License-Identifier: MIT */
/* kemutant.c - mutants: owned by a thread, recursive, abandoned when the owner ends. nt.md SY2. */
#include "kep.h"
#include <string.h>

typedef struct _MUTANT_OBJECT {
	OBJECT Object;
	KMUTANT Mutant;
} MUTANT_OBJECT;

static VOID DeleteMutant(POBJECT Object);

const OB_TYPE KeMutantType = {
	.Name = "Mutant",
	.Size = sizeof(MUTANT_OBJECT),
	.ValidAccess = MUTANT_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE,
		.GenericWrite = STANDARD_RIGHTS_WRITE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = MUTANT_ALL_ACCESS,
	},
	.Delete = DeleteMutant,
	.DispatcherOffset = offsetof(MUTANT_OBJECT, Mutant),
};

static VOID DeleteMutant(POBJECT Object)
{
	KI_WAKES Wakes;

	KiLock(&Wakes);
	list_del(&((MUTANT_OBJECT *)Object)->Mutant.MutantListEntry); /* from its owner's list */
	KiUnlock(&Wakes);
}

VOID KiFreeMutant(PKMUTANT Mutant, BOOLEAN Abandoned, KI_WAKES *Wakes)
{
	list_del(&Mutant->MutantListEntry);
	Mutant->OwnerThread = NULL;
	Mutant->Abandoned = Abandoned;
	Mutant->Header.SignalState = 1;
	KiWaitTest(&Mutant->Header, Wakes);
}

static NTSTATUS CreateMutant(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			     POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner)
{
	PKTHREAD Thread = KeGetCurrentThread();
	MUTANT_OBJECT *Mutant;
	KI_WAKES Wakes;
	NTSTATUS Status = ObCreateObject(&KeMutantType, (POBJECT *)&Mutant);

	if (!NT_SUCCESS(Status))
		return Status;
	KiInitializeHeader(&Mutant->Mutant.Header, MutantObject, InitialOwner ? 0 : 1);
	list_init(&Mutant->Mutant.MutantListEntry);
	if (InitialOwner) {
		KiLock(&Wakes);
		Mutant->Mutant.OwnerThread = Thread;
		list_add(&Thread->MutantListHead, &Mutant->Mutant.MutantListEntry);
		KiUnlock(&Wakes);
	}
	return ObInsertObject(&Mutant->Object, ObjectAttributes, DesiredAccess, Handle);
}

NTSTATUS NtCreateMutant(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner)
{
	NT_ENTRY(NtCreateMutant, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateMutant(Handle, DesiredAccess, ObjectAttributes, InitialOwner);

	TRACE(TR_NT, "NtCreateMutant(%s, owner=%u) = %s", ObTraceName(ObjectAttributes, Name),
	      InitialOwner, NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenMutant(PHANDLE Handle, ACCESS_MASK DesiredAccess,
		      POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenMutant, .Attributes = ObjectAttributes, .Output = Handle);
	return ObOpenTraced("NtOpenMutant", &KeMutantType, Handle, DesiredAccess, ObjectAttributes);
}

NTSTATUS KiReleaseMutant(PKMUTANT Mutant, PKTHREAD Thread, KI_WAKES *Wakes)
{
	if (Mutant->OwnerThread != Thread)
		return STATUS_MUTANT_NOT_OWNED;
	if (Mutant->Header.SignalState < 0)
		Mutant->Header.SignalState++;
	else
		KiFreeMutant(Mutant, FALSE, Wakes);
	return STATUS_SUCCESS;
}

static NTSTATUS ReleaseMutant(PKMUTANT Mutant, PLONG PreviousCount)
{
	PKTHREAD Thread = KeGetCurrentThread(); /* before the lock: may make a thread object */
	NTSTATUS Status;
	KI_WAKES Wakes;
	LONG Previous;

	KiLock(&Wakes);
	Previous = Mutant->Header.SignalState;
	Status = KiReleaseMutant(Mutant, Thread, &Wakes);
	KiUnlock(&Wakes);
	if (NT_SUCCESS(Status) && PreviousCount)
		*PreviousCount = Previous;
	return Status;
}

NTSTATUS NtReleaseMutant(HANDLE Handle, PLONG PreviousCount)
{
	NT_ENTRY(NtReleaseMutant, .Handle = Handle);
	POBJECT Object;
	PVOID Mutant;
	NTSTATUS Status = ProbeForWriteOptional(PreviousCount, sizeof(*PreviousCount));

	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, 0, &KeMutantType, &Object, &Mutant);
	if (NT_SUCCESS(Status)) {
		Status = ReleaseMutant(Mutant, PreviousCount);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtReleaseMutant(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

static MUTANT_BASIC_INFORMATION ReadMutant(PKMUTANT Mutant)
{
	MUTANT_BASIC_INFORMATION Info = { 0 };
	PKTHREAD Thread = KeGetCurrentThread();
	KI_WAKES Wakes;

	KiLock(&Wakes);
	Info.CurrentCount = Mutant->Header.SignalState;
	Info.OwnedByCaller = Mutant->OwnerThread == Thread;
	Info.AbandonedState = Mutant->Abandoned;
	KiUnlock(&Wakes);
	return Info;
}

NTSTATUS NtQueryMutant(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
	NT_ENTRY(NtQueryMutant, .Handle = Handle);
	POBJECT Object;
	PVOID Mutant;
	NTSTATUS Status = KiCheckQuery(Class, Buffer, Length, sizeof(MUTANT_BASIC_INFORMATION),
				       ReturnLength);

	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, MUTANT_QUERY_STATE, &KeMutantType, &Object,
					 &Mutant);
	if (NT_SUCCESS(Status)) {
		MUTANT_BASIC_INFORMATION Info = ReadMutant(Mutant);

		memcpy(Buffer, &Info, sizeof(Info));
		if (ReturnLength)
			*ReturnLength = sizeof(Info);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQueryMutant(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
