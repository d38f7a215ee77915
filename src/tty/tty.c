/* SPDX-License-Identifier: MIT */
/*
 * tty.c - terminals and sessions: who has which controlling terminal, whose group is in front.
 *
 * The host's terminal is used by lxrun alone as far as the host can see, so its job control says
 * nothing about guests; session and foreground group are kept here, and what the host's terminal
 * signals to lxrun is passed on to the foreground group.
 *
 * Locks: tasks_lock (tgroup.tty), then tty->lock.
 */
#include "tty_impl.h"
#include "base/alloc.h"
#include <string.h>

#define MAX_HOST_TTYS 4

/* Terminals of stdin, stdout and stderr: as a rule one. Made before the first guest runs. */
static struct tty *host_ttys[MAX_HOST_TTYS];
static unsigned nr_host_ttys;

struct tty *tty_get(struct tty *tty)
{
	refs_get(&tty->refs);
	return tty;
}

void tty_put(struct tty *tty)
{
	if (!tty || !refs_put(&tty->refs))
		return;
	NtClose(tty->handle);
	mem_free(tty);
}

struct tty *tty_nth(unsigned n)
{
	return n < nr_host_ttys ? tty_get(host_ttys[n]) : NULL;
}

struct tty *tty_host(void)
{
	return tty_nth(0);
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
			      FILE_SHARE_VALID_FLAGS, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL,
			      0);
	if (NT_SUCCESS(status))
		return status;
	return NtDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), out, 0, 0,
				 DUPLICATE_SAME_ACCESS);
}

static void tty_name(struct tty *tty)
{
	FILE_NAME_INFORMATION *info = mem_alloc(sizeof(*info) + sizeof(tty->name) * sizeof(WCHAR));
	ULONG room = sizeof(*info) + sizeof(tty->name) * sizeof(WCHAR), n;
	IO_STATUS_BLOCK iosb;

	if (info && NT_SUCCESS(NtQueryInformationFile(tty->handle, &iosb, info, room,
						      FileNameInformation))) {
		n = info->FileNameLength / sizeof(WCHAR);
		for (ULONG i = 0; i < n && i < sizeof(tty->name) - 1; i++)
			tty->name[i] = info->FileName[i] == u'\\' ? '/' : (char)info->FileName[i];
	}
	if (strncmp(tty->name, "/dev/", 5))
		tty->name[0] = '\0';
	mem_free(info);
}

struct tty *tty_wrap(HANDLE handle)
{
	struct kstat st;
	struct tty *tty;

	if (nt_fstat(handle, &st))
		return NULL;
	for (unsigned i = 0; i < nr_host_ttys; i++)
		if (host_ttys[i]->st.ino == st.ino && host_ttys[i]->st.dev == st.dev)
			return tty_get(host_ttys[i]);
	tty = nr_host_ttys < MAX_HOST_TTYS ? mem_alloc(sizeof(*tty)) : NULL;
	if (!tty || !NT_SUCCESS(open_both_ways(handle, &tty->handle))) {
		mem_free(tty);
		return NULL;
	}
	refs_init(&tty->refs);
	lk_init(&tty->lock, LR_INODE);
	tty->st = st;
	tty_name(tty);
	host_ttys[nr_host_ttys++] = tty;
	return tty_get(tty);
}

/* ---- sessions ---- */

bool tty_controls(struct task *t, const struct tty *tty)
{
	bool is;

	lk_acquire(&tasks_lock);
	is = t->tg->tty == tty;
	lk_release(&tasks_lock);
	return is;
}

void tty_of_group(struct tgroup *tg, uint64_t *rdev, int *pgrp)
{
	*rdev = 0;
	*pgrp = -1;
	lk_acquire(&tasks_lock);
	if (tg->tty) {
		lk_acquire(&tg->tty->lock);
		*rdev = tg->tty->st.rdev;
		*pgrp = tg->tty->pgrp;
		lk_release(&tg->tty->lock);
	}
	lk_release(&tasks_lock);
}

/* tasks_lock is held. */
static int attach(struct tgroup *tg, struct tty *tty, bool force)
{
	struct tgroup *other;
	int err = 0, old = 0;

	lk_acquire(&tty->lock);
	if (tty->sid && tty->sid != tg->sid && !force)
		err = -LX_EPERM;
	if (!err) {
		old = tty->sid != tg->sid ? tty->sid : 0;
		tty->sid = tg->sid;
		tty->pgrp = tg->pgid;
	}
	lk_release(&tty->lock);
	if (err)
		return err;
	list_for_each(other, &task_groups, all_link) {
		if (old && other->sid == old && other->tty == tty) {
			other->tty = NULL;
			tty_put(tty);
		}
	}
	tg->tty = tty_get(tty);
	return 0;
}

