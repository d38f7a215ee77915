/* SPDX-License-Identifier: MIT */
/* pipe.c - named pipes (nt.md NP1 to NP10, IO5). */
#include "filetest.h"

#define LONG_TIME RELATIVE_MS(10000)
#define NAME      u"\\??\\PIPE\\lxrun-test"
#define DUPLEX    (FILE_SHARE_READ | FILE_SHARE_WRITE)

static HANDLE event;

struct shape {
	ULONG share, disposition, type, mode, completion, max, quota;
};
static const struct shape plain = { DUPLEX, FILE_CREATE, 0, 0, 0, 1, 100 };
static const struct shape messages = { DUPLEX, FILE_CREATE, 1, 1, 0, 1, 100 };

static NTSTATUS make_at(HANDLE root, PUNICODE_STRING name, HANDLE *h, const struct shape *s,
			ULONG options)
{
	LARGE_INTEGER timeout = { .QuadPart = -500000 };

	iosb.Information = 99;
	return NtCreateNamedPipeFile(h, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
				     OA(name, OBJ_CASE_INSENSITIVE, root), &iosb, s->share,
				     s->disposition, options, s->type, s->mode, s->completion,
				     s->max, s->quota, s->quota, &timeout);
}

static NTSTATUS make(HANDLE *h, const struct shape *s)
{
	return make_at(NULL, US(NAME), h, s, 0);
}

static NTSTATUS connect_as(HANDLE *h, PUNICODE_STRING name, ACCESS_MASK access)
{
	return NtCreateFile(h, access | SYNCHRONIZE, OA(name, OBJ_CASE_INSENSITIVE, NULL), &iosb,
			    NULL, 0, DUPLEX, FILE_OPEN, 0, NULL, 0);
}

static NTSTATUS connect_to(HANDLE *h)
{
	return connect_as(h, US(NAME), GENERIC_READ | GENERIC_WRITE);
}

static void close_if(HANDLE h)
{
	if (h)
		NtClose(h);
}

/* A connected pair of ends. */
static void pair(const struct shape *s, HANDLE *server, HANDLE *client)
{
	ST("setup", make(server, s), SUCCESS);
	ST("setup", connect_to(client), SUCCESS);
}

static void close_pair(HANDLE server, HANDLE client)
{
	NtClose(client);
	NtClose(server);
}

static NTSTATUS control(HANDLE h, ULONG code, IO_STATUS_BLOCK *io)
{
	return NtFsControlFile(h, NULL, NULL, NULL, io, code, NULL, 0, NULL, 0);
}

static NTSTATUS get(HANDLE h, void *buf, ULONG size, IO_STATUS_BLOCK *io)
{
	memset(io, 0x55, sizeof(*io));
	return NtReadFile(h, event, NULL, NULL, io, buf, size, NULL, NULL);
}

static NTSTATUS put(HANDLE h, const void *buf, ULONG size, IO_STATUS_BLOCK *io)
{
	memset(io, 0x55, sizeof(*io));
	return NtWriteFile(h, event, NULL, NULL, io, buf, size, NULL, NULL);
}

static FILE_PIPE_LOCAL_INFORMATION local(HANDLE h)
{
	FILE_PIPE_LOCAL_INFORMATION info;

	memset(&info, 0x55, sizeof(info));
	ST("NP3", NtQueryInformationFile(h, &iosb, &info, sizeof(info), FilePipeLocalInformation),
	   SUCCESS);
	return info;
}

/* ---- names and instances ---- */

