/* SPDX-License-Identifier: MIT */
/*
 * iop.h - the I/O manager's own structures.
 *
 * A device is a node of \Device with a driver behind it: a volume (a host directory), the null device,
 * or the host's own descriptors (standard streams, terminals, memory files). A file object is one
 * open of a device; all of its handles share position and cursors. A file control block (FCB) joins
 * the file objects of one host inode that take part in sharing and deletion.
 *
 * Locks: volume journal and FCB buckets LR_IO, each file object's cursors LR_FCB. An FCB bucket is
 * never held over a host call. The journal is: a reader must not see the old number while another
 * thread holds the event that moves it.
 */
#ifndef IOP_H
#define IOP_H
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/se.h"
#include "base/lock.h"
#include "base/trace.h"
#include "../host/host_file.h"
#include "iorequest.h"
#include <string.h>

#define IOP_PATH_MAX 4096

typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;
typedef struct _FCB FCB, *PFCB;
typedef struct _IOP_CACHE_WATCH IOP_CACHE_WATCH, *PIOP_CACHE_WATCH;

/* What the EAs given at creation say. */
typedef struct _IOP_METADATA {
	BOOLEAN HasMode, HasUid, HasGid, HasDevice;
	ULONG Mode, Uid, Gid, Major, Minor;
	const char *Target; /* of a symbolic link; not NUL-terminated */
	ULONG TargetLength;
	BOOLEAN NtLink; /* Target is the data of a reparse point of NT's */
} IOP_METADATA;

#define IOP_STREAM_MAX 800 /* bytes of a stream's name on the host, which begins with a colon */
/*
 * An NT name of one or more components, as a host path below a directory. On lx and win volumes the
 * routines below see one component at most: what was before it has been walked.
 */
typedef struct _IOP_NAME {
	ULONG Length;            /* of Text; 0: the empty name */
	BOOLEAN Inner;           /* more than one component */
	BOOLEAN Trailing;        /* ended in a backslash */
	BOOLEAN CaseInsensitive; /* win: looked up so, if the directory is not case-sensitive */
	BOOLEAN HasStream;       /* win: the name went on with ":stream" */
	BOOLEAN DefaultStream;   /* win: with "::$DATA" */
	UNICODE_STRING Raw;      /* instead of all that, for drivers with RawNames */
	char Stream[IOP_STREAM_MAX];
	char Text[IOP_PATH_MAX];
} IOP_NAME, *PIOP_NAME;

typedef struct _IOP_PARSE IOP_PARSE, *PIOP_PARSE;
/*
 * The Context of IopParse: what to do once the device, the open file Root below which the name is
 * (NULL: the device itself; borrowed) and the rest of the name are known. Returns a reference.
 */
typedef NTSTATUS IOP_PARSE_ROUTINE(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
				   PIOP_NAME Name, POBJECT *Found);
struct _IOP_PARSE {
	IOP_PARSE_ROUTINE *Routine;
	BOOLEAN ById;   /* the name is a file id: FILE_OPEN_BY_FILE_ID */
	BOOLEAN Volume; /* out: it is the volume itself, "\\Device\\HarddiskVolume1" */
	UNICODE_STRING
	Again; /* out, with STATUS_REPARSE: the name to go on with, from mem_alloc() */
};

/* One NtCreateFile on its way. */
typedef struct _IOP_OPEN {
	IOP_PARSE Parse;
	ACCESS_MASK Access;   /* no generic bits; of MAXIMUM_ALLOWED what there is */
	ACCESS_MASK Demanded; /* what a descriptor has to allow, if there is one */
	BOOLEAN Maximum;      /* Access came with MAXIMUM_ALLOWED ... */
	ACCESS_MASK Allowed;  /* ... out: of which a descriptor allows this */
	PVOID Security;       /* the descriptor of what is created, captured, or NULL */
	const OBJECT_ATTRIBUTES *Attributes; /* the caller's */
	ULONG ShareAccess, Disposition, Options;
	ULONG FileAttributes;
	LONGLONG AllocationSize;
	PVOID EaBuffer;
	ULONG EaLength;
	IOP_METADATA Metadata; /* host personality: what EaBuffer says */
	const char *Stream;    /* win: a new file appears with this stream (host name), or NULL */
	BOOLEAN Holds;         /* takes part in sharing without access: keeps a deletion waiting */
	ULONG_PTR Information; /* out: FILE_OPENED .. */
} IOP_OPEN, *PIOP_OPEN;

/*
 * Behaviour of a device. NULL op: STATUS_INVALID_DEVICE_REQUEST. Offset NULL means the current
 * position; drivers without positions ignore it.
 */
typedef NTSTATUS DRIVER_CREATE(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
			       PIOP_NAME Name, PFILE_OBJECT *File);
typedef NTSTATUS DRIVER_CONTROL(PFILE_OBJECT File, PIOP_CONTROL Control);
/* Access: the handle's. */
typedef NTSTATUS DRIVER_INFORMATION(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class,
				    ACCESS_MASK Access, PVOID Buffer, ULONG Length,
				    PULONG_PTR Information);
