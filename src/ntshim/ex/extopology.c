/* SPDX-License-Identifier: MIT */
/*
 * extopology.c - SystemLogicalProcessorInformation: cores, packages, caches and NUMA nodes, from the host's
 * sysfs. A set of processors is told by its first one. What the host does not say is taken to be simple:
 * every processor a core, all of them one package and one node.
 */
#include "exp.h"
#include "../host/host_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESSORS_MAX 64u
#define CACHES_MAX     8u
#define NODES_MAX      64u

typedef struct _LISTING {
	PSYSTEM_LOGICAL_PROCESSOR_INFORMATION Next, End;
	ULONG Count; /* of all, those without room included */
} LISTING;

static BOOLEAN ReadLine(const char *Name, char *Line, SIZE_T Size)
{
	long Length = host_sys_text(Name, Line, Size - 1);

	if (Length <= 0)
		return FALSE;
	Line[(SIZE_T)Length < Size ? (SIZE_T)Length : Size - 1] = 0;
	Line[strcspn(Line, "\n")] = 0;
	return TRUE;
}

/* "0-3,8" as bits. 0: there is no such list. */
static ULONG_PTR ReadList(const char *Name)
{
	char Line[512], *At = Line;
	ULONG_PTR Mask = 0;

	if (!ReadLine(Name, Line, sizeof(Line)))
		return 0;
	while (*At >= '0' && *At <= '9') {
		unsigned long First = strtoul(At, &At, 10), Last = First;

		if (*At == '-')
			Last = strtoul(At + 1, &At, 10);
		for (unsigned long i = First; i <= Last && i < PROCESSORS_MAX; i++)
			Mask |= (ULONG_PTR)1 << i;
		At += *At == ',';
	}
	return Mask;
}

static BOOLEAN IsFirst(ULONG_PTR Mask, ULONG Cpu)
{
	return Mask && (ULONG)__builtin_ctzll(Mask) == Cpu;
}

static VOID Put(LISTING *l, const SYSTEM_LOGICAL_PROCESSOR_INFORMATION *Entry)
{
	l->Count++;
	if (l->Next < l->End)
		*l->Next++ = *Entry;
}

static VOID PutCore(LISTING *l, ULONG Cpu)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION e = { .Relationship = RelationProcessorCore };
	char Name[96];

	snprintf(Name, sizeof(Name), "devices/system/cpu/cpu%u/topology/thread_siblings_list", Cpu);
	e.ProcessorMask = ReadList(Name);
	if (!e.ProcessorMask)
		e.ProcessorMask = (ULONG_PTR)1 << Cpu;
	e.ProcessorCore.Flags = e.ProcessorMask & (e.ProcessorMask - 1) ? LTP_PC_SMT : 0;
	if (IsFirst(e.ProcessorMask, Cpu))
		Put(l, &e);
}

static VOID PutPackage(LISTING *l, ULONG Cpu, ULONG_PTR All)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION e = { .Relationship = RelationProcessorPackage };
	char Name[96];

	snprintf(Name, sizeof(Name), "devices/system/cpu/cpu%u/topology/core_siblings_list", Cpu);
	e.ProcessorMask = ReadList(Name);
	if (!e.ProcessorMask)
		e.ProcessorMask = All;
	if (IsFirst(e.ProcessorMask, Cpu))
		Put(l, &e);
}

static ULONG CacheNumber(ULONG Cpu, ULONG Index, const char *What, char *Unit)
{
	char Name[96], Line[32], *End;
	ULONG Value;

	snprintf(Name, sizeof(Name), "devices/system/cpu/cpu%u/cache/index%u/%s", Cpu, Index, What);
	*Unit = 0;
	if (!ReadLine(Name, Line, sizeof(Line)))
		return 0;
	Value = (ULONG)strtoul(Line, &End, 10);
	*Unit = *End ? *End : *Line;
	return Value;
}

static BOOLEAN ReadCache(ULONG Cpu, ULONG Index, SYSTEM_LOGICAL_PROCESSOR_INFORMATION *e)
{
	char Name[96], Unit;
	ULONG Ways;

	*e = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION){ .Relationship = RelationCache };
	snprintf(Name, sizeof(Name), "devices/system/cpu/cpu%u/cache/index%u/shared_cpu_list", Cpu,
		 Index);
	e->ProcessorMask = ReadList(Name);
	if (!e->ProcessorMask)
		return FALSE;
	e->Cache.Level = (UCHAR)CacheNumber(Cpu, Index, "level", &Unit);
	e->Cache.LineSize = (USHORT)CacheNumber(Cpu, Index, "coherency_line_size", &Unit);
	Ways = CacheNumber(Cpu, Index, "ways_of_associativity", &Unit);
	e->Cache.Associativity = Ways ? (UCHAR)Ways : CACHE_FULLY_ASSOCIATIVE;
	e->Cache.Size = CacheNumber(Cpu, Index, "size", &Unit);
	e->Cache.Size *= Unit == 'K' ? 1024 : Unit == 'M' ? 1024 * 1024 : 1;
	CacheNumber(Cpu, Index, "type", &Unit);
	e->Cache.Type = Unit == 'D' ? CacheData : Unit == 'I' ? CacheInstruction : CacheUnified;
	return TRUE;
}

static VOID PutCaches(LISTING *l, ULONG Cpu)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION e;

	for (ULONG i = 0; i < CACHES_MAX && ReadCache(Cpu, i, &e); i++)
		if (IsFirst(e.ProcessorMask, Cpu))
			Put(l, &e);
}

static VOID PutNodes(LISTING *l, ULONG_PTR All)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION e = { .Relationship = RelationNumaNode };
	ULONG Before = l->Count;
	char Name[96];

	for (ULONG i = 0; i < NODES_MAX; i++) {
		snprintf(Name, sizeof(Name), "devices/system/node/node%u/cpulist", i);
		e.ProcessorMask = ReadList(Name);
		e.NumaNode.NodeNumber = i;
		if (e.ProcessorMask)
			Put(l, &e);
	}
	e.ProcessorMask = All;
	e.NumaNode.NodeNumber = 0;
	if (l->Count == Before)
		Put(l, &e);
}

NTSTATUS ExpQueryTopology(PVOID Buffer, ULONG Length, PULONG Used)
{
	ULONG Cpus = host_online_cpus();
	LISTING l = { .Next = Buffer };
	ULONG_PTR All;

	if (Cpus > PROCESSORS_MAX)
		Cpus = PROCESSORS_MAX;
	All = Cpus == PROCESSORS_MAX ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << Cpus) - 1;
	l.End = l.Next + Length / sizeof(*l.Next);
	for (ULONG i = 0; i < Cpus; i++) {
		PutCore(&l, i);
		PutCaches(&l, i);
	}
	for (ULONG i = 0; i < Cpus; i++)
		PutPackage(&l, i, All);
	PutNodes(&l, All);
	*Used = l.Count * (ULONG)sizeof(*l.Next);
	return Length < *Used ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}
