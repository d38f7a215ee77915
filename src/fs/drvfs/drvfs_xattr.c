/* SPDX-License-Identifier: MIT */
/*
 * drvfs_xattr.c - extended attributes on a drive: EAs "LX.NAME", upper-case, whose value begins with
 * "lxea"; and the case rule of a directory as system.wsl_case_sensitive, "0" or "1".
 */
#include "drvfs.h"
#include <string.h>

#define PREFIX     "LX."
#define PREFIX_LEN 3u
#define MAGIC      "lxea"
#define MAGIC_LEN  4u
#define CASE_NAME  "system.wsl_case_sensitive"
#define EA_HEADER  offsetof(FILE_FULL_EA_INFORMATION, EaName)
#define EA_MAX     (EA_HEADER + 256u + 65536u)

int drvfs_set_case(HANDLE handle, bool sensitive)
{
	FILE_CASE_SENSITIVE_INFORMATION info = { sensitive ? FILE_CS_FLAG_CASE_SENSITIVE_DIR : 0 };
	IO_STATUS_BLOCK iosb;

	return drvfs_errno(NtSetInformationFile(handle, &iosb, &info, sizeof(info),
						FileCaseSensitiveInformation));
}

static int64_t get_case(struct inode *inode, char *buf, size_t size)
{
	FILE_CASE_SENSITIVE_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryInformationFile(inode->handle, &iosb, &info, sizeof(info),
						 FileCaseSensitiveInformation);

	if (!NT_SUCCESS(status))
		return drvfs_errno(status);
	if (size)
		*buf = info.Flags & FILE_CS_FLAG_CASE_SENSITIVE_DIR ? '1' : '0';
	return 1;
}

static bool is_case(const struct inode *inode, const char *name)
{
	return LX_S_ISDIR(inode->mode) && !strcmp(name, CASE_NAME);
}

/* "LX.USER.X" into out: its length, or -LX_ERANGE. */
static int ea_name(const char *name, char out[256])
{
	size_t len = strlen(name);

	if (len + PREFIX_LEN > 255)
		return -LX_ERANGE;
	memcpy(out, PREFIX, PREFIX_LEN);
	for (size_t i = 0; i <= len; i++)
		out[PREFIX_LEN + i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32
									      : name[i]);
	return (int)(len + PREFIX_LEN);
}

/* The EA of that name; mem_free() it. -LX_ENODATA. */
static int query(struct inode *inode, const char *name, FILE_FULL_EA_INFORMATION **out)
{
	struct {
		FILE_GET_EA_INFORMATION info;
		char rest[256];
	} ask = { .info.NextEntryOffset = 0 };
	char full[256];
	IO_STATUS_BLOCK iosb;
	int len = ea_name(name, full), err;

	if (len < 0)
		return len;
	ask.info.EaNameLength = (UCHAR)len;
	memcpy(ask.info.EaName, full, (size_t)len + 1);
	*out = mem_realloc(NULL, EA_MAX);
	if (!*out)
		return -LX_ENOMEM;
	err = drvfs_errno(NtQueryEaFile(inode->handle, &iosb, *out, EA_MAX, TRUE, &ask, sizeof(ask),
					NULL, TRUE));
	if (!err && ((*out)->EaValueLength < MAGIC_LEN ||
		     memcmp((*out)->EaName + (*out)->EaNameLength + 1, MAGIC, MAGIC_LEN)))
		err = -LX_ENODATA;
	if (err) {
		mem_free(*out);
		*out = NULL;
	}
	return err;
}

int64_t drvfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	FILE_FULL_EA_INFORMATION *ea;
	int64_t len;
	int err;

	if (is_case(inode, name))
		return get_case(inode, buf, size);
	err = nt_xattr_check(name);
	if (!err)
		err = query(inode, name, &ea);
	if (err)
		return err;
	len = ea->EaValueLength - (int64_t)MAGIC_LEN;
	if (size && (size_t)len > size)
		len = -LX_ERANGE;
	else if (size)
		memcpy(buf, ea->EaName + ea->EaNameLength + 1 + MAGIC_LEN, (size_t)len);
	mem_free(ea);
	return len;
}

