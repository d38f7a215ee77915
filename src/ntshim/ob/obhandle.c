/* SPDX-License-Identifier: MIT */
/*
 * obhandle.c - the handle table: one for the whole process, as the supervisor is one NT process.
 *
 * A handle is (index + 1) * 4 (nt.md OM1). Entries live in chunks that are never moved nor freed, so
 * that a handle is looked up without a table lock: chunk pointer, entry, the entry's own lock, take a
 * reference. TableLock guards only the list of free entries and growth; no thread holds it and an
 * entry's lock together.
 */
#include "obp.h"
#include "nt/rtl.h"
#include "nt/ps.h"
#include "base/alloc.h"
#include "nt/se.h"
#include <stdatomic.h>

#define CHUNK_ENTRIES 1024u
#define MAX_CHUNKS    4096u

typedef struct _HANDLE_ENTRY {
	struct lk Lock;
	ULONG Attributes;
	union {
		ACCESS_MASK GrantedAccess; /* Lock */
		ULONG NextFree;            /* TableLock; index + 1, 0 ends the list */
	};
	POBJECT Object; /* Lock; NULL: free */
} HANDLE_ENTRY;

static struct lk TableLock = LK_INIT(HANDLES);
static _Atomic(HANDLE_ENTRY *) Chunks[MAX_CHUNKS];
static ULONG ChunkCount, FirstFree, HandleCount; /* TableLock */

static HANDLE_ENTRY *EntryAt(ULONG Index)
{
	HANDLE_ENTRY *Chunk = Index / CHUNK_ENTRIES < MAX_CHUNKS
				      ? atomic_load_explicit(&Chunks[Index / CHUNK_ENTRIES],
							     memory_order_acquire)
				      : NULL;

	return Chunk ? &Chunk[Index % CHUNK_ENTRIES] : NULL;
}

/* NULL if no entry was ever made for Handle. */
static HANDLE_ENTRY *EntryOf(HANDLE Handle, PULONG Index)
{
	ULONG_PTR Number = (ULONG_PTR)Handle / 4; /* drops the two bits that are the caller's */

	if (Number == 0 || Number > CHUNK_ENTRIES * MAX_CHUNKS)
		return NULL;
	*Index = (ULONG)Number - 1;
	return EntryAt(*Index);
}

/* TableLock held. */
static BOOLEAN GrowTable(void)
{
	HANDLE_ENTRY *Chunk;

	if (ChunkCount == MAX_CHUNKS)
		return FALSE;
	Chunk = mem_alloc(CHUNK_ENTRIES * sizeof(*Chunk));
	if (!Chunk)
		return FALSE;
	for (ULONG i = 0; i < CHUNK_ENTRIES; i++) {
		lk_init(&Chunk[i].Lock, LR_HANDLES);
		Chunk[i].NextFree = i + 1 < CHUNK_ENTRIES ? ChunkCount * CHUNK_ENTRIES + i + 2 : 0;
	}
	FirstFree = ChunkCount * CHUNK_ENTRIES + 1;
	atomic_store_explicit(&Chunks[ChunkCount++], Chunk, memory_order_release);
	return TRUE;
}

static HANDLE_ENTRY *AllocateEntry(PULONG Index)
{
	HANDLE_ENTRY *Entry = NULL;

	lk_acquire(&TableLock);
	if (FirstFree || GrowTable()) {
		*Index = FirstFree - 1;
		Entry = EntryAt(*Index);
		FirstFree = Entry->NextFree;
		HandleCount++;
	}
	lk_release(&TableLock);
	return Entry;
}

static VOID FreeEntry(HANDLE_ENTRY *Entry, ULONG Index)
{
	lk_acquire(&TableLock);
	Entry->NextFree = FirstFree;
	FirstFree = Index + 1;
	HandleCount--;
	lk_release(&TableLock);
}

VOID ObEnumerateHandles(BOOLEAN (*Routine)(POBJECT Object, PVOID Context), PVOID Context)
{
	BOOLEAN More = TRUE;
	HANDLE_ENTRY *Entry;
	POBJECT Object;

	for (ULONG i = 0; More && (Entry = EntryAt(i)); i++) {
		lk_acquire(&Entry->Lock);
		Object = Entry->Object;
		if (Object)
			ObReferenceObject(Object);
		lk_release(&Entry->Lock);
		if (!Object)
			continue;
		More = Routine(Object, Context);
		ObDereferenceObject(Object);
	}
}

ULONG ObQueryHandleCount(void)
{
	ULONG Count;

	lk_acquire(&TableLock);
	Count = HandleCount;
	lk_release(&TableLock);
	return Count;
}

NTSTATUS ObProbeHandle(PHANDLE Handle)
{
	NTSTATUS Status = ProbeForWrite(Handle, sizeof(*Handle), 1);

	if (NT_SUCCESS(Status))
		*Handle = NULL;
	return Status;
}

