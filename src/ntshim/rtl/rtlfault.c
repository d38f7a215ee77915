/* SPDX-License-Identifier: MIT */
/*
 * rtlfault.c - rules that make NT calls fail (nt/fault.h): parsing, matching, counting.
 *
 * Rules wait in Pending until NtFaultStart() hangs them on the calls they name; from then on they are
 * only read, except for their counters.
 */
#include "nt/fault.h"
#include "nt/io.h"
#include "base/alloc.h"
#include "base/occasion.h"
#include "base/text.h"
#include "base/trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_UNITS 4096

struct _NT_RULE {
	NT_RULE *Next; /* of the same call */
	NT_CALL *Call;
	NTSTATUS Status;
	struct occasion Occasion; /* of the calls that the path matches */
	char *Path;               /* owned; NULL: not given */
};

extern NT_CALL __start_nt_calls[], __stop_nt_calls[];
static NT_RULE *Pending;
static _Atomic ULONGLONG Hits;
static BOOLEAN Started;
static _Thread_local BOOLEAN Asking; /* the calls below are ours: no rule applies */

static const struct {
	const char *Name;
	NTSTATUS Value;
} Statuses[] = {
#define NTS(name, value, lxerrno, why) { #name, (NTSTATUS)(value) },
#include "nt/status.def"
#undef NTS
};

/* ---- parsing ---- */

static VOID ListCalls(struct text *Error)
{
	for (NT_CALL *Call = __start_nt_calls; Call < __stop_nt_calls; Call++)
		text_printf(Error, " %s", Call->Name);
}

static VOID ListStatuses(struct text *Error)
{
	for (SIZE_T i = 0; i < sizeof(Statuses) / sizeof(Statuses[0]); i++)
		if (!NT_SUCCESS(Statuses[i].Value))
			text_printf(Error, " STATUS_%s", Statuses[i].Name);
}

static NT_CALL *FindCall(const char *Name, SIZE_T Length)
{
	for (NT_CALL *Call = __start_nt_calls; Call < __stop_nt_calls; Call++)
		if (strlen(Call->Name) == Length && !memcmp(Call->Name, Name, Length))
			return Call;
	return NULL;
}

/* Calls that answer with nothing but a status and a status block: the others' outputs would be garbage. */
static const char *const Pretenders[] = {
	"NtAssignProcessToJobObject",
	"NtCancelIoFile",
	"NtClearEvent",
	"NtClose",
	"NtDelayExecution",
	"NtDeleteFile",
	"NtFlushBuffersFile",
	"NtLockFile",
	"NtMakePermanentObject",
	"NtMakeTemporaryObject",
	"NtSetEaFile",
	"NtSetInformationFile",
	"NtSetInformationJobObject",
	"NtSetInformationObject",
	"NtSetIoCompletion",
	"NtSetSecurityObject",
	"NtUnlockFile",
	"NtUnmapViewOfSection",
	"NtYieldExecution",
};

BOOLEAN NtFaultCanPretend(const char *Call)
{
	for (SIZE_T i = 0; i < sizeof(Pretenders) / sizeof(Pretenders[0]); i++)
		if (!strcmp(Pretenders[i], Call))
			return TRUE;
	return FALSE;
}

static BOOLEAN IsSuccess(const char *Name, SIZE_T Length)
{
	return (Length == 7 && !memcmp(Name, "SUCCESS", 7)) ||
	       (Length == 14 && !memcmp(Name, "STATUS_SUCCESS", 14));
}

/* A status that says the call did not do its work, or STATUS_SUCCESS. */
static NTSTATUS FindStatus(const char *Name, SIZE_T Length)
{
	static const char Prefix[] = "STATUS_";
	const SIZE_T Skip = sizeof(Prefix) - 1;
	NTSTATUS Status = STATUS_SUCCESS;

	if (Length > 2 && Name[0] == '0' && (Name[1] | 0x20) == 'x') {
		char *End;

		Status = (NTSTATUS)strtoul(Name, &End, 16);
		return End == Name + Length && !NT_SUCCESS(Status) ? Status : STATUS_SUCCESS;
	}
	if (Length > Skip && !memcmp(Name, Prefix, Skip)) {
		Name += Skip;
		Length -= Skip;
	}
	for (SIZE_T i = 0; i < sizeof(Statuses) / sizeof(Statuses[0]); i++)
		if (strlen(Statuses[i].Name) == Length && !memcmp(Statuses[i].Name, Name, Length))
			Status = Statuses[i].Value;
	return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
}

