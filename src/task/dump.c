/* SPDX-License-Identifier: MIT */
/*
 * dump.c - what the instance is doing, for a person who wonders why nothing happens: every task with its
 * call and how long it has been asleep, the mounts, how many NT objects and handles there are. It looks
 * without stopping anybody: two lines may be of two moments.
 */
#include "task_impl.h"
#include "base/text.h"
#include "lxrun/mount.h"
#include "lxrun/syscall.h"
#include <inttypes.h>
#include <string.h>

static void put_name(struct text *out, const char *s)
{
	for (; *s; s++)
		if (*s > ' ' && *s < 0x7f)
			text_put(out, s, 1);
		else
			text_printf(out, "\\%03o", (unsigned char)*s);
}

static void put_task(struct text *out, struct task *t, int ppid, enum tgroup_state state)
{
	uint32_t nr = t->cur_nr;
	uint64_t since = t->wait_channel_ns, now = KeQueryMonotonicNs();
	char comm[sizeof(t->comm)];

	lk_acquire(&t->lock);
	memcpy(comm, t->comm, sizeof(comm));
	lk_release(&t->lock);
	text_printf(out, "pid %d tid %d ppid %d pgid %d sid %d ", t->tg->pid, t->tid, ppid,
		    t->tg->pgid, t->tg->sid);
	put_name(out, comm);
	if (state == TG_STOPPED)
		text_str(out, ", stopped");
	if (!(t->in_call & TASK_IN_CALL))
		text_str(out, ": runs, or is in a call that the host executes");
	else if (nr < SC_TABLE_SIZE && sc_table[nr].name)
		text_printf(out, ": in %s", sc_table[nr].name);
	else
		text_printf(out, ": in call %" PRIu32, nr);
	if (t->sleeping && now > since)
		text_printf(out, ", asleep for %" PRIu64 ".%03" PRIu64 " s",
			    (now - since) / 1000000000, (now - since) / 1000000 % 1000);
	text_str(out, "\n");
}

static int put_group(struct tgroup *tg, void *arg)
{
	struct task *tasks[TGROUP_TASKS_MAX];
	struct text *out = arg;
	enum tgroup_state state;
	int n = tgroup_tasks(tg, tasks, TGROUP_TASKS_MAX), i, ppid;

	lk_acquire(&tasks_lock);
	state = tg->state;
	ppid = tg->parent ? tg->parent->pid : 0;
	lk_release(&tasks_lock);
	if (state == TG_ZOMBIE)
		text_printf(out, "pid %d: zombie, parent %d has not waited\n", tg->pid, ppid);
	for (i = 0; i < n; i++) {
		put_task(out, tasks[i], ppid, state);
		task_put(tasks[i]);
	}
	return 0;
}

static int put_mount(const struct mount_view *v, void *arg)
{
	struct text *out = arg;
	const struct mount *m = v->top.mnt;

	text_printf(out, "mount %d on %d: ", m->id, v->parent_id);
	put_name(out, m->source ? m->source : m->sb->type->name);
	text_printf(out, ", %s\n", m->sb->type->name);
	return 0;
}

void instance_dump(struct text *out)
{
	text_printf(out, "lxrun: %u NT objects, %u handles\n", (unsigned)ObQueryObjectCount(),
		    (unsigned)ObQueryHandleCount());
	tgroup_for_each(put_group, out);
	mount_for_each(mount_first_ns(), put_mount, out);
}
