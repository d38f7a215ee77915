/* SPDX-License-Identifier: MIT */
/*
 * task.h - instance > session > process group > thread group > task; address space apart.
 *
 * Numbers (pid, tid, pgid, sid) are lxcore's own, per instance: /init is 1, the first program 2.
 * A session and a process group exist as long as a thread group names them; they are numbers plus
 * lookups over the thread-group list.
 */
#ifndef LXRUN_TASK_H
#define LXRUN_TASK_H
#include "base/list.h"
#include "base/lock.h"
#include "base/refs.h"
#include "lx/errno.h"
#include "lx/signal.h"
#include "lxrun/cgroup.h"
#include "lxrun/cred.h"
#include "lxrun/sched.h"
#include "lxrun/syscall.h"
#include "lxrun/wait.h"
#include "nt/pico.h"
#include <stdbool.h>

struct fdtable;
struct fs_context;
struct path;
struct file;
struct tty;
struct ptracee;
struct uts_ns;
struct pid_ns;
struct sem_undo_list;
struct ipc_ns;

/* What an address space shows in /proc; shared by tasks that share memory (CLONE_VM). */
struct mm {
	struct refs  refs;
	struct file *exe;              /* may be NULL; constant between execs */
	uint64_t     arg_start, arg_end, env_start, env_end;
	uint64_t     start_code, end_code, start_data, end_data, start_brk, start_stack;
	char        *cmdline;          /* argv strings as of exec, NUL separated: fallback when memory is gone */
	uint32_t     cmdline_len;
	_Atomic uint32_t coredump_filter; /* LX_DUMP_*; kept over exec */
};
struct mm *mm_get(struct mm *mm);
void       mm_put(struct mm *mm);
/* Whether fn says yes to an open file of any process; each is asked once per descriptor. No lock is held. */
bool task_any_file(bool (*fn)(struct file *f, void *arg), void *arg);
/* The number of the process that the host knows as host; 0: none of ours. */
int task_pid_of_host(int host);
/* References to all groups of process group pgid (0: all but /init), NULL-terminated. */
struct tgroup **tgroups_of(int pgid);
void            tgroups_put(struct tgroup **list);

/* Whether the group's end leaves a core file: src/task/core.c. */
enum core_state { CORE_UNDECIDED, CORE_GATHERING, CORE_WRITING, CORE_WRITTEN, CORE_NONE };
enum tgroup_state { TG_NEW, TG_RUNNING, TG_STOPPED, TG_ZOMBIE, TG_DEAD };

