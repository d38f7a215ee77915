/* SPDX-License-Identifier: MIT */
/*
 * console.c - the host's terminal that lxrun was started on, as a terminal of the guests.
 *
 * It keeps its own line discipline for output alone: a program that only writes (ls | less) leaves the terminal
 * to the others of its pipeline. With the first read, poll or change of attributes it is taken: raw for
 * the host, and lines, echo and signals are made here, at once, on the poller's thread. It is given back
 * when lxrun's job stops or ends. In the background of the host's terminal it is not touched: a read stops
 * lxrun as it would stop any job.
 *
 * Lock: tty->lock. The terminal never waits in the host (IOCTL_LXRUN_TTY_KEEP).
 */
#include "tty_impl.h"
#include "base/alloc.h"
#include "base/trace.h"
#include "lxrun/anon.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CONSOLES 4 /* of stdin, stdout and stderr: as a rule one */
#define CHUNK        4096u
#define ROUNDS       16 /* chunks that the poller's thread moves at a time */

struct console {
	HANDLE handle;       /* constant; console file object, both directions */
	struct kstat st;     /* the host's device: constant */
	char name[24];       /* "/dev/pts/3": constant */
	_Atomic bool wanted; /* was taken once: to be taken again when lxrun's job goes on */
	/* tty->lock: */
	bool active;  /* taken: input is ours */
	bool hearing; /* read_watch is set, or its routine runs */
	bool sending; /* somebody is in console_send() */
	PIO_WATCH read_watch, write_watch;
	uint8_t rest[CHUNK]; /* left the discipline, not yet at the host ... */
	uint32_t rest_at, rest_len;
};

/* Made before the first guest runs, dropped after the last. */
static struct tty *consoles[MAX_CONSOLES];
static unsigned nr_consoles;

static NTSTATUS control(const struct console *c, ULONG code, void *in, ULONG in_size, void *out,
			ULONG out_size)
{
	IO_STATUS_BLOCK iosb;

	return NtDeviceIoControlFile(c->handle, NULL, NULL, NULL, &iosb, code, in, in_size, out,
				     out_size);
}

static PIO_WATCH take_watch(PIO_WATCH *watch)
{
	PIO_WATCH w = *watch;

	*watch = NULL;
	return w;
}

/* While it is not ours the host's line discipline processes output. tty->lock is held. */
static void set_active(struct tty *tty, bool active)
{
	tty->console->active = active;
	tty->ld.plain = !active;
	trace_crlf = active;
}

/* ---- input ---- */

static void on_readable(PVOID context, ULONG ready);

void console_listen(struct tty *tty)
{
	struct console *c = tty->console;

	lk_assert_held(&tty->lock);
	if (!c->active || c->hearing || byteq_room(&tty->wire) < CHUNK)
		return;
	c->hearing = true;
	if (!NT_SUCCESS(
		    IoWatchReadiness(c->handle, IO_READY_READ, on_readable, tty, &c->read_watch)))
		c->hearing = false;
}

/* One chunk from the host to the discipline. */
static NTSTATUS hear(struct tty *tty)
{
	struct console *c = tty->console;
	IO_STATUS_BLOCK iosb = { 0 };
	uint8_t buf[CHUNK];
	NTSTATUS status;
	bool ours;

	lk_acquire(&tty->lock);
	ours = c->active && byteq_room(&tty->wire) >= CHUNK;
	lk_release(&tty->lock);
	if (!ours)
		return STATUS_RETRY;
	status = NtReadFile(c->handle, NULL, NULL, NULL, &iosb, buf, sizeof(buf), NULL, NULL);
	if (status != STATUS_SUCCESS)
		return status;
	lk_acquire(&tty->lock);
	tty_receive(tty, buf, (uint32_t)iosb.Information);
	tty_unlock(tty);
	return STATUS_SUCCESS;
}

