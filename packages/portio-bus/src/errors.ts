export type PortioErrorCode = "bad-range" | "overlap" | "deregistered" | "bad-result" | "too-many-claims";

/** A mistake of the host's own code. No access by a guest can cause one. */
export class PortioError extends Error {
  override readonly name = "PortioError";
  readonly code: PortioErrorCode;

  constructor(code: PortioErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** `0x0060..0x0064`, the way port ranges are written in messages and listings. */
export function formatPortRange(base: number, size: number): string {
  const hex = (port: number): string => `0x${port.toString(16).padStart(4, "0")}`;
  return size === 1 ? hex(base) : `${hex(base)}..${hex(base + size - 1)}`;
}
