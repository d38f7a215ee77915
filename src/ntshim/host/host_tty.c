/* SPDX-License-Identifier: MIT */
/*
 * host_tty.c - terminal control by the kernel's own ioctls: their structures are the guest's, whereas
 * the C library's struct termios is another one.
 */
#include "host_tty.h"
#include "host_filep.h"
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

_Static_assert(sizeof(struct termios) == HOST_TERMIOS_SIZE, "kernel struct termios");
_Static_assert(sizeof(struct winsize) == HOST_WINSIZE_SIZE, "struct winsize");

BOOLEAN host_is_tty(host_fd fd)
{
	struct termios t;

	return ioctl(fd.v, TCGETS, &t) == 0;
}

NTSTATUS host_tty_get_attr(host_fd fd, void *termios)
{
	return host_done("ioctl", fd.v, "TCGETS", ioctl(fd.v, TCGETS, termios));
}

NTSTATUS host_tty_get_winsize(host_fd fd, void *winsize)
{
	return host_done("ioctl", fd.v, "TIOCGWINSZ", ioctl(fd.v, TIOCGWINSZ, winsize));
}

NTSTATUS host_tty_set_winsize(host_fd fd, const void *winsize)
{
	return host_done("ioctl", fd.v, "TIOCSWINSZ", ioctl(fd.v, TIOCSWINSZ, winsize));
}

NTSTATUS host_tty_flush(host_fd fd, ULONG queue)
{
	if (queue > 2)
		return STATUS_INVALID_PARAMETER;
	return host_done("ioctl", fd.v, "TCFLSH", ioctl(fd.v, TCFLSH, (unsigned long)queue));
}

NTSTATUS host_bytes_ready(host_fd fd, ULONG *bytes)
{
	int n = 0;
	NTSTATUS status = host_done("ioctl", fd.v, "FIONREAD", ioctl(fd.v, FIONREAD, &n));

	*bytes = n > 0 ? (ULONG)n : 0;
	return status;
}
