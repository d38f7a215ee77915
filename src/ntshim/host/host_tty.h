/* SPDX-License-Identifier: MIT */
/* host_tty.h - terminals of the host. Buffers hold the x86-64 kernel's struct termios and winsize. */
#ifndef HOST_TTY_H
#define HOST_TTY_H
#include "host_file.h"

#define HOST_TERMIOS_SIZE 36
#define HOST_WINSIZE_SIZE 8
BOOLEAN host_is_tty(host_fd fd);
NTSTATUS host_tty_get_attr(host_fd fd, void *termios);
/* when: 0 now, 1 after output has drained, 2 and input is discarded */
NTSTATUS host_tty_set_attr(host_fd fd, ULONG when, const void *termios);
NTSTATUS host_tty_get_winsize(host_fd fd, void *winsize);
NTSTATUS host_tty_set_winsize(host_fd fd, const void *winsize);
NTSTATUS host_tty_flush(host_fd fd, ULONG queue); /* 0 input, 1 output, 2 both */
NTSTATUS host_bytes_ready(host_fd fd, ULONG *bytes);
#endif
