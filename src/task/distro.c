/* SPDX-License-Identifier: MIT */
/*
 * distro.c - what init does when a distribution is entered: reads /etc/wsl.conf, names the host, mounts the
 * drives, writes the files of the network, and decides on user, environment and directory of the first
 * program. Nothing but a user that does not exist keeps it from running; the rest is told of.
 */
#include "task_impl.h"
#include "instance.h"
#include "base/alloc.h"
#include "base/config.h"
#include "base/text.h"
#include "base/trace.h"
#include "lxrun/options.h"
#include <stdio.h>
#include <string.h>

#define WSL_CONF "/etc/wsl.conf"
#define DEFAULT_PATH                                                    \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:" \
	"/usr/games:/usr/local/games"

static struct wsl_conf {
	bool automount, generate_hosts, generate_resolv;
	char root[256], options[256], hostname[LX_UTS_LEN + 1], user[64];
	char cgroups[8];
	uint32_t umask;
	/* known, and without a meaning here */
	bool mount_fstab, ldconfig, interop, append_path, systemd;
	char command[CONFIG_VALUE_MAX];
} conf;

static void read_conf(struct task *t)
{
	struct config_row rows[] = {
		{ "automount.enabled", CONFIG_BOOL, &conf.automount, 0, 0 },
		{ "automount.root", CONFIG_TEXT, conf.root, sizeof(conf.root), 0 },
		{ "automount.options", CONFIG_TEXT, conf.options, sizeof(conf.options), 0 },
		{ "automount.mountfstab", CONFIG_BOOL, &conf.mount_fstab, 0, 0 },
		{ "automount.cgroups", CONFIG_TEXT, conf.cgroups, sizeof(conf.cgroups), 0 },
		{ "automount.ldconfig", CONFIG_BOOL, &conf.ldconfig, 0, 0 },
		{ "filesystem.umask", CONFIG_OCTAL, &conf.umask, 0, 0 },
		{ "network.generatehosts", CONFIG_BOOL, &conf.generate_hosts, 0, 0 },
		{ "network.generateresolvconf", CONFIG_BOOL, &conf.generate_resolv, 0, 0 },
		{ "network.hostname", CONFIG_TEXT, conf.hostname, sizeof(conf.hostname), 0 },
		{ "interop.enabled", CONFIG_BOOL, &conf.interop, 0, 0 },
		{ "interop.appendwindowspath", CONFIG_BOOL, &conf.append_path, 0, 0 },
		{ "user.default", CONFIG_TEXT, conf.user, sizeof(conf.user), 0 },
		{ "boot.systemd", CONFIG_BOOL, &conf.systemd, 0, 0 },
		{ "boot.command", CONFIG_TEXT, conf.command, sizeof(conf.command), 0 },
		{ 0 },
	};
	char *text;

	conf = (struct wsl_conf){ .automount = true,
				  .root = "/mnt/",
				  .cgroups = "v1",
				  .generate_hosts = true,
				  .generate_resolv = true,
				  .umask = 022 };
	text = read_database(t, WSL_CONF);
	if (!text)
		return;
	config_read(WSL_CONF, text, strlen(text), rows, lxrun_warn);
	mem_free(text);
	if (conf.systemd || conf.command[0])
		lxrun_warn(WSL_CONF ": [boot] is left out: there is no init to run it");
}

static void set_host_name(struct task *t)
{
	if (conf.hostname[0])
		task_set_uts_name(t, UTS_HOST, conf.hostname, strlen(conf.hostname));
}

/* ---- files of the network ---- */

#define GENERATED "# This file was written by lxrun. To keep your own, add to " WSL_CONF ":\n"

/* Makes path a file with this text, unless it is one already. A link is replaced, not followed. */
static void put_file(struct task *t, const char *path, const struct text *tx)
{
	char *old = read_database(t, path);
	bool same = old && !strcmp(old, tx->data);
	struct file *f;
	struct iter it;
	int64_t pos = 0, n;
	int err;

	mem_free(old);
	if (same)
		return;
	vfs_unlinkat(t, LX_AT_FDCWD, path, 0);
	err = vfs_open_file(t, LX_AT_FDCWD, path, LX_O_WRONLY | LX_O_CREAT | LX_O_EXCL, 0644, &f);
	if (err == -LX_ENOENT) /* no /etc: nobody will look for it */
		return;
	if (!err) {
		iter_kernel(&it, tx->data, tx->len);
		n = vfs_write(f, t, &it, &pos);
		err = n < 0 ? (int)n : 0;
		file_put(f);
	}
	if (err)
		lxrun_warn("cannot write %s of the distribution: %s", path, lx_errno_text(-err));
}

