/* SPDX-License-Identifier: MIT */
/*
 * sys_prctl.c - prctl(2) and personality(2). An option is a row: how many of its arguments must be 0, and
 * who answers. What concerns the thread's registers or page tables only is the host's.
 */
#include "lxrun/process.h"
#include "lxrun/guestmem.h"
#include <string.h>

#define TIMING_STATISTICAL 0

static int64_t put_int(struct task *t, uint64_t dst, int32_t value)
{
	return guest_copyout(t, GADDR(dst), &value, sizeof(value));
}

/* ---- one function per option ---- */

static int64_t host(struct task *t, const uint64_t *a)
{
	return SC_CONTINUE;
}

static int64_t set_pdeathsig(struct task *t, const uint64_t *a)
{
	if (a[0] > LX_NSIG)
		return -LX_EINVAL;
	t->pdeathsig = a[0];
	return 0;
}

static int64_t get_pdeathsig(struct task *t, const uint64_t *a)
{
	return put_int(t, a[0], t->pdeathsig);
}

/* Never the host's: that would close the guest's memory to an ordinary user's supervisor. */
static int64_t set_dumpable(struct task *t, const uint64_t *a)
{
	if (a[0] > 1)
		return -LX_EINVAL;
	t->tg->dumpable = a[0];
	return 0;
}

static int64_t get_dumpable(struct task *t, const uint64_t *a)
{
	return t->tg->dumpable;
}

static int64_t get_keepcaps(struct task *t, const uint64_t *a)
{
	return !!(t->cred->securebits & LX_SECBIT_KEEP_CAPS);
}

static int64_t set_keepcaps(struct task *t, const uint64_t *a)
{
	return task_set_keepcaps(t, a[0]);
}

static int64_t get_timing(struct task *t, const uint64_t *a)
{
	return TIMING_STATISTICAL;
}

static int64_t set_timing(struct task *t, const uint64_t *a)
{
	return a[0] == TIMING_STATISTICAL ? 0 : -LX_EINVAL;
}

static int64_t set_name(struct task *t, const uint64_t *a)
{
	char name[16] = { 0 };
	int64_t n = guest_peek(t, name, GADDR(a[0]), 15);

	if (n <= 0 || (n < 15 && !memchr(name, '\0', n)))
		return -LX_EFAULT;
	n = strlen(name);
	memset(name + n, 0, sizeof(name) - n);
	lk_acquire(&t->lock);
	memcpy(t->comm, name, sizeof(t->comm));
	lk_release(&t->lock);
	return SC_CONTINUE; /* the host shows the name too */
}

static int64_t get_name(struct task *t, const uint64_t *a)
{
	return guest_copyout(t, GADDR(a[0]), t->comm, sizeof(t->comm));
}

static int64_t zero(struct task *t, const uint64_t *a)
{
	return 0;
}

static int64_t read_bounding(struct task *t, const uint64_t *a)
{
	return a[0] > LX_CAP_LAST ? -LX_EINVAL : (int64_t)(t->cred->cap_bounding >> a[0] & 1);
}

static int64_t drop_bounding(struct task *t, const uint64_t *a)
{
	return task_drop_bounding(t, a[0]);
}

static int64_t get_securebits(struct task *t, const uint64_t *a)
{
	return t->cred->securebits;
}

static int64_t set_securebits(struct task *t, const uint64_t *a)
{
	return task_set_securebits(t, a[0]);
}

static int64_t set_slack(struct task *t, const uint64_t *a)
{
	t->timer_slack_ns = (int64_t)a[0] <= 0 ? t->timer_slack_default_ns : a[0];
	return 0;
}

static int64_t get_slack(struct task *t, const uint64_t *a)
{
	return t->timer_slack_ns;
}

static int64_t set_subreaper(struct task *t, const uint64_t *a)
{
	t->tg->subreaper = a[0] != 0;
	return 0;
}

static int64_t get_subreaper(struct task *t, const uint64_t *a)
{
	return put_int(t, a[0], t->tg->subreaper);
}

static int64_t set_no_new_privs(struct task *t, const uint64_t *a)
{
	if (a[0] != 1)
		return -LX_EINVAL;
	t->no_new_privs = true;
	return 0;
}

static int64_t get_no_new_privs(struct task *t, const uint64_t *a)
{
	return t->no_new_privs;
}

static int64_t get_tid_address(struct task *t, const uint64_t *a)
{
	return guest_copyout(t, GADDR(a[0]), &t->clear_child_tid, sizeof(t->clear_child_tid));
}

static int64_t ambient(struct task *t, const uint64_t *a)
{
	return task_ambient(t, a[0], a[1]);
}

struct option {
	uint32_t number;
	uint8_t used; /* arguments behind these must be 0; 4: not looked at, as on Linux */
	int64_t (*fn)(struct task *t, const uint64_t *arg);
};

static const struct option options[] = {
	{ 1, 4, set_pdeathsig },
	{ 2, 4, get_pdeathsig },
	{ 3, 4, get_dumpable },
	{ 4, 4, set_dumpable },
	{ 7, 4, get_keepcaps },
	{ 8, 4, set_keepcaps },
	{ 13, 4, get_timing },
	{ 14, 4, set_timing },
	{ 15, 4, set_name },
	{ 16, 4, get_name },
	{ 21, 4, zero }, /* PR_GET_SECCOMP: no filter of the guest's own */
	{ 23, 4, read_bounding },
	{ 24, 4, drop_bounding },
	{ 25, 4, host }, /* PR_GET_TSC, PR_SET_TSC */
	{ 26, 4, host },
	{ 27, 4, get_securebits },
	{ 28, 4, set_securebits },
	{ 29, 4, set_slack },
	{ 30, 4, get_slack },
	{ 31, 4, zero }, /* PR_TASK_PERF_EVENTS_DISABLE, _ENABLE: there are none */
	{ 32, 4, zero },
	{ 36, 4, set_subreaper },
	{ 37, 4, get_subreaper },
	{ 38, 1, set_no_new_privs },
	{ 39, 0, get_no_new_privs },
	{ 40, 4, get_tid_address },
	{ 41, 4, host }, /* PR_SET_THP_DISABLE, PR_GET_THP_DISABLE */
	{ 42, 4, host },
	{ 47, 2, ambient },
	{ 52, 4, host }, /* PR_GET_SPECULATION_CTRL, PR_SET_SPECULATION_CTRL */
	{ 53, 4, host },
	{ 0x53564d41, 4, host }, /* PR_SET_VMA */
};

int64_t sys_prctl(struct task *t, const struct sc_args *a)
{
	const uint64_t arg[4] = { SC_U64(a, 1), SC_U64(a, 2), SC_U64(a, 3), SC_U64(a, 4) };
	uint32_t number = SC_U32(a, 0);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].number != number)
			continue;
		for (int n = options[i].used; n < 4; n++)
			if (arg[n])
				return -LX_EINVAL;
		return options[i].fn(t, arg);
	}
	return unsupported(t, "prctl", "option", number, -LX_EINVAL);
}

#define PER_QUERY 0xffffffffu

/* The host acts on it (address layout, execution of readable pages); uname and select ask us. */
int64_t sys_personality(struct task *t, const struct sc_args *a)
{
	if (SC_U32(a, 0) != PER_QUERY)
		t->personality = SC_U32(a, 0);
	return SC_CONTINUE;
}
