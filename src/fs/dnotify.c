/* SPDX-License-Identifier: MIT */
/*
 * dnotify.c - fcntl(2) F_NOTIFY: a process hears by signal (SIGIO, or what F_SETSIG says) that something happened in a
 * directory. What inotify.c passes on is told; a mark goes with any descriptor of its file that the table closes, and,
 * without DN_MULTISHOT, with the first event.
 */
#include "base/alloc.h"
#include "fsnotify.h"
#include "lxrun/sysctl.h"

#define DN_MULTISHOT 0x80000000u

/* What each DN_* bit stands for, bit after bit: ACCESS, MODIFY, CREATE, DELETE, RENAME, ATTRIB. */
static const uint32_t meaning[] = { LX_IN_ACCESS,
				    LX_IN_MODIFY,
				    LX_IN_CREATE | LX_IN_MOVED_TO,
				    LX_IN_DELETE | LX_IN_MOVED_FROM,
				    FSNOTIFY_RENAMED,
				    LX_IN_ATTRIB };
#define DN_ALL 0x3fu

struct mark {
	struct list link;
	struct file *file;     /* borrows, as the next: it goes before them */
	const void *table;     /* whose descriptor asked */
	uint64_t dev, ino;     /* constant */
	int fd;                /* si_fd */
	uint32_t events, told; /* told: the number of the last event it heard of */
	bool multishot;
};

static struct lk marks_lock = LK_INIT(INODE); /* guards: */
static struct list marks = LIST_INIT(marks);
static uint32_t event_number;
_Atomic uint32_t dnotify_count;

/* ---- marks_lock is held ---- */

static struct mark *find(const void *table, const struct file *f)
{
	struct mark *m;

	list_for_each(m, &marks, link)
		if (m->file == f && m->table == table)
			return m;
	return NULL;
}

/* The next that wants to hear of this and has not. */
static struct mark *next_listener(const struct kstat *st, uint32_t events, uint32_t number)
{
	struct mark *m;

	list_for_each(m, &marks, link)
		if (m->ino == st->ino && m->dev == st->dev && m->events & events &&
		    m->told != number)
			return m;
	return NULL;
}

static void take_out(struct mark *m)
{
	list_del(&m->link);
	dnotify_count--;
}

/* ---- the lock is not held ---- */

static void mark_free(struct mark *m)
{
	if (!m)
		return;
	fsnotify_unmark();
	mem_free(m);
}

/* Tells one more of them. False: there is none left. */
static bool tell_one(const struct kstat *st, uint32_t events, uint32_t number)
{
	struct io_owner who = { 0 };
	struct mark *m, *gone = NULL;
	int fd = -1;

	lk_acquire(&marks_lock);
	m = next_listener(st, events, number);
	if (m) {
		m->told = number;
		who = m->file->owner->io;
		fd = m->fd;
		if (!m->multishot)
			take_out(gone = m);
	}
	lk_release(&marks_lock);
	if (m)
		signal_send_io(&who, LX_POLL_MSG, LX_POLLIN | LX_POLLRDNORM | LX_POLLMSG, fd);
	mark_free(gone);
	return m != NULL;
}

void dnotify_hear(const struct kstat *st, uint32_t events)
{
	uint32_t number;

	lk_acquire(&marks_lock);
	number = ++event_number ? event_number : ++event_number;
	lk_release(&marks_lock);
	while (tell_one(st, events, number))
		continue;
}

bool dnotify_wants(const struct kstat *st, uint32_t events)
{
	bool wants;

	lk_acquire(&marks_lock);
	wants = next_listener(st, events, 0) != NULL;
	lk_release(&marks_lock);
	return wants;
}

void dnotify_forget(const void *table, struct file *f)
{
	struct mark *m;

	lk_acquire(&marks_lock);
	m = find(table, f);
	if (m)
		take_out(m);
	lk_release(&marks_lock);
	mark_free(m);
}

/* Puts fresh there, or adds what it wants to the mark that is there. */
static bool enter(struct mark *fresh)
{
	struct mark *old;

	lk_acquire(&marks_lock);
	old = find(fresh->table, fresh->file);
	if (old) {
		old->fd = fresh->fd;
		old->events |= fresh->events;
		old->multishot |= fresh->multishot;
	} else {
		list_add_tail(&marks, &fresh->link);
		dnotify_count++;
	}
	lk_release(&marks_lock);
	return !old;
}

int dnotify_set(struct task *t, struct file *f, int fd, uint32_t arg)
{
	struct file *still;
	struct mark *m;
	struct kstat st;
	int err;

	if (!sysctl_values[SYSCTL_DIR_NOTIFY_ENABLE])
		return -LX_EINVAL;
	if (!(arg & ~DN_MULTISHOT)) {
		dnotify_forget(t->files, f);
		return 0;
	}
	if (!f->inode || !inode_is_dir(f->inode))
		return -LX_ENOTDIR;
	err = vfs_fstat(f, &st);
	if (!err)
		err = file_owner_default(t, f, fd);
	if (err)
		return err;
	m = mem_alloc(sizeof(*m));
	if (!m)
		return -LX_ENOMEM;
	*m = (struct mark){ .file = f,
			    .table = t->files,
			    .dev = st.dev,
			    .ino = st.ino,
			    .fd = fd,
			    .multishot = arg & DN_MULTISHOT };
	for (uint32_t i = 0; i < sizeof(meaning) / sizeof(meaning[0]); i++)
		if (arg & DN_ALL & 1u << i)
			m->events |= meaning[i];
	fsnotify_mark(st.ino);
	if (!enter(m))
		mark_free(m);
	/* Another thread may have closed fd meanwhile, and found no mark to take along. */
	if (fd_get(t, fd, &still))
		still = NULL;
	if (still != f)
		dnotify_forget(t->files, f);
	if (still)
		file_put(still);
	return 0;
}
