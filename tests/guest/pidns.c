/* SPDX-License-Identifier: MIT */
/* Name spaces of process numbers, and entering name spaces: pid_namespaces(7), setns(2), ioctl_ns(2), clone3(2). */
#include "guest.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { NR_PIDFD_SEND_SIGNAL = 424, NR_PIDFD_OPEN = 434, NR_CLONE3 };
enum { GET_USERNS = 0xb701, GET_PARENT, GET_NSTYPE, GET_OWNER_UID };

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size;
};

static pid_t clone_with(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static pid_t raw_getpid(void)
{
	return (pid_t)syscall(SYS_getpid);
}

/* Runs the block as the init of a new name space and expects that it ends with status 0. */
#define AS_INIT(...) IN_CHILD(OK(unshare(CLONE_NEWPID)); IN_CHILD(__VA_ARGS__))

static bool may_make_one(void)
{
	return geteuid() == 0 && !unshare(CLONE_NEWPID);
}

static void await(int fd)
{
	char c;

	EQ(read(fd, &c, 1), 1);
}

/* A child that has said so, and waits to be killed. */
static pid_t sleeper(void)
{
	int said[2];
	pid_t pid;

	OK(pipe(said));
	pid = OK(fork());
	if (!pid) {
		write(said[1], "x", 1);
		for (;;)
			pause();
	}
	await(said[0]);
	close(said[0]);
	close(said[1]);
	return pid;
}

static const char *line_of(const char *text, const char *name)
{
	static char line[256];
	const char *at = text ? strstr(text, name) : NULL;

	snprintf(line, sizeof(line), "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
	return line;
}

TEST(numbers_begin_at_one_and_each_level_has_its_own)
{
	char name[64];
	pid_t outer;
	int go[2], back[2], status;

	SKIP_UNLESS(may_make_one());
	OK(pipe(go));
	OK(pipe(back));
	outer = OK(fork());
	if (!outer) {
		guest_failures = 0;
		EQ(raw_getpid(), 1);
		EQ(getppid(), 0);
		EQ(syscall(SYS_gettid), 1);
		EQ(getpgid(0), 0);
		EQ(getsid(0), 0);
		pid_t pid = OK(fork());
		if (!pid) {
			_exit(raw_getpid() == 2 && getppid() == 1 ? 7 : 1);
		}
		EQ(pid, 2);
		EQ(waitpid(-1, &status, 0), 2);
		EQ(status, 7 << 8);
		EQ(setsid(), 1);
		EQ(getpgrp(), 1);
		write(back[1], "x", 1);
		await(go[0]);
		_exit(guest_failures ? 1 : 0);
	}
	TRUE(outer > 2);
	await(back[0]);
	snprintf(name, sizeof(name), "/proc/%d/status", outer);
	const char *text = read_file(name);
	char want[64];
	snprintf(want, sizeof(want), "NSpid:\t%d\t1", outer);
	STREQ(line_of(text, "NSpid:"), want);
	snprintf(want, sizeof(want), "NSsid:\t%d\t1", outer);
	STREQ(line_of(text, "NSsid:"), want);
	EQ(getpgid(outer), outer);
	write(go[1], "x", 1);
	EQ(waitpid(outer, &status, 0), outer);
	EQ(status, 0);
	ERR(fork(), ENOMEM); /* its init has ended */
}

TEST(who_lives_in_one_is_killed_with_its_init)
{
	int status, said[2];
	pid_t init;
	char c;

	SKIP_UNLESS(may_make_one());
	OK(pipe(said));
	init = OK(fork());
	if (!init) {
		close(said[0]);
		for (int i = 0; i < 20; i++)
			sleeper();
		if (!fork()) { /* a zombie, and a name space inside */
			unshare(CLONE_NEWPID);
			sleeper();
			_exit(0);
		}
		wait(NULL);
		_exit(5);
	}
	close(said[1]);
	EQ(waitpid(init, &status, 0), init);
	EQ(status, 5 << 8);
	EQ(read(said[0], &c, 1), 0); /* all have ended before the init was a zombie */
}

TEST(orphans_go_to_the_init_and_it_waits_for_them)
{
	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		int go[2];
		int status;

		OK(pipe(go));
		pid_t middle = OK(fork());
		if (!middle) {
			if (!fork()) {
				await(go[0]);
				_exit(getppid() == 1 ? 9 : 1);
			}
			_exit(0);
		}
		EQ(waitpid(middle, &status, 0), middle);
		write(go[1], "x", 1);
		EQ(wait(&status), 3);
		EQ(status, 9 << 8);
		ERR(wait(NULL), ECHILD);
	});
}

