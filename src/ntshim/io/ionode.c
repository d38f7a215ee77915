/* SPDX-License-Identifier: MIT */
/*
 * ionode.c - what a file is to NT: the host's attributes, corrected on lx and win volumes by the
 * metadata in its xattrs.
 *
 * Metadata costs a listxattr more than the stat, and a getxattr for each that is there, unless ioknown.c remembers it. The xattrs are those of ordinary
 * files and directories, which any user may set on files of their own; so a symbolic link, a FIFO, a
 * socket or a device node of a guest is an ordinary empty file with a reparse tag. What the host has
 * as such a thing itself is shown with the same tags.
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

#define LIST_MAX 4096
#define READ_TRY 512

NTSTATUS IopGetXattr(host_fd Dir, const char *Name, const char *Xattr, PVOID *Data, SIZE_T *Length)
{
	UCHAR First[READ_TRY];
	NTSTATUS Status = host_getxattr_at(Dir, Name, Xattr, First, sizeof(First), Length);

	*Data = NULL;
	while (Status == STATUS_BUFFER_TOO_SMALL) {
		Status = host_getxattr_at(Dir, Name, Xattr, NULL, 0, Length);
		if (!NT_SUCCESS(Status))
			return Status;
		mem_free(*Data);
		*Data = mem_alloc(*Length + 1);
		if (!*Data)
			return STATUS_INSUFFICIENT_RESOURCES;
		Status = host_getxattr_at(Dir, Name, Xattr, *Data, *Length, Length);
	}
	if (!NT_SUCCESS(Status)) {
		mem_free(*Data);
		*Data = NULL;
		return Status;
	}
	if (*Data)
		return Status;
	*Data = mem_alloc(*Length + 1);
	if (!*Data)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(*Data, First, *Length);
	return STATUS_SUCCESS;
}

NTSTATUS IopSetXattr(host_fd Fd, const char *Xattr, const VOID *Data, SIZE_T Length)
{
	NTSTATUS Status;

	if (Length)
		return host_setxattr(Fd, Xattr, Data, Length, 0);
	Status = host_removexattr(Fd, Xattr);
	return Status == STATUS_NONEXISTENT_EA_ENTRY ? STATUS_SUCCESS : Status;
}

/* ---- EAs that are a Linux file's attributes ---- */
/* A mode is of a type that the file can have, or is nothing: a directory's is no file's. */
static BOOLEAN IsItsMode(const IOP_NODE *Node, ULONG Mode)
{
	ULONG Type = Node->St.mode & HOST_S_IFMT;

	return (Mode & HOST_S_IFMT) == Type || (Type != HOST_S_IFDIR && IopReparseTag(Mode));
}

static VOID ApplyLx(PIOP_NODE Node, const IOP_METADATA *m)
{
	if (m->HasMode && IsItsMode(Node, m->Mode)) {
		Node->LxFlags |= LX_FILE_METADATA_HAS_MODE;
		Node->St.mode = (Node->St.mode & HOST_S_IFMT) | (m->Mode & ~HOST_S_IFMT);
	}
	if (m->HasUid) {
		Node->LxFlags |= LX_FILE_METADATA_HAS_UID;
		Node->St.uid = m->Uid;
	}
	if (m->HasGid) {
		Node->LxFlags |= LX_FILE_METADATA_HAS_GID;
		Node->St.gid = m->Gid;
	}
	if (m->HasDevice) {
		Node->LxFlags |= LX_FILE_METADATA_HAS_DEVICE_ID;
		Node->St.rdev_major = m->Major;
		Node->St.rdev_minor = m->Minor;
	}
}

static NTSTATUS ReadEas(host_fd Dir, const char *Name, PIOP_NODE Node)
{
	const FILE_FULL_EA_INFORMATION *Ea;
	IOP_METADATA m = { 0 };
	ULONG Length;
	PVOID List;
	NTSTATUS Status = IopLoadEas(Dir, Name, &List, &Length);

	if (!NT_SUCCESS(Status))
		return Status;
	Node->EaSize = Node->LxFlags = 0;
	for (ULONG At = 0; At < Length;) {
		if (!NT_SUCCESS(IopNextEa(List, Length, &At, &Ea)))
			break; /* somebody else's bytes: no EAs from here on */
		IopTakeMetadata(Ea, &m);
		Node->NeedEa |= (Ea->Flags & FILE_NEED_EA) != 0;
		Node->EaSize += (IopEaSize(Ea->EaNameLength, Ea->EaValueLength) + 3) & ~3u;
	}
	ApplyLx(Node, &m);
	mem_free(List);
	return STATUS_SUCCESS;
}

