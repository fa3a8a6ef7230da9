import { describe, expect, it } from "vitest";
import { type Harness, start } from "../test/harness.ts";
import { SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTORER, SA_SIGINFO, Signal } from "./signals.ts";
import { Gpr } from "./vcpu.ts";

const HANDLER = 0x40_1500n;
const RESTORER = 0x40_1600n;
// biome-ignore format: rows of one structure
/**
 * struct rt_sigframe: return address, struct ucontext, siginfo_t. Offsets as gcc's offsetof gives them for Linux's
 * asm/ucontext.h, asm/sigcontext.h and asm/siginfo.h (linux-libc-dev 6.1, x86-64), the frame's first 8 bytes added.
 */
const FRAME = {
  uc_flags: 8, uc_link: 16, ss_sp: 24, ss_flags: 32, ss_size: 40,
  r8: 48, r9: 56, r10: 64, r11: 72, r12: 80, r13: 88, r14: 96, r15: 104, rdi: 112, rsi: 120, rbp: 128, rbx: 136, rdx: 144, rax: 152, rcx: 160, rsp: 168,
  rip: 176, eflags: 184, cs: 192, gs: 194, fs: 196, ss: 198, err: 200, trapno: 208, oldmask: 216, cr2: 224, fpstate: 232,
  uc_sigmask: 304, si_signo: 312, si_errno: 316, si_code: 320, si_addr: 328, si_pid: 328, si_uid: 332, size: 440,
} as const;

function act(harness: Harness, signal: number, flags = SA_SIGINFO, mask = 0n, handler = HANDLER): number {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, handler, true);
  view.setBigUint64(8, BigInt(flags | SA_RESTORER) & 0xffff_ffffn, true);
  view.setBigUint64(16, RESTORER, true);
  view.setBigUint64(24, mask, true);
  return harness.sys("rt_sigaction", signal, harness.put(bytes), 0, 8);
}

/** A program in the middle of things: every register tells its number. */
function busy(harness: Harness): void {
  for (let i = 0; i < 16; i++) if (i !== Gpr.RSP) harness.vcpu.writeRegister(i, BigInt(0x1111 * (i + 1)));
  harness.vcpu.rip = 0x40_1234n;
  harness.vcpu.rflags = 0x1_0dd7n;
  harness.vcpu.fx = new Uint8Array(512).map((_, at) => at & 0xff);
}

const frameOf = (harness: Harness): DataView => harness.view(Number(harness.vcpu.readRegister(Gpr.RSP)), FRAME.size);

