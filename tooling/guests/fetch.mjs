// Fetches the Debian packages that tests run unmodified, once, into .cache/guests/NAME (extracted, whole or not at all).
// Needs apt-get and dpkg-deb; of another architecture only apt's lists. Under CI=true a missing guest is a failure; elsewhere a skip that says how to get it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const guests = join(here, "..", "..", ".cache", "guests");
const wanted = JSON.parse(readFileSync(join(here, "packages.json"), "utf8"));
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(wanted);
const run = (command, args, cwd) =>
  spawnSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
const missing = [];

/** apt-get for another architecture than the machine's own: with lists of its own, and the machine's sources and keys. */
function foreign(architecture) {
  const state = join(guests, `.apt-${architecture}`);
  for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(state, folder), { recursive: true });
  writeFileSync(join(state, "status"), "");
  return [
    ["APT::Architecture", architecture],
    ["APT::Architectures", architecture],
    ["APT::Sandbox::User", "root"],
    ["Dir::State::Lists", join(state, "lists")],
    ["Dir::State::status", join(state, "status")],
    ["Dir::Cache", join(state, "cache")],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

// Guests that others are made of come first.
const scripts = new Map();
for (const [name, { prepare }] of Object.entries(wanted))
  if (prepare) scripts.set(name, { file: join(here, prepare), ...(await import(`./${prepare}`)) });
const ordered = new Set();
for (const name of names) {
  for (const needed of scripts.get(name)?.needs ?? []) ordered.add(needed);
  ordered.add(name);
}

for (const name of ordered) {
  const { packages, architecture } = wanted[name] ?? {};
  if (!packages) {
    console.error(`${name}: no such guest; known: ${Object.keys(wanted).join(", ")}`);
    process.exit(2);
  }
  const target = join(guests, name);
  const script = scripts.get(name);
  // What a guest is made from: when it changes, the guest is made again.
  const list = `${packages.join("\n")}\n${script ? fingerprint(script.file) : ""}`;
  if (existsSync(join(target, ".packages")) && readFileSync(join(target, ".packages"), "utf8") === list) continue;
  mkdirSync(guests, { recursive: true });
  const work = mkdtempSync(join(guests, `.${name}-`));
  try {
    const options = architecture ? foreign(architecture) : [];
    const download = () =>
      run("apt-get", [...options, "download", ...(script ? script.resolvePackages(packages, run) : packages)], work);
    let got = attempt(download);
    if (got.status !== 0) {
      run("apt-get", [...options, "update"], work);
      got = download();
    }
    if (got.status !== 0)
      throw new Error((got.stderr || got.error?.message || "apt-get download failed").trim().split("\n").at(-1));
    const tree = join(work, "root");
    mkdirSync(tree);
    for (const file of readdirSync(work).filter((entry) => entry.endsWith(".deb"))) {
      const out = run("dpkg-deb", ["-x", join(work, file), tree], work);
      if (out.status !== 0) throw new Error(out.stderr?.trim() || `dpkg-deb -x ${file} failed`);
    }
    script?.prepare(tree, guests);
    writeFileSync(join(tree, ".packages"), list);
    rmSync(target, { recursive: true, force: true });
    renameSync(tree, target);
    console.log(`${name}: ${packages.length} packages in .cache/guests/${name}`);
  } catch (error) {
    missing.push(`${name}: ${error.message}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A failed attempt as one that has not worked yet. */
function attempt(work) {
  try {
    return work();
  } catch (error) {
    return { status: 1, error };
  }
}

/** Of a script and of the files that it puts into the guest. */
function fingerprint(script) {
  const hash = createHash("sha256").update(readFileSync(script));
  for (const file of readdirSync(join(here, "initramfs")).sort())
    hash.update(file).update(readFileSync(join(here, "initramfs", file)));
  return `${hash.digest("hex")}\n`;
}

for (const line of missing) console.error(line);
if (missing.length) {
  console.error(
    "On Debian or Ubuntu, `apt-get update` and then `node tooling/guests/fetch.mjs` gets them; tests that need them are skipped until then.",
  );
  process.exit(process.env.CI === "true" ? 1 : 0);
}