static void on_readable(PVOID context, ULONG ready)
{
	struct tty *tty = context;
	struct console *c = tty->console;
	NTSTATUS status = STATUS_SUCCESS;
	PIO_WATCH watch;

	lk_acquire(&tty->lock);
	watch = take_watch(&c->read_watch);
	lk_release(&tty->lock);
	IoUnwatchReadiness(watch);
	for (int i = 0; i < ROUNDS && status == STATUS_SUCCESS; i++)
		status = hear(tty);
	lk_acquire(&tty->lock);
	c->hearing = false;
	if (status == STATUS_SUCCESS || status == STATUS_RETRY)
		console_listen(tty);
	else
		set_active(tty, false);
	lk_release(&tty->lock);
	/* In the background nothing is lost: who reads next asks again. */
	if (status != STATUS_SUCCESS && status != STATUS_RETRY && status != STATUS_DEVICE_BUSY)
		tty_hangup(tty, true);
}

void console_flush_in(struct tty *tty)
{
	ULONG input = 0;

	control(tty->console, IOCTL_LXRUN_TTY_FLUSH, &input, sizeof(input), NULL, 0);
}

/* ---- output ---- */

bool console_is_idle(const struct tty *tty)
{
	return !tty->ld.out.used && !tty->console->rest_len;
}

static void on_writable(PVOID context, ULONG ready)
{
	struct tty *tty = context;
	PIO_WATCH watch;

	lk_acquire(&tty->lock);
	watch = take_watch(&tty->console->write_watch);
	lk_release(&tty->lock);
	IoUnwatchReadiness(watch);
	console_send(tty);
}

/* Sets up what goes to the host next; false: nothing. tty->lock is held. */
static bool next_rest(struct tty *tty)
{
	struct console *c = tty->console;

	if (c->rest_len || ldisc_is_stopped(&tty->ld))
		return c->rest_len != 0;
	c->rest_at = 0;
	c->rest_len = ldisc_output(&tty->ld, c->rest, sizeof(c->rest));
	ldisc_sent(&tty->ld, c->rest_len);
	return c->rest_len != 0;
}

/* The rest, as far as the host takes it now. Called and returns with tty->lock; false: later, or never. */
static bool send_rest(struct tty *tty)
{
	struct console *c = tty->console;
	IO_STATUS_BLOCK iosb = { 0 };
	NTSTATUS status;

	lk_release(&tty->lock);
	status = NtWriteFile(c->handle, NULL, NULL, NULL, &iosb, c->rest + c->rest_at, c->rest_len,
			     NULL, NULL);
	lk_acquire(&tty->lock);
	if (status == STATUS_SUCCESS) {
		c->rest_at += (uint32_t)iosb.Information;
		c->rest_len -= (uint32_t)iosb.Information;
		return true;
	}
	if (status != STATUS_RETRY)
		c->rest_len = 0; /* it is gone */
	else if (!c->write_watch)
		IoWatchReadiness(c->handle, IO_READY_WRITE, on_writable, tty, &c->write_watch);
	return false;
}

void console_send(struct tty *tty)
{
	struct console *c = tty->console;
	bool room;

	lk_acquire(&tty->lock);
	if (c->sending || c->write_watch) {
		lk_release(&tty->lock);
		return; /* whoever sends looks again */
	}
	c->sending = true;
	while (next_rest(tty) && send_rest(tty))
		;
	c->sending = false;
	room = ldisc_writable(&tty->ld);
	lk_release(&tty->lock);
	if (room)
		waitq_wake(&tty->wq);
}

/* ---- taking it ---- */

/*
 * False: we are in its background, or it is gone. A terminal that is ours already, and may be in use by other
 * threads, stays so throughout: input that came meanwhile would be echoed as if the host still made the lines.
 */
static bool take(struct tty *tty)
{
	bool ours = NT_SUCCESS(control(tty->console, IOCTL_LXRUN_TTY_TAKE, NULL, 0, NULL, 0));

	lk_acquire(&tty->lock);
	set_active(tty, ours);
	if (ours)
		console_listen(tty);
	lk_release(&tty->lock);
	return ours;
}

static bool activate(struct tty *tty)
{
	struct console *c = tty->console;
	bool active;

	lk_acquire(&tty->lock);
	active = c->active;
	lk_release(&tty->lock);
	if (active)
		return true;
	c->wanted = true;
	return take(tty);
}

void console_use(struct tty *tty)
{
	activate(tty);
}

int console_before_read(struct tty *tty)
{
	if (activate(tty))
		return 0;
	return instance_stop_client && instance_stop_client(LX_SIGTTIN) ? -LX_EAGAIN : -LX_EIO;
}

