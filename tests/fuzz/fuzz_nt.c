/* SPDX-License-Identifier: MIT */
/*
 * fuzz_nt.c - any bytes as a sequence of NT calls: handles of all types in sixteen slots, names that
 * clash, buffers of every wrong length. Afterwards everything is closed, and nothing may be left: no
 * object, no handle, no host descriptor, no name, no share mode. Buffers have exactly the length that
 * the call is told, so that the address sanitizer sees a byte too many.
 *
 *	clang -fsanitize=fuzzer,address -DLIBFUZZER ...      libFuzzer brings its own main
 *	fuzz_nt FILE...                                       runs the files given (AFL++, regressions)
 *	fuzz_nt [-s SEED] [-t SECONDS] [-v]                   seeds from SEED on for so long (default: 1, 4 s)
 *
 * A failure names its seed; -s SEED -t 0 -v runs that one alone and traces its calls.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/trace.h"
#include "fuzz_nt_files.h"
#include "fuzz_nt_memory.h"
#include "fuzz_nt_net.h"
#include "fuzz_nt_objects.h"
#include "fuzz_nt_pipe.h"
#include "fuzz_nt_security.h"

static char volume[64];
static unsigned long long executions, calls, seed;

/* Repeated rows come up more often. */
static void (*const ops[])(struct in *in) = {
	op_close,
	op_close,
	op_duplicate,
	op_query_object,
	op_compare,
	op_directory,
	op_link,
	op_create_waitable,
	op_create_waitable,
	op_signal,
	op_query_waitable,
	op_wait,
	op_create_file,
	op_create_file,
	op_create_file,
	op_create_file,
	op_read_write,
	op_read_write,
	op_query_file,
	op_query_file,
	op_rename,
	op_rename,
	op_set_file,
	op_set_file,
	op_enumerate,
	op_ea,
	op_ea,
	op_control,
	op_delete_file,
	op_section,
	op_section,
	op_port,
	op_port,
	op_bind_port,
	op_lock,
	op_lock,
	op_notify,
	op_pipe,
	op_pipe,
	op_pipe,
	op_pipe,
	op_socket,
	op_socket,
	op_socket,
	op_socket,
	op_security,
	op_security,
	op_token,
	op_token,
	op_access_check,
	op_impersonate,
	op_impersonate,
	op_process,
	op_system,
	op_copy_memory,
	op_job,
	op_job,
	op_view,
	op_view,
	op_image,
	op_image,
	op_view,
	op_memory,
	op_memory,
	op_memory,
	op_touch_memory,
};

#define FIRST_USE 8 /* descriptors that may still appear */

/* ---- one run, and what must hold after it ---- */

static unsigned host_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void remove_tree(const char *path, bool top)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	char inner[512];

	while (dir && (d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, d->d_name);
		if (unlink(inner)) {
			chmod(inner, 0700);
			remove_tree(inner, false);
		}
	}
	if (dir)
		closedir(dir);
	if (!top)
		rmdir(path);
}

/* With nothing open, whatever is left can be opened for everything and shared with nobody. */
static void check_shares(void)
{
	static const WCHAR *const left[] = { u"a", u"b", u"d", u"e", u"d\\a", u"d\\b" };

	for (size_t i = 0; i < LENGTH(left); i++) {
		UNICODE_STRING string = { (USHORT)(i < 4 ? 2 : 6), (USHORT)(i < 4 ? 2 : 6),
					  (PWSTR)left[i] };
		OBJECT_ATTRIBUTES oa;
		IO_STATUS_BLOCK iosb;
		HANDLE h;
		NTSTATUS status;

		InitializeObjectAttributes(&oa, &string, 0, root, NULL);
		status = NtCreateFile(
			&h, FILE_READ_DATA | DELETE | SYNCHRONIZE, &oa, &iosb, NULL, 0, 0,
			FILE_OPEN, FILE_OPEN_REPARSE_POINT | FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0);
		assert(status != STATUS_SHARING_VIOLATION && status != STATUS_DELETE_PENDING);
		if (h)
			NtClose(h);
	}
}

static void check_names(void)
{
	UNICODE_STRING string = RTL_CONSTANT_STRING(u"\\BaseNamedObjects");
	OBJECT_ATTRIBUTES oa;
	ULONG context = 0, needed;
	char room[512];
	HANDLE h;

	InitializeObjectAttributes(&oa, &string, 0, NULL, NULL);
	assert(NtOpenDirectoryObject(&h, DIRECTORY_QUERY, &oa) == STATUS_SUCCESS);
	assert(NtQueryDirectoryObject(h, room, sizeof(room), FALSE, TRUE, &context, &needed) ==
	       STATUS_NO_MORE_ENTRIES);
	NtClose(h);
}

