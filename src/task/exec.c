/* SPDX-License-Identifier: MIT */
/*
 * exec.c - execve(2) around the loader: what is prepared before the host replaces the image, and what
 * changes once it has.
 *
 * task_execve() runs in the caller's life-cycle call and must leave no trace if it or the host fails:
 * all it makes waits in t->exec. Argument strings stay in guest memory: the host copies them, counts
 * them against its limits and says EFAULT or E2BIG. What we read of argv is for /proc/PID/cmdline only.
 */
#include "task_impl.h"
#include "base/alloc.h"
#include "base/trace.h"
#include <stdatomic.h>
#include <string.h>

struct exec_state {
	struct load_result load;
	struct mm *mm;
	struct cred *cred; /* NULL: unchanged */
	char comm[16];
};

#define AT_FLAGS_PRESERVE_ARGV0 1u

#define CMDLINE_MAX   (128u << 10)
#define CMDLINE_ARGS  4096u
#define CMDLINE_CHUNK (32u << 10)

_Atomic int first_exec_error;
bool exec_sets_ids;

/* Adds the string at address, from the block that covers it or from the guest. False: no more room or memory. */
static bool cmdline_add(struct task *t, struct mm *mm, uint64_t address, const char *block,
			uint64_t start, int64_t size)
{
	char *dst = mm->cmdline + mm->cmdline_len;
	size_t room = CMDLINE_MAX - mm->cmdline_len;
	size_t off = address - start, len;
	const char *end;

	if (address >= start && size > 0 && off < (size_t)size) {
		end = memchr(block + off, '\0', size - off);
		if (end) {
			len = end - (block + off) + 1;
			if (len > room)
				return false;
			memcpy(dst, block + off, len);
			mm->cmdline_len += len;
			return true;
		}
	}
	if (guest_copyin_str(t, dst, room, GADDR(address)))
		return false;
	mm->cmdline_len += strlen(dst) + 1;
	return true;
}

/* Lowest and one past the highest of n pointers. */
static void pointer_span(const uint64_t *p, uint32_t n, uint64_t *lo, uint64_t *hi)
{
	*lo = UINT64_MAX;
	*hi = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (p[i] < *lo)
			*lo = p[i];
		if (p[i] >= *hi)
			*hi = p[i] + 1;
	}
}

static uint32_t read_pointers(struct task *t, uint64_t argv, uint64_t *p, uint32_t max)
{
	int64_t got = guest_peek(t, p, GADDR(argv), max * sizeof(*p));
	uint32_t n = 0;

	while (got > 0 && n < got / sizeof(*p) && p[n])
		n++;
	return n;
}

/*
 * Strings of one exec lie close together as a rule (a shell's heap, an argv copied from the stack), so
 * one copy of the whole span replaces a copy per string.
 */
static void cmdline_read(struct task *t, struct mm *mm, uint64_t argv, const PICO_IMAGE *image)
{
	uint64_t *p = mem_alloc(CMDLINE_ARGS * sizeof(*p) + CMDLINE_CHUNK);
	char *block = p ? (char *)(p + CMDLINE_ARGS) : NULL;
	uint64_t lo, hi;
	uint32_t n, i = 0;
	int64_t size = 0;

	mm->cmdline = mem_alloc(CMDLINE_MAX);
	if (!p || !mm->cmdline)
		goto out;
	for (ULONG k = 0; k < image->InsertCount; k++) {
		size_t len = strlen(image->Insert[k]) + 1;

		memcpy(mm->cmdline + mm->cmdline_len, image->Insert[k], len);
		mm->cmdline_len += len;
		i = 1; /* they replace argv[0] */
	}
	n = argv ? read_pointers(t, argv, p, 64) : 0;
	if (n == 64)
		n = read_pointers(t, argv, p, CMDLINE_ARGS);
	pointer_span(p, n, &lo, &hi);
	if (n > 1 && hi - lo < CMDLINE_CHUNK / 2)
		size = guest_peek(t, block, GADDR(lo), hi - lo + 256);
	for (; i < n && cmdline_add(t, mm, p[i], block, lo, size); i++)
		;
	block = mem_realloc(mm->cmdline, mm->cmdline_len + 1);
	if (block)
		mm->cmdline = block;
out:
	mem_free(p);
}

