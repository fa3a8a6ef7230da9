export type XlConfigErrorCode = "syntax" | "unknown-key" | "wrong-type" | "bad-value" | "conflict";

/** Something wrong in a configuration: where, what was expected, what was found. */
export class XlConfigError extends Error {
  override readonly name = "XlConfigError";
  readonly code: XlConfigErrorCode;
  /** Name of the file or argument. */
  readonly source: string;
  /** From 1; 0 for a word of a command line. */
  readonly line: number;
  readonly column: number;
  /** The message without the place. */
  readonly detail: string;

  constructor(code: XlConfigErrorCode, place: Place, detail: string) {
    super(`${formatPlace(place)}: ${detail}`);
    this.code = code;
    this.source = place.source;
    this.line = place.line;
    this.column = place.column;
    this.detail = detail;
  }
}

export interface Place {
  readonly source: string;
  /** From 1; 0 for a word of a command line, which is its own place. */
  readonly line: number;
  readonly column: number;
}

export const formatPlace = ({ source, line, column }: Place): string =>
  line === 0 ? source : `${source}:${line}:${column}`;
