/* SPDX-License-Identifier: MIT */
/* ptrace_ops.c - the requests of ptrace(2) on a tracee. Theory: ptrace.c. */
#include "pid_ns.h"
#include "ptrace.h"
#include "base/alloc.h"
#include <string.h>

struct task *ptrace_find(struct task *t, int tid, bool stopped)
{
	struct task *found = task_find(pid_meant(t, tid));
	bool ok = false;

	if (!found)
		return NULL;
	lk_acquire(&tasks_lock);
	if (found->ptrace && found->ptrace->tracer == t->tg)
		ok = !stopped || found->ptrace->stopped;
	lk_release(&tasks_lock);
	if (ok)
		return found;
	task_put(found);
	return NULL;
}

/* What the engine's refusal means to the guest. */
static int debug(struct task *tracee, PPICO_DEBUG_REQUEST r)
{
	switch (pico.DebugThread(tracee->thread, r)) {
	case STATUS_SUCCESS:
		return 0;
	case STATUS_ACCESS_VIOLATION:
		return -LX_EIO;
	case STATUS_INVALID_PARAMETER:
		return -LX_EINVAL;
	default:
		return -LX_ESRCH;
	}
}

int ptrace_set_options(struct task *tracee, uint64_t options)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugAttach };

	if (options & ~(uint64_t)LX_PTRACE_O_MASK)
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	if (tracee->ptrace)
		tracee->ptrace->options = (uint32_t)options;
	lk_release(&tasks_lock);
	r.Data = (options & LX_PTRACE_O_TRACEEXIT ? PICO_DEBUG_SHOW_EXIT : 0) |
		 (options & LX_PTRACE_O_TRACEVFORKDONE ? PICO_DEBUG_SHOW_VFORK_DONE : 0);
	return debug(tracee, &r);
}

/* The siginfo that sig is delivered with: this stop's, or, for another signal, a new one from t. */
static PICO_SIGNAL_INFO *info_for(struct task *t, struct ptracee *p, int sig, PICO_SIGNAL_INFO *out)
{
	struct lx_siginfo info = p->info;

	if (!sig || p->kind != PicoStopSignal)
		return NULL;
	if (p->info.si_signo != sig)
		signal_info_user(&info, sig, LX_SI_USER, t);
	core_note_signal(p->task, &info);
	memcpy(out, &info, sizeof(*out));
	return out;
}

/* execve's end comes right behind its event, in the same stop of the host's. */
static bool exec_exit_first(struct ptracee *p, PICO_RESUME_MODE mode)
{
	if (p->kind != PicoStopExec || mode != PicoResumeSyscall)
		return false;
	p->kind = PicoStopSyscallExit;
	p->code = p->options & LX_PTRACE_O_TRACESYSGOOD ? LX_SIGTRAP | 0x80 : LX_SIGTRAP;
	p->message = 2;
	p->reported = false;
	signal_info_user(&p->info, p->code & 0x7f, p->code, p->task);
	return true;
}

/* Out of the stop, by detaching or not. */
static int leave_stop(struct task *t, struct task *tracee, PPICO_DEBUG_REQUEST r,
		      struct ptracee **gone)
{
	struct lx_siginfo of_stop = { 0 };
	PICO_SIGNAL_INFO info;
	struct ptracee *p;
	bool again = false;
	int err = -LX_ESRCH;

	lk_acquire(&tasks_lock);
	p = tracee->ptrace;
	if (p && p->stopped) {
		err = 0;
		of_stop = p->info;
		r->Buffer = info_for(t, p, (int)r->Data, &info);
		again = !gone && exec_exit_first(p, (PICO_RESUME_MODE)r->Address);
		if (!again)
			p->stopped = false;
		tracee->trap_wanted = 0;
		if (gone) {
			list_del(&p->link);
			tracee->ptrace = NULL;
			*gone = p;
		}
	}
	lk_release(&tasks_lock);
	if (err)
		return err;
	if (again) {
		waitq_wake(&t->tg->child_wait);
		return 0;
	}
	if (r->Data && pid_ns_drops(tracee, (int)r->Data, &of_stop))
		r->Data = 0;
	if (STOP_SIGNALS & (r->Data ? LX_SIGBIT(r->Data) : 0))
		r->Data = (ULONG64)signal_stop_as(tracee, (int)r->Data);
	return debug(tracee, r);
}

int ptrace_resume(struct task *t, struct task *tracee, PICO_RESUME_MODE mode, uint64_t sig)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugResume, .Address = mode, .Data = sig };

	return sig > LX_NSIG ? -LX_EIO : leave_stop(t, tracee, &r, NULL);
}

int ptrace_detach(struct task *t, struct task *tracee, uint64_t sig)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugDetach, .Data = sig };
	struct ptracee *gone = NULL;
	int err = sig > LX_NSIG ? -LX_EIO : leave_stop(t, tracee, &r, &gone);

	mem_free(gone);
	return err;
}

