/* SPDX-License-Identifier: MIT */
/*
 * file_threads.c - many threads on the same few files: FCBs, deletion, cached names, cursors and
 * watches come and go under each other's feet. Statuses depend on the order and are not judged, apart
 * from those that no order explains; sanitizers judge the rest, and nothing may be left behind.
 * ntshim only: it is about our locks.
 */
#include "filetest.h"

#if NTSHIM
#define THREADS 4
#define ROUNDS  400

static HANDLE pipe_in;

static UNICODE_STRING name_of(WCHAR text[3], unsigned n)
{
	text[0] = u'n';
	text[1] = (WCHAR)(u'0' + n % 3);
	return (UNICODE_STRING){ 4, 4, text };
}

/* On a win volume names are looked up without case, by all threads in one directory's table. */
#define NAME_FLAGS (FILETEST_PERSONALITY == VolumePersonalityWin ? OBJ_CASE_INSENSITIVE : 0)

static NTSTATUS open_shared(HANDLE *h, PUNICODE_STRING name, ACCESS_MASK access, ULONG disposition,
			    ULONG options)
{
	IO_STATUS_BLOCK io;

	return NtCreateFile(h, access | SYNCHRONIZE, OA(name, NAME_FLAGS, base), &io, NULL, 0,
			    SHARE_ALL, disposition, SYNC | FILE_OPEN_REPARSE_POINT | options, NULL,
			    0);
}

static void write_and_delete(PUNICODE_STRING name, unsigned n)
{
	FILE_DISPOSITION_INFORMATION_EX how = { FILE_DISPOSITION_DELETE |
						(n & 8 ? FILE_DISPOSITION_POSIX_SEMANTICS : 0) };
	IO_STATUS_BLOCK io;
	HANDLE h;

	if (!NT_SUCCESS(open_shared(&h, name, RW | DELETE, FILE_OPEN_IF, 0)))
		return;
	NtWriteFile(h, NULL, NULL, NULL, &io, "x", 1, NULL, NULL);
	NtSetInformationFile(h, &io, &how, sizeof(how), FileDispositionInformationEx);
	NtClose(h);
}

static void directory_round(PUNICODE_STRING name)
{
	_Alignas(8) char buf[512];
	IO_STATUS_BLOCK io;
	HANDLE h;

	if (NT_SUCCESS(open_shared(&h, name, FILE_LIST_DIRECTORY, FILE_OPEN_IF,
				   FILE_DIRECTORY_FILE | FILE_LXRUN_CACHE_NAME)))
		NtClose(h);
	NtQueryDirectoryFile(base, NULL, NULL, NULL, &io, buf, sizeof(buf), FileNamesInformation,
			     FALSE, NULL, TRUE);
	NtDeleteFile(OA(name, 0, base));
}

static void rename_round(PUNICODE_STRING name, unsigned n)
{
	struct {
		FILE_RENAME_INFORMATION info;
		WCHAR room[8];
	} to = { .info = { .Flags = FILE_RENAME_POSIX_SEMANTICS | FILE_RENAME_REPLACE_IF_EXISTS,
			   .RootDirectory = base,
			   .FileNameLength = 4 } };
	IO_STATUS_BLOCK io;
	WCHAR text[3];
	HANDLE h;

	if (!NT_SUCCESS(open_shared(&h, name, DELETE, FILE_OPEN, 0)))
		return;
	name_of(text, n + 1);
	memcpy(to.info.FileName, text, 4);
	NtSetInformationFile(h, &io, &to, sizeof(to), FileRenameInformationEx);
	NtClose(h);
}

static void watched(PVOID context, ULONG ready)
{
	(*(_Atomic int *)context)++;
}

static void watch_round(void)
{
	_Atomic int calls = 0;
	PIO_WATCH watch;

	if (!NT_SUCCESS(IoWatchReadiness(pipe_in, IO_READY_READ, watched, (PVOID)&calls, &watch)))
		abort();
	IoUnwatchReadiness(watch);
	if (calls > 1)
		abort();
}

static void run(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg * 7919;
	USN_JOURNAL_DATA journal;
	IO_STATUS_BLOCK io;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned n = seed = seed * 1103515245 + 12345;
		WCHAR text[3];
		UNICODE_STRING name = name_of(text, n >> 20);

		switch (n >> 16 & 3) {
		case 0:
			write_and_delete(&name, n >> 10);
			break;
		case 1:
			directory_round(&name);
			break;
		case 2:
			rename_round(&name, n >> 20);
			break;
		default:
			watch_round();
			break;
		}
		NtFsControlFile(base, NULL, NULL, NULL, &io, FSCTL_QUERY_USN_JOURNAL, NULL, 0,
				&journal, sizeof(journal));
	}
}

static void stress(void)
{
	struct nt_thread threads[THREADS];

	for (size_t i = 0; i < THREADS; i++) {
		threads[i] = (struct nt_thread){ .routine = run,
						 .arg = (void *)(uintptr_t)(i + 1) };
		nt_thread_start(&threads[i]);
	}
	for (size_t i = 0; i < THREADS; i++)
		nt_thread_join(&threads[i]);
}

static void clean(void)
{
	WCHAR text[3];

	for (unsigned i = 0; i < 3; i++) {
		UNICODE_STRING name = name_of(text, i);

		NtDeleteFile(OA(&name, 0, base));
		ST("threads", exists(&name), OBJECT_NAME_NOT_FOUND);
	}
}

int main(void)
{
	IO_HOST_KIND kind;
	int fds[2];

	nt_start();
	open_base();
	EQ("setup", pipe(fds), 0);
	EQ("setup", write(fds[1], "x", 1), 1);
	ST("setup", IoOpenHostDescriptor(fds[0], &pipe_in, &kind), SUCCESS);
	watch_round();
	for (int i = 0; i < 300; i++)
		NtFsControlFile(base, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL, NULL, 0,
				&(USN_JOURNAL_DATA){ .NextUsn = 0 }, sizeof(USN_JOURNAL_DATA));
	NtClose(must(US(u"n0"), FILE_READ_ATTRIBUTES, FILE_CREATE,
		     FILE_DIRECTORY_FILE | FILE_LXRUN_CACHE_NAME));
	clean();
	leak_start();
	stress();
	clean();
	leak_check();
	NtClose(pipe_in);
	close(fds[1]);
	close_base();
	return nt_end("file_threads");
}
#else
int main(void)
{
	return 0;
}
#endif
