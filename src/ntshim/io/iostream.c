/* SPDX-License-Identifier: MIT */
/*
 * iostream.c - the other data streams of files and directories on win volumes ("name:stream").
 *
 * The host knows no streams, so each is a file of its own, as in Samba's vfs_streams_depot: in the
 * directory <volume>/IOP_DEPOT/<number>, under the stream's name with a colon before it. The file that
 * the streams belong to has the number in its xattr IOP_XATTR_STREAMS, together with its inode: a
 * copy that the host made, xattrs and all, does not share the streams of the original. So data, size,
 * locks, share modes and sections of a stream are those of any file, and times, attributes, EAs, number
 * and names are its file's (FILE_OBJECT.Base). What the host removes leaves its streams behind,
 * and so does a kill in the moment before a new file with a stream gets its name: a directory in the
 * depot that nobody refers to, until iosweep.c takes it away.
 *
 * nt.md AS1..AS9, RP6, RP16.
 */
#include "iop.h"
#include "base/alloc.h"
#include "../host/host_text.h"
#include <stdio.h>

#define CREATE_ATTEMPTS 16
#define DEPOT_PATH      (sizeof(IOP_DEPOT) + 18)
#define WRITES          (FILE_WRITE_DATA | FILE_APPEND_DATA)

/* IOP_XATTR_STREAMS */
typedef struct _MARK {
	ULONGLONG Number, Inode;
} MARK;

/* ---- where the streams of a file are ---- */
static VOID DepotPath(ULONGLONG Number, char Path[DEPOT_PATH])
{
	snprintf(Path, DEPOT_PATH, IOP_DEPOT "/%016llx", (unsigned long long)Number);
}

static NTSTATUS ReadMark(host_fd Fd, MARK *Mark)
{
	struct host_stat St;
	SIZE_T Length;
	NTSTATUS Status = host_getxattr(Fd, IOP_XATTR_STREAMS, Mark, sizeof(*Mark), &Length);

	if (NT_SUCCESS(Status) && Length == sizeof(*Mark))
		Status = host_fstat(Fd, &St);
	else
		return STATUS_OBJECT_NAME_NOT_FOUND;
	return NT_SUCCESS(Status) && St.ino != Mark->Inode ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
}

/* The directory first, then the mark: a mark without a directory would be a loss. */
static NTSTATUS MakeDepot(PDEVICE_OBJECT Device, host_fd Fd)
{
	char Path[DEPOT_PATH];
	struct host_stat St;
	MARK Mark;
	NTSTATUS Status = host_fstat(Fd, &St);

	if (!NT_SUCCESS(Status))
		return Status;
	if (host_random(&Mark.Number, sizeof(Mark.Number)))
		return STATUS_UNSUCCESSFUL;
	Mark.Inode = St.ino;
	DepotPath(Mark.Number, Path);
	Status = host_mkdirat(Device->Root, IOP_DEPOT, 0700);
	if (NT_SUCCESS(Status) || Status == STATUS_OBJECT_NAME_COLLISION)
		Status = host_mkdirat(Device->Root, Path, 0700);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_setxattr(Fd, IOP_XATTR_STREAMS, &Mark, sizeof(Mark), 0);
	if (!NT_SUCCESS(Status))
		host_unlinkat(Device->Root, Path, TRUE);
	return Status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND: there are no streams. */
static NTSTATUS OpenDepot(PDEVICE_OBJECT Device, host_fd Fd, ULONG Flags, host_fd *Depot)
{
	char Path[DEPOT_PATH];
	MARK Mark;
	NTSTATUS Status = ReadMark(Fd, &Mark);

	if (!NT_SUCCESS(Status))
		return Status;
	DepotPath(Mark.Number, Path);
	return host_openat(Device->Root, Path, Flags | HOST_DIRECTORY, 0, Depot);
}

/* The same, made if need be. */
static NTSTATUS NeedDepot(PDEVICE_OBJECT Device, host_fd Fd, host_fd *Depot)
{
	NTSTATUS Status;

	lk_acquire(&Device->Metadata);
	Status = OpenDepot(Device, Fd, HOST_PATH, Depot);
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
		Status = MakeDepot(Device, Fd);
		if (NT_SUCCESS(Status))
			Status = OpenDepot(Device, Fd, HOST_PATH, Depot);
		if (NT_SUCCESS(Status))
			IopSweepStreams(Device);
	}
	lk_release(&Device->Metadata);
	return Status;
}

