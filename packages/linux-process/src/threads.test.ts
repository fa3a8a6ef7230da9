import { describe, expect, it } from "vitest";
import { type Harness, start, start32 } from "../test/harness.ts";
import { Errno } from "./errno.ts";
import { MAX_THREADS, QUANTUM_NS } from "./threads.ts";
import { Gpr, Msr } from "./vcpu.ts";

/** CLONE_VM FS FILES SIGHAND THREAD SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID: what pthread_create asks for (clone(2)). */
const FLAGS = 0x3d_0f00;
const int32 = (value: number): Uint8Array => new Uint8Array(new Int32Array([value]).buffer);
const word = (harness: Harness, at: number): number => harness.view(at, 4).getInt32(0, true);

interface Started {
  readonly harness: Harness;
  readonly tid: number;
  readonly stack: number;
  readonly parentTid: number;
  readonly childTid: number;
}

function withThread(harness = start()): Started {
  const stack = harness.put(4096) + 4096;
  const parentTid = harness.put(int32(-1));
  const childTid = harness.put(int32(-1));
  const tid = harness.sys("clone", FLAGS, stack, parentTid, childTid, 0x7000_0000);
  return { harness, tid, stack, parentTid, childTid };
}
const running = ({ harness }: Started): number => harness.process.threads.current.tid;
const rax = ({ harness }: Started): number => Number(BigInt.asIntN(64, harness.vcpu.readRegister(Gpr.RAX)));

describe("clone", () => {
  it("makes a thread that runs when the first waits or gives way", () => {
    const started = withThread();
    const { harness, tid, stack, parentTid, childTid } = started;
    expect([tid, running(started), word(harness, parentTid)]).toEqual([1001, 1000, 1001]);
    harness.vcpu.writeRegister(Gpr.RBX, 77n);
    harness.sys("sched_yield");
    expect([running(started), rax(started)]).toEqual([1001, 0]);
    // The thread: its own stack and TLS, the parent's other registers of then, 0 from clone.
    expect(Number(harness.vcpu.readRegister(Gpr.RSP))).toBe(stack);
    expect(harness.vcpu.segment("fs").base).toBe(0x7000_0000n);
    expect(harness.vcpu.readRegister(Gpr.RBX)).not.toBe(77n);
    expect(harness.sys("gettid")).toBe(1001);
    expect(harness.sys("getpid")).toBe(1000);
    harness.sys("sched_yield");
    expect([running(started), harness.vcpu.readRegister(Gpr.RBX)]).toEqual([1000, 77n]);
    expect(word(harness, childTid)).toBe(-1);
  });

  it("ends: the word at the child's tid is zeroed and its waiter woken; the process ends with the last", () => {
    const started = withThread();
    const { harness, childTid } = started;
    harness.sys("futex", childTid, 0, -1, 0); // pthread_join
    expect(running(started)).toBe(1001);
    harness.sys("exit", 5);
    expect([running(started), rax(started), word(harness, childTid), harness.process.end]).toEqual([
      1000,
      0,
      0,
      undefined,
    ]);
    harness.sys("exit", 6);
    expect(harness.process.end).toEqual({ kind: "exited", status: 6 });
  });

  it.each([
    ["fork", 17],
    ["vfork", 0x4111],
    ["memory without signal handlers", 0x1_0100],
  ])("%s would be another process: ENOSYS", (_, flags) => {
    expect(start().sys("clone", flags, 0, 0, 0, 0)).toBe(-Errno.ENOSYS);
  });

  it("makes a bounded number", () => {
    const harness = start();
    for (let i = 1; i < MAX_THREADS; i++) harness.sys("clone", 0x1_0900, 0x1000_1000, 0, 0, 0);
    expect(harness.sys("clone", 0x1_0900, 0x1000_1000, 0, 0, 0)).toBe(-Errno.EAGAIN);
  });

  it("on i386 the TLS is a descriptor: each thread has its own GDT entries and sees its own base", () => {
    const harness = start32();
    const area = (base: number): number => {
      const bytes = new Uint8Array(16);
      [12, base, 0xfffff, 0x51].forEach((value, i) => void new DataView(bytes.buffer).setUint32(i * 4, value, true));
      return harness.put(bytes);
    };
    harness.sys32("set_thread_area", area(0x1000));
    harness.process.kernel.loadData("gs", 0x63);
    const stack = harness.put(4096) + 4096;
    expect(harness.sys32("clone", FLAGS, stack, 0, area(0x2000), 0)).toBe(1001);
    const bases = (): bigint[] => {
      harness.process.kernel.loadData("es", 0x63);
      return [harness.vcpu.segment("gs").base, harness.vcpu.segment("es").base];
    };
    expect(bases()).toEqual([0x1000n, 0x1000n]);
    harness.sys32("sched_yield");
    expect(bases()).toEqual([0x2000n, 0x2000n]);
    harness.sys32("sched_yield");
    expect(bases()).toEqual([0x1000n, 0x1000n]);
    expect(harness.vcpu.msrs.get(Msr.GS_BASE)).toBe(undefined);
  });
});

