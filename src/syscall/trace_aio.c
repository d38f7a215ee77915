/* SPDX-License-Identifier: MIT */
/* Requests of asynchronous I/O and their results, as strace shows them. */
#include "trace_impl.h"
#include "lx/aio.h"
#include <inttypes.h>

enum opcode { PREAD, PWRITE, FSYNC, FDSYNC, POLL = 5, NOOP, PREADV, PWRITEV };

static const struct flag_name opcodes[] = {
	{ PREAD, "IOCB_CMD_PREAD" },   { PWRITE, "IOCB_CMD_PWRITE" },   { FSYNC, "IOCB_CMD_FSYNC" },
	{ FDSYNC, "IOCB_CMD_FDSYNC" }, { POLL, "IOCB_CMD_POLL" },       { NOOP, "IOCB_CMD_NOOP" },
	{ PREADV, "IOCB_CMD_PREADV" }, { PWRITEV, "IOCB_CMD_PWRITEV" }, { 0, NULL },
};
static const struct flag_name iocb_flags[] = { { 1, "IOCB_FLAG_RESFD" },
					       { 2, "IOCB_FLAG_IOPRIO" },
					       { 0, NULL } };

/* aio_buf, and how much of it; an address where the call writes. */
static void buffer_text(struct trace_args *ta, const struct lx_iocb *cb, struct text *out)
{
	bool vector = cb->opcode == PREADV || cb->opcode == PWRITEV;

	text_str(out, ", aio_buf=");
	if (vector)
		trace_iov_text(ta, cb->buf, cb->nbytes,
			       cb->opcode == PREADV ? TRACE_ADDRESSES : UINT64_MAX, out);
	else if (cb->opcode == PWRITE)
		trace_memory(ta, cb->buf, cb->nbytes, out);
	else
		text_pointer(out, cb->buf);
	if (!vector)
		text_printf(out, ", aio_nbytes=%" PRIu64, cb->nbytes);
	text_printf(out, ", aio_offset=%" PRId64, cb->offset);
	if (cb->flags) {
		text_str(out, ", aio_flags=");
		text_set(out, cb->flags, iocb_flags, "0", "IOCB_FLAG_");
	} else if (cb->resfd) {
		text_printf(out, ", aio_resfd=%#" PRIx32, cb->resfd);
	}
	if (cb->flags & LX_IOCB_FLAG_RESFD) {
		text_printf(out, ", aio_resfd=%" PRId32, (int32_t)cb->resfd);
		trace_fd_text(ta, (int)cb->resfd, out);
	}
}

/* whole: with what is to be transferred. */
static void request_text(struct trace_args *ta, const struct lx_iocb *cb, bool whole,
			 struct text *out)
{
	text_str(out, "{");
	if (cb->data)
		text_printf(out, "aio_data=%#" PRIx64 ", ", cb->data);
	if (cb->key)
		text_printf(out, "aio_key=%" PRIu32 ", ", cb->key);
	if (cb->rw_flags) {
		text_str(out, "aio_rw_flags=");
		text_set(out, cb->rw_flags, trace_rwf, "0", "RWF_");
		text_str(out, ", ");
	}
	text_str(out, "aio_lio_opcode=");
	if (cb->opcode > PWRITEV || cb->opcode == 4)
		text_printf(out, "%u /* IOCB_CMD_??? */", cb->opcode);
	else
		text_choice(out, cb->opcode, opcodes, "IOCB_CMD_");
	if (cb->flags & LX_IOCB_FLAG_IOPRIO) {
		text_str(out, ", aio_reqprio=");
		trace_ioprio_text((uint16_t)cb->reqprio, out);
	} else if (cb->reqprio) {
		text_printf(out, ", aio_reqprio=%d", cb->reqprio);
	}
	text_printf(out, ", aio_fildes=%" PRId32, (int32_t)cb->fildes);
	trace_fd_text(ta, (int)cb->fildes, out);
	if (whole && (cb->opcode == PREAD || cb->opcode == PWRITE || cb->opcode == PREADV ||
		      cb->opcode == PWRITEV))
		buffer_text(ta, cb, out);
	text_str(out, "}");
}

/* One request. */
bool trace_iiocb(struct trace_args *ta, int i, struct text *out)
{
	struct lx_iocb cb;

	if (trace_fetch(ta, i, &cb, sizeof(cb), out))
		request_text(ta, &cb, false, out);
	return true;
}

/* A list of pointers to requests; how many stands before it. */
bool trace_iiocbs(struct trace_args *ta, int i, struct text *out)
{
	uint64_t list[MAX_ELEMENTS];
	int64_t n = SC_I64(ta->args, i - 1), shown = n < MAX_ELEMENTS ? n : MAX_ELEMENTS, k;
	struct lx_iocb cb;

	if (n < 0 || gaddr_null(SC_GPTR(ta->args, i))) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (n && !trace_fetch(ta, i, list, (size_t)shown * sizeof(list[0]), out))
		return true;
	text_str(out, "[");
	for (k = 0; k < shown; k++) {
		text_str(out, k ? ", " : "");
		if (!list[k] || guest_copyin(ta->task, &cb, GADDR(list[k]), sizeof(cb)))
			text_pointer(out, list[k]);
		else
			request_text(ta, &cb, true, out);
	}
	text_str(out, n > shown ? ", ...]" : "]");
	return true;
}

/* As many results as the call says. */
bool trace_oioevents(struct trace_args *ta, int i, struct text *out)
{
	struct lx_io_event events[MAX_ELEMENTS];
	bool one = ta->args->nr == NR_io_cancel;
	int64_t n = one ? 1 : ta->result, shown = n < MAX_ELEMENTS ? n : MAX_ELEMENTS, k;

	if (!trace_ok(ta)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (n && !trace_fetch(ta, i, events, (size_t)shown * sizeof(events[0]), out))
		return true;
	text_str(out, one ? "" : "[");
	for (k = 0; k < shown; k++)
		text_printf(out,
			    "%s{data=%#" PRIx64 ", obj=%#" PRIx64 ", res=%" PRId64 ", res2=%" PRId64
			    "}",
			    k ? ", " : "", events[k].data, events[k].obj, events[k].res,
			    events[k].res2);
	text_str(out, one ? "" : n > shown ? ", ...]" : "]");
	return true;
}