NTSTATUS IopMakeStream(PDEVICE_OBJECT Device, host_fd Fd, const char *Name)
{
	host_fd Depot, Stream;
	NTSTATUS Status = NeedDepot(Device, Fd, &Depot);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_openat(Depot, Name, HOST_READ | HOST_CREATE, 0600, &Stream);
	if (NT_SUCCESS(Status))
		host_closefd(Stream);
	host_closefd(Depot);
	return Status;
}

VOID IopDropDepot(PDEVICE_OBJECT Device, ULONGLONG Number)
{
	char Buffer[4096] __attribute__((aligned(8))), Path[DEPOT_PATH];
	ULONG Length;
	host_fd Depot;

	DepotPath(Number, Path);
	if (NT_SUCCESS(host_openat(Device->Root, Path, HOST_READ | HOST_DIRECTORY, 0, &Depot))) {
		while (NT_SUCCESS(host_getdents(Depot, Buffer, sizeof(Buffer), &Length)) && Length)
			for (ULONG At = 0; At < Length;) {
				const struct host_dirent *d = (const void *)(Buffer + At);

				if (d->name[0] == ':')
					host_unlinkat(Depot, d->name, FALSE);
				At += d->size;
			}
		host_closefd(Depot);
	}
	host_unlinkat(Device->Root, Path, TRUE);
	host_unlinkat(Device->Root, IOP_DEPOT, TRUE); /* if it was the last */
}

VOID IopDropStreams(PDEVICE_OBJECT Device, host_fd Fd)
{
	MARK Mark;

	if (!NT_SUCCESS(ReadMark(Fd, &Mark)))
		return;
	host_removexattr(Fd, IOP_XATTR_STREAMS);
	IopDropDepot(Device, Mark.Number);
}

VOID IopDropLostStreams(PDEVICE_OBJECT Device, host_fd Fd)
{
	struct host_stat St;

	if (NT_SUCCESS(host_fstat(Fd, &St)) && !St.nlink)
		IopDropStreams(Device, Fd);
}

/* ---- opening ---- */
/* The stream as a name in its depot. */
static VOID NameOf(const IOP_NAME *Whole, PIOP_NAME Name)
{
	Name->Length = (ULONG)strlen(Whole->Stream);
	Name->Inner = Name->Trailing = Name->HasStream = Name->DefaultStream = FALSE;
	Name->CaseInsensitive = Whole->CaseInsensitive;
	memcpy(Name->Text, Whole->Stream, Name->Length + 1);
}

/* The file that the stream belongs to; made, with the stream, if Open may make it. */
static NTSTATUS OpenBase(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
			 IOP_OPENED *o, PFILE_OBJECT *Base, BOOLEAN *Made)
{
	const ULONG Kept = FILE_OPEN_REPARSE_POINT | FILE_NO_EA_KNOWLEDGE;
	BOOLEAN Creates = Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OVERWRITE;
	IOP_OPEN Open2 = *Open;
	NTSTATUS Status;

	Open2.Access = FILE_READ_ATTRIBUTES;
	Open2.ShareAccess = FILE_SHARE_VALID_FLAGS;
	Open2.Options = Open->Options & Kept;
	Open2.Disposition = Creates ? FILE_OPEN_IF : FILE_OPEN;
	Open2.Stream = Creates ? Name->Stream : NULL;
	Open2.Holds = TRUE;
	Status = IopNtOpenOrCreate(&Open2, Device, IopRootFd(Device, Root), Name, o);
	Open->Parse = Open2.Parse; /* a link's target */
	if (Open->Maximum)
		Open->Access &= Open2.Allowed;
	if (Status != STATUS_SUCCESS)
		return Status;
	*Made = Open2.Information == FILE_CREATED;
	Status = IopNewFile(Device, o->Fd, o->Node.St.mode & HOST_S_IFMT, &Open2, Base);
	if (!NT_SUCCESS(Status))
		return Status;
	(*Base)->PathOnly = (o->Flags & HOST_PATH) != 0;
	(*Base)->HostDevice = IopHostDevice(&o->Node.St);
	(*Base)->Inode = o->Node.St.ino;
	Status = IopShareOpen(*Base, &o->Node.St, &Open2);
	if (!NT_SUCCESS(Status))
		IopDereferenceFile(*Base);
	return Status;
}