static volatile sig_atomic_t caught, caught_pid;

static void note(int sig, siginfo_t *info, void *context)
{
	caught = sig;
	caught_pid = info->si_pid;
}

static void heed(int sig)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	OK(sigaction(sig, &sa, NULL));
}

TEST(signals_from_inside_do_not_kill_the_init)
{
	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		int status;
		sigset_t set;

		OK(kill(1, SIGKILL));
		OK(kill(1, SIGSTOP));
		OK(kill(1, SIGTERM));
		OK(kill(1, SIGABRT));
		pid_t pid = OK(fork());
		if (!pid) {
			kill(1, SIGKILL);
			kill(1, SIGTERM);
			syscall(SYS_tgkill, 1, 1, SIGHUP);
			_exit(0);
		}
		EQ(waitpid(pid, &status, 0), pid);
		/* Blocked, they are pending, and dropped when they are let in. */
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		OK(sigprocmask(SIG_BLOCK, &set, NULL));
		OK(kill(1, SIGTERM));
		OK(sigpending(&set));
		TRUE(sigismember(&set, SIGTERM));
		OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
		heed(SIGUSR1);
		pid = OK(fork());
		if (!pid) {
			kill(1, SIGUSR1);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0)
			EQ(errno, EINTR);
		EQ(caught, SIGUSR1);
		EQ(caught_pid, pid);
	});
}

TEST(the_init_can_be_killed_from_outside_and_by_its_own_fault)
{
	int said[2], status;
	pid_t init;

	SKIP_UNLESS(geteuid() == 0);
	OK(pipe(said));
	init = OK(clone_with(CLONE_NEWPID));
	if (!init) {
		heed(SIGUSR1);
		write(said[1], "x", 1);
		while (!caught)
			sleep_ms(1);
		write(said[1], caught_pid == 0 ? "x" : "-", 1);
		for (;;)
			pause();
	}
	await(said[0]);
	OK(kill(init, SIGTERM));
	OK(kill(init, SIGUSR1));
	char c;
	EQ(read(said[0], &c, 1), 1);
	EQ(c, 'x'); /* the sender is nobody whom it sees */
	OK(kill(init, SIGSTOP));
	EQ(waitpid(init, &status, WUNTRACED), init);
	EQ(WSTOPSIG(status), SIGSTOP);
	OK(kill(init, SIGCONT));
	OK(kill(init, SIGKILL));
	EQ(waitpid(init, &status, 0), init);
	EQ(status, SIGKILL);
	init = OK(clone_with(CLONE_NEWPID));
	if (!init) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		*(volatile int *)8 = 1;
		_exit(0);
	}
	EQ(waitpid(init, &status, 0), init);
	EQ(status & 0x7f, SIGSEGV);
}

TEST(nobody_outside_can_be_named)
{
	pid_t outside = sleeper(), self = raw_getpid();

	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		struct sched_param sp;

		ERR(kill(outside, 0), ESRCH);
		ERR(kill(-self, 0), ESRCH);
		ERR(getpgid(outside), ESRCH);
		ERR(getpriority(PRIO_PROCESS, outside), ESRCH);
		ERR(syscall(SYS_sched_getparam, outside, &sp), ESRCH);
		ERR(syscall(NR_PIDFD_OPEN, outside, 0), ESRCH);
		ERR(setpgid(0, self), EPERM);
		ERR(ptrace(PTRACE_ATTACH, outside, 0, 0), ESRCH);
		ERR(kill(-1, SIGKILL), ESRCH);
	});
	OK(kill(outside, 0));
	OK(kill(outside, SIGKILL));
}

