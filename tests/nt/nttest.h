/* SPDX-License-Identifier: MIT */
/*
 * nttest.h - checks of NT semantics: one source per area, built for ntshim and, with mingw, for
 * another implementation of ntdll.
 *
 * Every check names the row of docs/nt.md that it asserts. A failure prints the expression and both
 * values and the run goes on. The truth is NT's: where the oracle is known to differ from it, GAP_*
 * says why, and says so too when the difference has gone. Only Nt* calls are portable; what concerns
 * ntshim's kernel side stands in #if NTSHIM.
 */
#ifndef NTTEST_H
#define NTTEST_H
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/ps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define NTSHIM 0
__attribute__((dllimport))
HANDLE CreateThread(PVOID, SIZE_T, ULONG (*)(PVOID), PVOID, ULONG, PULONG);
#else
#define NTSHIM 1
#include <pthread.h>
#endif

static _Atomic int nt_passed, nt_failed, nt_gaps;

static inline const char *nt_name(NTSTATUS status, char text[16])
{
	switch (status) {
#define NTS(name, value, lxerrno, why) \
	case STATUS_##name:            \
		return #name;
#include "nt/status.def"
#undef NTS
	}
	snprintf(text, 16, "%08X", (unsigned)status);
	return text;
}

/* Returns true if the check counts as passed. */
static inline int nt_verdict(int good, const char *gap, const char *file, int line, const char *row,
			     const char *what)
{
	int oracle_gap = gap && !NTSHIM;

	nt_passed += good;
	if (good && oracle_gap)
		printf("%s:%d: %s: gap has gone (%s): %s\n", file, line, row, gap, what);
	if (good)
		return 1;
	nt_gaps += oracle_gap;
	nt_failed += !oracle_gap;
	printf("%s:%d: %s: %s%s%s: %s\n", file, line, row, oracle_gap ? "known gap (" : "FAIL",
	       oracle_gap ? gap : "", oracle_gap ? ")" : "", what);
	return 0;
}

static inline void nt_status_is(NTSTATUS got, NTSTATUS want, const char *gap, const char *file,
				int line, const char *row, const char *what)
{
	char a[16], b[16];

	if (!nt_verdict(got == want, gap, file, line, row, what))
		printf("\tgot  %s\n\twant %s\n", nt_name(got, a), nt_name(want, b));
}

static inline void nt_value_is(long long got, long long want, const char *gap, const char *file,
			       int line, const char *row, const char *what)
{
	if (!nt_verdict(got == want, gap, file, line, row, what))
		printf("\tgot  %lld (0x%llx)\n\twant %lld (0x%llx)\n", got, (unsigned long long)got,
		       want, (unsigned long long)want);
}

/* The status of expr; the value of expr; with GAP_, the oracle is known to answer otherwise. */
#define ST(row, expr, want) \
	nt_status_is((expr), STATUS_##want, NULL, __FILE__, __LINE__, row, #expr)
#define EQ(row, expr, want)                                                              \
	nt_value_is((long long)(expr), (long long)(want), NULL, __FILE__, __LINE__, row, \
		    #expr " == " #want)
#define GAP_ST(row, expr, want, why) \
	nt_status_is((expr), STATUS_##want, why, __FILE__, __LINE__, row, #expr)
#define GAP_EQ(row, expr, want, why)                                                    \
	nt_value_is((long long)(expr), (long long)(want), why, __FILE__, __LINE__, row, \
		    #expr " == " #want)

/* A counted string from a literal, embedded NULs included. */
#define US(lit) (&(UNICODE_STRING)RTL_CONSTANT_STRING(lit))
/* Attributes on the stack of the caller. */
#define OA(name, flags, root) \
	(&(OBJECT_ATTRIBUTES){ sizeof(OBJECT_ATTRIBUTES), (root), (name), (flags), NULL, NULL })
#define RELATIVE_MS(ms) (&(LARGE_INTEGER){ .QuadPart = -(LONGLONG)(ms)*10000 })
#define NO_WAIT         (&(LARGE_INTEGER){ .QuadPart = 0 })
#define BNO             u"\\BaseNamedObjects\\"
#define GARBAGE         ((HANDLE)(LONG_PTR)0x7EADBEEC)

/* ---- threads ---- */
struct nt_thread {
	void (*routine)(void *);
	void *arg;
#if NTSHIM
	pthread_t id;
#else
	HANDLE id;
#endif
};

#if NTSHIM
static inline void *nt_thread_main(void *p)
{
	struct nt_thread *t = p;

	t->routine(t->arg);
	return NULL;
}

static inline void nt_thread_start(struct nt_thread *t)
{
	if (pthread_create(&t->id, NULL, nt_thread_main, t))
		abort();
}

static inline void nt_thread_join(struct nt_thread *t)
{
	pthread_join(t->id, NULL);
}
#else
static inline ULONG nt_thread_main(void *p)
{
	struct nt_thread *t = p;

	t->routine(t->arg);
	return 0;
}

static inline void nt_thread_start(struct nt_thread *t)
{
	t->id = CreateThread(NULL, 0, nt_thread_main, t, 0, NULL);
	if (!t->id)
		abort();
}

static inline void nt_thread_join(struct nt_thread *t)
{
	NtWaitForSingleObject(t->id, FALSE, NULL);
	NtClose(t->id);
}
#endif

static inline void nt_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 4096);
#if NTSHIM
	if (!NT_SUCCESS(ObInitSystem()) || !NT_SUCCESS(KeInitSystem()) ||
	    !NT_SUCCESS(IoInitSystem()))
		abort();
	KeGetCurrentThread(); /* so that leak checks do not count its objects */
#endif
}

/* Last statement of main. */
static inline int nt_end(const char *name)
{
	if (nt_gaps)
		printf("%s: %d known gaps of the oracle\n", name, nt_gaps);
	printf("%s: %d passed, %d failed\n", name, nt_passed, nt_failed);
	return nt_failed != 0;
}
#endif
