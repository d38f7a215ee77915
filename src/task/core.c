/* SPDX-License-Identifier: MIT */
/*
 * core.c - core files (core(5)): whether a fatal signal leaves one, and the order of events.
 *
 * The host ends the group by the signal's default action, as always; every thread of it then passes its
 * last stop (ThreadEnds), where memory and registers are as they were. There they are held until the last
 * has come. A work item writes the file - it may take long, and the trace thread may not - and lets them go.
 * The host itself writes no core files, so the core bit of the wait status is ours.
 *
 * tasks_lock guards tg->core and the two counters.
 */
#include "core.h"
#include "base/alloc.h"
#include "lxrun/vfs.h"
#include "nt/ex.h"
#include <string.h>

#define CORE_SIGNALS                                                            \
	(LX_SIGBIT(LX_SIGQUIT) | LX_SIGBIT(LX_SIGILL) | LX_SIGBIT(LX_SIGTRAP) | \
	 LX_SIGBIT(LX_SIGABRT) | LX_SIGBIT(LX_SIGBUS) | LX_SIGBIT(LX_SIGFPE) |  \
	 LX_SIGBIT(LX_SIGSEGV) | LX_SIGBIT(LX_SIGSYS) | LX_SIGBIT(LX_SIGXCPU) | \
	 LX_SIGBIT(LX_SIGXFSZ))
#define CORE_MIN LX_PAGE_SIZE /* a lower limit means none at all */

void core_note_signal(struct task *t, const struct lx_siginfo *info)
{
	struct tgroup *tg = t->tg;

	if (!info->si_signo || !(CORE_SIGNALS & LX_SIGBIT(info->si_signo)))
		return;
	lk_acquire(&tg->lock);
	tg->fatal_tid = t->tid;
	tg->fatal_info = *info;
	lk_release(&tg->lock);
}

static bool may_dump(struct tgroup *tg)
{
	bool ok;

	lk_acquire(&tg->lock);
	ok = tg->dumpable == 1 && tg->rlimit[LX_RLIMIT_CORE].rlim_cur >= CORE_MIN;
	lk_release(&tg->lock);
	return ok;
}

/* The next task that is held, no longer counted as such: a reference, or NULL. */
static struct task *take_held(struct tgroup *tg)
{
	struct task *t, *found = NULL;

	lk_acquire(&tasks_lock);
	list_for_each(t, &tg->tasks, tg_link)
		if (t->ending && !found)
			found = task_get(t);
	if (found)
		found->ending = false;
	lk_release(&tasks_lock);
	return found;
}

static void let_go(struct tgroup *tg)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugResume };
	struct task *t;

	while ((t = take_held(tg)) != NULL) {
		pico.DebugThread(t->thread, &r);
		task_put(t);
	}
}

/* ---- the work item ---- */

static struct file *create(const struct core_job *job, const char *name)
{
	struct task *t = job->tasks[0];
	struct kstat st;
	struct file *f;
	int err;

	/* One of an earlier life is replaced, whatever it is: never written through. */
	vfs_unlinkat(t, LX_AT_FDCWD, name, 0);
	if (vfs_open_file(t, LX_AT_FDCWD, name,
			  LX_O_CREAT | LX_O_EXCL | LX_O_WRONLY | LX_O_NOFOLLOW | LX_O_LARGEFILE,
			  0600, &f))
		return NULL;
	err = vfs_fstat(f, &st);
	if (!err && (st.mode & LX_S_IFMT) == LX_S_IFREG && st.nlink == 1 &&
	    st.uid == t->cred->fsuid)
		return f;
	file_put(f);
	return NULL;
}

/* References to all tasks, the one that took the signal first. */
static bool collect(struct core_job *job)
{
	struct task *t;

	job->tasks = mem_alloc(job->tg->nr_ending * sizeof(struct task *));
	if (!job->tasks)
		return false;
	lk_acquire(&tasks_lock);
	list_for_each(t, &job->tg->tasks, tg_link) {
		if (!t->ending)
			continue;
		job->tasks[job->n++] = task_get(t);
		if (t->tid == job->tg->fatal_tid) {
			job->tasks[job->n - 1] = job->tasks[0];
			job->tasks[0] = t;
		}
	}
	lk_release(&tasks_lock);
	return job->n > 0;
}

static bool dump(struct core_job *job)
{
	char *name = mem_alloc(LX_PATH_MAX);
	struct file *f = NULL;
	bool written;

	if (name && collect(job) && core_name(job, name))
		f = create(job, name);
	written = f && core_write(job, f);
	if (f)
		file_put(f);
	for (uint32_t i = 0; i < job->n; i++)
		task_put(job->tasks[i]);
	mem_free(job->tasks);
	mem_free(name);
	return written;
}

struct core_work {
	WORK_QUEUE_ITEM item;
	struct core_job job;
};

static void work(PVOID context)
{
	struct core_work *w = context;
	struct tgroup *tg = w->job.tg;
	bool written = dump(&w->job);

	lk_acquire(&tasks_lock);
	tg->core = written ? CORE_WRITTEN : CORE_NONE;
	lk_release(&tasks_lock);
	let_go(tg);
	tgroup_put(tg);
	mem_free(w);
}

/* False: it could not, and whoever is held goes on. */
static bool start(struct tgroup *tg)
{
	struct core_work *w = mem_alloc(sizeof(*w));

	if (w) {
		lk_acquire(&tg->lock);
		w->job = (struct core_job){ .tg = tgroup_get(tg),
					    .info = tg->fatal_info,
					    .limit = tg->rlimit[LX_RLIMIT_CORE].rlim_cur };
		lk_release(&tg->lock);
		ExInitializeWorkItem(&w->item, work, w);
		if (NT_SUCCESS(ExQueueWorkItem(&w->item, DelayedWorkQueue)))
			return true;
		tgroup_put(tg);
		mem_free(w);
	}
	lk_acquire(&tasks_lock);
	tg->core = CORE_NONE;
	lk_release(&tasks_lock);
	let_go(tg);
	return false;
}

/* ---- the trace thread's side ---- */

/* Everybody is there who has not ended before. tasks_lock held. */
static bool complete(struct tgroup *tg)
{
	if (tg->core != CORE_GATHERING || !tg->nr_ending || tg->nr_ending < tg->nr_tasks)
		return false;
	tg->core = CORE_WRITING;
	return true;
}

void core_task_gone(struct tgroup *tg)
{
	bool all;

	lk_acquire(&tasks_lock);
	all = complete(tg);
	lk_release(&tasks_lock);
	if (all)
		start(tg);
}

BOOLEAN task_thread_ends(PETHREAD thread, int wait_status)
{
	struct task *t = pico.GetThreadContext(thread);
	struct tgroup *tg = t->tg;
	int sig = wait_status & 0x7f;
	bool hold, all;

	if (!sig || !(CORE_SIGNALS & LX_SIGBIT(sig)) || tg->fatal_info.si_signo != sig)
		return FALSE;
	hold = may_dump(tg);
	lk_acquire(&tasks_lock);
	if (tg->core == CORE_UNDECIDED)
		tg->core = hold ? CORE_GATHERING : CORE_NONE;
	hold = tg->core == CORE_GATHERING;
	if (hold) {
		t->ending = true;
		tg->nr_ending++;
	}
	all = complete(tg);
	lk_release(&tasks_lock);
	/* The engine hears of the hold first: what the work item asks for is done behind this stop. */
	return hold && (!all || start(tg));
}

int core_wait_status(struct tgroup *tg, int wait_status)
{
	return tg->core == CORE_WRITTEN ? wait_status | LX_WCOREFLAG : wait_status;
}
