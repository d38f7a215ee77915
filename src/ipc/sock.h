/* SPDX-License-Identifier: MIT */
/*
 * sock.h - what the families of sockets share. A file of a socket has a struct sock as priv, the head of
 * its family's own; socket.c does what is the same for all and leads the rest to the family.
 */
#ifndef IPC_SOCK_H
#define IPC_SOCK_H
#include "lxrun/signal.h"
#include "lxrun/socket.h"
#include "lxrun/task.h"

#define SHUT_RECV 1u
#define SHUT_SEND 2u
#define SHUT_BOTH 3u

struct sock {
	const struct sock_family *family; /* constant */
	_Atomic uint64_t
		ino; /* of its file; 0 before it has one, unless the family has a number for it */
};

/* Verbs answer as their system calls do. NULL: -LX_EOPNOTSUPP; ioctl: -LX_ENOIOCTLCMD. */
struct sock_family {
	int family;
	/* type without flags. -LX_EPROTONOSUPPORT, -LX_ESOCKTNOSUPPORT, -LX_EPERM, -LX_ENOMEM ... */
	int (*create)(struct task *t, uint32_t type, int protocol, struct sock **out);
	void (*close)(struct sock *s); /* the file is gone */
	int (*pair)(struct task *t, struct sock *a, struct sock *b);
	int (*bind)(struct sock *s, struct task *t, const struct sock_addr *addr);
	int (*connect)(struct sock *s, struct task *t, const struct sock_addr *addr, bool nonblock);
	int (*listen)(struct sock *s, struct task *t, uint32_t backlog);
	int (*accept)(struct sock *s, struct task *t, bool nonblock, struct sock **out);
	int (*name)(struct sock *s, bool peer, struct sock_addr *addr);
	int (*shutdown)(struct sock *s, uint32_t how); /* SHUT_* */
	int64_t (*send)(struct sock *s, struct task *t, struct sock_msg *m, bool nonblock);
	int64_t (*recv)(struct sock *s, struct task *t, struct sock_msg *m, bool nonblock);
	uint32_t (*poll)(struct sock *s, struct poll_table *pt);
	int64_t (*ioctl)(struct sock *s, struct task *t, uint32_t cmd, uint64_t arg);
	int (*set_option)(struct sock *s, struct task *t, int level, int option, const void *value,
			  uint32_t len);
	int (*get_option)(struct sock *s, struct task *t, int level, int option, void *value,
			  uint32_t *len);
	struct async_list *(*async)(struct sock *s);
};
extern const struct sock_family unix_family, inet_family, inet6_family, netlink_family;

/* The socket of f, which may be anything: NULL. */
struct sock *sock_of(const struct file *f);

/* SO_RCVTIMEO, SO_SNDTIMEO: from now on; 0: for ever. */
uint64_t sock_deadline(struct lx_timeval timeo);
int sock_set_timeout(struct lx_timeval *timeo, const void *value,
		     uint32_t len); /* -LX_EINVAL, -LX_EDOM */
/* An option's value for the guest: as much as *len has room for. */
void sock_give(const void *from, uint32_t size, void *value, uint32_t *len);
/*
 * task_attempt(), but a signal that comes while there is a deadline is -LX_EINTR: what has a time limit is not
 * started again (signal(7)).
 */
int sock_wait(struct task *t, struct waitq *q, uint64_t deadline, bool nonblock,
	      int64_t (*attempt)(void *arg), void *arg);
#endif
