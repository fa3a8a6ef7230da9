/** A raw disk image of the host as a backend for a virtio disk. The file changes only when the access is `rw`. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import type { MachineDisk } from "hvm-machine";
import { CliError, ExitCode } from "../cli/exit-codes.ts";

export type DiskAccess = "ro" | "rw" | "snapshot";

export interface OpenDisk extends MachineDisk {
  readonly access: DiskAccess;
  close(): void;
}

const SECTOR = 512;
/** Unit of what a snapshot keeps in memory. */
const CHUNK = 64 * 1024;
/** Chunks that a snapshot keeps, 4 GiB in all: beyond it the guest gets I/O errors. */
const MAX_CHUNKS = 65_536;
/** First bytes of formats that are no raw images (QEMU's qcow2, VirtualBox's VDI, VMware's sparse VMDK). */
const FOREIGN: readonly (readonly [string, string])[] = [
  ["QFI\xfb", "qcow2"],
  ["KDMV", "VMDK"],
  ["<<< ", "VDI"],
  ["conectix", "VHD"],
];

/** @throws CliError for files that cannot be opened, or are no raw image of whole sectors */
export function openDisk(path: string, access: DiskAccess): OpenDisk {
  const bad = (why: string, hint: string): CliError => new CliError(ExitCode.BadImage, `disk ${path}: ${why}`, hint);
  let fd: number;
  try {
    fd = openSync(path, access === "rw" ? "r+" : "r");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CliError(ExitCode.NoInput, `disk ${path}: ${code}`, "check the path and its permissions");
  }
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw bad(stat.isDirectory() ? "a folder; a file expected" : "no regular file", "is it a disk image?");
  }
  const { size } = stat;
  const head = Buffer.alloc(8);
  readSync(fd, head, 0, 8, 0);
  const foreign = FOREIGN.find(([magic]) => head.toString("latin1").startsWith(magic));
  if (foreign) {
    closeSync(fd);
    throw bad(`a ${foreign[1]} image; raw expected`, "convert it: qemu-img convert -O raw");
  }
  if (size === 0 || size % SECTOR !== 0) {
    closeSync(fd);
    throw bad(`${size} bytes; a multiple of ${SECTOR} expected`, "is it a disk image?");
  }
  const sectors = size / SECTOR;
  const readFile = (at: number, length: number): Uint8Array | undefined => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = readSync(fd, bytes, done, length - done, at + done);
      if (count === 0) return undefined;
      done += count;
    }
    return bytes;
  };
  const close = (): void => closeSync(fd);
  if (access === "snapshot") return { access, backend: snapshot(sectors, readFile), close };
  return {
    access,
    backend: {
      sectors,
      readOnly: access === "ro",
      readSectors: (sector, count) => guarded(() => readFile(sector * SECTOR, count * SECTOR)),
      writeSectors: (sector, bytes) =>
        access === "rw" && guarded(() => writeSync(fd, bytes, 0, bytes.length, sector * SECTOR)) === bytes.length,
      flush: () => guarded(() => fsyncSync(fd) ?? true) === true,
    },
    close,
  };
}

/** The host's I/O errors are the guest's. */
function guarded<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function snapshot(
  sectors: number,
  readFile: (at: number, length: number) => Uint8Array | undefined,
): MachineDisk["backend"] {
  const written = new Map<number, Uint8Array>();
  const end = sectors * SECTOR;
  const chunkAt = (index: number): Uint8Array | undefined =>
    written.get(index) ?? guarded(() => readFile(index * CHUNK, Math.min(CHUNK, end - index * CHUNK)));
  /** Calls `part` for the piece of every chunk that the range touches; false stops. */
  const pieces = (
    at: number,
    length: number,
    part: (index: number, offset: number, done: number, count: number) => boolean,
  ): boolean => {
    for (let done = 0; done < length; ) {
      const index = Math.floor((at + done) / CHUNK);
      const offset = (at + done) % CHUNK;
      const count = Math.min(CHUNK - offset, length - done);
      if (!part(index, offset, done, count)) return false;
      done += count;
    }
    return true;
  };
  return {
    sectors,
    readSectors(sector, count) {
      const bytes = new Uint8Array(count * SECTOR);
      const whole = pieces(sector * SECTOR, bytes.length, (index, offset, done, length) => {
        const chunk = chunkAt(index);
        if (chunk) bytes.set(chunk.subarray(offset, offset + length), done);
        return chunk !== undefined;
      });
      return whole ? bytes : undefined;
    },
    writeSectors: (sector, bytes) =>
      pieces(sector * SECTOR, bytes.length, (index, offset, done, length) => {
        const chunk = chunkAt(index);
        if (!chunk || (!written.has(index) && written.size >= MAX_CHUNKS)) return false;
        chunk.set(bytes.subarray(done, done + length), offset);
        written.set(index, chunk);
        return true;
      }),
  };
}
