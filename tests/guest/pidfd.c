/* SPDX-License-Identifier: MIT */
/* Files that stand for a process or for signals; signals pending for a group that blocks them. */
#include "guest.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

enum { NR_PIDFD_SEND_SIGNAL = 424, NR_PIDFD_OPEN = 434, NR_CLONE3, NR_PIDFD_GETFD = 438 };
#define FLAG_PIDFD 0x1000ull
#define ID_PIDFD   3

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};
/* struct signalfd_siginfo, as far as these tests look */
struct signal_record {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trapno;
	int32_t status, integer;
	uint64_t pointer, utime, stime, addr;
	uint8_t pad[48];
};

static int ready(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1 ? p.revents : 0;
}

static pid_t sleeper(void)
{
	pid_t pid = OK(fork());

	if (!pid)
		for (;;)
			pause();
	return pid;
}

TEST(a_pidfd_is_ready_when_its_process_has_ended)
{
	pid_t pid = sleeper();
	int fd = OK(syscall(NR_PIDFD_OPEN, pid, 0)), status = -1;
	struct pollfd p = { fd, POLLIN, 0 };
	char c;

	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(ready(fd), 0);
	ERR(read(fd, &c, 1), EINVAL);
	OK(syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGTERM, NULL, 0));
	EQ(poll(&p, 1, 10000), 1);
	EQ(p.revents, POLLIN);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, SIGTERM);
	TRUE(ready(fd) & POLLIN);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, fd, 0, NULL, 0), ESRCH);
}

TEST(pidfd_open_checks_its_arguments)
{
	ERR(syscall(NR_PIDFD_OPEN, -1, 0), EINVAL);
	ERR(syscall(NR_PIDFD_OPEN, 0, 0), EINVAL);
	ERR(syscall(NR_PIDFD_OPEN, getpid(), 1), EINVAL);
	ERR(syscall(NR_PIDFD_OPEN, 4000000, 0), ESRCH);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, 0, 0, NULL, 0), EBADF);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, 999, 0, NULL, 0), EBADF);
}

TEST(a_pidfd_signal_may_carry_a_siginfo_of_its_own)
{
	int fd = OK(syscall(NR_PIDFD_OPEN, getpid(), 0)), other;
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE }, got;
	pid_t pid = sleeper();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	info.si_value.sival_int = 77;
	OK(syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGUSR1, &info, 0));
	EQ(sigwaitinfo(&set, &got), SIGUSR1);
	EQ(got.si_value.sival_int, 77);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGUSR2, &info, 0), EINVAL);
	other = OK(syscall(NR_PIDFD_OPEN, pid, 0));
	info.si_code = SI_USER;
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, other, SIGUSR1, &info, 0), EPERM);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, other, 99, NULL, 0), EINVAL);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, other, SIGUSR1, (void *)8, 0), EFAULT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(a_directory_in_proc_is_as_good_as_a_pidfd)
{
	pid_t pid = sleeper();
	char name[32];
	int fd, status;

	snprintf(name, sizeof(name), "/proc/%d", pid);
	fd = OK(open(name, O_DIRECTORY | O_RDONLY));
	OK(syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGKILL, NULL, 0));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, SIGKILL);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGKILL, NULL, 0), ESRCH);
}

TEST(waitid_waits_for_a_pidfd)
{
	pid_t pid = sleeper();
	int fd = OK(syscall(NR_PIDFD_OPEN, pid, O_NONBLOCK));
	int self = OK(syscall(NR_PIDFD_OPEN, getpid(), 0));
	siginfo_t info = { 0 };

	ERR(waitid(ID_PIDFD, fd, &info, WEXITED), EAGAIN);
	ERR(waitid(ID_PIDFD, self, &info, WEXITED), ECHILD);
	ERR(waitid(ID_PIDFD, 0, &info, WEXITED), EBADF);
	ERR(waitid(ID_PIDFD, -1, &info, WEXITED), EINVAL);
	kill(pid, SIGKILL);
	OK(fcntl(fd, F_SETFL, 0));
	OK(waitid(ID_PIDFD, fd, &info, WEXITED));
	EQ(info.si_pid, pid);
	EQ(info.si_status, SIGKILL);
}

#define PIDFD_THREAD 0200
static volatile int thread_tid, thread_got;

static void on_thread_signal(int sig, siginfo_t *info, void *context)
{
	thread_got = (int)syscall(SYS_gettid);
	EQ(info->si_code, SI_TKILL);
}

static void *thread_that_waits(void *arg)
{
	thread_tid = (int)syscall(SYS_gettid);
	while (!thread_got)
		sleep_ms(1);
	return arg;
}

