/* SPDX-License-Identifier: MIT */
/*
 * file_host.c - the host personality, and rows of which only the facts are the judge: names, metadata
 * at creation, reparse points, attributes, POSIX deletion, EAs (nt.md sections 4 to 7).
 * ntshim only: it looks at the host's side of each file.
 */
#include "filetest.h"

#if NTSHIM
#include <sys/xattr.h>

static void name_is(const char *bytes, const WCHAR *want, size_t units)
{
	WCHAR nt[IO_NT_NAME_MAX];
	char back[256];
	LONG n = IoHostNameToNt(bytes, (ULONG)strlen(bytes), nt, IO_NT_NAME_MAX);

	EQ("names", n, units);
	EQ("names", n > 0 && !memcmp(nt, want, (size_t)n * 2), 1);
	EQ("names", IoNtNameToHost(nt, (ULONG)n, back, sizeof(back)), strlen(bytes));
	EQ("names", memcmp(back, bytes, strlen(bytes)), 0);
	EQ("names", IoHostNameToNt(bytes, (ULONG)strlen(bytes), nt, (ULONG)units - 1), -1);
}

static void name_codec(void)
{
	char bytes[256], back[256];
	WCHAR nt[IO_NT_NAME_MAX];

#define NAME(host, nt) name_is(host, nt, sizeof(nt) / 2 - 1)
	NAME("plain.txt", u"plain.txt");
	NAME("a:b", u"a#003Ab");
	NAME("\\*?\"<>|", u"#005C#002A#003F#0022#003C#003E#007C");
	NAME("#0041", u"#00230041");
	NAME("tab\t", u"tab#0009");
	NAME("\xc3\xa4\xe2\x82\xac", u"\u00e4\u20ac");
	NAME("\xf0\x9f\x98\x80", u"\xd83d\xde00");
	NAME("\xff", u"#DCFF");
	NAME("\xc3", u"#DCC3");
	NAME("\xed\xa0\x80", u"#DCED#DCA0#DC80");
	NAME("\xc0\xaf", u"#DCC0#DCAF");
	NAME("\x7f", u"\x7f");
#undef NAME
	EQ("names", IoNtNameToHost(u"#0041", 5, back, sizeof(back)), 5);
	EQ("names", IoNtNameToHost(u"\xd800x", 2, back, sizeof(back)), -1);
	EQ("names", IoNtNameToHost(u"..", 2, back, sizeof(back)), -1);
	EQ("names", IoNtNameToHost(u"a/b", 3, back, sizeof(back)), -1);
	EQ("names", IoNtNameToHost(u"", 0, back, sizeof(back)), -1);
	/* Every pair of bytes survives. */
	for (int a = 1; a < 256; a++)
		for (int b = 1; b < 256; b++) {
			LONG n;

			if (a == '/' || b == '/' || (a == '.' && b == '.'))
				continue;
			bytes[0] = (char)a;
			bytes[1] = (char)b;
			n = IoHostNameToNt(bytes, 2, nt, IO_NT_NAME_MAX);
			if (IoNtNameToHost(nt, (ULONG)n, back, sizeof(back)) != 2 ||
			    memcmp(back, bytes, 2))
				EQ("names", a << 8 | b, -1);
		}
	memset(bytes, ':', 255);
	EQ("names", IoHostNameToNt(bytes, 255, nt, IO_NT_NAME_MAX), 1275);
	EQ("names", IoNtNameToHost(nt, 1275, back, 255), 255);
}

/* ---- metadata at creation ---- */

struct ea_list {
	_Alignas(4) char buf[1024];
	ULONG length, last;
};

static void ea_add(struct ea_list *l, const char *name, const void *value, ULONG size, UCHAR flags)
{
	ULONG at = (l->length + 3) & ~3u, n = (ULONG)strlen(name);
	FILE_FULL_EA_INFORMATION *ea = (void *)(l->buf + at);

	if (l->length)
		((FILE_FULL_EA_INFORMATION *)(void *)(l->buf + l->last))->NextEntryOffset = at -
											    l->last;
	*ea = (FILE_FULL_EA_INFORMATION){ .Flags = flags,
					  .EaNameLength = (UCHAR)n,
					  .EaValueLength = (USHORT)size };
	memcpy(ea->EaName, name, n + 1);
	if (size)
		memcpy(ea->EaName + n + 1, value, size);
	l->last = at;
	l->length = at + 8 + n + 1 + size;
}

