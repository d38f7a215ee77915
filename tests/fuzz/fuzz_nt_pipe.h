/* SPDX-License-Identifier: MIT */
/*
 * fuzz_nt_pipe.h - calls of fuzz_nt: named pipes of both kinds, in every state, with every control. An end
 * that would wait is asked only by a request that may pend; one in non-blocking mode by any.
 */
#ifndef FUZZ_NT_PIPE_H
#define FUZZ_NT_PIPE_H
#include "fuzz_nt_io.h"
#include "nt/se.h"

static UNICODE_STRING pipe_names[] = { RTL_CONSTANT_STRING(u"\\Device\\NamedPipe\\fuzz_a"),
				       RTL_CONSTANT_STRING(u"\\??\\PIPE\\fuzz_B") };
#define ALL_OF_PIPE (GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE)

/* One that is right. Which: message type, message reads, non-blocking, synchronous, name, quotas. */
static HANDLE server(struct in *in, unsigned which)
{
	LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)(which & 0xFF) };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	HANDLE h = NULL;
	NTSTATUS status;

	InitializeObjectAttributes(&oa, &pipe_names[which >> 4 & 1], 0, NULL, NULL);
	status = NtCreateNamedPipeFile(
		&h, ALL_OF_PIPE, &oa, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN_IF,
		which & 8 ? FILE_SYNCHRONOUS_IO_NONALERT : 0, which & 1, which & 1 & which >> 1,
		which >> 2 & 1, 3, u8(in) & 63, u8(in) & 63, &timeout);
	keep(in, status, h, which & 8 ? KIND_WAITER : KIND_PIPE);
	return h;
}

static HANDLE client(struct in *in, unsigned which, ACCESS_MASK access)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), which >> 5 & 3, which >> 7 & 1,
						0 };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	HANDLE h = NULL;
	NTSTATUS status;

	InitializeObjectAttributes(&oa, &pipe_names[which >> 4 & 1], 0, NULL, NULL);
	oa.SecurityQualityOfService = which & 1 ? &quality : NULL;
	status = NtOpenFile(&h, access, &oa, &iosb, FILE_SHARE_VALID_FLAGS,
			    which & 8 ? FILE_SYNCHRONOUS_IO_NONALERT : 0);
	keep(in, status, h, which & 8 ? KIND_WAITER : KIND_PIPE);
	return h;
}

static void make_pipe(struct in *in)
{
	struct attributes a;
	IO_STATUS_BLOCK iosb;
	unsigned b = u8(in), c = u8(in);
	LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)u8(in) };
	POBJECT_ATTRIBUTES oa = attributes(in, &a, KIND_PIPE);
	HANDLE h = NULL;
	NTSTATUS status;

	if (b < 200 && oa) {
		oa->ObjectName = &pipe_names[c & 1];
		oa->RootDirectory = NULL;
	}
	status = NtCreateNamedPipeFile(&h, access_mask(in), oa, &iosb, c & 3, b & 3 ? 3 : c >> 5, 0,
				       c >> 2 & 1, c >> 3 & 1, c >> 4 & 1, u8(in) & 3, b & 127,
				       b & 63, b & 64 ? &timeout : NULL);
	keep(in, status, h, KIND_PIPE);
}

/* Both ends in non-blocking mode never wait; others may, if they are synchronous. */
static bool never_waits(HANDLE h)
{
	FILE_PIPE_INFORMATION info = { 0, FILE_PIPE_QUEUE_OPERATION };
	IO_STATUS_BLOCK iosb;

	if (!would_wait(h))
		return true;
	return NtQueryInformationFile(h, &iosb, &info, sizeof(info), FilePipeInformation) ==
		       STATUS_SUCCESS &&
	       info.CompletionMode == FILE_PIPE_COMPLETE_OPERATION;
}

static void control_pipe(struct in *in, HANDLE h, unsigned b, struct pending *p)
{
	static const ULONG codes[] = { FSCTL_PIPE_LISTEN,     FSCTL_PIPE_LISTEN,
				       FSCTL_PIPE_DISCONNECT, FSCTL_PIPE_PEEK,
				       FSCTL_PIPE_PEEK,       FSCTL_PIPE_TRANSCEIVE,
				       FSCTL_PIPE_TRANSCEIVE, FSCTL_PIPE_IMPERSONATE };
	ULONG code = codes[b & 7], out = u8(in) & 63;

	if (code == FSCTL_PIPE_TRANSCEIVE && would_wait(h)) { /* waits in either mode */
		asked(p, STATUS_SUCCESS);
		return;
	}
	asked(p, NtFsControlFile(h, NULL, NULL, NULL, &p->iosb, code, p->data, b >> 3, p->data + 64,
				 out));
}

