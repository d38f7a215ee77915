# SPDX-License-Identifier: MIT
# A container's seccomp profile answers calls before lxrun can see them. This makes one that lets every call
# through that lxrun answers, from Docker's default profile (github.com/moby/profiles, seccomp/default.json):
#
#     jq -f docker-seccomp.jq default.json > lxrun.json
#     docker run --security-opt seccomp=lxrun.json ...
#
# lxrun speaks with its loader by a call number that no kernel has, and a profile can only name calls that there
# are: what the profile does not name has to pass. What the default profile wants a capability for stays refused
# unless lxrun answers it, and so do the calls that it leaves out as dangerous.
#
# Only for containers whose programs run under lxrun: without it, these calls would reach the host's kernel.
def answered: [
	"mount", "umount2", "unshare", "setns", "sethostname", "setdomainname", "syslog", "fsopen",
	"fsmount", "move_mount", "open_tree", "quotactl", "bpf", "perf_event_open", "userfaultfd",
	"add_key", "keyctl", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"kcmp", "pidfd_getfd", "process_madvise", "open_by_handle_at", "settimeofday", "clock_settime",
	"mbind", "set_mempolicy", "reboot", "swapon", "vhangup", "pivot_root", "chroot", "ptrace",
	"name_to_handle_at", "acct", "socket", "clone", "clone3", "fsconfig", "fspick", "get_mempolicy",
	"mount_setattr", "personality", "set_mempolicy_home_node", "sysfs", "ustat"
];
def dangerous: ["kexec_load", "kexec_file_load", "swapoff", "nfsservctl", "uselib", "migrate_pages", "move_pages"];

([.syscalls[] | select(.action == "SCMP_ACT_ALLOW" and (.includes.caps // [] | length) == 0) | .names[]]
	+ answered) as $pass
| ([.syscalls[] | select(.includes.caps // [] | length > 0) | .names[]] + dangerous | unique - $pass) as $refused
| .defaultAction = "SCMP_ACT_ALLOW"
| del(.defaultErrnoRet)
| .syscalls = [
	{ comment: "answered by lxrun", action: "SCMP_ACT_ALLOW", names: answered },
	{ comment: "neither needed nor answered", action: "SCMP_ACT_ERRNO", errnoRet: 1, names: $refused }
]
