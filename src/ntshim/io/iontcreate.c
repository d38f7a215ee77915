/* SPDX-License-Identifier: MIT */
/*
 * iontcreate.c - opening and creating on lx and win volumes.
 *
 * As on host volumes (iocreate.c) an existing file is opened first, and created exclusively when there
 * is none, until one of both is true. A name that the host does not have as given is looked for
 * without case only then. What may be done with an existing file depends on its metadata (read-only,
 * hidden, needed EAs, reparse points): nt.md CF4..CF10, CF19, CF25, RP11, RP14, EA13.
 */
#include "iop.h"
#include "base/alloc.h"

#define CREATE_ATTEMPTS    16
#define WRITES             (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define LX_SYMLINK_VERSION 2u

/* ---- opening ---- */
static NTSTATUS CheckDirectory(const IOP_OPEN *Open, const IOP_NAME *Name)
{
	if (Name->DefaultStream || Open->Options & FILE_NON_DIRECTORY_FILE || IopOverwrites(Open))
		return STATUS_FILE_IS_A_DIRECTORY;
	return STATUS_SUCCESS;
}

static NTSTATUS CheckFile(const IOP_OPEN *Open, const IOP_NAME *Name, ULONG Attributes)
{
	BOOLEAN ReadOnly = (Attributes & FILE_ATTRIBUTE_READONLY) != 0;

	if (Open->Options & FILE_DIRECTORY_FILE)
		return STATUS_NOT_A_DIRECTORY;
	if (Name->Trailing)
		return STATUS_OBJECT_NAME_INVALID;
	if (IopOverwrites(Open)) {
		if (Open->FileAttributes & FILE_ATTRIBUTE_DIRECTORY)
			return STATUS_INVALID_PARAMETER; /* CF7 */
		if (Attributes & ~Open->FileAttributes &
		    (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM))
			return STATUS_ACCESS_DENIED; /* CF6 */
		if (ReadOnly && Open->Disposition != FILE_SUPERSEDE)
			return STATUS_ACCESS_DENIED; /* CF5 */
	} else if (ReadOnly && Open->Access & WRITES) {
		return STATUS_ACCESS_DENIED;
	}
	if (ReadOnly && Open->Options & FILE_DELETE_ON_CLOSE)
		return STATUS_CANNOT_DELETE; /* CF19 */
	return STATUS_SUCCESS;
}

static NTSTATUS CheckNode(PIOP_OPEN Open, PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name,
			  const IOP_NODE *Node)
{
	NTSTATUS Status;

	if (Node->Tag && !(Open->Options & FILE_OPEN_REPARSE_POINT) && Name->Length)
		return IopFollowReparse(&Open->Parse, Device, Dir, Name->Text, "", Name);
	Status = Node->Attributes & FILE_ATTRIBUTE_DIRECTORY
			 ? CheckDirectory(Open, Name)
			 : CheckFile(Open, Name, Node->Attributes);
	if (NT_SUCCESS(Status) && Node->NeedEa && Open->Options & FILE_NO_EA_KNOWLEDGE)
		Status = STATUS_ACCESS_DENIED; /* EA13 */
	return Status;
}

static NTSTATUS HostOpen(host_fd Dir, const IOP_NAME *Name, ULONG Flags, host_fd *Fd)
{
	return Name->Length ? host_openat(Dir, Name->Text, Flags, 0, Fd)
			    : host_reopen(Dir, Flags, Fd);
}

/*
 * Whatever the host says no to is opened by name only: its metadata decides what that means. STATUS_
 * SUCCESS with Refused: it is there, but not as it was asked for.
 */
