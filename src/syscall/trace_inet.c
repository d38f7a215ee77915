/* SPDX-License-Identifier: MIT */
/* trace_inet.c - addresses, protocols and options of the network's sockets as strace writes them. */
#include "lx/netlink.h"
#include "lx/socket.h"
#include "trace_impl.h"
#include <stdio.h>
#include <string.h>

static uint32_t big16(uint16_t v)
{
	return (uint32_t)(v & 0xFF) << 8 | v >> 8;
}

static uint32_t word_of(const uint8_t addr[16], int i)
{
	return (uint32_t)addr[2 * i] << 8 | addr[2 * i + 1];
}

/* The longest run of at least two zero words, the first of them: "::". */
static void longest_zeros(const uint8_t addr[16], int *start, int *length)
{
	*start = -1;
	*length = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !word_of(addr, i + n))
			n++;
		if (n > *length) {
			*start = i;
			*length = n;
		}
		if (n)
			i += n - 1;
	}
}

/* As inet_ntop(3) has it. */
static void text_v6(const uint8_t addr[16], struct text *out)
{
	int start, length;
	bool v4;

	longest_zeros(addr, &start, &length);
	v4 = !start && (length == 6 || (length == 5 && word_of(addr, 5) == 0xFFFF));
	for (int i = 0; i < 8; i++) {
		if (i == start) {
			text_str(out, "::");
			i += length - 1;
			continue;
		}
		if (i && i != start + length)
			text_str(out, ":");
		if (v4 && i == 6) {
			text_printf(out, "%u.%u.%u.%u", addr[12], addr[13], addr[14], addr[15]);
			return;
		}
		text_printf(out, "%x", word_of(addr, i));
	}
}

static void in_text(const struct lx_sockaddr *sa, struct text *out)
{
	struct lx_sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	text_printf(out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")",
		    big16(in.port), in.addr[0], in.addr[1], in.addr[2], in.addr[3]);
}

static void in6_text(const struct lx_sockaddr *sa, struct text *out)
{
	struct lx_sockaddr_in6 in6;

	memcpy(&in6, sa, sizeof(in6));
	text_printf(out, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"",
		    big16(in6.port), __builtin_bswap32(in6.flowinfo));
	text_v6(in6.addr, out);
	text_printf(out, "\", &sin6_addr), sin6_scope_id=%u", in6.scope_id);
}

static void nl_text(const struct lx_sockaddr *sa, struct text *out)
{
	struct lx_sockaddr_nl nl;

	memcpy(&nl, sa, sizeof(nl));
	if (nl.pad)
		text_printf(out, ", nl_pad=%#x", nl.pad);
	text_printf(out, ", nl_pid=%d, nl_groups=%08x", (int)nl.pid, nl.groups);
}

bool trace_inet_text(const struct lx_sockaddr *sa, uint32_t len, struct text *out)
{
	static const struct {
		uint16_t family;
		uint32_t size;
		void (*print)(const struct lx_sockaddr *sa, struct text *out);
	} rows[] = {
		{ LX_AF_INET, sizeof(struct lx_sockaddr_in), in_text },
		{ LX_AF_INET6, sizeof(struct lx_sockaddr_in6), in6_text },
		{ LX_AF_NETLINK, sizeof(struct lx_sockaddr_nl), nl_text },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].family == sa->family && len >= rows[i].size) {
			rows[i].print(sa, out);
			return true;
		}
	return false;
}

