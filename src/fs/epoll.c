/* SPDX-License-Identifier: MIT */
/*
 * epoll.c - sets of files to wait for (epoll(7)).
 *
 * An item stands for one (descriptor, file) of a set. It hangs on the file's wait queues; a wake-up
 * there puts it on the set's ready list and wakes the set's watchers: sleeping tasks and items of
 * sets that contain this set. epoll_wait takes items off the list, asks the file, reports, and puts
 * level-triggered items back. "On the ready list" means only "worth asking".
 *
 * Locks. epoll_lock (LR_EPOLL) guards which items exist: sets, files' item lists. epoll_leaf guards
 * ready lists, watchers and what the two share of an item; it is taken inside wake-ups of wait queues and
 * has therefore the rank below them. Files are asked with neither: an item in somebody's hands is
 * busy, and whoever holds it has a reference to its file, so that the file's queues stay.
 *
 * Edge-triggered items on files that the NT layer watches (host pipes and terminals) report input
 * again on each wait while it lasts: the host says "readable", not "more has come".
 */
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "lxrun/task.h"
#include "poll_impl.h"
#include <inttypes.h>
#include <stdio.h>

#define EP_BUCKETS   64u
#define EP_MAX_NESTS 5 /* sets in a chain of sets */
/* Told without being asked for, but for a one-shot that is spent. */
#define EP_ALWAYS  (LX_POLLERR | LX_POLLHUP)
#define EP_PRIVATE (LX_EPOLLWAKEUP | LX_EPOLLONESHOT | LX_EPOLLET | LX_EPOLLEXCLUSIVE)
#define EP_EXCLUSIVE_OK                                                                   \
	(LX_POLLIN | LX_POLLOUT | LX_POLLERR | LX_POLLHUP | LX_EPOLLWAKEUP | LX_EPOLLET | \
	 LX_EPOLLEXCLUSIVE)

struct epoll {
	struct file *file; /* borrowed: the set's own */
	/* epoll_lock guards: */
	struct list bucket[EP_BUCKETS]; /* items by descriptor */
	uint32_t nr_items;
	/* epoll_leaf guards: */
	struct list ready;
	uint32_t nr_ready;
	struct list watchers;
};

struct epitem {
	struct refs refs;                   /* the set's, and the busy one's */
	struct epoll *ep;                   /* constant */
	struct file *file;                  /* constant; no reference: see epoll_file_gone() */
	int fd;                             /* constant */
	struct list bucket_link, file_link; /* epoll_lock */
	/* epoll_leaf guards: */
	struct list ready_link;
	bool busy, dead;
	_Atomic uint32_t events; /* EP_PRIVATE only, after a one-shot report */
	uint64_t data;
	/* the busy one's: */
	struct poll_sink sink;
	uint32_t nr_queues;
	struct {
		struct waiter w;
		struct epitem *item;
	} queue[POLL_MAX_QUEUES];
	struct ep_watcher nested;
	PIO_WATCH watch;
	ULONG watched;
	bool nt; /* the NT layer judges this file */
	_Atomic bool fired;
};

static struct lk epoll_lock = LK_INIT(EPOLL);
static struct lk epoll_leaf = LK_INIT(TASK);
static const struct file_ops epoll_fop;

/* ---- readiness; epoll_leaf is held ---- */

static void wake_watchers(struct epoll *ep);

static void item_queue(struct epitem *item)
{
	if (item->dead)
		return;
	if (list_empty(&item->ready_link)) {
		list_add_tail(&item->ep->ready, &item->ready_link);
		item->ep->nr_ready++;
	}
	wake_watchers(item->ep);
}

/* The depth of the recursion is that of nested sets: at most EP_MAX_NESTS. */
static void wake_watchers(struct epoll *ep)
{
	struct ep_watcher *w;

	list_for_each(w, &ep->watchers, link) {
		w->woken = true;
		if (w->task)
			task_wake(w->task);
		else
			item_queue(w->item);
	}
}

/* Whether somebody is asleep on the set who has not been woken yet. */
static bool has_sleeper(const struct epoll *ep)
{
	const struct ep_watcher *w;

	list_for_each(w, &ep->watchers, link)
		if (!w->woken)
			return true;
	return false;
}

/* As wake_watchers(), but only who sleeps: the sets above have been told when the item was queued. */
static void wake_tasks(struct epoll *ep)
{
	struct ep_watcher *w;

	list_for_each(w, &ep->watchers, link)
		if (w->task)
			task_wake(w->task);
}

