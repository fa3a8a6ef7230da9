import { decodeInstruction, Instruction } from "x86-decode";
import { Builder, type LiftMode, lift, liftMode, printIr, verifyIr } from "../src/index.ts";

const insn = new Instruction();
const builder = new Builder();

/**
 * Decodes and lifts hexadecimal bytes at address `ip`, checks the IR's rules, and gives its text; "decode only" if there
 * are no semantics.
 */
export function liftText(hex: string, mode: LiftMode | 16 | 32 | 64 = 64, ip = 0x1000n): string {
  const bytes = Uint8Array.from(hex.replaceAll(" ", "").match(/../g)!, (byte) => Number.parseInt(byte, 16));
  const settings = typeof mode === "number" ? liftMode(mode) : mode;
  decodeInstruction(bytes, 0, bytes.length, settings.bitness, Number(BigInt.asIntN(32, ip)), Number(ip >> 32n), insn);
  if (!lift(insn, settings, builder)) return "decode only";
  const problems = verifyIr(builder.fragment);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return printIr(builder.fragment);
}