/*
 * A call that sleeps must end, or the host cannot stop its thread. It may only end once the host has
 * the interrupt pending, and not any more when a stop has used it up: else the restart code would
 * reach the guest.
 */
int ptrace_interrupt(struct task *tracee)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugInterrupt };
	struct ptracee *p;
	bool wanted;
	int err = 0;

	lk_acquire(&tasks_lock);
	p = tracee->ptrace;
	if (!p || !p->seized)
		err = p ? -LX_EIO : -LX_ESRCH;
	else
		p->interrupted = !p->stopped;
	wanted = !err && p->interrupted;
	lk_release(&tasks_lock);
	if (wanted)
		err = debug(tracee, &r);
	lk_acquire(&tasks_lock);
	p = tracee->ptrace;
	wanted = p && p->interrupted && !err;
	if (wanted)
		tracee->trap_wanted = 1;
	lk_release(&tasks_lock);
	if (wanted && tracee->in_call & TASK_IN_CALL)
		task_alert(tracee);
	return err;
}

int ptrace_listen(struct task *tracee)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugListen };
	bool ok;

	lk_acquire(&tasks_lock);
	ok = tracee->ptrace && tracee->ptrace->stopped && tracee->ptrace->seized &&
	     tracee->ptrace->code >> 8 == LX_PTRACE_EVENT_STOP;
	if (ok)
		tracee->ptrace->stopped = false;
	lk_release(&tasks_lock);
	return ok ? debug(tracee, &r) : -LX_EIO;
}

int ptrace_message(struct task *tracee, uint64_t *message)
{
	lk_acquire(&tasks_lock);
	*message = tracee->ptrace ? tracee->ptrace->message : 0;
	lk_release(&tasks_lock);
	return 0;
}

int ptrace_get_siginfo(struct task *tracee, struct lx_siginfo *info)
{
	int err = -LX_ESRCH;

	lk_acquire(&tasks_lock);
	if (tracee->ptrace) {
		err = tracee->ptrace->has_info ? 0 : -LX_EINVAL;
		*info = tracee->ptrace->info;
	}
	lk_release(&tasks_lock);
	return err;
}

int ptrace_set_siginfo(struct task *tracee, const struct lx_siginfo *info)
{
	int err = -LX_ESRCH;

	lk_acquire(&tasks_lock);
	if (tracee->ptrace) {
		err = tracee->ptrace->has_info ? 0 : -LX_EINVAL;
		if (!err)
			tracee->ptrace->info = *info;
	}
	lk_release(&tasks_lock);
	return err;
}

int ptrace_peek(struct task *tracee, uint64_t addr, uint64_t *word)
{
	NTSTATUS status = MmDebugRead(tracee->thread, addr, word, sizeof(*word));

	return NT_SUCCESS(status) ? 0 : -LX_EIO;
}

int ptrace_poke(struct task *tracee, uint64_t addr, uint64_t word)
{
	NTSTATUS status = MmDebugWrite(tracee->thread, addr, &word, sizeof(word));

	return NT_SUCCESS(status) ? 0 : -LX_EIO;
}

int ptrace_registers(struct task *tracee, PPICO_DEBUG_REQUEST request)
{
	return debug(tracee, request);
}

int64_t ptrace_syscall_info(struct task *tracee, struct lx_ptrace_syscall_info *info)
{
	struct lx_user_regs regs;
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugGetRegset,
				 .Address = LX_NT_PRSTATUS,
				 .Buffer = &regs,
				 .Size = sizeof(regs) };
	PICO_STOP_KIND kind = PicoStopTrap;
	bool good = false; /* as Linux: without TRACESYSGOOD the stop is like any other */
	int err = debug(tracee, &r);

	if (err)
		return err;
	lk_acquire(&tasks_lock);
	if (tracee->ptrace) {
		kind = tracee->ptrace->kind;
		good = tracee->ptrace->code == (LX_SIGTRAP | 0x80);
	}
	lk_release(&tasks_lock);
	*info = (struct lx_ptrace_syscall_info){ .arch = LX_AUDIT_ARCH_X86_64,
						 .instruction_pointer = regs.rip,
						 .stack_pointer = regs.rsp };
	if (good && kind == PicoStopSyscallEntry) {
		const uint64_t args[6] = {
			regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9
		};

		info->op = LX_PTRACE_SYSCALL_INFO_ENTRY;
		info->entry.nr = regs.orig_rax;
		memcpy(info->entry.args, args, sizeof(args));
		return offsetof(struct lx_ptrace_syscall_info, entry) + sizeof(info->entry);
	}
	if (good && kind == PicoStopSyscallExit) {
		info->op = LX_PTRACE_SYSCALL_INFO_EXIT;
		info->exit.rval = (int64_t)regs.rax;
		info->exit.is_error = (int64_t)regs.rax < 0 && (int64_t)regs.rax >= -4095;
		return offsetof(struct lx_ptrace_syscall_info, exit.is_error) + 1;
	}
	return offsetof(struct lx_ptrace_syscall_info, entry);
}