typedef struct _DRIVER_OBJECT {
	const char *Name;
	BOOLEAN RawNames; /* names are the driver's business: no host names */
	DRIVER_CREATE *Create;
	VOID (*Cleanup)(PFILE_OBJECT File); /* the last handle has gone (nothing) */
	VOID (*Close)(PFILE_OBJECT File);   /* the file object goes (nothing) */
	DRIVER_DISPATCH *Read, *Write;
	DRIVER_DISPATCH *Flush;     /* NULL: what its host descriptor has, if it has one */
	DRIVER_DISPATCH *FsControl; /* NULL: that of volumes */
	DRIVER_CONTROL *DeviceControl;
	DRIVER_DISPATCH *Control; /* instead of DeviceControl: its controls may pend */
	DRIVER_DISPATCH *Lock, *Unlock, *Notify;
	/* Classes that only this driver knows: IopDriverInformation(). */
	DRIVER_INFORMATION *QueryInformation, *SetInformation;
} DRIVER_OBJECT;
extern const DRIVER_OBJECT IopVolumeDriver, IopNtVolumeDriver, IopNullDriver, IopStreamDriver,
	IopConsoleDriver, IopMemoryDriver, IopZeroDriver, NpDriver, AfdDriver;

#define IOP_JOURNAL_BUCKETS 256
#define IOP_JOURNAL_RECORDS 64
typedef struct _IOP_JOURNAL_RECORD {
	ULONGLONG Inode; /* what it happened to, or the directory of ... */
	char Name[256];  /* ... this host name */
	ULONG Reason;
} IOP_JOURNAL_RECORD;
/* Change journal of a volume: iojournal.c */
typedef struct _IOP_JOURNAL {
	struct lk Lock; /* LR_IO; guards: */
	host_fd Watch;
	ULONGLONG Usn, First; /* the next record's number, and that of the oldest known */
	ULONGLONG Told;       /* the highest that anybody was told as the next */
	IOP_JOURNAL_RECORD Records[IOP_JOURNAL_RECORDS]; /* of number n: at n modulo its size */
	BOOLEAN Watching;
	ULONG Queries;     /* before Watching */
	ULONG Blind;       /* files in the next list that nobody tells about */
	struct list Files; /* opened for caching */
	struct list Watches[IOP_JOURNAL_BUCKETS];
} IOP_JOURNAL;

struct _DEVICE_OBJECT {
	OBJECT Object;
	const DRIVER_OBJECT *Driver;
	/* Volumes only; constant but for the journal. */
	VOLUME_PERSONALITY Personality;
	ULONG Number; /* of \Device\HarddiskVolume<n> */
	host_fd Root;
	char *RootPath; /* absolute, as /proc/self/fd shows it; "" for the host's "/" */
	IOP_JOURNAL *Journal;
	struct _IOP_CASE *Case; /* win: iocase.c */
	BOOLEAN CtimeTells;     /* of changed xattrs, on the file system ... */
	ULONGLONG HostDevice;   /* ... that the root is on: ioknown.c */
	struct lk
		Metadata; /* LR_IO: held while metadata of a file is read, changed and written, and: */
	LONGLONG Swept; /* when this process saw to lost streams last: iosweep.c */
};

/* A volume that keeps NT metadata of its own: lx and win. */
static inline BOOLEAN IopIsNt(const DEVICE_OBJECT *Device)
{
	return Device->Personality != VolumePersonalityHost;
}

/*
 * What a file is to NT. On a host volume all of it follows from the host's attributes; on lx and win
 * volumes St has been corrected by the metadata: mode, owner and device as $LX* EAs and reparse tag
 * say, the creation time as the DOS attributes say.
 */
typedef struct _IOP_NODE {
	struct host_stat St;
	ULONG Attributes; /* FILE_ATTRIBUTE_*, never 0 */
	ULONG Tag;        /* reparse tag or 0 */
	ULONG EaSize;     /* bytes of all EAs */
	ULONG LxFlags;    /* LX_FILE_METADATA_* */
	BOOLEAN NeedEa, CaseSensitive, HasStreams, HasSecurity;
} IOP_NODE, *PIOP_NODE;

/* Host extended attributes that hold NT metadata. None of them is shown as an EA. */
#define IOP_XATTR_DOS      "user.DOSATTRIB"     /* as Samba and Wine write it: iodos.c */
#define IOP_XATTR_EA       "user.lxrun.ea"      /* a FILE_FULL_EA_INFORMATION list: ioeastore.c */
#define IOP_XATTR_REPARSE  "user.lxrun.reparse" /* a REPARSE_DATA_BUFFER */
#define IOP_XATTR_CASE     "user.lxrun.case"    /* "1": a case-sensitive directory */
#define IOP_XATTR_STREAMS  "user.lxrun.streams" /* where the other streams are: iostream.c */
#define IOP_XATTR_SECURITY "user.lxrun.sd"      /* a self-relative descriptor: iosecurity.c */
/* Where a creation with metadata is prepared; iostage.c. Nobody sees such names. */
#define IOP_STAGE_PREFIX ".lxrun~"
#define IOP_DEPOT        IOP_STAGE_PREFIX "streams" /* below a volume's root: iostream.c */
#define IOP_REPARSE_MAX  16384u
#define IOP_EA_MAX       65536u

