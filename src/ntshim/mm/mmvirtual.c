/* SPDX-License-Identifier: MIT */
/* mmvirtual.c - reserving, committing, protecting and giving back memory: nt.md VM1..VM6, VM8, VM9, VM12. */
#include "mmp.h"

/* Pages [First, First + Count) of one allocation. */
typedef struct _RANGE {
	PMMVAD Vad;
	ULONGLONG First, Count;
} RANGE;

/* The pages that [Address, Address + Size) touches, if one allocation holds them all. */
static BOOLEAN FindRange(ULONGLONG Address, ULONGLONG Size, RANGE *Range)
{
	ULONGLONG Start = Address & ~(MM_PAGE - 1), End = MmpPageUp(Address + Size);

	Range->Vad = MmpFind(Address);
	if (!Range->Vad || End > MmpEnd(Range->Vad) || End <= Start)
		return FALSE;
	Range->First = (Start - Range->Vad->Start) / MM_PAGE;
	Range->Count = (End - Start) / MM_PAGE;
	return TRUE;
}

static VOID TellRange(const RANGE *Range, PVOID *BaseAddress, PSIZE_T RegionSize)
{
	*BaseAddress = (PVOID)(ULONG_PTR)(Range->Vad->Start + Range->First * MM_PAGE);
	*RegionSize = (SIZE_T)(Range->Count * MM_PAGE);
}

static NTSTATUS SetProtect(const RANGE *Range, ULONG Protect)
{
	NTSTATUS Status = host_status(host_vm_protect(Range->Vad->Start + Range->First * MM_PAGE,
						      Range->Count * MM_PAGE,
						      MmpHostProtect(Protect)));

	for (ULONGLONG i = 0; NT_SUCCESS(Status) && i < Range->Count; i++)
		Range->Vad->Protect[Range->First + i] = (USHORT)Protect;
	return Status;
}

/* ---- NtAllocateVirtualMemory ---- */

static NTSTATUS Reserve(PVOID *BaseAddress, ULONGLONG Limit, PSIZE_T RegionSize, ULONG Type,
			ULONG Protect)
{
	ULONGLONG Step = Type & MEM_LXRUN_PICO ? MM_PAGE : MM_GRANULARITY;
	ULONGLONG Base = (ULONG_PTR)*BaseAddress & ~(Step - 1);
	ULONGLONG Size = MmpPageUp((ULONG_PTR)*BaseAddress + *RegionSize) - Base;
	RANGE Range = { 0 };
	NTSTATUS Status = MmpCreateVad(Base, Size, Limit, Type, Protect, NULL, &Range.Vad);

	if (!NT_SUCCESS(Status))
		return Status;
	Range.Count = Range.Vad->Pages;
	if (Type & MEM_COMMIT)
		Status = SetProtect(&Range, Protect);
	if (NT_SUCCESS(Status))
		TellRange(&Range, BaseAddress, RegionSize);
	else
		MmpDeleteVad(Range.Vad);
	return Status;
}

static NTSTATUS Commit(PVOID *BaseAddress, PSIZE_T RegionSize, ULONG Type, ULONG Protect)
{
	RANGE Range;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!FindRange((ULONG_PTR)*BaseAddress, *RegionSize, &Range))
		return STATUS_CONFLICTING_ADDRESSES;
	if (Range.Vad->Section && Type & MEM_COMMIT)
		Status = MmpCommitView(Range.Vad, Range.First, Range.Count);
	else if (Type & MEM_COMMIT)
		Status = SetProtect(&Range, Protect);
	/* MEM_RESET: the contents may go, and may as well stay. */
	if (NT_SUCCESS(Status))
		TellRange(&Range, BaseAddress, RegionSize);
	return Status;
}

/* Base and size as NT answers each in turn. */
static NTSTATUS CheckRange(const VOID *Base, SIZE_T Size)
{
	if ((ULONG_PTR)Base > MM_HIGHEST)
		return STATUS_INVALID_PARAMETER_2;
	if (!Size || Size > MM_HIGHEST - (ULONG_PTR)Base)
		return STATUS_INVALID_PARAMETER_4;
	return STATUS_SUCCESS;
}

