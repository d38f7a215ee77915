/* SPDX-License-Identifier: MIT */
/* ob.c - the object manager: handles, names, directories, links, queries (nt.md G1..G7, OM1..OM28). */
#include "nttest.h"

static HANDLE event(void)
{
	HANDLE h = NULL;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	return h;
}

static HANDLE directory(PUNICODE_STRING name, HANDLE root)
{
	HANDLE h = NULL;

	NtCreateDirectoryObject(&h, DIRECTORY_ALL_ACCESS, OA(name, 0, root));
	return h;
}

/* ---- conventions ---- */

static void conventions(void)
{
	char raw[sizeof(OBJECT_ATTRIBUTES) + 8];
	OBJECT_ATTRIBUTES bad = *OA(US(BNO u"x"), 0, NULL),
			  *crooked = (OBJECT_ATTRIBUTES *)(raw + 1);
	UNICODE_STRING name = *US(BNO u"x");
	HANDLE h = GARBAGE;

	ST("G1", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-none"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
	EQ("G1", h, 0);
	ST("G2", NtCreateEvent(NULL, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
	   ACCESS_VIOLATION);
	ST("G2", NtOpenEvent(NULL, EVENT_ALL_ACCESS, OA(&name, 0, NULL)), ACCESS_VIOLATION);
	ST("G2", NtOpenEvent(&h, EVENT_ALL_ACCESS, NULL), INVALID_PARAMETER);
	ST("G2", NtOpenDirectoryObject(&h, DIRECTORY_QUERY, NULL), INVALID_PARAMETER);
	bad.Length++;
	ST("G3", NtCreateEvent(&h, EVENT_ALL_ACCESS, &bad, NotificationEvent, FALSE),
	   INVALID_PARAMETER);
	ST("G3", NtOpenEvent(&h, EVENT_ALL_ACCESS, &bad), INVALID_PARAMETER);
	bad.Length = 0;
	ST("G3", NtCreateDirectoryObject(&h, DIRECTORY_QUERY, &bad), INVALID_PARAMETER);
	bad.Length = sizeof(bad);
	memcpy(crooked, &bad, sizeof(bad));
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, crooked), DATATYPE_MISALIGNMENT);
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, (OBJECT_ATTRIBUTES *)0x10), ACCESS_VIOLATION);
	name.Buffer = (PWSTR)((char *)name.Buffer + 1);
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL)), DATATYPE_MISALIGNMENT);
	name.Buffer = NULL;
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL)), ACCESS_VIOLATION);
}

/* ---- handles ---- */

static void handle_values(void)
{
	OBJECT_BASIC_INFORMATION info;
	HANDLE h = event(), copy = NULL;

	EQ("OM1", (uintptr_t)h & 3, 0);
	EQ("OM1", h != NULL, 1);
	ST("OM1", NtSetEvent((HANDLE)((uintptr_t)h | 1), NULL), SUCCESS);
	ST("OM1", NtClose((HANDLE)((uintptr_t)h | 3)), SUCCESS);
	ST("G7", NtClose(h), INVALID_HANDLE);
	ST("G7", NtSetEvent(h, NULL), INVALID_HANDLE);
	ST("G7", NtClose(NULL), INVALID_HANDLE);
	ST("G7", NtClose(GARBAGE), INVALID_HANDLE);
	ST("G7", NtSetEvent(NtCurrentProcess(), NULL), OBJECT_TYPE_MISMATCH);
	ST("OM2", NtClose(NtCurrentProcess()), SUCCESS);
	ST("OM2", NtClose(NtCurrentThread()), SUCCESS);
	ST("OM2",
	   NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &copy, 0, 0,
			     DUPLICATE_SAME_ACCESS),
	   SUCCESS);
	EQ("OM2", (intptr_t)copy > 0, 1);
	ST("OM2", NtQueryObject(copy, ObjectBasicInformation, &info, sizeof(info), NULL), SUCCESS);
	ST("OM2", NtClose(copy), SUCCESS);
}

static void many_handles(void)
{
	enum { COUNT = 5000 };
	static HANDLE h[COUNT];
	int distinct = 1;

	for (int i = 0; i < COUNT; i++) {
		h[i] = event();
		distinct &= h[i] != NULL && (i == 0 || h[i] != h[i - 1]);
	}
	EQ("OM1", distinct, 1);
	for (int i = 0; i < COUNT; i++)
		distinct &= NtClose(h[i]) == STATUS_SUCCESS;
	EQ("OM1", distinct, 1);
	ST("G7", NtClose(h[0]), INVALID_HANDLE);
}

