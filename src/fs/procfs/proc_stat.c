/* SPDX-License-Identifier: MIT */
/*
 * proc_stat.c - what ps and top read: stat, statm, status.
 *
 * Memory, CPU times and signal sets are the host's: they describe the host process that is the guest.
 * Who it is - numbers, family, terminal, identity - is lxcore's, and replaces what the host says.
 */
#include "proc.h"
#include "lxrun/ptrace.h"
#include "lxrun/tty.h"
#include "lxrun/quirks.h"
#include "nt/ex.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Fields of /proc/PID/stat by their numbers in proc(5). */
enum stat_field {
	STAT_PID = 1,
	STAT_STATE = 3,
	STAT_PPID,
	STAT_PGRP,
	STAT_SESSION,
	STAT_TTY,
	STAT_TPGID,
	STAT_FLAGS,
	STAT_UTIME = 14,
	STAT_STIME,
	STAT_CUTIME,
	STAT_CSTIME,
	STAT_PRIORITY,
	STAT_NICE,
	STAT_THREADS,
	STAT_ITREALVALUE,
	STAT_STARTTIME,
	STAT_RSSLIM = 25,
	STAT_STARTCODE,
	STAT_KSTKEIP = 30,
	STAT_WCHAN = 35,
	STAT_EXIT_SIGNAL = 38,
	STAT_RT_PRIORITY = 40,
	STAT_POLICY,
	STAT_START_DATA = 45,
	STAT_EXIT_CODE = 52,
	STAT_FIELDS,
};

struct stat {
	char state;
	uint64_t f[STAT_FIELDS]; /* negative ones as their two's complement */
};

static uint64_t ticks(const struct lx_timeval *tv)
{
	return (uint64_t)tv->tv_sec * PROC_HZ + (uint64_t)tv->tv_usec / (1000000 / PROC_HZ);
}

/* What the host has. The name may contain anything, parentheses too. */
static void host_fields(const struct proc_target *tgt, const struct pseudo_node *n, struct stat *s)
{
	char *text = proc_host_text(tgt->task, n->id[PROC_TID] ? "task/stat" : "stat", NULL), *p;

	p = text ? strrchr(text, ')') : NULL;
	if (p && p[1] && p[2]) {
		s->state = p[2];
		p += 3;
		for (int i = STAT_PPID; i < STAT_FIELDS; i++)
			s->f[i] = strtoull(p, &p, 10);
	}
	mem_free(text);
}

/*
 * lxcore knows who is stopped and who sleeps in one of its calls; who runs or sleeps in a call that
 * the host executes (futex, pause), only the host knows.
 */
static char state_of(const struct proc_target *tgt, const struct pseudo_node *n, char host)
{
	char letter = task_state_letter(tgt->tg, n->id[PROC_TID] ? tgt->task : NULL);

	if (tgt->tg->pid == 1)
		return 'S';
	if (letter != 'R' || !tgt->task || tgt->task->in_call)
		return letter;
	return host == 'S' || host == 'D' ? host : letter;
}

static void sched_fields(struct task *task, struct stat *s)
{
	struct task_sched sched = { 0 };
	bool realtime;

	if (task) {
		lk_acquire(&task->lock);
		sched = task->sched;
		lk_release(&task->lock);
	}
	realtime = sched.policy == LX_SCHED_FIFO || sched.policy == LX_SCHED_RR;
	s->f[STAT_PRIORITY] = (uint64_t)(int64_t)(realtime ? -1 - sched.priority : 20 + sched.nice);
	s->f[STAT_NICE] = (uint64_t)(int64_t)sched.nice;
	s->f[STAT_RT_PRIORITY] = (uint64_t)(realtime ? sched.priority : 0);
	s->f[STAT_POLICY] = (uint64_t)sched.policy;
}

