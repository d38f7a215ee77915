/* SPDX-License-Identifier: MIT */
/*
 * proc_fs.c - /proc: its root directory, and how a node finds the process it is about.
 *
 * A node keeps numbers, never pointers to processes: each operation looks the process up again, so a file that
 * stays open after its process is gone fails with ESRCH, as in Linux, also when another process has its number.
 */
#include "proc.h"
#include "lxrun/quirks.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

extern const struct fs_type proc_type;

/* ---- numbers ---- */

/* Nodes keep numbers as their mount shows them. */
static const struct pid_ns *ns_of_super(const struct super *sb)
{
	return pid_ns_of_base(pseudo_ns(sb));
}

const struct pid_ns *proc_ns(const struct pseudo_node *n)
{
	return ns_of_super(n->inode->sb);
}

int proc_number(const struct pseudo_node *n, int pid)
{
	return pid_seen_in(proc_ns(n), pid);
}

/* Whoever has the number nr in the name space that n shows: a reference, or NULL. */
static struct tgroup *group_numbered(const struct pseudo_node *n, int64_t nr)
{
	bool number = nr > 0 && nr < PID_NOBODY;

	return number ? tgroup_find(pid_meant_in(proc_ns(n), (int)nr)) : NULL;
}

/* The process that n was made for: a reference, or NULL. */
static struct tgroup *find_group(const struct pseudo_node *n)
{
	struct tgroup *tg = group_numbered(n, n->id[PROC_PID]);

	if (!tg || tg->life == n->life)
		return tg;
	tgroup_put(tg);
	return NULL;
}

/* ---- targets ---- */

/* Returns a reference to thread tid of tg; 0: its leader, or any thread if that has ended. */
static struct task *find_task(struct tgroup *tg, int tid)
{
	struct task *found = NULL, *t;

	lk_acquire(&tasks_lock);
	if (!tid && tg->leader)
		found = tg->leader;
	list_for_each(t, &tg->tasks, tg_link)
		if (!found && (!tid || t->tid == tid))
			found = t;
	if (found)
		task_get(found);
	lk_release(&tasks_lock);
	return found;
}

int proc_target(const struct pseudo_node *n, struct proc_target *out)
{
	struct task *t;

	memset(out, 0, sizeof(*out));
	out->tg = find_group(n);
	if (!out->tg)
		return -LX_ESRCH;
	t = out->task = find_task(out->tg, pid_meant_in(proc_ns(n), (int)n->id[PROC_TID]));
	if (n->id[PROC_TID] && !t) {
		proc_target_put(out);
		return -LX_ESRCH;
	}
	if (!t) {
		out->cred = tgroup_last_cred(out->tg);
		lk_acquire(&tasks_lock);
		memcpy(out->comm, out->tg->last_comm, sizeof(out->comm));
		lk_release(&tasks_lock);
		return 0;
	}
	lk_acquire(&t->lock);
	out->mm = t->mm ? mm_get(t->mm) : NULL;
	out->cred = t->cred ? cred_get(t->cred) : NULL;
	memcpy(out->comm, t->comm, sizeof(out->comm));
	lk_release(&t->lock);
	return 0;
}

void proc_target_put(struct proc_target *tgt)
{
	if (tgt->cred)
		cred_put(tgt->cred);
	if (tgt->mm)
		mm_put(tgt->mm);
	if (tgt->task)
		task_put(tgt->task);
	if (tgt->tg)
		tgroup_put(tgt->tg);
}

int proc_may_look(const struct pseudo_node *n, struct task *t)
{
	struct proc_target tgt;
	const struct cred *me = t->cred, *it;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	it = tgt.cred;
	if (tgt.tg != t->tg && me->fsuid && !cred_capable(me, LX_CAP_DAC_READ_SEARCH) &&
	    (!it || me->fsuid != it->euid || me->fsuid != it->suid || me->fsuid != it->uid ||
	     me->fsgid != it->egid || me->fsgid != it->sgid || me->fsgid != it->gid))
		err = -LX_EACCES;
	proc_target_put(&tgt);
	return err;
}