static void duplicates(void)
{
	HANDLE self = NtCurrentProcess(), h = event(), copy = NULL, weak = NULL;
	OBJECT_BASIC_INFORMATION info;

	ST("OM3",
	   NtDuplicateObject(self, h, self, &copy, 0, OBJ_PROTECT_CLOSE, DUPLICATE_SAME_ACCESS),
	   SUCCESS);
	ST("OM3", NtClose(copy), HANDLE_NOT_CLOSABLE);
	ST("OM3", NtSetEvent(copy, NULL), SUCCESS);
	ST("OM22", NtDuplicateObject(self, h, self, &weak, EVENT_QUERY_STATE, 0, 0), SUCCESS);
	ST("OM21", NtSetEvent(weak, NULL), ACCESS_DENIED);
	ST("OM21", NtWaitForSingleObject(weak, FALSE, NO_WAIT), ACCESS_DENIED);
	ST("OM22", NtQueryObject(weak, ObjectBasicInformation, &info, sizeof(info), NULL), SUCCESS);
	EQ("OM21", info.GrantedAccess, EVENT_QUERY_STATE);
	EQ("OM24", info.HandleCount, 3);
	ST("OM22", NtDuplicateObject(self, h, self, &copy, ~0u, 0, 0), ACCESS_DENIED);
	EQ("G1", copy, 0);
	ST("OM22", NtDuplicateObject(self, h, self, NULL, 0, 0, DUPLICATE_SAME_ACCESS), SUCCESS);
	ST("OM22", NtDuplicateObject(self, GARBAGE, self, &copy, 0, 0, DUPLICATE_SAME_ACCESS),
	   INVALID_HANDLE);
	ST("OM22", NtDuplicateObject(GARBAGE, h, self, &copy, 0, 0, DUPLICATE_SAME_ACCESS),
	   INVALID_HANDLE);
	ST("OM22", NtDuplicateObject(h, h, self, &copy, 0, 0, DUPLICATE_SAME_ACCESS),
	   OBJECT_TYPE_MISMATCH);
	ST("OM22", NtDuplicateObject(self, weak, self, &copy, EVENT_MODIFY_STATE, 0, 0), SUCCESS);
	ST("OM22", NtSetEvent(copy, NULL), SUCCESS);
	NtClose(copy);
	ST("OM22",
	   NtDuplicateObject(self, weak, self, &copy, 0, 0,
			     DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
	   SUCCESS);
	ST("OM23", NtCompareObjects(h, copy), SUCCESS);
	ST("OM22", NtSetEvent(weak, NULL), INVALID_HANDLE);
	weak = event();
	ST("OM23", NtCompareObjects(h, weak), NOT_SAME_OBJECT);
	ST("OM23", NtCompareObjects(h, GARBAGE), INVALID_HANDLE);
	NtClose(weak);
	NtClose(copy);
	NtClose(h);
}

static void access_rights(void)
{
	OBJECT_BASIC_INFORMATION info;
	HANDLE h;

	ST("OM21",
	   NtCreateEvent(&h, GENERIC_READ | GENERIC_EXECUTE, NULL, NotificationEvent, FALSE),
	   SUCCESS);
	NtQueryObject(h, ObjectBasicInformation, &info, sizeof(info), NULL);
	EQ("OM21", info.GrantedAccess, READ_CONTROL | SYNCHRONIZE | EVENT_QUERY_STATE);
	ST("OM21", NtSetEvent(h, NULL), ACCESS_DENIED);
	NtClose(h);
	ST("OM21", NtCreateEvent(&h, MAXIMUM_ALLOWED, NULL, NotificationEvent, FALSE), SUCCESS);
	NtQueryObject(h, ObjectBasicInformation, &info, sizeof(info), NULL);
	EQ("OM21", info.GrantedAccess, EVENT_ALL_ACCESS);
	NtClose(h);
}

/* ---- names ---- */

static void case_rules(void)
{
	HANDLE dir = directory(US(BNO u"LxDir"), NULL), a, b, h;

	ST("OM4",
	   NtCreateEvent(&a, EVENT_ALL_ACCESS, OA(US(u"Name"), 0, dir), NotificationEvent, FALSE),
	   SUCCESS);
	ST("OM4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"NAME"), 0, dir)),
	   OBJECT_NAME_NOT_FOUND);
	ST("OM4",
	   NtCreateEvent(&b, EVENT_ALL_ACCESS, OA(US(u"NAME"), 0, dir), NotificationEvent, FALSE),
	   SUCCESS);
	ST("OM4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"naMe"), OBJ_CASE_INSENSITIVE, dir)),
	   SUCCESS);
	NtClose(h);
	ST("OM4",
	   NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"\\basenamedobjects\\LxDir\\Name"), 0, NULL)),
	   OBJECT_PATH_NOT_FOUND);
	ST("OM4",
	   NtOpenEvent(&h, EVENT_ALL_ACCESS,
		       OA(US(u"\\basenamedobjects\\lxdir\\name"), OBJ_CASE_INSENSITIVE, NULL)),
	   SUCCESS);
	NtClose(h);
	ST("OM4",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(u"name"), OBJ_CASE_INSENSITIVE, dir),
			 NotificationEvent, FALSE),
	   OBJECT_NAME_COLLISION);
	NtClose(b);
	NtClose(a);
	NtClose(dir);
}

