/* SPDX-License-Identifier: MIT */
/*
 * io.h - files, volumes, devices. Official names, values and layouts; semantics: nt.md sections 2..12.
 * What ntshim does not do yet answers STATUS_NOT_IMPLEMENTED or STATUS_INVALID_INFO_CLASS.
 */
#ifndef NT_IO_H
#define NT_IO_H
#include "nt/ob.h"

#define FILE_READ_DATA            0x0001u
#define FILE_LIST_DIRECTORY       0x0001u
#define FILE_WRITE_DATA           0x0002u
#define FILE_ADD_FILE             0x0002u
#define FILE_APPEND_DATA          0x0004u
#define FILE_ADD_SUBDIRECTORY     0x0004u
#define FILE_READ_EA              0x0008u
#define FILE_WRITE_EA             0x0010u
#define FILE_EXECUTE              0x0020u
#define FILE_TRAVERSE             0x0020u
#define FILE_DELETE_CHILD         0x0040u
#define FILE_READ_ATTRIBUTES      0x0080u
#define FILE_WRITE_ATTRIBUTES     0x0100u
#define FILE_ALL_ACCESS           0x1F01FFu
#define FILE_GENERIC_READ         0x120089u
#define FILE_GENERIC_WRITE        0x120116u
#define FILE_GENERIC_EXECUTE      0x1200A0u

#define FILE_SUPERSEDE            0u
#define FILE_OPEN                 1u
#define FILE_CREATE               2u
#define FILE_OPEN_IF              3u
#define FILE_OVERWRITE            4u
#define FILE_OVERWRITE_IF         5u
#define FILE_SUPERSEDED           0u
#define FILE_OPENED               1u
#define FILE_CREATED              2u
#define FILE_OVERWRITTEN          3u
#define FILE_EXISTS               4u
#define FILE_DOES_NOT_EXIST       5u
#define FILE_SHARE_READ           1u
#define FILE_SHARE_WRITE          2u
#define FILE_SHARE_DELETE         4u
#define FILE_SHARE_VALID_FLAGS    7u
#define FILE_DIRECTORY_FILE            0x00000001u
#define FILE_WRITE_THROUGH             0x00000002u
#define FILE_SEQUENTIAL_ONLY           0x00000004u
#define FILE_NO_INTERMEDIATE_BUFFERING 0x00000008u
#define FILE_SYNCHRONOUS_IO_ALERT      0x00000010u
#define FILE_SYNCHRONOUS_IO_NONALERT   0x00000020u
#define FILE_NON_DIRECTORY_FILE        0x00000040u
#define FILE_NO_EA_KNOWLEDGE           0x00000200u
#define FILE_DELETE_ON_CLOSE           0x00001000u
#define FILE_OPEN_BY_FILE_ID           0x00002000u
#define FILE_OPEN_FOR_BACKUP_INTENT    0x00004000u
#define FILE_OPEN_REPARSE_POINT        0x00200000u
#define FILE_ATTRIBUTE_READONLY        0x00000001u
#define FILE_ATTRIBUTE_HIDDEN          0x00000002u
#define FILE_ATTRIBUTE_SYSTEM          0x00000004u
#define FILE_ATTRIBUTE_DIRECTORY       0x00000010u
#define FILE_ATTRIBUTE_ARCHIVE         0x00000020u
#define FILE_ATTRIBUTE_NORMAL          0x00000080u
#define FILE_ATTRIBUTE_TEMPORARY       0x00000100u
#define FILE_ATTRIBUTE_SPARSE_FILE     0x00000200u
#define FILE_ATTRIBUTE_REPARSE_POINT   0x00000400u
#define FILE_ATTRIBUTE_OFFLINE         0x00001000u
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED 0x00002000u

typedef enum _FILE_INFORMATION_CLASS {
	FileDirectoryInformation = 1, FileFullDirectoryInformation, FileBothDirectoryInformation, FileBasicInformation,
	FileStandardInformation, FileInternalInformation, FileEaInformation, FileAccessInformation, FileNameInformation,
	FileRenameInformation, FileLinkInformation, FileNamesInformation, FileDispositionInformation, FilePositionInformation,
	FileFullEaInformation, FileModeInformation, FileAlignmentInformation, FileAllInformation, FileAllocationInformation,
	FileEndOfFileInformation, FileStreamInformation = 22, FilePipeInformation = 23, FilePipeLocalInformation = 24,
	FileCompletionInformation = 30, FileNetworkOpenInformation = 34, FileAttributeTagInformation = 35,
	FileIdBothDirectoryInformation = 37, FileIdFullDirectoryInformation = 38, FileValidDataLengthInformation = 39,
	FileIoCompletionNotificationInformation = 41,
	FileHardLinkInformation = 46, FileNormalizedNameInformation = 48, FileStandardLinkInformation = 54, FileIdInformation = 59,
	FileIdExtdDirectoryInformation = 60, FileIdExtdBothDirectoryInformation = 63, FileDispositionInformationEx = 64, FileRenameInformationEx = 65,
	FileStatInformation = 68, FileStatLxInformation = 70, FileCaseSensitiveInformation = 71, FileLinkInformationEx = 72,
	/*
	 * lxrun extensions, far outside NT's numbers: NT keeps times in 100 ns and no st_dev per file, a
	 * Linux guest sees nanoseconds, and a host volume spans many host devices.
	 */
	FileLxrunStatInformation = 0x4C580001, /* FILE_LXRUN_STAT_INFORMATION: query */
	FileLxrunSetInformation = 0x4C580002,  /* FILE_LXRUN_SET_INFORMATION: mode, owner, times: set */
} FILE_INFORMATION_CLASS;

