/* SPDX-License-Identifier: MIT */
/*
 * iocreate.c - opening and creating on a volume of the `host` personality.
 *
 * An existing file costs one openat and one fstat. Dispositions that may create try to open first and
 * create exclusively when there is nothing, again and again until one of both is true; so *who* made
 * the file is always known. A new file appears with its mode; its owner is changed only when it is
 * not the one the host gives anyhow (its own, or the directory's group), and when that fails the file
 * goes again. Overwriting truncates after the share check, never with O_TRUNC.
 */
#include "iop.h"
#include "nt/mm.h"
#include "base/alloc.h"
#include <string.h>

#define CREATE_ATTEMPTS 16
#define MODE_SUID_SGID  06000u

typedef struct _OPENED {
	host_fd Fd;
	ULONG Flags;
	struct host_stat St;
} OPENED;

ULONG IopOpenFlags(const IOP_OPEN *Open)
{
	ACCESS_MASK Access = Open->Access;
	ULONG Options = Open->Options, Flags = 0;

	if (Options & FILE_DIRECTORY_FILE)
		Flags = HOST_DIRECTORY | (Access & FILE_LIST_DIRECTORY ? HOST_READ : HOST_PATH);
	else if (Access & FILE_READ_DATA ||
		 (Access & FILE_EXECUTE && Options & FILE_NON_DIRECTORY_FILE))
		Flags = HOST_READ;
	if (!(Options & FILE_DIRECTORY_FILE) && Access & (FILE_WRITE_DATA | FILE_APPEND_DATA))
		Flags |= HOST_WRITE;
	if (!(Flags & (HOST_READ | HOST_WRITE)))
		return Flags | HOST_PATH;
	if (Flags & HOST_WRITE && (!(Access & FILE_WRITE_DATA) || Options & FILE_LXRUN_APPEND))
		Flags |= HOST_APPEND;
	if (Options & FILE_WRITE_THROUGH)
		Flags |= HOST_SYNC;
	if (Options & FILE_NO_INTERMEDIATE_BUFFERING)
		Flags |= HOST_DIRECT;
	if (Options & FILE_LXRUN_NOATIME)
		Flags |= HOST_NOATIME;
	return Flags;
}

/* The empty name is Dir itself, once more. */
static NTSTATUS HostOpen(host_fd Dir, const IOP_NAME *Name, ULONG Flags, ULONG Mode, host_fd *Fd)
{
	if (!Name->Length)
		return host_reopen(Dir, Flags, Fd);
	return host_openat(Dir, Name->Text, Flags | (Name->Inner ? HOST_NO_LINKS : 0), Mode, Fd);
}

NTSTATUS IopRefineStatus(NTSTATUS Status, host_fd Dir, PIOP_NAME Name)
{
	char *Slash = Name->Inner ? strrchr(Name->Text, '/') : NULL;
	NTSTATUS Parent;
	host_fd Fd;

	if (!Slash || (Status != STATUS_OBJECT_NAME_NOT_FOUND && Status != STATUS_NOT_A_DIRECTORY))
		return Status;
	*Slash = 0;
	Parent = host_openat(Dir, Name->Text, HOST_PATH | HOST_DIRECTORY | HOST_NO_LINKS, 0, &Fd);
	*Slash = '/';
	if (!NT_SUCCESS(Parent))
		return STATUS_OBJECT_PATH_NOT_FOUND;
	host_closefd(Fd);
	return Status;
}

/* What Open asks of the kind of thing that was found. A reparse point is kept by name only. */
static NTSTATUS CheckType(const IOP_OPEN *Open, const IOP_NAME *Name, OPENED *o)
{
	BOOLEAN Directory = (o->St.mode & HOST_S_IFMT) == HOST_S_IFDIR;
	NTSTATUS Status;
	host_fd Point;

	if (Directory)
		return Open->Options & FILE_NON_DIRECTORY_FILE ? STATUS_FILE_IS_A_DIRECTORY
							       : STATUS_SUCCESS;
	if (Open->Options & FILE_DIRECTORY_FILE)
		return STATUS_NOT_A_DIRECTORY;
	if (Name->Trailing)
		return STATUS_OBJECT_NAME_INVALID;
	if (!IopIsReparsePoint(o->St.mode))
		return STATUS_SUCCESS;
	if (!(Open->Options & FILE_OPEN_REPARSE_POINT))
		return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
	if (o->Flags & HOST_PATH)
		return STATUS_SUCCESS;
	Status = host_reopen(o->Fd, HOST_PATH, &Point);
	if (!NT_SUCCESS(Status))
		return Status;
	host_closefd(o->Fd);
	o->Fd = Point;
	o->Flags = HOST_PATH;
	return STATUS_SUCCESS;
}

