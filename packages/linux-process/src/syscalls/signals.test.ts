import { describe, expect, it } from "vitest";
import { type Harness, start } from "../../test/harness.ts";
import { Errno } from "../errno.ts";
import { SA_RESTORER } from "../signals.ts";
import { Gpr } from "../vcpu.ts";

const NOWHERE = 0x9000_0000;
const words = (...values: readonly bigint[]): Uint8Array => new Uint8Array(new BigUint64Array(values).buffer);
const action = (harness: Harness, signal: number, handler: bigint, flags = SA_RESTORER): number =>
  harness.sys("rt_sigaction", signal, harness.put(words(handler, BigInt(flags), 0x40_1600n, 0n)), 0, 8);

describe("rt_sigaction", () => {
  it("gives back what was set", () => {
    const harness = start();
    const { sys, put, view } = harness;
    expect(action(harness, 10, 0x40_1500n)).toBe(0);
    const old = put(32);
    expect(sys("rt_sigaction", 10, 0, old, 8)).toBe(0);
    const found = view(old, 32);
    expect([0, 8, 16, 24].map((at) => found.getBigUint64(at, true))).toEqual([
      0x40_1500n,
      0x0400_0000n,
      0x40_1600n,
      0n,
    ]);
  });

  it.each([
    ["signal 0", (h: Harness) => action(h, 0, 1n), "EINVAL"],
    ["signal 65", (h: Harness) => action(h, 65, 1n), "EINVAL"],
    ["SIGKILL", (h: Harness) => action(h, 9, 1n), "EINVAL"],
    ["SIGSTOP", (h: Harness) => action(h, 19, 1n), "EINVAL"],
    ["a mask of another size", (h: Harness) => h.sys("rt_sigaction", 10, 0, 0, 16), "EINVAL"],
    ["an action nowhere", (h: Harness) => h.sys("rt_sigaction", 10, NOWHERE, 0, 8), "EFAULT"],
    ["an old action nowhere", (h: Harness) => h.sys("rt_sigaction", 10, 0, NOWHERE, 8), "EFAULT"],
    ["a handler without a restorer", (h: Harness) => action(h, 10, 0x40_1500n, 0), "EFAULT"],
  ] as const)("%s", (_, call, errno) => {
    expect(call(start())).toBe(-Errno[errno]);
  });
});

