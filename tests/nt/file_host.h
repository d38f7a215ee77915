/* SPDX-License-Identifier: MIT */
/*
 * file_host.h - the part of file.c that looks at the host, or at rows of which only the facts are the
 * judge: names, metadata at creation, reparse points, POSIX deletion, EAs, the change journal,
 * readiness, host descriptors.
 */
#ifndef FILE_HOST_H
#define FILE_HOST_H

static char host_root[] = "/tmp/lxrun-nt-XXXXXX";

static const char *host(const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", host_root, name);
	return path[turn];
}

/* A new volume over root, and its root directory. */
static HANDLE open_volume(const char *root, ULONG options)
{
	WCHAR text[64] = u"\\Device\\HarddiskVolume";
	UNICODE_STRING name = { 22 * 2, sizeof(text), text };
	HANDLE h = NULL;
	char digits[16];
	ULONG number;

	ST("setup", IoCreateVolume(root, VolumePersonalityHost, &number), SUCCESS);
	snprintf(digits, sizeof(digits), "%u\\", number);
	for (char *p = digits; *p; p++, name.Length += 2)
		text[name.Length / 2] = (WCHAR)*p;
	ST("setup",
	   NtOpenFile(&h, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE, OA(&name, 0, NULL),
		      &iosb, SHARE_ALL, SYNC | FILE_DIRECTORY_FILE | options),
	   SUCCESS);
	return h;
}

static void open_host_base(void)
{
	if (!mkdtemp(host_root))
		abort();
	base = open_volume(host_root, 0);
}

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

static ULONG mode_of(const char *name)
{
	struct stat st;

	return lstat(host(name), &st) ? 0 : st.st_mode;
}

static void metadata(void)
{
	struct ea_list l = { .length = 0 };
	HANDLE h = NULL;

	ST("EA18", make(&h, US(u"m"), 0100640, NULL, NULL, 0), SUCCESS);
	EQ("EA18", mode_of("m"), 0100640);
	NtClose(h);
	ST("EA18", make(&h, US(u"m4000"), 0104755, NULL, NULL, 0), SUCCESS);
	EQ("EA18", mode_of("m4000"), 0104755);
	NtClose(h);
	ST("EA18", make(&h, US(u"mdir"), 041777, NULL, NULL, FILE_DIRECTORY_FILE), SUCCESS);
	EQ("EA18", mode_of("mdir"), 041777);
	NtClose(h);
	ST("EA18", make(&h, US(u"mfifo"), 010600, NULL, NULL, 0), SUCCESS);
	EQ("EA18", mode_of("mfifo"), 010600);
	NtClose(h);
	ST("EA18", make(&h, US(u"msock"), 0140755, NULL, NULL, 0), SUCCESS);
	EQ("EA18", mode_of("msock"), 0140755);
	NtClose(h);
	ST("EA18", make(&h, US(u"mlink"), 0120777, "to/nowhere", NULL, 0), SUCCESS);
	EQ("EA18", mode_of("mlink"), 0120777);
	NtClose(h);
	ST("CF25", make(&h, US(u"mbad"), 0120777, NULL, NULL, 0), INVALID_PARAMETER);
	l.buf[0] = 1;
	ST("EA4",
	   NtCreateFile(&h, RW, OA(US(u"mbad"), 0, base), &iosb, NULL, 0, 0, FILE_CREATE, SYNC,
			l.buf, 32),
	   EA_LIST_INCONSISTENT);
	ST("CF25",
	   NtCreateFile(&h, RW, OA(US(u"mbad"), 0, base), &iosb, NULL, 0, 0, FILE_CREATE,
			SYNC | FILE_NO_EA_KNOWLEDGE, l.buf, 32),
	   ACCESS_DENIED);
	ST("CF25", exists(US(u"mbad")), OBJECT_NAME_NOT_FOUND);
	if (geteuid() == 0) {
		ULONG device[2] = { 1, 3 }, id = 12345, mode = 0104755;
		struct stat st;

		if (NT_SUCCESS(make(&h, US(u"mdev"), 020666, NULL, device, 0))) {
			EQ("EA18", lstat(host("mdev"), &st), 0);
			EQ("EA18", st.st_rdev, 0x103);
			NtClose(h);
			ST("setup", NtDeleteFile(OA(US(u"mdev"), 0, base)), SUCCESS);
		}
		ea_add(&l, LX_FILE_METADATA_MODE_EA_NAME, &mode, 4, 0);
		ea_add(&l, LX_FILE_METADATA_UID_EA_NAME, &id, 4, 0);
		ea_add(&l, LX_FILE_METADATA_GID_EA_NAME, &id, 4, 0);
		ST("EA18",
		   NtCreateFile(&h, RW, OA(US(u"mown"), 0, base), &iosb, NULL, 0, 0, FILE_CREATE,
				SYNC, l.buf, l.length),
		   SUCCESS);
		EQ("EA18", lstat(host("mown"), &st), 0);
		EQ("EA18", st.st_uid, 12345);
		EQ("EA18", st.st_gid, 12345);
		EQ("EA18", st.st_mode, 0104755);
		NtClose(h);
		ST("setup", NtDeleteFile(OA(US(u"mown"), 0, base)), SUCCESS);
	}
	for (const char *const *p =
		     (const char *const[]){ "m", "m4000", "mfifo", "msock", "mlink", NULL };
	     *p; p++)
		EQ("setup", unlink(host(*p)), 0);
	EQ("setup", rmdir(host("mdir")), 0);
}

