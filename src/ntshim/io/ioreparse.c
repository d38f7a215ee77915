/* SPDX-License-Identifier: MIT */
/*
 * ioreparse.c - FSCTL_GET/SET/DELETE_REPARSE_POINT (nt.md section 7).
 *
 * On lx and win volumes a reparse point is the xattr IOP_XATTR_REPARSE of an ordinary file or
 * directory, the REPARSE_DATA_BUFFER as it was set. On a host volume, and for what the host itself has
 * as a link, FIFO, socket or device, the tag follows from the type: such a point is one for life.
 */
#include "iop.h"
#include "base/alloc.h"

#define LX_SYMLINK_VERSION 2u /* nt.md RP15 */
#define TAG_MICROSOFT      0x80000000u
#define TAG_DIRECTORY      0x10000000u /* may be on a directory that is not empty */

static NTSTATUS Answer(PIOP_CONTROL Control, const VOID *Data, ULONG Length)
{
	ULONG Fit = Control->OutputLength < Length ? Control->OutputLength : Length;

	memcpy(Control->Output, Data, Fit);
	Control->Information = Fit;
	return Fit < Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* The host's own link, or a thing without data. */
static NTSTATUS GetHostPoint(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	struct {
		REPARSE_DATA_BUFFER Header;
		char Rest[sizeof(ULONG) + IOP_PATH_MAX];
	} Point = { .Header.ReparseTag = IopReparseTag(File->Type) };
	const ULONG Version = LX_SYMLINK_VERSION;
	char *Data = (char *)&Point + REPARSE_DATA_BUFFER_HEADER_SIZE;
	ULONG Length = 0;
	NTSTATUS Status;

	if (!Point.Header.ReparseTag)
		return STATUS_NOT_A_REPARSE_POINT;
	if (File->Type == HOST_S_IFLNK) {
		Status = host_readlink(File->Fd, Data + sizeof(Version), IOP_PATH_MAX, &Length);
		if (!NT_SUCCESS(Status))
			return Status;
		memcpy(Data, &Version, sizeof(Version));
		Length += sizeof(Version);
	}
	Point.Header.ReparseDataLength = (USHORT)Length;
	return Answer(Control, &Point, REPARSE_DATA_BUFFER_HEADER_SIZE + Length);
}

NTSTATUS IopGetReparsePoint(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	REPARSE_DATA_BUFFER *Data;
	SIZE_T Length;
	NTSTATUS Status = STATUS_NOT_A_REPARSE_POINT;

	if (!Control->Output || Control->OutputLength < REPARSE_DATA_BUFFER_HEADER_SIZE)
		return STATUS_INVALID_USER_BUFFER;
	if (IopIsNt(File->Device))
		Status = IopReadReparse(IopMetadataFd(File), "", &Data, &Length);
	if (Status == STATUS_NOT_A_REPARSE_POINT)
		return GetHostPoint(File, Control);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = Answer(Control, Data, (ULONG)Length);
	mem_free(Data);
	return Status;
}

/* RP1, RP2, RP4: the shape of what is set or deleted. */
static NTSTATUS CheckShape(const IOP_CONTROL *Control, ULONG *HeaderSize)
{
	const REPARSE_DATA_BUFFER *Data = Control->Input;
	ULONG Length = Control->InputLength;

	if (!Data || Length < REPARSE_DATA_BUFFER_HEADER_SIZE || Length > IOP_REPARSE_MAX)
		return STATUS_IO_REPARSE_DATA_INVALID;
	*HeaderSize = Data->ReparseTag & TAG_MICROSOFT ? REPARSE_DATA_BUFFER_HEADER_SIZE
						       : REPARSE_GUID_DATA_BUFFER_HEADER_SIZE;
	if (Length != Data->ReparseDataLength + REPARSE_DATA_BUFFER_HEADER_SIZE &&
	    Length != Data->ReparseDataLength + REPARSE_GUID_DATA_BUFFER_HEADER_SIZE)
		return STATUS_IO_REPARSE_DATA_INVALID;
	if (Data->ReparseTag <= 1)
		return STATUS_IO_REPARSE_TAG_INVALID;
	if (*HeaderSize == REPARSE_GUID_DATA_BUFFER_HEADER_SIZE &&
	    Length != Data->ReparseDataLength + *HeaderSize)
		return STATUS_IO_REPARSE_DATA_INVALID;
	return STATUS_SUCCESS;
}

/* RP5: what is there already. *Old from mem_alloc(), or NULL. */
static NTSTATUS CheckOld(PFILE_OBJECT File, const REPARSE_DATA_BUFFER *Data)
{
	const ULONG Guid = REPARSE_GUID_DATA_BUFFER_HEADER_SIZE - REPARSE_DATA_BUFFER_HEADER_SIZE;
	REPARSE_DATA_BUFFER *Old;
	SIZE_T Length;
	NTSTATUS Status = IopReadReparse(IopMetadataFd(File), "", &Old, &Length);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Old->ReparseTag != Data->ReparseTag)
		Status = STATUS_IO_REPARSE_TAG_MISMATCH;
	else if (!(Data->ReparseTag & TAG_MICROSOFT) &&
		 (Length < REPARSE_GUID_DATA_BUFFER_HEADER_SIZE ||
		  memcmp(Old->DataBuffer, Data->DataBuffer, Guid) != 0))
		Status = STATUS_REPARSE_ATTRIBUTE_CONFLICT;
	mem_free(Old);
	return Status;
}

