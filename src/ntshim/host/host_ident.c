/* SPDX-License-Identifier: MIT */
/* host_ident.c - see host_ident.h. */
#include "host_ident.h"
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void host_ident(uint32_t *uid, uint32_t *gid, uint32_t *ngroups, uint32_t *groups)
{
	gid_t list[65536 / sizeof(gid_t)];
	int n = getgroups(sizeof(list) / sizeof(list[0]), list);
	uint32_t room = *ngroups;

	*uid = getuid();
	*gid = getgid();
	*ngroups = 0;
	for (int i = 0; i < n && *ngroups < room; i++)
		groups[(*ngroups)++] = list[i];
}

int host_priority(void)
{
	return getpriority(PRIO_PROCESS, 0);
}

void host_rlimit(int resource, uint64_t *cur, uint64_t *max)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	getrlimit(resource, &r);
	*cur = r.rlim_cur;
	*max = r.rlim_max;
}

void host_cwd(char *buf, size_t size)
{
	if (!getcwd(buf, size) || buf[0] != '/')
		buf[0] = '\0';
}
