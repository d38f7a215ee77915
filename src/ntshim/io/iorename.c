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
#include "nt/mm.h"
#include "base/alloc.h"

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

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_unlinkat(Place.Dir, Place.Name, IopIsDirectory(File));
	if (Status == STATUS_DIRECTORY_NOT_EMPTY && IopIsNt(File->Device) &&
	    IopSweepStaged(File->Fd))
		Status = host_unlinkat(Place.Dir, Place.Name, TRUE);
	if (NT_SUCCESS(Status) && File->Base)
		IopNotifyStream(File->Base, Place.Name, FILE_ACTION_REMOVED_STREAM,
				FILE_NOTIFY_CHANGE_STREAM_NAME);
	else if (NT_SUCCESS(Status) && File->Device->Case)
		IopDropLostStreams(File->Device, File->Fd);
	return Status;
}

/* ---- disposition ---- */
NTSTATUS IopCheckEmpty(PFILE_OBJECT File)
{
	char Buffer[1024] __attribute__((aligned(8)));
	ULONG Length, Entries = 0;
	host_fd Fd;
	NTSTATUS Status = host_reopen(File->Fd, HOST_READ | HOST_DIRECTORY, &Fd);

	if (!NT_SUCCESS(Status))
		return Status;
	do {
		Status = host_getdents(Fd, Buffer, sizeof(Buffer), &Length);
		for (ULONG At = 0; NT_SUCCESS(Status) && At < Length;) {
			const struct host_dirent *d = (const void *)(Buffer + At);

			At += d->size;
			Entries += !(IopIsNt(File->Device) && IopIsStaged(d->name));
		}
	} while (NT_SUCCESS(Status) && Length && Entries <= 2);
	host_closefd(Fd);
	return NT_SUCCESS(Status) && Entries > 2 ? STATUS_DIRECTORY_NOT_EMPTY : Status;
}

/* DL1, DL11 */
static NTSTATUS CheckReadOnly(PFILE_OBJECT File)
{
	IOP_NODE Node;
	NTSTATUS Status;

	if (!IopIsNt(File->Device))
		return STATUS_SUCCESS;
	Status = IopQueryNode(File, &Node);
	if (NT_SUCCESS(Status) && Node.Attributes & FILE_ATTRIBUTE_READONLY)
		return STATUS_CANNOT_DELETE;
	return Status;
}

/* DL13: what the last name of is mapped; POSIX deletion minds images only. */
static NTSTATUS CheckMapped(const FILE_OBJECT *File, ULONG Flags, ULONG Links)
{
	if (MmIsFileAnImage(File->HostDevice, File->Inode))
		return Links == 1 || Flags & FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK
			       ? STATUS_CANNOT_DELETE
			       : STATUS_SUCCESS;
	return Links == 1 && !(Flags & FILE_DISPOSITION_POSIX_SEMANTICS) &&
			       !MmCanFileBeTruncated(File->HostDevice, File->Inode, 0)
		       ? STATUS_CANNOT_DELETE
		       : STATUS_SUCCESS;
}

static NTSTATUS SetPending(PFILE_OBJECT File, ULONG Flags)
{
	BOOLEAN Delete = (Flags & FILE_DISPOSITION_DELETE) != 0,
		Posix = (Flags & FILE_DISPOSITION_POSIX_SEMANTICS) != 0;
	struct host_stat St;
	NTSTATUS Status = host_fstat(File->Fd, &St);

	if (File->ById)
		return STATUS_INVALID_PARAMETER; /* CF17 */
	if (File->Base && !Delete)
		return STATUS_SUCCESS; /* DL3: streams do not come back */
	if (NT_SUCCESS(Status) && St.nlink == 0)
		Status = STATUS_FILE_DELETED;
	if (NT_SUCCESS(Status) && Delete && !(Flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE))
		Status = CheckReadOnly(File);
	if (NT_SUCCESS(Status) && Delete && IopIsDirectory(File))
		Status = IopCheckEmpty(File);
	if (NT_SUCCESS(Status) && Delete)
		Status = CheckMapped(File, Flags, St.nlink);
	if (NT_SUCCESS(Status))
		Status = IopSetDeletePending(File, Delete, Posix);
	if (NT_SUCCESS(Status) && Delete && IopIsDirectory(File))
		IopNotifyDelete(File);
	return Status;
}

