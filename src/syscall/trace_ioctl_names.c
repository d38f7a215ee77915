/* SPDX-License-Identifier: MIT */
/* Names of requests of ioctl as strace has them: those that lxrun serves, and others. */
#include "trace_impl.h"
#include <inttypes.h>

/* clang-format off */
#define END { 0, NULL }

const struct flag_name trace_ioctl[] = {
	{ 0x5401, "TCGETS" }, { 0x5402, "SNDCTL_TMR_START or TCSETS" },
	{ 0x5403, "SNDCTL_TMR_STOP or TCSETSW" }, { 0x5404, "SNDCTL_TMR_CONTINUE or TCSETSF" },
	{ 0x5405, "TCGETA" }, { 0x5406, "TCSETA" }, { 0x5407, "TCSETAW" }, { 0x5408, "TCSETAF" },
	{ 0x5409, "TCSBRK" }, { 0x540a, "TCXONC" }, { 0x540b, "TCFLSH" }, { 0x540c, "TIOCEXCL" },
	{ 0x540d, "TIOCNXCL" }, { 0x540e, "TIOCSCTTY" }, { 0x540f, "TIOCGPGRP" },
	{ 0x5410, "TIOCSPGRP" }, { 0x5411, "TIOCOUTQ" }, { 0x5412, "TIOCSTI" },
	{ 0x5413, "TIOCGWINSZ" }, { 0x5414, "TIOCSWINSZ" }, { 0x5419, "TIOCGSOFTCAR" },
	{ 0x541a, "TIOCSSOFTCAR" }, { 0x541b, "FIONREAD" }, { 0x5420, "TIOCPKT" },
	{ 0x5421, "FIONBIO" }, { 0x5422, "TIOCNOTTY" }, { 0x5423, "TIOCSETD" },
	{ 0x5424, "TIOCGETD" }, { 0x5425, "TCSBRKP" }, { 0x5427, "TIOCSBRK" },
	{ 0x5428, "TIOCCBRK" }, { 0x5429, "TIOCGSID" }, { 0x5437, "TIOCVHANGUP" },
	{ 0x5441, "TIOCGPTPEER" }, { 0x5450, "FIONCLEX" }, { 0x5451, "FIOCLEX" },
	{ 0x5452, "FIOASYNC" }, { 0x5460, "FIOQSIZE" }, { 0x80045430, "TIOCGPTN" },
	{ 0x40045431, "TIOCSPTLCK" }, { 0x80045432, "TIOCGDEV" }, { 0x80045438, "TIOCGPKT" },
	{ 0x80045439, "TIOCGPTLCK" }, { 0x80045440, "TIOCGEXCL" }, { 0x802c542a, "TCGETS2" },
	{ 0x402c542b, "TCSETS2" }, { 0x402c542c, "TCSETSW2" }, { 0x402c542d, "TCSETSF2" },
	{ 0x80086601, "FS_IOC_GETFLAGS" }, { 0x40086602, "FS_IOC_SETFLAGS" },
	{ 0x801c581f, "FS_IOC_FSGETXATTR" }, { 0x401c5820, "FS_IOC_FSSETXATTR" },
	{ 0xc020660b, "FS_IOC_FIEMAP" }, { 0x40049409, "BTRFS_IOC_CLONE or FICLONE" },
	{ 0x4020940d, "BTRFS_IOC_CLONE_RANGE or FICLONERANGE" },
	{ 0xc0189436, "BTRFS_IOC_FILE_EXTENT_SAME or FIDEDUPERANGE" },
	{ 0xb701, "NS_GET_USERNS" }, { 0xb702, "NS_GET_PARENT" }, { 0xb703, "NS_GET_NSTYPE" },
	{ 0xb704, "NS_GET_OWNER_UID" }, { 0x8905, "SIOCATMARK" }, END
};
const struct flag_name trace_other_ioctls[] = {
	{ 0x5415, "TIOCMGET" }, { 0x5416, "TIOCMBIS" }, { 0x5417, "TIOCMBIC" },
	{ 0x5418, "TIOCMSET" }, { 0x541c, "TIOCLINUX" }, { 0x541d, "TIOCCONS" },
	{ 0x541e, "TIOCGSERIAL" }, { 0x541f, "TIOCSSERIAL" }, { 0x542e, "TIOCGRS485" },
	{ 0x542f, "TIOCSRS485" }, { 0x5432, "TCGETX" }, { 0x5433, "TCSETX" },
	{ 0x5434, "TCSETXF" }, { 0x5435, "TCSETXW" }, { 0x5453, "TIOCSERCONFIG" },
	{ 0x5454, "TIOCSERGWILD" }, { 0x5455, "TIOCSERSWILD" }, { 0x5456, "TIOCGLCKTRMIOS" },
	{ 0x5457, "TIOCSLCKTRMIOS" }, { 0x5458, "TIOCSERGSTRUCT" }, { 0x5459, "TIOCSERGETLSR" },
	{ 0x545a, "TIOCSERGETMULTI" }, { 0x545b, "TIOCSERSETMULTI" }, { 0x545c, "TIOCMIWAIT" },
	{ 0x545d, "TIOCGICOUNT" }, { 0x40045436, "TIOCSIG" }, { 0x80087601, "FS_IOC_GETVERSION" },
	{ 0xc0045877, "FIFREEZE" }, { 0xc0045878, "FITHAW" }, { 1, "FIBMAP" }, { 2, "FIGETBSZ" },
	{ 0x125d, "BLKROSET" }, { 0x1260, "BLKGETSIZE" }, { 0x80081272, "BLKGETSIZE64" },
	{ 0x80081280, "BLKGETDISKSEQ" }, { 0x4b33, "KDGKBTYPE" }, { 0x5600, "VT_OPENQRY" },
	{ 0x8901, "FIOSETOWN" }, { 0x8902, "SIOCSPGRP" }, { 0x8903, "FIOGETOWN" },
	{ 0x8904, "SIOCGPGRP" }, { 0x8906, "SIOCGSTAMP_OLD" }, { 0x8907, "SIOCGSTAMPNS_OLD" },
	{ 0x890b, "SIOCADDRT" }, { 0x890c, "SIOCDELRT" }, { 0x890d, "SIOCRTMSG" },
	{ 0x8910, "SIOCGIFNAME" }, { 0x8911, "SIOCSIFLINK" }, { 0x8912, "SIOCGIFCONF" },
	{ 0x8913, "SIOCGIFFLAGS" }, { 0x8914, "SIOCSIFFLAGS" }, { 0x8915, "SIOCGIFADDR" },
	{ 0x8916, "SIOCSIFADDR" }, { 0x8917, "SIOCGIFDSTADDR" }, { 0x8918, "SIOCSIFDSTADDR" },
	{ 0x8919, "SIOCGIFBRDADDR" }, { 0x891a, "SIOCSIFBRDADDR" }, { 0x891b, "SIOCGIFNETMASK" },
	{ 0x891c, "SIOCSIFNETMASK" }, { 0x891d, "SIOCGIFMETRIC" }, { 0x891e, "SIOCSIFMETRIC" },
	{ 0x8921, "SIOCGIFMTU" }, { 0x8922, "SIOCSIFMTU" }, { 0x8923, "SIOCSIFNAME" },
	{ 0x8924, "SIOCSIFHWADDR" }, { 0x8927, "SIOCGIFHWADDR" }, { 0x8933, "SIOCGIFINDEX" },
	{ 0x8942, "SIOCGIFTXQLEN" }, { 0x8943, "SIOCSIFTXQLEN" }, { 0x8946, "SIOCETHTOOL" },
	{ 0x894c, "SIOCGSKNS" }, { 0x8970, "SIOCGIFMAP" }, END
};
static const struct flag_name directions[] = {
	{ 2, "_IOC_READ" }, { 1, "_IOC_WRITE" }, END
};
/* clang-format on */

static const char *name_of(uint32_t request)
{
	static const struct flag_name *const tables[] = { trace_ioctl, trace_other_ioctls };
	const struct flag_name *n;
	int i;

	for (i = 0; i < 2; i++)
		for (n = tables[i]; n->name; n++)
			if (n->value == request)
				return n->name;
	return NULL;
}

bool trace_ioctl_known(uint32_t request)
{
	return name_of(request);
}

/* TCGETS; _IOC(_IOC_READ|_IOC_WRITE, 0x54, 0x7f, 0x8) of one without a name. */
void trace_ioctl_text(uint32_t request, struct text *out)
{
	const char *name = name_of(request);

	if (name) {
		text_str(out, name);
		return;
	}
	text_str(out, "_IOC(");
	text_flags(out, request >> 30, directions, "_IOC_NONE");
	text_printf(out, ", %#" PRIx32 ", %#" PRIx32 ", %#" PRIx32 ")", request >> 8 & 0xff,
		    request & 0xff, request >> 16 & 0x3fff);
}