NTSTATUS ObpMapAccess(const OB_TYPE *Type, ACCESS_MASK Desired, PACCESS_MASK Granted)
{
	ACCESS_MASK Access = Desired & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE |
					 GENERIC_ALL | MAXIMUM_ALLOWED);

	if (Access & ~(Type->ValidAccess | STANDARD_RIGHTS_ALL | ACCESS_SYSTEM_SECURITY))
		return STATUS_ACCESS_DENIED;
	if (Access & ACCESS_SYSTEM_SECURITY && !SeHasPrivilege(SE_SECURITY_PRIVILEGE))
		return STATUS_PRIVILEGE_NOT_HELD;
	if (Desired & GENERIC_READ)
		Access |= Type->Mapping.GenericRead;
	if (Desired & GENERIC_WRITE)
		Access |= Type->Mapping.GenericWrite;
	if (Desired & GENERIC_EXECUTE)
		Access |= Type->Mapping.GenericExecute;
	if (Desired & (GENERIC_ALL | MAXIMUM_ALLOWED)) /* less, if there is a descriptor */
		Access |= Type->Mapping.GenericAll;
	*Granted = Access & (Type->ValidAccess | SYNCHRONIZE | ACCESS_SYSTEM_SECURITY);
	return STATUS_SUCCESS;
}

NTSTATUS ObpInsertHandle(POBJECT Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle)
{
	ULONG Index;
	HANDLE_ENTRY *Entry = AllocateEntry(&Index);

	if (!Entry) {
		ObpReleaseHandleCount(Object);
		ObDereferenceObject(Object);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	lk_acquire(&Entry->Lock);
	Entry->Object = Object;
	Entry->GrantedAccess = Granted;
	Entry->Attributes = Attributes & (OBJ_INHERIT | OBJ_PROTECT_CLOSE);
	lk_release(&Entry->Lock);
	*Handle = (HANDLE)(((ULONG_PTR)Index + 1) * 4);
	return STATUS_SUCCESS;
}

/* -1 and -2 (nt.md OM2). Borrows. */
static POBJECT PseudoObject(HANDLE Handle)
{
	if (Handle == NtCurrentProcess())
		return &PsGetCurrentProcess()->Object;
	if (Handle == NtCurrentThread())
		return &PsGetCurrentThread()->Object;
	return NULL;
}

NTSTATUS ObpReferenceHandle(HANDLE Handle, POBJECT *Object, PACCESS_MASK Granted, PULONG Attributes)
{
	ULONG Index;
	HANDLE_ENTRY *Entry = EntryOf(Handle, &Index);

	*Object = Entry ? NULL : PseudoObject(Handle);
	if (*Object) {
		ObReferenceObject(*Object);
		*Granted = (*Object)->Type->ValidAccess;
		*Attributes = 0;
		return STATUS_SUCCESS;
	}
	if (!Entry)
		return STATUS_INVALID_HANDLE;
	lk_acquire(&Entry->Lock);
	*Object = Entry->Object;
	if (*Object) {
		ObReferenceObject(*Object);
		*Granted = Entry->GrantedAccess;
		*Attributes = Entry->Attributes;
	}
	lk_release(&Entry->Lock);
	return *Object ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS ObReferenceHandle(HANDLE Handle, POBJECT *Object, PACCESS_MASK GrantedAccess)
{
	ULONG Attributes;

	return ObpReferenceHandle(Handle, Object, GrantedAccess, &Attributes);
}

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, const OB_TYPE *Type,
				   POBJECT *Object)
{
	ACCESS_MASK Granted;
	ULONG Attributes;
	NTSTATUS Status = ObpReferenceHandle(Handle, Object, &Granted, &Attributes);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Type && (*Object)->Type != Type)
		Status = STATUS_OBJECT_TYPE_MISMATCH;
	else if (DesiredAccess & ~Granted)
		Status = STATUS_ACCESS_DENIED;
	if (!NT_SUCCESS(Status)) {
		ObDereferenceObject(*Object);
		*Object = NULL;
	}
	return Status;
}

NTSTATUS ObQueryHandleAccess(HANDLE Handle, PACCESS_MASK GrantedAccess)
{
	POBJECT Object;
	NTSTATUS Status = ObReferenceHandle(Handle, &Object, GrantedAccess);

	if (NT_SUCCESS(Status))
		ObDereferenceObject(Object);
	return Status;
}

NTSTATUS ObOpenObjectByPointer(POBJECT Object, ACCESS_MASK DesiredAccess, ULONG Attributes,
			       PHANDLE Handle)
{
	ACCESS_MASK Granted;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status))
		Status = ObpCheckAccess(Object, DesiredAccess, &Granted);
	if (!NT_SUCCESS(Status))
		return Status;
	ObReferenceObject(Object);
	Object->HandleCount++;
	return ObpInsertHandle(Object, Granted, Attributes, Handle);
}

NTSTATUS ObOpenCheckedObject(POBJECT Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle)
{
	Object->HandleCount++;
	return ObpInsertHandle(Object, Granted, Attributes, Handle);
}

