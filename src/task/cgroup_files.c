/* SPDX-License-Identifier: MIT */
/* cgroup_files.c - what is read from and written to the files that every control group has, and options of mount. */
#include "cgroup_impl.h"
#include "lxrun/ns.h"
#include "task_impl.h"
#include "base/alloc.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* ---- numbers in text ---- */

static const char *skip_space(const char *p)
{
	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	return p;
}

/* A whole text that is a number >= 0 as kstrtoint() reads it. */
static bool parse_int(const char *text, int *n)
{
	const char *p = skip_space(text);
	char *end;
	long v;

	if (!(*p >= '0' && *p <= '9') && *p != '+')
		return false;
	v = strtol(p, &end, 0);
	if (end == p || *skip_space(end) || v < 0 || v > INT32_MAX)
		return false;
	*n = (int)v;
	return true;
}

/* ---- who is in a group ---- */

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Threads of g, or a number of their process for each, into ids; NULL: only counts. tasks_lock is held. */
static uint32_t gather(const struct cgroup *g, bool threads, int *ids)
{
	const struct tgroup *tg;
	const struct task *t;
	uint32_t n = 0;

	list_for_each(tg, &task_groups, all_link) {
		list_for_each(t, &tg->tasks, tg_link) {
			if (cgroup_of(t, g->in) != g)
				continue;
			if (ids)
				ids[n] = threads ? t->tid : tg->pid;
			n++;
		}
		if (tg == init_tgroup && !g->parent) { /* it has no threads */
			if (ids)
				ids[n] = tg->pid;
			n++;
		}
	}
	return n;
}

int cgroup_show_tasks(int64_t number, bool threads, struct text *tx)
{
	struct cgroup *g;
	int *ids = NULL, last = 0;
	uint32_t n = 0;

	lk_acquire(&tasks_lock);
	g = cgroup_find(number);
	if (g)
		ids = mem_alloc((gather(g, threads, NULL) + 1) * sizeof(*ids));
	if (ids)
		n = gather(g, threads, ids);
	lk_release(&tasks_lock);
	if (!g || !ids)
		return g ? -LX_ENOMEM : -LX_ENODEV;
	for (uint32_t i = 0; i < n; i++)
		ids[i] = pid_seen(task_current(), ids[i]);
	qsort(ids, n, sizeof(*ids), by_value);
	for (uint32_t i = 0; i < n; i++) {
		if (ids[i] != last)
			text_printf(tx, "%d\n", ids[i]);
		last = ids[i];
	}
	mem_free(ids);
	return 0;
}

/* ---- moving; tasks_lock is held ---- */

/* Whether by may move t: root may, and who t runs as. */
static int check_mover(struct task *by, struct task *t)
{
	bool may;

	lk_acquire(&t->lock);
	may = !t->cred || !by->cred->euid || by->cred->euid == t->cred->uid ||
	      by->cred->euid == t->cred->suid;
	lk_release(&t->lock);
	return may ? 0 : -LX_EACCES;
}

static int move_group(struct cgroup *g, struct task *by, struct tgroup *tg)
{
	struct task *t;
	int err;

	if (tg == init_tgroup) /* of the system, as Linux's own threads are */
		return -LX_EINVAL;
	if (list_empty(&tg->tasks))
		return -LX_ESRCH;
	err = check_mover(by, list_first(&tg->tasks, struct task, tg_link));
	if (!err)
		list_for_each(t, &tg->tasks, tg_link)
			cgroup_place(t, g);
	return err;
}

static int move_thread(struct cgroup *g, struct task *by, struct task *t)
{
	int err = check_mover(by, t);

	if (!err)
		cgroup_place(t, g);
	return err;
}

static int move(struct cgroup *g, struct task *by, bool thread, int id)
{
	struct task *t = id ? pid_task(id) : by;
	struct tgroup *tg = t ? t->tg : pid_tgroup(id);

	if (thread && t)
		return move_thread(g, by, t);
	return tg ? move_group(g, by, tg) : -LX_ESRCH;
}

