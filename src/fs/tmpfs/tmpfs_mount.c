/* SPDX-License-Identifier: MIT */
/*
 * tmpfs_mount.c - options, limits and what they cost (tmpfs(5)). Inodes are counted as they are made; pages
 * as lxcore's writes make files grow, so a file of a limited TmpFs that is open for writing has no
 * shortcut. Pages that stores through a shared mapping bring into a hole are seen at the next
 * write only.
 */
#include "tmpfs.h"
#include "base/text.h"
#include "nt/ex.h"
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

/* ---- options ---- */

/* Half, or so, of the machine's memory for "50%": bytes of it, 0 when nobody knows. */
static uint64_t machine_memory(void)
{
	char text[512];
	const char *total;
	SIZE_T len;

	if (!NT_SUCCESS(ExQueryHostText("meminfo", text, sizeof(text) - 1, &len)))
		return 0;
	text[len < sizeof(text) ? len : sizeof(text) - 1] = '\0';
	total = strstr(text, "MemTotal:");
	return total ? strtoull(total + 9, NULL, 10) * 1024 : 0;
}

/* "64k", "1G", "50%". False: no number. */
static bool parse_size(const char *s, bool percent, uint64_t *out)
{
	char *end;
	uint64_t n = strtoull(s, &end, 10);
	int shift = 0;

	if (end == s || *s == '-')
		return false;
	switch (*end) {
	case 'g':
	case 'G':
		shift += 10; /* fall through */
	case 'm':
	case 'M':
		shift += 10; /* fall through */
	case 'k':
	case 'K':
		shift += 10;
		end++;
		break;
	case '%':
		if (!percent)
			return false;
		n = machine_memory() / 100 * n;
		end++;
		break;
	}
	if (*end || n > (UINT64_MAX >> 1) >> shift)
		return false;
	*out = n << shift;
	return true;
}

static bool parse_number(const char *s, int base, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, base);

	*out = (uint32_t)n;
	return end != s && !*end && *s != '-' && n <= max;
}

static int parse_one(char *name, struct tmpfs_options *o)
{
	char *value = strchr(name, '=');
	uint64_t size;

	if (!value)
		return !strcmp(name, "noswap") || !strcmp(name, "inode64") ? 0 : -LX_EINVAL;
	*value++ = '\0';
	if (!strcmp(name, "size")) {
		if (!parse_size(value, true, &size))
			return -LX_EINVAL;
		o->max_pages = (size + PAGE - 1) / PAGE;
	} else if (!strcmp(name, "nr_blocks")) {
		if (!parse_size(value, false, &o->max_pages))
			return -LX_EINVAL;
	} else if (!strcmp(name, "nr_inodes")) {
		if (!parse_size(value, false, &o->max_inodes))
			return -LX_EINVAL;
	} else if (!strcmp(name, "mode")) {
		return parse_number(value, 8, 07777, &o->mode) ? 0 : -LX_EINVAL;
	} else if (!strcmp(name, "uid")) {
		return parse_number(value, 10, UINT32_MAX - 1, &o->uid) ? 0 : -LX_EINVAL;
	} else if (!strcmp(name, "gid")) {
		return parse_number(value, 10, UINT32_MAX - 1, &o->gid) ? 0 : -LX_EINVAL;
	} else if (strcmp(name, "huge") && strcmp(name, "mpol")) { /* have no meaning here */
		return -LX_EINVAL;
	}
	return 0;
}

int tmpfs_parse(const char *data, struct tmpfs_options *o)
{
	char *copy = data ? mem_strdup(data) : NULL, *save = NULL;
	int err = 0;

	if (!data)
		return 0;
	if (!copy)
		return -LX_ENOMEM;
	for (char *p = strtok_r(copy, ",", &save); p && !err; p = strtok_r(NULL, ",", &save))
		err = parse_one(p, o);
	mem_free(copy);
	return err;
}

int tmpfs_check(const char *option)
{
	struct tmpfs_options o = { 0 };

	return tmpfs_parse(option, &o);
}

/* ---- what mount tables and statfs show ---- */

