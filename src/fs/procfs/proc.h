/* SPDX-License-Identifier: MIT */
/* proc.h - what the files of procfs share. */
#ifndef PROCFS_PROC_H
#define PROCFS_PROC_H
#include "../pseudo.h"
#include "base/alloc.h"
#include "lxrun/ns.h"
#include "lxrun/process.h"

/* Which number of a node says what. */
enum { PROC_PID, PROC_TID, PROC_FD };

/* The process or thread that a node is about, as it is now. */
struct proc_target {
	struct tgroup *tg; /* reference */
	struct task *task; /* reference; NULL: /init, a zombie */
	struct mm *mm;     /* reference, or NULL */
	struct cred *cred; /* reference, or NULL */
	char comm[16];
};
/* The name space of the numbers that n's mount shows: borrows. */
const struct pid_ns *proc_ns(const struct pseudo_node *n);
/* ... and what pid is called there; 0: not seen. */
int proc_number(const struct pseudo_node *n, int pid);
/* A process may look at itself, whoever owns the files by now (pseudo_row.permission). */
int proc_own_permission(const struct pseudo_node *n, const struct cred *cr, int mask);
/* 0 or -LX_ESRCH. */
int proc_target(const struct pseudo_node *n, struct proc_target *out);
void proc_target_put(struct proc_target *tgt);
/* Whether t may look into the process behind n (exe, cwd, fd ...). 0, -LX_EACCES, -LX_ESRCH. */
int proc_may_look(const struct pseudo_node *n, struct task *t);

/* Pieces of the target's, each with a reference, or NULL / false when it has none any more. */
struct fdtable *proc_files(const struct pseudo_node *n);
struct fs_context *proc_fs_context(const struct pseudo_node *n);
/* Text of a path as t sees it. */
int64_t proc_path_text(struct task *t, const struct path *p, struct file *f, char *buf,
		       size_t size);

/* attr op of everything below a process: owned by its effective user. */
int proc_pid_attr(const struct pseudo_node *n, struct kstat *st);

/* ---- shows ---- */
int proc_show_stat(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_statm(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_status(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_maps(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_host_pid(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_sched(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_smaps(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_open_mem(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f);
int proc_show_personality(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_syscall(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_timers(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_slack(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_fixed(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_dump_filter(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_store_dump_filter(const struct pseudo_node *n, struct task *t, const char *text,
			   size_t len);
int proc_show_mounts(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_mountinfo(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_mountstats(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_host(const struct pseudo_node *n, struct task *t,
		   struct text *tx); /* the host's text of the same name */
int proc_show_cpu_stat(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_loadavg(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_locks(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_version(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_show_filesystems(const struct pseudo_node *n, struct task *t, struct text *tx);
/* Limits of System V IPC: row->arg is an enum ipc_limit. */
int proc_show_ipc_limit(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_store_ipc_limit(const struct pseudo_node *n, struct task *t, const char *text, size_t len);
int proc_show_sem_limits(const struct pseudo_node *n, struct task *t, struct text *tx);
int proc_store_sem_limits(const struct pseudo_node *n, struct task *t, const char *text,
			  size_t len);

/* ---- tables ---- */
extern const struct pseudo_numbers proc_pids, proc_tids, proc_fds, proc_fdinfos;
extern const struct pseudo_row proc_pid_row, proc_tid_row, proc_fd_row, proc_fdinfo_row;
extern const struct pseudo_row proc_sys_rows[], proc_ns_rows[], proc_net_rows[],
	proc_sysvipc_rows[];

#define PROC_HZ 100u
#endif
