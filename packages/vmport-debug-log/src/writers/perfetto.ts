/**
 * Records as a Perfetto trace (TrackEvent protobuf), for ui.perfetto.dev and trace_processor: a process per domain, a track per vcpu, an
 * instant per record with its fields as arguments.
 *
 * Source: Perfetto `protos/perfetto/trace/trace_packet.proto`, `track_event/{track_event,track_descriptor,debug_annotation}.proto`
 * (field numbers).
 */
import type { LogRecord } from "../record.ts";
import { escapeBytes } from "../text.ts";
import { ProtoWriter } from "./protobuf.ts";

const TRACE = { packet: 1 } as const;
const PACKET = { timestamp: 8, sequenceId: 10, trackEvent: 11, trackDescriptor: 60 } as const;
const DESCRIPTOR = { uuid: 1, name: 2, process: 3, thread: 4, parentUuid: 5 } as const;
const PROCESS = { pid: 1, name: 6 } as const;
const THREAD = { pid: 1, tid: 2, name: 5 } as const;
const EVENT = { debugAnnotations: 4, type: 9, trackUuid: 11, categories: 22, name: 23 } as const;
const ANNOTATION = { bool: 2, uint: 3, string: 6, pointer: 7, name: 10 } as const;

const TYPE_INSTANT = 3;
const SEQUENCE = 1;

/** Track ids must differ and stay the same; 16 bits of vcpu are plenty. */
const processUuid = (domainId: number): bigint => (BigInt(domainId) + 1n) << 16n;
const vcpuUuid = (domainId: number, vcpuId: number): bigint => processUuid(domainId) + BigInt(vcpuId & 0x7fff) + 1n;

type Value = { readonly pointer: number | bigint } | number | boolean | string;

/** The records, in their order, as one trace file. */
export function encodePerfetto(records: readonly LogRecord[]): Uint8Array {
  const trace = new ProtoWriter();
  const known = new Set<bigint>();
  for (const record of records) {
    const { domainId, vcpuId } = record;
    const track = vcpuUuid(domainId, vcpuId);
    // Perfetto wants process ids above 0.
    const pid = domainId + 1;
    if (!known.has(processUuid(domainId))) {
      known.add(processUuid(domainId));
      trace.message(TRACE.packet, (packet) =>
        packet
          .varint(PACKET.sequenceId, SEQUENCE)
          .message(PACKET.trackDescriptor, (descriptor) =>
            descriptor
              .varint(DESCRIPTOR.uuid, processUuid(domainId))
              .message(DESCRIPTOR.process, (process) =>
                process.varint(PROCESS.pid, pid).string(PROCESS.name, `domain ${domainId}`),
              ),
          ),
      );
    }
    if (!known.has(track)) {
      known.add(track);
      trace.message(TRACE.packet, (packet) =>
        packet.varint(PACKET.sequenceId, SEQUENCE).message(PACKET.trackDescriptor, (descriptor) =>
          descriptor
            .varint(DESCRIPTOR.uuid, track)
            .varint(DESCRIPTOR.parentUuid, processUuid(domainId))
            .message(DESCRIPTOR.thread, (thread) =>
              thread
                .varint(THREAD.pid, pid)
                .varint(THREAD.tid, pid * 1000 + vcpuId)
                .string(THREAD.name, `vcpu ${vcpuId}`),
            ),
        ),
      );
    }
    trace.message(TRACE.packet, (packet) =>
      packet
        .varint(PACKET.timestamp, record.atNs)
        .varint(PACKET.sequenceId, SEQUENCE)
        .message(PACKET.trackEvent, (event) => {
          event.varint(EVENT.type, TYPE_INSTANT).varint(EVENT.trackUuid, track);
          event.string(EVENT.categories, record.class).string(EVENT.name, nameOf(record));
          for (const [name, value] of argumentsOf(record)) annotate(event, name, value);
        }),
    );
  }
  return trace.finish();
}

function annotate(event: ProtoWriter, name: string, value: Value): void {
  event.message(EVENT.debugAnnotations, (annotation) => {
    annotation.string(ANNOTATION.name, name);
    if (typeof value === "string") annotation.string(ANNOTATION.string, value);
    else if (typeof value === "boolean") annotation.varint(ANNOTATION.bool, value ? 1 : 0);
    else if (typeof value === "number") annotation.varint(ANNOTATION.uint, value);
    else annotation.varint(ANNOTATION.pointer, value.pointer);
  });
}

function nameOf(record: LogRecord): string {
  switch (record.kind) {
    case "access":
      return record.reason === "not-vmware" ? "not VMware" : (record.commandName ?? `command ${record.command}`);
    case "gp":
      return `#GP ${record.outcome}`;
    case "message":
      return `${record.protocol} ${record.class}`;
    case "channel":
      return `channel ${record.event}`;
    case "rpc":
      return record.verb;
  }
}

function argumentsOf(record: LogRecord): readonly (readonly [string, Value])[] {
  switch (record.kind) {
    case "access":
      return [
        ["direction", record.direction],
        ["port", { pointer: record.port }],
        ["size", record.size],
        ["rip", { pointer: record.rip }],
        ["cpl", record.cpl],
        ["command", record.command],
        ...Object.entries(record.registers).map(([name, value]) => [name, { pointer: value }] as const),
      ];
    case "gp":
      return [
        ["error_code", { pointer: record.errorCode }],
        ["rip", { pointer: record.rip }],
        ["length", record.length],
      ];
    case "message":
      return [
        ["channel", record.channel],
        ["length", record.bytes.length],
        ["text", escapeBytes(record.bytes)],
      ];
    case "channel":
      return [
        ["channel", { pointer: record.channel }],
        ["detail", record.detail],
      ];
    case "rpc":
      return [
        ["channel", record.channel],
        ["argument", record.argument],
        ["ok", record.ok],
        ["reply", record.reply],
      ];
  }
}