static NTSTATUS OpenHost(const IOP_OPEN *Open, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
			 IOP_OPENED *o, NTSTATUS *Refused)
{
	NTSTATUS Status;

	o->Flags = IopOpenFlags(Open);
	Status = HostOpen(Dir, Name, o->Flags, &o->Fd);
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Name->CaseInsensitive &&
	    NT_SUCCESS(IopResolveCase(Device, Dir, Name->Text)))
		Status = HostOpen(Dir, Name, o->Flags, &o->Fd);
	*Refused = Status;
	if (NT_SUCCESS(Status) && Status != STATUS_STOPPED_ON_SYMLINK)
		return Status;
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND || o->Flags == HOST_PATH)
		return Status;
	o->Flags = HOST_PATH;
	return HostOpen(Dir, Name, HOST_PATH, &o->Fd);
}

/* On lx volumes who opens a name only to remove or to move it meets nothing that depends on metadata. */
static BOOLEAN MetadataMatters(const IOP_OPEN *Open, const DEVICE_OBJECT *Device)
{
	return Device->Personality != VolumePersonalityLx ||
	       Open->Access & ~(DELETE | SYNCHRONIZE) || Open->Disposition != FILE_OPEN ||
	       !(Open->Options & FILE_OPEN_REPARSE_POINT) ||
	       Open->Options & (FILE_DELETE_ON_CLOSE | FILE_NO_EA_KNOWLEDGE);
}

static NTSTATUS OpenExisting(PIOP_OPEN Open, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
			     IOP_OPENED *o)
{
	NTSTATUS Refused, Status = OpenHost(Open, Device, Dir, Name, o, &Refused);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_fstat(o->Fd, &o->Node.St);
	if (NT_SUCCESS(Status))
		Status = IopStatNode(Device, o->Fd, MetadataMatters(Open, Device) ? "" : NULL,
				     &o->Node);
	if (NT_SUCCESS(Status))
		Status = CheckNode(Open, Device, Dir, Name, &o->Node);
	if (Status == STATUS_SUCCESS && o->Node.HasSecurity && Device->Case)
		Status = IopAuthorizeOpen(Open, Name->Length ? Dir : HOST_NO_FD, o->Fd);
	/* A link, FIFO or socket of the host is kept by name; anything else was refused for good. */
	if (Status == STATUS_SUCCESS && !NT_SUCCESS(Refused) && !o->Node.Tag)
		Status = Refused;
	if (Status != STATUS_SUCCESS)
		host_closefd(o->Fd);
	return Status;
}

/* ---- creating ---- */
static NTSTATUS MakeNtLink(const IOP_METADATA *m, IOP_NEW *New)
{
	REPARSE_DATA_BUFFER *Data;
	NTSTATUS Status;

	if (m->HasMode || !m->TargetLength)
		return STATUS_INVALID_PARAMETER;
	if (!SeHasPrivilege(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE)) /* RP8 */
		return STATUS_PRIVILEGE_NOT_HELD;
	Data = mem_alloc(REPARSE_DATA_BUFFER_HEADER_SIZE + m->TargetLength);
	if (!Data)
		return STATUS_INSUFFICIENT_RESOURCES;
	Data->ReparseTag = IO_REPARSE_TAG_SYMLINK;
	Data->ReparseDataLength = (USHORT)m->TargetLength;
	memcpy(Data->DataBuffer, m->Target, m->TargetLength);
	Status = IopCheckReparseTarget(Data);
	if (!NT_SUCCESS(Status)) {
		mem_free(Data);
		return Status;
	}
	New->Reparse = Data;
	New->ReparseLength = REPARSE_DATA_BUFFER_HEADER_SIZE + m->TargetLength;
	return STATUS_SUCCESS;
}

