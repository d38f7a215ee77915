/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping. */
#include "guest.h"
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
