/* SPDX-License-Identifier: MIT */
/*
 * pi_futex.c - futexes whose word names its owner (futex(2), "Priority-inheritance futexes").
 *
 * The word holds our thread numbers, the host looks for its own: so these operations are lxcore's, queue,
 * owner and hand-over. Programs lock (0 -> tid) and unlock (tid -> 0) a word themselves by compare-exchange
 * and come here only when that fails. We cannot compare-exchange in their memory, and need not: our numbers
 * fit into the word's low half, so its highest byte holds the WAITERS and OWNER_DIED bits alone, and writing
 * WAITERS is a store of one byte. Once it is set no program's compare-exchange succeeds, and the word is
 * ours, under pi_guard. Writes are made so that WAITERS comes first and goes last.
 *
 * One bit a program changes without us: the new owner of a word whose owner has died clears OWNER_DIED. A
 * store of the byte could bring it back, so nothing is stored while it is set. Unlocking such a word comes
 * here anyway; that it was cleared, waiters find out by looking every millisecond.
 *
 * A queue (struct pi_lock) exists while somebody waits. Its words are written in the memory of who gets them,
 * at the address that waiter gave: a dying owner's memory may be gone. What the host schedules is not changed
 * by a wait: waiters are woken by priority, their owner does not inherit it (docs/host-assistance.md).
 */
#include "base/alloc.h"
#include "lx/futex.h"
#include "lxrun/guestmem.h"
#include "lxrun/ns.h"
#include "task_impl.h"
#include <string.h>

#define FLAGS_BYTE    3u /* of the word */
#define LOOK_AGAIN_NS 1000000u
#define CHAIN_MAX     1024

/* What makes two addresses one futex: the address in one memory, or the place in what is mapped shared. */
struct pi_key {
	const struct mm *mm;
	uint64_t device, inode, at;
};

struct pi_lock {
	struct list link; /* in locks */
	struct pi_key key;
	int owner;           /* tid */
	struct list waiters; /* the first gets it */
};

/* On the stack of who sleeps. */
struct pi_waiter {
	struct list link;     /* in a lock's waiters, or in conditions; pi_guard */
	struct pi_lock *lock; /* NULL: in conditions, or in neither */
	struct task *task;
	gaddr_t word;      /* the lock's, in the task's memory */
	struct pi_key key; /* of it */
	struct pi_key condition;
	int priority;
	bool queued; /* in conditions */
	bool marked; /* WAITERS is set */
	bool done;   /* with result: out of all lists */
	int result;
};

static struct lk pi_guard = LK_INIT(FUTEX);
static struct list locks = LIST_INIT(locks), conditions = LIST_INIT(conditions);

/* ---- keys ---- */

struct region_search {
	uint64_t address;
	struct pi_key *key;
};

static BOOLEAN look_at_region(PVOID context, const MM_REGION *r)
{
	struct region_search *s = context;

	if (s->address < r->Start || s->address >= r->End)
		return s->address >= r->End;
	if (r->Protect[3] == 's')
		*s->key = (struct pi_key){ NULL, (uint64_t)r->DeviceMajor << 32 | r->DeviceMinor,
					   r->Inode, s->address - r->Start + r->FileOffset };
	return FALSE;
}

static int key_of(struct task *t, gaddr_t at, bool private, struct pi_key *key)
{
	struct region_search search = { at.va, key };

	if (at.va % sizeof(uint32_t))
		return -LX_EINVAL;
	*key = (struct pi_key){ .mm = t->mm, .at = at.va };
	if (!private)
		MmEnumerateRegions(t->thread, look_at_region, &search);
	return 0;
}

static bool same_key(const struct pi_key *a, const struct pi_key *b)
{
	return a->mm == b->mm && a->device == b->device && a->inode == b->inode && a->at == b->at;
}

/* ---- words ---- */

/* The owner that a word of t's names, by the instance's number; 0: none. */
static int owner_of(const struct task *t, uint32_t word)
{
	return pid_meant(t, (int)(word & LX_FUTEX_TID_MASK));
}

