/* SPDX-License-Identifier: MIT */
/* memfd.c - memfd_create(2): a memory file of the NT layer without a name. Its seals are the memory file's. */
#include "lxrun/host_file.h"
#include "lxrun/syscall.h"
#include <stdio.h>
#include <string.h>

#define MFD_CLOEXEC       0x1u
#define MFD_ALLOW_SEALING 0x2u
#define MFD_HUGETLB       0x4u
#define MFD_NOEXEC_SEAL   0x8u
#define MFD_EXEC          0x10u
#define MFD_NAME_MAX      249

int memfd_create_file(struct task *t, const char *name, uint32_t flags, struct file **f)
{
	char text[MFD_NAME_MAX + 32];
	HANDLE handle;
	NTSTATUS status;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC) || strlen(name) > MFD_NAME_MAX)
		return flags & (MFD_HUGETLB | MFD_NOEXEC_SEAL)
			       ? unsupported(t, "memfd_create", "flags", flags, -LX_EINVAL)
			       : -LX_EINVAL;
	status = IoCreateMemoryFile(&handle, flags & MFD_ALLOW_SEALING);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	snprintf(text, sizeof(text), "/memfd:%s (deleted)", name);
	*f = host_file(handle, IoHostRegular, LX_O_RDWR, text);
	return *f ? 0 : -LX_ENOMEM;
}
