export type ClockErrorCode = "bad-rate" | "bad-time" | "duplicate-alarm" | "too-many-alarms" | "bad-state";

/** A mistake of the host's own code or of a saved state. */
export class SimClockError extends Error {
  override readonly name = "SimClockError";
  readonly code: ClockErrorCode;

  constructor(code: ClockErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