typedef struct _FILE_BASIC_INFORMATION { LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime; ULONG FileAttributes; } FILE_BASIC_INFORMATION;
typedef struct _FILE_EA_INFORMATION { ULONG EaSize; } FILE_EA_INFORMATION;
typedef struct _FILE_ACCESS_INFORMATION { ACCESS_MASK AccessFlags; } FILE_ACCESS_INFORMATION;
typedef struct _FILE_MODE_INFORMATION { ULONG Mode; } FILE_MODE_INFORMATION;
typedef struct _FILE_ALIGNMENT_INFORMATION { ULONG AlignmentRequirement; } FILE_ALIGNMENT_INFORMATION;
typedef struct _FILE_ALLOCATION_INFORMATION { LARGE_INTEGER AllocationSize; } FILE_ALLOCATION_INFORMATION;
typedef struct _FILE_VALID_DATA_LENGTH_INFORMATION { LARGE_INTEGER ValidDataLength; } FILE_VALID_DATA_LENGTH_INFORMATION;
typedef struct _FILE_NETWORK_OPEN_INFORMATION { LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile; ULONG FileAttributes, Reserved; } FILE_NETWORK_OPEN_INFORMATION;
_Static_assert(sizeof(FILE_NETWORK_OPEN_INFORMATION) == 56, "FILE_NETWORK_OPEN_INFORMATION");
typedef struct _FILE_STANDARD_LINK_INFORMATION { ULONG NumberOfAccessibleLinks, TotalNumberOfLinks; BOOLEAN DeletePending, Directory; } FILE_STANDARD_LINK_INFORMATION;
typedef struct _FILE_ID_INFORMATION { ULONGLONG VolumeSerialNumber; UCHAR FileId[16]; } FILE_ID_INFORMATION;
_Static_assert(sizeof(FILE_ID_INFORMATION) == 24, "FILE_ID_INFORMATION");
typedef struct _FILE_CASE_SENSITIVE_INFORMATION { ULONG Flags; } FILE_CASE_SENSITIVE_INFORMATION;
#define FILE_CS_FLAG_CASE_SENSITIVE_DIR 1u
typedef struct _FILE_STANDARD_INFORMATION { LARGE_INTEGER AllocationSize, EndOfFile; ULONG NumberOfLinks; BOOLEAN DeletePending, Directory; } FILE_STANDARD_INFORMATION;
typedef struct _FILE_INTERNAL_INFORMATION { LARGE_INTEGER IndexNumber; } FILE_INTERNAL_INFORMATION;
typedef struct _FILE_NAME_INFORMATION { ULONG FileNameLength; WCHAR FileName[1]; } FILE_NAME_INFORMATION; /* path below the volume, from "\\" */
/* Every name of a file: 8-aligned entries, each with the number of the directory it is in. */
typedef struct _FILE_LINK_ENTRY_INFORMATION { ULONG NextEntryOffset; LONGLONG ParentFileId; ULONG FileNameLength; WCHAR FileName[1]; } FILE_LINK_ENTRY_INFORMATION;
typedef struct _FILE_LINKS_INFORMATION { ULONG BytesNeeded, EntriesReturned; FILE_LINK_ENTRY_INFORMATION Entry; } FILE_LINKS_INFORMATION;
_Static_assert(offsetof(FILE_LINKS_INFORMATION, Entry) == 8 && offsetof(FILE_LINK_ENTRY_INFORMATION, FileName) == 20, "FILE_LINKS_INFORMATION");
/* 8-aligned entries; StreamName: "::$DATA", ":name:$DATA". A directory has no "::$DATA". */
typedef struct _FILE_STREAM_INFORMATION { ULONG NextEntryOffset, StreamNameLength; LARGE_INTEGER StreamSize, StreamAllocationSize; WCHAR StreamName[1]; } FILE_STREAM_INFORMATION;
_Static_assert(offsetof(FILE_STREAM_INFORMATION, StreamName) == 24, "FILE_STREAM_INFORMATION");
typedef struct _FILE_END_OF_FILE_INFORMATION { LARGE_INTEGER EndOfFile; } FILE_END_OF_FILE_INFORMATION;
typedef struct _FILE_POSITION_INFORMATION { LARGE_INTEGER CurrentByteOffset; } FILE_POSITION_INFORMATION;
typedef struct _FILE_ALL_INFORMATION {
	FILE_BASIC_INFORMATION BasicInformation;
	FILE_STANDARD_INFORMATION StandardInformation;
	FILE_INTERNAL_INFORMATION InternalInformation;
	FILE_EA_INFORMATION EaInformation;
	FILE_ACCESS_INFORMATION AccessInformation;
	FILE_POSITION_INFORMATION PositionInformation;
	FILE_MODE_INFORMATION ModeInformation;
	FILE_ALIGNMENT_INFORMATION AlignmentInformation;
	FILE_NAME_INFORMATION NameInformation;
} FILE_ALL_INFORMATION;
_Static_assert(offsetof(FILE_ALL_INFORMATION, NameInformation) == 96 && sizeof(FILE_ALL_INFORMATION) == 104, "FILE_ALL_INFORMATION");
typedef struct _FILE_DISPOSITION_INFORMATION { BOOLEAN DoDeleteFile; } FILE_DISPOSITION_INFORMATION;
typedef struct _FILE_DISPOSITION_INFORMATION_EX { ULONG Flags; } FILE_DISPOSITION_INFORMATION_EX;
#define FILE_DISPOSITION_DELETE                    0x1u
#define FILE_DISPOSITION_POSIX_SEMANTICS           0x2u
#define FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK 0x4u
#define FILE_DISPOSITION_ON_CLOSE                  0x8u
#define FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE 0x10u
typedef struct _FILE_RENAME_INFORMATION { union { BOOLEAN ReplaceIfExists; ULONG Flags; }; HANDLE RootDirectory; ULONG FileNameLength; WCHAR FileName[1]; } FILE_RENAME_INFORMATION, FILE_LINK_INFORMATION;
#define FILE_RENAME_REPLACE_IF_EXISTS 0x1u
#define FILE_RENAME_POSIX_SEMANTICS   0x2u
#define FILE_RENAME_IGNORE_READONLY_ATTRIBUTE 0x40u
/* lxrun extension: swap the two names (renameat2 RENAME_EXCHANGE); NT has no such flag. */
#define FILE_RENAME_LXRUN_EXCHANGE    0x80000000u
typedef struct _FILE_ATTRIBUTE_TAG_INFORMATION { ULONG FileAttributes, ReparseTag; } FILE_ATTRIBUTE_TAG_INFORMATION;
typedef struct _FILE_STAT_LX_INFORMATION {
	LARGE_INTEGER FileId, CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile;
	ULONG FileAttributes, ReparseTag, NumberOfLinks;
	ACCESS_MASK EffectiveAccess;
	ULONG LxFlags, LxUid, LxGid, LxMode, LxDeviceIdMajor, LxDeviceIdMinor;
} FILE_STAT_LX_INFORMATION;
_Static_assert(sizeof(FILE_STAT_LX_INFORMATION) == 96, "FILE_STAT_LX_INFORMATION");
#define LX_FILE_METADATA_HAS_UID       0x1u
#define LX_FILE_METADATA_HAS_GID       0x2u
#define LX_FILE_METADATA_HAS_MODE      0x4u
#define LX_FILE_METADATA_HAS_DEVICE_ID 0x8u
#define LX_FILE_CASE_SENSITIVE_DIR     0x10u
typedef struct _FILE_LXRUN_STAT_INFORMATION {
	FILE_STAT_LX_INFORMATION Lx;
	ULONG CreationNs, LastAccessNs, LastWriteNs, ChangeNs; /* below the 100 ns of the Lx times: 0..99 */
	ULONG DeviceMajor, DeviceMinor;                        /* st_dev */
	ULONG BlockSize, Reserved;
} FILE_LXRUN_STAT_INFORMATION;
#define FILE_LXRUN_SET_MODE   0x1u
#define FILE_LXRUN_SET_UID    0x2u
#define FILE_LXRUN_SET_GID    0x4u
#define FILE_LXRUN_SET_ATIME  0x8u
#define FILE_LXRUN_SET_MTIME  0x10u
#define FILE_LXRUN_NOW        -1LL /* as a time: the current time */
typedef struct _FILE_LXRUN_SET_INFORMATION {
	ULONG    Valid;                /* FILE_LXRUN_SET_* */
	ULONG    Mode, Uid, Gid;
	LONGLONG AtimeSec, AtimeNsec, MtimeSec, MtimeNsec; /* Unix epoch; Nsec FILE_LXRUN_NOW = now */
} FILE_LXRUN_SET_INFORMATION;
typedef struct _FILE_FULL_EA_INFORMATION { ULONG NextEntryOffset; UCHAR Flags, EaNameLength; USHORT EaValueLength; CHAR EaName[1]; } FILE_FULL_EA_INFORMATION, *PFILE_FULL_EA_INFORMATION;
typedef struct _FILE_GET_EA_INFORMATION { ULONG NextEntryOffset; UCHAR EaNameLength; CHAR EaName[1]; } FILE_GET_EA_INFORMATION;
typedef struct _FILE_ID_EXTD_DIR_INFORMATION {
	ULONG NextEntryOffset, FileIndex;
	LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile, AllocationSize;
	ULONG FileAttributes, FileNameLength, EaSize, ReparsePointTag;
	UCHAR FileId[16];
	WCHAR FileName[1];
} FILE_ID_EXTD_DIR_INFORMATION;
typedef struct _FILE_DIRECTORY_INFORMATION {
	ULONG NextEntryOffset, FileIndex;
	LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile, AllocationSize;
	ULONG FileAttributes, FileNameLength;
	WCHAR FileName[1];
} FILE_DIRECTORY_INFORMATION;
#define DIRECTORY_ENTRY_HEAD                                                                               \
	ULONG NextEntryOffset, FileIndex;                                                                  \
	LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile, AllocationSize;  \
	ULONG FileAttributes, FileNameLength, EaSize
