/* SPDX-License-Identifier: MIT */
/*
 * nt_name.c - Linux names to NT names and back. The escaping itself is the I/O manager's
 * (IoHostNameToNt): both sides of the boundary must agree on it.
 */
#include "nt_name.h"
#include "base/alloc.h"
#include "lxrun/vfs.h"
#include <stdio.h>
#include <string.h>

static int finish(struct nt_name *n, HANDLE root, LONG chars)
{
	if (chars < 0)
		return -LX_ENAMETOOLONG;
	n->string.Buffer = n->buf;
	n->string.Length = n->string.MaximumLength = (USHORT)(chars * 2);
	InitializeObjectAttributes(&n->attr, &n->string, 0, root, NULL);
	return 0;
}

int nt_name_set(struct nt_name *n, HANDLE root, const char *name)
{
	return finish(n, root, IoHostNameToNt(name, (ULONG)strlen(name), n->buf, IO_NT_NAME_MAX));
}

int nt_name_set_path(struct nt_name *n, const char *nt_path)
{
	LONG chars = 0;

	for (; nt_path[chars]; chars++) {
		if (chars == IO_NT_NAME_MAX)
			return -LX_ENAMETOOLONG;
		n->buf[chars] = (WCHAR)nt_path[chars];
	}
	return finish(n, NULL, chars);
}

int nt_path_to_linux(const WCHAR *nt, uint32_t nr_chars, char *buf, size_t size,
		     nt_name_fn *convert)
{
	size_t used = 0;

	for (uint32_t i = 0, end; i < nr_chars; i = end) {
		LONG n;

		while (i < nr_chars && nt[i] == '\\')
			i++;
		for (end = i; end < nr_chars && nt[end] != '\\';)
			end++;
		if (end == i)
			break;
		if (used + 2 > size)
			return -LX_ENAMETOOLONG;
		buf[used++] = '/';
		n = convert(nt + i, end - i, buf + used, (ULONG)(size - used - 1));
		if (n < 0)
			return size - used < 3 * (end - i) + 1 ? -LX_ENAMETOOLONG : -LX_EIO;
		used += (size_t)n;
	}
	if (!used && size > 1)
		buf[used++] = '/';
	if (used >= size)
		return -LX_ENAMETOOLONG;
	buf[used] = '\0';
	return (int)used;
}

int nt_path_of(HANDLE handle, char *buf, size_t size, nt_name_fn *convert)
{
	struct {
		FILE_NAME_INFORMATION info;
		WCHAR rest[4096];
	} *name = mem_alloc(sizeof(*name));
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;
	int len;

	if (!name)
		return -LX_ENOMEM;
	status = NtQueryInformationFile(handle, &iosb, name, sizeof(*name), FileNameInformation);
	if (!NT_SUCCESS(status) && status != STATUS_FILE_DELETED)
		len = nt_to_errno(status);
	else
		len = nt_path_to_linux(name->info.FileName, name->info.FileNameLength / 2, buf,
				       size, convert);
	mem_free(name);
	if (len >= 0 && status == STATUS_FILE_DELETED)
		len += snprintf(buf + len, size - (size_t)len, " (deleted)");
	return len < (int)size ? len : -LX_ENAMETOOLONG;
}
