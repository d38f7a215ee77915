/* SPDX-License-Identifier: MIT */
/*
 * se.h - security: so far only who the supervisor is on the host, and what it was started with.
 * Tokens and descriptors come with the security manager.
 */
#ifndef NT_SE_H
#define NT_SE_H
#include "nt/nt.h"

/* lxrun extension: real host identity. *GroupCount: room in Groups on entry, number stored on return. */
VOID SeQueryHostIdentity(PULONG Uid, PULONG Gid, PULONG GroupCount, PULONG Groups);

#define SE_HOST_LIMITS 16
/* lxrun extension: what a program started on the host would inherit. Limits by host resource number. */
typedef struct _SE_HOST_START {
	ULONG   Umask;
	LONG    Priority;               /* nice value */
	struct {
		ULONG64 Current, Maximum; /* all ones: none */
	} Limits[SE_HOST_LIMITS];
	char    Directory[4096];        /* "" if it has no name any more */
} SE_HOST_START;
VOID SeQueryHostStart(SE_HOST_START *Start);
#endif