struct _FILE_OBJECT {
	OBJECT Object;
	/* Constant once open: */
	PDEVICE_OBJECT Device;       /* holds a reference */
	host_fd Fd;                  /* HOST_NO_FD on the null device */
	ULONG Type;                  /* HOST_S_IF* */
	ULONG Options;               /* CreateOptions */
	ULONGLONG HostDevice, Inode; /* 0 where nobody asked: streams, memory files */
	BOOLEAN PathOnly;            /* Fd is O_PATH */
	/* Journal lock: */
	struct list CacheLink;  /* in Journal->Files if opened for caching */
	PFILE_OBJECT CacheRoot; /* the directory of its name; holds a reference */
	BOOLEAN Unrooted;       /* has a name, but in no open directory */
	PIOP_CACHE_WATCH Watch;
	enum host_tells Tells; /* UNKNOWN: not watched */
	BOOLEAN Blind;         /* counted in Journal->Blind */
	/* Sharing; constant once open: */
	struct iop_bucket *FcbBucket; /* NULL: takes no part */
	ACCESS_MASK Access;
	ULONG ShareAccess;
	PFCB Fcb;            /* FcbBucket's lock; NULL after cleanup */
	struct lk Lock;      /* LR_FCB; guards: */
	PFILE_OBJECT Parent; /* where Name is; holds a reference; NULL: the volume root */
	char *Name;          /* host name, of files opened for DELETE; NULL: ask the host */
	struct _IOP_DIRECTORY *Directory; /* enumeration: iodir.c */
	ULONG EaIndex;                    /* next EA of an enumeration */
	ULONG EaHash;                     /* of the EAs that it goes through; lx and win */
	/* Constant once open: */
	BOOLEAN ById;            /* opened by its number: has no name */
	BOOLEAN Volume;          /* the volume, not its root directory */
	BOOLEAN CaseInsensitive; /* opened so on a win volume */
	PFILE_OBJECT Base;       /* of a stream: its file, opened by name; holds a reference */
	PVOID DriverContext;     /* the driver's; constant once open, as is: */
	ULONG DriverTag;
	struct _IOP_NOTIFY *Notify; /* ionotify.c's lock */
	/* Requests: iorequest.c */
	KEVENT Event;                 /* signalled when a request has ended; what waits wait on */
	KEVENT NotBusy;               /* for those that wait for Busy */
	_Atomic uint32_t Busy;        /* the lock of a synchronous file */
	struct list Requests;         /* pending; IopRequestLock */
	BOOLEAN Closed;               /* after cleanup; IopRequestLock */
	_Atomic(PIO_COMPLETION) Port; /* holds a reference; set once, under Lock */
	PVOID CompletionKey;          /* constant once Port is set */
	_Atomic ULONG NotificationModes; /* FILE_SKIP_*; bits are only added */
};

static inline PKEVENT IopEvent(POBJECT Event)
{
	return (PKEVENT)((char *)Event + KeEventType.DispatcherOffset);
}

static inline PFILE_OBJECT IopFile(POBJECT Object)
{
	return (PFILE_OBJECT)
		Object; /* what ObReferenceObjectByHandle has checked against IoFileType */
}

static inline BOOLEAN IopIsDirectory(const FILE_OBJECT *File)
{
	return File->Type == HOST_S_IFDIR;
}

static inline ULONGLONG IopHostDevice(const struct host_stat *St)
{
	return (ULONGLONG)St->dev_major << 32 | St->dev_minor;
}

/* Whether St describes what File has open. */
static inline BOOLEAN IopIsInode(const FILE_OBJECT *File, const struct host_stat *St)
{
	return File->Inode == St->ino && File->HostDevice == IopHostDevice(St);
}

/* The descriptor that has File's metadata. */
static inline host_fd IopMetadataFd(const FILE_OBJECT *File)
{
	return File->Base ? File->Base->Fd : File->Fd;
}

