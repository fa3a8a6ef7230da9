/** Files: everything that names a path or a descriptor. The tree is read-only: writing gives EROFS. Source: man-pages 6. */
import {
  bytesFile,
  deviceFile,
  directoryFile,
  MAX_DESCRIPTORS,
  type OpenFile,
  OpenFlag,
  regularFile,
} from "../descriptors.ts";
import { Errno } from "../errno.ts";
import type { FileStat, ResolvedFile } from "../files.ts";
import type { LinuxProcess } from "../process.ts";
import { int, type SyscallTable } from "../syscall.ts";
import { readTimespec } from "./time.ts";

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const TCGETS = 0x5401;
const TIOCGWINSZ = 0x5413;
const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const S_IFMT: Record<FileStat["kind"], number> = {
  file: 0o100_000,
  directory: 0o040_000,
  symlink: 0o120_000,
  character: 0o020_000,
  pipe: 0o010_000,
};
/** Bytes that one read or write moves at most, as Linux's MAX_RW_COUNT bounds it; ours is small enough to buffer. */
const MAX_TRANSFER = 16 * 1024 * 1024;
const IOV_MAX = 1024;

/** Directory that a *at call starts from, or a negated errno. */
function startDirectory(process: LinuxProcess, dirfd: number, path: string): string | number {
  if (path.startsWith("/") || dirfd === AT_FDCWD) return process.cwd;
  const open = process.descriptors.get(dirfd);
  if (!open) return -Errno.EBADF;
  return open.entries ? open.path : -Errno.ENOTDIR;
}

function lookup(process: LinuxProcess, rawDirfd: number, pathAddress: number, flags = 0): ResolvedFile | number {
  const path = process.space.readString(pathAddress);
  if (path === undefined) return -Errno.EFAULT;
  const from = startDirectory(process, int(rawDirfd), path);
  if (typeof from === "number") return from;
  return process.files.resolve(path, from, (flags & AT_SYMLINK_NOFOLLOW) !== 0);
}

function open(process: LinuxProcess, dirfd: number, pathAddress: number, flags: number): number {
  const file = openFile(process, dirfd, pathAddress, flags);
  if (typeof file === "number") return file;
  const fd = process.descriptors.add(file);
  if (fd >= 0 && flags & OpenFlag.CloseOnExec) process.descriptors.setCloseOnExec(fd, true);
  return fd;
}

function openFile(process: LinuxProcess, dirfd: number, pathAddress: number, flags: number): OpenFile | number {
  const resolved = lookup(process, dirfd, pathAddress, flags & OpenFlag.NoFollow ? AT_SYMLINK_NOFOLLOW : 0);
  if (typeof resolved === "number")
    return resolved === -Errno.ENOENT && flags & OpenFlag.Create ? -Errno.EROFS : resolved;
  const { path, stat, content, device } = resolved;
  if (flags & OpenFlag.Create && flags & OpenFlag.Exclusive) return -Errno.EEXIST;
  if (flags & OpenFlag.Directory && stat.kind !== "directory") return -Errno.ENOTDIR;
  if (stat.kind === "symlink") return -Errno.ELOOP;
  if (device) return deviceFile(path, stat, device, flags, process.devices);
  if (flags & OpenFlag.AccessMode) return stat.kind === "directory" ? -Errno.EISDIR : -Errno.EROFS;
  if (stat.kind === "directory") {
    const names = process.files.list(path) ?? [];
    const entries = [".", "..", ...[...names].sort()].map((name) => {
      const entry = process.files.resolve(name, path, true);
      return { name, stat: typeof entry === "number" ? stat : entry.stat };
    });
    return directoryFile(path, stat, entries, flags);
  }
  if (content) return bytesFile(path, stat, content(), flags);
  const file = process.files.open(path);
  return file ? regularFile(path, stat, file, flags) : -Errno.EACCES;
}

/** How one struct stat is laid out. */
export type StatLayout = (stat: FileStat) => Uint8Array;

/** st_mode: the kind and the permissions. */
export const modeOf = (stat: FileStat): number => S_IFMT[stat.kind] | stat.permissions;

/** struct stat of x86-64 (144 bytes). */
function statBytes(stat: FileStat): Uint8Array {
  const bytes = new Uint8Array(144);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 1n, true);
  view.setBigUint64(8, BigInt(stat.inode), true);
  view.setBigUint64(16, 1n, true);
  view.setUint32(24, modeOf(stat), true);
  view.setBigUint64(48, BigInt(stat.size), true);
  view.setBigUint64(56, 4096n, true);
  view.setBigUint64(64, BigInt(Math.ceil(stat.size / 512)), true);
  for (const at of [72, 88, 104]) view.setBigUint64(at, BigInt(stat.modifiedSeconds), true);
  return bytes;
}

