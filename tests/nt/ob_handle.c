/* SPDX-License-Identifier: MIT */
/*
 * ob_handle.c - what belongs to a handle and not to its object: its attributes, and what a duplicate
 * takes over (OM3, OM22); permanent objects (OM20); all types at once (OM25).
 */
#include "nttest.h"

static HANDLE event(void)
{
	HANDLE h = NULL;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	return h;
}

static NTSTATUS set_flags(HANDLE h, BOOLEAN inherit, BOOLEAN protect)
{
	OBJECT_HANDLE_FLAG_INFORMATION flags = { inherit, protect };

	return NtSetInformationObject(h, ObjectHandleFlagInformation, &flags, sizeof(flags));
}

/* Inherit is 1, ProtectFromClose 2; -1: the query failed. */
static int flags_of(HANDLE h)
{
	OBJECT_HANDLE_FLAG_INFORMATION flags;

	if (NtQueryObject(h, ObjectHandleFlagInformation, &flags, sizeof(flags), NULL))
		return -1;
	return flags.Inherit | flags.ProtectFromClose << 1;
}

static ULONG attributes_of(HANDLE h)
{
	OBJECT_BASIC_INFORMATION info = { .Attributes = ~0u };

	NtQueryObject(h, ObjectBasicInformation, &info, sizeof(info), NULL);
	return info.Attributes;
}

static void flags(void)
{
	HANDLE h = event(), inherited;
	OBJECT_HANDLE_FLAG_INFORMATION info;

	EQ("OM3", flags_of(h), 0);
	ST("OM3", set_flags(h, TRUE, TRUE), SUCCESS);
	EQ("OM3", flags_of(h), 3);
	EQ("OM3", attributes_of(h), OBJ_INHERIT | OBJ_PROTECT_CLOSE);
	ST("OM3", NtClose(h), HANDLE_NOT_CLOSABLE);
	ST("OM3", NtSetEvent(h, NULL), SUCCESS);
	ST("OM3", set_flags(h, FALSE, FALSE), SUCCESS);
	EQ("OM3", attributes_of(h), 0);
	ST("OM3", NtClose(h), SUCCESS);
	ST("G7", set_flags(h, FALSE, FALSE), INVALID_HANDLE);
	NtCreateEvent(&inherited, EVENT_ALL_ACCESS, OA(NULL, OBJ_INHERIT, NULL), NotificationEvent,
		      FALSE);
	EQ("OM3", flags_of(inherited), 1);
	ST("G6", NtSetInformationObject(inherited, ObjectBasicInformation, &info, sizeof(info)),
	   INVALID_INFO_CLASS);
	ST("OM24", NtSetInformationObject(inherited, ObjectHandleFlagInformation, &info, 1),
	   INFO_LENGTH_MISMATCH);
	ST("OM24", NtQueryObject(inherited, ObjectHandleFlagInformation, &info, 1, NULL),
	   INFO_LENGTH_MISMATCH);
	NtClose(inherited);
}

