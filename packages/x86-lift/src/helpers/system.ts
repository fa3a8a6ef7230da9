import type { HelperSpec } from "../helpers.ts";

/**
 * Control transfers, system registers, descriptor tables, interrupts and rare arithmetic: implemented by the processor.
 *
 * Rules for all of them. On entry RIP names the instruction and its length is known. A helper that faults or leaves
 * has changed nothing, unless its row says so. "Sets RIP" helpers are followed by `dispatch`; all others leave RIP
 * alone and the terminator moves it. "Mode" means everything that `LiftMode` shows: a helper that changes any of it
 * recomputes the engine's key, and the fragment ends in `nextFresh` or `dispatch`. The lifter has done what is decided
 * by `LiftMode` alone (CPL, IOPL, VM86, TS, missing features), so helpers repeat none of it unless their row says so.
 * Segments are numbered as in `Segment`; "segment:offset" goes through the ordinary segment checks and paging with
 * the rights of the current CPL. Facts are from SDM vol. 2, the entry of the instruction named, unless a row says more.
 */
export const systemHelpers = {
  // far transfers (SDM vol. 3 §6.8, §7.12): all set RIP
  softwareInterrupt: {
    args: [],
    result: 0,
    faults: true,
    doc: "lo = vector, hi = kind: 0 INT n, 1 INT3, 2 INTO, 3 INT1. Delivers the interrupt with the next instruction as return address. INT n, INT3 and INTO check the gate's DPL (INT1 does not: it is a #DB); INT n in VM86 mode follows IOPL, VME and the redirection bitmap (SDM vol. 3 §22.3.3). INTO with OF = 0 sets RIP to the next instruction. Sets RIP.",
  },
  interruptReturn: {
    args: [],
    result: 0,
    faults: true,
    doc: "IRET, lo = operand size 16, 32 or 64. Real, VM86 (IOPL < 3: #GP(0), or VIF with CR4.VME and 16-bit operands), protected (to the same or an outer level, to VM86, NT = 1 task return) and long mode. Unblocks NMIs. Sets RIP.",
  },
  farJump: {
    args: [16, 64],
    result: 0,
    faults: true,
    doc: "JMP far to selector a, offset b (zero-extended); lo = operand size 16, 32 or 64. Code segment, call gate, task gate or TSS. Sets RIP.",
  },
  farCall: {
    args: [16, 64],
    result: 0,
    faults: true,
    doc: "CALL far to selector a, offset b (zero-extended); lo = operand size 16, 32 or 64. Pushes CS and the next instruction's offset. Sets RIP.",
  },
  farReturn: {
    args: [],
    result: 0,
    faults: true,
    doc: "RET far; lo = operand size 16, 32 or 64, hi = bytes of parameters to release (0–65535). Sets RIP.",
  },
  syscall: {
    args: [],
    result: 0,
    faults: true,
    doc: "SYSCALL from 64-bit or compatibility mode (EFER.SCE was checked). Sets RIP.",
  },
  sysret: {
    args: [],
    result: 0,
    faults: true,
    doc: "SYSRET, lo = 32 or 64 (REX.W: back to 64-bit code). CPL = 0 was checked; #GP(0) for a non-canonical RCX. Sets RIP.",
  },
  sysenter: {
    args: [],
    result: 0,
    faults: true,
    doc: "SYSENTER; #GP(0) when IA32_SYSENTER_CS[15:2] = 0. Protected mode was checked. Sets RIP.",
  },
  sysexit: {
    args: [],
    result: 0,
    faults: true,
    doc: "SYSEXIT, lo = 32 or 64. CPL = 0 and protected mode were checked; #GP(0) when IA32_SYSENTER_CS[15:2] = 0 or for non-canonical RCX or RDX. Sets RIP.",
  },

  // flags and interruptibility
  writeRflags: {
    args: [64],
    result: 0,
    faults: false,
    doc: "RFLAGS bits in the mask lo ← those of a, with all consequences (status flags, IF, TF, IOPL, AC: mode and pending events). Unlike `setRflags`. No privilege checks. Does not change VM or RF unless the mask says so.",
  },
  enableInterrupts: {
    args: [],
    result: 0,
    faults: false,
    doc: "STI that was found legal: IF ← 1; if IF was 0, maskable interrupts stay blocked until the end of the next instruction.",
  },

  // segments and descriptor tables
  readSelector: { args: [], result: 16, faults: false, doc: "Selector of segment lo; lo = 6: TR, 7: LDTR." },
  loadSegment: {
    args: [16],
    result: 0,
    faults: true,
    doc: "Segment lo (never CS) ← selector a, by the rules of MOV Sreg in the current mode. hi = 1: MOV SS or POP SS, which also blocks interrupts and debug traps until the end of the next instruction (SDM vol. 3 §7.8.3); hi = 0: LSS and all others.",
  },
  loadLdt: { args: [16], result: 0, faults: true, doc: "LLDT: selector a. Privilege and mode were checked." },
  loadTaskRegister: { args: [16], result: 0, faults: true, doc: "LTR: selector a. Privilege and mode were checked." },
  loadTable: {
    args: [64],
    result: 0,
    faults: true,
    doc: "LGDT (hi = 0), LIDT (hi = 1) from segment:a; lo = segment | bits of the base << 8: 24, 32 or 64 (a limit of 16 bits comes first; 24 also reads 6 bytes). #GP(0) for a non-canonical base.",
  },
  storeTable: {
    args: [64],
    result: 0,
    faults: true,
    doc: "SGDT (hi = 0), SIDT (hi = 1) to segment:a; lo = segment | bits of the base << 8: 32 or 64. Writes 6 or 10 bytes.",
  },
  accessRights: {
    args: [16],
    result: 32,
    faults: true,
    doc: "LAR: ZF ← descriptor of selector a is valid and visible; the answer (second doubleword of the descriptor AND 0x00ff_ff00) when ZF = 1, else 0. Changes no other flag.",
  },
  segmentLimit: {
    args: [16],
    result: 32,
    faults: true,
    doc: "LSL: ZF as for LSL; the answer is the limit in bytes when ZF = 1, else 0. Changes no other flag.",
  },
  verifySegment: {
    args: [16],
    result: 0,
    faults: true,
    doc: "VERR (lo = 0), VERW (lo = 1) of selector a: sets ZF, no other flag.",
  },

  // control, debug and model-specific state
  readCr: {
    args: [],
    result: 64,
    faults: true,
    doc: "MOV from CR lo = 0, 3, 4 or 8, and SMSW (0). May exit (CR2 is a field).",
  },
  writeCr: {
    args: [64],
    result: 0,
    faults: true,
    doc: "MOV to CR lo = 0, 2, 3, 4 or 8 ← a (zero-extended outside 64-bit code). #GP(0) for reserved bits and illegal combinations; flushes translations and changes the mode as the manual says (SDM vol. 3 §2.5, §5.10.4, §11.8.5).",
  },
  loadMsw: { args: [16], result: 0, faults: true, doc: "LMSW: PE MP EM TS ← bits 0–3 of a; PE is never cleared." },
  clearTaskSwitched: { args: [], result: 0, faults: false, doc: "CLTS: CR0.TS ← 0." },
  readDr: {
    args: [],
    result: 64,
    faults: true,
    doc: "MOV from DR lo = 0–3, 6, 7 (4 and 5 were mapped or refused). #DB with DR6.BD when DR7.GD = 1.",
  },
  writeDr: {
    args: [64],
    result: 0,
    faults: true,
    doc: "MOV to DR lo = 0–3, 6, 7 ← a. #DB with DR6.BD when DR7.GD = 1; #GP(0) for upper halves of DR6 and DR7 that are not zero in 64-bit code.",
  },
  readTsc: { args: [], result: 64, faults: true, doc: "The time-stamp counter, with its offset. May exit." },
  invalidatePage: {
    args: [64],
    result: 0,
    faults: true,
    doc: "INVLPG of segment:a, lo = segment. A non-canonical or out-of-limit address does nothing. Faults never.",
  },
  invalidatePcid: {
    args: [64, 64],
    result: 0,
    faults: true,
    doc: "INVPCID: type a, descriptor of 16 bytes at segment:b, lo = segment. #GP(0) for a bad type or descriptor.",
  },
  readXcr: {
    args: [],
    result: 64,
    faults: true,
    doc: "XGETBV: register ECX; #GP(0) for one that does not exist. CR4.OSXSAVE was checked.",
  },
  xsave: {
    args: [64],
    result: 0,
    faults: true,
    doc: "XSAVE family to segment:a; lo = segment | wide << 8 (REX.W), hi = 0 XSAVE, 1 XSAVEOPT, 2 XSAVEC, 3 XSAVES. Mask in EDX:EAX. #GP(0) unless 64-byte aligned.",
  },
  xrstor: {
    args: [64],
    result: 0,
    faults: true,
    doc: "XRSTOR (hi = 0), XRSTORS (hi = 3) from segment:a; lo = segment | wide << 8. Mask in EDX:EAX. #GP(0) for misalignment or a bad header; nothing changes then.",
  },
  fxsave: {
    args: [64],
    result: 0,
    faults: true,
    doc: "FXSAVE to segment:a; lo = segment | wide << 8 (REX.W). #GP(0) unless 16-byte aligned. XMM registers and MXCSR always; XMM8–15 in 64-bit code only.",
  },
  fxrstor: {
    args: [64],
    result: 0,
    faults: true,
    doc: "FXRSTOR from segment:a; lo = segment | wide << 8. #GP(0) unless 16-byte aligned or when MXCSR has reserved bits.",
  },
  random: {
    args: [],
    result: 64,
    faults: false,
    doc: "lo = 0 RDRAND, 1 RDSEED: 64 bits of the processor's seeded generator (reproducible).",
  },

  // port I/O
  checkIo: {
    args: [16],
    result: 0,
    faults: true,
    doc: "I/O permission bitmap of the TSS for lo = 1, 2 or 4 bytes at port a; #GP(0) unless all bits are 0 (SDM vol. 1, Input/Output). Called only when CPL > IOPL or in VM86 mode.",
  },
  stringIo: {
    args: [16],
    result: 0,
    faults: true,
    doc: "INS or OUTS at port a (permission was checked). lo as for `ExitKind.Io` with bit 6 set; hi = segment of the memory operand. With REP and rCX = 0 it does nothing and continues. Otherwise it raises what access to one element would raise and then leaves with the io-instruction exit; whoever completes that moves data, rSI or rDI, rCX and RIP.",
  },

  // arithmetic too long for rows
  div128: {
    args: [64],
    result: 0,
    faults: true,
    doc: "DIV r/m64: RAX ← RDX:RAX ÷ a, RDX ← remainder. #DE when a = 0 or the quotient exceeds 64 bits. Flags stay.",
  },
  idiv128: {
    args: [64],
    result: 0,
    faults: true,
    doc: "IDIV r/m64, signed, truncating. #DE when a = 0 or the quotient does not fit. Flags stay.",
  },
  crc32c: {
    args: [32, 64],
    result: 32,
    faults: false,
    doc: "CRC32: the reflected CRC-32C (polynomial 0x11edc6f41) of accumulator a and the low lo = 1, 2, 4 or 8 bytes of b; no inversions.",
  },
  pdep: {
    args: [64, 64],
    result: 64,
    faults: false,
    doc: "PDEP: low bits of a to the places where the mask b has ones.",
  },
  pext: { args: [64, 64], result: 64, faults: false, doc: "PEXT: bits of a where the mask b has ones, gathered low." },
} as const satisfies Record<string, HelperSpec>;
