/* SPDX-License-Identifier: MIT */
/* host_net.h - interfaces, addresses and routes of the host, as IP Helper has them (nt/netio.h). Tables: mem_free(). */
#ifndef HOST_NET_H
#define HOST_NET_H
#include "nt/netio.h"

NTSTATUS host_interfaces(PMIB_IF_TABLE2 *table);
NTSTATUS host_addresses(USHORT family, PMIB_UNICASTIPADDRESS_TABLE *table);
NTSTATUS host_routes(USHORT family, PMIB_IPFORWARD_TABLE2 *table);
#endif
