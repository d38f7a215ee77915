/* SPDX-License-Identifier: MIT */
/*
 * lxrun [options] [--] PROGRAM [ARG...]: the role of bash.exe and wsl.exe. Reads the command line,
 * starts the instance below, runs the program in it and ends as the program ended.
 */
#include "attach.h"
#include "cli.h"
#include "ntside/ntside.h"
#include "base/trace.h"
#include "base/trace_queue.h"
#include "lxrun/manager.h"
#include "lxrun/task.h"
#include "lxrun/trace.h"
#include "nt/fault.h"
#include "nt/pico.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NR_OPEN (1u << 20) /* fs.nr_open, as a rule */

/* Descriptors of the guests cost descriptors of ours; the guest's limit stays what it was. */
static void raise_nofile(void)
{
	struct rlimit r, more;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	lxrun_opt.nofile_cur = r.rlim_cur;
	lxrun_opt.nofile_max = r.rlim_max;
	/* More than the guests may have, if the host lets us. */
	more.rlim_cur = more.rlim_max = NR_OPEN > r.rlim_max ? NR_OPEN : r.rlim_max;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &more))
		setrlimit(RLIMIT_NOFILE, &r);
}

static void set_hostname(void)
{
	static char name[65];

	lxrun_opt.hostname = gethostname(name, sizeof(name) - 1) ? "localhost" : name;
}

static uint64_t wall_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec - trace_now();
}

/* -o: a file, or as strace has it, a command that reads the trace. */
static FILE *trace_output;

static ssize_t put_trace(void *cookie, const char *text, size_t len)
{
	trace_put(text, len);
	return (ssize_t)len;
}

/* stderr, with the line ends that it needs at the moment. */
static FILE *trace_on_stderr(void)
{
	static const cookie_io_functions_t io = { .write = put_trace };
	FILE *out = fopencookie(NULL, "w", io);

	return out ? out : stderr;
}

static int open_trace(void)
{
	const char *name = lxrun_opt.trace_file;
	bool command = name && *name == '|';

	lxrun_opt.report_missing = !lxrun_opt.trace && isatty(STDERR_FILENO);
	if (lxrun_opt.trace && name) {
		trace_output = command ? popen(name + 1, "we") : fopen(name, "we");
		if (!trace_output) {
			lxrun_warn("-o %s: %s", name, strerror(errno));
			return -1;
		}
	}
	trace_start(trace_output ? trace_output : trace_on_stderr(), name ? name : "standard error",
		    !name, wall_offset());
	return 0;
}

/* The writer is a thread, and those come after the first host process is prepared. */
static int start_trace(void)
{
	int err = lxrun_opt.trace ? trace_queue_thread() : 0;

	if (err)
		lxrun_warn("cannot start the trace's thread: %s", strerror(err));
	return err ? -1 : 0;
}

static void close_trace(void)
{
	trace_finish();
	if (!trace_output)
		return;
	if (*lxrun_opt.trace_file == '|')
		pclose(trace_output);
	else
		fclose(trace_output);
	trace_output = NULL;
}

