import { describe, expect, it } from "vitest";
import { START_NS, xenGuest } from "../../test/xen-guest.ts";

const MEMORY_OP = 12;
const AT = 0x800;

/** struct xen_add_to_physmap: domid u16, size u16, space u32, idx long, gpfn long. */
function addToPhysmap(view: DataView, space: number, index: bigint, gpfn: bigint): number {
  view.setUint16(AT, 0x7ff0, true);
  view.setUint16(AT + 2, 0, true);
  view.setUint32(AT + 4, space, true);
  view.setBigUint64(AT + 8, index, true);
  view.setBigUint64(AT + 16, gpfn, true);
  return AT;
}

// Expectations: xen/include/public/memory.h; struct shared_info of xen/include/public/xen.h.
describe("[hypercalls] memory_op", () => {
  it("XENMEM_add_to_physmap places the shared information page, with the wall clock in it", () => {
    const { call, view } = xenGuest();
    view.setUint32(0x3000, 0xdead, true);
    expect(call(MEMORY_OP, 7, addToPhysmap(view, 0, 0n, 3n))).toBe(0);
    expect(view.getUint32(0x3000, true)).toBe(0);
    // wc_version even, wc_sec, wc_nsec, behind two arrays of 512 bytes from 2048 on.
    expect(view.getUint32(0x3000 + 3072, true) % 2).toBe(0);
    expect(view.getUint32(0x3000 + 3076, true)).toBe(Number(START_NS / 1_000_000_000n));
    expect(view.getUint32(0x3000 + 3080, true)).toBe(500_000_000);
  });

  it("from 32-bit code: short structure, short layout", () => {
    const { call, view } = xenGuest({ narrow: true });
    view.setUint16(AT, 0x7ff0, true);
    view.setUint32(AT + 12, 4, true);
    expect(call(MEMORY_OP, 7, AT)).toBe(0);
    expect(view.getUint32(0x4000 + 2308, true)).toBe(Number(START_NS / 1_000_000_000n));
    expect(view.getUint32(0x4000 + 3076, true)).toBe(0);
  });

  it("the page may move, and what it says goes with it", () => {
    const { call, view } = xenGuest();
    call(MEMORY_OP, 7, addToPhysmap(view, 0, 0n, 3n));
    view.setUint8(0x3000 + 2560, 0x5a);
    expect(call(MEMORY_OP, 7, addToPhysmap(view, 0, 0n, 5n))).toBe(0);
    expect(view.getUint8(0x5000 + 2560)).toBe(0x5a);
  });

  it.each([
    ["no RAM", 0, 0n, 16n, -22],
    ["an address beyond all", 0, 0n, 0xffff_ffff_ffff_ffffn, -22],
    ["a second shared page", 0, 1n, 3n, -22],
    ["a grant frame too many", 1, 32n, 3n, -22],
    ["another space", 2, 0n, 3n, -22],
    ["a grant frame", 1, 31n, 3n, 0],
  ])("%s", (_, space, index, gpfn, result) => {
    const { call, view } = xenGuest();
    expect(call(MEMORY_OP, 7, addToPhysmap(view, space, index, gpfn))).toBe(result);
  });

  it("XENMEM_memory_map: entries of 20 bytes, -ENOBUFS when there is no room for all", () => {
    const { call, view } = xenGuest();
    view.setUint32(AT, 2, true);
    view.setBigUint64(AT + 8, 0x2000n, true);
    expect(call(MEMORY_OP, 9, AT)).toBe(0);
    expect(view.getUint32(AT, true)).toBe(2);
    expect(view.getBigUint64(0x2000 + 8, true)).toBe(0xf000n);
    expect(view.getBigUint64(0x2000 + 20, true)).toBe(0xf000n);
    expect(view.getUint32(0x2000 + 36, true)).toBe(2);
    view.setUint32(AT, 1, true);
    expect(call(MEMORY_OP, 9, AT)).toBe(-105);
  });

  it("reservations are the pages of RAM, maximum_gpfn the last; others are -ESRCH, the machine's map -EPERM", () => {
    const { call, view } = xenGuest();
    view.setUint16(AT, 0x7ff0, true);
    expect([call(MEMORY_OP, 3, AT), call(MEMORY_OP, 4, AT), call(MEMORY_OP, 14, AT)]).toEqual([15, 15, 14]);
    view.setUint16(AT, 9, true);
    expect(call(MEMORY_OP, 3, AT)).toBe(-3);
    expect([10, 13, 24].map((command) => call(MEMORY_OP, command, AT))).toEqual([-1, -1, -1]);
    expect(call(MEMORY_OP, 26, AT)).toBe(-95);
    expect(call(MEMORY_OP, 12, AT)).toBe(-38);
  });

  it("a balloon gives and gets nothing: no extent is done", () => {
    const { call, view } = xenGuest();
    view.setBigUint64(AT + 8, 0xffff_ffff_ffff_ffffn, true);
    expect([0, 1, 6].map((command) => call(MEMORY_OP, command, AT))).toEqual([0, 0, 0]);
  });
});
