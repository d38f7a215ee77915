/* SPDX-License-Identifier: MIT */
/* The third argument of fcntl and what the call returns, as the command in the second wants it. */
#include "trace_impl.h"
#include "lx/fcntl.h"
#include <inttypes.h>

/* clang-format off */
#define END { 0, NULL }

static const struct flag_name lock_types[] = {
	{ 0, "F_RDLCK" }, { 1, "F_WRLCK" }, { 2, "F_UNLCK" }, { 4, "F_EXLCK" }, { 8, "F_SHLCK" }, END
};
static const struct flag_name seals[] = {
	{ 1, "F_SEAL_SEAL" }, { 2, "F_SEAL_SHRINK" }, { 4, "F_SEAL_GROW" }, { 8, "F_SEAL_WRITE" },
	{ 0x10, "F_SEAL_FUTURE_WRITE" }, END
};
static const struct flag_name notifications[] = {
	{ 1, "DN_ACCESS" }, { 2, "DN_MODIFY" }, { 4, "DN_CREATE" }, { 8, "DN_DELETE" },
	{ 0x10, "DN_RENAME" }, { 0x20, "DN_ATTRIB" }, { 0x80000000, "DN_MULTISHOT" }, END
};
static const struct flag_name owners[] = {
	{ 0, "F_OWNER_TID" }, { 1, "F_OWNER_PID" }, { 2, "F_OWNER_PGRP" }, END
};
static const struct flag_name descriptor_flags[] = { { 1, "FD_CLOEXEC" }, END };
/* clang-format on */

/* A lock that was asked about has an owner in it. */
static void lock(struct trace_args *ta, int i, bool asked, struct text *out)
{
	struct lx_flock l;

	if (!(asked ? trace_fetch_output : trace_fetch)(ta, i, &l, sizeof(l), out))
		return;
	text_str(out, "{l_type=");
	text_choice(out, (uint16_t)l.l_type, lock_types, "F_");
	text_str(out, ", l_whence=");
	text_choice(out, (uint16_t)l.l_whence, trace_whence, "SEEK_");
	text_printf(out, ", l_start=%" PRId64 ", l_len=%" PRId64, l.l_start, l.l_len);
	if (asked)
		text_printf(out, ", l_pid=%" PRId32, l.l_pid);
	text_str(out, "}");
}

static void owner(struct trace_args *ta, int i, bool asked, struct text *out)
{
	int32_t o[2];

	if (!(asked ? trace_fetch_output : trace_fetch)(ta, i, o, sizeof(o), out))
		return;
	text_str(out, "{type=");
	text_choice(out, (uint32_t)o[0], owners, "F_OWNER_");
	text_printf(out, ", pid=%" PRId32 "}", o[1]);
}

/* Of the commands whose argument is a number or a set of flags; false: of another. */
static bool number(uint32_t cmd, uint64_t v, struct text *out)
{
	switch (cmd) {
	case LX_F_SETFD:
		text_flags(out, v, descriptor_flags, "0");
		return true;
	case LX_F_SETFL:
		trace_open_text((uint32_t)v, out);
		return true;
	case LX_F_DUPFD:
	case LX_F_DUPFD_CLOEXEC:
	case LX_F_SETOWN:
	case LX_F_SETPIPE_SZ:
		text_printf(out, "%" PRId32, (int32_t)v);
		return true;
	case LX_F_SETSIG:
		trace_signal_name((int)v, out);
		return true;
	case LX_F_SETLEASE:
		text_choice(out, v, lock_types, "F_");
		return true;
	case LX_F_NOTIFY:
		text_set(out, v & UINT32_MAX, notifications, "0", "DN_");
		return true;
	case LX_F_ADD_SEALS:
		text_set(out, v, seals, "0", "F_SEAL_");
		return true;
	default:
		return false;
	}
}

bool trace_fcntl_fills(uint32_t cmd)
{
	return cmd == LX_F_GETLK || cmd == LX_F_OFD_GETLK || cmd == LX_F_GETOWN_EX;
}

bool trace_fcntlarg(struct trace_args *ta, int i, struct text *out)
{
	uint32_t cmd = SC_U32(ta->args, i - 1);

	switch (cmd) {
	case LX_F_GETFD:
	case LX_F_GETFL:
	case LX_F_GETOWN:
	case LX_F_GETSIG:
	case LX_F_GETLEASE:
	case LX_F_GETPIPE_SZ:
	case LX_F_GET_SEALS:
		return false;
	case LX_F_SETLK:
	case LX_F_SETLKW:
	case LX_F_OFD_SETLK:
	case LX_F_OFD_SETLKW:
		lock(ta, i, false, out);
		return true;
	case LX_F_GETLK:
	case LX_F_OFD_GETLK:
		lock(ta, i, true, out);
		return true;
	case LX_F_SETOWN_EX:
	case LX_F_GETOWN_EX:
		owner(ta, i, cmd == LX_F_GETOWN_EX, out);
		return true;
	default:
		if (!number(cmd, SC_U64(ta->args, i), out))
			text_printf(out, "%#" PRIx64, SC_U64(ta->args, i));
		return true;
	}
}

/* What the result means: "0x1 (flags FD_CLOEXEC)". */
void trace_fcntl_result(struct trace_args *ta, struct text *out)
{
	uint64_t v = (uint64_t)ta->result;

	switch (SC_U32(ta->args, 1)) {
	case LX_F_GETFD:
		text_printf(out, "%#" PRIx64, v);
		if (v & LX_FD_CLOEXEC)
			text_str(out, " (flags FD_CLOEXEC)");
		break;
	case LX_F_GETFL:
		text_printf(out, "%#" PRIx64 " (flags ", v);
		trace_open_text((uint32_t)v, out);
		text_str(out, ")");
		break;
	case LX_F_GETLEASE:
		text_printf(out, "%#" PRIx64 " (", v);
		text_choice(out, v, lock_types, "F_");
		text_str(out, ")");
		break;
	case LX_F_GET_SEALS:
		text_printf(out, "%#" PRIx64, v);
		if (v) {
			text_str(out, " (seals ");
			text_flags(out, v, seals, "");
			text_str(out, ")");
		}
		break;
	case LX_F_GETSIG:
		text_printf(out, "%" PRId64, ta->result);
		if (v) {
			text_str(out, " (");
			trace_signal_name((int)v, out);
			text_str(out, ")");
		}
		break;
	default:
		text_printf(out, "%" PRId64, ta->result);
		if (SC_U32(ta->args, 1) == LX_F_DUPFD || SC_U32(ta->args, 1) == LX_F_DUPFD_CLOEXEC)
			trace_fd_text(ta, (int)ta->result, out);
	}
}
