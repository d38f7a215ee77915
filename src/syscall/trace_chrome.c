/* SPDX-License-Identifier: MIT */
/*
 * The chrome format: a JSON array of trace events as Perfetto and chrome://tracing read it. A call is a
 * slice of its thread, the calls below it slices inside; signals are instants; guests, those of them that
 * sleep in a call, and NT handles are counters of lxrun's own process. Forks, requests and completions have
 * two ends each: trace_chrome_pairs.c.
 */
#include "trace_chrome.h"
#include "trace_impl.h"
#include <inttypes.h>
#include <string.h>

#define KNOWN_MAX 4096

static struct {
	uint64_t first_when, last_when; /* times are from the beginning of the trace on */
	bool any;
	int32_t known[KNOWN_MAX]; /* tids that have a name; the oldest are overwritten */
	uint32_t known_count;
	uint32_t own; /* the highest number of a thread of lxrun that has a name */
	int32_t guests;
} chrome;

static void start(uint64_t wall_offset)
{
	memset(&chrome, 0, sizeof(chrome));
	chrome.first_when = trace_now();
	chrome_pairs_start();
}

static void put_us(struct text *out, const char *key, uint64_t ns)
{
	text_printf(out, ",\"%s\":%" PRIu64 ".%03" PRIu64, key, ns / 1000, ns % 1000);
}

void chrome_open(struct text *out, const char *phase, const char *cat, const char *name, size_t len,
		 struct chrome_point at)
{
	text_str(out, chrome.any ? ",\n{\"name\":" : "[\n{\"name\":");
	chrome.any = true;
	trace_json_string(out, name, len);
	text_printf(out, ",\"cat\":\"%s\",\"ph\":\"%s\",\"pid\":%" PRId32 ",\"tid\":%" PRId32, cat,
		    phase, at.pid, at.tid);
	if (*phase != 'M')
		put_us(out, "ts", at.when > chrome.first_when ? at.when - chrome.first_when : 0);
}

/* Where e is seen. */
static struct chrome_point place_of(const struct trace_event *e)
{
	if (e->tid)
		return (struct chrome_point){ e->when, e->pid, e->tid };
	return (struct chrome_point){ e->when, CHROME_LXRUN, CHROME_LXRUN + (int32_t)e->nr };
}

static void put_counter(const char *name, const char *unit, uint64_t value, uint64_t when,
			struct text *out)
{
	struct chrome_point at = { when, CHROME_LXRUN, CHROME_LXRUN };

	chrome_open(out, "C", "sys", name, strlen(name), at);
	text_printf(out, ",\"args\":{\"%s\":%" PRIu64 "}}", unit, value);
}

static bool is_known(int32_t tid)
{
	uint32_t i, n = chrome.known_count < KNOWN_MAX ? chrome.known_count : KNOWN_MAX;

	for (i = 0; i < n; i++)
		if (chrome.known[i] == tid)
			return true;
	return false;
}

static void put_name(const char *what, struct chrome_point at, const char *name, struct text *out)
{
	chrome_open(out, "M", "__metadata", what, strlen(what), at);
	text_str(out, ",\"args\":{\"name\":");
	trace_json_string(out, name, strlen(name));
	text_str(out, "}}");
}

/* First event of a thread: its names. */
static void meet(const struct trace_event *e, struct text *out)
{
	if (is_known(e->tid))
		return;
	chrome.known[chrome.known_count++ % KNOWN_MAX] = e->tid;
	chrome.guests++;
	put_name("thread_name", place_of(e), e->comm, out);
	if (e->pid == e->tid)
		put_name("process_name", place_of(e), e->comm, out);
	put_counter("guests", "threads", (uint64_t)chrome.guests, e->when, out);
	if (e->kind == TE_CALL)
		chrome_born(out, place_of(e));
}

/* The same for lxrun's own threads. */
static void meet_own(const struct trace_event *e, struct text *out)
{
	if (!chrome.own)
		put_name("process_name", place_of(e), "lxrun", out);
	if (e->nr <= chrome.own)
		return;
	chrome.own = e->nr;
	put_name("thread_name", place_of(e), "lxrun", out);
}

static void forget(const struct trace_event *e, struct text *out)
{
	uint32_t i;

	for (i = 0; i < KNOWN_MAX; i++)
		if (chrome.known[i] == e->tid)
			chrome.known[i] = 0;
	chrome.guests--;
	chrome_gone(e->tid);
	put_counter("guests", "threads", (uint64_t)chrome.guests, e->when, out);
}

