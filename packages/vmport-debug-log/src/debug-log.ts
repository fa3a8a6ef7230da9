import type { LogRecord } from "./record.ts";
import { type AccessEntry, RecordRing, toAccessRecord } from "./record-ring.ts";

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
  /**
   * The same for an access, whose entry the caller goes on using: into the ring it is copied without making an object. Only sinks and
   * redaction cost one.
   */
  writeAccess(entry: AccessEntry): void;
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
  return new Log(options);
}

/** A class, not a literal with getters: V8 keeps those as dictionaries, and the mask is read at every access. */
class Log implements DebugLog {
  mask: number;
  suppressed = 0;
  readonly #ring: RecordRing | undefined;
  readonly #redact: ((record: LogRecord) => LogRecord) | undefined;
  readonly #rateLimit: RateLimit | undefined;
  #sinks: readonly LogSink[];
  /** Nobody wants objects. */
  #ringOnly = false;
  #interval = 0n;
  #passed = 0;

  constructor({ mask = 0, sinks = [], ringCapacity = 1024, redact, rateLimit }: DebugLogOptions) {
    this.mask = mask;
    this.#ring = ringCapacity === 0 ? undefined : new RecordRing(ringCapacity);
    this.#redact = redact;
    this.#rateLimit = rateLimit;
    this.#sinks = sinks;
    this.#choose();
  }

  get lost(): number {
    return this.#ring?.lost ?? 0;
  }

  write(record: LogRecord): void {
    if (!this.#limited(record.atNs)) this.#keep(record);
  }

  writeAccess(entry: AccessEntry): void {
    if (this.#rateLimit !== undefined && this.#limited(entry.atNs)) return;
    if (this.#ringOnly) this.#ring?.pushAccess(entry);
    else this.#keep(toAccessRecord(entry));
  }

  addSink(sink: LogSink): () => void {
    this.#sinks = [...this.#sinks, sink];
    this.#choose();
    return () => {
      this.#sinks = this.#sinks.filter((other) => other !== sink);
      this.#choose();
    };
  }

  records(): readonly LogRecord[] {
    return this.#ring?.toArray() ?? [];
  }

  clear(): void {
    this.#ring?.clear();
    this.suppressed = 0;
  }

  #choose(): void {
    this.#ringOnly = this.#redact === undefined && this.#sinks.length === 0;
  }

  #keep(record: LogRecord): void {
    const shown = this.#redact === undefined ? record : this.#redact(record);
    this.#ring?.push(shown);
    for (const sink of this.#sinks) sink(shown);
  }

  #limited(atNs: bigint): boolean {
    const limit = this.#rateLimit;
    if (limit === undefined) return false;
    const current = atNs / limit.intervalNs;
    if (current !== this.#interval) {
      this.#interval = current;
      this.#passed = 0;
    }
    if (this.#passed < limit.records) {
      this.#passed++;
      return false;
    }
    this.suppressed++;
    return true;
  }
}
