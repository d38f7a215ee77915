/* SPDX-License-Identifier: MIT */
/* inet_test.h - what the tests of AF_INET and AF_INET6 share: addresses of the loopback, pairs of sockets. */
#ifndef INET_TEST_H
#define INET_TEST_H
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static inline socklen_t size_of(int family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static inline union address loopback(int family, int port)
{
	union address a = { 0 };

	a.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.in.sin_port = htons((uint16_t)port);
	} else {
		a.in6.sin6_addr = in6addr_loopback;
		a.in6.sin6_port = htons((uint16_t)port);
	}
	return a;
}

static inline bool has_v6(void)
{
	union address a = loopback(AF_INET6, 0);
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	bool has = s >= 0 && !bind(s, &a.sa, size_of(AF_INET6));

	close(s);
	return has;
}

/* A socket that is bound to the loopback, and where. */
static inline int bound(int family, int type, union address *a)
{
	socklen_t len = sizeof(*a);
	int s = OK(socket(family, type, 0));

	*a = loopback(family, 0);
	OK(bind(s, &a->sa, size_of(family)));
	OK(getsockname(s, &a->sa, &len));
	EQ(len, size_of(family));
	return s;
}

static inline int listening(int family, int backlog, union address *a)
{
	int s = bound(family, SOCK_STREAM, a);

	OK(listen(s, backlog));
	return s;
}

/* Two ends of a TCP connection. */
static inline void tcp_pair(int family, int s[2])
{
	union address a;
	int l = listening(family, 5, &a);

	s[0] = OK(socket(family, SOCK_STREAM, 0));
	OK(connect(s[0], &a.sa, size_of(family)));
	s[1] = OK(accept(l, NULL, NULL));
	close(l);
}

static inline int events_of(int fd, int events, int timeout)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	int n = poll(&p, 1, timeout);

	return n > 0 ? p.revents : n;
}

static inline int option_of(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	OK(getsockopt(fd, level, option, &value, &len));
	return value;
}

static inline void set_to(int fd, int level, int option, int value)
{
	OK(setsockopt(fd, level, option, &value, sizeof(value)));
}
#endif