/* Per-child record that /proc and wait share. */
struct tgroup {
	struct refs    refs;
	uint64_t       life;           /* constant: no other process has had it */
	int            pid;            /* constant */
	struct pid_ns *ns;             /* its numbers': constant; holds a reference */
	PEPROCESS      process;        /* constant; holds a reference; NULL for /init (pid 1) */
	/* ---- tasks_lock (LR_TASKS) guards: ---- */
	struct list    all_link;       /* in task_groups */
	struct tgroup *parent;         /* borrows; never NULL but for /init */
	struct list    children, sibling;
	struct list    tasks;          /* live tasks */
	uint32_t       nr_tasks;
	struct task   *leader;         /* borrows; NULL once it has ended */
	int            pgid, sid;
	struct tty    *tty;            /* controlling terminal; holds a reference */
	int            tty_old_pgrp;   /* a session leader's: foreground group of a terminal that was hung up */
	enum tgroup_state state;
	int            wait_status;    /* as wait4 gives it: valid in TG_ZOMBIE */
	int            stop_signal;    /* TG_STOPPED */
	bool           stop_reported, continued_pending; /* wait4 WUNTRACED / WCONTINUED */
	bool           vfork_child, execed, subreaper;
	int            exit_signal;    /* to the parent; 0 none */
	struct lx_rusage child_rusage; /* waited-for children */
	/* ---- own ---- */
	struct waitq   child_wait;     /* parents sleep here in wait4 */
	struct waitq   end_wait;       /* polls of pidfds */
	uint64_t       start_ns;       /* KeQueryMonotonicNs() */
	struct lk      lock;           /* LR_SIGNAL; guards: */
	struct list    sig_queue;      /* struct sigq: sent, not yet delivered */
	struct lx_sigaction sigchld;   /* what the guest set for SIGCHLD */
	struct lx_rlimit rlimit[LX_RLIM_NLIMITS];
	int            dumpable;
	int            fatal_tid;      /* who was given ... */
	struct lx_siginfo fatal_info;  /* ... the last signal of those that dump core */
	_Atomic int    oom_score_adj;
	uint64_t       sighand_id;     /* the same in groups that share handlers (CLONE_SIGHAND) */
	struct list    timers;         /* POSIX timers and ITIMER_REAL: src/task/timer.c */
	struct itimer *itimer_real;
	int            next_timer_id;
	uint32_t       nr_sigq;        /* entries of sig_queue */
	int            stop_as;        /* a SIGTSTP and kin that was delivered as SIGSTOP: its number */
	/* ---- tasks_lock ---- */
	struct list    tracees;        /* struct ptracee: what it traces */
	struct list    dead_tracees;   /* struct ptrace_dead: what ended and it has not waited for */
	uint32_t       nr_unreleased;  /* tasks that still hold files and the rest */
	bool           exited;         /* the host process is gone: zombie once nr_unreleased is 0 (tgroup_take_end()) */
	bool           end_taken;      /* ... and who makes it one is at it */
	bool           never_ran;      /* ... because its clone failed: no zombie, no signal */
	bool           notifying;      /* a change of state is being told to the parent: wait4 must not answer yet */
	int            exit_status;    /* valid when exited */
	_Atomic enum core_state core;
	uint32_t       nr_ending;      /* tasks held in their last stop */
	_Atomic bool   killed;         /* by SIGKILL: what is being written ends */
	uint32_t       uid;            /* real uid, as siginfo and zombies show it */
	struct lx_rusage self_rusage;  /* valid in TG_ZOMBIE */
	struct task_sched last_sched;  /* of the leader, once it has ended; and its ... */
	struct cred   *last_cred;      /* ... holds a reference; tasks_lock; also /init's, who has no thread */
	char           last_comm[16];
};

