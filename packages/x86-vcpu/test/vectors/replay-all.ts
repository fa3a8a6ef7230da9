/** All recorded vectors on both tiers, at full speed: `node scripts/run.mjs test/vectors/replay-all.ts`. */
import { createTier0 } from "../../src/tier0/index.ts";
import { createTier1 } from "../../src/tier1/tier1.ts";
import { replay, vectorFiles } from "./replay.ts";

export function main(): void {
  let cases = 0;
  const differences: string[] = [];
  const forms = new Set<string>();
  for (const createTier of [createTier0, createTier1])
    for (const file of vectorFiles) {
      const result = replay(file, (cpu) => createTier(cpu), 1);
      for (const [id, count] of result.cases) {
        forms.add(id);
        cases += count;
      }
      differences.push(...result.differences);
    }
  for (const text of differences) console.log(text);
  console.log(`${forms.size} forms, ${cases / 2} cases on each of two tiers, ${differences.length} differences`);
  if (differences.length > 0) process.exitCode = 1;
}
