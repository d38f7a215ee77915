/* SPDX-License-Identifier: MIT */
/*
 * stub_abi.h - what the exec stub in the guest and the engine say to each other.
 *
 * A guest's exec becomes a host exec of the stub. The stub asks for its orders with one notified
 * call, STUB_CALL_LOAD(batch, room, stack pointer); the engine writes a struct stub_batch there and
 * answers; the stub maps the program, rewrites the initial stack and jumps to the program.
 */
#ifndef STUB_ABI_H
#define STUB_ABI_H
#include <stdint.h>

#define STUB_BASE      0x7d0000000000ul     /* far from the stack and from mmap's usual area */
#define STUB_RETURN    (STUB_BASE + 0x100)  /* rax = r11, jump to rcx */
#define STUB_EMPTY     (STUB_BASE + 0x110)  /* "" */
#define STUB_CODE      (STUB_BASE + 0x1000) /* the loader's page: its calls pass the filter */
#define STUB_CODE_SIZE 0x1000ul

/*
 * Calls that mean this only in the stub. Numbers that the host knows and every sandbox lets pass: a filter around
 * lxrun that refuses what it does not know (Docker's) is asked first.
 */
#define STUB_CALL_LOAD  110 /* getppid */
#define STUB_CALL_ERROR 111 /* getpgrp (command index, error): the image cannot be mapped */

#define STUB_ROOM         0x9000ul /* bytes below the stack pointer that a batch may take */
#define STUB_CMD_ZERO     6000     /* clear a[1] bytes at a[0] */
#define STUB_CMD_MAY_FAIL 0x10000  /* added to a number: ignore the result */

struct stub_cmd {
	uint64_t nr, a[6];
};

/* struct prctl_mm_map of linux/prctl.h */
struct stub_mm_map {
	uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end, auxv;
	uint32_t auxv_size, exe_fd;
};

struct stub_batch {
	uint64_t total; /* bytes of the whole batch, strings included */
	uint64_t start; /* where execution begins */
	uint64_t phdr, phnum, entry, base;
	uint64_t uid, euid, gid, egid, secure, flags;
	uint64_t has_execfd, execfd;
	uint64_t insert_count; /* strings that replace argv[0] */
	uint64_t insert_bytes; /* of strings: first execfn, then the inserts */
	uint64_t strings;      /* offset of them in the batch */
	struct stub_mm_map mm;
	uint64_t ncmd;
	struct stub_cmd cmd[];
};
#endif
