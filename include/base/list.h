/* SPDX-License-Identifier: MIT */
/* list.h - intrusive doubly linked lists. No locking: the owner of the head says what guards it. */
#ifndef BASE_LIST_H
#define BASE_LIST_H
#include <stddef.h>
#include <stdbool.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(head) { &(head), &(head) }
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* Adds l behind the last entry of head. */
static inline void list_add_tail(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

/* Adds l before the first entry of head. */
static inline void list_add(struct list *head, struct list *l)
{
	list_add_tail(head->next, l);
}

/* Takes l out of its list and leaves it empty: list_del() twice is harmless. */
static inline void list_del(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

#define list_first(head, type, member) container_of((head)->next, type, member)
#define list_for_each(pos, head, member)                                                           \
	for (pos = container_of((head)->next, __typeof__(*pos), member); &pos->member != (head);   \
	     pos = container_of(pos->member.next, __typeof__(*pos), member))
/* As list_for_each, but pos may be taken out or freed in the body. */
#define list_for_each_safe(pos, tmp, head, member)                                                 \
	for (pos = container_of((head)->next, __typeof__(*pos), member),                           \
	    tmp = container_of(pos->member.next, __typeof__(*pos), member);                        \
	     &pos->member != (head);                                                               \
	     pos = tmp, tmp = container_of(tmp->member.next, __typeof__(*tmp), member))
#endif
