/* SPDX-License-Identifier: MIT */
/* epoll, poll, eventfd and timerfd: what they report, when, and that it goes away with the file. */
#include "fx_event.h"
#include "lxrun/event.h"

static struct fx_task self;
static struct file *ends[2], *set;

static int make(void **state)
{
	fx_task_init(&self);
	return pipe_create(&self.t, LX_O_NONBLOCK, ends) || epoll_create_file(&self.t, &set);
}

static int drop(void **state)
{
	file_put(set);
	file_put(ends[0]);
	file_put(ends[1]);
	return 0;
}

static int control(struct file *ep, int op, int fd, struct file *target, uint32_t events)
{
	struct lx_epoll_event ev = { events, (uint64_t)fd };

	return epoll_control(ep, op, fd, target, &ev);
}

static int64_t await(struct file *ep, struct task *t, struct lx_epoll_event *ev, uint64_t deadline)
{
	struct iter to;

	iter_kernel(&to, ev, 4 * sizeof(*ev));
	return epoll_wait_events(ep, t, &to, 4, deadline);
}

static int64_t look(struct file *ep, struct lx_epoll_event *ev)
{
	return await(ep, &self.t, ev, 0);
}

static void level_triggered_reports_while_it_lasts(void **state)
{
	struct lx_epoll_event ev[4];
	char c;

	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN), 0);
	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN), -LX_EEXIST);
	assert_int_equal(look(set, ev), 0);
	fx_write(ends[1], &self, "ab", 2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(look(set, ev), 1);
		assert_int_equal(ev[0].events, LX_POLLIN);
		assert_int_equal(ev[0].data, 3);
	}
	fx_read(ends[0], &self, &c, 1);
	assert_int_equal(look(set, ev), 1);
	fx_read(ends[0], &self, &c, 1);
	assert_int_equal(look(set, ev), 0);
}

static void edge_triggered_reports_each_arrival(void **state)
{
	struct lx_epoll_event ev[4];

	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN | LX_EPOLLET), 0);
	fx_write(ends[1], &self, "a", 1);
	assert_int_equal(look(set, ev), 1);
	assert_int_equal(look(set, ev), 0);
	fx_write(ends[1], &self, "b", 1);
	assert_int_equal(look(set, ev), 1);
	assert_int_equal(look(set, ev), 0);
	assert_int_equal(control(set, LX_EPOLL_CTL_MOD, 3, ends[0], LX_POLLIN | LX_EPOLLET), 0);
	assert_int_equal(look(set, ev), 1);
}

static void one_shot_is_armed_again_by_mod(void **state)
{
	struct lx_epoll_event ev[4];

	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN | LX_EPOLLONESHOT),
			 0);
	fx_write(ends[1], &self, "a", 1);
	assert_int_equal(look(set, ev), 1);
	fx_write(ends[1], &self, "b", 1);
	assert_int_equal(look(set, ev), 0);
	assert_int_equal(control(set, LX_EPOLL_CTL_MOD, 3, ends[0], LX_POLLIN | LX_EPOLLONESHOT),
			 0);
	assert_int_equal(look(set, ev), 1);
}

static void hang_up_needs_no_asking(void **state)
{
	struct lx_epoll_event ev[4];

	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], 0), 0);
	file_put(ends[1]);
	ends[1] = NULL;
	assert_int_equal(look(set, ev), 1);
	assert_int_equal(ev[0].events, LX_POLLHUP);
}

static void a_closed_file_leaves_the_set(void **state)
{
	struct lx_epoll_event ev[4];

	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN), 0);
	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 4, ends[1], LX_POLLOUT), 0);
	fx_write(ends[1], &self, "a", 1);
	assert_int_equal(look(set, ev), 2);
	file_put(ends[0]);
	ends[0] = NULL;
	assert_int_equal(look(set, ev), 1);
	assert_int_equal(ev[0].data, 4);
	assert_int_equal(control(set, LX_EPOLL_CTL_DEL, 4, ends[1], 0), 0);
	assert_int_equal(control(set, LX_EPOLL_CTL_DEL, 4, ends[1], 0), -LX_ENOENT);
	assert_int_equal(control(set, LX_EPOLL_CTL_MOD, 4, ends[1], 0), -LX_ENOENT);
	assert_int_equal(look(set, ev), 0);
}