/* ---- reparse points ---- */

static void reparse_points(void)
{
	_Alignas(4) char buf[128];
	REPARSE_DATA_BUFFER *data = (void *)buf;
	FILE_ATTRIBUTE_TAG_INFORMATION tag;
	FILE_LXRUN_STAT_INFORMATION st;
	HANDLE h = NULL;

	EQ("setup", symlink("target", host("rl")), 0);
	EQ("setup", mkdir(host("rdir"), 0755), 0);
	EQ("setup", symlink("rdir", host("rldir")), 0);
	EQ("setup", mkfifo(host("rf"), 0644), 0);
	ST("RP11", create(&h, US(u"rl"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN, SYNC),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", create(&h, US(u"rf"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN, SYNC),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", create(&h, US(u"rf"), FILE_GENERIC_WRITE, SHARE_ALL, FILE_OPEN, SYNC),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", create(&h, US(u"rl"), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11",
	   create(&h, US(u"rldir\\x"), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN,
		  FILE_OPEN_REPARSE_POINT),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11",
	   create(&h, US(u"rldir\\x"), RW, SHARE_ALL, FILE_OPEN_IF, SYNC | FILE_OPEN_REPARSE_POINT),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11",
	   create(&h, US(u"rldir"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_DIRECTORY_FILE),
	   NOT_A_DIRECTORY);
	ST("RP11",
	   create(&h, US(u"rl"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN_IF,
		  SYNC | FILE_OPEN_REPARSE_POINT),
	   SUCCESS);
	EQ("RP11", iosb.Information, FILE_OPENED);
	ST("RP12", NtQueryInformationFile(h, &iosb, &tag, sizeof(tag), FileAttributeTagInformation),
	   SUCCESS);
	EQ("RP12", tag.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	EQ("RP12", tag.FileAttributes, FILE_ATTRIBUTE_REPARSE_POINT);
	ST("RP9",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, NULL, 0),
	   INVALID_USER_BUFFER);
	ST("RP9",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, buf, 14),
	   BUFFER_OVERFLOW);
	ST("RP15",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, buf,
			   sizeof(buf)),
	   SUCCESS);
	EQ("RP15", data->ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	EQ("RP15", data->ReparseDataLength, 4 + 6);
	EQ("RP15", memcmp(data->DataBuffer, "\2\0\0\0target", 10), 0);
	ST("RW", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 4, NULL, NULL),
	   INVALID_DEVICE_REQUEST);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"rl2"), 0), SUCCESS);
	EQ("RN14", mode_of("rl2") & S_IFMT, S_IFLNK);
	NtClose(h);
	ST("RP11",
	   create(&h, US(u"rf"), FILE_GENERIC_WRITE, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_OPEN_REPARSE_POINT),
	   SUCCESS);
	ST("RP9",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, buf,
			   sizeof(buf)),
	   SUCCESS);
	EQ("RP15", data->ReparseTag, IO_REPARSE_TAG_LX_FIFO);
	NtClose(h);
	ST("FI3",
	   NtQueryInformationByName(OA(US(u"rl"), 0, base), &iosb, &st, sizeof(st),
				    FileLxrunStatInformation),
	   SUCCESS);
	EQ("FI3", st.Lx.LxMode, 0120777);
	EQ("FI3", st.Lx.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	ST("FI3",
	   NtQueryInformationByName(OA(US(u"rldir\\x"), 0, base), &iosb, &st, sizeof(st),
				    FileLxrunStatInformation),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("CF2",
	   NtQueryInformationByName(OA(US(u"gone"), 0, base), &iosb, &st, sizeof(st),
				    FileLxrunStatInformation),
	   OBJECT_NAME_NOT_FOUND);
	ST("CF11",
	   NtQueryInformationByName(OA(US(u"gone\\x"), 0, base), &iosb, &st, sizeof(st),
				    FileLxrunStatInformation),
	   OBJECT_PATH_NOT_FOUND);
	ST("FI3",
	   NtQueryInformationByName(OA(US(u""), 0, base), &iosb, &st, sizeof(st),
				    FileLxrunStatInformation),
	   SUCCESS);
	EQ("FI3", st.Lx.FileAttributes, FILE_ATTRIBUTE_DIRECTORY);
	EQ("setup",
	   unlink(host("rl")) | unlink(host("rl2")) | unlink(host("rldir")) | unlink(host("rf")) |
		   rmdir(host("rdir")),
	   0);
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

static void posix_names(void)
{
	const ULONG gone = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS;
	const ULONG replace = FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS;
	struct {
		FILE_NAME_INFORMATION info;
		WCHAR room[64];
	} name;
	FILE_STANDARD_INFORMATION standard;
	HANDLE h, other;

	h = must(US(u"px"), DELETE | RW, FILE_CREATE, 0);
	other = must(US(u"px"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("DL8", dispose_ex(h, gone), SUCCESS);
	ST("DL8", exists(US(u"px")), OBJECT_NAME_NOT_FOUND);
	ST("DL9",
	   NtQueryInformationFile(other, &iosb, &standard, sizeof(standard),
				  FileStandardInformation),
	   SUCCESS);
	EQ("DL9", standard.NumberOfLinks, 0);
	EQ("DL9", standard.DeletePending, TRUE);
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

	touch(US(u"p1"));
	touch(US(u"p2"));
	h = must(US(u"p1"), DELETE, FILE_OPEN, 0);
	other = must(US(u"p2"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("RN3",
	   set_name(h, FileRenameInformationEx, base, US(u"p2"), FILE_RENAME_POSIX_SEMANTICS),
	   OBJECT_NAME_COLLISION);
	ST("RN10", set_name(h, FileRenameInformationEx, base, US(u"p2"), replace), SUCCESS);
	ST("RN10",
	   NtQueryInformationFile(other, &iosb, &standard, sizeof(standard),
				  FileStandardInformation),
	   SUCCESS);
	EQ("RN10", standard.NumberOfLinks, 0);
	NtClose(other);
	ST("RN10",
	   create(&other, US(u"p2"), FILE_GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
		  FILE_OPEN, SYNC),
	   SUCCESS);
	NtClose(h);
	NtClose(other);
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

static void ea_calls(void)
{
	_Alignas(4) char buf[256];
	FILE_FULL_EA_INFORMATION *ea = (void *)buf;
	struct ea_list bad = { .length = 0 };
	char value[16];
	HANDLE h;

	touch(US(u"ea"));
	h = must(US(u"ea"), FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
	ST("EA7", set_ea(h, "FOO", "x", 1, 0), ACCESS_DENIED);
	ST("EA7", get_ea(h, "FOO", buf, sizeof(buf)), ACCESS_DENIED);
	NtClose(h);
	h = must(US(u"ea"), FILE_READ_EA | FILE_WRITE_EA, FILE_OPEN, 0);
	if (set_ea(h, "LX.user.one", "1", 1, 0) == STATUS_NOT_SUPPORTED) {
		printf("file: no xattrs in %s, EAs skipped\n", host_root);
		goto out;
	}
	ST("EA5", set_ea(h, "LX.user.one", "", 0, 0), SUCCESS);
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
	ST("lxrun", set_ea(h, "LX.user.Case", "v", 1, 0), SUCCESS);
	EQ("lxrun", getxattr(host("ea"), "user.Case", value, sizeof(value)), 1);
	ST("lxrun", set_ea(h, "LX.user.Case", "w", 1, FILE_EA_LXRUN_CREATE), OBJECT_NAME_COLLISION);
	ST("lxrun", set_ea(h, "LX.user.none", "w", 1, FILE_EA_LXRUN_REPLACE), NONEXISTENT_EA_ENTRY);
	ST("lxrun", set_ea(h, "LX.user.empty", "", 0, FILE_EA_LXRUN_EMPTY), SUCCESS);
	ST("lxrun", get_ea(h, "LX.user.empty", buf, sizeof(buf)), SUCCESS);
	EQ("lxrun", ea->Flags, FILE_EA_LXRUN_EMPTY);
	ST("lxrun", set_ea(h, "LX.user.none", "", 0, 0), NONEXISTENT_EA_ENTRY);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, TRUE), SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, FALSE), SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, FALSE), SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, NULL, FALSE),
	   NO_MORE_EAS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, &(ULONG){ 3 }, FALSE),
	   SUCCESS);
	ST("EA9", NtQueryEaFile(h, &iosb, buf, sizeof(buf), TRUE, NULL, 0, &(ULONG){ 4 }, FALSE),
	   NONEXISTENT_EA_ENTRY);
	ST("EA11", NtQueryEaFile(h, &iosb, buf, 9, FALSE, NULL, 0, NULL, TRUE), BUFFER_TOO_SMALL);
	ST("EA11", NtQueryEaFile(h, &iosb, buf, 30, FALSE, NULL, 0, NULL, TRUE), BUFFER_OVERFLOW);
	ST("EA11", NtQueryEaFile(h, &iosb, buf, sizeof(buf), FALSE, NULL, 0, NULL, TRUE), SUCCESS);
out:
	NtClose(h);
	EQ("setup", unlink(host("ea")), 0);
}

/* ---- the change journal ---- */

static HANDLE cached(PUNICODE_STRING name)
{
	return must(name, FILE_READ_ATTRIBUTES | FILE_TRAVERSE, FILE_OPEN,
		    FILE_OPEN_REPARSE_POINT | FILE_LXRUN_CACHE_NAME);
}

/* Whether the number has moved since the last call. */
static int moved(void)
{
	static LONGLONG seen;
	USN_JOURNAL_DATA data = { .NextUsn = 0 };
	LONGLONG last = seen;

	ST("journal",
	   NtFsControlFile(base, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL, NULL, 0, &data,
			   sizeof(data)),
	   SUCCESS);
	seen = data.NextUsn;
	return seen != last;
}

static void journal(void)
{
	HANDLE dir, sub, link, again;

	EQ("setup",
	   mkdir(host("jd"), 0755) | mkdir(host("jd/sub"), 0755) | symlink("a", host("jd/l")), 0);
	moved();
	dir = cached(US(u"jd"));
	sub = cached(US(u"jd\\sub"));
	link = cached(US(u"jd\\l"));
	again = cached(US(u"jd"));
	EQ("journal", moved(), 0);
	close(open(host("jd/file"), O_CREAT | O_WRONLY, 0600));
	EQ("journal",
	   chmod(host("jd/file"), 0644) | rename(host("jd/file"), host("jd/f2")) |
		   unlink(host("jd/f2")),
	   0);
	EQ("journal", moved(), 0); /* plain files are not cached */
	EQ("journal", mkdir(host("jd/new"), 0755), 0);
	EQ("journal", moved(), 0);
	EQ("journal", rmdir(host("jd/new")), 0);
	EQ("journal", moved(), 1);
	EQ("journal", chmod(host("jd/sub"), 0700), 0);
	EQ("journal", moved(), 1);
	EQ("journal", rename(host("jd/sub"), host("jd/sub2")), 0);
	EQ("journal", moved(), 1);
	EQ("journal", rmdir(host("jd/sub2")), 0);
	EQ("journal", moved(), 1);
	EQ("journal", symlink("b", host("jd/l2")), 0);
	EQ("journal", moved(), 0);
	EQ("journal", rename(host("jd/l2"), host("jd/l")), 0);
	EQ("journal", moved(), 1);
	NtClose(link);
	link = cached(US(u"jd\\l"));
	EQ("journal", moved(), 0);
	EQ("journal", unlink(host("jd/l")), 0);
	EQ("journal", moved(), 1);
	NtClose(sub);
	NtClose(link);
	NtClose(again);
	EQ("journal", moved(), 0); /* our own removal of watches is no news */
	EQ("journal", rename(host("jd"), host("jd2")), 0);
	EQ("journal", moved(), 1);
	NtClose(dir);
	EQ("journal", rename(host("jd2"), host("jd")) | rmdir(host("jd")), 0);
	moved();
	EQ("journal", moved(), 0);
}

/* /proc tells nobody what it does: a cache over it is never believed. */
static void blind_journal(void)
{
	USN_JOURNAL_DATA one, two;
	HANDLE h = open_volume("/proc", FILE_LXRUN_CACHE_NAME);

	ST("journal",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL, NULL, 0, &one,
			   sizeof(one)),
	   SUCCESS);
	ST("journal",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL, NULL, 0, &two,
			   sizeof(two)),
	   SUCCESS);
	EQ("journal", one.NextUsn != two.NextUsn, 1);
	NtClose(h);
}

