/* SPDX-License-Identifier: MIT */
/*
 * robust.c - robust futexes of a thread that ends (set_robust_list(2)).
 *
 * Their words hold the provider's thread number, and the host, which walks the list in the thread's last
 * moments, looks for its own. So the words are rewritten just before: the number becomes the host's, and the
 * host marks the owner's death and wakes a waiter as for any thread. Others may set the waiters bit meanwhile
 * and have it overwritten; it is written set, so that the host wakes in any case: a waiter looks again.
 *
 * The list is the guest's memory: any of it may be bad, and it may have no end. Unlike the host, which
 * takes two thousand steps then, we notice: each costs us some microseconds, in which all stops wait.
 */
#include "picop.h"
#include "../host/host_sys.h"
#include <linux/futex.h>
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ENTRY_PI \
	1ul /* bit 0 of an entry's address: the word is one of the provider's futexes with an owner */

static bool peek(pid_t tid, uint64_t address, void *out, size_t size)
{
	struct iovec l = { out, size }, r = { (void *)address, size };

	return process_vm_readv(tid, &l, 1, &r, 1, 0) == (ssize_t)size;
}

/*
 * word: the owner has died. For the host the word names nobody it knows: it does nothing more, and who waits
 * for it is the provider's business (ExitThread).
 */
static void give_up(const PICO_THREAD *t, pid_t tid, uint64_t word, bool pi)
{
	struct iovec l, r = { (void *)word, sizeof(uint32_t) };
	uint32_t value;

	if (word % sizeof value || !peek(tid, word, &value, sizeof value) ||
	    (value & FUTEX_TID_MASK) != t->Number)
		return;
	value = pi ? (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED : (uint32_t)tid | FUTEX_WAITERS;
	l = (struct iovec){ &value, sizeof value };
	process_vm_writev(tid, &l, 1, &r, 1, 0);
}

void PicoRobustExit(PICO_THREAD *T, pid_t Tid)
{
	struct robust_list_head *at = NULL, head;
	uint64_t entry, next, seen = 0; /* seen: moved on at each power of two (Brent) */
	size_t size = 0;

	if (!T->Number || syscall(SYS_get_robust_list, Tid, &at, &size) || !at ||
	    !peek(Tid, (uint64_t)at, &head, sizeof head))
		return;
	entry = (uint64_t)head.list.next;
	for (int n = 1; n <= ROBUST_LIST_LIMIT && (entry & ~ENTRY_PI) != (uint64_t)at; n++) {
		if (entry == seen) /* from here on all have been given up */
			break;
		if (!(n & (n - 1)))
			seen = entry;
		give_up(T, Tid, (entry & ~ENTRY_PI) + (uint64_t)head.futex_offset,
			entry & ENTRY_PI);
		if (!peek(Tid, entry & ~ENTRY_PI, &next, sizeof next))
			break;
		entry = next;
	}
	entry = (uint64_t)head.list_op_pending;
	if (entry)
		give_up(T, Tid, (entry & ~ENTRY_PI) + (uint64_t)head.futex_offset,
			entry & ENTRY_PI);
}

NTSTATUS PicoQueryRobustList(PETHREAD Thread, PULONG64 Head, PULONG64 Size)
{
	void *head = NULL;
	size_t size = 0;

	if (syscall(SYS_get_robust_list, (pid_t)Thread->HostTid, &head, &size))
		return host_status(errno);
	*Head = (ULONG64)head;
	*Size = size;
	return STATUS_SUCCESS;
}
