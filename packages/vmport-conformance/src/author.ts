/** How cases are written. Whatever a step does not mention must come out unchanged. */
import {
  type Check,
  type ConformanceCase,
  type Direction,
  type HostName,
  hostNames,
  type InstructionKind,
  type Operand,
  type RegisterName,
  type Ring,
  registerNames,
  type Source,
  type Step,
} from "./case.ts";

export const MAGIC = 0x564d_5868;
export const PORT = 0x5658;
export const HIGH_PORT = 0x5659;
export const ONES = 0xffff_ffff;
export const GP = 13;

/** What the registers hold unless a step says otherwise; EDX's upper half is no open channel. */
export const presets = {
  eax: MAGIC,
  ecx: 0,
  ebx: 0xbbbb_bbbb,
  ebp: 0xb0b0_b0b0,
  esi: 0x5151_5151,
  edi: 0xd1d1_d1d1,
} as const;
const PRESET_EDX_HIGH = 0xdddd_0000;

/** A register's expectation before it is bound to the register. */
export type Expectation = number | "any" | readonly Omit<Check, "register">[];

const check = (mask: number, base: Operand, span: number, not: boolean): readonly Omit<Check, "register">[] => [
  { mask, base, span, not },
];

export const masked = (mask: number, value: number): Expectation => check(mask >>> 0, { value: value >>> 0 }, 0, false);
/** Inclusive; `least` may be "above" `most` to go around zero. */
export const between = (least: number, most: number): Expectation =>
  check(ONES, { value: least >>> 0 }, (most - least) >>> 0, false);
export const noneOf = (...values: readonly number[]): Expectation =>
  values.map((value) => ({ mask: ONES, base: { value: value >>> 0 }, span: 0, not: true }));
export const both = (...all: readonly Expectation[]): Expectation =>
  all.flatMap((each) =>
    each === "any" ? [] : typeof each === "number" ? check(ONES, { value: each }, 0, false) : each,
  ) as readonly Omit<Check, "register">[];
export const variable = (number: number): Operand => ({ value: 0, variable: number });

export interface StepOptions {
  readonly kind?: InstructionKind;
  readonly port?: number;
  readonly size?: 1 | 2 | 4;
  readonly set?: Partial<Record<RegisterName, number | Operand>>;
  readonly expect?: Partial<Record<RegisterName, Expectation>>;
  readonly capture?: Partial<Record<RegisterName, { readonly mask: number; readonly variable: number }>>;
  readonly data?: Uint8Array;
  readonly fault?: number;
  readonly cleanup?: boolean;
}

export function step(direction: Direction, options: StepOptions): Step {
  const { kind = "port", port = PORT, size = 4, set = {}, expect = {}, capture = {}, data, fault, cleanup } = options;
  const defaults = { ...presets, edx: (PRESET_EDX_HIGH | port) >>> 0 };
  const operand = (name: RegisterName): Operand => {
    const given = set[name];
    return given === undefined ? { value: defaults[name] } : typeof given === "number" ? { value: given >>> 0 } : given;
  };
  return {
    kind,
    direction,
    size,
    port,
    set: Object.fromEntries(registerNames.map((name) => [name, operand(name)])) as Step["set"],
    unchanged: registerNames.filter((name) => expect[name] === undefined),
    checks: registerNames.flatMap((register) => {
      const expectation = expect[register];
      if (expectation === undefined || expectation === "any") return [];
      const rows = typeof expectation === "number" ? check(ONES, { value: expectation >>> 0 }, 0, false) : expectation;
      return rows.map((row) => ({ register, ...row }));
    }),
    captures: registerNames.flatMap((register) => {
      const given = capture[register];
      return given === undefined ? [] : [{ register, mask: given.mask >>> 0, variable: given.variable }];
    }),
    ...(data === undefined ? {} : { data }),
    ...(fault === undefined ? {} : { fault }),
    ...(cleanup === undefined ? {} : { cleanup }),
  };
}

/** `IN EAX,DX` on 0x5658 with a command in ECX. */
export const call = (command: number, options: StepOptions = {}): Step =>
  step("in", { ...options, set: { ecx: command, ...options.set } });

const all = new Set<HostName>(hostNames);
export const everyone: readonly HostName[] = hostNames;
export const except = (...names: readonly HostName[]): readonly HostName[] =>
  [...all].filter((name) => !names.includes(name));

export interface CaseText {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
  readonly source: Source;
  /** Of ring 0, beside VMware itself. Default: VMware alone. */
  readonly passes?: readonly HostName[];
  /** Of ring 3. Default: those of ring 0 that open the port to ring 3. */
  readonly passesRing3?: readonly HostName[];
  readonly rings?: readonly Ring[];
  readonly kind?: ConformanceCase["kind"];
}

/** Hosts that let ring 3 through to the port. */
export const openToRing3: readonly HostName[] = ["vmware", "xen-v6", "kvm"];

/** One case per ring. */
export function define(text: CaseText): readonly ConformanceCase[] {
  const { id, title, steps, source, passes = ["vmware"], rings = [0, 3], kind = "contract" } = text;
  const ring3 = text.passesRing3 ?? passes.filter((name) => openToRing3.includes(name));
  return rings.map((ring) => ({
    id: `${id}.ring${ring}`,
    title,
    kind,
    ring,
    steps,
    passes: hostNames.filter((name) => (ring === 3 ? ring3 : passes).includes(name)),
    source,
  }));
}

export const header = (ref: string): Source => ({ kind: "header", ref });
export const guest = (ref: string): Source => ({ kind: "guest", ref });
export const emulator = (ref: string): Source => ({ kind: "emulator", ref });
export const recommended = (ref: string): Source => ({ kind: "recommended", ref });