NTSTATUS IopSetDisposition(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	BOOLEAN Delete = ((const FILE_DISPOSITION_INFORMATION *)Buffer)->DoDeleteFile != FALSE;

	return SetPending(File, Delete ? FILE_DISPOSITION_DELETE : 0);
}

/*
 * A POSIX deletion is carried out when the handle that asked for it is closed (DL8); on a host volume
 * at once, so that the caller hears what the host says of it.
 */
NTSTATUS IopSetDispositionEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const ULONG Known = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
			    FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | FILE_DISPOSITION_ON_CLOSE |
			    FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
	ULONG Flags = ((const FILE_DISPOSITION_INFORMATION_EX *)Buffer)->Flags;

	if (Flags & ~Known)
		return STATUS_NOT_SUPPORTED;
	if (Flags & FILE_DISPOSITION_ON_CLOSE)
		return IopSetDeleteOnClose(File, (Flags & FILE_DISPOSITION_DELETE) != 0);
	if (!IopIsNt(File->Device) && !File->ById && Flags & FILE_DISPOSITION_DELETE &&
	    Flags & FILE_DISPOSITION_POSIX_SEMANTICS &&
	    !MmIsFileAnImage(File->HostDevice, File->Inode))
		return IopDeleteNow(File);
	return SetPending(File, Flags);
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
	Target->Name.CaseInsensitive = Name->CaseInsensitive;
	Target->Name.HasStream = Name->HasStream;
	memcpy(Target->Name.Text, Name->Text, Name->Length + 1);
	*Found = Root ? &Root->Object : &Device->Object;
	ObReferenceObject(*Found);
	return STATUS_SUCCESS;
}

/* A simple name without RootDirectory: beside File. */
static NTSTATUS BesideFile(PFILE_OBJECT File, PUNICODE_STRING Name, TARGET *Target)
{
	NTSTATUS Status = IopDecodeNameFor(File->Device, Name, &Target->Name);

	if (!NT_SUCCESS(Status))
		return Status;
	Target->Name.CaseInsensitive = File->CaseInsensitive;
	if (Target->Name.Inner || !File->Name || strchr(File->Name, '/'))
		return STATUS_INVALID_PARAMETER;
	Target->Device = File->Device;
	Target->Root = File->Parent;
	Target->Dir = IopRootFd(File->Device, File->Parent);
	Target->Holder = &File->Object;
	ObReferenceObject(Target->Holder);
	return STATUS_SUCCESS;
}

/* The name in Info; STATUS_INVALID_PARAMETER. */
static NTSTATUS NewName(const FILE_RENAME_INFORMATION *Info, ULONG Length, PUNICODE_STRING Name)
{
	if (Info->FileNameLength > Length - offsetof(FILE_RENAME_INFORMATION, FileName) ||
	    Info->FileNameLength > 65532)
		return STATUS_INVALID_PARAMETER;
	*Name = (UNICODE_STRING){ (USHORT)Info->FileNameLength, (USHORT)Info->FileNameLength,
				  (PWSTR)Info->FileName };
	return STATUS_SUCCESS;
}

