/* SPDX-License-Identifier: MIT */
/* task_impl.h - what the files of src/task share. */
#ifndef TASK_IMPL_H
#define TASK_IMPL_H
#include "lxrun/ns.h"
#include "lxrun/process.h"
#include "lxrun/loader.h"

/* ---- numbers (pid.c); all under tasks_lock ---- */
#define PID_MAX  32768
#define PID_INIT 1
/* A number of the instance, with one in each name space from ns outwards. want NULL: the next free. -LX_E*. */
int pid_alloc(struct pid_ns *ns, const struct pid_wanted *want);
/* A number that was given and never came into the tables. tasks_lock not held. */
void pid_unused(int pid);
void pid_forget_ns(
	const struct pid_ns
		*ns); /* ns is about to be freed: what is outside it is remembered still */
void pid_set_task(int pid, struct task *t); /* NULL: no task has it any more */
void pid_set_tgroup(int pid, struct tgroup *tg);
struct task *pid_task(int pid); /* borrow */
struct tgroup *pid_tgroup(int pid);
/* One thread group more (n 1) or less (-1) names pid as its process group or session. */
void pid_count_member(int pid, int n);
/* Members of process group or session pid, over-counted by nobody. */
bool pid_has_members(int pid);
/* The smallest number > pid that a thread group has; 0 if none. */
int pid_next_tgroup(int pid);

/* ---- structures (task.c, tgroup.c) ---- */
extern struct tgroup *init_tgroup; /* pid 1 */
/* Each returns a reference to an object that nobody sees yet. NULL: no memory. */
struct task *task_new(struct tgroup *tg);
struct tgroup *tgroup_new(void);
/*
 * Entries in all tables. The tables borrow: what a new object came with is the reference of its life,
 * which ends in graveyard_sweep() for a task, in tgroup_unpublish()'s caller for a group. tasks_lock held.
 */
void tgroup_publish(struct tgroup *tg, int pid, struct tgroup *parent, int pgid, int sid);
void task_publish(struct task *t, int tid);
void task_unpublish(struct task *t);
void tgroup_unpublish(struct tgroup *tg);
/* SIGKILL that nobody sent, whatever tg blocks or is; nothing if its host process is gone. tasks_lock not held. */
void tgroup_kill(struct tgroup *tg);
/* tg has left the tables: drops the reference of its life. tasks_lock not held. */
void tgroup_reap(struct tgroup *tg);
/* True once, when nothing keeps tg from becoming a zombie: the caller sees to it. tasks_lock held. */
bool tgroup_take_end(struct tgroup *tg);
/* Moves tg to another process group and session. tasks_lock held. */
void tgroup_set_ids(struct tgroup *tg, int pgid, int sid);
/* Replaces t->cred; consumes c. */
void task_set_cred(struct task *t, struct cred *c);
/* Returns a reference to a live task of tg (the leader if possible), or NULL. */
struct task *tgroup_any_task(struct tgroup *tg);
/* The group that thread tid is or was the leader of, or is in: a reference, or NULL. */
struct tgroup *tgroup_of_thread(int tid);
/* What its threads may do, or its leader could: a reference, or NULL. */
struct cred *tgroup_cred(struct tgroup *tg);
/*
 * References to the live tasks of tg, leader first, at most max. tasks_lock not held. The caller
 * task_put()s them.
 */
int tgroup_tasks(struct tgroup *tg, struct task **list, int max);
#define TGROUP_TASKS_MAX 128

/* ---- signals ---- */
struct itimer;
struct sigq {
	struct list link;
	struct task *target;  /* borrows: entries go when the task does; NULL: for the group */
	struct itimer *timer; /* not NULL: this expiry's; borrows likewise */
	bool unsent;          /* the host thread did not exist yet */
	struct lx_siginfo info;
};
#define STOP_SIGNALS                                                             \
	(LX_SIGBIT(LX_SIGSTOP) | LX_SIGBIT(LX_SIGTSTP) | LX_SIGBIT(LX_SIGTTIN) | \
	 LX_SIGBIT(LX_SIGTTOU))
