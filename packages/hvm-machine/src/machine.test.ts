import { describe, expect, it } from "vitest";
import { bootSector, doorGuest, timerGuest } from "../test/images.ts";
import { ConfigError, createMachine, type Machine, type MachineConfig } from "./index.ts";

const LIMIT = { maxInstructions: 100_000 };
const [RBX, RCX, RSI] = [3, 1, 6];

function boot(image: typeof timerGuest, config: MachineConfig = {}): Machine & { serialText: () => string } {
  const machine = createMachine({ memory: 1, ...config });
  let text = "";
  machine.devices.serial.onOutput((bytes) => {
    text += String.fromCharCode(...bytes);
  });
  machine.boot(image);
  return Object.assign(machine, { serialText: () => text });
}

describe.each([0, 1] as const)("[hvm-machine] tier %s", (tier) => {
  it("PIT, PIC, HLT, UART and debug exit work together, at the right times", () => {
    const machine = boot(timerGuest, { tier });
    expect(machine.run(LIMIT)).toMatchObject({ kind: "shutdown", shutdown: { reason: "poweroff", cause: "request" } });
    expect(machine.serialText()).toBe("12345");
    // QEMU's convention: 21 << 1 | 1.
    expect(machine.devices.exitStatus).toBe(43);
    // Five periods of 1,193 counts at 1.193182 MHz, and what came before and after.
    const periodsNs = (5n * 1193n * 1_000_000_000n) / 1_193_182n;
    expect(machine.clock.nowNs()).toBeGreaterThan(periodsNs);
    // Each access to a chip takes a microsecond.
    expect(machine.clock.nowNs()).toBeLessThan(periodsNs + 20_000n);
    expect(machine.retired).toBeLessThan(200);
  });

  it("the backdoor answers at 0x5658 and not at 0x565c", () => {
    const machine = boot(doorGuest, { tier, vmwareHw: 11 });
    const seen: string[] = [];
    machine.backdoor.observe(({ commandName, ring, port }) =>
      seen.push(`${commandName} ring ${ring} port ${port.toString(16)}`),
    );
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    const [vcpu] = machine.vcpus;
    expect([vcpu?.readRegister32(RSI), vcpu?.readRegister32(RBX)]).toEqual([6, 0x564d_5868]);
    expect(vcpu?.readRegister32(0), "a floating byte under the magic").toBe(0x564d_58ff);
    expect(seen).toEqual(["GETVERSION ring 0 port 5658"]);
  });

  it("without vmware_port the port floats", () => {
    const machine = boot(doorGuest, { tier, vmwarePort: false, vmwareHw: 11 });
    machine.run(LIMIT);
    const [vcpu] = machine.vcpus;
    expect([vcpu?.readRegister32(RSI), vcpu?.readRegister32(RBX), vcpu?.readRegister32(RCX)]).toEqual([
      0xffff_ffff, 0xffff_ffff, 10,
    ]);
  });
});

describe("[hvm-machine] determinism", () => {
  it("two runs, both tiers, and a run in pieces have one trace hash", () => {
    const whole = ([0, 1, 1] as const).map((tier) => {
      const machine = boot(timerGuest, { tier });
      machine.run(LIMIT);
      return [machine.traceHash(), machine.clock.nowNs(), machine.retired];
    });
    const pieces = boot(timerGuest);
    for (let piece = 0; piece < 1000 && pieces.run({ maxInstructions: 3 }).kind === "instructions"; piece++);
    expect(whole[1]).toEqual(whole[0]);
    expect(whole[2]).toEqual(whole[0]);
    expect([pieces.traceHash(), pieces.clock.nowNs(), pieces.retired]).toEqual(whole[0]);
  });

  it("saved in the middle and loaded into another machine it goes on to the same hash", () => {
    const first = boot(timerGuest);
    first.run({ maxInstructions: 60 });
    const state = structuredClone(first.save());
    const second = boot(timerGuest);
    second.load(state);
    for (const machine of [first, second]) machine.run(LIMIT);
    expect([second.traceHash(), second.clock.nowNs(), second.devices.exitStatus]).toEqual([
      first.traceHash(),
      first.clock.nowNs(),
      first.devices.exitStatus,
    ]);
    expect(first.serialText()).toBe("12345");
  });

  it("refuses the state of another machine", () => {
    const state = boot(timerGuest, { memory: 2 }).save();
    expect(() => boot(timerGuest).load(state)).toThrow("memory state is of another layout");
    expect(() => boot(timerGuest).load({ ...state, version: 9 as 1 })).toThrow(
      "machine state has version 9; expected 1",
    );
  });
});

