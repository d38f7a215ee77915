/* SPDX-License-Identifier: MIT */
/* open, openat, creat, openat2: flags, modes and errors. */
#include "guest.h"

struct open_how {
	uint64_t flags, mode, resolve;
};

static int openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, size_t size)
{
	struct open_how how = { .flags = flags, .mode = mode };

	return syscall(SYS_openat2, dirfd, path, &how, size);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	OK(lstat(name, &st));
	return st.st_mode & 07777;
}

TEST(a_missing_file_is_enoent)
{
	ERR(open("missing", O_RDONLY), ENOENT);
	ERR(open("missing/inner", O_RDONLY), ENOENT);
	ERR(open("", O_RDONLY), ENOENT);
	ERR(openat(AT_FDCWD, "", O_RDONLY | O_CREAT, 0600), ENOENT);
}

TEST(o_creat_makes_an_empty_file_with_the_mode_less_the_umask)
{
	struct stat st;

	umask(027);
	close(OK(open("f", O_WRONLY | O_CREAT, 0666)));
	EQ(mode_of("f"), 0640);
	OK(stat("f", &st));
	EQ(st.st_size, 0);
	EQ(st.st_nlink, 1);
	EQ(st.st_uid, geteuid());
	TRUE(S_ISREG(st.st_mode));
}

TEST(o_creat_leaves_an_existing_file_and_its_mode_alone)
{
	write_file("f", "text", 0600);
	close(OK(open("f", O_WRONLY | O_CREAT, 0777)));
	EQ(mode_of("f"), 0600);
	STREQ(read_file("f"), "text");
	OK(chmod("f", 0751));
	if (!geteuid())
		OK(chown("f", 12, 34));
	close(OK(open("f", O_WRONLY | O_CREAT | O_TRUNC, 0666)));
	struct stat st;
	OK(stat("f", &st));
	EQ(st.st_mode, S_IFREG | 0751);
	EQ(st.st_size, 0);
	if (!geteuid()) {
		EQ(st.st_uid, 12);
		EQ(st.st_gid, 34);
	}
	close(OK(open("new", O_RDONLY | O_CREAT | O_TRUNC, 0640)));
	EQ(mode_of("new"), 0640);
}

TEST(a_new_file_has_its_name)
{
	char link[64], path[PATH_MAX], here[PATH_MAX];
	int fd;

	OK(chmod(".", 0777));
	drop_root();
	fd = OK(open("new", O_RDWR | O_CREAT, 0640));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = OK(readlink(link, path, sizeof(path) - 1));
	path[n > 0 ? n : 0] = '\0';
	strcat(getcwd(here, sizeof(here) - 8), "/new");
	STREQ(path, here);
}

