/**
 * Is this the saved state of a machine like ours? The state that a machine has now is the pattern: the same fields, and in each what can be
 * there. Who comes from elsewhere with a state that is cut off, or that somebody has changed, hears which field it is.
 */

/** What stands in fields that may be empty, and in lists. */
const samples: readonly (readonly [path: RegExp, sample: unknown])[] = [
  [/\.(?:startNs|latched|status|address|gsi|exitStatus)$|\.vcpuInfo\[\]$/, 0],
  [/\.(?:singleshot|untilNs)\[\]$|\.untilNs$/, 0n],
  [/\.periodic\[\]$/, { periodNs: 0n, nextNs: 0n }],
  [/\.waits\[\]$/, { ports: [] }],
  [/\.(?:fifo|input|replies|queue|rates)\[\]$|\.waits\[\]\.ports\[\]$/, 0],
  [/\.keyboard\.waiting\[\]$/, ["", false]],
  [/\.network\d\.waiting\[\]$/, new Uint8Array(0)],
  [/\.vga\.(?:linear|planes)\[\]$/, { at: 0, hex: "" }],
  [/^machine state\.clock\.alarms\[\]$/, { name: "", atNs: 0n }],
  [/^machine state\.domain\.msrs\.values\[\]$/, { vcpuId: 0, index: 0, value: 0n }],
  [/^machine state\.domain\.shutdown$/, { reason: "", cause: "", text: "" }],
  [/\.mmioDone\[\]$/, { gpa: 0, size: 0, write: false, data: new Uint8Array(0) }],
  [/\.injected$/, { vector: 0, trapLength: 0 }],
  [/\.ports\[\]$/, { port: 0, bound: { kind: "", vcpuId: 0 } }],
  [/^machine state\.memory\.runs\[\]$/, { base: 0, bytes: new Uint8Array(0) }],
];
/** The longest list: a serial port's input, or the runs of a memory. */
const MOST_ELEMENTS = 0x10_0000;

/** @throws RangeError that names the field, what was expected and what was found */
export function checkState(pattern: unknown, found: unknown, path: string): void {
  check(pattern, found, path, path);
}

/** `place` is the path as people read it, `path` the same without numbers. */
function check(own: unknown, found: unknown, place: string, path: string): void {
  const pattern = own ?? sampleOf(path);
  const [expected, actual] = [kindOf(pattern), kindOf(found)];
  // What may be undefined is undefined now and something later, or the other way round.
  if (expected === NOTHING || actual === NOTHING) return;
  if (expected !== actual) throw new RangeError(`${place}: ${expected} expected, found ${actual}`);
  if (Array.isArray(pattern)) {
    const list = found as readonly unknown[];
    if (list.length > MOST_ELEMENTS)
      throw new RangeError(`${place}: at most ${MOST_ELEMENTS} elements expected, found ${list.length}`);
    list.forEach((element, index) => {
      check(pattern[Math.min(index, pattern.length - 1)], element, `${place}[${index}]`, `${path}[]`);
    });
  } else if (isRecord(pattern)) {
    for (const [name, value] of Object.entries(pattern)) {
      const one = (found as Readonly<Record<string, unknown>>)[name];
      if (one === undefined && value !== undefined && value !== null && sampleOf(`${path}.${name}`) === undefined)
        throw new RangeError(`${place}.${name}: ${kindOf(value)} expected, found ${NOTHING}`);
      check(value, one, `${place}.${name}`, `${path}.${name}`);
    }
  }
}

/** Loads one part of a machine; whatever it does not like becomes an error that names the part. */
export function loadPart(part: string, load: () => void): void {
  try {
    load();
  } catch (error) {
    throw new RangeError(`${part}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

const sampleOf = (path: string): unknown => samples.find(([wanted]) => wanted.test(path))?.[1];

const NOTHING = "nothing";
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return NOTHING;
  if (Array.isArray(value)) return "a list";
  if (ArrayBuffer.isView(value)) return "bytes";
  if (typeof value === "object") return "a record";
  if (typeof value === "number") return Number.isInteger(value) ? "a whole number" : String(value);
  return { bigint: "a bigint", string: "a text", boolean: "true or false" }[String(typeof value)] ?? typeof value;
}
