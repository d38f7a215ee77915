/* SPDX-License-Identifier: MIT */
/*
 * mmview.c - views of sections: nt.md VM10..VM12, VM14.
 *
 * A view that may write is a shared mapping of the section's host file, any other a private one, which
 * shows the same until it is written to (PAGE_WRITECOPY).
 */
#include "mmp.h"
#include "nt/rtl.h"

static BOOLEAN IsShared(ULONG Protect)
{
	return (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
}

/* Maps the committed ones of pages [First, First + Count) of the view. */
static NTSTATUS MapPages(PMMVAD Vad, ULONGLONG First, ULONGLONG Count)
{
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONGLONG i = First, End; i < First + Count && NT_SUCCESS(Status); i = End) {
		ULONG Protect = MmpPage(Vad, i);

		for (End = i + 1; End < First + Count && MmpPage(Vad, End) == Protect;)
			End++;
		if (Protect)
			Status = host_status(host_vm_map(
				Vad->Start + i * MM_PAGE, (End - i) * MM_PAGE, Vad->Section->HostFd,
				Vad->Offset + (LONGLONG)(i * MM_PAGE), MmpHostProtect(Protect),
				!IsShared(Vad->Section->Image ? Protect : Vad->AllocationProtect)));
	}
	return Status;
}

/* Pages [First, First + Count) of Section as pages of Vad. */
static BOOLEAN Overlap(const MMVAD *Vad, ULONGLONG First, ULONGLONG Count, ULONGLONG *At,
		       ULONGLONG *Pages)
{
	ULONGLONG Begin = (ULONGLONG)Vad->Offset / MM_PAGE, End = Begin + Vad->Pages;

	if (First + Count <= Begin || End <= First)
		return FALSE;
	*At = First > Begin ? First - Begin : 0;
	*Pages = (First + Count < End ? First + Count : End) - Begin - *At;
	return TRUE;
}

NTSTATUS MmpCommitView(PMMVAD Vad, ULONGLONG First, ULONGLONG Count)
{
	PSECTION Section = Vad->Section;
	ULONGLONG Page = (ULONGLONG)Vad->Offset / MM_PAGE + First, At, Pages;
	NTSTATUS Status = STATUS_SUCCESS;
	PMMVAD View;

	for (ULONGLONG i = 0; Section->Committed && i < Count; i++)
		Section->Committed[Page + i] = TRUE;
	for (View = MmpNext(0); Section->Committed && View; View = MmpNext(MmpEnd(View)))
		if (View->Section == Section && Overlap(View, Page, Count, &At, &Pages)) {
			NTSTATUS Mapped = MapPages(View, At, Pages);

			Status = NT_SUCCESS(Status) ? Mapped : Status;
		}
	return Status;
}

/* ---- NtMapViewOfSection ---- */

typedef struct _VIEW {
	ULONGLONG Base, Limit, Size;
	LONGLONG Offset;
	ULONG Type, Protect;
} VIEW;

static NTSTATUS CheckView(const VIEW *View, const SECTION *Section, ULONG Inherit)
{
	const ULONG Known = MEM_TOP_DOWN | MEM_RESERVE | MEM_LXRUN_PICO;
	ULONGLONG Step = View->Type & MEM_LXRUN_PICO ? MM_PAGE : MM_GRANULARITY;

	if (Section->AllocationAttributes & SEC_LXRUN_PICO)
		return STATUS_NOT_SUPPORTED;
	if (View->Base > MM_HIGHEST)
		return STATUS_INVALID_PARAMETER_3;
	if (Inherit != ViewShare && Inherit != ViewUnmap)
		return STATUS_INVALID_PARAMETER_8;
	if (View->Type & ~Known || (View->Type & MEM_RESERVE && !Section->FileBacked))
		return STATUS_INVALID_PARAMETER_9;
	if (View->Base % Step || (ULONGLONG)View->Offset % Step)
		return STATUS_MAPPED_ALIGNMENT;
	if (!MmpIsCompatible(Section->Protect, View->Protect))
		return STATUS_SECTION_PROTECTION;
	return STATUS_SUCCESS;
}

/* Size 0: all from the offset on. */
static NTSTATUS FitSize(VIEW *View, PSECTION Section)
{
	ULONGLONG Size;

	lk_acquire(&Section->Lock);
	Size = (ULONGLONG)Section->Size;
	lk_release(&Section->Lock);
	if (View->Offset < 0 || (ULONGLONG)View->Offset >= Size)
		return STATUS_INVALID_VIEW_SIZE;
	if (!View->Size)
		View->Size = Size - (ULONGLONG)View->Offset;
	if (View->Size > MmpPageUp(Size) - (ULONGLONG)View->Offset)
		return STATUS_INVALID_VIEW_SIZE;
	View->Size = MmpPageUp(View->Size);
	return STATUS_SUCCESS;
}

