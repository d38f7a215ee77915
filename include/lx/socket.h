/* SPDX-License-Identifier: MIT */
/* socket.h - the guest's socket ABI (asm-generic/socket.h, linux/socket.h, un.h; x86-64). */
#ifndef LX_SOCKET_H
#define LX_SOCKET_H
#include "lx/types.h"

#define LX_AF_UNSPEC 0
#define LX_AF_UNIX   1
#define LX_AF_INET   2
#define LX_AF_INET6  10
#define LX_AF_NETLINK 16
#define LX_AF_MAX    46

#define LX_IPPROTO_IP      0
#define LX_IPPROTO_ICMP    1
#define LX_IPPROTO_TCP     6
#define LX_IPPROTO_UDP     17
#define LX_IPPROTO_IPV6    41
#define LX_IPPROTO_ICMPV6  58
#define LX_IPPROTO_MAX     263 /* with IPPROTO_MPTCP */

#define LX_SOCK_STREAM    1u
#define LX_SOCK_DGRAM     2u
#define LX_SOCK_RAW       3u
#define LX_SOCK_SEQPACKET 5u
#define LX_SOCK_TYPE_MASK 0xfu
#define LX_SOCK_CLOEXEC   02000000u
#define LX_SOCK_NONBLOCK  00004000u

#define LX_SHUT_RD   0
#define LX_SHUT_WR   1
#define LX_SHUT_RDWR 2
#define LX_SOMAXCONN 4096u

#define LX_MSG_OOB          0x1u
#define LX_MSG_PEEK         0x2u
#define LX_MSG_DONTROUTE    0x4u
#define LX_MSG_CTRUNC       0x8u
#define LX_MSG_TRUNC        0x20u
#define LX_MSG_DONTWAIT     0x40u
#define LX_MSG_EOR          0x80u
#define LX_MSG_WAITALL      0x100u
#define LX_MSG_CONFIRM      0x800u
#define LX_MSG_ERRQUEUE     0x2000u
#define LX_MSG_NOSIGNAL     0x4000u
#define LX_MSG_MORE         0x8000u
#define LX_MSG_WAITFORONE   0x10000u
#define LX_MSG_CMSG_CLOEXEC 0x40000000u

#define LX_SOL_SOCKET       1
#define LX_SO_DEBUG         1
#define LX_SO_REUSEADDR     2
#define LX_SO_TYPE          3
#define LX_SO_ERROR         4
#define LX_SO_DONTROUTE     5
#define LX_SO_BROADCAST     6
#define LX_SO_SNDBUF        7
#define LX_SO_RCVBUF        8
#define LX_SO_KEEPALIVE     9
#define LX_SO_OOBINLINE     10
#define LX_SO_PRIORITY      12
#define LX_SO_LINGER        13
#define LX_SO_REUSEPORT     15
#define LX_SO_PASSCRED      16
#define LX_SO_PEERCRED      17
#define LX_SO_RCVLOWAT      18
#define LX_SO_SNDLOWAT      19
#define LX_SO_RCVTIMEO      20
#define LX_SO_SNDTIMEO      21
#define LX_SO_BINDTODEVICE  25
#define LX_SO_TIMESTAMP     29
#define LX_SO_ACCEPTCONN    30
#define LX_SO_SNDBUFFORCE   32
#define LX_SO_RCVBUFFORCE   33
#define LX_SO_PASSSEC       34
#define LX_SO_TIMESTAMPNS   35
#define LX_SO_PROTOCOL      38
#define LX_SO_DOMAIN        39
#define LX_SO_INCOMING_CPU  49
#define LX_SO_PEERGROUPS    59

