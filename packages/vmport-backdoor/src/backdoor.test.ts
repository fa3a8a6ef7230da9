import { createPortioBus, IoResult, type StringMemory } from "portio-bus";
import { describe, expect, it } from "vitest";
import { createDebugLog, toConsoleLine } from "vmport-debug-log";
import { PlainRegisters } from "../test/plain-registers.ts";
import {
  type BackdoorCommand,
  type BackdoorEvent,
  type BackdoorOptions,
  type ByteTransfer,
  createBackdoor,
  createHost,
  defaultCommands,
  type MessageHandler,
  vmware,
  xenV6,
} from "./index.ts";

const MAGIC = 0x564d_5868;

const make = (options: Partial<BackdoorOptions> = {}) => createBackdoor({ host: createHost(), ...options });

/** One IN EAX, DX; the registers afterwards. */
function call(
  backdoor: ReturnType<typeof make>,
  rcx: number,
  rest: { rbx?: number; rsi?: number; rdi?: number } = {},
  cpl = 0,
) {
  const registers = new PlainRegisters({ rax: MAGIC, rcx, rdx: 0x5658, ...rest }, cpl);
  backdoor.access("in", 0x5658, 4, registers);
  return { eax: registers.readRegister32(0), ebx: registers.readRegister32(3), ecx: registers.readRegister32(1) };
}

describe("[vmport-backdoor] commands that remember", () => {
  it("SETGUIOPTIONS is read back, undefined bits dropped", () => {
    const backdoor = make();
    call(backdoor, 14, { rbx: 0xffff_f401 });
    expect(call(backdoor, 13).eax).toBe(0x401);
    const old = make({ personality: xenV6 });
    call(old, 14, { rbx: 0 });
    expect(call(old, 13).eax, "Xen v6 forgets").toBe(0xe03);
  });

  it("synchronize time is the host's setting where it keeps one", () => {
    const timeSync = { enabled: true };
    const backdoor = make({ host: createHost({ timeSync }) });
    expect(call(backdoor, 13).eax & 0x400).toBe(0x400);
    call(backdoor, 14, { rbx: 0x001 });
    expect(timeSync.enabled).toBe(false);
    expect(call(backdoor, 13).eax).toBe(0x001);
    call(backdoor, 14, { rbx: 0x401 });
    expect(timeSync.enabled).toBe(true);
    timeSync.enabled = false;
    expect(call(backdoor, 13).eax).toBe(0x001);
  });

  it("a personality without the high-bandwidth port strips the offer from MESSAGE", () => {
    const message = { message: (frame: { ecx: number }) => void (frame.ecx = 0x0081_0000), highBandwidth: () => true };
    expect(call(make({ message }), 0x1_001e).ecx).toBe(0x0081_0000);
    expect(call(make({ message, personality: xenV6 }), 0x1_001e).ecx).toBe(0x0001_0000);
  });

  it("TOGGLEDEVICE connects and disconnects", () => {
    const device = { name: "floppy0", uniqueId: 1, connected: false };
    const backdoor = make({ host: createHost({ devices: [device] }) });
    expect(call(backdoor, 12, { rbx: 0x8000_0000 }).eax).toBe(1);
    expect(device.connected).toBe(true);
    call(backdoor, 12, { rbx: 0 });
    expect(device.connected).toBe(false);
  });

  it("a device name longer than its field is cut and terminated", () => {
    const backdoor = make({ host: createHost({ devices: [{ name: "x".repeat(60), uniqueId: 7, connected: true }] }) });
    expect(call(backdoor, 11, { rbx: 28 }).ebx).toBe(0x0078_7878);
  });

  it("STEALCLOCK: probe, enable, misaligned, disable", () => {
    const seen: (bigint | undefined)[] = [];
    const setStealClock = (gpa: bigint | undefined) => {
      seen.push(gpa);
      return gpa === undefined || gpa < 0x1_0000_0000n;
    };
    const backdoor = make({ host: createHost({ setStealClock }) });
    expect(call(backdoor, 91, { rdi: 1 }).eax).toBe(0);
    expect(call(backdoor, 91, { rdi: 0x1040 }).eax).toBe(1);
    expect(call(backdoor, 91, { rdi: 0x1041 }).eax).toBe(0xffff_ffff);
    expect(call(backdoor, 91, { rsi: 1, rdi: 0 }).eax, "the host refuses").toBe(0xffff_ffff);
    expect(call(backdoor, 91, { rdi: 0x1040 }, 3).eax, "CPL 0 only").toBe(0xffff_ffff);
    expect(seen).toEqual([undefined, 0x1040n, 0x1_0000_0000n]);
    expect(backdoor.save().stealClockGpa).toBe("0x1040");
    backdoor.reset();
    expect(seen.at(-1)).toBeUndefined();
  });

  it("unknown frequencies: GETHZ fails by EBX", () => {
    const backdoor = make({ host: createHost({ tscKhz: 0 }) });
    expect(call(backdoor, 45)).toEqual({ eax: MAGIC, ebx: 0xffff_ffff, ecx: 45 });
  });

  it("virtual time moves the clock commands", () => {
    let now = 0n;
    const backdoor = make({
      host: createHost({ uptimeNs: () => now, epochNs: () => 1_000_000_000_000_000_000n + now }),
    });
    now = 2_000_001_000n;
    expect(call(backdoor, 23)).toEqual({ eax: 1_000_000_002, ebx: 1, ecx: 1_000_000 });
  });

  it("after 2106 the seconds of GETTIMEFULL need ESI", () => {
    const backdoor = make({ host: createHost({ epochNs: () => (1n << 32n) * 1_000_000_000n + 5_000_000_000n }) });
    const registers = new PlainRegisters({ rax: MAGIC, rcx: 46, rdx: 0x5658 });
    backdoor.access("in", 0x5658, 4, registers);
    expect([registers.readRegister32(6), registers.readRegister32(2)]).toEqual([1, 5]);
  });
});

