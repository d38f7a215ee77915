/* SPDX-License-Identifier: MIT */
/*
 * mmguest.c - copies to and from a pico process. The host call honours the pages' protections there,
 * and stops at the first page that refuses: *Copied then says how far it came.
 */
#include "nt/mm.h"
#include "../host/host_mem.h"
#include "../host/host_sys.h"

/* The outcome of a host call that was to copy Wanted bytes. */
static NTSTATUS CopyStatus(int64_t Result, SIZE_T Wanted)
{
	NTSTATUS Status;

	if (Result >= 0)
		return (SIZE_T)Result == Wanted ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
	Status = host_status((int)Result);
	switch (Status) {
	case STATUS_INVALID_CID:
		return STATUS_PROCESS_IS_TERMINATING;
	case STATUS_INVALID_PARAMETER: /* a size that is no size */
		return STATUS_ACCESS_VIOLATION;
	case STATUS_PRIVILEGE_NOT_HELD:
		return STATUS_ACCESS_DENIED;
	default:
		return Status;
	}
}

typedef int64_t (*COPY_ROUTINE)(int, const struct host_range *, unsigned, PVOID, size_t);

static int64_t CopyIn(int Tid, const struct host_range *Ranges, unsigned Count, PVOID Local,
		      size_t Size)
{
	return host_vm_read(Tid, Ranges, Count, Local, Size);
}

static int64_t CopyOut(int Tid, const struct host_range *Ranges, unsigned Count, PVOID Local,
		       size_t Size)
{
	return host_vm_write(Tid, Ranges, Count, Local, Size);
}

/* Copies until Size bytes, all ranges or the first inaccessible page. */
static NTSTATUS Copy(PETHREAD Thread, COPY_ROUTINE Routine, const MM_RANGE *Ranges, ULONG Count,
		     PVOID Local, SIZE_T Size, PSIZE_T Copied)
{
	struct host_range Batch[HOST_MAX_RANGES];
	NTSTATUS Status = STATUS_SUCCESS;
	SIZE_T Done = 0;

	while (Count && Done < Size && NT_SUCCESS(Status)) {
		unsigned Used = 0;
		SIZE_T Wanted = 0;
		int64_t Result;

		for (; Used < HOST_MAX_RANGES && Used < Count; Used++) {
			SIZE_T Left = Size - Done - Wanted;
			SIZE_T Part = Ranges[Used].Size < Left ? Ranges[Used].Size : Left;

			Batch[Used] = (struct host_range){ Ranges[Used].Address, Part };
			Wanted += Part;
		}
		Result = Wanted ? Routine(Thread->HostTid, Batch, Used, (char *)Local + Done,
					  Wanted)
				: 0;
		Status = CopyStatus(Result, Wanted);
		Done += Result > 0 ? (SIZE_T)Result : 0;
		Ranges += Used;
		Count -= Used;
	}
	if (Copied)
		*Copied = Done;
	return Status;
}

NTSTATUS MmReadGuestRanges(PETHREAD Thread, const MM_RANGE *Ranges, ULONG Count, PVOID Local,
			   SIZE_T Size, PSIZE_T Copied)
{
	return Copy(Thread, CopyIn, Ranges, Count, Local, Size, Copied);
}

NTSTATUS MmWriteGuestRanges(PETHREAD Thread, const MM_RANGE *Ranges, ULONG Count, const VOID *Local,
			    SIZE_T Size, PSIZE_T Copied)
{
	return Copy(Thread, CopyOut, Ranges, Count, (PVOID)Local, Size, Copied);
}

NTSTATUS MmReadGuest(PETHREAD Thread, ULONG64 Address, PVOID Local, SIZE_T Size, PSIZE_T Copied)
{
	MM_RANGE Range = { Address, Size };

	return Copy(Thread, CopyIn, &Range, 1, Local, Size, Copied);
}

NTSTATUS MmWriteGuest(PETHREAD Thread, ULONG64 Address, const VOID *Local, SIZE_T Size,
		      PSIZE_T Copied)
{
	MM_RANGE Range = { Address, Size };

	return Copy(Thread, CopyOut, &Range, 1, (PVOID)Local, Size, Copied);
}

NTSTATUS MmDebugRead(PETHREAD Thread, ULONG64 Address, PVOID Local, SIZE_T Size)
{
	return CopyStatus(host_vm_peek(Thread->HostTid, Address, Local, Size), Size);
}

NTSTATUS MmDebugWrite(PETHREAD Thread, ULONG64 Address, const VOID *Local, SIZE_T Size)
{
	return CopyStatus(host_vm_poke(Thread->HostTid, Address, Local, Size), Size);
}
