/**
 * The memory map that a boot protocol hands over, and the placement of what a loader puts beside an image.
 *
 * Sources: ACPI 6.5 §15 (address range types, as INT 15h E820 reports them); IBM PC BIOS convention (EBDA below 640 KiB, ROM and tables from 0xe0000).
 */
import { ImageError, type ImageSegment } from "./guest-image.ts";

/** ACPI 6.5 table 15.1. */
export const MemoryType = { Ram: 1, Reserved: 2, AcpiTables: 3, AcpiNvs: 4 } as const;
export type MemoryType = (typeof MemoryType)[keyof typeof MemoryType];

export interface MemoryRange {
  /** Guest-physical. */
  readonly address: number;
  readonly size: number;
  readonly type: MemoryType;
}

/** What RAM of `memorySize` bytes from address 0 looks like on a PC without firmware of its own. */
export function pcMemoryMap(memorySize: number): readonly MemoryRange[] {
  const map: MemoryRange[] = [
    { address: 0, size: Math.min(memorySize, 0x9_fc00), type: MemoryType.Ram },
    { address: 0xe_0000, size: 0x2_0000, type: MemoryType.Reserved },
  ];
  if (memorySize > 0x10_0000) map.push({ address: 0x10_0000, size: memorySize - 0x10_0000, type: MemoryType.Ram });
  return map;
}

/**
 * Highest page-aligned place of `size` bytes below `limit` in RAM of the map that no segment touches.
 * @throws ImageError `no-memory`, naming `what`
 */
export function placeHigh(
  what: string,
  size: number,
  { segments, map, limit }: { segments: readonly ImageSegment[]; map: readonly MemoryRange[]; limit: number },
): number {
  const pageDown = (address: number): number => Math.floor(address / 0x1000) * 0x1000;
  const ram = map.filter(({ type }) => type === MemoryType.Ram).sort((a, b) => b.address - a.address);
  for (const range of ram) {
    let at = pageDown(Math.min(range.address + range.size, limit) - size);
    while (at >= range.address) {
      const top = at;
      const inTheWay = segments.find((s) => top < s.address + s.memorySize && s.address < top + size);
      if (!inTheWay) return at;
      at = pageDown(inTheWay.address - size);
    }
  }
  throw new ImageError(
    "no-memory",
    `${what} needs ${size} contiguous bytes of RAM below 0x${limit.toString(16)}; beside the kernel there are none`,
  );
}
