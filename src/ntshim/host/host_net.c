/* SPDX-License-Identifier: MIT */
/*
 * host_net.c - what the host's network looks like: interfaces and addresses by getifaddrs(3), routes by the text
 * of /proc/net/route and /proc/net/ipv6_route.
 */
#include "host_net.h"
#include "host_sys.h"
#include "base/alloc.h"
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* ---- interfaces ---- */

static ULONG type_of(unsigned flags)
{
	if (flags & IFF_LOOPBACK)
		return IF_TYPE_SOFTWARE_LOOPBACK;
	if (flags & IFF_POINTOPOINT)
		return flags & IFF_NOARP ? IF_TYPE_TUNNEL : IF_TYPE_PPP;
	return IF_TYPE_ETHERNET_CSMACD;
}

static ULONG mtu_of(int fd, const char *name)
{
	struct ifreq req = { 0 };

	strncpy(req.ifr_name, name, sizeof(req.ifr_name) - 1);
	return fd >= 0 && !ioctl(fd, SIOCGIFMTU, &req) ? (ULONG)req.ifr_mtu : 0;
}

static void fill_interface(const struct ifaddrs *ifa, int fd, MIB_IF_ROW2 *row)
{
	const struct sockaddr_ll *ll = (const void *)ifa->ifa_addr;
	const struct rtnl_link_stats *stats = ifa->ifa_data;
	size_t length = ll->sll_halen < sizeof(ll->sll_addr) ? ll->sll_halen : sizeof(ll->sll_addr);

	row->InterfaceIndex = (ULONG)ll->sll_ifindex;
	row->InterfaceLuid = (ULONGLONG)ll->sll_ifindex << 24 | (ULONGLONG)type_of(ifa->ifa_flags)
									<< 48;
	for (size_t i = 0; ifa->ifa_name[i] && i < IF_MAX_STRING_SIZE; i++)
		row->Alias[i] = row->Description[i] = (UCHAR)ifa->ifa_name[i];
	row->PhysicalAddressLength = (ULONG)length;
	memcpy(row->PhysicalAddress, ll->sll_addr, length);
	memcpy(row->PermanentPhysicalAddress, ll->sll_addr, length);
	row->Mtu = mtu_of(fd, ifa->ifa_name);
	row->Type = type_of(ifa->ifa_flags);
	row->OperStatus = ifa->ifa_flags & IFF_RUNNING ? IfOperStatusUp : IfOperStatusDown;
	row->AdminStatus = ifa->ifa_flags & IFF_UP ? NET_IF_ADMIN_STATUS_UP
						   : NET_IF_ADMIN_STATUS_DOWN;
	if (!stats)
		return;
	row->InOctets = stats->rx_bytes;
	row->InUcastPkts = stats->rx_packets;
	row->InErrors = stats->rx_errors;
	row->InDiscards = stats->rx_dropped;
	row->OutOctets = stats->tx_bytes;
	row->OutUcastPkts = stats->tx_packets;
	row->OutErrors = stats->tx_errors;
	row->OutDiscards = stats->tx_dropped;
}

static ULONG count_of(const struct ifaddrs *list)
{
	ULONG n = 0;

	for (; list; list = list->ifa_next)
		n++;
	return n;
}

