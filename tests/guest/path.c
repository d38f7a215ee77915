/* SPDX-License-Identifier: MIT */
/* The path walk: links, "..", trailing slashes, lengths, the working directory and root. */
#include "guest.h"

static ino_t ino_of(const char *name)
{
	struct stat st;

	return OK(stat(name, &st)) ? 0 : st.st_ino;
}

TEST(dots_and_repeated_slashes_are_skipped)
{
	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	write_file("a/b/f", "", 0600);
	ino_t ino = ino_of("a/b/f");

	EQ(ino_of("./a//b/.//f"), ino);
	EQ(ino_of("a/../a/b/../b/f"), ino);
	EQ(ino_of("a/b/../../a/b/f"), ino);
	ERR(access("a/missing/../b/f", F_OK), ENOENT);
	ERR(access("a/b/f/..", F_OK), ENOTDIR);
	ERR(access("a/b/f/.", F_OK), ENOTDIR);
}

TEST(dotdot_of_the_root_is_the_root)
{
	EQ(ino_of("/.."), ino_of("/"));
	EQ(ino_of("/../../.."), ino_of("/"));
	EQ(ino_of("//"), ino_of("/"));
}

TEST(dotdot_after_a_link_leaves_the_target_not_the_link)
{
	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	OK(symlink("a/b", "link"));
	EQ(ino_of("link/.."), ino_of("a"));
}

TEST(links_are_relative_to_their_directory)
{
	char cwd[PATH_MAX], target[PATH_MAX + 8];

	OK(mkdir("a", 0755));
	write_file("a/f", "", 0600);
	OK(symlink("f", "a/rel"));
	EQ(ino_of("a/rel"), ino_of("a/f"));
	TRUE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(target, sizeof(target), "%s/a/f", cwd);
	OK(symlink(target, "abs"));
	EQ(ino_of("abs"), ino_of("a/f"));
	OK(symlink("a/", "dir"));
	EQ(ino_of("dir/f"), ino_of("a/f"));
}

TEST(forty_links_are_followed_and_one_more_is_eloop)
{
	char name[16], target[16];

	write_file("l0", "", 0600);
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		OK(symlink(target, name));
	}
	OK(access("l40", F_OK));
	ERR(access("l41", F_OK), ELOOP);
}

TEST(a_link_to_itself_is_eloop)
{
	struct stat st;

	OK(symlink("loop", "loop"));
	ERR(open("loop", O_RDONLY), ELOOP);
	ERR(stat("loop", &st), ELOOP);
	ERR(chdir("loop"), ELOOP);
	ERR(open("loop/x", O_RDONLY), ELOOP);
	OK(lstat("loop", &st));
	OK(unlink("loop"));
}

TEST(a_trailing_slash_asks_for_a_directory)
{
	struct stat st;

	OK(mkdir("d", 0755));
	write_file("f", "", 0600);
	OK(symlink("d", "dlink"));
	OK(symlink("f", "flink"));
	OK(stat("d/", &st));
	OK(lstat("dlink/", &st));
	TRUE(S_ISDIR(st.st_mode));
	OK(lstat("dlink", &st));
	TRUE(S_ISLNK(st.st_mode));
	ERR(stat("f/", &st), ENOTDIR);
	ERR(lstat("flink/", &st), ENOTDIR);
	ERR(lstat("missing/", &st), ENOENT);
	ERR(unlink("f/"), ENOTDIR);
	ERR(link("f", "g/"), ENOENT);
	OK(mkdir("e/", 0755));
	OK(rmdir("e/"));
	ERR(symlink("x", "s/"), ENOENT);
	ERR(rename("f", "g/"), ENOTDIR);
	OK(rename("d/", "d2/"));
}

TEST(a_name_of_255_bytes_fits_and_256_is_enametoolong)
{
	char name[260];

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	write_file(name, "", 0600);
	OK(access(name, F_OK));
	OK(unlink(name));
	name[255] = 'n';
	name[256] = 0;
	ERR(open(name, O_RDONLY), ENAMETOOLONG);
	ERR(mkdir(name, 0755), ENAMETOOLONG);
	ERR(access(name, F_OK), ENAMETOOLONG);
	strcpy(name + 250, "/x");
	ERR(access(name, F_OK), ENOENT);
}

TEST(a_path_of_4095_bytes_fits_and_4096_is_enametoolong)
{
	char path[5000];

	for (int i = 0; i < 4096; i += 2)
		memcpy(path + i, "./", 2);
	path[4095] = 0;
	OK(access(path, F_OK));
	strcpy(path + 4094, "./");
	ERR(access(path, F_OK), ENAMETOOLONG);
}

