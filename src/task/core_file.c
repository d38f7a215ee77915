/* SPDX-License-Identifier: MIT */
/*
 * core_file.c - the core file itself: an ELF64 file of type ET_CORE, its notes about process and threads
 * first, then what /proc/PID/coredump_filter says of each mapping. Order, names and sizes as Linux's
 * fs/binfmt_elf.c writes them, so that gdb reads it (core(5), elf(5)).
 */
#include "core.h"
#include "core_map.h"
#include "pid_ns.h"
#include "base/alloc.h"
#include "lx/elf.h"
#include "lx/ptrace.h"
#include "nt/ex.h"
#include <string.h>

#define CHUNK       (64u << 10)
#define XSTATE_MAX  16384u /* more than any CPU has */
#define NOTES_CHUNK 4096u

struct buffer {
	uint8_t *data;
	size_t len, size;
	bool failed;
};

static void put(struct buffer *b, const void *data, size_t n)
{
	size_t size = b->size ? b->size : NOTES_CHUNK;
	uint8_t *more;

	while (size < b->len + n)
		size *= 2;
	if (size > b->size) {
		more = mem_realloc(b->data, size);
		if (!more) {
			b->failed = true;
			return;
		}
		b->data = more;
		b->size = size;
	}
	if (data)
		memcpy(b->data + b->len, data, n);
	else
		memset(b->data + b->len, 0, n);
	b->len += n;
}

static void pad(struct buffer *b)
{
	put(b, NULL, -b->len & 3);
}

static void note(struct buffer *b, const char *name, uint32_t type, const void *data, size_t n)
{
	struct lx_elf_note head = { (uint32_t)strlen(name) + 1, (uint32_t)n, type };

	put(b, &head, sizeof(head));
	put(b, name, head.namesz);
	pad(b);
	put(b, data, n);
	pad(b);
}

/* ---- notes ---- */

static void numbers(const struct core_job *job, int *ppid, int *pgrp, int *sid)
{
	const struct pid_ns *ns = job->tg->ns;

	lk_acquire(&tasks_lock);
	*ppid = pid_seen_locked(ns, job->tg->parent ? job->tg->parent->pid : 0);
	*pgrp = pid_seen_locked(ns, job->tg->pgid);
	*sid = pid_seen_locked(ns, job->tg->sid);
	lk_release(&tasks_lock);
}

static size_t regset(struct task *t, uint32_t type, void *data, size_t size)
{
	PICO_DEBUG_REQUEST r = {
		.Operation = PicoDebugGetRegset, .Address = type, .Buffer = data, .Size = size
	};

	return NT_SUCCESS(pico.DebugThread(t->thread, &r)) ? r.Size : 0;
}

static void put_status(struct buffer *b, const struct core_job *job, struct task *t)
{
	struct lx_elf_prstatus st = { .cursig = (int16_t)job->info.si_signo,
				      .pid = pid_seen(t, t->tid) };
	struct lx_rusage own, children;
	PICO_SIGNAL_STATE sig;

	st.info.signo = job->info.si_signo;
	numbers(job, &st.ppid, &st.pgrp, &st.sid);
	if (signal_state(t, &sig)) {
		st.sigpend = sig.Pending;
		st.sighold = sig.Blocked;
	}
	rusage_of_task(t, &own);
	rusage_of_children(job->tg, &children);
	st.utime = own.ru_utime;
	st.stime = own.ru_stime;
	st.cutime = children.ru_utime;
	st.cstime = children.ru_stime;
	st.fpvalid = regset(t, LX_NT_PRSTATUS, &st.regs, sizeof(st.regs)) != 0;
	note(b, "CORE", LX_NT_PRSTATUS, &st, sizeof(st));
}

