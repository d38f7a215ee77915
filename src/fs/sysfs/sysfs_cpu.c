/* SPDX-License-Identifier: MIT */
/*
 * sysfs_cpu.c - /sys/devices/system/cpu and node: processors, what they share, and NUMA nodes, as NT knows
 * them (SystemLogicalProcessorInformation). Asked for once: nothing here is plugged while programs run.
 */
#include "sysfs.h"
#include "base/alloc.h"
#include "nt/ex.h"
#include <inttypes.h>
#include <string.h>

typedef SYSTEM_LOGICAL_PROCESSOR_INFORMATION relation;

static struct lk topology_lock = LK_INIT(INODE);
static relation *topology; /* constant once set */
static uint32_t nr_relations;

/* The list, and its length in *n; NULL without memory. */
static const relation *relations(uint32_t *n)
{
	relation *fresh = NULL, *seen = __atomic_load_n(&topology, __ATOMIC_ACQUIRE);
	ULONG length = 0;

	if (!seen) {
		NtQuerySystemInformation(SystemLogicalProcessorInformation, NULL, 0, &length);
		fresh = mem_alloc(length ? length : 1);
		if (!fresh || !NT_SUCCESS(NtQuerySystemInformation(
				      SystemLogicalProcessorInformation, fresh, length, &length))) {
			mem_free(fresh);
			*n = 0;
			return NULL;
		}
		lk_acquire(&topology_lock);
		if (!topology) {
			nr_relations = length / sizeof(*fresh);
			__atomic_store_n(&topology, fresh, __ATOMIC_RELEASE);
			fresh = NULL;
		}
		lk_release(&topology_lock);
		mem_free(fresh);
	}
	*n = nr_relations;
	return topology;
}

/* The relation of that kind that cpu is in; *ordinal: which of them it is. */
static const relation *find(LOGICAL_PROCESSOR_RELATIONSHIP kind, int64_t cpu, int *ordinal)
{
	uint32_t n;
	const relation *r = relations(&n);

	*ordinal = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (r[i].Relationship != kind)
			continue;
		if (r[i].ProcessorMask >> (cpu & 63) & 1)
			return &r[i];
		++*ordinal;
	}
	return NULL;
}

/* ---- sets of processors ---- */

