/* SPDX-License-Identifier: MIT */
/* See fx_task.h. */
#include "fx_task.h"
#include "../../src/task/instance.h"
#include "base/alloc.h"
#include <pthread.h>
#include <string.h>

#define HOST_BASE 100000 /* host numbers are not the guest's */

struct fx_sent fx_sent[64];
int fx_nr_sent;
void (*fx_on_send)(struct task *t, int sig);
static PICO_SIGNAL_STATE states[256];    /* by tid */
static struct task *group_receiver[256]; /* by pid: who gets what is sent to the group */
static pthread_mutex_t states_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t service;

PICO_SIGNAL_STATE *fx_signals(struct task *t)
{
	assert_true(t->tid < 256);
	return &states[t->tid];
}

void fx_forget(void)
{
	fx_nr_sent = 0;
}

static PVOID thread_context(PETHREAD thread)
{
	return thread->PicoContext;
}

static PVOID process_context(PEPROCESS process)
{
	return process->PicoContext;
}

static void pend(struct task *t, int sig)
{
	if (fx_nr_sent < 64)
		fx_sent[fx_nr_sent++] = (struct fx_sent){ t, sig };
	fx_signals(t)->Pending |= LX_SIGBIT(sig);
}

static NTSTATUS send_signal(PETHREAD thread, int sig, const PICO_SIGNAL_INFO *info)
{
	struct task *t = thread->PicoContext;

	pthread_mutex_lock(&states_lock);
	pend(t, sig);
	pthread_mutex_unlock(&states_lock);
	if (fx_on_send)
		fx_on_send(t, sig);
	return STATUS_SUCCESS;
}

/*
 * To the group: the host would choose a thread; here it is the first one. Timers call this while the
 * group ends, so it may not look into what tasks_lock guards, nor take that lock: others hold it here.
 */
static NTSTATUS send_process_signal(PEPROCESS process, int sig, const PICO_SIGNAL_INFO *info)
{
	struct tgroup *tg = process->PicoContext;
	struct task *t;

	pthread_mutex_lock(&states_lock);
	t = group_receiver[tg->pid];
	if (t)
		pend(t, sig);
	pthread_mutex_unlock(&states_lock);
	if (t && fx_on_send)
		fx_on_send(t, sig);
	return t ? STATUS_SUCCESS : STATUS_THREAD_IS_TERMINATING;
}

static void set_group_receiver(int pid, struct task *t)
{
	assert_true(pid < 256);
	pthread_mutex_lock(&states_lock);
	group_receiver[pid] = t;
	pthread_mutex_unlock(&states_lock);
}

static NTSTATUS query_signals(PETHREAD thread, PICO_SIGNAL_STATE *state)
{
	pthread_mutex_lock(&states_lock);
	*state = *fx_signals(thread->PicoContext);
	pthread_mutex_unlock(&states_lock);
	return STATUS_SUCCESS;
}

void fx_block(struct task *t, uint64_t mask)
{
	pthread_mutex_lock(&states_lock);
	fx_signals(t)->Blocked = mask;
	pthread_mutex_unlock(&states_lock);
}

static NTSTATUS deliver_with_mask(PETHREAD thread, ULONG64 mask, ULONG64 for_signals)
{
	fx_block(thread->PicoContext, mask);
	return STATUS_SUCCESS;
}

static NTSTATUS terminate(PEPROCESS process, NTSTATUS status)
{
	struct tgroup *tg = process->PicoContext;

	fx_sent[fx_nr_sent++ % 64] = (struct fx_sent){ tg->leader, LX_SIGKILL };
	return STATUS_SUCCESS;
}

int fx_tasks_start(void **state)
{
	static bool up;

	if (!up) {
		assert_int_equal(ObInitSystem(), STATUS_SUCCESS);
		assert_int_equal(KeInitSystem(), STATUS_SUCCESS);
		up = true;
	}
	pico = (PS_PICO_ROUTINES){
		.GetThreadContext = thread_context,
		.GetProcessContext = process_context,
		.SendSignal = send_signal,
		.SendProcessSignal = send_process_signal,
		.QuerySignalState = query_signals,
		.DeliverWithMask = deliver_with_mask,
		.TerminateProcess = terminate,
	};
	memset(states, 0, sizeof(states));
	fx_on_send = NULL;
	fx_forget();
	return instance_start_init();
}

static int is_left(struct tgroup *tg, void *arg)
{
	return tg != init_tgroup ? tg->pid : 0;
}

