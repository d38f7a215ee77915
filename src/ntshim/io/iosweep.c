/* SPDX-License-Identifier: MIT */
/*
 * iosweep.c - streams whose file has gone: the host removed it, or lxrun was killed in the wrong moment.
 *
 * Nothing in a stream's depot (iostream.c) says where its file is, so a sweep looks at every file of the
 * volume, until all depots are accounted for. It is done on a thread of its own, once a day at most, when a
 * file gets its first stream: a volume where nobody makes streams has no more of them to lose.
 *
 * A file that the host moves about meanwhile may be missed. So a depot goes only if it is missed twice, the
 * second time LOST_AFTER or more after the first, of which it has a mark; and none at all if there was a directory that
 * could not be read. A copy of a file has the file's mark and counts as it: too much is kept rather than too little.
 */
#include "iop.h"
#include "base/alloc.h"
#include "nt/ex.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY         (24 * 3600 * NT_TICKS_PER_SEC)
#define LOST_AFTER  DAY
#define XATTR_SWEPT "user.lxrun.swept" /* of the depots' directory: when it was swept; an NT time */
#define XATTR_LOST  "user.lxrun.lost"  /* of a depot: since when its file is missed */
#define DEPTH       64                 /* of directories; those below were not looked at */
#define BUFFER      8192

typedef struct _DEPOT {
	ULONGLONG Number;
	BOOLEAN Found;
} DEPOT;

typedef struct _SWEEP {
	PDEVICE_OBJECT Device; /* a reference */
	LONGLONG Now;
	host_fd Depots;
	DEPOT *List;       /* by number */
	ULONG Count, Left; /* Left: not found yet */
	BOOLEAN Blind;     /* something could not be looked at */
} SWEEP;

static LONGLONG ReadTime(host_fd Fd, const char *Xattr)
{
	LONGLONG Time;
	SIZE_T Length;

	return NT_SUCCESS(host_getxattr(Fd, Xattr, &Time, sizeof(Time), &Length)) &&
			       Length == sizeof(Time)
		       ? Time
		       : 0;
}

/* ---- the depots there are ---- */

static int ByNumber(const void *A, const void *B)
{
	ULONGLONG a = ((const DEPOT *)A)->Number, b = ((const DEPOT *)B)->Number;

	return (a > b) - (a < b);
}

static NTSTATUS AddDepot(SWEEP *s, const char *Name)
{
	char *End;
	ULONGLONG Number = strtoull(Name, &End, 16);
	DEPOT *List;

	if (End != Name + 16 || *End)
		return STATUS_SUCCESS; /* not one of ours */
	if (s->Count % 64 == 0) {
		List = mem_realloc(s->List, (s->Count + 64) * sizeof(*List));
		if (!List)
			return STATUS_INSUFFICIENT_RESOURCES;
		s->List = List;
	}
	s->List[s->Count++] = (DEPOT){ Number, FALSE };
	return STATUS_SUCCESS;
}

/* ---- the files ---- */

static VOID Visit(SWEEP *s, host_fd Dir, const struct host_dirent *Entry, ULONG Depth);

/* Calls Visit() for what Dir has, or AddDepot() for the names in it. */
static NTSTATUS EachEntry(SWEEP *s, host_fd Dir, ULONG Depth, BOOLEAN IsDepots)
{
	char *Buffer = mem_alloc(BUFFER);
	NTSTATUS Status = Buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	ULONG Length = 0;

	do {
		if (NT_SUCCESS(Status))
			Status = host_getdents(Dir, Buffer, BUFFER, &Length);
		for (ULONG At = 0; NT_SUCCESS(Status) && At < Length;) {
			const struct host_dirent *Entry = (const void *)(Buffer + At);

			At += Entry->size;
			if (!strcmp(Entry->name, ".") || !strcmp(Entry->name, ".."))
				continue;
			if (IsDepots)
				Status = AddDepot(s, Entry->name);
			else if (s->Left)
				Visit(s, Dir, Entry, Depth);
		}
	} while (NT_SUCCESS(Status) && Length && (IsDepots || s->Left));
	mem_free(Buffer);
	return Status;
}

static VOID Note(SWEEP *s, host_fd Dir, const char *Name)
{
	ULONGLONG Mark[2];
	SIZE_T Length;
	DEPOT *Found, Key;
	NTSTATUS Status = host_getxattr_at(Dir, Name, IOP_XATTR_STREAMS, Mark, sizeof(Mark),
					   &Length);

	if (!NT_SUCCESS(Status) || Length != sizeof(Mark)) {
		s->Blind |= Status == STATUS_ACCESS_DENIED;
		return;
	}
	Key.Number = Mark[0];
	Found = bsearch(&Key, s->List, s->Count, sizeof(*Found), ByNumber);
	if (Found && !Found->Found) {
		Found->Found = TRUE;
		s->Left--;
	}
}

