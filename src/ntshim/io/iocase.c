/* SPDX-License-Identifier: MIT */
/*
 * iocase.c - names without case on a host that has it: directories of win volumes.
 *
 * A name is tried as it stands first; only when the host does not have it, its directory is read once
 * and kept, as a hash table over the upper-cased names. The host tells of every name that comes and
 * goes in it (inotify), whoever did it, before the call that did it returns; what it has told is
 * applied before each lookup. Where it does not tell (network file systems, no watches left) the
 * directory is read anew each time.
 *
 * The lock is held from the lookup of a name that is to be made until the host has made it
 * (IopBeginName, IopEndName), so that of "A" and "a" only one is made by us.
 */
#include "iop.h"
#include "nt/rtl.h"
#include "base/alloc.h"
#include <string.h>

#define MAX_DIRECTORIES 64
#define FIRST_BUCKETS   64
#define HOST_NAME       256

typedef struct _ENTRY {
	struct _ENTRY *Next;
	ULONG Hash;
	char Name[];
} ENTRY;

typedef struct _DIRECTORY {
	struct list Link; /* most recently used first */
	ULONGLONG Device, Inode;
	int Watch;
	ULONG Count, Buckets; /* Buckets: a power of 2 */
	ENTRY **Table;
} DIRECTORY;

typedef struct _IOP_CASE {
	struct lk Lock; /* LR_IO; guards: */
	host_fd Watch;
	ULONG Count;
	struct list Directories;
} IOP_CASE;

/* ---- one directory's names ---- */
static ULONG HashOf(const char *Name)
{
	WCHAR Nt[IO_NT_NAME_MAX];
	UNICODE_STRING String = { .Buffer = Nt };

	String.Length = (USHORT)(IopHostNameToWin(Name, (ULONG)strlen(Name), Nt, IO_NT_NAME_MAX) *
				 (LONG)sizeof(WCHAR));
	return RtlHashUnicodeString(&String, TRUE);
}

static BOOLEAN EqualButForCase(const char *a, const char *b)
{
	WCHAR A[IO_NT_NAME_MAX], B[IO_NT_NAME_MAX];
	LONG n = IopHostNameToWin(a, (ULONG)strlen(a), A, IO_NT_NAME_MAX);

	if (n != IopHostNameToWin(b, (ULONG)strlen(b), B, IO_NT_NAME_MAX))
		return FALSE;
	for (LONG i = 0; i < n; i++)
		if (A[i] != B[i] && RtlUpcaseUnicodeChar(A[i]) != RtlUpcaseUnicodeChar(B[i]))
			return FALSE;
	return TRUE;
}

static ENTRY **Find(const DIRECTORY *Dir, ULONG Hash, const char *Name, BOOLEAN Exact)
{
	ENTRY **At = &Dir->Table[Hash & (Dir->Buckets - 1)];

	for (; *At; At = &(*At)->Next)
		if ((*At)->Hash == Hash &&
		    (Exact ? strcmp((*At)->Name, Name) == 0 : EqualButForCase((*At)->Name, Name)))
			break;
	return At;
}

static VOID Grow(DIRECTORY *Dir)
{
	ULONG Buckets = Dir->Buckets ? Dir->Buckets * 4 : FIRST_BUCKETS;
	ENTRY **Table = mem_alloc(Buckets * sizeof(*Table)), *Entry;

	if (!Table)
		return;
	for (ULONG i = 0; i < Dir->Buckets; i++)
		while ((Entry = Dir->Table[i])) {
			Dir->Table[i] = Entry->Next;
			Entry->Next = Table[Entry->Hash & (Buckets - 1)];
			Table[Entry->Hash & (Buckets - 1)] = Entry;
		}
	mem_free(Dir->Table);
	Dir->Table = Table;
	Dir->Buckets = Buckets;
}

/* FALSE: no memory; Dir is not to be believed any more. */
static BOOLEAN AddName(DIRECTORY *Dir, const char *Name)
{
	SIZE_T Size = strlen(Name) + 1;
	ULONG Hash = HashOf(Name);
	ENTRY *Entry;

	if (Dir->Count >= Dir->Buckets)
		Grow(Dir);
	if (*Find(Dir, Hash, Name, TRUE))
		return TRUE;
	Entry = mem_alloc(sizeof(*Entry) + Size);
	if (!Entry)
		return FALSE;
	Entry->Hash = Hash;
	memcpy(Entry->Name, Name, Size);
	Entry->Next = Dir->Table[Hash & (Dir->Buckets - 1)];
	Dir->Table[Hash & (Dir->Buckets - 1)] = Entry;
	Dir->Count++;
	return TRUE;
}

static VOID RemoveName(DIRECTORY *Dir, const char *Name)
{
	ENTRY **At = Find(Dir, HashOf(Name), Name, TRUE), *Entry = *At;

	if (!Entry)
		return;
	*At = Entry->Next;
	Dir->Count--;
	mem_free(Entry);
}

