/* SPDX-License-Identifier: MIT */
/* --help, from the option table. */
#include "cli.h"
#include <string.h>

#define HELP_COLUMN 32
#define HELP_WIDTH  88

/* "  -o, --output=FILE": returns its width. */
static int print_names(FILE *out, const struct opt *o)
{
	int n = o->letter ? fprintf(out, "  -%c, --%s", o->letter, o->name)
			  : fprintf(out, "      --%s", o->name);

	if (o->arg == ARG_REQUIRED)
		n += fprintf(out, "=%s", o->arg_name);
	else if (o->arg == ARG_OPTIONAL)
		n += fprintf(out, "[=%s]", o->arg_name);
	return n;
}

/* Words of text from column HELP_COLUMN on, broken at HELP_WIDTH. */
static void print_text(FILE *out, int column, const char *text)
{
	if (column >= HELP_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	column = HELP_COLUMN;
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > HELP_COLUMN && column + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		column += fprintf(out, "%.*s", len, text);
		text += len;
		if (*text == ' ') {
			text++;
			if (column + 1 + (int)strcspn(text, " ") <= HELP_WIDTH)
				column += fprintf(out, " ");
			else
				column = HELP_WIDTH;
		}
	}
	fputc('\n', out);
}

void help_print(FILE *out)
{
	int section, i;

	fputs("Usage: lxrun [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	      "       lxrun --install NAME ROOTFS.tar    lxrun -d NAME [PROGRAM [ARGUMENT]...]\n"
	      "Runs an unmodified Linux program on a reimplementation of the Windows Subsystem for "
	      "Linux 1:\n"
	      "its system calls become NT calls, and these are carried out on this host.\n",
	      out);
	for (section = SECTION_RUN; section < SECTION_HIDDEN; section++) {
		fprintf(out, "\n%s:\n", cli_section_titles[section]);
		for (i = 0; i < OPT_COUNT; i++)
			if ((int)cli_options[i].section == section)
				print_text(out, print_names(out, &cli_options[i]),
					   cli_options[i].help);
	}
	fputs("\nThe exit status is the program's; if a signal killed it, the same signal kills "
	      "lxrun.\n"
	      "124: --timeout; 125: lxrun itself failed; 126: PROGRAM cannot be run; 127: not "
	      "found.\n"
	      "Examples: lxrun bash    lxrun --trace cat /etc/hostname    lxrun --trace=sys -o "
	      "FILE make\n",
	      out);
}