static NTSTATUS make(HANDLE *h, PUNICODE_STRING name, ULONG mode, const char *target,
		     const ULONG *device, ULONG options)
{
	struct ea_list l = { .length = 0 };

	ea_add(&l, LX_FILE_METADATA_MODE_EA_NAME, &mode, 4, 0);
	if (device)
		ea_add(&l, LX_FILE_METADATA_DEVICE_ID_EA_NAME, device, 8, 0);
	if (target)
		ea_add(&l, LX_FILE_SYMLINK_EA_NAME, target, (ULONG)strlen(target), 0);
	return NtCreateFile(h, FILE_READ_ATTRIBUTES | FILE_READ_EA | FILE_WRITE_EA | SYNCHRONIZE,
			    OA(name, 0, base), &iosb, NULL, 0, SHARE_ALL, FILE_CREATE,
			    SYNC | options, l.buf, l.length);
}

static void metadata(void)
{
	static const struct {
		UNICODE_STRING name;
		const char *host, *target;
		ULONG mode;
	} made[] = {
		{ RTL_CONSTANT_STRING(u"m"), "m", NULL, 0100640 },
		{ RTL_CONSTANT_STRING(u"m4000"), "m4000", NULL, 0104755 },
		{ RTL_CONSTANT_STRING(u"mdir"), "mdir", NULL, 041777 },
		{ RTL_CONSTANT_STRING(u"mfifo"), "mfifo", NULL, 010600 },
		{ RTL_CONSTANT_STRING(u"msock"), "msock", NULL, 0140755 },
		{ RTL_CONSTANT_STRING(u"mlink"), "mlink", "to/nowhere", 0120777 },
	};
	HANDLE h = NULL;

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		PUNICODE_STRING name = (PUNICODE_STRING)&made[i].name;
		ULONG options = S_ISDIR(made[i].mode) ? FILE_DIRECTORY_FILE : 0;

		ST("EA18", make(&h, name, made[i].mode, made[i].target, NULL, options), SUCCESS);
		EQ("EA18", mode_of(made[i].host), made[i].mode);
		NtClose(h);
		ST("EA18", make(&h, name, made[i].mode, made[i].target, NULL, options),
		   OBJECT_NAME_COLLISION);
		EQ("setup", remove(host(made[i].host)), 0);
	}
}

static NTSTATUS create_with(PUNICODE_STRING name, void *eas, ULONG length, ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = NtCreateFile(&h, RW, OA(name, 0, base), &iosb, NULL, 0, 0, FILE_CREATE,
				       SYNC | options, eas, length);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static void bad_metadata(void)
{
	struct ea_list l = { .length = 0 };
	HANDLE h = NULL;

	ST("CF25", make(&h, US(u"mbad"), 0120777, NULL, NULL, 0), INVALID_PARAMETER);
	ST("CF25", make(&h, US(u"mbad"), 040755, NULL, NULL, 0), INVALID_PARAMETER);
	ST("CF25", create_with(US(u"mbad"), l.buf, 32, FILE_NO_EA_KNOWLEDGE), ACCESS_DENIED);
	l.buf[0] = 1;
	ST("EA4", create_with(US(u"mbad"), l.buf, 32, 0), EA_LIST_INCONSISTENT);
	ST("CF25", exists(US(u"mbad")), OBJECT_NAME_NOT_FOUND);
}

/* Needs privilege. */
static void owner_and_device(void)
{
	ULONG device[2] = { 1, 3 }, id = 12345, mode = 0104755;
	struct ea_list l = { .length = 0 };
	struct stat st;
	HANDLE h = NULL;

	if (geteuid() != 0)
		return;
	if (NT_SUCCESS(make(&h, US(u"mdev"), 020666, NULL, device, 0))) {
		EQ("EA18", lstat(host("mdev"), &st), 0);
		EQ("EA18", st.st_rdev, 0x103);
		NtClose(h);
		ST("setup", NtDeleteFile(OA(US(u"mdev"), 0, base)), SUCCESS);
	}
	ea_add(&l, LX_FILE_METADATA_MODE_EA_NAME, &mode, 4, 0);
	ea_add(&l, LX_FILE_METADATA_UID_EA_NAME, &id, 4, 0);
	ea_add(&l, LX_FILE_METADATA_GID_EA_NAME, &id, 4, 0);
	ST("EA18", create_with(US(u"mown"), l.buf, l.length, 0), SUCCESS);
	EQ("EA18", lstat(host("mown"), &st), 0);
	EQ("EA18", st.st_uid, 12345);
	EQ("EA18", st.st_gid, 12345);
	EQ("EA18", st.st_mode, 0104755);
	ST("setup", NtDeleteFile(OA(US(u"mown"), 0, base)), SUCCESS);
}

/* ---- reparse points ---- */

static NTSTATUS open_point(HANDLE *h, PUNICODE_STRING name, ACCESS_MASK access, ULONG options)
{
	return create(h, name, access | SYNCHRONIZE, SHARE_ALL, FILE_OPEN_IF, SYNC | options);
}

static NTSTATUS get_reparse(HANDLE h, void *buf, ULONG length)
{
	return NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, buf,
			       length);
}

