import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] INT, IRET", () => {
  it("int 0x80", () => {
    expect(liftText("cd 80")).toMatchInlineSnapshot(`
      "helper softwareInterrupt lo=0x80
      dispatch"
    `);
  });
  it("int3", () => {
    expect(liftText("cc")).toMatchInlineSnapshot(`
      "helper softwareInterrupt lo=0x3 hi=0x1
      dispatch"
    `);
  });
  it("into", () => {
    expect(liftText("ce", 32)).toMatchInlineSnapshot(`
      "helper softwareInterrupt lo=0x4 hi=0x2
      dispatch"
    `);
  });
  it("iretq", () => {
    expect(liftText("48 cf")).toMatchInlineSnapshot(`
      "helper interruptReturn lo=0x40
      dispatch"
    `);
  });
  it("iret", () => {
    expect(liftText("cf", 16)).toMatchInlineSnapshot(`
      "helper interruptReturn lo=0x10
      dispatch"
    `);
  });
});
