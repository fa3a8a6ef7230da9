import type { Instruction } from "../instruction.ts";
import type { Style } from "./options.ts";

/** `low`/`high` as a number in the style's hexadecimal; `digits` pads with zeros. */
export function hex(low: number, high: number, style: Style, digits = 0): string {
  if (high === 0 && low >= 0 && low < 10 && digits === 0 && style.small) return String.fromCharCode(48 + low);
  let text = (low >>> 0).toString(16);
  if (high !== 0) text = (high >>> 0).toString(16) + text.padStart(8, "0");
  if (digits !== 0) text = text.padStart(digits, "0");
  if (style.upperHex) text = text.toUpperCase();
  // 58 is behind "9": letters need a digit in front.
  if (style.leadingZero && text.charCodeAt(0) >= 58) text = `0${text}`;
  return style.prefix + text + style.suffix;
}

/** `value` with a sign if negative. */
export function signedHex(low: number, high: number, style: Style): string {
  if (high >= 0) return hex(low, high, style);
  return `-${hex(-low | 0, low === 0 ? -high | 0 : ~high, style)}`;
}

/** The selector of a far pointer: four digits, or one. */
export const selector = (instruction: Instruction, style: Style): string =>
  hex(instruction.farSelector, 0, style, style.branchZeros && instruction.farSelector > 9 ? 4 : 0);