static struct mm *mm_for_image(struct task *t, const struct load_result *load, uint64_t argv)
{
	const PICO_IMAGE *image = &load->image;
	struct mm *mm = mem_alloc(sizeof(*mm));

	if (!mm)
		return NULL;
	refs_init(&mm->refs);
	mm->coredump_filter = t->mm->coredump_filter;
	mm->exe = file_get(load->files[0]);
	mm->start_code = image->StartCode;
	mm->end_code = image->EndCode;
	mm->start_data = image->StartData;
	mm->end_data = image->EndData;
	mm->start_brk = image->Brk;
	cmdline_read(t, mm, argv, image);
	return mm;
}

/*
 * Set-id bits and capabilities of the file count where the mount lets them and the caller may gain rights. The
 * loader has opened the file whose attributes these are: nobody can change it for another now.
 */
static int cred_for_image(struct task *t, struct exec_state *st)
{
	struct file *exe = st->load.binary_creds ? st->load.binary : st->load.files[0];
	bool honoured = exec_sets_ids && exe->path.mnt && !(exe->path.mnt->flags & MNT_NOSUID);
	struct exec_file x = { .sets_ids = honoured && !t->no_new_privs,
			       .no_new_privs = t->no_new_privs };
	struct kstat attr;
	bool secure;
	int err = vfs_fstat(exe, &attr);

	if (!err && honoured)
		err = file_caps_get(exe, &x.caps);
	if (err)
		return err;
	x.mode = attr.mode;
	x.uid = attr.uid;
	x.gid = attr.gid;
	err = cred_for_exec(t->cred, &x, &st->cred, &secure);
	if (!err)
		st->load.image.Secure = secure;
	return err;
}

static void comm_from_path(char comm[16], const char *path)
{
	const char *slash = strrchr(path, '/');

	strncpy(comm, slash ? slash + 1 : path, 15);
	comm[15] = '\0';
}

static void state_free(struct exec_state *st)
{
	if (!st)
		return;
	loader_release(&st->load);
	mm_put(st->mm);
	cred_put(st->cred);
	mem_free(st);
}

void exec_release(struct task *t)
{
	state_free(t->exec);
	t->exec = NULL;
}

/* binfmt_misc's flag P: the strings in front replace argv[0], so it becomes the last of them. */
static int keep_argv0(struct task *t, struct load_result *load, gaddr_t argv)
{
	PICO_IMAGE *image = &load->image;
	size_t room = sizeof(load->strings) - load->strings_len;
	char *s = load->strings + load->strings_len;
	uint64_t first = 0;

	if (gaddr_null(argv) || guest_copyin(t, &first, argv, sizeof(first)) || !first)
		return 0;
	if (image->InsertCount == sizeof(image->Insert) / sizeof(image->Insert[0]) || !room)
		return -LX_E2BIG;
	image->Insert[image->InsertCount++] = s;
	load->strings_len = sizeof(load->strings); /* the last to be kept */
	return guest_copyin_str(t, s, room, GADDR(first));
}

static int prepare(struct task *t, struct exec_state *st, gaddr_t argv, gaddr_t envp)
{
	PICO_IMAGE *image = &st->load.image;
	const struct cred *c;
	int err;

	if (st->load.keep_argv0) {
		err = keep_argv0(t, &st->load, argv);
		if (err)
			return err;
	}
	st->mm = mm_for_image(t, &st->load, argv.va);
	if (!st->mm)
		return -LX_ENOMEM;
	err = cred_for_image(t, st);
	if (err)
		return err;
	comm_from_path(st->comm, image->ExecFn);
	c = st->cred ? st->cred : t->cred;
	image->Name = st->comm;
	image->Flags = st->load.keep_argv0 ? AT_FLAGS_PRESERVE_ARGV0 : 0;
	image->Passed = st->load.binary && st->load.binary->direct ? st->load.binary->handle : NULL;
	image->Argv = argv.va;
	image->Envp = envp.va;
	image->Uid = c->uid;
	image->Euid = c->euid;
	image->Gid = c->gid;
	image->Egid = c->egid;
	return nt_to_errno(pico.ReplaceImage(t->thread, image));
}

