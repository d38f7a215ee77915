/* SPDX-License-Identifier: MIT */
/*
 * exec.c - a guest's exec is a host exec of the stub, which then maps the real program.
 *
 * The host's exec gives thread death, close-on-exec, argument strings, pending signals and vfork
 * release for nothing. PicoExecArmed() turns the call into execveat(stub); the stub's first act is a
 * notified call on a receiver thread (PicoStubCall), where it gets its orders: one batch, with the
 * program's and the interpreter's descriptors put in its table. Answering by ADDFD|SEND is both.
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void PicoExecFree(PICO_EXEC *Exec)
{
	if (!Exec)
		return;
	for (int i = 0; i < 3; i++)
		if (Exec->Fds[i] >= 0)
			close(Exec->Fds[i]);
	free(Exec->Strings);
	free(Exec);
}

void PicoExecArmed(PICO_THREAD *T, pid_t Tid, struct user_regs_struct *Regs)
{
	const PICO_IMAGE *image = &T->Exec->Image;

	Regs->orig_rax = SYS_execveat;
	Regs->rax = (unsigned long long)-ENOSYS;
	Regs->rdi = Pico.SlotStub;
	/* the launcher has no stub page yet, but it has our own memory */
	Regs->rsi = T->HasStub ? STUB_EMPTY : (uint64_t)PicoEmptyString;
	Regs->rdx = image->Argv;
	Regs->r10 = image->Envp;
	Regs->r8 = AT_EMPTY_PATH;
	T->Life = LifeExec;
	ptrace(PTRACE_SETREGS, Tid, 0, Regs);
	ptrace(PTRACE_SYSCALL, Tid, 0, 0);
}

void PicoExecFailed(PICO_THREAD *T, long Error)
{
	PicoExecFree(atomic_exchange(&T->Exec, NULL));
	Pico.Provider.ImageReplaced(T->Thread,
				    Error == -E2BIG ? STATUS_BUFFER_OVERFLOW : STATUS_UNSUCCESSFUL);
}

/* The host has ended all other threads but the leader, whose number the caller now has. */
void PicoExecEvent(PETHREAD Leader)
{
	pid_t Tid = (pid_t)Leader->HostTid, OldTid = PicoThreadBesides(Leader);
	PETHREAD thread;

	if (OldTid)
		PicoThreadRename(OldTid, Tid);
	else
		OldTid = Tid;
	thread = PicoThreadLookup(Tid);
	if (thread) {
		thread->Pico->Life = thread->Pico->Debugged ? LifeStub : LifeNone;
		thread->Pico->ExecOldTid = OldTid;
		thread->Pico->HasStub = true;
		thread->Pico->ClearTid = 0;
		Pico.Provider.ImageReplaced(thread, STATUS_SUCCESS);
		PicoCont(thread->Pico, Tid, 0);
		ObDereferenceObject(&thread->Object);
	}
}

/* ---- orders for the stub ---- */

static void add(struct stub_batch *b, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2,
		uint64_t a3, uint64_t a4, uint64_t a5)
{
	b->cmd[b->ncmd++] = (struct stub_cmd){ nr, { a0, a1, a2, a3, a4, a5 } };
}

static void add_maps(struct stub_batch *b, const PICO_EXEC *x)
{
	for (ULONG i = 0; i < x->Image.MapCount; i++) {
		const PICO_IMAGE_MAP *m = &x->Image.Maps[i];
		uint64_t slot = m->File == x->Image.Files[0] ? Pico.SlotProgram
							     : Pico.SlotInterpreter;

		if (m->File)
			add(b, SYS_mmap, m->Address, m->Size, m->Protect, MAP_PRIVATE | MAP_FIXED,
			    slot, m->FileOffset);
		else
			add(b, SYS_mmap, m->Address, m->Size, m->Protect,
			    MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, (uint64_t)-1, 0);
		if (m->ZeroSize)
			add(b, STUB_CMD_ZERO, m->ZeroFrom, m->ZeroSize, 0, 0, 0, 0);
	}
	add(b, SYS_close, Pico.SlotProgram, 0, 0, 0, 0, 0);
	if (x->Fds[1] >= 0)
		add(b, SYS_close, Pico.SlotInterpreter, 0, 0, 0, 0, 0);
}

