/* SPDX-License-Identifier: MIT */
/* sys_info.c - names, limits, resource use. */
#include "lxrun/process.h"
#include "lxrun/guestmem.h"
#include "lxrun/options.h"
#include "lxrun/quirks.h"
#include <string.h>

static void put_name(char dst[65], const char *src)
{
	strncpy(dst, src ? src : "", 64);
}

#define PER_MASK    0xffu
#define PER_LINUX32 8u

int64_t sys_uname(struct task *t, const struct sc_args *a)
{
	struct lx_utsname u = { .sysname = "Linux", .machine = "x86_64" };

	if ((t->personality & PER_MASK) == PER_LINUX32)
		put_name(u.machine, "i686");
	uts_name(t, UTS_HOST, u.nodename);
	uts_name(t, UTS_DOMAIN, u.domainname);
	put_name(u.release, lxrun_opt.kernel_release);
	put_name(u.version, lxrun_opt.kernel_version);
	return guest_copyout(t, SC_GPTR(a, 0), &u, sizeof(u));
}

static int64_t set_uts_name(struct task *t, const struct sc_args *a, enum uts_name which)
{
	char name[LX_UTS_LEN];
	int64_t len = SC_I32(a, 1);

	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	if (len < 0 || len > LX_UTS_LEN)
		return -LX_EINVAL;
	if (guest_copyin(t, name, SC_GPTR(a, 0), (size_t)len))
		return -LX_EFAULT;
	return task_set_uts_name(t, which, name, (size_t)len);
}

int64_t sys_sethostname(struct task *t, const struct sc_args *a)
{
	return set_uts_name(t, a, UTS_HOST);
}

int64_t sys_setdomainname(struct task *t, const struct sc_args *a)
{
	return set_uts_name(t, a, UTS_DOMAIN);
}

int64_t sys_sysinfo(struct task *t, const struct sc_args *a)
{
	struct lx_sysinfo info;

	machine_info(&info);
	return guest_copyout(t, SC_GPTR(a, 0), &info, sizeof(info));
}

enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF, RUSAGE_THREAD };

int64_t sys_getrusage(struct task *t, const struct sc_args *a)
{
	struct lx_rusage r;

	switch (SC_I32(a, 0)) {
	case RUSAGE_SELF:
		rusage_of_group(t->tg, &r);
		break;
	case RUSAGE_CHILDREN:
		rusage_of_children(t->tg, &r);
		break;
	case RUSAGE_THREAD:
		rusage_of_task(t, &r);
		break;
	default:
		return -LX_EINVAL;
	}
	return guest_copyout(t, SC_GPTR(a, 1), &r, sizeof(r));
}

/* ---- limits ---- */

/* Resources that the host kernel meters, in the guest's own host process. */
static bool host_enforces(uint32_t resource)
{
	switch (resource) {
	case LX_RLIMIT_CPU:
	case LX_RLIMIT_DATA:
	case LX_RLIMIT_STACK:
	case LX_RLIMIT_MEMLOCK:
		return true;
	case LX_RLIMIT_FSIZE:
		return !quirk_on(QUIRK_RLIMIT_FSIZE);
	case LX_RLIMIT_AS:
		return !quirk_on(QUIRK_RLIMIT_AS);
	}
	return false;
}

int64_t sys_getrlimit(struct task *t, const struct sc_args *a)
{
	struct lx_rlimit r;
	int err = task_prlimit(t, 0, SC_U32(a, 0), NULL, &r);

	return err ? err : guest_copyout(t, SC_GPTR(a, 1), &r, sizeof(r));
}

int64_t sys_setrlimit(struct task *t, const struct sc_args *a)
{
	struct lx_rlimit r;
	int err;

	if (guest_copyin(t, &r, SC_GPTR(a, 1), sizeof(r)))
		return -LX_EFAULT;
	err = task_prlimit(t, 0, SC_U32(a, 0), &r, NULL);
	return !err && host_enforces(SC_U32(a, 0)) ? SC_CONTINUE : err;
}

int64_t sys_prlimit64(struct task *t, const struct sc_args *a)
{
	uint32_t resource = SC_U32(a, 1);
	struct lx_rlimit new, old;
	bool set = SC_U64(a, 2) != 0, get = SC_U64(a, 3) != 0;
	int err;

	if (set && guest_copyin(t, &new, SC_GPTR(a, 2), sizeof(new)))
		return -LX_EFAULT;
	err = task_prlimit(t, SC_I32(a, 0), resource, set ? &new : NULL, get ? &old : NULL);
	if (err)
		return err;
	/* With pid 0 the host's call means the same process. */
	if (set && !SC_I32(a, 0) && host_enforces(resource))
		return SC_CONTINUE;
	return get ? guest_copyout(t, SC_GPTR(a, 3), &old, sizeof(old)) : 0;
}
