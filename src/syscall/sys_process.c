/* SPDX-License-Identifier: MIT */
/* sys_process.c - clone, exec, wait and per-process odds and ends. The verbs are in src/task. */
#include "lxrun/nsfs.h"
#include "lxrun/pidfd.h"
#include "lxrun/ns.h"
#include "lxrun/process.h"
#include "lxrun/guestmem.h"
#include "base/alloc.h"
#include "lx/fcntl.h"
#include <string.h>

/* ---- clone ---- */

int64_t sys_clone(struct task *t, const struct sc_args *a)
{
	struct clone_request req = {
		.flags = SC_U64(a, 0) & 0xffffff00u,
		.exit_signal = SC_U64(a, 0) & LX_CSIGNAL,
		.stack = SC_U64(a, 1),
		.parent_tid = SC_GPTR(a, 2),
		.child_tid = SC_GPTR(a, 3),
		.tls = SC_U64(a, 4),
		.pidfd = SC_GPTR(a, 2), /* one pointer for two: both cannot be asked for */
	};

	if (req.flags & LX_CLONE_PIDFD && req.flags & LX_CLONE_PARENT_SETTID)
		return -LX_EINVAL;
	return task_clone(t, &req);
}

int64_t sys_fork(struct task *t, const struct sc_args *a)
{
	struct clone_request req = { .exit_signal = LX_SIGCHLD };

	return task_clone(t, &req);
}

int64_t sys_vfork(struct task *t, const struct sc_args *a)
{
	struct clone_request req = { .flags = LX_CLONE_VFORK | LX_CLONE_VM,
				     .exit_signal = LX_SIGCHLD };

	return task_clone(t, &req);
}

#define CLONE_ARGS_MIN 64 /* struct clone_args as first published */

#define CLONE3_FLAGS  (0xffffffffull | LX_CLONE_CLEAR_SIGHAND | LX_CLONE_INTO_CGROUP)
#define CLONE_NEWTIME 0x80ull

static int check_clone_args(struct task *t, const struct lx_clone_args *ca)
{
	if (ca->flags & ~CLONE3_FLAGS ||
	    ca->flags & (LX_CLONE_DETACHED | (LX_CSIGNAL & ~CLONE_NEWTIME)))
		return -LX_EINVAL;
	if (ca->flags & CLONE_NEWTIME)
		return unsupported(t, "clone3", "flags", CLONE_NEWTIME, -LX_EINVAL);
	if (ca->exit_signal > LX_NSIG)
		return -LX_EINVAL;
	if (ca->flags & (LX_CLONE_THREAD | LX_CLONE_PARENT) && ca->exit_signal)
		return -LX_EINVAL;
	if (ca->flags & LX_CLONE_SIGHAND && ca->flags & LX_CLONE_CLEAR_SIGHAND)
		return -LX_EINVAL;
	if (!ca->stack != !ca->stack_size)
		return -LX_EINVAL;
	if (ca->stack_size > LX_TASK_SIZE || ca->stack > LX_TASK_SIZE - ca->stack_size)
		return -LX_EINVAL;
	if (!ca->set_tid != !ca->set_tid_size || ca->set_tid_size > PID_WANTED_MAX)
		return -LX_EINVAL;
	return 0;
}

/* Which numbers the child shall have. */
static int copyin_wanted(struct task *t, const struct lx_clone_args *ca, struct pid_wanted *want)
{
	want->n = (uint32_t)ca->set_tid_size;
	want->allowed = cred_capable(t->cred, LX_CAP_CHECKPOINT_RESTORE) ||
			cred_capable(t->cred, LX_CAP_SYS_ADMIN);
	return guest_copyin(t, want->nr, GADDR(ca->set_tid), want->n * sizeof(want->nr[0]));
}

int64_t sys_clone3(struct task *t, const struct sc_args *a)
{
	struct lx_clone_args ca;
	struct clone_request req;
	struct pid_wanted want;
	int err = SC_U64(a, 1) < CLONE_ARGS_MIN
			  ? -LX_EINVAL
			  : guest_copyin_struct(t, &ca, sizeof(ca), SC_GPTR(a, 0), SC_U64(a, 1));

	if (!err)
		err = check_clone_args(t, &ca);
	if (!err && ca.set_tid_size)
		err = copyin_wanted(t, &ca, &want);
	if (err)
		return err;
	req = (struct clone_request){
		.flags = ca.flags,
		.exit_signal = ca.exit_signal,
		.stack = ca.stack + ca.stack_size,
		.parent_tid = GADDR(ca.parent_tid),
		.child_tid = GADDR(ca.child_tid),
		.tls = ca.tls,
		.pidfd = GADDR(ca.pidfd),
		.wanted = ca.set_tid_size ? &want : NULL,
	};
	return task_clone(t, &req);
}

