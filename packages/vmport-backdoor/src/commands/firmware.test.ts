import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../../test/plain-registers.ts";
import { createBackdoor, createHost, type HostOptions } from "../index.ts";

const ONES = 0xffff_ffff;

function eaxOf(ecx: number, host: HostOptions, ebx = 0, cpl = 0): number {
  const registers = new PlainRegisters({ rax: 0x564d_5868, rcx: ecx, rbx: ebx, rdx: 0x5658 }, cpl);
  createBackdoor({ host: createHost(host) }).access("in", 0x5658, 4, registers);
  return registers.readRegister32(0);
}

describe("[vmport-backdoor] commands of the firmware", () => {
  it("APMFUNCTION suspends and powers off, if the host lets it", () => {
    const asked: string[] = [];
    const power = (action: string): boolean => {
      asked.push(action);
      return action === "power-off";
    };
    expect(eaxOf(0x7_0002, { power }, 7)).toBe(0);
    expect(eaxOf(0x4_0002, { power }, 7), "refused by the host").toBe(ONES);
    expect(asked).toEqual(["power-off", "suspend"]);
    expect(eaxOf(0x5_0002, { power }, 7), "another state").toBe(ONES);
    expect(eaxOf(0x7_0002, { power }, 6), "another function").toBe(ONES);
    expect(eaxOf(0x7_0002, {}, 7), "no host for it").toBe(ONES);
    expect(eaxOf(0x7_0002, { power }, 7, 3), "a program").toBe(ONES);
    expect(asked).toEqual(["power-off", "suspend"]);
  });

  it("OSNOTFOUND and FIRMWARE_ERROR reach the host as text, from CPL 0 only", () => {
    const lines: string[] = [];
    const firmwareReport = (text: string): void => void lines.push(text);
    expect(eaxOf(18, { firmwareReport })).toBe(0);
    expect(eaxOf(0x1_0047, { firmwareReport })).toBe(0);
    expect(eaxOf(0xffff_0047, { firmwareReport })).toBe(ONES);
    expect(eaxOf(18, { firmwareReport }, 0, 3)).toBe(ONES);
    expect(lines).toEqual(["no operating system was found", "the firmware gave up: an exception"]);
  });

  it("CHECKFORCEBIOSSETUP tells the host's wish", () => {
    expect(eaxOf(48, { forceFirmwareSetup: true })).toBe(1);
    expect(eaxOf(48, {})).toBe(0);
  });
});