TEST(o_excl_refuses_an_existing_name_even_a_dangling_link)
{
	write_file("f", "", 0600);
	ERR(open("f", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	OK(symlink("nowhere", "link"));
	ERR(open("link", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	ERR(access("nowhere", F_OK), ENOENT);
	OK(mkdir("d", 0755));
	ERR(open("d", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
}

TEST(o_creat_through_a_dangling_link_makes_its_target)
{
	OK(symlink("target", "link"));
	close(OK(open("link", O_WRONLY | O_CREAT, 0600)));
	OK(access("target", F_OK));
}

TEST(o_trunc_empties_the_file)
{
	write_file("f", "text", 0600);
	close(OK(open("f", O_WRONLY | O_TRUNC)));
	STREQ(read_file("f"), "");
}

TEST(a_directory_opens_for_reading_only)
{
	OK(mkdir("d", 0755));
	close(OK(open("d", O_RDONLY)));
	close(OK(open("d", O_RDONLY | O_DIRECTORY)));
	ERR(open("d", O_WRONLY), EISDIR);
	ERR(open("d", O_RDWR), EISDIR);
	ERR(open("d", O_RDONLY | O_CREAT, 0600), EISDIR);
	ERR(open("d", O_WRONLY | O_TRUNC), EISDIR);
}

TEST(o_directory_refuses_a_file)
{
	write_file("f", "", 0600);
	ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	ERR(open("f/", O_RDONLY), ENOTDIR);
	ERR(open("f/x", O_RDONLY), ENOTDIR);
	ERR(open("f/x", O_WRONLY | O_CREAT, 0600), ENOTDIR);
	ERR(open("new/", O_WRONLY | O_CREAT, 0600), EISDIR);
}

TEST(o_nofollow_refuses_a_link_as_the_last_component_only)
{
	OK(mkdir("d", 0755));
	write_file("d/f", "", 0600);
	OK(symlink("d/f", "link"));
	OK(symlink("d", "dirlink"));
	ERR(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	close(OK(open("dirlink/f", O_RDONLY | O_NOFOLLOW)));
	ERR(open("dirlink", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
}

TEST(the_lowest_free_descriptor_is_used)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDONLY)), b = OK(open("f", O_RDONLY)), c = OK(open("f", O_RDONLY));

	EQ(b, a + 1);
	EQ(c, b + 1);
	close(b);
	close(a);
	EQ(open("f", O_RDONLY), a);
	EQ(open("f", O_RDONLY), b);
}

TEST(access_mode_limits_what_the_descriptor_can_do)
{
	char byte = 'x';

	write_file("f", "text", 0600);
	int rd = OK(open("f", O_RDONLY)), wr = OK(open("f", O_WRONLY));

	ERR(write(rd, &byte, 1), EBADF);
	ERR(read(wr, &byte, 1), EBADF);
	ERR(ftruncate(rd, 0), EINVAL);
	EQ(fcntl(rd, F_GETFL) & O_ACCMODE, O_RDONLY);
	EQ(fcntl(wr, F_GETFL) & O_ACCMODE, O_WRONLY);
}

TEST(status_flags_come_back_from_f_getfl)
{
	int fd = OK(open("f", O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600));

	EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_CREAT | O_CLOEXEC),
	   O_RDWR | O_APPEND | O_NONBLOCK);
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST(openat_starts_at_the_directory)
{
	OK(mkdir("d", 0755));
	write_file("d/f", "inner", 0600);
	write_file("plain", "", 0600);
	int dir = OK(open("d", O_RDONLY | O_DIRECTORY)), file = OK(open("plain", O_RDONLY));

	close(OK(openat(dir, "f", O_RDONLY)));
	close(OK(openat(dir, "../plain", O_RDONLY)));
	ERR(openat(dir, "plain", O_RDONLY), ENOENT);
	ERR(openat(file, "f", O_RDONLY), ENOTDIR);
	ERR(openat(999, "f", O_RDONLY), EBADF);
	close(OK(openat(999, "/", O_RDONLY)));
	close(OK(openat(dir, "made", O_WRONLY | O_CREAT, 0600)));
	OK(access("d/made", F_OK));
}

TEST(openat_works_from_a_directory_that_moved)
{
	OK(mkdir("d", 0755));
	int dir = OK(open("d", O_RDONLY | O_DIRECTORY));

	OK(rename("d", "e"));
	close(OK(openat(dir, "f", O_WRONLY | O_CREAT, 0600)));
	OK(access("e/f", F_OK));
}

TEST(creating_in_a_removed_directory_is_enoent)
{
	OK(mkdir("d", 0755));
	int dir = OK(open("d", O_RDONLY | O_DIRECTORY));

	OK(rmdir("d"));
	ERR(openat(dir, "f", O_WRONLY | O_CREAT, 0600), ENOENT);
}

TEST(o_path_gives_a_name_that_cannot_be_read)
{
	struct stat st;
	char byte;

	write_file("f", "text", 0000);
	int fd = OK(open("f", O_PATH));

	ERR(read(fd, &byte, 1), EBADF);
	ERR(write(fd, "x", 1), EBADF);
	ERR(syscall(SYS_fchmod, fd, 0600), EBADF);
	OK(fstat(fd, &st));
	EQ(st.st_size, 4);
	TRUE(fcntl(fd, F_GETFL) & O_PATH);
	OK(mkdir("d", 0755));
	int dir = OK(open("d", O_PATH));

	close(OK(openat(dir, ".", O_RDONLY)));
}

TEST(o_path_with_nofollow_names_the_link_itself)
{
	struct stat st;
	char text[8] = "";

	OK(symlink("nowhere", "link"));
	int fd = OK(open("link", O_PATH | O_NOFOLLOW));

	OK(fstat(fd, &st));
	TRUE(S_ISLNK(st.st_mode));
	EQ(readlinkat(fd, "", text, sizeof(text)), 7);
}

TEST(o_tmpfile_has_no_name_until_linked)
{
	struct stat st;
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	SKIP_UNLESS(fd >= 0 || errno != EOPNOTSUPP);
	OK(fd);
	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
	EQ(write(fd, "text", 4), 4);
	ERR(open("f", O_TMPFILE | O_RDWR, 0600), ENOENT);
	ERR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
}

TEST(permissions_are_checked_for_an_ordinary_user)
{
	write_file("secret", "", 0000);
	write_file("read", "", 0444);
	OK(mkdir("closed", 0700));
	write_file("closed/f", "", 0666);
	OK(chmod("closed", 0000));
	IN_CHILD({
		bool root = geteuid() == 0;

		drop_root();
		ERR(open("secret", O_RDONLY), EACCES);
		ERR(open("read", O_WRONLY), EACCES);
		ERR(open("read", O_RDONLY | O_TRUNC), EACCES);
		ERR(open("closed/f", O_RDONLY), EACCES);
		ERR(open("closed/missing", O_RDONLY), EACCES);
		if (root)
			ERR(open("/lxrun-no-such", O_WRONLY | O_CREAT, 0600), EACCES);
		close(OK(open("read", O_RDONLY)));
	});
}

TEST(a_file_made_without_write_permission_is_open_for_writing)
{
	drop_root();
	int fd = OK(open("f", O_RDWR | O_CREAT, 0400));

	EQ(write(fd, "text", 4), 4);
	ERR(open("f", O_WRONLY), EACCES);
}

/* `@wait` says that it runs and waits for its end. */
int guest_helper(int argc, char **argv)
{
	(void)argc, (void)argv;
	if (write(1, "x", 1) == 1)
		pause();
	return 0;
}

static void running_program(void)
{
	char buf[65536], c;
	ssize_t n;
	int p[2], in = OK(open(guest_exe(), O_RDONLY)),
		  out = OK(open("copy", O_WRONLY | O_CREAT, 0755));

	while ((n = read(in, buf, sizeof(buf))) > 0)
		EQ(write(out, buf, n), n);
	close(out);
	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		dup2(p[1], 1);
		execl("./copy", "copy", "@wait", NULL);
		_exit(99);
	}
	close(p[1]);
	EQ(read(p[0], &c, 1), 1);
	ERR(open("copy", O_WRONLY), ETXTBSY);
	ERR(open("copy", O_RDONLY | O_TRUNC), ETXTBSY);
	ERR(truncate("copy", 10), ETXTBSY);
	close(OK(open("copy", O_RDONLY)));
	OK(kill(pid, SIGKILL));
	OK(waitpid(pid, NULL, 0));
	out = OK(open("copy", O_WRONLY));
	IN_CHILD(ERR(execl("./copy", "copy", "@wait", NULL), ETXTBSY));
	close(out);
	OK(truncate("copy", 10));
}

TEST(a_running_program_cannot_be_written)
{
	running_program();
}

TEST(a_running_program_in_tmpfs_cannot_be_written)
{
	char *name = enter_dir("/dev/shm");

	running_program();
	leave_dir(name);
}

TEST(openat2_checks_its_arguments)
{
	write_file("f", "", 0600);
	close(OK(openat2(AT_FDCWD, "f", O_RDONLY, 0, sizeof(struct open_how))));
	ERR(openat2(AT_FDCWD, "f", O_RDONLY, 0, 8), EINVAL);
	ERR(openat2(AT_FDCWD, "f", O_RDONLY, 0600, sizeof(struct open_how)), EINVAL);
	ERR(openat2(AT_FDCWD, "f", 1ull << 40, 0, sizeof(struct open_how)), EINVAL);
	ERR(openat2(AT_FDCWD, "f", O_CREAT | O_WRONLY, 0x10000, sizeof(struct open_how)), EINVAL);
	close(OK(openat2(AT_FDCWD, "g", O_CREAT | O_WRONLY, 0600, sizeof(struct open_how))));
}

TEST(creat_is_open_with_three_flags)
{
	write_file("f", "text", 0600);
	int fd = OK(creat("f", 0777));

	EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	STREQ(read_file("f"), "");
}

TEST(unknown_flags_are_ignored_by_open)
{
	write_file("f", "", 0600);
	close(OK(open("f", O_RDONLY | 0x20000000)));
}

TEST(the_descriptor_limit_is_emfile)
{
	struct {
		uint64_t cur, max;
	} lim = { 16, 16 };
	int fd, last = -1;

	write_file("f", "", 0600);
	OK(syscall(SYS_prlimit64, 0, 7, &lim, NULL));
	while ((fd = open("f", O_RDONLY)) >= 0)
		last = fd;
	EQ(errno, EMFILE);
	EQ(last, 15);
	ERR(dup(0), EMFILE);
	ERR(fcntl(0, F_DUPFD, 16), EINVAL);
	ERR(dup2(0, 16), EBADF);
}

TEST(access_mode_three_neither_reads_nor_writes)
{
	char c;

	write_file("f", "x", 0600);
	int fd = OK(open("f", 3));

	ERR(read(fd, &c, 1), EBADF);
	ERR(write(fd, "x", 1), EBADF);
	EQ(fcntl(fd, F_GETFL) & O_ACCMODE, 3);
}
