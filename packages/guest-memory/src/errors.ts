export type GuestMemoryErrorCode =
  | "bad-range"
  | "overlap"
  | "too-large"
  | "arena-exhausted"
  | "rom-exhausted"
  | "bad-state";

/** A mistake of the host's own code or of a saved state. No access by a guest can cause one. */
export class GuestMemoryError extends Error {
  override readonly name = "GuestMemoryError";
  readonly code: GuestMemoryErrorCode;

  constructor(code: GuestMemoryErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
