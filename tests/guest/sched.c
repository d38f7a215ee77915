/* SPDX-License-Identifier: MIT */
/* Scheduling attributes, nice values, affinity, personality, names of the instance, comparing processes. */
#include "guest.h"
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <sys/utsname.h>

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS };

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static long setscheduler(pid_t pid, int policy, int priority)
{
	return syscall(SYS_sched_setscheduler, pid, policy, &priority);
}

TEST(a_policy_that_was_set_is_told)
{
	int priority = -1;
	struct timespec ts;

	SKIP_UNLESS(geteuid() == 0);
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	SKIP_UNLESS(setscheduler(0, SCHED_RR, 7) == 0);
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_RR);
	OK(syscall(SYS_sched_getparam, 0, &priority));
	EQ(priority, 7);
	OK(syscall(SYS_sched_rr_get_interval, 0, &ts));
	EQ(ts.tv_nsec, 100000000);
	IN_CHILD(EQ(syscall(SYS_sched_getscheduler, 0), SCHED_RR));
	OK(setscheduler(0, SCHED_RR | 0x40000000, 7));
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_RR | 0x40000000);
	IN_CHILD(EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER));
	OK(setscheduler(0, SCHED_FIFO, 1));
	OK(syscall(SYS_sched_rr_get_interval, 0, &ts));
	EQ(ts.tv_nsec, 0);
}

TEST(priorities_must_fit_their_policy)
{
	ERR(setscheduler(0, SCHED_OTHER, 1), EINVAL);
	ERR(setscheduler(0, SCHED_FIFO, 0), EINVAL);
	ERR(setscheduler(0, SCHED_FIFO, 100), EINVAL);
	ERR(setscheduler(0, 77, 0), EINVAL);
	ERR(setscheduler(-1, SCHED_OTHER, 0), EINVAL);
	ERR(setscheduler(4000000, SCHED_OTHER, 0), ESRCH);
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL), EINVAL);
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, (void *)8), EFAULT);
	ERR(syscall(SYS_sched_getparam, 0, NULL), EINVAL);
	OK(setscheduler(0, SCHED_BATCH, 0));
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_BATCH);
}

TEST(an_ordinary_user_gets_no_real_time)
{
	struct rlimit none = { 0, 0 };

	OK(setrlimit(RLIMIT_RTPRIO, &none));
	OK(setrlimit(RLIMIT_NICE, &none));
	drop_root();
	ERR(setscheduler(0, SCHED_FIFO, 1), EPERM);
	ERR(setscheduler(1, SCHED_OTHER, 0), EPERM);
	OK(setpriority(PRIO_PROCESS, 0, 5));
	ERR(setpriority(PRIO_PROCESS, 0, 4), EACCES);
	OK(setscheduler(0, SCHED_IDLE, 0));
	ERR(setscheduler(0, SCHED_OTHER, 0), EPERM);
}

TEST(attributes_of_any_size)
{
	struct attr a = { .size = sizeof(a), .nice = 7 }, got;
	char big[4096] = { 0 };

	OK(syscall(SYS_sched_setattr, 0, &a, 0));
	OK(syscall(SYS_sched_getattr, 0, &got, sizeof(got), 0));
	EQ(got.size, sizeof(got));
	EQ(got.policy, SCHED_OTHER);
	EQ(got.nice, 7);
	EQ(getpriority(PRIO_PROCESS, 0), 7);
	OK(syscall(SYS_sched_getattr, 0, &got, 48, 0));
	EQ(got.size, 48);
	ERR(syscall(SYS_sched_getattr, 0, &got, 47, 0), EINVAL);
	ERR(syscall(SYS_sched_getattr, 0, &got, 4097, 0), EINVAL);
	ERR(syscall(SYS_sched_getattr, 0, &got, 56, 1), EINVAL);
	ERR(syscall(SYS_sched_getattr, 0, NULL, 56, 0), EINVAL);
	a.size = 47;
	ERR(syscall(SYS_sched_setattr, 0, &a, 0), E2BIG);
	EQ(a.size, 56);
	memcpy(big, &a, sizeof(a));
	*(uint32_t *)big = 4096;
	OK(syscall(SYS_sched_setattr, 0, big, 0));
	big[4095] = 1;
	ERR(syscall(SYS_sched_setattr, 0, big, 0), E2BIG);
	a.flags = 0x1000;
	ERR(syscall(SYS_sched_setattr, 0, &a, 0), EINVAL);
	ERR(syscall(SYS_sched_setattr, 0, &a, 1), EINVAL);
	ERR(syscall(SYS_sched_setattr, -1, &a, 0), EINVAL);
}