describe("futex", () => {
  it("wakes in order of creation, as many as asked for, and only whom the bits name", () => {
    const started = withThread();
    const { harness } = started;
    const third = harness.sys("clone", 0x1_0900, harness.put(4096), 0, 0, 0);
    const at = harness.put(int32(7));
    harness.sys("futex", at, 9, 7, 0, 0, 2); // the first thread waits for bit 1
    expect(running(started)).toBe(1001);
    harness.sys("futex", at, 9, 7, 0, 0, 1);
    expect(running(started)).toBe(third);
    expect(harness.sys("futex", at, 10, 8, 0, 0, 4)).toBe(0);
    expect(harness.sys("futex", at, 10, 8, 0, 0, 1)).toBe(1);
    harness.sys("sched_yield");
    expect([running(started), rax(started)]).toEqual([1001, 0]);
    expect(harness.sys("futex", at, 1, 8)).toBe(1);
    expect(harness.sys("futex", at, 1, 8)).toBe(0);
  });

  it("moves waiters to another word", () => {
    const started = withThread();
    const { harness } = started;
    const [from, to] = [harness.put(int32(7)), harness.put(int32(8))];
    harness.sys("futex", from, 0, 7, 0);
    expect(harness.sys("futex", from, 4, 0, 1, to, 6)).toBe(-Errno.EAGAIN);
    expect(harness.sys("futex", from, 4, 0, 1, to, 7)).toBe(1);
    expect(harness.sys("futex", from, 1, 1)).toBe(0);
    expect(harness.sys("futex", to, 1, 1)).toBe(1);
  });

  it("when all wait and nothing can end it, it is a deadlock", () => {
    const { harness } = withThread();
    const at = harness.put(int32(7));
    harness.sys("futex", at, 0, 7, 0);
    harness.sys("futex", at, 0, 7, 0);
    expect(harness.process.end).toMatchObject({ kind: "deadlock" });
  });
});