static inline BOOLEAN IopIsSynchronous(const FILE_OBJECT *File)
{
	return (File->Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
}

static inline BOOLEAN IopIsReparsePoint(ULONG Mode)
{
	ULONG Type = Mode & HOST_S_IFMT;

	return Type != HOST_S_IFREG && Type != HOST_S_IFDIR;
}

/* What callers give (nt.md G2, G4, G5): the status block, and where an answer goes or data comes from. */
static inline NTSTATUS IopProbeIosb(PIO_STATUS_BLOCK Iosb)
{
	return ProbeForWrite(Iosb, sizeof(*Iosb), sizeof(ULONG));
}

static inline NTSTATUS IopProbeAnswer(PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
				      ULONG Alignment)
{
	NTSTATUS Status = IopProbeIosb(Iosb);

	return NT_SUCCESS(Status) ? ProbeForWrite(Buffer, Length, Alignment) : Status;
}

static inline NTSTATUS IopProbeGiven(PIO_STATUS_BLOCK Iosb, const VOID *Buffer, ULONG Length,
				     ULONG Alignment)
{
	NTSTATUS Status = IopProbeIosb(Iosb);

	return NT_SUCCESS(Status) ? ProbeForRead(Buffer, Length, Alignment) : Status;
}

/* References Handle as a file with a host descriptor: STATUS_INVALID_DEVICE_REQUEST without one. */
NTSTATUS IopReferenceFile(HANDLE Handle, ACCESS_MASK Access, PFILE_OBJECT *File);
/* The same, and what Handle may do. */
NTSTATUS IopReferenceFileAs(HANDLE Handle, ACCESS_MASK Access, PFILE_OBJECT *File,
			    PACCESS_MASK Granted);
static inline VOID IopDereferenceFile(PFILE_OBJECT File)
{
	ObDereferenceObject(&File->Object);
}

/* iodevice.c: returns a reference; the name is ASCII. */
NTSTATUS IopCreateDevice(const char *Name, const DRIVER_OBJECT *Driver, PDEVICE_OBJECT *Device);
extern PDEVICE_OBJECT IopStreamDevice, IopConsoleDevice, IopMemoryDevice;

/* NtQueryInformationFile or NtSetInformationFile of a class that only the driver knows. */
NTSTATUS IopDriverInformation(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			      FILE_INFORMATION_CLASS Class, BOOLEAN Set);

/* iofile.c: generic bits as a file's own */
ACCESS_MASK IopMapAccess(ACCESS_MASK Desired);
/* iofile.c: returns a reference to a file of Device that owns Fd; on failure Fd is closed. */
NTSTATUS IopNewFile(PDEVICE_OBJECT Device, host_fd Fd, ULONG Type, const IOP_OPEN *Open,
		    PFILE_OBJECT *File);
NTSTATUS IopParse(POBJECT Object, const OB_TYPE *Wanted, PUNICODE_STRING Remaining,
		  ULONG Attributes, PVOID Context, POBJECT *Found);

/* ioname.c */
NTSTATUS IopDecodeName(PCUNICODE_STRING Name, PIOP_NAME Out);
/* ":stream", ":stream:$DATA" or "::$DATA", the first colon left out, into Out->Stream. */
NTSTATUS IopDecodeStream(PCWSTR Nt, ULONG Length, PIOP_NAME Out);
NTSTATUS IopDecodeNameFor(const DEVICE_OBJECT *Device, PCUNICODE_STRING Name, PIOP_NAME Out);
/*
 * Names of a win volume, lengths as those of IoHostNameToNt: NT-legal characters stand for
 * themselves; what NT forbids is in Unicode's private area, as WSL and others put it: byte b of the
 * host (a forbidden character, or part of what is no UTF-8) is F000+b. For every host name h:
 * decode(encode(h)) == h.
 */
LONG IopHostNameToWin(const char *Host, ULONG HostLength, PWSTR Nt, ULONG NtSize);
LONG IopWinNameToHost(PCWSTR Nt, ULONG NtLength, char *Host, ULONG HostSize);
/* One of Device's names, as NT has it; room for IO_NT_NAME_MAX. */
LONG IopNtName(const DEVICE_OBJECT *Device, const char *Host, ULONG Length, PWSTR Nt);
/* Path, from a slash on, as NT has it. As much as fits; returns the whole length in bytes. */
ULONG IopNtPath(const DEVICE_OBJECT *Device, const char *Path, PWSTR Out, ULONG Units);

/* iowalk.c: names on lx and win volumes */
NTSTATUS IopWalk(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
		 PCUNICODE_STRING Remaining, ULONG Attributes, POBJECT *Found);
/*
 * The reparse point Point in Dir is in the way of Whole, of which Rest is still to come: STATUS_REPARSE
 * and Parse->Again, or STATUS_IO_REPARSE_TAG_NOT_HANDLED.
 */
NTSTATUS IopFollowReparse(PIOP_PARSE Parse, PDEVICE_OBJECT Device, host_fd Dir, const char *Point,
			  const char *Rest, const IOP_NAME *Whole);
/* iobyid.c */
/* FileHardLinkInformation: every name of File, found by searching the volume. */
NTSTATUS IopQueryLinks(PFILE_OBJECT File, PVOID Buffer, ULONG Length, PULONG_PTR Information);
NTSTATUS IopWalkById(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
		     PCUNICODE_STRING Id, POBJECT *Found);
/* A file object for the directory Fd, which only names are looked up in. Consumes Fd. */
NTSTATUS IopNewDirectory(PDEVICE_OBJECT Device, host_fd Fd, PFILE_OBJECT *File);

/* iocase.c: case-insensitive names of win volumes */
NTSTATUS IopCreateCase(struct _IOP_CASE **Case);
VOID IopDestroyCase(struct _IOP_CASE *Case);
/*
 * Text, a name that Dir does not have as it stands: if another one is equal but for case, becomes
 * that (room for 256 bytes). STATUS_OBJECT_NAME_NOT_FOUND.
 */
NTSTATUS IopResolveCase(PDEVICE_OBJECT Device, host_fd Dir, char *Text);
/* host_statx of Name in Dir, found by case if it need be (Name->Text is then the host's). */
NTSTATUS IopStatName(PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name, struct host_stat *St);
/*
 * Around a host call that makes Name: keeps names that differ in case only from being made at once.
 * STATUS_OBJECT_NAME_COLLISION: there is one, and nothing to end. What is named Except does not count.
 */
NTSTATUS IopBeginName(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name, const char *Except);
/* Makes the directory Dir case-sensitive or not. STATUS_CASE_DIFFERING_NAMES_IN_DIR. */
NTSTATUS IopSetCaseSensitive(PDEVICE_OBJECT Device, host_fd Dir, BOOLEAN Sensitive);
VOID IopEndName(PDEVICE_OBJECT Device, const IOP_NAME *Name);

/* ionode.c */
/* What Name in Dir, or Dir itself (Name ""), is. IopStatNode: St is there already; Name NULL: no xattrs are. */
NTSTATUS IopQueryNodeAt(const DEVICE_OBJECT *Device, host_fd Dir, const char *Name, PIOP_NODE Node);
NTSTATUS IopStatNode(const DEVICE_OBJECT *Device, host_fd Dir, const char *Name, PIOP_NODE Node);
NTSTATUS IopQueryNode(PFILE_OBJECT File, PIOP_NODE Node);
/* host_fstat() of what File is to NT: of a stream its own size, everything else its file's. */
NTSTATUS IopStatFile(PFILE_OBJECT File, struct host_stat *St);
/* A whole xattr, from mem_alloc(), with one byte more than its length. */
NTSTATUS IopGetXattr(host_fd Dir, const char *Name, const char *Xattr, PVOID *Data, SIZE_T *Length);
NTSTATUS IopSetXattr(host_fd Fd, const char *Xattr, const VOID *Data, SIZE_T Length);
/* The EA list of a file: as IopGetXattr and IopSetXattr, whatever form it is stored in. ioeastore.c */
NTSTATUS IopLoadEas(host_fd Dir, const char *Name, PVOID *List, ULONG *Length);
NTSTATUS IopStoreEas(host_fd Fd, const VOID *List, ULONG Length);
/* The host's mode that says on an lx volume what these EAs say; 0: none does. */
ULONG IopModeForEas(const DEVICE_OBJECT *Device, BOOLEAN Directory, const VOID *List, ULONG Length);
/* Whether a file without EAs has those of IopEasOfMode() all the same. */
BOOLEAN IopModeIsEas(const DEVICE_OBJECT *Device, const struct host_stat *St);
/* List: from mem_alloc(). */
NTSTATUS IopEasOfMode(ULONG Mode, PVOID *List, ULONG *Length);
#define IOP_EAS_OF_MODE_SIZE 60u /* FileEaInformation of such a list */
NTSTATUS IopReadReparse(host_fd Dir, const char *Name, REPARSE_DATA_BUFFER **Data, SIZE_T *Length);
/* The tag of a reparse point, and what type it makes of an ordinary file, into *Node. */
NTSTATUS IopReadTag(host_fd Dir, const char *Name, PIOP_NODE Node);
#define IOP_SETTABLE_ATTRIBUTES 0x000031A7u /* what NtSetInformationFile and NtCreateFile store */
/* Stores attributes (and, if not 0, a creation time); ARCHIVE alone needs no xattr. */
NTSTATUS IopStoreAttributes(host_fd Fd, BOOLEAN Directory, ULONG Attributes, LONGLONG Creation);
/* The creation time that is stored, 0: none is. */
LONGLONG IopStoredCreation(host_fd Fd);
/* Gives the host's owner the right to write that NT's attributes say is there. */
NTSTATUS IopMakeWritable(host_fd Fd);

/* ioknown.c */
/* Corrects Node, whose St is the host's, by what its xattrs are known to say. FALSE: nothing is known. */
BOOLEAN IopRecallNode(const DEVICE_OBJECT *Device, PIOP_NODE Node);
/* Node is Host as corrected by xattrs that were read from ReadAt (NT's time) on, after Host was asked for. */
VOID IopRememberNode(const DEVICE_OBJECT *Device, const struct host_stat *Host, LONGLONG ReadAt,
		     const IOP_NODE *Node);

/* ioeant.c: EAs of lx and win volumes */
typedef struct _IOP_EA_QUERY {
	UCHAR *Buffer;
	ULONG Length;
	ULONG At, End;                  /* of the answer so far: next entry; end of the last */
	FILE_FULL_EA_INFORMATION *Last; /* in Buffer */
	BOOLEAN Single, Restart;
	const VOID *List; /* FILE_GET_EA_INFORMATION, or NULL */
	ULONG ListLength;
	PULONG Index; /* 1-based, or NULL */
} IOP_EA_QUERY, *PIOP_EA_QUERY;
NTSTATUS IopNtQueryEa(PFILE_OBJECT File, PIOP_EA_QUERY Query);
NTSTATUS IopNtSetEa(PFILE_OBJECT File, const VOID *Buffer, ULONG Length, PULONG_PTR BadOffset);
/* The entry of a FILE_GET_EA list at *At; *At moves on, to Length after the last. */
NTSTATUS IopNextGetEa(const VOID *List, ULONG Length, PULONG At,
		      const FILE_GET_EA_INFORMATION **Get);

/* iosecurity.c: of win volumes; STATUS_SUCCESS on any other */
NTSTATUS IopGetFileSecurity(POBJECT Object, SECURITY_INFORMATION Information,
			    PSECURITY_DESCRIPTOR *Descriptor);
NTSTATUS IopSetFileSecurity(POBJECT Object, SECURITY_INFORMATION Information,
			    PSECURITY_DESCRIPTOR Changes);
/*
 * Whether Open may make something in Dir, and its descriptor, for SeDeassignSecurity; NULL: it needs
 * none. STATUS_ACCESS_DENIED, STATUS_INVALID_OWNER.
 */
NTSTATUS IopNewSecurity(PDEVICE_OBJECT Device, host_fd Dir, const IOP_OPEN *Open,
			PSECURITY_DESCRIPTOR *Descriptor);
NTSTATUS IopStoreSecurity(host_fd Fd, PSECURITY_DESCRIPTOR Descriptor);
/* Whether the directory Dir lets the caller do Desired. Options: FILE_OPEN_FOR_BACKUP_INTENT. */
NTSTATUS IopCheckDirectory(PDEVICE_OBJECT Device, host_fd Dir, ACCESS_MASK Desired, ULONG Options);
/* Whether the caller may look for names in Dir. */
NTSTATUS IopCheckTraverse(PDEVICE_OBJECT Device, host_fd Dir);
/*
 * Whether the caller may have Desired of the file Name in At, which has a descriptor and is in Dir, a
 * directory that may give a right too (HOST_NO_FD: unknown). *Maximum (may be NULL): all of its rights.
 */
NTSTATUS IopCheckSecurity(host_fd Dir, host_fd At, const char *Name, ACCESS_MASK Desired,
			  ULONG Options, PACCESS_MASK Maximum);
/* The same for Open of what Fd has open. Open->Access becomes what is granted. */
NTSTATUS IopAuthorizeOpen(PIOP_OPEN Open, host_fd Dir, host_fd Fd);

/* iosparse.c */
DRIVER_CONTROL IopSetSparse, IopSetZeroData, IopQueryAllocatedRanges;

/* ioreparse.c */
DRIVER_CONTROL IopGetReparsePoint, IopSetReparsePoint, IopDeleteReparsePoint;
/* STATUS_IO_REPARSE_DATA_INVALID unless Data leads somewhere, if its tag is to. */
NTSTATUS IopCheckReparseTarget(const REPARSE_DATA_BUFFER *Data);

NTSTATUS IopSetLxMetadata(PFILE_OBJECT File, const FILE_LXRUN_SET_INFORMATION *Set);

/* iodos.c */
BOOLEAN IopParseDos(const UCHAR *Data, SIZE_T Length, PULONG Attributes, LONGLONG *Creation);
#define IOP_DOS_MAX 80
ULONG IopBuildDos(ULONG Attributes, LONGLONG Creation, UCHAR Out[IOP_DOS_MAX]);

/* iontcreate.c */
DRIVER_CREATE IopNtVolumeCreate;
typedef struct _IOP_OPENED {
	host_fd Fd;
	ULONG Flags; /* as host_openat() has them */
	IOP_NODE Node;
} IOP_OPENED;
/* Opens or creates Name in Dir as Open says, but for the file object. */
NTSTATUS IopNtOpenOrCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name,
			   IOP_OPENED *Opened);
