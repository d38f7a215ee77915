/* SPDX-License-Identifier: MIT */
/* trace_message.c - struct msghdr and arrays of struct mmsghdr, as strace shows them. */
#include "trace_impl.h"
#include "lx/socket.h"
#include <inttypes.h>

#define ALL UINT64_MAX

/* room: what msg_namelen was before the call filled it in; NULL: it is an input. */
static void header_text(struct trace_args *ta, const struct lx_msghdr *m, const int32_t *room,
			uint64_t bytes, struct text *out)
{
	int32_t len = (int32_t)m->namelen;

	text_str(out, "{msg_name=");
	trace_sockaddr_at(ta, m->name, room && len > *room ? *room : len, out);
	text_str(out, ", msg_namelen=");
	if (room && *room != len)
		text_printf(out, "%" PRId32 " => ", *room);
	text_printf(out, "%" PRId32 ", msg_iov=", len);
	trace_iov_text(ta, m->iov, m->iovlen, bytes, out);
	text_printf(out, ", msg_iovlen=%" PRIu64, m->iovlen);
	if (m->controllen) {
		text_str(out, ", msg_control=");
		trace_control_text(ta, m->control, m->controllen, out);
	}
	text_printf(out, ", msg_controllen=%" PRIu64 ", msg_flags=", m->controllen);
	trace_message_flags(m->flags, out);
	text_str(out, "}");
}

bool trace_imsghdr(struct trace_args *ta, int i, struct text *out)
{
	struct lx_msghdr m;

	if (trace_fetch(ta, i, &m, sizeof(m), out))
		header_text(ta, &m, NULL, ALL, out);
	return true;
}

/* Of a call that failed, what it was told is left. */
bool trace_omsghdr(struct trace_args *ta, int i, struct text *out)
{
	struct lx_msghdr m;

	if (!ta->nrooms)
		text_pointer(out, SC_U64(ta->args, i));
	else if (!trace_ok(ta))
		text_printf(out, "{msg_namelen=%" PRId32 "}", ta->rooms[0]);
	else if (trace_fetch(ta, i, &m, sizeof(m), out))
		header_text(ta, &m, &ta->rooms[0], (uint64_t)ta->result, out);
	return true;
}

static bool fetch_mmsghdr(struct trace_args *ta, int i, uint32_t k, struct lx_mmsghdr *mm)
{
	return !gaddr_null(SC_GPTR(ta->args, i)) &&
	       !guest_copyin(ta->task, mm, gaddr_add(SC_GPTR(ta->args, i), k * sizeof(*mm)),
			     sizeof(*mm));
}

/* The first n; done: those that have their msg_len. received: it is what counts of the vectors, too. */
static void headers_text(struct trace_args *ta, int i, uint32_t n, uint32_t done, bool received,
			 struct text *out)
{
	struct lx_mmsghdr mm;
	uint32_t k;

	if (n && !fetch_mmsghdr(ta, i, 0, &mm)) {
		text_pointer(out, SC_U64(ta->args, i));
		return;
	}
	text_str(out, "[");
	for (k = 0; k < n && k < MAX_ELEMENTS; k++) {
		if (!fetch_mmsghdr(ta, i, k, &mm)) {
			text_printf(out, ", ... /* 0x%" PRIx64 " */]",
				    SC_U64(ta->args, i) + k * sizeof(mm));
			return;
		}
		text_str(out, k ? ", {msg_hdr=" : "{msg_hdr=");
		header_text(ta, &mm.hdr, received && k < ta->nrooms ? &ta->rooms[k] : NULL,
			    received ? mm.len : ALL, out);
		if (k < done)
			text_printf(out, ", msg_len=%" PRIu32, mm.len);
		text_str(out, "}");
	}
	text_str(out, k < n ? ", ...]" : "]");
}

bool trace_immsghdr(struct trace_args *ta, int i, struct text *out)
{
	headers_text(ta, i, SC_U32(ta->args, i + 1), trace_ok(ta) ? (uint32_t)ta->result : 0, false,
		     out);
	return true;
}

bool trace_ommsghdr(struct trace_args *ta, int i, struct text *out)
{
	if (trace_ok(ta))
		headers_text(ta, i, (uint32_t)ta->result, (uint32_t)ta->result, true, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}

void trace_keep_message(struct trace_args *ta, int i)
{
	bool many = ta->args->nr == NR_recvmmsg;
	uint32_t n = many ? SC_U32(ta->args, i + 1) : 1;
	struct lx_mmsghdr mm;

	if (gaddr_null(SC_GPTR(ta->args, i)))
		return;
	for (; ta->nrooms < n && ta->nrooms < TRACE_MAX_ROOMS; ta->nrooms++) {
		gaddr_t at = gaddr_add(SC_GPTR(ta->args, i), ta->nrooms * sizeof(mm));

		if (guest_copyin(ta->task, &mm, at, many ? sizeof(mm) : sizeof(mm.hdr)))
			break;
		ta->rooms[ta->nrooms] = (int32_t)mm.hdr.namelen;
	}
}

/* recvmmsg's timeout, as it was. */
bool trace_ommtimeout(struct trace_args *ta, int i, struct text *out)
{
	if (ta->has_timeout)
		trace_timespec_text(&ta->timeout, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}

/* ... and what is left of it. */
void trace_message_note(struct trace_args *ta)
{
	if (!ta->result) {
		text_str(&ta->note, "Timeout");
	} else if (!gaddr_null(SC_GPTR(ta->args, 4))) {
		text_str(&ta->note, "left ");
		trace_itimespec(ta, 4, &ta->note);
	}
}
