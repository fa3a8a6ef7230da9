/** The vmport_debug= log: masks, records, ring buffer, writers. It decides nothing about what is worth logging. */
export { ALL_CLASSES, type LogClass, type LogClassRow, LogMask, logClasses } from "./classes.ts";
export { createDebugLog, type DebugLog, type DebugLogOptions, type LogSink, type RateLimit } from "./debug-log.ts";
export { type MaskError, type MaskResult, maskToNames, parseVmportDebug } from "./parse-mask.ts";
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
export { escapeBytes, escapeText } from "./text.ts";
export { toConsoleLine } from "./writers/console-line.ts";
export { toJsonLine } from "./writers/json-line.ts";
