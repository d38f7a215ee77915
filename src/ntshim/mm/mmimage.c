/* SPDX-License-Identifier: MIT */
/*
 * mmimage.c - image sections: a PE file as it lies in memory (nt.md VM15, VM16, DL13, RN13).
 *
 * Sections of a PE file begin at multiples of 512 bytes, which the host cannot map to pages; so the image is
 * laid out once, when the section is made, in a memory file that all views show, copies on write. NT
 * lets nobody change the file while the section is there, so that the two stay the same. Nothing runs an
 * image here: one that is mapped elsewhere than at its base is told so (STATUS_IMAGE_NOT_AT_BASE) and is not
 * relocated.
 */
#include "mmp.h"
#include "base/alloc.h"
#include <string.h>

#define IMAGE_DOS_SIGNATURE           0x5A4Du
#define IMAGE_NT_SIGNATURE            0x00004550u
#define IMAGE_FILE_EXECUTABLE_IMAGE   0x0002u
#define IMAGE_NT_OPTIONAL_HDR32_MAGIC 0x10Bu
#define IMAGE_NT_OPTIONAL_HDR64_MAGIC 0x20Bu
#define IMAGE_SCN_MEM_SHARED          0x10000000u
#define IMAGE_SCN_MEM_EXECUTE         0x20000000u
#define IMAGE_SCN_MEM_READ            0x40000000u
#define IMAGE_SCN_MEM_WRITE           0x80000000u
#define MAXIMUM_IMAGE                 0x40000000u
#define MAXIMUM_SECTIONS              96u
#define COPY_CHUNK                    65536u

typedef struct _IMAGE_DOS_HEADER {
	USHORT e_magic, e_other[29];
	ULONG e_lfanew;
} IMAGE_DOS_HEADER;
typedef struct _IMAGE_FILE_HEADER {
	USHORT Machine, NumberOfSections;
	ULONG TimeDateStamp, PointerToSymbolTable, NumberOfSymbols;
	USHORT SizeOfOptionalHeader, Characteristics;
} IMAGE_FILE_HEADER;
/* Both forms are alike behind the base's address but for the stack's sizes. */
typedef struct _IMAGE_OPTIONAL_HEADER {
	USHORT Magic;
	UCHAR MajorLinkerVersion, MinorLinkerVersion;
	ULONG SizeOfCode, SizeOfInitializedData, SizeOfUninitializedData, AddressOfEntryPoint,
		BaseOfCode;
	union {
		struct {
			ULONG BaseOfData, ImageBase;
		} Short;
		ULONGLONG ImageBase;
	} __attribute__((packed));
	ULONG SectionAlignment, FileAlignment;
	USHORT MajorOperatingSystemVersion, MinorOperatingSystemVersion, MajorImageVersion,
		MinorImageVersion, MajorSubsystemVersion, MinorSubsystemVersion;
	ULONG Win32VersionValue, SizeOfImage, SizeOfHeaders, CheckSum;
	USHORT Subsystem, DllCharacteristics;
	union {
		struct {
			ULONG Reserve, Commit;
		} Short;
		struct {
			ULONGLONG Reserve, Commit;
		} Long;
	} __attribute__((packed)) Stack;
} IMAGE_OPTIONAL_HEADER;
typedef struct _IMAGE_SECTION_HEADER {
	UCHAR Name[8];
	ULONG VirtualSize, VirtualAddress, SizeOfRawData, PointerToRawData, Other[3],
		Characteristics;
} IMAGE_SECTION_HEADER;
_Static_assert(sizeof(IMAGE_DOS_HEADER) == 64 && sizeof(IMAGE_FILE_HEADER) == 20, "PE headers");
_Static_assert(offsetof(IMAGE_OPTIONAL_HEADER, SectionAlignment) == 32, "PE headers");
_Static_assert(offsetof(IMAGE_OPTIONAL_HEADER, SizeOfImage) == 56, "PE headers");
_Static_assert(offsetof(IMAGE_OPTIONAL_HEADER, Stack) == 72, "PE headers");
_Static_assert(sizeof(IMAGE_OPTIONAL_HEADER) == 88 && sizeof(IMAGE_SECTION_HEADER) == 40,
	       "PE headers");

/* A file on its way to be an image. */
typedef struct _LAYOUT {
	int File, Memory;
	LONGLONG FileSize;
	ULONG HeadersAt; /* of the sections' headers in the file */
	BOOLEAN Long;
	IMAGE_FILE_HEADER Header;
	IMAGE_OPTIONAL_HEADER Optional;
	IMAGE_SECTION_HEADER Sections[MAXIMUM_SECTIONS];
} LAYOUT;

