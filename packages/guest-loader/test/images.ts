/** Hand-built images for the tests. Offsets: gABI 4.1 figures 4-3 and 5-1; Multiboot 0.6.96 §3.1. */
export interface Segment {
  readonly offset?: number;
  readonly virtual: number | bigint;
  readonly physical?: number | bigint;
  readonly fileSize?: number;
  readonly memorySize?: number | bigint;
  /** p_type; 1, PT_LOAD, by default. */
  readonly type?: number;
}

export interface Elf {
  readonly bits?: 32 | 64;
  readonly type?: number;
  readonly machine?: number;
  readonly entry?: number | bigint;
  readonly segments?: readonly Segment[];
  readonly length?: number;
}

export function elf({
  bits = 64,
  type = 2,
  machine,
  entry = 0x10_0000,
  segments = [{ virtual: 0x10_0000 }],
  length = 0x1000,
}: Elf): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const wide = bits === 64;
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine ?? (wide ? 62 : 3), true);
  if (wide) view.setBigUint64(24, BigInt(entry), true);
  else view.setUint32(24, Number(entry), true);
  if (wide) view.setBigUint64(32, 64n, true);
  else view.setUint32(28, 52, true);
  const [size, tail, first] = wide ? [56, 54, 64] : [32, 42, 52];
  view.setUint16(tail, size, true);
  view.setUint16(tail + 2, segments.length, true);
  segments.forEach((segment, index) => {
    const at = first + index * size;
    const { offset = 0x200, virtual, physical = virtual, fileSize = 0x100, memorySize = fileSize } = segment;
    view.setUint32(at, segment.type ?? 1, true);
    if (wide) {
      view.setUint32(at + 4, 7, true);
      [offset, virtual, physical, fileSize, memorySize].forEach(
        (word, i) => void view.setBigUint64(at + 8 + i * 8, BigInt(word), true),
      );
    } else
      [offset, virtual, physical, fileSize, memorySize].forEach(
        (word, i) => void view.setUint32(at + 4 + i * 4, Number(word), true),
      );
  });
  return bytes;
}

/** Puts a multiboot header at `at`; `addresses`: header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr. */
export function withMultiboot(bytes: Uint8Array, at: number, flags = 0, addresses?: readonly number[]): Uint8Array {
  const view = new DataView(bytes.buffer);
  const all = addresses ? flags | 0x1_0000 : flags;
  view.setUint32(at, 0x1bad_b002, true);
  view.setUint32(at + 4, all, true);
  view.setUint32(at + 8, -(0x1bad_b002 + all), true);
  addresses?.forEach((address, index) => void view.setUint32(at + 12 + index * 4, address, true));
  return bytes;
}

export function bootSector(sectors = 1): Uint8Array {
  const bytes = new Uint8Array(sectors * 512);
  bytes.set([0xeb, 0xfe]);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

/** A note as ELF stores it (gABI 4.1, "Note Section"): sizes, type, name and description, each padded to four bytes. */
export function note(name: string, type: number, description: Uint8Array): Uint8Array {
  const up = (size: number): number => Math.ceil(size / 4) * 4;
  const text = new TextEncoder().encode(`${name}\0`);
  const bytes = new Uint8Array(12 + up(text.length) + up(description.length));
  const view = new DataView(bytes.buffer);
  [text.length, description.length, type].forEach((word, index) => void view.setUint32(index * 4, word, true));
  bytes.set(text, 12);
  bytes.set(description, 12 + up(text.length));
  return bytes;
}

/** An ELF64 kernel at 16 MiB whose note says where its PVH entry is. */
export function pvhElf(entry: Uint8Array | number, options: { name?: string; type?: number } = {}): Uint8Array {
  const description = typeof entry === "number" ? new Uint8Array(new Uint32Array([entry]).buffer) : entry;
  const bytes = note(options.name ?? "Xen", options.type ?? 18, description);
  const image = elf({
    entry: 0xffff_ffff_8100_0000n,
    segments: [
      { virtual: 0xffff_ffff_8100_0000n, physical: 0x100_0000, offset: 0x200, fileSize: 0x400, memorySize: 0x3000 },
      { virtual: 0, offset: 0x800, fileSize: bytes.length, type: 4 },
    ],
  });
  image.set(bytes, 0x800);
  return image;
}

/** A bzImage of `kernel` bytes behind `setupSects` sectors, with a setup header of protocol 2.15; `change` may spoil it. */
export function bzImage(change: (view: DataView) => void = () => {}, kernel = 0x1000, setupSects = 4): Uint8Array {
  const start = (setupSects + 1) * 512;
  const bytes = new Uint8Array(start + kernel);
  const view = new DataView(bytes.buffer);
  bytes.fill(0x90, start);
  view.setUint8(0x1f1, setupSects);
  view.setUint32(0x1f4, kernel / 16, true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint8(0x200, 0xeb);
  view.setUint8(0x201, 0x66);
  bytes.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint16(0x206, 0x20f, true);
  view.setUint8(0x211, 1);
  view.setUint32(0x214, 0x10_0000, true);
  view.setUint32(0x22c, 0x7fff_ffff, true);
  view.setUint32(0x230, 0x20_0000, true);
  view.setUint8(0x234, 1);
  view.setUint16(0x236, 0x3f, true);
  view.setUint32(0x238, 2047, true);
  view.setBigUint64(0x258, 0x100_0000n, true);
  view.setUint32(0x260, 0x20_0000, true);
  change(view);
  return bytes;
}
