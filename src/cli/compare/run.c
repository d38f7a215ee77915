/* SPDX-License-Identifier: MIT */
/*
 * One run of a program to compare: a fresh directory, standard output and error into files, a time
 * limit, and nothing of it alive afterwards. The comparing process is a subreaper, so that daemons
 * come back to it and can be killed.
 */
#include "compare.h"
#include "base/trace.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 60000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Runs a tool of the host and waits; 0 if it succeeded. */
static int tool(const char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void compare_remove(const char *path)
{
	const char *const argv[] = { "rm", "-rf", "--", path, NULL };

	tool(argv);
}

static int make_dir(const char *dir, const char *from)
{
	char source[4096];
	const char *const argv[] = { "cp", "-a", "--", source, dir, NULL };

	if (mkdir(dir, 0755)) {
		lxrun_warn("%s: %s", dir, strerror(errno));
		return -1;
	}
	if (!from)
		return 0;
	snprintf(source, sizeof(source), "%s/.", from);
	if (!tool(argv))
		return 0;
	lxrun_warn("%s cannot be copied", from);
	return -1;
}

static void redirect(int fd, const char *path, int flags)
{
	int new = open(path, flags, 0600);

	if (new < 0 || dup2(new, fd) < 0)
		_exit(127);
	if (new != fd)
		close(new);
}

static _Noreturn void child(const char *dir, char *const argv[], const struct compare_side *side)
{
	sigset_t none;
	struct stat st;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	if (chdir(dir))
		_exit(127);
	setenv("PWD", dir, 1);
	/* a file can be read twice; anything else cannot */
	if (fstat(0, &st) || !S_ISREG(st.st_mode))
		redirect(0, "/dev/null", O_RDONLY);
	else
		redirect(0, "/proc/self/fd/0", O_RDONLY);
	redirect(1, side->out, O_WRONLY | O_CREAT | O_TRUNC);
	redirect(2, side->err, O_WRONLY | O_CREAT | O_TRUNC);
	close_range(3, ~0u, 0); /* which lxrun does not pass on */
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Waits for pid; false: it took too long. Others that die meanwhile are reaped. */
static bool wait_for(pid_t pid, uint64_t timeout_ms, int *status)
{
	double end = now() + (double)timeout_ms / 1e3;
	int other;

	for (;;) {
		pid_t dead = waitpid(-1, &other, WNOHANG);

		if (dead == pid) {
			*status = other;
			return true;
		}
		if (dead < 0 && errno == ECHILD)
			return false;
		if (dead == 0) {
			if (now() > end)
				return false;
			poll(NULL, 0, 2);
		}
	}
}

/* SIGKILL to every child of ours, of which new ones come as parents die. Returns how many there were. */
static unsigned kill_children(void)
{
	char path[64], *end;
	char list[65536];
	unsigned killed = 0;
	int rounds;

	for (rounds = 0; rounds < 1000; rounds++) {
		FILE *f;
		size_t n;
		const char *p = list;

		snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
		f = fopen(path, "re");
		n = f ? fread(list, 1, sizeof(list) - 1, f) : 0;
		list[n] = 0;
		if (f)
			fclose(f);
		for (; *p; p = end + strspn(end, " ")) {
			long pid = strtol(p, &end, 10);

			if (end == p || pid <= 1)
				break;
			if (!kill((pid_t)pid, SIGKILL) && waitpid((pid_t)pid, NULL, 0) > 0)
				killed++;
		}
		if (!n && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			break;
		poll(NULL, 0, 1);
	}
	return killed;
}

int compare_run(const struct compare_options *o, const char *base, char *const argv[],
		struct compare_side *side)
{
	uint64_t limit = o->timeout_ms ? o->timeout_ms : DEFAULT_TIMEOUT_MS;
	char dir[128];
	double begin;
	pid_t pid;

	snprintf(dir, sizeof(dir), "%.100s/dir", base);
	snprintf(side->tree, sizeof(side->tree), "%.100s/%s.tree", base, side->name);
	snprintf(side->out, sizeof(side->out), "%.100s/%s.out", base, side->name);
	snprintf(side->err, sizeof(side->err), "%.100s/%s.err", base, side->name);
	if (make_dir(dir, o->start_dir))
		return -1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	begin = now();
	pid = fork();
	if (!pid)
		child(dir, argv, side);
	if (pid < 0) {
		lxrun_warn("fork: %s", strerror(errno));
		return -1;
	}
	side->timed_out = !wait_for(pid, limit, &side->status);
	side->seconds = now() - begin;
	side->left_behind = kill_children();
	if (rename(dir, side->tree)) {
		lxrun_warn("%s: %s", dir, strerror(errno));
		return -1;
	}
	return 0;
}