describe("the frame", () => {
  const harness = start();
  act(harness, Signal.SIGSEGV, SA_SIGINFO, 0x80n);
  const rsp = harness.vcpu.readRegister(Gpr.RSP);
  busy(harness);
  harness.fault(13, 0xabcn);
  const { vcpu } = harness;
  const frame = vcpu.readRegister(Gpr.RSP);
  const view = frameOf(harness);
  const word = (name: keyof typeof FRAME): bigint => view.getBigUint64(FRAME[name], true);

  it("has Linux's layout", () => {
    const registers = [
      "rax",
      "rcx",
      "rdx",
      "rbx",
      "rsp",
      "rbp",
      "rsi",
      "rdi",
      "r8",
      "r9",
      "r10",
      "r11",
      "r12",
      "r13",
      "r14",
      "r15",
    ] as const;
    registers.forEach((name, index) => {
      expect([name, word(name)]).toEqual([name, name === "rsp" ? rsp : BigInt(0x1111 * (index + 1))]);
    });
    expect(word("rip")).toBe(0x40_1234n);
    expect(word("eflags")).toBe(0x1_0dd7n);
    expect([
      view.getUint16(FRAME.cs, true),
      view.getUint16(FRAME.gs, true),
      view.getUint16(FRAME.fs, true),
      view.getUint16(FRAME.ss, true),
    ]).toEqual([0x33, 0, 0, 0x2b]);
    expect([word("err"), word("trapno"), word("oldmask"), word("cr2")]).toEqual([0xabcn, 13n, 0n, 0n]);
    expect([word("uc_flags"), word("uc_link"), word("uc_sigmask")]).toEqual([6n, 0n, 0n]);
    expect([
      view.getInt32(FRAME.si_signo, true),
      view.getInt32(FRAME.si_errno, true),
      view.getInt32(FRAME.si_code, true),
      word("si_addr"),
    ]).toEqual([11, 0, 0x80, 0n]);
    expect(harness.bytes(Number(word("fpstate")), 512)).toEqual(new Uint8Array(512).map((_, at) => at & 0xff));
  });

  it("stands as the ABI wants it: return address first, RSP + 8 a multiple of 16, the red zone untouched", () => {
    expect(view.getBigUint64(0, true)).toBe(RESTORER);
    expect((frame + 8n) % 16n).toBe(0n);
    expect(word("fpstate") % 64n).toBe(0n);
    expect(word("fpstate") + 512n).toBeLessThanOrEqual(rsp - 128n);
  });

  it("calls handler(signal, siginfo, ucontext) with DF, TF and RF off", () => {
    expect(vcpu.rip).toBe(HANDLER);
    expect([Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.RAX].map((register) => vcpu.readRegister(register))).toEqual([
      11n,
      frame + BigInt(FRAME.si_signo),
      frame + BigInt(FRAME.uc_flags),
      0n,
    ]);
    expect(vcpu.rflags).toBe(0x1_0dd7n & ~0x1_0500n);
    // The action's mask and the signal itself.
    expect(harness.process.signals.blocked).toBe(0x80n | (1n << 10n));
  });
});

