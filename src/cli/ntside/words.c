/* SPDX-License-Identifier: MIT */
/* words.c - the words of --nt-side's commands: bits by name, numbers, bytes, NT's names. */
#include "ntside.h"
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

const struct ntside_word ntside_access[] = {
	{ "read", FILE_GENERIC_READ },
	{ "write", FILE_GENERIC_WRITE },
	{ "execute", FILE_GENERIC_EXECUTE },
	{ "append", FILE_APPEND_DATA | SYNCHRONIZE },
	{ "delete", DELETE | SYNCHRONIZE },
	{ "attributes", FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE },
	{ "ea", FILE_READ_EA | FILE_WRITE_EA | SYNCHRONIZE },
	{ "security", READ_CONTROL | WRITE_DAC | WRITE_OWNER | SYNCHRONIZE },
	{ "all", FILE_ALL_ACCESS },
	{ NULL, 0 },
};
const struct ntside_word ntside_share[] = {
	{ "read", FILE_SHARE_READ },
	{ "write", FILE_SHARE_WRITE },
	{ "delete", FILE_SHARE_DELETE },
	{ "none", 0 },
	{ NULL, 0 },
};
const struct ntside_word ntside_dispositions[] = {
	{ "supersede", FILE_SUPERSEDE },
	{ "open", FILE_OPEN },
	{ "create", FILE_CREATE },
	{ "open-if", FILE_OPEN_IF },
	{ "overwrite", FILE_OVERWRITE },
	{ "overwrite-if", FILE_OVERWRITE_IF },
	{ NULL, 0 },
};
const struct ntside_word ntside_options[] = {
	{ "directory", FILE_DIRECTORY_FILE },
	{ "non-directory", FILE_NON_DIRECTORY_FILE },
	{ "delete-on-close", FILE_DELETE_ON_CLOSE },
	{ "reparse-point", FILE_OPEN_REPARSE_POINT },
	{ NULL, 0 },
};
const struct ntside_word ntside_attributes[] = {
	{ "readonly", FILE_ATTRIBUTE_READONLY },
	{ "hidden", FILE_ATTRIBUTE_HIDDEN },
	{ "system", FILE_ATTRIBUTE_SYSTEM },
	{ "directory", FILE_ATTRIBUTE_DIRECTORY },
	{ "archive", FILE_ATTRIBUTE_ARCHIVE },
	{ "normal", FILE_ATTRIBUTE_NORMAL },
	{ "temporary", FILE_ATTRIBUTE_TEMPORARY },
	{ "sparse", FILE_ATTRIBUTE_SPARSE_FILE },
	{ "reparse-point", FILE_ATTRIBUTE_REPARSE_POINT },
	{ NULL, 0 },
};
const struct ntside_word ntside_deletes[] = {
	{ "posix", FILE_DISPOSITION_POSIX_SEMANTICS },
	{ "ignore-readonly", FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE },
	{ NULL, 0 },
};
const struct ntside_word ntside_renames[] = {
	{ "replace", FILE_RENAME_REPLACE_IF_EXISTS },
	{ "posix", FILE_RENAME_POSIX_SEMANTICS },
	{ "ignore-readonly", FILE_RENAME_IGNORE_READONLY_ATTRIBUTE },
	{ NULL, 0 },
};

bool ntside_bits(const struct ntside_word *table, const char *text, ULONG *value)
{
	*value = 0;
	for (size_t n; *text; text += n + (text[n] == ',')) {
		const struct ntside_word *w = table;

		n = strcspn(text, ",");
		while (w->name && (strncmp(w->name, text, n) != 0 || w->name[n]))
			w++;
		if (!w->name)
			return false;
		*value |= w->value;
	}
	return true;
}

void ntside_tell_bits(const struct ntside_word *table, ULONG value, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (; table->name; table++)
		if (table->value & value && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "," : "", table->name);
}

bool ntside_number(const char *text, LONGLONG *value)
{
	char *end;

	*value = strtoll(text, &end, 0);
	return *text && !*end && *value >= 0;
}

int ntside_bytes(const char *text, UCHAR *out, size_t size)
{
	size_t n = strlen(text);

	if (n % 2 || n / 2 > size || text[strspn(text, "0123456789abcdefABCDEF")])
		return -1;
	for (size_t i = 0; i < n / 2; i++) {
		const char digits[3] = { text[2 * i], text[2 * i + 1] };

		out[i] = (UCHAR)strtoul(digits, NULL, 16);
	}
	return (int)(n / 2);
}

int ntside_wide(const char *text, WCHAR *out, size_t chars)
{
	size_t left = strlen(text), n = 0, took;
	mbstate_t state = { 0 };
	char16_t c;

	while (left) {
		took = mbrtoc16(&c, text, left, &state);
		if (took == (size_t)-1 || took == (size_t)-2 || n == chars)
			return -1;
		if (took != (size_t)-3) { /* else the second half of the one before */
			text += took;
			left -= took;
		}
		out[n++] = c == '/' ? '\\' : c;
	}
	while (mbrtoc16(&c, "", 1, &state) == (size_t)-3) {
		if (n == chars)
			return -1;
		out[n++] = c;
	}
	return (int)n;
}

int ntside_path(const char *text, WCHAR *out, size_t chars)
{
	static const char volumes[] = "\\Device\\HarddiskVolume", drives[] = "\\??\\";
	size_t prefix = strncasecmp(text, volumes, sizeof(volumes) - 1) == 0 ? 0 : 4;
	int n;

	/* nothing but volumes: what else there is could make the session wait */
	if (prefix && (!text[0] || text[1] != ':' || chars < prefix))
		return -1;
	for (size_t i = 0; i < prefix; i++)
		out[i] = (WCHAR)drives[i];
	n = ntside_wide(text, out + prefix, chars - prefix);
	return n < 0 ? -1 : n + (int)prefix;
}

char *ntside_word(char **at)
{
	char *p = *at + strspn(*at, " \t"), *word = p, *end;

	if (!*p)
		return NULL;
	if (*p == '"') {
		word = p + 1;
		end = strchr(word, '"');
		if (!end)
			return NULL;
	} else {
		end = p + strcspn(p, " \t");
	}
	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}
