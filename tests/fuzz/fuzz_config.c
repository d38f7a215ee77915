/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config.c - any bytes as /etc/wsl.conf.
 *
 *	clang -fsanitize=fuzzer,address -DLIBFUZZER ...      libFuzzer brings its own main
 *	fuzz_config FILE...                                   runs the files given (AFL++, regressions)
 *	fuzz_config                                           makes texts of the grammar's pieces for a second
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/config.h"

/* What was read can be written, and is read again as the same. */
static char expected_key[2 * CONFIG_KEY_MAX + 2], expected_value[CONFIG_VALUE_MAX];
static int seen;

static void same(struct config_sink *sink, const char *key, const char *value, unsigned line)
{
	assert(!strcmp(key, expected_key) && !strcmp(value, expected_value));
	seen++;
}

static void never(struct config_sink *sink, unsigned line, const char *why)
{
	assert(!why);
}

static void check_value(struct config_sink *sink, const char *key, const char *value, unsigned line)
{
	static char quoted[2 * CONFIG_VALUE_MAX + 3], text[3 * CONFIG_VALUE_MAX];
	struct config_sink again = { same, never };
	const char *dot = strrchr(key, '.');

	assert(dot && dot > key && dot[1] && line > 0);
	assert(strlen(key) < sizeof(expected_key) && strlen(value) < CONFIG_VALUE_MAX);
	strcpy(expected_key, key);
	strcpy(expected_value, value);
	assert(config_quote(value, quoted, sizeof(quoted)));
	seen = 0;
	config_parse(text,
		     (size_t)snprintf(text, sizeof(text), "[%.*s]\n%s = %s", (int)(dot - key), key,
				      dot + 1, quoted),
		     &again);
	assert(seen == 1);
}

static void check_wrong(struct config_sink *sink, unsigned line, const char *why)
{
	assert(line > 0 && why && *why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_sink sink = { check_value, check_wrong };
	char *copy = malloc(size ? size : 1); /* as long as the text: a byte too far is seen */

	memcpy(copy, data, size);
	config_parse(copy, size, &sink);
	free(copy);
	return 0;
}

#ifndef LIBFUZZER
#include "fuzz_file.h"

static size_t make_text(char *data, size_t size)
{
	static const char *const pieces[] = {
		"[",    "]",         "=",       "#",   "\"",  "\\",   "\n",  "\r\n", " ",
		"\t",   "automount", "root",    "a.b", "\\n", "\\\n", "\\q", "x",    "\xEF\xBB\xBF",
		"\xff", "[user]\n",  "k = v\n",
	};
	size_t n = 0;

	for (int i = rand() % 40; i > 0 && n + 16 < size; i--) {
		const char *piece = pieces[(size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]))];

		memcpy(data + n, piece, strlen(piece));
		n += strlen(piece);
		if (!(rand() % 50))
			data[n++] = 0;
	}
	return n;
}

int main(int argc, char **argv)
{
	static char data[1024];
	clock_t end = clock() + CLOCKS_PER_SEC;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	while (argc == 1 && clock() < end)
		LLVMFuzzerTestOneInput((uint8_t *)data, make_text(data, sizeof(data)));
	return failed;
}
#endif
