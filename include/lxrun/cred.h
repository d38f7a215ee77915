/* SPDX-License-Identifier: MIT */
/*
 * cred.h - identities and capabilities of a task. A struct cred is immutable once published: a change
 * replaces the task's pointer (task_set_cred), never the contents. Rules: src/task/{ids,capability}.c.
 */
#ifndef LXRUN_CRED_H
#define LXRUN_CRED_H
#include "base/refs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task;

/* Supplementary groups; shared by the credentials that have the same. */
struct group_list {
	struct refs refs;
	uint32_t    n;
	uint32_t    ids[];
};
#define GROUPS_MAX 65536u

struct cred {
	struct refs refs;
	uint32_t uid, euid, suid, fsuid, gid, egid, sgid, fsgid;
	struct group_list *groups; /* holds a reference; NULL: none */
	uint64_t cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient;
	uint32_t securebits;       /* LX_SECBIT_* */
};
struct cred *cred_get(struct cred *c);
void         cred_put(struct cred *c);
struct cred *cred_copy(const struct cred *c); /* returns a reference, or NULL */
bool         cred_in_group(const struct cred *c, uint32_t gid); /* fsgid or supplementary */
/* Replaces the groups of an unpublished c by a copy of ids. 0 or -LX_ENOMEM. */
int          cred_set_groups(struct cred *c, uint32_t n, const uint32_t *ids);
/* Full rights if c->uid is 0: what a first process has. Sets the five capability sets of an unpublished c. */
void         cred_init_caps(struct cred *c);

#define LX_CAP_CHOWN 0
#define LX_CAP_DAC_OVERRIDE 1
#define LX_CAP_DAC_READ_SEARCH 2
#define LX_CAP_FOWNER 3
#define LX_CAP_FSETID 4
#define LX_CAP_KILL 5
#define LX_CAP_SETGID 6
#define LX_CAP_SETUID 7
#define LX_CAP_SETPCAP 8
#define LX_CAP_LINUX_IMMUTABLE 9
#define LX_CAP_NET_BIND_SERVICE 10
#define LX_CAP_NET_ADMIN 12
#define LX_CAP_NET_RAW 13
#define LX_CAP_IPC_LOCK 14
#define LX_CAP_IPC_OWNER 15
#define LX_CAP_SYS_CHROOT 18
#define LX_CAP_SYS_PTRACE 19
#define LX_CAP_SYS_PACCT 20
#define LX_CAP_SYS_ADMIN 21
#define LX_CAP_SYS_BOOT 22
#define LX_CAP_SYS_NICE 23
#define LX_CAP_SYS_RESOURCE 24
#define LX_CAP_SYS_TTY_CONFIG 26
#define LX_CAP_MKNOD 27
#define LX_CAP_LEASE 28
#define LX_CAP_SETFCAP 31
#define LX_CAP_MAC_OVERRIDE 32
#define LX_CAP_CHECKPOINT_RESTORE 40
#define LX_CAP_LAST LX_CAP_CHECKPOINT_RESTORE
#define LX_CAP_ALL ((2ull << LX_CAP_LAST) - 1)
static inline bool cred_capable(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

/* securebits; each has its lock one bit higher. */
#define LX_SECBIT_NOROOT 0x01u
#define LX_SECBIT_NO_SETUID_FIXUP 0x04u
#define LX_SECBIT_KEEP_CAPS 0x10u
#define LX_SECBIT_NO_CAP_AMBIENT_RAISE 0x40u
#define LX_SECBITS_ALL 0x55u
#define LX_SECBITS_LOCKS 0xaau

/* capset(2), prctl(2); each 0 (or the answer) or -LX_E*. */
int task_setcaps(struct task *t, uint64_t effective, uint64_t permitted, uint64_t inheritable);
int task_drop_bounding(struct task *t, uint64_t cap);
int task_set_securebits(struct task *t, uint64_t bits);
int task_set_keepcaps(struct task *t, uint64_t on);
/* PR_CAP_AMBIENT: op PR_CAP_AMBIENT_*. */
int task_ambient(struct task *t, uint64_t op, uint64_t cap);
/* Capabilities of a file: its security.capability attribute. Not present: all empty. */
struct file;
struct file_caps {
	bool     present, effective;
	uint64_t permitted, inheritable;
};
/* 0, or -LX_EINVAL: the attribute is malformed. src/task/file_caps.c */
int file_caps_get(struct file *f, struct file_caps *out);
/* Whether a value of the attribute is one. */
bool file_caps_valid(const void *value, size_t size);
/* What an exec knows of the program's file. */
struct exec_file {
	uint32_t mode, uid, gid;
	bool     sets_ids;     /* its set-id bits are honoured */
	bool     no_new_privs; /* the caller's: nothing may be gained */
	struct file_caps caps; /* to be honoured */
};
/*
 * What an exec of that file makes of c (execve(2), capabilities(7)). *out: a reference to the new
 * credentials, NULL if nothing changes; *secure: AT_SECURE. -LX_EPERM: the file's capabilities are not all to be had.
 */
int cred_for_exec(const struct cred *c, const struct exec_file *x, struct cred **out, bool *secure);
#endif
