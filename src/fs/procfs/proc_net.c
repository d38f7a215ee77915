/* SPDX-License-Identifier: MIT */
/*
 * proc_net.c - /proc/PID/net: the network, which is the host's for everybody, so its tables are the host's
 * texts, other programs' sockets among them; but AF_UNIX, which is lxcore's own.
 */
#include "proc.h"
#include "lxrun/socket.h"
#include <stdio.h>
#include <string.h>

static int show_host_net(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char name[32];
	size_t len;
	char *s;

	snprintf(name, sizeof(name), "net/%s", n->row->name);
	s = proc_host_text(NULL, name, &len);
	if (!s)
		return -LX_ENOENT; /* a host without IPv6, or without memory for it */
	text_put(tx, s, len);
	mem_free(s);
	return 0;
}

static int show_unix(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_str(tx, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	socket_show_unix(tx);
	return 0;
}

#define HOST_NET(name)                                         \
	{                                                      \
		name, LX_S_IFREG | 0444, .show = show_host_net \
	}
const struct pseudo_row proc_net_rows[] = {
	HOST_NET("arp"),
	HOST_NET("dev"),
	HOST_NET("icmp"),
	HOST_NET("icmp6"),
	HOST_NET("if_inet6"),
	HOST_NET("igmp"),
	HOST_NET("ipv6_route"),
	HOST_NET("netstat"),
	HOST_NET("raw"),
	HOST_NET("raw6"),
	HOST_NET("route"),
	HOST_NET("snmp"),
	HOST_NET("snmp6"),
	HOST_NET("sockstat"),
	HOST_NET("sockstat6"),
	HOST_NET("tcp"),
	HOST_NET("tcp6"),
	HOST_NET("udp"),
	HOST_NET("udp6"),
	{ "unix", LX_S_IFREG | 0444, .show = show_unix },
	{ NULL },
};