/* A create call of each type, with the name taken by the same type and by another. */
static NTSTATUS create_type(int type, PHANDLE h, POBJECT_ATTRIBUTES oa)
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

static void collisions(void)
{
	enum { TYPES = 6 };

	for (int type = 0; type < TYPES; type++) {
		UNICODE_STRING *name = US(BNO u"lxrun-collide");
		int other = (type + 1) % TYPES;
		HANDLE first, second;

		ST("OM5", create_type(type, &first, OA(name, 0, NULL)), SUCCESS);
		ST("OM5", create_type(type, &second, OA(name, 0, NULL)), OBJECT_NAME_COLLISION);
		EQ("G1", second, 0);
		ST("OM5", create_type(type, &second, OA(name, OBJ_OPENIF, NULL)),
		   OBJECT_NAME_EXISTS);
		ST("OM5", NtCompareObjects(first, second), SUCCESS);
		NtClose(second);
		ST("OM6", create_type(other, &second, OA(name, 0, NULL)), OBJECT_TYPE_MISMATCH);
		ST("OM6", create_type(other, &second, OA(name, OBJ_OPENIF, NULL)),
		   OBJECT_TYPE_MISMATCH);
		if (type != 0)
			ST("OM6", NtOpenEvent(&second, EVENT_ALL_ACCESS, OA(name, 0, NULL)),
			   OBJECT_TYPE_MISMATCH);
		NtClose(first);
		ST("OM20", create_type(other, &first, OA(name, 0, NULL)), SUCCESS);
		NtClose(first);
	}
}

