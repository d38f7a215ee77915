/* SPDX-License-Identifier: MIT */
/* volfs_handle.c - an object of VolFs by its number: NT's FILE_OPEN_BY_FILE_ID. */
#include "volfs.h"
#include "lxrun/handle.h"

int volfs_by_number(struct inode *near, uint64_t ino, struct inode **out)
{
	UNICODE_STRING id = { sizeof(ino), sizeof(ino), (PWSTR)&ino };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	struct kstat st;
	HANDLE handle;
	NTSTATUS status;
	int err;

	InitializeObjectAttributes(&oa, &id, 0, near->handle, NULL);
	status = NtCreateFile(&handle, VOLFS_NODE_ACCESS, &oa, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
			      FILE_SHARE_VALID_FLAGS, FILE_OPEN,
			      NT_FILE_OPTIONS | FILE_OPEN_REPARSE_POINT | FILE_OPEN_BY_FILE_ID,
			      NULL, 0);
	if (!NT_SUCCESS(status))
		return -LX_ESTALE;
	err = nt_fstat(handle, &st);
	if (err) {
		NtClose(handle);
		return err;
	}
	return volfs_inode(near->sb, handle, &st, out);
}
