/* SPDX-License-Identifier: MIT */
/*
 * inet.h - inside AF_INET and AF_INET6: sockets that are endpoints of \Device\Afd, as WSL1's were kernel Winsock
 * sockets.
 *
 * Every endpoint is in non-blocking mode. A call tries; on STATUS_DEVICE_NOT_READY it subscribes to what
 * happens at the endpoint, once for the socket's life, and sleeps on the socket's queue as on any other of
 * lxcore. The same queue serves poll and epoll, edges included.
 *
 * Lock: s->lock (LR_INODE). Nothing is asked of NT with it but the subscription.
 */
#ifndef IPC_INET_H
#define IPC_INET_H
#include "sock.h"
#include "nt/afd.h"

#define INET_CONTROL_MAX 1024u /* bytes of control data, as NT has them */

struct inet_sock {
	struct sock base;
	HANDLE handle;   /* constant */
	uint32_t type;   /* LX_SOCK_*; constant */
	int protocol;    /* constant */
	struct waitq wq; /* whatever happens */
	struct async_list async;
	struct lk lock;             /* guards: */
	PIO_WATCH watch;            /* NULL: not subscribed yet */
	_Atomic bool watched;       /* watch is there */
	struct lx_timeval timeo[2]; /* receive, send; 0: for ever */
	_Atomic uint32_t rcvlowat;
};

static inline struct inet_sock *inet_of(struct sock *s)
{
	return container_of(s, struct inet_sock, base);
}

/* From now on s->wq is woken. 0 or -LX_ENOMEM. */
int inet_watch(struct inet_sock *s);
/* One control of the endpoint, at once. */
NTSTATUS inet_control(struct inet_sock *s, ULONG code, const void *in, ULONG in_len, void *out,
		      ULONG out_len, ULONG_PTR *information);
uint64_t inet_deadline(struct inet_sock *s, int which); /* SO_RCVTIMEO, SO_SNDTIMEO: 0, 1 */
/* As sock_wait() on s->wq, subscribed before the first sleep. */
int inet_wait(struct inet_sock *s, struct task *t, uint64_t deadline, bool nonblock,
	      int64_t (*attempt)(void *arg), void *arg);

/* Addresses: lx of any length as NT has it, and back. */
void inet_addr_to_nt(const struct sock_addr *lx, SOCKADDR_STORAGE *nt);
void inet_addr_to_lx(const SOCKADDR_STORAGE *nt, ULONG len, struct sock_addr *lx);

/* ---- inet_data.c ---- */
int64_t inet_send(struct sock *s, struct task *t, struct sock_msg *m, bool nonblock);
int64_t inet_recv(struct sock *s, struct task *t, struct sock_msg *m, bool nonblock);

/* ---- inet_option.c ---- */
int inet_set_option(struct sock *s, struct task *t, int level, int option, const void *value,
		    uint32_t len);
int inet_get_option(struct sock *s, struct task *t, int level, int option, void *value,
		    uint32_t *len);

/* ---- inet_control.c: control data (cmsg) ---- */
/* lx's list as NT has it; returns its length, or -LX_EINVAL. */
int inet_control_to_nt(const struct sock_control *lx, uint8_t nt[INET_CONTROL_MAX]);
/* 0 or -LX_ENOMEM; the list is lx's. */
int inet_control_to_lx(const uint8_t *nt, uint32_t len, struct sock_control *lx);
#endif
