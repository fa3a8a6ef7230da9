/**
 * One line per record as the hypervisor's console would show it: `[HVM:<domain>.<vcpu>] <function> …`, with the fields of
 * the series in its order (direction, width in decimal, ip in hex, command in decimal, ax bx cx dx si di in hex).
 *
 * Sources: Xen `xen/include/asm-x86/hvm/support.h` (HVM_DBG_LOG prefix); D. Slutz v6 04/16 (fields and their order). The
 * wording beyond the words "VMware trace", "VMware after" and "Not VMware" is ours.
 */
import type { AccessRecord, LogRecord, LogRegisters } from "../record.ts";
import { escapeBytes, escapeText } from "../text.ts";

const hex = (value: number | bigint): string => value.toString(16);

const registers = (r: LogRegisters): string =>
  `ax=${hex(r.eax)} bx=${hex(r.ebx)} cx=${hex(r.ecx)} dx=${hex(r.edx)} si=${hex(r.esi)} di=${hex(r.edi)}`;

function access(record: AccessRecord): string {
  const { direction, size, rip, command } = record;
  const name = record.commandName === undefined ? "" : ` (${record.commandName})`;
  if (record.class === "trace") {
    return `VMware trace dir=${direction} bytes=${size} ip=${hex(rip)} cmd=${command}${name} ${registers(record.registers)}`;
  }
  if (record.class === "after")
    return `VMware after ip=${hex(rip)} cmd=${command}${name} ${registers(record.registers)}`;
  if (record.reason === "unknown-command") {
    const note = record.note === undefined ? "" : `: ${escapeText(record.note)}`;
    return `VMware bytes=${size} dir=${direction} cmd=${command}${name} unknown${note}`;
  }
  return `Not VMware eax=${hex(record.registers.eax)} magic=564d5868 ip=${hex(rip)} ${registers(record.registers)}`;
}

const functions: Readonly<Record<LogRecord["kind"], string>> = {
  access: "vmport_ioport",
  gp: "vmport_gp_check",
  message: "vmport_rpc",
  channel: "vmport_rpc",
  rpc: "vmport_rpc",
};

function body(record: LogRecord): string {
  switch (record.kind) {
    case "access":
      return access(record);
    case "gp":
      return `VMware gp ${record.outcome} error_code=${hex(record.errorCode)} ip=${hex(record.rip)} len=${record.length}${
        record.registers === undefined ? "" : ` ${registers(record.registers)}`
      }`;
    case "message":
      return `VMware ${record.class} ch=${record.channel} ${record.protocol} len=${record.bytes.length} "${escapeBytes(record.bytes)}"`;
    case "channel":
      return `VMware channel ch=${record.channel} ${record.event}${record.detail === "" ? "" : ` ${escapeText(record.detail)}`}`;
    case "rpc":
      return `VMware rpc ch=${record.channel} ${escapeText(record.verb)} "${escapeText(record.argument)}" -> ${record.ok ? 1 : 0} "${escapeText(record.reply)}"`;
  }
}

/** The record as one console line, without newline; nothing a guest wrote can break out of the line. */
export function toConsoleLine(record: LogRecord): string {
  return `[HVM:${record.domainId}.${record.vcpuId}] <${functions[record.kind]}> ${body(record)}`;
}