static void own_fields(const struct proc_target *tgt, const struct pseudo_node *n, struct stat *s)
{
	struct tgroup *tg = tgt->tg;
	int pgrp, pgid, sid;

	s->state = state_of(tgt, n, s->state);
	s->f[STAT_PID] = n->id[PROC_TID] ? (uint64_t)n->id[PROC_TID]
					 : (uint64_t)proc_number(n, tg->pid);
	s->f[STAT_PPID] = (uint64_t)proc_number(n, tgroup_ppid(tg));
	tty_of_group(tg, &s->f[STAT_TTY], &pgrp);
	s->f[STAT_TPGID] = (uint64_t)(int64_t)(pgrp > 0 ? proc_number(n, pgrp) : pgrp);
	s->f[STAT_FLAGS] = s->f[STAT_WCHAN] = 0;
	sched_fields(tgt->task, s);
	s->f[STAT_STARTTIME] = tg->start_ns / (1000000000 / PROC_HZ);
	s->f[STAT_RSSLIM] = tg->rlimit[LX_RLIMIT_RSS].rlim_cur;
	lk_acquire(&tasks_lock);
	pgid = tg->pgid;
	sid = tg->sid;
	s->f[STAT_THREADS] = tg->pid == 1 ? 1 : tg->nr_tasks;
	s->f[STAT_CUTIME] = ticks(&tg->child_rusage.ru_utime);
	s->f[STAT_CSTIME] = ticks(&tg->child_rusage.ru_stime);
	if (tg->state == TG_ZOMBIE) {
		s->f[STAT_UTIME] = ticks(&tg->self_rusage.ru_utime);
		s->f[STAT_STIME] = ticks(&tg->self_rusage.ru_stime);
		s->f[STAT_EXIT_CODE] = (uint64_t)tg->wait_status;
	}
	s->f[STAT_EXIT_SIGNAL] = (uint64_t)tg->exit_signal;
	lk_release(&tasks_lock);
	s->f[STAT_PGRP] = (uint64_t)proc_number(n, pgid);
	s->f[STAT_SESSION] = (uint64_t)proc_number(n, sid);
}

/* Addresses tell where to attack: only who may look into the process sees them. */
static void hide_addresses(struct stat *s)
{
	memset(&s->f[STAT_STARTCODE], 0, (STAT_KSTKEIP + 1 - STAT_STARTCODE) * sizeof(s->f[0]));
	memset(&s->f[STAT_START_DATA], 0, (STAT_FIELDS - STAT_START_DATA) * sizeof(s->f[0]));
}

static bool is_signed(int field)
{
	return field == STAT_TPGID || field == STAT_PRIORITY || field == STAT_NICE;
}

int proc_show_stat(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	struct stat s = { .state = 'R' };
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.task)
		host_fields(&tgt, n, &s);
	own_fields(&tgt, n, &s);
	if (proc_may_look(n, t))
		hide_addresses(&s);
	text_printf(tx, "%d (%.15s) %c", (int)s.f[STAT_PID], tgt.comm, s.state);
	for (int i = STAT_PPID; i < STAT_FIELDS; i++) {
		if (is_signed(i))
			text_printf(tx, " %" PRId64, (int64_t)s.f[i]);
		else
			text_printf(tx, " %" PRIu64, s.f[i]);
	}
	text_put(tx, "\n", 1);
	proc_target_put(&tgt);
	return 0;
}

int proc_show_statm(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	char *s = NULL;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.task)
		s = proc_host_text(tgt.task, "statm", NULL);
	text_printf(tx, "%s", s ? s : "0 0 0 0 0 0 0\n");
	mem_free(s);
	proc_target_put(&tgt);
	return 0;
}

/* ---- status ---- */

static const char *state_text(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 't':
		return "t (tracing stop)";
	case 'T':
		return "T (stopped)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "X (dead)";
	}
}

