/* SPDX-License-Identifier: MIT */
/*
 * --inject, --without and --kernel: rules in strace's grammar, and more, become struct inject_rule.
 *
 *   SET:PART[:PART]...     parts in any order; at least one says what happens
 *   error=ERRNO retval=N signal=SIG delay_enter=T delay_exit=T short=N poke_enter=@argN=HEX
 *   poke_exit=@argN=HEX drop=argN&MASK    and  when=N|N+|N..M|N+S|N..M+S path=GLOB fd=N prog=NAME
 *   argN=VALUE argN&MASK[=VALUE] prob=P[,seed=S] max=N
 */
#include "cli.h"
#include "lx/signal.h"
#include "lxrun/inject.h"
#include "lxrun/signal.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char wanted[] =
	"error=ERRNO retval=N signal=SIG delay_enter=T delay_exit=T short=N poke_enter=@argN=HEX "
	"poke_exit=@argN=HEX drop=argN&MASK when=N|N+|N..M|N+S every=N path=GLOB fd=N prog=NAME "
	"argN=VALUE "
	"argN&MASK "
	"prob=P,seed=S max=N";

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtoull(text, &end, 0);
	return !*end;
}

static const char *set_error(struct inject_rule *r, const char *value)
{
	uint64_t n = 0;
	int err;

	for (err = 1; err < 134; err++)
		if (lx_errno_name(err) && !strcmp(lx_errno_name(err), value))
			n = (uint64_t)err;
	if (!n && (!number(value, &n) || !n || n > 4095))
		return "no such error";
	r->answers = true;
	r->answer = -(int64_t)n;
	return NULL;
}

static const char *set_retval(struct inject_rule *r, const char *value)
{
	char *end;

	r->answers = true;
	r->answer = (int64_t)strtoll(value, &end, 0);
	return *value && !*end ? NULL : "a number is wanted";
}

static const char *set_signal(struct inject_rule *r, const char *value)
{
	uint64_t n = 0;
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		const char *name = signal_name(sig);

		if (!strcmp(name, value) || (!strncmp(name, "SIG", 3) && !strcmp(name + 3, value)))
			n = (uint64_t)sig;
	}
	if (!n && (!number(value, &n) || !n || n > 64))
		return "no such signal";
	r->signal = (int)n;
	return NULL;
}

/* strace's bare number is microseconds. */
static const char *set_delay(uint64_t *ns, const char *value)
{
	uint64_t us;

	if (number(value, &us)) {
		*ns = us * 1000;
		return us <= 1ull << 40 ? NULL : "too long";
	}
	return options_parse_duration(value, ns) ? "a time is wanted: 10ms, or microseconds" : NULL;
}

/* "@arg2=0001ff" */
static const char *add_poke(struct inject_rule *r, const char *value, bool exit)
{
	struct inject_poke *p = &r->pokes[r->npokes];
	const char *hex = value + 6;
	unsigned byte;

	if (r->npokes == 4)
		return "at most four pokes";
	if (strncmp(value, "@arg", 4) || value[4] < '1' || value[4] > '6' || value[5] != '=')
		return "@arg1=HEX to @arg6=HEX is wanted";
	*p = (struct inject_poke){ .arg = (uint8_t)(value[4] - '1'), .exit = exit };
	for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]); hex += 2) {
		if (p->size == INJECT_POKE_BYTES || sscanf(hex, "%2x", &byte) != 1)
			return "at most 64 bytes";
		p->bytes[p->size++] = (uint8_t)byte;
	}
	r->npokes++;
	return *hex || !p->size ? "pairs of hexadecimal digits are wanted" : NULL;
}

/* arg2=VALUE, arg2&MASK (all of MASK), arg2&MASK=VALUE */
static const char *set_arg(struct inject_rule *r, const char *part)
{
	static const char why[] = "argN=VALUE or argN&MASK[=VALUE] is wanted, N from 1 to 6";
	char *end;

	if (part[3] < '1' || part[3] > '6')
		return why;
	r->arg = part[3] - '1';
	r->arg_mask = UINT64_MAX;
	end = (char *)part + 4;
	if (*end == '&') {
		r->arg_mask = r->arg_value = strtoull(end + 1, &end, 0);
		if (!*end)
			return r->arg_mask ? NULL : why;
	}
	if (*end != '=')
		return why;
	return number(end + 1, &r->arg_value) ? NULL : why;
}

/* "arg3&0x80000" */
static const char *set_drop(struct inject_rule *r, const char *value)
{
	if (strncmp(value, "arg", 3) || value[3] < '1' || value[3] > '6' || value[4] != '&' ||
	    !number(value + 5, &r->drop_mask) || !r->drop_mask)
		return "drop=argN&MASK is wanted, N from 1 to 6";
	r->drop_arg = value[3] - '1';
	return NULL;
}

