/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the trace switch, the default sink, and the supervisor's own diagnostics. Every line is
 * one write(2), so that lines of several threads do not mix.
 */
#include "base/trace.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE      1024
#define COMPLAINT_SIZE 8192

_Atomic uint32_t trace_mask;

static const char *channel_name(uint32_t channel)
{
	static const char *const names[] = {
#define TR_NAME(up, low) [TRB_##up] = #low,
		TRACE_CHANNELS(TR_NAME)
#undef TR_NAME
	};
	unsigned bit = channel ? (unsigned)__builtin_ctz(channel) : sizeof(names);

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : "?";
}

/* Ends text (of size bytes, wanted characters long) with a newline, marking a cut. Returns its length. */
static size_t end_line(char *text, size_t size, int wanted)
{
	size_t len = wanted < 0 ? 0 : (size_t)wanted;

	if (len > size - 2) {
		len = size - 2;
		memcpy(text + len - 3, "...", 3);
	}
	text[len] = '\n';
	return len + 1;
}

static void put(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n <= 0)
			return; /* nowhere left to complain */
		text += n;
		len -= (size_t)n;
	}
}

_Atomic bool trace_crlf;

void trace_put(const char *text, size_t len)
{
	char wide[2 * LINE_SIZE];
	size_t n = 0;

	if (!trace_crlf || !isatty(STDERR_FILENO)) {
		put(text, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			wide[n++] = '\r';
		wide[n++] = text[i];
		if (n >= sizeof(wide) - 2 || i + 1 == len) {
			put(wide, n);
			n = 0;
		}
	}
}

static void sink_stderr(uint32_t channel, struct trace_async async, const char *line)
{
	char text[LINE_SIZE + 64];
	int n = snprintf(text, sizeof(text), "[%d %s] %s", (int)syscall(SYS_gettid),
			 channel_name(channel), line);

	trace_put(text, end_line(text, sizeof(text), n));
}

void (*trace_sink)(uint32_t channel, struct trace_async async, const char *line) = sink_stderr;

void trace_line(uint32_t channel, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace_sink(channel, (struct trace_async){ 0 }, text);
}

uint64_t trace_async_id(void)
{
	static _Atomic uint64_t last;

	return ++last;
}

void trace_async(uint32_t channel, struct trace_async async, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace_sink(channel, async, text);
}

_Thread_local struct trace_scope *trace_scopes;

void trace_scope_push(struct trace_scope *s)
{
	s->start = trace_now();
	s->outer = trace_scopes;
	trace_scopes = s;
}

uint64_t trace_scope_start(uint32_t channel)
{
	const struct trace_scope *s = trace_scopes;

	while (s && s->channel != channel)
		s = s->outer;
	return s ? s->start : 0;
}

uint64_t trace_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void complain(const char *fmt, va_list ap)
{
	static const char prefix[] = "lxrun: ";
	char text[COMPLAINT_SIZE];
	size_t start = sizeof(prefix) - 1;
	int n;

	memcpy(text, prefix, start);
	n = vsnprintf(text + start, sizeof(text) - start, fmt, ap);
	trace_put(text, start + end_line(text + start, sizeof(text) - start, n));
}

void lxrun_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
}

void lxrun_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	_exit(125);
}
