/**
 * ACPI machine language, as far as a static description of a machine needs it: each function returns the bytes of one term.
 *
 * Sources: ACPI 6.5 §20.2 (AML grammar), §6.4 (resource descriptors), §19.3.4 (EISA identifiers).
 */

export type Aml = readonly number[];

/** One behind the other; by `concat`, which copies: spreading takes one number at a time, and a machine has its tables before all else. */
const joined = (...parts: readonly Aml[]): Aml => ([] as number[]).concat(...parts);

const letters = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0));
const little = (value: number, bytes: number): number[] => {
  const parts: number[] = [];
  for (let rest = value; parts.length < bytes; rest = Math.floor(rest / 0x100)) parts.push(rest % 0x100);
  return parts;
};

/** A path such as `\_SB.PCI0` or `COM1`; each segment has up to four characters (§20.2.2). */
export function name(path: string): Aml {
  const root = path.startsWith("\\");
  const segments = (root ? path.slice(1) : path).split(".").filter((part) => part !== "");
  const bytes = segments.flatMap((segment) => letters(segment.padEnd(4, "_")));
  const prefix = segments.length === 0 ? [0] : segments.length === 1 ? [] : [0x2f, segments.length];
  return joined(root ? [0x5c] : [], segments.length === 2 ? [0x2e] : prefix, bytes);
}

/** §20.2.4: the length counts its own bytes. */
function sized(body: Aml): Aml {
  if (body.length + 1 < 0x40) return joined([body.length + 1], body);
  const bytes = body.length + 2 < 0x1000 ? 2 : 3;
  const total = body.length + bytes;
  return joined([((bytes - 1) << 6) | (total & 0xf)], little(total >> 4, bytes - 1), body);
}

export function integer(value: number): Aml {
  if (value === 0 || value === 1) return [value];
  if (value < 0x100) return [0x0a, value];
  if (value < 0x1_0000) return [0x0b, ...little(value, 2)];
  return value < 2 ** 32 ? [0x0c, ...little(value, 4)] : [0x0e, ...little(value, 8)];
}

export const string = (text: string): Aml => [0x0d, ...letters(text), 0];
/** An opcode, the length of what follows, and that. */
const block = (opcode: Aml, ...body: readonly Aml[]): Aml => joined(opcode, sized(joined(...body)));

export const buffer = (bytes: Aml): Aml => block([0x11], integer(bytes.length), bytes);
export const pack = (elements: readonly Aml[]): Aml => block([0x12], [elements.length], ...elements);
export const named = (path: string, value: Aml): Aml => joined([0x08], name(path), value);
export const scope = (path: string, terms: readonly Aml[]): Aml => block([0x10], name(path), ...terms);
export const device = (path: string, terms: readonly Aml[]): Aml => block([0x5b, 0x82], name(path), ...terms);
/** Not serialised. */
export const method = (path: string, args: number, terms: readonly Aml[]): Aml =>
  block([0x14], name(path), [args], ...terms);
export const argument = (index: number): Aml => [0x68 + index];
export const store = (source: Aml, target: Aml): Aml => joined([0x70], source, target);
export const giveBack = (value: Aml): Aml => joined([0xa4], value);
export const when = (condition: Aml, terms: readonly Aml[]): Aml => block([0xa0], condition, ...terms);

/** "PNP0A03" as the 32-bit number that _HID takes. */
export function eisaId(id: string): Aml {
  const code = (index: number): number => id.charCodeAt(index) - 0x40;
  const vendor = (code(0) << 10) | (code(1) << 5) | code(2);
  const product = Number.parseInt(id.slice(3), 16);
  return [0x0c, vendor >> 8, vendor & 0xff, product >> 8, product & 0xff];
}

/** Small descriptor, fixed ports (§6.4.2.5). */
export const ioPorts = (base: number, length: number): Aml => [
  0x47,
  1,
  ...little(base, 2),
  ...little(base, 2),
  1,
  length,
];
/** Small descriptor, ISA interrupt, edge, high (§6.4.2.1). */
export const irq = (line: number): Aml => [0x22, ...little(1 << line, 2)];
/** §6.4.3.4: read and write. */
export const memoryFixed = (base: number, length: number): Aml => [
  0x86,
  9,
  0,
  1,
  ...little(base, 4),
  ...little(length, 4),
];
const FIXED = 0x0c;
/** §6.4.3.5.3: bus numbers, from and to inclusive. */
export const busRange = (from: number, to: number): Aml => [
  ...[0x88, 13, 0, 2, FIXED, 0],
  ...[0, from, to, 0, to - from + 1].flatMap((word) => little(word, 2)),
];
export const ioWindow = (from: number, to: number): Aml => [
  ...[0x88, 13, 0, 1, FIXED, 3],
  ...[0, from, to, 0, to - from + 1].flatMap((word) => little(word, 2)),
];
/** §6.4.3.5.2: not cacheable, read and write. */
export const memoryWindow = (from: number, to: number): Aml => [
  ...[0x87, 23, 0, 0, FIXED, 1],
  ...[0, from, to, 0, to - from + 1].flatMap((word) => little(word, 4)),
];
/** A list of descriptors with its end tag; a checksum of zero is always good (§6.4.2.9). */
export const resources = (descriptors: readonly Aml[]): Aml => buffer(joined(...descriptors, [0x79, 0]));
