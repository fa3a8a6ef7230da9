import { createGuestMemory, type GuestMemory } from "guest-memory";
import { PAGE, Prot } from "../src/address-space.ts";
import { type HostFiles, memoryFiles } from "../src/files.ts";
import { i386Syscalls, LinuxProcess, type LinuxProcessOptions, syscalls } from "../src/process.ts";
import { Gpr } from "../src/vcpu.ts";
import { FakeVcpu } from "./fake-vcpu.ts";

const MIB = 0x10_0000;
export const WALL = 1_700_000_000_000_000_000n;

export interface Segment {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly address: number | bigint;
  readonly fileSize?: number;
  readonly memorySize?: number | bigint;
}

/** An x86-64 ELF by hand (gABI 4.1 figures 4-3 and 5-1). Byte 0x1000 on holds the low byte of its own offset. */
export function elf(options: {
  type?: number;
  machine?: number;
  entry?: number | bigint;
  segments: readonly Segment[];
  texts?: Readonly<Record<number, string>>;
}): Uint8Array {
  const bytes = new Uint8Array(0x3000).map((_, at) => (at < 0x1000 ? 0 : (at >> 4) & 0xff));
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, options.type ?? 2, true);
  view.setUint16(18, options.machine ?? 62, true);
  view.setBigUint64(24, BigInt(options.entry ?? 0x40_1000), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, options.segments.length, true);
  options.segments.forEach(
    ({ type = 1, flags = 5, offset = 0, address, fileSize = 0x2000, memorySize = fileSize }, index) => {
      const at = 64 + index * 56;
      view.setUint32(at, type, true);
      view.setUint32(at + 4, flags, true);
      [offset, address, address, fileSize, memorySize, PAGE].forEach(
        (word, i) => void view.setBigUint64(at + 8 + i * 8, BigInt(word), true),
      );
    },
  );
  for (const [at, text] of Object.entries(options.texts ?? {}))
    bytes.set(new TextEncoder().encode(`${text}\0`), Number(at));
  return bytes;
}

/** R-X at 0x400000 and RW- with bss at 0x403000. */
export const program = (): Uint8Array =>
  elf({
    segments: [
      { address: 0x40_0000 },
      { flags: 6, offset: 0x2000, address: 0x40_3000, fileSize: 0x800, memorySize: 0x2000 },
    ],
  });

