// Builds the instruction tests of Debian's valgrind and qemu source packages, runs each on this machine's processor and under
// `hvm exec` on both tiers, and compares every line of output and the exit status.
//
//   node tooling/programs/run.mjs [--only=PATTERN] [--tiers=0,1] [--timeout=SECONDS]
//
// Needs an x86-64 Debian with gcc, perl, python3, dpkg-source and apt-get. Everything lies in .cache/programs; the
// machine's own apt lists and sources are left alone. Ends with 1 if a program that both sides can run differs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programs, sources } from "./programs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const cache = join(root, ".cache", "programs");
const option = (name, fallback) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const only = new RegExp(option("only", ""));
const tiers = option("tiers", "0,1").split(",");
const timeout = Number(option("timeout", "120"));

const run = (command, args, options = {}) =>
  spawnSync(command, args, { maxBuffer: 1 << 28, timeout: 1000 * timeout, ...options });
const must = (what, result) => {
  if (result.status === 0) return result;
  const said = String(result.error?.message ?? result.stderr ?? "")
    .trim()
    .split("\n")
    .slice(-3)
    .join("\n");
  throw new Error(`${what} failed: ${said}`);
};

/** Source packages, unpacked. */
function fetchSources() {
  const apt = join(cache, "apt");
  for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, folder), { recursive: true });
  const missing = sources.filter((name) => !existsSync(join(cache, name, "debian")));
  if (missing.length === 0) return;
  // The machine's package sources, with `deb-src` for `deb`.
  const lists = [];
  const own = "/etc/apt/sources.list.d";
  for (const file of [
    ...(existsSync("/etc/apt/sources.list") ? ["/etc/apt/sources.list"] : []),
    ...(existsSync(own) ? readdirSync(own).map((name) => join(own, name)) : []),
  ]) {
    const text = readFileSync(file, "utf8");
    if (file.endsWith(".sources") && /debian/.test(text))
      lists.push(["debian.sources", text.replace(/^Types:.*$/gm, "Types: deb-src")]);
    else if (file.endsWith(".list")) lists.push([`${lists.length}.list`, text.replace(/^deb /gm, "deb-src ")]);
  }
  mkdirSync(join(apt, "sources"), { recursive: true });
  for (const [name, text] of lists) writeFileSync(join(apt, "sources", name), text);
  const config = join(apt, "apt.conf");
  writeFileSync(
    config,
    `Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "${join(apt, "sources")}";\nDir::State::Lists "${join(apt, "lists")}";\nDir::Cache "${join(apt, "cache")}";\nAcquire::Languages "none";\nAPT::Sandbox::User "root";\n`,
  );
  const env = { ...process.env, APT_CONFIG: config };
  must("apt-get update", run("apt-get", ["update", "-q"], { env }));
  for (const name of missing) {
    const folder = join(cache, "packed", name);
    mkdirSync(folder, { recursive: true });
    must(`apt-get source ${name}`, run("apt-get", ["source", "-q", "--download-only", name], { env, cwd: folder }));
    const dsc = readdirSync(folder).find((file) => file.endsWith(".dsc"));
    must(`unpacking ${name}`, run("dpkg-source", ["--no-check", "-x", join(folder, dsc), join(cache, name)]));
  }
}

/** The program's path, or why there is none. */
function build(program) {
  const source = join(cache, program.from);
  const out = join(cache, "built");
  mkdirSync(out, { recursive: true });
  const target = join(out, `${program.from}-${program.name}`);
  if (existsSync(target)) return { path: target };
  const files = [...program.files, ...(program.also ?? [])];
  if (program.generate) {
    const [command, ...args] = program.generate.command;
    const { input } = program.generate;
    const made = run(command, args, { cwd: source, ...(input ? { input: readFileSync(join(source, input)) } : {}) });
    if (made.status !== 0) return { why: `its generator failed: ${String(made.stderr).trim().split("\n").at(-1)}` };
    if (input) {
      const text = join(out, `${program.name}.c`);
      writeFileSync(text, made.stdout);
      files.push(text);
    }
  }
  const built = run("gcc", ["-w", "-static", ...program.flags, "-o", target, ...files, "-lm"], { cwd: source });
  return built.status === 0
    ? { path: target }
    : {
        why:
          String(built.stderr)
            .split("\n")
            .find((line) => line.includes("error")) ?? "gcc failed",
      };
}

/** The C library has FMA variants of its functions, with other roundings: the processor shall run those that our guest sees. */
/** Output and status of one run, or undefined when it took too long. */
function outcome(command, args) {
  const done = run(command, args, {
    cwd: join(cache, "built"),
    env: { PATH: "/usr/bin:/bin", HOME: "/", LANG: "C", GLIBC_TUNABLES: "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX" },
    input: "",
  });
  if (done.error?.code === "ETIMEDOUT") return undefined;
  const status = done.status ?? 128 + (signals[done.signal] ?? 0);
  return { status, lines: String(done.stdout).split("\n"), error: String(done.stderr) };
}
const signals = { SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13 };

function compare(host, ours) {
  if (ours === undefined) return { text: "too slow", ok: false };
  const lines = Math.max(host.lines.length, ours.lines.length);
  let different = 0;
  let first;
  for (let i = 0; i < lines; i++)
    if (host.lines[i] !== ours.lines[i]) {
      different++;
      first ??= `line ${i + 1}: processor ${JSON.stringify(host.lines[i])}, ours ${JSON.stringify(ours.lines[i])}`;
    }
  if (different === 0 && host.status === ours.status) return { text: "same", ok: true };
  const why =
    different > 0
      ? `${different} lines differ; ${first}`
      : `status ${ours.status} for ${host.status}: ${ours.error.trim().split("\n").slice(-2).join(" ")}`;
  return { text: why.slice(0, 300), ok: false };
}

fetchSources();
const bundle = join(cache, "hvm");
must(
  "bundling hvm",
  run(process.execPath, [join(root, "apps", "hvm", "scripts", "bundle.mjs"), bundle], {
    cwd: join(root, "apps", "hvm"),
  }),
);
const features = "aes pclmulqdq bmi1 bmi2 lzcnt adx movbe sha".split(" ");
const counts = { same: 0, different: 0, unbuilt: 0 };
console.log(
  `| program | lines | status | ${tiers.map((tier) => `tier ${tier}`).join(" | ")} |\n|---|---|---|${tiers.map(() => "---|").join("")}`,
);
for (const program of programs.filter(({ from, name }) => only.test(`${from} ${name}`))) {
  const name = `${program.from} ${program.name}`;
  const { path, why } = build(program);
  if (path === undefined) {
    counts.unbuilt++;
    console.log(`| ${name} | | | not built: ${why} |`);
    continue;
  }
  const host = outcome(path, []);
  if (host === undefined) {
    console.log(`| ${name} | | | too slow on the processor itself |`);
    continue;
  }
  const results = tiers.map((tier) =>
    compare(
      host,
      outcome(process.execPath, [
        join(bundle, "bin.js"),
        "exec",
        `--tier=${tier}`,
        ...features.map((feature) => `--cpuid=${feature}=1`),
        "--",
        path,
      ]),
    ),
  );
  if (results.every(({ ok }) => ok)) counts.same++;
  else counts.different++;
  console.log(
    `| ${name} | ${host.lines.length - 1} | ${host.status} | ${results.map(({ text }) => text.replaceAll("|", "\\|")).join(" | ")} |`,
  );
}
console.log(`\n${counts.same} same, ${counts.different} different, ${counts.unbuilt} not built`);
if (counts.different > 0) process.exitCode = 1;
