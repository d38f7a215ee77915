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

void trace_sockaddr_text(const struct lx_sockaddr *sa, uint32_t n, struct text *out)
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

	if (!ta->nrooms || !trace_ok(ta) ||
	    guest_copyin(ta->task, &len, SC_GPTR(ta->args, len_arg), sizeof(len)))
		return -1;
	return len;
}

/* [128 => 16] */
bool trace_osocklen(struct trace_args *ta, int i, struct text *out)
{
	int32_t len = came_back(ta, i);

	if (!ta->nrooms)
		text_pointer(out, SC_U64(ta->args, i));
	else if (len < 0 || len == ta->rooms[0])
		text_printf(out, "[%d]", (int)ta->rooms[0]);
	else
		text_printf(out, "[%d => %d]", (int)ta->rooms[0], (int)len);
	return true;
}

void trace_sockaddr_at(struct trace_args *ta, uint64_t va, int32_t len, struct text *out)
{
	uint32_t n = len < (int32_t)LX_SOCKADDR_MAX ? (uint32_t)len : LX_SOCKADDR_MAX;
	struct lx_sockaddr sa = { 0 };

	if (!va || len < (int32_t)sizeof(sa.family) || guest_copyin(ta->task, &sa, GADDR(va), n))
		text_pointer(out, va);
	else
		trace_sockaddr_text(&sa, n, out);
}

/* An address that the call reads; its length is the next argument. */
bool trace_sockaddr(struct trace_args *ta, int i, struct text *out)
{
	trace_sockaddr_at(ta, SC_U64(ta->args, i), SC_I32(ta->args, i + 1), out);
	return true;
}

/* An address that the call fills in; where its length is, is the next argument. */
bool trace_osockaddr(struct trace_args *ta, int i, struct text *out)
{
	int32_t n = came_back(ta, i + 1);

	trace_sockaddr_at(ta, SC_U64(ta->args, i), n > ta->rooms[0] ? ta->rooms[0] : n, out);
	return true;
}