/* ---- reparse points ---- */
NTSTATUS IopReadReparse(host_fd Dir, const char *Name, REPARSE_DATA_BUFFER **Data, SIZE_T *Length)
{
	PVOID Bytes;
	NTSTATUS Status = IopGetXattr(Dir, Name, IOP_XATTR_REPARSE, &Bytes, Length);

	*Data = Bytes;
	if (Status == STATUS_NONEXISTENT_EA_ENTRY || Status == STATUS_NOT_SUPPORTED)
		return STATUS_NOT_A_REPARSE_POINT;
	if (NT_SUCCESS(Status) &&
	    (*Length < REPARSE_DATA_BUFFER_HEADER_SIZE ||
	     *Length < REPARSE_DATA_BUFFER_HEADER_SIZE + (*Data)->ReparseDataLength)) {
		mem_free(Bytes);
		return STATUS_NOT_A_REPARSE_POINT; /* somebody else's bytes */
	}
	return Status;
}

NTSTATUS IopReadTag(host_fd Dir, const char *Name, PIOP_NODE Node)
{
	REPARSE_DATA_BUFFER *Data;
	SIZE_T Length;
	ULONG Type;
	NTSTATUS Status = IopReadReparse(Dir, Name, &Data, &Length);

	if (!NT_SUCCESS(Status))
		return Status == STATUS_NOT_A_REPARSE_POINT ? STATUS_SUCCESS : Status;
	Node->Tag = Data->ReparseTag;
	Type = IopTagType(Node->Tag);
	if (Type && (Node->St.mode & HOST_S_IFMT) == HOST_S_IFREG)
		Node->St.mode = (Node->St.mode & ~HOST_S_IFMT) | Type;
	if (Node->Tag == IO_REPARSE_TAG_LX_SYMLINK && Data->ReparseDataLength >= sizeof(ULONG))
		Node->St.size = Data->ReparseDataLength - sizeof(ULONG);
	mem_free(Data);
	return STATUS_SUCCESS;
}

/* ---- DOS attributes ---- */
static NTSTATUS ReadDos(host_fd Dir, const char *Name, PIOP_NODE Node)
{
	LONGLONG Creation;
	ULONG Attributes;
	SIZE_T Length;
	PVOID Data;
	NTSTATUS Status = IopGetXattr(Dir, Name, IOP_XATTR_DOS, &Data, &Length);

	if (!NT_SUCCESS(Status))
		return Status;
	if (IopParseDos(Data, Length, &Attributes, &Creation)) {
		Node->Attributes = Attributes &
				   (IOP_SETTABLE_ATTRIBUTES | FILE_ATTRIBUTE_SPARSE_FILE) &
				   ~FILE_ATTRIBUTE_NORMAL;
		if (Creation)
			Node->St.btime = IopHostTime(Creation);
	}
	mem_free(Data);
	return STATUS_SUCCESS;
}

LONGLONG IopStoredCreation(host_fd Fd)
{
	LONGLONG Creation;
	ULONG Attributes;
	SIZE_T Length;
	PVOID Data;

	if (!NT_SUCCESS(IopGetXattr(Fd, "", IOP_XATTR_DOS, &Data, &Length)))
		return 0;
	if (!IopParseDos(Data, Length, &Attributes, &Creation))
		Creation = 0;
	mem_free(Data);
	return Creation;
}

NTSTATUS IopMakeWritable(host_fd Fd)
{
	struct host_stat St;
	NTSTATUS Status = host_fstat(Fd, &St);

	if (!NT_SUCCESS(Status) || St.mode & 0200)
		return Status;
	return host_chmod(Fd, St.mode | 0200);
}

