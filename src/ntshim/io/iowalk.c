/* SPDX-License-Identifier: MIT */
/*
 * iowalk.c - names on lx and win volumes: component by component, as case and reparse points demand.
 *
 * Inner components are opened by name only. A directory or file that carries a symbolic link or a
 * mount point restarts the whole lookup at the object manager with another name (STATUS_REPARSE);
 * any other tag ends it. The last component is left to the caller's routine, with the directory that
 * it is in as Root. nt.md CF10..CF15, RP11.
 */
#include "iop.h"
#include "base/alloc.h"
#include <stdio.h>

NTSTATUS IopNewDirectory(PDEVICE_OBJECT Device, host_fd Fd, PFILE_OBJECT *File)
{
	const IOP_OPEN Open = { .Options = FILE_DIRECTORY_FILE };
	NTSTATUS Status = IopNewFile(Device, Fd, HOST_S_IFDIR, &Open, File);

	if (NT_SUCCESS(Status))
		(*File)->PathOnly = TRUE;
	return Status;
}

/* What is no directory: a link to one, or the wrong thing. */
static NTSTATUS NotDirectory(PIOP_PARSE Parse, PDEVICE_OBJECT Device, host_fd Dir, const char *Name,
			     const char *Rest, const IOP_NAME *Whole)
{
	IOP_NODE Node;

	if (!NT_SUCCESS(IopQueryNodeAt(Device, Dir, Name, &Node)) || !Node.Tag)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	return IopFollowReparse(Parse, Device, Dir, Name, Rest, Whole);
}

/* Opens the directory Name in Dir; Rest is what follows. */
static NTSTATUS OpenInner(PIOP_PARSE Parse, PDEVICE_OBJECT Device, host_fd Dir, char *Name,
			  const char *Rest, const IOP_NAME *Whole, host_fd *Fd)
{
	const ULONG Flags = HOST_PATH | HOST_DIRECTORY;
	SIZE_T Length;
	NTSTATUS Status = IopIsStaged(Name) ? STATUS_OBJECT_PATH_NOT_FOUND
					    : host_openat(Dir, Name, Flags, 0, Fd);

	if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Whole->CaseInsensitive &&
	    NT_SUCCESS(IopResolveCase(Device, Dir, Name)))
		Status = host_openat(Dir, Name, Flags, 0, Fd);
	if (Status == STATUS_NOT_A_DIRECTORY)
		return NotDirectory(Parse, Device, Dir, Name, Rest, Whole);
	if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (!NT_SUCCESS(Status))
		return Status;
	if (!NT_SUCCESS(host_getxattr(*Fd, IOP_XATTR_REPARSE, NULL, 0, &Length))) {
		Status = IopCheckTraverse(Device, *Fd);
		if (!NT_SUCCESS(Status))
			host_closefd(*Fd);
		return Status;
	}
	host_closefd(*Fd);
	return IopFollowReparse(Parse, Device, Dir, Name, Rest, Whole);
}

/* Text: "a/b/last". Fd: the directory of the last; *Last points into Text. */
static NTSTATUS OpenParent(PIOP_PARSE Parse, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
			   host_fd *Fd, char **Last)
{
	host_fd At = Dir, Next;
	char *Component = Name->Text, *Slash;
	char Text[256];
	NTSTATUS Status;

	while ((Slash = strchr(Component, '/'))) {
		memcpy(Text, Component, (size_t)(Slash - Component));
		Text[Slash - Component] = 0;
		Status = OpenInner(Parse, Device, At, Text, Slash, Name, &Next);
		if (At.v != Dir.v)
			host_closefd(At);
		if (Status != STATUS_SUCCESS)
			return Status;
		At = Next;
		Component = Slash + 1;
	}
	*Fd = At;
	*Last = Component;
	return STATUS_SUCCESS;
}

