/* SPDX-License-Identifier: MIT */
/* Files by handle: name_to_handle_at, open_by_handle_at. */
#include "guest.h"

struct handle {
	uint32_t bytes;
	int32_t type;
	unsigned char data[128];
};

#define AT_HANDLE_FID 0x200

static int to_handle(const char *path, struct handle *h, int *mount, int flags)
{
	return (int)syscall(SYS_name_to_handle_at, AT_FDCWD, path, h, mount, flags);
}

static int by_handle(struct handle *h, int flags)
{
	return (int)syscall(SYS_open_by_handle_at, AT_FDCWD, h, flags);
}

TEST(a_handle_names_a_file)
{
	struct handle h = { 0 }, again = { 128 };
	int mount = -1, other = -1;
	char *info;

	write_file("f", "text", 0600);
	ERR(to_handle("f", &h, &mount, 0), EOVERFLOW);
	BETWEEN(h.bytes, 8, 128);
	OK(to_handle("f", &h, &mount, 0));
	OK(link("f", "g"));
	OK(to_handle("g", &again, &other, 0));
	EQ(h.bytes, again.bytes);
	EQ(memcmp(h.data, again.data, h.bytes), 0);
	EQ(mount, other);
	info = read_file("/proc/self/mountinfo");
	TRUE(info != NULL && atoi(info) > 0);
	again.bytes = 128;
	write_file("else", "", 0600);
	OK(to_handle("else", &again, &other, 0));
	TRUE(memcmp(h.data, again.data, h.bytes) != 0);
}

TEST(arguments_are_checked)
{
	struct handle h = { 128 };
	int mount;

	write_file("f", "", 0600);
	OK(symlink("f", "s"));
	ERR(to_handle("missing", &h, &mount, 0), ENOENT);
	ERR(to_handle("f", &h, &mount, 0x8000), EINVAL);
	ERR(to_handle("f", NULL, &mount, 0), EFAULT);
	ERR(to_handle("f", &h, NULL, 0), EFAULT);
	h.bytes = 129;
	ERR(to_handle("f", &h, &mount, 0), EINVAL);
	h.bytes = 128;
	ERR(to_handle("/proc/version", &h, &mount, 0), EOPNOTSUPP);
	ERR(to_handle("", &h, &mount, 0), ENOENT);
	OK(to_handle("", &h, &mount, AT_EMPTY_PATH));
	h.bytes = 128;
	OK(to_handle("s", &h, &mount, 0));
	h.bytes = 128;
	OK(to_handle("f", &h, &mount, AT_HANDLE_FID));
}

TEST(a_handle_is_opened_by_the_privileged)
{
	struct handle h = { 128 };
	char buf[8];
	int mount, fd;

	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("d", 0700));
	write_file("d/f", "text", 0600);
	OK(to_handle("d/f", &h, &mount, 0));
	fd = by_handle(&h, O_RDWR);
	SKIP_UNLESS(fd >= 0 || errno != EPERM); /* a container */
	EQ(read(fd, buf, 8), 4);
	EQ(write(fd, "more", 4), 4);
	close(fd);
	OK(rename("d/f", "moved"));
	fd = OK(by_handle(&h, O_RDONLY | O_CLOEXEC));
	EQ(read(fd, buf, 8), 8);
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	ERR(by_handle(NULL, O_RDONLY), EFAULT);
	ERR(syscall(SYS_open_by_handle_at, 999, &h, O_RDONLY), EBADF);
	IN_CHILD(drop_root(); ERR(by_handle(&h, O_RDONLY), EPERM));
	OK(unlink("moved"));
	ERR(by_handle(&h, O_RDONLY), ESTALE);
	h.bytes = 0;
	ERR(by_handle(&h, O_RDONLY), EINVAL);
	h.bytes = 129;
	ERR(by_handle(&h, O_RDONLY), EINVAL);
}
