/* SPDX-License-Identifier: MIT */
/* trace_control_message.c - what travels beside a message's bytes: descriptors, credentials, addresses. */
#include "trace_impl.h"
#include "base/alloc.h"
#include "lx/socket.h"
#include <inttypes.h>
#include <string.h>

#define CONTROL_MAX 20480u /* net.core.optmem_max */

typedef void print_data(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out);

static void rights_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	int32_t fd;
	uint64_t k;

	for (k = 0; k < n / sizeof(fd) && k < MAX_ELEMENTS; k++) {
		memcpy(&fd, data + k * sizeof(fd), sizeof(fd));
		text_printf(out, k ? ", %" PRId32 : "[%" PRId32, fd);
		trace_fd_text(ta, fd, out);
	}
	text_str(out, k < n / sizeof(fd) ? ", ...]" : "]");
}

static void creds_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	struct lx_ucred c;

	memcpy(&c, data, sizeof(c));
	text_printf(out, "{pid=%" PRId32 ", uid=%" PRId32 ", gid=%" PRId32 "}", c.pid,
		    (int32_t)c.uid, (int32_t)c.gid);
}

static void bytes_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	uint64_t k;

	for (k = 0; k < n && k < MAX_ELEMENTS; k++)
		text_printf(out, data[k] ? "%s%#x" : "%s%u", k ? ", " : "[", data[k]);
	text_str(out, k < n ? ", ...]" : "]");
}

static void string_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	text_quoted(out, (const char *)data, n, n, false);
}

static void numbers_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	uint32_t v;
	uint64_t k;

	for (k = 0; k < n / sizeof(v) && k < MAX_ELEMENTS; k++) {
		memcpy(&v, data + k * sizeof(v), sizeof(v));
		text_printf(out, k ? ", %" PRIu32 : "[%" PRIu32, v);
	}
	text_str(out, k < n / sizeof(v) ? ", ...]" : "]");
}

static void timeval_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	struct lx_timeval tv;

	memcpy(&tv, data, sizeof(tv));
	trace_timeval_text(&tv, out);
}

static void timespec_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	struct lx_timespec ts;

	memcpy(&ts, data, sizeof(ts));
	trace_timespec_text(&ts, out);
}

static void pktinfo_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	struct lx_in_pktinfo info;

	memcpy(&info, data, sizeof(info));
	text_str(out, "{ipi_ifindex=");
	trace_interface_text((uint32_t)info.ifindex, out);
	text_str(out, ", ipi_spec_dst=");
	trace_inet_addr(info.spec_dst, out);
	text_str(out, ", ipi_addr=");
	trace_inet_addr(info.addr, out);
	text_str(out, "}");
}

/* struct sock_extended_err and who said so. */
static void error_text(struct trace_args *ta, const uint8_t *data, uint64_t n, struct text *out)
{
	struct {
		uint32_t number;
		uint8_t origin, type, code, pad;
		uint32_t info, data;
		struct lx_sockaddr_in offender;
	} e;

	memcpy(&e, data, sizeof(e));
	text_printf(out,
		    "{ee_errno=%" PRIu32 ", ee_origin=%u, ee_type=%u, ee_code=%u, ee_info=%" PRIu32
		    ", ee_data=%" PRIu32 ", offender=",
		    e.number, e.origin, e.type, e.code, e.info, e.data);
	trace_sockaddr_text((struct lx_sockaddr *)&e.offender, sizeof(e.offender), out);
	text_str(out, "}");
}

