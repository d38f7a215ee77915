/* SPDX-License-Identifier: MIT */
/*
 * routines.c - what the provider may ask of the engine: PS_PICO_ROUTINES, start and stop.
 */
#include "picop.h"
#include "../host/host_sys.h"
#include "stub/stub_abi.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

PICO_ENGINE Pico = { .Listener = -1, .StubFd = -1 };
static int placeholder = -1; /* an O_PATH descriptor: refuses all I/O with EBADF */

static NTSTATUS create_process(const PS_PICO_PROCESS_ATTRIBUTES *Attributes, PEPROCESS *Process)
{
	NTSTATUS status = PspAllocateProcess(Attributes->Context, Process);

	if (!NT_SUCCESS(status))
		return status;
	status = PicoProcessAttach(*Process);
	if (NT_SUCCESS(status) && Attributes->ParentProcess)
		status = PspInheritJob(Attributes->ParentProcess, *Process);
	if (!NT_SUCCESS(status))
		ObDereferenceObject(&(*Process)->Object);
	return status;
}

static NTSTATUS create_thread(const PS_PICO_THREAD_ATTRIBUTES *a, PETHREAD *Thread)
{
	PICO_THREAD *parent = a->Parent ? a->Parent->Pico : NULL;
	NTSTATUS status;

	if (parent && !PicoReceiversReserve())
		return STATUS_TOO_MANY_THREADS;
	status = PspAllocateThread(a->Process, a->Context, Thread);
	if (!NT_SUCCESS(status))
		return status;
	status = PicoThreadAttach(*Thread);
	if (!NT_SUCCESS(status)) {
		ObDereferenceObject(&(*Thread)->Object);
		return status;
	}
	(*Thread)->Pico->Number = a->ThreadId;
	if (!a->Process->Pico->Number)
		a->Process->Pico->Number = a->ThreadId;
	if (!parent)
		return STATUS_SUCCESS; /* the first thread: PicoStart binds it */
	ObReferenceObject(&(*Thread)->Object);
	parent->Child = *Thread;
	parent->ChildProcess = a->Process != a->Parent->Process ? a->Process : NULL;
	parent->CloneFlags = a->CloneFlags;
	parent->CloneStack = a->UserStack;
	parent->CloneTls = a->UserFsBase;
	parent->ParentTid = a->ParentTidAddress;
	parent->ChildTid = a->ChildTidAddress;
	parent->ChildNumber = a->ThreadIdForParent;
	parent->NoteAddress = a->NoteAddress;
	parent->Note = a->Note;
	return STATUS_SUCCESS;
}

static PVOID get_process_context(PEPROCESS Process)
{
	return Process->PicoContext;
}

static PVOID get_thread_context(PETHREAD Thread)
{
	return Thread->PicoContext;
}

static NTSTATUS terminate_process(PEPROCESS Process, NTSTATUS Status)
{
	(void)Status; /* the host's wait status says SIGKILL */
	if (!Process->HostPid)
		return STATUS_PROCESS_IS_TERMINATING;
	return kill((pid_t)Process->HostPid, SIGKILL) ? host_status(errno) : STATUS_SUCCESS;
}

/* execfn, then the inserted strings, NUL separated: the order the stub expects. */
static bool copy_strings(PICO_EXEC *x, const PICO_IMAGE *image)
{
	size_t size = strlen(image->ExecFn) + 1;
	char *p;

	for (ULONG i = 0; i < image->InsertCount; i++)
		size += strlen(image->Insert[i]) + 1;
	p = x->Strings = malloc(size);
	if (!p)
		return false;
	x->StringsSize = size;
	p = stpcpy(p, image->ExecFn) + 1;
	for (ULONG i = 0; i < image->InsertCount; i++)
		p = stpcpy(p, image->Insert[i]) + 1;
	return true;
}