describe("[vmport-backdoor] commands of one's own", () => {
  const mine: BackdoorCommand = {
    number: 200,
    outputs: ["ebx"],
    handle(frame) {
      frame.eax = 1;
      frame.ebx = 2;
      frame.ecx = 3;
    },
  };

  it("are answered, and write what they declare", () => {
    const backdoor = make({ commands: [...defaultCommands, mine] });
    expect(call(backdoor, 200)).toEqual({ eax: 1, ebx: 2, ecx: 200 });
    expect(call(make(), 200).eax, "two instances share nothing").toBe(0xffff_ffff);
  });

  it("replace one of the package's by leaving it out", () => {
    const commands = [...defaultCommands.filter((command) => command.number !== 10), { ...mine, number: 10 }];
    expect(call(make({ commands }), 10).eax).toBe(1);
  });

  it("two of the same number, or an impossible number, are mistakes", () => {
    expect(() => make({ commands: [...defaultCommands, { ...mine, number: 10 }] })).toThrow(
      "10 (GETVERSION) is given twice",
    );
    expect(() => make({ commands: [{ ...mine, number: 0x1_0000 }] })).toThrow("expected 0..65535");
  });
});

describe("[vmport-backdoor] high bandwidth", () => {
  /** Collects or supplies bytes, with statuses as a message handler gives them. */
  class Recorder implements MessageHandler {
    received: Uint8Array | undefined;
    message(): void {}
    highBandwidth(direction: "in" | "out", frame: { ebx: number }, transfer: ByteTransfer): boolean {
      if (direction === "out") {
        const bytes = transfer.read();
        if (bytes === undefined) return false;
        this.received = bytes;
      } else if (!transfer.write(Uint8Array.from({ length: transfer.length }, (_, i) => i + 1))) return false;
      frame.ebx = 0x0001_0000;
      return true;
    }
  }

  const memoryOf = (bytes: number[], faultAt = -1): StringMemory => ({
    read: (i) => (i === faultAt ? undefined : bytes[i]),
    canWrite: (i) => i !== faultAt,
    write: (i, value) => void (bytes[i] = value),
  });

  const registersFor = (rest: Partial<Record<"rbx" | "rcx" | "rsi" | "rdi", bigint | number>>, cpl = 3) =>
    new PlainRegisters({ rax: MAGIC, rbx: 0x1_0000, rdx: 0x5659, ...rest }, cpl);

  it("rep outsb arrives as one transfer; RSI and RCX end as after a completed REP", () => {
    const message = new Recorder();
    const registers = registersFor({ rcx: 5n, rsi: 0x7fff_ffff_fffen, rdi: 0xd1 });
    const memory = memoryOf([1, 2, 3, 4, 5]);
    const result = make({ message }).highBandwidth({
      direction: "out",
      size: 1,
      rep: true,
      addressBits: 64,
      df: false,
      memory,
      registers,
    });
    expect(result).toEqual({ result: IoResult.Okay, faultIndex: -1 });
    expect([...(message.received ?? [])]).toEqual([1, 2, 3, 4, 5]);
    expect(registers.toString()).toBe("rax=564d5868 rcx=0 rdx=5659 rbx=10000 rsp=0 rbp=0 rsi=800000000003 rdi=d1");
  });

  it.each([
    ["DF set", { addressBits: 64, df: true }, "rcx=0", "rdi=ffc"],
    ["32-bit addresses clear the upper halves", { addressBits: 32, df: false }, "rcx=0", "rdi=1004"],
    ["16-bit addresses keep the rest", { addressBits: 16, df: false }, "rcx=a5a500000000", "rdi=a5a500001004"],
  ] as const)("rep insb, %s", (_name, how, rcx, rdi) => {
    const high = 0xa5a5_0000_0000n;
    const upper = how.addressBits === 64 ? 0n : high;
    const registers = registersFor({ rcx: upper | 4n, rdi: upper | 0x1000n });
    const bytes: number[] = [];
    make({ message: new Recorder() }).highBandwidth({
      direction: "in",
      size: 1,
      rep: true,
      ...how,
      memory: memoryOf(bytes),
      registers,
    });
    expect(bytes).toEqual([1, 2, 3, 4]);
    expect(registers.toString()).toContain(` ${rcx} `);
    expect(registers.toString()).toContain(rdi);
  });

  it.each(["in", "out"] as const)(
    "a page fault in the middle of %s: nothing is done, all registers stay, the retry does all",
    (direction) => {
      const message = new Recorder();
      const backdoor = make({ message });
      const registers = registersFor({ rcx: 4, rsi: 0x100, rdi: 0x200 });
      const before = registers.toString();
      const bytes = [9, 9, 9, 9];
      const request = { direction, size: 1, rep: true, addressBits: 64, df: false, registers } as const;
      expect(backdoor.highBandwidth({ ...request, memory: memoryOf(bytes, 2) })).toEqual({
        result: IoResult.Okay,
        faultIndex: 2,
      });
      expect(registers.toString()).toBe(before);
      expect(bytes).toEqual([9, 9, 9, 9]);
      expect(message.received).toBeUndefined();
      expect(backdoor.highBandwidth({ ...request, memory: memoryOf(bytes) }).faultIndex).toBe(-1);
    },
  );

  it("memory with a bulk path is asked once", () => {
    const message = new Recorder();
    const memory: StringMemory = {
      read: () => 0,
      canWrite: () => false,
      write: () => {},
      readBytes: (length) => (length === 3 ? Uint8Array.of(7, 8, 9) : 1),
      writeBytes: () => 2,
    };
    const request = { size: 1, rep: true, addressBits: 64, df: false, memory } as const;
    make({ message }).highBandwidth({ ...request, direction: "out", registers: registersFor({ rcx: 3 }) });
    expect([...(message.received ?? [])]).toEqual([7, 8, 9]);
    expect(
      make({ message }).highBandwidth({ ...request, direction: "out", registers: registersFor({ rcx: 4 }) }).faultIndex,
    ).toBe(1);
    expect(
      make({ message }).highBandwidth({ ...request, direction: "in", registers: registersFor({ rcx: 4 }) }).faultIndex,
    ).toBe(2);
  });

  it.each<[string, Partial<Record<"rbx" | "rcx", bigint | number>>, number]>([
    ["a count of zero does nothing", { rcx: 0 }, 0x1_0000],
    ["VASSERT and other commands fail with EBX = 0", { rcx: 4, rbx: 0x1_0001 }, 0],
    ["more than 513 pages fail without a look at memory", { rcx: 513 * 4096 + 1 }, 0],
    ["a count of 2^64 - 1 does, too", { rcx: 0xffff_ffff_ffff_ffffn }, 0],
  ])("%s", (_name, input, ebx) => {
    const registers = registersFor(input);
    make({ message: new Recorder() }).highBandwidth({
      direction: "out",
      size: 1,
      rep: true,
      addressBits: 64,
      df: false,
      memory: memoryOf([1, 2, 3, 4]),
      registers,
    });
    expect(registers.readRegister32(3)).toBe(ebx);
  });

  it.each([
    ["wrong magic", { size: 1 }, 0x564d_5869, vmware],
    ["words instead of bytes", { size: 2 }, MAGIC, vmware],
    ["a personality without it", { size: 1 }, MAGIC, xenV6],
  ] as const)("%s: not ours", (_name, how, rax, personality) => {
    const registers = registersFor({ rcx: 2, rsi: 0x10 });
    registers.values[0] = BigInt(rax);
    const before = registers.toString();
    const request = {
      direction: "out",
      rep: true,
      addressBits: 64,
      df: false,
      memory: memoryOf([1, 2]),
      registers,
      ...how,
    } as const;
    expect(make({ message: new Recorder(), personality }).highBandwidth(request).result).toBe(IoResult.Unhandled);
    expect(registers.toString()).toBe(before);
  });

  it("is told to observers and the log, page faults included", () => {
    const log = createDebugLog({ mask: 0x5 });
    const backdoor = make({ message: new Recorder(), log });
    const events: BackdoorEvent[] = [];
    backdoor.observe((event) => events.push(event));
    const request = { direction: "out", size: 1, rep: true, addressBits: 64, df: false } as const;
    backdoor.highBandwidth({ ...request, memory: memoryOf([1, 2, 3], 1), registers: registersFor({ rcx: 3 }) });
    backdoor.highBandwidth({ ...request, memory: memoryOf([1, 2, 3]), registers: registersFor({ rcx: 3 }) });
    expect(events.map(({ port, commandName, outcome, bytes }) => [port, commandName, outcome, bytes])).toEqual([
      [0x5659, "MESSAGE", "page-fault", 3],
      [0x5659, "MESSAGE", "transfer", 3],
    ]);
    expect(log.records().map((record) => record.class)).toEqual(["trace", "after", "trace", "after"]);
  });

  it("over the bus the caller advances the registers", () => {
    const message = new Recorder();
    const backdoor = make({ message });
    const bus = createPortioBus<PlainRegisters>();
    for (const range of backdoor.ports) bus.register(range, backdoor.handler);
    const registers = registersFor({ rcx: 3, rsi: 0x10 }, 0);
    expect(bus.accessString("out", 0x5659, 1, 3, false, memoryOf([1, 2, 3]), registers)).toBe(3);
    expect(registers.readRegister32(1)).toBe(3);
    expect(registers.readRegister32(3)).toBe(0x1_0000);
    expect(bus.accessString("out", 0x5659, 1, 3, false, memoryOf([1, 2, 3], 1), registers)).toBe(0);
    expect([bus.fault, bus.faultIndex]).toEqual([true, 1]);
  });

  it("REP INSB on the low port, and strings without magic, are plain port I/O: ones", () => {
    const backdoor = make({ message: new Recorder() });
    const bus = createPortioBus<PlainRegisters>();
    for (const range of backdoor.ports) bus.register(range, backdoor.handler);
    const bytes: number[] = [];
    bus.accessString("in", 0x5659, 1, 2, false, memoryOf(bytes), new PlainRegisters({ rax: 1 }));
    expect(bytes).toEqual([0xff, 0xff]);
  });
});

