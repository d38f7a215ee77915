/* SPDX-License-Identifier: MIT */
/* stat, lstat, fstat, newfstatat, statx, access, utimensat, statfs. */
#include "guest.h"
#include <sys/statfs.h>
#include <sys/time.h>

#define STATX_SIZE        0x200u
#define STATX_BASIC_STATS 0x7ffu
struct statx_time {
	int64_t tv_sec;
	uint32_t tv_nsec, pad;
};
struct statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, pad1;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_time stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	uint64_t pad2[14];
};

static int do_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx)
{
	memset(stx, 0x5a, sizeof(*stx));
	return syscall(SYS_statx, dirfd, path, flags, mask, stx);
}

TEST(the_four_ways_agree)
{
	struct stat a, b, c, d;

	write_file("f", "some text", 0640);
	int fd = OK(open("f", O_RDONLY));

	memset(&a, 1, sizeof(a));
	memset(&b, 2, sizeof(b));
	memset(&c, 3, sizeof(c));
	memset(&d, 4, sizeof(d));
	OK(stat("f", &a));
	OK(lstat("f", &b));
	OK(fstat(fd, &c));
	OK(fstatat(fd, "", &d, AT_EMPTY_PATH));
	EQ(a.st_size, 9);
	EQ(a.st_mode, S_IFREG | 0640);
	EQ(b.st_ino, a.st_ino);
	EQ(c.st_ino, a.st_ino);
	EQ(d.st_ino, a.st_ino);
	EQ(c.st_dev, a.st_dev);
	EQ(c.st_mode, a.st_mode);
	EQ(d.st_size, 9);
	EQ(c.st_nlink, 1);
	EQ(c.st_mtim.tv_nsec, a.st_mtim.tv_nsec);
	EQ(d.st_ctim.tv_nsec, b.st_ctim.tv_nsec);
	EQ(a.st_blksize, c.st_blksize);
	EQ(a.st_blocks, c.st_blocks);
}

TEST(stat_follows_links_and_lstat_does_not)
{
	struct stat st;

	write_file("f", "text", 0600);
	OK(symlink("f", "link"));
	OK(stat("link", &st));
	TRUE(S_ISREG(st.st_mode));
	OK(lstat("link", &st));
	EQ(st.st_mode, S_IFLNK | 0777);
	EQ(st.st_size, 1);
	OK(fstatat(AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW));
	TRUE(S_ISLNK(st.st_mode));
	OK(symlink("nowhere", "dangling"));
	ERR(stat("dangling", &st), ENOENT);
	OK(lstat("dangling", &st));
}

TEST(errors_are_named)
{
	struct stat st;

	write_file("f", "", 0600);
	ERR(stat("missing", &st), ENOENT);
	ERR(stat("", &st), ENOENT);
	ERR(stat("f/", &st), ENOTDIR);
	ERR(stat("f/x", &st), ENOTDIR);
	ERR(fstat(999, &st), EBADF);
	ERR(fstat(-1, &st), EBADF);
	ERR(fstatat(AT_FDCWD, "", &st, 0), ENOENT);
	ERR(fstatat(AT_FDCWD, "f", &st, 0x40000000), EINVAL);
	ERR(fstatat(999, "f", &st, 0), EBADF);
	OK(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	TRUE(S_ISDIR(st.st_mode));
}

TEST(types_of_files)
{
	struct stat st;
	int p[2];

	OK(pipe(p));
	OK(fstat(p[0], &st));
	TRUE(S_ISFIFO(st.st_mode));
	OK(stat("/dev/null", &st));
	TRUE(S_ISCHR(st.st_mode));
	EQ(st.st_rdev, 0x103);
	OK(mkfifo("fifo", 0600));
	OK(stat("fifo", &st));
	TRUE(S_ISFIFO(st.st_mode));
	OK(stat(".", &st));
	TRUE(S_ISDIR(st.st_mode));
	OK(stat("/proc", &st));
	TRUE(S_ISDIR(st.st_mode));
}

TEST(link_counts_follow_links_and_directories)
{
	struct stat st;

	write_file("f", "", 0600);
	OK(link("f", "g"));
	OK(stat("f", &st));
	EQ(st.st_nlink, 2);
	int fd = OK(open("f", O_RDONLY));

	OK(unlink("f"));
	OK(unlink("g"));
	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
}

TEST(size_and_blocks_follow_writes)
{
	struct stat st;
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	OK(ftruncate(fd, 1 << 20));
	OK(fstat(fd, &st));
	EQ(st.st_size, 1 << 20);
	BETWEEN(st.st_blocks, 0, 8);
	EQ(pwrite(fd, "x", 1, 5000000), 1);
	OK(stat("f", &st));
	EQ(st.st_size, 5000001);
}

TEST(times_are_kept_to_the_nanosecond)
{
	struct timespec ts[2] = { { 1000000000, 123456789 }, { 1500000000, 987654321 } };
	struct stat st;

	write_file("f", "", 0600);
	OK(utimensat(AT_FDCWD, "f", ts, 0));
	OK(stat("f", &st));
	EQ(st.st_atim.tv_sec, 1000000000);
	EQ(st.st_atim.tv_nsec, 123456789);
	EQ(st.st_mtim.tv_sec, 1500000000);
	EQ(st.st_mtim.tv_nsec, 987654321);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1] = (struct timespec){ 7, 8 };
	OK(utimensat(AT_FDCWD, "f", ts, 0));
	OK(stat("f", &st));
	EQ(st.st_atim.tv_sec, 1000000000);
	EQ(st.st_mtim.tv_sec, 7);
	EQ(st.st_mtim.tv_nsec, 8);
}

