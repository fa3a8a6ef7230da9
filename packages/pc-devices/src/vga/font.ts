/**
 * A character set of our own for text modes: 256 cells of 8 by 16, in the order of code page 437. Letters are drawn as five by seven
 * dots (nine with descenders) and stretched; line drawing and blocks follow from rules. What is not drawn shows as a hollow box.
 */

/** A row is five dots: 0–9 and a–v are 0 to 31, the leftmost dot is worth 16. From space to tilde. */
const letters =
  "0000000 4444404 aaa0000 aavavaa 4fke5u4 op248j3 cik8lid 4480000 2488842 8422248 04lel40 044v440 000000448 000v000 00000cc 11248gg " +
  "ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888 ehhehhe ehhf12c 0cc0cc0 0cc0448 248g842 00v0v00 8421248 eh12404 " +
  "ehnlnge ehhvhhh uhhuhhu ehggghe sihhhis vgguggv vgguggg ehgnhhf hhhvhhh e44444e 72222ic hikokih ggggggv hrllhhh hhpljhh ehhhhhe " +
  "uhhuggg ehhhlid uhhukih fgge11u v444444 hhhhhhe hhhhha4 hhhllla hha4ahh hhha444 v1248gv e88888e gg84211 e22222e 4ah0000 00000000v " +
  "8420000 00e1fhf ggmphhu 00egghe 11djhhf 00ehvge 698s888 00fhhhf1e ggmphhh 40c444e 2062222ic ggikoki c44444e 00qllhh 00mphhh 00ehhhe " +
  "00uhhhugg 00fhhhf11 00mpggg 00ege1u 88s8896 00hhhjd 00hhha4 00hhlla 00ha4ah 00hhhhf1e 00v248v 2448442 4444444 8442448 008l200";
/** Arrows and triangles, drawn as letters are. */
const arrows: Readonly<Record<number, string>> = {
  ...{ [0x10]: "gosusog", [0x11]: "137f731", [0x18]: "4el4444", [0x19]: "4444le4" },
  ...{ [0x1a]: "042v240", [0x1b]: "048v840", [0x1e]: "0044eev", [0x1f]: "vee4400" },
};
/** Arms up, down, left, right: none, single, double. From 0xb3 to 0xda. */
const lines =
  "1100 1110 1120 2210 0210 0120 2220 2200 0220 2020 2010 1020 0110 1001 1011 0111 1101 0011 1111 1102 " +
  "2201 2002 0202 2022 0222 2202 0022 2222 1022 2011 0122 0211 2001 1002 0102 0201 2211 1122 1010 0101";

/** How many pixels each row and column of dots takes: bars and stems one, what is between them two. */
const rowHeights: readonly number[] = [1, 2, 2, 1, 2, 2, 1, 2, 1];
const columnWidths: readonly number[] = [1, 2, 1, 2, 1];
export const FONT_HEIGHT = 16;
const FIRST_LETTER = 0x20;
const FIRST_LINE = 0xb3;
const MIDDLE_X = 4;
const MIDDLE_Y = 7;

function drawLetter(cell: Uint8Array, rows: string): void {
  let y = 1;
  [...rows].forEach((digit, row) => {
    const dots = Number.parseInt(digit, 32);
    let bits = 0;
    let x = 0;
    columnWidths.forEach((width, column) => {
      for (let i = 0; i < width; i++, x++) if ((dots & (16 >> column)) !== 0) bits |= 0x80 >> x;
    });
    for (let i = 0; i < (rowHeights[row] ?? 0); i++) cell[y++] = bits;
  });
}

function drawLines(cell: Uint8Array, arms: string): void {
  const [up = 0, down = 0, left = 0, right = 0] = [...arms].map(Number);
  const dot = (x: number, y: number): void => {
    cell[y] = (cell[y] as number) | (0x80 >> x);
  };
  const offsets = (weight: number): readonly number[] => (weight === 2 ? [-1, 1] : weight === 1 ? [0] : []);
  const reach = Math.max(left, right) === 2 ? 1 : 0;
  const reachX = Math.max(up, down) === 2 ? 1 : 0;
  for (const offset of offsets(up)) for (let y = 0; y <= MIDDLE_Y + reach; y++) dot(MIDDLE_X + offset, y);
  for (const offset of offsets(down)) for (let y = MIDDLE_Y - reach; y < FONT_HEIGHT; y++) dot(MIDDLE_X + offset, y);
  for (const offset of offsets(left)) for (let x = 0; x <= MIDDLE_X + reachX; x++) dot(x, MIDDLE_Y + offset);
  for (const offset of offsets(right)) for (let x = MIDDLE_X - reachX; x < 8; x++) dot(x, MIDDLE_Y + offset);
}

/** Bits of row `y` of the cells that are neither letters nor lines. */
const shapes: Readonly<Record<number, (y: number) => number>> = {
  [0x00]: () => 0,
  [0x07]: (y) => (y >= 6 && y <= 9 ? 0x3c : 0),
  [0xb0]: (y) => (y % 2 === 0 ? 0x88 : 0x22),
  [0xb1]: (y) => (y % 2 === 0 ? 0xaa : 0x55),
  [0xb2]: (y) => (y % 2 === 0 ? 0x77 : 0xdd),
  [0xdb]: () => 0xff,
  [0xdc]: (y) => (y >= 8 ? 0xff : 0),
  [0xdd]: () => 0xf0,
  [0xde]: () => 0x0f,
  [0xdf]: (y) => (y < 8 ? 0xff : 0),
  [0xf9]: (y) => (y === 7 || y === 8 ? 0x18 : 0),
  [0xfa]: (y) => (y === 7 ? 0x08 : 0),
  [0xfe]: (y) => (y >= 4 && y <= 11 ? 0x7e : 0),
  [0xff]: () => 0,
};
const hollowBox = (y: number): number => (y === 2 || y === 12 ? 0x7e : y > 2 && y < 12 ? 0x42 : 0);

/** 256 cells of 16 bytes, the top row first, the leftmost pixel in bit 7. */
export function createFont(): Uint8Array {
  const font = new Uint8Array(256 * FONT_HEIGHT);
  const letterRows = letters.split(" ");
  const lineArms = lines.split(" ");
  for (let code = 0; code < 256; code++) {
    const cell = font.subarray(code * FONT_HEIGHT, (code + 1) * FONT_HEIGHT);
    const letter = arrows[code] ?? letterRows[code - FIRST_LETTER];
    const arms = lineArms[code - FIRST_LINE];
    const shape = shapes[code] ?? hollowBox;
    if (letter !== undefined) drawLetter(cell, letter);
    else if (arms !== undefined) drawLines(cell, arms);
    else for (let y = 0; y < FONT_HEIGHT; y++) cell[y] = shape(y);
  }
  return font;
}

/** Code page 437 as Unicode; the zero byte is a space to the eye. */
export const codePage437: string =
  " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼" +
  Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join("") +
  "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
  "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