typedef struct _FILE_FULL_DIR_INFORMATION { DIRECTORY_ENTRY_HEAD; WCHAR FileName[1]; } FILE_FULL_DIR_INFORMATION;
typedef struct _FILE_BOTH_DIR_INFORMATION { DIRECTORY_ENTRY_HEAD; CHAR ShortNameLength; WCHAR ShortName[12]; WCHAR FileName[1]; } FILE_BOTH_DIR_INFORMATION;
typedef struct _FILE_ID_BOTH_DIR_INFORMATION { DIRECTORY_ENTRY_HEAD; CHAR ShortNameLength; WCHAR ShortName[12]; LARGE_INTEGER FileId; WCHAR FileName[1]; } FILE_ID_BOTH_DIR_INFORMATION;
typedef struct _FILE_ID_FULL_DIR_INFORMATION { DIRECTORY_ENTRY_HEAD; LARGE_INTEGER FileId; WCHAR FileName[1]; } FILE_ID_FULL_DIR_INFORMATION;
typedef struct _FILE_ID_EXTD_BOTH_DIR_INFORMATION { DIRECTORY_ENTRY_HEAD; ULONG ReparsePointTag; UCHAR FileId[16]; CHAR ShortNameLength; WCHAR ShortName[12]; WCHAR FileName[1]; } FILE_ID_EXTD_BOTH_DIR_INFORMATION;
_Static_assert(offsetof(FILE_FULL_DIR_INFORMATION, FileName) == 68 && offsetof(FILE_BOTH_DIR_INFORMATION, FileName) == 94, "directory entries");
_Static_assert(offsetof(FILE_ID_BOTH_DIR_INFORMATION, FileName) == 104 && offsetof(FILE_ID_FULL_DIR_INFORMATION, FileName) == 80, "directory entries");
_Static_assert(offsetof(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileName) == 114, "directory entries");
typedef struct _FILE_NAMES_INFORMATION { ULONG NextEntryOffset, FileIndex, FileNameLength; WCHAR FileName[1]; } FILE_NAMES_INFORMATION;
typedef struct _REPARSE_DATA_BUFFER { ULONG ReparseTag; USHORT ReparseDataLength, Reserved; UCHAR DataBuffer[1]; } REPARSE_DATA_BUFFER;
#define REPARSE_DATA_BUFFER_HEADER_SIZE 8u
#define REPARSE_GUID_DATA_BUFFER_HEADER_SIZE 24u
#define SYMLINK_FLAG_RELATIVE 1u

typedef enum _FS_INFORMATION_CLASS { FileFsVolumeInformation = 1, FileFsSizeInformation = 3, FileFsDeviceInformation = 4, FileFsAttributeInformation = 5, FileFsFullSizeInformation = 7,
	FileFsLxrunInformation = 0x4C580001 } FS_INFORMATION_CLASS;
typedef struct _FILE_FS_VOLUME_INFORMATION { LARGE_INTEGER VolumeCreationTime; ULONG VolumeSerialNumber, VolumeLabelLength; BOOLEAN SupportsObjects; WCHAR VolumeLabel[1]; } FILE_FS_VOLUME_INFORMATION;
typedef struct _FILE_FS_SIZE_INFORMATION { LARGE_INTEGER TotalAllocationUnits, AvailableAllocationUnits; ULONG SectorsPerAllocationUnit, BytesPerSector; } FILE_FS_SIZE_INFORMATION;
typedef struct _FILE_FS_DEVICE_INFORMATION { ULONG DeviceType, Characteristics; } FILE_FS_DEVICE_INFORMATION;
#define FILE_DEVICE_DISK              0x07u
#define FILE_DEVICE_IS_MOUNTED        0x20u
typedef struct _FILE_FS_ATTRIBUTE_INFORMATION { ULONG FileSystemAttributes; LONG MaximumComponentNameLength; ULONG FileSystemNameLength; WCHAR FileSystemName[1]; } FILE_FS_ATTRIBUTE_INFORMATION;
#define FILE_CASE_SENSITIVE_SEARCH        0x00000001u
#define FILE_CASE_PRESERVED_NAMES         0x00000002u
#define FILE_UNICODE_ON_DISK              0x00000004u
#define FILE_PERSISTENT_ACLS              0x00000008u
#define FILE_SUPPORTS_SPARSE_FILES        0x00000040u
#define FILE_SUPPORTS_REPARSE_POINTS      0x00000080u
#define FILE_SUPPORTS_POSIX_UNLINK_RENAME 0x00000400u
#define FILE_NAMED_STREAMS                0x00040000u
#define FILE_SUPPORTS_HARD_LINKS          0x00400000u
#define FILE_SUPPORTS_EXTENDED_ATTRIBUTES 0x00800000u
#define FILE_SUPPORTS_OPEN_BY_FILE_ID     0x01000000u
typedef struct _FILE_FS_FULL_SIZE_INFORMATION { LARGE_INTEGER TotalAllocationUnits, CallerAvailableAllocationUnits, ActualAvailableAllocationUnits; ULONG SectorsPerAllocationUnit, BytesPerSector; } FILE_FS_FULL_SIZE_INFORMATION;
/* lxrun extension: statfs(2) of the host file system below the handle, and the VOLUME_PERSONALITY. */
typedef struct _FILE_FS_LXRUN_INFORMATION { ULONGLONG Type, BlockSize, Blocks, FreeBlocks, AvailableBlocks, Files, FreeFiles, FsId, NameMax, FragmentSize, Flags, Personality; } FILE_FS_LXRUN_INFORMATION;

