/* SPDX-License-Identifier: MIT */
/* exp.h - what the files of Ex share. */
#ifndef EXP_H
#define EXP_H
#include "nt/ex.h"

/* SystemLogicalProcessorInformation. *Used: the bytes of all. */
NTSTATUS ExpQueryTopology(PVOID Buffer, ULONG Length, PULONG Used);
#endif
