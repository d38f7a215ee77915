/* SPDX-License-Identifier: MIT */
/* What became of the rules of --inject and its kin: said at the end, where a person looks for it. */
#include "cli.h"
#include "base/text.h"
#include "base/trace.h"
#include "lxrun/inject.h"
#include "nt/fault.h"
#include <inttypes.h>
#include <string.h>

struct tally {
	uint64_t hits;
};

static void one_rule(const struct inject_rule *r, void *context)
{
	struct tally *t = context;

	t->hits += r->occasion.hits;
	if (r->in_vain)
		lxrun_warn("%s: %" PRIu64
			   " times in vain: the host executes such calls as they are",
			   r->text, (uint64_t)r->in_vain);
	if (r->occasion.hits)
		return;
	if (r->occasion.seen)
		lxrun_warn("%s: never acted (%" PRIu64 " calls matched)", r->text,
			   r->occasion.seen);
	else
		lxrun_warn("%s: never acted, no call matched", r->text);
}

/* The rule that was given within this argument; NULL: none. */
struct find {
	const char *arg;
	const struct inject_rule *rule;
};

static void find_rule(const struct inject_rule *r, void *context)
{
	struct find *f = context;

	if (r->given >= f->arg && r->given <= f->arg + strlen(f->arg))
		f->rule = r;
}

/* One word of a shell's command line. */
static void put_word(struct text *t, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./-=:,+@%";

	text_str(t, " ");
	if (*word && word[strspn(word, plain)] == 0) {
		text_str(t, word);
		return;
	}
	text_str(t, "'");
	for (; *word; word++)
		if (*word == '\'')
			text_str(t, "'\\''");
		else
			text_put(t, word, 1);
	text_str(t, "'");
}

static void put_command(struct text *t, char *const argv[])
{
	struct text word = { 0 };
	int i;

	text_str(t, "lxrun");
	for (i = 1; argv[i]; i++) {
		struct find f = { argv[i], NULL };

		inject_for_each(find_rule, &f);
		word.len = 0;
		if (f.rule) { /* with the seed it ran with */
			text_put(&word, argv[i], (size_t)(f.rule->given - argv[i]));
			text_str(&word, f.rule->text);
		} else {
			text_str(&word, argv[i]);
		}
		put_word(t, word.data ? word.data : "");
	}
	text_free(&word);
}

void faults_report(char *const argv[], int failed)
{
	struct tally t = { 0 };
	struct text command = { 0 };

	inject_for_each(one_rule, &t);
	t.hits += NtFaultHits();
	if (!failed || !t.hits)
		return;
	put_command(&command, argv);
	if (command.data)
		lxrun_warn("%" PRIu64 " call%s went wrong on purpose; again with: %s", t.hits,
			   t.hits == 1 ? "" : "s", command.data);
	text_free(&command);
}

static void add_hits(const struct inject_rule *r, void *context)
{
	struct tally *t = context;

	t->hits += r->occasion.hits - r->in_vain;
}

void faults_write_hits(const char *file)
{
	FILE *f = fopen(file, "we");
	struct tally t = { NtFaultHits() };

	if (!f)
		return; /* who asked takes it for none */
	inject_for_each(add_hits, &t);
	fprintf(f, "%" PRIu64 "\n", t.hits);
	fclose(f);
}
