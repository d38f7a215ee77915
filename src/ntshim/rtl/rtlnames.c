/* SPDX-License-Identifier: MIT */
/* rtlnames.c - official names of control codes and flags, for lines of the nt channel. */
#include "nt/afd.h"
#include "nt/io.h"
#include "nt/mm.h"
#include "nt/rtl.h"
#include "nt/se.h"
#include <stdio.h>

typedef struct _NAME {
	ULONG Value;
	const char *Name;
} NAME;
#define N(name)             \
	{                   \
		name, #name \
	}

static const NAME Controls[] = {
	N(FSCTL_GET_REPARSE_POINT),
	N(FSCTL_SET_REPARSE_POINT),
	N(FSCTL_DELETE_REPARSE_POINT),
	N(FSCTL_SET_SPARSE),
	N(FSCTL_SET_ZERO_DATA),
	N(FSCTL_QUERY_ALLOCATED_RANGES),
	N(FSCTL_QUERY_USN_JOURNAL),
	N(FSCTL_READ_USN_JOURNAL),
	N(FSCTL_PIPE_DISCONNECT),
	N(FSCTL_PIPE_LISTEN),
	N(FSCTL_PIPE_PEEK),
	N(FSCTL_PIPE_TRANSCEIVE),
	N(FSCTL_PIPE_WAIT),
	N(FSCTL_PIPE_IMPERSONATE),
	N(IOCTL_AFD_BIND),
	N(IOCTL_AFD_CONNECT),
	N(IOCTL_AFD_START_LISTEN),
	N(IOCTL_AFD_WAIT_FOR_LISTEN),
	N(IOCTL_AFD_ACCEPT),
	N(IOCTL_AFD_RECEIVE),
	N(IOCTL_AFD_RECEIVE_DATAGRAM),
	N(IOCTL_AFD_SEND),
	N(IOCTL_AFD_SEND_DATAGRAM),
	N(IOCTL_AFD_POLL),
	N(IOCTL_AFD_PARTIAL_DISCONNECT),
	N(IOCTL_AFD_GET_ADDRESS),
	N(IOCTL_AFD_QUERY_RECEIVE_INFO),
	N(IOCTL_AFD_SET_INFORMATION),
	N(IOCTL_AFD_GET_REMOTE_ADDRESS),
	N(IOCTL_AFD_GET_INFORMATION),
	N(IOCTL_AFD_TRANSPORT_IOCTL),
	N(IOCTL_AFD_RECEIVE_MESSAGE),
	N(IOCTL_AFD_SEND_MESSAGE),
	N(IOCTL_AFD_LXRUN_ACCEPT),
};

static const NAME Memory[] = { N(MEM_COMMIT), N(MEM_RESERVE),  N(MEM_DECOMMIT),   N(MEM_RELEASE),
			       N(MEM_RESET),  N(MEM_TOP_DOWN), N(MEM_LXRUN_PICO), { 0, NULL } };
static const NAME Protections[] = { N(PAGE_NOACCESS),
				    N(PAGE_READONLY),
				    N(PAGE_READWRITE),
				    N(PAGE_WRITECOPY),
				    N(PAGE_EXECUTE),
				    N(PAGE_EXECUTE_READ),
				    N(PAGE_EXECUTE_READWRITE),
				    N(PAGE_EXECUTE_WRITECOPY),
				    N(PAGE_GUARD),
				    { 0, NULL } };
static const NAME Security[] = { N(OWNER_SECURITY_INFORMATION),
				 N(GROUP_SECURITY_INFORMATION),
				 N(DACL_SECURITY_INFORMATION),
				 N(SACL_SECURITY_INFORMATION),
				 { 0, NULL } };
