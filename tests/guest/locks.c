/* SPDX-License-Identifier: MIT */
/* /proc/locks: what is locked, how, by whom, and who waits. */
#include "guest.h"
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

/*
 * Lines about the file, without their numbers: "POSIX  ADVISORY  WRITE 7 FILE 0 EOF". The list is read at once: between
 * two reads it may move.
 */
static const char *lines_about(const char *name)
{
	static char out[2048];
	char file[64], *text = read_file("/proc/locks"), *line, *at, *colon;
	struct stat st;

	OK(stat(name, &st));
	snprintf(file, sizeof(file), " %02x:%02x:%lu ", major(st.st_dev), minor(st.st_dev),
		 (unsigned long)st.st_ino);
	out[0] = 0;
	while ((line = strsep(&text, "\n"))) {
		at = strstr(line, file);
		colon = strchr(line, ':');
		if (at && colon)
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%.*s FILE %s\n",
				 (int)(at - colon - 2), colon + 2, at + strlen(file));
	}
	return out;
}

#define LINES(name, ...)                                       \
	do {                                                   \
		char lines_[1024];                             \
		snprintf(lines_, sizeof(lines_), __VA_ARGS__); \
		STREQ(lines_about(name), lines_);              \
	} while (0)

TEST(record_locks_of_a_file)
{
	struct flock fl = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };
	int fd;

	write_file("f", "x", 0600);
	fd = OK(open("f", O_RDWR));
	LINES("f", "%s", "");
	OK(fcntl(fd, F_SETLK, &fl));
	LINES("f", "POSIX  ADVISORY  WRITE %d FILE 10 14\n", getpid());
	fl.l_type = F_RDLCK;
	fl.l_len = 0;
	OK(fcntl(fd, F_SETLK, &fl));
	LINES("f", "POSIX  ADVISORY  READ %d FILE 10 EOF\n", getpid());
	OK(close(fd));
	LINES("f", "%s", "");
}

TEST(locks_of_an_open_file)
{
	int fd;

	write_file("f", "x", 0600);
	fd = OK(open("f", O_RDWR));
	OK(flock(fd, LOCK_EX));
	LINES("f", "FLOCK  ADVISORY  WRITE %d FILE 0 EOF\n", getpid());
	OK(flock(fd, LOCK_SH));
	LINES("f", "FLOCK  ADVISORY  READ %d FILE 0 EOF\n", getpid());
	OK(flock(fd, LOCK_UN));
	LINES("f", "%s", "");
}

static void waiter(const char *name, int flags)
{
	int fd = OK(open(name, flags));
	pid_t pid;

	OK(flock(fd, LOCK_EX));
	pid = OK(fork());
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int own = OK(open(name, flags));

		OK(flock(own, LOCK_SH));
		_exit(guest_failures != 0);
	}
	while (!strstr(lines_about(name), "->"))
		sched_yield();
	LINES(name,
	      "FLOCK  ADVISORY  WRITE %d FILE 0 EOF\n-> FLOCK  ADVISORY  READ %d FILE 0 EOF\n",
	      getpid(), pid);
	OK(flock(fd, LOCK_UN));
	EQ(waitpid(pid, NULL, 0), pid);
	LINES(name, "%s", "");
}

TEST(who_waits_stands_below_what_he_waits_for)
{
	write_file("f", "x", 0600);
	waiter("f", O_RDWR);
}

TEST(directories_can_be_locked_too)
{
	OK(mkdir("d", 0700));
	waiter("d", O_RDONLY);
}

TEST(an_open_file_is_no_process)
{
	struct flock fl = { .l_type = F_RDLCK };
	int fd;

	OK(mkfifo("p", 0600));
	fd = OK(open("p", O_RDWR));
	OK(fcntl(fd, F_OFD_SETLK, &fl));
	LINES("p", "OFDLCK ADVISORY  READ -1 FILE 0 EOF\n");
}

TEST(leases_name_their_owner)
{
	int fd;

	write_file("f", "x", 0600);
	fd = OK(open("f", O_RDONLY));
	OK(fcntl(fd, F_SETLEASE, F_RDLCK));
	LINES("f", "LEASE  ACTIVE    READ %d FILE 0 EOF\n", getpid());
	signal(SIGIO, SIG_IGN);
	IN_CHILD(ERR(open("f", O_WRONLY | O_NONBLOCK), EWOULDBLOCK));
	LINES("f", "LEASE  BREAKING  UNLCK %d FILE 0 EOF\n", getpid());
	OK(fcntl(fd, F_SETLEASE, F_UNLCK));
	LINES("f", "%s", "");
}

TEST(interrupts_are_the_machines)
{
	TRUE(strstr(read_file("/proc/interrupts"), "CPU0") != NULL);
	TRUE(strstr(read_file("/proc/softirqs"), "TIMER:") != NULL);
}
