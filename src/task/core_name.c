/* SPDX-License-Identifier: MIT */
/* core_name.c - core_pattern: the one of the instance, and the file name that it stands for (core(5)). */
#include "core.h"
#include "lxrun/ns.h"
#include "base/text.h"
#include "lxrun/sysctl.h"
#include "lxrun/vfs.h"
#include <string.h>

static struct lk pattern_lock = LK_INIT(INODE);
static char pattern[CORE_NAME_MAX] = "core";

void core_get_pattern(char out[LX_CORE_PATTERN_MAX])
{
	_Static_assert(LX_CORE_PATTERN_MAX == CORE_NAME_MAX, "one size");
	lk_acquire(&pattern_lock);
	memcpy(out, pattern, sizeof(pattern));
	lk_release(&pattern_lock);
}

int core_set_pattern(struct task *t, const char *text)
{
	size_t len = strcspn(text, "\n");

	/* A program would have to be started without a parent, a socket connected to: neither is there. */
	if (text[0] == '|' || text[0] == '@')
		return unsupported(t, "core_pattern", "kind", (uint64_t)text[0], -LX_EINVAL);
	if (len >= sizeof(pattern))
		len = sizeof(pattern) - 1;
	lk_acquire(&pattern_lock);
	memcpy(pattern, text, len);
	pattern[len] = '\0';
	lk_release(&pattern_lock);
	return 0;
}

/* A name made by others is one component at most: no slash in it, and neither "", "." nor "..". */
static void put_component(struct text *out, const char *s)
{
	size_t len = strlen(s);

	if (!len || !strcmp(s, ".") || !strcmp(s, "..")) {
		text_str(out, "!");
		s += len ? 1 : 0;
	}
	for (; *s; s++)
		text_put(out, *s == '/' ? "!" : s, 1);
}

/* %f and %E: the program's file, by its last component or by its whole path. */
static void put_program(struct text *out, struct task *t, bool whole)
{
	char path[LX_PATH_MAX], *name = path;
	struct path root;
	int64_t n = -1;

	fs_get_root(t->fs, &root);
	if (t->mm && t->mm->exe)
		n = vfs_path_text(&t->mm->exe->path, t->mm->exe, &root, path, sizeof(path) - 1,
				  NULL);
	path_put(&root);
	if (n < 0) {
		put_component(out, t->comm);
		return;
	}
	path[n] = '\0';
	if (!whole && strrchr(path, '/'))
		name = strrchr(path, '/') + 1;
	put_component(out, name);
}

static void put_host(struct text *out, struct task *t)
{
	char name[LX_UTS_LEN + 1];

	uts_name(t, UTS_HOST, name);
	put_component(out, name);
}

/* What stands behind a percent sign; unknown ones are dropped. */
static void put_value(struct text *out, const struct core_job *job, char c)
{
	struct task *t = job->tasks[0];

	switch (c) {
	case '%':
		text_str(out, "%");
		break;
	case 'p':
		text_printf(out, "%d", pid_seen(t, job->tg->pid));
		break;
	case 'P':
		text_printf(out, "%d", job->tg->pid);
		break;
	case 'i':
		text_printf(out, "%d", pid_seen(t, t->tid));
		break;
	case 'I':
		text_printf(out, "%d", t->tid);
		break;
	case 'u':
		text_printf(out, "%u", (unsigned)t->cred->uid);
		break;
	case 'g':
		text_printf(out, "%u", (unsigned)t->cred->gid);
		break;
	case 'd':
		text_printf(out, "%d", job->tg->dumpable);
		break;
	case 's':
		text_printf(out, "%d", job->info.si_signo);
		break;
	case 't':
		text_printf(out, "%lld", (long long)(KeQueryRealtimeNs() / 1000000000));
		break;
	case 'c':
		text_printf(out, "%llu", (unsigned long long)job->limit);
		break;
	case 'h':
		put_host(out, t);
		break;
	case 'e':
		put_component(out, t->comm);
		break;
	case 'f':
	case 'E':
		put_program(out, t, c == 'E');
		break;
	}
}

bool core_name(const struct core_job *job, char *name)
{
	char form[CORE_NAME_MAX];
	bool has_pid = false, ok;
	struct text out = { 0 };

	core_get_pattern(form);
	for (const char *p = form; *p; p++) {
		if (*p != '%') {
			text_put(&out, p, 1);
			continue;
		}
		if (!*++p)
			break;
		has_pid = has_pid || *p == 'p';
		put_value(&out, job, *p);
	}
	if (!has_pid && sysctl_values[SYSCTL_CORE_USES_PID])
		text_printf(&out, ".%d", pid_seen_in(job->tg->ns, job->tg->pid));
	ok = out.len && out.len < LX_PATH_MAX && !out.failed;
	if (ok)
		memcpy(name, out.data, out.len + 1);
	text_free(&out);
	return ok;
}
