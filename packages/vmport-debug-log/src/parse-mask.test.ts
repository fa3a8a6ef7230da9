import { describe, expect, it } from "vitest";
import { ALL_CLASSES, LogMask, logClasses, maskToNames, parseVmportDebug } from "./index.ts";

const mask = (text: string | number) => {
  const result = parseVmportDebug(text);
  return result.ok ? result.mask : result.error.code;
};

describe("[vmport-debug-log] vmport_debug=", () => {
  it.each([
    ["all", 0xff],
    ["none", 0],
    ["trace", 1],
    ["error", 2],
    ["after", 4],
    ["VMware_After", 4],
    ["trace,error", 3],
    [" trace , error ", 3],
    ["all,-trace", 0xfe],
    ["-trace", 0],
    ["gp-not-vmware", 8],
    ["skip_send", 32],
    ["sweep,ping", 64],
    ["0x7", 7],
    ["7", 7],
    ["07", 7],
    ["0", 0],
    ["0x10,trace", 0x11],
    [7, 7],
    [0, 0],
  ])("%j is 0x%s", (text, expected) => {
    expect(mask(text)).toBe(expected);
  });

  it.each([
    ["", "empty"],
    [",", "empty"],
    ["trase", "unknown-class"],
    ["trace,", "unknown-class"],
    ["0x", "bad-number"],
    ["08", "bad-number"],
    ["7up", "bad-number"],
    ["0x100", "unknown-bits"],
    ["256", "unknown-bits"],
    [-1, "bad-number"],
    [1.5, "bad-number"],
    [256, "unknown-bits"],
  ])("%j is refused: %s", (text, code) => {
    expect(mask(text)).toBe(code);
  });

  it("a refusal names the part and what is allowed", () => {
    const result = parseVmportDebug("trace,trase");
    expect(result).toEqual({
      ok: false,
      error: {
        code: "unknown-class",
        part: "trase",
        allowed: ["all", "none", "trace", "error", "after", "gp", "recv", "send", "channel", "rpc"],
        message:
          'vmport_debug: no class "trase"; use all, none, trace, error, after, gp, recv, send, channel or rpc, or a number',
      },
    });
  });

  it("masks go back to names", () => {
    expect(maskToNames(0)).toEqual([]);
    expect(maskToNames(0x81)).toEqual(["trace", "rpc"]);
    for (const { name, bit } of logClasses) {
      expect(mask(name)).toBe(1 << bit);
      expect(LogMask[name]).toBe(1 << bit);
    }
    expect(logClasses.reduce((sum, row) => sum | (1 << row.bit), 0)).toBe(ALL_CLASSES);
  });
});
