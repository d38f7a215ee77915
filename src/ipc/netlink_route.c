/* SPDX-License-Identifier: MIT */
/*
 * netlink_route.c - NETLINK_ROUTE: interfaces, addresses and routes, asked for (rtnetlink(7)). They are
 * the host's, so changes are refused: EPERM.
 */
#include "netlink.h"
#include <string.h>

static void put_stats(struct nl_reply *r, const MIB_IF_ROW2 *row)
{
	/* struct rtnl_link_stats64: received and sent by turns; then 16 that NT has no name for. */
	const uint64_t stats[24] = { row->InUcastPkts, row->OutUcastPkts, row->InOctets,
				     row->OutOctets,   row->InErrors,     row->OutErrors,
				     row->InDiscards,  row->OutDiscards };

	nl_attr(r, LX_IFLA_STATS64, stats, sizeof(stats));
}

static void put_link(struct nl_reply *r, const MIB_IF_ROW2 *row, uint16_t flags)
{
	static const uint8_t all_ones[32] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	struct lx_ifinfomsg m = { 0 };
	struct netif nif;
	uint8_t state;

	netif_from_nt(row, &nif);
	m.type = nif.type;
	m.index = (int32_t)nif.index;
	m.flags = nif.flags;
	nl_begin(r, LX_RTM_NEWLINK, flags, &m, sizeof(m));
	nl_attr(r, LX_IFLA_IFNAME, nif.name, (uint32_t)strlen(nif.name) + 1);
	nl_attr_u32(r, LX_IFLA_TXQLEN, 1000);
	state = nif.flags & LX_IFF_LOOPBACK  ? 0
		: nif.flags & LX_IFF_RUNNING ? LX_IF_OPER_UP
					     : LX_IF_OPER_DOWN;
	nl_attr(r, LX_IFLA_OPERSTATE, &state, 1);
	state = 0;
	nl_attr(r, LX_IFLA_LINKMODE, &state, 1);
	nl_attr_u32(r, LX_IFLA_MTU, nif.mtu);
	nl_attr_u32(r, LX_IFLA_GROUP, 0);
	nl_attr(r, LX_IFLA_QDISC, "noqueue", sizeof("noqueue"));
	if (nif.hw_len) {
		nl_attr(r, LX_IFLA_ADDRESS, nif.hw, nif.hw_len);
		nl_attr(r, LX_IFLA_BROADCAST,
			nif.flags & LX_IFF_LOOPBACK ? (const uint8_t[32]){ 0 } : all_ones,
			nif.hw_len < 8 ? nif.hw_len : 8);
	}
	put_stats(r, row);
	nl_end(r);
}

/* The name that a request for one interface carries, NUL-terminated; "" for none. */
static void name_of(const uint8_t *body, uint32_t size, char name[LX_IFNAMSIZ])
{
	uint32_t at = sizeof(struct lx_ifinfomsg);
	struct lx_nlattr a;

	name[0] = 0;
	for (; at + sizeof(a) <= size; at += LX_NLMSG_ALIGN(a.len)) {
		memcpy(&a, body + at, sizeof(a));
		if (a.len < sizeof(a) || a.len > size - at)
			return;
		if (a.type != LX_IFLA_IFNAME)
			continue;
		memset(name, 0, LX_IFNAMSIZ);
		memcpy(name, body + at + sizeof(a),
		       a.len - sizeof(a) < LX_IFNAMSIZ ? a.len - sizeof(a) : LX_IFNAMSIZ - 1);
	}
}