static void path_syntax(void)
{
	HANDLE dir = directory(US(BNO u"lxrun-dir"), NULL), ev = event(), h;

	ST("OM7", NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(US(u"BaseNamedObjects"), 0, NULL)),
	   OBJECT_PATH_SYNTAX_BAD);
	ST("OM7",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(u"x"), 0, NULL), NotificationEvent, FALSE),
	   OBJECT_PATH_SYNTAX_BAD);
	ST("OM7",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(u"\\x"), 0, dir), NotificationEvent, FALSE),
	   OBJECT_PATH_SYNTAX_BAD);
	ST("OM8", NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(US(BNO u"lxrun-dir\\"), 0, NULL)),
	   OBJECT_NAME_INVALID);
	ST("OM8",
	   NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(US(u"\\\\BaseNamedObjects"), 0, NULL)),
	   OBJECT_NAME_INVALID);
	ST("OM8", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"\\BaseNamedObjects\\\\x"), 0, NULL)),
	   OBJECT_NAME_INVALID);
	ST("OM8", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-none\\"), 0, NULL)),
	   OBJECT_PATH_NOT_FOUND);
	ST("OM9", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-none\\x"), 0, NULL)),
	   OBJECT_PATH_NOT_FOUND);
	ST("OM9",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-none\\x"), 0, NULL),
			 NotificationEvent, FALSE),
	   OBJECT_PATH_NOT_FOUND);
	ST("OM9", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-none"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
	ST("OM10",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(u""), 0, NULL), NotificationEvent, FALSE),
	   SUCCESS);
	NtClose(h);
	ST("OM10",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(u""), 0, GARBAGE), NotificationEvent, FALSE),
	   SUCCESS);
	NtClose(h);
	ST("OM10", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u""), 0, NULL)), OBJECT_PATH_SYNTAX_BAD);
	ST("OM10", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(NULL, 0, NULL)), OBJECT_PATH_SYNTAX_BAD);
	ST("OM10", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(NULL, 0, dir)), OBJECT_NAME_INVALID);
	ST("OM11", NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(US(u""), 0, dir)), SUCCESS);
	ST("OM11", NtCompareObjects(h, dir), SUCCESS);
	NtClose(h);
	ST("OM11", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u""), 0, dir)), OBJECT_TYPE_MISMATCH);
	ST("OM12", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"x"), 0, ev)), OBJECT_TYPE_MISMATCH);
	ST("OM12", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u""), 0, ev)), OBJECT_TYPE_MISMATCH);
	ST("OM12",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(US(u"x"), 0, ev), NotificationEvent, FALSE),
	   OBJECT_TYPE_MISMATCH);
	ST("OM12", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"x"), 0, GARBAGE)), INVALID_HANDLE);
	ST("OM8", NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(US(u"\\"), 0, NULL)), SUCCESS);
	NtClose(h);
	NtClose(ev);
	NtClose(dir);
}

static void long_names(void)
{
	static WCHAR text[32768];
	UNICODE_STRING name = { 65532, 65534, text };
	HANDLE h;

	for (size_t i = 0; i < 32767; i++)
		text[i] = u'a';
	memcpy(text, BNO, sizeof(BNO) - sizeof(WCHAR));
	ST("OM13",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL), NotificationEvent, FALSE),
	   SUCCESS);
	NtClose(h);
	name.Length = 65534;
	ST("OM13",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL), NotificationEvent, FALSE),
	   OBJECT_NAME_INVALID);
	name.Length = 65533;
	ST("OM13",
	   NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL), NotificationEvent, FALSE),
	   OBJECT_NAME_INVALID);
	name.Length = 41;
	ST("OM13", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL)), OBJECT_NAME_INVALID);
}

static void counted_names(void)
{
	char buffer[256];
	OBJECT_NAME_INFORMATION *info = (OBJECT_NAME_INFORMATION *)buffer;
	HANDLE a, h;
	ULONG length;

	ST("OM14",
	   NtCreateEvent(&a, EVENT_ALL_ACCESS, OA(US(BNO u"lx\0run"), 0, NULL), NotificationEvent,
			 FALSE),
	   SUCCESS);
	ST("OM14", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lx"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
	ST("OM14", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lx\0run\0"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
	ST("OM14", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lx\0run"), 0, NULL)), SUCCESS);
	ST("OM14", NtQueryObject(h, ObjectNameInformation, info, sizeof(buffer), &length), SUCCESS);
	EQ("OM14", memcmp((char *)info->Name.Buffer + info->Name.Length - 12, u"lx\0run", 12), 0);
	EQ("OM24", length, sizeof(*info) + info->Name.Length + sizeof(WCHAR));
	NtClose(h);
	NtClose(a);
}

static void lifetime(void)
{
	UNICODE_STRING *name = US(BNO u"lxrun-life");
	HANDLE a, b, h;

	ST("OM20", NtCreateEvent(&a, EVENT_ALL_ACCESS, OA(name, 0, NULL), NotificationEvent, FALSE),
	   SUCCESS);
	ST("OM20", NtOpenEvent(&b, EVENT_ALL_ACCESS, OA(name, 0, NULL)), SUCCESS);
	NtClose(a);
	ST("OM20", NtOpenEvent(&a, EVENT_ALL_ACCESS, OA(name, 0, NULL)), SUCCESS);
	NtClose(a);
	NtClose(b);
	ST("OM20", NtOpenEvent(&a, EVENT_ALL_ACCESS, OA(name, 0, NULL)), OBJECT_NAME_NOT_FOUND);
	ST("OM20",
	   NtCreateEvent(&a, EVENT_ALL_ACCESS, OA(name, OBJ_PERMANENT, NULL), NotificationEvent,
			 TRUE),
	   SUCCESS);
	NtClose(a);
	ST("OM20", NtOpenEvent(&a, EVENT_ALL_ACCESS, OA(name, 0, NULL)), SUCCESS);
	ST("OM20", NtMakeTemporaryObject(a), SUCCESS);
	ST("OM20", NtOpenEvent(&h, EVENT_MODIFY_STATE, OA(name, 0, NULL)), SUCCESS);
	NtClose(a);
	ST("OM20", NtMakeTemporaryObject(h), ACCESS_DENIED);
	NtClose(h);
	ST("OM20", NtOpenEvent(&a, EVENT_ALL_ACCESS, OA(name, 0, NULL)), OBJECT_NAME_NOT_FOUND);
}

/* A directory stays usable by handle, and its objects with it, after its own name has gone. */
static void nested_directories(void)
{
	HANDLE outer = directory(US(BNO u"lxrun-outer"), NULL),
	       inner = directory(US(u"inner"), outer), ev, h;

	ST("OM9",
	   NtCreateEvent(&ev, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-outer\\inner\\ev"), 0, NULL),
			 NotificationEvent, FALSE),
	   SUCCESS);
	ST("OM9", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"inner\\ev"), 0, outer)), SUCCESS);
	NtClose(h);
	NtClose(outer);
	ST("OM20",
	   NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-outer\\inner\\ev"), 0, NULL)),
	   OBJECT_PATH_NOT_FOUND);
	NtClose(h);
	ST("OM20", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"ev"), 0, inner)), SUCCESS);
	NtClose(h);
	NtClose(ev);
	ST("OM20", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"ev"), 0, inner)),
	   OBJECT_NAME_NOT_FOUND);
	NtClose(inner);
}

