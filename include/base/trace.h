/* SPDX-License-Identifier: MIT */
/*
 * trace.h - one trace switch across all layers.
 *
 * A layer asks trace_on(TR_X) (one load and test; all channels are off by default) and only then
 * formats. Lines of the calls below a Linux call are gathered per service thread and printed under
 * it by src/syscall/trace.c. Channel names are those of --trace= and LXRUN_TRACE.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#define TRACE_CHANNELS(C) C(SYS, sys) C(VFS, vfs) C(NT, nt) C(HOST, host) C(PICO, pico) C(SIG, sig) C(SCHED, sched)

enum trace_bit {
#define TR_ENUM(up, low) TRB_##up,
	TRACE_CHANNELS(TR_ENUM)
#undef TR_ENUM
};
#define TR_SYS   (1u << TRB_SYS)
#define TR_VFS   (1u << TRB_VFS)
#define TR_NT    (1u << TRB_NT)
#define TR_HOST  (1u << TRB_HOST)
#define TR_PICO  (1u << TRB_PICO)
#define TR_SIG   (1u << TRB_SIG)
#define TR_SCHED (1u << TRB_SCHED)

extern _Atomic uint32_t trace_mask; /* changes while guests run when somebody attaches */

static inline bool trace_on(uint32_t channel)
{
	return __builtin_expect(__atomic_load_n((uint32_t *)&trace_mask, __ATOMIC_RELAXED) & channel, 0);
}

/* Monotonic nanoseconds. */
uint64_t trace_now(void);

/* One line below the current Linux call. No newline at the end. */
__attribute__((format(printf, 2, 3))) void trace_line(uint32_t channel, const char *fmt, ...);

/*
 * Work that outlives the call that began it, such as a request that pends: a line where it begins and one
 * where it ends, on whatever thread; or one that has both. id is trace_async_id()'s and the same in both.
 */
struct trace_async {
	uint64_t id; /* 0: an ordinary line */
	bool begins, ends;
};
uint64_t trace_async_id(void);
__attribute__((format(printf, 3, 4))) void trace_async(uint32_t channel, struct trace_async async,
						       const char *fmt, ...);

/*
 * A layer's call from its beginning on: TRACE_SCOPE(TR_NT) as first statement makes the line of that
 * channel which the function writes before it returns one with a duration. Off it costs two tests.
 */
struct trace_scope {
	uint32_t channel; /* 0: off */
	uint64_t start;
	struct trace_scope *outer;
};
extern _Thread_local struct trace_scope *trace_scopes; /* innermost first */

static inline struct trace_scope trace_scope_begin(uint32_t channel)
{
	return (struct trace_scope){ trace_on(channel) ? channel : 0, 0, 0 };
}
void trace_scope_push(struct trace_scope *s);
static inline void trace_scope_end(struct trace_scope *s)
{
	if (__builtin_expect(s->channel, 0))
		trace_scopes = s->outer;
}
#define TRACE_SCOPE(channel_)                                                             \
	struct trace_scope trace_scope_ __attribute__((cleanup(trace_scope_end))) =       \
		trace_scope_begin(channel_);                                              \
	if (__builtin_expect(trace_scope_.channel, 0))                                    \
	trace_scope_push(&trace_scope_)
/* When the innermost call of channel began; 0: not known. */
uint64_t trace_scope_start(uint32_t channel);

#define TRACE(channel, ...)                                                                        \
	do {                                                                                       \
		if (trace_on(channel))                                                             \
			trace_line(channel, __VA_ARGS__);                                          \
	} while (0)

/*
 * Where lines go; async is 0 for those of trace_line(). The default sink (src/base/trace.c) writes them to
 * stderr; src/syscall/trace.c installs one that attaches them to the current call.
 */
extern void (*trace_sink)(uint32_t channel, struct trace_async async, const char *line);

/*
 * What the supervisor says on stderr, in one write(2) as a rule. trace_crlf: stderr is a terminal that is raw
 * for the guests (src/tty/console.c), so that the end of a line needs its \r.
 */
extern _Atomic bool trace_crlf;
void trace_put(const char *text, size_t len);

/* Supervisor's own diagnostics: "lxrun: text\n" on stderr. One clear line that says what to do. */
__attribute__((format(printf, 1, 2))) void lxrun_warn(const char *fmt, ...);
/* As lxrun_warn, then ends the process with status 125. */
__attribute__((format(printf, 1, 2), noreturn)) void lxrun_panic(const char *fmt, ...);
#endif