/* Builds the orders for a stub whose batch lies at Where. malloc()ed; NULL if they do not fit. */
static struct stub_batch *build(const PICO_EXEC *x, uint64_t where, uint64_t room, uint64_t sp)
{
	const PICO_IMAGE *im = &x->Image;
	size_t max = sizeof(struct stub_batch) +
		     (2 * PICO_MAX_IMAGE_MAPS + 8) * sizeof(struct stub_cmd) + x->StringsSize +
		     sizeof x->Name;
	struct stub_batch *b = calloc(1, max);
	uint64_t strings, name;

	if (!b)
		return NULL;
	*b = (struct stub_batch){ .start = im->Start,
				  .phdr = im->Phdr,
				  .phnum = im->Phnum,
				  .entry = im->Entry,
				  .base = im->Base,
				  .uid = im->Uid,
				  .euid = im->Euid,
				  .gid = im->Gid,
				  .egid = im->Egid,
				  .secure = im->Secure,
				  .flags = im->Flags,
				  .execfd = x->PassedSlot,
				  .has_execfd = x->HasPassed,
				  .insert_count = im->InsertCount,
				  .insert_bytes = x->StringsSize,
				  .mm = { .start_code = im->StartCode,
					  .end_code = im->EndCode,
					  .start_data = im->StartData,
					  .end_data = im->EndData,
					  .start_brk = im->Brk,
					  .brk = im->Brk } };
	add_maps(b, x);
	if (im->ExecutableStack)
		add(b, SYS_mprotect | STUB_CMD_MAY_FAIL, sp & ~4095ul, 4096,
		    PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN, 0, 0, 0);
	name = sizeof *b + (b->ncmd + 1) * sizeof(struct stub_cmd);
	add(b, SYS_prctl | STUB_CMD_MAY_FAIL, PR_SET_NAME, where + name, 0, 0, 0, 0);
	memcpy((char *)b + name, x->Name, sizeof x->Name);
	strings = name + sizeof x->Name;
	memcpy((char *)b + strings, x->Strings, x->StringsSize);
	b->strings = strings;
	b->total = strings + x->StringsSize;
	if (b->total > room) {
		free(b);
		return NULL;
	}
	return b;
}

static bool give_orders(PETHREAD thread, PICO_EXEC *x, const struct seccomp_notif *n)
{
	struct stub_batch *b = build(x, n->data.args[0], n->data.args[1], n->data.args[2]);
	struct iovec l, r;
	bool ok = false;

	if (!b)
		return false;
	l = (struct iovec){ b, b->total };
	r = (struct iovec){ (void *)n->data.args[0], b->total };
	if (x->Fds[1] >= 0 && PicoAddFd(n->id, x->Fds[1], Pico.SlotInterpreter, true, false) < 0)
		goto out;
	if (x->HasPassed && x->Fds[2] >= 0 &&
	    PicoAddFd(n->id, x->Fds[2], x->PassedSlot, false, false) < 0)
		goto out;
	if (process_vm_writev((pid_t)thread->HostTid, &l, 1, &r, 1, 0) != (ssize_t)b->total)
		goto out;
	ok = PicoAddFd(n->id, x->Fds[0], Pico.SlotProgram, true, true) >= 0;
out:
	free(b);
	return ok;
}

void PicoStubCall(PETHREAD Thread, const struct seccomp_notif *Notif)
{
	PICO_EXEC *x = atomic_exchange(&Thread->Pico->Exec, NULL);

	if (Notif->data.nr == STUB_CALL_LOAD && x && give_orders(Thread, x, Notif)) {
		PicoExecFree(x);
		return;
	}
	/* past the point of no return: Linux kills the process too */
	if (Notif->data.nr == STUB_CALL_ERROR)
		TRACE(TR_PICO, "stub: command %lld failed: %lld", (long long)Notif->data.args[0],
		      (long long)Notif->data.args[1]);
	PicoExecFree(x);
	kill((pid_t)Thread->Process->HostPid, SIGKILL);
	PicoSend(Notif->id, -ENOEXEC, false);
}
