/* SPDX-License-Identifier: MIT */
/*
 * iostage.c - creation on lx and win volumes: whole or not at all, whenever we are killed.
 *
 * What has no metadata is made in one host call. A file with metadata is made without a name
 * (O_TMPFILE), gets its xattrs and then its name by link(2). A directory, and a file where the host
 * has no nameless files, is made under a name that nobody is shown, IOP_STAGE_PREFIX and a random
 * number, gets its xattrs and is renamed. While that goes on it is locked (flock), so a name of that
 * kind which nobody has locked belonged to somebody who was killed, and is removed on sight.
 */
#include "iop.h"
#include "base/alloc.h"
#include "../host/host_text.h"
#include <stdio.h>

#define STAGE_NAME 32

/* The host's mode says nothing to a guest of an lx volume; the files are for this user alone. */
ULONG IopHostMode(const DEVICE_OBJECT *Device, BOOLEAN Directory)
{
	if (Device->Personality == VolumePersonalityLx)
		return Directory ? 0700 : 0600;
	return (Directory ? 0777 : 0666) & ~IoQueryInitialUmask();
}

static BOOLEAN HasDefaultAttributes(const IOP_NEW *New)
{
	return (New->Attributes & IOP_SETTABLE_ATTRIBUTES & ~FILE_ATTRIBUTE_NORMAL) ==
	       (New->Directory ? 0 : FILE_ATTRIBUTE_ARCHIVE);
}

BOOLEAN IopIsPlainNew(const IOP_NEW *New)
{
	return !New->EaLength && !New->ReparseLength && !New->Stream && !New->Security &&
	       HasDefaultAttributes(New);
}

/*
 * A reparse point is an xattr, and for those a host may have room for 4 KiB at a file. The longest texts of Linux
 * links then become the file's data, behind a point that is a tag alone: the form of Windows 10 1709 (RP15).
 */
static NTSTATUS StoreReparse(host_fd Fd, const IOP_NEW *New)
{
	const ULONG Before = REPARSE_DATA_BUFFER_HEADER_SIZE + sizeof(ULONG);
	const REPARSE_DATA_BUFFER *Point = New->Reparse;
	REPARSE_DATA_BUFFER Tag = { .ReparseTag = Point->ReparseTag };
	NTSTATUS Status = IopSetXattr(Fd, IOP_XATTR_REPARSE, New->Reparse, New->ReparseLength);
	ULONG Done = 0;

	if (Status != STATUS_DISK_FULL || Tag.ReparseTag != IO_REPARSE_TAG_LX_SYMLINK)
		return Status;
	Status = IopSetXattr(Fd, IOP_XATTR_REPARSE, &Tag, REPARSE_DATA_BUFFER_HEADER_SIZE);
	if (NT_SUCCESS(Status))
		Status = host_write(Fd, (const char *)Point + Before, New->ReparseLength - Before,
				    0, &Done);
	return NT_SUCCESS(Status) && Done < New->ReparseLength - Before ? STATUS_DISK_FULL : Status;
}

static NTSTATUS Decorate(PDEVICE_OBJECT Device, host_fd Fd, const IOP_NEW *New)
{
	NTSTATUS Status = STATUS_SUCCESS;

	if (New->EaLength)
		Status = IopStoreEas(Fd, New->Eas, New->EaLength);
	if (NT_SUCCESS(Status) && New->ReparseLength)
		Status = StoreReparse(Fd, New);
	if (NT_SUCCESS(Status) && New->Security)
		Status = IopStoreSecurity(Fd, New->Security);
	if (NT_SUCCESS(Status) && !HasDefaultAttributes(New))
		Status = IopStoreAttributes(Fd, New->Directory, New->Attributes, 0);
	if (NT_SUCCESS(Status) && New->Stream)
		Status = IopMakeStream(Device, Fd, New->Stream);
	return Status;
}

/* What was made has not got its name. Consumes Fd. */
static VOID Discard(PDEVICE_OBJECT Device, host_fd Fd, const IOP_NEW *New)
{
	if (New->Stream)
		IopDropStreams(Device, Fd);
	host_closefd(Fd);
}

/* Opens what has just been made the way it was asked for. Consumes *Fd. */
static NTSTATUS Reopen(host_fd *Fd, ULONG Flags)
{
	host_fd Made = *Fd;
	NTSTATUS Status = host_reopen(Made, Flags, Fd);

	host_closefd(Made);
	return Status;
}

