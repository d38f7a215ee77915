/* SPDX-License-Identifier: MIT */
/* types.h - scalar types of the x86-64 Linux ABI, and guest addresses. */
#ifndef LX_TYPES_H
#define LX_TYPES_H
#include <stdint.h>
#include <stddef.h>

/* A guest address is a type, not a number: only src/syscall/guestmem.c opens it. */
typedef struct { uint64_t va; } gaddr_t;
#define GADDR(v)      ((gaddr_t){ (uint64_t)(v) })
#define gaddr_null(g) ((g).va == 0)
static inline gaddr_t gaddr_add(gaddr_t g, uint64_t n)
{
	return (gaddr_t){ g.va + n };
}

#define LX_PATH_MAX   4096
#define LX_NAME_MAX   255
#define LX_PAGE_SIZE  4096ull
#define LX_TASK_SIZE  0x7ffffffff000ull
#define LX_IOV_MAX    1024
#define LX_SYMLOOP_MAX 40
#define LX_RW_MAX     0x7ffff000ull /* largest count of one read or write */

struct lx_timespec { int64_t tv_sec, tv_nsec; };
struct lx_timeval  { int64_t tv_sec, tv_usec; };
struct lx_itimerval  { struct lx_timeval it_interval, it_value; };
struct lx_itimerspec { struct lx_timespec it_interval, it_value; };
struct lx_iovec { uint64_t iov_base, iov_len; };
struct lx_utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; };
_Static_assert(sizeof(struct lx_utsname) == 390, "struct new_utsname");
struct lx_rlimit { uint64_t rlim_cur, rlim_max; };
struct lx_rusage { struct lx_timeval ru_utime, ru_stime; int64_t ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw; };
_Static_assert(sizeof(struct lx_rusage) == 144, "struct rusage");
struct lx_sysinfo { int64_t uptime; uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap; uint16_t procs, pad; uint32_t pad2; uint64_t totalhigh, freehigh; uint32_t mem_unit, pad3; };
_Static_assert(sizeof(struct lx_sysinfo) == 112, "struct sysinfo");
struct lx_tms { int64_t tms_utime, tms_stime, tms_cutime, tms_cstime; };
struct lx_pollfd { int32_t fd; int16_t events, revents; };
struct lx_epoll_event { uint32_t events; uint64_t data; } __attribute__((packed));
_Static_assert(sizeof(struct lx_epoll_event) == 12, "struct epoll_event is packed on x86-64");
struct lx_clone_args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };
_Static_assert(sizeof(struct lx_clone_args) == 88, "struct clone_args, version 2");
struct lx_open_how { uint64_t flags, mode, resolve; };
#endif
