/* SPDX-License-Identifier: MIT */
/*
 * Every allocation and every host call below each NT call fails once: the call then says so, leaves no
 * object, handle or descriptor behind, and nothing half done. File calls are tried on a volume of each
 * personality.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fault.h"
#include "nt/ex.h"
#include "nt/io.h"
#include "nt/mm.h"
#include "nt/se.h"

#define SELF NtCurrentProcess()
#define SYNC FILE_SYNCHRONOUS_IO_NONALERT

static char root_path[] = "/tmp/lxrun-faults-XXXXXX";
static HANDLE root;              /* of the volume that is tried */
static HANDLE file, directory;   /* "old", open for everything; the root for listing */
static HANDLE event, dir_object; /* unnamed event; \BaseNamedObjects\fault */
static HANDLE section, port, token, job;
static HANDLE made; /* what the call returned */
static void *view;
static IO_STATUS_BLOCK iosb;
static _Alignas(8) char room[8192];

#define US(lit) (&(UNICODE_STRING)RTL_CONSTANT_STRING(lit))
#define OA(name, base) \
	(&(OBJECT_ATTRIBUTES){ sizeof(OBJECT_ATTRIBUTES), (base), (name), 0, NULL, NULL })
#define NUMBER(n) (&(LARGE_INTEGER){ .QuadPart = (n) })

/* ---- the calls ---- */
static NTSTATUS open_or_make(PUNICODE_STRING name, ACCESS_MASK access, ULONG disposition,
			     ULONG options, HANDLE *h)
{
	return NtCreateFile(h, access | SYNCHRONIZE, OA(name, root), &iosb, NULL, 0,
			    FILE_SHARE_VALID_FLAGS, disposition, options | SYNC, NULL, 0);
}

static NTSTATUS create_event(void)
{
	return NtCreateEvent(&made, EVENT_ALL_ACCESS, OA(US(u"new"), dir_object), 0, FALSE);
}
static NTSTATUS create_directory_object(void)
{
	return NtCreateDirectoryObject(&made, DIRECTORY_ALL_ACCESS, OA(US(u"new"), dir_object));
}
static NTSTATUS create_link(void)
{
	return NtCreateSymbolicLinkObject(&made, SYMBOLIC_LINK_ALL_ACCESS,
					  OA(US(u"new"), dir_object), US(u"\\??"));
}
static NTSTATUS follow_link(void)
{
	return NtOpenDirectoryObject(&made, DIRECTORY_QUERY,
				     OA(US(u"\\??\\GLOBALROOT\\BaseNamedObjects\\fault"), NULL));
}
static NTSTATUS create_mutant(void)
{
	return NtCreateMutant(&made, MUTANT_ALL_ACCESS, NULL, FALSE);
}
static NTSTATUS create_semaphore(void)
{
	return NtCreateSemaphore(&made, SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
}
static NTSTATUS create_timer(void)
{
	return NtCreateTimer(&made, TIMER_ALL_ACCESS, NULL, NotificationTimer);
}
static NTSTATUS duplicate(void)
{
	return NtDuplicateObject(SELF, event, SELF, &made, 0, 0, DUPLICATE_SAME_ACCESS);
}
static NTSTATUS create_port(void)
{
	return NtCreateIoCompletion(&made, GENERIC_ALL, NULL, 0);
}
static NTSTATUS post(void)
{
	return NtSetIoCompletion(port, NULL, NULL, 0, 0);
}
static NTSTATUS create_job(void)
{
	return NtCreateJobObject(&made, JOB_OBJECT_ALL_ACCESS, NULL);
}
static NTSTATUS copy_token(void)
{
	return NtDuplicateToken(token, TOKEN_QUERY, NULL, FALSE, TokenPrimary, &made);
}
static NTSTATUS system_basic(void)
{
	return NtQuerySystemInformation(SystemBasicInformation, room,
					sizeof(SYSTEM_BASIC_INFORMATION), NULL);
}

static NTSTATUS create_guarded(void)
{
	SECURITY_DESCRIPTOR sd;
	OBJECT_ATTRIBUTES *oa = OA(US(u"new"), dir_object);

	RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
	oa->SecurityDescriptor = &sd;
	return NtCreateEvent(&made, EVENT_ALL_ACCESS, oa, 0, FALSE);
}

static NTSTATUS set_security(void)
{
	SECURITY_DESCRIPTOR sd;

	RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
	RtlSetDaclSecurityDescriptor(&sd, TRUE, NULL, FALSE);
	return NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &sd);
}

