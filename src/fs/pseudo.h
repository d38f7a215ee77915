/* SPDX-License-Identifier: MIT */
/*
 * pseudo.h - file systems made of rows: procfs, sysfs, devfs.
 *
 * A directory is a table of rows; a row is one name with what happens when it is read, written, followed
 * or opened. A directory may also have numbered children (processes, descriptors): then one row
 * describes them all, and the number is kept in the node. Nothing is cached: each lookup makes a
 * node, which says by (row, numbers) what it stands for.
 */
#ifndef FS_PSEUDO_H
#define FS_PSEUDO_H
#include "base/text.h"
#include "lxrun/ns.h"
#include "lxrun/vfs.h"

struct pseudo_node;
struct pseudo_row;

/* Numbers of the children of a directory. */
struct number_list {
	int64_t *n;
	uint32_t count, size;
	bool failed;
};
void numbers_add(struct number_list *l, int64_t n);

/* A directory's numbered children. */
struct pseudo_numbers {
	int slot;                     /* which of node->id holds the number */
	const struct pseudo_row *row; /* what a child is; its name is not used */
	/* Fills l, in any order. 0 or -errno. */
	int (*list)(const struct pseudo_node *dir, struct number_list *l);
	bool (*exists)(const struct pseudo_node *dir, int64_t n);
	/* What tells child n from others that have had the number: its nodes keep it. NULL: nothing needs to. */
	uint64_t (*life)(const struct pseudo_node *dir, int64_t n);
	/* Children that have names for their numbers. NULL, all: decimal digits. */
	bool (*parse)(const struct pseudo_node *dir, const char *name, int64_t *n);
	bool (*print)(const struct pseudo_node *dir, int64_t n, char name[LX_NAME_MAX + 1]);
	/* Children that programs make and remove. 0 or -errno. NULL: nobody may. */
	int (*mkdir)(const struct pseudo_node *dir, const char *name,
		     const struct create_attr *attr);
	int (*rmdir)(const struct pseudo_node *dir, const char *name);
	const char *prefix; /* before the digits: "cpu" of cpu0; NULL: none */
};

struct pseudo_row {
	const char *name; /* NULL ends a table */
	uint32_t mode;
	uint64_t rdev; /* devices */
	int64_t arg;   /* for the functions: node->row->arg */
	/* directories */
	const struct pseudo_row *rows;
	const struct pseudo_numbers *numbers;
	/* files: renders the whole text. 0 or -errno. */
	int (*show)(const struct pseudo_node *n, struct task *t, struct text *tx);
	/* One write; text is NUL-terminated. 0 or -errno. NULL: -LX_EACCES when opened for writing. */
	int (*store)(const struct pseudo_node *n, struct task *t, const char *text, size_t len);
	/* links: fixed text (files: for show), or made on demand */
	const char *target;
	int64_t (*link)(const struct pseudo_node *n, struct task *t, char *buf, size_t size);
	/* magic links: see inode_ops.get_link. May fail with -LX_EINVAL: then the text is walked. */
	int (*jump)(const struct pseudo_node *n, struct task *t, struct path *out);
	/* devices: see inode_ops.open */
	int (*open)(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f);
	/* Rights, as inode_ops.permission; 1: as the mode says. NULL: always so. */
	int (*permission)(const struct pseudo_node *n, const struct cred *cr, int mask);
	/* Corrects what the row says: owner, times, everything of a passed-through device. -LX_ENOENT: gone. */
	int (*attr)(const struct pseudo_node *n, struct kstat *st);
	/* Whether the row is there at all. NULL: yes. */
	bool (*present)(const struct pseudo_node *dir);
};

#define TMPFS_MAGIC      0x01021994u /* what statfs says of a Linux /dev */
#define SYSFS_MAGIC      0x62656572u
#define PROC_SUPER_MAGIC 0x9fa0u /* its files say blocks of 1024 bytes */

#define PSEUDO_IDS 3
struct pseudo_node {
	const struct pseudo_row *row;
	int64_t id[PSEUDO_IDS]; /* numbers of the numbered directories on the way; 0: none */
	uint64_t life;          /* of the last of them that has one; 0: none */
	struct inode *inode;    /* borrows: its own */
	struct lx_timespec born;
};

/*
 * mount op: a super whose root is the row root, which must stay. create_error: what making a new name in
 * it gives; 0: EACCES for files, EPERM for the rest. ns: the name space that its rows tell of, consumed (also on
 * failure), or NULL.
 */
int pseudo_mount(const struct fs_type *type, const struct pseudo_row *root, uint64_t magic,
		 int create_error, struct ns *ns, struct super **out);
struct ns *pseudo_ns(const struct super *sb); /* borrows */
/* The same with ops of its own, which make use of the two below, and numbers for the root. NULL: no memory. */
struct super *pseudo_super(const struct fs_type *type, const struct super_ops *ops,
			   const struct pseudo_row *root, const int64_t id[PSEUDO_IDS],
			   uint64_t magic);
int pseudo_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out);
void pseudo_evict(struct inode *inode);
#endif
