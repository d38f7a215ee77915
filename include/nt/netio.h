/* SPDX-License-Identifier: MIT */
/*
 * netio.h - IP Helper as kernel code has it (netioapi.h, ifdef.h, nldef.h): interfaces, addresses and routes of the
 * network, which here is the host's. Layouts are official; what is not named below is 0.
 *
 * Each Get* returns a table that the caller gives to FreeMibTable(); STATUS_INSUFFICIENT_RESOURCES, or what the
 * host says. Family: WS_AF_INET, WS_AF_INET6, WS_AF_UNSPEC (both); another: STATUS_INVALID_PARAMETER.
 */
#ifndef NT_NETIO_H
#define NT_NETIO_H
#include "nt/afd.h"

typedef union _SOCKADDR_INET { SOCKADDR_IN Ipv4; SOCKADDR_IN6 Ipv6; USHORT si_family; } SOCKADDR_INET;
typedef struct _NET_GUID { ULONG Data1; USHORT Data2, Data3; UCHAR Data4[8]; } NET_GUID;
#define IF_MAX_STRING_SIZE           256
#define IF_MAX_PHYS_ADDRESS_LENGTH   32
#define IF_TYPE_ETHERNET_CSMACD      6u
#define IF_TYPE_PPP                  23u
#define IF_TYPE_SOFTWARE_LOOPBACK    24u
#define IF_TYPE_TUNNEL               131u
#define IfOperStatusUp               1u
#define IfOperStatusDown             2u
#define NET_IF_ADMIN_STATUS_UP       1u
#define NET_IF_ADMIN_STATUS_DOWN     2u

/* Alias is the host's name of the interface. */
typedef struct _MIB_IF_ROW2 {
	ULONGLONG InterfaceLuid;
	ULONG InterfaceIndex;
	NET_GUID InterfaceGuid;
	WCHAR Alias[IF_MAX_STRING_SIZE + 1], Description[IF_MAX_STRING_SIZE + 1];
	ULONG PhysicalAddressLength;
	UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH], PermanentPhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
	ULONG Mtu, Type, TunnelType, MediaType, PhysicalMediumType, AccessType, DirectionType;
	UCHAR InterfaceAndOperStatusFlags;
	ULONG OperStatus, AdminStatus, MediaConnectState;
	NET_GUID NetworkGuid;
	ULONG ConnectionType;
	ULONGLONG TransmitLinkSpeed, ReceiveLinkSpeed;
	ULONGLONG InOctets, InUcastPkts, InNUcastPkts, InDiscards, InErrors, InUnknownProtos, InUcastOctets, InMulticastOctets, InBroadcastOctets;
	ULONGLONG OutOctets, OutUcastPkts, OutNUcastPkts, OutDiscards, OutErrors, OutUcastOctets, OutMulticastOctets, OutBroadcastOctets, OutQLen;
} MIB_IF_ROW2, *PMIB_IF_ROW2;
typedef struct _MIB_IF_TABLE2 { ULONG NumEntries; MIB_IF_ROW2 Table[1]; } MIB_IF_TABLE2, *PMIB_IF_TABLE2;

typedef struct _MIB_UNICASTIPADDRESS_ROW {
	SOCKADDR_INET Address;
	ULONGLONG InterfaceLuid;
	ULONG InterfaceIndex, PrefixOrigin, SuffixOrigin, ValidLifetime, PreferredLifetime;
	UCHAR OnLinkPrefixLength;
	BOOLEAN SkipAsSource;
	ULONG DadState, ScopeId;
	LARGE_INTEGER CreationTimeStamp;
} MIB_UNICASTIPADDRESS_ROW, *PMIB_UNICASTIPADDRESS_ROW;
typedef struct _MIB_UNICASTIPADDRESS_TABLE { ULONG NumEntries; MIB_UNICASTIPADDRESS_ROW Table[1]; } MIB_UNICASTIPADDRESS_TABLE, *PMIB_UNICASTIPADDRESS_TABLE;

typedef struct _IP_ADDRESS_PREFIX { SOCKADDR_INET Prefix; UCHAR PrefixLength; } IP_ADDRESS_PREFIX;
typedef struct _MIB_IPFORWARD_ROW2 {
	ULONGLONG InterfaceLuid;
	ULONG InterfaceIndex;
	IP_ADDRESS_PREFIX DestinationPrefix;
	SOCKADDR_INET NextHop; /* all zero: none */
	UCHAR SitePrefixLength;
	ULONG ValidLifetime, PreferredLifetime, Metric, Protocol;
	BOOLEAN Loopback, AutoconfigureAddress, Publish, Immortal;
	ULONG Age, Origin;
} MIB_IPFORWARD_ROW2, *PMIB_IPFORWARD_ROW2;
typedef struct _MIB_IPFORWARD_TABLE2 { ULONG NumEntries; MIB_IPFORWARD_ROW2 Table[1]; } MIB_IPFORWARD_TABLE2, *PMIB_IPFORWARD_TABLE2;
_Static_assert(sizeof(MIB_IF_ROW2) == 1352 && sizeof(MIB_UNICASTIPADDRESS_ROW) == 80 && sizeof(MIB_IPFORWARD_ROW2) == 104 &&
	       offsetof(MIB_IF_TABLE2, Table) == 8 && offsetof(MIB_IPFORWARD_ROW2, NextHop) == 44, "netioapi.h");

NTSTATUS GetIfTable2(PMIB_IF_TABLE2 *Table);
NTSTATUS GetUnicastIpAddressTable(USHORT Family, PMIB_UNICASTIPADDRESS_TABLE *Table);
NTSTATUS GetIpForwardTable2(USHORT Family, PMIB_IPFORWARD_TABLE2 *Table);
VOID FreeMibTable(PVOID Memory);
#endif