TEST(kill_of_everybody_stays_inside)
{
	pid_t outside = sleeper();

	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		int status;
		pid_t a = sleeper();
		pid_t b = sleeper();

		OK(kill(-1, SIGKILL));
		EQ(waitpid(a, &status, 0), a);
		EQ(status, SIGKILL);
		EQ(waitpid(b, &status, 0), b);
	});
	EQ(waitpid(outside, NULL, WNOHANG), 0);
	OK(kill(outside, SIGKILL));
}

TEST(proc_mounted_inside_shows_its_numbers)
{
	SKIP_UNLESS(geteuid() == 0 && !unshare(CLONE_NEWNS));
	OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	OK(mkdir("p", 0755));
	AS_INIT({
		char buf[64];
		long n;
		pid_t pid;

		n = OK(readlink("/proc/self", buf, sizeof(buf) - 1));
		buf[n] = 0;
		TRUE(atoi(buf) > 1); /* that mount is from outside */
		SKIP_UNLESS(!mount("proc", "p", "proc", 0, NULL));
		n = OK(readlink("p/self", buf, sizeof(buf)));
		EQ(n, 1);
		EQ(buf[0], '1');
		n = OK(readlink("p/thread-self", buf, sizeof(buf) - 1));
		buf[n] = 0;
		STREQ(buf, "1/task/1");
		pid = sleeper();
		EQ(pid, 2);
		OK(access("p/2/stat", F_OK));
		ERR(access("p/3", F_OK), ENOENT);
		TRUE(!strncmp(read_file("p/2/stat"), "2 (", 3));
		STREQ(line_of(read_file("p/2/status"), "PPid:"), "PPid:\t1");
		STREQ(line_of(read_file("p/2/status"), "NStgid:"), "NStgid:\t2");
		OK(access("p/2/task/2/comm", F_OK));
		OK(kill(pid, SIGKILL));
		EQ(waitpid(pid, NULL, 0), pid);
		OK(umount("p"));
	});
}

TEST(an_unshare_that_fails_changes_nothing)
{
	struct stat before, after;

	SKIP_UNLESS(geteuid() == 0 && unshare(CLONE_NEWPID) == 0);
	OK(stat("/proc/self/ns/uts", &before));
	ERR(unshare(CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID), EINVAL);
	OK(stat("/proc/self/ns/uts", &after));
	EQ(after.st_ino, before.st_ino);
}

TEST(credentials_and_locks_name_processes_as_the_reader_does)
{
	int s[2], fd, status;
	pid_t init;

	SKIP_UNLESS(geteuid() == 0);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(setsockopt(s[0], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)));
	fd = OK(open("locked", O_RDWR | O_CREAT, 0644));
	init = OK(clone_with(CLONE_NEWPID));
	if (!init) {
		struct flock fl = { .l_type = F_WRLCK };
		struct ucred me;
		socklen_t len = sizeof(me);

		guest_failures = 0;
		OK(getsockopt(s[1], SOL_SOCKET, SO_PEERCRED, &me, &len));
		EQ(me.pid, 0); /* its maker is outside */
		OK(fcntl(fd, F_SETLK, &fl));
		pid_t pid = OK(fork());
		if (!pid) {
			guest_failures = 0;
			fl.l_type = F_WRLCK;
			OK(fcntl(fd, F_GETLK, &fl));
			EQ(fl.l_type, F_WRLCK);
			EQ(fl.l_pid, 1);
			_exit(guest_failures);
		}
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, 0);
		write(s[1], "x", 1);
		await(s[1]);
		_exit(guest_failures ? 1 : 0);
	}
	char c, control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct flock fl = { .l_type = F_WRLCK };
	struct ucred who = { 0 };
	EQ(recvmsg(s[0], &m, 0), 1);
	TRUE(CMSG_FIRSTHDR(&m) != NULL);
	if (CMSG_FIRSTHDR(&m))
		memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(who));
	EQ(who.pid, init);
	OK(fcntl(fd, F_GETLK, &fl));
	EQ(fl.l_pid, init);
	write(s[0], "x", 1);
	EQ(waitpid(init, &status, 0), init);
	EQ(status, 0);
}

