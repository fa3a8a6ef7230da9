import { describe, expect, it } from "vitest";
import { call, define, header } from "./author.ts";
import { createMatrix, formatMatrix, surprises } from "./matrix.ts";

const cases = [
  ...define({ id: "x", title: "x", steps: [call(1)], source: header("-"), rings: [0] }),
  ...define({ id: "y", title: "y", steps: [call(2)], source: header("-"), rings: [0], passes: ["vmware", "qemu"] }),
];
const result = (id: string, verdict: "pass" | "fail" | "skip") => ({ id, verdict, detail: "" });
const matrix = createMatrix(
  [
    { title: "ours", expects: "vmware", results: [result("x.ring0", "pass"), result("y.ring0", "pass")] },
    { title: "QEMU", expects: "qemu", results: [result("x.ring0", "pass"), result("y.ring0", "fail")] },
    { title: "new", results: [result("x.ring0", "skip")] },
  ],
  cases,
);

describe("[vmport-conformance] matrix", () => {
  it("a row per case, a column per host; what the sources do not say is marked", () => {
    expect(formatMatrix(matrix)).toBe(
      [
        "| case | ours | QEMU | new |",
        "|---|:-:|:-:|:-:|",
        "| x.ring0 | ✓ | ✓! | – |",
        "| y.ring0 | ✓ | ·! | ? |",
        "| **contract: passed of asked** | 2/2 | 1/2 | 0/0 |",
        "| **quirk: passed of asked** | 0/0 | 0/0 | 0/0 |",
      ].join("\n"),
    );
  });

  it("surprises name column and case", () => {
    expect(surprises(matrix).map(({ column, id, cell }) => [column, id, cell.verdict])).toEqual([
      ["QEMU", "x.ring0", "pass"],
      ["QEMU", "y.ring0", "fail"],
    ]);
  });
});