#define FSCTL_GET_REPARSE_POINT    0x000900A8u
#define FSCTL_SET_REPARSE_POINT    0x000900A4u
#define FSCTL_DELETE_REPARSE_POINT 0x000900ACu
#define FSCTL_SET_SPARSE           0x000900C4u
#define FSCTL_SET_ZERO_DATA        0x000980C8u
#define FSCTL_QUERY_ALLOCATED_RANGES 0x000940CFu
typedef struct _FILE_ZERO_DATA_INFORMATION { LARGE_INTEGER FileOffset, BeyondFinalZero; } FILE_ZERO_DATA_INFORMATION;
typedef struct _FILE_ALLOCATED_RANGE_BUFFER { LARGE_INTEGER FileOffset, Length; } FILE_ALLOCATED_RANGE_BUFFER;
#define FSCTL_QUERY_USN_JOURNAL    0x000900F4u
typedef struct _USN_JOURNAL_DATA { ULONGLONG UsnJournalID; LONGLONG FirstUsn, NextUsn, LowestValidUsn, MaxUsn; ULONGLONG MaximumSize, AllocationDelta; } USN_JOURNAL_DATA;
#define FSCTL_READ_USN_JOURNAL     0x000900BBu
typedef struct _READ_USN_JOURNAL_DATA {
	LONGLONG StartUsn;
	ULONG ReasonMask, ReturnOnlyOnClose;
	ULONGLONG Timeout, BytesToWaitFor, UsnJournalID;
} READ_USN_JOURNAL_DATA;
_Static_assert(sizeof(READ_USN_JOURNAL_DATA) == 40, "READ_USN_JOURNAL_DATA_V0");
#define USN_REASON_FILE_DELETE       0x00000200u
#define USN_REASON_RENAME_OLD_NAME   0x00001000u
#define USN_REASON_RENAME_NEW_NAME   0x00002000u
#define USN_REASON_BASIC_INFO_CHANGE 0x00008000u
typedef struct _USN_RECORD_V2 {
	ULONG RecordLength;
	USHORT MajorVersion, MinorVersion;
	ULONGLONG FileReferenceNumber, ParentFileReferenceNumber;
	LONGLONG Usn;
	LARGE_INTEGER TimeStamp;
	ULONG Reason, SourceInfo, SecurityId, FileAttributes;
	USHORT FileNameLength, FileNameOffset;
	WCHAR FileName[];
} USN_RECORD_V2; /* each at a multiple of 8 */
_Static_assert(__builtin_offsetof(USN_RECORD_V2, FileName) == 60, "USN_RECORD_V2");
/*
 * On ntshim the journal is of what a cache of names has to know: that a directory or symbolic link opened
 * with FILE_LXRUN_CACHE_NAME may have been moved, replaced, deleted or had its permissions changed, by
 * whomever. It is exact with respect to a host change that has returned to its caller. It is short and in
 * memory, and while the host does not tell of changes, numbers are used up without records.
 *
 * FSCTL_QUERY_USN_JOURNAL: OutputBuffer USN_JOURNAL_DATA. FSCTL_READ_USN_JOURNAL: InputBuffer
 * READ_USN_JOURNAL_DATA, of which StartUsn and ReasonMask count; it never waits. OutputBuffer: the number to go on
 * with (LONGLONG), then as many USN_RECORD_V2 as fit: either FileReferenceNumber says what it happened to,
 * without a name, or FileName in the directory ParentFileReferenceNumber does, and the other number is 0.
 * STATUS_BUFFER_TOO_SMALL: there is no room for one.
 * STATUS_JOURNAL_ENTRY_DELETED: StartUsn is older than the oldest record (FirstUsn);
 * STATUS_INVALID_PARAMETER: it is in the future, or InputBuffer is too short.
 */
#define IO_REPARSE_TAG_MOUNT_POINT 0xA0000003u
#define IO_REPARSE_TAG_SYMLINK     0xA000000Cu
#define IO_REPARSE_TAG_LX_SYMLINK  0xA000001Du
#define IO_REPARSE_TAG_AF_UNIX     0x80000023u
#define IO_REPARSE_TAG_LX_FIFO     0x80000024u
#define IO_REPARSE_TAG_LX_CHR      0x80000025u
#define IO_REPARSE_TAG_LX_BLK      0x80000026u

/*
 * Metadata EAs of a Linux file (nt.md EA18), given in EaBuffer at creation so that the file appears
 * with its metadata or not at all. On the `host` personality they become the inode's own mode, owner
 * and device; other EA names become xattrs "LX.<NAME>" <-> host xattr <name>.
 */
#define LX_FILE_METADATA_UID_EA_NAME       "$LXUID"
#define LX_FILE_METADATA_GID_EA_NAME       "$LXGID"
#define LX_FILE_METADATA_MODE_EA_NAME      "$LXMOD"
#define LX_FILE_METADATA_DEVICE_ID_EA_NAME "$LXDEV"