static void run(const uint8_t *data, size_t size)
{
	struct in in = { data, data + size };

	root = roots[u8(&in) % LENGTH(roots)];
	while (in.at < in.end) {
		PICK(&in, ops)(&in);
		calls++;
	}
	be_oneself();
	free_memory();
	for (int i = 0; i < SLOTS; i++)
		if (slots[i]) {
			assert(NtClose(slots[i]) == STATUS_SUCCESS);
			slots[i] = NULL;
		}
	settle_pending();
	KeTestAlertThread(KeGetCurrentThread());
	check_names();
	check_shares();
}

static const char *const names[] = { "host", "lx", "win" };
static const VOLUME_PERSONALITY personalities[] = { VolumePersonalityHost, VolumePersonalityLx,
						    VolumePersonalityWin };

/* The first one gets the drive letter as well. */
static void open_volume(VOLUME_PERSONALITY personality, const char *name, HANDLE *h)
{
	WCHAR text[40] = u"\\Device\\HarddiskVolume";
	UNICODE_STRING string = { 46 + 2, sizeof(text), text };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	char path[128];
	ULONG number;

	snprintf(path, sizeof(path), "%s/%s", volume, name);
	assert(!mkdir(path, 0700));
	assert(IoCreateVolume(path, personality, &number) == STATUS_SUCCESS && number < 10);
	text[22] = (WCHAR)(u'0' + number);
	text[23] = u'\\';
	InitializeObjectAttributes(&oa, &string, 0, NULL, NULL);
	assert(NtOpenFile(h, SYNCHRONIZE, &oa, &iosb, FILE_SHARE_VALID_FLAGS,
			  FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT) == STATUS_SUCCESS);
}

static void empty_volumes(void)
{
	char path[128];

	for (size_t i = 0; i < LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", volume, names[i]);
		remove_tree(path, true);
	}
}

static void start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	snprintf(volume, sizeof(volume), "/tmp/fuzz_nt.XXXXXX");
	assert(mkdtemp(volume));
	assert(NT_SUCCESS(ObInitSystem()) && NT_SUCCESS(KeInitSystem()) &&
	       NT_SUCCESS(IoInitSystem()));
	for (size_t i = 0; i < LENGTH(roots); i++)
		open_volume(personalities[i], names[i], &roots[i]);
	find_arena();
	run((const uint8_t *)"", 0);
}

static void finish(void)
{
	for (size_t i = 0; i < LENGTH(roots); i++)
		NtClose(roots[i]);
	remove_tree(volume, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct timespec moment = { 0, 50000 };
	static unsigned host;
	ULONG objects, handles;

	start();
	alarm(30); /* a call that never returns is a finding, too */
	objects = ObQueryObjectCount();
	handles = ObQueryHandleCount();
	run(data, size);
	assert(ObQueryHandleCount() == handles);
	/* Whoever completes a request drops it a moment after the request is known to be done. */
	for (int i = 0; i < 40000 && ObQueryObjectCount() != objects; i++)
		nanosleep(&moment, NULL);
	assert(ObQueryObjectCount() == objects);
	empty_volumes();
	/* Pollers, journals and rings open theirs on first use, once. */
	if (executions++ == 1000)
		host = host_descriptors();
	assert(executions <= 1000 || host_descriptors() <= host + FIRST_USE);
	return 0;
}

#ifndef LIBFUZZER
#include "fuzz_file.h"

static void run_seed(void)
{
	static uint8_t data[1024];
	unsigned long long x = seed * 0x9E3779B97F4A7C15ull + 1;
	size_t size;

	for (size_t i = 0; i < sizeof(data); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = (uint8_t)(x >> 24);
	}
	size = 64 + x % (sizeof(data) - 64);
	LLVMFuzzerTestOneInput(data, size);
}

static void tell(void)
{
	fprintf(stderr, "fuzz_nt: seed %llu\n", seed);
}

static void on_abort(int sig)
{
	(void)sig;
	tell();
}

static void on_stuck(int sig)
{
	(void)sig;
	tell();
	_exit(1);
}

int main(int argc, char **argv)
{
	long seconds = 4;
	int failed = 0, c;
	time_t begin = time(NULL);

	seed = 1;
	while ((c = getopt(argc, argv, "s:t:v")) != -1) {
		if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 't')
			seconds = atol(optarg);
		else
			trace_mask = TR_NT;
	}
	signal(SIGABRT, on_abort);
	signal(SIGALRM, on_stuck);
	for (c = optind; c < argc; c++)
		failed |= run_file(argv[c]);
	while (optind == argc) {
		run_seed();
		if (time(NULL) - begin >= seconds)
			break;
		seed++;
	}
	finish();
	printf("fuzz_nt: %llu runs, %llu calls, %ld s\n", executions, calls,
	       (long)(time(NULL) - begin));
	return failed;
}
#endif
