/* SPDX-License-Identifier: MIT */
/* getdents, getdents64, seeking in directories. */
#include "guest.h"
#include <dirent.h>

static void make_files(int count)
{
	char name[32];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "file%04d", i);
		close(OK(open(name, O_WRONLY | O_CREAT, 0600)));
	}
}

TEST(every_name_comes_once_with_its_inode_and_type)
{
	int seen[300] = { 0 }, dots = 0, others = 0, number;
	struct dirent *de;
	struct stat st;

	OK(mkdir("d", 0755));
	OK(chdir("d"));
	make_files(300);
	DIR *dir = opendir(".");

	TRUE(dir != NULL);
	while ((de = readdir(dir))) {
		if (sscanf(de->d_name, "file%d", &number) == 1) {
			seen[number]++;
			OK(lstat(de->d_name, &st));
			EQ(de->d_ino, st.st_ino);
			TRUE(de->d_type == DT_REG || de->d_type == DT_UNKNOWN);
		} else if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..")) {
			dots++;
		} else {
			others++;
		}
	}
	closedir(dir);
	EQ(dots, 2);
	EQ(others, 0);
	for (int i = 0; i < 300; i++)
		EQ(seen[i], 1);
}

TEST(an_empty_directory_has_two_names)
{
	int count = 0;

	OK(mkdir("d", 0755));
	DIR *dir = opendir("d");

	while (readdir(dir))
		count++;
	EQ(count, 2);
	closedir(dir);
}

TEST(rewind_sees_what_was_made_since)
{
	int first = 0, second = 0;

	OK(mkdir("d", 0755));
	DIR *dir = opendir("d");

	while (readdir(dir))
		first++;
	write_file("d/new", "", 0600);
	rewinddir(dir);
	while (readdir(dir))
		second++;
	EQ(first, 2);
	EQ(second, 3);
	closedir(dir);
}

TEST(seekdir_returns_to_a_told_place)
{
	char after[256] = "";
	struct dirent *de;
	long place = 0;

	OK(mkdir("d", 0755));
	OK(chdir("d"));
	make_files(100);
	DIR *dir = opendir(".");

	for (int i = 0; (de = readdir(dir)); i++) {
		if (i == 40)
			place = telldir(dir);
		if (i == 41)
			strcpy(after, de->d_name);
	}
	seekdir(dir, place);
	de = readdir(dir);
	TRUE(de != NULL);
	STREQ(de ? de->d_name : "", after);
	closedir(dir);
}

TEST(removing_while_reading_skips_nothing)
{
	struct dirent *de;
	int left = 0;

	OK(mkdir("d", 0755));
	OK(chdir("d"));
	make_files(500);
	DIR *dir = opendir(".");

	while ((de = readdir(dir)))
		if (de->d_name[0] != '.')
			OK(unlink(de->d_name));
	rewinddir(dir);
	while ((de = readdir(dir)))
		left += de->d_name[0] != '.';
	EQ(left, 0);
	closedir(dir);
}

TEST(getdents_errors)
{
	char buf[1024];

	write_file("f", "", 0600);
	int file = OK(open("f", O_RDONLY)), dir = OK(open(".", O_RDONLY));

	ERR(syscall(SYS_getdents64, file, buf, sizeof(buf)), ENOTDIR);
	ERR(syscall(SYS_getdents64, 999, buf, sizeof(buf)), EBADF);
	ERR(syscall(SYS_getdents64, dir, buf, 8), EINVAL);
	TRUE(syscall(SYS_getdents64, dir, buf, sizeof(buf)) > 0);
	EQ(syscall(SYS_getdents64, dir, buf, sizeof(buf)), 0);
	long n = read(dir, buf, sizeof(buf));

	TRUE(n == -1 && (errno == EISDIR || errno == EINVAL)); /* file systems differ */
	ERR(write(dir, buf, 1), EBADF);
}

TEST(the_old_getdents_has_the_type_behind_the_name)
{
	struct {
		unsigned long ino, off;
		unsigned short reclen;
		char name[1];
	} * de;
	char buf[4096];
	int found = 0;

	OK(mkdir("d", 0755));
	OK(mkdir("d/sub", 0755));
	int dir = OK(open("d", O_RDONLY));
	long n = OK(syscall(SYS_getdents, dir, buf, sizeof(buf)));

	for (long at = 0; at < n; at += de->reclen) {
		de = (void *)(buf + at);
		if (strcmp(de->name, "sub"))
			continue;
		found++;
		TRUE(buf[at + de->reclen - 1] == DT_DIR || buf[at + de->reclen - 1] == DT_UNKNOWN);
	}
	EQ(found, 1);
}

TEST(dup_shares_the_position)
{
	char a[4096], b[4096];

	OK(mkdir("d", 0755));
	int fd = OK(open("d", O_RDONLY)), copy = OK(dup(fd));

	TRUE(syscall(SYS_getdents64, fd, a, sizeof(a)) > 0);
	EQ(syscall(SYS_getdents64, copy, b, sizeof(b)), 0);
	EQ(lseek(copy, 0, SEEK_SET), 0);
	TRUE(syscall(SYS_getdents64, fd, a, sizeof(a)) > 0);
}
