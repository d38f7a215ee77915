/* SPDX-License-Identifier: MIT */
/* Futexes whose word names its owner: mutexes of protocol INHERIT, contended, robust, shared, and by hand. */
#include "guest.h"
#include <pthread.h>
#include <sys/mman.h>

#define FUTEX_LOCK_PI         6
#define FUTEX_UNLOCK_PI       7
#define FUTEX_TRYLOCK_PI      8
#define FUTEX_WAIT_REQUEUE_PI 11
#define FUTEX_CMP_REQUEUE_PI  12
#define FUTEX_LOCK_PI2        13
#define FUTEX_PRIVATE         128
#define FUTEX_CLOCK_REALTIME  256
#define FUTEX_WAITERS         0x80000000u
#define FUTEX_OWNER_DIED      0x40000000u
#define FUTEX_TID_MASK        0x3fffffffu

#define THREADS 4
#define ROUNDS  2000

static long op(uint32_t *word, int cmd, uint32_t value, void *timeout, uint32_t *other,
	       uint32_t value3)
{
	return syscall(SYS_futex, word, cmd, value, timeout, other, value3);
}

static uint32_t self(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

static pthread_mutex_t *mutex_new(bool robust)
{
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				  -1, 0);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	if (robust)
		EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	EQ(pthread_mutex_init(m, &attr), 0);
	return m;
}

/* ---- by mutexes ---- */

struct counted {
	pthread_mutex_t *mutex;
	long count;
};

static void *count(void *arg)
{
	struct counted *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(c->mutex);
		c->count++;
		if (i % 64 == 0)
			sched_yield();
		pthread_mutex_unlock(c->mutex);
	}
	return NULL;
}