NTSTATUS host_interfaces(PMIB_IF_TABLE2 *table)
{
	struct ifaddrs *list;
	int fd = getifaddrs(&list) ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*table = NULL;
	if (fd < 0)
		return host_status(errno);
	*table = mem_alloc(sizeof(**table) + count_of(list) * sizeof(MIB_IF_ROW2));
	for (const struct ifaddrs *ifa = list; *table && ifa; ifa = ifa->ifa_next)
		if (ifa->ifa_addr && ifa->ifa_addr->sa_family == AF_PACKET)
			fill_interface(ifa, fd, &(*table)->Table[(*table)->NumEntries++]);
	host_close(fd);
	freeifaddrs(list);
	return *table ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- addresses ---- */

static UCHAR bits_of(const UCHAR *mask, size_t size)
{
	UCHAR n = 0;

	for (size_t i = 0; i < size; i++)
		n = (UCHAR)(n + __builtin_popcount(mask[i]));
	return n;
}

/* FALSE: not one of the family asked for. */
static BOOLEAN fill_address(const struct ifaddrs *ifa, USHORT family, MIB_UNICASTIPADDRESS_ROW *row)
{
	const struct sockaddr_in *in = (const void *)ifa->ifa_addr,
				 *mask4 = (const void *)ifa->ifa_netmask;
	const struct sockaddr_in6 *in6 = (const void *)ifa->ifa_addr,
				  *mask6 = (const void *)ifa->ifa_netmask;

	if (!in || !mask4)
		return FALSE;
	if (in->sin_family == AF_INET && family != WS_AF_INET6) {
		memcpy(&row->Address, in, sizeof(*in));
		row->Address.si_family = WS_AF_INET;
		row->OnLinkPrefixLength = bits_of((const UCHAR *)&mask4->sin_addr, 4);
	} else if (in->sin_family == AF_INET6 && family != WS_AF_INET) {
		memcpy(&row->Address, in6, sizeof(*in6));
		row->Address.si_family = WS_AF_INET6;
		row->OnLinkPrefixLength = bits_of((const UCHAR *)&mask6->sin6_addr, 16);
		row->ScopeId = in6->sin6_scope_id;
	} else {
		return FALSE;
	}
	row->InterfaceIndex = if_nametoindex(ifa->ifa_name);
	row->ValidLifetime = row->PreferredLifetime = UINT32_MAX;
	return TRUE;
}

NTSTATUS host_addresses(USHORT family, PMIB_UNICASTIPADDRESS_TABLE *table)
{
	struct ifaddrs *list;

	*table = NULL;
	if (getifaddrs(&list))
		return host_status(errno);
	*table = mem_alloc(sizeof(**table) + count_of(list) * sizeof(MIB_UNICASTIPADDRESS_ROW));
	for (const struct ifaddrs *ifa = list; *table && ifa; ifa = ifa->ifa_next)
		if (fill_address(ifa, family, &(*table)->Table[(*table)->NumEntries]))
			(*table)->NumEntries++;
	freeifaddrs(list);
	return *table ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- routes ---- */

#define RTF_UP_BIT     0x1u
#define RTF_REJECT_BIT 0x200u
#define RTF_LOCAL_BIT  0x80000000u

/* "eth0 00000000 0100A8C0 0003 0 0 100 00000000 ...": numbers as the host's memory has them. */
static BOOLEAN parse_v4(const char *line, MIB_IPFORWARD_ROW2 *row)
{
	unsigned dest, gate, flags, metric, mask;
	char name[IF_NAMESIZE + 1];

	if (sscanf(line, "%16s %x %x %x %*d %*d %u %x", name, &dest, &gate, &flags, &metric,
		   &mask) != 6 ||
	    !(flags & RTF_UP_BIT) || flags & RTF_REJECT_BIT)
		return FALSE;
	row->InterfaceIndex = if_nametoindex(name);
	row->DestinationPrefix.Prefix.si_family = row->NextHop.si_family = WS_AF_INET;
	memcpy(row->DestinationPrefix.Prefix.Ipv4.sin_addr, &dest, 4);
	memcpy(row->NextHop.Ipv4.sin_addr, &gate, 4);
	row->DestinationPrefix.PrefixLength = bits_of((const UCHAR *)&mask, 4);
	row->Metric = metric;
	return TRUE;
}

static BOOLEAN hex_bytes(const char *text, UCHAR out[16])
{
	for (int i = 0; i < 16; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return FALSE;
		out[i] = (UCHAR)byte;
	}
	return TRUE;
}

/* "dest(32) length(2) source length gateway(32) metric refs use flags name" */
static BOOLEAN parse_v6(const char *line, MIB_IPFORWARD_ROW2 *row)
{
	char dest[33], gate[33], name[IF_NAMESIZE + 1];
	unsigned length, metric, flags;

	if (sscanf(line, "%32s %x %*s %*x %32s %x %*x %*x %x %16s", dest, &length, gate, &metric,
		   &flags, name) != 6 ||
	    !(flags & RTF_UP_BIT) || flags & RTF_REJECT_BIT || strlen(dest) != 32 ||
	    strlen(gate) != 32)
		return FALSE;
	if (flags & RTF_LOCAL_BIT || !strncmp(dest, "ff", 2)) /* its own addresses, and groups */
		return FALSE;
	row->InterfaceIndex = if_nametoindex(name);
	row->DestinationPrefix.Prefix.si_family = row->NextHop.si_family = WS_AF_INET6;
	row->DestinationPrefix.PrefixLength = (UCHAR)length;
	row->Metric = metric;
	return hex_bytes(dest, row->DestinationPrefix.Prefix.Ipv6.sin6_addr) &&
	       hex_bytes(gate, row->NextHop.Ipv6.sin6_addr);
}

/* Appends the routes that path tells of. A host without it has none. */
static NTSTATUS add_routes(const char *path, BOOLEAN (*parse)(const char *, MIB_IPFORWARD_ROW2 *),
			   PMIB_IPFORWARD_TABLE2 *table)
{
	FILE *f = fopen(path, "re");
	char line[512];
	NTSTATUS status = STATUS_SUCCESS;

	while (f && NT_SUCCESS(status) && fgets(line, sizeof(line), f)) {
		ULONG n = (*table)->NumEntries;
		MIB_IPFORWARD_ROW2 row = { 0 };
		PMIB_IPFORWARD_TABLE2 more;

		if (!parse(line, &row))
			continue;
		more = mem_realloc(*table, sizeof(*more) + (n + 1) * sizeof(row));
		if (more) {
			more->Table[n] = row;
			more->NumEntries++;
			*table = more;
		} else {
			status = STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	if (f)
		fclose(f);
	return status;
}

NTSTATUS host_routes(USHORT family, PMIB_IPFORWARD_TABLE2 *table)
{
	NTSTATUS status = STATUS_SUCCESS;

	*table = mem_alloc(sizeof(**table));
	if (!*table)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (family != WS_AF_INET6)
		status = add_routes("/proc/net/route", parse_v4, table);
	if (NT_SUCCESS(status) && family != WS_AF_INET)
		status = add_routes("/proc/net/ipv6_route", parse_v6, table);
	if (!NT_SUCCESS(status)) {
		mem_free(*table);
		*table = NULL;
	}
	return status;
}