NTSTATUS NTAPI NtCreateFile(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength);
NTSTATUS NTAPI NtOpenFile(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb, ULONG ShareAccess, ULONG OpenOptions);
NTSTATUS NTAPI NtReadFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key);
NTSTATUS NTAPI NtWriteFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, const VOID *Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key);
#define FILE_WRITE_TO_END_OF_FILE      0xFFFFFFFFu /* ByteOffset {LowPart this, HighPart -1} */
#define FILE_USE_FILE_POINTER_POSITION 0xFFFFFFFEu
NTSTATUS NTAPI NtQueryInformationFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class);
NTSTATUS NTAPI NtSetInformationFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class);
/* By name, without opening: FileStatInformation, FileStatLxInformation, FileLxrunStatInformation. Reparse points are not followed. */
NTSTATUS NTAPI NtQueryInformationByName(POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class);
/* Basic and network-open information by name; reparse points are not followed. STATUS_DELETE_PENDING (nt.md DL2). */
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, FILE_BASIC_INFORMATION *Information);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, FILE_NETWORK_OPEN_INFORMATION *Information);
NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, FS_INFORMATION_CLASS Class);
#define SL_RESTART_SCAN                0x1u
#define SL_RETURN_SINGLE_ENTRY         0x2u
#define SL_INDEX_SPECIFIED             0x4u
#define SL_RETURN_ON_DISK_ENTRIES_ONLY 0x8u
#define SL_NO_CURSOR_UPDATE_QUERY      0x10u
/* The same with SL_* flags (nt.md DE11). SL_INDEX_SPECIFIED: STATUS_NOT_SUPPORTED. */
NTSTATUS NTAPI NtQueryDirectoryFileEx(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class, ULONG QueryFlags, PUNICODE_STRING FileName);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class, BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName, BOOLEAN RestartScan);
NTSTATUS NTAPI NtQueryEaFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan);
NTSTATUS NTAPI NtSetEaFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length);
NTSTATUS NTAPI NtFsControlFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, ULONG FsControlCode, PVOID InputBuffer, ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength);
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, ULONG IoControlCode, PVOID InputBuffer, ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE File, PIO_STATUS_BLOCK Iosb);
/*
 * lxrun: flushes as a driver does (FltFlushBuffers): whatever access File was opened with, which
 * NtFlushBuffersFile does not allow and fsync(2) needs. DataOnly: not the attributes.
 */
NTSTATUS IoFlushBuffers(HANDLE File, BOOLEAN DataOnly);
/*
 * ---- completion ports and cancelling (nt.md section 15) ----
 * A request on an asynchronous file of a port posts a packet when it has ended, if its ApcContext is
 * not NULL. Packets leave first in, first out; of several waiters the last one is served first.
 * NumberOfConcurrentThreads is accepted and not enforced.
 */
#define IO_COMPLETION_QUERY_STATE  0x1u
#define IO_COMPLETION_MODIFY_STATE 0x2u
#define IO_COMPLETION_ALL_ACCESS   0x1F0003u
typedef struct _FILE_COMPLETION_INFORMATION { HANDLE Port; PVOID Key; } FILE_COMPLETION_INFORMATION; /* set, once */
typedef struct _FILE_IO_COMPLETION_NOTIFICATION_INFORMATION { ULONG Flags; } FILE_IO_COMPLETION_NOTIFICATION_INFORMATION;
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 0x1u
#define FILE_SKIP_SET_EVENT_ON_HANDLE        0x2u
#define FILE_SKIP_SET_USER_EVENT_ON_FAST_IO  0x4u /* no effect: there is no such path */
typedef struct _FILE_IO_COMPLETION_INFORMATION { PVOID KeyContext, ApcContext; IO_STATUS_BLOCK IoStatusBlock; } FILE_IO_COMPLETION_INFORMATION;
_Static_assert(sizeof(FILE_IO_COMPLETION_INFORMATION) == 32, "FILE_IO_COMPLETION_INFORMATION");
typedef enum _IO_COMPLETION_INFORMATION_CLASS { IoCompletionBasicInformation } IO_COMPLETION_INFORMATION_CLASS;
typedef struct _IO_COMPLETION_BASIC_INFORMATION { LONG Depth; } IO_COMPLETION_BASIC_INFORMATION;
typedef enum _MEMORY_RESERVE_TYPE { MemoryReserveUserApc, MemoryReserveIoCompletion } MEMORY_RESERVE_TYPE;
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG NumberOfConcurrentThreads);
NTSTATUS NTAPI NtOpenIoCompletion(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE Port, PVOID Key, PVOID Value, NTSTATUS IoStatus, ULONG_PTR Information);
/* With a packet made beforehand, so that it cannot fail for memory. Still queued: STATUS_INVALID_PARAMETER_2. */
NTSTATUS NTAPI NtSetIoCompletionEx(HANDLE Port, HANDLE Reserve, PVOID Key, PVOID Value, NTSTATUS IoStatus, ULONG_PTR Information);
/* MemoryReserveUserApc: STATUS_NOT_IMPLEMENTED. */
NTSTATUS NTAPI NtAllocateReserveObject(PHANDLE Handle, POBJECT_ATTRIBUTES ObjectAttributes, MEMORY_RESERVE_TYPE Type);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE Port, PVOID *Key, PVOID *Value, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER Timeout);
/* *Removed: how many; 1 when there was none (IO2). Alertable: STATUS_USER_APC, STATUS_ALERTED. */
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE Port, FILE_IO_COMPLETION_INFORMATION *Information, ULONG Count, PULONG Removed, PLARGE_INTEGER Timeout, BOOLEAN Alertable);
NTSTATUS NTAPI NtQueryIoCompletion(HANDLE Port, IO_COMPLETION_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
/* What the calling thread has pending on File; returns when it has ended, with STATUS_CANCELLED or otherwise. */
NTSTATUS NTAPI NtCancelIoFile(HANDLE File, PIO_STATUS_BLOCK Iosb);
/* Whoever's; of IoRequestToCancel (a request's status block; NULL: all). Does not wait. None: STATUS_NOT_FOUND. */
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE File, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK Iosb);
/* What Thread waits for in a call on a synchronous file. */
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE Thread, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK Iosb);
/*
 * ---- byte-range locks (nt.md section 10), mandatory for all data calls through ntshim ----
 * STATUS_LOCK_NOT_GRANTED if FailImmediately, else the request waits. Needs FILE_READ_DATA or
 * FILE_WRITE_DATA. Locks go with the last handle of their file object: waiting requests with
 * STATUS_RANGE_NOT_LOCKED. Files without a host inode of their own (memory files): STATUS_INVALID_DEVICE_REQUEST.
 */
NTSTATUS NTAPI NtLockFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock);
NTSTATUS NTAPI NtUnlockFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key);
/*
 * ---- change notification (nt.md section 12) ----
 * Also of what the host does underneath. Modified data of a file is told as often as the host tells
 * it; streams and changes of a directory's own times are not. A move within one directory is a pair
 * of records, else one removed and one added. STATUS_NOTIFY_ENUM_DIR: the buffer was too small or
 * the host lost events. That the watched directory itself was deleted is not told: the host does not.
 */
