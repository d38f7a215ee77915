/* SPDX-License-Identifier: MIT */
/* quirks.h - differences of WSL 1 that --quirks switches on (lxrun/quirks.def). All are off without it. */
#ifndef LXRUN_QUIRKS_H
#define LXRUN_QUIRKS_H
#include "lxrun/options.h"

enum quirk {
#define QUIRK(id, name, first, last, calls, what, source, issue, test) QUIRK_##id,
#include "lxrun/quirks.def"
#undef QUIRK
	QUIRK_COUNT
};
_Static_assert(QUIRK_COUNT <= 64, "lxrun_options.quirks has a bit for each");

static inline bool quirk_on(enum quirk q)
{
	return __builtin_expect(lxrun_opt.quirks >> q & 1, 0);
}
#endif