/** The same program for i386 (gABI 4.1, 32-bit structures). */
export function program32(): Uint8Array {
  const bytes = new Uint8Array(0x3000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  view.setUint32(24, 0x804_9000, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 2, true);
  [
    [1, 0, 0x804_8000, 0x804_8000, 0x2000, 0x2000, 5, PAGE],
    [1, 0x2000, 0x804_b000, 0x804_b000, 0x800, 0x2000, 6, PAGE],
  ].forEach((words, index) => {
    words.forEach((word, i) => void view.setUint32(52 + index * 32 + i * 4, word, true));
  });
  return bytes;
}

/** Starts it. */
export const start32 = (options: Parameters<typeof start>[0] = {}): Harness =>
  start({ files: memoryFiles({ ...tree, "/bin/program": program32() }), ...options });

export const tree: Parameters<typeof memoryFiles>[0] = {
  "/bin/program": program(),
  "/bin/link": { link: "program" },
  "/etc/hello": "hello, world\n",
  "/etc/up": { link: "../etc/hello" },
  "/etc/loop": { link: "loop" },
};

export interface Harness {
  readonly process: LinuxProcess;
  readonly vcpu: FakeVcpu;
  readonly memory: GuestMemory;
  readonly out: string[];
  readonly lines: string[];
  nowNs: bigint;
  /** Runs one system call as the program would; the result is RAX as a signed number. */
  sys(name: keyof typeof syscalls | number, ...args: (number | bigint)[]): number;
  /** The same by INT 0x80 with 32-bit registers; the result is EAX. */
  sys32(name: keyof typeof i386Syscalls | number, ...args: (number | bigint)[]): number;
  /** Bytes or text in the program's memory; the address. */
  put(content: string | Uint8Array | number): number;
  bytes(address: number, length: number): Uint8Array;
  view(address: number, length: number): DataView;
  /** A fault of the program at its present state. */
  fault(vector: number, errorCode?: bigint, cr2?: bigint): void;
}

export function start(options: Partial<LinuxProcessOptions> & { poolBytes?: number; stdin?: string } = {}): Harness {
  const { poolBytes = 8 * MIB, stdin = "", ...rest } = options;
  const memory = createGuestMemory({ ram: [{ base: 0, size: MIB + poolBytes }] });
  const vcpu = new FakeVcpu(memory);
  const out: string[] = [];
  const lines: string[] = [];
  const clock = { now: 1_000_000n };
  let input = new TextEncoder().encode(stdin);
  const decoder = new TextDecoder();
  const files: HostFiles = options.files ?? memoryFiles(tree);
  const process = new LinuxProcess({
    memory,
    vcpu,
    pool: { start: MIB, end: MIB + poolBytes },
    files,
    path: "/bin/program",
    args: ["program"],
    time: {
      wallNs: () => WALL + clock.now,
      monotonicNs: () => clock.now,
      advanceNs: (ns) => {
        clock.now += ns;
      },
    },
    streams: {
      stdin: (length) => {
        const part = input.subarray(0, length);
        input = input.subarray(length);
        return part;
      },
      stdout: (bytes) => void out.push(decoder.decode(bytes)),
      stderr: (bytes) => void out.push(`! ${decoder.decode(bytes)}`),
    },
    random: (length) => new Uint8Array(length).fill(0x5a),
    onSyscall: (line) => void lines.push(line),
    ...rest,
  });
  const SCRATCH = 0x1000_0000;
  process.space.map({
    start: SCRATCH,
    length: 16 * PAGE,
    prot: Prot.Read | Prot.Write,
    shared: false,
    source: undefined,
    offset: 0,
    name: "scratch",
  });
  let next = SCRATCH;
  const bytes = (address: number, length: number): Uint8Array<ArrayBuffer> => {
    const found = process.space.read(address, length);
    if (!found) throw new Error(`0x${address.toString(16)} is not mapped`);
    return found;
  };
  return {
    process,
    vcpu,
    memory,
    out,
    lines,
    get nowNs() {
      return clock.now;
    },
    set nowNs(value) {
      clock.now = value;
    },
    sys(name, ...args) {
      vcpu.writeRegister(Gpr.RAX, BigInt(typeof name === "number" ? name : syscalls[name]!.number));
      [Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.R10, Gpr.R8, Gpr.R9].forEach((register, index) => {
        vcpu.writeRegister(register, BigInt.asUintN(64, BigInt(args[index] ?? 0)));
      });
      vcpu.syscall();
      if (!process.ownsTrap(vcpu.rip)) throw new Error("LSTAR leads to no stub");
      process.handleTrap();
      return Number(BigInt.asIntN(64, vcpu.readRegister(Gpr.RAX)));
    },
    sys32(name, ...args) {
      vcpu.writeRegister(Gpr.RAX, BigInt(typeof name === "number" ? name : i386Syscalls[name]!.number));
      [Gpr.RBX, Gpr.RCX, Gpr.RDX, Gpr.RSI, Gpr.RDI, Gpr.RBP].forEach((register, index) => {
        vcpu.writeRegister(register, BigInt.asUintN(32, BigInt(args[index] ?? 0)));
      });
      vcpu.raise(0x80);
      if (!process.ownsTrap(vcpu.rip)) throw new Error("the gate leads to no stub");
      process.handleTrap();
      return Number(BigInt.asIntN(32, vcpu.readRegister(Gpr.RAX)));
    },
    put(content) {
      const bytes =
        typeof content === "string"
          ? new TextEncoder().encode(`${content}\0`)
          : typeof content === "number"
            ? new Uint8Array(content)
            : content;
      const address = next;
      next += Math.ceil(bytes.length / 16) * 16;
      if (!process.space.write(address, bytes)) throw new Error("scratch is full");
      return address;
    },
    bytes,
    view: (address, length) => new DataView(bytes(address, length).buffer),
    fault(vector, errorCode, cr2 = 0n) {
      vcpu.cr2 = cr2;
      vcpu.raise(vector, errorCode);
      if (!process.ownsTrap(vcpu.rip)) throw new Error("the gate leads to no stub");
      process.handleTrap();
    },
  };
}
