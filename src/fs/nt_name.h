/* SPDX-License-Identifier: MIT */
/* nt_name.h - one Linux name as the NT name of an OBJECT_ATTRIBUTES, on the caller's stack. */
#ifndef FS_NT_NAME_H
#define FS_NT_NAME_H
#include "nt/io.h"

struct nt_name {
	UNICODE_STRING string;
	OBJECT_ATTRIBUTES attr;
	WCHAR buf[IO_NT_NAME_MAX];
};

/* name (at most 255 bytes; "" for root itself) below root. 0 or -LX_ENAMETOOLONG. */
int nt_name_set(struct nt_name *n, HANDLE root, const char *name);
/* A whole NT path of ASCII, as the command line makes them. 0 or -LX_ENAMETOOLONG. */
int nt_name_set_path(struct nt_name *n, const char *nt_path);
/* One NT name as bytes, at most size, no NUL: their number, or -1: there is no such Linux name. */
typedef LONG nt_name_fn(const WCHAR *nt, ULONG chars, char *out, ULONG size);
/* NT path "\a\b" as a Linux path, NUL-terminated: the length, or -LX_ENAMETOOLONG, -LX_EIO. */
int nt_path_to_linux(const WCHAR *nt, uint32_t nr_chars, char *buf, size_t size,
		     nt_name_fn *convert);
/* Where an open file is by now below its volume, deleted ones with " (deleted)": super_ops.path_of. */
int nt_path_of(HANDLE handle, char *buf, size_t size, nt_name_fn *convert);
#endif
