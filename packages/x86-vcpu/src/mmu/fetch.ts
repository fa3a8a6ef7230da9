/** Instruction fetch: code segment limit, canonical RIP, execute permission, one page at a time. */
import { Vector } from "x86-lift";
import { Access, type Cpu, TRANSLATE_EXIT, TRANSLATE_FAULT } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { SegmentIndex, segmentBaseOffset, segmentLimitOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { translate } from "./linear.ts";
import { isCanonical } from "./segmentation.ts";

/** Longest instruction (SDM vol. 2 §2.3.11). */
export const MAX_INSTRUCTION_BYTES = 15;

export function fetchInstruction(cpu: Cpu, into: Uint8Array, have: number): number {
  const at = (cpu.base + StateOffset.rip) >>> 2;
  let low = cpu.u32[at]!;
  let high = cpu.i32[at + 1]!;
  let wanted = MAX_INSTRUCTION_BYTES - have;
  if (wanted <= 0) {
    cpu.raise(Vector.GP, 0);
    return TRANSLATE_FAULT;
  }
  if (cpu.code64) {
    const sum = low + have;
    if (sum > 0xffff_ffff) high = (high + 1) | 0;
    low = sum | 0;
    if (!isCanonical(cpu, high)) {
      cpu.raise(Vector.GP, 0);
      return TRANSLATE_FAULT;
    }
  } else {
    const limit = cpu.get32(segmentLimitOffset(SegmentIndex.CS));
    const offset = low + have;
    if (offset > limit) {
      cpu.raise(Vector.GP, 0);
      return TRANSLATE_FAULT;
    }
    wanted = Math.min(wanted, limit - offset + 1);
    low = (offset + cpu.get32(segmentBaseOffset(SegmentIndex.CS))) | 0;
    high = 0;
  }
  const host = translate(cpu, low, high, Access.Fetch, cpu.dataContext);
  if (host < 0) {
    // No memory: a byte at a time, as far as the hypervisor has answered.
    const data = host === TRANSLATE_EXIT ? cpu.replay.take(cpu.retired, cpu.exit.guestPhysical, 1, false) : undefined;
    if (data === undefined) return host;
    into[have] = data[0]!;
    return have + 1;
  }
  const bytes = Math.min(wanted, 0x1000 - (low & 0xfff));
  for (let n = 0; n < bytes; n++) into[have + n] = cpu.u8[host + n]!;
  return have + bytes;
}

/** #GP(0) unless RIP may take this value: canonical in 64-bit code, else inside the limit of CS. */
export function checkBranchTarget(cpu: Cpu, target: bigint): HelperStatus {
  const legal = cpu.code64
    ? isCanonical(cpu, Number(target >> 32n))
    : target <= BigInt(cpu.get32(segmentLimitOffset(SegmentIndex.CS)));
  return legal ? HelperStatus.Continue : cpu.raise(Vector.GP, 0);
}
