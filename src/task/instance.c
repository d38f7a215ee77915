/* SPDX-License-Identifier: MIT */
/*
 * instance.c - an instance from start to end: the layers below brought up, /init (pid 1), the first
 * program (pid 2), and the killing of whatever it leaves behind.
 *
 * /init has no host process. It is the root of the tree, adopts orphans and reaps them at once. The
 * instance ends when the first program does: its one client has left.
 */
#include "task_impl.h"
#include "instance.h"
#include "base/alloc.h"
#include "lx/elf.h"
#include "base/trace.h"
#include "lxrun/event.h"
#include "lxrun/options.h"
#include "lxrun/tty.h"
#include "lxrun/quirks.h"
#include "nt/se.h"
#include <stdio.h>
#include <string.h>

#define KILL_PATIENCE_MS 5000

struct tgroup *init_tgroup;
bool (*instance_stop_client)(int sig);
bool instance_orphaned = true;

static struct instance {
	struct task *first; /* holds a reference until the program has run */
	int first_pid;
	int wait_status;
	KEVENT first_gone;    /* the first program has ended */
	_Atomic bool aborted; /* instance_abort() */
	KEVENT changed;       /* a group has left the tables */
	bool started;         /* PicoStart succeeded */
} inst;

static struct instance_stdio {
	HANDLE handle;
	int kind;
	uint32_t flags;
} stdio[3];

void instance_set_stdio(int n, HANDLE handle, int kind, uint32_t flags)
{
	stdio[n] = (struct instance_stdio){ .handle = handle, .kind = kind, .flags = flags };
}

/* ---- start ---- */

/* A distribution's identities are its own: /init is root there, whoever runs lxrun. */
static struct cred *root_cred(void)
{
	struct cred *c = mem_alloc(sizeof(*c));

	if (!c)
		return NULL;
	refs_init(&c->refs);
	cred_init_caps(c);
	return c;
}

int instance_start_init(void)
{
	KeInitializeEvent(&inst.first_gone, NotificationEvent, FALSE);
	KeInitializeEvent(&inst.changed, SynchronizationEvent, FALSE);
	init_tgroup = tgroup_new();
	if (!init_tgroup)
		return -LX_ENOMEM;
	init_tgroup->last_cred = root_cred();
	if (!init_tgroup->last_cred)
		return -LX_ENOMEM;
	strcpy(init_tgroup->last_comm, "init");
	lk_acquire(&tasks_lock);
	tgroup_publish(init_tgroup, PID_INIT, NULL, PID_INIT, PID_INIT);
	lk_release(&tasks_lock);
	return 0;
}

#define HOST_GROUPS_MAX 1024u

static struct cred *host_cred(void)
{
	struct cred *c = mem_alloc(sizeof(*c));
	ULONG uid, gid, ids[HOST_GROUPS_MAX], n = HOST_GROUPS_MAX;

	if (!c)
		return NULL;
	refs_init(&c->refs);
	SeQueryHostIdentity(&uid, &gid, &n, ids);
	if (cred_set_groups(c, n, ids)) {
		mem_free(c);
		return NULL;
	}
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	cred_init_caps(c);
	return c;
}

/* The caller's directory as the guest names it: below --root, or /. */
static const char *inherited_directory(const char *host)
{
	const char *root = lxrun_opt.root;
	size_t len = root ? strlen(root) : 0;

	while (len && root[len - 1] == '/')
		len--;
	if (!len)
		return host[0] ? host : "/";
	if (!strncmp(host, root, len) && (host[len] == '/' || !host[len]))
		return host[len] ? host + len : "/";
	return "/";
}

static int set_directory(struct task *t, const SE_HOST_START *start)
{
	int err;

	if (lxrun_opt.cd) {
		err = vfs_chdir(t, lxrun_opt.cd);
		if (err)
			lxrun_warn("cannot change to directory %s: %s", lxrun_opt.cd,
				   lx_errno_text(-err));
		return err;
	}
	/* A directory that cannot be entered any more is no reason not to run: stay at /. */
	vfs_chdir(t, inherited_directory(start->Directory));
	return 0;
}

static void set_limits(struct tgroup *tg, const SE_HOST_START *start)
{
	for (int i = 0; i < LX_RLIM_NLIMITS; i++) {
		tg->rlimit[i].rlim_cur = start->Limits[i].Current;
		tg->rlimit[i].rlim_max = start->Limits[i].Maximum;
	}
	if (lxrun_opt.nofile_max) {
		tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur = lxrun_opt.nofile_cur;
		tg->rlimit[LX_RLIMIT_NOFILE].rlim_max = lxrun_opt.nofile_max;
	}
}

