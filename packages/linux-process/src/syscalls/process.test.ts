import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { start, start32, WALL } from "../../test/harness.ts";
import { Errno } from "../errno.ts";
import { i386Syscalls, syscalls } from "../process.ts";

const NOWHERE = 0x9000_0000;
const int32 = (value: number): Uint8Array => new Uint8Array(new Int32Array([value]).buffer);
const timespec = (seconds: bigint, ns: bigint): Uint8Array => new Uint8Array(new BigInt64Array([seconds, ns]).buffer);

describe("the table", () => {
  it("has each number once", () => {
    const numbers = Object.values(syscalls).map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  // linux-libc-dev 6.1, asm/unistd_64.h
  it.each([
    ["read", 0],
    ["mmap", 9],
    ["rt_sigreturn", 15],
    ["futex", 202],
    ["getdents64", 217],
    ["exit_group", 231],
    ["newfstatat", 262],
    ["prlimit64", 302],
    ["getrandom", 318],
    ["statx", 332],
    ["rseq", 334],
    ["faccessat2", 439],
  ] as const)("%s is %i", (name, number) => {
    expect(syscalls[name]?.number).toBe(number);
  });

  it("an unknown number is ENOSYS; large ones are counted together", () => {
    const { sys, process } = start();
    for (const number of [435, 435, 1023, 1024, 0xffff_ffff]) expect(sys(number)).toBe(-Errno.ENOSYS);
    expect(Object.fromEntries(process.counts)).toEqual({ syscall_435: 2, syscall_1023: 1, syscall_other: 2 });
  });
});

describe("identity", () => {
  it("is one process, one thread", () => {
    const { sys } = start({ uid: 5, gid: 6 });
    expect(
      (["getpid", "gettid", "getppid", "getpgrp", "getpgid", "getsid", "setsid", "set_tid_address"] as const).map(
        (name) => sys(name),
      ),
    ).toEqual([1000, 1000, 1, 1000, 1000, 1000, 1000, 1000]);
    expect((["getuid", "geteuid", "getgid", "getegid", "getgroups"] as const).map((name) => sys(name))).toEqual([
      5, 5, 6, 6, 0,
    ]);
    expect(sys("wait4", -1, 0, 0, 0)).toBe(-Errno.ECHILD);
    expect([sys("iopl", 3), sys("ioperm", 0x5658, 4, 1)]).toEqual([-Errno.EPERM, -Errno.EPERM]);
    expect([
      sys("set_robust_list", 0, 24),
      sys("set_robust_list", 0, 1),
      sys("rseq"),
      sys("membarrier"),
      sys("sched_yield"),
      sys("getpriority"),
    ]).toEqual([0, -Errno.EINVAL, -Errno.ENOSYS, -Errno.ENOSYS, 0, 20]);
  });

  it("uname has six fields of 65 bytes", () => {
    const { sys, put, bytes } = start();
    const buffer = put(390);
    expect(sys("uname", buffer)).toBe(0);
    const field = (index: number): string => new TextDecoder().decode(bytes(buffer + index * 65, 65)).split("\0")[0]!;
    expect([0, 1, 4].map(field)).toEqual(["Linux", "simulated-hvm", "x86_64"]);
    expect(sys("uname", NOWHERE)).toBe(-Errno.EFAULT);
  });

  it("arch_prctl sets and gets FS and GS", () => {
    const { sys, put, view, vcpu } = start();
    const buffer = put(8);
    expect(sys("arch_prctl", 0x1002, 0x7000_0000)).toBe(0);
    expect(vcpu.readMsr(0xc000_0100)).toBe(0x7000_0000n);
    expect(sys("arch_prctl", 0x1003, buffer)).toBe(0);
    expect(view(buffer, 8).getBigUint64(0, true)).toBe(0x7000_0000n);
    expect([sys("arch_prctl", 0x1001, 0x1000), vcpu.readMsr(0xc000_0101)]).toEqual([0, 0x1000n]);
    expect(sys("arch_prctl", 0x1004, NOWHERE)).toBe(-Errno.EFAULT);
    expect(sys("arch_prctl", 0x1002, 2n ** 47n)).toBe(-Errno.EPERM);
    expect(sys("arch_prctl", 0x1002, -1)).toBe(-Errno.EPERM);
    expect(sys("arch_prctl", 0x9999, 0)).toBe(-Errno.EINVAL);
  });

  it("prctl, limits, sysinfo, affinity", () => {
    const { sys, put, view, bytes } = start();
    const buffer = put(128);
    expect([sys("prctl", 16, buffer), new TextDecoder().decode(bytes(buffer, 8))]).toEqual([0, "program\0"]);
    expect([
      sys("prctl", 15, put("another name of a thread")),
      sys("prctl", 16, buffer),
      sys("prctl", 99),
      sys("prctl", 16, NOWHERE),
    ]).toEqual([0, 0, -Errno.EINVAL, -Errno.EFAULT]);
    expect(new TextDecoder().decode(bytes(buffer, 16))).toBe("another name of\0");
    expect(sys("getrlimit", 3, buffer)).toBe(0);
    expect(view(buffer, 8).getBigUint64(0, true)).toBe(8n << 20n);
    expect(sys("prlimit64", 0, 7, 0, buffer)).toBe(0);
    expect(view(buffer, 8).getBigUint64(0, true)).toBe(1024n);
    expect([
      sys("prlimit64", 1, 7, 0, 0),
      sys("prlimit64", 0, 99, 0, 0),
      sys("prlimit64", 0, 7, NOWHERE, 0),
      sys("getrlimit", -1, buffer),
      sys("getrlimit", 0, NOWHERE),
      sys("setrlimit", 0, buffer),
    ]).toEqual([-Errno.ESRCH, -Errno.EINVAL, -Errno.EFAULT, -Errno.EINVAL, -Errno.EFAULT, 0]);
    expect([sys("sysinfo", buffer), sys("sysinfo", NOWHERE)]).toEqual([0, -Errno.EFAULT]);
    sys("sysinfo", buffer);
    expect([view(buffer, 112).getBigUint64(32, true), view(buffer, 112).getUint32(104, true)]).toEqual([8n << 20n, 1]);
    expect([
      sys("sched_getaffinity", 0, 8, buffer),
      sys("sched_getaffinity", 0, 4, buffer),
      sys("sched_getaffinity", 0, -1, buffer),
      sys("sched_getaffinity", 0, 8, NOWHERE),
    ]).toEqual([8, -Errno.EINVAL, -Errno.EINVAL, -Errno.EFAULT]);
    expect([sys("getcpu", buffer, 0, 0), sys("getcpu", NOWHERE, 0, 0), sys("getcpu", 0, NOWHERE, 0)]).toEqual([
      0,
      -Errno.EFAULT,
      -Errno.EFAULT,
    ]);
  });

  it("getrandom gives what the host seeded, 1 MiB at most", () => {
    const { sys, put, bytes } = start();
    const buffer = put(16);
    expect(sys("getrandom", buffer, 16, 0)).toBe(16);
    expect(bytes(buffer, 16)).toEqual(new Uint8Array(16).fill(0x5a));
    expect(sys("getrandom", buffer, -1, 0)).toBe(-Errno.EFAULT);
    expect(sys("getrandom", sys("mmap", 0, 2 << 20, 3, 0x22, -1, 0), -1, 0)).toBe(1 << 20);
  });

  it.each([
    ["exit", 0x1ff, 0xff],
    ["exit_group", -1, 0xff],
    ["exit_group", 3, 3],
  ] as const)("%s(%i) ends with %i", (name, status, wanted) => {
    const { sys, process } = start();
    sys(name, status);
    expect(process.end).toEqual({ kind: "exited", status: wanted });
  });
});

describe("futex", () => {
  it.each([
    ["WAKE", 0x81, 7, 0, 0],
    ["WAIT, the value has changed", 0x80, 8, 0, -Errno.EAGAIN],
    ["WAIT_BITSET, the value has changed", 0x189, 8, 0, -Errno.EAGAIN],
    ["an operation of kernels to come", 0x70, 7, 0, -Errno.ENOSYS],
    ["a timeout nowhere", 0x80, 7, NOWHERE, -Errno.EFAULT],
  ])("%s", (_, operation, value, timeout, result) => {
    const { sys, put } = start();
    expect(sys("futex", put(int32(7)), operation, value, timeout, 0, 0xffff_ffff)).toBe(result);
  });

  it("compares 32 bits, whatever is above them", () => {
    const { sys, put, process } = start();
    expect(sys("futex", put(int32(-1)), 0x80, 0xffff_ffff, put(timespec(0n, 1n)))).toBe(-Errno.ETIMEDOUT);
    expect(sys("futex", put(int32(-1)), 0x80, -1, put(timespec(0n, 1n)))).toBe(-Errno.ETIMEDOUT);
    expect(process.end).toBe(undefined);
  });

  it("a timeout passes in virtual time: relative for WAIT, absolute for WAIT_BITSET", () => {
    const harness = start();
    const { sys, put } = harness;
    const word = put(int32(7));
    sys("futex", word, 0x80, 7, put(timespec(2n, 0n)));
    expect(harness.nowNs).toBe(2_001_000_000n);
    sys("futex", word, 0x89, 7, put(timespec(3n, 0n)), 0, 1);
    expect(harness.nowNs).toBe(3_000_000_000n);
    sys("futex", word, 0x189, 7, put(timespec(WALL / 1_000_000_000n, 3_500_000_000n % 1_000_000_000n)), 0, 1);
    expect(harness.nowNs).toBe(3_000_000_000n);
  });

  it("waiting without a timeout is the end: nobody else is there", () => {
    const { sys, put, process } = start();
    sys("futex", put(int32(7)), 0x80, 7, 0);
    expect(process.end).toEqual({ kind: "deadlock", what: "futex wait with no other thread to end it" });
  });

  it("wants an aligned word that is there", () => {
    const { sys, put } = start();
    expect([sys("futex", put(8) + 1, 0x80, 0, 0), sys("futex", NOWHERE, 0x80, 0, 0)]).toEqual([
      -Errno.EINVAL,
      -Errno.EFAULT,
    ]);
  });
});

describe("time", () => {
  const read = (harness: ReturnType<typeof start>, name: "clock_gettime" | "clock_getres", id: number): bigint[] => {
    const buffer = harness.put(16);
    expect(harness.sys(name, id, buffer)).toBe(0);
    const view = harness.view(buffer, 16);
    return [view.getBigInt64(0, true), view.getBigInt64(8, true)];
  };

  it.each([
    [0, [1_700_000_000n, 1_000_000n]],
    [5, [1_700_000_000n, 1_000_000n]],
    [1, [0n, 1_000_000n]],
    [4, [0n, 1_000_000n]],
    [7, [0n, 1_000_000n]],
  ])("clock %i", (id, wanted) => {
    const harness = start();
    expect(read(harness, "clock_gettime", id)).toEqual(wanted);
    expect(read(harness, "clock_getres", id)).toEqual([0n, 1n]);
  });

  it("gettimeofday, time, times, getrusage", () => {
    const { sys, put, view } = start();
    const buffer = put(144);
    expect(sys("gettimeofday", buffer, 0)).toBe(0);
    expect([view(buffer, 16).getBigInt64(0, true), view(buffer, 16).getBigInt64(8, true)]).toEqual([
      1_700_000_000n,
      1_000n,
    ]);
    expect([sys("time", buffer), sys("time", 0), sys("time", NOWHERE)]).toEqual([
      1_700_000_000,
      1_700_000_000,
      -Errno.EFAULT,
    ]);
    expect([sys("times", buffer), sys("times", NOWHERE)]).toEqual([0, -Errno.EFAULT]);
    expect([sys("getrusage", 0, buffer), sys("getrusage", 0, NOWHERE)]).toEqual([0, -Errno.EFAULT]);
    expect([sys("alarm", 5), sys("setitimer", 0, 0, 0)]).toEqual([0, -Errno.ENOSYS]);
  });

  it.each([
    ["clock_gettime", [-1, 0], "EINVAL"],
    ["clock_gettime", [8, 0], "EINVAL"],
    ["clock_gettime", [0, NOWHERE], "EFAULT"],
    ["clock_getres", [99, 0], "EINVAL"],
    ["clock_nanosleep", [99, 0, 0, 0], "EINVAL"],
    ["nanosleep", [NOWHERE, 0], "EFAULT"],
  ] as const)("%s%j: %s", (name, args, errno) => {
    expect(start().sys(name, ...args)).toBe(-Errno[errno]);
  });

  it.each([
    ["two seconds", timespec(2n, 5n), 0, 2_000_000_005n],
    ["a negative second", timespec(-1n, 0n), -Errno.EINVAL, 0n],
    ["10^9 ns", timespec(0n, 1_000_000_000n), -Errno.EINVAL, 0n],
  ])("sleeping %s", (_, request, result, passed) => {
    const harness = start();
    const before = harness.nowNs;
    expect(harness.sys("nanosleep", harness.put(request), 0)).toBe(result);
    expect(harness.nowNs - before).toBe(passed);
  });

  it("sleeping until a time, and until one that has passed", () => {
    const harness = start();
    const at = harness.put(timespec(9n, 0n));
    expect([harness.sys("clock_nanosleep", 1, 1, at, 0), harness.nowNs]).toEqual([0, 9_000_000_000n]);
    expect([harness.sys("clock_nanosleep", 0, 1, at, 0), harness.nowNs]).toEqual([0, 9_000_000_000n]);
  });

  it("a sleep that no one would live to see ends the run, and moves no clock", () => {
    const harness = start();
    harness.sys("nanosleep", harness.put(timespec(2n ** 62n, 0n)), 0);
    expect(harness.process.end).toEqual({ kind: "deadlock", what: `a sleep of ${2n ** 62n} seconds` });
    expect(harness.nowNs).toBe(1_000_000n);
  });
});

describe("any call with any arguments", () => {
  it.each([
    ["amd64", start, "sys", syscalls],
    ["i386", start32, "sys32", i386Syscalls],
  ] as const)(
    "of %s ends in a number or in the process's end, and the host neither throws nor hangs",
    (_, begin, call, table) => {
      const numbers = Object.values(table).map(({ number }) => number);
      const interesting = fc.oneof(
        fc.constantFrom(
          0n,
          1n,
          2n,
          3n,
          -1n,
          -100n,
          0xffff_ffffn,
          0x7fff_ffffn,
          4096n,
          0x40_3000n,
          0x1000_0000n,
          0x1000_fff8n,
          0x7fff_ffff_d000n,
          0x7fff_ffff_f000n,
          1n << 47n,
          1n << 53n,
          1n << 62n,
          1n << 63n,
          (1n << 64n) - 1n,
        ),
        fc.bigInt({ min: 0n, max: 40n }),
        fc.bigInt({ min: 0x1000_0000n, max: 0x1001_0000n }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      );
      fc.assert(
        fc.property(
          fc.array(
            fc.tuple(
              fc.oneof(fc.constantFrom(...numbers), fc.nat(500)),
              fc.array(interesting, { minLength: 6, maxLength: 6 }),
            ),
            { minLength: 10, maxLength: 60 },
          ),
          (calls) => {
            const harness = begin({ poolBytes: 1 << 20, stdin: "text" });
            harness.put(new Uint8Array(4096).map((_, at) => at));
            for (const [number, args] of calls) {
              if (harness.process.end) return;
              const result = harness[call](number, ...args);
              expect(Number.isInteger(result)).toBe(true);
            }
          },
        ),
        { numRuns: 40 },
      );
    },
  );
});
