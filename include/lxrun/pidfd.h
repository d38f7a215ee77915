/* SPDX-License-Identifier: MIT */
/* pidfd.h - files that stand for a process or for signals: pidfd_open(2), signalfd(2). */
#ifndef LXRUN_PIDFD_H
#define LXRUN_PIDFD_H
#include "lxrun/process.h"
#include "lxrun/vfs.h"

/* ---- pidfds (src/task/pidfd.c) ---- */
#define LX_PIDFD_THREAD               LX_O_EXCL
#define LX_PIDFD_SIGNAL_THREAD        0x1u
#define LX_PIDFD_SIGNAL_THREAD_GROUP  0x2u
#define LX_PIDFD_SIGNAL_PROCESS_GROUP 0x4u

/* What a pidfd stands for; each a reference. */
struct pidfd_target {
	struct tgroup *tg;
	struct task   *thread; /* PIDFD_THREAD: this one of it alone; NULL: the process */
};
void pidfd_target_put(struct pidfd_target *p);
/* Returns a reference to a new file for tg, or with thread for that task of it; NULL. flags LX_O_NONBLOCK. */
struct file *pidfd_file(struct tgroup *tg, struct task *thread, uint32_t flags);
/* What f stands for, with references in *out. False: f is no pidfd. */
bool pidfd_target(struct file *f, struct pidfd_target *out);
/* pidfd_open(2): returns a reference in *out. -LX_EINVAL, -LX_ESRCH, -LX_ENOENT (a thread that leads no group). */
int pidfd_open_pid(int pid, uint32_t flags, struct file **out);
/* For waitid(2): the number behind descriptor fd; -LX_EBADF, -LX_ECHILD. */
int pidfd_wait_target(struct task *t, int fd, bool *nonblock);
/* info NULL: as kill(2). scope: one LX_PIDFD_SIGNAL_*, or 0. -LX_ESRCH once it has been waited for. */
int pidfd_signal(struct task *t, const struct pidfd_target *p, uint32_t scope, int sig, struct lx_siginfo *info);
/* ioctl(2) on a pidfd: what is known of the process, its name spaces. src/task/pidfd_info.c */
int64_t pidfd_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg);
/* It has been waited for, or it was a thread for which nobody waits. */
bool pidfd_is_gone(const struct pidfd_target *p);
/* pidfd_getfd(2): returns a reference in *out. */
int pidfd_take_file(struct task *t, const struct pidfd_target *p, int fd, struct file **out);

/*
 * A siginfo_t from the guest, for signal sig: -LX_EFAULT; -LX_E2BIG when its code is unknown and it has more
 * than the kernel would keep. src/syscall/sys_signal.c
 */
int guest_copyin_siginfo(struct task *t, struct lx_siginfo *info, gaddr_t src, int sig);

/* ---- signalfds (src/task/signalfd.c) ---- */
struct file *signalfd_file(lx_sigset_t mask, uint32_t flags);
/* Gives a signalfd another mask. -LX_EINVAL: f is none. */
int signalfd_set_mask(struct file *f, lx_sigset_t mask);
/* sig was sent to somebody: wakes who polls for it. Cheap when there is no signalfd. */
void signalfd_notify(int sig);
#endif
