/* SPDX-License-Identifier: MIT */
/*
 * --trace and --stats around a call: what happened becomes events (trace_event.h), which a thread of
 * its own writes (base/trace_queue.h). Lines of lower layers (trace_sink) are gathered on the thread
 * that serves the call and travel with it. There are two ways:
 *
 * live    an event when the call begins, one when it ends, as strace shows it. A call that blocks is
 *         seen blocking. Taken when the sys channel is on alone, in the text formats.
 * staged  one event when the call has ended, with the lines below it: with more channels, with
 *         filters that must know the result first, and in the other formats.
 *
 * A call that the host executes has no result when its handler ends. It waits in task.trace for
 * trace_returned(), which the engine calls when the guest goes on, or for the guest's death.
 */
#include "inject.h"
#include "trace_control.h"
#include "trace_event.h"
#include "trace_impl.h"
#include "base/alloc.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include "lxrun/trace.h"
#include "lxrun/vfs.h"
#include <string.h>

#define BELOW_MAX (256 * 1024) /* bytes of lines below one call */

/* One call that is being watched: on the stack of the thread that serves it, later in task.trace. */
struct trace_call {
	uint64_t id, start;
	bool show;                /* passed the filters that can be asked before the call */
	bool shown;               /* its beginning is on the output (live) */
	bool staged;              /* ... or it is shown when it ends */
	uint32_t session;         /* of the trace, in which it began */
	struct inject_rule *rule; /* it acted on this call; NULL: none */
	struct sc_args call;      /* what args.args points to once the call waits for its result */
	struct trace_args args;
	struct text first; /* name and first arguments */
	struct text below; /* struct trace_below and text, again and again */
	bool has_result;
	bool again;     /* answered with ERESTARTNOINTR: it comes again, and counts as one */
	int64_t result; /* from trace_result() */
};

static _Thread_local struct trace_call *current;
static _Thread_local bool
	looking; /* what the tracer itself asks lower layers is no part of the call */
static _Atomic uint64_t next_id = 1;

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

/* ---- events ---- */

static void put_event(struct trace_event *e, struct task *t, const char *const text[TX_COUNT])
{
	struct trace_piece pieces[1 + TX_COUNT] = { { e, sizeof(*e) } };
	int i;

	if (t) {
		e->tid = t->tid;
		e->pid = t->tg ? t->tg->pid : t->tid;
		memcpy(e->comm, t->comm, sizeof(e->comm));
	}
	for (i = 0; i < TX_COUNT; i++) {
		if (i != TX_BELOW)
			e->size[i] = text[i] ? (uint32_t)strlen(text[i]) + 1 : 0;
		pieces[i + 1] = (struct trace_piece){ text[i], e->size[i] };
	}
	trace_queue_put(pieces, 1 + TX_COUNT);
}

static void put_line(enum trace_kind kind, struct task *t, const char *line)
{
	struct trace_event e = { .kind = (uint8_t)kind, .when = trace_now() };

	put_event(&e, t, (const char *[TX_COUNT]){ [TX_CALL] = line });
}

__attribute__((noinline)) void lxrun_break_here(const char *line)
{
	__asm__ volatile("" : : "r"(line) : "memory");
}

/* --break-on: said, so that a run without a debugger has its use, too. */
static void check_break(uint32_t channel, const char *line)
{
	size_t len;
	const char *status = channel == TR_NT ? trace_below_status(line, &len) : NULL;

	if (!status || strlen(lxrun_opt.break_status) != len ||
	    strncmp(lxrun_opt.break_status, status, len) != 0)
		return;
	lxrun_warn("--break-on: tid %d: %s: %s", current ? current->args.task->tid : 0,
		   current && current->args.desc ? current->args.desc->name : "no call", line);
	lxrun_break_here(line);
}

/* lxrun's threads by number, from 1. */
static uint32_t own_number(void)
{
	static _Atomic uint32_t last;
	static _Thread_local uint32_t number;

	if (!number)
		number = ++last;
	return number;
}

/* A line of no call is how lxrun itself starts and ends, unless it ends what a call began. */
static bool is_wanted_alone(uint32_t channel, struct trace_async async)
{
	if (!trace_on(TR_SYS) || !(channel & (TR_VFS | TR_NT | TR_HOST)))
		return true;
	return async.ends && trace_wants_end();
}

