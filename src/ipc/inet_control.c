/* SPDX-License-Identifier: MIT */
/* inet_control.c - control data (cmsg(3)) of AF_INET and AF_INET6 between Linux and NT. */
#include "inet.h"
#include "base/alloc.h"
#include <string.h>

static const struct {
	int lx_level, lx_type;
	uint32_t nt_level, nt_type;
} rows[] = {
	{ LX_SOL_SOCKET, LX_SO_TIMESTAMP, WS_SOL_SOCKET, WS_SO_LXRUN_TIMESTAMP },
	{ LX_SOL_SOCKET, LX_SO_TIMESTAMPNS, WS_SOL_SOCKET, WS_SO_LXRUN_TIMESTAMPNS },
	{ LX_IPPROTO_IP, LX_IP_PKTINFO, WS_IPPROTO_IP, WS_IP_PKTINFO },
	{ LX_IPPROTO_IP, LX_IP_TTL, WS_IPPROTO_IP, WS_IP_RECEIVE_TTL },
	{ LX_IPPROTO_IP, LX_IP_TOS, WS_IPPROTO_IP, WS_IP_TOS },
	{ LX_IPPROTO_IP, LX_IP_RECVERR, WS_IPPROTO_IP, WS_IP_RECVERR },
	{ LX_IPPROTO_IPV6, LX_IPV6_PKTINFO, WS_IPPROTO_IPV6, WS_IPV6_PKTINFO },
	{ LX_IPPROTO_IPV6, LX_IPV6_HOPLIMIT, WS_IPPROTO_IPV6, WS_IPV6_HOPLIMIT },
	{ LX_IPPROTO_IPV6, LX_IPV6_TCLASS, WS_IPPROTO_IPV6, WS_IPV6_TCLASS },
	{ LX_IPPROTO_IPV6, LX_IPV6_RECVERR, WS_IPPROTO_IPV6, WS_IPV6_RECVERR },
	{ LX_IPPROTO_UDP, LX_UDP_SEGMENT, WS_IPPROTO_UDP, WS_UDP_SEND_MSG_SIZE },
	{ LX_IPPROTO_UDP, LX_UDP_GRO, WS_IPPROTO_UDP, WS_UDP_RECV_MAX_COALESCED_SIZE },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(sizeof(struct lx_cmsghdr) == sizeof(WSACMSGHDR), "the lists are built alike");

/* Appends to a list of at most room bytes. Its length then, or 0: it does not fit. */
static uint32_t append(uint8_t *list, uint32_t used, uint32_t room, const struct lx_cmsghdr *h,
		       const void *data)
{
	uint32_t size = (uint32_t)(h->len - sizeof(*h)), space = (uint32_t)LX_CMSG_ALIGN(h->len);

	if (space > room - used)
		return 0;
	memset(list + used, 0, space);
	memcpy(list + used, h, sizeof(*h));
	memcpy(list + used + sizeof(*h), data, size);
	return used + space;
}

/* The entry at *at, which moves on. false: none, or a list that is broken. */
static bool next(const uint8_t *list, uint32_t len, uint32_t *at, struct lx_cmsghdr *h,
		 const uint8_t **data)
{
	if (*at > len || len - *at < sizeof(*h))
		return false;
	memcpy(h, list + *at, sizeof(*h));
	if (h->len < sizeof(*h) || h->len > len - *at)
		return false;
	*data = list + *at + sizeof(*h);
	*at += (uint32_t)LX_CMSG_ALIGN(h->len);
	return true;
}

static bool is_pktinfo(const struct lx_cmsghdr *h, uint32_t level, uint32_t type, uint64_t size)
{
	return level == WS_IPPROTO_IP && type == WS_IP_PKTINFO && h->len >= sizeof(*h) + size;
}

int inet_control_to_nt(const struct sock_control *lx, uint8_t nt[INET_CONTROL_MAX])
{
	uint32_t at = 0, used = 0;
	struct lx_cmsghdr h;
	const uint8_t *data;

	while (next(lx->list, lx->list_len, &at, &h, &data)) {
		struct lx_in_pktinfo info;
		WS_IN_PKTINFO ws;
		size_t i = 0;

		while (i < ROWS && (rows[i].lx_level != h.level || rows[i].lx_type != h.type))
			i++;
		if (i == ROWS)
			return -LX_EINVAL;
		h.level = (int32_t)rows[i].nt_level;
		h.type = (int32_t)rows[i].nt_type;
		if (is_pktinfo(&h, rows[i].nt_level, rows[i].nt_type, sizeof(info))) {
			memcpy(&info, data, sizeof(info));
			ws.ipi_ifindex = (ULONG)info.ifindex;
			memcpy(ws.ipi_addr, info.spec_dst, sizeof(ws.ipi_addr));
			h.len = sizeof(h) + sizeof(ws);
			data = (const uint8_t *)&ws;
		}
		used = append(nt, used, INET_CONTROL_MAX, &h, data);
		if (!used)
			return -LX_EINVAL;
	}
	return (int)used;
}

int inet_control_to_lx(const uint8_t *nt, uint32_t len, struct sock_control *lx)
{
	uint32_t at = 0, room = len + 8u * (uint32_t)ROWS; /* packet information grows */
	struct lx_cmsghdr h;
	const uint8_t *data;

	lx->list = mem_alloc(room);
	lx->list_len = 0;
	if (!lx->list)
		return -LX_ENOMEM;
	while (next(nt, len, &at, &h, &data)) {
		struct lx_in_pktinfo info;
		WS_IN_PKTINFO ws;
		size_t i = 0;

		while (i < ROWS && (rows[i].nt_level != (uint32_t)h.level ||
				    rows[i].nt_type != (uint32_t)h.type))
			i++;
		if (i == ROWS)
			continue;
		h.level = rows[i].lx_level;
		h.type = rows[i].lx_type;
		if (is_pktinfo(&h, rows[i].nt_level, rows[i].nt_type, sizeof(ws))) {
			memcpy(&ws, data, sizeof(ws));
			info.ifindex = (int32_t)ws.ipi_ifindex;
			memcpy(info.addr, ws.ipi_addr, sizeof(info.addr));
			memcpy(info.spec_dst, ws.ipi_addr, sizeof(info.spec_dst));
			h.len = sizeof(h) + sizeof(info);
			data = (const uint8_t *)&info;
		}
		lx->list_len = append(lx->list, lx->list_len, room, &h, data);
	}
	return 0;
}