/* ---- symbolic links ---- */

static void links(void)
{
	UNICODE_STRING *name = US(BNO u"lxrun-link");
	HANDLE dir = directory(US(BNO u"lxrun-target"), NULL), ev, link, h;

	ST("OM15",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(name, 0, NULL), US(u"")),
	   INVALID_PARAMETER);
	ST("OM15",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(name, 0, NULL), NULL),
	   ACCESS_VIOLATION);
	ST("OM15", NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, NULL, US(u"\\x")),
	   ACCESS_VIOLATION);
	ST("OM15",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(name, 0, NULL),
				      US(u"no such thing")),
	   SUCCESS);
	ST("OM15", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(name, 0, NULL)), OBJECT_PATH_SYNTAX_BAD);
	NtClose(link);
	ST("OM15",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(name, 0, NULL),
				      US(BNO u"lxrun-target")),
	   SUCCESS);
	ST("OM15",
	   NtCreateEvent(&ev, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-link\\ev"), 0, NULL),
			 NotificationEvent, FALSE),
	   SUCCESS);
	ST("OM15", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"ev"), 0, dir)), SUCCESS);
	NtClose(h);
	ST("OM16", NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(name, 0, NULL)), SUCCESS);
	ST("OM16", NtCompareObjects(h, dir), SUCCESS);
	NtClose(h);
	ST("OM16", NtOpenSymbolicLinkObject(&h, SYMBOLIC_LINK_QUERY, OA(name, 0, NULL)), SUCCESS);
	ST("OM16", NtCompareObjects(h, link), SUCCESS);
	NtClose(h);
	ST("OM16",
	   NtOpenSymbolicLinkObject(&h, SYMBOLIC_LINK_QUERY, OA(US(BNO u"lxrun-target"), 0, NULL)),
	   OBJECT_TYPE_MISMATCH);
	ST("OM11", NtOpenSymbolicLinkObject(&h, SYMBOLIC_LINK_QUERY, OA(US(u""), 0, link)),
	   SUCCESS);
	NtClose(h);
	ST("OM12", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(u"ev"), 0, link)), OBJECT_TYPE_MISMATCH);
	ST("OM5",
	   NtCreateSymbolicLinkObject(&h, SYMBOLIC_LINK_ALL_ACCESS, OA(name, 0, NULL), US(u"\\x")),
	   OBJECT_NAME_COLLISION);
	NtClose(ev);
	NtClose(link);
	NtClose(dir);
}