describe("sending", () => {
  it.each([
    ["kill", [1000, 10], 0],
    ["kill", [0, 10], 0],
    ["tkill", [1000, 10], -6],
    ["tgkill", [1000, 1000, 10], -6],
  ] as const)("%s(%j) has si_code %j, si_pid and si_uid", (name, args, code) => {
    const harness = start({ uid: 77 });
    action(harness, 10, 0x40_1500n);
    harness.sys(name, ...args);
    expect(harness.vcpu.rip).toBe(0x40_1500n);
    const siginfo = harness.view(Number(harness.vcpu.readRegister(Gpr.RSI)), 24);
    expect([
      siginfo.getInt32(0, true),
      siginfo.getInt32(8, true),
      siginfo.getInt32(16, true),
      siginfo.getUint32(20, true),
    ]).toEqual([10, code, 1000, 77]);
  });

  it.each([
    ["kill", [999, 10], "ESRCH"],
    ["kill", [-1, 10], "ESRCH"],
    ["kill", [1000, 65], "EINVAL"],
    ["kill", [1000, -1], "EINVAL"],
    ["tkill", [999, 10], "ESRCH"],
    ["tgkill", [999, 1000, 10], "ESRCH"],
  ] as const)("%s(%j): %s", (name, args, errno) => {
    expect(start().sys(name, ...args)).toBe(-Errno[errno]);
  });

  it.each([
    [0, undefined],
    [17, undefined],
    [18, undefined],
    [28, undefined],
    [9, 9],
    [15, 15],
    [64, 64],
  ])("signal %i without a handler: killed by %s", (signal, killed) => {
    const { sys, process } = start();
    expect(sys("kill", 1000, signal)).toBe(0);
    expect(process.end).toEqual(
      killed === undefined ? undefined : { kind: "killed", signal: killed, fault: undefined },
    );
  });

  it("a blocked signal waits, once, and comes when it may; the lowest number first", () => {
    const harness = start();
    const { sys, put, view, vcpu, process } = harness;
    action(harness, 10, 0x40_1510n);
    action(harness, 12, 0x40_1512n);
    const all = put(words((1n << 9n) | (1n << 11n)));
    const old = put(8);
    expect(sys("rt_sigprocmask", 0, all, 0, 8)).toBe(0);
    for (const signal of [12, 10, 12]) sys("kill", 1000, signal);
    expect(process.signals.pending).toHaveLength(2);
    expect(sys("rt_sigpending", old, 8)).toBe(0);
    expect(view(old, 8).getBigUint64(0, true)).toBe((1n << 9n) | (1n << 11n));
    sys("rt_sigprocmask", 1, all, old, 8);
    expect(view(old, 8).getBigUint64(0, true)).toBe((1n << 9n) | (1n << 11n));
    // Both are delivered: the handler of 12 runs first, on top of the frame of 10.
    expect(vcpu.rip).toBe(0x40_1512n);
    expect(process.signals.pending).toEqual([]);
  });

  it.each([
    ["rt_sigprocmask", [9, 0x1000_0000, 0, 8], "EINVAL"],
    ["rt_sigprocmask", [0, 0x1000_0000, 0, 4], "EINVAL"],
    ["rt_sigprocmask", [0, NOWHERE, 0, 8], "EFAULT"],
    ["rt_sigprocmask", [0, 0, NOWHERE, 8], "EFAULT"],
    ["rt_sigpending", [NOWHERE, 8], "EFAULT"],
    ["rt_sigpending", [0, 4], "EINVAL"],
    ["sigaltstack", [NOWHERE, 0], "EFAULT"],
    ["sigaltstack", [0, NOWHERE], "EFAULT"],
  ] as const)("%s(%j): %s", (name, args, errno) => {
    expect(start().sys(name, ...args)).toBe(-Errno[errno]);
  });

  it("SIGKILL and SIGSTOP cannot be blocked", () => {
    const { sys, put, process } = start();
    sys("rt_sigprocmask", 2, put(words((1n << 64n) - 1n)), 0, 8);
    expect(process.signals.blocked & ((1n << 8n) | (1n << 18n))).toBe(0n);
    sys("kill", 1000, 9);
    expect(process.end).toMatchObject({ signal: 9 });
  });

  it("pause without anybody is a deadlock", () => {
    const { sys, process } = start();
    sys("pause");
    expect(process.end).toMatchObject({ kind: "deadlock" });
  });
});

describe("sigaltstack", () => {
  it.each([
    ["enough", words(0x1000_8000n, 0n, 8192n), 0, [0x1000_8000n, 0n, 8192n]],
    ["too small", words(0x1000_8000n, 0n, 2047n), -Errno.ENOMEM, [0n, 2n, 0n]],
    ["a flag of tomorrow", words(0x1000_8000n, 4n, 8192n), -Errno.EINVAL, [0n, 2n, 0n]],
    ["disabled", words(0x1000_8000n, 2n, 0n), 0, [0n, 2n, 0n]],
  ])("%s", (_, bytes, result, after) => {
    const { sys, put, view } = start();
    expect(sys("sigaltstack", put(bytes), 0)).toBe(result);
    const old = put(24);
    sys("sigaltstack", 0, old);
    const found = view(old, 24);
    expect([found.getBigUint64(0, true), BigInt(found.getUint32(8, true)), found.getBigUint64(16, true)]).toEqual(
      after,
    );
  });

  it("cannot change while it is in use, and says so in its flags", () => {
    const { sys, put, view, vcpu } = start();
    sys("sigaltstack", put(words(0x1000_8000n, 0n, 8192n)), 0);
    vcpu.writeRegister(Gpr.RSP, 0x1000_9000n);
    const old = put(24);
    expect(sys("sigaltstack", put(words(0n, 2n, 0n)), old)).toBe(-Errno.EPERM);
    expect(view(old, 24).getUint32(8, true)).toBe(1);
  });
});
