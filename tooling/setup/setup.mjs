// Set-up, build and stage running for the root scripts. Plain Node, no dependency: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const minimum = manifest.engines.node.replace(">=", "").split(".").map(Number);
const colour = process.stderr.isTTY && !process.env.NO_COLOR;
const dim = (text) => (colour ? `\x1b[2m${text}\x1b[0m` : text);
const green = (text) => (colour ? `\x1b[32m${text}\x1b[0m` : text);
const red = (text) => (colour ? `\x1b[31m${text}\x1b[0m` : text);

export const say = (text) => process.stderr.write(`${text}\n`);

/** Environment for every child: no telemetry, no update checks, no questions. */
const environment = {
  ...process.env,
  // turbo calls the pnpm that the lock file pins, not one of the machine's.
  PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  NO_UPDATE_NOTIFIER: "1",
  npm_config_update_notifier: "false",
  npm_config_fund: "false",
  npm_config_audit: "false",
};

/** Runs a command in the repository; its output is shown only when it fails, or always with `show`. */
export function run(command, args, { show = false, env = {}, cwd = root } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...environment, ...env },
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  const output = show ? "" : `${result.stdout ?? ""}${result.stderr ?? ""}`;
  if (result.error) return { ok: false, output: String(result.error.message) };
  return { ok: result.status === 0, output };
}

/** A named stage with its time; on failure prints what the stage printed. */
export function stage(name, action) {
  const started = process.hrtime.bigint();
  if (process.stderr.isTTY) process.stderr.write(`${dim("…")} ${name}`);
  const result = action();
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000;
  const mark = result.ok ? green("✓") : red("✗");
  const line = `${mark} ${name}${result.note ? ` ${dim(`(${result.note})`)}` : ""} ${dim(`${seconds.toFixed(1)} s`)}`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
  if (!result.ok && result.output) process.stderr.write(`${result.output.trimEnd()}\n`);
  return result;
}

export function requireNode() {
  const have = process.versions.node.split(".").map(Number);
  const older = have[0] < minimum[0] || (have[0] === minimum[0] && have[1] < minimum[1]);
  if (!older) return;
  say(`Node ${minimum.join(".")} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

const bin = (name) => join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
const stamp = join(root, "node_modules", ".set-up");

function lockHash() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"])
    hash.update(readFileSync(join(root, file)));
  return `${hash.digest("hex")} ${process.versions.modules}`;
}

/** Installs once per lock file; afterwards it costs one hash and works offline. */
export function setUp() {
  requireNode();
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return true;
  const args = ["install", "--frozen-lockfile", "--prefer-offline"];
  const result = stage("install (once per lock file)", () => {
    if (existsSync(bin("pnpm"))) {
      const own = run(bin("pnpm"), args);
      if (own.ok) return own;
    }
    return run(process.platform === "win32" ? "npx.cmd" : "npx", [
      "--yes",
      `pnpm@${manifest.devDependencies.pnpm}`,
      ...args,
    ]);
  });
  if (result.ok) writeWhole(stamp, wanted);
  return result.ok;
}

/** Writes beside and renames, so that an interrupted run leaves the old file or the new one. */
export function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Names, sizes and times of everything that a build reads. */
function sourceFingerprint() {
  const hash = createHash("sha256");
  const visit = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.name === "node_modules") continue;
      if (entry.isDirectory()) visit(path);
      else if (!entry.name.endsWith(".test.ts")) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path} ${size} ${mtimeMs}\n`);
      }
    }
  };
  for (const group of ["packages", "apps"])
    for (const name of readdirSync(join(root, group))) {
      const source = join(root, group, name, "src");
      if (existsSync(source)) visit(source);
    }
  visit(join(root, "apps", "hvm", "scripts"));
  for (const name of ["build", "tsconfig"]) visit(join(root, "tooling", name));
  return hash.digest("hex");
}

/** Does the work when something that a build reads has changed since it was last done. */
function once(name, stampName, product, work) {
  const stampFile = join(root, ".cache", stampName);
  const wanted = sourceFingerprint();
  if (existsSync(product) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return true;
  const result = stage(name, work);
  if (result.ok) writeWhole(stampFile, wanted);
  return result.ok;
}

/** The command line alone, bundled from the packages' sources. */
export const buildCommand = () =>
  once("build", "build-hvm", join(root, "apps", "hvm", "dist", "bin.js"), () =>
    run(process.execPath, [join(root, "apps", "hvm", "scripts", "bundle.mjs")]),
  );

/** Every package as it is published, and the command. */
export const build = () =>
  once("build", "build", join(root, "apps", "hvm", "dist", "bin.js"), () =>
    run(bin("turbo"), ["run", "build", "--output-logs=errors-only"]),
  );

export { bin };
