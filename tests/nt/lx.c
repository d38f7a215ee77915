/* SPDX-License-Identifier: MIT */
/*
 * lx.c - volumes of the lx personality: a Linux file's attributes as EAs and reparse tags of ordinary
 * host files, which any user may have (nt.md EA18, RP15, FI3), and creations that were killed.
 * ntshim only: it looks at the host's side of each file.
 */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "filetest.h"
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static _Alignas(8) UCHAR list[8192];
static ULONG list_length, list_last;

static void start(void)
{
	memset(list, 0, sizeof(list));
	list_length = list_last = 0;
}

static void add(const char *name, const void *value, ULONG length)
{
	ULONG at = (list_length + 3) & ~3u;
	FILE_FULL_EA_INFORMATION *ea = (void *)(list + at);

	if (at)
		((FILE_FULL_EA_INFORMATION *)(void *)(list + list_last))->NextEntryOffset =
			at - list_last;
	ea->EaNameLength = (UCHAR)strlen(name);
	ea->EaValueLength = (USHORT)length;
	memcpy(ea->EaName, name, strlen(name) + 1);
	memcpy(ea->EaName + strlen(name) + 1, value, length);
	list_last = at;
	list_length = at + 8 + (ULONG)strlen(name) + 1 + length;
}

static void metadata(ULONG mode, ULONG uid, ULONG gid)
{
	start();
	add(LX_FILE_METADATA_MODE_EA_NAME, &mode, 4);
	add(LX_FILE_METADATA_UID_EA_NAME, &uid, 4);
	add(LX_FILE_METADATA_GID_EA_NAME, &gid, 4);
}

