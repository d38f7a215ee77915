/* SPDX-License-Identifier: MIT */
/*
 * Begin and end of a trace, its options and filters. Options are read without a lock by every thread that
 * serves a call; new ones are put in place by exchanging a pointer, and the old ones stay until the end.
 */
#include "trace_control.h"
#include "inject.h"
#include "base/alloc.h"
#include "lxrun/task.h"
#include "lxrun/trace.h"
#include <string.h>

/* Options of somebody who attached, in one piece of memory. */
struct kept {
	struct kept *next;
	struct lxrun_options o;
	uint8_t calls[SC_TABLE_SIZE];
	char path[LX_PATH_MAX], from[64];
};
static const struct lxrun_options *_Atomic options = &lxrun_opt;
static struct kept *all_kept; /* of the one thread that attaches at a time */
static _Atomic uint32_t session;
static _Atomic bool staged, begun, attached;
static const struct trace_writer *_Atomic writer = &trace_writer_text; /* of the session */

const struct lxrun_options *trace_opt(void)
{
	return options;
}

uint32_t trace_session(void)
{
	return session;
}

bool trace_is_staged(void)
{
	return staged;
}

/* ---- filters ---- */

/* -P: an argument is this path, or a descriptor of it. */
static bool is_path(struct task *t, const char *path, int fd, const void *wanted)
{
	char name[LX_PATH_MAX];

	if (!path && trace_fd_name(t, fd, name, sizeof(name)) > 0)
		path = name;
	return path && !strcmp(path, wanted);
}

/* --trace-from: nothing before the first call of a program of that name. */
static bool has_begun(const struct lxrun_options *o, const struct task *t)
{
	if (!begun && !strncmp(t->comm, o->trace_from, sizeof(t->comm) - 1))
		begun = true;
	return begun;
}

static bool is_wanted_pid(const struct lxrun_options *o, const struct task *t)
{
	uint32_t i;

	for (i = 0; i < o->trace_pid_count; i++)
		if (o->trace_pids[i] == t->tid || (t->tg && o->trace_pids[i] == t->tg->pid))
			return true;
	return false;
}

bool trace_wants_call(struct trace_args *ta)
{
	const struct lxrun_options *o = options;
	uint32_t nr = ta->args->nr;

	if (!trace_on(TR_SYS))
		return false;
	if (o->trace_calls && !o->trace_calls[nr < SC_TABLE_SIZE ? nr : SC_TABLE_SIZE - 1])
		return false;
	if (o->trace_from && !has_begun(o, ta->task))
		return false;
	if (o->trace_pid_count && !is_wanted_pid(o, ta->task))
		return false;
	return !o->trace_path || trace_args_match(ta, is_path, o->trace_path);
}

bool trace_wants_result(int64_t result, uint64_t ns)
{
	const struct lxrun_options *o = options;
	bool failed = result < 0 && result != TRACE_NO_RESULT;

	if (ns < o->trace_slower_ns)
		return false;
	return o->trace_filter == TRACE_ALL || failed == (o->trace_filter == TRACE_ONLY_FAILED);
}

bool trace_shows(const struct task *t)
{
	const struct lxrun_options *o = options;

	return trace_on(TR_SYS) && (!o->trace_from || has_begun(o, t)) &&
	       (!o->trace_pid_count || is_wanted_pid(o, t));
}

bool trace_wants_counts(void)
{
	return writer->pairs;
}

bool trace_wants_end(void)
{
	const struct lxrun_options *o = options;

	return writer->pairs ||
	       !(o->trace_calls || o->trace_path || o->trace_from || o->trace_pid_count ||
		 o->trace_slower_ns || o->trace_filter != TRACE_ALL);
}

/* ---- begin and end ---- */

static void write_event(const void *record, size_t size, uint64_t lost, struct text *out)
{
	writer->event(record, lost, out);
}

/* The channels that are on, and what else needs them: what is below a call is counted from its lines. */
static void switch_channels(uint32_t trace)
{
	trace_mask = trace | (lxrun_opt.stats ? TR_NT | TR_HOST : 0) |
		     (lxrun_opt.break_status ? TR_NT : 0);
	sc_observed = trace_mask || lxrun_opt.nt_fault || inject_any();
}

