/* SPDX-License-Identifier: MIT */
/*
 * ioknown.c - what the xattrs of ours say of files of lx and win volumes, remembered: to ask the host for their
 * names, and for each that is there, costs more at each open and each query than the stat itself.
 *
 * What is remembered belongs to an inode and its change time, which the host moves with every change of an
 * xattr, whoever makes it: so another change time means that nothing is known. The host takes that time from a
 * clock that moves once per tick, so a second change soon after the first could have the same: what was read
 * less than SETTLED after the change is not remembered.
 * Only on file systems that are known to move it (host_ctime_tells).
 *
 * One slot for each hash. A slot is read without a lock: its sequence number is odd while it is written,
 * and who finds one odd or changed knows nothing.
 */
#include "iop.h"
#include "../host/host_sys.h"
#include <stdatomic.h>
#include <string.h>

#define SLOT_BITS 15
#define SETTLED   (NT_TICKS_PER_SEC / 20) /* several ticks of the slowest host */

/* What IopStatNode() takes from the xattrs; the rest of a node comes with each stat. */
typedef struct _KNOWN {
	ULONG Mode, Uid, Gid, Major, Minor;
	ULONG Attributes, Tag, EaSize, LxFlags;
	ULONG BirthNsec; /* of a stored creation time */
	LONGLONG BirthSec;
	ULONGLONG Size; /* of a link's text */
	BOOLEAN HasBirth, HasSize, NeedEa, CaseSensitive, HasStreams, HasSecurity;
	UCHAR Reserved[2];
} KNOWN;
#define WORDS (sizeof(KNOWN) / sizeof(ULONGLONG))
_Static_assert(sizeof(KNOWN) == WORDS * sizeof(ULONGLONG), "whole words");

static struct slot {
	_Atomic ULONG Sequence;
	_Atomic ULONG Nsec;
	_Atomic ULONGLONG Device, Inode;
	_Atomic LONGLONG Sec;
	_Atomic ULONGLONG Known[WORDS];
} Slots[1u << SLOT_BITS];

static struct slot *SlotOf(const struct host_stat *St)
{
	ULONGLONG Hash = (St->ino ^ IopHostDevice(St) << 20) * 0x9E3779B97F4A7C15ull;

	return &Slots[Hash >> (64 - SLOT_BITS)];
}

static BOOLEAN IsOf(struct slot *s, const DEVICE_OBJECT *Device, const struct host_stat *St)
{
	return atomic_load_explicit(&s->Inode, memory_order_relaxed) == St->ino &&
	       atomic_load_explicit(&s->Device, memory_order_relaxed) == Device->HostDevice &&
	       atomic_load_explicit(&s->Sec, memory_order_relaxed) == St->ctime.sec &&
	       atomic_load_explicit(&s->Nsec, memory_order_relaxed) == St->ctime.nsec;
}

static VOID Apply(const KNOWN *k, PIOP_NODE Node)
{
	struct host_stat *St = &Node->St;

	St->mode = k->Mode;
	St->uid = k->Uid;
	St->gid = k->Gid;
	St->rdev_major = k->Major;
	St->rdev_minor = k->Minor;
	if (k->HasBirth)
		St->btime = (struct host_time){ k->BirthSec, k->BirthNsec };
	if (k->HasSize)
		St->size = k->Size;
	Node->Attributes = k->Attributes;
	Node->Tag = k->Tag;
	Node->EaSize = k->EaSize;
	Node->LxFlags = k->LxFlags;
	Node->NeedEa = k->NeedEa;
	Node->CaseSensitive = k->CaseSensitive;
	Node->HasStreams = k->HasStreams;
	Node->HasSecurity = k->HasSecurity;
}

BOOLEAN IopRecallNode(const DEVICE_OBJECT *Device, PIOP_NODE Node)
{
	struct slot *s = SlotOf(&Node->St);
	ULONG Sequence = atomic_load_explicit(&s->Sequence, memory_order_acquire);
	ULONGLONG Words[WORDS];
	KNOWN k;

	if (!Device->CtimeTells || IopHostDevice(&Node->St) != Device->HostDevice ||
	    !IsOf(s, Device, &Node->St))
		return FALSE;
	for (ULONG i = 0; i < WORDS; i++)
		Words[i] = atomic_load_explicit(&s->Known[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	if (Sequence & 1 || atomic_load_explicit(&s->Sequence, memory_order_relaxed) != Sequence)
		return FALSE;
	memcpy(&k, Words, sizeof(k));
	Apply(&k, Node);
	return TRUE;
}

VOID IopRememberNode(const DEVICE_OBJECT *Device, const struct host_stat *Host, LONGLONG ReadAt,
		     const IOP_NODE *Node)
{
	struct slot *s = SlotOf(Host);
	ULONG Sequence = atomic_load_explicit(&s->Sequence, memory_order_relaxed);
	const struct host_stat *St = &Node->St;
	const KNOWN k = {
		.Mode = St->mode,
		.Uid = St->uid,
		.Gid = St->gid,
		.Major = St->rdev_major,
		.Minor = St->rdev_minor,
		.Attributes = Node->Attributes,
		.Tag = Node->Tag,
		.EaSize = Node->EaSize,
		.LxFlags = Node->LxFlags,
		.BirthSec = St->btime.sec,
		.BirthNsec = St->btime.nsec,
		.Size = St->size,
		.HasBirth = St->btime.sec != Host->btime.sec || St->btime.nsec != Host->btime.nsec,
		.HasSize = St->size != Host->size,
		.NeedEa = Node->NeedEa,
		.CaseSensitive = Node->CaseSensitive,
		.HasStreams = Node->HasStreams,
		.HasSecurity = Node->HasSecurity,
	};
	ULONGLONG Words[WORDS];

	if (!Device->CtimeTells || IopHostDevice(Host) != Device->HostDevice ||
	    IopNtTime(Host->ctime) + SETTLED > ReadAt)
		return;
	/* Somebody else writes it: then this is forgotten. */
	if (Sequence & 1 || !atomic_compare_exchange_strong(&s->Sequence, &Sequence, Sequence + 1))
		return;
	memcpy(Words, &k, sizeof(k));
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&s->Inode, Host->ino, memory_order_relaxed);
	atomic_store_explicit(&s->Device, Device->HostDevice, memory_order_relaxed);
	atomic_store_explicit(&s->Sec, Host->ctime.sec, memory_order_relaxed);
	atomic_store_explicit(&s->Nsec, Host->ctime.nsec, memory_order_relaxed);
	for (ULONG i = 0; i < WORDS; i++)
		atomic_store_explicit(&s->Known[i], Words[i], memory_order_relaxed);
	atomic_store_explicit(&s->Sequence, Sequence + 2, memory_order_release);
}
