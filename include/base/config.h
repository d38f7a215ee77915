/* SPDX-License-Identifier: MIT */
/*
 * config.h - files of sections and keys with git-config's grammar: /etc/wsl.conf, and the manager's own.
 *
 *	[section]              letters, digits, '-' and '.'; case does not matter, as in keys
 *	key = value            a letter, then letters, digits and '-'
 *	key = "  a # b\t"      quotes keep blanks and '#'; \" \\ \b \n \t, and '\' at the end goes on in the next line
 *	# a comment            also behind a section or a value
 *
 * A line that is none of these is told of and left out; the rest counts. A key given twice keeps its
 * first value, which is told as well.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_KEY_MAX   64u
#define CONFIG_VALUE_MAX 4096u

struct config_sink {
	/* key: "section.key" in small letters. Both are the callee's to read only. */
	void (*value)(struct config_sink *sink, const char *key, const char *value, unsigned line);
	void (*wrong)(struct config_sink *sink, unsigned line, const char *why);
};
/* Any bytes; a NUL is a character like others and belongs to no value. */
void config_parse(const char *text, size_t size, struct config_sink *sink);

enum config_kind {
	CONFIG_TEXT,   /* to: char[size] */
	CONFIG_BOOL,   /* to: bool; true false 1 0 */
	CONFIG_NUMBER, /* to: uint32_t; decimal */
	CONFIG_OCTAL,  /* to: uint32_t; up to 0777 */
};
struct config_row {
	const char *key;
	enum config_kind kind;
	void *to;      /* keeps what it has when the key is not there */
	size_t size;
	unsigned line; /* where it was set; 0: it is not there */
};
/* Fills rows (the last has no key) from text. warn gets whole lines: "NAME:3: ..." */
void config_read(const char *name, const char *text, size_t size, struct config_row *rows,
		 void (*warn)(const char *fmt, ...));
/* value as the grammar wants it, quotes included, NUL-terminated. False: it does not fit. */
bool config_quote(const char *value, char *out, size_t size);
#endif
