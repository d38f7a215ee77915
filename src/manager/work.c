/* SPDX-License-Identifier: MIT */
/*
 * work.c - an instance in which no program runs: the manager itself acts in it, through lxcore's VFS, as
 * /init would. A signal asks it to stop; it looks at that between two steps.
 */
#include "manager.h"
#include "base/trace.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal }, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
}

struct task *work_begin(const struct distro *d)
{
	static char name[NAME_MAX_LEN + 1], root[PATH_MAX];
	struct task *t;

	if (!record_path(root, d->base, "rootfs"))
		return NULL;
	strcpy(name, d->name);
	lxrun_opt.distribution = name;
	lxrun_opt.root = root;
	lxrun_opt.bare = true;
	lxrun_opt.hostname = "localhost";
	catch_signals();
	if (instance_start()) {
		instance_stop();
		return NULL;
	}
	t = instance_first_task();
	t->fs->umask = 0;
	return t;
}

void work_end(void)
{
	instance_stop();
}

bool work_stopped(void)
{
	return stopped != 0;
}

/* ---- progress ---- */

#define BAR_WIDTH 30
#define REDRAW_MS 100
#define MEGABYTE  1000000u

static bool drawn;

static bool is_due(void)
{
	static struct timespec last;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 < REDRAW_MS)
		return false;
	last = now;
	return true;
}

void work_progress(const char *what, uint64_t done, uint64_t total, uint64_t files)
{
	static int terminal = -1;
	char bar[BAR_WIDTH + 1];
	unsigned percent;

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	if (!terminal || !is_due())
		return;
	drawn = true;
	if (!total) {
		fprintf(stderr, "\r%s: %lu files, %lu MB\033[K", what, (unsigned long)files,
			(unsigned long)(done / MEGABYTE));
		return;
	}
	percent = (unsigned)(done >= total ? 100 : done * 100 / total);
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', percent * BAR_WIDTH / 100);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%s: [%s] %3u%%  %lu files\033[K", what, bar, percent,
		(unsigned long)files);
}

void work_progress_end(void)
{
	if (drawn)
		fputs("\r\033[K", stderr);
	drawn = false;
}
