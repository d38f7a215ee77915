/* SPDX-License-Identifier: MIT */
/* volfs_io.c - open files and directories of VolFs. */
#include "volfs.h"
#include "../nt_dir.h"

const struct file_ops volfs_file_ops = {
	.read = nt_file_read,
	.write = nt_file_write,
	.llseek = nt_file_llseek,
	.fsync = nt_file_fsync,
	.truncate = nt_file_truncate,
	.nowait = true, /* it may be told that a disk is no reason to wait */
};

static int volfs_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	static const struct nt_dir_kind kind = { IoNtNameToHost, false };

	return nt_dir_iterate(f, sink, pos, &kind);
}

const struct file_ops volfs_dir_ops = {
	.iterate = volfs_iterate,
	.llseek = nt_dir_llseek,
	.fsync = nt_file_fsync,
	.release = nt_dir_release,
};
