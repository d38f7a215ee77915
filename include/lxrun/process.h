/* SPDX-License-Identifier: MIT */
/*
 * process.h - verbs behind the calls on identities, groups and sessions, signals, limits, timers.
 * Each checks what the Linux call checks and returns a value or -LX_E*; handlers are in
 * src/syscall/sys_{process,signal,id,time,sched,info}.c.
 */
#ifndef LXRUN_PROCESS_H
#define LXRUN_PROCESS_H
#include "lxrun/task.h"
#include "lxrun/signal.h"

/* ---- process groups and sessions (src/task/session.c); pid 0: the caller ---- */
int task_setpgid(struct task *t, int pid, int pgid);
int task_getpgid(struct task *t, int pid);
int task_getsid(struct task *t, int pid);
int task_setsid(struct task *t);
/* True if no member has a parent in another group of its session: nobody could continue it. tasks_lock held. */
bool pgrp_is_orphaned(int pgid);

/* ---- identities (src/task/ids.c); LX_ID_KEEP leaves a number as it is ---- */
#define LX_ID_KEEP UINT32_MAX
int task_setuid(struct task *t, uint32_t uid);
int task_setgid(struct task *t, uint32_t gid);
int task_setreuid(struct task *t, uint32_t r, uint32_t e);
int task_setregid(struct task *t, uint32_t r, uint32_t e);
int task_setresuid(struct task *t, uint32_t r, uint32_t e, uint32_t s);
int task_setresgid(struct task *t, uint32_t r, uint32_t e, uint32_t s);
/* Each returns the previous value. */
uint32_t task_setfsuid(struct task *t, uint32_t uid);
uint32_t task_setfsgid(struct task *t, uint32_t gid);
int task_setgroups(struct task *t, uint32_t n, const uint32_t *groups);
/* Credentials of another task: returns a reference. */
struct cred *task_cred(struct task *t);
/* Of a group whose leader has ended, or of /init: what the leader had last; a reference, or NULL. */
struct cred *tgroup_last_cred(struct tgroup *tg);
/* Of thread tid, or of the group that it was the leader of: a reference, or NULL. */
struct cred *cred_of_thread(int tid);

/* ---- signals (src/task/kill.c) ---- */
/* pid as kill(2). */
int task_kill(struct task *t, int pid, int sig);
/* tgid 0: any (tkill). */
int task_tgkill(struct task *t, int tgid, int tid, int sig);
/* tid 0: the whole group pid. info comes from the guest; si_signo is set here. */
int task_sigqueue(struct task *t, int pid, int tid, int sig, struct lx_siginfo *info);
/*
 * Takes a pending signal of set, or waits for one until deadline (as task_sleep). Its number and *info;
 * -LX_EAGAIN at the deadline, -LX_EINTR; -LX_ERESTARTNOINTR: the call comes again with the signal taken.
 */
int task_sigwait(struct task *t, lx_sigset_t set, uint64_t deadline, struct lx_siginfo *info);
/* The guest sets its action for SIGCHLD. */
void task_set_sigchld(struct task *t, const struct lx_sigaction *act);

/* ---- looking into others (src/task/access.c) ---- */
struct iter;
/* PTRACE_MODE_ATTACH of t to target: 0 or -LX_EPERM. */
int task_may_access(struct task *t, struct task *target);
/* The thread tid, if t may look into it: a reference in *out. -LX_ESRCH, -LX_EPERM. */
int task_find_accessible(struct task *t, int tid, struct task **out);
/* Moves bytes between t (local) and pid (remote); what was moved before the first bad address, or -errno. */
int64_t task_vm_copy(struct task *t, int pid, struct iter *local, struct iter *remote, bool write);
int task_kcmp(struct task *t, int pid1, int pid2, int type, uint64_t idx1, uint64_t idx2);

/* ---- names of the instance (src/task/uts.c), unshare(2) (unshare.c) ---- */
#define LX_UTS_LEN 64
enum uts_name { UTS_HOST, UTS_DOMAIN };
/* As t sees it; NULL: the instance. t is the caller, or holds still. */
void uts_name(struct task *t, enum uts_name which, char out[LX_UTS_LEN + 1]);
/* len at most LX_UTS_LEN. -LX_EPERM. */
int task_set_uts_name(struct task *t, enum uts_name which, const char *name, size_t len);
int64_t task_unshare(struct task *t, uint64_t flags);
/* UTS name spaces (lxrun/ns.h); NULL is the first one. get and copy return references. */
struct uts_ns;
struct uts_ns *uts_ns_get(struct uts_ns *ns);
void           uts_ns_put(struct uts_ns *ns);
struct uts_ns *uts_ns_copy(const struct uts_ns *ns); /* NULL: no memory */
/* Consumes ns. */
void           task_set_uts(struct task *t, struct uts_ns *ns);

/* ---- name spaces of numbers (src/task/pid_ns.c) ---- */
/* ns_last_pid of t's own: the number given last; the next one is looked for behind it. -LX_EINVAL. */
int task_last_pid(const struct task *t);
int task_set_last_pid(struct task *t, int64_t last);
/* reboot(2), its command, once the caller may: src/task/reboot.c */
int task_reboot(struct task *t, uint32_t command);

