/* SPDX-License-Identifier: MIT */
/*
 * iodirlist.c - the entries of a directory, one after the other.
 *
 * On host and lx volumes in the host's order: one buffer of its entries is read ahead, and positions
 * are the host's. On win volumes in NTFS's order (nt.md DE3), "." and ".." first, then by the
 * upper-cased name: all names are read and sorted when the enumeration begins, and positions are
 * numbers in that order. Names of creations under way are left out on lx and win.
 */
#include "iop.h"
#include "nt/rtl.h"
#include "base/alloc.h"
#include <stdlib.h>

#define READ_AHEAD 32768

typedef struct _SORTED {
	ULONGLONG Inode;
	ULONG Type, Units;
	const char *Host; /* behind Nt */
	WCHAR Nt[];
} SORTED;

typedef struct _IOP_LISTING {
	LONGLONG Position; /* of the next entry */
	/* host, lx: */
	ULONG Used, Next; /* bytes in Buffer, offset of the next entry */
	/* win: */
	BOOLEAN Read;
	ULONG Count, Room;
	SORTED **Sorted;
	_Alignas(8) char Buffer[READ_AHEAD];
} IOP_LISTING;

static BOOLEAN IsSorted(const FILE_OBJECT *File)
{
	return File->Device->Personality == VolumePersonalityWin;
}

