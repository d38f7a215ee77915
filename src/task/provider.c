/* SPDX-License-Identifier: MIT */
/*
 * provider.c - lxcore as a pico provider: the table it registers with the NT side, the route of every
 * system call (from syscalls.def), and the translation of a handler's answer into a disposition.
 */
#include "ptrace.h"
#include "lxrun/trace.h"
#include "lxrun/options.h"
#include <stdatomic.h>

enum {
#define SC(nr, name, support, route, args, note) NR_##name = nr,
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
#undef SC
#undef SC_HOST_IF
#undef SC_HOST_UNLESS
};

#define ROUTE_TRAP PicoRouteTrap
#define ROUTE_HOST PicoRouteHost
#define ROUTE_LIFE PicoRouteLife

static const PICO_CALL_ROUTE all_routes[] = {
#define SC(nr, name, support, route, args, note) { .Number = nr, .Route = ROUTE_##route },
#define SC_HOST_IF(name, index, mask, value) \
	{ .Number = NR_##name,               \
	  .Route = PicoRouteHost,            \
	  .ArgIndex = index,                 \
	  .ArgMask = mask,                   \
	  .ArgValue = value },
#define SC_HOST_UNLESS(name, index, value) \
	{ .Number = NR_##name,             \
	  .Route = PicoRouteHost,          \
	  .ArgIndex = index,               \
	  .ArgNot = TRUE,                  \
	  .ArgMask = UINT32_MAX,           \
	  .ArgValue = value },
#include "lx/syscalls.def"
#undef SC
#undef SC_HOST_IF
#undef SC_HOST_UNLESS
};
#define ROUTE_COUNT (sizeof(all_routes) / sizeof(all_routes[0]))

/* A quirk answers the call: it has to come here. */
static bool is_missing(ULONG number)
{
	return lxrun_opt.missing_calls && number < SC_TABLE_SIZE && lxrun_opt.missing_calls[number];
}

/* What is left is what differs from "trap". */
static ULONG build_routes(PICO_CALL_ROUTE *out)
{
	ULONG n = 0;

	for (size_t i = 0; i < ROUTE_COUNT; i++)
		if (all_routes[i].Route != PicoRouteTrap && !is_missing(all_routes[i].Number))
			out[n++] = all_routes[i];
	return n;
}

static void answer(struct task *t, PPS_PICO_SYSTEM_CALL_INFORMATION call, int64_t result)
{
	call->TrapFrame->Rax = result;
	switch (result) {
	case SC_CONTINUE:
		call->Disposition = PicoContinue;
		break;
	case SC_CLONE:
		call->Disposition = PicoClone;
		break;
	case SC_EXEC:
		call->Disposition = PicoExec;
		break;
	case SC_MAP:
		call->Disposition = PicoMap;
		break;
	default:
		call->Disposition = PicoReturn;
		if (!t->install_handle || result < 0)
			break;
		call->Disposition = PicoInstall;
		call->Descriptor = t->install_handle;
		call->DescriptorSlot = result;
		call->DescriptorCloseOnExec = t->install_cloexec;
	}
}

static VOID dispatch(PPS_PICO_SYSTEM_CALL_INFORMATION call)
{
	struct task *t = pico.GetThreadContext(call->Thread);
	const KTRAP_FRAME *f = call->TrapFrame;

	if (!task_call_begin(t)) {
		call->TrapFrame->Rax = -LX_ESRCH;
		return;
	}
	if (t->unsent)
		signal_flush_unsent(t);
	t->cur = (struct sc_args){
		.nr = f->Rax,
		.a = { f->Rdi, f->Rsi, f->Rdx, f->R10, f->R8, f->R9 },
		.ip = f->Rip,
		.sp = f->Rsp,
		.host = call->HostRoute,
	};
	atomic_store_explicit(&t->cur_nr, t->cur.nr, memory_order_relaxed);
	atomic_store_explicit(&t->cur_arg, t->cur.a[0], memory_order_relaxed);
	t->install_handle = NULL;
	answer(t, call, sc_dispatch(t, &t->cur));
	task_call_end(t);
}

static BOOLEAN no_exception(PVOID record, PVOID frame, PKTRAP_FRAME trap, ULONG chance, CHAR mode)
{
	return FALSE;
}

/* The engine kills the host process; ExitThread and ExitProcess tell the rest. */
static VOID terminate_process(PEPROCESS process, NTSTATUS status)
{
	pico.TerminateProcess(process, status);
}

static VOID call_returned(PETHREAD thread, LONG64 result)
{
	trace_returned(pico.GetThreadContext(thread), result);
}

static VOID image_replaced(PETHREAD thread, NTSTATUS status)
{
	struct task *t = pico.GetThreadContext(thread);

	trace_returned(t, NT_SUCCESS(status) ? 0 : nt_to_errno(status));
	task_image_replaced(thread, status);
}

void provider_routines(PS_PICO_PROVIDER_ROUTINES *routines)
{
	static PICO_CALL_ROUTE routes[ROUTE_COUNT];

	*routines = (PS_PICO_PROVIDER_ROUTINES){
		.Size = sizeof(*routines),
		.DispatchSystemCall = dispatch,
		.ExitThread = task_exit_thread,
		.ExitProcess = task_exit_process,
		.DispatchException = no_exception,
		.TerminateProcess = terminate_process,
		.ImageReplaced = image_replaced,
		.SignalDelivery = task_signal_delivery,
		.ProcessStopped = task_process_stopped,
		.WatchCalls = trace_wants_all(),
		.CallReturned = call_returned,
		.ThreadEnds = task_thread_ends,
		.DebugStop = task_debug_stop,
		.Routes = routes,
		.RouteCount = build_routes(routes),
	};
}
