/* SPDX-License-Identifier: MIT */
/* host_socket_option.c - Winsock's options and control data as the host's, from the rows of nt/sockopt.def. */
#include "host_socket.h"
#include "host_filep.h"
#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

struct option {
	ULONG level, ws;
	int host_level, host;
	const char *name;
};

static const struct option options[] = {
#define HOST(level, name)             level, name
#define WSO(name, level, value, host) { level, value, host, #name },
#include "nt/sockopt.def"
#undef WSO
#undef HOST
};

static const struct option *find(ULONG level, ULONG ws)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].level == level && options[i].ws == ws)
			return &options[i];
	return NULL;
}

static BOOLEAN is_linger(const struct option *o)
{
	return o->level == WS_SOL_SOCKET && o->ws == WS_SO_LINGER;
}

NTSTATUS host_set_option(host_fd fd, ULONG level, ULONG option, const void *value, ULONG length)
{
	const struct option *o = find(level, option);
	struct linger linger;
	WS_LINGER ws;

	if (!o)
		return STATUS_NOT_SUPPORTED;
	if (is_linger(o)) {
		if (length < sizeof(ws))
			return STATUS_INVALID_PARAMETER;
		memcpy(&ws, value, sizeof(ws));
		linger = (struct linger){ ws.l_onoff, ws.l_linger };
		value = &linger;
		length = sizeof(linger);
	}
	return host_done("setsockopt", fd.v, o->name,
			 setsockopt(fd.v, o->host_level, o->host, value, length));
}

NTSTATUS host_get_option(host_fd fd, ULONG level, ULONG option, void *value, ULONG *length)
{
	const struct option *o = find(level, option);
	struct linger linger = { 0 };
	socklen_t size = *length;
	NTSTATUS status;
	WS_LINGER ws;

	if (!o)
		return STATUS_NOT_SUPPORTED;
	if (is_linger(o)) {
		if (*length < sizeof(ws))
			return STATUS_INVALID_PARAMETER;
		size = sizeof(linger);
		status = host_done("getsockopt", fd.v, o->name,
				   getsockopt(fd.v, o->host_level, o->host, &linger, &size));
		ws = (WS_LINGER){ linger.l_onoff != 0, (USHORT)linger.l_linger };
		memcpy(value, &ws, sizeof(ws));
		*length = sizeof(ws);
		return status;
	}
	status = host_done("getsockopt", fd.v, o->name,
			   getsockopt(fd.v, o->host_level, o->host, value, &size));
	*length = size;
	return status;
}

/* ---- control data ---- */

static const struct {
	ULONG level, ws;
	int host_level, host;
} controls[] = {
	{ WS_SOL_SOCKET, WS_SO_LXRUN_TIMESTAMP, SOL_SOCKET, SO_TIMESTAMP },
	{ WS_SOL_SOCKET, WS_SO_LXRUN_TIMESTAMPNS, SOL_SOCKET, SO_TIMESTAMPNS },
	{ WS_IPPROTO_IP, WS_IP_PKTINFO, IPPROTO_IP, IP_PKTINFO },
	{ WS_IPPROTO_IP, WS_IP_RECEIVE_TTL, IPPROTO_IP, IP_TTL },
	{ WS_IPPROTO_IP, WS_IP_TOS, IPPROTO_IP, IP_TOS },
	{ WS_IPPROTO_IP, WS_IP_RECVERR, IPPROTO_IP, IP_RECVERR },
	{ WS_IPPROTO_IPV6, WS_IPV6_PKTINFO, IPPROTO_IPV6, IPV6_PKTINFO },
	{ WS_IPPROTO_IPV6, WS_IPV6_HOPLIMIT, IPPROTO_IPV6, IPV6_HOPLIMIT },
	{ WS_IPPROTO_IPV6, WS_IPV6_TCLASS, IPPROTO_IPV6, IPV6_TCLASS },
	{ WS_IPPROTO_IPV6, WS_IPV6_RECVERR, IPPROTO_IPV6, IPV6_RECVERR },
	{ WS_IPPROTO_UDP, WS_UDP_SEND_MSG_SIZE, IPPROTO_UDP, UDP_SEGMENT },
	{ WS_IPPROTO_UDP, WS_UDP_RECV_MAX_COALESCED_SIZE, IPPROTO_UDP, UDP_GRO },
};
#define CONTROLS (sizeof(controls) / sizeof(controls[0]))

