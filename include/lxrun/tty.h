/* SPDX-License-Identifier: MIT */
/*
 * tty.h - terminals (src/tty): pseudo-terminals, the host's terminal as the console, and which session
 * has which of them.
 *
 * Every terminal is a number of /dev/pts. A pty is made by opening ptmx; the console stands there under the
 * number that it has on the host, so that SSH_TTY and GPG_TTY go on naming it. A session names its
 * terminal by thread groups: tgroup.tty is a thread group's controlling terminal and holds a
 * reference; fork copies it with tty_get().
 */
#ifndef LXRUN_TTY_H
#define LXRUN_TTY_H
#include "base/lock.h"
#include "base/refs.h"
#include "lxrun/vfs.h"

struct task;
struct tgroup;
struct tty;

struct tty *tty_get(struct tty *tty);
void tty_put(struct tty *tty); /* tty may be NULL */

/* ---- sessions ---- */
/*
 * Gives tg (leader of its session) the console as controlling terminal, tg's group in the foreground.
 * Harmless without a console. For the first program.
 */
void tty_adopt(struct tgroup *tg);
/* The leader of a session exits: SIGHUP to the foreground group; nobody has the terminal any more. */
void tty_session_end(struct tgroup *leader);
/* For /proc/PID/stat: device number and foreground group of tg's terminal; 0 and -1 without one. */
void tty_of_group(struct tgroup *tg, uint64_t *rdev, int *pgrp);
/* vhangup(2): the caller's controlling terminal is hung up. -LX_EPERM. */
int tty_vhangup(struct task *t);

/* ---- opening, and /dev/pts ---- */
#define TTY_MAX 4096u /* numbers of /dev/pts */
/* st_dev of devpts, once it is mounted. */
extern _Atomic uint64_t tty_fs_dev;
/* Returns a reference to /dev/pts/n, or NULL. */
struct tty *tty_find(int64_t n);
/* The smallest number >= n, or -1. */
int64_t tty_next(int64_t n);
int tty_index(const struct tty *tty);
/* Opens tty (not its master) as f: fills fop and priv. Borrows tty. -LX_EIO, -LX_EBUSY. */
int tty_open(struct tty *tty, uint32_t flags, struct task *t, struct file *f);
/* /dev/tty: the caller's controlling terminal, or -LX_ENXIO. */
int tty_open_controlling(uint32_t flags, struct task *t, struct file *f);
/* /dev/console: -LX_ENXIO without one. */
int tty_open_console(uint32_t flags, struct task *t, struct file *f);
/* /dev/ptmx: f becomes the master of a new pty. -LX_ENOSPC, -LX_ENOMEM. */
int pty_open_master(uint32_t flags, struct task *t, struct file *f);
/* The node's attributes: *st as vfs.h says; atime and mtime as of the last read and write. */
void tty_getattr(struct tty *tty, struct kstat *st);
int tty_setattr(struct tty *tty, const struct iattr *attr);

/* ---- the console ---- */
/*
 * A file on the host's terminal that handle is, made a console at first sight. For stdio, before the
 * first guest runs. Consumes handle. Returns a reference, or NULL.
 */
struct file *console_file(HANDLE handle, uint32_t flags);
/* What the host's terminal says to lxrun (SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGHUP) goes to the foreground group. False: nobody took it. */
bool console_signal(int sig);
/* lxrun's job stops: the host's terminal gets its own attributes back. */
void console_suspend(void);
/* It goes on, perhaps in the background: who reads asks again. */
void console_resume(void);
/* Whether a read that asked for a stop could be served by now; then it is. */
bool console_may_read(void);
/* The instance ends: attributes as they were found. No guest runs any more. */
void console_stop(void);
#endif
