/* SPDX-License-Identifier: MIT */
/*
 * signal.h - generation and targeting of signals. Masks, handlers and frames are the host kernel's;
 * who gets a signal, with which siginfo, and what it interrupts is decided here.
 */
#ifndef LXRUN_SIGNAL_H
#define LXRUN_SIGNAL_H
#include "lx/signal.h"
#include "base/list.h"
#include <stdbool.h>

struct task;
struct tgroup;
struct cred;

/* Sends to one thread / one thread group / each member of a process group. Info is copied. 0, -LX_ESRCH, -LX_EAGAIN. */
int signal_send_task(struct task *t, const struct lx_siginfo *info);
int signal_send_group(struct tgroup *tg, const struct lx_siginfo *info);
int signal_send_pgrp(int pgid, const struct lx_siginfo *info);
/* As kill(2) of t: to those of the group that t may send it to; pgid 0: to all but t's and /init. */
int signal_kill_pgrp(struct task *t, int pgid, const struct lx_siginfo *info);
/* kill(2) permission: real or effective uid equals real or saved uid of the target, or root; SIGCONT in one session. */
bool signal_may_send(const struct task *from, const struct tgroup *to, int sig);
/* Fills info as kill(2) from t (code LX_SI_USER or LX_SI_TKILL) or as the kernel (t NULL: LX_SI_KERNEL). */
void signal_info_user(struct lx_siginfo *info, int sig, int code, const struct task *t);
/* True if a signal that the guest would take now is pending: the current call should end with -LX_ERESTARTSYS. */
bool signal_pending(struct task *t);
/* Before the last instructions of a failed write on a broken pipe: sends SIGPIPE to t, returns -LX_EPIPE. */
int signal_epipe(struct task *t);
/* A file would grow beyond RLIMIT_FSIZE: sends SIGXFSZ to t, returns -LX_EFBIG. */
int signal_xfsz(struct task *t);
/* Who is told of a file's events: F_SETOWN, F_SETSIG. */
struct io_owner {
	int      type, pid;  /* LX_F_OWNER_*; pid 0: nobody */
	int      sig;        /* 0: SIGIO without particulars */
	uint32_t uid, euid;  /* of who set it: who may send */
};
/* Tells *o of an event: code LX_POLL_*, band LX_POLL* bits. No lock is held. */
void signal_send_io(const struct io_owner *o, int code, int64_t band, int fd);
/* "SIGINT"; "SIGRT_3"; buffer per thread. */
const char *signal_name(int sig);
#endif