static NTSTATUS impersonate(void)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityImpersonation, 0, 0 };
	NTSTATUS status = NtImpersonateThread(NtCurrentThread(), NtCurrentThread(), &quality);
	HANDLE none = NULL;

	NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &none, sizeof(none));
	return status;
}

static NTSTATUS make_guarded(PUNICODE_STRING name, ULONG options)
{
	OBJECT_ATTRIBUTES *oa = OA(name, root);
	SECURITY_DESCRIPTOR sd;

	RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
	oa->SecurityDescriptor = &sd;
	return NtCreateFile(&made, FILE_READ_ATTRIBUTES | READ_CONTROL | WRITE_DAC, oa, &iosb, NULL,
			    0, FILE_SHARE_VALID_FLAGS, FILE_OPEN_IF, options, NULL, 0);
}
static NTSTATUS guarded_file(void)
{
	return make_guarded(US(u"new"), 0);
}
static NTSTATUS guarded_directory(void)
{
	return make_guarded(US(u"new"), FILE_DIRECTORY_FILE);
}

/* A file with a descriptor in a directory with one: opened, asked and changed. */
static NTSTATUS file_security(void)
{
	SECURITY_DESCRIPTOR sd;
	ULONG needed;
	NTSTATUS status = make_guarded(US(u"dir\\guarded"), 0);

	RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
	if (NT_SUCCESS(status))
		status = NtQuerySecurityObject(made, DACL_SECURITY_INFORMATION, room, sizeof(room),
					       &needed);
	if (NT_SUCCESS(status))
		status = NtSetSecurityObject(made, DACL_SECURITY_INFORMATION, &sd);
	if (!NT_SUCCESS(status) && made) {
		NtClose(made);
		made = NULL;
	}
	return status;
}

static NTSTATUS create_section(void)
{
	return NtCreateSection(&made, SECTION_ALL_ACCESS, NULL, NUMBER(65536), PAGE_READWRITE,
			       SEC_COMMIT, NULL);
}
static NTSTATUS reserve_section(void)
{
	return NtCreateSection(&made, SECTION_ALL_ACCESS, NULL, NUMBER(65536), PAGE_READWRITE,
			       SEC_RESERVE, NULL);
}
static NTSTATUS file_section(void)
{
	return NtCreateSection(&made, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT,
			       file);
}

/* The smallest PE file: headers, no section. */
static NTSTATUS image_section(void)
{
	static const struct {
		ULONG at, value;
	} words[] = { { 0, 0x5A4D },      { 60, 64 },    { 64, 0x4550 },  { 68, 0x8664 },
		      { 84, 0x00220070 }, { 88, 0x20B }, { 120, 0x1000 }, { 124, 0x200 },
		      { 144, 0x1000 },    { 148, 0x200 } };
	static UCHAR pe[512];
	NTSTATUS status;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		memcpy(pe + words[i].at, &words[i].value, 4);
	status = NtWriteFile(file, NULL, NULL, NULL, &iosb, pe, sizeof(pe), NUMBER(0), NULL);
	return NT_SUCCESS(status) ? NtCreateSection(&made, SECTION_ALL_ACCESS, NULL, NULL,
						    PAGE_READONLY, SEC_IMAGE, file)
				  : status;
}

static NTSTATUS map_view(void)
{
	SIZE_T size = 0;

	return NtMapViewOfSection(section, SELF, &view, 0, 0, NULL, &size, ViewUnmap, 0,
				  PAGE_READWRITE);
}

static NTSTATUS allocate(void)
{
	SIZE_T size = 65536;

	return NtAllocateVirtualMemory(SELF, &view, 0, &size, MEM_RESERVE | MEM_COMMIT,
				       PAGE_READWRITE);
}

