/** Hosts that not every machine has: what they printed is kept in test/golden, `HVM_RECORD=1 npx vitest run test/record.test.ts` renews it. */
import { readFileSync } from "node:fs";
import type { HostName } from "../src/index.ts";

export interface Recording {
  readonly file: string;
  readonly title: string;
  readonly expects: HostName;
  /** Cases in which this very host differs from what the sources say of its kind, with the reason. */
  readonly known: Readonly<Record<string, string>>;
}

const NO_FREQUENCY = {
  "command.gethz.ring0": "TCG has no TSC frequency to tell: QEMU then leaves EAX and sets EBX to -1",
};

export const recordings: readonly Recording[] = [
  { file: "qemu-7.2-pc", title: "QEMU 7.2 TCG, pc, vmport=on", expects: "qemu", known: NO_FREQUENCY },
  { file: "qemu-7.2-pc-5.0", title: "QEMU 7.2 TCG, pc-i440fx-5.0, vmport=on", expects: "qemu-old", known: {} },
  { file: "qemu-7.2-off", title: "QEMU 7.2 TCG, pc, vmport=off", expects: "bare-metal", known: {} },
  { file: "bochs-2.7", title: "Bochs 2.7", expects: "bare-metal", known: {} },
];

export const goldenPath = (file: string): URL => new URL(`golden/${file}.tap`, import.meta.url);
export const golden = (file: string): string => readFileSync(goldenPath(file), "utf8");