describe("[vmport-backdoor] VMCALL flavour", () => {
  const withHypercall = { ...vmware, hypercall: true };
  const registersFor = (edx: number, rcx = 10) => new PlainRegisters({ rax: MAGIC, rcx, rdx: edx });

  it("is off unless the personality has it", () => {
    expect(make().hypercall(registersFor(0)).result).toBe(IoResult.Unhandled);
  });

  it("DX 0 is IN on the low port, 2 is OUT, others are nothing", () => {
    const backdoor = make({ personality: withHypercall });
    const read = registersFor(0);
    expect(backdoor.hypercall(read).result).toBe(IoResult.Okay);
    expect(read.toString()).toContain("rax=6 rcx=2");
    const write = registersFor(2);
    backdoor.hypercall(write);
    expect(write.toString()).toContain("rax=564d5868 rcx=2");
    expect(backdoor.hypercall(registersFor(4)).result).toBe(IoResult.Unhandled);
    expect(backdoor.hypercall(new PlainRegisters({ rax: 1, rcx: 10 })).result).toBe(IoResult.Unhandled);
  });
});

describe("[vmport-backdoor] events and log", () => {
  it("every access yields an event with six registers before and after", () => {
    const backdoor = make();
    const events: BackdoorEvent[] = [];
    const end = backdoor.observe((event) => events.push(event));
    const registers = new PlainRegisters({ rax: MAGIC, rbx: 0xb, rcx: 10, rdx: 0x5658, rsi: 1, rdi: 2 }, 3);
    backdoor.access("in", 0x5658, 4, registers);
    expect(events).toEqual([
      {
        ring: 3,
        rip: 0x40_1000n,
        vcpuId: 0,
        direction: "in",
        port: 0x5658,
        size: 4,
        commandNumber: 10,
        commandName: "GETVERSION",
        before: { eax: MAGIC, ebx: 0xb, ecx: 10, edx: 0x5658, esi: 1, edi: 2 },
        after: { eax: 6, ebx: MAGIC, ecx: 2, edx: 0x5658, esi: 1, edi: 2 },
        outcome: "command",
      },
    ]);
    call(backdoor, 0xfff);
    call(backdoor, 45, {}, 3);
    backdoor.access("in", 0x5658, 4, new PlainRegisters({ rax: 5 }));
    expect(events.map((event) => event.outcome)).toEqual([
      "command",
      "unknown-command",
      "refused-privilege",
      "not-vmware",
    ]);
    end();
    call(backdoor, 10);
    expect(events).toHaveLength(4);
  });

  it("logs trace, after and error in the series' field order", () => {
    const log = createDebugLog({ mask: 0x7 });
    const backdoor = make({ log, domainId: 3, host: createHost({ uptimeNs: () => 7n }) });
    call(backdoor, 10);
    call(backdoor, 22);
    backdoor.access("out", 0x5658, 1, new PlainRegisters({ rax: 0x55 }));
    expect(log.records().map(toConsoleLine)).toEqual([
      "[HVM:3.0] <vmport_ioport> VMware trace dir=in bytes=4 ip=401000 cmd=10 (GETVERSION) ax=564d5868 bx=0 cx=a dx=5658 si=0 di=0",
      "[HVM:3.0] <vmport_ioport> VMware after ip=401000 cmd=10 (GETVERSION) ax=6 bx=564d5868 cx=2 dx=5658 si=0 di=0",
      "[HVM:3.0] <vmport_ioport> VMware trace dir=in bytes=4 ip=401000 cmd=22 (PMC) ax=564d5868 bx=0 cx=16 dx=5658 si=0 di=0",
      "[HVM:3.0] <vmport_ioport> VMware bytes=4 dir=in cmd=22 (PMC) unknown: retired, was the cursor of OS/2 guests, then performance counters",
      "[HVM:3.0] <vmport_ioport> VMware after ip=401000 cmd=22 (PMC) ax=ffffffff bx=0 cx=16 dx=5658 si=0 di=0",
      "[HVM:3.0] <vmport_ioport> Not VMware eax=55 magic=564d5868 ip=401000 ax=55 bx=0 cx=0 dx=0 si=0 di=0",
    ]);
  });

  it("logs the #GP check with its outcome", () => {
    const log = createDebugLog({ mask: 0x8 });
    const backdoor = make({ log });
    const request = {
      enabled: true,
      errorCode: 0,
      registers: new PlainRegisters({ rax: MAGIC, rdx: 0x5658 }),
      rip: 0x10n,
      csBase: 0n,
      codeBits: 64 as const,
    };
    backdoor.gpCheck({ ...request, fetch: () => new Uint8Array(15).fill(0xed) });
    backdoor.gpCheck({ ...request, fetch: () => undefined });
    expect(log.records().map(toConsoleLine)).toEqual([
      "[HVM:0.0] <vmport_gp_check> VMware gp handled error_code=0 ip=10 len=1",
      "[HVM:0.0] <vmport_gp_check> VMware gp fetch-error-1 error_code=0 ip=10 len=0",
    ]);
  });
});

describe("[vmport-backdoor] save and load", () => {
  it("plain data both ways", () => {
    const backdoor = make();
    call(backdoor, 14, { rbx: 0x400 });
    call(backdoor, 49, { rbx: 1 });
    call(backdoor, 63);
    const saved = JSON.parse(JSON.stringify(backdoor.save()));
    expect(saved).toMatchObject({
      version: 1,
      personality: "vmware",
      guiOptions: 0x400,
      lazyTimer: true,
      nestingOpen: false,
      stealClockGpa: null,
    });
    const other = make();
    other.load(saved);
    expect(other.save()).toEqual(saved);
    expect(call(other, 13).eax).toBe(0x400);
  });

  it("refuses another version or personality", () => {
    const saved = make().save();
    expect(() => make().load({ ...saved, version: 2 as 1 })).toThrow("state version 2, expected 1");
    expect(() => make({ personality: xenV6 }).load(saved)).toThrow('state of personality "vmware", this is "xen-v6"');
  });
});