static NTSTATUS make(PUNICODE_STRING name, ULONG disposition, ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = NtCreateFile(&h, FILE_GENERIC_READ, OA(name, 0, base), &iosb, NULL,
				       FILE_ATTRIBUTE_NORMAL, SHARE_ALL, disposition,
				       SYNC | options, list, list_length);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static FILE_LXRUN_STAT_INFORMATION stat_of(PUNICODE_STRING name)
{
	FILE_LXRUN_STAT_INFORMATION by_name = { 0 }, by_handle = { 0 };
	HANDLE h = must(name, FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_OPEN_REPARSE_POINT);

	ST("FI3",
	   NtQueryInformationByName(OA(name, 0, base), &iosb, &by_name, sizeof(by_name),
				    FileLxrunStatInformation),
	   SUCCESS);
	ST("FI3",
	   NtQueryInformationFile(h, &iosb, &by_handle, sizeof(by_handle),
				  FileLxrunStatInformation),
	   SUCCESS);
	EQ("FI3", memcmp(&by_name, &by_handle, sizeof(by_name)), 0);
	NtClose(h);
	return by_name;
}

static void attributes(void)
{
	FILE_LXRUN_SET_INFORMATION set = { .Valid = FILE_LXRUN_SET_MODE, .Mode = 0640 };
	FILE_LXRUN_STAT_INFORMATION st;
	HANDLE h;

	metadata(S_IFREG | 04755, 1234, 56);
	ST("EA18", make(US(u"file"), FILE_CREATE, 0), SUCCESS);
	st = stat_of(US(u"file"));
	EQ("EA18", st.Lx.LxMode, S_IFREG | 04755);
	EQ("EA18", st.Lx.LxUid, 1234);
	EQ("EA18", st.Lx.LxGid, 56);
	EQ("FI3", st.Lx.LxFlags,
	   LX_FILE_METADATA_HAS_UID | LX_FILE_METADATA_HAS_GID | LX_FILE_METADATA_HAS_MODE);
	EQ("lx", mode_of("file"), S_IFREG | 0600);
	h = must(US(u"file"), FILE_READ_DATA, FILE_OPEN, 0);
	ST("lx", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
	   SUCCESS);
	EQ("lx", stat_of(US(u"file")).Lx.LxMode, S_IFREG | 0640);
	EQ("lx", stat_of(US(u"file")).Lx.LxUid, 1234);
	set = (FILE_LXRUN_SET_INFORMATION){ .Valid = FILE_LXRUN_SET_MODE, .Mode = 06755 };
	ST("lx", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
	   SUCCESS);
	set = (FILE_LXRUN_SET_INFORMATION){ .Valid = FILE_LXRUN_SET_UID, .Uid = 7 };
	ST("lx", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
	   SUCCESS);
	EQ("lx", stat_of(US(u"file")).Lx.LxUid, 7);
	EQ("lx", stat_of(US(u"file")).Lx.LxMode, S_IFREG | 0755); /* as chown(2) does */
	NtClose(h);
	/* What the host's user puts there is root's. */
	EQ("setup", close(open(host("foreign"), O_CREAT | O_WRONLY, 0644)), 0);
	st = stat_of(US(u"foreign"));
	EQ("lx", st.Lx.LxUid | st.Lx.LxGid, 0);
	EQ("lx", st.Lx.LxMode, S_IFREG | 0644);
	EQ("lx", st.Lx.LxFlags,
	   LX_FILE_METADATA_HAS_UID | LX_FILE_METADATA_HAS_GID | LX_FILE_METADATA_HAS_MODE);
	/* Overwriting keeps what makes it a Linux file. */
	list_length = 0;
	NtClose(must(US(u"file"), RW, FILE_OVERWRITE, 0));
	EQ("lx", stat_of(US(u"file")).Lx.LxUid, 7);
	ST("setup", delete (US(u"foreign")), SUCCESS);
	ST("setup", delete (US(u"file")), SUCCESS);
}

/* Root's files of ordinary modes are kept as such by the host; to NT they have EAs like others. */
static void of_root(void)
{
	FILE_LXRUN_SET_INFORMATION set = { .Valid = FILE_LXRUN_SET_UID, .Uid = 9 };
	const ULONG zero = 0, modes[] = { 0644, 0755, 0777, 0600, 0444, 04755, 01644 };
	UCHAR answer[128];
	HANDLE h;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ULONG mode = S_IFREG | modes[i];

		start();
		add(LX_FILE_METADATA_UID_EA_NAME, &zero, 4);
		add(LX_FILE_METADATA_GID_EA_NAME, &zero, 4);
		add(LX_FILE_METADATA_MODE_EA_NAME, &mode, 4);
		ST("EA18", make(US(u"file"), FILE_CREATE, 0), SUCCESS);
		EQ("EA18", stat_of(US(u"file")).Lx.LxMode, mode);
		EQ("lx", mode_of("file"), S_IFREG | (i < 3 ? modes[i] : 0600));
		EQ("lx", listxattr(host("file"), NULL, 0) > 0, i >= 3);
		h = must(US(u"file"), RW, FILE_OPEN, 0);
		memset(answer, 0, sizeof(answer));
		ST("EA18",
		   NtQueryEaFile(h, &iosb, answer, sizeof(answer), FALSE, NULL, 0, NULL, TRUE),
		   SUCCESS);
		EQ("EA18", iosb.Information, 20 + 20 + 19);
		EQ("EA18", memcmp(answer, list, 20 + 20 + 19), 0);
		ST("lx", NtSetInformationFile(h, &iosb, &set, sizeof(set), FileLxrunSetInformation),
		   SUCCESS);
		EQ("lx", stat_of(US(u"file")).Lx.LxUid, 9);
		EQ("lx", stat_of(US(u"file")).Lx.LxMode, mode & ~(mode & 04000));
		start();
		add(LX_FILE_METADATA_UID_EA_NAME, "", 0);
		add(LX_FILE_METADATA_GID_EA_NAME, "", 0);
		add(LX_FILE_METADATA_MODE_EA_NAME, "", 0);
		ST("EA7", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
		ST("EA8",
		   NtQueryEaFile(h, &iosb, answer, sizeof(answer), FALSE, NULL, 0, NULL, TRUE),
		   NO_EAS_ON_FILE);
		EQ("lx", stat_of(US(u"file")).Lx.LxFlags, 0);
		NtClose(h);
		ST("setup", delete (US(u"file")), SUCCESS);
	}
}

/* The longest texts of links, for which ext4 has no room among the xattrs: the form of before 1803. */
static void long_link(void)
{
	static char text[4095];
	static UCHAR answer[8192];
	HANDLE h;

	memset(text, 'l', sizeof(text));
	metadata(S_IFLNK | 0777, 0, 0);
	add(LX_FILE_SYMLINK_EA_NAME, text, sizeof(text));
	ST("RP15", make(US(u"link"), FILE_CREATE, FILE_OPEN_REPARSE_POINT), SUCCESS);
	EQ("RP15", stat_of(US(u"link")).Lx.EndOfFile.QuadPart, sizeof(text));
	EQ("RP15", stat_of(US(u"link")).Lx.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
	h = must(US(u"link"), FILE_GENERIC_READ, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
	ST("RP15",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, answer,
			   sizeof(answer)),
	   SUCCESS);
	if (iosb.Information == 8) { /* else the host has room */
		ST("RP15",
		   NtReadFile(h, NULL, NULL, NULL, &iosb, answer, sizeof(answer), NULL, NULL),
		   SUCCESS);
		EQ("RP15", iosb.Information, sizeof(text));
		EQ("RP15", memcmp(answer, text, sizeof(text)), 0);
	}
	NtClose(h);
	ST("setup", delete (US(u"link")), SUCCESS);
}

/* A symbolic link of NT's that appears whole: the data of its reparse point is given with its creation. */
static void nt_link(void)
{
	struct {
		USHORT substitute, substitute_length, print, print_length;
		ULONG flags;
		WCHAR text[8];
	} data = { 0, 8, 8, 8, SYMLINK_FLAG_RELATIVE, u"filefile" };

	start();
	add(LX_FILE_NT_LINK_EA_NAME, &data, 12 + 16);
	ST("lx", make(US(u"ntlink"), FILE_CREATE, FILE_OPEN_REPARSE_POINT), SUCCESS);
	EQ("lx", stat_of(US(u"ntlink")).Lx.ReparseTag, IO_REPARSE_TAG_SYMLINK);
	ST("lx", make(US(u"ntlink"), FILE_CREATE, FILE_OPEN_REPARSE_POINT), OBJECT_NAME_COLLISION);
	ST("setup", delete (US(u"ntlink")), SUCCESS);
	ST("lx", make(US(u"ntdir"), FILE_CREATE, FILE_OPEN_REPARSE_POINT | FILE_DIRECTORY_FILE),
	   SUCCESS);
	EQ("lx", stat_of(US(u"ntdir")).Lx.ReparseTag, IO_REPARSE_TAG_SYMLINK);
	ST("setup", delete (US(u"ntdir")), SUCCESS);
	metadata(S_IFREG | 0644, 0, 0);
	add(LX_FILE_NT_LINK_EA_NAME, &data, 12 + 16);
	ST("lx", make(US(u"ntlink"), FILE_CREATE, FILE_OPEN_REPARSE_POINT), INVALID_PARAMETER);
	start();
	add(LX_FILE_NT_LINK_EA_NAME, &data, 11);
	ST("lx", make(US(u"ntlink"), FILE_CREATE, FILE_OPEN_REPARSE_POINT),
	   IO_REPARSE_DATA_INVALID);
}

static void directories(void)
{
	HANDLE h = NULL;

	metadata(S_IFDIR | 01777, 3, 4);
	ST("EA18", make(US(u"dir"), FILE_CREATE, FILE_DIRECTORY_FILE), SUCCESS);
	EQ("EA18", stat_of(US(u"dir")).Lx.LxMode, S_IFDIR | 01777);
	EQ("lx", mode_of("dir"), S_IFDIR | 0700);
	EQ("FI11", stat_of(US(u"dir")).Lx.LxFlags & LX_FILE_CASE_SENSITIVE_DIR,
	   LX_FILE_CASE_SENSITIVE_DIR);
	ST("EA18", make(US(u"dir"), FILE_CREATE, FILE_DIRECTORY_FILE), OBJECT_NAME_COLLISION);
	ST("EA18", make(US(u"no"), FILE_CREATE, 0), INVALID_PARAMETER);
	ST("CF21",
	   NtCreateFile(&h, FILE_GENERIC_READ, OA(US(u"DIR"), OBJ_CASE_INSENSITIVE, base), &iosb,
			NULL, 0, SHARE_ALL, FILE_OPEN, SYNC, NULL, 0),
	   OBJECT_NAME_NOT_FOUND);
	ST("setup", delete (US(u"dir")), SUCCESS);
}

static void special_files(void)
{
	static const struct {
		ULONG mode, tag;
	} kinds[] = {
		{ S_IFIFO, IO_REPARSE_TAG_LX_FIFO },
		{ S_IFSOCK, IO_REPARSE_TAG_AF_UNIX },
		{ S_IFCHR, IO_REPARSE_TAG_LX_CHR },
		{ S_IFBLK, IO_REPARSE_TAG_LX_BLK },
	};
	FILE_LXRUN_STAT_INFORMATION st;
	const ULONG device[2] = { 8, 17 };
	UCHAR answer[128];
	HANDLE h = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		metadata(kinds[i].mode | 0621, 1, 2);
		add(LX_FILE_METADATA_DEVICE_ID_EA_NAME, device, 8);
		ST("RP15", make(US(u"node"), FILE_CREATE, FILE_OPEN_REPARSE_POINT), SUCCESS);
		st = stat_of(US(u"node"));
		EQ("RP15", st.Lx.ReparseTag, kinds[i].tag);
		EQ("EA18", st.Lx.LxMode, kinds[i].mode | 0621);
		EQ("EA18", st.Lx.LxDeviceIdMajor == 8 && st.Lx.LxDeviceIdMinor == 17, 1);
		EQ("lx", mode_of("node"), S_IFREG | 0600); /* no privilege needed */
		ST("RP11", create(&h, US(u"node"), RW, SHARE_ALL, FILE_OPEN, SYNC),
		   IO_REPARSE_TAG_NOT_HANDLED);
		h = must(US(u"node"), FILE_GENERIC_READ, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
		ST("lx", NtReadFile(h, NULL, NULL, NULL, &iosb, answer, 1, NULL, NULL),
		   INVALID_DEVICE_REQUEST);
		EQ("lx", IoIsDirectCapable(h), FALSE);
		NtClose(h);
		ST("setup", delete (US(u"node")), SUCCESS);
	}
	metadata(S_IFLNK | 0777, 1, 2);
	add(LX_FILE_SYMLINK_EA_NAME, "../target", 9);
	ST("RP15", make(US(u"link"), FILE_CREATE, FILE_OPEN_REPARSE_POINT), SUCCESS);
	st = stat_of(US(u"link"));
	EQ("RP15", st.Lx.LxMode, S_IFLNK | 0777);
	EQ("RP15", st.Lx.EndOfFile.QuadPart, 9); /* st_size of a link */
	h = must(US(u"link"), FILE_GENERIC_READ, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
	ST("RP15",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, answer,
			   sizeof(answer)),
	   SUCCESS);
	EQ("RP15", iosb.Information, 8 + 4 + 9);
	EQ("RP15", answer[8] == 2 && !memcmp(answer + 12, "../target", 9), 1);
	EQ("RP15", NtQueryEaFile(h, &iosb, list, sizeof(list), FALSE, NULL, 0, NULL, TRUE), 0);
	EQ("EA18", iosb.Information, 20 + 20 + 19); /* mode, uid, gid: the target is no EA */
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"link2"), 0), SUCCESS);
	EQ("RN14", stat_of(US(u"link2")).Lx.LxMode, S_IFLNK | 0777);
	NtClose(h);
	ST("setup", delete (US(u"link2")), SUCCESS);
	ST("setup", delete (US(u"link")), SUCCESS);
	metadata(S_IFLNK | 0777, 1, 2);
	ST("RP15", make(US(u"link"), FILE_CREATE, 0), INVALID_PARAMETER); /* to nowhere */
}

