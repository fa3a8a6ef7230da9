// Builds the instruction tests of Debian's valgrind and qemu source packages, runs each on this machine's processor and under
// `hvm exec` on both tiers, and compares every line of output and the exit status.
//
//   node tooling/programs/run.mjs [--only=PATTERN] [--tiers=0,1] [--timeout=SECONDS] [--tier0=INSTRUCTIONS]
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
/** The slow tier runs the beginning of each program. */
const tier0 = option("tier0", "1000000");

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
  const target = join(out, `${program.from}-${program.name.replace("/", "-")}`);
  if (existsSync(target)) return { path: target };
  const files = [...program.files, ...(program.also ?? [])];
  if (program.generate) {
    const [command, ...args] = program.generate.command;
    const { input } = program.generate;
    const made = run(command, args, { cwd: source, ...(input ? { input: readFileSync(join(source, input)) } : {}) });
    if (made.status !== 0) return { why: `its generator failed: ${String(made.stderr).trim().split("\n").at(-1)}` };
    if (input) {
      const text = `${target}.c`;
      writeFileSync(text, made.stdout);
      files.push(text);
    }
  }
  const built = run(
    "gcc",
    ["-w", "-static", ...(program.bits === 32 ? ["-m32"] : []), ...program.flags, "-o", target, ...files, "-lm"],
    // Some are large; how long a program may run has nothing to do with it.
    { cwd: source, timeout: 1_000_000 },
  );
  return built.status === 0
    ? { path: target }
    : {
        why:
          String(built.stderr)
            .split("\n")
            .find((line) => line.includes("error")) ?? "gcc failed",
      };
}

/** Output and status of one run; `ended` is false where a limit did it. */
function outcome(command, args) {
  const done = run(command, args, {
    cwd: join(cache, "built"),
    // The C library has FMA variants of its functions, with other roundings: the processor shall run those that our guest sees.
    env: { PATH: "/usr/bin:/bin", HOME: "/", LANG: "C", GLIBC_TUNABLES: "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX" },
    input: "",
    killSignal: "SIGKILL",
  });
  const limited = done.status === 124 && String(done.stderr).includes("did not end within --max-insns");
  const ended = done.error?.code !== "ETIMEDOUT" && !limited;
  const lines = String(done.stdout).split("\n");
  return { ended, status: done.status ?? 128 + (signals[done.signal] ?? 0), lines, error: String(done.stderr) };
}
const signals = { SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13 };

/** Lines that differ, those of them that may, and a verdict: same, part (a limit came first) or different. */
function compare(program, host, ours) {
  // The last line of a run that a limit ended may be half of one.
  const whole = ({ lines, ended }) => (program.unordered ? [...lines].sort() : ended ? lines : lines.slice(0, -1));
  const [theirs, mine] = [whole(host), whole(ours)];
  const ended = host.ended && ours.ended;
  const lines = ended
    ? Math.max(theirs.length, mine.length)
    : program.unordered
      ? 0
      : Math.min(...[host, ours].filter((side) => !side.ended).map((side) => whole(side).length));
  let masked = 0;
  let different = 0;
  let first;
  for (let i = 0; i < lines; i++) {
    if (theirs[i] === mine[i]) continue;
    if (program.mask && program.mask(theirs[i] ?? "") === program.mask(mine[i] ?? "")) {
      masked++;
      continue;
    }
    different++;
    first ??= `line ${i + 1}: processor ${JSON.stringify(theirs[i])}, ours ${JSON.stringify(mine[i])}`;
  }
  const note = masked > 0 ? `, ${masked} lines masked` : "";
  const result = { lines: Math.max(lines - 1, 0), masked, different };
  if (different > 0)
    return { ...result, verdict: "different", text: `${different} lines differ${note}; ${first}`.slice(0, 300) };
  if (!ended) return { ...result, verdict: "part", text: `the first ${lines} lines, then the limit${note}` };
  if (host.status === ours.status) return { ...result, verdict: "same", text: `same${note}` };
  const why = ours.error.trim().split("\n").slice(-2).join(" ");
  return { ...result, verdict: "different", text: `status ${ours.status} for ${host.status}: ${why}`.slice(0, 300) };
}

fetchSources();
const bundle = join(cache, "hvm");
must(
  "bundling hvm",
  run(process.execPath, [join(root, "apps", "hvm", "scripts", "bundle.mjs"), bundle], {
    cwd: join(root, "apps", "hvm"),
    timeout: 600_000,
  }),
);
const features = "aes pclmulqdq bmi1 bmi2 lzcnt adx movbe sha".split(" ");
let unbuilt = 0;
let wrong = 0;
const totals = tiers.map(() => ({ same: 0, part: 0, different: 0, lines: 0, masked: 0, differing: 0 }));
console.log(
  `| program | lines | status | ${tiers.map((tier) => `tier ${tier}`).join(" | ")} |\n|---|---|---|${tiers.map(() => "---|").join("")}`,
);
for (const program of programs.filter(({ from, name }) => only.test(`${from} ${name}`))) {
  const name = `${program.from} ${program.name}`;
  const { path, why } = build(program);
  if (path === undefined) {
    unbuilt++;
    console.log(`| ${name} | | | not built: ${why} |`);
    continue;
  }
  const args = program.args ?? [];
  const host = outcome(path, args);
  const results = tiers.map((tier, index) => {
    const enabled = features.map((feature) => `--cpuid=${feature}=1`);
    const limit = tier === "0" ? [`--max-insns=${tier0}`] : [];
    const command = [join(bundle, "bin.js"), "exec", `--tier=${tier}`, ...limit, ...enabled, "--", path, ...args];
    const result = compare(program, host, outcome(process.execPath, command));
    const total = totals[index];
    total[result.verdict]++;
    total.lines += result.lines;
    total.masked += result.masked;
    total.differing += result.different;
    if (result.verdict === "different") wrong++;
    return result;
  });
  console.log(
    `| ${name} | ${host.lines.length - 1} | ${host.status} | ${results.map(({ text }) => text.replaceAll("|", "\\|")).join(" | ")} |`,
  );
}
console.log("");
tiers.forEach((tier, index) => {
  const { same, part, different, lines, masked, differing } = totals[index];
  console.log(
    `tier ${tier}: ${same} programs same, ${part} in part, ${different} different; ${lines} lines compared, ${differing} differ, ${masked} masked`,
  );
});
if (unbuilt > 0) console.log(`${unbuilt} not built`);
if (wrong > 0) process.exitCode = 1;
