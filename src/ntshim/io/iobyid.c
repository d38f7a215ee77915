/* SPDX-License-Identifier: MIT */
/*
 * iobyid.c - FILE_OPEN_BY_FILE_ID (nt.md CF17): a file by its inode number.
 *
 * The host lets only the privileged go from a number to a file, so the volume is searched, breadth
 * first, by the numbers that its directory entries carry: exact, and as slow as the tree is large.
 */
#include "iop.h"
#include "base/alloc.h"
#include <stdio.h>

typedef struct _SEARCH {
	struct list Todo; /* directories: PENDING */
	ULONGLONG Id;
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

static VOID LookIn(SEARCH *Search, host_fd Root, const char *Path)
{
	char Buffer[8192] __attribute__((aligned(8)));
	ULONG Length;
	host_fd Fd;

	if (!NT_SUCCESS(*Path ? host_openat(Root, Path, HOST_READ | HOST_DIRECTORY | HOST_NO_LINKS,
					    0, &Fd)
			      : host_reopen(Root, HOST_READ | HOST_DIRECTORY, &Fd)))
		return;
	while (!Search->Found && NT_SUCCESS(host_getdents(Fd, Buffer, sizeof(Buffer), &Length)) &&
	       Length)
		for (ULONG At = 0; At < Length && !Search->Found;) {
			const struct host_dirent *d = (const void *)(Buffer + At);

			At += d->size;
			if (IsDots(d->name) || IopIsStaged(d->name))
				continue;
			if (d->ino == Search->Id) {
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
	if (St.ino == Search->Id)
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

NTSTATUS IopWalkById(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PCUNICODE_STRING Id, POBJECT *Found)
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
	memcpy(&Search->Id, Id->Buffer, sizeof(Search->Id));
	list_init(&Search->Todo);
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
