// From Node's start to a guest's first instruction. `node bench/start.mjs [--runs=N] [BUNDLE …]`: folders of built commands
// (apps/hvm/scripts/bundle.mjs FOLDER), default apps/hvm/dist; run in turn, beside Node that does nothing.
//
// Each run is a process of its own, ended when the interpreter is entered for the first time (hooks/first-instruction.cjs, preloaded). Two
// readings, each elapsed and processor time: since Node was ready to run anything of ours, and since its process began (Node's
// performance.timeOrigin). Rows: `demo`, which prints two lines before the guest; `run` of a boot sector; `run` with nothing kept of
// earlier runs. All others find the compiled code that a run before the first counted one has left in a folder made for this.
//
// NODE_EXTRA_CA_CERTS is taken out of the environment: with it Node 20 parses all those certificates before anything else, for 50 ms.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const words = process.argv.slice(2);
const runs = Number(words.find((word) => word.startsWith("--runs="))?.slice(7) ?? 15);
const bundles = words.filter((word) => !word.startsWith("--"));
if (bundles.length === 0) bundles.push(join(here, "..", "apps", "hvm", "dist"));
const hook = join(here, "hooks", "first-instruction.cjs");
const LIMIT = 100;

const folder = mkdtempSync(join(tmpdir(), "start-"));
const image = join(folder, "boot.img");
// l: jmp l
writeFileSync(image, Buffer.alloc(512).fill("ebfe", 0, 2, "hex").fill("55aa", 510, 512, "hex"));
const { NODE_EXTRA_CA_CERTS, NODE_DISABLE_COMPILE_CACHE, HVM_CODE_CACHE, ...inherited } = process.env;
const kept = { ...inherited, XDG_CACHE_HOME: folder, NODE_COMPILE_CACHE: join(folder, "node") };
const off = { ...inherited, HVM_CODE_CACHE: "0", NODE_DISABLE_COMPILE_CACHE: "1" };

function once({ args, env }) {
  const { stdout, stderr } = spawnSync(process.execPath, ["-r", hook, ...args], { encoding: "utf8", env });
  const found = /first-instruction ([\d. ]+)/.exec(stdout + stderr);
  if (!found) throw new Error(`${args.join(" ")}: no guest instruction was run\n${stderr}`);
  return found[1].trim().split(" ").map(Number);
}

const rows = bundles.flatMap((bundle) => {
  const script = join(bundle, "bin.js");
  const name = bundles.length > 1 ? `${bundle.slice(-14)} ` : "";
  return [
    { name: `${name}demo`, args: [script, "demo"], env: kept },
    { name: `${name}run`, args: [script, "run", image], env: kept },
    { name: `${name}run, none kept`, args: [script, "run", image], env: off },
  ];
});
rows.push({ name: "Node alone", args: ["-e", "console.log('first-instruction', ...times())"], env: kept });
try {
  for (const row of rows) {
    once(row);
    row.times = [];
  }
  for (let round = 0; round < runs; round++) for (const row of rows) row.times.push(once(row));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const share = (times, column, part) => {
  const sorted = times.map((row) => row[column]).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)];
};
const columns = ["since Node was ready", "processor time", "since process began", "processor time"];
const width = 32;
console.log(`Node ${process.version}, ms, ${runs} runs in turn: least, median`);
console.log("".padEnd(width) + columns.map((name) => name.padStart(22)).join(""));
for (const { name, times } of rows) {
  const cells = columns.map((_, column) =>
    [0, 0.5].map((part) => share(times, column, part).toFixed(0).padStart(5)).join(""),
  );
  console.log(name.padEnd(width) + cells.map((cell) => cell.padStart(22)).join(""));
}
// On a busy machine only processor time says how long it takes.
for (const { name, times } of rows.filter((row) => row.name.endsWith("run")))
  for (const column of [0, 2]) {
    const [elapsed, processor] = [column, column + 1].map((index) => share(times, index, 0.5).toFixed(0));
    console.log(
      `${name}, ${columns[column]}: ${elapsed} ms, ${processor} ms of a processor (medians); wanted: under ${LIMIT}`,
    );
  }
