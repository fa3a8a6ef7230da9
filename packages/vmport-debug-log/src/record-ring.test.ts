import { describe, expect, it } from "vitest";
import { type AccessEntry, createAccessEntry, createDebugLog, type LogRecord } from "./index.ts";

const entryAt = (atNs: bigint, command: number): AccessEntry =>
  Object.assign(createAccessEntry(), {
    class: "after",
    atNs,
    domainId: 7,
    vcpuId: 3,
    direction: "out",
    port: 0x5659,
    size: 1,
    rip: 0xffff_ffff_8100_0000n,
    cpl: 3,
    command,
    commandName: "GETVERSION",
    eax: 0xffff_ffff,
    ebx: 0x8000_0000,
    ecx: 1,
    edx: 2,
    esi: 3,
    edi: 0xfedc_ba98,
  } satisfies Partial<AccessEntry>);

const recordAt = (atNs: bigint, command: number): LogRecord => ({
  kind: "access",
  class: "after",
  atNs,
  domainId: 7,
  vcpuId: 3,
  reason: undefined,
  direction: "out",
  port: 0x5659,
  size: 1,
  rip: 0xffff_ffff_8100_0000n,
  cpl: 3,
  command,
  commandName: "GETVERSION",
  registers: { eax: 0xffff_ffff, ebx: 0x8000_0000, ecx: 1, edx: 2, esi: 3, edi: 0xfedc_ba98 },
});

const channel = (atNs: bigint): LogRecord => ({
  kind: "channel",
  class: "channel",
  atNs,
  domainId: 0,
  vcpuId: 0,
  channel: 0,
  event: "open",
  detail: "",
});

describe("[vmport-debug-log] accesses in the ring", () => {
  it("come back whole, unsigned, in order with other records", () => {
    const log = createDebugLog({ mask: 0xff });
    log.writeAccess(entryAt(1n, 10));
    log.write(channel(2n));
    log.writeAccess(entryAt(3n, 45));
    expect(log.records()).toEqual([recordAt(1n, 10), channel(2n), recordAt(3n, 45)]);
  });

  it("the entry may be used again: the log has copied it", () => {
    const log = createDebugLog();
    const entry = entryAt(1n, 10);
    log.writeAccess(entry);
    entry.eax = 0;
    entry.commandName = undefined;
    expect(log.records()).toEqual([recordAt(1n, 10)]);
  });

  it("each reason and class survives", () => {
    const log = createDebugLog();
    const kinds = [
      ["trace", undefined],
      ["after", undefined],
      ["error", "not-vmware"],
      ["error", "unknown-command"],
    ] as const;
    for (const [logClass, reason] of kinds) log.writeAccess({ ...entryAt(0n, 1), class: logClass, reason });
    expect(log.records().map((record) => [record.class, (record as { reason?: string }).reason])).toEqual(kinds);
  });

  it("old ones are overwritten and counted, whichever kind takes their place", () => {
    const log = createDebugLog({ ringCapacity: 2 });
    log.writeAccess(entryAt(1n, 1));
    log.writeAccess(entryAt(2n, 2));
    log.write(channel(3n));
    log.writeAccess(entryAt(4n, 4));
    log.write(channel(5n));
    expect(log.records()).toEqual([recordAt(4n, 4), channel(5n)]);
    expect(log.lost).toBe(3);
    log.clear();
    expect(log.records()).toEqual([]);
  });

  it("a sink or a redactor gets records of its own", () => {
    const seen: LogRecord[] = [];
    const log = createDebugLog({
      sinks: [(record) => seen.push(record)],
      redact: (record) => ({ ...record, vcpuId: 9 }),
    });
    const entry = entryAt(1n, 10);
    log.writeAccess(entry);
    entry.eax = 0;
    expect(seen).toEqual([{ ...recordAt(1n, 10), vcpuId: 9 }]);
    expect(log.records()).toEqual(seen);
  });

  it("the rate limit counts accesses too", () => {
    const log = createDebugLog({ rateLimit: { records: 1, intervalNs: 10n } });
    for (const at of [0n, 1n, 10n]) log.writeAccess(entryAt(at, 1));
    expect([log.records().length, log.suppressed]).toEqual([2, 1]);
  });
});