int cgroup_move(int64_t n, struct task *by, bool thread, const char *text)
{
	struct cgroup *g;
	int id, err;

	if (!parse_int(text, &id))
		return -LX_EINVAL;
	id = pid_meant(by, id);
	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	err = g ? move(g, by, thread, id) : -LX_ENODEV;
	lk_release(&tasks_lock);
	return err;
}

/* ---- flags and the agent ---- */

int cgroup_show_flag(int64_t n, enum cgroup_flag flag, struct text *tx)
{
	struct cgroup *g;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g)
		text_printf(tx, "%d\n", g->flags[flag]);
	lk_release(&tasks_lock);
	return g ? 0 : -LX_ENODEV;
}

int cgroup_store_flag(int64_t n, enum cgroup_flag flag, const char *text)
{
	struct cgroup *g;
	int v;

	if (!parse_int(text, &v))
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g)
		g->flags[flag] = v != 0;
	lk_release(&tasks_lock);
	return g ? 0 : -LX_ENODEV;
}

int cgroup_show_agent(int64_t n, struct text *tx)
{
	struct cgroup *g;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g)
		text_printf(tx, "%s\n", g->in->agent);
	lk_release(&tasks_lock);
	return g ? 0 : -LX_ENODEV;
}

int cgroup_store_agent(int64_t n, const char *text, size_t len)
{
	const char *p = skip_space(text);
	struct cgroup *g;

	len -= (size_t)(p - text);
	while (len && skip_space(p + len - 1) != p + len - 1)
		len--;
	if (len >= LX_PATH_MAX)
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g) {
		memcpy(g->in->agent, p, len);
		g->in->agent[len] = '\0';
	}
	lk_release(&tasks_lock);
	return g ? 0 : -LX_ENODEV;
}

/* ---- options of mount(2) ---- */

static bool is_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '_' || c == '-'))
			return false;
	}
	return len > 0 && len < CGROUP_NAME_MAX;
}

static bool is_word(const char *opt, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(opt, word, len);
}

/* *all: every subsystem is asked for by that word. */
static int parse_one(const char *opt, size_t len, struct cgroup_options *o, bool *all)
{
	if (is_word(opt, len, "none")) {
		o->none = true;
	} else if (is_word(opt, len, "all")) {
		*all = true;
	} else if (is_word(opt, len, "clone_children")) {
		o->clone_children = true;
	} else if (is_word(opt, len, "devices")) {
		o->subsystems |= CGROUP_DEVICES;
	} else if (len > 5 && !strncmp(opt, "name=", 5)) {
		if (o->name[0] || !is_name(opt + 5, len - 5))
			return -LX_EINVAL;
		memcpy(o->name, opt + 5, len - 5);
	} else if (len > 14 && !strncmp(opt, "release_agent=", 14)) {
		if (o->release_agent[0] || len - 14 >= LX_PATH_MAX)
			return -LX_EINVAL;
		memcpy(o->release_agent, opt + 14, len - 14);
	} else if (!is_word(opt, len, "xattr") && !is_word(opt, len, "noprefix") && len) {
		return -LX_EINVAL;
	}
	return 0;
}

int cgroup_parse(const char *data, struct cgroup_options *o)
{
	bool all = false;
	int err = 0;

	*o = (struct cgroup_options){ 0 };
	for (const char *p = data, *end; p && *p && !err; p = *end ? end + 1 : end) {
		end = strchr(p, ',');
		end = end ? end : p + strlen(p);
		err = parse_one(p, (size_t)(end - p), o, &all);
	}
	if (err || (all && (o->subsystems || o->none)) || (o->none && o->subsystems))
		return -LX_EINVAL;
	/* Nothing said: all, as "all" itself. */
	if (all || (!o->subsystems && !o->none && !o->name[0]))
		o->subsystems = CGROUP_SUBSYSTEMS;
	return o->none && !o->name[0] ? -LX_EINVAL : 0;
}
