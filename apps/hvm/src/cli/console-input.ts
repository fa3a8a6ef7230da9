/**
 * Standard input for a guest. On a terminal it is raw, so that every key but one reaches the guest: Ctrl-] leaves, as it
 * leaves `xl console`. What the guest does not take yet waits, and so does whoever sends it.
 */
import type { Host } from "./host.ts";

const ESCAPE = 0x1d;

export interface ConsoleInput {
  /** Offers the guest what waits for it. */
  offer(): void;
  close(): void;
}

export interface ConsoleHandlers {
  /** Takes bytes for the guest; answers how many it took. */
  take(bytes: Uint8Array): number;
  onEscape(): void;
}

export function attachConsole(host: Pick<Host, "stdin" | "atExit">, { take, onEscape }: ConsoleHandlers): ConsoleInput {
  const { stdin } = host;
  const interactive = stdin.isTTY === true;
  let waiting: Uint8Array = new Uint8Array(0);
  const offer = (): void => {
    if (waiting.length === 0) return;
    waiting = waiting.subarray(take(waiting));
    if (waiting.length === 0) stdin.resume();
  };
  const onData = (chunk: Uint8Array): void => {
    const at = interactive ? chunk.indexOf(ESCAPE) : -1;
    const bytes = at < 0 ? chunk : chunk.subarray(0, at);
    const taken = waiting.length > 0 ? 0 : take(bytes);
    if (taken < bytes.length) {
      waiting = Buffer.concat([waiting, bytes.subarray(taken)]);
      stdin.pause();
    }
    if (at >= 0) onEscape();
  };
  const restore = (): void => {
    if (interactive) stdin.setRawMode(false);
  };
  const forget = interactive ? host.atExit(restore) : () => {};
  if (interactive) stdin.setRawMode(true);
  stdin.on("data", onData);
  return {
    offer,
    close() {
      stdin.off("data", onData);
      restore();
      forget();
      stdin.pause();
    },
  };
}