#define FILE_NOTIFY_CHANGE_FILE_NAME   0x001u
#define FILE_NOTIFY_CHANGE_DIR_NAME    0x002u
#define FILE_NOTIFY_CHANGE_ATTRIBUTES  0x004u
#define FILE_NOTIFY_CHANGE_SIZE        0x008u
#define FILE_NOTIFY_CHANGE_LAST_WRITE  0x010u
#define FILE_NOTIFY_CHANGE_LAST_ACCESS 0x020u
#define FILE_NOTIFY_CHANGE_CREATION    0x040u
#define FILE_NOTIFY_CHANGE_EA          0x080u
#define FILE_NOTIFY_CHANGE_SECURITY    0x100u
#define FILE_NOTIFY_CHANGE_STREAM_NAME  0x200u
#define FILE_NOTIFY_CHANGE_STREAM_SIZE  0x400u
#define FILE_NOTIFY_CHANGE_STREAM_WRITE 0x800u
#define FILE_NOTIFY_VALID_MASK         0xFFFu
#define FILE_ACTION_ADDED            1u
#define FILE_ACTION_REMOVED          2u
#define FILE_ACTION_MODIFIED         3u
#define FILE_ACTION_RENAMED_OLD_NAME 4u
#define FILE_ACTION_RENAMED_NEW_NAME 5u
#define FILE_ACTION_ADDED_STREAM     6u
#define FILE_ACTION_REMOVED_STREAM   7u
#define FILE_ACTION_MODIFIED_STREAM  8u
typedef struct _FILE_NOTIFY_INFORMATION { ULONG NextEntryOffset, Action, FileNameLength; WCHAR FileName[1]; } FILE_NOTIFY_INFORMATION;
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree);
/*
 * ---- named pipes (nt.md section 13) ----
 * \Device\NamedPipe\<name>, also \??\PIPE\<name>; names are compared without case and may hold
 * backslashes. A pipe without a name: open \Device\NamedPipe\, create with an empty name below that
 * handle, open the client with an empty name below the server's. ShareAccess says what clients may
 * do: FILE_SHARE_READ read, FILE_SHARE_WRITE write. A quota of bytes is kept for each direction; a
 * write beyond it pends until it fits or is read. DefaultTimeout: of FSCTL_PIPE_WAIT, relative; NULL: 50 ms.
 */
#define FILE_PIPE_BYTE_STREAM_TYPE      0u
#define FILE_PIPE_MESSAGE_TYPE          1u
#define FILE_PIPE_REJECT_REMOTE_CLIENTS 2u /* there are none */
#define FILE_PIPE_BYTE_STREAM_MODE      0u
#define FILE_PIPE_MESSAGE_MODE          1u
#define FILE_PIPE_QUEUE_OPERATION       0u
#define FILE_PIPE_COMPLETE_OPERATION    1u /* never wait */
#define FILE_PIPE_INBOUND               0u
#define FILE_PIPE_OUTBOUND              1u
#define FILE_PIPE_FULL_DUPLEX           2u
#define FILE_PIPE_DISCONNECTED_STATE    1u
#define FILE_PIPE_LISTENING_STATE       2u
#define FILE_PIPE_CONNECTED_STATE       3u
#define FILE_PIPE_CLOSING_STATE         4u
#define FILE_PIPE_CLIENT_END            0u
#define FILE_PIPE_SERVER_END            1u
typedef struct _FILE_PIPE_INFORMATION { ULONG ReadMode, CompletionMode; } FILE_PIPE_INFORMATION;
typedef struct _FILE_PIPE_LOCAL_INFORMATION {
	ULONG NamedPipeType, NamedPipeConfiguration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable,
		OutboundQuota, WriteQuotaAvailable, NamedPipeState, NamedPipeEnd;
} FILE_PIPE_LOCAL_INFORMATION;
typedef struct _FILE_PIPE_PEEK_BUFFER { ULONG NamedPipeState, ReadDataAvailable, NumberOfMessages, MessageLength; CHAR Data[1]; } FILE_PIPE_PEEK_BUFFER;
typedef struct _FILE_PIPE_WAIT_FOR_BUFFER { LARGE_INTEGER Timeout; ULONG NameLength; BOOLEAN TimeoutSpecified; WCHAR Name[1]; } FILE_PIPE_WAIT_FOR_BUFFER;
_Static_assert(offsetof(FILE_PIPE_PEEK_BUFFER, Data) == 16 && offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name) == 14, "pipe buffers");
#define FSCTL_PIPE_DISCONNECT  0x00110004u
#define FSCTL_PIPE_LISTEN      0x00110008u
#define FSCTL_PIPE_PEEK        0x0011400Cu /* out: FILE_PIPE_PEEK_BUFFER */
#define FSCTL_PIPE_TRANSCEIVE  0x0011C017u /* in: a message; out: the answer */
#define FSCTL_PIPE_WAIT        0x00110018u /* of the root's handle; in: FILE_PIPE_WAIT_FOR_BUFFER */
#define FSCTL_PIPE_IMPERSONATE 0x0011001Cu /* the calling thread acts as the client: se.h */
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, ULONG PipeType, ULONG ReadMode, ULONG CompletionMode, ULONG MaxInstances, ULONG InboundQuota, ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes);

/* ---- kernel side and lxrun extensions ---- */
extern const OB_TYPE IoFileType, IoDeviceType, IoCompletionType, IoReserveType;
NTSTATUS IoInitSystem(void);
/* Cancels what Thread has pending and waits until that has ended. Thread is about to end. */
struct _ETHREAD;
VOID IoCancelThreadIo(struct _ETHREAD *Thread);

typedef enum _VOLUME_PERSONALITY { VolumePersonalityHost, VolumePersonalityLx, VolumePersonalityWin } VOLUME_PERSONALITY;
/*
 * Makes \Device\HarddiskVolume<n> over the host directory HostRoot. Returns n in *Number.
 *
 * Host: the host's tree as it is: the inode's own mode, owner, times and links.
 *
 * Lx and Win keep what NT knows of a file in xattrs (user.*) of ordinary files and directories, which
 * an unprivileged user may set. EAs of any name are kept, in order, with their flags; reparse points
 * can be set, read and deleted, symbolic links and mount points are followed (STATUS_REPARSE inside,
 * at most 63 of them: STATUS_REPARSE_POINT_NOT_RESOLVED). Creation with EaBuffer, attributes or tag is
 * whole or not at all, also when we are killed. What the host changes underneath is seen. What the
 * host itself has as a link, FIFO, socket or device is shown with the IO_REPARSE_TAG_LX_* tags.
 *
 * Lx, for a distribution: names as on host volumes, case-sensitive. $LXUID $LXGID $LXMOD $LXDEV are
 * EAs like others (nt.md EA18) and what FileStatLxInformation and FileLxrunStatInformation show;
 * FileLxrunSetInformation sets them. $LXMOD with the type of a FIFO, socket or device, or of a link
 * together with LXSYMLINK, makes a file with the reparse tag; FSCTL_GET_REPARSE_POINT gives the
 * target. A file without them belongs to root. FILE_OVERWRITE keeps EAs unless EaBuffer has others.
 *
 * Win, for a drive: names keep their case and are found without it when OBJ_CASE_INSENSITIVE is given
 * and the directory is not case-sensitive (FileCaseSensitiveInformation); exactly as given otherwise.
 * What NT forbids in a name and the host has is at F000 + byte in Unicode's private area, both ways;
 * "name:stream" is another stream of a file (not yet: STATUS_NOT_IMPLEMENTED). DOS attributes and creation time are in
 * user.DOSATTRIB as Samba and Wine have them; a file without write permission on the host is
 * read-only too. FILE_OVERWRITE replaces attributes and EAs.
 */