/* ---- IPC name spaces (src/ipc/sysv_ns.c); NULL is the first ---- */
struct ipc_ns;
struct ns;
struct ipc_ns *ipc_ns_get(struct ipc_ns *ns);
struct ipc_ns *ipc_ns_new(void); /* an empty one: a reference; NULL: no memory */
struct ns     *ipc_ns_base(struct ipc_ns *ns); /* borrows */
/* Consumes ns. What t would take back of semaphores at its end is taken back. */
void           task_set_ipc(struct task *t, struct ipc_ns *ns);
void           task_enter_ipc(struct task *t, struct ns *base); /* of kind NS_IPC */

/* ---- core files (src/task/core_name.c) ---- */
#define LX_CORE_PATTERN_MAX 128
void core_get_pattern(char out[LX_CORE_PATTERN_MAX]);
/* Up to the first line end. -LX_EINVAL: a pipe or a socket. */
int core_set_pattern(struct task *t, const char *text);

/* ---- what /proc says of a process (src/fs/procfs) ---- */
/*
 * The host's text about a thread (task), or about the machine (NULL), NUL-terminated: mem_free() it.
 * NULL: no memory, or the thread is gone.
 */
char *proc_host_text(struct task *task, const char *name, size_t *len);
/* Whether a mapping that begins there is the trap engine's, which the guest is not shown. */
bool proc_is_engine_page(uint64_t start);
/* A file's name on the host as the guest knows it: a part of path. */
const char *proc_guest_path(const char *path);

/* ---- futexes with an owner (src/task/pi_futex.c); private: not shared between processes ---- */
/* FUTEX_LOCK_PI; try_only: FUTEX_TRYLOCK_PI. 0, -LX_EDEADLK, -LX_ESRCH, -LX_ETIMEDOUT, -LX_ERESTARTNOINTR ... */
int pi_lock(struct task *t, gaddr_t at, bool private, uint64_t deadline, bool try_only);
int pi_unlock(struct task *t, gaddr_t at, bool private);
/* Waits on at, if it is value, to be moved to lock, and then for that. */
int pi_wait_requeue(struct task *t, gaddr_t at, uint32_t value, gaddr_t lock, bool private, uint64_t deadline);
/* Moves one and up to `most` further waiters of at, if it is value, to lock: how many. */
int64_t pi_cmp_requeue(struct task *t, gaddr_t at, uint32_t value, uint32_t most, gaddr_t lock, bool private);

/* ---- limits and use (src/task/rlimit.c, rusage.c) ---- */
/* Reads and sets; either of new and old may be NULL. pid 0: the caller. */
/* RLIMIT_FSIZE for what lxcore writes itself; LX_RLIM_INFINITY: none. */
uint64_t task_file_limit(struct task *t);
int  task_prlimit(struct task *t, int pid, uint32_t resource, const struct lx_rlimit *new, struct lx_rlimit *old);
void rusage_of_group(struct tgroup *tg, struct lx_rusage *out);
void rusage_of_children(struct tgroup *tg, struct lx_rusage *out);
void rusage_of_task(struct task *t, struct lx_rusage *out);
void rusage_add(struct lx_rusage *sum, const struct lx_rusage *part);

/* ---- priorities (src/task/priority.c), the machine (machine.c) ---- */
#define LX_PRIO_PROCESS 0
#define LX_PRIO_PGRP    1
#define LX_PRIO_USER    2
int task_getpriority(struct task *t, int which, int who); /* 20 - nice: 1..40 */
int task_setpriority(struct task *t, int which, int who, int nice);
int task_ioprio_get(struct task *t, int which, int who);
int task_ioprio_set(struct task *t, int which, int who, int prio);
uint32_t machine_cpus(void);
uint32_t machine_cpu_set_size(void); /* bytes of the kernel's sets of processors */
void machine_info(struct lx_sysinfo *out);

/* ---- timers (src/task/timer.c) ---- */
int  itimer_get(struct task *t, struct lx_itimerval *out);
int  itimer_set(struct task *t, const struct lx_itimerval *new, struct lx_itimerval *old);
int  posix_timer_create(struct task *t, int clock, const struct lx_sigevent *ev, int *id);
int  posix_timer_settime(struct task *t, int id, int flags, const struct lx_itimerspec *new, struct lx_itimerspec *old);
int  posix_timer_gettime(struct task *t, int id, struct lx_itimerspec *out);
int  posix_timer_getoverrun(struct task *t, int id);
int  posix_timer_delete(struct task *t, int id);
/* Text of /proc/PID/timers. */
struct text;
void posix_timers_show(struct tgroup *tg, struct text *tx);
/* Seconds + nanoseconds in range? */
static inline bool timespec_valid(const struct lx_timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000;
}
/* Nanoseconds, at most INT64_MAX. */
uint64_t timespec_to_ns(const struct lx_timespec *ts);
struct lx_timespec timespec_from_ns(uint64_t ns);
/* Current time of a clock that timers and sleeps know, in ns. -LX_EINVAL, -LX_EOPNOTSUPP. */
int clock_now(int clock, uint64_t *ns);
/* What a CPU-time clock shows (negative ids, and the two of the caller). -LX_EINVAL. */
int task_cpu_clock(struct task *t, int clock, uint64_t *ns);
/* Whether clock is one. */
bool cpu_clock_is(int id);
/* Sleeps until it shows at; 0 or -LX_ERESTARTSYS, -LX_EINVAL. */
int task_cpu_sleep(struct task *t, int clock, uint64_t at);
/* A point of clock as a deadline for task_sleep(). */
int clock_deadline(int clock, uint64_t ns, uint64_t *deadline);
#endif
