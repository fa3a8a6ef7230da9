import type { LogRecord } from "./record.ts";
import { Ring } from "./ring.ts";

/** Receives every record whose class is on, after redaction and rate limit. */
export type LogSink = (record: LogRecord) => void;

export interface RateLimit {
  /** Records let through per interval. */
  readonly records: number;
  /** Length of the interval in virtual ns. */
  readonly intervalNs: bigint;
}

export interface DebugLogOptions {
  /** Classes that are on; see {@link parseVmportDebug}. Default 0: nothing. */
  readonly mask?: number;
  readonly sinks?: readonly LogSink[];
  /** Records kept in memory, default 1024; 0 keeps none. */
  readonly ringCapacity?: number;
  /** Applied to each record before anybody sees it; see `createRedactor`. */
  readonly redact?: (record: LogRecord) => LogRecord;
  /** Beyond it records are counted, not written. Virtual time decides, so the same run loses the same records. */
  readonly rateLimit?: RateLimit;
}

export interface DebugLog {
  /** Test `log.mask & LogMask.trace` before building a record: that is all that logging costs when it is off. */
  mask: number;
  write(record: LogRecord): void;
  /** Adds a sink; returns the function that removes it. */
  addSink(sink: LogSink): () => void;
  /** The latest records, oldest first. */
  records(): readonly LogRecord[];
  clear(): void;
  /** Records not written because of the rate limit. */
  readonly suppressed: number;
  /** Records that fell out of the ring buffer. */
  readonly lost: number;
}

export function createDebugLog(options: DebugLogOptions = {}): DebugLog {
  const capacity = options.ringCapacity ?? 1024;
  const ring = capacity === 0 ? undefined : new Ring<LogRecord>(capacity);
  const { redact, rateLimit } = options;
  let sinks: readonly LogSink[] = options.sinks ?? [];
  let suppressed = 0;
  let interval = 0n;
  let passed = 0;

  const limited = (atNs: bigint): boolean => {
    if (rateLimit === undefined) return false;
    const current = atNs / rateLimit.intervalNs;
    if (current !== interval) {
      interval = current;
      passed = 0;
    }
    if (passed < rateLimit.records) {
      passed++;
      return false;
    }
    suppressed++;
    return true;
  };

  return {
    mask: options.mask ?? 0,
    write(record) {
      if (limited(record.atNs)) return;
      const shown = redact === undefined ? record : redact(record);
      ring?.push(shown);
      for (const sink of sinks) sink(shown);
    },
    addSink(sink) {
      sinks = [...sinks, sink];
      return () => {
        sinks = sinks.filter((other) => other !== sink);
      };
    },
    records: () => ring?.toArray() ?? [],
    clear() {
      ring?.clear();
      suppressed = 0;
    },
    get suppressed() {
      return suppressed;
    },
    get lost() {
      return ring?.lost ?? 0;
    },
  };
}