int64_t sys_set_tid_address(struct task *t, const struct sc_args *a)
{
	t->clear_child_tid = SC_U64(a, 0);
	pico.SetClearTidAddress(t->thread, t->clear_child_tid);
	return pid_seen(t, t->tid);
}

/* ---- exec ---- */

int64_t sys_execve(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, SC_GPTR(a, 0));

	if (err)
		return err;
	return task_execve(t, LX_AT_FDCWD, path, SC_GPTR(a, 1), SC_GPTR(a, 2), 0);
}

int64_t sys_execveat(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, SC_GPTR(a, 1));

	if (err)
		return err;
	return task_execve(t, SC_I32(a, 0), path, SC_GPTR(a, 2), SC_GPTR(a, 3), SC_I32(a, 4));
}

/* ---- wait ---- */

#define WAIT_TARGETS (LX_WNOTHREAD | LX_WCLONE | LX_WALL)

int64_t sys_wait4(struct task *t, const struct sc_args *a)
{
	int pid = SC_I32(a, 0), which = LX_P_PID;
	uint32_t options = SC_U32(a, 2);
	struct wait_result res;
	int64_t result;

	if (options & ~(LX_WNOHANG | LX_WUNTRACED | LX_WCONTINUED | WAIT_TARGETS))
		return -LX_EINVAL;
	if (pid == INT32_MIN)
		return -LX_ESRCH;
	if (pid == -1) {
		which = LX_P_ALL;
	} else if (pid <= 0) {
		which = LX_P_PGID;
		pid = -pid;
	}
	result = task_wait(t, which, pid, options | LX_WEXITED, &res);
	if (result <= 0)
		return result;
	if (SC_U64(a, 1) && guest_copyout(t, SC_GPTR(a, 1), &res.status, sizeof(int32_t)))
		return -LX_EFAULT;
	if (SC_U64(a, 3) && guest_copyout(t, SC_GPTR(a, 3), &res.rusage, sizeof(res.rusage)))
		return -LX_EFAULT;
	return result;
}

/* wait4's status word as waitid's si_status. */
static int siginfo_status(const struct wait_result *res)
{
	switch (res->code) {
	case LX_CLD_EXITED:
	case LX_CLD_STOPPED:
		return res->status >> 8 & 0xff;
	case LX_CLD_TRAPPED: /* the event, too */
		return res->status >> 8;
	case LX_CLD_CONTINUED:
		return LX_SIGCONT;
	}
	return res->status & 0x7f;
}

/* What waitid writes of a siginfo_t, also (as zeroes) when there is nothing to tell. */
struct waitid_info {
	int32_t si_signo, si_errno, si_code, pad;
	int32_t pid;
	uint32_t uid;
	int32_t status;
};

int64_t sys_waitid(struct task *t, const struct sc_args *a)
{
	int which = SC_I32(a, 0), id = SC_I32(a, 1);
	uint32_t options = SC_U32(a, 3);
	struct waitid_info info = { 0 };
	struct wait_result res;
	bool nonblock = false;
	int64_t result;

	if (options &
	    ~(LX_WNOHANG | LX_WNOWAIT | LX_WEXITED | LX_WSTOPPED | LX_WCONTINUED | WAIT_TARGETS))
		return -LX_EINVAL;
	if (!(options & (LX_WEXITED | LX_WSTOPPED | LX_WCONTINUED)))
		return -LX_EINVAL;
	if (which == LX_P_PIDFD) {
		which = LX_P_PID;
		id = id < 0 ? -LX_EINVAL : pidfd_wait_target(t, id, &nonblock);
		if (id < 0)
			return id;
		if (nonblock)
			options |= LX_WNOHANG;
	}
	if (which < LX_P_ALL || which > LX_P_PGID || (which == LX_P_PID && id <= 0) ||
	    (which == LX_P_PGID && id < 0))
		return -LX_EINVAL;
	result = task_wait(t, which, id, options, &res);
	if (!result && nonblock)
		return -LX_EAGAIN;
	if (result > 0) {
		info = (struct waitid_info){
			.si_signo = LX_SIGCHLD,
			.si_code = res.code,
			.pid = res.pid,
			.uid = res.uid,
			.status = siginfo_status(&res),
		};
		if (SC_U64(a, 4) &&
		    guest_copyout(t, SC_GPTR(a, 4), &res.rusage, sizeof(res.rusage)))
			return -LX_EFAULT;
		result = 0;
	}
	if (SC_U64(a, 2) && guest_copyout(t, SC_GPTR(a, 2), &info, sizeof(info)))
		return -LX_EFAULT;
	return result;
}

