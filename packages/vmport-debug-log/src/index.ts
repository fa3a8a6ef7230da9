/** The vmport_debug= log: masks, records, ring buffer, writers. It decides nothing about what is worth logging. */
export { ALL_CLASSES, type LogClass, type LogClassRow, LogMask, logClasses } from "./classes.ts";
export { createDebugLog, type DebugLog, type DebugLogOptions, type LogSink, type RateLimit } from "./debug-log.ts";
export { type HistogramBucket, histogram, type Latencies, latencies } from "./latencies.ts";
export { createPackedAccess, type PackedAccess } from "./packed-access.ts";
export { type MaskError, type MaskResult, maskToNames, parseVmportDebug } from "./parse-mask.ts";
export { type JsonLineResult, parseJsonLine } from "./readers/json-line.ts";
export type {
  AccessRecord,
  ChannelRecord,
  GpRecord,
  LogRecord,
  LogRecordBase,
  LogRecordOf,
  LogRegisters,
  MessageRecord,
  RpcRecord,
} from "./record.ts";
export { type AccessEntry, createAccessEntry } from "./record-ring.ts";
export { createRedactor, isSensitiveKey, type RedactOptions } from "./redact.ts";
export { type SummaryRow, summarize } from "./summary.ts";
export { escapeBytes, escapeText, unescapeBytes } from "./text.ts";
export { toConsoleLine } from "./writers/console-line.ts";
export { toJsonLine } from "./writers/json-line.ts";
export { encodePerfetto } from "./writers/perfetto.ts";
export {
  decodeXentrace,
  encodeXentrace,
  type XentraceEventRow,
  type XentraceOptions,
  type XentraceRecord,
  type XentraceResult,
  xentraceEvents,
  xentraceFormats,
} from "./writers/xentrace.ts";
