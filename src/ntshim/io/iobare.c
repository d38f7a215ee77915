/* SPDX-License-Identifier: MIT */
/*
 * iobare.c - which files of lx and win volumes are known to have no xattr of ours: most have none, and to
 * ask the host for each open and each query costs as much as a second stat.
 *
 * What is remembered is an inode and its change time, which the host moves with every change of an xattr,
 * whoever makes it: so another change time means that nothing is known. An inode that changed within the last
 * second is not remembered, because the host's clock is coarse and a second change could have the same time.
 * Only on file systems that are known to move it (host_ctime_tells).
 *
 * One slot for each hash. A slot is read without a lock: its sequence number is odd while it is written,
 * and who finds one odd or changed knows nothing.
 */
#include "iop.h"
#include "../host/host_sys.h"
#include <stdatomic.h>

#define SLOTS   4096u
#define SETTLED NT_TICKS_PER_SEC /* a change time older than that does not come twice */

static struct bare {
	_Atomic ULONG Sequence;
	_Atomic ULONG Nsec;
	_Atomic ULONGLONG Device, Inode;
	_Atomic LONGLONG Sec;
} Slots[SLOTS];

static struct bare *SlotOf(const struct host_stat *St)
{
	ULONGLONG Hash = (St->ino ^ IopHostDevice(St) << 20) * 0x9E3779B97F4A7C15ull;

	return &Slots[Hash >> 52];
}
_Static_assert(SLOTS == 1u << (64 - 52), "SlotOf");

BOOLEAN IopIsKnownBare(const DEVICE_OBJECT *Device, const struct host_stat *St)
{
	struct bare *s = SlotOf(St);
	ULONG Sequence = atomic_load_explicit(&s->Sequence, memory_order_acquire);
	BOOLEAN Same;

	if (!Device->CtimeTells || IopHostDevice(St) != Device->HostDevice)
		return FALSE;
	Same = atomic_load_explicit(&s->Inode, memory_order_relaxed) == St->ino &&
	       atomic_load_explicit(&s->Device, memory_order_relaxed) == Device->HostDevice &&
	       atomic_load_explicit(&s->Sec, memory_order_relaxed) == St->ctime.sec &&
	       atomic_load_explicit(&s->Nsec, memory_order_relaxed) == St->ctime.nsec;
	atomic_thread_fence(memory_order_acquire);
	return Same && !(Sequence & 1) &&
	       atomic_load_explicit(&s->Sequence, memory_order_relaxed) == Sequence;
}

VOID IopRememberBare(const DEVICE_OBJECT *Device, const struct host_stat *St)
{
	struct bare *s = SlotOf(St);
	ULONG Sequence = atomic_load_explicit(&s->Sequence, memory_order_relaxed);

	if (!Device->CtimeTells || IopHostDevice(St) != Device->HostDevice ||
	    IopNtTime(St->ctime) + SETTLED > host_realtime_ns() / 100 + NT_TIME_UNIX_EPOCH)
		return;
	/* Somebody else writes it: then this is forgotten. */
	if (Sequence & 1 || !atomic_compare_exchange_strong(&s->Sequence, &Sequence, Sequence + 1))
		return;
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&s->Inode, St->ino, memory_order_relaxed);
	atomic_store_explicit(&s->Device, Device->HostDevice, memory_order_relaxed);
	atomic_store_explicit(&s->Sec, St->ctime.sec, memory_order_relaxed);
	atomic_store_explicit(&s->Nsec, St->ctime.nsec, memory_order_relaxed);
	atomic_store_explicit(&s->Sequence, Sequence + 2, memory_order_release);
}
