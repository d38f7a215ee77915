/* SPDX-License-Identifier: MIT */
/*
 * Signals sent to lxrun. They are blocked in every thread and read from a signalfd by one, which passes them on.
 * There is no handler: one would run on a thread that waits in the host, where a sanitizer holds it back until the wait
 * is over, which may be never. The first host process inherits our dispositions, which we leave alone, and gets the mask
 * that we had before (PicoKeepSignalMask). A signal that was ignored when we started (nohup, a background job) stays
 * ignored, for the guests too. SIGPIPE is the NT layer's affair, and SIGUSR1 asks lxrun itself what it is doing.
 */
#include "attach.h"
#include "cli.h"
#include "ntside/ntside.h"
#include "base/text.h"
#include "base/trace.h"
#include "lxrun/signal.h"
#include "lxrun/task.h"
#include "lxrun/tty.h"
#include "nt/pico.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define FIRST_PID 2 /* lxcore's number of the first program; /init is 1 */

static const int passed[] = {
	SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGHUP, SIGTERM, SIGUSR1, SIGCONT
};

enum note_kind {
	NOTE_END,      /* of the thread */
	NOTE_TERMINAL, /* the kernel sent the signal */
	NOTE_PROCESS,  /* ... or a process did */
	NOTE_STOP,     /* our job is to stop by it */
	NOTE_ATTACH,   /* process sig wants to attach */
	NOTE_NTSIDE,   /* ... or to make NT calls */
};
struct note {
	int sig;
	enum note_kind kind;
};
static int pipe_ends[2] = { -1, -1 }; /* notes of other threads */
static int signals = -1;
static sigset_t ours, before; /* what the signalfd has; the mask when we started */
static pthread_t thread;