/* ---- host descriptors and readiness ---- */

static _Atomic int fired;

static VOID on_ready(PVOID context, ULONG ready)
{
	fired += (int)ready;
}

static void wait_fired(void)
{
	for (int i = 0; i < 2000 && !fired; i++)
		usleep(1000);
}

static void streams(void)
{
	char buf[8], big[70000];
	IO_HOST_KIND kind;
	PIO_WATCH watch;
	HANDLE in, out;
	ULONG ready;
	int fds[2];

	memset(big, 'b', sizeof(big));
	EQ("setup", pipe(fds), 0);
	ST("lxrun", IoOpenHostDescriptor(fds[0], &in, &kind), SUCCESS);
	EQ("lxrun", kind, IoHostPipe);
	ST("lxrun", IoOpenHostDescriptor(fds[1], &out, &kind), SUCCESS);
	EQ("lxrun", IoIsDirectCapable(in), FALSE);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), PENDING);
	ST("lxrun", NtWriteFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), ACCESS_DENIED);
	ST("lxrun", IoQueryReadiness(in, IO_READY_READ, &ready), SUCCESS);
	EQ("lxrun", ready, 0);
	ST("lxrun", IoQueryReadiness(out, IO_READY_WRITE, &ready), SUCCESS);
	EQ("lxrun", ready, IO_READY_WRITE);
	fired = 0;
	ST("lxrun", IoWatchReadiness(in, IO_READY_READ, on_ready, NULL, &watch), SUCCESS);
	EQ("lxrun", fired, 0);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, "hi", 2, NULL, NULL), SUCCESS);
	wait_fired();
	EQ("lxrun", fired, IO_READY_READ);
	IoUnwatchReadiness(watch);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), SUCCESS);
	EQ("lxrun", iosb.Information, 2);
	fired = 0;
	ST("lxrun", IoWatchReadiness(in, IO_READY_READ, on_ready, NULL, &watch), SUCCESS);
	IoUnwatchReadiness(watch);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, big, sizeof(big), NULL, NULL),
	   SUCCESS);
	EQ("lxrun", iosb.Information, 65536);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, "x", 1, NULL, NULL), PENDING);
	EQ("lxrun", fired, 0);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, big, sizeof(big), NULL, NULL), SUCCESS);
	NtClose(out);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), END_OF_FILE);
	NtClose(in);
	EQ("setup", pipe(fds), 0);
	close(fds[0]);
	ST("lxrun", IoOpenHostDescriptor(fds[1], &out, &kind), SUCCESS);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, "x", 1, NULL, NULL), PIPE_BROKEN);
	NtClose(out);
	ST("lxrun", IoOpenHostDescriptor(open("/dev/null", O_RDWR), &in, &kind), SUCCESS);
	EQ("lxrun", kind, IoHostCharacter);
	fired = 0;
	ST("lxrun", IoWatchReadiness(in, IO_READY_READ, on_ready, NULL, &watch), SUCCESS);
	wait_fired();
	EQ("lxrun", fired, IO_READY_READ);
	IoUnwatchReadiness(watch);
	NtClose(in);
	ST("lxrun", IoOpenHostDescriptor(-1, &in, &kind), INVALID_HANDLE);
}