static void item_unqueue(struct epitem *item)
{
	if (list_empty(&item->ready_link))
		return;
	list_del(&item->ready_link);
	item->ep->nr_ready--;
}

/* ---- wake-ups ---- */

static void item_fire(struct epitem *item)
{
	lk_acquire(&epoll_leaf);
	item_queue(item);
	lk_release(&epoll_leaf);
}

/* Of sets that wait exclusively for the same, the first with a sleeper hears of it, and no other. */
static void item_woken(struct waiter *w, uint32_t *claimed)
{
	struct epitem *item = container_of(w, __typeof__(((struct epitem *)0)->queue[0]), w)->item;
	uint32_t events = item->events & (LX_POLLIN | LX_POLLOUT);

	if (!(item->events & LX_EPOLLEXCLUSIVE)) {
		item_fire(item);
		return;
	}
	if (!(events & ~*claimed))
		return;
	lk_acquire(&epoll_leaf);
	if (has_sleeper(item->ep))
		*claimed |= events;
	item_queue(item);
	lk_release(&epoll_leaf);
}

static void item_ready(PVOID context, ULONG ready)
{
	struct epitem *item = context;

	item->fired = true;
	item_fire(item);
}

void epoll_watch(struct epoll *ep, struct ep_watcher *w)
{
	lk_acquire(&epoll_leaf);
	list_add_tail(&ep->watchers, &w->link);
	lk_release(&epoll_leaf);
}

void epoll_unwatch(struct ep_watcher *w)
{
	if (!w->link.next)
		return;
	lk_acquire(&epoll_leaf);
	list_del(&w->link);
	lk_release(&epoll_leaf);
}

/* ---- asking a file; the item is busy ---- */

static void sink_queue(struct poll_table *pt, struct waitq *q)
{
	struct epitem *item = container_of(pt, struct epitem, sink.pt);

	if (item->nr_queues == POLL_MAX_QUEUES)
		return;
	item->queue[item->nr_queues].item = item;
	waitq_add_func(q, &item->queue[item->nr_queues++].w, item_woken);
}

static void sink_set(struct poll_sink *s, struct epoll *ep)
{
	struct epitem *item = container_of(s, struct epitem, sink);

	item->nested.item = item;
	epoll_watch(ep, &item->nested);
}

static void item_unwatch(struct epitem *item)
{
	if (item->watch)
		IoUnwatchReadiness(item->watch);
	item->watch = NULL;
	item->watched = 0;
}

static void sink_watch(struct poll_table *pt, HANDLE handle, uint32_t events)
{
	struct epitem *item = container_of(pt, struct epitem, sink.pt);

	item->nt = true;
	events &= poll_to_ready(item->events);
	if (item->watched == events && !item->fired)
		return;
	item_unwatch(item);
	item->fired = false;
	if (events && NT_SUCCESS(IoWatchReadiness(handle, events, item_ready, item, &item->watch)))
		item->watched = events;
}

/* Events of the item's file now; keeps the NT layer's watch armed for those that are missing. */
static uint32_t item_poll(struct epitem *item, bool first)
{
	uint32_t mask = vfs_poll(item->file, first || item->nt ? &item->sink.pt : NULL);

	return mask & (item->events & ~EP_PRIVATE);
}

static void item_teardown(struct epitem *item)
{
	for (uint32_t i = 0; i < item->nr_queues; i++)
		waitq_del(&item->queue[i].w);
	epoll_unwatch(&item->nested);
	item_unwatch(item);
}

static void item_put(struct epitem *item)
{
	if (refs_put(&item->refs))
		mem_free(item);
}

/* The busy one is done; requeue: the file still has the event, or may have it. */
static void item_done(struct epitem *item, bool requeue)
{
	bool dead;

	lk_acquire(&epoll_leaf);
	item->busy = false;
	dead = item->dead;
	if (requeue && !dead && list_empty(&item->ready_link)) {
		list_add_tail(&item->ep->ready, &item->ready_link);
		item->ep->nr_ready++;
	}
	if (!list_empty(&item->ready_link))
		wake_tasks(item->ep); /* others may have passed it by while it was busy */
	lk_release(&epoll_leaf);
	if (dead)
		item_teardown(item);
}

