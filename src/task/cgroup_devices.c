/* SPDX-License-Identifier: MIT */
/*
 * cgroup_devices.c - the subsystem devices: which device nodes a group's tasks may open and make.
 *
 * A group allows or denies all by default and has rules that say otherwise. No group may do more than
 * its parent: what a parent loses, its descendants lose, and a child is given nothing that its parent has
 * not. The answers are those of Linux's security/device_cgroup.c, where the two questions differ:
 * `covered` is whether one rule alone grants everything asked for, `touched` whether any rule concerns some of it.
 */
#include "cgroup_impl.h"
#include "base/alloc.h"
#include "base/text.h"
#include "lx/stat.h"
#include <string.h>

/* Whether any group has anything to say: opens need not ask before. */
static _Atomic bool bound;

/* ---- rules; tasks_lock is held ---- */

static bool covered(const struct cgroup *g, const struct device_rule *want)
{
	const struct device_rule *r;

	list_for_each(r, &g->rules, link)
		if (r->type == want->type && (r->major == DEVICE_ANY || r->major == want->major) &&
		    (r->minor == DEVICE_ANY || r->minor == want->minor) &&
		    !(want->access & ~r->access))
			return true;
	return false;
}

static bool meets(uint32_t a, uint32_t b)
{
	return a == DEVICE_ANY || b == DEVICE_ANY || a == b;
}

static bool touched(const struct cgroup *g, const struct device_rule *want)
{
	const struct device_rule *r;

	list_for_each(r, &g->rules, link)
		if (r->type == want->type && meets(r->major, want->major) &&
		    meets(r->minor, want->minor) && (want->access & r->access))
			return true;
	return false;
}

static struct device_rule *same_devices(struct cgroup *g, const struct device_rule *like)
{
	struct device_rule *r;

	list_for_each(r, &g->rules, link)
		if (r->type == like->type && r->major == like->major && r->minor == like->minor)
			return r;
	return NULL;
}

static int rule_add(struct cgroup *g, const struct device_rule *rule)
{
	struct device_rule *r = same_devices(g, rule);

	if (r) {
		r->access |= rule->access;
		return 0;
	}
	r = mem_alloc(sizeof(*r));
	if (!r)
		return -LX_ENOMEM;
	*r = *rule;
	list_add_tail(&g->rules, &r->link);
	return 0;
}

static void rule_remove(struct cgroup *g, const struct device_rule *rule)
{
	struct device_rule *r = same_devices(g, rule);

	if (!r)
		return;
	r->access &= ~rule->access;
	if (r->access)
		return;
	list_del(&r->link);
	mem_free(r);
}

void devices_free(struct cgroup *g)
{
	struct device_rule *r, *tmp;

	list_for_each_safe(r, tmp, &g->rules, link) {
		list_del(&r->link);
		mem_free(r);
	}
}

int devices_inherit(struct cgroup *g)
{
	const struct device_rule *r;
	int err = 0;

	g->deny = g->parent && g->parent->deny;
	if (g->parent)
		list_for_each(r, &g->parent->rules, link)
			if (!err)
				err = rule_add(g, r);
	if (err)
		devices_free(g);
	return err;
}

/* ---- what a group may have of its parent's ---- */

/* Whether g, which allows or denies by default as deny says, may have rule. */
static bool parent_permits(const struct cgroup *g, const struct device_rule *rule, bool deny)
{
	if (!g->parent)
		return true;
	if (g->parent->deny)
		return covered(g->parent, rule);
	return !deny || !touched(g->parent, rule);
}

/* What a parent's change has taken from g's. */
static void revalidate(struct cgroup *g)
{
	struct device_rule *r, *tmp;

	list_for_each_safe(r, tmp, &g->rules, link) {
		if (parent_permits(g, r, g->deny))
			continue;
		list_del(&r->link);
		mem_free(r);
	}
}

static int tell_descendants(struct cgroup *top, const struct device_rule *rule)
{
	int err = 0;

	for (struct cgroup *g = cgroup_next_below(top, top); g; g = cgroup_next_below(g, top)) {
		if (!top->deny && !g->deny)
			err = rule_add(g, rule);
		else
			rule_remove(g, rule);
		if (err)
			break;
		revalidate(g);
	}
	return err;
}

/* ---- what is written ---- */