static void terminal(void)
{
	char termios[40], winsize[8] = { 30, 0, 100, 0 }, buf[8];
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	IO_HOST_KIND kind;
	HANDLE h;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return;
	ST("lxrun", IoOpenHostDescriptor(open(ptsname(master), O_RDWR | O_NOCTTY), &h, &kind),
	   SUCCESS);
	EQ("lxrun", kind, IoHostTerminal);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0,
				 termios + 4, 36),
	   SUCCESS);
	EQ("lxrun", iosb.Information, 36);
	memset(termios, 0, 4);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_SET_ATTR, termios, 40,
				 NULL, 0),
	   SUCCESS);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_SET_ATTR, termios, 39,
				 NULL, 0),
	   BUFFER_TOO_SMALL);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_SET_WINSIZE, winsize,
				 8, NULL, 0),
	   SUCCESS);
	memset(winsize, 0, 8);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_WINSIZE, NULL, 0,
				 winsize, 8),
	   SUCCESS);
	EQ("lxrun", winsize[2], 100);
	ST("lxrun", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), PENDING);
	EQ("setup", write(master, "ab\n", 3), 3);
	ST("lxrun", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), SUCCESS);
	EQ("lxrun", iosb.Information, 3);
	ST("lxrun", NtWriteFile(h, NULL, NULL, NULL, &iosb, "out", 3, NULL, NULL), SUCCESS);
	EQ("lxrun", iosb.Information, 3);
	NtClose(h);
	close(master);
}

