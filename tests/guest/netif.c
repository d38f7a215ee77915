/* SPDX-License-Identifier: MIT */
/* netif.c - the loopback interface by ioctl, by netlink and in /proc/net; netlink sockets. */
#include "inet_test.h"
#include <ifaddrs.h>
#include <net/if.h>

static struct ifreq named(const char *name)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	return r;
}

static uint32_t address_in(const struct sockaddr *sa)
{
	struct sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

TEST(an_interface_is_told_by_ioctl)
{
	int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
	struct ifreq r = named("lo");

	OK(ioctl(s, SIOCGIFINDEX, &r));
	EQ(r.ifr_ifindex, 1);
	memset(r.ifr_name, 0, sizeof(r.ifr_name));
	OK(ioctl(s, SIOCGIFNAME, &r));
	STREQ(r.ifr_name, "lo");
	OK(ioctl(s, SIOCGIFFLAGS, &r));
	EQ(r.ifr_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST),
	   IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
	OK(ioctl(s, SIOCGIFADDR, &r));
	EQ(r.ifr_addr.sa_family, AF_INET);
	EQ(address_in(&r.ifr_addr), INADDR_LOOPBACK);
	OK(ioctl(s, SIOCGIFNETMASK, &r));
	EQ(address_in(&r.ifr_addr), 0xFF000000);
	OK(ioctl(s, SIOCGIFBRDADDR, &r));
	EQ(address_in(&r.ifr_addr), 0);
	OK(ioctl(s, SIOCGIFHWADDR, &r));
	EQ(r.ifr_hwaddr.sa_family, 772);
	OK(ioctl(s, SIOCGIFMTU, &r));
	TRUE(r.ifr_mtu >= 1500);
	r = named("lxrun-none0");
	ERR(ioctl(s, SIOCGIFFLAGS, &r), ENODEV);
	r.ifr_ifindex = 99999;
	ERR(ioctl(s, SIOCGIFNAME, &r), ENODEV);
	ERR(ioctl(s, SIOCGIFFLAGS, (void *)8), EFAULT);
	s = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
	r = named("lo");
	OK(ioctl(s, SIOCGIFINDEX, &r)); /* any socket will do */
}

TEST(interfaces_are_listed_by_ioctl)
{
	int s = OK(socket(AF_INET, SOCK_DGRAM, 0)), found = 0;
	char buf[4096];
	struct ifconf c = { .ifc_len = 0 };

	OK(ioctl(s, SIOCGIFCONF, &c));
	TRUE(c.ifc_len >= (int)sizeof(struct ifreq));
	EQ(c.ifc_len % (int)sizeof(struct ifreq), 0);
	c = (struct ifconf){ .ifc_len = sizeof(buf), .ifc_buf = buf };
	OK(ioctl(s, SIOCGIFCONF, &c));
	for (int i = 0; i < c.ifc_len / (int)sizeof(struct ifreq); i++)
		found += !strcmp(c.ifc_req[i].ifr_name, "lo") &&
			 address_in(&c.ifc_req[i].ifr_addr) == INADDR_LOOPBACK;
	EQ(found, 1);
	c.ifc_len = sizeof(struct ifreq) - 1;
	OK(ioctl(s, SIOCGIFCONF, &c));
	EQ(c.ifc_len, 0);
}

TEST(getifaddrs_finds_the_loopback)
{
	struct ifaddrs *list = NULL;
	int link = 0, four = 0;

	OK(getifaddrs(&list));
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, "lo") || !i->ifa_addr)
			continue;
		link += i->ifa_addr->sa_family == AF_PACKET && i->ifa_flags & IFF_LOOPBACK;
		four += i->ifa_addr->sa_family == AF_INET &&
			address_in(i->ifa_addr) == INADDR_LOOPBACK &&
			address_in(i->ifa_netmask) == 0xFF000000;
	}
	EQ(link, 1);
	EQ(four, 1);
	freeifaddrs(list);
	EQ(if_nametoindex("lo"), 1);
}

/* ---- netlink, by hand: linux/netlink.h is not there for musl ---- */

struct nl_address {
	uint16_t family, pad;
	uint32_t pid, groups;
};
struct nl_header {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, pid;
};
struct request {
	struct nl_header h;
	uint8_t family, pad[15];
};
enum { GETLINK = 18, NEWLINK = 16, GETADDR = 22, DELADDR = 21, ERROR = 2, DONE = 3 };

