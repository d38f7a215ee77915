/* SPDX-License-Identifier: MIT */
/* Children and their parents: exit, zombies, wait, stops; sleeping and what ends it; groups, sessions. */
#include "fx_task.h"
#include "lxrun/process.h"
#include <stdatomic.h>
#include <unistd.h>

#define EXITED(code) ((code) << 8)

static struct wait_result res;

static int64_t wait_for(struct task *t, int which, int id, uint32_t options)
{
	return task_wait(t, which, id, options | LX_WNOHANG, &res);
}

static int64_t wait_any(struct task *t)
{
	return wait_for(t, LX_P_ALL, 0, LX_WEXITED);
}

static void a_child_is_waited_for_once(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);
	int pid = c->tid;

	assert_int_equal(wait_any(p), 0);
	fx_exit(c, EXITED(3));
	assert_int_equal(wait_for(p, LX_P_ALL, 0, LX_WEXITED | LX_WNOWAIT), pid);
	assert_int_equal(wait_any(p), pid);
	assert_int_equal(res.status, EXITED(3));
	assert_int_equal(res.code, LX_CLD_EXITED);
	assert_int_equal(wait_any(p), -LX_ECHILD);
	assert_null(tgroup_find(pid));
	fx_exit(p, 0);
}

static void wait_selects_by_number_group_and_kind(void **state)
{
	struct task *p = fx_process(NULL), *a = fx_process(p), *b = fx_process(p);
	int a_pid = a->tid, b_pid = b->tid;

	assert_int_equal(task_setpgid(p, b_pid, b_pid), 0);
	a->tg->exit_signal = 0; /* a "clone child" */
	fx_exit(a, EXITED(1));
	fx_exit(b, 9);
	assert_int_equal(wait_for(p, LX_P_PID, 77, LX_WEXITED), -LX_ECHILD);
	assert_int_equal(wait_for(p, LX_P_PID, a_pid, LX_WEXITED), -LX_ECHILD);
	assert_int_equal(wait_for(p, LX_P_PGID, b_pid, LX_WEXITED | LX_WNOWAIT), b_pid);
	assert_int_equal(res.code, LX_CLD_KILLED);
	assert_int_equal(wait_for(p, LX_P_PGID, 0, LX_WEXITED | LX_WALL), a_pid);
	assert_int_equal(wait_for(p, LX_P_ALL, 0, LX_WEXITED | LX_WCLONE), -LX_ECHILD);
	assert_int_equal(wait_any(p), b_pid);
	fx_exit(p, 0);
}

static void a_parent_that_does_not_care_gets_no_zombies(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);

	task_set_sigchld(p, &(struct lx_sigaction){ .handler = LX_SIG_IGN });
	fx_exit(c, 0);
	assert_int_equal(fx_nr_sent, 0);
	assert_int_equal(wait_any(p), -LX_ECHILD);
	task_set_sigchld(p,
			 &(struct lx_sigaction){ .handler = FX_HANDLER, .flags = LX_SA_NOCLDWAIT });
	c = fx_process(p);
	fx_exit(c, 0);
	assert_int_equal(fx_nr_sent, 1); /* this one is still told */
	assert_int_equal(wait_any(p), -LX_ECHILD);
	fx_exit(p, 0);
}

static void orphans_go_to_init_which_reaps_them(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p), *g = fx_process(c),
		    *z = fx_process(c);
	int z_pid = z->tid;

	fx_exit(z, 0);
	assert_non_null(pid_tgroup(z_pid));
	fx_exit(c, 0);
	assert_null(pid_tgroup(z_pid));
	assert_int_equal(tgroup_ppid(g->tg), PID_INIT);
	fx_exit(g, 0);
	assert_true(wait_any(p) > 0);
	fx_exit(p, 0);
}

static void a_clone_that_failed_leaves_nothing(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);

	c->thread->HostTid = 0;
	c->tg->process->HostPid = 0;
	fx_exit(c, 0);
	assert_int_equal(fx_nr_sent, 0);
	assert_int_equal(wait_any(p), -LX_ECHILD);
	fx_exit(p, 0);
}