/* Below the current call of this thread, or on its own when there is none. */
void trace_below(uint32_t channel, struct trace_async async, const char *line)
{
	struct trace_below head = { .end = trace_now(),
				    .async = async,
				    .channel = channel,
				    .size = (uint32_t)strlen(line) + 1 };
	struct trace_event e = { .kind = TE_LOWER, .async = async, .channel = channel };
	bool traced = trace_opt()->trace & channel;

	if (looking)
		return;
	head.start = trace_scope_start(channel);
	if (!head.start || head.start > head.end)
		head.start = head.end;
	if (lxrun_opt.break_status && !async.id)
		check_break(channel, line);
	if (lxrun_opt.stats && current && !async.id)
		stats_below(current->args.args->nr, channel, line, head.end - head.start);
	if (!traced || (!current && !is_wanted_alone(channel, async))) {
		/* for the statistics alone, or nobody's */
	} else if (!current || !current->staged) {
		e.when = head.start;
		e.ns = head.end - head.start;
		e.nr = current ? 0 : own_number();
		put_event(&e, current ? current->args.task : NULL,
			  (const char *[TX_COUNT]){ [TX_CALL] = line });
	} else if (current->below.len < BELOW_MAX) {
		text_put(&current->below, (const char *)&head, sizeof(head));
		text_put(&current->below, line, head.size);
	}
}

static void put_below(const struct trace_call *c)
{
	const char *p = c->below.data, *end = p + c->below.len;
	struct trace_below head;

	for (; p && p + sizeof(head) <= end; p += sizeof(head) + head.size) {
		struct trace_event e = { .kind = TE_LOWER };

		memcpy(&head, p, sizeof(head));
		e.when = head.start;
		e.ns = head.end - head.start;
		e.channel = head.channel;
		e.async = head.async;
		put_event(&e, c->args.task,
			  (const char *[TX_COUNT]){ [TX_CALL] = p + sizeof(head) });
	}
}

/* What is counted over time. */
static void put_counts(bool always)
{
	static uint64_t handles_shown;
	struct trace_event e = { .kind = TE_COUNTS, .when = trace_now() };

	if (!trace_on(TR_SYS) || !trace_wants_counts())
		return;
	instance_counts(&e.args[0], &e.args[1]);
	if (__atomic_exchange_n(&handles_shown, e.args[0], __ATOMIC_RELAXED) != e.args[0] || always)
		put_event(&e, NULL, (const char *[TX_COUNT]){ NULL });
}

void trace_sleepers(void)
{
	put_counts(true);
}

/* ---- a call ---- */

static void describe(const struct trace_call *c, struct trace_event *e)
{
	const struct sc_args *a = c->args.args;

	e->id = c->id;
	e->nr = a->nr;
	e->result = c->args.result;
	e->injected = c->rule != NULL;
	e->timed = c->args.result != TRACE_NO_RESULT;
	memcpy(e->args, a->a, sizeof(e->args));
}

static void show_end(struct trace_call *c, uint64_t ns)
{
	struct trace_event e = { .kind = c->shown ? TE_END : TE_CALL,
				 .when = c->shown ? trace_now() : c->start,
				 .ns = ns };
	struct text rest = { 0 }, result = { 0 };
	struct text *call = c->shown ? &rest : &c->first;
	char number[24];

	describe(c, &e);
	looking = true;
	trace_args_after(&c->args, c->shown ? &rest : &c->first);
	if (!c->shown) {
		e.nargs = (uint8_t)c->args.nargs;
		memcpy(e.spans, c->args.spans, sizeof(e.spans));
		text_str(&c->first, ")");
		e.size[TX_BELOW] = (uint32_t)c->below.len;
	}
	trace_result_text(&c->args, &result);
	looking = false;
	snprintf(number, sizeof(number), "syscall_%#x", e.nr);
	if (result.data && (c->shown || c->first.data))
		put_event(&e, c->args.task,
			  (const char *[TX_COUNT]){
				  [TX_NAME] = c->args.desc ? c->args.desc->name : number,
				  [TX_CALL] = call->data,
				  [TX_RESULT] = result.data,
				  [TX_BELOW] = c->below.data,
			  });
	put_counts(false);
	text_free(&rest);
	text_free(&result);
	text_free(&c->args.note);
}

static void begin(struct trace_call *c)
{
	struct trace_event e = { .kind = TE_BEGIN, .when = c->start };

	c->session = trace_session();
	c->staged = trace_is_staged();
	c->show = trace_wants_call(&c->args);
	if (!c->show)
		return;
	looking = true;
	trace_args_before(&c->args, &c->first);
	looking = false;
	if (c->staged || !c->first.data)
		return;
	describe(c, &e);
	put_event(&e, c->args.task, (const char *[TX_COUNT]){ [TX_CALL] = c->first.data });
	c->shown = true;
}

