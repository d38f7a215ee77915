/* SPDX-License-Identifier: MIT */
/* mmvirtual.c - reserving, committing, protecting and giving back memory: nt.md VM1..VM6, VM8, VM9, VM12, VM17. */
#include "mmp.h"
#include "nt/rtl.h"

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

/* The caller's base and size, which are read once, and written when all is well. */
static NTSTATUS Capture(PVOID *BaseAddress, PSIZE_T RegionSize, PVOID *Base, PSIZE_T Size)
{
	NTSTATUS Status = ProbeForWrite(BaseAddress, sizeof(*BaseAddress), 1);

	*Base = NULL;
	*Size = 0;
	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(RegionSize, sizeof(*RegionSize), 1);
	if (NT_SUCCESS(Status)) {
		*Base = *BaseAddress;
		*Size = *RegionSize;
	}
	return Status;
}

NTSTATUS NtAllocateVirtualMemory(HANDLE Process, PVOID *BaseAddress, ULONG_PTR ZeroBits,
				 PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
	NT_ENTRY(NtAllocateVirtualMemory, .Handle = Process);
	PVOID Base;
	SIZE_T Size;
	NTSTATUS Status = Capture(BaseAddress, RegionSize, &Base, &Size);

	if (NT_SUCCESS(Status))
		Status = CheckAllocation(Base, ZeroBits, Size, AllocationType, Protect);
	if (NT_SUCCESS(Status))
		Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	if (NT_SUCCESS(Status)) {
		if (!Base && AllocationType & MEM_COMMIT)
			AllocationType |= MEM_RESERVE;
		lk_acquire(&MmpLock);
		Status = AllocationType & MEM_RESERVE
				 ? Reserve(&Base, MmpLimit(ZeroBits), &Size, AllocationType,
					   Protect)
				 : Commit(&Base, &Size, AllocationType, Protect);
		lk_release(&MmpLock);
	}
	if (NT_SUCCESS(Status)) {
		*BaseAddress = Base;
		*RegionSize = Size;
	}
	TRACE(TR_NT, "NtAllocateVirtualMemory(%p, 0x%zx, type=%s, protect=%s) = %s", Base,
	      (size_t)Size, RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpMemoryType, AllocationType),
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpProtection, Protect), NtStatusName(Status));
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

static NTSTATUS CheckFree(const VOID *Base, SIZE_T Size, ULONG Type)
{
	NTSTATUS Status = Type == MEM_DECOMMIT || Type == MEM_RELEASE ? STATUS_SUCCESS
								      : STATUS_INVALID_PARAMETER_4;

	if (NT_SUCCESS(Status)) {
		Status = CheckRange(Base, Size ? Size : 1);
		if (Status == STATUS_INVALID_PARAMETER_4)
			Status = STATUS_INVALID_PARAMETER_3;
	}
	return Status;
}

NTSTATUS NtFreeVirtualMemory(HANDLE Process, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType)
{
	NT_ENTRY(NtFreeVirtualMemory, .Handle = Process);
	PVOID Base;
	SIZE_T Size;
	NTSTATUS Status = Capture(BaseAddress, RegionSize, &Base, &Size);

	if (NT_SUCCESS(Status))
		Status = CheckFree(Base, Size, FreeType);
	if (NT_SUCCESS(Status))
		Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&MmpLock);
		Status = Free(&Base, &Size, FreeType);
		lk_release(&MmpLock);
	}
	/* If they lie in what has been freed, they are gone with it. */
	if (NT_SUCCESS(Status) && NT_SUCCESS(ProbeForWrite(BaseAddress, sizeof(*BaseAddress), 1)))
		*BaseAddress = Base;
	if (NT_SUCCESS(Status) && NT_SUCCESS(ProbeForWrite(RegionSize, sizeof(*RegionSize), 1)))
		*RegionSize = Size;
	TRACE(TR_NT, "NtFreeVirtualMemory(%p, 0x%zx, type=%s) = %s", Base, (size_t)Size,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpMemoryType, FreeType),
	      NtStatusName(Status));
	return Status;
}

/* ---- NtProtectVirtualMemory ---- */

/* Pages of an image are private, but for shared sections: those that are written to become copies. */
static ULONG ImageProtect(const RANGE *Range, ULONG Protect)
{
	if (Range->Vad->Protect[Range->First] & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
		return Protect;
	if (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
		Protect <<= 1; /* the same, to copies */
	return Protect;
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

static NTSTATUS Protect(PVOID *Base, PSIZE_T Size, ULONG NewProtect, PULONG Old)
{
	NTSTATUS Status = STATUS_CONFLICTING_ADDRESSES;
	RANGE Range;

	lk_acquire(&MmpLock);
	if (FindRange((ULONG_PTR)*Base, *Size, &Range))
		Status = ProtectRange(&Range, NewProtect, Old);
	if (NT_SUCCESS(Status))
		TellRange(&Range, Base, Size);
	lk_release(&MmpLock);
	return Status;
}

NTSTATUS NtProtectVirtualMemory(HANDLE Process, PVOID *BaseAddress, PSIZE_T RegionSize,
				ULONG NewProtect, PULONG OldProtect)
{
	NT_ENTRY(NtProtectVirtualMemory, .Handle = Process);
	NTSTATUS Status = MmpCheckProtect(NewProtect);
	PVOID Base = NULL;
	SIZE_T Size = 0;
	ULONG Old = 0;

	if (NT_SUCCESS(Status))
		Status = Capture(BaseAddress, RegionSize, &Base, &Size);
	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(OldProtect, sizeof(*OldProtect), 1);
	if (NT_SUCCESS(Status))
		Status = CheckRange(Base, Size);
	if (Status == STATUS_INVALID_PARAMETER_4)
		Status = STATUS_INVALID_PARAMETER_3;
	if (NT_SUCCESS(Status))
		Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	if (NT_SUCCESS(Status))
		Status = Protect(&Base, &Size, NewProtect, &Old);
	if (NT_SUCCESS(Status)) { /* these may be in what may no longer be written */
		if (NT_SUCCESS(ProbeForWrite(BaseAddress, sizeof(*BaseAddress), 1)))
			*BaseAddress = Base;
		if (NT_SUCCESS(ProbeForWrite(RegionSize, sizeof(*RegionSize), 1)))
			*RegionSize = Size;
		if (NT_SUCCESS(ProbeForWrite(OldProtect, sizeof(*OldProtect), 1)))
			*OldProtect = Old;
	}
	TRACE(TR_NT, "NtProtectVirtualMemory(%p, 0x%zx, protect=%s) = %s", Base, (size_t)Size,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpProtection, NewProtect),
	      NtStatusName(Status));
	return Status;
}

/* ---- faults ---- */

NTSTATUS MmAccessFault(const VOID *Address)
{
	ULONGLONG At = (ULONG_PTR)Address & ~(MM_PAGE - 1);
	NTSTATUS Status = STATUS_ACCESS_VIOLATION;
	RANGE Range;

	lk_acquire(&MmpLock);
	if (FindRange(At, MM_PAGE, &Range)) {
		ULONG Protect = MmpPage(Range.Vad, Range.First);

		if (Protect & PAGE_GUARD && NT_SUCCESS(SetProtect(&Range, Protect & ~PAGE_GUARD)))
			Status = STATUS_GUARD_PAGE_VIOLATION;
	}
	lk_release(&MmpLock);
	return Status;
}
