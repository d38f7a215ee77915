/* SPDX-License-Identifier: MIT */
/* psp.h - private to the process manager. PspLock (LR_PS) guards ids, jobs and who says an exit status. */
#ifndef PSP_H
#define PSP_H
#include "nt/ps.h"
#include "base/lock.h"
#include "base/trace.h"
#include "../host/host_proc.h"
#include "../host/host_sys.h"

extern struct lk PspLock;

/* ---- pscid.c ---- */
/* Give ids and a time of birth; take them back. */
VOID PspRegisterProcess(PEPROCESS Process);
VOID PspRegisterThread(PETHREAD Thread);
VOID PspForgetProcess(PEPROCESS Process);
VOID PspForgetThread(PETHREAD Thread);

/* ---- psterm.c ---- */
/*
 * Makes Process end with ExitStatus unless it is ending already. PspLock held.
 * STATUS_PROCESS_IS_TERMINATING when it has ended, STATUS_ACCESS_DENIED for the supervisor's own.
 */
NTSTATUS PspTerminate(PEPROCESS Process, NTSTATUS ExitStatus);

/* ---- psjob.c; PspLock held ---- */
/* The process has ended or goes away. Returns the job whose reference the caller has to drop, or NULL. */
struct _EJOB *PspLeaveJob(PEPROCESS Process);
VOID PspDereferenceJob(struct _EJOB *Job);

/* ---- pshost.c ---- */
int PspKillHost(PEPROCESS Process);
VOID PspDeleteHost(PEPROCESS Process);
#endif