static void write_hosts(struct task *t)
{
	char host[LX_UTS_LEN + 1];
	struct text tx = { 0 };

	uts_name(NULL, UTS_HOST, host);
	text_printf(&tx,
		    GENERATED "# [network]\n# generateHosts = false\n"
			      "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n\n"
			      "::1\tip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
			      "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
		    host);
	if (!tx.failed)
		put_file(t, "/etc/hosts", &tx);
	text_free(&tx);
}

static void write_resolv(struct task *t)
{
	struct text tx = { 0 };

	text_printf(&tx, GENERATED "# [network]\n# generateResolvConf = false\n%s",
		    lxrun_opt.resolv_conf);
	if (!tx.failed)
		put_file(t, "/etc/resolv.conf", &tx);
	text_free(&tx);
}

/* ---- drives ---- */

/* Where drive letter is mounted. False: the name does not fit. */
static bool drive_place(char letter, char *buf, size_t size)
{
	size_t len = strlen(conf.root);
	int n = snprintf(buf, size, "%s%s%c", conf.root,
			 len && conf.root[len - 1] == '/' ? "" : "/", letter);

	return n > 0 && (size_t)n < size;
}

static int mkdir_all(struct task *t, char *path)
{
	int err = 0;

	for (char *p = path + 1; !err; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		err = vfs_mkdirat(t, LX_AT_FDCWD, path, 0755);
		if (err == -LX_EEXIST)
			err = 0;
		*p = c;
		if (!c)
			break;
	}
	return err;
}

static void mount_drives(struct task *t)
{
	char dir[300], source[] = "X:", data[400];

	for (int i = 0; i < 26; i++) {
		int err = -LX_ENAMETOOLONG;

		if (!lxrun_opt.drives[i])
			continue;
		source[0] = (char)('A' + i);
		snprintf(data, sizeof(data), "uid=%u,gid=%u%s%s", login.uid, login.gid,
			 conf.options[0] ? "," : "", conf.options);
		if (drive_place((char)('a' + i), dir, sizeof(dir)))
			err = mkdir_all(t, dir);
		if (!err)
			err = vfs_mount(t, source, dir, "drvfs", LX_MS_NOATIME, data);
		if (err == -LX_EINVAL)
			lxrun_warn(WSL_CONF ": automount.options: not all of \"%s\" is known",
				   conf.options);
		else if (err)
			lxrun_warn("cannot mount drive %s on %s: %s", source, dir,
				   lx_errno_text(-err));
	}
}

/* ---- control groups ---- */

#define CGROUP_PLACE "/sys/fs/cgroup"

/* A hierarchy for each subsystem, as WSL 1's init mounted them. */
static void mount_cgroups(struct task *t)
{
	const uint32_t flags = LX_MS_NOSUID | LX_MS_NODEV | LX_MS_NOEXEC | LX_MS_NOATIME;
	struct path at;
	int err;

	if (strcmp(conf.cgroups, "v1") != 0) {
		lxrun_warn(WSL_CONF ": automount.cgroups: only v1 is here, not %s", conf.cgroups);
		return;
	}
	if (vfs_walk(t, LX_AT_FDCWD, CGROUP_PLACE, WALK_FOLLOW, &at))
		return; /* no /sys */
	path_put(&at);
	err = vfs_mount(t, "tmpfs", CGROUP_PLACE, "tmpfs", flags, "mode=755");
	if (!err)
		err = vfs_mkdirat(t, LX_AT_FDCWD, CGROUP_PLACE "/devices", 0755);
	if (!err)
		err = vfs_mount(t, "cgroup", CGROUP_PLACE "/devices", "cgroup", flags, "devices");
	if (err)
		lxrun_warn("cannot mount control groups: %s", lx_errno_text(-err));
}

