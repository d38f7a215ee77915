/* SPDX-License-Identifier: MIT */
/* fuzz_nt_objects.h - calls of fuzz_nt: name space, handles, dispatcher objects. */
#ifndef FUZZ_NT_OBJECTS_H
#define FUZZ_NT_OBJECTS_H
#include "fuzz_nt_choose.h"

/* ---- object manager ---- */

static void op_close(struct in *in)
{
	HANDLE h = handle(in, KIND_FILE);
	NTSTATUS status;

	if (is_root(h))
		return;
	status = NtClose(h);
	assert(!closable(h) || status == STATUS_SUCCESS);
	forget(h);
}

static void op_duplicate(struct in *in)
{
	HANDLE h = handle(in, KIND_EVENT), copy = NULL;
	unsigned b = u8(in);
	enum kind kind = kind_of(h);
	NTSTATUS status;

	if (b & DUPLICATE_CLOSE_SOURCE && !closable(h))
		b &= ~DUPLICATE_CLOSE_SOURCE;
	status = NtDuplicateObject(b & 64 ? handle(in, KIND_NONE) : NtCurrentProcess(), h,
				   NtCurrentProcess(), b & 128 ? NULL : &copy, access_mask(in),
				   b & 8 ? OBJ_INHERIT : 0, b & 7);
	if (b & DUPLICATE_CLOSE_SOURCE &&
	    ObQueryHandleAccess(h, &(ACCESS_MASK){ 0 }) == STATUS_INVALID_HANDLE)
		forget(h);
	if (!(b & 128))
		keep(in, status, copy, kind);
}

static void op_query_object(struct in *in)
{
	ULONG size = length(in), needed = 0;
	struct buffer buf = buffer(in, size);

	NtQueryObject(handle(in, KIND_FILE), (OBJECT_INFORMATION_CLASS)(u8(in) % 5), buf.data, size,
		      u8(in) & 1 ? &needed : NULL);
	free(buf.base);
}

static void op_compare(struct in *in)
{
	HANDLE h = handle(in, KIND_DIRECTORY);

	NtCompareObjects(handle(in, KIND_EVENT), h);
	if (kind_of(h) != KIND_LINK) /* \??\C: is to stay */
		NtMakeTemporaryObject(h);
}

static void op_directory(struct in *in)
{
	struct attributes a;
	ULONG size = length(in), context = u8(in) & 3, needed;
	struct buffer buf;
	HANDLE h = NULL;
	NTSTATUS status;

	switch (u8(in) % 3) {
	case 0:
		status = NtCreateDirectoryObject(&h, access_mask(in),
						 attributes(in, &a, KIND_DIRECTORY));
		keep(in, status, h, KIND_DIRECTORY);
		break;
	case 1:
		status = NtOpenDirectoryObject(&h, access_mask(in),
					       attributes(in, &a, KIND_DIRECTORY));
		keep(in, status, h, KIND_DIRECTORY);
		break;
	default:
		buf = buffer(in, size);
		NtQueryDirectoryObject(handle(in, KIND_DIRECTORY), buf.data, size, u8(in) & 1,
				       u8(in) & 1, &context, &needed);
		free(buf.base);
	}
}

static void op_link(struct in *in)
{
	struct attributes a;
	UNICODE_STRING target;
	WCHAR room[300];
	ULONG size = length(in), needed = 0;
	struct buffer buf;
	HANDLE h = NULL;
	NTSTATUS status;

	switch (u8(in) % 3) {
	case 0:
		status = NtCreateSymbolicLinkObject(&h, access_mask(in),
						    attributes(in, &a, KIND_DIRECTORY),
						    name(in, &target, room));
		keep(in, status, h, KIND_LINK);
		break;
	case 1:
		status = NtOpenSymbolicLinkObject(&h, access_mask(in),
						  attributes(in, &a, KIND_DIRECTORY));
		keep(in, status, h, KIND_LINK);
		break;
	default:
		buf = buffer(in, size);
		target = (UNICODE_STRING){ 0, (USHORT)size, (PWSTR)buf.data };
		NtQuerySymbolicLinkObject(handle(in, KIND_LINK), &target, &needed);
		free(buf.base);
	}
}

/* ---- dispatcher ---- */

