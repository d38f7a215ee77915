/* SPDX-License-Identifier: MIT */
/* link, unlink, mkdir, rmdir, mknod: errors and lifetimes. */
#include "guest.h"
#include <sys/sysmacros.h>

TEST(link_errors)
{
	write_file("f", "", 0600);
	write_file("g", "", 0600);
	OK(mkdir("d", 0755));
	ERR(link("f", "g"), EEXIST);
	ERR(link("f", "d"), EEXIST);
	ERR(link("missing", "x"), ENOENT);
	ERR(link("f", "missing/x"), ENOENT);
	ERR(link("f", "g/x"), ENOTDIR);
	ERR(link("d", "x"), EPERM);
	ERR(link("f", ""), ENOENT);
	ERR(linkat(AT_FDCWD, "f", AT_FDCWD, "x", 0x40000000), EINVAL);
}

TEST(link_of_a_symbolic_link_names_the_link)
{
	struct stat st;

	write_file("f", "", 0600);
	OK(symlink("f", "s"));
	OK(link("s", "t"));
	OK(lstat("t", &st));
	TRUE(S_ISLNK(st.st_mode));
	OK(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
	OK(lstat("u", &st));
	TRUE(S_ISREG(st.st_mode));
	EQ(st.st_nlink, 2);
}

TEST(a_nameless_file_gets_a_name_through_proc)
{
	char path[64];
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	SKIP_UNLESS(fd >= 0 || errno != EOPNOTSUPP);
	EQ(write(fd, "text", 4), 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	STREQ(read_file("named"), "text");
}

TEST(unlink_errors)
{
	OK(mkdir("d", 0755));
	write_file("f", "", 0600);
	ERR(unlink("missing"), ENOENT);
	ERR(unlink("d"), EISDIR);
	ERR(unlink("f/x"), ENOTDIR);
	ERR(unlink(""), ENOENT);
	ERR(unlink("."), EISDIR);
	ERR(unlinkat(AT_FDCWD, "f", AT_REMOVEDIR), ENOTDIR);
	ERR(unlinkat(AT_FDCWD, "f", 0x40000000), EINVAL);
	OK(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
}

TEST(unlink_takes_the_link_not_its_target)
{
	write_file("f", "text", 0600);
	OK(symlink("f", "s"));
	OK(unlink("s"));
	STREQ(read_file("f"), "text");
}

TEST(an_unlinked_file_lives_until_closed)
{
	char text[8] = "";
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	OK(unlink("f"));
	EQ(write(fd, "alive", 5), 5);
	EQ(pread(fd, text, 7, 0), 5);
	STREQ(text, "alive");
	write_file("f", "another", 0600);
	EQ(pread(fd, text, 7, 0), 5);
	STREQ(text, "alive");
}

TEST(mkdir_and_its_errors)
{
	struct stat st;

	umask(022);
	OK(mkdir("d", 0777));
	OK(stat("d", &st));
	EQ(st.st_mode, S_IFDIR | 0755);
	ERR(mkdir("d", 0777), EEXIST);
	ERR(mkdir("missing/x", 0777), ENOENT);
	ERR(mkdir("", 0777), ENOENT);
	ERR(mkdir(".", 0777), EEXIST);
	ERR(mkdir("/", 0777), EEXIST);
	write_file("f", "", 0600);
	ERR(mkdir("f", 0777), EEXIST);
	ERR(mkdir("f/x", 0777), ENOTDIR);
	OK(symlink("nowhere", "s"));
	ERR(mkdir("s", 0777), EEXIST);
	OK(mkdirat(OK(open("d", O_RDONLY)), "e", 0700));
	OK(access("d/e", F_OK));
	OK(mkdir("odd", 01777));
	OK(stat("odd", &st));
	EQ(st.st_mode, S_IFDIR | 01755);
}

TEST(rmdir_errors)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	write_file("f", "", 0600);
	OK(symlink("d", "s"));
	ERR(rmdir("d"), ENOTEMPTY);
	ERR(rmdir("f"), ENOTDIR);
	ERR(rmdir("s"), ENOTDIR);
	ERR(rmdir("missing"), ENOENT);
	ERR(rmdir("."), EINVAL);
	ERR(rmdir("d/."), EINVAL);
	ERR(rmdir("d/e/.."), ENOTEMPTY);
	ERR(rmdir("/"), EBUSY);
	OK(rmdir("d/e"));
	OK(rmdir("d"));
}

TEST(directories_inherit_a_setgid_group)
{
	struct stat st;

	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("g", 0777));
	OK(chown("g", 0, 4242));
	OK(chmod("g", 02777));
	write_file("g/f", "", 0644);
	OK(stat("g/f", &st));
	EQ(st.st_gid, 4242);
	OK(mkdir("g/d", 0755));
	OK(stat("g/d", &st));
	EQ(st.st_gid, 4242);
	EQ(st.st_mode & 07777, 02755);
}

TEST(mknod_makes_files_and_fifos)
{
	struct stat st;

	OK(mknod("f", S_IFREG | 0640, 0));
	OK(stat("f", &st));
	EQ(st.st_mode, S_IFREG | 0640);
	OK(mknod("p", S_IFIFO | 0600, 0));
	OK(stat("p", &st));
	TRUE(S_ISFIFO(st.st_mode));
	ERR(mknod("f", S_IFREG | 0640, 0), EEXIST);
	ERR(mknod("d", S_IFDIR | 0755, 0), EPERM);
	ERR(mknod("x", 0170000 | 0600, 0), EINVAL);
	OK(mknod("plain", 0600, 0));
	IN_CHILD({
		drop_root();
		ERR(mknod("dev", S_IFCHR | 0600, makedev(1, 3)), EPERM);
	});
}

TEST(removing_a_tree_leaves_nothing)
{
	char name[32];

	OK(mkdir("t", 0755));
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "t/%d", i);
		write_file(name, "", 0600);
	}
	ERR(rmdir("t"), ENOTEMPTY);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "t/%d", i);
		OK(unlink(name));
	}
	OK(rmdir("t"));
}
