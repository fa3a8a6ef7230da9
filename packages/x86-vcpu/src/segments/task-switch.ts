import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import type { HelperStatus } from "../helper.ts";

export interface TaskSwitch {
  readonly kind: "jump" | "call" | "gate" | "return";
  readonly returnRip: bigint;
  readonly flags: number;
  readonly errorCode: number | undefined;
  readonly external: number;
}
export function switchTask(cpu: Cpu, selector: number, how: TaskSwitch): HelperStatus {
  return cpu.raise(Vector.GP, (selector & 0xfffc) | how.external);
}