/* linux/in.h */
#define LX_IP_TOS                  1
#define LX_IP_TTL                  2
#define LX_IP_HDRINCL              3
#define LX_IP_OPTIONS              4
#define LX_IP_PKTINFO              8
#define LX_IP_MTU_DISCOVER         10
#define LX_IP_RECVERR              11
#define LX_IP_RECVTTL              12
#define LX_IP_RECVTOS              13
#define LX_IP_MTU                  14
#define LX_IP_FREEBIND             15
#define LX_IP_BIND_ADDRESS_NO_PORT 24
#define LX_IP_MULTICAST_IF         32
#define LX_IP_MULTICAST_TTL        33
#define LX_IP_MULTICAST_LOOP       34
#define LX_IP_ADD_MEMBERSHIP       35
#define LX_IP_DROP_MEMBERSHIP      36
#define LX_IP_MULTICAST_ALL        49
/* linux/in6.h */
#define LX_IPV6_CHECKSUM        7
#define LX_IPV6_UNICAST_HOPS    16
#define LX_IPV6_MULTICAST_IF    17
#define LX_IPV6_MULTICAST_HOPS  18
#define LX_IPV6_MULTICAST_LOOP  19
#define LX_IPV6_ADD_MEMBERSHIP  20
#define LX_IPV6_DROP_MEMBERSHIP 21
#define LX_IPV6_MTU_DISCOVER    23
#define LX_IPV6_MTU             24
#define LX_IPV6_RECVERR         25
#define LX_IPV6_V6ONLY          26
#define LX_IPV6_RECVPKTINFO     49
#define LX_IPV6_PKTINFO         50
#define LX_IPV6_RECVHOPLIMIT    51
#define LX_IPV6_HOPLIMIT        52
#define LX_IPV6_DONTFRAG        62
#define LX_IPV6_RECVTCLASS      66
#define LX_IPV6_TCLASS          67
/* linux/tcp.h, udp.h */
#define LX_TCP_NODELAY          1
#define LX_TCP_MAXSEG           2
#define LX_TCP_CORK             3
#define LX_TCP_KEEPIDLE         4
#define LX_TCP_KEEPINTVL        5
#define LX_TCP_KEEPCNT          6
#define LX_TCP_SYNCNT           7
#define LX_TCP_LINGER2          8
#define LX_TCP_DEFER_ACCEPT     9
#define LX_TCP_WINDOW_CLAMP     10
#define LX_TCP_INFO             11
#define LX_TCP_QUICKACK         12
#define LX_TCP_CONGESTION       13
#define LX_TCP_USER_TIMEOUT     18
#define LX_TCP_FASTOPEN         23
#define LX_TCP_NOTSENT_LOWAT    25
#define LX_TCP_FASTOPEN_CONNECT 30
#define LX_UDP_CORK             1
#define LX_UDP_SEGMENT          103
#define LX_UDP_GRO              104

#define LX_SCM_RIGHTS      1
#define LX_SCM_CREDENTIALS 2
#define LX_SCM_MAX_FD      253u

#define LX_UNIX_PATH_MAX 108u
#define LX_SOCKADDR_MAX  128u /* struct sockaddr_storage */

struct lx_sockaddr {
	uint16_t family;
	char     data[LX_SOCKADDR_MAX - 2]; /* AF_UNIX: a path, or NUL and an abstract name */
};
_Static_assert(sizeof(struct lx_sockaddr) == LX_SOCKADDR_MAX, "struct sockaddr_storage");

struct lx_sockaddr_in {
	uint16_t family, port; /* port, addr: big-endian */
	uint8_t  addr[4], zero[8];
};
_Static_assert(sizeof(struct lx_sockaddr_in) == 16, "struct sockaddr_in");

struct lx_sockaddr_in6 {
	uint16_t family, port;
	uint32_t flowinfo;
	uint8_t  addr[16];
	uint32_t scope_id;
};
_Static_assert(sizeof(struct lx_sockaddr_in6) == 28, "struct sockaddr_in6");

struct lx_in_pktinfo {
	int32_t ifindex;
	uint8_t spec_dst[4], addr[4];
};
_Static_assert(sizeof(struct lx_in_pktinfo) == 12, "struct in_pktinfo");

struct lx_ucred {
	int32_t  pid;
	uint32_t uid, gid;
};
_Static_assert(sizeof(struct lx_ucred) == 12, "struct ucred");

struct lx_linger {
	int32_t l_onoff, l_linger;
};

struct lx_msghdr {
	uint64_t name;
	uint32_t namelen, pad1;
	uint64_t iov, iovlen;
	uint64_t control, controllen;
	uint32_t flags, pad2;
};
_Static_assert(sizeof(struct lx_msghdr) == 56, "struct msghdr");

struct lx_mmsghdr {
	struct lx_msghdr hdr;
	uint32_t len, pad;
};
_Static_assert(sizeof(struct lx_mmsghdr) == 64, "struct mmsghdr");

struct lx_cmsghdr {
	uint64_t len; /* with this header */
	int32_t  level, type;
};
_Static_assert(sizeof(struct lx_cmsghdr) == 16, "struct cmsghdr");
#define LX_CMSG_ALIGN(n) (((n) + 7) & ~UINT64_C(7))
#endif