/* The part at *At, without its colon; \: is a colon of its own. NULL: out of memory. */
static char *NextPart(const char **At)
{
	char *Part = mem_alloc(strlen(*At) + 1), *Out = Part;

	for (; Part && **At && **At != ':'; ++*At) {
		if ((*At)[0] == '\\' && (*At)[1] == ':')
			++*At;
		*Out++ = **At;
	}
	if (Part)
		*Out = 0;
	return Part;
}

/* What is wrong with the part; NULL: nothing. */
static const char *ParsePart(NT_RULE *Rule, const char *Part, struct text *Error)
{
	if (occasion_is(Part))
		return occasion_parse(&Rule->Occasion, Part);
	if (strncmp(Part, "path=", 5) || !Part[5] || Rule->Path)
		return "when=N, every=N, prob=P, max=N or path=GLOB is wanted";
	Rule->Path = mem_strdup(Part + 5);
	Error->failed |= !Rule->Path;
	return NULL;
}

/* The conditions behind the status. */
static BOOLEAN ParseConditions(NT_RULE *Rule, const char *At, struct text *Error)
{
	const char *Why = NULL;

	while (*At == ':' && !Why && !Error->failed) {
		char *Part;

		At++;
		Part = NextPart(&At);
		Error->failed |= !Part;
		Why = Part ? ParsePart(Rule, Part, Error) : NULL;
		if (Why)
			text_printf(Error, "%s: %s", Part, Why);
		mem_free(Part);
	}
	return !Why;
}

static BOOLEAN ParseRule(NT_RULE *Rule, const char *Text, struct text *Error)
{
	SIZE_T Name = strcspn(Text, ":"), Status;

	Rule->Call = FindCall(Text, Name);
	if (!Rule->Call) {
		text_printf(Error, "%.*s: no such NT call; there are:", (int)Name, Text);
		ListCalls(Error);
		return FALSE;
	}
	Text += Name + !!Text[Name];
	if (!strncmp(Text, "status=", 7)) /* as --inject has its parts */
		Text += 7;
	Status = strcspn(Text, ":");
	Rule->Status = FindStatus(Text, Status);
	if (IsSuccess(Text, Status) && !NtFaultCanPretend(Rule->Call->Name)) {
		text_printf(Error, "%s has more to answer than a status and cannot pretend",
			    Rule->Call->Name);
		return FALSE;
	}
	if (!Rule->Status && !IsSuccess(Text, Status)) {
		text_printf(
			Error,
			"%.*s: no status that a call can fail with; 0xC0000001 and the like or:",
			(int)Status, Text);
		ListStatuses(Error);
		return FALSE;
	}
	return ParseConditions(Rule, Text + Status, Error);
}

static VOID FreeRule(NT_RULE *Rule)
{
	mem_free(Rule->Path);
	mem_free(Rule);
}

NTSTATUS NtFaultAdd(const char *Text, char Error[NT_FAULT_ERROR])
{
	NT_RULE *Rule = mem_alloc(sizeof(*Rule));
	NTSTATUS Status = STATUS_NO_MEMORY;
	struct text Why = { 0 };

	Error[0] = 0;
	if (!Rule)
		return STATUS_NO_MEMORY;
	if (ParseRule(Rule, Text, &Why) && !Why.failed) {
		Rule->Next = Pending;
		Pending = Rule;
		return STATUS_SUCCESS;
	}
	if (Why.data && !Why.failed) {
		snprintf(Error, NT_FAULT_ERROR, "%s", Why.data);
		Status = STATUS_INVALID_PARAMETER;
	}
	text_free(&Why);
	FreeRule(Rule);
	return Status;
}

VOID NtFaultStart(void)
{
	while (Pending) {
		NT_RULE *Rule = Pending, **Last = &Rule->Call->Rules;

		Pending = Rule->Next;
		Rule->Next = *Last;
		__atomic_store_n(Last, Rule, __ATOMIC_RELEASE);
	}
	Started = TRUE;
}

VOID NtFaultClear(void)
{
	NtFaultStart();
	for (NT_CALL *Call = __start_nt_calls; Call < __stop_nt_calls; Call++)
		while (Call->Rules) {
			NT_RULE *Rule = Call->Rules;

			Call->Rules = Rule->Next;
			FreeRule(Rule);
		}
	Started = FALSE;
	Hits = 0;
}

BOOLEAN NtFaultAny(void)
{
	if (Pending)
		return TRUE;
	for (NT_CALL *Call = __start_nt_calls; Started && Call < __stop_nt_calls; Call++)
		if (Call->Rules)
			return TRUE;
	return FALSE;
}

ULONGLONG NtFaultHits(void)
{
	return Hits;
}

/* ---- names ---- */

typedef struct _PATH_TEXT {
	SIZE_T Length;
	char Text[PATH_UNITS];
} PATH_TEXT;

