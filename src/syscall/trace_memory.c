/* SPDX-License-Identifier: MIT */
/* Arguments of calls on memory and its policies, and barriers, as strace shows them. */
#include "trace_impl.h"
#include "trace_control.h"
#include "lxrun/options.h"
#include <inttypes.h>

/* clang-format off */
#define END { 0, NULL }

static const struct flag_name policies[] = {
	{ 0, "MPOL_DEFAULT" }, { 1, "MPOL_PREFERRED" }, { 2, "MPOL_BIND" }, { 3, "MPOL_INTERLEAVE" },
	{ 4, "MPOL_LOCAL" }, { 5, "MPOL_PREFERRED_MANY" }, END
};
static const struct flag_name policy_flags[] = {
	{ 0x8000, "MPOL_F_STATIC_NODES" }, { 0x4000, "MPOL_F_RELATIVE_NODES" },
	{ 0x2000, "MPOL_F_NUMA_BALANCING" }, END
};
static const struct flag_name barriers[] = {
	{ 1, "MEMBARRIER_CMD_GLOBAL" }, { 2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED" },
	{ 4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED" },
	{ 8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED" },
	{ 0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED" },
	{ 0x20, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE" },
	{ 0x40, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE" },
	{ 0x80, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ" },
	{ 0x100, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ" }, END
};
/* clang-format on */
#define POLICY_FLAGS 0xe000u

static void policy_text(uint32_t mode, struct text *out)
{
	text_choice(out, mode & ~POLICY_FLAGS, policies, "MPOL_");
	if (mode & POLICY_FLAGS) {
		text_str(out, "|");
		text_flags(out, mode & POLICY_FLAGS, policy_flags, "");
	}
}

bool trace_mempolicy(struct trace_args *ta, int i, struct text *out)
{
	policy_text(SC_U32(ta->args, i), out);
	return true;
}

bool trace_omempolicy(struct trace_args *ta, int i, struct text *out)
{
	uint32_t mode;

	if (!trace_fetch_output(ta, i, &mode, sizeof(mode), out))
		return true;
	text_str(out, "[");
	policy_text(mode, out);
	text_str(out, "]");
	return true;
}

/* Words of a set of nodes; how many bits stands in argument bits. */
static void nodes(struct trace_args *ta, int i, uint64_t bits, struct text *out)
{
	uint64_t words[MAX_ELEMENTS], n = (bits + 63) / 64, shown, k;

	shown = n < MAX_ELEMENTS ? n : MAX_ELEMENTS;
	if (!trace_fetch(ta, i, words, shown * sizeof(words[0]), out))
		return;
	text_str(out, "[");
	for (k = 0; k < shown; k++)
		text_printf(out, "%s%#016" PRIx64, k ? ", " : "", words[k]);
	text_str(out, n > shown ? ", ...]" : "]");
}

bool trace_inodes(struct trace_args *ta, int i, struct text *out)
{
	nodes(ta, i, SC_U64(ta->args, ta->args->nr == NR_migrate_pages ? 1 : i + 1), out);
	return true;
}

bool trace_onodes(struct trace_args *ta, int i, struct text *out)
{
	if (trace_ok(ta))
		nodes(ta, i, SC_U64(ta->args, i + 1), out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}

/* mincore: [1, 0, 0], a page each. */
bool trace_ocore(struct trace_args *ta, int i, struct text *out)
{
	uint8_t pages[256];
	uint64_t n = (SC_U64(ta->args, 1) + LX_PAGE_SIZE - 1) / LX_PAGE_SIZE, shown, k;
	uint64_t limit = trace_opt()->trace_strlen < sizeof(pages) ? trace_opt()->trace_strlen
								   : sizeof(pages);

	shown = n < limit ? n : limit;
	if (!trace_fetch_output(ta, i, pages, shown, out))
		return true;
	text_str(out, "[");
	for (k = 0; k < shown; k++)
		text_printf(out, "%s%u", k ? ", " : "", pages[k] & 1u);
	text_str(out, n > shown ? ", ...]" : "]");
	return true;
}

/* One number of 32 bits, unsigned. */
bool trace_ouint(struct trace_args *ta, int i, struct text *out)
{
	uint32_t v;

	if (trace_fetch_output(ta, i, &v, sizeof(v), out))
		text_printf(out, "[%" PRIu32 "]", v);
	return true;
}

/* A pointer, or a length, that the call fills in. */
bool trace_opointer(struct trace_args *ta, int i, struct text *out)
{
	uint64_t v;

	if (!trace_fetch_output(ta, i, &v, sizeof(v), out))
		return true;
	text_str(out, "[");
	text_pointer(out, v);
	text_str(out, "]");
	return true;
}

bool trace_olength(struct trace_args *ta, int i, struct text *out)
{
	uint64_t v;

	if (trace_fetch_output(ta, i, &v, sizeof(v), out))
		text_printf(out, "[%" PRIu64 "]", v);
	return true;
}

/* What membarrier knows, if that was asked. */
void trace_membarrier_note(struct trace_args *ta, struct text *out)
{
	if (!SC_U32(ta->args, 0))
		text_flags(out, (uint64_t)ta->result, barriers, "");
}