static void put_registers(struct buffer *b, struct task *t)
{
	uint8_t *xstate = mem_alloc(XSTATE_MAX);
	size_t n;

	if (!xstate) {
		b->failed = true;
		return;
	}
	n = regset(t, LX_NT_PRFPREG, xstate, LX_USER_FPREGS);
	if (n)
		note(b, "CORE", LX_NT_PRFPREG, xstate, n);
	n = regset(t, LX_NT_X86_XSTATE, xstate, XSTATE_MAX);
	if (n)
		note(b, "LINUX", LX_NT_X86_XSTATE, xstate, n);
	mem_free(xstate);
}

/* What ps would show: the arguments, separated by spaces. */
static void put_program(struct buffer *b, const struct core_job *job)
{
	struct task *t = job->tasks[0];
	struct lx_elf_prpsinfo ps = { .sname = 'R',
				      .nice = (int8_t)t->sched.nice,
				      .uid = t->cred->uid,
				      .gid = t->cred->gid,
				      .pid = pid_seen(t, job->tg->pid) };
	uint32_t n = t->mm->cmdline_len;

	numbers(job, &ps.ppid, &ps.pgrp, &ps.sid);
	memcpy(ps.fname, t->comm, sizeof(ps.fname));
	if (n > sizeof(ps.psargs) - 1)
		n = sizeof(ps.psargs) - 1;
	for (uint32_t i = 0; i < n; i++)
		ps.psargs[i] = t->mm->cmdline[i] ? t->mm->cmdline[i] : ' ';
	note(b, "CORE", LX_NT_PRPSINFO, &ps, sizeof(ps));
}

static void put_auxv(struct buffer *b, struct task *t)
{
	size_t len;
	char *auxv = proc_host_text(t, "auxv", &len);

	if (auxv)
		note(b, "CORE", LX_NT_AUXV, auxv, len);
	mem_free(auxv);
}

/* NT_FILE: count, page size, a triple for each mapping of a file, then the names. */
static void put_files(struct buffer *b, const struct core_maps *maps)
{
	struct buffer f = { 0 };
	uint64_t head[2] = { 0, LX_PAGE_SIZE };

	for (size_t i = 0; i < maps->n; i++)
		head[0] += maps->map[i].file;
	put(&f, head, sizeof(head));
	for (size_t i = 0; i < maps->n; i++) {
		const struct core_map *m = &maps->map[i];
		uint64_t row[3] = { m->start, m->end, m->offset / LX_PAGE_SIZE };

		if (m->file)
			put(&f, row, sizeof(row));
	}
	for (size_t i = 0; i < maps->n; i++)
		if (maps->map[i].file)
			put(&f, maps->map[i].name, strlen(maps->map[i].name) + 1);
	if (!f.failed && head[0])
		note(b, "CORE", LX_NT_FILE, f.data, f.len);
	b->failed = b->failed || f.failed;
	mem_free(f.data);
}

static void put_notes(struct buffer *b, const struct core_job *job, const struct core_maps *maps)
{
	put_status(b, job, job->tasks[0]);
	put_program(b, job);
	note(b, "CORE", LX_NT_SIGINFO, &job->info, sizeof(job->info));
	put_auxv(b, job->tasks[0]);
	put_files(b, maps);
	put_registers(b, job->tasks[0]);
	for (uint32_t i = 1; i < job->n; i++) {
		put_status(b, job, job->tasks[i]);
		put_registers(b, job->tasks[i]);
	}
}

/* ---- headers ---- */

static uint64_t page_round(uint64_t n)
{
	return (n + LX_PAGE_SIZE - 1) & -(uint64_t)LX_PAGE_SIZE;
}