TEST(a_debugger_inside_uses_its_own_numbers)
{
	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		int status;
		unsigned long child = 0;
		siginfo_t info;
		pid_t pid = OK(fork());

		if (!pid) {
			ptrace(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			if (!fork())
				_exit(0);
			wait(NULL);
			_exit(3);
		}
		EQ(waitpid(pid, &status, 0), pid);
		EQ(WSTOPSIG(status), SIGSTOP);
		OK(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
		EQ(info.si_pid, 2);
		OK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK));
		OK(ptrace(PTRACE_CONT, pid, 0, 0));
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
		OK(ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
		EQ(child, 3);
		EQ(waitpid((pid_t)child, &status, __WALL), 3);
		OK(ptrace(PTRACE_DETACH, (pid_t)child, 0, 0));
		OK(ptrace(PTRACE_DETACH, pid, 0, 0));
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, 3 << 8);
	});
}

static void *return_tid(void *arg)
{
	return (void *)syscall(SYS_gettid);
}

TEST(threads_and_their_mutexes_inside)
{
	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		pthread_mutexattr_t a;
		pthread_mutex_t m;
		pthread_t thread;
		void *tid = NULL;

		EQ(pthread_create(&thread, NULL, return_tid, NULL), 0);
		EQ(pthread_join(thread, &tid), 0);
		EQ((long)tid, 2);
		pthread_mutexattr_init(&a);
		pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
		pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
		EQ(pthread_mutex_init(&m, &a), 0);
		EQ(pthread_mutex_lock(&m), 0);
		EQ(pthread_mutex_lock(&m), EDEADLK);
		EQ(pthread_mutex_unlock(&m), 0);
		OK(syscall(SYS_tgkill, 1, 1, 0));
	});
}

TEST(what_clone_and_unshare_refuse)
{
	SKIP_UNLESS(geteuid() == 0);
	ERR(syscall(SYS_clone, CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0),
	    EINVAL);
	IN_CHILD({
		OK(unshare(CLONE_NEWPID));
		ERR(unshare(CLONE_NEWPID), EINVAL);
		ERR(clone_with(CLONE_NEWPID), EINVAL);
		ERR(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0),
		    EINVAL);
	});
	AS_INIT(ERR(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0), EINVAL));
	IN_CHILD({
		drop_root();
		ERR(unshare(CLONE_NEWPID), EPERM);
		ERR(clone_with(CLONE_NEWPID), EPERM);
	});
}

static int nest(int depth)
{
	int status = -1;
	pid_t pid = clone_with(CLONE_NEWPID);

	if (pid < 0)
		return errno == ENOSPC ? depth : 100;
	if (!pid)
		_exit(nest(depth + 1));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

TEST(they_nest_to_a_limit)
{
	SKIP_UNLESS(geteuid() == 0);
	BETWEEN(nest(0), 28, 32); /* 32, less those that the test itself runs in */
}

TEST(files_name_them_and_setns_enters_them)
{
	char mine[64] = "", child[64] = "", name[64];
	int status, inner, outer, go[2];
	pid_t init, pid;

	SKIP_UNLESS(geteuid() == 0);
	outer = OK(open("/proc/self/ns/pid", O_RDONLY));
	OK(readlink("/proc/self/ns/pid", mine, sizeof(mine) - 1));
	OK(pipe(go));
	init = OK(clone_with(CLONE_NEWPID));
	if (!init) {
		ERR(setns(outer, CLONE_NEWPID), EINVAL); /* it is not inside */
		await(go[0]);
		EQ(wait(&status), -1);
		_exit(0);
	}
	snprintf(name, sizeof(name), "/proc/%d/ns/pid", init);
	OK(readlink(name, child, sizeof(child) - 1));
	TRUE(strcmp(mine, child) && !strncmp(child, "pid:[", 5));
	inner = OK(open(name, O_RDONLY));
	EQ(ioctl(inner, GET_NSTYPE), CLONE_NEWPID);
	ERR(ioctl(outer, GET_PARENT), EPERM);
	int parent = OK(ioctl(inner, GET_PARENT));
	struct stat a, b;
	OK(fstat(parent, &a));
	OK(fstat(outer, &b));
	EQ(a.st_ino, b.st_ino);
	ERR(ioctl(inner, GET_OWNER_UID), EINVAL);
	ERR(setns(inner, CLONE_NEWUTS), EINVAL);
	IN_CHILD({
		OK(setns(inner, CLONE_NEWPID));
		memset(name, 0, sizeof(name));
		OK(readlink("/proc/self/ns/pid_for_children", name, sizeof(name) - 1));
		STREQ(name, child);
		TRUE(raw_getpid() > 2);
		pid = OK(fork());
		if (!pid)
			_exit(raw_getpid() == 2 && getppid() == 0 ? 4 : 1);
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, 4 << 8);
	});
	IN_CHILD({
		int fd = OK(syscall(NR_PIDFD_OPEN, init, 0));

		ERR(setns(fd, 0), EINVAL);
		OK(setns(fd, CLONE_NEWPID | CLONE_NEWUTS));
		if (!OK(fork()))
			_exit(raw_getpid() == 3 ? 0 : 1);
		OK(wait(&status));
		EQ(status, 0);
		drop_root();
		ERR(setns(fd, CLONE_NEWPID), EPERM);
	});
	write(go[1], "x", 1);
	EQ(waitpid(init, &status, 0), init);
	IN_CHILD({
		OK(setns(inner, 0));
		ERR(fork(), ENOMEM);
	});
}

