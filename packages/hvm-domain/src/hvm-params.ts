/**
 * HVM parameters: numbered 64-bit values of a domain, with rules about who may set what.
 *
 * Sources: Xen `xen/include/public/hvm/params.h` and the HVMOP_set_param cases of `xen/arch/x86/hvm/hvm.c` of September 2014;
 * D. Slutz, "Xen VMware tools support" v6 patch 01 (number 35, write-once) and its change log (EOPNOTSUPP for conflicts).
 */
import type { CreateFlags } from "./create-flags.ts";
import { DomainError, type XenErrnoName } from "./errors.ts";

/** Who asks: the toolstack, or the guest about itself. */
export type ParamCaller = "host" | "guest";

/** What a rule may look at. */
export interface ParamContext {
  readonly flags: CreateFlags;
  /** Present values of the parameters that exclude each other. */
  readonly viridian: bigint;
  readonly vmwareHw: bigint;
}

interface ParamRow {
  readonly index: number;
  /** The guest may not set it. */
  readonly hostOnly?: true;
  /** A second, different value is refused. */
  readonly writeOnce?: true;
  /** Why this value is refused, undefined if it is not. */
  readonly refuse?: (value: bigint, context: ParamContext) => readonly [XenErrnoName, string] | undefined;
}

const boolean = (value: bigint): readonly [XenErrnoName, string] | undefined =>
  value > 1n ? ["EINVAL", "expected 0 or 1"] : undefined;

/** Virtual hardware versions: 0 is off, 3 and 4 are the earliest products', 5 never was; 22 is the latest we know of. */
const MAX_HARDWARE_VERSION = 22n;
const isHardwareVersion = (value: bigint): boolean =>
  value === 0n || value === 3n || value === 4n || (value >= 6n && value <= MAX_HARDWARE_VERSION);

/** Latest value of the timer mode enumeration: one missed tick pending. */
const MAX_TIMER_MODE = 3n;
/** Latest value of the shutdown reasons of this interface: watchdog. */
const MAX_SHUTDOWN_REASON = 4n;

const rows = {
  CALLBACK_IRQ: { index: 0 },
  STORE_PFN: { index: 1 },
  STORE_EVTCHN: { index: 2 },
  PAE_ENABLED: { index: 4 },
  IOREQ_PFN: { index: 5 },
  BUFIOREQ_PFN: { index: 6 },
  VIRIDIAN: {
    index: 9,
    refuse: (value, { vmwareHw }) =>
      boolean(value) ?? (value !== 0n && vmwareHw !== 0n ? ["EOPNOTSUPP", "VMWARE_HW is set"] : undefined),
  },
  TIMER_MODE: {
    index: 10,
    refuse: (value) => (value > MAX_TIMER_MODE ? ["EINVAL", `expected 0 to ${MAX_TIMER_MODE}`] : undefined),
  },
  HPET_ENABLED: { index: 11 },
  IDENT_PT: { index: 12, hostOnly: true },
  DM_DOMAIN: { index: 13, hostOnly: true },
  ACPI_S_STATE: { index: 14, hostOnly: true },
  VM86_TSS: { index: 15 },
  VPT_ALIGN: { index: 16 },
  CONSOLE_PFN: { index: 17 },
  CONSOLE_EVTCHN: { index: 18 },
  ACPI_IOPORTS_LOCATION: { index: 19, hostOnly: true },
  MEMORY_EVENT_CR0: { index: 20, hostOnly: true },
  MEMORY_EVENT_CR3: { index: 21, hostOnly: true },
  MEMORY_EVENT_CR4: { index: 22, hostOnly: true },
  MEMORY_EVENT_INT3: { index: 23, hostOnly: true },
  NESTEDHVM: {
    index: 24,
    hostOnly: true,
    refuse: (value, { flags }) =>
      boolean(value) ??
      (value !== 0n && flags.vmwarePort
        ? ["EOPNOTSUPP", "the domain has vmware_port; nested use is not defined"]
        : undefined),
  },
  MEMORY_EVENT_SINGLE_STEP: { index: 25, hostOnly: true },
  BUFIOREQ_EVTCHN: { index: 26, hostOnly: true },
  PAGING_RING_PFN: { index: 27 },
  ACCESS_RING_PFN: { index: 28 },
  SHARING_RING_PFN: { index: 29 },
  MEMORY_EVENT_MSR: { index: 30, hostOnly: true },
  TRIPLE_FAULT_REASON: {
    index: 31,
    hostOnly: true,
    refuse: (value) => (value > MAX_SHUTDOWN_REASON ? ["EINVAL", `expected 0 to ${MAX_SHUTDOWN_REASON}`] : undefined),
  },
  IOREQ_SERVER_PFN: { index: 32, hostOnly: true },
  NR_IOREQ_SERVER_PAGES: { index: 33, hostOnly: true },
  VM_GENERATION_ID_ADDR: { index: 34 },
  VMWARE_HW: {
    index: 35,
    hostOnly: true,
    writeOnce: true,
    refuse: (value, { viridian }) =>
      !isHardwareVersion(value)
        ? ["EINVAL", `expected 0, 3, 4 or 6 to ${MAX_HARDWARE_VERSION}`]
        : value !== 0n && viridian !== 0n
          ? ["EOPNOTSUPP", "VIRIDIAN is set"]
          : undefined,
  },
} as const satisfies Record<string, ParamRow>;