TEST(names_are_bytes)
{
	static const char *const names[] = {
		"with space",
		"back\\slash",
		"co:lon",
		"star*?",
		"quo\"te",
		"<less>",
		"pipe|",
		"tab\tnl\n",
		"\xc3\xa4\xc3\xb6",
		"\xff\xfe invalid",
		"trailing.",
		"trailing ",
		"#002A",
		"NUL",
		"aux.txt",
		"CaSe",
		"case",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		write_file(names[i], names[i], 0600);
		STREQ(read_file(names[i]), names[i]);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		OK(unlink(names[i]));
}

TEST(search_permission_is_needed_on_every_directory)
{
	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	write_file("a/b/f", "", 0644);
	OK(chmod("a", 0600));
	IN_CHILD({
		drop_root();
		ERR(access("a/b/f", F_OK), EACCES);
		ERR(access("a/b/../../a", F_OK), EACCES);
		OK(access("a", F_OK));
	});
	OK(chmod("a", 0711));
	IN_CHILD({
		bool root = geteuid() == 0;

		drop_root();
		OK(access("a/b/f", F_OK));
		if (root)
			ERR(open("a", O_RDONLY), EACCES);
	});
}

TEST(getcwd_follows_chdir_fchdir_and_renames)
{
	char start[PATH_MAX], want[PATH_MAX + 8], cwd[PATH_MAX];

	TRUE(getcwd(start, sizeof(start)) != NULL);
	OK(mkdir("d", 0755));
	int here = OK(open(".", O_RDONLY));

	OK(chdir("d"));
	snprintf(want, sizeof(want), "%s/d", start);
	STREQ(getcwd(cwd, sizeof(cwd)), want);
	OK(rename("../d", "../e"));
	snprintf(want, sizeof(want), "%s/e", start);
	STREQ(getcwd(cwd, sizeof(cwd)), want);
	OK(fchdir(here));
	STREQ(getcwd(cwd, sizeof(cwd)), start);
	EQ(syscall(SYS_getcwd, cwd, sizeof(cwd)), strlen(start) + 1);
	ERR(syscall(SYS_getcwd, cwd, strlen(start)), ERANGE);
	ERR(syscall(SYS_getcwd, cwd, 0), ERANGE);
}

TEST(chdir_errors)
{
	write_file("f", "", 0600);
	OK(mkdir("closed", 0000));
	ERR(chdir("f"), ENOTDIR);
	ERR(chdir("missing"), ENOENT);
	ERR(chdir(""), ENOENT);
	int fd = OK(open("f", O_RDONLY));

	ERR(fchdir(fd), ENOTDIR);
	ERR(fchdir(999), EBADF);
	IN_CHILD({
		drop_root();
		ERR(chdir("closed"), EACCES);
	});
}

TEST(a_removed_working_directory_has_no_name)
{
	char cwd[PATH_MAX];

	OK(mkdir("d", 0755));
	OK(chdir("d"));
	OK(rmdir("../d"));
	ERR(syscall(SYS_getcwd, cwd, sizeof(cwd)), ENOENT);
	ERR(open("f", O_WRONLY | O_CREAT, 0600), ENOENT);
	ERR(mkdir("x", 0755), ENOENT);
	OK(access(".", F_OK));
	OK(chdir(".."));
}

TEST(chroot_moves_the_root_for_names_and_links)
{
	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("jail", 0755));
	write_file("jail/inside", "in", 0644);
	write_file("outside", "out", 0644);
	OK(symlink("/inside", "jail/abs"));
	OK(symlink("../outside", "jail/up"));
	OK(chroot("jail"));
	OK(chdir("/"));
	OK(access("/inside", F_OK));
	OK(access("/abs", F_OK));
	OK(access("/../inside", F_OK));
	ERR(access("/up", F_OK), ENOENT);
	ERR(access("/outside", F_OK), ENOENT);
	char cwd[64];

	STREQ(getcwd(cwd, sizeof(cwd)), "/");
}

TEST(a_file_outside_of_the_root_keeps_its_whole_name)
{
	char name[64], text[PATH_MAX] = "", want[PATH_MAX];
	int fds, fd;

	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("jail", 0755));
	write_file("outside", "out", 0644);
	fd = OK(open("outside", O_RDONLY));
	fds = OK(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
	TRUE(getcwd(want, sizeof(want) - 8) != NULL);
	strcat(want, "/outside");
	OK(chroot("jail"));
	snprintf(name, sizeof(name), "%d", fd);
	OK(readlinkat(fds, name, text, sizeof(text) - 1));
	STREQ(text, want);
	TRUE(syscall(SYS_getcwd, text, sizeof(text)) > 13);
	TRUE(!strncmp(text, "(unreachable)/", 14));
}

TEST(chroot_needs_privilege)
{
	IN_CHILD({
		drop_root();
		ERR(chroot("."), EPERM);
	});
}

TEST(readlink_gives_bytes_without_a_terminator)
{
	char text[16];

	OK(symlink("target", "link"));
	memset(text, 'x', sizeof(text));
	EQ(readlink("link", text, sizeof(text)), 6);
	EQ(text[6], 'x');
	EQ(readlink("link", text, 3), 3);
	write_file("f", "", 0600);
	ERR(readlink("f", text, sizeof(text)), EINVAL);
	ERR(readlink("missing", text, sizeof(text)), ENOENT);
	ERR(syscall(SYS_readlink, "link", text, 0), EINVAL);
}

TEST(symlink_takes_any_text_but_none)
{
	char longest[5000], back[5000];

	ERR(symlink("", "empty"), ENOENT);
	OK(symlink("any thing/at\nall", "odd"));
	ERR(symlink("x", "odd"), EEXIST);
	memset(longest, 'l', sizeof(longest));
	longest[4095] = 0;
	OK(symlink(longest, "longest"));
	EQ(readlink("longest", back, sizeof(back)), 4095);
	longest[4095] = 'l';
	longest[4096] = 0;
	ERR(symlink(longest, "longer"), ENAMETOOLONG);
}