static NTSTATUS CheckAllocation(const VOID *Base, ULONG_PTR ZeroBits, SIZE_T Size, ULONG Type,
				ULONG Protect)
{
	const ULONG Known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_LXRUN_PICO;
	NTSTATUS Status;

	if (!MmpLimit(ZeroBits))
		return STATUS_INVALID_PARAMETER_3;
	if (Type & ~Known || !(Type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) ||
	    (Type & MEM_RESET && Type & (MEM_COMMIT | MEM_RESERVE)))
		return STATUS_INVALID_PARAMETER_5;
	Status = MmpCheckProtect(Protect);
	if (NT_SUCCESS(Status) && Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY))
		Status = STATUS_INVALID_PAGE_PROTECTION;
	return NT_SUCCESS(Status) ? CheckRange(Base, Size) : Status;
}

NTSTATUS NtAllocateVirtualMemory(HANDLE Process, PVOID *BaseAddress, ULONG_PTR ZeroBits,
				 PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
	NT_ENTRY(NtAllocateVirtualMemory, .Handle = Process);
	NTSTATUS Status = STATUS_ACCESS_VIOLATION;

	if (BaseAddress && RegionSize)
		Status = CheckAllocation(*BaseAddress, ZeroBits, *RegionSize, AllocationType,
					 Protect);
	if (NT_SUCCESS(Status))
		Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	if (NT_SUCCESS(Status)) {
		if (!*BaseAddress && AllocationType & MEM_COMMIT)
			AllocationType |= MEM_RESERVE;
		lk_acquire(&MmpLock);
		Status = AllocationType & MEM_RESERVE
				 ? Reserve(BaseAddress, MmpLimit(ZeroBits), RegionSize,
					   AllocationType, Protect)
				 : Commit(BaseAddress, RegionSize, AllocationType, Protect);
		lk_release(&MmpLock);
	}
	TRACE(TR_NT, "NtAllocateVirtualMemory(%p, 0x%zx, type=0x%x, protect=0x%x) = %s",
	      BaseAddress ? *BaseAddress : NULL, RegionSize ? (size_t)*RegionSize : 0,
	      (unsigned)AllocationType, (unsigned)Protect, NtStatusName(Status));
	return Status;
}

/* ---- NtFreeVirtualMemory ---- */

static NTSTATUS Decommit(const RANGE *Range)
{
	NTSTATUS Status = host_status(host_vm_discard(Range->Vad->Start + Range->First * MM_PAGE,
						      Range->Count * MM_PAGE));

	for (ULONGLONG i = 0; NT_SUCCESS(Status) && i < Range->Count; i++)
		Range->Vad->Protect[Range->First + i] = 0;
	return Status;
}

static NTSTATUS Free(PVOID *BaseAddress, PSIZE_T RegionSize, ULONG Type)
{
	ULONGLONG Address = (ULONG_PTR)*BaseAddress;
	RANGE Range = { MmpFind(Address), 0, 0 };
	NTSTATUS Status;

	if (!Range.Vad)
		return STATUS_MEMORY_NOT_ALLOCATED;
	if (Range.Vad->Section)
		return STATUS_UNABLE_TO_DELETE_SECTION;
	if (!*RegionSize && (Address & ~(MM_PAGE - 1)) != Range.Vad->Start)
		return STATUS_FREE_VM_NOT_AT_BASE;
	if (!*RegionSize)
		Range.Count = Range.Vad->Pages;
	else if (!FindRange(Address, *RegionSize, &Range))
		return STATUS_UNABLE_TO_FREE_VM;
	Address = Range.Vad->Start + Range.First * MM_PAGE;
	Status = Type == MEM_DECOMMIT ? Decommit(&Range)
				      : MmpRemovePages(Range.Vad, Range.First, Range.Count);
	if (NT_SUCCESS(Status)) {
		*BaseAddress = (PVOID)(ULONG_PTR)Address;
		*RegionSize = (SIZE_T)(Range.Count * MM_PAGE);
	}
	return Status;
}

