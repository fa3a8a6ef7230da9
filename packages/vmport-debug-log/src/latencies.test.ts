import { describe, expect, it } from "vitest";
import { histogram, type LogRecord, latencies } from "./index.ts";

const base = { domainId: 0, vcpuId: 0 };
const registers = { eax: 0, ebx: 0, ecx: 0, edx: 0, esi: 0, edi: 0 };
const access = (atNs: bigint, commandName: string, logClass: "trace" | "after", vcpuId = 0): LogRecord => ({
  ...base,
  vcpuId,
  kind: "access",
  class: logClass,
  atNs,
  direction: "in",
  port: 0x5658,
  size: 4,
  rip: 0n,
  cpl: 3,
  command: 1,
  commandName,
  registers,
});
const message = (atNs: bigint, logClass: "send" | "recv", channel = 0): LogRecord => ({
  ...base,
  kind: "message",
  class: logClass,
  atNs,
  channel,
  protocol: "RPCI",
  bytes: new Uint8Array(0),
});
const rpc = (atNs: bigint, verb: string, channel = 0): LogRecord => ({
  ...base,
  kind: "rpc",
  class: "rpc",
  atNs,
  channel,
  verb,
  argument: "",
  ok: true,
  reply: "",
});

describe("[vmport-debug-log] latencies", () => {
  it("from call to call of one vcpu, each access counted once", () => {
    const records = [
      access(0n, "GETVERSION", "trace"),
      access(0n, "GETVERSION", "after"),
      access(40n, "GETMHZ", "trace", 1),
      access(100n, "GETMHZ", "trace"),
      access(100n, "GETMHZ", "after"),
      access(130n, "GETMHZ", "trace"),
    ];
    expect([...latencies(records).betweenCalls]).toEqual([["GETMHZ", [100, 30]]]);
    expect([...latencies(records, 2e9).betweenCalls], "twice as fast a machine").toEqual([["GETMHZ", [200, 60]]]);
  });

  it("from request to receipt, by verb and channel; a request without receipt has none", () => {
    const records = [
      message(10n, "send"),
      rpc(10n, "info-get"),
      message(15n, "send", 1),
      rpc(15n, "log", 1),
      message(60n, "recv"),
      message(70n, "send"),
      rpc(70n, "info-get"),
    ];
    expect([...latencies(records).roundTrips]).toEqual([["info-get", [50]]]);
  });
});

describe("[vmport-debug-log] histogram", () => {
  it("counts by powers of two", () => {
    expect(histogram([0, 1, 2, 3, 4, 1000])).toEqual([
      { from: 0, to: 1, count: 1 },
      { from: 1, to: 2, count: 1 },
      { from: 2, to: 4, count: 2 },
      { from: 4, to: 8, count: 1 },
      ...[8, 16, 32, 64, 128, 256].map((from) => ({ from, to: from * 2, count: 0 })),
      { from: 512, to: 1024, count: 1 },
    ]);
    expect(histogram([100])).toEqual([{ from: 64, to: 128, count: 1 }]);
    expect(histogram([])).toEqual([]);
  });
});