static int links(const uint8_t *body, uint32_t size, bool dump, struct nl_reply *r)
{
	struct lx_ifinfomsg m = { 0 };
	char name[LX_IFNAMSIZ];
	PMIB_IF_TABLE2 table;
	bool found = false;
	int err = nt_to_errno(GetIfTable2(&table));

	if (err)
		return err;
	memcpy(&m, body, size < sizeof(m) ? size : sizeof(m));
	name_of(body, size, name);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		struct netif nif;

		netif_from_nt(&table->Table[i], &nif);
		if (!dump &&
		    (m.index ? (uint32_t)m.index != nif.index : strcmp(name, nif.name) != 0))
			continue;
		put_link(r, &table->Table[i], dump ? LX_NLM_F_MULTI : 0);
		found = true;
	}
	FreeMibTable(table);
	return found || dump ? 0 : -LX_ENODEV;
}

static uint8_t scope_of(const MIB_UNICASTIPADDRESS_ROW *row)
{
	const uint8_t *a = row->Address.Ipv6.sin6_addr;

	if (row->Address.si_family == WS_AF_INET)
		return row->Address.Ipv4.sin_addr[0] == 127 ? LX_RT_SCOPE_HOST
							    : LX_RT_SCOPE_UNIVERSE;
	if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80)
		return LX_RT_SCOPE_LINK;
	for (int i = 0; i < 15; i++)
		if (a[i])
			return LX_RT_SCOPE_UNIVERSE;
	return a[15] == 1 ? LX_RT_SCOPE_HOST : LX_RT_SCOPE_UNIVERSE;
}

static const MIB_IF_ROW2 *row_of(const MIB_IF_TABLE2 *table, ULONG index)
{
	for (ULONG i = 0; i < table->NumEntries; i++)
		if (table->Table[i].InterfaceIndex == index)
			return &table->Table[i];
	return NULL;
}

static void put_address(struct nl_reply *r, const MIB_UNICASTIPADDRESS_ROW *row,
			const struct netif *nif)
{
	bool v4 = row->Address.si_family == WS_AF_INET;
	const uint32_t forever[4] = { row->PreferredLifetime, row->ValidLifetime };
	const uint8_t *addr = v4 ? row->Address.Ipv4.sin_addr : row->Address.Ipv6.sin6_addr;
	struct lx_ifaddrmsg m = { .family = v4 ? LX_AF_INET : LX_AF_INET6,
				  .prefixlen = row->OnLinkPrefixLength,
				  .flags = LX_IFA_F_PERMANENT,
				  .scope = scope_of(row),
				  .index = nif->index };
	uint8_t broadcast[4];

	nl_begin(r, LX_RTM_NEWADDR, LX_NLM_F_MULTI, &m, sizeof(m));
	nl_attr(r, LX_IFA_ADDRESS, addr, v4 ? 4 : 16);
	if (v4) {
		nl_attr(r, LX_IFA_LOCAL, addr, 4);
		if (nif->flags & LX_IFF_BROADCAST) {
			netif_broadcast(addr, m.prefixlen, broadcast);
			nl_attr(r, LX_IFA_BROADCAST, broadcast, 4);
		}
		nl_attr(r, LX_IFA_LABEL, nif->name, (uint32_t)strlen(nif->name) + 1);
	}
	nl_attr_u32(r, LX_IFA_FLAGS, LX_IFA_F_PERMANENT);
	nl_attr(r, LX_IFA_CACHEINFO, forever, sizeof(forever));
	nl_end(r);
}

/* The family that a dump asks for, in NT's number; another: none has any. */
static bool family_of(const uint8_t *body, uint32_t size, USHORT *family)
{
	*family = WS_AF_UNSPEC;
	if (!size || body[0] == LX_AF_UNSPEC)
		return true;
	*family = body[0] == LX_AF_INET ? WS_AF_INET : WS_AF_INET6;
	return body[0] == LX_AF_INET || body[0] == LX_AF_INET6;
}

