/* SPDX-License-Identifier: MIT */
/* ob_query.c - the object manager: links, what there is, names and types (nt.md OM15..OM19, OM23..OM28). */
#include "obtest.h"

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

int main(void)
{
	nt_start();
#if NTSHIM
	ULONG handles = ObQueryHandleCount(), objects = ObQueryObjectCount();
#endif
	links();
	link_queries();
	directory_queries();
	name_queries();
	type_names();
	devices();
#if NTSHIM
	link_loop();
	EQ("leaks", ObQueryHandleCount(), handles);
	EQ("leaks", ObQueryObjectCount(), objects);
#endif
	return nt_end("ob_query");
}
