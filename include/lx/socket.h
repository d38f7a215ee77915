/* SPDX-License-Identifier: MIT */
/* socket.h - the guest's socket ABI (asm-generic/socket.h, linux/socket.h, un.h; x86-64). */
#ifndef LX_SOCKET_H
#define LX_SOCKET_H
#include "lx/types.h"

#define LX_AF_UNSPEC 0
#define LX_AF_UNIX   1
#define LX_AF_MAX    46

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
#define LX_MSG_CTRUNC       0x8u
#define LX_MSG_TRUNC        0x20u
#define LX_MSG_DONTWAIT     0x40u
#define LX_MSG_EOR          0x80u
#define LX_MSG_WAITALL      0x100u
#define LX_MSG_NOSIGNAL     0x4000u
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
#define LX_SO_TIMESTAMP     29
#define LX_SO_ACCEPTCONN    30
#define LX_SO_SNDBUFFORCE   32
#define LX_SO_RCVBUFFORCE   33
#define LX_SO_PASSSEC       34
#define LX_SO_PROTOCOL      38
#define LX_SO_DOMAIN        39
#define LX_SO_PEERGROUPS    59

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
