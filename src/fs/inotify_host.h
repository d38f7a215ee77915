/* SPDX-License-Identifier: MIT */
/*
 * inotify_host.h - what others than guests do to watched objects of NT volumes: between inotify.c, which knows
 * the watches, and inotify_host.c, which hears of NtNotifyChangeDirectoryFile.
 */
#ifndef FS_INOTIFY_HOST_H
#define FS_INOTIFY_HOST_H
#include "vfs_impl.h"

struct host_watch;
struct watch;

/*
 * Begins to listen for changes of the object of p: to a directory's names, or to the one name of anything
 * else in its directory. NULL: nobody else changes that file system, or it cannot be done.
 */
struct host_watch *host_watch_new(const struct path *p);
/* Whom it tells, set by inotify.c under its lock; at first and in the end nobody. */
struct watch **host_watch_owner(struct host_watch *h);
/* A guest did something to name ("" for the object itself): what the host says of it soon is no news. */
void host_watch_own(struct host_watch *h, const char *name);
bool host_watch_is_own(const struct host_watch *h, const char *name);
/* Consumes h, whose owner is gone. No lock is held. */
void host_watch_end(struct host_watch *h);

/* inotify.c: tells h's owner, if it still has one and no guest did it. */
void inotify_tell_host(struct host_watch *h, uint32_t mask, uint32_t cookie, const char *name);
#endif
