/* SPDX-License-Identifier: MIT */
/* sys_ptrace.c - ptrace(2): one row per request. The verbs are in src/task/ptrace*.c. */
#include "lxrun/ptrace.h"
#include "lxrun/guestmem.h"
#include "base/alloc.h"
#include <string.h>

#define REGSET_MAX 16384 /* more than any processor's xsave area */

typedef int64_t request_fn(struct task *t, struct task *tracee, uint64_t addr, uint64_t data);

static int64_t peek(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	uint64_t word;
	int err = ptrace_peek(tracee, addr, &word);

	return err ? err : guest_copyout(t, GADDR(data), &word, sizeof(word));
}

static int64_t poke(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_poke(tracee, addr, data);
}

static int64_t peek_user(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugPeekUser, .Address = addr };
	int err = addr & 7 || addr > LX_USER_SIZE - 8 ? -LX_EIO : ptrace_registers(tracee, &r);

	return err ? err : guest_copyout(t, GADDR(data), &r.Data, sizeof(r.Data));
}

static int64_t poke_user(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugPokeUser, .Address = addr, .Data = data };

	return addr & 7 || addr > LX_USER_SIZE - 8 ? -LX_EIO : ptrace_registers(tracee, &r);
}

/* size: in, the guest's buffer; out, what was transferred. */
static int64_t get_set(struct task *t, struct task *tracee, uint64_t type, gaddr_t buf,
		       uint64_t *size, bool set)
{
	PICO_DEBUG_REQUEST r = { .Operation = set ? PicoDebugSetRegset : PicoDebugGetRegset,
				 .Address = type,
				 .Size = *size < REGSET_MAX ? *size : REGSET_MAX };
	int64_t err = 0;

	r.Buffer = mem_alloc(REGSET_MAX);
	if (!r.Buffer)
		return -LX_ENOMEM;
	if (set)
		err = guest_copyin(t, r.Buffer, buf, r.Size);
	if (!err)
		err = ptrace_registers(tracee, &r);
	if (err == -LX_EIO)
		err = -LX_EINVAL;
	if (!err && !set)
		err = guest_copyout(t, buf, r.Buffer, r.Size);
	*size = r.Size;
	mem_free(r.Buffer);
	return err;
}

static int64_t whole_set(struct task *t, struct task *tracee, uint64_t type, uint64_t data,
			 uint64_t size, bool set)
{
	int64_t err = get_set(t, tracee, type, GADDR(data), &size, set);

	return err == -LX_EINVAL ? -LX_EIO : err;
}

static int64_t get_regs(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return whole_set(t, tracee, LX_NT_PRSTATUS, data, sizeof(struct lx_user_regs), false);
}

static int64_t set_regs(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return whole_set(t, tracee, LX_NT_PRSTATUS, data, sizeof(struct lx_user_regs), true);
}

static int64_t get_fpregs(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return whole_set(t, tracee, LX_NT_PRFPREG, data, LX_USER_FPREGS, false);
}

static int64_t set_fpregs(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return whole_set(t, tracee, LX_NT_PRFPREG, data, LX_USER_FPREGS, true);
}

static int64_t regset(struct task *t, struct task *tracee, uint64_t type, uint64_t data, bool set)
{
	struct lx_iovec iov;
	int64_t err = guest_copyin(t, &iov, GADDR(data), sizeof(iov));

	if (!err)
		err = get_set(t, tracee, type, GADDR(iov.iov_base), &iov.iov_len, set);
	return err ? err : guest_copyout(t, GADDR(data), &iov, sizeof(iov));
}

static int64_t get_regset(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return regset(t, tracee, addr, data, false);
}

static int64_t set_regset(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return regset(t, tracee, addr, data, true);
}

static int64_t cont(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_resume(t, tracee, PicoResumeContinue, data);
}

static int64_t syscall_(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_resume(t, tracee, PicoResumeSyscall, data);
}

static int64_t single_step(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_resume(t, tracee, PicoResumeStep, data);
}

static int64_t single_block(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_resume(t, tracee, PicoResumeBlockStep, data);
}

static int64_t detach(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_detach(t, tracee, data);
}

static int64_t kill_(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	pico.TerminateProcess(tracee->tg->process, STATUS_PROCESS_IS_TERMINATING);
	return 0;
}

static int64_t set_options(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_set_options(tracee, data);
}

static int64_t get_event_msg(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	uint64_t message;

	ptrace_message(tracee, &message);
	return guest_copyout(t, GADDR(data), &message, sizeof(message));
}

static int64_t get_siginfo(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	struct lx_siginfo info;
	int err = ptrace_get_siginfo(tracee, &info);

	return err ? err : guest_copyout(t, GADDR(data), &info, sizeof(info));
}

static int64_t set_siginfo(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	struct lx_siginfo info;
	int err = guest_copyin(t, &info, GADDR(data), sizeof(info));

	return err ? err : ptrace_set_siginfo(tracee, &info);
}

