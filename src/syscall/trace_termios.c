/* SPDX-License-Identifier: MIT */
/* A terminal's modes, as strace shows them without -v: the flags, and not what the characters are. */
#include "trace_impl.h"

/* clang-format off */
#define END { 0, NULL }

static const struct flag_name input_flags[] = {
	{ 1, "IGNBRK" }, { 2, "BRKINT" }, { 4, "IGNPAR" }, { 010, "PARMRK" }, { 020, "INPCK" },
	{ 040, "ISTRIP" }, { 0100, "INLCR" }, { 0200, "IGNCR" }, { 0400, "ICRNL" },
	{ 01000, "IUCLC" }, { 02000, "IXON" }, { 04000, "IXANY" }, { 010000, "IXOFF" },
	{ 020000, "IMAXBEL" }, { 040000, "IUTF8" }, END
};
static const struct flag_name output_flags[] = {
	{ 1, "OPOST" }, { 2, "OLCUC" }, { 4, "ONLCR" }, { 010, "OCRNL" }, { 020, "ONOCR" },
	{ 040, "ONLRET" }, { 0100, "OFILL" }, { 0200, "OFDEL" }, END
};
static const struct flag_name control_flags[] = {
	{ 0100, "CSTOPB" }, { 0200, "CREAD" }, { 0400, "PARENB" }, { 01000, "PARODD" },
	{ 02000, "HUPCL" }, { 04000, "CLOCAL" }, { 010000000000, "CMSPAR" },
	{ 020000000000, "CRTSCTS" }, END
};
static const struct flag_name local_flags[] = {
	{ 1, "ISIG" }, { 2, "ICANON" }, { 4, "XCASE" }, { 010, "ECHO" }, { 020, "ECHOE" },
	{ 040, "ECHOK" }, { 0100, "ECHONL" }, { 0200, "NOFLSH" }, { 0100000, "IEXTEN" },
	{ 01000, "ECHOCTL" }, { 02000, "ECHOPRT" }, { 04000, "ECHOKE" }, { 010000, "FLUSHO" },
	{ 040000, "PENDIN" }, { 0400, "TOSTOP" }, { 0200000, "EXTPROC" }, END
};
/* Delays on output: a mask and the names of its values. */
static const struct delay {
	uint32_t mask;
	struct flag_name names[5];
} delays[] = {
	{ 0400, { { 0, "NL0" }, { 0400, "NL1" }, END } },
	{ 03000, { { 0, "CR0" }, { 01000, "CR1" }, { 02000, "CR2" }, { 03000, "CR3" }, END } },
	{ 014000, { { 0, "TAB0" }, { 04000, "TAB1" }, { 010000, "TAB2" }, { 014000, "XTABS" }, END } },
	{ 020000, { { 0, "BS0" }, { 020000, "BS1" }, END } },
	{ 040000, { { 0, "VT0" }, { 040000, "VT1" }, END } },
	{ 0100000, { { 0, "FF0" }, { 0100000, "FF1" }, END } },
};
static const struct flag_name speeds[] = {
	{ 0, "B0" }, { 1, "B50" }, { 2, "B75" }, { 3, "B110" }, { 4, "B134" }, { 5, "B150" },
	{ 6, "B200" }, { 7, "B300" }, { 8, "B600" }, { 9, "B1200" }, { 10, "B1800" },
	{ 11, "B2400" }, { 12, "B4800" }, { 13, "B9600" }, { 14, "B19200" }, { 15, "B38400" },
	{ 010000, "BOTHER" }, { 010001, "B57600" }, { 010002, "B115200" }, { 010003, "B230400" },
	{ 010004, "B460800" }, { 010005, "B500000" }, { 010006, "B576000" }, { 010007, "B921600" },
	{ 010010, "B1000000" }, { 010011, "B1152000" }, { 010012, "B1500000" },
	{ 010013, "B2000000" }, { 010014, "B2500000" }, { 010015, "B3000000" },
	{ 010016, "B3500000" }, { 010017, "B4000000" }, END
};
/* clang-format on */
#define SPEED       010017u
#define INPUT_SHIFT 16

static void output_text(uint32_t flags, struct text *out)
{
	size_t i;

	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		text_choice(out, flags & delays[i].mask, delays[i].names, NULL);
		text_str(out, "|");
		flags &= ~delays[i].mask;
	}
	text_flags(out, flags, output_flags, "");
}

static void control_text(uint32_t flags, struct text *out)
{
	static const char *const sizes[] = { "CS5", "CS6", "CS7", "CS8" };
	uint32_t input = flags >> INPUT_SHIFT & SPEED;

	text_choice(out, flags & SPEED, speeds, "B");
	text_str(out, "|");
	if (input) {
		text_choice(out, input, speeds, "B");
		text_str(out, "<<IBSHIFT|");
	}
	text_printf(out, "%s|", sizes[flags >> 4 & 3]);
	text_flags(out, flags & ~(SPEED | SPEED << INPUT_SHIFT | 060), control_flags, "");
}

void trace_termios_text(const uint32_t flags[4], struct text *out)
{
	text_str(out, "{c_iflag=");
	text_flags(out, flags[0], input_flags, "");
	text_str(out, ", c_oflag=");
	output_text(flags[1], out);
	text_str(out, ", c_cflag=");
	control_text(flags[2], out);
	text_str(out, ", c_lflag=");
	text_flags(out, flags[3], local_flags, "");
	text_str(out, ", ...}");
}
