// From Node's start to a guest's first instruction. `node bench/start.mjs [--runs=N] [BUNDLE …]`: folders of built commands
// (apps/hvm/scripts/bundle.mjs FOLDER), run in turn; default is apps/hvm/dist. Beside them, Node that does nothing.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const words = process.argv.slice(2);
const runs = Number(words.find((word) => word.startsWith("--runs="))?.slice(7) ?? 15);
const bundles = words.filter((word) => !word.startsWith("--"));
if (bundles.length === 0) bundles.push(join(here, "..", "apps", "hvm", "dist"));
const hook = join(here, "hooks", "first-instruction.cjs");

function once(args) {
  const { stdout, stderr } = spawnSync(process.execPath, ["-r", hook, ...args], { encoding: "utf8" });
  const found = /first-instruction ([\d. ]+)/.exec(stdout + stderr);
  if (!found) throw new Error(`${args.join(" ")}: no guest instruction was run\n${stderr}`);
  return found[1].trim().split(" ").map(Number);
}

const alone = ["-e", "console.log('first-instruction', ...times())"];
const rows = [...bundles.map((bundle) => [bundle, [join(bundle, "bin.js"), "demo"], []]), ["Node alone", alone, []]];
for (let round = 0; round < runs; round++) for (const [, args, times] of rows) times.push(once(args));
const number = (times, column, share) => {
  const sorted = times.map((row) => row[column]).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)].toFixed(0).padStart(5);
};
const columns = ["since Node was ready", "processor time", "since process began", "processor time"];
console.log(
  `ms, ${runs} runs in turn: least, median\n${"".padEnd(24)}${columns.map((name) => name.padStart(22)).join("")}`,
);
for (const [name, , times] of rows)
  console.log(
    name.slice(-24).padEnd(24) +
      columns.map((_, column) => `${number(times, column, 0)}${number(times, column, 0.5)}`.padStart(22)).join(""),
  );
