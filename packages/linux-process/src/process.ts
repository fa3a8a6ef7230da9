/**
 * One Linux program at ring 3 without a kernel. The processor runs it natively; every way into ring 0 ends in a stub
 * that executes VMCALL (see kernel-area.ts), and `handleTrap` then does what the kernel would have done.
 */
import type { GuestMemory } from "guest-memory";
import type { Abi } from "./abi.ts";
import { AddressSpace, PAGE, Prot } from "./address-space.ts";
import { Descriptors, type DeviceBackends, streamFile } from "./descriptors.ts";
import { FileTree, type HostFiles } from "./files.ts";
import { installKernelArea, type KernelArea, type KernelEntry, Selector } from "./kernel-area.ts";
import { loadProgram, readImage } from "./load-program.ts";
import { ProcessError } from "./process-error.ts";
import { loadCodeAndStack, type UserContext } from "./signal-frames/signal-frame.ts";
import { faultSignals, floatingPointCode, type SignalInfo, Signals } from "./signals.ts";
import type { Syscall, SyscallTable } from "./syscall.ts";
import { fileSyscalls } from "./syscalls/files.ts";
import { i386FileSyscalls } from "./syscalls/i386/files.ts";
import { i386MemorySyscalls } from "./syscalls/i386/memory.ts";
import { i386ProcessSyscalls } from "./syscalls/i386/process.ts";
import { i386SignalSyscalls } from "./syscalls/i386/signals.ts";
import { i386ThreadSyscalls } from "./syscalls/i386/threads.ts";
import { i386TimeSyscalls } from "./syscalls/i386/time.ts";
import { memorySyscalls } from "./syscalls/memory.ts";
import { processSyscalls } from "./syscalls/process.ts";
import { signalSyscalls } from "./syscalls/signals.ts";
import { threadSyscalls } from "./syscalls/threads.ts";
import { timeSyscalls } from "./syscalls/time.ts";
import { systemFiles } from "./system-files.ts";
import { saveUserState, type Thread, type UserState, type Wait } from "./thread.ts";
import { QUANTUM_NS, Threads } from "./threads.ts";
import { describeSyscall } from "./trace.ts";
import { Gpr, type ProcessVcpu } from "./vcpu.ts";
import { vsyscallPlaces } from "./vsyscall-page.ts";

/** Virtual time, as the machine's clock gives it. */
export interface ProcessTime {
  /** ns since 1970. */
  wallNs(): bigint;
  /** ns since the machine started. */
  monotonicNs(): bigint;
  /** Sleeping: time passes without instructions. */
  advanceNs(ns: bigint): void;
  /**
   * Asks for one call of `handleAlarm` between two instructions, at this monotonic time or soon after. Threads that wait
   * for each other in loops without system calls need it; without it they take turns at system calls only.
   */
  readonly setAlarm?: (atNs: bigint) => void;
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

/** System calls of 64-bit programs: SYSCALL. */
export const syscalls: SyscallTable = {
  ...fileSyscalls,
  ...memorySyscalls,
  ...processSyscalls,
  ...signalSyscalls,
  ...threadSyscalls,
  ...timeSyscalls,
};

/** System calls of 32-bit programs: INT 0x80 and SYSENTER. */
export const i386Syscalls: SyscallTable = {
  ...i386FileSyscalls,
  ...i386MemorySyscalls,
  ...i386ProcessSyscalls,
  ...i386SignalSyscalls,
  ...i386ThreadSyscalls,
  ...i386TimeSyscalls,
};

const numbered = (table: SyscallTable): ReadonlyMap<number, { readonly name: string; readonly call: Syscall }> =>
  new Map(Object.entries(table).map(([name, call]) => [call.number, { name, call }]));
const byNumber = { amd64: numbered(syscalls), i386: numbered(i386Syscalls) };

const AMD64_ARGUMENTS = [Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.R10, Gpr.R8, Gpr.R9];
const I386_ARGUMENTS = [Gpr.RBX, Gpr.RCX, Gpr.RDX, Gpr.RSI, Gpr.RDI, Gpr.RBP];
/** RFLAGS that ring 3 can have: all but VM, and IOPL 0; SYSCALL keeps neither RF. */
const SYSCALL_FLAGS = 0x3f_7fd7n;
const RFLAGS_TF = 0x100n;
const RFLAGS_IF = 0x200n;

type Arguments = readonly [number, number, number, number, number, number];

const PF_PRESENT = 1n;
const PF_WRITE = 2n;
const PF_FETCH = 16n;
const SEGV_ACCERR = 2;
const BUS_ADRERR = 2;
const ENOSYS = 38;
const SI_KERNEL = 0x80;
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
  readonly abi: Abi;
  readonly space: AddressSpace;
  readonly signals: Signals;
  readonly threads: Threads;
  readonly kernel: KernelArea;
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

