/* SPDX-License-Identifier: MIT */
/*
 * --complete SHELL: completion scripts from the option table; and, as the shell "scdoc", the OPTIONS
 * part of the man page, which a lint compares with docs/lxrun.1.scd.
 */
#include "cli.h"
#include "base/trace.h"
#include <ctype.h>
#include <string.h>

#define CHANNEL_WORD(up, low) " " #low
static const char channels[] = "all" TRACE_CHANNELS(CHANNEL_WORD);

static bool visible(const struct opt *o)
{
	return o->section != SECTION_HIDDEN;
}

/* What bash completes the argument of o with; NULL: nothing. */
static const char *bash_action(const struct opt *o)
{
	switch (o->complete) {
	case COMPLETE_FILES:
		return "compgen -f -- \"$cur\"";
	case COMPLETE_DIRS:
		return "compgen -d -- \"$cur\"";
	case COMPLETE_USERS:
		return "compgen -u -- \"$cur\"";
	case COMPLETE_DISTROS:
		return "compgen -W \"$(lxrun --list --quiet 2>/dev/null)\" -- \"$cur\"";
	default:
		return NULL;
	}
}

static void bash_options(FILE *out)
{
	int i;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &cli_options[i];

		if (!visible(o))
			continue;
		fprintf(out, " --%s%s", o->name, o->arg == ARG_REQUIRED ? "=" : "");
		if (o->letter)
			fprintf(out, " -%c", o->letter);
	}
}

static void bash_cases(FILE *out)
{
	int i;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &cli_options[i];

		if (!visible(o) || o->arg == ARG_NONE)
			continue;
		fprintf(out, "\t--%s", o->name);
		if (o->letter)
			fprintf(out, "|-%c", o->letter);
		if (o->complete == COMPLETE_CHANNELS)
			fprintf(out, ") COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n",
				channels);
		else if (bash_action(o))
			fprintf(out, ") COMPREPLY=($(%s)); return ;;\n", bash_action(o));
		else
			fprintf(out, ") return ;;\n");
	}
}

/*
 * Words before the program are walked from the left: an option that takes an argument eats the next
 * word. From the program on, completion is the program's own.
 */
static void print_bash(FILE *out)
{
	int i;

	fputs("# bash completion for lxrun\n_lxrun() {\n\tlocal cur prev "
	      "i=1\n\tcur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\twhile [ $i -lt $COMP_CWORD ]; do\n\t\tcase ${COMP_WORDS[i]} in\n\t\t--) i=$((i + "
	      "1)); break ;;\n\t\t",
	      out);
	for (i = 0; i < OPT_COUNT; i++)
		if (visible(&cli_options[i]) && cli_options[i].arg == ARG_REQUIRED) {
			fprintf(out, "--%s|", cli_options[i].name);
			if (cli_options[i].letter)
				fprintf(out, "-%c|", cli_options[i].letter);
		}
	fputs("=)\n\t\t\t[ \"${COMP_WORDS[i+1]}\" = = ] && i=$((i + 1))\n\t\t\ti=$((i + 2)) "
	      ";;\n\t\t-*) i=$((i + 1)) ;;\n\t\t*) break ;;\n\t\tesac\n\tdone\n"
	      "\tif [ $i -lt $COMP_CWORD ]; then _command_offset $i; return; fi\n"
	      "\tif [ \"$cur\" = = ]; then cur=; elif [ \"$prev\" = = ]; then "
	      "prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	      "\tcase $prev in\n",
	      out);
	bash_cases(out);
	fputs("\tesac\n\tcase $cur in\n\t-*) COMPREPLY=($(compgen -W \"", out);
	bash_options(out);
	fputs("\" -- \"$cur\")); [[ ${COMPREPLY-} == *= ]] && compopt -o nospace ;;\n"
	      "\t*) COMPREPLY=($(compgen -c -- \"$cur\") $(compgen -f -- \"$cur\")) "
	      ";;\n\tesac\n}\ncomplete -o filenames -F _lxrun lxrun\n",
	      out);
}

