/* SPDX-License-Identifier: MIT */
/* iocp.c - I/O completion ports (nt.md IO1 to IO6, RW5, RW13, SY12). */
#include "filetest.h"

#define KEY   ((PVOID)0x1234)
#define VALUE ((PVOID)0x5678)

static PVOID key, value;

static HANDLE make_port(void)
{
	HANDLE port = NULL;

	ST("setup", NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0), SUCCESS);
	return port;
}

static LONG depth(HANDLE port)
{
	IO_COMPLETION_BASIC_INFORMATION basic = { -1 };

	NtQueryIoCompletion(port, IoCompletionBasicInformation, &basic, sizeof(basic), NULL);
	return basic.Depth;
}

static NTSTATUS take(HANDLE port)
{
	key = value = NULL;
	memset(&iosb, 0x55, sizeof(iosb));
	return NtRemoveIoCompletion(port, &key, &value, &iosb, NO_WAIT);
}

static void objects(void)
{
	HANDLE port = NULL, copy = NULL, event = GARBAGE;
	OBJECT_ATTRIBUTES *named = OA(US(BNO u"lxrun-port"), 0, NULL);
	ULONG size = 0;

	ST("OM5", NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, named, 0), SUCCESS);
	ST("OM5", NtCreateIoCompletion(&copy, IO_COMPLETION_ALL_ACCESS, named, 0),
	   OBJECT_NAME_COLLISION);
	ST("IO1", NtOpenIoCompletion(&copy, IO_COMPLETION_QUERY_STATE, named), SUCCESS);
	ST("OM21", NtSetIoCompletion(copy, KEY, VALUE, 0, 0), ACCESS_DENIED);
	ST("OM21", take(copy), ACCESS_DENIED);
	NtClose(copy);
	ST("OM6", NtOpenEvent(&event, EVENT_ALL_ACCESS, named), OBJECT_TYPE_MISMATCH);
	ST("G7", NtSetIoCompletion(base, KEY, VALUE, 0, 0), OBJECT_TYPE_MISMATCH);
	ST("G7", NtSetIoCompletion(GARBAGE, KEY, VALUE, 0, 0), INVALID_HANDLE);
	ST("G6", NtQueryIoCompletion(port, IoCompletionBasicInformation, &size, 3, NULL),
	   INFO_LENGTH_MISMATCH);
	ST("G2", NtCreateIoCompletion(NULL, IO_COMPLETION_ALL_ACCESS, NULL, 0), ACCESS_VIOLATION);
	NtClose(port);
	ST("OM20", NtOpenIoCompletion(&copy, IO_COMPLETION_ALL_ACCESS, named),
	   OBJECT_NAME_NOT_FOUND);
	EQ("G1", copy == NULL, 1);
}

static void queue(void)
{
	HANDLE port = make_port();

	ST("IO1", take(port), TIMEOUT);
	ST("IO1", NtRemoveIoCompletion(port, &key, &value, &iosb, RELATIVE_MS(20)), TIMEOUT);
	EQ("IO1", depth(port), 0);
	for (LONG_PTR i = 1; i <= 3; i++)
		ST("IO1",
		   NtSetIoCompletion(port, (PVOID)i, (PVOID)(i + 10), STATUS_INVALID_HANDLE,
				     (ULONG_PTR)i + 20),
		   SUCCESS);
	EQ("IO1", depth(port), 3);
	ST("SY9", NtWaitForSingleObject(port, FALSE, NO_WAIT), SUCCESS);
	EQ("IO1", depth(port), 3);
	for (LONG_PTR i = 1; i <= 3; i++) {
		ST("IO1", take(port), SUCCESS);
		EQ("IO1", key, i);
		EQ("IO1", value, i + 10);
		EQ("IO1", iosb.Status, STATUS_INVALID_HANDLE);
		EQ("IO1", iosb.Information, i + 20);
	}
	ST("SY9", NtWaitForSingleObject(port, FALSE, NO_WAIT), TIMEOUT);
	ST("IO4", NtSetIoCompletion(port, NULL, NULL, 0, 0), SUCCESS);
	ST("IO4", take(port), SUCCESS);
	ST("IO1", NtSetIoCompletion(port, KEY, VALUE, 0, 0), SUCCESS); /* goes with the port */
	NtClose(port);
}

static void many(void)
{
	FILE_IO_COMPLETION_INFORMATION info[4];
	HANDLE port = make_port();
	ULONG count = 77;

	ST("IO2", NtRemoveIoCompletionEx(port, info, 4, &count, NO_WAIT, FALSE), TIMEOUT);
	EQ("IO2", count, 1);
	ST("IO2", NtRemoveIoCompletionEx(port, info, 0, &count, NO_WAIT, FALSE), INVALID_PARAMETER);
	for (LONG_PTR i = 0; i < 6; i++)
		ST("IO2", NtSetIoCompletion(port, (PVOID)i, VALUE, 0, 0), SUCCESS);
	ST("IO2", NtRemoveIoCompletionEx(port, info, 4, &count, NO_WAIT, TRUE), SUCCESS);
	EQ("IO2", count, 4);
	EQ("IO2", info[0].KeyContext, 0);
	EQ("IO2", info[3].KeyContext, 3);
	ST("IO2", NtRemoveIoCompletionEx(port, info, 4, &count, NO_WAIT, FALSE), SUCCESS);
	EQ("IO2", count, 2);
	EQ("IO2", info[1].KeyContext, 5);
	NtClose(port);
}

