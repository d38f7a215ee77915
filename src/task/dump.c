/* SPDX-License-Identifier: MIT */
/*
 * dump.c - what the instance is doing, for a person who wonders why nothing happens: every task with its
 * call, what that waits for and who has it, its descriptors; locks; the mounts; NT handles by type. It looks
 * without stopping anybody: two lines may be of two moments.
 */
#include "dump.h"
#include "task_impl.h"
#include "base/text.h"
#include "lxrun/anon.h"
#include "lxrun/mount.h"
#include "lxrun/syscall.h"
#include <inttypes.h>
#include <string.h>

void dump_name(struct text *out, const char *s)
{
	for (; *s; s++)
		if (*s > ' ' && *s < 0x7f)
			text_put(out, s, 1);
		else
			text_printf(out, "\\%03o", (unsigned char)*s);
}

/* Where t's paths begin; the instance's root when t has ended. */
static void root_of(struct task *t, struct path *root)
{
	struct fs_context *fs;

	lk_acquire(&t->lock);
	fs = t->fs ? fs_context_get(t->fs) : NULL;
	lk_release(&t->lock);
	if (!fs) {
		mount_root(root);
		return;
	}
	fs_get_root(fs, root);
	fs_context_put(fs);
}

/* What a file is, as /proc/PID/fd has it. */
void dump_file(struct text *out, struct task *t, struct file *f)
{
	char name[LX_PATH_MAX];
	struct path root;
	int64_t len;

	root_of(t, &root);
	len = f->path.dentry ? vfs_path_text(&f->path, f, &root, name, sizeof(name), NULL)
			     : anon_text(f, name, sizeof(name));
	path_put(&root);
	name[len < 0 ? 0 : (size_t)len < sizeof(name) ? (size_t)len : sizeof(name) - 1] = 0;
	dump_name(out, len > 0 ? name : "?");
}

/* With a reference; NULL: it has ended. */
static struct fdtable *files_of(struct task *t)
{
	struct fdtable *ft;

	lk_acquire(&t->lock);
	ft = t->files ? fdtable_get(t->files) : NULL;
	lk_release(&t->lock);
	return ft;
}

/* ---- who else has a file: the other end of a pipe, the holder of a lock ---- */

#define OTHERS_MAX 8
struct others {
	struct text *out;
	const struct inode *inode;
	int but, count; /* not this group */
};

static int put_other(struct tgroup *tg, void *arg)
{
	struct others *o = arg;
	struct fdtable *ft;
	struct task *t;
	struct file *f;
	int fd;

	if (tg->pid == o->but || tgroup_tasks(tg, &t, 1) < 1)
		return 0;
	ft = files_of(t);
	for (fd = 0; ft && o->count < OTHERS_MAX && (fd = fdtable_next(ft, fd, &f, NULL)) >= 0;
	     fd++) {
		if (f->inode == o->inode)
			text_printf(o->out, "%s pid %d fd %d", o->count++ ? "," : ", open in",
				    tg->pid, fd);
		file_put(f);
	}
	if (ft)
		fdtable_put(ft);
	task_put(t);
	return 0;
}

/* Of a call whose first argument is a descriptor or a process. */
static void put_wait_object(struct text *out, struct task *t, uint32_t nr, uint64_t arg)
{
	const char *kinds = nr < SC_TABLE_SIZE && sc_table[nr].name ? sc_table[nr].args : "";
	struct others o = { .out = out, .but = t->tg->pid };
	struct file *f;

	if (!strncmp(kinds, "pid", 3)) {
		text_printf(out, (int)arg == -1 ? " for any child" : " for pid %d", (int)arg);
		return;
	}
	if (strncmp(kinds, "fd ", 3) || task_file(t, (int)arg, &f))
		return;
	text_printf(out, " of fd %d ", (int)arg);
	dump_file(out, t, f);
	o.inode = f->inode;
	tgroup_for_each(put_other, &o);
	file_put(f);
}

static void put_descriptors(struct text *out, struct task *t)
{
	struct fdtable *ft = files_of(t);
	bool cloexec;
	struct file *f;
	int fd;

	for (fd = 0; ft && (fd = fdtable_next(ft, fd, &f, &cloexec)) >= 0; fd++) {
		text_printf(out, "  fd %d%s: ", fd, cloexec ? ", closed by exec" : "");
		dump_file(out, t, f);
		text_str(out, "\n");
		file_put(f);
	}
	if (ft)
		fdtable_put(ft);
}

