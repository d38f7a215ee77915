/* SPDX-License-Identifier: MIT */
/*
 * manager.h - the session manager, the role of LxssManager: distributions, each a directory of this user
 * with a root file system on an `lx` volume and a record of it.
 *
 *	$XDG_DATA_HOME/lxrun/ (~/.local/share/lxrun/)
 *		lock                        flock: one install, uninstall, export at a time; says who
 *		settings                    the default distribution
 *		distributions/NAME/state    the record (grammar of base/config.h)
 *		distributions/NAME/running  flock, shared: by instances
 *		distributions/NAME/rootfs   host directory of the volume
 *
 * A record whose state is not "installed" while nobody holds the lock is of a command that was killed:
 * the next one takes the directory away. Every function explains a failure with one lxrun_warn().
 */
#ifndef LXRUN_MANAGER_H
#define LXRUN_MANAGER_H
#include <stdbool.h>
#include <stdio.h>

/* Prepares lxrun_opt to start an instance of it (NULL: the default one), and keeps it from changing meanwhile. */
int manager_launch(const char *name);
/* The default distribution, or NULL. */
const char *manager_default(void);
/* Fills a new distribution from an archive of a root file system ("-": standard input); nothing is left if that fails. */
int manager_install(const char *name, const char *archive);
/* Writes an archive ("-": standard output); .gz, .xz and .zst at the end of its name say how it is compressed. */
int manager_export(const char *name, const char *archive);
int manager_uninstall(const char *name);
enum manager_list { LIST_PLAIN, LIST_VERBOSE, LIST_QUIET };
int manager_list(FILE *out, enum manager_list how);
int manager_set_default(const char *name);
/* user: a name or number of its /etc/passwd. name NULL: the default distribution. */
int manager_set_user(const char *name, const char *user);
#endif
