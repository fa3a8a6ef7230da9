import { describe, expect, it } from "vitest";
import { type Harness, start, start32 } from "../../test/harness.ts";
import { Errno } from "../errno.ts";

/** struct user_desc (Linux asm/ldt.h): entry, base, limit and the bits from seg_32bit up. */
const put = (harness: Harness, entry: number, base: number, limit: number, bits: number): number => {
  const bytes = new Uint8Array(16);
  [entry, base, limit, bits].forEach((word, i) => void new DataView(bytes.buffer).setUint32(i * 4, word >>> 0, true));
  return harness.put(bytes);
};
const BIG = 1;
const CODE = 2 << 1;
const PAGES = 0x10;
const NOT_PRESENT = 0x20;
const USEABLE = 0x40;
const gdt = ({ vcpu }: Harness, index: number): bigint => vcpu.readU64(vcpu.tables.gdtr.base + BigInt(index * 8));

describe("set_thread_area", () => {
  it("takes a free entry of the GDT, 12 to 14, and says which", () => {
    const harness = start32();
    const areas = [0, 1, 2].map((i) => put(harness, -1, 0x1234_5678 + i, 0xfffff, BIG | PAGES | USEABLE));
    expect(areas.map((area) => harness.sys32("set_thread_area", area))).toEqual([0, 0, 0]);
    expect(areas.map((area) => harness.view(area, 4).getInt32(0, true))).toEqual([12, 13, 14]);
    // SDM vol. 3 figure 3-8: base 31:24, flags G D AVL, limit 19:16, access: present, DPL 3, writable, accessed
    expect(gdt(harness, 12)).toBe(0x12df_f334_5678_ffffn);
    expect(harness.sys32("set_thread_area", put(harness, -1, 1, 1, BIG))).toBe(-Errno.ESRCH);
  });

  it("reads back by get_thread_area, and an empty one frees the entry", () => {
    const harness = start32();
    harness.sys32("set_thread_area", put(harness, 13, 0xabcd_0000, 0x1234, BIG | USEABLE));
    const read = put(harness, 13, 0, 0, 0);
    expect(harness.sys32("get_thread_area", read)).toBe(0);
    const view = harness.view(read, 16);
    expect([4, 8, 12].map((at) => view.getUint32(at, true))).toEqual([0xabcd_0000, 0x1234, BIG | USEABLE]);
    // read_exec_only and seg_not_present alone: LDT_empty
    expect(harness.sys32("set_thread_area", put(harness, 13, 0, 0, 0x28))).toBe(0);
    expect(gdt(harness, 13)).toBe(0n);
  });

  it.each([
    ["code", 12, BIG | CODE],
    ["a 16-bit segment", 12, USEABLE],
    ["one that is not present", 12, BIG | NOT_PRESENT],
    ["the entry of the kernel's code", 2, BIG],
    ["the entry of the user's", 4, BIG],
    ["an entry beyond", 15, BIG],
  ])("refuses %s", (_, entry, bits) => {
    const harness = start32();
    expect(harness.sys32("set_thread_area", put(harness, entry, 1, 1, bits))).toBe(-Errno.EINVAL);
  });

  it("reloads a register that has the selector", () => {
    const harness = start32();
    harness.sys32("set_thread_area", put(harness, 12, 0x1000, 0xfffff, BIG | PAGES));
    harness.process.kernel.loadData("gs", 0x63);
    harness.sys32("set_thread_area", put(harness, 12, 0x2000, 0xfffff, BIG | PAGES));
    expect(harness.vcpu.segment("gs")).toEqual({
      selector: 0x63,
      base: 0x2000n,
      limit: 0xffff_ffff,
      attributes: 0xc0f3,
    });
  });
});

describe("modify_ldt", () => {
  it("writes entries that segment registers can take, and reads them back", () => {
    const harness = start();
    expect(harness.sys("modify_ldt", 0, harness.put(64), 64)).toBe(0);
    expect(harness.sys("modify_ldt", 0x11, put(harness, 3, 0x5000, 100, BIG | USEABLE), 16)).toBe(0);
    harness.process.kernel.loadData("es", 3 * 8 + 7);
    expect(harness.vcpu.segment("es")).toEqual({ selector: 0x1f, base: 0x5000n, limit: 100, attributes: 0x50f3 });
    const buffer = harness.put(64);
    expect(harness.sys("modify_ldt", 0, buffer, 64)).toBe(64);
    expect(harness.view(buffer, 64).getBigUint64(24, true)).toBe(0x0050_f300_5000_0064n);
    expect(harness.vcpu.segments.get("ldtr")).toMatchObject({ selector: 0x50, limit: 4095, attributes: 0x82 });
  });

  it.each([
    ["a size that is not the structure's", 1, 3, BIG, 15, -Errno.EINVAL],
    ["an entry beyond the last", 1, 8192, BIG, 16, -Errno.EINVAL],
    ["a conforming code segment that is present", 0x11, 3, BIG | (3 << 1), 16, -Errno.EINVAL],
    ["a function that is none", 7, 3, BIG, 16, -Errno.ENOSYS],
    ["the last entry", 1, 8191, BIG, 16, 0],
    ["a 16-bit code segment", 1, 0, CODE, 16, 0],
  ])("%s", (_, operation, entry, bits, size, result) => {
    const harness = start();
    expect(harness.sys("modify_ldt", operation, put(harness, entry, 0x1000, 0xffff, bits), size)).toBe(result);
  });

  it("the last entry needs its sixteen pages: without them ENOMEM", () => {
    const harness = start({ poolBytes: 64 * 4096 });
    const descriptor = put(harness, 8191, 1, 1, BIG);
    while (harness.process.space.allocateFrame() !== undefined);
    expect(harness.sys("modify_ldt", 1, descriptor, 16)).toBe(-Errno.ENOMEM);
  });
});
