/**
 * The processor itself: leaves 0 to 0xd and 0x8000_0000 to 0x8000_0008.
 *
 * Sources: Intel SDM vol. 2, CPUID.
 */
import { type CpuidRegister, featureRows } from "./features.ts";
import { asciiRegister, type CpuidLeaf, EMPTY_LEAF } from "./leaf.ts";

/** What a CPUID instruction depends on besides leaf and subleaf. */
export interface CpuidCaller {
  /** Initial local APIC identifier of the vCPU. */
  readonly apicId: number;
  /** CR4.OSXSAVE, which leaf 1 repeats. */
  readonly osxsave: boolean;
}

export interface ProcessorIdentity {
  /** Twelve characters. */
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** At most 47 characters. */
  readonly brand: string;
}

export interface BaseLeafInput {
  readonly identity: ProcessorIdentity;
  readonly features: ReadonlySet<string>;
  readonly vcpus: number;
  /** 36 to 52. */
  readonly physicalAddressBits: number;
}

/** The identity of a Nehalem, Intel's first x86-64-v2 processor, under a name of our own. */
export const defaultIdentity: ProcessorIdentity = {
  vendor: "GenuineIntel",
  family: 6,
  model: 0x1a,
  stepping: 3,
  brand: "Simulated HVM processor (x86-64-v2)",
};

const MAX_BASIC_LEAF = 0xd;
const MAX_EXTENDED_LEAF = 0x8000_0008;
const CLFLUSH_QUADWORDS = 8;
const OSXSAVE = 1 << 27;
const LINEAR_ADDRESS_BITS = 48;

/** Cache parameters of leaf 4 by subleaf: 32 KiB L1 data and code, 256 KiB L2, 8 MiB L3, lines of 64 bytes. */
const caches: readonly {
  readonly type: number;
  readonly level: number;
  readonly ways: number;
  readonly sets: number;
}[] = [
  { type: 1, level: 1, ways: 8, sets: 64 },
  { type: 2, level: 1, ways: 4, sets: 128 },
  { type: 3, level: 2, ways: 8, sets: 512 },
  { type: 3, level: 3, ways: 16, sets: 8192 },
];

export function baseLeaf(input: BaseLeafInput, leaf: number, subleaf: number, caller: CpuidCaller): CpuidLeaf {
  const make = leaves[leaf];
  return make === undefined ? EMPTY_LEAF : make(input, subleaf, caller);
}

const leaves: Readonly<Record<number, (input: BaseLeafInput, subleaf: number, caller: CpuidCaller) => CpuidLeaf>> = {
  0: ({ identity }) => ({
    eax: MAX_BASIC_LEAF,
    ebx: asciiRegister(identity.vendor.slice(0, 4)),
    edx: asciiRegister(identity.vendor.slice(4, 8)),
    ecx: asciiRegister(identity.vendor.slice(8, 12)),
  }),
  1: ({ identity, features, vcpus }, _, { apicId, osxsave }) => ({
    eax: signature(identity),
    ebx: ((apicId << 24) | (Math.min(vcpus, 255) << 16) | (CLFLUSH_QUADWORDS << 8)) >>> 0,
    ecx: (bits(features, 1, "ecx") | (osxsave && features.has("xsave") ? OSXSAVE : 0)) >>> 0,
    edx: bits(features, 1, "edx"),
  }),
  4: (_, subleaf) => {
    const cache = caches[subleaf];
    return cache === undefined
      ? EMPTY_LEAF
      : {
          eax: cache.type | (cache.level << 5) | (1 << 8),
          ebx: ((cache.ways - 1) << 22) | 63,
          ecx: cache.sets - 1,
          edx: 0,
        };
  },
  6: () => EMPTY_LEAF,
  7: ({ features }, subleaf) =>
    subleaf === 0
      ? { eax: 0, ebx: bits(features, 7, "ebx"), ecx: bits(features, 7, "ecx"), edx: bits(features, 7, "edx") }
      : EMPTY_LEAF,
  // Topology: one thread a core, all cores in one package.
  11: ({ vcpus }, subleaf, { apicId }) => {
    if (subleaf > 1) return { eax: 0, ebx: 0, ecx: subleaf & 0xff, edx: apicId };
    const shift = subleaf === 0 ? 0 : Math.ceil(Math.log2(Math.max(vcpus, 1)));
    return { eax: shift, ebx: subleaf === 0 ? 1 : vcpus, ecx: subleaf | ((subleaf + 1) << 8), edx: apicId };
  },
  2147483648: () => ({ ...EMPTY_LEAF, eax: MAX_EXTENDED_LEAF }),
  2147483649: ({ features }) => ({
    eax: 0,
    ebx: 0,
    ecx: bits(features, 0x8000_0001, "ecx"),
    edx: bits(features, 0x8000_0001, "edx"),
  }),
  2147483650: ({ identity }) => brandLeaf(identity, 0),
  2147483651: ({ identity }) => brandLeaf(identity, 16),
  2147483652: ({ identity }) => brandLeaf(identity, 32),
  // L2 again, in AMD's format: 256 KiB, 8 ways, lines of 64 bytes.
  2147483654: () => ({ ...EMPTY_LEAF, ecx: (256 << 16) | (6 << 12) | 64 }),
  2147483655: ({ features }) => ({ ...EMPTY_LEAF, edx: bits(features, 0x8000_0007, "edx") }),
  2147483656: ({ physicalAddressBits }) => ({ ...EMPTY_LEAF, eax: physicalAddressBits | (LINEAR_ADDRESS_BITS << 8) }),
};

function bits(features: ReadonlySet<string>, leaf: number, register: CpuidRegister): number {
  let value = 0;
  for (const name of features) {
    const row = featureRows[name];
    if (row?.leaf === leaf && row.register === register) value |= 1 << row.bit;
  }
  return value >>> 0;
}

function signature({ family, model, stepping }: ProcessorIdentity): number {
  const extendedFamily = family > 15 ? family - 15 : 0;
  const shownFamily = Math.min(family, 15);
  return (
    ((extendedFamily << 20) | ((model >> 4) << 16) | (shownFamily << 8) | ((model & 15) << 4) | (stepping & 15)) >>> 0
  );
}

const brandLeaf = ({ brand }: ProcessorIdentity, from: number): CpuidLeaf => ({
  eax: asciiRegister(brand.slice(from, from + 4)),
  ebx: asciiRegister(brand.slice(from + 4, from + 8)),
  ecx: asciiRegister(brand.slice(from + 8, from + 12)),
  edx: asciiRegister(brand.slice(from + 12, from + 16)),
});
