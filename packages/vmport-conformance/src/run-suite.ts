/** Judges a host that is a function. */
import {
  type ConformanceCase,
  type Direction,
  type InstructionKind,
  type Operand,
  type Registers,
  type Ring,
  registerNames,
  type Step,
  VARIABLES,
} from "./case.ts";
import { conformanceSuite } from "./cases/index.ts";
import { type CaseResult, dataDetail, faultDetail, registerDetail, type Verdict } from "./results.ts";

/** One instruction of the guest. */
export interface Access {
  readonly kind: InstructionKind;
  readonly direction: Direction;
  readonly size: 1 | 2 | 4;
  readonly port: number;
  readonly ring: Ring;
  /** Before the instruction. Every value is an unsigned 32-bit number. */
  readonly registers: Registers;
  /** Of string instructions: the ECX bytes that ESI or EDI points to. `REP INSB` is answered into it. */
  readonly memory?: Uint8Array;
}

export interface AccessResult {
  /** After the instruction, the accumulator of an IN included. */
  readonly registers: Registers;
  /** Vector of the exception that was raised instead of it; its error code, if it has one, is 0. */
  readonly fault?: number;
}

/** `undefined`: this host cannot do such an access at all (no RDPMC, no ring 3 …); the case is skipped. */
export type HostFunction = (access: Access) => AccessResult | undefined;

/** The address that the suite gives for the bytes of string instructions. */
export const STRING_ADDRESS = 0x0008_2000;
const UNTOUCHED = 0xcc;

/** Runs every case on the host, in order. What the host throws is thrown on. */
export function runSuite(
  host: HostFunction,
  options: { readonly cases?: readonly ConformanceCase[] } = {},
): readonly CaseResult[] {
  return (options.cases ?? conformanceSuite).map((each) => runCase(each, host));
}

export function runCase(each: ConformanceCase, host: HostFunction): CaseResult {
  const variables = new Uint32Array(VARIABLES);
  for (const [index, step] of each.steps.entries()) {
    const detail = runStep(step, index + 1, each.ring, variables, host);
    if (detail === "") continue;
    for (const later of each.steps.slice(index + 1))
      if (later.cleanup === true) runStep(later, 0, each.ring, variables, host);
    return result(each, detail === undefined ? "skip" : "fail", detail ?? "");
  }
  return result(each, "pass", "");
}

const result = ({ id }: ConformanceCase, verdict: Verdict, detail: string): CaseResult => ({ id, verdict, detail });

/** Empty if the step passed, undefined if the host cannot do it. */
function runStep(
  step: Step,
  number: number,
  ring: Ring,
  variables: Uint32Array,
  host: HostFunction,
): string | undefined {
  const resolve = ({ value, variable }: Operand): number =>
    (value | (variable === undefined ? 0 : (variables[variable] ?? 0))) >>> 0;
  const before: Record<string, number> = {};
  for (const name of registerNames) before[name] = resolve(step.set[name]);
  if (step.kind === "string") before[step.direction === "out" ? "esi" : "edi"] = STRING_ADDRESS;
  const memory =
    step.data === undefined
      ? undefined
      : step.direction === "out"
        ? step.data.slice()
        : new Uint8Array(step.data.length).fill(UNTOUCHED);
  const { kind, direction, size, port } = step;
  const registers = before as Registers;
  const outcome = host({ kind, direction, size, port, ring, registers, ...(memory === undefined ? {} : { memory }) });
  if (outcome === undefined) return undefined;
  // Before judging: what cleans up after a failure needs them.
  for (const capture of step.captures)
    variables[capture.variable] = (outcome.registers[capture.register] & capture.mask) >>> 0;
  if (outcome.fault !== step.fault) return faultDetail(number, outcome.fault, step.fault);
  for (const name of step.unchanged) {
    const [actual, base] = [outcome.registers[name] >>> 0, registers[name]];
    if (actual !== base) return registerDetail(number, name, actual, { base, mask: 0xffff_ffff, span: 0, not: false });
  }
  for (const check of step.checks) {
    const actual = outcome.registers[check.register] >>> 0;
    const base = resolve(check.base);
    const inside = (((actual & check.mask) >>> 0) - base) >>> 0 <= check.span;
    if (inside === check.not) return registerDetail(number, check.register, actual, { ...check, base });
  }
  if (memory !== undefined && step.data !== undefined && direction === "in") {
    const at = memory.findIndex((byte, index) => byte !== step.data?.[index]);
    if (at >= 0) return dataDetail(number, at);
  }
  return "";
}
