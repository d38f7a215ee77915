/* SPDX-License-Identifier: MIT */
/* host_ident.h - identity and inherited circumstances of the supervisor's own host process. */
#ifndef HOST_IDENT_H
#define HOST_IDENT_H
#include <stddef.h>
#include <stdint.h>

/* Real ids; *ngroups: room on entry, number stored on return. */
void host_ident(uint32_t *uid, uint32_t *gid, uint32_t *ngroups, uint32_t *groups);
int host_priority(void);
void host_rlimit(int resource, uint64_t *cur, uint64_t *max);
/* "" when the directory has no path. */
void host_cwd(char *buf, size_t size);
#endif
