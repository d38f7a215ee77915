/* SPDX-License-Identifier: MIT */
/* read, write, pread, pwrite, vectors, lseek, append, truncate, sendfile, copy_file_range. */
#include "guest.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int file_with(const char *name, const char *text)
{
	write_file(name, text, 0600);
	return OK(open(name, O_RDWR));
}

TEST(reading_ends_at_eof)
{
	char buf[16];
	int fd = file_with("f", "0123456789");

	EQ(read(fd, buf, 4), 4);
	EQ(read(fd, buf, 16), 6);
	EQ(read(fd, buf, 16), 0);
	EQ(read(fd, buf, 0), 0);
	EQ(pread(fd, buf, 16, 100), 0);
	EQ(pread(fd, buf, 3, 8), 2);
	EQ(lseek(fd, 0, SEEK_CUR), 10);
}

TEST(position_is_shared_by_dup_and_fork_and_not_by_open)
{
	char c;
	int fd = file_with("f", "0123456789"), copy = OK(dup(fd)), other = OK(open("f", O_RDONLY));

	EQ(read(fd, &c, 1), 1);
	EQ(read(copy, &c, 1), 1);
	EQ(c, '1');
	IN_CHILD({
		EQ(read(fd, &c, 1), 1);
		EQ(c, '2');
	});
	EQ(read(fd, &c, 1), 1);
	EQ(c, '3');
	EQ(read(other, &c, 1), 1);
	EQ(c, '0');
}

TEST(lseek_and_its_errors)
{
	int p[2], fd = file_with("f", "0123456789");

	EQ(lseek(fd, 3, SEEK_SET), 3);
	EQ(lseek(fd, 2, SEEK_CUR), 5);
	EQ(lseek(fd, -1, SEEK_END), 9);
	EQ(lseek(fd, 100, SEEK_END), 110);
	ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	ERR(lseek(fd, -200, SEEK_CUR), EINVAL);
	ERR(lseek(fd, 0, 77), EINVAL);
	ERR(lseek(999, 0, SEEK_SET), EBADF);
	OK(pipe(p));
	ERR(lseek(p[0], 0, SEEK_CUR), ESPIPE);
	ERR(pread(p[0], p, 1, 0), ESPIPE);
	ERR(pwrite(p[1], p, 1, 0), ESPIPE);
	EQ(lseek(fd, 0, SEEK_DATA), 0);
	EQ(lseek(fd, 0, SEEK_HOLE), 10);
	ERR(lseek(fd, 10, SEEK_DATA), ENXIO);
}

TEST(writing_beyond_the_end_leaves_zeroes)
{
	char buf[16];
	int fd = file_with("f", "ab");

	EQ(pwrite(fd, "z", 1, 5), 1);
	EQ(pread(fd, buf, 16, 0), 6);
	EQ(memcmp(buf, "ab\0\0\0z", 6), 0);
	ERR(pwrite(fd, "z", 1, -1), EINVAL);
	ERR(pread(fd, buf, 1, -1), EINVAL);
}

TEST(append_always_writes_at_the_end)
{
	write_file("f", "start", 0600);
	int a = OK(open("f", O_WRONLY | O_APPEND)), b = OK(open("f", O_WRONLY | O_APPEND));

	EQ(lseek(a, 0, SEEK_SET), 0);
	EQ(write(a, "A", 1), 1);
	EQ(write(b, "B", 1), 1);
	EQ(write(a, "C", 1), 1);
	STREQ(read_file("f"), "startABC");
	EQ(lseek(a, 0, SEEK_CUR), 8);
	OK(fcntl(a, F_SETFL, 0));
	EQ(lseek(a, 0, SEEK_SET), 0);
	EQ(write(a, "S", 1), 1);
	STREQ(read_file("f"), "StartABC");
	OK(fcntl(a, F_SETFL, O_APPEND));
	EQ(write(a, "D", 1), 1);
	STREQ(read_file("f"), "StartABCD");
}

