/* SPDX-License-Identifier: MIT */
/* manager.h - private to the manager: records, locks, archives. */
#ifndef MANAGER_IMPL_H
#define MANAGER_IMPL_H
#include "lxrun/manager.h"
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#define NAME_MAX_LEN 64u

/* As WSL keeps it (wsl.md 6): values of State and Flags are those of its registration. */
enum distro_state { STATE_INSTALLED = 1, STATE_INSTALLING = 3, STATE_UNINSTALLING = 4 };
#define FLAG_INTEROP     1u
#define FLAG_APPEND_PATH 2u
#define FLAG_DRIVES      4u
#define FLAGS_DEFAULT    (FLAG_INTEROP | FLAG_APPEND_PATH | FLAG_DRIVES)

struct distro {
	char name[NAME_MAX_LEN + 1];
	char base[PATH_MAX]; /* its directory */
	uint32_t uid, state, flags, version;
};

/* ---- record.c ---- */
/* Whether name may be one; explains itself. */
bool record_name_ok(const char *name);
/* The manager's directory, which may not be there yet; NULL: said why. */
const char *record_home(void);
/* Makes it. 0, or -1 (said why). */
int record_prepare(void);
/* dir/rest into buf. False: too long (said). */
bool record_path(char buf[PATH_MAX], const char *dir, const char *rest);
/* 0; -1: there is none, or it cannot be read. Says nothing. */
int record_load(const char *name, struct distro *d);
/* As record_load, and only what is installed; explains itself. NULL: the default one. */
int record_find(const char *name, struct distro *d);
/* Whole or not at all, and on disk when it returns. */
int record_save(const struct distro *d);
/* Takes the distribution's directory away, its record last. 0, or -1 (said why). */
int record_remove(const char *name);
/* Makes its directory, with d->base its path. 0, or -1 (said why). */
int record_make(struct distro *d);
/* fn for each name in order, whatever the state. Stops when fn returns non-zero. */
int record_for_each(int (*fn)(const char *name, void *arg), void *arg);
/* The name of the default distribution, or "". */
const char *record_default(void);
int record_set_default(const char *name);

/* ---- claim.c: locks, and what killed commands left ---- */
/* Exclusive: for a command that changes something; what: "installing Debian", for the others to read. 0, or -1 (said). */
int claim_manager(const char *what);
/* Shared, for a look: fails while somebody changes something. */
int claim_look(void);
/* Takes away what killed commands left, unless somebody is at work. */
void claim_tidy(void);
void claim_release(void);
/* The distribution itself: shared by instances, alone by who changes or reads it whole. Held until the process ends. */
int claim_distro(const struct distro *d, bool alone);

/* ---- tree.c ---- */
/* Removes the host directory path with all that is in it. 0 or -1 with errno. */
int tree_remove(const char *path);

/* ---- work.c: an instance without programs, and the people who wait ---- */
struct task;
/* Starts d bare (lxrun_opt.bare). Returns the task to act as, or NULL (said why). */
struct task *work_begin(const struct distro *d);
void work_end(void);
/* Since work_begin(): whether a signal asked us to stop. */
bool work_stopped(void);
/* Shows how far it is, on a terminal only. total 0: not known. */
void work_progress(const char *what, uint64_t done, uint64_t total, uint64_t files);
void work_progress_end(void);

/* ---- lists.c: POSIX ACLs of an archive's entry; def: the default list of a directory, else the access list ---- */
struct acl;
struct archive_entry;
void list_to_tar(struct archive_entry *e, bool def, const struct acl *a);
/* a->n 0: it has none. False: it is not understood, or names somebody without a number. */
bool list_from_tar(struct archive_entry *e, bool def, struct acl *a);

/* ---- extract.c, pack.c ---- */
/* Fills the tree that t sees from an archive. 0, or -1 (said why). */
int extract_archive(struct task *t, const char *archive);
int pack_archive(struct task *t, const char *archive);
#endif