void tmpfs_show_options(struct super *sb, struct text *tx)
{
	struct tmpfs_super *ts = sb->priv;
	struct tmpfs_options *o = &ts->options;

	lk_acquire(&ts->lock);
	if (o->max_pages)
		text_printf(tx, ",size=%lluk", (unsigned long long)o->max_pages * (PAGE / 1024));
	if (o->max_inodes)
		text_printf(tx, ",nr_inodes=%llu", (unsigned long long)o->max_inodes);
	if (o->mode != 01777)
		text_printf(tx, ",mode=%o", o->mode);
	if (o->uid)
		text_printf(tx, ",uid=%u", o->uid);
	if (o->gid)
		text_printf(tx, ",gid=%u", o->gid);
	lk_release(&ts->lock);
}

int tmpfs_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out)
{
	struct tmpfs_super *ts = sb->priv;

	/* No limit of its own: all counts 0, as Linux shows a tmpfs of size=0. */
	lk_acquire(&ts->lock);
	if (ts->options.max_pages) {
		out->f_blocks = ts->options.max_pages;
		out->f_bfree = ts->pages < out->f_blocks ? out->f_blocks - ts->pages : 0;
		out->f_bavail = out->f_bfree;
	}
	if (ts->options.max_inodes) {
		out->f_files = ts->options.max_inodes;
		out->f_ffree = ts->inodes < out->f_files ? out->f_files - ts->inodes : 0;
	}
	lk_release(&ts->lock);
	return 0;
}

/* Sizes may change, but not below what is in use; owner and mode of the root stay. */
int tmpfs_remount(struct super *sb, const char *data)
{
	struct tmpfs_super *ts = sb->priv;
	struct tmpfs_options o = ts->options;
	int err = tmpfs_parse(data, &o);

	if (err)
		return err;
	lk_acquire(&ts->lock);
	if ((o.max_pages && !ts->options.max_pages) || (o.max_inodes && !ts->options.max_inodes))
		err = -LX_EINVAL; /* from no limit to one: what is in use was not counted */
	else if ((o.max_pages && o.max_pages < ts->pages) ||
		 (o.max_inodes && o.max_inodes < ts->inodes))
		err = -LX_EINVAL;
	else {
		ts->options.max_pages = o.max_pages;
		ts->options.max_inodes = o.max_inodes;
	}
	lk_release(&ts->lock);
	return err;
}

/* ---- counts ---- */

bool tmpfs_take_inode(struct tmpfs_super *ts)
{
	bool ok;

	lk_acquire(&ts->lock);
	ok = !ts->options.max_inodes || ts->inodes < ts->options.max_inodes;
	ts->inodes += ok;
	lk_release(&ts->lock);
	return ok;
}

void tmpfs_give_inode(struct tmpfs_super *ts, uint64_t pages)
{
	lk_acquire(&ts->lock);
	ts->inodes--;
	ts->pages -= pages;
	lk_release(&ts->lock);
}

int tmpfs_recount(struct inode *inode)
{
	struct tmpfs_super *ts = tmpfs_super_of(inode);
	struct tmpfs_node *node = tmpfs_node_of(inode);
	struct kstat st;
	int err = ts->options.max_pages ? nt_fstat(node->data, &st) : 1;

	if (err)
		return err < 0 ? err : 0;
	lk_acquire(&ts->lock);
	ts->pages += st.blocks / (PAGE / 512) - node->pages;
	node->pages = st.blocks / (PAGE / 512);
	lk_release(&ts->lock);
	return 0;
}

uint64_t tmpfs_room(struct inode *inode, uint64_t pos, uint64_t want)
{
	struct tmpfs_super *ts = tmpfs_super_of(inode);
	uint64_t first = pos / PAGE, last = (pos + want + PAGE - 1) / PAGE, left, own;

	lk_acquire(&ts->lock);
	left = ts->options.max_pages > ts->pages ? ts->options.max_pages - ts->pages : 0;
	own = tmpfs_node_of(inode)->pages;
	lk_release(&ts->lock);
	if (!ts->options.max_pages || last - first <= left)
		return want;
	/* A file without holes has its pages at the front: only what goes beyond them is new. */
	if (last <= own + left)
		return want;
	if (own + left <= first)
		return 0;
	return (own + left) * PAGE - pos;
}
