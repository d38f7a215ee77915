/* SPDX-License-Identifier: MIT */
/* Signals on their way: whom they reach, what the guest sees of them, what is stale, timers' expiries. */
#include "fx_task.h"
#include "lxrun/process.h"
#include <string.h>
#include <unistd.h>

static struct lx_siginfo info;

static int queue_value(struct task *t, int sig, uint64_t value)
{
	struct lx_siginfo i;

	signal_info_user(&i, sig, LX_SI_QUEUE, t);
	i.u.rt.value = value;
	return signal_send_group(t->tg, &i);
}

static void the_guest_sees_what_was_sent(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);

	assert_int_equal(task_kill(p, c->tid, LX_SIGUSR1), 0);
	assert_int_equal(fx_deliver(c, &info), LX_SIGUSR1);
	assert_int_equal(info.si_code, LX_SI_USER);
	assert_int_equal(info.u.rt.pid, p->tid);
	assert_int_equal(task_tgkill(c, p->tid, p->tid, LX_SIGUSR2), 0);
	assert_int_equal(fx_deliver(p, &info), LX_SIGUSR2);
	assert_int_equal(info.si_code, LX_SI_TKILL);
	assert_int_equal(info.u.rt.pid, c->tid);
	assert_true(list_empty(&p->tg->sig_queue) && list_empty(&c->tg->sig_queue));
	fx_exit(c, 0);
	fx_exit(p, 0);
}

static void standard_signals_coalesce_with_the_first_siginfo(void **state)
{
	struct task *t = fx_process(NULL);

	fx_block(t, LX_SIGBIT(LX_SIGUSR1));
	for (int i = 1; i <= 3; i++)
		assert_int_equal(queue_value(t, LX_SIGUSR1, i), 0);
	assert_int_equal(t->tg->nr_sigq, 1);
	fx_block(t, 0);
	assert_int_equal(fx_deliver(t, &info), LX_SIGUSR1);
	assert_int_equal(info.u.rt.value, 1);
	assert_int_equal(fx_deliver(t, &info), 0);
	fx_exit(t, 0);
}

static void realtime_signals_keep_their_order(void **state)
{
	const int sig = LX_SIGRTMIN + 4;
	struct task *t = fx_process(NULL);

	for (int i = 1; i <= 3; i++)
		assert_int_equal(queue_value(t, sig, i), 0);
	for (int i = 1; i <= 3; i++) {
		fx_signals(t)->Pending = LX_SIGBIT(sig); /* the host queues each */
		assert_int_equal(fx_deliver(t, &info), sig);
		assert_int_equal(info.u.rt.value, i);
	}
	assert_int_equal(t->tg->nr_sigq, 0);
	fx_exit(t, 0);
}

static void what_the_host_forgot_is_not_shown_later(void **state)
{
	struct task *t = fx_process(NULL);

	queue_value(t, LX_SIGUSR1, 1);
	fx_signals(t)->Pending = 0; /* ignored by the guest meanwhile, say */
	queue_value(t, LX_SIGUSR1, 2);
	assert_int_equal(fx_deliver(t, &info), LX_SIGUSR1);
	assert_int_equal(info.u.rt.value, 2);
	assert_int_equal(t->tg->nr_sigq, 0);
	fx_exit(t, 0);
}

static void one_on_its_way_and_one_pending_are_two(void **state)
{
	struct task *t = fx_process(NULL);

	queue_value(t, LX_SIGUSR1, 1);
	fx_signals(t)->Pending = 0; /* dequeued by the host, not yet at our stop */
	queue_value(t, LX_SIGUSR1, 2);
	/* ... and now it arrives, with the second pending behind it */
	PICO_SIGNAL_INFO bytes = { { 0 } };
	int sig = LX_SIGUSR1;

	assert_true(task_signal_delivery(t->thread, &sig, &bytes));
	memcpy(&info, bytes.Bytes, sizeof(info));
	assert_int_equal(info.u.rt.value, 1);
	assert_int_equal(fx_deliver(t, &info), LX_SIGUSR1);
	assert_int_equal(info.u.rt.value, 2);
	fx_exit(t, 0);
}

