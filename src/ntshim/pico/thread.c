/* SPDX-License-Identifier: MIT */
/*
 * thread.c - which guest thread a host tid is; births and deaths.
 *
 * The table is one pointer per possible host tid, mapped but not touched: 32 MiB of address space for
 * the largest pid_max, one page of memory in practice.
 */
#include "picop.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define TID_MAX 4194304
static PETHREAD *table;
static struct lk table_lock = LK_INIT(PICO);
static struct list all_threads = LIST_INIT(all_threads);

NTSTATUS PicoThreadAttach(PETHREAD Thread)
{
	PICO_THREAD *t = calloc(1, sizeof *t);

	if (!t)
		return STATUS_INSUFFICIENT_RESOURCES;
	t->Thread = Thread;
	t->Home = t->SchedFd = -1;
	list_init(&t->Link);
	Thread->Pico = t;
	return STATUS_SUCCESS;
}

NTSTATUS PicoProcessAttach(PEPROCESS Process)
{
	Process->Pico = calloc(1, sizeof *Process->Pico);
	return Process->Pico ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* The last reference to the object goes. */
static void delete_thread(PETHREAD Thread)
{
	PICO_THREAD *t = Thread->Pico;

	PicoExecFree(t->Exec);
	if (t->SchedFd >= 0)
		close(t->SchedFd);
	free(t);
}

static void delete_process(PEPROCESS Process)
{
	free(Process->Pico);
}

void PicoThreadInit(void)
{
	table = mmap(NULL, TID_MAX * sizeof *table, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED)
		lxrun_panic("not enough address space for the thread table");
	PspDeletePicoThread = delete_thread;
	PspDeletePicoProcess = delete_process;
}

PETHREAD PicoThreadLookup(pid_t Tid)
{
	PETHREAD thread;

	if (Tid <= 0 || Tid >= TID_MAX)
		return NULL;
	lk_acquire(&table_lock);
	thread = table[Tid];
	if (thread)
		ObReferenceObject(&thread->Object);
	lk_release(&table_lock);
	return thread;
}

void PicoThreadBind(PETHREAD Thread, pid_t Tid)
{
	PEPROCESS process = Thread->Process;

	assert(Tid > 0 && Tid < TID_MAX);
	lk_acquire(&table_lock);
	Thread->HostTid = Tid;
	if (!process->HostPid)
		process->HostPid = Tid;
	list_add_tail(&process->ThreadListHead, &Thread->ThreadListEntry);
	process->ActiveThreads++;
	list_add_tail(&all_threads, &Thread->Pico->Link);
	table[Tid] = Thread;
	lk_release(&table_lock);
	Pico.Guests++;
}

/* Takes the thread out of table and process; returns the table's reference. */
static PETHREAD unbind(pid_t Tid, ULONG *Left)
{
	PETHREAD thread;

	lk_acquire(&table_lock);
	thread = table[Tid];
	table[Tid] = NULL;
	if (thread) {
		list_del(&thread->ThreadListEntry);
		list_del(&thread->Pico->Link);
		*Left = --thread->Process->ActiveThreads;
	}
	lk_release(&table_lock);
	return thread;
}

static ULONGLONG timeval_ns(const struct timeval *tv)
{
	return (ULONGLONG)tv->tv_sec * 1000000000 + (ULONGLONG)tv->tv_usec * 1000;
}

/* The host has reaped the process: nobody can ask it any more. */
static void keep_usage(PEPROCESS process, const struct rusage *usage)
{
	process->ExitUsage.UserNs = timeval_ns(&usage->ru_utime);
	process->ExitUsage.KernelNs = timeval_ns(&usage->ru_stime);
	process->ExitUsage.PeakWorkingSet = (ULONGLONG)usage->ru_maxrss << 10;
	process->ExitUsage.PageFaults = (ULONG)(usage->ru_minflt + usage->ru_majflt);
	process->Exited = TRUE;
}

void PicoThreadDied(pid_t Tid, int WaitStatus, const struct rusage *Usage)
{
	ULONG left = 0;
	PETHREAD thread = unbind(Tid, &left);
	PEPROCESS process;

	if (!thread)
		return;
	Pico.Guests--;
	process = thread->Process;
	ObReferenceObject(&process->Object);
	if (thread->Pico->Child || thread->Pico->Life == LifeClone) /* in the middle of a clone */
		PicoCloneFailed(thread->Pico);
	thread->ExitStatus = WaitStatus;
	Pico.Provider.ExitThread(thread, WaitStatus);
	KeTerminateThreadObject(&thread->Tcb);
	ObDereferenceObject(&thread->Object);
	if (!left) {
		keep_usage(process, Usage);
		PspProcessExited(process, WaitStatus);
		Pico.Provider.ExitProcess(process, WaitStatus);
		KeSignalProcessObject(&process->Header);
	}
	ObDereferenceObject(&process->Object);
}

void PicoThreadForEach(void (*Routine)(PETHREAD Thread, void *Context), void *Context)
{
	PICO_THREAD *t;

	lk_acquire(&table_lock);
	list_for_each(t, &all_threads, Link)
		Routine(t->Thread, Context);
	lk_release(&table_lock);
}

static void kill_one(PETHREAD Thread, void *Context)
{
	(void)Context;
	kill((pid_t)Thread->Process->HostPid, SIGKILL);
}

void PicoThreadKillAll(void)
{
	PicoThreadForEach(kill_one, NULL);
}

void PicoThreadUnborn(PETHREAD Thread, PEPROCESS NewProcess)
{
	Pico.Provider.ExitThread(Thread, 0);
	if (NewProcess)
		Pico.Provider.ExitProcess(NewProcess, 0);
	ObDereferenceObject(&Thread->Object);
}

pid_t PicoThreadBesides(PETHREAD Thread)
{
	PETHREAD other;
	pid_t tid = 0;

	lk_acquire(&table_lock);
	list_for_each(other, &Thread->Process->ThreadListHead, ThreadListEntry)
		if (other != Thread)
			tid = (pid_t)other->HostTid;
	lk_release(&table_lock);
	return tid;
}

void PicoThreadRename(pid_t OldTid, pid_t Tid)
{
	static const struct rusage none;
	PETHREAD thread;

	PicoThreadDied(Tid, 0, &none); /* the old leader; its group lives on in the caller */
	lk_acquire(&table_lock);
	thread = table[OldTid];
	table[OldTid] = NULL;
	table[Tid] = thread;
	if (thread) {
		thread->HostTid = Tid;
		thread->Pico->Number = thread->Process->Pico->Number;
	}
	lk_release(&table_lock);
}
