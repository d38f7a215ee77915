/* SPDX-License-Identifier: MIT */
/*
 * iostat.c - a host inode's attributes in NT's structures.
 *
 * NT counts 100 ns from 1601; what is below goes into the Ns fields of FileLxrunStatInformation, so
 * that nothing is lost. Links, FIFOs, sockets and device nodes are reparse points with WSL's tags.
 */
#include "iop.h"
#include <string.h>

static const struct {
	ULONG Type, Tag;
} Tags[] = {
	{ HOST_S_IFLNK, IO_REPARSE_TAG_LX_SYMLINK }, { HOST_S_IFIFO, IO_REPARSE_TAG_LX_FIFO },
	{ HOST_S_IFCHR, IO_REPARSE_TAG_LX_CHR },     { HOST_S_IFBLK, IO_REPARSE_TAG_LX_BLK },
	{ HOST_S_IFSOCK, IO_REPARSE_TAG_AF_UNIX },
};

ULONG IopReparseTag(ULONG Mode)
{
	for (ULONG i = 0; i < sizeof(Tags) / sizeof(Tags[0]); i++)
		if ((Mode & HOST_S_IFMT) == Tags[i].Type)
			return Tags[i].Tag;
	return 0;
}

ULONG IopTagType(ULONG Tag)
{
	for (ULONG i = 0; i < sizeof(Tags) / sizeof(Tags[0]); i++)
		if (Tag == Tags[i].Tag)
			return Tags[i].Type;
	return 0;
}

ULONG IopFileAttributes(const struct host_stat *St)
{
	if ((St->mode & HOST_S_IFMT) == HOST_S_IFDIR)
		return FILE_ATTRIBUTE_DIRECTORY;
	return IopIsReparsePoint(St->mode) ? FILE_ATTRIBUTE_REPARSE_POINT : FILE_ATTRIBUTE_ARCHIVE;
}

LONGLONG IopNtTime(struct host_time Time)
{
	LONGLONG Ticks;

	/* What lies beyond NT's time, as a host may have it, is at its end. */
	if (__builtin_mul_overflow(Time.sec, NT_TICKS_PER_SEC, &Ticks) ||
	    __builtin_add_overflow(Ticks, Time.nsec / 100 + NT_TIME_UNIX_EPOCH, &Ticks))
		return Time.sec < 0 ? 0 : INT64_MAX;
	return Ticks;
}

struct host_time IopHostTime(LONGLONG NtTime)
{
	LONGLONG Ticks = NtTime - NT_TIME_UNIX_EPOCH, Rest = Ticks % NT_TICKS_PER_SEC;

	if (Rest < 0)
		Rest += NT_TICKS_PER_SEC;
	return (struct host_time){ (Ticks - Rest) / NT_TICKS_PER_SEC, (ULONG)Rest * 100 };
}

VOID IopFillBasic(const IOP_NODE *Node, FILE_BASIC_INFORMATION *Basic)
{
	*Basic = (FILE_BASIC_INFORMATION){
		.CreationTime.QuadPart = IopNtTime(Node->St.btime),
		.LastAccessTime.QuadPart = IopNtTime(Node->St.atime),
		.LastWriteTime.QuadPart = IopNtTime(Node->St.mtime),
		.ChangeTime.QuadPart = IopNtTime(Node->St.ctime),
		.FileAttributes = Node->Attributes,
	};
}

VOID IopFillNetworkOpen(const IOP_NODE *Node, FILE_NETWORK_OPEN_INFORMATION *Info)
{
	*Info = (FILE_NETWORK_OPEN_INFORMATION){
		.CreationTime.QuadPart = IopNtTime(Node->St.btime),
		.LastAccessTime.QuadPart = IopNtTime(Node->St.atime),
		.LastWriteTime.QuadPart = IopNtTime(Node->St.mtime),
		.ChangeTime.QuadPart = IopNtTime(Node->St.ctime),
		.AllocationSize.QuadPart = (LONGLONG)Node->St.blocks * 512,
		.EndOfFile.QuadPart = (LONGLONG)Node->St.size,
		.FileAttributes = Node->Attributes,
	};
}

static VOID FillLx(const IOP_NODE *Node, FILE_STAT_LX_INFORMATION *Lx)
{
	const struct host_stat *St = &Node->St;

	*Lx = (FILE_STAT_LX_INFORMATION){
		.FileId.QuadPart = (LONGLONG)St->ino,
		.CreationTime.QuadPart = IopNtTime(St->btime),
		.LastAccessTime.QuadPart = IopNtTime(St->atime),
		.LastWriteTime.QuadPart = IopNtTime(St->mtime),
		.ChangeTime.QuadPart = IopNtTime(St->ctime),
		.AllocationSize.QuadPart = (LONGLONG)St->blocks * 512,
		.EndOfFile.QuadPart = (LONGLONG)St->size,
		.FileAttributes = Node->Attributes,
		.ReparseTag = Node->Tag,
		.NumberOfLinks = St->nlink,
		.EffectiveAccess =
			FILE_ALL_ACCESS, /* permissions are lxcore's on this personality */
		.LxFlags = Node->LxFlags,
		.LxUid = St->uid,
		.LxGid = St->gid,
		.LxMode = St->mode,
		.LxDeviceIdMajor = St->rdev_major,
		.LxDeviceIdMinor = St->rdev_minor,
	};
}

/* FILE_STAT_INFORMATION is the first part of FILE_STAT_LX_INFORMATION. */
#define STAT_SIZE 72u
_Static_assert(offsetof(FILE_STAT_LX_INFORMATION, LxFlags) == STAT_SIZE, "FILE_STAT_INFORMATION");

ULONG IopStatSize(FILE_INFORMATION_CLASS Class)
{
	switch (Class) {
	case FileStatInformation:
		return STAT_SIZE;
	case FileStatLxInformation:
		return sizeof(FILE_STAT_LX_INFORMATION);
	case FileLxrunStatInformation:
		return sizeof(FILE_LXRUN_STAT_INFORMATION);
	default:
		return 0;
	}
}

ULONG IopFillStat(FILE_INFORMATION_CLASS Class, const IOP_NODE *Node, PVOID Buffer)
{
	const struct host_stat *St = &Node->St;
	FILE_LXRUN_STAT_INFORMATION Info;
	ULONG Size = IopStatSize(Class);

	FillLx(Node, &Info.Lx);
	if (Class == FileLxrunStatInformation) {
		Info.CreationNs = St->btime.nsec % 100;
		Info.LastAccessNs = St->atime.nsec % 100;
		Info.LastWriteNs = St->mtime.nsec % 100;
		Info.ChangeNs = St->ctime.nsec % 100;
		Info.DeviceMajor = St->dev_major;
		Info.DeviceMinor = St->dev_minor;
		Info.BlockSize = St->blksize;
		Info.Reserved = 0;
	}
	memcpy(Buffer, &Info, Size);
	return Size;
}