/* ---- restart ---- */

int64_t sys_restart_syscall(struct task *t, const struct sc_args *a)
{
	sc_fn *fn = t->restart_fn;

	t->restart_fn = NULL;
	return fn ? fn(t, &t->restart_args) : -LX_EINTR;
}

/* ---- other processes ---- */

static int64_t vm_copy(struct task *t, const struct sc_args *a, bool write)
{
	struct lx_iovec lsmall[8], rsmall[8], *lheap = NULL, *rheap = NULL;
	struct iter local, remote;
	int64_t result;

	if (SC_U64(a, 5))
		return -LX_EINVAL;
	result = iter_import(&local, t, SC_GPTR(a, 1), SC_U64(a, 2), lsmall, &lheap);
	if (result)
		return result;
	result = local.left ? iter_import(&remote, t, SC_GPTR(a, 3), SC_U64(a, 4), rsmall, &rheap)
			    : 0;
	if (!result && local.left)
		result = task_vm_copy(t, SC_I32(a, 0), &local, &remote, write);
	mem_free(lheap);
	mem_free(rheap);
	return result;
}

int64_t sys_process_vm_readv(struct task *t, const struct sc_args *a)
{
	return vm_copy(t, a, false);
}

int64_t sys_process_vm_writev(struct task *t, const struct sc_args *a)
{
	return vm_copy(t, a, true);
}

int64_t sys_kcmp(struct task *t, const struct sc_args *a)
{
	return task_kcmp(t, SC_I32(a, 0), SC_I32(a, 1), SC_I32(a, 2), SC_U64(a, 3), SC_U64(a, 4));
}

/* The table in the host is the guest's threads' in common as well: it is unshared by the same call there. */
int64_t sys_unshare(struct task *t, const struct sc_args *a)
{
	int64_t err = task_unshare(t, SC_U64(a, 0));

	return !err && (SC_U64(a, 0) & LX_CLONE_FILES) && !(SC_U64(a, 0) & LX_CLONE_NAMESPACES)
		       ? SC_CONTINUE
		       : err;
}

/* Of another thread: the caller's own list is answered by the host. */
int64_t sys_get_robust_list(struct task *t, const struct sc_args *a)
{
	struct task *target;
	ULONG64 head = 0, size = 0;
	int err = task_find_accessible(t, SC_I32(a, 0), &target);

	if (err)
		return err;
	err = nt_to_errno(pico.QueryRobustList(target->thread, &head, &size));
	task_put(target);
	if (!err)
		err = guest_copyout(t, SC_GPTR(a, 2), &size, sizeof(size));
	return err ? err : guest_copyout(t, SC_GPTR(a, 1), &head, sizeof(head));
}

#define REBOOT_MAGIC1 0xfee1deadu

int64_t sys_reboot(struct task *t, const struct sc_args *a)
{
	if (!cred_capable(t->cred, LX_CAP_SYS_BOOT))
		return -LX_EPERM;
	if (SC_U32(a, 0) != REBOOT_MAGIC1)
		return -LX_EINVAL;
	switch (SC_U32(a, 1)) {
	case 0x28121969: /* birthdays */
	case 0x05121996:
	case 0x16041998:
	case 0x20112000:
		return task_reboot(t, SC_U32(a, 2));
	default:
		return -LX_EINVAL;
	}
}

/* By a file of /proc/PID/ns, whose kind flags may confirm; or by a process, of which flags say what is entered. */
int64_t sys_setns(struct task *t, const struct sc_args *a)
{
	uint32_t flags = SC_U32(a, 1);
	struct pidfd_target p;
	struct file *f;
	struct ns *ns;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	ns = nsfs_ns_of(f);
	if (ns) {
		err = flags && flags != ns_flag(ns->kind) ? -LX_EINVAL : task_enter_ns(t, ns);
	} else if (pidfd_target(f, &p)) {
		err = task_enter_ns_of(t, &p, flags);
		pidfd_target_put(&p);
	} else {
		err = -LX_EINVAL;
	}
	file_put(f);
	return err;
}