static int netlink(void)
{
	return OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static ssize_t ask(int s, uint16_t type, uint16_t flags)
{
	struct request r = { .h = { sizeof(r), type, (uint16_t)(flags | 1), 42, 0 } };

	return send(s, &r, sizeof(r), 0);
}

TEST(a_netlink_socket_has_a_number)
{
	struct nl_address a = { .family = AF_NETLINK }, b;
	socklen_t len = sizeof(b);
	int s = netlink(), other;

	OK(bind(s, (struct sockaddr *)&a, sizeof(a)));
	OK(getsockname(s, (struct sockaddr *)&b, &len));
	EQ(len, sizeof(b));
	EQ(b.family, AF_NETLINK);
	TRUE(b.pid != 0);
	ERR(bind(s, (struct sockaddr *)&a, 4), EINVAL);
	ERR(socket(AF_NETLINK, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	ERR(socket(AF_NETLINK, SOCK_RAW, 31), EPROTONOSUPPORT);
	ERR(listen(s, 1), EOPNOTSUPP);
	other = OK(socket(AF_NETLINK, SOCK_DGRAM, 15)); /* NETLINK_KOBJECT_UEVENT */
	ERR(recv(other, &b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	EQ(option_of(s, SOL_SOCKET, SO_PROTOCOL), 0);
	EQ(option_of(s, SOL_SOCKET, SO_DOMAIN), AF_NETLINK);
}

TEST(a_dump_ends_with_done)
{
	_Alignas(8) char buf[16384];
	int s = netlink(), messages = 0, done = 0;

	EQ(ask(s, GETLINK, 0x300), sizeof(struct request));
	EQ(events_of(s, POLLIN, 0), POLLIN);
	TRUE(recv(s, buf, 16, MSG_PEEK | MSG_TRUNC) > 16);
	while (!done) {
		ssize_t n = OK(recv(s, buf, sizeof(buf), MSG_DONTWAIT));
		struct nl_header *h = (void *)buf;

		if (n < 0)
			break;
		for (ssize_t at = 0; at < n; at += (h->len + 3) & ~3u) {
			h = (void *)(buf + at);
			EQ(h->seq, 42);
			EQ(h->flags & 2, 2);
			done += h->type == DONE;
			messages += h->type == NEWLINK;
		}
	}
	EQ(done, 1);
	TRUE(messages >= 1);
	ERR(recv(s, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
}

static int error_of(int s)
{
	struct {
		struct nl_header h;
		int32_t err;
		struct nl_header asked;
	} answer = { .err = 1 };

	TRUE(recv(s, &answer, sizeof(answer), MSG_DONTWAIT) >= (ssize_t)sizeof(answer) - 16);
	EQ(answer.h.type, ERROR);
	return answer.err;
}

TEST(what_an_ordinary_user_may_not_change_is_eperm)
{
	struct nl_address nobody = { .family = AF_NETLINK, .pid = 1 };
	int s = netlink();

	drop_root();
	EQ(ask(s, DELADDR, 4), sizeof(struct request));
	EQ(error_of(s), -EPERM);
	EQ(ask(s, 250, 4), sizeof(struct request));
	EQ(error_of(s), -EOPNOTSUPP);
	EQ(send(s, "x", 1, 0), 1); /* too short for a request: nobody minds */
	ERR(recv(s, &nobody, sizeof(nobody), MSG_DONTWAIT), EAGAIN);
	ERR(send(s, (void *)8, 16, 0), EFAULT);
}

TEST(tables_of_the_network_are_in_proc)
{
	union address a;
	char wanted[64], link[64] = "", *text;
	struct stat st;
	int l = listening(AF_INET, 1, &a);

	OK(fstat(l, &st));
	snprintf(wanted, sizeof(wanted), "0100007F:%04X 00000000:0000 0A", ntohs(a.in.sin_port));
	TRUE(strstr(read_file("/proc/net/tcp"), wanted));
	snprintf(wanted, sizeof(wanted), " %lu ", (unsigned long)st.st_ino);
	TRUE(strstr(read_file("/proc/net/tcp"), wanted));
	TRUE(strstr(read_file("/proc/net/dev"), " lo:"));
	TRUE(strstr(read_file("/proc/self/net/route"), "Iface"));
	TRUE(strstr(read_file("/proc/net/sockstat"), "TCP: inuse"));
	text = read_file("/proc/net/udp");
	TRUE(text && strstr(text, "local_address"));
	OK(readlink("/proc/net", link, sizeof(link) - 1));
	STREQ(link, "self/net");
	l = OK(socket(AF_UNIX, SOCK_STREAM, 0));
	struct {
		sa_family_t family;
		char name[16];
	} u = { AF_UNIX, "\0netif-test" };
	OK(bind(l, (struct sockaddr *)&u, 2 + 11));
	TRUE(strstr(read_file("/proc/net/unix"), "@netif-test"));
	ERR(open("/proc/net/none", O_RDONLY), ENOENT);
}
