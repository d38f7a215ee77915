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
#define LX_SIOCATMARK      0x8905u
#define LX_TIOCSTI         0x5412u
#define LX_TIOCGWINSZ      0x5413u
#define LX_TIOCSWINSZ      0x5414u
#define LX_TIOCMGET        0x5415u
#define LX_TIOCGSOFTCAR    0x5419u
#define LX_TIOCSSOFTCAR    0x541Au
#define LX_FIONREAD        0x541Bu
#define LX_TIOCCONS        0x541Du
#define LX_TIOCPKT         0x5420u
#define LX_FIONBIO         0x5421u
#define LX_TIOCNOTTY       0x5422u
#define LX_TIOCSETD        0x5423u
#define LX_TIOCGETD        0x5424u
#define LX_TCSBRKP         0x5425u
#define LX_TIOCSBRK        0x5427u
#define LX_TIOCCBRK        0x5428u
#define LX_TIOCGSID        0x5429u
#define LX_FIONCLEX        0x5450u
#define LX_FIOCLEX         0x5451u
#define LX_FIOASYNC        0x5452u
#define LX_FIOQSIZE        0x5460u
#define LX_TCGETS2         0x802C542Au
#define LX_TCSETS2         0x402C542Bu
#define LX_TCSETSW2        0x402C542Cu
#define LX_TCSETSF2        0x402C542Du
#define LX_TIOCGPTN        0x80045430u
#define LX_TIOCSPTLCK      0x40045431u
#define LX_TIOCGDEV        0x80045432u
#define LX_TIOCVHANGUP     0x5437u
#define LX_TIOCGPKT        0x80045438u
#define LX_TIOCGPTLCK      0x80045439u
#define LX_TIOCGEXCL       0x80045440u
#define LX_TIOCGPTPEER     0x5441u
#define LX_RNDGETENTCNT    0x80045200u
#define LX_RNDADDTOENTCNT  0x40045201u
#define LX_RNDADDENTROPY   0x40085203u
#define LX_FICLONE         0x40049409u
#define LX_FICLONERANGE    0x4020940du
#define LX_FIDEDUPERANGE   0xc0189436u
/* Attributes of files that chattr(1) shows and sets: ioctl_iflags(2), ioctl_xfs_fsgetxattr(2). */
#define LX_FS_IOC_GETFLAGS   0x80086601u
#define LX_FS_IOC_SETFLAGS   0x40086602u
#define LX_FS_IOC_GETVERSION 0x80087601u
#define LX_FS_IOC_FSGETXATTR 0x801C581Fu
#define LX_FS_IOC_FSSETXATTR 0x401C5820u
#define LX_FS_IOC_FIEMAP     0xC020660Bu

/* The kernel's structure, not the C library's. */
#define LX_NCCS 19
struct lx_termios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[LX_NCCS];
};
_Static_assert(sizeof(struct lx_termios) == 36, "struct termios of the kernel");
/* The same with speeds: TCGETS2 and kin. */
struct lx_termios2 {
	struct lx_termios t;
	uint32_t c_ispeed, c_ospeed;
};
_Static_assert(sizeof(struct lx_termios2) == 44, "struct termios2");
/* The old one of TCGETA and kin. */
#define LX_NCC 8
struct lx_termio {
	uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[LX_NCC];
};
_Static_assert(sizeof(struct lx_termio) == 18, "struct termio");