/* An option's value, which is a number as a rule. */
bool trace_sockval(struct trace_args *ta, int i, struct text *out)
{
	int32_t n;

	if (SC_U32(ta->args, i + 1) != sizeof(n)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (trace_fetch(ta, i, &n, sizeof(n), out))
		text_printf(out, "[%d]", (int)n);
	return true;
}

/* ---- protocols and options ---- */

#define END             \
	{               \
		0, NULL \
	}
static const struct flag_name protocols[] = { { 0, "IPPROTO_IP" },        { 1, "IPPROTO_ICMP" },
					      { 2, "IPPROTO_IGMP" },      { 6, "IPPROTO_TCP" },
					      { 17, "IPPROTO_UDP" },      { 41, "IPPROTO_IPV6" },
					      { 58, "IPPROTO_ICMPV6" },   { 132, "IPPROTO_SCTP" },
					      { 136, "IPPROTO_UDPLITE" }, { 255, "IPPROTO_RAW" },
					      { 262, "IPPROTO_MPTCP" },   END };
static const struct flag_name netlinks[] = {
	{ 0, "NETLINK_ROUTE" }, { 4, "NETLINK_SOCK_DIAG" }, { 15, "NETLINK_KOBJECT_UEVENT" }, END
};

/* What socket(2)'s third argument means depends on the first. */
bool trace_sockproto(struct trace_args *ta, int i, struct text *out)
{
	uint32_t family = SC_U32(ta->args, 0), v = SC_U32(ta->args, i);

	if (family == LX_AF_INET || family == LX_AF_INET6)
		text_choice(out, v, protocols, "IPPROTO_");
	else if (family == LX_AF_NETLINK)
		text_choice(out, v, netlinks, "NETLINK_");
	else
		text_printf(out, "%d", (int)v);
	return true;
}

static const struct flag_name ip_options[] = { { 1, "IP_TOS" },
					       { 2, "IP_TTL" },
					       { 3, "IP_HDRINCL" },
					       { 4, "IP_OPTIONS" },
					       { 8, "IP_PKTINFO" },
					       { 10, "IP_MTU_DISCOVER" },
					       { 11, "IP_RECVERR" },
					       { 12, "IP_RECVTTL" },
					       { 13, "IP_RECVTOS" },
					       { 14, "IP_MTU" },
					       { 15, "IP_FREEBIND" },
					       { 24, "IP_BIND_ADDRESS_NO_PORT" },
					       { 32, "IP_MULTICAST_IF" },
					       { 33, "IP_MULTICAST_TTL" },
					       { 34, "IP_MULTICAST_LOOP" },
					       { 35, "IP_ADD_MEMBERSHIP" },
					       { 36, "IP_DROP_MEMBERSHIP" },
					       { 49, "IP_MULTICAST_ALL" },
					       END };
static const struct flag_name ipv6_options[] = {
	{ 16, "IPV6_UNICAST_HOPS" },   { 17, "IPV6_MULTICAST_IF" },
	{ 18, "IPV6_MULTICAST_HOPS" }, { 19, "IPV6_MULTICAST_LOOP" },
	{ 20, "IPV6_ADD_MEMBERSHIP" }, { 21, "IPV6_DROP_MEMBERSHIP" },
	{ 23, "IPV6_MTU_DISCOVER" },   { 24, "IPV6_MTU" },
	{ 25, "IPV6_RECVERR" },        { 26, "IPV6_V6ONLY" },
	{ 49, "IPV6_RECVPKTINFO" },    { 51, "IPV6_RECVHOPLIMIT" },
	{ 62, "IPV6_DONTFRAG" },       { 66, "IPV6_RECVTCLASS" },
	{ 67, "IPV6_TCLASS" },         END
};
static const struct flag_name tcp_options[] = { { 1, "TCP_NODELAY" },
						{ 2, "TCP_MAXSEG" },
						{ 3, "TCP_CORK" },
						{ 4, "TCP_KEEPIDLE" },
						{ 5, "TCP_KEEPINTVL" },
						{ 6, "TCP_KEEPCNT" },
						{ 7, "TCP_SYNCNT" },
						{ 8, "TCP_LINGER2" },
						{ 9, "TCP_DEFER_ACCEPT" },
						{ 10, "TCP_WINDOW_CLAMP" },
						{ 11, "TCP_INFO" },
						{ 12, "TCP_QUICKACK" },
						{ 13, "TCP_CONGESTION" },
						{ 18, "TCP_USER_TIMEOUT" },
						{ 23, "TCP_FASTOPEN" },
						{ 25, "TCP_NOTSENT_LOWAT" },
						{ 30, "TCP_FASTOPEN_CONNECT" },
						END };
static const struct flag_name udp_options[] = {
	{ 1, "UDP_CORK" }, { 103, "UDP_SEGMENT" }, { 104, "UDP_GRO" }, END
};

bool trace_option_text(uint32_t level, uint32_t option, struct text *out)
{
	static const struct {
		uint32_t level;
		const struct flag_name *names;
		const char *prefix;
	} rows[] = {
		{ LX_IPPROTO_IP, ip_options, "IP_" },
		{ LX_IPPROTO_IPV6, ipv6_options, "IPV6_" },
		{ LX_IPPROTO_TCP, tcp_options, "TCP_" },
		{ LX_IPPROTO_UDP, udp_options, "UDP_" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].level == level) {
			text_choice(out, option, rows[i].names, rows[i].prefix);
			return true;
		}
	return false;
}