int proc_own_permission(const struct pseudo_node *n, const struct cred *cr, int mask)
{
	struct task *t = task_current();
	struct proc_target tgt;
	bool own;

	if (!t || mask & LX_W_OK || proc_target(n, &tgt))
		return 1;
	own = tgt.tg == t->tg;
	proc_target_put(&tgt);
	return own ? 0 : 1;
}

struct fdtable *proc_files(const struct pseudo_node *n)
{
	struct proc_target tgt;
	struct fdtable *ft = NULL;

	if (proc_target(n, &tgt))
		return NULL;
	if (tgt.task) {
		lk_acquire(&tgt.task->lock);
		ft = tgt.task->files ? fdtable_get(tgt.task->files) : NULL;
		lk_release(&tgt.task->lock);
	}
	proc_target_put(&tgt);
	return ft;
}

struct fs_context *proc_fs_context(const struct pseudo_node *n)
{
	struct proc_target tgt;
	struct fs_context *fs = NULL;

	if (proc_target(n, &tgt))
		return NULL;
	if (tgt.task) {
		lk_acquire(&tgt.task->lock);
		fs = tgt.task->fs ? fs_context_get(tgt.task->fs) : NULL;
		lk_release(&tgt.task->lock);
	}
	proc_target_put(&tgt);
	return fs;
}

int64_t proc_path_text(struct task *t, const struct path *p, struct file *f, char *buf, size_t size)
{
	struct path root;
	int64_t len;

	fs_get_root(t->fs, &root);
	len = vfs_path_text(p, f, &root, buf, size, NULL);
	path_put(&root);
	return len;
}

int proc_pid_attr(const struct pseudo_node *n, struct kstat *st)
{
	struct proc_target tgt;

	if (proc_target(n, &tgt))
		return -LX_ENOENT;
	if (tgt.cred) {
		st->uid = tgt.cred->euid;
		st->gid = tgt.cred->egid;
	} else {
		st->uid = tgt.tg->uid;
	}
	proc_target_put(&tgt);
	return 0;
}

bool proc_dir_group(const struct file *f, struct tgroup **out)
{
	const struct pseudo_node *n;

	if (!f->inode || f->inode->sb->type != &proc_type)
		return false;
	n = f->inode->priv;
	if (n->row != &proc_pid_row)
		return false;
	*out = find_group(n);
	return true;
}

/* ---- numbered children ---- */

struct pid_list {
	const struct pid_ns *ns;
	struct number_list *numbers;
};

static int add_pid(struct tgroup *tg, void *arg)
{
	struct pid_list *l = arg;
	int nr = pid_seen_in(l->ns, tg->pid);

	if (nr)
		numbers_add(l->numbers, nr);
	return 0;
}

static int list_pids(const struct pseudo_node *dir, struct number_list *l)
{
	struct pid_list list = { proc_ns(dir), l };

	tgroup_for_each(add_pid, &list);
	return 0;
}

static bool pid_exists(const struct pseudo_node *dir, int64_t n)
{
	struct tgroup *tg = group_numbered(dir, n);

	if (tg)
		tgroup_put(tg);
	return tg != NULL;
}

static uint64_t pid_life(const struct pseudo_node *dir, int64_t n)
{
	struct tgroup *tg = group_numbered(dir, n);
	uint64_t life = tg ? tg->life : 0;

	tgroup_put(tg);
	return life;
}

const struct pseudo_numbers proc_pids = { .slot = PROC_PID,
					  .row = &proc_pid_row,
					  .list = list_pids,
					  .exists = pid_exists,
					  .life = pid_life };

static int list_tids(const struct pseudo_node *dir, struct number_list *l)
{
	struct tgroup *tg = find_group(dir);
	int max = 64, n = 0, *tids = NULL;

	if (!tg)
		return -LX_ENOENT;
	do {
		max *= 2;
		mem_free(tids);
		tids = mem_alloc((size_t)max * sizeof(*tids));
		n = tids ? tgroup_tids(tg, tids, max) : -1;
	} while (n == max);
	for (int i = 0; i < n; i++)
		numbers_add(l, proc_number(dir, tids[i]));
	mem_free(tids);
	tgroup_put(tg);
	return n < 0 ? -LX_ENOMEM : 0;
}

