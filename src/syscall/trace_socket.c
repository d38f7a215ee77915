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
	text_str(out, "{sa_family=");
	trace_family_text(sa.family, out);
	if (n == sizeof(sa.family)) {
		text_str(out, "}");
		return true;
	}
	if (sa.family == LX_AF_UNIX) {
		unix_text(&sa, n, out);
	} else if (!trace_inet_text(&sa, n, out)) {
		text_str(out, ", sa_data=");
		text_quoted(out, sa.data, n - sizeof(sa.family), n, false);
	}
	text_str(out, "}");
	return true;
}
