/** i386 calls on files: 32-bit words in structures, 64-bit offsets as two registers. Source: syscall_32.tbl; uapi asm/stat.h. */
import { Errno } from "../../errno.ts";
import type { FileStat } from "../../files.ts";
import { int, type SyscallTable } from "../../syscall.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  fileSyscalls as amd64,
  fstat,
  modeOf,
  poll,
  read,
  readOnly,
  seek,
  stat,
  vector,
  write,
} from "../files.ts";
import { readTimespec } from "../time.ts";

/** Two registers, the low half first. */
const offset64 = (low: number, high: number): number => Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));

/** struct stat64 (96 bytes). */
function stat64(stat: FileStat): Uint8Array {
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 1n, true);
  view.setUint32(12, stat.inode, true);
  view.setUint32(16, modeOf(stat), true);
  view.setUint32(20, 1, true);
  view.setBigInt64(44, BigInt(stat.size), true);
  view.setUint32(52, 4096, true);
  view.setBigUint64(56, BigInt(Math.ceil(stat.size / 512)), true);
  for (const at of [64, 72, 80]) view.setUint32(at, stat.modifiedSeconds, true);
  view.setBigUint64(88, BigInt(stat.inode), true);
  return bytes;
}

/** struct stat of calls 106 to 108 (64 bytes). */
function stat32(stat: FileStat): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1, true);
  view.setUint32(4, stat.inode, true);
  view.setUint16(8, modeOf(stat), true);
  view.setUint16(10, 1, true);
  view.setUint32(20, stat.size, true);
  view.setUint32(24, 4096, true);
  view.setUint32(28, Math.ceil(stat.size / 512), true);
  for (const at of [32, 40, 48]) view.setUint32(at, stat.modifiedSeconds, true);
  return bytes;
}

const SOCKETCALL_SOCKET = 1;

