/* SPDX-License-Identifier: MIT */
/* rusage.c - what groups and tasks have used, from the NT process counters. */
#include "task_impl.h"

static struct lx_timeval from_ticks(LONGLONG ticks)
{
	return (struct lx_timeval){ ticks / NT_TICKS_PER_SEC, ticks % NT_TICKS_PER_SEC / 10 };
}

static void fill_times(PEPROCESS process, PETHREAD thread, struct lx_rusage *out)
{
	KERNEL_USER_TIMES times;

	if (!process || !NT_SUCCESS(PsQueryTimes(process, thread, &times)))
		return;
	out->ru_utime = from_ticks(times.UserTime.QuadPart);
	out->ru_stime = from_ticks(times.KernelTime.QuadPart);
}

static void fill_memory(PEPROCESS process, struct lx_rusage *out)
{
	VM_COUNTERS vm;

	if (!process || !NT_SUCCESS(PsQueryVmCounters(process, &vm)))
		return;
	out->ru_maxrss = vm.PeakWorkingSetSize >> 10;
	out->ru_minflt = vm.PageFaultCount;
}

void rusage_of_group(struct tgroup *tg, struct lx_rusage *out)
{
	*out = (struct lx_rusage){ 0 };
	fill_times(tg->process, NULL, out);
	fill_memory(tg->process, out);
}

void rusage_of_children(struct tgroup *tg, struct lx_rusage *out)
{
	lk_acquire(&tasks_lock);
	*out = tg->child_rusage;
	lk_release(&tasks_lock);
}

void rusage_of_task(struct task *t, struct lx_rusage *out)
{
	*out = (struct lx_rusage){ 0 };
	fill_times(t->tg->process, t->thread, out);
	fill_memory(t->tg->process, out);
}

static void add_time(struct lx_timeval *sum, const struct lx_timeval *part)
{
	int64_t usec = sum->tv_usec + part->tv_usec;

	sum->tv_sec += part->tv_sec + usec / 1000000;
	sum->tv_usec = usec % 1000000;
}

void rusage_add(struct lx_rusage *sum, const struct lx_rusage *part)
{
	add_time(&sum->ru_utime, &part->ru_utime);
	add_time(&sum->ru_stime, &part->ru_stime);
	if (part->ru_maxrss > sum->ru_maxrss)
		sum->ru_maxrss = part->ru_maxrss;
	sum->ru_minflt += part->ru_minflt;
	sum->ru_majflt += part->ru_majflt;
	sum->ru_inblock += part->ru_inblock;
	sum->ru_oublock += part->ru_oublock;
	sum->ru_nvcsw += part->ru_nvcsw;
	sum->ru_nivcsw += part->ru_nivcsw;
}
