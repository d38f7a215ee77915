/* SPDX-License-Identifier: MIT */
/*
 * ke_life.c - who signals an object has done with it before a waiter goes on: objects that end with the
 * wait, and one object several times in a wait (nt.md SY6).
 */
#include "nttest.h"

/* ---- the same object twice ---- */

static void set_later(void *h)
{
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	NtSetEvent(h, NULL);
}

static void twice(ULONG type)
{
	struct nt_thread t = { .routine = set_later };
	HANDLE h[4];

	for (int i = 0; i < 4; i++)
		NtCreateEvent(&h[i], EVENT_ALL_ACCESS, NULL, type, FALSE);
	NtClose(h[3]);
	h[3] = h[2] = h[1];
	t.arg = h[1];
	nt_thread_start(&t);
	EQ("SY6", NtWaitForMultipleObjects(4, h, WaitAny, FALSE, RELATIVE_MS(20000)), 1);
	nt_thread_join(&t);
	EQ("SY6", NtWaitForSingleObject(h[1], FALSE, NO_WAIT),
	   type == NotificationEvent ? STATUS_SUCCESS : STATUS_TIMEOUT);
	NtClose(h[0]);
	NtClose(h[1]);
}

#if NTSHIM
/* ---- objects that end with the wait ---- */
enum { ROUNDS = 20000 };

struct exchange {
	_Atomic(PKEVENT) event;
	_Atomic int stop;
};

static void signaller(void *p)
{
	struct exchange *x = p;

	while (!x->stop) {
		PKEVENT e = x->event;

		if (!e)
			continue;
		x->event = NULL;
		KeSetEvent(e); /* and never touches it again */
	}
}

static void short_lives(EVENT_TYPE type)
{
	struct exchange x = { 0 };
	struct nt_thread t = { .routine = signaller, .arg = &x };
	PKEVENT e;

	nt_thread_start(&t);
	for (int i = 0; i < ROUNDS; i++) {
		e = malloc(sizeof(*e));
		KeInitializeEvent(e, type, FALSE);
		x.event = e;
		KeWaitForSingleObject(e, FALSE, NULL);
		memset(e, 0xAA, sizeof(*e));
		free(e);
	}
	x.stop = 1;
	nt_thread_join(&t);
	EQ("KE", x.event == NULL, 1);
}

/* More sleepers on one event than the dispatcher keeps words for. */
static KEVENT gate, all_up;
static _Atomic int up, through;

static void sleeper(void *unused)
{
	if (++up == 40)
		KeSetEvent(&all_up);
	KeWaitForSingleObject(&gate, FALSE, NULL);
	through++;
}

static void crowd(void)
{
	struct nt_thread t[40];

	KeInitializeEvent(&gate, NotificationEvent, FALSE);
	KeInitializeEvent(&all_up, NotificationEvent, FALSE);
	for (int i = 0; i < 40; i++) {
		t[i] = (struct nt_thread){ .routine = sleeper };
		nt_thread_start(&t[i]);
	}
	KeWaitForSingleObject(&all_up, FALSE, NULL);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	KeSetEvent(&gate);
	for (int i = 0; i < 40; i++)
		nt_thread_join(&t[i]);
	EQ("KE", through, 40);
}
#endif

int main(void)
{
	nt_start();
	twice(SynchronizationEvent);
	twice(NotificationEvent);
#if NTSHIM
	short_lives(SynchronizationEvent);
	short_lives(NotificationEvent);
	crowd();
#endif
	return nt_end("ke_life");
}
