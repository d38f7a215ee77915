/* SPDX-License-Identifier: MIT */
/*
 * handle.h - files by handle (name_to_handle_at(2), open_by_handle_at(2)). A handle is the object's number, the host
 * device it is on and a mark of when it was born, so that a number that was given again is ESTALE.
 */
#ifndef LXRUN_HANDLE_H
#define LXRUN_HANDLE_H
#include <stdbool.h>
#include <stdint.h>

struct task;

#define LX_MAX_HANDLE_SZ  128u
#define LX_HANDLE_TYPE    0x6c78
struct lx_file_handle { uint32_t handle_bytes; int32_t handle_type; }; /* the bytes follow */
struct vfs_handle { uint64_t ino, dev; uint32_t born, pad; };
_Static_assert(sizeof(struct vfs_handle) == 24, "handle bytes");

/*
 * The handle of what path names (walk: WALK_*) and the number of its mount. fid: the handle is to compare, not to
 * open. 0, -LX_EOPNOTSUPP (such a file cannot be opened by handle), what a walk gives.
 */
int vfs_name_to_handle(struct task *t, int dfd, const char *path, uint32_t walk, bool fid, struct vfs_handle *out, int *mount_id);
/*
 * Opens the object of h (NULL: a handle of somebody else) in the file system that descriptor mount_fd is on: the
 * descriptor. -LX_EPERM, -LX_ESTALE,
 * -LX_EBADF, what open(2) gives.
 */
int64_t vfs_open_handle(struct task *t, int mount_fd, const struct vfs_handle *h, uint32_t flags);

/* ---- between vfs_handle.c and the rest ---- */
struct path;
struct file;
struct inode;
/* vfs_open.c: open(2) of an object in hand. Returns a reference in *f. */
int vfs_open_path(struct task *t, const struct path *p, uint32_t flags, struct file **f);
/* volfs_handle.c: returns a reference to the inode with that number on near's host device. -LX_ESTALE. */
int volfs_by_number(struct inode *near, uint64_t ino, struct inode **out);
#endif