/* CF5, CF19: a stream of a file that is read-only. */
static NTSTATUS CheckReadOnly(const IOP_OPEN *Open, const IOP_NODE *Base, BOOLEAN Exists)
{
	if (!(Base->Attributes & FILE_ATTRIBUTE_READONLY) ||
	    Base->Attributes & FILE_ATTRIBUTE_DIRECTORY)
		return STATUS_SUCCESS;
	if (!Exists || IopOverwrites(Open) || Open->Access & WRITES)
		return STATUS_ACCESS_DENIED;
	return Open->Options & FILE_DELETE_ON_CLOSE ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

static NTSTATUS OpenInDepot(const IOP_OPEN *Open, PDEVICE_OBJECT Device, host_fd Depot,
			    PIOP_NAME Name, IOP_OPENED *o)
{
	NTSTATUS Status;

	o->Flags = IopOpenFlags(Open);
	Status = host_openat(Depot, Name->Text, o->Flags, 0, &o->Fd);
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Name->CaseInsensitive &&
	    NT_SUCCESS(IopResolveCase(Device, Depot, Name->Text)))
		Status = host_openat(Depot, Name->Text, o->Flags, 0, &o->Fd);
	return Status;
}

static NTSTATUS CreateInDepot(const IOP_OPEN *Open, PDEVICE_OBJECT Device, host_fd Depot,
			      PIOP_NAME Name, IOP_OPENED *o)
{
	NTSTATUS Status = IopBeginName(Device, Depot, Name, NULL);

	if (!NT_SUCCESS(Status))
		return Status;
	o->Flags = IopOpenFlags(Open);
	if (o->Flags & HOST_PATH)
		o->Flags = HOST_READ;
	Status = host_openat(Depot, Name->Text, o->Flags | HOST_CREATE, 0600, &o->Fd);
	IopEndName(Device, Name);
	return Status;
}

/* Made: it has just been made, with its file. */
static NTSTATUS OpenOrCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, const IOP_NODE *Node,
			     BOOLEAN Made, host_fd Depot, PIOP_NAME Name, IOP_OPENED *o)
{
	static const ULONG Existing[] = { FILE_SUPERSEDED, FILE_OPENED,      FILE_CREATED,
					  FILE_OPENED,     FILE_OVERWRITTEN, FILE_OVERWRITTEN };
	NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;

	for (ULONG i = 0; i < CREATE_ATTEMPTS; i++) {
		if (Open->Disposition != FILE_CREATE || Made) {
			Open->Information = Made ? FILE_CREATED : Existing[Open->Disposition];
			Status = Made ? STATUS_SUCCESS : CheckReadOnly(Open, Node, TRUE);
			if (NT_SUCCESS(Status))
				Status = OpenInDepot(Open, Device, Depot, Name, o);
			if (Status != STATUS_OBJECT_NAME_NOT_FOUND ||
			    Open->Disposition == FILE_OPEN || Open->Disposition == FILE_OVERWRITE)
				return Status;
		}
		Open->Information = FILE_CREATED;
		Status = CheckReadOnly(Open, Node, FALSE);
		if (NT_SUCCESS(Status))
			Status = CreateInDepot(Open, Device, Depot, Name, o);
		if (Status != STATUS_OBJECT_NAME_COLLISION || Open->Disposition == FILE_CREATE)
			return Status;
	}
	return Status;
}

