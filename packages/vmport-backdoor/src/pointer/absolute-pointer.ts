/**
 * VMware's absolute pointer ("vmmouse"): packets of four words that a driver fetches through commands 39–41 when a PS/2
 * interrupt says so.
 *
 * Sources: Linux `drivers/input/mouse/vmmouse.c`; QEMU `hw/i386/vmmouse.c` (queue size, error state).
 */

/** EBX of ABSPOINTER_COMMAND. */
export const PointerCommand = {
  Enable: 0x4541_4552,
  Disable: 0x0000_00f5,
  Relative: 0x4c45_5252,
  Absolute: 0x5342_4152,
} as const;

/** First word a driver reads after Enable. */
export const POINTER_VERSION = 0x3442_554a;

export const PointerButton = { Left: 0x20, Right: 0x10, Middle: 0x08 } as const;

const RELATIVE_PACKET = 0x0001_0000;
const OFF = 0xffff;
const WORDS = 1024;
const PACKET_WORDS = 4;

export interface PointerEvent {
  /** Absolute mode: 0..0xffff from left to right. Relative mode: a signed step. */
  readonly x: number;
  /** Absolute mode: 0..0xffff from top to bottom. Relative mode: a signed step, positive is up. */
  readonly y: number;
  /** Wheel, signed; positive towards the user. */
  readonly z: number;
  /** Or of {@link PointerButton}. */
  readonly buttons: number;
}

export interface AbsolutePointerState {
  readonly version: 1;
  readonly queue: readonly number[];
  readonly status: number;
  readonly absolute: boolean;
  readonly restriction: number;
}

export interface AbsolutePointer {
  /** Queues a packet if the pointer is on and has room. True: raise IRQ 12 once for it. */
  push(event: PointerEvent): boolean;
  /** Whether the driver asked for absolute coordinates. */
  readonly absolute: boolean;
  status(): number;
  /** Removes `count` words; a count of 0, over 6 or over what is queued is the error state, and no words. */
  take(count: number): readonly number[];
  command(ebx: number): void;
  /** Sets who may use the pointer: 0 all, 1 and 2 CPL 0. False for another value. */
  restrict(who: number): boolean;
  denies(cpl: number): boolean;
  reset(): void;
  save(): AbsolutePointerState;
  load(state: AbsolutePointerState): void;
}

/** `clears`: Enable and Disable drop the backlog, so that the version word is always first. QEMU does not do it. */
export function createAbsolutePointer(clears: boolean): AbsolutePointer {
  let queue: number[] = [];
  let status = OFF;
  let absolute = false;
  let restriction = 0;

  const switchOff = (): void => {
    status = OFF;
    if (clears) queue = [];
  };

  const commands: ReadonlyMap<number, () => void> = new Map([
    [
      PointerCommand.Enable,
      () => {
        if (clears) queue = [];
        if (queue.length < WORDS) queue.push(POINTER_VERSION);
        status = 0;
      },
    ],
    [PointerCommand.Disable, switchOff],
    [PointerCommand.Relative, () => void (absolute = false)],
    [PointerCommand.Absolute, () => void (absolute = true)],
  ]);

  return {
    push({ x, y, z, buttons }) {
      if (status === OFF || queue.length + PACKET_WORDS > WORDS) return false;
      const flags = (buttons & 0x38) | (absolute ? 0 : RELATIVE_PACKET);
      queue.push(flags >>> 0, x >>> 0, y >>> 0, z >>> 0);
      return true;
    },
    get absolute() {
      return absolute;
    },
    status: () => ((status << 16) | queue.length) >>> 0,
    take(count) {
      if (count < 1 || count > 6 || count > queue.length) {
        status = OFF;
        return [];
      }
      return queue.splice(0, count);
    },
    command: (ebx) => commands.get(ebx)?.(),
    restrict(who) {
      if (who > 2) return false;
      restriction = who;
      return true;
    },
    denies: (cpl) => restriction !== 0 && cpl !== 0,
    reset() {
      queue = [];
      status = OFF;
      absolute = false;
      restriction = 0;
    },
    save: () => ({ version: 1, queue: [...queue], status, absolute, restriction }),
    load(state) {
      queue = state.queue.slice(0, WORDS).map((word) => word >>> 0);
      status = state.status === OFF ? OFF : 0;
      absolute = state.absolute;
      restriction = state.restriction;
    },
  };
}
