/** File descriptors: what read, write and lseek do on each kind of open file. Results below zero are negated errnos. */
import { Errno } from "./errno.ts";
import type { FileStat, HostFile, SyntheticDevice } from "./files.ts";

/** open(2) flags of x86-64 Linux. */
export const OpenFlag = {
  AccessMode: 0o3,
  WriteOnly: 0o1,
  ReadWrite: 0o2,
  Create: 0o100,
  Exclusive: 0o200,
  Truncate: 0o1000,
  Append: 0o2000,
  NonBlock: 0o4000,
  Directory: 0o200_000,
  NoFollow: 0o400_000,
  CloseOnExec: 0o2_000_000,
  Path: 0o10_000_000,
} as const;

export interface OpenFile {
  readonly path: string;
  readonly stat: FileStat;
  /** O_… flags of fcntl(F_GETFL). */
  flags: number;
  offset: number;
  /** Up to `length` bytes; empty at the end. */
  read(length: number, offset?: number): Uint8Array | number;
  write(bytes: Uint8Array): number;
  /** Undefined: not seekable. */
  readonly size?: () => number;
  readonly entries?: readonly { readonly name: string; readonly stat: FileStat }[];
  /** For mmap. */
  readonly file?: HostFile;
  readonly terminal?: boolean;
}

export const MAX_DESCRIPTORS = 1024;

export class Descriptors {
  private readonly table: (OpenFile | undefined)[] = [];
  private readonly closeOnExec = new Set<number>();

  get(fd: number): OpenFile | undefined {
    return this.table[fd];
  }

  /** Lowest free descriptor at or above `from` (0–1023, −EINVAL otherwise), or −EMFILE. */
  add(file: OpenFile, from = 0): number {
    if (!(from >= 0 && from < MAX_DESCRIPTORS)) return -Errno.EINVAL;
    for (let fd = from; fd < MAX_DESCRIPTORS; fd++)
      if (!this.table[fd]) {
        this.table[fd] = file;
        return fd;
      }
    return -Errno.EMFILE;
  }

  replace(fd: number, file: OpenFile): void {
    this.table[fd] = file;
    this.closeOnExec.delete(fd);
  }

  close(fd: number): boolean {
    if (!this.table[fd]) return false;
    this.table[fd] = undefined;
    this.closeOnExec.delete(fd);
    return true;
  }

  isCloseOnExec(fd: number): boolean {
    return this.closeOnExec.has(fd);
  }

  setCloseOnExec(fd: number, on: boolean): void {
    if (on) this.closeOnExec.add(fd);
    else this.closeOnExec.delete(fd);
  }
}

const EMPTY = new Uint8Array(0);

export function regularFile(path: string, stat: FileStat, file: HostFile, flags: number): OpenFile {
  return {
    path,
    stat: { ...stat, size: file.size },
    flags,
    offset: 0,
    file,
    size: () => file.size,
    read(length, offset) {
      const bytes = file.read(offset ?? this.offset, length);
      if (offset === undefined) this.offset += bytes.length;
      return bytes;
    },
    write: () => -Errno.EBADF,
  };
}

export function bytesFile(path: string, stat: FileStat, bytes: Uint8Array, flags: number): OpenFile {
  return regularFile(
    path,
    stat,
    { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) },
    flags,
  );
}

export function directoryFile(
  path: string,
  stat: FileStat,
  entries: readonly { readonly name: string; readonly stat: FileStat }[],
  flags: number,
): OpenFile {
  return {
    path,
    stat,
    flags,
    offset: 0,
    entries,
    size: () => entries.length,
    read: () => -Errno.EISDIR,
    write: () => -Errno.EBADF,
  };
}

export interface DeviceBackends {
  readonly stdin: (length: number) => Uint8Array;
  readonly stdout: (bytes: Uint8Array) => void;
  readonly random: (length: number) => Uint8Array;
}

export function deviceFile(
  path: string,
  stat: FileStat,
  device: SyntheticDevice,
  flags: number,
  backends: DeviceBackends,
): OpenFile {
  const reads: Record<SyntheticDevice, (length: number) => Uint8Array> = {
    null: () => EMPTY,
    zero: (length) => new Uint8Array(length),
    full: (length) => new Uint8Array(length),
    random: backends.random,
    tty: backends.stdin,
  };
  return {
    path,
    stat,
    flags,
    offset: 0,
    terminal: device === "tty",
    read: (length) => reads[device](length),
    write(bytes) {
      if (device === "full") return -Errno.ENOSPC;
      if (device === "tty") backends.stdout(bytes);
      return bytes.length;
    },
  };
}

/** Standard input, output and error: a pipe or a terminal, as the host says. */
export function streamFile(
  path: string,
  options: {
    readonly terminal: boolean;
    readonly read?: (length: number) => Uint8Array;
    readonly write?: (bytes: Uint8Array) => void;
  },
): OpenFile {
  const { read, write } = options;
  return {
    path,
    stat: { kind: options.terminal ? "character" : "pipe", size: 0, permissions: 0o620, inode: 3, modifiedSeconds: 0 },
    flags: read ? 0 : OpenFlag.WriteOnly,
    offset: 0,
    terminal: options.terminal,
    read: (length) => (read ? read(length) : -Errno.EBADF),
    write(bytes) {
      if (!write) return -Errno.EBADF;
      write(bytes);
      return bytes.length;
    },
  };
}
