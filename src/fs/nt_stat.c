/* SPDX-License-Identifier: MIT */
/*
 * nt_stat.c - attributes of an NT file as a struct kstat. NT counts 100 ns from 1601; the lxrun
 * information class carries the nanoseconds below that and the device, so nothing is lost.
 */
#include "nt_stat.h"

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