/* What of a guest's file NT keeps as a reparse point. */
static NTSTATUS MakeReparse(const IOP_METADATA *m, IOP_NEW *New)
{
	const ULONG Version = LX_SYMLINK_VERSION;
	ULONG Tag = m->HasMode ? IopReparseTag(m->Mode) : m->Target ? IO_REPARSE_TAG_LX_SYMLINK : 0;
	ULONG Length;
	REPARSE_DATA_BUFFER *Data;

	if (m->NtLink)
		return MakeNtLink(m, New);
	if (!Tag)
		return m->Target ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
	if (New->Directory || (Tag == IO_REPARSE_TAG_LX_SYMLINK) != (m->TargetLength > 0) ||
	    m->TargetLength >= IOP_PATH_MAX)
		return STATUS_INVALID_PARAMETER;
	Length = m->TargetLength ? (ULONG)sizeof(Version) + m->TargetLength : 0;
	Data = mem_alloc(REPARSE_DATA_BUFFER_HEADER_SIZE + Length + 1);
	if (!Data)
		return STATUS_INSUFFICIENT_RESOURCES;
	Data->ReparseTag = Tag;
	Data->ReparseDataLength = (USHORT)Length;
	if (Length) {
		memcpy(Data->DataBuffer, &Version, sizeof(Version));
		memcpy(Data->DataBuffer + sizeof(Version), m->Target, m->TargetLength);
	}
	New->Reparse = Data;
	New->ReparseLength = REPARSE_DATA_BUFFER_HEADER_SIZE + Length;
	return STATUS_SUCCESS;
}

/* The EAs given, without the one that is no EA but a link's target. */
static NTSTATUS TakeEas(const IOP_OPEN *Open, IOP_METADATA *m, IOP_NEW *New)
{
	struct {
		FILE_FULL_EA_INFORMATION Ea;
		CHAR Rest[sizeof(LX_FILE_SYMLINK_EA_NAME)];
	} Delete = { .Ea.EaNameLength = 0 };
	const char *Name;
	const FILE_FULL_EA_INFORMATION *Ea;
	ULONG_PTR BadOffset;
	NTSTATUS Status = IopMergeEas(&New->Eas, &New->EaLength, Open->EaBuffer, Open->EaLength,
				      &BadOffset);

	for (ULONG At = 0; Status == STATUS_SUCCESS && At < Open->EaLength;) {
		Status = IopNextEa(Open->EaBuffer, Open->EaLength, &At, &Ea);
		if (Status == STATUS_SUCCESS)
			IopTakeMetadata(Ea, m);
	}
	if (Status != STATUS_SUCCESS || !m->Target)
		return Status;
	Name = m->NtLink ? LX_FILE_NT_LINK_EA_NAME : LX_FILE_SYMLINK_EA_NAME;
	Delete.Ea.EaNameLength = (UCHAR)strlen(Name);
	memcpy((char *)&Delete + offsetof(FILE_FULL_EA_INFORMATION, EaName), Name,
	       Delete.Ea.EaNameLength + 1u);
	return IopMergeEas(&New->Eas, &New->EaLength, &Delete, IopEaSize(Delete.Ea.EaNameLength, 0),
			   &BadOffset);
}

static VOID FreeNew(IOP_NEW *New)
{
	SeDeassignSecurity(New->Security);
	mem_free(New->Eas);
	mem_free(New->Reparse);
}

/* FreeNew() afterwards, also on failure. */
static NTSTATUS Describe(const IOP_OPEN *Open, IOP_NEW *New)
{
	BOOLEAN Directory = (Open->Options & FILE_DIRECTORY_FILE) != 0;
	ULONG Type;
	IOP_METADATA m = { 0 };
	NTSTATUS Status;

	*New = (IOP_NEW){ .Directory = Directory,
			  .Attributes = Open->FileAttributes,
			  .Stream = Open->Stream };
	if (!Directory)
		New->Attributes |= FILE_ATTRIBUTE_ARCHIVE; /* CF4 */
	Status = Open->EaBuffer ? TakeEas(Open, &m, New) : STATUS_SUCCESS;
	Type = m.Mode & HOST_S_IFMT;
	if (NT_SUCCESS(Status) && Type && Directory != (Type == HOST_S_IFDIR))
		Status = STATUS_INVALID_PARAMETER;
	return NT_SUCCESS(Status) ? MakeReparse(&m, New) : Status;
}

