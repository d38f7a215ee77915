/* SPDX-License-Identifier: MIT */
/*
 * proc_host_pid.c - what the host's kernel keeps about a guest's threads and memory, in the guest's words;
 * and what is the same for all, because there is nothing here that could make it differ.
 */
#include "proc.h"
#include "lx/elf.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int proc_show_host_pid(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char name[32], *s = NULL;
	struct proc_target tgt;
	int err = (n->row->mode & 0777) == 0400 ? proc_may_look(n, t) : 0;

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	snprintf(name, sizeof(name), "%s%s", n->id[PROC_TID] ? "task/" : "", n->row->name);
	if (tgt.task)
		s = proc_host_text(tgt.task, name, NULL);
	if (s)
		text_put(tx, s, strlen(s));
	mem_free(s);
	proc_target_put(&tgt);
	return 0;
}

/* The host's first line names the thread by the host's number: "cat (4711, #threads: 1)". */
int proc_show_sched(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	char *s = NULL, *rest;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.task)
		s = proc_host_text(tgt.task, "task/sched", NULL);
	rest = s ? strchr(s, '\n') : NULL;
	if (rest)
		text_printf(tx, "%.15s (%d, #threads: %u)%s", tgt.comm,
			    n->id[PROC_TID] ? (int)n->id[PROC_TID] : proc_number(n, tgt.tg->pid),
			    (unsigned)tgt.tg->nr_tasks, rest);
	mem_free(s);
	proc_target_put(&tgt);
	return 0;
}

/* ---- smaps ---- */

/* "55d0c0a00000-55d0c0a21000 r--p ...": the line that begins a region's block. */
static bool region_line(const char *line, uint64_t *start)
{
	char *end;

	*start = strtoull(line, &end, 16);
	return end > line && *end == '-';
}

int proc_show_smaps(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	char *s = NULL, *next;
	bool shown = true;
	uint64_t start;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	if (tgt.task)
		s = proc_host_text(tgt.task, "smaps", NULL);
	for (char *line = s; line && *line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		if (region_line(line, &start))
			shown = !proc_is_engine_page(start);
		if (shown)
			text_put(tx, line, (size_t)(next - line));
	}
	mem_free(s);
	proc_target_put(&tgt);
	return 0;
}

/* ---- the task's own ---- */

int proc_show_personality(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	text_printf(tx, "%08x\n", tgt.task ? (unsigned)tgt.task->personality : 0);
	proc_target_put(&tgt);
	return 0;
}

/* Of a call that sleeps here; what runs, or sleeps in a call that the host executes, is "running". */
int proc_show_syscall(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	if (tgt.task && tgt.task->sleeping) {
		struct sc_args a = tgt.task->cur;

		text_printf(tx, "%u", (unsigned)a.nr);
		for (int i = 0; i < 6; i++)
			text_printf(tx, " 0x%" PRIx64, a.a[i]);
		text_printf(tx, " 0x%" PRIx64 " 0x%" PRIx64 "\n", a.sp, a.ip);
	} else {
		text_printf(tx, "running\n");
	}
	proc_target_put(&tgt);
	return 0;
}

int proc_show_timers(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	posix_timers_show(tgt.tg, tx);
	proc_target_put(&tgt);
	return 0;
}

int proc_show_slack(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	text_printf(tx, "%" PRIu64 "\n", tgt.task ? tgt.task->timer_slack_ns : 0);
	proc_target_put(&tgt);
	return 0;
}

int proc_show_dump_filter(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.mm)
		text_printf(tx, "%08x\n", (unsigned)tgt.mm->coredump_filter);
	proc_target_put(&tgt);
	return 0;
}

int proc_store_dump_filter(const struct pseudo_node *n, struct task *t, const char *text,
			   size_t len)
{
	struct proc_target tgt;
	char *end;
	unsigned long v = strtoul(text, &end, 0);
	int err;

	if (end == text || end[strspn(end, " \t\n")])
		return -LX_EINVAL;
	if (v > UINT32_MAX)
		return -LX_ERANGE;
	err = proc_target(n, &tgt);
	if (err)
		return err;
	if (tgt.mm)
		tgt.mm->coredump_filter = v & LX_DUMP_ALL;
	else
		err = -LX_ESRCH;
	proc_target_put(&tgt);
	return err;
}

/* ---- the same for everybody ---- */

int proc_show_fixed(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "cpuset", "/\n" },
		{ "gid_map", "         0          0 4294967295\n" },
		{ "projid_map", "         0          0 4294967295\n" },
		{ "sessionid", "4294967295" },
		{ "setgroups", "allow\n" },
		{ "stack", "" },
		{ "uid_map", "         0          0 4294967295\n" },
		{ "wchan", "0" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(n->row->name, texts[i].name))
			text_printf(tx, "%s", texts[i].text);
	return 0;
}
