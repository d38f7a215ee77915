/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping. */
#include "guest.h"
#include <pthread.h>
#include <sys/time.h>

#define MS 1000000LL

static int64_t slept(int (*f)(void))
{
	int64_t begin = now_ns(CLOCK_MONOTONIC);

	OK(f());
	return now_ns(CLOCK_MONOTONIC) - begin;
}

static int nap(void)
{
	return nanosleep(&(struct timespec){ 0, 30 * MS }, NULL);
}
static int nap_relative(void)
{
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 30 * MS }, NULL);
}

static int nap_until(clockid_t clock)
{
	int64_t end = now_ns(clock) + 30 * MS;
	struct timespec ts = { end / 1000000000, end % 1000000000 };

	return clock_nanosleep(clock, TIMER_ABSTIME, &ts, NULL);
}
static int nap_until_monotonic(void)
{
	return nap_until(CLOCK_MONOTONIC);
}
static int nap_until_realtime(void)
{
	return nap_until(CLOCK_REALTIME);
}

TEST(sleeps_take_their_time)
{
	BETWEEN(slept(nap), 30 * MS, 3000 * MS);
	BETWEEN(slept(nap_relative), 30 * MS, 3000 * MS);
	BETWEEN(slept(nap_until_monotonic), 29 * MS, 3000 * MS);
	BETWEEN(slept(nap_until_realtime), 29 * MS, 3000 * MS);
}

TEST(a_past_moment_returns_at_once)
{
	int64_t begin = now_ns(CLOCK_MONOTONIC);

	EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){ 1, 0 }, NULL), 0);
	EQ(nanosleep(&(struct timespec){ 0, 0 }, NULL), 0);
	BETWEEN(now_ns(CLOCK_MONOTONIC) - begin, 0, 1000 * MS);
}

TEST(errors)
{
	struct timespec ts;

	ERR(nanosleep(&(struct timespec){ 0, 1000000000 }, NULL), EINVAL);
	ERR(nanosleep(&(struct timespec){ -1, 0 }, NULL), EINVAL);
	EQ(clock_nanosleep(99, 0, &(struct timespec){ 0, 1 }, NULL), EINVAL);
	ERR(syscall(SYS_clock_gettime, 99, &ts), EINVAL);
	ERR(syscall(SYS_clock_getres, 99, &ts), EINVAL);
}

TEST(clocks_go_forward_and_agree)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME,
					    CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };
	struct timespec ts;
	struct timeval tv;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		int64_t a = now_ns(clocks[i]), b = now_ns(clocks[i]);

		TRUE(b >= a);
	}
	OK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts));
	BETWEEN(ts.tv_sec - time(NULL), -1, 1);
	OK(syscall(SYS_gettimeofday, &tv, NULL));
	BETWEEN(tv.tv_sec - ts.tv_sec, 0, 1);
	BETWEEN(syscall(SYS_time, NULL) - ts.tv_sec, -1, 1);
	OK(clock_getres(CLOCK_MONOTONIC, &ts));
	EQ(ts.tv_sec, 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

TEST(an_absolute_sleep_has_no_remainder)
{
	struct itimerval soon = { { 0, 0 }, { 0, 30000 } };
	int64_t end = now_ns(CLOCK_MONOTONIC) + 5000 * MS;
	struct timespec at = { end / 1000000000, end % 1000000000 }, rem = { 55, 66 };

	signal(SIGALRM, on_alarm);
	OK(setitimer(ITIMER_REAL, &soon, NULL));
	EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, &rem), EINTR);
	EQ(rem.tv_sec, 55);
	OK(setitimer(ITIMER_REAL, &soon, NULL));
	EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 5, 0 }, &rem), EINTR);
	BETWEEN(rem.tv_sec, 3, 4);
}

TEST(many_sleepers_wake_in_order)
{
	static const int delays[] = { 90, 30, 60 };
	int p[2];
	char order[4] = "";

	OK(pipe(p));
	for (int i = 0; i < 3; i++)
		if (OK(fork()) == 0) {
			sleep_ms(delays[i]);
			write(p[1], &"cab"[i], 1);
			_exit(0);
		}
	for (int i = 0; i < 3; i++)
		EQ(read(p[0], order + i, 1), 1);
	STREQ(order, "abc");
	while (wait(NULL) > 0)
		;
}

/* ---- CPU time ---- */