export const i386FileSyscalls = {
  read: { ...amd64.read, number: 3 },
  write: { ...amd64.write, number: 4 },
  open: { ...amd64.open, number: 5 },
  close: { ...amd64.close, number: 6 },
  unlink: { ...amd64.unlink, number: 10 },
  chdir: { ...amd64.chdir, number: 12 },
  chmod: { ...amd64.chmod, number: 15 },
  lseek: {
    number: 19,
    args: ["fd", "int", "int"],
    run(p, fd, offset, whence) {
      const file = p.descriptors.get(int(fd));
      if (!file) return -Errno.EBADF;
      const result = seek(file, int(offset), whence);
      return result > 0x7fff_ffff ? -Errno.EOVERFLOW : result;
    },
  },
  access: { ...amd64.access, number: 33 },
  rename: { ...amd64.rename, number: 38 },
  mkdir: { ...amd64.mkdir, number: 39 },
  rmdir: { ...amd64.rmdir, number: 40 },
  dup: { ...amd64.dup, number: 41 },
  ioctl: { ...amd64.ioctl, number: 54 },
  fcntl: { ...amd64.fcntl, number: 55 },
  umask: { ...amd64.umask, number: 60 },
  dup2: { ...amd64.dup2, number: 63 },
  readlink: { ...amd64.readlink, number: 85 },
  ftruncate: { ...amd64.ftruncate, number: 93 },
  fchmod: { ...amd64.fchmod, number: 94 },
  statfs: { ...amd64.statfs, number: 99 },
  /** Every call on sockets by one number; there are none. */
  socketcall: {
    number: 102,
    args: ["int", "pointer"],
    run: (_p, call) => (int(call) === SOCKETCALL_SOCKET ? -Errno.EAFNOSUPPORT : -Errno.EBADF),
  },
  stat: { number: 106, args: ["path", "pointer"], run: (p, path, at) => stat(p, AT_FDCWD, path, at, 0, stat32) },
  lstat: {
    number: 107,
    args: ["path", "pointer"],
    run: (p, path, at) => stat(p, AT_FDCWD, path, at, AT_SYMLINK_NOFOLLOW, stat32),
  },
  fstat: { number: 108, args: ["fd", "pointer"], run: (p, fd, at) => fstat(p, fd, at, stat32) },
  fsync: { ...amd64.fsync, number: 118 },
  _llseek: {
    number: 140,
    args: ["fd", "hex", "hex", "pointer", "int"],
    run(p, fd, high, low, result, whence) {
      const file = p.descriptors.get(int(fd));
      if (!file) return -Errno.EBADF;
      const at = seek(file, offset64(low, high), whence);
      if (at < 0) return at;
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(at), true);
      return p.space.write(result, bytes) ? 0 : -Errno.EFAULT;
    },
  },
  readv: {
    number: 145,
    args: ["fd", "pointer", "int"],
    run: (p, fd, iov, count) => vector(p, iov, count, 4, (base, length) => read(p, fd, base, length)),
  },
  writev: {
    number: 146,
    args: ["fd", "pointer", "int"],
    run: (p, fd, iov, count) => vector(p, iov, count, 4, (base, length) => write(p, fd, base, length)),
  },
  poll: { ...amd64.poll, number: 168 },
  pread64: {
    number: 180,
    args: ["fd", "pointer", "size", "hex", "hex"],
    run(p, fd, address, length, low, high) {
      const offset = offset64(low, high);
      return offset < 0 ? -Errno.EINVAL : read(p, fd, address, length, offset);
    },
  },
  getcwd: { ...amd64.getcwd, number: 183 },
  ftruncate64: { number: 194, args: ["fd", "hex", "hex"], run: readOnly },
  stat64: { number: 195, args: ["path", "pointer"], run: (p, path, at) => stat(p, AT_FDCWD, path, at, 0, stat64) },
  lstat64: {
    number: 196,
    args: ["path", "pointer"],
    run: (p, path, at) => stat(p, AT_FDCWD, path, at, AT_SYMLINK_NOFOLLOW, stat64),
  },
  fstat64: { number: 197, args: ["fd", "pointer"], run: (p, fd, at) => fstat(p, fd, at, stat64) },
  fchown32: { ...amd64.fchown, number: 207 },
  getdents64: { ...amd64.getdents64, number: 220 },
  /** The commands here take no structure: the same as fcntl. */
  fcntl64: { ...amd64.fcntl, number: 221 },
  fadvise64: { ...amd64.fadvise64, number: 250 },
  statfs64: { number: 268, args: ["path", "size", "pointer"], run: () => -Errno.ENOSYS },
  fadvise64_64: { number: 272, args: ["fd", "hex", "hex", "hex", "hex", "int"], run: () => 0 },
  openat: { ...amd64.openat, number: 295 },
  mkdirat: { ...amd64.mkdirat, number: 296 },
  fstatat64: {
    number: 300,
    args: ["dirfd", "path", "pointer", "hex"],
    run: (p, dirfd, path, at, flags) => stat(p, dirfd, path, at, flags, stat64),
  },
  unlinkat: { ...amd64.unlinkat, number: 301 },
  readlinkat: { ...amd64.readlinkat, number: 305 },
  faccessat: { ...amd64.faccessat, number: 307 },
  ppoll: {
    number: 309,
    args: ["pointer", "size", "pointer", "pointer", "size"],
    run(p, fds, count, timeout) {
      const ns = timeout === 0 ? undefined : readTimespec(p, timeout, 4);
      return typeof ns === "number" ? ns : poll(p, fds, count, ns);
    },
  },
  utimensat: { ...amd64.utimensat, number: 320 },
  dup3: { ...amd64.dup3, number: 330 },
  pipe2: { ...amd64.pipe2, number: 331 },
  socket: { ...amd64.socket, number: 359 },
  statx: { ...amd64.statx, number: 383 },
  utimensat_time64: { ...amd64.utimensat, number: 412 },
  ppoll_time64: { ...amd64.ppoll, number: 414 },
  faccessat2: { ...amd64.faccessat2, number: 439 },
} as const satisfies SyscallTable;
