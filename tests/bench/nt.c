/* SPDX-License-Identifier: MIT */
/* nt.c - the NT layer alone, no guest: prints "name<TAB>nanoseconds" lines. Argument: milliseconds each. */
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/ps.h"
#include <stdio.h>
#include <stdlib.h>

static HANDLE event;

/* A new object, a handle to it, and both gone. */
static void create_and_close(void)
{
	HANDLE h;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	NtClose(h);
}

static void duplicate_and_close(void)
{
	HANDLE h;

	NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &h, 0, 0,
			  DUPLICATE_SAME_ACCESS);
	NtClose(h);
}

static void satisfied_wait(void)
{
	NtWaitForSingleObject(event, FALSE, NULL);
}

static void measure(const char *name, void (*call)(void), ULONGLONG limit)
{
	ULONGLONG start = KeQueryMonotonicNs(), spent, turns = 0;

	do {
		for (int i = 0; i < 1000; i++)
			call();
		turns += 1000;
		spent = KeQueryMonotonicNs() - start;
	} while (spent < limit);
	printf("%s\t%.1f\n", name, (double)spent / (double)turns);
}

int main(int argc, char **argv)
{
	ULONGLONG limit = (argc > 1 ? strtoull(argv[1], NULL, 10) : 200) * 1000000;

	if (!NT_SUCCESS(ObInitSystem()) || !NT_SUCCESS(KeInitSystem()) ||
	    !NT_SUCCESS(IoInitSystem()))
		return 1;
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
	measure("NtCreateEvent+NtClose", create_and_close, limit);
	measure("NtDuplicateObject+NtClose", duplicate_and_close, limit);
	measure("satisfied NtWaitForSingleObject", satisfied_wait, limit);
	return 0;
}
