import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] ENTER", () => {
  it("enter 0x20, 0", () => {
    expect(liftText("c8 20 00 00")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = get.64 rbp
      v2 = ea.64 v0 - 0x8
      store.64 ss:v2 v1
      v4 = ea.64 v0 - 0x28
      probe ss:v4 8 write
      set.64 rbp v2
      set.64 rsp v4
      next"
    `);
  });
  it("enter 8, 2", () => {
    expect(liftText("c8 08 00 02", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 sp
      v1 = get.16 bp
      v2 = ea.16 v0 - 0x2
      v3 = trunc.16 v2
      store.16 ss:v2 v1
      v5 = get.16 bp
      v6 = ea.16 v0 - 0x4
      v7 = ea.16 v5 - 0x2
      v8 = load.16 ss:v7
      store.16 ss:v6 v8
      v10 = ea.16 v0 - 0x6
      store.16 ss:v10 v3
      v12 = ea.16 v0 - 0xe
      probe ss:v12 2 write
      set.16 bp v3
      v15 = trunc.16 v12
      set.16 sp v15
      next"
    `);
  });
});
