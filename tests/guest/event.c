/* SPDX-License-Identifier: MIT */
/* epoll, eventfd, timerfd, memfd. */
#include "guest.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

static int add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = { events, { .u64 = data } };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

TEST(epoll_reports_level_events_until_read)
{
	struct epoll_event ev[4];
	char c;
	int p[2], ep = OK(epoll_create1(EPOLL_CLOEXEC));

	OK(pipe(p));
	OK(add(ep, p[0], EPOLLIN, 0x1234567890abcdef));
	EQ(epoll_wait(ep, ev, 4, 0), 0);
	EQ(write(p[1], "x", 1), 1);
	for (int i = 0; i < 2; i++) {
		EQ(epoll_wait(ep, ev, 4, 1000), 1);
		EQ(ev[0].events, EPOLLIN);
		EQ(ev[0].data.u64, 0x1234567890abcdef);
	}
	EQ(read(p[0], &c, 1), 1);
	EQ(epoll_wait(ep, ev, 4, 0), 0);
	close(p[1]);
	EQ(epoll_wait(ep, ev, 4, 0), 1);
	EQ(ev[0].events, EPOLLHUP);
	EQ(fcntl(ep, F_GETFD), FD_CLOEXEC);
}

TEST(epoll_edge_events_come_once_per_change)
{
	struct epoll_event ev[4];
	int p[2], ep = OK(epoll_create1(0));

	OK(pipe(p));
	OK(add(ep, p[0], EPOLLIN | EPOLLET, 1));
	EQ(write(p[1], "x", 1), 1);
	EQ(epoll_wait(ep, ev, 4, 1000), 1);
	EQ(epoll_wait(ep, ev, 4, 0), 0);
	EQ(write(p[1], "y", 1), 1);
	EQ(epoll_wait(ep, ev, 4, 1000), 1);
}

TEST(epoll_oneshot_needs_rearming)
{
	struct epoll_event ev[4], mod = { EPOLLIN | EPOLLONESHOT, { .u64 = 2 } };
	int p[2], ep = OK(epoll_create1(0));

	OK(pipe(p));
	OK(add(ep, p[0], EPOLLIN | EPOLLONESHOT, 1));
	EQ(write(p[1], "x", 1), 1);
	EQ(epoll_wait(ep, ev, 4, 1000), 1);
	EQ(epoll_wait(ep, ev, 4, 0), 0);
	OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &mod));
	EQ(epoll_wait(ep, ev, 4, 1000), 1);
	EQ(ev[0].data.u64, 2);
}

TEST(events_that_cannot_be_written_are_not_lost)
{
	struct epoll_event ev = { EPOLLIN | EPOLLONESHOT, { .u64 = 7 } }, *last;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ep = OK(epoll_create1(0)), fds[70];
	uint64_t seen = 0;

	OK(mprotect(pages + 4096, 4096, PROT_NONE));
	last = (struct epoll_event *)(pages + 4096) - 3;
	for (int i = 0; i < 70; i++) {
		fds[i] = OK(eventfd(1, 0));
		ev.data.u64 = (uint64_t)i + 1;
		ev.events = EPOLLIN | (i % 2 ? EPOLLONESHOT : EPOLLET);
		OK(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev));
	}
	ERR(epoll_wait(ep, (struct epoll_event *)8, 4, 0), EFAULT);
	EQ(epoll_wait(ep, last, 70, 0), 3); /* the fourth would not fit */
	for (int i = 0; i < 3; i++)
		seen += last[i].data.u64;
	last = (struct epoll_event *)pages;
	EQ(epoll_wait(ep, last, 100, 0), 67);
	for (int i = 0; i < 67; i++)
		seen += last[i].data.u64;
	EQ(seen, 70 * 71 / 2);
	EQ(epoll_wait(ep, last, 100, 0), 0);
}

TEST(epoll_ctl_errors)
{
	struct epoll_event ev = { EPOLLIN, { .u64 = 0 } };
	int p[2], ep = OK(epoll_create1(0));

	OK(pipe(p));
	write_file("f", "", 0600);
	int fd = OK(open("f", O_RDONLY));

	OK(add(ep, p[0], EPOLLIN, 1));
	ERR(add(ep, p[0], EPOLLIN, 1), EEXIST);
	ERR(epoll_ctl(ep, EPOLL_CTL_MOD, p[1], &ev), ENOENT);
	ERR(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL), ENOENT);
	ERR(add(ep, fd, EPOLLIN, 1), EPERM);
	ERR(add(ep, 999, EPOLLIN, 1), EBADF);
	ERR(add(999, p[1], EPOLLIN, 1), EBADF);
	ERR(add(p[1], p[0], EPOLLIN, 1), EINVAL);
	ERR(add(ep, ep, EPOLLIN, 1), EINVAL);
	ERR(epoll_ctl(ep, 77, p[0], &ev), EINVAL);
	ERR(epoll_wait(ep, &ev, 0, 0), EINVAL);
	ERR(epoll_wait(p[0], &ev, 1, 0), EINVAL);
	ERR(epoll_create1(0x1), EINVAL);
	ERR(syscall(SYS_epoll_create, 0), EINVAL);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
	OK(add(ep, p[0], EPOLLIN, 1));
}

