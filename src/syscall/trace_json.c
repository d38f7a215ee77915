/* SPDX-License-Identifier: MIT */
/*
 * The json format: one object a line. Its fields are a contract: docs/tracing.md describes them, "v"
 * counts what is not compatible. Bytes that are no ASCII stand in strings as strace's escapes.
 */
#include "trace_event.h"
#include "trace_impl.h"
#include <inttypes.h>
#include <string.h>

#define SCHEMA 1

static uint64_t wall_offset;

static void start(uint64_t offset)
{
	wall_offset = offset;
}

void trace_json_string(struct text *out, const char *s, size_t n)
{
	size_t i;

	text_put(out, "\"", 1);
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			text_printf(out, "\\%c", c);
		else if (c >= 0x20 && c < 0x7f)
			text_put(out, s + i, 1);
		else
			text_printf(out, "\\u%04x", c); /* Latin-1: a byte is a byte */
	}
	text_put(out, "\"", 1);
}

void trace_plain_string(struct text *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c < 0x7f)
			text_put(out, s, 1);
		else
			text_printf(out, "\\%o", c);
	}
}

static void put_string(struct text *out, const char *key, const char *s)
{
	text_printf(out, ",\"%s\":", key);
	trace_json_string(out, s, strlen(s));
}

static void put_time(struct text *out, const char *key, uint64_t when)
{
	uint64_t ns = when + wall_offset;

	text_printf(out, "\"%s\":%" PRIu64 ".%09" PRIu64, key, ns / 1000000000, ns % 1000000000);
}

static void put_who(const struct trace_event *e, const char *event, struct text *out)
{
	text_printf(out, "{\"v\":%d,\"event\":\"%s\",", SCHEMA, event);
	put_time(out, "t", e->when);
	text_printf(out, ",\"pid\":%" PRId32 ",\"tid\":%" PRId32, e->pid, e->tid);
	put_string(out, "comm", e->comm);
}

/* "fd", "path" ...: the word of the kinds column. */
static const char *kind_word(uint32_t nr, int i, size_t *len)
{
	const char *p = nr < SC_TABLE_SIZE && sc_table[nr].name ? sc_table[nr].args : "";

	for (; i > 0 && *p; i--) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	*len = strcspn(p, " ");
	return p;
}

static void put_async(struct trace_async async, struct text *out)
{
	if (async.id)
		text_printf(out, ",\"async\":%" PRIu64 ",\"begins\":%s,\"ends\":%s", async.id,
			    async.begins ? "true" : "false", async.ends ? "true" : "false");
}

static void put_args(const struct trace_event *e, struct text *out)
{
	const char *call = trace_event_text(e, TX_CALL), *kind;
	size_t len;
	int i;

	text_str(out, ",\"args\":[");
	for (i = 0; i < e->nargs; i++) {
		kind = kind_word(e->nr, i, &len);
		text_str(out, i ? ",{\"kind\":" : "{\"kind\":");
		trace_json_string(out, kind, len);
		text_printf(out, ",\"raw\":\"%#" PRIx64 "\"", e->args[i]);
		if (e->spans[i].len) {
			text_str(out, ",\"text\":");
			trace_json_string(out, call + e->spans[i].start, e->spans[i].len);
		}
		text_str(out, "}");
	}
	text_str(out, "]");
}

static void put_below(const struct trace_event *e, struct text *out)
{
	struct trace_node nodes[TRACE_NODES_MAX];
	int n = trace_tree(e, nodes, TRACE_NODES_MAX), i;
	const char *status;
	size_t len;

	if (!n)
		return;
	text_str(out, ",\"below\":[");
	for (i = 0; i < n; i++) {
		text_printf(out, "%s{\"channel\":\"%s\",\"depth\":%d,", i ? "," : "",
			    trace_channel_name(nodes[i].channel), nodes[i].depth);
		put_time(out, "t", nodes[i].start);
		text_printf(out, ",\"ns\":%" PRIu64, nodes[i].end - nodes[i].start);
		status = trace_below_status(nodes[i].text, &len);
		if (status) {
			text_str(out, ",\"call\":");
			trace_json_string(out, nodes[i].text, strcspn(nodes[i].text, "("));
			text_str(out, ",\"status\":");
			trace_json_string(out, status, len);
		}
		put_async(nodes[i].async, out);
		put_string(out, "text", nodes[i].text);
		text_str(out, "}");
	}
	text_str(out, "]");
}

static void put_call(const struct trace_event *e, struct text *out)
{
	const char *name;

	put_who(e, "call", out);
	put_string(out, "call", trace_event_text(e, TX_NAME));
	text_printf(out, ",\"nr\":%" PRIu32, e->nr);
	put_args(e, out);
	if (e->result != TRACE_NO_RESULT) {
		text_printf(out, ",\"result\":%" PRId64, e->result);
		name = e->result < 0 ? lx_errno_name((int)-e->result) : NULL;
		if (name)
			put_string(out, "errno", name);
	}
	put_string(out, "text", trace_event_text(e, TX_RESULT));
	text_printf(out, ",\"ns\":%" PRIu64, e->ns);
	if (e->injected)
		text_str(out, ",\"injected\":true");
	put_below(e, out);
	text_str(out, "}\n");
}

static void put_event(const struct trace_event *e, uint64_t lost, struct text *out)
{
	static const char *const names[] = {
		[TE_LOWER] = "line", [TE_SIGNAL] = "signal", [TE_EXIT] = "exit"
	};

	if (lost) {
		put_who(e, "lost", out);
		text_printf(out, ",\"count\":%" PRIu64 "}\n", lost);
	}
	switch (e->kind) {
	case TE_CALL:
		put_call(e, out);
		break;
	case TE_LOWER:
	case TE_SIGNAL:
	case TE_EXIT:
		put_who(e, names[e->kind], out);
		if (e->kind == TE_LOWER)
			put_string(out, "channel", trace_channel_name(e->channel));
		put_async(e->async, out);
		put_string(out, "text", trace_event_text(e, TX_CALL));
		text_str(out, "}\n");
		break;
	default:
		break;
	}
}

const struct trace_writer trace_writer_json = {
	.name = "json",
	.start = start,
	.event = put_event,
};