static int addresses(const uint8_t *body, uint32_t size, bool dump, struct nl_reply *r)
{
	PMIB_UNICASTIPADDRESS_TABLE table;
	PMIB_IF_TABLE2 ifs;
	USHORT family;
	int err;

	if (!dump)
		return -LX_EOPNOTSUPP;
	if (!family_of(body, size, &family))
		return 0;
	err = nt_to_errno(GetIfTable2(&ifs));
	if (err)
		return err;
	err = nt_to_errno(GetUnicastIpAddressTable(family, &table));
	for (ULONG i = 0; !err && i < table->NumEntries; i++) {
		const MIB_IF_ROW2 *row = row_of(ifs, table->Table[i].InterfaceIndex);
		struct netif nif;

		if (!row)
			continue;
		netif_from_nt(row, &nif);
		put_address(r, &table->Table[i], &nif);
	}
	if (!err)
		FreeMibTable(table);
	FreeMibTable(ifs);
	return err;
}

static bool is_zero(const uint8_t *bytes, uint32_t n)
{
	while (n && !bytes[n - 1])
		n--;
	return !n;
}

static void put_route(struct nl_reply *r, const MIB_IPFORWARD_ROW2 *row)
{
	const SOCKADDR_INET *to = &row->DestinationPrefix.Prefix, *via = &row->NextHop;
	bool v4 = to->si_family == WS_AF_INET;
	const uint8_t *dest = v4 ? to->Ipv4.sin_addr : to->Ipv6.sin6_addr;
	const uint8_t *gate = v4 ? via->Ipv4.sin_addr : via->Ipv6.sin6_addr;
	uint32_t size = v4 ? 4 : 16;
	bool direct = is_zero(gate, size);
	struct lx_rtmsg m = { .family = v4 ? LX_AF_INET : LX_AF_INET6,
			      .dst_len = row->DestinationPrefix.PrefixLength,
			      .table = LX_RT_TABLE_MAIN,
			      .protocol = direct ? LX_RTPROT_KERNEL : LX_RTPROT_BOOT,
			      .scope = v4 && direct ? LX_RT_SCOPE_LINK : LX_RT_SCOPE_UNIVERSE,
			      .type = LX_RTN_UNICAST };

	nl_begin(r, LX_RTM_NEWROUTE, LX_NLM_F_MULTI, &m, sizeof(m));
	nl_attr_u32(r, LX_RTA_TABLE, LX_RT_TABLE_MAIN);
	if (m.dst_len)
		nl_attr(r, LX_RTA_DST, dest, size);
	if (!direct)
		nl_attr(r, LX_RTA_GATEWAY, gate, size);
	if (row->Metric)
		nl_attr_u32(r, LX_RTA_PRIORITY, row->Metric);
	nl_attr_u32(r, LX_RTA_OIF, row->InterfaceIndex);
	nl_end(r);
}

static int routes(const uint8_t *body, uint32_t size, bool dump, struct nl_reply *r)
{
	PMIB_IPFORWARD_TABLE2 table;
	USHORT family;
	int err;

	if (!dump)
		return -LX_EOPNOTSUPP;
	if (!family_of(body, size, &family))
		return 0;
	err = nt_to_errno(GetIpForwardTable2(family, &table));
	if (err)
		return err;
	for (ULONG i = 0; i < table->NumEntries; i++)
		put_route(r, &table->Table[i]);
	FreeMibTable(table);
	return 0;
}

int route_request(const struct lx_nlmsghdr *h, const uint8_t *body, uint32_t size,
		  struct nl_reply *r)
{
	bool dump = (h->flags & LX_NLM_F_DUMP) == LX_NLM_F_DUMP;

	switch (h->type) {
	case LX_RTM_GETLINK:
		return links(body, size, dump, r);
	case LX_RTM_GETADDR:
		return addresses(body, size, dump, r);
	case LX_RTM_GETROUTE:
		return routes(body, size, dump, r);
	default:
		if (h->type > LX_RTM_MAX)
			return -LX_EOPNOTSUPP;
		/* Of four: new, delete, get, set. What else there could be to see, there is none of. */
		if (h->type % 4 == 2)
			return dump ? 0 : -LX_EOPNOTSUPP;
		return -LX_EPERM;
	}
}