void console_suspend(void)
{
	for (unsigned i = 0; i < nr_consoles; i++) {
		struct tty *tty = consoles[i];

		lk_acquire(&tty->lock);
		set_active(tty, false);
		lk_release(&tty->lock);
		control(tty->console, IOCTL_LXRUN_TTY_GIVE_BACK, NULL, 0, NULL, 0);
	}
}

bool console_may_read(void)
{
	bool ours = true;

	for (unsigned i = 0; i < nr_consoles; i++) {
		struct tty *tty = consoles[i];

		if (!tty->console->wanted)
			continue;
		if (activate(tty))
			waitq_wake(&tty->rq);
		else
			ours = false;
	}
	return ours;
}

void console_resume(void)
{
	for (unsigned i = 0; i < nr_consoles; i++) {
		struct tty *tty = consoles[i];

		/* Even one that is ours: after a SIGSTOP nobody gave it back, and the shell has set it. */
		if (tty->console->wanted)
			take(tty);
		waitq_wake(&tty->rq);
	}
	console_signal(LX_SIGWINCH);
}

void console_stop(void)
{
	console_suspend();
	for (unsigned i = 0; i < nr_consoles; i++) {
		struct tty *tty = consoles[i];
		PIO_WATCH r, w;

		console_send(tty);
		lk_acquire(&tty->lock);
		r = take_watch(&tty->console->read_watch);
		w = take_watch(&tty->console->write_watch);
		lk_release(&tty->lock);
		IoUnwatchReadiness(r);
		IoUnwatchReadiness(w);
		tty_put(tty);
	}
	nr_consoles = 0;
}

/* ---- window size, signals ---- */

static bool size_changed(struct tty *tty)
{
	struct lx_winsize ws;
	bool changed = false;

	if (!NT_SUCCESS(
		    control(tty->console, IOCTL_LXRUN_TTY_GET_WINSIZE, NULL, 0, &ws, sizeof(ws))))
		return false;
	lk_acquire(&tty->lock);
	changed = memcmp(&ws, &tty->ws, sizeof(ws)) != 0;
	tty->ws = ws;
	lk_release(&tty->lock);
	return changed;
}

void console_get_size(struct tty *tty)
{
	size_changed(tty);
}

void console_set_size(struct tty *tty, const struct lx_winsize *ws)
{
	struct lx_winsize copy = *ws;

	control(tty->console, IOCTL_LXRUN_TTY_SET_WINSIZE, &copy, sizeof(copy), NULL, 0);
}

bool console_signal(int sig)
{
	struct tty *tty = nr_consoles ? consoles[0] : NULL;
	int pgrp, sid;

	if (!tty)
		return false;
	lk_acquire(&tty->lock);
	pgrp = tty->pgrp;
	sid = tty->sid;
	lk_release(&tty->lock);
	if (sig == LX_SIGWINCH && !size_changed(tty))
		return true;
	if (sig == LX_SIGHUP) {
		tty_hangup(tty, true);
		return sid != 0;
	}
	return tty_send_pgrp(pgrp, sig) == 0;
}

void tty_adopt(struct tgroup *tg)
{
	if (nr_consoles)
		tty_adopt_as(tg, consoles[0]);
}

/* ---- making one ---- */

/* Its number on the host, or -1. */
static int host_number(const struct console *c)
{
	FILE_NAME_INFORMATION *info;
	ULONG room = sizeof(*info) + sizeof(c->name) * sizeof(WCHAR), n;
	char name[sizeof(c->name)] = "";
	IO_STATUS_BLOCK iosb;
	int number = -1;

	info = mem_alloc(room);
	if (info &&
	    NT_SUCCESS(NtQueryInformationFile(c->handle, &iosb, info, room, FileNameInformation))) {
		n = info->FileNameLength / sizeof(WCHAR);
		for (ULONG i = 0; i < n && i < sizeof(name) - 1; i++)
			name[i] = info->FileName[i] == u'\\' ? '/' : (char)info->FileName[i];
		if (sscanf(name, "/dev/pts/%d", &number) != 1 || number >= (int)TTY_MAX)
			number = -1;
	}
	mem_free(info);
	return number;
}

