/* SPDX-License-Identifier: MIT */
/*
 * Messages and options of sockets in every form that a trace shows: vectors, addresses, control messages,
 * values of options. Its trace under strace and under lxrun must be equal line by line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The calls themselves: the C library's functions look into their arguments. */
#define sendmsg(...)  syscall(SYS_sendmsg, __VA_ARGS__)
#define recvmsg(...)  syscall(SYS_recvmsg, __VA_ARGS__)
#define sendmmsg(...) syscall(SYS_sendmmsg, __VA_ARGS__)
#define recvmmsg(...) syscall(SYS_recvmmsg, __VA_ARGS__)

static char text[2][40] = { "one\n", "twotwo" };
static struct iovec iov[2] = { { text[0], 4 }, { text[1], 6 } };
static char control[256];

/* One control message of n bytes at p. */
static size_t put_control(void *at, int level, int type, const void *p, size_t n)
{
	struct cmsghdr *c = at;

	c->cmsg_len = CMSG_LEN(n);
	c->cmsg_level = level;
	c->cmsg_type = type;
	memcpy(CMSG_DATA(c), p, n);
	return CMSG_SPACE(n);
}

static void whole(void)
{
	iov[0].iov_len = 4;
	iov[1].iov_len = 6;
}

static void room(struct msghdr *m, void *from, socklen_t len)
{
	memset(m, 0, sizeof(*m));
	iov[0].iov_len = 3;
	iov[1].iov_len = sizeof(text[1]);
	m->msg_iov = iov;
	m->msg_iovlen = 2;
	m->msg_name = from;
	m->msg_namelen = len;
	m->msg_control = control;
	m->msg_controllen = sizeof(control);
}

static void local(void)
{
	struct ucred me = { getpid(), getuid(), getgid() };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	struct sockaddr_storage from;
	int pair[2], fds[2], on = 1;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	sendmsg(pair[0], &m, 0);
	room(&m, NULL, 0);
	recvmsg(pair[1], &m, MSG_DONTWAIT);
	/* descriptors */
	fds[0] = pair[0];
	fds[1] = pair[1];
	whole();
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 1, .msg_control = control };
	m.msg_controllen = put_control(control, SOL_SOCKET, SCM_RIGHTS, fds, sizeof(fds));
	sendmsg(pair[0], &m, MSG_NOSIGNAL);
	room(&m, &from, sizeof(from));
	recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC);
	/* credentials, and descriptors behind them */
	setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	whole();
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2, .msg_control = control };
	m.msg_controllen = put_control(control, SOL_SOCKET, SCM_CREDENTIALS, &me, sizeof(me));
	m.msg_controllen += put_control(control + m.msg_controllen, SOL_SOCKET, SCM_RIGHTS, fds, 4);
	sendmsg(pair[0], &m, 0);
	room(&m, &from, sizeof(from));
	recvmsg(pair[1], &m, MSG_PEEK);
	room(&m, &from, sizeof(from));
	iov[0].iov_len = iov[1].iov_len = 1;
	recvmsg(pair[1], &m, MSG_TRUNC);
	/* no room for them */
	whole();
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2 };
	sendmsg(pair[0], &m, 0);
	room(&m, NULL, 0);
	m.msg_controllen = 20;
	recvmsg(pair[1], &m, 0);
	close(pair[0]);
	close(pair[1]);
}

/* What is wrong, and what is empty. */
static void wrong(void)
{
	struct msghdr m;
	struct sockaddr_storage from;
	int pair[2], fds[1] = { 0 }, on = 1;
	char c;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2, .msg_control = control };
	m.msg_controllen = put_control(control, SOL_SOCKET, 99, fds, 3);
	sendmsg(pair[0], &m, 0);
	m.msg_controllen = 7;
	sendmsg(pair[0], &m, 0);
	fds[0] = 99;
	m.msg_controllen = put_control(control, SOL_SOCKET, SCM_RIGHTS, fds, 4);
	sendmsg(pair[0], &m, 0);
	sendmsg(pair[0], NULL, 0);
	sendmsg(99, &m, 0);
	m.msg_iovlen = 0;
	m.msg_control = NULL;
	m.msg_controllen = 0;
	sendmsg(pair[0], &m, MSG_DONTWAIT | MSG_EOR);
	recvmsg(pair[1], (void *)8, 0);
	room(&m, NULL, 0);
	recvmsg(pair[1], &m, 0);
	recvmsg(pair[1], &m, MSG_DONTWAIT);
	m.msg_iov = (void *)8;
	sendmsg(pair[0], &m, 0);
	close(pair[0]);
	close(pair[1]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	close(pair[0]);
	room(&m, &from, sizeof(from));
	recvmsg(pair[1], &m, 0);
	(void)!read(pair[1], &c, 1);
	close(pair[1]);
}

