import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const packages = ["vmport-backdoor", "vmport-debug-log", "hvm-domain", "hvm-machine"];
/** Titles of the tests in a package's review-remarks.test.ts. */
const testsOf = (name: string): readonly string[] => {
  const text = readFileSync(new URL(`../../${name}/src/review-remarks.test.ts`, import.meta.url), "utf8");
  return [...text.matchAll(/^ {2}it\("((?:[^"\\]|\\.)*)"/gm)].map(([, title]) => title as string);
};
const rows = readFileSync(new URL("../REVIEW.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

describe("[vmport-backdoor] REVIEW.md", () => {
  it("has every remark from 1 to 27", () => {
    const numbers = new Set(rows.map(([number]) => Number(number)));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
  });

  it("names tests that exist, and forgets none", () => {
    const listed = rows.flatMap(([, , , name = "", test = ""]) => (name === "-" ? [] : [`${name} ${test}`])).sort();
    const found = packages.flatMap((name) => testsOf(name).map((title) => `\`${name}\` ${title}`)).sort();
    expect(listed).toEqual(found);
  });

  it("a test's title begins with the number of its row", () => {
    for (const [number, , , name, test = ""] of rows)
      if (name !== "-") expect(test.startsWith(`${number} (`), test).toBe(true);
  });
});