TEST(utime_now_takes_the_clock)
{
	struct timespec ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	int64_t before = time(NULL);
	struct stat st;

	write_file("f", "", 0600);
	OK(utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 1, 1 }, { 1, 1 } }, 0));
	OK(utimensat(AT_FDCWD, "f", ts, 0));
	OK(stat("f", &st));
	BETWEEN(st.st_mtim.tv_sec, before - 1, before + 5);
	OK(utimensat(AT_FDCWD, "f", NULL, 0));
	int fd = OK(open("f", O_RDWR));

	OK(futimens(fd, (struct timespec[2]){ { 5, 6 }, { 7, 8 } }));
	OK(fstat(fd, &st));
	EQ(st.st_atim.tv_nsec, 6);
	EQ(st.st_mtim.tv_sec, 7);
}

TEST(utimensat_can_touch_a_link_itself)
{
	struct timespec ts[2] = { { 11, 0 }, { 12, 0 } };
	struct stat st;

	write_file("f", "", 0600);
	OK(symlink("f", "link"));
	OK(utimensat(AT_FDCWD, "link", ts, AT_SYMLINK_NOFOLLOW));
	OK(lstat("link", &st));
	EQ(st.st_mtim.tv_sec, 12);
	OK(stat("f", &st));
	TRUE(st.st_mtim.tv_sec > 12);
}

TEST(old_time_calls_work)
{
	struct timeval tv[2] = { { 100, 5 }, { 200, 6 } };
	struct stat st;

	write_file("f", "", 0600);
	OK(syscall(SYS_utimes, "f", tv));
	OK(stat("f", &st));
	EQ(st.st_atim.tv_sec, 100);
	EQ(st.st_mtim.tv_nsec, 6000);
	tv[0].tv_usec = 1000000;
	ERR(syscall(SYS_utimes, "f", tv), EINVAL);
	int64_t times[2] = { 300, 400 };

	OK(syscall(SYS_utime, "f", times));
	OK(stat("f", &st));
	EQ(st.st_atim.tv_sec, 300);
	EQ(st.st_mtim.tv_sec, 400);
	ERR(utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 0, 2000000000 }, { 0, 0 } }, 0),
	    EINVAL);
}

TEST(writing_moves_mtime_and_reading_the_directory_entry_does_not)
{
	struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	struct stat st;

	write_file("f", "", 0600);
	int fd = OK(open("f", O_RDWR));

	OK(futimens(fd, old));
	OK(fstat(fd, &st));
	EQ(st.st_mtim.tv_sec, 1);
	EQ(write(fd, "x", 1), 1);
	OK(fstat(fd, &st));
	TRUE(st.st_mtim.tv_sec > 1000000);
	OK(mkdir("d", 0755));
	OK(utimensat(AT_FDCWD, "d", old, 0));
	write_file("d/f", "", 0600);
	OK(stat("d", &st));
	TRUE(st.st_mtim.tv_sec > 1000000);
}