static bool parse_number(const char **p, uint32_t *n)
{
	uint64_t v = 0;
	const char *start = *p;

	if (**p == '*') {
		++*p;
		*n = DEVICE_ANY;
		return true;
	}
	for (; **p >= '0' && **p <= '9' && *p - start < 10; ++*p)
		v = v * 10 + (uint64_t)(**p - '0');
	*n = (uint32_t)v;
	return *p != start && v < DEVICE_ANY;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* "c 1:3 rwm". */
static int parse_rule(const char *p, struct device_rule *rule)
{
	*rule = (struct device_rule){ .type = *p };
	if (*p != 'b' && *p != 'c')
		return -LX_EINVAL;
	if (!is_space(*++p))
		return -LX_EINVAL;
	p++;
	if (!parse_number(&p, &rule->major) || *p++ != ':' || !parse_number(&p, &rule->minor))
		return -LX_EINVAL;
	if (!is_space(*p))
		return -LX_EINVAL;
	p++;
	for (int i = 0; i < 3 && *p && *p != '\n'; i++, p++) {
		const char *kind = strchr("rwm", *p);

		if (!kind)
			return -LX_EINVAL;
		rule->access |= CGROUP_MAY_READ << (kind - "rwm");
	}
	return 0;
}

/* "a": everything, and no rules any more. */
static int store_all(struct cgroup *g, bool allow)
{
	if (!list_empty(&g->children))
		return -LX_EINVAL;
	if (allow && g->parent && g->parent->deny)
		return -LX_EPERM;
	devices_free(g);
	g->deny = !allow;
	if (allow && g->parent && devices_inherit(g)) {
		g->deny = true; /* never more than the parent */
		return -LX_ENOMEM;
	}
	return 0;
}

static int store_rule(struct cgroup *g, bool allow, const struct device_rule *rule)
{
	int err = 0;

	if (allow && !g->deny) { /* an exception to everything goes */
		if (g->parent && touched(g->parent, rule))
			return -LX_EPERM;
		rule_remove(g, rule);
		return 0;
	}
	if (allow)
		return parent_permits(g, rule, true) ? rule_add(g, rule) : -LX_EPERM;
	if (g->deny)
		rule_remove(g, rule);
	else
		err = rule_add(g, rule);
	return err ? err : tell_descendants(g, rule);
}

static bool any_bound(const struct hierarchy *h)
{
	for (struct cgroup *g = h->top; g; g = cgroup_next_below(g, h->top))
		if (g->deny || !list_empty(&g->rules))
			return true;
	return false;
}

/* ---- the verbs ---- */

int cgroup_store_devices(int64_t n, struct task *t, bool allow, const char *text)
{
	struct device_rule rule;
	struct cgroup *g;
	int err = 0;

	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	if (*text != 'a')
		err = parse_rule(text, &rule);
	if (err)
		return err;
	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (!g)
		err = -LX_ENODEV;
	else
		err = *text == 'a' ? store_all(g, allow) : store_rule(g, allow, &rule);
	if (g)
		bound = any_bound(g->in);
	lk_release(&tasks_lock);
	return err;
}

static void show_number(uint32_t n, struct text *tx)
{
	if (n == DEVICE_ANY)
		text_str(tx, "*");
	else
		text_printf(tx, "%u", n);
}

int cgroup_show_devices(int64_t n, struct text *tx)
{
	const struct device_rule *r;
	struct cgroup *g;

	lk_acquire(&tasks_lock);
	g = cgroup_find(n);
	if (g && !g->deny)
		text_str(tx, "a *:* rwm\n");
	else if (g)
		list_for_each(r, &g->rules, link) {
			text_printf(tx, "%c ", r->type);
			show_number(r->major, tx);
			text_str(tx, ":");
			show_number(r->minor, tx);
			text_printf(tx, " %s%s%s\n", r->access & CGROUP_MAY_READ ? "r" : "",
				    r->access & CGROUP_MAY_WRITE ? "w" : "",
				    r->access & CGROUP_MAY_MKNOD ? "m" : "");
		}
	lk_release(&tasks_lock);
	return g ? 0 : -LX_ENODEV;
}

int cgroup_may_device(const struct task *t, uint32_t mode, uint64_t rdev, uint32_t may)
{
	struct device_rule want = { .type = LX_S_ISBLK(mode) ? 'b' : 'c',
				    .major = lx_major(rdev),
				    .minor = lx_minor(rdev),
				    .access = may };
	struct hierarchy *h;
	struct cgroup *g;
	bool ok = true;

	if (!bound || !may || !(LX_S_ISBLK(mode) || LX_S_ISCHR(mode)))
		return 0;
	lk_acquire(&tasks_lock);
	h = hierarchy_with(CGROUP_DEVICES);
	if (h) {
		g = cgroup_of(t, h);
		ok = g->deny ? covered(g, &want) : !touched(g, &want);
	}
	lk_release(&tasks_lock);
	return ok ? 0 : -LX_EPERM;
}
