/* SPDX-License-Identifier: MIT */
/*
 * file_security.c - security descriptors of files on win volumes, and what other volumes say when asked: nt.md
 * SE5..SE10, RN8. The checks follow what NTFS answers to B:security.cpp, B:rename.cpp and B:links.cpp.
 * ntshim only: Wine makes mode bits of a descriptor, and no more.
 */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "filetest.h"
#include <sys/xattr.h>

static SE_SID(world, 1, 1, 0);
static SE_SID(stranger, 5, 5, 21, 1, 2, 3, 1000);

static _Alignas(8) char acl_room[512];
static PACL acl = (PACL)acl_room;
static SECURITY_DESCRIPTOR descriptor;

/* A descriptor that allows mask to everybody. */
static PVOID allow(ACCESS_MASK mask, ULONG flags)
{
	RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
	RtlCreateAcl(acl, sizeof(acl_room), ACL_REVISION);
	if (mask)
		RtlAddAccessAllowedAceEx(acl, ACL_REVISION, flags, mask, &world);
	RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
	return &descriptor;
}

static NTSTATUS make(HANDLE *h, PUNICODE_STRING name, ACCESS_MASK access, ULONG options,
		     PVOID security)
{
	OBJECT_ATTRIBUTES oa = { sizeof(oa), base, name, 0, security, NULL };

	return NtCreateFile(h, access, &oa, &iosb, NULL, 0, SHARE_ALL, FILE_CREATE, options, NULL,
			    0);
}

/* Makes name, with a list that allows mask. */
static void made(PUNICODE_STRING name, ULONG options, ACCESS_MASK mask)
{
	HANDLE h = NULL;

	ST("SE10", make(&h, name, READ_CONTROL, options, allow(mask, 0)), SUCCESS);
	NtClose(h);
}

static void set_list(PUNICODE_STRING name, ACCESS_MASK mask)
{
	HANDLE h = NULL;

	ST("SE7", create(&h, name, WRITE_DAC, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	ST("SE7", NtSetSecurityObject(h, DACL_SECURITY_INFORMATION, allow(mask, 0)), SUCCESS);
	NtClose(h);
}

/* Removes it whatever its descriptor says. */
static void gone(const char *name)
{
	EQ("setup", remove(host(name)), 0);
}

static ACCESS_MASK granted(HANDLE h)
{
	FILE_ACCESS_INFORMATION info = { 0 };

	NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileAccessInformation);
	return info.AccessFlags;
}

static _Alignas(8) char told[1024];

/* The mask that h's list has for sid with these flags; 0: no such entry. */
static ACCESS_MASK entry(HANDLE h, PSID sid, ULONG flags)
{
	BOOLEAN present, defaulted;
	ACCESS_ALLOWED_ACE *ace;
	PACL dacl = NULL;
	ULONG needed;

	ST("SE10", NtQuerySecurityObject(h, DACL_SECURITY_INFORMATION, told, sizeof(told), &needed),
	   SUCCESS);
	RtlGetDaclSecurityDescriptor(told, &present, &dacl, &defaulted);
	for (ULONG i = 0; dacl && NT_SUCCESS(RtlGetAce(dacl, i, (PVOID *)&ace)); i++)
		if (ace->Header.AceFlags == flags && RtlEqualSid(&ace->SidStart, sid))
			return ace->Mask;
	return 0;
}

static BOOLEAN set_privilege(ULONG number, BOOLEAN on)
{
	TOKEN_PRIVILEGES set = { 1, { { { number, 0 }, on ? SE_PRIVILEGE_ENABLED : 0 } } };
	NTSTATUS status;
	HANDLE token;

	ST("setup", NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token),
	   SUCCESS);
	status = NtAdjustPrivilegesToken(token, FALSE, &set, 0, NULL, NULL);
	NtClose(token);
	return status == STATUS_SUCCESS;
}

/* ---- */

