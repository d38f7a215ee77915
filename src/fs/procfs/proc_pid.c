/* SPDX-License-Identifier: MIT */
/* proc_pid.c - the directory of a process and of a thread: rows, small texts, magic links. */
#include "proc.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory of the process, as the host's memory manager shows it ---- */

static bool show_memory(const struct proc_target *tgt, const char *name, struct text *tx)
{
	size_t len;
	char *s = tgt->task ? proc_host_text(tgt->task, name, &len) : NULL;

	if (!s)
		return false;
	text_put(tx, s, len);
	mem_free(s);
	return true;
}

/*
 * The memory itself shows what a program writes over its arguments, and all of a long command line. The
 * interpreter's part of a #! line lies apart from the rest, though: then what exec was given is shown.
 */
static bool is_in_one_piece(const struct text *memory, const struct mm *mm)
{
	return memory->len == mm->cmdline_len ||
	       (memory->len > mm->cmdline_len &&
		!memcmp(memory->data, mm->cmdline, mm->cmdline_len));
}

static int show_cmdline(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.tg->pid == 1)
		text_put(tx, "/init", 6);
	else if (tgt.mm && tgt.mm->cmdline &&
		 (!show_memory(&tgt, "cmdline", tx) || !is_in_one_piece(tx, tgt.mm))) {
		text_free(tx);
		text_put(tx, tgt.mm->cmdline, tgt.mm->cmdline_len);
	}
	proc_target_put(&tgt);
	return 0;
}

/* environ and auxv: for who may look into the process. */
static int show_private(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	show_memory(&tgt, n->row->name, tx);
	proc_target_put(&tgt);
	return 0;
}

/* ---- comm ---- */

static int show_comm(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	text_printf(tx, "%.15s\n", tgt.comm);
	proc_target_put(&tgt);
	return 0;
}

static int store_comm(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.tg != t->tg || !tgt.task) {
		err = -LX_EINVAL;
	} else {
		if (len > 15)
			len = 15;
		lk_acquire(&tgt.task->lock);
		memset(tgt.task->comm, 0, sizeof(tgt.task->comm));
		memcpy(tgt.task->comm, text, len);
		lk_release(&tgt.task->lock);
	}
	proc_target_put(&tgt);
	return err;
}

/* ---- small facts ---- */

