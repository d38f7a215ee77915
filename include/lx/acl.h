/* SPDX-License-Identifier: MIT */
/* acl.h - POSIX ACLs as extended attributes have them (linux/posix_acl_xattr.h): little-endian. */
#ifndef LX_ACL_H
#define LX_ACL_H
#include <stdint.h>

#define LX_XATTR_ACL_ACCESS  "system.posix_acl_access"
#define LX_XATTR_ACL_DEFAULT "system.posix_acl_default"

#define LX_ACL_VERSION   2u
#define LX_ACL_USER_OBJ  0x01
#define LX_ACL_USER      0x02
#define LX_ACL_GROUP_OBJ 0x04
#define LX_ACL_GROUP     0x08
#define LX_ACL_MASK      0x10
#define LX_ACL_OTHER     0x20
#define LX_ACL_NO_ID     UINT32_MAX

struct lx_acl_entry { uint16_t tag, perm; uint32_t id; };
_Static_assert(sizeof(struct lx_acl_entry) == 8, "posix_acl_xattr_entry");
#endif
