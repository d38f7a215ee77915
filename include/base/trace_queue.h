/* SPDX-License-Identifier: MIT */
/*
 * trace_queue.h - between the threads that have something to trace and the one that writes it.
 *
 * A record is copied into a bounded buffer under a lock that is held for the copy alone; the writer
 * thread swaps the buffer for an empty one and gives the records, in order, to a formatter. Nobody who
 * puts ever waits for the output: when the buffer is full, records are dropped and counted, and the
 * next one that fits carries the number. A write that fails is said once; from then on all is lost,
 * and the guests go on.
 */
#ifndef BASE_TRACE_QUEUE_H
#define BASE_TRACE_QUEUE_H
#include "base/text.h"
#include <stdint.h>
#include <stdio.h>

/* One record becomes text. lost: records that were dropped just before it. record is 8-aligned. */
typedef void trace_format(const void *record, size_t size, uint64_t lost, struct text *out);

/*
 * out: borrowed. prompt: the writer is woken by every record (somebody is watching), else every few
 * milliseconds. Without trace_queue_thread() each record is formatted and written by who puts it.
 */
void trace_queue_start(FILE *out, const char *name, trace_format *format, bool prompt);
/* Starts the writer thread. 0, or an errno. */
int trace_queue_thread(void);
struct trace_piece {
	const void *data;
	size_t size;
};
/* Puts the pieces as one record. */
void trace_queue_put(const struct trace_piece *pieces, int count);
/*
 * Writes what is there, then what end adds (may be NULL), ends the thread, says what was lost. What is put from
 * then on is nobody's, until the queue is started again. Returns how many records were lost.
 */
uint64_t trace_queue_stop(void (*end)(struct text *out));
/* Bytes that a record may have. */
#define TRACE_RECORD_MAX (1024 * 1024)
#endif
