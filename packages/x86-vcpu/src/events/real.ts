/** Interrupts in real-address mode (SDM vol. 3 §22.1.4): four bytes an entry, three words on the stack. */
import { Vector } from "x86-lift";
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { readSystem16 } from "../mmu/system-access.ts";
import { SegmentIndex, segmentSelectorOffset } from "../segment.ts";
import { setRealSegment } from "../segments/descriptor.ts";
import { currentStack, pushFrame, setStackPointer } from "../segments/stack-frame.ts";
import { StateOffset } from "../state-layout.ts";
import { type Event, gateError } from "./event.ts";

export function deliverReal(cpu: Cpu, event: Event): HelperStatus {
  if (event.vector * 4 + 3 > cpu.get32(StateOffset.idtrLimit)) return cpu.raise(Vector.GP, gateError(event));
  const entry = cpu.get64(StateOffset.idtrBase) + BigInt(event.vector * 4);
  const offset = readSystem16(cpu, BigInt.asUintN(32, entry));
  if (offset === undefined) return HelperStatus.Fault;
  const selector = readSystem16(cpu, BigInt.asUintN(32, entry + 2n));
  if (selector === undefined) return HelperStatus.Fault;

  const stack = currentStack(cpu, 0);
  const oldCs = cpu.get16(segmentSelectorOffset(SegmentIndex.CS));
  const frame = [BigInt(event.flags & 0xffff), BigInt(oldCs), event.returnRip & 0xffffn];
  const pointer = pushFrame(cpu, stack, 2, frame);
  if (pointer === undefined) return HelperStatus.Fault;
  setStackPointer(cpu, stack.bits, pointer);
  setRealSegment(cpu, SegmentIndex.CS, selector);
  cpu.rip = BigInt(offset);
  cpu.writeRflags(cpu.readRflags() & ~(Rflags.IF | Rflags.TF | Rflags.AC | Rflags.RF));
  return HelperStatus.Continue;
}
