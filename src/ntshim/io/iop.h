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
#include "base/lock.h"
#include "base/trace.h"
#include "../host/host_file.h"
#include "iorequest.h"

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
} IOP_METADATA;

/* An NT name of one or more components, as a host path below a directory. */
typedef struct _IOP_NAME {
	ULONG Length;     /* of Text; 0: the empty name */
	BOOLEAN Inner;    /* more than one component */
	BOOLEAN Trailing; /* ended in a backslash */
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
};

/* One NtCreateFile on its way. */
typedef struct _IOP_OPEN {
	IOP_PARSE Parse;
	ACCESS_MASK Access; /* no generic bits */
	ULONG ShareAccess, Disposition, Options;
	IOP_METADATA Metadata;
	ULONG_PTR Information; /* out: FILE_OPENED .. */
} IOP_OPEN, *PIOP_OPEN;

/*
 * Behaviour of a device. NULL op: STATUS_INVALID_DEVICE_REQUEST. Offset NULL means the current
 * position; drivers without positions ignore it.
 */
typedef NTSTATUS DRIVER_CREATE(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
			       PIOP_NAME Name, PFILE_OBJECT *File);
typedef NTSTATUS DRIVER_CONTROL(PFILE_OBJECT File, PIOP_CONTROL Control);
typedef struct _DRIVER_OBJECT {
	const char *Name;
	DRIVER_CREATE *Create;
	DRIVER_DISPATCH *Read, *Write;
	DRIVER_DISPATCH *Flush;     /* NULL: what its host descriptor has, if it has one */
	DRIVER_DISPATCH *FsControl; /* NULL: that of volumes */
	DRIVER_CONTROL *DeviceControl;
} DRIVER_OBJECT;
extern const DRIVER_OBJECT IopVolumeDriver, IopNullDriver, IopStreamDriver, IopConsoleDriver,
	IopMemoryDriver, IopZeroDriver;

#define IOP_JOURNAL_BUCKETS 256
/* Change journal of a volume: iojournal.c */
typedef struct _IOP_JOURNAL {
	struct lk Lock; /* LR_IO; guards: */
	host_fd Watch;
	ULONGLONG Usn;
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
	host_fd Root;
	char *RootPath; /* absolute, as /proc/self/fd shows it; "" for the host's "/" */
	IOP_JOURNAL *Journal;
};

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

/* A pointer that no caller can have meant (nt.md G2). */
static inline BOOLEAN IopBadPointer(const VOID *Pointer)
{
	return (ULONG_PTR)Pointer < 0x10000;
}

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

