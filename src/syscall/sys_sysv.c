/* SPDX-License-Identifier: MIT */
/* sys_sysv.c - System V IPC: semaphores, shared memory, message queues. */
#include "lx/ipc.h"
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/ipc.h"
#include "lxrun/ns.h"
#include "lxrun/process.h"

/* ---- semaphores ---- */

int64_t sys_semget(struct task *t, const struct sc_args *a)
{
	return sem_get(t, SC_I32(a, 0), SC_I32(a, 1), SC_U32(a, 2));
}

static int64_t semop(struct task *t, const struct sc_args *a, uint64_t deadline)
{
	struct lx_sembuf few[8], *ops = few;
	uint32_t n = SC_U32(a, 2);
	int64_t res;

	if (!n || SC_I32(a, 0) < 0)
		return -LX_EINVAL;
	if (n > sem_op_limit(t))
		return -LX_E2BIG;
	if (n > sizeof(few) / sizeof(few[0]))
		ops = mem_alloc(n * sizeof(*ops));
	if (!ops)
		return -LX_ENOMEM;
	res = guest_copyin(t, ops, SC_GPTR(a, 1), n * sizeof(*ops));
	if (!res)
		res = sem_op(t, SC_I32(a, 0), ops, n, deadline);
	if (ops != few)
		mem_free(ops);
	return res;
}

int64_t sys_semop(struct task *t, const struct sc_args *a)
{
	return semop(t, a, WAIT_FOREVER);
}

int64_t sys_semtimedop(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts;
	int err;

	if (gaddr_null(SC_GPTR(a, 3)))
		return semop(t, a, WAIT_FOREVER);
	err = guest_copyin(t, &ts, SC_GPTR(a, 3), sizeof(ts));
	if (err)
		return err;
	if (!timespec_valid(&ts))
		return -LX_EINVAL;
	return semop(t, a, KeQueryMonotonicNs() + timespec_to_ns(&ts));
}

static int64_t get_all(struct task *t, int id, gaddr_t to)
{
	uint16_t *values;
	int64_t n = sem_get_all(t, id, &values);

	if (n >= 0)
		n = guest_copyout(t, to, values, (uint64_t)n * sizeof(*values));
	mem_free(values);
	return n;
}

static int64_t set_all(struct task *t, int id, gaddr_t from)
{
	int64_t n = sem_count_writable(t, id), res;
	uint16_t *values;

	if (n < 0)
		return n;
	values = mem_alloc((uint64_t)n * sizeof(*values));
	if (!values)
		return -LX_ENOMEM;
	res = guest_copyin(t, values, from, (uint64_t)n * sizeof(*values));
	if (!res)
		res = sem_set_all(t, id, values, (uint32_t)n);
	mem_free(values);
	return res;
}

/* IPC_SET: all three structures begin with the owner and the mode; only queues have anything else to set. */
static int64_t set_cmd(struct task *t, int id, gaddr_t from, size_t size,
		       int64_t (*set)(struct task *t, int id, const struct ipc_change *change))
{
	union {
		struct lx_ipc_perm perm;
		struct lx_semid_ds sem;
		struct lx_shmid_ds shm;
		struct lx_msqid_ds msg;
	} ds = { 0 };
	struct ipc_change change;
	int err = guest_copyin(t, &ds, from, size);

	if (err)
		return err;
	change = (struct ipc_change){ .uid = ds.perm.uid,
				      .gid = ds.perm.gid,
				      .mode = ds.perm.mode,
				      .qbytes = ds.msg.qbytes };
	return set(t, id, &change);
}

static int64_t copy_result(struct task *t, int64_t res, gaddr_t to, const void *from, size_t size)
{
	int err = res < 0 ? 0 : guest_copyout(t, to, from, size);

	return err ? err : res;
}

static int64_t sem_info_cmd(struct task *t, bool use, gaddr_t to)
{
	struct lx_seminfo info;
	int64_t res = sem_info(t, use, &info);

	return copy_result(t, res, to, &info, sizeof(info));
}

static int64_t sem_stat_cmd(struct task *t, int id, int cmd, gaddr_t to)
{
	struct lx_semid_ds ds;
	int64_t res = sem_stat(t, id, cmd, &ds);

	return copy_result(t, res, to, &ds, sizeof(ds));
}

int64_t sys_semctl(struct task *t, const struct sc_args *a)
{
	int id = SC_I32(a, 0), num = SC_I32(a, 1), cmd = SC_I32(a, 2);
	gaddr_t arg = SC_GPTR(a, 3);

	if (id < 0)
		return -LX_EINVAL;
	switch (cmd) {
	case LX_IPC_INFO:
	case LX_SEM_INFO:
		return sem_info_cmd(t, cmd == LX_SEM_INFO, arg);
	case LX_IPC_STAT:
	case LX_SEM_STAT:
	case LX_SEM_STAT_ANY:
		return sem_stat_cmd(t, id, cmd, arg);
	case LX_GETALL:
		return get_all(t, id, arg);
	case LX_SETALL:
		return set_all(t, id, arg);
	case LX_GETPID:
		return pid_seen(t, (int)sem_query(t, id, num, cmd));
	case LX_GETVAL:
	case LX_GETNCNT:
	case LX_GETZCNT:
		return sem_query(t, id, num, cmd);
	case LX_SETVAL:
		return sem_set_value(t, id, num, SC_I32(a, 3));
	case LX_IPC_SET:
		return set_cmd(t, id, arg, sizeof(struct lx_semid_ds), sem_set);
	case LX_IPC_RMID:
		return sem_remove(t, id);
	default:
		return -LX_EINVAL;
	}
}