static void foreign_senders_have_no_number(void **state)
{
	struct task *t = fx_process(NULL);
	PICO_SIGNAL_INFO bytes = { { 0 } };
	int sig = LX_SIGTERM;

	info = (struct lx_siginfo){ .si_signo = sig, .si_code = LX_SI_USER };
	info.u.rt.pid = 4711;
	memcpy(bytes.Bytes, &info, sizeof(info));
	assert_true(task_signal_delivery(t->thread, &sig, &bytes));
	memcpy(&info, bytes.Bytes, sizeof(info));
	assert_int_equal(info.u.rt.pid, 0);
	info = (struct lx_siginfo){ .si_signo = LX_SIGSEGV, .si_code = 1, .u.fault.addr = 64 };
	memcpy(bytes.Bytes, &info, sizeof(info));
	sig = LX_SIGSEGV;
	assert_false(task_signal_delivery(t->thread, &sig, &bytes));
	fx_exit(t, 0);
}

static void a_group_signal_goes_to_a_thread_that_takes_it(void **state)
{
	struct task *t = fx_process(NULL), *second = fx_thread(t);

	fx_block(t, LX_SIGBIT(LX_SIGUSR1));
	task_kill(t, t->tid, LX_SIGUSR1);
	assert_ptr_equal(fx_sent[0].t, second);
	fx_block(second, LX_SIGBIT(LX_SIGUSR1));
	task_kill(t, t->tid, LX_SIGUSR1);
	assert_ptr_equal(fx_sent[1].t, t);
	second->sigwait_set = LX_SIGBIT(LX_SIGUSR2);
	fx_block(t, UINT64_MAX);
	fx_block(second, UINT64_MAX);
	task_kill(t, t->tid, LX_SIGUSR2);
	assert_ptr_equal(fx_sent[2].t, second);
	fx_exit(second, 0);
	fx_exit(t, 0);
}

static void permissions(void **state)
{
	struct task *root = fx_process(NULL), *a = fx_process(root), *b = fx_process(root);

	assert_int_equal(task_setuid(a, 1000), 0);
	assert_int_equal(task_kill(root, a->tid, 0), 0);
	assert_int_equal(task_kill(a, a->tid, 0), 0);
	assert_int_equal(task_setuid(b, 1001), 0);
	assert_int_equal(task_kill(a, b->tid, LX_SIGTERM), -LX_EPERM);
	assert_int_equal(task_kill(a, b->tid, LX_SIGCONT), 0); /* one session */
	assert_int_equal(task_kill(a, -1, 0), -LX_EPERM);
	assert_int_equal(task_kill(a, 0, 0), 0);
	b->cred->suid = 1000;
	assert_int_equal(task_kill(a, b->tid, LX_SIGTERM), 0);
	assert_int_equal(task_kill(a, 250, 0), -LX_ESRCH);
	assert_int_equal(task_kill(a, a->tid, 65), -LX_EINVAL);
	assert_int_equal(task_kill(a, INT32_MIN, 0), -LX_ESRCH);
	assert_int_equal(task_kill(a, -250, 0), -LX_ESRCH);
	assert_int_equal(task_tgkill(a, b->tid, a->tid, 0), -LX_ESRCH);
	info = (struct lx_siginfo){ .si_code = LX_SI_USER };
	assert_int_equal(task_sigqueue(a, b->tid, 0, LX_SIGUSR1, &info), -LX_EPERM);
	assert_int_equal(task_sigqueue(a, a->tid, 0, LX_SIGUSR1, &info), 0);
	fx_exit(a, 0);
	fx_exit(b, 0);
	fx_exit(root, 0);
}

