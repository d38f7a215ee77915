/* SPDX-License-Identifier: MIT */
/*
 * drives.c - the drives of the command line: each a volume of personality win, reached as \??\C:, which is
 * what DrvFs mounts.
 */
#include "task_impl.h"
#include "base/trace.h"
#include "lxrun/options.h"
#include "lxrun/vfs.h"
#include "nt/io.h"
#include "nt/ob.h"
#include "nt/rtl.h"
#include <stdio.h>

/* ASCII text as a counted string in buf. */
static void set_string(UNICODE_STRING *s, WCHAR *buf, const char *text)
{
	USHORT n = 0;

	for (; text[n]; n++)
		buf[n] = (WCHAR)text[n];
	*s = (UNICODE_STRING){ (USHORT)(n * 2), (USHORT)(n * 2), buf };
}

/* The I/O manager calls the first volume C:; a drive of that name takes its place. */
static void unlink_drive(OBJECT_ATTRIBUTES *attr)
{
	HANDLE handle;

	if (!NT_SUCCESS(NtOpenSymbolicLinkObject(&handle, DELETE, attr)))
		return;
	NtMakeTemporaryObject(handle);
	NtClose(handle);
}

static NTSTATUS link_drive(char letter, ULONG volume)
{
	WCHAR name_buf[16], target_buf[48];
	UNICODE_STRING name, target;
	OBJECT_ATTRIBUTES attr;
	char text[48];
	HANDLE handle;
	NTSTATUS status;

	snprintf(text, sizeof(text), "\\??\\%c:", letter);
	set_string(&name, name_buf, text);
	snprintf(text, sizeof(text), "\\Device\\HarddiskVolume%u", (unsigned)volume);
	set_string(&target, target_buf, text);
	InitializeObjectAttributes(&attr, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
	unlink_drive(&attr);
	attr.Attributes |= OBJ_PERMANENT;
	status = NtCreateSymbolicLinkObject(&handle, SYMBOLIC_LINK_ALL_ACCESS, &attr, &target);
	if (NT_SUCCESS(status))
		NtClose(handle);
	return status;
}

int drives_start(void)
{
	for (int i = 0; i < 26; i++) {
		const char *dir = lxrun_opt.drives[i];
		NTSTATUS status;
		ULONG number;
		int err;

		if (!dir)
			continue;
		status = IoCreateVolume(dir, VolumePersonalityWin, &number);
		if (NT_SUCCESS(status))
			status = link_drive((char)('A' + i), number);
		err = nt_to_errno(status);
		if (!err && !lxrun_opt.distribution) /* where they go there is wsl.conf's to say */
			err = vfs_mount_drive((char)('a' + i));
		if (err) {
			lxrun_warn("cannot make %s drive %c: %s", dir, 'A' + i,
				   lx_errno_text(-err));
			return err;
		}
	}
	return 0;
}