static NTSTATUS make_file(void)
{
	return open_or_make(US(u"new"), FILE_GENERIC_READ, FILE_CREATE, 0, &made);
}
static NTSTATUS make_directory(void)
{
	return open_or_make(US(u"new"), FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE,
			    &made);
}
static NTSTATUS open_file(void)
{
	return open_or_make(US(u"old"), FILE_GENERIC_READ, FILE_OPEN, 0, &made);
}
static NTSTATUS open_inner(void)
{
	return open_or_make(US(u"dir\\in"), FILE_READ_ATTRIBUTES, FILE_OPEN, 0, &made);
}
static NTSTATUS overwrite(void)
{
	return open_or_make(US(u"dir\\in"), FILE_GENERIC_WRITE, FILE_OVERWRITE, 0, &made);
}
static NTSTATUS supersede(void)
{
	return open_or_make(US(u"dir\\in"), FILE_GENERIC_WRITE | DELETE, FILE_SUPERSEDE, 0, &made);
}
static NTSTATUS read_file(void)
{
	return NtReadFile(file, NULL, NULL, NULL, &iosb, room, 4, NUMBER(0), NULL);
}
static NTSTATUS write_file(void)
{
	return NtWriteFile(file, NULL, NULL, NULL, &iosb, "more", 4, NUMBER(0), NULL);
}
static NTSTATUS flush(void)
{
	return NtFlushBuffersFile(file, &iosb);
}
static NTSTATUS query(FILE_INFORMATION_CLASS class, ULONG size)
{
	return NtQueryInformationFile(file, &iosb, room, size, class);
}
static NTSTATUS query_basic(void)
{
	return query(FileBasicInformation, sizeof(FILE_BASIC_INFORMATION));
}
static NTSTATUS query_standard(void)
{
	return query(FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION));
}
static NTSTATUS query_name(void)
{
	return query(FileNameInformation, 600);
}
static NTSTATUS query_lx(void)
{
	return query(FileStatLxInformation, sizeof(FILE_STAT_LX_INFORMATION));
}
static NTSTATUS query_volume(void)
{
	return NtQueryVolumeInformationFile(file, &iosb, room,
					    sizeof(FILE_FS_FULL_SIZE_INFORMATION),
					    FileFsFullSizeInformation);
}
static NTSTATUS by_name(void)
{
	return NtQueryInformationByName(OA(US(u"old"), root), &iosb, room,
					sizeof(FILE_STAT_LX_INFORMATION), FileStatLxInformation);
}
static NTSTATUS list(void)
{
	return NtQueryDirectoryFile(directory, NULL, NULL, NULL, &iosb, room, sizeof(room),
				    FileDirectoryInformation, FALSE, NULL, TRUE);
}
static NTSTATUS cut(void)
{
	return NtSetInformationFile(file, &iosb, NUMBER(2), 8, FileEndOfFileInformation);
}
static NTSTATUS query_eas(void)
{
	return NtQueryEaFile(file, &iosb, room, sizeof(room), FALSE, NULL, 0, NULL, TRUE);
}
static NTSTATUS delete_by_name(void)
{
	return NtDeleteFile(OA(US(u"dir\\in"), root));
}

static NTSTATUS set_name(FILE_INFORMATION_CLASS class)
{
	FILE_RENAME_INFORMATION *info = (FILE_RENAME_INFORMATION *)room;

	memset(room, 0, 128);
	info->RootDirectory = root;
	info->FileNameLength = 6;
	memcpy(info->FileName, u"new", 6);
	return NtSetInformationFile(file, &iosb, info, 128, class);
}

static NTSTATUS rename_file(void)
{
	return set_name(FileRenameInformation);
}
static NTSTATUS link_file(void)
{
	return set_name(FileLinkInformation);
}

static NTSTATUS set_times(void)
{
	FILE_BASIC_INFORMATION info = { .LastWriteTime.QuadPart = NT_TIME_UNIX_EPOCH + 5 };

	return NtSetInformationFile(file, &iosb, &info, sizeof(info), FileBasicInformation);
}

static NTSTATUS set_ea(void)
{
	FILE_FULL_EA_INFORMATION *ea = (FILE_FULL_EA_INFORMATION *)room;

	memset(room, 0, 64);
	ea->EaNameLength = 3;
	ea->EaValueLength = 2;
	memcpy(ea->EaName, "KEY\0ab", 7);
	return NtSetEaFile(file, &iosb, room,
			   (ULONG)offsetof(FILE_FULL_EA_INFORMATION, EaName) + 6);
}

/* ---- what has become of it ---- */
static bool in_object_directory(void)
{
	HANDLE h;
	NTSTATUS status = NtOpenEvent(&h, 0, OA(US(u"new"), dir_object));

	if (h)
		NtClose(h);
	return status != STATUS_OBJECT_NAME_NOT_FOUND;
}

static bool on_volume(void)
{
	HANDLE h;
	NTSTATUS status = open_or_make(US(u"new"), FILE_READ_ATTRIBUTES, FILE_OPEN, 0, &h);

	if (h)
		NtClose(h);
	return status != STATUS_OBJECT_NAME_NOT_FOUND;
}

static bool is_mapped(void)
{
	return view != NULL;
}