static const NAME Filters[] = { N(FILE_NOTIFY_CHANGE_FILE_NAME),
				N(FILE_NOTIFY_CHANGE_DIR_NAME),
				N(FILE_NOTIFY_CHANGE_ATTRIBUTES),
				N(FILE_NOTIFY_CHANGE_SIZE),
				N(FILE_NOTIFY_CHANGE_LAST_WRITE),
				N(FILE_NOTIFY_CHANGE_LAST_ACCESS),
				N(FILE_NOTIFY_CHANGE_CREATION),
				N(FILE_NOTIFY_CHANGE_EA),
				N(FILE_NOTIFY_CHANGE_SECURITY),
				N(FILE_NOTIFY_CHANGE_STREAM_NAME),
				N(FILE_NOTIFY_CHANGE_STREAM_SIZE),
				N(FILE_NOTIFY_CHANGE_STREAM_WRITE),
				{ 0, NULL } };
static const NAME Duplicates[] = { N(DUPLICATE_CLOSE_SOURCE),
				   N(DUPLICATE_SAME_ACCESS),
				   N(DUPLICATE_SAME_ATTRIBUTES),
				   { 0, NULL } };
#define STANDARD                                                                  \
	N(DELETE), N(READ_CONTROL), N(WRITE_DAC), N(WRITE_OWNER), N(SYNCHRONIZE), \
	{                                                                         \
		0, NULL                                                           \
	}
static const NAME Accesses[] = { STANDARD };
static const NAME ProcessAccesses[] = { N(PROCESS_ALL_ACCESS),        N(PROCESS_TERMINATE),
					N(PROCESS_VM_OPERATION),      N(PROCESS_VM_READ),
					N(PROCESS_VM_WRITE),          N(PROCESS_SET_QUOTA),
					N(PROCESS_QUERY_INFORMATION), STANDARD };
static const NAME ThreadAccesses[] = { N(THREAD_ALL_ACCESS),
				       N(THREAD_TERMINATE),
				       N(THREAD_ALERT),
				       N(THREAD_SET_CONTEXT),
				       N(THREAD_QUERY_INFORMATION),
				       N(THREAD_SET_THREAD_TOKEN),
				       N(THREAD_IMPERSONATE),
				       N(THREAD_DIRECT_IMPERSONATION),
				       STANDARD };
static const NAME TokenAccesses[] = { N(TOKEN_ALL_ACCESS),
				      N(TOKEN_ASSIGN_PRIMARY),
				      N(TOKEN_DUPLICATE),
				      N(TOKEN_IMPERSONATE),
				      N(TOKEN_QUERY),
				      N(TOKEN_QUERY_SOURCE),
				      N(TOKEN_ADJUST_PRIVILEGES),
				      N(TOKEN_ADJUST_GROUPS),
				      N(TOKEN_ADJUST_DEFAULT),
				      N(TOKEN_ADJUST_SESSIONID),
				      STANDARD };
static const NAME *const Kinds[] = {
	[RtlpMemoryType] = Memory,
	[RtlpProtection] = Protections,
	[RtlpSecurityInformation] = Security,
	[RtlpNotifyFilter] = Filters,
	[RtlpDuplicateOptions] = Duplicates,
	[RtlpStandardAccess] = Accesses,
	[RtlpProcessAccess] = ProcessAccesses,
	[RtlpThreadAccess] = ThreadAccesses,
	[RtlpTokenAccess] = TokenAccesses,
};

const char *RtlpControlName(ULONG Code)
{
	static _Thread_local char Number[16];

	for (ULONG i = 0; i < sizeof(Controls) / sizeof(Controls[0]); i++)
		if (Controls[i].Value == Code)
			return Controls[i].Name;
	snprintf(Number, sizeof(Number), "0x%x", Code);
	return Number;
}

const char *RtlpFlagNames(char Text[RTLP_TEXT], RTLP_FLAGS Kind, ULONG Value)
{
	int n = 0;

	for (const NAME *Flag = Kinds[Kind]; Flag->Name && n < RTLP_TEXT; Flag++)
		if ((Value & Flag->Value) == Flag->Value) {
			n += snprintf(Text + n, (SIZE_T)(RTLP_TEXT - n), "%s%s", n ? "|" : "",
				      Flag->Name);
			Value &= ~Flag->Value;
		}
	if (n < RTLP_TEXT && (Value || !n))
		snprintf(Text + n, (SIZE_T)(RTLP_TEXT - n), Value ? "%s0x%x" : "%s0", n ? "|" : "",
			 Value);
	return Text;
}
