/* SPDX-License-Identifier: MIT */
/* Clocks and what they are set to, as strace shows them. */
#include "trace_impl.h"
#include "lx/timex.h"
#include <inttypes.h>

/* clang-format off */
#define END { 0, NULL }

static const struct flag_name cpu_clocks[] = {
	{ 0, "CPUCLOCK_PROF" }, { 1, "CPUCLOCK_VIRT" }, { 2, "CPUCLOCK_SCHED" }, END
};
static const struct flag_name adjustments[] = {
	{ 0x8001, "ADJ_OFFSET_SINGLESHOT" }, { 0xa001, "ADJ_OFFSET_SS_READ" },
	{ 1, "ADJ_OFFSET" }, { 2, "ADJ_FREQUENCY" }, { 4, "ADJ_MAXERROR" }, { 8, "ADJ_ESTERROR" },
	{ 0x10, "ADJ_STATUS" }, { 0x20, "ADJ_TIMECONST" }, { 0x80, "ADJ_TAI" },
	{ 0x100, "ADJ_SETOFFSET" }, { 0x1000, "ADJ_MICRO" }, { 0x2000, "ADJ_NANO" },
	{ 0x4000, "ADJ_TICK" }, END
};
static const struct flag_name states[] = {
	{ 1, "STA_PLL" }, { 2, "STA_PPSFREQ" }, { 4, "STA_PPSTIME" }, { 8, "STA_FLL" },
	{ 0x10, "STA_INS" }, { 0x20, "STA_DEL" }, { 0x40, "STA_UNSYNC" }, { 0x80, "STA_FREQHOLD" },
	{ 0x100, "STA_PPSSIGNAL" }, { 0x200, "STA_PPSJITTER" }, { 0x400, "STA_PPSWANDER" },
	{ 0x800, "STA_PPSERROR" }, { 0x1000, "STA_CLOCKERR" }, { 0x2000, "STA_NANO" },
	{ 0x4000, "STA_MODE" }, { 0x8000, "STA_CLK" }, END
};
static const struct flag_name answers[] = {
	{ 0, "TIME_OK" }, { 1, "TIME_INS" }, { 2, "TIME_DEL" }, { 3, "TIME_OOP" },
	{ 4, "TIME_WAIT" }, { 5, "TIME_ERROR" }, END
};
/* clang-format on */

/* A negative number names a descriptor, or the time that a process or a thread has used. */
void trace_clock_text(int32_t clock, struct text *out)
{
	if (clock >= 0) {
		text_choice(out, (uint32_t)clock, trace_clocks, "CLOCK_");
	} else if ((clock & 7) == 3) {
		text_printf(out, "FD_TO_CLOCKID(%" PRId32 ")", ~(clock >> 3));
	} else {
		text_printf(out, "MAKE_%s_CPUCLOCK(%" PRId32 ", ", clock & 4 ? "THREAD" : "PROCESS",
			    ~(clock >> 3));
		text_choice(out, (uint32_t)clock & 3, cpu_clocks, "CPUCLOCK_");
		text_str(out, ")");
	}
}

/* ---- time of day ---- */

bool trace_otimeval(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timeval tv;

	if (trace_fetch_output(ta, i, &tv, sizeof(tv), out))
		trace_timeval_text(&tv, out);
	return true;
}

static void timezone_text(const struct lx_timezone *tz, struct text *out)
{
	text_printf(out, "{tz_minuteswest=%" PRId32 ", tz_dsttime=%" PRId32 "}", tz->tz_minuteswest,
		    tz->tz_dsttime);
}

bool trace_itimezone(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timezone tz;

	if (trace_fetch(ta, i, &tz, sizeof(tz), out))
		timezone_text(&tz, out);
	return true;
}

bool trace_otimezone(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timezone tz;

	if (trace_fetch_output(ta, i, &tz, sizeof(tz), out))
		timezone_text(&tz, out);
	return true;
}

bool trace_otime(struct trace_args *ta, int i, struct text *out)
{
	int64_t sec;

	if (!trace_fetch_output(ta, i, &sec, sizeof(sec), out))
		return true;
	text_printf(out, "[%" PRId64 " /* ", sec);
	trace_date_text(sec, 0, out);
	text_str(out, " */]");
	return true;
}

void trace_time_note(struct trace_args *ta, struct text *out)
{
	trace_date_text(ta->result, 0, out);
}

/* ---- adjustments ---- */

bool trace_otimex(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timex tx;

	if (!trace_fetch_output(ta, i, &tx, sizeof(tx), out))
		return true;
	text_str(out, "{modes=");
	text_set(out, tx.modes, adjustments, "0", "ADJ_");
	text_printf(out,
		    ", offset=%" PRId64 ", freq=%" PRId64 ", maxerror=%" PRId64
		    ", esterror=%" PRId64 ", status=",
		    tx.offset, tx.freq, tx.maxerror, tx.esterror);
	text_set(out, (uint32_t)tx.status, states, "0", "STA_");
	text_printf(out,
		    ", constant=%" PRId64 ", precision=%" PRId64 ", tolerance=%" PRId64 ", time=",
		    tx.constant, tx.precision, tx.tolerance);
	trace_timeval_text(&tx.time, out);
	text_printf(out,
		    ", tick=%" PRId64 ", ppsfreq=%" PRId64 ", jitter=%" PRId64 ", shift=%" PRId32
		    ", stabil=%" PRId64 ", jitcnt=%" PRId64 ", calcnt=%" PRId64 ", errcnt=%" PRId64
		    ", stbcnt=%" PRId64 ", tai=%" PRId32 "}",
		    tx.tick, tx.ppsfreq, tx.jitter, tx.shift, tx.stabil, tx.jitcnt, tx.calcnt,
		    tx.errcnt, tx.stbcnt, tx.tai);
	return true;
}

void trace_timex_note(struct trace_args *ta, struct text *out)
{
	text_choice(out, (uint64_t)ta->result, answers, "TIME_");
}