/*
 * Takes the next item that is worth asking, busy, with references to it and its file. limit: how many
 * entries of the list may still be looked at.
 */
static struct epitem *item_take(struct epoll *ep, uint32_t *limit)
{
	struct epitem *item, *tmp, *found = NULL;

	lk_acquire(&epoll_leaf);
	list_for_each_safe(item, tmp, &ep->ready, ready_link) {
		if (!*limit)
			break;
		--*limit;
		if (item->busy)
			continue;
		item_unqueue(item);
		/* The file's last reference may be on its way: then epoll_file_gone() is too. */
		if (!refs_get_live(&item->file->refs))
			continue;
		refs_get(&item->refs);
		item->busy = true;
		found = item;
		break;
	}
	lk_release(&epoll_leaf);
	return found;
}

static uint32_t ready_count(struct epoll *ep)
{
	uint32_t n;

	lk_acquire(&epoll_leaf);
	n = ep->nr_ready;
	lk_release(&epoll_leaf);
	return n;
}

static void item_release(struct epitem *item, bool requeue)
{
	struct file *f = item->file;

	item_done(item, requeue);
	item_put(item);
	file_put(f);
}

/* A set is readable while one of its items has an event. */
static uint32_t epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->priv;
	struct epitem *item;
	uint32_t limit, mask = 0;

	if (pt) {
		struct poll_sink *s = container_of(pt, struct poll_sink, pt);

		s->set(s, ep);
	}
	limit = ready_count(ep);
	while (!mask && (item = item_take(ep, &limit)) != NULL) {
		bool has = item_poll(item, false) != 0;

		if (has)
			mask = LX_POLLIN | LX_POLLRDNORM;
		item_release(item, has);
	}
	return mask;
}

/* ---- the set ---- */

static struct list *bucket_of(struct epoll *ep, int fd)
{
	return &ep->bucket[(uint32_t)fd % EP_BUCKETS];
}

/* epoll_lock is held. */
static struct epitem *item_find(struct epoll *ep, int fd, const struct file *target)
{
	struct epitem *item;

	list_for_each(item, bucket_of(ep, fd), bucket_link)
		if (item->fd == fd && item->file == target)
			return item;
	return NULL;
}

/* Takes the item out of the set and of its file. epoll_lock is held. */
static void item_remove(struct epitem *item)
{
	bool busy;

	item->ep->nr_items--;
	list_del(&item->bucket_link);
	list_del(&item->file_link);
	lk_acquire(&epoll_leaf);
	item_unqueue(item);
	item->dead = true;
	busy = item->busy;
	lk_release(&epoll_leaf);
	if (!busy)
		item_teardown(item);
	item_put(item);
}

void epoll_file_gone(struct file *f)
{
	struct epitem *item, *tmp;

	lk_acquire(&epoll_lock);
	list_for_each_safe(item, tmp, &f->epoll_items, file_link)
		item_remove(item);
	lk_release(&epoll_lock);
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;
	struct epitem *item, *tmp;

	lk_acquire(&epoll_lock);
	for (uint32_t i = 0; i < EP_BUCKETS; i++)
		list_for_each_safe(item, tmp, &ep->bucket[i], bucket_link)
			item_remove(item);
	lk_release(&epoll_lock);
	mem_free(ep);
}

/* Length of the longest chain of sets below f, 0 for other files; -1 when it meets stop. epoll_lock is held. */
static int nests_below(const struct file *f, const struct epoll *stop, int depth)
{
	const struct epoll *ep = f->priv;
	struct epitem *item;
	int longest = 0;

	if (f->fop != &epoll_fop)
		return 0;
	if (ep == stop)
		return -1;
	if (depth > EP_MAX_NESTS)
		return depth;
	for (uint32_t i = 0; i < EP_BUCKETS; i++) {
		list_for_each(item, &ep->bucket[i], bucket_link) {
			int n = nests_below(item->file, stop, depth + 1);

			if (n < 0)
				return n;
			if (n > longest)
				longest = n;
		}
	}
	return longest + 1;
}

/* Length of the longest chain of sets above ep, itself included. epoll_lock is held. */
static int nests_above(const struct epoll *ep, int depth)
{
	struct epitem *item;
	int longest = 0;

	if (depth > EP_MAX_NESTS)
		return depth;
	list_for_each(item, &ep->file->epoll_items, file_link) {
		int n = nests_above(item->ep, depth + 1);

		if (n > longest)
			longest = n;
	}
	return longest + 1;
}

