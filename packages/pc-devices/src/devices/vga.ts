/**
 * A VGA: text, 16 and 256 colours, and on request a linear framebuffer that Bochs's display interface sets up. It is a PCI function,
 * and answers the old addresses by itself. After RESET it is in 80 by 25 text mode, as firmware leaves it.
 */
import { type AccessSize, checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";
import { createPciConfig, type PciConfigState } from "../pci/pci-config.ts";
import { createFont, FONT_HEIGHT } from "../vga/font.ts";
import { type Picture, PLANE, renderLinear, renderVga, screenText, type VgaView } from "../vga/render.ts";
import type { PciFunction } from "./pci-host.ts";

export interface VgaOptions {
  /** Linear framebuffer in bytes, a power of two up to 16 MiB. Default 0: none. */
  readonly videoMemory?: number;
}

/** 4 KiB that are not all zero, two hexadecimal digits a byte. */
interface SavedPage {
  readonly at: number;
  readonly hex: string;
}

export interface VgaState {
  readonly version: 1;
  readonly config: PciConfigState;
  readonly miscellaneous: number;
  readonly crtcIndex: number;
  readonly crtc: readonly number[];
  readonly sequencerIndex: number;
  readonly sequencer: readonly number[];
  readonly graphicsIndex: number;
  readonly graphics: readonly number[];
  readonly attributeIndex: number;
  readonly attributeData: boolean;
  readonly attribute: readonly number[];
  readonly palette: readonly number[];
  readonly pelMask: number;
  readonly pelRead: number;
  readonly pelWrite: number;
  readonly pelPart: number;
  readonly pelIsRead: boolean;
  readonly latches: readonly number[];
  readonly displayIndex: number;
  readonly display: readonly number[];
  readonly planes: readonly SavedPage[];
  readonly linear: readonly SavedPage[];
}

export interface Vga extends Device<VgaState>, PciFunction {
  read(offset: number, size: AccessSize, range: number): number | undefined;
  write(offset: number, size: AccessSize, value: number, range: number): boolean;
  /** What is on the screen now. */
  render(): Picture;
  /** The rows of a text mode; none in graphics. */
  text(): readonly string[];
  /** Grows with every write that may change the picture. */
  readonly changes: number;
}

const PORTS = 0;
const DISPLAY = 1;
const WINDOW = 2;
const LINEAR = 3;
const MOST_LINEAR = 0x100_0000;
const PAGE = 0x1000;

/** Offsets from 0x3b0. */
const FIRST_PORT = 0x3b0;
const MISC_COLOUR = 1;
const STATUS_DISABLED = 1;
const STATUS_RETRACE = 8;
/** 70.086 Hz: 449 lines of 31.778 µs, 49 of them blank. */
const FRAME_NS = 14_268_000;
const BLANK_NS = 1_557_000;

/** Mode 3: 80 by 25 characters of 9 by 16, as the register tables of the PS/2 BIOS have it. */
const textCrtc = [
  ...[0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00],
  ...[0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
];
const textSequencer = [0x03, 0x00, 0x03, 0x00, 0x02];
const textGraphics = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff];
const textAttribute = [
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f],
  ...[0x0c, 0x00, 0x0f, 0x08, 0x00],
];
/** The window of video memory by graphics register 6, bits 3:2: offset from 0xa0000, and size. */
const windows: readonly (readonly [number, number])[] = [
  [0x0_0000, 0x2_0000],
  [0x0_0000, 0x1_0000],
  [0x1_0000, 0x0_8000],
  [0x1_8000, 0x0_8000],
];

/** Registers of Bochs's display interface. */
const Display = {
  ID: 0,
  WIDTH: 1,
  HEIGHT: 2,
  BITS: 3,
  ENABLE: 4,
  VIRTUAL_WIDTH: 6,
  X: 8,
  Y: 9,
  MEMORY_64K: 10,
} as const;
/** Versions of the interface; software writes the one that it knows and looks whether it stands. */
const DISPLAY_FIRST_ID = 0xb0c0;
const DISPLAY_ID = 0xb0c5;
const DISPLAY_ENABLED = 0x01;
const DISPLAY_CAPABILITIES = 0x02;
const DISPLAY_NO_CLEAR = 0x80;
const MOST_WIDTH = 2560;
const MOST_HEIGHT = 1600;
const displayBits: readonly number[] = [8, 15, 16, 24, 32];