static inline BOOLEAN IopOverwrites(const IOP_OPEN *Open)
{
	return Open->Disposition == FILE_OVERWRITE || Open->Disposition == FILE_OVERWRITE_IF ||
	       Open->Disposition == FILE_SUPERSEDE;
}

/* iostream.c: the other data streams of files on win volumes */
DRIVER_CREATE IopStreamCreate;
/* Makes the empty stream Name (as the host has it) of what Fd has open; it must not exist. */
NTSTATUS IopMakeStream(PDEVICE_OBJECT Device, host_fd Fd, const char *Name);
/* All streams go that belong to what Fd has open. */
VOID IopDropStreams(PDEVICE_OBJECT Device, host_fd Fd);
/* The depot of this number goes, with all in it. */
VOID IopDropDepot(PDEVICE_OBJECT Device, ULONGLONG Number);
/* iosweep.c: looks for streams whose file has gone, if it is time to. Device->Metadata is held. */
VOID IopSweepStreams(PDEVICE_OBJECT Device);
/* IopDropStreams(), if the last name of what Fd has open has gone. */
VOID IopDropLostStreams(PDEVICE_OBJECT Device, host_fd Fd);
/* The size of a stream of Name in Dir, into St. STATUS_OBJECT_NAME_NOT_FOUND. */
NTSTATUS IopStatStream(PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name, struct host_stat *St);
/* NewName begins with a colon. */
NTSTATUS IopRenameStream(PFILE_OBJECT File, PCUNICODE_STRING NewName, BOOLEAN Replace);
/* FileStreamInformation: as many whole entries as fit. */
NTSTATUS IopQueryStreams(PFILE_OBJECT File, PVOID Buffer, ULONG Length, PULONG_PTR Information);
/* A stream's name as NT has it, from that of the host; room for IO_NT_NAME_MAX. */
LONG IopStreamNtName(const char *Host, PWSTR Nt);

