/* SPDX-License-Identifier: MIT */
/*
 * reboot.c - reboot(2). In a name space of numbers it ends that, as pid_namespaces(7) says. The machine is the host's:
 * in the instance's first name space nobody may end it, root included. What Ctrl-Alt-Del does is kept; no key is there.
 */
#include "pid_ns.h"

#define CMD_RESTART  0x01234567u
#define CMD_HALT     0xcdef0123u
#define CMD_OFF      0x4321fedcu
#define CMD_RESTART2 0xa1b2c3d4u
#define CMD_CAD_ON   0x89abcdefu
#define CMD_CAD_OFF  0x00000000u

static int in_name_space(struct task *t, uint32_t command)
{
	switch (command) {
	case CMD_RESTART:
	case CMD_RESTART2:
		return pid_ns_reboot(t, LX_SIGHUP);
	case CMD_HALT:
	case CMD_OFF:
		return pid_ns_reboot(t, LX_SIGINT);
	default:
		return -LX_EINVAL;
	}
}

int task_reboot(struct task *t, uint32_t command)
{
	if (task_pid_ns(t)->level)
		return in_name_space(t, command);
	switch (command) {
	case CMD_CAD_ON:
	case CMD_CAD_OFF:
		return 0;
	case CMD_RESTART:
	case CMD_RESTART2:
	case CMD_HALT:
	case CMD_OFF:
		return unsupported(t, "reboot", "command", command, -LX_EPERM);
	default:
		return -LX_EINVAL; /* also suspend and kexec, which kernels need not have */
	}
}
