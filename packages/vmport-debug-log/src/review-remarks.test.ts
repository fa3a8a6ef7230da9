/** Remarks from the review of the Xen series on logging and tracing, each as a test named after it. The whole list: `vmport-backdoor/REVIEW.md`. */
import { describe, expect, it } from "vitest";
import { after, gp, notVmware, send, trace, unknown } from "../test/samples.ts";
import { createDebugLog, decodeXentrace, encodeXentrace, logClasses, toConsoleLine } from "./index.ts";

const samples = [trace, unknown, after, notVmware, gp, send];

describe("[vmport-debug-log] review remarks", () => {
  it("9 (George, Jan): nothing is logged unless asked for, and the classes are few", () => {
    expect(createDebugLog().mask).toBe(0);
    expect(logClasses.length).toBeLessThanOrEqual(8);
  });

  it("12 (Boris): bytes are written in one base, decimal, everywhere", () => {
    for (const record of [trace, unknown]) expect(toConsoleLine({ ...record, size: 4 })).toContain(" bytes=4 ");
  });

  it("21 (George): an access that is ignored is traced by port and EAX alone", () => {
    const decoded = decodeXentrace(encodeXentrace([notVmware]));
    if (!decoded.ok) throw new Error(decoded.message);
    expect(decoded.records.map(({ name, words }) => [name, words])).toEqual([["VMPORT_IGNORED", [0x5658, 0x1234]]]);
  });

  it("21 (Andrew): no record needs more than the seven words of a trace record", () => {
    const decoded = decodeXentrace(encodeXentrace(samples));
    if (!decoded.ok) throw new Error(decoded.message);
    for (const { words } of decoded.records) expect(words.length).toBeLessThanOrEqual(7);
  });
});
