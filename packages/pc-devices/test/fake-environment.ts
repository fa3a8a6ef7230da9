import type { DeviceEnvironment, DeviceTimer, MachineRequest } from "pc-devices";

interface Armed {
  atNs: bigint | undefined;
  readonly callback: (atNs: bigint) => void;
}

/** A board for one device: pins, time that a test moves, and everything that left the device. */
export class FakeEnvironment implements DeviceEnvironment {
  readonly lines = new Map<string, boolean>();
  readonly edges: string[] = [];
  readonly outputs: number[] = [];
  readonly requests: MachineRequest[] = [];
  readonly #timers: Armed[] = [];
  #nowNs = 0n;
  readonly #unixTimeNs: bigint;

  constructor(unixTimeNs = 0n) {
    this.#unixTimeNs = unixTimeNs;
  }

  setLine(pin: string, level: boolean): void {
    this.lines.set(pin, level);
    this.edges.push(`${pin}${level ? "+" : "-"}@${this.#nowNs}`);
  }
  nowNs(): bigint {
    return this.#nowNs;
  }
  unixTimeNs(): bigint {
    return this.#unixTimeNs + this.#nowNs;
  }
  createTimer(_name: string, callback: (atNs: bigint) => void): DeviceTimer {
    const timer: Armed = { atNs: undefined, callback };
    this.#timers.push(timer);
    return {
      arm: (atNs) => void (timer.atNs = atNs),
      disarm: () => void (timer.atNs = undefined),
    };
  }
  output(bytes: Uint8Array): void {
    this.outputs.push(...bytes);
  }
  request(request: MachineRequest): void {
    this.requests.push(request);
  }

  /** Lets time pass; timers fire at their own times. */
  advance(ns: bigint): void {
    const end = this.#nowNs + ns;
    for (;;) {
      let next: Armed | undefined;
      for (const timer of this.#timers) {
        if (timer.atNs !== undefined && timer.atNs <= end && (next?.atNs === undefined || timer.atNs < next.atNs)) {
          next = timer;
        }
      }
      if (next?.atNs === undefined) break;
      const { atNs } = next;
      if (atNs > this.#nowNs) this.#nowNs = atNs;
      next.atNs = undefined;
      next.callback(atNs);
    }
    this.#nowNs = end;
  }
}
