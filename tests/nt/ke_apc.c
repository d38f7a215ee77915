/* SPDX-License-Identifier: MIT */
/* ke_apc.c - user APCs: which waits they end, in what order they run, what becomes of them (SY8, SY10). */
#include "nttest.h"

static HANDLE quiet, loud, self; /* an event that is never set, one that always is; this thread */
static intptr_t seen[16];
static int count;

static void NTAPI note(PVOID context, PVOID a, PVOID b)
{
	seen[count++ % 16] = (intptr_t)context + (intptr_t)a + (intptr_t)b;
}

static void queue(intptr_t number)
{
	ST("SY8", NtQueueApcThread(self, note, (PVOID)number, (PVOID)100, (PVOID)1000), SUCCESS);
}

/* ---- waits ---- */

static void which_waits(void)
{
	HANDLE both[2] = { quiet, quiet };

	queue(1);
	ST("SY8", NtWaitForSingleObject(quiet, FALSE, RELATIVE_MS(5)), TIMEOUT);
	ST("SY8", NtDelayExecution(FALSE, RELATIVE_MS(1)), SUCCESS);
	EQ("SY8", count, 0);
	ST("SY8", NtWaitForSingleObject(loud, TRUE, NULL), SUCCESS);
	EQ("SY8", count, 0);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, NULL), USER_APC);
	EQ("SY8", count, 1);
	EQ("SY8", seen[0], 1101);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, NO_WAIT), TIMEOUT);
	queue(2);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, NO_WAIT), USER_APC);
	queue(3);
	ST("SY8", NtDelayExecution(TRUE, RELATIVE_MS(10000)), USER_APC);
	queue(4);
	ST("SY8", NtWaitForMultipleObjects(2, both, WaitAny, TRUE, NULL), USER_APC);
	queue(5);
	ST("SY8", NtTestAlert(), SUCCESS);
	EQ("SY8", count, 5);
	EQ("SY8", seen[4], 1105);
	ST("SY8", NtTestAlert(), SUCCESS);
	EQ("SY8", count, 5);
	count = 0;
}

static void all_of_them_in_order(void)
{
	int good = 1;

	for (int i = 0; i < 10; i++)
		queue(i);
	ST("SY8", NtDelayExecution(TRUE, RELATIVE_MS(0)), USER_APC);
	EQ("SY8", count, 10);
	for (int i = 0; i < 10; i++)
		good &= seen[i] == 1100 + i;
	EQ("SY8", good, 1);
	count = 0;
}

static void NTAPI queues_another(PVOID context, PVOID a, PVOID b)
{
	if (++count < 4)
		NtQueueApcThread(self, queues_another, NULL, NULL, NULL);
}

static void NTAPI waits_itself(PVOID context, PVOID a, PVOID b)
{
	count++;
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, NO_WAIT), USER_APC);
	EQ("SY8", count, 2);
}

static void routines_that_do_more(void)
{
	NtQueueApcThread(self, queues_another, NULL, NULL, NULL);
	ST("SY8", NtDelayExecution(TRUE, RELATIVE_MS(10000)), USER_APC);
	EQ("SY8", count, 4);
	count = 0;
	NtQueueApcThread(self, waits_itself, NULL, NULL, NULL);
	queue(7);
	ST("SY8", NtDelayExecution(TRUE, RELATIVE_MS(10000)), USER_APC);
	EQ("SY8", count, 2);
	count = 0;
}

static void queue_from_afar(void *arg)
{
	NtDelayExecution(FALSE, RELATIVE_MS(30));
	NtQueueApcThread(arg, note, (PVOID)8, NULL, NULL);
}

static void another_thread_queues(void)
{
	struct nt_thread t = { .routine = queue_from_afar, .arg = self };

	nt_thread_start(&t);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(20000)), USER_APC);
	nt_thread_join(&t);
	EQ("SY8", count, 1);
	count = 0;
}

static void bad_calls(void)
{
	HANDLE weak;

	ST("G7", NtQueueApcThread(quiet, note, NULL, NULL, NULL), OBJECT_TYPE_MISMATCH);
	ST("G7", NtQueueApcThread(GARBAGE, note, NULL, NULL, NULL), INVALID_HANDLE);
	NtDuplicateObject(NtCurrentProcess(), self, NtCurrentProcess(), &weak, THREAD_ALERT, 0, 0);
	ST("OM21", NtQueueApcThread(weak, note, NULL, NULL, NULL), ACCESS_DENIED);
	NtClose(weak);
	ST("SY8", NtTestAlert(), SUCCESS);
	EQ("SY8", count, 0);
}