NTSTATUS IoCreateVolume(const char *HostRoot, VOLUME_PERSONALITY Personality, PULONG Number);

/*
 * CreateOptions bit, host personality: watch this directory or link for FSCTL_QUERY_USN_JOURNAL, as
 * long as the file object lives. To be useful the name is one component below a RootDirectory that is
 * kept open, too; of anything else, and where the host does not tell of changes, the journal says
 * that it has changed every time.
 */
#define FILE_LXRUN_CACHE_NAME 0x80000000u
/* CreateOptions bits: host open flags that NT has no word for; honoured by the host personality. */
#define FILE_LXRUN_APPEND     0x40000000u /* O_APPEND on the host descriptor */
#define FILE_LXRUN_NONBLOCK   0x20000000u /* O_NONBLOCK */
#define FILE_LXRUN_NOATIME    0x10000000u
#define FILE_LXRUN_TMPFILE    0x08000000u /* O_TMPFILE in the directory named */
/*
 * CreateOptions bit: an explicit ByteOffset leaves the position of a synchronous file alone (pread,
 * pwrite). Without it NT's rule holds: the position moves to ByteOffset + count (nt.md RW3).
 */
#define FILE_LXRUN_KEEP_POSITION 0x04000000u
/*
 * What NtCreateFile on the host personality means, where nt.md leaves a choice:
 * - Every symbolic link, FIFO, socket and device node is a reparse point (IO_REPARSE_TAG_LX_*). With
 *   FILE_OPEN_REPARSE_POINT the point itself is opened, whatever DesiredAccess says: the handle
 *   answers queries and FSCTL_GET_REPARSE_POINT, its data calls give STATUS_INVALID_DEVICE_REQUEST.
 *   Without it: STATUS_IO_REPARSE_TAG_NOT_HANDLED. So a caller that wants data looks at the type
 *   (FileLxrunStatInformation) of what it opened. A link among the inner components of a name:
 *   STATUS_IO_REPARSE_TAG_NOT_HANDLED always.
 * - A directory takes FILE_ADD_FILE and FILE_ADD_SUBDIRECTORY only together with FILE_DIRECTORY_FILE;
 *   without it these bits mean writing data: STATUS_FILE_IS_A_DIRECTORY.
 * - FILE_EXECUTE alone opens for reading only together with FILE_NON_DIRECTORY_FILE.
 * - FILE_OVERWRITE and FILE_SUPERSEDE keep the inode and its EAs, as O_TRUNC does.
 * - Creation looks at the EAs $LXMOD (mode with type bits), $LXUID, $LXGID, $LXDEV. A type of FIFO,
 *   socket or device makes such a node; S_IFLNK makes a link whose target is the value of EA
 *   "LXSYMLINK" (lxrun extension, bytes as given). Without $LXMOD: 0666, directories 0777.
 * - Without $LXMOD an EA "LXNTLINK" makes a symbolic link of NT's, file or directory as the options say, whole at
 *   once where NT has only FSCTL_SET_REPARSE_POINT (lxrun extension): its value is the data of that reparse
 *   point, what is wrong with it is told as there.
 * - FILE_APPEND_DATA without FILE_WRITE_DATA appends always (nt.md RW7).
 */
#define LX_FILE_SYMLINK_EA_NAME "LXSYMLINK"
#define LX_FILE_NT_LINK_EA_NAME "LXNTLINK"
/*
 * FILE_FULL_EA_INFORMATION.Flags, lxrun extensions for xattrs: fail when the EA exists
 * (STATUS_OBJECT_NAME_COLLISION), when it does not (STATUS_NONEXISTENT_EA_ENTRY), store a value of
 * length 0 instead of deleting. A query of a listed EA sets FILE_EA_LXRUN_EMPTY when it exists with
 * an empty value; without it a value length of 0 means that there is none (nt.md EA12).
 */
#define FILE_NEED_EA          0x80u
#define FILE_EA_LXRUN_CREATE  0x01u
#define FILE_EA_LXRUN_REPLACE 0x02u
#define FILE_EA_LXRUN_EMPTY   0x04u
/*
 * Directories, host and lx: FILE_ID_EXTD_DIR_INFORMATION leaves times, sizes and attributes out; FileId is the inode number (bytes 0..7)
 * and the host's position behind the entry (bytes 8..15). FilePositionInformation reads the position
 * of the next entry and sets it to one seen before: telldir and seekdir.
 * FileNameInformation of a deleted file: STATUS_FILE_DELETED, and the buffer holds its last name.
 */

/*
 * An unnamed file that lives in memory (host: memfd), size 0, opened for reading and writing: what
 * TmpFs and memfd_create(2) keep file contents in. Like any file it is opened again, with a position
 * of its own, by NtCreateFile with RootDirectory = the handle and an empty name (nt.md CF16). Sealable: the
 * guest that gets its descriptor may forbid changes of it for good (memfd seals, F_ADD_SEALS).
 */
NTSTATUS IoCreateMemoryFile(PHANDLE Handle, BOOLEAN Sealable);

/*
 * Wraps a host descriptor that the supervisor was started with (stdin, stdout, stderr). Consumes
 * HostFd. *Kind says what it is; a terminal becomes a console file object.
 */
typedef enum _IO_HOST_KIND { IoHostRegular, IoHostDirectory, IoHostPipe, IoHostSocket, IoHostCharacter, IoHostTerminal } IO_HOST_KIND;
NTSTATUS IoOpenHostDescriptor(int HostFd, PHANDLE Handle, IO_HOST_KIND *Kind);
/*
 * As above with CreateOptions: 0 is an asynchronous file. IoOpenHostDescriptor's are
 * FILE_SYNCHRONOUS_IO_NONALERT | FILE_LXRUN_KEEP_POSITION | FILE_LXRUN_NONBLOCK: a pipe, socket or
 * terminal that cannot move a byte now answers STATUS_RETRY.
 */
NTSTATUS IoOpenHostDescriptorEx(int HostFd, ULONG CreateOptions, PHANDLE Handle, IO_HOST_KIND *Kind);
/* "io_uring" or "poll": who runs what may last. */
const char *IoQueryHostBackend(void);

