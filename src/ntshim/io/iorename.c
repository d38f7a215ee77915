/* SPDX-License-Identifier: MIT */
/*
 * iorename.c - deleting, renaming and linking what a handle has open (nt.md sections 4 and 5).
 *
 * The host knows names, not handles, so a file opened for DELETE remembers the directory and name it
 * came by. Before use the name is checked to lead to the same inode still; if not, the host is asked
 * for the current path. POSIX deletion takes the name away at once and gives the host's own answer
 * (a sticky directory, a mount point, a directory that is not empty). NT's classic deletion is left
 * pending in the FCB until the last participating file object is closed.
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

/* Where a name is: a directory descriptor, borrowed from Parent or the volume, and a name below it. */
typedef struct _PLACE {
	host_fd Dir;
	char Name[IOP_PATH_MAX];
} PLACE;

static BOOLEAN RememberedPlace(PFILE_OBJECT File, PLACE *Place)
{
	BOOLEAN Known = FALSE;

	lk_acquire(&File->Lock);
	if (File->Name && strlen(File->Name) < sizeof(Place->Name)) {
		strcpy(Place->Name, File->Name);
		Place->Dir = IopRootFd(File->Device, File->Parent);
		Known = TRUE;
	}
	lk_release(&File->Lock);
	return Known;
}

/* The current name of File. STATUS_FILE_DELETED: it has none. */
static NTSTATUS FindPlace(PFILE_OBJECT File, PLACE *Place)
{
	struct host_stat Named;
	ULONG Length;
	NTSTATUS Status;

	if (RememberedPlace(File, Place) &&
	    NT_SUCCESS(host_statx(Place->Dir, Place->Name, &Named)) && IopIsInode(File, &Named))
		return STATUS_SUCCESS;
	Place->Dir = HOST_NO_FD;
	Status = host_path(File->Fd, Place->Name, sizeof(Place->Name), &Length);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_statx(Place->Dir, Place->Name, &Named);
	return NT_SUCCESS(Status) && IopIsInode(File, &Named) ? STATUS_SUCCESS
							      : STATUS_FILE_DELETED;
}

NTSTATUS IopDeleteNow(PFILE_OBJECT File)
{
	PLACE Place;
	NTSTATUS Status = FindPlace(File, &Place);

	return NT_SUCCESS(Status) ? host_unlinkat(Place.Dir, Place.Name, IopIsDirectory(File))
				  : Status;
}

/* ---- disposition ---- */
/* STATUS_DIRECTORY_NOT_EMPTY if there is anything but "." and "..". */
static NTSTATUS CheckEmpty(PFILE_OBJECT File)
{
	char Buffer[1024] __attribute__((aligned(8)));
	ULONG Length, Entries = 0;
	host_fd Fd;
	NTSTATUS Status = host_reopen(File->Fd, HOST_READ | HOST_DIRECTORY, &Fd);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_getdents(Fd, Buffer, sizeof(Buffer), &Length);
	host_closefd(Fd);
	for (ULONG At = 0; NT_SUCCESS(Status) && At < Length; Entries++)
		At += ((const struct host_dirent *)(Buffer + At))->size;
	return NT_SUCCESS(Status) && Entries > 2 ? STATUS_DIRECTORY_NOT_EMPTY : Status;
}

static NTSTATUS SetPending(PFILE_OBJECT File, BOOLEAN Delete)
{
	struct host_stat St;
	NTSTATUS Status = host_fstat(File->Fd, &St);

	if (NT_SUCCESS(Status) && St.nlink == 0)
		Status = STATUS_FILE_DELETED;
	if (NT_SUCCESS(Status) && Delete && IopIsDirectory(File))
		Status = CheckEmpty(File);
	return NT_SUCCESS(Status) ? IopSetDeletePending(File, Delete) : Status;
}

NTSTATUS IopSetDisposition(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	return SetPending(File,
			  ((const FILE_DISPOSITION_INFORMATION *)Buffer)->DoDeleteFile != FALSE);
}

NTSTATUS IopSetDispositionEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const ULONG Known = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
			    FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
	ULONG Flags = ((const FILE_DISPOSITION_INFORMATION_EX *)Buffer)->Flags;

	if (Flags & ~Known)
		return STATUS_NOT_SUPPORTED;
	if (Flags & FILE_DISPOSITION_DELETE && Flags & FILE_DISPOSITION_POSIX_SEMANTICS)
		return IopDeleteNow(File);
	return SetPending(File, (Flags & FILE_DISPOSITION_DELETE) != 0);
}