/* Adds UTF-16 as UTF-8, \ as /; what does not fit is cut. */
static VOID AddName(PATH_TEXT *Path, PCWSTR Name, SIZE_T Units)
{
	for (SIZE_T i = 0; i < Units && Path->Length + 4 < sizeof(Path->Text); i++) {
		char *Out = Path->Text + Path->Length;
		WCHAR c = Name[i];

		if (c < 0x80) {
			Out[0] = c == u'\\' ? '/' : (char)c;
			Path->Length += 1;
		} else if (c < 0x800) {
			Out[0] = (char)(0xC0 | c >> 6);
			Out[1] = (char)(0x80 | (c & 0x3F));
			Path->Length += 2;
		} else {
			Out[0] = (char)(0xE0 | c >> 12);
			Out[1] = (char)(0x80 | (c >> 6 & 0x3F));
			Out[2] = (char)(0x80 | (c & 0x3F));
			Path->Length += 3;
		}
	}
	Path->Text[Path->Length] = 0;
}

/* The name of an open file below its volume; of anything else in the name space. */
static VOID AddHandle(PATH_TEXT *Path, HANDLE Handle)
{
	union {
		FILE_NAME_INFORMATION File;
		OBJECT_NAME_INFORMATION Object;
		WCHAR Room[PATH_UNITS];
	} *Info = mem_alloc(sizeof(*Info));
	IO_STATUS_BLOCK Iosb;

	if (!Info)
		return;
	if (NT_SUCCESS(NtQueryInformationFile(Handle, &Iosb, Info, sizeof(*Info),
					      FileNameInformation)))
		AddName(Path, Info->File.FileName, Info->File.FileNameLength / sizeof(WCHAR));
	else if (NT_SUCCESS(
			 NtQueryObject(Handle, ObjectNameInformation, Info, sizeof(*Info), NULL)))
		AddName(Path, Info->Object.Name.Buffer, Info->Object.Name.Length / sizeof(WCHAR));
	mem_free(Info);
}

static VOID NameOf(const NT_CALL_OBJECT *Object, PATH_TEXT *Path)
{
	const OBJECT_ATTRIBUTES *Attributes = Object->Attributes;
	HANDLE Handle = Attributes ? Attributes->RootDirectory : Object->Handle;

	Path->Length = 0;
	Path->Text[0] = 0;
	Asking = TRUE;
	if (Handle)
		AddHandle(Path, Handle);
	Asking = FALSE;
	if (!Attributes || !Attributes->ObjectName || !Attributes->ObjectName->Length)
		return;
	if (Handle && (!Path->Length || Path->Text[Path->Length - 1] != '/'))
		AddName(Path, u"/", 1);
	AddName(Path, Attributes->ObjectName->Buffer,
		Attributes->ObjectName->Length / sizeof(WCHAR));
}

/* ---- a call ---- */

static BOOLEAN Applies(NT_RULE *Rule, const PATH_TEXT *Path)
{
	if (Rule->Path && !text_glob(Rule->Path, Path->Text))
		return FALSE;
	return occasion_due(&Rule->Occasion);
}

static BOOLEAN WantsName(const NT_CALL *Call)
{
	BOOLEAN Wants = trace_on(TR_NT);

	for (const NT_RULE *Rule = Call->Rules; Rule && !Wants; Rule = Rule->Next)
		Wants = Rule->Path != NULL;
	return Wants;
}

/* Output as after a failure; a call that pretends has done its work. */
static VOID Answer(const NT_CALL_OBJECT *Object, NTSTATUS Status)
{
	if (Status != STATUS_SUCCESS && (ULONG_PTR)Object->Output >= 0x10000)
		*Object->Output = NULL;
	if (Status == STATUS_SUCCESS && (ULONG_PTR)Object->Iosb >= 0x10000)
		*Object->Iosb = (IO_STATUS_BLOCK){ .Status = Status };
}

BOOLEAN NtpFault(NT_CALL *Call, const NT_CALL_OBJECT *Object, NTSTATUS *Status)
{
	NT_RULE *Found = NULL;
	PATH_TEXT *Path;

	if (Asking)
		return FALSE;
	Path = mem_alloc(sizeof(*Path));
	if (!Path)
		return FALSE;
	if (WantsName(Call))
		NameOf(Object, Path);
	for (NT_RULE *Rule = Call->Rules; Rule && !Found; Rule = Rule->Next)
		if (Applies(Rule, Path))
			Found = Rule;
	if (Found) {
		Found->Occasion.hits++;
		Hits++;
		*Status = Found->Status;
		Answer(Object, *Status);
		TRACE(TR_NT, "%s(\"%s\") = %s (INJECTED)", Call->Name, Path->Text,
		      NtStatusName(*Status));
	}
	mem_free(Path);
	return Found != NULL;
}