static void links(void)
{
	_Alignas(4) char buf[128];
	REPARSE_DATA_BUFFER *data = (void *)buf;
	FILE_ATTRIBUTE_TAG_INFORMATION tag;
	HANDLE h = NULL;

	EQ("setup", symlink("target", host("rl")), 0);
	ST("RP11", open_point(&h, US(u"rl"), FILE_READ_DATA, 0), IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", open_point(&h, US(u"rl"), FILE_READ_EA, 0), IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", open_point(&h, US(u"rl"), FILE_READ_DATA, FILE_OPEN_REPARSE_POINT), SUCCESS);
	EQ("RP11", iosb.Information, FILE_OPENED);
	ST("RP12", NtQueryInformationFile(h, &iosb, &tag, sizeof(tag), FileAttributeTagInformation),
	   SUCCESS);
	EQ("RP12", tag.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	EQ("RP12", tag.FileAttributes, FILE_ATTRIBUTE_REPARSE_POINT);
	ST("RP9", get_reparse(h, NULL, 0), INVALID_USER_BUFFER);
	ST("RP9", get_reparse(h, buf, 14), BUFFER_OVERFLOW);
	ST("RP15", get_reparse(h, buf, sizeof(buf)), SUCCESS);
	EQ("RP15", data->ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	EQ("RP15", data->ReparseDataLength, 4 + 6);
	EQ("RP15", memcmp(data->DataBuffer, "\2\0\0\0target", 10), 0);
	ST("lxrun", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 4, NULL, NULL),
	   INVALID_DEVICE_REQUEST);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"rl2"), 0), SUCCESS);
	EQ("RN14", mode_of("rl2") & S_IFMT, S_IFLNK);
	NtClose(h);
	EQ("setup", unlink(host("rl")) | unlink(host("rl2")), 0);
	touch(US(u"rf"));
	h = must(US(u"rf"), FILE_READ_DATA, FILE_OPEN, 0);
	ST("RP9", get_reparse(h, buf, sizeof(buf)), NOT_A_REPARSE_POINT);
	NtClose(h);
	EQ("setup", unlink(host("rf")), 0);
}

/* Nothing opens a FIFO for data, or waits for its other end. */
static void fifos(void)
{
	_Alignas(4) char buf[128];
	REPARSE_DATA_BUFFER *data = (void *)buf;
	HANDLE h = NULL;

	EQ("setup", mkfifo(host("rf"), 0644), 0);
	ST("RP11", open_point(&h, US(u"rf"), FILE_READ_DATA, 0), IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", open_point(&h, US(u"rf"), FILE_WRITE_DATA, 0), IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", open_point(&h, US(u"rf"), FILE_WRITE_DATA, FILE_OPEN_REPARSE_POINT), SUCCESS);
	ST("RP9", get_reparse(h, buf, sizeof(buf)), SUCCESS);
	EQ("RP15", data->ReparseTag, IO_REPARSE_TAG_LX_FIFO);
	EQ("RP15", data->ReparseDataLength, 0);
	NtClose(h);
	EQ("setup", unlink(host("rf")), 0);
}

