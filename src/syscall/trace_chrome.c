/* SPDX-License-Identifier: MIT */
/*
 * The chrome format: a JSON array of trace events as Perfetto and chrome://tracing read it. A call is a
 * slice of its thread, the calls below it slices inside; a fork is a flow from the parent's call to
 * the child's first; signals are instants; the number of guests is a counter.
 */
#include "trace_event.h"
#include "trace_impl.h"
#include <inttypes.h>
#include <string.h>

#define KNOWN_MAX 4096

static struct {
	uint64_t first_when; /* times are from the first event on */
	bool any;
	int32_t known[KNOWN_MAX]; /* tids that have a name; the oldest are overwritten */
	uint32_t known_count;
	int32_t guests;
} chrome;

static void start(uint64_t wall_offset)
{
	memset(&chrome, 0, sizeof(chrome));
}

/* "{" and the members that all have. name is escaped, n bytes of it. */
static void open_event(struct text *out, const char *phase, const char *cat, const char *name,
		       size_t n, const struct trace_event *e)
{
	text_str(out, chrome.any ? ",\n{\"name\":" : "[\n{\"name\":");
	chrome.any = true;
	trace_json_string(out, name, n);
	text_printf(out, ",\"cat\":\"%s\",\"ph\":\"%s\",\"pid\":%" PRId32 ",\"tid\":%" PRId32, cat,
		    phase, e->pid, e->tid);
}

static void put_us(struct text *out, const char *key, uint64_t ns)
{
	text_printf(out, ",\"%s\":%" PRIu64 ".%03" PRIu64, key, ns / 1000, ns % 1000);
}

static void put_ts(struct text *out, uint64_t when)
{
	put_us(out, "ts", when > chrome.first_when ? when - chrome.first_when : 0);
}

static void put_counter(const struct trace_event *e, struct text *out)
{
	open_event(out, "C", "sys", "guests", 6, e);
	put_ts(out, e->when);
	text_printf(out, ",\"args\":{\"threads\":%" PRId32 "}}", chrome.guests);
}

static bool is_known(int32_t tid)
{
	uint32_t i, n = chrome.known_count < KNOWN_MAX ? chrome.known_count : KNOWN_MAX;

	for (i = 0; i < n; i++)
		if (chrome.known[i] == tid)
			return true;
	return false;
}

static void put_name(const char *what, const struct trace_event *e, struct text *out)
{
	open_event(out, "M", "__metadata", what, strlen(what), e);
	text_str(out, ",\"args\":{\"name\":");
	trace_json_string(out, e->comm, strlen(e->comm));
	text_str(out, "}}");
}

/* First event of a thread: its names, and the end of the flow that its birth began. */
static void meet(const struct trace_event *e, struct text *out)
{
	if (is_known(e->tid))
		return;
	chrome.known[chrome.known_count++ % KNOWN_MAX] = e->tid;
	chrome.guests++;
	put_name("thread_name", e, out);
	if (e->pid == e->tid)
		put_name("process_name", e, out);
	open_event(out, "f", "fork", "fork", 4, e);
	put_ts(out, e->when);
	text_printf(out, ",\"bp\":\"e\",\"id\":%" PRId32 "}", e->tid);
	put_counter(e, out);
}

static void forget(const struct trace_event *e, struct text *out)
{
	uint32_t i;

	for (i = 0; i < KNOWN_MAX; i++)
		if (chrome.known[i] == e->tid)
			chrome.known[i] = 0;
	chrome.guests--;
	put_counter(e, out);
}

static void put_slice(const struct trace_event *e, const char *cat, const char *text, uint64_t when,
		      uint64_t ns, const char *result, struct text *out)
{
	open_event(out, "X", cat, text, strcspn(text, "( "), e);
	put_ts(out, when);
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

static void put_call(const struct trace_event *e, struct text *out)
{
	struct trace_node nodes[TRACE_NODES_MAX];
	int n = trace_tree(e, nodes, TRACE_NODES_MAX), i;

	put_slice(e, "sys", trace_event_text(e, TX_CALL), e->when, e->ns,
		  trace_event_text(e, TX_RESULT), out);
	for (i = 0; i < n; i++)
		put_slice(e, trace_channel_name(nodes[i].channel), nodes[i].text, nodes[i].start,
			  nodes[i].end - nodes[i].start, NULL, out);
	if (is_birth(e)) {
		open_event(out, "s", "fork", "fork", 4, e);
		put_ts(out, e->when);
		text_printf(out, ",\"id\":%" PRId64 "}", e->result);
	}
	if (e->nr == NR_execve && !e->result) /* the program has another name now */
		put_name(e->pid == e->tid ? "process_name" : "thread_name", e, out);
}

static void put_instant(const struct trace_event *e, const char *cat, const char *text,
			struct text *out)
{
	open_event(out, "i", cat, text, strlen(text), e);
	put_ts(out, e->when);
	text_str(out, ",\"s\":\"t\"}");
}

static void put_event(const struct trace_event *e, uint64_t lost, struct text *out)
{
	if (!chrome.any)
		chrome.first_when = e->when;
	if (e->tid && e->kind != TE_GONE)
		meet(e, out);
	if (lost)
		put_instant(e, "trace", "records lost", out);
	switch (e->kind) {
	case TE_CALL:
		put_call(e, out);
		break;
	case TE_LOWER:
		put_instant(e, trace_channel_name(e->channel), trace_event_text(e, TX_CALL), out);
		break;
	case TE_SIGNAL:
		put_instant(e, "sig", trace_event_text(e, TX_CALL), out);
		break;
	case TE_EXIT:
		put_instant(e, "sys", trace_event_text(e, TX_CALL), out);
		forget(e, out);
		break;
	default:
		break;
	}
}

static void end(struct text *out)
{
	text_str(out, chrome.any ? "\n]\n" : "[]\n");
}

const struct trace_writer trace_writer_chrome = {
	.name = "chrome",
	.start = start,
	.event = put_event,
	.end = end,
};