static int status_of_failure(int err)
{
	return err == -LX_ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Without a program, a distribution's user gets the shell. */
static const char *program_of(const struct cli *cli)
{
	return cli->argv[0] ? cli->argv[0] : instance_shell();
}

/* A login shell is one whose name begins with '-'. */
static char *const *arguments_of(const struct cli *cli)
{
	static char name[64], *argv[] = { name, NULL };
	const char *shell = instance_shell(), *slash = strrchr(shell, '/');

	snprintf(name, sizeof(name), "-%s", slash ? slash + 1 : shell);
	return cli->argv[0] ? cli->argv : argv;
}

/* Everything up to a program that can be started. 0, or the exit status. */
static int prepare(const struct cli *cli)
{
	static char path[LX_PATH_MAX], reason[512];
	int err;

	raise_nofile();
	set_hostname();
	if (cli->distro && manager_launch(cli->distro))
		return EXIT_LXRUN;
	if (open_trace() || instance_start() || start_trace() || stdio_give())
		return EXIT_LXRUN;
	err = instance_resolve(program_of(cli), path, sizeof(path), reason, sizeof(reason));
	if (!err)
		return 0;
	lxrun_warn("%s", reason);
	return status_of_failure(err);
}

/* The umask is the guests' by now. */
static FILE *create_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

static void print_stats(void)
{
	FILE *out = lxrun_opt.stats_file ? create_file(lxrun_opt.stats_file) : stderr;
	PICO_COUNTERS counters = { 0 };

	if (!out) {
		lxrun_warn("--stats=%s: %s", lxrun_opt.stats_file, strerror(errno));
		return;
	}
	stats_print(out);
	PicoQueryCounters(&counters);
	if (lxrun_opt.stats_format == STATS_TEXT)
		fprintf(out,
			"engine: %" PRIu64 " notifications, %" PRIu64 " stops, %" PRIu64
			" promotions, %" PRIu64 " migrations\n",
			counters.Notifications, counters.Stops, counters.Promotions,
			counters.Migrations);
	if (out != stderr && fclose(out))
		lxrun_warn("--stats=%s: %s", lxrun_opt.stats_file, strerror(errno));
}

static int run(const struct cli *cli, char *const argv[])
{
	int wait_status = 0, err, failed = prepare(cli);
	const char *why;

	if (!failed && signals_start())
		failed = EXIT_LXRUN;
	if (failed) {
		instance_stop();
		close_trace();
		return failed;
	}
	NtFaultStart();
	err = instance_run(program_of(cli), arguments_of(cli), &wait_status);
	signals_stop();
	ntside_end();
	instance_stop();
	attach_end();
	close_trace();
	if (lxrun_opt.stats)
		print_stats();
	if (cli->hits_file)
		faults_write_hits(cli->hits_file);
	else
		faults_report(argv, err || wait_status);
	if (!err)
		exit_as(wait_status);
	if (err == -LX_ETIMEDOUT)
		return EXIT_TIMEOUT;
	if (err == -LX_ECANCELED) /* --strict: said when it happened */
		return EXIT_LXRUN;
	why = PicoCheckHost(); /* costs two processes: asked only once something went wrong */
	if (why) {
		lxrun_warn("%s", why);
		return EXIT_LXRUN;
	}
	lxrun_warn("%s: cannot be started: %s", program_of(cli), lx_errno_text(-err));
	return status_of_failure(err);
}

/* Whether option, as it was typed, is not for the run under lxrun; *next: nor is the word behind it. */
static bool is_ours(const char *option, bool *next)
{
	bool compare = !strncmp(option, "--compare", 9), timeout = !strncmp(option, "--timeout", 9);
	bool check = !strncmp(option, "--check", 7), plan = !strncmp(option, "--need-plan", 11);

	*next = (timeout || check || plan || (compare && option[9])) && !strchr(option, '=') &&
		strcmp(option, "--compare-keep") != 0 && strcmp(option, "--compare-calls") != 0;
	return compare || timeout || check || !strcmp(option, "--") ||
	       !strncmp(option, "--fault-sweep", 13) || !strncmp(option, "--need", 6);
}

static int compare(struct cli *cli, char *argv[])
{
	static char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *const *from;
	char **list = calloc((size_t)(cli->argv - argv) + 1, sizeof(*list)), **to = list;
	bool next;
	int status;

	if (!list || len <= 0)
		return COMPARE_TROUBLE;
	*to++ = self;
	for (from = argv + 1; from < cli->argv; from++)
		if (!is_ours(*from, &next))
			*to++ = *from;
		else
			from += next;
	cli->compare.lxrun_argv = list;
	cli->compare.timeout_ms = lxrun_opt.timeout_ms;
	if (cli->action == ACTION_SWEEP)
		status = sweep_main(&cli->compare, cli->arg, cli->argv, stdout);
	else if (cli->action == ACTION_NEED)
		status = need_main(&cli->compare, cli->arg != NULL, cli->argv, stdout);
	else if (cli->action == ACTION_NEED_PLAN)
		status = need_plan_main(&cli->compare, cli->arg, stdout);
	else
		status = compare_main(&cli->compare, cli->argv, stdout);
	free(list);
	return status;
}

#define BEGINS_MS 2000 /* how long an lxrun may take to its first line */

/* One that has only just been started is waited for. */
static bool may_be_asked(pid_t pid)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };
	int ms, held = 0;

	for (ms = 0; ms < BEGINS_MS && !(held = signals_held_by(pid)); ms += 10)
		nanosleep(&pause, NULL);
	return held > 0;
}

