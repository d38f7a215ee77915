/* SPDX-License-Identifier: MIT */
/*
 * iobyname.c - NtQueryInformationByName: attributes without opening, the way of stat(2).
 *
 * One host statx. A name of several components may not pass through a link, which statx cannot be
 * told: there the last component is opened by name only, and asked.
 */
#include "iop.h"

typedef struct _BY_NAME {
	IOP_PARSE Parse;
	IOP_NODE Node;
} BY_NAME;

static NTSTATUS StatInner(host_fd Dir, PIOP_NAME Name, struct host_stat *St)
{
	host_fd Fd;
	NTSTATUS Status = host_openat(Dir, Name->Text, HOST_PATH | HOST_NO_LINKS, 0, &Fd);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_statx(Fd, "", St);
	host_closefd(Fd);
	return Status;
}

static NTSTATUS QueryRoutine(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
			     PIOP_NAME Name, POBJECT *Found)
{
	BY_NAME *Query = container_of(Parse, BY_NAME, Parse);
	host_fd Dir = IopRootFd(Device, Root);
	NTSTATUS Status;

	if (Dir.v < 0)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (Root && Name->Length && !IopIsDirectory(Root))
		return STATUS_OBJECT_PATH_NOT_FOUND;
	Status = Name->Inner ? StatInner(Dir, Name, &Query->Node.St)
			     : IopStatName(Device, Dir, Name, &Query->Node.St);
	if (Status == STATUS_STOPPED_ON_SYMLINK)
		return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
	if (!NT_SUCCESS(Status))
		return IopRefineStatus(Status, Dir, Name);
	Status = IopStatNode(Device, Dir, Name->Text, &Query->Node);
	if (NT_SUCCESS(Status) && Query->Node.HasSecurity && Device->Case)
		Status = IopCheckSecurity(Name->Length ? Dir : HOST_NO_FD, Dir, Name->Text,
					  FILE_READ_ATTRIBUTES, 0, NULL);
	if (NT_SUCCESS(Status) && Name->HasStream)
		Status = IopStatStream(Device, Dir, Name, &Query->Node.St);
	if (!NT_SUCCESS(Status))
		return Status;
	*Found = Root ? &Root->Object : &Device->Object;
	ObReferenceObject(*Found);
	return STATUS_SUCCESS;
}

static NTSTATUS FindNode(POBJECT_ATTRIBUTES ObjectAttributes, BY_NAME *Query)
{
	POBJECT Found;
	NTSTATUS Status = ObReferenceObjectByName(ObjectAttributes, NULL, 0, &Query->Parse, &Found);

	if (!NT_SUCCESS(Status))
		return Status;
	ObDereferenceObject(Found);
	if (!Query->Node.St.mode) /* an object that parses no file names */
		return STATUS_OBJECT_TYPE_MISMATCH;
	return IopIsInodePending(&Query->Node.St) ? STATUS_DELETE_PENDING
						  : STATUS_SUCCESS; /* DL2 */
}

static NTSTATUS QueryByName(POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb,
			    PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class)
{
	BY_NAME Query = { .Parse.Routine = QueryRoutine };
	NTSTATUS Status;

	if (!IopStatSize(Class))
		return STATUS_INVALID_INFO_CLASS;
	if (Length < IopStatSize(Class))
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbeAnswer(Iosb, Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = FindNode(ObjectAttributes, &Query);
	if (!NT_SUCCESS(Status))
		return Status;
	Iosb->Information = IopFillStat(Class, &Query.Node, Buffer);
	Iosb->Status = STATUS_SUCCESS;
	return STATUS_SUCCESS;
}

NTSTATUS NtQueryInformationByName(POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb,
				  PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class)
{
	NT_ENTRY(NtQueryInformationByName, .Attributes = ObjectAttributes);
	NTSTATUS Status = QueryByName(ObjectAttributes, Iosb, Buffer, Length, Class);

	if (trace_on(TR_NT))
		IopTraceByName("NtQueryInformationByName", ObjectAttributes, IopClassName(Class),
			       Status);
	return Status;
}

static NTSTATUS QueryAttributes(POBJECT_ATTRIBUTES ObjectAttributes, PVOID Buffer, ULONG Length,
				BY_NAME *Query)
{
	NTSTATUS Status = ProbeForWrite(Buffer, Length, sizeof(ULONG));

	if (!NT_SUCCESS(Status))
		return Status;
	Query->Parse.Routine = QueryRoutine;
	return FindNode(ObjectAttributes, Query);
}

NTSTATUS NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
			       FILE_BASIC_INFORMATION *Information)
{
	NT_ENTRY(NtQueryAttributesFile, .Attributes = ObjectAttributes);
	BY_NAME Query = { 0 };
	NTSTATUS Status = QueryAttributes(ObjectAttributes, Information, sizeof(*Information),
					  &Query);

	if (NT_SUCCESS(Status))
		IopFillBasic(&Query.Node, Information);
	if (trace_on(TR_NT))
		IopTraceByName("NtQueryAttributesFile", ObjectAttributes, "", Status);
	return Status;
}

NTSTATUS NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
				   FILE_NETWORK_OPEN_INFORMATION *Information)
{
	NT_ENTRY(NtQueryFullAttributesFile, .Attributes = ObjectAttributes);
	BY_NAME Query = { 0 };
	NTSTATUS Status = QueryAttributes(ObjectAttributes, Information, sizeof(*Information),
					  &Query);

	if (NT_SUCCESS(Status))
		IopFillNetworkOpen(&Query.Node, Information);
	if (trace_on(TR_NT))
		IopTraceByName("NtQueryFullAttributesFile", ObjectAttributes, "", Status);
	return Status;
}