static BOOLEAN ReadAt(const LAYOUT *l, LONGLONG At, VOID *Buffer, ULONG Size)
{
	return At <= l->FileSize && l->FileSize - At >= Size &&
	       host_file_read(l->File, At, Buffer, Size) == (int)Size;
}

static NTSTATUS ReadHeaders(LAYOUT *l)
{
	IMAGE_DOS_HEADER Dos;
	ULONG Signature;
	LONGLONG At;

	if (!ReadAt(l, 0, &Dos, sizeof(Dos)) || Dos.e_magic != IMAGE_DOS_SIGNATURE)
		return STATUS_INVALID_IMAGE_NOT_MZ;
	At = Dos.e_lfanew;
	if (!ReadAt(l, At, &Signature, sizeof(Signature)) || Signature != IMAGE_NT_SIGNATURE)
		return STATUS_INVALID_IMAGE_FORMAT;
	At += sizeof(Signature);
	if (!ReadAt(l, At, &l->Header, sizeof(l->Header)))
		return STATUS_INVALID_IMAGE_FORMAT;
	At += sizeof(l->Header);
	if (!ReadAt(l, At, &l->Optional, sizeof(l->Optional)) ||
	    l->Header.SizeOfOptionalHeader < sizeof(l->Optional))
		return STATUS_INVALID_IMAGE_FORMAT;
	At += l->Header.SizeOfOptionalHeader;
	l->HeadersAt = (ULONG)At;
	l->Long = l->Optional.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
	if ((!l->Long && l->Optional.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC) ||
	    !(l->Header.Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) ||
	    l->Header.NumberOfSections > MAXIMUM_SECTIONS ||
	    !ReadAt(l, At, l->Sections, l->Header.NumberOfSections * (ULONG)sizeof(l->Sections[0])))
		return STATUS_INVALID_IMAGE_FORMAT;
	return STATUS_SUCCESS;
}

static ULONG AlignUp(ULONG Value, ULONG Alignment)
{
	return (Value + Alignment - 1) & ~(Alignment - 1);
}

/* Bytes that a section takes in memory. */
static ULONG SizeInMemory(const IMAGE_SECTION_HEADER *s)
{
	return s->VirtualSize ? s->VirtualSize : s->SizeOfRawData;
}

