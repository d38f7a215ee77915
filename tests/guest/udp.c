/* SPDX-License-Identifier: MIT */
/* udp.c - datagrams over the loopback, IPv4 and IPv6, what travels beside them, and socket options. */
#include "inet_test.h"
#include <netinet/udp.h>

/* linux/errqueue.h, which musl has not. */
struct extended_error {
	uint32_t number;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
};

static void carries_datagrams(int family)
{
	union address a, b, from;
	socklen_t len = sizeof(from);
	int s = bound(family, SOCK_DGRAM, &a), c = bound(family, SOCK_DGRAM, &b), n = -1;
	char buf[64] = "";

	EQ(sendto(c, "hello", 5, 0, &a.sa, size_of(family)), 5);
	EQ(sendto(c, "", 0, 0, &a.sa, size_of(family)), 0);
	EQ(sendto(c, "longer one", 10, 0, &a.sa, size_of(family)), 10);
	OK(ioctl(s, FIONREAD, &n));
	EQ(n, 5);
	EQ(recvfrom(s, buf, sizeof(buf), 0, &from.sa, &len), 5);
	EQ(len, size_of(family));
	EQ(memcmp(&from, &b, size_of(family)), 0);
	EQ(recv(s, buf, sizeof(buf), 0), 0);
	EQ(recv(s, buf, 4, MSG_PEEK | MSG_TRUNC), 10);
	EQ(recv(s, buf, 4, MSG_PEEK), 4);
	EQ(recv(s, buf, 4, MSG_TRUNC), 10);
	ERR(recv(s, buf, 4, MSG_DONTWAIT), EAGAIN);
	OK(connect(c, &a.sa, size_of(family)));
	EQ(write(c, "connected", 9), 9);
	EQ(read(s, buf, sizeof(buf)), 9);
	close(s);
	EQ(write(c, "nobody", 6), 6);
	ERR(recv(c, buf, sizeof(buf), 0), ECONNREFUSED);
	close(c);
}

TEST(udp_over_ipv4_carries_datagrams)
{
	carries_datagrams(AF_INET);
}

TEST(udp_over_ipv6_carries_datagrams)
{
	SKIP_UNLESS(has_v6());
	carries_datagrams(AF_INET6);
}

