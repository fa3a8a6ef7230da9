import { createGuestMemory } from "guest-memory";
import { describe, expect, it } from "vitest";
import { FakeVcpu } from "../test/fake-vcpu.ts";
import { AddressSpace, type Area, MMAP_MIN_ADDRESS, PAGE, Prot } from "./address-space.ts";

const TOP = 0x7fff_ffff_f000;

const BASE = 0x4000_0000;
const RW = Prot.Read | Prot.Write;

function space(frames = 64) {
  const memory = createGuestMemory({ ram: [{ base: 0, size: (frames + 1) * PAGE }] });
  const vcpu = new FakeVcpu(memory);
  const made = new AddressSpace({
    memory,
    pool: { start: PAGE, end: (frames + 1) * PAGE },
    top: TOP,
    flushTlb: () => vcpu.flushTlb(),
  });
  vcpu.writeControl("cr3", BigInt(made.root));
  return { space: made, vcpu, memory };
}

const area = (start: number, pages: number, more: Partial<Omit<Area, "end">> = {}) => ({
  start,
  length: pages * PAGE,
  prot: RW,
  shared: false,
  source: undefined,
  offset: 0,
  name: "",
  ...more,
});
const listed = (made: AddressSpace): string[] =>
  made.list().map(({ start, end, prot }) => `${(start - BASE) / PAGE}-${(end - BASE) / PAGE}:${prot}`);

describe("areas", () => {
  it("unmap cuts, at both ends and in the middle", () => {
    const { space: s } = space();
    s.map(area(BASE, 10));
    expect(s.unmap(BASE + 3 * PAGE, 2 * PAGE)).toBe(true);
    expect(listed(s)).toEqual(["0-3:3", "5-10:3"]);
    s.unmap(BASE, PAGE);
    s.unmap(BASE + 9 * PAGE, 5 * PAGE);
    expect(listed(s)).toEqual(["1-3:3", "5-9:3"]);
    expect(s.areaAt(BASE + 4 * PAGE)).toBe(undefined);
    expect(s.areaAt(BASE + 5 * PAGE)?.start).toBe(BASE + 5 * PAGE);
  });

  it("anonymous neighbours of one kind become one, on both sides", () => {
    const { space: s } = space();
    s.map(area(BASE, 1));
    s.map(area(BASE + 2 * PAGE, 1));
    s.map(area(BASE + PAGE, 1));
    s.map(area(BASE + 3 * PAGE, 1, { prot: Prot.Read }));
    s.map(area(BASE + 4 * PAGE, 1, { prot: Prot.Read, name: "[heap]" }));
    expect(listed(s)).toEqual(["0-3:3", "3-4:1", "4-5:1"]);
  });

  it("protect cuts, and joins again what became equal", () => {
    const { space: s } = space();
    s.map(area(BASE, 5));
    expect(s.protect(BASE + PAGE, PAGE, Prot.Read)).toBe(true);
    expect(listed(s)).toEqual(["0-1:3", "1-2:1", "2-5:3"]);
    s.protect(BASE + PAGE, PAGE, RW);
    expect(listed(s)).toEqual(["0-5:3"]);
  });

  it("protect over a hole changes what lies before it and says so", () => {
    const { space: s } = space();
    s.map(area(BASE, 1));
    s.map(area(BASE + 2 * PAGE, 1));
    expect(s.protect(BASE, 3 * PAGE, Prot.Read)).toBe(false);
    expect(listed(s)).toEqual(["0-1:1", "2-3:3"]);
  });

  it.each([
    ["under the top", PAGE, TOP, TOP - PAGE],
    ["under what is there", PAGE, BASE + 3 * PAGE, BASE - PAGE],
    ["in a gap that just fits", 2 * PAGE, BASE + 7 * PAGE, BASE + 3 * PAGE],
    ["not in one that is too small", 3 * PAGE, BASE + 7 * PAGE, BASE - 3 * PAGE],
    ["nowhere, when nothing is large enough", TOP, TOP, undefined],
    ["not below mmap_min_addr", BASE - MMAP_MIN_ADDRESS + PAGE, BASE, undefined],
    ["down to it exactly", BASE - MMAP_MIN_ADDRESS, BASE, MMAP_MIN_ADDRESS],
  ])("findFree: %s", (_, length, top, wanted) => {
    const { space: s } = space();
    s.map(area(BASE, 3));
    s.map(area(BASE + 5 * PAGE, 2));
    expect(s.findFree(length, top)).toBe(wanted);
  });

  it("holds 65,536 areas and no more, and a full list changes nothing", () => {
    const { space: s } = space(16);
    // Every second page: nothing joins.
    for (let i = 0; i < 65_534; i++) s.map(area(BASE + i * 2 * PAGE, 1));
    s.map(area(BASE - 9 * PAGE, 3));
    expect(s.list()).toHaveLength(65_535);
    expect(s.protect(BASE - 8 * PAGE, PAGE, Prot.Read)).toBe(false);
    expect(s.areaAt(BASE - 8 * PAGE)?.prot).toBe(RW);
    expect(s.move(BASE - 8 * PAGE, PAGE, BASE - 100 * PAGE, PAGE)).toBe(false);
    expect(s.unmap(BASE - 8 * PAGE, PAGE)).toBe(false);
    expect(s.areaAt(BASE - 8 * PAGE)).toBeDefined();
    expect(s.map(area(BASE - 50 * PAGE, 1))).toBe(true);
    expect(s.list()).toHaveLength(65_536);
    expect(s.map(area(BASE - 70 * PAGE, 1))).toBe(false);
    expect(s.unmap(BASE - 7 * PAGE, PAGE)).toBe(false);
    expect(s.unmap(BASE - 9 * PAGE, 3 * PAGE)).toBe(true);
    expect(s.map(area(BASE - 70 * PAGE, 1))).toBe(true);
  });
});

