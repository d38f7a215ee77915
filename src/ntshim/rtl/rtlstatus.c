/* SPDX-License-Identifier: MIT */
/* rtlstatus.c - names of NTSTATUS values, for traces and messages. */
#include "nt/nt.h"
#include <stdio.h>

const char *NtStatusName(NTSTATUS Status)
{
	static _Thread_local char Text[16];

	switch (Status) {
#define NTS(name, value, lxerrno, why) \
	case STATUS_##name:            \
		return "STATUS_" #name;
#include "nt/status.def"
#undef NTS
	}
	snprintf(Text, sizeof(Text), "0x%08X", (unsigned)Status);
	return Text;
}
