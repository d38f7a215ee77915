/* SPDX-License-Identifier: MIT */
/*
 * ptrace.h - ptrace(2): one thread group follows a task of another. Semantics: ptrace(2). The verbs of
 * src/task/ptrace.c return 0 or -LX_E*; those that need a stopped tracee -LX_ESRCH for any other.
 */
#ifndef LXRUN_PTRACE_H
#define LXRUN_PTRACE_H
#include "lx/ptrace.h"
#include "lxrun/task.h"

int ptrace_traceme(struct task *t);
/* options: LX_PTRACE_O_*, with seize only. -LX_EPERM: not allowed, a relative of t, traced already. */
int ptrace_attach(struct task *t, int tid, bool seize, uint32_t options);
/*
 * The tracee tid of t's group; stopped: it has to be in a stop that t can work on. Returns a reference,
 * or NULL (-LX_ESRCH).
 */
struct task *ptrace_find(struct task *t, int tid, bool stopped);
int ptrace_set_options(struct task *tracee, uint64_t options);
/* mode: PICO_RESUME_MODE. sig 0: none. -LX_EIO: no such signal. */
int ptrace_resume(struct task *t, struct task *tracee, PICO_RESUME_MODE mode, uint64_t sig);
int ptrace_detach(struct task *t, struct task *tracee, uint64_t sig);
int ptrace_interrupt(struct task *tracee);
int ptrace_listen(struct task *tracee);
int ptrace_message(struct task *tracee, uint64_t *message);
int ptrace_get_siginfo(struct task *tracee, struct lx_siginfo *info);
int ptrace_set_siginfo(struct task *tracee, const struct lx_siginfo *info);
/* A word of its memory, whatever the protection of the page. -LX_EIO: nothing there. */
int ptrace_peek(struct task *tracee, uint64_t addr, uint64_t *word);
int ptrace_poke(struct task *tracee, uint64_t addr, uint64_t word);
/* Registers and the like, as PICO_DEBUG_REQUEST describes them. -LX_EIO, -LX_EINVAL, -LX_ESRCH. */
int ptrace_registers(struct task *tracee, PPICO_DEBUG_REQUEST request);
/* Fills *info; returns how many bytes of it mean something. */
int64_t ptrace_syscall_info(struct task *tracee, struct lx_ptrace_syscall_info *info);
/* The tid's tracer for /proc: the pid of its group, or 0; *stopped: in a stop of it. */
int ptrace_tracer(struct task *tracee, bool *stopped);
#endif
