/**
 * Errors in Xen's vocabulary.
 *
 * Sources: Xen `xen/include/public/errno.h`.
 */
export const XenErrno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  E2BIG: 7,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  ENOSYS: 38,
  EBADSLT: 57,
  ENODATA: 61,
  ETIME: 62,
  EOPNOTSUPP: 95,
  ENOBUFS: 105,
} as const;
export type XenErrnoName = keyof typeof XenErrno;

/** A refused request to the domain. No instruction of a guest can cause one. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: XenErrnoName;
  /** The number a hypercall would return, negated. */
  readonly errno: number;

  constructor(code: XenErrnoName, message: string) {
    super(`${message} (${code})`);
    this.code = code;
    this.errno = XenErrno[code];
  }
}