describe("time", () => {
  it("goes by only when nobody can run; the one whose wait ends first comes first", () => {
    const started = withThread();
    const { harness } = started;
    const timespec = (ns: bigint): number => {
      const bytes = new Uint8Array(16);
      new DataView(bytes.buffer).setBigInt64(8, ns, true);
      return harness.put(bytes);
    };
    const before = harness.nowNs;
    harness.sys("nanosleep", timespec(500n), 0);
    expect([running(started), harness.nowNs]).toEqual([1001, before]);
    harness.sys("nanosleep", timespec(100n), 0);
    expect([running(started), harness.nowNs]).toEqual([1001, before + 100n]);
    harness.sys("nanosleep", timespec(10_000n), 0);
    expect([running(started), harness.nowNs]).toEqual([1000, before + 500n]);
  });

  it("a thread that never calls gives way to one that can run, after its quantum", () => {
    const alarms: bigint[] = [];
    const clock = { now: 0n };
    const harness = start({
      time: {
        wallNs: () => clock.now,
        monotonicNs: () => clock.now,
        advanceNs: () => undefined,
        setAlarm: (atNs) => void alarms.push(atNs),
      },
    });
    const started = withThread(harness);
    expect(alarms).toEqual([QUANTUM_NS]);
    clock.now = QUANTUM_NS;
    harness.process.handleAlarm();
    expect([running(started), alarms.at(-1)]).toEqual([1001, 2n * QUANTUM_NS]);
    // Between an entry into ring 0 and its VMCALL nothing is switched.
    clock.now = 2n * QUANTUM_NS;
    const { rip } = harness.vcpu;
    harness.vcpu.syscall();
    harness.process.handleAlarm();
    expect(running(started)).toBe(1001);
    harness.vcpu.rip = rip;
    harness.process.handleAlarm();
    expect(running(started)).toBe(1000);
  });

  it("system calls use a turn up, too, so that nobody waits for a thread that only calls", () => {
    const started = withThread();
    const { harness } = started;
    let calls = 0;
    while (running(started) === 1000 && calls < 1000) {
      harness.sys("getpid");
      calls++;
    }
    expect([running(started), calls < 101]).toEqual([1001, true]);
  });

  it("with one thread the alarm does nothing", () => {
    const { process } = start();
    process.handleAlarm();
    expect(process.threads.current.tid).toBe(1000);
  });
});

describe("signals", () => {
  const HANDLER = 0x40_1500n;
  function handle(harness: Harness, signal: number): void {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, HANDLER, true);
    view.setBigUint64(8, 0x0400_0000n, true);
    harness.sys("rt_sigaction", signal, harness.put(bytes), 0, 8);
  }

  it("one sent to a thread ends its wait with EINTR and goes to its handler", () => {
    const started = withThread();
    const { harness } = started;
    handle(harness, 10);
    harness.sys("futex", harness.put(int32(7)), 0, 7, 0);
    expect(running(started)).toBe(1001);
    expect(harness.sys("tgkill", 1000, 1000, 10)).toBe(0);
    expect(running(started)).toBe(1001);
    harness.sys("sched_yield");
    expect([running(started), harness.vcpu.rip]).toEqual([1000, HANDLER]);
    // RAX in the frame: −EINTR (struct sigcontext's rax at 152)
    const frame = Number(harness.vcpu.readRegister(Gpr.RSP));
    expect(harness.view(frame, 440).getBigInt64(152, true)).toBe(BigInt(-Errno.EINTR));
  });

  it("one sent to the process goes to a thread that does not block it", () => {
    const started = withThread();
    const { harness } = started;
    handle(harness, 10);
    const mask = new Uint8Array(8);
    mask[1] = 2; // SIGUSR1
    harness.sys("rt_sigprocmask", 0, harness.put(mask), 0, 8);
    harness.sys("kill", 1000, 10);
    expect(harness.vcpu.rip).not.toBe(HANDLER);
    harness.sys("sched_yield");
    expect([running(started), harness.vcpu.rip]).toEqual([1001, HANDLER]);
  });

  it("sigsuspend waits with another mask, and its handler's return brings the first one back", () => {
    const harness = start();
    handle(harness, 10);
    harness.process.signals.blocked = 0x200n;
    harness.sys("kill", 1000, 10);
    harness.sys("rt_sigsuspend", harness.put(8), 8);
    expect(harness.vcpu.rip).toBe(HANDLER);
    harness.vcpu.writeRegister(Gpr.RSP, harness.vcpu.readRegister(Gpr.RSP) + 8n);
    expect(harness.sys("rt_sigreturn")).toBe(-Errno.EINTR);
    expect(harness.process.signals.blocked).toBe(0x200n);
  });

  it("to a thread that is not there is ESRCH", () => {
    expect(start().sys("tgkill", 1000, 1001, 10)).toBe(-Errno.ESRCH);
  });
});