NTSTATUS IopStoreAttributes(host_fd Fd, BOOLEAN Directory, ULONG Attributes, LONGLONG Creation)
{
	const ULONG Default = Directory ? 0 : FILE_ATTRIBUTE_ARCHIVE;
	UCHAR Dos[IOP_DOS_MAX];

	Attributes &= (IOP_SETTABLE_ATTRIBUTES | FILE_ATTRIBUTE_SPARSE_FILE) &
		      ~FILE_ATTRIBUTE_NORMAL;
	if (Attributes == Default && !Creation)
		return IopSetXattr(Fd, IOP_XATTR_DOS, NULL, 0);
	if (Directory)
		Attributes |= FILE_ATTRIBUTE_DIRECTORY; /* as Samba writes it */
	return IopSetXattr(Fd, IOP_XATTR_DOS, Dos, IopBuildDos(Attributes, Creation, Dos));
}

/* Being there is all that those say. */
static NTSTATUS ReadCase(host_fd Dir, const char *Name, PIOP_NODE Node)
{
	SIZE_T Length;
	NTSTATUS Status = host_getxattr_at(Dir, Name, IOP_XATTR_CASE, NULL, 0, &Length);

	Node->CaseSensitive |= NT_SUCCESS(Status);
	return Status;
}

static NTSTATUS ReadStreams(host_fd Dir, const char *Name, PIOP_NODE Node)
{
	SIZE_T Length;
	NTSTATUS Status = host_getxattr_at(Dir, Name, IOP_XATTR_STREAMS, NULL, 0, &Length);

	Node->HasStreams |= NT_SUCCESS(Status);
	return Status;
}

static NTSTATUS ReadSecurity(host_fd Dir, const char *Name, PIOP_NODE Node)
{
	Node->HasSecurity = TRUE;
	return STATUS_SUCCESS;
}

/* ---- all of it ---- */
static const struct {
	const char *Xattr;
	NTSTATUS(*Read)
	(host_fd Dir, const char *Name, PIOP_NODE Node);
} Parts[] = {
	{ IOP_XATTR_DOS, ReadDos },         { IOP_XATTR_EA, ReadEas },
	{ IOP_XATTR_REPARSE, IopReadTag },  { IOP_XATTR_CASE, ReadCase },
	{ IOP_XATTR_STREAMS, ReadStreams }, { IOP_XATTR_SECURITY, ReadSecurity },
};

/* What a file is before its metadata has been read. */
static VOID Defaults(const DEVICE_OBJECT *Device, PIOP_NODE Node)
{
	struct host_stat *St = &Node->St;
	ULONG Type = St->mode & HOST_S_IFMT;

	Node->Attributes = Type == HOST_S_IFDIR ? 0 : FILE_ATTRIBUTE_ARCHIVE;
	Node->Tag = IopReparseTag(St->mode);
	Node->CaseSensitive = Type == HOST_S_IFDIR && Device->Personality == VolumePersonalityLx;
	if (Device->Personality != VolumePersonalityLx)
		return;
	St->uid = St->gid = 0; /* what the host's user puts there is root's */
	if (!IopModeIsEas(Device, St))
		return;
	Node->EaSize = IOP_EAS_OF_MODE_SIZE;
	Node->LxFlags = LX_FILE_METADATA_HAS_UID | LX_FILE_METADATA_HAS_GID |
			LX_FILE_METADATA_HAS_MODE;
}

static NTSTATUS ReadParts(const DEVICE_OBJECT *Device, host_fd Dir, const char *Name,
			  PIOP_NODE Node)
{
	const struct host_stat Host = Node->St;
	char Names[LIST_MAX];
	LARGE_INTEGER Before;
	SIZE_T Length;
	NTSTATUS Status;
	BOOLEAN All;

	KeQuerySystemTimePrecise(&Before);
	Status = host_listxattr_at(Dir, Name, Names, sizeof(Names), &Length);
	All = Status == STATUS_BUFFER_TOO_SMALL; /* so many: ask for each of ours */
	Defaults(Device, Node);
	if (Status == STATUS_NOT_SUPPORTED)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(Status) && !All)
		return Status;
	for (ULONG i = 0; i < sizeof(Parts) / sizeof(Parts[0]); i++) {
		const char *p = Names, *End = Names + (All ? 0 : Length);

		while (p < End && strcmp(p, Parts[i].Xattr) != 0)
			p += strlen(p) + 1;
		if (p >= End && !All)
			continue;
		Status = Parts[i].Read(Dir, Name, Node);
		/* Removed since the list was made. */
		if (Status == STATUS_NONEXISTENT_EA_ENTRY)
			Status = STATUS_SUCCESS;
		if (!NT_SUCCESS(Status) && !All)
			return Status;
	}
	if (!All)
		IopRememberNode(Device, &Host, Before.QuadPart, Node);
	return STATUS_SUCCESS;
}

