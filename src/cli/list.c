/* SPDX-License-Identifier: MIT */
/*
 * --list-syscalls, --list-nt, --list-status and --explain: what is supported, from the tables that the code
 * runs on. One line a row, or JSON.
 */
#include "cli.h"
#include "base/text.h"
#include "lxrun/flags.h"
#include "lxrun/syscall.h"
#include "nt/fault.h"
#include "nt/nt.h"
#include <inttypes.h>
#include <string.h>

static const char *const levels[] = {
	[SC_FULL] = "full", [SC_PARTIAL] = "partial", [SC_NOSYS] = "nosys"
};
static const char *const routes[] = {
	[SC_ROUTE_TRAP] = "lxcore", [SC_ROUTE_HOST] = "host", [SC_ROUTE_LIFE] = "lxcore (process)"
};

/* Our tables are printable ASCII: quotes and backslashes are all there is to escape. */
static void put_json(FILE *out, const char *key, const char *value)
{
	fprintf(out, "\"%s\":\"", key);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('"', out);
}

static void syscall_json(FILE *out, uint32_t nr, const char *comma)
{
	const struct sc_desc *d = &sc_table[nr];
	unsigned major, minor;

	since_of(nr, &major, &minor);
	fprintf(out, "%s{\"nr\":%" PRIu32 ",", comma, nr);
	put_json(out, "name", d->name);
	fputc(',', out);
	put_json(out, "support", levels[d->support]);
	fputc(',', out);
	put_json(out, "served_by", routes[d->route]);
	fputc(',', out);
	put_json(out, "args", d->args);
	fputc(',', out);
	put_json(out, "note", d->note);
	fprintf(out, ",\"since\":\"%u.%u\"}", major, minor);
}

void list_syscalls(FILE *out, bool json)
{
	const char *comma = "[\n";
	uint32_t nr;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		const struct sc_desc *d = &sc_table[nr];

		if (!d->name)
			continue;
		if (json)
			syscall_json(out, nr, comma);
		else
			fprintf(out, "%3" PRIu32 " %-24s %-8s %-16s %s\n", nr, d->name,
				levels[d->support], routes[d->route], d->note);
		comma = ",\n";
	}
	if (json)
		fputs("\n]\n", out);
}

extern NT_CALL __start_nt_calls[], __stop_nt_calls[];

void list_nt(FILE *out, bool json)
{
	const char *comma = "[\n";
	const NT_CALL *c;

	for (c = __start_nt_calls; c < __stop_nt_calls; c++) {
		if (json) {
			fprintf(out, "%s{", comma);
			put_json(out, "name", c->Name);
			fputc('}', out);
		} else {
			fprintf(out, "%s\n", c->Name);
		}
		comma = ",\n";
	}
	if (json)
		fputs("\n]\n", out);
}

void list_status(FILE *out, bool json)
{
	static const struct {
		const char *name;
		uint32_t value;
		int err;
		const char *why;
	} rows[] = {
#define NTS(name, value, lxerrno, why) { "STATUS_" #name, (uint32_t)(value), lxerrno, why },
#include "nt/status.def"
#undef NTS
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *err = rows[i].err ? lx_errno_name(rows[i].err) : "";

		if (json) {
			fprintf(out, "%s{", i ? ",\n" : "[\n");
			put_json(out, "name", rows[i].name);
			fprintf(out, ",\"value\":\"0x%08" PRIX32 "\",", rows[i].value);
			put_json(out, "errno", err ? err : "");
			fputc(',', out);
			put_json(out, "why", rows[i].why);
			fputc('}', out);
		} else {
			fprintf(out, "0x%08" PRIX32 " %-36s %-16s %s\n", rows[i].value,
				rows[i].name, err ? err : "", rows[i].why);
		}
	}
	if (json)
		fputs("\n]\n", out);
}

/* What the guest tests showed of the call. */
static void explain_translation(FILE *out, const char *call)
{
	static const struct {
		const char *name, *nt, *tests;
	} shown[] = {
#define TRANSLATION(call, nt, tests) { #call, nt, tests },
#include "lx/translation.def"
#undef TRANSLATION
	};
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!strcmp(shown[i].name, call))
			fprintf(out, "NT calls:  %s\ntests:     tests/guest: %s\n",
				*shown[i].nt ? shown[i].nt : "none in the tests", shown[i].tests);
}

static void put_flags(FILE *out, const char *call, const struct flag_name *n)
{
	for (; n && n->name; n++)
		if (!sc_flag_missing(call, n->name))
			fprintf(out, " %s", n->name);
}

/* Support by flag and value, for each argument that is made of them. */
static void explain_flags(FILE *out, uint32_t nr)
{
	const struct flag_kind *k;
	const struct flag_name *n;
	const char *what;
	int i;

	for (i = 0; i < 6; i++) {
		k = sc_flag_kind(nr, i);
		if (!k)
			continue;
		fprintf(out, "argument %d, supported:", i + 1);
		put_flags(out, sc_table[nr].name, k->also);
		put_flags(out, sc_table[nr].name, k->names);
		fputc('\n', out);
		for (n = k->names; n->name; n++)
			if ((what = sc_flag_missing(sc_table[nr].name, n->name)))
				fprintf(out, "argument %d, not: %s: %s\n", i + 1, n->name, what);
	}
}

int explain(FILE *out, const char *call)
{
	static const char *const sentences[] = {
		[SC_FULL] = "all a program can see, apart from docs/differences.md",
		[SC_PARTIAL] = "in part",
		[SC_NOSYS] = "not: ENOSYS, counted and reported once per program",
	};
	unsigned major, minor;
	uint32_t nr;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++)
		if (sc_table[nr].name && !strcmp(sc_table[nr].name, call))
			break;
	if (nr == SC_TABLE_SIZE)
		return -1;
	since_of(nr, &major, &minor);
	fprintf(out, "%s, system call %" PRIu32 " of x86-64, in Linux since %u.%u%s\n", call, nr,
		major, minor, major == 2 && !minor ? " or earlier" : "");
	fprintf(out, "supported: %s\n", sentences[sc_table[nr].support]);
	if (sc_table[nr].note[0])
		fprintf(out, "remark:    %s\n", sc_table[nr].note);
	fprintf(out, "served by: %s\n",
		sc_table[nr].route == SC_ROUTE_HOST ? "the host kernel (docs/host-assistance.md)"
		: sc_table[nr].route == SC_ROUTE_LIFE
			? "lxcore, on the trace thread: the host makes or "
			  "replaces the process"
			: "lxcore");
	fprintf(out, "arguments: %s\n", sc_table[nr].args[0] ? sc_table[nr].args : "none");
	if (sc_table[nr].support != SC_NOSYS)
		explain_flags(out, nr);
	explain_translation(out, call);
	explain_quirks(out, call);
	if (sc_table[nr].route != SC_ROUTE_HOST && sc_table[nr].support != SC_NOSYS)
		fprintf(out,
			"source:    sys_%s in src/syscall\n"
			"to see it: lxrun --trace=all --trace-calls=%s PROGRAM\n"
			"to break:  lxrun --inject %s:error=EIO:when=1 PROGRAM\n",
			call, call, call);
	return 0;
}