TEST(vectors_are_one_operation)
{
	char a[3] = "", b[5] = "", c[10] = "";
	struct iovec out[3] = { { "one", 3 }, { "", 0 }, { "twothree", 8 } };
	struct iovec in[3] = { { a, 2 }, { b, 4 }, { c, 9 } };
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	EQ(writev(fd, out, 3), 11);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(readv(fd, in, 3), 11);
	STREQ(a, "on");
	STREQ(b, "etwo");
	STREQ(c, "three");
	EQ(preadv(fd, in, 1, 9), 2);
	STREQ(a, "ee");
	EQ(pwritev(fd, out, 1, 8), 3);
	STREQ(read_file("f"), "onetwothone");
	EQ(readv(fd, in, 0), 0);
	ERR(readv(fd, in, -1), EINVAL);
	ERR(readv(fd, in, 1025), EINVAL);
	struct iovec huge[2] = { { a, 1 }, { b, (size_t)-1 } };

	ERR(readv(fd, huge, 2), EINVAL);
}

TEST(errors_of_read_and_write)
{
	char c;
	int fd = file_with("f", "text");

	ERR(read(999, &c, 1), EBADF);
	ERR(write(-1, &c, 1), EBADF);
	ERR(read(fd, (void *)8, 1), EFAULT);
	ERR(write(fd, (void *)8, 1), EFAULT);
	EQ(write(fd, (void *)8, 0), 0);
	EQ(lseek(fd, 0, SEEK_CUR), 0);
}

TEST(a_large_transfer_is_whole)
{
	enum { size = 3 << 20 };
	char *out = malloc(size), *in = malloc(size);
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	for (int i = 0; i < size; i++)
		out[i] = i * 7 + (i >> 12);
	EQ(write(fd, out, size), size);
	EQ(pread(fd, in, size, 0), size);
	EQ(memcmp(in, out, size), 0);
	EQ(pread(fd, in, size, 1), size - 1);
	EQ(memcmp(in, out + 1, size - 1), 0);
}

TEST(truncate_shortens_and_lengthens)
{
	char buf[16];
	struct stat st;
	int fd = file_with("f", "0123456789");

	OK(ftruncate(fd, 4));
	STREQ(read_file("f"), "0123");
	OK(truncate("f", 6));
	EQ(pread(fd, buf, 16, 0), 6);
	EQ(memcmp(buf, "0123\0\0", 6), 0);
	ERR(ftruncate(fd, -1), EINVAL);
	ERR(truncate("f", -1), EINVAL);
	ERR(truncate("missing", 0), ENOENT);
	ERR(truncate(".", 0), EISDIR);
	ERR(ftruncate(999, 0), EBADF);
	OK(symlink("f", "s"));
	OK(truncate("s", 1));
	OK(stat("f", &st));
	EQ(st.st_size, 1);
	IN_CHILD({
		OK(chmod("f", 0444));
		drop_root();
		ERR(truncate("f", 0), EACCES);
	});
}

TEST(the_file_size_limit_is_efbig_and_sigxfsz)
{
	struct {
		uint64_t cur, max;
	} lim = { 4, 4 };
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	signal(SIGXFSZ, SIG_IGN);
	OK(syscall(SYS_prlimit64, 0, 1, &lim, NULL));
	EQ(write(fd, "0123456", 7), 4);
	ERR(write(fd, "4", 1), EFBIG);
}

