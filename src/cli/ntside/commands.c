/* SPDX-License-Identifier: MIT */
/*
 * commands.c - the commands of --nt-side, one row each: a name, what stands behind it, what it does. A command is one
 * NT call on a handle that `open` has given a name; its answer is the call's status and what it told.
 */
#include "ntside.h"
#include "nt/se.h"
#include <stdarg.h>
#include <string.h>

#define PATH_CHARS  1024
#define BYTES_SHOWN 256

/* What a command works on. */
struct request {
	struct ntside_handles *handles;
	HANDLE handle; /* of the first word, unless the command is `open` */
	size_t slot;
	char *words[8]; /* behind the handle; NULL ends them */
	char *out;      /* the answer, NTSIDE_LINE bytes */
};

__attribute__((format(printf, 2, 3))) static void say(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->out, NTSIDE_LINE, fmt, ap);
	va_end(ap);
}

static void say_status(struct request *r, NTSTATUS status)
{
	say(r, "%s", NtStatusName(status));
}

static void not_understood(struct request *r, const char *what)
{
	say(r, "not understood: %s", what ? what : "something is missing");
}

/* ---- open and close ---- */

struct how {
	ULONG access, share, disposition, options, attributes;
};

static bool take_how(struct request *r, size_t first, struct how *how)
{
	const struct {
		const char *name;
		const struct ntside_word *words;
		ULONG *to;
	} kinds[] = {
		{ "access=", ntside_access, &how->access },
		{ "share=", ntside_share, &how->share },
		{ "disposition=", ntside_dispositions, &how->disposition },
		{ "options=", ntside_options, &how->options },
		{ "attributes=", ntside_attributes, &how->attributes },
	};

	for (char **w = r->words + first; *w; w++) {
		bool known = false;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !known; i++) {
			size_t n = strlen(kinds[i].name);

			known = !strncmp(*w, kinds[i].name, n) &&
				ntside_bits(kinds[i].words, *w + n, kinds[i].to);
		}
		if (!known) {
			not_understood(r, *w);
			return false;
		}
	}
	return true;
}

