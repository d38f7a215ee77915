/* SPDX-License-Identifier: MIT */
/* tty_impl.h - what the files of src/tty share. */
#ifndef TTY_IMPL_H
#define TTY_IMPL_H
#include "lx/ioctl.h"
#include "lxrun/process.h"
#include "lxrun/tty.h"
#include "nt/io.h"

/* Whether tty is t's controlling terminal. */
bool tty_controls(struct task *t, const struct tty *tty);
/*
 * t, if in a background group of its controlling terminal, does what only the foreground may: sends sig
 * (SIGTTIN, SIGTTOU) to its group. 0: go on; -LX_ERESTARTSYS; -LX_EIO when nobody could stop it.
 */
int tty_check_change(struct task *t, struct tty *tty, int sig);
/* TIOCSCTTY, and what opening a terminal does for a session leader without one. */
int tty_set_controlling(struct task *t, struct tty *tty, bool force);
int tty_give_up(struct task *t, struct tty *tty);
int tty_set_foreground(struct task *t, struct tty *tty, int pgrp);

int tty_get_attr(struct tty *tty, struct lx_termios *out);
int64_t tty_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg);
#endif