/* An image goes where it was linked for, if there is room and nothing else is asked for. */
static NTSTATUS PlaceView(VIEW *View, PSECTION Section, PMMVAD *Vad)
{
	ULONGLONG Base = View->Base;
	NTSTATUS Status = STATUS_CONFLICTING_ADDRESSES;

	if (Section->Image) {
		View->Protect = PAGE_EXECUTE_WRITECOPY;
		if (!Base && Section->Image->Base + View->Size <= View->Limit)
			Status = MmpCreateVad(Section->Image->Base + (ULONGLONG)View->Offset,
					      View->Size, View->Limit, View->Type, View->Protect,
					      Section, Vad);
	}
	if (Status == STATUS_CONFLICTING_ADDRESSES)
		Status = MmpCreateVad(Base, View->Size, View->Limit, View->Type, View->Protect,
				      Section, Vad);
	return Status;
}

/* The view has a reference to Section once it is there. */
static NTSTATUS MapView(VIEW *View, PSECTION Section)
{
	const MM_IMAGE *Image = Section->Image;
	PMMVAD Vad;
	NTSTATUS Status;

	lk_acquire(&MmpLock);
	Status = PlaceView(View, Section, &Vad);
	if (NT_SUCCESS(Status)) {
		for (ULONGLONG i = 0; i < Vad->Pages; i++)
			Vad->Protect[i] =
				Image ? Image->Protect[(ULONGLONG)View->Offset / MM_PAGE + i]
				      : (USHORT)View->Protect;
		Vad->Offset = View->Offset;
		Status = MapPages(Vad, 0, Vad->Pages);
		if (NT_SUCCESS(Status)) {
			ObReferenceObject(&Section->Object);
			View->Base = Vad->Start;
			if (Image && View->Base != Image->Base + (ULONGLONG)View->Offset)
				Status = STATUS_IMAGE_NOT_AT_BASE;
		} else {
			MmpDeleteVad(Vad);
		}
	}
	lk_release(&MmpLock);
	return Status;
}

static NTSTATUS MapSection(HANDLE Handle, VIEW *View, ULONG Inherit)
{
	POBJECT Object;
	NTSTATUS Status = MmpCheckProtect(View->Protect);

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, MmpViewAccess(View->Protect),
						   &MmSectionType, &Object);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = CheckView(View, (PSECTION)Object, Inherit);
	if (NT_SUCCESS(Status))
		Status = FitSize(View, (PSECTION)Object);
	if (NT_SUCCESS(Status))
		Status = MapView(View, (PSECTION)Object);
	ObDereferenceObject(Object);
	return Status;
}

NTSTATUS NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *BaseAddress, ULONG_PTR ZeroBits,
			    SIZE_T CommitSize, PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
			    ULONG InheritDisposition, ULONG AllocationType, ULONG Protect)
{
	NT_ENTRY(NtMapViewOfSection, .Handle = Section);
	VIEW View = { .Limit = MmpLimit(ZeroBits), .Type = AllocationType, .Protect = Protect };
	NTSTATUS Status = ProbeForWrite(BaseAddress, sizeof(*BaseAddress), 1);

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(ViewSize, sizeof(*ViewSize), 1);
	if (NT_SUCCESS(Status) && SectionOffset)
		Status = ProbeForRead(SectionOffset, sizeof(*SectionOffset), 1);
	if (NT_SUCCESS(Status)) {
		View.Base = (ULONG_PTR)*BaseAddress;
		View.Size = *ViewSize;
		View.Offset = SectionOffset ? SectionOffset->QuadPart : 0;
		Status = View.Limit ? MmpCheckProcess(Process, PROCESS_VM_OPERATION)
				    : STATUS_INVALID_PARAMETER_4;
	}
	if (NT_SUCCESS(Status))
		Status = MapSection(Section, &View, InheritDisposition);
	if (NT_SUCCESS(Status)) {
		*BaseAddress = (PVOID)(ULONG_PTR)View.Base;
		*ViewSize = (SIZE_T)View.Size;
	}
	TRACE(TR_NT, "NtMapViewOfSection(%p, offset=%lld, protect=%s) = %s, 0x%llx", Section,
	      (long long)View.Offset,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpProtection, Protect), NtStatusName(Status),
	      (unsigned long long)View.Base);
	return Status;
}

NTSTATUS NtUnmapViewOfSection(HANDLE Process, PVOID BaseAddress)
{
	NT_ENTRY(NtUnmapViewOfSection, .Handle = Process);
	NTSTATUS Status = MmpCheckProcess(Process, PROCESS_VM_OPERATION);
	PSECTION Section = NULL;

	if (NT_SUCCESS(Status)) {
		PMMVAD Vad;

		lk_acquire(&MmpLock);
		Vad = MmpFind((ULONG_PTR)BaseAddress);
		if (Vad && Vad->Section)
			Section = MmpDeleteVad(Vad);
		lk_release(&MmpLock);
		Status = Section ? STATUS_SUCCESS : STATUS_NOT_MAPPED_VIEW;
	}
	if (Section)
		ObDereferenceObject(&Section->Object);
	TRACE(TR_NT, "NtUnmapViewOfSection(%p) = %s", BaseAddress, NtStatusName(Status));
	return Status;
}
