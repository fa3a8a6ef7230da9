import type { LogRecord } from "../record.ts";
import { escapeBytes } from "../text.ts";

/**
 * The record as one line of JSON, without newline. 64-bit values become strings (`"0x401000"` for addresses, decimal ns for
 * time), message bytes become `text` (escaped, at most 256 bytes) and `length`; all else keeps its name.
 */
export function toJsonLine(record: LogRecord): string {
  const { atNs, ...rest } = record;
  const fields: Record<string, unknown> = { atNs: String(atNs), ...rest };
  if ("rip" in record) fields["rip"] = `0x${record.rip.toString(16)}`;
  if (record.kind === "message") {
    delete fields["bytes"];
    fields["length"] = record.bytes.length;
    fields["text"] = escapeBytes(record.bytes);
  }
  return JSON.stringify(fields);
}