static NTSTATUS OpenExisting(const IOP_OPEN *Open, host_fd Dir, PIOP_NAME Name, OPENED *o)
{
	NTSTATUS Status;

	o->Flags = IopOpenFlags(Open);
	Status = HostOpen(Dir, Name, o->Flags, 0, &o->Fd);
	/* A link; or a socket, a FIFO that nobody reads, a device without driver. */
	if ((Status == STATUS_STOPPED_ON_SYMLINK || Status == STATUS_NO_SUCH_DEVICE) &&
	    !(o->Flags & HOST_PATH)) {
		o->Flags = HOST_PATH;
		Status = HostOpen(Dir, Name, o->Flags, 0, &o->Fd);
	}
	if (Status == STATUS_STOPPED_ON_SYMLINK)
		return STATUS_IO_REPARSE_TAG_NOT_HANDLED; /* an inner component */
	if (!NT_SUCCESS(Status))
		return IopRefineStatus(Status, Dir, Name);
	Status = host_fstat(o->Fd, &o->St);
	if (NT_SUCCESS(Status))
		Status = CheckType(Open, Name, o);
	if (!NT_SUCCESS(Status))
		host_closefd(o->Fd);
	return Status;
}

/* ---- creation ---- */
static NTSTATUS MakeLink(const IOP_METADATA *m, host_fd Dir, const IOP_NAME *Name)
{
	char Target[IOP_PATH_MAX];

	if (!m->TargetLength || m->TargetLength >= sizeof(Target))
		return STATUS_INVALID_PARAMETER;
	memcpy(Target, m->Target, m->TargetLength);
	Target[m->TargetLength] = 0;
	return host_symlinkat(Target, Dir, Name->Text);
}

/* Makes the object; a plain file is open in o->Fd then, anything else has to be opened. */
static NTSTATUS Make(const IOP_OPEN *Open, host_fd Dir, const IOP_NAME *Name, ULONG Mode, OPENED *o)
{
	const IOP_METADATA *m = &Open->Metadata;

	o->Fd = HOST_NO_FD;
	o->Flags = IopOpenFlags(Open);
	switch (Mode & HOST_S_IFMT) {
	case HOST_S_IFDIR:
		return host_mkdirat(Dir, Name->Text, Mode);
	case HOST_S_IFLNK:
		return MakeLink(m, Dir, Name);
	case HOST_S_IFREG:
		if (o->Flags & HOST_PATH)
			o->Flags = HOST_READ;
		return HostOpen(Dir, Name, o->Flags | HOST_CREATE, Mode, &o->Fd);
	default:
		return host_mknodat(Dir, Name->Text, Mode, m->Major, m->Minor);
	}
}

/* Owner as asked for, if it is not what the host's own rules gave. chown() drops the set-id bits. */
static NTSTATUS SetOwner(const IOP_METADATA *m, ULONG Mode, OPENED *o)
{
	ULONG OwnUid, OwnGid, Uid = ~0u, Gid = ~0u;
	NTSTATUS Status;

	host_own_ids(&OwnUid, &OwnGid);
	if (m->HasUid && m->Uid != OwnUid && m->Uid != o->St.uid)
		Uid = m->Uid;
	if (m->HasGid && m->Gid != OwnGid && m->Gid != o->St.gid)
		Gid = m->Gid;
	if (Uid == ~0u && Gid == ~0u)
		return STATUS_SUCCESS;
	Status = host_chown(o->Fd, Uid, Gid);
	if (NT_SUCCESS(Status) && Mode & MODE_SUID_SGID && (Mode & HOST_S_IFMT) != HOST_S_IFLNK)
		Status = host_chmod(o->Fd, Mode);
	return Status;
}