static int word_set(struct task *t, gaddr_t at, uint32_t word)
{
	uint8_t bytes[sizeof(word)];
	bool first = word & LX_FUTEX_WAITERS;
	int err = 0;

	memcpy(bytes, &word, sizeof(word));
	if (first)
		err = guest_copyout(t, gaddr_add(at, FLAGS_BYTE), bytes + FLAGS_BYTE, 1);
	if (!err)
		err = guest_copyout(t, at, bytes, FLAGS_BYTE);
	if (!err && !first)
		err = guest_copyout(t, gaddr_add(at, FLAGS_BYTE), bytes + FLAGS_BYTE, 1);
	return err;
}

/* Whether WAITERS may be set by storing its byte: see above. */
static bool may_mark(uint32_t word)
{
	return !(word & LX_FUTEX_OWNER_DIED) || !(word & LX_FUTEX_TID_MASK);
}

/* Makes the word ours; *word is what it is from then on. *marked false: not now. */
static int word_claim(struct task *t, gaddr_t at, uint32_t *word, bool *marked)
{
	uint8_t flags = (*word | LX_FUTEX_WAITERS) >> 24;
	int err;

	*marked = *word & LX_FUTEX_WAITERS;
	if (*marked || !may_mark(*word))
		return 0;
	err = guest_copyout(t, gaddr_add(at, FLAGS_BYTE), &flags, 1);
	if (!err)
		err = guest_copyin(t, word, at, sizeof(*word));
	*marked = true;
	return err;
}

/* ---- queues ---- */

static struct pi_lock *lock_find(const struct pi_key *key)
{
	struct pi_lock *l;

	list_for_each(l, &locks, link)
		if (same_key(&l->key, key))
			return l;
	return NULL;
}

static void lock_drop_if_idle(struct pi_lock *l)
{
	if (!l || !list_empty(&l->waiters))
		return;
	list_del(&l->link);
	mem_free(l);
}

/* Real-time priorities first; among the others, and among equals, who came first. */
static int priority_of(struct task *t)
{
	int priority;

	lk_acquire(&t->lock);
	priority = t->sched.policy == LX_SCHED_FIFO || t->sched.policy == LX_SCHED_RR
			   ? t->sched.priority
			   : 0;
	lk_release(&t->lock);
	return priority;
}

static void enqueue(struct pi_lock *l, struct pi_waiter *w)
{
	struct pi_waiter *at;
	struct list *before = &l->waiters;

	w->lock = l;
	list_for_each(at, &l->waiters, link) {
		if (at->priority >= w->priority)
			continue;
		before = &at->link;
		break;
	}
	list_add_tail(before, &w->link);
}

static void finish(struct pi_waiter *w, int result)
{
	list_del(&w->link);
	w->lock = NULL;
	w->queued = false;
	w->result = result;
	w->done = true;
	task_wake(w->task);
}

static bool owner_exists(int tid)
{
	struct task *t = task_find(tid);

	if (t)
		task_put(t);
	return t != NULL;
}

/* The first of l's waiters that can becomes its owner. False: none could. Frees an empty l. */
static bool hand_over(struct pi_lock *l, uint32_t flags)
{
	struct pi_waiter *w;
	bool given = false;

	while (!given && !list_empty(&l->waiters)) {
		w = list_first(&l->waiters, struct pi_waiter, link);
		if (w->task->dying) {
			finish(w, -LX_ERESTARTNOINTR);
			continue;
		}
		l->owner = w->task->tid;
		given = !word_set(w->task, w->word,
				  (uint32_t)pid_seen(w->task, l->owner) | LX_FUTEX_WAITERS | flags);
		finish(w, given ? 0 : -LX_EFAULT);
	}
	lock_drop_if_idle(l);
	return given;
}

/* The lock that the task tid waits for: its owner; 0 if it waits for none. */
static int waits_for(int tid)
{
	struct pi_lock *l;
	struct pi_waiter *w;

	list_for_each(l, &locks, link)
		list_for_each(w, &l->waiters, link)
			if (w->task->tid == tid)
				return l->owner;
	return 0;
}

static bool would_deadlock(int tid, int owner)
{
	for (int n = 0; owner && owner != tid && n < CHAIN_MAX; n++)
		owner = waits_for(owner);
	return owner == tid;
}

