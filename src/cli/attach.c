/* SPDX-License-Identifier: MIT */
/*
 * --attach PID: a trace of an instance that runs already. Who attaches listens on a socket and asks by a queued
 * SIGUSR1; the instance's own thread for that connects, gets what is wanted and the descriptor to write to, and
 * from then on new wishes (a line of options on standard input), until it is told to stop or the other end is
 * gone. Both ends make sure who the other is. Nothing of this exists before the first request.
 */
#include "attach.h"
#include "base/trace.h"
#include "lxrun/trace.h"
#include "nt/pico.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_t thread;
	_Atomic bool busy; /* the thread is there; attach_asked() joins the one before */
	bool started;
	_Atomic int socket;
	pid_t pid;
} server = { .socket = -1 };

socklen_t attach_address(struct sockaddr_un *a, pid_t pid)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "lxrun-attach-%d", (int)pid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a->sun_path + 1));
}

bool attach_is_peer(int fd, pid_t pid)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) && peer.pid == pid &&
	       (peer.uid == geteuid() || peer.uid == 0 || geteuid() == 0);
}

int attach_connect_back(pid_t pid)
{
	struct sockaddr_un a;
	socklen_t n = attach_address(&a, pid);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !connect(fd, (struct sockaddr *)&a, n) && attach_is_peer(fd, pid))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A wish, and with the first one the descriptor. -1: the other end is gone, or speaks another language. */
static int receive(int fd, struct attach_message *m, int *out)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);

	c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS) {
		int got;

		memcpy(&got, CMSG_DATA(c), sizeof(got));
		if (out && *out < 0)
			*out = got;
		else
			close(got);
	}
	return n == (ssize_t)sizeof(*m) && m->magic == ATTACH_MAGIC ? 0 : -1;
}

static void answer(int fd, const char *text, uint64_t lost)
{
	struct attach_answer a = { .lost = lost };

	snprintf(a.text, sizeof(a.text), "%s", text);
	(void)!send(fd, &a, sizeof(a), MSG_NOSIGNAL);
}

/* What went wrong, for who wanted to attach. */
static const char *reason(int err)
{
	return err == -LX_EBUSY ? "it is traced already: one trace at a time" : lx_errno_text(-err);
}

static uint64_t wall_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec - trace_now();
}

static void serve(int fd)
{
	struct attach_message m;
	FILE *out = NULL;
	int to = -1, err;

	if (receive(fd, &m, &to) || to < 0)
		return;
	out = fdopen(to, "w");
	err = out ? trace_attach(&m.wish, out, m.prompt, wall_offset()) : -LX_ENOMEM;
	answer(fd, err ? reason(err) : "", 0);
	if (!err) {
		PicoWatchCalls(TRUE);
		while (!receive(fd, &m, NULL) && !m.stop) {
			err = trace_change(&m.wish);
			answer(fd, err ? reason(err) : "", 0);
		}
		PicoWatchCalls(FALSE);
		answer(fd, "", trace_detach());
	}
	if (out)
		fclose(out);
	else
		close(to);
}

static void *server_main(void *arg)
{
	int fd = attach_connect_back(server.pid);

	if (fd >= 0) {
		server.socket = fd;
		serve(fd);
		server.socket = -1;
		close(fd);
	}
	server.busy = false;
	return arg;
}

/* Refused at once, while another is attached. */
static void refuse(pid_t pid)
{
	int fd = attach_connect_back(pid);
	char text[64];

	snprintf(text, sizeof(text), "process %d is attached to it already", (int)server.pid);
	if (fd < 0)
		return;
	answer(fd, text, 0);
	close(fd);
}

void attach_asked(pid_t pid)
{
	if (server.busy) {
		refuse(pid);
		return;
	}
	if (server.started)
		pthread_join(server.thread, NULL);
	server.pid = pid;
	server.busy = true;
	server.started = !pthread_create(&server.thread, NULL, server_main, NULL);
	if (!server.started)
		server.busy = false;
}

void attach_end(void)
{
	int fd = server.socket;

	if (!server.started)
		return;
	if (fd >= 0)
		shutdown(fd,
			 SHUT_RD); /* what it waits for comes no more: it detaches, and says so */
	pthread_join(server.thread, NULL);
	server.started = false;
}