/* RN2: fully qualified, simple, or relative to a handle. */
static NTSTATUS FindTarget(PFILE_OBJECT File, const FILE_RENAME_INFORMATION *Info, ULONG Length,
			   TARGET *Target)
{
	OBJECT_ATTRIBUTES ObjectAttributes;
	UNICODE_STRING Name;
	NTSTATUS Status = NewName(Info, Length, &Name);

	if (!NT_SUCCESS(Status))
		return Status;
	if (File->Base)
		return STATUS_INVALID_PARAMETER; /* AS6: a stream stays with its file */
	Target->Parse = (IOP_PARSE){ .Routine = TargetRoutine };
	Target->Device = NULL;
	Target->Holder = NULL;
	if (!Info->RootDirectory && Name.Length && Name.Buffer[0] != '\\') {
		Status = BesideFile(File, &Name, Target);
	} else {
		InitializeObjectAttributes(&ObjectAttributes, &Name,
					   File->CaseInsensitive ? OBJ_CASE_INSENSITIVE : 0,
					   Info->RootDirectory, NULL);
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
	else if (Target->Root && Target->Root->Inode &&
		 !IopShareAll(Target->Root->HostDevice, Target->Root->Inode, FILE_SHARE_WRITE))
		Status = STATUS_SHARING_VIOLATION; /* SH4 */
	else if (!Target->Name.Length || Target->Name.HasStream ||
		 (IopIsNt(File->Device) && IopIsStaged(Target->Name.Text)))
		Status = STATUS_OBJECT_NAME_INVALID;
	if (NT_SUCCESS(Status)) /* RN8 */
		Status = IopCheckDirectory(
			File->Device, Target->Dir,
			IopIsDirectory(File) ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE, 0);
	if (!NT_SUCCESS(Status))
		ObDereferenceObject(Target->Holder);
	return Status;
}

/* Who has the name that a file is to get. */
typedef struct _OCCUPANT {
	BOOLEAN Exists, Same; /* Same: it is the file itself */
	char Name[256];       /* as the host has it; may differ from the new name in case */
} OCCUPANT;

/* A component's own bytes: host names have at most 255. */
static VOID Spell(char Name[256], const char *Text)
{
	SIZE_T Length = strnlen(Text, 255);

	memcpy(Name, Text, Length);
	Name[Length] = 0;
}

static VOID FindOccupant(PFILE_OBJECT File, const TARGET *Target, OCCUPANT *o,
			 struct host_stat *Old)
{
	NTSTATUS Status = host_statx(Target->Dir, Target->Name.Text, Old);

	*o = (OCCUPANT){ 0 };
	if (!IopIsNt(File->Device)) {
		o->Exists = NT_SUCCESS(Status);
	} else {
		Spell(o->Name, Target->Name.Text);
		if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Target->Name.CaseInsensitive &&
		    NT_SUCCESS(IopResolveCase(File->Device, Target->Dir, o->Name)))
			Status = host_statx(Target->Dir, o->Name, Old);
		o->Exists = NT_SUCCESS(Status);
	}
	o->Same = o->Exists && IopIsInode(File, Old);
}

/* RN4, RN11, RN12: what NT's attributes and types say about replacing. */
static NTSTATUS CheckVictim(PFILE_OBJECT File, const TARGET *Target, const OCCUPANT *o, ULONG Flags,
			    const struct host_stat *Old)
{
	BOOLEAN Directory = (Old->mode & HOST_S_IFMT) == HOST_S_IFDIR;
	IOP_NODE Node = { .St = *Old };
	NTSTATUS Status = IopStatNode(File->Device, Target->Dir, o->Name, &Node);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Node.Attributes & FILE_ATTRIBUTE_READONLY &&
	    !(Flags & FILE_RENAME_IGNORE_READONLY_ATTRIBUTE))
		return STATUS_ACCESS_DENIED;
	if (Directory != IopIsDirectory(File))
		return STATUS_ACCESS_DENIED;
	return Node.HasSecurity && File->Device->Case
		       ? IopCheckSecurity(Target->Dir, Target->Dir, o->Name, DELETE, 0, NULL)
		       : STATUS_SUCCESS; /* RN8 */
}

/*
 * Whether NT lets File's new name replace what has it already: RN3, RN4, RN10, RN11. STATUS_SUCCESS
 * also when the target is File itself or does not exist.
 */