static NTSTATUS replace_image(PETHREAD Thread, const PICO_IMAGE *Image)
{
	PICO_EXEC *x = calloc(1, sizeof *x);

	if (!x)
		return STATUS_INSUFFICIENT_RESOURCES;
	x->Image = *Image;
	x->Fds[0] = x->Fds[1] = x->Fds[2] = -1;
	strncpy(x->Name, Image->Name, sizeof x->Name - 1);
	for (int i = 0; i < 3; i++) {
		HANDLE file = i < 2 ? Image->Files[i] : Image->Passed;

		if (!file)
			continue;
		x->Fds[i] = fcntl(IoHostDescriptor(file), F_DUPFD_CLOEXEC, 0);
		if (x->Fds[i] < 0)
			goto fail;
	}
	if (!copy_strings(x, Image))
		goto fail;
	PicoExecFree(atomic_exchange(&Thread->Pico->Exec, x));
	return STATUS_SUCCESS;
fail:
	PicoExecFree(x);
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* Where a view of Size bytes at Address could cover the stub. */
static bool meets_stub(ULONG64 Address, ULONG64 Size, ULONG Flags)
{
	return Flags & PICO_MAP_REPLACE && Address < STUB_CODE + STUB_CODE_SIZE &&
	       Address + Size > STUB_BASE;
}

static NTSTATUS map_section(PETHREAD Thread, HANDLE Section, ULONG64 Address, ULONG Flags)
{
	PICO_THREAD *t = Thread->Pico;
	ULONG64 size;
	NTSTATUS status = MmSectionSegment(Section, &t->MapSegment, &size);

	if (!NT_SUCCESS(status))
		return status;
	if (meets_stub(Address, size, Flags))
		return STATUS_CONFLICTING_ADDRESSES;
	t->MapAddress = Address;
	t->MapFlags = (Flags & PICO_MAP_READONLY ? SHM_RDONLY : 0) |
		      (Flags & PICO_MAP_ROUND ? SHM_RND : 0) |
		      (Flags & PICO_MAP_REPLACE ? SHM_REMAP : 0) |
		      (Flags & PICO_MAP_EXECUTE ? SHM_EXEC : 0);
	return STATUS_SUCCESS;
}

static VOID set_image_descriptor(PETHREAD Thread, ULONG Slot)
{
	PICO_EXEC *x = atomic_exchange(&Thread->Pico->Exec, NULL);

	if (!x)
		return;
	x->PassedSlot = Slot;
	x->HasPassed = true;
	atomic_store(&Thread->Pico->Exec, x); /* for the receiver that answers the stub */
}

/* What the host lets a process say. */
static siginfo_t host_info(int Signal, const PICO_SIGNAL_INFO *Info)
{
	siginfo_t info;

	memcpy(&info, Info, sizeof info);
	info.si_signo = Signal;
	if (info.si_code >= 0 || info.si_code == SI_TKILL)
		info.si_code = SI_QUEUE;
	return info;
}

static NTSTATUS send_process_signal(PEPROCESS Process, int Signal, const PICO_SIGNAL_INFO *Info)
{
	siginfo_t info = host_info(Signal, Info);
	pid_t pid = (pid_t)Process->HostPid;

	if (!pid)
		return STATUS_INVALID_CID;
	if (Signal != SIGKILL && Signal != SIGSTOP &&
	    !syscall(SYS_rt_sigqueueinfo, pid, Signal, &info))
		return STATUS_SUCCESS;
	return kill(pid, Signal) ? host_status(errno) : STATUS_SUCCESS;
}

static NTSTATUS send_signal(PETHREAD Thread, int Signal, const PICO_SIGNAL_INFO *Info)
{
	siginfo_t info = host_info(Signal, Info);
	pid_t pid = (pid_t)Thread->Process->HostPid, tid = (pid_t)Thread->HostTid;

	if (!pid || !tid)
		return STATUS_INVALID_CID;
	/* SIGKILL and SIGSTOP carry nothing; the host may be out of room for the others' siginfo */
	if (Signal != SIGKILL && Signal != SIGSTOP &&
	    !syscall(SYS_rt_tgsigqueueinfo, pid, tid, Signal, &info))
		return STATUS_SUCCESS;
	return syscall(SYS_tgkill, pid, tid, Signal) ? host_status(errno) : STATUS_SUCCESS;
}

static NTSTATUS set_descriptor(PETHREAD Thread, ULONG Slot, HANDLE File, BOOLEAN CloseOnExec)
{
	int fd = File ? IoHostDescriptor(File) : placeholder;
	uint64_t id = Thread->Pico->NotifyId;

	if (fd < 0)
		return STATUS_INVALID_HANDLE;
	if (!id)
		return STATUS_INVALID_DEVICE_REQUEST;
	/* the placeholder goes at exec: the provider's table says what is open */
	return PicoAddFd(id, fd, Slot, File ? CloseOnExec : true, false) < 0 ? host_status(errno)
									     : STATUS_SUCCESS;
}

static NTSTATUS set_clear_tid(PETHREAD Thread, ULONG64 Address)
{
	Thread->Pico->ClearTid = Address;
	return STATUS_SUCCESS;
}

static ULONG descriptor_limit(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	return r.rlim_max < UINT32_MAX ? (ULONG)r.rlim_max : UINT32_MAX;
}

NTSTATUS PsRegisterPicoProvider(const PS_PICO_PROVIDER_ROUTINES *Provider,
				PPS_PICO_ROUTINES Routines)
{
	if (Pico.Registered)
		return STATUS_TOO_LATE;
	if (Provider->Size != sizeof *Provider || Routines->Size != sizeof *Routines)
		return STATUS_INFO_LENGTH_MISMATCH;
	Pico.Provider = *Provider;
	Pico.Registered = true;
	PicoThreadInit();
	placeholder = open("/", O_PATH | O_CLOEXEC);
	if (placeholder < 0 || !NT_SUCCESS(PicoLaunchPrepare()))
		return STATUS_INSUFFICIENT_RESOURCES;
	*Routines = (PS_PICO_ROUTINES){
		.Size = sizeof *Routines,
		.CreateProcess = create_process,
		.CreateThread = create_thread,
		.GetProcessContext = get_process_context,
		.GetThreadContext = get_thread_context,
		.TerminateProcess = terminate_process,
		.ReplaceImage = replace_image,
		.MapSection = map_section,
		.SetImageDescriptor = set_image_descriptor,
		.SendSignal = send_signal,
		.SendProcessSignal = send_process_signal,
		.QuerySignalState = PicoQuerySignalState,
		.SetDescriptor = set_descriptor,
		.DeliverWithMask = PicoDeliverWithMask,
		.SetClearTidAddress = set_clear_tid,
		.QueryRobustList = PicoQueryRobustList,
		.DebugThread = PicoDebugThread,
		.DescriptorLimit = descriptor_limit(),
		.DescriptorKept = (ULONG)Pico.SlotStub - (PICO_DESCRIPTORS_KEPT - 1),
	};
	return STATUS_SUCCESS;
}

NTSTATUS PicoStart(PEPROCESS Process, PETHREAD Thread, const char *Path, char *const Argv[],
		   char *const Envp[])
{
	NTSTATUS status;

	assert(Thread->Process == Process);
	PicoReceiversPrepare();
	status = PicoTracerStart(Thread, Path, Argv, Envp);
	if (NT_SUCCESS(status))
		PicoBalanceStart();
	return status;
}

VOID PicoStop(void)
{
	Pico.Stopping = true;
	PicoTracerJoin();
	PicoBalanceJoin();
	PicoReceiversJoin();
	close(Pico.Listener);
	Pico.Listener = -1;
}

VOID PicoQueryCounters(PICO_COUNTERS *Counters)
{
	*Counters = Pico.Counters;
}
