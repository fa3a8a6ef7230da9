/** The 16550A UART. Characters leave at once (the line is infinitely fast); input waits in a bounded queue behind the FIFO. */
import { ByteQueue } from "../byte-queue.ts";
import { checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";

export interface UartOptions {
  /** Bytes of input kept for the guest beyond its FIFO. Default 65,536. */
  readonly inputLimit?: number;
}

export interface UartState {
  readonly version: 1;
  readonly ier: number;
  readonly fcr: number;
  readonly lcr: number;
  readonly mcr: number;
  readonly msrDelta: number;
  readonly scratch: number;
  readonly divisor: number;
  readonly overrun: boolean;
  readonly transmitterEmptyPending: boolean;
  readonly fifo: readonly number[];
  readonly input: readonly number[];
}

export interface Uart extends Device<UartState> {
  /** Offers input; returns how many bytes were taken, fewer when the queue is full. */
  receive(bytes: Uint8Array): number;
}

const FIFO_BYTES = 16;
const INPUT_LIMIT = 65_536;

const IER_RX = 1 << 0;
const IER_TX = 1 << 1;
const IER_LINE = 1 << 2;
const IER_MODEM = 1 << 3;
const IIR_NONE = 0x01;
const IIR_LINE = 0x06;
const IIR_RX = 0x04;
const IIR_TIMEOUT = 0x0c;
const IIR_TX = 0x02;
const IIR_MODEM = 0x00;
const IIR_FIFOS = 0xc0;
const FCR_ENABLE = 1 << 0;
const FCR_CLEAR_RX = 1 << 1;
const FCR_KEPT = 0xc9;
const LCR_DLAB = 1 << 7;
const MCR_LOOP = 1 << 4;
const MCR_BITS = 0x1f;
const LSR_DATA = 1 << 0;
const LSR_OVERRUN = 1 << 1;
const LSR_TRANSMITTER_EMPTY = 0x60;
/** CTS, DSR and DCD: somebody is on the line. */
const MSR_CONNECTED = 0xb0;
const MSR_DELTA = 0x0f;
/** Receive trigger levels by FCR bits 7:6. */
const triggers: readonly number[] = [1, 4, 8, 14];

export const uart16550a: DeviceModel<UartOptions, Uart> = {
  name: "uart-16550a",
  ranges: [{ base: 0x3f8, size: 8 }],
  pins: ["irq"],
  sources: ["National Semiconductor PC16550D data sheet (June 1995), §8 registers, §8.11 FIFO operation"],
  create: (environment, options = {}) => {
    const inputLimit = options.inputLimit ?? INPUT_LIMIT;
    let ier = 0;
    let fcr = 0;
    let lcr = 0;
    let mcr = 0;
    let msrDelta = 0;
    let scratch = 0;
    let divisor = 12;
    let overrun = false;
    let transmitterEmptyPending = false;
    let fifo: number[] = [];
    const input = new ByteQueue(inputLimit);
    let line = false;

    const capacity = (): number => ((fcr & FCR_ENABLE) !== 0 ? FIFO_BYTES : 1);
    const trigger = (): number => ((fcr & FCR_ENABLE) !== 0 ? (triggers[fcr >> 6] as number) : 1);
    const modemLevels = (): number =>
      (mcr & MCR_LOOP) === 0
        ? MSR_CONNECTED
        : ((mcr & 2) << 3) | ((mcr & 1) << 5) | ((mcr & 4) << 4) | ((mcr & 8) << 4);

    /** The highest-priority cause, as IIR bits 3:0 show it. */
    const cause = (): number => {
      if ((ier & IER_LINE) !== 0 && overrun) return IIR_LINE;
      if ((ier & IER_RX) !== 0 && fifo.length >= trigger()) return IIR_RX;
      // Below the trigger level the timeout of four character times is over at once.
      if ((ier & IER_RX) !== 0 && fifo.length > 0) return IIR_TIMEOUT;
      if ((ier & IER_TX) !== 0 && transmitterEmptyPending) return IIR_TX;
      if ((ier & IER_MODEM) !== 0 && msrDelta !== 0) return IIR_MODEM;
      return IIR_NONE;
    };
    const update = (): void => {
      const level = cause() !== IIR_NONE;
      if (level === line) return;
      line = level;
      environment.setLine("irq", level);
    };
    const refill = (): void => {
      if ((mcr & MCR_LOOP) !== 0) return;
      while (input.length > 0 && fifo.length < capacity()) fifo.push(input.shift() as number);
    };
    const transmit = (byte: number): void => {
      transmitterEmptyPending = true;
      if ((mcr & MCR_LOOP) === 0) environment.output(Uint8Array.of(byte));
      else if (fifo.length < capacity()) fifo.push(byte);
      else overrun = true;
    };

    const readers: readonly (() => number)[] = [
      () => {
        if ((lcr & LCR_DLAB) !== 0) return divisor & 0xff;
        const byte = fifo.shift() ?? 0;
        refill();
        return byte;
      },
      () => ((lcr & LCR_DLAB) !== 0 ? divisor >> 8 : ier),
      () => {
        const value = cause();
        if (value === IIR_TX) transmitterEmptyPending = false;
        return value | ((fcr & FCR_ENABLE) !== 0 ? IIR_FIFOS : 0);
      },
      () => lcr,
      () => mcr,
      () => {
        const value = (fifo.length > 0 ? LSR_DATA : 0) | (overrun ? LSR_OVERRUN : 0) | LSR_TRANSMITTER_EMPTY;
        overrun = false;
        return value;
      },
      () => {
        const value = modemLevels() | msrDelta;
        msrDelta = 0;
        return value;
      },
      () => scratch,
    ];
    const writers: readonly ((value: number) => void)[] = [
      (value) => {
        if ((lcr & LCR_DLAB) !== 0) divisor = (divisor & 0xff00) | value;
        else transmit(value);
      },
      (value) => {
        if ((lcr & LCR_DLAB) !== 0) {
          divisor = (divisor & 0xff) | (value << 8);
          return;
        }
        // Enabling the transmitter's interrupt while it is empty raises it.
        if ((value & IER_TX) !== 0 && (ier & IER_TX) === 0) transmitterEmptyPending = true;
        ier = value & 0x0f;
      },
      (value) => {
        if (((value ^ fcr) & FCR_ENABLE) !== 0 || (value & FCR_CLEAR_RX) !== 0) fifo = [];
        fcr = (value & FCR_ENABLE) !== 0 ? value & FCR_KEPT : 0;
        refill();
      },
      (value) => {
        lcr = value;
      },
      (value) => {
        const before = modemLevels();
        mcr = value & MCR_BITS;
        const changed = before ^ modemLevels();
        // Delta bits: CTS, DSR and DCD at any change, the trailing edge of RI.
        msrDelta |= ((changed >> 4) & 0x0b) | ((changed & before & 0x40) >> 4);
        msrDelta &= MSR_DELTA;
        refill();
      },
      () => undefined,
      () => undefined,
      (value) => {
        scratch = value;
      },
    ];
    const clear = (): void => {
      ier = fcr = lcr = mcr = msrDelta = 0;
      divisor = 12;
      overrun = transmitterEmptyPending = false;
      fifo = [];
    };

    return {
      read(offset, size) {
        const value = readBytes(offset, size, (at) => readers[at]?.() ?? 0xff);
        update();
        return value;
      },
      write(offset, size, value) {
        writeBytes(offset, size, value, (at, byte) => writers[at]?.(byte));
        update();
        return true;
      },
      receive(bytes) {
        const taken = input.push(bytes);
        refill();
        update();
        return taken;
      },
      reset() {
        clear();
        input.clear();
        update();
      },
      save: () => ({
        version: 1,
        ...{ ier, fcr, lcr, mcr, msrDelta, scratch, divisor, overrun, transmitterEmptyPending },
        fifo: [...fifo],
        input: [...input.peek(input.length)],
      }),
      load(state) {
        checkVersion("uart-16550a", state, 1);
        ({ ier, fcr, lcr, mcr, msrDelta, scratch, divisor, overrun, transmitterEmptyPending } = state);
        fifo = [...state.fifo];
        input.clear();
        input.push(Uint8Array.from(state.input));
        update();
      },
    };
  },
};
