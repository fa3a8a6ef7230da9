import type {
  HvmVcpu,
  LinearOptions,
  LinearRead,
  LinearWrite,
  SegmentName,
  SegmentRegister,
  VmExit,
  VmExitReason,
} from "hvm-domain";

/** One scripted instruction, one byte long unless it says so. */
export type FakeInstruction =
  | "nop"
  | { readonly exit: VmExitReason; readonly with?: Partial<VmExit> }
  | { readonly jump: number }
  | { readonly effect: (vcpu: FakeVcpu) => void };

const noExit: VmExit = {
  reason: "stop",
  instructionLength: 1,
  vector: 0,
  errorCode: undefined,
  faultAddress: 0n,
  port: 0,
  size: 1,
  direction: "in",
  string: false,
  rep: false,
  addressSize: 64,
  segment: 3,
  guestPhysical: 0,
  access: "read",
  accessSize: 0,
  data: new Uint8Array(16),
  bytes: undefined,
  text: "",
};

const RFLAGS_IF = 1n << 9n;

/**
 * A processor that executes a script: instruction `n` of the program is at RIP `n`. Beyond the program everything is a NOP.
 * It keeps a diary of what the domain asked of it.
 */
export class FakeVcpu implements HvmVcpu {
  readonly id: number;
  readonly program: readonly FakeInstruction[];
  readonly diary: string[] = [];
  /** Where exceptions and interrupts go, by vector; without one they are noted and the instruction is skipped. */
  readonly handlers = new Map<number, number>();
  readonly memory = new Uint8Array(0x10000);
  /** Pages (address >> 12) that fault. */
  readonly missing = new Set<number>();
  readonly segments = new Map<SegmentName, SegmentRegister>();
  readonly #registers = new BigUint64Array(16);
  retired = 0;
  rip = 0n;
  rflags = 2n;
  cpl = 0;
  cr0 = 1n;
  cr2 = 0n;
  cr3 = 0n;
  cr4 = 0n;
  efer = 0x500n;
  xcr0 = 1n;
  exceptionBitmap = 0;
  mmio: Uint8Array | undefined;
  #pending: { vector: number; errorCode: number | undefined; cr2: bigint | undefined; external: boolean } | undefined;
  #window = false;
  #stop = false;

  constructor(id: number, program: readonly FakeInstruction[]) {
    this.id = id;
    this.program = program;
    this.segments.set("cs", { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b });
    for (const name of ["es", "ss", "ds", "fs", "gs"] as const) {
      this.segments.set(name, { selector: 16, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 });
    }
  }

  run(budget: number): VmExit {
    for (let done = 0; done < budget; done++) {
      if (this.#stop) {
        this.#stop = false;
        return { ...noExit, reason: "stop" };
      }
      this.#deliver();
      if (this.#window && this.interruptible) {
        this.#window = false;
        return { ...noExit, reason: "external-interrupt-window" };
      }
      const instruction = this.program[Number(this.rip)] ?? "nop";
      if (typeof instruction === "object" && "exit" in instruction) {
        return { ...noExit, ...instruction.with, reason: instruction.exit };
      }
      if (typeof instruction === "object" && "jump" in instruction) this.rip = BigInt(instruction.jump);
      else {
        if (typeof instruction === "object") instruction.effect(this);
        this.rip++;
      }
      this.retired++;
    }
    return { ...noExit, reason: "budget" };
  }

  #deliver(): void {
    const event = this.#pending;
    if (event === undefined) return;
    this.#pending = undefined;
    const { vector, errorCode, cr2, external } = event;
    const detail = `${errorCode === undefined ? "" : ` error=${errorCode}`}${cr2 === undefined ? "" : ` cr2=${cr2.toString(16)}`}`;
    this.diary.push(
      `${external ? "interrupt" : "exception"} ${vector}${detail} rip=${this.rip} retired=${this.retired}`,
    );
    const handler = this.handlers.get(vector);
    if (handler !== undefined) {
      this.rip = BigInt(handler);
      this.rflags &= ~RFLAGS_IF;
    } else if (!external) this.rip++;
  }

  readRegister(index: number): bigint {
    return this.#registers[index] ?? 0n;
  }
  writeRegister(index: number, value: bigint): void {
    this.#registers[index] = value;
  }
  readRegister32(index: number): number {
    return Number(this.readRegister(index) & 0xffff_ffffn);
  }
  writeRegister32(index: number, value: number): void {
    this.writeRegister(index, (this.readRegister(index) & ~0xffff_ffffn) | BigInt(value));
  }
  segment(name: SegmentName): SegmentRegister {
    return this.segments.get(name) ?? { selector: 0, base: 0n, limit: 0, attributes: 0x1_0000 };
  }
  advanceRip(length: number): void {
    this.rip += BigInt(length);
    this.retired++;
  }
  injectException(vector: number, errorCode?: number, cr2?: bigint): void {
    this.#pending = { vector, errorCode, cr2, external: false };
  }
  injectInterrupt(vector: number): void {
    this.#pending = { vector, errorCode: undefined, cr2: undefined, external: true };
  }
  get interruptible(): boolean {
    return (this.rflags & RFLAGS_IF) !== 0n && this.#pending === undefined;
  }
  requestInterruptWindow(): void {
    this.#window = true;
  }
  injectNmi(): void {
    this.injectInterrupt(2);
  }
  readLinear(address: bigint, length: number, _options?: LinearOptions): LinearRead {
    const reach = this.#reach(address, length);
    const at = Number(address);
    const bytes = this.memory.slice(at, at + reach);
    return reach === length
      ? { bytes }
      : { bytes, faultAt: address + BigInt(reach), errorCode: this.cpl === 3 ? 4 : 0 };
  }
  writeLinear(address: bigint, bytes: Uint8Array, _options?: LinearOptions): LinearWrite {
    const room = Math.max(0, this.memory.length - Number(address));
    const reach = Math.min(this.#reach(address, bytes.length), room);
    if (reach > 0) this.memory.set(bytes.subarray(0, reach), Number(address));
    if (reach === bytes.length) return { written: reach };
    return { written: reach, faultAt: address + BigInt(reach), errorCode: this.cpl === 3 ? 6 : 2 };
  }
  #reach(address: bigint, length: number): number {
    for (let i = 0; i < length; i++) if (this.missing.has((Number(address) + i) >> 12)) return i;
    return length;
  }
  completeMmio(data?: Uint8Array): void {
    this.mmio = data;
    this.diary.push(`mmio ${data === undefined ? "written" : [...data].join(",")}`);
    this.rip++;
  }
  readMsr(): bigint {
    return 0n;
  }
  /** x87 always, SSE perhaps. */
  writeControl(_name: "xcr0", value: bigint): boolean {
    if (value !== 1n && value !== 3n) return false;
    this.xcr0 = value;
    return true;
  }

  writeMsr(): void {}
  flushTlb(): void {}
  requestStop(): void {
    this.#stop = true;
  }
  reset(): void {}
  save() {
    return {
      registers: [...this.#registers],
      rip: this.rip,
      rflags: this.rflags,
      retired: this.retired,
      pending: this.#pending,
      window: this.#window,
    };
  }
  load(state: ReturnType<FakeVcpu["save"]>): void {
    this.#registers.set(state.registers);
    this.rip = state.rip;
    this.rflags = state.rflags;
    this.retired = state.retired;
    this.#pending = state.pending;
    this.#window = state.window;
  }
}
