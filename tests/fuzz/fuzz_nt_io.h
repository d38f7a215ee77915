/* SPDX-License-Identifier: MIT */
/* fuzz_nt_io.h - calls of fuzz_nt: completion ports and cancellation. */
#ifndef FUZZ_NT_IO_H
#define FUZZ_NT_IO_H
#include "fuzz_nt_choose.h"

static void op_port(struct in *in)
{
	FILE_IO_COMPLETION_INFORMATION several[4];
	struct attributes a;
	LARGE_INTEGER now = { .QuadPart = 0 };
	IO_STATUS_BLOCK iosb;
	ULONG removed, size = length(in);
	unsigned b = u8(in);
	struct buffer buf;
	void *key, *value;
	HANDLE h = NULL;
	NTSTATUS status;

	switch (b % 6) {
	case 0:
		status = NtCreateIoCompletion(&h, access_mask(in),
					      attributes(in, &a, KIND_DIRECTORY), b >> 4);
		keep(in, status, h, KIND_PORT);
		break;
	case 1:
		NtSetIoCompletion(handle(in, KIND_PORT), in, NULL, STATUS_SUCCESS, b);
		break;
	case 2:
		NtRemoveIoCompletion(handle(in, KIND_PORT), &key, &value, &iosb, &now);
		break;
	case 3:
		NtRemoveIoCompletionEx(handle(in, KIND_PORT), several, b & 64 ? 4 : u8(in) & 3,
				       &removed, &now, b & 128);
		break;
	case 4:
		buf = buffer(in, size);
		NtQueryIoCompletion(handle(in, KIND_PORT),
				    (IO_COMPLETION_INFORMATION_CLASS)(b & 64), buf.data, size,
				    &removed);
		free(buf.base);
		break;
	default:
		NtCancelIoFile(handle(in, KIND_FILE), &iosb);
		NtCancelIoFileEx(handle(in, KIND_FILE), NULL, &iosb);
	}
}

static void op_bind_port(struct in *in)
{
	FILE_COMPLETION_INFORMATION info = { handle(in, KIND_PORT), in };
	IO_STATUS_BLOCK iosb;

	NtSetInformationFile(handle(in, KIND_FILE), &iosb, &info, sizeof(info),
			     FileCompletionInformation);
}
#endif
