/** SDM vol. 3, table 7-4 (classes) and table 7-5 (what a second exception makes of a first). */
import { expect, test } from "vitest";
import { escalate } from "./escalate.ts";

const BENIGN = [1, 2, 3, 4, 5, 6, 7, 9, 16, 17, 18, 19, 20];
const CONTRIBUTORY = [0, 10, 11, 12, 13, 21];
const PAGE_FAULT = 14;
const DOUBLE_FAULT = 8;
/** Interrupts and INT n, while they are delivered. */
const INTERRUPT = -1;

test.each([
  ["benign", [...BENIGN, INTERRUPT], [...BENIGN, ...CONTRIBUTORY, PAGE_FAULT], "deliver second"],
  ["contributory, then benign", CONTRIBUTORY, BENIGN, "deliver second"],
  ["contributory, then contributory", CONTRIBUTORY, CONTRIBUTORY, "double fault"],
  ["contributory, then page fault", CONTRIBUTORY, [PAGE_FAULT], "deliver second"],
  ["page fault, then benign", [PAGE_FAULT], BENIGN, "deliver second"],
  ["page fault, then contributory", [PAGE_FAULT], CONTRIBUTORY, "double fault"],
  ["page fault, then page fault", [PAGE_FAULT], [PAGE_FAULT], "double fault"],
  ["double fault, then contributory or page fault", [DOUBLE_FAULT], [...CONTRIBUTORY, PAGE_FAULT], "triple fault"],
  ["double fault, then benign", [DOUBLE_FAULT], BENIGN, "deliver second"],
] as const)("[x86-vcpu] %s", (_name, first, second, outcome) => {
  for (const a of first) for (const b of second) expect(escalate(a, b), `${a}, then ${b}`).toBe(outcome);
});
