/* SPDX-License-Identifier: MIT */
/* Signals in traces: names, sets, actions and siginfo, in strace's words. */
#include "trace_impl.h"
#include <inttypes.h>
#include <string.h>

/* Without "SIG"; NULL for one without a name of its own. */
static const char *short_name(int sig)
{
	static const char *const names[LX_SIGRTMIN] = {
#define SIGNAL_NAME(name, nr) [nr] = #name,
		LX_SIGNALS(SIGNAL_NAME)
#undef SIGNAL_NAME
	};

	return sig > 0 && sig < LX_SIGRTMIN ? names[sig] : NULL;
}

static void name_text(int sig, const char *prefix, struct text *out)
{
	if (short_name(sig))
		text_printf(out, "%s%s", prefix, short_name(sig));
	else if (sig == LX_SIGRTMIN)
		text_printf(out, "%sRTMIN", prefix);
	else if (sig > LX_SIGRTMIN && sig <= LX_NSIG)
		text_printf(out, "%sRT_%d", prefix, sig - LX_SIGRTMIN);
	else
		text_printf(out, "%d", sig);
}

void trace_signal_name(int sig, struct text *out)
{
	name_text(sig, "SIG", out);
}

/* [INT CHLD]; ~[KILL STOP] when two thirds are in. */
static void sigset_text(lx_sigset_t set, struct text *out)
{
	const char *sep = "";
	bool inverted = __builtin_popcountll(set) >= LX_NSIG * 2 / 3;
	int sig;

	text_str(out, inverted ? "~[" : "[");
	for (sig = 1; sig <= LX_NSIG; sig++) {
		if (!(set & LX_SIGBIT(sig)) != inverted)
			continue;
		text_str(out, sep);
		name_text(sig, "", out);
		sep = " ";
	}
	text_str(out, "]");
}

bool trace_isigset(struct trace_args *ta, int i, struct text *out)
{
	lx_sigset_t set;

	if (trace_fetch(ta, i, &set, sizeof(set), out))
		sigset_text(set, out);
	return true;
}

bool trace_osigset(struct trace_args *ta, int i, struct text *out)
{
	lx_sigset_t set;

	if (trace_fetch_output(ta, i, &set, sizeof(set), out))
		sigset_text(set, out);
	return true;
}

static void sigaction_text(const struct lx_sigaction *act, struct text *out)
{
	text_str(out, "{sa_handler=");
	if (act->handler <= 1)
		text_str(out, act->handler ? "SIG_IGN" : "SIG_DFL");
	else
		text_printf(out, "0x%" PRIx64, act->handler);
	text_str(out, ", sa_mask=");
	sigset_text(act->mask, out);
	text_str(out, ", sa_flags=");
	text_flags(out, act->flags, trace_sa_flags, "0");
	if (act->flags & 0x04000000) {
		text_str(out, ", sa_restorer=");
		text_pointer(out, act->restorer);
	}
	text_str(out, "}");
}

bool trace_isigact(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sigaction act;

	if (trace_fetch(ta, i, &act, sizeof(act), out))
		sigaction_text(&act, out);
	return true;
}

bool trace_osigact(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sigaction act;

	if (trace_fetch_output(ta, i, &act, sizeof(act), out))
		sigaction_text(&act, out);
	return true;
}

static const struct code_name {
	int sig, code;
	const char *name;
} codes[] = {
	{ 0, LX_SI_USER, "SI_USER" },       { 0, LX_SI_KERNEL, "SI_KERNEL" },
	{ 0, LX_SI_QUEUE, "SI_QUEUE" },     { 0, LX_SI_TIMER, "SI_TIMER" },
	{ 0, LX_SI_TKILL, "SI_TKILL" },     { LX_SIGCHLD, 1, "CLD_EXITED" },
	{ LX_SIGCHLD, 2, "CLD_KILLED" },    { LX_SIGCHLD, 3, "CLD_DUMPED" },
	{ LX_SIGCHLD, 4, "CLD_TRAPPED" },   { LX_SIGCHLD, 5, "CLD_STOPPED" },
	{ LX_SIGCHLD, 6, "CLD_CONTINUED" }, { LX_SIGSEGV, 1, "SEGV_MAPERR" },
	{ LX_SIGSEGV, 2, "SEGV_ACCERR" },   { LX_SIGBUS, 1, "BUS_ADRALN" },
	{ LX_SIGBUS, 2, "BUS_ADRERR" },     { LX_SIGILL, 2, "ILL_ILLOPN" },
	{ LX_SIGFPE, 1, "FPE_INTDIV" },     { LX_SIGTRAP, 1, "TRAP_BRKPT" },
};

