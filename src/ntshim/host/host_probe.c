/* SPDX-License-Identifier: MIT */
/*
 * host_probe.c - probing pointers as a kernel does: touch the page, and a fault is an answer.
 *
 * Two instructions may fault. The signal handler knows them by their addresses and continues at
 * probe_failed; any other fault gets the handler that was there before, by running again. A probe that
 * succeeds costs one access for each page, and no system call.
 */
#include "host_probe.h"
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define PAGE 4096u

/* 0, or 1 if the address cannot be read (written). In assembly, so that sanitizers leave them alone. */
int probe_read(const void *at);
int probe_write(void *at);
extern const char probe_failed[];

__asm__(".pushsection .text\n"
	".type probe_read, @function\n"
	"probe_read:\n"
	"	.cfi_startproc\n"
	"	movb (%rdi), %al\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".type probe_write, @function\n"
	"probe_write:\n"
	"	.cfi_startproc\n"
	"	lock orb $0, (%rdi)\n" /* atomic: others may be writing there */
	"	xorl %eax, %eax\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"probe_failed:\n"
	"	movl $1, %eax\n"
	"	ret\n"
	".popsection\n");

static struct sigaction before[2]; /* SIGSEGV, SIGBUS */

static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *ip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	if (info->si_code > 0 && (*ip == (greg_t)probe_read || *ip == (greg_t)probe_write))
		*ip = (greg_t)probe_failed;
	else
		sigaction(sig, &before[sig == SIGBUS], NULL);
	if (info->si_code <= 0) /* a process sent it: no instruction will fault again */
		raise(sig);
}

void host_probe_init(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before[0]);
	sigaction(SIGBUS, &action, &before[1]);
}

/* Nearly all that is probed lies in one page. */
static inline bool is_in_page(const void *at, size_t size)
{
	return size - 1 < PAGE - ((uintptr_t)at & (PAGE - 1));
}

static bool touch(char *at, size_t size, bool write, const void **bad)
{
	char *end = at + size;

	if (size == 0)
		return true;
	if (end < at)
		return false;
	do {
		*bad = at;
		if (write ? probe_write(at) : probe_read(at))
			return false;
		at = (char *)(((uintptr_t)at | (PAGE - 1)) + 1);
	} while (at < end && at);
	return true;
}

bool host_can_read(const void *at, size_t size, const void **bad)
{
	*bad = at;
	return is_in_page(at, size) ? !probe_read(at) : touch((char *)at, size, false, bad);
}

bool host_can_write(void *at, size_t size, const void **bad)
{
	*bad = at;
	return is_in_page(at, size) ? !probe_write(at) : touch(at, size, true, bad);
}