TEST(closing_the_last_descriptor_leaves_the_epoll_set)
{
	struct epoll_event ev[4];
	int p[2], ep = OK(epoll_create1(0));

	OK(pipe(p));
	OK(add(ep, p[0], EPOLLIN, 1));
	int copy = OK(dup(p[0]));

	EQ(write(p[1], "x", 1), 1);
	close(p[0]);
	EQ(epoll_wait(ep, ev, 4, 0), 1);
	close(copy);
	EQ(epoll_wait(ep, ev, 4, 0), 0);
}

TEST(epoll_wakes_for_another_process)
{
	struct epoll_event ev;
	int p[2], ep = OK(epoll_create1(0));

	OK(pipe(p));
	OK(add(ep, p[0], EPOLLIN, 5));
	pid_t pid = OK(fork());

	if (pid == 0) {
		sleep_ms(40);
		_exit(write(p[1], "x", 1) != 1);
	}
	EQ(epoll_wait(ep, &ev, 1, 10000), 1);
	EQ(ev.data.u64, 5);
	OK(waitpid(pid, NULL, 0));
	int64_t begin = now_ns(CLOCK_MONOTONIC);
	char c;

	EQ(read(p[0], &c, 1), 1);
	EQ(epoll_wait(ep, &ev, 1, 50), 0);
	BETWEEN(now_ns(CLOCK_MONOTONIC) - begin, 49000000, 3000000000);
}

TEST(an_epoll_can_be_polled_and_nested)
{
	struct epoll_event ev;
	int p[2], ep = OK(epoll_create1(0)), outer = OK(epoll_create1(0));

	OK(pipe(p));
	OK(add(ep, p[0], EPOLLIN, 1));
	OK(add(outer, ep, EPOLLIN, 2));
	struct pollfd one = { ep, POLLIN, 0 };

	EQ(poll(&one, 1, 0), 0);
	EQ(write(p[1], "x", 1), 1);
	EQ(poll(&one, 1, 0), 1);
	EQ(epoll_wait(outer, &ev, 1, 0), 1);
	EQ(ev.data.u64, 2);
	ERR(add(ep, outer, EPOLLIN, 3), ELOOP);
}

TEST(eventfd_counts)
{
	uint64_t value;
	int fd = OK(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));

	EQ(read(fd, &value, 8), 8);
	EQ(value, 3);
	ERR(read(fd, &value, 8), EAGAIN);
	value = 5;
	EQ(write(fd, &value, 8), 8);
	EQ(write(fd, &value, 8), 8);
	EQ(read(fd, &value, 8), 8);
	EQ(value, 10);
	ERR(read(fd, &value, 4), EINVAL);
	value = UINT64_MAX;
	ERR(write(fd, &value, 8), EINVAL);
	value = UINT64_MAX - 1;
	EQ(write(fd, &value, 8), 8);
	value = 1;
	ERR(write(fd, &value, 8), EAGAIN);
	struct pollfd one = { fd, POLLIN | POLLOUT, 0 };

	EQ(poll(&one, 1, 0), 1);
	EQ(one.revents, POLLIN);
	ERR(eventfd(0, 0x1000000), EINVAL);
}

TEST(eventfd_semaphore_counts_down_by_one)
{
	uint64_t value;
	int fd = OK(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));

	EQ(read(fd, &value, 8), 8);
	EQ(value, 1);
	EQ(read(fd, &value, 8), 8);
	EQ(value, 1);
	ERR(read(fd, &value, 8), EAGAIN);
}

TEST(a_blocked_eventfd_reader_wakes)
{
	uint64_t value = 7;
	int fd = OK(eventfd(0, 0));
	pid_t pid = OK(fork());

	if (pid == 0) {
		sleep_ms(30);
		_exit(write(fd, &value, 8) != 8);
	}
	value = 0;
	EQ(read(fd, &value, 8), 8);
	EQ(value, 7);
	OK(waitpid(pid, NULL, 0));
}

