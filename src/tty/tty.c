/* SPDX-License-Identifier: MIT */
/*
 * tty.c - terminals: their table, input from outside, hang-up.
 *
 * A terminal is a line discipline (ldisc.h) between two sides. Inside, programs have it open; outside is
 * a pty's master or the host's terminal. All state is under tty->lock; tty_unlock() does what cannot
 * be done under it.
 *
 * Locks: tasks_lock (tgroup.tty), then tty->lock. The table's lock and tty->lock are never held together.
 */
#include "tty_impl.h"
#include "base/alloc.h"
#include <string.h>

static struct lk table_lock = LK_INIT(INODE);
static struct list table = LIST_INIT(table); /* by number */
_Atomic uint64_t tty_fs_dev;

struct tty *tty_get(struct tty *tty)
{
	refs_get(&tty->refs);
	return tty;
}

void tty_put(struct tty *tty)
{
	if (!tty || !refs_put(&tty->refs))
		return;
	lk_acquire(&table_lock);
	list_del(&tty->link);
	lk_release(&table_lock);
	ldisc_free(&tty->ld);
	byteq_free(&tty->wire);
	console_free(tty->console);
	mem_free(tty);
}

struct tty *tty_new(void)
{
	struct tty *tty = mem_alloc(sizeof(*tty));

	if (!tty)
		return NULL;
	refs_init(&tty->refs);
	list_init(&tty->link);
	lk_init(&tty->lock, LR_INODE);
	ldisc_init(&tty->ld);
	tty->wire.limit = TTY_WIRE;
	waitq_init(&tty->rq);
	waitq_init(&tty->wq);
	waitq_init(&tty->mrq);
	waitq_init(&tty->mwq);
	async_list_init(&tty->async);
	async_list_init(&tty->masync);
	tty->mode = LX_S_IFCHR | 0620;
	tty->atime = tty->mtime = tty->ctime = vfs_now();
	return tty;
}

/* The entry that number n would stand before; *taken: it has the number itself. */
static struct list *place_of(int n, bool *taken)
{
	struct tty *tty;

	*taken = false;
	list_for_each(tty, &table, link) {
		*taken = tty->index == n;
		if (tty->index >= n)
			return &tty->link;
	}
	return &table;
}

int tty_publish(struct tty *tty, int n)
{
	struct list *before;
	bool taken = true;

	lk_acquire(&table_lock);
	before = n >= 0 ? place_of(n, &taken) : NULL;
	for (int i = 0; taken && i < (int)TTY_MAX; i++)
		before = place_of(n = i, &taken);
	if (!taken) {
		tty->index = n;
		list_add_tail(before, &tty->link);
	}
	lk_release(&table_lock);
	return taken ? -LX_ENOSPC : 0;
}

/* A pty without a master is a number in use and nothing else. */
static bool has_name(const struct tty *tty)
{
	return tty->console || tty->master;
}

struct tty *tty_find(int64_t n)
{
	struct tty *tty, *found = NULL;

	lk_acquire(&table_lock);
	list_for_each(tty, &table, link)
		if (tty->index == n && has_name(tty) && refs_get_live(&tty->refs))
			found = tty;
	lk_release(&table_lock);
	return found;
}

int64_t tty_next(int64_t n)
{
	struct tty *tty;
	int64_t found = -1;

	lk_acquire(&table_lock);
	list_for_each(tty, &table, link)
		if (found < 0 && tty->index >= n && has_name(tty))
			found = tty->index;
	lk_release(&table_lock);
	return found;
}

int tty_index(const struct tty *tty)
{
	return tty->index;
}

/* ---- the node ---- */

void tty_getattr(struct tty *tty, struct kstat *st)
{
	*st = (struct kstat){ .dev = tty_fs_dev,
			      .ino = (uint64_t)tty->index + 3, /* 1: the root, 2: ptmx */
			      .rdev = tty_rdev(tty),
			      .nlink = 1,
			      .blksize = 1024 };
	lk_acquire(&tty->lock);
	st->mode = tty->mode;
	st->uid = tty->uid;
	st->gid = tty->gid;
	st->atime = tty->atime;
	st->mtime = tty->mtime;
	st->ctime = tty->ctime;
	lk_release(&tty->lock);
}

static struct lx_timespec time_of(struct lx_timespec given, struct lx_timespec now)
{
	return given.tv_nsec == LX_UTIME_NOW ? now : given;
}

int tty_setattr(struct tty *tty, const struct iattr *attr)
{
	struct lx_timespec now = vfs_now();

	lk_acquire(&tty->lock);
	if (attr->valid & ATTR_MODE)
		tty->mode = LX_S_IFCHR | (attr->mode & 07777);
	if (attr->valid & ATTR_UID)
		tty->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		tty->gid = attr->gid;
	if (attr->valid & ATTR_ATIME)
		tty->atime = time_of(attr->atime, now);
	if (attr->valid & ATTR_MTIME)
		tty->mtime = time_of(attr->mtime, now);
	tty->ctime = now;
	lk_release(&tty->lock);
	return 0;
}

