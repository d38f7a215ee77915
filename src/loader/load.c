/* SPDX-License-Identifier: MIT */
/*
 * load.c - from a path to a PICO_IMAGE: opens the file, follows #! lines, opens the ELF interpreter.
 *
 * Runs on the trace thread: nothing here may wait, so only regular files are opened. One read of the
 * first page serves the magic number, the header, and as a rule the program headers.
 */
#include "loader_impl.h"
#include "base/alloc.h"
#include "lxrun/binfmt.h"
#include "lxrun/acl.h"
#include "lxrun/process.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEAD_SIZE      4096
#define SCRIPT_DEPTH   5
#define LOWEST_ADDRESS 0x10000ull   /* the host's vm.mmap_min_addr */
#define HUGE_BSS       (1ull << 30) /* worth a look at the machine's memory */
#define MODE_TYPE      0170000
#define MODE_REGULAR   0100000

/* The file looked at last, and its first bytes. */
struct candidate {
	struct file *file; /* holds a reference; NULL at first */
	uint64_t size;
	size_t head_len;
	char head[HEAD_SIZE];
};

__attribute__((format(printf, 3, 4))) static int fail(struct load_result *out, int err,
						      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->reason, sizeof(out->reason), fmt, ap);
	va_end(ap);
	return err;
}

/* A copy of s that lives as long as out; NULL when there is no room. */
static const char *keep(struct load_result *out, const char *s)
{
	size_t len = strlen(s) + 1;
	char *copy = out->strings + out->strings_len;

	if (len > sizeof(out->strings) - out->strings_len)
		return NULL;
	memcpy(copy, s, len);
	out->strings_len += len;
	return copy;
}

/* ---- opening ---- */

static int check_kind(struct load_result *out, const struct kstat *st)
{
	if ((st->mode & MODE_TYPE) != MODE_REGULAR)
		return fail(out, -LX_EACCES, "%s",
			    (st->mode & MODE_TYPE) == 0040000 ? "is a directory"
							      : "not a regular file");
	return st->mode & 0111 ? 0 : fail(out, -LX_EACCES, "permission denied");
}

static int check_opened(struct task *t, struct load_result *out, struct candidate *c)
{
	struct file *f = c->file;
	struct kstat st;
	int64_t n;
	int err = vfs_fstat(f, &st);

	if (!err)
		err = check_kind(out, &st);
	if (!err && vfs_acl_permission(f->inode, t->cred, &st, LX_X_OK))
		err = fail(out, -LX_EACCES, "permission denied");
	if (err)
		return err;
	if (f->path.mnt && f->path.mnt->flags & MNT_NOEXEC)
		return fail(out, -LX_EACCES, "on a file system mounted noexec");
	if (!f->handle)
		return fail(out, -LX_EACCES,
			    "on a file system that programs cannot be mapped from");
	c->size = st.size;
	n = vfs_pread(f, c->head, sizeof(c->head), 0);
	if (n < 0)
		return n;
	c->head_len = n;
	return 0;
}

static int open_candidate(struct task *t, int dfd, const char *path, int atflags,
			  struct load_result *out, struct candidate *c)
{
	struct kstat st;
	uint32_t nofollow = atflags & LX_AT_SYMLINK_NOFOLLOW ? LX_O_NOFOLLOW : 0;
	char self[32];
	int err;

	/* Before open: that of a FIFO or device would have effects of its own. */
	err = vfs_statat(t, dfd, path, atflags, &st);
	if (err)
		return err;
	if (nofollow && (st.mode & MODE_TYPE) == 0120000)
		return -LX_ELOOP;
	err = check_kind(out, &st);
	if (!err && vfs_generic_permission(t->cred, st.mode, st.uid, st.gid, LX_X_OK) &&
	    vfs_accessat(t, dfd, path, LX_X_OK, atflags | LX_AT_EACCESS)) /* a list may allow it */
		err = fail(out, -LX_EACCES, "permission denied");
	if (err)
		return err;
	if (c->file)
		file_put(c->file);
	c->file = NULL;
	if (!path[0]) {
		/* A descriptor, perhaps O_PATH: opened anew. */
		snprintf(self, sizeof(self), "/proc/self/fd/%d", dfd);
		path = self;
	}
	err = vfs_open_file(t, dfd, path, LX_O_RDONLY | LX_O_NONBLOCK | VFS_O_EXEC | nofollow, 0,
			    &c->file);
	return err ? err : check_opened(t, out, c);
}

