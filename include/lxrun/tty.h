/* SPDX-License-Identifier: MIT */
/*
 * tty.h - terminals as processes see them: session, foreground group, the device behind.
 *
 * The only kind yet is the terminal lxrun was started on, passed through: its line discipline is the
 * host's, its session and foreground process group are lxcore's own. tgroup.tty (tasks_lock) is a
 * thread group's controlling terminal and holds a reference; fork copies it with tty_get().
 */
#ifndef LXRUN_TTY_H
#define LXRUN_TTY_H
#include "base/lock.h"
#include "base/refs.h"
#include "lxrun/vfs.h"

struct task;
struct tgroup;

struct tty {
	struct refs refs;
	HANDLE handle;   /* console file object; closed with the last reference */
	struct kstat st; /* the host's device: dev, ino, rdev, mode, owner. Constant */
	char name[64];   /* "/dev/pts/3"; "" when it has none. Constant */
	struct lk lock;  /* LR_INODE; guards: */
	int sid, pgrp;   /* session, foreground group; 0 none */
};

struct tty *tty_get(struct tty *tty);
void tty_put(struct tty *tty); /* tty may be NULL */
/* The passed-through terminal: returns a reference, or NULL when lxrun has none on stdin, stdout or stderr. */
struct tty *tty_host(void);

/*
 * Gives tg (leader of its session) the host terminal as controlling terminal, tg's group in the
 * foreground. Harmless without a terminal. For the first program.
 */
void tty_adopt(struct tgroup *tg);
/* The session of a leader ends (it exits): SIGHUP, SIGCONT to the foreground group; nobody has it as controlling terminal any more. */
void tty_session_end(struct tgroup *leader);
/* What the host's terminal says to lxrun (SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGHUP) goes to the foreground group. False: nobody took it. */
bool tty_signal(int sig);
/* For /proc/PID/stat: device number and foreground group of tg's terminal; 0 and -1 without one. */
void tty_of_group(struct tgroup *tg, uint64_t *rdev, int *pgrp);

/* A file's terminal, or NULL: borrowed while the file is open. */
struct tty *tty_of_file(struct file *f);
/* Opens tty as f: fills fop and priv. Borrows tty. */
int tty_open(struct tty *tty, uint32_t flags, struct task *t, struct file *f);
/* /dev/tty: the caller's controlling terminal, or -LX_ENXIO. */
int tty_open_controlling(uint32_t flags, struct task *t, struct file *f);
/* The tty of a stdio handle that is a terminal, made at first sight. Borrows handle. Returns a reference, or NULL. */
struct tty *tty_wrap(HANDLE handle);
/* A file on tty that reads and writes through handle. Consumes handle on success. Returns a reference, or NULL. */
struct file *tty_file(struct tty *tty, HANDLE handle, uint32_t flags);
/* The n-th known host terminal, for devfs: returns a reference, or NULL past the end. */
struct tty *tty_nth(unsigned n);
#endif
