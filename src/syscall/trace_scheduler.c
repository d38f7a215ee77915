/* SPDX-License-Identifier: MIT */
/* Arguments and results of calls on scheduling, I/O priorities and capabilities, as strace shows them. */
#include "trace_impl.h"
#include "lx/capability.h"
#include "lxrun/sched.h"
#include <inttypes.h>

/* clang-format off */
#define END { 0, NULL }

static const struct flag_name attr_flags[] = {
	{ 1, "SCHED_FLAG_RESET_ON_FORK" }, { 2, "SCHED_FLAG_RECLAIM" },
	{ 4, "SCHED_FLAG_DL_OVERRUN" }, { 8, "SCHED_FLAG_KEEP_POLICY" },
	{ 0x10, "SCHED_FLAG_KEEP_PARAMS" }, { 0x20, "SCHED_FLAG_UTIL_CLAMP_MIN" },
	{ 0x40, "SCHED_FLAG_UTIL_CLAMP_MAX" }, END
};
static const struct flag_name io_classes[] = {
	{ 0, "IOPRIO_CLASS_NONE" }, { 1, "IOPRIO_CLASS_RT" }, { 2, "IOPRIO_CLASS_BE" },
	{ 3, "IOPRIO_CLASS_IDLE" }, END
};
static const struct flag_name cap_versions[] = {
	{ LX_CAP_VERSION_1, "_LINUX_CAPABILITY_VERSION_1" },
	{ LX_CAP_VERSION_2, "_LINUX_CAPABILITY_VERSION_2" },
	{ LX_CAP_VERSION_3, "_LINUX_CAPABILITY_VERSION_3" }, END
};
/* clang-format on */

/* ---- scheduling ---- */

bool trace_ischedparam(struct trace_args *ta, int i, struct text *out)
{
	int32_t priority;

	if (trace_fetch(ta, i, &priority, sizeof(priority), out))
		text_printf(out, "[%" PRId32 "]", priority);
	return true;
}

/* SCHED_RR */
void trace_policy_note(struct trace_args *ta, struct text *out)
{
	trace_policy_text((uint32_t)ta->result, out);
}

/* set: what the flags say is not looked at is not shown. */
static void attr_text(const struct lx_sched_attr *a, bool set, uint32_t known, struct text *out)
{
	bool flagged = set && known > LX_SCHED_ATTR_SIZE_VER0;

	text_printf(out, "{size=%" PRIu32, a->size);
	if (!set || !(a->flags & LX_SCHED_FLAG_KEEP_POLICY)) {
		text_str(out, ", sched_policy=");
		trace_policy_text(a->policy, out);
	}
	text_str(out, ", sched_flags=");
	text_set(out, a->flags, attr_flags, "0", "SCHED_FLAG_");
	if (!set || !(a->flags & LX_SCHED_FLAG_KEEP_PARAMS))
		text_printf(out,
			    ", sched_nice=%" PRId32 ", sched_priority=%" PRIu32
			    ", sched_runtime=%" PRIu64 ", sched_deadline=%" PRIu64
			    ", sched_period=%" PRIu64,
			    a->nice, a->priority, a->runtime, a->deadline, a->period);
	if (flagged ? a->flags & 0x20 : known > LX_SCHED_ATTR_SIZE_VER0)
		text_printf(out, ", sched_util_min=%" PRIu32, a->util_min);
	if (flagged ? a->flags & 0x40 : known > LX_SCHED_ATTR_SIZE_VER0)
		text_printf(out, ", sched_util_max=%" PRIu32, a->util_max);
	text_str(out, a->size > sizeof(*a) ? ", ...}" : "}");
}

bool trace_ischedattr(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sched_attr a = { 0 };
	uint32_t size;

	if (!trace_fetch(ta, i, &size, sizeof(size), out))
		return true;
	if (size && size < LX_SCHED_ATTR_SIZE_VER0) {
		text_printf(out, "{size=%" PRIu32 "}", size);
		return true;
	}
	if (!size)
		size = LX_SCHED_ATTR_SIZE_VER0;
	if (size > sizeof(a))
		size = sizeof(a);
	if (trace_fetch(ta, i, &a, size, out))
		attr_text(&a, true, size, out);
	return true;
}

bool trace_oschedattr(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sched_attr a = { 0 };
	uint32_t size = SC_U32(ta->args, i + 1);

	if (size > sizeof(a))
		size = sizeof(a);
	if (trace_fetch_output(ta, i, &a, size, out))
		attr_text(&a, false, size, out);
	return true;
}

void trace_ioprio_text(uint32_t v, struct text *out)
{
	text_str(out, "IOPRIO_PRIO_VALUE(");
	text_choice(out, v >> 13, io_classes, "IOPRIO_CLASS_");
	text_printf(out, ", %" PRIu32 ")", v & 0x1fff);
}

bool trace_ioprio(struct trace_args *ta, int i, struct text *out)
{
	trace_ioprio_text(SC_U32(ta->args, i), out);
	return true;
}

void trace_ioprio_note(struct trace_args *ta, struct text *out)
{
	trace_ioprio_text((uint32_t)ta->result, out);
}

/* ---- capabilities ---- */

static int cap_words(uint32_t version)
{
	return version == LX_CAP_VERSION_2 || version == LX_CAP_VERSION_3 ? 2 : 1;
}

bool trace_icapheader(struct trace_args *ta, int i, struct text *out)
{
	struct lx_cap_header h;

	if (!trace_fetch(ta, i, &h, sizeof(h), out))
		return true;
	text_str(out, "{version=");
	text_choice(out, h.version, cap_versions, "_LINUX_CAPABILITY_VERSION_");
	text_printf(out, ", pid=%" PRId32 "}", h.pid);
	return true;
}

/* 1<<CAP_CHOWN|1<<CAP_KILL */
static void cap_set(const char *name, uint32_t low, uint32_t high, struct text *out)
{
	uint64_t set = (uint64_t)high << 32 | low, rest = 0;
	const char *bar = "";
	uint32_t bit;

	text_str(out, name);
	for (bit = 0; bit < 64; bit++) {
		const char *known = trace_capability_name(bit);

		if (!(set >> bit & 1))
			continue;
		if (!known) {
			rest |= 1ull << bit;
			continue;
		}
		text_printf(out, "%s1<<%s", bar, known);
		bar = "|";
	}
	if (rest)
		text_printf(out, "%s%#" PRIx64, bar, rest >> (rest >> 32 ? 32 : 0));
	else if (!set)
		text_str(out, "0");
}

static void capdata(struct trace_args *ta, int i, struct text *out)
{
	struct lx_cap_header h;
	struct lx_cap_data d[2] = { 0 };

	if (guest_copyin(ta->task, &h, SC_GPTR(ta->args, 0), sizeof(h))) {
		text_pointer(out, SC_U64(ta->args, i));
		return;
	}
	if (!trace_fetch(ta, i, d, sizeof(d[0]) * (size_t)cap_words(h.version), out))
		return;
	cap_set("{effective=", d[0].effective, d[1].effective, out);
	cap_set(", permitted=", d[0].permitted, d[1].permitted, out);
	cap_set(", inheritable=", d[0].inheritable, d[1].inheritable, out);
	text_str(out, "}");
}

bool trace_icapdata(struct trace_args *ta, int i, struct text *out)
{
	capdata(ta, i, out);
	return true;
}

bool trace_ocapdata(struct trace_args *ta, int i, struct text *out)
{
	if (trace_ok(ta))
		capdata(ta, i, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}
