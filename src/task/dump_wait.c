/* SPDX-License-Identifier: MIT */
/* dump_wait.c - futexes and locks for dump.c: who has what others wait for. */
#include "dump.h"
#include "task_impl.h"
#include "base/alloc.h"
#include "base/text.h"
#include "lx/fcntl.h"
#include "lx/futex.h"
#include "lxrun/guestmem.h"
#include "lxrun/ns.h"
#include "lxrun/vfs.h"
#include "nt/io.h"
#include <inttypes.h>

#define ROWS 128

/*
 * A word that names its owner has the thread's number in its low half: those of PI and of robust mutexes, marked once
 * somebody waits. Of any other word we cannot know.
 */
void dump_futex(struct text *out, struct task *t, uint64_t address)
{
	uint32_t word;
	struct task *owner;
	int tid;

	text_printf(out, " at 0x%" PRIx64, address);
	if (guest_copyin(t, &word, GADDR(address), sizeof(word)))
		return;
	text_printf(out, ", word %#" PRIx32, word);
	tid = word & LX_FUTEX_WAITERS ? pid_meant(t, (int)(word & LX_FUTEX_TID_MASK)) : 0;
	owner = tid > 0 ? task_find(tid) : NULL;
	if (!owner)
		return;
	text_printf(out, ", owned by pid %d tid %d%s", owner->tg->pid, tid,
		    word & LX_FUTEX_OWNER_DIED ? ", which has died" : "");
	task_put(owner);
}

/* ---- locks ---- */

struct search {
	struct text *out;
	uint64_t dev, ino;
	bool found;
};

/* The name of what is locked, from somebody's descriptor of it. The host's list may know another device number. */
static int look_for_name(struct tgroup *tg, void *arg)
{
	struct search *s = arg;
	struct fdtable *ft;
	struct kstat st;
	struct task *t;
	struct file *f;
	int fd;

	if (s->found || tgroup_tasks(tg, &t, 1) < 1)
		return 0;
	lk_acquire(&t->lock);
	ft = t->files ? fdtable_get(t->files) : NULL;
	lk_release(&t->lock);
	for (fd = 0; ft && !s->found && (fd = fdtable_next(ft, fd, &f, NULL)) >= 0; fd++) {
		s->found = f->inode && !vfs_fstat(f, &st) && st.ino == s->ino &&
			   (!s->dev || st.dev == s->dev);
		if (s->found)
			dump_file(s->out, t, f);
		file_put(f);
	}
	if (ft)
		fdtable_put(ft);
	task_put(t);
	return 0;
}

struct held {
	const char *kind;
	uint64_t dev, ino;  /* dev 0: not known */
	int64_t start, end; /* both included; INT64_MAX: to the end */
	int pid;            /* -1: an open file's */
	bool whole_file, exclusive, waits;
};

/* only_ours: not if none of the guests has the file open. */
static void put_lock(struct text *out, const struct held *l, bool only_ours)
{
	struct text name = { 0 };
	struct search s = { .out = &name, .dev = l->dev, .ino = l->ino };

	tgroup_for_each(look_for_name, &s);
	if (only_ours && !s.found)
		return;
	text_printf(out, "lock: %s, %s", l->kind, l->exclusive ? "exclusive" : "shared");
	if (!l->whole_file && l->end == INT64_MAX)
		text_printf(out, ", %" PRId64 " to the end", l->start);
	else if (!l->whole_file)
		text_printf(out, ", %" PRId64 "-%" PRId64, l->start, l->end);
	if (s.found)
		text_printf(out, " of %s", name.data ? name.data : "?");
	else
		text_printf(out, " of inode %" PRIu64, l->ino);
	if (l->pid > 0)
		text_printf(out, l->waits ? ": pid %d waits\n" : ", held by pid %d\n", l->pid);
	else
		text_str(out, l->waits ? ": somebody waits\n" : ", held by an open file\n");
	text_free(&name);
}

/* Host locks are those of direct files; of whoever is no guest they are none of our business. */
static void put_nt_locks(struct text *out, bool host)
{
	static const char *const kinds[] = { "NT byte range", "record", "flock" };
	IO_LOCK_VIEW rows[ROWS];
	ULONG n = IoQueryLocks(host, rows, ROWS), i;

	for (i = 0; i < n; i++) {
		struct held l = {
			.kind = kinds[rows[i].Kind],
			.ino = rows[i].Inode,
			.start = (int64_t)rows[i].Offset,
			.end = rows[i].Length ? (int64_t)(rows[i].Offset + rows[i].Length - 1)
					      : INT64_MAX,
			.pid = host && rows[i].HostPid > 0 ? task_pid_of_host(rows[i].HostPid) : -1,
			.whole_file = rows[i].Kind == IoHostFileLock,
			.exclusive = rows[i].Exclusive,
			.waits = rows[i].Waiting
		};

		if (l.pid)
			put_lock(out, &l, host && l.pid < 0);
	}
}

void dump_locks(struct text *out)
{
	static const char *const kinds[] = { "record", "record", "flock", "lease",
					     "lease, breaking" };
	struct lock_views own = { 0 };
	uint32_t i;

	vfs_locks(&own);
	for (i = 0; i < own.n; i++) {
		const struct lock_view *v = &own.v[i];
		struct held l = { .kind = kinds[v->kind],
				  .dev = v->dev,
				  .ino = v->ino,
				  .start = v->start,
				  .end = v->end,
				  .pid = v->pid,
				  .whole_file = v->kind >= LOCK_BSD,
				  .exclusive = v->type == LX_F_WRLCK,
				  .waits = v->waits };

		put_lock(out, &l, false);
	}
	mem_free(own.v);
	put_nt_locks(out, false);
	put_nt_locks(out, true);
}