/* Name NULL: it has no xattrs of ours. */
static NTSTATUS StatNtNode(const DEVICE_OBJECT *Device, host_fd Dir, const char *Name,
			   PIOP_NODE Node)
{
	BOOLEAN Directory = (Node->St.mode & HOST_S_IFMT) == HOST_S_IFDIR;
	BOOLEAN HasXattrs = Directory || (Node->St.mode & HOST_S_IFMT) == HOST_S_IFREG;
	BOOLEAN WriteBit = (Node->St.mode & 0200) != 0;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!HasXattrs || !Name)
		Defaults(Device, Node);
	else if (!IopRecallNode(Device, Node))
		Status = ReadParts(Device, Dir, Name, Node);
	if (Directory)
		Node->Attributes |= FILE_ATTRIBUTE_DIRECTORY;
	else if (HasXattrs && !WriteBit && Device->Personality == VolumePersonalityWin)
		Node->Attributes |= FILE_ATTRIBUTE_READONLY;
	if (Node->Tag)
		Node->Attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
	if (Node->CaseSensitive)
		Node->LxFlags |= LX_FILE_CASE_SENSITIVE_DIR;
	if (!Node->Attributes)
		Node->Attributes = FILE_ATTRIBUTE_NORMAL;
	return Status;
}

NTSTATUS IopStatNode(const DEVICE_OBJECT *Device, host_fd Dir, const char *Name, PIOP_NODE Node)
{
	Node->EaSize = Node->LxFlags = 0;
	Node->NeedEa = Node->CaseSensitive = Node->HasStreams = Node->HasSecurity = FALSE;
	if (IopIsNt(Device))
		return StatNtNode(Device, Dir, Name, Node);
	Node->Attributes = IopFileAttributes(&Node->St);
	Node->Tag = IopReparseTag(Node->St.mode);
	Node->LxFlags = LX_FILE_METADATA_HAS_UID | LX_FILE_METADATA_HAS_GID |
			LX_FILE_METADATA_HAS_MODE | LX_FILE_METADATA_HAS_DEVICE_ID;
	return STATUS_SUCCESS;
}

NTSTATUS IopQueryNodeAt(const DEVICE_OBJECT *Device, host_fd Dir, const char *Name, PIOP_NODE Node)
{
	NTSTATUS Status = host_statx(Dir, Name, &Node->St);

	return NT_SUCCESS(Status) ? IopStatNode(Device, Dir, Name, Node) : Status;
}

/* A stream's own size; and it is a file, even that of a directory. */
static NTSTATUS ApplyStream(PFILE_OBJECT Stream, struct host_stat *St)
{
	struct host_stat Own;
	NTSTATUS Status = host_fstat(Stream->Fd, &Own);

	if (!NT_SUCCESS(Status))
		return Status;
	St->size = Own.size;
	St->blocks = Own.blocks;
	if ((St->mode & HOST_S_IFMT) == HOST_S_IFDIR) {
		St->mode = (St->mode & ~HOST_S_IFMT) | HOST_S_IFREG;
		St->nlink = St->nlink != 0;
	}
	return STATUS_SUCCESS;
}

NTSTATUS IopStatFile(PFILE_OBJECT File, struct host_stat *St)
{
	NTSTATUS Status = host_fstat(IopMetadataFd(File), St);

	return NT_SUCCESS(Status) && File->Base ? ApplyStream(File, St) : Status;
}

NTSTATUS IopQueryNode(PFILE_OBJECT File, PIOP_NODE Node)
{
	NTSTATUS Status = IopQueryNodeAt(File->Device, IopMetadataFd(File), "", Node);

	if (!NT_SUCCESS(Status) || !File->Base)
		return Status;
	Node->Attributes &= ~FILE_ATTRIBUTE_DIRECTORY;
	if (!Node->Attributes)
		Node->Attributes = FILE_ATTRIBUTE_NORMAL;
	return ApplyStream(File, &Node->St);
}
