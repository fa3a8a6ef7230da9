/**
 * The picture that a VGA's registers and memory make: pure functions, no time. Blinking is shown lit.
 *
 * Sources: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem": CRT controller, attribute controller, video memory
 * organisation, palette.
 */
import { codePage437 } from "./font.ts";

/** RGBA, four bytes a pixel, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** What the picture depends on. */
export interface VgaView {
  readonly crtc: Uint8Array;
  readonly sequencer: Uint8Array;
  readonly graphics: Uint8Array;
  readonly attribute: Uint8Array;
  /** 256 entries of red, green, blue, six bits each. */
  readonly palette: Uint8Array;
  readonly pelMask: number;
  /** Four planes of 64 KiB, one after the other. */
  readonly planes: Uint8Array;
}

export const PLANE = 0x1_0000;
const CURSOR_OFF = 0x20;
const GRAPHICS_MODE = 1;
const COLOURS_256 = 0x40;
const EIGHT_DOTS = 1;
const BLINK = 8;
const LINE_GRAPHICS = 4;
/** Font offsets in plane 2 by map select. */
const fontPlaces: readonly number[] = [0, 2, 4, 6, 1, 3, 5, 7].map((bank) => bank * 0x2000);

const at = (registers: Uint8Array, index: number): number => registers[index] as number;
const verticalEnd = ({ crtc }: VgaView): number =>
  at(crtc, 0x12) + ((at(crtc, 0x07) & 0x02) << 7) + ((at(crtc, 0x07) & 0x40) << 3) + 1;
const startAddress = ({ crtc }: VgaView): number => (at(crtc, 0x0c) << 8) | at(crtc, 0x0d);
const isTextMode = ({ graphics }: VgaView): boolean => (at(graphics, 6) & GRAPHICS_MODE) === 0;

interface TextGeometry {
  readonly columns: number;
  readonly rows: number;
  readonly cellHeight: number;
  /** Cells from one row to the next. */
  readonly pitch: number;
}

function textGeometry(view: VgaView): TextGeometry {
  const { crtc } = view;
  const cellHeight = (at(crtc, 0x09) & 0x1f) + 1;
  return {
    columns: at(crtc, 0x01) + 1,
    rows: Math.max(Math.floor(verticalEnd(view) / cellHeight), 1),
    cellHeight,
    pitch: at(crtc, 0x13) * 2,
  };
}

/** The text of a text mode, a string a row without trailing spaces; empty in graphics modes. */
export function screenText(view: VgaView): readonly string[] {
  if (!isTextMode(view)) return [];
  const { columns, rows, pitch } = textGeometry(view);
  const start = startAddress(view);
  return Array.from({ length: rows }, (_, row) => {
    let line = "";
    for (let column = 0; column < columns; column++) {
      const code = at(view.planes, ((start + row * pitch + column) * 2) & (PLANE - 1));
      line += codePage437[code] as string;
    }
    return line.trimEnd();
  });
}

/** The 256 colours as little-endian RGBA words. */
function paletteWords({ palette, pelMask }: VgaView): Uint32Array {
  const wide = (six: number): number => (six << 2) | (six >> 4);
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const entry = (index & pelMask) * 3;
    const [red, green, blue] = [0, 1, 2].map((part) => wide(at(palette, entry + part) & 0x3f)) as [
      number,
      number,
      number,
    ];
    return (0xff00_0000 | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
/** Colour words of the sixteen attribute values. */
function attributeWords(view: VgaView): Uint32Array {
  const words = paletteWords(view);
  const { attribute } = view;
  const select = at(attribute, 0x14);
  const usesSelect = (at(attribute, 0x10) & 0x80) !== 0;
  return Uint32Array.from({ length: 16 }, (_, value) => {
    const entry = at(attribute, value) & 0x3f;
    const low = usesSelect ? (entry & 0x0f) | ((select & 3) << 4) : entry;
    return words[low | ((select & 0x0c) << 4)] as number;
  });
}

const createPicture = (width: number, height: number): { readonly picture: Picture; readonly words: Uint32Array } => {
  const words = new Uint32Array(width * height);
  return { picture: { width, height, pixels: new Uint8Array(words.buffer) }, words };
};

function renderText(view: VgaView): Picture {
  const { columns, rows, cellHeight, pitch } = textGeometry(view);
  const { planes, attribute, sequencer, crtc } = view;
  const cellWidth = (at(sequencer, 1) & EIGHT_DOTS) !== 0 ? 8 : 9;
  const { picture, words } = createPicture(columns * cellWidth, rows * cellHeight);
  const colours = attributeWords(view);
  const mode = at(attribute, 0x10);
  const maps = at(sequencer, 3);
  const fonts = [
    fontPlaces[(maps & 3) | ((maps >> 2) & 4)] as number,
    fontPlaces[((maps >> 2) & 3) | ((maps >> 3) & 4)] as number,
  ];
  const start = startAddress(view);
  const cursor = (at(crtc, 0x0e) << 8) | at(crtc, 0x0f);
  const isCursorOn = (at(crtc, 0x0a) & CURSOR_OFF) === 0;
  const [cursorFirst, cursorLast] = [at(crtc, 0x0a) & 0x1f, at(crtc, 0x0b) & 0x1f];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const address = start + row * pitch + column;
      const offset = (address * 2) & (PLANE - 1);
      const code = at(planes, offset);
      const bits = at(planes, PLANE + offset);
      const foreground = colours[bits & 15] as number;
      const background = colours[(mode & BLINK) !== 0 ? (bits >> 4) & 7 : bits >> 4] as number;
      // Bit 3 chooses the second font; both are the same as a rule.
      const font = 2 * PLANE + (fonts[(bits & 8) !== 0 ? 1 : 0] as number) + code * 32;
      const repeats = (mode & LINE_GRAPHICS) !== 0 && code >= 0xc0 && code <= 0xdf;
      const hasCursor = isCursorOn && address === cursor;
      for (let y = 0; y < cellHeight; y++) {
        const dots = hasCursor && y >= cursorFirst && y <= cursorLast ? 0x1ff : widen(at(planes, font + y), repeats);
        let to = (row * cellHeight + y) * picture.width + column * cellWidth;
        for (let x = 0; x < cellWidth; x++) words[to++] = (dots & (0x100 >> x)) !== 0 ? foreground : background;
      }
    }
  }
  return picture;
}
/** Nine dots of eight: the last repeats for line graphics. */
const widen = (dots: number, repeats: boolean): number => (dots << 1) | (repeats ? dots & 1 : 0);

