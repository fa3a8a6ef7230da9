import { describe, expect, it } from "vitest";
import { after, channel, gp, notVmware, recv, rpc, send, trace, unknown } from "../test/samples.ts";
import { type LogRecord, summarize } from "./index.ts";

const lines = (records: readonly LogRecord[]) =>
  summarize(records).map(
    ({ group, name, count, failed, totalNs, longestNs }) =>
      `${group} ${name}: ${count}, ${failed} failed, ${totalNs} ns, longest ${longestNs}`,
  );

describe("[vmport-debug-log] summary", () => {
  it("counts by command, outcome, verb, message and channel event", () => {
    const failed: LogRecord = { ...gp, outcome: "bad-opcode" } as LogRecord;
    expect(
      lines([
        trace,
        after,
        trace,
        { ...after, atNs: 1_009n },
        notVmware,
        gp,
        failed,
        failed,
        rpc,
        { ...rpc, ok: false } as LogRecord,
        send,
        recv,
        channel,
      ]),
    ).toEqual([
      "command GETVERSION: 2, 0 failed, 10 ns, longest 9",
      "command (not VMware): 1, 1 failed, 0 ns, longest 0",
      "gp bad-opcode: 2, 2 failed, 0 ns, longest 0",
      "gp handled: 1, 0 failed, 0 ns, longest 0",
      "rpc info-get: 2, 1 failed, 0 ns, longest 0",
      "message RPCI recv: 1, 0 failed, 0 ns, longest 0",
      "message RPCI send: 1, 0 failed, 0 ns, longest 0",
      "channel open: 1, 0 failed, 0 ns, longest 0",
    ]);
  });

  it("an access is counted once, whichever of its ends were logged", () => {
    expect(lines([after])).toEqual(["command GETVERSION: 1, 0 failed, 0 ns, longest 0"]);
    expect(lines([trace])).toEqual(["command GETVERSION: 1, 0 failed, 0 ns, longest 0"]);
    const failing = { ...unknown, command: trace.command };
    expect(lines([trace, failing, after])).toEqual(["command GETVERSION: 1, 1 failed, 1 ns, longest 1"]);
    const ended = { ...unknown, class: "after", reason: undefined } as LogRecord;
    expect(lines([unknown, ended, unknown, ended])).toEqual(["command GETVERSION: 2, 2 failed, 0 ns, longest 0"]);
    expect(lines([unknown, unknown])).toEqual(["command GETVERSION: 2, 2 failed, 0 ns, longest 0"]);
    expect(lines([unknown])).toEqual(["command GETVERSION: 1, 1 failed, 0 ns, longest 0"]);
    expect(lines([trace, { ...trace, vcpuId: 1 }, after, { ...after, vcpuId: 1 }])).toEqual([
      "command GETVERSION: 2, 0 failed, 2 ns, longest 1",
    ]);
  });
});
