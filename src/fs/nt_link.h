/* SPDX-License-Identifier: MIT */
/* nt_link.h - the texts of Linux links that an NT volume keeps as reparse points. */
#ifndef FS_NT_LINK_H
#define FS_NT_LINK_H
#include "lxrun/vfs.h"
#include "nt/io.h"

/*
 * The text of an IO_REPARSE_TAG_LX_SYMLINK point, which handle names and reply (of which the caller has got len
 * bytes from FSCTL_GET_REPARSE_POINT) describes: at most size bytes, no NUL. In today's form it is in the point,
 * behind a version; in that of Windows 10 1709 and earlier, which ntshim uses for texts that the host keeps in no
 * xattr, the point is a tag alone and the text is the file's data (wsl.md 4.5).
 * Bytes, or -LX_EINVAL: no such point; -LX_EIO: torn.
 */
int64_t nt_link_text(HANDLE handle, const REPARSE_DATA_BUFFER *reply, size_t len, char *buf,
		     size_t size);
#endif
