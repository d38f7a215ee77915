/* SPDX-License-Identifier: MIT */
/* fcntl.h - open, fcntl, *at, access, seek, dirent constants of x86-64 Linux. */
#ifndef LX_FCNTL_H
#define LX_FCNTL_H
#include "lx/types.h"

#define LX_O_ACCMODE   03
#define LX_O_RDONLY    00
#define LX_O_WRONLY    01
#define LX_O_RDWR      02
#define LX_O_CREAT     0100
#define LX_O_EXCL      0200
#define LX_O_NOCTTY    0400
#define LX_O_TRUNC     01000
#define LX_O_APPEND    02000
#define LX_O_NONBLOCK  04000
#define LX_O_DSYNC     010000
#define LX_O_ASYNC     020000
#define LX_O_DIRECT    040000
#define LX_O_LARGEFILE 0100000
#define LX_O_DIRECTORY 0200000
#define LX_O_NOFOLLOW  0400000
#define LX_O_NOATIME   01000000
#define LX_O_CLOEXEC   02000000
#define LX_O_SYNC      04010000
#define LX_O_PATH      010000000
#define LX_O_TMPFILE   020200000
#define LX_F_DUPFD 0
#define LX_F_GETFD 1
#define LX_F_SETFD 2
#define LX_F_GETFL 3
#define LX_F_SETFL 4
#define LX_F_GETLK 5
#define LX_F_SETLK 6
#define LX_F_SETLKW 7
#define LX_F_SETOWN 8
#define LX_F_GETOWN 9
#define LX_F_SETSIG 10
#define LX_F_GETSIG 11
#define LX_F_SETOWN_EX 15
#define LX_F_GETOWN_EX 16
#define LX_F_OWNER_TID 0
#define LX_F_OWNER_PID 1
#define LX_F_OWNER_PGRP 2
struct lx_f_owner_ex { int32_t type, pid; };
#define LX_F_NOTIFY   1026
#define LX_F_SETLEASE 1024
#define LX_F_GETLEASE 1025
#define LX_F_CREATED_QUERY 1028
#define LX_RESOLVE_NO_XDEV       0x01u
#define LX_RESOLVE_NO_MAGICLINKS 0x02u
#define LX_RESOLVE_NO_SYMLINKS   0x04u
#define LX_RESOLVE_BENEATH       0x08u
#define LX_RESOLVE_IN_ROOT       0x10u
#define LX_RESOLVE_CACHED        0x20u
#define LX_RWF_HIPRI    0x01u
#define LX_RWF_DSYNC    0x02u
#define LX_RWF_SYNC     0x04u
#define LX_RWF_NOWAIT   0x08u
#define LX_RWF_APPEND   0x10u
#define LX_RWF_NOAPPEND 0x20u
#define LX_SPLICE_F_MOVE     1u
#define LX_SPLICE_F_NONBLOCK 2u
#define LX_SPLICE_F_MORE     4u
#define LX_SPLICE_F_GIFT     8u
#define LX_F_OFD_GETLK 36
#define LX_F_OFD_SETLK 37
#define LX_F_OFD_SETLKW 38
#define LX_F_DUPFD_CLOEXEC 1030
#define LX_F_SETPIPE_SZ 1031
#define LX_F_GETPIPE_SZ 1032
#define LX_F_ADD_SEALS 1033
#define LX_F_GET_SEALS 1034
#define LX_FD_CLOEXEC 1
#define LX_F_RDLCK 0
#define LX_F_WRLCK 1
#define LX_F_UNLCK 2
#define LX_LOCK_SH 1u
#define LX_LOCK_EX 2u
#define LX_LOCK_NB 4u
#define LX_LOCK_UN 8u
struct lx_flock { int16_t l_type, l_whence; int64_t l_start, l_len; int32_t l_pid; };
_Static_assert(sizeof(struct lx_flock) == 32, "struct flock");
#define LX_AT_FDCWD            -100
#define LX_AT_SYMLINK_NOFOLLOW 0x100
#define LX_AT_REMOVEDIR        0x200
#define LX_AT_EACCESS          0x200
#define LX_AT_SYMLINK_FOLLOW   0x400
#define LX_AT_NO_AUTOMOUNT     0x800
#define LX_AT_EMPTY_PATH       0x1000
#define LX_AT_RECURSIVE        0x8000
#define LX_AT_STATX_SYNC_TYPE  0x6000
#define LX_F_OK 0
#define LX_X_OK 1
#define LX_W_OK 2
#define LX_R_OK 4
#define LX_SEEK_SET 0
#define LX_SEEK_CUR 1
#define LX_SEEK_END 2
#define LX_SEEK_DATA 3
#define LX_SEEK_HOLE 4
#define LX_RENAME_NOREPLACE 1
#define LX_RENAME_EXCHANGE  2
#define LX_RENAME_WHITEOUT  4
#define LX_UTIME_NOW  0x3fffffff
#define LX_UTIME_OMIT 0x3ffffffe
#define LX_CLOSE_RANGE_UNSHARE 2
#define LX_CLOSE_RANGE_CLOEXEC 4
#define LX_DT_UNKNOWN 0
#define LX_DT_FIFO 1
#define LX_DT_CHR 2
#define LX_DT_DIR 4
#define LX_DT_BLK 6
#define LX_DT_REG 8
#define LX_DT_LNK 10
#define LX_DT_SOCK 12
struct lx_dirent64 { uint64_t d_ino; int64_t d_off; uint16_t d_reclen; uint8_t d_type; char d_name[]; };
#define LX_POLLIN 1
#define LX_POLLPRI 2
#define LX_POLLOUT 4
#define LX_POLLERR 8
#define LX_POLLHUP 0x10
#define LX_POLLNVAL 0x20
#define LX_POLLRDNORM 0x40
#define LX_POLLRDBAND 0x80
#define LX_POLLMSG    0x400
#define LX_POLLWRNORM 0x100
#define LX_POLLWRBAND 0x200
#define LX_POLLRDHUP 0x2000
#define LX_EPOLL_CTL_ADD 1
#define LX_EPOLL_CTL_DEL 2
#define LX_EPOLL_CTL_MOD 3
#define LX_EPOLLEXCLUSIVE (1u << 28)
#define LX_EPOLLWAKEUP (1u << 29)
#define LX_EPOLLONESHOT (1u << 30)
#define LX_EPOLLET (1u << 31)
#define LX_PROT_READ 1
#define LX_PROT_WRITE 2
#define LX_PROT_EXEC 4
#define LX_MAP_SHARED 1
#define LX_MAP_PRIVATE 2
#define LX_MAP_FIXED 0x10
#define LX_MAP_ANONYMOUS 0x20
#define LX_XATTR_LIST_MAX 65536 /* of names, linux/limits.h */
#define LX_XATTR_CREATE 1
#define LX_XATTR_REPLACE 2
#endif