static const struct {
	const char *name, *unit;
} limit_names[LX_RLIM_NLIMITS] = {
	[LX_RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[LX_RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[LX_RLIMIT_DATA] = { "Max data size", "bytes" },
	[LX_RLIMIT_STACK] = { "Max stack size", "bytes" },
	[LX_RLIMIT_CORE] = { "Max core file size", "bytes" },
	[LX_RLIMIT_RSS] = { "Max resident set", "bytes" },
	[LX_RLIMIT_NPROC] = { "Max processes", "processes" },
	[LX_RLIMIT_NOFILE] = { "Max open files", "files" },
	[LX_RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[LX_RLIMIT_AS] = { "Max address space", "bytes" },
	[LX_RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[LX_RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[LX_RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[LX_RLIMIT_NICE] = { "Max nice priority", NULL },
	[LX_RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
	[LX_RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void add_limit(struct text *tx, uint64_t value)
{
	if (value == LX_RLIM_INFINITY)
		text_printf(tx, "%-20s ", "unlimited");
	else
		text_printf(tx, "%-20" PRIu64 " ", value);
}

static int show_limits(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	struct lx_rlimit rlim[LX_RLIM_NLIMITS];
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	lk_acquire(&tgt.tg->lock);
	memcpy(rlim, tgt.tg->rlimit, sizeof(rlim));
	lk_release(&tgt.tg->lock);
	proc_target_put(&tgt);
	text_printf(tx, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < LX_RLIM_NLIMITS; i++) {
		text_printf(tx, "%-25s ", limit_names[i].name);
		add_limit(tx, rlim[i].rlim_cur);
		add_limit(tx, rlim[i].rlim_max);
		text_printf(tx, limit_names[i].unit ? "%-10s\n" : "%s\n",
			    limit_names[i].unit ? limit_names[i].unit : "");
	}
	return 0;
}

/* Kept and inherited; the host's out-of-memory killer is not told. */
static int show_oom_score_adj(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	text_printf(tx, "%d\n", (int)tgt.tg->oom_score_adj);
	proc_target_put(&tgt);
	return 0;
}

static int store_oom_score_adj(const struct pseudo_node *n, struct task *t, const char *text,
			       size_t len)
{
	struct proc_target tgt;
	char *end;
	long v = strtol(text, &end, 10);
	int err;

	if (end == text || v < -1000 || v > 1000)
		return -LX_EINVAL;
	err = proc_target(n, &tgt);
	if (err)
		return err;
	if (v < tgt.tg->oom_score_adj && !cred_capable(t->cred, LX_CAP_SYS_RESOURCE))
		err = -LX_EACCES;
	else
		tgt.tg->oom_score_adj = v;
	proc_target_put(&tgt);
	return err;
}

static int show_loginuid(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "4294967295");
	return 0;
}

static int show_cgroup(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	cgroup_show_task(tgt.task, tx);
	proc_target_put(&tgt);
	return 0;
}

/* ---- magic links ---- */

static int jump_exe(const struct pseudo_node *n, struct task *t, struct path *out)
{
	struct proc_target tgt;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	if (tgt.mm && tgt.mm->exe && tgt.mm->exe->path.dentry) {
		*out = tgt.mm->exe->path;
		path_get(out);
	} else {
		err = -LX_ENOENT;
	}
	proc_target_put(&tgt);
	return err;
}

static int64_t link_exe(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	struct proc_target tgt;
	int64_t res = proc_may_look(n, t);

	if (!res)
		res = proc_target(n, &tgt);
	if (res)
		return res;
	if (tgt.mm && tgt.mm->exe)
		res = proc_path_text(t, &tgt.mm->exe->path, tgt.mm->exe, buf, size);
	else
		res = -LX_ENOENT;
	proc_target_put(&tgt);
	return res;
}

/* arg: 0 the working directory, 1 the root. */
static int jump_dir(const struct pseudo_node *n, struct task *t, struct path *out)
{
	struct fs_context *fs;
	int err = proc_may_look(n, t);

	if (err)
		return err;
	fs = proc_fs_context(n);
	if (!fs)
		return -LX_ENOENT;
	if (n->row->arg)
		fs_get_root(fs, out);
	else
		fs_get_cwd(fs, out);
	fs_context_put(fs);
	return 0;
}

static int64_t link_dir(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	struct path p;
	int64_t len = jump_dir(n, t, &p);

	if (len)
		return len;
	len = proc_path_text(t, &p, NULL, buf, size);
	path_put(&p);
	return len;
}

/* ---- rows ---- */

#define PID_FILE(n, m, ...)                                             \
	{                                                               \
		n, LX_S_IFREG | (m), .attr = proc_pid_attr, __VA_ARGS__ \
	}
#define PID_LINK(n, ...)                                                 \
	{                                                                \
		n, LX_S_IFLNK | 0777, .attr = proc_pid_attr, __VA_ARGS__ \
	}
#define PID_DIR(n, m, ...)                                              \
	{                                                               \
		n, LX_S_IFDIR | (m), .attr = proc_pid_attr, __VA_ARGS__ \
	}
/* What a process and a thread have in common. */
#define COMMON_ROWS                                                                           \
	PID_FILE("cgroup", 0444, .show = show_cgroup),                                        \
		PID_FILE("cmdline", 0444, .show = show_cmdline),                              \
		PID_FILE("comm", 0644, .show = show_comm, .store = store_comm),               \
		PID_LINK("cwd", .link = link_dir, .jump = jump_dir),                          \
		PID_FILE("cpuset", 0444, .show = proc_show_fixed),                            \
		PID_FILE("environ", 0400, .show = show_private),                              \
		PID_LINK("exe", .link = link_exe, .jump = jump_exe),                          \
		PID_DIR("fd", 0500, .numbers = &proc_fds, .permission = proc_own_permission), \
		PID_DIR("fdinfo", 0500, .numbers = &proc_fdinfos,                             \
			.permission = proc_own_permission),                                   \
		PID_FILE("gid_map", 0644, .show = proc_show_fixed),                           \
		PID_FILE("io", 0400, .show = proc_show_host_pid),                             \
		PID_FILE("limits", 0444, .show = show_limits),                                \
		PID_FILE("loginuid", 0644, .show = show_loginuid),                            \
		PID_FILE("maps", 0444, .show = proc_show_maps),                               \
		PID_FILE("mem", 0600, .open = proc_open_mem),                                 \
		PID_FILE("mountinfo", 0444, .show = proc_show_mountinfo),                     \
		PID_FILE("mounts", 0444, .show = proc_show_mounts),                           \
		PID_DIR("net", 0555, .rows = proc_net_rows),                                  \
		PID_DIR("ns", 0511, .rows = proc_ns_rows),                                    \
		PID_FILE("oom_score", 0444, .show = proc_show_host_pid),                      \
		PID_FILE("oom_score_adj", 0644, .show = show_oom_score_adj,                   \
			 .store = store_oom_score_adj),                                       \
		PID_FILE("personality", 0400, .show = proc_show_personality),                 \
		PID_FILE("projid_map", 0644, .show = proc_show_fixed),                        \
		PID_LINK("root", .link = link_dir, .jump = jump_dir, .arg = 1),               \
		PID_FILE("sched", 0644, .show = proc_show_sched),                             \
		PID_FILE("schedstat", 0444, .show = proc_show_host_pid),                      \
		PID_FILE("sessionid", 0444, .show = proc_show_fixed),                         \
		PID_FILE("setgroups", 0644, .show = proc_show_fixed),                         \
		PID_FILE("smaps", 0444, .show = proc_show_smaps),                             \
		PID_FILE("smaps_rollup", 0400, .show = proc_show_host_pid),                   \
		PID_FILE("stack", 0400, .show = proc_show_fixed),                             \
		PID_FILE("stat", 0444, .show = proc_show_stat),                               \
		PID_FILE("statm", 0444, .show = proc_show_statm),                             \
		PID_FILE("status", 0444, .show = proc_show_status),                           \
		PID_FILE("syscall", 0400, .show = proc_show_syscall),                         \
		PID_FILE("uid_map", 0644, .show = proc_show_fixed),                           \
		PID_FILE("wchan", 0444, .show = proc_show_fixed)

static const struct pseudo_row pid_rows[] = {
	COMMON_ROWS,
	PID_FILE("auxv", 0400, .show = show_private),
	PID_FILE("coredump_filter", 0644, .show = proc_show_dump_filter,
		 .store = proc_store_dump_filter),
	PID_FILE("mountstats", 0400, .show = proc_show_mountstats),
	PID_DIR("task", 0555, .numbers = &proc_tids),
	PID_FILE("timers", 0444, .show = proc_show_timers),
	PID_FILE("timerslack_ns", 0666, .show = proc_show_slack),
	{ NULL },
};

static const struct pseudo_row tid_rows[] = { COMMON_ROWS, { NULL } };

const struct pseudo_row proc_pid_row = {
	.name = "", .mode = LX_S_IFDIR | 0555, .rows = pid_rows, .attr = proc_pid_attr
};
const struct pseudo_row proc_tid_row = {
	.name = "", .mode = LX_S_IFDIR | 0555, .rows = tid_rows, .attr = proc_pid_attr
};