/* FI11: a directory made in a case-sensitive one is so, too. */
static VOID InheritCase(PDEVICE_OBJECT Device, host_fd Dir, host_fd Fd)
{
	SIZE_T Length;

	if (Device->Case && NT_SUCCESS(host_getxattr(Dir, IOP_XATTR_CASE, NULL, 0, &Length)))
		IopSetXattr(Fd, IOP_XATTR_CASE, "1", 1);
}

/* Who may not make a name is told only that it is taken, if it is. */
static NTSTATUS Secure(const IOP_OPEN *Open, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
		       IOP_NEW *New)
{
	struct host_stat St;
	NTSTATUS Status = IopNewSecurity(Device, Dir, Open, &New->Security);

	if (Status == STATUS_ACCESS_DENIED && Name->Length &&
	    NT_SUCCESS(IopStatName(Device, Dir, Name, &St)))
		return STATUS_OBJECT_NAME_COLLISION;
	return Status;
}

static NTSTATUS CreateNew(const IOP_OPEN *Open, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
			  IOP_OPENED *o)
{
	IOP_NEW New;
	NTSTATUS Status;

	if (!Name->Length && !(Open->Options & FILE_LXRUN_TMPFILE))
		return STATUS_OBJECT_NAME_COLLISION;
	if (IopIsStaged(Name->Text))
		return STATUS_OBJECT_NAME_INVALID;
	Status = Describe(Open, &New);
	if (NT_SUCCESS(Status))
		Status = Secure(Open, Device, Dir, Name, &New);
	if (NT_SUCCESS(Status) && !(Open->Options & FILE_LXRUN_TMPFILE))
		New.Mode = IopModeForEas(Device, New.Directory, New.Eas, New.EaLength);
	if (New.Mode)
		New.EaLength = 0;
	if (NT_SUCCESS(Status)) {
		o->Flags = IopOpenFlags(Open);
		if (!New.Directory && o->Flags & HOST_PATH)
			o->Flags = HOST_READ;
		Status = Open->Options & FILE_LXRUN_TMPFILE
				 ? IopMakeUnnamed(Device, Dir, &New, o->Flags, &o->Fd)
				 : IopMakeNew(Device, Dir, Name, &New, o->Flags, &o->Fd);
	}
	FreeNew(&New);
	if (Status == STATUS_NOT_A_DIRECTORY)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (!NT_SUCCESS(Status))
		return Status;
	if (New.Directory)
		InheritCase(Device, Dir, o->Fd);
	Status = host_fstat(o->Fd, &o->Node.St);
	if (NT_SUCCESS(Status))
		Status = IopStatNode(Device, o->Fd, IopIsPlainNew(&New) ? NULL : "", &o->Node);
	if (!NT_SUCCESS(Status)) {
		host_closefd(o->Fd);
		if (Name->Length && !(Open->Options & FILE_LXRUN_TMPFILE))
			host_unlinkat(Dir, Name->Text, New.Directory);
	}
	return Status;
}

NTSTATUS IopNtOpenOrCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
			   IOP_OPENED *o)
{
	static const ULONG Existing[] = { FILE_SUPERSEDED, FILE_OPENED,      FILE_CREATED,
					  FILE_OPENED,     FILE_OVERWRITTEN, FILE_OVERWRITTEN };
	ULONG Disposition = Open->Options & FILE_LXRUN_TMPFILE ? FILE_CREATE : Open->Disposition;
	NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;

	for (ULONG i = 0; i < CREATE_ATTEMPTS; i++) {
		if (Disposition != FILE_CREATE) {
			Open->Information = Existing[Disposition];
			Status = OpenExisting(Open, Device, Dir, Name, o);
			if (Status != STATUS_OBJECT_NAME_NOT_FOUND || Disposition == FILE_OPEN ||
			    Disposition == FILE_OVERWRITE)
				return Status;
		}
		Open->Information = FILE_CREATED;
		Status = CreateNew(Open, Device, Dir, Name, o);
		if (Status != STATUS_OBJECT_NAME_COLLISION || Disposition == FILE_CREATE)
			return Status;
	}
	return Status;
}