static uint64_t all_cpus(void)
{
	ULONG n = ExQueryProcessorCount();

	return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/* "0-3,8" */
static void put_list(struct text *tx, uint64_t mask)
{
	const char *comma = "";

	for (int i = 0; i < 64; i++) {
		int first = i;

		if (!(mask >> i & 1))
			continue;
		while (i < 63 && mask >> (i + 1) & 1)
			i++;
		if (i > first)
			text_printf(tx, "%s%d-%d", comma, first, i);
		else
			text_printf(tx, "%s%d", comma, i);
		comma = ",";
	}
	text_str(tx, "\n");
}

/* Groups of 32 bits, as wide as there are processors. */
static void put_map(struct text *tx, uint64_t mask)
{
	ULONG n = ExQueryProcessorCount();

	if (n > 32)
		text_printf(tx, "%0*" PRIx64 ",%08" PRIx64 "\n", n >= 64 ? 8 : (int)(n - 29) / 4,
			    mask >> 32, mask & 0xffffffff);
	else
		text_printf(tx, "%0*" PRIx64 "\n", (int)(n + 3) / 4, mask);
}

/* ---- one processor ---- */

enum { AS_MAP = 0x10, AS_LIST = 0x20, AS_ORDINAL = 0x30, AS_KIND = 0xf };

static int show_relation(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	int64_t cpu = n->id[SYS_CPU];
	int ordinal;
	const relation *r = find(n->row->arg & AS_KIND, cpu, &ordinal);
	uint64_t mask = r ? r->ProcessorMask : 1ull << (cpu & 63);

	switch (n->row->arg & ~AS_KIND) {
	case AS_MAP:
		put_map(tx, mask);
		break;
	case AS_LIST:
		put_list(tx, mask);
		break;
	default:
		text_printf(tx, "%d\n", ordinal);
	}
	return 0;
}

/* Counted in its package: the number of cores before it there. */
static int show_core_id(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	int64_t cpu = n->id[SYS_CPU];
	int ordinal, core = 0;
	const relation *package = find(RelationProcessorPackage, cpu, &ordinal);
	const relation *mine = find(RelationProcessorCore, cpu, &ordinal), *r;
	uint32_t count;

	r = relations(&count);
	for (uint32_t i = 0; r && i < count && &r[i] != mine; i++)
		core += r[i].Relationship == RelationProcessorCore && package &&
			(r[i].ProcessorMask & package->ProcessorMask);
	text_printf(tx, "%d\n", core);
	return 0;
}

static const struct pseudo_row topology_rows[] = {
	SYS_ITEM("core_cpus", show_relation, RelationProcessorCore | AS_MAP),
	SYS_ITEM("core_cpus_list", show_relation, RelationProcessorCore | AS_LIST),
	SYS_TEXT("core_id", show_core_id),
	SYS_ITEM("core_siblings", show_relation, RelationProcessorPackage | AS_MAP),
	SYS_ITEM("core_siblings_list", show_relation, RelationProcessorPackage | AS_LIST),
	SYS_ITEM("package_cpus", show_relation, RelationProcessorPackage | AS_MAP),
	SYS_ITEM("package_cpus_list", show_relation, RelationProcessorPackage | AS_LIST),
	SYS_ITEM("physical_package_id", show_relation, RelationProcessorPackage | AS_ORDINAL),
	SYS_ITEM("thread_siblings", show_relation, RelationProcessorCore | AS_MAP),
	SYS_ITEM("thread_siblings_list", show_relation, RelationProcessorCore | AS_LIST),
	{ NULL },
};

/* ---- caches: index0 the first level's for data, then instructions, then the levels above ---- */

static int rank(const relation *r)
{
	return r->Cache.Level * 2 + (r->Cache.Type == CacheInstruction);
}

/* Cache number index of cpu; NULL: it has fewer. */
static const relation *cache_of(int64_t cpu, int64_t index)
{
	uint32_t n;
	const relation *r = relations(&n), *found = NULL;
	int above = -1;

	for (int64_t i = 0; i <= index; i++) {
		found = NULL;
		for (uint32_t k = 0; k < n; k++)
			if (r[k].Relationship == RelationCache &&
			    r[k].ProcessorMask >> (cpu & 63) & 1 && rank(&r[k]) > above &&
			    (!found || rank(&r[k]) < rank(found)))
				found = &r[k];
		if (!found)
			return NULL;
		above = rank(found);
	}
	return found;
}

enum {
	CACHE_LINE,
	CACHE_LEVEL,
	CACHE_SETS,
	CACHE_MAP,
	CACHE_LIST,
	CACHE_SIZE,
	CACHE_TYPE,
	CACHE_WAYS
};

static int show_cache(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	static const char *const types[] = { "Unified", "Instruction", "Data", "Trace" };
	const relation *r = cache_of(n->id[SYS_CPU], n->id[SYS_CACHE]);
	const CACHE_DESCRIPTOR *c = r ? &r->Cache : NULL;
	uint32_t ways;

	if (!c)
		return -LX_ENODEV;
	ways = c->Associativity == CACHE_FULLY_ASSOCIATIVE ? 0 : c->Associativity;
	switch (n->row->arg) {
	case CACHE_MAP:
		put_map(tx, r->ProcessorMask);
		return 0;
	case CACHE_LIST:
		put_list(tx, r->ProcessorMask);
		return 0;
	case CACHE_TYPE:
		text_printf(tx, "%s\n", types[c->Type & 3]);
		return 0;
	case CACHE_SIZE:
		text_printf(tx, "%uK\n", c->Size / 1024);
		return 0;
	case CACHE_SETS:
		text_printf(tx, "%u\n", ways && c->LineSize ? c->Size / c->LineSize / ways : 1);
		return 0;
	}
	text_printf(tx, "%u\n",
		    n->row->arg == CACHE_LINE    ? c->LineSize
		    : n->row->arg == CACHE_LEVEL ? c->Level
						 : ways);
	return 0;
}

static const struct pseudo_row index_rows[] = {
	SYS_ITEM("coherency_line_size", show_cache, CACHE_LINE),
	SYS_ITEM("level", show_cache, CACHE_LEVEL),
	SYS_ITEM("number_of_sets", show_cache, CACHE_SETS),
	SYS_ITEM("shared_cpu_list", show_cache, CACHE_LIST),
	SYS_ITEM("shared_cpu_map", show_cache, CACHE_MAP),
	SYS_ITEM("size", show_cache, CACHE_SIZE),
	SYS_ITEM("type", show_cache, CACHE_TYPE),
	SYS_ITEM("ways_of_associativity", show_cache, CACHE_WAYS),
	{ NULL },
};

static const struct pseudo_row index_row = { .name = "",
					     .mode = LX_S_IFDIR | 0755,
					     .rows = index_rows };

static int list_caches(const struct pseudo_node *dir, struct number_list *l)
{
	for (int64_t i = 0; cache_of(dir->id[SYS_CPU], i); i++)
		numbers_add(l, i);
	return 0;
}

static bool cache_exists(const struct pseudo_node *dir, int64_t n)
{
	return n < 16 && cache_of(dir->id[SYS_CPU], n);
}

static const struct pseudo_numbers caches = { .slot = SYS_CACHE,
					      .row = &index_row,
					      .list = list_caches,
					      .exists = cache_exists,
					      .prefix = "index" };

static const struct pseudo_row one_cpu_rows[] = {
	{ "cache", LX_S_IFDIR | 0755, .numbers = &caches },
	SYS_DIR("topology", topology_rows),
	{ NULL },
};

static const struct pseudo_row cpu_row = { .name = "",
					   .mode = LX_S_IFDIR | 0755,
					   .rows = one_cpu_rows };

static int list_cpus(const struct pseudo_node *dir, struct number_list *l)
{
	for (ULONG i = 0; i < ExQueryProcessorCount(); i++)
		numbers_add(l, i);
	return 0;
}

static bool cpu_exists(const struct pseudo_node *dir, int64_t n)
{
	return n < (int64_t)ExQueryProcessorCount();
}

const struct pseudo_numbers sys_cpus = {
	.slot = SYS_CPU, .row = &cpu_row, .list = list_cpus, .exists = cpu_exists, .prefix = "cpu"
};

/* ---- all of them ---- */

static int show_cpus(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	ULONG cpus = ExQueryProcessorCount();

	if (cpus > 1)
		text_printf(tx, "0-%u\n", cpus - 1);
	else
		text_str(tx, "0\n");
	return 0;
}

static int show_none(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_str(tx, "\n");
	return 0;
}

static int show_kernel_max(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "%u\n", ExQueryProcessorSetSize() * 8 - 1);
	return 0;
}

