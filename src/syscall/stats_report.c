/* SPDX-License-Identifier: MIT */
/* The statistics as JSON and as one self-contained HTML page: a heat map, Linux calls by NT calls. */
#include "stats.h"
#include "trace_event.h"
#include <inttypes.h>
#include <string.h>

static void put_string(struct text *out, const char *key, const char *s)
{
	text_printf(out, "\"%s\":", key);
	trace_json_string(out, s, strlen(s));
}

static void json_call(struct text *out, uint32_t nr)
{
	const struct sc_stat *s = &sc_stats[nr];
	const char *comma = "";
	uint32_t i;

	text_str(out, "{");
	put_string(out, "name", stats_call_name(nr));
	text_printf(out,
		    ",\"nr\":%" PRIu32 ",\"calls\":%" PRIu64 ",\"errors\":%" PRIu64
		    ",\"ns\":%" PRIu64 ",\"blocked_ns\":%" PRIu64 ",\"p50_ns\":%" PRIu64
		    ",\"p99_ns\":%" PRIu64 ",\"host_calls\":%" PRIu64 ",\"nt\":{",
		    nr, s->calls, s->errors, s->ns, s->blocked_ns, stats_percentile(s, 50),
		    stats_percentile(s, 99), s->host_calls);
	for (i = 0; i < stats_nt_count(); i++) {
		if (!cell_stats[nr][i].calls)
			continue;
		text_str(out, comma);
		trace_json_string(out, nt_stats[i].name, strlen(nt_stats[i].name));
		text_printf(out, ":{\"calls\":%" PRIu64 ",\"ns\":%" PRIu64 "}",
			    cell_stats[nr][i].calls, cell_stats[nr][i].ns);
		comma = ",";
	}
	text_str(out, "},\"flags\":[");
	stats_json_flags(out, nr);
	text_str(out, "]}");
}

static void json_missing(struct text *out)
{
	static struct missing list[MISSING_MAX];
	uint64_t lost;
	uint32_t n = missing_snapshot(list, MISSING_MAX, &lost), i;

	text_str(out, "\"unsupported\":[");
	for (i = 0; i < n; i++) {
		text_str(out, i ? ",{" : "{");
		put_string(out, "call", list[i].call);
		text_str(out, ",");
		put_string(out, "what", list[i].what);
		text_printf(out, ",\"value\":%" PRIu64 ",\"count\":%" PRIu64 ",\"pid\":%d,",
			    list[i].value, list[i].count, list[i].tid);
		put_string(out, "program", list[i].program);
		text_str(out, "}");
	}
	text_printf(out, "],\"unsupported_lost\":%" PRIu64, lost);
}

void stats_json(struct text *out)
{
	uint32_t order[SC_TABLE_SIZE], n = stats_order(order), nt[STATS_NT_MAX], i;

	text_str(out, "{\"v\":1,\"syscalls\":[");
	for (i = 0; i < n; i++) {
		text_str(out, i ? ",\n" : "\n");
		json_call(out, order[i]);
	}
	text_str(out, "],\n\"nt\":[");
	n = stats_nt_order(nt);
	for (i = 0; i < n; i++) {
		const struct nt_stat *s = &nt_stats[nt[i]];

		text_str(out, i ? ",\n{" : "\n{");
		put_string(out, "name", s->name);
		text_printf(out,
			    ",\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"ns\":%" PRIu64 "}",
			    s->calls, s->errors, s->ns);
	}
	text_str(out, "],\n");
	json_missing(out);
	text_str(out, "}\n");
}

/* ---- HTML ---- */

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>lxrun: Linux calls by NT calls</title>\n<style>\n"
	"body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;color:#1a1a1a;background:#fff}\n"
	"h1{font-size:1.3em}h2{font-size:1.1em;margin-top:1.6em}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse}\n"
	"td,th{padding:2px "
	"7px;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:#fff}\n"
	"thead th{border-bottom:1px solid #888;vertical-align:bottom}\n"
	".map thead th+th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;"
	"padding:7px 2px;font-weight:normal}\n"
	".map td+td{border:1px solid #eee;min-width:2.2em}\n"
	".bar{display:inline-block;height:.8em;vertical-align:baseline}\n"
	".busy{background:#2166ac}.blocked{background:repeating-linear-gradient(45deg,#92c5de 0 "
	"3px,"
	"#d1e5f0 3px 6px)}\n"
	"@media print{body{margin:0}.wide{overflow:visible}}\n</style></head><body>\n";

static void html_string(struct text *out, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<':
			text_str(out, "&lt;");
			break;
		case '>':
			text_str(out, "&gt;");
			break;
		case '&':
			text_str(out, "&amp;");
			break;
		case '"':
			text_str(out, "&quot;");
			break;
		default:
			if ((unsigned char)*s >= ' ' && (unsigned char)*s < 0x7f)
				text_put(out, s, 1);
			else
				text_str(out, "?");
		}
}

