/* SPDX-License-Identifier: MIT */
/* obobject.c - life of an object: made, referenced, named for good or for a while, deleted. */
#include "obp.h"
#include "base/alloc.h"
#include "nt/se.h"
#include <stdatomic.h>

static _Atomic ULONG ObjectCount;

NTSTATUS ObCreateObject(const OB_TYPE *Type, POBJECT *Object)
{
	POBJECT New = mem_alloc(Type->Size);

	*Object = New;
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	New->Type = Type;
	refs_init(&New->PointerCount);
	atomic_fetch_add_explicit(&ObjectCount, 1, memory_order_relaxed);
	return STATUS_SUCCESS;
}

ULONG ObQueryObjectCount(void)
{
	return ObjectCount;
}

VOID ObReferenceObject(POBJECT Object)
{
	refs_get(&Object->PointerCount);
}

VOID ObDereferenceObject(POBJECT Object)
{
	if (!refs_put(&Object->PointerCount))
		return;
	if (Object->Type->Delete)
		Object->Type->Delete(Object);
	if (Object->SecurityDescriptor)
		SeDeassignSecurity(Object->SecurityDescriptor);
	mem_free(Object);
	atomic_fetch_sub_explicit(&ObjectCount, 1, memory_order_relaxed);
}

/* Removes the name of a temporary object that has no handle (any more). */
static VOID DropUnusedName(POBJECT Object)
{
	OB_NAME *Name = NULL;

	lk_acquire(&ObpLock);
	if (Object->Name && Object->HandleCount == 0 && !(Object->Attributes & OBJ_PERMANENT))
		Name = ObpUnlinkName(Object);
	lk_release(&ObpLock);
	ObpFreeName(Name);
}

VOID ObpReleaseHandleCount(POBJECT Object)
{
	if (atomic_fetch_sub(&Object->HandleCount, 1) != 1)
		return;
	/* An unnamed object stays unnamed: no lock for the many files and events without a name. */
	if (__atomic_load_n(&Object->Name, __ATOMIC_ACQUIRE))
		DropUnusedName(Object);
	if (Object->Type->Close)
		Object->Type->Close(Object);
}

static NTSTATUS SetPermanent(HANDLE Handle, ACCESS_MASK Access, BOOLEAN Permanent)
{
	POBJECT Object;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, NULL, &Object);

	if (NT_SUCCESS(Status) && Permanent && !ObpMayMakePermanent()) {
		ObDereferenceObject(Object);
		Status = STATUS_PRIVILEGE_NOT_HELD;
	}
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&ObpLock);
	Object->Attributes = (Object->Attributes & ~OBJ_PERMANENT) |
			     (Permanent ? OBJ_PERMANENT : 0);
	lk_release(&ObpLock);
	DropUnusedName(Object); /* another thread may have closed Handle meanwhile */
	ObDereferenceObject(Object);
	return STATUS_SUCCESS;
}

NTSTATUS NtMakeTemporaryObject(HANDLE Handle)
{
	NT_ENTRY(NtMakeTemporaryObject, .Handle = Handle);
	NTSTATUS Status = SetPermanent(Handle, DELETE, FALSE);

	TRACE(TR_NT, "NtMakeTemporaryObject(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

NTSTATUS NtMakePermanentObject(HANDLE Handle)
{
	NT_ENTRY(NtMakePermanentObject, .Handle = Handle);
	NTSTATUS Status = SetPermanent(Handle, 0, TRUE);

	TRACE(TR_NT, "NtMakePermanentObject(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
