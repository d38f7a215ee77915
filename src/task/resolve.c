/* SPDX-License-Identifier: MIT */
/*
 * resolve.c - finds the program of the command line as a shell would, in the guest's tree with the
 * guest's PATH, and says in one line why it cannot be run.
 */
#include "task_impl.h"
#include "instance.h"
#include "base/alloc.h"
#include "lxrun/options.h"
#include <stdio.h>
#include <string.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *guest_path(void)
{
	for (char **e = lxrun_opt.envp; e && *e; e++)
		if (!strncmp(*e, "PATH=", 5))
			return *e + 5;
	return DEFAULT_PATH;
}

/* Whether the file at path could be executed. */
static int probe(struct task *t, const char *path, char *reason, size_t rsize)
{
	struct load_result *r = mem_alloc(sizeof(*r));
	int err;

	if (!r)
		return -LX_ENOMEM;
	err = loader_load(t, LX_AT_FDCWD, path, 0, r);
	if (err && r->reason[0])
		snprintf(reason, rsize, "%s: %s", path, r->reason);
	else if (err)
		snprintf(reason, rsize, "%s: %s", path, lx_errno_text(-err));
	else
		loader_release(r);
	mem_free(r);
	return err;
}

/* Looks in each directory; a file that is there but cannot be run is remembered, as shells do. */
static int search(struct task *t, const char *prog, char *path, size_t size, char *reason,
		  size_t rsize)
{
	const char *p = guest_path();
	int best = -LX_ENOENT;

	snprintf(reason, rsize, "%s: command not found", prog);
	for (;;) {
		size_t len = strcspn(p, ":");
		char why[256];
		int n, err;

		n = snprintf(path, size, "%.*s%s%s", (int)len, p, len ? "/" : "", prog);
		if (n > 0 && (size_t)n < size) {
			err = probe(t, path, why, sizeof(why));
			if (!err)
				return 0;
			if (err != -LX_ENOENT && err != -LX_ENOTDIR && best == -LX_ENOENT) {
				best = err;
				snprintf(reason, rsize, "%s", why);
			}
		}
		if (!p[len])
			return best;
		p += len + 1;
	}
}

int instance_resolve(const char *prog, char *path, size_t size, char *reason, size_t rsize)
{
	struct task *t = instance_first_task();

	reason[0] = '\0';
	if (!t)
		return -LX_ESRCH;
	if (!prog[0]) {
		snprintf(reason, rsize, "'': command not found");
		return -LX_ENOENT;
	}
	if (!strchr(prog, '/'))
		return search(t, prog, path, size, reason, rsize);
	if ((size_t)snprintf(path, size, "%s", prog) >= size)
		return -LX_ENAMETOOLONG;
	return probe(t, path, reason, rsize);
}
