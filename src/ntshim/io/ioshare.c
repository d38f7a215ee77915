/* SPDX-License-Identifier: MIT */
/*
 * ioshare.c - file control blocks: share modes and deletion (nt.md SH1..SH6, DL1..DL6).
 *
 * One FCB stands for one host inode, found by (device, inode) in a table of buckets, each with its own
 * lock. Only opens that read, write, execute or delete have one (SH1); opens for attributes cost
 * nothing here but one look for a pending deletion. The counts are those of NT's SHARE_ACCESS.
 * Sharing ends when the last handle of a file object is closed, and with the last of these objects a
 * pending deletion is carried out, by the file object that asked for it.
 */
#include "iop.h"
#include "nt/mm.h"
#include "base/alloc.h"
#include "base/list.h"

struct _FCB {
	struct list Link;
	ULONGLONG Device, Inode;
	ULONG OpenCount, Readers, Writers, Deleters;
	ULONG SharedRead, SharedWrite, SharedDelete;
	BOOLEAN DeletePending;
	BOOLEAN Posix;   /* it is carried out when DeleteBy is closed, whoever has it open (DL8) */
	BOOLEAN OnClose; /* it came from FILE_DELETE_ON_CLOSE and stays (DL3) */
	PFILE_OBJECT DeleteBy; /* holds a reference */
};

#define READERS (FILE_READ_DATA | FILE_EXECUTE)
#define WRITERS (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define BUCKETS 256

static struct iop_bucket {
	struct lk Lock;
	struct list Fcbs;
} Table[BUCKETS];

VOID IopInitSharing(void)
{
	for (ULONG i = 0; i < BUCKETS; i++) {
		lk_init(&Table[i].Lock, LR_IO);
		list_init(&Table[i].Fcbs);
	}
}

static struct iop_bucket *BucketOf(ULONGLONG Device, ULONGLONG Inode)
{
	return &Table[(Inode ^ Inode >> 8 ^ Device) % BUCKETS];
}

static PFCB FindFcb(struct iop_bucket *b, ULONGLONG Device, ULONGLONG Inode)
{
	PFCB Fcb;

	list_for_each(Fcb, &b->Fcbs, Link)
		if (Fcb->Inode == Inode && Fcb->Device == Device)
			return Fcb;
	return NULL;
}

/* The six tests of SH2. Access includes what an overwriting disposition implies (SH3). */
static BOOLEAN Conflicts(const FCB *Fcb, ACCESS_MASK Access, ULONG Share)
{
	return ((Access & READERS) && Fcb->SharedRead < Fcb->OpenCount) ||
	       ((Access & WRITERS) && Fcb->SharedWrite < Fcb->OpenCount) ||
	       ((Access & DELETE) && Fcb->SharedDelete < Fcb->OpenCount) ||
	       (Fcb->Readers && !(Share & FILE_SHARE_READ)) ||
	       (Fcb->Writers && !(Share & FILE_SHARE_WRITE)) ||
	       (Fcb->Deleters && !(Share & FILE_SHARE_DELETE));
}

static VOID Count(PFCB Fcb, const FILE_OBJECT *File, ULONG Step)
{
	Fcb->OpenCount += Step;
	Fcb->Readers += File->Access & READERS ? Step : 0;
	Fcb->Writers += File->Access & WRITERS ? Step : 0;
	Fcb->Deleters += File->Access & DELETE ? Step : 0;
	Fcb->SharedRead += File->ShareAccess & FILE_SHARE_READ ? Step : 0;
	Fcb->SharedWrite += File->ShareAccess & FILE_SHARE_WRITE ? Step : 0;
	Fcb->SharedDelete += File->ShareAccess & FILE_SHARE_DELETE ? Step : 0;
}

static ACCESS_MASK ImpliedAccess(const IOP_OPEN *Open)
{
	switch (Open->Disposition) {
	case FILE_SUPERSEDE:
		return Open->Access | DELETE;
	case FILE_OVERWRITE:
	case FILE_OVERWRITE_IF:
		return Open->Access | FILE_WRITE_DATA;
	default:
		return Open->Access;
	}
}

