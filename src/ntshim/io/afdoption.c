/* SPDX-License-Identifier: MIT */
/* afdoption.c - what is asked of a socket and set (nt.md AF12, AF13). */
#include "afd.h"

NTSTATUS AfdSetInformation(PIOP_REQUEST Request)
{
	host_fd Fd = Request->File->Fd;
	AFD_INFORMATION Info;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	switch (Info.InformationType) {
	case AFD_NONBLOCKING_MODE:
		AfdEndpoint(Request->File)->NonBlocking = Info.Information.Boolean != 0;
		return STATUS_SUCCESS;
	case AFD_RECEIVE_WINDOW_SIZE:
		return host_set_option(Fd, WS_SOL_SOCKET, WS_SO_RCVBUF, &Info.Information.Ulong,
				       sizeof(ULONG));
	case AFD_SEND_WINDOW_SIZE:
		return host_set_option(Fd, WS_SOL_SOCKET, WS_SO_SNDBUF, &Info.Information.Ulong,
				       sizeof(ULONG));
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

NTSTATUS AfdGetInformation(PIOP_REQUEST Request)
{
	host_fd Fd = Request->File->Fd;
	ULONG Size = sizeof(ULONG);
	AFD_INFORMATION Info;
	NTSTATUS Status;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	Info.Information.LargeInteger.QuadPart = 0;
	switch (Info.InformationType) {
	case AFD_SENDS_PENDING:
		Status = host_socket_bytes(Fd, TRUE, &Info.Information.Ulong);
		break;
	case AFD_RECEIVE_WINDOW_SIZE:
		Status = host_get_option(Fd, WS_SOL_SOCKET, WS_SO_RCVBUF, &Info.Information.Ulong,
					 &Size);
		break;
	case AFD_SEND_WINDOW_SIZE:
		Status = host_get_option(Fd, WS_SOL_SOCKET, WS_SO_SNDBUF, &Info.Information.Ulong,
					 &Size);
		break;
	default:
		return STATUS_INVALID_PARAMETER;
	}
	if (NT_SUCCESS(Status)) {
		memcpy(Request->Control.Output, &Info, sizeof(Info));
		Request->Information = sizeof(Info);
	}
	return Status;
}

NTSTATUS AfdQueryReceiveInfo(PIOP_REQUEST Request)
{
	AFD_RECEIVE_INFORMATION Info = { 0, 0 };
	NTSTATUS Status = host_socket_bytes(Request->File->Fd, FALSE, &Info.BytesAvailable);

	if (!NT_SUCCESS(Status))
		return Status;
	memcpy(Request->Control.Output, &Info, sizeof(Info));
	Request->Information = sizeof(Info);
	return STATUS_SUCCESS;
}

static NTSTATUS SocketIoctl(PIOP_REQUEST Request, ULONG Code)
{
	BOOLEAN AtMark;
	ULONG Out;
	NTSTATUS Status;

	if (Code != WS_SIOCATMARK)
		return STATUS_NOT_SUPPORTED;
	if (Request->Control.OutputLength < sizeof(Out))
		return STATUS_BUFFER_TOO_SMALL;
	Status = host_at_mark(Request->File->Fd, &AtMark);
	Out = AtMark;
	memcpy(Request->Control.Output, &Out, sizeof(Out));
	Request->Information = sizeof(Out);
	return Status;
}

static NTSTATUS GetError(PIOP_REQUEST Request)
{
	NTSTATUS Error;

	if (Request->Control.OutputLength < sizeof(Error))
		return STATUS_INVALID_PARAMETER;
	Error = AfdTakeError(Request->File);
	memcpy(Request->Control.Output, &Error, sizeof(Error));
	Request->Information = sizeof(Error);
	return STATUS_SUCCESS;
}

NTSTATUS AfdTransportIoctl(PIOP_REQUEST Request)
{
	host_fd Fd = Request->File->Fd;
	AFD_TL_IO_CONTROL_INFO Info;
	ULONG Length;
	NTSTATUS Status;

	memcpy(&Info, Request->Control.Input, sizeof(Info));
	switch (Info.Type) {
	case TlSetSockOptIoControlType:
		if (Info.InputBufferLength > UINT16_MAX)
			return STATUS_INVALID_PARAMETER;
		Status = ProbeForRead(Info.InputBuffer, Info.InputBufferLength, 1);
		if (!NT_SUCCESS(Status))
			return Status;
		return host_set_option(Fd, Info.Level, Info.IoControlCode, Info.InputBuffer,
				       (ULONG)Info.InputBufferLength);
	case TlGetSockOptIoControlType:
		if (Info.Level == WS_SOL_SOCKET && Info.IoControlCode == WS_SO_ERROR)
			return GetError(Request);
		Length = Request->Control.OutputLength;
		Status = host_get_option(Fd, Info.Level, Info.IoControlCode,
					 Request->Control.Output, &Length);
		Request->Information = Length;
		return Status;
	case TlSocketIoControlType:
		return SocketIoctl(Request, Info.IoControlCode);
	default:
		return STATUS_NOT_SUPPORTED;
	}
}