TEST(threads_exclude_each_other)
{
	struct counted c = { mutex_new(false), 0 };
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		EQ(pthread_create(&t[i], NULL, count, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	EQ(c.count, THREADS * ROUNDS);
}

TEST(processes_exclude_each_other)
{
	struct counted *c = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				 0);

	c->mutex = mutex_new(false);
	for (int i = 0; i < THREADS; i++)
		if (!OK(fork())) {
			count(c);
			_exit(0);
		}
	for (int i = 0; i < THREADS; i++)
		OK(wait(NULL));
	EQ(c->count, THREADS * ROUNDS);
}

static pid_t owner_that_dies(pthread_mutex_t *m, int after_ms)
{
	int p[2];
	char c;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (!pid) {
		pthread_mutex_lock(m);
		write(p[1], "x", 1);
		sleep_ms(after_ms);
		kill(getpid(), SIGKILL);
	}
	EQ(read(p[0], &c, 1), 1);
	close(p[0]);
	close(p[1]);
	return pid;
}

TEST(the_owner_of_a_robust_one_dies_while_it_is_waited_for)
{
	pthread_mutex_t *m = mutex_new(true);
	pid_t pid = owner_that_dies(m, 60);

	EQ(pthread_mutex_lock(m), EOWNERDEAD);
	EQ(pthread_mutex_consistent(m), 0);
	EQ(pthread_mutex_unlock(m), 0);
	EQ(pthread_mutex_lock(m), 0);
	EQ(pthread_mutex_unlock(m), 0);
	OK(waitpid(pid, NULL, 0));
}

TEST(the_owner_of_a_robust_one_died_before)
{
	pthread_mutex_t *m = mutex_new(true);
	pid_t pid = owner_that_dies(m, 0);

	OK(waitpid(pid, NULL, 0));
	EQ(pthread_mutex_lock(m), EOWNERDEAD);
	EQ(pthread_mutex_unlock(m), 0); /* not made consistent */
	EQ(pthread_mutex_lock(m), ENOTRECOVERABLE);
}

TEST(waiters_inherit_one_after_the_other)
{
	pthread_mutex_t *m = mutex_new(true);
	int dead = 0, status;
	pid_t pid = owner_that_dies(m, 60);

	for (int i = 0; i < 3; i++)
		if (!OK(fork())) {
			int res = pthread_mutex_lock(m);

			if (res == EOWNERDEAD)
				pthread_mutex_consistent(m);
			sleep_ms(5);
			pthread_mutex_unlock(m);
			_exit(res == EOWNERDEAD ? 1 : res ? 2 : 0);
		}
	for (int i = 0; i < 4; i++) {
		pid_t ended = OK(wait(&status));

		if (ended != pid)
			dead += WEXITSTATUS(status);
	}
	EQ(dead, 1);
}

/* ---- by hand ---- */

TEST(a_free_word_is_taken_and_given_back)
{
	uint32_t word = 0;

	OK(op(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EQ(word, self());
	ERR(op(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	ERR(op(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	OK(op(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	EQ(word, 0);
	ERR(op(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	OK(op(&word, FUTEX_LOCK_PI2 | FUTEX_PRIVATE, 0, NULL, NULL, 0));
	OK(op(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE, 0, NULL, NULL, 0));
	word = FUTEX_OWNER_DIED;
	OK(op(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	EQ(word, self() | FUTEX_OWNER_DIED);
}

TEST(bad_words_and_times)
{
	uint32_t words[2] = { 0x3ffffff0, 0 };
	struct timespec bad = { 0, 1000000000 };

	ERR(op(words, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
	words[0] = 0x3ffffff0;
	ERR(op(words, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), ESRCH);
	ERR(op(words, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	ERR(op((uint32_t *)((char *)words + 1), FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL);
	ERR(op((uint32_t *)8, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	ERR(op((uint32_t *)8, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EFAULT);
	ERR(op(words, FUTEX_LOCK_PI, 0, &bad, NULL, 0), EINVAL);
	ERR(op(words, FUTEX_LOCK_PI, 0, (void *)8, NULL, 0), EFAULT);
	ERR(op(words, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0), ENOSYS);
	ERR(op(words, FUTEX_CMP_REQUEUE_PI, 1, NULL, words, 0), EINVAL);
	ERR(op(words, FUTEX_CMP_REQUEUE_PI, 2, NULL, words + 1, 0), EINVAL);
	ERR(op(words, FUTEX_CMP_REQUEUE_PI, 1, NULL, words + 1, 5), EAGAIN);
	EQ(op(words, FUTEX_CMP_REQUEUE_PI, 1, NULL, words + 1, words[0]), 0);
	ERR(op(words, FUTEX_WAIT_REQUEUE_PI, 5, NULL, words + 1, 0), EAGAIN);
}

static uint32_t held, second;

static void *hold_until_asked(void *arg)
{
	EQ(op(&held, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	*(_Atomic int *)arg = 1;
	while (*(_Atomic int *)arg != 2)
		sleep_ms(1);
	EQ(op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	return NULL;
}

TEST(a_wait_ends_at_its_time)
{
	static _Atomic int state;
	struct timespec ts;
	pthread_t t;

	held = 0;
	pthread_create(&t, NULL, hold_until_asked, (void *)&state);
	while (!state)
		sleep_ms(1);
	ERR(op(&held, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	ERR(op(&held, FUTEX_LOCK_PI, 0, &ts, NULL, 0), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ERR(op(&held, FUTEX_LOCK_PI2, 0, &ts, NULL, 0), ETIMEDOUT);
	TRUE(held & FUTEX_WAITERS);
	ERR(op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	state = 2;
	OK(op(&held, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EQ(held & FUTEX_TID_MASK, self());
	OK(op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pthread_join(t, NULL);
	EQ(held, 0);
}

static void *lock_both(void *arg)
{
	EQ(op(&second, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	*(_Atomic int *)arg = 1;
	EQ(op(&held, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	op(&second, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

TEST(a_circle_of_waits_is_refused)
{
	static _Atomic int state;
	pthread_t t;

	held = second = 0;
	OK(op(&held, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	pthread_create(&t, NULL, lock_both, (void *)&state);
	while (!(*(_Atomic uint32_t *)&held & FUTEX_WAITERS))
		sleep_ms(1);
	sleep_ms(10);
	ERR(op(&second, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	OK(op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pthread_join(t, NULL);
}

static uint32_t condition;
static _Atomic int woken;

static void *wait_for_condition(void *arg)
{
	EQ(op(&condition, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &held, 0), 0);
	EQ(held & FUTEX_TID_MASK, self());
	woken++;
	OK(op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	return arg;
}

TEST(waiters_of_a_condition_are_moved_to_the_lock)
{
	pthread_t t[3];
	long moved = 0;

	held = condition = 0;
	OK(op(&held, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, wait_for_condition, NULL);
	for (int i = 0; i < 1000 && moved < 3; i++) {
		long n = op(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)(long)INT_MAX, &held, 0);

		TRUE(n >= 0);
		moved += n;
		sleep_ms(1);
	}
	EQ(moved, 3);
	EQ(woken, 0);
	OK(op(&held, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	EQ(woken, 3);
	EQ(held, 0);
}

static void nothing(int sig) {}

TEST(a_signal_does_not_end_the_wait)
{
	static _Atomic int state;
	struct sigaction sa = { .sa_handler = nothing };
	pthread_t t;

	held = 0;
	sigaction(SIGALRM, &sa, NULL);
	pthread_create(&t, NULL, hold_until_asked, (void *)&state);
	while (!state)
		sleep_ms(1);
	pid_t pid = OK(fork());

	if (!pid) {
		sleep_ms(20);
		kill(getppid(), SIGALRM);
		_exit(0);
	}
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec++;
	ERR(op(&held, FUTEX_LOCK_PI, 0, &ts, NULL, 0), ETIMEDOUT);
	state = 2;
	pthread_join(t, NULL);
	waitpid(pid, NULL, 0);
}
