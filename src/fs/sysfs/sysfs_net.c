/* SPDX-License-Identifier: MIT */
/* sysfs_net.c - /sys/class/net: the loopback interface, the one that every machine has. */
#include "sysfs.h"

static int show_fixed(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_str(tx, n->row->target);
	return 0;
}

#define FIXED(n, text)                                                     \
	{                                                                  \
		n, LX_S_IFREG | 0444, .show = show_fixed, .target = (text) \
	}
static const struct pseudo_row lo_rows[] = {
	FIXED("addr_assign_type", "0\n"),
	FIXED("addr_len", "6\n"),
	FIXED("address", "00:00:00:00:00:00\n"),
	FIXED("broadcast", "00:00:00:00:00:00\n"),
	FIXED("carrier", "1\n"),
	FIXED("dev_id", "0x0\n"),
	FIXED("dormant", "0\n"),
	FIXED("flags", "0x9\n"), /* IFF_UP | IFF_LOOPBACK */
	FIXED("ifindex", "1\n"),
	FIXED("iflink", "1\n"),
	FIXED("link_mode", "0\n"),
	FIXED("mtu", "65536\n"),
	FIXED("operstate", "unknown\n"),
	{ "subsystem", LX_S_IFLNK | 0777, .target = "../../../../class/net" },
	FIXED("tx_queue_len", "1000\n"),
	FIXED("type", "772\n"), /* ARPHRD_LOOPBACK */
	FIXED("uevent", "INTERFACE=lo\nIFINDEX=1\n"),
	{ NULL },
};

const struct pseudo_row sys_virtual_net_rows[] = { SYS_DIR("lo", lo_rows), { NULL } };

const struct pseudo_row sys_class_net_rows[] = {
	{ "lo", LX_S_IFLNK | 0777, .target = "../../devices/virtual/net/lo" },
	{ NULL },
};