/* What the host executes for it, and what that waits for. */
static void put_host_call(struct text *out, struct task *t)
{
	PS_HOST_CALL call;

	if (t->tg->process->Exited || PsQueryHostCall(t->tg->process, t->thread, &call)) {
		text_str(out, ": runs");
		return;
	}
	if (call.Number >= SC_TABLE_SIZE || !sc_table[call.Number].name) {
		text_printf(out, ": in the host, call %" PRIu32, call.Number);
		return;
	}
	text_printf(out, ": in %s (by the host)", sc_table[call.Number].name);
	if (call.Number == NR_FUTEX)
		dump_futex(out, t, call.Arguments[0]);
	else
		put_wait_object(out, t, call.Number, call.Arguments[0]);
}

static void put_task(struct text *out, struct task *t, int ppid, enum tgroup_state state)
{
	uint32_t nr = t->cur_nr;
	uint64_t since = t->wait_channel_ns, now = KeQueryMonotonicNs();
	char comm[sizeof(t->comm)];
	int pgid, sid;

	lk_acquire(&tasks_lock);
	pgid = t->tg->pgid;
	sid = t->tg->sid;
	lk_release(&tasks_lock);
	lk_acquire(&t->lock);
	memcpy(comm, t->comm, sizeof(comm));
	lk_release(&t->lock);
	text_printf(out, "pid %d tid %d ppid %d pgid %d sid %d ", t->tg->pid, t->tid, ppid, pgid,
		    sid);
	dump_name(out, comm);
	if (state == TG_STOPPED)
		text_str(out, ", stopped");
	if (!(t->in_call & TASK_IN_CALL))
		put_host_call(out, t);
	else if (nr < SC_TABLE_SIZE && sc_table[nr].name)
		text_printf(out, ": in %s", sc_table[nr].name);
	else
		text_printf(out, ": in call %" PRIu32, nr);
	if (t->sleeping && nr == NR_FUTEX)
		dump_futex(out, t, t->cur_arg);
	else if (t->sleeping)
		put_wait_object(out, t, nr, t->cur_arg);
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
		if (!i || tasks[i]->files != tasks[0]->files)
			put_descriptors(out, tasks[i]);
		task_put(tasks[i]);
	}
	return 0;
}

static int put_mount(const struct mount_view *v, void *arg)
{
	struct text *out = arg;
	const struct mount *m = v->top.mnt;

	text_printf(out, "mount %d on %d: ", m->id, v->parent_id);
	dump_name(out, m->source ? m->source : m->sb->type->name);
	text_printf(out, ", %s\n", m->sb->type->name);
	return 0;
}

/* ---- NT ---- */

#define TYPES_MAX 40
struct handles {
	const OB_TYPE *types[TYPES_MAX];
	unsigned counts[TYPES_MAX], n;
};

static BOOLEAN count_handle(POBJECT object, PVOID context)
{
	struct handles *h = context;
	unsigned i;

	for (i = 0; i < h->n && h->types[i] != object->Type; i++)
		;
	if (i < TYPES_MAX) {
		h->types[i] = object->Type;
		h->counts[i]++;
		h->n += i == h->n;
	}
	return TRUE;
}

static void put_handles(struct text *out)
{
	struct handles h = { .n = 0 };
	unsigned i;

	ObEnumerateHandles(count_handle, &h);
	text_str(out, "handles:");
	for (i = 0; i < h.n; i++)
		text_printf(out, "%s %u %s", i ? "," : "", h.counts[i], h.types[i]->Name);
	text_str(out, "\n");
}

void instance_counts(uint64_t *handles, uint64_t *sleepers)
{
	*handles = ObQueryHandleCount();
	*sleepers = task_sleepers();
}

void instance_dump(struct text *out)
{
	text_printf(out, "lxrun: %u NT objects, %u handles\n", (unsigned)ObQueryObjectCount(),
		    (unsigned)ObQueryHandleCount());
	put_handles(out);
	tgroup_for_each(put_group, out);
	dump_locks(out);
	mount_for_each(mount_first_ns(), put_mount, out);
}
