/* SPDX-License-Identifier: MIT */
/* The object manager survives the failure of every allocation, and nothing leaks or stays named. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/alloc.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/rtl.h"

static UNICODE_STRING dir_name = RTL_CONSTANT_STRING(u"\\BaseNamedObjects\\oom");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(u"\\BaseNamedObjects\\oom\\link");
static UNICODE_STRING event_name = RTL_CONSTANT_STRING(u"\\BaseNamedObjects\\oom\\link\\event");

static OBJECT_ATTRIBUTES attributes(PUNICODE_STRING name)
{
	OBJECT_ATTRIBUTES oa;

	InitializeObjectAttributes(&oa, name, 0, NULL, NULL);
	return oa;
}

/* A directory, a link in it to itself, an event through the link; a section. First failure ends it. */
static NTSTATUS scene(void)
{
	OBJECT_ATTRIBUTES dir = attributes(&dir_name), link = attributes(&link_name),
			  event = attributes(&event_name);
	LARGE_INTEGER size = { .QuadPart = 4096 };
	HANDLE h[4] = { NULL };
	NTSTATUS status = NtCreateDirectoryObject(&h[0], DIRECTORY_ALL_ACCESS, &dir);

	if (NT_SUCCESS(status))
		status = NtCreateSymbolicLinkObject(&h[1], SYMBOLIC_LINK_ALL_ACCESS, &link,
						    &dir_name);
	if (NT_SUCCESS(status))
		status = NtCreateEvent(&h[2], EVENT_ALL_ACCESS, &event, NotificationEvent, FALSE);
	if (NT_SUCCESS(status))
		status = NtCreateSection(&h[3], SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
					 SEC_COMMIT, NULL);
	for (int i = 3; i >= 0; i--)
		if (h[i])
			NtClose(h[i]);
	return status;
}

static void every_allocation_may_fail(void **state)
{
	ULONG objects, handles;
	uint64_t n;

	assert_int_equal(ObInitSystem(), STATUS_SUCCESS);
	assert_int_equal(KeInitSystem(), STATUS_SUCCESS);
	KeGetCurrentThread();
	objects = ObQueryObjectCount();
	handles = ObQueryHandleCount();
	for (n = 1;; n++) {
		NTSTATUS status;

		mem_fail_nth(n);
		status = scene();
		assert_int_equal(ObQueryObjectCount(), objects);
		assert_int_equal(ObQueryHandleCount(), handles);
		if (mem_fail_armed()) {
			assert_int_equal(status, STATUS_SUCCESS);
			break;
		}
		assert_true(status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_NO_MEMORY);
	}
	mem_fail_nth(0);
	assert_in_range(n, 6, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
