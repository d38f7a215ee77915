/* SPDX-License-Identifier: MIT */
/* Attributes of the file system below: chattr(1)'s flags, extents. What it cannot do natively is left out. */
#include "guest.h"
#include <sys/ioctl.h>

#define GETFLAGS  0x80086601ul
#define SETFLAGS  0x40086602ul
#define FSGETX    0x801C581Ful
#define FIEMAP    0xC020660Bul
#define IMMUTABLE 0x10l
#define APPEND    0x20l
#define NODUMP    0x40l

static int subject(long *flags)
{
	int fd;

	write_file("f", "text", 0644);
	fd = OK(open("f", O_RDWR));
	SKIP_UNLESS(ioctl(fd, GETFLAGS, flags) == 0);
	return fd;
}

/* The flag is on; off again at the end of the test, or nobody could remove the file. */
static void turn(int fd, long flag, bool on)
{
	long flags;

	OK(ioctl(fd, GETFLAGS, &flags));
	flags = on ? flags | flag : flags & ~flag;
	if (ioctl(fd, SETFLAGS, &flags) && on) {
		printf("# not here: %s\n", strerror(errno));
		_exit(TEST_SKIPPED);
	}
}

TEST(flags_are_kept_and_shown)
{
	long flags, seen;
	int fd = subject(&flags);

	flags |= NODUMP;
	OK(ioctl(fd, SETFLAGS, &flags));
	OK(ioctl(fd, GETFLAGS, &seen));
	EQ(seen, flags);
	uint32_t x[7] = { 0 };

	OK(ioctl(fd, FSGETX, x));
	EQ(x[0] & 0x80, 0x80);
	ERR(ioctl(fd, GETFLAGS, (void *)8), EFAULT);
}

TEST(an_immutable_file_is_left_alone)
{
	long flags;
	int fd = subject(&flags);

	SKIP_UNLESS(geteuid() == 0);
	turn(fd, IMMUTABLE, true);
	ERR(open("f", O_WRONLY), EPERM);
	ERR(unlink("f"), EPERM);
	ERR(link("f", "g"), EPERM);
	ERR(rename("f", "g"), EPERM);
	ERR(chmod("f", 0600), EPERM);
	ERR(chown("f", 1, 1), EPERM);
	ERR(truncate("f", 0), EPERM);
	ERR(write(fd, "x", 1), EPERM);
	close(OK(open("f", O_RDONLY)));
	turn(fd, IMMUTABLE, false);
	OK(unlink("f"));
}

TEST(an_append_only_file_grows)
{
	long flags;
	int fd = subject(&flags), app;

	SKIP_UNLESS(geteuid() == 0);
	turn(fd, APPEND, true);
	ERR(open("f", O_WRONLY), EPERM);
	ERR(open("f", O_WRONLY | O_APPEND | O_TRUNC), EPERM);
	ERR(unlink("f"), EPERM);
	app = OK(open("f", O_WRONLY | O_APPEND));
	EQ(write(app, "more", 4), 4);
	ERR(fcntl(app, F_SETFL, 0), EPERM);
	turn(fd, APPEND, false);
	STREQ(read_file("f"), "textmore");
}

TEST(others_cannot_set_flags)
{
	long flags;
	int fd = subject(&flags);

	SKIP_UNLESS(geteuid() == 0);
	turn(fd, IMMUTABLE, true);
	turn(fd, IMMUTABLE, false);
	IN_CHILD({
		long wanted = flags | NODUMP;

		drop_root();
		ERR(ioctl(fd, SETFLAGS, &wanted), EPERM);
	});
	OK(fchown(fd, 65534, 65534));
	IN_CHILD({
		long wanted = flags | IMMUTABLE;

		drop_root();
		ERR(ioctl(fd, SETFLAGS, &wanted), EPERM);
	});
}

TEST(extents_of_a_file_are_told)
{
	struct {
		uint64_t start, length;
		uint32_t flags, mapped, room, reserved;
		uint64_t extents[4][7];
	} map = { .length = UINT64_MAX, .flags = 1, .room = 4 }; /* FIEMAP_FLAG_SYNC */
	long flags;
	int fd = subject(&flags);

	SKIP_UNLESS(ioctl(fd, FIEMAP, &map) == 0);
	EQ(map.mapped, 1);
	EQ(map.extents[0][0], 0);
}

TEST(what_is_no_file_has_none)
{
	long flags;
	int p[2], null = OK(open("/dev/null", O_RDONLY));

	OK(pipe(p));
	ERR(ioctl(p[0], GETFLAGS, &flags), ENOTTY);
	ERR(ioctl(null, GETFLAGS, &flags), ENOTTY);
	ERR(ioctl(null, FIEMAP, &flags), EOPNOTSUPP);
}
