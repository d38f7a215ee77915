/* SPDX-License-Identifier: MIT */
/* iotrace.c - lines of the nt channel for file calls, in the words that Process Monitor uses. */
#include "iop.h"
#include <stdio.h>
#include <string.h>

typedef struct _WORD {
	ULONG Bit;
	const char *Name;
} WORD;

static const WORD AccessWords[] = {
	{ FILE_READ_DATA, "Read Data/List Directory" },
	{ FILE_WRITE_DATA, "Write Data/Add File" },
	{ FILE_APPEND_DATA, "Append Data/Add Subdirectory" },
	{ FILE_READ_EA, "Read EA" },
	{ FILE_WRITE_EA, "Write EA" },
	{ FILE_EXECUTE, "Execute/Traverse" },
	{ FILE_DELETE_CHILD, "Delete Child" },
	{ FILE_READ_ATTRIBUTES, "Read Attributes" },
	{ FILE_WRITE_ATTRIBUTES, "Write Attributes" },
	{ DELETE, "Delete" },
	{ READ_CONTROL, "Read Control" },
	{ SYNCHRONIZE, "Synchronize" },
};

static const WORD OptionWords[] = {
	{ FILE_DIRECTORY_FILE, "Directory" },
	{ FILE_NON_DIRECTORY_FILE, "Non-Directory File" },
	{ FILE_WRITE_THROUGH, "Write Through" },
	{ FILE_SEQUENTIAL_ONLY, "Sequential Access" },
	{ FILE_NO_INTERMEDIATE_BUFFERING, "No Buffering" },
	{ FILE_SYNCHRONOUS_IO_ALERT, "Synchronous IO Alert" },
	{ FILE_SYNCHRONOUS_IO_NONALERT, "Synchronous IO Non-Alert" },
	{ FILE_DELETE_ON_CLOSE, "Delete On Close" },
	{ FILE_OPEN_FOR_BACKUP_INTENT, "Open For Backup" },
	{ FILE_OPEN_REPARSE_POINT, "Open Reparse Point" },
	{ FILE_LXRUN_CACHE_NAME, "Cache Name" },
	{ FILE_LXRUN_APPEND, "Append" },
	{ FILE_LXRUN_NONBLOCK, "Non-Block" },
	{ FILE_LXRUN_NOATIME, "No Access Time" },
	{ FILE_LXRUN_TMPFILE, "Unnamed" },
	{ FILE_LXRUN_KEEP_POSITION, "Keep Position" },
};

