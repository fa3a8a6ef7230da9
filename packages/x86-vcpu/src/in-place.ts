/** What became of an exit that a tier offered to be answered on the spot. */
export const InPlace = {
  /** Nothing: it goes the usual way. */
  No: 0,
  /** It is answered, and nothing has come up that must be seen to before the next instruction. */
  Stay: 1,
  /** It is answered; the tier must return `Attention`. */
  Leave: 2,
} as const;
export type InPlace = (typeof InPlace)[keyof typeof InPlace];