static void several(void)
{
	struct mmsghdr mm[3];
	struct timespec soon = { 1, 0 };
	struct sockaddr_un name = { AF_UNIX, "several" };
	struct sockaddr_storage from[3];
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), i;

	bind(s, (void *)&name, sizeof(name));
	whole();
	memset(mm, 0, sizeof(mm));
	for (i = 0; i < 3; i++)
		mm[i].msg_hdr = (struct msghdr){ .msg_iov = iov + (i & 1), .msg_iovlen = 1 };
	mm[0].msg_hdr.msg_name = &name;
	mm[0].msg_hdr.msg_namelen = offsetof(struct sockaddr_un, sun_path) + 8;
	sendmmsg(s, mm, 1, 0);
	connect(s, (void *)&name, sizeof(name));
	sendmmsg(s, mm + 1, 2, MSG_DONTWAIT);
	memset(mm, 0, sizeof(mm));
	for (i = 0; i < 3; i++)
		mm[i].msg_hdr = (struct msghdr){ .msg_iov = iov + (i & 1),
						 .msg_iovlen = 1,
						 .msg_name = &from[i],
						 .msg_namelen = sizeof(from[i]) };
	recvmmsg(s, mm, 2, MSG_WAITFORONE, NULL);
	recvmmsg(s, mm, 3, MSG_DONTWAIT, &soon);
	recvmmsg(s, mm, 3, MSG_DONTWAIT, &soon);
	recvmmsg(s, NULL, 3, MSG_DONTWAIT, NULL);
	sendmmsg(-1, mm, 1, 0);
	sendmmsg(s, (void *)8, 1, 0);
	sendmmsg(s, mm, 0, 0);
	close(s);
	unlink("several");
}

