import { describe, expect, it } from "vitest";
import { type CaseResult, formatResults, parseResults } from "./results.ts";

const results: readonly CaseResult[] = [
  { id: "a.ring0", verdict: "pass", detail: "" },
  { id: "b.ring3", verdict: "fail", detail: "step 1 fault 0d want none" },
  { id: "c.ring0", verdict: "skip", detail: "" },
];

describe("[vmport-conformance] results", () => {
  it("are TAP, and read back as they were", () => {
    const text = formatResults(results);
    expect(text).toBe(
      "TAP version 14\n1..3\nok 1 - a.ring0\nnot ok 2 - b.ring3 # step 1 fault 0d want none\nok 3 - c.ring0 # SKIP host cannot do it\n# done\n",
    );
    expect(parseResults(text)).toEqual({ results, complete: true });
  });

  it("firmware's text, carriage returns and a prompt before a line do no harm", () => {
    const text = `SeaBIOS (version 1.16)\r\n\r\nBooting...${formatResults(results).replaceAll("\n", "\r\n")}\r\n> `;
    expect(parseResults(text)).toEqual({ results, complete: true });
  });

  it("a guest that stopped half-way is not complete", () => {
    const text = formatResults(results);
    expect(parseResults(text.slice(0, text.indexOf("ok 3"))).complete).toBe(false);
    expect(parseResults("")).toEqual({ results: [], complete: false });
  });

  it("a lost line is an error", () => {
    const text = formatResults(results)
      .split("\n")
      .filter((line) => !line.startsWith("not ok 2"))
      .join("\n");
    expect(() => parseResults(text)).toThrow("result 3 (c.ring0) follows result 1: a line is missing");
  });
});