export type HvmParamName = keyof typeof rows;

/** All parameters with a name, by number. */
export const hvmParams: readonly { readonly name: HvmParamName; readonly index: number }[] = (
  Object.keys(rows) as HvmParamName[]
).map((name) => ({ name, index: rows[name].index }));

/** One more than the highest number. */
export const HVM_NR_PARAMS = 36;

/** The parameters of one domain. */
export interface HvmParams {
  /** By name or by number; unnamed numbers below {@link HVM_NR_PARAMS} hold a value, too. Throws `EINVAL` beyond. */
  get(param: HvmParamName | number): bigint;
  /** `value` 0 to 2^64 - 1. Throws `EINVAL`, `EPERM` (guest), `EEXIST` (write-once), `EOPNOTSUPP` (conflict), naming the parameter. */
  set(param: HvmParamName | number, value: bigint, caller?: ParamCaller): void;
  /** All values that are not zero. */
  entries(): { readonly index: number; readonly name: string; readonly value: bigint }[];
}

export function createHvmParams(flags: CreateFlags): HvmParams {
  const values = new Array<bigint>(HVM_NR_PARAMS).fill(0n);
  // Initial value in Xen: a triple fault reboots.
  values[rows.TRIPLE_FAULT_REASON.index] = 1n;
  const set = new Set<number>();
  const rowAt = (index: number): { name: string; row: ParamRow } => {
    const named = hvmParams.find((param) => param.index === index);
    return named === undefined ? { name: `${index}`, row: { index } } : { name: named.name, row: rows[named.name] };
  };
  const indexOf = (param: HvmParamName | number): number => {
    const index = typeof param === "number" ? param : rows[param]?.index;
    if (index === undefined || !Number.isInteger(index) || index < 0 || index >= HVM_NR_PARAMS) {
      throw new DomainError(
        "EINVAL",
        `HVM parameter ${String(param)}: expected a name or a number below ${HVM_NR_PARAMS}`,
      );
    }
    return index;
  };
  const context: ParamContext = {
    flags,
    get viridian() {
      return values[rows.VIRIDIAN.index] ?? 0n;
    },
    get vmwareHw() {
      return values[rows.VMWARE_HW.index] ?? 0n;
    },
  };
  return {
    get: (param) => values[indexOf(param)] ?? 0n,
    set(param, value, caller = "host") {
      const index = indexOf(param);
      const { name, row } = rowAt(index);
      const what = `HVM parameter ${name} = ${value}`;
      if (value < 0n || value >= 1n << 64n)
        throw new DomainError("EINVAL", `${what}: expected an unsigned 64-bit value`);
      if (caller === "guest" && row.hostOnly) throw new DomainError("EPERM", `${what}: a guest may not set it`);
      if (row.writeOnce && set.has(index)) {
        if (values[index] === value) return;
        throw new DomainError("EEXIST", `${what}: it is ${values[index]} already and can be set once`);
      }
      const refusal = row.refuse?.(value, context);
      if (refusal !== undefined) throw new DomainError(refusal[0], `${what}: ${refusal[1]}`);
      values[index] = value;
      set.add(index);
    },
    entries: () =>
      values.map((value, index) => ({ index, name: rowAt(index).name, value })).filter(({ value }) => value !== 0n),
  };
}
