/* SPDX-License-Identifier: MIT */
/* Arguments of ptrace, as strace shows them. */
#include "trace_impl.h"
#include "lx/ptrace.h"
#include <inttypes.h>
#include <string.h>

/* clang-format off */
#define END { 0, NULL }

const struct flag_name trace_ptrace[] = {
	{ 0, "PTRACE_TRACEME" }, { 1, "PTRACE_PEEKTEXT" }, { 2, "PTRACE_PEEKDATA" },
	{ 3, "PTRACE_PEEKUSER" }, { 4, "PTRACE_POKETEXT" }, { 5, "PTRACE_POKEDATA" },
	{ 6, "PTRACE_POKEUSER" }, { 7, "PTRACE_CONT" }, { 8, "PTRACE_KILL" },
	{ 9, "PTRACE_SINGLESTEP" }, { 12, "PTRACE_GETREGS" }, { 13, "PTRACE_SETREGS" },
	{ 14, "PTRACE_GETFPREGS" }, { 15, "PTRACE_SETFPREGS" }, { 16, "PTRACE_ATTACH" },
	{ 17, "PTRACE_DETACH" }, { 21, "PTRACE_OLDSETOPTIONS" }, { 24, "PTRACE_SYSCALL" },
	{ 33, "PTRACE_SINGLEBLOCK" }, { 0x4200, "PTRACE_SETOPTIONS" },
	{ 0x4201, "PTRACE_GETEVENTMSG" }, { 0x4202, "PTRACE_GETSIGINFO" },
	{ 0x4203, "PTRACE_SETSIGINFO" }, { 0x4204, "PTRACE_GETREGSET" },
	{ 0x4205, "PTRACE_SETREGSET" }, { 0x4206, "PTRACE_SEIZE" }, { 0x4207, "PTRACE_INTERRUPT" },
	{ 0x4208, "PTRACE_LISTEN" }, { 0x420a, "PTRACE_GETSIGMASK" },
	{ 0x420b, "PTRACE_SETSIGMASK" }, { 0x420e, "PTRACE_GET_SYSCALL_INFO" }, END
};
const struct flag_name trace_other_ptrace[] = {
	{ 18, "PTRACE_GETFPXREGS" }, { 19, "PTRACE_SETFPXREGS" }, { 25, "PTRACE_GET_THREAD_AREA" },
	{ 26, "PTRACE_SET_THREAD_AREA" }, { 30, "PTRACE_ARCH_PRCTL" }, { 31, "PTRACE_SYSEMU" },
	{ 32, "PTRACE_SYSEMU_SINGLESTEP" }, { 0x4209, "PTRACE_PEEKSIGINFO" },
	{ 0x420c, "PTRACE_SECCOMP_GET_FILTER" }, { 0x420d, "PTRACE_SECCOMP_GET_METADATA" }, END
};
static const struct flag_name options[] = {
	{ LX_PTRACE_O_TRACESYSGOOD, "PTRACE_O_TRACESYSGOOD" },
	{ LX_PTRACE_O_TRACEFORK, "PTRACE_O_TRACEFORK" },
	{ LX_PTRACE_O_TRACEVFORK, "PTRACE_O_TRACEVFORK" },
	{ LX_PTRACE_O_TRACECLONE, "PTRACE_O_TRACECLONE" },
	{ LX_PTRACE_O_TRACEEXEC, "PTRACE_O_TRACEEXEC" },
	{ LX_PTRACE_O_TRACEVFORKDONE, "PTRACE_O_TRACEVFORKDONE" },
	{ LX_PTRACE_O_TRACEEXIT, "PTRACE_O_TRACEEXIT" },
	{ LX_PTRACE_O_TRACESECCOMP, "PTRACE_O_TRACESECCOMP" },
	{ LX_PTRACE_O_EXITKILL, "PTRACE_O_EXITKILL" },
	{ 0x200000, "PTRACE_O_SUSPEND_SECCOMP" }, END
};
static const struct flag_name notes[] = {
	{ LX_NT_PRSTATUS, "NT_PRSTATUS" }, { LX_NT_PRFPREG, "NT_FPREGSET" },
	{ 0x201, "NT_386_IOPERM" }, { 0x202, "NT_X86_XSTATE" }, END
};
/* What is where in struct user. */
static const struct flag_name user_fields[] = {
	{ 0, "8*R15" }, { 8, "8*R14" }, { 16, "8*R13" }, { 24, "8*R12" }, { 32, "8*RBP" },
	{ 40, "8*RBX" }, { 48, "8*R11" }, { 56, "8*R10" }, { 64, "8*R9" }, { 72, "8*R8" },
	{ 80, "8*RAX" }, { 88, "8*RCX" }, { 96, "8*RDX" }, { 104, "8*RSI" }, { 112, "8*RDI" },
	{ 120, "8*ORIG_RAX" }, { 128, "8*RIP" }, { 136, "8*CS" }, { 144, "8*EFLAGS" },
	{ 152, "8*RSP" }, { 160, "8*SS" }, { 216, "offsetof(struct user, u_fpvalid)" },
	{ 224, "offsetof(struct user, i387)" }, { 736, "offsetof(struct user, u_tsize)" },
	{ 744, "offsetof(struct user, u_dsize)" }, { 752, "offsetof(struct user, u_ssize)" },
	{ 760, "offsetof(struct user, start_code)" }, { 768, "offsetof(struct user, start_stack)" },
	{ 776, "offsetof(struct user, signal)" }, { 784, "offsetof(struct user, reserved)" },
	{ 792, "offsetof(struct user, u_ar0)" }, { 800, "offsetof(struct user, u_fpstate)" },
	{ 808, "offsetof(struct user, magic)" }, { 816, "offsetof(struct user, u_comm)" },
	{ 848, "offsetof(struct user, u_debugreg)" }, { 912, "sizeof(struct user)" }, END
};

