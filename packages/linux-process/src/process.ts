/**
 * One Linux program at ring 3 without a kernel. The processor runs it natively; every way into ring 0 ends in a stub
 * that executes VMCALL (see kernel-area.ts), and `handleTrap` then does what the kernel would have done.
 */
import type { GuestMemory } from "guest-memory";
import { AddressSpace, PAGE, Prot } from "./address-space.ts";
import { Descriptors, type DeviceBackends, streamFile } from "./descriptors.ts";
import { FileTree, type HostFiles } from "./files.ts";
import { installKernelArea, type KernelArea, Selector } from "./kernel-area.ts";
import { loadProgram, MMAP_TOP } from "./load-program.ts";
import { ProcessError } from "./process-error.ts";
import { faultSignals, floatingPointCode, type SignalInfo, Signals } from "./signals.ts";
import type { SyscallTable } from "./syscall.ts";
import { fileSyscalls } from "./syscalls/files.ts";
import { memorySyscalls } from "./syscalls/memory.ts";
import { processSyscalls } from "./syscalls/process.ts";
import { signalSyscalls } from "./syscalls/signals.ts";
import { timeSyscalls } from "./syscalls/time.ts";
import { systemFiles } from "./system-files.ts";
import { describeSyscall } from "./trace.ts";
import { Gpr, type ProcessVcpu } from "./vcpu.ts";

/** Virtual time, as the machine's clock gives it. */
export interface ProcessTime {
  /** ns since 1970. */
  wallNs(): bigint;
  /** ns since the machine started. */
  monotonicNs(): bigint;
  /** Sleeping: time passes without instructions. */
  advanceNs(ns: bigint): void;
}

export interface ProcessStreams {
  /** Up to `length` bytes; empty at the end of input. */
  readonly stdin: (length: number) => Uint8Array;
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
  /** Which of the three are terminals (isatty). Default: none. */
  readonly terminals?: { readonly stdin?: boolean; readonly stdout?: boolean; readonly stderr?: boolean };
  readonly terminalSize?: { readonly rows: number; readonly columns: number };
}

export interface LinuxProcessOptions {
  readonly memory: GuestMemory;
  readonly vcpu: ProcessVcpu;
  /** Guest-physical RAM that the process may use: page-aligned `[start, end)`. */
  readonly pool: { readonly start: number; readonly end: number };
  readonly files: HostFiles;
  /** Path of the program under the root, and its argument vector (args[0] included). */
  readonly path: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly time: ProcessTime;
  readonly streams: ProcessStreams;
  /** Bytes of randomness for AT_RANDOM, getrandom and /dev/urandom; seeded by the caller so that runs repeat. */
  readonly random: (length: number) => Uint8Array;
  /** CPUID.1:EDX, for AT_HWCAP. */
  readonly hwcap?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Files under /proc and /sys that the machine knows best, by path: DMI strings, /proc/cpuinfo … */
  readonly systemFiles?: Readonly<Record<string, string>>;
  /** Called with one line per system call, strace's way. */
  readonly onSyscall?: (line: string) => void;
}

/** How the program ended: exit status 0–255, or the number of the signal that killed it. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: number; readonly fault: FaultReport | undefined }
  | { readonly kind: "deadlock"; readonly what: string };

/** The fault behind a fatal signal, for the report. */
export interface FaultReport {
  readonly vector: number;
  readonly errorCode: bigint;
  readonly rip: bigint;
  readonly address: bigint;
}

export const syscalls: SyscallTable = {
  ...fileSyscalls,
  ...memorySyscalls,
  ...processSyscalls,
  ...signalSyscalls,
  ...timeSyscalls,
};

const byNumber = new Map(Object.entries(syscalls).map(([name, call]) => [call.number, { name, call }]));

