/**
 * Standard input for a guest. On a terminal it is raw, so that every key but one reaches the guest: Ctrl-] leaves, as it
 * leaves `xl console`.
 */
const ESCAPE = 0x1d;

export interface ConsoleInput {
  /** A person sits there: time should be real. */
  readonly interactive: boolean;
  close(): void;
}

export interface ConsoleHandlers {
  onBytes(bytes: Uint8Array): void;
  onEscape(): void;
}

export function attachConsole(stdin: NodeJS.ReadStream, { onBytes, onEscape }: ConsoleHandlers): ConsoleInput {
  const interactive = stdin.isTTY === true;
  const onData = (chunk: Uint8Array): void => {
    const at = interactive ? chunk.indexOf(ESCAPE) : -1;
    if (at !== 0) onBytes(at < 0 ? chunk : chunk.subarray(0, at));
    if (at >= 0) onEscape();
  };
  if (interactive) stdin.setRawMode(true);
  stdin.on("data", onData);
  return {
    interactive,
    close() {
      stdin.off("data", onData);
      if (interactive) stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