function renderGraphics(view: VgaView): Picture {
  const { crtc, graphics, planes } = view;
  const has256 = (at(graphics, 5) & COLOURS_256) !== 0;
  const scans = ((at(crtc, 0x09) & 0x1f) + 1) * ((at(crtc, 0x09) & 0x80) !== 0 ? 2 : 1);
  const columns = at(crtc, 0x01) + 1;
  const height = Math.max(Math.floor(verticalEnd(view) / scans), 1);
  // Doubleword, word and byte addressing of the counter.
  const shift = (at(crtc, 0x14) & 0x40) !== 0 ? 2 : (at(crtc, 0x17) & 0x40) !== 0 ? 0 : 1;
  const pitch = at(crtc, 0x13) * 2;
  const start = startAddress(view);
  const { picture, words } = createPicture(columns * (has256 ? 4 : 8), height);
  const colours = has256 ? paletteWords(view) : attributeWords(view);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let column = 0; column < columns; column++) {
      const offset = ((start + y * pitch + column) << shift) & (PLANE - 1);
      if (has256) {
        for (let plane = 0; plane < 4; plane++) words[to++] = colours[at(planes, plane * PLANE + offset)] as number;
        continue;
      }
      for (let bit = 7; bit >= 0; bit--) {
        let value = 0;
        for (let plane = 0; plane < 4; plane++) value |= ((at(planes, plane * PLANE + offset) >> bit) & 1) << plane;
        words[to++] = colours[value] as number;
      }
    }
  }
  return picture;
}

/** The picture of the mode that the registers describe: text, 16 colours in planes, or 256 colours. */
export function renderVga(view: VgaView): Picture {
  return isTextMode(view) ? renderText(view) : renderGraphics(view);
}

/** A linear framebuffer as picture: 32, 24, 16 (5-6-5), 15 or 8 bits a pixel. `pitch` in bytes. */
export function renderLinear(
  memory: Uint8Array,
  options: {
    readonly width: number;
    readonly height: number;
    readonly bits: number;
    readonly pitch: number;
    readonly start: number;
  },
  view: VgaView,
): Picture {
  const { width, height, bits, pitch, start } = options;
  const { picture, words } = createPicture(width, height);
  const bytes = Math.ceil(bits / 8);
  const palette = bits === 8 ? paletteWords(view) : undefined;
  const five = (value: number): number => ((value & 31) << 3) | ((value & 31) >> 2);
  const six = (value: number): number => ((value & 63) << 2) | ((value & 63) >> 4);
  const rgb = (red: number, green: number, blue: number): number =>
    (0xff00_0000 | (blue << 16) | (green << 8) | red) >>> 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = start + y * pitch + x * bytes;
      const low = memory[from] ?? 0;
      const high = memory[from + 1] ?? 0;
      let word: number;
      if (palette !== undefined) word = palette[low] as number;
      else if (bytes >= 3) word = rgb(memory[from + 2] ?? 0, high, low);
      else {
        const value = low | (high << 8);
        word =
          bits === 16
            ? rgb(five(value >> 11), six(value >> 5), five(value))
            : rgb(five(value >> 10), five(value >> 5), five(value));
      }
      words[y * width + x] = word;
    }
  }
  return picture;
}
