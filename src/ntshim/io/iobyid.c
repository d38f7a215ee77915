/* SPDX-License-Identifier: MIT */
/*
 * iobyid.c - FILE_OPEN_BY_FILE_ID (nt.md CF17): a file by its inode number; FileHardLinkInformation: all of
 * its names.
 *
 * The host lets only the privileged go from a number to a file, so the volume is searched, breadth
 * first, by the numbers that its directory entries carry: exact, and as slow as the tree is large. What is
 * mounted below the volume is searched too, for numbers of its own only.
 */
#include "iop.h"
#include "base/alloc.h"
#include <stdio.h>

typedef struct _LINKS {
	FILE_LINKS_INFORMATION *Out;
	ULONG Length, At, Last;
	NTSTATUS Status;
} LINKS;

typedef struct _SEARCH {
	struct list Todo;         /* directories: PENDING */
	ULONGLONG Id, HostDevice; /* a volume may reach over file systems of the host */
	PDEVICE_OBJECT Device;
	LINKS *Links; /* all names are wanted; NULL: the first */
	char Parent[IOP_PATH_MAX];
	char Name[256];
	BOOLEAN Found;
} SEARCH;

typedef struct _PENDING {
	struct list Link;
	char Path[];
} PENDING;

static BOOLEAN IsDots(const char *Name)
{
	return Name[0] == '.' && (!Name[1] || (Name[1] == '.' && !Name[2]));
}

static VOID Remember(SEARCH *Search, const char *Parent, const char *Name)
{
	SIZE_T Size = strlen(Parent) + strlen(Name) + 2;
	PENDING *New = Size <= IOP_PATH_MAX ? mem_alloc(sizeof(*New) + Size) : NULL;

	if (!New)
		return;
	snprintf(New->Path, Size, "%s%s%s", Parent, *Parent ? "/" : "", Name);
	list_add_tail(&Search->Todo, &New->Link);
}

/* One more name of the file, in the directory Fd. */
static VOID AddLink(SEARCH *Search, host_fd Fd, const char *Name)
{
	const ULONG Fixed = offsetof(FILE_LINK_ENTRY_INFORMATION, FileName);
	LINKS *l = Search->Links;
	FILE_LINK_ENTRY_INFORMATION *Entry = (void *)((char *)l->Out + l->At);
	WCHAR Nt[IO_NT_NAME_MAX];
	struct host_stat St;
	ULONG Bytes = (ULONG)IopNtName(Search->Device, Name, (ULONG)strlen(Name), Nt) *
		      (ULONG)sizeof(WCHAR);

	if (!NT_SUCCESS(host_fstat(Fd, &St)))
		return;
	l->Out->BytesNeeded = ((l->Out->BytesNeeded + 7) & ~7u) + Fixed + Bytes;
	if (l->Status != STATUS_SUCCESS || l->At > l->Length || l->Length - l->At < Fixed + Bytes) {
		l->Status = STATUS_BUFFER_OVERFLOW;
		return;
	}
	*Entry = (FILE_LINK_ENTRY_INFORMATION){ .ParentFileId = (LONGLONG)St.ino,
						.FileNameLength = Bytes / (ULONG)sizeof(WCHAR) };
	memcpy((char *)Entry + Fixed, Nt, Bytes);
	if (l->Last)
		((FILE_LINK_ENTRY_INFORMATION *)(void *)((char *)l->Out + l->Last))
			->NextEntryOffset = l->At - l->Last;
	l->Out->EntriesReturned++;
	l->Last = l->At;
	l->At = (l->At + Fixed + Bytes + 7) & ~7u;
}

static VOID LookIn(SEARCH *Search, host_fd Root, const char *Path)
{
	char Buffer[8192] __attribute__((aligned(8)));
	struct host_stat St;
	BOOLEAN Here;
	ULONG Length;
	host_fd Fd;

	if (!NT_SUCCESS(*Path ? host_openat(Root, Path, HOST_READ | HOST_DIRECTORY | HOST_NO_LINKS,
					    0, &Fd)
			      : host_reopen(Root, HOST_READ | HOST_DIRECTORY, &Fd)))
		return;
	Here = NT_SUCCESS(host_fstat(Fd, &St)) && IopHostDevice(&St) == Search->HostDevice;
	while (!Search->Found && NT_SUCCESS(host_getdents(Fd, Buffer, sizeof(Buffer), &Length)) &&
	       Length)
		for (ULONG At = 0; At < Length && !Search->Found;) {
			const struct host_dirent *d = (const void *)(Buffer + At);

			At += d->size;
			if (IsDots(d->name) || IopIsStaged(d->name))
				continue;
			if (Here && d->ino == Search->Id && Search->Links) {
				AddLink(Search, Fd, d->name);
			} else if (Here && d->ino == Search->Id) {
				Search->Found = TRUE;
				snprintf(Search->Parent, sizeof(Search->Parent), "%s", Path);
				snprintf(Search->Name, sizeof(Search->Name), "%s", d->name);
			} else if ((ULONG)d->type << 12 == HOST_S_IFDIR) {
				Remember(Search, Path, d->name);
			}
		}
	host_closefd(Fd);
}

