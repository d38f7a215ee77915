/* SPDX-License-Identifier: MIT */
/* Owners of robust mutexes that end in every way; robust lists that are not what they should be. */
#include "guest.h"
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

struct shared {
	pthread_mutex_t mutex;
	_Atomic int ready;
};

static struct shared *make_shared(void)
{
	struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				0);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	EQ(pthread_mutex_init(&s->mutex, &attr), 0);
	return s;
}

/* A child that owns the mutex and then ends in this way. */
static pid_t owner(struct shared *s, void (*end)(void))
{
	pid_t pid = OK(fork());

	if (!pid) {
		pthread_mutex_lock(&s->mutex);
		s->ready = 1;
		end();
	}
	while (!s->ready)
		sleep_ms(1);
	return pid;
}

static void end_later(void)
{
	sleep_ms(60);
	_exit(0);
}

static void end_by_signal(void)
{
	sleep_ms(60);
	raise(SIGSEGV);
	abort();
}

static void end_never(void)
{
	for (;;)
		pause();
}

static void inherit(struct shared *s, pid_t pid)
{
	EQ(pthread_mutex_lock(&s->mutex), EOWNERDEAD);
	EQ(pthread_mutex_consistent(&s->mutex), 0);
	EQ(pthread_mutex_unlock(&s->mutex), 0);
	EQ(pthread_mutex_lock(&s->mutex), 0);
	waitpid(pid, NULL, 0);
}

TEST(a_waiter_inherits_from_an_owner_that_exits)
{
	struct shared *s = make_shared();

	inherit(s, owner(s, end_later));
}

TEST(a_waiter_inherits_from_an_owner_that_crashes)
{
	struct shared *s = make_shared();

	inherit(s, owner(s, end_by_signal));
}

TEST(the_next_one_inherits_from_an_owner_that_was_killed)
{
	struct shared *s = make_shared();
	pid_t pid = owner(s, end_never);

	OK(kill(pid, SIGKILL));
	inherit(s, pid);
}

static struct shared *of_threads;

static void *thread_owner(void *arg)
{
	pthread_mutex_lock(&of_threads->mutex);
	of_threads->ready = 1;
	sleep_ms(60);
	return arg;
}

TEST(a_thread_inherits_from_a_thread)
{
	pthread_t thread;

	of_threads = make_shared();
	EQ(pthread_create(&thread, NULL, thread_owner, NULL), 0);
	while (!of_threads->ready)
		sleep_ms(1);
	EQ(pthread_mutex_lock(&of_threads->mutex), EOWNERDEAD);
	EQ(pthread_join(thread, NULL), 0);
}

/* ---- lists of the guest's own making ---- */

struct entry {
	struct entry *next;
};
struct head {
	struct entry *list;
	long offset;
	struct entry *pending;
};

static void end_with(struct head *h)
{
	int status = -1;
	pid_t pid = OK(fork());

	if (!pid) {
		syscall(SYS_set_robust_list, h, sizeof(*h));
		syscall(SYS_exit_group, 3);
	}
	OK(waitpid(pid, &status, 0));
	EQ(status, 3 << 8);
}

TEST(a_list_without_end_or_with_bad_addresses_harms_nobody)
{
	struct head h = { 0 };
	struct entry loop[2] = { { &loop[1] }, { &loop[0] } };

	h.list = loop;
	end_with(&h); /* a circle that never comes back to the head */
	h.list = (struct entry *)8;
	end_with(&h);
	h.list = (struct entry *)~0ul;
	h.offset = LONG_MIN;
	h.pending = (struct entry *)0x7ffffffff000;
	end_with(&h);
	h.list = (struct entry *)&h;
	h.pending = (struct entry *)((uintptr_t)&h + 1);
	end_with(&h);
	end_with((struct head *)8);
	ERR(syscall(SYS_set_robust_list, &h, 1), EINVAL);
}

TEST(all_of_a_circle_is_given_up)
{
	struct held {
		struct entry entry;
		uint32_t word;
	} *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct head h = { &x[0].entry, offsetof(struct held, word), NULL };
	int status;

	for (int i = 0; i < 40; i++)
		x[i].entry.next = &x[i == 39 ? 29 : i + 1].entry; /* never back to the head */
	if (!OK(fork())) {
		for (int i = 0; i < 40; i++)
			x[i].word = (uint32_t)syscall(SYS_gettid);
		syscall(SYS_set_robust_list, &h, sizeof(h));
		syscall(SYS_exit_group, 0);
	}
	OK(wait(&status));
	for (int i = 0; i < 40; i++)
		EQ(x[i].word & ~0x80000000u,
		   0x40000000); /* FUTEX_OWNER_DIED, perhaps with waiters */
}

TEST(the_list_of_another_thread_can_be_asked_for)
{
	struct head h = { 0 }, *got = NULL;
	size_t size = 0;
	int ready[2];
	char c;
	pid_t pid;

	OK(pipe(ready));
	h.list = (struct entry *)&h;
	pid = OK(fork());
	if (!pid) {
		syscall(SYS_set_robust_list, &h, sizeof(h));
		write(ready[1], "", 1);
		end_never();
	}
	read(ready[0], &c, 1);
	OK(syscall(SYS_get_robust_list, pid, &got, &size));
	EQ((uintptr_t)got, (uintptr_t)&h);
	EQ(size, sizeof(h));
	ERR(syscall(SYS_get_robust_list, 4000000, &got, &size), ESRCH);
	ERR(syscall(SYS_get_robust_list, pid, 8, &size), EFAULT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