static void opens_are_checked(void)
{
	HANDLE h = NULL, more;

	ST("SE10", make(&h, US(u"a"), GENERIC_ALL, 0, allow(FILE_READ_DATA | READ_CONTROL, 0)),
	   SUCCESS);
	EQ("SE11", granted(h), FILE_ALL_ACCESS); /* the maker has what it asked for */
	EQ("SE10", entry(h, &world, 0), FILE_READ_DATA | READ_CONTROL);
	NtClose(h);
	ST("OM21", try_open(US(u"a"), FILE_READ_DATA, FILE_OPEN, 0), SUCCESS);
	ST("OM21", try_open(US(u"a"), FILE_WRITE_DATA, FILE_OPEN, 0), ACCESS_DENIED);
	ST("OM21", try_open(US(u"a"), FILE_READ_DATA | SYNCHRONIZE, FILE_OPEN, 0), ACCESS_DENIED);
	ST("OM21", try_open(US(u"a"), GENERIC_READ, FILE_OPEN_IF, 0), ACCESS_DENIED);
	ST("SE4", try_open(US(u"a"), WRITE_DAC, FILE_OPEN, 0), SUCCESS); /* the owner */
	ST("SE3", create(&h, US(u"a"), MAXIMUM_ALLOWED, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	/* The directory, which has no list, gives the two of SE8 and FI5. */
	EQ("SE3", granted(h) & ~WRITE_OWNER,
	   FILE_READ_DATA | READ_CONTROL | WRITE_DAC | DELETE | FILE_READ_ATTRIBUTES);
	ST("OM22",
	   NtDuplicateObject(NtCurrentProcess(), h, NtCurrentProcess(), &more, FILE_WRITE_DATA, 0,
			     0),
	   ACCESS_DENIED);
	NtClose(h);
	set_list(US(u"a"), FILE_ALL_ACCESS);
	ST("OM21", try_open(US(u"a"), FILE_GENERIC_WRITE, FILE_OPEN, 0), SUCCESS);
	set_list(US(u"a"), FILE_READ_DATA);
	ST("SH3", try_open(US(u"a"), FILE_READ_DATA, FILE_OVERWRITE, 0), ACCESS_DENIED);
	set_list(US(u"a"), FILE_READ_DATA | FILE_WRITE_DATA);
	ST("SH3", try_open(US(u"a"), FILE_READ_DATA, FILE_OVERWRITE, 0), SUCCESS);
	gone("a");
}

static void parts_are_kept(void)
{
	SECURITY_DESCRIPTOR_RELATIVE *sd = (void *)told;
	BOOLEAN defaulted;
	ULONG needed = 0;
	PSID sid = NULL;
	HANDLE h = NULL;

	touch(US(u"b"));
	ST("SE7",
	   create(&h, US(u"b"), READ_CONTROL | WRITE_OWNER | WRITE_DAC, SHARE_ALL, FILE_OPEN, 0),
	   SUCCESS);
	ST("SE9", NtQuerySecurityObject(h, OWNER_SECURITY_INFORMATION, NULL, 0, &needed),
	   BUFFER_TOO_SMALL);
	EQ("SE9", needed > sizeof(*sd), 1);
	ST("SE9", NtQuerySecurityObject(h, OWNER_SECURITY_INFORMATION, told, needed - 1, &needed),
	   BUFFER_TOO_SMALL);
	ST("SE9", NtQuerySecurityObject(h, OWNER_SECURITY_INFORMATION, told, needed, &needed),
	   SUCCESS);
	EQ("SE9", sd->Owner && !sd->Group && !sd->Dacl && !sd->Sacl, 1);
	allow(FILE_ALL_ACCESS, 0);
	RtlSetGroupSecurityDescriptor(&descriptor, &stranger, FALSE);
	RtlSetOwnerSecurityDescriptor(&descriptor, &stranger, FALSE);
	ST("SE7", NtSetSecurityObject(h, GROUP_SECURITY_INFORMATION, &descriptor), SUCCESS);
	ST("SE7", NtQuerySecurityObject(h, GROUP_SECURITY_INFORMATION, told, sizeof(told), &needed),
	   SUCCESS);
	RtlGetGroupSecurityDescriptor(told, &sid, &defaulted);
	EQ("SE7", sid && RtlEqualSid(sid, &stranger), 1);
	ST("SE6", NtSetSecurityObject(h, OWNER_SECURITY_INFORMATION, &descriptor), INVALID_OWNER);
	if (set_privilege(SE_RESTORE_PRIVILEGE, TRUE)) {
		ST("SE6", NtSetSecurityObject(h, OWNER_SECURITY_INFORMATION, &descriptor), SUCCESS);
		set_privilege(SE_RESTORE_PRIVILEGE, FALSE);
	}
	ST("SE7", NtQuerySecurityObject(h, SACL_SECURITY_INFORMATION, told, sizeof(told), &needed),
	   ACCESS_DENIED);
	ST("SE7", NtSetSecurityObject(h, SACL_SECURITY_INFORMATION, &descriptor), ACCESS_DENIED);
	ST("SE7", NtSetSecurityObject(h, DACL_SECURITY_INFORMATION, NULL), ACCESS_VIOLATION);
	NtClose(h);
	ST("SE6", try_open(US(u"b"), ACCESS_SYSTEM_SECURITY, FILE_OPEN, 0), PRIVILEGE_NOT_HELD);
	if (set_privilege(SE_SECURITY_PRIVILEGE, TRUE)) {
		ST("SE7", create(&h, US(u"b"), ACCESS_SYSTEM_SECURITY, SHARE_ALL, FILE_OPEN, 0),
		   SUCCESS);
		RtlSetSaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
		ST("SE7", NtSetSecurityObject(h, SACL_SECURITY_INFORMATION, &descriptor), SUCCESS);
		ST("SE7",
		   NtQuerySecurityObject(h, SACL_SECURITY_INFORMATION, told, sizeof(told), &needed),
		   SUCCESS);
		EQ("SE7", sd->Sacl != 0, 1);
		NtClose(h);
		set_privilege(SE_SECURITY_PRIVILEGE, FALSE);
	}
	ST("SE7", create(&h, US(u"b"), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	ST("SE7", NtQuerySecurityObject(h, OWNER_SECURITY_INFORMATION, told, sizeof(told), &needed),
	   ACCESS_DENIED);
	ST("SE7", NtSetSecurityObject(h, DACL_SECURITY_INFORMATION, &descriptor), ACCESS_DENIED);
	NtClose(h);
	gone("b");
}

static void creation_is_whole(void)
{
	HANDLE h = NULL;

	allow(FILE_ALL_ACCESS, 0);
	acl->AceCount = 9;
	ST("SE10", make(&h, US(u"c"), READ_CONTROL, 0, &descriptor), INVALID_SECURITY_DESCR);
	ST("SE10", make(&h, US(u"c"), READ_CONTROL, 0, (PVOID)1), ACCESS_VIOLATION);
	allow(FILE_ALL_ACCESS, 0);
	RtlSetDaclSecurityDescriptor(&descriptor, TRUE, (PACL)16, FALSE);
	ST("SE10", make(&h, US(u"c"), READ_CONTROL, 0, &descriptor), ACCESS_VIOLATION);
	allow(FILE_ALL_ACCESS, 0);
	RtlSetOwnerSecurityDescriptor(&descriptor, &stranger, FALSE);
	ST("SE6", make(&h, US(u"c"), READ_CONTROL, 0, &descriptor), INVALID_OWNER);
	EQ("G1", h == NULL, 1);
	ST("SE6", exists(US(u"c")), OBJECT_NAME_NOT_FOUND);
	/* Bytes that are no descriptor let nobody in. */
	touch(US(u"c"));
	EQ("setup", setxattr(host("c"), "user.lxrun.sd", "nonsense", 8, 0), 0);
	ST("SE1", try_open(US(u"c"), FILE_READ_DATA, FILE_OPEN, 0), INVALID_SECURITY_DESCR);
	gone("c");
}

static void children_inherit(void)
{
	const ULONG both = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE,
		    mask = FILE_TRAVERSE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY;
	HANDLE h = NULL;

	ST("SE10",
	   make(&h, US(u"d"), READ_CONTROL, FILE_DIRECTORY_FILE, allow(mask, OBJECT_INHERIT_ACE)),
	   SUCCESS);
	NtClose(h);
	ST("SE10", make(&h, US(u"d\\file"), READ_CONTROL, 0, NULL), SUCCESS);
	EQ("SE10", entry(h, &world, 0), mask);
	NtClose(h);
	ST("SE10", make(&h, US(u"d\\dir"), READ_CONTROL, FILE_DIRECTORY_FILE, NULL), SUCCESS);
	EQ("SE10", entry(h, &world, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE), mask);
	NtClose(h);
	ST("SE10", make(&h, US(u"e"), READ_CONTROL, FILE_DIRECTORY_FILE, allow(mask, both)),
	   SUCCESS);
	NtClose(h);
	ST("SE10", make(&h, US(u"e\\dir"), READ_CONTROL, FILE_DIRECTORY_FILE, NULL), SUCCESS);
	EQ("SE10", entry(h, &world, both), mask);
	NtClose(h);
	ST("SE10", make(&h, US(u"e\\dir\\file"), READ_CONTROL, 0, allow(FILE_READ_DATA, 0)),
	   SUCCESS);
	EQ("SE10", entry(h, &world, 0), FILE_READ_DATA); /* what is given goes first */
	NtClose(h);
	gone("d/file");
	gone("d/dir");
	gone("d");
	gone("e/dir/file");
	gone("e/dir");
	gone("e");
}

static void directories_say_who_may_add(void)
{
	made(US(u"f"), FILE_DIRECTORY_FILE, FILE_ADD_FILE);
	ST("SE10", try_open(US(u"f\\file"), FILE_READ_DATA, FILE_CREATE, 0), SUCCESS);
	ST("SE10", try_open(US(u"f\\dir"), FILE_READ_DATA, FILE_CREATE, FILE_DIRECTORY_FILE),
	   ACCESS_DENIED);
	set_list(US(u"f"), FILE_ADD_SUBDIRECTORY);
	ST("SE10", try_open(US(u"f\\dir"), FILE_READ_DATA, FILE_OPEN_IF, FILE_DIRECTORY_FILE),
	   SUCCESS);
	ST("SE10", try_open(US(u"f\\new"), FILE_READ_DATA, FILE_OVERWRITE_IF, 0), ACCESS_DENIED);
	ST("SE10", try_open(US(u"f\\file"), FILE_READ_DATA, FILE_CREATE, 0), OBJECT_NAME_COLLISION);
	ST("SE10", try_open(US(u"f\\file"), FILE_READ_DATA, FILE_OPEN_IF, 0), SUCCESS);
	gone("f/dir");
	gone("f/file");
	gone("f");
}

static void traversing(void)
{
	FILE_BASIC_INFORMATION info;

	made(US(u"g"), FILE_DIRECTORY_FILE, FILE_ADD_FILE | WRITE_DAC);
	ST("SE5", try_open(US(u"g\\file"), FILE_READ_DATA, FILE_CREATE, 0),
	   SUCCESS); /* by privilege */
	set_privilege(SE_CHANGE_NOTIFY_PRIVILEGE, FALSE);
	ST("SE5", try_open(US(u"g\\file"), FILE_READ_DATA, FILE_OPEN, 0), ACCESS_DENIED);
	ST("SE5", try_open(US(u"g\\other"), FILE_READ_DATA, FILE_CREATE, 0), ACCESS_DENIED);
	ST("SE5", NtQueryAttributesFile(OA(US(u"g\\file"), 0, base), &info), ACCESS_DENIED);
	set_list(US(u"g"), FILE_TRAVERSE | FILE_ADD_FILE | WRITE_DAC);
	ST("SE5", try_open(US(u"g\\file"), FILE_READ_DATA, FILE_OPEN, 0), SUCCESS);
	set_privilege(SE_CHANGE_NOTIFY_PRIVILEGE, TRUE);
	gone("g/file");
	gone("g");
}

static void attributes_by_name(void)
{
	FILE_BASIC_INFORMATION info;

	made(US(u"h"), FILE_DIRECTORY_FILE, FILE_ADD_FILE);
	made(US(u"h\\file"), 0, FILE_READ_DATA);
	ST("FI5", NtQueryAttributesFile(OA(US(u"h\\file"), 0, base), &info), ACCESS_DENIED);
	set_list(US(u"h"), FILE_LIST_DIRECTORY);
	ST("FI5", NtQueryAttributesFile(OA(US(u"h\\file"), 0, base), &info), SUCCESS);
	gone("h/file");
	gone("h");
}

static void deleting(void)
{
	made(US(u"i"), FILE_DIRECTORY_FILE, FILE_ADD_FILE);
	made(US(u"i\\file"), 0, FILE_READ_DATA);
	ST("SE8", try_open(US(u"i\\file"), DELETE, FILE_OPEN, 0), ACCESS_DENIED);
	set_list(US(u"i\\file"), DELETE);
	ST("SE8", try_open(US(u"i\\file"), DELETE, FILE_OPEN, 0), SUCCESS);
	set_list(US(u"i\\file"), FILE_READ_DATA);
	set_list(US(u"i"), FILE_DELETE_CHILD);
	ST("SE8", try_open(US(u"i\\file"), DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), SUCCESS);
	ST("SE8", exists(US(u"i\\file")), OBJECT_NAME_NOT_FOUND);
	gone("i");
}

static NTSTATUS move(PUNICODE_STRING from, PUNICODE_STRING to, FILE_INFORMATION_CLASS class,
		     ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = create(&h, from, DELETE, SHARE_ALL, FILE_OPEN, options);

	if (NT_SUCCESS(status))
		status = set_name(h, class, base, to, 1);
	NtClose(h);
	return status;
}

static void renaming_and_linking(void)
{
	made(US(u"j"), FILE_DIRECTORY_FILE, 0);
	touch(US(u"file"));
	make_directory(US(u"dir"));
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileRenameInformation, 0), ACCESS_DENIED);
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileLinkInformation, 0), ACCESS_DENIED);
	ST("RN8", move(US(u"dir"), US(u"j\\dir"), FileRenameInformation, FILE_DIRECTORY_FILE),
	   ACCESS_DENIED);
	set_list(US(u"j"), FILE_ADD_FILE);
	ST("RN8", move(US(u"dir"), US(u"j\\dir"), FileRenameInformation, FILE_DIRECTORY_FILE),
	   ACCESS_DENIED);
	ST("RN8", move(US(u"file"), US(u"j\\link"), FileLinkInformation, 0), SUCCESS);
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileRenameInformation, 0), SUCCESS);
	set_list(US(u"j"), FILE_ADD_SUBDIRECTORY);
	ST("RN8", move(US(u"dir"), US(u"j\\dir"), FileRenameInformation, FILE_DIRECTORY_FILE),
	   SUCCESS);
	gone("j/link");
	gone("j/file");
	gone("j/dir");
	/* Replacing: DELETE on the target, or DELETE_CHILD on its directory. */
	set_list(US(u"j"), FILE_ADD_FILE);
	touch(US(u"file"));
	made(US(u"j\\file"), 0, FILE_READ_DATA);
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileRenameInformation, 0), ACCESS_DENIED);
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileLinkInformation, 0), ACCESS_DENIED);
	set_list(US(u"j\\file"), DELETE);
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileLinkInformation, 0), SUCCESS);
	gone("j/file");
	made(US(u"j\\file"), 0, FILE_READ_DATA);
	set_list(US(u"j"), FILE_ADD_FILE | FILE_DELETE_CHILD);
	ST("RN8", move(US(u"file"), US(u"j\\file"), FileRenameInformation, 0), SUCCESS);
	gone("j/file");
	gone("j");
}

