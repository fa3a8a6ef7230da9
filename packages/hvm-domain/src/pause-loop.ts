/**
 * What a PAUSE costs: 140 cycles alone, more and more in a loop that waits, as a hypervisor with PAUSE-loop exiting would take the
 * processor away. A guest that waits a second by PAUSE then needs a few hundred thousand turns, not tens of millions.
 *
 * Sources: Intel optimisation manual §8.4.7 (140 cycles); SDM vol. 3 §25.6.13 (PLE_Gap and PLE_Window: what a loop is).
 */

/** In instructions: 140 cycles at 2.6 GHz are about 50 ns. */
const LEAST = 50;
/** Five microseconds: no guest that waits by PAUSE minds them. */
const MOST = 5000;
/** Instructions between two turns of a loop, at most. */
const GAP = 100;
/** Turns before the cost doubles. */
const TURNS = 32;

export interface PauseLoopState {
  readonly rip: bigint;
  readonly retired: number;
  readonly turns: number;
}

export class PauseLoop {
  #state: PauseLoopState = { rip: 0n, retired: 0, turns: 0 };

  /** Ticks of a PAUSE at `rip` after `retired` instructions. */
  ticks(rip: bigint, retired: number): number {
    const isLoop = rip === this.#state.rip && retired - this.#state.retired <= GAP;
    const turns = isLoop ? this.#state.turns + 1 : 0;
    this.#state = { rip, retired, turns };
    return Math.min(MOST, LEAST * 2 ** Math.floor(turns / TURNS));
  }

  save(): PauseLoopState {
    return this.#state;
  }

  load(state: PauseLoopState): void {
    this.#state = state;
  }
}