static void put_slice(const struct trace_event *e, const char *cat, const char *text, uint64_t when,
		      uint64_t ns, const char *result, struct text *out)
{
	struct chrome_point at = place_of(e);

	at.when = when;
	chrome_open(out, "X", cat, text, strcspn(text, "( "), at);
	put_us(out, "dur", ns);
	text_str(out, ",\"args\":{\"text\":");
	trace_json_string(out, text, strlen(text));
	if (result) {
		text_str(out, ",\"result\":");
		trace_json_string(out, result, strlen(result));
	}
	if (e->injected && result)
		text_str(out, ",\"injected\":true");
	text_str(out, "}}");
}

static bool is_birth(const struct trace_event *e)
{
	return (e->nr == NR_fork || e->nr == NR_vfork || e->nr == NR_clone || e->nr == NR_clone3) &&
	       e->result > 0;
}

/* until: when the line's slice ends. */
static void put_async(struct text *out, struct trace_async async, const char *line,
		      struct chrome_point at, uint64_t until, uint64_t call_end)
{
	if (async.begins)
		chrome_pends(out, async.id, line, at, call_end);
	if (async.begins && async.ends)
		at.when = until;
	if (async.ends)
		chrome_completed(out, async.id, line, at);
}

static void put_call(const struct trace_event *e, struct text *out)
{
	struct trace_node nodes[TRACE_NODES_MAX];
	int n = trace_tree(e, nodes, TRACE_NODES_MAX), i;

	put_slice(e, "sys", trace_event_text(e, TX_CALL), e->when, e->ns,
		  trace_event_text(e, TX_RESULT), out);
	meet(e, out);
	for (i = 0; i < n; i++) {
		put_slice(e, trace_channel_name(nodes[i].channel), nodes[i].text, nodes[i].start,
			  nodes[i].end - nodes[i].start, NULL, out);
		if (nodes[i].async.id)
			put_async(out, nodes[i].async, nodes[i].text,
				  (struct chrome_point){ nodes[i].start, e->pid, e->tid },
				  nodes[i].end, e->when + e->ns);
	}
	if (is_birth(e))
		chrome_birth(out, (int32_t)e->result, place_of(e));
	if (e->nr == NR_execve && !e->result) /* the program has another name now */
		put_name(e->pid == e->tid ? "process_name" : "thread_name", place_of(e), e->comm,
			 out);
}

static void put_instant(const struct trace_event *e, const char *cat, const char *text,
			struct text *out)
{
	chrome_open(out, "i", cat, text, strlen(text), place_of(e));
	text_str(out, ",\"s\":\"t\"}");
}

/* A line of no call. */
static void put_alone(const struct trace_event *e, struct text *out)
{
	const char *line = trace_event_text(e, TX_CALL), *channel = trace_channel_name(e->channel);

	if (e->ns)
		put_slice(e, channel, line, e->when, e->ns, NULL, out);
	else
		put_instant(e, channel, line, out);
	if (e->async.id)
		put_async(out, e->async, line, place_of(e), e->when + e->ns, 0);
}

static void put_event(const struct trace_event *e, uint64_t lost, struct text *out)
{
	if (!chrome.any && e->when < chrome.first_when)
		chrome.first_when = e->when;
	if (e->when + e->ns > chrome.last_when)
		chrome.last_when = e->when + e->ns;
	if (!e->tid)
		meet_own(e, out);
	else if (e->kind != TE_GONE && e->kind != TE_CALL)
		meet(e, out);
	if (lost)
		put_instant(e, "trace", "records lost", out);
	switch (e->kind) {
	case TE_CALL:
		put_call(e, out);
		break;
	case TE_LOWER:
		put_alone(e, out);
		break;
	case TE_SIGNAL:
		put_instant(e, "sig", trace_event_text(e, TX_CALL), out);
		break;
	case TE_EXIT:
		put_instant(e, "sys", trace_event_text(e, TX_CALL), out);
		forget(e, out);
		break;
	case TE_COUNTS:
		put_counter("handles", "open", e->args[0], e->when, out);
		put_counter("blocked", "guests", e->args[1], e->when, out);
		break;
	default:
		break;
	}
}

static void end(struct text *out)
{
	chrome_pairs_end(out, chrome.last_when);
	text_str(out, chrome.any ? "\n]\n" : "[]\n");
}

const struct trace_writer trace_writer_chrome = {
	.name = "chrome",
	.pairs = true,
	.start = start,
	.event = put_event,
	.end = end,
};
