/* SPDX-License-Identifier: MIT */
/* POSIX message queues: names, order, waiting, notification, limits, and the file system they are in. */
#include "guest.h"
#include <dirent.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>

static char queue_name[64];

/* A name that nobody else has. */
static const char *name_of(const char *tail)
{
	snprintf(queue_name, sizeof(queue_name), "/lxrun-%d-%s", getpid(), tail);
	return queue_name;
}

/* An open queue of that size, its name gone already. */
static mqd_t new_queue(long most, long size, int flags)
{
	struct mq_attr attr = { .mq_maxmsg = most, .mq_msgsize = size };
	mqd_t q = OK(mq_open(name_of("q"), O_RDWR | O_CREAT | O_EXCL | flags, 0600, &attr));

	OK(mq_unlink(queue_name));
	return q;
}

static struct mq_attr attr_of(mqd_t q)
{
	struct mq_attr attr = { 0 };

	OK(mq_getattr(q, &attr));
	return attr;
}

static const char *get(mqd_t q, unsigned *prio)
{
	static char text[8192 + 1];
	ssize_t n = OK(mq_receive(q, text, 8192, prio));

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static struct timespec from_now(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms % 1000 * 1000000;
	ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* ---- names and attributes ---- */

TEST(a_queue_is_made_with_the_attributes_asked_for)
{
	mqd_t q = new_queue(3, 20, O_NONBLOCK);
	struct mq_attr attr = attr_of(q);
	struct stat st;

	EQ(attr.mq_maxmsg, 3);
	EQ(attr.mq_msgsize, 20);
	EQ(attr.mq_curmsgs, 0);
	EQ(attr.mq_flags, O_NONBLOCK);
	EQ(fcntl(q, F_GETFD), FD_CLOEXEC);
	OK(fstat(q, &st));
	EQ(st.st_mode, S_IFREG | 0600);
	EQ(st.st_size, 80);
	EQ(st.st_nlink, 0);
}

TEST(without_attributes_the_defaults_hold)
{
	mqd_t q = OK(mq_open(name_of("d"), O_RDONLY | O_CREAT, 0600, NULL));
	struct mq_attr attr = attr_of(q);

	OK(mq_unlink(queue_name));
	EQ(attr.mq_maxmsg, atol(read_file("/proc/sys/fs/mqueue/msg_default")));
	EQ(attr.mq_msgsize, atol(read_file("/proc/sys/fs/mqueue/msgsize_default")));
}

TEST(names_that_are_wrong)
{
	char longest[300];

	memset(longest, 'x', 256);
	longest[256] = 0;
	EQ(syscall(SYS_mq_open, "", O_RDWR | O_CREAT, 0600, NULL), -1);
	EQ(errno, ENOENT);
	ERR(syscall(SYS_mq_open, "/a", O_RDWR | O_CREAT, 0600, NULL), EACCES);
	ERR(syscall(SYS_mq_open, ".", O_RDWR | O_CREAT, 0600, NULL), EACCES);
	ERR(syscall(SYS_mq_open, "..", O_RDWR, 0600, NULL), EACCES);
	ERR(syscall(SYS_mq_open, "a/b", O_RDWR | O_CREAT, 0600, NULL), EACCES);
	ERR(syscall(SYS_mq_open, longest, O_RDWR | O_CREAT, 0600, NULL), ENAMETOOLONG);
	ERR(syscall(SYS_mq_open, (void *)1, O_RDWR, 0600, NULL), EFAULT);
	ERR(syscall(SYS_mq_open, "a", O_RDWR, 0600, (void *)1), EFAULT);
	longest[255] = 0;
	ERR(syscall(SYS_mq_open, longest, O_RDWR, 0600, NULL), ENOENT);
	ERR(syscall(SYS_mq_unlink, ""), ENOENT);
	ERR(syscall(SYS_mq_unlink, "a/b"), EACCES);
	ERR(syscall(SYS_mq_unlink, longest), ENOENT);
	longest[255] = 'x';
	ERR(syscall(SYS_mq_unlink, longest), ENAMETOOLONG);
	ERR(syscall(SYS_mq_unlink, (void *)1), EFAULT);
}

TEST(open_finds_makes_and_refuses)
{
	mqd_t q;

	ERR(mq_open(name_of("o"), O_RDWR), ENOENT);
	q = OK(mq_open(queue_name, O_WRONLY | O_CREAT, 0400, NULL));
	OK(mq_send(q, "x", 1, 0));
	ERR(mq_open(queue_name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL), EEXIST);
	ERR(mq_open(queue_name, O_RDWR | O_WRONLY), EINVAL);
	OK(mq_open(queue_name, O_RDONLY));
	ERR(mq_receive(q, (char[8192]){ 0 }, 8192, NULL), EBADF);
	OK(mq_unlink(queue_name));
	ERR(mq_unlink(queue_name), ENOENT);
	ERR(mq_open(queue_name, O_RDWR), ENOENT);
}

TEST(attributes_out_of_bounds)
{
	struct mq_attr attr = { .mq_maxmsg = 0, .mq_msgsize = 1 };

	ERR(mq_open(name_of("b"), O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = -1 };
	ERR(mq_open(queue_name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 65537, .mq_msgsize = 1 };
	ERR(mq_open(queue_name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = 16777217 };
	ERR(mq_open(queue_name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	drop_root();
	attr = (struct mq_attr){ .mq_maxmsg = 11, .mq_msgsize = 1 };
	ERR(mq_open(queue_name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = 8193 };
	ERR(mq_open(queue_name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	ERR(mq_open(queue_name, O_RDWR), ENOENT);
}

TEST(rlimit_msgqueue_is_what_a_user_may_have)
{
	struct rlimit limit = { 2 * (10 * 8192 + 10 * 96), 2 * (10 * 8192 + 10 * 96) };
	mqd_t q;

	drop_root();
	OK(setrlimit(RLIMIT_MSGQUEUE, &limit));
	q = OK(mq_open(name_of("1"), O_RDWR | O_CREAT, 0600, NULL));
	OK(mq_unlink(queue_name));
	OK(mq_open(name_of("2"), O_RDWR | O_CREAT, 0600, NULL));
	OK(mq_unlink(queue_name));
	ERR(mq_open(name_of("3"), O_RDWR | O_CREAT, 0600, NULL), EMFILE);
	ERR(mq_open(queue_name, O_RDWR), ENOENT);
	OK(mq_close(q));
	OK(mq_open(queue_name, O_RDWR | O_CREAT, 0600, NULL));
	OK(mq_unlink(queue_name));
}

TEST(rights_are_those_of_the_file)
{
	mqd_t q;

	SKIP_UNLESS(geteuid() == 0);
	umask(022);
	q = OK(mq_open(name_of("r"), O_RDWR | O_CREAT, 0666, NULL));
	IN_CHILD({
		drop_root();
		OK(mq_open(queue_name, O_RDONLY));
		ERR(mq_open(queue_name, O_WRONLY), EACCES);
		ERR(syscall(SYS_mq_unlink, queue_name + 1), EPERM);
	});
	OK(fchmod(q, 0662));
	OK(fchown(q, 65534, 65534));
	IN_CHILD({
		drop_root();
		OK(mq_open(queue_name, O_RDWR));
		OK(mq_unlink(queue_name));
	});
}

/* ---- messages ---- */

TEST(messages_come_by_priority_then_age)
{
	mqd_t q = new_queue(10, 8192, 0);
	unsigned prio;

	OK(mq_send(q, "low", 3, 1));
	OK(mq_send(q, "high", 4, 32767));
	OK(mq_send(q, "", 0, 1));
	OK(mq_send(q, "mid", 3, 5));
	EQ(attr_of(q).mq_curmsgs, 4);
	STREQ(get(q, &prio), "high");
	EQ(prio, 32767);
	STREQ(get(q, &prio), "mid");
	EQ(prio, 5);
	STREQ(get(q, &prio), "low");
	STREQ(get(q, NULL), "");
	EQ(attr_of(q).mq_curmsgs, 0);
}

TEST(what_send_and_receive_refuse)
{
	mqd_t q = new_queue(1, 4, O_NONBLOCK);
	struct timespec wrong = { 0, 1000000000 }, past = { 1, 0 };
	char buf[8];
	int fd = OK(open(".", O_RDONLY));

	ERR(mq_send(q, "12345", 5, 0), EMSGSIZE);
	ERR(mq_send(q, "1", 1, 32768), EINVAL);
	ERR(mq_send(fd, "1", 1, 0), EBADF);
	ERR(mq_send(-1, "1", 1, 0), EBADF);
	ERR(mq_send(q, (void *)1, 1, 0), EFAULT);
	ERR(mq_receive(q, buf, 4, NULL), EAGAIN);
	OK(mq_send(q, "1234", 4, 0));
	ERR(mq_send(q, "1", 1, 0), EAGAIN);
	ERR(mq_receive(q, buf, 3, NULL), EMSGSIZE);
	ERR(mq_receive(fd, buf, 4, NULL), EBADF);
	ERR(syscall(SYS_mq_timedreceive, q, buf, 8, NULL, &wrong), EINVAL);
	ERR(syscall(SYS_mq_timedsend, q, buf, 1, 0, &wrong), EINVAL);
	ERR(syscall(SYS_mq_timedsend, q, buf, 1, 0, (void *)1), EFAULT);
	EQ(mq_receive(q, buf, 8, NULL), 4);
	OK(mq_send(q, "1234", 4, 0));
	ERR(mq_receive(q, (void *)1, 8, NULL), EFAULT);
	EQ(attr_of(q).mq_curmsgs, 0);
	OK(mq_setattr(q, &(struct mq_attr){ 0 }, NULL));
	ERR(syscall(SYS_mq_timedreceive, q, buf, 8, NULL, &past), ETIMEDOUT);
}

TEST(a_deadline_ends_the_wait)
{
	mqd_t q = new_queue(1, 4, 0);
	struct timespec at = from_now(30);
	int64_t before = now_ns(CLOCK_MONOTONIC);
	char buf[8];

	ERR(mq_timedreceive(q, buf, 8, NULL, &at), ETIMEDOUT);
	TRUE(now_ns(CLOCK_MONOTONIC) - before >= 29000000);
	OK(mq_send(q, "x", 1, 0));
	at = from_now(30);
	ERR(mq_timedsend(q, "y", 1, 0, &at), ETIMEDOUT);
	EQ(attr_of(q).mq_curmsgs, 1);
}

static void on_signal(int sig) {}

TEST(a_sleeping_receiver_gets_the_message_itself)
{
	mqd_t q = new_queue(2, 8192, 0);
	pid_t pid = OK(fork());
	int status;

	if (!pid) {
		unsigned prio = 0;

		here();
		STREQ(get(q, &prio), "hello");
		EQ(prio, 7);
		_exit(guest_failures != 0);
	}
	await_sleep(pid);
	OK(mq_send(q, "hello", 5, 7));
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
}

TEST(a_sleeping_sender_goes_on_when_there_is_room)
{
	mqd_t q = new_queue(1, 8192, 0);
	pid_t pid;
	int status;

	OK(mq_send(q, "1", 1, 0));
	pid = OK(fork());
	if (!pid) {
		here();
		OK(mq_send(q, "2", 1, 9));
		_exit(guest_failures != 0);
	}
	await_sleep(pid);
	STREQ(get(q, NULL), "1");
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	STREQ(get(q, NULL), "2");
}

TEST(a_signal_interrupts_or_restarts)
{
	mqd_t q = new_queue(1, 8192, 0);

	for (int restart = 0; restart < 2; restart++) {
		pid_t pid = OK(fork());
		int status;

		if (!pid) {
			struct sigaction act = { .sa_handler = on_signal,
						 .sa_flags = restart ? SA_RESTART : 0 };

			OK(sigaction(SIGUSR1, &act, NULL));
			here();
			if (restart)
				STREQ(get(q, NULL), "again");
			else
				ERR(mq_receive(q, (char[8192]){ 0 }, 8192, NULL), EINTR);
			_exit(guest_failures != 0);
		}
		await_sleep(pid);
		OK(kill(pid, SIGUSR1));
		if (restart) {
			await_sleep(pid);
			OK(mq_send(q, "again", 5, 0));
		}
		OK(waitpid(pid, &status, 0));
		EQ(status, 0);
	}
}

TEST(setattr_changes_nothing_but_nonblock)
{
	mqd_t q = new_queue(2, 16, 0);
	struct mq_attr attr = { .mq_flags = O_NONBLOCK, .mq_maxmsg = 9, .mq_msgsize = 9 }, old;

	OK(mq_setattr(q, &attr, &old));
	EQ(old.mq_flags, 0);
	EQ(attr_of(q).mq_flags, O_NONBLOCK);
	EQ(attr_of(q).mq_maxmsg, 2);
	EQ(fcntl(q, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	attr.mq_flags = O_APPEND;
	ERR(syscall(SYS_mq_getsetattr, q, &attr, NULL), EINVAL);
	ERR(syscall(SYS_mq_getsetattr, q, (void *)1, NULL), EFAULT);
	ERR(syscall(SYS_mq_getsetattr, q, NULL, (void *)1), EFAULT);
	ERR(syscall(SYS_mq_getsetattr, -1, NULL, NULL), EBADF);
	ERR(syscall(SYS_mq_getsetattr, OK(open(".", O_RDONLY)), NULL, NULL), EBADF);
	OK(syscall(SYS_mq_getsetattr, q, NULL, NULL));
}

TEST(poll_and_epoll_see_room_and_messages)
{
	mqd_t q = new_queue(1, 8, 0);
	struct pollfd p = { q, POLLIN | POLLOUT, 0 };
	struct epoll_event ev = { .events = EPOLLIN }, got;
	int ep = OK(epoll_create1(0));

	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLOUT);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, q, &ev));
	EQ(epoll_wait(ep, &got, 1, 0), 0);
	OK(mq_send(q, "1", 1, 0));
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN);
	EQ(epoll_wait(ep, &got, 1, 1000), 1);
}

TEST(a_poll_that_sleeps_is_woken)
{
	mqd_t q = new_queue(1, 8192, 0);
	struct pollfd p = { q, POLLIN, 0 };
	pid_t pid = OK(fork());

	if (!pid) {
		await_sleep(getppid());
		OK(mq_send(q, "1", 1, 0));
		_exit(guest_failures != 0);
	}
	here();
	EQ(poll(&p, 1, 10000), 1);
	EQ(p.revents, POLLIN);
	OK(waitpid(pid, NULL, 0));
}

/* ---- notification ---- */

static volatile sig_atomic_t told;
static siginfo_t told_info;

static void on_notice(int sig, siginfo_t *info, void *context)
{
	told_info = *info;
	told = sig;
}

static void by_signal(struct sigevent *ev, int value)
{
	struct sigaction act = { .sa_sigaction = on_notice, .sa_flags = SA_SIGINFO };

	OK(sigaction(SIGUSR2, &act, NULL));
	memset(ev, 0, sizeof(*ev));
	ev->sigev_notify = SIGEV_SIGNAL;
	ev->sigev_signo = SIGUSR2;
	ev->sigev_value.sival_int = value;
}

TEST(a_message_into_an_empty_queue_is_told_once)
{
	mqd_t q = new_queue(3, 8192, 0);
	struct sigevent ev;

	by_signal(&ev, 42);
	OK(mq_notify(q, &ev));
	ERR(mq_notify(q, &ev), EBUSY);
	EQ(told, 0);
	OK(mq_send(q, "1", 1, 0));
	EQ(told, SIGUSR2);
	EQ(told_info.si_code, SI_MESGQ);
	EQ(told_info.si_value.sival_int, 42);
	EQ(told_info.si_pid, getpid());
	EQ(told_info.si_uid, getuid());
	told = 0;
	get(q, NULL);
	OK(mq_send(q, "2", 1, 0)); /* the registration is gone */
	EQ(told, 0);
	OK(mq_notify(q, &ev));
	OK(mq_send(q, "3", 1, 0)); /* it was not empty */
	EQ(told, 0);
	OK(mq_notify(q, NULL));
	OK(mq_notify(q, &ev));
	OK(mq_notify(q, NULL));
	OK(mq_notify(q, NULL));
}

TEST(who_waits_goes_before_who_is_to_be_told)
{
	mqd_t q = new_queue(3, 8192, 0);
	struct sigevent ev;
	pid_t pid;

	by_signal(&ev, 1);
	OK(mq_notify(q, &ev));
	pid = OK(fork());
	if (!pid) {
		here();
		STREQ(get(q, NULL), "1");
		_exit(guest_failures != 0);
	}
	await_sleep(pid);
	OK(mq_send(q, "1", 1, 0));
	OK(waitpid(pid, NULL, 0));
	EQ(told, 0);
	ERR(mq_notify(q, &ev), EBUSY);
	OK(mq_send(q, "2", 1, 0));
	EQ(told, SIGUSR2);
}

TEST(another_process_cannot_take_the_registration_away)
{
	mqd_t q = new_queue(3, 8192, 0);
	struct sigevent ev;

	by_signal(&ev, 1);
	OK(mq_notify(q, &ev));
	IN_CHILD({
		ERR(mq_notify(q, &ev), EBUSY);
		OK(mq_notify(q, NULL)); /* says nothing, does nothing */
		OK(mq_close(q));
	});
	OK(mq_send(q, "1", 1, 0));
	EQ(told, SIGUSR2);
}

TEST(a_close_and_an_end_take_the_registration_along)
{
	mqd_t q = new_queue(3, 8192, 0);
	struct sigevent ev;

	by_signal(&ev, 1);
	IN_CHILD(OK(mq_notify(q, &ev)));
	OK(mq_notify(q, &ev));
	OK(close(dup(q))); /* any descriptor of it */
	OK(mq_notify(q, &ev));
}

TEST(what_notify_refuses)
{
	mqd_t q = new_queue(3, 8192, 0);
	struct sigevent ev;

	by_signal(&ev, 1);
	ERR(mq_notify(-1, &ev), EBADF);
	ERR(mq_notify(OK(open(".", O_RDONLY)), &ev), EBADF);
	ev.sigev_signo = 65;
	ERR(syscall(SYS_mq_notify, q, &ev), EINVAL);
	ev.sigev_signo = -1;
	ERR(syscall(SYS_mq_notify, q, &ev), EINVAL);
	ev.sigev_notify = 3;
	ERR(syscall(SYS_mq_notify, q, &ev), EINVAL);
	ERR(syscall(SYS_mq_notify, q, (void *)1), EFAULT);
	ev.sigev_notify = SIGEV_NONE;
	OK(mq_notify(q, &ev));
	ERR(mq_notify(q, &ev), EBUSY);
	OK(mq_send(q, "1", 1, 0));
	OK(mq_notify(q, &ev));
}

/* What the C library's SIGEV_THREAD is made of: a cookie of 32 bytes comes back through a netlink socket. */
TEST(a_cookie_comes_through_a_socket)
{
	mqd_t q = new_queue(3, 8192, 0);
	int sock = OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)), other;
	char cookie[32] = "cookie", got[64] = "";
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD,
			       .sigev_signo = sock,
			       .sigev_value.sival_ptr = cookie };

	OK(syscall(SYS_mq_notify, q, &ev));
	ERR(syscall(SYS_mq_notify, q, &ev), EBUSY);
	ERR(recv(sock, got, sizeof(got), MSG_DONTWAIT), EAGAIN);
	OK(mq_send(q, "1", 1, 0));
	EQ(recv(sock, got, sizeof(got), 0), 32);
	STREQ(got, "cookie");
	EQ(got[31], 1);
	OK(syscall(SYS_mq_notify, q, &ev));
	OK(syscall(SYS_mq_notify, q, NULL));
	EQ(recv(sock, got, sizeof(got), 0), 32);
	EQ(got[31], 2);
	ev.sigev_signo = -1;
	ERR(syscall(SYS_mq_notify, q, &ev), EBADF);
	ev.sigev_signo = q;
	ERR(syscall(SYS_mq_notify, q, &ev), ENOTSOCK);
	ev.sigev_signo = other = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
	ERR(syscall(SYS_mq_notify, q, &ev), EINVAL);
	ev.sigev_signo = sock;
	ev.sigev_value.sival_ptr = (void *)1;
	ERR(syscall(SYS_mq_notify, q, &ev), EFAULT);
	OK(close(other));
}

static void in_thread(union sigval value)
{
	OK(mq_send(value.sival_int, "done", 4, 0));
}

TEST(the_c_library_starts_a_thread)
{
	mqd_t q = new_queue(3, 8192, 0), answer = new_queue(3, 8192, 0);
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD,
			       .sigev_notify_function = in_thread,
			       .sigev_value.sival_int = answer };

	OK(mq_notify(q, &ev));
	OK(mq_send(q, "1", 1, 0));
	STREQ(get(answer, NULL), "done");
}

/* ---- the file system ---- */

TEST(read_tells_of_size_and_notification)
{
	mqd_t q = new_queue(3, 8192, 0);
	struct sigevent ev;
	char text[200] = "", want[200];

	by_signal(&ev, 1);
	EQ(read(q, text, sizeof(text)), 60);
	STREQ(text, "QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n");
	EQ(read(q, text, sizeof(text)), 0);
	OK(mq_send(q, "12345", 5, 0));
	OK(mq_notify(q, &ev));
	EQ(lseek(q, 0, SEEK_SET), 0);
	OK(read(q, text, sizeof(text)));
	snprintf(want, sizeof(want), "QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", 5, 0,
		 12, getpid());
	STREQ(text, want);
	ERR(write(q, "x", 1), EINVAL);
	EQ(pread(q, text, 5, 6), 5);
}

static bool listed(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	if (d)
		closedir(d);
	return found;
}

/* A mount of its own, in a name space of mounts of its own. */
static bool mounted(const char *where)
{
	if (geteuid() || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	OK(mkdir(where, 0755));
	return OK(mount("none", where, "mqueue", 0, NULL)) == 0;
}

TEST(queues_are_files_of_the_mounted_file_system)
{
	char path[128], link[128] = "";
	struct stat st, root;
	mqd_t q;
	int fd;

	SKIP_UNLESS(mounted("mq"));
	OK(stat("mq", &root));
	EQ(root.st_mode, S_IFDIR | 01777);
	q = OK(mq_open(name_of("f"), O_RDWR | O_CREAT, 0640, NULL));
	snprintf(path, sizeof(path), "mq%s", queue_name);
	TRUE(listed("mq", queue_name + 1));
	OK(stat(path, &st));
	EQ(st.st_size, 80);
	EQ(st.st_nlink, 1);
	EQ(st.st_mode, S_IFREG | 0640);
	OK(stat("mq", &st));
	EQ(st.st_size, root.st_size + 20);
	OK(mq_send(q, "abc", 3, 0));
	TRUE(strstr(read_file(path), "QSIZE:3 ") != NULL);
	fd = OK(open(path, O_RDWR)); /* as good as mq_open's */
	STREQ(get(fd, NULL), "abc");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)q);
	OK(readlink(path, link, sizeof(link) - 1));
	STREQ(link, queue_name);
	snprintf(path, sizeof(path), "mq%s", queue_name);
	OK(unlink(path));
	ERR(mq_open(queue_name, O_RDWR), ENOENT);
	TRUE(!listed("mq", queue_name + 1));
}

TEST(names_are_made_there_too_but_no_others)
{
	char path[128];
	mqd_t q;

	SKIP_UNLESS(mounted("mq"));
	snprintf(path, sizeof(path), "mq%s", name_of("t"));
	OK(close(OK(open(path, O_RDONLY | O_CREAT | O_TRUNC, 0600))));
	q = OK(mq_open(queue_name, O_RDWR));
	EQ(attr_of(q).mq_maxmsg, 10);
	ERR(mkdir("mq/d", 0755), EPERM);
	ERR(symlink("x", "mq/s"), EPERM);
	ERR(mkfifo("mq/p", 0600), EPERM);
	ERR(link(path, "mq/other"), EPERM);
	ERR(rename(path, "mq/other"), EPERM);
	OK(unlink(path));
}

static void set_limit(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", name);
	fd = OK(open(path, O_WRONLY));
	OK(write(fd, value, strlen(value)));
	OK(close(fd));
}

TEST(a_name_space_has_queues_and_limits_of_its_own)
{
	mqd_t q;

	SKIP_UNLESS(geteuid() == 0 && unshare(CLONE_NEWIPC) == 0);
	q = OK(mq_open(name_of("n"), O_RDWR | O_CREAT, 0600, NULL));
	IN_CHILD({
		OK(unshare(CLONE_NEWIPC));
		ERR(mq_open(queue_name, O_RDWR), ENOENT);
		OK(mq_send(q, "x", 1, 0)); /* a descriptor goes on */
		set_limit("queues_max", "1");
		STREQ(read_file("/proc/sys/fs/mqueue/queues_max"), "1\n");
		OK(mq_open("/one", O_RDWR | O_CREAT, 0600, NULL));
		ERR(mq_open("/one", O_RDWR | O_CREAT | O_EXCL, 0600, NULL), EEXIST);
		drop_root();
		ERR(mq_open("/two", O_RDWR | O_CREAT, 0600, NULL), ENOSPC);
	});
	STREQ(read_file("/proc/sys/fs/mqueue/queues_max"), "256\n");
	STREQ(get(q, NULL), "x");
	OK(mq_unlink(queue_name));
}

TEST(limits_have_bounds)
{
	int fd;

	SKIP_UNLESS(geteuid() == 0 && unshare(CLONE_NEWIPC) == 0);
	fd = OK(open("/proc/sys/fs/mqueue/msg_max", O_RDWR));
	ERR(write(fd, "0", 1), EINVAL);
	ERR(write(fd, "65537", 5), EINVAL);
	OK(write(fd, "4", 1));
	STREQ(read_file("/proc/sys/fs/mqueue/msg_max"), "4\n");
	fd = OK(open("/proc/sys/fs/mqueue/msgsize_max", O_RDWR));
	ERR(write(fd, "127", 3), EINVAL);
	OK(write(fd, "128", 3));
	EQ(attr_of(OK(mq_open("/l", O_RDWR | O_CREAT, 0600, NULL))).mq_maxmsg, 4);
}