static void op_create_waitable(struct in *in)
{
	struct attributes a;
	unsigned what = u8(in), b = u8(in);
	ACCESS_MASK access = access_mask(in);
	POBJECT_ATTRIBUTES oa = attributes(in, &a, KIND_DIRECTORY);
	HANDLE h = NULL;
	NTSTATUS status;

	switch (what % 8) {
	case 0:
		status = NtCreateEvent(&h, access, oa, b % 3, b & 4);
		keep(in, status, h, KIND_EVENT);
		break;
	case 1:
		status = NtOpenEvent(&h, access, oa);
		keep(in, status, h, KIND_EVENT);
		break;
	case 2:
		status = NtCreateMutant(&h, access, oa, b & 1);
		keep(in, status, h, KIND_MUTANT);
		break;
	case 3:
		status = NtOpenMutant(&h, access, oa);
		keep(in, status, h, KIND_MUTANT);
		break;
	case 4:
		status = NtCreateSemaphore(&h, access, oa, b & 3, b & 16 ? INT32_MAX : b & 3);
		keep(in, status, h, KIND_SEMAPHORE);
		break;
	case 5:
		status = NtOpenSemaphore(&h, access, oa);
		keep(in, status, h, KIND_SEMAPHORE);
		break;
	case 6:
		status = NtCreateTimer(&h, access, oa, b % 3);
		keep(in, status, h, KIND_TIMER);
		break;
	default:
		status = NtOpenTimer(&h, access, oa);
		keep(in, status, h, KIND_TIMER);
	}
}

static void op_signal(struct in *in)
{
	static const LONG counts[] = { 1, 0, 2, -1, INT32_MAX };
	LARGE_INTEGER due = { .QuadPart = offset(in) };
	LONG previous;
	BOOLEAN state;

	switch (u8(in) % 9) {
	case 0:
		NtSetEvent(handle(in, KIND_EVENT), &previous);
		break;
	case 1:
		NtResetEvent(handle(in, KIND_EVENT), NULL);
		break;
	case 2:
		NtPulseEvent(handle(in, KIND_EVENT), &previous);
		break;
	case 3:
		NtClearEvent(handle(in, KIND_EVENT));
		break;
	case 4:
		NtReleaseMutant(handle(in, KIND_MUTANT), &previous);
		break;
	case 5:
		NtReleaseSemaphore(handle(in, KIND_SEMAPHORE), PICK(in, counts), &previous);
		break;
	case 6:
		NtSetTimer(handle(in, KIND_TIMER), u8(in) < 240 ? &due : NULL, NULL, NULL, FALSE,
			   u8(in) & 3, &state);
		break;
	case 7:
		NtCancelTimer(handle(in, KIND_TIMER), &state);
		break;
	default:
		NtAlertThread(NtCurrentThread());
	}
}

static void op_query_waitable(struct in *in)
{
	ULONG size = length(in), needed;
	struct buffer buf = buffer(in, size);
	unsigned what = u8(in), class = u8(in) & 1;

	if (what % 4 == 0)
		NtQueryEvent(handle(in, KIND_EVENT), class, buf.data, size, &needed);
	else if (what % 4 == 1)
		NtQueryMutant(handle(in, KIND_MUTANT), class, buf.data, size, NULL);
	else if (what % 4 == 2)
		NtQuerySemaphore(handle(in, KIND_SEMAPHORE), class, buf.data, size, &needed);
	else
		NtQueryTimer(handle(in, KIND_TIMER), class, buf.data, size, &needed);
	free(buf.base);
}

static void op_wait(struct in *in)
{
	static const ULONG counts[] = { 1, 2, 3, 4, 0, 65 };
	LARGE_INTEGER now = { .QuadPart = 0 };
	HANDLE several[65];
	ULONG count = PICK(in, counts);

	if (u8(in) & 1) {
		NtWaitForSingleObject(handle(in, KIND_EVENT + u8(in) % 4), u8(in) & 1, &now);
		return;
	}
	for (ULONG i = 0; i < LENGTH(several); i++)
		several[i] = i < 4 ? handle(in, KIND_EVENT + u8(in) % 4) : NULL;
	NtWaitForMultipleObjects(count, several, u8(in) % 3, u8(in) & 1, &now);
}
#endif
