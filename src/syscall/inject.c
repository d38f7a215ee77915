/* SPDX-License-Identifier: MIT */
/*
 * Rules that make calls go wrong (lxrun/inject.h): which one applies to a call, and what it does. All
 * rules that match are counted, the first whose occurrence has come acts.
 */
#include "inject.h"
#include "lxrun/options.h"
#include "lxrun/signal.h"
#include "lxrun/task.h"
#include "lxrun/wait.h"
#include <string.h>

static struct inject_rule *rules, **last_rule = &rules;

void inject_add(struct inject_rule *rule)
{
	rule->next = NULL;
	*last_rule = rule;
	last_rule = &rule->next;
}

bool inject_any(void)
{
	return rules != NULL;
}

void inject_for_each(void (*visit)(const struct inject_rule *rule, void *context), void *context)
{
	const struct inject_rule *r;

	for (r = rules; r; r = r->next)
		visit(r, context);
}

/* ---- conditions ---- */

static bool path_or_fd(struct task *t, const char *path, int fd, const void *context)
{
	const struct inject_rule *r = context;
	char name[LX_PATH_MAX];

	if (!path && r->fd >= 0 && fd == r->fd)
		return true;
	if (!r->path)
		return false;
	if (!path && trace_fd_name(t, fd, name, sizeof(name)) > 0)
		path = name;
	return path && text_glob(r->path, path);
}

static bool about(struct inject_rule *r, struct trace_args *ta)
{
	uint32_t nr = ta->args->nr;

	if (!r->calls[nr < SC_TABLE_SIZE ? nr : SC_TABLE_SIZE - 1])
		return false;
	if (r->program && strncmp(r->program, ta->task->comm, sizeof(ta->task->comm) - 1) != 0)
		return false;
	if (r->arg >= 0 && (ta->args->a[r->arg] & r->arg_mask) != r->arg_value)
		return false;
	return (!r->path && r->fd < 0) || trace_args_match(ta, path_or_fd, r);
}

struct inject_rule *inject_find(struct trace_args *ta)
{
	struct inject_rule *r, *found = NULL;

	for (r = rules; r; r = r->next)
		if (about(r, ta) && occasion_due(&r->occasion) && !found)
			found = r;
	if (found)
		found->occasion.hits++;
	return found;
}

/* ---- actions ---- */

/* Calls of the other routes run on the trace thread, where nothing may sleep. */
static bool may_sleep(const struct trace_args *ta)
{
	return ta->desc && ta->desc->route == SC_ROUTE_TRAP;
}

static void delay(const struct trace_args *ta, uint64_t ns)
{
	uint64_t end = trace_now() + ns;

	while (ns && may_sleep(ta) && trace_now() < end)
		if (task_sleep(ta->task, end) == -LX_ERESTARTSYS)
			return; /* a signal: the call sees it */
}

static void poke(const struct inject_rule *r, const struct trace_args *ta, bool exit)
{
	int i;

	for (i = 0; i < r->npokes; i++)
		if (r->pokes[i].exit == exit) /* a bad address is the guest's own */
			(void)!guest_copyout(ta->task, SC_GPTR(ta->args, r->pokes[i].arg),
					     r->pokes[i].bytes, r->pokes[i].size);
}

static void send_signal(struct task *t, int sig)
{
	struct lx_siginfo info;

	signal_info_user(&info, sig, LX_SI_USER, t);
	signal_send_task(t, &info);
}

int64_t inject_call(struct inject_rule *r, struct trace_args *ta, struct sc_args *changed)
{
	int64_t answer;
	int size = r->short_size >= 0 ? trace_size_arg(ta->args->nr) : -1;

	delay(ta, r->delay_enter_ns);
	poke(r, ta, false);
	*changed = *ta->args;
	if (size >= 0 && changed->a[size] > (uint64_t)r->short_size)
		changed->a[size] = (uint64_t)r->short_size;
	if (r->drop_arg >= 0)
		changed->a[r->drop_arg] &= ~r->drop_mask;
	answer = r->answers ? r->answer : sc_call(ta->task, changed);
	if (r->drop_arg >= 0 && answer == SC_CONTINUE)
		r->in_vain++; /* the guest's own registers */
	if (r->signal)
		send_signal(ta->task, r->signal);
	delay(ta, r->delay_exit_ns);
	return answer;
}

void inject_returned(const struct inject_rule *r, const struct trace_args *ta)
{
	poke(r, ta, true);
}
