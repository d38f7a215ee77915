/* SPDX-License-Identifier: MIT */
/* inet.c - TCP over the loopback, IPv4 and IPv6: connections, bytes, ends, readiness, hostile arguments. */
#include "inet_test.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

static void carries_bytes(int family)
{
	union address a, name;
	socklen_t len = sizeof(name);
	char buf[64] = "";
	int l = listening(family, 5, &a), c = OK(socket(family, SOCK_STREAM, 0)), s;

	OK(connect(c, &a.sa, size_of(family)));
	s = OK(accept(l, &name.sa, &len));
	EQ(len, size_of(family));
	EQ(name.sa.sa_family, family);
	len = sizeof(a);
	OK(getsockname(c, &a.sa, &len));
	EQ(memcmp(&name, &a, size_of(family)), 0);
	len = sizeof(name);
	OK(getpeername(s, &name.sa, &len));
	EQ(memcmp(&name, &a, size_of(family)), 0);
	EQ(write(c, "hello", 5), 5);
	EQ(recv(s, buf, sizeof(buf), MSG_PEEK), 5);
	EQ(recv(s, buf, 2, 0), 2);
	EQ(read(s, buf + 2, sizeof(buf)), 3);
	EQ(memcmp(buf, "hello", 5), 0);
	ERR(recv(s, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	EQ(send(s, "world", 5, MSG_NOSIGNAL), 5);
	EQ(recv(c, buf, 5, MSG_WAITALL), 5);
	close(s);
	EQ(read(c, buf, sizeof(buf)), 0);
	close(c);
	close(l);
}

TEST(tcp_over_ipv4_carries_bytes_both_ways)
{
	carries_bytes(AF_INET);
}

TEST(tcp_over_ipv6_carries_bytes_both_ways)
{
	SKIP_UNLESS(has_v6());
	carries_bytes(AF_INET6);
}

TEST(sockets_of_many_kinds_are_refused_as_linux_does)
{
	ERR(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	ERR(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
	ERR(socket(AF_INET, SOCK_STREAM, 9999), EINVAL);
	ERR(socket(AF_INET, SOCK_STREAM, -1), EINVAL);
	ERR(socket(AF_INET, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	ERR(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
	ERR(socket(AF_INET, 11, 0), EINVAL);
	ERR(socket(AF_INET, SOCK_STREAM | 0x100, 0), EINVAL);
	ERR(socket(AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT);
	ERR(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){ 0, 0 }), EOPNOTSUPP);
	drop_root();
	ERR(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
}

TEST(addresses_are_checked)
{
	union address a, b = loopback(AF_INET, 0);
	int s = OK(socket(AF_INET, SOCK_STREAM, 0)), l = listening(AF_INET, 1, &a);

	ERR(bind(s, &b.sa, 4), EINVAL);
	ERR(bind(s, &b.sa, 1), EINVAL);
	ERR(bind(s, NULL, sizeof(b.in)), EFAULT);
	b.in.sin_addr.s_addr = htonl(0xC0000201); /* 192.0.2.1: nobody's */
	ERR(bind(s, &b.sa, sizeof(b.in)), EADDRNOTAVAIL);
	b.sa.sa_family = AF_INET6;
	ERR(bind(s, &b.sa, sizeof(b.in)), EAFNOSUPPORT);
	ERR(connect(s, &b.sa, sizeof(b.in)), EAFNOSUPPORT);
	ERR(connect(s, &a.sa, 1), EINVAL);
	ERR(connect(s, &a.sa, 8), EINVAL);
	ERR(bind(s, &a.sa, sizeof(a.in)), EADDRINUSE);
	b = loopback(AF_INET, 0);
	OK(bind(s, &b.sa, sizeof(b.in)));
	ERR(bind(s, &b.sa, sizeof(b.in)), EINVAL);
	ERR(accept(s, NULL, NULL), EINVAL);
	ERR(getpeername(s, &b.sa, &(socklen_t){ sizeof(b) }), ENOTCONN);
	ERR(shutdown(s, SHUT_WR), ENOTCONN);
	ERR(shutdown(s, 3), EINVAL);
	ERR(syscall(SYS_accept4, l, NULL, NULL, 1), EINVAL);
	ERR(accept(OK(open("/dev/null", O_RDWR)), NULL, NULL), ENOTSOCK);
	close(s);
	close(l);
}

TEST(a_name_is_cut_to_the_room_there_is)
{
	union address a, b = { 0 };
	int l = listening(AF_INET, 1, &a);
	socklen_t len = 4;

	OK(getsockname(l, &b.sa, &len));
	EQ(len, sizeof(struct sockaddr_in));
	EQ(b.in.sin_port, a.in.sin_port);
	EQ(b.in.sin_addr.s_addr, 0);
	len = (socklen_t)-1;
	ERR(getsockname(l, &b.sa, &len), EINVAL);
	ERR(getsockname(l, NULL, &(socklen_t){ 16 }), EFAULT);
	close(l);
}

TEST(nobody_listens_is_refused)
{
	union address a;
	int s = bound(AF_INET, SOCK_STREAM, &a), c = OK(socket(AF_INET, SOCK_STREAM, 0));

	close(s);
	ERR(connect(c, &a.sa, sizeof(a.in)), ECONNREFUSED);
	EQ(events_of(c, POLLIN | POLLOUT, 0), POLLOUT | POLLHUP);
	close(c);
	c = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	ERR(connect(c, &a.sa, sizeof(a.in)), EINPROGRESS);
	EQ(events_of(c, POLLOUT, 2000), POLLOUT | POLLERR | POLLHUP);
	EQ(option_of(c, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	EQ(option_of(c, SOL_SOCKET, SO_ERROR), 0);
	close(c);
}

TEST(a_nonblocking_connection_is_told_by_poll)
{
	union address a;
	int l = listening(AF_INET, 5, &a), c = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)),
	    n;

	ERR(connect(c, &a.sa, sizeof(a.in)), EINPROGRESS);
	EQ(events_of(c, POLLOUT, 2000), POLLOUT);
	EQ(option_of(c, SOL_SOCKET, SO_ERROR), 0);
	n = connect(c, &a.sa, sizeof(a.in));
	TRUE(n == 0 || (n == -1 && errno == EISCONN));
	ERR(connect(c, &a.sa, sizeof(a.in)), EISCONN);
	ERR(listen(c, 1), EINVAL);
	ERR(accept(l, NULL, NULL) < 0       ? -1
	    : fcntl(l, F_SETFL, O_NONBLOCK) ? 0
					    : accept(l, NULL, NULL),
	    EAGAIN);
	close(c);
	close(l);
}

TEST(a_connection_can_be_dissolved)
{
	union address a, none = { .sa.sa_family = AF_UNSPEC };
	int l = listening(AF_INET, 5, &a), c = OK(socket(AF_INET, SOCK_STREAM, 0));

	OK(connect(c, &a.sa, sizeof(a.in)));
	OK(connect(c, &none.sa, sizeof(none.sa)));
	ERR(getpeername(c, &none.sa, &(socklen_t){ sizeof(none) }), ENOTCONN);
	OK(connect(c, &a.sa, sizeof(a.in)));
	close(c);
	close(l);
}

static volatile sig_atomic_t signals;
static void on_signal(int sig)
{
	signals++;
}

TEST(a_broken_connection_says_epipe_and_sends_sigpipe)
{
	int s[2];

	tcp_pair(AF_INET, s);
	signal(SIGPIPE, on_signal);
	OK(shutdown(s[0], SHUT_WR));
	ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	EQ(signals, 0);
	ERR(write(s[0], "x", 1), EPIPE);
	EQ(signals, 1);
	EQ(write(s[1], "y", 1), 1); /* the other direction lives */
	EQ(read(s[0], (char[2]){ 0 }, 2), 1);
	EQ(read(s[1], (char[2]){ 0 }, 2), 0);
}

TEST(half_closed_and_closed_connections_show_in_poll)
{
	const int all = POLLIN | POLLOUT | POLLRDHUP | POLLPRI;
	int s[2];

	tcp_pair(AF_INET, s);
	EQ(events_of(s[0], all, 0), POLLOUT);
	OK(shutdown(s[1], SHUT_WR));
	EQ(events_of(s[0], POLLIN | POLLRDHUP, 2000), POLLIN | POLLRDHUP);
	EQ(events_of(s[0], all, 0), POLLIN | POLLOUT | POLLRDHUP);
	EQ(events_of(s[0], 0, 0), 0);
	OK(shutdown(s[0], SHUT_WR));
	EQ(events_of(s[1], POLLIN, 2000) & POLLHUP, POLLHUP);
	EQ(events_of(s[0], all, 0) & POLLHUP, POLLHUP);
	EQ(events_of(s[0], 0, 0), POLLHUP);
}

TEST(a_reset_is_told_once)
{
	struct linger now = { 1, 0 };
	char buf[8];
	int s[2];

	tcp_pair(AF_INET, s);
	OK(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(s[1]);
	TRUE(events_of(s[0], POLLIN, 2000) & POLLERR);
	ERR(read(s[0], buf, sizeof(buf)), ECONNRESET);
	EQ(read(s[0], buf, sizeof(buf)), 0);
	ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
}

static void *write_later(void *arg)
{
	sleep_ms(100);
	if (write(*(int *)arg, "late", 4) != 4)
		abort();
	return NULL;
}

TEST(a_read_waits_and_is_woken)
{
	struct timeval tv = { 0, 50000 };
	pthread_t th;
	char buf[8];
	int s[2];

	tcp_pair(AF_INET, s);
	OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	ERR(read(s[0], buf, sizeof(buf)), EAGAIN);
	tv.tv_usec = 0;
	OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	pthread_create(&th, NULL, write_later, &s[1]);
	EQ(read(s[0], buf, sizeof(buf)), 4);
	pthread_join(th, NULL);
	pthread_create(&th, NULL, write_later, &s[1]);
	EQ(events_of(s[0], POLLIN, 5000), POLLIN);
	pthread_join(th, NULL);
	int n = 0;
	OK(ioctl(s[0], FIONREAD, &n));
	EQ(n, 4);
}

static void *signal_later(void *arg)
{
	sleep_ms(100);
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

TEST(a_signal_ends_a_wait_or_starts_it_again)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pthread_t th, self = pthread_self();
	struct timeval tv = { 5, 0 };
	char buf[8];
	int s[2];

	tcp_pair(AF_INET, s);
	sigaction(SIGUSR1, &sa, NULL);
	pthread_create(&th, NULL, signal_later, &self);
	ERR(read(s[0], buf, sizeof(buf)), EINTR);
	pthread_join(th, NULL);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	pthread_create(&th, NULL, signal_later, &self);
	ERR(read(s[0], buf, sizeof(buf)), EINTR); /* with a time limit nothing starts again */
	pthread_join(th, NULL);
	tv.tv_sec = 0;
	OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	pthread_t writer;
	pthread_create(&th, NULL, signal_later, &self);
	sleep_ms(50);
	pthread_create(&writer, NULL, write_later, &s[1]);
	EQ(read(s[0], buf, sizeof(buf)), 4);
	pthread_join(th, NULL);
	pthread_join(writer, NULL);
	EQ(signals, 3);
}

#define MEGABYTE (1 << 20)
static void *write_megabyte(void *arg)
{
	char *data = malloc(MEGABYTE);

	for (int i = 0; i < MEGABYTE; i++)
		data[i] = (char)(i * 7 + i / 251);
	if (write(*(int *)arg, data, MEGABYTE) != MEGABYTE)
		abort();
	shutdown(*(int *)arg, SHUT_WR);
	free(data);
	return NULL;
}

TEST(a_megabyte_arrives_whole_and_in_order)
{
	char *got = calloc(1, MEGABYTE + 1);
	pthread_t th;
	int s[2], wrong = 0;

	tcp_pair(AF_INET, s);
	pthread_create(&th, NULL, write_megabyte, &s[1]);
	EQ(recv(s[0], got, MEGABYTE, MSG_WAITALL), MEGABYTE);
	for (int i = 0; i < MEGABYTE; i++)
		wrong += got[i] != (char)(i * 7 + i / 251);
	EQ(wrong, 0);
	EQ(recv(s[0], got, 1, MSG_WAITALL), 0);
	pthread_join(th, NULL);
	free(got);
}

TEST(a_full_connection_does_not_take_more)
{
	static char block[65536];
	ssize_t n, total = 0;
	int s[2], out = 0;

	tcp_pair(AF_INET, s);
	OK(fcntl(s[0], F_SETFL, O_NONBLOCK));
	while ((n = write(s[0], block, sizeof(block))) > 0)
		total += n;
	EQ(errno, EAGAIN);
	EQ(events_of(s[0], POLLOUT, 0), 0);
	OK(ioctl(s[0], TIOCOUTQ, &out));
	TRUE(out > 0);
	while (total > 0 && (n = read(s[1], block, sizeof(block))) > 0)
		total -= n;
	EQ(total, 0);
	EQ(events_of(s[0], POLLOUT, 5000), POLLOUT);
}

TEST(vectors_and_messages_carry_streams)
{
	struct iovec out[2] = { { "abc", 3 }, { "defg", 4 } };
	char a[2], b[16] = "";
	struct iovec in[2] = { { a, 2 }, { b, 16 } };
	struct msghdr h = { .msg_iov = out, .msg_iovlen = 2 };
	union address from;
	int s[2];

	tcp_pair(AF_INET, s);
	EQ(writev(s[0], out, 2), 7);
	EQ(readv(s[1], in, 2), 7);
	EQ(memcmp(b, "cdefg", 5), 0);
	EQ(sendmsg(s[0], &h, 0), 7);
	h.msg_iov = in;
	h.msg_name = &from;
	h.msg_namelen = sizeof(from);
	EQ(recvmsg(s[1], &h, 0), 7);
	EQ(h.msg_namelen, 0); /* a stream has one peer */
	EQ(h.msg_flags, 0);
	EQ(send(s[0], "drop", 4, 0), 4);
	EQ(recv(s[1], NULL, 4, MSG_TRUNC), 4);
	ERR(recv(s[1], b, 4, MSG_DONTWAIT), EAGAIN);
}

TEST(urgent_data_passes_the_rest_by)
{
	char buf[8] = "";
	int s[2], at = -1;

	tcp_pair(AF_INET, s);
	EQ(send(s[0], "ab", 2, 0), 2);
	EQ(send(s[0], "!", 1, MSG_OOB), 1);
	EQ(send(s[0], "cd", 2, 0), 2);
	EQ(events_of(s[1], POLLPRI, 2000), POLLPRI);
	EQ(recv(s[1], buf, 8, MSG_OOB), 1);
	EQ(buf[0], '!');
	EQ(recv(s[1], buf, 8, 0), 2);
	OK(ioctl(s[1], SIOCATMARK, &at));
	EQ(at, 1);
	EQ(recv(s[1], buf, 8, 0), 2);
	EQ(memcmp(buf, "cd", 2), 0);
	ERR(recv(s[1], buf, 8, MSG_OOB), EINVAL);
}

TEST(files_go_through_sendfile)
{
	char buf[64] = "";
	int s[2], f;

	tcp_pair(AF_INET, s);
	write_file("file", "from a file", 0644);
	f = OK(open("file", O_RDONLY));
	EQ(sendfile(s[0], f, NULL, 100), 11);
	EQ(recv(s[1], buf, 11, MSG_WAITALL), 11);
	STREQ(buf, "from a file");
}

TEST(a_fork_shares_the_connection)
{
	char buf[8] = "";
	int s[2];

	tcp_pair(AF_INET, s);
	IN_CHILD({
		close(s[1]);
		EQ(write(s[0], "child", 5), 5);
	});
	EQ(write(s[0], "!", 1), 1);
	EQ(recv(s[1], buf, 6, MSG_WAITALL), 6);
	STREQ(buf, "child!");
}

TEST(bad_memory_is_efault_and_harms_nothing)
{
	void *bad = (void *)8;
	char buf[8] = "";
	int s[2];

	tcp_pair(AF_INET, s);
	ERR(send(s[0], bad, 4, 0), EFAULT);
	ERR(syscall(SYS_sendmsg, s[0], bad, 0), EFAULT);
	ERR(syscall(SYS_recvmsg, s[0], bad, 0), EFAULT);
	ERR(syscall(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, buf, bad), EFAULT);
	ERR(setsockopt(s[0], SOL_SOCKET, SO_KEEPALIVE, bad, 4), EFAULT);
	ERR(ioctl(s[0], FIONREAD, bad), EFAULT);
	EQ(send(s[0], "alive", 5, 0), 5);
	EQ(recv(s[1], buf, 5, MSG_WAITALL), 5);
	STREQ(buf, "alive");
}

/* ---- epoll ---- */

static int ready(int ep, struct epoll_event *e, int timeout)
{
	return epoll_wait(ep, e, 1, timeout);
}

TEST(edges_are_told_once_each)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	char buf[8];
	int s[2], ep = OK(epoll_create1(0));

	tcp_pair(AF_INET, s);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[1], &e));
	EQ(ready(ep, &e, 0), 0);
	EQ(write(s[0], "one", 3), 3);
	EQ(ready(ep, &e, 2000), 1);
	EQ(e.events, EPOLLIN);
	sleep_ms(20);
	EQ(ready(ep, &e, 0), 0); /* still readable, nothing new */
	EQ(write(s[0], "two", 3), 3);
	EQ(ready(ep, &e, 2000), 1);
	EQ(read(s[1], buf, 8), 6);
	EQ(write(s[0], "three", 5), 5);
	EQ(ready(ep, &e, 2000), 1);
	EQ(read(s[1], buf, 8), 5);
	close(s[0]);
	EQ(ready(ep, &e, 2000), 1);
	EQ(e.events, EPOLLIN);
}

TEST(levels_stay_until_they_are_gone)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP };
	char buf[8];
	int s[2], ep = OK(epoll_create1(0));

	tcp_pair(AF_INET, s);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[1], &e));
	EQ(write(s[0], "one", 3), 3);
	EQ(ready(ep, &e, 2000), 1);
	EQ(ready(ep, &e, 0), 1);
	EQ(read(s[1], buf, 8), 3);
	EQ(ready(ep, &e, 0), 0);
	close(s[0]);
	EQ(ready(ep, &e, 2000), 1);
	EQ(e.events, EPOLLIN | EPOLLRDHUP);
}

#define CLIENTS 200
static void echo_once(int ep, int listener)
{
	struct epoll_event list[32], e = { .events = EPOLLIN };
	char buf[64];

	for (int i = 0, n = OK(epoll_wait(ep, list, 32, 5000)); i < n; i++) {
		if (list[i].data.fd == listener) {
			e.data.fd = OK(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
			OK(epoll_ctl(ep, EPOLL_CTL_ADD, e.data.fd, &e));
			continue;
		}
		ssize_t got = read(list[i].data.fd, buf, sizeof(buf));

		if (got > 0)
			EQ(write(list[i].data.fd, buf, (size_t)got), got);
		else
			close(list[i].data.fd);
	}
}

static void *serve(void *arg)
{
	int listener = *(int *)arg, ep = OK(epoll_create1(0));
	struct epoll_event e = { .events = EPOLLIN, .data.fd = listener };

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e));
	for (;;)
		echo_once(ep, listener);
	return NULL;
}

