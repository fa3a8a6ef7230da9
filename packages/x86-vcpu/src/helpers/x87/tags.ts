/** The full tag word, as FNSTENV and FNSAVE show it: 0 valid, 1 zero, 2 special, 3 empty. Source: Intel SDM vol. 1 §8.1.7. */
import type { Cpu } from "../../cpu.ts";
import { StateOffset } from "../../state-layout.ts";

export function fullTagWord(cpu: Cpu): number {
  const ftw = cpu.get16(StateOffset.ftw);
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const tag = ((ftw >>> (2 * i)) & 3) === 3 ? 3 : tagOf(cpu, cpu.base + StateOffset.x87 + 16 * i);
    tags |= tag << (2 * i);
  }
  return tags;
}

function tagOf(cpu: Cpu, at: number): number {
  const exponent = cpu.view.getUint16(at + 8, true) & 0x7fff;
  const high = cpu.view.getUint32(at + 4, true);
  const low = cpu.view.getUint32(at, true);
  if (exponent === 0) return (high | low) === 0 ? 1 : 2;
  return exponent === 0x7fff || high >>> 31 === 0 ? 2 : 0;
}

/** The state keeps only which registers are empty. */
export function loadTagWord(cpu: Cpu, tags: number): void {
  let ftw = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> (2 * i)) & 3) === 3) ftw |= 3 << (2 * i);
  cpu.set16(StateOffset.ftw, ftw);
}

/** FXSAVE's abridged tag word: bit i set = register i in use. */
export function abridgedTagWord(cpu: Cpu): number {
  const ftw = cpu.get16(StateOffset.ftw);
  let tags = 0;
  for (let i = 0; i < 8; i++) if (((ftw >>> (2 * i)) & 3) !== 3) tags |= 1 << i;
  return tags;
}

export function loadAbridgedTagWord(cpu: Cpu, tags: number): void {
  let ftw = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> i) & 1) === 0) ftw |= 3 << (2 * i);
  cpu.set16(StateOffset.ftw, ftw);
}
