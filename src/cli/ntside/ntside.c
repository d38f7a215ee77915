/* SPDX-License-Identifier: MIT */
/*
 * ntside.c - sessions of --nt-side in the instance: a thread each, which connects to who asked, makes one call for each
 * packet and answers it. What a session has open is closed when its other end is gone, as a process that ends
 * closes its handles. Made on the signal thread only, ended when that is gone: no lock is needed.
 */
#include "ntside.h"
#include "../attach.h"
#include "base/list.h"
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct session {
	struct list link;
	pthread_t thread;
	int fd;            /* constant while the thread runs */
	_Atomic bool over; /* the thread is done */
};
static struct list sessions = LIST_INIT(sessions);

static void *session_main(void *arg)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	struct ntside_handles *handles = calloc(1, sizeof(*handles));
	struct session *s = arg;
	char line[NTSIDE_LINE], answer[NTSIDE_LINE];
	ssize_t n;

	if (utf8)
		uselocale(utf8);
	while (handles && (n = recv(s->fd, line, sizeof(line) - 1, 0)) > 0) {
		line[n] = '\0';
		ntside_command(handles, line, answer);
		if (send(s->fd, answer, strlen(answer) + 1, MSG_NOSIGNAL) < 0)
			break;
	}
	if (handles)
		ntside_close_all(handles);
	shutdown(s->fd, SHUT_RDWR); /* whoever waits for the end of the session sees it now */
	free(handles);
	uselocale(LC_GLOBAL_LOCALE);
	if (utf8)
		freelocale(utf8);
	s->over = true;
	return NULL;
}

static void forget(struct session *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
	list_del(&s->link);
	free(s);
}

void ntside_asked(pid_t pid)
{
	struct session *s, *next;
	int fd = attach_connect_back(pid);

	list_for_each_safe(s, next, &sessions, link)
		if (s->over)
			forget(s);
	s = fd < 0 ? NULL : calloc(1, sizeof(*s));
	if (!s)
		goto out;
	s->fd = fd;
	if (pthread_create(&s->thread, NULL, session_main, s))
		goto out;
	list_add_tail(&sessions, &s->link);
	return;
out:
	free(s);
	if (fd >= 0)
		close(fd); /* which tells the other end */
}

void ntside_end(void)
{
	struct session *s, *next;

	list_for_each_safe(s, next, &sessions, link) {
		shutdown(s->fd, SHUT_RDWR);
		forget(s);
	}
}