static NTSTATUS CreateNew(const IOP_OPEN *Open, host_fd Dir, PIOP_NAME Name, OPENED *o)
{
	BOOLEAN Directory = (Open->Options & FILE_DIRECTORY_FILE) != 0;
	ULONG Mode = Open->Metadata.HasMode ? Open->Metadata.Mode : Directory ? 0777 : 0666;
	NTSTATUS Status;

	if (!(Mode & HOST_S_IFMT))
		Mode |= Directory ? HOST_S_IFDIR : HOST_S_IFREG;
	if (Directory != ((Mode & HOST_S_IFMT) == HOST_S_IFDIR))
		return STATUS_INVALID_PARAMETER;
	if (!Name->Length)
		return STATUS_OBJECT_NAME_COLLISION;
	Status = Make(Open, Dir, Name, Mode, o);
	if (!NT_SUCCESS(Status))
		return Status == STATUS_STOPPED_ON_SYMLINK ? STATUS_IO_REPARSE_TAG_NOT_HANDLED
							   : IopRefineStatus(Status, Dir, Name);
	if (o->Fd.v < 0) {
		if (!Directory)
			o->Flags = HOST_PATH;
		Status = HostOpen(Dir, Name, o->Flags, 0, &o->Fd);
	}
	if (NT_SUCCESS(Status))
		Status = host_fstat(o->Fd, &o->St);
	if (NT_SUCCESS(Status))
		Status = SetOwner(&Open->Metadata, Mode, o);
	if (!NT_SUCCESS(Status)) {
		host_unlinkat(Dir, Name->Text, Directory);
		host_closefd(o->Fd);
	}
	return Status;
}

/* An unnamed file in the directory Name (O_TMPFILE). */
static NTSTATUS CreateUnnamed(const IOP_OPEN *Open, host_fd Dir, const IOP_NAME *Name, OPENED *o)
{
	ULONG Mode = Open->Metadata.HasMode ? Open->Metadata.Mode : 0666;
	IOP_NAME Here = { .Length = 1, .Text = "." };
	NTSTATUS Status;

	o->Flags = IopOpenFlags(Open) | HOST_TMPFILE;
	Status = HostOpen(Dir, Name->Length ? Name : &Here, o->Flags, Mode, &o->Fd);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_fstat(o->Fd, &o->St);
	if (NT_SUCCESS(Status))
		Status = SetOwner(&Open->Metadata, Mode, o);
	if (!NT_SUCCESS(Status))
		host_closefd(o->Fd);
	return Status;
}

static NTSTATUS OpenOrCreate(PIOP_OPEN Open, host_fd Dir, PIOP_NAME Name, OPENED *o)
{
	static const ULONG Existing[] = { FILE_SUPERSEDED, FILE_OPENED,      FILE_CREATED,
					  FILE_OPENED,     FILE_OVERWRITTEN, FILE_OVERWRITTEN };
	NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;

	if (Open->Options & FILE_LXRUN_TMPFILE) {
		Open->Information = FILE_CREATED;
		return CreateUnnamed(Open, Dir, Name, o);
	}
	for (ULONG i = 0; i < CREATE_ATTEMPTS; i++) {
		if (Open->Disposition != FILE_CREATE) {
			Open->Information = Existing[Open->Disposition];
			Status = OpenExisting(Open, Dir, Name, o);
			if (Status != STATUS_OBJECT_NAME_NOT_FOUND ||
			    Open->Disposition == FILE_OPEN || Open->Disposition == FILE_OVERWRITE)
				return Status;
		}
		Open->Information = FILE_CREATED;
		Status = CreateNew(Open, Dir, Name, o);
		if (Status != STATUS_OBJECT_NAME_COLLISION || Open->Disposition == FILE_CREATE)
			return Status;
	}
	return Status;
}

NTSTATUS IopTruncate(host_fd Fd, ULONG Flags, const struct host_stat *St)
{
	NTSTATUS Status;
	host_fd Writer;

	if (!MmCanFileBeTruncated(IopHostDevice(St), St->ino, 0))
		return STATUS_USER_MAPPED_FILE;
	if (Flags & HOST_WRITE)
		return host_truncate(Fd, 0);
	Status = host_reopen(Fd, HOST_WRITE | HOST_TRUNCATE, &Writer);
	if (NT_SUCCESS(Status))
		host_closefd(Writer);
	return Status;
}

