/* SPDX-License-Identifier: MIT */
/* The grammar of /etc/wsl.conf: what each line means, and what is said of those that mean nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/config.h"

static char said[1024];

__attribute__((format(printf, 1, 2))) static void hear(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
	strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

static struct settings {
	char root[64], options[64];
	bool enabled;
	uint32_t uid, mask;
} got;

static void read_text(const char *text)
{
	struct config_row rows[] = {
		{ "automount.root", CONFIG_TEXT, got.root, sizeof(got.root), 0 },
		{ "automount.options", CONFIG_TEXT, got.options, sizeof(got.options), 0 },
		{ "automount.enabled", CONFIG_BOOL, &got.enabled, 0, 0 },
		{ "user.uid", CONFIG_NUMBER, &got.uid, 0, 0 },
		{ "filesystem.umask", CONFIG_OCTAL, &got.mask, 0, 0 },
		{ 0 },
	};

	got = (struct settings){ .root = "?", .options = "?" };
	said[0] = '\0';
	config_read("wsl.conf", text, strlen(text), rows, hear);
}

static void values(void **state)
{
	static const struct {
		const char *text, *value, *said;
	} rows[] = {
		{ "[automount]\nroot = /mnt/\n", "/mnt/", "" },
		{ "[AutoMount]\r\n ROOT=/mnt/ \r\n", "/mnt/", "" },
		{ "\xEF\xBB\xBF[automount] # drives\nroot = /a b  # a comment", "/a b", "" },
		{ "[automount]\nroot = \" a # b \" ", " a # b ", "" },
		{ "[automount]\nroot = a\"b c\"d", "ab cd", "" },
		{ "[automount]\nroot = \"\\\"\\\\\\t\\n\\b\"", "\"\\\t\n\b", "" },
		{ "[automount]\nroot = a\\\nb\n", "ab", "" },
		{ "[automount]\nroot = \n", "", "" },
		{ "[automount]\nroot=1\nroot=2\n", "1",
		  "wsl.conf:3: automount.root has been given in line 2, which counts\n" },
		{ "[automount]\nroot = a\\qb\n", "?",
		  "wsl.conf:2: a backslash stands before \" \\ b n t or at the end of a line "
		  "only\n" },
		{ "[automount]\nroot = \"a\n", "?", "wsl.conf:2: a quote is not closed\n" },
		{ "root = a\n", "?", "wsl.conf:1: the key belongs to no section\n" },
		{ "[auto\nroot = a\n", "?",
		  "wsl.conf:1: [section] is wanted\nwsl.conf:2: the key belongs to no section\n" },
		{ "[automount] x\n", "?", "wsl.conf:1: only a comment may follow a section\n" },
		{ "[automount]\nroot\n", "?", "wsl.conf:2: [section] or key = value is wanted\n" },
		{ "[automount]\n1root = 1\n", "?",
		  "wsl.conf:2: [section] or key = value is wanted\n" },
		{ "[automount]\nrot = 1\n", "?",
		  "wsl.conf:2: automount.rot is not known; it is left out\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_text(rows[i].text);
		assert_string_equal(got.root, rows[i].value);
		assert_string_equal(said, rows[i].said);
	}
}

static void kinds(void **state)
{
	read_text("[automount]\nenabled=TRUE\n[user]\nuid=1000\n[filesystem]\numask=027\n");
	assert_true(got.enabled);
	assert_int_equal(got.uid, 1000);
	assert_int_equal(got.mask, 027);
	assert_string_equal(said, "");
	read_text("[automount]\nenabled=yes\n[user]\nuid=-1\n[filesystem]\numask=8\n");
	assert_string_equal(said, "wsl.conf:2: automount.enabled: true or false is wanted\n"
				  "wsl.conf:4: user.uid: a number is wanted\n"
				  "wsl.conf:6: filesystem.umask: an octal number is wanted\n");
}

static void too_long(void **state)
{
	static char text[3 * CONFIG_VALUE_MAX];

	strcpy(text, "[automount]\nroot=");
	memset(text + strlen(text), 'x', CONFIG_VALUE_MAX);
	read_text(text);
	assert_string_equal(said, "wsl.conf:2: the value is too long\n");
	memset(text, 'k', 100);
	strcpy(text + 100, "=1\n[automount]\nroot=ok\n");
	read_text(text);
	assert_string_equal(said, "wsl.conf:1: the key is too long\n");
	assert_string_equal(got.root, "ok");
}

static void quoted(void **state)
{
	char out[64], text[128];

	assert_true(config_quote(" a\"b\\c\n#", out, sizeof(out)));
	snprintf(text, sizeof(text), "[automount]\nroot=%s\n", out);
	read_text(text);
	assert_string_equal(got.root, " a\"b\\c\n#");
	assert_false(config_quote("abcdef", out, 8));
	assert_true(config_quote("abcdef", out, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(kinds),
		cmocka_unit_test(too_long),
		cmocka_unit_test(quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
