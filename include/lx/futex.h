/* SPDX-License-Identifier: MIT */
/* futex.h - operations of futex(2) that compare thread numbers, and the bits of their words. */
#ifndef LX_FUTEX_H
#define LX_FUTEX_H

#define LX_FUTEX_LOCK_PI         6u
#define LX_FUTEX_UNLOCK_PI       7u
#define LX_FUTEX_TRYLOCK_PI      8u
#define LX_FUTEX_WAIT_REQUEUE_PI 11u
#define LX_FUTEX_CMP_REQUEUE_PI  12u
#define LX_FUTEX_LOCK_PI2        13u
#define LX_FUTEX_CMD_MASK        0x7fu
#define LX_FUTEX_PRIVATE_FLAG    0x80u
#define LX_FUTEX_CLOCK_REALTIME  0x100u

#define LX_FUTEX_WAITERS    0x80000000u
#define LX_FUTEX_OWNER_DIED 0x40000000u
#define LX_FUTEX_TID_MASK   0x3fffffffu
#endif
