/* SPDX-License-Identifier: MIT */
/* Arguments of IPC calls that point into guest memory, and keys, as strace shows them. */
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lx/ipc.h"
#include "lx/mqueue.h"
#include "lxrun/options.h"
#include "trace_control.h"
#include <inttypes.h>

#define MAX_OPS 32

static const struct flag_name op_flags[] = { { LX_SEM_UNDO, "SEM_UNDO" },
					     { LX_IPC_NOWAIT, "IPC_NOWAIT" },
					     { 0, NULL } };

bool trace_ipckey(struct trace_args *ta, int i, struct text *out)
{
	if (SC_U32(ta->args, i))
		text_printf(out, "%#" PRIx32, SC_U32(ta->args, i));
	else
		text_str(out, "IPC_PRIVATE");
	return true;
}

/* [{0, -1, SEM_UNDO}] */
bool trace_isembuf(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sembuf ops[MAX_OPS];
	uint32_t n = SC_U32(ta->args, i + 1), k;

	if (!n || n > MAX_OPS) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (!trace_fetch(ta, i, ops, n * sizeof(ops[0]), out))
		return true;
	for (k = 0; k < n; k++) {
		text_printf(out, "%s{%u, %d, ", k ? ", " : "[", ops[k].sem_num, ops[k].sem_op);
		text_flags(out, (uint16_t)ops[k].sem_flg, op_flags, "0");
		text_str(out, "}");
	}
	text_str(out, "]");
	return true;
}

/* {1, "text"}, size bytes of text. */
static void message_text(struct trace_args *ta, int i, uint64_t size, struct text *out)
{
	uint64_t limit = trace_opt()->trace_strlen, n = size < limit ? size : limit;
	char buf[4096];
	int64_t type;

	n = n < sizeof(buf) ? n : sizeof(buf);
	if (!trace_fetch(ta, i, &type, sizeof(type), out))
		return;
	text_printf(out, "{%" PRId64 ", ", type);
	if (n && guest_copyin(ta->task, buf, gaddr_add(SC_GPTR(ta->args, i), sizeof(type)), n))
		text_pointer(out, SC_U64(ta->args, i) + sizeof(type));
	else
		text_quoted(out, buf, n, n, size > n);
	text_str(out, "}");
}

bool trace_imsgbuf(struct trace_args *ta, int i, struct text *out)
{
	message_text(ta, i, SC_U64(ta->args, i + 1), out);
	return true;
}

bool trace_omsgbuf(struct trace_args *ta, int i, struct text *out)
{
	if (trace_ok(ta))
		message_text(ta, i, (uint64_t)ta->result, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}

/* ---- POSIX message queues ---- */

static void queue_attr(struct trace_args *ta, int i, struct text *out,
		       bool (*fetch)(struct trace_args *, int, void *, size_t, struct text *))
{
	static const struct flag_name flags[] = { { LX_O_NONBLOCK, "O_NONBLOCK" }, { 0, NULL } };
	struct lx_mq_attr attr;

	if (!fetch(ta, i, &attr, sizeof(attr), out))
		return;
	text_str(out, "{mq_flags=");
	text_flags(out, (uint32_t)attr.mq_flags, flags, "0");
	text_printf(out, ", mq_maxmsg=%" PRId64 ", mq_msgsize=%" PRId64 ", mq_curmsgs=%" PRId64 "}",
		    attr.mq_maxmsg, attr.mq_msgsize, attr.mq_curmsgs);
}

bool trace_imqattr(struct trace_args *ta, int i, struct text *out)
{
	/* mode and attributes say nothing without O_CREAT */
	if (ta->args->nr == NR_mq_open && !(SC_U32(ta->args, 1) & LX_O_CREAT))
		return false;
	queue_attr(ta, i, out, trace_fetch);
	return true;
}

bool trace_omqattr(struct trace_args *ta, int i, struct text *out)
{
	queue_attr(ta, i, out, trace_fetch_output);
	return true;
}

/* [7] */
bool trace_omqprio(struct trace_args *ta, int i, struct text *out)
{
	uint32_t prio;

	if (trace_fetch_output(ta, i, &prio, sizeof(prio), out))
		text_printf(out, "[%" PRIu32 "]", prio);
	return true;
}
