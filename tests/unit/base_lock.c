/* SPDX-License-Identifier: MIT */
/* The lock excludes, wakes its waiters, and in debug builds refuses what breaks the lock order. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/lock.h"

static struct lk outer = LK_INIT(TASKS), inner = LK_INIT(INODE), twin = LK_INIT(INODE);
static long counter;

static void *count(void *arg)
{
	for (int i = 0; i < 100000; i++) {
		lk_acquire(&inner);
		counter++;
		lk_release(&inner);
	}
	return NULL;
}

static void threads_exclude_each_other(void **state)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(counter, 400000);
	assert_int_equal(inner.word, 0);
}

static void *hold(void *arg)
{
	lk_acquire(&inner);
	usleep(20000);
	lk_release(&inner);
	return NULL;
}

static void a_sleeper_is_woken(void **state)
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, hold, NULL), 0);
	while (!inner.word)
		usleep(100);
	assert_int_equal(lk_try(&inner), 0);
	lk_acquire(&inner);
	lk_release(&inner);
	pthread_join(t, NULL);
	assert_int_equal(lk_try(&inner), 1);
	lk_release(&inner);
}

static void pairs_are_taken_in_either_order(void **state)
{
	lk_acquire_pair(&inner, &twin);
	lk_release_pair(&inner, &twin);
	lk_acquire_pair(&twin, &inner);
	lk_assert_held(&inner);
	lk_assert_held(&twin);
	lk_release_pair(&inner, &twin);
	lk_acquire_pair(&inner, &inner);
	lk_release_pair(&inner, &inner);
	lk_assert_none();
}

static void locks_may_be_released_in_any_order(void **state)
{
	lk_acquire(&outer);
	lk_acquire(&inner);
	lk_release(&outer);
	lk_assert_held(&inner);
	lk_release(&inner);
	lk_assert_none();
}

#ifdef LXRUN_DEBUG
static void upwards(void)
{
	lk_acquire(&inner);
	lk_acquire(&outer);
}

static void twice(void)
{
	lk_acquire(&inner);
	lk_acquire(&inner);
}

static void same_rank(void)
{
	lk_acquire(&inner);
	lk_acquire(&twin);
}

static void not_held(void)
{
	lk_release(&inner);
}

static void held_across_a_wait(void)
{
	lk_acquire(&inner);
	lk_assert_none();
}

static void not_held_by_the_caller(void)
{
	lk_assert_held(&inner);
}

static int aborts(void (*mistake)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		fclose(stderr);
		close(STDERR_FILENO);
		mistake();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void mistakes_abort(void **state)
{
	assert_true(aborts(upwards));
	assert_true(aborts(twice));
	assert_true(aborts(same_rank));
	assert_true(aborts(not_held));
	assert_true(aborts(held_across_a_wait));
	assert_true(aborts(not_held_by_the_caller));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_exclude_each_other),
		cmocka_unit_test(a_sleeper_is_woken),
		cmocka_unit_test(pairs_are_taken_in_either_order),
		cmocka_unit_test(locks_may_be_released_in_any_order),
#ifdef LXRUN_DEBUG
		cmocka_unit_test(mistakes_abort),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
