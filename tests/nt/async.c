/* SPDX-License-Identifier: MIT */
/*
 * async.c - asynchronous files: offsets, events, cancelling (nt.md RW1 to RW7, RW12, IO5, SY12). On
 * ntshim also what the host may make wait: pipes and sockets, by either backend.
 */
#include "filetest.h"
#if NTSHIM
#include <sys/socket.h>
#endif

#define LONG_TIME RELATIVE_MS(10000)

static HANDLE event;

static HANDLE open_data(ACCESS_MASK access, ULONG options)
{
	HANDLE h = NULL;

	ST("setup",
	   create(&h, US(u"data"), access | SYNCHRONIZE, SHARE_ALL, FILE_OPEN_IF,
		  options | FILE_NON_DIRECTORY_FILE),
	   SUCCESS);
	return h;
}

/* Runs a read or write that may pend and returns what it came to. */
static NTSTATUS finish(NTSTATUS status, HANDLE waited, IO_STATUS_BLOCK *io)
{
	if (status != STATUS_PENDING)
		return status;
	if (NtWaitForSingleObject(waited, FALSE, LONG_TIME) != STATUS_SUCCESS)
		return STATUS_TIMEOUT;
	return io->Status;
}

static void offsets(void)
{
	HANDLE h = open_data(RW, 0);
	IO_STATUS_BLOCK io;
	char buf[16];
	LARGE_INTEGER end = { .u = { FILE_WRITE_TO_END_OF_FILE, -1 } };
	LARGE_INTEGER current = { .u = { FILE_USE_FILE_POINTER_POSITION, -1 } };

	ST("RW2", NtWriteFile(h, NULL, NULL, NULL, &io, "abcd", 4, NULL, NULL), INVALID_PARAMETER);
	ST("RW2", NtWriteFile(h, NULL, NULL, NULL, &io, "abcd", 4, &current, NULL),
	   INVALID_PARAMETER);
	ST("RW2", NtReadFile(h, NULL, NULL, NULL, &io, buf, 4, NULL, NULL), INVALID_PARAMETER);
	ST("RW1", NtReadFile(h, NULL, NULL, NULL, &io, buf, 4, AT(-5), NULL), INVALID_PARAMETER);
	ST("RW1", NtReadFile(h, NULL, NULL, NULL, &io, buf, 4, &end, NULL), INVALID_PARAMETER);
	ST("RW2", finish(NtWriteFile(h, NULL, NULL, NULL, &io, "abcd", 4, AT(2), NULL), h, &io),
	   SUCCESS);
	ST("RW1", finish(NtWriteFile(h, NULL, NULL, NULL, &io, "ef", 2, &end, NULL), h, &io),
	   SUCCESS);
	EQ("RW1", io.Information, 2);
	ST("RW2", finish(NtReadFile(h, NULL, NULL, NULL, &io, buf, 16, AT(0), NULL), h, &io),
	   SUCCESS);
	EQ("RW4", io.Information, 8);
	EQ("RW1", memcmp(buf, "\0\0abcdef", 8), 0);
	EQ("RW2", position(h), 0);
	ST("RW4", finish(NtReadFile(h, NULL, NULL, NULL, &io, buf, 16, AT(8), NULL), h, &io),
	   END_OF_FILE);
	EQ("RW4", io.Information, 0);
	ST("RW4", finish(NtReadFile(h, NULL, NULL, NULL, &io, buf, 0, AT(8), NULL), h, &io),
	   SUCCESS);
	ST("RW6", NtReadFile(h, NULL, NULL, NULL, &io, NULL, 4, AT(0), NULL), ACCESS_VIOLATION);
	ST("RW6", NtWriteFile(h, NULL, NULL, NULL, &io, NULL, 4, AT(0), NULL), INVALID_USER_BUFFER);
	NtClose(h);
	h = open_data(FILE_APPEND_DATA, 0);
	ST("RW7", finish(NtWriteFile(h, NULL, NULL, NULL, &io, "gh", 2, AT(0), NULL), h, &io),
	   SUCCESS);
	NtClose(h);
	h = open_data(FILE_READ_DATA, SYNC);
	ST("RW7", NtReadFile(h, NULL, NULL, NULL, &io, buf, 16, NULL, NULL), SUCCESS);
	EQ("RW7", io.Information, 10);
	ST("RW12", NtFlushBuffersFile(h, &io), ACCESS_DENIED);
	ST("RW3", NtReadFile(h, NULL, NULL, NULL, &io, buf, 2, AT(3), NULL), SUCCESS);
	EQ("RW3", position(h), 5);
	NtClose(h);
	delete (US(u"data"));
}