/* ---- the file object ---- */
/*
 * The metadata of an overwritten file is that of the request. On an lx volume the EAs are what makes
 * it a Linux file, and stay unless others are given.
 */
static NTSTATUS Overwrite(const IOP_OPEN *Open, PFILE_OBJECT File, const IOP_OPENED *o)
{
	BOOLEAN Keep = File->Device->Personality == VolumePersonalityLx && !Open->EaBuffer;
	IOP_NEW New;
	NTSTATUS Status = Describe(Open, &New);

	if (NT_SUCCESS(Status))
		Status = IopTruncate(o->Fd, o->Flags, &o->Node.St);
	if (NT_SUCCESS(Status) && !Keep && (New.EaLength || o->Node.EaSize))
		Status = IopStoreEas(o->Fd, New.Eas, New.EaLength);
	if (NT_SUCCESS(Status) && o->Node.Tag)
		Status = IopSetXattr(o->Fd, IOP_XATTR_REPARSE, NULL, 0);
	if (NT_SUCCESS(Status) && o->Node.HasStreams)
		IopDropStreams(File->Device, o->Fd);
	if (NT_SUCCESS(Status) && (New.Attributes ^ o->Node.Attributes) & IOP_SETTABLE_ATTRIBUTES)
		Status = IopStoreAttributes(o->Fd, FALSE, New.Attributes, 0);
	FreeNew(&New);
	return Status;
}

/* Consumes o->Fd. */
static NTSTATUS Finish(const IOP_OPEN *Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
		       const IOP_NAME *Name, const IOP_OPENED *o, PFILE_OBJECT *File)
{
	ULONG Type = o->Node.St.mode & HOST_S_IFMT;
	NTSTATUS Status = IopNewFile(Device, o->Fd, Type, Open, File);

	if (!NT_SUCCESS(Status))
		return Status;
	(*File)->PathOnly = (o->Flags & HOST_PATH) != 0;
	(*File)->HostDevice = IopHostDevice(&o->Node.St);
	(*File)->Inode = o->Node.St.ino;
	(*File)->CaseInsensitive = Name->CaseInsensitive;
	Status = IopShareOpen(*File, &o->Node.St, Open);
	if (NT_SUCCESS(Status) && Open->Information != FILE_CREATED && IopOverwrites(Open))
		Status = Overwrite(Open, *File, o);
	if (NT_SUCCESS(Status))
		Status = IopFinishName(Open, Root, Name, *File);
	return NT_SUCCESS(Status) ? Status : IopGiveUp(*File, Status);
}

NTSTATUS IopNtVolumeCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
			   PFILE_OBJECT *File)
{
	host_fd Dir = IopRootFd(Device, Root);
	NTSTATUS Status = IopCheckPlace(Open, Dir, Root, Name);
	IOP_OPENED o;

	if (!NT_SUCCESS(Status))
		return Status;
	if (IopIsStaged(Name->Text) && Open->Disposition == FILE_OPEN)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (Name->HasStream)
		return IopStreamCreate(Open, Device, Root, Name, File);
	Status = IopRefineTaken(IopNtOpenOrCreate(Open, Device, Dir, Name, &o), Device, Dir, Name);
	if (Status != STATUS_SUCCESS)
		return Status;
	Status = Finish(Open, Device, Root, Name, &o, File);
	if (!NT_SUCCESS(Status) && Open->Information == FILE_CREATED && Name->Length)
		host_unlinkat(Dir, Name->Text, (o.Node.St.mode & HOST_S_IFMT) == HOST_S_IFDIR);
	return Status;
}
