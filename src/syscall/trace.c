/* SPDX-License-Identifier: MIT */
/*
 * --trace and --stats around a call. Lines of lower layers (trace_sink) are gathered on the thread
 * that serves the call and printed below it. There are two ways to print:
 *
 * live    the line begins when the call does and is finished or resumed later, as strace does it.
 *         A call that blocks is seen blocking. Taken when the sys channel is on alone.
 * staged  the whole line when the call has ended, then the lines below it: with more channels,
 *         and with -z and -Z, which must know the result first.
 *
 * A call that the host executes has no result when its handler ends. It waits in task.trace for
 * trace_returned(), which the engine calls when the guest goes on, or for the guest's death.
 */
#include "observe.h"
#include "trace_impl.h"
#include "base/alloc.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include "lxrun/trace.h"
#include "lxrun/vfs.h"
#include <string.h>

#define NESTED_MAX (256 * 1024) /* bytes of lines below one call */

/* One call that is being watched: on the stack of the thread that serves it, later in task.trace. */
struct trace_call {
	uint64_t id, start;
	bool show;           /* passed the filters that can be asked before the call */
	bool shown;          /* begun on the output (live) */
	struct sc_args call; /* what args.args points to once the call waits for its result */
	struct trace_args args;
	struct text first;  /* name and first arguments */
	struct text nested; /* records: time, channel, text with NUL */
	bool has_result;
	int64_t result; /* from trace_result() */
};

static _Thread_local struct trace_call *current;
static _Atomic uint64_t next_id = 1;
static bool trace_staged;

static bool tracing_calls(void)
{
	return trace_on(TR_SYS);
}

bool trace_wants_all(void)
{
	return sc_observed;
}

void trace_result(int64_t value)
{
	if (!current)
		return;
	current->has_result = true;
	current->result = value;
}

static const char *channel_name(uint32_t channel)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
#define CHANNEL_NAME(up, low) { TR_##up, #low },
		TRACE_CHANNELS(CHANNEL_NAME)
#undef CHANNEL_NAME
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].bit == channel)
			return names[i].name;
	return "?";
}

struct nested_head {
	uint64_t when;
	uint32_t channel, size; /* of the text behind it, NUL included */
};

/* trace_sink: below the current call of this thread, or on its own when there is none. */
static void sink(uint32_t channel, const char *line)
{
	struct nested_head head = { trace_now(), channel, (uint32_t)strlen(line) + 1 };

	if (!current || !trace_staged) {
		lines_lower(current ? current->args.task->tid : 0, head.when, channel_name(channel),
			    line, false);
	} else if (current->nested.len < NESTED_MAX) {
		text_put(&current->nested, (const char *)&head, sizeof(head));
		text_put(&current->nested, line, head.size);
	}
}

static void print_nested(const struct trace_call *c, bool below)
{
	const char *p = c->nested.data, *end = p + c->nested.len;
	struct nested_head head;

	for (; p && p + sizeof(head) <= end; p += sizeof(head) + head.size) {
		memcpy(&head, p, sizeof(head));
		lines_lower(c->args.task->tid, head.when, channel_name(head.channel),
			    p + sizeof(head), below);
	}
}

void trace_start(FILE *out, bool file, uint64_t wall_offset_ns)
{
	const uint32_t below = TR_VFS | TR_NT | TR_HOST | TR_PICO | TR_SCHED;

	sc_observed = trace_mask || lxrun_opt.stats || lxrun_opt.nt_fault;
	if (!trace_mask)
		return;
	trace_staged = (trace_mask & below) || lxrun_opt.trace_filter != TRACE_ALL;
	trace_args_init();
	lines_start(out, file, wall_offset_ns);
	trace_sink = sink;
}

void trace_finish(void)
{
	if (trace_mask)
		lines_flush();
}

/* -P for descriptors: is what fd names at path? */
static bool fd_is_path(struct task *t, int fd, const char *path)
{
	char buf[LX_PATH_MAX];
	struct path root;
	struct file *f;
	bool same;

	if (fd_get_slot(t, fd, true, &f, &(bool){ false }))
		return false;
	fs_get_root(t->fs, &root);
	same = f->path.dentry && vfs_path_text(&f->path, f, &root, buf, sizeof(buf)) > 0 &&
	       !strcmp(buf, path);
	path_put(&root);
	file_put(f);
	return same;
}

/* Before the call: is it one to show, as far as that is known now? */
static bool wanted(struct trace_call *c)
{
	return tracing_calls() && (!lxrun_opt.trace_path ||
				   trace_args_match(&c->args, lxrun_opt.trace_path, fd_is_path));
}

static bool wanted_result(int64_t result)
{
	bool failed = result < 0 && result != TRACE_NO_RESULT;

	return lxrun_opt.trace_filter == TRACE_ALL ||
	       failed == (lxrun_opt.trace_filter == TRACE_ONLY_FAILED);
}

