/* SPDX-License-Identifier: MIT */
/* pidfd.h - files that stand for a process or for signals: pidfd_open(2), signalfd(2). */
#ifndef LXRUN_PIDFD_H
#define LXRUN_PIDFD_H
#include "lxrun/process.h"
#include "lxrun/vfs.h"

/* ---- pidfds (src/task/pidfd.c) ---- */
/* Returns a reference to a new file for tg, or NULL. flags LX_O_NONBLOCK. */
struct file *pidfd_file(struct tgroup *tg, uint32_t flags);
/* The group of f: returns a reference; NULL when f is no pidfd. */
struct tgroup *pidfd_tgroup(struct file *f);
/* pidfd_open(2): returns a reference in *out. -LX_EINVAL, -LX_ESRCH, -LX_ENOENT (a thread that leads no group). */
int pidfd_open_pid(int pid, uint32_t flags, struct file **out);
/* For waitid(2): the number behind descriptor fd; -LX_EBADF, -LX_ECHILD. */
int pidfd_wait_target(struct task *t, int fd, bool *nonblock);
/* info NULL: as kill(2). -LX_ESRCH once it has been waited for. */
int pidfd_signal(struct task *t, struct tgroup *tg, int sig, struct lx_siginfo *info);
/* pidfd_getfd(2): returns a reference in *out. */
int pidfd_take_file(struct task *t, struct tgroup *tg, int fd, struct file **out);

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