/* ---- the first program's surroundings ---- */

/* Sets key=value, unless --env has set the key. */
static int env_default(const char *key, const char *value)
{
	size_t len = strlen(key), n;
	char **envp = lxrun_opt.envp, *entry;

	for (n = 0; envp[n]; n++)
		if (!strncmp(envp[n], key, len) && envp[n][len] == '=')
			return 0;
	entry = mem_alloc(len + strlen(value) + 2);
	envp = entry ? mem_realloc(envp, (n + 2) * sizeof(*envp)) : NULL;
	if (!envp) {
		mem_free(entry);
		return -LX_ENOMEM;
	}
	sprintf(entry, "%s=%s", key, value);
	envp[n] = entry;
	envp[n + 1] = NULL;
	lxrun_opt.envp = envp;
	return 0;
}

static int set_environment(void)
{
	char host[LX_UTS_LEN + 1];

	uts_name(NULL, UTS_HOST, host);
	const char *const rows[][2] = {
		{ "HOME", login.home },    { "USER", login.name },
		{ "LOGNAME", login.name }, { "SHELL", login.shell },
		{ "PATH", DEFAULT_PATH },  { "TERM", "xterm-256color" },
		{ "LANG", "C.UTF-8" },     { "HOSTTYPE", "x86_64" },
		{ "NAME", host },          { "WSL_DISTRO_NAME", lxrun_opt.distribution },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !err; i++)
		if (*rows[i][1])
			err = env_default(rows[i][0], rows[i][1]);
	return err;
}

/* The caller's directory as a place on a drive. False: it is on none. */
static bool place_on_drive(const char *host_dir, char *buf, size_t size)
{
	for (int i = 0; i < 26; i++) {
		const char *dir = lxrun_opt.drives[i];
		size_t len = dir ? strlen(dir) : 0, n;

		while (len > 1 && dir[len - 1] == '/')
			len--;
		if (!dir || strncmp(host_dir, dir, len) != 0 ||
		    (len > 1 && host_dir[len] && host_dir[len] != '/'))
			continue;
		if (!drive_place((char)('a' + i), buf, size))
			return false;
		n = strlen(buf);
		return snprintf(buf + n, size - n, "%s%s", len > 1 ? "" : "/",
				host_dir + (len > 1 ? len : 1)) < (int)(size - n);
	}
	return false;
}

static int set_directory(struct task *t, const char *host_dir)
{
	static char place[LX_PATH_MAX];
	const char *cd = lxrun_opt.cd;
	int err;

	if (cd && !strcmp(cd, "~"))
		cd = login.home;
	if (cd) {
		err = vfs_chdir(t, cd);
		if (err)
			lxrun_warn("cannot change to directory %s: %s", cd, lx_errno_text(-err));
		return err;
	}
	if (!place_on_drive(host_dir, place, sizeof(place)) || vfs_chdir(t, place))
		vfs_chdir(t, login.home); /* or stay at / */
	return 0;
}

static const char *wanted_user(struct task *t)
{
	static char number[16];

	if (lxrun_opt.user)
		return lxrun_opt.user;
	if (conf.user[0] && user_find(t, conf.user))
		return conf.user;
	if (conf.user[0])
		lxrun_warn(WSL_CONF ": user.default: there is no user %s; uid %u is taken",
			   conf.user, lxrun_opt.default_uid);
	snprintf(number, sizeof(number), "%u", lxrun_opt.default_uid);
	return number;
}

int distro_enter(struct task *t, const char *host_dir)
{
	const char *user;
	int err;

	t->fs->umask = 022;
	read_conf(t);
	set_host_name(t);
	user = wanted_user(t);
	user_find(t, user); /* whose the drives are */
	if (conf.automount && lxrun_opt.automount)
		mount_drives(t);
	mount_cgroups(t);
	if (conf.generate_hosts)
		write_hosts(t);
	if (conf.generate_resolv && lxrun_opt.resolv_conf)
		write_resolv(t);
	t->fs->umask = conf.umask;
	err = user_select(t, user);
	if (!err)
		err = set_environment();
	if (!err)
		err = set_directory(t, host_dir);
	return err;
}