static const char *take_part(struct inject_rule *r, char *part)
{
	char *value = strchr(part, '=');
	uint64_t n;

	if (!strncmp(part, "arg", 3) && isdigit((unsigned char)part[3]))
		return set_arg(r, part);
	if (occasion_is(part))
		return occasion_parse(&r->occasion, part);
	if (!value)
		return wanted;
	*value++ = 0;
	if (!strcmp(part, "error"))
		return set_error(r, value);
	if (!strcmp(part, "retval"))
		return set_retval(r, value);
	if (!strcmp(part, "signal"))
		return set_signal(r, value);
	if (!strcmp(part, "delay_enter"))
		return set_delay(&r->delay_enter_ns, value);
	if (!strcmp(part, "delay_exit"))
		return set_delay(&r->delay_exit_ns, value);
	if (!strcmp(part, "drop"))
		return set_drop(r, value);
	if (!strcmp(part, "poke_enter") || !strcmp(part, "poke_exit"))
		return add_poke(r, value, part[6] == 'x');
	if (!strcmp(part, "path")) {
		r->path = value;
		return *value ? NULL : "a name is wanted";
	}
	if (!strcmp(part, "prog")) {
		r->program = value;
		return *value ? NULL : "a name is wanted";
	}
	if (strcmp(part, "short") && strcmp(part, "fd"))
		return wanted;
	if (!number(value, &n) || n > INT32_MAX)
		return "a number is wanted";
	if (*part == 's')
		r->short_size = (int64_t)n;
	else
		r->fd = (int)n;
	return NULL;
}

static bool acts(const struct inject_rule *r)
{
	return r->answers || r->signal || r->delay_enter_ns || r->delay_exit_ns || r->npokes ||
	       r->short_size >= 0 || r->drop_arg >= 0;
}

/*
 * Whether one of the calls is served by a thread of its own: fork, exec and what the host executes are not,
 * and cannot be delayed or given other arguments.
 */
static bool is_served(const struct inject_rule *r)
{
	int nr;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++)
		if (r->calls[nr] && sc_table[nr].name && sc_table[nr].route == SC_ROUTE_TRAP)
			return true;
	return false;
}

static void free_rule(struct inject_rule *r)
{
	if (r)
		free(r->words);
	free(r);
}

/* NULL: out of memory. */
static struct inject_rule *new_rule(const char *text)
{
	struct inject_rule *r = calloc(1, sizeof(*r));

	if (r)
		r->words = strdup(text);
	if (r && !r->words) {
		free(r);
		return NULL;
	}
	if (r) {
		r->given = r->text = text;
		r->short_size = r->drop_arg = -1;
		r->fd = -1;
		r->arg = -1;
	}
	return r;
}

/* The part behind SET. A colon in a name is written \: */
static char *next_part(char **rest)
{
	char *part = *rest, *in = part, *out = part;

	if (!part)
		return NULL;
	for (; *in && *in != ':'; in++) {
		if (in[0] == '\\' && in[1] == ':')
			in++;
		*out++ = *in;
	}
	*rest = *in ? in + 1 : NULL;
	*out = 0;
	return part;
}

/* A rule without a seed gets one, which the report at the end names. */
static void take_seed(struct inject_rule *r)
{
	static char texts[16][512];
	static unsigned used;
	struct timespec now;

	if (!r->occasion.chance || r->occasion.random)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	r->occasion.random = (uint64_t)now.tv_nsec % 1000000 + 1 + used;
	if (used < 16) {
		const char *p = strstr(r->text, "prob=");
		int head = (int)(p - r->text + (long)strcspn(p, ":"));

		snprintf(texts[used], sizeof(texts[0]), "%.*s,seed=%llu%s", head, r->text,
			 (unsigned long long)r->occasion.random, r->text + head);
		r->text = texts[used++];
	}
}

static int add_call_rule(struct cli *cli, const char *text)
{
	struct inject_rule *r = new_rule(text);
	char *rest = r ? r->words : NULL, *part;
	const char *why = NULL;

	if (!r)
		return cli_fail(cli, "out of memory");
	part = next_part(&rest);
	why = callset_parse(part, r->calls);
	while (!why && (part = next_part(&rest)))
		why = take_part(r, part);
	if (!why && !acts(r))
		why = "what is to happen is missing: error=, retval=, signal=, delay_enter=, ...";
	if (!why && (r->delay_enter_ns || r->delay_exit_ns) && !is_served(r))
		why = "these calls cannot be delayed: they are the host's or change processes";
	if (why) {
		cli_fail(cli, "--inject %s: %s: %s", text, part ? part : "rule", why);
		free_rule(r);
		return -1;
	}
	if (r->short_size >= 0)
		lxrun_opt.nt_fault = true; /* reads and writes are to be served here */
	take_seed(r);
	inject_add(r);
	return 0;
}

int options_add_inject(struct cli *cli, const char *text)
{
	if (!strncmp(text, "Nt", 2))
		return options_add_nt_fault(cli, "--inject", text);
	return add_call_rule(cli, text);
}

int options_add_without(struct cli *cli, const char *text)
{
	struct inject_rule *r = new_rule(text);
	char *rest = r ? r->words : NULL, *err;
	const char *why;

	if (!r)
		return cli_fail(cli, "out of memory");
	why = callset_parse(next_part(&rest), r->calls);
	err = next_part(&rest);
	if (!why)
		why = set_error(r, err ? err : "ENOSYS");
	if (why) {
		free_rule(r);
		return cli_fail(cli, "--without %s: %s", text, why);
	}
	inject_add(r);
	return 0;
}

int options_set_kernel(struct cli *cli, const char *text)
{
	struct inject_rule *r = new_rule(text);
	unsigned major, minor, call_major, call_minor;
	uint32_t nr;

	if (!r)
		return cli_fail(cli, "out of memory");
	if (since_parse(text, &major, &minor) || strlen(text) > 64) {
		free_rule(r);
		return cli_fail(cli, "--kernel %s: a version like 4.4 is wanted", text);
	}
	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		since_of(nr, &call_major, &call_minor);
		r->calls[nr] = call_major > major || (call_major == major && call_minor > minor);
	}
	set_error(r, "ENOSYS");
	inject_add(r);
	lxrun_opt.kernel_release = text;
	cli->release_given = true;
	return 0;
}