describe("rt_sigreturn", () => {
  function handled(change: (view: DataView) => void = () => undefined) {
    const harness = start();
    act(harness, Signal.SIGSEGV);
    const rsp = harness.vcpu.readRegister(Gpr.RSP);
    busy(harness);
    harness.fault(13, 0n);
    const at = Number(harness.vcpu.readRegister(Gpr.RSP));
    const bytes = harness.bytes(at, FRAME.size);
    change(new DataView(bytes.buffer));
    harness.process.space.write(at, bytes);
    harness.vcpu.fx = new Uint8Array(512);
    // The handler's RET has taken the return address.
    harness.vcpu.writeRegister(Gpr.RSP, BigInt(at + 8));
    harness.sys("rt_sigreturn");
    return { harness, rsp };
  }

  it("brings everything back", () => {
    const { harness, rsp } = handled();
    const { vcpu } = harness;
    expect([vcpu.rip, vcpu.readRegister(Gpr.RSP), harness.process.signals.blocked]).toEqual([0x40_1234n, rsp, 0n]);
    for (let i = 0; i < 16; i++) if (i !== Gpr.RSP) expect(vcpu.readRegister(i)).toBe(BigInt(0x1111 * (i + 1)));
    expect(vcpu.rflags & 0x5_0dd5n).toBe(0x1_0dd7n & 0x5_0dd5n);
    expect(vcpu.fx[100]).toBe(100);
    expect(vcpu.segments.get("cs")?.selector).toBe(0x33);
  });

  it.each([
    ["the kernel's code", 0x10],
    ["a data segment", 0x28],
    ["nothing", 0],
    ["an empty entry of the LDT", 7],
  ])("a forged code selector, %s, is SIGSEGV, as IRET's fault would be", (_, selector) => {
    const { harness } = handled((view) => view.setUint16(FRAME.cs, selector, true));
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 11 });
    expect(harness.vcpu.segments.get("cs")?.selector).toBe(0x33);
  });

  it("lets the program go to 32-bit code, whose selector is a user's", () => {
    const { harness } = handled((view) => view.setUint16(FRAME.cs, 0x23, true));
    expect(harness.process.end).toBe(undefined);
    expect(harness.vcpu.segments.get("cs")).toEqual({
      selector: 0x23,
      base: 0n,
      limit: 0xffff_ffff,
      attributes: 0xc0fb,
    });
  });

  it("lets the program change what it may, and not IOPL or VM", () => {
    const { harness } = handled((view) => {
      view.setBigUint64(FRAME.rip, 0x40_1777n, true);
      view.setBigUint64(FRAME.eflags, 0xffff_ffff_ffff_ffffn, true);
      view.setBigUint64(FRAME.uc_sigmask, 0xffff_ffff_ffff_ffffn, true);
    });
    expect(harness.vcpu.rip).toBe(0x40_1777n);
    expect(harness.vcpu.rflags & 0x3000n).toBe(0n);
    expect(harness.vcpu.rflags & 0x2_0000n).toBe(0n);
    expect(harness.vcpu.rflags & 0x5_0dd5n).toBe(0x5_0dd5n);
    expect(harness.vcpu.segments.get("cs")?.selector).toBe(0x33);
    // SIGKILL and SIGSTOP stay deliverable.
    expect(harness.process.signals.blocked).toBe(0xffff_ffff_ffff_ffffn & ~((1n << 8n) | (1n << 18n)));
  });

  it("masks reserved bits of MXCSR", () => {
    const { harness } = handled((view) => {
      const fpstate = Number(view.getBigUint64(FRAME.fpstate, true));
      expect(fpstate).toBeGreaterThan(0);
    });
    expect([...harness.vcpu.fx.subarray(24, 28)]).toEqual([24, 25, 0, 0]);
  });

  it.each([
    ["no FP state: left alone", 0n, undefined],
    ["FP state nowhere: SIGSEGV", 8n, 11],
    ["FP state in the kernel's half: SIGSEGV", 1n << 63n, 11],
  ])("%s", (_, fpstate, signal) => {
    const { harness } = handled((view) => view.setBigUint64(FRAME.fpstate, fpstate, true));
    expect(harness.process.end).toEqual(
      signal === undefined ? undefined : { kind: "killed", signal, fault: undefined },
    );
  });

  it.each([0n, 8n, 1n << 63n, 0xffff_ffff_ffff_ffffn])("RSP 0x%s leads to no frame: SIGSEGV", (rsp) => {
    const harness = start();
    harness.vcpu.writeRegister(Gpr.RSP, rsp);
    harness.sys("rt_sigreturn");
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 11 });
  });
});