static void a_group_ends_with_its_last_thread(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p), *second = fx_thread(c);
	int pid = c->tid;

	fx_exit(c, EXITED(1));
	assert_int_equal(wait_any(p), 0);
	fx_exit(second, EXITED(2));
	assert_int_equal(wait_any(p), pid);
	assert_int_equal(res.status, EXITED(2));
	fx_exit(p, 0);
}

/* The host would keep what Linux forgets: it has a tracer to ask. */
static void sigchld_without_a_handler_is_not_sent(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p), *d = fx_process(p);

	task_set_sigchld(p, &(struct lx_sigaction){ .handler = LX_SIG_DFL });
	fx_exit(c, 0);
	assert_int_equal(fx_nr_sent, 0);
	fx_block(p, LX_SIGBIT(LX_SIGCHLD)); /* for sigwait, or until it is unblocked */
	fx_exit(d, 0);
	assert_int_equal(fx_nr_sent, 1);
	assert_true(wait_any(p) > 0);
	assert_true(wait_any(p) > 0);
	fx_exit(p, 0);
}

static void stops_and_continues_are_told_once(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);
	const uint32_t all = LX_WEXITED | LX_WSTOPPED | LX_WCONTINUED;
	int pid = c->tid;

	task_process_stopped(c->tg->process, LX_SIGTTIN);
	assert_int_equal(wait_any(p), 0);
	assert_int_equal(wait_for(p, LX_P_ALL, 0, all), pid);
	assert_int_equal(res.status, LX_SIGTTIN << 8 | 0x7f);
	assert_int_equal(wait_for(p, LX_P_ALL, 0, all), 0);
	task_process_stopped(c->tg->process, 0);
	assert_int_equal(wait_for(p, LX_P_ALL, 0, all), pid);
	assert_int_equal(res.status, 0xffff);
	assert_int_equal(wait_for(p, LX_P_ALL, 0, all), 0);
	assert_int_equal(fx_nr_sent, 2);
	task_set_sigchld(p,
			 &(struct lx_sigaction){ .handler = FX_HANDLER, .flags = LX_SA_NOCLDSTOP });
	task_process_stopped(c->tg->process, LX_SIGSTOP);
	assert_int_equal(fx_nr_sent, 2);
	fx_exit(c, 9);
	fx_exit(p, 0);
}

/* ---- SIGCHLD and the zombie are one step ---- */

static atomic_int sending, waited;

static void slow_send(struct task *t, int sig)
{
	sending = 1;
	usleep(30000);
	assert_int_equal(waited, 0); /* nobody has seen the zombie before the signal */
	sending = 2;
}

static void wait_once(struct task *t)
{
	while (!sending)
		usleep(100);
	assert_true(wait_any(t) > 0); /* WNOHANG: must not miss it either */
	assert_int_equal(sending, 2);
	waited = 1;
}

static void a_zombie_is_seen_with_its_signal(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);

	sending = waited = 0;
	fx_on_send = slow_send;
	fx_run(p, wait_once);
	fx_exit(c, 0);
	fx_join();
	assert_int_equal(waited, 1);
	fx_on_send = NULL;
	fx_exit(p, 0);
}

/* ---- a call of a dead task ---- */

static atomic_int result, asleep;

static void sleep_long(struct task *t)
{
	asleep = 1;
	result = task_sleep(t, WAIT_FOREVER);
}

static void until_asleep(struct task *t)
{
	while (!asleep || !t->sleeping)
		usleep(100);
	usleep(2000);
}

static void a_zombie_comes_after_its_last_call(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);
	int pid = c->tid;

	asleep = result = 0;
	fx_run(c, sleep_long);
	until_asleep(c);
	fx_exit(c, 9);
	fx_join();
	assert_int_equal(result, -LX_ERESTARTSYS);
	assert_int_equal(wait_any(p), pid);
	fx_exit(p, 0);
}

