/** What becomes of an exception that is raised while another is being delivered (SDM vol. 3, tables 7-4 and 7-5). */
import { Vector } from "x86-lift";

const contributory: ReadonlySet<number> = new Set<number>([
  Vector.DE,
  Vector.TS,
  Vector.NP,
  Vector.SS,
  Vector.GP,
  Vector.CP,
]);

/** `first`: vector being delivered (interrupts and software interrupts are benign: pass −1). */
export function escalate(first: number, second: number): "deliver second" | "double fault" | "triple fault" {
  const isBad = contributory.has(second) || second === Vector.PF;
  if (first === Vector.DF) return isBad ? "triple fault" : "deliver second";
  if (contributory.has(first)) return contributory.has(second) ? "double fault" : "deliver second";
  if (first === Vector.PF) return isBad ? "double fault" : "deliver second";
  return "deliver second";
}
