/**
 * One form of an instruction, in the notation of the Intel SDM (volume 2, chapter 3.1.1) and AMD APM (volume 3).
 * A row is the only description of its form: decoder tables, names, operands, flags, features and the
 * reference page are all generated from it.
 */
export interface FormRow {
  /**
   * Opcode column: `a16|a32|a64` and `o16|o32|o64` (effective sizes), `NP` (no 66/F2/F3), mandatory prefix, opcode
   * bytes, `+rb|rw|rd|ro|i`, `/r`, `/0`–`/7`, `11:rrr:bbb` and `!(11):rrr:bbb` ModR/M patterns, immediates
   * `ib iw id io`, offsets `cb cw cd cp mo`, `/is4`, `/is5`, or the `VEX.…`, `EVEX.…`, `XOP.…`, `MVEX.…` notation.
   */
  readonly enc: string;
  /** Instruction column. The first word is the mnemonic. */
  readonly asm: string;
  /**
   * Explicit operands, `access:place` each. Access: `r w rw`, `c` in front of what happens only sometimes, `a` address
   * only, `n` none. Place: class and field (`r32.reg`, `r32.rm`, `r32.rm!` for a register only, `r32.op`, `xmm.v`,
   * `xmm.is4`), a register (`eax`), `m`, `moffs`, `imm8s32` (8 bits sign-extended to 32), `rel8.64` (8-bit branch in
   * 64-bit operand size), `es:[di]`, `vsib32.xmm` …
   */
  readonly ops?: string;
  /** Type of the memory operand, then of one broadcast element. Names as in `memory-types.ts`. */
  readonly mem?: string;
  /** Bitnesses that have the form; all three if absent. */
  readonly modes?: string;
  /** CPUID features or the first processor, all needed unless joined by `-or-`. */
  readonly cpu: string;
  /**
   * Status flags: `r:` read, `w:` written by result, `0:` cleared, `1:` set, `u:` undefined. Letters
   * `o s z a c p d i`, `A` for AC, `u` for UIF, digits for x87 C0–C3.
   */
  readonly flags?: string;
  /**
   * Registers and memory used beside the operands: `rw:sp` and `rw:bp` (as wide as the code's stack; `spw` and `bpw` are
   * the 16-bit ones), `r:di*` (as wide as the address), `w:eax`, `w:ss:[sp-8]8` (8 bytes), `r:ds:[op0]1` (where operand 0 points), with `@64` in 64-bit code
   * only, with `@32` in all other.
   */
  readonly uses?: string;
  /** What comes next, if not the next instruction. */
  readonly flow?: string;
  /** Disp8*N tuple of an EVEX form. */
  readonly tuple?: string;
  /** Decoder option that a form needs (`!Name`: that takes it away). */
  readonly opt?: string;
  /** Words of `traits.ts`. */
  readonly traits?: string;
  /**
   * Intel text where it is not `asm`'s mnemonic with the operands in order: the name, then operand numbers or words,
   * separated by spaces: `"fadd st 0"`. `~` is a space inside a name, `0w` and `0d` parts of a register operand.
   */
  readonly intel?: string;
  /** GNU name, and after `/` the one with a memory operand; then, if not all reversed, operands as in `intel`. */
  readonly gnu?: string;
  /** Another GNU name in some bitnesses: `"lretl 16 64"`. */
  readonly gnuSized?: string;
  /** MVEX particulars, see `knc.ts`. */
  readonly mvex?: string;
  /** Where the manual and another decoder disagree, and why the row is as it is. */
  readonly note?: string;
}
