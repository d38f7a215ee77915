/* SPDX-License-Identifier: MIT */
/*
 * drvfs_link.c - links on a drive. As WSL 1 in NT's developer mode: a link to something that is there, by a relative
 * name that leads through no other link and out of no mount, is a symbolic link of NT's, which programs of Windows
 * follow; others are LX links. Of NT's own, junctions too, relative ones are shown with their slashes turned,
 * absolute ones as the place under /mnt where their drive is shown.
 */
#include "drvfs.h"
#include "../nt_link.h"
#include <string.h>

struct nt_link { /* REPARSE_DATA_BUFFER.DataBuffer of links and, without Flags, of junctions */
	USHORT SubstituteOffset, SubstituteLength, PrintOffset, PrintLength;
	ULONG Flags;
};
#define JUNCTION_HEADER offsetof(struct nt_link, Flags)

/* "\??\C:\x" begins at a drive: its letter; 0: no drive's path. */
static char drive_of(const WCHAR *s, uint32_t chars)
{
	static const WCHAR prefix[] = u"\\??\\";

	if (chars < 6 || memcmp(s, prefix, 4 * sizeof(WCHAR)) || s[5] != ':')
		return 0;
	if ((s[4] | 0x20) < 'a' || (s[4] | 0x20) > 'z')
		return 0;
	return (char)(s[4] | 0x20);
}

/* Components of s with slashes behind what is in buf already. The length, or -errno. */
static int64_t add_components(const WCHAR *s, uint32_t chars, char *buf, size_t used, size_t size)
{
	for (uint32_t i = 0, end; i < chars; i = end + 1) {
		LONG n;

		for (end = i; end < chars && s[end] != '\\'; end++)
			;
		n = drvfs_name_from_nt(s + i, end - i, buf + used, (ULONG)(size - used));
		if (n < 0)
			return -LX_ENAMETOOLONG;
		used += (size_t)n;
		if (end == chars)
			break;
		if (used == size)
			return -LX_ENAMETOOLONG;
		buf[used++] = '/';
	}
	return (int64_t)used;
}

static int64_t nt_text(const WCHAR *s, uint32_t chars, bool relative, char *buf, size_t size)
{
	char drive;

	if (relative)
		return add_components(s, chars, buf, 0, size);
	drive = drive_of(s, chars);
	if (!drive || size < 6)
		return -LX_EIO;
	memcpy(buf, "/mnt/", 5);
	buf[5] = drive;
	return add_components(s + 6, chars - 6, buf, 6, size);
}

/* A link or junction as NT keeps it; data of len bytes. */
static int64_t nt_target(const UCHAR *data, uint32_t len, bool junction, char *buf, size_t size)
{
	uint32_t header = junction ? JUNCTION_HEADER : sizeof(struct nt_link);
	struct nt_link link = { .Flags = 0 };
	WCHAR text[LX_PATH_MAX];

	if (len < header)
		return -LX_EIO;
	memcpy(&link, data, header);
	len -= header;
	if (link.SubstituteOffset > len || link.SubstituteLength > len - link.SubstituteOffset ||
	    link.SubstituteLength > sizeof(text))
		return -LX_EIO;
	memcpy(text, data + header + link.SubstituteOffset, link.SubstituteLength);
	return nt_text(text, link.SubstituteLength / 2,
		       !junction && (link.Flags & SYMLINK_FLAG_RELATIVE), buf, size);
}

bool drvfs_nt_can_link(struct inode *target, bool *is_dir)
{
	FILE_ATTRIBUTE_TAG_INFORMATION info = { 0 };
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryInformationFile(target->handle, &iosb, &info, sizeof(info),
						 FileAttributeTagInformation);

	*is_dir = info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY;
	return NT_SUCCESS(status) && (!(info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) ||
				      info.ReparseTag == IO_REPARSE_TAG_SYMLINK ||
				      info.ReparseTag == IO_REPARSE_TAG_MOUNT_POINT);
}

uint32_t drvfs_nt_link(const char *text, char *out, size_t size)
{
	struct nt_link link = { .Flags = SYMLINK_FLAG_RELATIVE };
	WCHAR names[2 * LX_PATH_MAX], one[LX_NAME_MAX + 2];
	char component[LX_NAME_MAX + 1];
	uint32_t chars = 0, bytes;

	for (size_t n; *text; text += n) {
		int converted = 1;

		n = strcspn(text, "/");
		if (n > LX_NAME_MAX)
			return 0;
		memcpy(component, text, n);
		component[n] = '\0';
		if (n)
			converted = drvfs_name_to_nt(component, one);
		else
			one[n++] = '\\';
		if (converted < 0 || chars + (uint32_t)converted > LX_PATH_MAX)
			return 0;
		memcpy(names + chars, one, (size_t)converted * sizeof(WCHAR));
		chars += (uint32_t)converted;
	}
	bytes = chars * (uint32_t)sizeof(WCHAR);
	memcpy(names + chars, names, bytes); /* the name that is shown is the one that counts */
	if (sizeof(link) + 2 * bytes > size)
		return 0;
	link.SubstituteLength = link.PrintOffset = link.PrintLength = (USHORT)bytes;
	memcpy(out, &link, sizeof(link));
	memcpy(out + sizeof(link), names, 2 * bytes);
	return (uint32_t)sizeof(link) + 2 * bytes;
}

static int64_t target_of(HANDLE handle, const REPARSE_DATA_BUFFER *r, size_t len, char *buf,
			 size_t size)
{
	switch (r->ReparseTag) {
	case IO_REPARSE_TAG_LX_SYMLINK:
		return nt_link_text(handle, r, len, buf, size);
	case IO_REPARSE_TAG_SYMLINK:
	case IO_REPARSE_TAG_MOUNT_POINT:
		return nt_target(r->DataBuffer, r->ReparseDataLength,
				 r->ReparseTag == IO_REPARSE_TAG_MOUNT_POINT, buf, size);
	default:
		return -LX_EINVAL;
	}
}

int64_t drvfs_readlink(struct inode *inode, struct task *t, char *buf, size_t size)
{
	const ULONG room = 16384; /* nothing keeps more in a reparse point */
	REPARSE_DATA_BUFFER *reply = mem_alloc(room);
	IO_STATUS_BLOCK iosb;
	char *text = mem_alloc(LX_PATH_MAX);
	int64_t n = reply && text ? 0 : -LX_ENOMEM;

	if (!n)
		n = drvfs_errno(NtFsControlFile(inode->handle, NULL, NULL, NULL, &iosb,
						FSCTL_GET_REPARSE_POINT, NULL, 0, reply, room));
	if (!n)
		n = target_of(inode->handle, reply, iosb.Information, text, LX_PATH_MAX);
	if (n > 0) {
		if ((uint64_t)n > size)
			n = (int64_t)size;
		memcpy(buf, text, (size_t)n);
	}
	mem_free(reply);
	mem_free(text);
	return n;
}