NTSTATUS IopOpenListing(PFILE_OBJECT File, PIOP_LISTING *Listing)
{
	*Listing = mem_alloc(sizeof(IOP_LISTING));
	return *Listing ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID DropSorted(PIOP_LISTING l)
{
	for (ULONG i = 0; i < l->Count; i++)
		mem_free(l->Sorted[i]);
	mem_free(l->Sorted);
	l->Sorted = NULL;
	l->Count = l->Room = 0;
	l->Read = FALSE;
}

VOID IopFreeListing(PIOP_LISTING l)
{
	if (!l)
		return;
	DropSorted(l);
	mem_free(l);
}

/* ---- in the host's order ---- */
/* The next entry of the host, left in the buffer. NULL: no more. */
static NTSTATUS PeekHost(PFILE_OBJECT File, PIOP_LISTING l, struct host_dirent **Entry)
{
	BOOLEAN Nt = IopIsNt(File->Device), Swept = FALSE;
	NTSTATUS Status;

	for (;;) {
		if (l->Next >= l->Used) {
			l->Next = l->Used = 0;
			Status = host_getdents(File->Fd, l->Buffer, sizeof(l->Buffer), &l->Used);
			/* A directory that has been removed has no entries. */
			if (Status == STATUS_OBJECT_NAME_NOT_FOUND ||
			    (NT_SUCCESS(Status) && !l->Used))
				return STATUS_NO_MORE_FILES;
			if (!NT_SUCCESS(Status))
				return Status;
		}
		*Entry = (struct host_dirent *)(l->Buffer + l->Next);
		if (!Nt || !IopIsStaged((*Entry)->name))
			return STATUS_SUCCESS;
		if (!Swept && strcmp((*Entry)->name, IOP_DEPOT) != 0) {
			IopSweepStaged(File->Fd);
			Swept = TRUE;
		}
		l->Next += (*Entry)->size;
		l->Position = (*Entry)->next;
	}
}

/* ---- sorted ---- */
static int ByName(const void *A, const void *B)
{
	const SORTED *a = *(SORTED *const *)A, *b = *(SORTED *const *)B;
	ULONG Units = a->Units < b->Units ? a->Units : b->Units;
	ULONG DotsA = !strcmp(a->Host, ".") ? 1 : !strcmp(a->Host, "..") ? 2 : 3;
	ULONG DotsB = !strcmp(b->Host, ".") ? 1 : !strcmp(b->Host, "..") ? 2 : 3;

	if (DotsA != DotsB)
		return DotsA < DotsB ? -1 : 1;
	for (ULONG i = 0; i < Units; i++) {
		WCHAR x = RtlUpcaseUnicodeChar(a->Nt[i]), y = RtlUpcaseUnicodeChar(b->Nt[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	if (a->Units != b->Units)
		return a->Units < b->Units ? -1 : 1;
	return strcmp(a->Host, b->Host);
}

static BOOLEAN Keep(PIOP_LISTING l, const struct host_dirent *d)
{
	WCHAR Nt[IO_NT_NAME_MAX];
	SIZE_T HostSize = strlen(d->name) + 1;
	LONG Units = IopHostNameToWin(d->name, (ULONG)HostSize - 1, Nt, IO_NT_NAME_MAX);
	SORTED *New, **Grown;

	if (l->Count == l->Room) {
		ULONG Room = l->Room ? l->Room * 2 : 64;

		Grown = mem_realloc(l->Sorted, Room * sizeof(*Grown));
		if (!Grown)
			return FALSE;
		l->Sorted = Grown;
		l->Room = Room;
	}
	New = mem_alloc(sizeof(*New) + (ULONG)Units * sizeof(WCHAR) + HostSize);
	if (!New)
		return FALSE;
	New->Inode = d->ino;
	New->Type = (ULONG)d->type << 12;
	New->Units = (ULONG)Units;
	memcpy(New->Nt, Nt, New->Units * sizeof(WCHAR));
	New->Host = memcpy(New->Nt + Units, d->name, HostSize);
	l->Sorted[l->Count++] = New;
	return TRUE;
}

static NTSTATUS ReadSorted(PFILE_OBJECT File, PIOP_LISTING l)
{
	struct host_dirent *d;
	LONGLONG Position = l->Position, Start;
	NTSTATUS Status = host_lseek(File->Fd, 0, HOST_SEEK_SET, &Start);

	l->Used = l->Next = 0;
	while (NT_SUCCESS(Status) && NT_SUCCESS(Status = PeekHost(File, l, &d))) {
		if (!Keep(l, d))
			Status = STATUS_INSUFFICIENT_RESOURCES;
		l->Next += d->size;
	}
	l->Position = Position; /* which skipped entries have moved */
	if (Status != STATUS_NO_MORE_FILES) {
		DropSorted(l);
		return Status;
	}
	if (l->Count)
		qsort(l->Sorted, l->Count, sizeof(*l->Sorted), ByName);
	l->Read = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS PeekSorted(PFILE_OBJECT File, PIOP_LISTING l, PIOP_ENTRY Entry)
{
	NTSTATUS Status = l->Read ? STATUS_SUCCESS : ReadSorted(File, l);
	const SORTED *s;

	if (!NT_SUCCESS(Status))
		return Status;
	if (l->Position >= l->Count)
		return STATUS_NO_MORE_FILES;
	s = l->Sorted[l->Position];
	*Entry = (IOP_ENTRY){ s->Host, s->Inode, l->Position + 1, s->Type };
	return STATUS_SUCCESS;
}

/* ---- both ---- */
NTSTATUS IopPeekEntry(PFILE_OBJECT File, PIOP_LISTING l, PIOP_ENTRY Entry)
{
	struct host_dirent *d;
	NTSTATUS Status;

	if (IsSorted(File))
		return PeekSorted(File, l, Entry);
	Status = PeekHost(File, l, &d);
	if (NT_SUCCESS(Status))
		*Entry = (IOP_ENTRY){ d->name, d->ino, d->next, (ULONG)d->type << 12 };
	return Status;
}

VOID IopSkipEntry(PIOP_LISTING l)
{
	const struct host_dirent *d = (const void *)(l->Buffer + l->Next);

	if (l->Read) {
		l->Position++;
		return;
	}
	l->Next += d->size;
	l->Position = d->next;
}

NTSTATUS IopSeekListing(PFILE_OBJECT File, PIOP_LISTING l, LONGLONG Position)
{
	if (IsSorted(File)) {
		if (!Position)
			DropSorted(l);
		l->Position = Position;
		return STATUS_SUCCESS;
	}
	l->Used = l->Next = 0;
	l->Position = Position;
	return host_lseek(File->Fd, Position, HOST_SEEK_SET, &Position);
}

LONGLONG IopListingPosition(const IOP_LISTING *l)
{
	return l->Position;
}