TEST(a_pidfd_of_a_thread_is_the_threads_own)
{
	struct sigaction sa = { .sa_sigaction = on_thread_signal, .sa_flags = SA_SIGINFO };
	struct pollfd p = { -1, POLLIN, 0 };
	pthread_t thread;
	int whole;

	sigaction(SIGUSR1, &sa, NULL);
	EQ(pthread_create(&thread, NULL, thread_that_waits, NULL), 0);
	while (!thread_tid)
		sleep_ms(1);
	ERR(syscall(NR_PIDFD_OPEN, thread_tid, 0), ENOENT);
	p.fd = OK(syscall(NR_PIDFD_OPEN, thread_tid, PIDFD_THREAD));
	whole = OK(syscall(NR_PIDFD_OPEN, getpid(), 0));
	EQ(ready(p.fd), 0);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, p.fd, SIGUSR1, NULL, 3), EINVAL);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, p.fd, SIGUSR1, NULL, 8), EINVAL);
	OK(syscall(NR_PIDFD_SEND_SIGNAL, p.fd, SIGUSR1, NULL, 0));
	pthread_join(thread, NULL);
	EQ(thread_got, thread_tid);
	EQ(poll(&p, 1, 5000), 1);
	EQ(p.revents, POLLIN | POLLHUP);
	ERR(syscall(NR_PIDFD_SEND_SIGNAL, p.fd, 0, NULL, 0), ESRCH);
	thread_got = 0;
	OK(syscall(NR_PIDFD_SEND_SIGNAL, whole, SIGUSR1, NULL, 1));
	EQ(thread_got, getpid());
}

TEST(a_pidfd_can_signal_a_process_group)
{
	pid_t leader = sleeper(), other = sleeper();
	int fd = OK(syscall(NR_PIDFD_OPEN, leader, 0)), status;

	OK(setpgid(leader, leader));
	OK(setpgid(other, leader));
	OK(syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGTERM, NULL, 4));
	EQ(waitpid(leader, &status, 0), leader);
	EQ(status, SIGTERM);
	EQ(waitpid(other, &status, 0), other);
	EQ(status, SIGTERM);
}

TEST(clone_gives_a_pidfd)
{
	int fd = -1, status = -1;
	struct clone3_args a = { .flags = FLAG_PIDFD,
				 .pidfd = (uintptr_t)&fd,
				 .exit_signal = SIGCHLD };
	pid_t pid = OK(syscall(NR_CLONE3, &a, sizeof(a)));

	if (!pid)
		_exit(fd == -1 ? 7 : 8);
	TRUE(fd > 2);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 7 << 8);
	TRUE(ready(fd) & POLLIN);
	close(fd);
	fd = -1;
	pid = OK(syscall(SYS_clone, FLAG_PIDFD | SIGCHLD, 0, &fd, 0, 0));
	if (!pid)
		_exit(0);
	TRUE(fd > 2);
	waitpid(pid, NULL, 0);
	ERR(syscall(SYS_clone, FLAG_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0), EINVAL);
	ERR(syscall(SYS_clone, FLAG_PIDFD | SIGCHLD, 0, 8, 0, 0), EFAULT);
	a.pidfd = 8;
	ERR(syscall(NR_CLONE3, &a, sizeof(a)), EFAULT);
	ERR(waitpid(-1, NULL, 0), ECHILD);
}

static void nothing(int sig)
{
	(void)sig;
}

TEST(clone3_clears_handlers)
{
	struct clone3_args args = { .flags = 1ull << 32, .exit_signal = SIGCHLD };
	struct sigaction sa;
	int status;
	long pid;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, nothing);
	signal(SIGCHLD, nothing);
	pid = OK(syscall(NR_CLONE3, &args, sizeof(args)));
	if (!pid) {
		sigaction(SIGUSR1, NULL, &sa);
		EQ((intptr_t)sa.sa_handler, (intptr_t)SIG_IGN);
		sigaction(SIGUSR2, NULL, &sa);
		EQ((intptr_t)sa.sa_handler, (intptr_t)SIG_DFL);
		sigaction(SIGCHLD, NULL, &sa);
		EQ((intptr_t)sa.sa_handler, (intptr_t)SIG_DFL);
		fflush(stdout);
		_exit(guest_failures != 0);
	}
	signal(SIGCHLD, SIG_DFL);
	EQ(waitpid((pid_t)pid, &status, 0), pid);
	EQ(status, 0);
	args.flags |= 0x900; /* shared handlers, and cleared */
	ERR(syscall(NR_CLONE3, &args, sizeof(args)), EINVAL);
}

