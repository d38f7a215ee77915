/* SPDX-License-Identifier: MIT */
/* stub_blob.S - the exec stub's ELF file, as data. */
	.section .rodata
	.globl pico_stub_start, pico_stub_end
pico_stub_start:
	.incbin "stub.elf"
pico_stub_end:
	.section .note.GNU-stack,"",@progbits
