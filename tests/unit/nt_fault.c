/* SPDX-License-Identifier: MIT */
/* Rules of nt/fault.h: what is a rule, when it applies, what a call that fails by one leaves behind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "nt/fault.h"
#include "nt/ke.h"
#include "nt/io.h"

static char why[NT_FAULT_ERROR];

static int start(void **state)
{
	return !NT_SUCCESS(ObInitSystem()) || !NT_SUCCESS(KeInitSystem()) ||
	       !NT_SUCCESS(IoInitSystem());
}

static int clear(void **state)
{
	NtFaultClear();
	return 0;
}

static NTSTATUS create_event(const WCHAR *text, PHANDLE handle)
{
	UNICODE_STRING name = { 0 };
	OBJECT_ATTRIBUTES oa;

	while (text && text[name.Length / 2])
		name.Length += 2;
	name.Buffer = (PWSTR)text;
	InitializeObjectAttributes(&oa, &name, 0, NULL, NULL);
	return NtCreateEvent(handle, EVENT_ALL_ACCESS, &oa, NotificationEvent, FALSE);
}

static void bad_rules_name_the_choices(void **state)
{
	static const struct {
		const char *rule, *says;
	} bad[] = {
		{ "NtNope:STATUS_ACCESS_DENIED", "NtNope: no such NT call; there are:" },
		{ "", ": no such NT call" },
		{ "NtClose", "0xC0000001 and the like or:" },
		{ "NtClose:NOPE", " STATUS_SHARING_VIOLATION" },
		{ "NtCreateEvent:SUCCESS", "NtCreateEvent has more to answer than a status" },
		{ "NtClose:0x103", "no status that a call can fail with" },
		{ "NtClose:0xC0000022x", "no status that a call can fail with" },
		{ "NtClose:ACCESS_DENIED:when=0", "when=0: when=N, N+" },
		{ "NtClose:ACCESS_DENIED:when=1x", "when=1x" },
		{ "NtClose:ACCESS_DENIED:path=", "path=GLOB is wanted" },
		{ "NtClose:ACCESS_DENIED:prob=2", "a probability is wanted" },
		{ "NtClose:ACCESS_DENIED:max=0", "max=N is wanted" },
		{ "NtClose:status=NOPE", "NOPE: no status" },
		{ "NtClose:ACCESS_DENIED:often", "often: when=N, every=N" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(NtFaultAdd(bad[i].rule, why), STATUS_INVALID_PARAMETER);
		assert_non_null(strstr(why, bad[i].says));
		assert_null(strchr(why, '\n'));
	}
	assert_false(NtFaultAny());
}

static void a_rule_waits_for_the_start(void **state)
{
	assert_int_equal(NtFaultAdd("NtTestAlert:0xC000001A", why), STATUS_SUCCESS);
	assert_true(NtFaultAny());
	assert_int_equal(NtTestAlert(), STATUS_SUCCESS);
	NtFaultStart();
	assert_int_equal(NtTestAlert(), STATUS_UNABLE_TO_FREE_VM);
	assert_int_equal(NtFaultHits(), 1);
	NtFaultClear();
	assert_false(NtFaultAny());
	assert_int_equal(NtTestAlert(), STATUS_SUCCESS);
}

static void when_and_every_count_calls(void **state)
{
	assert_int_equal(NtFaultAdd("NtTestAlert:STATUS_RETRY:when=2", why), STATUS_SUCCESS);
	assert_int_equal(NtFaultAdd("NtYieldExecution:RETRY:every=3", why), STATUS_SUCCESS);
	NtFaultStart();
	for (int i = 1; i <= 7; i++) {
		assert_int_equal(NtTestAlert(), i == 2 ? STATUS_RETRY : STATUS_SUCCESS);
		assert_int_equal(NtYieldExecution() == STATUS_RETRY, i % 3 == 0);
	}
	assert_int_equal(NtFaultHits(), 3);
}

static void path_chooses_by_name(void **state)
{
	HANDLE h;

	assert_int_equal(NtFaultAdd("NtCreateEvent:ACCESS_DENIED:path=*/a?\\:b*:when=2", why),
			 STATUS_SUCCESS);
	assert_int_equal(NtFaultAdd("NtSetEvent:DEVICE_BUSY:path=/BaseNamedObjects/one", why),
			 STATUS_SUCCESS);
	NtFaultStart();
	assert_int_equal(create_event(u"\\BaseNamedObjects\\ax:bcd", &h), STATUS_SUCCESS);
	NtClose(h);
	assert_int_equal(create_event(u"\\BaseNamedObjects\\one", &h), STATUS_SUCCESS);
	assert_int_equal(NtSetEvent(h, NULL), STATUS_DEVICE_BUSY);
	NtClose(h);
	assert_int_equal(create_event(NULL, &h), STATUS_SUCCESS);
	assert_int_equal(NtSetEvent(h, NULL), STATUS_SUCCESS);
	NtClose(h);
	assert_int_equal(create_event(u"\\BaseNamedObjects\\ax:b", &h), STATUS_ACCESS_DENIED);
}

