import { describe, expect, it } from "vitest";
import { type Harness, start, start32, WALL } from "../test/harness.ts";
import { Errno } from "./errno.ts";
import { i386Syscalls } from "./process.ts";
import { SA_ONSTACK, SA_RESTORER, SA_SIGINFO, Signal } from "./signals.ts";
import { Gpr } from "./vcpu.ts";

const esp = ({ vcpu }: Harness): number => Number(vcpu.readRegister(Gpr.RSP));
const u32 = (harness: Harness, at: number): number => harness.view(at, 4).getUint32(0, true);
const selectors = ({ vcpu }: Harness) =>
  (["cs", "ss", "ds", "es", "fs", "gs"] as const).map((name) => vcpu.segment(name).selector);

describe("a 32-bit program", () => {
  it("starts with Linux's selectors, a 32-bit stack and its auxiliary vector", () => {
    const harness = start32({ args: ["program", "zwei"], env: { A: "1" }, uid: 7, hwcap: 0x178b_fbff });
    expect(selectors(harness)).toEqual([0x23, 0x2b, 0x2b, 0x2b, 0, 0]);
    // SDM vol. 3 §3.4.5: 32-bit, not long, pages of 4 KiB, DPL 3.
    expect(harness.vcpu.segment("cs").attributes).toBe(0xc0fb);
    expect(harness.vcpu.rip).toBe(0x804_9000n);
    const stack = esp(harness);
    expect([stack % 16, stack < 0xffff_e000, stack > 0xffff_0000]).toEqual([0, true, true]);
    const { space } = harness.process;
    const words = Array.from({ length: 48 }, (_, index) => u32(harness, stack + index * 4));
    expect(words[0]).toBe(2);
    expect([1, 2, 4].map((index) => space.readString(words[index]!))).toEqual(["program", "zwei", "A=1"]);
    expect([words[3], words[5]]).toEqual([0, 0]);
    const auxv = new Map<number, number>();
    for (let at = 6; words[at] !== 0; at += 2) auxv.set(words[at]!, words[at + 1]!);
    // Linux include/uapi/linux/auxvec.h: PHDR, PHENT, PHNUM, PAGESZ, ENTRY, UID, HWCAP
    expect([3, 4, 5, 6, 9, 11, 16].map((type) => auxv.get(type))).toEqual([
      0x804_8034, 32, 2, 4096, 0x804_9000, 7, 0x178b_fbff,
    ]);
    expect(space.readString(auxv.get(15)!)).toBe("i686");
    // AT_SYSINFO: a call that ends in RET, in executable memory.
    expect(space.areaAt(auxv.get(32)!)).toMatchObject({ prot: 5, name: "[vdso]" });
  });

  it("keeps mappings, heap and stack below 4 GiB", () => {
    const { sys32, process } = start32();
    const made = sys32("mmap2", 0, 0x1000, 3, 0x22, -1, 0) >>> 0;
    expect(made).toBeGreaterThan(0x8000_0000);
    expect(process.space.areaAt(made)?.end).toBeLessThanOrEqual(0xf7ff_e000);
    expect(sys32("mmap2", 0xffff_e000, 0x1000, 3, 0x32, -1, 0)).toBe(-Errno.ENOMEM);
    const end = sys32("brk", 0);
    expect(sys32("brk", end + 0x2000)).toBe(end + 0x2000);
  });

  it("gets the old mmap's arguments from memory, and mmap2's offset in pages", () => {
    const harness = start32();
    const { sys32, put, view, bytes } = harness;
    const fd = sys32("open", put("/bin/program"), 0);
    expect(fd).toBe(3);
    const mapped = sys32("mmap2", 0, 0x1000, 1, 2, fd, 1) >>> 0;
    expect([...bytes(mapped, 4)]).toEqual([0, 0, 0, 0]);
    const first = sys32("mmap2", 0, 0x1000, 1, 2, fd, 0) >>> 0;
    expect([...bytes(first, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    const words = put(24);
    const filled = new Uint8Array(24);
    [0, 0x1000, 1, 2, fd, 0].forEach((word, i) => void new DataView(filled.buffer).setUint32(i * 4, word, true));
    harness.process.space.write(words, filled);
    expect(view(sys32("mmap", words) >>> 0, 4).getUint32(0, true)).toBe(0x464c_457f);
  });

  it("is told ENOSYS for numbers that only the 64-bit table has", () => {
    const { sys32, process } = start32();
    expect(sys32(257)).toBe(-Errno.ENOSYS); // openat there
    expect(process.counts.get("syscall_257")).toBe(1);
    expect(sys32("vm86", 1, 0)).toBe(-Errno.ENOSYS);
  });

  it.each([
    ["an address in the kernel's half", 0xffff_f000],
    ["nowhere", 0x10],
  ])("pointers to %s are EFAULT", (_, address) => {
    const { sys32 } = start32();
    expect(sys32("write", 1, address, 4)).toBe(-Errno.EFAULT);
    expect(sys32("fstat64", 1, address)).toBe(-Errno.EFAULT);
  });
});

describe("structures of i386", () => {
  // Offsets: gcc -m32 offsetof for linux-libc-dev 6.1's asm/stat.h.
  it("stat64 has 96 bytes, stat 64", () => {
    const { sys32, put, view } = start32();
    const buffer = put(128);
    expect(sys32("stat64", put("/etc/hello"), buffer)).toBe(0);
    const large = view(buffer, 96);
    expect([large.getUint32(16, true) & 0o170_000, large.getBigInt64(44, true)]).toEqual([0o100_000, 13n]);
    expect(large.getBigUint64(88, true)).toBe(BigInt(large.getUint32(12, true)));
    expect(sys32("stat", put("/etc/hello"), buffer)).toBe(0);
    const small = view(buffer, 64);
    expect([small.getUint16(8, true) & 0o170_000, small.getUint32(20, true)]).toEqual([0o100_000, 13]);
  });

  it("iovec, timespec, rlimit and sysinfo have words of four bytes; the newer timespec of eight", () => {
    const harness = start32();
    const { sys32, put, view, out } = harness;
    const iov = put(16);
    const text = put("abcdef");
    const parts = new Uint8Array(16);
    [text, 2, text + 4, 2].forEach((word, i) => void new DataView(parts.buffer).setUint32(i * 4, word, true));
    harness.process.space.write(iov, parts);
    expect([sys32("writev", 1, iov, 2), out.join("")]).toEqual([4, "abef"]);
    const buffer = put(64);
    expect(sys32("clock_gettime", 0, buffer)).toBe(0);
    expect(view(buffer, 8).getUint32(0, true)).toBe(Number(WALL / 1_000_000_000n));
    expect(sys32("clock_gettime64", 0, buffer)).toBe(0);
    expect(view(buffer, 16).getBigUint64(0, true)).toBe(WALL / 1_000_000_000n);
    expect(sys32("ugetrlimit", 3, buffer)).toBe(0);
    expect([u32(harness, buffer), u32(harness, buffer + 4)]).toEqual([8 << 20, 0xffff_ffff]);
    expect(sys32("sysinfo", buffer)).toBe(0);
    expect([u32(harness, buffer + 16), u32(harness, buffer + 52)]).toEqual([8 << 20, 1]);
  });

  it("offsets come in two registers: _llseek and pread64", () => {
    const { sys32, put, view, bytes } = start32();
    const fd = sys32("open", put("/etc/hello"), 0);
    const result = put(8);
    expect(sys32("_llseek", fd, 0, 7, result, 0)).toBe(0);
    expect(view(result, 8).getBigUint64(0, true)).toBe(7n);
    expect(sys32("_llseek", fd, 1, 0, result, 0)).toBe(0);
    expect(view(result, 8).getBigUint64(0, true)).toBe(1n << 32n);
    expect(sys32("_llseek", fd, -1, -9, result, 1)).toBe(0);
    expect(sys32("lseek", fd, -1, 0)).toBe(-Errno.EINVAL);
    const buffer = put(8);
    expect([sys32("pread64", fd, buffer, 5, 7, 0), new TextDecoder().decode(bytes(buffer, 5))]).toEqual([5, "world"]);
    expect(sys32("pread64", fd, buffer, 5, 7, 1)).toBe(0);
  });
});

describe("ways into the kernel", () => {
  it("a 64-bit program's INT 0x80 is i386's table, and comes back to 64-bit code", () => {
    const harness = start();
    const { sys32, vcpu } = harness;
    const before = vcpu.rip;
    expect([sys32(20), sys32(1000)]).toEqual([1000, -Errno.ENOSYS]); // getpid
    expect([vcpu.rip, vcpu.segment("cs").selector]).toEqual([before, 0x33]);
    const made = sys32("mmap2", 0, 0x1000, 3, 0x22, -1, 0) >>> 0;
    expect(harness.process.space.areaAt(made)?.start).toBe(made);
  });

  /** As SYSENTER (SDM vol. 2): RIP and RSP from MSRs, flat CS and SS at ring 0; EBP has the stack, by Linux's convention. */
  const sysenter = (harness: Harness, number: number, stack: number, ...args: number[]): void => {
    const { vcpu } = harness;
    vcpu.writeRegister(Gpr.RAX, BigInt(number));
    [Gpr.RBX, Gpr.RCX, Gpr.RDX, Gpr.RSI, Gpr.RDI].forEach((register, i) => {
      vcpu.writeRegister(register, BigInt(args[i] ?? 0));
    });
    vcpu.writeRegister(Gpr.RBP, BigInt(stack));
    vcpu.writeRegister(Gpr.RSP, vcpu.readMsr(0x175));
    vcpu.rip = vcpu.readMsr(0x176);
    vcpu.setSegment("cs", { selector: Number(vcpu.readMsr(0x174)), base: 0n, limit: 0xffff_ffff, attributes: 0xa09b });
    harness.process.handleTrap();
  };

  it("SYSENTER takes its stack and sixth argument from EBP and returns to the page of AT_SYSINFO", () => {
    const harness = start32();
    const { vcpu, process } = harness;
    const stack = esp(harness) - 16;
    process.space.write(stack, new Uint8Array([2, 0, 0, 0]));
    const text = harness.put("/etc/hello");
    const fd = harness.sys32("open", text, 0);
    sysenter(harness, 192, stack, 0, 0x1000, 1, 2, fd); // mmap2 with an offset of two pages: past the end
    const mapped = Number(vcpu.readRegister(Gpr.RAX));
    expect(process.space.areaAt(mapped)?.offset).toBe(0x2000);
    expect([Number(vcpu.readRegister(Gpr.RSP)), ...selectors(harness).slice(0, 2)]).toEqual([stack, 0x23, 0x2b]);
    // pop ebp; pop edx; pop ecx; ret
    expect([...harness.bytes(Number(vcpu.rip), 4)]).toEqual([0x5d, 0x5a, 0x59, 0xc3]);
    expect(vcpu.rflags & 0x200n).toBe(0x200n);
  });

  it("SYSENTER of a 64-bit program, which has no such page, faults where it returns", () => {
    const harness = start();
    sysenter(harness, 20, esp(harness));
    expect(harness.vcpu.rip).toBe(0n);
  });

  it("a step that SYSENTER carried into ring 0 is nobody's", () => {
    const harness = start32();
    const { vcpu } = harness;
    vcpu.writeRegister(Gpr.RSP, vcpu.readMsr(0x175));
    vcpu.rip = vcpu.readMsr(0x176);
    const stub = vcpu.rip;
    vcpu.rflags = 0x102n;
    vcpu.setSegment("cs", { selector: 0x10, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b });
    harness.fault(1);
    expect([vcpu.rip, vcpu.rflags, harness.process.end]).toEqual([stub, 2n, undefined]);
  });
});

describe("signal frames of i386", () => {
  const HANDLER = 0x804_9500;
  const act = (harness: Harness, signal: number, flags: number, restorer = 0): number => {
    const bytes = new Uint8Array(20);
    const view = new DataView(bytes.buffer);
    [HANDLER, flags, restorer, 0x200, 0].forEach((word, i) => void view.setUint32(i * 4, word >>> 0, true));
    return harness.sys32("rt_sigaction", signal, harness.put(bytes), 0, 8);
  };
  /** FXSAVE with two registers full: 1.0 in ST0, 0.0 in ST1, TOP 6 (SDM vol. 1 table 10-2). */
  const fx = (): Uint8Array => {
    const image = new Uint8Array(512);
    const view = new DataView(image.buffer);
    view.setUint16(0, 0x37f, true);
    view.setUint16(2, 0x3000, true);
    image[4] = 0xc0;
    view.setUint32(24, 0x1f80, true);
    view.setBigUint64(32, 1n << 63n, true);
    view.setUint16(40, 0x3fff, true);
    return image;
  };
  const busy = (harness: Harness): void => {
    for (let i = 0; i < 8; i++) if (i !== Gpr.RSP) harness.vcpu.writeRegister(i, BigInt(0x1111 * (i + 1)));
    harness.vcpu.rip = 0x804_9234n;
    harness.vcpu.rflags = 0x247n;
    harness.vcpu.fx = fx();
  };

  /** struct sigcontext_32: gcc -m32 offsetof for linux-libc-dev 6.1's asm/sigcontext.h. */
  const checkContext = (context: DataView, stack: number): void => {
    const word = (at: number): number => context.getUint32(at, true);
    expect([word(0), word(4), word(8), word(12)]).toEqual([0, 0, 0x2b, 0x2b]); // gs fs es ds
    expect([16, 20, 24, 32, 36, 40, 44].map(word)).toEqual(
      [Gpr.RDI, Gpr.RSI, Gpr.RBP, Gpr.RBX, Gpr.RDX, Gpr.RCX, Gpr.RAX].map((register) => 0x1111 * (register + 1)),
    );
    expect([word(28), word(68)]).toEqual([stack, stack]);
    // trapno, err, eip, cs, eflags, ss
    expect([48, 52, 56, 60, 64, 72].map(word)).toEqual([13, 0xabc, 0x804_9234, 0x23, 0x247, 0x2b]);
  };

  it("with SA_SIGINFO: number and pointers as arguments, then siginfo and ucontext", () => {
    const harness = start32();
    expect(act(harness, Signal.SIGSEGV, SA_SIGINFO | SA_RESTORER, 0x804_9600)).toBe(0);
    const stack = esp(harness);
    busy(harness);
    harness.fault(13, 0xabcn);
    const frame = esp(harness);
    const { vcpu } = harness;
    expect((frame + 4) % 16).toBe(0);
    const view = harness.view(frame, 268);
    const word = (at: number): number => view.getUint32(at, true);
    expect([word(0), word(4), word(8), word(12)]).toEqual([0x804_9600, 11, frame + 16, frame + 144]);
    expect([word(16), word(24)]).toEqual([11, 0x80]);
    checkContext(new DataView(view.buffer, 164), stack);
    expect(word(164 + 76)).toBe(frame + 268 + ((word(164 + 76) - frame - 268) % 64)); // above the frame, below 64 more
    expect([vcpu.rip, vcpu.readRegister(Gpr.RAX)]).toEqual([BigInt(HANDLER), 11n]);
    expect([vcpu.readRegister(Gpr.RDX), vcpu.readRegister(Gpr.RCX)]).toEqual([BigInt(frame + 16), BigInt(frame + 144)]);
    // What gdb looks for: mov eax, 173; int 0x80
    expect([...harness.bytes(frame + 260, 7)]).toEqual([0xb8, 173, 0, 0, 0, 0xcd, 0x80]);
  });

  it("the x87 state as FSAVE has it, with FXSAVE's behind it", () => {
    const harness = start32();
    act(harness, Signal.SIGSEGV, SA_SIGINFO | SA_RESTORER, 0x804_9600);
    busy(harness);
    harness.fault(13, 0n);
    const at = u32(harness, esp(harness) + 164 + 76);
    const view = harness.view(at, 112 + 512);
    expect((at + 112) % 64).toBe(0);
    // control, status, tags: registers 6 (valid) and 7 (zero), the others empty
    expect([0, 4, 8].map((offset) => view.getUint32(offset, true))).toEqual([0xffff_037f, 0xffff_3000, 0xffff_4fff]);
    expect([view.getBigUint64(28, true), view.getUint16(36, true)]).toEqual([1n << 63n, 0x3fff]);
    expect([view.getUint16(108, true), view.getUint16(110, true)]).toEqual([0x3000, 0]);
    expect([...new Uint8Array(view.buffer, 112, 512)]).toEqual([...fx()]);
  });

  it("without it: the number and struct sigcontext; without a restorer the kernel's own", () => {
    const harness = start32();
    act(harness, Signal.SIGSEGV, 0);
    const stack = esp(harness);
    busy(harness);
    harness.fault(13, 0xabcn);
    const frame = esp(harness);
    expect(u32(harness, frame + 4)).toBe(11);
    checkContext(harness.view(frame + 8, 88), stack);
    // pop eax; mov eax, 119; int 0x80
    expect([...harness.bytes(u32(harness, frame), 8)]).toEqual([0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80]);
    expect([harness.vcpu.readRegister(Gpr.RDX), harness.vcpu.readRegister(Gpr.RCX)]).toEqual([0n, 0n]);
  });

  it.each([
    ["sigreturn", 0, 8],
    ["rt_sigreturn", SA_SIGINFO, 4],
  ] as const)("%s brings everything back", (name, flags, popped) => {
    const harness = start32();
    const { vcpu, process } = harness;
    act(harness, Signal.SIGSEGV, flags);
    process.signals.blocked = 0x5_0000_0000n;
    const stack = esp(harness);
    busy(harness);
    harness.fault(13, 0n);
    expect(process.signals.blocked).toBe(0x5_0000_0000n | 0x200n | (1n << 10n));
    vcpu.fx = new Uint8Array(512);
    for (const segment of ["ds", "es"] as const) process.kernel.loadData(segment, 0);
    vcpu.writeRegister(Gpr.RSP, BigInt(esp(harness) + popped));
    harness.sys32(name);
    expect([vcpu.rip, esp(harness), process.signals.blocked]).toEqual([0x804_9234n, stack, 0x5_0000_0000n]);
    expect(vcpu.rflags & 0xfffn).toBe(0x247n);
    for (let i = 0; i < 8; i++) if (i !== Gpr.RSP) expect(vcpu.readRegister(i)).toBe(BigInt(0x1111 * (i + 1)));
    expect(vcpu.fx).toEqual(fx());
    expect(selectors(harness)).toEqual([0x23, 0x2b, 0x2b, 0x2b, 0, 0]);
  });

  it.each([
    ["the kernel's code", 60, 0x10],
    ["a code segment for a stack", 72, 0x23],
  ])("a forged selector, %s, is SIGSEGV", (_, at, selector) => {
    const harness = start32();
    act(harness, Signal.SIGSEGV, SA_SIGINFO);
    harness.fault(13, 0n);
    const frame = esp(harness);
    harness.process.space.write(frame + 164 + at, new Uint8Array([selector, 0]));
    harness.vcpu.writeRegister(Gpr.RSP, BigInt(frame + 4));
    harness.sys32("rt_sigreturn");
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 11 });
  });

  it("forged data selectors become null, as on a return of Linux's", () => {
    const harness = start32();
    act(harness, Signal.SIGSEGV, SA_SIGINFO);
    harness.fault(13, 0n);
    const frame = esp(harness);
    harness.process.space.write(frame + 164, new Uint8Array([0x18, 0, 0, 0, 0x7f, 0]));
    harness.vcpu.writeRegister(Gpr.RSP, BigInt(frame + 4));
    harness.sys32("rt_sigreturn");
    expect(selectors(harness)).toEqual([0x23, 0x2b, 0x2b, 0x2b, 0, 0]);
    expect(harness.process.end).toBe(undefined);
  });

  it("a frame nowhere is SIGSEGV", () => {
    const harness = start32();
    harness.vcpu.writeRegister(Gpr.RSP, 0x10n);
    harness.sys32("rt_sigreturn");
    expect(harness.process.end).toMatchObject({ kind: "killed", signal: 11 });
  });

  it("goes to the alternate stack", () => {
    const harness = start32();
    const base = harness.put(8192);
    const stack = new Uint8Array(12);
    [base, 0, 8192].forEach((word, i) => void new DataView(stack.buffer).setUint32(i * 4, word, true));
    expect(harness.sys32("sigaltstack", harness.put(stack), 0)).toBe(0);
    act(harness, Signal.SIGSEGV, SA_SIGINFO | SA_ONSTACK);
    harness.fault(13, 0n);
    expect(esp(harness)).toBeGreaterThan(base);
    expect(esp(harness)).toBeLessThan(base + 8192);
  });

  it("sigaction and sigprocmask of before work on the first 32 signals", () => {
    const harness = start32();
    const action = new Uint8Array(16);
    [HANDLER, 0x200, 0, 0].forEach((word, i) => void new DataView(action.buffer).setUint32(i * 4, word, true));
    expect(harness.sys32("sigaction", 10, harness.put(action), 0)).toBe(0);
    const old = harness.put(16);
    expect(harness.sys32("sigaction", 10, 0, old)).toBe(0);
    expect([u32(harness, old), u32(harness, old + 4)]).toEqual([HANDLER, 0x200]);
    harness.process.signals.blocked = 0x7_0000_0001n;
    const set = harness.put(new Uint8Array([0xf0, 0, 0, 0]));
    expect(harness.sys32("sigprocmask", 2, set, old)).toBe(0);
    expect([u32(harness, old), harness.process.signals.blocked]).toEqual([1, 0x7_0000_00f0n]);
  });
});

describe("the i386 table", () => {
  it("has each number once", () => {
    const numbers = Object.values(i386Syscalls).map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