TEST(datagrams_to_nowhere_are_refused)
{
	union address a = loopback(AF_INET, 9), none = { .sa.sa_family = AF_UNSPEC };
	static char big[70000];
	int s = OK(socket(AF_INET, SOCK_DGRAM, 0)), six;

	ERR(send(s, "x", 1, 0), EDESTADDRREQ);
	ERR(sendto(s, "x", 1, 0, &a.sa, 4), EINVAL);
	ERR(sendto(s, big, sizeof(big), 0, &a.sa, sizeof(a.in)), EMSGSIZE);
	ERR(sendto(s, big, 65535, 0, &a.sa, sizeof(a.in)), EMSGSIZE);
	a.sa.sa_family = AF_INET6;
	ERR(sendto(s, "x", 1, 0, &a.sa, sizeof(a.in)), EAFNOSUPPORT);
	ERR(listen(s, 1), EOPNOTSUPP);
	ERR(accept(s, NULL, NULL), EOPNOTSUPP);
	a = loopback(AF_INET, 9);
	OK(connect(s, &a.sa, sizeof(a.in)));
	OK(connect(s, &none.sa, sizeof(none.sa)));
	ERR(send(s, "x", 1, 0), EDESTADDRREQ);
	a.in.sin_addr.s_addr = INADDR_BROADCAST;
	ERR(sendto(s, "x", 1, 0, &a.sa, sizeof(a.in)), EACCES);
	SKIP_UNLESS(has_v6());
	six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
	set_to(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	EQ(option_of(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	ERR(connect(six, &(union address){ .in = a.in }.sa, 16), EAFNOSUPPORT);
}

TEST(many_messages_in_one_call)
{
	union address a, b;
	int s = bound(AF_INET, SOCK_DGRAM, &a), c = bound(AF_INET, SOCK_DGRAM, &b);
	struct iovec out[3] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 } }, in[3];
	struct mmsghdr to[3] = { { { 0 } } }, from[3] = { { { 0 } } };
	char buf[3][16];

	OK(connect(c, &a.sa, sizeof(a.in)));
	for (int i = 0; i < 3; i++) {
		to[i].msg_hdr.msg_iov = &out[i];
		to[i].msg_hdr.msg_iovlen = 1;
		in[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
		from[i].msg_hdr.msg_iov = &in[i];
		from[i].msg_hdr.msg_iovlen = 1;
	}
	EQ(syscall(SYS_sendmmsg, c, to, 3, 0), 3);
	EQ(syscall(SYS_recvmmsg, s, from, 3, 0, NULL), 3);
	for (int i = 0; i < 3; i++)
		EQ(from[i].msg_len, i + 1);
	from[0].msg_hdr.msg_iovlen = 1;
	EQ(syscall(SYS_sendmmsg, c, to, 1, 0), 1);
	EQ(syscall(SYS_recvmmsg, s, from, 3, MSG_WAITFORONE, NULL), 1);
}

static struct msghdr message(union address *name, socklen_t namelen, struct iovec *iov,
			     void *control, socklen_t size)
{
	return (struct msghdr){ .msg_name = name,
				.msg_namelen = namelen,
				.msg_iov = iov,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = size };
}

static struct cmsghdr *find(struct msghdr *h, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c;
	return NULL;
}

TEST(packet_information_travels_beside)
{
	union address a, b, from;
	int s = bound(AF_INET, SOCK_DGRAM, &a), c = bound(AF_INET, SOCK_DGRAM, &b);
	_Alignas(8) char control[256];
	char buf[16];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr h = message(&from, sizeof(from), &iov, control, sizeof(control));
	struct cmsghdr *found;

	set_to(s, IPPROTO_IP, IP_PKTINFO, 1);
	set_to(s, IPPROTO_IP, IP_RECVTTL, 1);
	set_to(s, IPPROTO_IP, IP_RECVTOS, 1);
	set_to(s, SOL_SOCKET, SO_TIMESTAMP, 1);
	set_to(c, IPPROTO_IP, IP_TOS, 0x10);
	set_to(c, IPPROTO_IP, IP_TTL, 9);
	EQ(sendto(c, "x", 1, 0, &a.sa, sizeof(a.in)), 1);
	EQ(recvmsg(s, &h, 0), 1);
	EQ(h.msg_namelen, sizeof(from.in));
	found = find(&h, IPPROTO_IP, IP_PKTINFO);
	TRUE(found && found->cmsg_len == CMSG_LEN(sizeof(struct in_pktinfo)));
	if (found) {
		struct in_pktinfo *p = (void *)CMSG_DATA(found);

		EQ(p->ipi_ifindex, 1);
		EQ(p->ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
		EQ(p->ipi_spec_dst.s_addr, htonl(INADDR_LOOPBACK));
	}
	found = find(&h, IPPROTO_IP, IP_TTL);
	TRUE(found && *(int *)CMSG_DATA(found) == 9);
	found = find(&h, IPPROTO_IP, IP_TOS);
	TRUE(found && *(uint8_t *)CMSG_DATA(found) == 0x10);
	found = find(&h, SOL_SOCKET, SO_TIMESTAMP);
	TRUE(found && found->cmsg_len == CMSG_LEN(16));
	EQ(sendto(c, "x", 1, 0, &a.sa, sizeof(a.in)), 1);
	h.msg_controllen = 8;
	EQ(recvmsg(s, &h, 0), 1);
	EQ(h.msg_flags & MSG_CTRUNC, MSG_CTRUNC);
}

TEST(a_source_address_is_chosen_beside)
{
	union address a, from;
	int s = bound(AF_INET, SOCK_DGRAM, &a), c = OK(socket(AF_INET, SOCK_DGRAM, 0));
	_Alignas(8) char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr h = message(&a, sizeof(a.in), &iov, control, sizeof(control));
	struct cmsghdr *m = CMSG_FIRSTHDR(&h);
	struct in_pktinfo *p = (void *)CMSG_DATA(m);
	socklen_t len = sizeof(from);
	char buf[4];

	*m = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(*p)),
			       .cmsg_level = IPPROTO_IP,
			       .cmsg_type = IP_PKTINFO };
	p->ipi_spec_dst.s_addr = htonl(0x7F000002);
	EQ(sendmsg(c, &h, 0), 1);
	EQ(recvfrom(s, buf, 4, 0, &from.sa, &len), 1);
	EQ(from.in.sin_addr.s_addr, htonl(0x7F000002));
	m->cmsg_type = 99;
	ERR(sendmsg(c, &h, 0), EINVAL);
	m->cmsg_len = 3;
	ERR(sendmsg(c, &h, 0), EINVAL);
}

TEST(errors_wait_in_a_queue_of_their_own)
{
	union address a, from = { 0 };
	int s = bound(AF_INET, SOCK_DGRAM, &a), c = OK(socket(AF_INET, SOCK_DGRAM, 0));
	_Alignas(8) char control[256];
	char buf[16] = "";
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr h = message(&from, sizeof(from), &iov, control, sizeof(control));
	struct cmsghdr *found;

	close(s);
	set_to(c, IPPROTO_IP, IP_RECVERR, 1);
	EQ(sendto(c, "gone", 4, 0, &a.sa, sizeof(a.in)), 4);
	EQ(events_of(c, POLLIN, 2000) & POLLERR, POLLERR);
	EQ(recvmsg(c, &h, MSG_ERRQUEUE), 4);
	EQ(h.msg_flags & MSG_ERRQUEUE, MSG_ERRQUEUE);
	EQ(memcmp(buf, "gone", 4), 0);
	EQ(from.in.sin_port, a.in.sin_port);
	found = find(&h, IPPROTO_IP, IP_RECVERR);
	TRUE(found && ((struct extended_error *)CMSG_DATA(found))->number == ECONNREFUSED);
	ERR(recvmsg(c, &h, MSG_ERRQUEUE), EAGAIN);
}

TEST(options_are_kept_and_told)
{
	static const struct {
		int type, level, option, value, want;
	} rows[] = {
		{ SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 1, 1 },
		{ SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT, 1, 1 },
		{ SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE, 7, 1 },
		{ SOCK_STREAM, SOL_SOCKET, SO_OOBINLINE, 1, 1 },
		{ SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, 10000, 20000 },
		{ SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, 10000, 20000 },
		{ SOCK_STREAM, SOL_SOCKET, SO_RCVLOWAT, 3, 3 },
		{ SOCK_STREAM, SOL_SOCKET, SO_PRIORITY, 3, 3 },
		{ SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST, 1, 1 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, 1, 1 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_CORK, 1, 1 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_KEEPIDLE, 11, 11 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_KEEPINTVL, 12, 12 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_KEEPCNT, 5, 5 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_USER_TIMEOUT, 900, 900 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1, 1 },
		{ SOCK_STREAM, IPPROTO_TCP, TCP_LINGER2, 3, 3 },
		{ SOCK_STREAM, IPPROTO_IP, IP_TTL, 33, 33 },
		{ SOCK_STREAM, IPPROTO_IP, IP_TOS, 0x08, 0x08 },
		{ SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_TTL, 3, 3 },
		{ SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_LOOP, 0, 0 },
		{ SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 1, 1 },
		{ SOCK_DGRAM, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO },
		{ SOCK_DGRAM, IPPROTO_UDP, UDP_CORK, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int s = OK(socket(AF_INET, rows[i].type, 0));

		set_to(s, rows[i].level, rows[i].option, rows[i].value);
		if (option_of(s, rows[i].level, rows[i].option) != rows[i].want)
			FAIL("row %zu: option %d of level %d is %d", i, rows[i].option,
			     rows[i].level, option_of(s, rows[i].level, rows[i].option));
		close(s);
	}
}

TEST(options_say_what_a_socket_is)
{
	union address a;
	int s = OK(socket(AF_INET, SOCK_STREAM, 0)), l = listening(AF_INET, 1, &a);
	struct linger linger = { 1, 7 };
	struct timeval tv = { 1, 500000 }, got = { 0 };
	socklen_t len = sizeof(linger);
	char small = 0, congestion[16] = "";

	EQ(option_of(s, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	EQ(option_of(s, SOL_SOCKET, SO_DOMAIN), AF_INET);
	EQ(option_of(s, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	EQ(option_of(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EQ(option_of(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
	OK(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	linger = (struct linger){ 0, 0 };
	OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &linger, &len));
	EQ(linger.l_onoff, 1);
	EQ(linger.l_linger, 7);
	OK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	len = sizeof(got);
	OK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	EQ(got.tv_sec, 1);
	EQ(got.tv_usec, 500000);
	len = sizeof(small);
	OK(getsockopt(s, IPPROTO_IP, IP_TTL, &small, &len));
	EQ(len, 1);
	TRUE((unsigned char)small >= 64);
	len = sizeof(congestion);
	OK(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, congestion, &len));
	TRUE(congestion[0]);
	close(s);
	close(l);
}

TEST(options_that_are_none_are_refused)
{
	int s = OK(socket(AF_INET, SOCK_STREAM, 0)), u = OK(socket(AF_INET, SOCK_DGRAM, 0)), n = 1;
	socklen_t len = sizeof(n);

	ERR(setsockopt(s, SOL_SOCKET, 9999, &n, sizeof(n)), ENOPROTOOPT);
	ERR(getsockopt(s, SOL_SOCKET, 9999, &n, &len), ENOPROTOOPT);
	ERR(setsockopt(s, IPPROTO_TCP, 9999, &n, sizeof(n)), ENOPROTOOPT);
	ERR(setsockopt(s, IPPROTO_IP, 9999, &n, sizeof(n)), ENOPROTOOPT);
	ERR(setsockopt(s, 4711, 1, &n, sizeof(n)), ENOPROTOOPT);
	ERR(setsockopt(u, IPPROTO_TCP, TCP_NODELAY, &n, sizeof(n)), ENOPROTOOPT);
	ERR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &n, 3), EINVAL);
	ERR(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &n, 1), EINVAL);
	ERR(setsockopt(s, SOL_SOCKET, SO_ERROR, &n, sizeof(n)), ENOPROTOOPT);
	ERR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &n, (socklen_t)-1), EINVAL);
	ERR(setsockopt(s, IPPROTO_TCP, TCP_MAXSEG, &n, sizeof(n)), EINVAL);
	ERR(setsockopt(s, IPPROTO_IP, IP_TTL, (int[]){ 999 }, 4), EINVAL);
	drop_root();
	ERR(setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &n, sizeof(n)), EPERM);
}

TEST(a_group_hears_what_is_sent_to_it)
{
	union address a, to;
	int s = bound(AF_INET, SOCK_DGRAM, &a), c = OK(socket(AF_INET, SOCK_DGRAM, 0));
	struct ip_mreq group = { { htonl(0xEF010203) }, { htonl(INADDR_LOOPBACK) } };
	struct in_addr via = { htonl(INADDR_LOOPBACK) };
	char buf[8];
	union address any = { .in = { AF_INET, 0, { INADDR_ANY }, { 0 } } };
	socklen_t len = sizeof(to);

	close(s);
	s = OK(socket(AF_INET, SOCK_DGRAM, 0));
	OK(bind(s, &any.sa, sizeof(any.in)));
	OK(getsockname(s, &to.sa, &len));
	OK(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
	OK(setsockopt(c, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof(via)));
	to.in.sin_addr = group.imr_multiaddr;
	EQ(sendto(c, "all", 3, 0, &to.sa, sizeof(to.in)), 3);
	EQ(events_of(s, POLLIN, 2000), POLLIN);
	EQ(recv(s, buf, sizeof(buf), 0), 3);
	OK(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)));
	ERR(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)), EADDRNOTAVAIL);
}