TEST(descriptors_are_taken_from_a_process)
{
	int fds[2], fd, got, done[2];
	char buf[8] = "";
	pid_t pid;

	OK(pipe(fds));
	OK(pipe(done));
	pid = OK(fork());
	if (!pid) {
		write_file("mine", "hello", 0644);
		dup2(open("mine", O_RDONLY), 55);
		write(done[1], "", 1);
		for (;;)
			pause();
	}
	read(done[0], buf, 1);
	fd = OK(syscall(NR_PIDFD_OPEN, pid, 0));
	got = OK(syscall(NR_PIDFD_GETFD, fd, 55, 0));
	EQ(fcntl(got, F_GETFD), FD_CLOEXEC);
	EQ(read(got, buf, 5), 5);
	STREQ(buf, "hello");
	ERR(syscall(NR_PIDFD_GETFD, fd, 56, 0), EBADF);
	ERR(syscall(NR_PIDFD_GETFD, fd, 55, 1), EINVAL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ERR(syscall(NR_PIDFD_GETFD, fd, 55, 0), ESRCH);
}

/* ---- signalfd ---- */

static int make_signalfd(int flags, int sig1, int sig2)
{
	uint64_t mask = 1ull << (sig1 - 1) | 1ull << (sig2 - 1);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig1);
	sigaddset(&set, sig2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return syscall(SYS_signalfd4, -1, &mask, 8, flags);
}

TEST(signals_are_read_from_a_signalfd)
{
	int fd = OK(make_signalfd(O_NONBLOCK, SIGUSR1, SIGRTMIN));
	struct signal_record r = { 0 };
	union sigval v = { .sival_int = 42 };

	ERR(read(fd, &r, sizeof(r)), EAGAIN);
	EQ(ready(fd), 0);
	OK(kill(getpid(), SIGUSR1));
	EQ(ready(fd), POLLIN);
	EQ(read(fd, &r, sizeof(r)), sizeof(r));
	EQ(r.signo, SIGUSR1);
	EQ(r.code, SI_USER);
	EQ(r.pid, getpid());
	EQ(r.uid, getuid());
	ERR(read(fd, &r, sizeof(r)), EAGAIN);
	OK(sigqueue(getpid(), SIGRTMIN, v));
	EQ(read(fd, &r, sizeof(r)), sizeof(r));
	EQ(r.signo, SIGRTMIN);
	EQ(r.code, SI_QUEUE);
	EQ(r.integer, 42);
	ERR(read(fd, &r, sizeof(r) - 1), EINVAL);
}

TEST(one_read_takes_all_signals_that_have_room)
{
	struct signal_record got[8];
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = OK(syscall(SYS_signalfd4, -1, &set, 8, O_NONBLOCK));
	OK(raise(SIGUSR1));
	for (int i = 0; i < 4; i++)
		OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = i }));
	EQ(read(fd, got, 3 * sizeof(got[0])), 3 * sizeof(got[0]));
	EQ(got[0].signo, SIGUSR1);
	EQ(got[2].integer, 1);
	EQ(read(fd, got, sizeof(got) - 1), 2 * sizeof(got[0]));
	EQ(got[0].integer, 2);
	EQ(got[1].integer, 3);
	ERR(read(fd, got, sizeof(got)), EAGAIN);
}

TEST(a_signalfd_blocks_until_a_signal_comes)
{
	int fd = OK(make_signalfd(0, SIGCHLD, SIGUSR2)), status;
	struct signal_record r = { 0 };
	pid_t pid = OK(fork());

	if (!pid) {
		sleep_ms(50);
		_exit(5);
	}
	EQ(read(fd, &r, sizeof(r)), sizeof(r));
	EQ(r.signo, SIGCHLD);
	EQ(r.code, CLD_EXITED);
	EQ(r.pid, pid);
	EQ(r.status, 5);
	waitpid(pid, &status, 0);
}

TEST(epoll_tells_of_a_signalfd)
{
	int fd = OK(make_signalfd(O_NONBLOCK, SIGUSR1, SIGUSR2)), ep = OK(epoll_create1(0));
	struct epoll_event ev = { EPOLLIN, { .fd = 9 } };
	struct signal_record r;
	pid_t parent = getpid(), pid;

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	EQ(epoll_wait(ep, &ev, 1, 0), 0);
	pid = OK(fork());
	if (!pid) {
		sleep_ms(50);
		kill(parent, SIGUSR2);
		_exit(0);
	}
	EQ(epoll_wait(ep, &ev, 1, 10000), 1);
	EQ(read(fd, &r, sizeof(r)), sizeof(r));
	EQ(r.signo, SIGUSR2);
	EQ(epoll_wait(ep, &ev, 1, 0), 0);
	waitpid(pid, NULL, 0);
}

