/* SPDX-License-Identifier: MIT */
/* nt_ea.c - a list of EAs: the metadata that a new NT file appears with. */
#include "nt_ea.h"
#include <string.h>

void nt_ea_add(struct nt_ea *ea, const char *name, const void *value, uint32_t len)
{
	FILE_FULL_EA_INFORMATION *e;
	uint32_t name_len = (uint32_t)strlen(name), at = (ea->len + 3) & ~3u;

	if (ea->len)
		((FILE_FULL_EA_INFORMATION *)(ea->buf + ea->last))->NextEntryOffset = at - ea->last;
	e = (FILE_FULL_EA_INFORMATION *)(ea->buf + at);
	e->NextEntryOffset = 0;
	e->Flags = 0;
	e->EaNameLength = (UCHAR)name_len;
	e->EaValueLength = (USHORT)len;
	memcpy(e->EaName, name, name_len + 1);
	memcpy(e->EaName + name_len + 1, value, len);
	ea->last = at;
	ea->len = at + (uint32_t)offsetof(FILE_FULL_EA_INFORMATION, EaName) + name_len + 1 + len;
}

void nt_ea_add_owner(struct nt_ea *ea, uint32_t uid, uint32_t gid)
{
	nt_ea_add(ea, LX_FILE_METADATA_UID_EA_NAME, &uid, sizeof(uid));
	nt_ea_add(ea, LX_FILE_METADATA_GID_EA_NAME, &gid, sizeof(gid));
}

void nt_ea_add_mode(struct nt_ea *ea, uint32_t mode, uint64_t rdev)
{
	const uint32_t dev[2] = { lx_major(rdev), lx_minor(rdev) };

	nt_ea_add(ea, LX_FILE_METADATA_MODE_EA_NAME, &mode, sizeof(mode));
	if (LX_S_ISCHR(mode) || LX_S_ISBLK(mode))
		nt_ea_add(ea, LX_FILE_METADATA_DEVICE_ID_EA_NAME, dev, sizeof(dev));
}

int nt_xattr_check(const char *name)
{
	static const char *const kept[] = { "user.", "trusted.", "security." };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (!strncmp(name, kept[i], strlen(kept[i])))
			return name[strlen(kept[i])] ? 0 : -LX_EINVAL;
	return -LX_EOPNOTSUPP;
}