int64_t task_execve(struct task *t, int dfd, const char *path, gaddr_t argv, gaddr_t envp,
		    int atflags)
{
	struct exec_state *st;
	int err;

	if (atflags & ~(LX_AT_EMPTY_PATH | LX_AT_SYMLINK_NOFOLLOW))
		return -LX_EINVAL;
	st = mem_alloc(sizeof(*st));
	if (!st)
		return -LX_ENOMEM;
	err = loader_load(t, dfd, path, atflags, &st->load);
	if (!err)
		err = prepare(t, st, argv, envp);
	if (err) {
		TRACE(TR_SCHED, "execve \"%s\": %s", path, st->load.reason);
		if (!t->mm->exe)
			first_exec_error = err;
		state_free(st);
		return err;
	}
	t->exec = st;
	return SC_EXEC;
}

/* The new image has its own descriptor table, without the close-on-exec ones: as the host did. */
static bool own_descriptors(struct task *t)
{
	struct fdtable *files = t->files;

	if (fdtable_shared(files)) {
		files = fdtable_copy(files);
		if (!files)
			return false;
		lk_acquire(&t->lock);
		struct fdtable *old = t->files;
		t->files = files;
		lk_release(&t->lock);
		fdtable_leave(old, t);
	}
	fdtable_exec(files, t);
	return true;
}

/* binfmt_misc's flag O: what is to be interpreted gets the lowest free descriptor of the new image. */
static void pass_binary(struct task *t, struct file *binary)
{
	struct file *f;
	int fd = 0;

	while (!task_file(t, fd, &f)) {
		file_put(f);
		fd++;
	}
	fdtable_preset(t->files, fd, file_get(binary), binary->direct);
	pico.SetImageDescriptor(t->thread, (ULONG)fd);
}

static void become_leader(struct task *t)
{
	struct tgroup *tg = t->tg;

	lk_acquire(&tasks_lock);
	if (tg->leader != t) {
		if (pid_task(t->tid) == t)
			pid_set_task(t->tid, NULL);
		t->tid = tg->pid;
		pid_set_task(tg->pid, t);
		tg->leader = t;
	}
	tg->execed = true;
	tg->vfork_child = false;
	lk_release(&tasks_lock);
}

/* execve(2): handlers go back to default, ignored signals stay ignored, flags are forgotten. */
static void reset_signals(struct tgroup *tg, bool dumpable)
{
	lk_acquire(&tg->lock);
	if (tg->sigchld.handler != LX_SIG_IGN)
		tg->sigchld.handler = LX_SIG_DFL;
	tg->sigchld.flags = 0;
	tg->dumpable = dumpable;
	lk_release(&tg->lock);
}

void task_image_replaced(PETHREAD thread, NTSTATUS status)
{
	struct task *t = pico.GetThreadContext(thread);
	struct exec_state *st = t->exec;
	const struct cred *c;
	struct mm *old;

	if (!NT_SUCCESS(status) || !st) {
		if (!t->mm->exe)
			first_exec_error = nt_to_errno(status);
		exec_release(t);
		return;
	}
	c = st->cred ? st->cred : t->cred;
	pi_owner_gone(t);
	become_leader(t);
	reset_signals(t->tg, c->euid == c->uid && c->egid == c->gid);
	timers_end(t->tg, true);
	lk_acquire(&t->lock);
	old = t->mm;
	t->mm = st->mm;
	st->mm = NULL;
	memcpy(t->comm, st->comm, sizeof(t->comm));
	lk_release(&t->lock);
	mm_put(old);
	if (st->cred) {
		task_set_cred(t, st->cred);
		st->cred = NULL;
	}
	t->restart_fn = NULL;
	t->clear_child_tid = 0;
	t->sigwait_set = t->sigwait_sig = 0;
	if (!own_descriptors(t))
		pico.TerminateProcess(t->tg->process, STATUS_NO_MEMORY);
	else if (st->load.binary)
		pass_binary(t, st->load.binary);
	exec_release(t);
	atomic_fetch_or(&t->in_call, 0); /* hands all this to the service thread of the next call */
}
