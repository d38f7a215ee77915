/* SPDX-License-Identifier: MIT */
/* tty_impl.h - what the files of src/tty share. */
#ifndef TTY_IMPL_H
#define TTY_IMPL_H
#include "ldisc.h"
#include "lxrun/process.h"
#include "lxrun/tty.h"
#include "lxrun/vfs.h"
#include "nt/io.h"

struct console;

struct tty {
	struct refs refs;
	struct list link;        /* tty_table */
	int index;               /* N of /dev/pts/N; constant once in the table */
	struct console *console; /* constant; NULL: a pty */
	_Atomic bool master;     /* the master is open */
	struct lk lock;          /* LR_INODE; guards: */
	int sid, pgrp;           /* session, foreground group; 0 none */
	struct ldisc ld;
	struct byteq wire; /* from outside, not yet taken by the discipline */
	struct lx_winsize ws;
	uint32_t uid, gid, mode; /* of the node */
	struct lx_timespec atime, mtime, ctime;
	uint32_t opens;        /* files; masters do not count */
	uint32_t hangups;      /* so far */
	bool closed;           /* was open, and the last file is gone: the master sees a hang-up */
	_Atomic bool locked;   /* TIOCSPTLCK */
	bool master_stopped;   /* by the master's own tcflow(TCOOFF) */
	bool exclusive;        /* TIOCEXCL */
	_Atomic bool packet;   /* TIOCPKT ... */
	uint8_t packet_events; /* ... LX_TIOCPKT_* for the master */
	/* ---- own locks ---- */
	struct waitq rq, wq;             /* readers and writers */
	struct waitq mrq, mwq;           /* of the master */
	struct async_list async, masync; /* files with O_ASYNC; those of the master */
};
#define TTY_WIRE  65536u
#define TTY_GROUP 5u

/* file.priv of every terminal file. */
struct tty_file {
	struct tty *tty; /* holds a reference */
	bool master;
	uint32_t hangups; /* of tty, when it was opened */
};

/* Linux's numbers of Unix98 ptys: 136:0 .. 143:255. */
static inline uint64_t tty_rdev(const struct tty *tty)
{
	return lx_makedev(136u + (uint32_t)tty->index / 256, (uint32_t)tty->index % 256);
}

/* ---- tty.c ---- */
/* Returns a reference to a terminal that is in no table yet, or NULL. */
struct tty *tty_new(void);
/* Puts it under number n if that is free, else (or n < 0) under the lowest free one. -LX_ENOSPC. */
int tty_publish(struct tty *tty, int n);
/*
 * Releases tty->lock, then does what the discipline asked for meanwhile: wakes, signals, output. The
 * caller holds no other lock.
 */
void tty_unlock(struct tty *tty);
/* Bytes from outside, as far as there is room: returns how many. tty->lock is held. */
uint32_t tty_receive(struct tty *tty, const uint8_t *bytes, uint32_t n);
/* The discipline has room again. tty->lock is held. */
void tty_receive_more(struct tty *tty);
void tty_flush_in(struct tty *tty);          /* tty->lock is held */
bool tty_is_hung(const struct tty_file *tf); /* tf->tty->lock is held */
/*
 * Every open file is dead from now on, nobody has tty as controlling terminal; SIGHUP and SIGCONT to the
 * session's leader and, with group, SIGHUP to the foreground group.
 */
void tty_hangup(struct tty *tty, bool group);
/* Makes f a file of tty. -LX_ENOMEM. */
int tty_file_init(struct file *f, struct tty *tty, bool master, const struct file_ops *fop);
/* O_ASYNC of either end. */
struct async_list *tty_async(struct file *f);
int tty_async_group(struct file *f);
struct tty *tty_of_file(const struct file *f); /* borrow; f is a terminal */
/* A write to one end: put() gives it a piece and says how much it took, -LX_EAGAIN, or what ends the write. */
struct tty_writing {
	struct tty_file *tf;
	struct iter *it;
	int64_t (*put)(struct tty_file *tf, struct iter *it);
	int64_t total; /* out */
};
/* All of it, asleep on q where it must; nonblock: -LX_EAGAIN. 0: nothing is left. */
int64_t tty_put_all(struct tty_writing *w, struct task *t, struct waitq *q, bool nonblock);

/* ---- tty_job.c ---- */
bool tty_controls(struct task *t, const struct tty *tty);
/*
 * t, if in a background group of its controlling terminal, does what only the foreground may: sends sig
 * (SIGTTIN, SIGTTOU) to its group. 0: go on; -LX_ERESTARTSYS; -LX_EIO when nobody could stop it.
 */
int tty_check_change(struct task *t, struct tty *tty, int sig);
/* TIOCSCTTY. force: takes it from another session, which is root's right. */
int tty_set_controlling(struct task *t, struct tty *tty, bool force);
/* What opening a terminal does for a session leader without one, if no other session has it. */
void tty_take_free(struct task *t, struct tty *tty);
int tty_give_up(struct task *t, struct tty *tty);
int tty_set_foreground(struct task *t, struct tty *tty, int pgrp);
/* The kernel's word to a process group; 0: -LX_ESRCH. */
int tty_send_pgrp(int pgrp, int sig);
/* For tg without a terminal. */
void tty_adopt_as(struct tgroup *tg, struct tty *tty);
/* Nobody has tty any more; *pgrp: the foreground group it had. Returns the session, or 0. */
int tty_detach_session(struct tty *tty, int *pgrp);

/* ---- tty_ioctl.c ---- */
int64_t tty_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg);
/* -LX_ENOIOCTLCMD: not one of termios(3). tty_attr.c */
int64_t tty_attr_ioctl(struct tty_file *tf, struct task *t, uint32_t cmd, uint64_t arg);
/* Sleeps until all output is on its way (a pty's is at once). 0 or -LX_ERESTARTSYS. */
int tty_drain(struct tty *tty, struct task *t);
/* What only a master knows. pty.c */
int64_t pty_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg);

/* ---- console.c ---- */
/* Sends what the discipline has for outside. No lock is held. */
void console_send(struct tty *tty);
/* Before a read: 0; -LX_EAGAIN: lxrun is in the background and will be stopped, sleep; -LX_EIO: ... and cannot be. */
int console_before_read(struct tty *tty);
/* The guest does more with it than to write: from now on it is ours, if lxrun may have it. */
void console_use(struct tty *tty);
/* There is room for more input. tty->lock is held. */
void console_listen(struct tty *tty);
/* Whether everything written is on its way. tty->lock is held. */
bool console_is_idle(const struct tty *tty);
/* Drops what was typed and not yet read. */
void console_flush_in(struct tty *tty);
/* The window's size, from and to the host. */
void console_get_size(struct tty *tty);
void console_set_size(struct tty *tty, const struct lx_winsize *ws);
void console_free(struct console *c);
#endif