/* ---- input from outside ---- */

void tty_receive_more(struct tty *tty)
{
	uint8_t buf[256];
	uint32_t n, taken;

	while ((n = byteq_peek(&tty->wire, buf, sizeof(buf))) > 0) {
		taken = ldisc_input(&tty->ld, buf, n);
		byteq_drop(&tty->wire, taken);
		if (taken < n)
			break;
	}
}

uint32_t tty_receive(struct tty *tty, const uint8_t *bytes, uint32_t n)
{
	uint32_t taken = tty->wire.used ? 0 : ldisc_input(&tty->ld, bytes, n);
	uint32_t rest = n - taken, room = byteq_room(&tty->wire);

	rest = rest < room ? rest : room;
	return taken + (byteq_put(&tty->wire, bytes + taken, rest) ? rest : 0);
}

void tty_flush_in(struct tty *tty)
{
	byteq_drop(&tty->wire, tty->wire.used);
	ldisc_flush_in(&tty->ld);
}

/* ---- what the discipline asked for ---- */

static void note_packet(struct tty *tty, uint32_t events)
{
	if (events & LDISC_FLUSH_IN)
		tty->packet_events |= LX_TIOCPKT_FLUSHREAD;
	if (events & LDISC_FLUSH_OUT)
		tty->packet_events |= LX_TIOCPKT_FLUSHWRITE;
	if (events & LDISC_STOP)
		tty->packet_events = (tty->packet_events & ~LX_TIOCPKT_START) | LX_TIOCPKT_STOP;
	if (events & LDISC_START)
		tty->packet_events = (tty->packet_events & ~LX_TIOCPKT_STOP) | LX_TIOCPKT_START;
}

static void send_keys(uint32_t events, int pgrp)
{
	if (events & LDISC_INT)
		tty_send_pgrp(pgrp, LX_SIGINT);
	if (events & LDISC_QUIT)
		tty_send_pgrp(pgrp, LX_SIGQUIT);
	if (events & LDISC_SUSP)
		tty_send_pgrp(pgrp, LX_SIGTSTP);
}

/* One round of tty_unlock(). */
static uint32_t settle(struct tty *tty)
{
	uint32_t events = tty->ld.events;
	int pgrp = tty->pgrp;
	bool outside;

	tty->ld.events = 0;
	if (tty->packet)
		note_packet(tty, events);
	outside = tty->ld.out.used || tty->packet_events;
	lk_release(&tty->lock);
	send_keys(events, pgrp);
	if (events & LDISC_READABLE) {
		waitq_wake(&tty->rq);
		async_tell(&tty->async, LX_POLL_IN, NULL);
	}
	if (events & (LDISC_START | LDISC_FLUSH_OUT))
		waitq_wake(&tty->wq);
	if (events & LDISC_FLUSH_IN)
		waitq_wake(&tty->mwq);
	if (outside && tty->console) {
		console_send(tty);
	} else if (outside) {
		waitq_wake(&tty->mrq);
		async_tell(&tty->masync, LX_POLL_IN, NULL);
	}
	return events;
}

/* What was typed behind a key that signals comes after the signal. */
void tty_unlock(struct tty *tty)
{
	while (settle(tty) & LDISC_SIGNALS) {
		lk_acquire(&tty->lock);
		tty_receive_more(tty);
	}
}

/* ---- hang-up ---- */

bool tty_is_hung(const struct tty_file *tf)
{
	return tf->hangups != tf->tty->hangups;
}

static void wake_all(struct tty *tty)
{
	waitq_wake(&tty->rq);
	waitq_wake(&tty->wq);
	waitq_wake(&tty->mrq);
	waitq_wake(&tty->mwq);
}

void tty_hangup(struct tty *tty, bool group)
{
	struct tgroup *leader;
	struct lx_siginfo info;
	int pgrp, sid;

	lk_acquire(&tty->lock);
	tty->hangups++;

	tty_flush_in(tty);
	tty->ld.events = 0;
	lk_release(&tty->lock);
	sid = tty_detach_session(tty, &pgrp);
	wake_all(tty);
	leader = sid ? tgroup_find(sid) : NULL;
	if (leader) {
		signal_info_user(&info, LX_SIGHUP, LX_SI_KERNEL, NULL);
		signal_send_group(leader, &info);
		signal_info_user(&info, LX_SIGCONT, LX_SI_KERNEL, NULL);
		signal_send_group(leader, &info);
		tgroup_put(leader);
	}
	if (group)
		tty_send_pgrp(pgrp, LX_SIGHUP);
}

int tty_vhangup(struct task *t)
{
	struct tty *tty;

	if (!cred_capable(t->cred, LX_CAP_SYS_TTY_CONFIG))
		return -LX_EPERM;
	lk_acquire(&tasks_lock);
	tty = t->tg->tty ? tty_get(t->tg->tty) : NULL;
	lk_release(&tasks_lock);
	if (tty)
		tty_hangup(tty, false);
	tty_put(tty);
	return 0;
}