static NTSTATUS MakePlain(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name,
			  const IOP_NEW *New, ULONG Flags, host_fd *Fd)
{
	ULONG Mode = New->Mode ? New->Mode : IopHostMode(Device, New->Directory);
	NTSTATUS Status = IopBeginName(Device, Dir, Name, NULL);

	if (!NT_SUCCESS(Status))
		return Status;
	if (New->Directory)
		Status = host_mkdirat(Dir, Name->Text, Mode);
	else
		Status = host_openat(Dir, Name->Text,
				     (Flags & HOST_PATH ? HOST_READ : Flags) | HOST_CREATE, Mode,
				     Fd);
	IopEndName(Device, Name);
	if (NT_SUCCESS(Status) && New->Directory) {
		Status = host_openat(Dir, Name->Text, Flags, 0, Fd);
		if (!NT_SUCCESS(Status))
			host_unlinkat(Dir, Name->Text, TRUE);
	}
	return Status;
}

/* As Reopen, of what has its name already: which is taken back if it cannot be opened. */
static NTSTATUS ReopenNamed(host_fd Dir, const IOP_NAME *Name, BOOLEAN Directory, host_fd *Fd,
			    ULONG Flags)
{
	NTSTATUS Status = Reopen(Fd, Flags);

	if (!NT_SUCCESS(Status))
		host_unlinkat(Dir, Name->Text, Directory);
	return Status;
}

NTSTATUS IopMakeUnnamed(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NEW *New, ULONG Flags,
			host_fd *Fd)
{
	NTSTATUS Status = host_openat(Dir, ".", HOST_TMPFILE | HOST_READ | HOST_WRITE, 0600, Fd);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = Decorate(Device, *Fd, New);
	if (!NT_SUCCESS(Status))
		Discard(Device, *Fd, New);
	else if (Flags & ~(HOST_READ | HOST_WRITE) || !(Flags & HOST_WRITE))
		Status = Reopen(Fd, Flags & ~HOST_TMPFILE);
	return Status;
}

/* A name for preparations, and the thing itself, empty and locked. */
static NTSTATUS OpenStage(host_fd Dir, BOOLEAN Directory, ULONG Mode, char Name[STAGE_NAME],
			  host_fd *Fd)
{
	ULONGLONG Random;
	NTSTATUS Status;

	if (host_random(&Random, sizeof(Random)))
		return STATUS_UNSUCCESSFUL;
	snprintf(Name, STAGE_NAME, IOP_STAGE_PREFIX "%016llx", (unsigned long long)Random);
	if (Directory) {
		Status = host_mkdirat(Dir, Name, Mode);
		if (NT_SUCCESS(Status))
			Status = host_openat(Dir, Name, HOST_READ | HOST_DIRECTORY, 0, Fd);
	} else {
		Status = host_openat(Dir, Name, HOST_READ | HOST_WRITE | HOST_CREATE, Mode, Fd);
	}
	if (!NT_SUCCESS(Status)) {
		if (Directory)
			host_unlinkat(Dir, Name, TRUE);
		return Status;
	}
	Status = host_lock_now(*Fd);
	if (!NT_SUCCESS(Status))
		host_closefd(*Fd);
	return Status;
}

/* A sweeper may take a stage in the instant before it is locked: then it is made anew. */
#define STAGE_ATTEMPTS 8

static NTSTATUS MakeStaged(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name,
			   const IOP_NEW *New, ULONG Flags, host_fd *Fd)
{
	char Stage[STAGE_NAME];
	NTSTATUS Status = STATUS_RETRY, Began;

	for (ULONG i = 0; Status == STATUS_RETRY && i < STAGE_ATTEMPTS; i++) {
		Status = OpenStage(Dir, New->Directory, IopHostMode(Device, New->Directory), Stage,
				   Fd);
		if (!NT_SUCCESS(Status))
			continue;
		Status = Decorate(Device, *Fd, New);
		Began = IopBeginName(Device, Dir, Name, NULL);
		if (NT_SUCCESS(Status))
			Status = NT_SUCCESS(Began) ? host_renameat(Dir, Stage, Dir, Name->Text,
								   HOST_RENAME_NOREPLACE)
						   : Began;
		if (NT_SUCCESS(Began))
			IopEndName(Device, Name);
		if (NT_SUCCESS(Status))
			break;
		host_unlinkat(Dir, Stage, New->Directory);
		Discard(Device, *Fd, New);
		if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
			Status = STATUS_RETRY;
	}
	/* Not the descriptor that is locked: the lock would be the file's from now on. */
	return NT_SUCCESS(Status) ? ReopenNamed(Dir, Name, New->Directory, Fd, Flags) : Status;
}

