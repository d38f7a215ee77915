/* SPDX-License-Identifier: MIT */
/* host_shm.c - System V segments of the host. */
#include "host_shm.h"
#include "host_door.h"
#include <errno.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

int host_shm_create(uint64_t size, bool lazy, struct host_shm *out)
{
	void *hold;
	int err;

	out->hold = NULL;
	out->id = HOST_DOOR(
		-1, shmget(IPC_PRIVATE, size, IPC_CREAT | 0700 | (lazy ? SHM_NORESERVE : 0)));
	if (out->id < 0)
		return -errno;
	hold = HOST_DOOR((void *)-1, shmat(out->id, NULL, SHM_RDONLY));
	err = hold == (void *)-1 ? -errno : 0;
	if (shmctl(out->id, IPC_RMID, NULL) && !err)
		err = -errno;
	if (!err)
		out->hold = hold;
	else if (hold != (void *)-1)
		shmdt(hold);
	return err;
}

int host_shm_query(const struct host_shm *s, struct host_shm_state *out)
{
	struct shmid_ds ds;

	if (HOST_DOOR(-1, shmctl(s->id, IPC_STAT, &ds)))
		return errno == EINVAL || errno == EIDRM ? 1 : -errno;
	*out = (struct host_shm_state){ .views = ds.shm_nattch - (s->hold != NULL) };
	if (ds.shm_lpid != getpid()) {
		out->map_time = ds.shm_atime;
		out->unmap_time = ds.shm_dtime;
		out->last_user = ds.shm_lpid;
	}
	return 0;
}

/* shmctl does not tell. */
void host_shm_residence(const struct host_shm *s, uint64_t *resident, uint64_t *swapped)
{
	FILE *f = fopen("/proc/sysvipc/shm", "re");
	char line[256];
	unsigned long long in, out;
	int id;

	*resident = *swapped = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu",
			   &id, &in, &out) == 3 &&
		    id == s->id) {
			*resident = in;
			*swapped = out;
		}
	if (f)
		fclose(f);
}

void host_shm_release(struct host_shm *s)
{
	if (s->hold)
		shmdt(s->hold);
	s->hold = NULL;
}

int host_shm_lock(const struct host_shm *s, bool lock)
{
	return HOST_DOOR(-1, shmctl(s->id, lock ? SHM_LOCK : SHM_UNLOCK, NULL)) ? -errno : 0;
}
