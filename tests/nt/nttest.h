/* SPDX-License-Identifier: MIT */
/*
 * nttest.h - checks of NT semantics: one source per area, built for ntshim and, with mingw, for
 * another implementation of ntdll.
 *
 * Every check names the row of docs/nt.md that it asserts. A failure prints the expression and both
 * values and the run goes on. The truth is NT's: where either side is known to differ from it, a row of
 * tests/expect/nt.txt says so and why. Only Nt* calls are portable; what concerns ntshim's kernel side
 * stands in #if NTSHIM, and a source that has nothing else says so in a line that begins with
 * "ntshim only:".
 */
#ifndef NTTEST_H
#define NTTEST_H
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/ps.h"
#include "nt/se.h"
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

static _Atomic int nt_passed, nt_failed;
static int nt_rows; /* NT_ROWS is set: every check is told, for tests/nt.py */

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

static inline void nt_verdict(int good, const char *got, const char *want, const char *place,
			      const char *row, const char *what)
{
	if (good)
		nt_passed++;
	else
		nt_failed++;
	if (nt_rows)
		printf("@%s\t%s\t%s\t%s\t%s\n", row, place, good ? "pass" : "fail", got, what);
	else if (!good)
		printf("%s: %s: FAIL: %s\n\tgot  %s\n\twant %s\n", place, row, what, got, want);
}

static inline void nt_status_is(NTSTATUS got, NTSTATUS want, const char *place, const char *row,
				const char *what)
{
	char a[16], b[16];

	nt_verdict(got == want, nt_name(got, a), nt_name(want, b), place, row, what);
}

static inline void nt_value_is(long long got, long long want, const char *place, const char *row,
			       const char *what)
{
	char a[64], b[64];

	snprintf(a, sizeof(a), "%lld (0x%llx)", got, (unsigned long long)got);
	snprintf(b, sizeof(b), "%lld (0x%llx)", want, (unsigned long long)want);
	nt_verdict(got == want, a, b, place, row, what);
}

#define NT_TEXT(x) #x
#define NT_LINE(x) NT_TEXT(x)
#define NT_PLACE   __FILE__ ":" NT_LINE(__LINE__)
/* The status of expr; the value of expr. row: the fact of docs/nt.md that says so. */
#define ST(row, expr, want) nt_status_is((expr), STATUS_##want, NT_PLACE, row, #expr)
#define EQ(row, expr, want) \
	nt_value_is((long long)(expr), (long long)(want), NT_PLACE, row, #expr " == " #want)

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
	setvbuf(stdout, NULL, NTSHIM ? _IOLBF : _IONBF, NTSHIM ? 4096 : 0);
	nt_rows = getenv("NT_ROWS") != NULL;
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
	printf("%s: %d passed, %d failed\n", name, nt_passed, nt_failed);
	return nt_failed != 0;
}
#endif
