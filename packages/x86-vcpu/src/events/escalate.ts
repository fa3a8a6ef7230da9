/** What becomes of an exception that is raised while another is being delivered (SDM vol. 3, tables 7-4 and 7-5). */
import { Vector } from "x86-lift";

/** Bit by bit. */
const contributoryVectors =
  (1 << Vector.DE) | (1 << Vector.TS) | (1 << Vector.NP) | (1 << Vector.SS) | (1 << Vector.GP) | (1 << Vector.CP);
const isContributory = (vector: number): boolean =>
  vector >= 0 && vector < 32 && ((contributoryVectors >>> vector) & 1) !== 0;

/** `first`: vector being delivered (interrupts and software interrupts are benign: pass −1). */
export function escalate(first: number, second: number): "deliver second" | "double fault" | "triple fault" {
  const isBad = isContributory(second) || second === Vector.PF;
  if (first === Vector.DF) return isBad ? "triple fault" : "deliver second";
  if (isContributory(first)) return isContributory(second) ? "double fault" : "deliver second";
  if (first === Vector.PF) return isBad ? "double fault" : "deliver second";
  return "deliver second";
}