static void backup_and_restore(void)
{
	made(US(u"k"), 0, READ_CONTROL);
	ST("SE5", try_open(US(u"k"), FILE_READ_DATA, FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT),
	   ACCESS_DENIED);
	if (set_privilege(SE_BACKUP_PRIVILEGE, TRUE)) {
		ST("SE5", try_open(US(u"k"), FILE_READ_DATA, FILE_OPEN, 0), ACCESS_DENIED);
		ST("SE5",
		   try_open(US(u"k"), FILE_GENERIC_READ, FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT),
		   SUCCESS);
		ST("SE5",
		   try_open(US(u"k"), FILE_WRITE_DATA, FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT),
		   ACCESS_DENIED);
		set_privilege(SE_BACKUP_PRIVILEGE, FALSE);
	}
	if (set_privilege(SE_RESTORE_PRIVILEGE, TRUE)) {
		ST("SE5",
		   try_open(US(u"k"), FILE_GENERIC_WRITE | DELETE, FILE_OPEN,
			    FILE_OPEN_FOR_BACKUP_INTENT),
		   SUCCESS);
		ST("SE5",
		   try_open(US(u"k"), FILE_READ_DATA, FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT),
		   ACCESS_DENIED);
		set_privilege(SE_RESTORE_PRIVILEGE, FALSE);
	}
	gone("k");
}

