/* SPDX-License-Identifier: MIT */
/* The row walker: lookup, listing, texts that are rendered again, stores, links, numbers. */
#include "fx_event.h"
#include "fs/pseudo.h"
#include <stdio.h>
#include <stdlib.h>

static struct fx_task self;
static struct super *sb;
static int renders;
static char stored[32];

static int show_count(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "render %d\n", ++renders);
	return 0;
}

static int show_long(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	for (int i = 0; i < 1000; i++)
		text_printf(tx, "%06d\n", i);
	return 0;
}

static int show_id(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "%d.%d", (int)n->id[0], (int)n->row->arg);
	return 0;
}

static int show_nothing(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return -LX_ESRCH;
}

static int store(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	snprintf(stored, sizeof(stored), "%s", text);
	return len > 8 ? -LX_EINVAL : 0;
}

static int list_even(const struct pseudo_node *dir, struct number_list *l)
{
	for (int64_t n = 200; n >= 0; n -= 2)
		numbers_add(l, n);
	return 0;
}

static bool is_even(const struct pseudo_node *dir, int64_t n)
{
	return n <= 200 && n % 2 == 0;
}

static bool never(const struct pseudo_node *dir)
{
	return false;
}

static const struct pseudo_row number_rows[] = {
	{ "id", LX_S_IFREG | 0444, .show = show_id, .arg = 7 }, { NULL }
};
static const struct pseudo_row number_row = { "", LX_S_IFDIR | 0555, .rows = number_rows };
static const struct pseudo_numbers numbers = {
	.slot = 0, .row = &number_row, .list = list_even, .exists = is_even
};
static const struct pseudo_row root_rows[] = {
	{ "count", LX_S_IFREG | 0444, .show = show_count },
	{ "gone", LX_S_IFREG | 0444, .show = show_nothing },
	{ "hidden", LX_S_IFREG | 0444, .show = show_count, .present = never },
	{ "link", LX_S_IFLNK | 0777, .target = "count" },
	{ "long", LX_S_IFREG | 0444, .show = show_long },
	{ "set", LX_S_IFREG | 0644, .show = show_count, .store = store },
	{ NULL },
};
static const struct pseudo_row root = { "", LX_S_IFDIR | 0555, .rows = root_rows,
					.numbers = &numbers };
static const struct fs_type type = { .name = "rows", .flags = FS_NODEV };

static int make(void **state)
{
	fx_task_init(&self);
	renders = 0;
	return pseudo_mount(&type, &root, 0x1234, -LX_EROFS, NULL, &sb);
}

static int drop(void **state)
{
	super_put(sb);
	return 0;
}

static struct inode *find(struct inode *dir, const char *name)
{
	struct inode *i = NULL;

	return dir->iop->lookup(dir, name, &i) ? NULL : i;
}

static struct file *open_row(const char *name, uint32_t flags, int *err)
{
	struct file *f = file_alloc(flags);

	f->inode = find(sb->root, name);
	*err = f->inode->iop->open(f->inode, flags, &self.t, f);
	return f;
}

static void a_name_is_found_or_not(void **state)
{
	static const char *const none[] = { "hidden", "x",   "1",  "02",
					    "-2",     "202", "2x", "99999999999999999999",
					    "" };
	struct inode *i = find(sb->root, "count"), *again = find(sb->root, "count");

	assert_non_null(i);
	assert_true(i->ino == again->ino);
	inode_put(again);
	inode_put(i);
	for (size_t k = 0; k < sizeof(none) / sizeof(none[0]); k++)
		assert_null(find(sb->root, none[k]));
}

static void a_text_is_rendered_anew_from_the_beginning_only(void **state)
{
	int err;
	struct file *f = open_row("count", LX_O_RDONLY, &err);
	char buf[32] = { 0 };

	assert_int_equal(err, 0);
	assert_int_equal(renders, 0);
	assert_int_equal(fx_read(f, &self, buf, 4), 4);
	assert_int_equal(fx_read(f, &self, buf + 4, 28), 5);
	assert_string_equal(buf, "render 1\n");
	assert_int_equal(fx_read(f, &self, buf, 32), 0);
	assert_int_equal(renders, 1);
	assert_int_equal(vfs_llseek(f, 0, LX_SEEK_SET), 0);
	assert_int_equal(fx_read(f, &self, buf, 32), 9);
	assert_string_equal(buf, "render 2\n");
	file_put(f);
}

static void a_long_text_is_read_in_pieces(void **state)
{
	int err;
	struct file *f = open_row("long", LX_O_RDONLY, &err);
	char buf[7], want[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(want, sizeof(want), "%06d\n", i);
		assert_int_equal(fx_read(f, &self, buf, 7), 7);
		assert_memory_equal(buf, want, 7);
	}
	assert_int_equal(fx_read(f, &self, buf, 7), 0);
	file_put(f);
}