static void a_call_that_comes_too_late_is_refused(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);
	PETHREAD thread = c->thread;

	ObReferenceObject(&thread->Object); /* a receiver holds it */
	fx_exit(c, 0);
	assert_false(task_call_begin(pico.GetThreadContext(thread)));
	ObDereferenceObject(&thread->Object);
	assert_true(wait_any(p) > 0);
	fx_exit(p, 0);
}

/* ---- sleeping ---- */

static int sleep_with(struct task *t, void (*meanwhile)(struct task *t))
{
	asleep = result = 0;
	fx_run(t, sleep_long);
	until_asleep(t);
	meanwhile(t);
	fx_join();
	return result;
}

static void wake_it(struct task *t)
{
	task_wake(t);
}

static int send(struct task *t, int sig)
{
	struct lx_siginfo info;

	signal_info_user(&info, sig, LX_SI_USER, t);
	return signal_send_group(t->tg, &info);
}

static void interrupt_it(struct task *t)
{
	assert_int_equal(send(t, LX_SIGTERM), 0);
}

/* A stale alert, a blocked, an ignored and a harmless signal; only then a wake. */
static void disturb_it(struct task *t)
{
	fx_block(t, LX_SIGBIT(LX_SIGUSR1));
	fx_signals(t)->Ignored = LX_SIGBIT(LX_SIGHUP);
	task_alert(t);
	send(t, LX_SIGUSR1);
	send(t, LX_SIGHUP);
	send(t, LX_SIGCHLD);
	usleep(20000);
	assert_true(t->sleeping);
	task_wake(t);
}

static void stop_it(struct task *t)
{
	task_process_stopped(t->tg->process, LX_SIGSTOP);
}

static void a_sleep_ends_for_a_reason(void **state)
{
	struct task *t = fx_process(NULL);

	assert_int_equal(sleep_with(t, wake_it), 0);
	assert_int_equal(sleep_with(t, disturb_it), 0);
	assert_int_equal(sleep_with(t, stop_it), -LX_ERESTARTSYS);
	task_process_stopped(t->tg->process, 0);
	*fx_signals(t) = (PICO_SIGNAL_STATE){ 0 };
	assert_int_equal(sleep_with(t, interrupt_it), -LX_ERESTARTSYS);
	*fx_signals(t) = (PICO_SIGNAL_STATE){ 0 };
	assert_int_equal(sleep_with(t, wake_it), 0); /* nothing is left over */
	fx_exit(t, 0);
}

static void sleep_20ms(struct task *t)
{
	uint64_t now = KeQueryMonotonicNs();

	result = task_sleep(t, now + 20000000);
	assert_true(KeQueryMonotonicNs() >= now + 20000000);
}

static void sleep_pending(struct task *t)
{
	result = task_sleep(t, WAIT_FOREVER);
}

static void deadlines_and_earlier_signals(void **state)
{
	struct task *t = fx_process(NULL);

	fx_run(t, sleep_20ms);
	fx_join();
	assert_int_equal(result, -LX_ETIMEDOUT);
	send(t, LX_SIGINT); /* before the call sleeps */
	fx_run(t, sleep_pending);
	fx_join();
	assert_int_equal(result, -LX_ERESTARTSYS);
	fx_exit(t, 0);
}

/* ---- groups and sessions ---- */