/*
 * Readiness, the role of AFD_POLL: Events and *Ready are IO_READY_*. IoQueryReadiness never blocks.
 * IoWatchReadiness calls Routine (on a poller thread; must not block) once when one of Events holds;
 * IoUnwatchReadiness returns only when Routine is not running and will not run.
 */
#define IO_READY_READ   0x1u
#define IO_READY_WRITE  0x2u
#define IO_READY_HANGUP 0x4u
#define IO_READY_ERROR  0x8u
#define IO_READY_PRI    0x10u
#define IO_READY_RDHUP  0x20u /* the peer of a stream sends no more */
typedef VOID (*PIO_READY_ROUTINE)(PVOID Context, ULONG Ready);
typedef struct _IO_WATCH *PIO_WATCH;
NTSTATUS IoQueryReadiness(HANDLE File, ULONG Events, PULONG Ready);
NTSTATUS IoWatchReadiness(HANDLE File, ULONG Events, PIO_READY_ROUTINE Routine, PVOID Context, PIO_WATCH *Watch);
/*
 * As IoWatchReadiness, but until IoUnwatchReadiness, which comes before the file's last handle goes: Routine is called
 * whenever something has happened to one of Events, even if it held before (more data), and maybe for nothing. The
 * role of WSK's event callbacks (WskReceiveEvent, WskSendBacklogEvent, WskDisconnectEvent).
 */
NTSTATUS IoSubscribeReadiness(HANDLE File, ULONG Events, PIO_READY_ROUTINE Routine, PVOID Context, PIO_WATCH *Watch);
VOID IoUnwatchReadiness(PIO_WATCH Watch);

/*
 * Console control codes (NtDeviceIoControlFile on a console file object). Buffers carry the host's
 * struct termios / winsize bytes: x86-64 Linux kernel layout (36 and 8 bytes).
 *
 * KEEP, once, before there are guests: from then on the terminal gets back the attributes that it had when
 * it was taken, however this process ends. Reads and writes never wait. TAKE: no echo, no lines, no
 * signals, no processing, until GIVE_BACK; STATUS_DEVICE_BUSY when this process is in the background
 * of the terminal, and then reads say so, too. Both are harmless when repeated.
 */
#define IOCTL_LXRUN_TTY_GET_ATTR    0x004C5801u /* out: kernel struct termios */
#define IOCTL_LXRUN_TTY_GET_WINSIZE 0x004C5803u
#define IOCTL_LXRUN_TTY_SET_WINSIZE 0x004C5804u
#define IOCTL_LXRUN_TTY_FLUSH       0x004C5805u /* in: ULONG queue (0 in, 1 out, 2 both) */
#define IOCTL_LXRUN_TTY_BYTES_READY 0x004C5806u /* out: ULONG */
#define IOCTL_LXRUN_TTY_KEEP        0x004C5807u
#define IOCTL_LXRUN_TTY_TAKE        0x004C5808u
#define IOCTL_LXRUN_TTY_GIVE_BACK   0x004C5809u

/*
 * Direct descriptors (fast I/O): whether File is backed by one host descriptor whose read, write,
 * seek and mmap mean the same as NtReadFile etc. on File. ntshim/pico installs it in the guest. A file
 * with byte-range locks is none; one that a guest has already is not taken back, so before the host is left to
 * execute a call on it somebody has to ask whether the file is locked by now: IoIsFileLocked() if IoLockedFiles,
 * the number of files with byte-range locks, is not 0.
 */
BOOLEAN IoIsDirectCapable(HANDLE File);
extern _Atomic ULONG IoLockedFiles;
BOOLEAN IoIsFileLocked(HANDLE File);
/*
 * The advisory record lock of the host that a request on File by the process HostPid would meet (fcntl(2)
 * F_GETLK; PerFile: F_OFD_GETLK). Lock: in: Type, Whence, Start, Length; out: the same of the lock in the way and
 * its owner's number on the host, -1 for one that is an open file's; Type IO_HOST_UNLOCKED: none.
 * STATUS_INVALID_PARAMETER, STATUS_INVALID_HANDLE, STATUS_INTEGER_OVERFLOW: what the host says of it.
 */
#define IO_HOST_UNLOCKED 2
typedef struct _IO_HOST_LOCK { SHORT Type, Whence; LONGLONG Start, Length; LONG HostPid; } IO_HOST_LOCK, *PIO_HOST_LOCK;
NTSTATUS IoQueryHostLock(HANDLE File, BOOLEAN PerFile, LONG HostPid, PIO_HOST_LOCK Lock);
/*
 * Locks on files and who waits for one, for whoever looks at the system from outside: of NT's byte ranges, and of the
 * host (HostLocks), where HostPid is the owner's number or -1, if it is an open file. Length 0: to the end. At most Room
 * rows are written; returns how many.
 */
typedef enum _IO_LOCK_KIND { IoByteRangeLock, IoHostRecordLock, IoHostFileLock } IO_LOCK_KIND;
typedef struct _IO_LOCK_VIEW {
	IO_LOCK_KIND Kind;
	BOOLEAN Exclusive, Waiting;
	LONG HostPid;
	ULONG Key;
	ULONGLONG Device, Inode, Offset, Length;
} IO_LOCK_VIEW, *PIO_LOCK_VIEW;
ULONG IoQueryLocks(BOOLEAN HostLocks, PIO_LOCK_VIEW Rows, ULONG Room);
/* For ntshim/pico only: the host descriptor behind File, borrowed while the handle is open; -1 if none. */
int IoHostDescriptor(HANDLE File);

/*
 * The file creation mask that the supervisor was started with. IoInitSystem sets the host's to 0, so
 * that files are made with exactly the mode lxcore asks for.
 */
ULONG IoQueryInitialUmask(void);

/*
 * Host names (bytes without '/' and NUL) as NT names and back. Bytes that NT forbids (\ : * ? " < > |
 * and controls) and '#' become "#XXXX", bytes that are not UTF-8 "#DCxx"; everything else is UTF-16.
 * Lengths: bytes on the host side, WCHARs on the NT side; a host byte needs at most 5 WCHARs, a WCHAR
 * at most 3 bytes. Return the length written, or -1: buffer too small, or (NtToHost) no host name:
 * forbidden characters, unpaired surrogates, empty, "." and "..". Pure functions.
 */
LONG IoHostNameToNt(const char *Host, ULONG HostLength, PWSTR Nt, ULONG NtSize);
LONG IoNtNameToHost(PCWSTR Nt, ULONG NtLength, char *Host, ULONG HostSize);
#define IO_NT_NAME_MAX (255 * 5) /* WCHARs that the longest host name needs */
#endif
