/* SPDX-License-Identifier: MIT */
/*
 * user.c - who the first program runs as: a name or number looked up in the guest's own /etc/passwd and
 * /etc/group.
 *
 * The host side keeps running as the caller, so on the host's own files another identity is for a caller
 * who is root on the host; lxcore's permission checks then hold the guest to the identity it was given. In
 * a distribution identities are lxcore's alone, and /init, whose they come from, is root.
 */
#include "task_impl.h"
#include "instance.h"
#include "base/alloc.h"
#include "base/trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct login login;

#define DATABASE_MAX (1u << 20)

char *read_database(struct task *t, const char *path)
{
	struct file *f;
	struct kstat st;
	char *text = NULL;
	int64_t n;

	if (vfs_open_file(t, LX_AT_FDCWD, path, LX_O_RDONLY, 0, &f))
		return NULL;
	if (!vfs_fstat(f, &st) && st.size < DATABASE_MAX) {
		text = mem_alloc(st.size + 1);
		n = text ? vfs_pread(f, text, st.size, 0) : 0;
		if (text)
			text[n > 0 ? n : 0] = '\0';
	}
	file_put(f);
	return text;
}

/* Cuts the next line into fields at ':'. False at the end of the text. */
static bool next_entry(char **text, char *field[], int fields)
{
	char *line = *text, *end;
	int n = 0;

	if (!*line)
		return false;
	end = line + strcspn(line, "\n");
	*text = *end ? end + 1 : end;
	*end = '\0';
	for (; n < fields; n++) {
		field[n] = line;
		line += strcspn(line, ":");
		if (*line)
			*line++ = '\0';
	}
	return true;
}

static bool parse_id(const char *s, uint32_t *id)
{
	char *end;
	unsigned long long v = strtoull(s, &end, 10);

	*id = v;
	return *s >= '0' && *s <= '9' && !*end && v < LX_ID_KEEP;
}

/* The wanted user's entry. A number without one is its own group. */
static bool find_user(struct task *t, const char *wanted, struct login *l)
{
	char *text = read_database(t, "/etc/passwd"), *p = text, *f[7];
	uint32_t number;
	bool numeric = parse_id(wanted, &number), found = false;

	*l = (struct login){ .home = "/", .shell = "/bin/sh" };
	while (p && !found && next_entry(&p, f, 7)) {
		if (!parse_id(f[2], &l->uid) || !parse_id(f[3], &l->gid))
			continue;
		found = numeric ? l->uid == number : !strcmp(f[0], wanted);
		if (!found)
			continue;
		snprintf(l->name, sizeof(l->name), "%s", f[0]);
		if (*f[5])
			snprintf(l->home, sizeof(l->home), "%s", f[5]);
		if (*f[6])
			snprintf(l->shell, sizeof(l->shell), "%s", f[6]);
	}
	mem_free(text);
	if (!found)
		l->uid = l->gid = number;
	return found || numeric;
}

static bool list_has(const char *members, const char *name)
{
	size_t len = strlen(name);

	for (const char *m = members; *m; m += strcspn(m, ","), m += *m == ',')
		if (strcspn(m, ",") == len && !strncmp(m, name, len))
			return true;
	return false;
}

#define USER_GROUPS_MAX 1024u

static int find_groups(struct task *t, const char *name, struct cred *c)
{
	char *text = read_database(t, "/etc/group"), *p = text, *f[4];
	uint32_t ids[USER_GROUPS_MAX], n = 0, gid;
	int err;

	ids[n++] = c->gid;
	while (p && name[0] && n < USER_GROUPS_MAX && next_entry(&p, f, 4))
		if (list_has(f[3], name) && parse_id(f[2], &gid) && gid != c->gid)
			ids[n++] = gid;
	err = cred_set_groups(c, n, ids);
	mem_free(text);
	return err;
}

bool user_find(struct task *t, const char *wanted)
{
	return find_user(t, wanted, &login);
}

int user_select(struct task *t, const char *wanted)
{
	struct cred *c;

	if (!find_user(t, wanted, &login)) {
		lxrun_warn("no such user: %s", wanted);
		return -LX_ENOENT;
	}
	if (login.uid == t->cred->uid)
		return 0;
	if (t->cred->uid) {
		lxrun_warn("only root can run as another user (%s)", wanted);
		return -LX_EPERM;
	}
	c = cred_copy(t->cred);
	if (!c)
		return -LX_ENOMEM;
	c->uid = c->euid = c->suid = c->fsuid = login.uid;
	c->gid = c->egid = c->sgid = c->fsgid = login.gid;
	if (find_groups(t, login.name, c)) {
		cred_put(c);
		return -LX_ENOMEM;
	}
	cred_init_caps(c);
	task_set_cred(t, c);
	return 0;
}