static void setpgid_follows_the_rules(void **state)
{
	struct task *p = fx_process(NULL), *a = fx_process(p), *b = fx_process(p),
		    *g = fx_process(a);
	struct task *other = fx_process(NULL), *thread = fx_thread(a);

	assert_int_equal(task_setpgid(p, 0, 0), -LX_EPERM); /* a session leader */
	assert_int_equal(task_setpgid(p, a->tid, a->tid), 0);
	assert_int_equal(task_setpgid(p, b->tid, a->tid), 0);
	assert_int_equal(task_getpgid(p, b->tid), a->tid);
	assert_int_equal(task_setpgid(p, b->tid, other->tid), -LX_EPERM);
	assert_int_equal(task_setpgid(p, b->tid, 200), -LX_EPERM);
	assert_int_equal(task_setpgid(p, b->tid, -1), -LX_EINVAL);
	assert_int_equal(task_setpgid(p, g->tid, 0), -LX_ESRCH);
	assert_int_equal(task_setpgid(p, 200, 0), -LX_ESRCH);
	assert_int_equal(task_setpgid(p, thread->tid, 0), -LX_EINVAL);
	b->tg->execed = true;
	assert_int_equal(task_setpgid(p, b->tid, b->tid), -LX_EACCES);
	assert_int_equal(task_setsid(b), b->tid);
	assert_int_equal(task_setsid(b), -LX_EPERM);
	assert_int_equal(task_setsid(a), -LX_EPERM); /* leads a group */
	assert_int_equal(task_getsid(p, thread->tid), p->tid);
	fx_exit(thread, 0);
	fx_exit(g, 0);
	fx_exit(a, 0);
	fx_exit(b, 0);
	fx_exit(p, 0);
	fx_exit(other, 0);
}

static bool orphaned(int pgid)
{
	bool is;

	lk_acquire(&tasks_lock);
	is = pgrp_is_orphaned(pgid);
	lk_release(&tasks_lock);
	return is;
}

static void a_stopped_group_that_is_orphaned_is_hung_up(void **state)
{
	struct task *p = fx_process(NULL), *shell = fx_process(p), *job = fx_process(shell);

	task_setpgid(shell, job->tid, job->tid);
	assert_false(orphaned(job->tid));
	assert_true(orphaned(p->tid));
	task_process_stopped(job->tg->process, LX_SIGTSTP);
	fx_forget();
	fx_exit(shell, 0);
	assert_true(orphaned(job->tid));
	assert_int_equal(fx_nr_sent, 3); /* SIGCHLD to p, SIGHUP and SIGCONT to the job */
	assert_ptr_equal(fx_sent[1].t, job);
	assert_int_equal(fx_sent[1].sig, LX_SIGHUP);
	assert_int_equal(fx_sent[2].sig, LX_SIGCONT);
	fx_exit(job, 9);
	fx_exit(p, 0);
}

static void numbers_in_use_are_not_given_again(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p), *member = fx_process(p);
	int pid = c->tid;

	task_setpgid(p, pid, pid);
	task_setpgid(p, member->tid, pid);
	fx_exit(c, 0);
	assert_int_equal(wait_any(p), pid);
	for (int i = 0; i < PID_MAX; i++) {
		int other;

		lk_acquire(&tasks_lock);
		other = pid_alloc(&pid_ns_first, NULL);
		lk_release(&tasks_lock);
		assert_int_not_equal(other, pid); /* a process group still has it */
		pid_unused(other);
	}
	fx_exit(member, 0);
	fx_exit(p, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_tasks_start, fx_tasks_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_is_waited_for_once),
		TEST(wait_selects_by_number_group_and_kind),
		TEST(a_parent_that_does_not_care_gets_no_zombies),
		TEST(orphans_go_to_init_which_reaps_them),
		TEST(a_clone_that_failed_leaves_nothing),
		TEST(a_group_ends_with_its_last_thread),
		TEST(stops_and_continues_are_told_once),
		TEST(sigchld_without_a_handler_is_not_sent),
		TEST(a_zombie_is_seen_with_its_signal),
		TEST(a_zombie_comes_after_its_last_call),
		TEST(a_call_that_comes_too_late_is_refused),
		TEST(a_sleep_ends_for_a_reason),
		TEST(deadlines_and_earlier_signals),
		TEST(setpgid_follows_the_rules),
		TEST(a_stopped_group_that_is_orphaned_is_hung_up),
		TEST(numbers_in_use_are_not_given_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
