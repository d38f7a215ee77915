/* SPDX-License-Identifier: MIT */
/*
 * nt.c - the NT layer alone, without a guest; file calls beside what the host needs for the same.
 *
 *   nt MS    every row, MS milliseconds each: "NAME<tab>HOST NANOSECONDS<tab>NT NANOSECONDS", 0 where
 *            the host has nothing like it
 *
 * Rows of names in a directory of 10,000 compare two NT calls: exactly as spelled, and in other letters
 * without case. One thread; its CPU time is what counts, so that others on the machine do not. Files are
 * made in the current directory and removed again.
 */
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/ps.h"
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES 10000
#define WINDOWS 9

static int host_dir, many_dir;
static HANDLE dirs[3], many, event;

static void must(NTSTATUS status, const char *what)
{
	if (!NT_SUCCESS(status))
		errx(1, "%s: %s", what, NtStatusName(status));
}

static HANDLE open_volume(const char *root, VOLUME_PERSONALITY personality)
{
	WCHAR text[64] = u"\\Device\\HarddiskVolume";
	UNICODE_STRING name = { 22 * 2, sizeof(text), text };
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK iosb;
	char digits[16];
	ULONG number;
	HANDLE h;

	must(IoCreateVolume(root, personality, &number), "volume");
	snprintf(digits, sizeof(digits), "%u\\", number);
	for (char *p = digits; *p; p++, name.Length += 2)
		text[name.Length / 2] = (WCHAR)*p;
	InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
	must(NtOpenFile(&h, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &iosb,
			FILE_SHARE_VALID_FLAGS, FILE_DIRECTORY_FILE),
	     "root");
	return h;
}

static void host_open(int unused)
{
	struct stat st;
	int fd = openat(host_dir, "file", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || close(fd))
		err(1, "open");
}

static void nt_open(int personality)
{
	static UNICODE_STRING name = RTL_CONSTANT_STRING(u"file");
	FILE_STANDARD_INFORMATION info;
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK iosb;
	HANDLE h;

	InitializeObjectAttributes(&attributes, &name, 0, dirs[personality], NULL);
	must(NtOpenFile(&h, FILE_READ_DATA | SYNCHRONIZE, &attributes, &iosb,
			FILE_SHARE_VALID_FLAGS, FILE_SYNCHRONOUS_IO_NONALERT),
	     "open");
	must(NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileStandardInformation),
	     "query");
	NtClose(h);
}

static void lookup(int first_letter)
{
	static ULONG n;
	WCHAR text[] = u"name00000";
	UNICODE_STRING name = { 18, 18, text };
	OBJECT_ATTRIBUTES attributes;
	FILE_BASIC_INFORMATION info;
	ULONG v = n++ % ENTRIES;

	text[0] = (WCHAR)first_letter;
	for (int i = 8; i > 3; i--, v /= 10)
		text[i] = (WCHAR)('0' + v % 10);
	InitializeObjectAttributes(&attributes, &name,
				   first_letter == 'n' ? 0 : OBJ_CASE_INSENSITIVE, many, NULL);
	must(NtQueryAttributesFile(&attributes, &info), "lookup");
}

/* A new object, a handle to it, and both gone. */
static void create_and_close(int unused)
{
	HANDLE h;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	NtClose(h);
}

static void duplicate_and_close(int unused)
{
	HANDLE h;

	NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &h, 0, 0,
			  DUPLICATE_SAME_ACCESS);
	NtClose(h);
}

static void satisfied_wait(int unused)
{
	NtWaitForSingleObject(event, FALSE, NULL);
}

static const struct row {
	const char *name;
	void (*host)(int);
	int host_arg;
	void (*nt)(int);
	int nt_arg;
} rows[] = {
	{ "open+query+close, host volume", host_open, 0, nt_open, VolumePersonalityHost },
	{ "open+query+close, lx volume", host_open, 0, nt_open, VolumePersonalityLx },
	{ "open+query+close, win volume", host_open, 0, nt_open, VolumePersonalityWin },
	{ "10,000 names: other letters / exact", lookup, 'n', lookup, 'N' },
	{ "NtCreateEvent+NtClose", NULL, 0, create_and_close, 0 },
	{ "NtDuplicateObject+NtClose", NULL, 0, duplicate_and_close, 0 },
	{ "satisfied NtWaitForSingleObject", NULL, 0, satisfied_wait, 0 },
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double window(void (*run)(int), int arg, int64_t ns)
{
	int64_t begin = now(), at;
	long calls = 0;

	do {
		for (int i = 0; i < 64; i++)
			run(arg);
		calls += 64;
		at = now();
	} while (at < begin + ns);
	return (double)(at - begin) / (double)calls;
}

/* Both sides take turns, so that noise hits both; medians. */
static void measure(const struct row *row, int64_t ns)
{
	double host[WINDOWS] = { 0 }, nt[WINDOWS];

	if (row->host)
		row->host(row->host_arg);
	row->nt(row->nt_arg);
	for (int i = 0; i < WINDOWS; i++) {
		if (row->host)
			host[i] = window(row->host, row->host_arg, ns / WINDOWS / 2);
		nt[i] = window(row->nt, row->nt_arg, ns / WINDOWS / 2);
	}
	qsort(host, WINDOWS, sizeof(*host), ascending);
	qsort(nt, WINDOWS, sizeof(*nt), ascending);
	printf("%s\t%.0f\t%.0f\n", row->name, host[WINDOWS / 2], nt[WINDOWS / 2]);
	fflush(stdout);
}

/*
 * Names are looked up warm: all of them have been, in both spellings, since the directory and its files
 * settled (what changed within the last second is asked for anew each time).
 */
static void warm_up(void)
{
	usleep(1100000);
	for (int i = 0; i < 2 * ENTRIES; i++)
		lookup(i < ENTRIES ? 'n' : 'N');
}

int main(int argc, char **argv)
{
	char root[] = "nt.XXXXXX", name[32];

	if (argc < 2 || !mkdtemp(root) || mkdirat(AT_FDCWD, "nt.many", 0755))
		errx(2, "usage: nt MS, in a directory where it may make files");
	must(ObInitSystem(), "ob");
	must(KeInitSystem(), "ke");
	must(IoInitSystem(), "io");
	host_dir = open(root, O_PATH | O_DIRECTORY);
	many_dir = open("nt.many", O_PATH | O_DIRECTORY);
	close(openat(host_dir, "file", O_CREAT | O_WRONLY, 0644));
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "name%05d", i);
		close(openat(many_dir, name, O_CREAT | O_WRONLY, 0644));
	}
	for (int i = 0; i < 3; i++)
		dirs[i] = open_volume(root, (VOLUME_PERSONALITY)i);
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
	many = open_volume("nt.many", VolumePersonalityWin);
	warm_up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		measure(&rows[i], atoi(argv[1]) * INT64_C(1000000));
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "name%05d", i);
		unlinkat(many_dir, name, 0);
	}
	unlinkat(host_dir, "file", 0);
	return rmdir(root) || rmdir("nt.many");
}