/* From and to a socket of the network, on a port that is below those of clients. */
static void network(void)
{
	struct sockaddr_in at = { AF_INET, htons(19), { htonl(INADDR_LOOPBACK) } }, from;
	struct sockaddr_in6 six = { AF_INET6, htons(19), 0, IN6ADDR_LOOPBACK_INIT };
	struct in_pktinfo info = { .ipi_ifindex = 1 };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1, ttl = 33;

	setsockopt(s, SOL_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(s, SOL_IP, IP_RECVTTL, &on, sizeof(on));
	setsockopt(s, SOL_IP, IP_RECVTOS, &on, sizeof(on));
	bind(s, (void *)&at, sizeof(at));
	whole();
	m.msg_name = &at;
	m.msg_namelen = sizeof(at);
	m.msg_control = control;
	m.msg_controllen = put_control(control, SOL_IP, IP_PKTINFO, &info, sizeof(info));
	m.msg_controllen += put_control(control + m.msg_controllen, SOL_IP, IP_TTL, &ttl,
					sizeof(ttl));
	sendmsg(s, &m, 0);
	room(&m, &from, sizeof(from));
	recvmsg(s, &m, MSG_DONTWAIT);
	whole();
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 1, .msg_name = &at, .msg_namelen = 4 };
	sendmsg(s, &m, 0);
	close(s);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	setsockopt(s, SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	setsockopt(s, SOL_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
	setsockopt(s, SOL_IPV6, IPV6_RECVTCLASS, &on, sizeof(on));
	bind(s, (void *)&six, sizeof(six));
	whole();
	m = (struct msghdr){
		.msg_iov = iov, .msg_iovlen = 2, .msg_name = &six, .msg_namelen = sizeof(six)
	};
	sendmsg(s, &m, 0);
	room(&m, &six, sizeof(six));
	recvmsg(s, &m, MSG_DONTWAIT);
	close(s);
}

static void ask(int s, int level, int option, socklen_t len)
{
	static char value[512];

	getsockopt(s, level, option, value, &len);
}

static void numbers(int s)
{
	static const int ints[] = { SO_REUSEADDR, SO_TYPE,      SO_ERROR,      SO_BROADCAST,
				    SO_KEEPALIVE, SO_OOBINLINE, SO_ACCEPTCONN, SO_DOMAIN,
				    SO_PROTOCOL,  SO_PASSCRED,  SO_RCVLOWAT,   SO_REUSEPORT,
				    SO_PRIORITY,  SO_DONTROUTE, SO_DEBUG };
	static const int tcps[] = { TCP_NODELAY,      TCP_CORK,     TCP_KEEPIDLE,
				    TCP_KEEPINTVL,    TCP_KEEPCNT,  TCP_SYNCNT,
				    TCP_DEFER_ACCEPT, TCP_QUICKACK, TCP_USER_TIMEOUT };
	static const int ips[] = { IP_TOS,          IP_TTL,     IP_HDRINCL,       IP_PKTINFO,
				   IP_MTU_DISCOVER, IP_RECVERR, IP_MULTICAST_TTL, IP_MULTICAST_LOOP,
				   IP_FREEBIND };
	int i;

	for (i = 0; i < (int)(sizeof(ints) / sizeof(ints[0])); i++)
		ask(s, SOL_SOCKET, ints[i], 4);
	ask(s, SOL_SOCKET, SO_TYPE, 2);
	ask(s, SOL_SOCKET, SO_KEEPALIVE, 2);
	ask(s, SOL_SOCKET, SO_TYPE, 8);
	for (i = 0; i < (int)(sizeof(tcps) / sizeof(tcps[0])); i++)
		ask(s, SOL_TCP, tcps[i], 4);
	for (i = 0; i < (int)(sizeof(ips) / sizeof(ips[0])); i++)
		ask(s, SOL_IP, ips[i], 4);
}

static void options(void)
{
	struct linger linger = { 1, 5 };
	struct timeval tv = { 2, 500000 };
	struct ip_mreqn mreq = { { htonl(0xe0000105) }, { 0 }, 1 };
	struct ipv6_mreq mreq6 = { IN6ADDR_LOOPBACK_INIT, 1 };
	int s = socket(AF_INET, SOCK_STREAM, 0), n = 8192, i = 9, pair[2];

	numbers(s);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	ask(s, SOL_SOCKET, SO_LINGER, sizeof(linger));
	ask(s, SOL_SOCKET, SO_LINGER, 4);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, 4);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ask(s, SOL_SOCKET, SO_RCVTIMEO, sizeof(tv));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, NULL, sizeof(tv));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, 3);
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, 0);
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, 8);
	setsockopt(s, SOL_TCP, TCP_CONGESTION, "cubic", 5);
	setsockopt(s, 77, 5, &n, sizeof(n));
	setsockopt(s, 77, 5, "abcdef", 6);
	ask(s, 77, 5, 4);
	ask(s, SOL_SOCKET, 999, 4);
	ask(s, SOL_TCP, 999, 4);
	close(s);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq));
	setsockopt(s, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, 8);
	setsockopt(s, SOL_IP, IP_MULTICAST_IF, &mreq.imr_address, 4);
	setsockopt(s, SOL_IP, IP_MULTICAST_LOOP, &i, 1);
	setsockopt(s, SOL_UDP, UDP_CORK, &i, 4);
	close(s);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	ask(s, SOL_IPV6, IPV6_V6ONLY, 4);
	ask(s, SOL_IPV6, IPV6_UNICAST_HOPS, 4);
	setsockopt(s, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &mreq6, sizeof(mreq6));
	setsockopt(s, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &mreq6, 4);
	close(s);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	ask(pair[0], SOL_SOCKET, SO_PEERCRED, 12);
	ask(pair[0], SOL_SOCKET, SO_PEERCRED, 8);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	local();
	wrong();
	several();
	network();
	options();
	return 0;
}
