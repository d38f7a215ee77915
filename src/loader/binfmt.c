/* SPDX-License-Identifier: MIT */
/*
 * binfmt.c - the registry of binfmt_misc (Documentation/admin-guide/binfmt-misc.rst of Linux): what may be
 * registered, what matches. The latest entry is asked first. Whoever registers is judged by the mode of the
 * file that he writes to.
 */
#include "lxrun/binfmt.h"
#include "base/alloc.h"
#include "base/text.h"
#include "lxrun/process.h"
#include <stdlib.h>
#include <string.h>

#define REGISTER_MIN 11u
#define REGISTER_MAX 1920u

struct entry {
	struct list link;
	int64_t id;
	bool enabled, by_extension, keep_argv0, open_binary, credentials, fixed;
	uint32_t offset, size;    /* of magic and mask */
	uint8_t *magic, *mask;    /* mask NULL: all bits count; by_extension: magic is a string */
	char *name, *interpreter; /* in text */
	struct file *file;        /* fixed: a reference */
	char text[];              /* what was written, cut up */
};

static struct lk lock = LK_INIT(MOUNT);
static struct list entries = LIST_INIT(entries);
static int64_t last_id;
static bool enabled = true;

/* ---- registering ---- */

/* The field at *p up to del; *p goes behind it. NULL: no such end. */
static char *field(char **p, char del)
{
	char *start = *p, *end = strchr(start, del);

	if (!end)
		return NULL;
	*end = '\0';
	*p = end + 1;
	return start;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "\\x7fELF" in place: the count of bytes. */
static uint32_t unescape(char *s)
{
	char *out = s, *start = s;

	while (*s) {
		if (s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) >= 0) {
			int v = hex_digit(s[2]);

			s += 3;
			if (hex_digit(*s) >= 0)
				v = v * 16 + hex_digit(*s++);
			*out++ = (char)v;
		} else {
			*out++ = *s++;
		}
	}
	return (uint32_t)(out - start);
}

/* A magic may contain the delimiter, as \x3a only. */
static int parse_magic(struct entry *e, char **p, char del)
{
	char *offset = field(p, del), *magic = field(p, del), *mask = field(p, del), *end;
	long at;

	if (!offset || !magic || !mask || !*magic)
		return -LX_EINVAL;
	at = strtol(offset, &end, 10);
	if (*end || at < 0 || at > (long)BINFMT_HEAD)
		return -LX_EINVAL;
	e->offset = (uint32_t)at;
	e->magic = (uint8_t *)magic;
	e->size = unescape(magic);
	if (*mask) {
		e->mask = (uint8_t *)mask;
		if (unescape(mask) != e->size)
			return -LX_EINVAL;
	}
	return e->size > BINFMT_HEAD || BINFMT_HEAD - e->size < e->offset ? -LX_EINVAL : 0;
}

static int parse_extension(struct entry *e, char **p, char del)
{
	char *offset = field(p, del), *extension = field(p, del), *mask = field(p, del);

	if (!offset || !extension || !mask || !*extension || strchr(extension, '/'))
		return -LX_EINVAL;
	e->by_extension = true;
	e->magic = (uint8_t *)extension;
	return 0;
}

static const char *parse_flags(struct entry *e, const char *p)
{
	for (;; p++) {
		if (*p == 'P')
			e->keep_argv0 = true;
		else if (*p == 'O')
			e->open_binary = true;
		else if (*p == 'C')
			e->credentials = e->open_binary = true;
		else if (*p == 'F')
			e->fixed = true;
		else
			return p;
	}
}

static int parse(struct entry *e, size_t len)
{
	char *p = e->text + 1, del = e->text[0];
	const char *end;
	char *type;
	int err;

	e->name = field(&p, del);
	if (!e->name || !e->name[0] || !strcmp(e->name, ".") || !strcmp(e->name, "..") ||
	    strchr(e->name, '/') || strlen(e->name) > LX_NAME_MAX)
		return -LX_EINVAL;
	type = field(&p, del);
	if (!type || (strcmp(type, "E") && strcmp(type, "M")))
		return -LX_EINVAL;
	err = *type == 'E' ? parse_extension(e, &p, del) : parse_magic(e, &p, del);
	if (err)
		return err;
	e->interpreter = field(&p, del);
	if (!e->interpreter || !e->interpreter[0])
		return -LX_EINVAL;
	end = parse_flags(e, p);
	if (*end == '\n')
		end++;
	return end == e->text + len ? 0 : -LX_EINVAL;
}

static struct entry *find(const char *name)
{
	struct entry *e;

	list_for_each(e, &entries, link)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

static struct entry *of_id(int64_t id)
{
	struct entry *e;

