/* SPDX-License-Identifier: MIT */
/*
 * netio.c - IP Helper's tables: interfaces, addresses, routes (nt.md AF15).
 * ntshim only: the kernel's functions; programs have them from iphlpapi.dll.
 */
#include "nttest.h"
#include "nt/netio.h"

static void interfaces(void)
{
	PMIB_IF_TABLE2 table = NULL;
	const MIB_IF_ROW2 *lo = NULL;

	ST("AF15", GetIfTable2(&table), SUCCESS);
	for (ULONG i = 0; table && i < table->NumEntries; i++)
		if (table->Table[i].Type == IF_TYPE_SOFTWARE_LOOPBACK)
			lo = &table->Table[i];
	EQ("AF15", lo != NULL, TRUE);
	if (lo) {
		EQ("AF15", lo->InterfaceIndex > 0, TRUE);
		EQ("AF15", lo->Alias[0] != 0, TRUE);
		EQ("AF15", lo->Mtu >= 1280, TRUE);
		EQ("AF15", lo->OperStatus, IfOperStatusUp);
		EQ("AF15", lo->InterfaceLuid >> 48, IF_TYPE_SOFTWARE_LOOPBACK);
	}
	FreeMibTable(table);
}

static void addresses(void)
{
	PMIB_UNICASTIPADDRESS_TABLE table = NULL;
	ULONG own = 0;

	ST("AF15", GetUnicastIpAddressTable(WS_AF_INET, &table), SUCCESS);
	for (ULONG i = 0; table && i < table->NumEntries; i++) {
		EQ("AF15", table->Table[i].Address.si_family, WS_AF_INET);
		own += table->Table[i].Address.Ipv4.sin_addr[0] == 127 &&
		       table->Table[i].OnLinkPrefixLength == 8;
	}
	EQ("AF15", own, 1);
	FreeMibTable(table);
	ST("AF15", GetUnicastIpAddressTable(99, &table), INVALID_PARAMETER);
}

static void routes(void)
{
	PMIB_IPFORWARD_TABLE2 table = NULL;

	ST("AF15", GetIpForwardTable2(WS_AF_UNSPEC, &table), SUCCESS);
	for (ULONG i = 0; table && i < table->NumEntries; i++) {
		EQ("AF15", table->Table[i].InterfaceIndex > 0, TRUE);
		EQ("AF15", table->Table[i].NextHop.si_family,
		   table->Table[i].DestinationPrefix.Prefix.si_family);
	}
	FreeMibTable(table);
	ST("AF15", GetIpForwardTable2(99, &table), INVALID_PARAMETER);
}

int main(void)
{
	nt_start();
	interfaces();
	addresses();
	routes();
	return nt_end("netio");
}