/* ---- targets of renames and links ---- */
typedef struct _TARGET {
	IOP_PARSE Parse;
	PDEVICE_OBJECT Device;
	host_fd Dir;
	PFILE_OBJECT Root; /* a reference; NULL: the volume */
	POBJECT Holder;    /* a reference that keeps Dir open */
	IOP_NAME Name;
} TARGET;

static NTSTATUS TargetRoutine(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
			      PIOP_NAME Name, POBJECT *Found)
{
	TARGET *Target = container_of(Parse, TARGET, Parse);

	Target->Device = Device;
	Target->Root = Root;
	Target->Dir = IopRootFd(Device, Root);
	Target->Name.Length = Name->Length;
	Target->Name.Inner = Name->Inner;
	memcpy(Target->Name.Text, Name->Text, Name->Length + 1);
	*Found = Root ? &Root->Object : &Device->Object;
	ObReferenceObject(*Found);
	return STATUS_SUCCESS;
}

/* A simple name without RootDirectory: beside File. */
static NTSTATUS BesideFile(PFILE_OBJECT File, PUNICODE_STRING Name, TARGET *Target)
{
	NTSTATUS Status = IopDecodeName(Name, &Target->Name);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Target->Name.Inner || !File->Name || strchr(File->Name, '/'))
		return STATUS_INVALID_PARAMETER;
	Target->Device = File->Device;
	Target->Root = File->Parent;
	Target->Dir = IopRootFd(File->Device, File->Parent);
	Target->Holder = &File->Object;
	ObReferenceObject(Target->Holder);
	return STATUS_SUCCESS;
}

/* RN2: fully qualified, simple, or relative to a handle. */
static NTSTATUS FindTarget(PFILE_OBJECT File, const FILE_RENAME_INFORMATION *Info, ULONG Length,
			   TARGET *Target)
{
	OBJECT_ATTRIBUTES ObjectAttributes;
	UNICODE_STRING Name;
	NTSTATUS Status;

	if (Info->FileNameLength > Length - offsetof(FILE_RENAME_INFORMATION, FileName) ||
	    Info->FileNameLength > 65532)
		return STATUS_INVALID_PARAMETER;
	Name = (UNICODE_STRING){ (USHORT)Info->FileNameLength, (USHORT)Info->FileNameLength,
				 (PWSTR)Info->FileName };
	Target->Parse.Routine = TargetRoutine;
	Target->Device = NULL;
	Target->Holder = NULL;
	if (!Info->RootDirectory && Name.Length && Name.Buffer[0] != '\\') {
		Status = BesideFile(File, &Name, Target);
	} else {
		InitializeObjectAttributes(&ObjectAttributes, &Name, 0, Info->RootDirectory, NULL);
		Status = ObReferenceObjectByName(&ObjectAttributes, NULL, 0, &Target->Parse,
						 &Target->Holder);
	}
	if (!NT_SUCCESS(Status))
		return Status;
	if (!Target->Device)
		Status = STATUS_OBJECT_NAME_INVALID; /* some other object's name */
	else if (Target->Device != File->Device)
		Status = STATUS_NOT_SAME_DEVICE;
	else if (Target->Root && !IopIsDirectory(Target->Root))
		Status = STATUS_INVALID_PARAMETER;
	else if (!Target->Name.Length)
		Status = STATUS_OBJECT_NAME_INVALID;
	if (!NT_SUCCESS(Status))
		ObDereferenceObject(Target->Holder);
	return Status;
}

/*
 * Whether NT lets File's new name replace what has it already: RN3, RN4, RN10, RN11. STATUS_SUCCESS
 * also when the target is File itself (*Same) or does not exist (*Exists is FALSE).
 */