TEST(nice_values_are_inherited_and_of_threads_alone)
{
	OK(setpriority(PRIO_PROCESS, 0, 3));
	IN_CHILD(EQ(getpriority(PRIO_PROCESS, 0), 3));
	OK(setpriority(PRIO_PROCESS, 0, 100));
	EQ(getpriority(PRIO_PROCESS, 0), 19);
	ERR(setpriority(9, 0, 0), EINVAL);
	ERR(setpriority(PRIO_PROCESS, 4000000, 0), ESRCH);
	ERR(setpriority(PRIO_PGRP, 4000000, 0), ESRCH);
}

TEST(affinity_is_kept_and_checked)
{
	unsigned long mask = 0;

	BETWEEN(syscall(SYS_sched_getaffinity, 0, sizeof(mask), &mask), 8, 1024);
	TRUE(mask != 0);
	ERR(syscall(SYS_sched_getaffinity, 0, 4, &mask), EINVAL);
	mask = 0;
	ERR(syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask), EINVAL);
	mask = 1;
	OK(syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask));
	mask = 0;
	syscall(SYS_sched_getaffinity, 0, sizeof(mask), &mask);
	EQ(mask, 1);
	if (geteuid()) /* the parent is the same user's */
		return;
	drop_root();
	ERR(syscall(SYS_sched_setaffinity, getppid(), sizeof(mask), &mask), EPERM);
}

TEST(personality_is_kept_and_acted_on)
{
	struct utsname u;
	struct timeval tv = { 0, 1000 };

	EQ(personality(0xffffffff), 0);
	EQ(personality(PER_LINUX32), 0);
	OK(uname(&u));
	STREQ(u.machine, "i686");
	IN_CHILD(EQ(personality(0xffffffff), PER_LINUX32));
	EQ(personality(STICKY_TIMEOUTS), PER_LINUX32);
	EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	EQ(tv.tv_usec, 1000);
	EQ(personality(0), STICKY_TIMEOUTS);
	EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	EQ(tv.tv_usec, 0);
}

static void host_is(const char *name)
{
	struct utsname u;

	OK(uname(&u));
	STREQ(u.nodename, name);
}

TEST(host_names_have_name_spaces)
{
	char before[64] = "", mine[64] = "";
	struct utsname u;
	int go[2], outside, status;
	char path[64], c;
	pid_t pid;

	SKIP_UNLESS(geteuid() == 0);
	outside = OK(open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC));
	EQ(readlink("/proc/self/ns/uts", before, sizeof(before) - 1), strlen(before));
	SKIP_UNLESS(unshare(CLONE_NEWUTS) == 0);
	OK(readlink("/proc/self/ns/uts", mine, sizeof(mine) - 1));
	TRUE(strcmp(before, mine) && !strncmp(mine, "uts:[", 5));
	OK(sethostname("inner", 5));
	host_is("inner");
	OK(pipe(go));
	pid = OK((pid_t)syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0));
	if (!pid) {
		host_is("inner");
		OK(sethostname("innermost", 9));
		STREQ(read_file("/proc/sys/kernel/hostname"), "innermost\n");
		write(go[1], "x", 1);
		pause();
	}
	EQ(read(go[0], &c, 1), 1);
	host_is("inner");
	IN_CHILD(host_is("inner"));
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	int fd = OK(open(path, O_RDONLY));
	ERR(setns(fd, CLONE_NEWNS), EINVAL);
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	OK(setns(fd, CLONE_NEWUTS)); /* the file keeps it */
	host_is("innermost");
	OK(setns(outside, 0));
	OK(uname(&u));
	TRUE(strcmp(u.nodename, "innermost") && strcmp(u.nodename, "inner"));
	ERR(setns(go[0], 0), EINVAL);
	drop_root();
	ERR(setns(fd, CLONE_NEWUTS), EPERM);
	ERR(unshare(CLONE_NEWUTS), EPERM);
}