static void memory_files(void)
{
	HANDLE h, again = NULL;
	char buf[8];

	ST("lxrun", IoCreateMemoryFile(&h), SUCCESS);
	EQ("lxrun", IoIsDirectCapable(h), TRUE);
	EQ("lxrun", IoHostDescriptor(h) >= 0, TRUE);
	ST("lxrun", NtWriteFile(h, NULL, NULL, NULL, &iosb, "memory", 6, NULL, NULL), SUCCESS);
	ST("CF16",
	   create_at(h, &again, US(u""), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN,
		     SYNC | FILE_LXRUN_KEEP_POSITION),
	   SUCCESS);
	ST("lxrun", NtReadFile(again, NULL, NULL, NULL, &iosb, buf, 3, AT(3), NULL), SUCCESS);
	EQ("lxrun", memcmp(buf, "ory", 3), 0);
	EQ("lxrun", position(again), 0);
	NtClose(again);
	ST("lxrun",
	   create_at(base, &again, US(u""), RW, SHARE_ALL, FILE_CREATE, SYNC | FILE_LXRUN_TMPFILE),
	   SUCCESS);
	EQ("lxrun", iosb.Information, FILE_CREATED);
	ST("lxrun", set_name(again, FileLinkInformation, base, US(u"given"), 0), SUCCESS);
	NtClose(again);
	EQ("lxrun", unlink(host("given")), 0);
	NtClose(h);
	EQ("lxrun", IoHostDescriptor(h), -1);
}