/* value NULL: removed. */
static int set(struct inode *inode, const char *name, const void *value, size_t size)
{
	char full[256];
	int len = ea_name(name, full), err;
	size_t total = value ? size + MAGIC_LEN : 0;
	FILE_FULL_EA_INFORMATION *ea;
	IO_STATUS_BLOCK iosb;
	char *at;

	if (len < 0)
		return len;
	if (total > UINT16_MAX)
		return -LX_ENOSPC;
	ea = mem_alloc(EA_HEADER + (size_t)len + 1 + total);
	if (!ea)
		return -LX_ENOMEM;
	ea->EaNameLength = (UCHAR)len;
	ea->EaValueLength = (USHORT)total;
	memcpy(ea->EaName, full, (size_t)len + 1);
	at = (char *)ea->EaName + len + 1;
	if (value) {
		memcpy(at, MAGIC, MAGIC_LEN);
		memcpy(at + MAGIC_LEN, value, size);
	}
	err = drvfs_errno(NtSetEaFile(inode->handle, &iosb, ea,
				      (ULONG)(EA_HEADER + (size_t)len + 1 + total)));
	mem_free(ea);
	return err;
}

int drvfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	const char *text = value;
	int64_t there;

	if (is_case(inode, name)) {
		if (size != 1 || (*text != '0' && *text != '1'))
			return -LX_EINVAL;
		return drvfs_set_case(inode->handle, *text == '1');
	}
	there = drvfs_getxattr(inode, name, NULL, 0);
	if (there < 0 && there != -LX_ENODATA)
		return (int)there;
	if (there >= 0 && (flags & LX_XATTR_CREATE))
		return -LX_EEXIST;
	if (there < 0 && (flags & LX_XATTR_REPLACE))
		return -LX_ENODATA;
	return set(inode, name, value ? value : "", size);
}

int drvfs_removexattr(struct inode *inode, const char *name)
{
	int64_t n = is_case(inode, name) ? -LX_EINVAL : drvfs_getxattr(inode, name, NULL, 0);

	return n < 0 ? (int)n : set(inode, name, NULL, 0);
}

/* Names are told in lower case: what they were made from is not kept. */
static int64_t add_name(const char *name, size_t len, char *buf, size_t size, int64_t used)
{
	if (size) {
		if ((uint64_t)used + len + 1 > size)
			return -LX_ERANGE;
		for (size_t i = 0; i < len; i++)
			buf[(size_t)used + i] =
				(char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
		buf[(size_t)used + len] = '\0';
	}
	return used + (int64_t)len + 1;
}

int64_t drvfs_listxattr(struct inode *inode, char *buf, size_t size)
{
	FILE_FULL_EA_INFORMATION *ea = mem_realloc(NULL, EA_MAX);
	IO_STATUS_BLOCK iosb;
	int64_t used = 0;
	NTSTATUS status = STATUS_SUCCESS;

	if (!ea)
		return -LX_ENOMEM;
	if (LX_S_ISDIR(inode->mode))
		used = add_name(CASE_NAME, strlen(CASE_NAME), buf, size, used);
	for (BOOLEAN restart = TRUE; used >= 0; restart = FALSE) {
		status = NtQueryEaFile(inode->handle, &iosb, ea, EA_MAX, TRUE, NULL, 0, NULL,
				       restart);
		if (!NT_SUCCESS(status))
			break;
		if (ea->EaNameLength > PREFIX_LEN && !memcmp(ea->EaName, PREFIX, PREFIX_LEN))
			used = add_name((char *)ea->EaName + PREFIX_LEN,
					ea->EaNameLength - PREFIX_LEN, buf, size, used);
	}
	mem_free(ea);
	return used;
}
