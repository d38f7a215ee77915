/* SPDX-License-Identifier: MIT */
/* Extended attributes. */
#include "guest.h"
#include <sys/xattr.h>

static void need_xattrs(void)
{
	write_file("f", "", 0600);
	SKIP_UNLESS(setxattr("f", "user.probe", "x", 1, 0) == 0 || errno != EOPNOTSUPP);
	removexattr("f", "user.probe");
}

TEST(set_get_list_remove)
{
	char buf[256] = "";

	need_xattrs();
	OK(setxattr("f", "user.one", "value", 5, 0));
	OK(setxattr("f", "user.two", "", 0, 0));
	EQ(getxattr("f", "user.one", buf, sizeof(buf)), 5);
	EQ(memcmp(buf, "value", 5), 0);
	EQ(getxattr("f", "user.two", buf, sizeof(buf)), 0);
	EQ(getxattr("f", "user.one", NULL, 0), 5);
	EQ(listxattr("f", NULL, 0), 18);
	EQ(listxattr("f", buf, sizeof(buf)), 18);
	TRUE(memmem(buf, 18, "user.one", 9) && memmem(buf, 18, "user.two", 9));
	OK(removexattr("f", "user.one"));
	ERR(getxattr("f", "user.one", buf, sizeof(buf)), ENODATA);
	ERR(removexattr("f", "user.one"), ENODATA);
}

TEST(create_and_replace_flags)
{
	need_xattrs();
	ERR(setxattr("f", "user.a", "1", 1, XATTR_REPLACE), ENODATA);
	OK(setxattr("f", "user.a", "1", 1, XATTR_CREATE));
	ERR(setxattr("f", "user.a", "2", 1, XATTR_CREATE), EEXIST);
	OK(setxattr("f", "user.a", "2", 1, XATTR_REPLACE));
	ERR(setxattr("f", "user.a", "2", 1, 77), EINVAL);
}

TEST(names_and_sizes_are_checked)
{
	char buf[8], name[300];

	need_xattrs();
	OK(setxattr("f", "user.a", "long value", 10, 0));
	ERR(getxattr("f", "user.a", buf, 4), ERANGE);
	ERR(listxattr("f", buf, 2), ERANGE);
	ERR(setxattr("f", "nonamespace", "x", 1, 0), EOPNOTSUPP);
	ERR(setxattr("f", "", "x", 1, 0), ERANGE);
	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[299] = 0;
	ERR(setxattr("f", name, "x", 1, 0), ERANGE);
	ERR(setxattr("f", "user.big", buf, 65537, 0), E2BIG);
	ERR(setxattr("missing", "user.a", "x", 1, 0), ENOENT);
}

TEST(descriptors_and_links)
{
	char buf[8];

	need_xattrs();
	int fd = OK(open("f", O_RDWR));

	OK(fsetxattr(fd, "user.fd", "x", 1, 0));
	EQ(fgetxattr(fd, "user.fd", buf, 8), 1);
	EQ(flistxattr(fd, NULL, 0), 8);
	OK(fremovexattr(fd, "user.fd"));
	ERR(fgetxattr(999, "user.fd", buf, 8), EBADF);
	OK(symlink("f", "s"));
	OK(setxattr("s", "user.via", "x", 1, 0));
	EQ(getxattr("f", "user.via", buf, 8), 1);
	ERR(lsetxattr("s", "user.own", "x", 1, 0), EPERM);
	ERR(lgetxattr("s", "user.via", buf, 8), ENODATA);
}

TEST(permissions)
{
	need_xattrs();
	OK(chmod("f", 0444));
	IN_CHILD({
		drop_root();
		ERR(setxattr("f", "user.a", "x", 1, 0), EACCES);
		ERR(setxattr("f", "trusted.a", "x", 1, 0), EPERM);
	});
}

TEST(security_attributes_are_for_the_privileged)
{
	const uint32_t caps[5] = { 0x02000000 }; /* VFS_CAP_REVISION_2 */

	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "", 0666);
	IN_CHILD({
		drop_root();
		ERR(setxattr("f", "security.capability", caps, sizeof(caps), 0), EPERM);
		ERR(setxattr("f", "security.lxrun", "x", 1, 0), EPERM);
		ERR(getxattr("f", "security.lxrun", NULL, 0), ENODATA);
	});
}

TEST(names_of_trusted_attributes_are_for_the_privileged)
{
	char names[100];

	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "", 0644);
	OK(setxattr("f", "trusted.a", "1", 1, 0));
	OK(setxattr("f", "user.b", "2", 1, 0));
	EQ(listxattr("f", names, sizeof(names)), 17);
	EQ(listxattr("f", NULL, 0), 17);
	ERR(listxattr("f", names, 16), ERANGE);
	drop_root();
	EQ(listxattr("f", NULL, 0), 7);
	EQ(listxattr("f", names, 7), 7);
	STREQ(names, "user.b");
	ERR(listxattr("f", names, 6), ERANGE);
	ERR(getxattr("f", "trusted.a", names, sizeof(names)), ENODATA);
	ERR(setxattr("f", "trusted.a", "1", 1, 0), EPERM);
}

TEST(pseudo_files_have_none)
{
	char value[8];

	ERR(getxattr("/dev/null", "security.capability", value, sizeof(value)), ENODATA);
	ERR(getxattr("/proc/version", "security.capability", value, sizeof(value)), EOPNOTSUPP);
	ERR(getxattr("/sys/kernel", "security.capability", value, sizeof(value)), ENODATA);
	ERR(getxattr("/sys/kernel", "system.posix_acl_access", value, sizeof(value)), EOPNOTSUPP);
	ERR(removexattr("/proc/version", "user.x"), geteuid() == 0 ? EOPNOTSUPP : EACCES);
}
