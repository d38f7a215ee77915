/* SPDX-License-Identifier: MIT */
/*
 * host_tty_keep.c - the host's terminal, ours and given back.
 *
 * While we use it the terminal is raw; whoever started us must find it as it was, however we end. No
 * handler runs after SIGKILL, so a small process of its own session waits at the end of a pipe: each
 * message says whether the terminal is raw now and what to make of it, and the end of the pipe is our
 * end. It is made by forking twice before there are threads or guests, so that nobody has to wait for it.
 */
#include "host_tty.h"
#include "host_filep.h"
#include "base/lock.h"
#include "base/trace.h"
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_KEPT 4

struct message {
	char taken;
	struct termios found;
};

static struct lk keep_lock = LK_INIT(HOST); /* guards: */
static struct kept {
	int fd, pipe;
	struct message now;
} kept[MAX_KEPT];
static unsigned nr_kept;

static struct termios raw_of(const struct termios *found)
{
	struct termios raw = *found;

	raw.c_iflag &= IUTF8;
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return raw;
}

/* Restores what m says unless the terminal is no longer as we made it. Safe in a forked child. */
static int restore(int fd, const struct message *m)
{
	struct termios raw = raw_of(&m->found), is;

	if (ioctl(fd, TCGETS, &is))
		return -1;
	return memcmp(&raw, &is, sizeof(is)) ? 0 : ioctl(fd, TCSETS, &m->found);
}

static _Noreturn void keeper(int tty, int pipe)
{
	struct message m = { 0 }, next;
	sigset_t all;
	ssize_t n;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "lxrun-terminal");
	/* Nothing but the two stays open: neither a pipe that others wait for, nor a directory. */
	if (dup2(tty, 0) < 0 || dup2(pipe, 1) < 0 || chdir("/"))
		_exit(1);
	syscall(SYS_close_range, 2, ~0u, 0);
	while ((n = read(1, &next, sizeof(next))) == (ssize_t)sizeof(next))
		m = next;
	if (m.taken)
		restore(0, &m);
	_exit(0);
}

/* Returns the end of the pipe, or -1. */
static int start_keeper(int tty)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		if (!fork()) {
			close(ends[1]);
			keeper(tty, ends[0]);
		}
		_exit(0);
	}
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (pid > 0 && ends[1] < 3) /* 0, 1 and 2 are the guest's */
		pid = -1;
	if (pid > 0)
		return ends[1];
	close(ends[1]);
	return -1;
}

/* Others share the description we were given and must not find it non-blocking. */
static void own_description(int fd)
{
	char name[32];
	int own;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	own = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return;
	dup3(own, fd, O_CLOEXEC);
	close(own);
}

NTSTATUS host_tty_keep(host_fd fd)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
	int pipe;

	own_description(fd.v);
	pipe = start_keeper(fd.v);
	lk_acquire(&keep_lock);
	if (pipe >= 0 && nr_kept < MAX_KEPT) {
		kept[nr_kept++] = (struct kept){ .fd = fd.v, .pipe = pipe };
		status = STATUS_SUCCESS;
	}
	lk_release(&keep_lock);
	if (pipe >= 0 && !NT_SUCCESS(status))
		close(pipe);
	return status;
}

BOOLEAN host_tty_is_foreground(host_fd fd)
{
	pid_t group;

	return ioctl(fd.v, TIOCGPGRP, &group) || group == getpgrp();
}

static struct kept *find(host_fd fd)
{
	for (unsigned i = 0; i < nr_kept; i++)
		if (kept[i].fd == fd.v)
			return &kept[i];
	return NULL;
}

/* The keeper knows before the terminal changes. */
static int tell(struct kept *k)
{
	return write(k->pipe, &k->now, sizeof(k->now)) == (ssize_t)sizeof(k->now) ? 0 : -1;
}

static int take(struct kept *k)
{
	struct termios is, raw = raw_of(&k->now.found);

	if (ioctl(k->fd, TCGETS, &is))
		return -1;
	if (k->now.taken && !memcmp(&is, &raw, sizeof(is)))
		return 0;
	k->now = (struct message){ 1, is };
	raw = raw_of(&is);
	return tell(k) ? -1 : ioctl(k->fd, TCSETS, &raw);
}

NTSTATUS host_tty_take(host_fd fd)
{
	struct kept *k;
	int r = -1;

	if (!host_tty_is_foreground(fd))
		return STATUS_DEVICE_BUSY;
	lk_acquire(&keep_lock);
	k = find(fd);
	if (k)
		r = take(k);
	lk_release(&keep_lock);
	return k ? host_done("ioctl", fd.v, "raw", r) : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS host_tty_give_back(host_fd fd)
{
	sigset_t stop, old;
	struct kept *k;
	int r = 0;

	/* Whoever changes a terminal from its background is stopped, unless he blocks this. */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &stop, &old);
	lk_acquire(&keep_lock);
	k = find(fd);
	if (k && k->now.taken) {
		r = restore(fd.v, &k->now);
		k->now.taken = 0;
		tell(k);
	}
	lk_release(&keep_lock);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return k ? host_done("ioctl", fd.v, "restore", r) : STATUS_INVALID_DEVICE_REQUEST;
}

void host_tty_forget(host_fd fd)
{
	struct kept *k;

	host_tty_give_back(fd);
	lk_acquire(&keep_lock);
	k = find(fd);
	if (k) {
		close(k->pipe);
		*k = kept[--nr_kept];
	}
	lk_release(&keep_lock);
}