static void use(const struct lxrun_options *o)
{
	const uint32_t below = TR_VFS | TR_NT | TR_HOST | TR_PICO | TR_SCHED;

	staged = (o->trace & below) || o->trace_filter != TRACE_ALL || o->trace_slower_ns ||
		 !writer->live;
	options = o;
	switch_channels(o->trace);
}

static void begin(const struct lxrun_options *o, FILE *out, const char *name, bool prompt,
		  uint64_t wall_offset_ns)
{
	static const struct trace_writer *const writers[] = {
		[TRACE_TEXT] = &trace_writer_text,     [TRACE_STRACE] = &trace_writer_strace,
		[TRACE_JSON] = &trace_writer_json,     [TRACE_CHROME] = &trace_writer_chrome,
		[TRACE_FOLDED] = &trace_writer_folded, [TRACE_CARD] = &trace_writer_card,
	};

	writer = writers[o->trace_format];
	writer->start(wall_offset_ns);
	begun = false;
	session++;
	trace_queue_start(out, name, write_event, prompt);
}

void trace_start(FILE *out, const char *name, bool prompt, uint64_t wall_offset_ns)
{
	trace_args_init();
	trace_sink = trace_below;
	if (lxrun_opt.trace)
		begin(&lxrun_opt, out, name, prompt, wall_offset_ns);
	use(&lxrun_opt);
}

static uint64_t end(void)
{
	switch_channels(0);
	session++;
	return trace_queue_stop(writer->end);
}

void trace_finish(void)
{
	struct kept *k;

	if (lxrun_opt.trace)
		end();
	options = &lxrun_opt;
	while ((k = all_kept)) {
		all_kept = k->next;
		mem_free(k);
	}
}

/* ---- attached ---- */

/* A copy of what somebody wants, which he cannot change any more. */
static const struct lxrun_options *keep(const struct trace_wish *w)
{
	struct kept *k = mem_alloc(sizeof(*k));

	if (!k)
		return NULL;
	k->o = lxrun_opt;
	memcpy(k->calls, w->calls, sizeof(k->calls));
	memcpy(k->path, w->path, sizeof(k->path));
	memcpy(k->from, w->from, sizeof(k->from));
	k->path[sizeof(k->path) - 1] = k->from[sizeof(k->from) - 1] = 0;
	k->o.trace = w->trace;
	k->o.trace_format = w->format <= TRACE_FOLDED ? (enum trace_format_id)w->format
						      : TRACE_TEXT;
	k->o.trace_filter = w->filter <= TRACE_ONLY_FAILED ? (enum trace_filter)w->filter
							   : TRACE_ALL;
	k->o.trace_slower_ns = w->slower_ns;
	k->o.trace_strlen = w->strlen <= 1u << 20 ? w->strlen : 1u << 20;
	k->o.trace_fd_names = w->fd_names;
	k->o.trace_calls = w->has_calls ? k->calls : NULL;
	k->o.trace_path = k->path[0] ? k->path : NULL;
	k->o.trace_from = k->from[0] ? k->from : NULL;
	k->o.trace_pid_count = w->pid_count <= TRACE_MAX_PIDS ? w->pid_count : 0;
	memcpy(k->o.trace_pids, w->pids, sizeof(k->o.trace_pids));
	k->next = all_kept;
	all_kept = k;
	return &k->o;
}

int trace_attach(const struct trace_wish *w, FILE *out, bool prompt, uint64_t wall_offset_ns)
{
	const struct lxrun_options *o;

	if (lxrun_opt.trace || attached)
		return -LX_EBUSY;
	o = keep(w);
	if (!o)
		return -LX_ENOMEM;
	begin(o, out, "attached", prompt, wall_offset_ns);
	if (trace_queue_thread()) {
		trace_queue_stop(NULL);
		return -LX_EAGAIN;
	}
	attached = true;
	use(o);
	return 0;
}

int trace_change(const struct trace_wish *w)
{
	const struct lxrun_options *o = attached ? keep(w) : NULL;

	if (!o)
		return attached ? -LX_ENOMEM : -LX_EINVAL;
	begun = false;
	use(o); /* but for the format, which is the session's */
	return 0;
}

uint64_t trace_detach(void)
{
	uint64_t lost;

	if (!attached)
		return 0;
	lost = end();
	attached = false;
	return lost;
}