TEST(timerfd_fires_once_and_repeats)
{
	struct itimerspec set = { .it_value = { 0, 20000000 } }, got;
	uint64_t count = 0;
	int fd = OK(timerfd_create(CLOCK_MONOTONIC, 0));
	int64_t begin = now_ns(CLOCK_MONOTONIC);

	OK(timerfd_settime(fd, 0, &set, NULL));
	EQ(read(fd, &count, 8), 8);
	EQ(count, 1);
	BETWEEN(now_ns(CLOCK_MONOTONIC) - begin, 19500000, 3000000000);
	OK(timerfd_gettime(fd, &got));
	EQ(got.it_value.tv_sec + got.it_value.tv_nsec, 0);
	set.it_value.tv_nsec = set.it_interval.tv_nsec = 10000000;
	OK(timerfd_settime(fd, 0, &set, NULL));
	sleep_ms(65);
	EQ(read(fd, &count, 8), 8);
	BETWEEN(count, 5, 300);
	OK(timerfd_gettime(fd, &got));
	EQ(got.it_interval.tv_nsec, 10000000);
	BETWEEN(got.it_value.tv_nsec, 1, 10000000);
	set = (struct itimerspec){ 0 };
	OK(timerfd_settime(fd, 0, &set, &got));
	OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	ERR(read(fd, &count, 8), EAGAIN);
}

TEST(timerfd_absolute_times_and_errors)
{
	struct itimerspec set = { 0 };
	uint64_t count;
	int fd = OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));

	OK(clock_gettime(CLOCK_REALTIME, &set.it_value));
	set.it_value.tv_sec -= 10;
	OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &set, NULL));
	struct pollfd one = { fd, POLLIN, 0 };

	EQ(poll(&one, 1, 1000), 1);
	EQ(read(fd, &count, 8), 8);
	EQ(count, 1);
	ERR(read(fd, &count, 4), EINVAL);
	ERR(timerfd_create(99, 0), EINVAL);
	ERR(timerfd_create(CLOCK_MONOTONIC, 0x10000000), EINVAL);
	set.it_value.tv_nsec = 1000000000;
	ERR(timerfd_settime(fd, 0, &set, NULL), EINVAL);
	ERR(timerfd_settime(0, 0, &(struct itimerspec){ 0 }, NULL), EINVAL);
}

TEST(memfd_is_a_file_without_a_name)
{
	char path[64], link[128] = "";
	struct stat st;
	int fd = OK(memfd_create("hello", MFD_CLOEXEC));

	EQ(write(fd, "text", 4), 4);
	OK(ftruncate(fd, 8192));
	OK(fstat(fd, &st));
	EQ(st.st_size, 8192);
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	TRUE(map != MAP_FAILED);
	EQ(memcmp(map, "text", 5), 0);
	map[0] = 'T';
	char c;

	EQ(pread(fd, &c, 1, 0), 1);
	EQ(c, 'T');
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRUE(readlink(path, link, sizeof(link) - 1) > 0);
	STREQ(link, "/memfd:hello (deleted)");
	ERR(memfd_create("x", 0x40000000), EINVAL);
}

TEST(epoll_create_with_a_size_gives_a_set)
{
	int fd = OK(syscall(SYS_epoll_create, 10)), timer = OK(eventfd(1, 0));
	struct epoll_event ev = { EPOLLIN, { .fd = 7 } };

	OK(epoll_ctl(fd, EPOLL_CTL_ADD, timer, &ev));
	EQ(epoll_wait(fd, &ev, 1, 0), 1);
	OK(close(fd));
	ERR(syscall(SYS_epoll_create, 0), EINVAL);
}

static int exclusive_set[3];
static volatile int exclusive_woken;

static void *wait_in_set(void *arg)
{
	struct epoll_event ev;

	if (epoll_wait(exclusive_set[(long)arg], &ev, 1, 700) == 1)
		__sync_fetch_and_add(&exclusive_woken, 1);
	return NULL;
}

/* Three threads, each with a set of its own, wait for one pipe; how many of them wake for one byte. */
static int woken_by_one_byte(uint32_t flags)
{
	pthread_t threads[3];
	int p[2];

	OK(pipe(p));
	exclusive_woken = 0;
	for (long i = 0; i < 3; i++) {
		exclusive_set[i] = OK(epoll_create1(0));
		OK(add(exclusive_set[i], p[0], EPOLLIN | flags, 0));
		pthread_create(&threads[i], NULL, wait_in_set, (void *)i);
	}
	sleep_ms(200);
	EQ(write(p[1], "x", 1), 1);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return exclusive_woken;
}

TEST(one_of_exclusive_waiters_wakes)
{
	EQ(woken_by_one_byte(0), 3);
	EQ(woken_by_one_byte(EPOLLEXCLUSIVE), 1);
}

TEST(a_spent_one_shot_tells_of_no_hangup_either)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT }, out;
	int e = OK(epoll_create1(0)), p[2];

	OK(pipe(p));
	OK(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev));
	EQ(write(p[1], "x", 1), 1);
	EQ(epoll_wait(e, &out, 1, 1000), 1);
	OK(close(p[1]));
	EQ(epoll_wait(e, &out, 1, 50), 0);
	ev.events = 0;
	OK(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev));
	EQ(epoll_wait(e, &out, 1, 1000), 1);
	EQ(out.events, EPOLLHUP);
}
