/* SPDX-License-Identifier: MIT */
/* Arguments of mounts, of openat2, of splices and of old and new calls on file times and signals. */
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lx/mount.h"
#include "trace_control.h"
#include "lxrun/options.h"
#include <inttypes.h>

/* An argument that the call does not use here. */
bool trace_nothing(struct trace_args *ta, int i, struct text *out)
{
	return false;
}

/* Options of the file system as a text; the flags before it say when nobody looks at them. */
bool trace_mountdata(struct trace_args *ta, int i, struct text *out)
{
	const uint32_t unused = LX_MS_BIND | LX_MS_MOVE | LX_MS_SHARED | LX_MS_SLAVE |
				LX_MS_PRIVATE | LX_MS_UNBINDABLE;

	if (SC_U32(ta->args, i - 1) & unused)
		text_pointer(out, SC_U64(ta->args, i));
	else
		trace_string(ta, SC_U64(ta->args, i), trace_opt()->trace_strlen, out);
	return true;
}

/* ---- fsconfig(fd, command, key, value, aux) ---- */
enum { SET_FLAG, SET_STRING, SET_BINARY, SET_PATH, SET_PATH_EMPTY, SET_FD };

bool trace_fskey(struct trace_args *ta, int i, struct text *out)
{
	if (SC_U32(ta->args, 1) <= SET_FD)
		trace_string(ta, SC_U64(ta->args, i), 256, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}

static void hex_text(struct trace_args *ta, int i, uint32_t n, struct text *out)
{
	uint8_t bytes[MAX_ELEMENTS];
	uint32_t shown = n < sizeof(bytes) ? n : sizeof(bytes), k;

	if (!trace_fetch(ta, i, bytes, shown, out))
		return;
	text_str(out, "\"");
	for (k = 0; k < shown; k++)
		text_printf(out, "\\x%02x", bytes[k]);
	text_str(out, shown < n ? "\"..." : "\"");
}

bool trace_fsvalue(struct trace_args *ta, int i, struct text *out)
{
	switch (SC_U32(ta->args, 1)) {
	case SET_STRING:
		trace_string(ta, SC_U64(ta->args, i), trace_opt()->trace_strlen, out);
		break;
	case SET_PATH:
	case SET_PATH_EMPTY:
		trace_string(ta, SC_U64(ta->args, i), LX_PATH_MAX, out);
		break;
	case SET_BINARY:
		hex_text(ta, i, SC_U32(ta->args, i + 1), out);
		break;
	default:
		text_pointer(out, SC_U64(ta->args, i));
	}
	return true;
}

bool trace_fsaux(struct trace_args *ta, int i, struct text *out)
{
	uint32_t cmd = SC_U32(ta->args, 1);
	bool path = cmd == SET_PATH || cmd == SET_PATH_EMPTY;

	if (path && SC_I32(ta->args, i) == LX_AT_FDCWD) {
		text_str(out, "AT_FDCWD");
	} else {
		text_printf(out, "%" PRId32, SC_I32(ta->args, i));
		if (path || cmd == SET_FD)
			trace_fd_text(ta, SC_I32(ta->args, i), out);
	}
	return true;
}

bool trace_imountattr(struct trace_args *ta, int i, struct text *out)
{
	struct lx_mount_attr attr;

	if (SC_U64(ta->args, i + 1) < sizeof(attr)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (!trace_fetch(ta, i, &attr, sizeof(attr), out))
		return true;
	text_str(out, "{attr_set=");
	text_flags(out, attr.attr_set, trace_mount_attrs, "0");
	text_str(out, ", attr_clr=");
	text_flags(out, attr.attr_clr, trace_mount_attrs, "0");
	text_str(out, ", propagation=");
	text_flags(out, attr.propagation, trace_mount_flags, "0");
	text_printf(out, ", userns_fd=%" PRId32, (int32_t)attr.userns_fd);
	trace_fd_text(ta, (int)attr.userns_fd, out);
	text_str(out, SC_U64(ta->args, i + 1) > sizeof(attr) ? ", ...}" : "}");
	return true;
}

bool trace_iopenhow(struct trace_args *ta, int i, struct text *out)
{
	static const struct flag_name resolve[] = {
		{ 1, "RESOLVE_NO_XDEV" },
		{ 2, "RESOLVE_NO_MAGICLINKS" },
		{ 4, "RESOLVE_NO_SYMLINKS" },
		{ 8, "RESOLVE_BENEATH" },
		{ 0x10, "RESOLVE_IN_ROOT" },
		{ 0x20, "RESOLVE_CACHED" },
		{ 0, NULL },
	};
	struct lx_open_how how;

	if (SC_U64(ta->args, i + 1) < sizeof(how)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (!trace_fetch(ta, i, &how, sizeof(how), out))
		return true;
	text_str(out, "{flags=");
	trace_open_text((uint32_t)how.flags, out);
	if (how.flags & (LX_O_CREAT | (LX_O_TMPFILE & ~LX_O_DIRECTORY)) || how.mode)
		text_printf(out, ", mode=%#03" PRIo64, how.mode);
	text_str(out, ", resolve=");
	text_flags(out, how.resolve, resolve, "0");
	text_str(out, SC_U64(ta->args, i + 1) > sizeof(how) ? ", ...}" : "}");
	return true;
}

/* ---- times of files ---- */

bool trace_itimevals(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timeval tv[2];
	int k;

	if (!trace_fetch(ta, i, tv, sizeof(tv), out))
		return true;
	for (k = 0; k < 2; k++) {
		text_str(out, k ? ", " : "[");
		trace_timeval_text(&tv[k], out);
		if (!tv[k].tv_sec && !tv[k].tv_usec)
			continue;
		text_str(out, " /* ");
		trace_date_text(tv[k].tv_sec, tv[k].tv_usec * 1000, out);
		text_str(out, " */");
	}
	text_str(out, "]");
	return true;
}

bool trace_iutimbuf(struct trace_args *ta, int i, struct text *out)
{
	static const char *const names[] = { "{actime=", ", modtime=" };
	int64_t times[2];
	int k;

	if (!trace_fetch(ta, i, times, sizeof(times), out))
		return true;
	for (k = 0; k < 2; k++) {
		text_printf(out, "%s%" PRId64, names[k], times[k]);
		if (!times[k])
			continue;
		text_str(out, " /* ");
		trace_date_text(times[k], 0, out);
		text_str(out, " */");
	}
	text_str(out, "}");
	return true;
}

/* ---- others ---- */

/* Where in a file: [0] */
bool trace_iloff(struct trace_args *ta, int i, struct text *out)
{
	int64_t at;

	if (trace_fetch(ta, i, &at, sizeof(at), out))
		text_printf(out, "[%" PRId64 "]", at);
	return true;
}

bool trace_isiginfo(struct trace_args *ta, int i, struct text *out)
{
	struct lx_siginfo info;

	if (trace_fetch(ta, i, &info, sizeof(info), out))
		trace_siginfo_text(&info, out);
	return true;
}

/* Vectors of another process: their addresses. */
bool trace_iaddrs(struct trace_args *ta, int i, struct text *out)
{
	trace_iov_text(ta, SC_U64(ta->args, i), SC_U64(ta->args, i + 1), TRACE_ADDRESSES, out);
	return true;
}
