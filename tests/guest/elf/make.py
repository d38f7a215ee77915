#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make.py DIR: writes malformed and odd-but-valid program files into DIR, one per line of rows below.

The base is a valid static program whose only act is exit(7).  A row changes it; what Linux makes of the
result is found by running it, so there are no expectations here.
"""
import os
import random
import struct
import sys

CODE = bytes([0xB8, 60, 0, 0, 0, 0xBF, 7, 0, 0, 0, 0x0F, 0x05])  # mov $60, %eax; mov $7, %edi; syscall
BASE = 0x400000
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_GNU_STACK = 1, 2, 3, 4, 6, 0x6474E551


def ehdr(**change):
    f = dict(ident=b"\x7fELF\x02\x01\x01" + bytes(9), type=2, machine=62, version=1, entry=BASE + 0x1000,
             phoff=64, shoff=0, flags=0, ehsize=64, phentsize=56, phnum=0, shentsize=0, shnum=0, shstrndx=0)
    f.update(change)
    return f["ident"] + struct.pack("<HHIQQQIHHHHHH", *[f[k] for k in (
        "type", "machine", "version", "entry", "phoff", "shoff", "flags", "ehsize", "phentsize", "phnum",
        "shentsize", "shnum", "shstrndx")])


def phdr(type=PT_LOAD, flags=5, offset=0x1000, vaddr=BASE + 0x1000, filesz=len(CODE), memsz=None, align=0x1000):
    return struct.pack("<IIQQQQQQ", type, flags, offset, vaddr, vaddr, filesz,
                       filesz if memsz is None else memsz, align)


def program(phdrs=None, tail=b"", code=CODE, **change):
    phdrs = [phdr()] if phdrs is None else phdrs
    change.setdefault("phnum", len(phdrs))
    head = ehdr(**change) + b"".join(phdrs)
    return head.ljust(0x1000, b"\0") + code + tail


def interp(path, **change):
    text = path if isinstance(path, bytes) else path.encode() + b"\0"
    return program([phdr(PT_INTERP, 4, 0x1100, BASE + 0x1100, len(text)), phdr(filesz=0x200)],
                   tail=bytes(0x100 - len(CODE)) + text + bytes(0x200), **change)


def with_ident(offset, value):
    data = bytearray(program())
    data[offset] = value
    return bytes(data)


HIGH = 1 << 63
VALID = program()
ROWS = {
    "valid": VALID,
    "empty": b"",
    "one-byte": b"\x7f",
    "magic-only": b"\x7fELF",
    "half-header": VALID[:32],
    "header-only": VALID[:64],
    "half-program-header": VALID[:100],
    "no-code": VALID[:0x1000],
    "garbage": bytes(random.Random(1).randrange(256) for _ in range(4096)),
    "text": b"just some text\n",
    "zeroes": bytes(4096),
    "class-32": with_ident(4, 1),
    "class-0": with_ident(4, 0),
    "class-9": with_ident(4, 9),
    "big-endian": with_ident(5, 2),
    "ident-version-0": with_ident(6, 0),
    "osabi-freebsd": with_ident(7, 9),
    "machine-i386": program(machine=3),
    "machine-arm64": program(machine=183),
    "machine-0": program(machine=0),
    "type-relocatable": program(type=1),
    "type-core": program(type=4),
    "type-none": program(type=0),
    "type-dyn": program([phdr(vaddr=0x1000)], type=3, entry=0x1000),
    "type-dyn-high": program([phdr(vaddr=0x7FFFFFFFF000)], type=3, entry=0x7FFFFFFFF000),
    "version-0": program(version=0),
    "phnum-0": program(phnum=0),
    "phnum-65535": program(phnum=65535),
    "phnum-many": program([phdr()] + [phdr(PT_NOTE)] * 60),
    "phentsize-0": program(phentsize=0),
    "phentsize-55": program(phentsize=55),
    "phentsize-64": program(phentsize=64),
    "phoff-end": program(phoff=0x100000),
    "phoff-negative": program(phoff=HIGH),
    "phoff-max": program(phoff=(1 << 64) - 1),
    "phoff-unaligned": program(phoff=65),
    "no-load": program([phdr(PT_NOTE)]),
    "entry-0": program(entry=0),
    "entry-unmapped": program(entry=0x12345678),
    "entry-kernel": program(entry=HIGH),
    "vaddr-0": program([phdr(vaddr=0)], entry=0),
    "vaddr-kernel": program([phdr(vaddr=HIGH + 0x1000)]),
    "vaddr-top": program([phdr(vaddr=0x7FFFFFFFF000)]),
    "vaddr-wraps": program([phdr(vaddr=(1 << 64) - 0x1000)]),
    "vaddr-unaligned": program([phdr(vaddr=BASE + 0x1001)]),
    "offset-mismatch": program([phdr(offset=0x1008)]),
    "offset-end": program([phdr(offset=0x200000)]),
    "offset-negative": program([phdr(offset=HIGH + 0x1000)]),
    "filesz-huge": program([phdr(filesz=1 << 62)]),
    "filesz-beyond-file": program([phdr(filesz=0x100000)]),
    "filesz-over-memsz": program([phdr(filesz=0x100, memsz=0x10)]),
    "memsz-huge": program([phdr(memsz=1 << 62)]),
    "memsz-wraps": program([phdr(memsz=(1 << 64) - 1)]),
    "memsz-0": program([phdr(), phdr(vaddr=BASE + 0x10000, filesz=0, memsz=0)]),
    "bss-only": program([phdr(), phdr(flags=6, vaddr=BASE + 0x10000, filesz=0, memsz=0x3456)]),
    "bss-tail": program([phdr(), phdr(flags=6, offset=0x1000, vaddr=BASE + 0x11000, filesz=8, memsz=0x5000)]),
    "bss-of-read-only": program([phdr(), phdr(flags=4, offset=0x1000, vaddr=BASE + 0x11000, filesz=8, memsz=0x18)]),
    "align-0": program([phdr(align=0)]),
    "align-3": program([phdr(align=3)]),
    "align-2M": program([phdr(align=0x200000)]),
    "align-huge": program([phdr(align=1 << 62)]),
    "dyn-align-2M": program([phdr(vaddr=0x1000, align=0x200000)], type=3, entry=0x1000),
    "overlapping": program([phdr(), phdr(filesz=4)]),
    "descending": program([phdr(vaddr=BASE + 0x20000), phdr()]),
    "far-apart": program([phdr(), phdr(vaddr=0x600000000000, filesz=8)]),
    "no-execute": program([phdr(flags=4)]),
    "no-permission": program([phdr(flags=0)]),
    "write-execute": program([phdr(flags=7)]),
    "unknown-flags": program([phdr(flags=0xFFFFFFF5)]),
    "unknown-segments": program([phdr(0x70000001), phdr(0x6FFFFFFF), phdr()]),
    "stack-executable": program([phdr(PT_GNU_STACK, 7, 0, 0, 0), phdr()]),
    "stack-twice": program([phdr(PT_GNU_STACK, 6, 0, 0, 0), phdr(PT_GNU_STACK, 7, 0, 0, 0), phdr()]),
    "phdr-segment": program([phdr(PT_PHDR, 4, 64, BASE + 64, 112), phdr()]),
    "sections-garbage": program(shoff=HIGH, shnum=65535, shentsize=1, shstrndx=65535),
    "interp-missing": interp("/no/such/interpreter"),
    "interp-empty": interp(""),
    "interp-not-elf": interp("/etc/passwd"),
    "interp-directory": interp("/etc"),
    "interp-no-nul": interp(b"/lib64/ld-linux-x86-64.so.2"),
    "interp-relative": interp("no-such-interpreter"),
    "interp-self": interp("./valid"),
    "interp-device": interp("/dev/null"),
    "interp-long": program([phdr(PT_INTERP, 4, 0x1100, BASE, 5000), phdr()], tail=b"x" * 8000),
    "interp-huge": program([phdr(PT_INTERP, 4, 0x1100, BASE, 1 << 40), phdr()]),
    "interp-zero-size": program([phdr(PT_INTERP, 4, 0x1100, BASE, 0), phdr()]),
    "interp-offset-end": program([phdr(PT_INTERP, 4, 0x900000, BASE, 20), phdr()]),
    "interp-twice": program([phdr(PT_INTERP, 4, 0x1100, BASE, 21), phdr(PT_INTERP, 4, 0x1100, BASE, 21), phdr()],
                            tail=bytes(0x100 - len(CODE)) + b"/no/such/interpreter\0"),
    "script-empty": b"#!",
    "script-newline": b"#!\n",
    "script-spaces": b"#!   \t\n",
    "script-missing": b"#!/no/such/interpreter\n",
    "script-directory": b"#!/etc\n",
    "script-not-executable": b"#!/etc/passwd\n",
    "script-self": b"#!./script-self\n",
    "script-long": b"#!/bin/sh " + b"x" * 300 + b"\nexit 3\n",
    "script-long-path": b"#!/" + b"x" * 300 + b"\n",
    "script-nul": b"#!/bin/sh\0junk\nexit 3\n",
    "script-no-newline": b"#!/bin/true",
    "script-carriage-return": b"#!/bin/sh\r\nexit 3\n",
    "script-to-bad-elf": b"#!./class-32\n",
    "script-relative": b"#!valid\n",
}


def mutants(count):
    """Headers with a few bytes changed."""
    rng = random.Random(20240101)
    for n in range(count):
        data = bytearray(program([phdr(), phdr(flags=6, vaddr=BASE + 0x10000, memsz=0x2000)]))
        for _ in range(rng.choice((1, 1, 2, 4))):
            data[rng.randrange(4, 64 + 112)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        yield f"mutant-{n:03}", bytes(data)


def main():
    os.chdir(sys.argv[1])
    for name, data in list(ROWS.items()) + list(mutants(int(sys.argv[2]))):
        with open(name, "wb") as f:
            f.write(data)
        os.chmod(name, 0o755)


main()
