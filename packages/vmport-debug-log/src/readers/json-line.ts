import type { LogRecord } from "../record.ts";
import { unescapeBytes } from "../text.ts";

export type JsonLineResult =
  | { readonly ok: true; readonly record: LogRecord }
  /** `message` names what is missing or wrong. */
  | { readonly ok: false; readonly message: string };

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isString: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
const isDecimal: Check = (value) => typeof value === "string" && /^[0-9]{1,20}$/.test(value);
const isHex: Check = (value) => typeof value === "string" && /^0x[0-9a-f]{1,16}$/.test(value);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);
const isRegisters: Check = (value) =>
  typeof value === "object" &&
  value !== null &&
  ["eax", "ebx", "ecx", "edx", "esi", "edi"].every((name) => isNumber((value as Record<string, unknown>)[name]));
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const common: Readonly<Record<string, Check>> = { atNs: isDecimal, domainId: isNumber, vcpuId: isNumber };

/** Fields of each kind as {@link toJsonLine} writes them. */
const fields: Readonly<Record<LogRecord["kind"], Readonly<Record<string, Check>>>> = {
  access: {
    class: oneOf("trace", "after", "error"),
    reason: optional(oneOf("not-vmware", "unknown-command")),
    direction: oneOf("in", "out"),
    port: isNumber,
    size: isNumber,
    rip: isHex,
    cpl: isNumber,
    command: isNumber,
    commandName: optional(isString),
    note: optional(isString),
    registers: isRegisters,
  },
  gp: {
    class: oneOf("gp"),
    outcome: isString,
    errorCode: isNumber,
    rip: isHex,
    length: isNumber,
    registers: optional(isRegisters),
  },
  message: { class: oneOf("recv", "send"), channel: isNumber, protocol: isString, length: isNumber, text: isString },
  channel: { class: oneOf("channel"), channel: isNumber, event: isString, detail: isString },
  rpc: { class: oneOf("rpc"), channel: isNumber, verb: isString, argument: isString, ok: isBoolean, reply: isString },
};

/** Reads a line of {@link toJsonLine} back. Bytes of a message come back as far as the line showed them. */
export function parseJsonLine(line: string): JsonLineResult {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, message: "not JSON" };
  }
  if (typeof value !== "object" || value === null) return { ok: false, message: "not an object" };
  const given = value as Record<string, unknown>;
  const kind = given["kind"];
  const checks =
    typeof kind === "string" && Object.hasOwn(fields, kind) ? fields[kind as LogRecord["kind"]] : undefined;
  if (checks === undefined) {
    return { ok: false, message: `kind ${JSON.stringify(kind)}; expected one of ${Object.keys(fields).join(", ")}` };
  }
  const record: Record<string, unknown> = { kind };
  for (const [name, check] of Object.entries({ ...common, ...checks })) {
    if (!check(given[name]))
      return { ok: false, message: `field ${name} of a record of kind ${kind}: ${show(given[name])}` };
    if (given[name] !== undefined) record[name] = given[name];
  }
  record["atNs"] = BigInt(record["atNs"] as string);
  if (typeof record["rip"] === "string") record["rip"] = BigInt(record["rip"]);
  if (kind === "message") {
    record["bytes"] = unescapeBytes(record["text"] as string);
    delete record["text"];
    delete record["length"];
  }
  return { ok: true, record: record as unknown as LogRecord };
}

const show = (value: unknown): string => (value === undefined ? "missing" : JSON.stringify(value).slice(0, 40));
