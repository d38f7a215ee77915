/* SPDX-License-Identifier: MIT */
/* The rows of a card: each call below, its fields line by line, and what a failure's status became. */
#include "trace_card.h"
#include "lxrun/vfs.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX   80
#define INDENT     22.0
#define ROW_X(d)   (CARD_MARGIN + 30 + INDENT * ((d)-1))
#define TIME_WIDTH 76
#define CHAR_WIDTH 7.25 /* of 12px in the fonts that are asked for, and a little */

/* A field's name stands in front of a colon: "Desired Access: ". Its length, or 0. */
static size_t field_name(const char *s, size_t n)
{
	size_t i = 0;

	if (!n || !isupper((unsigned char)*s))
		return 0;
	while (i < n && (isalpha((unsigned char)s[i]) || s[i] == ' '))
		i++;
	return i + 1 < n && s[i] == ':' && s[i + 1] == ' ' ? i : 0;
}

/* The field at s: up to the ", " in front of the next name. */
static size_t field_length(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i + 2 < n; i++)
		if (s[i] == ',' && s[i + 1] == ' ' && field_name(s + i + 2, n - i - 2))
			return i;
	return n;
}

static void put_field(struct card *card, double x, const char *s, size_t n)
{
	size_t name = field_name(s, n), skip = name ? name + 2 : 0;
	double at = x + 16 * CHAR_WIDTH;

	card->y += CARD_LINE;
	if (name)
		card_text(card, x, "key", s, name);
	card_wrapped(card, at, "", s + skip, n - skip,
		     (size_t)((CARD_WIDTH - CARD_MARGIN - at) / CHAR_WIDTH));
}

/* STATUS_X is 0xC... and becomes EY: the hop from one world to the other. */
static void put_hop(struct card *card, double x, const char *status, size_t len)
{
	struct nt_meaning m;
	struct text line = { 0 };

	if (!nt_status_meaning(status, len, &m) || !m.err)
		return;
	card->y += CARD_LINE;
	text_printf(&line, "%.*s 0x%08" PRIX32 "  ->  %s", (int)len, status, m.value,
		    lx_errno_name(m.err));
	if (*m.why)
		text_printf(&line, "  (%s)", m.why);
	if (line.data)
		card_wrapped(card, x, "hop", line.data, line.len,
			     (size_t)((CARD_WIDTH - CARD_MARGIN - x) / CHAR_WIDTH));
	text_free(&line);
}

/* A box, a lozenge, a disc: layers are told apart without colours, too. */
static void put_mark(struct card *card, double x, int layer, int number)
{
	double y = card->y - 4, r = 9;

	if (layer == 1)
		text_printf(card->out,
			    "<path d=\"M%.1f %.1fl11 11l-11 11l-11 -11z\" class=\"%s\"/>\n", x,
			    y - 11, card_class(layer));
	else if (layer == 2)
		text_printf(card->out,
			    "<rect x=\"%.1f\" y=\"%.1f\" width=\"18\" height=\"18\" "
			    "class=\"%s\"/>\n",
			    x - r, y - r, card_class(layer));
	else
		text_printf(card->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"9\" class=\"%s\"/>\n",
			    x, y, card_class(layer));
	text_printf(card->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"in\">%d</text>\n", x, y + 4,
		    number);
}

/* Result and time at the right edge; a class that says whether it is good. */
static void put_result(struct card *card, const struct trace_node *n, const char *result)
{
	bool bad = *result == '-' ||
		   (!strncmp(result, "STATUS_", 7) && strncmp(result, "STATUS_SUCCESS", 14) != 0);
	const char *err = n->channel == TR_VFS && bad ? lx_errno_name(atoi(result + 1)) : NULL;
	struct text line = { 0 };

	text_printf(&line, "%s%s%s", result, err ? " " : "", err ? err : "");
	if (line.data)
		card_text(card, CARD_WIDTH - CARD_MARGIN - TIME_WIDTH, bad ? "end bad" : "end ok",
			  line.data, line.len);
	line.len = 0;
	text_printf(&line, "%.1f us", (double)(n->end - n->start) / 1000);
	if (line.data)
		card_text(card, CARD_WIDTH - CARD_MARGIN, "end", line.data, line.len);
	text_free(&line);
}

/* What is in the parentheses, the first argument beside the name, then a line for each named field. */
static void put_row(struct card *card, const struct trace_node *n, int number)
{
	const char *open = strchr(n->text, '('), *result = strstr(n->text, " = "), *close, *next;
	double x = ROW_X(n->depth > 8 ? 8 : n->depth), at;
	size_t status, left, take;

	while (result && (next = strstr(result + 3, " = ")))
		result = next;
	close = result ? result : n->text + strlen(n->text);
	if (!open || open > close)
		open = close;
	put_mark(card, x - 16, card_layer(n->channel), number);
	left = close > open && close[-1] == ')' ? (size_t)(close - open) - 1
						: (size_t)(close - open);
	take = field_length(open, left);
	card_text(card, x, "name", n->text, (size_t)(open - n->text));
	at = x + (double)(open - n->text) * CHAR_WIDTH;
	card_text(card, at, "", open, take);
	if (close > open && close[-1] == ')')
		card_text(card, at + (double)take * CHAR_WIDTH, "", ")", 1);
	if (result)
		put_result(card, n, result + 3);
	for (open += take, left -= take; left > 2; open += take, left -= take) {
		open += 2;
		left -= 2;
		take = field_length(open, left);
		put_field(card, x, open, take);
	}
	if (n->channel == TR_NT && (open = trace_below_status(n->text, &status)))
		put_hop(card, x, open, status);
	card->y += 26;
}

void card_rows(struct card *card)
{
	char more[64];
	int i, drawn = 0;

	card->y += 8;
	for (i = 0; i < card->count && drawn < ROWS_MAX; i++)
		if (card->numbers[i]) {
			put_row(card, &card->nodes[i], card->numbers[i]);
			drawn++;
		}
	if (drawn == card->numbered)
		return;
	snprintf(more, sizeof(more), "... and %d more", card->numbered - drawn);
	card_text(card, CARD_MARGIN, "sub", more, strlen(more));
	card->y += 26;
}
