/* SPDX-License-Identifier: MIT */
/* fuzz_nt_choose.h - what fuzz_nt makes of its bytes: handles, names, lengths, buffers. */
#ifndef FUZZ_NT_CHOOSE_H
#define FUZZ_NT_CHOOSE_H
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/ps.h"

#define SLOTS     16
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

enum kind {
	KIND_NONE,
	KIND_FILE,
	KIND_DIRECTORY,
	KIND_LINK,
	KIND_EVENT,
	KIND_MUTANT,
	KIND_SEMAPHORE,
	KIND_TIMER,
	KIND_SECTION,
	KIND_PORT,
	KIND_TOKEN,
	KIND_PROCESS,
	KIND_JOB,
	KIND_PIPE,
	KIND_SOCKET,
	KIND_WAITER /* a synchronous pipe or socket: only who knows that it waits may ask it */
};

struct in {
	const uint8_t *at, *end;
};
static HANDLE slots[SLOTS];
static enum kind kinds[SLOTS];
static HANDLE roots[3]; /* of a volume of each personality, which nobody closes */
static HANDLE root;     /* the one that names are below in this run */

/* ---- choices ---- */

static unsigned u8(struct in *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint32_t u32(struct in *in)
{
	uint32_t v = u8(in);

	for (int i = 0; i < 3; i++)
		v = v << 8 | u8(in);
	return v;
}

#define PICK(in, table) ((table)[u8(in) % LENGTH(table)])

/* Usually a handle of kind; else anything. */
static HANDLE handle(struct in *in, enum kind kind)
{
	static const LONG_PTR odd[] = { 0, -1, -2, -3, 4, 0x7EADBEEC, 1 << 30 };
	unsigned b = u8(in);

	for (int i = 0; b < 220 && i < SLOTS; i++)
		if (slots[(b + i) % SLOTS] && kinds[(b + i) % SLOTS] == kind)
			return slots[(b + i) % SLOTS];
	if (b < 245)
		return kinds[b % SLOTS] == KIND_WAITER ? NULL : slots[b % SLOTS];
	return (HANDLE)odd[b % LENGTH(odd)];
}

static enum kind kind_of(HANDLE h)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i] == h)
			return kinds[i];
	return KIND_NONE;
}

static bool is_root(HANDLE h)
{
	return h && (h == roots[0] || h == roots[1] || h == roots[2]);
}

static bool closable(HANDLE h)
{
	return h && kind_of(h) != KIND_NONE;
}

static void forget(HANDLE h)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i] == h)
			slots[i] = NULL;
}

/* Keeps a new handle; what the slot held is closed. */
static void keep(struct in *in, NTSTATUS status, HANDLE h, enum kind kind)
{
	unsigned n = u8(in) % SLOTS;

	assert(!h == !NT_SUCCESS(status)); /* nt.md G1 */
	if (!h)
		return;
	if (slots[n])
		assert(NtClose(slots[n]) == STATUS_SUCCESS);
	slots[n] = h;
	kinds[n] = kind;
}

static ACCESS_MASK access_mask(struct in *in)
{
	static const ACCESS_MASK some[] = { MAXIMUM_ALLOWED,
					    GENERIC_ALL,
					    0x1F01FF,
					    0x1F0003,
					    0x1FFFFF,
					    GENERIC_READ,
					    GENERIC_WRITE,
					    SYNCHRONIZE,
					    1,
					    3,
					    DELETE | SYNCHRONIZE,
					    0 };
	unsigned b = u8(in);

	return b < 250 ? some[b % LENGTH(some)] : u32(in);
}

static LONGLONG offset(struct in *in)
{
	static const LONGLONG some[] = { 0,          1,          2,         100,
					 511,        512,        4095,      4096,
					 65536,      1 << 20,    -1,        -2,
					 -4096,      INT64_MIN,  INT64_MAX, INT64_MAX - 4095,
					 0xFFFFFFFF, 0x100000000 };

	return PICK(in, some);
}

static ULONG length(struct in *in)
{
	static const ULONG some[] = { 0,  1,  2,  4,  7,  8,  12,  16,  20,  24,  32,   40,
				      48, 56, 64, 72, 80, 96, 104, 128, 256, 512, 1024, 4096 };

	return PICK(in, some);
}

