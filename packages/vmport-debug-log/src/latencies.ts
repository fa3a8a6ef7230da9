import type { LogRecord } from "./record.ts";

/** How long things took a guest, in its own instructions. */
export interface Latencies {
  /** By command: from the access before it on the same vcpu. The first access of a vcpu has none. */
  readonly betweenCalls: ReadonlyMap<string, readonly number[]>;
  /** By RPC verb: from the last byte of the request to the guest's receipt for the answer. */
  readonly roundTrips: ReadonlyMap<string, readonly number[]>;
}

/**
 * Virtual time stands still while the host answers, so what a guest waits for is what it executes itself. Records must be in their order.
 * `instructionsPerSecond` is the machine's, default 10^9: one instruction a nanosecond.
 */
export function latencies(records: Iterable<LogRecord>, instructionsPerSecond = 1e9): Latencies {
  const betweenCalls = new Map<string, number[]>();
  const roundTrips = new Map<string, number[]>();
  const lastCall = new Map<string, bigint>();
  /** Requests on their way, by channel. */
  const open = new Map<string, { readonly atNs: bigint; verb: string | undefined }>();
  const instructions = (ns: bigint): number => Math.round((Number(ns) * instructionsPerSecond) / 1e9);
  const add = (map: Map<string, number[]>, name: string, ns: bigint): void => {
    const values = map.get(name);
    if (values === undefined) map.set(name, [instructions(ns)]);
    else values.push(instructions(ns));
  };

  for (const record of records) {
    const { atNs } = record;
    if (record.kind === "access") {
      const vcpu = `${record.domainId}.${record.vcpuId}`;
      const name =
        record.reason === "not-vmware" ? "(not VMware)" : (record.commandName ?? `command ${record.command}`);
      const before = lastCall.get(vcpu);
      // The records of one access carry one time.
      if (before !== undefined && before !== atNs) add(betweenCalls, name, atNs - before);
      lastCall.set(vcpu, atNs);
    } else if (record.kind === "message" || record.kind === "rpc") {
      const channel = `${record.domainId}/${record.channel}`;
      const request = open.get(channel);
      if (record.kind === "rpc") {
        if (request !== undefined) request.verb = record.verb;
      } else if (record.class === "send") open.set(channel, { atNs, verb: undefined });
      else if (request !== undefined) {
        open.delete(channel);
        if (request.verb !== undefined) add(roundTrips, request.verb, atNs - request.atNs);
      }
    }
  }
  return { betweenCalls, roundTrips };
}

export interface HistogramBucket {
  /** Values from `from` to below `to`: powers of two, the first bucket is 0 alone. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Counts by powers of two, without the empty buckets at both ends. */
export function histogram(values: Iterable<number>): readonly HistogramBucket[] {
  const counts: number[] = [];
  for (const value of values) {
    const index = value < 1 ? 0 : Math.floor(Math.log2(value)) + 1;
    while (counts.length <= index) counts.push(0);
    counts[index] = (counts[index] as number) + 1;
  }
  const first = counts.findIndex((count) => count > 0);
  return counts.slice(Math.max(first, 0)).map((count, i) => {
    const index = i + first;
    return { from: index === 0 ? 0 : 2 ** (index - 1), to: index === 0 ? 1 : 2 ** index, count };
  });
}