static void terminal_stops_are_made_by_our_own_rules(void **state)
{
	struct task *p = fx_process(NULL), *job = fx_process(p);

	task_kill(p, p->tid, LX_SIGTSTP);
	assert_int_equal(fx_deliver(p, &info), 0); /* orphaned group: swallowed */
	task_setpgid(p, job->tid, job->tid);
	task_kill(p, job->tid, LX_SIGTSTP);
	assert_int_equal(fx_deliver(job, &info), LX_SIGSTOP);
	task_process_stopped(job->tg->process, LX_SIGSTOP);
	assert_int_equal(job->tg->stop_signal, LX_SIGTSTP);
	task_process_stopped(job->tg->process, 0);
	fx_signals(job)->Caught = LX_SIGBIT(LX_SIGTSTP);
	task_kill(p, job->tid, LX_SIGTSTP);
	assert_int_equal(fx_deliver(job, &info), LX_SIGTSTP);
	fx_exit(job, 0);
	fx_exit(p, 0);
}

static void signals_before_the_host_thread_exists_are_kept(void **state)
{
	struct task *p = fx_process(NULL), *c = fx_process(p);

	c->thread->HostTid = 0;
	task_kill(p, c->tid, LX_SIGUSR1);
	task_kill(p, c->tid, LX_SIGKILL);
	assert_int_equal(fx_nr_sent, 0);
	c->thread->HostTid = 5;
	signal_flush_unsent(c);
	assert_int_equal(fx_nr_sent, 2);
	assert_int_equal(fx_sent[0].sig, LX_SIGUSR1);
	assert_int_equal(fx_sent[1].sig, LX_SIGKILL);
	signal_flush_unsent(c);
	assert_int_equal(fx_nr_sent, 2);
	fx_exit(c, 9);
	fx_exit(p, 0);
}

/* ---- sigwait ---- */

static int got;

static void sigwait_usr1(struct task *t)
{
	got = task_sigwait(t, LX_SIGBIT(LX_SIGUSR1), KeQueryMonotonicNs() + 1000000000, &info);
}

static void sigwait_takes_a_pending_signal(void **state)
{
	struct task *t = fx_process(NULL);
	struct lx_siginfo shown;

	fx_block(t, LX_SIGBIT(LX_SIGUSR1));
	queue_value(t, LX_SIGUSR1, 5);
	fx_run(t, sigwait_usr1);
	fx_join();
	assert_int_equal(got, -LX_ERESTARTNOINTR);
	assert_int_equal(fx_deliver(t, &shown), 0); /* swallowed */
	fx_block(t, LX_SIGBIT(LX_SIGUSR1));
	fx_run(t, sigwait_usr1);
	fx_join();
	assert_int_equal(got, LX_SIGUSR1);
	assert_int_equal(info.u.rt.value, 5);
	assert_int_equal(t->sigwait_set, 0);
	fx_exit(t, 0);
}

static void sigwait_wakes_for_its_signals_and_others(void **state)
{
	struct task *t = fx_process(NULL);

	fx_block(t, LX_SIGBIT(LX_SIGUSR1));
	fx_run(t, sigwait_usr1);
	while (!t->sleeping)
		usleep(100);
	queue_value(t, LX_SIGUSR1, 1);
	fx_join();
	assert_int_equal(got, -LX_ERESTARTNOINTR);
	*fx_signals(t) = (PICO_SIGNAL_STATE){ .Blocked = LX_SIGBIT(LX_SIGUSR1) };
	t->sigwait_set = 0;
	fx_run(t, sigwait_usr1);
	while (!t->sleeping)
		usleep(100);
	queue_value(t, LX_SIGUSR2, 1);
	fx_join();
	assert_int_equal(got, -LX_EINTR);
	fx_exit(t, 0);
}

/* ---- timers ---- */

