/* SPDX-License-Identifier: MIT */
/*
 * balance.c - which CPU guests and their service threads run on.
 *
 * A call is cheap when guest and service thread share a CPU (nobody else is woken: 4 us, else 40),
 * and a shell's children live one after the other. So an instance starts as a *gang*: all guests, the
 * trace thread and the receivers on one CPU. Every 10 ms the balancer reads the guests' schedstat.
 * When one of them had to wait for the CPU for 30 % of the period the gang *spreads*: service threads
 * run anywhere, the worst waiter of each period moves to a CPU that is less than 30 % busy, and new
 * guests start on the least busy one. After half a second in which all guests together would have
 * fitted on one CPU, they gather again. When nobody ran, it looks less and less often.
 */
#include "picop.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS   10000000ull
#define SLEEPY_NS   160000000ull
#define CROWDED_NS  (PERIOD_NS * 3 / 10)
#define FREE_NS     (PERIOD_NS * 3 / 10)
#define FITS_NS     (PERIOD_NS * 6 / 10)
#define CALM_LOOKS  50
#define MAX_SERVICE 4200

static pthread_t thread;
static bool running;
static cpu_set_t allowed;
static _Atomic bool spread;
static _Atomic int gang_cpu = -1; /* -1: one CPU only, nothing to decide */
static _Atomic uint64_t busy_last[CPU_SETSIZE];
static struct lk service_lock = LK_INIT(HOST);
static pid_t service[MAX_SERVICE]; /* service_lock: trace thread and receivers */
static unsigned services;

struct look {
	bool ran; /* somebody did */
	uint64_t busy[CPU_SETSIZE], total;
	PETHREAD worst; /* a reference */
	uint64_t worst_wait;
};

static void bind_to(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(tid, sizeof set, &set);
}

static void bind_services(void)
{
	lk_acquire(&service_lock);
	for (unsigned i = 0; i < services; i++) {
		if (spread)
			sched_setaffinity(service[i], sizeof allowed, &allowed);
		else
			bind_to(service[i], gang_cpu);
	}
	lk_release(&service_lock);
}

void PicoBalanceAdopt(void)
{
	if (gang_cpu < 0)
		return;
	lk_acquire(&service_lock);
	if (services < MAX_SERVICE)
		service[services++] = gettid();
	lk_release(&service_lock);
	if (!spread)
		bind_to(0, gang_cpu);
}

static void set_home(PETHREAD Thread, int cpu)
{
	bind_to((pid_t)Thread->HostTid, cpu);
	Thread->Pico->Home = cpu;
}

/* Run and wait time of the thread since the last look, at most a period of it. */
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
	*run = r - t->SchedRun < PERIOD_NS ? r - t->SchedRun : PERIOD_NS;
	*wait = w - t->SchedWait < PERIOD_NS ? w - t->SchedWait : PERIOD_NS;
	t->SchedRun = r;
	t->SchedWait = w;
	return true;
}

/*
 * Hundreds of threads that sleep must not cost a read each, every time: who did nothing is looked at less and
 * less often. What it shows then is of many periods, and only tells that it is awake again.
 */
#define IDLE_LOOKS 5

static bool was_idle(PICO_THREAD *t, uint64_t run, uint64_t wait)
{
	bool rested = t->IdleLooks != 0;

	if (run || wait) {
		t->IdleLooks = 0;
		return rested;
	}
	if (t->IdleLooks < IDLE_LOOKS)
		t->IdleLooks++;
	t->SkipLooks = (uint16_t)((1u << t->IdleLooks) - 1);
	return true;
}

static void look_at(PETHREAD Thread, void *Context)
{
	struct look *l = Context;
	PICO_THREAD *t = Thread->Pico;
	uint64_t run, wait;

	if (t->SkipLooks) {
		t->SkipLooks--;
		return;
	}
	if (!sample(t, (pid_t)Thread->HostTid, &run, &wait))
		return;
	l->ran = l->ran || run;
	if (was_idle(t, run, wait))
		return;
	l->busy[t->Home < 0 ? gang_cpu : t->Home] += run;
	l->total += run;
	if (wait > CROWDED_NS && wait > l->worst_wait) {
		if (l->worst)
			ObDereferenceObject(&l->worst->Object);
		ObReferenceObject(&Thread->Object);
		l->worst = Thread;
		l->worst_wait = wait;
	}
}

/* The least busy CPU but one; -1 if none is below limit. */
static int freest_cpu(const uint64_t *busy, int but, uint64_t limit)
{
	int best = -1;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && cpu != but && busy[cpu] < limit &&
		    (best < 0 || busy[cpu] < busy[best]))
			best = cpu;
	return best;
}

static void go_home(PETHREAD Thread, void *Context)
{
	(void)Context;
	set_home(Thread, gang_cpu);
}

static void relieve(const struct look *l)
{
	int cpu = freest_cpu(l->busy, l->worst->Pico->Home, FREE_NS);

	if (!spread) {
		spread = true;
		bind_services();
	}
	if (cpu >= 0) {
		set_home(l->worst, cpu);
		Pico.Counters.Migrations++;
	}
}

/* One look at all guests. Returns whether any of them ran. */
static bool balance(void)
{
	static unsigned calm;
	struct look l = { 0 };

	PicoThreadForEach(look_at, &l);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			busy_last[cpu] = l.busy[cpu];
	calm = l.worst || l.total > FITS_NS ? 0 : calm + 1;
	if (l.worst) {
		relieve(&l);
		ObDereferenceObject(&l.worst->Object);
	} else if (spread && calm >= CALM_LOOKS) {
		spread = false;
		bind_services();
		PicoThreadForEach(go_home, NULL);
	}
	return l.ran;
}

static void *balancer(void *arg)
{
	struct timespec period = { 0, PERIOD_NS };

	prctl(PR_SET_NAME, "lxrun-balance");
	while (!Pico.Stopping) {
		nanosleep(&period, NULL);
		if (balance())
			period.tv_nsec = PERIOD_NS;
		else if (period.tv_nsec < (long)SLEEPY_NS)
			period.tv_nsec *= 2;
	}
	return arg;
}

/* A new guest thread: the host gave it its parent's affinity. */
void PicoBalanceBorn(PETHREAD Parent, PETHREAD Child)
{
	uint64_t busy[CPU_SETSIZE];
	int cpu;

	Child->Pico->Home = Parent ? Parent->Pico->Home : gang_cpu;
	if (gang_cpu < 0)
		return;
	if (!Parent) {
		set_home(Child, gang_cpu);
		return;
	}
	if (!spread)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		busy[cpu] = busy_last[cpu];
	cpu = freest_cpu(busy, -1, FREE_NS);
	if (cpu >= 0 && cpu != Child->Pico->Home) {
		set_home(Child, cpu);
		busy_last[cpu] += FREE_NS; /* until the next look tells */
	}
}

void PicoBalanceInit(void)
{
	if (!sched_getaffinity(0, sizeof allowed, &allowed) && CPU_COUNT(&allowed) > 1)
		gang_cpu = sched_getcpu();
}

void PicoBalanceStart(void)
{
	if (gang_cpu >= 0 && !pthread_create(&thread, NULL, balancer, NULL))
		running = true;
}

void PicoBalanceJoin(void)
{
	if (running)
		pthread_join(thread, NULL);
	running = false;
}
