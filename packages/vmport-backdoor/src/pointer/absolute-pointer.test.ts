import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../../test/plain-registers.ts";
import { createBackdoor, createHost, type Personality, PointerButton, qemu, vmware } from "../index.ts";

const MAGIC = 0x564d_5868;
const READ_ID = 0x4541_4552;
const ABSOLUTE = 0x5342_4152;
const RELATIVE = 0x4c45_5252;
const DISABLE = 0xf5;

/** The guest driver's three operations, by registers. */
function driver(personality: Personality = vmware, cpl = 0) {
  const backdoor = createBackdoor({ personality, host: createHost() });
  const call = (command: number, ebx = 0) => {
    const registers = new PlainRegisters(
      { rax: MAGIC, rcx: command, rdx: 0x5658, rbx: ebx, rsi: 0x51, rdi: 0xd1 },
      cpl,
    );
    backdoor.access("in", 0x5658, 4, registers);
    return ["rax", "rbx", "rcx", "rdx", "rsi", "rdi"].map((_, i) =>
      registers.readRegister32([0, 3, 1, 2, 6, 7][i] as number),
    );
  };
  return {
    backdoor,
    call,
    command: (ebx: number) => call(41, ebx)[0],
    status: () => call(40)[0],
    data: (count: number) => call(39, count),
  };
}

describe("[vmport-backdoor] absolute pointer", () => {
  it("the Linux driver's way of switching it on", () => {
    const mouse = driver();
    expect(mouse.status()).toBe(0xffff_0000);
    expect(mouse.command(READ_ID)).toBe(MAGIC);
    expect(mouse.status()).toBe(1);
    expect(mouse.data(1)[0]).toBe(0x3442_554a);
    expect(mouse.call(86, 1)[0]).toBe(0);
    mouse.command(ABSOLUTE);
    expect(mouse.status()).toBe(0);
    expect(mouse.call(36)[0]).toBe(1);
    mouse.command(DISABLE);
    expect(mouse.status()).toBe(0xffff_0000);
  });

  it("packets of four words: flags, x, y, z", () => {
    const { backdoor, command, data, status } = driver();
    expect(backdoor.pointer.push({ x: 0, y: 0, z: 0, buttons: 0 }), "off: no packet, no interrupt").toBe(false);
    command(READ_ID);
    data(1);
    command(ABSOLUTE);
    expect(
      backdoor.pointer.push({ x: 0xffff, y: 0x1234, z: -1, buttons: PointerButton.Left | PointerButton.Middle }),
    ).toBe(true);
    expect(status()).toBe(4);
    expect(data(4)).toEqual([0x28, 0xffff, 0x1234, 0xffff_ffff, 0x51, 0xd1]);
    command(RELATIVE);
    backdoor.pointer.push({ x: -1, y: 2, z: 0, buttons: 0 });
    expect(data(4).slice(0, 4)).toEqual([0x1_0000, 0xffff_ffff, 2, 0]);
  });

  it.each([0, 7, 5, 0xffff_ffff])(
    "asking for %d words with 4 queued is an error state and changes no register",
    (count) => {
      const { backdoor, command, data, status } = driver();
      command(READ_ID);
      data(1);
      backdoor.pointer.push({ x: 1, y: 2, z: 3, buttons: 0 });
      const [eax, ebx, ...rest] = data(count);
      expect([eax, ebx]).toEqual([MAGIC, count]);
      expect(rest).toEqual([39, 0x5658, 0x51, 0xd1]);
      expect((status() as number) >>> 16).toBe(0xffff);
    },
  );

  it("switching it on again puts the version first, whatever was queued", () => {
    const { backdoor, command, data } = driver();
    command(READ_ID);
    for (let i = 0; i < 10; i++) backdoor.pointer.push({ x: i, y: i, z: 0, buttons: 0 });
    command(DISABLE);
    command(READ_ID);
    expect(data(1)[0]).toBe(0x3442_554a);
  });

  it("QEMU keeps its backlog", () => {
    const { backdoor, command, data } = driver(qemu);
    command(READ_ID);
    data(1);
    backdoor.pointer.push({ x: 5, y: 6, z: 0, buttons: 0 });
    command(DISABLE);
    command(READ_ID);
    expect(data(1)[0]).toBe(0x1_0000);
  });

  it("the queue holds 1024 words and drops what does not fit", () => {
    const { backdoor, command, status } = driver();
    command(READ_ID);
    for (let i = 0; i < 10_000; i++) backdoor.pointer.push({ x: i, y: i, z: 0, buttons: 0 });
    expect(status()).toBe(1021);
    const { backdoor: old, command: oldCommand, status: oldStatus } = driver(qemu);
    for (let i = 0; i < 5000; i++) oldCommand(READ_ID);
    expect(oldStatus()).toBe(1024);
    expect(old.pointer.push({ x: 0, y: 0, z: 0, buttons: 0 })).toBe(false);
  });

  it("restricted to CPL 0, programs are refused", () => {
    const { backdoor, command } = driver(vmware, 3);
    expect(command(READ_ID)).toBe(MAGIC);
    backdoor.pointer.restrict(1);
    expect(command(DISABLE)).toBe(0xffff_ffff);
    expect(backdoor.pointer.status()).toBe(1);
  });

  it("programs cannot lift the restriction", () => {
    const { call, backdoor } = driver(vmware, 3);
    backdoor.pointer.restrict(1);
    expect(call(86, 0)[0]).toBe(0xffff_ffff);
    expect(backdoor.pointer.denies(3)).toBe(true);
  });

  it("is saved and restored", () => {
    const { backdoor, command } = driver();
    command(READ_ID);
    command(ABSOLUTE);
    backdoor.pointer.push({ x: 1, y: 2, z: 3, buttons: 8 });
    const other = driver();
    other.backdoor.load(JSON.parse(JSON.stringify(backdoor.save())));
    expect(other.status()).toBe(5);
    expect(other.call(36)[0]).toBe(1);
    expect(other.data(5).slice(0, 5)).toEqual([0x3442_554a, 8, 1, 2, 3]);
  });
});
