/* SPDX-License-Identifier: MIT */
/*
 * The card: one Linux call as a drawing (SVG) of what became of it. On top a lane for each layer, widths as
 * time; below it one row for each call, with the words of the trace. Where an NT call failed, the row says
 * which errno its status stands for, and why. Of the calls that the filters let through one is kept: number
 * lxrun_opt.card_number, or the last.
 */
#include "trace_card.h"
#include "base/alloc.h"
#include "lxrun/options.h"
#include "lxrun/vfs.h"
#include <inttypes.h>
#include <string.h>

static struct trace_event *kept;
static uint64_t seen;

static void start(uint64_t wall_offset)
{
	mem_free(kept);
	kept = NULL;
	seen = 0;
}

static void keep(const struct trace_event *e, uint64_t lost, struct text *out)
{
	size_t size = sizeof(*e);
	int i;

	if (e->kind != TE_CALL)
		return;
	seen++;
	if (lxrun_opt.card_number && seen != lxrun_opt.card_number)
		return;
	for (i = 0; i < TX_COUNT; i++)
		size += e->size[i];
	mem_free(kept);
	kept = mem_alloc(size);
	if (kept)
		memcpy(kept, e, size);
}

/* ---- text in a drawing ---- */

void card_escape(struct text *out, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '<')
			text_str(out, "&lt;");
		else if (c == '&')
			text_str(out, "&amp;");
		else if (c == '"')
			text_str(out, "&quot;");
		else if (c >= 0x20 && c < 0x7f)
			text_put(out, s + i, 1);
		else
			text_printf(out, "\\%o", c);
	}
}

void card_text(struct card *card, double x, const char *class, const char *s, size_t n)
{
	text_printf(card->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, card->y, class);
	card_escape(card->out, s, n);
	text_str(card->out, "</text>\n");
}

void card_wrapped(struct card *card, double x, const char *class, const char *s, size_t n,
		  size_t width)
{
	while (n) {
		size_t take = n < width ? n : width, cut = take;

		while (take < n && cut > 1 && s[cut - 1] != ' ' && s[cut - 1] != ',')
			cut--;
		if (take < n && cut > 1)
			take = cut;
		card_text(card, x, class, s, take);
		s += take;
		n -= take;
		while (n && *s == ' ') {
			s++;
			n--;
		}
		if (n)
			card->y += CARD_LINE;
	}
}

static const struct card_layer layers[] = {
	{ TR_SYS, "sys", "Linux" },
	{ TR_VFS, "vfs", "VFS" },
	{ TR_NT, "nt", "NT" },
	{ TR_HOST, "host", "host" },
};
#define LAYERS (int)(sizeof(layers) / sizeof(layers[0]))

int card_layer(uint32_t channel)
{
	int i;

	for (i = 1; i < LAYERS; i++)
		if (layers[i].channel == channel)
			return i;
	return -1;
}

const char *card_class(int layer)
{
	return layers[layer].class;
}

/* ---- the lanes ---- */

#define LANE_X      92.0
#define LANE_W      (CARD_WIDTH - CARD_MARGIN - LANE_X)
#define LANE_H      24.0
#define LANE_STEP   30.0
#define LABEL_WIDTH 16.0 /* a narrower bar has no number */

/* A bar for what happened from start to end; number 0: none to write in it. */
static void put_bar(struct card *card, int layer, uint64_t from, uint64_t to, int number)
{
	double total = card->e->ns ? (double)card->e->ns : 1, x, w;

	x = LANE_X + LANE_W * (double)(from - card->e->when) / total;
	w = LANE_W * (double)(to - from) / total;
	if (w < 2)
		w = 2;
	if (x + w > LANE_X + LANE_W)
		x = LANE_X + LANE_W - w;
	text_printf(card->out,
		    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" rx=\"2\" "
		    "class=\"bar %s\"/>\n",
		    x, card->lanes + LANE_STEP * layer, w, LANE_H, layers[layer].class);
	if (number && w >= LABEL_WIDTH)
		text_printf(card->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"in\">%d</text>\n",
			    x + w / 2, card->lanes + LANE_STEP * layer + 16, number);
}