/*
 * SIGUSR1 would kill what is no lxrun, or one that has no instance (--compare): it has to be one. The process number,
 * or 0, said.
 */
static pid_t lxrun_pid(const char *option, const char *text)
{
	char path[64], exe[4096], self[4096], *end;
	long pid = strtol(text, &end, 10);
	ssize_t n, m;

	snprintf(path, sizeof(path), "/proc/%ld/exe", pid);
	n = *end || pid <= 0 ? -1 : readlink(path, exe, sizeof(exe));
	m = readlink("/proc/self/exe", self, sizeof(self));
	if (n > 0 && n == m && !memcmp(exe, self, (size_t)n) && may_be_asked((pid_t)pid))
		return (pid_t)pid;
	lxrun_warn("%s %s: not the process number of a running lxrun like this one", option, text);
	return 0;
}

static int nt_side(const char *text)
{
	pid_t pid = lxrun_pid("--nt-side", text);

	return pid ? ntside_main(pid) : EXIT_LXRUN;
}

static int ask_for_dump(const char *text)
{
	pid_t pid = lxrun_pid("--dump", text);

	if (pid && !kill(pid, SIGUSR1))
		return 0;
	if (pid)
		lxrun_warn("--dump %s: %s", text, strerror(errno));
	return EXIT_LXRUN;
}

/* What prints and ends. Returns an exit status. */
static int about(const struct cli *cli)
{
	switch (cli->action) {
	case ACTION_HELP:
		help_print(stdout);
		break;
	case ACTION_VERSION:
		puts("lxrun " LXRUN_VERSION);
		break;
	case ACTION_LIST_SYSCALLS:
		list_syscalls(stdout, cli->arg);
		break;
	case ACTION_LIST_NT:
		list_nt(stdout, cli->arg);
		break;
	case ACTION_LIST_STATUS:
		list_status(stdout, cli->arg);
		break;
	case ACTION_LIST_QUIRKS:
		list_quirks(stdout, cli->arg);
		break;
	case ACTION_LIST_SETS:
		list_sets(stdout, cli->arg);
		break;
	case ACTION_SCML:
		scml_print(stdout, cli->arg);
		break;
	case ACTION_DUMP:
		return ask_for_dump(cli->arg);
	case ACTION_EXPLAIN:
		if (!explain(stdout, cli->arg))
			break;
		lxrun_warn("--explain %s: no such system call; --list-syscalls names them",
			   cli->arg);
		return EXIT_LXRUN;
	default: /* ACTION_COMPLETE */
		if (!complete_print(stdout, cli->arg))
			break;
		lxrun_warn("--complete %s: bash, zsh or fish", cli->arg);
		return EXIT_LXRUN;
	}
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	lxrun_warn("standard output: %s", strerror(errno));
	return EXIT_LXRUN;
}

int main(int argc, char **argv, char **envp)
{
	static struct cli cli;

	signals_hold();
	stdio_reserve();
	if (options_parse(argc, argv, envp, &cli)) {
		lxrun_warn("%s", cli.error);
		return EXIT_LXRUN;
	}
	if (cli.action != ACTION_RUN)
		signals_release();
	switch (cli.action) {
	case ACTION_DOCTOR:
		return doctor(stdout);
	case ACTION_COMPARE:
	case ACTION_SWEEP:
	case ACTION_NEED:
	case ACTION_NEED_PLAN:
		return compare(&cli, argv);
	case ACTION_ATTACH:
		return lxrun_pid("--attach", cli.arg) ? attach_main(&cli) : EXIT_LXRUN;
	case ACTION_NTSIDE:
		return nt_side(cli.arg);
	case ACTION_CONFORM:
		return conform_main(&cli, argv);
	case ACTION_RUN:
		return run(&cli, argv);
	case ACTION_INSTALL:
	case ACTION_EXPORT:
	case ACTION_UNINSTALL:
	case ACTION_LIST:
	case ACTION_SET_DEFAULT:
	case ACTION_SET_USER:
		raise_nofile();
		return distributions_main(&cli);
	default:
		return about(&cli);
	}
}
