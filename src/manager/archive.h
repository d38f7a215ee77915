/* SPDX-License-Identifier: MIT */
/*
 * archive.h - libarchive, loaded when an archive is read or written: linked in, it would cost every start
 * of lxrun several times what lxrun itself does.
 */
#ifndef ARCHIVE_LOADED_H
#define ARCHIVE_LOADED_H
#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>

/* Every function of libarchive that is used: its name after "archive_". */
/* clang-format off */
#define ARCHIVE_FUNCTIONS(F) \
	F(read_new) F(read_support_filter_all) F(read_support_format_tar) F(read_open_fd) \
	F(read_next_header) F(read_data_block) F(read_free) F(filter_bytes) F(write_new) \
	F(write_set_format_pax) F(write_set_format_option) F(write_add_filter_by_name) \
	F(write_open_fd) F(write_header) F(write_data) F(write_close) F(write_free) \
	F(write_fail) F(error_string) F(entry_new) F(entry_free) F(entry_clear) \
	F(entry_pathname) F(entry_hardlink) F(entry_symlink) F(entry_filetype) F(entry_perm) \
	F(entry_uid) F(entry_gid) F(entry_size) F(entry_size_is_set) F(entry_rdevmajor) \
	F(entry_rdevminor) F(entry_mtime) F(entry_mtime_nsec) F(entry_atime) \
	F(entry_atime_nsec) F(entry_atime_is_set) F(entry_xattr_reset) F(entry_xattr_next) \
	F(entry_xattr_add_entry) F(entry_set_pathname) F(entry_set_hardlink) \
	F(entry_set_symlink) F(entry_set_mode) F(entry_set_uid) F(entry_set_gid) \
	F(entry_set_size) F(entry_set_mtime) F(entry_set_rdevmajor) F(entry_set_rdevminor) \
	F(entry_acl_add_entry) F(entry_acl_reset) F(entry_acl_next) F(entry_sparse_add_entry)
/* clang-format on */

struct archive_functions {
#define F(name) __typeof__(archive_##name) *name;
	ARCHIVE_FUNCTIONS(F)
#undef F
};
extern struct archive_functions la;

/* Fills la. False: said what to install. For the thread that calls, names are bytes that are UTF-8 as a rule. */
bool archive_load(void);
#endif
