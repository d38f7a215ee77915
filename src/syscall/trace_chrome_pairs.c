/* SPDX-License-Identifier: MIT */
/*
 * What has two ends in a trace of the chrome format. A call is written when it has ended, so the end of a
 * request may be known before its beginning, and a child's first call before its parent's: each half waits
 * here for the other, and both are written together, so that no half is ever alone.
 *
 * A request that pends is an asynchronous slice (b, e) of the thread that made it. If that thread still was
 * in the call when the request was completed, a flow says who woke it.
 */
#include "trace_chrome.h"
#include <inttypes.h>
#include <string.h>

#define PAIRS_MAX 4096 /* when there are more the oldest is given up */

struct half {
	bool known;
	struct chrome_point at;
};

struct pair {
	uint64_t key; /* id of a request, tid of a child; 0: free */
	struct half begin, end;
	uint64_t call_end;
	char name[32], result[64];
};

struct pairs {
	struct pair of[PAIRS_MAX];
	uint32_t used; /* slots that were ever taken */
	uint32_t next; /* to be given up */
};

static struct pairs requests, births;
static uint64_t flows;

void chrome_pairs_start(void)
{
	requests.used = births.used = 0;
	flows = 0;
}

static struct pair *take_slot(struct pairs *p)
{
	uint32_t i;

	for (i = 0; i < p->used; i++)
		if (!p->of[i].key)
			return &p->of[i];
	if (p->used < PAIRS_MAX)
		return &p->of[p->used++];
	return &p->of[p->next++ % PAIRS_MAX];
}

static struct pair *find(struct pairs *p, uint64_t key)
{
	struct pair *found;
	uint32_t i;

	for (i = 0; i < p->used; i++)
		if (p->of[i].key == key)
			return &p->of[i];
	found = take_slot(p);
	*found = (struct pair){ .key = key };
	return found;
}

static void put_flow(struct text *out, const char *name, struct chrome_point from,
		     struct chrome_point to)
{
	flows++;
	chrome_open(out, "s", name, name, strlen(name), from);
	text_printf(out, ",\"id\":%" PRIu64 "}", flows);
	chrome_open(out, "f", name, name, strlen(name), to);
	text_printf(out, ",\"bp\":\"e\",\"id\":%" PRIu64 "}", flows);
}

/* ---- births ---- */

static void settle_birth(struct text *out, struct pair *p)
{
	if (!p->begin.known || !p->end.known)
		return;
	put_flow(out, "fork", p->begin.at, p->end.at);
	p->key = 0;
}

void chrome_birth(struct text *out, int32_t child, struct chrome_point parent)
{
	struct pair *p = find(&births, (uint64_t)child);

	p->begin = (struct half){ true, parent };
	settle_birth(out, p);
}

void chrome_born(struct text *out, struct chrome_point child)
{
	struct pair *p = find(&births, (uint64_t)child.tid);

	p->end = (struct half){ true, child };
	settle_birth(out, p);
}

void chrome_gone(int32_t child)
{
	find(&births, (uint64_t)child)->key = 0;
}

/* ---- requests ---- */

/* Both ends of an asynchronous slice are of the thread that made the request. */
static void put_request(struct text *out, const struct pair *p, uint64_t until, const char *result)
{
	struct chrome_point end = { until, p->begin.at.pid, p->begin.at.tid };

	chrome_open(out, "b", "io", p->name, strlen(p->name), p->begin.at);
	text_printf(out, ",\"id\":%" PRIu64 ",\"args\":{\"request\":%" PRIu64 "}}", p->key, p->key);
	chrome_open(out, "e", "io", p->name, strlen(p->name), end);
	text_printf(out, ",\"id\":%" PRIu64 ",\"args\":{\"result\":", p->key);
	trace_json_string(out, result, strlen(result));
	text_str(out, "}}");
}

static void settle_request(struct text *out, struct pair *p)
{
	struct chrome_point woken = { p->end.at.when, p->begin.at.pid, p->begin.at.tid };

	if (!p->begin.known || !p->end.known)
		return;
	put_request(out, p, p->end.at.when, p->result);
	if (woken.when < p->call_end && woken.tid != p->end.at.tid)
		put_flow(out, "completion", p->end.at, woken);
	p->key = 0;
}

/* "IoMarkIrpPending(7, ReadFile)": the second argument. */
static void copy_name(char *to, size_t size, const char *line)
{
	const char *from = strchr(line, ' ');
	size_t len = from ? strcspn(++from, ",)") : 0;

	if (len >= size)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = 0;
}

void chrome_pends(struct text *out, uint64_t id, const char *line, struct chrome_point at,
		  uint64_t call_end)
{
	struct pair *p = find(&requests, id);

	p->begin = (struct half){ true, at };
	p->call_end = call_end;
	copy_name(p->name, sizeof(p->name), line);
	settle_request(out, p);
}

void chrome_completed(struct text *out, uint64_t id, const char *line, struct chrome_point at)
{
	struct pair *p = find(&requests, id);
	size_t len;
	const char *status = trace_below_status(line, &len);

	p->end = (struct half){ true, at };
	if (len >= sizeof(p->result))
		len = sizeof(p->result) - 1;
	memcpy(p->result, status ? status : "", len);
	p->result[len] = 0;
	settle_request(out, p);
}

void chrome_pairs_end(struct text *out, uint64_t when)
{
	uint32_t i;

	for (i = 0; i < requests.used; i++)
		if (requests.of[i].key && requests.of[i].begin.known)
			put_request(out, &requests.of[i], when, "not seen");
}