/* The stream's file object. Consumes o->Fd. */
static NTSTATUS Finish(const IOP_OPEN *Open, PDEVICE_OBJECT Device, PFILE_OBJECT Base,
		       host_fd Depot, const IOP_NAME *Name, const IOP_OPENED *o, PFILE_OBJECT *File)
{
	PFILE_OBJECT Parent;
	struct host_stat St;
	host_fd Fd;
	NTSTATUS Status = IopNewFile(Device, o->Fd, HOST_S_IFREG, Open, File);

	if (!NT_SUCCESS(Status))
		return Status;
	ObReferenceObject(&Base->Object);
	(*File)->Base = Base;
	(*File)->PathOnly = (o->Flags & HOST_PATH) != 0;
	(*File)->CaseInsensitive = Name->CaseInsensitive;
	Status = host_fstat(o->Fd, &St);
	if (NT_SUCCESS(Status)) {
		(*File)->HostDevice = IopHostDevice(&St);
		(*File)->Inode = St.ino;
		Status = IopShareOpen(*File, &St, Open);
	}
	if (NT_SUCCESS(Status) && Open->Information != FILE_CREATED && IopOverwrites(Open))
		Status = IopTruncate(o->Fd, o->Flags, &St);
	if (NT_SUCCESS(Status))
		Status = host_reopen(Depot, HOST_PATH, &Fd);
	if (NT_SUCCESS(Status))
		Status = IopNewDirectory(Device, Fd, &Parent);
	if (NT_SUCCESS(Status)) { /* always: FileNameInformation tells it */
		Status = IopKeepName(*File, Parent, Name);
		IopDereferenceFile(Parent);
	}
	return NT_SUCCESS(Status) ? Status : IopGiveUp(*File, Status);
}

/* What has become of the stream by being opened. */
static VOID TellOpened(const IOP_OPEN *Open, PFILE_OBJECT Base, const char *Name)
{
	if (Open->Information == FILE_CREATED)
		IopNotifyStream(Base, Name, FILE_ACTION_ADDED_STREAM,
				FILE_NOTIFY_CHANGE_STREAM_NAME);
	else if (IopOverwrites(Open))
		IopNotifyStream(Base, Name, FILE_ACTION_MODIFIED_STREAM,
				FILE_NOTIFY_CHANGE_STREAM_SIZE);
}

NTSTATUS IopStreamCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
			 PFILE_OBJECT *File)
{
	BOOLEAN Made = FALSE, Creates;
	PFILE_OBJECT Base;
	IOP_NAME Stream;
	host_fd Depot;
	IOP_OPENED o;
	IOP_NODE Node;
	NTSTATUS Status;

	if (Open->Options & FILE_DIRECTORY_FILE)
		return STATUS_NOT_A_DIRECTORY;
	Status = OpenBase(Open, Device, Root, Name, &o, &Base, &Made);
	if (Status != STATUS_SUCCESS)
		return Status;
	Node = o.Node;
	NameOf(Name, &Stream);
	Creates = Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OVERWRITE;
	Status = Creates ? NeedDepot(Device, Base->Fd, &Depot)
			 : OpenDepot(Device, Base->Fd, HOST_PATH, &Depot);
	if (!NT_SUCCESS(Status))
		goto out;
	Status = OpenOrCreate(Open, Device, &Node, Made, Depot, &Stream, &o);
	if (NT_SUCCESS(Status)) {
		Status = Finish(Open, Device, Base, Depot, &Stream, &o, File);
		if (!NT_SUCCESS(Status) && Open->Information == FILE_CREATED)
			host_unlinkat(Depot, Stream.Text, FALSE);
		else if (NT_SUCCESS(Status))
			TellOpened(Open, Base, Stream.Text);
	}
	host_closefd(Depot);
out:
	if (!NT_SUCCESS(Status) && Made) {
		host_unlinkat(IopRootFd(Device, Root), Name->Text, FALSE);
		IopDropLostStreams(Device, Base->Fd);
	}
	IopDereferenceFile(Base);
	return Status;
}

