/* SPDX-License-Identifier: MIT */
/* ke_signal.c - timers with APCs (SY10), NtSignalAndWaitForSingleObject, keyed events (SY11), alerts by id (SY13). */
#include "nttest.h"

static HANDLE quiet; /* an event that is never set */
static int count;
static PVOID seen;

static HANDLE timer(ULONG type)
{
	HANDLE h = NULL;

	ST("SY10", NtCreateTimer(&h, TIMER_ALL_ACCESS, NULL, type), SUCCESS);
	return h;
}

/* ---- timers with APCs ---- */

static LONGLONG told;

static void NTAPI expired(PVOID context, ULONG low, LONG high)
{
	count++;
	seen = context;
	told = (LONGLONG)high << 32 | low;
}

static void timer_apcs(void)
{
	HANDLE h = timer(SynchronizationTimer);
	LARGE_INTEGER system;
	BOOLEAN state = 9;

	ST("SY10", NtSetTimer(h, RELATIVE_MS(20), expired, &count, FALSE, 0, NULL), SUCCESS);
	ST("SY10", NtWaitForSingleObject(quiet, FALSE, RELATIVE_MS(60)), TIMEOUT);
	EQ("SY10", count, 0);
	ST("SY10", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(20000)), USER_APC);
	EQ("SY10", count, 1);
	EQ("SY10", seen == &count, 1);
	NtQuerySystemTime(&system);
	EQ("SY10", told <= system.QuadPart && system.QuadPart - told < 60 * NT_TICKS_PER_SEC, 1);
	ST("SY10", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	/* Periodic: one APC at a time is queued. */
	ST("SY10", NtSetTimer(h, NO_WAIT, expired, NULL, FALSE, 5, NULL), SUCCESS);
	NtDelayExecution(FALSE, RELATIVE_MS(60));
	count = 0;
	ST("SY10", NtDelayExecution(TRUE, RELATIVE_MS(20000)), USER_APC);
	EQ("SY10", count > 0 && count < 5, 1);
	ST("SY10", NtDelayExecution(TRUE, RELATIVE_MS(20000)), USER_APC);
	/* What is queued goes with the setting. */
	NtDelayExecution(FALSE, RELATIVE_MS(30));
	ST("SY10", NtCancelTimer(h, &state), SUCCESS);
	EQ("SY10", state, TRUE);
	count = 0;
	ST("SY10", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(20)), TIMEOUT);
	EQ("SY10", count, 0);
	ST("SY10", NtSetTimer(h, RELATIVE_MS(1), expired, NULL, FALSE, 0, NULL), SUCCESS);
	NtDelayExecution(FALSE, RELATIVE_MS(30));
	ST("SY10", NtSetTimer(h, RELATIVE_MS(600000), expired, NULL, FALSE, 0, &state), SUCCESS);
	EQ("SY10", state, TRUE);
	ST("SY10", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(20)), TIMEOUT);
	EQ("SY10", count, 0);
	NtClose(h); /* with the timer set */
}

static void set_and_end(void *h)
{
	NtSetTimer(h, RELATIVE_MS(50), expired, NULL, FALSE, 0, NULL);
}

/* The timer of a thread that ended before it expired is as if cancelled. */
static void thread_of_the_timer_ends(void)
{
	HANDLE h = timer(NotificationTimer);
	struct nt_thread t = { .routine = set_and_end, .arg = h };

	count = 0;
	nt_thread_start(&t);
	nt_thread_join(&t);
	ST("SY10", NtWaitForSingleObject(h, TRUE, RELATIVE_MS(150)), TIMEOUT);
	EQ("SY10", count, 0);
	NtClose(h);
}

/* ---- NtSignalAndWaitForSingleObject ---- */

