/* SPDX-License-Identifier: MIT */
/* --attach PID, the end that asks: options become a wish, lines on standard input new ones, ^C ends it. */
#include "attach.h"
#include "lxrun/options.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wordexp.h>

#define PATIENCE_MS 10000

/* What the command line, or a line, says. */
static void wish_of(const struct lxrun_options *o, struct trace_wish *w)
{
	*w = (struct trace_wish){ .slower_ns = o->trace_slower_ns,
				  .trace = o->trace,
				  .format = o->trace_format,
				  .filter = o->trace_filter,
				  .strlen = o->trace_strlen,
				  .pid_count = o->trace_pid_count,
				  .fd_names = o->trace_fd_names,
				  .has_calls = o->trace_calls != NULL };
	memcpy(w->pids, o->trace_pids, sizeof(w->pids));
	if (o->trace_calls)
		memcpy(w->calls, o->trace_calls, sizeof(w->calls));
	snprintf(w->path, sizeof(w->path), "%s", o->trace_path ? o->trace_path : "");
	snprintf(w->from, sizeof(w->from), "%s", o->trace_from ? o->trace_from : "");
}

static int send_message(int fd, const struct attach_message *m, int out)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)m, sizeof(*m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (out >= 0) {
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
						 .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &out, sizeof(out));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(*m) ? 0 : -1;
}

int attach_connection(const char *option, pid_t pid, int magic)
{
	union sigval value = { .sival_int = magic };
	struct sockaddr_un a;
	socklen_t n = attach_address(&a, getpid());
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), fd = -1;
	struct pollfd p = { listener, POLLIN, 0 };

	if (listener < 0 || bind(listener, (struct sockaddr *)&a, n) || listen(listener, 4) ||
	    sigqueue(pid, SIGUSR1, value)) {
		lxrun_warn("%s %d: %s", option, (int)pid, strerror(errno));
		goto out;
	}
	while (fd < 0 && poll(&p, 1, PATIENCE_MS) > 0) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0 && !attach_is_peer(fd, pid)) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0)
		lxrun_warn("%s %d: it does not answer", option, (int)pid);
out:
	if (listener >= 0)
		close(listener);
	return fd;
}

/* One answer; said if something is wrong. 1: wrong, -1: the end is gone. */
static int take_answer(int fd, struct attach_answer *a)
{
	if (recv(fd, a, sizeof(*a), 0) != (ssize_t)sizeof(*a))
		return -1;
	a->text[sizeof(a->text) - 1] = 0;
	if (a->text[0])
		lxrun_warn("--attach: %s", a->text);
	return a->text[0] != 0;
}

/* A line of options: channels and filters begin anew with each. False: not sent. */
static bool new_wish(struct cli *cli, const struct lxrun_options *first, char *line,
		     struct attach_message *m)
{
	static wordexp_t words; /* the options point into it */
	char *name = (char *)"lxrun";

	line[strcspn(line, "\n")] = 0;
	if (!line[0] || wordexp(line, &words, WRDE_NOCMD))
		return false;
	lxrun_opt = *first;
	if (options_parse_trace(cli, name, words.we_wordc, words.we_wordv)) {
		lxrun_warn("%s", cli->error);
		return false;
	}
	wish_of(&lxrun_opt, &m->wish);
	return true;
}

/* Until the instance says that it is over. */
static int follow(struct cli *cli, int fd, int stop)
{
	const struct lxrun_options first = lxrun_opt;
	struct pollfd p[3] = { { fd, POLLIN, 0 }, { stop, POLLIN, 0 }, { 0, POLLIN, 0 } };
	struct attach_message m = { .magic = ATTACH_MAGIC };
	struct attach_answer a;
	char line[4096];

	for (;;) {
		if (poll(p, 3, -1) < 0)
			continue;
		if (p[1].revents) {
			m.stop = 1;
			p[1].fd = p[2].fd = -1;
			send_message(fd, &m, -1);
		} else if (p[2].revents) {
			/* a line at a time, as a terminal gives it */
			ssize_t n = read(0, line, sizeof(line) - 1);

			if (n <= 0)
				p[2].fd = -1;
			line[n > 0 ? n : 0] = 0;
			if (n > 0 && new_wish(cli, &first, line, &m))
				send_message(fd, &m, -1);
		} else if (p[0].revents && take_answer(fd, &a) < 0) {
			break;
		}
	}
	if (a.lost)
		lxrun_warn("--attach: %" PRIu64 " records were lost, the output was too slow",
			   a.lost);
	return 0;
}

static FILE *open_output(const char *name)
{
	if (!name)
		return stderr;
	return *name == '|' ? popen(name + 1, "we") : fopen(name, "we");
}

int attach_main(struct cli *cli)
{
	struct attach_message m = { .magic = ATTACH_MAGIC };
	struct attach_answer a = { 0 };
	const char *name = lxrun_opt.trace_file;
	FILE *out = NULL;
	sigset_t set;
	int fd = -1, stop, status = EXIT_LXRUN;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	out = open_output(name);
	if (!out) {
		lxrun_warn("-o %s: %s", name, strerror(errno));
		return status;
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	stop = signalfd(-1, &set, SFD_CLOEXEC);
	fd = stop < 0 ? -1
		      : attach_connection("--attach", (pid_t)strtol(cli->arg, NULL, 10),
					  ATTACH_MAGIC);
	m.prompt = !name;
	wish_of(&lxrun_opt, &m.wish);
	if (fd >= 0) {
		send_message(fd, &m, fileno(out)); /* one that refuses has not waited for it */
		if (!take_answer(fd, &a))
			status = follow(cli, fd, stop);
		close(fd);
	}
	if (stop >= 0)
		close(stop);
	if (name && *name == '|')
		pclose(out);
	else if (name)
		fclose(out);
	return status;
}
