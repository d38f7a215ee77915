/* SPDX-License-Identifier: MIT */
/*
 * lxrun [options] [--] PROGRAM [ARG...]: the role of bash.exe and wsl.exe. Reads the command line,
 * starts the instance below, runs the program in it and ends as the program ended.
 */
#include "cli.h"
#include "base/trace.h"
#include "lxrun/task.h"
#include "lxrun/trace.h"
#include "nt/fault.h"
#include "nt/pico.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Descriptors of the guests cost descriptors of ours; the guest's limit stays what it was. */
static void raise_nofile(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	lxrun_opt.nofile_cur = r.rlim_cur;
	lxrun_opt.nofile_max = r.rlim_max;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void set_hostname(void)
{
	static char name[65];

	lxrun_opt.hostname = gethostname(name, sizeof(name) - 1) || !name[0] ? "localhost" : name;
}

static uint64_t wall_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec - trace_now();
}

static int open_trace(void)
{
	FILE *out = stderr;

	if (lxrun_opt.trace && lxrun_opt.trace_file) {
		out = fopen(lxrun_opt.trace_file, "we");
		if (!out) {
			lxrun_warn("-o %s: %s", lxrun_opt.trace_file, strerror(errno));
			return -1;
		}
	}
	if (lxrun_opt.trace)
		setvbuf(out, NULL, _IOLBF, 1 << 16); /* stderr too: a line is one write */
	trace_mask = lxrun_opt.trace;
	lxrun_opt.report_missing = !lxrun_opt.trace && isatty(STDERR_FILENO);
	trace_start(out, out != stderr, wall_offset());
	return 0;
}

static int status_of_failure(int err)
{
	return err == -LX_ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Everything up to a program that can be started. 0, or the exit status. */
static int prepare(const struct cli *cli)
{
	static char path[LX_PATH_MAX], reason[512];
	int err;

	raise_nofile();
	set_hostname();
	if (open_trace() || instance_start() || stdio_give())
		return EXIT_LXRUN;
	err = instance_resolve(cli->argv[0], path, sizeof(path), reason, sizeof(reason));
	if (!err)
		return 0;
	lxrun_warn("%s", reason);
	return status_of_failure(err);
}

static void print_stats(void)
{
	PICO_COUNTERS counters = { 0 };

	stats_print(stderr);
	PicoQueryCounters(&counters);
	fprintf(stderr,
		"engine: %" PRIu64 " notifications, %" PRIu64 " stops, %" PRIu64
		" promotions, %" PRIu64 " migrations\n",
		counters.Notifications, counters.Stops, counters.Promotions, counters.Migrations);
}

static int run(const struct cli *cli)
{
	int wait_status = 0, err, failed = prepare(cli);
	const char *why;

	if (!failed && signals_start())
		failed = EXIT_LXRUN;
	if (failed) {
		instance_stop();
		return failed;
	}
	NtFaultStart();
	err = instance_run(cli->argv, &wait_status);
	signals_stop();
	instance_stop();
	trace_finish();
	if (lxrun_opt.stats)
		print_stats();
	if (!err)
		exit_as(wait_status);
	if (err == -LX_ETIMEDOUT)
		return EXIT_TIMEOUT;
	why = PicoCheckHost(); /* costs two processes: asked only once something went wrong */
	if (why) {
		lxrun_warn("%s", why);
		return EXIT_LXRUN;
	}
	lxrun_warn("%s: cannot be started: %s", cli->argv[0], lx_errno_text(-err));
	return status_of_failure(err);
}

int main(int argc, char **argv, char **envp)
{
	struct cli cli;

	stdio_reserve();
	if (options_parse(argc, argv, envp, &cli)) {
		lxrun_warn("%s", cli.error);
		return EXIT_LXRUN;
	}
	switch (cli.action) {
	case ACTION_HELP:
		help_print(stdout);
		break;
	case ACTION_VERSION:
		puts("lxrun " LXRUN_VERSION);
		break;
	case ACTION_DOCTOR:
		return doctor(stdout);
	case ACTION_COMPLETE:
		if (complete_print(stdout, cli.shell)) {
			lxrun_warn("--complete %s: bash, zsh or fish", cli.shell);
			return EXIT_LXRUN;
		}
		break;
	case ACTION_RUN:
		return run(&cli);
	}
	if (fflush(stdout) || ferror(stdout)) {
		lxrun_warn("standard output: %s", strerror(errno));
		return EXIT_LXRUN;
	}
	return 0;
}