describe("[hvm-machine] configuration", () => {
  const setting = (config: MachineConfig): string => {
    try {
      createMachine(config);
    } catch (error) {
      return error instanceof ConfigError ? error.message : `another error: ${String(error)}`;
    }
    return "accepted";
  };

  it.each<[MachineConfig, string]>([
    [{ memory: 0 }, "memory: a whole number from 1 to 3072 expected, found 0"],
    [{ vmwareHw: 5 }, "vmware_hw: 0, 3, 4 or 6 to 21 expected, found 5"],
    [{ personality: "parallels" }, 'found "parallels"'],
    [{ guestinfo: { "a b": "1" } }, "guestinfo.a b"],
    [{ vcpus: 9 }, "vcpus: a whole number from 1 to 8 expected, found 9"],
    [{ uuid: new Uint8Array(4) }, "uuid: 16 bytes expected, found 4"],
  ])("refuses %o", (config, message) => {
    expect(setting(config)).toContain(message);
  });

  it("vmware_port follows vmware_hw", () => {
    expect(createMachine({ vmwareHw: 7, memory: 1 }).domain.flags.vmwarePort).toBe(true);
    expect(createMachine({ memory: 1 }).domain.flags.vmwarePort).toBe(false);
    expect(createMachine({ vmwareHw: 7, vmwarePort: false, memory: 1 }).domain.flags.vmwarePort).toBe(false);
  });

  it("Xen's leaves stand beside VMware's only under a Xen personality", () => {
    const leaf = (personality: string, number: number): number =>
      createMachine({ memory: 1, vmwareHw: 11, personality }).domain.cpuid.lookup(number, 0, {
        apicId: 0,
        osxsave: false,
      }).eax;
    expect([leaf("vmware", 0x4000_0000), leaf("vmware", 0x4000_0100)]).toEqual([0x4000_0010, 0]);
    expect([leaf("xen-v6", 0x4000_0000), leaf("xen-v6", 0x4000_0100)]).toEqual([0x4000_0010, 0x4000_0104]);
    expect(leaf("kvm", 0x4000_0000)).toBe(0x4000_0001);
    expect(leaf("qemu", 0x4000_0000)).toBe(0);
  });

  it("a guest that needs more memory is refused before it runs", () => {
    const image = { ...bootSector("f4"), requiredMemory: 0x20_0001 };
    expect(() => createMachine({ memory: 2 }).boot(image)).toThrow(
      "memory: the image needs 3 MiB at least, the machine has 2",
    );
  });
});

describe("[hvm-machine] the board", () => {
  it("a reset request of the guest ends the run with its reason", () => {
    const machine = boot(bootSector("b006 baf90c ee f4"));
    expect(machine.run(LIMIT)).toMatchObject({
      kind: "shutdown",
      shutdown: { reason: "reboot", text: "reset by reset-control" },
    });
  });

  it("CMOS tells the size of memory, the clock the configured date", () => {
    // al = index; out 0x70; in 0x71 for 0x31 (extended memory, high), 0x09 (year), into BH and BL.
    const machine = boot(bootSector("b031 e670 e471 88c7 b009 e670 e471 88c3 f4"), { memory: 17 });
    machine.run(LIMIT);
    expect((machine.vcpus[0]?.readRegister32(RBX) ?? 0) & 0xffff).toBe(0x4026);
  });

  it("serial input reaches the guest", () => {
    // wait: in al, 0x3fd; test al, 1; jz wait; in al, 0x3f8; inc al; out 0x3f8, al; hlt
    const machine = boot(bootSector("bafd03 ec a801 74fb baf803 ec fec0 ee f4"));
    machine.run({ maxInstructions: 50 });
    expect(machine.devices.serial.input(Uint8Array.of(0x41))).toBe(1);
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    expect(machine.serialText()).toBe("B");
  });

  it("two listeners hear the same, one that left hears nothing", () => {
    const machine = boot(bootSector("b041 e6e9 f4"));
    const heard: number[] = [];
    const stop = machine.devices.debugcon.onOutput(() => heard.push(1));
    machine.devices.debugcon.onOutput((bytes) => heard.push(...bytes));
    stop();
    machine.run(LIMIT);
    expect(heard).toEqual([0x41]);
  });
});
