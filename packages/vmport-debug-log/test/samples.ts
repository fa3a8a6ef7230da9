import type { AccessRecord, LogRecord } from "../src/index.ts";

const base = { atNs: 1_000n, domainId: 1, vcpuId: 0 };

export const trace: AccessRecord = {
  ...base,
  kind: "access",
  class: "trace",
  direction: "in",
  port: 0x5658,
  size: 4,
  rip: 0x40_1136n,
  cpl: 3,
  command: 10,
  commandName: "GETVERSION",
  registers: { eax: 0x564d_5868, ebx: 0xffff_ffff, ecx: 10, edx: 0x5658, esi: 0, edi: 0x10 },
};
export const after: AccessRecord = {
  ...trace,
  atNs: 1_001n,
  class: "after",
  registers: { ...trace.registers, eax: 6, ebx: 0x564d_5868, ecx: 2 },
};
export const unknown: AccessRecord = { ...trace, class: "error", reason: "unknown-command", command: 999 };
export const notVmware: AccessRecord = {
  ...trace,
  class: "error",
  reason: "not-vmware",
  registers: { ...trace.registers, eax: 0x1234 },
};
export const gp: LogRecord = {
  ...base,
  kind: "gp",
  class: "gp",
  outcome: "handled",
  errorCode: 0,
  rip: 0xffff_8000_0000_1000n,
  length: 1,
};
export const send: LogRecord = {
  ...base,
  vcpuId: 1,
  kind: "message",
  class: "send",
  channel: 3,
  protocol: "RPCI",
  bytes: new TextEncoder().encode("info-get guestinfo.userdata"),
};
export const recv: LogRecord = { ...send, class: "recv", bytes: new TextEncoder().encode("1 s3cret\n\x1b[2J\0") };
export const channel: LogRecord = {
  ...base,
  kind: "channel",
  class: "channel",
  channel: 3,
  event: "open",
  detail: "RPCI cookie",
};
export const rpc: LogRecord = {
  ...base,
  kind: "rpc",
  class: "rpc",
  channel: 3,
  verb: "info-get",
  argument: "guestinfo.userdata",
  ok: true,
  reply: "s3cret",
};