static const struct control_type {
	int32_t level, type;
	const char *name;
	print_data *print;
	uint64_t least; /* bytes that print needs */
} types[] = {
	{ LX_SOL_SOCKET, LX_SCM_RIGHTS, "SCM_RIGHTS", rights_text, 4 },
	{ LX_SOL_SOCKET, LX_SCM_CREDENTIALS, "SCM_CREDENTIALS", creds_text, 12 },
	{ LX_SOL_SOCKET, 3, "SCM_SECURITY", string_text, 1 },
	{ LX_SOL_SOCKET, LX_SO_TIMESTAMP, "SO_TIMESTAMP_OLD", timeval_text, 16 },
	{ LX_SOL_SOCKET, LX_SO_TIMESTAMPNS, "SO_TIMESTAMPNS_OLD", timespec_text, 16 },
	{ LX_IPPROTO_IP, LX_IP_TOS, "IP_TOS", bytes_text, 1 },
	{ LX_IPPROTO_IP, LX_IP_TTL, "IP_TTL", numbers_text, 4 },
	{ LX_IPPROTO_IP, 6, "IP_RECVOPTS", bytes_text, 1 },
	{ LX_IPPROTO_IP, 7, "IP_RETOPTS", bytes_text, 1 },
	{ LX_IPPROTO_IP, LX_IP_PKTINFO, "IP_PKTINFO", pktinfo_text, 12 },
	{ LX_IPPROTO_IP, LX_IP_RECVERR, "IP_RECVERR", error_text, 32 },
};

/* From the type on: "SCM_RIGHTS, cmsg_data=[3]". */
static void one_text(struct trace_args *ta, const struct lx_cmsghdr *c, const uint8_t *data,
		     uint64_t n, struct text *out)
{
	const char *prefix = c->level == LX_SOL_SOCKET ? "SCM_" : "IP_";
	size_t k;

	for (k = 0; k < sizeof(types) / sizeof(types[0]); k++)
		if (types[k].level == c->level && types[k].type == c->type)
			break;
	if (k < sizeof(types) / sizeof(types[0]))
		text_str(out, types[k].name);
	else if (c->level != LX_SOL_SOCKET && c->level != LX_IPPROTO_IP)
		text_printf(out, c->type ? "%#" PRIx32 : "%" PRIu32, (uint32_t)c->type);
	else
		text_printf(out, "%#" PRIx32 " /* %s??? */", (uint32_t)c->type, prefix);
	if (k < sizeof(types) / sizeof(types[0]) && n >= types[k].least) {
		text_str(out, ", cmsg_data=");
		types[k].print(ta, data, n, out);
	}
}

static void list_text(struct trace_args *ta, uint64_t va, const uint8_t *list, uint64_t size,
		      struct text *out)
{
	uint64_t at = 0;
	struct lx_cmsghdr c;

	text_str(out, "[");
	while (size - at >= sizeof(c)) {
		uint64_t len;

		memcpy(&c, list + at, sizeof(c));
		len = c.len < size - at ? c.len : size - at;
		text_printf(out, "%s{cmsg_len=%" PRIu64 ", cmsg_level=", at ? ", " : "", c.len);
		trace_level_text((uint32_t)c.level, "SOL_???", out);
		text_str(out, ", cmsg_type=");
		one_text(ta, &c, list + at + sizeof(c), len > sizeof(c) ? len - sizeof(c) : 0, out);
		text_str(out, "}");
		if (len < sizeof(c)) {
			at += sizeof(c);
			break;
		}
		if (LX_CMSG_ALIGN(len) >= size - at) {
			at = size;
			break;
		}
		at += LX_CMSG_ALIGN(len);
	}
	if (at < size)
		text_printf(out, ", ... /* 0x%" PRIx64 " */", va + at);
}

void trace_control_text(struct trace_args *ta, uint64_t va, uint64_t size, struct text *out)
{
	uint64_t n = size < CONTROL_MAX ? size : CONTROL_MAX;
	uint8_t *list = n < sizeof(struct lx_cmsghdr) ? NULL : mem_alloc(n);

	if (!list || guest_copyin(ta->task, list, GADDR(va), n)) {
		text_pointer(out, va);
	} else {
		list_text(ta, va, list, n, out);
		text_str(out, n < size ? ", ...]" : "]");
	}
	mem_free(list);
}