static void more_ready_files_than_room_take_turns(void **state)
{
	struct file *ev[6];
	struct lx_epoll_event out[4];
	uint64_t seen = 0;

	for (int i = 0; i < 6; i++) {
		eventfd_create(&self.t, 1, 0, &ev[i]);
		assert_int_equal(control(set, LX_EPOLL_CTL_ADD, i, ev[i], LX_POLLIN), 0);
	}
	for (int round = 0; round < 2; round++) {
		assert_int_equal(look(set, out), 4);
		for (int i = 0; i < 4; i++)
			seen |= 1ull << out[i].data;
	}
	assert_int_equal(seen, 0x3f);
	for (int i = 0; i < 6; i++)
		file_put(ev[i]);
}

static void waiting_ends_with_an_event_or_in_time(void **state)
{
	struct lx_epoll_event ev[4];
	struct fx_later later;
	uint64_t start = KeQueryMonotonicNs();

	control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN);
	assert_int_equal(await(set, &self.t, ev, start + 30 * MS), 0);
	assert_true(KeQueryMonotonicNs() - start >= 30 * MS);
	fx_write_later(&later, ends[1], 20);
	assert_int_equal(await(set, &self.t, ev, WAIT_FOREVER), 1);
	pthread_join(later.thread, NULL);
}

static void sets_nest_but_not_in_circles(void **state)
{
	struct file *chain[7];
	struct lx_epoll_event ev[4];
	char c;

	for (int i = 0; i < 7; i++)
		assert_int_equal(epoll_create_file(&self.t, &chain[i]), 0);
	assert_int_equal(control(chain[0], LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN), 0);
	for (int i = 1; i < 5; i++)
		assert_int_equal(control(chain[i], LX_EPOLL_CTL_ADD, i, chain[i - 1], LX_POLLIN),
				 0);
	assert_int_equal(control(chain[5], LX_EPOLL_CTL_ADD, 5, chain[4], LX_POLLIN), -LX_EINVAL);
	assert_int_equal(control(chain[0], LX_EPOLL_CTL_ADD, 9, chain[4], LX_POLLIN), -LX_ELOOP);
	assert_int_equal(control(chain[0], LX_EPOLL_CTL_ADD, 9, chain[0], LX_POLLIN), -LX_EINVAL);
	assert_int_equal(look(chain[4], ev), 0);
	fx_write(ends[1], &self, "a", 1);
	assert_int_equal(look(chain[4], ev), 1);
	assert_int_equal(ev[0].data, 4);
	assert_int_equal(vfs_poll(chain[4], NULL), LX_POLLIN | LX_POLLRDNORM);
	fx_read(ends[0], &self, &c, 1);
	assert_int_equal(vfs_poll(chain[4], NULL), 0);
	assert_int_equal(look(chain[4], ev), 0);
	for (int i = 0; i < 7; i++)
		file_put(chain[i]);
}

static void a_sleeper_on_the_outer_set_hears_the_inner(void **state)
{
	struct lx_epoll_event ev[4];
	struct fx_later later;
	struct file *outer;

	epoll_create_file(&self.t, &outer);
	control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN);
	control(outer, LX_EPOLL_CTL_ADD, 4, set, LX_POLLIN | LX_EPOLLET);
	fx_write_later(&later, ends[1], 20);
	assert_int_equal(await(outer, &self.t, ev, WAIT_FOREVER), 1);
	pthread_join(later.thread, NULL);
	assert_int_equal(look(outer, ev), 0);
	file_put(outer);
}

static const struct file_ops no_poll;

static void what_cannot_be_polled_is_refused(void **state)
{
	struct file *f = file_alloc(LX_O_RDONLY);

	f->fop = &no_poll;
	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, f, LX_POLLIN), -LX_EPERM);
	assert_int_equal(control(ends[0], LX_EPOLL_CTL_ADD, 3, ends[1], LX_POLLIN), -LX_EINVAL);
	assert_int_equal(control(set, 99, 3, ends[1], LX_POLLIN), -LX_EINVAL);
	assert_int_equal(control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN | LX_EPOLLEXCLUSIVE),
			 0);
	assert_int_equal(control(set, LX_EPOLL_CTL_MOD, 3, ends[0], LX_POLLIN), -LX_EINVAL);
	assert_int_equal(
		control(set, LX_EPOLL_CTL_ADD, 4, ends[1], LX_EPOLLONESHOT | LX_EPOLLEXCLUSIVE),
		-LX_EINVAL);
	file_put(f);
}

