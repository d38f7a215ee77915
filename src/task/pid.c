/* SPDX-License-Identifier: MIT */
/*
 * pid.c - the instance's numbers, and those that other name spaces give the same processes: one flat table, as
 * small as an NT handle table and never searched. A number is taken from pid_alloc() on, while a task, a thread
 * group, a process group or a session has it. What it was called in its name spaces is remembered until it is
 * given again: who has it from a message or a wait that is over can still be told. Guarded by tasks_lock.
 */
#include "pid_ns.h"
#include "base/alloc.h"
#include <string.h>

#define PID_RESERVED 300 /* a second round starts here, as on Linux */

static struct pid_entry {
	struct task *task;
	struct tgroup *tgroup;
	uint32_t members;
	bool taken;
	struct pid_ns *ns; /* borrows: forgotten with it (pid_forget_ns()); NULL: the instance's */
	int32_t *numbers;  /* in ns and those outside it but the instance's, by level - 1 */
} table[PID_MAX];
static int highest = PID_INIT;

struct pid_ns pid_ns_first = { .ns = NS_FIRST(NS_PID, "pid", 4026531836), .last = PID_INIT };

static bool pid_valid(int pid)
{
	return pid > 0 && pid < PID_MAX;
}

static bool is_free(const struct pid_ns *ns, int nr)
{
	const struct pid_entry *e = &table[nr];

	if (ns->level)
		return !ns->map[nr];
	return !e->taken && !e->task && !e->tgroup && !e->members;
}

/* The next free number of ns; 0: there is none. */
static int next_free(struct pid_ns *ns)
{
	int nr = ns->level && !ns->init
			 ? 0
			 : ns->last; /* the first one is the init, also if one failed before */

	for (int tries = 0; tries < PID_MAX; tries++) {
		if (++nr >= PID_MAX)
			nr = PID_RESERVED;
		if (is_free(ns, nr))
			return ns->last = nr;
	}
	return 0;
}

/* clone3(2): the number that was asked for. */
static int check_wanted(const struct pid_ns *ns, int32_t nr, bool may_choose)
{
	if (!pid_valid(nr) || (nr != PID_INIT && !ns->init))
		return -LX_EINVAL;
	if (!may_choose)
		return -LX_EPERM;
	return is_free(ns, nr) ? nr : -LX_EEXIST;
}

static void remember(int pid, struct pid_ns *ns, int32_t *numbers)
{
	struct pid_entry *e = &table[pid];

	mem_free(e->numbers);
	e->taken = true;
	e->ns = ns->level ? ns : NULL;
	e->numbers = numbers;
	for (; ns->level; ns = ns->parent)
		ns->map[numbers[ns->level - 1]] = (uint16_t)pid;
	if (pid > highest)
		highest = pid;
}

int pid_alloc(struct pid_ns *ns, const struct pid_wanted *want)
{
	int32_t *numbers = NULL;
	uint32_t n = want ? want->n : 0, at = 0;
	int pid = 0, level = ns->level;

	lk_assert_held(&tasks_lock);
	if (n > (uint32_t)level + 1)
		return -LX_EINVAL;
	if (level) {
		numbers = mem_alloc((size_t)level * sizeof(*numbers));
		if (!numbers)
			return -LX_ENOMEM;
	}
	for (struct pid_ns *p = ns; p; p = p->parent, at++) {
		pid = at < n ? check_wanted(p, want->nr[at], want->allowed) : next_free(p);
		if (pid <= 0)
			break;
		if (p->level)
			numbers[p->level - 1] = pid;
	}
	if (pid > 0 && ns->closed)
		pid = -LX_ENOMEM;
	if (pid <= 0) {
		mem_free(numbers);
		return pid ? pid : -LX_EAGAIN;
	}
	remember(pid, ns, numbers);
	return pid;
}

/* Nobody has pid any more: it may be given again, here and in its name spaces. */
static void settle(int pid)
{
	struct pid_entry *e = &table[pid];

	if (e->task || e->tgroup || e->members)
		return;
	e->taken = false;
	for (struct pid_ns *ns = e->ns; ns && ns->level; ns = ns->parent)
		if (ns->map[e->numbers[ns->level - 1]] == pid)
			ns->map[e->numbers[ns->level - 1]] = 0;
}

void pid_unused(int pid)
{
	lk_acquire(&tasks_lock);
	if (pid_valid(pid))
		settle(pid);
	lk_release(&tasks_lock);
}

void pid_forget_ns(const struct pid_ns *ns)
{
	lk_assert_held(&tasks_lock);
	for (int pid = 1; pid <= highest; pid++)
		if (table[pid].ns == ns)
			table[pid].ns = ns->parent->level ? ns->parent : NULL;
}

void pid_set_task(int pid, struct task *t)
{
	table[pid].task = t;
	settle(pid);
}

void pid_set_tgroup(int pid, struct tgroup *tg)
{
	table[pid].tgroup = tg;
	settle(pid);
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
	if (!pid_valid(pid))
		return;
	table[pid].members += n;
	settle(pid);
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

/* ---- as others see them ---- */

bool pid_ns_inside(const struct pid_ns *inner, const struct pid_ns *outer)
{
	while (inner && inner->level > outer->level)
		inner = inner->parent;
	return inner == outer;
}

int pid_seen_locked(const struct pid_ns *ns, int pid)
{
	const struct pid_entry *e = pid_valid(pid) ? &table[pid] : NULL;

	if (!ns->level)
		return pid;
	if (!e || !e->ns || !pid_ns_inside(e->ns, ns))
		return 0;
	return e->numbers[ns->level - 1];
}

int pid_seen_in(const struct pid_ns *ns, int pid)
{
	int nr;

	if (!ns->level)
		return pid;
	lk_acquire(&tasks_lock);
	nr = pid_seen_locked(ns, pid);
	lk_release(&tasks_lock);
	return nr;
}

int pid_meant_locked(const struct pid_ns *ns, int nr)
{
	if (!ns->level || !nr)
		return nr;
	return pid_valid(nr) && ns->map[nr] ? ns->map[nr] : PID_NOBODY;
}

int pid_meant_in(const struct pid_ns *ns, int nr)
{
	int pid;

	if (!ns->level || !nr)
		return nr;
	lk_acquire(&tasks_lock);
	pid = pid_meant_locked(ns, nr);
	lk_release(&tasks_lock);
	return pid;
}

int pid_numbers_of(const struct pid_ns *ns, int pid, int other, int out[PID_LEVELS])
{
	const struct pid_ns *p;
	int n = 0;

	lk_acquire(&tasks_lock);
	p = pid_valid(pid) && table[pid].ns ? table[pid].ns : &pid_ns_first;
	if (pid_ns_inside(p, ns)) {
		n = p->level - ns->level + 1;
		for (; p && p->level >= ns->level; p = p->parent)
			out[p->level - ns->level] = pid_seen_locked(p, other);
	}
	lk_release(&tasks_lock);
	return n;
}

int pid_numbers(const struct pid_ns *ns, int pid, int out[PID_LEVELS])
{
	return pid_numbers_of(ns, pid, pid, out);
}