/* One piece of control data on its way: data is not aligned. */
struct piece {
	int level, type;
	const UCHAR *data;
	ULONG size;
	UCHAR changed[sizeof(struct in_pktinfo)];
};

_Static_assert(sizeof(struct cmsghdr) == sizeof(WSACMSGHDR) && CMSG_ALIGN(1) == 8,
	       "the lists are built alike");

/* Appends p to list, of which used bytes are there. FALSE: no room. */
static BOOLEAN append(UCHAR *list, ULONG room, ULONG *used, const struct piece *p)
{
	WSACMSGHDR h = { sizeof(h) + p->size, p->level, p->type };
	ULONG space = (ULONG)CMSG_ALIGN(h.cmsg_len);

	if (room < *used || room - *used < h.cmsg_len)
		return FALSE;
	if (space > room - *used)
		space = room - *used;
	memset(list + *used, 0, space);
	memcpy(list + *used, &h, sizeof(h));
	memcpy(list + *used + sizeof(h), p->data, p->size);
	*used += space;
	return TRUE;
}

/* The piece at *at, which moves on. FALSE: the list ends there. */
static BOOLEAN next(const UCHAR *list, ULONG length, ULONG *at, struct piece *p)
{
	WSACMSGHDR h;

	if (*at > length || length - *at < sizeof(h))
		return FALSE;
	memcpy(&h, list + *at, sizeof(h));
	if (h.cmsg_len < sizeof(h) || h.cmsg_len > length - *at)
		return FALSE;
	p->level = h.cmsg_level;
	p->type = h.cmsg_type;
	p->data = list + *at + sizeof(h);
	p->size = (ULONG)(h.cmsg_len - sizeof(h));
	*at += (ULONG)CMSG_ALIGN(h.cmsg_len);
	return TRUE;
}

static void pktinfo_in(struct piece *p)
{
	struct in_pktinfo host = { 0 };
	WS_IN_PKTINFO ws;

	if (p->size < sizeof(ws))
		return;
	memcpy(&ws, p->data, sizeof(ws));
	host.ipi_ifindex = (int)ws.ipi_ifindex;
	memcpy(&host.ipi_spec_dst, ws.ipi_addr, sizeof(ws.ipi_addr));
	memcpy(p->changed, &host, sizeof(host));
	p->data = p->changed;
	p->size = sizeof(host);
}

static void pktinfo_out(struct piece *p)
{
	struct in_pktinfo host;
	WS_IN_PKTINFO ws;

	memcpy(&host, p->data, sizeof(host));
	ws.ipi_ifindex = (ULONG)host.ipi_ifindex;
	memcpy(ws.ipi_addr, &host.ipi_addr, sizeof(ws.ipi_addr));
	memcpy(p->changed, &ws, sizeof(ws));
	p->data = p->changed;
	p->size = sizeof(ws);
}

ULONG host_control_in(const UCHAR *ws, ULONG length, UCHAR *host, ULONG room)
{
	ULONG at = 0, used = 0;
	struct piece p;

	while (next(ws, length, &at, &p)) {
		size_t i = 0;

		while (i < CONTROLS &&
		       (controls[i].level != (ULONG)p.level || controls[i].ws != (ULONG)p.type))
			i++;
		if (i == CONTROLS)
			return 0;
		p.level = controls[i].host_level;
		p.type = controls[i].host;
		if (p.level == IPPROTO_IP && p.type == IP_PKTINFO)
			pktinfo_in(&p);
		if (!append(host, room, &used, &p))
			return 0;
	}
	return used;
}

ULONG host_control_out(const UCHAR *host, ULONG length, UCHAR *ws, ULONG room, BOOLEAN *cut)
{
	ULONG at = 0, used = 0;
	struct piece p;

	while (next(host, length, &at, &p)) {
		size_t i = 0;

		while (i < CONTROLS &&
		       (controls[i].host_level != p.level || controls[i].host != p.type))
			i++;
		if (i == CONTROLS)
			continue; /* nobody has asked for it by an option that we know */
		if (p.level == IPPROTO_IP && p.type == IP_PKTINFO)
			pktinfo_out(&p);
		p.level = (int)controls[i].level;
		p.type = (int)controls[i].ws;
		if (!append(ws, room, &used, &p)) {
			*cut = TRUE;
			break;
		}
	}
	return used;
}