static void do_open(struct request *r)
{
	static const char *const results[] = { "superseded",  "opened", "created",
					       "overwritten", "exists", "does not exist" };
	struct how how = { FILE_GENERIC_READ, FILE_SHARE_VALID_FLAGS, FILE_OPEN, 0, 0 };
	WCHAR path[PATH_CHARS];
	int chars = r->words[0] ? ntside_path(r->words[0], path, PATH_CHARS) : -1;
	UNICODE_STRING name = { .Buffer = path };
	OBJECT_ATTRIBUTES attr;
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	NTSTATUS status;

	if (chars < 0) {
		not_understood(r, r->words[0]);
		return;
	}
	if (!take_how(r, 1, &how))
		return;
	name.Length = name.MaximumLength = (USHORT)(chars * 2);
	InitializeObjectAttributes(&attr, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
	status = NtCreateFile(&r->handles->of[r->slot].handle, how.access, &attr, &iosb, NULL,
			      how.attributes ? how.attributes : FILE_ATTRIBUTE_NORMAL, how.share,
			      how.disposition, how.options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
	if (NT_SUCCESS(status)) {
		say(r, "%s, %s", NtStatusName(status), results[iosb.Information % 6]);
	} else {
		r->handles->of[r->slot].handle = NULL;
		say_status(r, status);
	}
}

static void do_close(struct request *r)
{
	r->handles->of[r->slot].handle = NULL;
	say_status(r, NtClose(r->handle));
}

/* ---- data ---- */

/* Two numbers, as offset and length. */
static bool take_range(struct request *r, LARGE_INTEGER *offset, LARGE_INTEGER *length)
{
	bool ok = r->words[0] && r->words[1] && ntside_number(r->words[0], &offset->QuadPart) &&
		  ntside_number(r->words[1], &length->QuadPart);

	if (!ok)
		not_understood(r, r->words[0] && r->words[1] ? "the numbers" : NULL);
	return ok;
}

/* Bytes on one line, as C writes them. */
static void tell_bytes(const UCHAR *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		UCHAR c = bytes[i];

		if (c == '\n')
			out += sprintf(out, "\\n");
		else if (c == '\\' || c < 0x20 || c == 0x7f)
			out += sprintf(out, "\\x%02x", c);
		else
			*out++ = (char)c;
	}
	*out = '\0';
}

static void do_read(struct request *r)
{
	LARGE_INTEGER offset, length;
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	UCHAR bytes[BYTES_SHOWN];
	char text[4 * BYTES_SHOWN + 1];
	NTSTATUS status;
	ULONG n;

	if (!take_range(r, &offset, &length))
		return;
	n = length.QuadPart < BYTES_SHOWN ? (ULONG)length.QuadPart : BYTES_SHOWN;
	status = NtReadFile(r->handle, NULL, NULL, NULL, &iosb, bytes, n, &offset, NULL);
	if (!NT_SUCCESS(status)) {
		say_status(r, status);
		return;
	}
	tell_bytes(bytes, iosb.Information, text);
	say(r, "%s, %s", NtStatusName(status), text);
}

static void do_write(struct request *r)
{
	LARGE_INTEGER offset;
	IO_STATUS_BLOCK iosb;

	if (!r->words[0] || !r->words[1] || !ntside_number(r->words[0], &offset.QuadPart))
		not_understood(r, r->words[0]);
	else
		say_status(r, NtWriteFile(r->handle, NULL, NULL, NULL, &iosb, r->words[1],
					  (ULONG)strlen(r->words[1]), &offset, NULL));
}

/* Never waits: a session that waits could not be ended. */
static void do_lock(struct request *r)
{
	bool shared = r->words[0] && r->words[1] && r->words[2] && !strcmp(r->words[2], "shared");
	LARGE_INTEGER offset, length;
	IO_STATUS_BLOCK iosb;

	if (take_range(r, &offset, &length))
		say_status(r, NtLockFile(r->handle, NULL, NULL, NULL, &iosb, &offset, &length, 0,
					 TRUE, !shared));
}

static void do_unlock(struct request *r)
{
	LARGE_INTEGER offset, length;
	IO_STATUS_BLOCK iosb;

	if (take_range(r, &offset, &length))
		say_status(r, NtUnlockFile(r->handle, &iosb, &offset, &length, 0));
}

static void do_size(struct request *r)
{
	FILE_END_OF_FILE_INFORMATION info;
	IO_STATUS_BLOCK iosb;

	if (!r->words[0] || !ntside_number(r->words[0], &info.EndOfFile.QuadPart))
		not_understood(r, r->words[0]);
	else
		say_status(r, NtSetInformationFile(r->handle, &iosb, &info, sizeof(info),
						   FileEndOfFileInformation));
}

/* ---- names ---- */

/* With words the newer class, which knows them. */
static void do_delete(struct request *r)
{
	FILE_DISPOSITION_INFORMATION_EX ex;
	FILE_DISPOSITION_INFORMATION info = { TRUE };
	IO_STATUS_BLOCK iosb;

	if (!r->words[0]) {
		say_status(r, NtSetInformationFile(r->handle, &iosb, &info, sizeof(info),
						   FileDispositionInformation));
	} else if (!ntside_bits(ntside_deletes, r->words[0], &ex.Flags)) {
		not_understood(r, r->words[0]);
	} else {
		ex.Flags |= FILE_DISPOSITION_DELETE;
		say_status(r, NtSetInformationFile(r->handle, &iosb, &ex, sizeof(ex),
						   FileDispositionInformationEx));
	}
}

static void do_undelete(struct request *r)
{
	FILE_DISPOSITION_INFORMATION info = { FALSE };
	IO_STATUS_BLOCK iosb;

	say_status(r, NtSetInformationFile(r->handle, &iosb, &info, sizeof(info),
					   FileDispositionInformation));
}

/* The Ex class only for what the first one does not know. */
static void set_name(struct request *r, FILE_INFORMATION_CLASS plain, FILE_INFORMATION_CLASS ex)
{
	struct {
		FILE_RENAME_INFORMATION info;
		WCHAR rest[PATH_CHARS];
	} req = { .info.Flags = 0 };
	int chars = r->words[0] ? ntside_path(r->words[0], req.info.FileName, PATH_CHARS) : -1;
	IO_STATUS_BLOCK iosb;

	if (chars < 0) {
		not_understood(r, r->words[0]);
	} else if (r->words[1] && !ntside_bits(ntside_renames, r->words[1], &req.info.Flags)) {
		not_understood(r, r->words[1]);
	} else {
		req.info.FileNameLength = (ULONG)chars * 2;
		say_status(r, NtSetInformationFile(r->handle, &iosb, &req, sizeof(req),
						   req.info.Flags & ~FILE_RENAME_REPLACE_IF_EXISTS
							   ? ex
							   : plain));
	}
}

static void do_rename(struct request *r)
{
	set_name(r, FileRenameInformation, FileRenameInformationEx);
}

static void do_link(struct request *r)
{
	set_name(r, FileLinkInformation, FileLinkInformationEx);
}

/* ---- metadata ---- */

static void do_stat(struct request *r)
{
	FILE_STANDARD_INFORMATION standard;
	FILE_ATTRIBUTE_TAG_INFORMATION tag;
	IO_STATUS_BLOCK iosb;
	char attributes[128];
	NTSTATUS status = NtQueryInformationFile(r->handle, &iosb, &standard, sizeof(standard),
						 FileStandardInformation);

	if (NT_SUCCESS(status))
		status = NtQueryInformationFile(r->handle, &iosb, &tag, sizeof(tag),
						FileAttributeTagInformation);
	if (!NT_SUCCESS(status)) {
		say_status(r, status);
		return;
	}
	ntside_tell_bits(ntside_attributes, tag.FileAttributes, attributes, sizeof(attributes));
	say(r, "%s, size %lld, links %u, %s, tag 0x%x%s", NtStatusName(status),
	    (long long)standard.EndOfFile.QuadPart, standard.NumberOfLinks, attributes,
	    tag.ReparseTag, standard.DeletePending ? ", delete pending" : "");
}

static void do_attributes(struct request *r)
{
	FILE_BASIC_INFORMATION info = { .FileAttributes = 0 };
	IO_STATUS_BLOCK iosb;

	if (!r->words[0] || !ntside_bits(ntside_attributes, r->words[0], &info.FileAttributes))
		not_understood(r, r->words[0]);
	else
		say_status(r, NtSetInformationFile(r->handle, &iosb, &info, sizeof(info),
						   FileBasicInformation));
}

static void do_ea(struct request *r)
{
	struct {
		FILE_FULL_EA_INFORMATION info;
		UCHAR rest[512];
	} ea = { .info.NextEntryOffset = 0 };
	size_t name = r->words[0] ? strlen(r->words[0]) : 0;
	int value = 0;
	IO_STATUS_BLOCK iosb;

	if (name && name < 255) {
		memcpy(ea.info.EaName, r->words[0], name + 1);
		value = !r->words[1] ? 0
				     : ntside_bytes(r->words[1], (UCHAR *)ea.info.EaName + name + 1,
						    256);
	}
	if (!name || name > 254 || value < 0) {
		not_understood(r, r->words[0]);
		return;
	}
	ea.info.EaNameLength = (UCHAR)name;
	ea.info.EaValueLength = (USHORT)value;
	say_status(r, NtSetEaFile(r->handle, &iosb, &ea,
				  (ULONG)(offsetof(FILE_FULL_EA_INFORMATION, EaName) + name + 1 +
					  (size_t)value)));
}

/* A list that grants everybody these rights, and nobody others. */
static void do_allow(struct request *r)
{
	SID_IDENTIFIER_AUTHORITY world = { { 0, 0, 0, 0, 0, 1 } };
	ULONG sid[8], acl[32], access;
	SECURITY_DESCRIPTOR descriptor;

	if (!r->words[0] || !ntside_bits(ntside_access, r->words[0], &access)) {
		not_understood(r, r->words[0]);
		return;
	}
	RtlInitializeSid((PSID)sid, &world, 1);
	*RtlSubAuthoritySid((PSID)sid, 0) = 0; /* S-1-1-0 */
	RtlCreateAcl((PACL)acl, sizeof(acl), ACL_REVISION);
	RtlAddAccessAllowedAce((PACL)acl, ACL_REVISION, access, (PSID)sid);
	RtlCreateSecurityDescriptor((PSECURITY_DESCRIPTOR)&descriptor,
				    SECURITY_DESCRIPTOR_REVISION);
	RtlSetDaclSecurityDescriptor((PSECURITY_DESCRIPTOR)&descriptor, TRUE, (PACL)acl, FALSE);
	say_status(r, NtSetSecurityObject(r->handle, DACL_SECURITY_INFORMATION,
					  (PSECURITY_DESCRIPTOR)&descriptor));
}

/* ---- reparse points ---- */

struct reparse {
	ULONG tag;
	USHORT length, reserved;
	UCHAR data[4096];
};

static void set_reparse(struct request *r, struct reparse *point, size_t length)
{
	IO_STATUS_BLOCK iosb;

	point->length = (USHORT)length;
	say_status(r, NtFsControlFile(r->handle, NULL, NULL, NULL, &iosb, FSCTL_SET_REPARSE_POINT,
				      point, (ULONG)(REPARSE_DATA_BUFFER_HEADER_SIZE + length),
				      NULL, 0));
}

/* Offsets and lengths of both names, the flags of a link, then the name that counts: it is shown, too. */
static void set_link(struct request *r, ULONG tag)
{
	bool relative = tag == IO_REPARSE_TAG_SYMLINK && r->words[0] && r->words[1] &&
			!strcmp(r->words[1], "relative");
	struct reparse point = { .tag = tag };
	ULONG flags = relative ? SYMLINK_FLAG_RELATIVE : 0;
	size_t header = tag == IO_REPARSE_TAG_SYMLINK ? 12 : 8;
	WCHAR name[PATH_CHARS];
	int chars = !r->words[0] ? -1
		    : relative   ? ntside_wide(r->words[0], name, PATH_CHARS)
				 : ntside_path(r->words[0], name, PATH_CHARS);
	USHORT bytes = (USHORT)(chars * 2), fields[4] = { 0, bytes, 0, bytes };

	if (chars < 0) {
		not_understood(r, r->words[0]);
		return;
	}
	memcpy(point.data, fields, sizeof(fields));
	memcpy(point.data + 8, &flags, header - 8);
	memcpy(point.data + header, name, bytes);
	set_reparse(r, &point, header + bytes);
}

static void do_symlink(struct request *r)
{
	set_link(r, IO_REPARSE_TAG_SYMLINK);
}

static void do_junction(struct request *r)
{
	set_link(r, IO_REPARSE_TAG_MOUNT_POINT);
}

static void do_reparse(struct request *r)
{
	struct reparse point = { .tag = 0 };
	LONGLONG tag = 0;
	int n = r->words[0] && r->words[1] ? ntside_bytes(r->words[1], point.data, 2048) : 0;

	if (!r->words[0] || !ntside_number(r->words[0], &tag) || tag > UINT32_MAX || n < 0) {
		not_understood(r, r->words[0]);
		return;
	}
	point.tag = (ULONG)tag;
	set_reparse(r, &point, (size_t)n);
}

/* ---- the table ---- */

static void do_help(struct request *r);

static const struct command {
	const char *name, *words;
	void (*run)(struct request *r);
} commands[] = {
	{ "open",
	  "H PATH [access=read,write,execute,append,delete,attributes,ea,security,all] "
	  "[share=read,write,delete,none] "
	  "[disposition=open,create,open-if,overwrite,overwrite-if,supersede] "
	  "[options=directory,non-directory,delete-on-close,reparse-point] [attributes=WORDS]",
	  do_open },
	{ "close", "H", do_close },
	{ "read", "H OFFSET LENGTH", do_read },
	{ "write", "H OFFSET TEXT", do_write },
	{ "lock", "H OFFSET LENGTH [shared]", do_lock },
	{ "unlock", "H OFFSET LENGTH", do_unlock },
	{ "size", "H BYTES", do_size },
	{ "delete", "H [posix,ignore-readonly]", do_delete },
	{ "undelete", "H", do_undelete },
	{ "rename", "H PATH [replace,posix,ignore-readonly]", do_rename },
	{ "link", "H PATH [replace]", do_link },
	{ "stat", "H", do_stat },
	{ "attributes", "H readonly,hidden,system,archive,normal", do_attributes },
	{ "ea", "H NAME [HEX]", do_ea },
	{ "allow", "H read,write,execute,...", do_allow },
	{ "symlink", "H TARGET [relative]", do_symlink },
	{ "junction", "H TARGET", do_junction },
	{ "reparse", "H TAG [HEX]", do_reparse },
	{ "help", "", do_help },
};

static void do_help(struct request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && n < NTSIDE_LINE; i++)
		n += (size_t)snprintf(r->out + n, NTSIDE_LINE - n, "%s%s %s", i ? "\n" : "",
				      commands[i].name, commands[i].words);
}

