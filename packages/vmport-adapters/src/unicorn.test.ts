/** The callbacks in the shape of Unicorn's header. Against the real engine: vmport-conformance/scripts/check-unicorn.mjs. */

import { describe, expect, it } from "vitest";
import { createBackdoor, createHost } from "vmport-backdoor";
import { createGuestrpc } from "vmport-guestrpc";
import { createUnicornHooks } from "./unicorn.ts";

const MAGIC = 0x564d_5868;

function hooks(values: readonly number[], ring: 0 | 3 = 0) {
  const file = Uint32Array.from({ length: 8 }, (_, i) => values[i] ?? 0);
  const registers = {
    read: (index: number) => file[index] ?? 0,
    write: (index: number, value: number) => void (file[index] = value),
  };
  const backdoor = createBackdoor({ host: createHost(), message: createGuestrpc({}) });
  return { file, ...createUnicornHooks(registers, backdoor, ring) };
}

describe("[vmport-adapters] Unicorn's hooks", () => {
  it("IN answers the datum of its width and writes the other registers", () => {
    const { file, hookIn } = hooks([MAGIC, 10, 0x5658, 0]);
    expect(hookIn(undefined, 0x5658, 4)).toBe(6);
    expect([file[1], file[3]]).toEqual([2, MAGIC]);
    file.set([MAGIC, 0xfff, 0x5658]);
    expect(hookIn(undefined, 0x5658, 1)).toBe(0xff);
    file.set([MAGIC, 0xfff, 0x5658]);
    expect(hookIn(undefined, 0x5658, 2)).toBe(0xffff);
  });

  it("OUT runs the command and leaves EAX", () => {
    const { file, hookOut } = hooks([MAGIC, 10, 0x5658, 0]);
    hookOut(undefined, 0x5658, 4, MAGIC);
    expect([file[0], file[3]]).toEqual([MAGIC, MAGIC]);
  });

  it("ports that are somebody else's", () => {
    const { owns, hookIn } = hooks([MAGIC, 10, 0x3f8, 7]);
    expect([0x3f8, 0x5657, 0x5658, 0x565b, 0x5670].map(owns)).toEqual([false, false, true, true, true]);
    expect([1, 2, 4].map((size) => hookIn(undefined, 0x3f8, size))).toEqual([0xff, 0xffff, 0xffff_ffff]);
  });

  it("the ring is the caller's word: GETHZ belongs to ring 0", () => {
    expect(hooks([MAGIC, 45, 0x5658], 3).hookIn(undefined, 0x5658, 4)).toBe(0xffff_ffff);
    expect(hooks([MAGIC, 45, 0x5658], 0).hookIn(undefined, 0x5658, 4)).not.toBe(0xffff_ffff);
  });

  it("0x5659 by bytes is a transfer; anything wider is not", () => {
    const { file, hookIn, hookOut } = hooks([MAGIC, 1, 0x5659, 0x1_0000]);
    expect(hookIn(undefined, 0x5659, 2)).toBe(0xffff);
    expect(file[3]).toBe(0x1_0000);
    hookOut(undefined, 0x5659, 1, 0x41);
    // No channel is open: refused.
    expect(file[3]).toBe(0);
  });
});
