/* SPDX-License-Identifier: MIT */
/*
 * fault.h - lxrun extension: NT calls that fail on purpose.
 *
 * A rule is a text, NAME:STATUS[:PART]... or NAME:status=STATUS[:PART]...:
 *   NAME    an Nt* call of ntshim
 *   STATUS  a name of nt/status.def, with or without STATUS_, or 0xC0000043; an error or a warning. SUCCESS: the
 *           call only pretends, for those that answer with nothing but a status (NtClose, NtSetInformationFile ...)
 *   PART    when=, every=, prob= or max=, as base/occasion.h has them (a prob without a seed has seed 1), or
 *   path=G  only calls that name an object whose full name matches G: the name with / for \, and * (any
 *           text) and ? (any character) in G; a colon is written \:. Calls that do not match are not counted.
 * The call then does nothing at all: an output handle becomes NULL, the rest stays as it was. Calls that
 * ntshim and lxcore make on their own behalf are calls, too.
 *
 * Each Nt* function begins with NT_ENTRY, the one place where all of them can be met; without a rule
 * for a call that costs one load and a branch that is never taken.
 */
#ifndef NT_FAULT_H
#define NT_FAULT_H
#include "nt/nt.h"
#include "base/trace.h"

typedef struct _NT_RULE NT_RULE;

/* One per Nt* function; the linker gathers them. */
typedef struct _NT_CALL {
	const char     *Name;
	NT_RULE        *Rules; /* NULL: none; written only while no other thread makes NT calls */
} __attribute__((aligned(16))) NT_CALL;

/* What a call is about: for path= and the trace. All may be absent. */
typedef struct _NT_CALL_OBJECT {
	const OBJECT_ATTRIBUTES *Attributes;
	HANDLE                   Handle;
	PHANDLE                  Output;    /* set to NULL when the call fails (nt.md G1) */
	struct _IO_STATUS_BLOCK *Iosb;      /* filled in when the call pretends */
} NT_CALL_OBJECT;

/* TRUE: a rule applies to this call, which returns *Status. */
BOOLEAN NtpFault(NT_CALL *Call, const NT_CALL_OBJECT *Object, NTSTATUS *Status);

/*
 * First statement of every Nt* function: NT_ENTRY(NtClose, .Handle = Handle). Returns from the function
 * if the call is to fail. The trace's line of the call begins here.
 */
#define NT_ENTRY(Function, ...)                                                                  \
	static NT_CALL NtCall_ __attribute__((section("nt_calls"), used)) = { #Function, NULL }; \
	TRACE_SCOPE(TR_NT);                                                                      \
	if (__builtin_expect(NtCall_.Rules != NULL, 0)) {                                        \
		NTSTATUS Fault_;                                                                 \
                                                                                                 \
		if (NtpFault(&NtCall_, &(NT_CALL_OBJECT){ __VA_ARGS__ }, &Fault_))               \
			return Fault_;                                                           \
	}

/*
 * Adds a rule; it does not apply before NtFaultStart(). STATUS_INVALID_PARAMETER: one line that says
 * what is wrong and names the choices is in Error. STATUS_NO_MEMORY.
 */
#define NT_FAULT_ERROR 8192
NTSTATUS NtFaultAdd(const char *Rule, char Error[NT_FAULT_ERROR]);
VOID NtFaultStart(void);
/* Removes all rules. */
VOID NtFaultClear(void);
/* Whether there is any rule: then no NT call may be short-cut. */
BOOLEAN NtFaultAny(void);
/* Calls that failed, or pretended, by a rule so far. */
ULONGLONG NtFaultHits(void);
/* Whether a rule may give the call STATUS_SUCCESS. */
BOOLEAN NtFaultCanPretend(const char *Call);
#endif
