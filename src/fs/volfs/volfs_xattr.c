/* SPDX-License-Identifier: MIT */
/*
 * volfs_xattr.c - extended attributes as NT EAs named "LX.<name>" (nt.md section 6). An EA name holds
 * 255 bytes and a value 65535: a longer Linux name is ERANGE, a value of exactly 64 KiB ENOSPC.
 */
#include "base/alloc.h"
#include "lxrun/acl.h"
#include "volfs.h"
#include <string.h>

#define PREFIX     VOLFS_EA_PREFIX
#define PREFIX_LEN 3u
#define NAME_ROOM  (255u - PREFIX_LEN)
#define EA_HEADER  offsetof(FILE_FULL_EA_INFORMATION, EaName)
#define EA_SMALL   768u /* holds most values, and any name */
#define EA_MAX     (EA_HEADER + 256u + 65536u)

/* EA request with name and room for a value; *value points to it. */
static FILE_FULL_EA_INFORMATION *ea_new(const char *name, size_t size, char **value)
{
	size_t len = strlen(name) + PREFIX_LEN;
	FILE_FULL_EA_INFORMATION *ea = mem_alloc(EA_HEADER + len + 1 + size);

	if (!ea)
		return NULL;
	ea->EaNameLength = (UCHAR)len;
	ea->EaValueLength = (USHORT)size;
	memcpy(ea->EaName, PREFIX, PREFIX_LEN);
	memcpy(ea->EaName + PREFIX_LEN, name, len - PREFIX_LEN);
	*value = (char *)ea->EaName + len + 1;
	return ea;
}

/* The EA that ask names, in a buffer of size bytes. -LX_ERANGE: it does not fit. */
static int query_ea(struct inode *inode, FILE_GET_EA_INFORMATION *ask, uint32_t ask_size,
		    FILE_FULL_EA_INFORMATION *reply, uint32_t size)
{
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(
		NtQueryEaFile(inode->handle, &iosb, reply, size, TRUE, ask, ask_size, NULL, TRUE));
}

static int64_t take_value(const FILE_FULL_EA_INFORMATION *ea, void *buf, size_t size)
{
	size_t len = ea->EaValueLength;

	if (!len && !(ea->Flags & FILE_EA_LXRUN_EMPTY))
		return -LX_ENODATA;
	if (size && size < len)
		return -LX_ERANGE;
	if (size)
		memcpy(buf, ea->EaName + ea->EaNameLength + 1, len);
	return (int64_t)len;
}

/* What the host's kernel says of names on a `host` volume is said here on an `lx` volume. */
static int check_name(struct inode *inode, const char *name)
{
	if (!volfs_super_of(inode)->lx || acl_is_name(name))
		return 0;
	return nt_xattr_check(name);
}

int64_t volfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	union {
		FILE_GET_EA_INFORMATION info;
		char bytes[offsetof(FILE_GET_EA_INFORMATION, EaName) + 256];
	} ask = { .info.NextEntryOffset = 0 };
	union {
		FILE_FULL_EA_INFORMATION ea;
		char bytes[EA_SMALL];
	} small;
	FILE_FULL_EA_INFORMATION *large;
	size_t len = strlen(name);
	int64_t ret = check_name(inode, name);

	if (ret)
		return ret;
	if (len > NAME_ROOM)
		return -LX_ERANGE;
	ask.info.EaNameLength = (UCHAR)(len + PREFIX_LEN);
	memcpy(ask.info.EaName, PREFIX, PREFIX_LEN);
	memcpy(ask.info.EaName + PREFIX_LEN, name, len + 1);
	ret = query_ea(inode, &ask.info, sizeof(ask), &small.ea, sizeof(small));
	if (ret != -LX_ERANGE)
		return ret ? ret : take_value(&small.ea, buf, size);
	large = mem_realloc(NULL, EA_MAX);
	if (!large)
		return -LX_ENOMEM;
	ret = query_ea(inode, &ask.info, sizeof(ask), large, EA_MAX);
	if (!ret)
		ret = take_value(large, buf, size);
	mem_free(large);
	return ret;
}

