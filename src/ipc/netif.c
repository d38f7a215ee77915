/* SPDX-License-Identifier: MIT */
/* netif.c - netdevice(7): interfaces asked for by ioctl. Nothing can be set: the network is the host's. */
#include "netif.h"
#include "base/alloc.h"
#include <string.h>

static const struct {
	ULONG nt;
	uint16_t type;
	uint32_t flags;
} kinds[] = {
	{ IF_TYPE_SOFTWARE_LOOPBACK, LX_ARPHRD_LOOPBACK, LX_IFF_LOOPBACK },
	{ IF_TYPE_ETHERNET_CSMACD, LX_ARPHRD_ETHER, LX_IFF_BROADCAST | LX_IFF_MULTICAST },
	{ IF_TYPE_PPP, LX_ARPHRD_PPP, LX_IFF_POINTOPOINT | LX_IFF_MULTICAST },
	{ IF_TYPE_TUNNEL, LX_ARPHRD_NONE, LX_IFF_POINTOPOINT | LX_IFF_NOARP | LX_IFF_MULTICAST },
};

void netif_from_nt(const MIB_IF_ROW2 *row, struct netif *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < LX_IFNAMSIZ - 1 && row->Alias[i]; i++)
		out->name[i] = (char)row->Alias[i];
	out->index = row->InterfaceIndex;
	out->mtu = row->Mtu;
	out->type = LX_ARPHRD_ETHER;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].nt == row->Type) {
			out->type = kinds[i].type;
			out->flags = kinds[i].flags;
		}
	if (row->AdminStatus == NET_IF_ADMIN_STATUS_UP)
		out->flags |= LX_IFF_UP;
	if (row->OperStatus == IfOperStatusUp)
		out->flags |= LX_IFF_RUNNING | LX_IFF_LOWER_UP;
	out->hw_len = (uint8_t)(row->PhysicalAddressLength < sizeof(out->hw)
					? row->PhysicalAddressLength
					: sizeof(out->hw));
	memcpy(out->hw, row->PhysicalAddress, out->hw_len);
}

void netif_mask(uint32_t prefix, uint8_t out[4])
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t bits = prefix > i * 8 ? prefix - i * 8 : 0;

		out[i] = bits >= 8 ? 0xFF : (uint8_t)(0xFF00u >> bits);
	}
}

void netif_broadcast(const uint8_t addr[4], uint32_t prefix, uint8_t out[4])
{
	uint8_t mask[4];

	netif_mask(prefix, mask);
	for (uint32_t i = 0; i < 4; i++)
		out[i] = (uint8_t)(addr[i] | ~mask[i]);
}

/* By name, or by index where name is NULL. 0 or -LX_ENODEV. */
static int find(const char *name, uint32_t index, struct netif *out)
{
	PMIB_IF_TABLE2 table;
	int err = nt_to_errno(GetIfTable2(&table));

	if (err)
		return err;
	err = -LX_ENODEV;
	for (ULONG i = 0; err && i < table->NumEntries; i++) {
		netif_from_nt(&table->Table[i], out);
		if (name ? !strcmp(out->name, name) : out->index == index)
			err = 0;
	}
	FreeMibTable(table);
	return err;
}

bool socket_interface_name(uint32_t index, char name[LX_IFNAMSIZ])
{
	struct netif nif;

	if (find(NULL, index, &nif))
		return false;
	memcpy(name, nif.name, sizeof(nif.name));
	return true;
}

/* The first IPv4 address of an interface: -LX_EADDRNOTAVAIL without one. */
static int address_of(uint32_t index, uint8_t addr[4], uint32_t *prefix)
{
	PMIB_UNICASTIPADDRESS_TABLE table;
	int err = nt_to_errno(GetUnicastIpAddressTable(WS_AF_INET, &table));

	if (err)
		return err;
	err = -LX_EADDRNOTAVAIL;
	for (ULONG i = 0; err && i < table->NumEntries; i++)
		if (table->Table[i].InterfaceIndex == index) {
			memcpy(addr, table->Table[i].Address.Ipv4.sin_addr, 4);
			*prefix = table->Table[i].OnLinkPrefixLength;
			err = 0;
		}
	FreeMibTable(table);
	return err;
}

static void put_address(struct lx_ifreq *req, const uint8_t addr[4])
{
	memset(&req->u, 0, sizeof(req->u));
	req->u.addr.family = LX_AF_INET;
	memcpy(req->u.addr.data + 2, addr, 4); /* behind the port */
}

