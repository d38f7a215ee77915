/* SPDX-License-Identifier: MIT */
/*
 * drvfs_fs.c - DrvFs: mounted with a drive as its source ("C:" or "C:\", `mount -t drvfs C: /mnt/c`) and the
 * options metadata, uid, gid, umask, fmask, dmask, case=off|dir|force, fallback=0|1|2. Directories and links are cached under
 * each spelling that was asked for, as long as the volume's journal has not moved.
 */
#include "drvfs.h"
#include "../nt_name.h"
#include "lxrun/options.h"
#include <stdlib.h>
#include <string.h>

#define DRVFS_MAGIC 0x53464846

static void drvfs_release(struct super *sb)
{
	mem_free(sb->priv);
}

static int drvfs_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out)
{
	int err = nt_statfs(inode->handle, out);

	out->f_type = DRVFS_MAGIC;
	return err;
}

static uint64_t drvfs_journal(struct super *sb)
{
	return nt_journal(sb->root->handle);
}

static int drvfs_path_of(struct inode *inode, struct file *f, char *buf, size_t size)
{
	return nt_path_of(f && f->handle ? f->handle : inode->handle, buf, size,
			  drvfs_name_from_nt);
}

static void drvfs_show_options(struct super *sb, struct text *tx)
{
	static const char *const names[] = { "off", "dir", "force" };
	const struct drvfs_options *o = sb->priv;

	if (o->metadata)
		text_str(tx, ",metadata");
	if (o->uid)
		text_printf(tx, ",uid=%u", o->uid);
	if (o->gid)
		text_printf(tx, ",gid=%u", o->gid);
	if (o->umask)
		text_printf(tx, ",umask=%03o", o->umask);
	if (o->fmask)
		text_printf(tx, ",fmask=%03o", o->fmask);
	if (o->dmask)
		text_printf(tx, ",dmask=%03o", o->dmask);
	text_printf(tx, ",case=%s", names[o->sensitive]);
	if (o->fallback != FALLBACK_NONE)
		text_printf(tx, ",fallback=%u", o->fallback);
}

static const struct super_ops drvfs_super_ops = {
	.release = drvfs_release,
	.statfs = drvfs_statfs,
	.journal = drvfs_journal,
	.path_of = drvfs_path_of,
	.show_options = drvfs_show_options,
};

/* ---- options ---- */

static bool parse_number(const char *s, int base, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, base);

	*out = (uint32_t)n;
	return end != s && !*end && *s != '-' && n <= max;
}

static bool parse_case(const char *value, struct drvfs_options *o)
{
	if (!strcmp(value, "off"))
		o->sensitive = CASE_OFF;
	else if (!strcmp(value, "dir"))
		o->sensitive = CASE_DIR;
	else if (!strcmp(value, "force"))
		o->sensitive = CASE_FORCE;
	else
		return false;
	return true;
}

static bool parse_one(char *name, struct drvfs_options *o)
{
	const struct {
		const char *name;
		int base;
		uint32_t max, *to;
	} numbers[] = {
		{ "uid", 10, UINT32_MAX - 1, &o->uid }, { "gid", 10, UINT32_MAX - 1, &o->gid },
		{ "umask", 8, 0777, &o->umask },        { "fmask", 8, 0777, &o->fmask },
		{ "dmask", 8, 0777, &o->dmask },        { "fallback", 10, 2, &o->fallback },
	};
	char *value = strchr(name, '=');

	if (!value) {
		o->metadata |= !strcmp(name, "metadata");
		return !strcmp(name, "metadata");
	}
	*value++ = '\0';
	if (!strcmp(name, "case"))
		return parse_case(value, o);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(name, numbers[i].name))
			return parse_number(value, numbers[i].base, numbers[i].max, numbers[i].to);
	return false;
}

static int parse(const char *data, struct drvfs_options *o)
{
	char *copy = mem_strdup(data ? data : ""), *save = NULL;
	bool ok = true;

	o->fallback = FALLBACK_NONE;
	if (!copy)
		return -LX_ENOMEM;
	for (char *p = strtok_r(copy, ",", &save); p && ok; p = strtok_r(NULL, ",", &save))
		ok = parse_one(p, o);
	mem_free(copy);
	return ok ? 0 : -LX_EINVAL;
}

static int drvfs_check(const char *option)
{
	struct drvfs_options o = { 0 };

	return parse(option, &o);
}

/* "C:", "c:\", "C:/": the letter, or 0. */
static char drive_letter(const char *source)
{
	char letter = source ? source[0] : 0;
	const char *rest = letter ? source + 1 : "";

	if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) || *rest != ':')
		return 0;
	return !rest[1] || (strchr("\\/", rest[1]) && !rest[2]) ? (char)(letter | 0x20) : 0;
}

static int open_root(struct super *sb, char drive)
{
	char path[] = "\\??\\X:\\";
	struct nt_name n;
	IO_STATUS_BLOCK iosb;
	struct kstat st;
	HANDLE handle;
	NTSTATUS status;
	int err;

	path[4] = (char)(drive - 32);
	if (!lxrun_opt.drives[drive - 'a']) /* as mount(8) says of a missing device */
		return -LX_ENODEV;
	err = nt_name_set_path(&n, path);
	if (err)
		return err;
	status = NtOpenFile(&handle, DRVFS_NODE_ACCESS, &n.attr, &iosb, FILE_SHARE_VALID_FLAGS,
			    NT_FILE_OPTIONS | FILE_DIRECTORY_FILE | FILE_LXRUN_CACHE_NAME);
	if (!NT_SUCCESS(status))
		return drvfs_errno(status);
	err = drvfs_inode(sb, handle, &st, &sb->root);
	if (!err)
		sb->root->told = true;
	return err;
}

static int drvfs_mount(const struct fs_type *type, const char *source, const char *data,
		       struct super **out)
{
	struct drvfs_options *o = mem_alloc(sizeof(*o));
	char drive = drive_letter(source);
	struct super *sb;
	int err = o ? parse(data, o) : -LX_ENOMEM;

	if (!err && !drive)
		err = -LX_EINVAL;
	sb = err ? NULL : super_alloc(type, &drvfs_super_ops, DRVFS_MAGIC);
	if (!sb) {
		mem_free(o);
		return err ? err : -LX_ENOMEM;
	}
	o->drive = drive;
	sb->priv = o;
	sb->typed_links = true;
	sb->caseless = o->sensitive != CASE_FORCE;
	err = open_root(sb, drive);
	if (err) {
		super_put(sb);
		return err;
	}
	*out = sb;
	return 0;
}

const struct fs_type drvfs_type = { .name = "drvfs", .check = drvfs_check, .mount = drvfs_mount };