NTSTATUS IopShareOpen(PFILE_OBJECT File, const struct host_stat *St, const IOP_OPEN *Open)
{
	ACCESS_MASK Implied = Open->Information == FILE_CREATED ? Open->Access
								: ImpliedAccess(Open);
	struct iop_bucket *b = BucketOf(IopHostDevice(St), St->ino);
	PFCB New = NULL, Fcb;
	NTSTATUS Status = STATUS_SUCCESS;

	if (Implied & (READERS | WRITERS | DELETE) || Open->Holds)
		New = mem_alloc(sizeof(*New));
	else
		Implied = 0;
	if (Implied && !New)
		return STATUS_INSUFFICIENT_RESOURCES;
	if ((Implied & FILE_WRITE_DATA || Open->Options & FILE_DELETE_ON_CLOSE) &&
	    MmIsFileAnImage(IopHostDevice(St), St->ino)) { /* VM15 */
		mem_free(New);
		return Open->Options & FILE_DELETE_ON_CLOSE ? STATUS_CANNOT_DELETE
							    : STATUS_SHARING_VIOLATION;
	}
	lk_acquire(&b->Lock);
	Fcb = FindFcb(b, IopHostDevice(St), St->ino);
	if (Fcb && Fcb->DeletePending) {
		Status = STATUS_DELETE_PENDING;
	} else if (Implied && Fcb && Conflicts(Fcb, Implied, Open->ShareAccess)) {
		Status = STATUS_SHARING_VIOLATION;
	} else if (Implied) {
		if (!Fcb) {
			Fcb = New;
			New = NULL;
			Fcb->Device = IopHostDevice(St);
			Fcb->Inode = St->ino;
			list_add(&b->Fcbs, &Fcb->Link);
		}
		File->FcbBucket = b;
		File->Fcb = Fcb;
		File->Access = Open->Access;
		File->ShareAccess = Open->ShareAccess;
		Count(Fcb, File, 1);
	}
	lk_release(&b->Lock);
	mem_free(New);
	return Status;
}

/* What File's closing makes due: the file object that is to carry it out, with its reference. */
static PFILE_OBJECT Due(PFCB Fcb, PFILE_OBJECT File, BOOLEAN Last)
{
	PFILE_OBJECT DeleteBy = Fcb->DeleteBy;

	if (!Fcb->DeletePending || !(Last || (Fcb->Posix && DeleteBy == File)))
		return NULL;
	Fcb->DeletePending = Fcb->Posix = FALSE;
	Fcb->DeleteBy = NULL;
	return DeleteBy;
}

static VOID LeaveFcb(PFILE_OBJECT File)
{
	PFILE_OBJECT DeleteBy;
	struct iop_bucket *b = File->FcbBucket;
	BOOLEAN Last;
	PFCB Fcb;

	if (!b)
		return;
	lk_acquire(&b->Lock);
	Fcb = File->Fcb;
	if (!Fcb) {
		lk_release(&b->Lock);
		return;
	}
	if (File->Options & FILE_DELETE_ON_CLOSE && !Fcb->DeletePending) {
		Fcb->DeletePending = Fcb->OnClose = TRUE;
		Fcb->DeleteBy = File;
		ObReferenceObject(&File->Object);
	}
	File->Fcb = NULL;
	Count(Fcb, File, (ULONG)-1);
	Last = Fcb->OpenCount == 0;
	if (Last)
		list_del(&Fcb->Link);
	DeleteBy = Due(Fcb, File, Last);
	lk_release(&b->Lock);
	if (Last)
		mem_free(Fcb);
	if (DeleteBy) {
		/* Nobody is left to hear of a failure; NT drops it too (DL5: a directory that filled up). */
		IopDeleteNow(DeleteBy);
		IopDereferenceFile(DeleteBy);
	}
}

