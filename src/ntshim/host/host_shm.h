/* SPDX-License-Identifier: MIT */
/*
 * host_shm.h - memory that other processes can map without a descriptor: System V segments. A segment is marked
 * for removal at its birth and held by a mapping of our own, so it goes with us at the latest.
 * Results: host_sys.h.
 */
#ifndef HOST_SHM_H
#define HOST_SHM_H
#include <stdbool.h>
#include <stdint.h>

struct host_shm {
	int id;
	void *hold; /* our own mapping; NULL: released */
};
struct host_shm_state {
	uint64_t views; /* without our own */
	int64_t map_time, unmap_time;
	int last_user; /* host process; 0: none but us */
};

/* lazy: no memory is set aside for it. */
int host_shm_create(uint64_t size, bool lazy, struct host_shm *out);
/* 1: it is gone. */
int host_shm_query(const struct host_shm *s, struct host_shm_state *out);
/* Bytes in memory and in swap; 0 when it is gone. Reads a whole file of the host's. */
void host_shm_residence(const struct host_shm *s, uint64_t *resident, uint64_t *swapped);
/* Lets go of our mapping: it stays as long as others have one. */
void host_shm_release(struct host_shm *s);
int host_shm_lock(const struct host_shm *s, bool lock);
#endif
