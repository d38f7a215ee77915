/* SPDX-License-Identifier: MIT */
/*
 * What is missing: one record per (call, what, value, program), counted from then on. It is said
 * aloud once, and only where it cannot mix with the guest's own output in a file.
 */
#include "observe.h"
#include "base/lock.h"
#include "base/trace.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct lk missing_lock = LK_INIT(TRACE);
static struct missing missing[MISSING_MAX];
static uint32_t missing_count;
static uint64_t missing_lost;

/* The record for *key, new when *fresh; NULL when the table is full. Lock held. */
static struct missing *missing_find(const struct missing *key, bool *fresh)
{
	uint32_t i;

	for (i = 0; i < missing_count; i++)
		if (missing[i].value == key->value && !strcmp(missing[i].call, key->call) &&
		    !strcmp(missing[i].what, key->what) &&
		    !strcmp(missing[i].program, key->program))
			return &missing[i];
	if (missing_count == MISSING_MAX) {
		missing_lost++;
		return NULL;
	}
	*fresh = true;
	missing[missing_count] = *key;
	return &missing[missing_count++];
}

static void missing_report(const struct missing *m, int err)
{
	const char *name = lx_errno_name(-err);

	if (m->what[0])
		lxrun_warn("%s (pid %d): %s: %s 0x%" PRIx64 " is not supported, answered %s",
			   m->program, m->tid, m->call, m->what, m->value,
			   name ? name : "an error");
	else
		lxrun_warn("%s (pid %d): %s is not supported, answered %s", m->program, m->tid,
			   m->call, name ? name : "an error");
}

int64_t unsupported(struct task *t, const char *call, const char *what, uint64_t value, int err)
{
	struct missing key = { .value = value, .tid = t ? t->tid : 0 };
	struct missing *m;
	bool fresh = false;

	snprintf(key.call, sizeof(key.call), "%s", call);
	snprintf(key.what, sizeof(key.what), "%s", what ? what : "");
	snprintf(key.program, sizeof(key.program), "%.15s", t ? t->comm : "lxrun");
	lk_acquire(&missing_lock);
	m = missing_find(&key, &fresh);
	if (m)
		m->count++;
	lk_release(&missing_lock);
	if (fresh && (lxrun_opt.report_missing || lxrun_opt.strict))
		missing_report(&key, err);
	if (lxrun_opt.strict)
		instance_abort();
	return err;
}

uint32_t missing_snapshot(struct missing *out, uint32_t max, uint64_t *lost)
{
	uint32_t n;

	lk_acquire(&missing_lock);
	n = missing_count < max ? missing_count : max;
	memcpy(out, missing, n * sizeof(*out));
	*lost = missing_lost;
	lk_release(&missing_lock);
	return n;
}
