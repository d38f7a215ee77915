/* SPDX-License-Identifier: MIT */
/* socket.c - AF_UNIX: streams, packets, datagrams, names, ancillary data, options, readiness. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#define PATH_LEN(s) (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(s) + 1)

static struct sockaddr_un named(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
}

static int listener(int type, const char *path)
{
	struct sockaddr_un a = named(path);
	int s = OK(socket(AF_UNIX, type, 0));

	unlink(path);
	OK(bind(s, (struct sockaddr *)&a, PATH_LEN(path)));
	OK(listen(s, 5));
	return s;
}

static int client(int type, const char *path)
{
	struct sockaddr_un a = named(path);
	int s = OK(socket(AF_UNIX, type, 0));

	OK(connect(s, (struct sockaddr *)&a, PATH_LEN(path)));
	return s;
}

TEST(a_pair_carries_bytes_both_ways)
{
	char buf[16] = "";
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	EQ(write(s[0], "hello", 5), 5);
	EQ(write(s[0], "world", 5), 5);
	EQ(read(s[1], buf, 16), 10);
	EQ(memcmp(buf, "helloworld", 10), 0);
	EQ(send(s[1], "x", 1, 0), 1);
	EQ(recv(s[0], buf, 16, MSG_PEEK), 1);
	EQ(recv(s[0], buf, 16, 0), 1);
	ERR(recv(s[0], buf, 16, MSG_DONTWAIT), EAGAIN);
	close(s[0]);
	EQ(read(s[1], buf, 16), 0);
	signal(SIGPIPE, SIG_IGN);
	ERR(write(s[1], "x", 1), EPIPE);
	close(s[1]);
}

static volatile sig_atomic_t pipes;
static void on_pipe(int sig)
{
	(void)sig;
	pipes++;
}

TEST(a_broken_stream_sends_sigpipe_but_not_with_nosignal)
{
	int s[2];

	signal(SIGPIPE, on_pipe);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	close(s[0]);
	ERR(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	EQ(pipes, 0);
	ERR(send(s[1], "x", 1, 0), EPIPE);
	EQ(pipes, 1);
	close(s[1]);
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
	close(s[0]);
	ERR(send(s[1], "x", 1, 0), EPIPE);
	printf("case seqpacket_sigpipe = %d\n", (int)pipes);
	close(s[1]);
}

TEST(unread_bytes_reset_the_peer)
{
	char c;
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	EQ(write(s[0], "x", 1), 1);
	close(s[1]);
	ERR(read(s[0], &c, 1), ECONNRESET);
	EQ(read(s[0], &c, 1), 0);
	close(s[0]);
}

TEST(packets_keep_their_borders)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	char buf[8];
	int s[2];

	for (int i = 0; i < 2; i++) {
		struct iovec iov = { buf, 2 };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

		OK(socketpair(AF_UNIX, types[i], 0, s));
		EQ(send(s[0], "abc", 3, 0), 3);
		EQ(send(s[0], "", 0, 0), 0);
		EQ(send(s[0], "defgh", 5, 0), 5);
		EQ(recv(s[1], buf, 8, 0), 3);
		EQ(recv(s[1], buf, 8, 0), 0);
		EQ(recv(s[1], buf, 2, MSG_PEEK | MSG_TRUNC), 5);
		EQ(recvmsg(s[1], &m, 0), 2);
		EQ(m.msg_flags, MSG_TRUNC);
		ERR(recv(s[1], buf, 8, MSG_DONTWAIT), EAGAIN);
		ERR(send(s[0], NULL, 1, 0), EFAULT);
		close(s[0]);
		close(s[1]);
	}
}

TEST(names_are_nodes)
{
	struct sockaddr_un a = named("sock"), got;
	socklen_t len = sizeof(got);
	struct stat st;
	int s = listener(SOCK_STREAM, "sock"), c, n, other;

	OK(stat("sock", &st));
	EQ(st.st_mode & S_IFMT, S_IFSOCK);
	ERR(open("sock", O_RDWR), ENXIO);
	OK(getsockname(s, (struct sockaddr *)&got, &len));
	EQ(len, PATH_LEN("sock"));
	EQ(strcmp(got.sun_path, "sock"), 0);
	other = OK(socket(AF_UNIX, SOCK_STREAM, 0));
	ERR(bind(other, (struct sockaddr *)&a, PATH_LEN("sock")), EADDRINUSE);
	ERR(listen(other, 1), EINVAL);
	ERR(accept(other, NULL, NULL), EINVAL);
	a = named("sock2");
	ERR(bind(s, (struct sockaddr *)&a, PATH_LEN("sock2")), EINVAL);
	a = named("sock");
	c = client(SOCK_STREAM, "sock");
	ERR(connect(c, (struct sockaddr *)&a, PATH_LEN("sock")), EISCONN);
	len = sizeof(got);
	n = OK(accept4(s, (struct sockaddr *)&got, &len, SOCK_CLOEXEC));
	EQ(len, 2);
	EQ(fcntl(n, F_GETFD), FD_CLOEXEC);
	len = sizeof(got);
	OK(getpeername(c, (struct sockaddr *)&got, &len));
	EQ(strcmp(got.sun_path, "sock"), 0);
	ERR(getpeername(other, (struct sockaddr *)&got, &len), ENOTCONN);
	OK(rename("sock", "moved"));
	a = named("moved");
	OK(connect(other, (struct sockaddr *)&a, PATH_LEN("moved")));
	close(s);
	close(other);
	other = OK(socket(AF_UNIX, SOCK_STREAM, 0));
	ERR(connect(other, (struct sockaddr *)&a, PATH_LEN("moved")), ECONNREFUSED);
	OK(unlink("moved"));
	ERR(connect(other, (struct sockaddr *)&a, PATH_LEN("moved")), ENOENT);
	close(creat("plain", 0600));
	a = named("plain");
	ERR(connect(other, (struct sockaddr *)&a, PATH_LEN("plain")), ECONNREFUSED);
	close(other);
	close(c);
	close(n);
}

TEST(abstract_names_and_numbers)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0lxrun-test" }, got;
	socklen_t len = 2 + 11, n = sizeof(got);
	int s = OK(socket(AF_UNIX, SOCK_STREAM, 0)), t = OK(socket(AF_UNIX, SOCK_STREAM, 0));

	OK(bind(s, (struct sockaddr *)&a, len));
	ERR(bind(t, (struct sockaddr *)&a, len), EADDRINUSE);
	ERR(connect(t, (struct sockaddr *)&a, len), ECONNREFUSED);
	OK(listen(s, 1));
	ERR(connect(t, (struct sockaddr *)&a, len - 1), ECONNREFUSED);
	OK(connect(t, (struct sockaddr *)&a, len));
	OK(getsockname(s, (struct sockaddr *)&got, &n));
	EQ(n, len);
	close(t);
	close(s);
	s = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
	OK(bind(s, (struct sockaddr *)&a, 2));
	n = sizeof(got);
	OK(getsockname(s, (struct sockaddr *)&got, &n));
	EQ(n, 2 + 6);
	EQ(got.sun_path[0], 0);
	close(s);
}

TEST(a_backlog_that_is_full_lets_connect_wait)
{
	struct sockaddr_un a = named("busy");
	int s = OK(socket(AF_UNIX, SOCK_STREAM, 0)), c[2], late;

	unlink("busy");
	OK(bind(s, (struct sockaddr *)&a, PATH_LEN("busy")));
	OK(listen(s, 0));
	for (int i = 0; i < 1; i++)
		c[i] = client(SOCK_STREAM, "busy");
	late = OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	ERR(connect(late, (struct sockaddr *)&a, PATH_LEN("busy")), EAGAIN);
	c[1] = OK(accept(s, NULL, NULL));
	OK(connect(late, (struct sockaddr *)&a, PATH_LEN("busy")));
	close(s);
	/* it was never accepted */
	ERR(read(late, &a, 1), ECONNRESET);
	close(late);
	close(c[0]);
	close(c[1]);
	unlink("busy");
}

