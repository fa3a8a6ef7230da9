/** What the guest has set through commands and may read back. Plain data; the pointer keeps its own. */
export interface BackdoorState {
  /** GUI option bits (commands 13 and 14). */
  guiOptions: number;
  /** LAZYTIMEREMULATION is on. */
  lazyTimer: boolean;
  /** NESTING_CONTROL: programs of a nested guest may use the backdoor. */
  nestingOpen: boolean;
  /** Guest-physical address of the steal clock area, or `undefined` while it is off. */
  stealClockGpa: bigint | undefined;
}

export const createState = (guiOptions: number): BackdoorState => ({
  guiOptions,
  lazyTimer: false,
  nestingOpen: true,
  stealClockGpa: undefined,
});