/* Text inside '...' of zsh and fish; : [ ] mean something to zsh. */
static void print_quoted(FILE *out, const char *text, bool zsh)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs(zsh ? "'\\'" : "\\", out);
		else if (zsh && strchr(":[]", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* ":FILE:_files": what zsh completes an argument with. */
static void zsh_argument(FILE *out, const struct opt *o)
{
	static const char *const actions[] = {
		[COMPLETE_NOTHING] = " ",
		[COMPLETE_FILES] = "_files",
		[COMPLETE_DIRS] = "_files -/",
		[COMPLETE_USERS] = "_users",
		[COMPLETE_CHANNELS] = "_values -s , channel ",
		[COMPLETE_SHELLS] = " ",
		[COMPLETE_DISTROS] = "($(lxrun --list --quiet 2>/dev/null))",
	};

	if (o->arg == ARG_NONE)
		return;
	fprintf(out, "%s%s:%s", o->arg == ARG_OPTIONAL ? "::" : ":", o->arg_name,
		actions[o->complete]);
	if (o->complete == COMPLETE_CHANNELS)
		fputs(channels, out);
}

static void print_zsh(FILE *out)
{
	static const char *const equals[] = {
		[ARG_NONE] = "", [ARG_REQUIRED] = "=", [ARG_OPTIONAL] = "=-"
	};
	int i;

	fputs("#compdef lxrun\n_arguments -S \\\n", out);
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &cli_options[i];

		if (!visible(o))
			continue;
		if (o->letter)
			fprintf(out, "\t'*'{-%c%s,--%s%s}'[", o->letter,
				o->arg == ARG_REQUIRED ? "+" : "", o->name, equals[o->arg]);
		else
			fprintf(out, "\t'*--%s%s[", o->name, equals[o->arg]);
		print_quoted(out, o->help, true);
		fputc(']', out);
		zsh_argument(out, o);
		fputs("' \\\n", out);
	}
	fputs("\t'(-)1:program:_command_names -e' \\\n\t'*::arguments:_normal'\n", out);
}

static void print_fish(FILE *out)
{
	static const char *const actions[] = {
		[COMPLETE_NOTHING] = " -x",
		[COMPLETE_FILES] = " -r -F",
		[COMPLETE_DIRS] = " -x -a '(__fish_complete_directories)'",
		[COMPLETE_USERS] = " -x -a '(__fish_complete_users)'",
		[COMPLETE_CHANNELS] = "",
		[COMPLETE_SHELLS] = "",
		[COMPLETE_DISTROS] = " -x -a '(lxrun --list --quiet 2>/dev/null)'",
	};
	int i;

	fputs("# fish completion for lxrun\ncomplete -c lxrun -x -a "
	      "'(__fish_complete_subcommand)'\n",
	      out);
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &cli_options[i];

		if (!visible(o))
			continue;
		fprintf(out, "complete -c lxrun -l %s", o->name);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (o->complete == COMPLETE_CHANNELS)
			fprintf(out, " -a '%s'", channels);
		if (o->arg != ARG_NONE)
			fputs(actions[o->complete], out);
		fputs(" -d '", out);
		print_quoted(out, o->help, false);
		fputs("'\n", out);
	}
}

/* Help text as a sentence: capital letter first, full stop last; scdoc's _ and * made harmless. */
static void scdoc_sentence(FILE *out, const char *text)
{
	fputc(toupper((unsigned char)*text), out);
	for (text++; *text; text++) {
		if (strchr("_*\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
	fputs(".\n", out);
}

static void print_scdoc(FILE *out)
{
	int section, i;

	for (section = SECTION_RUN; section < SECTION_HIDDEN; section++) {
		fprintf(out, "## %s\n", cli_section_titles[section]);
		for (i = 0; i < OPT_COUNT; i++) {
			const struct opt *o = &cli_options[i];

			if ((int)o->section != section)
				continue;
			fputs("\n", out);
			if (o->letter)
				fprintf(out, "*-%c*%s%s%s, ", o->letter,
					o->arg == ARG_REQUIRED ? " _" : "",
					o->arg == ARG_REQUIRED ? o->arg_name : "",
					o->arg == ARG_REQUIRED ? "_" : "");
			fprintf(out, "*--%s*", o->name);
			if (o->arg != ARG_NONE)
				fprintf(out, o->arg == ARG_OPTIONAL ? "[=_%s_]" : "=_%s_",
					o->arg_name);
			fputs("\n\t", out);
			scdoc_sentence(out, o->help);
		}
		fputc('\n', out);
	}
}

int complete_print(FILE *out, const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(FILE *out);
	} writers[] = {
		{ "bash", print_bash },
		{ "zsh", print_zsh },
		{ "fish", print_fish },
		{ "scdoc", print_scdoc },
	};
	size_t i;

	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (!strcmp(writers[i].name, shell)) {
			writers[i].print(out);
			return 0;
		}
	return -1;
}
