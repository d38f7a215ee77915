/* SPDX-License-Identifier: MIT */
/* host_sys.c - futexes, threads, descriptors: the host calls that every manager shares. */
#include "host_sys.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int host_futex_wait(_Atomic uint32_t *word, uint32_t expected, const struct host_deadline *deadline)
{
	struct timespec ts, *until = NULL;
	int op = FUTEX_WAIT_BITSET_PRIVATE;

	if (deadline && deadline->ns != HOST_FOREVER) {
		int64_t ns = deadline->ns > 0 ? deadline->ns : 0;

		ts = (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
		until = &ts;
		op |= deadline->realtime ? FUTEX_CLOCK_REALTIME : 0;
	}
	if (syscall(SYS_futex, word, op, expected, until, NULL, FUTEX_BITSET_MATCH_ANY) == 0)
		return 0;
	return errno == ETIMEDOUT ? -ETIMEDOUT : 0; /* EAGAIN, EINTR: look again */
}

void host_futex_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

struct start {
	void (*routine)(void *);
	void *arg;
	char name[16];
};

static void *thread_main(void *p)
{
	struct start s = *(struct start *)p;

	mem_free(p);
	pthread_setname_np(pthread_self(), s.name);
	s.routine(s.arg);
	return NULL;
}

int host_thread_start(const char *name, void (*routine)(void *), void *arg)
{
	struct start *s = mem_alloc(sizeof(*s));
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int err;

	if (!s)
		return -ENOMEM;
	s->routine = routine;
	s->arg = arg;
	for (size_t i = 0; i < sizeof(s->name) - 1 && name[i]; i++)
		s->name[i] = name[i];
	sigfillset(&all);
	sigdelset(&all, SIGSEGV); /* a probe's (host_probe.c) */
	sigdelset(&all, SIGBUS);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, &attr, thread_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (err)
		mem_free(s);
	return -err;
}

struct at_exit {
	void (*routine)(void *);
	void *arg;
};

static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static void run_at_exit(void *p)
{
	struct at_exit e = *(struct at_exit *)p;

	mem_free(p);
	e.routine(e.arg);
}

static void make_exit_key(void)
{
	pthread_key_create(&exit_key, run_at_exit);
}

int host_thread_at_exit(void (*routine)(void *), void *arg)
{
	struct at_exit *e;

	pthread_once(&exit_once, make_exit_key);
	e = pthread_getspecific(exit_key);
	if (!e) {
		e = mem_alloc(sizeof(*e));
		if (!e || pthread_setspecific(exit_key, e) != 0) {
			mem_free(e);
			return -ENOMEM;
		}
	}
	*e = (struct at_exit){ routine, arg };
	return 0;
}

void host_thread_exit(void)
{
	pthread_exit(NULL);
}

int host_gettid(void)
{
	return (int)syscall(SYS_gettid);
}

int host_getpid(void)
{
	return getpid();
}

void host_yield(void)
{
	sched_yield();
}

void host_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int host_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}