NTSTATUS IopWalk(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
		 PCUNICODE_STRING Remaining, ULONG Attributes, POBJECT *Found)
{
	PFILE_OBJECT Parent;
	host_fd Fd, Dir = IopRootFd(Device, Root);
	IOP_NAME Name;
	char *Last;
	NTSTATUS Status = IopDecodeNameFor(Device, Remaining, &Name);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Dir.v < 0)
		return STATUS_DEVICE_OFF_LINE;
	if (Root && Name.Length && !IopIsDirectory(Root))
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (Name.Length)
		Status = IopCheckTraverse(Device, Dir);
	if (!NT_SUCCESS(Status))
		return Status;
	Name.CaseInsensitive = Device->Case && Attributes & OBJ_CASE_INSENSITIVE;
	if (!Name.Inner)
		return Parse->Routine(Parse, Device, Root, &Name, Found);
	Status = OpenParent(Parse, Device, Dir, &Name, &Fd, &Last);
	if (Status != STATUS_SUCCESS)
		return Status;
	Status = IopNewDirectory(Device, Fd, &Parent);
	if (!NT_SUCCESS(Status))
		return Status;
	Name.Length -= (ULONG)(Last - Name.Text);
	memmove(Name.Text, Last, Name.Length + 1);
	Name.Inner = FALSE;
	Status = Parse->Routine(Parse, Device, Parent, &Name, Found);
	IopDereferenceFile(Parent);
	return Status;
}

/* ---- where a reparse point leads to ---- */
typedef struct _TEXT {
	WCHAR *Buffer;
	ULONG Units, Size;
	BOOLEAN Full;
} TEXT;

static VOID Put(TEXT *Text, PCWSTR From, ULONG Units)
{
	if (Text->Size - Text->Units < Units) {
		Text->Full = TRUE;
		return;
	}
	memcpy(Text->Buffer + Text->Units, From, Units * sizeof(WCHAR));
	Text->Units += Units;
}

/* The NT path of Dir: \Device\HarddiskVolume<n> and its path below. */
static NTSTATUS PutDirectory(TEXT *Text, PDEVICE_OBJECT Device, host_fd Dir, ULONG *Floor)
{
	char Path[IOP_PATH_MAX], Volume[40];
	const SIZE_T RootLength = strlen(Device->RootPath);
	ULONG Length, Units;
	NTSTATUS Status = host_path(Dir, Path, sizeof(Path), &Length);

	if (!NT_SUCCESS(Status))
		return Status;
	if (strncmp(Path, Device->RootPath, RootLength) != 0)
		return STATUS_OBJECT_PATH_NOT_FOUND; /* moved out of the volume */
	snprintf(Volume, sizeof(Volume), "\\Device\\HarddiskVolume%u", Device->Number);
	for (const char *p = Volume; *p; p++)
		Put(Text, &(WCHAR){ (UCHAR)*p }, 1);
	*Floor = Text->Units;
	if (!strcmp(Path + RootLength, "/"))
		return STATUS_SUCCESS;
	Units = IopNtPath(Device, Path + RootLength, Text->Buffer + Text->Units,
			  Text->Size - Text->Units) /
		sizeof(WCHAR);
	if (Units > Text->Size - Text->Units)
		return STATUS_NAME_TOO_LONG;
	Text->Units += Units;
	return STATUS_SUCCESS;
}

/* A relative target's components behind Text; ".." takes one away, but never the volume. */
static VOID PutRelative(TEXT *Text, ULONG Floor, PCWSTR Target, ULONG Units)
{
	for (ULONG At = 0, n; At < Units; At += n + 1) {
		PCWSTR p = Target + At;

		for (n = 0; At + n < Units && p[n] != '\\' && p[n] != '/';)
			n++;
		if (!n || (n == 1 && p[0] == '.'))
			continue;
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (Text->Units > Floor && Text->Buffer[--Text->Units] != '\\')
				;
			continue;
		}
		Put(Text, u"\\", 1);
		Put(Text, p, n);
	}
}