/* c_cc */
#define LX_VINTR    0
#define LX_VQUIT    1
#define LX_VERASE   2
#define LX_VKILL    3
#define LX_VEOF     4
#define LX_VTIME    5
#define LX_VMIN     6
#define LX_VSTART   8
#define LX_VSTOP    9
#define LX_VSUSP    10
#define LX_VEOL     11
#define LX_VREPRINT 12
#define LX_VWERASE  14
#define LX_VLNEXT   15
#define LX_VEOL2    16
/* c_iflag */
#define LX_IGNBRK  0000001u
#define LX_BRKINT  0000002u
#define LX_PARMRK  0000010u
#define LX_ISTRIP  0000040u
#define LX_INLCR   0000100u
#define LX_IGNCR   0000200u
#define LX_ICRNL   0000400u
#define LX_IUCLC   0001000u
#define LX_IXON    0002000u
#define LX_IXANY   0004000u
#define LX_IXOFF   0010000u
#define LX_IMAXBEL 0020000u
#define LX_IUTF8   0040000u
/* c_oflag */
#define LX_OPOST  0000001u
#define LX_OLCUC  0000002u
#define LX_ONLCR  0000004u
#define LX_OCRNL  0000010u
#define LX_ONOCR  0000020u
#define LX_ONLRET 0000040u
#define LX_TABDLY 0014000u
#define LX_XTABS  0014000u
/* c_cflag */
#define LX_B38400 0000017u
#define LX_CBAUD  0010017u
#define LX_BOTHER 0010000u
#define LX_CSIZE  0000060u
#define LX_CS8    0000060u
#define LX_CREAD  0000200u
#define LX_PARENB 0000400u
#define LX_CLOCAL 0004000u
/* c_lflag */
#define LX_ISIG    0000001u
#define LX_ICANON  0000002u
#define LX_ECHO    0000010u
#define LX_ECHOE   0000020u
#define LX_ECHOK   0000040u
#define LX_ECHONL  0000100u
#define LX_NOFLSH  0000200u
#define LX_TOSTOP  0000400u
#define LX_ECHOCTL 0001000u
#define LX_ECHOPRT 0002000u
#define LX_ECHOKE  0004000u
#define LX_IEXTEN  0100000u
#define LX_EXTPROC 0200000u
/* What a master in packet mode (TIOCPKT) reads first. */
#define LX_TIOCPKT_DATA       0x00u
#define LX_TIOCPKT_FLUSHREAD  0x01u
#define LX_TIOCPKT_FLUSHWRITE 0x02u
#define LX_TIOCPKT_STOP       0x04u
#define LX_TIOCPKT_START      0x08u
#define LX_TIOCPKT_NOSTOP     0x10u
#define LX_TIOCPKT_DOSTOP     0x20u
#define LX_TIOCPKT_IOCTL      0x40u

struct lx_winsize {
	uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};
_Static_assert(sizeof(struct lx_winsize) == 8, "struct winsize");
/* ioctl_ns(2) */
#define LX_NS_GET_USERNS    0xb701u
#define LX_NS_GET_PARENT    0xb702u
#define LX_NS_GET_NSTYPE    0xb703u
#define LX_NS_GET_OWNER_UID 0xb704u

/* On a pidfd (include/uapi/linux/pidfd.h). Name spaces: opened, the third argument is 0. */
#define LX_PIDFD_GET_CGROUP_NAMESPACE           0xff01u
#define LX_PIDFD_GET_IPC_NAMESPACE              0xff02u
#define LX_PIDFD_GET_MNT_NAMESPACE              0xff03u
#define LX_PIDFD_GET_NET_NAMESPACE              0xff04u
#define LX_PIDFD_GET_PID_NAMESPACE              0xff05u
#define LX_PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE 0xff06u
#define LX_PIDFD_GET_TIME_NAMESPACE             0xff07u
#define LX_PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE 0xff08u
#define LX_PIDFD_GET_USER_NAMESPACE             0xff09u
#define LX_PIDFD_GET_UTS_NAMESPACE              0xff0au
/* PIDFD_GET_INFO of a structure of 0 bytes: the caller's size lies in LX_IOC_SIZE's bits. */
#define LX_PIDFD_GET_INFO    0xc000ff0bu
#define LX_IOC_SIZE(request) ((request) >> 16 & 0x3fffu)
#define LX_IOC_SIZE_BITS     0x3fff0000u
struct lx_pidfd_info {
	uint64_t mask; /* in: what is asked for; out: what is there */
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code; /* as wait4 gives it */
	uint32_t coredump_mask, spare;
};
_Static_assert(sizeof(struct lx_pidfd_info) == 72, "PIDFD_INFO_SIZE_VER1");
#define LX_PIDFD_INFO_SIZE_VER0 64u
#define LX_PIDFD_INFO_PID       0x01u
#define LX_PIDFD_INFO_CREDS     0x02u
#define LX_PIDFD_INFO_EXIT      0x08u
#define LX_PIDFD_INFO_COREDUMP  0x10u
/* coredump_mask */
#define LX_PIDFD_COREDUMP_SKIP 0x2u
#define LX_PIDFD_COREDUMP_USER 0x4u
#define LX_PIDFD_COREDUMP_ROOT 0x8u
#endif
