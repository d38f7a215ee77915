/* SPDX-License-Identifier: MIT */
/* netlink.h - inside AF_NETLINK: the socket (netlink.c) and what answers NETLINK_ROUTE's requests (netlink_route.c). */
#ifndef IPC_NETLINK_H
#define IPC_NETLINK_H
#include "netif.h"

/* A datagram that is being built, message after message; each fits or begins the next. */
struct nl_reply {
	struct list *out; /* struct nl_packet: what is complete */
	struct nl_packet *now;
	uint32_t seq, pid;
	uint32_t at; /* where the message that is being built begins */
	bool no_memory;
};

#define NL_PACKET_MAX 4096u
struct nl_packet {
	struct list link;
	uint32_t len;
	uint8_t data[NL_PACKET_MAX];
};

/* Begins a message with its fixed part. */
void nl_begin(struct nl_reply *r, uint16_t type, uint16_t flags, const void *fixed, uint32_t size);
void nl_attr(struct nl_reply *r, uint16_t type, const void *value, uint32_t size);
static inline void nl_attr_u32(struct nl_reply *r, uint16_t type, uint32_t value)
{
	nl_attr(r, type, &value, sizeof(value));
}
/* The message is complete. */
void nl_end(struct nl_reply *r);

/*
 * Answers the request h with body (size bytes). Dumps end with NLMSG_DONE, which the caller adds. 0 or -LX_E*, which
 * the caller tells in an NLMSG_ERROR.
 */
int route_request(const struct lx_nlmsghdr *h, const uint8_t *body, uint32_t size,
		  struct nl_reply *r);
#endif