static int get_address(const struct netif *nif, uint32_t cmd, struct lx_ifreq *req)
{
	uint8_t addr[4], out[4] = { 0 };
	uint32_t prefix;
	int err = address_of(nif->index, addr, &prefix);

	if (err)
		return err;
	if (cmd == LX_SIOCGIFADDR)
		memcpy(out, addr, sizeof(out));
	else if (cmd == LX_SIOCGIFNETMASK)
		netif_mask(prefix, out);
	else if (nif->flags & LX_IFF_BROADCAST)
		netif_broadcast(addr, prefix, out);
	put_address(req, out);
	return 0;
}

static int get(struct lx_ifreq *req, uint32_t cmd)
{
	struct netif nif;
	int err;

	req->name[LX_IFNAMSIZ - 1] = 0;
	err = cmd == LX_SIOCGIFNAME ? find(NULL, (uint32_t)req->u.number, &nif)
				    : find(req->name, 0, &nif);
	if (err)
		return err;
	switch (cmd) {
	case LX_SIOCGIFNAME:
		memcpy(req->name, nif.name, sizeof(req->name));
		return 0;
	case LX_SIOCGIFFLAGS:
		req->u.flags = (int16_t)nif.flags;
		return 0;
	case LX_SIOCGIFMTU:
		req->u.number = (int32_t)nif.mtu;
		return 0;
	case LX_SIOCGIFINDEX:
		req->u.number = (int32_t)nif.index;
		return 0;
	case LX_SIOCGIFTXQLEN:
		req->u.number = 1000;
		return 0;
	case LX_SIOCGIFMETRIC:
		req->u.number = 0;
		return 0;
	case LX_SIOCGIFHWADDR:
		memset(&req->u, 0, sizeof(req->u));
		req->u.addr.family = nif.type;
		memcpy(req->u.addr.data, nif.hw, nif.hw_len < 14 ? nif.hw_len : 14);
		return 0;
	default:
		return get_address(&nif, cmd, req);
	}
}

/* SIOCGIFCONF: every interface with an IPv4 address; without a buffer only how much that would be. */
static int64_t list_all(struct task *t, uint64_t arg)
{
	PMIB_UNICASTIPADDRESS_TABLE table;
	struct lx_ifconf conf;
	int32_t used = 0;
	int err = guest_copyin(t, &conf, GADDR(arg), sizeof(conf));

	if (!err)
		err = nt_to_errno(GetUnicastIpAddressTable(WS_AF_INET, &table));
	if (err)
		return err;
	for (ULONG i = 0; !err && i < table->NumEntries; i++) {
		struct lx_ifreq req = { 0 };
		struct netif nif;

		if (find(NULL, table->Table[i].InterfaceIndex, &nif))
			continue;
		if (conf.buf && conf.len - used < (int32_t)sizeof(req))
			break;
		memcpy(req.name, nif.name, sizeof(req.name));
		put_address(&req, table->Table[i].Address.Ipv4.sin_addr);
		if (conf.buf)
			err = guest_copyout(t, GADDR(conf.buf + (uint32_t)used), &req, sizeof(req));
		used += (int32_t)sizeof(req);
	}
	FreeMibTable(table);
	conf.len = used;
	return err ? err : guest_copyout(t, GADDR(arg), &conf, sizeof(conf));
}

int64_t netif_ioctl(struct task *t, uint32_t cmd, uint64_t arg)
{
	static const uint32_t known[] = { LX_SIOCGIFNAME,    LX_SIOCGIFFLAGS,   LX_SIOCGIFADDR,
					  LX_SIOCGIFBRDADDR, LX_SIOCGIFNETMASK, LX_SIOCGIFMETRIC,
					  LX_SIOCGIFMTU,     LX_SIOCGIFHWADDR,  LX_SIOCGIFINDEX,
					  LX_SIOCGIFTXQLEN };
	struct lx_ifreq req;
	int err;

	if (cmd == LX_SIOCGIFCONF)
		return list_all(t, arg);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] != cmd)
			continue;
		err = guest_copyin(t, &req, GADDR(arg), sizeof(req));
		if (!err)
			err = get(&req, cmd);
		return err ? err : guest_copyout(t, GADDR(arg), &req, sizeof(req));
	}
	return -LX_ENOIOCTLCMD;
}
