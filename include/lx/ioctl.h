/* SPDX-License-Identifier: MIT */
/* ioctl.h - ioctl numbers and terminal structures of x86-64 Linux. */
#ifndef LX_IOCTL_H
#define LX_IOCTL_H
#include "lx/types.h"

#define LX_TCGETS          0x5401u
#define LX_TCSETS          0x5402u
#define LX_TCSETSW         0x5403u
#define LX_TCSETSF         0x5404u
#define LX_TCGETA          0x5405u
#define LX_TCSETA          0x5406u
#define LX_TCSETAW         0x5407u
#define LX_TCSETAF         0x5408u
#define LX_TCSBRK          0x5409u
#define LX_TCXONC          0x540Au
#define LX_TCFLSH          0x540Bu
#define LX_TIOCEXCL        0x540Cu
#define LX_TIOCNXCL        0x540Du
#define LX_TIOCSCTTY       0x540Eu
#define LX_TIOCGPGRP       0x540Fu
#define LX_TIOCSPGRP       0x5410u
#define LX_TIOCOUTQ        0x5411u
#define LX_TIOCSTI         0x5412u
#define LX_TIOCGWINSZ      0x5413u
#define LX_TIOCSWINSZ      0x5414u
#define LX_TIOCMGET        0x5415u
#define LX_FIONREAD        0x541Bu
#define LX_TIOCCONS        0x541Du
#define LX_FIONBIO         0x5421u
#define LX_TIOCNOTTY       0x5422u
#define LX_TIOCSETD        0x5423u
#define LX_TIOCGETD        0x5424u
#define LX_TCSBRKP         0x5425u
#define LX_TIOCGSID        0x5429u
#define LX_FIONCLEX        0x5450u
#define LX_FIOCLEX         0x5451u
#define LX_FIOASYNC        0x5452u
#define LX_FIOQSIZE        0x5460u
#define LX_TCGETS2         0x802C542Au
#define LX_TIOCGPTN        0x80045430u
#define LX_TIOCSPTLCK      0x40045431u
#define LX_TIOCGPTPEER     0x5441u
#define LX_RNDGETENTCNT    0x80045200u
#define LX_RNDADDTOENTCNT  0x40045201u
#define LX_RNDADDENTROPY   0x40085203u
#define LX_FICLONE         0x40049409u
#define LX_FS_IOC_GETFLAGS 0x80086601u
#define LX_FS_IOC_FIEMAP   0xC020660Bu

/* The kernel's structure, not the C library's. */
#define LX_NCCS 19
struct lx_termios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[LX_NCCS];
};
_Static_assert(sizeof(struct lx_termios) == 36, "struct termios of the kernel");
#define LX_VTIME  5
#define LX_VMIN   6
#define LX_ISIG   0000001u
#define LX_ICANON 0000002u
#define LX_ECHO   0000010u
#define LX_NOFLSH 0000200u
#define LX_TOSTOP 0000400u

struct lx_winsize {
	uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};
_Static_assert(sizeof(struct lx_winsize) == 8, "struct winsize");
#endif
