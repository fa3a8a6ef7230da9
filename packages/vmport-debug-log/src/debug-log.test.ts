import { describe, expect, it } from "vitest";
import { after, recv, rpc, send, trace } from "../test/samples.ts";
import { createDebugLog, createRedactor, isSensitiveKey, type LogRecord, toConsoleLine } from "./index.ts";

describe("[vmport-debug-log] log", () => {
  it("is off by default and keeps the latest records", () => {
    const log = createDebugLog({ ringCapacity: 2 });
    expect(log.mask).toBe(0);
    for (const record of [trace, after, rpc]) log.write(record);
    expect(log.records()).toEqual([after, rpc]);
    expect(log.lost).toBe(1);
    log.clear();
    expect([log.records(), log.lost]).toEqual([[], 0]);
  });

  it("hands every record to its sinks, which come and go", () => {
    const first: LogRecord[] = [];
    const second: LogRecord[] = [];
    const log = createDebugLog({ sinks: [(record) => first.push(record)], ringCapacity: 0 });
    const end = log.addSink((record) => second.push(record));
    log.write(trace);
    end();
    log.write(after);
    expect(first).toEqual([trace, after]);
    expect(second).toEqual([trace]);
    expect(log.records()).toEqual([]);
  });

  it("a rate limit counts what it holds back, by virtual time", () => {
    const log = createDebugLog({ rateLimit: { records: 2, intervalNs: 1000n } });
    for (const atNs of [0n, 1n, 2n, 999n, 1000n, 1001n, 1002n, 5000n]) log.write({ ...trace, atNs });
    expect(log.records().map((record) => record.atNs)).toEqual([0n, 1n, 1000n, 1001n, 5000n]);
    expect(log.suppressed).toBe(3);
  });

  it("refuses a ring of no size", () => {
    expect(() => createDebugLog({ ringCapacity: -1 })).toThrow("at least 1, got -1");
  });
});

describe("[vmport-debug-log] redaction", () => {
  const shown = (...records: LogRecord[]) => {
    const log = createDebugLog({ redact: createRedactor() });
    for (const record of records) log.write(record);
    return log.records().map((record) => toConsoleLine(record).replace(/^.*> VMware /, ""));
  };
  const message = (kind: "send" | "recv", text: string, channel = 3): LogRecord => ({
    atNs: 0n,
    domainId: 1,
    vcpuId: 0,
    kind: "message",
    class: kind,
    protocol: "RPCI",
    channel,
    bytes: new TextEncoder().encode(text),
  });

  it("hides the answer to a sensitive question, and only that", () => {
    expect(shown(send, recv, message("send", "info-get guestinfo.hostname"), message("recv", "1 web"))).toEqual([
      'send ch=3 RPCI len=27 "info-get guestinfo.userdata"',
      'recv ch=3 RPCI len=11 "<14 hidden>"',
      'send ch=3 RPCI len=27 "info-get guestinfo.hostname"',
      'recv ch=3 RPCI len=5 "1 web"',
    ]);
  });

  it("does not mix channels up", () => {
    expect(
      shown(
        message("send", "info-get guestinfo.userdata", 1),
        message("recv", "1 other", 2),
        message("recv", "1 x", 1),
      ).slice(1),
    ).toEqual(['recv ch=2 RPCI len=7 "1 other"', 'recv ch=1 RPCI len=10 "<3 hidden>"']);
  });

  it("hides what is set", () => {
    expect(shown(message("send", "info-set guestinfo.db-password hunter2"))).toEqual([
      'send ch=3 RPCI len=41 "info-set guestinfo.db-password <7 hidden>"',
    ]);
  });

  it("hides calls", () => {
    expect(shown(rpc, { ...rpc, argument: "guestinfo.hostname", reply: "web" } as LogRecord)).toEqual([
      'rpc ch=3 info-get "guestinfo.userdata" -> 1 "<6 hidden>"',
      'rpc ch=3 info-get "guestinfo.hostname" -> 1 "web"',
    ]);
    expect(
      shown({ ...rpc, verb: "info-set", argument: "guestinfo.userdata top secret", reply: "" } as LogRecord),
    ).toEqual(['rpc ch=3 info-set "guestinfo.userdata <10 hidden>" -> 1 ""']);
  });

  it("hides payload that passes through EBX, and no other command's", () => {
    const step = (type: number) => ({
      ...trace,
      command: 30,
      registers: { ...trace.registers, ebx: 0x6574_7865, ecx: type * 0x1_0000 + 30 },
    });
    const redact = createRedactor();
    const ebx = (record: LogRecord) => (redact(record) as typeof trace).registers.ebx;
    expect([1, 2, 3, 4].map((type) => ebx(step(type)))).toEqual([0x6574_7865, 0, 0x6574_7865, 0]);
    expect(ebx({ ...step(1), class: "after" })).toBe(0);
    expect(ebx(trace)).toBe(0xffff_ffff);
  });

  it.each([
    ["userdata", true],
    ["ovfEnv", true],
    ["ignition.config.data", true],
    ["ignition.config.data.encoding", true],
    ["DB_PASSWORD", true],
    ["api.token", true],
    ["hostname", false],
    ["ip", false],
  ])("%s: %s", (key, expected) => {
    expect(isSensitiveKey(key)).toBe(expected);
  });
});
