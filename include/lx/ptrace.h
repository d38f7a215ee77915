/* SPDX-License-Identifier: MIT */
/* ptrace.h - ptrace(2) of the x86-64 Linux ABI: requests, options, events, structures. */
#ifndef LX_PTRACE_H
#define LX_PTRACE_H
#include "lx/types.h"

#define LX_PTRACE_TRACEME          0
#define LX_PTRACE_PEEKTEXT         1
#define LX_PTRACE_PEEKDATA         2
#define LX_PTRACE_PEEKUSR          3
#define LX_PTRACE_POKETEXT         4
#define LX_PTRACE_POKEDATA         5
#define LX_PTRACE_POKEUSR          6
#define LX_PTRACE_CONT             7
#define LX_PTRACE_KILL             8
#define LX_PTRACE_SINGLESTEP       9
#define LX_PTRACE_GETREGS          12
#define LX_PTRACE_SETREGS          13
#define LX_PTRACE_GETFPREGS        14
#define LX_PTRACE_SETFPREGS        15
#define LX_PTRACE_ATTACH           16
#define LX_PTRACE_DETACH           17
#define LX_PTRACE_OLDSETOPTIONS    21
#define LX_PTRACE_SYSCALL          24
#define LX_PTRACE_SINGLEBLOCK      33
#define LX_PTRACE_SETOPTIONS       0x4200
#define LX_PTRACE_GETEVENTMSG      0x4201
#define LX_PTRACE_GETSIGINFO       0x4202
#define LX_PTRACE_SETSIGINFO       0x4203
#define LX_PTRACE_GETREGSET        0x4204
#define LX_PTRACE_SETREGSET        0x4205
#define LX_PTRACE_SEIZE            0x4206
#define LX_PTRACE_INTERRUPT        0x4207
#define LX_PTRACE_LISTEN           0x4208
#define LX_PTRACE_GETSIGMASK       0x420a
#define LX_PTRACE_SETSIGMASK       0x420b
#define LX_PTRACE_GET_SYSCALL_INFO 0x420e

#define LX_PTRACE_O_TRACESYSGOOD   0x1u
#define LX_PTRACE_O_TRACEFORK      0x2u
#define LX_PTRACE_O_TRACEVFORK     0x4u
#define LX_PTRACE_O_TRACECLONE     0x8u
#define LX_PTRACE_O_TRACEEXEC      0x10u
#define LX_PTRACE_O_TRACEVFORKDONE 0x20u
#define LX_PTRACE_O_TRACEEXIT      0x40u
#define LX_PTRACE_O_TRACESECCOMP   0x80u
#define LX_PTRACE_O_EXITKILL       0x100000u
#define LX_PTRACE_O_MASK           0x3000ffu /* SUSPEND_SECCOMP included */

#define LX_PTRACE_EVENT_FORK       1
#define LX_PTRACE_EVENT_VFORK      2
#define LX_PTRACE_EVENT_CLONE      3
#define LX_PTRACE_EVENT_EXEC       4
#define LX_PTRACE_EVENT_VFORK_DONE 5
#define LX_PTRACE_EVENT_EXIT       6
#define LX_PTRACE_EVENT_STOP       128

#define LX_NT_PRSTATUS 1 /* note types of register sets */
#define LX_NT_PRFPREG  2

struct lx_user_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax;
	uint64_t rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct lx_user_regs) == 216, "struct user_regs_struct");
#define LX_USER_SIZE     912 /* struct user */
#define LX_USER_FPREGS   512 /* struct user_fpregs_struct */

#define LX_AUDIT_ARCH_X86_64 0xc000003eu
#define LX_PTRACE_SYSCALL_INFO_NONE  0
#define LX_PTRACE_SYSCALL_INFO_ENTRY 1
#define LX_PTRACE_SYSCALL_INFO_EXIT  2
struct lx_ptrace_syscall_info {
	uint8_t  op, pad[3];
	uint32_t arch;
	uint64_t instruction_pointer, stack_pointer;
	union {
		struct { uint64_t nr, args[6]; } entry;
		struct { int64_t rval; uint8_t is_error; } exit;
	};
};
_Static_assert(offsetof(struct lx_ptrace_syscall_info, entry) == 24, "struct ptrace_syscall_info");
#endif
