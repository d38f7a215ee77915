/* SPDX-License-Identifier: MIT */
/* resolve.c - openat2(2): how far a path may lead. */
#include "guest.h"

struct how {
	uint64_t flags, mode, resolve;
};
#define NO_XDEV       0x01
#define NO_MAGICLINKS 0x02
#define NO_SYMLINKS   0x04
#define BENEATH       0x08
#define IN_ROOT       0x10

/* EAGAIN: somebody, anywhere, renamed or mounted something while the kernel went through a ".." (openat2(2)). */
static long open2(int dfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct how how = { flags, 0, resolve };
	long fd;

	do
		fd = syscall(SYS_openat2, dfd, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	return fd;
}

static int tree(void)
{
	OK(mkdir("root", 0755));
	OK(mkdir("root/d", 0755));
	write_file("root/file", "in", 0644);
	write_file("root/d/file", "deep", 0644);
	write_file("outside", "out", 0644);
	OK(symlink("d/file", "root/link"));
	OK(symlink("/file", "root/abs"));
	OK(symlink("../outside", "root/up"));
	OK(symlink("../../../d/file", "root/far"));
	OK(symlink("/proc/self/fd/0", "root/magic"));
	return (int)OK(open("root", O_RDONLY | O_DIRECTORY));
}

static void holds(long fd, const char *text)
{
	char buf[16] = "";

	TRUE(fd >= 0);
	TRUE(read((int)fd, buf, 15) > 0);
	STREQ(buf, text);
	close((int)fd);
}

TEST(beneath_refuses_what_leads_out)
{
	int root = tree();

	holds(open2(root, "file", O_RDONLY, BENEATH), "in");
	holds(open2(root, "link", O_RDONLY, BENEATH), "deep");
	holds(open2(root, "d/../file", O_RDONLY, BENEATH), "in");
	ERR(open2(root, "../outside", O_RDONLY, BENEATH), EXDEV);
	ERR(open2(root, "/etc/passwd", O_RDONLY, BENEATH), EXDEV);
	ERR(open2(root, "abs", O_RDONLY, BENEATH), EXDEV);
	ERR(open2(root, "up", O_RDONLY, BENEATH), EXDEV);
	ERR(open2(root, "d/../../root/file", O_RDONLY, BENEATH), EXDEV);
	ERR(open2(root, "..", O_RDONLY, BENEATH), EXDEV);
	ERR(open2(root, "missing", O_RDONLY, BENEATH), ENOENT);
}

TEST(in_root_keeps_everything_below)
{
	int root = tree();

	holds(open2(root, "/file", O_RDONLY, IN_ROOT), "in");
	holds(open2(root, "abs", O_RDONLY, IN_ROOT), "in");
	holds(open2(root, "../../file", O_RDONLY, IN_ROOT), "in");
	holds(open2(root, "far", O_RDONLY, IN_ROOT), "deep");
	ERR(open2(root, "up", O_RDONLY, IN_ROOT), ENOENT);
}

TEST(links_may_be_forbidden)
{
	int root = tree();

	ERR(open2(root, "link", O_RDONLY, NO_SYMLINKS), ELOOP);
	ERR(open2(root, "abs", O_RDONLY, NO_SYMLINKS), ELOOP);
	holds(open2(root, "d/file", O_RDONLY, NO_SYMLINKS), "deep");
	close((int)OK(open2(root, "link", O_PATH | O_NOFOLLOW, NO_SYMLINKS)));
	ERR(open2(AT_FDCWD, "/proc/self/exe", O_RDONLY, NO_MAGICLINKS), ELOOP);
	ERR(open2(AT_FDCWD, "/proc/self/cwd/x", O_RDONLY, NO_MAGICLINKS), ELOOP);
	holds(open2(root, "link", O_RDONLY, NO_MAGICLINKS), "deep");
}

TEST(mounts_may_not_be_crossed)
{
	int root = tree();

	ERR(open2(AT_FDCWD, "/proc/self/comm", O_RDONLY, NO_XDEV), EXDEV);
	holds(open2(root, "link", O_RDONLY, NO_XDEV), "deep");
	ERR(open2(root, "magic", O_RDONLY, BENEATH), EXDEV);
}

TEST(what_is_not_known_is_refused)
{
	struct how how = { O_RDONLY, 0, 0x1000 };

	ERR(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how)), EINVAL);
	how.resolve = BENEATH | IN_ROOT;
	ERR(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how)), EINVAL);
}
