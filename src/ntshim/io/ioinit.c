/* SPDX-License-Identifier: MIT */
/*
 * ioinit.c - start of the I/O manager, and volumes.
 *
 * A volume is a host directory under \Device\HarddiskVolume<n>; \??\C: is a link to the first.
 */
#include "iop.h"
#include "base/alloc.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

PDEVICE_OBJECT IopStreamDevice, IopConsoleDevice, IopMemoryDevice;
static ULONG InitialUmask;
static atomic_uint VolumeCount;

NTSTATUS IoInitSystem(void)
{
	static const struct {
		const char *Name;
		const DRIVER_OBJECT *Driver;
		PDEVICE_OBJECT *Device;
	} Devices[] = {
		{ "Null", &IopNullDriver, NULL },
		{ "NamedPipe", &NpDriver, NULL },
		{ "Afd", &AfdDriver, NULL },
		{ "Zero", &IopZeroDriver, NULL },
		{ "HostStream", &IopStreamDriver, &IopStreamDevice },
		{ "HostConsole", &IopConsoleDriver, &IopConsoleDevice },
		{ "HostMemory", &IopMemoryDriver, &IopMemoryDevice },
	};
	NTSTATUS Status = host_file_init(&InitialUmask);

	IopInitSharing();
	IopInitLocks();
	IopInitPorts();
	for (ULONG i = 0; i < sizeof(Devices) / sizeof(Devices[0]) && NT_SUCCESS(Status); i++) {
		PDEVICE_OBJECT Device;

		Status = IopCreateDevice(Devices[i].Name, Devices[i].Driver, &Device);
		if (!NT_SUCCESS(Status))
			break;
		if (Devices[i].Device)
			*Devices[i].Device = Device; /* keeps the reference, for good */
		else
			ObDereferenceObject(&Device->Object);
	}
	return Status;
}

ULONG IoQueryInitialUmask(void)
{
	return InitialUmask;
}

/* \??\C: for the first volume. */
static NTSTATUS LinkDrive(PCWSTR Target, ULONG Length)
{
	UNICODE_STRING Link = RTL_CONSTANT_STRING(u"\\??\\C:");
	UNICODE_STRING To = { (USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)),
			      (PWSTR)Target };
	OBJECT_ATTRIBUTES ObjectAttributes;
	HANDLE Handle;
	NTSTATUS Status;

	InitializeObjectAttributes(&ObjectAttributes, &Link, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE,
				   NULL, NULL);
	Status = NtCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_QUERY, &ObjectAttributes, &To);
	if (NT_SUCCESS(Status))
		NtClose(Handle);
	return Status;
}

static NTSTATUS OpenRoot(PDEVICE_OBJECT Device, const char *HostRoot)
{
	char Path[IOP_PATH_MAX];
	struct host_stat St;
	ULONG Length;
	NTSTATUS Status = host_open_root(HostRoot, &Device->Root);

	if (NT_SUCCESS(Status))
		Status = host_fstat(Device->Root, &St);
	if (NT_SUCCESS(Status))
		Status = host_path(Device->Root, Path, sizeof(Path), &Length);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Length == 1)
		Path[0] = 0;
	Device->HostDevice = IopHostDevice(&St);
	Device->CtimeTells = IopIsNt(Device) && host_ctime_tells(Device->Root);
	Device->RootPath = mem_strdup(Path);
	if (!Device->RootPath)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = IopCreateJournal(&Device->Journal);
	if (NT_SUCCESS(Status) && Device->Personality == VolumePersonalityWin)
		Status = IopCreateCase(&Device->Case);
	return Status;
}

NTSTATUS IoCreateVolume(const char *HostRoot, VOLUME_PERSONALITY Personality, PULONG Number)
{
	char Name[32];
	WCHAR Target[48] = u"\\Device\\";
	PDEVICE_OBJECT Device;
	ULONG Length = 8, n;
	NTSTATUS Status;

	if (Personality < VolumePersonalityHost || Personality > VolumePersonalityWin)
		return STATUS_INVALID_PARAMETER;
	n = atomic_fetch_add(&VolumeCount, 1) + 1;
	snprintf(Name, sizeof(Name), "HarddiskVolume%u", n);
	Status = IopCreateDevice(
		Name, Personality == VolumePersonalityHost ? &IopVolumeDriver : &IopNtVolumeDriver,
		&Device);
	if (!NT_SUCCESS(Status))
		return Status;
	Device->Personality = Personality;
	lk_init(&Device->Metadata, LR_IO);
	Device->Number = n;
	Status = OpenRoot(Device, HostRoot);
	for (const char *p = Name; *p; p++)
		Target[Length++] = (UCHAR)*p;
	if (NT_SUCCESS(Status) && n == 1)
		Status = LinkDrive(Target, Length);
	if (NT_SUCCESS(Status))
		*Number = n;
	TRACE(TR_NT, "IoCreateVolume(\"%s\") = %s, %s", HostRoot, NtStatusName(Status), Name);
	/* The name holds the device; a volume that failed stays as a device without a root. */
	ObDereferenceObject(&Device->Object);
	return Status;
}