TEST(datagrams_go_where_they_are_sent)
{
	struct sockaddr_un a = named("here"), b = named("there"), from;
	socklen_t len = sizeof(from);
	char buf[8];
	int s = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), t = OK(socket(AF_UNIX, SOCK_DGRAM, 0));

	unlink("here"), unlink("there");
	OK(bind(s, (struct sockaddr *)&a, PATH_LEN("here")));
	OK(bind(t, (struct sockaddr *)&b, PATH_LEN("there")));
	ERR(send(t, "x", 1, 0), ENOTCONN);
	EQ(sendto(t, "one", 3, 0, (struct sockaddr *)&a, PATH_LEN("here")), 3);
	EQ(recvfrom(s, buf, 8, 0, (struct sockaddr *)&from, &len), 3);
	EQ(len, PATH_LEN("there"));
	EQ(strcmp(from.sun_path, "there"), 0);
	OK(connect(t, (struct sockaddr *)&a, PATH_LEN("here")));
	EQ(send(t, "two", 3, 0), 3);
	EQ(read(s, buf, 8), 3);
	ERR(listen(s, 1), EOPNOTSUPP);
	ERR(accept(s, NULL, NULL), EOPNOTSUPP);
	close(s);
	ERR(send(t, "x", 1, 0), ECONNREFUSED);
	ERR(send(t, "x", 1, 0), ENOTCONN);
	close(t);
	unlink("here"), unlink("there");
}

