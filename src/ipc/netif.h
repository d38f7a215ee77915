/* SPDX-License-Identifier: MIT */
/* netif.h - interfaces of the network as Linux shows them, from NT's IP Helper tables (nt/netio.h). */
#ifndef IPC_NETIF_H
#define IPC_NETIF_H
#include "sock.h"
#include "lx/netlink.h"
#include "nt/netio.h"

struct netif {
	char name[LX_IFNAMSIZ];
	uint32_t index, flags, mtu; /* LX_IFF_* */
	uint16_t type;              /* LX_ARPHRD_* */
	uint8_t hw_len, hw[32];
};

/* What row is to Linux. */
void netif_from_nt(const MIB_IF_ROW2 *row, struct netif *out);
/* The broadcast address of an IPv4 address, and its mask. */
void netif_broadcast(const uint8_t addr[4], uint32_t prefix, uint8_t out[4]);
void netif_mask(uint32_t prefix, uint8_t out[4]);
/* SIOCGIF*: of any socket. -LX_ENOIOCTLCMD: none of them. */
int64_t netif_ioctl(struct task *t, uint32_t cmd, uint64_t arg);
#endif