static VOID FreeDirectory(DIRECTORY *Dir)
{
	ENTRY *Entry;

	for (ULONG i = 0; i < Dir->Buckets; i++)
		while ((Entry = Dir->Table[i])) {
			Dir->Table[i] = Entry->Next;
			mem_free(Entry);
		}
	mem_free(Dir->Table);
	mem_free(Dir);
}

static NTSTATUS ReadNames(DIRECTORY *Dir, host_fd Fd)
{
	char Buffer[8192] __attribute__((aligned(8)));
	ULONG Length;
	host_fd Reader;
	NTSTATUS Status = host_reopen(Fd, HOST_READ | HOST_DIRECTORY, &Reader);

	if (!NT_SUCCESS(Status))
		return Status;
	for (;;) {
		Status = host_getdents(Reader, Buffer, sizeof(Buffer), &Length);
		if (!NT_SUCCESS(Status) || !Length)
			break;
		for (ULONG At = 0; At < Length && NT_SUCCESS(Status);) {
			const struct host_dirent *d = (const void *)(Buffer + At);

			if (!AddName(Dir, d->name))
				Status = STATUS_INSUFFICIENT_RESOURCES;
			At += d->size;
		}
		if (!NT_SUCCESS(Status))
			break;
	}
	host_closefd(Reader);
	return Status;
}

/* ---- the volume's directories; Case->Lock held ---- */
static VOID Drop(IOP_CASE *Case, DIRECTORY *Dir)
{
	list_del(&Dir->Link);
	Case->Count--;
	FreeDirectory(Dir);
}

static VOID Forget(IOP_CASE *Case, DIRECTORY *Dir)
{
	host_watch_remove(Case->Watch, Dir->Watch);
	Drop(Case, Dir);
}

static void Told(void *Context, int Watch, enum host_names_event What, const char *Name)
{
	IOP_CASE *Case = Context;
	DIRECTORY *Dir, *Next;

	list_for_each_safe(Dir, Next, &Case->Directories, Link) {
		if (What == HOST_NAMES_MISSED)
			Forget(Case, Dir);
		else if (Dir->Watch != Watch)
			continue;
		else if (What == HOST_NAMES_GONE)
			Drop(Case, Dir);
		else if (What == HOST_NAME_REMOVED)
			RemoveName(Dir, Name);
		else if (!AddName(Dir, Name))
			Forget(Case, Dir);
	}
}

static DIRECTORY *FindDirectory(IOP_CASE *Case, const struct host_stat *St)
{
	DIRECTORY *Dir;

	list_for_each(Dir, &Case->Directories, Link)
		if (Dir->Inode == St->ino && Dir->Device == IopHostDevice(St))
			return Dir;
	return NULL;
}

/* Watched first, then read: what happens in between is told of, and applied twice without harm. */
static NTSTATUS Build(IOP_CASE *Case, host_fd Fd, const struct host_stat *St, DIRECTORY **Out)
{
	DIRECTORY *Dir = mem_alloc(sizeof(*Dir));
	NTSTATUS Status;

	if (!Dir)
		return STATUS_INSUFFICIENT_RESOURCES;
	Dir->Device = IopHostDevice(St);
	Dir->Inode = St->ino;
	Dir->Watch = -1;
	list_init(&Dir->Link);
	if (Case->Watch.v < 0 && !NT_SUCCESS(host_watch_open(&Case->Watch)))
		Case->Watch = HOST_NO_FD;
	if (Case->Watch.v >= 0 && host_watch_tells(Fd) == HOST_TELLS_ALL &&
	    !NT_SUCCESS(host_names_add(Case->Watch, Fd, &Dir->Watch)))
		Dir->Watch = -1;
	Grow(Dir);
	Status = Dir->Buckets ? ReadNames(Dir, Fd) : STATUS_INSUFFICIENT_RESOURCES;
	if (!NT_SUCCESS(Status)) {
		if (Dir->Watch >= 0)
			host_watch_remove(Case->Watch, Dir->Watch);
		FreeDirectory(Dir);
		return Status;
	}
	if (Dir->Watch >= 0) {
		if (Case->Count >= MAX_DIRECTORIES)
			Forget(Case, container_of(Case->Directories.prev, DIRECTORY, Link));
		list_add(&Case->Directories, &Dir->Link);
		Case->Count++;
	}
	*Out = Dir;
	return STATUS_SUCCESS;
}

/* The names of Fd, which is the directory St, up to date. EndLookup() when done with it. */
static NTSTATUS BeginLookup(IOP_CASE *Case, host_fd Fd, const struct host_stat *St, DIRECTORY **Dir)
{
	NTSTATUS Status = Case->Watch.v >= 0 ? host_names_read(Case->Watch, Told, Case)
					     : STATUS_SUCCESS;

	if (!NT_SUCCESS(Status))
		return Status;
	*Dir = FindDirectory(Case, St);
	if (!*Dir)
		return Build(Case, Fd, St, Dir);
	list_del(&(*Dir)->Link);
	list_add(&Case->Directories, &(*Dir)->Link);
	return STATUS_SUCCESS;
}

