/* SPDX-License-Identifier: MIT */
/* archive.c - loads libarchive. */
#include "archive.h"
#include "base/trace.h"
#include <dlfcn.h>
#include <locale.h>
#include <string.h>

struct archive_functions la;

static const struct {
	const char *name;
	size_t at;
} symbols[] = {
#define F(name) { "archive_" #name, offsetof(struct archive_functions, name) },
	ARCHIVE_FUNCTIONS(F)
#undef F
};

bool archive_load(void)
{
	void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		lxrun_warn("archives are read and written with libarchive, which is not there; "
			   "as root: apt-get install libarchive13");
		return false;
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *at = dlsym(library, symbols[i].name);

		if (!at) {
			lxrun_warn("libarchive has no %s; version 3.3 or newer is wanted",
				   symbols[i].name);
			return false;
		}
		memcpy((char *)&la + symbols[i].at, &at, sizeof(at));
	}
	/* It converts names to the locale's character set. */
	uselocale(newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0));
	return true;
}
