/* SPDX-License-Identifier: MIT */
/* stat.h - struct stat, statx, statfs of x86-64, and mode bits (inode(7)). */
#ifndef LX_STAT_H
#define LX_STAT_H
#include "lx/types.h"

#define LX_S_IFMT   0170000u
#define LX_S_IFSOCK 0140000u
#define LX_S_IFLNK  0120000u
#define LX_S_IFREG  0100000u
#define LX_S_IFBLK  0060000u
#define LX_S_IFDIR  0040000u
#define LX_S_IFCHR  0020000u
#define LX_S_IFIFO  0010000u
#define LX_S_ISUID  04000u
#define LX_S_ISGID  02000u
#define LX_S_IXGRP  010u
#define LX_S_ISVTX  01000u
#define LX_S_ISDIR(m) (((m) & LX_S_IFMT) == LX_S_IFDIR)
#define LX_S_ISREG(m) (((m) & LX_S_IFMT) == LX_S_IFREG)
#define LX_S_ISLNK(m) (((m) & LX_S_IFMT) == LX_S_IFLNK)
#define LX_S_ISCHR(m) (((m) & LX_S_IFMT) == LX_S_IFCHR)
#define LX_S_ISBLK(m) (((m) & LX_S_IFMT) == LX_S_IFBLK)
#define LX_S_ISFIFO(m) (((m) & LX_S_IFMT) == LX_S_IFIFO)
#define LX_S_ISSOCK(m) (((m) & LX_S_IFMT) == LX_S_IFSOCK)

struct lx_stat {
	uint64_t st_dev, st_ino, st_nlink;
	uint32_t st_mode, st_uid, st_gid, pad0;
	uint64_t st_rdev;
	int64_t  st_size, st_blksize, st_blocks;
	struct lx_timespec st_atim, st_mtim, st_ctim;
	int64_t  unused[3];
};
_Static_assert(sizeof(struct lx_stat) == 144, "x86-64 struct stat is 144 bytes");
_Static_assert(offsetof(struct lx_stat, st_size) == 48, "st_size");

struct lx_statx_timestamp { int64_t tv_sec; uint32_t tv_nsec; int32_t pad; };
struct lx_statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, pad0;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct lx_statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id, spare[13];
};
_Static_assert(sizeof(struct lx_statx) == 256, "struct statx");
#define LX_STATX_BASIC_STATS 0x7ffu
#define LX_STATX_BTIME       0x800u
#define LX_STATX_MNT_ID      0x1000u
#define LX_STATX_MNT_ID_UNIQUE 0x4000u
#define LX_STATX_ATTR_MOUNT_ROOT 0x2000u
#define LX_STATX_RESERVED    0x80000000u

struct lx_statfs { int64_t f_type, f_bsize; uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree; int32_t f_fsid[2]; int64_t f_namelen, f_frsize, f_flags, f_spare[4]; };
_Static_assert(sizeof(struct lx_statfs) == 120, "struct statfs");

static inline uint64_t lx_makedev(uint32_t major, uint32_t minor)
{
	return ((uint64_t)(major & 0xfffff000u) << 32) | ((uint64_t)(major & 0xfff) << 8) | ((uint64_t)(minor & 0xffffff00u) << 12) | (minor & 0xff);
}
static inline uint32_t lx_major(uint64_t dev)
{
	return ((dev >> 32) & 0xfffff000u) | ((dev >> 8) & 0xfff);
}
static inline uint32_t lx_minor(uint64_t dev)
{
	return ((dev >> 12) & 0xffffff00u) | (dev & 0xff);
}
#endif