TEST(signalfd_checks_its_arguments)
{
	uint64_t mask = 1;
	int fd = OK(syscall(SYS_signalfd4, -1, &mask, 8, O_CLOEXEC));

	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(syscall(SYS_signalfd4, fd, &mask, 8, 0), fd);
	ERR(syscall(SYS_signalfd4, -1, &mask, 4, 0), EINVAL);
	ERR(syscall(SYS_signalfd4, -1, &mask, 8, 1), EINVAL);
	ERR(syscall(SYS_signalfd4, -1, (void *)8, 8, 0), EFAULT);
	ERR(syscall(SYS_signalfd4, 0, &mask, 8, 0), EINVAL);
	ERR(syscall(SYS_signalfd4, 999, &mask, 8, 0), EBADF);
}

/* ---- a signal that every thread blocks ---- */

static _Atomic int waiting;

static void *late_waiter(void *arg)
{
	sigset_t *set = arg;
	int sig = 0;

	while (!waiting)
		sched_yield();
	sigwait(set, &sig);
	return (void *)(intptr_t)sig;
}

TEST(a_signal_blocked_by_all_waits_for_any_thread)
{
	pthread_t thread;
	sigset_t set;
	void *got = NULL;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	EQ(pthread_create(&thread, NULL, late_waiter, &set), 0);
	OK(kill(getpid(), SIGUSR1));
	waiting = 1;
	pthread_join(thread, &got);
	EQ((intptr_t)got, SIGUSR1);
}

TEST(a_signal_pending_before_a_thread_is_made_is_the_processs)
{
	pthread_t thread;
	sigset_t set;
	void *got = NULL;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	OK(kill(getpid(), SIGUSR2));
	waiting = 1;
	EQ(pthread_create(&thread, NULL, late_waiter, &set), 0);
	pthread_join(thread, &got);
	EQ((intptr_t)got, SIGUSR2);
}

static void *ppoll_waiter(void *arg)
{
	sigset_t none;
	struct timespec ts = { 10, 0 };

	(void)arg;
	sigemptyset(&none);
	waiting = 1;
	return (void *)(intptr_t)(ppoll(NULL, 0, &ts, &none) == -1 && errno == EINTR);
}

static void ignore(int sig)
{
	(void)sig;
}

TEST(a_signal_goes_to_the_thread_whose_wait_lets_it_through)
{
	struct sigaction sa = { .sa_handler = ignore };
	pthread_t thread;
	sigset_t set;
	void *got = NULL;

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	EQ(pthread_create(&thread, NULL, ppoll_waiter, NULL), 0);
	while (!waiting)
		sched_yield();
	sleep_ms(50);
	OK(kill(getpid(), SIGUSR1));
	pthread_join(thread, &got);
	EQ((intptr_t)got, 1);
}

/* ---- ioctl(2) on a pidfd ---- */

struct pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
	uint32_t coredump_mask, spare;
};
#define GET_INFO   _IOWR(0xff, 11, struct pidfd_info)
#define GET_NS(n)  _IO(0xff, n)
#define INFO_PID   0x01
#define INFO_CREDS 0x02
#define INFO_EXIT  0x08
#define INFO_CORE  0x10
#define CORE_SKIP  0x2
#define CORE_USER  0x4
enum {
	OPEN_CGROUP = 1,
	OPEN_IPC,
	OPEN_MNT,
	OPEN_NET,
	OPEN_PID,
	OPEN_PID_CHILDREN,
	OPEN_USER = 9,
	OPEN_UTS
};

static bool has_info(int fd)
{
	struct pidfd_info info = { 0 };

	return !ioctl(fd, GET_INFO, &info);
}