/* epoll_lock is held. */
static int may_nest(const struct epoll *ep, const struct file *target)
{
	int below = nests_below(target, ep, 1);

	if (below < 0)
		return -LX_ELOOP;
	return below && below + nests_above(ep, 1) > EP_MAX_NESTS ? -LX_EINVAL : 0;
}

static struct epitem *item_new(struct epoll *ep, int fd, struct file *target,
			       const struct lx_epoll_event *event)
{
	struct epitem *item = mem_alloc(sizeof(*item));

	if (!item)
		return NULL;
	refs_init(&item->refs);
	item->ep = ep;
	item->file = target;
	item->fd = fd;
	item->events = event->events | EP_ALWAYS;
	item->data = event->data;
	item->sink = (struct poll_sink){ .pt = { sink_queue, sink_watch }, .set = sink_set };
	list_init(&item->ready_link);
	item->busy = true; /* until it is registered */
	return item;
}

static int epoll_add(struct epoll *ep, int fd, struct file *target,
		     const struct lx_epoll_event *event)
{
	struct epitem *item = item_new(ep, fd, target, event);
	int err;

	if (!item)
		return -LX_ENOMEM;
	lk_acquire(&epoll_lock);
	err = item_find(ep, fd, target) ? -LX_EEXIST : may_nest(ep, target);
	if (!err) {
		ep->nr_items++;
		list_add_tail(bucket_of(ep, fd), &item->bucket_link);
		list_add_tail(&target->epoll_items, &item->file_link);
		refs_get(&item->refs);
	}
	lk_release(&epoll_lock);
	if (!err) {
		if (item_poll(item, true))
			item_fire(item);
		item_done(item, false);
	}
	item_put(item);
	return err;
}

static int epoll_modify(struct epoll *ep, int fd, struct file *target,
			const struct lx_epoll_event *event)
{
	struct epitem *item;
	int err = 0;

	lk_acquire(&epoll_lock);
	item = item_find(ep, fd, target);
	if (!item) {
		err = -LX_ENOENT;
	} else if ((item->events | event->events) & LX_EPOLLEXCLUSIVE) {
		err = -LX_EINVAL;
	} else {
		lk_acquire(&epoll_leaf);
		item->events = event->events | EP_ALWAYS;
		item->data = event->data;
		item_queue(item);
		lk_release(&epoll_leaf);
	}
	lk_release(&epoll_lock);
	return err;
}

static int epoll_delete(struct epoll *ep, int fd, struct file *target)
{
	struct epitem *item;

	lk_acquire(&epoll_lock);
	item = item_find(ep, fd, target);
	if (item)
		item_remove(item);
	lk_release(&epoll_lock);
	return item ? 0 : -LX_ENOENT;
}

int epoll_control(struct file *f, int op, int fd, struct file *target,
		  const struct lx_epoll_event *event)
{
	/* Files without a poll of their own are always ready: Linux refuses them. */
	if (!target->fop || !target->fop->poll)
		return -LX_EPERM;
	if (f->fop != &epoll_fop || target == f)
		return -LX_EINVAL;
	if (op == LX_EPOLL_CTL_DEL)
		return epoll_delete(f->priv, fd, target);
	if (event->events & LX_EPOLLEXCLUSIVE &&
	    (op == LX_EPOLL_CTL_MOD || event->events & ~EP_EXCLUSIVE_OK ||
	     target->fop == &epoll_fop))
		return -LX_EINVAL;
	if (op == LX_EPOLL_CTL_ADD)
		return epoll_add(f->priv, fd, target, event);
	return op == LX_EPOLL_CTL_MOD ? epoll_modify(f->priv, fd, target, event) : -LX_EINVAL;
}

/* ---- waiting ---- */

/* Items that have events, busy until whoever waits has been told of them. */
#define BATCH 32u
struct batch {
	uint32_t n;
	struct epitem *item[BATCH];
	struct lx_epoll_event event[BATCH];
};

/*
 * Who woke the item may have to wake others of the set by the same queue still, and may have lost the CPU to whom it
 * woke: until it lets go of the queue they are not ready. The item is busy.
 */
static void await_waker(struct epitem *item)
{
	for (uint32_t i = 0; i < item->nr_queues; i++)
		waitq_settle(&item->queue[i].w);
}

