/* SPDX-License-Identifier: MIT */
/* elf.h - ELF64 as core files have it (elf(5), core(5)): headers, notes, and what the notes hold on x86-64. */
#ifndef LX_ELF_H
#define LX_ELF_H
#include "lx/ptrace.h"
#include "lx/types.h"

#define LX_ET_CORE   4
#define LX_EM_X86_64 62
#define LX_PT_LOAD   1u
#define LX_PT_NOTE   4u
#define LX_PF_X      1u
#define LX_PF_W      2u
#define LX_PF_R      4u

struct lx_elf_ehdr {
	uint8_t  ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct lx_elf_ehdr) == 64, "Elf64_Ehdr");
struct lx_elf_phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct lx_elf_phdr) == 56, "Elf64_Phdr");
struct lx_elf_note { uint32_t namesz, descsz, type; };
_Static_assert(sizeof(struct lx_elf_note) == 12, "Elf64_Nhdr");

#define LX_NT_PRPSINFO   3
#define LX_NT_AUXV       6
#define LX_NT_FILE       0x46494c45
#define LX_NT_SIGINFO    0x53494749
#define LX_NT_X86_XSTATE 0x202

struct lx_elf_prstatus {
	struct { int32_t signo, code, err; } info;
	int16_t  cursig;
	uint64_t sigpend, sighold;
	int32_t  pid, ppid, pgrp, sid;
	struct lx_timeval utime, stime, cutime, cstime;
	struct lx_user_regs regs;
	int32_t  fpvalid;
};
_Static_assert(sizeof(struct lx_elf_prstatus) == 336, "struct elf_prstatus");
_Static_assert(offsetof(struct lx_elf_prstatus, regs) == 112, "struct elf_prstatus");
struct lx_elf_prpsinfo {
	int8_t   state;
	char     sname;
	int8_t   zomb, nice;
	uint64_t flag;
	uint32_t uid, gid;
	int32_t  pid, ppid, pgrp, sid;
	char     fname[16], psargs[80];
};
_Static_assert(sizeof(struct lx_elf_prpsinfo) == 136, "struct elf_prpsinfo");

/* Bits of /proc/PID/coredump_filter. */
#define LX_DUMP_ANON_PRIVATE 0x01u
#define LX_DUMP_ANON_SHARED  0x02u
#define LX_DUMP_FILE_PRIVATE 0x04u
#define LX_DUMP_FILE_SHARED  0x08u
#define LX_DUMP_ELF_HEADERS  0x10u
#define LX_DUMP_HUGE_PRIVATE 0x20u
#define LX_DUMP_HUGE_SHARED  0x40u
#define LX_DUMP_DAX_BITS     0x180u /* accepted; there is no such memory */
#define LX_DUMP_DEFAULT      0x33u
#define LX_DUMP_ALL          0x1ffu
#endif
