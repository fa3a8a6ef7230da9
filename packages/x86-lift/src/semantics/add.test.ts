import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] ADD", () => {
  it("add eax, ecx", () => {
    expect(liftText("01 c8")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 ecx
      v2 = add.32 v0 v1
      set.32 eax v2
      flags.32 add v0 v1 v2
      next"
    `);
  });
  it("add byte [rbx+rcx*4+0x10], 0x80", () => {
    expect(liftText("80 44 8b 10 80")).toMatchInlineSnapshot(`
      "v0 = get.64 rbx
      v1 = get.64 rcx
      v2 = ea.64 v0 + v1*4 + 0x10
      v3 = load.8 ds:v2 write
      v4 = const.8 0x80
      v5 = add.8 v3 v4
      store.8 ds:v2 v5
      flags.8 add v3 v4 v5
      next"
    `);
  });
  it("add ax, [si]", () => {
    expect(liftText("03 04", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = get.16 si
      v2 = ea.16 v1
      v3 = load.16 ds:v2
      v4 = add.16 v0 v3
      set.16 ax v4
      flags.16 add v0 v3 v4
      next"
    `);
  });

  it.each([["lock add ebx, eax has no memory to lock", "f0 01 c3", 64, "raise #UD"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