static void describe_pipe(struct in *in, HANDLE h, unsigned b)
{
	static const ULONG classes[] = { FilePipeInformation, FilePipeLocalInformation,
					 FileStandardInformation, FileNameInformation };
	ULONG mode[2] = { b & 1, b >> 1 & 1 }, size = b & 4 ? sizeof(mode) : u8(in) & 15;
	struct buffer buf = buffer(in, size);
	IO_STATUS_BLOCK iosb;

	if (b & 8)
		memcpy(buf.data, mode, size < sizeof(mode) ? size : sizeof(mode));
	if (b & 16)
		NtSetInformationFile(h, &iosb, buf.data, size, FilePipeInformation);
	free(buf.base);
	size = length(in);
	buf = buffer(in, size);
	NtQueryInformationFile(h, &iosb, buf.data, size, (FILE_INFORMATION_CLASS)PICK(in, classes));
	free(buf.base);
}

static void use_pipe(struct in *in, HANDLE h)
{
	unsigned b = u8(in), c = u8(in);
	struct pending *p = never_waits(h) ? take_pending() : NULL;

	if (!p)
		return;
	switch (b % 5) {
	case 0:
		asked(p, NtReadFile(h, NULL, NULL, NULL, &p->iosb, p->data, c & 63, NULL, NULL));
		break;
	case 1:
	case 2:
		asked(p, NtWriteFile(h, NULL, NULL, NULL, &p->iosb, p->data, c & 63, NULL, NULL));
		break;
	case 3:
		control_pipe(in, h, c, p);
		break;
	default:
		asked(p, STATUS_SUCCESS);
		describe_pipe(in, h, c);
	}
}

/* Waits, at most 25 us, for an instance that listens; the list of pipes. */
static void ask_root(struct in *in)
{
	union {
		FILE_PIPE_WAIT_FOR_BUFFER wait;
		char room[64];
	} ask = { .wait = { .Timeout = { .QuadPart = -(LONGLONG)u8(in) },
			    .NameLength = u8(in) & 31,
			    .TimeoutSpecified = TRUE } };
	static UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Device\\NamedPipe\\");
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb = IOSB;
	ULONG size = length(in);
	struct buffer buf = buffer(in, size);
	HANDLE h = NULL;
	NTSTATUS status;

	memcpy(ask.wait.Name, u"fuzz_a", 12);
	if (u8(in) & 3)
		ask.wait.NameLength = 12;
	InitializeObjectAttributes(&oa, &name, 0, NULL, NULL);
	status = NtOpenFile(&h, FILE_LIST_DIRECTORY | SYNCHRONIZE, &oa, &iosb,
			    FILE_SHARE_VALID_FLAGS, FILE_SYNCHRONOUS_IO_NONALERT);
	if (NT_SUCCESS(status)) {
		NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_PIPE_WAIT, &ask,
				u8(in) & 7 ? sizeof(ask) : u8(in) & 63, NULL, 0);
		NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf.data, size,
				     FileDirectoryInformation, FALSE, NULL, TRUE);
		NtClose(h);
	}
	free(buf.base);
}

/* Both ends, connected, and something in between. */
static void converse(struct in *in)
{
	unsigned which = u8(in), turns = u8(in) & 7;
	HANDLE ends[2] = { server(in, which), NULL };

	ends[1] = client(in, which & ~7u, ALL_OF_PIPE);
	while (turns-- && kind_of(ends[0]) && kind_of(ends[1]))
		use_pipe(in, ends[turns & 1]);
}

static void op_pipe(struct in *in)
{
	unsigned b = u8(in);

	if (b < 20)
		make_pipe(in);
	else if (b < 50)
		server(in, u8(in));
	else if (b < 80)
		client(in, u8(in), b & 3 ? ALL_OF_PIPE : access_mask(in));
	else if (b < 90)
		ask_root(in);
	else if (b < 160)
		converse(in);
	else
		use_pipe(in, handle(in, b & 7 ? KIND_PIPE : KIND_WAITER));
}
#endif