TEST(mounts_of_another_process_are_entered)
{
	int status, go[2], back[2], fd, old;
	char mine[64] = "", its[64] = "", name[64], cwd[4096];
	pid_t pid;

	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("m", 0755));
	getcwd(cwd, sizeof(cwd) - 2);
	strcat(cwd, "/m");
	old = OK(open("/proc/self/ns/mnt", O_RDONLY));
	OK(pipe(go));
	OK(pipe(back));
	pid = OK(clone_with(CLONE_NEWNS));
	if (!pid) {
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
		mount("inner", cwd, "tmpfs", 0, NULL);
		chdir(cwd);
		write_file("there", "inside", 0644);
		write(back[1], "x", 1);
		await(go[0]);
		_exit(0);
	}
	await(back[0]);
	snprintf(name, sizeof(name), "/proc/%d/ns/mnt", pid);
	OK(readlink("/proc/self/ns/mnt", mine, sizeof(mine) - 1));
	OK(readlink(name, its, sizeof(its) - 1));
	TRUE(strcmp(mine, its));
	fd = OK(open(name, O_RDONLY));
	EQ(ioctl(fd, GET_NSTYPE), CLONE_NEWNS);
	ERR(ioctl(fd, GET_PARENT), EINVAL);
	OK(close(OK(ioctl(fd, GET_USERNS))));
	ERR(access("m/there", F_OK), ENOENT);
	write(go[1], "x", 1);
	EQ(waitpid(pid, &status, 0), pid);
	OK(setns(fd, CLONE_NEWNS)); /* the file keeps it */
	char now[64];
	STREQ(getcwd(now, sizeof(now)), "/");
	OK(chdir(cwd));
	STREQ(read_file("there"), "inside");
	OK(setns(old, CLONE_NEWNS));
	OK(chdir(cwd));
	ERR(access("there", F_OK), ENOENT);
	/* Who shares root and working directory cannot leave alone. */
	pid = OK((pid_t)syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0));
	if (!pid) {
		errno = 0;
		setns(fd, CLONE_NEWNS);
		_exit(errno == EINVAL ? 0 : 1);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	drop_root();
	ERR(setns(fd, CLONE_NEWNS), EPERM);
}

static pid_t clone_as(const pid_t *tids, size_t n, uint64_t flags)
{
	struct clone3_args a = { .flags = flags,
				 .exit_signal = SIGCHLD,
				 .set_tid = (uint64_t)(uintptr_t)tids,
				 .set_tid_size = n };

	return (pid_t)syscall(NR_CLONE3, &a, sizeof(a));
}