int tty_set_controlling(struct task *t, struct tty *tty, bool force)
{
	struct tgroup *tg = t->tg;
	int err;

	lk_acquire(&tasks_lock);
	if (tg->pid == tg->sid && tg->tty == tty)
		err = 0;
	else if (tg->pid != tg->sid || tg->tty)
		err = -LX_EPERM;
	else
		err = attach(tg, tty, force && cred_capable(t->cred, LX_CAP_SYS_ADMIN));
	lk_release(&tasks_lock);
	return err;
}

void tty_adopt(struct tgroup *tg)
{
	struct tty *tty = tty_host();

	if (!tty)
		return;
	lk_acquire(&tasks_lock);
	if (!tg->tty)
		attach(tg, tty, true);
	lk_release(&tasks_lock);
	tty_put(tty);
}

/* Nobody of session sid has tty any more. Returns the foreground group it had. */
static int detach_session(int sid, struct tty *tty)
{
	struct tgroup *tg;
	int pgrp;

	lk_acquire(&tasks_lock);
	lk_acquire(&tty->lock);
	pgrp = tty->pgrp;
	tty->sid = tty->pgrp = 0;
	lk_release(&tty->lock);
	list_for_each(tg, &task_groups, all_link) {
		if (tg->sid == sid && tg->tty == tty) {
			tg->tty = NULL;
			tty_put(tty);
		}
	}
	lk_release(&tasks_lock);
	return pgrp;
}

static int send_pgrp(int pgrp, int sig)
{
	struct lx_siginfo info;

	if (!pgrp)
		return -LX_ESRCH;
	signal_info_user(&info, sig, LX_SI_KERNEL, NULL);
	return signal_send_pgrp(pgrp, &info);
}

void tty_session_end(struct tgroup *leader)
{
	struct tty *tty;
	int pgrp;

	lk_acquire(&tasks_lock);
	tty = leader->pid == leader->sid && leader->tty ? tty_get(leader->tty) : NULL;
	lk_release(&tasks_lock);
	if (!tty)
		return;
	pgrp = detach_session(leader->sid, tty);
	send_pgrp(pgrp, LX_SIGHUP);
	send_pgrp(pgrp, LX_SIGCONT);
	tty_put(tty);
}

int tty_give_up(struct task *t, struct tty *tty)
{
	struct tgroup *tg = t->tg;

	if (!tty_controls(t, tty))
		return -LX_ENOTTY;
	if (tg->pid == tg->sid) {
		tty_session_end(tg);
		return 0;
	}
	lk_acquire(&tasks_lock);
	tg->tty = NULL;
	lk_release(&tasks_lock);
	tty_put(tty);
	return 0;
}

/* ---- foreground and background ---- */

int tty_set_foreground(struct task *t, struct tty *tty, int pgrp)
{
	struct tgroup *tg;
	int err = -LX_ESRCH;

	if (pgrp < 0)
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	list_for_each(tg, &task_groups, all_link)
		if (tg->pgid == pgrp)
			err = tg->sid == t->tg->sid ? 0 : -LX_EPERM;
	if (!err) {
		lk_acquire(&tty->lock);
		tty->pgrp = pgrp;
		lk_release(&tty->lock);
	}
	lk_release(&tasks_lock);
	return err;
}

static bool ignores(struct task *t, int sig)
{
	PICO_SIGNAL_STATE st = { 0 };

	pico.QuerySignalState(t->thread, &st);
	return (st.Ignored | st.Blocked) & LX_SIGBIT(sig);
}

int tty_check_change(struct task *t, struct tty *tty, int sig)
{
	int pgid, fg;
	bool orphaned;

	lk_acquire(&tasks_lock);
	pgid = t->tg->pgid;
	lk_acquire(&tty->lock);
	fg = t->tg->tty == tty ? tty->pgrp : 0;
	lk_release(&tty->lock);
	orphaned = fg && fg != pgid && pgrp_is_orphaned(pgid);
	lk_release(&tasks_lock);
	if (!fg || fg == pgid)
		return 0;
	if (ignores(t, sig))
		return sig == LX_SIGTTIN ? -LX_EIO : 0;
	if (orphaned)
		return -LX_EIO;
	send_pgrp(pgid, sig);
	return signal_pending(t) ? -LX_ERESTARTSYS : 0;
}

bool tty_signal(int sig)
{
	struct tty *tty = tty_host();
	int pgrp, sid, err;

	if (!tty)
		return false;
	lk_acquire(&tty->lock);
	pgrp = tty->pgrp;
	sid = tty->sid;
	lk_release(&tty->lock);
	tty_put(tty);
	if (sig == LX_SIGHUP) {
		struct tgroup *leader = sid ? tgroup_find(sid) : NULL;

		if (!leader)
			return false;
		tty_session_end(leader);
		tgroup_put(leader);
		return send_pgrp(sid, LX_SIGHUP) == 0;
	}
	err = send_pgrp(pgrp, sig);
	return err == 0;
}
