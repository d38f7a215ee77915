/* SPDX-License-Identifier: MIT */
/* rename, renameat, renameat2: the matrix of types, and who may. */
#include "guest.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE  2
#define RENAME_WHITEOUT  4
#endif

static int renameat2_(const char *a, const char *b, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

/* Makes one object of each kind: "-" none, f file, d empty directory, D full directory, l link. */
static void make(const char *name, char kind)
{
	char inner[64];

	switch (kind) {
	case 'f':
		write_file(name, "file", 0600);
		break;
	case 'd':
		OK(mkdir(name, 0755));
		break;
	case 'D':
		OK(mkdir(name, 0755));
		snprintf(inner, sizeof(inner), "%s/x", name);
		write_file(inner, "", 0600);
		break;
	case 'l':
		OK(symlink("nowhere", name));
		break;
	}
}

TEST(every_pair_of_types)
{
	static const struct {
		char from, to;
		int err;
	} rows[] = {
		{ 'f', '-', 0 },       { 'd', '-', 0 },         { 'D', '-', 0 },
		{ 'l', '-', 0 },       { 'f', 'f', 0 },         { 'f', 'l', 0 },
		{ 'l', 'f', 0 },       { 'l', 'l', 0 },         { 'f', 'd', EISDIR },
		{ 'f', 'D', EISDIR },  { 'l', 'd', EISDIR },    { 'd', 'f', ENOTDIR },
		{ 'd', 'l', ENOTDIR }, { 'd', 'd', 0 },         { 'd', 'D', ENOTEMPTY },
		{ 'D', 'd', 0 },       { 'D', 'D', ENOTEMPTY }, { '-', '-', ENOENT },
		{ '-', 'f', ENOENT },
	};
	char from[16], to[16];
	struct stat before, after;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(from, sizeof(from), "from%zu", i);
		snprintf(to, sizeof(to), "to%zu", i);
		make(from, rows[i].from);
		make(to, rows[i].to);
		memset(&before, 0, sizeof(before));
		lstat(from, &before);
		int err = rename(from, to) ? errno : 0;

		if (err != rows[i].err)
			FAIL("rename %c over %c: errno %d (%s), expected %d", rows[i].from,
			     rows[i].to, err, strerror(err), rows[i].err);
		if (rows[i].err)
			continue;
		ERR(lstat(from, &after), ENOENT);
		OK(lstat(to, &after));
		EQ(after.st_ino, before.st_ino);
	}
}

TEST(a_name_over_itself_is_nothing)
{
	write_file("f", "text", 0600);
	OK(rename("f", "f"));
	OK(link("f", "g"));
	OK(rename("f", "g"));
	OK(access("f", F_OK));
	OK(access("g", F_OK));
	OK(mkdir("d", 0755));
	OK(rename("d", "d"));
}

TEST(a_directory_cannot_move_into_itself)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	ERR(rename("d", "d/e/f"), EINVAL);
	ERR(rename("d", "d/x"), EINVAL);
	ERR(rename("d/e", "d"), ENOTEMPTY);
}

TEST(nothing_replaces_the_directory_that_it_is_in)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	write_file("d/f", "", 0644);
	ERR(rename("d/f", "d"), ENOTEMPTY);
	ERR(rename("d/e", "d"), ENOTEMPTY);
	write_file("d/e/f", "", 0644);
	ERR(rename("d/e/f", "d"), ENOTEMPTY);
	ERR(rename("d", "d/e/g"), EINVAL);
	write_file("d/e/h", "", 0644);
	ERR(syscall(SYS_renameat2, AT_FDCWD, "d/e/h", AT_FDCWD, "d", 2),
	    EINVAL); /* RENAME_EXCHANGE */
}