/* A guest's xattrs: names are case-sensitive, values may be empty. */
static void xattrs(void)
{
	HANDLE h = must(US(u"x"), RW, FILE_CREATE, 0);
	UCHAR answer[256];

	start();
	add("LX.user.Name", "v", 1);
	ST("lx", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
	start();
	add("LX.user.name", "w", 1);
	ST("lx", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
	ST("lx", NtQueryEaFile(h, &iosb, answer, sizeof(answer), TRUE, NULL, 0, NULL, TRUE),
	   SUCCESS);
	EQ("lx", memcmp(answer + 8, "LX.user.Name\0v", 14), 0);
	((FILE_FULL_EA_INFORMATION *)(void *)list)->Flags = FILE_EA_LXRUN_CREATE;
	ST("lx", NtSetEaFile(h, &iosb, list, list_length), OBJECT_NAME_COLLISION);
	start();
	add("LX.user.none", "", 0);
	ST("lx", NtSetEaFile(h, &iosb, list, list_length), NONEXISTENT_EA_ENTRY);
	((FILE_FULL_EA_INFORMATION *)(void *)list)->Flags = FILE_EA_LXRUN_EMPTY;
	ST("lx", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
	NtClose(h);
	ST("setup", delete (US(u"x")), SUCCESS);
}

/* What a creation that was killed left behind is not seen, and goes. */
static void killed(void)
{
	HANDLE h = NULL;
	int held;

	make_directory(US(u"place"));
	EQ("setup", mkdir(host("place/.lxrun~0123456789abcdef"), 0700), 0);
	EQ("setup", close(open(host("place/.lxrun~0123456789abcdee"), O_CREAT | O_WRONLY, 0600)),
	   0);
	ST("atomic", exists(US(u"place\\.lxrun~0123456789abcdef")), OBJECT_NAME_NOT_FOUND);
	ST("atomic", create(&h, US(u"place\\.lxrun~x"), RW, SHARE_ALL, FILE_CREATE, SYNC),
	   OBJECT_NAME_INVALID);
	/* One that is still at work is left alone: the directory is not empty yet. */
	held = open(host("place/.lxrun~0123456789abcdef"), O_RDONLY | O_DIRECTORY);
	EQ("setup", flock(held, LOCK_EX), 0);
	ST("atomic", delete (US(u"place")), SUCCESS);
	ST("atomic", exists(US(u"place")), SUCCESS);
	EQ("atomic", access(host("place/.lxrun~0123456789abcdee"), F_OK), -1);
	close(held);
	ST("atomic", delete (US(u"place")), SUCCESS);
	ST("atomic", exists(US(u"place")), OBJECT_NAME_NOT_FOUND);
}

/* O_TMPFILE, then a name. */
static void unnamed(void)
{
	HANDLE h = NULL;

	metadata(S_IFREG | 0600, 5, 6);
	ST("lx",
	   NtCreateFile(&h, RW, OA(US(u""), 0, base), &iosb, NULL, 0, SHARE_ALL, FILE_CREATE,
			SYNC | FILE_LXRUN_TMPFILE, list, list_length),
	   SUCCESS);
	ST("lx", set_name(h, FileLinkInformation, base, US(u"given"), 0), SUCCESS);
	NtClose(h);
	EQ("lx", stat_of(US(u"given")).Lx.LxUid, 5);
	ST("setup", delete (US(u"given")), SUCCESS);
}

int main(void)
{
	nt_start();
	open_base();
	leak_start();
	attributes();
	of_root();
	long_link();
	nt_link();
	directories();
	special_files();
	xattrs();
	killed();
	unnamed();
	leak_check();
	close_base();
	return nt_end("lx");
}
