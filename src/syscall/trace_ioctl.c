/* SPDX-License-Identifier: MIT */
/* The third argument of ioctl, as the request in the second wants it. */
#include "trace_impl.h"
#include "lx/ioctl.h"
#include <inttypes.h>

enum ioctl_form {
	POINTER,
	NONE,       /* has no argument */
	NUMBER,     /* is a number itself */
	CHAR_IN,    /* points to a character */
	NUMBER_IN,  /* points to a number that the call reads */
	NUMBER_OUT, /* ... that the call writes */
	TERMIOS_IN,
	TERMIOS_OUT,
	TERMIO_IN, /* the older one, with fields of 16 bits */
	TERMIO_OUT,
	WINSIZE_IN,
	WINSIZE_OUT,
	FLOW,  /* TCXONC's */
	QUEUE, /* TCFLSH's */
	CLONE_RANGE,
};

static const struct {
	uint32_t request;
	enum ioctl_form form;
} forms[] = {
	{ LX_TCGETS, TERMIOS_OUT },
	{ LX_TCSETS, TERMIOS_IN },
	{ LX_TCSETSW, TERMIOS_IN },
	{ LX_TCSETSF, TERMIOS_IN },
	{ LX_TCGETS2, TERMIOS_OUT },
	{ LX_TCSETS2, TERMIOS_IN },
	{ LX_TCSETSW2, TERMIOS_IN },
	{ LX_TCSETSF2, TERMIOS_IN },
	{ LX_TCGETA, TERMIO_OUT },
	{ LX_TCSETA, TERMIO_IN },
	{ LX_TCSETAW, TERMIO_IN },
	{ LX_TCSETAF, TERMIO_IN },
	{ LX_TCSBRK, NUMBER },
	{ LX_TCSBRKP, NUMBER },
	{ LX_TCXONC, FLOW },
	{ LX_TCFLSH, QUEUE },
	{ LX_TIOCEXCL, NONE },
	{ LX_TIOCNXCL, NONE },
	{ LX_TIOCSCTTY, NUMBER },
	{ LX_TIOCGPGRP, NUMBER_OUT },
	{ LX_TIOCSPGRP, NUMBER_IN },
	{ LX_TIOCOUTQ, NUMBER_OUT },
	{ LX_TIOCSTI, CHAR_IN },
	{ LX_TIOCGWINSZ, WINSIZE_OUT },
	{ LX_TIOCSWINSZ, WINSIZE_IN },
	{ LX_TIOCGSOFTCAR, NUMBER_OUT },
	{ LX_TIOCSSOFTCAR, NUMBER_IN },
	{ LX_FIONREAD, NUMBER_OUT },
	{ LX_TIOCCONS, NONE },
	{ LX_TIOCPKT, NUMBER_IN },
	{ LX_FIONBIO, NUMBER_IN },
	{ LX_TIOCNOTTY, NONE },
	{ LX_TIOCSETD, NUMBER_IN },
	{ LX_TIOCGETD, NUMBER_OUT },
	{ LX_TIOCSBRK, NONE },
	{ LX_TIOCCBRK, NONE },
	{ LX_TIOCGSID, NUMBER_OUT },
	{ LX_TIOCVHANGUP, NONE },
	{ LX_TIOCGPTN, NUMBER_OUT },
	{ LX_TIOCSPTLCK, NUMBER_IN },
	{ 0x541f, NONE }, /* TIOCSSERIAL */
	{ LX_TIOCGEXCL, NUMBER_OUT },
	{ LX_FIONCLEX, NONE },
	{ LX_FIOCLEX, NONE },
	{ LX_FIOASYNC, NUMBER_IN },
	{ LX_NS_GET_USERNS, NONE },
	{ LX_NS_GET_PARENT, NONE },
	{ LX_NS_GET_NSTYPE, NONE },
	{ LX_NS_GET_OWNER_UID, NUMBER_OUT },
	{ LX_SIOCATMARK, NUMBER_OUT },
	{ LX_FICLONE, NUMBER },
	{ LX_FICLONERANGE, CLONE_RANGE },
};

static enum ioctl_form form_of(uint32_t request)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].request == request)
			return forms[i].form;
	return POINTER;
}

