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
