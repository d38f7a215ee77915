/* SPDX-License-Identifier: MIT */
/*
 * balance.c - which CPU guests and their service threads run on.
 *
 * A call is cheap when guest and service thread share a CPU (nobody else is woken: 4 us, else 40),
 * and a shell's children live one after the other. So an instance starts as a *gang*: all guests, the
 * trace thread and the receivers on one CPU. Every 10 ms the balancer reads the guests' schedstat.
 * When one of them had to wait for the CPU for 30 % of the period, because other guests computed, the
 * gang *spreads*: service threads run anywhere, the worst waiter of each period moves to a CPU that is
 * less than 30 % busy, and new guests start on the least busy one. One that waits for its own service
 * threads would only wait longer if they were elsewhere; one that waits because others than we keep the
 * CPU takes the whole gang with it to a CPU that idles. After half a second in which all guests together
 * would have fitted on one CPU, they gather again. When nobody ran, it looks less and less often.
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
#define FLEE_LOOKS  20 /* at 10 ms: of /proc/stat's ticks, too */
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

/* What happened since the last look. Times are ns of a period of PERIOD_NS, however long it was. */
struct look {
	uint64_t elapsed;                  /* how long it was */
	bool ran;                          /* somebody did */
	uint64_t busy[CPU_SETSIZE], total; /* guests */
	uint64_t service;                  /* lxrun's own threads */
	PETHREAD worst;                    /* a reference */
	uint64_t worst_wait, worst_run;
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

static uint64_t of_period(const struct look *l, uint64_t ns)
{
	return ns < l->elapsed ? ns * PERIOD_NS / l->elapsed : PERIOD_NS;
}

/* Run and wait time of the thread since the last look, at most a period of it. */
static bool sample(const struct look *l, PICO_THREAD *t, pid_t tid, uint64_t *run, uint64_t *wait)
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
	*run = of_period(l, r - t->SchedRun);
	*wait = of_period(l, w - t->SchedWait);
	t->SchedRun = r;
	t->SchedWait = w;
	return true;
}

static int home_of(const PICO_THREAD *t)
{
	return t->Home < 0 ? gang_cpu : t->Home;
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
	if (!sample(l, t, (pid_t)Thread->HostTid, &run, &wait))
		return;
	l->ran = l->ran || run;
	if (was_idle(t, run, wait))
		return;
	l->busy[home_of(t)] += run;
	l->total += run;
	if (wait > CROWDED_NS && wait > l->worst_wait) {
		if (l->worst)
			ObDereferenceObject(&l->worst->Object);
		ObReferenceObject(&Thread->Object);
		l->worst = Thread;
		l->worst_wait = wait;
		l->worst_run = run;
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

/*
 * Whether the worst waiter waits for guests that compute, and not for the service threads that answer it and
 * them: a second CPU helps against the first and makes a call ten times as dear.
 */
static bool guests_compete(const struct look *l)
{
	uint64_t others = l->busy[home_of(l->worst->Pico)] - l->worst_run;

	return others * 3 >= l->worst_wait && l->total >= l->service * 2;
}

static void spread_out(const struct look *l)
{
	int cpu = freest_cpu(l->busy, home_of(l->worst->Pico), FREE_NS);

	if (!spread) {
		spread = true;
		bind_services();
	}
	if (cpu >= 0) {
		set_home(l->worst, cpu);
		Pico.Counters.Migrations++;
	}
}

static void gather_at(int cpu)
{
	spread = false;
	gang_cpu = cpu;
	bind_services();
	PicoThreadForEach(go_home, NULL);
}

/* Ticks that each CPU has idled since boot; others stay as they are. */
static void read_idle(uint64_t *idle)
{
	unsigned long long ticks;
	char line[512];
	int cpu;
	FILE *f = fopen("/proc/stat", "re");

	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "cpu%d %*u %*u %*u %llu", &cpu, &ticks) == 2 && cpu < CPU_SETSIZE)
			idle[cpu] = ticks;
	fclose(f);
}

/* The CPU that has idled most since the last time we asked, if that was half of the time. */
static int idlest_cpu(uint64_t ticks)
{
	static uint64_t last[CPU_SETSIZE];
	uint64_t now[CPU_SETSIZE] = { 0 }, most = ticks / 2;
	int best = -1;

	read_idle(now);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed) && now[cpu] - last[cpu] > most) {
			most = now[cpu] - last[cpu];
			best = cpu;
		}
		last[cpu] = now[cpu];
	}
	return best;
}

/*
 * The gang's CPU is kept by others than we: if it stays so for a while, to one that idles. /proc/stat counts in
 * ticks of 10 ms, so it takes a while to tell.
 */
static void flee(const struct look *l)
{
	static unsigned pressed;
	int cpu;

	if (!l->worst || spread || l->total + l->service > PERIOD_NS - FREE_NS) {
		pressed = 0;
		return;
	}
	if (pressed++ % FLEE_LOOKS)
		return;
	cpu = idlest_cpu(FLEE_LOOKS);
	if (pressed > 1 && cpu >= 0 && cpu != gang_cpu) {
		gather_at(cpu);
		Pico.Counters.Migrations++;
	}
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void look_around(struct look *l)
{
	static uint64_t last_time, last_service;
	uint64_t now = clock_ns(CLOCK_MONOTONIC), service = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	l->elapsed = now - last_time;
	l->service = of_period(l, service - last_service);
	last_time = now;
	last_service = service;
	PicoThreadForEach(look_at, l);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			busy_last[cpu] = l->busy[cpu];
}

/* One look at all guests. Returns whether any of them ran. */
static bool balance(void)
{
	static unsigned calm;
	struct look l = { 0 };
	bool compete;

	look_around(&l);
	compete = l.worst && guests_compete(&l);
	calm = compete || l.total > FITS_NS ? 0 : calm + 1;
	if (compete)
		spread_out(&l);
	else if (spread && calm >= CALM_LOOKS)
		gather_at(gang_cpu);
	else
		flee(&l);
	if (l.worst)
		ObDereferenceObject(&l.worst->Object);
	return l.ran;
}

static void *balancer(void *arg)
{
	struct timespec period = { 0, PERIOD_NS };

	prctl(PR_SET_NAME, "lxrun-balance");
	while (!Pico.Stopping) {
		nanosleep(&period, NULL);
		PicoReceiversRetry();
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