  private readonly context: UserContext;
  private readonly vsyscall: ReturnType<typeof vsyscallPlaces> | undefined;
  /** Is a trap being handled? An alarm that comes then only says that a turn is over. */
  private isInTrap = false;
  private givesWay = false;
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
    const image = readImage(this.files, options.path, this.cwd, "program");
    this.abi = image.abi;
    this.space = new AddressSpace({ memory, pool, top: this.abi.userTop, flushTlb: () => vcpu.flushTlb() });
    const kernel = installKernelArea(memory, this.space, vcpu);
    if (!kernel) throw noMemory();
    this.kernel = kernel;
    this.threads = new Threads({
      vcpu,
      kernel,
      firstTid: this.pid,
      nowNs: () => this.time.monotonicNs(),
      sleepUntil: (atNs) => this.sleepUntil(atNs),
    });
    const { terminals = {} } = streams;
    this.descriptors.add(streamFile("/dev/stdin", { terminal: terminals.stdin ?? false, read: streams.stdin }));
    this.descriptors.add(streamFile("/dev/stdout", { terminal: terminals.stdout ?? false, write: streams.stdout }));
    this.descriptors.add(streamFile("/dev/stderr", { terminal: terminals.stderr ?? false, write: streams.stderr }));
    const program = loadProgram(this.space, this.files, image, {
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
    this.vsyscall = program.vsyscall === undefined ? undefined : vsyscallPlaces(program.vsyscall);
    this.context = { vcpu, space: this.space, kernel, restorers: this.vsyscall?.restorers };
    this.signals = new Signals(this.context, () => this.threads.current);
    vcpu.writeFxState(initialFxState());
    vcpu.writeRegister(Gpr.RSP, program.stackPointer);
    for (const name of ["ds", "es"] as const) kernel.loadData(name, this.abi.data);
    for (const name of ["fs", "gs"] as const) kernel.loadData(name, 0);
    this.enterUser(program.entry, 0x202n, this.abi.code);
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
    this.isInTrap = true;
    const entry = this.kernel.entryAt(this.vcpu.rip);
    if (entry === "exception") this.handleException();
    else this.handleSyscall(entry);
    if (!this.kernel.owns(this.vcpu.rip)) this.leave();
    this.isInTrap = false;
  }

  /** The alarm that was asked for. Between the stub's instructions it only notes that the turn may be over. */
  handleAlarm(): void {
    if (this.end || this.threads.count === 1) return;
    this.time.setAlarm?.(this.time.monotonicNs() + QUANTUM_NS);
    if (this.isInTrap || this.kernel.owns(this.vcpu.rip) || !this.threads.isTurnOver) return;
    this.isInTrap = true;
    this.leave();
    this.isInTrap = false;
  }

  /** Before ring 3: who runs next, and its signals. */
  private leave(): void {
    const { threads, signals } = this;
    while (!this.end) {
      for (const thread of signals.interrupted(threads.list())) threads.interrupt(thread);
      const stuck = threads.schedule(this.givesWay || threads.isTurnOver);
      this.givesWay = false;
      if (stuck !== undefined) {
        for (const thread of threads.list()) thread.finishTrace?.(undefined);
        this.end = { kind: "deadlock", what: stuck };
        return;
      }
      const info = signals.takeDeliverable();
      if (!info) break;
      this.deliver(info, false);
    }
    const { current } = threads;
    if (current.suspendedMask === undefined) return;
    // A signal that is ignored does not end sigsuspend; only a handler takes the mask from before.
    current.blocked = current.suspendedMask;
    current.suspendedMask = undefined;
  }

  /** The running thread lets others run. */
  giveWay(): void {
    this.givesWay = true;
  }

  /** A thread with the running one's registers, changed by `change`; undefined: too many. */
  createThread(change: (state: UserState) => UserState): Thread | undefined {
    const thread = this.threads.create(change(saveUserState(this.vcpu)));
    if (thread) this.time.setAlarm?.(this.time.monotonicNs() + QUANTUM_NS);
    return thread;
  }

  /** exit(2): the thread ends, and with the last one the process. */
  exitThread(status: number): undefined {
    const { threads, space } = this;
    const { clearTid } = threads.current;
    if (threads.count === 1) this.exit(status);
    else {
      this.signals.forget(threads.current);
      threads.remove();
      if (clearTid !== 0 && space.write(clearTid, new Uint8Array(4))) threads.wakeFutex(clearTid, 1, -1);
    }
    return undefined;
  }

  /** The running thread waits; what its system call returns is known when that ends. */
  wait(wait: Wait): undefined {
    this.threads.wait(wait);
    return undefined;
  }

  exit(status: number): void {
    this.end = { kind: "exited", status };
  }

  kill(signal: number, fault?: FaultReport): void {
    this.end = { kind: "killed", signal, fault };
  }

  /** Lets virtual time pass while nobody can run. False: what comes after a year counts as never. */
  private sleepUntil(atNs: bigint): boolean {
    const ns = atNs - this.time.monotonicNs();
    if (ns > MAX_SLEEP_NS) return false;
    if (ns > 0n) this.time.advanceNs(ns);
    return true;
  }

  /** brk(2): the new break, or the old one where it cannot move. */
  setBreak(address: number): number {
    const pageUp = (value: number): number => Math.ceil(value / PAGE) * PAGE;
    if (address < this.brkStart || address >= this.abi.mmapTop) return this.brk;
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

  /** Returns to ring 3. Segments other than Linux's own come from their descriptors, as with IRET. */
  private enterUser(rip: bigint, rflags: bigint, cs: number, ss: number = Selector.UserData): void {
    const { vcpu } = this;
    vcpu.rip = rip;
    vcpu.rflags = rflags;
    if (!loadCodeAndStack(this.context, cs, ss)) {
      loadCodeAndStack(this.context, this.abi.code, Selector.UserData);
      this.deliver({ signal: 11, code: SI_KERNEL }, true);
    }
  }

  /** Brings the processor back to ring 3 behind the system call; its arguments and its ABI. */
  private returnFromEntry(entry: Exclude<KernelEntry, "exception">): { abi: Abi["name"]; args: Arguments } {
    const { vcpu, vsyscall } = this;
    const amd64 = (index: number): number => Number(BigInt.asIntN(64, vcpu.readRegister(index)));
    const i386 = (index: number): number => Number(BigInt.asUintN(32, vcpu.readRegister(index)));
    if (entry === "syscall") {
      const args = AMD64_ARGUMENTS.map(amd64) as unknown as Arguments;
      // SYSCALL left the user's RIP in RCX and RFLAGS in R11 (SDM vol. 2, SYSCALL).
      const flags = (vcpu.readRegister(Gpr.R11) & SYSCALL_FLAGS) | 2n;
      this.enterUser(vcpu.readRegister(Gpr.RCX), flags, Selector.UserCode);
      return { abi: "amd64", args };
    }
    const args = I386_ARGUMENTS.map(i386) as unknown as [number, number, number, number, number, number];
    if (entry === "int80") {
      const frame = this.kernel.exceptionFrame(vcpu.readRegister(Gpr.RSP));
      vcpu.writeRegister(Gpr.RSP, frame.rsp);
      this.enterUser(frame.rip, frame.rflags, frame.cs, frame.ss);
      return { abi: "i386", args };
    }
    // SYSENTER keeps neither RIP nor RSP: EBP has the stack, and the return goes to the page of AT_SYSINFO. With AMD's
    // SYSCALL, which takes ECX for RIP, EBP has the second argument. The sixth is on the stack in both.
    const stack = entry === "sysenter" ? args[5] : i386(Gpr.RSP);
    const flags = entry === "sysenter" ? vcpu.rflags | RFLAGS_IF : vcpu.readRegister(Gpr.R11) & SYSCALL_FLAGS;
    if (entry === "syscall32") args[1] = args[5];
    args[5] = this.space.readU32(stack) ?? 0;
    vcpu.writeRegister(Gpr.RSP, BigInt(stack));
    this.enterUser(vsyscall?.landing ?? 0n, flags | 2n, Selector.User32Code);
    return { abi: "i386", args };
  }

  private handleSyscall(entry: Exclude<KernelEntry, "exception">): void {
    const { vcpu, threads } = this;
    const number = Number(vcpu.readRegister(Gpr.RAX) & 0xffff_ffffn);
    const { abi, args } = this.returnFromEntry(entry);
    const found = byNumber[abi].get(number);
    const name = found?.name ?? `syscall_${number}`;
    const counted = number < COUNTED_NUMBERS ? name : "syscall_other";
    this.counts.set(counted, (this.counts.get(counted) ?? 0) + 1);
    const text = this.onSyscall && describeSyscall(this.space, name, found?.call.args, args);
    const caller = threads.current;
    threads.countCall();
    const prefix = threads.count > 1 ? `[${caller.tid}] ` : "";
    const result = found ? found.call.run(this, ...args) : -ENOSYS;
    if (result !== undefined) vcpu.writeRegister(Gpr.RAX, BigInt.asUintN(64, BigInt(result)));
    if (text === undefined) return;
    const finish = (value: number | undefined): void => this.onSyscall?.(prefix + text(value));
    if (caller.wait) caller.finishTrace = finish;
    else finish(result);
  }

  private handleException(): void {
    const { vcpu } = this;
    const frame = this.kernel.exceptionFrame(vcpu.readRegister(Gpr.RSP));
    vcpu.writeRegister(Gpr.RSP, frame.rsp);
    if ((frame.cs & 3) === 0) {
      // SYSENTER keeps TF: the stub's first instruction is a step of ring 0's, which nobody watches.
      vcpu.rip = frame.rip;
      vcpu.rflags = frame.rflags & ~RFLAGS_TF;
      return;
    }
    this.enterUser(frame.rip, frame.rflags, frame.cs, frame.ss);
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
    if (frame.vector === VECTOR_BP) vcpu.rflags &= ~RFLAGS_TF;
    this.deliver({ signal, code, address, trap }, true);
  }

  private pageFault(cr2: bigint, errorCode: bigint): "ok" | "unmapped" | "denied" | "no-memory" {
    if (cr2 >= BigInt(this.space.top)) return "unmapped";
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
