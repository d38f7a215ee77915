/* SPDX-License-Identifier: MIT */
/* client.c - --nt-side PID, the end that asks: a line of standard input is a command, its answer is printed. */
#include "ntside.h"
#include "../attach.h"
#include "lxrun/options.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False: there is none any more. */
static bool exchange(int fd, const char *line)
{
	char answer[NTSIDE_LINE];
	ssize_t n = send(fd, line, strlen(line), MSG_NOSIGNAL);

	if (n >= 0)
		n = recv(fd, answer, sizeof(answer) - 1, 0);
	if (n <= 0)
		return false;
	answer[n] = '\0';
	return puts(answer) >= 0 && !fflush(stdout);
}

/* The next line that is a command, without its end. NULL: no more. */
static char *next_command(char line[NTSIDE_LINE])
{
	while (fgets(line, NTSIDE_LINE, stdin)) {
		size_t n = strcspn(line, "\n");

		if (!line[n] && n == NTSIDE_LINE - 1) {
			lxrun_warn("--nt-side: a line is too long");
			return NULL;
		}
		line[n] = '\0';
		n = strspn(line, " \t");
		if (line[n] && line[n] != '#')
			return line + n;
	}
	return NULL;
}

int ntside_main(pid_t pid)
{
	char line[NTSIDE_LINE], *command;
	int fd = attach_connection("--nt-side", pid, NTSIDE_MAGIC), status = 0;
	struct pollfd p[2] = { { fd, 0, 0 }, { STDIN_FILENO, POLLIN, 0 } };

	if (fd < 0)
		return EXIT_LXRUN;
	setvbuf(stdin, NULL, _IONBF, 0); /* what poll() does not see must not be there */
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno == EINTR)
			continue;
		command = p[0].revents ? NULL : next_command(line);
		if (!command && !p[0].revents)
			break;
		if (!command || !exchange(fd, command)) {
			lxrun_warn("--nt-side %d: the instance has ended", (int)pid);
			status = EXIT_LXRUN;
			break;
		}
	}
	/* What was open is closed when this returns: a script goes on with what follows from it. */
	shutdown(fd, SHUT_WR);
	while (recv(fd, line, sizeof(line), 0) > 0)
		;
	close(fd);
	return status;
}
