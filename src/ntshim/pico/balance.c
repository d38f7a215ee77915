/* SPDX-License-Identifier: MIT */
/*
 * balance.c - home CPUs.
 *
 * SYNC_WAKE_UP keeps a guest and its service thread on one CPU, and so pulls all guests of an
 * instance together. Therefore every guest thread has a home: it inherits its parent's, and every
 * 10 ms the worst waiter of a crowded CPU is sent to a CPU that is less than a third busy. With
 * one runnable guest nothing is bound and the balancer sleeps.
 */
#include "picop.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS   10000000ull
#define CROWDED     (PERIOD_NS * 3 / 10) /* waited so long in one period: move it */
#define FREE_BELOW  (PERIOD_NS * 3 / 10) /* a CPU whose guests ran less than this takes one */

static pthread_t thread;
static bool running;
static cpu_set_t allowed;
static _Atomic uint32_t population; /* futex: guest threads, capped at 2 */

struct look {
	uint64_t busy[CPU_SETSIZE], total;
	PETHREAD worst;     /* a reference */
	uint64_t worst_wait;
};

/* Run and wait time of the thread since the last look. */
static bool sample(PICO_THREAD *t, pid_t tid, uint64_t *run, uint64_t *wait)
{
	unsigned long long r, w;
	char buf[96];
	ssize_t n;

	if (t->SchedFd < 0) {
		snprintf(buf, sizeof buf, "/proc/%d/schedstat", tid);
		t->SchedFd = open(buf, O_RDONLY | O_CLOEXEC);
		if (t->SchedFd < 0)
			return false;
	}
	n = pread(t->SchedFd, buf, sizeof buf - 1, 0);
	if (n <= 0)
		return false;
	buf[n] = 0;
	if (sscanf(buf, "%llu %llu", &r, &w) != 2)
		return false;
	*run = r - t->SchedRun;
	*wait = w - t->SchedWait;
	t->SchedRun = r;
	t->SchedWait = w;
	return true;
}

/* The CPU a thread ran on last: field 39 of /proc/TID/stat. */
static int current_cpu(pid_t tid)
{
	char buf[512], *p;
	ssize_t n;
	int fd, field;

	snprintf(buf, sizeof buf, "/proc/%d/stat", tid);
	fd = open(buf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	p = strrchr(buf, ')');
	for (field = 2; p && field < 39; field++)
		p = strchr(p + 1, ' ');
	return p ? atoi(p + 1) : -1;
}

static void move(PETHREAD Thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity((pid_t)Thread->HostTid, sizeof set, &set)) {
		if (Thread->Pico->Home >= 0)
			Pico.Counters.Migrations++;
		Thread->Pico->Home = cpu;
	}
}

static void look_at(PETHREAD Thread, void *Context)
{
	struct look *l = Context;
	PICO_THREAD *t = Thread->Pico;
	uint64_t run, wait;
	bool first = !t->SchedRun;

	if (!sample(t, (pid_t)Thread->HostTid, &run, &wait) || first)
		return;
	if (t->Home < 0 && run) { /* first seen among others: its home is where it is */
		int cpu = current_cpu((pid_t)Thread->HostTid);

		if (cpu >= 0)
			move(Thread, cpu);
	}
	if (t->Home >= 0)
		l->busy[t->Home] += run;
	l->total += run;
	if (wait > CROWDED && wait > l->worst_wait) {
		if (l->worst)
			ObDereferenceObject(&l->worst->Object);
		ObReferenceObject(&Thread->Object);
		l->worst = Thread;
		l->worst_wait = wait;
	}
}

static int freest_cpu(const struct look *l, int but)
{
	int best = -1;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && cpu != but && l->busy[cpu] < FREE_BELOW && (best < 0 || l->busy[cpu] < l->busy[best]))
			best = cpu;
	return best;
}

/* Returns whether any guest ran. */
static bool balance(void)
{
	struct look l = { 0 };
	int cpu;

	PicoThreadForEach(look_at, &l);
	if (!l.worst)
		return l.total != 0;
	cpu = freest_cpu(&l, l.worst->Pico->Home);
	if (cpu >= 0)
		move(l.worst, cpu);
	ObDereferenceObject(&l.worst->Object);
	return true;
}

static void *balancer(void *arg)
{
	struct timespec period = { 0, PERIOD_NS };

	prctl(PR_SET_NAME, "lxrun-balance");
	while (!Pico.Stopping) {
		population = Pico.Guests < 2 ? 0 : 2;
		if (population < 2) {
			syscall(SYS_futex, &population, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
			continue;
		}
		nanosleep(&period, NULL);
		/* nobody ran: look less and less often, up to every 160 ms */
		if (balance())
			period.tv_nsec = PERIOD_NS;
		else if (period.tv_nsec < (long)(16 * PERIOD_NS))
			period.tv_nsec *= 2;
	}
	return arg;
}

void PicoBalanceBorn(PETHREAD Parent, PETHREAD Child)
{
	Child->Pico->Home = Parent->Pico->Home; /* the host's affinity was inherited by clone */
	if (!population && CPU_COUNT(&allowed) > 1) {
		population = 2;
		syscall(SYS_futex, &population, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
}

void PicoBalanceStart(void)
{
	sched_getaffinity(0, sizeof allowed, &allowed);
	if (CPU_COUNT(&allowed) > 1 && !pthread_create(&thread, NULL, balancer, NULL))
		running = true;
}

void PicoBalanceJoin(void)
{
	if (!running)
		return;
	population = 1;
	syscall(SYS_futex, &population, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	pthread_join(thread, NULL);
	running = false;
}
