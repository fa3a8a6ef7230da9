/** A disk image in memory. */
import type { MachineDisk } from "hvm-machine";

const SECTOR_BYTES = 512;

export function memoryDisk(image: Uint8Array): MachineDisk {
  const sectors = Math.ceil(image.length / SECTOR_BYTES);
  const bytes = new Uint8Array(sectors * SECTOR_BYTES);
  bytes.set(image);
  return {
    backend: {
      sectors,
      readSectors: (sector, count) => bytes.slice(sector * SECTOR_BYTES, (sector + count) * SECTOR_BYTES),
      writeSectors(sector, content) {
        bytes.set(content, sector * SECTOR_BYTES);
        return true;
      },
    },
  };
}