export const vga: DeviceModel<VgaOptions, Vga> = {
  name: "vga",
  ranges: [
    { base: FIRST_PORT, size: 0x30 },
    { base: 0x1ce, size: 3 },
    { space: "memory", base: 0xa_0000, size: 0x2_0000 },
    { space: "memory", base: 0, size: MOST_LINEAR },
  ],
  pins: [],
  sources: [
    "IBM PS/2 Hardware Interface Technical Reference, Video Subsystem: general, sequencer, CRT controller, graphics controller and " +
      "attribute controller registers; video DAC",
    "Bochs VBE DISPI interface (QEMU docs/specs/standard-vga.rst)",
  ],
  create(environment, { videoMemory = 0 } = {}) {
    const linearBytes = Math.min(Math.max(videoMemory, 0), MOST_LINEAR);
    const config = createPciConfig({
      ...{ vendor: 0x1234, device: 0x1111, revision: 2, classCode: 0x03_00_00 },
      // Its ports have no base address, but are switched like others (PCI 3.0 §6.2.2); firmware takes it for the first screen by that.
      registers: { 4: { value: 0, writable: 0x47 } },
      bars:
        linearBytes > 0 ? [{ index: 0, space: "memory", size: linearBytes, prefetchable: true, range: LINEAR }] : [],
    });
    const crtc = new Uint8Array(0x19);
    const sequencer = new Uint8Array(5);
    const graphics = new Uint8Array(9);
    const attribute = new Uint8Array(0x15);
    const palette = new Uint8Array(768);
    const planes = new Uint8Array(4 * PLANE);
    const linear = new Uint8Array(linearBytes);
    const font = createFont();
    const latches = new Uint8Array(4);
    const display = new Uint16Array(11);
    let miscellaneous = 0;
    let [crtcIndex, sequencerIndex, graphicsIndex, attributeIndex] = [0, 0, 0, 0];
    let attributeData = false;
    let pelMask = 0xff;
    let [pelRead, pelWrite, pelPart] = [0, 0, 0];
    let pelIsRead = false;
    let displayIndex = 0;
    let changes = 0;

    const view: VgaView = {
      ...{ crtc, sequencer, graphics, attribute, palette, planes },
      get pelMask() {
        return pelMask;
      },
    };

    // Ports.
    const status1 = (): number => {
      attributeData = false;
      const phase = Number(environment.nowNs()) % FRAME_NS;
      return phase < FRAME_NS - BLANK_NS ? 0 : STATUS_DISABLED | STATUS_RETRACE;
    };
    /** The colour addresses or the monochrome ones, as the miscellaneous output register says. */
    const crtcBase = (): number => ((miscellaneous & MISC_COLOUR) !== 0 ? 0x3d4 : 0x3b4);
    const portReaders: Readonly<Record<number, () => number>> = {
      [0x3c0]: () => attributeIndex,
      [0x3c1]: () => attribute[attributeIndex & 0x1f] ?? 0,
      // The sense bit: a monitor is there.
      [0x3c2]: () => 0x10,
      [0x3c4]: () => sequencerIndex,
      [0x3c5]: () => sequencer[sequencerIndex] ?? 0,
      [0x3c6]: () => pelMask,
      [0x3c7]: () => (pelIsRead ? 3 : 0),
      [0x3c8]: () => pelWrite,
      [0x3c9]: () => {
        const value = palette[pelRead * 3 + pelPart] as number;
        pelPart = (pelPart + 1) % 3;
        if (pelPart === 0) pelRead = (pelRead + 1) & 0xff;
        return value;
      },
      [0x3cc]: () => miscellaneous,
      [0x3ce]: () => graphicsIndex,
      [0x3cf]: () => graphics[graphicsIndex] ?? 0,
    };
    const readPort = (port: number): number => {
      if (port === crtcBase()) return crtcIndex;
      if (port === crtcBase() + 1) return crtc[crtcIndex] ?? 0;
      if (port === crtcBase() + 6) return status1();
      return portReaders[port]?.() ?? 0xff;
    };
    const set = (registers: Uint8Array, index: number, value: number): void => {
      if (index < registers.length) registers[index] = value;
    };
    const writeCrtc = (value: number): void => {
      // Bit 7 of register 0x11 protects 0 to 7, but for the line compare bit.
      if ((crtc[0x11] as number) >= 0x80 && crtcIndex < 8) {
        if (crtcIndex === 7) crtc[7] = ((crtc[7] as number) & ~0x10) | (value & 0x10);
      } else set(crtc, crtcIndex, value);
    };
    const portWriters: Readonly<Record<number, (value: number) => void>> = {
      [0x3c0]: (value) => {
        if (!attributeData) attributeIndex = value & 0x3f;
        else set(attribute, attributeIndex & 0x1f, value);
        attributeData = !attributeData;
      },
      [0x3c2]: (value) => {
        miscellaneous = value;
      },
      [0x3c4]: (value) => {
        sequencerIndex = value;
      },
      [0x3c5]: (value) => set(sequencer, sequencerIndex, value),
      [0x3c6]: (value) => {
        pelMask = value;
      },
      [0x3c7]: (value) => {
        pelRead = value;
        pelPart = 0;
        pelIsRead = true;
      },
      [0x3c8]: (value) => {
        pelWrite = value;
        pelPart = 0;
        pelIsRead = false;
      },
      [0x3c9]: (value) => {
        palette[pelWrite * 3 + pelPart] = value & 0x3f;
        pelPart = (pelPart + 1) % 3;
        if (pelPart === 0) pelWrite = (pelWrite + 1) & 0xff;
      },
      [0x3ce]: (value) => {
        graphicsIndex = value;
      },
      [0x3cf]: (value) => set(graphics, graphicsIndex, value),
    };
    const writePort = (port: number, value: number): void => {
      changes++;
      if (port === crtcBase()) crtcIndex = value;
      else if (port === crtcBase() + 1) writeCrtc(value);
      else portWriters[port]?.(value);
    };

    // The window at 0xa0000.
    const windowOffset = (offset: number): number => {
      const [base, size] = windows[((graphics[6] as number) >> 2) & 3] as readonly [number, number];
      return offset >= base && offset < base + size ? offset - base : -1;
    };
    const isChained = (): boolean => ((sequencer[4] as number) & 8) !== 0;
    const readWindow = (offset: number): number => {
      const address = windowOffset(offset);
      if (address < 0) return 0xff;
      const isOddEven = ((graphics[5] as number) & 0x10) !== 0;
      const at = (isChained() ? address & ~3 : isOddEven ? address & ~1 : address) & (PLANE - 1);
      for (let plane = 0; plane < 4; plane++) latches[plane] = planes[plane * PLANE + at] as number;
      if (isChained()) return latches[address & 3] as number;
      if (((graphics[5] as number) & 8) === 0) {
        const select = (graphics[4] as number) & 3;
        return latches[isOddEven ? (select & 2) | (address & 1) : select] as number;
      }
      // Read mode 1 compares colours.
      let match = 0xff;
      for (let plane = 0; plane < 4; plane++) {
        if (((graphics[7] as number) & (1 << plane)) === 0) continue;
        const wanted = ((graphics[2] as number) & (1 << plane)) !== 0 ? 0xff : 0;
        match &= ~((latches[plane] as number) ^ wanted) & 0xff;
      }
      return match;
    };
    const combine = (value: number, latch: number): number => {
      const operation = ((graphics[3] as number) >> 3) & 3;
      if (operation === 1) return value & latch;
      if (operation === 2) return value | latch;
      return operation === 3 ? value ^ latch : value;
    };
    const planeData = (value: number, plane: number, mode: number): number => {
      const latch = latches[plane] as number;
      if (mode === 1) return latch;
      const bit = 1 << plane;
      const count = (graphics[3] as number) & 7;
      const rotated = ((value >> count) | (value << (8 - count))) & 0xff;
      const fill = ((graphics[0] as number) & bit) !== 0 ? 0xff : 0;
      let mask = graphics[8] as number;
      let data = rotated;
      if (mode === 0 && ((graphics[1] as number) & bit) !== 0) data = fill;
      else if (mode === 2) data = (value & bit) !== 0 ? 0xff : 0;
      else if (mode === 3) {
        data = fill;
        mask &= rotated;
      }
      return (combine(data, latch) & mask) | (latch & ~mask);
    };
    const writeWindow = (offset: number, value: number): void => {
      const address = windowOffset(offset);
      if (address < 0) return;
      changes++;
      const isOddEven = ((sequencer[4] as number) & 4) === 0;
      const at = (isChained() ? address & ~3 : isOddEven ? address & ~1 : address) & (PLANE - 1);
      const reachable = isChained() ? 1 << (address & 3) : isOddEven ? 5 << (address & 1) : 15;
      const mask = (sequencer[2] as number) & reachable;
      const mode = (graphics[5] as number) & 3;
      for (let plane = 0; plane < 4; plane++) {
        if ((mask & (1 << plane)) !== 0) planes[plane * PLANE + at] = planeData(value, plane, mode);
      }
    };

    // Bochs's display interface.
    const isLinear = (): boolean => ((display[Display.ENABLE] as number) & DISPLAY_ENABLED) !== 0;
    const readDisplay = (): number => {
      if (linearBytes === 0) return 0xffff;
      if (displayIndex === Display.MEMORY_64K) return linearBytes >> 16;
      if (((display[Display.ENABLE] as number) & DISPLAY_CAPABILITIES) !== 0) {
        const most = [0, MOST_WIDTH, MOST_HEIGHT, 32][displayIndex];
        if (most) return most;
      }
      return display[displayIndex] ?? 0;
    };
    const geometry = () => {
      const bits = display[Display.BITS] as number;
      const bytes = Math.ceil(bits / 8);
      const width = display[Display.WIDTH] as number;
      const pitch = Math.max(display[Display.VIRTUAL_WIDTH] as number, width) * bytes;
      const start = (display[Display.Y] as number) * pitch + (display[Display.X] as number) * bytes;
      return { width, height: display[Display.HEIGHT] as number, bits, pitch, start };
    };
    const writeDisplay = (value: number): void => {
      if (linearBytes === 0 || displayIndex >= Display.MEMORY_64K) return;
      if (displayIndex === Display.ID) {
        if (value >= DISPLAY_FIRST_ID && value <= DISPLAY_ID) display[Display.ID] = value;
        return;
      }
      const most = displayIndex === Display.WIDTH ? MOST_WIDTH : displayIndex === Display.HEIGHT ? MOST_HEIGHT : 0xffff;
      if (displayIndex === Display.BITS && !displayBits.includes(value)) return;
      if (value > most) return;
      changes++;
      display[displayIndex] = value;
      if (displayIndex !== Display.ENABLE || (value & DISPLAY_ENABLED) === 0) return;
      const { width, height, pitch } = geometry();
      // A mode that does not fit is not set.
      if (width === 0 || height === 0 || pitch * height > linearBytes) display[Display.ENABLE] = 0;
      else if ((value & DISPLAY_NO_CLEAR) === 0) linear.fill(0);
    };
    const readLinear = (offset: number, size: AccessSize): number =>
      readBytes(offset, size, (place) => linear[place] ?? 0xff);

    const clear = (): void => {
      miscellaneous = 0x67;
      crtc.set(textCrtc);
      sequencer.set(textSequencer);
      graphics.set(textGraphics);
      attribute.set(textAttribute);
      [crtcIndex, sequencerIndex, graphicsIndex, attributeIndex] = [0, 0, 0, 0x20];
      attributeData = false;
      // 64 colours of two bits a part, as an EGA has them; the rest grey steps.
      for (let index = 0; index < 256; index++) {
        const part = (high: number, low: number): number =>
          index < 64 ? ((index >> high) & 1) * 0x2a + ((index >> low) & 1) * 0x15 : index >> 2;
        palette.set([part(2, 5), part(1, 4), part(0, 3)], index * 3);
      }
      pelMask = 0xff;
      [pelRead, pelWrite, pelPart] = [0, 0, 0];
      pelIsRead = false;
      latches.fill(0);
      displayIndex = 0;
      display.fill(0);
      display[Display.ID] = DISPLAY_ID;
      display[Display.BITS] = 8;
      planes.fill(0);
      linear.fill(0);
      for (let code = 0; code < 256; code++) {
        planes.set(font.subarray(code * FONT_HEIGHT, (code + 1) * FONT_HEIGHT), 2 * PLANE + code * 32);
      }
      for (let cell = 0; cell < 80 * 25; cell++) {
        planes[cell * 2] = 0x20;
        planes[PLANE + cell * 2] = 0x07;
      }
      changes++;
    };

    clear();
    return {
      config,
      get changes() {
        return changes;
      },
      render: () => (isLinear() ? renderLinear(linear, geometry(), view) : renderVga(view)),
      text: () => (isLinear() ? [] : screenText(view)),
      read(offset, size, range) {
        if (range === PORTS) return readBytes(offset, size, (at) => (at < 0x30 ? readPort(FIRST_PORT + at) : 0xff));
        if (range === WINDOW) return readBytes(offset, size, (at) => (at < 0x2_0000 ? readWindow(at) : 0xff));
        if (range === LINEAR) return readLinear(offset, size);
        if (size !== 2 || offset > 1) return undefined;
        return offset === 0 ? displayIndex : readDisplay();
      },
      write(offset, size, value, range) {
        if (range === PORTS) {
          return writeBytes(offset, size, value, (at, byte) => {
            if (at < 0x30) writePort(FIRST_PORT + at, byte);
          });
        }
        if (range === WINDOW) {
          return writeBytes(offset, size, value, (at, byte) => {
            if (at < 0x2_0000) writeWindow(at, byte);
          });
        }
        if (range === LINEAR) {
          changes++;
          return writeBytes(offset, size, value, (at, byte) => {
            if (at < linearBytes) linear[at] = byte;
          });
        }
        if (range !== DISPLAY || size !== 2 || offset > 1) return false;
        if (offset === 0) displayIndex = value & 0xff;
        else writeDisplay(value & 0xffff);
        return true;
      },
      reset() {
        clear();
        config.reset();
      },
      save: () => ({
        version: 1,
        config: config.save(),
        ...{ miscellaneous, crtcIndex, sequencerIndex, graphicsIndex, attributeIndex, attributeData },
        crtc: [...crtc],
        sequencer: [...sequencer],
        graphics: [...graphics],
        attribute: [...attribute],
        palette: [...palette],
        ...{ pelMask, pelRead, pelWrite, pelPart, pelIsRead, displayIndex },
        latches: [...latches],
        display: [...display],
        planes: savePages(planes),
        linear: savePages(linear),
      }),
      load(state) {
        checkVersion("vga", state, 1);
        ({ miscellaneous, crtcIndex, sequencerIndex, graphicsIndex, attributeIndex, attributeData } = state);
        ({ pelMask, pelRead, pelWrite, pelPart, pelIsRead, displayIndex } = state);
        crtc.set(state.crtc);
        sequencer.set(state.sequencer);
        graphics.set(state.graphics);
        attribute.set(state.attribute);
        palette.set(state.palette);
        latches.set(state.latches);
        display.set(state.display);
        loadPages(planes, state.planes);
        loadPages(linear, state.linear);
        config.load(state.config);
        changes++;
      },
    };
  },
};

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function savePages(bytes: Uint8Array): SavedPage[] {
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  const pages: SavedPage[] = [];
  for (let at = 0; at < bytes.length; at += PAGE) {
    let any = 0;
    for (let word = at >> 2; word < (at + PAGE) >> 2; word++) any |= words[word] as number;
    if (any === 0) continue;
    let hex = "";
    for (let byte = at; byte < at + PAGE; byte++) hex += hexOfByte[bytes[byte] as number] as string;
    pages.push({ at, hex });
  }
  return pages;
}

const digit = (code: number): number => (code & 15) + (code > 0x39 ? 9 : 0);

function loadPages(bytes: Uint8Array, pages: readonly SavedPage[]): void {
  bytes.fill(0);
  for (const { at, hex } of pages) {
    for (let i = 0; i < PAGE && at + i < bytes.length; i++) {
      bytes[at + i] = (digit(hex.charCodeAt(i * 2)) << 4) | digit(hex.charCodeAt(i * 2 + 1));
    }
  }
}
