/** Runs cases on this machine's processor, through oracle.c. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RECORD_BYTES } from "./case-state.ts";

export interface Oracle {
  /** Results, record by record. */
  run(records: Uint8Array): Uint8Array;
}

/** Compiles oracle.c. Throws with the compiler's words. */
export function createOracle(): Oracle {
  const program = join(mkdtempSync(join(tmpdir(), "silicon-")), "oracle");
  const source = fileURLToPath(new URL("oracle.c", import.meta.url));
  const built = spawnSync("gcc", ["-O2", "-fno-stack-protector", "-fPIE", "-pie", "-o", program, source], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`gcc could not build ${source}: ${built.error?.message ?? built.stderr}`);
  return {
    run(records) {
      const done = spawnSync(program, [], { input: records, maxBuffer: records.length + RECORD_BYTES });
      if (done.stdout.length !== records.length)
        throw new Error(`oracle: ${done.stdout.length / RECORD_BYTES} results for ${records.length / RECORD_BYTES} cases (status ${done.status}, signal ${done.signal}) ${done.stderr}`);
      return new Uint8Array(done.stdout);
    },
  };
}