/* iostage.c: things that appear with their metadata, or not at all */
typedef struct _IOP_NEW {
	BOOLEAN Directory;
	ULONG Attributes; /* as IopStoreAttributes wants them */
	ULONG Mode;       /* the host's, which stands for EAs; 0: IopHostMode() */
	PVOID Eas;        /* from mem_alloc(), or NULL */
	ULONG EaLength;
	PVOID Security; /* a descriptor, or NULL */
	PVOID Reparse;  /* from mem_alloc(), or NULL */
	ULONG ReparseLength;
	LONGLONG AllocationSize;
	const char *Stream; /* IOP_OPEN's */
} IOP_NEW, *PIOP_NEW;
/* Makes Name in Dir. Fd is open with Flags then. STATUS_OBJECT_NAME_COLLISION. */
NTSTATUS IopMakeNew(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NAME *Name, const IOP_NEW *New,
		    ULONG Flags, host_fd *Fd);
/* The host's mode of what is made on Device without another one. */
ULONG IopHostMode(const DEVICE_OBJECT *Device, BOOLEAN Directory);
/* Whether one host call makes it: it gets no xattr. */
BOOLEAN IopIsPlainNew(const IOP_NEW *New);
/* Makes a file without a name in Dir. */
NTSTATUS IopMakeUnnamed(PDEVICE_OBJECT Device, host_fd Dir, const IOP_NEW *New, ULONG Flags,
			host_fd *Fd);
static inline BOOLEAN IopIsStaged(const char *Name)
{
	return Name[0] == '.' && !strncmp(Name, IOP_STAGE_PREFIX, sizeof(IOP_STAGE_PREFIX) - 1);
}
/* Removes what a creation that was killed left in Dir. TRUE: there was something. */
BOOLEAN IopSweepStaged(host_fd Dir);