static NTSTATUS Find(SEARCH *Search, PDEVICE_OBJECT Device)
{
	struct host_stat St;
	PENDING *Next;
	NTSTATUS Status = host_fstat(Device->Root, &St);

	if (!NT_SUCCESS(Status))
		return Status;
	if (St.ino == Search->Id && IopHostDevice(&St) == Search->HostDevice)
		return STATUS_SUCCESS; /* the root: the empty name */
	Remember(Search, "", "");
	while (!list_empty(&Search->Todo)) {
		Next = container_of(Search->Todo.next, PENDING, Link);
		list_del(&Next->Link);
		if (!Search->Found)
			LookIn(Search, Device->Root, Next->Path);
		mem_free(Next);
	}
	return Search->Found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* Id: 8 bytes, or 16 with zeroes behind (FI10). The file system is the one that Root is on. */
static NTSTATUS WhatToFind(PDEVICE_OBJECT Device, PFILE_OBJECT Root, PCUNICODE_STRING Id,
			   SEARCH *Search)
{
	ULONGLONG Parts[2] = { 0 };
	struct host_stat St;
	NTSTATUS Status = host_fstat(IopRootFd(Device, Root), &St);

	memcpy(Parts, Id->Buffer, Id->Length);
	Search->Id = Parts[0];
	Search->HostDevice = IopHostDevice(&St);
	list_init(&Search->Todo);
	return NT_SUCCESS(Status) && Parts[1] ? STATUS_INVALID_PARAMETER : Status;
}

NTSTATUS IopWalkById(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
		     PCUNICODE_STRING Id, POBJECT *Found)
{
	IOP_NAME Name = { 0 };
	PFILE_OBJECT Parent;
	SEARCH *Search;
	host_fd Fd;
	NTSTATUS Status;

	if (Id->Length != 8 && Id->Length != 16)
		return STATUS_INVALID_PARAMETER;
	if (Device->Root.v < 0)
		return STATUS_INVALID_DEVICE_REQUEST;
	Search = mem_alloc(sizeof(*Search));
	if (!Search)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = WhatToFind(Device, Root, Id, Search);
	if (NT_SUCCESS(Status))
		Status = Find(Search, Device);
	if (NT_SUCCESS(Status))
		Status = *Search->Parent
				 ? host_openat(Device->Root, Search->Parent,
					       HOST_PATH | HOST_DIRECTORY | HOST_NO_LINKS, 0, &Fd)
				 : host_reopen(Device->Root, HOST_PATH, &Fd);
	if (NT_SUCCESS(Status))
		Status = IopNewDirectory(Device, Fd, &Parent);
	if (NT_SUCCESS(Status)) {
		Name.Length = (ULONG)strlen(Search->Name);
		memcpy(Name.Text, Search->Name, Name.Length + 1);
		Status = Parse->Routine(Parse, Device, Parent, &Name, Found);
		IopDereferenceFile(Parent);
	}
	mem_free(Search);
	return Status;
}

NTSTATUS IopQueryLinks(PFILE_OBJECT File, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	LINKS Links = { .Out = Buffer,
			.Length = Length,
			.At = offsetof(FILE_LINKS_INFORMATION, Entry) };
	PFILE_OBJECT Base = File->Base ? File->Base : File;
	SEARCH *Search;
	struct host_stat St;
	NTSTATUS Status;

	if (File->Device->Root.v < 0)
		return STATUS_INVALID_DEVICE_REQUEST;
	Status = host_fstat(Base->Fd, &St);
	Search = mem_alloc(sizeof(*Search));
	if (NT_SUCCESS(Status) && !Search)
		Status = STATUS_INSUFFICIENT_RESOURCES;
	if (NT_SUCCESS(Status)) {
		*Links.Out = (FILE_LINKS_INFORMATION){ .BytesNeeded = Links.At };
		Search->Device = File->Device;
		Search->Id = St.ino;
		Search->HostDevice = IopHostDevice(&St);
		Search->Links = &Links;
		list_init(&Search->Todo);
		Status = Find(Search, File->Device);
		if (Status == STATUS_INVALID_PARAMETER) /* all has been searched */
			Status = Links.Status;
		*Information = Links.At < Length ? Links.At : Length;
	}
	mem_free(Search);
	return Status;
}