static int lock_make(struct pi_waiter *w, int owner, struct pi_lock **out)
{
	struct pi_lock *l;

	if (!owner_exists(owner))
		return -LX_ESRCH;
	l = mem_alloc(sizeof(*l));
	if (!l)
		return -LX_ENOMEM;
	l->key = w->key;
	l->owner = owner;
	list_init(&l->waiters);
	list_add_tail(&locks, &l->link);
	*out = l;
	return 0;
}

/*
 * Of a word that is waited for and was not marked: programs may have unlocked and locked it since. Marks it
 * if that is possible now. w: whose memory it is looked at in. l may be gone afterwards.
 */
static int refresh(struct pi_lock *l, struct pi_waiter *w, uint32_t *word)
{
	int err = word_claim(w->task, w->word, word, &w->marked);

	if (err || !w->marked)
		return err;
	if (!owner_of(w->task, *word))
		hand_over(l, *word & LX_FUTEX_OWNER_DIED);
	else if (!owner_exists(owner_of(w->task, *word)))
		hand_over(l, LX_FUTEX_OWNER_DIED);
	else
		l->owner = owner_of(w->task, *word);
	return guest_copyin(w->task, word, w->word, sizeof(*word));
}

/* w->task gets the lock (0), or w is queued for it (1), or not (try_only: -LX_EAGAIN). pi_guard held. */
static int join(struct pi_waiter *w, bool try_only)
{
	struct task *t = w->task;
	struct pi_lock *l;
	uint32_t word;
	int err = guest_copyin(t, &word, w->word, sizeof(word));

	if (err)
		return err;
	if (owner_of(t, word) == t->tid)
		return -LX_EDEADLK;
	l = lock_find(&w->key);
	if (l && !(word & LX_FUTEX_WAITERS))
		err = refresh(l, w, &word);
	l = lock_find(&w->key);
	if (err)
		return err;
	if (l && owner_of(t, word) != l->owner)
		return -LX_EINVAL; /* the program has written into a word that is waited for */
	err = word_claim(t, w->word, &word, &w->marked);
	if (err)
		return err;
	if (!owner_of(t, word))
		return word_set(t, w->word,
				(uint32_t)pid_seen(t, t->tid) | (word & LX_FUTEX_OWNER_DIED));
	if (!l && !try_only)
		err = lock_make(w, owner_of(t, word), &l);
	else if (!l)
		err = owner_exists(owner_of(t, word)) ? 0 : -LX_ESRCH;
	if (err || try_only)
		return err ? err : -LX_EAGAIN;
	if (would_deadlock(t->tid, l->owner)) {
		lock_drop_if_idle(l);
		return -LX_EDEADLK;
	}
	enqueue(l, w);
	return 1;
}

/* A waiter of a word that could not be marked looks again. pi_guard held. */
static void look_again(struct pi_waiter *w)
{
	struct pi_lock *l = w->lock;
	uint32_t word;

	if (w->done || !l)
		return;
	if (guest_copyin(w->task, &word, w->word, sizeof(word)) || refresh(l, w, &word)) {
		finish(w, -LX_EFAULT);
		lock_drop_if_idle(lock_find(&w->key));
	}
}

/* Sleeps until w is done. The wait's result; -LX_ERESTARTSYS, -LX_ETIMEDOUT: out of all lists. */
static int sleep_until_done(struct pi_waiter *w, uint64_t deadline)
{
	int err = 0;

	lk_acquire(&pi_guard);
	while (!w->done && !err) {
		uint64_t until = deadline, soon = KeQueryMonotonicNs() + LOOK_AGAIN_NS;
		bool brief = w->lock && !w->marked && soon < deadline;

		if (brief)
			until = soon;
		lk_release(&pi_guard);
		err = task_sleep(w->task, until);
		lk_acquire(&pi_guard);
		if (err == -LX_ETIMEDOUT && brief) {
			err = 0;
			look_again(w);
		}
	}
	if (w->done) {
		err = w->result;
	} else {
		struct pi_lock *l = w->lock;

		list_del(&w->link);
		if (l)
			lock_drop_if_idle(l);
	}
	lk_release(&pi_guard);
	return err;
}