/* Takes q out of the queue. tg->lock held. */
void sigq_free(struct tgroup *tg, struct sigq *q);
/* What the host says; false when the thread is gone. */
bool signal_state(struct task *t, PICO_SIGNAL_STATE *st);
/* Signals of st that would do something to t if its current call ended now. */
uint64_t signal_deliverable(struct task *t, const PICO_SIGNAL_STATE *st);
/* A signal that is being delivered is what t's rt_sigtimedwait waits for: it was handed over. */
bool sigwait_take(struct task *t, int sig, const struct lx_siginfo *info);
/* Another signal is delivered to t first: what was handed over is pending again. Trace thread. */
void sigwait_give_back(struct task *t);
/* info, taken from t's queue just now, is pending for t again, before all others of its number. */
void signal_put_back(struct task *t, const struct lx_siginfo *info);
/* What sig, a stop signal, is for the host if it is delivered to t now; 0: nothing. Trace thread or held t. */
int signal_stop_as(struct task *t, int sig);
/* Calls of tg that sleep end, so that the host can stop their threads. */
void kick_sleepers(struct tgroup *tg);
/* Whether p wants to hear of a child's change by sig. */
bool sigchld_wanted(struct tgroup *p, int sig, int code);
/* Ends an alertable sleep of t. */
void task_alert(struct task *t);
/* Sends what was queued before the host thread of t existed. */
void signal_flush_unsent(struct task *t);
/* Drops entries for t; for everything in tg if t is NULL. */
void signal_purge(struct tgroup *tg, const struct task *t);
/* An expiry of timer: to t, or with t NULL to the group. */
void signal_send_timer(struct tgroup *tg, struct task *t, struct itimer *timer,
		       const struct lx_siginfo *info);
/* Whether the host still has the signal of the expiry before; forgets it if not. */
bool signal_timer_pending(struct tgroup *tg, struct task *t, const struct itimer *timer, int sig);
/* Takes back entries of a timer that goes away. tg->lock held. */
void signal_forget_timer(struct tgroup *tg, const struct itimer *timer);

/* ---- clone ---- */
/* t never ran: its CLONE_PIDFD descriptor goes. */
void clone_undo_pidfd(struct task *t);

/* ---- exit and wait ---- */
void task_release(struct task *t);
/* Around each dispatched call. Begin: false when the host thread is gone already. */
bool task_call_begin(struct task *t);
void task_call_end(struct task *t);
/*
 * Tells the parent of a child's new state: SIGCHLD (or exit_signal) and wait4. Both happen at once as
 * far as the parent can see: state is set and notifying is true before, wait4 answers after.
 */
void notify_parent(struct tgroup *tg, int code, int status);
/* Frees the task structures whose ETHREAD nobody else holds any more. Trace thread. */
void graveyard_sweep(void);
void graveyard_add(struct task *t);

/* ---- core files (core.c) ---- */
/* A signal is being delivered to t. */
void core_note_signal(struct task *t, const struct lx_siginfo *info);
/* A task of tg has ended without having been held. */
void core_task_gone(struct tgroup *tg);
/* The host's wait status, with the bit that says that there is a core file. */
int core_wait_status(struct tgroup *tg, int wait_status);

/* ---- exec ---- */
/* Whether set-id bits count: a caller without privilege on the host cannot act as another user there. */
extern bool exec_sets_ids;
void exec_release(struct task *t);
/* What the first program's execve came to, when it never ran: -LX_E*, or 0. */
extern _Atomic int first_exec_error;

/* ---- priorities ---- */
/* Tells the host of t's nice value. It may refuse: a guest's root is no root there. */
void task_apply_nice(struct task *t);

/* ---- futexes with an owner ---- */
/* t has ended, or has another memory: what it owns and others wait for goes to them, as its owner's who died. */
void pi_owner_gone(struct task *t);

/* ---- timers ---- */
/* Last task of tg is gone, or exec (posix_only): POSIX timers end. May wait for a running expiry. */
void timers_end(struct tgroup *tg, bool posix_only);
/* At delivery of an expiry, tg->lock held: fills in the overrun count. */
void timer_delivered(struct itimer *timer, struct lx_siginfo *info);

/* ---- instance ---- */
void provider_routines(PS_PICO_PROVIDER_ROUTINES *routines);
/* A group left the tables. Sets the events instance_run waits for. tasks_lock not held. */
void instance_group_gone(struct tgroup *tg);
/* tg has stopped with sig: if it is the first program, so does lxrun's job. Trace thread. */
void instance_group_stopped(struct tgroup *tg, int sig);
/* Whether tg, a child of /init, has a shell outside that can continue it. tasks_lock held. */
bool instance_has_shell(const struct tgroup *tg);
/* drives.c: makes and mounts the command line's drives; explains itself. 0 or -LX_E*. */
int drives_start(void);
#endif
