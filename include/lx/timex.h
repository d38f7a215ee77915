/* SPDX-License-Identifier: MIT */
/* timex.h - adjtimex(2) of the x86-64 Linux ABI. */
#ifndef LX_TIMEX_H
#define LX_TIMEX_H
#include "lx/types.h"

struct lx_timex {
	uint32_t modes, pad0;
	int64_t  offset, freq, maxerror, esterror;
	int32_t  status, pad1;
	int64_t  constant, precision, tolerance;
	struct lx_timeval time;
	int64_t  tick, ppsfreq, jitter;
	int32_t  shift, pad2;
	int64_t  stabil, jitcnt, calcnt, errcnt, stbcnt;
	int32_t  tai, pad3[11];
};
_Static_assert(sizeof(struct lx_timex) == 208, "struct timex");
#define LX_STA_UNSYNC     0x40
#define LX_TIME_ERROR     5
#define LX_ADJ_SINGLESHOT 0x8000u

struct lx_timezone {
	int32_t tz_minuteswest, tz_dsttime;
};
#endif
