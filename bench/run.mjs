// `npm run bench [-- --boots=N --rounds=N --json=FILE] [workload[/32|/64]…]`: ours beside Bochs and QEMU TCG, alternating, medians
// and ratios. Each system runs each workload `rounds` times in one boot; the median over boots and rounds is shown (the first
// round of a boot, with its warm-up, apart). Instruction counts are ours, the same for all. Needs nasm; Bochs and QEMU where
// installed. `--systems=1,0,bochs,qemu` takes some of them only. `--clock=cpu` counts processor seconds (of all threads) instead of
// wall-clock seconds: for machines that are busy with other things.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bochs, ours, qemu } from "./systems.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** Iterations for a round of well over 0.1 s on the fast systems; tier 0 gets fewer. */
const backdoor = { bits: [64], unit: "M/s", amount: 0.01, config: { vmwarePort: true } };
/** A way into the kernel and back, 10,000 times an iteration. */
const events = { iterations: 60, unit: "M/s", amount: 0.01 };
const workloads = {
  sieve: { iterations: 10 },
  fib: { iterations: 50 },
  crc32: { iterations: 20 },
  sha256: { iterations: 10 },
  "mandelbrot-sse2": { iterations: 20 },
  "mandelbrot-x87": { iterations: 10 },
  copy: { iterations: 100 },
  "rep-movs": { iterations: 300, unit: "GB/s", amount: 2 ** 21 / 1e9 },
  bytecode: { iterations: 30 },
  beside: { iterations: 10 },
  patch: { iterations: 50 },
  gp: events,
  "page-fault": events,
  int: { ...events, iterations: 100 },
  syscall: { ...events, bits: [64], iterations: 200 },
  "backdoor-ring0": { ...backdoor, iterations: 400, without: ["Bochs"] },
  "backdoor-ring3": { ...backdoor, iterations: 200, without: ["Bochs", "QEMU TCG"] },
};
const TIER0_SHARE = 1 / 100;

const args = process.argv.slice(2);
const option = (name, otherwise) =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const boots = Number(option("boots", 3));
const rounds = Number(option("rounds", 3));
const clock = option("clock", "wall");
const only = args.filter((arg) => !arg.startsWith("--"));
const chosen = option("systems", "1,bochs,qemu").split(",");
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function assemble(name, bits, iterations) {
  const work = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const quiet = ["-w-number-overflow", "-w-ea-absolute"];
    execFileSync("nasm", ["-f", "bin", `-DBITS=${bits}`, ...quiet, "-o", join(work, "out"), `${name}.asm`], {
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

const available = { 1: () => ours(1), 0: () => ours(0), bochs: () => bochs, qemu: () => qemu };
const systems = [];
for (const name of chosen) systems.push(await available[name]());
for (const system of systems.filter((one) => !one.available())) console.log(`${system.name} is not installed`);

const rows = [];
const all = Object.entries(workloads).flatMap(([name, row]) =>
  (row.bits ?? [32, 64]).map((bits) => ({ ...row, name, bits, title: `${name}/${bits}` })),
);
for (const { name, bits, title, iterations, unit, amount, without, config } of all) {
  if (only.length && !only.includes(name) && !only.includes(title)) continue;
  const present = systems.filter((system) => system.available() && !without?.includes(system.name));
  const results = new Map(
    present.map((system) => [system.name, { first: [], steady: [], checksums: new Set(), instructions: 0 }]),
  );
  for (let boot = 0; boot < boots; boot++)
    for (const system of present) {
      const share = system.name === "ours, tier 0" ? TIER0_SHARE : 1;
      const count = Math.max(1, Math.round(iterations * share));
      const done = await system.run(assemble(name, bits, count), { rounds, config, clock });
      const result = results.get(system.name);
      done.forEach(({ seconds, checksum, instructions }, index) => {
        const perIteration = seconds / count;
        (index === 0 && rounds > 1 ? result.first : result.steady).push(perIteration);
        if (share === 1) result.checksums.add(`${index}:${checksum}`);
        if (instructions) result.instructions = instructions / count;
      });
    }
  const instructions = results.get("ours, tier 1")?.instructions ?? 0;
  const sums = new Set(
    [...results.values()].filter((r) => r.checksums.size).map((r) => [...r.checksums].sort().join(" ")),
  );
  if (sums.size > 1) throw new Error(`${title}: the systems disagree: ${[...sums].join(" | ")}`);
  const speed = (seconds) => (unit ? amount : instructions / 1e6) / seconds;
  const speeds = Object.fromEntries(
    [...results].map(([system, r]) => [system, { steady: speed(median(r.steady)), first: speed(median(r.first)) }]),
  );
  rows.push({ title, unit: unit ?? "MIPS", instructions: instructions * iterations, speeds });
  const digits = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  const shown = Object.entries(speeds).map(
    ([system, { steady, first }]) => `${system} ${digits(steady)} (first ${digits(first)})`,
  );
  const peer = speeds.Bochs && `   ${(speeds["ours, tier 1"].steady / speeds.Bochs.steady).toFixed(2)} x Bochs`;
  console.log(
    `${title.padEnd(18)} ${((instructions * iterations) / 1e6).toFixed(0).padStart(5)} M instructions   ${(unit ?? "MIPS").padEnd(4)}: ${shown.join("   ")}${peer ?? ""}`,
  );
}
const geometric = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
console.log("\nratios, geometric mean (least … greatest), steady state");
for (const peer of systems.slice(1)) {
  const ratios = rows
    .filter(({ speeds }) => speeds[peer.name])
    .map(({ speeds }) => speeds["ours, tier 1"].steady / speeds[peer.name].steady);
  if (ratios.length === 0) continue;
  console.log(
    `  tier 1 / ${peer.name}: ${geometric(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)})`,
  );
}
const file = option("json");
if (file) writeFileSync(file, `${JSON.stringify({ boots, rounds, rows }, undefined, 2)}\n`);