/* A handle for both directions, whatever the descriptor was opened for. */
static NTSTATUS open_both_ways(HANDLE handle, HANDLE *out)
{
	UNICODE_STRING none = { 0 };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;

	InitializeObjectAttributes(&oa, &none, 0, handle, NULL);
	status = NtCreateFile(out, FILE_GENERIC_READ | FILE_GENERIC_WRITE, &oa, &iosb, NULL, 0,
			      FILE_SHARE_VALID_FLAGS, FILE_OPEN,
			      FILE_SYNCHRONOUS_IO_NONALERT | FILE_LXRUN_NONBLOCK, NULL, 0);
	if (NT_SUCCESS(status))
		return status;
	return NtDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), out, 0, 0,
				 DUPLICATE_SAME_ACCESS);
}

void console_free(struct console *c)
{
	if (c && c->handle)
		NtClose(c->handle);
	mem_free(c);
}

/* What the guests find is what lxrun found: attributes, size, owner. */
static int console_init(struct tty *tty, HANDLE handle, const struct kstat *st)
{
	struct console *c = tty->console = mem_alloc(sizeof(*c));
	struct lx_termios tio;
	int err;

	if (!c)
		return -LX_ENOMEM;
	c->st = *st;
	err = nt_to_errno(open_both_ways(handle, &c->handle));
	if (!err)
		err = tty_publish(tty, host_number(c));
	if (!err)
		err = nt_to_errno(control(c, IOCTL_LXRUN_TTY_KEEP, NULL, 0, NULL, 0));
	if (!err)
		err = nt_to_errno(control(c, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0, &tio, sizeof(tio)));
	if (err)
		return err;
	snprintf(c->name, sizeof(c->name), "/dev/pts/%d", tty->index);
	ldisc_set(&tty->ld, &tio);
	tty->ld.plain = true;
	tty->uid = st->uid;
	tty->gid = st->gid;
	tty->mode = st->mode;
	size_changed(tty);
	return 0;
}

/* Borrows handle. Returns a reference, or NULL. */
static struct tty *find_or_make(HANDLE handle)
{
	struct kstat st;
	struct tty *tty;

	if (nt_fstat(handle, &st))
		return NULL;
	for (unsigned i = 0; i < nr_consoles; i++)
		if (consoles[i]->console->st.ino == st.ino &&
		    consoles[i]->console->st.dev == st.dev)
			return tty_get(consoles[i]);
	tty = nr_consoles < MAX_CONSOLES ? tty_new() : NULL;
	if (!tty || console_init(tty, handle, &st)) {
		tty_put(tty);
		return NULL;
	}
	consoles[nr_consoles++] = tty;
	return tty_get(tty);
}

/* ---- files ---- */

static int node_getattr(struct inode *inode, struct kstat *st)
{
	tty_getattr(inode->priv, st);
	return 0;
}

static int node_setattr(struct inode *inode, const struct iattr *attr)
{
	return tty_setattr(inode->priv, attr);
}

static int node_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return tty_open(inode->priv, flags, t, f);
}

static const struct inode_ops node_iop = { .getattr = node_getattr,
					   .setattr = node_setattr,
					   .open = node_open };

struct file *console_file(HANDLE handle, uint32_t flags)
{
	struct tty *tty = find_or_make(handle);
	struct inode *inode = tty ? anon_inode(&node_iop, NULL, tty->index + 3u, tty->mode) : NULL;
	struct file *f = inode ? file_alloc(flags) : NULL;

	NtClose(handle);
	if (inode)
		inode->priv = tty; /* consoles outlive every guest */
	if (!f || tty_open(tty, flags | LX_O_NOCTTY, NULL, f)) {
		inode_put(inode);
		if (f)
			file_put(f);
		tty_put(tty);
		return NULL;
	}
	inode->uid = tty->uid;
	inode->gid = tty->gid;
	f->inode = inode;
	f->anon_name = tty->console->name;
	tty_put(tty);
	return f;
}

int tty_open_console(uint32_t flags, struct task *t, struct file *f)
{
	return nr_consoles ? tty_open(consoles[0], flags | LX_O_NOCTTY, t, f) : -LX_ENXIO;
}
