/* SPDX-License-Identifier: MIT */
/*
 * syscall.h - dispatch of system calls: what a handler sees, what it may answer.
 *
 * A handler unpacks, copies in, calls one verb of vfs.h / task.h / signal.h, copies out, returns a
 * value or -LX_E*. No policy, no locks, no NT words.
 */
#ifndef LXRUN_SYSCALL_H
#define LXRUN_SYSCALL_H
#include "lx/types.h"
#include "lx/errno.h"
#include <stdbool.h>

struct task;
struct file;

struct sc_args {
	uint32_t nr;
	uint64_t a[6];
	uint64_t ip, sp; /* sp is known in life-cycle calls only */
	bool host;       /* the host executes it: shown because calls are watched */
};

/* Argument n as the call's C type: the upper half of a 32-bit argument is the guest's garbage. */
#define SC_I32(args, n)  ((int32_t)(args)->a[n])
#define SC_U32(args, n)  ((uint32_t)(args)->a[n])
#define SC_I64(args, n)  ((int64_t)(args)->a[n])
#define SC_U64(args, n)  ((args)->a[n])
#define SC_GPTR(args, n) GADDR((args)->a[n])

typedef int64_t sc_fn(struct task *t, const struct sc_args *a);

/* Special answers, beside values and errors. */
#define SC_CONTINUE INT64_C(-0x7fffffff0001) /* the host kernel executes the call itself */
#define SC_CLONE    INT64_C(-0x7fffffff0002) /* PsPicoCreateThread was armed */
#define SC_EXEC     INT64_C(-0x7fffffff0003) /* PsPicoReplaceImage was armed */
#define SC_MAP      INT64_C(-0x7fffffff0004) /* MapSection was armed */
/*
 * The result is fd, and f's direct descriptor goes to guest slot fd in the same exchange:
 * `return sc_install(...)`. It notes f's handle in t->install_handle and returns fd; the provider
 * glue clears install_handle before a call and answers PicoInstall if it is set after one that succeeded.
 */
int64_t sc_install(struct task *t, int fd, struct file *f, bool cloexec);

enum sc_support { SC_FULL, SC_PARTIAL, SC_NOSYS };
enum sc_route { SC_ROUTE_TRAP, SC_ROUTE_HOST, SC_ROUTE_LIFE };
struct sc_desc {
	const char *name;       /* NULL: no such number */
	sc_fn      *fn;         /* NULL for HOST routes */
	uint8_t     support, route;
	const char *args;       /* kinds, one word each */
	const char *note;
};
#define SC_TABLE_SIZE 512
extern const struct sc_desc sc_table[SC_TABLE_SIZE];

/* One prototype per row: a row that is not NOSYS and not HOST needs a definition, or the link fails. */
#define SC(nr, name, support, route, args, note) sc_fn sys_##name;
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
#undef SC
#undef SC_HOST_IF
#undef SC_HOST_UNLESS

/* Called by the pico provider glue (src/task/provider.c): runs the call in a, trace and statistics included. */
int64_t sc_dispatch(struct task *t, const struct sc_args *a);

/*
 * What is missing is loud once and countable: reports (call, what, value) once per program - never
 * on the guest's stderr unless it is a terminal and no trace is on -, counts it, returns err (negative).
 */
int64_t unsupported(struct task *t, const char *call, const char *what, uint64_t value, int err);
#endif
