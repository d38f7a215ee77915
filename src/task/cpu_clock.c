/* SPDX-License-Identifier: MIT */
/*
 * cpu_clock.c - clocks that show the CPU time of a process or thread (clock_getcpuclockid(3)). Nobody tells
 * when such a clock reaches a value: who waits for one asks again, cpu_clock_pause() later.
 */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "cpu_clock.h"

enum { CPU_PROF, CPU_VIRT, CPU_SCHED };
#define CLOCK_NUMBER(id) (~((id) >> 3))
#define CLOCK_WHICH(id)  ((id)&3)
#define CLOCK_THREAD     4

bool cpu_clock_is(int id)
{
	return id < 0 || id == LX_CLOCK_PROCESS_CPUTIME_ID || id == LX_CLOCK_THREAD_CPUTIME_ID;
}

static int find_thread(struct task *t, int tid, struct cpu_clock *c)
{
	c->task = tid ? task_find(pid_meant(t, tid)) : task_get(t);
	if (c->task && c->task->tg == t->tg)
		return 0;
	task_put(c->task);
	c->task = NULL;
	return -LX_EINVAL;
}

int cpu_clock_open(struct task *t, int id, struct cpu_clock *c)
{
	bool thread = id == LX_CLOCK_THREAD_CPUTIME_ID || (id < 0 && id & CLOCK_THREAD);
	int number = id < 0 ? CLOCK_NUMBER(id) : 0, err = 0;

	*c = (struct cpu_clock){ .which = id < 0 ? CLOCK_WHICH(id) : CPU_SCHED };
	if (c->which > CPU_SCHED)
		return -LX_EINVAL;
	if (thread)
		err = find_thread(t, number, c);
	else if (number == pid_seen(t, t->tid))
		number = 0; /* the caller's own number names its process, whichever thread it is */
	if (err)
		return err;
	if (thread)
		c->tg = tgroup_get(c->task->tg);
	else
		c->tg = number ? tgroup_find(pid_meant(t, number)) : tgroup_get(t->tg);
	return c->tg ? 0 : -LX_EINVAL;
}

void cpu_clock_close(struct cpu_clock *c)
{
	task_put(c->task);
	tgroup_put(c->tg);
	*c = (struct cpu_clock){ 0 };
}

uint64_t cpu_clock_read(const struct cpu_clock *c)
{
	PETHREAD thread = c->task ? c->task->thread : NULL;
	KERNEL_USER_TIMES times;
	ULONGLONG ns = 0;

	if (!c->tg->process)
		return 0;
	if (c->which == CPU_SCHED) {
		PsQueryCpuTime(c->tg->process, thread, &ns);
		return ns;
	}
	if (!NT_SUCCESS(PsQueryTimes(c->tg->process, thread, &times)))
		return 0;
	ns = (ULONGLONG)times.UserTime.QuadPart;
	if (c->which == CPU_PROF)
		ns += (ULONGLONG)times.KernelTime.QuadPart;
	return ns * 100;
}

#define PAUSE_MIN_NS 1000000ull
#define PAUSE_MAX_NS 64000000ull

uint64_t cpu_clock_pause(struct cpu_clock *c, uint64_t now, uint64_t at)
{
	uint32_t threads = c->task || !c->tg->nr_tasks ? 1 : c->tg->nr_tasks;
	uint64_t least = (at > now ? at - now : 0) / threads;

	/* A process that sleeps is asked less and less often. */
	c->idle = now == c->last ? (c->idle ? c->idle * 2 : PAUSE_MIN_NS) : 0;
	if (c->idle > PAUSE_MAX_NS)
		c->idle = PAUSE_MAX_NS;
	c->last = now;
	if (least < c->idle)
		least = c->idle;
	return least < PAUSE_MIN_NS ? PAUSE_MIN_NS : least;
}

int task_cpu_clock(struct task *t, int clock, uint64_t *ns)
{
	struct cpu_clock c;
	int err = cpu_clock_open(t, clock, &c);

	if (err)
		return err;
	*ns = cpu_clock_read(&c);
	cpu_clock_close(&c);
	return 0;
}

int task_cpu_sleep(struct task *t, int clock, uint64_t at)
{
	struct cpu_clock c;
	uint64_t now;
	int err = cpu_clock_open(t, clock, &c);

	while (!err) {
		now = cpu_clock_read(&c);
		if (now >= at)
			break;
		err = task_sleep(t, KeQueryMonotonicNs() + cpu_clock_pause(&c, now, at));
		if (err == -LX_ETIMEDOUT)
			err = 0;
	}
	cpu_clock_close(&c);
	return err;
}
