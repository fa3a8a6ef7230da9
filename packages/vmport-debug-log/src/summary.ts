import type { LogRecord } from "./record.ts";

/** One row: a backdoor command, an RPC verb, an outcome of the #GP check … */
export interface SummaryRow {
  readonly group: "command" | "gp" | "rpc" | "message" | "channel";
  readonly name: string;
  readonly count: number;
  /** Unknown commands, accesses without magic, faults given back, calls answered with 0. */
  readonly failed: number;
  /** Virtual ns from entry to end of the commands that were logged at both ends. */
  readonly totalNs: bigint;
  readonly longestNs: bigint;
}

interface Row {
  group: SummaryRow["group"];
  name: string;
  count: number;
  failed: number;
  totalNs: bigint;
  longestNs: bigint;
}

/** Counts records by what they are about, most frequent first within each group. */
export function summarize(records: Iterable<LogRecord>): readonly SummaryRow[] {
  const rows = new Map<string, Row>();
  /** Accesses counted and not yet ended, by domain and vcpu, with the record that counted them. */
  const entered = new Map<
    string,
    { readonly by: "trace" | "error"; readonly command: number; readonly atNs: bigint }
  >();
  const rowOf = (group: Row["group"], name: string): Row => {
    const key = `${group} ${name}`;
    const row = rows.get(key) ?? { group, name, count: 0, failed: 0, totalNs: 0n, longestNs: 0n };
    rows.set(key, row);
    return row;
  };

  for (const record of records) {
    switch (record.kind) {
      case "access": {
        const vcpu = `${record.domainId}.${record.vcpuId}`;
        if (record.reason === "not-vmware") {
          const row = rowOf("command", "(not VMware)");
          row.count++;
          row.failed++;
          break;
        }
        const row = rowOf("command", record.commandName ?? `command ${record.command}`);
        if (record.class === "error") {
          row.failed++;
          const start = entered.get(vcpu);
          if (start?.by === "trace" && start.command === record.command) break;
          row.count++;
          entered.set(vcpu, { by: "error", command: record.command, atNs: record.atNs });
        } else if (record.class === "trace") {
          row.count++;
          entered.set(vcpu, { by: "trace", command: record.command, atNs: record.atNs });
        } else {
          const start = entered.get(vcpu);
          entered.delete(vcpu);
          if (start === undefined || start.command !== record.command) row.count++;
          else {
            const took = record.atNs - start.atNs;
            row.totalNs += took;
            if (took > row.longestNs) row.longestNs = took;
          }
        }
        break;
      }
      case "gp": {
        const row = rowOf("gp", record.outcome);
        row.count++;
        if (record.outcome !== "handled") row.failed++;
        break;
      }
      case "rpc": {
        const row = rowOf("rpc", record.verb);
        row.count++;
        if (!record.ok) row.failed++;
        break;
      }
      case "message":
        rowOf("message", `${record.protocol} ${record.class}`).count++;
        break;
      case "channel":
        rowOf("channel", record.event).count++;
    }
  }
  const order = ["command", "gp", "rpc", "message", "channel"];
  return [...rows.values()].sort(
    (a, b) => order.indexOf(a.group) - order.indexOf(b.group) || b.count - a.count || (a.name < b.name ? -1 : 1),
  );
}