/* ---- what travels beside the bytes ---- */

static void send_fds(int s, const int *fds, int n)
{
	char control[CMSG_SPACE(16 * sizeof(int))] = "";
	struct iovec iov = { "f", 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	EQ(sendmsg(s, &m, 0), 1);
}

static int recv_fds(int s, int *fds, int room, int *flags)
{
	char control[CMSG_SPACE(16 * sizeof(int))] = "", byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_LEN(room * sizeof(int)) };
	struct cmsghdr *c;
	int n;

	EQ(recvmsg(s, &m, MSG_CMSG_CLOEXEC), 1);
	*flags = m.msg_flags;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	return n;
}

TEST(descriptors_travel_to_another_process)
{
	int s[2], p[2], got[4], flags, status;
	char buf[8];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pid_t pid = OK(fork());

	if (pid == 0) {
		close(s[0]);
		OK(pipe(p));
		send_fds(s[1], p, 1);
		write(p[1], "through", 7);
		_exit(0);
	}
	close(s[1]);
	EQ(recv_fds(s[0], got, 4, &flags), 1);
	EQ(flags & MSG_CTRUNC, 0);
	EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	EQ(read(got[0], buf, 8), 7);
	EQ(read(got[0], buf, 8), 0);
	close(got[0]);
	close(s[0]);
}

TEST(descriptors_without_room_are_closed)
{
	int s[2], p[2], fds[3], got[4], flags;
	char c;

	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	OK(pipe(p));
	fds[0] = p[0], fds[1] = p[1], fds[2] = p[1];
	send_fds(s[0], fds, 3);
	close(p[1]);
	EQ(recv_fds(s[1], got, 1, &flags), 1);
	EQ(flags & MSG_CTRUNC, MSG_CTRUNC);
	EQ(read(p[0], &c, 1), 0); /* no writer is left */
	close(got[0]);
	/* closed unread: the same */
	OK(pipe(p));
	send_fds(s[0], &p[1], 1);
	close(p[1]);
	close(s[1]);
	EQ(read(p[0], &c, 1), 0);
	close(s[0]);
}

TEST(a_read_ends_where_descriptors_came)
{
	int s[2], got[4], flags;
	char buf[8];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	EQ(write(s[0], "ab", 2), 2);
	send_fds(s[0], s, 1);
	EQ(write(s[0], "cd", 2), 2);
	EQ(read(s[1], buf, 1), 1);
	EQ(recv(s[1], buf, 8, 0), 2);
	EQ(memcmp(buf, "bf", 2), 0);
	EQ(recv(s[1], buf, 8, 0), 2);
	send_fds(s[0], s, 2);
	EQ(recv_fds(s[1], got, 4, &flags), 2);
	close(got[0]), close(got[1]);
	close(s[0]), close(s[1]);
}

/* By hand: the C library looks at messages itself. */
TEST(bad_ancillary_data)
{
	char control[64] = "";
	struct iovec iov = { "f", 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct ucred cred = { getpid(), getuid(), getgid() };
	int s[2], fd = 999;

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(4),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &fd, 4);
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EBADF);
	c->cmsg_len = 4;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EINVAL);
	c->cmsg_len = 4000;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EINVAL);
	c->cmsg_len = CMSG_LEN(4);
	c->cmsg_type = 77;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EINVAL);
	c->cmsg_type = SCM_CREDENTIALS;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EINVAL);
	m.msg_controllen = CMSG_SPACE(sizeof(cred));
	c->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(c), &cred, sizeof(cred));
	EQ(syscall(SYS_sendmsg, s[0], &m, 0), 1);
	m.msg_control = (void *)1;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EFAULT);
	m.msg_controllen = 1 << 20;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), ENOBUFS);
	m.msg_controllen = 0;
	m.msg_iovlen = 5000;
	ERR(syscall(SYS_sendmsg, s[0], &m, 0), EMSGSIZE);
	ERR(syscall(SYS_sendmsg, s[0], 1, 0), EFAULT);
	ERR(syscall(SYS_recvmsg, s[0], 1, 0), EFAULT);
	ERR(send(0x7fff, "x", 1, 0), EBADF);
	fd = open("/dev/null", O_RDWR);
	ERR(send(fd, "x", 1, 0), ENOTSOCK);
	ERR(syscall(SYS_sendmsg, fd, 1, 0), ENOTSOCK);
	ERR(listen(fd, 1), ENOTSOCK);
	close(fd);
	close(s[0]), close(s[1]);
}