static void burn(int64_t ns)
{
	int64_t until = now_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

TEST(the_cpu_clock_of_another_process_can_be_read)
{
	clockid_t clock;
	struct timespec ts;
	int fds[2];
	char c;
	pid_t pid;

	OK(pipe(fds));
	pid = OK(fork());
	if (!pid) {
		burn(60000000);
		write(fds[1], "", 1);
		sleep_ms(10000);
		_exit(0);
	}
	read(fds[0], &c, 1);
	EQ(clock_getcpuclockid(pid, &clock), 0);
	OK(clock_gettime(clock, &ts));
	BETWEEN(ts.tv_sec * 1000000000LL + ts.tv_nsec, 50000000, 5000000000LL);
	OK(clock_getres(clock, &ts));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ERR(syscall(SYS_clock_gettime, clock, &ts), EINVAL);
	ERR(syscall(SYS_clock_gettime, (int)(~4000000u << 3 | 2), &ts), EINVAL);
}

static void *idle_thread(void *arg)
{
	(void)arg;
	burn(40000000);
	sleep_ms(10000);
	return NULL;
}

TEST(the_cpu_clock_of_a_thread_is_its_own)
{
	clockid_t clock;
	struct timespec ts;
	pthread_t thread;

	EQ(pthread_create(&thread, NULL, idle_thread, NULL), 0);
	sleep_ms(300);
	EQ(pthread_getcpuclockid(thread, &clock), 0);
	OK(clock_gettime(clock, &ts));
	BETWEEN(ts.tv_sec * 1000000000LL + ts.tv_nsec, 1000000, 200000000);
}

static volatile int fired;
static void on_timer(int sig)
{
	(void)sig;
	fired++;
}

TEST(a_timer_on_cpu_time_counts_cpu_time_only)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its = { .it_value = { 0, 80000000 } }, left;
	timer_t timer;

	signal(SIGUSR1, on_timer);
	OK(timer_create(CLOCK_PROCESS_CPUTIME_ID, &ev, &timer));
	OK(timer_settime(timer, 0, &its, NULL));
	sleep_ms(200);
	EQ(fired, 0);
	OK(timer_gettime(timer, &left));
	BETWEEN(left.it_value.tv_nsec, 1, 80000000);
	burn(70000000);
	burn(80000000);
	EQ(fired, 1);
	OK(timer_delete(timer));
	OK(timer_create(CLOCK_THREAD_CPUTIME_ID, &ev, &timer));
	OK(timer_settime(timer, 0, &its, NULL));
	burn(200000000);
	EQ(fired, 2);
}

static _Atomic bool enough;

static void *busy_thread(void *arg)
{
	while (!enough)
		;
	return arg;
}

TEST(a_sleep_on_cpu_time_ends_when_others_have_used_it)
{
	struct timespec ts = { 0, 50000000 };
	pthread_t thread;

	EQ(pthread_create(&thread, NULL, busy_thread, NULL), 0);
	ts.tv_nsec = 20000000;
	EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL), 0);
	enough = true;
	EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EINVAL);
	ERR(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EOPNOTSUPP);
}

TEST(periods_that_passed_before_a_timer_was_set_are_overruns)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its = { .it_interval = { 0, 1 } };
	timer_t timer;
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	OK(timer_create(CLOCK_REALTIME, &ev, &timer));
	clock_gettime(CLOCK_REALTIME, &its.it_value);
	its.it_value.tv_sec -= 10;
	OK(timer_settime(timer, TIMER_ABSTIME, &its, NULL));
	EQ(sigwaitinfo(&set, &info), SIGUSR1);
	EQ(info.si_overrun, INT_MAX);
	EQ(timer_getoverrun(timer), INT_MAX);
}

TEST(clocks_cannot_be_set_by_ordinary_users)
{
	struct timespec ts = { 1, 0 };
	char tx[208] = { 1 };

	drop_root();
	ERR(clock_settime(CLOCK_REALTIME, &ts), EPERM);
	ERR(clock_settime(CLOCK_MONOTONIC, &ts), EINVAL);
	ERR(syscall(SYS_settimeofday, &ts, NULL), EPERM);
	ERR(syscall(SYS_adjtimex, tx), EPERM);
	tx[0] = 0;
	TRUE(syscall(SYS_adjtimex, tx) >= 0);
	ERR(syscall(SYS_adjtimex, 8), EFAULT);
	ERR(syscall(SYS_clock_adjtime, 77, tx), EINVAL);
}