NTSTATUS IopStatStream(PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name, struct host_stat *St)
{
	struct host_stat Own;
	host_fd Fd, Depot;
	IOP_NAME Stream;
	NTSTATUS Status = Name->Length ? host_openat(Dir, Name->Text, HOST_PATH, 0, &Fd)
				       : host_reopen(Dir, HOST_PATH, &Fd);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = OpenDepot(Device, Fd, HOST_PATH, &Depot);
	host_closefd(Fd);
	if (!NT_SUCCESS(Status))
		return Status;
	NameOf(Name, &Stream);
	Status = IopStatName(Device, Depot, &Stream, &Own);
	host_closefd(Depot);
	if (NT_SUCCESS(Status)) {
		St->size = Own.size;
		St->blocks = Own.blocks;
	}
	return Status;
}

/* ---- renaming ---- */
/* Whether the stream To of Depot may be replaced, or is not there. Name: as the host has it. */
static NTSTATUS CheckVictim(PFILE_OBJECT File, host_fd Depot, const IOP_NAME *To, BOOLEAN Replace,
			    char Name[IOP_STREAM_MAX], BOOLEAN *Same)
{
	struct host_stat St;
	NTSTATUS Status;

	memcpy(Name, To->Text, To->Length + 1);
	Status = host_statx(Depot, Name, &St);
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND && To->CaseInsensitive &&
	    NT_SUCCESS(IopResolveCase(File->Device, Depot, Name)))
		Status = host_statx(Depot, Name, &St);
	*Same = NT_SUCCESS(Status) && IopIsInode(File, &St);
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND || *Same)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(Status))
		return Status;
	if (!Replace)
		return STATUS_OBJECT_NAME_COLLISION;
	return IopShareCount(&St) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static NTSTATUS RenameInDepot(PFILE_OBJECT File, const IOP_NAME *To, BOOLEAN Replace)
{
	char Old[IOP_STREAM_MAX], Victim[IOP_STREAM_MAX], *New = mem_strdup(To->Text);
	host_fd Depot = File->Parent->Fd;
	BOOLEAN Same;
	NTSTATUS Status = New ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

	if (NT_SUCCESS(Status))
		Status = CheckVictim(File, Depot, To, Replace, Victim, &Same);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&File->Lock);
		snprintf(Old, sizeof(Old), "%s", File->Name);
		lk_release(&File->Lock);
		if (!Same && strcmp(Victim, To->Text) != 0)
			host_unlinkat(Depot, Victim, FALSE); /* in other letters */
		Status = host_renameat(Depot, Old, Depot, To->Text,
				       Replace || Same ? 0 : HOST_RENAME_NOREPLACE);
	}
	if (NT_SUCCESS(Status)) {
		char *Gone;

		IopNotifyStream(File->Base, Old, FILE_ACTION_REMOVED_STREAM,
				FILE_NOTIFY_CHANGE_STREAM_NAME);
		IopNotifyStream(File->Base, To->Text, FILE_ACTION_ADDED_STREAM,
				FILE_NOTIFY_CHANGE_STREAM_NAME);
		lk_acquire(&File->Lock);
		Gone = File->Name;
		File->Name = New;
		lk_release(&File->Lock);
		New = Gone;
	}
	mem_free(New);
	return Status;
}

NTSTATUS IopRenameStream(PFILE_OBJECT File, PCUNICODE_STRING NewName, BOOLEAN Replace)
{
	IOP_NAME Name = { .CaseInsensitive = File->CaseInsensitive }, To;
	PFILE_OBJECT Base = File->Base ? File->Base : File;
	NTSTATUS Status = File->Device->Case
				  ? IopDecodeStream(NewName->Buffer + 1,
						    NewName->Length / sizeof(WCHAR) - 1, &Name)
				  : STATUS_INVALID_PARAMETER;

	if (!NT_SUCCESS(Status))
		return STATUS_INVALID_PARAMETER; /* FSA 2.1.5.15.11.1 */
	if (IopIsDirectory(Base) && (Name.DefaultStream || Base == File))
		return STATUS_INVALID_PARAMETER;
	if (Name.DefaultStream && Base != File)
		return Replace ? STATUS_NOT_SUPPORTED : STATUS_OBJECT_NAME_COLLISION;
	if (Base == File) /* the default stream is the host's file: its data cannot leave it */
		return Name.DefaultStream ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
	NameOf(&Name, &To);
	return RenameInDepot(File, &To, Replace);
}