/* Threads that add, look, delete and close at the same time: for the sanitizers. */
static void *churn(void *arg)
{
	struct lx_epoll_event ev[4];
	struct fx_task fx;
	struct file *p[2];

	fx_task_init(&fx);
	for (int i = 0; i < 300; i++) {
		if (pipe_create(&fx.t, LX_O_NONBLOCK, p))
			break;
		control(set, LX_EPOLL_CTL_ADD, (int)(intptr_t)arg, p[0], LX_POLLIN);
		fx_write(p[1], &fx, "x", 1);
		await(set, &fx.t, ev, KeQueryMonotonicNs() + MS);
		if (i % 2)
			control(set, LX_EPOLL_CTL_DEL, (int)(intptr_t)arg, p[0], 0);
		file_put(p[0]);
		file_put(p[1]);
	}
	return NULL;
}

static void concurrent_use_is_safe(void **state)
{
	pthread_t thread[3];
	struct lx_epoll_event ev[4];

	for (intptr_t i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, churn, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(look(set, ev), 0);
}

/* ---- poll ---- */

static void poll_waits_for_any_file(void **state)
{
	struct file *ev;
	struct poll_item items[3] = { { ends[0], LX_POLLIN, 0 }, { NULL, 0, 0 }, { NULL, 0, 0 } };
	struct fx_later later;
	uint64_t start = KeQueryMonotonicNs();

	eventfd_create(&self.t, 0, 0, &ev);
	items[1] = (struct poll_item){ ev, LX_POLLIN, 0 };
	assert_int_equal(poll_items(&self.t, items, 3, 0), 0);
	assert_int_equal(poll_items(&self.t, items, 3, start + 20 * MS), 0);
	assert_true(KeQueryMonotonicNs() - start >= 20 * MS);
	fx_write_later(&later, ends[1], 20);
	assert_int_equal(poll_items(&self.t, items, 3, WAIT_FOREVER), 1);
	assert_int_equal(items[0].revents, LX_POLLIN);
	assert_int_equal(items[1].revents, 0);
	pthread_join(later.thread, NULL);
	file_put(ev);
}

static void poll_hears_an_epoll_set(void **state)
{
	struct poll_item item = { set, LX_POLLIN, 0 };
	struct fx_later later;

	control(set, LX_EPOLL_CTL_ADD, 3, ends[0], LX_POLLIN);
	fx_write_later(&later, ends[1], 20);
	assert_int_equal(poll_items(&self.t, &item, 1, WAIT_FOREVER), 1);
	pthread_join(later.thread, NULL);
}

static void poll_takes_more_files_than_fit_on_the_stack(void **state)
{
	struct poll_item items[100];
	struct fx_later later;

	for (int i = 0; i < 100; i++)
		items[i] = (struct poll_item){ ends[0], LX_POLLIN, 0 };
	fx_write_later(&later, ends[1], 20);
	/* the byte may come in the middle of the first look */
	assert_in_range(poll_items(&self.t, items, 100, WAIT_FOREVER), 1, 100);
	pthread_join(later.thread, NULL);
	assert_int_equal(poll_items(&self.t, items, 100, 0), 100);
}

/* ---- eventfd, timerfd ---- */

static void eventfd_counts(void **state)
{
	struct file *f;
	uint64_t v = 5;

	assert_int_equal(eventfd_create(&self.t, 2, LX_O_NONBLOCK, &f), 0);
	assert_int_equal(fx_write(f, &self, &v, 8), 8);
	assert_int_equal(fx_write(f, &self, &v, 7), -LX_EINVAL);
	assert_int_equal(fx_read(f, &self, &v, 8), 8);
	assert_int_equal(v, 7);
	assert_int_equal(fx_read(f, &self, &v, 8), -LX_EAGAIN);
	v = UINT64_MAX;
	assert_int_equal(fx_write(f, &self, &v, 8), -LX_EINVAL);
	v = UINT64_MAX - 1;
	assert_int_equal(fx_write(f, &self, &v, 8), 8);
	assert_int_equal(vfs_poll(f, NULL), LX_POLLIN | LX_POLLRDNORM);
	v = 1;
	assert_int_equal(fx_write(f, &self, &v, 8), -LX_EAGAIN);
	file_put(f);
	assert_int_equal(eventfd_create(&self.t, 2, 1 | LX_O_NONBLOCK, &f), 0);
	assert_int_equal(fx_read(f, &self, &v, 8), 8);
	assert_int_equal(v, 1);
	assert_int_equal(fx_read(f, &self, &v, 8), 8);
	assert_int_equal(fx_read(f, &self, &v, 8), -LX_EAGAIN);
	file_put(f);
	assert_int_equal(eventfd_create(&self.t, 2, 0x100, &f), -LX_EINVAL);
}

static void timerfd_counts_periods(void **state)
{
	struct lx_itimerspec its = { .it_interval = { 0, 10 * MS }, .it_value = { 3600, 0 } }, old;
	struct file *f;
	uint64_t ticks;

	assert_int_equal(timerfd_create_file(&self.t, LX_CLOCK_MONOTONIC, 0, &f), 0);
	assert_int_equal(timerfd_settime_file(f, 0, &its, NULL), 0);
	assert_int_equal(vfs_poll(f, NULL), 0);
	its.it_value = (struct lx_timespec){ 0, 10 * MS };
	assert_int_equal(timerfd_settime_file(f, 0, &its, NULL), 0);
	assert_int_equal(fx_read(f, &self, &ticks, 8), 8);
	assert_true(ticks >= 1);
	fx_sleep_ms(55);
	assert_int_equal(vfs_poll(f, NULL), LX_POLLIN | LX_POLLRDNORM);
	assert_int_equal(fx_read(f, &self, &ticks, 8), 8);
	assert_true(ticks >= 4);
	its = (struct lx_itimerspec){ 0 };
	assert_int_equal(timerfd_settime_file(f, 0, &its, &old), 0);
	assert_int_equal(old.it_interval.tv_nsec, 10 * MS);
	assert_int_equal(timerfd_gettime_file(f, &old), 0);
	assert_int_equal(old.it_value.tv_nsec, 0);
	its.it_value.tv_nsec = -1;
	assert_int_equal(timerfd_settime_file(f, 0, &its, NULL), -LX_EINVAL);
	assert_int_equal(timerfd_settime_file(ends[0], 0, &its, NULL), -LX_EINVAL);
	file_put(f);
	assert_int_equal(timerfd_create_file(&self.t, LX_CLOCK_PROCESS_CPUTIME_ID, 0, &f),
			 -LX_EINVAL);
}

static void an_absolute_timer_in_the_past_is_due(void **state)
{
	struct lx_itimerspec its = { .it_value = { 1, 0 } };
	struct file *f;
	uint64_t ticks;

	for (int clock = LX_CLOCK_REALTIME; clock <= LX_CLOCK_MONOTONIC; clock++) {
		assert_int_equal(timerfd_create_file(&self.t, clock, 0, &f), 0);
		assert_int_equal(timerfd_settime_file(f, 1, &its, NULL), 0);
		assert_int_equal(fx_read(f, &self, &ticks, 8), 8);
		assert_int_equal(ticks, 1);
		file_put(f);
	}
}

#define SET_TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_TEST(level_triggered_reports_while_it_lasts),
		SET_TEST(edge_triggered_reports_each_arrival),
		SET_TEST(one_shot_is_armed_again_by_mod),
		SET_TEST(hang_up_needs_no_asking),
		SET_TEST(a_closed_file_leaves_the_set),
		SET_TEST(more_ready_files_than_room_take_turns),
		SET_TEST(waiting_ends_with_an_event_or_in_time),
		SET_TEST(sets_nest_but_not_in_circles),
		SET_TEST(a_sleeper_on_the_outer_set_hears_the_inner),
		SET_TEST(what_cannot_be_polled_is_refused),
		SET_TEST(concurrent_use_is_safe),
		SET_TEST(poll_waits_for_any_file),
		SET_TEST(poll_hears_an_epoll_set),
		SET_TEST(poll_takes_more_files_than_fit_on_the_stack),
		SET_TEST(eventfd_counts),
		SET_TEST(timerfd_counts_periods),
		SET_TEST(an_absolute_timer_in_the_past_is_due),
	};

	return cmocka_run_group_tests_name("epoll", tests, fx_start, NULL);
}