static void a_failed_call_does_nothing(void **state)
{
	ULONG objects = ObQueryObjectCount(), handles = ObQueryHandleCount();
	HANDLE h = (HANDLE)1;

	assert_int_equal(NtFaultAdd("NtCreateEvent:STATUS_INSUFFICIENT_RESOURCES:when=1", why),
			 STATUS_SUCCESS);
	NtFaultStart();
	assert_int_equal(create_event(u"\\BaseNamedObjects\\x", &h), STATUS_INSUFFICIENT_RESOURCES);
	assert_null(h);
	assert_int_equal(ObQueryObjectCount(), objects);
	assert_int_equal(ObQueryHandleCount(), handles);
	assert_int_equal(create_event(u"\\BaseNamedObjects\\x", &h), STATUS_SUCCESS);
	NtClose(h);
}

/* Which of the first eight calls fail by the rule, as bits. */
static unsigned failing(const char *rule)
{
	unsigned bits = 0;
	HANDLE h;

	assert_int_equal(NtFaultAdd(rule, why), STATUS_SUCCESS);
	NtFaultStart();
	for (unsigned i = 0; i < 8; i++)
		if (NT_SUCCESS(create_event(NULL, &h)))
			NtClose(h);
		else
			bits |= 1u << i;
	NtFaultClear();
	return bits;
}

static void conditions_are_those_of_linux_calls(void **state)
{
	unsigned lucky = failing("NtCreateEvent:status=ACCESS_DENIED:prob=50%,seed=7");

	assert_int_equal(failing("NtCreateEvent:status=STATUS_ACCESS_DENIED:when=3"), 0x04);
	assert_int_equal(failing("NtCreateEvent:ACCESS_DENIED:when=2..6+2"), 0x2a);
	assert_int_equal(failing("NtCreateEvent:ACCESS_DENIED:when=7+"), 0xc0);
	assert_int_equal(failing("NtCreateEvent:ACCESS_DENIED:every=4"), 0x88);
	assert_int_equal(failing("NtCreateEvent:ACCESS_DENIED:max=2"), 0x03);
	assert_true(lucky != 0 && lucky != 0xff);
	assert_int_equal(failing("NtCreateEvent:ACCESS_DENIED:prob=0.5,seed=7"), lucky);
}

static void a_call_may_pretend(void **state)
{
	HANDLE h;

	assert_true(NtFaultCanPretend("NtClose"));
	assert_false(NtFaultCanPretend("NtCreateEvent"));
	assert_int_equal(NtFaultAdd("NtClose:STATUS_SUCCESS:max=1", why), STATUS_SUCCESS);
	NtFaultStart();
	assert_int_equal(create_event(NULL, &h), STATUS_SUCCESS);
	assert_int_equal(NtClose(h), STATUS_SUCCESS);
	assert_int_equal(NtFaultHits(), 1);
	assert_int_equal(NtClose(h), STATUS_SUCCESS); /* it was open all the time */
	assert_int_equal(NtClose(h), STATUS_INVALID_HANDLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(bad_rules_name_the_choices, clear),
		cmocka_unit_test_teardown(a_rule_waits_for_the_start, clear),
		cmocka_unit_test_teardown(conditions_are_those_of_linux_calls, clear),
		cmocka_unit_test_teardown(when_and_every_count_calls, clear),
		cmocka_unit_test_teardown(path_chooses_by_name, clear),
		cmocka_unit_test_teardown(a_failed_call_does_nothing, clear),
		cmocka_unit_test_teardown(a_call_may_pretend, clear),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