static NTSTATUS stat_name(PUNICODE_STRING name, FILE_LXRUN_STAT_INFORMATION *st)
{
	return NtQueryInformationByName(OA(name, 0, base), &iosb, st, sizeof(*st),
					FileLxrunStatInformation);
}

static void by_name(void)
{
	FILE_LXRUN_STAT_INFORMATION st;
	HANDLE h = NULL;

	EQ("setup", mkdir(host("rdir"), 0755) | symlink("rdir", host("rl")), 0);
	ST("FI3", stat_name(US(u"rl"), &st), SUCCESS);
	EQ("FI3", st.Lx.LxMode, 0120777);
	EQ("FI3", st.Lx.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	ST("FI3", stat_name(US(u""), &st), SUCCESS);
	EQ("FI3", st.Lx.FileAttributes, FILE_ATTRIBUTE_DIRECTORY);
	ST("CF2", stat_name(US(u"gone"), &st), OBJECT_NAME_NOT_FOUND);
	ST("CF11", stat_name(US(u"gone\\x"), &st), OBJECT_PATH_NOT_FOUND);
	ST("G6",
	   NtQueryInformationByName(OA(US(u"rl"), 0, base), &iosb, &st, 8, FileStatInformation),
	   INFO_LENGTH_MISMATCH);
	ST("G6",
	   NtQueryInformationByName(OA(US(u"rl"), 0, base), &iosb, &st, sizeof(st),
				    FileBasicInformation),
	   INVALID_INFO_CLASS);
	ST("G7",
	   NtQueryInformationByName(OA(US(BNO), 0, NULL), &iosb, &st, sizeof(st),
				    FileLxrunStatInformation),
	   OBJECT_NAME_INVALID);
	/* A link in the middle of a name is never followed. */
	ST("lxrun", stat_name(US(u"rl\\x"), &st), IO_REPARSE_TAG_NOT_HANDLED);
	ST("lxrun", open_point(&h, US(u"rl\\x"), RW, FILE_OPEN_REPARSE_POINT),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("lxrun", create(&h, US(u"rl\\x"), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("lxrun",
	   create(&h, US(u"rl"), FILE_LIST_DIRECTORY, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE),
	   NOT_A_DIRECTORY);
	EQ("setup", unlink(host("rl")) | rmdir(host("rdir")), 0);
}

/* ---- attributes ---- */

static void attributes(void)
{
	FILE_LXRUN_SET_INFORMATION set = { .Valid = FILE_LXRUN_SET_MODE | FILE_LXRUN_SET_ATIME |
						    FILE_LXRUN_SET_MTIME,
					   .Mode = 0100604,
					   .AtimeSec = -5,
					   .AtimeNsec = 123456789,
					   .MtimeSec = 1700000000,
					   .MtimeNsec = 987654321 };
	FILE_LXRUN_STAT_INFORMATION st;
	struct stat h_st;
	HANDLE h;

	touch(US(u"attr"));
	h = must(US(u"attr"), FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0);
	ST("lxrun", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
	   SUCCESS);
	EQ("lxrun", stat(host("attr"), &h_st), 0);
	EQ("lxrun", h_st.st_mode, 0100604);
	EQ("lxrun", h_st.st_mtim.tv_nsec, 987654321);
	ST("lxrun", NtQueryInformationFile(h, &iosb, &st, sizeof(st), FileLxrunStatInformation),
	   SUCCESS);
	EQ("lxrun", st.Lx.LxMode, 0100604);
	EQ("lxrun", st.Lx.LxUid, geteuid());
	EQ("lxrun", st.Lx.FileId.QuadPart, h_st.st_ino);
	EQ("lxrun", (st.Lx.LastWriteTime.QuadPart - NT_TIME_UNIX_EPOCH) / NT_TICKS_PER_SEC,
	   1700000000);
	EQ("lxrun", (st.Lx.LastWriteTime.QuadPart % NT_TICKS_PER_SEC) * 100 + st.LastWriteNs,
	   987654321);
	EQ("lxrun", st.Lx.LastAccessTime.QuadPart,
	   NT_TIME_UNIX_EPOCH - 5 * NT_TICKS_PER_SEC + 1234567);
	EQ("lxrun", st.LastAccessNs, 89);
	set.AtimeNsec = 1000000000;
	ST("lxrun", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
	   INVALID_PARAMETER);
	NtClose(h);
	EQ("setup", unlink(host("attr")), 0);
	/* A link's own times and owner, through a handle that only names it. */
	EQ("setup", symlink("x", host("alink")), 0);
	h = must(US(u"alink"), FILE_WRITE_ATTRIBUTES, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
	set = (FILE_LXRUN_SET_INFORMATION){ .Valid = FILE_LXRUN_SET_MTIME | FILE_LXRUN_SET_UID,
					    .Uid = geteuid(),
					    .MtimeSec = 77 };
	ST("lxrun", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
	   SUCCESS);
	EQ("lxrun", lstat(host("alink"), &h_st), 0);
	EQ("lxrun", h_st.st_mtim.tv_sec, 77);
	NtClose(h);
	EQ("setup", unlink(host("alink")), 0);
}

/* ---- POSIX deletion and renaming ---- */

static const ULONG gone = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS;
static const ULONG replace = FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS;

static void standard_is_gone(HANDLE h)
{
	FILE_STANDARD_INFORMATION standard;

	ST("DL9",
	   NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation),
	   SUCCESS);
	EQ("DL9", standard.NumberOfLinks, 0);
	EQ("DL9", standard.DeletePending, TRUE);
}

static void posix_deletion(void)
{
	struct {
		FILE_NAME_INFORMATION info;
		WCHAR room[64];
	} name;
	HANDLE h, other;

	h = must(US(u"px"), DELETE | RW, FILE_CREATE, 0);
	other = must(US(u"px"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("DL8", dispose_ex(h, gone), SUCCESS);
	ST("DL8", exists(US(u"px")), OBJECT_NAME_NOT_FOUND);
	standard_is_gone(other);
	ST("DL9", dispose_ex(h, 0), FILE_DELETED);
	ST("DL9", set_name(h, FileRenameInformationEx, base, US(u"py"), 0), ACCESS_DENIED);
	ST("lxrun", NtQueryInformationFile(other, &iosb, &name, sizeof(name), FileNameInformation),
	   FILE_DELETED);
	EQ("lxrun", name.info.FileNameLength, 6);
	EQ("lxrun", memcmp(name.info.FileName, u"\\px", 6), 0);
	NtClose(h);
	NtClose(other);
	make_directory(US(u"pd"));
	touch(US(u"pd\\x"));
	h = must(US(u"pd"), DELETE, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("RN11", dispose_ex(h, gone), DIRECTORY_NOT_EMPTY);
	EQ("setup", unlink(host("pd/x")), 0);
	ST("DL8", dispose_ex(h, gone), SUCCESS);
	NtClose(h);
	ST("DL8", exists(US(u"pd")), OBJECT_NAME_NOT_FOUND);
	/* A name that only looks deleted. */
	h = must(US(u"odd (deleted)"), DELETE | RW, FILE_CREATE, 0);
	ST("FI8", NtQueryInformationFile(h, &iosb, &name, sizeof(name), FileNameInformation),
	   SUCCESS);
	EQ("FI8", name.info.FileNameLength, 28);
	ST("DL8", dispose_ex(h, gone), SUCCESS);
	NtClose(h);
}

static void posix_renaming(void)
{
	HANDLE h, other;

	touch(US(u"p1"));
	touch(US(u"p2"));
	h = must(US(u"p1"), DELETE, FILE_OPEN, 0);
	other = must(US(u"p2"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("RN3",
	   set_name(h, FileRenameInformationEx, base, US(u"p2"), FILE_RENAME_POSIX_SEMANTICS),
	   OBJECT_NAME_COLLISION);
	ST("RN10", set_name(h, FileRenameInformationEx, base, US(u"p2"), replace), SUCCESS);
	standard_is_gone(other);
	NtClose(other);
	NtClose(h);
	touch(US(u"p1"));
	ST("RN10", create(&other, US(u"p2"), FILE_GENERIC_READ, FILE_SHARE_READ, FILE_OPEN, SYNC),
	   SUCCESS);
	h = must(US(u"p1"), DELETE, FILE_OPEN, 0);
	ST("RN10", set_name(h, FileRenameInformationEx, base, US(u"p2"), replace),
	   SHARING_VIOLATION);
	NtClose(other);
	EQ("setup", mkdir(host("pdir"), 0755), 0);
	ST("lxrun",
	   set_name(h, FileRenameInformationEx, base, US(u"pdir"), FILE_RENAME_LXRUN_EXCHANGE),
	   SUCCESS);
	EQ("lxrun", mode_of("p1") & S_IFMT, S_IFDIR);
	/* What the host does to the name underneath is followed. */
	EQ("setup", rename(host("pdir"), host("phost")), 0);
	ST("RN16", dispose_ex(h, gone), SUCCESS);
	EQ("RN16", mode_of("phost"), 0);
	NtClose(h);
	EQ("setup", unlink(host("p2")) | rmdir(host("p1")), 0);
}

/* ---- EAs ---- */

static NTSTATUS set_ea(HANDLE h, const char *name, const void *value, ULONG size, UCHAR flags)
{
	struct ea_list l = { .length = 0 };

	ea_add(&l, name, value, size, flags);
	return NtSetEaFile(h, &iosb, l.buf, l.length);
}

static NTSTATUS get_ea(HANDLE h, const char *name, void *buf, ULONG length)
{
	_Alignas(4) char list[64] = "";
	FILE_GET_EA_INFORMATION *get = (void *)list;

	get->EaNameLength = (UCHAR)strlen(name);
	memcpy(get->EaName, name, strlen(name) + 1);
	return NtQueryEaFile(h, &iosb, buf, length, FALSE, list, sizeof(list), NULL, TRUE);
}

/* An EA user.one that is there or not tells whether the host has xattrs here. */
static HANDLE ea_file(void)
{
	HANDLE h = must(US(u"ea"), FILE_READ_EA | FILE_WRITE_EA, FILE_CREATE, 0);

	if (set_ea(h, "LX.user.one", "1", 1, 0) == STATUS_NOT_SUPPORTED) {
		printf("file_host: no xattrs in %s, EAs skipped\n", host_root);
		NtClose(h);
		EQ("setup", unlink(host("ea")), 0);
		return NULL;
	}
	ST("EA5", set_ea(h, "LX.user.one", "", 0, 0), SUCCESS);
	return h;
}

static void nt_eas(HANDLE h)
{
	_Alignas(4) char buf[256];
	FILE_FULL_EA_INFORMATION *ea = (void *)buf;
	struct ea_list bad = { .length = 0 };

	ST("EA8", NtQueryEaFile(h, &iosb, buf, sizeof(buf), FALSE, NULL, 0, NULL, TRUE),
	   NO_EAS_ON_FILE);
	ST("EA2", set_ea(h, "foo", "bar", 3, 0), SUCCESS);
	ST("EA2", set_ea(h, "a*b", "bar", 3, 0), INVALID_EA_NAME);
	ST("EA3", set_ea(h, "foo", "bar", 3, 0x40), INVALID_EA_NAME);
	memset(bad.buf, 0xFF, 32);
	ST("EA4", NtSetEaFile(h, &iosb, bad.buf, 32), EA_LIST_INCONSISTENT);
	ST("EA12", get_ea(h, "Foo", buf, sizeof(buf)), SUCCESS);
	EQ("EA2", memcmp(ea->EaName, "FOO\0bar", 7), 0);
	EQ("EA1", iosb.Information, 8 + 4 + 3);
	ST("EA12", get_ea(h, "none", buf, sizeof(buf)), SUCCESS);
	EQ("EA12", ea->EaValueLength, 0);
	EQ("EA12", memcmp(ea->EaName, "NONE", 5), 0);
	ST("EA12", get_ea(h, "foo", buf, 13), BUFFER_OVERFLOW);
	EQ("EA12", iosb.Information, 0);
}

static void xattrs(HANDLE h)
{
	_Alignas(4) char buf[256];
	FILE_FULL_EA_INFORMATION *ea = (void *)buf;
	char value[16];

	ST("lxrun", set_ea(h, "LX.user.Case", "v", 1, 0), SUCCESS);
	EQ("lxrun", getxattr(host("ea"), "user.Case", value, sizeof(value)), 1);
	ST("lxrun", set_ea(h, "LX.user.Case", "w", 1, FILE_EA_LXRUN_CREATE), OBJECT_NAME_COLLISION);
	ST("lxrun", set_ea(h, "LX.user.none", "w", 1, FILE_EA_LXRUN_REPLACE), NONEXISTENT_EA_ENTRY);
	ST("lxrun", set_ea(h, "LX.user.empty", "", 0, FILE_EA_LXRUN_EMPTY), SUCCESS);
	ST("lxrun", get_ea(h, "LX.user.empty", buf, sizeof(buf)), SUCCESS);
	EQ("lxrun", ea->Flags, FILE_EA_LXRUN_EMPTY);
	ST("lxrun", set_ea(h, "LX.user.none", "", 0, 0), NONEXISTENT_EA_ENTRY);
	ST("lxrun", get_ea(h, "LX.nonsense", buf, sizeof(buf)), NOT_SUPPORTED);
}

/* Three EAs are there. */
static void ea_scan(HANDLE h)
{
	_Alignas(4) char buf[256];

	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, TRUE), SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, FALSE), SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, FALSE), SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, FALSE),
	   NO_MORE_EAS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, &(ULONG){ 3 }, FALSE),
	   SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, &(ULONG){ 4 }, FALSE),
	   NONEXISTENT_EA_ENTRY);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, &(ULONG){ 0 }, FALSE),
	   NONEXISTENT_EA_ENTRY);
	ST("EA11", NtQueryEaFile(h, &iosb, buf, 9, FALSE, NULL, 0, NULL, TRUE), BUFFER_TOO_SMALL);
	ST("EA11", NtQueryEaFile(h, &iosb, buf, 30, FALSE, NULL, 0, NULL, TRUE), BUFFER_OVERFLOW);
	ST("EA11", NtQueryEaFile(h, &iosb, buf, sizeof(buf), FALSE, NULL, 0, NULL, TRUE), SUCCESS);
}