TEST(a_pidfd_tells_of_its_process)
{
	int fd = OK(syscall(NR_PIDFD_OPEN, getpid(), 0));
	struct pidfd_info info = { .mask = INFO_EXIT | INFO_CORE };
	struct {
		struct pidfd_info info;
		uint64_t more[2];
	} big = { .more = { 1, 1 } };

	SKIP_UNLESS(has_info(fd));
	OK(ioctl(fd, GET_INFO, &info));
	EQ(info.mask & (INFO_PID | INFO_CREDS | INFO_EXIT), INFO_PID | INFO_CREDS);
	EQ(info.pid, getpid());
	EQ(info.tgid, getpid());
	EQ(info.ppid, getppid());
	EQ(info.ruid, getuid());
	EQ(info.fsgid, getegid());
	EQ(info.exit_code, 0);
	EQ(info.coredump_mask, CORE_USER);
	OK(prctl(PR_SET_DUMPABLE, 0));
	info.mask = INFO_CORE;
	OK(ioctl(fd, GET_INFO, &info));
	EQ(info.coredump_mask, CORE_SKIP);
	/* a newer program's structure is longer, and the rest of it is cleared; an older one's shorter */
	OK(ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, sizeof(big)), &big));
	EQ(big.more[0] | big.more[1], 0);
	info = (struct pidfd_info){ .coredump_mask = 77 };
	OK(ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, 64), &info));
	EQ(info.coredump_mask, 77);
	EQ(info.pid, getpid());
	ERR(ioctl(fd, GET_INFO, NULL), EINVAL);
	ERR(ioctl(fd, GET_INFO, (void *)8), EFAULT);
	ERR(ioctl(fd, GET_NS(60), 0), ENOTTY);
	ERR(ioctl(fd, _IOC(_IOC_READ, 0xfe, 11, 64), &info), ENOTTY);
}

TEST(a_pidfd_tells_how_its_process_has_ended_once_it_is_waited_for)
{
	pid_t pid = sleeper();
	int fd = OK(syscall(NR_PIDFD_OPEN, pid, 0)), status;
	struct pidfd_info info = { .mask = INFO_EXIT };
	siginfo_t si;

	SKIP_UNLESS(has_info(fd));
	OK(kill(pid, SIGTERM));
	OK(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT));
	OK(ioctl(fd, GET_INFO, &info)); /* a zombie is still somebody */
	EQ(info.mask & (INFO_PID | INFO_CREDS | INFO_EXIT), INFO_PID | INFO_CREDS);
	EQ(info.pid, pid);
	EQ(info.ppid, getpid());
	EQ(info.euid, geteuid());
	ERR(ioctl(fd, GET_NS(OPEN_UTS), 0), ESRCH);
	EQ(waitpid(pid, &status, 0), pid);
	info = (struct pidfd_info){ .mask = INFO_EXIT };
	OK(ioctl(fd, GET_INFO, &info));
	EQ(info.mask & (INFO_PID | INFO_CREDS | INFO_EXIT), INFO_EXIT);
	EQ(info.exit_code, status);
	EQ(info.pid, 0);
	info.mask = 0;
	ERR(ioctl(fd, GET_INFO, &info), ESRCH);
	ERR(ioctl(fd, GET_NS(OPEN_UTS), 0), ESRCH);
}

TEST(a_pidfd_opens_the_name_spaces_of_its_process)
{
	static const struct {
		int request;
		const char *name;
	} kinds[] = {
		{ OPEN_IPC, "ipc" },   { OPEN_MNT, "mnt" },
		{ OPEN_NET, "net" },   { OPEN_PID, "pid" },
		{ OPEN_USER, "user" }, { OPEN_PID_CHILDREN, "pid_for_children" },
		{ OPEN_UTS, "uts" },   { OPEN_CGROUP, "cgroup" },
	};
	int pidfd = OK(syscall(NR_PIDFD_OPEN, getpid(), 0)), fd;
	struct stat a, b;
	char name[64];

	fd = ioctl(pidfd, GET_NS(OPEN_UTS), 0);
	SKIP_UNLESS(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		fd = OK(ioctl(pidfd, GET_NS(kinds[i].request), 0));
		EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
		OK(fstat(fd, &a));
		snprintf(name, sizeof(name), "/proc/self/ns/%s", kinds[i].name);
		OK(stat(name, &b));
		EQ(a.st_ino, b.st_ino);
		ERR(write(fd, "x", 1), EBADF);
		close(fd);
		ERR(ioctl(pidfd, GET_NS(kinds[i].request), 1), EINVAL);
	}
}

TEST(a_pidfd_opens_name_spaces_only_for_who_may_look)
{
	int pidfd = OK(syscall(NR_PIDFD_OPEN, getpid(), 0)), fd;

	SKIP_UNLESS(geteuid() == 0);
	fd = ioctl(pidfd, GET_NS(OPEN_UTS), 0);
	SKIP_UNLESS(fd >= 0);
	IN_CHILD({
		OK(setresuid(65534, 65534, 65534));
		ERR(ioctl(pidfd, GET_NS(OPEN_UTS), 0), EACCES);
		struct pidfd_info info = { 0 };
		OK(ioctl(pidfd, GET_INFO, &info));
		EQ(info.ruid, 0);
	});
}