static void note_signal(int sig, enum note_kind kind)
{
	struct note note = { sig, kind };

	if (write(pipe_ends[1], &note, sizeof(note)) < 0)
		return; /* full: thousands are waiting already */
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

/* ---- lxrun as a job of the shell that started it ---- */

/* The parent of process pid, from its stat file; false when there is none. */
static bool read_stat(pid_t pid, pid_t *parent)
{
	char name[32], text[512], *p;
	FILE *f;
	size_t n;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	f = fopen(name, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && sscanf(p + 1, " %*c %d", parent) == 1;
}

/* Whether a parent outside our process group, in our session, can see us stop: the first such ancestor. */
static bool has_shell(void)
{
	pid_t pid = getppid();

	while (pid > 1 && getsid(pid) == getsid(0)) {
		if (getpgid(pid) != getpgrp())
			return true;
		if (!read_stat(pid, &pid))
			break;
	}
	return false;
}

/* The first program has stopped, or reads the terminal in our background: called on any thread. */
static bool stop_client(int sig)
{
	struct sigaction act;

	if (instance_orphaned || (!sigaction(sig, NULL, &act) && act.sa_handler == SIG_IGN))
		return false;
	note_signal(sig, NOTE_STOP);
	return true;
}

/* The terminal is the shell's while we are stopped. SIGCONT's note says when that is over. */
static void stop_ourselves(int sig)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL }, old;
	sigset_t set;

	console_suspend();
	sigemptyset(&set);
	sigaddset(&set, sig);
	if (sig != SIGSTOP)
		sigaction(sig, &dfl, &old);
	pthread_kill(pthread_self(), sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (sig != SIGSTOP)
		sigaction(sig, &old, NULL);
}

/* The process group of the first program if that is stopped, or 0. */
static int stopped_group(void)
{
	struct tgroup *tg = tgroup_find(FIRST_PID);
	int pgid = 0;

	if (!tg)
		return 0;
	lk_acquire(&tasks_lock);
	if (tg->state == TG_STOPPED)
		pgid = tg->pgid;
	lk_release(&tasks_lock);
	tgroup_put(tg);
	return pgid;
}

/* As the shell's SIGCONT goes to all of its job. */
static void continue_first(void)
{
	struct lx_siginfo info;
	int pgid = stopped_group();

	signal_info_user(&info, SIGCONT, LX_SI_KERNEL, NULL);
	if (pgid)
		signal_send_pgrp(pgid, &info);
}

/* --dump PID, or kill -USR1: what the instance is doing, on lxrun's standard error. */
static void dump(void)
{
	struct text t = { 0 };

	instance_dump(&t);
	if (t.data)
		trace_put(t.data, t.len);
	text_free(&t);
}

/* Unless the reason is gone: we were stopped and continued since it was noted. */
static void stop_if_needed(int sig)
{
	if (stopped_group() || (sig == SIGTTIN && !console_may_read()))
		stop_ourselves(sig);
}

/* ---- passing on ---- */

static void pass_on(const struct note *note)
{
	if (note->kind == NOTE_STOP) {
		stop_if_needed(note->sig);
	} else if (note->kind == NOTE_ATTACH) {
		attach_asked(note->sig);
	} else if (note->kind == NOTE_NTSIDE) {
		ntside_asked(note->sig);
	} else if (note->sig == SIGUSR1) {
		dump();
	} else if (note->sig == SIGCONT) {
		console_resume();
		continue_first();
	} else if (note->kind == NOTE_PROCESS || !console_signal(note->sig)) {
		send_first(note->sig);
	}
}

static struct note note_of(const struct signalfd_siginfo *info)
{
	bool queued = info->ssi_signo == SIGUSR1 && info->ssi_code == SI_QUEUE;

	if (queued && info->ssi_int == ATTACH_MAGIC)
		return (struct note){ (int)info->ssi_pid, NOTE_ATTACH };
	if (queued && info->ssi_int == NTSIDE_MAGIC)
		return (struct note){ (int)info->ssi_pid, NOTE_NTSIDE };
	return (struct note){ (int)info->ssi_signo,
			      info->ssi_code == SI_KERNEL ? NOTE_TERMINAL : NOTE_PROCESS };
}

static void *signal_thread(void *arg)
{
	struct pollfd fds[2] = { { pipe_ends[0], POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct signalfd_siginfo info;
	struct note note;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			if (read(pipe_ends[0], &note, sizeof(note)) != (ssize_t)sizeof(note) ||
			    note.kind == NOTE_END)
				return NULL;
			pass_on(&note);
		}
		if (fds[1].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
			note = note_of(&info);
			pass_on(&note);
		}
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

void signals_hold(void)
{
	sigset_t asking;

	PicoKeepSignalMask();
	sigemptyset(&asking);
	sigaddset(&asking, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &asking, &before);
}

void signals_release(void)
{
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int signals_held_by(pid_t pid)
{
	char name[32], line[256];
	unsigned long long mask, blocked = 0, ignored = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	f = fopen(name, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigBlk: %llx", &mask) == 1)
			blocked = mask;
		else if (sscanf(line, "SigIgn: %llx", &mask) == 1)
			ignored = mask;
	fclose(f);
	/* All of them are blocked by libraries only, for a moment, and perhaps before main. */
	if (blocked >> (SIGSEGV - 1) & 1)
		blocked = 0;
	return (blocked | ignored) >> (SIGUSR1 - 1) & 1;
}

/* Blocks what will be passed on, in this thread and all that come after it. */
static void take_signals(void)
{
	struct sigaction old;
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (!sigaction(passed[i], NULL, &old) && old.sa_handler != SIG_IGN &&
		    !sigismember(&before, passed[i]))
			sigaddset(&ours, passed[i]);
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
}

int signals_start(void)
{
	int err;

	take_signals();
	signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	err = signals < 0 || pipe2(pipe_ends, O_CLOEXEC) ? errno
	      : fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK) ? errno
							 : start_thread();
	if (err) {
		lxrun_warn("cannot start the signal thread: %s", strerror(err));
		return -1;
	}
	instance_orphaned = !has_shell();
	instance_stop_client = stop_client;
	return 0;
}

void signals_stop(void)
{
	struct note end = { 0, NOTE_END };
	struct sigaction ign = { .sa_handler = SIG_IGN };
	size_t i;

	instance_stop_client = NULL;
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sigaction(passed[i], &ign, NULL);
	if (write(pipe_ends[1], &end, sizeof(end)) == (ssize_t)sizeof(end))
		pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
