import { createDebugLog, createRedactor, LogMask, parseVmportDebug, toConsoleLine } from "vmport-debug-log";

const option = parseVmportDebug("trace,rpc");
if (!option.ok) throw new Error(option.error.message);

const log = createDebugLog({
  mask: option.mask,
  redact: createRedactor(),
  sinks: [(record) => console.log(toConsoleLine(record))],
});

const at = { atNs: 1_500n, domainId: 1, vcpuId: 0 };
// Testing the mask first is all that logging costs while it is off.
if (log.mask & LogMask.trace) {
  log.write({
    ...at,
    kind: "access",
    class: "trace",
    direction: "in",
    port: 0x5658,
    size: 4,
    rip: 0x401136n,
    cpl: 3,
    command: 10,
    commandName: "GETVERSION",
    registers: { eax: 0x564d5868, ebx: 0xffffffff, ecx: 10, edx: 0x5658, esi: 0, edi: 0 },
  });
}
if (log.mask & LogMask.rpc) {
  const call = { channel: 0, verb: "info-get", argument: "guestinfo.userdata", ok: true, reply: "top secret" };
  log.write({ ...at, kind: "rpc", class: "rpc", ...call });
}
console.log(log.records().length);

const wrong = parseVmportDebug("trase");
if (!wrong.ok) console.log(wrong.error.message);