/* ---- FileStreamInformation ---- */
typedef struct _STREAM_LIST {
	UCHAR *Buffer;
	ULONG Length, At, Last, End;
} STREAM_LIST;

static NTSTATUS PutStream(STREAM_LIST *l, PCWSTR Name, ULONG Units, const struct host_stat *St)
{
	static const WCHAR Type[] = u":$DATA";
	const ULONG Fixed = offsetof(FILE_STREAM_INFORMATION, StreamName),
		    TypeSize = sizeof(Type) - 2;
	ULONG Bytes = (Units + 1) * (ULONG)sizeof(WCHAR) + TypeSize;
	FILE_STREAM_INFORMATION *Info = (void *)(l->Buffer + l->At);

	if (l->At > l->Length || l->Length - l->At < Fixed + Bytes)
		return STATUS_BUFFER_OVERFLOW;
	Info->NextEntryOffset = 0;
	Info->StreamNameLength = Bytes;
	Info->StreamSize.QuadPart = (LONGLONG)St->size;
	Info->StreamAllocationSize.QuadPart = (LONGLONG)St->blocks * 512;
	Info->StreamName[0] = ':';
	memcpy((char *)Info + Fixed + sizeof(WCHAR), Name, Units * sizeof(WCHAR));
	memcpy((char *)Info + Fixed + (Units + 1) * sizeof(WCHAR), Type, TypeSize);
	if (l->At)
		((FILE_STREAM_INFORMATION *)(void *)(l->Buffer + l->Last))->NextEntryOffset =
			l->At - l->Last;
	l->Last = l->At;
	l->End = l->At + Fixed + Bytes;
	l->At = (l->End + 7) & ~7u;
	return STATUS_SUCCESS;
}

/* The named ones, in the order of their upper-cased names as iodirlist.c has it. */
static NTSTATUS PutNamed(PFILE_OBJECT Depot, STREAM_LIST *l)
{
	WCHAR Name[IO_NT_NAME_MAX];
	PIOP_LISTING Listing;
	struct host_stat St;
	IOP_ENTRY e;
	NTSTATUS Status = IopOpenListing(Depot, &Listing);

	while (NT_SUCCESS(Status) && NT_SUCCESS(Status = IopPeekEntry(Depot, Listing, &e))) {
		if (e.Host[0] == ':' && NT_SUCCESS(host_statx(Depot->Fd, e.Host, &St)))
			Status = PutStream(l, Name, (ULONG)IopStreamNtName(e.Host, Name), &St);
		IopSkipEntry(Listing);
	}
	IopFreeListing(Listing);
	return Status == STATUS_NO_MORE_FILES ? STATUS_SUCCESS : Status;
}

NTSTATUS IopQueryStreams(PFILE_OBJECT File, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	PFILE_OBJECT Base = File->Base ? File->Base : File, Directory;
	STREAM_LIST List = { .Buffer = Buffer, .Length = Length };
	NTSTATUS Status = STATUS_SUCCESS;
	struct host_stat St;
	host_fd Depot;

	if (!IopIsDirectory(Base)) {
		Status = host_fstat(Base->Fd, &St);
		if (NT_SUCCESS(Status))
			Status = PutStream(&List, u"", 0, &St);
	}
	if (Status == STATUS_SUCCESS && File->Device->Case &&
	    NT_SUCCESS(OpenDepot(File->Device, Base->Fd, HOST_READ, &Depot))) {
		Status = IopNewDirectory(File->Device, Depot, &Directory);
		if (NT_SUCCESS(Status)) {
			Status = PutNamed(Directory, &List);
			IopDereferenceFile(Directory);
		}
	}
	*Information = List.End;
	return Status;
}