TEST(sync_calls_succeed)
{
	int p[2], fd = file_with("f", "text");

	OK(fsync(fd));
	OK(fdatasync(fd));
	ERR(fsync(999), EBADF);
	OK(pipe(p));
	ERR(fsync(p[0]), EINVAL);
	OK(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
	OK(syncfs(fd));
}

TEST(fallocate_reserves_space)
{
	struct stat st;
	int fd = file_with("f", "text");

	OK(fallocate(fd, 0, 0, 8192));
	OK(fstat(fd, &st));
	EQ(st.st_size, 8192);
	ERR(fallocate(fd, 0, -1, 10), EINVAL);
	ERR(fallocate(fd, 0, 0, 0), EINVAL);
	ERR(fallocate(999, 0, 0, 1), EBADF);
	int rd = OK(open("f", O_RDONLY));

	ERR(fallocate(rd, 0, 0, 10), EBADF);
}

TEST(sendfile_copies_and_moves_the_position)
{
	int in = file_with("in", "0123456789"), out = OK(open("out", O_RDWR | O_CREAT, 0600));
	off_t at = 2;

	EQ(sendfile(out, in, &at, 3), 3);
	EQ(at, 5);
	EQ(lseek(in, 0, SEEK_CUR), 0);
	EQ(sendfile(out, in, NULL, 100), 10);
	EQ(lseek(in, 0, SEEK_CUR), 10);
	STREQ(read_file("out"), "2340123456789");
	EQ(sendfile(out, in, NULL, 100), 0);
	ERR(sendfile(out, 999, NULL, 1), EBADF);
}

TEST(copy_file_range_copies_inside_the_kernel)
{
	int in = file_with("in", "0123456789"), out = OK(open("out", O_RDWR | O_CREAT, 0600));
	int64_t from = 3, to = 1;

	EQ(syscall(SYS_copy_file_range, in, &from, out, &to, 4, 0), 4);
	EQ(from, 7);
	EQ(to, 5);
	char buf[8];

	EQ(pread(out, buf, 8, 0), 5);
	EQ(memcmp(buf,
		  "\0"
		  "3456",
		  5),
	   0);
	ERR(syscall(SYS_copy_file_range, in, &from, out, &to, 4, 1), EINVAL);
	ERR(syscall(SYS_copy_file_range, in, &from, 999, &to, 4, 0), EBADF);
}

TEST(dev_null_zero_and_full)
{
	char buf[32];
	int null = OK(open("/dev/null", O_RDWR)), zero = OK(open("/dev/zero", O_RDWR));
	int full = OK(open("/dev/full", O_RDWR)), rnd = OK(open("/dev/urandom", O_RDONLY));

	EQ(read(null, buf, 32), 0);
	EQ(write(null, buf, 32), 32);
	memset(buf, 'x', sizeof(buf));
	EQ(read(zero, buf, 32), 32);
	EQ(buf[0] | buf[31], 0);
	EQ(write(zero, buf, 32), 32);
	ERR(write(full, buf, 32), ENOSPC);
	EQ(read(full, buf, 8), 8);
	EQ(read(rnd, buf, 32), 32);
}

TEST(record_locks_exclude_other_processes)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 4 };
	int fd = file_with("f", "0123456789");

	OK(fcntl(fd, F_SETLK, &lock));
	IN_CHILD({
		struct flock mine = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4
		};

		int err = fcntl(fd, F_SETLK, &mine) ? errno : 0;

		TRUE(err == EAGAIN || err == EACCES);
		mine.l_start = 4;
		OK(fcntl(fd, F_SETLK, &mine));
		mine.l_start = 0;
		OK(fcntl(fd, F_GETLK, &mine));
		EQ(mine.l_type, F_WRLCK);
		EQ(mine.l_len, 4);
	});
	lock.l_type = F_UNLCK;
	OK(fcntl(fd, F_SETLK, &lock));
}

TEST(flock_belongs_to_the_open_file)
{
	int a = file_with("f", ""), b = OK(open("f", O_RDWR)), c = OK(dup(a));

	OK(flock(a, LOCK_EX));
	ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	OK(flock(c, LOCK_EX | LOCK_NB));
	OK(flock(a, LOCK_UN));
	OK(flock(b, LOCK_SH | LOCK_NB));
}

TEST(files_that_cannot_share_extents)
{
	const unsigned long ficlone = 0x40049409, range = 0x4020940d, dedupe = 0xc0189436;
	int a = file_with("a", "text"), b = file_with("b", ""), r = OK(open("b", O_RDONLY)),
	    d = OK(open(".", O_RDONLY)), z = OK(open("/dev/null", O_RDWR)), p[2],
	    shm = OK(open("/dev/shm", O_TMPFILE | O_RDWR, 0600));
	uint64_t args[8] = { 999 };

	ERR(ioctl(b, ficlone, 999), EBADF);
	ERR(ioctl(r, ficlone, a), EBADF);
	ERR(ioctl(b, ficlone, d), EISDIR);
	ERR(ioctl(d, ficlone, b), EISDIR);
	ERR(ioctl(b, ficlone, z), EXDEV);
	ERR(ioctl(b, ficlone, shm), EXDEV);
	ERR(ioctl(shm, ficlone, shm), EOPNOTSUPP);
	OK(pipe(p));
	ERR(ioctl(b, ficlone, p[0]), EXDEV);
	ERR(ioctl(p[1], ficlone, a), EXDEV);
	ERR(ioctl(b, range, NULL), EFAULT);
	ERR(ioctl(b, range, args), EBADF);
	ERR(ioctl(d, dedupe, args), EISDIR);
	int ret = ioctl(b, ficlone, a);

	TRUE(ret == 0 || errno == EOPNOTSUPP);
}
