/* SPDX-License-Identifier: MIT */
/*
 * filetest.h - what the file tests share: a directory to work in, and calls with fewer arguments. On
 * ntshim the directory is the root of a volume over a temporary host directory.
 */
#ifndef FILETEST_H
#define FILETEST_H
#include "nttest.h"
#if NTSHIM
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

/* Which kind of volume it is. */
#ifndef FILETEST_PERSONALITY
#define FILETEST_PERSONALITY VolumePersonalityHost
#endif

#define RW        (FILE_GENERIC_READ | FILE_GENERIC_WRITE)
#define SHARE_ALL FILE_SHARE_VALID_FLAGS
#define SYNC      FILE_SYNCHRONOUS_IO_NONALERT
#define AT(n)     (&(LARGE_INTEGER){ .QuadPart = (n) })

static HANDLE base; /* the directory everything happens in */
static IO_STATUS_BLOCK iosb;

static inline NTSTATUS create_at(HANDLE root, HANDLE *h, PUNICODE_STRING name, ACCESS_MASK access,
				 ULONG share, ULONG disposition, ULONG options)
{
	iosb.Information = 99;
	return NtCreateFile(h, access, OA(name, 0, root), &iosb, NULL, FILE_ATTRIBUTE_NORMAL, share,
			    disposition, options, NULL, 0);
}

static inline NTSTATUS create(HANDLE *h, PUNICODE_STRING name, ACCESS_MASK access, ULONG share,
			      ULONG disposition, ULONG options)
{
	return create_at(base, h, name, access, share, disposition, options);
}

