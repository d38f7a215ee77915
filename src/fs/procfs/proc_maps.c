/* SPDX-License-Identifier: MIT */
/*
 * proc_maps.c - /proc/PID/maps: what the NT layer says about the process's memory, as the guest may know
 * it. The trap engine's own page is not shown; paths are those of the guest's tree.
 */
#include "proc.h"
#include "lxrun/ipc.h"
#include "lxrun/options.h"
#include "lxrun/quirks.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STUB_BASE 0x7d0000000000ull
#define STUB_END  0x7d0000100000ull

bool proc_is_engine_page(uint64_t start)
{
	return start >= STUB_BASE && start < STUB_END;
}

/* With --root the host's names begin with that directory, the guest's do not. */
const char *proc_guest_path(const char *path)
{
	size_t n = lxrun_opt.root ? strlen(lxrun_opt.root) : 0;

	while (n && lxrun_opt.root[n - 1] == '/')
		n--;
	return n && !strncmp(path, lxrun_opt.root, n) && path[n] == '/' ? path + n : path;
}

struct maps {
	struct task *reader;
	struct text *tx;
};

/* A view of System V shared memory has the guest's key and number, not the host's. */
static bool shared_memory(struct task *t, const MM_REGION *r, uint64_t *inode, char *name,
			  size_t size)
{
	int32_t key;
	int id;

	if (!r->Path || strncmp(r->Path, "/SYSV", 5) || !shm_of_region(t, r->Inode, &key, &id))
		return false;
	*inode = (uint64_t)id;
	snprintf(name, size, "/SYSV%08" PRIx32 " (deleted)", (uint32_t)key);
	return true;
}

static BOOLEAN add_region(PVOID context, const MM_REGION *r)
{
	struct maps *m = context;
	struct text *tx = m->tx;
	uint64_t inode = r->Inode;
	size_t start = tx->len;
	bool shared;
	char name[32];

	if (proc_is_engine_page(r->Start))
		return TRUE;
	shared = shared_memory(m->reader, r, &inode, name, sizeof(name));
	text_printf(tx, "%08" PRIx64 "-%08" PRIx64 " %.3s%c %08" PRIx64 " %02x:%02x %" PRIu64 " ",
		    r->Start, r->End, r->Protect, quirk_on(QUIRK_PROC_MAPS) ? '-' : r->Protect[3],
		    r->FileOffset, r->DeviceMajor, r->DeviceMinor, inode);
	if (r->Path && *r->Path) {
		int pad = 73 - (int)(tx->len - start);

		text_printf(tx, "%*s%s", pad > 0 ? pad : 0, "",
			    shared ? name : proc_guest_path(r->Path));
	}
	text_printf(tx, "\n");
	return TRUE;
}

int proc_show_maps(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct maps m = { t, tx };
	struct proc_target tgt;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	if (tgt.task)
		MmEnumerateRegions(tgt.task->thread, add_region, &m);
	proc_target_put(&tgt);
	return 0;
}
