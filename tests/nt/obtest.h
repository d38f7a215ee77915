/* SPDX-License-Identifier: MIT */
/* obtest.h - objects that the sources about the object manager make. */
#ifndef OBTEST_H
#define OBTEST_H
#include "nttest.h"

static inline HANDLE event(void)
{
	HANDLE h = NULL;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	return h;
}

static inline HANDLE directory(PUNICODE_STRING name, HANDLE root)
{
	HANDLE h = NULL;

	NtCreateDirectoryObject(&h, DIRECTORY_ALL_ACCESS, OA(name, 0, root));
	return h;
}

static inline NTSTATUS create_type(int type, PHANDLE h, POBJECT_ATTRIBUTES oa)
{
	LARGE_INTEGER size = { .QuadPart = 4096 };

	switch (type) {
	case 0:
		return NtCreateEvent(h, EVENT_ALL_ACCESS, oa, NotificationEvent, FALSE);
	case 1:
		return NtCreateMutant(h, MUTANT_ALL_ACCESS, oa, FALSE);
	case 2:
		return NtCreateSemaphore(h, SEMAPHORE_ALL_ACCESS, oa, 1, 2);
	case 3:
		return NtCreateTimer(h, TIMER_ALL_ACCESS, oa, NotificationTimer);
	case 4:
		return NtCreateDirectoryObject(h, DIRECTORY_ALL_ACCESS, oa);
	default:
		return NtCreateSection(h, SECTION_ALL_ACCESS, oa, &size, PAGE_READWRITE, SEC_COMMIT,
				       NULL);
	}
}
#endif
