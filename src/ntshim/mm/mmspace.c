/* SPDX-License-Identifier: MIT */
/*
 * mmspace.c - the arena and its allocations (nt.md VM1, VM2).
 *
 * The arena lies low, so that ZeroBits and 32-bit masks find room in it. Allocations are few: a list in
 * order of addresses is all that is needed.
 */
#include "mmp.h"
#include "base/alloc.h"
#include <string.h>

#define ARENA_BASE 0x20000000ull
#define ARENA_SIZE 0x40000000ull

struct lk MmpLock = LK_INIT(MM);
static ULONGLONG ArenaStart, ArenaEnd; /* 0: not yet reserved */
static struct list Vads = LIST_INIT(Vads);

NTSTATUS MmpStart(void)
{
	uint64_t At;
	NTSTATUS Status;

	lk_assert_held(&MmpLock);
	if (ArenaEnd)
		return STATUS_SUCCESS;
	Status = host_status(host_vm_reserve(ARENA_BASE, ARENA_SIZE + MM_GRANULARITY, &At));
	if (!NT_SUCCESS(Status))
		return STATUS_NO_MEMORY;
	ArenaStart = (At + MM_GRANULARITY - 1) & ~(MM_GRANULARITY - 1);
	ArenaEnd = ArenaStart + ARENA_SIZE;
	return STATUS_SUCCESS;
}

VOID MmpArena(ULONGLONG *Start, ULONGLONG *End)
{
	*Start = ArenaStart;
	*End = ArenaEnd;
}

PMMVAD MmpNext(ULONGLONG Address)
{
	PMMVAD Vad;

	list_for_each(Vad, &Vads, Link)
		if (MmpEnd(Vad) > Address)
			return Vad;
	return NULL;
}

PMMVAD MmpFind(ULONGLONG Address)
{
	PMMVAD Vad = MmpNext(Address);

	return Vad && Vad->Start <= Address ? Vad : NULL;
}

/* What Vad keeps others from: whole granules, unless it is a pico process's. */
static ULONGLONG TakenEnd(const MMVAD *Vad)
{
	return Vad->Pico ? MmpEnd(Vad) : (MmpEnd(Vad) + MM_GRANULARITY - 1) & ~(MM_GRANULARITY - 1);
}

static BOOLEAN IsFree(ULONGLONG Start, ULONGLONG End)
{
	PMMVAD Vad;

	list_for_each(Vad, &Vads, Link)
		if (TakenEnd(Vad) > Start && (Vad->Start & ~(MM_GRANULARITY - 1)) < End &&
		    (!Vad->Pico || (MmpEnd(Vad) > Start && Vad->Start < End)))
			return FALSE;
	return TRUE;
}

/* The lowest (MEM_TOP_DOWN: highest) place for Size bytes below Limit; 0: none. */
static ULONGLONG FindRoom(ULONGLONG Size, ULONGLONG Limit, ULONG Type)
{
	ULONGLONG End = Limit < ArenaEnd ? Limit + 1 : ArenaEnd, At = ArenaStart;
	PMMVAD Vad;

	if (End < ArenaStart + Size)
		return 0;
	if (Type & MEM_TOP_DOWN) {
		for (At = (End - Size) & ~(MM_GRANULARITY - 1); At >= ArenaStart;
		     At -= MM_GRANULARITY)
			if (IsFree(At, At + Size))
				return At;
		return 0;
	}
	list_for_each(Vad, &Vads, Link) {
		if (At + Size <= End && IsFree(At, At + Size))
			return At;
		At = (MmpEnd(Vad) + MM_GRANULARITY - 1) & ~(MM_GRANULARITY - 1);
	}
	return At + Size <= End && IsFree(At, At + Size) ? At : 0;
}

static VOID Insert(PMMVAD New)
{
	PMMVAD After = MmpNext(New->Start);

	list_add_tail(After ? &After->Link : &Vads, &New->Link);
}

/* Pages from First on of Vad as an allocation of its own, with the same references. */
static PMMVAD CopyPart(const MMVAD *Vad, ULONGLONG First, ULONGLONG Pages)
{
	PMMVAD New = mem_alloc(sizeof(*New));
	USHORT *Protect = mem_alloc(Pages * sizeof(*Protect));

	if (!New || !Protect) {
		mem_free(New);
		mem_free(Protect);
		return NULL;
	}
	*New = *Vad;
	memcpy(Protect, Vad->Protect + First, Pages * sizeof(*Protect));
	New->Protect = Protect;
	New->Start = Vad->Start + First * MM_PAGE;
	New->Pages = Pages;
	return New;
}

NTSTATUS MmpCreateVad(ULONGLONG Base, ULONGLONG Size, ULONGLONG Limit, ULONG Type, ULONG Protect,
		      PSECTION Section, PMMVAD *Vad)
{
	PMMVAD New;
	NTSTATUS Status = MmpStart();

	if (!NT_SUCCESS(Status))
		return Status;
	if (Size > ARENA_SIZE)
		return Base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
	if (!Base) {
		Base = FindRoom(Size, Limit, Type);
		if (!Base)
			return STATUS_NO_MEMORY;
	} else if (Base < ArenaStart || Base + Size > ArenaEnd || !IsFree(Base, Base + Size)) {
		return STATUS_CONFLICTING_ADDRESSES;
	}
	New = mem_alloc(sizeof(*New));
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	*New = (MMVAD){ .Start = Base,
			.Pages = Size / MM_PAGE,
			.AllocationProtect = Protect,
			.Pico = !!(Type & MEM_LXRUN_PICO),
			.Section = Section };
	New->Protect = mem_alloc(New->Pages * sizeof(*New->Protect));
	if (!New->Protect) {
		mem_free(New);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	Insert(New);
	*Vad = New;
	return STATUS_SUCCESS;
}

PSECTION MmpDeleteVad(PMMVAD Vad)
{
	PSECTION Section = Vad->Section;

	/* If the host refuses, the pages stay what they are until the range is used again. */
	host_vm_discard(Vad->Start, Vad->Pages * MM_PAGE);
	list_del(&Vad->Link);
	mem_free(Vad->Protect);
	mem_free(Vad);
	return Section;
}

NTSTATUS MmpRemovePages(PMMVAD Vad, ULONGLONG First, ULONGLONG Count)
{
	ULONGLONG Behind = Vad->Pages - First - Count;
	PMMVAD Rest = Behind ? CopyPart(Vad, First + Count, Behind) : NULL;
	NTSTATUS Status;

	if (Behind && !Rest)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = host_status(host_vm_discard(Vad->Start + First * MM_PAGE, Count * MM_PAGE));
	if (!NT_SUCCESS(Status)) {
		if (Rest)
			mem_free(Rest->Protect);
		mem_free(Rest);
		return Status;
	}
	if (Rest)
		list_add(&Vad->Link, &Rest->Link);
	Vad->Pages = First;
	if (First == 0) {
		list_del(&Vad->Link);
		mem_free(Vad->Protect);
		mem_free(Vad);
	}
	return STATUS_SUCCESS;
}
