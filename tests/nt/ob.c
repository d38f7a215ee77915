/* SPDX-License-Identifier: MIT */
/* ob.c - the object manager: handles, names, lifetime (nt.md G1..G7, OM1..OM14, OM20..OM22). */
#include "obtest.h"

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
	many_threads();
#if NTSHIM
	EQ("leaks", ObQueryHandleCount(), handles);
	EQ("leaks", ObQueryObjectCount(), objects);
#endif
	duplicates(); /* leaves a handle that cannot be closed */
	return nt_end("ob");
}