describe("faults become signals (Linux arch/x86/kernel/traps.c)", () => {
  it.each([
    [0, undefined, "SIGFPE", 1, "rip"],
    [1, undefined, "SIGTRAP", 2, "rip"],
    [3, undefined, "SIGTRAP", 0x80, 0n],
    [4, undefined, "SIGSEGV", 0x80, 0n],
    [6, undefined, "SIGILL", 2, "rip"],
    [11, 0x20n, "SIGBUS", 0x80, 0n],
    [12, 0n, "SIGBUS", 0x80, 0n],
    [13, 0n, "SIGSEGV", 0x80, 0n],
    [14, 4n, "SIGSEGV", 1, 0x1234n],
    [16, undefined, "SIGFPE", 5, "rip"],
    [17, 0n, "SIGBUS", 1, 0n],
    [19, undefined, "SIGFPE", 4, "rip"],
  ] as const)("vector %i with error code %s: %s, code %i, address %s", (vector, errorCode, name, code, address) => {
    const harness = start();
    act(harness, Signal[name]);
    busy(harness);
    harness.fault(vector, errorCode, 0x1234n);
    const view = frameOf(harness);
    expect([view.getInt32(FRAME.si_signo, true), view.getInt32(FRAME.si_code, true)]).toEqual([Signal[name], code]);
    expect(view.getBigUint64(FRAME.si_addr, true)).toBe(address === "rip" ? 0x40_1234n : address);
    expect(view.getBigUint64(FRAME.trapno, true)).toBe(BigInt(vector));
    expect(view.getBigUint64(FRAME.err, true)).toBe(errorCode ?? 0n);
    expect(view.getBigUint64(FRAME.cr2, true)).toBe(vector === 14 ? 0x1234n : 0n);
  });

  it.each([
    [16, "FLTINV", 7, { 0: 0x37e, 2: 0x01 }],
    [16, "FLTDIV, while invalid is masked", 3, { 0: 0x37b, 2: 0x05 }],
    [16, "FLTOVF", 4, { 0: 0x377, 2: 0x08 }],
    [16, "FLTUND by a denormal", 5, { 0: 0x37d, 2: 0x02 }],
    [16, "FLTRES", 6, { 0: 0x35f, 2: 0x20 }],
    [19, "FLTDIV", 3, { 24: 0x1d84 }],
    [19, "FLTUND", 5, { 24: 0x1790 }],
    [19, "nothing unmasked", 0, { 24: 0x1fbf }],
  ] as const)("vector %i, FPE_%s: code %i (SDM vol. 1 §8.1.3, §10.2.3)", (vector, _, code, words) => {
    const harness = start();
    act(harness, Signal.SIGFPE);
    const view = new DataView(harness.vcpu.fx.buffer);
    for (const [at, word] of Object.entries(words)) view.setUint16(Number(at), word, true);
    harness.fault(vector);
    expect(frameOf(harness).getInt32(FRAME.si_code, true)).toBe(code);
  });

  it("without a handler the program is killed, and the report has the fault", () => {
    const harness = start();
    busy(harness);
    harness.fault(13, 0x5658n);
    expect(harness.process.end).toEqual({
      kind: "killed",
      signal: 11,
      fault: { vector: 13, errorCode: 0x5658n, rip: 0x40_1234n, address: 0n },
    });
  });

  it.each([
    ["a page of the program that was not there", 0x40_3000n, 6n, undefined, undefined],
    ["a write to code: SEGV_ACCERR", 0x40_1000n, 7n, 11, 2],
    ["a fetch from data: SEGV_ACCERR", 0x40_3000n, 0x15n, 11, 2],
    ["nothing: SEGV_MAPERR", 0x9999_0000n, 4n, 11, 1],
    ["the kernel's half: SEGV_MAPERR", 0xffff_8000_0000_0000n, 5n, 11, 1],
  ])("page fault on %s", (_, cr2, errorCode, signal, code) => {
    const harness = start();
    act(harness, Signal.SIGSEGV);
    const { rip } = harness.vcpu;
    harness.fault(14, errorCode, cr2);
    if (signal === undefined) expect([harness.vcpu.rip, harness.process.end]).toEqual([rip, undefined]);
    else expect(frameOf(harness).getInt32(FRAME.si_code, true)).toBe(code);
  });

  it("memory that is spent is SIGBUS, BUS_ADRERR", () => {
    const harness = start({ poolBytes: 40 * 4096 });
    const { space } = harness.process;
    const at = harness.sys("mmap", 0, 100 * 4096, 3, 0x22, -1, 0);
    for (let page = 0; space.write(at + page * 4096, new Uint8Array(1)); page++);
    harness.fault(14, 6n, BigInt(at + 99 * 4096));
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 7 });
  });

  it.each([
    [
      "blocked",
      (harness: Harness) =>
        harness.sys("rt_sigprocmask", 0, harness.put(new Uint8Array([0, 4, 0, 0, 0, 0, 0, 0])), 0, 8),
    ],
    ["ignored", (harness: Harness) => act(harness, Signal.SIGSEGV, 0, 0n, 1n)],
  ])("a fault whose signal is %s kills", (_, prepare) => {
    const harness = start();
    act(harness, Signal.SIGSEGV);
    prepare(harness);
    harness.fault(13, 0n);
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 11 });
  });

  it.each([
    ["RSP is zero", 0n],
    ["RSP is not canonical", 1n << 63n],
    ["the stack is read-only", 0x40_1f00n],
  ])("no room for the frame because %s: killed", (_, rsp) => {
    const harness = start();
    act(harness, Signal.SIGSEGV);
    harness.vcpu.writeRegister(Gpr.RSP, rsp);
    harness.fault(13, 0n);
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 11 });
  });
});

