/* SPDX-License-Identifier: MIT */
/*
 * proc_stat.c - what ps and top read: stat, statm, status. Times and memory come from the NT layer's
 * process object, the family tree from lxcore, signal sets from the trap engine.
 */
#include "proc.h"
#include "lxrun/tty.h"
#include "nt/ex.h"
#include <inttypes.h>
#include <string.h>

struct numbers {
	int         pid, ppid, pgid, sid, tty_pgrp, nice, threads, exit_code;
	char        state;
	uint64_t    tty_dev, start_ns;
	struct lx_rusage children;
	uint64_t    user, system, flt;      /* clock ticks, faults */
	VM_COUNTERS vm;
	PICO_SIGNAL_STATE sig;
};

static uint64_t ticks_of_nt(LARGE_INTEGER t)
{
	return (uint64_t)t.QuadPart / (NT_TICKS_PER_SEC / PROC_HZ);
}

static uint64_t ticks_of_tv(const struct lx_timeval *tv)
{
	return (uint64_t)tv->tv_sec * PROC_HZ + (uint64_t)tv->tv_usec / (1000000 / PROC_HZ);
}

static uint64_t pages(uint64_t bytes)
{
	return (uint64_t)(bytes / LX_PAGE_SIZE);
}

static void use_of(const struct proc_target *tgt, const struct pseudo_node *n, struct numbers *out)
{
	KERNEL_USER_TIMES times;
	PETHREAD one = n->id[PROC_TID] ? tgt->task->thread : NULL;

	if (!tgt->task) {
		out->user = ticks_of_tv(&tgt->tg->self_rusage.ru_utime);
		out->system = ticks_of_tv(&tgt->tg->self_rusage.ru_stime);
		return;
	}
	if (tgt->tg->process && NT_SUCCESS(PsQueryTimes(tgt->tg->process, one, &times))) {
		out->user = ticks_of_nt(times.UserTime);
		out->system = ticks_of_nt(times.KernelTime);
	}
	if (tgt->tg->process)
		PsQueryVmCounters(tgt->tg->process, &out->vm);
	pico.QuerySignalState(tgt->task->thread, &out->sig);
}

/*
 * lxcore knows who sleeps in one of its calls; who runs or sleeps in a call that the host executes
 * (futex, pause), only the host knows.
 */
static char state_of(const struct proc_target *tgt, const struct pseudo_node *n)
{
	char letter = task_state_letter(tgt->tg, n->id[PROC_TID] ? tgt->task : NULL);
	CHAR host;

	if (tgt->tg->pid == 1)
		return 'S';
	if (letter != 'R' || !tgt->task || tgt->task->in_call)
		return letter;
	if (!NT_SUCCESS(ExQueryThreadState(tgt->task->thread, &host)))
		return letter;
	return host == 'S' || host == 'D' ? (char)host : letter;
}

static void gather(const struct proc_target *tgt, const struct pseudo_node *n, struct numbers *out)
{
	struct tgroup *tg = tgt->tg;

	memset(out, 0, sizeof(*out));
	out->pid = n->id[PROC_TID] ? (int)n->id[PROC_TID] : tg->pid;
	out->ppid = tgroup_ppid(tg);
	out->state = state_of(tgt, n);
	tty_of_group(tg, &out->tty_dev, &out->tty_pgrp);
	lk_acquire(&tasks_lock);
	out->pgid = tg->pgid;
	out->sid = tg->sid;
	out->threads = tg->pid == 1 ? 1 : (int)tg->nr_tasks;
	out->children = tg->child_rusage;
	out->exit_code = tg->state == TG_ZOMBIE ? tg->wait_status : 0;
	lk_release(&tasks_lock);
	out->start_ns = tg->start_ns;
	out->nice = tg->nice;
	use_of(tgt, n, out);
}

int proc_show_stat(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	struct numbers s;
	struct mm none = { 0 }, *mm;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	gather(&tgt, n, &s);
	/* Addresses tell where to attack: only who may look into the process sees them. */
	mm = tgt.mm && !proc_may_look(n, t) ? tgt.mm : &none;
	text_printf(tx, "%d (%.15s) %c %d %d %d %u %d 0 %u 0 0 0 ", s.pid, tgt.comm, s.state, s.ppid, s.pgid, s.sid,
		 (uint32_t)s.tty_dev, s.tty_pgrp, s.vm.PageFaultCount);
	text_printf(tx, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %d %d 0 %" PRIu64 " ", s.user, s.system,
		 ticks_of_tv(&s.children.ru_utime), ticks_of_tv(&s.children.ru_stime), 20 + s.nice, s.nice,
		 s.threads, s.start_ns / (1000000000 / PROC_HZ));
	text_printf(tx, "%" PRIu64 " %" PRIu64 " %" PRIu64 " ", (uint64_t)s.vm.VirtualSize,
		 pages(s.vm.WorkingSetSize), tgt.tg->rlimit[LX_RLIMIT_RSS].rlim_cur);
	text_printf(tx, "%" PRIu64 " %" PRIu64 " %" PRIu64 " 0 0 ", mm->start_code, mm->end_code, mm->start_stack);
	text_printf(tx, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " ", s.sig.Pending & 0x7fffffff,
		 s.sig.Blocked & 0x7fffffff, s.sig.Ignored & 0x7fffffff, s.sig.Caught & 0x7fffffff);
	text_printf(tx, "0 0 0 %d 0 0 0 0 0 0 ", LX_SIGCHLD);
	text_printf(tx, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n",
		 mm->start_data, mm->end_data, mm->start_brk, mm->arg_start, mm->arg_end, mm->env_start,
		 mm->env_end, s.exit_code);
	proc_target_put(&tgt);
	return 0;
}