static void put_headers(struct buffer *b, const struct core_maps *maps, size_t notes)
{
	struct lx_elf_ehdr eh = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = LX_ET_CORE,
		.machine = LX_EM_X86_64,
		.version = 1,
		.phoff = sizeof(eh),
		.ehsize = sizeof(eh),
		.phentsize = sizeof(struct lx_elf_phdr),
		.phnum = (uint16_t)(maps->n + 1),
	};
	struct lx_elf_phdr ph = { .type = LX_PT_NOTE,
				  .offset = sizeof(eh) + (maps->n + 1) * sizeof(ph),
				  .filesz = notes };
	uint64_t at = page_round(ph.offset + notes);

	put(b, &eh, sizeof(eh));
	put(b, &ph, sizeof(ph));
	for (size_t i = 0; i < maps->n; i++) {
		const struct core_map *m = &maps->map[i];

		ph = (struct lx_elf_phdr){ .type = LX_PT_LOAD,
					   .flags = m->flags,
					   .offset = at,
					   .vaddr = m->start,
					   .filesz = m->dump,
					   .memsz = m->end - m->start,
					   .align = LX_PAGE_SIZE };
		put(b, &ph, sizeof(ph));
		at += m->dump;
	}
}

/* ---- the file ---- */

struct writer {
	struct file *file;
	struct task *task;
	int64_t pos;
	uint64_t written, limit; /* holes do not count */
};

static bool emit(struct writer *w, const void *data, size_t n)
{
	struct iter it;
	int64_t done = 0;

	if (n > w->limit - w->written)
		return false;
	iter_kernel(&it, (void *)data, n);
	while (it.left && done >= 0)
		done = vfs_write(w->file, w->task, &it, &w->pos);
	w->written += n - it.left;
	return !it.left;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

/* Pages that are there and not all zero; the rest are holes. False: the limit is reached, or a kill has come. */
static bool emit_pages(struct writer *w, const uint8_t *p, size_t n)
{
	for (size_t i = 0, k; i < n; i = k) {
		bool hole = is_zero(p + i, LX_PAGE_SIZE);

		for (k = i + LX_PAGE_SIZE; k < n && is_zero(p + k, LX_PAGE_SIZE) == hole;
		     k += LX_PAGE_SIZE)
			;
		if (hole)
			w->pos += (int64_t)(k - i);
		else if (!emit(w, p + i, k - i))
			return false;
	}
	return !w->task->tg->killed;
}

static bool emit_map(struct writer *w, const struct core_map *m, uint8_t *chunk)
{
	for (uint64_t at = m->start, end = m->start + m->dump, n; at < end; at += n) {
		n = end - at < CHUNK ? end - at : CHUNK;
		if (!NT_SUCCESS(MmDebugRead(w->task->thread, at, chunk, n))) {
			/* some page of it: one by one then */
			n = LX_PAGE_SIZE;
			if (!NT_SUCCESS(MmDebugRead(w->task->thread, at, chunk, n)))
				memset(chunk, 0, n);
		}
		if (!emit_pages(w, chunk, n))
			return false;
	}
	return true;
}

static void write_all(const struct core_job *job, struct file *f, const struct buffer *head,
		      const struct core_maps *maps, uint8_t *chunk)
{
	struct writer w = { .file = f, .task = job->tasks[0], .limit = job->limit };

	if (!emit(&w, head->data, head->len))
		return;
	w.pos = (int64_t)page_round(head->len);
	for (size_t i = 0; i < maps->n; i++)
		if (!emit_map(&w, &maps->map[i], chunk))
			return;
	/* what ends in a hole has its size all the same */
	if (f->fop->truncate)
		f->fop->truncate(f, (uint64_t)w.pos);
}

bool core_write(const struct core_job *job, struct file *f)
{
	struct buffer notes = { 0 }, head = { 0 };
	struct core_maps maps = { 0 };
	uint8_t *chunk = mem_alloc(CHUNK);
	bool ok = chunk && core_read_maps(job->tasks[0], &maps);

	if (ok) {
		put_notes(&notes, job, &maps);
		put_headers(&head, &maps, notes.len);
		put(&head, notes.data, notes.len);
		ok = !notes.failed && !head.failed;
	}
	if (ok)
		write_all(job, f, &head, &maps, chunk);
	mem_free(notes.data);
	mem_free(head.data);
	mem_free(chunk);
	core_free_maps(&maps);
	return ok;
}