TEST(dot_and_dotdot_are_refused)
{
	OK(mkdir("d", 0755));
	ERR(rename("d/.", "e"), EBUSY);
	ERR(rename("d/..", "e"), EBUSY);
	ERR(rename("d", "d/."), EBUSY);
	ERR(rename("/", "e"), EBUSY);
	ERR(rename("", "e"), ENOENT);
	ERR(rename("d", ""), ENOENT);
}

TEST(moving_between_directories_keeps_the_contents)
{
	OK(mkdir("a", 0755));
	OK(mkdir("b", 0755));
	OK(mkdir("a/d", 0755));
	write_file("a/d/f", "inner", 0600);
	OK(rename("a/d", "b/d"));
	STREQ(read_file("b/d/f"), "inner");
	OK(chdir("b/d"));
	struct stat parent, b;

	OK(stat("..", &parent));
	OK(stat("../../b", &b));
	EQ(parent.st_ino, b.st_ino);
	ERR(rename("missing/x", "y"), ENOENT);
	ERR(rename("f", "missing/y"), ENOENT);
	ERR(rename("f/x", "y"), ENOTDIR);
}

TEST(an_open_file_survives_being_replaced)
{
	char text[8] = "";

	write_file("old", "old", 0600);
	write_file("new", "new", 0600);
	int fd = OK(open("old", O_RDONLY));

	OK(rename("new", "old"));
	EQ(read(fd, text, sizeof(text)), 3);
	STREQ(text, "old");
	STREQ(read_file("old"), "new");
	struct stat st;

	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
}

TEST(noreplace_refuses_an_existing_target)
{
	write_file("a", "a", 0600);
	write_file("b", "b", 0600);
	ERR(renameat2_("a", "b", RENAME_NOREPLACE), EEXIST);
	OK(renameat2_("a", "c", RENAME_NOREPLACE));
	STREQ(read_file("c"), "a");
}

TEST(exchange_swaps_two_names)
{
	write_file("a", "a", 0600);
	OK(mkdir("d", 0755));
	write_file("d/x", "x", 0600);
	OK(renameat2_("a", "d", RENAME_EXCHANGE));
	STREQ(read_file("a/x"), "x");
	STREQ(read_file("d"), "a");
	ERR(renameat2_("a", "missing", RENAME_EXCHANGE), ENOENT);
}

TEST(flags_are_checked)
{
	write_file("a", "", 0600);
	ERR(renameat2_("a", "b", 0x100), EINVAL);
	ERR(renameat2_("a", "b", RENAME_NOREPLACE | RENAME_EXCHANGE), EINVAL);
}

TEST(renameat_takes_two_directories)
{
	OK(mkdir("a", 0755));
	OK(mkdir("b", 0755));
	write_file("a/f", "", 0600);
	int a = OK(open("a", O_RDONLY)), b = OK(open("b", O_RDONLY));

	OK(renameat(a, "f", b, "g"));
	OK(access("b/g", F_OK));
	ERR(renameat(999, "f", b, "g"), EBADF);
	ERR(renameat(a, "f", 999, "g"), EBADF);
}

TEST(write_permission_on_both_directories_is_needed)
{
	OK(mkdir("a", 0755));
	OK(mkdir("b", 0777));
	write_file("a/f", "", 0666);
	OK(chmod("a", 0555));
	IN_CHILD({
		drop_root();
		ERR(rename("a/f", "b/f"), EACCES);
		ERR(rename("a/f", "a/g"), EACCES);
		ERR(unlink("a/f"), EACCES);
	});
}

TEST(a_sticky_directory_protects_other_peoples_files)
{
	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("s", 01777));
	OK(chmod("s", 01777));
	write_file("s/roots", "", 0666);
	write_file("s/mine", "", 0666);
	OK(chown("s/mine", 65534, 65534));
	IN_CHILD({
		drop_root();
		ERR(rename("s/roots", "s/x"), EPERM);
		ERR(unlink("s/roots"), EPERM);
		ERR(rename("s/mine", "s/roots"), EPERM);
		OK(rename("s/mine", "s/y"));
		OK(unlink("s/y"));
	});
}
