/** A recording as text: table, summary, histogram. */
import {
  type AccessRecord,
  escapeBytes,
  escapeText,
  histogram,
  type LogRecord,
  type LogRegisters,
  latencies,
  summarize,
} from "vmport-debug-log";
import { grouped } from "./grouped.ts";
import type { Style } from "./terminal.ts";

const BAR = 40;

/** One row an event; an access at both ends is one row: what changed is shown. */
export function tableText(records: readonly LogRecord[], rate: number, limit: number, style: Style): string {
  const rows: string[] = [style.bold(`${"INSTRUCTION".padStart(14)}  D.V  WHAT`)];
  /** Accesses begun, by domain and vcpu. */
  const begun = new Map<string, AccessRecord>();
  const add = (record: LogRecord, text: string): void => {
    const where = `${record.domainId}.${record.vcpuId}`;
    rows.push(`${grouped(instructionsAt(record, rate)).padStart(14)}  ${where.padEnd(3)}  ${text}`);
  };
  let left = limit;
  for (const [index, record] of records.entries()) {
    const vcpu = `${record.domainId}.${record.vcpuId}`;
    if (record.kind === "access" && record.class === "trace" && endOf(records, index) !== undefined) {
      begun.set(vcpu, record);
      continue;
    }
    if (left-- <= 0) {
      rows.push(style.dim("… more; --limit=0 shows all, filters show less"));
      break;
    }
    const start = record.kind === "access" && record.class === "after" ? begun.get(vcpu) : undefined;
    if (start !== undefined) begun.delete(vcpu);
    add(record, describe(record, start, style));
  }
  return `${rows.join("\n")}\n`;
}

/** The `after` of a `trace`: the next access record of the same vcpu that is no error. */
function endOf(records: readonly LogRecord[], index: number): AccessRecord | undefined {
  const start = records[index] as AccessRecord;
  for (let i = index + 1; i < records.length; i++) {
    const record = records[i] as LogRecord;
    if (record.kind !== "access" || record.vcpuId !== start.vcpuId || record.domainId !== start.domainId) continue;
    if (record.class === "error") continue;
    return record.class === "after" && record.command === start.command ? record : undefined;
  }
  return undefined;
}

function describe(record: LogRecord, start: AccessRecord | undefined, style: Style): string {
  switch (record.kind) {
    case "access": {
      const { direction, size, port, cpl } = record;
      const name = record.commandName ?? `command ${record.command}`;
      const how = `${direction}${size} ${port.toString(16)} ring ${cpl}`;
      if (record.reason === "not-vmware") return style.red(`${how} no magic: eax=${hex(record.registers.eax)}`);
      if (record.class === "error") {
        const note = record.note === undefined ? "" : ` (${escapeText(record.note)})`;
        return style.red(`${how} ${name} unknown${note}`);
      }
      if (start === undefined) return `${how} ${style.cyan(name)} ${registersText(record.registers)}`;
      return `${how} ${style.cyan(name)} ${changes(start.registers, record.registers)}`;
    }
    case "gp": {
      const text = `#GP(${hex(record.errorCode)}) at ${hex(record.rip)} ${record.outcome}`;
      return record.outcome === "handled" ? style.dim(text) : style.red(text);
    }
    case "message": {
      const arrow = record.class === "send" ? "guest →" : "guest ←";
      return `${style.green(arrow)} ${record.protocol} ch ${record.channel} "${escapeBytes(record.bytes, 80)}"`;
    }
    case "channel": {
      const detail = record.detail === "" ? "" : ` ${escapeText(record.detail)}`;
      return `${style.magenta("channel")} ${record.channel} ${record.event}${detail}`;
    }
    case "rpc": {
      const answer = `${record.ok ? 1 : 0} "${escapeText(record.reply, 80)}"`;
      const call = `${escapeText(record.verb)} "${escapeText(record.argument, 80)}"`;
      return `${style.yellow("rpc")} ${call} → ${record.ok ? answer : style.red(answer)}`;
    }
  }
}

