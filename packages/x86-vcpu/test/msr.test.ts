/** Memory-type registers. Sources: SDM vol. 3, "Memory Cache Control" (MTRRs, PAT); vol. 4, table 2-2. */
import { expect, test } from "vitest";
import { createMachine, describeTiers } from "./machine.ts";

const bytesOf = (value: bigint): string =>
  Array.from({ length: 4 }, (_, n) =>
    Number((value >> BigInt(8 * n)) & 0xffn)
      .toString(16)
      .padStart(2, "0"),
  ).join("");

describeTiers("[x86-vcpu] MTRRs and PAT", () => {
  /** mov ecx, index; mov eax, …; mov edx, …; wrmsr; xor both; rdmsr; hlt. The value read, or the vector. */
  function writeAndRead(index: number, value: bigint): bigint | string {
    const machine = createMachine("long");
    const code = `b9${bytesOf(BigInt(index))} b8${bytesOf(value)} ba${bytesOf(value >> 32n)} 0f30 31c0 31d2 0f32 f4`;
    const { vector } = machine.run(code.replaceAll(" ", ""));
    if (vector !== undefined) return `#${vector}`;
    const { vcpu } = machine;
    return (vcpu.readRegister(2) << 32n) | vcpu.readRegister(0);
  }

  test.each([
    ["PAT, all types", 0x277, 0x0007_0605_0401_0000n, true],
    ["PAT, type 2", 0x277, 0x0007_0406_0007_0402n, false],
    ["PAT, type 3", 0x277, 0x0307_0406_0007_0406n, false],
    ["PAT, bits above a type", 0x277, 0x0007_0406_0007_0486n, false],
    ["MTRR_DEF_TYPE: WB, enabled, fixed enabled", 0x2ff, 0xc06n, true],
    ["MTRR_DEF_TYPE: type 2", 0x2ff, 0xc02n, false],
    ["MTRR_DEF_TYPE: bit 8", 0x2ff, 0xd06n, false],
    ["MTRR_FIX64K_00000", 0x250, 0x0606_0606_0606_0606n, true],
    ["MTRR_FIX16K_80000", 0x258, 0x0606_0505_0404_0100n, true],
    ["MTRR_FIX4K_F8000: type 7 is PAT's alone", 0x26f, 0x0706_0606_0606_0606n, false],
    ["MTRR_PHYSBASE0", 0x200, 0xff_f000_0006n, true],
    ["MTRR_PHYSBASE0: bits 8 to 11", 0x200, 0x106n, false],
    ["MTRR_PHYSBASE0: beyond MAXPHYADDR", 0x200, 0x100_0000_0006n, false],
    ["MTRR_PHYSMASK7, valid", 0x20f, 0xff_8000_0800n, true],
    ["MTRR_PHYSMASK7: bit 10", 0x20f, 0x400n, false],
    ["MTRRCAP cannot be written", 0xfe, 0x508n, false],
  ] as const)("%s", (_name, index, value, legal) => {
    expect(writeAndRead(index, value)).toBe(legal ? value : "#13");
  });

  test("MTRRCAP: eight variable ranges, fixed ranges, write-combining", () => {
    expect(createMachine("long").vcpu.readMsr(0xfe)).toBe(0x508n);
  });
});