static void extended_attributes(void)
{
	HANDLE h = ea_file(), weak;
	char buf[64];

	if (!h)
		return;
	weak = must(US(u"ea"), FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
	ST("EA7", set_ea(weak, "FOO", "x", 1, 0), ACCESS_DENIED);
	ST("EA7", get_ea(weak, "FOO", buf, sizeof(buf)), ACCESS_DENIED);
	NtClose(weak);
	nt_eas(h);
	xattrs(h);
	ea_scan(h);
	NtClose(h);
	EQ("setup", unlink(host("ea")), 0);
}

/* A host keeps times that NT has no number for: of tmpfs any. */
static void far_times(void)
{
	char root[] = "/dev/shm/lxrun-nt-XXXXXX", path[64];
	const struct timespec times[2] = { { 243920282187349, 0 }, { -9000000000000, 0 } };
	FILE_BASIC_INFORMATION basic = { 0 };
	struct stat st = { 0 };
	HANDLE volume, h = NULL;

	if (!mkdtemp(root))
		return; /* no tmpfs here */
	volume = open_volume(root, 0);
	snprintf(path, sizeof(path), "%s/far", root);
	close(creat(path, 0644));
	utimensat(AT_FDCWD, path, times, 0);
	stat(path, &st);
	ST("setup",
	   create_at(volume, &h, US(u"far"), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0),
	   SUCCESS);
	ST("FI4", NtQueryInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   SUCCESS);
	if (st.st_atime == times[0].tv_sec)
		EQ("FI4", basic.LastAccessTime.QuadPart, INT64_MAX);
	if (st.st_mtime == times[1].tv_sec)
		EQ("FI4", basic.LastWriteTime.QuadPart, 0);
	NtClose(h);
	NtClose(volume);
	unlink(path);
	rmdir(root);
}

int main(void)
{
	nt_start();
	open_base();
	leak_start();
	name_codec();
	metadata();
	bad_metadata();
	owner_and_device();
	links();
	fifos();
	by_name();
	attributes();
	posix_deletion();
	posix_renaming();
	extended_attributes();
	leak_check();
	far_times();
	close_base();
	return nt_end("file_host");
}
#else
int main(void)
{
	return 0;
}
#endif
