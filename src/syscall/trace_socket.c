/* SPDX-License-Identifier: MIT */
/* trace_socket.c - addresses of sockets as strace writes them: {sa_family=AF_UNIX, sun_path="/run/x"}. */
#include "lx/socket.h"
#include "trace_impl.h"
#include <string.h>

static void unix_text(const struct lx_sockaddr *sa, uint32_t len, struct text *out)
{
	uint32_t n = len - (uint32_t)offsetof(struct lx_sockaddr, data);

	text_str(out, ", sun_path=");
	if (!sa->data[0] && n > 1) {
		text_str(out, "@");
		text_quoted(out, sa->data + 1, n - 1, n, false);
	} else {
		n = (uint32_t)strnlen(sa->data, n);
		text_quoted(out, sa->data, n, n, false);
	}
}

static void sockaddr_text(const struct lx_sockaddr *sa, uint32_t n, struct text *out)
{
	text_str(out, "{sa_family=");
	trace_family_text(sa->family, out);
	if (n > sizeof(sa->family)) {
		if (sa->family == LX_AF_UNIX) {
			unix_text(sa, n, out);
		} else if (!trace_inet_text(sa, n, out)) {
			text_str(out, ", sa_data=");
			text_quoted(out, sa->data, n - sizeof(sa->family), n, false);
		}
	}
	text_str(out, "}");
}

/* What came back, as far as there was room for it: its length, or -1 (it did not, or nobody can tell). */
static int32_t came_back(struct trace_args *ta, int len_arg)
{
	int32_t len;

	if (!ta->has_room || !trace_ok(ta) ||
	    guest_copyin(ta->task, &len, SC_GPTR(ta->args, len_arg), sizeof(len)))
		return -1;
	return len;
}

/* An address that the call fills in; where its length is, is the next argument. */
bool trace_osockaddr(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sockaddr sa = { 0 };
	int32_t n = came_back(ta, i + 1);

	if (n > ta->room)
		n = ta->room;
	if (n > (int32_t)LX_SOCKADDR_MAX)
		n = LX_SOCKADDR_MAX;
	if (n < (int32_t)sizeof(sa.family) ||
	    guest_copyin(ta->task, &sa, SC_GPTR(ta->args, i), (size_t)n))
		text_pointer(out, SC_U64(ta->args, i));
	else
		sockaddr_text(&sa, (uint32_t)n, out);
	return true;
}

/* [128 => 16] */
bool trace_osocklen(struct trace_args *ta, int i, struct text *out)
{
	int32_t len = came_back(ta, i);

	if (!ta->has_room)
		text_pointer(out, SC_U64(ta->args, i));
	else if (len < 0 || len == ta->room)
		text_printf(out, "[%d]", (int)ta->room);
	else
		text_printf(out, "[%d => %d]", (int)ta->room, (int)len);
	return true;
}

/* An option's value that is a number. */
bool trace_osockval(struct trace_args *ta, int i, struct text *out)
{
	int32_t n;

	if (came_back(ta, i + 1) != sizeof(n) ||
	    guest_copyin(ta->task, &n, SC_GPTR(ta->args, i), sizeof(n)))
		text_pointer(out, SC_U64(ta->args, i));
	else
		text_printf(out, "[%d]", (int)n);
	return true;
}

/* An address that the call reads; its length is the next argument. */
bool trace_sockaddr(struct trace_args *ta, int i, struct text *out)
{
	uint32_t len = SC_U32(ta->args, i + 1), n = len < LX_SOCKADDR_MAX ? len : LX_SOCKADDR_MAX;
	struct lx_sockaddr sa = { 0 };

	if (n < sizeof(sa.family)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (!trace_fetch(ta, i, &sa, n, out))
		return true;
	sockaddr_text(&sa, n, out);
	return true;
}