static int first_objects(struct tgroup *tg, struct task *t)
{
	PS_PICO_PROCESS_ATTRIBUTES process = { .Context = tg };
	PS_PICO_THREAD_ATTRIBUTES thread = { .Context = t, .ThreadId = (ULONG)inst.first_pid };
	NTSTATUS status = pico.CreateProcess(&process, &tg->process);

	if (NT_SUCCESS(status)) {
		thread.Process = tg->process;
		status = pico.CreateThread(&thread, &t->thread);
	}
	return nt_to_errno(status);
}

static int first_context(struct task *t, const SE_HOST_START *start)
{
	struct path root;

	t->cred = lxrun_opt.distribution ? root_cred() : host_cred();
	t->files = fdtable_new();
	t->mm = mem_alloc(sizeof(*t->mm));
	mount_root(&root);
	t->fs = fs_context_new(&root, &root, quirk_on(QUIRK_UMASK) ? 0 : start->Umask);
	path_put(&root);
	if (!t->cred || !t->files || !t->mm || !t->fs)
		return -LX_ENOMEM;
	refs_init(&t->mm->refs);
	t->mm->coredump_filter = LX_DUMP_DEFAULT;
	t->tg->uid = t->cred->uid;
	exec_sets_ids = !t->cred->uid;
	return 0;
}

/* Task 2 with everything but a host process, so that paths can be resolved as it will see them. */
static int start_first(void)
{
	SE_HOST_START *start = mem_alloc(sizeof(*start));
	struct tgroup *tg = tgroup_new();
	struct task *t = tg ? task_new(tg) : NULL;
	int err = -LX_ENOMEM;

	if (!start || !t)
		goto out;
	SeQueryHostStart(start);
	err = first_context(t, start);
	lk_acquire(&tasks_lock);
	inst.first_pid = pid_alloc(&pid_ns_first, NULL);
	lk_release(&tasks_lock);
	if (!err)
		err = first_objects(tg, t);
	if (err)
		goto out;
	set_limits(tg, start);
	set_limits(init_tgroup, start); /* pam_limits(8) makes them those of a login */
	t->sched.nice = start->Priority;
	tg->exit_signal = LX_SIGCHLD;
	lk_acquire(&tasks_lock);
	tgroup_publish(tg, inst.first_pid, init_tgroup, inst.first_pid, inst.first_pid);
	task_publish(t, inst.first_pid);
	lk_release(&tasks_lock);
	inst.first = task_get(t);
	if (lxrun_opt.bare)
		goto out;
	if (lxrun_opt.distribution) {
		err = distro_enter(t, start->Directory);
		goto out;
	}
	if (lxrun_opt.user)
		err = user_select(t, lxrun_opt.user);
	if (!err)
		err = set_directory(t, start);
out:
	if (!inst.first) {
		task_put(t);
		tgroup_put(tg);
	}
	mem_free(start);
	return err;
}

static int start_executive(void)
{
	NTSTATUS status = ObInitSystem();

	if (NT_SUCCESS(status))
		status = KeInitSystem();
	if (NT_SUCCESS(status))
		status = IoInitSystem();
	if (!NT_SUCCESS(status))
		lxrun_warn("cannot start: %s", NtStatusName(status));
	return nt_to_errno(status);
}

static int start_files(void)
{
	const char *root = lxrun_opt.root ? lxrun_opt.root : "/";
	char name[40];
	ULONG number;
	VOLUME_PERSONALITY personality = lxrun_opt.distribution ? VolumePersonalityLx
								: VolumePersonalityHost;
	int err = nt_to_errno(IoCreateVolume(root, personality, &number));

	if (!err) {
		snprintf(name, sizeof(name), "\\Device\\HarddiskVolume%u", (unsigned)number);
		err = vfs_init(name);
	}
	if (err)
		lxrun_warn("cannot use %s as the root directory: %s", root, lx_errno_text(-err));
	else
		err = drives_start();
	return err;
}

static int start_provider(void)
{
	PS_PICO_PROVIDER_ROUTINES routines;
	NTSTATUS status;

	provider_routines(&routines);
	pico.Size = sizeof(pico);
	status = PsRegisterPicoProvider(&routines, &pico);
	if (!NT_SUCCESS(status))
		lxrun_warn("cannot register with the trap engine: %s", NtStatusName(status));
	return nt_to_errno(status);
}

int instance_start(void)
{
	int err = start_executive();

	if (!err)
		err = start_files();
	if (!err)
		err = start_provider();
	if (!err)
		err = instance_start_init();
	if (!err)
		err = start_first();
	return err;
}

/* ---- run ---- */