describe("pages", () => {
  it.each([
    [Prot.Read, 0x8000_0000_0000_0005n],
    [RW, 0x8000_0000_0000_0007n],
    [Prot.Read | Prot.Exec, 0x5n],
    [RW | Prot.Exec, 0x7n],
    [Prot.Write, 0x8000_0000_0000_0007n],
  ])("protection %i is the entry's P, R/W, U/S and XD (SDM vol. 3 table 5-20)", (prot, bits) => {
    const { space: s, vcpu } = space();
    s.map(area(BASE, 1, { prot }));
    expect(vcpu.entry(BigInt(BASE))).toBe(0n);
    expect(s.fault(BASE + 5, false, false)).toBe("ok");
    expect(vcpu.entry(BigInt(BASE)) & 0x8000_0000_0000_0fffn).toBe(bits);
  });

  it.each([
    [Prot.Read, "ok", "denied", "denied"],
    [RW, "ok", "ok", "denied"],
    [Prot.Read | Prot.Exec, "ok", "denied", "ok"],
    [Prot.Exec, "ok", "denied", "ok"],
    [0, "denied", "denied", "denied"],
  ] as const)("protection %i: read %s, write %s, fetch %s", (prot, read, write, exec) => {
    const { space: s } = space();
    s.map(area(BASE, 1, { prot }));
    expect([s.fault(BASE, false, false), s.fault(BASE, true, false), s.fault(BASE, false, true)]).toEqual([
      read,
      write,
      exec,
    ]);
  });

  it("protect changes entries that are there, and none remains for nothing at all", () => {
    const { space: s, vcpu } = space();
    s.map(area(BASE, 2));
    s.write(BASE, new Uint8Array([1]));
    s.protect(BASE, PAGE, Prot.Read);
    expect(vcpu.entry(BigInt(BASE)) & 2n).toBe(0n);
    s.protect(BASE, PAGE, 0);
    expect(vcpu.entry(BigInt(BASE))).toBe(0n);
    s.protect(BASE, PAGE, RW);
    expect(s.read(BASE, 1)).toEqual(new Uint8Array([1]));
  });

  it("a file's pages come when touched, short at its end; discard fetches them anew", () => {
    const { space: s } = space();
    const reads: number[] = [];
    const source = {
      name: "f",
      read: (offset: number, length: number) => {
        reads.push(offset);
        return new Uint8Array(Math.max(0, Math.min(length, 5000 - offset))).fill(7);
      },
    };
    s.map(area(BASE, 3, { source, offset: PAGE }));
    expect(s.read(BASE + 4096 - 4096 + 902, 4)).toEqual(new Uint8Array([7, 7, 0, 0]));
    s.write(BASE, new Uint8Array([9]));
    expect(s.read(BASE, 1)).toEqual(new Uint8Array([9]));
    expect(reads).toEqual([PAGE]);
    s.discard(BASE, PAGE);
    expect(s.read(BASE, 1)).toEqual(new Uint8Array([7]));
    expect(reads).toEqual([PAGE, PAGE]);
  });

  it("a cut area keeps its place in the file", () => {
    const { space: s } = space();
    const source = { name: "f", read: (offset: number) => new Uint8Array([offset / PAGE]) };
    s.map(area(BASE, 5, { source, offset: 10 * PAGE }));
    s.unmap(BASE + PAGE, PAGE);
    expect(s.read(BASE + 3 * PAGE, 1)).toEqual(new Uint8Array([13]));
  });

  it("move takes pages along, and leaves nothing behind", () => {
    const { space: s, vcpu } = space();
    s.map(area(BASE, 3));
    s.write(BASE + PAGE, new Uint8Array([1, 2, 3]));
    const frame = vcpu.physical(BigInt(BASE + PAGE));
    expect(s.move(BASE, 3 * PAGE, BASE + 100 * PAGE, 5 * PAGE)).toBe(true);
    expect(vcpu.physical(BigInt(BASE + 101 * PAGE))).toBe(frame);
    expect(vcpu.entry(BigInt(BASE + PAGE))).toBe(0n);
    expect(listed(s)).toEqual(["100-105:3"]);
    expect(s.read(BASE + 101 * PAGE, 3)).toEqual(new Uint8Array([1, 2, 3]));
    expect(s.move(BASE + 104 * PAGE, 2 * PAGE, BASE, PAGE)).toBe(false);
  });

  it("the pool's end is no-memory; freed frames come back zeroed", () => {
    const { space: s } = space(8);
    s.map(area(BASE, 100));
    let touched = 0;
    while (s.fault(BASE + touched * PAGE, true, false) === "ok") touched++;
    expect(touched).toBe(8 - 4);
    expect(s.freeBytes).toBe(0);
    expect(s.write(BASE + touched * PAGE, new Uint8Array(1))).toBe(false);
    s.write(BASE, new Uint8Array([1]));
    s.unmap(BASE, PAGE);
    expect(s.freeBytes).toBe(PAGE);
    s.map(area(BASE, 1));
    expect(s.read(BASE, 1)).toEqual(new Uint8Array([0]));
    expect(s.residentBytes).toBe(4 * PAGE);
  });

  it("no frame for a table is no-memory too, and loses no frame", () => {
    const { space: s } = space(5);
    s.map(area(BASE, 1));
    expect(s.fault(BASE, true, false)).toBe("ok");
    const far = BASE + 2 ** 31;
    s.map(area(far, 1));
    // One frame is left; a page in another 2 MiB needs two.
    for (let i = 0; i < 3; i++) expect(s.fault(far, true, false)).toBe("no-memory");
    // A page that moved there faults for ever unless that says no-memory as well.
    s.unmap(far, PAGE);
    s.move(BASE, PAGE, far + 2 ** 31, PAGE);
    expect(s.fault(far + 2 ** 31, true, false)).toBe("no-memory");
  });
});