/* iocreate.c */
DRIVER_CREATE IopVolumeCreate;
ULONG IopOpenFlags(const IOP_OPEN *Open);
/* Deleting and renaming need the name by which the file was opened, and where it is. */
NTSTATUS IopKeepName(PFILE_OBJECT File, PFILE_OBJECT Root, const IOP_NAME *Name);
/* What is kept of the name of a file that has been opened, as Open asks. */
NTSTATUS IopFinishName(const IOP_OPEN *Open, PFILE_OBJECT Root, const IOP_NAME *Name,
		       PFILE_OBJECT File);
/* Drops a file object whose opening failed with Status, which it returns: nothing is deleted with it. */
NTSTATUS IopGiveUp(PFILE_OBJECT File, NTSTATUS Status);
/* Whether there can be such a name: CF10, CF12; STATUS_DEVICE_OFF_LINE. Dir: where it is looked up. */
NTSTATUS IopCheckPlace(const IOP_OPEN *Open, host_fd Dir, PFILE_OBJECT Root, const IOP_NAME *Name);
NTSTATUS IopTruncate(host_fd Fd, ULONG Flags, const struct host_stat *St);
static inline host_fd IopRootFd(const DEVICE_OBJECT *Device, const FILE_OBJECT *Root)
{
	return Root ? Root->Fd : Device->Root;
}
/* STATUS_OBJECT_PATH_NOT_FOUND instead of Status where an inner component of Name is to blame. */
NTSTATUS IopRefineStatus(NTSTATUS Status, host_fd Dir, PIOP_NAME Name);

/* iocons.c: leaves the request to the host; answers as a driver does. */
NTSTATUS IopStartHostIo(PIOP_REQUEST Request, enum host_aio_op Operation);

/* iolock.c */
VOID IopInitLocks(VOID);
ULONG IopQueryHostLocks(PIO_LOCK_VIEW Rows, ULONG Room); /* IoQueryLocks */
DRIVER_DISPATCH IopFileLock, IopFileUnlock;
/* Whether the request may move its bytes, At as host_read() has it: STATUS_FILE_LOCK_CONFLICT. */
NTSTATUS IopCheckLocks(PIOP_REQUEST Request, LONGLONG At, BOOLEAN Write);
/* Of anybody, on the same inode. */
BOOLEAN IopHasLocks(const FILE_OBJECT *File);
VOID IopUnlockAll(PFILE_OBJECT File);

/* ionotify.c */
DRIVER_DISPATCH IopNotifyDirectory;
VOID IopNotifyCleanup(PFILE_OBJECT File);
/* DL14: what waits for changes of the directory File ends with STATUS_DELETE_PENDING. */
VOID IopNotifyDelete(PFILE_OBJECT File);
/* Whether somebody wants to hear of streams: else what only IopNotifyStream() needs can be left undone. */
BOOLEAN IopAreStreamsWatched(VOID);
/* FILE_ACTION_*_STREAM of Base's stream with the host name Name, for those whose filter has one of Filter. */
VOID IopNotifyStream(PFILE_OBJECT Base, const char *Name, ULONG Action, ULONG Filter);
/* The same of what a stream's handle has changed: FILE_NOTIFY_CHANGE_STREAM_SIZE, _WRITE. Others: nothing. */
VOID IopNotifyStreamData(PFILE_OBJECT Stream, ULONG Filter);

/* ioshare.c */
VOID IopInitSharing(void);
NTSTATUS IopShareOpen(PFILE_OBJECT File, const struct host_stat *St, const IOP_OPEN *Open);
VOID IopShareCleanup(PFILE_OBJECT File);
/* Number of file objects that take part in sharing of this inode. */
ULONG IopShareCount(const struct host_stat *St);
/* Whether everybody that takes part in sharing of the inode shares Access, a FILE_SHARE_* bit. */
BOOLEAN IopShareAll(ULONGLONG Device, ULONGLONG Inode, ULONG Access);
BOOLEAN IopIsInodePending(const struct host_stat *St);
/* The status of a new name that is taken: by what is on its way out, STATUS_DELETE_PENDING (DL2). */
NTSTATUS IopRefineTaken(NTSTATUS Status, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name);
NTSTATUS IopSetDeletePending(PFILE_OBJECT File, BOOLEAN Delete, BOOLEAN Posix);
/* DL12. STATUS_NOT_SUPPORTED: File was not opened with FILE_DELETE_ON_CLOSE. */
NTSTATUS IopSetDeleteOnClose(PFILE_OBJECT File, BOOLEAN Delete);
BOOLEAN IopIsDeletePending(PFILE_OBJECT File);

