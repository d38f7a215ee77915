/* SPDX-License-Identifier: MIT */
/*
 * Dispatch: from a call number to its handler, by the one table. With neither trace nor statistics
 * on, a call costs two loads and a jump here; everything that watches is behind sc_observed.
 */
#include "observe.h"
#include "lxrun/options.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include <stdatomic.h>
#include <stdio.h>

/* HOST rows have no function, and neither have rows that nobody implements. */
#define FN_TRAP_FULL(name)    sys_##name
#define FN_TRAP_PARTIAL(name) sys_##name
#define FN_TRAP_NOSYS(name)   NULL
#define FN_LIFE_FULL(name)    sys_##name
#define FN_LIFE_PARTIAL(name) sys_##name
#define FN_LIFE_NOSYS(name)   NULL
#define FN_HOST_FULL(name)    NULL
#define FN_HOST_PARTIAL(name) NULL

const struct sc_desc sc_table[SC_TABLE_SIZE] = {
#define SC(nr, name, support, route, args, note) \
	[nr] = { #name, FN_##route##_##support(name), SC_##support, SC_ROUTE_##route, args, note },
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
#undef SC
#undef SC_HOST_IF
#undef SC_HOST_UNLESS
};

_Atomic bool sc_observed;

/* A call without a handler: the host's, or nobody's. */
static int64_t sc_no_handler(struct task *t, const struct sc_args *a)
{
	const struct sc_desc *d = a->nr < SC_TABLE_SIZE ? &sc_table[a->nr] : NULL;
	char number[24];

	if (d && d->name && d->route == SC_ROUTE_HOST)
		return SC_CONTINUE;
	snprintf(number, sizeof(number), "syscall_%u", (unsigned)a->nr);
	return unsupported(t, d && d->name ? d->name : number, NULL, 0, -LX_ENOSYS);
}

int64_t sc_call(struct task *t, const struct sc_args *a)
{
	sc_fn *fn = a->nr < SC_TABLE_SIZE ? sc_table[a->nr].fn : NULL;

	if (__builtin_expect(lxrun_opt.missing_calls && a->nr < SC_TABLE_SIZE, 0) &&
	    lxrun_opt.missing_calls[a->nr])
		return -LX_ENOSYS;
	if (a->host)
		return SC_CONTINUE;
	return fn ? fn(t, a) : sc_no_handler(t, a);
}

int64_t sc_dispatch(struct task *t, const struct sc_args *a)
{
	if (__builtin_expect(atomic_load_explicit(&sc_observed, memory_order_relaxed), 0))
		return sc_dispatch_observed(t, a);
	return sc_call(t, a);
}

int64_t sc_install(struct task *t, int fd, struct file *f, bool cloexec)
{
	t->install_handle = f->handle;
	t->install_cloexec = cloexec;
	return fd;
}
