/* SPDX-License-Identifier: MIT */
/*
 * host_status.c - errno -> NTSTATUS, once for all of ntshim.
 *
 * Each status is the one that leads back to the same errno through the errno column of status.def,
 * so that what the host said reaches a guest unchanged (tests/unit/base_status.c checks it). Where
 * NT gives one errno several statuses (ENOENT: last or inner component?), the manager that knows the
 * circumstances refines the answer; here stands the plain one.
 */
#include "host_sys.h"
#include <errno.h>

static const NTSTATUS by_errno[] = {
	[EPERM] = STATUS_PRIVILEGE_NOT_HELD,
	[ENOENT] = STATUS_OBJECT_NAME_NOT_FOUND,
	[ESRCH] = STATUS_INVALID_CID,
	[EINTR] = STATUS_ALERTED,
	[EIO] = STATUS_IO_DEVICE_ERROR,
	[ENXIO] = STATUS_NO_SUCH_DEVICE,
	[ENOEXEC] = STATUS_INVALID_IMAGE_FORMAT,
	[EBADF] = STATUS_INVALID_HANDLE,
	[EAGAIN] = STATUS_RETRY,
	[ENOMEM] = STATUS_NO_MEMORY,
	[EACCES] = STATUS_ACCESS_DENIED,
	[EFAULT] = STATUS_ACCESS_VIOLATION,
	[EBUSY] = STATUS_DEVICE_BUSY,
	[EEXIST] = STATUS_OBJECT_NAME_COLLISION,
	[EXDEV] = STATUS_NOT_SAME_DEVICE,
	[ENODEV] = STATUS_DEVICE_DOES_NOT_EXIST,
	[ENOTDIR] = STATUS_NOT_A_DIRECTORY,
	[EISDIR] = STATUS_FILE_IS_A_DIRECTORY,
	[EINVAL] = STATUS_INVALID_PARAMETER,
	[ENFILE] = STATUS_TOO_MANY_OPENED_FILES,
	[EMFILE] =
		STATUS_TOO_MANY_OPENED_FILES, /* the supervisor's own limit: no guest caused it */
	[ENOTTY] = STATUS_INVALID_DEVICE_REQUEST,
	[ETXTBSY] = STATUS_USER_MAPPED_FILE,
	[EFBIG] = STATUS_FILE_TOO_LARGE,
	[ENOSPC] = STATUS_DISK_FULL,
	[ESPIPE] = STATUS_ILLEGAL_FUNCTION,
	[EROFS] = STATUS_MEDIA_WRITE_PROTECTED,
	[EMLINK] = STATUS_TOO_MANY_LINKS,
	[EPIPE] = STATUS_PIPE_BROKEN,
	[ERANGE] = STATUS_BUFFER_TOO_SMALL,
	[EDEADLK] = STATUS_POSSIBLE_DEADLOCK,
	[ENAMETOOLONG] = STATUS_NAME_TOO_LONG,
	[ENOSYS] = STATUS_NOT_IMPLEMENTED,
	[ENOTEMPTY] = STATUS_DIRECTORY_NOT_EMPTY,
	[ELOOP] = STATUS_REPARSE_POINT_NOT_RESOLVED,
	[ENODATA] = STATUS_NONEXISTENT_EA_ENTRY,
	[EOVERFLOW] = STATUS_INTEGER_OVERFLOW,
	[EOPNOTSUPP] = STATUS_NOT_SUPPORTED,
	[ECONNRESET] = STATUS_CONNECTION_RESET,
	[ENOTCONN] = STATUS_CONNECTION_INVALID,
	[ETIMEDOUT] = STATUS_IO_TIMEOUT,
	[EDQUOT] = STATUS_QUOTA_EXCEEDED,
	[ECANCELED] = STATUS_CANCELLED,
};

NTSTATUS host_status(int err)
{
	unsigned n = err < 0 ? 0u - (unsigned)err : (unsigned)err;

	if (n == 0)
		return STATUS_SUCCESS;
	if (n < sizeof(by_errno) / sizeof(by_errno[0]) && by_errno[n])
		return by_errno[n];
	return STATUS_UNSUCCESSFUL;
}
