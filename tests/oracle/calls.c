/* SPDX-License-Identifier: MIT */
/*
 * calls.c - the Nt* calls of a test program that runs on another implementation of ntdll: each is
 * looked up there when the program starts. One that is missing answers STATUS_PROCEDURE_NOT_FOUND,
 * so that a test of something newer than the oracle is a difference and not a program that does not
 * start. calls.def has one line for each call that include/nt declares (see the Makefile).
 */
#include "nt/nt.h"

__attribute__((dllimport)) PVOID GetModuleHandleA(const char *Name);
__attribute__((dllimport)) PVOID GetProcAddress(PVOID Module, const char *Name);

static NTSTATUS Missing(void)
{
	return (NTSTATUS)0xC000007A; /* STATUS_PROCEDURE_NOT_FOUND */
}

/* The call itself is a jump, so that arguments stay where they are. */
#define CALL(name)                                 \
	PVOID At##name;                            \
	__asm__(".globl " #name "\n" #name ":\n\t" \
		"jmp *At" #name "(%rip)\n");
#include "calls.def"
#undef CALL

static const struct {
	const char *Name;
	PVOID *At;
} Calls[] = {
#define CALL(name) { #name, &At##name },
#include "calls.def"
#undef CALL
};

__attribute__((constructor)) static void Resolve(void)
{
	PVOID Module = GetModuleHandleA("ntdll.dll");

	for (size_t i = 0; i < sizeof(Calls) / sizeof(Calls[0]); i++) {
		*Calls[i].At = GetProcAddress(Module, Calls[i].Name);
		if (!*Calls[i].At)
			*Calls[i].At = (PVOID)Missing;
	}
}
