/** The command in its process: arguments, streams, exit status. */
import { readSync } from "node:fs";
import { main } from "./main.ts";
import { isTerminal, standardError, standardOutput } from "./node/standard-streams.ts";

/** Blocking reads of standard input: the guest's read(2) waits, and nothing else runs meanwhile. */
function readStdin(length: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, 1 << 16));
  for (;;) {
    try {
      return bytes.subarray(0, readSync(0, bytes, 0, bytes.length, null));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return bytes.subarray(0, 0);
      if (code !== "EAGAIN") return bytes.subarray(0, 0);
      // A terminal or pipe set to non-blocking: wait a moment and ask again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

const stdout = standardOutput();
const stderr = standardError();

void main(process.argv.slice(2), {
  stdout,
  stderr,
  env: process.env,
  readStdin,
  stdinIsTerminal: isTerminal(0),
}).then((status) => {
  process.exitCode = status;
});
