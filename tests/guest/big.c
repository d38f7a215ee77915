/* SPDX-License-Identifier: MIT */
/* Large sizes and many of everything. */
#include "guest.h"
#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>

TEST(offsets_beyond_four_gigabytes)
{
	off_t far = INT64_C(5) << 30;
	struct stat st;
	char c = 0;
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	EQ(pwrite(fd, "x", 1, far), 1);
	EQ(lseek(fd, 0, SEEK_END), far + 1);
	EQ(lseek(fd, -1, SEEK_CUR), far);
	EQ(read(fd, &c, 1), 1);
	EQ(c, 'x');
	OK(fstat(fd, &st));
	EQ(st.st_size, far + 1);
	char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, far);

	TRUE(map != MAP_FAILED && map[0] == 'x');
	OK(ftruncate(fd, far * 2));
	OK(stat("f", &st));
	EQ(st.st_size, far * 2);
	EQ(pread(fd, &c, 1, far * 2), 0);
	OK(truncate("f", 0));
}

TEST(appends_of_many_processes_are_all_there)
{
	char line[32];
	struct stat st;

	for (int w = 0; w < 6; w++)
		if (OK(fork()) == 0) {
			int fd = open("log", O_WRONLY | O_APPEND | O_CREAT, 0600);

			for (int i = 0; i < 200; i++) {
				int n = snprintf(line, sizeof(line), "%d %07d\n", w, i);

				if (write(fd, line, n) != n)
					_exit(1);
			}
			_exit(0);
		}
	int status, bad = 0;

	while (wait(&status) > 0)
		bad += status != 0;
	EQ(bad, 0);
	OK(stat("log", &st));
	EQ(st.st_size, 6 * 200 * 10);
}

TEST(a_directory_of_five_thousand)
{
	char name[32];
	struct dirent *de;
	int count = 0;

	OK(mkdir("d", 0755));
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "d/%05d", i);
		close(OK(open(name, O_WRONLY | O_CREAT | O_EXCL, 0600)));
	}
	DIR *dir = opendir("d");

	while ((de = readdir(dir)))
		count += de->d_name[0] != '.';
	EQ(count, 5000);
	closedir(dir);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "d/%05d", i);
		OK(unlink(name));
	}
	OK(rmdir("d"));
}

TEST(an_epoll_set_of_five_thousand_tells_all)
{
	static struct epoll_event ev[6000];
	struct rlimit lim;
	int ep = OK(epoll_create1(0)), one = OK(eventfd(1, 0));

	OK(getrlimit(RLIMIT_NOFILE, &lim));
	SKIP_UNLESS(lim.rlim_max >= 6000);
	lim.rlim_cur = lim.rlim_max;
	OK(setrlimit(RLIMIT_NOFILE, &lim));
	for (int i = 0; i < 5000; i++) {
		int fd = OK(dup(one));
		struct epoll_event in = { EPOLLIN, { .fd = fd } };

		OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &in));
	}
	EQ(epoll_wait(ep, ev, 6000, 0), 5000);
	EQ(epoll_wait(ep, ev, 100, 0), 100);
}

TEST(a_deep_directory)
{
	for (int i = 0; i < 200; i++) {
		OK(mkdir("deeper", 0755));
		OK(chdir("deeper"));
	}
	char cwd[4096];

	TRUE(getcwd(cwd, sizeof(cwd)) != NULL);
	write_file("f", "deep", 0600);
	for (int i = 0; i < 200; i++)
		OK(chdir(".."));
	OK(access("deeper/deeper/deeper/../deeper/deeper", F_OK));
}

TEST(two_hundred_pipes_at_once)
{
	enum { count = 200 };
	struct epoll_event ev[count];
	struct pollfd all[count];
	int p[count][2], ep = OK(epoll_create1(0)), seen = 0;

	for (int i = 0; i < count; i++) {
		OK(pipe(p[i]));
		struct epoll_event add = { EPOLLIN, { .u64 = i } };

		OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[i][0], &add));
		all[i] = (struct pollfd){ p[i][0], POLLIN, 0 };
	}
	for (int i = 0; i < count; i += 3)
		EQ(write(p[i][1], "x", 1), 1);
	EQ(poll(all, count, 0), (count + 2) / 3);
	EQ(epoll_wait(ep, ev, count, 0), (count + 2) / 3);
	for (int i = 0; i < (count + 2) / 3; i++)
		seen += ev[i].data.u64 % 3 == 0;
	EQ(seen, (count + 2) / 3);
}

TEST(pipes_can_be_resized)
{
	char *buf = calloc(1, 1 << 20);
	int p[2];

	OK(pipe2(p, O_NONBLOCK));
	EQ(fcntl(p[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	EQ(fcntl(p[0], F_GETPIPE_SZ), 1 << 20);
	EQ(write(p[1], buf, 1 << 20), 1 << 20);
	ERR(write(p[1], buf, 1), EAGAIN);
	ERR(fcntl(p[1], F_SETPIPE_SZ, 4096), EBUSY);
	EQ(read(p[0], buf, 1 << 20), 1 << 20);
	EQ(fcntl(p[1], F_SETPIPE_SZ, 1), 4096);
}

static int use_stack(int depth)
{
	volatile char block[65536];

	for (size_t i = 0; i < sizeof(block); i += 4096)
		block[i] = depth;
	return depth ? use_stack(depth - 1) + block[4096] : 0;
}

TEST(the_stack_grows_to_its_limit)
{
	EQ(use_stack(100), 5050);
	int status;
	pid_t pid = OK(fork());

	if (pid == 0)
		_exit(use_stack(100000) & 1);
	OK(waitpid(pid, &status, 0));
	EQ(WTERMSIG(status), SIGSEGV);
}

TEST(a_chain_of_a_hundred_processes)
{
	int p[2], status;
	char c;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		for (int i = 0; i < 100; i++) {
			pid_t child = fork();

			if (child > 0) {
				waitpid(child, &status, 0);
				_exit(status >> 8 ? status >> 8 : 1);
			}
		}
		write(p[1], "!", 1);
		_exit(77);
	}
	EQ(read(p[0], &c, 1), 1);
	OK(waitpid(pid, &status, 0));
	EQ(WEXITSTATUS(status), 77);
}

TEST(descriptors_up_to_the_limit)
{
	struct {
		uint64_t cur, max;
	} lim = { 1000, 1000 };
	int fd, last = 0;

	OK(syscall(SYS_prlimit64, 0, 7, &lim, NULL));
	write_file("f", "text", 0600);
	while ((fd = open("f", O_RDONLY)) >= 0)
		last = fd;
	EQ(last, 999);
	char text[8] = "";

	EQ(read(999, text, 8), 4);
	IN_CHILD({ EQ(pread(998, text, 8, 0), 4); });
	for (fd = 3; fd < 1000; fd++)
		OK(close(fd));
}