const PF_PRESENT = 1n;
const PF_WRITE = 2n;
const PF_FETCH = 16n;
const SEGV_ACCERR = 2;
const BUS_ADRERR = 2;
const ENOSYS = 38;
/** 366 days: whoever sleeps for longer sleeps for ever, and timers of the machine would fire all along. */
const MAX_SLEEP_NS = 366n * 86_400n * 1_000_000_000n;
/** Numbers from here on are counted under one name: a program that tries them all must not fill the host's memory. */
const COUNTED_NUMBERS = 1024;
const VECTOR_PF = 14;
const VECTOR_BP = 3;
const VECTOR_MF = 16;
const VECTOR_XM = 19;

/** What a program finds in its floating-point registers: all empty, every exception masked (psABI §3.4.1). */
function initialFxState(): Uint8Array {
  const image = new Uint8Array(512);
  const view = new DataView(image.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint32(24, 0x1f80, true);
  return image;
}

export class LinuxProcess {
  readonly space: AddressSpace;
  readonly signals: Signals;
  readonly descriptors: Descriptors = new Descriptors();
  readonly files: FileTree;
  readonly vcpu: ProcessVcpu;
  readonly time: ProcessTime;
  readonly devices: DeviceBackends;
  readonly pid = 1000;
  readonly uid: number;
  readonly gid: number;
  readonly terminalSize: { readonly rows: number; readonly columns: number };
  /** Bytes of RAM that the process may use in all. */
  readonly memoryBytes: number;
  cwd: string;
  end: ProcessEnd | undefined;
  /** System calls so far, by name; unknown ones as `syscall_N`, from 1,024 on all as `syscall_other`. */
  readonly counts: Map<string, number> = new Map();

  private readonly kernel: KernelArea;
  private readonly path: string;
  /** Target of /proc/self/exe. */
  private executable = "";
  private readonly onSyscall: ((line: string) => void) | undefined;
  private readonly brkStart: number;
  private brk: number;

  /** Loads the program and brings the processor to its first instruction. @throws ProcessError */
  constructor(options: LinuxProcessOptions) {
    const { memory, vcpu, pool, streams } = options;
    this.vcpu = vcpu;
    this.time = options.time;
    this.path = options.path;
    this.onSyscall = options.onSyscall;
    this.uid = options.uid ?? 1000;
    this.gid = options.gid ?? 1000;
    this.memoryBytes = pool.end - pool.start;
    this.terminalSize = streams.terminalSize ?? { rows: 24, columns: 80 };
    this.devices = { stdin: streams.stdin, stdout: streams.stdout, random: options.random };
    const noMemory = (): ProcessError =>
      new ProcessError(
        "no-memory",
        `${options.path}: too little memory: ${Math.floor(this.memoryBytes / 1024)} KiB in all`,
        options.path,
      );
    if (this.memoryBytes < 16 * PAGE) throw noMemory();
    this.space = new AddressSpace({ memory, pool, flushTlb: () => vcpu.flushTlb() });
    this.signals = new Signals(vcpu, this.space);
    const given = Object.entries(options.systemFiles ?? {}).map(([path, text]): [string, () => string] => [
      path,
      () => text,
    ]);
    this.files = new FileTree(
      options.files,
      {
        ...systemFiles({
          pid: this.pid,
          name: this.name,
          uid: this.uid,
          gid: this.gid,
          memoryBytes: this.memoryBytes,
          commandLine: () => `${options.args.join("\0")}\0`,
          maps: () => this.mapsText(),
          uptimeNs: () => this.time.monotonicNs(),
        }),
        ...Object.fromEntries(given),
      },
      { "/proc/self": () => String(this.pid), [`/proc/${this.pid}/exe`]: () => this.executable },
    );
    const { cwd = "/" } = options;
    const start = this.files.resolve(cwd, "/");
    if (typeof start === "number" || start.stat.kind !== "directory")
      throw new ProcessError("not-found", `${cwd}: no such directory under the root`, cwd);
    this.cwd = start.path;
    const kernel = installKernelArea(memory, this.space, vcpu);
    if (!kernel) throw noMemory();
    this.kernel = kernel;
    const { terminals = {} } = streams;
    this.descriptors.add(streamFile("/dev/stdin", { terminal: terminals.stdin ?? false, read: streams.stdin }));
    this.descriptors.add(streamFile("/dev/stdout", { terminal: terminals.stdout ?? false, write: streams.stdout }));
    this.descriptors.add(streamFile("/dev/stderr", { terminal: terminals.stderr ?? false, write: streams.stderr }));
    const program = loadProgram(this.space, this.files, {
      path: options.path,
      cwd: this.cwd,
      args: options.args,
      env: options.env ?? {},
      uid: this.uid,
      gid: this.gid,
      random: options.random(16),
      hwcap: options.hwcap ?? 0,
    });
    this.executable = program.path;
    this.brkStart = program.brkStart;
    this.brk = program.brkStart;
    for (let i = 0; i < 16; i++) vcpu.writeRegister(i, 0n);
    vcpu.writeFxState(initialFxState());
    vcpu.writeRegister(Gpr.RSP, program.stackPointer);
    this.enterUser(program.entry, 0x202n);
  }

  /** Base name of the program. */
  get name(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }

  /** What an mmap may still promise: twice what is free, as Linux's heuristic overcommit refuses only the absurd. */
  get mappableBytes(): number {
    return Math.max(this.space.freeBytes * 2, 1 << 30);
  }

  /** Is this VMCALL one of ours? The machine asks before it hands the exit over. */
  ownsTrap(rip: bigint): boolean {
    return this.kernel.owns(rip);
  }

  /** Handles the VMCALL at the processor's RIP. Afterwards the processor is at ring 3 again, or `end` says how it ended. */
  handleTrap(): void {
    const { vcpu } = this;
    if (this.kernel.isSyscall(vcpu.rip)) this.handleSyscall();
    else this.handleException();
    while (!this.end) {
      const info = this.signals.takeDeliverable();
      if (!info) break;
      this.deliver(info, false);
    }
  }

  exit(status: number): void {
    this.end = { kind: "exited", status };
  }

  kill(signal: number, fault?: FaultReport): void {
    this.end = { kind: "killed", signal, fault };
  }

  /** The program waits for something that cannot come: there is one thread and nobody else. */
  stopForDeadlock(what: string): undefined {
    this.end = { kind: "deadlock", what };
    return undefined;
  }

  /** Lets virtual time pass; what comes after a year counts as never. The result is a system call's: 0, or the end. */
  sleep(ns: bigint): number | undefined {
    if (ns > MAX_SLEEP_NS) return this.stopForDeadlock(`a sleep of ${ns / 1_000_000_000n} seconds`);
    if (ns > 0n) this.time.advanceNs(ns);
    return 0;
  }

  /** brk(2): the new break, or the old one where it cannot move. */
  setBreak(address: number): number {
    const pageUp = (value: number): number => Math.ceil(value / PAGE) * PAGE;
    if (address < this.brkStart || address >= MMAP_TOP) return this.brk;
    const from = pageUp(this.brk);
    const to = pageUp(address);
    if (to > from) {
      if (to - from > this.mappableBytes || !this.space.isFree(from, to - from)) return this.brk;
      const area = {
        start: from,
        length: to - from,
        prot: Prot.Read | Prot.Write,
        shared: false,
        source: undefined,
        offset: 0,
        name: "[heap]",
      };
      if (!this.space.map(area)) return this.brk;
    } else if (to < from && !this.space.unmap(to, from - to)) return this.brk;
    this.brk = address;
    return address;
  }

  private enterUser(rip: bigint, rflags: bigint): void {
    const { vcpu } = this;
    const flat = { base: 0n, limit: 0xffff_ffff };
    vcpu.setSegment("cs", { selector: Selector.UserCode, ...flat, attributes: 0xa0fb });
    vcpu.setSegment("ss", { selector: Selector.UserData, ...flat, attributes: 0xc0f3 });
    vcpu.rip = rip;
    vcpu.rflags = rflags;
  }

  private handleSyscall(): void {
    const { vcpu } = this;
    const number = Number(vcpu.readRegister(Gpr.RAX) & 0xffff_ffffn);
    const raw = [Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.R10, Gpr.R8, Gpr.R9].map((index) =>
      BigInt.asIntN(64, vcpu.readRegister(index)),
    );
    const [a, b, c, d, e, f] = raw.map(Number) as [number, number, number, number, number, number];
    // SYSCALL left the user's RIP in RCX and RFLAGS in R11 (SDM vol. 2, SYSCALL).
    this.enterUser(vcpu.readRegister(Gpr.RCX), (vcpu.readRegister(Gpr.R11) & 0x3f_7fd7n) | 2n);
    const found = byNumber.get(number);
    const name = found?.name ?? `syscall_${number}`;
    const counted = number < COUNTED_NUMBERS ? name : "syscall_other";
    this.counts.set(counted, (this.counts.get(counted) ?? 0) + 1);
    const text = this.onSyscall && describeSyscall(this.space, name, found?.call.args, [a, b, c, d, e, f]);
    const result = found ? found.call.run(this, a, b, c, d, e, f) : -ENOSYS;
    if (result !== undefined) vcpu.writeRegister(Gpr.RAX, BigInt.asUintN(64, BigInt(result)));
    if (text !== undefined) this.onSyscall?.(text(result));
  }

  private handleException(): void {
    const { vcpu } = this;
    const frame = this.kernel.exceptionFrame(vcpu.readRegister(Gpr.RSP));
    vcpu.writeRegister(Gpr.RSP, frame.rsp);
    this.enterUser(frame.rip, frame.rflags);
    const cr2 = frame.vector === VECTOR_PF ? vcpu.cr2 : 0n;
    const trap = { vector: frame.vector, errorCode: frame.errorCode, cr2 };
    const row = faultSignals[frame.vector];
    if (!row) {
      this.kill(11);
      return;
    }
    let { signal, code } = row;
    if (frame.vector === VECTOR_PF) {
      const result = this.pageFault(cr2, frame.errorCode);
      if (result === "ok") return;
      if (result === "denied") code = SEGV_ACCERR;
      if (result === "no-memory") {
        signal = 7;
        code = BUS_ADRERR;
      }
    }
    if (frame.vector === VECTOR_MF || frame.vector === VECTOR_XM)
      code = floatingPointCode(frame.vector, vcpu.readFxState());
    const address = row.address === "rip" ? frame.rip : row.address === "cr2" ? cr2 : 0n;
    // After INT3 the program counter stands behind it: a trap, as Linux reports it.
    if (frame.vector === VECTOR_BP) vcpu.rflags &= ~0x100n;
    this.deliver({ signal, code, address, trap }, true);
  }

  private pageFault(cr2: bigint, errorCode: bigint): "ok" | "unmapped" | "denied" | "no-memory" {
    if (cr2 >= 1n << 47n) return "unmapped";
    const write = (errorCode & PF_WRITE) !== 0n;
    const exec = (errorCode & PF_FETCH) !== 0n;
    const result = this.space.fault(Number(cr2), write, exec);
    // A present page whose area allows the access is a stale translation: the retry will find it.
    if (result === "ok" && errorCode & PF_PRESENT) this.vcpu.flushTlb();
    return result;
  }

  private deliver(info: SignalInfo, forced: boolean): void {
    const before = { rip: this.vcpu.rip };
    if (this.signals.deliver(info, forced) !== "killed") return;
    const { trap } = info;
    this.kill(
      info.signal,
      trap && { vector: trap.vector, errorCode: trap.errorCode, rip: before.rip, address: info.address ?? 0n },
    );
  }

  /** /proc/self/maps. */
  private mapsText(): string {
    const hex = (value: number): string => value.toString(16).padStart(12, "0");
    return this.space
      .list()
      .map(({ start, end, prot, shared, offset, name }) => {
        const flags = `${prot & 1 ? "r" : "-"}${prot & 2 ? "w" : "-"}${prot & 4 ? "x" : "-"}${shared ? "s" : "p"}`;
        return `${hex(start)}-${hex(end)} ${flags} ${offset.toString(16).padStart(8, "0")} 00:01 0 ${name ? `    ${name}` : ""}`.trimEnd();
      })
      .join("\n")
      .concat("\n");
  }
}
