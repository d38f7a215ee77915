/* SPDX-License-Identifier: MIT */
/* manager.c - the manager's commands. */
#include "manager.h"
#include "archive.h"
#include "base/trace.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Claims the manager for a command on d that nobody may use meanwhile; alone: d exists. */
static int claim(const char *verb, const char *name)
{
	char what[128];

	snprintf(what, sizeof(what), "%s %s", verb, name);
	return claim_manager(what);
}

/* ---- launch ---- */

/* The host's name servers; what is only ours (a comment, a search list) goes with them. */
static const char *read_resolv_conf(void)
{
	static char text[4096];
	FILE *f = fopen("/etc/resolv.conf", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return n ? text : NULL;
}

/* Drive C of who has named none: a directory of the manager's, which is made. */
static void default_drive(void)
{
	static char dir[PATH_MAX];
	const char *home = record_home();

	if (lxrun_opt.drives['c' - 'a'] || !lxrun_opt.automount || !home ||
	    !record_path(dir, home, "drive_c"))
		return;
	if (mkdir(dir, 0700) && errno != EEXIST)
		lxrun_warn("cannot make %s: %s", dir, strerror(errno));
	else
		lxrun_opt.drives['c' - 'a'] = dir;
}

int manager_launch(const char *name)
{
	static struct distro d;
	static char root[PATH_MAX];

	if (claim_look())
		return -1;
	if (record_find(name, &d) || claim_distro(&d, false) ||
	    !record_path(root, d.base, "rootfs")) {
		claim_release();
		return -1;
	}
	claim_release(); /* from here on it is ours to share */
	lxrun_opt.distribution = d.name;
	lxrun_opt.root = root;
	lxrun_opt.default_uid = d.uid;
	lxrun_opt.automount = d.flags & FLAG_DRIVES;
	default_drive();
	lxrun_opt.resolv_conf = read_resolv_conf();
	return 0;
}

const char *manager_default(void)
{
	const char *name = record_default();

	return *name ? name : NULL;
}

/* ---- install ---- */

/* Metadata is kept in xattrs: said before anything is unpacked. */
static int check_xattrs(const char *base)
{
	if (!setxattr(base, "user.lxrun", "1", 1, 0))
		return 0;
	lxrun_warn(
		"%s: the file system keeps no user xattrs (%s); set XDG_DATA_HOME to a directory "
		"on ext4, xfs or btrfs",
		base, strerror(errno));
	return -1;
}

static int fill(const struct distro *d, const char *archive)
{
	struct task *t = work_begin(d);
	int err = t ? extract_archive(t, archive) : -1;

	if (t)
		work_end();
	return err;
}

static int install(struct distro *d, const char *archive)
{
	int err = record_make(d);

	if (!err)
		err = check_xattrs(d->base);
	if (!err)
		err = fill(d, archive);
	if (!err) {
		sync(); /* the record must not be on disk before what it tells of */
		d->state = STATE_INSTALLED;
		err = record_save(d);
	}
	if (err)
		record_remove(d->name);
	return err;
}

int manager_install(const char *name, const char *archive)
{
	struct distro d = { .state = STATE_INSTALLING, .flags = FLAGS_DEFAULT, .version = 1 };
	struct distro old;
	bool first;
	int err;

	if (!record_name_ok(name) || !archive_load() || claim("installing", name))
		return -1;
	if (!record_load(name, &old)) {
		lxrun_warn("there is a distribution called %s; another name is wanted, or lxrun "
			   "--uninstall %s first",
			   name, name);
		claim_release();
		return -1;
	}
	first = !*record_default();
	strcpy(d.name, name);
	err = install(&d, archive);
	if (!err && first)
		err = record_set_default(name);
	claim_release();
	return err;
}

/* ---- the others ---- */

int manager_export(const char *name, const char *archive)
{
	struct distro d;
	struct task *t;
	int err = -1;

	if (!record_name_ok(name) || !archive_load() || claim("exporting", name))
		return -1;
	if (!record_find(name, &d) && !claim_distro(&d, true)) {
		t = work_begin(&d);
		err = t ? pack_archive(t, archive) : -1;
		if (t)
			work_end();
	}
	claim_release();
	return err;
}

int manager_uninstall(const char *name)
{
	struct distro d;
	int err = -1;

	if (!record_name_ok(name) || claim("uninstalling", name))
		return -1;
	if (!record_find(name, &d) && !claim_distro(&d, true)) {
		d.state = STATE_UNINSTALLING;
		err = record_save(&d);
		if (!err)
			err = record_remove(name);
	}
	claim_release();
	return err;
}

struct listing {
	FILE *out;
	enum manager_list how;
	char chosen[NAME_MAX_LEN + 1];
	unsigned count;
};

static const char *state_name(uint32_t state)
{
	switch (state) {
	case STATE_INSTALLED:
		return "Installed";
	case STATE_INSTALLING:
		return "Installing";
	case STATE_UNINSTALLING:
		return "Uninstalling";
	default:
		return "Unknown";
	}
}

static int list_one(const char *name, void *arg)
{
	struct listing *l = arg;
	struct distro d;
	bool chosen;

	if (record_load(name, &d))
		return 0;
	chosen = !strcmp(name, l->chosen);
	l->count++;
	if (l->how == LIST_QUIET)
		fprintf(l->out, "%s\n", name);
	else if (l->how == LIST_PLAIN)
		fprintf(l->out, "%s%s\n", name, chosen ? " (default)" : "");
	else
		fprintf(l->out, "%c %-20s %-13s %10u  %s\n", chosen ? '*' : ' ', name,
			state_name(d.state), d.uid, d.base);
	return 0;
}

int manager_list(FILE *out, enum manager_list how)
{
	struct listing l = { .out = out, .how = how };

	claim_tidy();
	strcpy(l.chosen, record_default());
	if (how == LIST_VERBOSE)
		fprintf(out, "  %-20s %-13s %10s  %s\n", "NAME", "STATE", "DEFAULT UID", "PLACE");
	if (record_for_each(list_one, &l) < 0)
		return -1;
	if (!l.count && how != LIST_QUIET)
		lxrun_warn(
			"there is no distribution yet; lxrun --install NAME ROOTFS.tar makes one");
	return 0;
}

int manager_set_default(const char *name)
{
	struct distro d;
	int err = claim("choosing", name);

	if (!err)
		err = record_find(name, &d) || record_set_default(d.name) ? -1 : 0;
	claim_release();
	return err;
}

int manager_set_user(const char *name, const char *user)
{
	struct distro d;
	int err = claim("changing", name ? name : "the default distribution");

	if (!err && record_find(name, &d))
		err = -1;
	if (!err && !work_begin(&d))
		err = -1;
	if (err) {
		claim_release();
		return -1;
	}
	if (!instance_find_user(user, &d.uid)) {
		lxrun_warn("%s has no user %s", d.name, user);
		err = -1;
	}
	work_end();
	if (!err)
		err = record_save(&d);
	claim_release();
	return err;
}
