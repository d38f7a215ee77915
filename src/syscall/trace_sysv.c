/* SPDX-License-Identifier: MIT */
/* Arguments of IPC calls that point into guest memory, and keys, as strace shows them. */
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lx/ipc.h"
#include "lx/mqueue.h"
#include "lxrun/options.h"
#include "trace_control.h"
#include <inttypes.h>

#define MAX_OPS MAX_ELEMENTS

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

/* [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}] */
bool trace_isembuf(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sembuf ops[MAX_OPS];
	uint32_t n = SC_U32(ta->args, i + 1), shown, k;

	shown = n < MAX_OPS ? n : MAX_OPS;
	if (n && !trace_fetch(ta, i, ops, shown * sizeof(ops[0]), out))
		return true;
	text_str(out, "[");
	for (k = 0; k < shown; k++) {
		text_printf(out, "%s{sem_num=%u, sem_op=%d, sem_flg=", k ? ", " : "",
			    ops[k].sem_num, ops[k].sem_op);
		text_flags(out, (uint16_t)ops[k].sem_flg, op_flags, "0");
		text_str(out, "}");
	}
	text_str(out, shown < n ? ", ...]" : "]");
	return true;
}

/* {mtype=1, mtext="text"}: what the call said of the size of the text, however much came. */
static void message_text(struct trace_args *ta, int i, uint64_t size, struct text *out)
{
	uint64_t limit = trace_opt()->trace_strlen, n = size < limit ? size : limit;
	char buf[4096];
	int64_t type;

	n = n < sizeof(buf) ? n : sizeof(buf);
	if (!trace_fetch(ta, i, &type, sizeof(type), out))
		return;
	text_printf(out, "{mtype=%" PRId64 ", mtext=", type);
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
		message_text(ta, i, SC_U64(ta->args, i + 1), out);
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

/* ---- semctl, shmctl, msgctl: what the last argument points to depends on the command ---- */

/* set: what IPC_SET takes of it. */
static void perm_text(const char *field, const struct lx_ipc_perm *p, bool set, struct text *out)
{
	text_printf(out, "{%s={uid=%" PRId32 ", gid=%" PRId32 ", mode=%#03o", field,
		    (int32_t)p->uid, (int32_t)p->gid, p->mode);
	if (!set)
		text_printf(out, ", key=%" PRIu32 ", cuid=%" PRId32 ", cgid=%" PRId32,
			    (uint32_t)p->key, (int32_t)p->cuid, (int32_t)p->cgid);
	text_str(out, "}");
}

bool trace_semarg(struct trace_args *ta, int i, struct text *out)
{
	uint32_t cmd = SC_U32(ta->args, i - 1);
	bool set = cmd == LX_IPC_SET;
	struct lx_semid_ds ds;
	struct lx_seminfo in;

	if (cmd == LX_IPC_INFO || cmd == LX_SEM_INFO) {
		if (trace_fetch_output(ta, i, &in, sizeof(in), out))
			text_printf(out,
				    "{semmap=%d, semmni=%d, semmns=%d, semmnu=%d, semmsl=%d, "
				    "semopm=%d, "
				    "semume=%d, semusz=%d, semvmx=%d, semaem=%d}",
				    in.semmap, in.semmni, in.semmns, in.semmnu, in.semmsl,
				    in.semopm, in.semume, in.semusz, in.semvmx, in.semaem);
	} else if (!set && cmd != LX_IPC_STAT && cmd != LX_SEM_STAT && cmd != LX_SEM_STAT_ANY) {
		text_pointer(out, SC_U64(ta->args, i));
	} else if (trace_fetch_output(ta, i, &ds, sizeof(ds), out)) {
		perm_text("sem_perm", &ds.perm, set, out);
		if (!set)
			text_printf(out,
				    ", sem_otime=%" PRId64 ", sem_ctime=%" PRId64
				    ", sem_nsems=%" PRIu64,
				    ds.otime, ds.ctime, ds.nsems);
		text_str(out, "}");
	}
	return true;
}

static void shm_info_text(struct trace_args *ta, int i, bool limits, struct text *out)
{
	struct lx_shminfo in;
	struct lx_shm_info used;

	if (!limits && trace_fetch_output(ta, i, &used, sizeof(used), out))
		text_printf(out,
			    "{used_ids=%" PRId32 ", shm_tot=%" PRIu64 ", shm_rss=%" PRIu64
			    ", shm_swp=%" PRIu64 ", swap_attempts=%" PRIu64
			    ", swap_successes=%" PRIu64 "}",
			    used.used_ids, used.shm_tot, used.shm_rss, used.shm_swp,
			    used.swap_attempts, used.swap_successes);
	if (limits && trace_fetch_output(ta, i, &in, sizeof(in), out))
		text_printf(out,
			    "{shmmax=%" PRIu64 ", shmmin=%" PRIu64 ", shmmni=%" PRIu64
			    ", shmseg=%" PRIu64 ", shmall=%" PRIu64 "}",
			    in.shmmax, in.shmmin, in.shmmni, in.shmseg, in.shmall);
}

bool trace_shmarg(struct trace_args *ta, int i, struct text *out)
{
	uint32_t cmd = SC_U32(ta->args, i - 1);
	bool set = cmd == LX_IPC_SET;
	struct lx_shmid_ds ds;

	if (cmd == LX_IPC_INFO || cmd == LX_SHM_INFO) {
		shm_info_text(ta, i, cmd == LX_IPC_INFO, out);
	} else if (!set && cmd != LX_IPC_STAT && cmd != LX_SHM_STAT && cmd != LX_SHM_STAT_ANY) {
		text_pointer(out, SC_U64(ta->args, i));
	} else if (trace_fetch_output(ta, i, &ds, sizeof(ds), out)) {
		perm_text("shm_perm", &ds.perm, set, out);
		if (!set)
			text_printf(out,
				    ", shm_segsz=%" PRIu64 ", shm_cpid=%" PRId32
				    ", shm_lpid=%" PRId32 ", shm_nattch=%" PRIu64
				    ", shm_atime=%" PRId64 ", shm_dtime=%" PRId64
				    ", shm_ctime=%" PRId64,
				    ds.segsz, ds.cpid, ds.lpid, ds.nattch, ds.atime, ds.dtime,
				    ds.ctime);
		text_str(out, "}");
	}
	return true;
}

bool trace_msgarg(struct trace_args *ta, int i, struct text *out)
{
	uint32_t cmd = SC_U32(ta->args, i - 1);
	bool set = cmd == LX_IPC_SET;
	struct lx_msqid_ds ds;
	struct lx_msginfo in;

	if (cmd == LX_IPC_INFO || cmd == LX_MSG_INFO) {
		if (trace_fetch_output(ta, i, &in, sizeof(in), out))
			text_printf(out,
				    "{msgpool=%d, msgmap=%d, msgmax=%d, msgmnb=%d, msgmni=%d, "
				    "msgssz=%d, "
				    "msgtql=%d, msgseg=%u}",
				    in.msgpool, in.msgmap, in.msgmax, in.msgmnb, in.msgmni,
				    in.msgssz, in.msgtql, in.msgseg);
	} else if (!set && cmd != LX_IPC_STAT && cmd != LX_MSG_STAT && cmd != LX_MSG_STAT_ANY) {
		text_pointer(out, SC_U64(ta->args, i));
	} else if (trace_fetch_output(ta, i, &ds, sizeof(ds), out)) {
		perm_text("msg_perm", &ds.perm, set, out);
		if (!set)
			text_printf(out,
				    ", msg_stime=%" PRId64 ", msg_rtime=%" PRId64
				    ", msg_ctime=%" PRId64 ", msg_qnum=%" PRIu64,
				    ds.stime, ds.rtime, ds.ctime, ds.qnum);
		text_printf(out, ", msg_qbytes=%" PRIu64, ds.qbytes);
		if (!set)
			text_printf(out, ", msg_lspid=%" PRId32 ", msg_lrpid=%" PRId32, ds.lspid,
				    ds.lrpid);
		text_str(out, "}");
	}
	return true;
}
