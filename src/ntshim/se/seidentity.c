/* SPDX-License-Identifier: MIT */
/*
 * seidentity.c - the supervisor's own identity and inheritance. The guest's credentials start from
 * these and are lxcore's from then on; the host side of every call keeps running under this identity.
 */
#include "nt/se.h"
#include "nt/io.h"
#include "../host/host_ident.h"

VOID SeQueryHostIdentity(PULONG Uid, PULONG Gid, PULONG GroupCount, PULONG Groups)
{
	host_ident(Uid, Gid, GroupCount, Groups);
}

VOID SeQueryHostStart(SE_HOST_START *Start)
{
	Start->Umask = IoQueryInitialUmask();
	Start->Priority = host_priority();
	for (int i = 0; i < SE_HOST_LIMITS; i++)
		host_rlimit(i, &Start->Limits[i].Current, &Start->Limits[i].Maximum);
	host_cwd(Start->Directory, sizeof(Start->Directory));
}