TEST(clone3_gives_the_number_that_was_asked_for)
{
	int status;

	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		pid_t want[3] = { 30, 0, 0 };
		pid_t pid = OK(clone_as(want, 1, 0));

		if (!pid)
			_exit(raw_getpid() == 30 ? 0 : 1);
		EQ(pid, 30);
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, 0);
		want[0] = 1;
		ERR(clone_as(want, 1, 0), EEXIST);
		want[0] = 0;
		ERR(clone_as(want, 1, 0), EINVAL);
		want[0] = -3;
		ERR(clone_as(want, 1, 0), EINVAL);
		ERR(clone_as(want, 0, 0), EINVAL);
		ERR(clone_as(NULL, 1, 0), EINVAL);
		ERR(clone_as(want, 33, 0), EINVAL);
		ERR(clone_as((pid_t *)8, 1, 0), EFAULT);
		want[0] = 2; /* the first of a new one can be nobody but 1 */
		ERR(clone_as(want, 1, CLONE_NEWPID), EINVAL);
		want[0] = 1;
		want[1] = 77;
		pid = OK(clone_as(want, 2, CLONE_NEWPID));
		if (!pid)
			_exit(raw_getpid() == 1 ? 0 : 1);
		EQ(pid, 77);
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, 0);
		drop_root();
		want[0] = 40;
		ERR(clone_as(want, 1, 0), EPERM);
	});
}

TEST(a_group_is_seen_inside_once_its_number_is)
{
	SKIP_UNLESS(geteuid() == 0);
	AS_INIT({
		pid_t a = sleeper();
		pid_t b = sleeper();
		int status;

		OK(setpgid(a, a));
		OK(setpgid(b, a));
		EQ(getpgid(b), a);
		OK(kill(-a, SIGTERM));
		EQ(waitpid(-a, &status, 0) > 1, 1);
		EQ(waitpid(-a, &status, 0) > 1, 1);
		ERR(waitpid(-a, &status, 0), ECHILD);
	});
}

TEST(who_used_an_ipc_object_is_told_as_the_reader_calls_it)
{
	SKIP_UNLESS(geteuid() == 0);
	int sem = OK(semget(IPC_PRIVATE, 1, 0600)), msg = OK(msgget(IPC_PRIVATE, 0600));
	int shm = OK(shmget(IPC_PRIVATE, 4096, 0600));

	AS_INIT({
		struct sembuf up = { 0, 1, 0 };
		struct msqid_ds queue;
		struct shmid_ds segment;
		long type = 1;

		OK(semop(sem, &up, 1));
		EQ(semctl(sem, 0, GETPID), 1);
		OK(msgsnd(msg, &type, 0, 0));
		OK(msgctl(msg, IPC_STAT, &queue));
		EQ(queue.msg_lspid, 1);
		EQ(queue.msg_lrpid, 0);
		TRUE(shmat(shm, NULL, 0) != (void *)-1);
		OK(shmctl(shm, IPC_STAT, &segment));
		EQ(segment.shm_lpid, 1);
		EQ(segment.shm_cpid, 0); /* whom one does not see */
	});
	TRUE(semctl(sem, 0, GETPID) > 1);
	OK(semctl(sem, 0, IPC_RMID));
	OK(msgctl(msg, IPC_RMID, NULL));
	OK(shmctl(shm, IPC_RMID, NULL));
}

/* ---- reboot(2) ---- */

/* How the init of a name space ends that is rebooted by its init, or by another in it. */
static int reboot_status(int command, bool by_init)
{
	pid_t pid = clone_with(CLONE_NEWPID);
	int status = -1;

	if (!pid) {
		if (by_init || !fork())
			reboot(command);
		else
			for (;;)
				pause();
		_exit(1);
	}
	EQ(waitpid(pid, &status, 0), pid);
	return status;
}

TEST(a_reboot_ends_the_name_space_as_by_a_signal)
{
	SKIP_UNLESS(may_make_one());
	AS_INIT({
		for (int by_init = 0; by_init < 2; by_init++) {
			EQ(reboot_status(RB_AUTOBOOT, by_init), SIGHUP);
			EQ(reboot_status(RB_HALT_SYSTEM, by_init), SIGINT);
			EQ(reboot_status(RB_POWER_OFF, by_init), SIGINT);
		}
		ERR(reboot(RB_DISABLE_CAD), EINVAL);
		ERR(reboot(RB_SW_SUSPEND), EINVAL);
		ERR(syscall(SYS_reboot, 0xfee1deadu, 1, RB_AUTOBOOT, 0), EINVAL);
		ERR(syscall(SYS_reboot, 1, 0x28121969, RB_AUTOBOOT, 0), EINVAL);
		OK(setresuid(65534, 65534, 65534));
		ERR(reboot(RB_AUTOBOOT), EPERM);
	});
}