TEST(statx_fills_what_stat_fills)
{
	struct statx stx;
	struct stat st;

	write_file("f", "text", 0604);
	OK(stat("f", &st));
	OK(do_statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &stx));
	EQ(stx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	EQ(stx.stx_ino, st.st_ino);
	EQ(stx.stx_mode, st.st_mode);
	EQ(stx.stx_size, 4);
	EQ(stx.stx_uid, st.st_uid);
	EQ(stx.stx_mtime.tv_sec, st.st_mtim.tv_sec);
	EQ(stx.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
	EQ((uint64_t)stx.stx_dev_major << 8 | stx.stx_dev_minor, st.st_dev);
	int fd = OK(open("f", O_RDONLY));

	OK(do_statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &stx));
	EQ(stx.stx_size, 4);
	ERR(do_statx(AT_FDCWD, "missing", 0, STATX_SIZE, &stx), ENOENT);
	ERR(do_statx(AT_FDCWD, "", 0, STATX_SIZE, &stx), ENOENT);
	ERR(do_statx(AT_FDCWD, "f", 0x40000000, STATX_SIZE, &stx), EINVAL);
	ERR(do_statx(AT_FDCWD, "f", 0, 0x80000000u, &stx), EINVAL);
}

TEST(access_asks_for_the_real_user)
{
	write_file("f", "", 0400);
	write_file("x", "", 0700);
	OK(access("f", F_OK));
	ERR(access("missing", F_OK), ENOENT);
	ERR(access("f", 8), EINVAL);
	ERR(access("f", X_OK), EACCES);
	OK(access("x", X_OK | R_OK));
	IN_CHILD({
		bool root = geteuid() == 0;

		drop_root();
		ERR(access("f", W_OK), EACCES);
		if (root)
			ERR(access("x", R_OK), EACCES);
		OK(access("f", F_OK));
	});
	OK(faccessat(AT_FDCWD, "x", X_OK, AT_EACCESS));
	OK(symlink("nowhere", "dangling"));
	OK(syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	ERR(syscall(SYS_faccessat2, AT_FDCWD, "f", F_OK, 0x40000000), EINVAL);
}

TEST(statfs_describes_the_file_system)
{
	struct statfs a, b;

	OK(statfs(".", &a));
	TRUE(a.f_bsize > 0);
	EQ(a.f_namelen, 255);
	int fd = OK(open(".", O_RDONLY));

	OK(fstatfs(fd, &b));
	EQ(a.f_type, b.f_type);
	EQ(a.f_blocks, b.f_blocks);
	OK(statfs("/proc", &a));
	EQ(a.f_type, 0x9fa0);
	ERR(statfs("missing", &a), ENOENT);
	ERR(fstatfs(999, &b), EBADF);
}

TEST(sysfs_numbers_the_file_systems)
{
	char name[64] = "";
	long n = OK(syscall(SYS_sysfs, 3)), proc = OK(syscall(SYS_sysfs, 1, "proc"));

	BETWEEN(proc, 0, n - 1);
	EQ(syscall(SYS_sysfs, 2, proc, name), 0);
	STREQ(name, "proc");
	ERR(syscall(SYS_sysfs, 1, "no such thing"), EINVAL);
	ERR(syscall(SYS_sysfs, 1, (char *)8), EFAULT);
	ERR(syscall(SYS_sysfs, 2, n, name), EINVAL);
	ERR(syscall(SYS_sysfs, 2, proc, (char *)8), EFAULT);
	ERR(syscall(SYS_sysfs, 4), EINVAL);
}

TEST(ustat_finds_a_file_system_by_its_device)
{
	struct {
		int tfree;
		unsigned long tinode;
		char name[12];
	} u;
	struct stat st;

	OK(stat(".", &st));
	EQ(syscall(SYS_ustat, (unsigned)st.st_dev, &u), 0);
	ERR(syscall(SYS_ustat, 0xffffffffu, &u), EINVAL);
	ERR(syscall(SYS_ustat, (unsigned)st.st_dev, (void *)8), EFAULT);
}
