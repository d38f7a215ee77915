/* SPDX-License-Identifier: MIT */
/*
 * iosparse.c - FSCTL_SET_SPARSE, FSCTL_SET_ZERO_DATA, FSCTL_QUERY_ALLOCATED_RANGES.
 *
 * Every file of the host may have holes. Whether a file *is* sparse is an attribute that lx and win
 * volumes keep: zeroing a range makes a hole in a file that is, and writes zeroes into one that is not.
 */
#include "iop.h"

static NTSTATUS CheckData(const FILE_OBJECT *File, const IOP_CONTROL *Control)
{
	if (File->Type != HOST_S_IFREG || File->PathOnly)
		return STATUS_INVALID_PARAMETER;
	return Control->Granted & FILE_WRITE_DATA ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* Input: FILE_SET_SPARSE_BUFFER, or nothing for "sparse". */
NTSTATUS IopSetSparse(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	BOOLEAN Sparse = Control->InputLength == 0 || (Control->Input && *(UCHAR *)Control->Input);
	IOP_NODE Node;
	NTSTATUS Status;

	if (IopIsDirectory(File))
		return STATUS_INVALID_PARAMETER;
	if (!(Control->Granted & (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)))
		return STATUS_ACCESS_DENIED;
	if (!IopIsNt(File->Device))
		return Sparse ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED; /* it always is */
	Status = IopQueryNode(File, &Node);
	if (!NT_SUCCESS(Status))
		return Status;
	Node.Attributes &= ~FILE_ATTRIBUTE_SPARSE_FILE;
	return IopStoreAttributes(IopMetadataFd(File), FALSE,
				  Node.Attributes | (Sparse ? FILE_ATTRIBUTE_SPARSE_FILE : 0),
				  IopStoredCreation(IopMetadataFd(File)));
}

NTSTATUS IopSetZeroData(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	const FILE_ZERO_DATA_INFORMATION *Zero = Control->Input;
	LONGLONG Offset, End;
	IOP_NODE Node;
	NTSTATUS Status = CheckData(File, Control);

	if (!NT_SUCCESS(Status))
		return Status;
	if (!Zero || Control->InputLength < sizeof(*Zero))
		return STATUS_INVALID_PARAMETER;
	Offset = Zero->FileOffset.QuadPart;
	End = Zero->BeyondFinalZero.QuadPart;
	if (Offset < 0 || End < Offset)
		return STATUS_INVALID_PARAMETER;
	Status = IopQueryNode(File, &Node);
	if (!NT_SUCCESS(Status))
		return Status;
	if (End > (LONGLONG)Node.St.size)
		End = (LONGLONG)Node.St.size; /* the file does not grow */
	if (End <= Offset)
		return STATUS_SUCCESS;
	Status = STATUS_NOT_SUPPORTED;
	if (!IopIsNt(File->Device) || Node.Attributes & FILE_ATTRIBUTE_SPARSE_FILE)
		Status = host_punch(File->Fd, Offset, End - Offset);
	if (Status == STATUS_NOT_SUPPORTED)
		Status = host_zero(File->Fd, Offset, End - Offset);
	if (NT_SUCCESS(Status))
		IopNotifyStreamData(File, FILE_NOTIFY_CHANGE_STREAM_WRITE);
	return Status;
}

/* What of [*Offset, End) has data from *Offset on, in Range. STATUS_NO_SUCH_DEVICE: nothing. */
static NTSTATUS NextRange(host_fd Fd, LONGLONG *Offset, LONGLONG End,
			  FILE_ALLOCATED_RANGE_BUFFER *Range)
{
	LONGLONG DataEnd;
	NTSTATUS Status = host_next_data(Fd, Offset, &DataEnd);

	if (!NT_SUCCESS(Status) || *Offset >= End)
		return NT_SUCCESS(Status) ? STATUS_NO_SUCH_DEVICE : Status;
	if (DataEnd > End)
		DataEnd = End;
	Range->FileOffset.QuadPart = *Offset;
	Range->Length.QuadPart = DataEnd - *Offset;
	*Offset = DataEnd;
	return STATUS_SUCCESS;
}

/* STATUS_BUFFER_OVERFLOW: more ranges than fit; STATUS_BUFFER_TOO_SMALL: not even one. */
NTSTATUS IopQueryAllocatedRanges(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	const FILE_ALLOCATED_RANGE_BUFFER *Ask = Control->Input;
	FILE_ALLOCATED_RANGE_BUFFER Range;
	LONGLONG Offset, End;
	ULONG At = 0;
	host_fd Fd;
	NTSTATUS Status;

	if (!(Control->Granted & FILE_READ_DATA))
		return STATUS_ACCESS_DENIED;
	if (File->Type != HOST_S_IFREG || !Ask || Control->InputLength < sizeof(*Ask))
		return STATUS_INVALID_PARAMETER;
	Offset = Ask->FileOffset.QuadPart;
	if (Offset < 0 || Ask->Length.QuadPart < 0 ||
	    __builtin_add_overflow(Offset, Ask->Length.QuadPart, &End))
		return STATUS_INVALID_PARAMETER;
	/* A descriptor of its own, whose position nobody else uses. */
	Status = host_reopen(File->Fd, HOST_READ, &Fd);
	if (!NT_SUCCESS(Status))
		return Status;
	while (Offset < End) {
		Status = NextRange(Fd, &Offset, End, &Range);
		if (!NT_SUCCESS(Status))
			break;
		if (!Control->Output || Control->OutputLength - At < sizeof(Range)) {
			Status = At ? STATUS_BUFFER_OVERFLOW : STATUS_BUFFER_TOO_SMALL;
			break;
		}
		memcpy((char *)Control->Output + At, &Range, sizeof(Range));
		At += sizeof(Range);
	}
	host_closefd(Fd);
	Control->Information = At;
	return Status == STATUS_NO_SUCH_DEVICE ? STATUS_SUCCESS : Status;
}