	list_for_each(e, &entries, link)
		if (e->id == id)
			return e;
	return NULL;
}

static void entry_free(struct entry *e)
{
	if (e->file)
		file_put(e->file);
	mem_free(e);
}

int binfmt_register(struct task *t, const char *text, size_t len)
{
	struct entry *e;
	int err;

	if (len < REGISTER_MIN || len > REGISTER_MAX || memchr(text, 0, len))
		return -LX_EINVAL;
	e = mem_alloc(sizeof(*e) + len + 1);
	if (!e)
		return -LX_ENOMEM;
	list_init(&e->link);
	memcpy(e->text, text, len);
	e->enabled = true;
	err = parse(e, len);
	if (!err && e->fixed)
		err = vfs_open_file(t, LX_AT_FDCWD, e->interpreter, LX_O_RDONLY | VFS_O_EXEC, 0,
				    &e->file);
	lk_acquire(&lock);
	if (!err && find(e->name))
		err = -LX_EEXIST;
	if (!err) {
		e->id = ++last_id;
		list_add(&entries, &e->link);
	}
	lk_release(&lock);
	if (err)
		entry_free(e);
	return err;
}

/* ---- changing ---- */

static void remove_all(struct list *gone)
{
	struct entry *e, *tmp;

	list_for_each_safe(e, tmp, &entries, link) {
		list_del(&e->link);
		list_add_tail(gone, &e->link);
	}
}

int binfmt_command(int64_t id, const char *text, size_t len)
{
	struct list gone = LIST_INIT(gone);
	struct entry *e, *tmp;
	int what;

	if (len && text[len - 1] == '\n')
		len--;
	if (!len)
		return 0;
	what = len == 1 && (*text == '0' || *text == '1') ? *text - '0'
	       : len == 2 && !memcmp(text, "-1", 2)       ? -1
							  : -2;
	if (what == -2)
		return -LX_EINVAL;
	lk_acquire(&lock);
	e = of_id(id);
	if (what < 0 && id == BINFMT_ALL) {
		remove_all(&gone);
	} else if (what < 0 && e) {
		list_del(&e->link);
		list_add_tail(&gone, &e->link);
	} else if (what >= 0) {
		*(e ? &e->enabled : &enabled) = what;
	}
	lk_release(&lock);
	list_for_each_safe(e, tmp, &gone, link)
		entry_free(e);
	return 0;
}

/* ---- looking ---- */

bool binfmt_find(const char *name, int64_t *id)
{
	struct entry *e;

	lk_acquire(&lock);
	e = find(name);
	*id = e ? e->id : 0;
	lk_release(&lock);
	return e != NULL;
}

bool binfmt_name(int64_t id, char name[LX_NAME_MAX + 1])
{
	struct entry *e;

	lk_acquire(&lock);
	e = of_id(id);
	if (e)
		strcpy(name, e->name);
	lk_release(&lock);
	return e != NULL;
}

int64_t binfmt_next(int64_t id)
{
	struct entry *e;
	int64_t next = 0;

	lk_acquire(&lock);
	list_for_each(e, &entries, link)
		if (e->id > id && (!next || e->id < next))
			next = e->id;
	lk_release(&lock);
	return next;
}

static void put_hex(struct text *tx, const char *key, const uint8_t *bytes, uint32_t n)
{
	text_printf(tx, "%s ", key);
	for (uint32_t i = 0; i < n; i++)
		text_printf(tx, "%02x", bytes[i]);
	text_str(tx, "\n");
}

static void put_entry(struct text *tx, const struct entry *e)
{
	text_printf(tx, "%s\ninterpreter %s\nflags: %s%s%s%s\n",
		    e->enabled ? "enabled" : "disabled", e->interpreter, e->keep_argv0 ? "P" : "",
		    e->open_binary ? "O" : "", e->credentials ? "C" : "", e->fixed ? "F" : "");
	if (e->by_extension) {
		text_printf(tx, "extension .%s\n", (const char *)e->magic);
		return;
	}
	text_printf(tx, "offset %u\n", (unsigned)e->offset);
	put_hex(tx, "magic", e->magic, e->size);
	if (e->mask)
		put_hex(tx, "mask", e->mask, e->size);
}

int binfmt_show(int64_t id, struct text *tx)
{
	struct entry *e;

	if (id == BINFMT_ALL) {
		text_str(tx, enabled ? "enabled\n" : "disabled\n");
		return 0;
	}
	lk_acquire(&lock);
	e = of_id(id);
	if (e)
		put_entry(tx, e);
	lk_release(&lock);
	return e ? 0 : -LX_ENOENT;
}

/* ---- matching ---- */

static bool matches(const struct entry *e, const char *extension, const uint8_t *head, size_t len)
{
	if (!e->enabled)
		return false;
	if (e->by_extension)
		return extension && !strcmp((const char *)e->magic, extension);
	for (uint32_t i = 0; i < e->size; i++) {
		uint8_t byte = e->offset + i < len ? head[e->offset + i] : 0;

		if ((byte ^ e->magic[i]) & (e->mask ? e->mask[i] : 0xff))
			return false;
	}
	return true;
}

bool binfmt_match(const char *path, const char *head, size_t len, struct binfmt_hit *hit)
{
	const char *dot = strrchr(path, '.');
	struct entry *e;
	bool found = false;

	if (list_empty(&entries))
		return false;
	lk_acquire(&lock);
	if (enabled)
		list_for_each(e, &entries, link)
			if (!found &&
			    matches(e, dot ? dot + 1 : NULL, (const uint8_t *)head, len)) {
				found = true;
				strcpy(hit->interp, e->interpreter);
				hit->file = e->file ? file_get(e->file) : NULL;
				hit->keep_argv0 = e->keep_argv0;
				hit->open_binary = e->open_binary;
				hit->credentials = e->credentials;
			}
	lk_release(&lock);
	return found;
}