/* A thread may be less than its process: SE13. */
static void impersonating(void)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityImpersonation, 0, 0 };
	OBJECT_ATTRIBUTES oa = { .Length = sizeof(oa), .SecurityQualityOfService = &quality };
	TOKEN_PRIVILEGES off = { 1, { { { SE_CHANGE_NOTIFY_PRIVILEGE, 0 }, 0 } } };
	HANDLE token, copy, none = NULL;

	made(US(u"m"), FILE_DIRECTORY_FILE, FILE_ADD_FILE);
	made(US(u"m\\file"), 0, FILE_READ_DATA);
	ST("setup", NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &token), SUCCESS);
	ST("SE13", NtDuplicateToken(token, TOKEN_ALL_ACCESS, &oa, FALSE, TokenImpersonation, &copy),
	   SUCCESS);
	ST("SE13", NtAdjustPrivilegesToken(copy, FALSE, &off, 0, NULL, NULL), SUCCESS);
	ST("SE13",
	   NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &copy, sizeof(copy)),
	   SUCCESS);
	set_list(US(u"m"),
		 FILE_ADD_FILE); /* with the file system's locks held: see docs/locking.md */
	ST("SE13", try_open(US(u"m\\file"), FILE_READ_DATA, FILE_OPEN, 0), ACCESS_DENIED);
	ST("SE13",
	   NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &none, sizeof(none)),
	   SUCCESS);
	ST("SE13", try_open(US(u"m\\file"), FILE_READ_DATA, FILE_OPEN, 0), SUCCESS);
	NtClose(copy);
	quality.ImpersonationLevel = SecurityIdentification;
	ST("SE13", NtDuplicateToken(token, TOKEN_ALL_ACCESS, &oa, FALSE, TokenImpersonation, &copy),
	   SUCCESS);
	ST("SE13",
	   NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &copy, sizeof(copy)),
	   SUCCESS);
	ST("SE13", try_open(US(u"m\\file"), FILE_READ_DATA, FILE_OPEN, 0), BAD_IMPERSONATION_LEVEL);
	ST("SE13",
	   NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &none, sizeof(none)),
	   SUCCESS);
	NtClose(copy);
	NtClose(token);
	gone("m/file");
	gone("m");
}

