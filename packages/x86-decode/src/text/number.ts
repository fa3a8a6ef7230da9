import type { Instruction } from "../instruction.ts";
import type { Style } from "./options.ts";

/** Digits of a byte, without and with a leading zero; upper case, then lower. */
const bare: readonly string[] = /* @__PURE__ */ Array.from({ length: 512 }, (_, i) =>
  i < 256 ? i.toString(16).toUpperCase() : (i - 256).toString(16),
);
const pairs: readonly string[] = /* @__PURE__ */ Array.from({ length: 512 }, (_, i) => bare[i]!.padStart(2, "0"));

/** Hexadecimal digits of an unsigned 32-bit number. toString(16) and toUpperCase() take three times as long. */
function digitsOf(value: number, letters: number): string {
  if (value < 0x100) return bare[letters + value]!;
  if (value < 0x1_0000) return bare[letters + (value >>> 8)]! + pairs[letters + (value & 0xff)]!;
  if (value < 0x100_0000)
    return (
      bare[letters + (value >>> 16)]! + pairs[letters + ((value >>> 8) & 0xff)]! + pairs[letters + (value & 0xff)]!
    );
  return bare[letters + (value >>> 24)]! + sixDigits(value, letters);
}

const sixDigits = (value: number, letters: number): string =>
  pairs[letters + ((value >>> 16) & 0xff)]! +
  pairs[letters + ((value >>> 8) & 0xff)]! +
  pairs[letters + (value & 0xff)]!;

const eightDigits = (value: number, letters: number): string =>
  pairs[letters + (value >>> 24)]! + sixDigits(value, letters);

/** `low`/`high` as a number in the style's hexadecimal; `digits` pads with zeros what is no digit by itself. */
export function hex(low: number, high: number, style: Style, digits = 0): string {
  if (high === 0 && low >= 0 && low < 10 && style.small) return String.fromCharCode(48 + low);
  const letters = style.upperHex ? 0 : 256;
  let text: string;
  if (digits === 16) text = eightDigits(high >>> 0, letters) + eightDigits(low >>> 0, letters);
  else if (digits === 8) text = eightDigits(low >>> 0, letters);
  else if (high !== 0) text = digitsOf(high >>> 0, letters) + eightDigits(low >>> 0, letters);
  else text = digitsOf(low >>> 0, letters).padStart(digits, "0");
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
