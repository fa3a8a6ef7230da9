/**
 * Creation flags: what is fixed for the life of a domain.
 *
 * Sources: Xen `xen/include/public/domctl.h` (XEN_DOMCTL_CDF_*) and `xen/include/xen/sched.h` (DOMCRF_*) of September 2014;
 * D. Slutz, "Xen VMware tools support" v6 patch 04 (the vmware_port bits, next free at that base); its review (booleans, not
 * masked integers; unknown bits are refused).
 */
import { DomainError } from "./errors.ts";

/** Normalised: real booleans, nothing else. */
export interface CreateFlags {
  /** A hardware virtual machine. Always true here. */
  readonly hvmGuest: boolean;
  /** Hardware-assisted paging (EPT/NPT); false is shadow paging, which also intercepts #PF. */
  readonly hap: boolean;
  readonly s3Integrity: boolean;
  /** Shadow paging without out-of-sync pages. */
  readonly oosOff: boolean;
  readonly pvhGuest: boolean;
  /** VMware's backdoor port, also from ring 3: intercepts #GP. */
  readonly vmwarePort: boolean;
}
export type CreateFlag = keyof CreateFlags;

/** Bit numbers of both carriers; a flag without `cdf` cannot be asked for by the toolstack. */
export const createFlagRows: readonly {
  readonly flag: CreateFlag | undefined;
  readonly name: string;
  readonly cdf: number | undefined;
  readonly domcrf: number;
}[] = [
  { flag: "hvmGuest", name: "hvm_guest", cdf: 0, domcrf: 0 },
  { flag: "hap", name: "hap", cdf: 1, domcrf: 1 },
  { flag: "s3Integrity", name: "s3_integrity", cdf: 2, domcrf: 2 },
  { flag: undefined, name: "dummy", cdf: undefined, domcrf: 3 },
  { flag: "oosOff", name: "oos_off", cdf: 3, domcrf: 4 },
  { flag: "pvhGuest", name: "pvh_guest", cdf: 4, domcrf: 5 },
  { flag: "vmwarePort", name: "vmware_port", cdf: 5, domcrf: 6 },
];

/** An HVM domain with hardware-assisted paging, as `xl create` makes it. */
export const defaultCreateFlags: CreateFlags = {
  hvmGuest: true,
  hap: true,
  s3Integrity: false,
  oosOff: false,
  pvhGuest: false,
  vmwarePort: false,
};

/** From the XEN_DOMCTL_CDF bits of a createdomain call. Throws `EINVAL` for bits nobody defined and for wrong combinations. */
export function decodeCreateFlags(cdf: number): CreateFlags {
  const known = createFlagRows.reduce((bits, row) => (row.cdf === undefined ? bits : bits | (1 << row.cdf)), 0);
  if (!Number.isInteger(cdf) || cdf < 0 || cdf > 0xffff_ffff) {
    throw new DomainError("EINVAL", `create flags ${cdf}: expected an unsigned 32-bit number`);
  }
  const unknown = (cdf & ~known) >>> 0;
  if (unknown !== 0) {
    throw new DomainError("EINVAL", `create flags 0x${cdf.toString(16)}: unknown bits 0x${unknown.toString(16)}`);
  }
  const bit = (flag: CreateFlag): boolean => {
    const row = createFlagRows.find((candidate) => candidate.flag === flag);
    return row?.cdf !== undefined && (cdf & (1 << row.cdf)) !== 0;
  };
  return checkCreateFlags({
    hvmGuest: bit("hvmGuest"),
    hap: bit("hap"),
    s3Integrity: bit("s3Integrity"),
    oosOff: bit("oosOff"),
    pvhGuest: bit("pvhGuest"),
    vmwarePort: bit("vmwarePort"),
  });
}

/** To the bits of either carrier. */
export function encodeCreateFlags(flags: CreateFlags, carrier: "cdf" | "domcrf" = "cdf"): number {
  return createFlagRows.reduce((bits, row) => {
    const position = row[carrier];
    return row.flag !== undefined && position !== undefined && flags[row.flag] ? bits | (1 << position) : bits;
  }, 0);
}

/** Makes a whole and consistent set of a few named flags. Throws `EINVAL`, naming the flag. */
export function completeCreateFlags(flags: Partial<CreateFlags>): CreateFlags {
  for (const [name, value] of Object.entries(flags)) {
    if (!Object.hasOwn(defaultCreateFlags, name)) {
      throw new DomainError(
        "EINVAL",
        `unknown create flag "${name}"; known: ${Object.keys(defaultCreateFlags).join(", ")}`,
      );
    }
    if (typeof value !== "boolean") {
      throw new DomainError("EINVAL", `create flag ${name} is ${String(value)}; expected true or false`);
    }
  }
  return checkCreateFlags({ ...defaultCreateFlags, ...flags });
}

function checkCreateFlags(flags: CreateFlags): CreateFlags {
  if (flags.hvmGuest && flags.pvhGuest) {
    throw new DomainError("EINVAL", "create flags hvm_guest and pvh_guest exclude each other");
  }
  if (flags.vmwarePort && !flags.hvmGuest) {
    throw new DomainError("EINVAL", "create flag vmware_port needs hvm_guest");
  }
  return flags;
}
