/* SPDX-License-Identifier: MIT */
/*
 * iosecurity.c - security descriptors of files: nt.md SE5..SE8, SE10, RN8.
 *
 * On a win volume a descriptor is an xattr of its file, IOP_XATTR_SECURITY, put there when the file is made
 * (iostage.c) or by NtSetSecurityObject, and then it decides, besides the host, who may open the file. A file
 * without one is told to have what its owner and mode say, and they decide alone: so it is on host
 * volumes, where the host enforces them, and on lx volumes, where lxcore does; neither keeps descriptors.
 */
#include "iop.h"
#include "base/alloc.h"

#define ACL_ROOM 160

/* What the two privileges stand for in an open for backup (SE5). */
#define BACKUP_ACCESS (READ_CONTROL | ACCESS_SYSTEM_SECURITY | FILE_GENERIC_READ | FILE_TRAVERSE)
#define RESTORE_ACCESS                                                                           \
	(WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY | FILE_GENERIC_WRITE | FILE_ADD_FILE | \
	 FILE_ADD_SUBDIRECTORY | DELETE)

/* ---- storing ---- */
/* NULL: there is none. Somebody else's bytes let nobody in. */
static NTSTATUS Load(host_fd Dir, const char *Name, PSECURITY_DESCRIPTOR *Descriptor)
{
	SIZE_T Length;
	NTSTATUS Status = IopGetXattr(Dir, Name, IOP_XATTR_SECURITY, Descriptor, &Length);

	if (Status == STATUS_NONEXISTENT_EA_ENTRY || Status == STATUS_NOT_SUPPORTED)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(Status) ||
	    RtlValidRelativeSecurityDescriptor(*Descriptor, (ULONG)Length, 0))
		return Status;
	mem_free(*Descriptor);
	*Descriptor = NULL;
	return STATUS_INVALID_SECURITY_DESCR;
}

NTSTATUS IopStoreSecurity(host_fd Fd, PSECURITY_DESCRIPTOR Descriptor)
{
	return IopSetXattr(Fd, IOP_XATTR_SECURITY, Descriptor,
			   RtlLengthSecurityDescriptor(Descriptor));
}

NTSTATUS IopNewSecurity(PDEVICE_OBJECT Device, host_fd Dir, const IOP_OPEN *Open,
			PSECURITY_DESCRIPTOR *Descriptor)
{
	const BOOLEAN Directory = (Open->Options & FILE_DIRECTORY_FILE) != 0;
	PSECURITY_DESCRIPTOR Parent = NULL;
	NTSTATUS Status = STATUS_SUCCESS;
	PTOKEN Token;

	*Descriptor = NULL;
	if (!Device->Case)
		return STATUS_SUCCESS;
	Status = IopCheckDirectory(Device, Dir, Directory ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE,
				   Open->Options);
	if (NT_SUCCESS(Status))
		Status = Load(Dir, "", &Parent);
	if (!NT_SUCCESS(Status) || (!Parent && !Open->Security))
		return Status;
	Token = SeReferenceEffectiveToken();
	Status = Token ? SeAssignSecurity(Parent, Open->Security, Directory, Token,
					  &IoFileType.Mapping, Descriptor)
		       : STATUS_INSUFFICIENT_RESOURCES;
	SeReleaseToken(Token);
	mem_free(Parent);
	return Status;
}

/* ---- checking ---- */
/* The rights that privileges give an open with Options. */
static ACCESS_MASK Privileged(ULONG Options)
{
	ACCESS_MASK Access = ACCESS_SYSTEM_SECURITY; /* NtCreateFile has seen to it */

	if (!(Options & FILE_OPEN_FOR_BACKUP_INTENT))
		return Access;
	if (SeHasPrivilege(SE_BACKUP_PRIVILEGE))
		Access |= BACKUP_ACCESS;
	if (SeHasPrivilege(SE_RESTORE_PRIVILEGE))
		Access |= RESTORE_ACCESS;
	return Access;
}