TEST(credentials_are_the_senders)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] = "", byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int s[2], one = 1, status;

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	EQ(cred.pid, getpid());
	EQ(cred.uid, geteuid());
	OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	pid_t pid = OK(fork());

	if (pid == 0)
		_exit(write(s[0], "x", 1) != 1);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(recvmsg(s[1], &m, 0), 1);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	TRUE(c != NULL);
	if (c) {
		EQ(c->cmsg_type, SCM_CREDENTIALS);
		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		EQ(cred.pid, pid);
		EQ(cred.gid, getgid());
	}
	close(s[0]), close(s[1]);
}

/* ---- blocking, readiness ---- */

static void *feed(void *arg)
{
	char buf[4096];

	memset(buf, 'x', sizeof(buf));
	for (int i = 0; i < 1024; i++)
		if (write(*(int *)arg, buf, sizeof(buf)) != sizeof(buf))
			return arg;
	shutdown(*(int *)arg, SHUT_WR);
	return NULL;
}

TEST(four_megabytes_in_order)
{
	static char buf[10000];
	pthread_t t;
	void *failed;
	int64_t total = 0, n;
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pthread_create(&t, NULL, feed, &s[0]);
	while ((n = read(s[1], buf, sizeof(buf))) > 0)
		total += n;
	EQ(n, 0);
	EQ(total, 4 << 20);
	pthread_join(t, &failed);
	TRUE(failed == NULL);
	EQ(write(s[1], "y", 1), 1); /* half open */
	EQ(read(s[0], buf, 2), 1);
	close(s[0]), close(s[1]);
}

TEST(waitall_and_timeouts)
{
	struct timeval tv = { 0, 30000 };
	char buf[8];
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pid_t pid = OK(fork());

	if (pid == 0) {
		write(s[0], "abc", 3);
		sleep_ms(20);
		write(s[0], "def", 3);
		_exit(0);
	}
	EQ(recv(s[1], buf, 6, MSG_WAITALL), 6);
	EQ(memcmp(buf, "abcdef", 6), 0);
	OK(waitpid(pid, NULL, 0));
	OK(setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	int64_t start = now_ns(CLOCK_MONOTONIC);

	ERR(recv(s[1], buf, 6, 0), EAGAIN);
	TRUE(now_ns(CLOCK_MONOTONIC) - start >= 30000000);
	close(s[0]), close(s[1]);
}

TEST(readiness)
{
	struct pollfd p = { .events = POLLIN | POLLOUT | POLLRDHUP };
	struct epoll_event ev = { EPOLLIN | EPOLLET, { .u64 = 7 } };
	int s[2], l = listener(SOCK_STREAM, "ready"), c, n, ep = OK(epoll_create1(0));
	char buf[8];

	p.fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLOUT | POLLHUP);
	close(p.fd);
	p.fd = l;
	EQ(poll(&p, 1, 0), 0);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev));
	EQ(epoll_wait(ep, &ev, 1, 0), 0);
	c = client(SOCK_STREAM, "ready");
	EQ(epoll_wait(ep, &ev, 1, 1000), 1);
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN);
	n = OK(accept(l, NULL, NULL));
	close(c), close(n), close(l);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	p.fd = s[0];
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLOUT);
	EQ(write(s[1], "ab", 2), 2);
	EQ(ioctl(s[0], FIONREAD, &n), 0);
	EQ(n, 2);
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN | POLLOUT);
	EQ(read(s[0], buf, 8), 2);
	OK(shutdown(s[1], SHUT_WR));
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN | POLLOUT | POLLRDHUP);
	close(s[1]);
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	close(s[0]), close(ep);
	unlink("ready");
}

