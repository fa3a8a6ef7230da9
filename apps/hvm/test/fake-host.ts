/** A host whose clock moves only when the run sleeps, and whose terminal and signals are the test's. */
import { EventEmitter } from "node:events";
import type { EndSignal, Host } from "../src/cli/host.ts";

/** Standard input, raw or not, that notes what is done to it. */
export class FakeTerminal extends EventEmitter {
  readonly isTTY: boolean;
  raw = false;
  paused = false;
  readonly rawModes: boolean[] = [];

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  setRawMode(raw: boolean): this {
    this.raw = raw;
    this.rawModes.push(raw);
    return this;
  }
  pause(): this {
    this.paused = true;
    return this;
  }
  resume(): this {
    this.paused = false;
    return this;
  }
}

export class FakeHost implements Host {
  now = 0;
  readonly sleeps: number[] = [];
  readonly terminal: FakeTerminal;
  readonly exits = new Set<() => void>();
  readonly #signals = new Set<(signal: EndSignal) => void>();
  /** Called before each sleep. */
  beforeSleep: () => void = () => {};

  constructor(isTTY = false) {
    this.terminal = new FakeTerminal(isTTY);
  }
  nowMs(): number {
    return this.now;
  }
  async sleep(ms: number): Promise<void> {
    this.beforeSleep();
    this.sleeps.push(ms);
    this.now += ms;
  }
  get stdin(): NodeJS.ReadStream {
    return this.terminal as unknown as NodeJS.ReadStream;
  }
  onSignal(listener: (signal: EndSignal) => void): () => void {
    this.#signals.add(listener);
    return () => void this.#signals.delete(listener);
  }
  atExit(restore: () => void): () => void {
    this.exits.add(restore);
    return () => void this.exits.delete(restore);
  }
  send(signal: EndSignal): void {
    for (const listener of this.#signals) listener(signal);
  }
  get listeners(): number {
    return this.#signals.size;
  }
}
