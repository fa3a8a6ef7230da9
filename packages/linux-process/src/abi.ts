/**
 * The two ways a program and Linux on x86 agree on sizes and places. A process has one, by its ELF file; a system call
 * has one, by the way it entered: INT 0x80 is i386's in a 64-bit program, too.
 *
 * Sources: AMD64 psABI 1.0 §3.4; System V ABI, Intel386 supplement 1.1 §2.3; Linux arch/x86/include/asm/{elf,page_64_types}.h
 * for where things lie.
 */
import { ElfMachine } from "elf-image";
import { Selector } from "./kernel-area.ts";

export interface Abi {
  readonly name: "amd64" | "i386";
  /** What the ELF header says. */
  readonly bits: 32 | 64;
  readonly machine: number;
  /** Bytes of a pointer and of a `long`. */
  readonly word: 4 | 8;
  /** AT_PLATFORM. */
  readonly platform: string;
  /** First address beyond user space. */
  readonly userTop: number;
  /** Where position-independent programs, the first mapping (from its end down) and the stack go: fixed, so that runs repeat. */
  readonly pieBase: number;
  readonly mmapTop: number;
  readonly stackTop: number;
  /** Selectors at the first instruction and in a signal handler; `data` goes to DS and ES. */
  readonly code: number;
  readonly data: number;
}

export const abis = {
  amd64: {
    name: "amd64",
    bits: 64,
    machine: ElfMachine.X86_64,
    word: 8,
    platform: "x86_64",
    userTop: 0x7fff_ffff_f000,
    pieBase: 0x5555_5555_4000,
    mmapTop: 0x7fff_f7ff_f000,
    stackTop: 0x7fff_ffff_e000,
    code: Selector.UserCode,
    data: 0,
  },
  i386: {
    name: "i386",
    bits: 32,
    machine: ElfMachine.I386,
    word: 4,
    platform: "i686",
    userTop: 0xffff_e000,
    pieBase: 0x5655_5000,
    mmapTop: 0xf7ff_e000,
    stackTop: 0xffff_e000,
    code: Selector.User32Code,
    data: Selector.UserData,
  },
} as const satisfies Readonly<Record<Abi["name"], Abi>>;

/** Linux's limit of the stack, the same for both. */
export const STACK_BYTES: number = 8 * 1024 * 1024;