TEST(a_full_buffer_is_not_writable)
{
	struct pollfd p = { .events = POLLOUT };
	static char buf[4096];
	int s[2], writes = 0;

	OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	while (write(s[0], buf, sizeof(buf)) > 0)
		writes++;
	EQ(errno, EAGAIN);
	BETWEEN(writes, 10, 200);
	p.fd = s[0];
	EQ(poll(&p, 1, 0), 0);
	while (read(s[1], buf, sizeof(buf)) > 0)
		;
	EQ(poll(&p, 1, 0), 1);
	close(s[0]), close(s[1]);
}

TEST(options)
{
	int s = OK(socket(AF_UNIX, SOCK_STREAM, 0)), n;
	socklen_t len = sizeof(n);
	struct {
		int option, value;
	} fixed[] = {
		{ SO_TYPE, SOCK_STREAM }, { SO_DOMAIN, AF_UNIX }, { SO_PROTOCOL, 0 },
		{ SO_ACCEPTCONN, 0 },     { SO_ERROR, 0 },        { SO_PASSCRED, 0 },
		{ SO_KEEPALIVE, 0 },      { SO_RCVLOWAT, 1 },     { SO_REUSEADDR, 0 },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		len = sizeof(n), n = -1;
		OK(getsockopt(s, SOL_SOCKET, fixed[i].option, &n, &len));
		EQ(n, fixed[i].value);
	}
	n = 5000;
	OK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n)));
	OK(getsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, &len));
	EQ(n, 10000);
	n = 1;
	OK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n)));
	OK(getsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, &len));
	EQ(n, 4608);
	ERR(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &n, 2), EINVAL);
	ERR(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, NULL, 4), EFAULT);
	ERR(setsockopt(s, SOL_SOCKET, 9999, &n, 4), ENOPROTOOPT);
	ERR(getsockopt(s, SOL_SOCKET, 9999, &n, &len), ENOPROTOOPT);
	ERR(setsockopt(s, 6, 1, &n, 4), EOPNOTSUPP);
	len = (socklen_t)-1;
	ERR(getsockopt(s, SOL_SOCKET, SO_TYPE, &n, &len), EINVAL);
	ERR(shutdown(s, 3), EINVAL);
	close(s);
	ERR(socket(AF_UNIX, 99, 0), EINVAL);
	ERR(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	ERR(socket(AF_UNIX, SOCK_STREAM, 5), EPROTONOSUPPORT);
	ERR(socket(999, SOCK_STREAM, 0), EAFNOSUPPORT);
	ERR(socketpair(AF_UNIX, SOCK_STREAM, 0, NULL), EFAULT);
}

TEST(many_messages_in_a_call)
{
	struct iovec in[3], out[3];
	struct mmsghdr sent[3] = { 0 }, got[3] = { 0 };
	char buf[3][8];
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	for (int i = 0; i < 3; i++) {
		in[i] = (struct iovec){ "abc", (size_t)i + 1 };
		out[i] = (struct iovec){ buf[i], 8 };
		sent[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 };
		got[i].msg_hdr = (struct msghdr){ .msg_iov = &out[i], .msg_iovlen = 1 };
	}
	EQ(sendmmsg(s[0], sent, 3, 0), 3);
	EQ(sent[2].msg_len, 3);
	EQ(recvmmsg(s[1], got, 3, MSG_WAITFORONE, NULL), 3);
	EQ(got[0].msg_len, 1);
	EQ(got[2].msg_len, 3);
	ERR(recvmmsg(s[1], got, 3, MSG_DONTWAIT, NULL), EAGAIN);
	close(s[0]), close(s[1]);
}

TEST(a_blocked_reader_hears_of_shutdown_and_signals)
{
	char c;
	int s[2], status;

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pid_t pid = OK(fork());

	if (pid == 0) {
		struct sigaction sa = { .sa_handler = on_pipe };

		sigaction(SIGALRM, &sa, NULL);
		struct itimerval it = { .it_value = { 0, 20000 } };

		setitimer(ITIMER_REAL, &it, NULL);
		if (read(s[0], &c, 1) != -1 || errno != EINTR)
			_exit(1);
		_exit(read(s[0], &c, 1) != 0);
	}
	sleep_ms(60);
	OK(shutdown(s[1], SHUT_RDWR));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	close(s[0]), close(s[1]);
}