static int64_t interrupt(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_interrupt(tracee);
}

static int64_t listen(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	return ptrace_listen(tracee);
}

static int64_t get_sigmask(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugGetSignalMask };
	int err = addr != sizeof(lx_sigset_t) ? -LX_EINVAL : ptrace_registers(tracee, &r);

	return err ? err : guest_copyout(t, GADDR(data), &r.Data, sizeof(r.Data));
}

static int64_t set_sigmask(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugSetSignalMask };
	int err = addr != sizeof(lx_sigset_t)
			  ? -LX_EINVAL
			  : guest_copyin(t, &r.Data, GADDR(data), sizeof(r.Data));

	return err ? err : ptrace_registers(tracee, &r);
}

static int64_t get_syscall_info(struct task *t, struct task *tracee, uint64_t addr, uint64_t data)
{
	struct lx_ptrace_syscall_info info;
	int64_t n = ptrace_syscall_info(tracee, &info), err;

	if (n < 0)
		return n;
	err = guest_copyout(t, GADDR(data), &info, (uint64_t)n < addr ? (size_t)n : addr);
	return err ? err : n;
}

static const struct {
	int request;
	bool running; /* works on a tracee that is not stopped */
	request_fn *fn;
} requests[] = {
	{ LX_PTRACE_PEEKTEXT, .fn = peek },
	{ LX_PTRACE_PEEKDATA, .fn = peek },
	{ LX_PTRACE_PEEKUSR, .fn = peek_user },
	{ LX_PTRACE_POKETEXT, .fn = poke },
	{ LX_PTRACE_POKEDATA, .fn = poke },
	{ LX_PTRACE_POKEUSR, .fn = poke_user },
	{ LX_PTRACE_CONT, .fn = cont },
	{ LX_PTRACE_KILL, .running = true, .fn = kill_ },
	{ LX_PTRACE_SINGLESTEP, .fn = single_step },
	{ LX_PTRACE_SINGLEBLOCK, .fn = single_block },
	{ LX_PTRACE_SYSCALL, .fn = syscall_ },
	{ LX_PTRACE_GETREGS, .fn = get_regs },
	{ LX_PTRACE_SETREGS, .fn = set_regs },
	{ LX_PTRACE_GETFPREGS, .fn = get_fpregs },
	{ LX_PTRACE_SETFPREGS, .fn = set_fpregs },
	{ LX_PTRACE_GETREGSET, .fn = get_regset },
	{ LX_PTRACE_SETREGSET, .fn = set_regset },
	{ LX_PTRACE_DETACH, .fn = detach },
	{ LX_PTRACE_OLDSETOPTIONS, .fn = set_options },
	{ LX_PTRACE_SETOPTIONS, .fn = set_options },
	{ LX_PTRACE_GETEVENTMSG, .fn = get_event_msg },
	{ LX_PTRACE_GETSIGINFO, .fn = get_siginfo },
	{ LX_PTRACE_SETSIGINFO, .fn = set_siginfo },
	{ LX_PTRACE_INTERRUPT, .running = true, .fn = interrupt },
	{ LX_PTRACE_LISTEN, .fn = listen },
	{ LX_PTRACE_GETSIGMASK, .fn = get_sigmask },
	{ LX_PTRACE_SETSIGMASK, .fn = set_sigmask },
	{ LX_PTRACE_GET_SYSCALL_INFO, .fn = get_syscall_info },
};

static int64_t seize(struct task *t, int tid, uint64_t addr, uint64_t data)
{
	if (addr)
		return -LX_EIO;
	if (data & ~(uint64_t)LX_PTRACE_O_MASK)
		return -LX_EIO;
	return ptrace_attach(t, tid, true, (uint32_t)data);
}

int64_t sys_ptrace(struct task *t, const struct sc_args *a)
{
	int64_t request = (int64_t)SC_U64(a, 0), result;
	int tid = SC_I32(a, 1);
	struct task *tracee;
	size_t i;

	if (request == LX_PTRACE_TRACEME)
		return ptrace_traceme(t);
	if (request == LX_PTRACE_ATTACH)
		return ptrace_attach(t, tid, false, 0);
	if (request == LX_PTRACE_SEIZE)
		return seize(t, tid, SC_U64(a, 2), SC_U64(a, 3));
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].request == request)
			break;
	if (i == sizeof(requests) / sizeof(requests[0])) {
		tracee = ptrace_find(t, tid, true);
		task_put(tracee);
		return tracee ? unsupported(t, "ptrace", "request", (uint64_t)request, -LX_EIO)
			      : -LX_ESRCH;
	}
	tracee = ptrace_find(t, tid, !requests[i].running);
	if (!tracee)
		return -LX_ESRCH;
	result = requests[i].fn(t, tracee, SC_U64(a, 2), SC_U64(a, 3));
	task_put(tracee);
	return result;
}