/* iorename.c */
NTSTATUS IopDeleteNow(PFILE_OBJECT File);
/* STATUS_DIRECTORY_NOT_EMPTY if there is anything but "." and "..". */
NTSTATUS IopCheckEmpty(PFILE_OBJECT File);
NTSTATUS IopSetDisposition(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetDispositionEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetRename(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetRenameEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetLink(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetLinkEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length);

/* iostat.c: host attributes in NT's words */
ULONG IopFileAttributes(const struct host_stat *St);
ULONG IopReparseTag(ULONG Mode);
/* The HOST_S_IF* type that a tag means; 0: none. */
ULONG IopTagType(ULONG Tag);
LONGLONG IopNtTime(struct host_time Time);
struct host_time IopHostTime(LONGLONG NtTime);
/* Fills the class's structure (FileStatInformation, FileStatLx.., FileLxrunStat..), returns its size; 0: no such class. */
ULONG IopFillStat(FILE_INFORMATION_CLASS Class, const IOP_NODE *Node, PVOID Buffer);
VOID IopFillBasic(const IOP_NODE *Node, FILE_BASIC_INFORMATION *Basic);
VOID IopFillNetworkOpen(const IOP_NODE *Node, FILE_NETWORK_OPEN_INFORMATION *Info);
ULONG IopStatSize(FILE_INFORMATION_CLASS Class);

/* iovolume.c */
ULONGLONG IopVolumeSerial(const DEVICE_OBJECT *Device);

/* iowild.c */
#define IOP_PATTERN_MAX 512 /* WCHARs */
BOOLEAN IopMatchesAll(PCUNICODE_STRING Pattern);
BOOLEAN IopNameMatches(PCUNICODE_STRING Pattern, PCUNICODE_STRING Name, BOOLEAN IgnoreCase);

/* iodirlist.c: where the entries of an enumeration come from */
typedef struct _IOP_ENTRY {
	const char *Host; /* its name; lasts until the next call */
	ULONGLONG Inode;
	LONGLONG Next; /* the position behind it */
	ULONG Type;    /* HOST_S_IF*, as far as the directory tells; 0: unknown */
} IOP_ENTRY, *PIOP_ENTRY;
typedef struct _IOP_LISTING *PIOP_LISTING;
NTSTATUS IopOpenListing(PFILE_OBJECT File, PIOP_LISTING *Listing);
VOID IopFreeListing(PIOP_LISTING Listing);
/* The next entry, which stays the next one until IopSkipEntry(). STATUS_NO_MORE_FILES. */
NTSTATUS IopPeekEntry(PFILE_OBJECT File, PIOP_LISTING Listing, PIOP_ENTRY Entry);
VOID IopSkipEntry(PIOP_LISTING Listing);
/* From the beginning again, read anew; or from a position seen before. */
NTSTATUS IopSeekListing(PFILE_OBJECT File, PIOP_LISTING Listing, LONGLONG Position);
LONGLONG IopListingPosition(const struct _IOP_LISTING *Listing);

/* iodir.c */
VOID IopFreeDirectory(PFILE_OBJECT File);
NTSTATUS IopQueryDirectoryPosition(PFILE_OBJECT File, LONGLONG *Position);
NTSTATUS IopSetDirectoryPosition(PFILE_OBJECT File, LONGLONG Position);

/* ioea.c: the metadata of a creation */
NTSTATUS IopParseMetadata(PVOID Buffer, ULONG Length, IOP_METADATA *Metadata);
/* Takes one of the EAs that are metadata; FALSE: another one. */
BOOLEAN IopTakeMetadata(const FILE_FULL_EA_INFORMATION *Ea, IOP_METADATA *Metadata);

/* ioealist.c: lists of EAs (nt.md EA1..EA5) */
CHAR IopEaUpper(CHAR c);
BOOLEAN IopEaIs(const CHAR *Name, ULONG Length, const char *Other);
BOOLEAN IopEaIsLx(const CHAR *Name, ULONG Length);
BOOLEAN IopEaNameIsLegal(const CHAR *Name, ULONG Length);
ULONG IopEaSize(ULONG NameLength, ULONG ValueLength);
/* The entry at *At, checked; *At moves on, to Length after the last. */
NTSTATUS IopNextEa(const VOID *Buffer, ULONG Length, PULONG At,
		   const FILE_FULL_EA_INFORMATION **Ea);
const VOID *IopEaValue(const FILE_FULL_EA_INFORMATION *Ea);
/*
 * *List (from mem_alloc(), or NULL; *Length 0) merged with the entries of Buffer, whole or not at
 * all. *BadOffset: the entry that is to blame.
 */
NTSTATUS IopMergeEas(PVOID *List, PULONG Length, const VOID *Buffer, ULONG BufferLength,
		     PULONG_PTR BadOffset);

/* iojournal.c */
NTSTATUS IopCreateJournal(IOP_JOURNAL **Journal);
VOID IopDestroyJournal(IOP_JOURNAL *Journal);
/* Watches File from now on; Root, its directory, too. */
VOID IopJournalWatch(PFILE_OBJECT File, PFILE_OBJECT Root, const IOP_NAME *Name);
VOID IopJournalForget(PFILE_OBJECT File);
/* *First: number of the oldest record there is; *Next: that the next one will have. */
NTSTATUS IopJournalQuery(IOP_JOURNAL *Journal, ULONGLONG *First, ULONGLONG *Next);
/* FSCTL_READ_USN_JOURNAL */
DRIVER_CONTROL IopReadUsnJournal;

/* iotrace.c: Procmon's words */
VOID IopTraceOpen(const char *Call, POBJECT_ATTRIBUTES ObjectAttributes, const IOP_OPEN *Open,
		  NTSTATUS Status);
VOID IopTraceByName(const char *Call, POBJECT_ATTRIBUTES ObjectAttributes, const char *What,
		    NTSTATUS Status);
VOID IopTraceIo(const char *Call, HANDLE File, PLARGE_INTEGER Offset, ULONG Length, NTSTATUS Status,
		ULONG_PTR Information);
VOID IopTraceClass(const char *Call, HANDLE File, const char *Class, NTSTATUS Status);
const char *IopClassName(FILE_INFORMATION_CLASS Class);
#endif