static void reserved(void)
{
	HANDLE port = make_port(), reserve = NULL;

	ST("K", NtAllocateReserveObject(&reserve, NULL, MemoryReserveIoCompletion), SUCCESS);
	ST("K", NtSetIoCompletionEx(port, reserve, KEY, VALUE, 0, 9), SUCCESS);
	ST("K", NtSetIoCompletionEx(port, reserve, KEY, VALUE, 0, 9), INVALID_PARAMETER_2);
	ST("K", take(port), SUCCESS);
	EQ("K", iosb.Information, 9);
	ST("K", NtSetIoCompletionEx(port, reserve, KEY, VALUE, 0, 0), SUCCESS);
	ST("K", NtSetIoCompletionEx(port, port, KEY, VALUE, 0, 0), OBJECT_TYPE_MISMATCH);
	NtClose(reserve); /* the packet keeps it */
	NtClose(port);
}

static HANDLE open_file(ULONG options)
{
	HANDLE h = NULL;

	ST("setup",
	   create(&h, US(u"data"), RW | SYNCHRONIZE, SHARE_ALL, FILE_OPEN_IF,
		  options | FILE_NON_DIRECTORY_FILE),
	   SUCCESS);
	return h;
}

static NTSTATUS bind(HANDLE file, HANDLE port)
{
	FILE_COMPLETION_INFORMATION info = { port, KEY };

	return NtSetInformationFile(file, &iosb, &info, sizeof(info), FileCompletionInformation);
}

static void no_apc(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved) {}

static void files(void)
{
	HANDLE port = make_port(), other = make_port(), file = open_file(SYNC), event = NULL;
	IO_STATUS_BLOCK io = { .Information = 99 };
	char buf[8];

	ST("IO3", bind(file, port), INVALID_PARAMETER);
	NtClose(file);
	file = open_file(0);
	ST("IO3", bind(file, GARBAGE), INVALID_HANDLE);
	ST("IO3", bind(file, file), OBJECT_TYPE_MISMATCH);
	ST("IO3", bind(file, port), SUCCESS);
	ST("IO3", bind(file, other), INVALID_PARAMETER);
	ST("RW13", NtReadFile(file, NULL, no_apc, VALUE, &io, buf, 4, AT(0), NULL),
	   INVALID_PARAMETER);
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	ST("RW5", NtWriteFile(file, event, NULL, VALUE, &io, "abcd", 4, AT(0), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, RELATIVE_MS(10000)), SUCCESS);
	EQ("RW5", io.Status, STATUS_SUCCESS);
	EQ("RW5", io.Information, 4);
	ST("IO3", NtRemoveIoCompletion(port, &key, &value, &iosb, RELATIVE_MS(10000)), SUCCESS);
	EQ("IO3", key, KEY);
	EQ("IO3", value, VALUE);
	EQ("IO3", iosb.Status, STATUS_SUCCESS);
	EQ("IO3", iosb.Information, 4);
	ST("IO4", NtReadFile(file, event, NULL, NULL, &io, buf, 4, AT(0), NULL), PENDING);
	ST("RW5", NtWaitForSingleObject(event, FALSE, RELATIVE_MS(10000)), SUCCESS);
	ST("IO4", take(port), TIMEOUT);
	ST("RW5", NtReadFile(file, NULL, NULL, VALUE, &io, buf, 4, AT(4), NULL), PENDING);
	ST("SY12", NtWaitForSingleObject(file, FALSE, RELATIVE_MS(10000)), SUCCESS);
	EQ("RW5", io.Status, STATUS_END_OF_FILE);
	EQ("RW5", io.Information, 0);
	ST("IO3", NtRemoveIoCompletion(port, &key, &value, &iosb, RELATIVE_MS(10000)), SUCCESS);
	EQ("IO3", iosb.Status, STATUS_END_OF_FILE);
	io.Information = 99;
	ST("RW2", NtReadFile(file, event, NULL, VALUE, &io, buf, 4, NULL, NULL), INVALID_PARAMETER);
	EQ("G5", io.Information, 99);
	ST("RW5", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT);
	ST("RW5", take(port), TIMEOUT);
	NtClose(event);
	NtClose(other);
	NtClose(port); /* the file keeps it */
	ST("IO3", NtReadFile(file, NULL, NULL, VALUE, &io, buf, 4, AT(0), NULL), PENDING);
	NtClose(file);
	delete (US(u"data"));
}