static void code_text(int sig, int code, struct text *out)
{
	size_t k;

	for (k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
		if ((!codes[k].sig || codes[k].sig == sig) && codes[k].code == code) {
			text_str(out, codes[k].name);
			return;
		}
	text_printf(out, "%d", code);
}

/* Clock ticks, and the seconds they are */
static void ticks_text(const char *name, int64_t ticks, struct text *out)
{
	text_printf(out, ", %s=%" PRId64, name, ticks);
	if (ticks)
		text_printf(out, " /* %" PRId64 ".%02" PRId64 " s */", ticks / 100, ticks % 100);
}

static void child_text(const struct lx_siginfo *info, struct text *out)
{
	text_printf(out, ", si_pid=%" PRId32 ", si_uid=%" PRIu32 ", si_status=", info->u.chld.pid,
		    info->u.chld.uid);
	if (info->si_code == LX_CLD_EXITED)
		text_printf(out, "%" PRId32, info->u.chld.status);
	else
		trace_signal_name(info->u.chld.status, out);
	ticks_text("si_utime", info->u.chld.utime, out);
	ticks_text("si_stime", info->u.chld.stime, out);
}

static bool is_fault(int sig)
{
	return sig == LX_SIGSEGV || sig == LX_SIGBUS || sig == LX_SIGILL || sig == LX_SIGFPE ||
	       sig == LX_SIGTRAP;
}

void trace_siginfo_text(const struct lx_siginfo *info, struct text *out)
{
	if (!info->si_signo) {
		text_str(out, "{}");
		return;
	}
	text_str(out, "{si_signo=");
	trace_signal_name(info->si_signo, out);
	text_str(out, ", si_code=");
	code_text(info->si_signo, info->si_code, out);
	if (info->si_code == LX_SI_TIMER) {
		text_printf(out, ", si_timerid=0x%" PRIx32 ", si_overrun=%" PRId32,
			    (uint32_t)info->u.timer.tid, info->u.timer.overrun);
	} else if (info->si_code <= 0) {
		text_printf(out, ", si_pid=%" PRId32 ", si_uid=%" PRIu32, info->u.rt.pid,
			    info->u.rt.uid);
		if (info->si_code == LX_SI_QUEUE && info->u.rt.value) {
			text_printf(out,
				    ", si_int=%" PRId32 ", si_ptr=", (int32_t)info->u.rt.value);
			text_pointer(out, info->u.rt.value);
		}
	} else if (info->si_code < LX_SI_KERNEL && info->si_signo == LX_SIGCHLD) {
		child_text(info, out);
	} else if (info->si_code < LX_SI_KERNEL && is_fault(info->si_signo)) {
		text_str(out, ", si_addr=");
		text_pointer(out, info->u.fault.addr);
	}
	text_str(out, "}");
}

bool trace_osiginfo(struct trace_args *ta, int i, struct text *out)
{
	struct lx_siginfo info;

	if (trace_fetch_output(ta, i, &info, sizeof(info), out))
		trace_siginfo_text(&info, out);
	return true;
}

void trace_signal_note(struct trace_args *ta, struct text *out)
{
	trace_signal_name((int)ta->result, out);
}

/* ---- stacks of handlers ---- */

static void stack_text(struct trace_args *ta, int i, bool output, struct text *out)
{
	static const struct flag_name flags[] = {
		{ 1, "SS_ONSTACK" }, { 2, "SS_DISABLE" }, { 1u << 31, "SS_AUTODISARM" }, { 0, NULL }
	};
	struct {
		uint64_t sp;
		uint32_t flags, pad;
		uint64_t size;
	} s;

	if (!(output ? trace_fetch_output : trace_fetch)(ta, i, &s, sizeof(s), out))
		return;
	text_str(out, "{ss_sp=");
	text_pointer(out, s.sp);
	text_str(out, ", ss_flags=");
	text_set(out, s.flags, flags, "0", "SS_");
	text_printf(out, ", ss_size=%" PRIu64 "}", s.size);
}

bool trace_istack(struct trace_args *ta, int i, struct text *out)
{
	stack_text(ta, i, false, out);
	return true;
}

bool trace_ostack(struct trace_args *ta, int i, struct text *out)
{
	stack_text(ta, i, true, out);
	return true;
}
