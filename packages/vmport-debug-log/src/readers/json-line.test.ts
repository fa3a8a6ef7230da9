import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { after, channel, gp, notVmware, recv, rpc, send, trace, unknown } from "../../test/samples.ts";
import { escapeBytes, parseJsonLine, toJsonLine, unescapeBytes } from "../index.ts";

describe("[vmport-debug-log] reading JSON lines", () => {
  it.each(
    [trace, after, unknown, notVmware, gp, send, recv, channel, rpc].map((record) => [record.class, record] as const),
  )("a record of class %s comes back", (_class, record) => {
    expect(parseJsonLine(toJsonLine(record))).toEqual({ ok: true, record });
  });

  it.each([
    ["", "not JSON"],
    ["null", "not an object"],
    ["{}", "kind undefined; expected one of access, gp, message, channel, rpc"],
    ['{"kind":"toString"}', 'kind "toString"; expected one of access, gp, message, channel, rpc'],
    ['{"kind":"rpc"}', "field atNs of a record of kind rpc: missing"],
    ['{"kind":"rpc","atNs":"-1"}', 'field atNs of a record of kind rpc: "-1"'],
    [toJsonLine(trace).replace("0x401136", "401136"), 'field rip of a record of kind access: "401136"'],
    [toJsonLine(trace).replace('"trace"', '"tracing"'), 'field class of a record of kind access: "tracing"'],
    [
      toJsonLine(trace).replace('"edi":16', '"edi":"16"'),
      'field registers of a record of kind access: {"eax":1447909480,"ebx":4294967295,"ecx"',
    ],
  ])("%s is refused", (line, message) => {
    expect(parseJsonLine(line)).toEqual({ ok: false, message });
  });

  it("any bytes survive escaping, up to the cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        expect([...unescapeBytes(escapeBytes(bytes))]).toEqual([...bytes]);
      }),
    );
    expect(unescapeBytes(escapeBytes(new Uint8Array(300).fill(0x41)))).toHaveLength(256);
  });
});