static void directories(void)
{
	_Alignas(8) char buf[256];
	FILE_ID_EXTD_DIR_INFORMATION *e = (void *)buf;
	FILE_POSITION_INFORMATION pos;
	char name[300], after[256];
	HANDLE h;
	struct stat st;

	EQ("setup", mkdir(host("dd"), 0755) | symlink("x", host("dd/l")), 0);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "dd/f%d:\xff", i);
		close(open(host(name), O_CREAT | O_WRONLY, 0600));
	}
	h = must(US(u"dd"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	for (int i = 0; i < 20; i++)
		ST("DE8",
		   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
					FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
		   SUCCESS);
	memcpy(&pos, e->FileId + 8, 8);
	EQ("lxrun", pos.CurrentByteOffset.QuadPart, position(h));
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
				FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
	   SUCCESS);
	name[IoNtNameToHost(e->FileName, e->FileNameLength / 2, name, 255)] = 0;
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
				FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
	   SUCCESS);
	ST("lxrun", NtSetInformationFile(h, &iosb, &pos, sizeof(pos), FilePositionInformation),
	   SUCCESS);
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
				FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
	   SUCCESS);
	after[IoNtNameToHost(e->FileName, e->FileNameLength / 2, after, 255)] = 0;
	EQ("lxrun", strcmp(name, after), 0);
	snprintf(name, sizeof(name), "dd/%s", after);
	EQ("DE13", lstat(host(name), &st), 0);
	EQ("DE13", memcmp(e->FileId, &st.st_ino, 8), 0);
	NtClose(h);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "dd/f%d:\xff", i);
		EQ("setup", unlink(host(name)), 0);
	}
	EQ("setup", unlink(host("dd/l")) | rmdir(host("dd")), 0);
}