/* How a request shows what it is given; the default is an address. */
enum address { POINTER, NOTHING, USER, UNSHOWN, NOTE, DECIMAL };
enum data { VALUE, NO_DATA, SIGNAL, OPTIONS, WORD_OUT, NUMBER_OUT, REGS_OUT, REGS_IN, FPREGS_OUT,
	    FPREGS_IN, SIGINFO_OUT, SIGINFO_IN, SET_OUT, SET_IN, REGSET_OUT, REGSET_IN, CALL_OUT };
static const struct form {
	uint32_t request;
	enum address address;
	enum data data;
} forms[] = {
	{ LX_PTRACE_TRACEME, NOTHING, NO_DATA }, { LX_PTRACE_ATTACH, NOTHING, NO_DATA },
	{ LX_PTRACE_KILL, NOTHING, NO_DATA }, { LX_PTRACE_INTERRUPT, NOTHING, NO_DATA },
	{ LX_PTRACE_LISTEN, NOTHING, NO_DATA }, { LX_PTRACE_PEEKTEXT, POINTER, WORD_OUT },
	{ LX_PTRACE_PEEKDATA, POINTER, WORD_OUT }, { LX_PTRACE_PEEKUSR, USER, WORD_OUT },
	{ LX_PTRACE_POKEUSR, USER, VALUE }, { LX_PTRACE_CONT, POINTER, SIGNAL },
	{ LX_PTRACE_DETACH, POINTER, SIGNAL }, { LX_PTRACE_SYSCALL, POINTER, SIGNAL },
	{ LX_PTRACE_SINGLESTEP, POINTER, SIGNAL }, { LX_PTRACE_SINGLEBLOCK, POINTER, SIGNAL },
	{ 31, POINTER, SIGNAL }, { 32, POINTER, SIGNAL }, { LX_PTRACE_SEIZE, POINTER, OPTIONS },
	{ LX_PTRACE_SETOPTIONS, POINTER, OPTIONS }, { LX_PTRACE_OLDSETOPTIONS, POINTER, OPTIONS },
	{ LX_PTRACE_GETEVENTMSG, POINTER, NUMBER_OUT }, { LX_PTRACE_GETREGS, UNSHOWN, REGS_OUT },
	{ LX_PTRACE_SETREGS, UNSHOWN, REGS_IN }, { LX_PTRACE_GETFPREGS, UNSHOWN, FPREGS_OUT },
	{ LX_PTRACE_SETFPREGS, UNSHOWN, FPREGS_IN }, { LX_PTRACE_GETSIGINFO, POINTER, SIGINFO_OUT },
	{ LX_PTRACE_SETSIGINFO, POINTER, SIGINFO_IN }, { LX_PTRACE_GETSIGMASK, DECIMAL, SET_OUT },
	{ LX_PTRACE_SETSIGMASK, DECIMAL, SET_IN }, { LX_PTRACE_GETREGSET, NOTE, REGSET_OUT },
	{ LX_PTRACE_SETREGSET, NOTE, REGSET_IN }, { LX_PTRACE_GET_SYSCALL_INFO, DECIMAL, CALL_OUT },
	{ 0x420c, DECIMAL, VALUE }, { 0x420d, DECIMAL, VALUE },
};
/* clang-format on */

static const struct form *form_of(const struct trace_args *ta)
{
	static const struct form other = { 0, POINTER, VALUE };
	size_t k;

	for (k = 0; k < sizeof(forms) / sizeof(forms[0]); k++)
		if (forms[k].request == SC_U32(ta->args, 0))
			return &forms[k];
	return &other;
}

bool trace_ptrace_fills(const struct trace_args *ta)
{
	return form_of(ta)->data >= WORD_OUT;
}