static void link_queries(void)
{
	HANDLE link, h;
	WCHAR text[64];
	UNICODE_STRING answer = { 7, sizeof(u"\\Target") - sizeof(WCHAR), text };
	ULONG length = 0;

	ST("OM17",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(NULL, 0, NULL),
				      US(u"\\Target")),
	   SUCCESS);
	ST("OM17", NtQuerySymbolicLinkObject(link, &answer, &length), BUFFER_TOO_SMALL);
	EQ("OM17", answer.Length, 7);
	EQ("OM17", length, sizeof(u"\\Target"));
	answer.MaximumLength = sizeof(text);
	ST("OM17", NtQuerySymbolicLinkObject(link, &answer, &length), SUCCESS);
	EQ("OM17", length, sizeof(u"\\Target"));
	EQ("OM17", answer.Length, sizeof(u"\\Target") - sizeof(WCHAR));
	EQ("OM17", memcmp(text, u"\\Target", sizeof(u"\\Target")), 0);
	NtClose(link);
	ST("OM18",
	   NtOpenSymbolicLinkObject(&h, SYMBOLIC_LINK_QUERY, OA(US(u"\\??\\GLOBALROOT"), 0, NULL)),
	   SUCCESS);
	ST("OM18", NtQuerySymbolicLinkObject(h, &answer, &length), SUCCESS);
	EQ("OM18", answer.Length, 0);
	NtClose(h);
	ST("OM18",
	   NtOpenDirectoryObject(&h, DIRECTORY_QUERY,
				 OA(US(u"\\??\\GLOBALROOT\\BaseNamedObjects"), 0, NULL)),
	   SUCCESS);
	NtClose(h);
	ST("OM18",
	   NtOpenDirectoryObject(&h, DIRECTORY_QUERY,
				 OA(US(u"\\DosDevices\\GLOBALROOT\\Device"), 0, NULL)),
	   SUCCESS);
	NtClose(h);
	ST("OM18",
	   NtOpenSymbolicLinkObject(&h, SYMBOLIC_LINK_QUERY, OA(US(u"\\DosDevices"), 0, NULL)),
	   SUCCESS);
	NtQuerySymbolicLinkObject(h, &answer, &length);
	EQ("OM18", memcmp(text, u"\\??", sizeof(u"\\??")), 0);
	NtClose(h);
}

