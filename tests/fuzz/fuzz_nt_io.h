/* SPDX-License-Identifier: MIT */
/* fuzz_nt_io.h - calls of fuzz_nt: completion ports, cancellation, byte-range
 * locks, change notification. Requests that pend are kept until the end of the run, with
 * what they write to: they end when somebody makes them, or with their file. */
#ifndef FUZZ_NT_IO_H
#define FUZZ_NT_IO_H
#include "fuzz_nt_choose.h"

/* ---- requests that may outlast their call ---- */
#define PENDING 12

static struct pending {
	IO_STATUS_BLOCK iosb;
	char data[160];
	bool used;
	bool brings; /* an AFD_LXRUN_ACCEPT_INFO: a handle, once it has ended well */
} pending[PENDING];

static bool has_ended(const struct pending *p)
{
	return __atomic_load_n(&p->iosb.Status, __ATOMIC_ACQUIRE) != STATUS_PENDING;
}

/* It has ended: what it brought is given back, by whom nobody waits for. */
static void drop_pending(struct pending *p)
{
	HANDLE brought;

	memcpy(&brought, p->data, sizeof(brought));
	if (p->used && p->brings && p->iosb.Status == STATUS_SUCCESS)
		assert(NtClose(brought) == STATUS_SUCCESS);
	p->used = p->brings = false;
}

/* NULL: all are in use. */
static struct pending *take_pending(void)
{
	for (int i = 0; i < PENDING; i++)
		if (!pending[i].used || has_ended(&pending[i])) {
			drop_pending(&pending[i]);
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
		drop_pending(&pending[i]);
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
