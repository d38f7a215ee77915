/* SPDX-License-Identifier: MIT */
/* nt_dir.h - file operations (vfs.h) of open directories whose entries are f->handle's. */
#ifndef FS_NT_DIR_H
#define FS_NT_DIR_H
#include "lxrun/vfs.h"
#include "nt_name.h"

struct nt_dir_kind {
	nt_name_fn *convert;
	bool numbered; /* the volume tells no positions (nt/io.h, FILE_ID_EXTD_DIR_INFORMATION) */
};
/* As file_ops.iterate; what convert has no name for is not shown. f->priv is the buffer's; nt_dir_release() frees it. */
int nt_dir_iterate(struct file *f, struct dir_sink *sink, int64_t *pos,
		   const struct nt_dir_kind *kind);
int64_t nt_dir_llseek(struct file *f, int64_t off, int whence);
void nt_dir_release(struct file *f);
#endif
