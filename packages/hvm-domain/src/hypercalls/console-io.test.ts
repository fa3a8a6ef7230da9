import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";

const CONSOLE_IO = 18;

// Expectations: xen/include/public/xen.h (CONSOLEIO_write 0, CONSOLEIO_read 1).
describe("[hypercalls] console_io", () => {
  it("write hands the bytes on", () => {
    const { call, view, console } = xenGuest();
    [..."hello\n"].forEach((char, i) => void view.setUint8(0x300 + i, char.charCodeAt(0)));
    expect(call(CONSOLE_IO, 0, 6, 0x300)).toBe(0);
    expect(String.fromCharCode(...console)).toBe("hello\n");
  });

  it("a read has nothing", () => {
    expect(xenGuest().call(CONSOLE_IO, 1, 16, 0x300)).toBe(0);
  });

  it("what is too long, or not there, is refused and nothing comes out", () => {
    const { call, vcpu, console } = xenGuest();
    expect(call(CONSOLE_IO, 0, 0x1_0001, 0)).toBe(-7);
    expect(call(CONSOLE_IO, 0, 0xffff_ffff, 0)).toBe(-7);
    vcpu.missing.add(1);
    expect(call(CONSOLE_IO, 0, 0x200, 0xf00)).toBe(-14);
    expect(console).toEqual([]);
  });
});
