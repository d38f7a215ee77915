/* SPDX-License-Identifier: MIT */
/*
 * nt_stat.c - attributes of an NT file as a struct kstat. NT counts 100 ns from 1601; the lxrun
 * information class carries the nanoseconds below that and the device, so nothing is lost.
 */
#include "nt_stat.h"
#include "lxrun/quirks.h"

static struct lx_timespec nt_time(LARGE_INTEGER time, ULONG ns)
{
	int64_t ticks = time.QuadPart - NT_TIME_UNIX_EPOCH;
	int64_t sec = ticks / NT_TICKS_PER_SEC, rest = ticks % NT_TICKS_PER_SEC;

	if (rest < 0) {
		rest += NT_TICKS_PER_SEC;
		sec--;
	}
	return (struct lx_timespec){ sec, rest * 100 + ns };
}

void nt_kstat(const FILE_LXRUN_STAT_INFORMATION *info, struct kstat *st)
{
	const FILE_STAT_LX_INFORMATION *lx = &info->Lx;

	*st = (struct kstat){
		.dev = lx_makedev(info->DeviceMajor, info->DeviceMinor),
		.ino = (uint64_t)lx->FileId.QuadPart,
		.rdev = lx_makedev(lx->LxDeviceIdMajor, lx->LxDeviceIdMinor),
		.size = (uint64_t)lx->EndOfFile.QuadPart,
		.blocks = (uint64_t)lx->AllocationSize.QuadPart / 512,
		.mode = lx->LxMode,
		.nlink = lx->NumberOfLinks,
		.uid = lx->LxUid,
		.gid = lx->LxGid,
		.blksize = info->BlockSize,
		.atime = nt_time(lx->LastAccessTime, info->LastAccessNs),
		.mtime = nt_time(lx->LastWriteTime, info->LastWriteNs),
		.ctime = nt_time(lx->ChangeTime, info->ChangeNs),
		.btime = nt_time(lx->CreationTime, info->CreationNs),
		.has_btime = lx->CreationTime.QuadPart != 0,
	};
	if (!st->has_btime)
		st->btime = (struct lx_timespec){ 0 };
	if (quirk_on(QUIRK_DIR_NLINK) && LX_S_ISDIR(st->mode))
		st->nlink = 0;
}

int nt_fstat(HANDLE handle, struct kstat *st)
{
	FILE_LXRUN_STAT_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryInformationFile(handle, &iosb, &info, sizeof(info),
						 FileLxrunStatInformation);

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	nt_kstat(&info, st);
	return 0;
}

static void put_time(const struct lx_timespec *ts, LONGLONG *sec, LONGLONG *nsec)
{
	*sec = ts->tv_sec;
	*nsec = ts->tv_nsec == LX_UTIME_NOW ? FILE_LXRUN_NOW : ts->tv_nsec;
}

int nt_set_attr(HANDLE handle, const struct iattr *attr)
{
	static const struct {
		uint32_t from, to;
	} map[] = {
		{ ATTR_MODE, FILE_LXRUN_SET_MODE },   { ATTR_UID, FILE_LXRUN_SET_UID },
		{ ATTR_GID, FILE_LXRUN_SET_GID },     { ATTR_ATIME, FILE_LXRUN_SET_ATIME },
		{ ATTR_MTIME, FILE_LXRUN_SET_MTIME },
	};
	FILE_LXRUN_SET_INFORMATION info = { .Mode = attr->mode,
					    .Uid = attr->uid,
					    .Gid = attr->gid };
	IO_STATUS_BLOCK iosb;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (attr->valid & map[i].from)
			info.Valid |= map[i].to;
	if (!info.Valid)
		return 0;
	put_time(&attr->atime, &info.AtimeSec, &info.AtimeNsec);
	put_time(&attr->mtime, &info.MtimeSec, &info.MtimeNsec);
	return nt_to_errno(
		NtSetInformationFile(handle, &iosb, &info, sizeof(info), FileLxrunSetInformation));
}

int nt_set_size(HANDLE handle, uint64_t size)
{
	FILE_END_OF_FILE_INFORMATION eof = { .EndOfFile.QuadPart = (LONGLONG)size };
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(
		NtSetInformationFile(handle, &iosb, &eof, sizeof(eof), FileEndOfFileInformation));
}

uint64_t nt_journal(HANDLE root)
{
	static _Atomic uint64_t never_same = 1ull << 62;
	USN_JOURNAL_DATA data;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtFsControlFile(root, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL,
					  NULL, 0, &data, sizeof(data));

	return NT_SUCCESS(status) ? (uint64_t)data.NextUsn : ++never_same;
}

#define WSL1_FS_TYPE 0x53464846

int nt_statfs(HANDLE handle, struct lx_statfs *out)
{
	FILE_FS_LXRUN_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryVolumeInformationFile(handle, &iosb, &info, sizeof(info),
						       FileFsLxrunInformation);

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	*out = (struct lx_statfs){
		.f_type = (int64_t)info.Type,
		.f_bsize = (int64_t)info.BlockSize,
		.f_blocks = info.Blocks,
		.f_bfree = info.FreeBlocks,
		.f_bavail = info.AvailableBlocks,
		.f_files = info.Files,
		.f_ffree = info.FreeFiles,
		.f_fsid = { (int32_t)info.FsId, (int32_t)(info.FsId >> 32) },
		.f_namelen = (int64_t)info.NameMax,
		.f_frsize = (int64_t)info.FragmentSize,
		.f_flags = (int64_t)info.Flags,
	};
	if (quirk_on(QUIRK_STATFS)) {
		out->f_type = WSL1_FS_TYPE;
		out->f_files = 999;
		out->f_ffree = 1000000;
		out->f_fsid[0] = 1;
		out->f_fsid[1] = 0;
	}
	return 0;
}
