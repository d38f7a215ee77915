/* SPDX-License-Identifier: MIT */
/* unix_option.c - SOL_SOCKET options: socket(7). What has no meaning without a network is kept and shown. */
#include "lxrun/ns.h"
#include "lxrun/task.h"
#include "unix.h"
#include <string.h>

#define BUFFER_MAX 212992u /* net.core.wmem_max, rmem_max */
#define SNDBUF_MIN 4608u
#define RCVBUF_MIN 2304u

/* Options that are on or off: bit n of flags. */
static const int boolean[] = {
	LX_SO_DEBUG,     LX_SO_REUSEADDR, LX_SO_DONTROUTE, LX_SO_BROADCAST, LX_SO_KEEPALIVE,
	LX_SO_OOBINLINE, LX_SO_REUSEPORT, LX_SO_PASSCRED,  LX_SO_TIMESTAMP, LX_SO_PASSSEC,
};

static uint32_t boolean_bit(int option)
{
	for (uint32_t i = 0; i < sizeof(boolean) / sizeof(*boolean); i++)
		if (boolean[i] == option)
			return 1u << i;
	return 0;
}

bool unix_option(const struct unix_sock *s, int option)
{
	return s->flags & boolean_bit(option);
}

/* ---- set ---- */

static uint32_t buffer_size(int64_t want, uint32_t min, bool force)
{
	uint64_t size = want < 0 ? 0 : (uint64_t)want;

	if (!force && size > BUFFER_MAX)
		size = BUFFER_MAX;
	if (size > INT32_MAX / 2)
		size = INT32_MAX / 2;
	return size * 2 < min ? min : (uint32_t)size * 2;
}

/* s->lock is held. */
static int set(struct unix_sock *s, struct task *t, int option, const void *value, uint32_t len)
{
	uint32_t bit = boolean_bit(option);
	bool admin = option == LX_SO_SNDBUFFORCE || option == LX_SO_RCVBUFFORCE;
	int32_t n;

	if (option == LX_SO_RCVTIMEO || option == LX_SO_SNDTIMEO)
		return sock_set_timeout(&s->timeo[option == LX_SO_SNDTIMEO], value, len);
	if (len < sizeof(n))
		return -LX_EINVAL;
	memcpy(&n, value, sizeof(n));
	if (admin && !cred_capable(t->cred, LX_CAP_NET_ADMIN))
		return -LX_EPERM;
	if (bit) {
		s->flags = n ? s->flags | bit : s->flags & ~bit;
		return 0;
	}
	switch (option) {
	case LX_SO_SNDBUF:
	case LX_SO_SNDBUFFORCE:
		s->sndbuf = buffer_size(n, SNDBUF_MIN, admin);
		return 0;
	case LX_SO_RCVBUF:
	case LX_SO_RCVBUFFORCE:
		s->rcvbuf = buffer_size(n, RCVBUF_MIN, admin);
		return 0;
	case LX_SO_RCVLOWAT:
		s->rcvlowat = n < 0 ? INT32_MAX : n ? (uint32_t)n : 1;
		return 0;
	case LX_SO_PRIORITY:
		if ((n < 0 || n > 6) && !cred_capable(t->cred, LX_CAP_NET_ADMIN))
			return -LX_EPERM;
		s->priority = n;
		return 0;
	case LX_SO_LINGER:
		if (len < sizeof(s->linger))
			return -LX_EINVAL;
		memcpy(&s->linger, value, sizeof(s->linger));
		s->linger.l_onoff = !!s->linger.l_onoff;
		return 0;
	default:
		return -LX_ENOPROTOOPT;
	}
}

int unix_set_option(struct unix_sock *s, struct task *t, int option, const void *value,
		    uint32_t len)
{
	int err;

	lk_acquire(&s->lock);
	err = set(s, t, option, value, len);
	lk_release(&s->lock);
	if (!err)
		waitq_wake(&s->wq); /* more room, perhaps */
	return err;
}

/* ---- get ---- */

static int number(const struct unix_sock *s, int option, int32_t *n)
{
	uint32_t bit = boolean_bit(option);

	if (bit) {
		*n = !!(s->flags & bit);
		return 0;
	}
	switch (option) {
	case LX_SO_TYPE:
		*n = (int32_t)s->type;
		return 0;
	case LX_SO_DOMAIN:
		*n = LX_AF_UNIX;
		return 0;
	case LX_SO_PROTOCOL:
		*n = 0;
		return 0;
	case LX_SO_ACCEPTCONN:
		*n = s->state == SOCK_LISTENING;
		return 0;
	case LX_SO_ERROR:
		*n = s->err;
		return 0;
	case LX_SO_SNDBUF:
		*n = (int32_t)s->sndbuf;
		return 0;
	case LX_SO_RCVBUF:
		*n = (int32_t)s->rcvbuf;
		return 0;
	case LX_SO_RCVLOWAT:
		*n = (int32_t)s->rcvlowat;
		return 0;
	case LX_SO_SNDLOWAT:
		*n = 1;
		return 0;
	case LX_SO_PRIORITY:
		*n = s->priority;
		return 0;
	default:
		return -LX_ENOPROTOOPT;
	}
}

int unix_get_option(struct unix_sock *s, int option, void *value, uint32_t *len)
{
	struct lx_ucred peer;
	int err = 0;
	int32_t n;

	lk_acquire(&s->lock);
	peer = s->peer_creds;
	switch (option) {
	case LX_SO_PEERCRED:
		break;
	case LX_SO_LINGER:
		sock_give(&s->linger, sizeof(s->linger), value, len);
		break;
	case LX_SO_RCVTIMEO:
	case LX_SO_SNDTIMEO:
		sock_give(&s->timeo[option == LX_SO_SNDTIMEO], sizeof(*s->timeo), value, len);
		break;
	default:
		err = number(s, option, &n);
		if (!err)
			sock_give(&n, sizeof(n), value, len);
		if (!err && option == LX_SO_ERROR)
			s->err = 0;
	}
	lk_release(&s->lock);
	if (option == LX_SO_PEERCRED) {
		peer.pid = pid_seen(task_current(), peer.pid);
		sock_give(&peer, sizeof(peer), value, len);
	}
	return err;
}
