/* SPDX-License-Identifier: MIT */
/* text.h - text that grows: pseudo files, trace lines. A failed allocation is remembered in .failed. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>

struct text {
	char  *data; /* NUL terminated once anything was added; NULL before */
	size_t len, size;
	bool   failed;
};

void text_put(struct text *t, const char *data, size_t len);
void text_str(struct text *t, const char *s);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *fmt, ...);
/* Whether text is what pattern says: * any text, ? any byte. */
bool text_glob(const char *pattern, const char *text);
/* Frees the text and leaves it empty. */
void text_free(struct text *t);
#endif
