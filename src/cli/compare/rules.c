/* SPDX-License-Identifier: MIT */
/* What --compare leaves out: a file of rules, one a line, # begins a comment. */
#include "compare.h"
#include "base/trace.h"
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	struct rule *next;
	enum { RULE_STATUS, RULE_TREE, RULE_STREAM } kind;
	char stream[8];
	char *glob;
	regex_t regex;
};
struct compare_rules {
	struct rule *first;
};

static const char wanted[] =
	"stdout REGEX, stderr REGEX, calls REGEX, tree GLOB or status is wanted";

/* NULL: good. */
static const char *parse(struct rule *r, char *line)
{
	char *value = line + strcspn(line, " \t");

	if (*value)
		*value++ = 0;
	value += strspn(value, " \t");
	if (!strcmp(line, "status")) {
		r->kind = RULE_STATUS;
		return *value ? "status has no argument" : NULL;
	}
	if (!*value)
		return wanted;
	if (!strcmp(line, "tree")) {
		r->kind = RULE_TREE;
		r->glob = strdup(value);
		return r->glob ? NULL : "out of memory";
	}
	if (strcmp(line, "stdout") && strcmp(line, "stderr") && strcmp(line, "calls"))
		return wanted;
	if (regcomp(&r->regex, value, REG_EXTENDED))
		return "not a regular expression";
	r->kind = RULE_STREAM;
	memcpy(r->stream, line, strlen(line) + 1);
	return NULL;
}

struct compare_rules *rules_read(const char *file)
{
	struct compare_rules *rules = calloc(1, sizeof(*rules));
	FILE *f = file ? fopen(file, "re") : NULL;
	const char *why = NULL;
	char *line = NULL;
	size_t size = 0;
	int number = 0;

	if (!rules || (file && !f)) {
		lxrun_warn("%s: %s", file ? file : "rules", strerror(errno));
		free(rules);
		return NULL;
	}
	while (f && !why && getline(&line, &size, f) > 0) {
		struct rule *r = calloc(1, sizeof(*r));

		number++;
		line[strcspn(line, "\n")] = 0;
		if (!r || !line[strspn(line, " \t")] || *line == '#') {
			free(r);
			continue;
		}
		why = parse(r, line);
		if (why) {
			free(r->glob);
			free(r);
			break;
		}
		r->next = rules->first;
		rules->first = r;
	}
	free(line);
	if (f)
		fclose(f);
	if (!why)
		return rules;
	lxrun_warn("%s:%d: %s", file, number, why);
	rules_free(rules);
	return NULL;
}

void rules_free(struct compare_rules *rules)
{
	struct rule *r;

	while (rules && (r = rules->first)) {
		rules->first = r->next;
		if (r->kind == RULE_STREAM)
			regfree(&r->regex);
		free(r->glob);
		free(r);
	}
	free(rules);
}

bool rules_skip_status(const struct compare_rules *rules)
{
	const struct rule *r;

	for (r = rules->first; r; r = r->next)
		if (r->kind == RULE_STATUS)
			return true;
	return false;
}

bool rules_skip_path(const struct compare_rules *rules, const char *path)
{
	const struct rule *r;

	for (r = rules->first; r; r = r->next)
		if (r->kind == RULE_TREE && text_glob(r->glob, path))
			return true;
	return false;
}

static void apply(const struct rule *r, struct text *line)
{
	struct text out = { 0 };
	const char *at = line->data;
	regmatch_t m;

	while (*at && !regexec(&r->regex, at, 1, &m, at == line->data ? 0 : REG_NOTBOL)) {
		text_put(&out, at, (size_t)m.rm_so);
		text_str(&out, "~");
		at += m.rm_eo;
		if (m.rm_eo == m.rm_so) { /* matched nothing: go on behind one byte */
			text_put(&out, at, 1);
			at++;
		}
	}
	text_str(&out, at);
	if (out.data && !out.failed) {
		text_free(line);
		*line = out;
	} else {
		text_free(&out);
	}
}

void rules_apply(const struct compare_rules *rules, const char *stream, struct text *line)
{
	const struct rule *r;

	for (r = rules->first; r && line->data; r = r->next)
		if (r->kind == RULE_STREAM && !strcmp(r->stream, stream))
			apply(r, line);
}