static VOID Visit(SWEEP *s, host_fd Dir, const struct host_dirent *Entry, ULONG Depth)
{
	const ULONG Flags = HOST_READ | HOST_DIRECTORY | HOST_NO_LINKS;
	ULONG Type = (ULONG)Entry->type << 12;
	NTSTATUS Status;
	host_fd Fd;

	if (Type && Type != HOST_S_IFREG && Type != HOST_S_IFDIR)
		return;
	if (Depth == 0 && !strcmp(Entry->name, IOP_DEPOT))
		return;
	Note(s, Dir, Entry->name);
	if (Type == HOST_S_IFREG)
		return;
	Status = host_openat(Dir, Entry->name, Flags, 0, &Fd);
	if (NT_SUCCESS(Status)) {
		Status = Depth < DEPTH ? EachEntry(s, Fd, Depth + 1, FALSE) : STATUS_NAME_TOO_LONG;
		host_closefd(Fd);
	}
	if (!NT_SUCCESS(Status) && Status != STATUS_NOT_A_DIRECTORY &&
	    Status != STATUS_OBJECT_NAME_NOT_FOUND && Status != STATUS_STOPPED_ON_SYMLINK)
		s->Blind = TRUE;
}

/* ---- what is to be done ---- */

/* A mark comes, stays or goes; and in the end the depot. */
static VOID Judge(SWEEP *s, const DEPOT *Depot)
{
	char Name[17];
	LONGLONG Since;
	host_fd Fd;

	snprintf(Name, sizeof(Name), "%016llx", (unsigned long long)Depot->Number);
	if (!NT_SUCCESS(host_openat(s->Depots, Name, HOST_READ | HOST_DIRECTORY, 0, &Fd)))
		return;
	Since = ReadTime(Fd, XATTR_LOST);
	if (Depot->Found && Since)
		host_removexattr(Fd, XATTR_LOST);
	else if (!Depot->Found && !Since)
		host_setxattr(Fd, XATTR_LOST, &s->Now, sizeof(s->Now), 0);
	else if (!Depot->Found && s->Now - Since >= LOST_AFTER)
		IopDropDepot(s->Device, Depot->Number);
	host_closefd(Fd);
}

static VOID Sweep(SWEEP *s)
{
	host_fd Top;
	NTSTATUS Status = EachEntry(s, s->Depots, 0, TRUE);

	if (!NT_SUCCESS(Status) || !s->Count)
		return;
	qsort(s->List, s->Count, sizeof(*s->List), ByNumber);
	s->Left = s->Count;
	Status = host_openat(s->Device->Root, ".", HOST_READ | HOST_DIRECTORY, 0, &Top);
	if (!NT_SUCCESS(Status))
		return;
	Note(s, Top, ".");
	Status = EachEntry(s, Top, 0, FALSE);
	host_closefd(Top);
	for (ULONG i = 0; NT_SUCCESS(Status) && i < s->Count; i++)
		if (s->List[i].Found || !s->Blind)
			Judge(s, &s->List[i]);
}

/* On a thread of its own. */
static VOID Work(PVOID Parameter)
{
	SWEEP *s = Parameter;

	Sweep(s);
	host_closefd(s->Depots);
	ObDereferenceObject(&s->Device->Object);
	mem_free(s->List);
	mem_free(s);
}

VOID IopSweepStreams(PDEVICE_OBJECT Device)
{
	LARGE_INTEGER Now;
	WORK_QUEUE_ITEM Item;
	host_fd Depots;
	SWEEP *s;

	KeQuerySystemTimePrecise(&Now);
	if (Now.QuadPart - Device->Swept < DAY)
		return;
	Device->Swept = Now.QuadPart;
	if (!NT_SUCCESS(
		    host_openat(Device->Root, IOP_DEPOT, HOST_READ | HOST_DIRECTORY, 0, &Depots)))
		return;
	s = Now.QuadPart - ReadTime(Depots, XATTR_SWEPT) >= DAY ? mem_alloc(sizeof(*s)) : NULL;
	if (!s ||
	    !NT_SUCCESS(host_setxattr(Depots, XATTR_SWEPT, &Now.QuadPart, sizeof(LONGLONG), 0)))
		goto no;
	*s = (SWEEP){ .Device = Device, .Now = Now.QuadPart, .Depots = Depots };
	ObReferenceObject(&Device->Object);
	ExInitializeWorkItem(&Item, Work, s);
	if (NT_SUCCESS(ExQueueWorkItem(&Item, DelayedWorkQueue)))
		return;
	ObDereferenceObject(&Device->Object);
no:
	mem_free(s);
	host_closefd(Depots);
}
