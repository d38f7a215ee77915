/* SPDX-License-Identifier: MIT */
/* trace_inet.c - addresses, protocols and options of the network's sockets as strace writes them. */
#include "lx/netlink.h"
#include "lx/socket.h"
#include "lxrun/socket.h"
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

void trace_inet_addr(const uint8_t addr[4], struct text *out)
{
	text_printf(out, "inet_addr(\"%u.%u.%u.%u\")", addr[0], addr[1], addr[2], addr[3]);
}

void trace_inet6_addr(const uint8_t addr[16], const char *field, struct text *out)
{
	text_str(out, "inet_pton(AF_INET6, \"");
	text_v6(addr, out);
	text_printf(out, "\", &%s)", field);
}

void trace_interface_text(uint32_t index, struct text *out)
{
	char name[LX_IFNAMSIZ];

	if (!index || !socket_interface_name(index, name)) {
		text_printf(out, "%u", index);
		return;
	}
	text_str(out, "if_nametoindex(");
	text_quoted(out, name, strnlen(name, sizeof(name)), sizeof(name), false);
	text_str(out, ")");
}

/* Addresses that mean something together with an interface only: fe80::/10, ff02::/16. */
static bool is_of_link(const uint8_t addr[16])
{
	return (addr[0] == 0xFE && (addr[1] & 0xC0) == 0x80) ||
	       (addr[0] == 0xFF && (addr[1] & 0xF) == 2);
}

static void in_text(const struct lx_sockaddr *sa, struct text *out)
{
	struct lx_sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	text_printf(out, ", sin_port=htons(%u), sin_addr=", big16(in.port));
	trace_inet_addr(in.addr, out);
}

static void in6_text(const struct lx_sockaddr *sa, struct text *out)
{
	struct lx_sockaddr_in6 in6;

	memcpy(&in6, sa, sizeof(in6));
	text_printf(out, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), ", big16(in6.port),
		    __builtin_bswap32(in6.flowinfo));
	trace_inet6_addr(in6.addr, "sin6_addr", out);
	text_str(out, ", sin6_scope_id=");
	if (is_of_link(in6.addr))
		trace_interface_text(in6.scope_id, out);
	else
		text_printf(out, "%u", in6.scope_id);
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

/* ---- protocols ---- */

/* clang-format off */
#define END { 0, NULL }
static const struct flag_name protocols[] = {
	{ 0, "IPPROTO_IP" }, { 1, "IPPROTO_ICMP" }, { 2, "IPPROTO_IGMP" }, { 4, "IPPROTO_IPIP" },
	{ 6, "IPPROTO_TCP" }, { 8, "IPPROTO_EGP" }, { 12, "IPPROTO_PUP" }, { 17, "IPPROTO_UDP" },
	{ 22, "IPPROTO_IDP" }, { 29, "IPPROTO_TP" }, { 33, "IPPROTO_DCCP" }, { 41, "IPPROTO_IPV6" },
	{ 43, "IPPROTO_ROUTING" }, { 44, "IPPROTO_FRAGMENT" }, { 46, "IPPROTO_RSVP" },
	{ 47, "IPPROTO_GRE" }, { 50, "IPPROTO_ESP" }, { 51, "IPPROTO_AH" },
	{ 58, "IPPROTO_ICMPV6" }, { 59, "IPPROTO_NONE" }, { 60, "IPPROTO_DSTOPTS" },
	{ 92, "IPPROTO_MTP" }, { 94, "IPPROTO_BEETPH" }, { 98, "IPPROTO_ENCAP" },
	{ 103, "IPPROTO_PIM" }, { 108, "IPPROTO_COMP" }, { 115, "IPPROTO_L2TP" },
	{ 132, "IPPROTO_SCTP" }, { 135, "IPPROTO_MH" }, { 136, "IPPROTO_UDPLITE" },
	{ 137, "IPPROTO_MPLS" }, { 143, "IPPROTO_ETHERNET" }, { 255, "IPPROTO_RAW" },
	{ 262, "IPPROTO_MPTCP" }, END
};
static const struct flag_name netlinks[] = {
	{ 0, "NETLINK_ROUTE" }, { 1, "NETLINK_UNUSED" }, { 2, "NETLINK_USERSOCK" },
	{ 3, "NETLINK_FIREWALL" }, { 4, "NETLINK_SOCK_DIAG" }, { 5, "NETLINK_NFLOG" },
	{ 6, "NETLINK_XFRM" }, { 7, "NETLINK_SELINUX" }, { 8, "NETLINK_ISCSI" },
	{ 9, "NETLINK_AUDIT" }, { 10, "NETLINK_FIB_LOOKUP" }, { 11, "NETLINK_CONNECTOR" },
	{ 12, "NETLINK_NETFILTER" }, { 13, "NETLINK_IP6_FW" }, { 14, "NETLINK_DNRTMSG" },
	{ 15, "NETLINK_KOBJECT_UEVENT" }, { 16, "NETLINK_GENERIC" },
	{ 18, "NETLINK_SCSITRANSPORT" }, { 19, "NETLINK_ECRYPTFS" }, { 20, "NETLINK_RDMA" },
	{ 21, "NETLINK_CRYPTO" }, { 22, "NETLINK_SMC" }, END
};
/* clang-format on */

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