static void signal_and_wait(void)
{
	HANDLE event, mutant, semaphore, weak, timer_handle = timer(NotificationTimer);
	SEMAPHORE_BASIC_INFORMATION info;

	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
	NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 2);
	ST("SY5", NtSignalAndWaitForSingleObject(event, event, FALSE, NO_WAIT), SUCCESS);
	ST("SY5", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT);
	ST("SY5", NtSignalAndWaitForSingleObject(event, quiet, FALSE, RELATIVE_MS(5)), TIMEOUT);
	ST("SY5", NtWaitForSingleObject(event, FALSE, NO_WAIT), SUCCESS);
	ST("SY2", NtSignalAndWaitForSingleObject(mutant, quiet, FALSE, NO_WAIT), TIMEOUT);
	ST("SY2", NtSignalAndWaitForSingleObject(mutant, event, FALSE, NO_WAIT), MUTANT_NOT_OWNED);
	ST("SY3", NtSignalAndWaitForSingleObject(semaphore, quiet, FALSE, NO_WAIT), TIMEOUT);
	ST("SY3", NtSignalAndWaitForSingleObject(semaphore, semaphore, FALSE, NO_WAIT), SUCCESS);
	ST("SY3", NtSignalAndWaitForSingleObject(semaphore, quiet, FALSE, NO_WAIT), TIMEOUT);
	ST("SY3", NtSignalAndWaitForSingleObject(semaphore, quiet, FALSE, NO_WAIT),
	   SEMAPHORE_LIMIT_EXCEEDED);
	ST("SY3", NtQuerySemaphore(semaphore, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("SY3", info.CurrentCount, 2);
	ST("G7", NtSignalAndWaitForSingleObject(timer_handle, quiet, FALSE, NO_WAIT),
	   OBJECT_TYPE_MISMATCH);
	ST("G7", NtSignalAndWaitForSingleObject(GARBAGE, quiet, FALSE, NO_WAIT), INVALID_HANDLE);
	ST("G7", NtSignalAndWaitForSingleObject(event, GARBAGE, FALSE, NO_WAIT), INVALID_HANDLE);
	ST("SY5", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT); /* nothing was done */
	NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &weak, SYNCHRONIZE, 0, 0);
	ST("OM21", NtSignalAndWaitForSingleObject(weak, quiet, FALSE, NO_WAIT), ACCESS_DENIED);
	NtClose(weak);
	NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &weak, EVENT_MODIFY_STATE,
			  0, 0);
	ST("SY9", NtSignalAndWaitForSingleObject(event, weak, FALSE, NO_WAIT), ACCESS_DENIED);
	NtClose(weak);
	NtClose(timer_handle);
	NtClose(semaphore);
	NtClose(mutant);
	NtClose(event);
}

/* ---- keyed events ---- */

struct meeting {
	HANDLE keyed;
	PVOID key;
	BOOLEAN release;
	NTSTATUS status;
};

static void meet(void *arg)
{
	struct meeting *m = arg;

	NtDelayExecution(FALSE, RELATIVE_MS(20));
	m->status = m->release ? NtReleaseKeyedEvent(m->keyed, m->key, FALSE, RELATIVE_MS(20000))
			       : NtWaitForKeyedEvent(m->keyed, m->key, FALSE, RELATIVE_MS(20000));
}

static void NTAPI note(PVOID context, PVOID a, PVOID b)
{
	count++;
}