static bool tid_exists(const struct pseudo_node *dir, int64_t n)
{
	bool number = n > 0 && n < PID_NOBODY;
	struct task *t = number ? task_find(pid_meant_in(proc_ns(dir), (int)n)) : NULL;
	bool is = t && proc_number(dir, t->tg->pid) == dir->id[PROC_PID];

	if (t)
		task_put(t);
	return is;
}

const struct pseudo_numbers proc_tids = {
	.slot = PROC_TID, .row = &proc_tid_row, .list = list_tids, .exists = tid_exists
};

/* ---- the root ---- */

static int64_t self_link(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	int pid = proc_number(n, t->tg->pid), len;

	if (!pid)
		return -LX_ENOENT; /* the reader is outside of what this mount shows */
	len = snprintf(buf, size, n->row->arg ? "%d/task/%d" : "%d", pid, proc_number(n, t->tid));
	return len < (int)size ? len : -LX_ENAMETOOLONG;
}

static int show_cmdline(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "BOOT_IMAGE=/kernel init=/init\n");
	return 0;
}

static int show_swaps(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static int show_cgroups(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	cgroup_show_subsystems(tx);
	return 0;
}

static bool not_wsl1(const struct pseudo_node *dir)
{
	return !quirk_on(QUIRK_PROC_VMSTAT);
}

static const struct pseudo_row proc_root_rows[] = {
	{ "cgroups", LX_S_IFREG | 0444, .show = show_cgroups },
	{ "cmdline", LX_S_IFREG | 0444, .show = show_cmdline },
	{ "cpuinfo", LX_S_IFREG | 0444, .show = proc_show_host },
	{ "devices", LX_S_IFREG | 0444, .show = proc_show_host },
	{ "diskstats", LX_S_IFREG | 0444, .show = proc_show_host, .present = not_wsl1 },
	{ "filesystems", LX_S_IFREG | 0444, .show = proc_show_filesystems },
	{ "interrupts", LX_S_IFREG | 0444, .show = proc_show_host },
	{ "loadavg", LX_S_IFREG | 0444, .show = proc_show_loadavg },
	{ "locks", LX_S_IFREG | 0444, .show = proc_show_locks, .present = not_wsl1 },
	{ "meminfo", LX_S_IFREG | 0444, .show = proc_show_host },
	{ "mounts", LX_S_IFLNK | 0777, .target = "self/mounts" },
	{ "net", LX_S_IFLNK | 0777, .target = "self/net" },
	{ "partitions", LX_S_IFREG | 0444, .show = proc_show_host, .present = not_wsl1 },
	{ "self", LX_S_IFLNK | 0777, .link = self_link },
	{ "softirqs", LX_S_IFREG | 0444, .show = proc_show_host, .present = not_wsl1 },
	{ "stat", LX_S_IFREG | 0444, .show = proc_show_cpu_stat },
	{ "swaps", LX_S_IFREG | 0444, .show = show_swaps },
	{ "sys", LX_S_IFDIR | 0555, .rows = proc_sys_rows },
	{ "sysvipc", LX_S_IFDIR | 0555, .rows = proc_sysvipc_rows },
	{ "thread-self", LX_S_IFLNK | 0777, .link = self_link, .arg = 1 },
	{ "uptime", LX_S_IFREG | 0444, .show = proc_show_host },
	{ "version", LX_S_IFREG | 0444, .show = proc_show_version },
	{ "vmstat", LX_S_IFREG | 0444, .show = proc_show_host, .present = not_wsl1 },
	{ NULL },
};

static const struct pseudo_row proc_root = {
	.name = "", .mode = LX_S_IFDIR | 0555, .rows = proc_root_rows, .numbers = &proc_pids
};

static int proc_mount(const struct fs_type *type, const char *source, const char *data,
		      struct super **out)
{
	return pseudo_mount(type, &proc_root, PROC_SUPER_MAGIC, -LX_ENOENT,
			    task_ns(task_current(), NS_PID, false), out);
}

const struct fs_type proc_type = { .name = "proc",
				   .flags = FS_NODEV | FS_FIXED_NAMES,
				   .mount = proc_mount };