/* The handle called name, or a free place for it; the command's other words. */
static bool take_handle(struct request *r, const char *name, bool is_new)
{
	size_t free = NTSIDE_HANDLES;

	if (!name || !*name || strlen(name) >= NTSIDE_NAME_MAX) {
		not_understood(r, name);
		return false;
	}
	for (r->slot = 0; r->slot < NTSIDE_HANDLES; r->slot++) {
		if (!r->handles->of[r->slot].handle)
			free = free < NTSIDE_HANDLES ? free : r->slot;
		else if (!strcmp(r->handles->of[r->slot].name, name))
			break;
	}
	if (is_new && r->slot == NTSIDE_HANDLES && free < NTSIDE_HANDLES) {
		r->slot = free;
		snprintf(r->handles->of[free].name, NTSIDE_NAME_MAX, "%s", name);
		return true;
	}
	if (is_new || r->slot == NTSIDE_HANDLES) {
		say(r, is_new ? "%s is taken" : "no handle is called %s", name);
		return false;
	}
	r->handle = r->handles->of[r->slot].handle;
	return true;
}

void ntside_command(struct ntside_handles *h, char *line, char out[NTSIDE_LINE])
{
	struct request r = { .handles = h, .out = out };
	const char *verb = ntside_word(&line);
	const struct command *c = commands, *end = commands + sizeof(commands) / sizeof(*commands);

	while (c < end && (!verb || strcmp(c->name, verb) != 0))
		c++;
	if (c == end) {
		not_understood(&r, verb);
		return;
	}
	if (c->run != do_help && !take_handle(&r, ntside_word(&line), c->run == do_open))
		return;
	for (size_t i = 0; i + 1 < sizeof(r.words) / sizeof(r.words[0]); i++)
		r.words[i] = ntside_word(&line);
	c->run(&r);
}

void ntside_close_all(struct ntside_handles *h)
{
	for (size_t i = 0; i < NTSIDE_HANDLES; i++)
		if (h->of[i].handle)
			NtClose(h->of[i].handle);
}