static void errors_of_a_row_are_the_readers(void **state)
{
	int err;
	struct file *f = open_row("gone", LX_O_RDONLY, &err);
	char c;

	assert_int_equal(fx_read(f, &self, &c, 1), -LX_ESRCH);
	file_put(f);
}

static void stores_reach_rows_that_take_them(void **state)
{
	int err;
	struct file *f = open_row("count", LX_O_WRONLY, &err);

	assert_int_equal(err, -LX_EACCES);
	file_put(f);
	f = open_row("set", LX_O_WRONLY | LX_O_TRUNC, &err);
	assert_int_equal(err, 0);
	assert_int_equal(fx_write(f, &self, "12\n", 3), 3);
	assert_string_equal(stored, "12\n");
	assert_int_equal(fx_write(f, &self, "123456789", 9), -LX_EINVAL);
	file_put(f);
}

static void numbered_children_know_their_number(void **state)
{
	struct inode *dir = find(sb->root, "42"), *i;
	struct file *f = file_alloc(LX_O_RDONLY);
	char buf[16] = { 0 };

	assert_non_null(dir);
	i = find(dir, "id");
	assert_non_null(i);
	f->inode = i;
	f->fop = i->fop;
	fx_read(f, &self, buf, sizeof(buf));
	assert_string_equal(buf, "42.7");
	file_put(f);
	inode_put(dir);
}

static void links_have_their_text(void **state)
{
	struct inode *i = find(sb->root, "link");
	char buf[16];

	assert_int_equal(i->iop->readlink(i, &self.t, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "count", 5);
	assert_int_equal(i->iop->readlink(i, &self.t, buf, 2), 2);
	inode_put(i);
}

/* ---- listing ---- */

struct sink {
	struct dir_sink s;
	int room, seen;
	char last[32];
	bool sorted;
	int prev;
};

static int take(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype,
		int64_t next)
{
	struct sink *k = (struct sink *)s;

	if (!k->room)
		return 1;
	k->room--;
	k->seen++;
	snprintf(k->last, sizeof(k->last), "%.*s", (int)len, name);
	if (name[0] >= '0' && name[0] <= '9') {
		k->sorted &= atoi(name) > k->prev;
		k->prev = atoi(name);
	}
	return 0;
}

static void a_listing_goes_on_where_it_stopped(void **state)
{
	struct sink k = { .s = { take }, .sorted = true, .prev = -1 };
	struct file *f = file_alloc(LX_O_RDONLY);
	int64_t pos = 0;

	f->inode = inode_get(sb->root);
	f->fop = f->inode->fop;
	do {
		k.room = 3;
		assert_int_equal(f->fop->iterate(f, &self.t, &k.s, &pos), 0);
	} while (k.room == 0);
	assert_int_equal(k.seen, 2 + 5 + 101);
	assert_string_equal(k.last, "200");
	assert_true(k.sorted);
	file_put(f);
}

static void attributes_are_the_rows(void **state)
{
	struct inode *i = find(sb->root, "set");
	struct kstat st;
	struct iattr mode = { .valid = ATTR_MODE, .mode = 0777 }, size = { .valid = ATTR_SIZE };

	assert_int_equal(i->iop->getattr(i, &st), 0);
	assert_int_equal(st.mode, LX_S_IFREG | 0644);
	assert_int_equal(st.nlink, 1);
	assert_int_equal(i->iop->setattr(i, &mode), -LX_EPERM);
	assert_int_equal(i->iop->setattr(i, &size), 0);
	inode_put(i);
}

static void new_names_are_refused_as_the_mount_says(void **state)
{
	const struct create_attr attr = { .mode = 0755 };
	struct inode *out;

	assert_int_equal(sb->root->iop->create(sb->root, "new", &attr, &out), -LX_EROFS);
	assert_int_equal(sb->root->iop->mkdir(sb->root, "new", &attr), -LX_EROFS);
	assert_int_equal(sb->root->iop->symlink(sb->root, "new", "to", &attr), -LX_EROFS);
}

#define ROW_TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(a_name_is_found_or_not),
		ROW_TEST(a_text_is_rendered_anew_from_the_beginning_only),
		ROW_TEST(a_long_text_is_read_in_pieces),
		ROW_TEST(errors_of_a_row_are_the_readers),
		ROW_TEST(stores_reach_rows_that_take_them),
		ROW_TEST(numbered_children_know_their_number),
		ROW_TEST(links_have_their_text),
		ROW_TEST(a_listing_goes_on_where_it_stopped),
		ROW_TEST(attributes_are_the_rows),
		ROW_TEST(new_names_are_refused_as_the_mount_says),
	};

	return cmocka_run_group_tests_name("pseudo", tests, fx_start, NULL);
}
