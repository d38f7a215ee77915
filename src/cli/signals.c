/* SPDX-License-Identifier: MIT */
/*
 * Signals sent to lxrun. The first host process inherits our dispositions and mask through exec, so
 * nothing is blocked or ignored here: handlers, which exec resets, write the number into a pipe, and
 * one thread reads it and passes the signal on. A signal that was ignored when we started (nohup, a
 * background job) stays ignored, for the guests too. SIGPIPE is the NT layer's affair, and SIGUSR1 asks
 * lxrun itself what it is doing.
 */
#include "cli.h"
#include "base/text.h"
#include "base/trace.h"
#include "lxrun/signal.h"
#include "lxrun/task.h"
#include "lxrun/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PID 2 /* lxcore's number of the first program; /init is 1 */

static const int passed[] = { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGHUP, SIGTERM, SIGUSR1 };

struct note {
	int sig;
	bool terminal; /* the kernel sent it, not a process */
};
static int pipe_ends[2] = { -1, -1 };
static pthread_t thread;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	struct note note = { sig, info->si_code == SI_KERNEL };
	int saved = errno;

	if (write(pipe_ends[1], &note, sizeof(note)) < 0)
		errno = saved; /* full: thousands are waiting already */
	errno = saved;
}

static void send_first(int sig)
{
	struct tgroup *tg = tgroup_find(FIRST_PID);
	struct lx_siginfo info;

	if (!tg)
		return;
	signal_info_user(&info, sig, LX_SI_KERNEL, NULL);
	signal_send_group(tg, &info);
	tgroup_put(tg);
}

static bool first_stopped(void)
{
	struct tgroup *tg = tgroup_find(FIRST_PID);
	bool stopped = false;

	if (!tg)
		return false;
	lk_acquire(&tasks_lock);
	stopped = tg->state == TG_STOPPED;
	lk_release(&tasks_lock);
	tgroup_put(tg);
	return stopped;
}

/* ^Z stopped the first program itself: the shell that started us is to have the terminal back. */
static void stop_with_first(void)
{
	int i;

	for (i = 0; i < 20 && !first_stopped(); i++)
		poll(NULL, 0, 10);
	if (!first_stopped())
		return;
	kill(getpid(), SIGSTOP);
	send_first(SIGCONT);
}

/* --dump PID, or kill -USR1: what the instance is doing, on lxrun's standard error. */
static void dump(void)
{
	struct text t = { 0 };

	instance_dump(&t);
	if (t.data)
		fwrite(t.data, 1, t.len, stderr);
	fflush(stderr);
	text_free(&t);
}

static void pass_on(const struct note *note)
{
	if (note->sig == SIGUSR1) {
		dump();
		return;
	}
	if (!note->terminal || !tty_signal(note->sig))
		send_first(note->sig);
	if (note->sig == SIGTSTP)
		stop_with_first();
}

static void *signal_thread(void *arg)
{
	struct note note;

	for (;;) {
		ssize_t n = read(pipe_ends[0], &note, sizeof(note));

		if (n == (ssize_t)sizeof(note) && note.sig)
			pass_on(&note);
		else if (n >= 0 || errno != EINTR)
			return NULL;
	}
}

static int start_thread(void)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, signal_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

int signals_start(void)
{
	struct sigaction act = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART },
			 old;
	size_t i;
	int err;

	err = pipe2(pipe_ends, O_CLOEXEC)                ? errno
	      : fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK) ? errno
							 : start_thread();
	if (err) {
		lxrun_warn("cannot start the signal thread: %s", strerror(err));
		return -1;
	}
	sigemptyset(&act.sa_mask);
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (!sigaction(passed[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(passed[i], &act, NULL);
	return 0;
}

void signals_stop(void)
{
	struct note end = { 0 };
	struct sigaction ign = { .sa_handler = SIG_IGN };
	size_t i;

	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sigaction(passed[i], &ign, NULL);
	if (write(pipe_ends[1], &end, sizeof(end)) == (ssize_t)sizeof(end))
		pthread_join(thread, NULL);
}
