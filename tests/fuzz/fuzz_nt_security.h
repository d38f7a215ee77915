/* SPDX-License-Identifier: MIT */
/* fuzz_nt_security.h - calls of fuzz_nt: tokens, descriptors, processes, jobs. */
#ifndef FUZZ_NT_SECURITY_H
#define FUZZ_NT_SECURITY_H
#include "fuzz_nt_choose.h"
#include "nt/ex.h"
#include "nt/se.h"

static SE_SID(sid_world, 1, 1, 0);
static SE_SID(sid_user, 22, 2, 1, 0);
static SE_SID(sid_creator, 3, 1, 0);
static SE_SID(sid_odd, 5, 3, 21, 1, 2);
static PSID const sids[] = { &sid_world, &sid_user, &sid_creator, &sid_odd };

/* A list that is well-formed but for one byte, if at all. Its memory is as long as it says. */
static PACL list(struct in *in)
{
	ULONG size = 8 + (u8(in) & 7) * 24, n = u8(in) & 7;
	PACL acl = calloc(1, size);

	assert(acl);
	RtlCreateAcl(acl, size, ACL_REVISION);
	while (n--) {
		PSID sid = PICK(in, sids);
		unsigned b = u8(in);

		if (b & 64)
			RtlAddAccessDeniedAceEx(acl, ACL_REVISION, b & 31, access_mask(in), sid);
		else
			RtlAddAccessAllowedAceEx(acl, ACL_REVISION, b & 31, access_mask(in), sid);
	}
	if (size > 8 && u8(in) < 32)
		((char *)acl)[4 + u32(in) % (size - 4)] = (char)u8(in); /* but for AclSize */
	acl->AclSize = (USHORT)size;
	return acl;
}

/* Absolute; Dacl to be freed. */
static void make_descriptor(struct in *in, SECURITY_DESCRIPTOR *sd)
{
	unsigned b = u8(in);

	RtlCreateSecurityDescriptor(sd, SECURITY_DESCRIPTOR_REVISION);
	sd->Owner = b & 1 ? PICK(in, sids) : NULL;
	sd->Group = b & 2 ? PICK(in, sids) : NULL;
	sd->Dacl = list(in);
	sd->Control = (USHORT)(b & 4 ? SE_DACL_PRESENT : 0);
}

/* A file with a descriptor, in a directory that may have one to inherit from. */
static void create_guarded(struct in *in, SECURITY_DESCRIPTOR *sd)
{
	static const ULONG options[] = { 0, FILE_DIRECTORY_FILE, FILE_OPEN_FOR_BACKUP_INTENT,
					 FILE_LXRUN_TMPFILE };
	struct attributes a;
	POBJECT_ATTRIBUTES oa = attributes(in, &a, KIND_FILE);
	IO_STATUS_BLOCK iosb;
	HANDLE h = NULL;
	NTSTATUS status;

	if (oa)
		oa->SecurityDescriptor = u8(in) < 240 ? (PVOID)sd : (PVOID)(ULONG_PTR)u8(in);
	status = NtCreateFile(&h, access_mask(in), oa, &iosb, NULL, 0, u8(in) & 7, u8(in) % 6,
			      PICK(in, options), NULL, 0);
	keep(in, status, h, KIND_FILE);
}

/* The thread acts as somebody else; what is left of that is ended by be_oneself(). */
static void op_impersonate(struct in *in)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality) - (u8(in) > 250), u8(in) % 5, 0,
						0 };
	HANDLE h = u8(in) & 3 ? handle(in, KIND_TOKEN) : NULL, token = NULL;
	unsigned b = u8(in);
	NTSTATUS status;

	switch (b & 3) {
	case 0:
		NtImpersonateThread(NtCurrentThread(),
				    b & 64 ? handle(in, KIND_PROCESS) : NtCurrentThread(),
				    &quality);
		break;
	case 1:
		NtSetInformationThread(NtCurrentThread(),
				       b & 128 ? u8(in) % 8 : ThreadImpersonationToken, &h,
				       b & 64 ? sizeof(h) : length(in) % sizeof(h));
		break;
	default:
		status = NtOpenThreadToken(NtCurrentThread(), access_mask(in), b & 64, &token);
		keep(in, status, token, KIND_TOKEN);
	}
}

static void be_oneself(void)
{
	HANDLE none = NULL;

	assert(NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &none,
				      sizeof(none)) == STATUS_SUCCESS);
	assert(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, FALSE, &none) == STATUS_NO_TOKEN);
}

static void op_security(struct in *in)
{
	SECURITY_DESCRIPTOR sd;
	OBJECT_ATTRIBUTES *oa;
	struct attributes a;
	ULONG size = length(in), needed;
	struct buffer buf;
	HANDLE h = NULL;
	NTSTATUS status;
	PACL dacl;

	make_descriptor(in, &sd);
	dacl = sd.Dacl;
	switch (u8(in) % 6) {
	case 0:
		oa = attributes(in, &a, KIND_DIRECTORY);
		if (oa)
			oa->SecurityDescriptor = &sd;
		status = u8(in) & 1 ? NtCreateDirectoryObject(&h, access_mask(in), oa)
				    : NtCreateEvent(&h, access_mask(in), oa, 0, FALSE);
		keep(in, status, h, KIND_DIRECTORY);
		break;
	case 4:
		create_guarded(in, &sd);
		break;
	case 1:
	case 5:
		h = handle(in, u8(in) & 1 ? KIND_DIRECTORY : u8(in) & 1 ? KIND_EVENT : KIND_FILE);
		if (kind_of(h) != KIND_LINK)
			NtSetSecurityObject(h, u8(in) & 15, u8(in) < 240 ? &sd : NULL);
		break;
	default:
		buf = buffer(in, size);
		h = handle(in, u8(in) & 1 ? KIND_DIRECTORY : KIND_FILE);
		status = NtQuerySecurityObject(h, u8(in) & 15, buf.data, size, &needed);
		if (status == STATUS_SUCCESS) /* what is told is whole, and in the buffer */
			assert(needed <= size &&
			       RtlValidRelativeSecurityDescriptor(buf.data, needed, 0));
		free(buf.base);
	}
	free(dacl);
}

