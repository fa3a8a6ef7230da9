import { describe, expect, it } from "vitest";
import { describeEvent } from "./describe-event.ts";
import type { BackdoorEvent } from "./events.ts";

const registers = { eax: 0x564d_5868, ebx: 0, ecx: 10, edx: 0x5658, esi: 0, edi: 0, ebp: 0 };
const event: BackdoorEvent = {
  ring: 3,
  rip: 0x805dn,
  vcpuId: 0,
  direction: "in",
  port: 0x5658,
  size: 4,
  commandNumber: 10,
  commandName: "GETVERSION",
  before: registers,
  after: { ...registers, eax: 6, ebx: 0x564d_5868 },
  outcome: "command",
};

describe("[vmport-backdoor] describeEvent", () => {
  it("names the command and what changed", () => {
    expect(describeEvent(event)).toEqual({
      command: "GETVERSION",
      accumulator: "eax",
      rip: "0000805d",
      changes: [
        { register: "eax", before: "564d5868", after: "00000006" },
        { register: "ebx", before: "00000000", after: "564d5868" },
      ],
      outcome: undefined,
    });
  });

  it.each([
    [{ commandNumber: 30, commandName: "MESSAGE", before: { ...registers, ecx: 0x0003_001e } }, "MESSAGE RECVSIZE"],
    [{ commandNumber: 30, commandName: "MESSAGE", before: { ...registers, ecx: 0x0009_001e } }, "MESSAGE"],
    [{ commandNumber: 119, commandName: undefined }, "command 119"],
  ])("%j is %s", (part, command) => {
    expect(describeEvent({ ...event, ...part }).command).toBe(command);
  });

  it("says why there was no answer", () => {
    expect(describeEvent({ ...event, outcome: "refused-privilege" }).outcome).toBe("refused: CPL 0 only");
  });
});