int fx_tasks_stop(void **state)
{
	assert_int_equal(tgroup_for_each(is_left, NULL), 0);
	assert_int_equal(init_tgroup->refs.n, 1);
	lk_acquire(&tasks_lock);
	tgroup_unpublish(init_tgroup);
	lk_release(&tasks_lock);
	tgroup_put(init_tgroup);
	init_tgroup = NULL;
	graveyard_sweep();
	return 0;
}

static struct cred *new_cred(struct task *parent)
{
	struct cred *c;

	if (parent)
		return cred_get(parent->cred);
	c = mem_alloc(sizeof(*c));
	assert_non_null(c);
	refs_init(&c->refs);
	cred_init_caps(c);
	return c;
}

static struct task *new_task(struct tgroup *tg, struct task *parent)
{
	struct task *t = task_new(tg);

	assert_non_null(t);
	assert_int_equal(PspAllocateThread(tg->process, t, &t->thread), STATUS_SUCCESS);
	t->cred = new_cred(parent);
	lk_acquire(&tasks_lock);
	if (!tg->pid)
		tgroup_publish(tg, pid_alloc(&pid_ns_first, NULL),
			       parent ? parent->tg : init_tgroup, parent ? parent->tg->pgid : 0,
			       parent ? parent->tg->sid : 0);
	task_publish(t, tg->nr_tasks ? pid_alloc(&pid_ns_first, NULL) : tg->pid);
	if (!parent)
		tgroup_set_ids(tg, tg->pid, tg->pid);
	lk_release(&tasks_lock);
	t->thread->HostTid = HOST_BASE + t->tid;
	return t;
}

struct task *fx_process(struct task *parent)
{
	struct tgroup *tg = tgroup_new();
	struct task *t;

	assert_non_null(tg);
	assert_int_equal(PspAllocateProcess(tg, &tg->process), STATUS_SUCCESS);
	tg->exit_signal = LX_SIGCHLD;
	tg->sigchld.handler = FX_HANDLER;
	for (int i = 0; i < LX_RLIM_NLIMITS; i++)
		tg->rlimit[i].rlim_cur = tg->rlimit[i].rlim_max = LX_RLIM_INFINITY;
	t = new_task(tg, parent);
	set_group_receiver(tg->pid, t);
	tg->process->HostPid = t->thread->HostTid;
	return t;
}

struct task *fx_thread(struct task *t)
{
	return new_task(t->tg, t);
}

void fx_exit(struct task *t, int status)
{
	PEPROCESS process = t->tg->process;
	bool last = t->tg->nr_tasks == 1;

	ObReferenceObject(&process->Object);
	if (t->tid == t->tg->pid)
		set_group_receiver(t->tg->pid, NULL);
	task_exit_thread(t->thread, status);
	if (last)
		task_exit_process(process, status);
	ObDereferenceObject(&process->Object);
}

static int dequeue(struct task *t)
{
	PICO_SIGNAL_STATE *st = fx_signals(t);
	uint64_t ready;

	pthread_mutex_lock(&states_lock);
	ready = st->Pending & ~st->Blocked;
	st->Pending &= ~(ready & -ready);
	pthread_mutex_unlock(&states_lock);
	return ready ? __builtin_ctzll(ready) + 1 : 0;
}

int fx_deliver(struct task *t, struct lx_siginfo *info)
{
	struct lx_siginfo host = { .si_code = LX_SI_TKILL };
	PICO_SIGNAL_INFO bytes;
	int sig = dequeue(t);

	if (!sig)
		return 0;
	host.si_signo = sig;
	memcpy(bytes.Bytes, &host, sizeof(host));
	task_signal_delivery(t->thread, &sig, &bytes);
	memcpy(info, bytes.Bytes, sizeof(*info));
	return sig;
}

struct service_call {
	struct task *t;
	void (*fn)(struct task *t);
};

static void *service_main(void *arg)
{
	struct service_call call = *(struct service_call *)arg;
	PETHREAD thread = call.t->thread;
	PKTHREAD before = KeAttachThread(&thread->Tcb);

	mem_free(arg);
	assert_true(task_call_begin(call.t));
	call.fn(call.t);
	task_call_end(call.t);
	KeAttachThread(before);
	ObDereferenceObject(&thread->Object);
	return NULL;
}

void fx_run(struct task *t, void (*fn)(struct task *t))
{
	struct service_call *call = mem_alloc(sizeof(*call));

	*call = (struct service_call){ t, fn };
	ObReferenceObject(&t->thread->Object); /* as a receiver does */
	assert_int_equal(pthread_create(&service, NULL, service_main, call), 0);
}

void fx_join(void)
{
	assert_int_equal(pthread_join(service, NULL), 0);
}
