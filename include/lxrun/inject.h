/* SPDX-License-Identifier: MIT */
/*
 * inject.h - Linux calls that go wrong on purpose: --inject, --without, --kernel. The command line parses
 * rules into this form; src/syscall/inject.c applies them. Rules are added before the first guest
 * runs and then constant but for their counters.
 */
#ifndef LXRUN_INJECT_H
#define LXRUN_INJECT_H
#include "base/occasion.h"
#include "lxrun/syscall.h"

#define INJECT_POKE_BYTES 64
struct inject_poke {
	uint8_t arg; /* 0..5: where the pointer is */
	uint8_t size;
	bool exit;   /* when the call has returned, else before it */
	uint8_t bytes[INJECT_POKE_BYTES];
};

struct inject_rule {
	struct inject_rule *next;
	char *words;       /* the rule cut into pieces: path and program are in it */
	const char *given;            /* the rule as it was given */
	const char *text;             /* the same with the seed that was taken, for reports */
	uint8_t calls[SC_TABLE_SIZE]; /* by number: 1 if the rule is about it */
	/* what it does; any of: */
	bool    answers;              /* the call is not made and returns ... */
	int64_t answer;
	int64_t short_size;           /* its size argument is at most this; -1: untouched */
	int     drop_arg;             /* these bits of this argument are taken out; -1: none */
	uint64_t drop_mask;
	int     signal;               /* the thread gets it; 0: none */
	uint64_t delay_enter_ns, delay_exit_ns;
	struct inject_poke pokes[4];
	int     npokes;
	/* when; all that is given must hold: */
	struct occasion occasion;     /* of the calls that the rest matches */
	_Atomic uint64_t in_vain;     /* hits that changed nothing: the host executed the call as it was */
	const char *path;             /* glob: a path argument, or what a descriptor is open on */
	int     fd;                   /* a descriptor argument; -1: any */
	const char *program;          /* the thread's name */
	int     arg;                  /* argument arg & arg_mask is arg_value; -1: any */
	uint64_t arg_mask, arg_value;
};

/* Borrows the rule for good. */
void inject_add(struct inject_rule *rule);
bool inject_any(void);
/* Calls visit for each rule, in the order they were added. */
void inject_for_each(void (*visit)(const struct inject_rule *rule, void *context), void *context);
#endif