static inline BOOLEAN IopIsSynchronous(const FILE_OBJECT *File)
{
	return (File->Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
}

static inline BOOLEAN IopIsReparsePoint(ULONG Mode)
{
	ULONG Type = Mode & HOST_S_IFMT;

	return Type != HOST_S_IFREG && Type != HOST_S_IFDIR;
}

/* Whether a caller's buffer can hold structures (nt.md G4); Length 0: it may be absent. */
static inline NTSTATUS IopProbe(const IO_STATUS_BLOCK *Iosb, const VOID *Buffer, ULONG Length,
				ULONG Alignment)
{
	if (!Iosb || (!Buffer && Length))
		return STATUS_ACCESS_VIOLATION;
	return (ULONG_PTR)Buffer % Alignment ? STATUS_DATATYPE_MISALIGNMENT : STATUS_SUCCESS;
}

/* References Handle as a file with a host descriptor: STATUS_INVALID_DEVICE_REQUEST without one. */
NTSTATUS IopReferenceFile(HANDLE Handle, ACCESS_MASK Access, PFILE_OBJECT *File);
static inline VOID IopDereferenceFile(PFILE_OBJECT File)
{
	ObDereferenceObject(&File->Object);
}

/* iodevice.c: returns a reference; the name is ASCII. */
NTSTATUS IopCreateDevice(const char *Name, const DRIVER_OBJECT *Driver, PDEVICE_OBJECT *Device);
extern PDEVICE_OBJECT IopStreamDevice, IopConsoleDevice, IopMemoryDevice;

/* iofile.c: returns a reference to a file of Device that owns Fd; on failure Fd is closed. */
NTSTATUS IopNewFile(PDEVICE_OBJECT Device, host_fd Fd, ULONG Type, const IOP_OPEN *Open,
		    PFILE_OBJECT *File);
NTSTATUS IopParse(POBJECT Object, const OB_TYPE *Wanted, PUNICODE_STRING Remaining,
		  ULONG Attributes, PVOID Context, POBJECT *Found);

/* ioname.c */
NTSTATUS IopDecodeName(PCUNICODE_STRING Name, PIOP_NAME Out);

/* iocreate.c */
DRIVER_CREATE IopVolumeCreate;
static inline host_fd IopRootFd(const DEVICE_OBJECT *Device, const FILE_OBJECT *Root)
{
	return Root ? Root->Fd : Device->Root;
}
/* STATUS_OBJECT_PATH_NOT_FOUND instead of Status where an inner component of Name is to blame. */
NTSTATUS IopRefineStatus(NTSTATUS Status, host_fd Dir, PIOP_NAME Name);

/* iocons.c: leaves the request to the host; answers as a driver does. */
NTSTATUS IopStartHostIo(PIOP_REQUEST Request, enum host_aio_op Operation);

/* ioshare.c */
VOID IopInitSharing(void);
NTSTATUS IopShareOpen(PFILE_OBJECT File, const struct host_stat *St, const IOP_OPEN *Open);
VOID IopShareCleanup(PFILE_OBJECT File);
/* Number of file objects that take part in sharing of this inode. */
ULONG IopShareCount(const struct host_stat *St);
BOOLEAN IopShareAllDelete(const struct host_stat *St);
NTSTATUS IopSetDeletePending(PFILE_OBJECT File, BOOLEAN Delete);
BOOLEAN IopIsDeletePending(PFILE_OBJECT File);

/* iorename.c */
NTSTATUS IopDeleteNow(PFILE_OBJECT File);
NTSTATUS IopSetDisposition(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetDispositionEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetRename(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetRenameEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetLink(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetLinkEx(PFILE_OBJECT File, PVOID Buffer, ULONG Length);

/* iostat.c: host attributes in NT's words */
ULONG IopFileAttributes(const struct host_stat *St);
ULONG IopReparseTag(ULONG Mode);
LONGLONG IopNtTime(struct host_time Time);
struct host_time IopHostTime(LONGLONG NtTime);
/* Fills the class's structure (FileStatInformation, FileStatLx.., FileLxrunStat..), returns its size; 0: no such class. */
ULONG IopFillStat(FILE_INFORMATION_CLASS Class, const struct host_stat *St, PVOID Buffer);
ULONG IopStatSize(FILE_INFORMATION_CLASS Class);

/* iodir.c */
VOID IopFreeDirectory(PFILE_OBJECT File);
NTSTATUS IopQueryDirectoryPosition(PFILE_OBJECT File, LONGLONG *Position);
NTSTATUS IopSetDirectoryPosition(PFILE_OBJECT File, LONGLONG Position);

/* ioea.c: the metadata of a creation */
NTSTATUS IopParseMetadata(PVOID Buffer, ULONG Length, IOP_METADATA *Metadata);

/* iojournal.c */
NTSTATUS IopCreateJournal(IOP_JOURNAL **Journal);
VOID IopDestroyJournal(IOP_JOURNAL *Journal);
/* Watches File from now on; Root, its directory, too. */
VOID IopJournalWatch(PFILE_OBJECT File, PFILE_OBJECT Root, const IOP_NAME *Name);
VOID IopJournalForget(PFILE_OBJECT File);
NTSTATUS IopJournalQuery(IOP_JOURNAL *Journal, ULONGLONG *Usn);

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