/* ---- shared memory ---- */

int64_t sys_shmget(struct task *t, const struct sc_args *a)
{
	return shm_get(t, SC_I32(a, 0), SC_U64(a, 1), SC_U32(a, 2));
}

int64_t sys_shmat(struct task *t, const struct sc_args *a)
{
	return shm_attach(t, SC_I32(a, 0), SC_U64(a, 1), SC_U32(a, 2));
}

static int64_t shm_stat_cmd(struct task *t, int id, int cmd, gaddr_t to)
{
	struct lx_shmid_ds ds = { 0 };
	int64_t res = shm_stat(t, id, cmd, &ds);

	ds.cpid = pid_seen(t, ds.cpid);
	ds.lpid = pid_seen(t, ds.lpid);
	return copy_result(t, res, to, &ds, sizeof(ds));
}

static int64_t shm_info_cmd(struct task *t, int cmd, gaddr_t to)
{
	struct lx_shminfo limits;
	struct lx_shm_info use;
	int64_t res;

	if (cmd == LX_IPC_INFO) {
		res = shm_limits(t, &limits);
		return copy_result(t, res, to, &limits, sizeof(limits));
	}
	res = shm_use(t, &use);
	return copy_result(t, res, to, &use, sizeof(use));
}

int64_t sys_shmctl(struct task *t, const struct sc_args *a)
{
	int id = SC_I32(a, 0), cmd = SC_I32(a, 1);
	gaddr_t arg = SC_GPTR(a, 2);

	if (id < 0 || cmd < 0)
		return -LX_EINVAL;
	switch (cmd) {
	case LX_IPC_INFO:
	case LX_SHM_INFO:
		return shm_info_cmd(t, cmd, arg);
	case LX_IPC_STAT:
	case LX_SHM_STAT:
	case LX_SHM_STAT_ANY:
		return shm_stat_cmd(t, id, cmd, arg);
	case LX_IPC_SET:
		return set_cmd(t, id, arg, sizeof(struct lx_shmid_ds), shm_set);
	case LX_IPC_RMID:
		return shm_remove(t, id);
	case LX_SHM_LOCK:
	case LX_SHM_UNLOCK:
		return shm_lock(t, id, cmd == LX_SHM_LOCK);
	default:
		return -LX_EINVAL;
	}
}

/* ---- message queues ---- */

int64_t sys_msgget(struct task *t, const struct sc_args *a)
{
	return msg_get(t, SC_I32(a, 0), SC_U32(a, 1));
}

int64_t sys_msgsnd(struct task *t, const struct sc_args *a)
{
	gaddr_t buf = SC_GPTR(a, 1);
	int64_t type;
	int err = guest_copyin(t, &type, buf, sizeof(type));

	if (err)
		return err;
	return msg_send(t, SC_I32(a, 0), type, gaddr_add(buf, sizeof(type)), SC_U64(a, 2),
			SC_U32(a, 3));
}

int64_t sys_msgrcv(struct task *t, const struct sc_args *a)
{
	return msg_receive(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U64(a, 2), SC_I64(a, 3),
			   SC_U32(a, 4));
}

static int64_t msg_info_cmd(struct task *t, bool use, gaddr_t to)
{
	struct lx_msginfo info;
	int64_t res = msg_info(t, use, &info);

	return copy_result(t, res, to, &info, sizeof(info));
}

static int64_t msg_stat_cmd(struct task *t, int id, int cmd, gaddr_t to)
{
	struct lx_msqid_ds ds = { 0 };
	int64_t res = msg_stat(t, id, cmd, &ds);

	ds.lspid = pid_seen(t, ds.lspid);
	ds.lrpid = pid_seen(t, ds.lrpid);
	return copy_result(t, res, to, &ds, sizeof(ds));
}

int64_t sys_msgctl(struct task *t, const struct sc_args *a)
{
	int id = SC_I32(a, 0), cmd = SC_I32(a, 1);
	gaddr_t arg = SC_GPTR(a, 2);

	if (id < 0 || cmd < 0)
		return -LX_EINVAL;
	switch (cmd) {
	case LX_IPC_INFO:
	case LX_MSG_INFO:
		return msg_info_cmd(t, cmd == LX_MSG_INFO, arg);
	case LX_IPC_STAT:
	case LX_MSG_STAT:
	case LX_MSG_STAT_ANY:
		return msg_stat_cmd(t, id, cmd, arg);
	case LX_IPC_SET:
		return set_cmd(t, id, arg, sizeof(struct lx_msqid_ds), msg_set);
	case LX_IPC_RMID:
		return msg_remove(t, id);
	default:
		return -LX_EINVAL;
	}
}