static NTSTATUS shaped(ULONG share, ULONG disposition, ULONG type, ULONG mode, ULONG max)
{
	struct shape s = { share, disposition, type, mode, 0, max, 100 };
	HANDLE h = NULL;
	NTSTATUS status = make(&h, &s);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static void creation(void)
{
	struct shape open = { DUPLEX, FILE_OPEN, 0, 0, 0, 2, 100 };
	struct shape first = { DUPLEX, FILE_CREATE, 0, 0, 0, 2, 100 };
	HANDLE a = NULL, b = NULL, c = GARBAGE;

	ST("NP1", shaped(DUPLEX, FILE_OVERWRITE, 0, 0, 1), INVALID_PARAMETER);
	ST("NP1", shaped(DUPLEX, FILE_OVERWRITE_IF, 0, 0, 1), INVALID_PARAMETER);
	ST("NP1", shaped(0, FILE_CREATE, 0, 0, 1), INVALID_PARAMETER);
	ST("NP9", shaped(DUPLEX, FILE_CREATE, 0, 1, 1), INVALID_PARAMETER);
	ST("NP1", make(&a, &open), OBJECT_NAME_NOT_FOUND);
	EQ("G1", a, 0);
	close_if(a); /* an oracle that makes it goes on without */
	ST("NP4", connect_to(&a), OBJECT_NAME_NOT_FOUND);
	ST("NP1", make(&a, &first), SUCCESS);
	EQ("NP1", iosb.Information, FILE_CREATED);
	ST("NP1", make(&b, &first), ACCESS_DENIED);
	close_if(b);
	ST("NP1", make(&b, &open), SUCCESS);
	EQ("NP1", iosb.Information, FILE_OPENED);
	EQ("NP1", local(a).CurrentInstances, 2);
	EQ("NP1", local(a).MaximumInstances, 2);
	open.disposition = FILE_OPEN_IF;
	ST("NP1", make(&c, &open), INSTANCE_NOT_AVAILABLE);
	NtClose(b);
	NtClose(a);
	ST("NP1", make(&a, &open), SUCCESS);
	EQ("NP1", iosb.Information, FILE_CREATED);
	ST("NP2", connect_as(&b, US(u"\\??\\pipe\\LXRUN-Test"), GENERIC_READ | GENERIC_WRITE),
	   SUCCESS);
	ST("NP4", connect_to(&c), PIPE_NOT_AVAILABLE);
	NtClose(b);
	NtClose(a);
	ST("NP2", make_at(NULL, US(NAME u"\\deep\\er"), &a, &first, 0), SUCCESS);
	ST("NP4", connect_as(&b, US(NAME u"\\deep"), GENERIC_READ), OBJECT_NAME_NOT_FOUND);
	ST("NP2", connect_as(&b, US(NAME u"\\DEEP\\er"), GENERIC_READ), SUCCESS);
	NtClose(b);
	NtClose(a);
}

static void directions(void)
{
	struct shape s = { FILE_SHARE_READ, FILE_CREATE, 0, 0, 0, 1, 100 };
	HANDLE server = NULL, client = NULL;

	ST("NP3", make(&server, &s), SUCCESS);
	EQ("NP3", local(server).NamedPipeConfiguration, FILE_PIPE_OUTBOUND);
	ST("NP3", connect_as(&client, US(NAME), GENERIC_WRITE), ACCESS_DENIED);
	ST("NP3", connect_as(&client, US(NAME), GENERIC_READ), SUCCESS);
	EQ("NP3", local(client).NamedPipeEnd, FILE_PIPE_CLIENT_END);
	EQ("NP3", local(server).NamedPipeEnd, FILE_PIPE_SERVER_END);
	close_pair(server, client);
	s.share = FILE_SHARE_WRITE;
	ST("NP3", make(&server, &s), SUCCESS);
	EQ("NP3", local(server).NamedPipeConfiguration, FILE_PIPE_INBOUND);
	ST("NP3", connect_as(&client, US(NAME), GENERIC_READ), ACCESS_DENIED);
	NtClose(server);
	ST("NP3", make(&server, &plain), SUCCESS);
	EQ("NP3", local(server).NamedPipeConfiguration, FILE_PIPE_FULL_DUPLEX);
	EQ("NP3", local(server).InboundQuota, 100);
	NtClose(server);
}

/* ---- states ---- */

static void states(void)
{
	IO_STATUS_BLOCK io = { .Information = 77 }, other;
	HANDLE server = NULL, client = NULL;
	char buf[8];

	ST("setup", make(&server, &plain), SUCCESS);
	EQ("NP6", local(server).NamedPipeState, FILE_PIPE_LISTENING_STATE);
	ST("NP6", get(server, buf, 8, &io), PIPE_LISTENING);
	ST("NP6", put(server, "a", 1, &io), PIPE_LISTENING);
	ST("NP5",
	   NtFsControlFile(server, event, NULL, NULL, &io, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0),
	   PENDING);
	ST("NP5", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT);
	ST("NP5", connect_to(&client), SUCCESS);
	ST("NP5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("NP5", io.Status, SUCCESS);
	io.Information = 77;
	ST("NP5", control(server, FSCTL_PIPE_LISTEN, &io), PIPE_CONNECTED);
	EQ("NP5", io.Information, 77);
	ST("NP5", control(client, FSCTL_PIPE_LISTEN, &io), ILLEGAL_FUNCTION);
	EQ("NP6", local(server).NamedPipeState, FILE_PIPE_CONNECTED_STATE);
	ST("NP6", put(client, "abc", 3, &io), SUCCESS);
	NtClose(client);
	EQ("NP6", local(server).NamedPipeState, FILE_PIPE_CLOSING_STATE);
	ST("NP5", control(server, FSCTL_PIPE_LISTEN, &io), PIPE_CLOSING);
	ST("NP6", put(server, "a", 1, &io), PIPE_CLOSING);
	ST("NP6", get(server, buf, 2, &io), SUCCESS);
	ST("NP6", get(server, buf, 2, &io), SUCCESS);
	EQ("NP6", io.Information, 1);
	ST("NP6", get(server, buf, 2, &io), PIPE_BROKEN);
	ST("NP6", control(server, FSCTL_PIPE_DISCONNECT, &io), SUCCESS);
	ST("NP6", control(server, FSCTL_PIPE_DISCONNECT, &io), PIPE_DISCONNECTED);
	ST("NP6", get(server, buf, 2, &io), PIPE_DISCONNECTED);
	ST("NP6", put(server, buf, 2, &io), PIPE_DISCONNECTED);
	ST("NP4", connect_to(&client), PIPE_NOT_AVAILABLE);
	ST("NP5", control(server, FSCTL_PIPE_LISTEN, &io), PENDING);
	ST("NP4", connect_to(&client), SUCCESS);
	ST("NP6", NtReadFile(client, NULL, NULL, NULL, &io, buf, 8, NULL, NULL), PENDING);
	ST("NP6", control(server, FSCTL_PIPE_DISCONNECT, &other), SUCCESS);
	ST("NP6", NtWaitForSingleObject(client, FALSE, LONG_TIME), SUCCESS);
	ST("NP6", io.Status, PIPE_DISCONNECTED);
	ST("NP6", put(client, buf, 2, &io), PIPE_DISCONNECTED);
	ST("NP5", control(server, FSCTL_PIPE_LISTEN, &io), PENDING);
	NtClose(server);
	NtClose(client);
}

static void closing(void)
{
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io, write;
	char buf[256] = { 0 };

	pair(&plain, &server, &client);
	ST("NP6", get(client, buf, 8, &io), PENDING);
	NtClose(server);
	ST("NP6", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("NP6", io.Status, PIPE_BROKEN);
	ST("NP6", put(client, "a", 1, &io), PIPE_CLOSING);
	NtClose(client);
	pair(&plain, &server, &client);
	ST("NP6", NtWriteFile(server, NULL, NULL, NULL, &write, buf, 150, NULL, NULL), PENDING);
	NtClose(client);
	ST("NP6", NtWaitForSingleObject(server, FALSE, LONG_TIME), SUCCESS);
	ST("NP6", write.Status, PIPE_BROKEN);
	NtClose(server);
}

/* ---- data ---- */

static void bytes(void)
{
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io, pending;
	char buf[256];

	pair(&plain, &server, &client);
	ST("NP6", put(client, "abc", 3, &io), SUCCESS);
	EQ("NP6", io.Information, 3);
	ST("NP6", put(client, "def", 3, &io), SUCCESS);
	EQ("NP6", local(server).ReadDataAvailable, 6);
	EQ("NP6", local(client).WriteQuotaAvailable, 94);
	ST("NP6", get(server, buf, 4, &io), SUCCESS);
	EQ("NP6", io.Information, 4);
	ST("NP6", get(server, buf + 4, 100, &io), SUCCESS);
	EQ("NP6", io.Information, 2);
	EQ("NP6", memcmp(buf, "abcdef", 6), 0);
	ST("RW5", get(server, buf, 100, &pending), PENDING);
	ST("NP6", NtWriteFile(client, NULL, NULL, NULL, &io, "gh", 2, NULL, NULL), SUCCESS);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	EQ("NP6", pending.Information, 2);
	EQ("NP6", memcmp(buf, "gh", 2), 0);
	/* beyond the quota */
	memset(buf, 'x', sizeof(buf));
	ST("NP6", put(client, buf, 60, &io), SUCCESS);
	ST("NP6", NtWriteFile(client, event, NULL, NULL, &pending, buf, 80, NULL, NULL), PENDING);
	ST("NP6", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT);
	ST("NP6", NtReadFile(server, NULL, NULL, NULL, &io, buf, 60, NULL, NULL), SUCCESS);
	ST("NP6", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("NP6", pending.Status, SUCCESS);
	EQ("NP6", pending.Information, 80);
	ST("NP6", NtReadFile(server, NULL, NULL, NULL, &io, buf, 200, NULL, NULL), SUCCESS);
	EQ("NP6", io.Information, 80);
	close_pair(server, client);
}

static void message_mode(void)
{
	FILE_PIPE_INFORMATION mode = { 1, 0 };
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io, pending;
	char buf[64];

	pair(&messages, &server, &client);
	ST("NP8", put(client, "hello", 5, &io), SUCCESS);
	ST("NP8", put(client, "", 0, &io), SUCCESS);
	ST("NP8", put(client, "you", 3, &io), SUCCESS);
	ST("NP8", get(server, buf, 2, &io), BUFFER_OVERFLOW);
	EQ("NP8", io.Information, 2);
	ST("NP8", get(server, buf + 2, 10, &io), SUCCESS);
	EQ("NP8", io.Information, 3);
	EQ("NP8", memcmp(buf, "hello", 5), 0);
	ST("NP8", get(server, buf, 10, &io), SUCCESS);
	EQ("NP8", io.Information, 0);
	ST("NP8", get(server, buf, 10, &io), SUCCESS);
	EQ("NP8", io.Information, 3);
	ST("NP8", get(server, buf, 2, &pending), PENDING);
	ST("NP8", NtWriteFile(client, NULL, NULL, NULL, &io, "12345", 5, NULL, NULL), SUCCESS);
	ST("NP8", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("NP8", pending.Status, BUFFER_OVERFLOW);
	EQ("NP8", pending.Information, 2);
	ST("NP8", get(server, buf, 10, &io), SUCCESS);
	EQ("NP8", io.Information, 3);
	/* the client reads bytes until it asks for messages */
	ST("NP8", put(server, "ab", 2, &io), SUCCESS);
	ST("NP8", put(server, "cd", 2, &io), SUCCESS);
	ST("NP8", get(client, buf, 3, &io), SUCCESS);
	EQ("NP8", io.Information, 3);
	ST("NP9", NtSetInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation),
	   SUCCESS);
	ST("NP8", put(server, "ef", 2, &io), SUCCESS);
	ST("NP8", get(client, buf, 10, &io), SUCCESS);
	EQ("NP8", io.Information, 1);
	close_pair(server, client);
}

static void information(void)
{
	FILE_PIPE_INFORMATION mode = { 9, 9 };
	HANDLE server = NULL, client = NULL, weak = NULL;
	IO_STATUS_BLOCK io;
	char buf[4];

	pair(&plain, &server, &client);
	ST("NP9", NtQueryInformationFile(server, &io, &mode, sizeof(mode), FilePipeInformation),
	   SUCCESS);
	EQ("NP9", mode.ReadMode, 0);
	EQ("NP9", mode.CompletionMode, 0);
	mode = (FILE_PIPE_INFORMATION){ 1, 0 };
	ST("NP9", NtSetInformationFile(server, &io, &mode, sizeof(mode), FilePipeInformation),
	   INVALID_PARAMETER);
	mode = (FILE_PIPE_INFORMATION){ 0, 2 };
	ST("NP9", NtSetInformationFile(server, &io, &mode, sizeof(mode), FilePipeInformation),
	   INVALID_PARAMETER);
	ST("G6", NtSetInformationFile(server, &io, &mode, 4, FilePipeInformation),
	   INFO_LENGTH_MISMATCH);
	mode = (FILE_PIPE_INFORMATION){ 0, 1 };
	ST("NP9", NtSetInformationFile(server, &io, &mode, sizeof(mode), FilePipeInformation),
	   SUCCESS);
	ST("NP9", get(server, buf, 4, &io), PIPE_EMPTY);
	ST("setup",
	   NtDuplicateObject(NtCurrentProcess(), server, NtCurrentProcess(), &weak,
			     FILE_READ_DATA | SYNCHRONIZE, 0, 0),
	   SUCCESS);
	ST("NP9", NtSetInformationFile(weak, &io, &mode, sizeof(mode), FilePipeInformation),
	   ACCESS_DENIED);
	NtClose(weak);
	close_pair(server, client);
}

static void peek(void)
{
	union {
		FILE_PIPE_PEEK_BUFFER peek;
		char room[64];
	} out;
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io;

	ST("setup", make(&server, &messages), SUCCESS);
	ST("NP7",
	   NtFsControlFile(server, NULL, NULL, NULL, &io, FSCTL_PIPE_PEEK, NULL, 0, &out,
			   sizeof(out)),
	   INVALID_PIPE_STATE);
	ST("setup", connect_to(&client), SUCCESS);
	ST("NP7",
	   NtFsControlFile(server, NULL, NULL, NULL, &io, FSCTL_PIPE_PEEK, NULL, 0, &out,
			   sizeof(out)),
	   SUCCESS);
	EQ("NP7", out.peek.ReadDataAvailable, 0);
	ST("setup", put(client, "hello", 5, &io), SUCCESS);
	ST("setup", put(client, "you", 3, &io), SUCCESS);
	ST("NP7",
	   NtFsControlFile(server, NULL, NULL, NULL, &io, FSCTL_PIPE_PEEK, NULL, 0, &out, 16 + 2),
	   BUFFER_OVERFLOW);
	EQ("NP7", io.Information, 18);
	EQ("NP7", out.peek.MessageLength, 5);
	EQ("NP7", out.peek.ReadDataAvailable, 8);
	EQ("NP7", out.peek.NamedPipeState, FILE_PIPE_CONNECTED_STATE);
	EQ("NP7", memcmp(out.peek.Data, "he", 2), 0);
	ST("NP7",
	   NtFsControlFile(server, NULL, NULL, NULL, &io, FSCTL_PIPE_PEEK, NULL, 0, &out,
			   sizeof(out)),
	   SUCCESS);
	EQ("NP7", io.Information, 16 + 5);
	close_pair(server, client);
}

static void transceive(void)
{
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io, talk;
	FILE_PIPE_INFORMATION mode = { 1, 0 };
	char buf[16], answer[16];

	pair(&messages, &server, &client);
	ST("K",
	   NtFsControlFile(client, event, NULL, NULL, &talk, FSCTL_PIPE_TRANSCEIVE, "ask", 3,
			   answer, sizeof(answer)),
	   INVALID_READ_MODE);
	NtSetInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation);
	ST("K",
	   NtFsControlFile(client, event, NULL, NULL, &talk, FSCTL_PIPE_TRANSCEIVE, "ask", 3,
			   answer, sizeof(answer)),
	   PENDING);
	ST("K", NtReadFile(server, NULL, NULL, NULL, &io, buf, 16, NULL, NULL), SUCCESS);
	EQ("K", io.Information, 3);
	ST("K", NtWriteFile(server, NULL, NULL, NULL, &io, "answer", 6, NULL, NULL), SUCCESS);
	ST("K", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("K", talk.Status, SUCCESS);
	EQ("K", talk.Information, 6);
	EQ("K", memcmp(answer, "answer", 6), 0);
	close_pair(server, client);
}

/* ---- waiting for an instance ---- */

static NTSTATUS await(HANDLE root, const WCHAR *name, LONGLONG timeout, IO_STATUS_BLOCK *io)
{
	union {
		FILE_PIPE_WAIT_FOR_BUFFER wait;
		char room[128];
	} in = { .wait = { .Timeout.QuadPart = timeout, .TimeoutSpecified = TRUE } };
	ULONG n = 0;

	while (name[n])
		n++;
	memcpy(in.wait.Name, name, n * 2);
	in.wait.NameLength = n * 2;
	return NtFsControlFile(root, event, NULL, NULL, io, FSCTL_PIPE_WAIT, &in, 14 + n * 2, NULL,
			       0);
}

/* What a wait came to. */
static NTSTATUS awaited(NTSTATUS status, IO_STATUS_BLOCK *io)
{
	if (status != STATUS_PENDING)
		return status;
	ST("setup", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	return io->Status;
}

static HANDLE open_root(void)
{
	HANDLE root = NULL;

	ST("NP10",
	   NtOpenFile(&root, GENERIC_READ | SYNCHRONIZE, OA(US(u"\\Device\\NamedPipe\\"), 0, NULL),
		      &iosb, DUPLEX, 0),
	   SUCCESS);
	return root;
}

static void waits(void)
{
	HANDLE root = open_root(), server = NULL, client = NULL;
	IO_STATUS_BLOCK io, other;

	ST("K", awaited(await(root, u"lxrun-test", -100000, &io), &io), OBJECT_NAME_NOT_FOUND);
	ST("setup", make(&server, &plain), SUCCESS);
	ST("K", awaited(await(root, u"lxrun-test", -100000, &io), &io), SUCCESS);
	ST("setup", connect_to(&client), SUCCESS);
	ST("K", awaited(await(root, u"lxrun-test", -100000, &io), &io), IO_TIMEOUT);
	ST("K", await(root, u"LXRUN-test", -100000000, &io), PENDING);
	NtClose(client);
	ST("setup", control(server, FSCTL_PIPE_DISCONNECT, &other), SUCCESS);
	ST("setup", control(server, FSCTL_PIPE_LISTEN, &other), PENDING);
	ST("K", awaited(STATUS_PENDING, &io), SUCCESS);
	ST("setup", connect_to(&client), SUCCESS);
	ST("K", await(root, u"lxrun-test", -100000000, &io), PENDING);
	ST("IO5", NtCancelIoFile(root, &other), SUCCESS);
	ST("K", awaited(STATUS_PENDING, &io), CANCELLED);
	close_pair(server, client);
	NtClose(root);
}

static void anonymous(void)
{
	HANDLE root = open_root(), server = NULL, client = NULL, third = NULL;
	IO_STATUS_BLOCK io;
	char buf[8];

	ST("NP10", make_at(root, US(u""), &server, &plain, FILE_SYNCHRONOUS_IO_NONALERT), SUCCESS);
	ST("NP10",
	   NtOpenFile(&client, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, OA(US(u""), 0, server),
		      &iosb, DUPLEX, FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	ST("NP4",
	   NtOpenFile(&third, GENERIC_READ | SYNCHRONIZE, OA(US(u""), 0, server), &iosb, DUPLEX, 0),
	   PIPE_NOT_AVAILABLE);
	ST("NP10", NtWriteFile(client, NULL, NULL, NULL, &io, "abc", 3, NULL, NULL), SUCCESS);
	ST("NP10", NtReadFile(server, NULL, NULL, NULL, &io, buf, 8, NULL, NULL), SUCCESS);
	EQ("NP10", io.Information, 3);
	ST("NP10", NtWriteFile(server, NULL, NULL, NULL, &io, "de", 2, NULL, NULL), SUCCESS);
	ST("NP10", NtReadFile(client, NULL, NULL, NULL, &io, buf, 8, NULL, NULL), SUCCESS);
	EQ("NP10", io.Information, 2);
	close_pair(server, client);
	NtClose(root);
}

/* ---- cancelling, ports, flushing, threads ---- */

static void cancelling(void)
{
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io, read, listen, write;
	char buf[256] = { 0 };

	ST("setup", make(&server, &plain), SUCCESS);
	ST("IO5", control(server, FSCTL_PIPE_LISTEN, &listen), PENDING);
	ST("IO5", NtCancelIoFile(server, &io), SUCCESS);
	ST("IO5", io.Status, SUCCESS);
	ST("IO5", listen.Status, CANCELLED);
	ST("IO5", NtCancelIoFileEx(server, NULL, &io), NOT_FOUND);
	ST("setup", connect_to(&client), SUCCESS);
	ST("IO5", get(client, buf, 8, &read), PENDING);
	ST("IO5", NtCancelIoFileEx(client, &io, &io), NOT_FOUND);
	ST("IO5", NtCancelIoFileEx(client, &read, &io), SUCCESS);
	ST("IO5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", read.Status, CANCELLED);
	ST("IO5", put(server, buf, 150, &write), PENDING);
	ST("IO5", NtCancelIoFile(server, &io), SUCCESS);
	ST("IO5", write.Status, CANCELLED);
	EQ("IO5", local(client).ReadDataAvailable, 0);
	close_pair(server, client);
}

static void ports(void)
{
	FILE_COMPLETION_INFORMATION bind = { NULL, (PVOID)7 };
	HANDLE server = NULL, client = NULL;
	IO_STATUS_BLOCK io, read;
	PVOID key, value;
	char buf[8];

	pair(&plain, &server, &client);
	ST("setup", NtCreateIoCompletion(&bind.Port, IO_COMPLETION_ALL_ACCESS, NULL, 0), SUCCESS);
	ST("IO3", NtReadFile(server, NULL, NULL, (PVOID)3, &read, buf, 8, NULL, NULL), PENDING);
	ST("IO3", NtSetInformationFile(server, &io, &bind, sizeof(bind), FileCompletionInformation),
	   SUCCESS);
	ST("IO3", put(client, "abc", 3, &io), SUCCESS);
	ST("IO3", NtRemoveIoCompletion(bind.Port, &key, &value, &io, LONG_TIME), SUCCESS);
	EQ("IO3", key, 7);
	EQ("IO3", value, 3);
	EQ("IO3", io.Information, 3);
	ST("IO4", NtReadFile(server, NULL, NULL, NULL, &read, buf, 8, NULL, NULL), PENDING);
	ST("IO4", put(client, "abc", 3, &io), SUCCESS);
	ST("IO4", NtRemoveIoCompletion(bind.Port, &key, &value, &io, NO_WAIT), TIMEOUT);
	ST("IO3", put(client, "abc", 3, &io), SUCCESS);
	ST("IO3", NtReadFile(server, NULL, NULL, (PVOID)4, &read, buf, 8, NULL, NULL), SUCCESS);
	ST("IO3", NtRemoveIoCompletion(bind.Port, &key, &value, &io, LONG_TIME), SUCCESS);
	EQ("IO3", value, 4);
	NtClose(bind.Port);
	close_pair(server, client);
}

#define ROUNDS 3000
static HANDLE thread_client;
static int thread_sum;

static void echo_reader(void *arg)
{
	IO_STATUS_BLOCK io;
	UCHAR buf[7];

	while (NtReadFile(thread_client, NULL, NULL, NULL, &io, buf, sizeof(buf), NULL, NULL) ==
	       STATUS_SUCCESS)
		for (ULONG_PTR i = 0; i < io.Information; i++)
			thread_sum += buf[i];
}

static void threads(void)
{
	struct nt_thread t = { echo_reader, NULL, 0 };
	HANDLE server = NULL;
	IO_STATUS_BLOCK io;
	UCHAR buf[40];
	int sum = 0;

	ST("setup", make_at(NULL, US(NAME), &server, &plain, FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	ST("setup",
	   NtOpenFile(&thread_client, GENERIC_READ | SYNCHRONIZE,
		      OA(US(NAME), OBJ_CASE_INSENSITIVE, NULL), &iosb, DUPLEX,
		      FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	nt_thread_start(&t);
	for (int i = 0; i < ROUNDS; i++) {
		ULONG n = (ULONG)(i % sizeof(buf));

		memset(buf, i & 0xFF, sizeof(buf));
		sum += (int)n * (i & 0xFF);
		if (NtWriteFile(server, NULL, NULL, NULL, &io, buf, n, NULL, NULL))
			sum = -1;
	}
	ST("RW12", NtFlushBuffersFile(server, &io), SUCCESS);
	EQ("RW12", local(thread_client).ReadDataAvailable, 0);
	NtClose(server);
	nt_thread_join(&t);
	EQ("NP6", thread_sum, sum);
	NtClose(thread_client);
}

int main(void)
{
	nt_start();
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	threads();
	leak_start();
	creation();
	directions();
	states();
	closing();
	bytes();
	message_mode();
	information();
	peek();
	transceive();
	waits();
	anonymous();
	cancelling();
	ports();
	leak_check();
	NtClose(event);
	return nt_end("pipe");
}