/* ---- ELF ---- */

/* Parses c as ELF; program headers beyond the first page are read. */
static int parse_elf(struct candidate *c, struct elf_image *elf, const char **why)
{
	const char *phdrs = NULL;
	char *more = NULL;
	struct lx_elf_ehdr h;
	size_t size;
	int64_t n;
	int err = elf_check_header(c->head, c->head_len, &h, why);

	if (err)
		return err;
	size = (size_t)h.phnum * ELF_PHDR_SIZE;
	if (h.phoff <= c->head_len && size <= c->head_len - h.phoff) {
		phdrs = c->head + h.phoff;
	} else if (h.phoff <= c->size && size <= c->size - h.phoff) {
		more = mem_alloc(size);
		if (!more)
			return -LX_ENOMEM;
		n = vfs_pread(c->file, more, size, h.phoff);
		if (n < 0) {
			mem_free(more);
			return n;
		}
		phdrs = more;
		size = n;
	} else {
		size = 0;
	}
	err = elf_parse(c->head, c->head_len, phdrs, size, c->size, elf, why);
	mem_free(more);
	return err;
}

/*
 * What the host would refuse half-way, when the old image is gone and only a kill is left: low
 * addresses for ordinary users, and zero pages beyond all memory and swap (its overcommit heuristic).
 */
static const char *host_refuses(struct task *t, const struct elf_image *elf)
{
	struct lx_sysinfo info;
	uint64_t zero = 0;

	if (elf->type == ELF_TYPE_EXEC && elf->lo < LOWEST_ADDRESS && t->cred->euid)
		return "segment below the lowest address the host allows";
	for (uint32_t i = 0; i < elf->nr_load; i++)
		zero += elf->load[i].memsz - elf->load[i].filesz;
	if (zero < HUGE_BSS)
		return NULL;
	machine_info(&info);
	return zero > info.totalram + info.totalswap ? "needs more memory than there is" : NULL;
}

static int interp_name(struct candidate *c, const struct elf_image *elf, char name[LX_PATH_MAX])
{
	int64_t n = vfs_pread(c->file, name, elf->interp_len, elf->interp_off);

	if (n < 0)
		return n;
	return (uint64_t)n < elf->interp_len || name[n - 1] ? -LX_ENOEXEC : 0;
}

static void take_file(struct load_result *out, int index, struct candidate *c)
{
	out->files[index] = file_get(c->file);
	out->image.Files[index] = c->file->handle;
}

static int load_interp(struct task *t, const char *name, struct load_result *out,
		       struct candidate *c)
{
	struct elf_image elf;
	const char *why = NULL;
	uint64_t bias;
	int err = open_candidate(t, LX_AT_FDCWD, name, 0, out, c);

	if (err == -LX_ENOENT)
		return fail(out, err, "its interpreter %s does not exist", name);
	if (err)
		return fail(out, err, "its interpreter %s: %s", name, lx_errno_text(-err));
	take_file(out, 1, c);
	err = parse_elf(c, &elf, &why);
	elf.fixed = t->personality & LX_ADDR_NO_RANDOMIZE;
	if (!err)
		err = map_image(&elf, IMAGE_INTERPRETER, out->image.Files[1], &out->image, &bias,
				&why);
	if (err)
		return fail(out, err == -LX_ENOEXEC ? -LX_ELIBBAD : err, "its interpreter %s: %s",
			    name, why ? why : lx_errno_text(-err));
	out->image.Start = elf.entry + bias;
	out->image.Base = bias;
	return 0;
}

