import { type InputStream, standardInput } from "../node/standard-streams.ts";

/** What a run needs of its host beside files: a clock, sleep, standard input, signals. Tests give their own. */
export interface Host {
  /** A monotonic clock. */
  nowMs(): number;
  /** Resolves after so long, or as soon as `wake` is aborted. */
  sleep(ms: number, wake: AbortSignal): Promise<void>;
  readonly stdin: InputStream;
  /** Calls `listener` when somebody wants the run to end. Returns what undoes it. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
  /** Calls `restore` when the process ends, whatever ends it but SIGKILL. Returns what undoes it. */
  atExit(restore: () => void): () => void;
}

/** Signals that end a run, and their numbers. */
export const endSignals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
export type EndSignal = keyof typeof endSignals;

export const nodeHost: Host = {
  nowMs: () => performance.now(),
  sleep: (ms, wake) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        wake.removeEventListener("abort", done);
        resolve();
      }
      if (wake.aborted) done();
      else wake.addEventListener("abort", done);
    }),
  stdin: standardInput(),
  onSignal(listener) {
    const listeners = Object.keys(endSignals).map((name) => {
      const signal = name as EndSignal;
      const heard = (): void => listener(signal);
      process.on(signal, heard);
      return () => void process.off(signal, heard);
    });
    return () => {
      for (const undo of listeners) undo();
    };
  },
  atExit(restore) {
    process.once("exit", restore);
    return () => void process.off("exit", restore);
  },
};
