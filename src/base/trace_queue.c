/* SPDX-License-Identifier: MIT */
/* trace_queue.c - the buffer of the trace and its writer thread. */
#include "base/trace_queue.h"
#include "base/alloc.h"
#include "base/lock.h"
#include "base/trace.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define ROOM       (32u << 20) /* of each of the two buffers; touched as far as it is used */
#define OUT_ROOM   (64u << 10)
#define NAP_NS     5000000 /* of a writer that nobody watches */
#define HEAD_SIZE  sizeof(struct record_head)
#define ALIGNED(n) (((n) + 7) & ~(size_t)7)

struct record_head {
	uint64_t size, lost;
};

static struct {
	struct lk
		lock; /* guards fill, drain, used, lost_now, lost; out and text while there is no thread */
	char *fill, *drain;
	size_t used;
	uint64_t lost_now, lost; /* since the last record that fitted; in all */
	FILE *out;
	const char *name;
	trace_format *format;
	bool prompt, failed;
	_Atomic bool threaded, stop;
	pthread_t thread;
	pthread_mutex_t wake_lock;
	pthread_cond_t wake;
	struct text text; /* the writer's */
} queue = { .lock = LK_INIT(TRACE),
	    .wake_lock = PTHREAD_MUTEX_INITIALIZER,
	    .wake = PTHREAD_COND_INITIALIZER };

static void fail(void)
{
	if (queue.failed)
		return;
	queue.failed = true;
	lxrun_warn("trace: %s: %s; the rest of the trace is lost", queue.name, strerror(errno));
}

static void flush_text(void)
{
	if (queue.text.len && !queue.failed &&
	    fwrite(queue.text.data, 1, queue.text.len, queue.out) != queue.text.len)
		fail();
	queue.text.len = 0;
}

static void flush_all(void)
{
	flush_text();
	if (queue.out && !queue.failed && fflush(queue.out))
		fail();
}

static void format_all(const char *data, size_t size)
{
	struct record_head head;
	size_t at = 0;

	while (at < size) {
		memcpy(&head, data + at, HEAD_SIZE);
		queue.format(data + at + HEAD_SIZE, head.size, head.lost, &queue.text);
		at += HEAD_SIZE + ALIGNED(head.size);
		if (queue.text.len > OUT_ROOM)
			flush_text();
	}
	flush_all();
}

/* Takes what is there; false: nothing. */
static bool drain(void)
{
	char *full;
	size_t used;

	lk_acquire(&queue.lock);
	full = queue.fill;
	used = queue.used;
	queue.fill = queue.drain;
	queue.drain = full;
	queue.used = 0;
	lk_release(&queue.lock);
	format_all(full, used);
	return used != 0;
}

static void nap(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += NAP_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&queue.wake_lock);
	if (!queue.stop)
		pthread_cond_timedwait(&queue.wake, &queue.wake_lock, &until);
	pthread_mutex_unlock(&queue.wake_lock);
}

static void *writer_main(void *arg)
{
	prctl(PR_SET_NAME, "lxrun-trace");
	while (!queue.stop)
		if (!drain())
			nap();
	return arg;
}

static void wake_writer(void)
{
	pthread_mutex_lock(&queue.wake_lock);
	pthread_cond_signal(&queue.wake);
	pthread_mutex_unlock(&queue.wake_lock);
}

void trace_queue_start(FILE *out, const char *name, trace_format *format, bool prompt)
{
	lk_acquire(&queue.lock); /* who was late for the trace before may look */
	queue.out = out;
	queue.name = name;
	queue.format = format;
	queue.prompt = prompt;
	queue.failed = false;
	queue.lost = queue.lost_now = 0;
	lk_release(&queue.lock);
}

int trace_queue_thread(void)
{
	sigset_t all, old;
	int err;

	queue.fill = malloc(ROOM);
	queue.drain = malloc(ROOM);
	if (!queue.fill || !queue.drain)
		return ENOMEM;
	queue.stop = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&queue.thread, NULL, writer_main, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	queue.threaded = !err;
	return err;
}

static void copy_in(const struct record_head *head, const struct trace_piece *pieces, int count)
{
	char *at = queue.fill + queue.used;
	int i;

	memcpy(at, head, HEAD_SIZE);
	at += HEAD_SIZE;
	for (i = 0; i < count; i++) {
		if (pieces[i].size)
			memcpy(at, pieces[i].data, pieces[i].size);
		at += pieces[i].size;
	}
	queue.used += HEAD_SIZE + ALIGNED(head->size);
}

/* No thread: tests, and what is put before the thread is there. */
static void put_now(const struct trace_piece *pieces, int count, size_t size)
{
	char *record = mem_alloc(size);
	size_t at = 0;
	int i;

	for (i = 0; record && i < count; i++) {
		if (pieces[i].size)
			memcpy(record + at, pieces[i].data, pieces[i].size);
		at += pieces[i].size;
	}
	lk_acquire(&queue.lock);
	if (record && queue.out) {
		queue.format(record, size, 0, &queue.text);
		flush_all();
	}
	lk_release(&queue.lock);
	mem_free(record);
}

void trace_queue_put(const struct trace_piece *pieces, int count)
{
	struct record_head head = { 0 };
	bool fits, first;
	int i;

	for (i = 0; i < count; i++)
		head.size += pieces[i].size;
	if (!queue.threaded) {
		put_now(pieces, count, head.size);
		return;
	}
	lk_acquire(&queue.lock);
	if (!queue.fill) { /* stopped meanwhile */
		lk_release(&queue.lock);
		return;
	}
	first = queue.used == 0 && queue.prompt;
	fits = head.size <= TRACE_RECORD_MAX && queue.used + HEAD_SIZE + ALIGNED(head.size) <= ROOM;
	if (fits) {
		head.lost = queue.lost_now;
		queue.lost_now = 0;
		copy_in(&head, pieces, count);
	} else {
		queue.lost_now++;
		queue.lost++;
	}
	lk_release(&queue.lock);
	if (first)
		wake_writer();
}

/* The buffers, with what is in the one that was filled last; whoever puts now finds none. */
static size_t take_buffers(char **full, char **empty)
{
	size_t used;

	lk_acquire(&queue.lock);
	*full = queue.fill;
	*empty = queue.drain;
	used = queue.used;
	queue.fill = queue.drain = NULL;
	queue.used = 0;
	queue.threaded = false;
	lk_release(&queue.lock);
	return used;
}

uint64_t trace_queue_stop(void (*end)(struct text *out))
{
	char *full, *empty;
	uint64_t lost;
	size_t used;

	if (queue.threaded) {
		queue.stop = true;
		wake_writer();
		pthread_join(queue.thread, NULL);
		used = take_buffers(&full, &empty);
		format_all(full, used);
		free(full);
		free(empty);
	}
	lk_acquire(&queue.lock);
	if (end && queue.out)
		end(&queue.text);
	flush_all();
	text_free(&queue.text);
	queue.out = NULL;
	lost = queue.lost;
	queue.lost = queue.lost_now = 0;
	lk_release(&queue.lock);
	if (lost)
		lxrun_warn("trace: %" PRIu64 " records were lost, the output was too slow", lost);
	return lost;
}