/* The substitute name inside Data. */
static NTSTATUS Substitute(const REPARSE_DATA_BUFFER *Data, PCWSTR *Target, ULONG *Units,
			   BOOLEAN *Relative)
{
	const ULONG Fixed = Data->ReparseTag == IO_REPARSE_TAG_SYMLINK ? 12 : 8;
	USHORT Offset, Length;

	if (Data->ReparseTag != IO_REPARSE_TAG_SYMLINK &&
	    Data->ReparseTag != IO_REPARSE_TAG_MOUNT_POINT)
		return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
	if (Data->ReparseDataLength < Fixed)
		return STATUS_IO_REPARSE_DATA_INVALID;
	memcpy(&Offset, Data->DataBuffer, sizeof(Offset));
	memcpy(&Length, Data->DataBuffer + 2, sizeof(Length));
	if (Offset + Length > Data->ReparseDataLength - Fixed || (Offset | Length) & 1 || !Length)
		return STATUS_IO_REPARSE_DATA_INVALID;
	*Target = (const void *)(Data->DataBuffer + Fixed + Offset);
	*Units = Length / sizeof(WCHAR);
	*Relative = Fixed == 12 && Data->DataBuffer[8] & SYMLINK_FLAG_RELATIVE;
	return STATUS_SUCCESS;
}

NTSTATUS IopCheckReparseTarget(const REPARSE_DATA_BUFFER *Data)
{
	BOOLEAN Relative;
	PCWSTR Target;
	ULONG Units;
	NTSTATUS Status = Substitute(Data, &Target, &Units, &Relative);

	return Status == STATUS_IO_REPARSE_TAG_NOT_HANDLED ? STATUS_SUCCESS : Status;
}

static VOID PutRest(TEXT *Text, PDEVICE_OBJECT Device, const char *Rest, const IOP_NAME *Whole)
{
	ULONG Left = Text->Size - Text->Units,
	      Units = IopNtPath(Device, Rest, Text->Buffer + Text->Units, Left) / sizeof(WCHAR);
	WCHAR Stream[IO_NT_NAME_MAX];
	LONG n;

	if (Units > Left) {
		Text->Full = TRUE;
		return;
	}
	Text->Units += Units;
	if (Whole->HasStream) {
		n = IopStreamNtName(Whole->Stream, Stream);
		Put(Text, u":", 1);
		Put(Text, Stream, n > 0 ? (ULONG)n : 0);
	}
	if (Whole->Trailing)
		Put(Text, u"\\", 1);
}

NTSTATUS IopFollowReparse(PIOP_PARSE Parse, PDEVICE_OBJECT Device, host_fd Dir, const char *Point,
			  const char *Rest, const IOP_NAME *Whole)
{
	TEXT Text = { .Size = 32766 };
	REPARSE_DATA_BUFFER *Data;
	BOOLEAN Relative;
	PCWSTR Target;
	SIZE_T Length;
	ULONG Units, Floor;
	NTSTATUS Status = IopReadReparse(Dir, Point, &Data, &Length);

	if (!NT_SUCCESS(Status)) /* the host's own link */
		return Status == STATUS_NOT_A_REPARSE_POINT ? STATUS_IO_REPARSE_TAG_NOT_HANDLED
							    : Status;
	Status = Substitute(Data, &Target, &Units, &Relative);
	if (!NT_SUCCESS(Status))
		goto out;
	Status = STATUS_INSUFFICIENT_RESOURCES;
	Text.Buffer = mem_alloc(Text.Size * sizeof(WCHAR));
	if (!Text.Buffer)
		goto out;
	Status = STATUS_SUCCESS;
	if (Relative) {
		Status = PutDirectory(&Text, Device, Dir, &Floor);
		if (NT_SUCCESS(Status))
			PutRelative(&Text, Floor, Target, Units);
	} else {
		Put(&Text, Target, Units);
		if (*Rest && Text.Units && Text.Buffer[Text.Units - 1] == '\\')
			Text.Units--;
	}
	PutRest(&Text, Device, Rest, Whole);
	if (NT_SUCCESS(Status) && Text.Full)
		Status = STATUS_NAME_TOO_LONG;
	if (NT_SUCCESS(Status)) {
		Parse->Again = (UNICODE_STRING){ (USHORT)(Text.Units * 2), (USHORT)(Text.Units * 2),
						 Text.Buffer };
		Text.Buffer = NULL;
		Status = STATUS_REPARSE;
	}
out:
	mem_free(Text.Buffer);
	mem_free(Data);
	return Status;
}