static void take_stdio(struct task *t)
{
	for (int n = 0; n < 3; n++) {
		struct file *f;

		if (!stdio[n].handle)
			continue;
		f = stdio_file(stdio[n].handle, stdio[n].kind, stdio[n].flags);
		stdio[n].handle = NULL;
		if (f)
			fdtable_preset(t->files, n, f, f->direct);
	}
}

void instance_group_gone(struct tgroup *tg)
{
	if (tg->pid == inst.first_pid) {
		inst.wait_status = tg->wait_status;
		KeSetEvent(&inst.first_gone);
	}
	KeSetEvent(&inst.changed);
}

void instance_group_stopped(struct tgroup *tg, int sig)
{
	if (tg->pid == inst.first_pid && instance_stop_client)
		instance_stop_client(sig);
}

bool instance_has_shell(const struct tgroup *tg)
{
	return tg->pid == inst.first_pid && !instance_orphaned;
}

static int kill_one(struct tgroup *tg, void *arg)
{
	tgroup_kill(tg);
	return 0;
}

static bool anybody_left(void)
{
	bool left;

	lk_acquire(&tasks_lock);
	left = pid_next_tgroup(PID_INIT) != 0;
	lk_release(&tasks_lock);
	return left;
}

/* A clone under way may add a group after the round that killed its parent: so rounds, until none is left. */
static void kill_all(void)
{
	uint64_t end = KeQueryMonotonicNs() + KILL_PATIENCE_MS * 1000000ull;
	LARGE_INTEGER pause = { .QuadPart = -10 * (NT_TICKS_PER_SEC / 1000) };

	while (anybody_left() && KeQueryMonotonicNs() < end) {
		tgroup_for_each(kill_one, NULL);
		KeWaitForSingleObject(&inst.changed, FALSE, &pause);
	}
}

static int wait_for_first(void)
{
	LARGE_INTEGER limit = { .QuadPart = -(LONGLONG)lxrun_opt.timeout_ms *
					    (NT_TICKS_PER_SEC / 1000) };
	NTSTATUS status = KeWaitForSingleObject(&inst.first_gone, FALSE,
						lxrun_opt.timeout_ms ? &limit : NULL);

	if (inst.aborted)
		return -LX_ECANCELED;
	return status == STATUS_TIMEOUT ? -LX_ETIMEDOUT : 0;
}

void instance_abort(void)
{
	inst.aborted = true;
	KeSetEvent(&inst.first_gone);
}

bool instance_find_user(const char *name, uint32_t *uid)
{
	bool found = user_find(inst.first, name);

	*uid = login.uid;
	return found;
}

const char *instance_shell(void)
{
	return login.shell[0] ? login.shell : "/bin/sh";
}

int instance_run(const char *program, char *const argv[], int *wait_status)
{
	char path[LX_PATH_MAX], reason[256];
	struct task *t = inst.first;
	bool ran;
	int err = instance_resolve(program, path, sizeof(path), reason, sizeof(reason));
	NTSTATUS status;

	if (err)
		return err;
	take_stdio(t);
	tty_adopt(t->tg);
	status = PicoStart(t->tg->process, t->thread, path, argv, lxrun_opt.envp);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	inst.started = true;
	err = wait_for_first();
	ran = t->tg->execed;
	kill_all();
	*wait_status = inst.wait_status;
	inst.first = NULL;
	task_put(t);
	if (!err && !ran)
		err = first_exec_error ? first_exec_error : -LX_EIO;
	return err;
}

/* ---- stop ---- */

/* The first program never ran: what ExitThread and ExitProcess would have done. */
static void drop_first(void)
{
	struct task *t = inst.first;
	struct tgroup *tg = t->tg;

	inst.first = NULL;
	if (t->in_call & TASK_GONE) {
		task_put(t);
		return;
	}
	lk_acquire(&tasks_lock);
	task_unpublish(t);
	tgroup_unpublish(tg);
	lk_release(&tasks_lock);
	task_put(t);
	task_put(t); /* the reference of its life */
	tgroup_put(tg);
}

void instance_stop(void)
{
	inotify_host_stop();
	if (inst.started)
		PicoStop();
	else if (inst.first)
		drop_first();
	inst.started = false;
	graveyard_sweep();
	console_stop();
	for (int n = 0; n < 3; n++)
		if (stdio[n].handle)
			NtClose(stdio[n].handle);
	if (init_tgroup) {
		lk_acquire(&tasks_lock);
		tgroup_unpublish(init_tgroup);
		lk_release(&tasks_lock);
		tgroup_put(init_tgroup);
		init_tgroup = NULL;
		vfs_shutdown();
	}
}

/* ---- finding the program ---- */

struct task *instance_first_task(void)
{
	return inst.first;
}
