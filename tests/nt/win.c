/* SPDX-License-Identifier: MIT */
/*
 * win.c - volumes of the win personality: names without case, DOS attributes, what they forbid, times,
 * opening by number (nt.md sections 2, 4, 5, 11).
 * ntshim only: it looks at the host's side of each file.
 */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "filetest.h"
#include <sched.h>
#include <sys/mount.h>

#include <sys/xattr.h>

static NTSTATUS open_as(HANDLE *h, PUNICODE_STRING name, ULONG flags, ULONG disposition)
{
	return NtCreateFile(h, RW | DELETE, OA(name, flags, base), &iosb, NULL, 0, SHARE_ALL,
			    disposition, SYNC | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

static void case_rules(void)
{
	const ULONG anyhow = OBJ_CASE_INSENSITIVE;
	HANDLE h = NULL;

	touch(US(u"Straße"));
	ST("CF21", open_as(&h, US(u"STRAßE"), 0, FILE_OPEN), OBJECT_NAME_NOT_FOUND);
	ST("CF21", open_as(&h, US(u"STRAßE"), anyhow, FILE_OPEN), SUCCESS);
	NtClose(h);
	ST("CF21", open_as(&h, US(u"STRASSE"), anyhow, FILE_OPEN), OBJECT_NAME_NOT_FOUND);
	ST("CF21", open_as(&h, US(u"sTRAßE"), anyhow, FILE_CREATE), OBJECT_NAME_COLLISION);
	ST("CF21", open_as(&h, US(u"sTRAßE"), anyhow, FILE_OPEN_IF), SUCCESS);
	EQ("CF21", iosb.Information, FILE_OPENED);
	NtClose(h);
	ST("CF21", open_as(&h, US(u"STRAßE"), anyhow, FILE_OVERWRITE_IF), SUCCESS);
	EQ("CF21", access(host("Straße"), F_OK), 0); /* the original case stays */
	NtClose(h);
	/* What the host makes, removes and renames is seen. */
	EQ("CF21", close(open(host("Later"), O_CREAT | O_WRONLY, 0644)), 0);
	ST("CF21", open_as(&h, US(u"LATER"), anyhow, FILE_OPEN), SUCCESS);
	NtClose(h);
	EQ("setup", rename(host("Later"), host("Other")), 0);
	ST("CF21", open_as(&h, US(u"LATER"), anyhow, FILE_OPEN), OBJECT_NAME_NOT_FOUND);
	ST("CF21", open_as(&h, US(u"OTHER"), anyhow, FILE_OPEN), SUCCESS);
	NtClose(h);
	EQ("setup", unlink(host("Other")), 0);
	ST("CF21", open_as(&h, US(u"OTHER"), anyhow, FILE_OPEN), OBJECT_NAME_NOT_FOUND);
	/* Two names that differ in case only, made without the flag; the exact one wins. */
	ST("CF21", open_as(&h, US(u"straße"), 0, FILE_CREATE), SUCCESS);
	NtClose(h);
	ST("setup", delete (US(u"straße")), SUCCESS);
	ST("setup", delete (US(u"Straße")), SUCCESS);
}

static void inner_case(void)
{
	HANDLE h = NULL;

	make_directory(US(u"Outer"));
	make_directory(US(u"Outer\\Inner"));
	touch(US(u"Outer\\Inner\\File"));
	ST("CF21", open_as(&h, US(u"OUTER\\inner\\FILE"), OBJ_CASE_INSENSITIVE, FILE_OPEN),
	   SUCCESS);
	ST("RN6", set_name(h, FileRenameInformation, base, US(u"outer\\INNER\\fILE"), 0), SUCCESS);
	EQ("RN6", access(host("Outer/Inner/fILE"), F_OK), 0);
	NtClose(h);
	ST("CF21", open_as(&h, US(u"OUTER\\none\\FILE"), OBJ_CASE_INSENSITIVE, FILE_OPEN),
	   OBJECT_PATH_NOT_FOUND);
	ST("CF10", open_as(&h, US(u"OUTER\\inner\\FILE\\x"), OBJ_CASE_INSENSITIVE, FILE_OPEN),
	   OBJECT_PATH_NOT_FOUND);
	ST("setup", delete (US(u"Outer\\Inner\\fILE")), SUCCESS);
	ST("setup", delete (US(u"Outer\\Inner")), SUCCESS);
	ST("setup", delete (US(u"Outer")), SUCCESS);
}

static NTSTATUS set_case(HANDLE h, ULONG flags)
{
	FILE_CASE_SENSITIVE_INFORMATION info = { flags };

	return NtSetInformationFile(h, &iosb, &info, sizeof(info), FileCaseSensitiveInformation);
}

static ULONG case_of(HANDLE h)
{
	FILE_CASE_SENSITIVE_INFORMATION info = { 99 };

	NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileCaseSensitiveInformation);
	return info.Flags;
}

static void case_flag(void)
{
	const ACCESS_MASK access = FILE_LIST_DIRECTORY | FILE_WRITE_ATTRIBUTES;
	HANDLE dir, h = NULL;

	make_directory(US(u"cs"));
	dir = must(US(u"cs"), access, FILE_OPEN, FILE_DIRECTORY_FILE);
	EQ("FI11", case_of(dir), 0);
	ST("FI11", set_case(dir, 2), INVALID_PARAMETER);
	ST("FI11", set_case(dir, FILE_CS_FLAG_CASE_SENSITIVE_DIR), SUCCESS);
	EQ("FI11", case_of(dir), FILE_CS_FLAG_CASE_SENSITIVE_DIR);
	touch(US(u"cs\\a"));
	ST("FI12", open_as(&h, US(u"cs\\A"), OBJ_CASE_INSENSITIVE, FILE_OPEN),
	   OBJECT_NAME_NOT_FOUND);
	ST("FI12", open_as(&h, US(u"cs\\A"), OBJ_CASE_INSENSITIVE, FILE_CREATE), SUCCESS);
	NtClose(h);
	ST("FI11", set_case(dir, 0), CASE_DIFFERING_NAMES_IN_DIR);
	ST("setup", delete (US(u"cs\\A")), SUCCESS);
	make_directory(US(u"cs\\sub"));
	h = must(US(u"cs\\sub"), access, FILE_OPEN, FILE_DIRECTORY_FILE);
	EQ("FI11", case_of(h), FILE_CS_FLAG_CASE_SENSITIVE_DIR); /* inherited */
	NtClose(h);
	ST("FI11", set_case(dir, 0), SUCCESS);
	EQ("FI11", case_of(dir), 0);
	h = must(US(u"cs\\a"), RW, FILE_OPEN, 0);
	ST("FI11", set_case(h, 1), INVALID_PARAMETER);
	EQ("FI11", case_of(h), 0);
	NtClose(h);
	NtClose(dir);
	ST("setup", delete (US(u"cs\\sub")), SUCCESS);
	ST("setup", delete (US(u"cs\\a")), SUCCESS);
	ST("setup", delete (US(u"cs")), SUCCESS);
}

/* ---- names ---- */

static void odd_names(void)
{
	static const WCHAR lone[] = { u'x', 0xD800, u'y' };
	HANDLE h = NULL;

	/* NT's name of what NT forbids, as other translators of names have it. */
	EQ("names", close(open(host("a:b?"), O_CREAT | O_WRONLY, 0644)), 0);
	ST("names", exists(US(u"a\uF03Ab\uF03F")), SUCCESS);
	ST("names", delete (US(u"a\uF03Ab\uF03F")), SUCCESS);
	EQ("names", access(host("a:b?"), F_OK), -1);
	EQ("names", close(open(host("a\xff"), O_CREAT | O_WRONLY, 0644)), 0);
	ST("names", delete (US(u"a\uF0FF")), SUCCESS);
	touch(US(u"#0041"));
	EQ("names", access(host("#0041"), F_OK), 0);
	ST("names", delete (US(u"#0041")), SUCCESS);
	touch(&(UNICODE_STRING){ 6, 6, (PWSTR)lone });
	ST("CF14", exists(&(UNICODE_STRING){ 6, 6, (PWSTR)lone }), SUCCESS);
	ST("CF14", delete (&(UNICODE_STRING){ 6, 6, (PWSTR)lone }), SUCCESS);
	ST("CF13", create(&h, US(u"a\x1f"), RW, SHARE_ALL, FILE_OPEN_IF, SYNC),
	   OBJECT_NAME_INVALID);
	ST("CF13", create(&h, US(u"a\\\\b"), RW, SHARE_ALL, FILE_OPEN_IF, SYNC),
	   OBJECT_NAME_INVALID);
}

/* ---- attributes ---- */

static NTSTATUS create_with(PUNICODE_STRING name, ULONG attributes, ACCESS_MASK access,
			    ULONG disposition, ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = NtCreateFile(&h, access | SYNCHRONIZE, OA(name, 0, base), &iosb, NULL,
				       attributes, SHARE_ALL, disposition, SYNC | options, NULL, 0);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static ULONG attributes_of(PUNICODE_STRING name)
{
	FILE_BASIC_INFORMATION info = { .FileAttributes = 0xDEAD };

	NtQueryAttributesFile(OA(name, 0, base), &info);
	return info.FileAttributes;
}

static NTSTATUS set_attributes(PUNICODE_STRING name, ULONG attributes, LONGLONG creation)
{
	FILE_BASIC_INFORMATION info = { .FileAttributes = attributes,
					.CreationTime.QuadPart = creation };
	HANDLE h = must(name, FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0);
	NTSTATUS status = NtSetInformationFile(h, &iosb, &info, sizeof(info), FileBasicInformation);

	NtClose(h);
	return status;
}

#define RO  FILE_ATTRIBUTE_READONLY
#define HID FILE_ATTRIBUTE_HIDDEN
#define SYS FILE_ATTRIBUTE_SYSTEM
#define ARC FILE_ATTRIBUTE_ARCHIVE

static void attributes(void)
{
	UNICODE_STRING *name = US(u"attr");
	char dos[64] = "";

	ST("CF4", create_with(name, HID | FILE_ATTRIBUTE_NORMAL, RW, FILE_CREATE, 0), SUCCESS);
	EQ("CF4", attributes_of(name), HID | ARC);
	EQ("DOSATTRIB", getxattr(host("attr"), "user.DOSATTRIB", dos, sizeof(dos) - 1), 4);
	EQ("DOSATTRIB", strcmp(dos, "0x22"), 0);
	ST("CF6", create_with(name, 0, RW, FILE_OVERWRITE, 0), ACCESS_DENIED);
	ST("CF6", create_with(name, SYS, RW, FILE_SUPERSEDE, 0), ACCESS_DENIED);
	ST("CF6", create_with(name, HID, RW, FILE_OVERWRITE_IF, 0), SUCCESS);
	EQ("CF6", attributes_of(name), HID | ARC);
	ST("FI4", set_attributes(name, FILE_ATTRIBUTE_NORMAL, 0), SUCCESS);
	EQ("FI4", attributes_of(name), FILE_ATTRIBUTE_NORMAL);
	ST("FI4", set_attributes(name, 0, 0), SUCCESS);
	EQ("FI4", attributes_of(name), FILE_ATTRIBUTE_NORMAL);
	ST("FI4", set_attributes(name, FILE_ATTRIBUTE_DIRECTORY, 0), INVALID_PARAMETER);
	ST("FI4", set_attributes(name, ARC | FILE_ATTRIBUTE_REPARSE_POINT, 0), SUCCESS);
	EQ("RP13", attributes_of(name), ARC);
	EQ("DOSATTRIB", getxattr(host("attr"), "user.DOSATTRIB", dos, sizeof(dos)), -1);
	ST("CF7", create_with(name, FILE_ATTRIBUTE_DIRECTORY, RW, FILE_OVERWRITE, 0),
	   INVALID_PARAMETER);
	/* What Samba and Wine write is read. */
	EQ("setup", setxattr(host("attr"), "user.DOSATTRIB", "0x6", 3, 0), 0);
	EQ("DOSATTRIB", attributes_of(name), HID | SYS);
	EQ("setup", setxattr(host("attr"), "user.DOSATTRIB", "nonsense", 8, 0), 0);
	EQ("DOSATTRIB", attributes_of(name), ARC);
	ST("setup", delete (name), SUCCESS);
	ST("CF4",
	   create_with(US(u"dir"), HID, FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE),
	   SUCCESS);
	EQ("CF4", attributes_of(US(u"dir")), HID | FILE_ATTRIBUTE_DIRECTORY);
	ST("CF9", create_with(US(u"dir"), 0, RW, FILE_OVERWRITE, 0), FILE_IS_A_DIRECTORY);
	ST("setup", delete (US(u"dir")), SUCCESS);
}

static void read_only(void)
{
	UNICODE_STRING *name = US(u"ro"), *other = US(u"rw");
	HANDLE h;

	ST("CF5", create_with(name, RO, RW, FILE_CREATE, 0), SUCCESS);
	EQ("CF5", attributes_of(name), RO | ARC);
	ST("CF5", create_with(name, 0, FILE_WRITE_DATA, FILE_OPEN, 0), ACCESS_DENIED);
	ST("CF5", create_with(name, 0, FILE_READ_DATA, FILE_OPEN, 0), SUCCESS);
	ST("CF5", create_with(name, 0, FILE_READ_DATA, FILE_OVERWRITE, 0), ACCESS_DENIED);
	ST("CF5", create_with(name, 0, FILE_READ_DATA, FILE_OVERWRITE_IF, 0), ACCESS_DENIED);
	ST("CF5", create_with(name, 0, DELETE, FILE_OPEN, 0), SUCCESS);
	ST("CF19", create_with(name, 0, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), CANNOT_DELETE);
	h = must(name, DELETE, FILE_OPEN, 0);
	ST("DL1", dispose(h, TRUE), CANNOT_DELETE);
	ST("DL11", dispose_ex(h, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS),
	   CANNOT_DELETE);
	touch(other);
	NtClose(h);
	h = must(other, DELETE, FILE_OPEN, 0);
	ST("RN4", set_name(h, FileRenameInformation, base, name, 1), ACCESS_DENIED);
	ST("RN14", set_name(h, FileLinkInformation, base, name, 1), ACCESS_DENIED);
	ST("RN12", set_name(h, FileRenameInformationEx, base, name, 1 | 0x40), SUCCESS);
	NtClose(h);
	EQ("RN12", attributes_of(name), ARC);
	ST("FI4", set_attributes(name, RO, 0), SUCCESS);
	ST("CF5", create_with(name, 0, FILE_READ_DATA, FILE_SUPERSEDE, 0), SUCCESS);
	EQ("CF5", attributes_of(name), ARC);
	ST("FI4", set_attributes(name, RO, 0), SUCCESS);
	h = must(name, DELETE, FILE_OPEN, 0);
	ST("DL11",
	   dispose_ex(h, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE),
	   SUCCESS);
	NtClose(h);
	ST("DL11", exists(name), OBJECT_NAME_NOT_FOUND);
	/* A host file that nobody may write is read-only, until it is told otherwise. */
	EQ("setup", close(open(host("ro"), O_CREAT | O_WRONLY, 0444)), 0);
	EQ("CF5", attributes_of(name), RO | ARC);
	ST("FI4", set_attributes(name, ARC, 0), SUCCESS);
	EQ("CF5", attributes_of(name), ARC);
	ST("setup", delete (name), SUCCESS);
}

static void creation_time(void)
{
	const LONGLONG when = NT_TIME_UNIX_EPOCH + 12345678901234567LL;
	FILE_NETWORK_OPEN_INFORMATION info;
	UNICODE_STRING *name = US(u"born");

	touch(name);
	ST("FI4", set_attributes(name, HID, when), SUCCESS);
	ST("FI4", NtQueryFullAttributesFile(OA(name, 0, base), &info), SUCCESS);
	EQ("FI4", info.CreationTime.QuadPart, when);
	EQ("FI4", info.FileAttributes, HID);
	ST("FI4", set_attributes(name, SYS, 0), SUCCESS);
	ST("FI4", NtQueryFullAttributesFile(OA(name, 0, base), &info), SUCCESS);
	EQ("FI4", info.CreationTime.QuadPart, when);
	EQ("FI4", info.FileAttributes, SYS);
	ST("setup", delete (name), SUCCESS);
	ST("CF2", NtQueryFullAttributesFile(OA(name, 0, base), &info), OBJECT_NAME_NOT_FOUND);
}

/* ---- opening by number ---- */

static NTSTATUS open_by_id(HANDLE *h, ULONGLONG id, ULONG disposition, ULONG options)
{
	UNICODE_STRING name = { 8, 8, (PWSTR)&id };

	return create(h, &name, FILE_READ_DATA | DELETE | SYNCHRONIZE, SHARE_ALL, disposition,
		      SYNC | FILE_OPEN_BY_FILE_ID | options);
}

static void by_id(void)
{
	UNICODE_STRING id_name = { 0 };
	FILE_INTERNAL_INFORMATION id;
	HANDLE h, again = NULL;

	make_directory(US(u"deep"));
	touch(US(u"deep\\file"));
	h = must(US(u"deep\\file"), FILE_READ_DATA, FILE_OPEN, 0);
	ST("CF17", NtQueryInformationFile(h, &iosb, &id, sizeof(id), FileInternalInformation),
	   SUCCESS);
	NtClose(h);
	ST("CF17", open_by_id(&h, (ULONGLONG)id.IndexNumber.QuadPart, FILE_OPEN, 0), SUCCESS);
	ST("CF17", dispose(h, TRUE), INVALID_PARAMETER);
	ST("CF17", set_name(h, FileRenameInformation, base, US(u"x"), 0), INVALID_PARAMETER);
	NtClose(h);
	ST("CF17",
	   open_by_id(&h, (ULONGLONG)id.IndexNumber.QuadPart, FILE_OPEN, FILE_DELETE_ON_CLOSE),
	   SUCCESS);
	NtClose(h);
	ST("CF17", exists(US(u"deep\\file")), SUCCESS);
	ST("CF17",
	   open_by_id(&h, (ULONGLONG)id.IndexNumber.QuadPart, FILE_OPEN, FILE_DIRECTORY_FILE),
	   NOT_A_DIRECTORY);
	ST("CF17", open_by_id(&h, (ULONGLONG)id.IndexNumber.QuadPart, FILE_CREATE, 0),
	   OBJECT_NAME_COLLISION);
	ST("CF17", open_by_id(&h, 0x7FFFFFFFFFFFFFFF, FILE_OPEN, 0), INVALID_PARAMETER);
	ST("CF17", open_by_id(&h, 0x7FFFFFFFFFFFFFFF, FILE_OPEN_IF, 0), INVALID_PARAMETER);
	id_name = (UNICODE_STRING){ 8, 8, (PWSTR)&id };
	ST("CF17",
	   create_at(NULL, &again, &id_name, FILE_READ_DATA | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
		     SYNC | FILE_OPEN_BY_FILE_ID),
	   INVALID_PARAMETER);
	ST("setup", delete (US(u"deep\\file")), SUCCESS);
	ST("setup", delete (US(u"deep")), SUCCESS);
}

/*
 * A volume that reaches over two file systems, which number their files alike: the number is one of that
 * which the root handle is on. Skipped where the host lets us mount nothing.
 */
static int may_mount;
static void by_id_of_what_is_mounted(void)
{
	FILE_INTERNAL_INFORMATION id;
	HANDLE h = NULL, inner, keep = base;

	make_directory(US(u"mnt"));
	if (may_mount && !mount("none", host("mnt"), "tmpfs", 0, NULL)) {
		touch(US(u"mnt\\file"));
		h = must(US(u"mnt\\file"), FILE_READ_DATA, FILE_OPEN, 0);
		NtQueryInformationFile(h, &iosb, &id, sizeof(id), FileInternalInformation);
		NtClose(h);
		ST("CF17", open_by_id(&h, (ULONGLONG)id.IndexNumber.QuadPart, FILE_OPEN, 0),
		   INVALID_PARAMETER);
		inner = must(US(u"mnt"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
		base = inner;
		ST("CF17", open_by_id(&h, (ULONGLONG)id.IndexNumber.QuadPart, FILE_OPEN, 0),
		   SUCCESS);
		NtClose(h);
		base = keep;
		NtClose(inner);
		EQ("setup", umount2(host("mnt"), MNT_DETACH), 0);
	}
	ST("setup", delete (US(u"mnt")), SUCCESS);
}

int main(void)
{
	nt_start();
	may_mount = !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	open_base();
	ST("CF21", exists(US(u"first")), OBJECT_NAME_NOT_FOUND);
	case_rules(); /* so that the directory's names are watched */
	leak_start();
	case_rules();
	inner_case();
	case_flag();
	odd_names();
	attributes();
	read_only();
	creation_time();
	by_id();
	by_id_of_what_is_mounted();
	leak_check();
	close_base();
	return nt_end("win");
}
