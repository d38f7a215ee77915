/* SPDX-License-Identifier: MIT */
/* mmpico.c - sections that are mapped into pico processes (SEC_LXRUN_PICO): their pages and views. */
#include "mmp.h"

static NTSTATUS Reference(HANDLE Handle, PSECTION *Section)
{
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, SECTION_QUERY, &MmSectionType,
						    (POBJECT *)Section);

	if (NT_SUCCESS(Status) && !((*Section)->AllocationAttributes & SEC_LXRUN_PICO)) {
		ObDereferenceObject(&(*Section)->Object);
		Status = STATUS_NOT_SUPPORTED;
	}
	return Status;
}

NTSTATUS MmpBackBySegment(PSECTION Section)
{
	bool Lazy = (Section->AllocationAttributes & SEC_RESERVE) != 0;
	NTSTATUS Status =
		host_status(host_shm_create((uint64_t)Section->Size, Lazy, &Section->Segment));

	Section->HasSegment = NT_SUCCESS(Status);
	return Status;
}

NTSTATUS MmSectionSegment(HANDLE Handle, int *Segment, ULONG64 *Size)
{
	PSECTION Section;
	NTSTATUS Status = Reference(Handle, &Section);

	if (!NT_SUCCESS(Status))
		return Status;
	*Segment = Section->Segment.id;
	*Size = (ULONG64)Section->Size;
	ObDereferenceObject(&Section->Object);
	return STATUS_SUCCESS;
}

NTSTATUS MmQueryViews(HANDLE Handle, MM_SECTION_VIEWS *Views)
{
	struct host_shm_state State;
	PSECTION Section;
	NTSTATUS Status = Reference(Handle, &Section);
	int Error;

	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&Section->Lock);
	Error = host_shm_query(&Section->Segment, &State);
	lk_release(&Section->Lock);
	if (Error > 0)
		Status = STATUS_DELETE_PENDING;
	else if (Error)
		Status = host_status(Error);
	else
		*Views = (MM_SECTION_VIEWS){ .Views = State.views,
					     .Inode = (ULONG64)Section->Segment.id,
					     .MapTime = State.map_time,
					     .UnmapTime = State.unmap_time,
					     .LastUser = (ULONG)State.last_user };
	ObDereferenceObject(&Section->Object);
	return Status;
}

NTSTATUS MmQueryResidence(HANDLE Handle, ULONG64 *Resident, ULONG64 *Swapped)
{
	PSECTION Section;
	NTSTATUS Status = Reference(Handle, &Section);

	if (!NT_SUCCESS(Status))
		return Status;
	host_shm_residence(&Section->Segment, Resident, Swapped);
	ObDereferenceObject(&Section->Object);
	return STATUS_SUCCESS;
}

NTSTATUS MmReleaseSection(HANDLE Handle)
{
	PSECTION Section;
	NTSTATUS Status = Reference(Handle, &Section);

	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&Section->Lock);
	host_shm_release(&Section->Segment);
	lk_release(&Section->Lock);
	ObDereferenceObject(&Section->Object);
	return STATUS_SUCCESS;
}

NTSTATUS MmLockSection(HANDLE Handle, BOOLEAN Lock)
{
	PSECTION Section;
	NTSTATUS Status = Reference(Handle, &Section);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_status(host_shm_lock(&Section->Segment, Lock));
	ObDereferenceObject(&Section->Object);
	return Status;
}