/* ---- operations ---- */

int pi_lock(struct task *t, gaddr_t at, bool private, uint64_t deadline, bool try_only)
{
	struct pi_waiter w = { .task = t, .word = at, .priority = priority_of(t) };
	int err = key_of(t, at, private, &w.key);

	if (err)
		return err;
	lk_acquire(&pi_guard);
	err = join(&w, try_only);
	lk_release(&pi_guard);
	if (err <= 0)
		return err;
	err = sleep_until_done(&w, deadline);
	return err == -LX_ERESTARTSYS ? -LX_ERESTARTNOINTR : err;
}

int pi_unlock(struct task *t, gaddr_t at, bool private)
{
	struct pi_key key;
	struct pi_lock *l;
	uint32_t word;
	int err = key_of(t, at, private, &key);

	if (err)
		return err;
	lk_acquire(&pi_guard);
	err = guest_copyin(t, &word, at, sizeof(word));
	if (!err && owner_of(t, word) != t->tid)
		err = -LX_EPERM;
	l = err ? NULL : lock_find(&key);
	if (!err && !(l && hand_over(l, 0)))
		err = word_set(t, at, 0);
	lk_release(&pi_guard);
	return err;
}

int pi_wait_requeue(struct task *t, gaddr_t at, uint32_t value, gaddr_t lock, bool private,
		    uint64_t deadline)
{
	struct pi_waiter w = { .task = t, .word = lock, .priority = priority_of(t) };
	uint32_t word;
	bool requeued;
	int err = key_of(t, at, private, &w.condition);

	if (!err)
		err = key_of(t, lock, private, &w.key);
	if (!err && same_key(&w.key, &w.condition))
		err = -LX_EINVAL;
	if (err)
		return err;
	lk_acquire(&pi_guard);
	err = guest_copyin(t, &word, at, sizeof(word));
	if (!err && word != value)
		err = -LX_EAGAIN;
	if (!err) {
		w.queued = true;
		list_add_tail(&conditions, &w.link);
	}
	lk_release(&pi_guard);
	if (err)
		return err;
	err = sleep_until_done(&w, deadline);
	requeued = !w.queued;
	/* The lock cannot be waited for again from here: the caller's condition may be true by now. */
	if (err == -LX_ERESTARTSYS)
		return requeued ? -LX_EAGAIN : -LX_ERESTARTNOINTR;
	return err;
}

/* w leaves the condition for its lock. pi_guard held. */
static int requeue(struct pi_waiter *w)
{
	int err;

	list_del(&w->link);
	w->queued = false;
	err = join(w, false);
	if (err > 0)
		return 0;
	finish(w, err);
	return err;
}

int64_t pi_cmp_requeue(struct task *t, gaddr_t at, uint32_t value, uint32_t most, gaddr_t lock,
		       bool private)
{
	struct pi_key from, to;
	struct pi_waiter *w, *tmp;
	int64_t count = 0;
	uint32_t word;
	int err = key_of(t, at, private, &from);

	if (!err)
		err = key_of(t, lock, private, &to);
	if (!err && same_key(&from, &to))
		err = -LX_EINVAL;
	if (err)
		return err;
	lk_acquire(&pi_guard);
	err = guest_copyin(t, &word, at, sizeof(word));
	if (!err && word != value)
		err = -LX_EAGAIN;
	list_for_each_safe(w, tmp, &conditions, link) {
		if (err || count > most)
			break;
		if (!same_key(&w->condition, &from))
			continue;
		err = same_key(&w->key, &to) ? requeue(w) : -LX_EINVAL;
		count += !err;
	}
	lk_release(&pi_guard);
	return count ? count : err;
}

void pi_owner_gone(struct task *t)
{
	struct pi_lock *l, *tmp;

	lk_acquire(&pi_guard);
	list_for_each_safe(l, tmp, &locks, link)
		if (l->owner == t->tid)
			hand_over(l, LX_FUTEX_OWNER_DIED);
	lk_release(&pi_guard);
}