static int set_ea(struct inode *inode, const char *name, const void *value, size_t size,
		  UCHAR flags)
{
	FILE_FULL_EA_INFORMATION *ea;
	IO_STATUS_BLOCK iosb;
	char *room;
	int err = check_name(inode, name);

	if (err)
		return err;
	if (strlen(name) > NAME_ROOM)
		return -LX_ERANGE;
	if (size > UINT16_MAX)
		return -LX_ENOSPC;
	ea = ea_new(name, size, &room);
	if (!ea)
		return -LX_ENOMEM;
	ea->Flags = flags;
	if (size)
		memcpy(room, value, size);
	err = nt_to_errno(NtSetEaFile(inode->handle, &iosb, ea, (ULONG)(room + size - (char *)ea)));
	mem_free(ea);
	return err;
}

int volfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	UCHAR how = FILE_EA_LXRUN_EMPTY;

	if (flags & LX_XATTR_CREATE)
		how |= FILE_EA_LXRUN_CREATE;
	if (flags & LX_XATTR_REPLACE)
		how |= FILE_EA_LXRUN_REPLACE;
	return set_ea(inode, name, value, size, how);
}

int volfs_removexattr(struct inode *inode, const char *name)
{
	return set_ea(inode, name, NULL, 0, FILE_EA_LXRUN_REPLACE);
}

/* List and mode are two EAs of one list: both change or neither. */
int volfs_set_acl(struct inode *inode, const char *name, const void *value, size_t size,
		  uint32_t mode)
{
	uint32_t full = (inode->mode & LX_S_IFMT) | mode, mode_only;
	char ea_name[64] = PREFIX;
	IO_STATUS_BLOCK iosb;
	struct nt_ea ea;
	int err;

	nt_ea_start(&ea);
	strcat(ea_name, name);
	nt_ea_add(&ea, LX_FILE_METADATA_MODE_EA_NAME, &full, sizeof(full));
	mode_only = ea.len;
	nt_ea_add(&ea, ea_name, value, (uint32_t)size);
	err = nt_to_errno(NtSetEaFile(inode->handle, &iosb, ea.buf, ea.len));
	if (size || err != -LX_ENODATA)
		return err;
	((FILE_FULL_EA_INFORMATION *)ea.buf)->NextEntryOffset = 0; /* there was none */
	return nt_to_errno(NtSetEaFile(inode->handle, &iosb, ea.buf, mode_only));
}

/* Appends the Linux name of one EA to the list; counts only when there is no buffer. */
static int64_t list_one(const FILE_FULL_EA_INFORMATION *ea, char *buf, size_t size, int64_t used)
{
	size_t len = ea->EaNameLength;

	if (len <= PREFIX_LEN || memcmp(ea->EaName, PREFIX, PREFIX_LEN))
		return used;
	len -= PREFIX_LEN;
	if (size) {
		if ((uint64_t)used + len + 1 > size)
			return -LX_ERANGE;
		memcpy(buf + used, ea->EaName + PREFIX_LEN, len);
		buf[(size_t)used + len] = '\0';
	}
	return used + (int64_t)len + 1;
}

int64_t volfs_listxattr(struct inode *inode, char *buf, size_t size)
{
	FILE_FULL_EA_INFORMATION *ea = mem_realloc(NULL, EA_MAX);
	IO_STATUS_BLOCK iosb;
	BOOLEAN restart = TRUE;
	int64_t used = 0;
	NTSTATUS status;

	if (!ea)
		return -LX_ENOMEM;
	for (; used >= 0; restart = FALSE) {
		status = NtQueryEaFile(inode->handle, &iosb, ea, EA_MAX, TRUE, NULL, 0, NULL,
				       restart);
		if (!NT_SUCCESS(status))
			break;
		used = list_one(ea, buf, size, used);
	}
	mem_free(ea);
	if (used < 0 || status == STATUS_NO_MORE_EAS || status == STATUS_NO_EAS_ON_FILE ||
	    status == STATUS_NONEXISTENT_EA_ENTRY || status == STATUS_EAS_NOT_SUPPORTED)
		return used;
	return nt_to_errno(status);
}
