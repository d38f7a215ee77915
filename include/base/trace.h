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

extern uint32_t trace_mask; /* set once, before the first guest runs */

static inline bool trace_on(uint32_t channel)
{
	return __builtin_expect(trace_mask & channel, 0);
}

/* Monotonic nanoseconds. */
uint64_t trace_now(void);

/* One line below the current Linux call. No newline at the end. */
__attribute__((format(printf, 2, 3))) void trace_line(uint32_t channel, const char *fmt, ...);

#define TRACE(channel, ...)                                                                        \
	do {                                                                                       \
		if (trace_on(channel))                                                             \
			trace_line(channel, __VA_ARGS__);                                          \
	} while (0)

/*
 * Where lines go. The default sink (src/base/trace.c) writes them to stderr; src/syscall/trace.c
 * installs one that attaches them to the current call.
 */
extern void (*trace_sink)(uint32_t channel, const char *line);

/* Supervisor's own diagnostics: "lxrun: text\n" on stderr. One clear line that says what to do. */
__attribute__((format(printf, 1, 2))) void lxrun_warn(const char *fmt, ...);
/* As lxrun_warn, then ends the process with status 125. */
__attribute__((format(printf, 1, 2), noreturn)) void lxrun_panic(const char *fmt, ...);
#endif
