/* SPDX-License-Identifier: MIT */
/* host_tty.h - terminals of the host. Buffers hold the x86-64 kernel's struct termios and winsize. */
#ifndef HOST_TTY_H
#define HOST_TTY_H
#include "host_file.h"

#define HOST_TERMIOS_SIZE 36
#define HOST_WINSIZE_SIZE 8
BOOLEAN host_is_tty(host_fd fd);
NTSTATUS host_tty_get_attr(host_fd fd, void *termios);
NTSTATUS host_tty_get_winsize(host_fd fd, void *winsize);
NTSTATUS host_tty_set_winsize(host_fd fd, const void *winsize);
NTSTATUS host_tty_flush(host_fd fd, ULONG queue); /* 0 input, 1 output, 2 both */
/* Whether this process may read it: its group is the terminal's foreground, or the terminal is not its own. */
BOOLEAN host_tty_is_foreground(host_fd fd);
/*
 * Makes fd a description of its own that does not wait, and starts the process that gives the terminal
 * its attributes back should we die. Once per terminal, before other threads exist.
 */
NTSTATUS host_tty_keep(host_fd fd);
/* Raw from now on. STATUS_DEVICE_BUSY: we are in its background. */
NTSTATUS host_tty_take(host_fd fd);
/* As it was when it was taken, unless somebody else has changed it. */
NTSTATUS host_tty_give_back(host_fd fd);
/* fd is about to be closed: given back, and no longer kept. Harmless for others. */
void host_tty_forget(host_fd fd);
NTSTATUS host_bytes_ready(host_fd fd, ULONG *bytes);
#endif
