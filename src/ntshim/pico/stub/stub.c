/* SPDX-License-Identifier: MIT */
/*
 * stub.c - the program that a guest's exec really executes: no libc, two pages at STUB_BASE.
 *
 * It runs before the guest's program and as the guest: a fault here is the guest's. Page 0 keeps two
 * things for later (the clone trampoline and an empty string) and the last step of loading; it holds
 * no call that the filter would pass for its address. Page 1 is this loader.
 */
#include "stub_abi.h"

#define SYS_MUNMAP     11
#define SYS_PRCTL      157
#define SYS_EXIT_GROUP 231
#define PR_SET_MM      35
#define PR_SET_MM_MAP  14
enum {
	AT_NULL,
	AT_EXECFD = 2,
	AT_PHDR = 3,
	AT_PHNUM = 5,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_UID = 11,
	AT_EUID,
	AT_GID,
	AT_EGID,
	AT_SECURE = 23,
	AT_EXECFN = 31
};

__asm__(".section .tramp,\"ax\"\n"
	"stub_return: mov %r11,%rax\n jmp *%rcx\n .balign 16\n"
	"stub_empty: .quad 0, 0\n"
	/* rsp = new stack, r12 = where to go: unmap page 1, then the registers execve leaves */
	".globl stub_leave\nstub_leave:\n"
	" mov $11,%eax\n movabs $0x7d0000001000,%rdi\n mov $0x1000,%esi\n syscall\n"
	" mov %r12,%rax\n"
	" xor %ebx,%ebx\n xor %ecx,%ecx\n xor %edx,%edx\n xor %esi,%esi\n xor %edi,%edi\n xor "
	"%ebp,%ebp\n"
	" xor %r8d,%r8d\n xor %r9d,%r9d\n xor %r10d,%r10d\n xor %r11d,%r11d\n xor %r12d,%r12d\n"
	" xor %r13d,%r13d\n xor %r14d,%r14d\n xor %r15d,%r15d\n jmp *%rax\n"
	".section .text.start,\"ax\"\n"
	".globl _start\n_start: xor %ebp,%ebp\n mov %rsp,%rdi\n"
	/* our own frames live below the room for the batch */
	" lea -0xb000(%rsp),%rsi\n and $-64,%rsi\n mov %rsi,%rsp\n call stub_main\n ud2\n"
	".text\n");

static inline int64_t call(uint64_t n, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
			   uint64_t f)
{
	int64_t r;
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

static void copy(void *dst, const void *src, uint64_t n)
{
	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n)::"memory");
}

static __attribute__((noreturn)) void die(uint64_t index, int64_t error)
{
	call(STUB_CALL_ERROR, index, error, 0, 0, 0, 0);
	for (;;)
		call(SYS_EXIT_GROUP, 127, 0, 0, 0, 0, 0);
}

static void run_commands(const struct stub_batch *b)
{
	for (uint64_t i = 0; i < b->ncmd; i++) {
		const struct stub_cmd *c = &b->cmd[i];
		int64_t r;

		if (c->nr == STUB_CMD_ZERO) {
			uint8_t *p = (uint8_t *)c->a[0];
			uint64_t n = c->a[1];

			__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(0) : "memory");
			continue;
		}
		r = call(c->nr & 0xffff, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4], c->a[5]);
		if (r < 0 && r > -4096 && !(c->nr & STUB_CMD_MAY_FAIL))
			die(i, r);
	}
}

static uint64_t aux_value(const struct stub_batch *b, uint64_t type, uint64_t value,
			  uint64_t execfn)
{
	switch (type) {
	case AT_PHDR:
		return b->phdr;
	case AT_PHNUM:
		return b->phnum;
	case AT_BASE:
		return b->base;
	case AT_ENTRY:
		return b->entry;
	case AT_UID:
		return b->uid;
	case AT_EUID:
		return b->euid;
	case AT_GID:
		return b->gid;
	case AT_EGID:
		return b->egid;
	case AT_SECURE:
		return b->secure;
	case AT_FLAGS:
		return b->flags;
	case AT_EXECFN:
		return execfn;
	default:
		return value;
	}
}

static void set_mm(struct stub_batch *b, uint64_t *out, uint64_t *aux, uint64_t aux_words,
		   uint64_t argc)
{
	struct stub_mm_map *m = &b->mm;
	uint64_t *envp = out + 1 + argc + 1;

	m->start_stack = (uint64_t)out;
	m->arg_start = argc ? out[1] : (uint64_t)out;
	m->arg_end = m->env_start = m->env_end = m->arg_start;
	if (envp[0] > m->arg_start) {
		m->arg_end = m->env_start = m->env_end = envp[0];
		while (*envp)
			m->env_end = *envp++;
		while (*(char *)m->env_end++)
			;
	}
	m->auxv = (uint64_t)aux;
	m->auxv_size = aux_words * 8;
	m->exe_fd = ~0u;
	/* refused by some hosts: the break then stays behind this stub, which works as well */
	call(SYS_PRCTL, PR_SET_MM, PR_SET_MM_MAP, (uint64_t)m, sizeof *m, 0, 0);
}

/*
 * in: the stack the host made for the stub (argc, argv, envp, auxv). The new one is built below it,
 * under the strings it needs; the host's argument and environment strings stay where they are.
 */
__attribute__((noreturn, used)) void stub_main(uint64_t *in, struct stub_batch *b)
{
	uint64_t argc = in[0], nins, *p = in + 1 + argc + 1, *aux, *out, *o, *oaux, words, execfn,
		 k;
	char *strings;

	if (call(STUB_CALL_LOAD, (uint64_t)b, STUB_ROOM, (uint64_t)in, 0, 0, 0) < 0)
		die(~0ul, 0);
	run_commands(b);
	while (*p++)
		;
	aux = p;
	while (*p)
		p += 2;
	p += 2;
	nins = b->insert_count;
	strings = (char *)b - 0x800 - b->insert_bytes; /* clear of our own frames */
	words = (p - in) + nins + 2 * b->has_execfd;
	out = (uint64_t *)(((uint64_t)strings - words * 8) & ~15ul);
	/* the stack grows by faults near its end only: touch it downwards */
	for (uint64_t t = (uint64_t)b; t > (uint64_t)out - 4096; t -= 4096)
		*(volatile char *)t;
	copy(strings, (char *)b + b->strings, b->insert_bytes);
	o = out;
	*o++ = nins ? argc - 1 + nins : argc;
	execfn = (uint64_t)strings;
	while (*strings++)
		;
	for (k = 0; k < nins; k++) {
		*o++ = (uint64_t)strings;
		while (*strings++)
			;
	}
	for (uint64_t *s = in + 1 + (nins ? 1 : 0); s < aux; s++)
		*o++ = *s;
	oaux = o;
	if (b->has_execfd) {
		*o++ = AT_EXECFD;
		*o++ = b->execfd;
	}
	for (uint64_t *s = aux; s < p; s += 2) {
		*o++ = s[0];
		*o++ = aux_value(b, s[0], s[1], execfn);
	}
	set_mm(b, out, oaux, o - oaux, out[0]);
	__asm__ volatile("mov %1,%%r12\n mov %0,%%rsp\n jmp stub_leave" ::"r"(out), "r"(b->start)
			 : "memory", "r12");
	__builtin_unreachable();
}