/* ---- threads that end ---- */

static void tell_handle(void *arg)
{
	NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), arg, 0, 0,
			  DUPLICATE_SAME_ACCESS);
	NtQueueApcThread(NtCurrentThread(), note, NULL, NULL, NULL);
}

static void ended_thread(void)
{
	HANDLE h = NULL;
	struct nt_thread t = { .routine = tell_handle, .arg = &h };

	nt_thread_start(&t);
	nt_thread_join(&t);
	ST("SY12", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(20000)), SUCCESS);
	ST("SY8", NtQueueApcThread(h, note, NULL, NULL, NULL), UNSUCCESSFUL);
	EQ("SY8", count, 0);
	NtClose(h);
}

#if NTSHIM
/* ---- kernel side ---- */

static int kernel_calls, rundowns;

static void kernel(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *a, PVOID *b)
{
	kernel_calls++;
	if (*a)
		*normal = NULL;
}

static void rundown(PKAPC apc)
{
	rundowns++;
}

static void kernel_side(void)
{
	PEPROCESS process;
	PETHREAD thread;
	KEVENT e;
	KAPC apc;

	KeInitializeEvent(&e, NotificationEvent, FALSE);
	KeInitializeApc(&apc, KeGetCurrentThread(), kernel, rundown, note, (PVOID)5);
	EQ("KE", KeInsertQueueApc(&apc, NULL, NULL), TRUE);
	EQ("KE", KeInsertQueueApc(&apc, NULL, NULL), FALSE);
	EQ("KE", KeRemoveQueueApc(&apc), TRUE);
	EQ("KE", KeRemoveQueueApc(&apc), FALSE);
	ST("KE", KeWaitForSingleObject(&e, TRUE, NO_WAIT), TIMEOUT);
	EQ("KE", KeInsertQueueApc(&apc, NULL, NULL), TRUE);
	ST("KE", KeWaitForSingleObject(&e, TRUE, NULL), USER_APC);
	EQ("KE", kernel_calls, 0);
	KeDeliverUserApcs();
	EQ("KE", kernel_calls, 1);
	EQ("KE", count, 1);
	EQ("KE", seen[0], 5);
	KeInsertQueueApc(&apc, &apc, NULL); /* the kernel routine takes the normal one away */
	ST("KE", KeDelayExecutionThread(TRUE, RELATIVE_MS(10000)), USER_APC);
	KeDeliverUserApcs();
	EQ("KE", kernel_calls, 2);
	EQ("KE", count, 1);

	ST("KE", PspAllocateProcess(NULL, &process), SUCCESS);
	ST("KE", PspAllocateThread(process, NULL, &thread), SUCCESS);
	KeInitializeApc(&apc, &thread->Tcb, kernel, rundown, note, NULL);
	EQ("KE", KeInsertQueueApc(&apc, NULL, NULL), TRUE);
	KeTerminateThreadObject(&thread->Tcb);
	EQ("KE", rundowns, 1);
	EQ("KE", KeInsertQueueApc(&apc, NULL, NULL), FALSE);
	EQ("KE", kernel_calls, 2);
	ObDereferenceObject(&thread->Object);
	ObDereferenceObject(&process->Object);
}
#endif

int main(void)
{
	nt_start();
#if NTSHIM
	ULONG handles = ObQueryHandleCount(), objects = ObQueryObjectCount();
#endif
	NtCreateEvent(&quiet, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	NtCreateEvent(&loud, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
	NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &self, 0, 0,
			  DUPLICATE_SAME_ACCESS);
	which_waits();
	all_of_them_in_order();
	routines_that_do_more();
	another_thread_queues();
	bad_calls();
	ended_thread();
#if NTSHIM
	kernel_side();
#endif
	NtClose(self);
	NtClose(loud);
	NtClose(quiet);
#if NTSHIM
	EQ("leaks", ObQueryObjectCount(), objects);
	EQ("leaks", ObQueryHandleCount(), handles);
#endif
	return nt_end("ke_apc");
}