/* c is the program itself. */
static int load_elf(struct task *t, struct load_result *out, struct candidate *c)
{
	PICO_IMAGE *image = &out->image;
	char name[LX_PATH_MAX];
	struct elf_image elf;
	const char *why = NULL;
	uint64_t bias;
	int err = parse_elf(c, &elf, &why);

	elf.fixed = t->personality & LX_ADDR_NO_RANDOMIZE;
	take_file(out, 0, c);
	if (!err && (why = host_refuses(t, &elf)))
		err = -LX_ENOEXEC;
	if (!err && elf.has_interp) {
		err = interp_name(c, &elf, name);
		why = err ? "bad interpreter name" : NULL;
	}
	if (!err)
		err = map_image(&elf, IMAGE_PROGRAM, image->Files[0], image, &bias, &why);
	if (err)
		return fail(out, err, "%s", why ? why : lx_errno_text(-err));
	map_describe(&elf, bias, image);
	image->Start = image->Entry;
	image->ExecutableStack = elf.exec_stack;
	return elf.has_interp ? load_interp(t, name, out, c) : 0;
}

/* ---- scripts ---- */

static bool insert(struct load_result *out, const char *s)
{
	PICO_IMAGE *image = &out->image;
	const ULONG max = sizeof(image->Insert) / sizeof(image->Insert[0]);
	const char *copy = keep(out, s);

	if (!copy || image->InsertCount == max)
		return false;
	memmove(image->Insert + 1, image->Insert, image->InsertCount * sizeof(image->Insert[0]));
	image->Insert[0] = copy;
	image->InsertCount++;
	return true;
}

/*
 * The line's interpreter and argument go before what is there: the script's own name, which stands for
 * argv[0] the first time, and for the interpreter of the script before afterwards.
 */
static int apply(struct load_result *out, const char *interp, const char *arg, const char *script)
{
	if (!out->image.InsertCount && !insert(out, script))
		return -LX_E2BIG;
	if (arg && !insert(out, arg))
		return -LX_E2BIG;
	return insert(out, interp) ? 0 : -LX_E2BIG;
}

/* The name by which the script's interpreter finds the file again. */
static int script_name(struct task *t, int dfd, const char *path, char *name, size_t size)
{
	int n;

	if (path[0] == '/' || dfd == LX_AT_FDCWD)
		n = snprintf(name, size, "%s", path);
	else
		n = snprintf(name, size, path[0] ? "/dev/fd/%d/%s" : "/dev/fd/%d%s", dfd, path);
	return (size_t)n < size ? 0 : -LX_ENAMETOOLONG;
}

/* Where the way from a path to a program has led so far. */
struct way {
	char interp[LX_PATH_MAX]; /* the interpreter to look at next */
	struct file *file;        /* it, opened already: a reference or NULL */
};

/* A #! line. path may be way->interp: it is copied before that changes. */
static int load_script(const char *path, int depth, struct load_result *out, struct candidate *c,
		       struct way *way)
{
	struct script_line line;
	const char *why = NULL;
	int err = script_parse(c->head, c->head_len < SCRIPT_HEAD ? c->head_len : SCRIPT_HEAD,
			       &line, &why);

	if (err)
		return fail(out, err, "%s", why);
	if (!line.interp[0])
		return fail(out, -LX_EACCES, "#! line without an interpreter");
	if (depth == SCRIPT_DEPTH)
		return fail(out, -LX_ELOOP, "#! lines nested too deeply");
	err = apply(out, line.interp, line.has_arg ? line.arg : NULL,
		    depth ? path : out->image.ExecFn);
	strcpy(way->interp, line.interp);
	return err;
}

/* An interpreter that guests have registered for the candidate. */
static int load_registered(const char *path, int depth, struct load_result *out,
			   struct candidate *c, struct way *way, const struct binfmt_hit *hit)
{
	int err;