TEST(an_epoll_server_has_200_clients)
{
	static int c[CLIENTS];
	union address a;
	char out[16], in[16];
	pthread_t th;
	int l = listening(AF_INET, 64, &a), wrong = 0;

	pthread_create(&th, NULL, serve, &l);
	for (int i = 0; i < CLIENTS; i++) {
		c[i] = OK(socket(AF_INET, SOCK_STREAM, 0));
		OK(connect(c[i], &a.sa, sizeof(a.in)));
	}
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < CLIENTS; i++) {
			int n = snprintf(out, sizeof(out), "%d/%d", i, round);

			wrong += write(c[i], out, (size_t)n) != n;
			wrong += recv(c[i], in, (size_t)n, MSG_WAITALL) != n ||
				 memcmp(in, out, (size_t)n);
		}
	EQ(wrong, 0);
	for (int i = 0; i < CLIENTS; i++)
		close(c[i]);
}

TEST(a_full_backlog_makes_wait_and_loses_nobody)
{
	union address a;
	int l = listening(AF_INET, 0, &a), c[2], s;

	for (int i = 0; i < 2; i++) {
		c[i] = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
		ERR(connect(c[i], &a.sa, sizeof(a.in)), EINPROGRESS);
	}
	for (int i = 0; i < 2; i++) {
		EQ(events_of(l, POLLIN, 8000), POLLIN);
		s = OK(accept(l, NULL, NULL));
		close(s);
	}
	for (int i = 0; i < 2; i++)
		EQ(option_of(c[i], SOL_SOCKET, SO_ERROR), 0);
}

TEST(ports_below_1024_are_for_root)
{
	union address a = loopback(AF_INET, 771);
	int limit = 1024, s;
	char *text = read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start");

	if (text)
		limit = atoi(text);
	drop_root();
	s = OK(socket(AF_INET, SOCK_STREAM, 0));
	if (limit > 771)
		ERR(bind(s, &a.sa, sizeof(a.in)), EACCES);
}

TEST(sigio_tells_of_data)
{
	int s[2];

	tcp_pair(AF_INET, s);
	signal(SIGIO, on_signal);
	OK(fcntl(s[0], F_SETOWN, getpid()));
	OK(fcntl(s[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	sleep_ms(50);
	signals = 0;
	EQ(write(s[1], "x", 1), 1);
	for (int i = 0; i < 100 && !signals; i++)
		sleep_ms(10);
	TRUE(signals > 0);
}
