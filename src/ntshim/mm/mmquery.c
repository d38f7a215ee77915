/* SPDX-License-Identifier: MIT */
/* mmquery.c - what memory is (nt.md VM7), and copies from and to a process. */
#include "mmp.h"
#include <string.h>

/* The run of pages from Address on that are alike, in the allocation Vad. */
static VOID DescribeAllocation(const MMVAD *Vad, ULONGLONG Address, MEMORY_BASIC_INFORMATION *Info)
{
	ULONGLONG First = (Address - Vad->Start) / MM_PAGE, i = First;
	ULONG Protect = MmpPage(Vad, First);

	while (i < Vad->Pages && MmpPage(Vad, i) == Protect)
		i++;
	Info->AllocationBase = (PVOID)(ULONG_PTR)Vad->Start;
	Info->AllocationProtect = Vad->AllocationProtect;
	Info->RegionSize = (SIZE_T)((i - First) * MM_PAGE);
	Info->State = Protect ? MEM_COMMIT : MEM_RESERVE;
	Info->Protect = Protect;
	Info->Type = !Vad->Section ? MEM_PRIVATE : Vad->Section->Image ? MEM_IMAGE : MEM_MAPPED;
}

static VOID Describe(ULONGLONG Address, MEMORY_BASIC_INFORMATION *Info)
{
	PMMVAD Vad = MmpNext(Address);
	ULONGLONG Start, End;

	MmpArena(&Start, &End);
	*Info = (MEMORY_BASIC_INFORMATION){ .BaseAddress = (PVOID)(ULONG_PTR)Address };
	if (Vad && Vad->Start <= Address) {
		DescribeAllocation(Vad, Address, Info);
	} else if (Address >= Start && Address < End) {
		Info->RegionSize = (SIZE_T)((Vad ? Vad->Start : End) - Address);
		Info->State = MEM_FREE;
		Info->Protect = PAGE_NOACCESS;
	} else { /* the supervisor's own */
		Info->RegionSize = (SIZE_T)((Address < Start ? Start : MM_HIGHEST + 1) - Address);
		Info->AllocationBase = Info->BaseAddress;
		Info->AllocationProtect = PAGE_NOACCESS;
		Info->State = MEM_RESERVE;
		Info->Type = MEM_PRIVATE;
	}
}

static NTSTATUS QueryMemory(ULONGLONG Address, ULONG Class, PVOID Buffer, SIZE_T Length)
{
	MEMORY_BASIC_INFORMATION Info;
	NTSTATUS Status;

	if (Class != 0)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < sizeof(Info))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (Address > MM_HIGHEST)
		return STATUS_INVALID_PARAMETER;
	Status = ProbeForWrite(Buffer, sizeof(Info), 1);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&MmpLock);
	Status = MmpStart();
	if (NT_SUCCESS(Status))
		Describe(Address & ~(MM_PAGE - 1), &Info);
	lk_release(&MmpLock);
	if (NT_SUCCESS(Status))
		memcpy(Buffer, &Info, sizeof(Info));
	return Status;
}

NTSTATUS NtQueryVirtualMemory(HANDLE Process, PVOID Address, ULONG Class, PVOID Buffer,
			      SIZE_T Length, PSIZE_T ReturnLength)
{
	NT_ENTRY(NtQueryVirtualMemory, .Handle = Process);
	NTSTATUS Status = MmpCheckProcess(Process, PROCESS_QUERY_INFORMATION);

	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));
	if (NT_SUCCESS(Status))
		Status = QueryMemory((ULONG_PTR)Address, Class, Buffer, Length);
	if (NT_SUCCESS(Status) && ReturnLength)
		*ReturnLength = sizeof(MEMORY_BASIC_INFORMATION);
	TRACE(TR_NT, "NtQueryVirtualMemory(%p, class=%u) = %s", Address, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

typedef NTSTATUS COPY(PETHREAD Thread, ULONG64 Address, PVOID Local, SIZE_T Size, PSIZE_T Copied);

static NTSTATUS Write(PETHREAD Thread, ULONG64 Address, PVOID Local, SIZE_T Size, PSIZE_T Copied)
{
	return MmWriteGuest(Thread, Address, Local, Size, Copied);
}

/* The host copies for the calling process too: a bad address is then an error and no fault. */
static NTSTATUS CopyMemory(HANDLE Handle, ACCESS_MASK Access, COPY *Copy, ULONG64 Address,
			   PVOID Local, SIZE_T Size, PSIZE_T Done)
{
	ETHREAD Any = { 0 }; /* only its host thread is looked at */
	SIZE_T Copied = 0;
	POBJECT Process;
	NTSTATUS Status;

	if (Address > MM_HIGHEST || Size > MM_HIGHEST - Address)
		return STATUS_ACCESS_VIOLATION;
	Status = Access == PROCESS_VM_READ ? ProbeForWrite(Local, Size, 1)
					   : ProbeForRead(Local, Size, 1);
	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(Done, sizeof(*Done));
	if (!NT_SUCCESS(Status))
		return Status;
	Status = ObReferenceObjectByHandle(Handle, Access, &PsProcessType, &Process);
	if (!NT_SUCCESS(Status))
		return Status;
	Any.HostTid = ((PEPROCESS)Process)->HostPid;
	Status = Copy(&Any, Address, Local, Size, &Copied);
	if (Status == STATUS_ACCESS_VIOLATION)
		Status = STATUS_PARTIAL_COPY;
	if (Done)
		*Done = Copied;
	ObDereferenceObject(Process);
	return Status;
}

NTSTATUS NtReadVirtualMemory(HANDLE Process, PVOID Address, PVOID Buffer, SIZE_T Size, PSIZE_T Done)
{
	NT_ENTRY(NtReadVirtualMemory, .Handle = Process);
	NTSTATUS Status = CopyMemory(Process, PROCESS_VM_READ, MmReadGuest, (ULONG_PTR)Address,
				     Buffer, Size, Done);

	TRACE(TR_NT, "NtReadVirtualMemory(%p, %p, %zu) = %s", Process, Address, (size_t)Size,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtWriteVirtualMemory(HANDLE Process, PVOID Address, const VOID *Buffer, SIZE_T Size,
			      PSIZE_T Done)
{
	NT_ENTRY(NtWriteVirtualMemory, .Handle = Process);
	NTSTATUS Status = CopyMemory(Process, PROCESS_VM_WRITE, Write, (ULONG_PTR)Address,
				     (PVOID)Buffer, Size, Done);

	TRACE(TR_NT, "NtWriteVirtualMemory(%p, %p, %zu) = %s", Process, Address, (size_t)Size,
	      NtStatusName(Status));
	return Status;
}
