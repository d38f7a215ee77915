/* SPDX-License-Identifier: MIT */
/* The command line's parser. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/trace.h"
#include "cli/cli.h"

static char *envp[] = { "A=1", "B=2", NULL };
static struct cli cli;

#define PARSE(...) parse((char *[]){ "lxrun", __VA_ARGS__, NULL })
static int parse(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return options_parse(argc, argv, envp, &cli);
}

static void options_end_at_the_program(void **state)
{
	assert_int_equal(PARSE("--trace", "ls", "-o", "x", "--help"), 0);
	assert_int_equal(cli.action, ACTION_RUN);
	assert_null(lxrun_opt.trace_file);
	assert_string_equal(cli.argv[0], "ls");
	assert_string_equal(cli.argv[3], "--help");
	assert_int_equal(PARSE("-o", "f", "--", "-x"), 0);
	assert_string_equal(cli.argv[0], "-x");
}

static void defaults_hold_without_options(void **state)
{
	assert_int_equal(PARSE("p"), 0);
	assert_int_equal(lxrun_opt.trace, 0);
	assert_int_equal(lxrun_opt.trace_strlen, 32);
	assert_int_equal(lxrun_opt.timeout_ms, 0);
	assert_string_equal(lxrun_opt.kernel_release, "4.4.0-19041-Microsoft");
	assert_string_equal(lxrun_opt.envp[1], "B=2");
	assert_null(lxrun_opt.envp[2]);
}

static void channels_are_added_and_taken_away(void **state)
{
	assert_int_equal(PARSE("--trace", "p"), 0);
	assert_int_equal(lxrun_opt.trace, TR_SYS | TR_NT);
	assert_int_equal(PARSE("--trace=sys,vfs", "p"), 0);
	assert_int_equal(lxrun_opt.trace, TR_SYS | TR_VFS);
	assert_int_equal(PARSE("--trace=all,-host", "p"), 0);
	assert_int_equal(lxrun_opt.trace, ~TR_HOST);
	assert_int_equal(PARSE("--trace=file", "p"), -1);
	assert_int_equal(PARSE("--trace=", "p"), -1);
	assert_int_equal(PARSE("--trace=sys,", "p"), -1);
}

static void options_about_the_trace_turn_it_on(void **state)
{
	assert_int_equal(PARSE("-o", "f", "p"), 0);
	assert_int_equal(lxrun_opt.trace, TR_SYS);
	assert_string_equal(lxrun_opt.trace_file, "f");
	assert_int_equal(PARSE("-Z", "-P", "/x", "--trace=nt", "p"), 0);
	assert_int_equal(lxrun_opt.trace, TR_NT);
	assert_int_equal(lxrun_opt.trace_filter, TRACE_ONLY_FAILED);
	assert_string_equal(lxrun_opt.trace_path, "/x");
}

static void the_environment_names_channels_unless_the_command_line_does(void **state)
{
	setenv("LXRUN_TRACE", "vfs", 1);
	assert_int_equal(PARSE("p"), 0);
	assert_int_equal(lxrun_opt.trace, TR_VFS);
	assert_int_equal(PARSE("--trace=sys", "p"), 0);
	assert_int_equal(lxrun_opt.trace, TR_SYS);
	setenv("LXRUN_TRACE", "nonsense", 1);
	assert_int_equal(PARSE("p"), -1);
	unsetenv("LXRUN_TRACE");
}

static void env_replaces_and_adds(void **state)
{
	assert_int_equal(PARSE("--env", "B=x=y", "--env=C=", "p"), 0);
	assert_string_equal(lxrun_opt.envp[0], "A=1");
	assert_string_equal(lxrun_opt.envp[1], "B=x=y");
	assert_string_equal(lxrun_opt.envp[2], "C=");
	assert_null(lxrun_opt.envp[3]);
	assert_int_equal(PARSE("--env", "C", "p"), -1);
	assert_int_equal(PARSE("--env", "=C", "p"), -1);
	assert_string_equal(envp[1], "B=2");
}

static void times_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "5", 5000 },     { "1.5s", 1500 }, { "200ms", 200 }, { "2m", 120000 },
		{ "1h", 3600000 }, { "0.0001", 1 },  { ".5", 500 },    { "0", -1 },
		{ "", -1 },        { "-1", -1 },     { "5x", -1 },     { "5 s", -1 },
		{ "nan", -1 },     { "inf", -1 },    { "1e99", -1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ms = 0;
		int err = options_parse_time(rows[i].text, &ms);

		assert_int_equal(err, rows[i].ms < 0 ? -1 : 0);
		if (!err)
			assert_int_equal(ms, rows[i].ms);
	}
}

static void mistakes_are_named(void **state)
{
	assert_int_equal(PARSE("--frob", "p"), -1);
	assert_non_null(strstr(cli.error, "--frob"));
	assert_int_equal(PARSE("-Q"), -1);
	assert_non_null(strstr(cli.error, "-Q"));
	assert_int_equal(PARSE("-e"), -1);
	assert_non_null(strstr(cli.error, "no program"));
	assert_int_equal(PARSE("--root"), -1);
	assert_int_equal(PARSE("--root", "/dev/null", "p"), -1);
	assert_non_null(strstr(cli.error, "not a directory"));
	assert_int_equal(PARSE("--root", "/nonexistent", "p"), -1);
	assert_int_equal(PARSE("-s", "x", "p"), -1);
	assert_int_equal(PARSE("-s", "-1", "p"), -1);
}

static void actions_need_no_program(void **state)
{
	assert_int_equal(PARSE("--help"), 0);
	assert_int_equal(cli.action, ACTION_HELP);
	assert_int_equal(PARSE("--doctor"), 0);
	assert_int_equal(cli.action, ACTION_DOCTOR);
	assert_int_equal(PARSE("--complete", "bash"), 0);
	assert_int_equal(cli.action, ACTION_COMPLETE);
	assert_string_equal(cli.arg, "bash");
}

static void distributions(void **state)
{
	assert_int_equal(PARSE("-d", "deb", "--env", "C=1"), 0);
	assert_string_equal(cli.distro, "deb");
	assert_null(cli.argv[0]);
	assert_string_equal(lxrun_opt.envp[0],
			    "C=1"); /* and of ours nothing but what a terminal needs */
	assert_int_equal(PARSE("-d", "deb", "--root", "/", "p"), -1);
	assert_int_equal(PARSE("-d", "deb", "--compare", "p"), -1);
	assert_int_equal(PARSE("--install", "deb"), -1);
	assert_non_null(strstr(cli.error, "archive is missing"));
	assert_int_equal(PARSE("--install", "deb", "a.tar", "b.tar"), -1);
	assert_non_null(strstr(cli.error, "b.tar"));
	assert_int_equal(PARSE("--install", "deb", "--uninstall", "deb"), -1);
	assert_int_equal(PARSE("--export", "deb", "-"), 0);
	assert_int_equal(cli.action, ACTION_EXPORT);
	assert_int_equal(PARSE("--list", "-v"), 0);
	assert_true(cli.verbose);
	assert_int_equal(PARSE("-v", "p"), -1);
	assert_int_equal(PARSE("--setdefaultuser", "u", "-d", "deb"), 0);
	assert_string_equal(cli.arg, "u");
}

static void every_option_is_in_help_and_completions(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish", "scdoc" };
	char *text;
	size_t size, s;
	FILE *f;
	int i;

	for (s = 0; s <= 4; s++) {
		f = open_memstream(&text, &size);
		if (s == 4)
			help_print(f);
		else
			assert_int_equal(complete_print(f, shells[s]), 0);
		fclose(f);
		for (i = 0; i < OPT_COUNT; i++)
			if (cli_options[i].section != SECTION_HIDDEN)
				assert_non_null(strstr(text, cli_options[i].name));
		free(text);
	}
	assert_int_equal(complete_print(stdout, "csh"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_end_at_the_program),
		cmocka_unit_test(defaults_hold_without_options),
		cmocka_unit_test(channels_are_added_and_taken_away),
		cmocka_unit_test(options_about_the_trace_turn_it_on),
		cmocka_unit_test(the_environment_names_channels_unless_the_command_line_does),
		cmocka_unit_test(env_replaces_and_adds),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(actions_need_no_program),
		cmocka_unit_test(distributions),
		cmocka_unit_test(every_option_is_in_help_and_completions),
	};

	setenv("XDG_DATA_HOME", "/nonexistent", 1); /* no distribution is the default one */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