/* first: nothing of the set has been reported yet, so that all that is ready is new. */
static void batch_fill(struct epoll *ep, struct batch *b, bool first, uint32_t max, uint32_t *limit)
{
	struct epitem *item;
	uint32_t mask;

	b->n = 0;
	while (b->n < max && b->n < BATCH && (item = item_take(ep, limit)) != NULL) {
		await_waker(item);
		mask = item_poll(item, false);
		if (!mask) {
			item_release(item, false);
			continue;
		}
		if (first)
			*limit = ready_count(ep);
		b->item[b->n] = item;
		b->event[b->n++] = (struct lx_epoll_event){ mask, item->data };
	}
}

/* The item was reported: it goes back, or is disarmed, as its mode says. */
static void item_reported(struct epitem *item, uint32_t mask)
{
	bool again = false;

	lk_acquire(&epoll_leaf);
	if (item->events & LX_EPOLLONESHOT)
		item->events &= EP_PRIVATE;
	else
		again = !(item->events & LX_EPOLLET) || (item->nt && mask & LX_POLLIN);
	lk_release(&epoll_leaf);
	item_release(item, again);
}

/* Hands the batch out; what cannot be written stays with the set. How many were; -LX_EFAULT: none. */
static int64_t batch_report(struct batch *b, struct iter *to)
{
	int64_t size = (int64_t)(b->n * sizeof(b->event[0]));
	int64_t moved = b->n ? iter_write(to, b->event, (uint64_t)size) : 0;
	uint32_t good = moved > 0 ? (uint32_t)((uint64_t)moved / sizeof(b->event[0])) : 0;

	for (uint32_t i = 0; i < b->n; i++)
		if (i < good)
			item_reported(b->item[i], b->event[i].events);
		else
			item_release(b->item[i], true);
	return good || !b->n ? (int64_t)good : -LX_EFAULT;
}

static int64_t collect(struct epoll *ep, struct iter *to, uint32_t max)
{
	uint32_t limit = ready_count(ep);
	int64_t total = 0, n;
	struct batch b;

	do {
		batch_fill(ep, &b, total == 0, max - (uint32_t)total, &limit);
		n = batch_report(&b, to);
		total += n > 0 ? n : 0;
	} while (n == BATCH);
	return total ? total : n;
}

int64_t epoll_wait_events(struct file *f, struct task *t, struct iter *to, uint32_t max,
			  uint64_t deadline_ns)
{
	struct ep_watcher w = { .task = t };
	struct epoll *ep = f->priv;
	int64_t n;
	int err = 0;

	if (f->fop != &epoll_fop)
		return -LX_EINVAL;
	n = collect(ep, to, max);
	if (n || !deadline_ns)
		return n;
	epoll_watch(ep, &w);
	while (!(n = collect(ep, to, max)) && !err)
		err = task_sleep(t, deadline_ns);
	epoll_unwatch(&w);
	if (n || err == -LX_ETIMEDOUT)
		return n;
	return err == -LX_ERESTARTSYS ? -LX_EINTR : err;
}

static int epoll_show(struct file *f, char *buf, size_t size)
{
	struct epoll *ep = f->priv;
	struct epitem *item;
	size_t len = 0;

	lk_acquire(&epoll_lock);
	for (uint32_t i = 0; i < EP_BUCKETS; i++)
		list_for_each(item, &ep->bucket[i], bucket_link)
			if (len < size)
				len += snprintf(buf + len, size - len,
						"tfd: %8d events: %8x data: %16" PRIx64 "\n",
						item->fd, (uint32_t)item->events, item->data);
	lk_release(&epoll_lock);
	return (int)(len < size ? len : size);
}

static const struct file_ops epoll_fop = {
	.poll = epoll_poll,
	.show_fdinfo = epoll_show,
	.release = epoll_release,
};

int epoll_create_file(struct task *t, struct file **f)
{
	struct epoll *ep = mem_alloc(sizeof(*ep));

	if (!ep)
		return -LX_ENOMEM;
	for (uint32_t i = 0; i < EP_BUCKETS; i++)
		list_init(&ep->bucket[i]);
	list_init(&ep->ready);
	list_init(&ep->watchers);
	*f = anon_file("anon_inode:[eventpoll]", &epoll_fop, LX_O_RDWR, ep);
	if (!*f) {
		mem_free(ep);
		return -LX_ENOMEM;
	}
	ep->file = *f;
	return 0;
}
