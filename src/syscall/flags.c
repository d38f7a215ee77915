/* SPDX-License-Identifier: MIT */
/* Flags and values that lxrun does not support, from lx/flags.def. */
#include "lxrun/flags.h"
#include <stddef.h>
#include <string.h>

const char *sc_flag_name(const struct flag_kind *k, uint64_t value)
{
	const struct flag_name *n;

	for (n = k->names; n->name; n++)
		if (n->value == value)
			return n->name;
	for (n = k->also; n && n->name; n++)
		if (n->value == value)
			return n->name;
	for (n = k->others; n && n->name; n++)
		if (n->value == value)
			return n->name;
	return NULL;
}

const char *sc_flag_missing(const char *call, const char *flag)
{
	static const struct {
		const char *call, *flag, *what;
	} missing[] = {
#define FLAG_MISSING(call, name, what) { #call, #name, what },
#include "lx/flags.def"
#undef FLAG_MISSING
	};
	size_t i;

	for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		if (!strcmp(missing[i].call, call) && !strcmp(missing[i].flag, flag))
			return missing[i].what;
	return NULL;
}
