/* SPDX-License-Identifier: MIT */
/*
 * socket.h - sockets as files (src/ipc). AF_UNIX is lxcore's own, as on WSL1: NT has nothing that passes
 * descriptors. AF_INET and AF_INET6 are sockets of NT's provider, \Device\Afd. Other families answer EAFNOSUPPORT.
 *
 * Every verb takes a file that may be no socket: -LX_ENOTSOCK. They check rights of t, may sleep in
 * t's name (-LX_ERESTARTSYS) and say errors as the man page of the call of the same name.
 */
#ifndef LXRUN_SOCKET_H
#define LXRUN_SOCKET_H
#include "lx/netlink.h"
#include "lx/socket.h"
#include "lxrun/vfs.h"

/* An address as the guest gave or gets it: len bytes of any count, 0 none. */
struct sock_addr {
	uint32_t len;
	struct lx_sockaddr sa;
};

/* What travels beside the bytes. Owner: whoever has it, sock_control_put(). */
struct sock_control {
	struct file  **files; /* SCM_RIGHTS: references */
	uint32_t       nr_files;
	bool           has_creds;
	struct lx_ucred creds;
	/* What else there is, struct lx_cmsghdr after struct lx_cmsghdr as the guest has them; or NULL. */
	uint8_t *list;
	uint32_t list_len;
};
void sock_control_put(struct sock_control *c); /* leaves it empty */

/* One sendmsg or recvmsg. */
struct sock_msg {
	struct iter         *it;
	struct sock_addr     addr;    /* in: where to; out: where from */
	struct sock_control  control; /* in: consumed by a send that took it; out: the receiver's, to be put */
	uint32_t             flags;   /* LX_MSG_* of the call; out (recvmsg): LX_MSG_TRUNC and kin */
};

/* Each returns references: one file, or the two ends. type: LX_SOCK_* with flags. */
int socket_create(struct task *t, int family, uint32_t type, int protocol, struct file **out);
int socket_pair(struct task *t, int family, uint32_t type, int protocol, struct file *ends[2]);

int socket_bind(struct file *f, struct task *t, const struct sock_addr *addr);
int socket_connect(struct file *f, struct task *t, const struct sock_addr *addr);
int socket_listen(struct file *f, struct task *t, uint32_t backlog);
/* Returns a reference in *out and the peer's address. flags: LX_SOCK_NONBLOCK. */
int socket_accept(struct file *f, struct task *t, uint32_t flags, struct file **out, struct sock_addr *peer);
int socket_name(struct file *f, bool peer, struct sock_addr *addr);
int socket_shutdown(struct file *f, int how);
int64_t socket_send(struct file *f, struct task *t, struct sock_msg *m); /* bytes */
int64_t socket_recv(struct file *f, struct task *t, struct sock_msg *m); /* bytes, 0 at the end */
/* optlen: at most 256. get: *len in: room, out: length. */
int socket_set_option(struct file *f, struct task *t, int level, int option, const void *value, uint32_t len);
int socket_get_option(struct file *f, struct task *t, int level, int option, void *value, uint32_t *len);
bool socket_is(const struct file *f);
/*
 * A datagram for the reader of netlink socket f, made ahead so that its delivery cannot fail; mem_free() it or deliver
 * it. -LX_ENOTSOCK; -LX_EINVAL: of another family; -LX_ENOMEM.
 */
struct nl_packet;
int  netlink_reserve(struct file *f, struct nl_packet **out);
/* Consumes p. len: at most 4096. */
void netlink_deliver(struct file *f, struct nl_packet *p, const void *data, uint32_t len);
/* The name of the interface of that number. False: there is none. */
bool socket_interface_name(uint32_t index, char name[LX_IFNAMSIZ]);
/* The lines of /proc/net/unix. */
struct text;
void socket_show_unix(struct text *tx);
#endif