static void an_expiry_sends_and_the_next_ones_count(void **state)
{
	struct lx_sigevent ev = { .sigev_signo = LX_SIGRTMIN, .sigev_value = 42 };
	struct lx_itimerspec spec = { { 0, 2000000 }, { 0, 2000000 } }, old;
	struct task *t = fx_process(NULL);
	int id;

	assert_int_equal(posix_timer_create(t, LX_CLOCK_MONOTONIC, &ev, &id), 0);
	fx_block(t, LX_SIGBIT(LX_SIGRTMIN));
	assert_int_equal(posix_timer_settime(t, id, 0, &spec, &old), 0);
	assert_int_equal(old.it_value.tv_nsec, 0);
	usleep(30000);
	fx_block(t, 0);
	assert_int_equal(fx_deliver(t, &info), LX_SIGRTMIN);
	assert_int_equal(info.si_code, LX_SI_TIMER);
	assert_int_equal(info.u.timer.value, 42);
	assert_true(info.u.timer.overrun >= 5);
	assert_int_equal(posix_timer_getoverrun(t, id), info.u.timer.overrun);
	assert_int_equal(posix_timer_delete(t, id), 0);
	assert_int_equal(posix_timer_delete(t, id), -LX_EINVAL);
	fx_exit(t, 0);
}

static void timers_end_with_their_group(void **state)
{
	struct lx_itimerspec spec = { { 0, 100000 }, { 0, 100000 } };
	struct lx_itimerval real = { { 0, 100 }, { 0, 100 } }, old;
	struct task *t = fx_process(NULL);
	int id;

	for (int i = 0; i < 20; i++) {
		assert_int_equal(posix_timer_create(t, LX_CLOCK_REALTIME, NULL, &id), 0);
		assert_int_equal(posix_timer_settime(t, id, 0, &spec, NULL), 0);
	}
	assert_int_equal(itimer_set(t, &real, &old), 0);
	usleep(5000);
	fx_exit(t, 0);
	usleep(5000);
}

static void bad_timers_are_refused(void **state)
{
	struct lx_sigevent ev = { .sigev_signo = 65 };
	struct lx_itimerspec spec = { { 0, 0 }, { 0, 1000000000 } };
	struct task *t = fx_process(NULL);
	int id;

	assert_int_equal(posix_timer_create(t, LX_CLOCK_MONOTONIC, &ev, &id), -LX_EINVAL);
	ev = (struct lx_sigevent){ .sigev_signo = 10, .sigev_notify = LX_SIGEV_THREAD_ID };
	ev.sigev_tid = 240;
	assert_int_equal(posix_timer_create(t, LX_CLOCK_MONOTONIC, &ev, &id), -LX_EINVAL);
	assert_int_equal(posix_timer_create(t, 4711, NULL, &id), -LX_EINVAL);
	assert_int_equal(posix_timer_create(t, LX_CLOCK_MONOTONIC_RAW, NULL, &id), -LX_EOPNOTSUPP);
	assert_int_equal(posix_timer_create(t, LX_CLOCK_MONOTONIC, NULL, &id), 0);
	assert_int_equal(posix_timer_settime(t, id, 0, &spec, NULL), -LX_EINVAL);
	assert_int_equal(posix_timer_settime(t, id + 1, 0, &(struct lx_itimerspec){ 0 }, NULL),
			 -LX_EINVAL);
	fx_exit(t, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_tasks_start, fx_tasks_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_guest_sees_what_was_sent),
		TEST(standard_signals_coalesce_with_the_first_siginfo),
		TEST(realtime_signals_keep_their_order),
		TEST(what_the_host_forgot_is_not_shown_later),
		TEST(one_on_its_way_and_one_pending_are_two),
		TEST(foreign_senders_have_no_number),
		TEST(a_group_signal_goes_to_a_thread_that_takes_it),
		TEST(permissions),
		TEST(terminal_stops_are_made_by_our_own_rules),
		TEST(signals_before_the_host_thread_exists_are_kept),
		TEST(sigwait_takes_a_pending_signal),
		TEST(sigwait_wakes_for_its_signals_and_others),
		TEST(an_expiry_sends_and_the_next_ones_count),
		TEST(timers_end_with_their_group),
		TEST(bad_timers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