#if NTSHIM
static void link_loop(void)
{
	HANDLE link, h;

	NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS,
				   OA(US(BNO u"lxrun-loop"), 0, NULL), US(BNO u"lxrun-loop"));
	ST("OM15", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-loop"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
	ST("OM15", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-loop\\a"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
	NtClose(link);
}
#endif

/* ---- queries ---- */

static int same(const UNICODE_STRING *s, const UNICODE_STRING *want)
{
	return s->Length == want->Length && memcmp(s->Buffer, want->Buffer, want->Length) == 0;
}

static void directory_queries(void)
{
	HANDLE dir = directory(US(BNO u"lxrun-list"), NULL), one, two, weak;
	char buffer[512];
	OBJECT_DIRECTORY_INFORMATION *info = (OBJECT_DIRECTORY_INFORMATION *)buffer;
	ULONG context = 0x1234, length = 0;

	ST("OM19",
	   NtQueryDirectoryObject(dir, buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
	   NO_MORE_ENTRIES);
	EQ("OM19", context, 0x1234);
	NtCreateEvent(&one, EVENT_ALL_ACCESS, OA(US(u"One"), 0, dir), NotificationEvent, FALSE);
	two = directory(US(u"Two"), dir);
	ST("OM19", NtQueryDirectoryObject(dir, buffer, 8, TRUE, TRUE, &context, &length),
	   BUFFER_TOO_SMALL);
	EQ("OM19", context, 0x1234);
	ST("OM19",
	   NtQueryDirectoryObject(dir, buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
	   SUCCESS);
	EQ("OM19", context, 1);
	EQ("OM19", info[0].Name.Length, 6);
	EQ("OM19", info[1].Name.Length == 0 && info[1].Name.Buffer == NULL, 1);
	ST("OM19",
	   NtQueryDirectoryObject(dir, buffer, sizeof(buffer), TRUE, FALSE, &context, &length),
	   SUCCESS);
	EQ("OM19", context, 2);
	ST("OM19",
	   NtQueryDirectoryObject(dir, buffer, sizeof(buffer), TRUE, FALSE, &context, &length),
	   NO_MORE_ENTRIES);
	EQ("OM19", context, 2);
#if NTSHIM /* several entries at once: newer than the oracle */
	ST("OM19",
	   NtQueryDirectoryObject(dir, buffer, sizeof(buffer), FALSE, TRUE, &context, &length),
	   SUCCESS);
	EQ("OM19", context, 2);
	EQ("OM19", same(&info[0].Name, US(u"One")) && same(&info[0].TypeName, US(u"Event")), 1);
	EQ("OM19", same(&info[1].Name, US(u"Two")) && same(&info[1].TypeName, US(u"Directory")), 1);
	EQ("OM19", info[2].Name.Length == 0 && info[2].TypeName.Buffer == NULL, 1);
	ST("OM19", NtQueryDirectoryObject(dir, buffer, length - 4, FALSE, TRUE, &context, &length),
	   MORE_ENTRIES);
	EQ("OM19", context, 1);
#endif
	NtOpenDirectoryObject(&weak, DIRECTORY_TRAVERSE, OA(US(BNO u"lxrun-list"), 0, NULL));
	ST("OM19",
	   NtQueryDirectoryObject(weak, buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
	   ACCESS_DENIED);
	ST("G7", NtQueryDirectoryObject(one, buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
	   OBJECT_TYPE_MISMATCH);
	NtClose(weak);
	NtClose(two);
	NtClose(one);
	NtClose(dir);
}

static void name_queries(void)
{
	char buffer[256];
	OBJECT_NAME_INFORMATION *info = (OBJECT_NAME_INFORMATION *)buffer;
	OBJECT_BASIC_INFORMATION basic;
	HANDLE dir = directory(US(BNO u"lxrun-q"), NULL), h;
	ULONG length = 0;

	ST("OM24", NtQueryObject(dir, ObjectNameInformation, info, sizeof(buffer), &length),
	   SUCCESS);
	EQ("OM24", length, sizeof(*info) + info->Name.Length + sizeof(WCHAR));
	EQ("OM24", info->Name.Buffer == (PWSTR)(info + 1), 1);
#if NTSHIM /* elsewhere \BaseNamedObjects may be a session's */
	EQ("OM24", same(&info->Name, US(BNO u"lxrun-q")), 1);
#endif
	ST("OM24", NtQueryObject(dir, ObjectNameInformation, info, length - 2, &length),
	   INFO_LENGTH_MISMATCH);
	ST("OM24", NtQueryObject(dir, ObjectBasicInformation, &basic, sizeof(basic) - 1, &length),
	   INFO_LENGTH_MISMATCH);
	ST("OM24", NtQueryObject(dir, ObjectBasicInformation, &basic, sizeof(basic), &length),
	   SUCCESS);
	EQ("OM24", length, sizeof(basic));
	EQ("OM24", basic.HandleCount, 1);
	ST("G6", NtQueryObject(dir, 999, &basic, sizeof(basic), &length), INVALID_INFO_CLASS);
	NtClose(dir);
	h = event();
	ST("OM24", NtQueryObject(h, ObjectNameInformation, info, sizeof(buffer), &length), SUCCESS);
	EQ("OM24", length, sizeof(*info));
	EQ("OM24", info->Name.Length == 0 && info->Name.Buffer == NULL, 1);
	NtClose(h);
	NtOpenDirectoryObject(&h, DIRECTORY_QUERY, OA(US(u"\\"), 0, NULL));
	ST("OM24", NtQueryObject(h, ObjectNameInformation, info, sizeof(buffer), &length), SUCCESS);
	EQ("OM24", same(&info->Name, US(u"\\")), 1);
	NtClose(h);
}

static void type_is(HANDLE h, const UNICODE_STRING *want)
{
	char buffer[256];
	OBJECT_TYPE_INFORMATION *info = (OBJECT_TYPE_INFORMATION *)buffer;
	ULONG length;

	ST("OM25", NtQueryObject(h, ObjectTypeInformation, buffer, sizeof(buffer), &length),
	   SUCCESS);
	EQ("OM25", same(&info->TypeName, want), 1);
}

static void type_names(void)
{
	static const WCHAR *const names[] = { u"Event", u"Mutant",    u"Semaphore",
					      u"Timer", u"Directory", u"Section" };
	UNICODE_STRING want;
	HANDLE h;

	for (int type = 0; type < 6; type++) {
		create_type(type, &h, NULL);
		want = (UNICODE_STRING){ 0, 0, (PWSTR)names[type] };
		while (names[type][want.Length / 2])
			want.Length += 2;
		type_is(h, &want);
		NtClose(h);
	}
	type_is(NtCurrentProcess(), US(u"Process"));
	type_is(NtCurrentThread(), US(u"Thread"));
	ST("OM25", NtQueryObject(NtCurrentThread(), ObjectTypeInformation, &want, 4, NULL),
	   INFO_LENGTH_MISMATCH);
	ST("OM16",
	   NtCreateSymbolicLinkObject(&h, SYMBOLIC_LINK_ALL_ACCESS, OA(NULL, 0, NULL), US(u"\\x")),
	   SUCCESS);
	type_is(h, US(u"SymbolicLink"));
	NtClose(h);
}

/* ---- devices: the I/O manager's, by their place in the name space ---- */

static void devices(void)
{
	IO_STATUS_BLOCK io;
	HANDLE h;

	ST("OM27",
	   NtCreateMutant(&h, MUTANT_ALL_ACCESS, OA(US(u"\\Device\\Null\\x"), 0, NULL), FALSE),
	   OBJECT_PATH_NOT_FOUND);
	ST("OM16", NtOpenFile(&h, FILE_GENERIC_READ, OA(US(u"\\DosDevices"), 0, NULL), &io, 7, 0),
	   OBJECT_TYPE_MISMATCH);
	ST("CF23", NtOpenFile(&h, FILE_GENERIC_READ, OA(US(u"\\DosDevices\\"), 0, NULL), &io, 7, 0),
	   OBJECT_NAME_INVALID);
}

/* ---- threads ---- */

static void churn(void *arg)
{
	UNICODE_STRING *name = US(BNO u"lxrun-churn");
	HANDLE shared = arg, h;

	for (int i = 0; i < 2000; i++) {
		NTSTATUS status = NtCreateEvent(&h, EVENT_ALL_ACCESS, OA(name, OBJ_OPENIF, NULL),
						NotificationEvent, FALSE);

		if (!NT_SUCCESS(status) || NtSetEvent(h, NULL) || NtClose(h))
			ST("OM5", STATUS_UNSUCCESSFUL, SUCCESS);
		if (NtDuplicateObject(NtCurrentProcess(), shared, NtCurrentProcess(), &h, 0, 0,
				      DUPLICATE_SAME_ACCESS) ||
		    NtClose(h))
			ST("OM22", STATUS_UNSUCCESSFUL, SUCCESS);
		NtOpenEvent(&h, EVENT_QUERY_STATE, OA(name, 0, NULL));
		NtClose(h);
		NtClose((HANDLE)(uintptr_t)(4000 * 4)); /* another thread's, or nobody's */
	}
}

static void many_threads(void)
{
	struct nt_thread threads[4];
	HANDLE shared = event();

	for (int i = 0; i < 4; i++) {
		threads[i] = (struct nt_thread){ .routine = churn, .arg = shared };
		nt_thread_start(&threads[i]);
	}
	for (int i = 0; i < 4; i++)
		nt_thread_join(&threads[i]);
	ST("OM20", NtSetEvent(shared, NULL), SUCCESS);
	NtClose(shared);
	ST("OM20", NtOpenEvent(&shared, EVENT_ALL_ACCESS, OA(US(BNO u"lxrun-churn"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
	nt_start();
	conventions();
	handle_values();
#if NTSHIM
	ULONG handles = ObQueryHandleCount(), objects = ObQueryObjectCount();
#endif
	many_handles();
	access_rights();
	case_rules();
	collisions();
	path_syntax();
	long_names();
	counted_names();
	lifetime();
	nested_directories();
	links();
	link_queries();
	directory_queries();
	name_queries();
	type_names();
	devices();
	many_threads();
#if NTSHIM
	link_loop();
	EQ("leaks", ObQueryHandleCount(), handles);
	EQ("leaks", ObQueryObjectCount(), objects);
#endif
	duplicates(); /* leaves a handle that cannot be closed */
	return nt_end("ob");
}
