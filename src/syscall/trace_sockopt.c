/* SPDX-License-Identifier: MIT */
/* trace_sockopt.c - values of options of sockets: numbers as a rule, some structs, else their bytes. */
#include "trace_impl.h"
#include "lx/errno.h"
#include "lx/netlink.h"
#include "lx/socket.h"
#include <inttypes.h>

/* Fields of an option that are numbers, each of 32 bits. What the value is too short for is left out. */
struct value_kind {
	uint32_t level, option;
	uint32_t least; /* shorter ones of setsockopt are shown as their address */
	const char *fields[4];
};
static const struct value_kind value_kinds[] = {
	{ LX_SOL_SOCKET, LX_SO_LINGER, 8, { "l_onoff", "l_linger" } },
	{ LX_SOL_SOCKET, LX_SO_PEERCRED, 0, { "pid", "uid", "gid" } },
};

static const struct value_kind *value_kind(const struct trace_args *ta)
{
	size_t k;

	for (k = 0; k < sizeof(value_kinds) / sizeof(value_kinds[0]); k++)
		if (value_kinds[k].level == SC_U32(ta->args, 1) &&
		    value_kinds[k].option == SC_U32(ta->args, 2))
			return &value_kinds[k];
	return NULL;
}

/* Options of SOL_SOCKET that are numbers and nothing else, a bit each: shown as such however long they are. */
static bool is_number(const struct trace_args *ta)
{
	static const uint64_t numbers[2] = { 0x91227f3f680ddfe6ull, 0xa73ull };
	uint32_t option = SC_U32(ta->args, 2);

	return SC_U32(ta->args, 1) == LX_SOL_SOCKET && option < 128 &&
	       (numbers[option / 64] >> option % 64 & 1);
}

/* A number of which a part is there: its bytes. */
static void part_text(const uint8_t *p, uint32_t n, struct text *out)
{
	uint32_t k;

	text_str(out, "\"");
	for (k = 0; k < n; k++)
		text_printf(out, "\\x%02x", p[k]);
	text_str(out, "\"");
}

static void fields_text(struct trace_args *ta, int i, const struct value_kind *vk, uint32_t len,
			struct text *out)
{
	int32_t values[4];
	uint32_t n = 0, at;

	while (n < 4 && vk->fields[n])
		n++;
	len = len < n * sizeof(values[0]) ? len : (uint32_t)(n * sizeof(values[0]));
	if (!trace_fetch(ta, i, values, len, out))
		return;
	for (n = 0, at = 0; at < len; n++, at += sizeof(values[0])) {
		text_printf(out, "%s%s=", n ? ", " : "{", vk->fields[n]);
		if (len - at < sizeof(values[0]))
			part_text((uint8_t *)&values[n], len - at, out);
		else
			text_printf(out, "%" PRId32, values[n]);
	}
	text_str(out, "}");
}

/* Of any option: a number, or bytes. got: the call filled it in. */
static void plain_text(struct trace_args *ta, int i, int32_t len, bool got, struct text *out)
{
	bool number = is_number(ta);
	int32_t n;

	if (number && got && len < (int32_t)sizeof(n)) {
		if (trace_fetch(ta, i, &n, (size_t)len, out))
			part_text((uint8_t *)&n, (uint32_t)len, out);
		return;
	}
	if (number && len > (int32_t)sizeof(n))
		len = sizeof(n);
	if (len < 0 || (number && len < (int32_t)sizeof(n)))
		text_pointer(out, SC_U64(ta->args, i));
	else if (len != sizeof(n))
		trace_memory(ta, SC_U64(ta->args, i), (uint64_t)len, out);
	else if (trace_fetch(ta, i, &n, sizeof(n), out))
		text_printf(out, "[%" PRId32 "]", n);
}

/* SO_ERROR: [ECONNREFUSED] */
static void error_text(struct trace_args *ta, int i, int32_t len, struct text *out)
{
	int32_t n = 0;
	const char *name;

	if (len < (int32_t)sizeof(n)) {
		if (trace_fetch(ta, i, &n, (size_t)len, out))
			part_text((uint8_t *)&n, (uint32_t)len, out);
		return;
	}
	if (!trace_fetch(ta, i, &n, sizeof(n), out))
		return;
	name = n ? lx_errno_name(n) : NULL;
	if (name)
		text_printf(out, "[%s]", name);
	else
		text_printf(out, "[%" PRId32 "]", n);
}

bool trace_osockval(struct trace_args *ta, int i, struct text *out)
{
	const struct value_kind *vk = value_kind(ta);
	int32_t len = 0;

	if (!ta->nrooms || !trace_ok(ta) || ta->rooms[0] <= 0 ||
	    guest_copyin(ta->task, &len, SC_GPTR(ta->args, i + 1), sizeof(len)) || len <= 0)
		text_pointer(out, SC_U64(ta->args, i));
	else if (vk)
		fields_text(ta, i, vk, (uint32_t)len, out);
	else if (SC_U32(ta->args, 1) == LX_SOL_SOCKET && SC_U32(ta->args, 2) == LX_SO_ERROR)
		error_text(ta, i, len, out);
	else
		plain_text(ta, i, len, true, out);
	return true;
}

/* Who joins or leaves a group. */
static bool membership_text(struct trace_args *ta, int i, struct text *out)
{
	uint32_t level = SC_U32(ta->args, 1), option = SC_U32(ta->args, 2);
	int32_t len = SC_I32(ta->args, i + 1);
	uint8_t mreq[20];
	uint32_t index;
	bool six = level == LX_IPPROTO_IPV6;

	if (!(level == LX_IPPROTO_IP &&
	      (option == LX_IP_ADD_MEMBERSHIP || option == LX_IP_DROP_MEMBERSHIP)) &&
	    !(six && (option == LX_IPV6_ADD_MEMBERSHIP || option == LX_IPV6_DROP_MEMBERSHIP)))
		return false;
	if (len < (six ? 20 : 8)) {
		text_pointer(out, SC_U64(ta->args, i));
	} else if (trace_fetch(ta, i, mreq, six ? 20 : 8, out)) {
		text_str(out, six ? "{" : "{imr_multiaddr=");
		if (six) {
			__builtin_memcpy(&index, mreq + 16, sizeof(index));
			trace_inet6_addr(mreq, "ipv6mr_multiaddr", out);
			text_str(out, ", ipv6mr_interface=");
			trace_interface_text(index, out);
		} else {
			trace_inet_addr(mreq, out);
			text_str(out, ", imr_interface=");
			trace_inet_addr(mreq + 4, out);
		}
		text_str(out, "}");
	}
	return true;
}

bool trace_sockval(struct trace_args *ta, int i, struct text *out)
{
	const struct value_kind *vk = value_kind(ta);
	int32_t len = SC_I32(ta->args, i + 1);
	bool netlink = SC_U32(ta->args, 1) ==
		       LX_SOL_NETLINK; /* SOL_NETLINK: a number, whatever its length */

	if (!gaddr_null(SC_GPTR(ta->args, i)) && membership_text(ta, i, out))
		return true;
	if ((vk && vk->least && len < (int32_t)vk->least) || (netlink && len < 4))
		text_pointer(out, SC_U64(ta->args, i));
	else if (vk && vk->least)
		fields_text(ta, i, vk, (uint32_t)len, out);
	else
		plain_text(ta, i, netlink ? 4 : len, false, out);
	return true;
}
