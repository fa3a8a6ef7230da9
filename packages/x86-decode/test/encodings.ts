/**
 * The encoding space as products of small sets: prefixes × maps × opcodes × ModR/M. Any index of a space gives one
 * encoding, so that a sample is a stride through the indices and a full run is every index.
 */
type Piece = readonly number[];
type Axis = readonly Piece[];

export interface Space {
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly size: number;
}

const range = (from: number, to: number): Axis => Array.from({ length: to - from + 1 }, (_, i) => [from + i]);
const space = (name: string, ...axes: readonly Axis[]): Space => ({
  name,
  axes,
  size: axes.reduce((product, axis) => product * axis.length, 1),
});

const prefixes: Axis = [
  [],
  [0x66],
  [0xf3],
  [0xf2],
  [0x66, 0xf3],
  [0xf2, 0x66],
  [0xf3, 0xf2],
  [0xf0],
  [0xf0, 0xf2],
  [0xf0, 0xf3],
  [0x67],
  [0x66, 0x67],
  [0x26],
  [0x2e],
  [0x36],
  [0x3e],
  [0x64],
  [0x65, 0x3e],
  [0x67, 0xf3],
  [0x48],
  [0x41],
  [0x44],
  [0x42],
  [0x4f],
  [0x66, 0x48],
  [0xf3, 0x48],
  [0xf2, 0x4c],
  [0x66, 0x41],
  [0xf3, 0x41],
  [0xf0, 0x48],
  [0x48, 0x66],
  [0x67, 0x48],
  [0x40],
];
const maps: Axis = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const modrm = range(0, 255);
/** SIB, displacement and immediate bytes: enough for anything that follows ModR/M. */
const tails: Axis = [
  [0x24, 0x80, 0x12, 0x34, 0x56, 0x87, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22],
  [0xa5, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00, 0x80, 0x55, 0xaa],
  [0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb4, 0x02, 0x03, 0x04, 0x05, 0x06],
];
/** One of each sort: memory without, with 8 and with 32 bits of displacement, SIB, RIP, and registers. */
const someModrm: Axis = [
  [0x00],
  [0x04],
  [0x05],
  [0x0e],
  [0x4c],
  [0x54],
  [0x85],
  [0x9c],
  [0xc0],
  [0xc8],
  [0xd1],
  [0xdb],
  [0xe4],
  [0xed],
  [0xf6],
  [0xff],
];

const legacy = space("legacy", prefixes, maps, range(0, 255), modrm, tails);
const vex2 = space(
  "vex2",
  [[], [0x67], [0x66], [0x64], [0x48]],
  [[0xc5]],
  range(0, 255),
  range(0, 255),
  someModrm,
  tails,
);
const vex3 = space(
  "vex3",
  [[], [0x67]],
  [[0xc4]],
  [0xe0, 0xc0, 0x60, 0xa0, 0x40].flatMap((rxb) => [0, 1, 2, 3, 7].map((map) => [rxb | map])),
  [0x78, 0x00, 0x30, 0x60].flatMap((vvvv) =>
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((lpp) => [[vvvv | lpp], [vvvv | lpp | 0x80]]),
  ),
  range(0, 255),
  someModrm,
  tails,
);
const xop = space(
  "xop",
  [[0x8f]],
  [0xe0, 0xc0, 0x60, 0xa0].flatMap((rxb) => [8, 9, 10, 11].map((map) => [rxb | map])),
  [0x78, 0x00, 0x30].flatMap((vvvv) => [0, 1, 2, 3, 4, 5, 6, 7].flatMap((lpp) => [[vvvv | lpp], [vvvv | lpp | 0x80]])),
  range(0, 255),
  someModrm,
  tails,
);
const evex = space(
  "evex",
  [[], [0x67]],
  [[0x62]],
  [0xf0, 0x60, 0xc0, 0x90, 0xd0].flatMap((rxb) => [1, 2, 3, 5, 6, 0].map((map) => [rxb | map])),
  [0x78, 0x00, 0x30].flatMap((vvvv) => [0, 1, 2, 3].flatMap((pp) => [[vvvv | pp | 4], [vvvv | pp | 0x84]])),
  [0, 0x80].flatMap((z) =>
    [0, 0x20, 0x40, 0x60].flatMap((l) =>
      [0, 0x10].flatMap((b) => [0, 8].flatMap((v) => [0, 3].map((k) => [z | l | b | v | k]))),
    ),
  ),
  range(0, 255),
  someModrm,
  tails,
);

const now3d = space(
  "3dnow",
  [[], [0x66], [0x41]],
  [[0x0f, 0x0f]],
  [[0x00], [0x06], [0xc0], [0xd1], [0xff]],
  range(0, 255),
  tails,
);

export const spaces: readonly Space[] = [legacy, vex2, vex3, xop, evex, now3d];
export const bytesPerEncoding = 32;

/** Writes encoding `index` of a space to `at`, and fills up to `bytesPerEncoding` with NOPs. */
export function writeEncoding(of: Space, index: number, into: Uint8Array, at: number): void {
  let rest = index;
  let pos = at;
  for (const axis of of.axes) {
    const piece = axis[rest % axis.length]!;
    rest = Math.floor(rest / axis.length);
    for (const byte of piece) into[pos++] = byte;
  }
  into.fill(0x90, pos, at + bytesPerEncoding);
}

const commonFactor = (a: number, b: number): number => (b === 0 ? a : commonFactor(b, a % b));

/** `count` indices spread over a space, without the first `skip`: all of them, or a stride that visits none twice. */
export function* sample(of: Space, count: number, start = 0, skip = 0): Generator<number> {
  let stride = Math.max(1, Math.floor(of.size / count)) | 1;
  while (commonFactor(stride, of.size) > 1) stride += 2;
  let index = (start + Number((BigInt(stride) * BigInt(skip)) % BigInt(of.size))) % of.size;
  for (let i = skip; i < Math.min(count, of.size); i++) {
    yield index;
    index = (index + stride) % of.size;
  }
}
