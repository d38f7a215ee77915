/* SPDX-License-Identifier: MIT */
/*
 * host_doors.h - leads the calls on files and names through the door (host_door.h). Included last, after
 * every system header, by sources whose calls a test may fail one after the other. Not here: close(), which
 * nobody can make good, and what only looks (poll) or waits.
 */
#ifndef HOST_DOORS_H
#define HOST_DOORS_H
#include "host_door.h"

#define open(...)              HOST_DOOR(-1, open(__VA_ARGS__))
#define openat(...)            HOST_DOOR(-1, openat(__VA_ARGS__))
#define syscall(...)           HOST_DOOR(-1, syscall(__VA_ARGS__))
#define memfd_create(...)      HOST_DOOR(-1, memfd_create(__VA_ARGS__))
#define fcntl(...)             HOST_DOOR(-1, fcntl(__VA_ARGS__))
#define readlinkat(...)        HOST_DOOR(-1, readlinkat(__VA_ARGS__))
#define fstat(...)             HOST_DOOR(-1, fstat(__VA_ARGS__))
#define statx(...)             HOST_DOOR(-1, statx(__VA_ARGS__))
#define fstatfs(...)           HOST_DOOR(-1, fstatfs(__VA_ARGS__))
#define fchmodat(...)          HOST_DOOR(-1, fchmodat(__VA_ARGS__))
#define fchownat(...)          HOST_DOOR(-1, fchownat(__VA_ARGS__))
#define utimensat(...)         HOST_DOOR(-1, utimensat(__VA_ARGS__))
#define mkdirat(...)           HOST_DOOR(-1, mkdirat(__VA_ARGS__))
#define mknodat(...)           HOST_DOOR(-1, mknodat(__VA_ARGS__))
#define symlinkat(...)         HOST_DOOR(-1, symlinkat(__VA_ARGS__))
#define unlinkat(...)          HOST_DOOR(-1, unlinkat(__VA_ARGS__))
#define renameat2(...)         HOST_DOOR(-1, renameat2(__VA_ARGS__))
#define linkat(...)            HOST_DOOR(-1, linkat(__VA_ARGS__))
#define read(...)              HOST_DOOR(-1, read(__VA_ARGS__))
#define pread(...)             HOST_DOOR(-1, pread(__VA_ARGS__))
#define preadv2(...)           HOST_DOOR(-1, preadv2(__VA_ARGS__))
#define write(...)             HOST_DOOR(-1, write(__VA_ARGS__))
#define pwrite(...)            HOST_DOOR(-1, pwrite(__VA_ARGS__))
#define pwritev2(...)          HOST_DOOR(-1, pwritev2(__VA_ARGS__))
#define lseek(...)             HOST_DOOR(-1, lseek(__VA_ARGS__))
#define ftruncate(...)         HOST_DOOR(-1, ftruncate(__VA_ARGS__))
#define fallocate(...)         HOST_DOOR(-1, fallocate(__VA_ARGS__))
#define fsync(...)             HOST_DOOR(-1, fsync(__VA_ARGS__))
#define fdatasync(...)         HOST_DOOR(-1, fdatasync(__VA_ARGS__))
#define getxattr(...)          HOST_DOOR(-1, getxattr(__VA_ARGS__))
#define setxattr(...)          HOST_DOOR(-1, setxattr(__VA_ARGS__))
#define removexattr(...)       HOST_DOOR(-1, removexattr(__VA_ARGS__))
#define listxattr(...)         HOST_DOOR(-1, listxattr(__VA_ARGS__))
#define inotify_init1(...)     HOST_DOOR(-1, inotify_init1(__VA_ARGS__))
#define inotify_add_watch(...) HOST_DOOR(-1, inotify_add_watch(__VA_ARGS__))
#endif