	way->file = hit->file;
	if (depth == SCRIPT_DEPTH)
		return fail(out, -LX_ELOOP, "interpreters nested too deeply");
	if (!out->image.InsertCount)
		out->keep_argv0 = hit->keep_argv0;
	out->binary = hit->open_binary ? file_get(c->file) : NULL;
	out->binary_creds = hit->credentials;
	err = apply(out, hit->interp, NULL, depth ? path : out->image.ExecFn);
	strcpy(way->interp, hit->interp);
	return err;
}

static int open_next(struct task *t, int dfd, const char *path, int atflags,
		     struct load_result *out, struct candidate *c, struct way *way)
{
	if (!way->file)
		return open_candidate(t, dfd, path, atflags, out, c);
	file_put(c->file);
	c->file = way->file;
	way->file = NULL;
	return check_opened(t, out, c);
}

/* The file at path, depth interpreters down: a program, or something that *way goes on from. */
static int load_one(struct task *t, int dfd, const char *path, int atflags, int depth,
		    struct load_result *out, struct candidate *c, struct way *way)
{
	struct binfmt_hit *hit = NULL;
	bool registered, script;
	int err = open_next(t, dfd, path, atflags, out, c, way);

	if (err)
		return err;
	hit = mem_alloc(sizeof(*hit));
	if (!hit)
		return -LX_ENOMEM;
	registered = binfmt_match(path, c->head,
				  c->head_len < BINFMT_HEAD ? c->head_len : BINFMT_HEAD, hit);
	script = c->head_len >= 2 && !memcmp(c->head, "#!", 2);
	if (!registered && !script) {
		err = load_elf(t, out, c);
	} else if (out->binary) {
		/* As on Linux: only a program can take a descriptor along. */
		if (hit->file)
			file_put(hit->file);
		err = -LX_ENOEXEC;
	} else if (dfd != LX_AT_FDCWD && path[0] != '/' && fd_get_cloexec(t, dfd) == 1) {
		/* The interpreter could not open a descriptor that is closed by then. */
		if (hit->file)
			file_put(hit->file);
		err = -LX_ENOENT;
	} else if (registered) {
		err = load_registered(path, depth, out, c, way, hit);
	} else {
		err = load_script(path, depth, out, c, way);
	}
	mem_free(hit);
	return err;
}

static int follow(struct task *t, int dfd, const char *path, int atflags, struct load_result *out,
		  struct candidate *c)
{
	struct way *way = mem_alloc(sizeof(*way));
	int err = way ? 0 : -LX_ENOMEM;

	for (int depth = 0; !err && !out->files[0]; depth++) {
		err = load_one(t, dfd, path, atflags, depth, out, c, way);
		if (err == -LX_ENOENT && depth && !out->files[0])
			fail(out, err, "its interpreter %s does not exist", path);
		path = way ? way->interp : NULL;
		dfd = LX_AT_FDCWD;
		atflags = 0;
	}
	if (way && way->file)
		file_put(way->file);
	mem_free(way);
	return err;
}

int loader_load(struct task *t, int dfd, const char *path, int atflags, struct load_result *out)
{
	struct candidate *c = mem_alloc(sizeof(*c));
	char name[LX_PATH_MAX + 32];
	int err;

	memset(&out->image, 0, sizeof(out->image));
	out->files[0] = out->files[1] = out->binary = NULL;
	out->binary_creds = out->keep_argv0 = false;
	out->strings_len = 0;
	out->reason[0] = '\0';
	if (!c)
		return -LX_ENOMEM;
	err = script_name(t, dfd, path, name, sizeof(name));
	if (!err) {
		out->image.ExecFn = keep(out, name);
		err = out->image.ExecFn ? follow(t, dfd, path, atflags, out, c) : -LX_ENAMETOOLONG;
	}
	if (c->file)
		file_put(c->file);
	mem_free(c);
	if (err)
		loader_release(out);
	return err;
}

void loader_release(struct load_result *r)
{
	for (int i = 0; i < 2; i++) {
		if (r->files[i])
			file_put(r->files[i]);
		r->files[i] = NULL;
	}
	if (r->binary)
		file_put(r->binary);
	r->binary = NULL;
}