static void modes(void)
{
	FILE_IO_COMPLETION_NOTIFICATION_INFORMATION info = { 0x10 };
	HANDLE port = make_port(), file = open_file(0), event = NULL;
	IO_STATUS_BLOCK io = { .Information = 99 };

	ST("FI15",
	   NtSetInformationFile(file, &iosb, &info, sizeof(info),
				FileIoCompletionNotificationInformation),
	   INVALID_PARAMETER);
	info.Flags = FILE_SKIP_SET_EVENT_ON_HANDLE;
	ST("FI15",
	   NtSetInformationFile(file, &iosb, &info, sizeof(info),
				FileIoCompletionNotificationInformation),
	   SUCCESS);
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	ST("setup", bind(file, port), SUCCESS);
	ST("RW5", NtWriteFile(file, NULL, NULL, VALUE, &io, "abcd", 4, AT(0), NULL), PENDING);
	ST("IO3", NtRemoveIoCompletion(port, &key, &value, &iosb, RELATIVE_MS(10000)), SUCCESS);
	ST("FI15", NtWaitForSingleObject(file, FALSE, NO_WAIT), TIMEOUT);
	NtClose(event);
	NtClose(file);
	file = open_file(SYNC);
	ST("FI15",
	   NtSetInformationFile(file, &iosb, &info, sizeof(info),
				FileIoCompletionNotificationInformation),
	   INVALID_PARAMETER);
	NtClose(file);
	NtClose(port);
	delete (US(u"data"));
}

/* ---- threads: every packet is taken once, by somebody ---- */
#define PACKETS 4000
static HANDLE shared;
static _Atomic int taken;
static _Atomic long long sum;

/* ---- how many threads run ---- */

static HANDLE narrow, go_on;
static _Atomic int busy, worked;

/* Works without sleeping until it is told otherwise, then sleeps; and so on. */
static void worker(void *arg)
{
	IO_STATUS_BLOCK io;
	PVOID k, v;

	while (NtRemoveIoCompletion(narrow, &k, &v, &io, RELATIVE_MS(5000)) == STATUS_SUCCESS &&
	       k) {
		worked++;
		while (busy)
			NtYieldExecution();
		NtWaitForSingleObject(go_on, FALSE, NULL);
	}
}

static void wait_worked(int n)
{
	for (int i = 0; i < 400 && worked < n; i++)
		NtDelayExecution(FALSE, RELATIVE_MS(5));
	EQ("IO6", worked, n);
}

static void concurrency(void)
{
	struct nt_thread t[3];

	ST("setup", NtCreateIoCompletion(&narrow, IO_COMPLETION_ALL_ACCESS, NULL, 1), SUCCESS);
	ST("setup", NtCreateEvent(&go_on, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
	   SUCCESS);
	busy = 1;
	for (int i = 0; i < 3; i++) {
		t[i] = (struct nt_thread){ worker, NULL, 0 };
		nt_thread_start(&t[i]);
	}
	ST("IO6", NtSetIoCompletion(narrow, KEY, VALUE, 0, 0), SUCCESS);
	wait_worked(1);
	ST("IO6", NtSetIoCompletion(narrow, KEY, VALUE, 0, 0), SUCCESS);
	NtDelayExecution(FALSE, RELATIVE_MS(100));
	EQ("IO6", worked, 1); /* one runs, and two wait, and so does the packet */
	EQ("IO6", depth(narrow), 1);
	busy = 0; /* it sleeps: another may run */
	wait_worked(2);
	ST("IO6", NtSetEvent(go_on, NULL), SUCCESS);
	for (int i = 0; i < 3; i++)
		ST("IO6", NtSetIoCompletion(narrow, NULL, NULL, 0, 0), SUCCESS);
	for (int i = 0; i < 3; i++)
		nt_thread_join(&t[i]);
	EQ("IO6", depth(narrow), 0);
	NtClose(go_on);
	NtClose(narrow);
}

static void taker(void *arg)
{
	IO_STATUS_BLOCK io;
	PVOID k, v;

	while (NtRemoveIoCompletion(shared, &k, &v, &io, NULL) == STATUS_SUCCESS && k) {
		taken++;
		sum += (LONG_PTR)v;
	}
}

static void poster(void *arg)
{
	for (LONG_PTR i = 1; i <= PACKETS; i++)
		NtSetIoCompletion(shared, KEY, (PVOID)i, 0, 0);
}

static void threads(void)
{
	struct nt_thread t[6];

	shared = make_port();
	for (int i = 0; i < 6; i++) {
		t[i] = (struct nt_thread){ i < 4 ? taker : poster, NULL, 0 };
		nt_thread_start(&t[i]);
	}
	nt_thread_join(&t[4]);
	nt_thread_join(&t[5]);
	for (int i = 0; i < 4; i++)
		NtSetIoCompletion(shared, NULL, NULL, 0, 0);
	for (int i = 0; i < 4; i++)
		nt_thread_join(&t[i]);
	EQ("IO1", taken, 2 * PACKETS);
	EQ("IO1", sum, (long long)PACKETS * (PACKETS + 1));
	NtClose(shared);
}

int main(void)
{
	nt_start();
	open_base();
	concurrency();
	threads(); /* first: its threads have objects of their own, which go a little later */
	leak_start();
	objects();
	queue();
	many();
	reserved();
	files();
	modes();
	leak_check();
	close_base();
	return nt_end("iocp");
}
