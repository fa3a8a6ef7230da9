/**
 * What a handler may answer. The words are those of Xen's X86EMUL_* set, and so are the numbers; EXCEPTION (2) is missing
 * on purpose: a port handler has no business raising a fault in the guest.
 *
 * Sources: Xen `xen/arch/x86/x86_emulate/x86_emulate.h` (X86EMUL_*), `xen/arch/x86/hvm/emulate.c` (any other code is a bug).
 */
export const IoResult = {
  /** The access is done; for IN `value` holds the datum. */
  Okay: 0,
  /** Not mine: the next layer is asked, then the unclaimed policy answers. */
  Unhandled: 1,
  /** Not yet: the vcpu must repeat the same access later. Nothing was changed. */
  Retry: 3,
} as const;
export type IoResult = (typeof IoResult)[keyof typeof IoResult];
