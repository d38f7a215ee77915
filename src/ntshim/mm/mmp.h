/* SPDX-License-Identifier: MIT */
/*
 * mmp.h - private to the memory manager.
 *
 * The arena is one range of the host's address space, reserved on first use. An allocation (VAD) is a
 * run of pages in it, from one NtAllocateVirtualMemory(MEM_RESERVE) or one view; each page has its
 * protection, or none while it is only reserved. MmpLock (LR_MM) guards the list of allocations, their
 * pages, which pages of a section are committed, and the list of sections.
 */
#ifndef MMP_H
#define MMP_H
#include "nt/mm.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/trace.h"
#include "../host/host_mem.h"
#include "../host/host_shm.h"
#include "../host/host_sys.h"

#define MM_PAGE        4096ull
#define MM_GRANULARITY 65536ull
#define MM_HIGHEST     0x7FFFFFFEFFFFull /* NT's highest user address */

/* A PE file laid out: mmimage.c. Constant. */
typedef struct _MM_IMAGE {
	SECTION_IMAGE_INFORMATION Information;
	ULONGLONG Base, Pages;
	USHORT Protect[]; /* by page */
} MM_IMAGE, *PMM_IMAGE;

typedef struct _SECTION {
	OBJECT Object;
	ULONG AllocationAttributes, Protect;
	BOOLEAN FileBacked, Writable;
	PMM_IMAGE Image; /* owned; NULL: it is none */
	int HostFd;      /* owned: the section outlives the file's handle (VM14) */
	BOOLEAN HasSegment;
	struct lk Lock; /* LR_IO; guards: */
	LONGLONG Size;
	struct host_shm Segment; /* SEC_LXRUN_PICO: its pages */
	/* LR_MM: */
	struct list Link; /* of all sections of files */
	ULONGLONG Device, Inode;
	UCHAR *Committed; /* SEC_RESERVE: one byte a page; NULL: all are */
	ULONGLONG Pages;  /* of Committed */
} SECTION, *PSECTION;

typedef struct _MMVAD {
	struct list Link; /* by address */
	ULONGLONG Start, Pages;
	ULONG AllocationProtect;
	BOOLEAN Pico;     /* nothing but its pages is in use around it */
	PSECTION Section; /* a view: holds a reference */
	LONGLONG Offset;  /* of the view in the section */
	USHORT *Protect;  /* by page; 0: reserved. Of a view: what it has once committed */
} MMVAD, *PMMVAD;

extern struct lk MmpLock;

static inline ULONGLONG MmpEnd(const MMVAD *Vad)
{
	return Vad->Start + Vad->Pages * MM_PAGE;
}

static inline ULONGLONG MmpPageUp(ULONGLONG Bytes)
{
	return (Bytes + MM_PAGE - 1) & ~(MM_PAGE - 1);
}

/* ---- mmspace.c; MmpLock held ---- */
/* The allocation that Address lies in, or NULL. */
PMMVAD MmpFind(ULONGLONG Address);
/* The first allocation that ends above Address, or NULL. */
PMMVAD MmpNext(ULONGLONG Address);
/*
 * A new allocation of Size bytes at Base (0: anywhere at most Limit), all pages reserved.
 * STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY. Consumes a reference to Section on success.
 */
NTSTATUS MmpCreateVad(ULONGLONG Base, ULONGLONG Size, ULONGLONG Limit, ULONG Type, ULONG Protect,
		      PSECTION Section, PMMVAD *Vad);
/* Takes pages [First, First + Count) out of Vad and gives them back; what is left becomes one or two. */
NTSTATUS MmpRemovePages(PMMVAD Vad, ULONGLONG First, ULONGLONG Count);
/* Gives a whole allocation back. Returns its section, whose reference is the caller's to drop. */
PSECTION MmpDeleteVad(PMMVAD Vad);
/* Reserves the arena, once. */
NTSTATUS MmpStart(void);
VOID MmpArena(ULONGLONG *Start, ULONGLONG *End);

/* ---- mmprotect.c ---- */
/* STATUS_INVALID_PAGE_PROTECTION. */
NTSTATUS MmpCheckProtect(ULONG Protect);
/* HOST_PROT_* of a valid protection; of guard pages none, so that each use of them is a fault. */
ULONG MmpHostProtect(ULONG Protect);
/* Whether a view may have Protect when the section has Section (VM11). */
BOOLEAN MmpIsCompatible(ULONG Section, ULONG Protect);
/* SECTION_MAP_* that a view of Protect needs of the handle. */
ACCESS_MASK MmpViewAccess(ULONG Protect);
/* The highest address that ZeroBits allows (VM8); 0: no such ZeroBits. */
ULONGLONG MmpLimit(ULONG_PTR ZeroBits);
/*
 * References a process whose memory is to be used: the calling one, or STATUS_NOT_SUPPORTED for pico
 * processes. Nothing is kept: the calling process does not end before the call.
 */
NTSTATUS MmpCheckProcess(HANDLE Process, ACCESS_MASK Access);

/* ---- mmpico.c ---- */
/* A section of SEC_LXRUN_PICO with its size set gets its pages. */
NTSTATUS MmpBackBySegment(PSECTION Section);

/* ---- mmsection.c ---- */
BOOLEAN MmpIsCommitted(const SECTION *Section, ULONGLONG Page); /* MmpLock held */
/* Protect of page i of a view or an allocation as it is now, 0: not committed. MmpLock held. */
static inline ULONG MmpPage(const MMVAD *Vad, ULONGLONG i)
{
	if (Vad->Section && !MmpIsCommitted(Vad->Section, (ULONGLONG)Vad->Offset / MM_PAGE + i))
		return 0;
	return Vad->Protect[i];
}
/* ---- mmimage.c ---- */
/* Lays File out in *Memory, a new memory file. STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_FORMAT. */
NTSTATUS MmpMakeImage(int File, int *Memory, PMM_IMAGE *Image);
/* ---- mmview.c; MmpLock held ---- */
/* Commits Count pages of the view from First on, in the section and so in all its views. */
NTSTATUS MmpCommitView(PMMVAD Vad, ULONGLONG First, ULONGLONG Count);
#endif