TEST(memory_of_another_process_is_read_and_written)
{
	static char text[8192] = "of the parent";
	char buf[64] = "", *page = text;
	struct iovec l = { buf, sizeof(buf) }, r = { text, sizeof(buf) };
	int go[2], done[2];
	pid_t pid;

	OK(pipe(go));
	OK(pipe(done));
	pid = OK(fork());
	if (!pid) {
		strcpy(text, "of the child");
		write(done[1], "", 1);
		read(go[0], buf, 1);
		_exit(!strcmp(text, "written") ? 0 : 1);
	}
	read(done[0], buf, 1);
	EQ(syscall(SYS_process_vm_readv, pid, &l, 1, &r, 1, 0), 64);
	STREQ(buf, "of the child");
	strcpy(buf, "written");
	EQ(syscall(SYS_process_vm_writev, pid, &l, 1, &r, 1, 0), 64);
	r.iov_base = (void *)8;
	ERR(syscall(SYS_process_vm_readv, pid, &l, 1, &r, 1, 0), EFAULT);
	ERR(syscall(SYS_process_vm_readv, pid, &l, 1, &r, 1, 1), EINVAL);
	ERR(syscall(SYS_process_vm_readv, 4000000, &l, 1, &r, 1, 0), ESRCH);
	r.iov_base = page;
	l.iov_len = 0;
	EQ(syscall(SYS_process_vm_readv, pid, &l, 1, &r, 1, 0), 0);
	write(go[1], "", 1);
	int status = -1;
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
}

TEST(what_processes_share_can_be_compared)
{
	int a = OK(dup(0)), b = OK(open("/dev/null", O_RDONLY));
	pid_t me = getpid();

	EQ(syscall(SYS_kcmp, me, me, KCMP_FILE, 0, a), 0);
	TRUE(syscall(SYS_kcmp, me, me, KCMP_FILE, a, b) > 0);
	EQ(syscall(SYS_kcmp, me, me, KCMP_FILE, a, b) + syscall(SYS_kcmp, me, me, KCMP_FILE, b, a),
	   3);
	EQ(syscall(SYS_kcmp, me, me, KCMP_VM, 0, 0), 0);
	ERR(syscall(SYS_kcmp, me, me, KCMP_FILE, 0, 999), EBADF);
	ERR(syscall(SYS_kcmp, me, me, 99, 0, 0), EINVAL);
	ERR(syscall(SYS_kcmp, me, 4000000, KCMP_VM, 0, 0), ESRCH);
	IN_CHILD(TRUE(syscall(SYS_kcmp, getpid(), getppid(), KCMP_VM, 0, 0) > 0);
		 TRUE(syscall(SYS_kcmp, getpid(), getppid(), KCMP_FILES, 0, 0) > 0);
		 EQ(syscall(SYS_kcmp, getpid(), getppid(), KCMP_FILE, 0, 0), 0));
}

TEST(unshare_gives_a_table_of_its_own)
{
	int status = -1;
	pid_t pid = syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);

	if (!pid) {
		guest_failures = 0;
		EQ(syscall(SYS_kcmp, getpid(), getppid(), KCMP_FILES, 0, 0), 0);
		OK(syscall(SYS_unshare, CLONE_FILES));
		TRUE(syscall(SYS_kcmp, getpid(), getppid(), KCMP_FILES, 0, 0) > 0);
		EQ(syscall(SYS_kcmp, getpid(), getppid(), KCMP_FS, 0, 0), 0);
		OK(syscall(SYS_unshare, CLONE_FS));
		TRUE(syscall(SYS_kcmp, getpid(), getppid(), KCMP_FS, 0, 0) > 0);
		close(0);
		chdir("/");
		_exit(guest_failures);
	}
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	OK(fcntl(0, F_GETFD));
	ERR(syscall(SYS_unshare, 0x4), EINVAL);
	OK(syscall(SYS_unshare, 0));
}

TEST(a_subreaper_adopts_orphans)
{
	int status = -1, value = -1, fds[2];
	pid_t child, orphan = 0;

	OK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	OK(prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0));
	EQ(value, 1);
	OK(pipe(fds));
	child = OK(fork());
	if (!child) {
		orphan = fork();
		if (!orphan) {
			while (getppid() != 1 && getppid() == child)
				;
			sleep_ms(50);
			_exit(9);
		}
		write(fds[1], &orphan, sizeof(orphan));
		_exit(3);
	}
	EQ(read(fds[0], &orphan, sizeof(orphan)), sizeof(orphan));
	EQ(waitpid(child, &status, 0), child);
	EQ(status, 3 << 8);
	EQ(waitpid(-1, &status, 0), orphan);
	EQ(status, 9 << 8);
	IN_CHILD(prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0); EQ(value, 0));
}