static NTSTATUS CheckReplace(PFILE_OBJECT File, const TARGET *Target, ULONG Flags, BOOLEAN *Exists,
			     BOOLEAN *Same)
{
	struct host_stat Old;
	BOOLEAN Directory;

	*Exists = NT_SUCCESS(host_statx(Target->Dir, Target->Name.Text, &Old));
	*Same = *Exists && IopIsInode(File, &Old);
	if (!*Exists || *Same)
		return STATUS_SUCCESS;
	if (!(Flags & FILE_RENAME_REPLACE_IF_EXISTS))
		return STATUS_OBJECT_NAME_COLLISION;
	if (Flags & FILE_RENAME_POSIX_SEMANTICS)
		return IopShareAllDelete(&Old) ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
	Directory = (Old.mode & HOST_S_IFMT) == HOST_S_IFDIR;
	return Directory || IopShareCount(&Old) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* File goes by the target's name from now on. */
static VOID RememberName(PFILE_OBJECT File, const TARGET *Target)
{
	char *Name = mem_strdup(Target->Name.Text), *OldName;
	PFILE_OBJECT OldParent;

	if (Name && Target->Root)
		ObReferenceObject(&Target->Root->Object);
	lk_acquire(&File->Lock);
	OldName = File->Name;
	OldParent = File->Parent;
	File->Name = Name;
	File->Parent = Name ? Target->Root : NULL;
	lk_release(&File->Lock);
	mem_free(OldName);
	if (OldParent)
		IopDereferenceFile(OldParent);
}

static NTSTATUS Rename(PFILE_OBJECT File, const FILE_RENAME_INFORMATION *Info, ULONG Length,
		       ULONG Flags)
{
	ULONG HostFlags = Flags & FILE_RENAME_LXRUN_EXCHANGE      ? HOST_RENAME_EXCHANGE
			  : Flags & FILE_RENAME_REPLACE_IF_EXISTS ? 0
								  : HOST_RENAME_NOREPLACE;
	BOOLEAN Exists, Same;
	TARGET Target;
	PLACE Place;
	NTSTATUS Status = FindTarget(File, Info, Length, &Target);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = FindPlace(File, &Place);
	if (Status == STATUS_FILE_DELETED)
		Status = STATUS_ACCESS_DENIED; /* DL9 */
	if (NT_SUCCESS(Status) && !(Flags & FILE_RENAME_LXRUN_EXCHANGE)) {
		Status = CheckReplace(File, &Target, Flags, &Exists, &Same);
		if (Same)
			HostFlags = 0; /* RN6; the host leaves two links of one inode alone */
	}
	if (NT_SUCCESS(Status)) {
		Status = host_renameat(Place.Dir, Place.Name, Target.Dir, Target.Name.Text,
				       HostFlags);
		Status = IopRefineStatus(Status, Target.Dir, &Target.Name);
	}
	if (NT_SUCCESS(Status))
		RememberName(File, &Target);
	ObDereferenceObject(Target.Holder);
	return Status;
}

NTSTATUS IopSetRename(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_RENAME_INFORMATION *Info = Buffer;

	return Rename(File, Info, Length,
		      Info->ReplaceIfExists ? FILE_RENAME_REPLACE_IF_EXISTS : 0);
}

NTSTATUS IopSetRenameEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_RENAME_INFORMATION *Info = Buffer;

	return Rename(File, Info, Length, Info->Flags);
}

/* ---- links ---- */
static NTSTATUS Link(PFILE_OBJECT File, const FILE_LINK_INFORMATION *Info, ULONG Length,
		     ULONG Flags)
{
	BOOLEAN Exists, Same;
	TARGET Target;
	NTSTATUS Status;

	if (IopIsDirectory(File))
		return STATUS_FILE_IS_A_DIRECTORY;
	Status = FindTarget(File, Info, Length, &Target);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_link(File->Fd, Target.Dir, Target.Name.Text);
	/* Replacing is not one step on the host: the old name goes, then the new one comes (RN14, RN15). */
	if (Status == STATUS_OBJECT_NAME_COLLISION && Flags & FILE_RENAME_REPLACE_IF_EXISTS) {
		Status = CheckReplace(File, &Target, Flags, &Exists, &Same);
		if (NT_SUCCESS(Status) && !Same) {
			if (Exists)
				Status = host_unlinkat(Target.Dir, Target.Name.Text, FALSE);
			if (NT_SUCCESS(Status))
				Status = host_link(File->Fd, Target.Dir, Target.Name.Text);
		}
	}
	Status = IopRefineStatus(Status, Target.Dir, &Target.Name);
	ObDereferenceObject(Target.Holder);
	return Status;
}

NTSTATUS IopSetLink(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_LINK_INFORMATION *Info = Buffer;

	return Link(File, Info, Length, Info->ReplaceIfExists ? FILE_RENAME_REPLACE_IF_EXISTS : 0);
}

NTSTATUS IopSetLinkEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_LINK_INFORMATION *Info = Buffer;

	return Link(File, Info, Length, Info->Flags);
}