const names = ["eax", "ebx", "ecx", "edx", "esi", "edi"] as const;
const hex = (value: number | bigint): string => value.toString(16);
const registersText = (registers: LogRegisters): string =>
  names.map((name) => `${name}=${hex(registers[name])}`).join(" ");

function changes(before: LogRegisters, after: LogRegisters): string {
  const input = names.filter((name) => name !== "eax" && before[name] !== 0 && name !== "edx");
  const given = input.map((name) => `${name}=${hex(before[name])}`);
  const changed = names.filter((name) => before[name] !== after[name]).map((name) => `${name}=${hex(after[name])}`);
  return `${given.join(" ")} → ${changed.length === 0 ? "nothing" : changed.join(" ")}`.trim();
}

const instructionsAt = (record: LogRecord, rate: number): number => Math.round((Number(record.atNs) * rate) / 1e9);

interface SummaryLine {
  readonly group: string;
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  /** Guest instructions: since the call before, or from request to answer. */
  readonly median: number | null;
  readonly longest: number | null;
}

/** A table per command, verb and outcome; the last line says what the columns mean. */
export function summaryText(records: readonly LogRecord[], rate: number, json: boolean, style: Style): string {
  const times = latencies(records, rate);
  const lines = summarize(records).map(({ group, name, count, failed }): SummaryLine => {
    const map = group === "command" ? times.betweenCalls : group === "rpc" ? times.roundTrips : undefined;
    const values = [...(map?.get(name) ?? [])].sort((a, b) => a - b);
    const median = values[values.length >> 1] ?? null;
    return { group, name, count, failed, median, longest: values.at(-1) ?? null };
  });
  if (json) return `${JSON.stringify(lines, null, 2)}\n`;
  const width = Math.max(20, ...lines.map(({ name }) => name.length + 2));
  const cell = (value: number | null): string => (value === null ? "-" : grouped(value)).padStart(13);
  const head = `${"".padEnd(9)}${"".padEnd(width)}${"count".padStart(10)}${"failed".padStart(9)}${"median".padStart(13)}${"longest".padStart(13)}`;
  const rows = lines.map(({ group, name, count, failed, median, longest }) => {
    const left = `${group.padEnd(9)}${escapeText(name).padEnd(width)}${grouped(count).padStart(10)}`;
    const bad = failed > 0 ? style.red(grouped(failed).padStart(9)) : grouped(failed).padStart(9);
    return `${left}${bad}${cell(median)}${cell(longest)}`;
  });
  const note =
    "median, longest: guest instructions since the call before; of an rpc, from its request to the receipt of its answer";
  return `${[style.bold(head), ...rows, style.dim(note)].join("\n")}\n`;
}

/** Two histograms over powers of two. */
export function histogramText(records: readonly LogRecord[], rate: number, json: boolean, style: Style): string {
  const { betweenCalls, roundTrips } = latencies(records, rate);
  const parts = [
    {
      title: "guest instructions between calls",
      key: "betweenCalls",
      buckets: histogram([...betweenCalls.values()].flat()),
    },
    {
      title: "guest instructions from request to answer",
      key: "roundTrips",
      buckets: histogram([...roundTrips.values()].flat()),
    },
  ];
  if (json) return `${JSON.stringify(Object.fromEntries(parts.map(({ key, buckets }) => [key, buckets])), null, 2)}\n`;
  return parts
    .map(({ title, buckets }) => {
      const most = Math.max(1, ...buckets.map(({ count }) => count));
      const rows = buckets.map(({ from, to, count }) => {
        const bar = "#".repeat(Math.ceil((count / most) * BAR));
        return `${grouped(from).padStart(14)} – ${grouped(to - 1).padEnd(14)} ${grouped(count).padStart(9)} ${style.cyan(bar)}`;
      });
      return `${style.bold(title)}\n${rows.length === 0 ? "  none" : rows.join("\n")}\n`;
    })
    .join("\n");
}