NTSTATUS NtFreeVirtualMemory(HANDLE Process, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType)
{
	NT_ENTRY(NtFreeVirtualMemory, .Handle = Process);
	NTSTATUS Status = STATUS_ACCESS_VIOLATION;

	if (FreeType != MEM_DECOMMIT && FreeType != MEM_RELEASE)
		Status = STATUS_INVALID_PARAMETER_4;
	else if (BaseAddress && RegionSize)
		Status = CheckRange(*BaseAddress, *RegionSize ? *RegionSize : 1);
	if (Status == STATUS_INVALID_PARAMETER_4 && FreeType & (MEM_DECOMMIT | MEM_RELEASE) &&
	    BaseAddress && RegionSize && (FreeType & (FreeType - 1)) == 0)
		Status = STATUS_INVALID_PARAMETER_3;
	if (NT_SUCCESS(Status))
		Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&MmpLock);
		Status = Free(BaseAddress, RegionSize, FreeType);
		lk_release(&MmpLock);
	}
	TRACE(TR_NT, "NtFreeVirtualMemory(%p, 0x%zx, type=0x%x) = %s",
	      BaseAddress ? *BaseAddress : NULL, RegionSize ? (size_t)*RegionSize : 0,
	      (unsigned)FreeType, NtStatusName(Status));
	return Status;
}

/* ---- NtProtectVirtualMemory ---- */

/* Pages of an image are private, but for shared sections: those that are written to become copies. */
static ULONG ImageProtect(const RANGE *Range, ULONG Protect)
{
	if (Range->Vad->Protect[Range->First] & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
		return Protect;
	return Protect == PAGE_READWRITE           ? PAGE_WRITECOPY
	       : Protect == PAGE_EXECUTE_READWRITE ? PAGE_EXECUTE_WRITECOPY
						   : Protect;
}

/* A view of a section; what is shared stays shared, and what is private private. */
static NTSTATUS CheckViewProtect(const MMVAD *Vad, ULONG Protect)
{
	const ULONG Shared = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;

	if (!MmpIsCompatible(Vad->Section->Protect, Protect))
		return STATUS_SECTION_PROTECTION;
	if (Protect & Shared && !(Vad->AllocationProtect & Shared))
		return STATUS_SECTION_PROTECTION;
	if (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY) && Vad->AllocationProtect & Shared)
		return STATUS_NOT_SUPPORTED;
	return STATUS_SUCCESS;
}

static NTSTATUS ProtectRange(const RANGE *Range, ULONG Protect, PULONG Old)
{
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONGLONG i = 0; i < Range->Count; i++)
		if (!MmpPage(Range->Vad, Range->First + i))
			return STATUS_NOT_COMMITTED;
	if (Range->Vad->Section && Range->Vad->Section->Image)
		Protect = ImageProtect(Range, Protect);
	else if (Range->Vad->Section)
		Status = CheckViewProtect(Range->Vad, Protect);
	else if (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY))
		Status = STATUS_INVALID_PAGE_PROTECTION;
	if (!NT_SUCCESS(Status))
		return Status;
	*Old = Range->Vad->Protect[Range->First];
	return SetProtect(Range, Protect);
}

NTSTATUS NtProtectVirtualMemory(HANDLE Process, PVOID *BaseAddress, PSIZE_T RegionSize,
				ULONG NewProtect, PULONG OldProtect)
{
	NT_ENTRY(NtProtectVirtualMemory, .Handle = Process);
	NTSTATUS Status = MmpCheckProtect(NewProtect);
	ULONG Old = 0;
	RANGE Range;

	if (NT_SUCCESS(Status) && (!BaseAddress || !RegionSize || !OldProtect))
		Status = STATUS_ACCESS_VIOLATION;
	if (NT_SUCCESS(Status))
		Status = CheckRange(*BaseAddress, *RegionSize);
	if (Status == STATUS_INVALID_PARAMETER_4)
		Status = STATUS_INVALID_PARAMETER_3;
	if (NT_SUCCESS(Status))
		Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&MmpLock);
		Status = FindRange((ULONG_PTR)*BaseAddress, *RegionSize, &Range)
				 ? ProtectRange(&Range, NewProtect, &Old)
				 : STATUS_CONFLICTING_ADDRESSES;
		if (NT_SUCCESS(Status)) {
			TellRange(&Range, BaseAddress, RegionSize);
			*OldProtect = Old;
		}
		lk_release(&MmpLock);
	}
	TRACE(TR_NT, "NtProtectVirtualMemory(%p, 0x%zx, protect=0x%x) = %s",
	      BaseAddress ? *BaseAddress : NULL, RegionSize ? (size_t)*RegionSize : 0,
	      (unsigned)NewProtect, NtStatusName(Status));
	return Status;
}
