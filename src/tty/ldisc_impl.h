/* SPDX-License-Identifier: MIT */
/* ldisc_impl.h - what the two halves of the line discipline share. */
#ifndef TTY_LDISC_IMPL_H
#define TTY_LDISC_IMPL_H
#include "ldisc.h"

static inline bool ld_iflag(const struct ldisc *ld, uint32_t f)
{
	return ld->tio.c_iflag & f;
}
static inline bool ld_oflag(const struct ldisc *ld, uint32_t f)
{
	return ld->tio.c_oflag & f;
}
static inline bool ld_lflag(const struct ldisc *ld, uint32_t f)
{
	return ld->tio.c_lflag & f;
}
static inline bool ld_is_control(uint8_t c)
{
	return c < 0x20 || c == 0x7f;
}
/* A byte inside a UTF-8 character takes no column and is erased with the first one. */
static inline bool ld_is_continuation(const struct ldisc *ld, uint8_t c)
{
	return ld_iflag(ld, LX_IUTF8) && (c & 0xc0) == 0x80;
}

/* ---- ldisc_out.c: echo; what has no room is lost, as on Linux ---- */
void echo_char(struct ldisc *ld, uint8_t c);     /* control characters as ^X with ECHOCTL */
void echo_raw(struct ldisc *ld, uint8_t c);      /* through output processing only */
void echo_text(struct ldisc *ld, const char *s); /* each as echo_raw() */
/* Takes back a tab that began n columns behind the one before it, or (from_start) behind the line's begin. */
void echo_erase_tab(struct ldisc *ld, uint32_t n, bool from_start);
/* Takes back the echo of the input that ldisc_input() is taking. */
void ld_drop_echo(struct ldisc *ld);
/* STOP and START characters. */
void ld_stop(struct ldisc *ld);
void ld_start(struct ldisc *ld);
#endif