int proc_show_statm(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	struct numbers s;
	uint64_t text = 0;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	gather(&tgt, n, &s);
	if (tgt.mm)
		text = pages(tgt.mm->end_code - tgt.mm->start_code + LX_PAGE_SIZE - 1);
	text_printf(tx, "%" PRIu64 " %" PRIu64 " 0 %" PRIu64 " 0 %" PRIu64 " 0\n",
		 pages(s.vm.VirtualSize), pages(s.vm.WorkingSetSize), text,
		 pages(s.vm.PrivateUsage));
	proc_target_put(&tgt);
	return 0;
}

/* ---- status ---- */

static const char *state_text(char letter)
{
	switch (letter) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'T': return "T (stopped)";
	case 'Z': return "Z (zombie)";
	default: return "X (dead)";
	}
}

static void add_identity(struct text *tx, const struct cred *c, uint32_t uid)
{
	if (!c) {
		text_printf(tx, "Uid:\t%u\t%u\t%u\t%u\nGid:\t0\t0\t0\t0\n", uid, uid, uid, uid);
		return;
	}
	text_printf(tx, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid,
		 c->gid, c->egid, c->sgid, c->fsgid);
}

static void add_groups(struct text *tx, const struct cred *c)
{
	text_printf(tx, "Groups:\t");
	for (uint32_t i = 0; c && i < c->ngroups; i++)
		text_printf(tx, "%u ", c->groups[i]);
	text_printf(tx, "\n");
}

static void add_memory(struct text *tx, const struct numbers *s, const struct mm *mm)
{
	const VM_COUNTERS *vm = &s->vm;

	text_printf(tx, "VmPeak:\t%8" PRIu64 " kB\nVmSize:\t%8" PRIu64 " kB\n", (uint64_t)vm->PeakVirtualSize >> 10,
		 (uint64_t)vm->VirtualSize >> 10);
	text_printf(tx, "VmHWM:\t%8" PRIu64 " kB\nVmRSS:\t%8" PRIu64 " kB\n", (uint64_t)vm->PeakWorkingSetSize >> 10,
		 (uint64_t)vm->WorkingSetSize >> 10);
	text_printf(tx, "VmData:\t%8" PRIu64 " kB\nVmExe:\t%8" PRIu64 " kB\n", (uint64_t)vm->PrivateUsage >> 10,
		 (mm->end_code - mm->start_code) >> 10);
}

static void add_signals(struct text *tx, const struct numbers *s, struct tgroup *tg)
{
	uint32_t queued;
	uint64_t limit;

	lk_acquire(&tg->lock);
	queued = tg->nr_sigq;
	limit = tg->rlimit[LX_RLIMIT_SIGPENDING].rlim_cur;
	lk_release(&tg->lock);
	text_printf(tx, "SigQ:\t%u/%" PRIu64 "\nSigPnd:\t%016" PRIx64 "\nShdPnd:\t%016" PRIx64 "\n", queued, limit,
		 s->sig.Pending, s->sig.GroupPending);
	text_printf(tx, "SigBlk:\t%016" PRIx64 "\nSigIgn:\t%016" PRIx64 "\nSigCgt:\t%016" PRIx64 "\n",
		 s->sig.Blocked, s->sig.Ignored, s->sig.Caught);
}

static void add_capabilities(struct text *tx, const struct cred *c)
{
	uint64_t all = (2ull << LX_CAP_LAST) - 1;

	text_printf(tx, "CapInh:\t%016" PRIx64 "\nCapPrm:\t%016" PRIx64 "\nCapEff:\t%016" PRIx64 "\n",
		 c ? c->cap_inheritable : 0, c ? c->cap_permitted : 0, c ? c->cap_effective : 0);
	text_printf(tx, "CapBnd:\t%016" PRIx64 "\nCapAmb:\t%016x\n", all, 0);
}

static void add_cpus(struct text *tx)
{
	ULONG n = ExQueryProcessorCount();
	uint64_t mask = n >= 64 ? ~0ull : (1ull << n) - 1;

	text_printf(tx, "Cpus_allowed:\t%" PRIx64 "\nCpus_allowed_list:\t%s", mask, n > 1 ? "0-" : "0");
	if (n > 1)
		text_printf(tx, "%u", n - 1);
	text_printf(tx, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
}

static uint32_t umask_of(const struct pseudo_node *n)
{
	struct fs_context *fs = proc_fs_context(n);
	uint32_t umask = 0;

	if (!fs)
		return 022;
	lk_acquire(&fs->lock);
	umask = fs->umask;
	lk_release(&fs->lock);
	fs_context_put(fs);
	return umask;
}

int proc_show_status(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	struct numbers s;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	gather(&tgt, n, &s);
	text_printf(tx, "Name:\t%.15s\n", tgt.comm);
	if (tgt.mm)
		text_printf(tx, "Umask:\t%04o\n", umask_of(n));
	text_printf(tx, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", state_text(s.state),
		 tgt.tg->pid, s.pid, s.ppid);
	add_identity(tx, tgt.cred, tgt.tg->uid);
	text_printf(tx, "FDSize:\t64\n");
	add_groups(tx, tgt.cred);
	if (tgt.mm)
		add_memory(tx, &s, tgt.mm);
	text_printf(tx, "Threads:\t%d\n", s.threads);
	add_signals(tx, &s, tgt.tg);
	add_capabilities(tx, tgt.cred);
	text_printf(tx, "NoNewPrivs:\t0\nSeccomp:\t0\n");
	add_cpus(tx);
	proc_target_put(&tgt);
	return 0;
}
