/**
 * Hypercalls of the privileged domain.
 *
 * Sources: Xen `xen/include/public/xen.h` (sysctl 35, domctl 36), `xen/include/xsm/dummy.h` (XSM_PRIV: -EPERM for everybody else).
 */
import { failure, type Hypercall } from "./hypercall.ts";

const privileged = (number: number, name: string): Hypercall => ({ number, name, call: () => failure("EPERM") });

export const sysctl = privileged(35, "sysctl");
export const domctl = privileged(36, "domctl");