/* Blue, the darker the more calls: log2 of the count against that of the greatest. */
static void html_cell(struct text *out, const struct cell_stat *c, uint64_t most)
{
	unsigned top = 64 - (unsigned)__builtin_clzll(most | 1);
	unsigned level = c->calls ? 64 - (unsigned)__builtin_clzll(c->calls) : 0;
	unsigned light = 96 - 56 * level / (top ? top : 1);

	if (!c->calls) {
		text_str(out, "<td></td>");
		return;
	}
	text_printf(out,
		    "<td style=\"background:hsl(213,65%%,%u%%)%s\" title=\"%.1f us each\">%" PRIu64
		    "</td>",
		    light, light < 60 ? ";color:#fff" : "", (double)c->ns / 1e3 / (double)c->calls,
		    c->calls);
}

static void html_map(struct text *out, const uint32_t *order, uint32_t n)
{
	uint32_t nt[STATS_NT_MAX], columns = stats_nt_order(nt), i, k;
	uint64_t most = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < columns; k++)
			if (cell_stats[order[i]][k].calls > most)
				most = cell_stats[order[i]][k].calls;
	text_str(out, "<h2>Linux calls by NT calls</h2>\n<p>A cell is how often; darker is more, "
		      "on a logarithmic scale. Point at it for the mean time.</p>\n"
		      "<div class=\"wide\"><table class=\"map\"><thead><tr><th>Linux call</th>");
	for (k = 0; k < columns; k++) {
		text_str(out, "<th>");
		html_string(out, nt_stats[nt[k]].name);
		text_str(out, "</th>");
	}
	text_str(out, "</tr></thead>\n");
	for (i = 0; i < n; i++) {
		text_str(out, "<tr><td>");
		html_string(out, stats_call_name(order[i]));
		text_str(out, "</td>");
		for (k = 0; k < columns; k++)
			html_cell(out, &cell_stats[order[i]][nt[k]], most);
		text_str(out, "</tr>\n");
	}
	text_str(out, "</table></div>\n");
}

static void html_calls(struct text *out, const uint32_t *order, uint32_t n)
{
	uint64_t most = n ? sc_stats[order[0]].ns : 1;
	uint32_t i;

	text_str(out,
		 "<h2>Time</h2>\n<p><span class=\"bar busy\" style=\"width:1em\"></span> served "
		 "<span class=\"bar blocked\" style=\"width:1em\"></span> blocked</p>\n"
		 "<div class=\"wide\"><table><thead><tr><th>Linux call</th><th>calls</th>"
		 "<th>errors</th><th>total ms</th><th>p50 us</th><th>p99 us</th>"
		 "<th>host calls</th><th></th></tr></thead>\n");
	for (i = 0; i < n; i++) {
		const struct sc_stat *s = &sc_stats[order[i]];
		double scale = 16.0 / (double)(most | 1);

		text_str(out, "<tr><td>");
		html_string(out, stats_call_name(order[i]));
		text_printf(out,
			    "</td><td>%" PRIu64 "</td><td>%" PRIu64
			    "</td><td>%.3f</td><td>%.1f</td><td>%.1f</td><td>%" PRIu64
			    "</td><td style=\"text-align:left\"><span class=\"bar busy\" "
			    "style=\"width:%.2fem\"></span><span class=\"bar blocked\" "
			    "style=\"width:%.2fem\"></span></td></tr>\n",
			    s->calls, s->errors, (double)s->ns / 1e6,
			    (double)stats_percentile(s, 50) / 1e3,
			    (double)stats_percentile(s, 99) / 1e3, s->host_calls,
			    (double)(s->ns - s->blocked_ns) * scale, (double)s->blocked_ns * scale);
	}
	text_str(out, "</table></div>\n");
}

static void html_missing(struct text *out)
{
	static struct missing list[MISSING_MAX];
	uint64_t lost;
	uint32_t n = missing_snapshot(list, MISSING_MAX, &lost), i;

	text_str(out, "<h2>Not supported</h2>\n");
	text_str(out, n ? "<ul>\n" : "<p>Nothing was missing.</p>\n");
	for (i = 0; i < n; i++) {
		text_str(out, "<li>");
		html_string(out, list[i].call);
		if (list[i].what[0])
			text_printf(out, " %s 0x%" PRIx64, list[i].what, list[i].value);
		text_printf(out, ", %" PRIu64 " times, first by ", list[i].count);
		html_string(out, list[i].program);
		text_str(out, "</li>\n");
	}
	if (n)
		text_str(out, "</ul>\n");
}

void stats_html(struct text *out)
{
	static struct sc_stat total;
	uint32_t order[SC_TABLE_SIZE], n = stats_order(order);

	stats_total(&total);
	text_str(out, page_head);
	text_printf(out,
		    "<h1>What became of %" PRIu64
		    " Linux calls</h1>\n<p>%.3f s in all, %.3f s of it "
		    "blocked; %" PRIu64 " host calls below.</p>\n",
		    total.calls, (double)total.ns / 1e9, (double)total.blocked_ns / 1e9,
		    total.host_calls);
	html_map(out, order, n);
	html_calls(out, order, n);
	html_missing(out);
	text_str(out, "</body></html>\n");
}