NTSTATUS IopKeepName(PFILE_OBJECT File, PFILE_OBJECT Root, const IOP_NAME *Name)
{
	if (!Name->Length)
		return STATUS_SUCCESS;
	File->Name = mem_strdup(Name->Text);
	if (!File->Name)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Root)
		ObReferenceObject(&Root->Object);
	File->Parent = Root;
	return STATUS_SUCCESS;
}

NTSTATUS IopFinishName(const IOP_OPEN *Open, PFILE_OBJECT Root, const IOP_NAME *Name,
		       PFILE_OBJECT File)
{
	NTSTATUS Status = Open->Access & DELETE ? IopKeepName(File, Root, Name) : STATUS_SUCCESS;

	if (NT_SUCCESS(Status) && Open->Options & FILE_LXRUN_CACHE_NAME)
		IopJournalWatch(File, Root, Name);
	return Status;
}

NTSTATUS IopGiveUp(PFILE_OBJECT File, NTSTATUS Status)
{
	File->Options &= ~FILE_DELETE_ON_CLOSE;
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS IopCheckPlace(const IOP_OPEN *Open, host_fd Dir, PFILE_OBJECT Root, const IOP_NAME *Name)
{
	if (Dir.v < 0)
		return STATUS_DEVICE_OFF_LINE;
	if (Root && Name->Length && !IopIsDirectory(Root))
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (Name->Trailing && !(Open->Options & FILE_DIRECTORY_FILE) &&
	    (Open->Disposition != FILE_OPEN || Open->Options & FILE_NON_DIRECTORY_FILE))
		return STATUS_OBJECT_NAME_INVALID;
	return STATUS_SUCCESS;
}

/* The file object for what o has open. Consumes o->Fd. */
static NTSTATUS Finish(const IOP_OPEN *Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
		       const IOP_NAME *Name, const OPENED *o, PFILE_OBJECT *File)
{
	BOOLEAN Overwrite = Open->Information == FILE_OVERWRITTEN ||
			    Open->Information == FILE_SUPERSEDED;
	ULONG Type = o->St.mode & HOST_S_IFMT;
	NTSTATUS Status = IopNewFile(Device, o->Fd, Type, Open, File);

	if (!NT_SUCCESS(Status))
		return Status;
	(*File)->PathOnly = (o->Flags & HOST_PATH) != 0;
	(*File)->HostDevice = IopHostDevice(&o->St);
	(*File)->Inode = o->St.ino;
	if (Overwrite && Type == HOST_S_IFDIR)
		Status = STATUS_FILE_IS_A_DIRECTORY;
	if (NT_SUCCESS(Status))
		Status = IopShareOpen(*File, &o->St, Open);
	if (NT_SUCCESS(Status) && Overwrite && Type == HOST_S_IFREG)
		Status = IopTruncate(o->Fd, o->Flags, &o->St);
	if (NT_SUCCESS(Status))
		Status = IopFinishName(Open, Root, Name, *File);
	return NT_SUCCESS(Status) ? Status : IopGiveUp(*File, Status);
}

NTSTATUS IopVolumeCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
			 PFILE_OBJECT *File)
{
	host_fd Dir = IopRootFd(Device, Root);
	NTSTATUS Status = IopCheckPlace(Open, Dir, Root, Name);
	OPENED o;

	if (!NT_SUCCESS(Status))
		return Status;
	if (Open->EaBuffer) {
		Status = IopParseMetadata(Open->EaBuffer, Open->EaLength, &Open->Metadata);
		if (!NT_SUCCESS(Status))
			return Status;
	}
	if (!Name->Length && Root && IopIsReparsePoint(Root->Type)) {
		/* The point itself, and nothing but its name: its data is not ours. */
		Open->Access &= ~(FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA |
				  FILE_EXECUTE);
	}
	Status = IopRefineTaken(OpenOrCreate(Open, Dir, Name, &o), Device, Dir, Name);
	if (NT_SUCCESS(Status)) {
		Status = Finish(Open, Device, Root, Name, &o, File);
		if (!NT_SUCCESS(Status) && Open->Information == FILE_CREATED && Name->Length)
			host_unlinkat(Dir, Name->Text, (o.St.mode & HOST_S_IFMT) == HOST_S_IFDIR);
	}
	return Status;
}
