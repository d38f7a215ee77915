/* SPDX-License-Identifier: MIT */
/*
 * proc_maps.c - /proc/PID/maps: what the NT layer says about the process's memory, as the guest may know
 * it. The trap engine's own page is not shown; paths are those of the guest's tree.
 */
#include "proc.h"
#include "lxrun/options.h"
#include "lxrun/quirks.h"
#include <inttypes.h>
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

static BOOLEAN add_region(PVOID context, const MM_REGION *r)
{
	struct text *tx = context;
	size_t start = tx->len;

	if (proc_is_engine_page(r->Start))
		return TRUE;
	text_printf(tx, "%08" PRIx64 "-%08" PRIx64 " %.3s%c %08" PRIx64 " %02x:%02x %" PRIu64 " ",
		    r->Start, r->End, r->Protect, quirk_on(QUIRK_PROC_MAPS) ? '-' : r->Protect[3],
		    r->FileOffset, r->DeviceMajor, r->DeviceMinor, r->Inode);
	if (r->Path && *r->Path) {
		int pad = 73 - (int)(tx->len - start);

		text_printf(tx, "%*s%s", pad > 0 ? pad : 0, "", proc_guest_path(r->Path));
	}
	text_printf(tx, "\n");
	return TRUE;
}

int proc_show_maps(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct proc_target tgt;
	int err = proc_may_look(n, t);

	if (!err)
		err = proc_target(n, &tgt);
	if (err)
		return err;
	if (tgt.task)
		MmEnumerateRegions(tgt.task->thread, add_region, tx);
	proc_target_put(&tgt);
	return 0;
}