static const WORD ShareWords[] = {
	{ FILE_SHARE_READ, "Read" },
	{ FILE_SHARE_WRITE, "Write" },
	{ FILE_SHARE_DELETE, "Delete" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT_MAX 320

/* "Read, Write"; bits without a word as a number; "None". */
static const char *Words(char Text[TEXT_MAX], ULONG Bits, const WORD *Table, SIZE_T Count)
{
	int n = 0;

	Text[0] = 0;
	for (SIZE_T i = 0; i < Count; i++)
		if (Bits & Table[i].Bit) {
			n += snprintf(Text + n, (SIZE_T)(TEXT_MAX - n), "%s%s", n ? ", " : "",
				      Table[i].Name);
			Bits &= ~Table[i].Bit;
		}
	if (Bits)
		n += snprintf(Text + n, (SIZE_T)(TEXT_MAX - n), "%s0x%x", n ? ", " : "", Bits);
	return n ? Text : "None";
}

/* The name as the host would write it, "(handle)" before it if it is relative. */
static const char *NameOf(POBJECT_ATTRIBUTES ObjectAttributes, char Text[TEXT_MAX])
{
	PUNICODE_STRING Name = ObjectAttributes ? ObjectAttributes->ObjectName : NULL;
	ULONG Units = Name ? Name->Length / sizeof(WCHAR) : 0;
	int n = 0;

	Text[0] = 0;
	if (ObjectAttributes && ObjectAttributes->RootDirectory)
		n = snprintf(Text, TEXT_MAX, "(%p)\\", ObjectAttributes->RootDirectory);
	for (ULONG i = 0; i < Units && n < TEXT_MAX - 1; i++) {
		WCHAR c = Name->Buffer[i];

		Text[n++] = c >= 0x20 && c < 0x7F ? (char)c : '?';
		Text[n] = 0;
	}
	return Text;
}

VOID IopTraceOpen(const char *Call, POBJECT_ATTRIBUTES ObjectAttributes, const IOP_OPEN *Open,
		  NTSTATUS Status)
{
	static const char *const Dispositions[] = { "Supersede", "Open",      "Create",
						    "OpenIf",    "Overwrite", "OverwriteIf" };
	static const char *const Results[] = { "Superseded",  "Opened", "Created",
					       "Overwritten", "Exists", "DoesNotExist" };
	char Name[TEXT_MAX], Access[TEXT_MAX], Options[TEXT_MAX], Share[TEXT_MAX];

	trace_line(TR_NT,
		   "%s(\"%s\", Desired Access: %s, Disposition: %s, Options: %s, ShareMode: %s) = "
		   "%s%s%s",
		   Call, NameOf(ObjectAttributes, Name),
		   Words(Access, Open->Access, AccessWords, COUNT(AccessWords)),
		   Open->Disposition < COUNT(Dispositions) ? Dispositions[Open->Disposition] : "?",
		   Words(Options, Open->Options, OptionWords, COUNT(OptionWords)),
		   Words(Share, Open->ShareAccess, ShareWords, COUNT(ShareWords)),
		   NtStatusName(Status), NT_SUCCESS(Status) ? ", OpenResult: " : "",
		   NT_SUCCESS(Status) ? Results[Open->Information % COUNT(Results)] : "");
}

VOID IopTraceByName(const char *Call, POBJECT_ATTRIBUTES ObjectAttributes, const char *What,
		    NTSTATUS Status)
{
	char Name[TEXT_MAX];

	trace_line(TR_NT, "%s(\"%s\"%s%s) = %s", Call, NameOf(ObjectAttributes, Name),
		   *What ? ", " : "", What, NtStatusName(Status));
}

VOID IopTraceIo(const char *Call, HANDLE File, PLARGE_INTEGER Offset, ULONG Length, NTSTATUS Status,
		ULONG_PTR Information)
{
	char At[32] = "current";

	if (Offset)
		snprintf(At, sizeof(At), "%lld", (long long)Offset->QuadPart);
	trace_line(TR_NT, "%s(%p, Offset: %s, Length: %u) = %s, Information: %llu", Call, File, At,
		   Length, NtStatusName(Status), (unsigned long long)Information);
}

VOID IopTraceClass(const char *Call, HANDLE File, const char *Class, NTSTATUS Status)
{
	trace_line(TR_NT, "%s(%p, %s) = %s", Call, File, Class, NtStatusName(Status));
}

const char *IopClassName(FILE_INFORMATION_CLASS Class)
{
#define ROW(Name)           \
	{                   \
		Name, #Name \
	}
	static const WORD Classes[] = {
		ROW(FileDirectoryInformation),
		ROW(FileBasicInformation),
		ROW(FileStandardInformation),
		ROW(FileInternalInformation),
		ROW(FileNameInformation),
		ROW(FileRenameInformation),
		ROW(FileLinkInformation),
		ROW(FileNamesInformation),
		ROW(FileDispositionInformation),
		ROW(FilePositionInformation),
		ROW(FileEndOfFileInformation),
		ROW(FileAttributeTagInformation),
		ROW(FileIdExtdDirectoryInformation),
		ROW(FileDispositionInformationEx),
		ROW(FileRenameInformationEx),
		ROW(FileStatInformation),
		ROW(FileStatLxInformation),
		ROW(FileLinkInformationEx),
		ROW(FileLxrunStatInformation),
		ROW(FileLxrunSetInformation),
	};
#undef ROW

	for (SIZE_T i = 0; i < COUNT(Classes); i++)
		if (Classes[i].Bit == (ULONG)Class)
			return Classes[i].Name;
	return "unknown class";
}