bool trace_ptracepid(struct trace_args *ta, int i, struct text *out)
{
	if (SC_U32(ta->args, 0) == LX_PTRACE_TRACEME)
		return false;
	text_printf(out, "%" PRId32, SC_I32(ta->args, i));
	return true;
}

static void user_text(uint64_t at, struct text *out)
{
	const struct flag_name *n = user_fields;

	while (n[1].name && n[1].value <= at)
		n++;
	if (at > LX_USER_SIZE)
		text_printf(out, "%#" PRIx64, at);
	else if (at == n->value)
		text_str(out, n->name);
	else
		text_printf(out, "%s+%" PRIu64, n->name, at - n->value);
}

bool trace_ptraceaddr(struct trace_args *ta, int i, struct text *out)
{
	uint64_t v = SC_U64(ta->args, i);

	switch (form_of(ta)->address) {
	case NOTHING:
	case UNSHOWN:
		return false;
	case USER:
		user_text(v, out);
		break;
	case NOTE:
		text_choice(out, v, notes, "NT_");
		break;
	case DECIMAL:
		text_printf(out, "%" PRIu64, v);
		break;
	case POINTER:
		text_pointer(out, v);
	}
	return true;
}

/* Registers, as far as size bytes go. */
static void regs_text(const struct lx_user_regs *r, uint64_t size, struct text *out)
{
	static const char *const names[] = { "r15",    "r14", "r13", "r12",      "rbp",     "rbx",
					     "r11",    "r10", "r9",  "r8",       "rax",     "rcx",
					     "rdx",    "rsi", "rdi", "orig_rax", "rip",     "cs",
					     "eflags", "rsp", "ss",  "fs_base",  "gs_base", "ds",
					     "es",     "fs",  "gs" };
	uint64_t values[sizeof(*r) / 8], k;

	memcpy(values, r, sizeof(values));
	text_str(out, "{");
	for (k = 0; k < sizeof(values) / 8 && (k + 1) * 8 <= size; k++)
		text_printf(out, "%s%s=%#" PRIx64, k ? ", " : "", names[k], values[k]);
	text_str(out, "}");
}

static void words_text(const char *name, const uint32_t *words, uint64_t n, struct text *out)
{
	uint64_t k;

	text_printf(out, ", %s=[", name);
	for (k = 0; k < n && k < MAX_ELEMENTS; k++)
		text_printf(out, "%s%#" PRIx32, k ? ", " : "", words[k]);
	text_str(out, n > MAX_ELEMENTS ? ", ...]" : "]");
}

static void fpregs_text(const uint8_t *bytes, uint64_t size, struct text *out)
{
	struct {
		uint16_t cwd, swd, ftw, fop;
		uint64_t rip, rdp;
		uint32_t mxcsr, mxcr_mask, st[32], xmm[64], padding[24];
	} f = { 0 };
	const uint64_t xmm = offsetof(__typeof__(f), xmm),
		       padding = offsetof(__typeof__(f), padding);

	_Static_assert(sizeof(f) == LX_USER_FPREGS, "struct user_fpregs_struct");
	memcpy(&f, bytes, size < sizeof(f) ? size : sizeof(f));
	text_printf(out,
		    "{cwd=%#x, swd=%#x, ftw=%#x, fop=%#x, rip=%#" PRIx64 ", rdp=%#" PRIx64
		    ", mxcsr=%#" PRIx32 ", mxcr_mask=%#" PRIx32,
		    f.cwd, f.swd, f.ftw, f.fop, f.rip, f.rdp, f.mxcsr, f.mxcr_mask);
	words_text("st_space", f.st, 32, out);
	if (size > xmm)
		words_text("xmm_space", f.xmm, size < padding ? (size - xmm) / 4 : 64, out);
	if (size >= sizeof(f))
		words_text("padding", f.padding, 24, out);
	text_str(out, "}");
}

/* The struct at va of which size bytes are there; false: it cannot be read. */
static bool registers(struct trace_args *ta, uint64_t va, bool fp, uint64_t size, struct text *out)
{
	uint8_t bytes[LX_USER_FPREGS] = { 0 };
	uint64_t whole = fp ? LX_USER_FPREGS : sizeof(struct lx_user_regs);
	struct lx_user_regs regs;

	if (size > whole)
		size = whole;
	if (!va || guest_copyin(ta->task, bytes, GADDR(va), size)) {
		text_pointer(out, va);
		return false;
	}
	memcpy(&regs, bytes, sizeof(regs));
	if (fp)
		fpregs_text(bytes, size, out);
	else
		regs_text(&regs, size, out);
	return true;
}