const putStat = (process: LinuxProcess, address: number, stat: FileStat, layout: StatLayout): number =>
  process.space.write(address, layout(stat)) ? 0 : -Errno.EFAULT;

function statOf(process: LinuxProcess, dirfd: number, pathAddress: number, flags: number): FileStat | number {
  if (flags & AT_EMPTY_PATH && (pathAddress === 0 || process.space.readString(pathAddress) === "")) {
    const file = process.descriptors.get(int(dirfd));
    if (file) return file.stat;
    if (int(dirfd) !== AT_FDCWD) return -Errno.EBADF;
    const here = process.files.resolve(".", process.cwd);
    return typeof here === "number" ? here : here.stat;
  }
  const resolved = lookup(process, dirfd, pathAddress, flags);
  return typeof resolved === "number" ? resolved : resolved.stat;
}

export function stat(
  process: LinuxProcess,
  dirfd: number,
  path: number,
  buffer: number,
  flags: number,
  layout: StatLayout,
): number {
  const found = statOf(process, dirfd, path, flags);
  return typeof found === "number" ? found : putStat(process, buffer, found, layout);
}

export function fstat(process: LinuxProcess, fd: number, buffer: number, layout: StatLayout): number {
  const file = process.descriptors.get(int(fd));
  return file ? putStat(process, buffer, file.stat, layout) : -Errno.EBADF;
}

export function read(process: LinuxProcess, fd: number, address: number, length: number, offset?: number): number {
  const file = process.descriptors.get(int(fd));
  if (!file || (file.flags & OpenFlag.AccessMode) === OpenFlag.WriteOnly) return -Errno.EBADF;
  if (offset !== undefined && !file.size) return -Errno.ESPIPE;
  if (length < 0) return -Errno.EINVAL;
  const bytes = file.read(Math.min(length, MAX_TRANSFER), offset);
  if (typeof bytes === "number") return bytes;
  return process.space.write(address, bytes) ? bytes.length : -Errno.EFAULT;
}

export function write(process: LinuxProcess, fd: number, address: number, length: number): number {
  const file = process.descriptors.get(int(fd));
  if (!file || !(file.flags & OpenFlag.AccessMode)) return -Errno.EBADF;
  if (length < 0) return -Errno.EINVAL;
  const bytes = process.space.read(address, Math.min(length, MAX_TRANSFER));
  return bytes ? file.write(bytes) : -Errno.EFAULT;
}

/** Calls `step` for each part of an iovec until one is short; all parts together move at most MAX_TRANSFER. */
export function vector(
  process: LinuxProcess,
  address: number,
  rawCount: number,
  word: 4 | 8,
  step: (base: number, length: number) => number,
): number {
  const count = int(rawCount);
  if (count < 0 || count > IOV_MAX) return -Errno.EINVAL;
  const signBit = 1n << BigInt(word * 8 - 1);
  const read = (at: number): bigint | undefined => {
    if (word === 8) return process.space.readU64(at);
    const value = process.space.readU32(at);
    return value === undefined ? undefined : BigInt(value);
  };
  let total = 0;
  for (let i = 0; i < count; i++) {
    const base = read(address + i * 2 * word);
    const length = read(address + i * 2 * word + word);
    if (base === undefined || length === undefined) return total || -Errno.EFAULT;
    if (length >= signBit) return total || -Errno.EINVAL;
    if (length === 0n) continue;
    const done = step(Number(base), Math.min(Number(length), MAX_TRANSFER - total));
    if (done < 0) return total || done;
    total += done;
    if (done < Number(length)) break;
  }
  return total;
}

function access(process: LinuxProcess, dirfd: number, path: number, mode: number): number {
  const resolved = lookup(process, dirfd, path);
  if (typeof resolved === "number") return resolved;
  if (mode & 2 && !resolved.device) return -Errno.EROFS;
  return mode & 1 && !(resolved.stat.permissions & 0o111) ? -Errno.EACCES : 0;
}

function readLink(process: LinuxProcess, dirfd: number, path: number, buffer: number, rawSize: number): number {
  const size = int(rawSize);
  if (size <= 0) return -Errno.EINVAL;
  const resolved = lookup(process, dirfd, path, AT_SYMLINK_NOFOLLOW);
  if (typeof resolved === "number") return resolved;
  const target = resolved.stat.kind === "symlink" ? process.files.link(resolved.path) : undefined;
  if (target === undefined) return -Errno.EINVAL;
  const bytes = new TextEncoder().encode(target).subarray(0, size);
  return process.space.write(buffer, bytes) ? bytes.length : -Errno.EFAULT;
}