static void volumes(void)
{
	FILE_FS_FULL_SIZE_INFORMATION full;
	FILE_FS_LXRUN_INFORMATION fs;

	ST("lxrun",
	   NtQueryVolumeInformationFile(base, &iosb, &fs, sizeof(fs), FileFsLxrunInformation),
	   SUCCESS);
	EQ("lxrun", fs.NameMax, 255);
	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &full, sizeof(full),
					FileFsFullSizeInformation),
	   SUCCESS);
	EQ("FI16", full.TotalAllocationUnits.QuadPart, fs.Blocks);
	ST("G6", NtQueryVolumeInformationFile(base, &iosb, &full, 8, FileFsFullSizeInformation),
	   INFO_LENGTH_MISMATCH);
	ST("G6", NtQueryVolumeInformationFile(base, &iosb, &full, 8, FileFsAttributeInformation),
	   INVALID_INFO_CLASS);
}

/* No handle, object or descriptor may be left behind. */
static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void host_tests(void)
{
	ULONG handles, objects;
	int fds;

	name_codec();
	streams(); /* starts the poller, which stays */
	journal(); /* so does the inotify descriptor */
	handles = ObQueryHandleCount();
	objects = ObQueryObjectCount();
	fds = open_descriptors();
	metadata();
	reparse_points();
	attributes();
	posix_names();
	ea_calls();
	journal();
	streams();
	terminal();
	memory_files();
	directories();
	volumes();
	EQ("leaks", ObQueryHandleCount(), handles);
	EQ("leaks", ObQueryObjectCount(), objects);
	EQ("leaks", open_descriptors(), fds);
	blind_journal();
	EQ("setup", rmdir(host_root), 0);
}
#endif
