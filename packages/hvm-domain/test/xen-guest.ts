import { createPortioBus } from "portio-bus";
import { createSimClock, type SimClock } from "sim-clock";
import {
  connectXenInterface,
  createDomain,
  type Domain,
  type HvmVcpu,
  type XenInterface,
  type XenMemory,
} from "../src/index.ts";
import { type FakeInstruction, FakeVcpu } from "./fake-vcpu.ts";

const [RAX, RCX, RDX, RBX, RBP, RSI, RDI] = [0, 1, 2, 3, 5, 6, 7];
const REGISTERS_64 = [RDI, RSI, RDX, 10, 8, 9];
const REGISTERS_32 = [RBX, RCX, RDX, RSI, RDI, RBP];

/** A guest whose linear memory is its physical memory: 64 KiB, the same for all vCPUs. */
export interface XenGuest {
  readonly domain: Domain;
  readonly xen: XenInterface;
  readonly clock: SimClock;
  readonly vcpu: FakeVcpu;
  readonly vcpus: readonly FakeVcpu[];
  readonly view: DataView;
  readonly console: number[];
  readonly gsis: [number, boolean][];
  /** One hypercall; the result as the register has it, signed. */
  call(number: number, ...args: readonly (number | bigint)[]): number;
  callFrom(vcpuId: number, number: number, ...args: readonly (number | bigint)[]): number;
  wrmsr(index: number, value: bigint): void;
}

export interface XenGuestOptions {
  readonly vcpus?: number;
  /** 32-bit protected mode. */
  readonly narrow?: boolean;
  readonly flavour?: "vmx" | "svm";
  /** Guest-physical address of the console ring. */
  readonly consolePage?: number;
}

export const START_NS = 1_767_225_600_500_000_000n;

export function xenGuest({ vcpus = 1, narrow = false, flavour = "vmx", consolePage }: XenGuestOptions = {}): XenGuest {
  const clock = createSimClock();
  const domain = createDomain({ name: "xen", io: createPortioBus<HvmVcpu>(), clock, vcpus, flavour });
  const reason = flavour === "vmx" ? "vmcall" : "vmmcall";
  const program: FakeInstruction[] = [{ exit: reason }];
  const fakes = Array.from({ length: vcpus }, (_, id) => new FakeVcpu(id, program));
  const bytes = fakes[0]!.memory;
  for (const fake of fakes) {
    Object.defineProperty(fake, "memory", { value: bytes });
    if (!narrow) fake.segments.set("cs", { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b });
    else fake.segments.set("cs", { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xc09b });
    if (narrow) fake.efer = 0n;
    domain.addVcpu(fake, { online: true });
  }
  const view = new DataView(bytes.buffer);
  const console: number[] = [];
  const gsis: [number, boolean][] = [];
  const xen = connectXenInterface({
    domain,
    flavour,
    memory: flatMemory(bytes, view),
    memoryMap: [
      { address: 0, size: 0xf000, type: 1 },
      { address: 0xf000, size: 0x1000, type: 2 },
    ],
    bootUnixNs: START_NS,
    createTimer: (name, callback) => clock.createAlarm(name, callback),
    nowNs: () => clock.nowNs(),
    consoleOutput: (output) => void console.push(...output),
    ...(consolePage === undefined ? {} : { consolePage }),
    setGsi: (gsi, level) => void gsis.push([gsi, level]),
  });
  const callFrom = (vcpuId: number, number: number, ...args: readonly (number | bigint)[]): number => {
    for (const { id } of fakes) if (id !== vcpuId) domain.setOnline(id, false);
    const fake = fakes[vcpuId]!;
    domain.setOnline(vcpuId, true);
    fake.rip = 0n;
    fake.writeRegister(RAX, BigInt(number));
    args.forEach((value, index) => {
      fake.writeRegister((narrow ? REGISTERS_32 : REGISTERS_64)[index]!, BigInt.asUintN(64, BigInt(value)));
    });
    domain.run({ maxSteps: 1 });
    for (const { id } of fakes) if (id !== vcpuId) domain.setOnline(id, true);
    return Number(BigInt.asIntN(narrow ? 32 : 64, fake.readRegister(RAX)));
  };
  return {
    domain,
    xen,
    clock,
    vcpu: fakes[0]!,
    vcpus: fakes,
    view,
    console,
    gsis,
    call: (number, ...args) => callFrom(0, number, ...args),
    callFrom,
    wrmsr(index, value) {
      const [fake] = fakes;
      fake!.rip = BigInt(program.length);
      program.push({ exit: "wrmsr" });
      fake!.writeRegister(RCX, BigInt(index));
      fake!.writeRegister(RAX, value & 0xffff_ffffn);
      fake!.writeRegister(RDX, value >> 32n);
      domain.run({ maxSteps: 1 });
      domain.run({ maxInstructions: 1 });
    },
  };
}

function flatMemory(bytes: Uint8Array, view: DataView): XenMemory {
  const has = (gpa: number, length: number): boolean => gpa >= 0 && gpa + length <= bytes.length;
  const act = (isThere: boolean, action: () => void): boolean => {
    if (isThere) action();
    return isThere;
  };
  return {
    isWritable: (gpa) => has(gpa, 1),
    read: (gpa, length) => (has(gpa, length) ? bytes.slice(gpa, gpa + length) : undefined),
    write: (gpa, source) => act(has(gpa, source.length), () => bytes.set(source, gpa)),
    fill: (gpa, length, value) => act(has(gpa, length), () => void bytes.fill(value, gpa, gpa + length)),
    readU8: (gpa) => bytes[gpa],
    readU32: (gpa) => (has(gpa, 4) ? view.getUint32(gpa, true) : undefined),
    writeU8: (gpa, value) => act(has(gpa, 1), () => view.setUint8(gpa, value)),
    writeU32: (gpa, value) => act(has(gpa, 4), () => view.setUint32(gpa, value, true)),
  };
}
