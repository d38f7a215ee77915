/* SPDX-License-Identifier: MIT */
/* The third argument of ioctl, as the request in the second wants it. */
#include "trace_impl.h"
#include "lx/ioctl.h"
#include <inttypes.h>

enum ioctl_form {
	NONE,       /* has no argument */
	NUMBER,     /* is a number itself */
	NUMBER_IN,  /* points to a number that the call reads */
	NUMBER_OUT, /* ... that the call writes */
	TERMIOS_IN,
	TERMIOS_OUT,
	WINSIZE_IN,
	WINSIZE_OUT,
	POINTER,
};

static enum ioctl_form form_of(uint32_t request)
{
	static const struct {
		uint32_t request;
		enum ioctl_form form;
	} forms[] = {
		{ 0x5401, TERMIOS_OUT }, { 0x5402, TERMIOS_IN },  { 0x5403, TERMIOS_IN },
		{ 0x5404, TERMIOS_IN },  { 0x5409, NUMBER },      { 0x540b, NUMBER },
		{ 0x540e, NUMBER },      { 0x540f, NUMBER_OUT },  { 0x5410, NUMBER_IN },
		{ 0x5411, NUMBER_OUT },  { 0x5413, WINSIZE_OUT }, { 0x5414, WINSIZE_IN },
		{ 0x541b, NUMBER_OUT },  { 0x5421, NUMBER_IN },   { 0x5422, NONE },
		{ 0x5429, NUMBER_OUT },  { 0x5430, NUMBER_OUT },  { 0x5431, NUMBER_IN },
		{ 0x5450, NONE },        { 0x5451, NONE },        { 0x5452, NUMBER_IN },
		{ 0x40049409, NUMBER },
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].request == request)
			return forms[i].form;
	return POINTER;
}

/* As strace without -v: the speed and four flags. */
static void termios_text(const struct lx_termios *t, struct text *out)
{
	static const struct flag_name speeds[] = {
		{ 0, "B0" },           { 9, "B1200" },   { 11, "B2400" },  { 12, "B4800" },
		{ 13, "B9600" },       { 14, "B19200" }, { 15, "B38400" }, { 0x1001, "B57600" },
		{ 0x1002, "B115200" }, { 0, NULL },
	};

	text_str(out, "{");
	text_choice(out, t->c_cflag & 0x100f, speeds, "B");
	text_printf(out, " %sopost %sisig %sicanon %secho ...}", t->c_oflag & 1 ? "" : "-",
		    t->c_lflag & 1 ? "" : "-", t->c_lflag & 2 ? "" : "-",
		    t->c_lflag & 8 ? "" : "-");
}

static void pointed(struct trace_args *ta, int i, enum ioctl_form form, struct text *out)
{
	struct lx_termios termios;
	struct lx_winsize size;
	int32_t number;

	switch (form) {
	case NUMBER_IN:
	case NUMBER_OUT:
		if (trace_fetch(ta, i, &number, sizeof(number), out))
			text_printf(out, "[%" PRId32 "]", number);
		break;
	case TERMIOS_IN:
	case TERMIOS_OUT:
		if (trace_fetch(ta, i, &termios, sizeof(termios), out))
			termios_text(&termios, out);
		break;
	default:
		if (trace_fetch(ta, i, &size, sizeof(size), out))
			text_printf(out, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}",
				    size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
	}
}

bool trace_oioctl(struct trace_args *ta, int i, struct text *out)
{
	enum ioctl_form form = form_of(SC_U32(ta->args, i - 1));
	bool output = form == NUMBER_OUT || form == TERMIOS_OUT || form == WINSIZE_OUT;

	if (form == NONE)
		return false;
	if (form == NUMBER)
		text_printf(out, "%" PRId32, SC_I32(ta->args, i));
	else if (form == POINTER || (output && !trace_ok(ta)))
		text_pointer(out, SC_U64(ta->args, i));
	else
		pointed(ta, i, form, out);
	return true;
}