TEST(nobody_without_the_right_reboots_anything)
{
	if (!geteuid())
		OK(setresuid(65534, 65534, 65534));
	ERR(syscall(SYS_reboot, 0xfee1deadu, 0x28121969, RB_AUTOBOOT, 0), EPERM);
	ERR(syscall(SYS_reboot, 1, 1, 1, 0), EPERM);
}

/* ---- ns_last_pid ---- */

#define LAST "/proc/sys/kernel/ns_last_pid"

static int put(const char *name, const char *text)
{
	int fd = OK(open(name, O_WRONLY)), err = 0;

	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

TEST(the_number_given_last_can_be_read_and_set)
{
	SKIP_UNLESS(may_make_one());
	AS_INIT({
		EQ(atoi(read_file(LAST)), 1);
		EQ(put(LAST, "50\n"), 0);
		pid_t pid = OK(fork());
		if (!pid)
			_exit(0);
		EQ(pid, 51);
		EQ(atoi(read_file(LAST)), 51);
		EQ(put(LAST, "0"), 0);
		pid = OK(fork());
		if (!pid)
			_exit(0);
		EQ(pid, 2); /* 1 is taken */
		EQ(put(LAST, "-1"), EINVAL);
		EQ(put(LAST, "99999999"), EINVAL);
		EQ(put(LAST, "no"), EINVAL);
		OK(setresuid(65534, 65534, 65534));
		EQ(put(LAST, "50"), EPERM);
	});
}

TEST(who_is_not_seen_is_not_told_of)
{
	struct {
		uint64_t mask, cgroupid;
		uint32_t pid, tgid, ppid, ids[8], exit_code, core, spare;
	} info = { 0 };
	unsigned long request = _IOWR(0xff, 11, info);
	int fd = OK(syscall(NR_PIDFD_OPEN, getpid(), 0)), in;
	int said[2];

	SKIP_UNLESS(!ioctl(fd, request, &info) && may_make_one());
	OK(pipe(said));
	pid_t pid = OK(fork());
	if (!pid) {
		EQ(ioctl(fd, request, &info), -1);
		TRUE(errno == EREMOTE || errno == ESRCH); /* before Linux 6.18.14 */
		in = OK(syscall(NR_PIDFD_OPEN, getpid(), 0));
		OK(ioctl(in, request, &info));
		EQ(info.pid, 1);
		EQ(info.ppid, 0);
		write(said[1], "x", 1);
		pause();
	}
	await(said[0]);
	in = OK(syscall(NR_PIDFD_OPEN, pid, 0));
	OK(ioctl(in, request, &info));
	EQ(info.pid, pid);
	EQ(info.ppid, getpid());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(a_directory_of_a_process_is_nobody_elses_who_has_its_number_later)
{
	SKIP_UNLESS(may_make_one());
	AS_INIT({
		struct stat first, second;
		char name[64], number[16];
		OK(unshare(CLONE_NEWNS));
		OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
		OK(mount("proc", "/proc", "proc", 0, NULL));
		pid_t pid = sleeper();
		snprintf(name, sizeof(name), "/proc/%d", pid);
		int dir = OK(open(name, O_DIRECTORY | O_RDONLY));
		OK(fstat(dir, &first));
		TRUE(openat(dir, "stat", O_RDONLY) >= 0);
		kill(pid, SIGKILL);
		EQ(waitpid(pid, NULL, 0), pid);
		snprintf(number, sizeof(number), "%d", pid - 1);
		EQ(put(LAST, number), 0);
		EQ(sleeper(), pid);
		OK(stat(name, &second));
		TRUE(first.st_ino != second.st_ino);
		ERR(syscall(NR_PIDFD_SEND_SIGNAL, dir, SIGTERM, NULL, 0), ESRCH);
		TRUE(openat(dir, "stat", O_RDONLY) == -1);
		OK(kill(pid, 0));
	});
}
