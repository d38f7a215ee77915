/* SPDX-License-Identifier: MIT */
/*
 * pid.c - the instance's numbers: one flat table, as small as an NT handle table and never searched.
 * A number is taken while a task, a thread group, a process group or a session has it. Guarded by
 * tasks_lock throughout.
 */
#include "task_impl.h"

#define PID_RESERVED 300 /* a second round starts here, as on Linux */

static struct pid_entry {
	struct task *task;
	struct tgroup *tgroup;
	uint32_t members;
} table[PID_MAX];
static int last_pid = PID_INIT;
static int highest = PID_INIT;

static bool pid_free(int pid)
{
	return !table[pid].task && !table[pid].tgroup && !table[pid].members;
}

int pid_alloc(void)
{
	int pid = last_pid;

	for (int tries = 0; tries < PID_MAX; tries++) {
		if (++pid >= PID_MAX)
			pid = PID_RESERVED;
		if (pid_free(pid)) {
			last_pid = pid;
			if (pid > highest)
				highest = pid;
			return pid;
		}
	}
	return 0;
}

static bool pid_valid(int pid)
{
	return pid > 0 && pid < PID_MAX;
}

void pid_set_task(int pid, struct task *t)
{
	table[pid].task = t;
}

void pid_set_tgroup(int pid, struct tgroup *tg)
{
	table[pid].tgroup = tg;
}

struct task *pid_task(int pid)
{
	return pid_valid(pid) ? table[pid].task : NULL;
}

struct tgroup *pid_tgroup(int pid)
{
	return pid_valid(pid) ? table[pid].tgroup : NULL;
}

void pid_count_member(int pid, int n)
{
	if (pid_valid(pid))
		table[pid].members += n;
}

bool pid_has_members(int pid)
{
	return pid_valid(pid) && table[pid].members;
}

int pid_next_tgroup(int pid)
{
	while (++pid <= highest)
		if (pid > 0 && table[pid].tgroup)
			return pid;
	return 0;
}
