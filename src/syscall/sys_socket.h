/* SPDX-License-Identifier: MIT */
/* sys_socket.h - addresses between guest and lxcore, for sys_socket.c and sys_message.c. */
#ifndef SYSCALL_SYS_SOCKET_H
#define SYSCALL_SYS_SOCKET_H
#include "lxrun/socket.h"

/* -LX_EINVAL, -LX_EFAULT. */
int sock_addr_in(struct task *t, gaddr_t from, uint32_t len, struct sock_addr *a);
/* The address as far as the guest has room, and its whole length. -LX_EINVAL, -LX_EFAULT. */
int sock_addr_out(struct task *t, gaddr_t to, gaddr_t lenp, const struct sock_addr *a);
#endif
