import { describe, expect, test } from "vitest";
import { TLB_BYTES, Tlb, TlbContext, TlbFlag } from "./tlb.ts";

const create = (): Tlb => new Tlb(new ArrayBuffer(TLB_BYTES + 64), 64);

describe("[x86-vcpu] TLB", () => {
  test("an entry serves its page and table only", () => {
    const tlb = create();
    const reads = tlb.readTable(TlbContext.User);
    tlb.install(reads, 0x1234_5678, 0x7fff, 0x9000, 0);
    expect(tlb.lookup(reads, 0x1234_5fff, 0x7fff)).toBe(0x9fff);
    expect(tlb.lookup(reads, 0x1234_6000, 0x7fff)).toBe(-1);
    expect(tlb.lookup(reads, 0x1234_5678, 0x7ffe)).toBe(-1);
    expect(tlb.lookup(tlb.readTable(TlbContext.Supervisor), 0x1234_5678, 0x7fff)).toBe(-1);
    expect(tlb.lookup(tlb.writeTable(TlbContext.User), 0x1234_5678, 0x7fff)).toBe(-1);
  });

  test("host offsets above 2 GiB stay positive", () => {
    const tlb = create();
    const table = tlb.readTable(TlbContext.Supervisor);
    tlb.install(table, 0x1000, 0, 0xf000_0000, 0);
    expect(tlb.lookup(table, 0x1abc, 0)).toBe(0xf000_0abc);
  });

  test("CR3 writes keep global entries, a full flush keeps none", () => {
    const tlb = create();
    const table = tlb.fetchTable(TlbContext.Supervisor);
    tlb.install(table, 0x1000, 0, 0x8000, TlbFlag.Global);
    tlb.install(table, 0x2000, 0, 0x9000, 0);
    tlb.flushNonGlobal();
    expect([tlb.lookup(table, 0x1000, 0), tlb.lookup(table, 0x2000, 0)]).toEqual([0x8000, -1]);
    tlb.flush();
    expect(tlb.lookup(table, 0x1000, 0)).toBe(-1);
  });

  test("flushing a page drops all of a large page, and nothing of others", () => {
    const tlb = create();
    const table = tlb.readTable(TlbContext.Supervisor);
    tlb.install(table, 0x20_0000, 0, 0x8000, TlbFlag.Large);
    tlb.install(table, 0x20_1000, 0, 0x9000, TlbFlag.Large);
    tlb.install(table, 0x5000, 0, 0xa000, 0);
    tlb.flushPage(0x20_1234, 0);
    expect([0x20_0000, 0x20_1000, 0x5000].map((low) => tlb.lookup(table, low, 0))).toEqual([-1, -1, 0xa000]);
  });

  test("what was installed again as global, or as local, is treated as what it is now", () => {
    const tlb = create();
    const table = tlb.readTable(TlbContext.Supervisor);
    tlb.install(table, 0x1000, 0, 0x8000, 0);
    tlb.install(table, 0x1000, 0, 0x8000, TlbFlag.Global);
    tlb.install(table, 0x2000, 0, 0x9000, TlbFlag.Global);
    tlb.install(table, 0x2000, 0, 0x9000, 0);
    tlb.flushNonGlobal();
    expect([0x1000, 0x2000].map((low) => tlb.lookup(table, low, 0))).toEqual([0x8000, -1]);
    tlb.install(table, 0x2000, 0, 0x9000, 0);
    tlb.flush();
    expect([0x1000, 0x2000].map((low) => tlb.lookup(table, low, 0))).toEqual([-1, -1]);
  });

  test.each([
    ["2 MiB", TlbFlag.Large, 0x20_0000, 0x3f_f000],
    ["4 MiB, asked for by its other half", TlbFlag.Large, 0x40_0000, 0x7f_f000],
    ["1 GiB", TlbFlag.Huge, 0x4000_0000, 0x7fff_f000],
  ])("an address flushes all of its %s page", (_name, flag, first, last) => {
    const tlb = create();
    const table = tlb.readTable(TlbContext.Supervisor);
    tlb.install(table, first, 0x7fff, 0x8000, flag);
    tlb.flushPage(last, 0x7ffe);
    expect(tlb.lookup(table, first, 0x7fff)).toBe(0x8000);
    tlb.flushPage(last, 0x7fff);
    expect(tlb.lookup(table, first, 0x7fff)).toBe(-1);
  });

  test("a page that becomes code has its write entries guarded", () => {
    const tlb = create();
    const writes = tlb.writeTable(TlbContext.User);
    const reads = tlb.readTable(TlbContext.User);
    for (const table of [reads, writes]) tlb.install(table, 0x4000, 0, 0x9000, 0);
    tlb.install(writes, 0x5000, 0, 0xa000, 0);
    tlb.guardWritesTo(9);
    expect([tlb.lookup(reads, 0x4000, 0), tlb.lookup(writes, 0x4000, 0)]).toEqual([0x9000, -1]);
    expect([tlb.lookupGuarded(writes, 0x4008, 0), tlb.lookup(writes, 0x5000, 0)]).toEqual([0x9008, 0xa000]);
    expect([tlb.unguard(writes, 0x4008, 0), tlb.unguard(writes, 0x4008, 0)]).toEqual([true, false]);
    expect(tlb.lookup(writes, 0x4000, 0)).toBe(0x9000);
    tlb.guardWritesTo(9);
    tlb.flushPage(0x4000, 0);
    expect(tlb.lookupGuarded(writes, 0x4000, 0)).toBe(-1);
  });

  test("a flushed slot can be filled again for ever", () => {
    const tlb = create();
    const table = tlb.readTable(TlbContext.Supervisor);
    for (let n = 0; n < 100_000; n++) {
      tlb.install(table, 0x1000, 0, 0x8000, 0);
      tlb.flushPage(0x1000, 0);
    }
    tlb.install(table, 0x1000, 0, 0x8000, 0);
    tlb.flush();
    expect(tlb.lookup(table, 0x1000, 0)).toBe(-1);
  });
});