static NTSTATUS CheckReplace(PFILE_OBJECT File, const TARGET *Target, ULONG Flags, OCCUPANT *o)
{
	struct host_stat Old;
	NTSTATUS Status;

	FindOccupant(File, Target, o, &Old);
	if (!o->Exists || o->Same)
		return STATUS_SUCCESS;
	if (!(Flags & FILE_RENAME_REPLACE_IF_EXISTS))
		return STATUS_OBJECT_NAME_COLLISION;
	if (IopIsNt(File->Device)) {
		Status = CheckVictim(File, Target, o, Flags, &Old);
		if (!NT_SUCCESS(Status))
			return Status;
	}
	if (MmIsFileAnImage(IopHostDevice(&Old), Old.ino))
		return STATUS_ACCESS_DENIED; /* RN13 */
	if (Flags & FILE_RENAME_POSIX_SEMANTICS)
		return IopShareAll(IopHostDevice(&Old), Old.ino, FILE_SHARE_DELETE)
			       ? STATUS_SUCCESS
			       : STATUS_SHARING_VIOLATION;
	return (Old.mode & HOST_S_IFMT) == HOST_S_IFDIR || IopShareCount(&Old)
		       ? STATUS_ACCESS_DENIED
		       : STATUS_SUCCESS;
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

/*
 * The host's rename, on volumes where case may be in the way: a name that is replaced gives way under
 * its own spelling, and the new spelling comes after it.
 */
static NTSTATUS RenameByCase(PFILE_OBJECT File, const PLACE *Place, const TARGET *Target,
			     const OCCUPANT *o, ULONG HostFlags)
{
	const char *New = Target->Name.Text;
	NTSTATUS Status;

	if (o->Exists && !o->Same && strcmp(o->Name, New) != 0) {
		Status = host_renameat(Place->Dir, Place->Name, Target->Dir, o->Name, HostFlags);
		if (NT_SUCCESS(Status))
			host_renameat(Target->Dir, o->Name, Target->Dir, New,
				      HOST_RENAME_NOREPLACE);
		return Status;
	}
	if (o->Exists)
		return host_renameat(Place->Dir, Place->Name, Target->Dir, New, HostFlags);
	Status = IopBeginName(File->Device, Target->Dir, &Target->Name, NULL);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_renameat(Place->Dir, Place->Name, Target->Dir, New, HostFlags);
	IopEndName(File->Device, &Target->Name);
	return Status;
}

/* What is about to be replaced, so that its streams can go with it: a descriptor, or none. */
static host_fd OpenVictim(PFILE_OBJECT File, const TARGET *Target, const OCCUPANT *o)
{
	host_fd Fd;

	if (!File->Device->Case || !o->Exists || o->Same ||
	    !NT_SUCCESS(host_openat(Target->Dir, o->Name, HOST_PATH, 0, &Fd)))
		return HOST_NO_FD;
	return Fd;
}

static VOID CloseVictim(PFILE_OBJECT File, host_fd Fd)
{
	if (Fd.v >= 0)
		IopDropLostStreams(File->Device, Fd);
	host_closefd(Fd);
}

static NTSTATUS MoveName(PFILE_OBJECT File, const PLACE *Place, TARGET *Target, const OCCUPANT *o,
			 ULONG HostFlags)
{
	host_fd Victim;
	NTSTATUS Status;

	if (!IopIsNt(File->Device))
		return host_renameat(Place->Dir, Place->Name, Target->Dir, Target->Name.Text,
				     HostFlags);
	Victim = OpenVictim(File, Target, o);
	Status = RenameByCase(File, Place, Target, o, HostFlags);
	CloseVictim(File, Victim);
	return Status;
}

/* ---- RN5: a directory that somebody has something open in stays where it is ---- */
typedef struct _BELOW {
	PFILE_OBJECT Directory;
	char Path[IOP_PATH_MAX];
	ULONG Length;
	BOOLEAN Found;
} BELOW;

static BOOLEAN IsBelow(POBJECT Object, PVOID Context)
{
	PFILE_OBJECT File = IopFile(Object);
	BELOW *Below = Context;
	char Path[IOP_PATH_MAX];
	ULONG Length;

	if (Object->Type != &IoFileType || File->Device != Below->Directory->Device ||
	    File->Fd.v < 0)
		return TRUE;
	Below->Found = NT_SUCCESS(host_path(IopMetadataFd(File), Path, sizeof(Path), &Length)) &&
		       Length > Below->Length && Path[Below->Length] == '/' &&
		       !memcmp(Path, Below->Path, Below->Length);
	return !Below->Found;
}

/* Linux renames such directories, and asks with POSIX semantics for it. */
static NTSTATUS CheckBelow(PFILE_OBJECT File, ULONG Flags)
{
	BELOW *Below;
	NTSTATUS Status;

	if (!IopIsDirectory(File) ||
	    Flags & (FILE_RENAME_POSIX_SEMANTICS | FILE_RENAME_LXRUN_EXCHANGE))
		return STATUS_SUCCESS;
	Below = mem_alloc(sizeof(*Below));
	if (!Below)
		return STATUS_INSUFFICIENT_RESOURCES;
	Below->Directory = File;
	Status = host_path(File->Fd, Below->Path, sizeof(Below->Path), &Below->Length);
	if (NT_SUCCESS(Status))
		ObEnumerateHandles(IsBelow, Below);
	if (NT_SUCCESS(Status) && Below->Found)
		Status = STATUS_ACCESS_DENIED;
	mem_free(Below);
	return Status;
}

static NTSTATUS Rename(PFILE_OBJECT File, const FILE_RENAME_INFORMATION *Info, ULONG Length,
		       ULONG Flags)
{
	ULONG HostFlags = Flags & FILE_RENAME_LXRUN_EXCHANGE      ? HOST_RENAME_EXCHANGE
			  : Flags & FILE_RENAME_REPLACE_IF_EXISTS ? 0
								  : HOST_RENAME_NOREPLACE;
	OCCUPANT o = { .Exists = TRUE }; /* of an exchange */
	UNICODE_STRING Name;
	TARGET Target;
	PLACE Place;
	NTSTATUS Status = File->ById ? STATUS_INVALID_PARAMETER : NewName(Info, Length, &Name);

	if (NT_SUCCESS(Status) && !Info->RootDirectory && Name.Length && Name.Buffer[0] == ':' &&
	    File->Device->Case)
		return IopRenameStream(File, &Name, Flags & FILE_RENAME_REPLACE_IF_EXISTS);
	if (NT_SUCCESS(Status))
		Status = FindTarget(File, Info, Length, &Target);
	if (!NT_SUCCESS(Status))
		return Status;
	Spell(o.Name, Target.Name.Text);
	Status = FindPlace(File, &Place);
	if (Status == STATUS_FILE_DELETED)
		Status = STATUS_ACCESS_DENIED; /* DL9 */
	if (NT_SUCCESS(Status))
		Status = CheckBelow(File, Flags);
	if (NT_SUCCESS(Status) && !(Flags & FILE_RENAME_LXRUN_EXCHANGE)) {
		Status = CheckReplace(File, &Target, Flags, &o);
		if (o.Same)
			HostFlags = 0; /* RN6; the host leaves two links of one inode alone */
	}
	if (NT_SUCCESS(Status)) {
		Status = MoveName(File, &Place, &Target, &o, HostFlags);
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
static NTSTATUS MakeLink(PFILE_OBJECT File, const TARGET *Target)
{
	NTSTATUS Status = IopBeginName(File->Device, Target->Dir, &Target->Name, NULL);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_link(File->Fd, Target->Dir, Target->Name.Text);
	IopEndName(File->Device, &Target->Name);
	return Status;
}

/* Replacing is not one step on the host: the old name goes, then the new one comes (RN14, RN15). */
static NTSTATUS ReplaceLink(PFILE_OBJECT File, const TARGET *Target, ULONG Flags)
{
	OCCUPANT o;
	NTSTATUS Status = CheckReplace(File, Target, Flags, &o);
	const char *Name = o.Name[0] ? o.Name : Target->Name.Text;

	if (!NT_SUCCESS(Status))
		return Status;
	if (o.Same && strcmp(Name, Target->Name.Text) == 0)
		return STATUS_SUCCESS;
	if (o.Same) /* the same link in other letters */
		return host_renameat(Target->Dir, Name, Target->Dir, Target->Name.Text,
				     HOST_RENAME_NOREPLACE);
	if (o.Exists) {
		host_fd Victim = OpenVictim(File, Target, &o);

		Status = host_unlinkat(Target->Dir, Name, FALSE);
		CloseVictim(File, Victim);
	}
	return NT_SUCCESS(Status) ? MakeLink(File, Target) : Status;
}

static NTSTATUS Link(PFILE_OBJECT File, const FILE_LINK_INFORMATION *Info, ULONG Length,
		     ULONG Flags)
{
	TARGET Target;
	NTSTATUS Status;

	if (IopIsDirectory(File))
		return STATUS_FILE_IS_A_DIRECTORY;
	Status = FindTarget(File, Info, Length, &Target);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = MakeLink(File, &Target);
	if (Status == STATUS_OBJECT_NAME_COLLISION && Flags & FILE_RENAME_REPLACE_IF_EXISTS)
		Status = ReplaceLink(File, &Target, Flags);
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
