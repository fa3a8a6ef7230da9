/**
 * What CPUID tells a guest, as data, and the same data asked by feature name.
 *
 * Sources: Xen `xen/arch/x86/traps.c` (order of lookup: viridian, VMware, Xen, the policy of the domain); D. Slutz, "Xen
 * VMware tools support" patch 01; Intel SDM vol. 2, CPUID (a leaf beyond the last answers as the last basic leaf).
 */
import { DomainError } from "../errors.ts";
import { baseLeaf, type CpuidCaller, defaultIdentity, type ProcessorIdentity } from "./base-leaves.ts";
import { featureRows, impliedFeatures, x86_64V2Features } from "./features.ts";
import { type CpuidLeaf, EMPTY_LEAF } from "./leaf.ts";
import { viridianLeaf } from "./viridian-leaves.ts";
import { type HypervisorLeaves, vmwareLeaf, vmwareLeaves } from "./vmware-leaves.ts";
import { xenLeaf } from "./xen-leaves.ts";

export interface CpuidOptions {
  /** Base set of features by name. Default: {@link x86_64V2Features}. */
  readonly features?: readonly string[];
  /** Added to and taken from the base set. */
  readonly enable?: readonly string[];
  readonly mask?: readonly string[];
  readonly identity?: Partial<ProcessorIdentity>;
  /** MAXPHYADDR, 36 to 52. Default 40. */
  readonly physicalAddressBits?: number;
  /** Default 2,600,000. */
  readonly tscKhz?: number;
  /** Default 100,000. */
  readonly apicBusKhz?: number;
  /** The leaves at 0x4000_0000. Default: VMware's, from VMWARE_HW 7. */
  readonly hypervisorLeaves?: HypervisorLeaves;
  /** Xen's own leaves are there. Default true. */
  readonly xenLeaves?: boolean;
  /** Default 4.5. */
  readonly xenVersion?: { readonly major: number; readonly minor: number };
}

export interface CpuidPolicyInput extends CpuidOptions {
  readonly vcpus: number;
  /** HVM parameters, read at every lookup: they may be set after creation. */
  readonly hardwareVersion: () => bigint;
  readonly viridian: () => boolean;
}

export interface CpuidPolicy {
  lookup(leaf: number, subleaf: number, caller: CpuidCaller): CpuidLeaf;
  /** Is the feature shown? Names as in `features.ts`; `8086` … `486` and their kin are always there. Unknown names are not. */
  featureEnabled(name: string): boolean;
  readonly features: ReadonlySet<string>;
  readonly tscKhz: number;
  readonly apicBusKhz: number;
  readonly physicalAddressBits: number;
  /** Where Xen's leaves and its hypercall MSR are at present. */
  readonly xenBase: number;
  readonly hypercallMsr: number;
}

const HYPERVISOR_BASE = 0x4000_0000;
const HYPERVISOR_END = 0x4001_0000;
const XEN_SHIFTED_BASE = 0x4000_0100;
const XEN_MSR = 0x4000_0000;
const XEN_SHIFTED_MSR = 0x4000_0200;
const EXTENDED_BASE = 0x8000_0000;

export function createCpuidPolicy(input: CpuidPolicyInput): CpuidPolicy {
  const { vcpus, hardwareVersion, viridian } = input;
  const { tscKhz = 2_600_000, apicBusKhz = 100_000, physicalAddressBits = 40, xenLeaves = true } = input;
  const version = input.xenVersion ?? { major: 4, minor: 5 };
  const identity = { ...defaultIdentity, ...input.identity };
  checkIdentity(identity);
  checkRange("tscKhz", tscKhz, 1, 0xffff_ffff);
  checkRange("apicBusKhz", apicBusKhz, 1, 0xffff_ffff);
  checkRange("physicalAddressBits", physicalAddressBits, 36, 52);
  const features = selectFeatures(input);
  const base = { identity, features, vcpus, physicalAddressBits };
  const leaves = input.hypervisorLeaves ?? vmwareLeaves;
  const hasVmwareLeaves = (): boolean =>
    leaves.signature !== undefined && hardwareVersion() >= BigInt(leaves.fromHardwareVersion);
  const isShifted = (): boolean => viridian() || hasVmwareLeaves();

  const hypervisorLeaf = (leaf: number, subleaf: number): CpuidLeaf | undefined => {
    const offset = leaf - HYPERVISOR_BASE;
    if (viridian()) {
      const found = viridianLeaf(offset);
      if (found !== undefined) return found;
    }
    if (hasVmwareLeaves()) {
      const found = vmwareLeaf(offset, { leaves, tscKhz, apicBusKhz });
      if (found !== undefined) return found;
    }
    if (!xenLeaves) return undefined;
    const xenBase = isShifted() ? XEN_SHIFTED_BASE : HYPERVISOR_BASE;
    const hypercallMsr = isShifted() ? XEN_SHIFTED_MSR : XEN_MSR;
    return leaf < xenBase
      ? undefined
      : xenLeaf(leaf - xenBase, subleaf, { base: xenBase, hypercallMsr, version, tscKhz });
  };

  return {
    features,
    tscKhz,
    apicBusKhz,
    physicalAddressBits,
    get xenBase() {
      return isShifted() ? XEN_SHIFTED_BASE : HYPERVISOR_BASE;
    },
    get hypercallMsr() {
      return isShifted() ? XEN_SHIFTED_MSR : XEN_MSR;
    },
    featureEnabled: (name) => features.has(name) || impliedFeatures.has(name),
    lookup(leaf, subleaf, caller) {
      if (leaf >= HYPERVISOR_BASE && leaf < HYPERVISOR_END) return hypervisorLeaf(leaf, subleaf) ?? EMPTY_LEAF;
      if (leaf >= EXTENDED_BASE) {
        const last = baseLeaf(base, EXTENDED_BASE, 0, caller).eax;
        if (leaf <= last) return baseLeaf(base, leaf, subleaf, caller);
      }
      const last = baseLeaf(base, 0, 0, caller).eax;
      return baseLeaf(base, leaf <= last ? leaf : last, subleaf, caller);
    },
  };
}

function selectFeatures({ features = x86_64V2Features, enable = [], mask = [] }: CpuidOptions): ReadonlySet<string> {
  const selected = new Set([...features, ...enable]);
  for (const name of [...selected, ...mask]) {
    if (!Object.hasOwn(featureRows, name)) throw new DomainError("EINVAL", `unknown CPUID feature "${name}"`);
  }
  for (const name of mask) selected.delete(name);
  return selected;
}

function checkIdentity({ vendor, family, model, stepping, brand }: ProcessorIdentity): void {
  const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
  if (vendor.length !== 12 || !isAscii(vendor)) {
    throw new DomainError("EINVAL", `CPUID vendor "${vendor}": expected 12 ASCII characters`);
  }
  if (brand.length > 47 || !isAscii(brand)) {
    throw new DomainError("EINVAL", `CPUID brand "${brand}": expected at most 47 ASCII characters`);
  }
  checkRange("CPUID family", family, 0, 15 + 255);
  checkRange("CPUID model", model, 0, 255);
  checkRange("CPUID stepping", stepping, 0, 15);
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new DomainError("EINVAL", `${name} is ${value}; expected ${least} to ${most}`);
  }
}
