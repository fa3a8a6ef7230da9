// `npm run bench [-- --rounds=N] [workload…]`: ours beside Bochs and QEMU TCG, alternating, medians and ratios.
// Each system runs each workload `rounds` times in one boot; the median over boots and rounds is shown (the first round of a
// boot, with its warm-up, apart). Instruction counts are ours, the same for all. Needs nasm; Bochs and QEMU where installed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bochs, ours, qemu } from "./systems.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** Iterations for a round of well over 0.1 s on the fast systems; tier 0 gets fewer. */
const workloads = { sieve: 20, fib: 100, crc32: 40, copy: 400, branches: 100, sse2: 60 };
const TIER0_SHARE = 1 / 100;

const args = process.argv.slice(2);
const boots = Number(args.find((arg) => arg.startsWith("--boots="))?.slice(8) ?? 3);
const rounds = Number(args.find((arg) => arg.startsWith("--rounds="))?.slice(9) ?? 3);
const only = args.filter((arg) => !arg.startsWith("--"));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function assemble(name, iterations) {
  const work = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    execFileSync("nasm", ["-f", "bin", "-w-number-overflow", "-o", join(work, "out"), `${name}.asm`], {
      cwd: join(here, "workloads"),
      stdio: ["ignore", "ignore", "inherit"],
    });
    const image = readFileSync(join(work, "out"));
    image.writeUInt32LE(Math.max(1, Math.round(iterations)), 0x1e8);
    image.writeUInt32LE(rounds, 0x1ec);
    return image;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const systems = [await ours(1), await ours(0), bochs, qemu].filter((system) => system.available());
const rows = [];
for (const [name, iterations] of Object.entries(workloads)) {
  if (only.length && !only.includes(name)) continue;
  const results = new Map(
    systems.map((system) => [system.name, { first: [], steady: [], checksums: new Set(), instructions: 0 }]),
  );
  for (let boot = 0; boot < boots; boot++)
    for (const system of systems) {
      const share = system.name === "ours, tier 0" ? TIER0_SHARE : 1;
      const count = Math.max(1, Math.round(iterations * share));
      const done = await system.run(assemble(name, count), { rounds });
      const result = results.get(system.name);
      done.forEach(({ seconds, checksum, instructions }, index) => {
        const perIteration = seconds / count;
        (index === 0 ? result.first : result.steady).push(perIteration);
        if (share === 1) result.checksums.add(`${index}:${checksum}`);
        if (instructions) result.instructions = instructions / count;
      });
    }
  const { instructions } = results.get("ours, tier 1");
  const sums = new Set(
    [...results.values()].filter((r) => r.checksums.size).map((r) => [...r.checksums].sort().join(" ")),
  );
  if (sums.size > 1) throw new Error(`${name}: the systems disagree: ${[...sums].join(" | ")}`);
  const mips = (seconds) => instructions / seconds / 1e6;
  rows.push({
    name,
    instructions: instructions * iterations,
    mips: Object.fromEntries(
      [...results].map(([system, r]) => [system, { steady: mips(median(r.steady)), first: mips(median(r.first)) }]),
    ),
  });
  const shown = [...results].map(
    ([system, r]) => `${system} ${mips(median(r.steady)).toFixed(1)} (first ${mips(median(r.first)).toFixed(1)})`,
  );
  console.log(
    `${name.padEnd(9)} ${((instructions * iterations) / 1e6).toFixed(0).padStart(5)} M instructions   MIPS: ${shown.join("   ")}`,
  );
}
const geometric = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
console.log("\nratios, geometric mean (least … greatest), steady state");
for (const peer of systems.slice(1)) {
  const ratios = rows.map((row) => row.mips["ours, tier 1"].steady / row.mips[peer.name].steady);
  console.log(
    `  tier 1 / ${peer.name}: ${geometric(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)})`,
  );
}