static void show_end(struct trace_call *c, uint64_t ns)
{
	struct text rest = { 0 }, result = { 0 };
	struct line_end end = { .ns = ns, .timed = c->args.result != TRACE_NO_RESULT };
	int tid = c->args.task->tid;
	char name[40];

	trace_args_after(&c->args, &rest);
	trace_result_text(&c->args, &result);
	end.result = result.data;
	if (!result.data || !c->first.data) {
		/* out of memory: this line is lost */
	} else if (c->shown) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(c->first.data, "("),
			 c->first.data);
		lines_end(c->id, tid, name, &rest, &end);
	} else {
		text_put(&c->first, rest.data ? rest.data : "", rest.len);
		text_str(&c->first, ")");
		lines_call(tid, c->start, &c->first, &end);
		print_nested(c, true);
	}
	text_free(&rest);
	text_free(&result);
	text_free(&c->args.note);
}

static void begin(struct trace_call *c)
{
	c->show = wanted(c);
	if (!c->show)
		return;
	trace_args_before(&c->args, &c->first);
	if (!trace_staged && c->first.data) {
		lines_begin(c->id, c->args.task->tid, &c->first);
		c->shown = true;
	}
}

/* The result is known, or will never be. */
static void finish(struct trace_call *c, int64_t result)
{
	uint64_t ns = trace_now() - c->start;

	c->args.result = result;
	if (lxrun_opt.stats)
		stats_count(c->args.args->nr, result, ns);
	/* After +++ killed +++ a line of the dead would only confuse. */
	if (c->show && !c->args.task->dying && wanted_result(result))
		show_end(c, ns);
	else if (!tracing_calls() && !lxrun_opt.trace_path)
		print_nested(c, false);
	text_free(&c->first);
	text_free(&c->nested);
}

/* The host executes the call: what is known of it waits in the task. False: out of memory. */
static bool wait_for_result(struct trace_call *c)
{
	struct trace_call *kept = mem_alloc(sizeof(*kept));

	if (!kept)
		return false;
	*kept = *c;
	kept->call = *c->args.args;
	kept->args.args = &kept->call;
	__atomic_store_n(&c->args.task->trace, kept, __ATOMIC_RELEASE);
	return true;
}

static struct trace_call *take_waiting(struct task *t)
{
	return t->trace ? __atomic_exchange_n(&t->trace, NULL, __ATOMIC_ACQ_REL) : NULL;
}

void trace_returned(struct task *t, int64_t result)
{
	struct trace_call *c = take_waiting(t);

	if (!c)
		return;
	finish(c, result);
	mem_free(c);
}

static bool never_returns(const struct sc_args *a)
{
	return a->nr == NR_exit || a->nr == NR_exit_group;
}

int64_t sc_dispatch_observed(struct task *t, const struct sc_args *a)
{
	struct trace_call c = { .id = next_id++,
				.args = { .task = t, .args = a },
				.start = trace_now() };
	struct trace_call *outer = current;
	int64_t answer;

	trace_returned(t, TRACE_NO_RESULT); /* of a call before, whose return nobody saw */
	if (a->nr < SC_TABLE_SIZE && sc_table[a->nr].name)
		c.args.desc = &sc_table[a->nr];
	begin(&c);
	current = &c;
	answer = sc_call(t, a);
	current = outer;
	if (answer == SC_CLONE)
		finish(&c, c.has_result ? c.result : TRACE_NO_RESULT);
	else if (answer != SC_CONTINUE && answer != SC_EXEC)
		finish(&c, answer);
	else if (never_returns(a) || !wait_for_result(&c))
		finish(&c, TRACE_NO_RESULT);
	return answer;
}

void trace_signal(struct task *t, const struct lx_siginfo *info)
{
	struct text line = { 0 };

	if (!trace_on(TR_SYS | TR_SIG))
		return;
	text_str(&line, "--- ");
	trace_signal_name(info->si_signo, &line);
	text_str(&line, " ");
	trace_siginfo_text(info, &line);
	text_str(&line, " ---");
	if (line.data)
		lines_whole(t->tid, line.data);
	text_free(&line);
}

/* Its thread is gone: the call has no end to show. */
static void forget_waiting(struct task *t)
{
	struct trace_call *c = take_waiting(t);

	if (!c)
		return;
	if (c->show && !c->shown)
		finish(c, TRACE_NO_RESULT);
	text_free(&c->first);
	text_free(&c->nested);
	mem_free(c);
}

void trace_exit(struct task *t, int wait_status)
{
	struct text line = { 0 };
	int sig = wait_status & 0x7f;

	forget_waiting(t);
	if (!trace_on(TR_SYS))
		return;
	lines_abandon(t->tid);
	if (sig) {
		text_str(&line, "+++ killed by ");
		trace_signal_name(sig, &line);
		text_str(&line, wait_status & 0x80 ? " (core dumped) +++" : " +++");
	} else {
		text_printf(&line, "+++ exited with %d +++", wait_status >> 8 & 0xff);
	}
	if (line.data)
		lines_whole(t->tid, line.data);
	text_free(&line);
}