static void keyed_events(void)
{
	static int here, there;
	HANDLE h = GARBAGE, weak;
	struct meeting m;
	struct nt_thread t = { .routine = meet, .arg = &m };

	ST("SY11", NtCreateKeyedEvent(&h, KEYEDEVENT_ALL_ACCESS, NULL, 1), INVALID_PARAMETER_4);
	EQ("G1", h, 0);
	ST("SY11",
	   NtCreateKeyedEvent(&h, KEYEDEVENT_ALL_ACCESS, OA(US(BNO u"lxrun-keyed"), 0, NULL), 0),
	   SUCCESS);
	ST("SY11", NtWaitForKeyedEvent(h, (PVOID)255, FALSE, NULL), INVALID_PARAMETER_1);
	ST("SY11", NtReleaseKeyedEvent(h, (PVOID)255, FALSE, NULL), INVALID_PARAMETER_1);
	ST("SY11", NtWaitForKeyedEvent(h, (PVOID)254, FALSE, NO_WAIT), TIMEOUT);
	ST("SY11", NtReleaseKeyedEvent(h, (PVOID)254, FALSE, NO_WAIT), TIMEOUT);
	ST("SY11", NtReleaseKeyedEvent(h, (PVOID)254, FALSE, RELATIVE_MS(10)), TIMEOUT);
	for (int release = 0; release < 2; release++) {
		m = (struct meeting){ h, &here, !release, STATUS_PENDING };
		nt_thread_start(&t);
		if (release) {
			ST("SY11", NtReleaseKeyedEvent(h, &there, FALSE, RELATIVE_MS(60)), TIMEOUT);
			ST("SY11", NtReleaseKeyedEvent(h, &here, FALSE, RELATIVE_MS(20000)),
			   SUCCESS);
		} else {
			ST("SY11", NtWaitForKeyedEvent(h, &there, FALSE, RELATIVE_MS(60)), TIMEOUT);
			ST("SY11", NtWaitForKeyedEvent(h, &here, FALSE, RELATIVE_MS(20000)),
			   SUCCESS);
		}
		nt_thread_join(&t);
		ST("SY11", m.status, SUCCESS);
	}
	m = (struct meeting){ NULL, &here, TRUE, STATUS_PENDING };
	nt_thread_start(&t);
	ST("SY11", NtWaitForKeyedEvent(NULL, &here, FALSE, RELATIVE_MS(20000)), SUCCESS);
	nt_thread_join(&t);
	ST("SY11", m.status, SUCCESS);
	NtQueueApcThread(NtCurrentThread(), note, NULL, NULL, NULL);
	count = 0;
	ST("SY8", NtWaitForKeyedEvent(h, &here, TRUE, RELATIVE_MS(20000)), USER_APC);
	EQ("SY8", count, 1);
	ST("G7", NtWaitForKeyedEvent(quiet, &here, FALSE, NO_WAIT), OBJECT_TYPE_MISMATCH);
	ST("G7", NtWaitForKeyedEvent(GARBAGE, &here, FALSE, NO_WAIT), INVALID_HANDLE);
	ST("SY9", NtWaitForSingleObject(h, FALSE, NO_WAIT), ACCESS_DENIED);
	ST("SY11", NtOpenKeyedEvent(&weak, KEYEDEVENT_WAIT, OA(US(BNO u"lxrun-keyed"), 0, NULL)),
	   SUCCESS);
	ST("OM21", NtReleaseKeyedEvent(weak, &here, FALSE, NO_WAIT), ACCESS_DENIED);
	NtClose(weak);
	NtClose(h);
}

/* ---- alerts by thread id ---- */

static void alert(void *id)
{
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	NtAlertThreadByThreadId(id);
}

static void alerts_by_id(void)
{
	THREAD_BASIC_INFORMATION info;
	struct nt_thread t = { .routine = alert };
	HANDLE id;

	NtQueryInformationThread(NtCurrentThread(), ThreadBasicInformation, &info, sizeof(info),
				 NULL);
	id = info.ClientId.UniqueThread;
	t.arg = id;
	ST("SY13", NtWaitForAlertByThreadId(NULL, NO_WAIT), TIMEOUT);
	ST("SY13", NtAlertThreadByThreadId(id), SUCCESS);
	ST("SY13", NtAlertThreadByThreadId(id), SUCCESS);
	ST("SY13", NtWaitForAlertByThreadId(&t, NULL), ALERTED);
	ST("SY13", NtWaitForAlertByThreadId(&t, RELATIVE_MS(5)), TIMEOUT);
	nt_thread_start(&t);
	ST("SY13", NtWaitForAlertByThreadId(&t, RELATIVE_MS(20000)), ALERTED);
	nt_thread_join(&t);
	ST("SY13", NtAlertThreadByThreadId((HANDLE)(LONG_PTR)0x7FFFFFF0), INVALID_CID);
}

int main(void)
{
	nt_start();
#if NTSHIM
	ULONG handles = ObQueryHandleCount(), objects = ObQueryObjectCount();
#endif
	NtCreateEvent(&quiet, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	timer_apcs();
	thread_of_the_timer_ends();
	signal_and_wait();
	keyed_events();
	alerts_by_id();
	NtClose(quiet);
#if NTSHIM
	EQ("leaks", ObQueryObjectCount(), objects);
	EQ("leaks", ObQueryHandleCount(), handles);
#endif
	return nt_end("ke_signal");
}