/* Name, of the caller's room: from the table, or made of bytes. */
static PUNICODE_STRING name(struct in *in, PUNICODE_STRING string, WCHAR room[300])
{
#define NAME(lit)                                          \
	{                                                  \
		sizeof(lit) - 2, sizeof(lit), (PWSTR)(lit) \
	}
	static const UNICODE_STRING some[] = {
		NAME(u"a"),
		NAME(u"b"),
		NAME(u"A"),
		NAME(u"d"),
		NAME(u"d\\a"),
		NAME(u"d\\b"),
		NAME(u"e"),
		NAME(u"e\\d"),
		NAME(u"l"),
		NAME(u"l\\a"),
		NAME(u""),
		NAME(u"\\"),
		NAME(u"a\\"),
		NAME(u"d\\\\a"),
		NAME(u"."),
		NAME(u".."),
		NAME(u"a:s"),
		NAME(u"a:t:$DATA"),
		NAME(u"d\\a:S"),
		NAME(u":t:$DATA"),
		NAME(u"b::$DATA"),
		NAME(u"d:s"),
		NAME(u":s"),
		NAME(u"::$DATA"),
		NAME(u"a*"),
		NAME(u"a\0b"),
		NAME(u"d\\..\\a"),
		NAME(u"\\BaseNamedObjects\\a"),
		NAME(u"\\BaseNamedObjects\\b"),
		NAME(u"\\BaseNamedObjects\\d"),
		NAME(u"\\BaseNamedObjects\\d\\a"),
		NAME(u"\\BaseNamedObjects\\l\\a"),
		NAME(u"\\BaseNamedObjects\\l"),
		NAME(u"\\BaseNamedObjects\\"),
		NAME(u"\\??\\C:\\a"),
		NAME(u"\\??\\C:\\d\\b"),
		NAME(u"\\??\\C:"),
		NAME(u"\\??\\C:\\"),
		NAME(u"\\Device\\Null"),
		NAME(u"\\ObjectTypes\\Event"),
		NAME(u"\\??\\GLOBALROOT\\BaseNamedObjects\\a"),
		NAME(u"\\??\\c:\\D\\A"),
	};
	unsigned b = u8(in);

	*string = some[b % LENGTH(some)];
	if (b < 240)
		return string;
	if (b < 244)
		return NULL;
	string->Buffer = room;
	string->Length = string->MaximumLength = (USHORT)(u8(in) * 2 + (b == 254));
	for (int i = 0; i * 2 < string->Length; i++)
		room[i] = b < 250 ? u'x' : (WCHAR)(u8(in) << 8 | u8(in));
	return string;
}

struct attributes {
	OBJECT_ATTRIBUTES oa;
	UNICODE_STRING string;
	WCHAR room[300];
};

/* Kind says below what the name is usually looked up. */
static POBJECT_ATTRIBUTES attributes(struct in *in, struct attributes *a, enum kind below)
{
	static const ULONG flags[] = {
		0,           OBJ_CASE_INSENSITIVE, OBJ_OPENIF,   OBJ_OPENIF | OBJ_CASE_INSENSITIVE,
		OBJ_INHERIT, OBJ_EXCLUSIVE,        OBJ_OPENLINK, 0x80000000
	};
	PUNICODE_STRING string = name(in, &a->string, a->room);
	unsigned b = u8(in);
	HANDLE dir = b < 128 && below == KIND_FILE ? root : b < 200 ? NULL : handle(in, below);

	if (b == 255)
		return NULL;
	if (dir == root && string && string->Length && string->Buffer[0] == u'\\')
		dir = NULL;
	InitializeObjectAttributes(&a->oa, string, PICK(in, flags), dir, NULL);
	a->oa.Length -= b == 254;
	return &a->oa;
}

/* A buffer of exactly size bytes with something in it; seldom misaligned. */
struct buffer {
	char *base, *data;
};

static struct buffer buffer(struct in *in, ULONG size)
{
	unsigned b = u8(in), shift = b >= 250 ? b & 3 : 0;
	struct buffer buf = { malloc(size + shift), NULL };

	assert(buf.base);
	buf.data = buf.base + shift;
	for (ULONG i = 0; i < size; i++)
		buf.data[i] = (char)(b & 1 ? u8(in) : 0);
	return buf;
}

/*
 * Asynchronous requests write to buffers and status blocks after the call: one that pends is waited for,
 * and cancelled if it takes long.
 */
static void settle(HANDLE file, NTSTATUS status, IO_STATUS_BLOCK *iosb)
{
	const struct timespec moment = { 0, 50000 };
	IO_STATUS_BLOCK unused;

	for (int i = 0; status == STATUS_PENDING; i++) {
		if (__atomic_load_n(&iosb->Status, __ATOMIC_ACQUIRE) != STATUS_PENDING)
			break;
		if (i == 200)
			NtCancelIoFile(file, &unused);
		assert(i < 200000);
		nanosleep(&moment, NULL);
	}
}

/* A status block that settle() can watch. */
#define IOSB                          \
	{                             \
		{ STATUS_PENDING }, 0 \
	}
#endif