describe("the host's accesses", () => {
  const { space: s } = space();
  s.map(area(BASE, 2));
  s.map(area(BASE + 2 * PAGE, 1, { prot: Prot.Read }));
  s.map(area(TOP - PAGE, 1));

  it.each([
    ["inside", BASE, 10, true],
    ["across pages", BASE + PAGE - 1, 2, true],
    ["into a hole", BASE + 3 * PAGE - 1, 2, false],
    ["nowhere", 0, 1, false],
    ["nothing, nowhere", 0, 0, true],
    ["negative address", -8, 8, false],
    ["negative length", BASE, -1, false],
    ["a length that no host could hold", BASE, 2 ** 62, false],
    ["over the top", TOP - 1, 2, false],
    ["2^63", 2 ** 63, 1, false],
  ])("read %s", (_, address, length, ok) => {
    expect(s.read(address, length) !== undefined).toBe(ok);
  });

  it("write needs Write", () => {
    expect(s.write(BASE, new Uint8Array(2 * PAGE))).toBe(true);
    expect(s.write(BASE + 2 * PAGE, new Uint8Array(1))).toBe(false);
    expect(s.read(BASE + 2 * PAGE, 1)).toBeDefined();
  });

  it("readString stops at zero, at the maximum and at the end of memory", () => {
    s.write(BASE + PAGE - 3, new TextEncoder().encode("äbcd\0"));
    expect(s.readString(BASE + PAGE - 3)).toBe("äbcd");
    s.write(BASE, new Uint8Array(2 * PAGE).fill(0x41));
    expect(s.readString(BASE)).toBe(undefined);
    expect(s.readString(BASE, 3)).toBe(undefined);
    s.write(TOP - 2, new Uint8Array([0x41, 0x41]));
    expect(s.readString(TOP - 2)).toBe(undefined);
  });

  it("readU64", () => {
    s.write(BASE, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 0x88]));
    expect(s.readU64(BASE)).toBe(0x8807_0605_0403_0201n);
    expect(s.readU64(BASE + 3 * PAGE - 7)).toBe(undefined);
  });
});