/*
 * To the host a descriptor that had no name when it was opened has none for ever ("#7 (deleted)" in /proc), so the
 * name is opened, unless it is somebody else's by now.
 */
static NTSTATUS OpenByName(host_fd Dir, const IOP_NAME *Name, ULONG Flags, host_fd *Fd)
{
	struct host_stat Made, Found;
	host_fd Named;

	if (!NT_SUCCESS(host_openat(Dir, Name->Text, Flags, 0, &Named)))
		return ReopenNamed(Dir, Name, FALSE, Fd, Flags);
	if (!NT_SUCCESS(host_fstat(*Fd, &Made)) || !NT_SUCCESS(host_fstat(Named, &Found)) ||
	    Made.ino != Found.ino || IopHostDevice(&Made) != IopHostDevice(&Found)) {
		host_closefd(Named);
		return Reopen(Fd, Flags);
	}
	host_closefd(*Fd);
	*Fd = Named;
	return STATUS_SUCCESS;
}

/* Of a directory that has been removed ext4 says EPERM when asked for a nameless file. */
static BOOLEAN IsGone(host_fd Dir)
{
	struct host_stat St;

	return NT_SUCCESS(host_fstat(Dir, &St)) && !St.nlink;
}

static NTSTATUS LinkNew(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name,
			const IOP_NEW *New, ULONG Flags, host_fd *Fd)
{
	NTSTATUS Status = IopMakeUnnamed(Device, Dir, New, HOST_READ | HOST_WRITE, Fd);

	/* EOPNOTSUPP, and EISDIR from file systems that never heard of it. */
	if (Status == STATUS_NOT_SUPPORTED || Status == STATUS_FILE_IS_A_DIRECTORY)
		return MakeStaged(Device, Dir, Name, New, Flags, Fd);
	if (!NT_SUCCESS(Status))
		return Status == STATUS_PRIVILEGE_NOT_HELD && IsGone(Dir)
			       ? STATUS_OBJECT_PATH_NOT_FOUND
			       : Status;
	if (Device->Personality == VolumePersonalityWin)
		Status = host_chmod(*Fd, IopHostMode(Device, FALSE));
	if (NT_SUCCESS(Status))
		Status = IopBeginName(Device, Dir, Name, NULL);
	if (NT_SUCCESS(Status)) {
		Status = host_link(*Fd, Dir, Name->Text);
		IopEndName(Device, Name);
	}
	if (!NT_SUCCESS(Status)) {
		Discard(Device, *Fd, New);
		return Status;
	}
	return OpenByName(Dir, Name, Flags, Fd);
}

NTSTATUS IopMakeNew(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name, const IOP_NEW *New,
		    ULONG Flags, host_fd *Fd)
{
	if (IopIsPlainNew(New))
		return MakePlain(Device, Dir, Name, New, Flags, Fd);
	if (New->Directory)
		return MakeStaged(Device, Dir, Name, New, Flags, Fd);
	return LinkNew(Device, Dir, Name, New, Flags, Fd);
}

/* TRUE if Name in Dir was nobody's, and is gone. */
static BOOLEAN Sweep(host_fd Dir, const char *Name, BOOLEAN Directory)
{
	BOOLEAN Swept = FALSE;
	host_fd Fd;

	if (!NT_SUCCESS(
		    host_openat(Dir, Name, HOST_READ | (Directory ? HOST_DIRECTORY : 0), 0, &Fd)))
		return FALSE;
	if (NT_SUCCESS(host_lock_now(Fd)))
		Swept = NT_SUCCESS(host_unlinkat(Dir, Name, Directory));
	host_closefd(Fd);
	return Swept;
}

BOOLEAN IopSweepStaged(host_fd Dir)
{
	char Buffer[4096] __attribute__((aligned(8)));
	BOOLEAN Swept = FALSE;
	ULONG Length;
	host_fd Fd;

	if (!NT_SUCCESS(host_reopen(Dir, HOST_READ | HOST_DIRECTORY, &Fd)))
		return FALSE;
	while (NT_SUCCESS(host_getdents(Fd, Buffer, sizeof(Buffer), &Length)) && Length)
		for (ULONG At = 0; At < Length;) {
			const struct host_dirent *d = (const void *)(Buffer + At);

			if (IopIsStaged(d->name) && strcmp(d->name, IOP_DEPOT) != 0)
				Swept |= Sweep(Fd, d->name, (ULONG)d->type << 12 == HOST_S_IFDIR);
			At += d->size;
		}
	host_closefd(Fd);
	return Swept;
}
