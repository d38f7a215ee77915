/* SPDX-License-Identifier: MIT */
/* inject.h - private to the observed dispatch: a call that may go wrong on purpose. */
#ifndef SYSCALL_INJECT_H
#define SYSCALL_INJECT_H
#include "observe.h"
#include "trace_impl.h"
#include "lxrun/inject.h"

/* The rule that acts on this call, counted; NULL: none. */
struct inject_rule *inject_find(struct trace_args *ta);
/* The call as r wants it. *changed: its arguments, for as long as the call lasts. */
int64_t inject_call(struct inject_rule *r, struct trace_args *ta, struct sc_args *changed);
/* The call has its result, which the guest does not see yet. */
void inject_returned(const struct inject_rule *r, const struct trace_args *ta);
#endif