static VOID EndLookup(DIRECTORY *Dir)
{
	if (Dir->Watch < 0)
		FreeDirectory(Dir);
}

/* ---- what others call ---- */
NTSTATUS IopCreateCase(IOP_CASE **Case)
{
	IOP_CASE *New = mem_alloc(sizeof(*New));

	*Case = New;
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	lk_init(&New->Lock, LR_IO);
	New->Watch = HOST_NO_FD;
	list_init(&New->Directories);
	return STATUS_SUCCESS;
}

VOID IopDestroyCase(IOP_CASE *Case)
{
	DIRECTORY *Dir, *Next;

	list_for_each_safe(Dir, Next, &Case->Directories, Link)
		Drop(Case, Dir);
	host_closefd(Case->Watch);
	mem_free(Case);
}

NTSTATUS IopResolveCase(PDEVICE_OBJECT Device, host_fd Fd, char *Text)
{
	IOP_CASE *Case = Device->Case;
	IOP_NODE Node;
	DIRECTORY *Dir;
	ENTRY *Entry;
	NTSTATUS Status;

	if (!Case)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	Status = IopQueryNodeAt(Device, Fd, "", &Node);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Node.CaseSensitive) /* FI12: there names are exact whatever the caller asks for */
		return STATUS_OBJECT_NAME_NOT_FOUND;
	lk_acquire(&Case->Lock);
	Status = BeginLookup(Case, Fd, &Node.St, &Dir);
	if (NT_SUCCESS(Status)) {
		Entry = *Find(Dir, HashOf(Text), Text, FALSE);
		if (Entry && strlen(Entry->Name) < HOST_NAME)
			strcpy(Text, Entry->Name);
		else
			Status = STATUS_OBJECT_NAME_NOT_FOUND;
		EndLookup(Dir);
	}
	lk_release(&Case->Lock);
	return Status;
}

NTSTATUS IopStatName(PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name, struct host_stat *St)
{
	NTSTATUS Status = host_statx(Dir, Name->Text, St);

	if (Status != STATUS_OBJECT_NAME_NOT_FOUND || !Name->CaseInsensitive ||
	    !NT_SUCCESS(IopResolveCase(Device, Dir, Name->Text)))
		return Status;
	return host_statx(Dir, Name->Text, St);
}

NTSTATUS IopBeginName(PDEVICE_OBJECT Device, host_fd Fd, const IOP_NAME *Name, const char *Except)
{
	IOP_CASE *Case = Device->Case;
	IOP_NODE Node;
	DIRECTORY *Dir;
	ENTRY *Entry;
	NTSTATUS Status;

	if (!Case || !Name->CaseInsensitive)
		return STATUS_SUCCESS;
	lk_acquire(&Case->Lock);
	Status = IopQueryNodeAt(Device, Fd, "", &Node);
	if (NT_SUCCESS(Status) && Node.CaseSensitive)
		return STATUS_SUCCESS;
	if (NT_SUCCESS(Status))
		Status = BeginLookup(Case, Fd, &Node.St, &Dir);
	if (NT_SUCCESS(Status)) {
		Entry = *Find(Dir, HashOf(Name->Text), Name->Text, FALSE);
		if (Entry && !(Except && strcmp(Entry->Name, Except) == 0))
			Status = STATUS_OBJECT_NAME_COLLISION;
		EndLookup(Dir);
	}
	if (!NT_SUCCESS(Status))
		lk_release(&Case->Lock);
	return Status;
}

/* Whether two names of Dir's are equal but for case. */
static BOOLEAN HasTwins(const DIRECTORY *Dir)
{
	for (ULONG i = 0; i < Dir->Buckets; i++)
		for (const ENTRY *a = Dir->Table[i]; a; a = a->Next)
			for (const ENTRY *b = a->Next; b; b = b->Next)
				if (a->Hash == b->Hash && EqualButForCase(a->Name, b->Name))
					return TRUE;
	return FALSE;
}

NTSTATUS IopSetCaseSensitive(PDEVICE_OBJECT Device, host_fd Fd, BOOLEAN Sensitive)
{
	IOP_CASE *Case = Device->Case;
	struct host_stat St;
	DIRECTORY *Dir;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!Case)
		return Sensitive ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
	lk_acquire(&Case->Lock);
	if (!Sensitive) {
		Status = host_fstat(Fd, &St);
		if (NT_SUCCESS(Status))
			Status = BeginLookup(Case, Fd, &St, &Dir);
		if (NT_SUCCESS(Status)) {
			Status = HasTwins(Dir) ? STATUS_CASE_DIFFERING_NAMES_IN_DIR : Status;
			EndLookup(Dir);
		}
	}
	if (NT_SUCCESS(Status))
		Status = IopSetXattr(Fd, IOP_XATTR_CASE, "1", Sensitive ? 1 : 0);
	lk_release(&Case->Lock);
	return Status;
}

VOID IopEndName(PDEVICE_OBJECT Device, const IOP_NAME *Name)
{
	if (Device->Case && Name->CaseInsensitive)
		lk_release(&Device->Case->Lock);
}
