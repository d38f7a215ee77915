/* SPDX-License-Identifier: MIT */
/*
 * unix.h - inside AF_UNIX: what a socket is and what its files share.
 *
 * Two connected sockets hold references to each other until each one's file is gone. A message waits in
 * the receiver's queue and is charged to its sender, whose buffer (SO_SNDBUF) it fills until it is read.
 *
 * Locks: names_lock (LR_DCACHE, unix_name.c), then s->lock (LR_INODE), two of them as a pair.
 * Messages, files and sockets are dropped with no lock held: a file's end may be anything's.
 */
#ifndef IPC_UNIX_H
#define IPC_UNIX_H
#include "base/alloc.h"
#include "base/refs.h"
#include "sock.h"

enum sock_state { SOCK_FREE, SOCK_CONNECTED, SOCK_LISTENING };

struct unix_msg {
	struct list link;
	struct unix_sock *from; /* holds a reference */
	uint32_t len, off;
	struct sock_control control;
	char data[];
};

struct unix_sock {
	struct sock base;
	struct refs refs;
	uint32_t type;  /* LX_SOCK_*; constant */
	struct lk lock; /* LR_INODE; guards (the atomic ones may be read without): */
	_Atomic enum sock_state state;
	bool dead;               /* its file is gone */
	_Atomic uint32_t shut;   /* SHUT_* */
	int err;                 /* SO_ERROR: told once */
	struct unix_sock *peer;  /* holds a reference */
	struct list queue;       /* struct unix_msg */
	_Atomic uint32_t queued; /* of them */
	uint64_t bytes;          /* in them */
	struct list embryos;     /* a listener's: to be accepted, by accept_link; references */
	uint32_t nr_embryos, backlog;
	struct sock_addr addr; /* len 0: none */
	struct lx_ucred creds; /* of connect(), listen() or socketpair() */
	struct lx_ucred peer_creds;
	/* options */
	_Atomic uint32_t sndbuf, rcvlowat;
	_Atomic uint32_t flags; /* a bit per boolean option */
	uint32_t rcvbuf;
	int32_t priority;
	struct lx_linger linger;
	struct lx_timeval timeo[2]; /* receive, send; 0: for ever */
	/* ---- names_lock ---- */
	struct list name_link; /* empty: not bound */
	struct path path;      /* references, while bound to a path ... */
	uint64_t dev, ino;     /* ... and what that is */
	struct list all_link;  /* all_lock */
	/* ---- any thread ---- */
	_Atomic uint32_t level;   /* of sockets in messages in sockets: LEVEL_MAX */
	_Atomic uint64_t charged; /* what others have not read yet */
	struct waitq rq;          /* something to receive, to accept; ends */
	struct waitq wq;          /* room in its own buffer; ends */
	struct async_list async;  /* its file, with O_ASYNC */
	struct waitq room;        /* senders and connectors: room in its queue, in its backlog */
	struct list accept_link;  /* the listener's lock */
};

static inline struct unix_sock *unix_of(struct sock *s)
{
	return container_of(s, struct unix_sock, base);
}

struct unix_sock *unix_new(uint32_t type);
void unix_put(struct unix_sock *s);
/* There is something to read, or to accept: wakes who waits and tells by signal. No lock is held. */
void unix_wake_readers(struct unix_sock *s);
/* The file is gone. Consumes the file's reference. */
void unix_close(struct unix_sock *s);
struct unix_sock *unix_peer(struct unix_sock *s); /* returns a reference, or NULL */
void unix_creds(struct task *t, bool effective, struct lx_ucred *out);
/* The socket bound to addr: a reference in *out. -LX_ECONNREFUSED and what the walk and its rights say. */
int unix_find(struct task *t, const struct sock_addr *addr, struct unix_sock **out);
int unix_check_addr(const struct sock_addr *addr); /* -LX_EINVAL */
int unix_bind(struct unix_sock *s, struct task *t, const struct sock_addr *addr);
int unix_autobind(struct unix_sock *s); /* a number as abstract name, unless it has one */
void unix_unbind(struct unix_sock *s);

int unix_pair(struct task *t, struct unix_sock *a, struct unix_sock *b);
int unix_listen(struct unix_sock *s, struct task *t, uint32_t backlog);
int unix_connect(struct unix_sock *s, struct task *t, const struct sock_addr *addr, bool nonblock);
int unix_accept(struct unix_sock *s, struct task *t, bool nonblock, struct unix_sock **out);
void unix_shutdown(struct unix_sock *s, uint32_t how);

int64_t unix_send(struct unix_sock *s, struct task *t, struct sock_msg *m, bool nonblock);
int64_t unix_recv(struct unix_sock *s, struct task *t, struct sock_msg *m, bool nonblock);
uint32_t unix_poll(struct unix_sock *s, struct poll_table *pt);
void unix_drop(struct list *msgs); /* frees them all; no lock held */

int unix_set_option(struct unix_sock *s, struct task *t, int option, const void *value,
		    uint32_t len);
int unix_get_option(struct unix_sock *s, int option, void *value, uint32_t *len);
bool unix_option(const struct unix_sock *s, int option);

static inline bool unix_has_connections(const struct unix_sock *s)
{
	return s->type != LX_SOCK_DGRAM;
}

/* SO_RCVTIMEO, SO_SNDTIMEO (which 0, 1) from now on. */
uint64_t unix_deadline(struct unix_sock *s, int which);
#endif
