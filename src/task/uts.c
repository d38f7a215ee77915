/* SPDX-License-Identifier: MIT */
/* uts.c - the instance's host and domain name: the host's to begin with, its own once it is set. */
#include "task_impl.h"
#include "lxrun/options.h"
#include <string.h>

static struct lk lock = LK_INIT(INODE); /* guards: */
static char names[2][LX_UTS_LEN + 1];
static bool set[2];

void uts_name(enum uts_name which, char out[LX_UTS_LEN + 1])
{
	lk_acquire(&lock);
	if (set[which])
		memcpy(out, names[which], LX_UTS_LEN + 1);
	else
		strncpy(out, which == UTS_HOST ? lxrun_opt.hostname : "(none)", LX_UTS_LEN);
	lk_release(&lock);
	out[LX_UTS_LEN] = '\0';
}

int task_set_uts_name(struct task *t, enum uts_name which, const char *name, size_t len)
{
	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	lk_acquire(&lock);
	memset(names[which], 0, sizeof(names[which]));
	memcpy(names[which], name, len);
	set[which] = true;
	lk_release(&lock);
	return 0;
}