static void put_lanes(struct card *card)
{
	int i;

	card->lanes = card->y;
	for (i = 0; i < LAYERS; i++) {
		card->y = card->lanes + LANE_STEP * i + 16;
		card_text(card, CARD_MARGIN, "lane", layers[i].title, strlen(layers[i].title));
		text_printf(card->out,
			    "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" "
			    "class=\"rule\"/>\n",
			    LANE_X, LANE_X + LANE_W, card->y + 8, card->y + 8);
	}
	put_bar(card, 0, card->e->when, card->e->when + card->e->ns, 0);
	for (i = 0; i < card->count; i++) {
		const struct trace_node *n = &card->nodes[i];
		int layer = card_layer(n->channel);

		if (layer > 0)
			put_bar(card, layer, n->start, n->end, card->numbers[i]);
	}
	card->y = card->lanes + LANE_STEP * LAYERS + 12;
	for (i = 0; i <= 4; i++)
		text_printf(card->out,
			    "<text x=\"%.1f\" y=\"%.1f\" class=\"axis\" "
			    "text-anchor=\"%s\">%.1f us</text>\n",
			    LANE_X + LANE_W * i / 4, card->y,
			    i == 0   ? "start"
			    : i == 4 ? "end"
				     : "middle",
			    (double)card->e->ns * i / 4000);
	card->y += 30;
}

/* ---- the whole ---- */

static const char style[] =
	"<style>\n"
	"text{font:12px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#24292f}\n"
	".title{font-size:15px;font-weight:700}.sub,.key,.axis{fill:#57606a}.axis{font-size:11px}\n"
	".lane,.name{font-weight:700}.in{fill:#fff;text-anchor:middle;font-size:11px}\n"
	".end{text-anchor:end}.ok{fill:#1a7f37}.bad,.hop{fill:#b3261e;font-weight:700}\n"
	".rule{stroke:#d0d7de}.bar{stroke:#fff;stroke-width:.7}\n"
	".sys{fill:#24292f}.vfs{fill:#8250df}.nt{fill:#0969da}.host{fill:#9a6700}\n"
	"</style>\n";

/* Numbers for the rows: remarks of the engine have none. */
static void number_rows(struct card *card)
{
	int i;

	for (i = 0; i < card->count; i++)
		card->numbers[i] = card_layer(card->nodes[i].channel) > 0 ? ++card->numbered : 0;
}

static void put_title(struct card *card)
{
	const struct trace_event *e = card->e;
	const char *call = trace_event_text(e, TX_CALL), *result = trace_event_text(e, TX_RESULT);
	struct text line = { 0 };

	card->y = CARD_MARGIN + 12;
	card_wrapped(card, CARD_MARGIN, "title", call, strlen(call), 100);
	card->y += 22;
	text_printf(&line, "= %s%s", result, e->injected ? " (INJECTED)" : "");
	if (line.data)
		card_wrapped(card, CARD_MARGIN, e->result < 0 ? "title bad" : "title ok", line.data,
			     line.len, 100);
	text_free(&line);
	card->y += 20;
	text_printf(&line, "%s, pid %" PRId32 ", %.1f us in lxrun: %d calls below", e->comm, e->pid,
		    (double)e->ns / 1000, card->numbered);
	if (line.data)
		card_text(card, CARD_MARGIN, "sub", line.data, line.len);
	text_free(&line);
	card->y += 22;
}

static void put_card(const struct trace_event *e, struct text *out)
{
	static struct trace_node nodes[TRACE_NODES_MAX];
	static int numbers[TRACE_NODES_MAX];
	struct text body = { 0 };
	struct card card = { .e = e, .out = &body, .nodes = nodes, .numbers = numbers };

	card.count = trace_tree(e, nodes, TRACE_NODES_MAX);
	number_rows(&card);
	put_title(&card);
	put_lanes(&card);
	card_rows(&card);
	text_printf(out,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		    "viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
		    CARD_WIDTH, card.y + 8, CARD_WIDTH, card.y + 8);
	card_escape(out, trace_event_text(e, TX_CALL), strlen(trace_event_text(e, TX_CALL)));
	text_printf(out,
		    "</title>\n%s<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#fff\" "
		    "stroke=\"#d0d7de\"/>\n%s</svg>\n",
		    style, body.data && !body.failed ? body.data : "");
	text_free(&body);
}

static void end(struct text *out)
{
	if (kept) {
		put_card(kept, out);
		lxrun_warn("--card: drawn in %s", lxrun_opt.trace_file);
	} else {
		lxrun_warn("--card: %" PRIu64 " such calls, nothing to draw", seen);
	}
	mem_free(kept);
	kept = NULL;
}

const struct trace_writer trace_writer_card = {
	.name = "card",
	.start = start,
	.event = keep,
	.end = end,
};
