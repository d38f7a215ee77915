/* SPDX-License-Identifier: MIT */
/* fuzz_nt_io.h - calls of fuzz_nt: completion ports, cancellation, byte-range
 * locks, change notification, named pipes. Requests that pend are kept until the end of the run, with
 * what they write to: they end when somebody makes them, or with their file. */
#ifndef FUZZ_NT_IO_H
#define FUZZ_NT_IO_H
#include "fuzz_nt_choose.h"

/* ---- requests that may outlast their call ---- */
#define PENDING 8

static struct pending {
	IO_STATUS_BLOCK iosb;
	char data[64];
	bool used;
} pending[PENDING];

static bool has_ended(const struct pending *p)
{
	return __atomic_load_n(&p->iosb.Status, __ATOMIC_ACQUIRE) != STATUS_PENDING;
}

/* NULL: all are in use. */
static struct pending *take_pending(void)
{
	for (int i = 0; i < PENDING; i++)
		if (!pending[i].used || has_ended(&pending[i])) {
			pending[i].used = true;
			pending[i].iosb = (IO_STATUS_BLOCK)IOSB;
			return &pending[i];
		}
	return NULL;
}

static void asked(struct pending *p, NTSTATUS status)
{
	if (status != STATUS_PENDING)
		p->used = false;
}

/* Their files are closed: all of them end. */
static void settle_pending(void)
{
	const struct timespec moment = { 0, 50000 };

	for (int i = 0; i < PENDING; i++) {
		for (int n = 0; pending[i].used && !has_ended(&pending[i]); n++) {
			assert(n < 200000);
			nanosleep(&moment, NULL);
		}
		pending[i].used = false;
	}
}

/* Only asynchronous files: another one would wait, for ever. */
static bool would_wait(HANDLE h)
{
	FILE_MODE_INFORMATION mode = { FILE_SYNCHRONOUS_IO_NONALERT };
	IO_STATUS_BLOCK iosb;

	NtQueryInformationFile(h, &iosb, &mode, sizeof(mode), FileModeInformation);
	return mode.Mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
}

static void op_lock(struct in *in)
{
	LARGE_INTEGER at = { .QuadPart = offset(in) }, size = { .QuadPart = offset(in) };
	HANDLE h = handle(in, KIND_FILE);
	unsigned b = u8(in);
	struct pending *p;
	IO_STATUS_BLOCK iosb;

	if (b & 1) {
		NtUnlockFile(h, &iosb, &at, &size, b >> 6);
		return;
	}
	p = take_pending();
	if (p)
		asked(p, NtLockFile(h, NULL, NULL, NULL, &p->iosb, &at, &size, b >> 6,
				    (b & 2) || would_wait(h), b & 4));
}

static void op_notify(struct in *in)
{
	HANDLE h = handle(in, KIND_FILE);
	unsigned b = u8(in);
	struct pending *p = would_wait(h) ? NULL : take_pending();

	if (p)
		asked(p, NtNotifyChangeDirectoryFile(h, NULL, NULL, NULL, &p->iosb,
						     b & 1 ? p->data : NULL, b & 2 ? 64 : b & 31,
						     b & 4 ? 0xFFF : u32(in), b & 8));
}

/* ---- named pipes ---- */

static void make_pipe(struct in *in)
{
	struct attributes a;
	IO_STATUS_BLOCK iosb;
	unsigned b = u8(in), c = u8(in);
	LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)u8(in) };
	POBJECT_ATTRIBUTES oa = attributes(in, &a, KIND_PIPE);
	HANDLE h = NULL;
	NTSTATUS status;
	static UNICODE_STRING usual = RTL_CONSTANT_STRING(u"\\Device\\NamedPipe\\fuzz_a");

	if (b < 128) { /* one that is right */
		InitializeObjectAttributes(&a.oa, &usual, 0, NULL, NULL);
		status = NtCreateNamedPipeFile(&h, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
					       &a.oa, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE,
					       FILE_OPEN_IF, 0, c & 1, c & 1 & c >> 1, c >> 2 & 1,
					       2, b & 63, b & 31, &timeout);
		keep(in, status, h, KIND_PIPE);
		return;
	}
	if (b < 200 && oa) {
		oa->ObjectName = &usual;
		oa->RootDirectory = NULL;
	}
	status = NtCreateNamedPipeFile(&h, access_mask(in), oa, &iosb, c & 3, b & 3 ? 3 : c >> 5, 0,
				       c >> 2 & 1, c >> 3 & 1, c >> 4 & 1, u8(in) & 3, b & 127,
				       b & 63, b & 64 ? &timeout : NULL);
	keep(in, status, h, KIND_PIPE);
}

static void connect_pipe(struct in *in)
{
	static UNICODE_STRING usual = RTL_CONSTANT_STRING(u"\\??\\PIPE\\fuzz_a");
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	HANDLE h = NULL;
	NTSTATUS status;

	InitializeObjectAttributes(&oa, &usual, 0, NULL, NULL);
	status = NtOpenFile(
		&h, u8(in) & 1 ? GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE : access_mask(in), &oa,
		&iosb, FILE_SHARE_VALID_FLAGS, 0);
	keep(in, status, h, KIND_PIPE);
}

static void use_pipe(struct in *in, unsigned b)
{
	static const ULONG codes[] = { FSCTL_PIPE_LISTEN, FSCTL_PIPE_DISCONNECT, FSCTL_PIPE_PEEK,
				       FSCTL_PIPE_TRANSCEIVE, FSCTL_PIPE_IMPERSONATE };
	HANDLE h = handle(in, KIND_PIPE);
	ULONG size = u8(in) & 63, mode[2] = { b >> 4 & 3, b >> 6 };
	struct pending *p = would_wait(h) ? NULL : take_pending();
	IO_STATUS_BLOCK iosb;

	if (!p)
		return;
	switch (b & 3) {
	case 0:
		asked(p, NtReadFile(h, NULL, NULL, NULL, &p->iosb, p->data, size, NULL, NULL));
		break;
	case 1:
		asked(p, NtWriteFile(h, NULL, NULL, NULL, &p->iosb, p->data, size, NULL, NULL));
		break;
	case 2:
		asked(p, NtFsControlFile(h, NULL, NULL, NULL, &p->iosb, PICK(in, codes), p->data,
					 size / 2, p->data + 32, 32));
		break;
	default:
		p->used = false;
		NtSetInformationFile(h, &iosb, mode, size & 15, FilePipeInformation);
		NtQueryInformationFile(h, &iosb, p->data, size, FilePipeLocalInformation);
	}
}

static void op_pipe(struct in *in)
{
	unsigned b = u8(in);

	if (b < 60)
		make_pipe(in);
	else if (b < 120)
		connect_pipe(in);
	else
		use_pipe(in, b);
}

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
