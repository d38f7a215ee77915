/* SPDX-License-Identifier: MIT */
/* Arguments and results of poll, select and epoll, as strace shows them. */
#include "trace_impl.h"
#include <inttypes.h>

static void pollfds_text(const struct lx_pollfd *fds, uint32_t n, bool revents, struct text *out)
{
	const char *sep = "[";
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (revents && !fds[i].revents)
			continue;
		text_printf(out, "%s{fd=%" PRId32 ", %s=", sep, fds[i].fd,
			    revents ? "revents" : "events");
		text_flags(out, (uint16_t)(revents ? fds[i].revents : fds[i].events), trace_poll,
			   "0");
		text_str(out, "}");
		sep = ", ";
	}
	text_str(out, *sep == '[' ? "[]" : "]");
}

/* What is left of the timeout at argument i: the call has written it there. */
static void left_note(struct trace_args *ta, int i)
{
	if (ta->result <= 0 || gaddr_null(SC_GPTR(ta->args, i)))
		return;
	text_str(&ta->note, ta->note.len ? ", left " : "left ");
	if (ta->args->nr == NR_select)
		trace_itimeval(ta, i, &ta->note);
	else
		trace_itimespec(ta, i, &ta->note);
}

void trace_poll_note(struct trace_args *ta)
{
	struct lx_pollfd fds[MAX_ELEMENTS];
	uint32_t n = SC_U32(ta->args, 1);

	if (ta->result == 0)
		text_str(&ta->note, "Timeout");
	else if (ta->result > 0 && n <= MAX_ELEMENTS &&
		 !guest_copyin(ta->task, fds, SC_GPTR(ta->args, 0), n * sizeof(fds[0])))
		pollfds_text(fds, n, true, &ta->note);
	if (ta->args->nr == NR_ppoll)
		left_note(ta, 2);
}

/* in [3], out [4]: the sets that the call left. */
void trace_select_note(struct trace_args *ta)
{
	static const char *const names[] = { "in ", "out ", "except " };
	struct text set = { 0 };
	int i;

	if (ta->result == 0)
		text_str(&ta->note, "Timeout");
	for (i = 1; ta->result > 0 && i <= 3; i++) {
		if (gaddr_null(SC_GPTR(ta->args, i)))
			continue;
		set.len = 0;
		trace_fdset(ta, i, &set);
		if (set.len > 2) {
			text_str(&ta->note, ta->note.len ? ", " : "");
			text_str(&ta->note, names[i - 1]);
			text_put(&ta->note, set.data, set.len);
		}
	}
	text_free(&set);
	left_note(ta, 4);
}

bool trace_pollfds(struct trace_args *ta, int i, struct text *out)
{
	struct lx_pollfd fds[MAX_ELEMENTS];
	uint32_t n = SC_U32(ta->args, i + 1);

	if (n > MAX_ELEMENTS)
		text_pointer(out, SC_U64(ta->args, i));
	else if (trace_fetch(ta, i, fds, n * sizeof(fds[0]), out))
		pollfds_text(fds, n, false, out);
	return true;
}

bool trace_fdset(struct trace_args *ta, int i, struct text *out)
{
	int64_t n = SC_I32(ta->args, 0), fd;
	uint8_t bits[128];
	const char *sep = "";

	if (n < 0)
		n = 0;
	if (n > 1024)
		n = 1024;
	if (!n) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (!trace_fetch(ta, i, bits, (size_t)(n + 63) / 64 * 8, out))
		return true;
	text_str(out, "[");
	for (fd = 0; fd < n; fd++)
		if (bits[fd / 8] >> (fd % 8) & 1) {
			text_printf(out, "%s%" PRId64, sep, fd);
			sep = " ";
		}
	text_str(out, "]");
	return true;
}

static void epoll_event_text(const struct lx_epoll_event *e, struct text *out)
{
	text_str(out, "{events=");
	text_flags(out, e->events, trace_epoll, "0");
	text_printf(out, ", data={u32=%" PRIu32 ", u64=%" PRIu64 "}}", (uint32_t)e->data, e->data);
}

bool trace_iepoll(struct trace_args *ta, int i, struct text *out)
{
	struct lx_epoll_event e;

	if (trace_fetch(ta, i, &e, sizeof(e), out))
		epoll_event_text(&e, out);
	return true;
}

bool trace_oepoll(struct trace_args *ta, int i, struct text *out)
{
	struct lx_epoll_event e[MAX_ELEMENTS];
	int64_t n = ta->result < MAX_ELEMENTS ? ta->result : MAX_ELEMENTS, k;

	if (ta->result > 0 && !trace_fetch_output(ta, i, e, (size_t)n * sizeof(e[0]), out))
		return true;
	if (!trace_ok(ta)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	text_str(out, "[");
	for (k = 0; k < n; k++) {
		if (k)
			text_str(out, ", ");
		epoll_event_text(&e[k], out);
	}
	text_str(out, ta->result > n ? ", ...]" : "]");
	return true;
}

/* pselect6: {sigmask=[USR1], sigsetsize=8} */
bool trace_imask(struct trace_args *ta, int i, struct text *out)
{
	uint64_t mask[2]; /* where, and how long */
	struct sc_args at = { .nr = ta->args->nr };
	struct trace_args sub = *ta;

	if (!trace_fetch(ta, i, mask, sizeof(mask), out))
		return true;
	at.a[0] = mask[0];
	sub.args = &at;
	text_str(out, "{sigmask=");
	if (mask[1] == sizeof(lx_sigset_t))
		trace_isigset(&sub, 0, out);
	else
		text_pointer(out, mask[0]);
	text_printf(out, ", sigsetsize=%" PRIu64 "}", mask[1]);
	return true;
}
