/* SPDX-License-Identifier: MIT */
/*
 * nt_name.c - Linux names to NT names and back. The escaping itself is the I/O manager's
 * (IoHostNameToNt): both sides of the boundary must agree on it.
 */
#include "nt_name.h"
#include "lx/errno.h"
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

int nt_path_to_linux(const WCHAR *nt, uint32_t nr_chars, char *buf, size_t size)
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
		n = IoNtNameToHost(nt + i, end - i, buf + used, (ULONG)(size - used - 1));
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