/* Sections follow each other without gap or overlap, inside the image and the file. */
static NTSTATUS CheckLayout(const LAYOUT *l)
{
	const IMAGE_OPTIONAL_HEADER *o = &l->Optional;
	ULONG Next;

	if (o->SectionAlignment < MM_PAGE || o->SectionAlignment & (o->SectionAlignment - 1) ||
	    !o->SizeOfImage || o->SizeOfImage > MAXIMUM_IMAGE ||
	    o->SizeOfHeaders > o->SizeOfImage || o->SizeOfHeaders > l->FileSize ||
	    o->AddressOfEntryPoint >= o->SizeOfImage)
		return STATUS_INVALID_IMAGE_FORMAT;
	Next = AlignUp(o->SizeOfHeaders, o->SectionAlignment);
	for (ULONG i = 0; i < l->Header.NumberOfSections; i++) {
		const IMAGE_SECTION_HEADER *s = &l->Sections[i];

		if (s->VirtualAddress != Next || SizeInMemory(s) > o->SizeOfImage - Next ||
		    s->PointerToRawData > l->FileSize ||
		    s->SizeOfRawData > l->FileSize - s->PointerToRawData)
			return STATUS_INVALID_IMAGE_FORMAT;
		Next = AlignUp(Next + SizeInMemory(s), o->SectionAlignment);
		if (Next > AlignUp(o->SizeOfImage, o->SectionAlignment))
			return STATUS_INVALID_IMAGE_FORMAT;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS Copy(const LAYOUT *l, LONGLONG From, LONGLONG To, ULONG Size)
{
	UCHAR *Buffer = Size ? mem_alloc(COPY_CHUNK) : NULL;
	NTSTATUS Status = Size && !Buffer ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;

	for (ULONG Done = 0, n; NT_SUCCESS(Status) && Done < Size; Done += n) {
		n = Size - Done < COPY_CHUNK ? Size - Done : COPY_CHUNK;
		if (!ReadAt(l, From + Done, Buffer, n))
			Status = STATUS_INVALID_IMAGE_FORMAT; /* cut meanwhile */
		else
			Status = host_status(host_file_write(l->Memory, To + Done, Buffer, n));
	}
	mem_free(Buffer);
	return Status;
}

/* What a section's pages may be used for. Written to they become the view's own, unless shared. */
static ULONG ProtectOf(ULONG Characteristics)
{
	const BOOLEAN Execute = (Characteristics & IMAGE_SCN_MEM_EXECUTE) != 0,
		      Shared = (Characteristics & IMAGE_SCN_MEM_SHARED) != 0;

	if (Characteristics & IMAGE_SCN_MEM_WRITE)
		return Shared ? (Execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE)
			      : (Execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY);
	if (Execute)
		return Characteristics & IMAGE_SCN_MEM_READ ? PAGE_EXECUTE_READ : PAGE_EXECUTE;
	return Characteristics & IMAGE_SCN_MEM_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

static NTSTATUS CopySections(const LAYOUT *l, PMM_IMAGE Image)
{
	NTSTATUS Status = Copy(l, 0, 0, l->Optional.SizeOfHeaders);

	for (ULONGLONG i = 0; i < Image->Pages; i++)
		Image->Protect[i] = PAGE_READONLY; /* the headers, and gaps */
	for (ULONG n = 0; NT_SUCCESS(Status) && n < l->Header.NumberOfSections; n++) {
		const IMAGE_SECTION_HEADER *s = &l->Sections[n];
		ULONG Raw = s->SizeOfRawData < SizeInMemory(s) ? s->SizeOfRawData : SizeInMemory(s);
		ULONGLONG First = s->VirtualAddress / MM_PAGE,
			  End = MmpPageUp((ULONGLONG)s->VirtualAddress + SizeInMemory(s)) / MM_PAGE;

		for (ULONGLONG i = First; i < End && i < Image->Pages; i++)
			Image->Protect[i] = (USHORT)ProtectOf(s->Characteristics);
		Status = Copy(l, s->PointerToRawData, s->VirtualAddress, Raw);
	}
	return Status;
}

static VOID Describe(const LAYOUT *l, PMM_IMAGE Image)
{
	const IMAGE_OPTIONAL_HEADER *o = &l->Optional;
	BOOLEAN Code = FALSE;

	for (ULONG i = 0; i < l->Header.NumberOfSections; i++)
		Code |= (l->Sections[i].Characteristics & IMAGE_SCN_MEM_EXECUTE) != 0;
	Image->Base = l->Long ? o->ImageBase : o->Short.ImageBase;
	Image->Information = (SECTION_IMAGE_INFORMATION){
		.TransferAddress = (PVOID)(ULONG_PTR)(Image->Base + o->AddressOfEntryPoint),
		.MaximumStackSize = l->Long ? o->Stack.Long.Reserve : o->Stack.Short.Reserve,
		.CommittedStackSize = l->Long ? o->Stack.Long.Commit : o->Stack.Short.Commit,
		.SubSystemType = o->Subsystem,
		.SubSystemMinorVersion = o->MinorSubsystemVersion,
		.SubSystemMajorVersion = o->MajorSubsystemVersion,
		.ImageCharacteristics = l->Header.Characteristics,
		.DllCharacteristics = o->DllCharacteristics,
		.Machine = l->Header.Machine,
		.ImageContainsCode = Code,
		.ImageFileSize = (ULONG)l->FileSize,
		.CheckSum = o->CheckSum,
	};
}

static NTSTATUS LayOut(LAYOUT *l, PMM_IMAGE *Image)
{
	ULONGLONG Pages = MmpPageUp(l->Optional.SizeOfImage) / MM_PAGE;
	NTSTATUS Status;

	l->Memory = host_memfd("nt-image", (int64_t)(Pages * MM_PAGE));
	if (l->Memory < 0)
		return host_status(l->Memory);
	*Image = mem_alloc(sizeof(**Image) + Pages * sizeof((*Image)->Protect[0]));
	if (!*Image)
		return STATUS_INSUFFICIENT_RESOURCES;
	(*Image)->Pages = Pages;
	Describe(l, *Image);
	Status = CopySections(l, *Image);
	if (!NT_SUCCESS(Status)) {
		mem_free(*Image);
		*Image = NULL;
	}
	return Status;
}

NTSTATUS MmpMakeImage(int File, int *Memory, PMM_IMAGE *Image)
{
	LAYOUT *l = mem_alloc(sizeof(*l));
	NTSTATUS Status;

	*Image = NULL;
	*Memory = -1;
	if (!l)
		return STATUS_INSUFFICIENT_RESOURCES;
	l->File = File;
	l->Memory = -1;
	l->FileSize = host_file_size(File);
	Status = l->FileSize < 0 ? STATUS_INVALID_FILE_FOR_SECTION : ReadHeaders(l);
	if (NT_SUCCESS(Status))
		Status = CheckLayout(l);
	if (NT_SUCCESS(Status))
		Status = LayOut(l, Image);
	if (NT_SUCCESS(Status))
		*Memory = l->Memory;
	else
		host_close(l->Memory);
	mem_free(l);
	return Status;
}
