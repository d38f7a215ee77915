/* SPDX-License-Identifier: MIT */
/* netlink.h - netlink(7), rtnetlink(7) and netdevice(7) as the guest sees them (linux/netlink.h, rtnetlink.h, if.h). */
#ifndef LX_NETLINK_H
#define LX_NETLINK_H
#include "lx/types.h"

#define LX_NETLINK_ROUTE          0
#define LX_NETLINK_KOBJECT_UEVENT 15
#define LX_SOL_NETLINK            270
#define LX_NETLINK_ADD_MEMBERSHIP  1
#define LX_NETLINK_DROP_MEMBERSHIP 2

struct lx_sockaddr_nl {
	uint16_t family, pad;
	uint32_t pid, groups;
};
_Static_assert(sizeof(struct lx_sockaddr_nl) == 12, "struct sockaddr_nl");

struct lx_nlmsghdr {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, pid;
};
_Static_assert(sizeof(struct lx_nlmsghdr) == 16, "struct nlmsghdr");
#define LX_NLM_F_REQUEST 0x1u
#define LX_NLM_F_MULTI   0x2u
#define LX_NLM_F_ACK     0x4u
#define LX_NLM_F_DUMP    0x300u
#define LX_NLMSG_ERROR   2
#define LX_NLMSG_DONE    3
#define LX_NLMSG_MIN_TYPE 16
#define LX_NLMSG_ALIGN(n) (((n) + 3u) & ~3u)
struct lx_nlattr {
	uint16_t len, type;
};

#define LX_RTM_NEWLINK  16
#define LX_RTM_GETLINK  18
#define LX_RTM_NEWADDR  20
#define LX_RTM_GETADDR  22
#define LX_RTM_NEWROUTE 24
#define LX_RTM_GETROUTE 26
#define LX_RTM_MAX      123
struct lx_ifinfomsg {
	uint8_t  family, pad;
	uint16_t type;
	int32_t  index;
	uint32_t flags, change;
};
struct lx_ifaddrmsg {
	uint8_t  family, prefixlen, flags, scope;
	uint32_t index;
};
struct lx_rtmsg {
	uint8_t  family, dst_len, src_len, tos, table, protocol, scope, type;
	uint32_t flags;
};
_Static_assert(sizeof(struct lx_ifinfomsg) == 16 && sizeof(struct lx_ifaddrmsg) == 8 && sizeof(struct lx_rtmsg) == 12, "rtnetlink.h");
enum { LX_IFLA_ADDRESS = 1, LX_IFLA_BROADCAST, LX_IFLA_IFNAME, LX_IFLA_MTU, LX_IFLA_QDISC = 6, LX_IFLA_TXQLEN = 13, LX_IFLA_OPERSTATE = 16, LX_IFLA_LINKMODE, LX_IFLA_STATS64 = 23, LX_IFLA_GROUP = 27 };
enum { LX_IFA_ADDRESS = 1, LX_IFA_LOCAL, LX_IFA_LABEL, LX_IFA_BROADCAST, LX_IFA_CACHEINFO = 6, LX_IFA_FLAGS = 8 };
enum { LX_RTA_DST = 1, LX_RTA_OIF = 4, LX_RTA_GATEWAY, LX_RTA_PRIORITY, LX_RTA_TABLE = 15 };
#define LX_IF_OPER_UP     6
#define LX_IF_OPER_DOWN   2
#define LX_IFA_F_PERMANENT 0x80u
#define LX_RT_TABLE_MAIN  254
#define LX_RT_SCOPE_UNIVERSE 0
#define LX_RT_SCOPE_LINK  253
#define LX_RT_SCOPE_HOST  254
#define LX_RTPROT_KERNEL  2
#define LX_RTPROT_BOOT    3
#define LX_RTN_UNICAST    1

/* ---- interfaces by ioctl ---- */
#define LX_IFNAMSIZ 16
struct lx_ifreq {
	char name[LX_IFNAMSIZ];
	union {
		struct {
			uint16_t family;
			uint8_t  data[14];
		} addr;
		int16_t flags;
		int32_t number; /* index, MTU, metric, queue length */
		uint8_t room[24];
	} u;
};
_Static_assert(sizeof(struct lx_ifreq) == 40, "struct ifreq");
struct lx_ifconf {
	int32_t  len, pad;
	uint64_t buf;
};
#define LX_SIOCGIFNAME    0x8910u
#define LX_SIOCGIFCONF    0x8912u
#define LX_SIOCGIFFLAGS   0x8913u
#define LX_SIOCGIFADDR    0x8915u
#define LX_SIOCGIFBRDADDR 0x8919u
#define LX_SIOCGIFNETMASK 0x891bu
#define LX_SIOCGIFMETRIC  0x891du
#define LX_SIOCGIFMTU     0x8921u
#define LX_SIOCGIFHWADDR  0x8927u
#define LX_SIOCGIFINDEX   0x8933u
#define LX_SIOCGIFTXQLEN  0x8942u
#define LX_IFF_UP          0x1u
#define LX_IFF_BROADCAST   0x2u
#define LX_IFF_LOOPBACK    0x8u
#define LX_IFF_POINTOPOINT 0x10u
#define LX_IFF_RUNNING     0x40u
#define LX_IFF_NOARP       0x80u
#define LX_IFF_MULTICAST   0x1000u
#define LX_IFF_LOWER_UP    0x10000u
#define LX_ARPHRD_ETHER    1
#define LX_ARPHRD_PPP      512
#define LX_ARPHRD_LOOPBACK 772
#define LX_ARPHRD_NONE     0xFFFE
#endif