static void events(void)
{
	HANDLE h = open_data(RW, 0);
	IO_STATUS_BLOCK io = { .Information = 77 };
	char buf[4];

	ST("SY12", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	ST("RW5", NtWriteFile(h, event, NULL, NULL, &io, "abcd", 4, AT(0), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("RW5", io.Status, SUCCESS);
	EQ("RW5", io.Information, 4);
	ST("RW5", NtReadFile(h, event, NULL, NULL, &io, buf, 4, AT(0), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("RW5", NtReadFile(h, event, NULL, NULL, &io, buf, 4, AT(4), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("RW5", io.Status, END_OF_FILE);
	ST("RW5", NtReadFile(h, NULL, NULL, NULL, &io, buf, 4, AT(0), NULL), PENDING);
	ST("SY12", NtWaitForSingleObject(h, FALSE, LONG_TIME), SUCCESS);
	io.Information = 77;
	ST("G7", NtReadFile(h, h, NULL, NULL, &io, buf, 4, AT(0), NULL), OBJECT_TYPE_MISMATCH);
	ST("G7", NtReadFile(h, GARBAGE, NULL, NULL, &io, buf, 4, AT(0), NULL), INVALID_HANDLE);
	EQ("G5", io.Information, 77);
	ST("G2", NtReadFile(h, NULL, NULL, NULL, NULL, buf, 4, AT(0), NULL), ACCESS_VIOLATION);
	ST("RW12", NtFlushBuffersFile(h, &io), SUCCESS);
	ST("RW12", NtFlushBuffersFile(h, NULL), ACCESS_VIOLATION);
	ST("IO5", NtCancelIoFile(h, &io), SUCCESS);
	EQ("IO5", io.Status, STATUS_SUCCESS);
	ST("IO5", NtCancelIoFileEx(h, NULL, &io), NOT_FOUND);
	ST("IO5", NtCancelIoFileEx(GARBAGE, NULL, &io), INVALID_HANDLE);
	ST("IO5", NtCancelIoFile(event, &io), OBJECT_TYPE_MISMATCH);
	NtClose(h);
	delete (US(u"data"));
}

/* ---- APCs ---- */
static int apcs;
static PVOID apc_context;
static PIO_STATUS_BLOCK apc_io;

static void NTAPI on_apc(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved)
{
	apcs++;
	apc_context = context;
	apc_io = io;
}

static void apc_delivery(void)
{
	HANDLE h = open_data(RW, 0), port = NULL;
	FILE_IO_COMPLETION_INFORMATION info[2];
	IO_STATUS_BLOCK io;
	ULONG count = 9;
	char buf[4];

	ST("RW5", NtWriteFile(h, event, on_apc, &count, &io, "abcd", 4, AT(0), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	EQ("RW5", apcs, 0); /* not while the thread is not alertable */
	ST("RW5", NtDelayExecution(TRUE, RELATIVE_MS(10000)), USER_APC);
	EQ("RW5", apcs, 1);
	EQ("RW5", apc_context == &count, 1);
	EQ("RW5", apc_io == &io, 1);
	EQ("RW5", io.Information, 4);
	ST("RW5", NtReadFile(h, NULL, on_apc, NULL, &io, buf, 4, AT(4), NULL), PENDING);
	ST("RW5", NtDelayExecution(TRUE, RELATIVE_MS(10000)), USER_APC);
	EQ("RW5", apcs, 2);
	ST("RW5", io.Status, END_OF_FILE);
	ST("RW5", NtReadFile(h, NULL, on_apc, NULL, &io, buf, 4, NULL, NULL), INVALID_PARAMETER);
	NtDelayExecution(TRUE, RELATIVE_MS(1));
	EQ("RW5", apcs, 2);
	/* a port: what is queued wins over an APC */
	ST("setup", NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0), SUCCESS);
	ST("RW5", NtReadFile(h, event, on_apc, NULL, &io, buf, 4, AT(0), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO2", NtSetIoCompletion(port, NULL, NULL, 0, 0), SUCCESS);
	ST("IO2", NtRemoveIoCompletionEx(port, info, 2, &count, LONG_TIME, TRUE), SUCCESS);
	EQ("IO2", count, 1);
	EQ("IO2", apcs, 2);
	ST("IO2", NtRemoveIoCompletionEx(port, info, 2, &count, LONG_TIME, TRUE), USER_APC);
	EQ("IO2", apcs, 3);
	NtClose(port);
	NtClose(h);
	delete (US(u"data"));
}

#if NTSHIM
/* ---- what the host makes wait ---- */
static int host_pair[2];

/* One end as an NT file, the other the test's own. */
static HANDLE open_pipe(ULONG options, int writing, int nonblock)
{
	IO_HOST_KIND kind;
	HANDLE h = NULL;
	int fds[2];

	if (pipe2(fds, nonblock ? O_NONBLOCK : 0))
		abort();
	host_pair[0] = fds[!writing];
	ST("setup", IoOpenHostDescriptorEx(fds[writing], options, &h, &kind), SUCCESS);
	return h;
}

static void pending_reads(int nonblock)
{
	HANDLE h = open_pipe(0, 0, nonblock);
	IO_STATUS_BLOCK io = { .Status = 1, .Information = 99 }, second = io, cancel;
	char buf[8], more[8];

	ST("RW5", NtReadFile(h, event, NULL, NULL, &io, buf, 8, NULL, NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, RELATIVE_MS(20)), TIMEOUT);
	EQ("setup", write(host_pair[0], "abc", 3), 3);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("RW5", io.Status, SUCCESS);
	EQ("RW5", io.Information, 3);
	EQ("RW5", memcmp(buf, "abc", 3), 0);
	ST("IO5", NtReadFile(h, NULL, NULL, NULL, &io, buf, 8, NULL, NULL), PENDING);
	ST("IO5", NtReadFile(h, event, NULL, NULL, &second, more, 8, NULL, NULL), PENDING);
	ST("IO5", NtCancelIoFileEx(h, &cancel, &cancel), NOT_FOUND);
	ST("IO5", NtCancelIoFileEx(h, &io, &cancel), SUCCESS);
	ST("SY12", NtWaitForSingleObject(h, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", io.Status, CANCELLED);
	ST("IO5", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT);
	ST("IO5", NtCancelIoFile(h, &cancel), SUCCESS);
	ST("IO5", second.Status, CANCELLED);
	ST("IO5", NtWaitForSingleObject(event, FALSE, NO_WAIT), SUCCESS);
	apcs = 0;
	ST("RW5", NtReadFile(h, NULL, on_apc, NULL, &io, buf, 8, NULL, NULL), PENDING);
	EQ("setup", write(host_pair[0], "xy", 2), 2);
	ST("RW5", NtWaitForSingleObject(event, TRUE, LONG_TIME), USER_APC);
	EQ("RW5", apcs, 1);
	ST("RW5", NtReadFile(h, NULL, on_apc, NULL, &io, buf, 8, NULL, NULL), PENDING);
	ST("IO5", NtCancelIoFile(h, &cancel), SUCCESS);
	ST("IO5", NtDelayExecution(TRUE, NO_WAIT), USER_APC);
	ST("IO5", io.Status, CANCELLED);
	EQ("setup", write(host_pair[0], "xy", 2), 2);
	ST("IO5", finish(NtReadFile(h, NULL, NULL, NULL, &io, buf, 8, NULL, NULL), h, &io),
	   SUCCESS);
	EQ("IO5", io.Information, 2);
	ST("RW5", NtReadFile(h, event, NULL, NULL, &io, buf, 8, NULL, NULL), PENDING);
	close(host_pair[0]);
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("RW5", io.Status, END_OF_FILE);
	NtClose(h);
}

static void pending_writes(void)
{
	static char big[300000], got[300000];
	HANDLE h = open_pipe(0, 1, 0);
	IO_STATUS_BLOCK io = { .Status = 1 }, cancel;
	ssize_t n, total = 0;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	ST("RW5", NtWriteFile(h, event, NULL, NULL, &io, big, sizeof(big), NULL, NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, RELATIVE_MS(20)), TIMEOUT);
	while (total < (ssize_t)sizeof(got) &&
	       (n = read(host_pair[0], got + total, sizeof(got) - (size_t)total)) > 0)
		total += n;
	ST("RW5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("RW5", io.Status, SUCCESS);
	EQ("RW5", io.Information, sizeof(big));
	EQ("RW5", memcmp(big, got, sizeof(big)), 0);
	ST("IO5", NtWriteFile(h, event, NULL, NULL, &io, big, sizeof(big), NULL, NULL), PENDING);
	ST("IO5", NtCancelIoFile(h, &cancel), SUCCESS);
	ST("IO5", io.Status, CANCELLED);
	close(host_pair[0]);
	ST("RW5", finish(NtWriteFile(h, event, NULL, NULL, &io, big, 4, NULL, NULL), event, &io),
	   PIPE_BROKEN);
	NtClose(h);
}

static void sockets(void)
{
	IO_STATUS_BLOCK io, other;
	IO_HOST_KIND kind;
	HANDLE h, port;
	PVOID key, value;
	char buf[8];
	int fds[2];

	EQ("setup", socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ST("setup", IoOpenHostDescriptorEx(fds[0], 0, &h, &kind), SUCCESS);
	EQ("setup", kind, IoHostSocket);
	ST("setup", NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0), SUCCESS);
	ST("IO3", NtReadFile(h, NULL, NULL, (PVOID)5, &io, buf, 8, NULL, NULL), PENDING);
	FILE_COMPLETION_INFORMATION bind = { port, (PVOID)9 };
	ST("IO3", NtSetInformationFile(h, &iosb, &bind, sizeof(bind), FileCompletionInformation),
	   SUCCESS);
	EQ("setup", write(fds[1], "12345", 5), 5);
	ST("IO3", NtRemoveIoCompletion(port, &key, &value, &other, LONG_TIME), SUCCESS);
	EQ("IO3", key, 9);
	EQ("IO3", value, 5);
	EQ("IO3", other.Information, 5);
	ST("IO4", NtReadFile(h, event, NULL, NULL, &io, buf, 8, NULL, NULL), PENDING);
	EQ("setup", write(fds[1], "1", 1), 1);
	ST("IO4", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO4", NtRemoveIoCompletion(port, &key, &value, &other, NO_WAIT), TIMEOUT);
	NtClose(port);
	close(fds[1]);
	NtClose(h);
}

/* ---- synchronous files wait in the call ---- */
static HANDLE sync_file;
static IO_STATUS_BLOCK sync_io;
static NTSTATUS sync_status;
static HANDLE sync_thread;
static _Atomic int sync_started;

static void sync_reader(void *arg)
{
	static char buf[8];

	NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &sync_thread,
			  0, 0, DUPLICATE_SAME_ACCESS);
	sync_started = 1;
	sync_status = NtReadFile(sync_file, NULL, NULL, NULL, &sync_io, buf, 8, NULL, NULL);
}

static struct nt_thread start_sync_reader(ULONG options)
{
	struct nt_thread t = { sync_reader, NULL, 0 };

	sync_started = 0;
	sync_file = open_pipe(options, 0, 0);
	nt_thread_start(&t);
	while (!sync_started)
		NtYieldExecution();
	return t;
}

static void synchronous(void)
{
	struct nt_thread t = start_sync_reader(SYNC);
	IO_STATUS_BLOCK io;

	EQ("setup", write(host_pair[0], "abc", 3), 3);
	nt_thread_join(&t);
	ST("RW5", sync_status, SUCCESS);
	EQ("RW5", sync_io.Information, 3);
	NtClose(sync_thread);
	NtClose(sync_file);
	close(host_pair[0]);
	t = start_sync_reader(SYNC);
	while (NtCancelSynchronousIoFile(sync_thread, NULL, &io) == STATUS_NOT_FOUND)
		NtDelayExecution(FALSE, RELATIVE_MS(1));
	nt_thread_join(&t);
	ST("IO5", sync_status, CANCELLED);
	NtClose(sync_thread);
	NtClose(sync_file);
	close(host_pair[0]);
	t = start_sync_reader(FILE_SYNCHRONOUS_IO_ALERT);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	ST("SY8", NtAlertThread(sync_thread), SUCCESS);
	nt_thread_join(&t);
	ST("SY8", sync_status, CANCELLED);
	NtClose(sync_thread);
	NtClose(sync_file);
	close(host_pair[0]);
}

/* ---- a thread's requests end with it, a file's with its last handle ---- */
static IO_STATUS_BLOCK orphan = { .Status = 1 };

static void issue_and_leave(void *arg)
{
	static char buf[8];

	ST("IO5", NtReadFile(arg, NULL, NULL, NULL, &orphan, buf, 8, NULL, NULL), PENDING);
}

static void ends(void)
{
	HANDLE h = open_pipe(0, 0, 0);
	struct nt_thread t = { issue_and_leave, h, 0 };
	IO_STATUS_BLOCK io = { .Status = 1 };
	char buf[8];

	nt_thread_start(&t);
	nt_thread_join(&t);
	ST("IO5", orphan.Status, CANCELLED);
	ST("IO5", NtReadFile(h, event, NULL, NULL, &io, buf, 8, NULL, NULL), PENDING);
	NtClose(h);
	ST("IO5", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", io.Status, CANCELLED);
	close(host_pair[0]);
}

#define MANY 1000
static IO_STATUS_BLOCK blocks[MANY];

static void many(void)
{
	static char bytes[MANY];
	HANDLE h = open_pipe(0, 0, 0);
	IO_STATUS_BLOCK io;
	int cancelled = 0;

	for (int i = 0; i < MANY; i++)
		if (NtReadFile(h, NULL, NULL, NULL, &blocks[i], &bytes[i], 1, NULL, NULL) !=
		    STATUS_PENDING)
			cancelled = -MANY;
	ST("IO5", NtCancelIoFile(h, &io), SUCCESS);
	for (int i = 0; i < MANY; i++)
		cancelled += blocks[i].Status == STATUS_CANCELLED;
	EQ("IO5", cancelled, MANY);
	NtClose(h);
	close(host_pair[0]);
}

/* ---- readers, a writer and a canceller at once: every request ends once ---- */
static HANDLE raced;
static _Atomic int race_over, race_bytes;

static void race_reader(void *arg)
{
	HANDLE done;
	IO_STATUS_BLOCK io;
	char buf[4];

	NtCreateEvent(&done, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	while (!race_over) {
		NTSTATUS status = NtReadFile(raced, done, NULL, NULL, &io, buf, 4, NULL, NULL);

		if (status == STATUS_PENDING)
			NtWaitForSingleObject(done, FALSE, NULL);
		if (NT_SUCCESS(io.Status))
			race_bytes += (int)io.Information;
	}
	NtClose(done);
}

static void race(void)
{
	struct nt_thread t[3];
	IO_STATUS_BLOCK io;
	int sent = 0;
	char rest[4096];
	ssize_t n;

	raced = open_pipe(0, 0, 0);
	fcntl(host_pair[0], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 3; i++) {
		t[i] = (struct nt_thread){ race_reader, NULL, 0 };
		nt_thread_start(&t[i]);
	}
	for (int i = 0; i < 2000; i++) {
		n = write(host_pair[0], "abcde", 5);
		sent += n > 0 ? (int)n : 0;
		if (i % 3 == 0)
			NtCancelIoFileEx(raced, NULL, &io);
	}
	race_over = 1;
	for (int i = 0; i < 200; i++) {
		NtCancelIoFileEx(raced, NULL, &io);
		NtDelayExecution(FALSE, RELATIVE_MS(1));
	}
	n = write(host_pair[0], "xxxxxxxxxxxx", 12);
	sent += n > 0 ? (int)n : 0;
	for (int i = 0; i < 3; i++)
		nt_thread_join(&t[i]);
	while (race_bytes < sent &&
	       finish(NtReadFile(raced, event, NULL, NULL, &io, rest, sizeof(rest), NULL, NULL),
		      event, &io) == STATUS_SUCCESS)
		race_bytes += (int)io.Information;
	EQ("IO5", race_bytes, sent);
	NtClose(raced);
	close(host_pair[0]);
}

static void by_the_host(void)
{
	printf("async: %s\n", IoQueryHostBackend());
	race();
	synchronous(); /* threads go a little later than their join */
	leak_start();
	pending_reads(0);
	pending_reads(1);
	pending_writes();
	sockets();
	ends();
	many();
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	leak_check();
}
#endif

int main(void)
{
	nt_start();
	open_base();
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	leak_start();
	offsets();
	events();
	apc_delivery();
	leak_check();
#if NTSHIM
	by_the_host();
#endif
	NtClose(event);
	close_base();
	return nt_end("async");
}
