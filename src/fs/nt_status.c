/* SPDX-License-Identifier: MIT */
/*
 * nt_status.c - the one place where NTSTATUS and Linux errno meet: a switch generated from the
 * errno column of nt/status.def. A status without a row is traced once and becomes EIO.
 */
#include "base/trace.h"
#include "lx/errno.h"
#include "lxrun/vfs.h"
#include <string.h>

static void report_unknown(NTSTATUS status)
{
	static _Atomic NTSTATUS last;

	if (last == status)
		return;
	last = status;
	lxrun_warn("status %s has no Linux error; EIO given", NtStatusName(status));
}

int nt_to_errno(NTSTATUS status)
{
	switch ((uint32_t)status) {
#define NTS(name, value, err, why) \
	case (uint32_t)(value):    \
		return -(err);
#include "nt/status.def"
#undef NTS
	}
	if (NT_SUCCESS(status))
		return 0;
	report_unknown(status);
	return -LX_EIO;
}

bool nt_status_meaning(const char *name, size_t len, struct nt_meaning *m)
{
	static const struct {
		const char *name;
		struct nt_meaning m;
	} rows[] = {
#define NTS(name, value, err, why) { "STATUS_" #name, { (uint32_t)(value), err, why } },
#include "nt/status.def"
#undef NTS
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == len && !memcmp(rows[i].name, name, len)) {
			*m = rows[i].m;
			return true;
		}
	return false;
}