VOID IopShareCleanup(PFILE_OBJECT File)
{
	LeaveFcb(File);
	if (File->Base)
		LeaveFcb(File->Base); /* whose deletion may have waited for the stream */
}

ULONG IopShareCount(const struct host_stat *St)
{
	struct iop_bucket *b = BucketOf(IopHostDevice(St), St->ino);
	ULONG Opens;
	PFCB Fcb;

	lk_acquire(&b->Lock);
	Fcb = FindFcb(b, IopHostDevice(St), St->ino);
	Opens = Fcb ? Fcb->OpenCount : 0;
	lk_release(&b->Lock);
	return Opens;
}

BOOLEAN IopShareAll(ULONGLONG Device, ULONGLONG Inode, ULONG Access)
{
	struct iop_bucket *b = BucketOf(Device, Inode);
	ULONG Sharing;
	BOOLEAN All;
	PFCB Fcb;

	lk_acquire(&b->Lock);
	Fcb = FindFcb(b, Device, Inode);
	Sharing = !Fcb ? 0 : Access == FILE_SHARE_WRITE ? Fcb->SharedWrite : Fcb->SharedDelete;
	All = !Fcb || Sharing == Fcb->OpenCount;
	lk_release(&b->Lock);
	return All;
}

NTSTATUS IopSetDeletePending(PFILE_OBJECT File, BOOLEAN Delete, BOOLEAN Posix)
{
	struct iop_bucket *b = File->FcbBucket;
	PFILE_OBJECT Old = NULL;
	PFCB Fcb;

	if (!b)
		return STATUS_ACCESS_DENIED;
	lk_acquire(&b->Lock);
	Fcb = File->Fcb;
	if (Fcb && !Fcb->OnClose && (Delete != Fcb->DeletePending || Posix)) {
		Old = Fcb->DeleteBy;
		Fcb->DeleteBy = Delete ? File : NULL;
		Fcb->DeletePending = Delete;
		Fcb->Posix = Delete && Posix;
		if (Delete)
			ObReferenceObject(&File->Object);
	}
	lk_release(&b->Lock);
	if (Old)
		IopDereferenceFile(Old);
	return STATUS_SUCCESS;
}

NTSTATUS IopSetDeleteOnClose(PFILE_OBJECT File, BOOLEAN Delete)
{
	struct iop_bucket *b = File->FcbBucket;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!b)
		return STATUS_NOT_SUPPORTED;
	lk_acquire(&b->Lock);
	if (!Delete)
		File->Options &= ~FILE_DELETE_ON_CLOSE;
	else if (!(File->Options & FILE_DELETE_ON_CLOSE))
		Status = STATUS_NOT_SUPPORTED;
	lk_release(&b->Lock);
	return Status;
}

BOOLEAN IopIsDeletePending(PFILE_OBJECT File)
{
	struct iop_bucket *b = File->FcbBucket;
	BOOLEAN Pending;

	if (!b)
		return FALSE;
	lk_acquire(&b->Lock);
	Pending = File->Fcb && File->Fcb->DeletePending;
	lk_release(&b->Lock);
	return Pending;
}

BOOLEAN IopIsInodePending(const struct host_stat *St)
{
	struct iop_bucket *b = BucketOf(IopHostDevice(St), St->ino);
	BOOLEAN Pending;
	PFCB Fcb;

	lk_acquire(&b->Lock);
	Fcb = FindFcb(b, IopHostDevice(St), St->ino);
	Pending = Fcb && Fcb->DeletePending;
	lk_release(&b->Lock);
	return Pending;
}

NTSTATUS IopRefineTaken(NTSTATUS Status, PDEVICE_OBJECT Device, host_fd Dir, PIOP_NAME Name)
{
	struct host_stat St;

	if (Status == STATUS_OBJECT_NAME_COLLISION && Name->Length &&
	    NT_SUCCESS(IopStatName(Device, Dir, Name, &St)) && IopIsInodePending(&St))
		return STATUS_DELETE_PENDING;
	return Status;
}
