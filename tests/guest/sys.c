/* SPDX-License-Identifier: MIT */
/* /sys: processors and what they share, NUMA nodes, the loopback interface; told as the host tells it. */
#include "guest.h"
#include <dirent.h>
#include <sched.h>

#define CPU "/sys/devices/system/cpu/"

/* Prints what a file says, as a case: it must be the same natively and under lxrun. */
static void tell(const char *name)
{
	const char *text = read_file(name);
	char line[200];

	snprintf(line, sizeof(line), "%.190s", text ? text : "missing\n");
	line[strcspn(line, "\n")] = 0;
	printf("case %s = %s\n", name, line);
}

TEST(processors)
{
	tell(CPU "online");
	tell(CPU "offline");
	tell(CPU "present");
	EQ(access(CPU "cpu0", F_OK), 0);
	ERR(access(CPU "cpu4095", F_OK), ENOENT);
	ERR(access(CPU "cpu00", F_OK), ENOENT);
	ERR(access(CPU "0", F_OK), ENOENT);
	ERR(open(CPU "online", O_WRONLY), EACCES);
}

TEST(what_processors_share)
{
	static const char *const files[] = {
		"thread_siblings",    "thread_siblings_list", "core_siblings",
		"core_siblings_list", "core_cpus_list",       "package_cpus_list",
	};
	char name[200];

	for (int cpu = 0; cpu < 2; cpu++)
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			snprintf(name, sizeof(name), CPU "cpu%d/topology/%s", cpu, files[i]);
			tell(name);
		}
}

TEST(caches)
{
	static const char *const files[] = { "level",
					     "type",
					     "size",
					     "coherency_line_size",
					     "ways_of_associativity",
					     "number_of_sets",
					     "shared_cpu_list",
					     "shared_cpu_map" };
	char name[200];

	for (int index = 0; index < 5; index++)
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			snprintf(name, sizeof(name), CPU "cpu0/cache/index%d/%s", index, files[i]);
			tell(name);
		}
}

TEST(nodes)
{
	tell("/sys/devices/system/node/online");
	tell("/sys/devices/system/node/node0/cpulist");
	tell("/sys/devices/system/node/node0/cpumap");
	tell("/sys/devices/system/node/node0/distance");
}

TEST(loopback)
{
	static const char *const files[] = { "address", "addr_len",  "flags", "ifindex",
					     "mtu",     "operstate", "type",  "uevent" };
	char name[200];

	SKIP_UNLESS(access("/sys/class/net/lo", F_OK) == 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "/sys/class/net/lo/%s", files[i]);
		tell(name);
	}
	EQ(readlink("/sys/class/net/lo", name, sizeof(name)), 28);
}

TEST(huge_pages)
{
	tell("/sys/kernel/mm/transparent_hugepage/enabled");
	tell("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
}

TEST(directories_that_programs_look_into)
{
	static const char *const dirs[] = { "/sys/block",           "/sys/bus",
					    "/sys/class",           "/sys/dev/block",
					    "/sys/devices/virtual", "/sys/fs/cgroup",
					    "/sys/kernel",          "/sys/module" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		DIR *d = opendir(dirs[i]);

		TRUE(d != NULL);
		if (d)
			closedir(d);
	}
	ERR(mkdir("/sys/block/new", 0755), geteuid() ? EACCES : EPERM);
}
