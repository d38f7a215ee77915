/* SPDX-License-Identifier: MIT */
/* machine.c - facts about the machine for sysinfo(2) and the scheduler calls, from the NT side. */
#include "task_impl.h"
#include "nt/ex.h"
#include <stdlib.h>
#include <string.h>

uint32_t machine_cpus(void)
{
	ULONG n = ExQueryProcessorCount();

	return n ? n : 1;
}

uint32_t machine_cpu_set_size(void)
{
	return ExQueryProcessorSetSize();
}

static bool host_text(const char *name, char *buf, size_t size)
{
	SIZE_T len = 0;
	NTSTATUS status = ExQueryHostText(name, buf, size - 1, &len);

	if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW)
		return false;
	buf[len < size ? len : size - 1] = '\0';
	return true;
}

/* "Name:   123 kB" in bytes. */
static uint64_t meminfo_field(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) << 10 : 0;
}

static void fill_memory(struct lx_sysinfo *out)
{
	char text[4096];

	if (!host_text("meminfo", text, sizeof(text)))
		return;
	out->totalram = meminfo_field(text, "MemTotal:");
	out->freeram = meminfo_field(text, "MemFree:");
	out->sharedram = meminfo_field(text, "Shmem:");
	out->bufferram = meminfo_field(text, "Buffers:");
	out->totalswap = meminfo_field(text, "SwapTotal:");
	out->freeswap = meminfo_field(text, "SwapFree:");
}

/* "0.52" as sysinfo(2)'s fixed point with 16 bits behind the point. */
static uint64_t load_fixed(const char **p)
{
	char *end;
	uint64_t whole = strtoull(*p, &end, 10), hundredths = 0;

	if (*end == '.')
		hundredths = strtoull(end + 1, &end, 10);
	*p = end;
	return (whole << 16) + (hundredths << 16) / 100;
}

static void fill_load(struct lx_sysinfo *out)
{
	char text[128];
	const char *p = text;

	if (!host_text("loadavg", text, sizeof(text)))
		return;
	for (int i = 0; i < 3; i++)
		out->loads[i] = load_fixed(&p);
}

static int count_tasks(struct tgroup *tg, void *arg)
{
	*(uint32_t *)arg += tg->nr_tasks;
	return 0;
}

void machine_info(struct lx_sysinfo *out)
{
	char uptime[64];
	uint32_t procs = 0;

	memset(out, 0, sizeof(*out));
	if (host_text("uptime", uptime, sizeof(uptime)))
		out->uptime = strtoull(uptime, NULL, 10);
	fill_memory(out);
	fill_load(out);
	tgroup_for_each(count_tasks, &procs);
	out->procs = procs > UINT16_MAX ? UINT16_MAX : procs;
	out->mem_unit = 1;
}
