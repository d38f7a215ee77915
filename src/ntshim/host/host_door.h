/* SPDX-License-Identifier: MIT */
/* host_door.h - the door that every host call passes, so that tests can fail each in turn (base/fault.h). */
#ifndef HOST_DOOR_H
#define HOST_DOOR_H
#include "base/fault.h"
#include <errno.h>

/* The value of call; or, without making it, failed and errno EIO if this one is to fail. */
#define HOST_DOOR(failed, call) (fault_due(FAULT_HOST) ? (errno = EIO, (failed)) : (call))
#endif
