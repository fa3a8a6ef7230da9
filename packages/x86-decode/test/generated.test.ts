import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { generate } from "../scripts/generate.ts";

describe("[x86-decode] generated files", () => {
  for (const [file, text] of generate())
    test(`${file} is what the rows give`, () => {
      expect(readFileSync(new URL(`../${file}`, import.meta.url), "utf8") === text).toBe(true);
    });
});
