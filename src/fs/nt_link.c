/* SPDX-License-Identifier: MIT */
/* nt_link.c - the texts of Linux links that an NT volume keeps as reparse points. */
#include "nt_link.h"
#include "nt_file.h"
#include <string.h>

#define LX_SYMLINK_VERSION_SIZE 4u /* u32 version before the text (nt.md RP15) */

/* handle names the point only: it is opened once more for its data. */
static int64_t read_data(HANDLE handle, char *buf, size_t size)
{
	UNICODE_STRING self = { 0 };
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	LARGE_INTEGER start = { .QuadPart = 0 };
	OBJECT_ATTRIBUTES attr;
	NTSTATUS status;
	HANDLE data;

	InitializeObjectAttributes(&attr, &self, 0, handle, NULL);
	status = NtOpenFile(&data, FILE_READ_DATA | SYNCHRONIZE, &attr, &iosb,
			    FILE_SHARE_VALID_FLAGS, NT_FILE_OPTIONS | FILE_OPEN_REPARSE_POINT);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	status = NtReadFile(data, NULL, NULL, NULL, &iosb, buf, (ULONG)size, &start, NULL);
	NtClose(data);
	if (!NT_SUCCESS(status) || !iosb.Information)
		return status == STATUS_END_OF_FILE ? -LX_EIO : nt_to_errno(status);
	return (int64_t)iosb.Information;
}

int64_t nt_link_text(HANDLE handle, const REPARSE_DATA_BUFFER *reply, size_t len, char *buf,
		     size_t size)
{
	if (len < REPARSE_DATA_BUFFER_HEADER_SIZE || reply->ReparseTag != IO_REPARSE_TAG_LX_SYMLINK)
		return -LX_EINVAL;
	if (!reply->ReparseDataLength)
		return read_data(handle, buf, size);
	if (reply->ReparseDataLength < LX_SYMLINK_VERSION_SIZE ||
	    reply->ReparseDataLength > len - REPARSE_DATA_BUFFER_HEADER_SIZE)
		return -LX_EIO;
	len = reply->ReparseDataLength - LX_SYMLINK_VERSION_SIZE;
	if (len > size)
		len = size;
	memcpy(buf, reply->DataBuffer + LX_SYMLINK_VERSION_SIZE, len);
	return (int64_t)len;
}