describe("flags of an action", () => {
  const stack = (harness: Harness): number => {
    const base = harness.sys("mmap", 0, 0x4000, 3, 0x22, -1, 0);
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(base), true);
    view.setBigUint64(16, 0x4000n, true);
    expect(harness.sys("sigaltstack", harness.put(bytes), 0)).toBe(0);
    return base;
  };

  it("SA_ONSTACK: on the alternate stack, a second one below the first", () => {
    const harness = start();
    const base = stack(harness);
    act(harness, Signal.SIGSEGV, SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
    harness.fault(13, 0n);
    const first = Number(harness.vcpu.readRegister(Gpr.RSP));
    expect(first).toBeGreaterThan(base + 0x3000);
    expect(first).toBeLessThan(base + 0x4000);
    expect(frameOf(harness).getBigUint64(FRAME.ss_sp, true)).toBe(BigInt(base));
    harness.fault(13, 0n);
    const second = Number(harness.vcpu.readRegister(Gpr.RSP));
    expect(second).toBeLessThan(first - 900);
    expect(second).toBeGreaterThan(base);
  });

  it("without SA_ONSTACK: on the program's own", () => {
    const harness = start();
    const base = stack(harness);
    act(harness, Signal.SIGSEGV);
    harness.fault(13, 0n);
    expect(Number(harness.vcpu.readRegister(Gpr.RSP))).toBeGreaterThan(base + 0x4000);
  });

  it.each([
    ["deferred by default", 0, 1n << 10n],
    ["SA_NODEFER: not blocked in its own handler", SA_NODEFER, 0n],
  ])("%s", (_, flags, blocked) => {
    const harness = start();
    act(harness, Signal.SIGSEGV, flags);
    harness.fault(13, 0n);
    expect(harness.process.signals.blocked).toBe(blocked);
  });

  it("SA_RESETHAND: once", () => {
    const harness = start();
    act(harness, Signal.SIGSEGV, SA_RESETHAND | SA_NODEFER);
    harness.fault(13, 0n);
    expect(harness.process.end).toBe(undefined);
    harness.fault(13, 0n);
    expect(harness.process.end).toMatchObject({ signal: 11 });
  });
});

describe("the kernel area", () => {
  const { vcpu } = start();
  it("is the supervisor's alone", () => {
    for (let page = 0n; page < 5n; page++) expect(vcpu.entry(0xffff_ffff_8000_0000n + page * 4096n) & 4n).toBe(0n);
  });

  it("closes every port to ring 3, and has Linux's code and data segments", () => {
    const tr = vcpu.segments.get("tr")!;
    // SDM vol. 1 §20.5.2: an I/O map base at or beyond the TSS's limit means no bitmap: every port faults at CPL > IOPL.
    expect(vcpu.memory.readU16(vcpu.physical(tr.base + 0x66n))).toBeGreaterThan(tr.limit);
    const present = (selector: bigint): bigint => (vcpu.readU64(vcpu.tables.gdtr.base + selector) >> 47n) & 1n;
    expect([0x20n, 0x28n, 0x30n].map(present)).toEqual([1n, 1n, 1n]);
    expect([0x60n, 0x68n, 0x70n].map(present)).toEqual([0n, 0n, 0n]);
  });

  it("lets INT3, INTO and INT 0x80 through their gates, and no other INT n", () => {
    const open = Array.from({ length: 0x81 }, (_, vector) => vector).filter(
      (vector) => ((vcpu.readU64(vcpu.tables.idtr.base + BigInt(vector * 16)) >> 45n) & 3n) === 3n,
    );
    expect(open).toEqual([3, 4, 0x80]);
    expect(vcpu.tables.idtr.limit).toBe(0x80 * 16 + 15);
  });
});
