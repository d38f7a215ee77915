/* SPDX-License-Identifier: MIT */
/* Arguments of the calls that make processes and tell about them: clone3, prctl. */
#include "trace_impl.h"
#include "lx/types.h"
#include <inttypes.h>
#include <string.h>

/* clang-format off */
static const struct flag_name capabilities[] = {
#define CAP(nr, name) { nr, "CAP_" #name }
	/* in the order of their numbers, without a gap */
	CAP(0, CHOWN), CAP(1, DAC_OVERRIDE), CAP(2, DAC_READ_SEARCH), CAP(3, FOWNER), CAP(4, FSETID),
	CAP(5, KILL), CAP(6, SETGID), CAP(7, SETUID), CAP(8, SETPCAP), CAP(9, LINUX_IMMUTABLE),
	CAP(10, NET_BIND_SERVICE), CAP(11, NET_BROADCAST), CAP(12, NET_ADMIN), CAP(13, NET_RAW),
	CAP(14, IPC_LOCK), CAP(15, IPC_OWNER), CAP(16, SYS_MODULE), CAP(17, SYS_RAWIO),
	CAP(18, SYS_CHROOT), CAP(19, SYS_PTRACE), CAP(20, SYS_PACCT), CAP(21, SYS_ADMIN),
	CAP(22, SYS_BOOT), CAP(23, SYS_NICE), CAP(24, SYS_RESOURCE), CAP(25, SYS_TIME),
	CAP(26, SYS_TTY_CONFIG), CAP(27, MKNOD), CAP(28, LEASE), CAP(29, AUDIT_WRITE),
	CAP(30, AUDIT_CONTROL), CAP(31, SETFCAP), CAP(32, MAC_OVERRIDE), CAP(33, MAC_ADMIN),
	CAP(34, SYSLOG), CAP(35, WAKE_ALARM), CAP(36, BLOCK_SUSPEND), CAP(37, AUDIT_READ),
	CAP(38, PERFMON), CAP(39, BPF), CAP(40, CHECKPOINT_RESTORE), { 0, NULL }
#undef CAP
};
static const struct flag_name dumpable[] = {
	{ 0, "SUID_DUMP_DISABLE" }, { 1, "SUID_DUMP_USER" }, { 2, "SUID_DUMP_ROOT" }, { 0, NULL }
};
static const struct flag_name ambient[] = {
	{ 1, "PR_CAP_AMBIENT_IS_SET" }, { 2, "PR_CAP_AMBIENT_RAISE" },
	{ 3, "PR_CAP_AMBIENT_LOWER" }, { 4, "PR_CAP_AMBIENT_CLEAR_ALL" }, { 0, NULL }
};
static const struct flag_name securebits[] = {
	{ 1, "SECBIT_NOROOT" }, { 2, "SECBIT_NOROOT_LOCKED" }, { 4, "SECBIT_NO_SETUID_FIXUP" },
	{ 8, "SECBIT_NO_SETUID_FIXUP_LOCKED" }, { 0x10, "SECBIT_KEEP_CAPS" },
	{ 0x20, "SECBIT_KEEP_CAPS_LOCKED" }, { 0x40, "SECBIT_NO_CAP_AMBIENT_RAISE" },
	{ 0x80, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED" }, { 0, NULL }
};
/*
 * How the arguments behind prctl's first are shown: u number, x hexadecimal, s signal, d dumpable, c capability,
 * a ambient operation, b secure bits, n name, N name that is filled in, i number that is filled in.
 */
static const struct {
	uint32_t option;
	const char *how;
} prctls[] = {
	{ 1, "s" }, { 2, "i" }, { 3, "" }, { 4, "d" }, { 7, "" }, { 8, "u" }, { 13, "" }, { 14, "u" },
	{ 15, "n" }, { 16, "N" }, { 21, "" }, { 23, "c" }, { 24, "c" }, { 27, "" }, { 28, "b" }, { 29, "u" },
	{ 30, "" }, { 36, "u" }, { 37, "i" }, { 38, "uuuu" }, { 39, "uuuu" }, { 41, "uuuu" },
	{ 42, "uuuu" }, { 47, "acuu" },
};
/* clang-format on */

const char *trace_capability_name(uint32_t capability)
{
	return capability <= 40 ? capabilities[capability].name : NULL;
}

static const char *how_of(uint32_t option)
{
	size_t k;

	for (k = 0; k < sizeof(prctls) / sizeof(prctls[0]); k++)
		if (prctls[k].option == option)
			return prctls[k].how;
	return "xxxx";
}

bool trace_prctl_fills(uint32_t option)
{
	return *how_of(option) == 'i' || *how_of(option) == 'N';
}

/* A choice whose unknown values stand bare. */
static void put_capability(uint64_t value, bool bare, struct text *out)
{
	if (bare && value > 40)
		text_printf(out, "%#" PRIx64, value);
	else
		text_choice(out, value, capabilities, "CAP_");
}

bool trace_prctlarg(struct trace_args *ta, int i, struct text *out)
{
	const char *how = how_of(SC_U32(ta->args, 0));
	uint64_t value = SC_U64(ta->args, i);
	char what = (size_t)i <= strlen(how) ? how[i - 1] : 0;
	bool raises = SC_U64(ta->args, 1) >= 1 && SC_U64(ta->args, 1) <= 3;

	switch (what) {
	case 'u':
		text_printf(out, "%" PRIu64, value);
		break;
	case 'x':
		text_printf(out, "%#" PRIx64, value);
		break;
	case 's':
		trace_signal_name((int)value, out);
		break;
	case 'd':
		text_choice(out, (uint32_t)value, dumpable, "SUID_DUMP_");
		break;
	case 'a':
		text_choice(out, (uint32_t)value, ambient, "PR_CAP_AMBIENT_");
		break;
	case 'b':
		text_flags(out, value, securebits, "0");
		break;
	case 'c':
		if (i == 2 && !raises)
			text_printf(out, "%#" PRIx64, value);
		else
			put_capability(value, i == 2, out);
		break;
	case 'i':
		return trace_oint(ta, i, out);
	case 'n':
	case 'N':
		if (what == 'n' || trace_ok(ta))
			trace_string(ta, value, 16, out);
		else
			text_pointer(out, value);
		break;
	default:
		return false;
	}
	return true;
}

static void put_pointer(struct text *out, const char *name, uint64_t value)
{
	text_printf(out, ", %s=", name);
	text_pointer(out, value);
}

static void put_clone3_results(struct trace_args *ta, const struct lx_clone_args *a,
			       struct text *out)
{
	const char *open = " => {";
	int32_t pidfd;

	if (a->flags & LX_CLONE_PIDFD &&
	    !guest_copyin(ta->task, &pidfd, (gaddr_t){ a->pidfd }, sizeof(pidfd))) {
		text_printf(out, "%spidfd=[%d]", open, (int)pidfd);
		open = ", ";
	}
	if (a->flags & LX_CLONE_PARENT_SETTID) {
		text_printf(out, "%sparent_tid=[%" PRId64 "]", open, ta->result);
		open = ", ";
	}
	if (*open == ',')
		text_str(out, "}");
}

/* "{flags=..., exit_signal=SIGCHLD, stack=NULL, stack_size=0} => {parent_tid=[7]}" */
bool trace_clone3(struct trace_args *ta, int i, struct text *out)
{
	struct lx_clone_args a = { 0 };
	uint64_t size = SC_U64(ta->args, i + 1);

	if (size < 64 ||
	    guest_copyin(ta->task, &a, SC_GPTR(ta->args, i), size < sizeof(a) ? size : sizeof(a))) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	text_str(out, "{flags=");
	text_flags(out, a.flags, trace_clone_flags, "0");
	if (a.flags & LX_CLONE_PIDFD)
		put_pointer(out, "pidfd", a.pidfd);
	if (a.flags & (LX_CLONE_CHILD_SETTID | LX_CLONE_CHILD_CLEARTID))
		put_pointer(out, "child_tid", a.child_tid);
	if (a.flags & LX_CLONE_PARENT_SETTID)
		put_pointer(out, "parent_tid", a.parent_tid);
	text_str(out, ", exit_signal=");
	if (a.exit_signal)
		trace_signal_name((int)a.exit_signal, out);
	else
		text_str(out, "0");
	put_pointer(out, "stack", a.stack);
	text_printf(out, ", stack_size=%#" PRIx64, a.stack_size);
	if (a.flags & LX_CLONE_SETTLS)
		put_pointer(out, "tls", a.tls);
	if (a.flags & LX_CLONE_INTO_CGROUP)
		text_printf(out, ", cgroup=%" PRIu64, a.cgroup);
	text_str(out, "}");
	if (ta->result > 0)
		put_clone3_results(ta, &a, out);
	return true;
}