export function seek(file: OpenFile, offset: number, rawWhence: number): number {
  if (!file.size) return -Errno.ESPIPE;
  const whence = int(rawWhence);
  const base = whence === 0 ? 0 : whence === 1 ? file.offset : whence === 2 ? file.size() : undefined;
  if (base === undefined || base + offset < 0 || base + offset > Number.MAX_SAFE_INTEGER) return -Errno.EINVAL;
  file.offset = base + offset;
  return file.offset;
}

const DIRENT_TYPE: Record<FileStat["kind"], number> = { file: 8, directory: 4, symlink: 10, character: 2, pipe: 1 };

export const readOnly = (): number => -Errno.EROFS;

export const fileSyscalls = {
  read: { number: 0, args: ["fd", "pointer", "size"], run: (p, fd, address, length) => read(p, fd, address, length) },
  write: { number: 1, args: ["fd", "pointer", "size"], run: (p, fd, address, length) => write(p, fd, address, length) },
  open: { number: 2, args: ["path", "hex", "octal"], run: (p, path, flags) => open(p, AT_FDCWD, path, flags) },
  openat: {
    number: 257,
    args: ["dirfd", "path", "hex", "octal"],
    run: (p, dirfd, path, flags) => open(p, dirfd, path, flags),
  },
  close: { number: 3, args: ["fd"], run: (p, fd) => (p.descriptors.close(int(fd)) ? 0 : -Errno.EBADF) },
  stat: {
    number: 4,
    args: ["path", "pointer"],
    run: (p, path, buffer) => stat(p, AT_FDCWD, path, buffer, 0, statBytes),
  },
  fstat: {
    number: 5,
    args: ["fd", "pointer"],
    run: (p, fd, buffer) => fstat(p, fd, buffer, statBytes),
  },
  lstat: {
    number: 6,
    args: ["path", "pointer"],
    run: (p, path, buffer) => stat(p, AT_FDCWD, path, buffer, AT_SYMLINK_NOFOLLOW, statBytes),
  },
  newfstatat: {
    number: 262,
    args: ["dirfd", "path", "pointer", "hex"],
    run: (p, dirfd, path, buffer, flags) => stat(p, dirfd, path, buffer, flags, statBytes),
  },
  statx: {
    number: 332,
    args: ["dirfd", "path", "hex", "hex", "pointer"],
    run(p, dirfd, path, flags, _mask, buffer) {
      const found = statOf(p, dirfd, path, flags);
      if (typeof found === "number") return found;
      const bytes = new Uint8Array(256);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0x7ff, true);
      view.setUint32(4, 4096, true);
      view.setUint32(16, 1, true);
      view.setUint16(28, modeOf(found), true);
      view.setBigUint64(32, BigInt(found.inode), true);
      view.setBigUint64(40, BigInt(found.size), true);
      view.setBigUint64(48, BigInt(Math.ceil(found.size / 512)), true);
      for (const at of [64, 80, 96, 112]) view.setBigInt64(at, BigInt(found.modifiedSeconds), true);
      return p.space.write(buffer, bytes) ? 0 : -Errno.EFAULT;
    },
  },
  lseek: {
    number: 8,
    args: ["fd", "size", "int"],
    run(p, fd, offset, whence) {
      const file = p.descriptors.get(int(fd));
      return file ? seek(file, offset, whence) : -Errno.EBADF;
    },
  },
  pread64: {
    number: 17,
    args: ["fd", "pointer", "size", "size"],
    run: (p, fd, address, length, offset) => (offset < 0 ? -Errno.EINVAL : read(p, fd, address, length, offset)),
  },
  readv: {
    number: 19,
    args: ["fd", "pointer", "int"],
    run: (p, fd, iov, count) => vector(p, iov, count, 8, (base, length) => read(p, fd, base, length)),
  },
  writev: {
    number: 20,
    args: ["fd", "pointer", "int"],
    run: (p, fd, iov, count) => vector(p, iov, count, 8, (base, length) => write(p, fd, base, length)),
  },
  access: { number: 21, args: ["path", "octal"], run: (p, path, mode) => access(p, AT_FDCWD, path, mode) },
  faccessat: {
    number: 269,
    args: ["dirfd", "path", "octal"],
    run: (p, dirfd, path, mode) => access(p, dirfd, path, mode),
  },
  faccessat2: {
    number: 439,
    args: ["dirfd", "path", "octal", "hex"],
    run: (p, dirfd, path, mode) => access(p, dirfd, path, mode),
  },
  dup: {
    number: 32,
    args: ["fd"],
    run(p, fd) {
      const file = p.descriptors.get(int(fd));
      return file ? p.descriptors.add(file) : -Errno.EBADF;
    },
  },
  dup2: {
    number: 33,
    args: ["fd", "fd"],
    run(p, rawFrom, rawTo) {
      const [from, to] = [int(rawFrom), int(rawTo)];
      const file = p.descriptors.get(from);
      if (!file || to < 0 || to >= MAX_DESCRIPTORS) return -Errno.EBADF;
      if (from !== to) p.descriptors.replace(to, file);
      return to;
    },
  },
  dup3: {
    number: 292,
    args: ["fd", "fd", "hex"],
    run(p, rawFrom, rawTo, flags) {
      const [from, to] = [int(rawFrom), int(rawTo)];
      const file = p.descriptors.get(from);
      if (from === to) return -Errno.EINVAL;
      if (!file || to < 0 || to >= MAX_DESCRIPTORS) return -Errno.EBADF;
      p.descriptors.replace(to, file);
      p.descriptors.setCloseOnExec(to, (flags & OpenFlag.CloseOnExec) !== 0);
      return to;
    },
  },
  fcntl: {
    number: 72,
    args: ["fd", "int", "hex"],
    run(p, rawFd, command, argument) {
      const fd = int(rawFd);
      const file = p.descriptors.get(fd);
      if (!file) return -Errno.EBADF;
      switch (int(command)) {
        case F_DUPFD:
          return p.descriptors.add(file, int(argument));
        case F_DUPFD_CLOEXEC: {
          const made = p.descriptors.add(file, int(argument));
          if (made >= 0) p.descriptors.setCloseOnExec(made, true);
          return made;
        }
        case F_GETFD:
          return p.descriptors.isCloseOnExec(fd) ? 1 : 0;
        case F_SETFD:
          p.descriptors.setCloseOnExec(fd, (argument & 1) !== 0);
          return 0;
        case F_GETFL:
          return file.flags & ~OpenFlag.CloseOnExec;
        case F_SETFL:
          file.flags = (file.flags & OpenFlag.AccessMode) | (argument & (OpenFlag.Append | OpenFlag.NonBlock));
          return 0;
        default:
          return -Errno.EINVAL;
      }
    },
  },
  ioctl: {
    number: 16,
    args: ["fd", "hex", "pointer"],
    run(p, fd, request, address) {
      const file = p.descriptors.get(int(fd));
      if (!file) return -Errno.EBADF;
      if (!file.terminal) return -Errno.ENOTTY;
      // struct termios of the kernel: icrnl ixon; opost onlcr; 38400 cs8 cread; isig icanon echo…
      if (request === TCGETS) {
        const bytes = new Uint8Array(36);
        const view = new DataView(bytes.buffer);
        [0x500, 0x5, 0xbf, 0x8a3b].forEach((word, index) => void view.setUint32(index * 4, word, true));
        return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
      }
      if (request === TIOCGWINSZ) {
        const { rows, columns } = p.terminalSize;
        const bytes = new Uint8Array(8);
        const view = new DataView(bytes.buffer);
        view.setUint16(0, rows, true);
        view.setUint16(2, columns, true);
        return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
      }
      return -Errno.ENOTTY;
    },
  },
  getdents64: {
    number: 217,
    args: ["fd", "pointer", "size"],
    run(p, fd, address, size) {
      const file = p.descriptors.get(int(fd));
      if (!file) return -Errno.EBADF;
      if (!file.entries) return -Errno.ENOTDIR;
      const encoder = new TextEncoder();
      const parts: Uint8Array[] = [];
      let total = 0;
      for (; file.offset < file.entries.length; file.offset++) {
        const { name, stat: entry } = file.entries[file.offset]!;
        const text = encoder.encode(name);
        const length = (19 + text.length + 1 + 7) & ~7;
        if (total + length > size) break;
        const bytes = new Uint8Array(length);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(0, BigInt(entry.inode), true);
        view.setBigUint64(8, BigInt(file.offset + 1), true);
        view.setUint16(16, length, true);
        bytes[18] = DIRENT_TYPE[entry.kind];
        bytes.set(text, 19);
        parts.push(bytes);
        total += length;
      }
      if (total === 0) return file.offset < file.entries.length ? -Errno.EINVAL : 0;
      const all = new Uint8Array(total);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return p.space.write(address, all) ? total : -Errno.EFAULT;
    },
  },
  getcwd: {
    number: 79,
    args: ["pointer", "size"],
    run(p, address, size) {
      const bytes = new TextEncoder().encode(`${p.cwd}\0`);
      if (bytes.length > size) return -Errno.ERANGE;
      return p.space.write(address, bytes) ? bytes.length : -Errno.EFAULT;
    },
  },
  chdir: {
    number: 80,
    args: ["path"],
    run(p, path) {
      const resolved = lookup(p, AT_FDCWD, path);
      if (typeof resolved === "number") return resolved;
      if (resolved.stat.kind !== "directory") return -Errno.ENOTDIR;
      p.cwd = resolved.path;
      return 0;
    },
  },
  readlink: {
    number: 89,
    args: ["path", "pointer", "size"],
    run: (p, path, buffer, size) => readLink(p, AT_FDCWD, path, buffer, size),
  },
  readlinkat: {
    number: 267,
    args: ["dirfd", "path", "pointer", "size"],
    run: (p, dirfd, path, buffer, size) => readLink(p, dirfd, path, buffer, size),
  },
  statfs: { number: 137, args: ["path", "pointer"], run: () => -Errno.ENOSYS },
  fadvise64: { number: 221, args: ["fd", "int", "size", "int"], run: () => 0 },
  fsync: { number: 74, args: ["fd"], run: () => 0 },
  umask: { number: 95, args: ["octal"], run: () => 0o022 },
  ftruncate: { number: 77, args: ["fd", "int"], run: readOnly },
  rename: { number: 82, args: ["path", "path"], run: readOnly },
  mkdir: { number: 83, args: ["path", "octal"], run: readOnly },
  rmdir: { number: 84, args: ["path"], run: readOnly },
  unlink: { number: 87, args: ["path"], run: readOnly },
  unlinkat: { number: 263, args: ["dirfd", "path", "hex"], run: readOnly },
  mkdirat: { number: 258, args: ["dirfd", "path", "octal"], run: readOnly },
  chmod: { number: 90, args: ["path", "octal"], run: readOnly },
  fchmod: { number: 91, args: ["fd", "octal"], run: readOnly },
  fchown: { number: 93, args: ["fd", "int", "int"], run: readOnly },
  utimensat: { number: 280, args: ["dirfd", "path", "pointer", "hex"], run: readOnly },
  poll: {
    number: 7,
    args: ["pointer", "size", "int"],
    run(p, fds, count, timeout) {
      const ms = int(timeout);
      return poll(p, fds, count, ms < 0 ? undefined : BigInt(ms) * 1_000_000n);
    },
  },
  ppoll: {
    number: 271,
    args: ["pointer", "size", "pointer", "pointer", "size"],
    run(p, fds, count, timeout) {
      const ns = timeout === 0 ? undefined : readTimespec(p, timeout, 8);
      return typeof ns === "number" ? ns : poll(p, fds, count, ns);
    },
  },
  pipe2: { number: 293, args: ["pointer", "hex"], run: () => -Errno.ENOSYS },
  socket: { number: 41, args: ["int", "int", "int"], run: () => -Errno.EAFNOSUPPORT },
} as const satisfies SyscallTable;

/** Every open file is always ready: reads from standard input block in the host. Without one, only time passes. */
export function poll(
  process: LinuxProcess,
  address: number,
  count: number,
  timeoutNs: bigint | undefined,
): number | undefined {
  if (count < 0 || count > 1024) return -Errno.EINVAL;
  const bytes = process.space.read(address, count * 8);
  if (!bytes) return -Errno.EFAULT;
  const view = new DataView(bytes.buffer);
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const fd = view.getInt32(i * 8, true);
    const wanted = view.getUint16(i * 8 + 4, true);
    const POLLNVAL = 0x20;
    const got = fd < 0 ? 0 : process.descriptors.get(fd) ? wanted & 5 : POLLNVAL;
    view.setUint16(i * 8 + 6, got, true);
    if (got) ready++;
  }
  if (!process.space.write(address, bytes)) return -Errno.EFAULT;
  if (ready > 0) return ready;
  const untilNs = timeoutNs === undefined ? undefined : process.time.monotonicNs() + timeoutNs;
  return process.wait({
    what: "poll with nothing that can become ready",
    timeoutResult: 0,
    ...(untilNs === undefined ? {} : { untilNs }),
  });
}