static bool is_output(enum ioctl_form form)
{
	return form == NUMBER_OUT || form == TERMIOS_OUT || form == TERMIO_OUT ||
	       form == WINSIZE_OUT;
}

bool trace_ioctl_fills(uint32_t request)
{
	return is_output(form_of(request));
}

/* The older struct has the same beginning, in half the width. */
static void termios(struct trace_args *ta, int i, bool older, struct text *out)
{
	uint32_t flags[4]; /* iflag, oflag, cflag, lflag */
	uint16_t halves[4];
	int k;

	if (!older) {
		if (trace_fetch(ta, i, flags, sizeof(flags), out))
			trace_termios_text(flags, out);
		return;
	}
	if (!trace_fetch(ta, i, halves, sizeof(halves), out))
		return;
	for (k = 0; k < 4; k++)
		flags[k] = halves[k];
	trace_termios_text(flags, out);
}

static void window_size(struct trace_args *ta, int i, struct text *out)
{
	struct lx_winsize size;

	if (trace_fetch(ta, i, &size, sizeof(size), out))
		text_printf(out, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row,
			    size.ws_col, size.ws_xpixel, size.ws_ypixel);
}

static void clone_range(struct trace_args *ta, int i, struct text *out)
{
	struct {
		int64_t fd;
		uint64_t from, length, to;
	} r;

	if (!trace_fetch(ta, i, &r, sizeof(r), out))
		return;
	text_printf(out, "{src_fd=%" PRId64, r.fd);
	trace_fd_text(ta, (int)r.fd, out);
	text_printf(out,
		    ", src_offset=%" PRIu64 ", src_length=%" PRIu64 ", dest_offset=%" PRIu64 "}",
		    r.from, r.length, r.to);
}

static void pointed(struct trace_args *ta, int i, enum ioctl_form form, struct text *out)
{
	int32_t number;
	char c;

	switch (form) {
	case NUMBER_IN:
	case NUMBER_OUT:
		if (trace_fetch(ta, i, &number, sizeof(number), out))
			text_printf(out, "[%" PRId32 "]", number);
		break;
	case CHAR_IN:
		if (trace_fetch(ta, i, &c, sizeof(c), out))
			text_quoted(out, &c, 1, 1, false);
		break;
	case TERMIOS_IN:
	case TERMIOS_OUT:
	case TERMIO_IN:
	case TERMIO_OUT:
		termios(ta, i, form == TERMIO_IN || form == TERMIO_OUT, out);
		break;
	case CLONE_RANGE:
		clone_range(ta, i, out);
		break;
	default:
		window_size(ta, i, out);
	}
}

bool trace_oioctl(struct trace_args *ta, int i, struct text *out)
{
	static const struct flag_name flows[] = {
		{ 0, "TCOOFF" }, { 1, "TCOON" }, { 2, "TCIOFF" }, { 3, "TCION" }, { 0, NULL }
	};
	static const struct flag_name queues[] = {
		{ 0, "TCIFLUSH" }, { 1, "TCOFLUSH" }, { 2, "TCIOFLUSH" }, { 0, NULL }
	};
	enum ioctl_form form = form_of(SC_U32(ta->args, i - 1));

	if (form == NONE)
		return false;
	if (form == NUMBER) {
		text_printf(out, "%" PRId32, SC_I32(ta->args, i));
		if (SC_U32(ta->args, i - 1) == LX_FICLONE)
			trace_fd_text(ta, SC_I32(ta->args, i), out);
	} else if (form == FLOW) {
		text_choice(out, SC_U64(ta->args, i), flows, "TC");
	} else if (form == QUEUE) {
		text_choice(out, SC_U64(ta->args, i), queues, "TC");
	} else if (form == POINTER && !trace_ioctl_known(SC_U32(ta->args, i - 1))) {
		text_printf(out, "%#" PRIx64, SC_U64(ta->args, i));
	} else if (form == POINTER || (is_output(form) && !trace_ok(ta))) {
		text_pointer(out, SC_U64(ta->args, i));
	} else {
		pointed(ta, i, form, out);
	}
	return true;
}