/* The result is known, or will never be. */
static void finish(struct trace_call *c, int64_t result)
{
	uint64_t ns = trace_now() - c->start;

	c->args.result = result;
	if (c->rule && !c->args.task->dying)
		inject_returned(c->rule, &c->args);
	if (lxrun_opt.stats) {
		stats_count(c->args.args->nr, result, ns);
		stats_count_flags(c->args.args);
	}
	/* After +++ killed +++ a line of the dead would only confuse, as would the end of a call whose beginning was another's. */
	if (c->show && !c->args.task->dying && c->session == trace_session() &&
	    trace_wants_result(result, ns))
		show_end(c, ns);
	else if (trace_on(TR_VFS | TR_NT | TR_HOST | TR_PICO | TR_SCHED) && !trace_on(TR_SYS) &&
		 c->session == trace_session() && !trace_opt()->trace_path)
		put_below(c);
	text_free(&c->first);
	text_free(&c->below);
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
	return __atomic_load_n(&t->trace, __ATOMIC_RELAXED)
		       ? __atomic_exchange_n(&t->trace, NULL, __ATOMIC_ACQ_REL)
		       : NULL;
}

static void end_waiting(struct task *t, int64_t result)
{
	struct trace_call *c = take_waiting(t);

	if (!c)
		return;
	finish(c, c->again ? -LX_ERESTARTNOINTR : result);
	mem_free(c);
}

static bool comes_again(struct task *t)
{
	struct trace_call *c = __atomic_load_n(&t->trace, __ATOMIC_RELAXED);

	return c && c->again;
}

void trace_returned(struct task *t, int64_t result)
{
	if (!comes_again(t))
		end_waiting(t, result);
}

/* The call that was answered so that it comes again: c goes on with it. */
static bool is_continued(struct task *t, const struct sc_args *a, struct trace_call *c)
{
	struct trace_call *before;

	if (!comes_again(t))
		return false;
	before = take_waiting(t);
	if (!before)
		return false;
	if (before->call.nr != a->nr || memcmp(before->call.a, a->a, sizeof(a->a)) != 0 ||
	    before->session != trace_session()) {
		finish(before, -LX_ERESTARTNOINTR);
		mem_free(before);
		return false;
	}
	*c = *before;
	c->args.args = a;
	c->again = false;
	mem_free(before);
	return true;
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
	struct sc_args changed;
	int64_t answer;

	if (!is_continued(t, a, &c)) {
		end_waiting(t, TRACE_NO_RESULT); /* of a call before, whose return nobody saw */
		if (a->nr < SC_TABLE_SIZE && sc_table[a->nr].name)
			c.args.desc = &sc_table[a->nr];
		begin(&c);
	}
	stats_begin();
	current = &c;
	c.rule = inject_any() ? inject_find(&c.args) : NULL;
	answer = c.rule ? inject_call(c.rule, &c.args, &changed) : sc_call(t, a);
	current = outer;
	c.again = answer == -LX_ERESTARTNOINTR && !t->dying && !c.rule;
	if (c.again && wait_for_result(&c))
		return answer;
	if (answer == SC_CLONE)
		finish(&c, c.has_result ? c.result : TRACE_NO_RESULT);
	else if (answer != SC_CONTINUE && answer != SC_EXEC)
		finish(&c, answer);
	else if (never_returns(a) || !wait_for_result(&c))
		finish(&c, TRACE_NO_RESULT);
	return answer;
}

/* ---- signals and exits ---- */

void trace_signal(struct task *t, const struct lx_siginfo *info)
{
	struct text line = { 0 };

	if (comes_again(t)) /* a handler runs first */
		end_waiting(t, 0);
	if (!trace_on(TR_SIG) && !trace_shows(t))
		return;
	text_str(&line, "--- ");
	trace_signal_name(info->si_signo, &line);
	text_str(&line, " ");
	trace_siginfo_text(info, &line);
	text_str(&line, " ---");
	if (line.data)
		put_line(TE_SIGNAL, t, line.data);
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
	text_free(&c->below);
	mem_free(c);
}

void trace_exit(struct task *t, int wait_status)
{
	struct text line = { 0 };
	int sig = wait_status & 0x7f;

	forget_waiting(t);
	if (!trace_shows(t))
		return;
	put_line(TE_GONE, t, NULL);
	if (sig) {
		text_str(&line, "+++ killed by ");
		trace_signal_name(sig, &line);
		text_str(&line, wait_status & 0x80 ? " (core dumped) +++" : " +++");
	} else {
		text_printf(&line, "+++ exited with %d +++", wait_status >> 8 & 0xff);
	}
	if (line.data)
		put_line(TE_EXIT, t, line.data);
	text_free(&line);
}