static void streams_are_their_files(void)
{
	HANDLE h = NULL;

	touch(US(u"l:s"));
	set_list(US(u"l"), FILE_READ_DATA | READ_CONTROL);
	ST("AS5", try_open(US(u"l:s"), FILE_READ_DATA, FILE_OPEN, 0), SUCCESS);
	ST("AS5", try_open(US(u"l:s"), FILE_WRITE_DATA, FILE_OPEN, 0), ACCESS_DENIED);
	ST("AS5", try_open(US(u"l:s"), FILE_READ_DATA, FILE_OVERWRITE, 0), ACCESS_DENIED);
	ST("AS5", create(&h, US(u"l:s"), MAXIMUM_ALLOWED, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	EQ("AS5", granted(h) & FILE_WRITE_DATA, 0);
	EQ("AS5", entry(h, &world, 0), FILE_READ_DATA | READ_CONTROL);
	NtClose(h);
	set_list(US(u"l"), FILE_ALL_ACCESS);
	ST("AS5", delete (US(u"l")), SUCCESS);
}

/* Elsewhere owner and mode are told, and nothing is kept. */
static void other_volumes(VOLUME_PERSONALITY personality)
{
	char root[] = "/tmp/lxrun-nt-XXXXXX", path[64];
	HANDLE volume, h = NULL;
	OBJECT_ATTRIBUTES oa = { sizeof(oa), NULL, US(u"x"), 0, NULL, NULL };

	if (!mkdtemp(root))
		abort();
	volume = open_volume_as(root, personality, 0);
	oa.RootDirectory = volume;
	oa.SecurityDescriptor = allow(FILE_READ_DATA, 0);
	ST("SE10",
	   NtCreateFile(&h, GENERIC_ALL, &oa, &iosb, NULL, 0, SHARE_ALL, FILE_CREATE, 0, NULL, 0),
	   SUCCESS);
	snprintf(path, sizeof(path), "%s/x", root);
	chmod(path, 0640);
	if (personality == VolumePersonalityHost)
		EQ("SE9", entry(h, &world, 0), READ_CONTROL | SYNCHRONIZE | FILE_READ_ATTRIBUTES);
	EQ("SE9", entry(h, &world, 0) != 0, 1);
	ST("SE7", NtSetSecurityObject(h, DACL_SECURITY_INFORMATION, &descriptor), NOT_SUPPORTED);
	NtClose(h);
	NtClose(volume);
	remove(path);
	rmdir(root);
}

int main(void)
{
	nt_start();
	open_base();
	leak_start();
	opens_are_checked();
	parts_are_kept();
	creation_is_whole();
	children_inherit();
	directories_say_who_may_add();
	traversing();
	attributes_by_name();
	deleting();
	renaming_and_linking();
	backup_and_restore();
	streams_are_their_files();
	impersonating();
	leak_check();
	other_volumes(VolumePersonalityHost);
	other_volumes(VolumePersonalityLx);
	close_base();
	return nt_end("file_security");
}
