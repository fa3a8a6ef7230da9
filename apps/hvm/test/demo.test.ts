import { describe, expect, it } from "vitest";
import { runFirstLight } from "../src/guest/run-first-light.ts";
import { hvm } from "./cli.ts";

const sections = (serial: string) => {
  const ring0 = serial.indexOf("ring 0\r\n");
  const ring3 = serial.indexOf("ring 3, IOPL 0");
  const rpci = serial.indexOf("ring 3, RPCI");
  return { ring0: serial.slice(ring0, ring3), ring3: serial.slice(ring3, rpci), rpci: serial.slice(rpci) };
};
/** The register file that the guest printed for one access. */
const registers = (text: string, access: string, command: string) => {
  const line = text.split("\r\n").find((each) => each.includes(`${access} `) && each.includes(command));
  return line?.replace(/.*?(eax=|#GP)/, "$1");
};

describe("[hvm demo] the embedded guest", () => {
  const withPort = runFirstLight({ vmwarePort: true, tier: 1 });
  const withoutPort = runFirstLight({ vmwarePort: false, tier: 1 });

  it("goes through all three modes and ends by HLT", () => {
    expect(withPort.serial).toContain("real mode       boot sector at 0000:7c00\r\n");
    expect(withPort.serial).toContain("protected mode  flat 32-bit segments\r\n");
    expect(withPort.serial).toContain("long mode       4-level paging, ring 0\r\n");
    expect(withPort.serial).toMatch(/done\r\n$/);
    expect(withPort.ended).toBe("halted");
  });

  // Register values: vmware-backdoor.md of open-vm-tools' headers (GETVERSION 6, magic, type 2; GETHZ; widths).
  it.each([
    ["in  eax", "GETVERSION", "eax=00000006 ebx=564d5868 ecx=00000002 edx=00005658 esi=00000000 edi=00000000"],
    ["in  al", "GETVERSION", "eax=564d5806 ebx=564d5868 ecx=00000002 edx=00005658 esi=00000000 edi=00000000"],
    ["in  ax", "GETVERSION", "eax=564d0006 ebx=564d5868 ecx=00000002 edx=00005658 esi=00000000 edi=00000000"],
    ["out al", "GETVERSION", "eax=564d5868 ebx=564d5868 ecx=00000002 edx=00005658 esi=00000000 edi=00000000"],
    ["out ax", "GETVERSION", "eax=564d5868 ebx=564d5868 ecx=00000002 edx=00005658 esi=00000000 edi=00000000"],
    ["out eax", "GETVERSION", "eax=564d5868 ebx=564d5868 ecx=00000002 edx=00005658 esi=00000000 edi=00000000"],
    ["in  eax", "GETMHZ", "eax=00000a28 ebx=00000000 ecx=00000001 edx=00005658 esi=00000000 edi=00000000"],
    ["in  eax", "GETHWVERSION", "eax=0000000b ebx=564d5868 ecx=00000011 edx=00005658 esi=00000000 edi=00000000"],
    ["in  eax", "unknown 0x77", "eax=ffffffff ebx=deadbeef ecx=00000077 edx=00005658 esi=00000000 edi=00000000"],
  ])("%s %s answers the same at ring 0 and ring 3", (access, command, expected) => {
    const { ring0, ring3 } = sections(withPort.serial);
    expect(registers(ring0, access, command)).toBe(expected);
    expect(registers(ring3, access, command)).toBe(expected);
  });

  it("GETHZ answers ring 0 only", () => {
    const { ring0, ring3 } = sections(withPort.serial);
    // 2,600,000 kHz = 0x9af8da00 Hz; bus 100 MHz = 0x05f5e100
    expect(registers(ring0, "in  eax", "GETHZ")).toBe(
      "eax=9af8da00 ebx=00000000 ecx=05f5e100 edx=00005658 esi=00000000 edi=00000000",
    );
    expect(registers(ring3, "in  eax", "GETHZ")).toMatch(/^eax=ffffffff ebx=ffffffff ecx=0000002d/);
  });

  it("the neighbouring port is nobody's: all ones at ring 0, #GP(0) at ring 3", () => {
    const { ring0, ring3 } = sections(withPort.serial);
    expect(registers(ring0, "in  eax", "port 0x565a")).toMatch(/^eax=ffffffff ebx=00000000 ecx=0000000a/);
    expect(registers(ring3, "in  eax", "port 0x565a")).toBe("#GP, error code 00000000");
  });

  it("RPCI brings guestinfo to ring 3", () => {
    expect(sections(withPort.serial).rpci).toContain("info-get guestinfo.greeting -> '1 hello from outside'\r\n");
    expect(withPort.rpciCalls).toBe(1);
  });

  it("without vmware_port ring 0 reads all ones and ring 3 gets every #GP", () => {
    const { ring0, ring3, rpci } = sections(withoutPort.serial);
    expect(registers(ring0, "in  eax", "GETVERSION")).toBe(
      "eax=ffffffff ebx=00000000 ecx=0000000a edx=00005658 esi=00000000 edi=00000000",
    );
    expect(ring3.match(/#GP, error code 00000000/g)).toHaveLength(16);
    expect(rpci).toContain("info-get guestinfo.greeting: #GP\r\n");
    expect(withoutPort.backdoorCalls).toBe(0);
  });

  it("repeats to the bit, in both tiers", () => {
    expect(runFirstLight({ vmwarePort: true, tier: 1 })).toEqual(withPort);
    expect(runFirstLight({ vmwarePort: true, tier: 0 })).toEqual(withPort);
    expect(withoutPort.traceHash).not.toBe(withPort.traceHash);
  });

  it("the terminal shows guest, calls and summary, without colour in a pipe", async () => {
    const { status, stdout } = await hvm(["demo"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/ call │ +ring 3 [0-9a-f]{8} in {2}eax 0x5658 GETVERSION/);
    expect(stdout).toContain("guest │   long mode");
    expect(stdout).toContain(withPort.traceHash);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for escapes is the test
    expect(stdout).not.toMatch(/\x1b/);
    const forced = await hvm(["demo"], { env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain("\x1b[32mguest\x1b[0m");
    const refused = await hvm(["demo"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(refused.stdout).toBe(stdout);
  });
});