static void regset(struct trace_args *ta, int i, bool known, struct text *out)
{
	struct lx_iovec v;
	uint64_t note = SC_U64(ta->args, 2);
	bool shown;

	if (!trace_fetch(ta, i, &v, sizeof(v), out))
		return;
	shown = known && v.iov_len >= 32 && (note == LX_NT_PRSTATUS || note == LX_NT_PRFPREG);
	text_str(out, "{iov_base=");
	if (shown)
		registers(ta, v.iov_base, note == LX_NT_PRFPREG, v.iov_len, out);
	else
		text_pointer(out, v.iov_base);
	text_printf(out, ", iov_len=%" PRIu64 "}", v.iov_len);
}

static void syscall_info(struct trace_args *ta, int i, struct text *out)
{
	static const struct flag_name ops[] = { { 0, "PTRACE_SYSCALL_INFO_NONE" },
						{ 1, "PTRACE_SYSCALL_INFO_ENTRY" },
						{ 2, "PTRACE_SYSCALL_INFO_EXIT" },
						{ 3, "PTRACE_SYSCALL_INFO_SECCOMP" },
						END };
	struct lx_ptrace_syscall_info s = { 0 };
	uint64_t size = SC_U64(ta->args, 2) < sizeof(s) ? SC_U64(ta->args, 2) : sizeof(s);
	int k;

	if (size < 24 || !trace_ok(ta)) {
		text_pointer(out, SC_U64(ta->args, i));
		return;
	}
	if (!trace_fetch(ta, i, &s, size, out))
		return;
	text_str(out, "{op=");
	text_choice(out, s.op, ops, "PTRACE_SYSCALL_INFO_");
	text_str(out, ", arch=");
	if (s.arch == LX_AUDIT_ARCH_X86_64)
		text_str(out, "AUDIT_ARCH_X86_64");
	else
		text_printf(out, "%#" PRIx32, s.arch);
	text_printf(out, ", instruction_pointer=%#" PRIx64 ", stack_pointer=%#" PRIx64,
		    s.instruction_pointer, s.stack_pointer);
	if (s.op == LX_PTRACE_SYSCALL_INFO_ENTRY) {
		text_printf(out, ", entry={nr=%" PRIu64 ", args=[", s.entry.nr);
		for (k = 0; k < 6; k++)
			text_printf(out, "%s%#" PRIx64, k ? ", " : "", s.entry.args[k]);
		text_str(out, "]}");
	} else if (s.op == LX_PTRACE_SYSCALL_INFO_EXIT) {
		text_printf(out, ", exit={rval=%" PRId64 ", is_error=%u}", s.exit.rval,
			    s.exit.is_error);
	}
	text_str(out, "}");
}

static void word(struct trace_args *ta, int i, bool decimal, struct text *out)
{
	uint64_t v;

	if (!trace_fetch_output(ta, i, &v, sizeof(v), out))
		return;
	text_str(out, "[");
	if (decimal)
		text_printf(out, "%" PRIu64, v);
	else
		text_pointer(out, v);
	text_str(out, "]");
}

static void signal_info(struct trace_args *ta, int i, bool output, struct text *out)
{
	struct lx_siginfo info;

	if ((output ? trace_fetch_output : trace_fetch)(ta, i, &info, sizeof(info), out))
		trace_siginfo_text(&info, out);
}

static void filled(struct trace_args *ta, int i, enum data data, struct text *out)
{
	if (!trace_ok(ta) && (data == REGS_OUT || data == FPREGS_OUT)) {
		text_pointer(out, SC_U64(ta->args, i));
		return;
	}
	switch (data) {
	case WORD_OUT:
	case NUMBER_OUT:
		word(ta, i, data == NUMBER_OUT, out);
		break;
	case REGS_OUT:
	case REGS_IN:
	case FPREGS_OUT:
	case FPREGS_IN:
		registers(ta, SC_U64(ta->args, i), data == FPREGS_OUT || data == FPREGS_IN,
			  UINT64_MAX, out);
		break;
	case SIGINFO_OUT:
	case SIGINFO_IN:
		signal_info(ta, i, data == SIGINFO_OUT, out);
		break;
	case SET_OUT:
		trace_osigset(ta, i, out);
		break;
	case SET_IN:
		trace_isigset(ta, i, out);
		break;
	case REGSET_OUT:
	case REGSET_IN:
		regset(ta, i, data == REGSET_IN || trace_ok(ta), out);
		break;
	default:
		syscall_info(ta, i, out);
	}
}

bool trace_ptracedata(struct trace_args *ta, int i, struct text *out)
{
	uint64_t v = SC_U64(ta->args, i);
	enum data data = form_of(ta)->data;

	switch (data) {
	case NO_DATA:
		return false;
	case VALUE:
		text_pointer(out, v);
		break;
	case SIGNAL:
		trace_signal_name((int)v, out);
		break;
	case OPTIONS:
		text_set(out, v, options, "0", "PTRACE_O_");
		break;
	default:
		filled(ta, i, data, out);
	}
	return true;
}
