/* SPDX-License-Identifier: MIT */
/* dup, dup2, dup3, fcntl, close, close_range, descriptors across exec. */
#include "guest.h"
#include <sys/resource.h>

/* `@fds N...` says which of these descriptors are open. */
int guest_helper(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		printf("%s ", fcntl(atoi(argv[i]), F_GETFD) >= 0 ? "open" : "closed");
	return 0;
}

TEST(dup_gives_the_lowest_number)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDONLY));

	EQ(dup(a), a + 1);
	EQ(fcntl(a, F_DUPFD, 20), 20);
	EQ(fcntl(a, F_DUPFD, 20), 21);
	EQ(fcntl(a, F_DUPFD_CLOEXEC, 30), 30);
	EQ(fcntl(30, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(20, F_GETFD), 0);
	ERR(dup(999), EBADF);
	ERR(fcntl(a, F_DUPFD, -1), EINVAL);
}

TEST(dup2_replaces_its_target)
{
	char text[8] = "";

	write_file("a", "aaa", 0600);
	write_file("b", "bbb", 0600);
	int a = OK(open("a", O_RDONLY)), b = OK(open("b", O_RDONLY));

	EQ(dup2(a, b), b);
	EQ(read(b, text, 3), 3);
	STREQ(text, "aaa");
	EQ(dup2(a, a), a);
	EQ(dup2(a, 50), 50);
	ERR(dup2(999, 51), EBADF);
	ERR(dup2(999, 999), EBADF);
	ERR(dup2(a, -1), EBADF);
	ERR(fcntl(51, F_GETFD), EBADF);
	OK(fcntl(a, F_SETFD, FD_CLOEXEC));
	EQ(dup2(a, 52), 52);
	EQ(fcntl(52, F_GETFD), 0);
}

TEST(dup2_between_pipes_and_files)
{
	char text[8] = "";
	int p[2];

	write_file("f", "file", 0600);
	int fd = OK(open("f", O_RDWR));

	OK(pipe(p));
	EQ(write(p[1], "pipe", 4), 4);
	EQ(dup2(p[0], fd), fd);
	EQ(read(fd, text, 4), 4);
	STREQ(text, "pipe");
	fd = OK(open("f", O_RDWR));
	EQ(dup2(fd, p[0]), p[0]);
	EQ(read(p[0], text, 4), 4);
	STREQ(text, "file");
	EQ(lseek(p[0], 0, SEEK_SET), 0);
	EQ(pread(p[0], text, 4, 0), 4);
}

TEST(dup3_knows_cloexec_only)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDONLY));

	EQ(dup3(a, 40, O_CLOEXEC), 40);
	EQ(fcntl(40, F_GETFD), FD_CLOEXEC);
	EQ(dup3(a, 41, 0), 41);
	EQ(fcntl(41, F_GETFD), 0);
	ERR(syscall(SYS_dup3, a, a, 0), EINVAL);
	ERR(syscall(SYS_dup3, a, 42, O_NONBLOCK), EINVAL);
	ERR(dup3(999, 42, 0), EBADF);
}

TEST(status_flags_are_shared_and_descriptor_flags_are_not)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDWR)), b = OK(dup(a));

	OK(fcntl(a, F_SETFL, O_APPEND | O_NONBLOCK));
	EQ(fcntl(b, F_GETFL) & (O_APPEND | O_NONBLOCK | O_ACCMODE), O_APPEND | O_NONBLOCK | O_RDWR);
	OK(fcntl(a, F_SETFD, FD_CLOEXEC));
	EQ(fcntl(b, F_GETFD), 0);
	OK(fcntl(a, F_SETFL, O_RDONLY));
	EQ(fcntl(b, F_GETFL) & O_ACCMODE, O_RDWR);
	ERR(fcntl(a, 9999), EINVAL);
	ERR(fcntl(999, F_GETFL), EBADF);
}

TEST(close_frees_the_number_at_once)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDONLY));

	OK(close(a));
	ERR(close(a), EBADF);
	ERR(close(-1), EBADF);
	EQ(open("f", O_RDONLY), a);
}

TEST(close_range_closes_and_marks)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDONLY));

	for (int i = 10; i < 20; i++)
		EQ(dup2(a, i), i);
	OK(syscall(SYS_close_range, 12, 15, 0));
	OK(fcntl(11, F_GETFD));
	ERR(fcntl(12, F_GETFD), EBADF);
	ERR(fcntl(15, F_GETFD), EBADF);
	OK(syscall(SYS_close_range, 16, ~0u, 4));
	EQ(fcntl(16, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(19, F_GETFD), FD_CLOEXEC);
	ERR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	ERR(syscall(SYS_close_range, 5, 6, 0x100), EINVAL);
}

TEST(cloexec_closes_across_exec_and_nothing_else)
{
	char text[128] = "", *args[8];
	int p[2], q[2], status, marked[3];

	write_file("f", "", 0600);
	OK(pipe(q));
	EQ(dup2(q[0], 30), 30);
	EQ(dup2(OK(open("f", O_RDONLY)), 31), 31);
	EQ(dup3(q[0], 32, O_CLOEXEC), 32);
	EQ(dup3(31, 33, O_CLOEXEC), 33);
	OK(pipe2(marked, O_CLOEXEC));
	EQ(fcntl(marked[0], F_GETFD), FD_CLOEXEC);
	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		dup2(p[1], 1);
		args[0] = "x", args[1] = "@fds", args[2] = "30", args[3] = "31", args[4] = "32",
		args[5] = "33";
		args[6] = NULL;
		execv(guest_exe(), args);
		_exit(99);
	}
	close(p[1]);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	TRUE(read(p[0], text, sizeof(text) - 1) > 0);
	STREQ(text, "open open closed closed ");
}

TEST(descriptors_are_copied_by_fork)
{
	write_file("f", "", 0600);
	int a = OK(open("f", O_RDONLY));

	IN_CHILD({
		OK(close(a));
		OK(dup2(0, 60));
	});
	OK(fcntl(a, F_GETFD));
	ERR(fcntl(60, F_GETFD), EBADF);
}

TEST(a_hundred_open_and_closed_files_leave_no_trace)
{
	int first = -1;

	write_file("f", "", 0600);
	for (int round = 0; round < 20; round++) {
		int fds[100];

		for (int i = 0; i < 100; i++)
			fds[i] = OK(open("f", i & 1 ? O_RDONLY : O_RDWR));
		if (first < 0)
			first = fds[0];
		EQ(fds[0], first);
		EQ(fds[99], first + 99);
		for (int i = 99; i >= 0; i--)
			close(fds[i]);
	}
}

TEST(every_number_below_the_limit_can_be_had)
{
	struct rlimit r;
	int last = -1, n = 0;
	char text[4] = "";

	OK(getrlimit(RLIMIT_NOFILE, &r));
	SKIP_UNLESS(r.rlim_max >= 5000);
	r.rlim_cur = 5000;
	OK(setrlimit(RLIMIT_NOFILE, &r));
	write_file("f", "abc", 0600);
	int first = OK(open("f", O_RDONLY));

	for (int fd; (fd = dup(first)) >= 0; n++)
		last = fd;
	EQ(errno, EMFILE);
	EQ(last, 4999);
	EQ(n, 4999 - first);
	for (int fd = 4090; fd < 4099; fd++) { /* of some the engine keeps the host's numbers */
		EQ(pread(fd, text, 3, 0), 3);
		STREQ(text, "abc");
	}
	IN_CHILD(EQ(pread(4999, text, 3, 0), 3));
}
