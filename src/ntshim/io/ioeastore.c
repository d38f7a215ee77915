/* SPDX-License-Identifier: MIT */
/*
 * ioeastore.c - the EA list of a file as an xattr.
 *
 * Nearly every file of an lx volume has the same EAs: $LXUID, $LXGID and $LXMOD, a device $LXDEV as well. As
 * a list they are 59 bytes, for which ext4 takes a block of its own beside the inode, to be read with every
 * stat. So a list of exactly these, in this order, is stored as its values, which fit in the inode. The first
 * byte tells: a list begins with an offset, a multiple of four.
 *
 * And most files of an lx volume are root's and have an ordinary mode. Of a file without any EAs an lx volume says
 * that it is root's, with the mode the host has. So such a file is made by giving the host's file that mode, in the
 * one call that makes it; its EAs are those that would say the same. The modes that a file has when no EAs were
 * given (IopHostMode) are kept for that.
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

#define PACKED_MAGIC 0x00584C01u /* 01 'L' 'X' 00 */
#define LIST_ROOM    96u

typedef struct _PACKED_EAS {
	ULONG Magic, Uid, Gid, Mode, Major, Minor; /* the last two of a device only */
} PACKED_EAS;
#define PACKED_SHORT ((ULONG)offsetof(PACKED_EAS, Major))

static ULONG PutEa(UCHAR *List, ULONG At, const char *Name, const ULONG *Value, ULONG Words)
{
	FILE_FULL_EA_INFORMATION *Ea = (void *)(List + At);
	ULONG Length = (ULONG)strlen(Name);

	Ea->EaNameLength = (UCHAR)Length;
	Ea->EaValueLength = (USHORT)(Words * sizeof(*Value));
	memcpy(Ea->EaName, Name, Length + 1);
	memcpy(Ea->EaName + Length + 1, Value, Words * sizeof(*Value));
	return At + IopEaSize(Length, Ea->EaValueLength);
}

/* Goes on behind the EA at At, which ends at End. */
static ULONG Next(UCHAR *List, ULONG At, ULONG End)
{
	ULONG Behind = (End + 3) & ~3u;

	((FILE_FULL_EA_INFORMATION *)(void *)(List + At))->NextEntryOffset = Behind - At;
	return Behind;
}

/* The list that Packed stands for; returns its length. */
static ULONG Unpack(const PACKED_EAS *Packed, BOOLEAN Device, UCHAR List[LIST_ROOM])
{
	ULONG At = 0, End;

	memset(List, 0, LIST_ROOM);
	End = PutEa(List, At, LX_FILE_METADATA_UID_EA_NAME, &Packed->Uid, 1);
	At = Next(List, At, End);
	End = PutEa(List, At, LX_FILE_METADATA_GID_EA_NAME, &Packed->Gid, 1);
	At = Next(List, At, End);
	End = PutEa(List, At, LX_FILE_METADATA_MODE_EA_NAME, &Packed->Mode, 1);
	if (!Device)
		return End;
	At = Next(List, At, End);
	return PutEa(List, At, LX_FILE_METADATA_DEVICE_ID_EA_NAME, &Packed->Major, 2);
}

/* Whether Packed, filled here, stands for exactly this list. */
static BOOLEAN Pack(const VOID *List, ULONG Length, PACKED_EAS *Packed, ULONG *PackedLength)
{
	_Alignas(4) UCHAR Again[LIST_ROOM];
	const FILE_FULL_EA_INFORMATION *Ea;
	IOP_METADATA m = { 0 };

	if (!Length || Length > LIST_ROOM)
		return FALSE;
	for (ULONG At = 0; At < Length;) {
		if (!NT_SUCCESS(IopNextEa(List, Length, &At, &Ea)))
			return FALSE;
		IopTakeMetadata(Ea, &m);
	}
	*Packed = (PACKED_EAS){ PACKED_MAGIC, m.Uid, m.Gid, m.Mode, m.Major, m.Minor };
	*PackedLength = m.HasDevice ? (ULONG)sizeof(*Packed) : PACKED_SHORT;
	return Unpack(Packed, m.HasDevice, Again) == Length && !memcmp(Again, List, Length);
}

ULONG IopModeForEas(const DEVICE_OBJECT *Device, BOOLEAN Directory, const VOID *List, ULONG Length)
{
	const ULONG Ours = Directory ? 0700
				     : 0600; /* without these we could not open it ourselves */
	PACKED_EAS Packed;
	ULONG PackedLength, Mode;

	if (Device->Personality != VolumePersonalityLx || !Length ||
	    !Pack(List, Length, &Packed, &PackedLength) || PackedLength != PACKED_SHORT ||
	    Packed.Uid || Packed.Gid)
		return 0;
	Mode = Packed.Mode & ~HOST_S_IFMT;
	if ((Packed.Mode & HOST_S_IFMT) != (Directory ? HOST_S_IFDIR : HOST_S_IFREG) ||
	    (Mode & Ours) != Ours || Mode & 07000 || Mode == IopHostMode(Device, Directory))
		return 0;
	return Mode;
}

BOOLEAN IopModeIsEas(const DEVICE_OBJECT *Device, const struct host_stat *St)
{
	ULONG Type = St->mode & HOST_S_IFMT;

	return Device->Personality == VolumePersonalityLx &&
	       (Type == HOST_S_IFDIR || Type == HOST_S_IFREG) &&
	       (St->mode & 07777) != IopHostMode(Device, Type == HOST_S_IFDIR);
}

NTSTATUS IopEasOfMode(ULONG Mode, PVOID *List, ULONG *Length)
{
	const PACKED_EAS Packed = { .Mode = Mode };

	*List = mem_alloc(LIST_ROOM);
	if (!*List)
		return STATUS_INSUFFICIENT_RESOURCES;
	*Length = Unpack(&Packed, FALSE, *List);
	return STATUS_SUCCESS;
}

NTSTATUS IopStoreEas(host_fd Fd, const VOID *List, ULONG Length)
{
	PACKED_EAS Packed;
	ULONG PackedLength;

	if (Pack(List, Length, &Packed, &PackedLength))
		return IopSetXattr(Fd, IOP_XATTR_EA, &Packed, PackedLength);
	return IopSetXattr(Fd, IOP_XATTR_EA, List, Length);
}

NTSTATUS IopLoadEas(host_fd Dir, const char *Name, PVOID *List, ULONG *Length)
{
	PACKED_EAS Packed = { 0 };
	SIZE_T Size;
	NTSTATUS Status = IopGetXattr(Dir, Name, IOP_XATTR_EA, List, &Size);

	*Length = (ULONG)Size;
	if (!NT_SUCCESS(Status) || (Size != PACKED_SHORT && Size != sizeof(Packed)))
		return Status;
	memcpy(&Packed, *List, Size);
	if (Packed.Magic != PACKED_MAGIC)
		return Status;
	mem_free(*List);
	*List = mem_alloc(LIST_ROOM);
	if (!*List)
		return STATUS_INSUFFICIENT_RESOURCES;
	*Length = Unpack(&Packed, Size == sizeof(Packed), *List);
	return STATUS_SUCCESS;
}