/* What opening says. */
static inline NTSTATUS try_open(PUNICODE_STRING name, ACCESS_MASK access, ULONG disposition,
				ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = create(&h, name, access, SHARE_ALL, disposition, options);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static inline HANDLE must(PUNICODE_STRING name, ACCESS_MASK access, ULONG disposition,
			  ULONG options)
{
	HANDLE h = NULL;

	ST("setup", create(&h, name, access | SYNCHRONIZE, SHARE_ALL, disposition, options | SYNC),
	   SUCCESS);
	return h;
}

/* Makes an empty file. */
static inline void touch(PUNICODE_STRING name)
{
	NtClose(must(name, RW, FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE));
}

static inline void make_directory(PUNICODE_STRING name)
{
	NtClose(must(name, FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE));
}

static inline NTSTATUS dispose(HANDLE h, BOOLEAN value)
{
	FILE_DISPOSITION_INFORMATION info = { value };

	return NtSetInformationFile(h, &iosb, &info, sizeof(info), FileDispositionInformation);
}

static inline NTSTATUS dispose_ex(HANDLE h, ULONG flags)
{
	FILE_DISPOSITION_INFORMATION_EX info = { flags };

	return NtSetInformationFile(h, &iosb, &info, sizeof(info), FileDispositionInformationEx);
}

static inline NTSTATUS delete (PUNICODE_STRING name)
{
	HANDLE h = NULL;
	NTSTATUS status = create(&h, name, DELETE | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
				 FILE_OPEN_REPARSE_POINT);

	if (NT_SUCCESS(status)) {
		status = dispose(h, TRUE);
		NtClose(h);
	}
	return status;
}

static inline NTSTATUS exists(PUNICODE_STRING name)
{
	HANDLE h = NULL;
	NTSTATUS status = create(&h, name, FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN,
				 FILE_OPEN_REPARSE_POINT);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static inline NTSTATUS set_name(HANDLE h, FILE_INFORMATION_CLASS class, HANDLE root,
				PUNICODE_STRING name, ULONG flags)
{
	struct {
		FILE_RENAME_INFORMATION info;
		WCHAR room[300];
	} buf = { .info = {
			  .Flags = flags, .RootDirectory = root, .FileNameLength = name->Length } };

	memcpy((char *)&buf + offsetof(FILE_RENAME_INFORMATION, FileName), name->Buffer,
	       name->Length);
	return NtSetInformationFile(h, &iosb, &buf, sizeof(buf), class);
}

static inline LONGLONG position(HANDLE h)
{
	FILE_POSITION_INFORMATION pos = { .CurrentByteOffset.QuadPart = -1 };

	NtQueryInformationFile(h, &iosb, &pos, sizeof(pos), FilePositionInformation);
	return pos.CurrentByteOffset.QuadPart;
}

#if NTSHIM
/* The host's path of name; of the last two that were asked for. */
static char host_root[] = "/tmp/lxrun-nt-XXXXXX";

static inline const char *host(const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", host_root, name);
	return path[turn];
}

/* A new volume over root, and its root directory. */
static inline HANDLE open_volume_as(const char *root, VOLUME_PERSONALITY personality, ULONG options)
{
	WCHAR text[64] = u"\\Device\\HarddiskVolume";
	UNICODE_STRING name = { 22 * 2, sizeof(text), text };
	HANDLE h = NULL;
	char digits[16];
	ULONG number;

	ST("setup", IoCreateVolume(root, personality, &number), SUCCESS);
	snprintf(digits, sizeof(digits), "%u\\", number);
	for (char *p = digits; *p; p++, name.Length += 2)
		text[name.Length / 2] = (WCHAR)*p;
	ST("setup",
	   NtOpenFile(&h, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE, OA(&name, 0, NULL),
		      &iosb, SHARE_ALL, SYNC | FILE_DIRECTORY_FILE | options),
	   SUCCESS);
	/* The volume's watch of names lasts as long as the volume: not a leak. */
	if (personality == VolumePersonalityWin) {
		HANDLE none = NULL;

		NtOpenFile(&none, FILE_READ_ATTRIBUTES,
			   OA(US(u"lxrun-none"), OBJ_CASE_INSENSITIVE, h), &iosb, SHARE_ALL, 0);
	}
	return h;
}

static inline HANDLE open_volume(const char *root, ULONG options)
{
	return open_volume_as(root, FILETEST_PERSONALITY, options);
}

static inline void open_base(void)
{
	if (!mkdtemp(host_root))
		abort();
	base = open_volume(host_root, 0);
}

static inline ULONG mode_of(const char *name)
{
	struct stat st;

	return lstat(host(name), &st) ? 0 : st.st_mode;
}

static inline void close_base(void)
{
	NtClose(base);
	EQ("setup", rmdir(host_root), 0);
}

/* No handle, object or descriptor may be left behind by what runs between the two. */
static ULONG handles_before, objects_before;
static int descriptors_before;

static inline int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/*
 * The state between requests: what one of them still holds (the file it was made for) goes in a moment, and a
 * watch that has fired is without its descriptor until it is set anew.
 */
static inline void leak_start(void)
{
	IoQueryHostBackend(); /* which is set up once and stays */
	handles_before = ObQueryHandleCount();
	objects_before = ObQueryObjectCount();
	descriptors_before = open_descriptors();
	for (int i = 0; i < 10; i++) {
		ULONG objects = ObQueryObjectCount();
		int descriptors = open_descriptors();

		if (objects < objects_before)
			objects_before = objects;
		if (descriptors > descriptors_before)
			descriptors_before = descriptors;
		NtDelayExecution(FALSE, RELATIVE_MS(5));
	}
}

static inline int leaks(void)
{
	return ObQueryHandleCount() != handles_before || ObQueryObjectCount() != objects_before ||
	       open_descriptors() > descriptors_before;
}

static inline void leak_check(void)
{
	/* A request may outlive the handle it was made with. */
	for (int i = 0; i < 1000 && leaks(); i++)
		NtDelayExecution(FALSE, RELATIVE_MS(10));
	EQ("leaks", ObQueryHandleCount(), handles_before);
	EQ("leaks", ObQueryObjectCount(), objects_before);
	EQ("leaks", open_descriptors() <= descriptors_before, 1);
}
#else
static inline void open_base(void)
{
	NtCreateFile(&base, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE,
		     OA(US(u"\\??\\C:\\lxrun-nt"), 0, NULL), &iosb, NULL, 0, SHARE_ALL,
		     FILE_OPEN_IF, SYNC | FILE_DIRECTORY_FILE, NULL, 0);
}

static inline void close_base(void)
{
	NtClose(base);
}

static inline void leak_start(void) {}

static inline void leak_check(void) {}
#endif
#endif