static NTSTATUS CloseHandle(HANDLE Handle)
{
	ULONG Index;
	HANDLE_ENTRY *Entry = EntryOf(Handle, &Index);
	POBJECT Object;

	if (!Entry)
		return PseudoObject(Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
	lk_acquire(&Entry->Lock);
	Object = Entry->Object;
	if (!Object || Entry->Attributes & OBJ_PROTECT_CLOSE) {
		lk_release(&Entry->Lock);
		return Object ? STATUS_HANDLE_NOT_CLOSABLE : STATUS_INVALID_HANDLE;
	}
	Entry->Object = NULL;
	lk_release(&Entry->Lock);
	FreeEntry(Entry, Index);
	ObpReleaseHandleCount(Object);
	ObDereferenceObject(Object);
	return STATUS_SUCCESS;
}

NTSTATUS NtClose(HANDLE Handle)
{
	NT_ENTRY(NtClose, .Handle = Handle);
	NTSTATUS Status = CloseHandle(Handle);

	TRACE(TR_NT, "NtClose(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

NTSTATUS ObpSetHandleAttributes(HANDLE Handle, ULONG Attributes)
{
	NTSTATUS Status = STATUS_INVALID_HANDLE;
	ULONG Index;
	HANDLE_ENTRY *Entry = EntryOf(Handle, &Index);

	if (!Entry)
		return Status;
	lk_acquire(&Entry->Lock);
	if (Entry->Object) {
		Entry->Attributes = Attributes;
		Status = STATUS_SUCCESS;
	}
	lk_release(&Entry->Lock);
	return Status;
}

/* There is one handle table: any process handle will do, but it has to be one. */
static NTSTATUS CheckProcess(HANDLE Process)
{
	POBJECT Object;
	NTSTATUS Status;

	if (Process == NtCurrentProcess())
		return STATUS_SUCCESS;
	Status = ObReferenceObjectByHandle(Process, 0, &PsProcessType, &Object);
	if (NT_SUCCESS(Status))
		ObDereferenceObject(Object);
	return Status;
}

static NTSTATUS Duplicate(HANDLE Source, PHANDLE Target, ACCESS_MASK DesiredAccess,
			  ULONG HandleAttributes, ULONG Options)
{
	ACCESS_MASK Granted;
	ULONG Attributes;
	POBJECT Object;
	NTSTATUS Status = ObpReferenceHandle(Source, &Object, &Granted, &Attributes);

	if (!NT_SUCCESS(Status))
		return Status;
	if (!(Options & DUPLICATE_SAME_ACCESS)) {
		ACCESS_MASK Had = Granted;

		Status = ObpMapAccess(Object->Type, DesiredAccess, &Granted);
		if (NT_SUCCESS(Status) && Granted & ~Had) /* more than it had: nt.md OM22 */
			Status = ObpCheckAccess(Object, DesiredAccess, &Granted);
	}
	if (!(Options & DUPLICATE_SAME_ATTRIBUTES))
		Attributes = HandleAttributes;
	if (!NT_SUCCESS(Status) || !Target) { /* no target is legal: nt.md OM22 */
		ObDereferenceObject(Object);
		return Status;
	}
	Object->HandleCount++;
	return ObpInsertHandle(Object, Granted, Attributes, Target);
}

NTSTATUS NtDuplicateObject(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess,
			   PHANDLE Target, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
			   ULONG Options)
{
	NT_ENTRY(NtDuplicateObject, .Output = Target, .Handle = Source);
	NTSTATUS Status = Target ? ObProbeHandle(Target) : STATUS_SUCCESS;

	if (NT_SUCCESS(Status))
		Status = CheckProcess(SourceProcess);
	if (NT_SUCCESS(Status) && Target)
		Status = CheckProcess(TargetProcess);
	if (NT_SUCCESS(Status)) {
		Status = Duplicate(Source, Target, DesiredAccess, HandleAttributes, Options);
		if (Options & DUPLICATE_CLOSE_SOURCE)
			CloseHandle(Source); /* whatever became of the copy */
	}
	TRACE(TR_NT, "NtDuplicateObject(%p, access=%s, options=%s) = %s, %p", Source,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpStandardAccess, DesiredAccess),
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpDuplicateOptions, Options),
	      NtStatusName(Status), Target ? *Target : NULL);
	return Status;
}

NTSTATUS NtCompareObjects(HANDLE First, HANDLE Second)
{
	NT_ENTRY(NtCompareObjects, .Handle = First);
	POBJECT A, B;
	NTSTATUS Status = ObReferenceObjectByHandle(First, 0, NULL, &A);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = ObReferenceObjectByHandle(Second, 0, NULL, &B);
	if (NT_SUCCESS(Status)) {
		Status = A == B ? STATUS_SUCCESS : STATUS_NOT_SAME_OBJECT;
		ObDereferenceObject(B);
	}
	ObDereferenceObject(A);
	return Status;
}
