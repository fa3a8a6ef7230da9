import { describe, expect, it } from "vitest";
import { generateInterpreter } from "./interpreter.ts";
import { hotOpCount, recordOps } from "./ops/index.ts";

/** Above this V8 11 changes to its cheap register allocator and a fifth of the speed is lost (measured). */
const LIMIT = 36 * 1024;
const WARNING = 30 * 1024;

describe("[x86-vcpu] interpreter module", () => {
  const module = generateInterpreter({ state: 0x1000, control: 0x9000 });

  it("is valid WebAssembly", () => {
    expect(WebAssembly.validate(module.bytes)).toBe(true);
  });

  it("keeps its main function small", () => {
    if (module.mainBytes > WARNING) console.warn(`main function: ${module.mainBytes} of ${LIMIT} bytes`);
    expect(module.mainBytes).toBeLessThan(LIMIT);
  });

  it("numbers hot ops first and knows a variant for each dead one", () => {
    expect(recordOps.slice(0, hotOpCount).every((op) => op.hot)).toBe(true);
    expect(recordOps.slice(hotOpCount).some((op) => op.hot)).toBe(false);
    const names = new Set(recordOps.map((op) => op.name));
    for (const { dead } of recordOps) if (dead !== undefined && dead !== "") expect(names).toContain(dead);
  });
});