struct task {
	struct refs    refs;
	int            tid;            /* constant, but exec by a non-leader takes over the leader's */
	struct tgroup *tg;             /* constant; holds a reference */
	PETHREAD       thread;         /* constant; holds a reference */
	struct list    tg_link;        /* tasks_lock */
	struct cgroup_member cgroups[CGROUP_HIERARCHIES_MAX]; /* tasks_lock; by hierarchy: src/task/cgroup.c */
	struct ptracee *ptrace;        /* tasks_lock; NULL: nobody traces it. src/task/ptrace.c */
	/* shared or private by clone flags; replaced by the task itself only, under lock for readers */
	struct lk      lock;           /* LR_TASK; guards the six pointers against other tasks, comm */
	struct fdtable    *files;
	struct fs_context *fs;
	struct cred       *cred;
	struct mm         *mm;
	struct uts_ns     *uts;        /* NULL: the instance's */
	struct ipc_ns     *ipc;        /* likewise */
	struct pid_ns     *child_ns;   /* where its children are born; NULL: in its own */
	char           comm[16];
	struct task_sched sched;       /* lock */
	KEVENT         wake;           /* task_wake() */
	_Atomic uint32_t in_call;      /* TASK_IN_CALL: a service thread works for this task; TASK_GONE */
	_Atomic uint32_t sleeping;     /* ... and is in task_sleep(); for /proc state */
	_Atomic uint64_t sig_hint;     /* bit per signal sent and not yet seen at delivery */
	int            exit_status;    /* as wait4 would give it; valid when dying */
	_Atomic uint32_t dying;        /* host thread is gone or going: no call may sleep */
	/* owned by the service thread of the current call: */
	struct sc_args cur;
	_Atomic uint32_t cur_nr; /* its number, for whoever looks from outside (dump.c) */
	_Atomic uint64_t cur_arg; /* ... and its first argument */
	HANDLE         install_handle; /* sc_install() */
	bool           install_cloexec;
	uint64_t       restart_deadline_ns;  /* nanosleep and friends; valid when restart_fn is set */
	sc_fn         *restart_fn;           /* what restart_syscall(2) continues */
	struct sc_args restart_args;
	uint64_t       clear_child_tid;
	_Atomic uint64_t unblocked_in_wait;  /* ppoll & co: ~ of the wait's own mask; counts if has_wait_mask */
	_Atomic bool   has_wait_mask;        /* ... is in force; set after it */
	int            pdeathsig;
	struct exec_state *exec;             /* between sys_execve and ImageReplaced: src/task/exec.c */
	int            cloned_by, pidfd;     /* CLONE_PIDFD: descriptor pidfd of task cloned_by is this one's */
	void          *trace;                /* src/syscall/trace.c */
	uint64_t wait_id; /* of the sleep, in a trace (trace_async_id); 0: nobody watches, or it is over */
	_Atomic uint64_t wait_channel_ns;
	/* ---- any thread ---- */
	_Atomic uint32_t stop_kick;    /* alerted so that the host can stop it */
	_Atomic uint32_t trap_wanted;  /* its tracer has interrupted it: no call may sleep before it has stopped */
	_Atomic uint32_t alert_sent;   /* KeAlertThread was called: the next call takes back what is left */
	_Atomic uint32_t unsent;       /* signals wait for the host thread to be bound: flushed by its first call */
	struct list    grave_link;     /* trace thread: dead, but a service thread may still hold the ETHREAD */
	bool           ending;         /* tasks_lock: held in its last stop, for the core file */
	bool           no_new_privs;   /* prctl(2) */
	uint64_t       timer_slack_ns, timer_slack_default_ns;
	uint32_t       personality;    /* what the host was told: personality(2) */
#define LX_ADDR_NO_RANDOMIZE 0x0040000u
	_Atomic uint64_t sigwait_set;  /* src/task/sigwait.c: what a delivery swallows for rt_sigtimedwait */
	_Atomic uint32_t sigwait_sig;  /* swallowed: its number, and its ... */
	struct lx_siginfo sigwait_info;
	const struct file *signalfd;   /* a read of it that is restarted; compared only. Then: */
	uint64_t       signalfd_buf;   /* where it reads to ... */
	uint32_t       signalfd_done;  /* ... and how much is there already */
	struct sem_undo_list *sem_undo; /* own; NULL: none yet. src/ipc/sysv_semop.c */
};
/* Bits of task.in_call. */
#define TASK_IN_CALL 1u
#define TASK_GONE    2u /* the host thread is gone: whoever ends the call releases the task's files and the rest */

extern struct lk   tasks_lock;         /* LR_TASKS */
extern struct list task_groups;        /* every tgroup, by all_link; zombies included */
extern PS_PICO_ROUTINES pico;          /* filled by PsRegisterPicoProvider */

struct task   *task_get(struct task *t);
void           task_put(struct task *t);
struct tgroup *tgroup_get(struct tgroup *tg);
void           tgroup_put(struct tgroup *tg);
/* Each returns a reference, or NULL. */
struct task   *task_find(int tid);
/* Whose call the current thread serves: borrows; NULL: nobody's. */
struct task   *task_current(void);
/* Descriptor fd of t: a reference in *out. -LX_EBADF. */
int            task_file(struct task *t, int fd, struct file **out);
struct tgroup *tgroup_find(int pid);
/* Calls fn for every thread group (a reference is held during the call, tasks_lock is not). Stops when fn returns non-zero. */
int  tgroup_for_each(int (*fn)(struct tgroup *tg, void *arg), void *arg);
/* Snapshot of the tids of a group: returns the count, at most max. */
int  tgroup_tids(struct tgroup *tg, int *tids, int max);
/* The group's state letter for /proc ("R" "S" "T" "Z") of t, or of the leader. */
char task_state_letter(struct tgroup *tg, struct task *t);
int  tgroup_ppid(struct tgroup *tg);

