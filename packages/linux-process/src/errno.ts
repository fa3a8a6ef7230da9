/** Linux errno values (asm-generic/errno-base.h, errno.h); system calls return them negated. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  EAFNOSUPPORT: 97,
  ETIMEDOUT: 110,
} as const;
export type ErrnoName = keyof typeof Errno;

const names = new Map<number, ErrnoName>((Object.keys(Errno) as ErrnoName[]).map((name) => [Errno[name], name]));

/** `ENOENT` for 2; the number itself when it has no row above. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}