/* All that Name's own descriptor allows; everything if there is none. */
static NTSTATUS Allowed(host_fd Dir, const char *Name, PACCESS_MASK Access)
{
	PSECURITY_DESCRIPTOR Descriptor = NULL;
	NTSTATUS Status = Load(Dir, Name, &Descriptor);

	*Access = FILE_ALL_ACCESS;
	if (NT_SUCCESS(Status) && Descriptor)
		Status = SeCheckCaller(Descriptor, MAXIMUM_ALLOWED, &IoFileType.Mapping, Access);
	if (Status == STATUS_ACCESS_DENIED) {
		*Access = 0;
		Status = STATUS_SUCCESS;
	}
	mem_free(Descriptor);
	return Status;
}

NTSTATUS IopCheckDirectory(PDEVICE_OBJECT Device, host_fd Dir, ACCESS_MASK Desired, ULONG Options)
{
	ACCESS_MASK Access;
	NTSTATUS Status;

	if (!Device->Case)
		return STATUS_SUCCESS;
	Status = Allowed(Dir, "", &Access);
	if (NT_SUCCESS(Status) && Desired & ~(Access | Privileged(Options)))
		Status = STATUS_ACCESS_DENIED;
	return Status;
}

NTSTATUS IopCheckTraverse(PDEVICE_OBJECT Device, host_fd Dir)
{
	if (!Device->Case || SeHasPrivilege(SE_CHANGE_NOTIFY_PRIVILEGE))
		return STATUS_SUCCESS;
	return IopCheckDirectory(Device, Dir, FILE_TRAVERSE, 0);
}

NTSTATUS IopCheckSecurity(host_fd Dir, host_fd At, const char *Name, ACCESS_MASK Desired,
			  ULONG Options, PACCESS_MASK Maximum)
{
	const ACCESS_MASK ByParent = DELETE | FILE_READ_ATTRIBUTES; /* SE8, FI5 */
	ACCESS_MASK Access, Parent = 0, Missing;
	NTSTATUS Status = Allowed(At, Name, &Access);

	Access |= Privileged(Options);
	Missing = (Maximum ? ByParent : Desired & ByParent) & ~Access;
	if (NT_SUCCESS(Status) && Missing && Dir.v >= 0)
		Status = Allowed(Dir, "", &Parent);
	Access |= (Parent & FILE_DELETE_CHILD ? DELETE : 0) |
		  (Parent & FILE_LIST_DIRECTORY ? FILE_READ_ATTRIBUTES : 0);
	if (Maximum)
		*Maximum = Access;
	return NT_SUCCESS(Status) && Desired & ~Access ? STATUS_ACCESS_DENIED : Status;
}

NTSTATUS IopAuthorizeOpen(PIOP_OPEN Open, host_fd Dir, host_fd Fd)
{
	NTSTATUS Status = IopCheckSecurity(Dir, Fd, "", Open->Demanded, Open->Options,
					   Open->Maximum ? &Open->Allowed : NULL);

	Open->Access &= Open->Allowed;
	return NT_SUCCESS(Status) && !Open->Access ? STATUS_ACCESS_DENIED : Status;
}

/* ---- telling ---- */
/* What three mode bits allow; to the owner also what chmod and chown are for. */
static ACCESS_MASK ModeAccess(ULONG Bits, BOOLEAN Owner, BOOLEAN Directory)
{
	ACCESS_MASK Access = READ_CONTROL | SYNCHRONIZE | FILE_READ_ATTRIBUTES;

	if (Owner)
		Access |= WRITE_DAC | WRITE_OWNER | DELETE | FILE_WRITE_ATTRIBUTES;
	if (Bits & 4)
		Access |= FILE_GENERIC_READ;
	if (Bits & 2)
		Access |= FILE_GENERIC_WRITE | (Directory ? FILE_DELETE_CHILD : 0);
	if (Bits & 1)
		Access |= FILE_GENERIC_EXECUTE;
	return Access;
}

