/**
 * Where the processor's state lives: byte offsets inside one vCPU's state block, which sits in the engine's part of
 * the one linear memory. Every tier and every helper reads and writes the same bytes, so nothing is ever copied
 * between tiers. The first 4 KiB hold everything that tier 1 names in 16-bit slot operands.
 */
export const StateOffset = {
  /** 16 general registers, u64 each, encoding order. */
  gpr: 0x000,
  /** Always zero: the absent base or index. */
  zero: 0x080,
  /** u64: address of the instruction being executed, or of the next one between instructions. */
  rip: 0x088,
  /** u64: RFLAGS without the six status flags, which live in the lazy words below (bit 1 is set). */
  rflagsOther: 0x090,
  /**
   * Lazy status flags. res: result sign-extended to 64 bits: ZF = (res == 0), SF = bit 63 of res XOR bit 31 of aux.
   * cout: carries aligned to the top: CF = bit 63, OF = bit 63 XOR bit 62. aux: AF = bit 4; PF = even parity of
   * (res ^ aux >> 8) & 0xff; so aux bits 8–15 and 31 are zero except after a write of arbitrary flags.
   */
  flagRes: 0x098,
  flagCout: 0x0a0,
  flagAux: 0x0a8,
  /** i32: mode key (see mode-key.ts). `Cpu.updateModeKey` recomputes it after whatever changes any of it. */
  modeKey: 0x0ac,
  /** u64 segment bases in encoding order ES CS SS DS FS GS. */
  segmentBase: 0x0b0,
  /** u64: instructions retired since reset. */
  retired: 0x0e0,
  /** i64: instructions that the current run may still retire. */
  budget: 0x0e8,
  /** u32: non-zero asks tier 1 to return at the next block boundary (events pending, mode change, stop). */
  attention: 0x0f0,
  /** u32: length of the current instruction when a helper, fault or exit needs it. */
  instructionLength: 0x0f4,
  /** i64: RFLAGS.RF reads as set only while `retired` has this value; −1: never. */
  resumeFlagAt: 0x0f8,
  /** 16 XMM registers of 16 bytes (room for 32). */
  xmm: 0x100,
  /** 8 x87 registers, 16 bytes each: significand u64, sign-exponent u16, 6 bytes zero. Physical order R0–R7; MMn is the significand of Rn. */
  x87: 0x300,
  /** u16 control word, u16 status word, u16 tag word (2 bits a register), u16 last opcode. */
  fcw: 0x380,
  fsw: 0x382,
  ftw: 0x384,
  fop: 0x386,
  /** u64 last instruction and data pointers, u16 selectors. */
  fip: 0x388,
  fdp: 0x390,
  fcs: 0x398,
  fds: 0x39a,
  mxcsr: 0x39c,
  /** Segment registers: 8 of 16 bytes (ES CS SS DS FS GS TR LDTR): u16 selector, u16 attributes (see segment.ts: VMCS access rights, unusable in bit 8), u32 limit in bytes, u64 unused. */
  segment: 0x3a0,
  /** u64 bases of TR and LDTR, GDTR and IDTR; u32 limits of GDTR and IDTR. */
  trBase: 0x420,
  ldtrBase: 0x428,
  gdtrBase: 0x430,
  idtrBase: 0x438,
  gdtrLimit: 0x440,
  idtrLimit: 0x444,
  cr0: 0x448,
  cr2: 0x450,
  cr3: 0x458,
  cr4: 0x460,
  cr8: 0x468,
  xcr0: 0x470,
  efer: 0x478,
  star: 0x480,
  lstar: 0x488,
  cstar: 0x490,
  sfmask: 0x498,
  kernelGsBase: 0x4a0,
  sysenterCs: 0x4a8,
  sysenterEsp: 0x4b0,
  sysenterEip: 0x4b8,
  tscAux: 0x4c0,
  pkru: 0x4c4,
  tscOffset: 0x4c8,
  pat: 0x4d0,
  apicBase: 0x4d8,
  dr: 0x4e0,
  miscEnable: 0x520,
  /** u32: byte offsets of the current TLB tables (see tlb.ts). */
  tlbRead: 0x528,
  tlbWrite: 0x52c,
  tlbFetch: 0x530,
  /** u32: current privilege level, 0–3. */
  cpl: 0x534,
  /** u32: 16, with CR4.LA57 7: shifted left and back by it, a canonical address stays what it is. */
  canonicalShift: 0x538,
  /**
   * u32: 1 behind every iteration of a REP instruction but the last. Until the instruction goes on RF reads as set (SDM vol. 3
   * §19.3.1.1).
   */
  repeating: 0x53c,
  /**
   * i64, by segment in encoding order, for code that is not 64-bit: the largest offset of a byte that may be read, or written,
   * inline; −1 where the slow path must look (expand-down, not present, not writable …). `Cpu.updateModeKey` sets them.
   */
  readTop: 0x540,
  writeTop: 0x570,
  /** u64: what `Vcpu.registerDigest` made of the registers when it was asked last. */
  digest: 0x5a0,
  /** Temporaries of the fragment being executed: slots of 16 bytes, up to 0x1000. */
  temps: 0x600,
  /** 64 bytes for values on their way between memory and TypeScript. */
  scratch: 0x1f00,
  /**
   * u32: 1 while a tier runs with nothing waiting, no NMI blocked, no breakpoint, no step: what an event or IRET may find is what the guest's
   * own state says. Whatever changes that asks for attention.
   */
  quiet: 0x1f40,
  /** u32: byte offset of the TLB. */
  tlbBase: 0x1f44,
  /**
   * Of what `readTop`, `writeTop` and the flat bits of the mode key were made, 16 bytes a segment in encoding order: u32 attributes and mode,
   * u32 limit, u32 base; i32 the key's bit.
   */
  keyedSegments: 0x1f50,
} as const;
export type StateFieldOffset = keyof typeof StateOffset;

/** Bytes of one vCPU's state block. */
export const STATE_BYTES = 0x2000;
/** Bytes of one temporary slot. */
export const TEMP_BYTES = 16;
