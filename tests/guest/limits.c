/* SPDX-License-Identifier: MIT */
/* Resource limits, priorities, scheduling, uname, sysinfo, times. */
#include "guest.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

TEST(limits_are_read_and_lowered)
{
	struct rlimit lim, again;

	for (int i = 0; i < 16; i++) {
		OK(getrlimit(i, &lim));
		TRUE(lim.rlim_cur <= lim.rlim_max);
	}
	lim = (struct rlimit){ 100, 200 };
	OK(setrlimit(RLIMIT_NOFILE, &lim));
	OK(getrlimit(RLIMIT_NOFILE, &again));
	EQ(again.rlim_cur, 100);
	EQ(again.rlim_max, 200);
	lim.rlim_cur = 201;
	ERR(setrlimit(RLIMIT_NOFILE, &lim), EINVAL);
	lim.rlim_cur = 200;
	OK(setrlimit(RLIMIT_NOFILE, &lim));
	ERR(getrlimit(16, &lim), EINVAL);
	ERR(getrlimit(-1, &lim), EINVAL);
}

TEST(a_hard_limit_cannot_be_raised_by_a_user)
{
	struct rlimit lim = { 10, 10 };

	drop_root();
	OK(setrlimit(RLIMIT_CORE, &lim));
	lim.rlim_max = 20;
	ERR(setrlimit(RLIMIT_CORE, &lim), EPERM);
}

TEST(limits_are_inherited)
{
	struct rlimit lim = { 77, 88 };

	OK(setrlimit(RLIMIT_NOFILE, &lim));
	IN_CHILD({
		struct rlimit mine;

		OK(getrlimit(RLIMIT_NOFILE, &mine));
		EQ(mine.rlim_cur, 77);
		EQ(mine.rlim_max, 88);
	});
}

TEST(prlimit_reads_and_sets_at_once)
{
	struct {
		uint64_t cur, max;
	} old, lim = { 50, 60 };

	OK(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &lim, &old));
	OK(syscall(SYS_prlimit64, getpid(), RLIMIT_NOFILE, NULL, &old));
	EQ(old.cur, 50);
	EQ(old.max, 60);
	ERR(syscall(SYS_prlimit64, 999999, RLIMIT_NOFILE, NULL, &old), ESRCH);
}

TEST(nice_values)
{
	errno = 0;
	int before = getpriority(PRIO_PROCESS, 0);

	OK(setpriority(PRIO_PROCESS, 0, before + 3));
	EQ(getpriority(PRIO_PROCESS, 0), before + 3);
	ERR(getpriority(PRIO_PROCESS, 999999), ESRCH);
	ERR(getpriority(9, 0), EINVAL);
	IN_CHILD({
		drop_root();
		EQ(getpriority(PRIO_PROCESS, 0), before + 3);
		ERR(setpriority(PRIO_PROCESS, 0, before), EACCES);
	});
}

TEST(scheduling_is_other)
{
	struct sched_param param = { .sched_priority = 0 };
	cpu_set_t set;

	EQ(syscall(SYS_sched_getscheduler, 0), 0);
	OK(syscall(SYS_sched_getparam, 0, &param));
	EQ(param.sched_priority, 0);
	EQ(sched_get_priority_max(SCHED_FIFO), 99);
	EQ(sched_get_priority_min(SCHED_FIFO), 1);
	EQ(sched_get_priority_max(SCHED_OTHER), 0);
	ERR(sched_get_priority_max(77), EINVAL);
	ERR(syscall(SYS_sched_getscheduler, 999999), ESRCH);
	OK(sched_yield());
	OK(sched_getaffinity(0, sizeof(set), &set));
	TRUE(CPU_COUNT(&set) >= 1);
	ERR(syscall(SYS_sched_getaffinity, 0, 1, &set), EINVAL);
	OK(sched_setaffinity(0, sizeof(set), &set));
}

TEST(uname_is_linux_on_x86_64)
{
	struct utsname name;
	char host[256];

	OK(uname(&name));
	STREQ(name.sysname, "Linux");
	STREQ(name.machine, "x86_64");
	TRUE(name.release[0] >= '3' && strchr(name.release, '.') != NULL);
	TRUE(name.version[0] == '#');
	OK(gethostname(host, sizeof(host)));
	STREQ(name.nodename, host);
}

TEST(sysinfo_is_plausible)
{
	struct sysinfo info;

	OK(sysinfo(&info));
	TRUE(info.uptime > 0);
	TRUE(info.totalram > info.freeram);
	TRUE(info.mem_unit >= 1);
	TRUE(info.procs >= 1);
}

TEST(times_count_ticks)
{
	struct tms a, b;
	clock_t begin = times(&a);

	sleep_ms(50);
	clock_t end = times(&b);

	BETWEEN(end - begin, 4, 200);
	TRUE(b.tms_utime >= a.tms_utime);
}

TEST(personality_is_linux)
{
	EQ(syscall(SYS_personality, 0xffffffff), 0);
}

TEST(ioprio_is_kept)
{
	EQ(syscall(SYS_ioprio_get, 1, 0) >= 0, 1);
	OK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4));
	EQ(syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 4);
	ERR(syscall(SYS_ioprio_get, 9, 0), EINVAL);
}

TEST(no_more_processes_than_the_limit)
{
	struct rlimit r = { 5, 5 };
	int made = 0;
	pid_t pid;

	if (geteuid() == 0 && (setgid(54321) || setuid(54321)))
		FAIL("cannot drop root: %s", strerror(errno));
	SKIP_UNLESS(getuid() == 54321);
	OK(setrlimit(RLIMIT_NPROC, &r));
	for (; made < 10; made++) {
		pid = fork();
		if (!pid) {
			pause();
			_exit(0);
		}
		if (pid < 0)
			break;
	}
	EQ(made, 4);
	EQ(errno, EAGAIN);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (made-- > 0)
		wait(NULL);
	pid = OK(fork());
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}