const struct pseudo_row sys_cpu_rows[] = {
	SYS_TEXT("isolated", show_none),
	SYS_TEXT("kernel_max", show_kernel_max),
	SYS_TEXT("offline", show_none),
	SYS_TEXT("online", show_cpus),
	SYS_TEXT("possible", show_cpus),
	SYS_TEXT("present", show_cpus),
	{ NULL },
};

/* ---- NUMA nodes ---- */

static const relation *node_of(int64_t number)
{
	uint32_t n;
	const relation *r = relations(&n);

	for (uint32_t i = 0; i < n; i++)
		if (r[i].Relationship == RelationNumaNode && r[i].NumaNode.NodeNumber == number)
			return &r[i];
	return NULL;
}

static uint64_t all_nodes(void)
{
	uint64_t mask = 0;
	uint32_t n;
	const relation *r = relations(&n);

	for (uint32_t i = 0; i < n; i++)
		if (r[i].Relationship == RelationNumaNode)
			mask |= 1ull << (r[i].NumaNode.NodeNumber & 63);
	return mask;
}

static int show_nodes(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	put_list(tx, all_nodes());
	return 0;
}

static int show_node_cpus(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	const relation *r = node_of(n->id[SYS_NODE]);
	uint64_t mask = r ? r->ProcessorMask & all_cpus() : 0;

	if (n->row->arg == AS_MAP)
		put_map(tx, mask);
	else
		put_list(tx, mask);
	return 0;
}

/* NT does not say how far: near is 10, far is 20, as where firmware does not say either. */
static int show_distance(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	const char *space = "";

	for (int64_t i = 0; i < 64; i++)
		if (node_of(i)) {
			text_printf(tx, "%s%d", space, i == n->id[SYS_NODE] ? 10 : 20);
			space = " ";
		}
	text_str(tx, "\n");
	return 0;
}

static const struct pseudo_row one_node_rows[] = {
	SYS_ITEM("cpulist", show_node_cpus, AS_LIST),
	SYS_ITEM("cpumap", show_node_cpus, AS_MAP),
	SYS_TEXT("distance", show_distance),
	{ NULL },
};

static const struct pseudo_row node_row = { .name = "",
					    .mode = LX_S_IFDIR | 0755,
					    .rows = one_node_rows };

static int list_nodes(const struct pseudo_node *dir, struct number_list *l)
{
	for (int64_t i = 0; i < 64; i++)
		if (node_of(i))
			numbers_add(l, i);
	return 0;
}

static bool node_exists(const struct pseudo_node *dir, int64_t n)
{
	return node_of(n) != NULL;
}

const struct pseudo_numbers sys_nodes = { .slot = SYS_NODE,
					  .row = &node_row,
					  .list = list_nodes,
					  .exists = node_exists,
					  .prefix = "node" };

const struct pseudo_row sys_node_rows[] = {
	SYS_TEXT("has_cpu", show_nodes),
	SYS_TEXT("online", show_nodes),
	SYS_TEXT("possible", show_nodes),
	{ NULL },
};
