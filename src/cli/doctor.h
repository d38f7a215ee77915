/* SPDX-License-Identifier: MIT */
/* doctor.h - private to --doctor: probes of seccomp that need a child of their own. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
#include <stdbool.h>

struct seccomp_probe {
	int listener_errno; /* of making a listener; 0: made */
	bool wait_killable, addfd_send, sync_wake_up;
};
void seccomp_probe(struct seccomp_probe *p);

/* A call that never becomes a notification, because a filter outside answers it first. */
#define PREEMPT_MAX 52
struct preempted {
	const char *name;
	int err; /* what the filter answers; 0: it kills */
};
/* Returns how many there are, or -1 when that cannot be found out. */
int preempt_probe(struct preempted list[PREEMPT_MAX]);
#endif