struct row {
	const char *name;
	NTSTATUS (*call)(void);
	bool (*there)(
		void); /* the effect can be seen, with a name or in view; NULL: no such effect */
};
#define ROW(call, there)           \
	{                          \
#call, call, there \
	}
static const struct row object_rows[] = {
	ROW(create_event, in_object_directory),
	ROW(create_directory_object, in_object_directory),
	ROW(create_link, in_object_directory),
	ROW(create_guarded, in_object_directory),
	ROW(follow_link, NULL),
	ROW(create_mutant, NULL),
	ROW(create_semaphore, NULL),
	ROW(create_timer, NULL),
	ROW(duplicate, NULL),
	ROW(create_port, NULL),
	ROW(post, NULL),
	ROW(create_job, NULL),
	ROW(copy_token, NULL),
	ROW(system_basic, NULL),
	ROW(set_security, NULL),
	ROW(impersonate, NULL),
	ROW(create_section, NULL),
	ROW(reserve_section, NULL),
	ROW(map_view, is_mapped),
	ROW(allocate, is_mapped),
};
static const struct row file_rows[] = {
	ROW(make_file, on_volume),
	ROW(make_directory, on_volume),
	ROW(guarded_file, on_volume),
	ROW(guarded_directory, on_volume),
	ROW(file_security, NULL),
	ROW(open_file, NULL),
	ROW(open_inner, NULL),
	ROW(overwrite, NULL),
	ROW(supersede, NULL),
	ROW(read_file, NULL),
	ROW(write_file, NULL),
	ROW(flush, NULL),
	ROW(query_basic, NULL),
	ROW(query_standard, NULL),
	ROW(query_name, NULL),
	ROW(query_lx, NULL),
	ROW(query_volume, NULL),
	ROW(by_name, NULL),
	ROW(list, NULL),
	ROW(cut, NULL),
	ROW(set_times, NULL),
	ROW(rename_file, on_volume),
	ROW(link_file, on_volume),
	ROW(set_ea, NULL),
	ROW(query_eas, NULL),
	ROW(delete_by_name, NULL),
	ROW(file_section, NULL),
	ROW(image_section, NULL),
};

/* ---- before and after ---- */
static void empty_tree(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	char inner[512];

	while (dir && (d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, d->d_name);
		if (unlink(inner)) {
			empty_tree(inner);
			rmdir(inner);
		}
	}
	if (dir)
		closedir(dir);
}

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void prepare_files(void)
{
	HANDLE h;

	assert_int_equal(
		open_or_make(US(u"dir"), FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE, &h),
		STATUS_SUCCESS);
	NtClose(h);
	assert_int_equal(open_or_make(US(u"dir\\in"), FILE_GENERIC_WRITE, FILE_CREATE, 0, &h),
			 STATUS_SUCCESS);
	NtClose(h);
	assert_int_equal(open_or_make(US(u"old"), FILE_ALL_ACCESS, FILE_CREATE, 0, &file),
			 STATUS_SUCCESS);
	assert_int_equal(NtWriteFile(file, NULL, NULL, NULL, &iosb, "data", 4, NULL, NULL),
			 STATUS_SUCCESS);
	assert_int_equal(open_or_make(US(u""), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE,
				      &directory),
			 STATUS_SUCCESS);
}

static void drop_files(void)
{
	NtClose(file);
	NtClose(directory);
	empty_tree(root_path);
}

static void undo(void)
{
	void *base = view, *key, *value;
	SIZE_T size = 0;

	if (made)
		NtClose(made);
	if (view && NtUnmapViewOfSection(SELF, view))
		assert_int_equal(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE),
				 STATUS_SUCCESS);
	NtRemoveIoCompletion(port, &key, &value, &iosb, NUMBER(0));
	made = NULL;
	view = NULL;
}

static const char *const door_names[] = { "allocation", "host call" };