static void op_token(struct in *in)
{
	static const ULONG numbers[] = { SE_CHANGE_NOTIFY_PRIVILEGE, SE_RESTORE_PRIVILEGE, 99,
					 SE_SECURITY_PRIVILEGE };
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), u8(in) % 5, 0, 0 };
	OBJECT_ATTRIBUTES oa = { .Length = sizeof(oa), .SecurityQualityOfService = &quality };
	TOKEN_PRIVILEGES state = { 1, { { { PICK(in, numbers), 0 }, u8(in) & 6 } } }, before;
	ULONG size = length(in), needed;
	struct buffer buf;
	HANDLE h = NULL;
	NTSTATUS status;
	unsigned b = u8(in);

	switch (b % 4) {
	case 0:
		status = NtOpenProcessToken(b & 64 ? handle(in, KIND_NONE) : NtCurrentProcess(),
					    access_mask(in), &h);
		keep(in, status, h, KIND_TOKEN);
		break;
	case 1:
		status = NtDuplicateToken(handle(in, KIND_TOKEN), access_mask(in), &oa, b & 16,
					  b >> 6, &h);
		keep(in, status, h, KIND_TOKEN);
		break;
	case 2:
		buf = buffer(in, size);
		NtQueryInformationToken(handle(in, KIND_TOKEN), u8(in) % 12, buf.data, size,
					&needed);
		free(buf.base);
		break;
	default:
		NtAdjustPrivilegesToken(handle(in, KIND_TOKEN), b & 64, &state, length(in) % 17,
					b & 128 ? &before : NULL, &needed);
	}
}

static void op_access_check(struct in *in)
{
	static const GENERIC_MAPPING mapping = { 1, 2, 4, 0x1F0007 };
	PRIVILEGE_SET set;
	ULONG size = sizeof(set);
	ACCESS_MASK granted;
	SECURITY_DESCRIPTOR sd;
	NTSTATUS access;
	PACL dacl;

	make_descriptor(in, &sd);
	dacl = sd.Dacl;
	NtAccessCheck(&sd, handle(in, KIND_TOKEN), access_mask(in), &mapping, &set, &size, &granted,
		      &access);
	free(dacl);
}

static void op_process(struct in *in)
{
	OBJECT_ATTRIBUTES oa = { .Length = sizeof(oa) };
	CLIENT_ID id = { (HANDLE)(ULONG_PTR)(u8(in) & 31), (HANDLE)(ULONG_PTR)(u8(in) & 31) };
	ULONG size = length(in), needed;
	struct buffer buf = buffer(in, size);
	HANDLE h = NULL;
	NTSTATUS status;
	unsigned b = u8(in);

	switch (b % 4) {
	case 0:
		status = NtOpenProcess(&h, access_mask(in), &oa, b & 64 ? NULL : &id);
		keep(in, status, h, KIND_PROCESS);
		break;
	case 1:
		status = NtOpenThread(&h, access_mask(in), &oa, &id);
		keep(in, status, h, KIND_PROCESS);
		break;
	case 2:
		NtQueryInformationProcess(handle(in, KIND_PROCESS), u8(in) % 24, buf.data, size,
					  &needed);
		break;
	default:
		NtQueryInformationThread(handle(in, KIND_PROCESS), u8(in) % 24, buf.data, size,
					 &needed);
	}
	free(buf.base);
}

static void op_system(struct in *in)
{
	ULONG size = length(in), needed;
	struct buffer buf = buffer(in, size);
	PRIVILEGE_SET set = { 1, u8(in) & 1, { { { u8(in) & 31, 0 }, 0 } } };
	BOOLEAN result;

	NtQuerySystemInformation(u8(in) % 10, buf.data, size, &needed);
	NtPrivilegeCheck(handle(in, KIND_TOKEN), &set, &result);
	NtTestAlert();
	free(buf.base);
}

static void op_job(struct in *in)
{
	struct attributes a;
	ULONG size = u8(in) & 1 ? length(in) : u8(in) & 1 ? 144 : 64, needed;
	struct buffer buf = buffer(in, size);
	HANDLE h = NULL;
	NTSTATUS status;
	unsigned b = u8(in);

	switch (b % 6) {
	case 0:
		status = NtCreateJobObject(&h, access_mask(in), attributes(in, &a, KIND_DIRECTORY));
		keep(in, status, h, KIND_JOB);
		break;
	case 1:
		status = NtOpenJobObject(&h, access_mask(in), attributes(in, &a, KIND_DIRECTORY));
		keep(in, status, h, KIND_JOB);
		break;
	case 2:
		NtQueryInformationJobObject(handle(in, KIND_JOB), u8(in) % 12, buf.data, size,
					    &needed);
		break;
	case 3:
		NtSetInformationJobObject(handle(in, KIND_JOB), b & 64 ? 9 : u8(in) % 12, buf.data,
					  size);
		break;
	case 4:
		NtAssignProcessToJobObject(handle(in, KIND_JOB), handle(in, KIND_PROCESS));
		break;
	default:
		NtIsProcessInJob(handle(in, KIND_PROCESS), handle(in, KIND_JOB));
		NtTerminateJobObject(handle(in, KIND_JOB), 1);
	}
	free(buf.base);
}
#endif
