/* SPDX-License-Identifier: MIT */
/* exquery.c - facts about the machine and random bytes, for drivers (include/nt/ex.h). */
#include "nt/ex.h"
#include "../host/host_text.h"
#include "base/trace.h"
#include <stdio.h>
#include <string.h>

/* Only what callers may know: the name becomes part of a host path. */
static const char *const ExpHostTexts[] = {
	"meminfo",        "cpuinfo",     "loadavg",      "uptime",        "stat",
	"vmstat",         "diskstats",   "partitions",   "devices",       "net/arp",
	"net/dev",        "net/icmp",    "net/icmp6",    "net/if_inet6",  "net/igmp",
	"net/ipv6_route", "net/netstat", "net/raw",      "net/raw6",      "net/route",
	"net/snmp",       "net/snmp6",   "net/sockstat", "net/sockstat6", "net/tcp",
	"net/tcp6",       "net/udp",     "net/udp6",     "interrupts",    "locks",
	"softirqs",       NULL
};
static const char *const ExpSystemTexts[] = {
	"transparent_hugepage/enabled",        "transparent_hugepage/defrag",
	"transparent_hugepage/hpage_pmd_size", "transparent_hugepage/shmem_enabled",
	"transparent_hugepage/use_zero_page",  NULL
};
static const char *const ExpThreadTexts[] = { "stat",
					      "statm",
					      "status",
					      "cmdline",
					      "environ",
					      "auxv",
					      "smaps",
					      "smaps_rollup",
					      "oom_score",
					      "schedstat",
					      "io",
					      "task/stat",
					      "task/oom_score",
					      "task/sched",
					      "task/schedstat",
					      "task/io",
					      "task/smaps_rollup",
					      NULL };

static BOOLEAN ExpIsKnown(const char *const *Names, const char *Name)
{
	while (*Names && strcmp(*Names, Name))
		Names++;
	return *Names != NULL;
}

typedef long EXP_READ(const char *Name, char *Buffer, size_t Size);

static NTSTATUS ExpReadText(EXP_READ *Read, const char *Path, NTSTATUS Missing, char *Buffer,
			    SIZE_T Size, PSIZE_T Length)
{
	long Total = Read(Path, Buffer, Size);
	NTSTATUS Status = Total < 0 ? Missing : STATUS_SUCCESS;

	*Length = Total > 0 ? (SIZE_T)Total : 0;
	if (*Length > Size)
		Status = STATUS_BUFFER_OVERFLOW;
	TRACE(TR_NT, "ExReadText(%s) = %s", Path, NtStatusName(Status));
	return Status;
}

NTSTATUS ExQueryHostText(const char *Name, char *Buffer, SIZE_T Size, PSIZE_T Length)
{
	char Path[64];

	*Length = 0;
	if (ExpIsKnown(ExpSystemTexts, Name)) {
		snprintf(Path, sizeof(Path), "kernel/mm/%s", Name);
		return ExpReadText(host_sys_text, Path, STATUS_UNSUCCESSFUL, Buffer, Size, Length);
	}
	if (!ExpIsKnown(ExpHostTexts, Name))
		return STATUS_INVALID_PARAMETER;
	return ExpReadText(host_proc_text, Name, STATUS_UNSUCCESSFUL, Buffer, Size, Length);
}

NTSTATUS ExQueryThreadText(PETHREAD Thread, const char *Name, char *Buffer, SIZE_T Size,
			   PSIZE_T Length)
{
	const LONG Tid = Thread->HostTid;
	char Path[64];

	*Length = 0;
	if (!ExpIsKnown(ExpThreadTexts, Name))
		return STATUS_INVALID_PARAMETER;
	if (!Tid)
		return STATUS_THREAD_IS_TERMINATING;
	if (!strncmp(Name, "task/", 5))
		snprintf(Path, sizeof(Path), "%d/task/%d/%s", (int)Tid, (int)Tid, Name + 5);
	else
		snprintf(Path, sizeof(Path), "%d/%s", (int)Tid, Name);
	return ExpReadText(host_proc_text, Path, STATUS_THREAD_IS_TERMINATING, Buffer, Size,
			   Length);
}

NTSTATUS ExGenRandom(PVOID Buffer, SIZE_T Size)
{
	return host_random(Buffer, Size) ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

ULONG ExQueryProcessorSetSize(void)
{
	return host_cpu_set_size();
}

ULONG ExQueryProcessorCount(void)
{
	return host_online_cpus();
}
