/** The TSS's I/O permission bitmap, and INS and OUTS (SDM vol. 1, Input/Output; vol. 2, INS and OUTS). */
import { ExitKind, Vector } from "x86-lift";
import { Access } from "../cpu.ts";
import { fillExit } from "../exits.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { probeLinear } from "../mmu/linear.ts";
import { high32, low32, readSystem16At } from "../mmu/system-access.ts";
import { SegmentIndex, segmentLimitOffset } from "../segment.ts";
import { IO_MAP_BASE, isTss16 } from "../segments/tss.ts";
import { StateOffset } from "../state-layout.ts";
import { read16 } from "./operands.ts";

const checkIo: Helper = (cpu, a, _b, _c, _result, lo) => {
  const port = read16(cpu, a);
  const limit = cpu.get32(segmentLimitOffset(SegmentIndex.TR));
  if (isTss16(cpu) || limit < IO_MAP_BASE + 1) return cpu.raise(Vector.GP, 0);
  const mapBase = readSystem16At(cpu, StateOffset.trBase, IO_MAP_BASE);
  if (mapBase === undefined) return HelperStatus.Fault;
  // Two bytes are read whatever the port, so both must lie inside the limit.
  const at = mapBase + (port >>> 3);
  if (at + 1 > limit) return cpu.raise(Vector.GP, 0);
  const bits = readSystem16At(cpu, StateOffset.trBase, at);
  if (bits === undefined) return HelperStatus.Fault;
  const wanted = (1 << lo) - 1;
  return ((bits >>> (port & 7)) & wanted) === 0 ? HelperStatus.Continue : cpu.raise(Vector.GP, 0);
};

const RCX = 1;
const RSI = 6;
const RDI = 7;

const stringIo: Helper = (cpu, a, _b, _c, _result, lo, hi) => {
  const isIn = (lo & (1 << 4)) !== 0;
  const addressBits = (lo >>> 8) & 0xff;
  const bytes = lo & 0xf;
  if ((lo & (1 << 7)) !== 0 && BigInt.asUintN(addressBits, cpu.readGpr(RCX)) === 0n) return HelperStatus.Continue;
  const offset = BigInt.asUintN(addressBits, cpu.readGpr(isIn ? RDI : RSI));
  const segment = isIn ? SegmentIndex.ES : hi;
  const status = cpu.toLinear(segment, low32(offset), high32(offset), bytes, 0, isIn);
  if (status !== HelperStatus.Continue) return status;
  const access = isIn ? Access.Write : Access.Read;
  const probed = probeLinear(cpu, cpu.linearLow, cpu.linearHigh, bytes, access, 0);
  if (probed !== HelperStatus.Continue) return probed;
  fillExit(cpu, ExitKind.Io, read16(cpu, a), lo, segment);
  return HelperStatus.Exit;
};

export const ioHelpers = { checkIo, stringIo };