static void add_identity(struct text *tx, const struct cred *c, uint32_t uid)
{
	if (!c) {
		text_printf(tx, "Uid:\t%u\t%u\t%u\t%u\nGid:\t0\t0\t0\t0\n", uid, uid, uid, uid);
		return;
	}
	text_printf(tx, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
		    c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
}

static void add_groups(struct text *tx, const struct cred *c)
{
	text_printf(tx, "Groups:\t");
	for (uint32_t i = 0; c && c->groups && i < c->groups->n; i++)
		text_printf(tx, "%u ", c->groups->ids[i]);
	text_printf(tx, c && c->groups && c->groups->n ? "\n" : " \n");
}

/* One line: what the name spaces from the mount's down to tg's own call pid. */
static void add_numbers(struct text *tx, const struct pseudo_node *n, const char *name,
			const struct tgroup *tg, int pid)
{
	int nrs[PID_LEVELS], count = pid_numbers_of(proc_ns(n), tg->pid, pid, nrs);

	text_printf(tx, "%s:", name);
	for (int i = 0; i < count; i++)
		text_printf(tx, "\t%d", nrs[i]);
	text_str(tx, "\n");
}

static void add_ns_numbers(struct text *tx, const struct pseudo_node *n, const struct tgroup *tg,
			   int tid)
{
	add_numbers(tx, n, "NStgid", tg, tg->pid);
	add_numbers(tx, n, "NSpid", tg, tid);
	add_numbers(tx, n, "NSpgid", tg, tg->pgid);
	add_numbers(tx, n, "NSsid", tg, tg->sid);
	text_str(tx, "Kthread:\t0\n");
}

static void add_capabilities(struct text *tx, const struct cred *c)
{
	text_printf(tx,
		    "CapInh:\t%016" PRIx64 "\nCapPrm:\t%016" PRIx64 "\nCapEff:\t%016" PRIx64
		    "\nCapBnd:\t%016" PRIx64 "\nCapAmb:\t%016" PRIx64 "\n",
		    c ? c->cap_inheritable : 0, c ? c->cap_permitted : 0, c ? c->cap_effective : 0,
		    c ? c->cap_bounding : (uint64_t)LX_CAP_ALL, c ? c->cap_ambient : 0);
}

/* Lines of the host's status that begin with one of the NULL-terminated prefixes. */
static void add_host_lines(struct text *tx, const char *status, const char *const *prefixes)
{
	const char *next;

	for (const char *line = status; line && *line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		for (const char *const *p = prefixes; *p; p++)
			if (!strncmp(line, *p, strlen(*p)))
				text_put(tx, line, (size_t)(next - line));
	}
}

/* All of them: which one a thread is on is the engine's affair. */
static void add_cpus(struct text *tx)
{
	ULONG n = ExQueryProcessorCount();
	uint64_t mask = n >= 64 ? ~0ull : (1ull << n) - 1;

	text_printf(tx, "Cpus_allowed:\t%" PRIx64 "\nCpus_allowed_list:\t0", mask);
	if (n > 1)
		text_printf(tx, "-%u", n - 1);
	text_put(tx, "\n", 1);
}

static uint32_t umask_of(const struct pseudo_node *n)
{
	struct fs_context *fs = proc_fs_context(n);
	uint32_t umask;

	if (!fs)
		return 0;
	lk_acquire(&fs->lock);
	umask = fs->umask;
	lk_release(&fs->lock);
	fs_context_put(fs);
	return umask;
}

/* "VmPeak:\t 1234 kB" becomes "VmPeak:\t    0 kB". */
static void hide_peak(char *host)
{
	char *p = host ? strstr(host, "VmPeak:") : NULL;

	for (p = p ? p + 7 : NULL; p && *p && *p != '\n'; p++)
		if (*p >= '0' && *p <= '9')
			*p = p[1] >= '0' && p[1] <= '9' ? ' ' : '0';
}

int proc_show_status(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	static const char *const memory[] = { "Vm",          "Rss",         "HugetlbPages",
					      "CoreDumping", "THP_enabled", "untag_mask",
					      NULL };
	static const char *const signals[] = { "Sig", "ShdPnd", NULL };
	static const char *const speculation[] = { "Speculation", NULL };
	static const char *const rest[] = { "Mems_", "voluntary_", "nonvoluntary_", NULL };
	struct proc_target tgt;
	struct stat s = { .state = 'R' };
	bool stopped;
	char *host = NULL;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.task) {
		host = proc_host_text(tgt.task, "status", NULL);
		host_fields(&tgt, n, &s);
	}
	own_fields(&tgt, n, &s);
	text_printf(tx, "Name:\t%.15s\n", tgt.comm);
	if (tgt.mm)
		text_printf(tx, "Umask:\t%04o\n", umask_of(n));
	text_printf(tx, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		    state_text(s.state), proc_number(n, tgt.tg->pid), (int)s.f[STAT_PID],
		    (int)s.f[STAT_PPID],
		    tgt.task ? proc_number(n, ptrace_tracer(tgt.task, &stopped)) : 0);
	add_identity(tx, tgt.cred, tgt.tg->uid);
	text_printf(tx, "FDSize:\t64\n");
	add_groups(tx, tgt.cred);
	add_ns_numbers(tx, n, tgt.tg, pid_meant_in(proc_ns(n), (int)s.f[STAT_PID]));
	if (quirk_on(QUIRK_VM_PEAK))
		hide_peak(host);
	add_host_lines(tx, host, memory);
	text_printf(tx, "Threads:\t%d\n", (int)s.f[STAT_THREADS]);
	add_host_lines(tx, host, signals);
	add_capabilities(tx, tgt.cred);
	text_printf(tx, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n",
		    tgt.task && tgt.task->no_new_privs);
	add_host_lines(tx, host, speculation);
	add_cpus(tx);
	add_host_lines(tx, host, rest);
	mem_free(host);
	proc_target_put(&tgt);
	return 0;
}