/* The n-th pass of door fails. Returns false if the call has no n-th pass. */
static bool fail_one(const struct row *row, enum fault_door door, uint64_t n, NTSTATUS usual)
{
	ULONG objects = ObQueryObjectCount(), handles = ObQueryHandleCount();
	unsigned fds = descriptors();
	NTSTATUS status;
	bool fired, good;

	fault_arm(door, n);
	status = row->call();
	fired = !fault_armed(door);
	fault_arm(door, 0);
	/* G1, and what failed has not happened. */
	good = NT_SUCCESS(status) || !made;
	if (row->there)
		good = good && row->there() == NT_SUCCESS(status);
	if (fired && door == FAULT_ALLOC)
		good = good && (NT_SUCCESS(status) || status == STATUS_NO_MEMORY ||
				status == STATUS_INSUFFICIENT_RESOURCES);
	if (!fired)
		good = good && status == usual;
	undo();
	for (int i = 0; i < 200 && ObQueryObjectCount() != objects; i++)
		usleep(1000);
	good = good && ObQueryObjectCount() == objects && ObQueryHandleCount() == handles &&
	       descriptors() == fds;
	if (!good)
		fail_msg("%s, %s %u fails: %s; %d objects, %d handles, %d descriptors more",
			 row->name, door_names[door], (unsigned)n, NtStatusName(status),
			 (int)(ObQueryObjectCount() - objects),
			 (int)(ObQueryHandleCount() - handles), (int)(descriptors() - fds));
	return fired;
}

/* Returns how many failures there were. */
static unsigned fail_all(const struct row *row, void (*prepare)(void), void (*drop)(void))
{
	NTSTATUS usual = STATUS_SUCCESS;
	unsigned total = 0;

	for (enum fault_door door = 0; door < FAULT_DOORS; door++)
		for (uint64_t n = 0;; n++) { /* 0: nothing fails, caches fill */
			bool fired;

			if (prepare)
				prepare();
			fired = n ? fail_one(row, door, n, usual) : true;
			if (!n) {
				usual = row->call();
				undo();
			}
			if (drop)
				drop();
			if (!fired)
				break;
			total += n > 0;
			assert_true(n < 400);
		}
	return total;
}

static void objects_survive_every_failure(void **state)
{
	unsigned total = 0;

	for (size_t i = 0; i < sizeof(object_rows) / sizeof(object_rows[0]); i++)
		total += fail_all(&object_rows[i], NULL, NULL);
	print_message("%u failures\n", total);
	assert_true(total > 20);
}

static HANDLE open_volume(VOLUME_PERSONALITY personality)
{
	WCHAR text[64] = u"\\Device\\HarddiskVolume";
	UNICODE_STRING name = { 44, sizeof(text), text };
	char digits[16];
	ULONG number;
	HANDLE h;

	assert_int_equal(IoCreateVolume(root_path, personality, &number), STATUS_SUCCESS);
	snprintf(digits, sizeof(digits), "%u\\", number);
	for (char *p = digits; *p; p++, name.Length += 2)
		text[name.Length / 2] = (WCHAR)*p;
	assert_int_equal(NtOpenFile(&h, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE,
				    OA(&name, NULL), &iosb, FILE_SHARE_VALID_FLAGS,
				    SYNC | FILE_DIRECTORY_FILE),
			 STATUS_SUCCESS);
	return h;
}

static void try_files(VOLUME_PERSONALITY personality)
{
	unsigned total = 0;

	empty_tree(root_path); /* of a test that has failed */
	root = open_volume(personality);
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++)
		total += fail_all(&file_rows[i], prepare_files, drop_files);
	NtClose(root);
	print_message("%u failures\n", total);
	assert_true(total > 60);
}

static void files_survive_every_failure(void **state)
{
	try_files(VolumePersonalityHost);
}
static void files_of_lx_volumes_do(void **state)
{
	try_files(VolumePersonalityLx);
}
static void files_of_win_volumes_do(void **state)
{
	try_files(VolumePersonalityWin);
}

static int start(void **state)
{
	if (!mkdtemp(root_path) || !NT_SUCCESS(ObInitSystem()) || !NT_SUCCESS(KeInitSystem()) ||
	    !NT_SUCCESS(IoInitSystem()))
		return -1;
	return !NT_SUCCESS(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE)) ||
	       !NT_SUCCESS(NtCreateDirectoryObject(&dir_object, DIRECTORY_ALL_ACCESS,
						   OA(US(u"\\BaseNamedObjects\\fault"), NULL))) ||
	       !NT_SUCCESS(create_section()) || (section = made, !NT_SUCCESS(create_port())) ||
	       (port = made, made = NULL) ||
	       !NT_SUCCESS(NtOpenProcessToken(SELF, TOKEN_ALL_ACCESS, &token)) ||
	       !NT_SUCCESS(NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL));
}

static int finish(void **state)
{
	empty_tree(root_path);
	return rmdir(root_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_survive_every_failure),
		cmocka_unit_test(files_survive_every_failure),
		cmocka_unit_test(files_of_lx_volumes_do),
		cmocka_unit_test(files_of_win_volumes_do),
	};

	return cmocka_run_group_tests(tests, start, finish);
}
