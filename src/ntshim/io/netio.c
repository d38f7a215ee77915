/* SPDX-License-Identifier: MIT */
/* netio.c - IP Helper's tables (nt/netio.h, nt.md AF15): the host's network. */
#include "iop.h"
#include "../host/host_net.h"
#include "base/alloc.h"

static BOOLEAN IsFamily(USHORT Family)
{
	return Family == WS_AF_UNSPEC || Family == WS_AF_INET || Family == WS_AF_INET6;
}

NTSTATUS GetIfTable2(PMIB_IF_TABLE2 *Table)
{
	NTSTATUS Status = host_interfaces(Table);

	TRACE(TR_NT, "GetIfTable2() = %s", NtStatusName(Status));
	return Status;
}

NTSTATUS GetUnicastIpAddressTable(USHORT Family, PMIB_UNICASTIPADDRESS_TABLE *Table)
{
	NTSTATUS Status = IsFamily(Family) ? host_addresses(Family, Table)
					   : STATUS_INVALID_PARAMETER;

	TRACE(TR_NT, "GetUnicastIpAddressTable(%u) = %s", Family, NtStatusName(Status));
	return Status;
}

NTSTATUS GetIpForwardTable2(USHORT Family, PMIB_IPFORWARD_TABLE2 *Table)
{
	NTSTATUS Status = IsFamily(Family) ? host_routes(Family, Table) : STATUS_INVALID_PARAMETER;

	TRACE(TR_NT, "GetIpForwardTable2(%u) = %s", Family, NtStatusName(Status));
	return Status;
}

VOID FreeMibTable(PVOID Memory)
{
	mem_free(Memory);
}
