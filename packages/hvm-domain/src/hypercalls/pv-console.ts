/**
 * The other end of the guest's console ring: what the console daemon is in Xen. The page is RAM, set aside for it.
 *
 * Sources: Xen `xen/include/public/io/console.h` (struct xencons_interface), `xen/include/public/hvm/params.h` (CONSOLE_PFN, CONSOLE_EVTCHN),
 * `tools/console/daemon/io.c` (indices that cannot be are ignored; the guest is told when its ring was read).
 */
import type { XenMemory } from "./hypercall.ts";

const IN = { at: 0, bytes: 1024, consumer: 3072, producer: 3076 } as const;
const OUT = { at: 1024, bytes: 2048, consumer: 3080, producer: 3084 } as const;

export interface PvConsoleOptions {
  readonly memory: XenMemory;
  /** Guest-physical address of its page of RAM. */
  readonly page: number;
  readonly output: (bytes: Uint8Array) => void;
}

export class PvConsole {
  readonly #memory: XenMemory;
  readonly #page: number;
  readonly #output: (bytes: Uint8Array) => void;

  constructor({ memory, page, output }: PvConsoleOptions) {
    this.#memory = memory;
    this.#page = page;
    this.#output = output;
  }

  /** Takes what the guest has written; how many bytes. */
  drain(): number {
    const [consumer, length] = this.#filled(OUT);
    if (length === 0) return 0;
    const bytes = Uint8Array.from({ length }, (_, index) => this.#byte(OUT.at + ((consumer + index) % OUT.bytes)));
    this.#memory.writeU32(this.#page + OUT.consumer, (consumer + length) >>> 0);
    this.#output(bytes);
    return length;
  }

  /** Input for the guest; how many bytes the ring had room for. */
  input(bytes: Uint8Array): number {
    const [consumer, length] = this.#filled(IN);
    const taken = Math.min(bytes.length, IN.bytes - length);
    const producer = consumer + length;
    for (let index = 0; index < taken; index++)
      this.#memory.writeU8(this.#page + IN.at + ((producer + index) % IN.bytes), bytes[index]!);
    this.#memory.writeU32(this.#page + IN.producer, (producer + taken) >>> 0);
    return taken;
  }

  /** The consumer's index, and how many bytes wait behind it: none where the guest's indices make no sense. */
  #filled({ consumer, producer, bytes }: typeof IN | typeof OUT): [number, number] {
    const from = this.#word(consumer);
    const length = (this.#word(producer) - from) >>> 0;
    return [from, length <= bytes ? length : 0];
  }

  #word(offset: number): number {
    return this.#memory.readU32(this.#page + offset) ?? 0;
  }

  #byte(offset: number): number {
    return this.#memory.readU8(this.#page + offset) ?? 0;
  }
}