/* RP6, RP7 */
static NTSTATUS CheckTarget(PFILE_OBJECT File, const REPARSE_DATA_BUFFER *Data)
{
	ULONG Tag = Data->ReparseTag;
	struct host_stat St;
	NTSTATUS Status;

	if (!IopIsDirectory(File) && Tag == IO_REPARSE_TAG_MOUNT_POINT)
		return STATUS_NOT_A_DIRECTORY;
	if (IopIsDirectory(File))
		return Tag & TAG_DIRECTORY ? STATUS_SUCCESS : IopCheckEmpty(File);
	if (Tag != IO_REPARSE_TAG_SYMLINK)
		return STATUS_SUCCESS;
	Status = host_fstat(IopMetadataFd(File), &St);
	return NT_SUCCESS(Status) && St.size ? STATUS_IO_REPARSE_DATA_INVALID : Status;
}

static BOOLEAN MayChange(const IOP_CONTROL *Control)
{
	return (Control->Granted & (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)) != 0; /* RP3 */
}

NTSTATUS IopSetReparsePoint(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	const REPARSE_DATA_BUFFER *Data = Control->Input;
	ULONG HeaderSize;
	NTSTATUS Status;

	if (!MayChange(Control))
		return STATUS_ACCESS_DENIED;
	if (!IopIsNt(File->Device))
		return STATUS_NOT_IMPLEMENTED;
	Status = CheckShape(Control, &HeaderSize);
	if (NT_SUCCESS(Status) && Data->ReparseTag == IO_REPARSE_TAG_SYMLINK &&
	    !SeHasPrivilege(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE))
		Status = STATUS_PRIVILEGE_NOT_HELD; /* RP8 */
	if (NT_SUCCESS(Status))
		Status = IopCheckReparseTarget(Data);
	if (NT_SUCCESS(Status))
		Status = CheckTarget(File, Data);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&File->Device->Metadata);
	Status = CheckOld(File, Data);
	if (NT_SUCCESS(Status) || Status == STATUS_NOT_A_REPARSE_POINT)
		Status = IopSetXattr(IopMetadataFd(File), IOP_XATTR_REPARSE, Data,
				     Control->InputLength);
	lk_release(&File->Device->Metadata);
	return Status;
}

/* RP10 */
NTSTATUS IopDeleteReparsePoint(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	const REPARSE_DATA_BUFFER *Data = Control->Input;
	ULONG HeaderSize;
	NTSTATUS Status;

	if (!MayChange(Control))
		return STATUS_ACCESS_DENIED;
	if (!IopIsNt(File->Device))
		return STATUS_NOT_IMPLEMENTED;
	Status = CheckShape(Control, &HeaderSize);
	if (NT_SUCCESS(Status) && (Data->ReparseDataLength || Control->InputLength != HeaderSize))
		Status = STATUS_IO_REPARSE_DATA_INVALID;
	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&File->Device->Metadata);
	Status = CheckOld(File, Data);
	if (NT_SUCCESS(Status))
		Status = IopSetXattr(IopMetadataFd(File), IOP_XATTR_REPARSE, NULL, 0);
	lk_release(&File->Device->Metadata);
	return Status;
}