static void duplicated_attributes(void)
{
	HANDLE self = NtCurrentProcess(), h = event(), copy;

	ST("OM22", set_flags(h, TRUE, FALSE), SUCCESS);
	ST("OM22", NtDuplicateObject(self, h, self, &copy, 0, 0, DUPLICATE_SAME_ACCESS), SUCCESS);
	EQ("OM22", flags_of(copy), 0);
	NtClose(copy);
	ST("OM22",
	   NtDuplicateObject(self, h, self, &copy, 0, 0,
			     DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES),
	   SUCCESS);
	EQ("OM22", flags_of(copy), 1);
	NtClose(copy);
	ST("OM22", NtDuplicateObject(self, h, self, &copy, 0, OBJ_INHERIT, DUPLICATE_SAME_ACCESS),
	   SUCCESS);
	EQ("OM22", flags_of(copy), 1);
	NtClose(copy);
	/* A protected source is copied, and stays. */
	ST("OM22", set_flags(h, FALSE, TRUE), SUCCESS);
	NtDuplicateObject(self, h, self, &copy, 0, 0,
			  DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
	ST("OM22", NtSetEvent(h, NULL), SUCCESS);
	ST("OM22", set_flags(h, FALSE, FALSE), SUCCESS);
	if (copy != h)
		NtClose(copy);
	NtClose(h);
}

static void generic_duplicates(void)
{
	HANDLE self = NtCurrentProcess(), h = event(), copy;
	OBJECT_BASIC_INFORMATION info;

	ST("OM22", NtDuplicateObject(self, h, self, &copy, GENERIC_READ, 0, 0), SUCCESS);
	NtQueryObject(copy, ObjectBasicInformation, &info, sizeof(info), NULL);
	EQ("OM22", info.GrantedAccess, READ_CONTROL | EVENT_QUERY_STATE);
	NtClose(copy);
	ST("OM22", NtDuplicateObject(self, h, self, &copy, MAXIMUM_ALLOWED, 0, 0), SUCCESS);
	NtQueryObject(copy, ObjectBasicInformation, &info, sizeof(info), NULL);
	EQ("OM22", info.GrantedAccess, EVENT_ALL_ACCESS);
	NtClose(copy);
	NtClose(h);
}

static void permanent_objects(void)
{
	UNICODE_STRING *name = US(BNO u"lxrun-permanent");
	HANDLE h, again;

	ST("OM20", NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(name, 0, NULL), NotificationEvent, FALSE),
	   SUCCESS);
	ST("OM20", NtMakePermanentObject(h), SUCCESS);
	EQ("OM20", attributes_of(h), OBJ_PERMANENT);
	NtClose(h);
	ST("OM20", NtOpenEvent(&again, EVENT_ALL_ACCESS, OA(name, 0, NULL)), SUCCESS);
	ST("OM20", NtMakeTemporaryObject(again), SUCCESS);
	EQ("OM20", attributes_of(again), 0);
	NtClose(again);
	ST("OM20", NtOpenEvent(&again, EVENT_ALL_ACCESS, OA(name, 0, NULL)), OBJECT_NAME_NOT_FOUND);
	ST("G7", NtMakePermanentObject(GARBAGE), INVALID_HANDLE);
}

static int same(const UNICODE_STRING *name, const WCHAR *want)
{
	ULONG units = 0;

	while (units < name->Length / sizeof(WCHAR) && want[units] == name->Buffer[units])
		units++; /* not beyond the NUL of want: a name has none */
	return units == name->Length / sizeof(WCHAR) && want[units] == 0;
}

static void all_types(void)
{
	static const WCHAR *const want[] = { u"Type",        u"Directory", u"SymbolicLink",
					     u"Event",       u"Mutant",    u"Semaphore",
					     u"Timer",       u"Section",   u"Process",
					     u"Thread",      u"File",      u"KeyedEvent",
					     u"IoCompletion" };
	_Alignas(8) static char buffer[16384];
	OBJECT_TYPES_INFORMATION *info = (OBJECT_TYPES_INFORMATION *)buffer;
	ULONG length = 0, found = 0;
	char *at = buffer + 8;

	ST("OM25", NtQueryObject(NULL, ObjectTypesInformation, buffer, sizeof(*info), &length),
	   INFO_LENGTH_MISMATCH);
	ST("OM25", NtQueryObject(NULL, ObjectTypesInformation, buffer, sizeof(buffer), &length),
	   SUCCESS);
	for (ULONG i = 0; i < info->NumberOfTypes && i < 100; i++) {
		OBJECT_TYPE_INFORMATION *type = (OBJECT_TYPE_INFORMATION *)at;

		for (size_t k = 0; k < sizeof(want) / sizeof(want[0]); k++)
			found += same(&type->TypeName, want[k]);
		at = (char *)(((uintptr_t)type->TypeName.Buffer + type->TypeName.MaximumLength +
			       7) &
			      ~(uintptr_t)7);
	}
	EQ("OM25", found, sizeof(want) / sizeof(want[0]));
}

int main(void)
{
	nt_start();
#if NTSHIM
	ULONG handles = ObQueryHandleCount(), objects = ObQueryObjectCount();
#endif
	flags();
	duplicated_attributes();
	generic_duplicates();
	permanent_objects();
	all_types();
#if NTSHIM
	EQ("leaks", ObQueryHandleCount(), handles);
	EQ("leaks", ObQueryObjectCount(), objects);
#endif
	return nt_end("ob_handle");
}
