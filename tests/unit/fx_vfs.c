/* SPDX-License-Identifier: MIT */
/* fx_vfs.c - see fx_vfs.h. */
#include "fx_vfs.h"
#include "base/alloc.h"
#include "nt/io.h"
#include "nt/ke.h"
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct task *fx_task;
const char *fx_host_root;
int fx_placeholders, fx_installs;
static char root_dir[] = "/tmp/lxrun-vfs-XXXXXX";
static struct tgroup tg;
static struct task task;
static ETHREAD thread;
static struct cred *self_cred;

static NTSTATUS set_descriptor(PETHREAD Thread, ULONG Slot, HANDLE File, BOOLEAN CloseOnExec)
{
	if (File)
		fx_installs++;
	else
		fx_placeholders++;
	return STATUS_SUCCESS;
}

static struct cred *make_cred(uint32_t uid, uint32_t gid)
{
	struct cred *c = mem_alloc(sizeof(*c));

	refs_init(&c->refs);
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	cred_init_caps(c);
	return c;
}

static int start_tree(void)
{
	char volume[64];
	ULONG number;

	if (!mkdtemp(root_dir) || chmod(root_dir, 0755))
		return -1;
	fx_host_root = root_dir;
	mkdir(fx_host("dev"), 0755);
	mkdir(fx_host("proc"), 0755);
	if (!NT_SUCCESS(ObInitSystem()) || !NT_SUCCESS(KeInitSystem()) ||
	    !NT_SUCCESS(IoInitSystem()) ||
	    !NT_SUCCESS(IoCreateVolume(root_dir, VolumePersonalityHost, &number)))
		return -1;
	snprintf(volume, sizeof(volume), "\\Device\\HarddiskVolume%u", number);
	return vfs_init(volume);
}

/* As the command line does it: a TmpFs file costs a host descriptor. */
static void raise_nofile(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

int fx_start(void **state)
{
	struct path root;

	raise_nofile();
	if (start_tree())
		return -1;
	lk_init(&tg.lock, LR_SIGNAL);
	for (int i = 0; i < LX_RLIM_NLIMITS; i++)
		tg.rlimit[i].rlim_cur = tg.rlimit[i].rlim_max = LX_RLIM_INFINITY;
	tg.rlimit[LX_RLIMIT_NOFILE].rlim_cur = 256;
	tg.rlimit[LX_RLIMIT_FSIZE].rlim_cur = LX_RLIM_INFINITY;
	pico.DescriptorLimit = 1024;
	pico.DescriptorKept = 1021;
	pico.SetDescriptor = set_descriptor;
	thread.HostTid = getpid();
	refs_init(&task.refs);
	lk_init(&task.lock, LR_TASK);
	task.tg = &tg;
	task.thread = &thread;
	self_cred = make_cred(geteuid(), getegid());
	task.cred = self_cred;
	task.files = fdtable_new();
	mount_root(&root);
	task.fs = fs_context_new(&root, &root, 022);
	path_put(&root);
	fx_task = &task;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int fx_stop(void **state)
{
	fdtable_put(task.files);
	fs_context_put(task.fs);
	vfs_shutdown();
	mem_free(self_cred);
	return nftw(root_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fx_host(const char *name)
{
	static char bufs[4][512];
	static int next;
	char *buf = bufs[next++ % 4];

	snprintf(buf, sizeof(bufs[0]), "%s/%s", root_dir, name);
	return buf;
}

void fx_write(const char *name, const char *text)
{
	int fd = open(fx_host(name), O_CREAT | O_WRONLY | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void fx_become(uint32_t uid, uint32_t gid)
{
	task.cred = make_cred(uid, gid);
}

void fx_become_self(void)
{
	if (task.cred != self_cred)
		mem_free(task.cred);
	task.cred = self_cred;
}

const char *fx_read(int fd)
{
	static char text[256];
	struct iter it;
	struct file *f;
	int64_t pos = 0, n;

	assert_int_equal(fd_get(fx_task, fd, &f), 0);
	iter_kernel(&it, text, sizeof(text) - 1);
	n = vfs_read(f, fx_task, &it, &pos);
	file_put(f);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* An install answer means: the descriptor that was just reserved. */
static int64_t settled(int64_t ret)
{
	struct file *f;
	int last = -1;

	if (!fx_task->install_handle)
		return ret;
	for (int fd = 0; (fd = fdtable_next(fx_task->files, fd, &f, NULL)) >= 0; fd++) {
		if (f->handle == fx_task->install_handle)
			last = fd;
		file_put(f);
	}
	fx_task->install_handle = NULL;
	return last;
}

int64_t fx_open(const char *path, uint32_t flags, uint32_t mode)
{
	return settled(vfs_openat(fx_task, LX_AT_FDCWD, path, flags, mode));
}

int64_t fx_call(sc_fn *fn, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct sc_args args = { .a = { a, b, c, d, e } };

	return settled(fn(fx_task, &args));
}
