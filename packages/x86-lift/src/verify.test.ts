import { describe, expect, it } from "vitest";
import { Instruction } from "x86-decode";
import { Builder, FlagsKind, liftMode, Segment, type Val, Vector, verifyIr } from "./index.ts";

/** What the verifier says of rows that `write` makes. */
function problems(write: (b: Builder) => void): string[] {
  const b = new Builder();
  b.start(new Instruction(), liftMode(64));
  write(b);
  return verifyIr(b.fragment);
}

describe("[x86-lift] verifyIr", () => {
  it("accepts a load, an addition with flags and a store", () => {
    const good = (b: Builder) => {
      const address = b.get(64, 0);
      const x = b.load(32, Segment.DS, address);
      const sum = b.add(x, b.const(32, 1));
      b.store(Segment.DS, address, sum);
      b.flags(FlagsKind.Inc, 32, x, b.const(32, 1), sum);
      b.next();
    };
    expect(problems(good)).toEqual([]);
  });

  it.each<[what: string, write: (b: Builder) => void, problem: string]>([
    ["no rows", () => {}, "the fragment is empty"],
    ["no terminator", (b) => b.get(64, 0), "the last row is no terminator"],
    ["two terminators", (b) => [b.next(), b.next()], "rows follow the terminator"],
    [
      "operands of two widths",
      (b) => [b.add(b.get(32, 0), b.get(16, 0)), b.next()],
      "operand b has 16 bits, expected W",
    ],
    [
      "comparison of two widths",
      (b) => [b.compare("eq", b.get(32, 0), b.get(16, 0)), b.next()],
      "operand b has 16 bits",
    ],
    [
      "a wide shift count",
      (b) => [b.shift("shl", b.get(32, 0), b.get(32, 1)), b.next()],
      "operand b has 32 bits, expected 8",
    ],
    [
      "an address of 32 bits",
      (b) => [b.load(8, Segment.DS, b.get(32, 0)), b.next()],
      "operand a has 32 bits, expected 64",
    ],
    ["an extension to less", (b) => [b.zext(16, b.get(32, 0)), b.next()], "operand a has 32 bits, expected narrower"],
    ["a value from nowhere", (b) => [b.set(0, 7 as Val), b.next()], "operand a is not the value of an earlier row"],
    [
      "the value of a row that has none",
      (b) => [b.setFlag(0, b.const(1, 1)), b.set(0, 1 as Val), b.next()],
      "not the value",
    ],
    ["register 16 of 64 bits", (b) => [b.get(64, 16), b.next()], "x = 16 is beyond 15"],
    ["a division of bytes", (b) => [b.bin("divU", b.get(8, 0), b.get(8, 1)), b.next()], "width 8 is not one of 32 64"],
    ["a helper's operand of the wrong width", (b) => [b.helper("loadSegment", b.get(32, 0)), b.next()], "expected 16"],
    [
      "a store after a register has changed",
      (b) => [b.set(0, b.get(64, 1)), b.store(0, b.get(64, 0), b.get(8, 0)), b.next()],
      "it can fault, but row 1",
    ],
    [
      "an exception after a flag has changed",
      (b) => [b.setFlag(0, b.const(1, 1)), b.raiseIf(b.const(1, 1), Vector.DE), b.next()],
      "it can fault",
    ],
  ])("refuses %s", (_, write, problem) => {
    expect(problems(write).join("\n")).toContain(problem);
  });

  it("lets a helper that cannot fault follow a change", () => {
    expect(problems((b) => [b.set(0, b.get(64, 1)), b.helper("random"), b.next()])).toEqual([]);
  });
});
