import { GuestMemoryError } from "./errors.ts";
import { hexAddress, PAGE_BYTES } from "./page.ts";

export type RegionKind = "ram" | "rom" | "mmio";

/** One line of {@link GuestMemory.regions}. */
export interface MemoryRegion {
  readonly kind: RegionKind;
  readonly name: string;
  /** Guest-physical address of the first byte and size in bytes, both multiples of 4096. */
  readonly base: number;
  readonly size: number;
  /** Where the region starts in the linear memory; -1 for MMIO. */
  readonly hostOffset: number;
}

const ADDRESS_SPACE = 2 ** 52;

/** The guest-physical address space: disjoint page-aligned regions, sorted by base. */
export class RegionMap {
  #regions: readonly MemoryRegion[] = [];
  /** The region that answered last; accesses cluster. */
  #last: MemoryRegion | undefined;

  get all(): readonly MemoryRegion[] {
    return this.#regions;
  }

  find(gpa: number): MemoryRegion | undefined {
    const last = this.#last;
    if (last !== undefined && gpa >= last.base && gpa < last.base + last.size) return last;
    const regions = this.#regions;
    let low = 0;
    let high = regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((regions[middle] as MemoryRegion).base <= gpa) low = middle + 1;
      else high = middle;
    }
    const region = regions[low - 1];
    if (region === undefined || !(gpa < region.base + region.size)) return undefined;
    this.#last = region;
    return region;
  }

  /** The region with this byte of the linear memory. */
  findHost(hostOffset: number): MemoryRegion | undefined {
    return this.#regions.find(
      (region) =>
        region.hostOffset >= 0 && hostOffset >= region.hostOffset && hostOffset < region.hostOffset + region.size,
    );
  }

  add(region: MemoryRegion): void {
    checkRegion(region);
    for (const other of this.#regions) {
      if (region.base < other.base + other.size && other.base < region.base + region.size) {
        throw new GuestMemoryError("overlap", `${describe(region)} overlaps ${describe(other)}`);
      }
    }
    this.#regions = [...this.#regions, region].sort((a, b) => a.base - b.base);
  }

  remove(region: MemoryRegion): void {
    this.#regions = this.#regions.filter((other) => other !== region);
    this.#last = undefined;
  }
}

export function checkRegion({ kind, name, base, size }: Omit<MemoryRegion, "hostOffset">): void {
  const what = `${kind} "${name}" (base ${base}, size ${size})`;
  if (!Number.isSafeInteger(base) || !Number.isSafeInteger(size) || base < 0 || size <= 0) {
    throw new GuestMemoryError("bad-range", `${what}: base and size must be integers, base >= 0, size > 0`);
  }
  if (base % PAGE_BYTES !== 0 || size % PAGE_BYTES !== 0) {
    throw new GuestMemoryError("bad-range", `${what}: base and size must be multiples of ${PAGE_BYTES}`);
  }
  if (base + size > ADDRESS_SPACE) {
    throw new GuestMemoryError("bad-range", `${what}: ends beyond the 52-bit guest-physical address space`);
  }
}

const describe = ({ kind, name, base, size }: MemoryRegion): string =>
  `${kind} "${name}" ${hexAddress(base)}..${hexAddress(base + size - 1)}`;
