/* SPDX-License-Identifier: MIT */
/* Arguments of calls on handles of files, on other processes and on the machine, as strace shows them. */
#include "trace_impl.h"
#include "lxrun/handle.h"
#include <inttypes.h>

/* ---- handles of files ---- */
#define HANDLE_MAX 128

static void handle_bytes(struct trace_args *ta, uint64_t va, uint32_t n, struct text *out)
{
	uint8_t bytes[HANDLE_MAX];
	uint32_t shown = n < HANDLE_MAX ? n : HANDLE_MAX, k;

	text_str(out, ", f_handle=");
	if (guest_copyin(ta->task, bytes, GADDR(va), shown)) {
		text_pointer(out, va);
		return;
	}
	text_str(out, "\"");
	for (k = 0; k < shown; k++)
		text_printf(out, "\\x%02x", bytes[k]);
	text_str(out, n > shown ? "\"..." : "\"");
}

bool trace_ihandle(struct trace_args *ta, int i, struct text *out)
{
	struct lx_file_handle h;

	if (!trace_fetch(ta, i, &h, sizeof(h), out))
		return true;
	text_printf(out, "{handle_bytes=%" PRIu32 ", handle_type=%" PRId32, h.handle_bytes,
		    h.handle_type);
	handle_bytes(ta, SC_U64(ta->args, i) + sizeof(h), h.handle_bytes, out);
	text_str(out, "}");
	return true;
}

/* What room there was, and what came: {handle_bytes=128 => 8, handle_type=1, f_handle="..."} */
bool trace_ohandle(struct trace_args *ta, int i, struct text *out)
{
	struct lx_file_handle h;
	bool told = trace_ok(ta) || ta->result == -LX_EOVERFLOW;

	if (!ta->nrooms || !trace_fetch(ta, i, &h, sizeof(h), out)) {
		if (!ta->nrooms)
			text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	text_printf(out, "{handle_bytes=%" PRIu32, (uint32_t)ta->rooms[0]);
	if (told && h.handle_bytes != (uint32_t)ta->rooms[0])
		text_printf(out, " => %" PRIu32, h.handle_bytes);
	if (trace_ok(ta)) {
		text_printf(out, ", handle_type=%" PRId32, h.handle_type);
		handle_bytes(ta, SC_U64(ta->args, i) + sizeof(h), h.handle_bytes, out);
	}
	text_str(out, "}");
	return true;
}

/* ---- other processes ---- */

bool trace_ovectors(struct trace_args *ta, int i, struct text *out)
{
	trace_iov_text(ta, SC_U64(ta->args, i), SC_U64(ta->args, i + 1),
		       trace_ok(ta) ? (uint64_t)ta->result : TRACE_ADDRESSES, out);
	return true;
}

/* The two last arguments of kcmp count for descriptors only. */
bool trace_kcmparg(struct trace_args *ta, int i, struct text *out)
{
	enum { FILE_OF = 0, LAST_WITHOUT = 6, EPOLL_TARGET = 7 };
	uint32_t what = SC_U32(ta->args, 2);

	if (what == FILE_OF || (what == EPOLL_TARGET && i == 3)) {
		text_printf(out, "%" PRId32, SC_I32(ta->args, i));
		trace_fd_text(ta, SC_I32(ta->args, i), out);
		return true;
	}
	if (what <= LAST_WITHOUT)
		return false;
	text_printf(out, "%#" PRIx64, SC_U64(ta->args, i));
	return true;
}

bool trace_ifutexes(struct trace_args *ta, int i, struct text *out)
{
	static const struct flag_name flags[] = { { 2, "FUTEX_32" },
						  { 0x80, "FUTEX_PRIVATE_FLAG" },
						  { 0, NULL } };
	struct {
		uint64_t value, address;
		uint32_t flags, reserved;
	} w[MAX_ELEMENTS];
	uint32_t n = SC_U32(ta->args, i + 1), shown = n < MAX_ELEMENTS ? n : MAX_ELEMENTS, k;

	if (!trace_fetch(ta, i, w, shown * sizeof(w[0]), out))
		return true;
	text_str(out, "[");
	for (k = 0; k < shown; k++) {
		text_printf(out, "%s{val=%#" PRIx64 ", uaddr=", k ? ", " : "", w[k].value);
		text_pointer(out, w[k].address);
		text_str(out, ", flags=");
		text_set(out, w[k].flags, flags, "0", "FUTEX_");
		if (w[k].reserved)
			text_printf(out, ", __reserved=%#" PRIx32, w[k].reserved);
		text_str(out, "}");
	}
	text_str(out, n > shown ? ", ...]" : "]");
	return true;
}

/* ---- the machine ---- */
#define REBOOT_RESTART2 0xa1b2c3d4u

bool trace_rebootarg(struct trace_args *ta, int i, struct text *out)
{
	if (SC_U32(ta->args, 2) != REBOOT_RESTART2)
		return false;
	return trace_path(ta, i, out);
}

/* What is asked of the log, and in a comment what that means. */
bool trace_logaction(struct trace_args *ta, int i, struct text *out)
{
	static const char *const names[] = { "CLOSE",       "OPEN",       "READ",
					     "READ_ALL",    "READ_CLEAR", "CLEAR",
					     "CONSOLE_OFF", "CONSOLE_ON", "CONSOLE_LEVEL",
					     "SIZE_UNREAD", "SIZE_BUFFER" };
	uint32_t v = SC_U32(ta->args, i);

	text_printf(out, "%" PRIu32 " /* SYSLOG_ACTION_%s */", v,
		    v < sizeof(names) / sizeof(names[0]) ? names[v] : "???");
	return true;
}

bool trace_log_fills(uint32_t action)
{
	return action >= 2 && action <= 4;
}

/* Those that have a buffer: reading, and setting a level. */
bool trace_logarg(struct trace_args *ta, int i, struct text *out)
{
	uint32_t action = SC_U32(ta->args, 0);
	bool reads = trace_log_fills(action);

	if (!reads && action <= 10 && !(action == 8 && i == 2))
		return false;
	if (i == 2)
		text_printf(out, "%" PRId32, SC_I32(ta->args, i));
	else if (reads && trace_ok(ta))
		trace_memory(ta, SC_U64(ta->args, i), (uint64_t)ta->result, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}