/* Owner, group and list of a file without a descriptor, as a mode says them. */
static NTSTATUS FromMode(const struct host_stat *St, PSECURITY_DESCRIPTOR *Descriptor)
{
	const BOOLEAN Directory = (St->mode & HOST_S_IFMT) == HOST_S_IFDIR;
	SE_SID(Owner, 22, 2, 1, St->uid);
	SE_SID(Group, 22, 2, 2, St->gid);
	SE_SID(World, 1, 1, 0);
	const struct {
		PSID Sid;
		ULONG Shift;
	} Who[] = { { &Owner, 6 }, { &Group, 3 }, { &World, 0 } };
	_Alignas(4) UCHAR Room[ACL_ROOM];
	SECURITY_DESCRIPTOR Sd;
	PACL Acl = (PACL)Room;

	RtlCreateSecurityDescriptor(&Sd, SECURITY_DESCRIPTOR_REVISION);
	RtlCreateAcl(Acl, sizeof(Room), ACL_REVISION);
	for (ULONG i = 0; i < sizeof(Who) / sizeof(Who[0]); i++)
		RtlAddAccessAllowedAce(Acl, ACL_REVISION,
				       ModeAccess(St->mode >> Who[i].Shift, !i, Directory),
				       Who[i].Sid);
	RtlSetOwnerSecurityDescriptor(&Sd, &Owner, FALSE);
	RtlSetGroupSecurityDescriptor(&Sd, &Group, FALSE);
	RtlSetDaclSecurityDescriptor(&Sd, TRUE, Acl, FALSE);
	return SeCaptureSecurityDescriptor(&Sd, Descriptor);
}

/* The one that is there, or FromMode(). */
static NTSTATUS Tell(PFILE_OBJECT File, PSECURITY_DESCRIPTOR *Descriptor)
{
	IOP_NODE Node;
	NTSTATUS Status = IopQueryNode(File, &Node);

	if (NT_SUCCESS(Status) && Node.HasSecurity)
		Status = Load(IopMetadataFd(File), "", Descriptor);
	if (NT_SUCCESS(Status) && !*Descriptor)
		Status = FromMode(&Node.St, Descriptor);
	return Status;
}

static BOOLEAN OnVolume(const FILE_OBJECT *File)
{
	return File->Device->Driver == &IopVolumeDriver ||
	       File->Device->Driver == &IopNtVolumeDriver;
}

NTSTATUS IopGetFileSecurity(POBJECT Object, SECURITY_INFORMATION Information,
			    PSECURITY_DESCRIPTOR *Descriptor)
{
	PFILE_OBJECT File = IopFile(Object);

	*Descriptor = NULL;
	if (!OnVolume(File)) /* other devices' files have the default one */
		return STATUS_SUCCESS;
	if (Information)
		return Tell(File, Descriptor);
	return File->Device->Case ? Load(IopMetadataFd(File), "", Descriptor) : STATUS_SUCCESS;
}

NTSTATUS IopSetFileSecurity(POBJECT Object, SECURITY_INFORMATION Information,
			    PSECURITY_DESCRIPTOR Changes)
{
	PFILE_OBJECT File = IopFile(Object);
	PSECURITY_DESCRIPTOR Old = NULL, New = NULL;
	NTSTATUS Status;

	if (!OnVolume(File) || !File->Device->Case)
		return STATUS_NOT_SUPPORTED;
	lk_acquire(&File->Device->Metadata);
	Status = Tell(File, &Old);
	if (NT_SUCCESS(Status))
		Status = SeSetSecurityDescriptor(Information, Old, Changes, &New);
	if (NT_SUCCESS(Status))
		Status = IopStoreSecurity(IopMetadataFd(File), New);
	lk_release(&File->Device->Metadata);
	SeDeassignSecurity(Old);
	SeDeassignSecurity(New);
	return Status;
}
