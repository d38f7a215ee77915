/* SPDX-License-Identifier: MIT */
/*
 * filter.c - the one seccomp program, for every guest thread of the instance.
 *
 * libseccomp makes the part that looks at numbers and arguments from the provider's routes: default
 * USER_NOTIF, ALLOW for host calls, TRACE for the life cycle, ENOSYS for other architectures (int
 * 0x80 and x32 included). Rules that need the instruction pointer it cannot express: they are put in
 * front here.
 *   - calls from the stub's loader page pass, but for its own two;
 *   - nobody else may map anything over that page (its addresses would pass).
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LD_HI(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define JEQ(v, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), (t), (f))
#define JGE(v, t, f) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (v), (t), (f))
#define RET(v)       BPF_STMT(BPF_RET | BPF_K, (v))

static const struct sock_filter prefix[] = {
	/* page 1 of the stub: everything but its questions is allowed */
	LD_HI(instruction_pointer),
	JEQ(STUB_BASE >> 32, 0, 7),
	LD(instruction_pointer),
	JGE((uint32_t)STUB_CODE, 0, 5),
	JGE((uint32_t)(STUB_CODE + STUB_CODE_SIZE), 4, 0),
	LD(nr),
	JEQ(STUB_CALL_LOAD, 2, 0),
	JEQ(STUB_CALL_ERROR, 1, 0),
	RET(SECCOMP_RET_ALLOW),
	/* mmap, mprotect, pkey_mprotect at the stub; mremap to it */
	LD(nr),
	JEQ(SYS_mmap, 5, 0),
	JEQ(SYS_mprotect, 4, 0),
	JEQ(SYS_pkey_mprotect, 3, 0),
	JEQ(SYS_mremap, 0, 5),
	LD_HI(args[4]),
	JEQ(STUB_BASE >> 32, 2, 3),
	LD_HI(args[0]),
	JEQ(STUB_BASE >> 32, 0, 1),
	RET(SECCOMP_RET_ERRNO | ENOMEM),
};
#define PREFIX_LEN (sizeof prefix / sizeof prefix[0])

static int add_rule(scmp_filter_ctx ctx, const PICO_CALL_ROUTE *r)
{
	uint32_t action = r->Route == PicoRouteHost ? SCMP_ACT_ALLOW : SCMP_ACT_TRACE(1);

	if (r->ArgNot)
		return seccomp_rule_add_exact(ctx, action, (int)r->Number, 1,
					      SCMP_CMP(r->ArgIndex, SCMP_CMP_NE, r->ArgValue));
	if (r->ArgMask)
		return seccomp_rule_add_exact(
			ctx, action, (int)r->Number, 1,
			SCMP_CMP(r->ArgIndex, SCMP_CMP_MASKED_EQ, r->ArgMask, r->ArgValue));
	return seccomp_rule_add_exact(ctx, action, (int)r->Number, 0);
}

/* Reads the program libseccomp made. Returns the number of instructions, or -1. */
static ssize_t export_program(scmp_filter_ctx ctx, struct sock_filter *out, size_t max)
{
	ssize_t n = -1;
	int fd = memfd_create("lxrun-filter", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!seccomp_export_bpf(ctx, fd))
		n = pread(fd, out, max * sizeof *out, 0) / (ssize_t)sizeof *out;
	close(fd);
	return n;
}

NTSTATUS PicoBuildFilter(const PICO_CALL_ROUTE *Routes, ULONG Count, struct sock_fprog *Program)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_NOTIFY);
	struct sock_filter *f = calloc(BPF_MAXINSNS, sizeof *f);
	NTSTATUS status = STATUS_UNSUCCESSFUL;
	ssize_t n;

	if (!ctx || !f)
		goto out;
	if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)))
		goto out;
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (ULONG i = 0; i < Count; i++)
		if (Routes[i].Route != PicoRouteTrap && add_rule(ctx, &Routes[i]))
			goto out;
	n = export_program(ctx, f + PREFIX_LEN, BPF_MAXINSNS - PREFIX_LEN);
	if (n <= 0)
		goto out;
	memcpy(f, prefix, sizeof prefix);
	Program->filter = f;
	Program->len = (unsigned short)(PREFIX_LEN + n);
	f = NULL;
	status = STATUS_SUCCESS;
out:
	free(f);
	if (ctx)
		seccomp_release(ctx);
	return status;
}