/* Instance: /init (pid 1), the name space of numbers, mounts, and the first program. */
/* Starts everything below (ntshim, VFS, tables). 0 or -LX_E*; explains itself with lxrun_warn(). */
int  instance_start(void);
/* Runs program with argv in the instance and waits for it. *wait_status as wait4 gives it. 0 or -LX_E* (it could not be started). */
int  instance_run(const char *program, char *const argv[], int *wait_status);
/* After instance_start: the number of user name in the instance's /etc/passwd. False: there is none. */
bool instance_find_user(const char *name, uint32_t *uid);
/* After instance_start: the shell of the user who was selected. */
const char *instance_shell(void);
/* The first program's task: who works in an instance without running a program acts as it. Borrows. */
struct task *instance_first_task(void);
/* Kills what is left; leaks nothing. */
void instance_stop(void);
/* Every task with its call, mounts, counts of NT objects: for people. From any thread. */
struct text;
void instance_dump(struct text *out);
/* How many NT handles are open, and how many guests sleep in a call. */
void instance_counts(uint64_t *handles, uint64_t *sleepers);
/* From any thread: instance_run ends with -LX_ECANCELED and everything in the instance is killed. */
void instance_abort(void);
/* Before instance_run: descriptor n (0..2) of the first program is this NT handle (consumed) of kind IO_HOST_KIND, open with LX_O_* flags. */
void instance_set_stdio(int n, HANDLE handle, int kind, uint32_t flags);
/*
 * What the client (the command line) does for job control; NULL: it cannot. Called from any thread, also
 * the trace thread, so it must not wait: soon after, lxrun's own job stops as sig would stop it. False: it
 * would not, because nobody could continue it.
 */
extern bool (*instance_stop_client)(int sig);
/* Whether the first program's process group counts as orphaned: no shell outside controls lxrun's job. Set before instance_run. */
extern bool instance_orphaned;
/*
 * Between instance_start and instance_run: finds prog as a shell would (PATH of lxrun_opt.envp when it
 * has no slash) and checks that it can be run. 0 and its path, or -LX_ENOENT, -LX_EACCES, -LX_ENOEXEC ...
 * with one line that says why in reason.
 */
int  instance_resolve(const char *prog, char *path, size_t size, char *reason, size_t rsize);

/* clone/exec/exit/wait verbs; handlers in src/syscall/sys_process.c. */
/* clone3(2): numbers of the child, innermost name space first; whether the caller may choose them. */
#define PID_WANTED_MAX 32
struct pid_wanted {
	uint32_t n;
	bool allowed;
	int32_t nr[PID_WANTED_MAX];
};
struct clone_request {
	uint64_t flags, stack, tls;
	gaddr_t parent_tid, child_tid, pidfd;
	int exit_signal;
	const struct pid_wanted *wanted; /* NULL: any numbers */
};
int64_t task_clone(struct task *t, const struct clone_request *req);        /* SC_CLONE or -errno */
int64_t task_execve(struct task *t, int dfd, const char *path, gaddr_t argv, gaddr_t envp, int atflags); /* SC_EXEC or -errno */
struct wait_result { int pid; uint32_t uid; int status, code; struct lx_rusage rusage; };
/* which/id as waitid; options LX_W*. Returns pid > 0, 0 (WNOHANG and nothing), -errno. */
int64_t task_wait(struct task *t, int which, int id, uint32_t options, struct wait_result *res);

/* Provider routines (src/task/provider.c registers them). */
void task_exit_thread(PETHREAD thread, int wait_status);
void task_exit_process(PEPROCESS process, int wait_status);
void task_image_replaced(PETHREAD thread, NTSTATUS status);
BOOLEAN task_signal_delivery(PETHREAD thread, int *sig, PICO_SIGNAL_INFO *info);
void task_process_stopped(PEPROCESS process, int sig);
BOOLEAN task_thread_ends(PETHREAD thread, int wait_status);
#endif
